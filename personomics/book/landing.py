"""The parts of the landing page that come from data."""

from __future__ import annotations

from personomics import claims, conceptmap
from personomics.dataset import Dataset
from personomics.html import Markup, join, link, tag

#: Each door: its name, where it leads, and what is behind it, in which a second
#: address may have a name.
DOORS = (
    ("Read", "chapters/01-search.html", ("Five short chapters, one step each.",)),
    (
        "Explore the map",
        "map.html",
        ("Search it, filter it, open what supports a factor.",),
    ),
    (
        "Plan a trial",
        "plan.html",
        ("Choose factors, get instruments, files and ", ("power.html", "a sample size"),
         ". Or ", ("apply.html", "try your own case"), "."),
    ),
    ("Cite", "reference/cite.html", ("Name the version that you used.",)),
)  # fmt: skip


def doors(_: Dataset) -> Markup:
    """Return the four ways into the book."""
    items = []
    for name, address, words in DOORS:
        said = [w if isinstance(w, str) else link(*w) for w in words]
        items.append(tag("li", link(address, name) + tag("p", join(said))))
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
