"""Charts of the concept map that read on a phone: matrix, nested systems, stability."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from personomics.boxes import wrap
from personomics.figure_links import link_area, on_map, opens
from personomics.style import COM_B, STABILITY, color, new_chart
from personomics.words import clip, counted

if TYPE_CHECKING:
    from matplotlib.figure import Figure as MplFigure

PERSON, TIME = "individual", "chronosystem"
#: Letters of the charts' typeface are this much wider than Helvetica's.
WIDER = 1.17


def blank(width: float, height: float) -> tuple[MplFigure, Any]:
    """Return a chart with a frameless drawing area measured in inches from the top."""
    chart = new_chart(width, height)
    chart.set_layout_engine("none")
    axes = chart.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.axis("off")
    return chart, axes


def matrix_chart(counts: pd.DataFrame) -> MplFigure:
    """Draw counts by level (rows) and COM-B component (columns).

    Parameters
    ----------
    counts : DataFrame
        One row per level, one column per component, numbers of factors.
    """
    from matplotlib.patches import Rectangle

    left, top, wide, tall = 1.12, 0.74, 0.86, 0.55
    width, height = left + wide * len(counts.columns) + 0.05, top + tall * len(counts)
    chart, axes = blank(width, height + 0.08)
    for column, code in enumerate(counts.columns):
        fill, ink, symbol = COM_B[code]
        middle = left + wide * (column + 0.5)
        axes.text(middle, 0.22, symbol, ha="center", color=color(ink), weight="bold",
                  fontsize=11)  # fmt: skip
        axes.text(middle, 0.3, code.replace(" ", "\n"), ha="center", va="top",
                  fontsize=9, color=color(ink))  # fmt: skip
        for row, level in enumerate(counts.index):
            n = int(counts.loc[level, code])
            place = (left + wide * column + 0.02, top + tall * row + 0.02)
            axes.add_patch(Rectangle(
                place, wide - 0.04, tall - 0.04, linewidth=0.8,
                facecolor=color(fill) if n else "none",
                edgecolor=color(ink if n else "line"),
            ))  # fmt: skip
            axes.text(
                middle, top + tall * (row + 0.5), n or "no factor\nfound", ha="center",
                va="center", color=color(ink if n else "muted"),
                fontsize=15 if n else 9, weight="bold" if n else "normal",
            )  # fmt: skip
    for row, level in enumerate(counts.index):
        axes.text(left - 0.08, top + tall * (row + 0.5), level.capitalize(), ha="right",
                  va="center", fontsize=10)  # fmt: skip
    # Column by column and row by row, as a table is read.
    lefts = [0.02, *(left + wide * n + 0.02 for n in range(len(counts.columns)))]
    tops = [0.04, *(top + tall * n + 0.02 for n in range(len(counts)))]
    for x, code in zip(lefts, [None, *counts.columns], strict=True):
        for y, level in zip(tops, [None, *counts.index], strict=True):
            part = counts if code is None else counts[[code]]
            found = part if level is None else part.loc[[level]]
            n = int(found.to_numpy().sum())
            if n and not code is level is None:
                width = left - 0.06 if code is None else wide - 0.04
                height = top - 0.06 if level is None else tall - 0.04
                link_area(axes, (x, y, width, height), cell_link(level, code, n))
    return chart


def cell_link(level: str | None, code: str | None, n: int) -> str:
    """Return the link of a cell, row or column of the matrix to its factors."""
    state = {"level": level, "com_b": code}
    said = ", ".join(filter(None, (code, level)))
    view = on_map(view="matrix", **{k: v for k, v in state.items() if v})
    return opens(view, f"{said[:1].upper()}{said[1:]}: {counted(n, 'factor')}")


def nested_chart(
    counts: pd.DataFrame, examples: Mapping[str, Sequence[str]]
) -> MplFigure:
    """Draw the systems as nested boxes, the person innermost, time beneath.

    Parameters
    ----------
    counts : DataFrame
        One row per level from the innermost, one column per COM-B family.
    examples : mapping of str to sequence of str
        Labels to name in each level.
    """
    from matplotlib.patches import FancyBboxPatch

    width, step, line = 4.8, 0.09, 0.19
    every = {str(k): row for k, row in counts.to_dict("index").items()}
    nest = [level for level in every if level != TIME]
    texts = {}
    for depth, level in enumerate([*reversed(nest), TIME]):
        room = (width - 2 * step * (depth if level != TIME else 0) - 0.5) * 72 / WIDER
        named = ", ".join(clip(x, 60) for x in examples.get(level, ()))
        more = sum(every[level].values()) - len(examples.get(level, ()))
        named += f" and {more} more" if named and more > 0 else ""
        texts[level] = wrap(named, room, 9) if named else []
    tall = {k: 0.62 + line * len(v) for k, v in texts.items()}
    inner = sum(tall[level] for level in nest)
    height = inner + step * len(nest) + 0.2 + tall[TIME]
    chart, axes = blank(width, height + 0.1)

    def system(level: str, top: float, side: float, bottom: float) -> None:
        person = level in (PERSON, TIME)
        axes.add_patch(FancyBboxPatch(
            (side, top), width - 2 * side, bottom - top, linewidth=0.9,
            boxstyle="square,pad=0" if level == TIME else
            "round,pad=0,rounding_size=0.09",
            facecolor=color("faint") if person else "none",
            edgecolor=color("muted" if person else "line"),
        ))  # fmt: skip
        n = sum(every[level].values())
        axes.text(side + 0.12, top + 0.22, level.capitalize(), fontsize=11,
                  weight="bold")  # fmt: skip
        said = counted(n, "factor") if n else "no factor found"
        axes.text(width - side - 0.12, top + 0.22, said, ha="right", fontsize=10)
        x = side + 0.12
        for family, count in every[level].items():
            if count:
                shown = axes.text(x, top + 0.43, f"{str(family).capitalize()} {count}",
                                  fontsize=9, color=color(f"{family}-ink"),
                                  weight="bold")  # fmt: skip
                x += 0.092 * len(shown.get_text()) + 0.14
        for i, text in enumerate(texts[level]):
            axes.text(side + 0.12, top + 0.62 + line * i, text, fontsize=9,
                      color=color("muted"))  # fmt: skip
        if n:
            place = (side, top, width - 2 * side, min(tall[level], bottom - top))
            view = on_map(view="nested", level=level)
            link_area(axes, place, opens(view, f"{level.capitalize()}: {said}"))

    top, end = 0.03, inner + step * len(nest) + 0.03
    for depth, level in enumerate(reversed(nest)):
        system(level, top, 0.03 + step * depth, end - step * depth)
        top += tall[level]
    system(TIME, end + 0.14, 0.03, end + 0.14 + tall[TIME])
    return chart


def stability_chart(counts: pd.DataFrame) -> MplFigure:
    """Draw a mark for every factor: stable to the left, dynamic to the right.

    Parameters
    ----------
    counts : DataFrame
        One row per COM-B component, one column per stability.
    """
    width, tall, top = 5.2, 0.62, 0.5
    most = max(1, int(counts.to_numpy().max(initial=0)))
    chart, axes = blank(width, top + tall * len(counts) + 0.05)
    middle, reach = width / 2, width / 2 - 0.45
    pitch = min(0.2, reach / most)
    sides = dict(zip(counts.columns, (-1, 1), strict=True))
    for code, side in sides.items():
        axes.text(middle + side * 0.12, 0.24, f"{STABILITY[code]} {code}", fontsize=11,
                  weight="bold", ha="right" if side < 0 else "left")  # fmt: skip
    for row, component in enumerate(counts.index):
        _, ink, symbol = COM_B[component]
        y = top + tall * row
        axes.text(0.05, y + 0.08, f"{symbol}  {component}", fontsize=10,
                  color=color(ink), weight="bold")  # fmt: skip
        axes.plot([middle, middle], [y + 0.14, y + 0.42], linewidth=1.2,
                  color=color("line"))  # fmt: skip
        for code, side in sides.items():
            n = int(counts.loc[component, code])
            places = [middle + side * (0.14 + pitch * i) for i in range(n)]
            axes.scatter(places, [y + 0.28] * n, s=(pitch * 72 * 0.72) ** 2,
                         marker="s" if code == "stable" else "o",
                         color=color(ink), linewidths=0)  # fmt: skip
            beyond = middle + side * (0.14 + pitch * n)
            axes.text(beyond, y + 0.285, n, fontsize=10, va="center_baseline",
                      ha="right" if side < 0 else "left",
                      color=color("ink" if n else "muted"))  # fmt: skip
            if n:
                reached = pitch * n + 0.4
                start = middle if side > 0 else middle - reached
                name = f"{component.capitalize()}, {code}: {counted(n, 'factor')}"
                view = on_map(com_b=component, stability=code)
                place = (start, y + 0.12, reached, 0.34)
                link_area(axes, place, opens(view, name))
    return chart
