"""Where cells are computed: here, in some processes of this machine, on a cluster.

Each yields finished cells as they come, in any order.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import platform
import socket
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from personomics import __version__
from personomics.engagement.setting import Setting
from personomics.engagement.simulation import cell

BACKENDS = ("process", "dask")
#: Seconds to wait for a scheduler; cells that a cluster knows of at a time; how often
#: work goes on after processes ended abruptly without finishing one cell in between.
PATIENCE, AHEAD, TRIES = 5, 1000, 3
Done = Iterator[tuple[Setting, dict[str, Any]]]


def versions() -> dict[str, str]:
    """Return the versions that numbers may depend on."""
    import numpy as np
    import scipy

    return {
        "personomics": __version__,
        "python": ".".join(platform.python_version_tuple()[:2]),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
    }


def task(one: Setting, trials: int, seed: int) -> tuple[dict[str, str], dict[str, Any]]:
    """Compute one cell, and say with what."""
    return versions(), cell(dataclasses.asdict(one), trials, seed)


def chosen(
    jobs: int | None, backend: str, scheduler: str | None
) -> Callable[[Sequence[Setting], int, int], Done]:
    """Return what computes cells, or refuse options that do not go together."""
    if backend not in BACKENDS:
        msg = f"backend must be one of {', '.join(BACKENDS)}, not {backend!r}"
        raise ValueError(msg)
    if backend == "process" and scheduler is not None:
        msg = (
            "conflicting options: scheduler is the address of a Dask cluster; allowed: "
            "with backend dask only"
        )
        raise ValueError(msg)
    if backend == "dask" and not scheduler:
        msg = (
            "scheduler must be the address of a Dask scheduler, such as "
            "tcp://127.0.0.1:8786, with backend dask; it is missing"
        )
        raise ValueError(msg)
    if backend == "dask" and jobs is not None:
        msg = (
            "conflicting options: jobs is the number of processes on this machine; "
            "allowed: with backend process only"
        )
        raise ValueError(msg)
    if scheduler:
        return lambda cells, trials, seed: on_dask(cells, trials, seed, scheduler)
    number = 1 if jobs is None else jobs
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        msg = f"jobs must be a whole number of 1 or more, not {jobs!r}"
        raise ValueError(msg)
    return lambda cells, trials, seed: here(cells, trials, seed, number)


def here(cells: Sequence[Setting], trials: int, seed: int, jobs: int) -> Done:
    """Compute cells on this machine, by joblib where there are several processes."""
    if min(jobs, len(cells)) <= 1:
        for one in cells:
            yield one, cell(dataclasses.asdict(one), trials, seed)
        return
    left, idle = list(cells), 0
    while left:
        done: set[Setting] = set()
        try:
            for one, row in by_joblib(left, trials, seed, jobs):
                done.add(one)
                yield one, row
        except RuntimeError as error:  # a process was killed; others go on
            from joblib.externals.loky.process_executor import BrokenProcessPool

            if not isinstance(error, BrokenProcessPool):
                raise
            idle = 0 if done else idle + 1
            if idle == TRIES:
                msg = (
                    "processes of this machine were ended from outside again and again "
                    "(is there enough memory?); allowed: fewer jobs or a smaller n"
                )
                raise ValueError(msg) from error
        left = [one for one in left if one not in done]


def by_joblib(cells: Sequence[Setting], trials: int, seed: int, jobs: int) -> Done:
    """Compute cells in processes of this machine until one of them ends abruptly."""
    import joblib

    number = max(2, min(jobs, len(cells)))  # one would be this very process
    run = joblib.Parallel(n_jobs=number, return_as="generator_unordered")
    calls = (joblib.delayed(named)(one, trials, seed) for one in cells)
    with contextlib.closing(run(calls)) as results:
        yield from results


def named(one: Setting, trials: int, seed: int) -> tuple[Setting, dict[str, Any]]:
    """Compute one cell, and say which."""
    return one, cell(dataclasses.asdict(one), trials, seed)


def on_dask(cells: Sequence[Setting], trials: int, seed: int, scheduler: str) -> Done:
    """Compute cells on a Dask cluster; what a worker that dies had begun is done again.

    Raises
    ------
    ValueError
        If the scheduler cannot be reached, its workers have other versions, or Dask is
        not installed.
    """
    distributed = imported()
    client = connected(distributed, scheduler)
    own, died = versions(), Counter[Setting]()
    try:
        queue = iter(cells)
        asked = {
            client.submit(task, one, trials, seed, pure=False): one
            for one in itertools.islice(queue, AHEAD)
        }
        coming = distributed.as_completed(asked, loop=client.loop)
        for future in coming:
            one = asked.pop(future)
            if future.status == "error" and killed(future) and died[one] < TRIES:
                died[one] += 1
                again = client.submit(task, one, trials, seed, pure=False)
                asked[again] = one
                coming.add(again)
                continue
            made_with, row = result(future, scheduler)
            if made_with != own:
                raise ValueError(unlike(own, made_with))
            yield one, row
            for following in itertools.islice(queue, 1):
                further = client.submit(task, following, trials, seed, pure=False)
                asked[further] = following
                coming.add(further)
    finally:
        with contextlib.suppress(Exception):
            client.cancel(list(asked), force=True)
        client.close(timeout=PATIENCE)


def imported() -> Any:
    """Return Dask's scheduler package, or say how to get it."""
    try:
        import distributed
    except ImportError as error:
        msg = (
            "backend dask needs the packages dask and distributed, which are not "
            "installed; mend it with: pip install 'personomics[cluster]'"
        )
        raise ValueError(msg) from error
    return distributed


def connected(distributed: Any, scheduler: str) -> Any:
    """Return a client of a cluster, or refuse an address that does not answer."""
    try:
        place = urlsplit(scheduler if "://" in scheduler else f"tcp://{scheduler}")
        if not place.hostname or not place.port:
            raise ValueError
        answered((place.hostname, place.port), first=place.scheme == "tcp")
        return distributed.Client(scheduler, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        msg = (
            f"scheduler must be the address of a running Dask scheduler, such as "
            f"tcp://127.0.0.1:8786; none answered at {scheduler!r} within {PATIENCE} "
            "seconds"
        )
        raise ValueError(msg) from error


def answered(address: tuple[str, int], *, first: bool) -> None:
    """Raise unless somebody answers, and speaks first, as a scheduler does.

    A client of Dask that finds nobody waits without end, or complains when it ends.
    """
    with socket.create_connection(address, PATIENCE) as probe:
        if first and not probe.recv(1):
            raise ConnectionAbortedError


def killed(future: Any) -> bool:
    """Say whether a cell failed only because workers died while they computed it."""
    return type(future.exception()).__name__ == "KilledWorker"


def result(future: Any, scheduler: str) -> tuple[dict[str, str], dict[str, Any]]:
    """Return what a worker computed, or say why there is nothing."""
    if future.status in ("cancelled", "lost"):
        msg = (
            f"scheduler {scheduler} was lost; what is finished is kept, and the same "
            "command goes on from there"
        )
        raise ValueError(msg)
    try:
        found: tuple[dict[str, str], dict[str, Any]] = future.result()
    except (ImportError, AttributeError) as error:
        msg = (
            f"the workers of {scheduler} cannot compute this ({error}); allowed: "
            f"workers with personomics {__version__} installed"
        )
        raise ValueError(msg) from error
    except Exception as error:
        if not killed(future):
            raise
        msg = (
            f"workers of {scheduler} died again and again while they computed one "
            "cell (is there enough memory?); allowed: a smaller n, or larger workers"
        )
        raise ValueError(msg) from error
    return found


def unlike(own: dict[str, str], other: dict[str, str]) -> str:
    """Return a sentence about versions that differ."""
    names = [name for name in own if own[name] != other.get(name)]
    ours, theirs = (
        ", ".join(f"{name} {some.get(name, 'missing')}" for name in names)
        for some in (own, other)
    )
    return (
        f"a worker has {theirs}, this machine has {ours}; allowed: the same versions, "
        "or the numbers might differ"
    )
