"""Draw columns of names with lines between them: Graphviz places, this file draws."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from personomics.boxes import measure
from personomics.html import Markup, join, link, tag
from personomics.mapdraw import FONT
from personomics.mapsvg import render
from personomics.style import SMALLEST, color, inline_svg
from personomics.words import clip

#: Sizes of type, height of a line and room around the words, in points.
TEXT, SMALL, LINE, PAD, MARGIN = 10, 9, 13, 6, 4
#: Room between all columns and for their headings, in points; letters of a name.
GAPS, TOP, LONGEST = 190, 24, 44
INCH = 72


class Part(NamedTuple):
    """One thing of the graph: its key, words, small print and address."""

    key: str
    words: str
    small: str = ""
    href: str = ""
    dashed: bool = False


@dataclass(frozen=True)
class Graph:
    """What is drawn.

    Attributes
    ----------
    columns : mapping of str to sequence of Part
        The parts under the heading of their column, from left to right.
    edges : collection of (str, str)
        Keys of parts: from the left one to the right one.
    """

    columns: Mapping[str, Sequence[Part]]
    edges: Collection[tuple[str, str]]


@dataclass
class Node:
    """Parts of one column that have the same neighbours, in one box; in points."""

    parts: list[Part] = field(default_factory=list)
    x: float = 0
    y: float = 0

    @property
    def lines(self) -> list[tuple[str, int, str]]:
        """Every line of the box: words, size of type, address."""
        found = []
        for part in self.parts:
            found.append((clip(part.words, LONGEST), TEXT, part.href))
            if part.small:
                found.append((clip(part.small, LONGEST), SMALL, ""))
        return found

    @property
    def width(self) -> int:
        """Width that the words need."""
        return math.ceil(max(measure(w, s) for w, s, _ in self.lines)) + 2 * PAD

    @property
    def height(self) -> int:
        """Height that the lines need."""
        return LINE * len(self.lines) + PAD


def bundled(graph: Graph) -> list[list[Node]]:
    """Return the boxes of every column; parts with the same neighbours share one.

    Whoever has an edge to one part of a box has one to each of its parts, so no edge
    is lost and none is made up.
    """
    before: dict[str, set[str]] = {}
    after: dict[str, set[str]] = {}
    for start, end in graph.edges:
        after.setdefault(start, set()).add(end)
        before.setdefault(end, set()).add(start)
    columns = []
    for parts in graph.columns.values():
        boxes: dict[tuple[object, ...], Node] = {}
        for part in parts:
            around = (before.get(part.key, ()), after.get(part.key, ()))
            key = (*map(frozenset, around), part.dashed)
            boxes.setdefault(key, Node()).parts.append(part)
        columns.append(list(boxes.values()))
    return columns


def dot(columns: Sequence[Sequence[Node]], edges: Collection[tuple[int, int]]) -> str:
    """Return the DOT source: numbers and sizes only, no name from the record."""
    gap = GAPS / INCH / max(1, len(columns) - 1)
    out = [
        f"digraph {{ rankdir=LR; ranksep={gap:.4f}; nodesep=0.07;",
        'node [shape=box, fixedsize=true, label=""]; edge [dir=none];',
    ]
    number = 0
    for place, nodes in enumerate(columns):
        wide = max((node.width for node in nodes), default=0) / INCH
        out.append(f"{{ rank=same; c{place} [style=invis, width=0, height=0];")
        for node in nodes:
            size = f"width={wide:.4f}, height={node.height / INCH:.4f}"
            out.append(f"n{number} [{size}];")
            number += 1
        out.append("}")
    out += [f"c{a} -> c{b} [style=invis];" for a, b in pairwise(range(len(columns)))]
    out += [f"n{start}:e -> n{end}:w;" for start, end in sorted(edges)]
    return "\n".join([*out, "}"])


def draw(graph: Graph) -> tuple[str, int]:
    """Return the graph as an SVG in light colours, and its width in points.

    The lines that leave a box stand in its group, so that the style sheet can lift
    them when the box has the pointer or the focus.
    """
    columns = bundled(graph)
    nodes = [node for column in columns for node in column]
    at = {part.key: i for i, node in enumerate(nodes) for part in node.parts}
    edges = {(at[start], at[end]) for start, end in graph.edges}
    splines: dict[int, list[Markup]] = {}
    wide = high = 0.0
    for row in render(dot(columns, edges), "plain").decode().splitlines():
        word = row.split()
        if word[0] == "graph":
            wide, high = float(word[2]) * INCH, float(word[3]) * INCH
        elif word[0] == "node" and word[1][0] == "n":
            node = nodes[int(word[1][1:])]
            node.x = float(word[2]) * INCH + MARGIN
            node.y = high - float(word[3]) * INCH + TOP
        elif word[0] == "edge" and word[1][0] == "n":
            numbers = [float(w) * INCH for w in word[4 : 4 + 2 * int(word[3])]]
            points = [
                f"{x + MARGIN:.1f},{high - y + TOP:.1f}"
                for x, y in zip(numbers[::2], numbers[1::2], strict=True)
            ]
            start = int(word[1][1:])
            splines.setdefault(start, []).append(spline(points, word[1], word[2]))
    body = [headings(graph, columns)]
    for column in columns:
        room = max((node.width for node in column), default=0)
        for node in sorted(column, key=lambda node: node.y):  # as the tab key goes
            number = at[node.parts[0].key]
            body.append(box(node, number, room, splines.get(number, [])))
    size = (math.ceil(wide + 2 * MARGIN), math.ceil(high + TOP + MARGIN))
    svg = tag(
        "svg",
        join(body, "\n"),
        xmlns="http://www.w3.org/2000/svg",
        role="group",
        class_="pc-lineage",
        width=f"{size[0]}pt",
        height=f"{size[1]}pt",
        viewBox=f"0 0 {size[0]} {size[1]}",
        font_family=FONT,
    )
    return str(svg), size[0]


def spline(points: Sequence[str], start: str, end: str) -> Markup:
    """Return one line from box to box."""
    return tag(
        "path",
        d=f"M{points[0]}C{' '.join(points[1:])}",
        fill="none",
        stroke=color("muted"),
        stroke_width=0.7,
        data_from=start,
        data_to=end,
    )


def headings(graph: Graph, columns: Sequence[Sequence[Node]]) -> Markup:
    """Return the heading of every column that has something in it."""
    found = []
    for heading, column in zip(graph.columns, columns, strict=True):
        if column:
            left = column[0].x - max(node.width for node in column) / 2
            found.append(words(heading, left, LINE, TEXT, "muted", bold=True))
    return join(found)


def box(node: Node, number: int, room: int, lines: Sequence[Markup]) -> Markup:
    """Return a box with its words, and before it the lines that leave it."""
    left, top = node.x - room / 2, node.y - node.height / 2
    frame = tag(
        "rect",
        x=f"{left:.1f}",
        y=f"{top:.1f}",
        width=room,
        height=node.height,
        rx=2,
        fill=color("faint"),
        stroke=color("muted"),
        stroke_dasharray="4 3" if node.parts[0].dashed else None,
    )
    parts = [*lines, frame]
    for row, (line, size, href) in enumerate(node.lines):
        base = top + PAD / 2 + LINE * row + LINE * 0.75
        ink = "ink" if size == TEXT else "muted"
        parts.append(link(href, words(line, left + PAD, base, size, ink)))
    return tag("g", join(parts), data_node=f"n{number}")


def words(
    text: str, x: float, y: float, size: int, ink: str, *, bold: bool = False
) -> Markup:
    """Return a line of text at a place."""
    return tag(
        "text",
        text,
        x=f"{x:.1f}",
        y=f"{y:.1f}",
        font_size=size,
        fill=color(ink),
        font_weight="600" if bold else None,
    )


def shown(graph: Graph, name: str, title: str, alt: str, *notes: str) -> Markup:
    """Return a graph for the page, scrolling in its own box where room is short.

    Parameters
    ----------
    graph : Graph
        What is drawn.
    name : str
        The id of the figure; ids within the picture begin with it.
    title : str
        What the graph shows.
    alt : str
        The same in words.
    *notes : str
        Sentences below the picture.
    """
    svg, width = draw(graph)
    least = round(width * 4 / 3 * SMALLEST)
    picture = tag(
        "div",
        inline_svg(svg, name, alt),
        class_="pc-picture",
        style=f"--pc-min:{least}px",
        tabindex="0",
        role="group",
        aria_label=f"{title}, scrollable",
    )
    caption = tag("figcaption", join([tag("strong", f"{title}."), *notes], " "))
    return tag("figure", picture + caption, class_="pc-figure", id=name)
