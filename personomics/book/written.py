"""Hand-written pages: each ``{{ name }}`` in them is replaced by its value."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from personomics import __version__
from personomics.book.parts import raw
from personomics.book.site import BuildError
from personomics.dataset import Dataset

NAME = re.compile(r"\{\{ ?(\w+) ?\}\}")
#: What a page may name. A value is asked for when it is named, and not before, so
#: that a page depends on what it shows and on nothing else.
VALUES: dict[str, Callable[[Dataset], object]] = {
    "data_version": lambda ds: ds.version,
    "data_digest": lambda ds: ds.digest[:12],
    "code_version": lambda _: __version__,
    "paper_pmid": lambda ds: ds.paper["pmid"],
    "paper_year": lambda ds: ds.paper.get("year", ""),
    "paper_kind": lambda ds: ds.paper.get("kind", "paper"),
    "map": lambda ds: fragment("map_of", ds),
    "claims": lambda ds: fragment("claims_at_a_glance", ds),
    "relation": lambda ds: fragment("relation", ds),
    "doors": lambda ds: fragment("doors", ds),
}


def fragment(name: str, ds: Dataset) -> str:
    """Return a part of the landing page."""
    from personomics.book import landing

    return raw(getattr(landing, name)(ds))


def filled(ds: Dataset, path: Path) -> str:
    """Return the text of a hand-written page.

    Raises
    ------
    BuildError
        If the page names something that has no value.
    """

    def value(match: re.Match[str]) -> str:
        if match[1] not in VALUES:
            known = ", ".join(VALUES)
            msg = f"{path.name}: unknown name {match[0]}; known: {known}"
            raise BuildError(msg)
        return str(VALUES[match[1]](ds))

    return NAME.sub(value, path.read_text(encoding="utf-8"))
