"""Draw the concept map: factors in nested systems, laid out by Graphviz."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from personomics.boxes import (
    Box,
    below,
    beside,
    inset,
    line,
    lines,
    run,
    space,
    wrap,
)
from personomics.style import COM_B, ORIGIN, STABILITY, color
from personomics.words import clip

FAMILIES = {
    family: tuple(c for c in COM_B if c.endswith(family))
    for family in ("capability", "opportunity", "motivation")
}
PERSON, TIME = "individual", "chronosystem"
ORIGIN_MEANS = {
    "published abstract": "first found in the paper’s abstract",
    "case narratives": "first found in case narratives",
}
NONE = "no factor found"
CAVEAT = ("Arrows show the mechanism", "the paper proposes; it is", "not tested here.")
FONT = "Helvetica,Arial,Liberation Sans,sans-serif"
#: Sizes of type in points: chips, small print, headings, names of systems.
TEXT, SMALL, HEAD, NAME = 10, 9, 11, 12
#: Points: width of a chip, gaps between chips and families, padding, frame margin.
CHIP, GAP, ASIDE, PAD, MARGIN = 124, 5, 14, 8, 7
#: Columns of chips within the person, and those left to the names of outer systems.
COLUMNS, BESIDE = 6, 2
OUTER_GAP = (2 * GAP + ASIDE) // 3
LONGEST = 80


@dataclass(frozen=True)
class Chip:
    """One factor on the map."""

    id: str
    label: str
    definition: str
    level: str
    com_b: str
    stability: str
    origin: str

    @property
    def family(self) -> str:
        """COM-B family: the last word of the component."""
        return self.com_b.rsplit(" ", 1)[-1]


@dataclass(frozen=True)
class Plan:
    """What the map shows.

    Attributes
    ----------
    chips : sequence of Chip
        The factors.
    levels : mapping of str to str
        Systems from the innermost, with definitions.
    notes : mapping of str to str
        Definitions of stable, dynamic, treatment engagement.
    """

    chips: Sequence[Chip]
    levels: Mapping[str, str]
    notes: Mapping[str, str]

    def at(self, level: str) -> list[Chip]:
        """Return the factors of a system, by COM-B component."""
        order = list(COM_B)
        found = [chip for chip in self.chips if chip.level == level]
        return sorted(found, key=lambda chip: order.index(chip.com_b))

    @property
    def nest(self) -> list[str]:
        """Systems around the person, from the inside out."""
        return [level for level in self.levels if level not in (PERSON, TIME)]


def shown(chip: Chip, wide: int) -> list[str]:
    """Return the label of a factor and the mark of its origin in lines."""
    label = clip(chip.label, LONGEST) + ORIGIN[chip.origin]
    return wrap(label, wide - 26, TEXT)


def chip_box(chip: Chip, wide: int, count: int) -> Box:
    """Return the box of one factor, tall enough for ``count`` lines."""
    fill, ink, _ = COM_B[chip.com_b]
    height = 12 * count + 7
    sign = line(STABILITY[chip.stability], TEXT, ink, width=13, height=12)
    label = [line(x, TEXT, ink, width=wide - 22, height=12) for x in shown(chip, wide)]
    text = below(*label)
    above = (height - 2 - text.height) // 2
    body = beside(space(6), sign, text)
    inside = below(space(1, above), body, space(1, height - 2 - text.height - above))
    shape = ' STYLE="ROUNDED"' if chip.stability == "dynamic" else ""
    look = (
        f' BORDER="1" BGCOLOR="{color(fill)}" COLOR="{color(ink)}" VALIGN="MIDDLE"'
        f' HREF="#{chip.id}" TITLE="{chip.id}"{shape}'
    )
    return Box(inside.inside, wide, height, look)


def grid(chips: Sequence[Chip], columns: int, gap: int, wide: int = CHIP) -> Box:
    """Return factors in rows of so many columns."""
    rows = []
    for start in range(0, len(chips), columns):
        row = chips[start : start + columns]
        least = 2 if wide == CHIP else 1
        count = max(least, *(len(shown(chip, wide)) for chip in row))
        rows.append(beside(*(chip_box(chip, wide, count) for chip in row), gap=gap))
    return below(*rows, gap=GAP)


def components(chips: Sequence[Chip]) -> dict[str, list[Chip]]:
    """Return factors by COM-B component, in the order of the model."""
    groups = {code: [c for c in chips if c.com_b == code] for code in COM_B}
    return {code: group for code, group in groups.items() if group}


def share(groups: Sequence[Sequence[int]], columns: int) -> list[int]:
    """Return how many columns each group gets so that the tallest is lowest.

    A group is a stack of heaps, each of which starts a row of its own. Every group
    has at least one column, and none more than it can fill.

    >>> share([[3, 8], [1, 2], [11, 7]], 6)
    [2, 1, 3]
    """

    def height(heaps: Sequence[int], wide: int) -> int:
        return sum(-(-n // wide) for n in heaps)

    given = [1] * len(groups)
    for _ in range(columns - len(groups)):
        tallest = max(
            (i for i, heaps in enumerate(groups) if given[i] < max(heaps, default=0)),
            key=lambda i: height(groups[i], given[i]),
            default=None,
        )
        if tallest is None:
            break
        given[tallest] += 1
    return given


def heading(code: str, *, family: bool) -> Box:
    """Return the heading of a component: its family or its kind, and its symbol."""
    kind, group = code.split(" ", 1)
    _, ink, symbol = COM_B[code]
    word = (group if family else kind).capitalize()
    name = line(word, TEXT, ink, bold=True, height=14)
    return beside(name, line(symbol, TEXT, ink, bold=True, width=38, height=14), gap=6)


def person(plan: Plan) -> Box:
    """Return the innermost system, with a port below each family."""
    chips = plan.at(PERSON)
    found = {f: components([c for c in chips if c.family == f]) for f in FAMILIES}
    sizes = [[len(group) for group in kinds.values()] for kinds in found.values()]
    blocks, ports = [], []
    for (family, kinds), wide in zip(found.items(), share(sizes, COLUMNS), strict=True):
        parts = [line(family.capitalize(), HEAD, f"{family}-ink", bold=True, height=15)]
        for code, group in kinds.items():
            head = heading(code, family=False)
            parts.append(below(head, grid(group, wide, GAP), gap=1))
        if not kinds:
            parts.append(line(NONE, TEXT, "muted", width=CHIP))
        blocks.append(below(*parts, gap=5))
        ports.append(Box("", blocks[-1].width, 2, f' PORT="{family}"'))
    spare = width(0) - 2 * PAD - sum(block.width for block in blocks)
    gap = spare // (len(blocks) - 1)
    about = clip(plan.levels.get(PERSON, ""), 130)
    name = run(PERSON.capitalize(), NAME, bold=True)
    title = f"{name}&#160;&#160;{run(about, SMALL, 'muted')}"
    inner = below(Box(title, width(0) - 2 * PAD, 20), beside(*blocks, gap=gap),
                  beside(*ports, gap=gap), gap=3)  # fmt: skip
    return inset(inner, PAD, 2)


def width(depth: int) -> int:
    """Return the width of a system with so many systems inside it."""
    inner = COLUMNS * CHIP + (COLUMNS - 3) * GAP + 2 * ASIDE
    return inner + 2 * PAD + 2 * MARGIN * depth


def around(plan: Plan, level: str, depth: int) -> Box:
    """Return a system around the person: its name to the left, its factors beside."""
    left = BESIDE * CHIP + GAP + ASIDE + MARGIN * depth
    name = line(level.capitalize(), NAME, bold=True, height=16)
    meaning = lines(clip(plan.levels.get(level, ""), 190), left - 30, SMALL, "muted")
    label = below(name, meaning, space(left))
    chips = plan.at(level)
    found = components(chips)
    room = COLUMNS - BESIDE
    if not chips:
        body = line(NONE, TEXT, "muted", height=16)
    elif len(chips) <= room:
        wide = CHIP if 2 * len(chips) > room else 2 * CHIP + OUTER_GAP
        titles = (titled({k: g}, len(g), wide) for k, g in found.items())
        body = beside(*titles, gap=OUTER_GAP)
    else:
        every = ({k: found[k] for k in f if k in found} for f in FAMILIES.values())
        stacks = [stack for stack in every if stack]
        given = share([[len(g) for g in stack.values()] for stack in stacks], room)
        blocks = [titled(s, n) for s, n in zip(stacks, given, strict=True)]
        body = beside(*blocks, gap=OUTER_GAP)
    row = beside(label, body, space(max(0, width(depth) - 2 * PAD - left - body.width)))
    return inset(row, PAD, 3)


def titled(kinds: Mapping[str, Sequence[Chip]], columns: int, wide: int = CHIP) -> Box:
    """Return components one below the other, each under its heading."""
    parts = [
        below(heading(code, family=True), grid(group, columns, OUTER_GAP, wide), gap=1)
        for code, group in kinds.items()
    ]
    return below(*parts, gap=3)


def legend(plan: Plan, wide: int) -> Box:
    """Return the key to shapes, shades, symbols and marks."""
    shapes = []
    for code, sign in STABILITY.items():
        shape = "square" if code == "stable" else "rounded"
        about = plan.notes.get(code, "").rstrip(".")
        note = f"{shape}: {code}"
        note += f" ({about[:1].lower()}{about[1:]})" if about else ""
        text = line(clip(note, 100), SMALL)
        shapes.append(beside(line(sign, TEXT, width=14), text))
    origins = [
        beside(line(ORIGIN[code], SMALL, width=14), line(means, SMALL))
        for code, means in ORIGIN_MEANS.items()
    ]
    shades = []
    for code, (fill, ink, symbol) in COM_B.items():
        look = f' BORDER="1" BGCOLOR="{color(fill)}" COLOR="{color(ink)}"'
        inside = inset(line(symbol, SMALL, ink, width=30, height=13), 3, 1)
        swatch = Box(inside.inside, inside.width + 2, inside.height + 2, look)
        shades.append(beside(swatch, line(code, SMALL, height=17), gap=5))
    return below(
        beside(*shades, gap=12), beside(*shapes, gap=20), beside(*origins, gap=20),
        space(wide), gap=6,
    )  # fmt: skip


def dot(plan: Plan) -> str:
    """Return the map in the DOT language."""
    ink, muted, paper = color("ink"), color("muted"), color("paper")
    nest, depth = plan.nest, len(plan.nest)
    inner = person(plan)
    out = [
        "digraph map {",
        'graph [rankdir=TB, compound=true, bgcolor="transparent", ranksep=0.02,'
        f' splines=line, nodesep=0.5, pad=0.06, fontname="{FONT}"]',
        f'node [shape=plain, fontname="{FONT}", fontsize=13, fontcolor="{paper}"]',
        f'edge [color="{muted}", penwidth=1.6, arrowsize=0.8]',
    ]
    for level in reversed(nest):
        box = around(plan, level, nest.index(level) + 1)
        out.append(
            f'subgraph "cluster_{level}" {{ graph [style=rounded, margin={MARGIN},'
            f' color="{color("line")}", id="frame-{level}"]'
            f'"{level}" [id="map-{level}", label=<{box.table()}>]'
        )
    out.append(
        f'subgraph "cluster_{PERSON}" {{ graph [style="rounded,filled",'
        f' margin={MARGIN}, color="{muted}", fillcolor="{color("faint")}",'
        f' id="frame-{PERSON}"]'
        f'"{PERSON}" [id="map-{PERSON}", label=<{inner.table()}>]'
        + "}" * (depth + 1)
    )  # fmt: skip
    chain = [*reversed(nest), PERSON]
    out += [f'"{a}" -> "{b}" [style=invis, weight=99]' for a, b in pairwise(chain)]
    remark = below(*(line(x, SMALL, "muted", width=140) for x in CAVEAT))
    out.append(
        'node [shape=box, style="rounded,filled", margin="0.22,0.11"]'
        f'engagement [id="map-engagement", label="Treatment engagement", color="{ink}",'
        f' fillcolor="{ink}"] outcome [id="map-outcome", label="Treatment outcome",'
        f' color="{color("accent")}", fillcolor="{color("accent")}"]'
        'node [shape=plain, style=""]'
        f'caveat [id="map-caveat", label=<{remark.table()}>]'
        "{rank=same; caveat; engagement; outcome}"
        "caveat -> engagement [style=invis] engagement -> outcome"
        f'"{PERSON}" -> engagement [style=invis, weight=99, minlen=7]'
    )
    present = {chip.family for chip in plan.chips}
    outer = f"cluster_{nest[-1] if nest else PERSON}"
    out += [
        f'"{PERSON}":{family}:s -> engagement [ltail="{outer}", minlen=7, weight=1,'
        f' color="{color(f"{family}-ink")}", id="arrow-{family}"]'
        for family in FAMILIES
        if family in present
    ]
    last = "engagement"
    if TIME in plan.levels:
        band = inset(around(plan, TIME, depth + 1), 0, 10)
        out.append(
            f'"{TIME}" [shape=cds, style=filled, margin="0.02,0.02", color="{muted}",'
            f' fillcolor="{color("faint")}", id="map-{TIME}", label=<{band.table()}>]'
            f'engagement -> "{TIME}" [dir=back, minlen=5, weight=99]'
        )
        last = TIME
    key = legend(plan, width(depth + 1))
    out.append(f'legend [id="map-legend", label=<{key.table()}>]')
    out.append(f'"{last}" -> legend [style=invis, minlen=2, weight=99]}}')
    return "\n".join(out)
