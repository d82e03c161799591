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


def doors() -> Markup:
    """Return the four ways into the book."""
    items = [
        tag("li", link(address, name) + tag("p", words))
        for name, address, words in DOORS
    ]
    return tag("ul", join(items), class_="pc-doors")


def fragments(ds: Dataset) -> dict[str, Markup]:
    """Return the generated parts of the landing page by file name."""
    return {
        "map.html": conceptmap.map_block(ds, root=".").html,
        "claims.html": claims.glance(ds, root=".").html,
        "relation.html": tag("p", ds.statement("relation")),
        "doors.html": doors(),
    }
