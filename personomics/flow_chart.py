"""The drawing of a flow diagram: boxes as tall as their words, arms side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from personomics.boxes import wrap
from personomics.evidence import ARMS, DATABASES, OTHER, PREVIOUS
from personomics.flow import BOTH, BOXES, STEPS, WHOLE, Counts
from personomics.style import color, new_chart
from personomics.words import clip

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as MplFigure

HEADINGS = {
    PREVIOUS: "Previous studies",
    DATABASES: "Identification of studies via databases and registers",
    OTHER: "Identification of studies via other methods",
}
#: Rows of the diagram with the boxes of each arm in them: the one that records pass
#: through, and the one to its right.
ROWS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "found": {
        PREVIOUS: ("previous_studies", ""),
        DATABASES: ("dbr_results", "dbr_removed"),
        OTHER: ("other_results", "other_removed"),
    },
    "waiting": {DATABASES: ("", "dbr_unsettled"), OTHER: ("", "other_unsettled")},
    "screened": {DATABASES: ("records_screened", "records_excluded")},
    "sought": {
        DATABASES: ("dbr_sought_reports", "dbr_notretrieved_reports"),
        OTHER: ("other_sought_reports", "other_notretrieved_reports"),
    },
    "assessed": {
        DATABASES: ("dbr_assessed", "dbr_excluded"),
        OTHER: ("other_assessed", "other_excluded"),
    },
    "new": {},
    "total": {},
}
BANDS = (
    ("Identification", ("found", "waiting")),
    ("Screening", ("screened", "sought", "assessed")),
    ("Included", ("new", "total")),
)
#: Boxes that are drawn only where they hold a record.
IF_ANY = ("dbr_unsettled", "other_removed", "other_unsettled")
#: Sizes in inches.
MAIN, SIDE, RESULT, BETWEEN, APART = 1.6, 1.85, 3.4, 0.22, 0.26
MARGIN, LEFT, TOP, GAP, PAD, LINE, LOW = 0.05, 0.42, 0.66, 0.26, 0.08, 0.1635, 0.48
BAND = 0.8  # room for the word that runs upwards
#: Points of the letters, and how much wider they are than those that are measured.
SIZE, WIDER = 9.5, 1.17
#: Names of sources or reasons in a box at most, and letters of each.
NAMED, LETTERS = 8, 80
#: Left, top, width and height of a box in inches from the top left of the page.
Place = tuple[float, float, float, float]


def arms_shown(found: Counts) -> list[str]:
    """Return the arms that are drawn, from left to right.

    Arms without a record are left out, but for the one of databases: that no database
    was searched is worth seeing. It then stands last.
    """
    first = {PREVIOUS: "previous_studies"}
    first |= {arm: next(iter(boxes)) for arm, boxes in STEPS.items()}
    held = [arm for arm in ARMS if found[first[arm]]]
    return held if DATABASES in held else [*held, DATABASES]


def boxes_shown(found: Counts) -> list[str]:
    """Return the keys of the boxes that are drawn, arm by arm."""
    arms = [*arms_shown(found), BOTH]
    keys = [key for arm in arms for key in BOXES if BOXES[key][0] == arm]
    return [
        key
        for key in keys
        if key not in WHOLE
        and (found[key] or key not in IF_ANY)
        and (PREVIOUS in arms or key != "total_studies")
    ]


def words(found: Counts, key: str) -> list[str]:
    """Return the lines of a box before they are wrapped: label, number, what it holds.

    >>> words(Counts({"records_screened": 1200}), "records_screened")
    ['Records screened', '(n = 1,200)']
    """
    entries = [(clip(name, LETTERS), n) for name, n in found.entries(key) if name]
    rest = entries[NAMED:]
    if len(rest) > 1:
        more = (f"· {len(rest)} others", sum(n for _, n in rest))
        entries = [*entries[:NAMED], more]
    label, number = clip(found.label(key), 2 * LETTERS), f"(n = {found[key]:,})"
    held = [f"{name} (n = {n:,})" for name, n in entries]
    notes = [found.notes[key]] if key in found.notes else []
    return [f"{label} {number}:", *held, *notes] if held else [label, number, *notes]


def wrapped(lines: Iterable[str], width: float, wider: float = WIDER) -> list[str]:
    """Return lines broken to fit a box of some width in inches; numbers stay whole.

    >>> wrapped(["Reports of trials (n = 1,200)"], 1.3)
    ['Reports of trials', '(n = 1,200)']
    """
    room = (width - 2 * PAD) * 72 / wider
    tied = (line.replace("(n = ", "(n/=/") for line in lines)
    parts = [part for line in tied for part in wrap(line, room, SIZE)]
    return [part.replace("(n/=/", "(n = ") for part in parts]


def tall(found: Counts, key: str, width: float) -> float:
    """Return the height in inches that the words of a box need."""
    return max(LOW, LINE * len(wrapped(words(found, key), width)) + 2 * PAD)


def arm_width(arm: str) -> float:
    """Return how wide an arm is drawn, in inches."""
    return MAIN if arm == PREVIOUS else MAIN + BETWEEN + SIDE


@dataclass
class Diagram:
    """A flow diagram laid out on a chart.

    Attributes
    ----------
    found : Counts
        The numbers.
    axes : Axes
        Where it is drawn, measured in inches from the top left.
    lefts : dict of str to float
        Left edge of each arm.
    rows : dict of str to tuple of float
        Top and height of each row.
    drawn : list of str
        Keys of the boxes drawn so far.
    """

    found: Counts
    axes: Axes
    lefts: dict[str, float]
    rows: dict[str, tuple[float, float]]
    drawn: list[str] = field(default_factory=list)

    def box(self, key: str, place: Place, kind: str) -> None:
        """Draw the box of a key."""
        width = place[2]
        lines = wrapped(words(self.found, key), width)
        name = (f"box-{key}", 10 + 2 * len(self.drawn))
        draw_box(self.axes, place, lines, kind, name)
        self.drawn.append(key)

    def result(self) -> tuple[float, float]:
        """Return left edge and width of the boxes of included studies."""
        arms = [arm for arm in self.lefts if arm != PREVIOUS]
        if len(arms) == 1:
            return self.lefts[arms[0]], MAIN
        left, right = self.lefts[arms[0]], self.lefts[arms[1]] + arm_width(arms[1])
        return (left + right - RESULT) / 2, RESULT

    def arrow(self, points: list[tuple[float, float]], kind: str) -> None:
        """Draw a line through points that ends in an arrow."""
        draw_arrow(self.axes, points, kind)


def draw(found: Counts) -> tuple[MplFigure, list[str]]:
    """Draw a flow diagram; return the chart and the keys of its boxes.

    Box and words of a key are in groups named ``box-KEY`` and ``box-KEY-words``, one
    right behind the other, so that a link can be put around them.
    """
    lefts, width = {}, LEFT
    for arm in arms_shown(found):
        lefts[arm] = width
        width += arm_width(arm) + APART
    width += MARGIN - APART
    rows = layout(found)
    height = max(top + tall for top, tall in rows.values()) + MARGIN
    chart = new_chart(width, height)
    chart.set_layout_engine("none")
    axes = chart.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.axis("off")
    diagram = Diagram(found, axes, lefts, rows)
    for band, names in BANDS:
        own = [rows[name] for name in names if name in rows]
        top, end = own[0][0], sum(own[-1])
        draw_box(axes, (MARGIN, top, 0.26, end - top), [band], "band")
    for arm in lefts:
        draw_arm(diagram, arm)
    draw_results(diagram)
    return chart, diagram.drawn


def layout(found: Counts) -> dict[str, tuple[float, float]]:
    """Return top and height in inches of each row that is drawn."""
    arms, keys = arms_shown(found), boxes_shown(found)
    rows, top = {}, TOP
    for row, boxes in ROWS.items():
        pairs = [boxes[arm] for arm in arms if arm in boxes]
        sizes = [tall(found, main, MAIN) for main, _ in pairs if main in keys]
        sizes += [tall(found, side, SIDE) for _, side in pairs if side in keys]
        if f"{row}_studies" in keys:
            width = MAIN if len(set(arms) - {PREVIOUS}) == 1 else RESULT
            sizes.append(tall(found, f"{row}_studies", width))
            if PREVIOUS not in arms:
                sizes.append(BAND)
        if sizes:
            rows[row] = top, max(sizes)
            top += max(sizes) + GAP
    return rows


def draw_results(diagram: Diagram) -> None:
    """Draw the boxes of included studies."""
    left, width = diagram.result()
    for row in ("new", "total"):
        if row in diagram.rows:
            top, height = diagram.rows[row]
            diagram.box(f"{row}_studies", (left, top, width, height), "result")
    if "total" in diagram.rows:
        middle, bottom = left + width / 2, sum(diagram.rows["new"])
        diagram.arrow([(middle, bottom), (middle, diagram.rows["total"][0])], "box")


def draw_arm(diagram: Diagram, arm: str) -> None:
    """Draw one arm of the diagram from its heading to the arrow that leaves it."""
    found, left = diagram.found, diagram.lefts[arm]
    kind = "box" if found[ROWS["found"][arm][0]] else "empty"
    title = found.labels.get(arm) or HEADINGS[arm]
    if PREVIOUS in diagram.lefts and arm not in found.labels:
        title = title.replace("of studies", "of new studies")
    lines = wrapped([clip(title, LETTERS)], arm_width(arm), 1.1 * WIDER)
    draw_box(diagram.axes, (left, 0.06, arm_width(arm), 0.44), lines, "head")
    right, middle, bottom = left + MAIN + BETWEEN, left + MAIN / 2, 0.0
    keys = boxes_shown(found)
    for row, (top, _) in diagram.rows.items():
        main, side = ROWS[row].get(arm, ("", ""))
        height = tall(found, main, MAIN) if main else 0.0
        if side in keys:
            height = max(height, tall(found, side, SIDE))
        if main:
            if bottom:
                diagram.arrow([(middle, bottom), (middle, top)], kind)
            bottom = top + height
            diagram.box(main, (left, top, MAIN, height), kind)
        if side in keys:
            level = top + height / 2
            start = left + MAIN if main else middle
            diagram.arrow([(start, level), (right, level)], kind)
            diagram.box(side, (right, top, SIDE, height), kind)
    leave(diagram, arm, (middle, bottom), kind)


def leave(diagram: Diagram, arm: str, start: tuple[float, float], kind: str) -> None:
    """Draw the arrow from the last box of an arm to the included studies."""
    left, width = diagram.result()
    if arm == PREVIOUS:
        top, height = diagram.rows["total"]
        turn = (start[0], top + height / 2)
        diagram.arrow([start, turn, (left, turn[1])], kind)
        return
    top, end = diagram.rows["new"][0], start[0]
    if not left < end < left + width:
        end = left + width * (0.25 if end < left else 0.75)
    turn = (start[0], top - GAP / 2)
    points = [start, turn, (end, turn[1]), (end, top)]
    diagram.arrow(points if end != start[0] else [start, points[-1]], kind)


def draw_box(
    axes: Axes,
    place: Place,
    lines: list[str],
    kind: str,
    name: tuple[str, int] = ("", 2),
) -> None:
    """Draw a box with its words; ``kind`` says how it looks, ``name`` its id, order."""
    from matplotlib.patches import Rectangle

    left, top, width, height = place
    fill = {"band": "partly", "head": "accent-faint", "result": "faint"}.get(kind)
    ink = color("muted" if kind == "empty" else "ink")
    bare = kind in ("band", "head")
    box, order = name
    axes.add_patch(Rectangle(
        (left, top), width, height, linewidth=0 if bare else 1, edgecolor=ink,
        facecolor=color(fill or "paper"), linestyle=(0, (4, 3)) if kind == "empty"
        else "-", gid=box or None, zorder=order,
    ))  # fmt: skip
    look: dict[str, Any] = {"va": "center", "color": ink, "fontsize": SIZE}
    look |= {"linespacing": 1.25, "zorder": order + 1}
    look |= {"gid": f"{box}-words"} if box else {}
    look |= {"fontweight": "bold" if bare or kind == "result" else "normal"}
    if bare or kind == "result":
        look |= {"ha": "center", "rotation": 90 if kind == "band" else 0}
        left += width / 2 - PAD
    axes.text(left + PAD, top + height / 2, "\n".join(lines), **look)


def draw_arrow(axes: Axes, points: list[tuple[float, float]], kind: str) -> None:
    """Draw a line through points that ends in an arrow; ``kind`` as for a box."""
    look: dict[str, Any] = {"lw": 1, "linestyle": "-", "color": color("ink")}
    if kind == "empty":
        look |= {"linestyle": (0, (4, 3)), "color": color("muted")}
    if len(points) > 2:
        axes.plot(*zip(*points[:-1], strict=True), **look)
    look |= {"arrowstyle": "-|>", "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", points[-1], points[-2], arrowprops=look)
