"""Every generated page of the book, by name."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from personomics.book.documents import dumps
from personomics.book.parts import page

if TYPE_CHECKING:
    from personomics.dataset import Dataset

#: Page: title, module of this package, and its functions of the introduction and of
#: the sections. A module is imported when its page is made, and not before.
GENERATED = {
    "map": ("Explore the map", "map_page"),
    "apply": ("Apply the map", "apply_page"),
    "plan": ("Plan a trial", "plan_page"),
    "power": ("How large a trial", "power_page"),
    "reference/factors": ("Factor catalogue", "catalogue", "factors_intro", "factors"),
    "reference/articles": ("Articles", "catalogue", "articles_intro", "articles"),
    "reference/cases": ("Case narratives", "catalogue", "cases_intro", "cases"),
    "reference/flow": ("Records in the flow diagram", "flow_page"),
    "reference/instruments": ("Instruments", "instruments"),
    "reference/agenda": ("What to measure next", "agenda_page"),
    "reference/claims": ("Claims of the paper", "ledger"),
    "reference/data-dictionary": ("Data dictionary", "dictionary"),
    "reference/changes": ("Changes of the data", "dictionary", "news", "changes"),
}
#: Folders with a page for each single thing, and the modules that make them.
COLLECTIONS = {
    "factors": "factor_pages",
    "articles": "article_pages",
    "cases": "case_pages",
}
#: Pages that refer to places on the other pages, and so are made after them.
CHECKLISTS = {
    "reference/prisma-2020": "PRISMA 2020",
    "reference/prisma-s": "PRISMA-S",
}
#: The picture that programs show beside a link to the book.
PICTURE = "_static/social.png"
#: The page that is drawn from the record of all the others.
LINEAGE = "reference/how-it-was-made"


def module(name: str) -> Any:
    """Return the module that makes a page."""
    if name in COLLECTIONS:
        found = COLLECTIONS[name]
    else:
        found = GENERATED[name][1] if name in GENERATED else "checklists"
    return importlib.import_module(f"personomics.book.{found}")


def maker(name: str) -> str:
    """Return the function that makes a page, as "module:function".

    >>> maker("reference/claims"), maker("reference/prisma-s")
    ('personomics.book.ledger:sections', 'personomics.book.checklists:text_of')
    """
    if name == LINEAGE:
        return "personomics.book.lineage:page"
    if name in CHECKLISTS:
        return "personomics.book.checklists:text_of"
    if name in COLLECTIONS:
        return f"personomics.book.{COLLECTIONS[name]}:documents"
    _, place, *functions = GENERATED[name]
    return f"personomics.book.{place}:{(functions or ['', 'sections'])[1]}"


def make(name: str, ds: Dataset, built: Mapping[str, str]) -> str:
    """Return the Markdown text of one generated page, or a collection as JSON text.

    Parameters
    ----------
    name : str
        The page, "reference/factors".
    ds : Dataset
        The data.
    built : mapping
        Texts of the other pages by name, for pages that refer to places on them.
    """
    if name in CHECKLISTS:
        return str(module(name).text_of(ds, CHECKLISTS[name], built))
    if name in COLLECTIONS:
        return dumps(module(name).documents(ds))
    title, _, *functions = GENERATED[name]
    intro, sections = functions or ("intro", "sections")
    made = module(name)
    return page(title, getattr(made, intro)(ds), getattr(made, sections)(ds))


def extras(name: str, ds: Dataset) -> dict[str, str | bytes]:
    """Return the files that a page offers: path inside the site to content."""
    if name in {"reference/flow", "reference/agenda"}:
        return dict(module(name).files(ds))
    if name == "map":
        from personomics.book import social

        return {PICTURE: social.picture(ds)}
    return {}


def pages(ds: Dataset) -> dict[str, str]:
    """Return every generated page: name to Markdown text.

    Examples
    --------
    >>> from personomics import load
    >>> pages(load())["reference/claims"].splitlines()[0]
    '# Claims of the paper'
    """
    built: dict[str, str] = {}
    for name in (*GENERATED, *CHECKLISTS):
        built[name] = make(name, ds, built)
    return built
