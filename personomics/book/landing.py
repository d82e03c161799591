"""The parts of the landing page that come from data."""

from __future__ import annotations

from personomics import claims, conceptmap
from personomics.dataset import Dataset
from personomics.html import Markup, join, link, tag

DOORS = (
    (
        "Read it step by step",
        "chapters/01-search.html",
        "Five short chapters, from the search to the research agenda.",
    ),
    (
        "Explore the factors",
        "reference/factors.html",
        "Every factor with the words, articles, cases and instruments behind it.",
    ),
    (
        "What a trial could measure",
        "chapters/05-research-agenda.html",
        "What can be measured today, what cannot, and why it takes large trials.",
    ),
    (
        "Check and cite",
        "reference/cite.html",
        "Versioned data, one command to rebuild, and how to cite what you used.",
    ),
)


def doors(_: Dataset) -> Markup:
    """Return the four ways into the book."""
    items = [
        tag("li", link(address, name) + tag("p", words))
        for name, address, words in DOORS
    ]
    return tag("ul", join(items), class_="pc-doors")


def map_of(ds: Dataset) -> Markup:
    """Return the concept map."""
    return conceptmap.map_block(ds, root=".").html


def claims_at_a_glance(ds: Dataset) -> Markup:
    """Return the claims ledger in short."""
    return claims.glance(ds, root=".").html


def relation(ds: Dataset) -> Markup:
    """Say whose numbers the book shows."""
    return tag("p", ds.statement("relation"))
