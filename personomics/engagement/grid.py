"""Many settings: every combination of parameter values, each simulated by itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from personomics.engagement import backends, output
from personomics.engagement.checkpoint import Checkpoint, beside
from personomics.engagement.setting import Setting, checked, product
from personomics.engagement.simulation import columns


class Watch(Protocol):
    """What is told how far it is, such as :class:`personomics.progress.Progress`."""

    def start(self, done: int, total: int) -> None:
        """Begin to count cells."""

    def advance(self, records: int) -> None:
        """Count cells that have come."""


def grid(
    values: Mapping[str, Any], *, base: Setting | None = None, trials: int = 2000,
    seed: int = 1, jobs: int | None = None, backend: str = "process",
    scheduler: str | None = None, out: str | Path | None = None,
    watch: Watch | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Simulate every combination of parameter values.

    Each cell has random numbers of its own, which follow from the seed and the
    parameters of the cell; so the numbers do not depend on the other cells, on the
    order or on who computes them.

    Parameters
    ----------
    values : mapping
        Name of a parameter of :class:`Setting` to its value or values.
    base : Setting, optional
        All other parameters.
    trials : int
        Simulated trials for each cell.
    seed : int
        Where the random numbers begin.
    jobs : int, optional
        Processes of this machine; by default this one.
    backend : {"process", "dask"}
        This machine, or a Dask cluster (``pip install 'personomics[cluster]'``).
    scheduler : str, optional
        Address of the scheduler of the cluster.
    out : str or Path, optional
        A CSV file to write, with a JSON file of settings and versions beside it. What
        is finished is kept there: after an interruption the same call goes on. A file
        that is complete is read and nothing is computed.
    watch : object, optional
        Told how far it is.

    Returns
    -------
    DataFrame
        A row for each cell, sorted by the parameters: these, and what
        :func:`personomics.engagement.simulate` returns, with six significant digits.

    Raises
    ------
    ValueError
        Naming the argument and what is allowed.

    Examples
    --------
    >>> rows = grid({"b": [0, 2], "reliability": 1}, trials=50)
    >>> rows["b"].tolist(), rows["interaction"].round(1).tolist()
    ([0.0, 2.0], [0.0, 0.3])
    """
    cells = product(values, base)
    trials, seed = checked("trials", trials), checked("seed", seed)
    compute = backends.chosen(jobs, backend, scheduler)
    about = output.description(cells, trials, seed)
    path = None if out is None else output.checked(out)
    if path and output.finished(path, about) and not beside(path).exists():
        return output.read(path)
    keys = {one.key(): dataclasses.asdict(one) for one in cells}
    with Checkpoint(beside(path) if path else None, about, keys, columns()) as kept:
        left = [one for one in cells if one.key() not in kept.rows]
        if watch:
            watch.start(len(cells) - len(left), len(cells))
        for one, row in compute(left, trials, seed):
            kept.add(one.key(), row)
            if watch:
                watch.advance(1)
        rows = [kept.rows[one.key()] for one in cells]
        table = output.rounded(pd.DataFrame(rows))
        if path:
            output.write(path, table, about)
        kept.finish()
    return table
