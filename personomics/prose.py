"""Let the prose of a chapter use numbers computed from the data."""

from __future__ import annotations

from collections.abc import Mapping

from personomics.html import text


def glue(chapter: str, numbers: Mapping[str, object]) -> None:
    """Store numbers under ``chapter-name`` for the glue role of MyST-NB.

    In a chapter's prose the number is then written ``{glue:text}`chapter-name` ``.
    """
    from myst_nb import glue as store

    for name, value in numbers.items():
        store(f"{chapter}-{name}", text(value), display=False)
