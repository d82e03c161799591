"""Text of known width in boxes of known size, as HTML-like labels of Graphviz.

Graphviz stretches tables to fill their cells and measures text by the fonts it finds.
Here every box has a size in whole points, computed from a width table of our own, so
that boxes align and look the same on every machine.
"""

from __future__ import annotations

import math
import unicodedata
from typing import NamedTuple

from personomics.style import color
from personomics.words import clean

#: Advance widths of Helvetica for the characters from space to tilde, per 1,000 em
#: (Adobe Font Metrics for the PostScript core fonts).
WIDTHS = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
    *[556] * 10, 278, 278, 584, 584, 584, 556, 1015,
    667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667,
    778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333,
    556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556,
    556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
]  # fmt: skip
ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}


class Box(NamedTuple):
    """A rectangle of label source; sizes in points, attributes for its cell."""

    inside: str
    width: int
    height: int
    attributes: str = ""

    def cell(self) -> str:
        """Return the box as a table cell of exactly its size."""
        return (
            f'<TD FIXEDSIZE="TRUE" WIDTH="{self.width}" HEIGHT="{self.height}"'
            f' ALIGN="LEFT"{self.attributes}>{self.inside}</TD>'
        )

    def table(self) -> str:
        """Return the box as a label."""
        return self.inside or table([[self]])


def table(rows: list[list[Box]]) -> str:
    """Return boxes as a table without lines or gaps."""
    body = "".join(f"<TR>{''.join(b.cell() for b in row)}</TR>" for row in rows)
    return (
        '<TABLE BORDER="0" CELLBORDER="0" CELLPADDING="0" CELLSPACING="0">'
        f"{body}</TABLE>"
    )


def space(width: int, height: int = 1) -> Box:
    """Return an empty box."""
    return Box("", width, height)


def beside(*boxes: Box, gap: int = 0) -> Box:
    """Return boxes side by side, tops aligned."""
    tall = max(b.height for b in boxes)
    row: list[Box] = []
    for box in boxes:
        if row and gap:
            row.append(space(gap, tall))
        short = tall - box.height
        row.append(below(box, space(box.width, short)) if short else box)
    return Box(table([row]), sum(b.width for b in row), tall)


def below(*boxes: Box, gap: int = 0) -> Box:
    """Return boxes one below the other, left edges aligned."""
    wide = max(b.width for b in boxes)
    column: list[Box] = []
    for box in boxes:
        if column and gap:
            column.append(space(wide, gap))
        narrow = wide - box.width
        column.append(beside(box, space(narrow, box.height)) if narrow else box)
    return Box(table([[b] for b in column]), wide, sum(b.height for b in column))


def inset(box: Box, side: int, top: int | None = None) -> Box:
    """Return a box with empty space around it."""
    edge = side if top is None else top
    padded = beside(space(side), box, space(side))
    return below(space(1, edge), padded, space(1, edge)) if edge else padded


def run(text: str, size: int, ink: str = "ink", *, bold: bool = False) -> str:
    """Return text in a size and a colour of the palette, as label source."""
    inner = f"<B>{quote(text)}</B>" if bold else quote(text)
    source = f'<FONT POINT-SIZE="{size}" COLOR="{color(ink)}">{inner}</FONT>'
    return source if clean(text) else ""


def line(
    text: str, size: int, ink: str = "ink", *, bold: bool = False,
    width: int | None = None, height: int | None = None,
) -> Box:  # fmt: skip
    """Return one line of text as a box; by default just as wide as the text."""
    wide = math.ceil(measure(text, size, bold=bold)) if width is None else width
    return Box(run(text, size, ink, bold=bold), wide, height or math.ceil(size * 1.22))


def lines(text: str, room: int, size: int, ink: str = "ink") -> Box:
    """Return text wrapped to a width."""
    return below(*(line(x, size, ink, width=room) for x in wrap(text, room, size)))


def measure(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width of a text in points, set in Helvetica.

    A letter with an accent is as wide as without; wide characters and emoji count
    1.25 em, other characters beyond ASCII 0.75 em.

    >>> measure("AA", 10)
    13.34
    """
    total = 0.0
    for letter in text:
        base = unicodedata.normalize("NFKD", letter)[0]
        if unicodedata.combining(base):
            continue
        if " " <= base <= "~":
            total += WIDTHS[ord(base) - 32]
        else:
            total += 1250 if unicodedata.east_asian_width(letter) in "WF" else 750
    return round(total * size * (1.08 if bold else 1) / 1000, 2)


def wrap(text: object, room: float, size: float) -> list[str]:
    """Return text in lines no wider than ``room`` points; long words are broken.

    >>> wrap("Illness perception", 50, 10)
    ['Illness', 'perception']
    """
    done = [""]
    for word in clean(text).split(" "):
        joined = f"{done[-1]} {word}".strip()
        if measure(joined, size) <= room:
            done[-1] = joined
            continue
        if done[-1]:
            done.append("")
        for letter in word:
            if done[-1] and measure(done[-1] + letter, size) > room:
                done.append("")
            done[-1] += letter
    return done


def quote(text: object) -> str:
    r"""Escape text for HTML-like labels, where a backslash is special too.

    >>> quote("a<b> & 'c' \\N")
    'a&lt;b&gt; &amp; &#39;c&#39; \\\\N'
    """
    return "".join(ESCAPES.get(c, c) for c in clean(text)).replace("\\", "\\\\")
