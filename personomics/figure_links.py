"""Links in charts: what a mark, a name or an area of a picture opens."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from personomics.html import escape
from personomics.words import clip

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

#: Letters of the name of a link, and of a thing's label in it.
NAME, LABEL = 160, 100
#: A link as matplotlib writes it; what :func:`opens` returned is in quotes of a kind.
WRITTEN = re.compile(r"""<a xlink:href=("[^"]*"|'[^']*') target="_blank">""")
#: A link of a picture to a place of the site, seen from one folder deep.
UPWARDS = re.compile(r'(<a href=")\.\.(/[^"]*")')


def opens(address: str, name: str, *, again: bool = False) -> str:
    """Return an address for ``set_url`` of an artist, with the name of the link.

    Parameters
    ----------
    address : str
        Where the link leads, from a page or a file one folder deep.
    name : str
        What it is called where the picture is not seen.
    again : bool
        Whether the keyboard reaches the same place by another link of the picture,
        so that this one is for the pointer only.

    Examples
    --------
    >>> opens("../map.html", "The map, 3 factors")
    '../map.html 0 The map, 3 factors'
    """
    place = quote(address, safe="/.#=&%?-_~,")
    return f"{place} {-1 if again else 0} {clip(name, NAME)}"


def on_map(**state: str) -> str:
    """Return the address of a view of the interactive map.

    >>> on_map(view="matrix", com_b="social opportunity")
    '../map.html#view=matrix&com_b=social%20opportunity'
    """
    return f"../map.html#{urlencode(state, quote_via=quote)}"


def to_factors(rows: pd.DataFrame, said: Iterable[str]) -> list[str]:
    """Return links to the pages of factors: columns factor_id, label; what is said."""
    from personomics.evidence import factor_address

    return [
        opens(f"../{factor_address(key, label)}", f"{clip(label, LABEL)}: {words}")
        for key, label, words in zip(rows["factor_id"], rows["label"], said,
                                     strict=True)
    ]  # fmt: skip


def link_names(marks: Iterable[Artist], urls: Iterable[str]) -> None:
    """Make links of the names along an axis, one address of :func:`opens` for each."""
    for mark, url in zip(marks, urls, strict=True):
        mark.set_url(url)


def link_area(axes: Axes, place: tuple[float, float, float, float], url: str) -> None:
    """Make a link of an area: left, top, width, height in the units of the axes."""
    from matplotlib.patches import Rectangle

    left, top, width, height = place
    area = Rectangle((left, top), width, height, facecolor="none", edgecolor="none",
                     linewidth=0, url=url, zorder=9, clip_on=False)  # fmt: skip
    area.set_in_layout(False)
    axes.add_patch(area)


def with_names(svg: str) -> str:
    """Return a chart's SVG with named links; a picture with links is a group."""
    found, links = WRITTEN.subn(named, svg)
    return found.replace("<svg", '<svg role="group"', 1) if links else svg


def named(link: re.Match[str]) -> str:
    """Return the opening of one link: its address, its name, its place in the order."""
    address, order, name = unescape(link[1][1:-1]).split(" ", 2)
    skip = ' tabindex="-1"' if order == "-1" else ""
    label = f'aria-label="{escape(name)}" pointer-events="all"{skip}'
    return f'<a href="{escape(address)}" {label}>'


def from_root(svg: str, root: str) -> str:
    """Return a picture whose links lead from a page at another depth of the site.

    >>> from_root('<a href="../map.html#level=x">', ".")
    '<a href="./map.html#level=x">'
    """
    return UPWARDS.sub(rf"\g<1>{root}\g<2>", svg) if root != ".." else svg
