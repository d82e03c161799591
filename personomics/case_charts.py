"""Draw the charts of chapter 4 from frames that :mod:`personomics.cases` computes."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import pandas as pd

from personomics import style
from personomics.evidence import case_address, factor_address
from personomics.figure_links import link_area, link_names, opens, to_factors
from personomics.words import clip, counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as MplFigure
    from matplotlib.patches import Rectangle

#: Letters of a factor's or a narrative's label in a chart.
LETTERS = 52
#: What stands where no COM-B component could be named: fill, ink, symbol.
NO_COMPONENT = ("faint", "muted", "–")


def room(labels: Iterable[object]) -> float:
    """Return the inches that the longest label needs at 9 points."""
    wide = unicodedata.east_asian_width
    shown = [clip(label, LETTERS) for label in labels]
    letters = [sum(2 if wide(c) in "WF" else 1 for c in label) for label in shown]
    return 0.25 + 0.066 * max(letters, default=0)


def grid(ax: Axes, width: float, height: float) -> Axes:
    """Prepare axes for a grid of cells: no frame, no ticks, rows from the top."""
    ax.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5), xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    return ax


def box(x: float, y: float, width: float, height: float, fill: str) -> Rectangle:
    """Return a filled rectangle that may lie outside the axes."""
    from matplotlib.patches import Rectangle

    colour = style.color(fill)
    return Rectangle((x, y), width, height, color=colour, lw=0, clip_on=False, zorder=0)


def matrix(
    rows: pd.DataFrame, cases: pd.DataFrame, labels: dict[str, str]
) -> tuple[MplFigure, float]:
    """Draw factors (rows, grouped by COM-B) against narratives (columns).

    Parameters
    ----------
    rows : DataFrame
        One row per mark: case_id, factor_id, factor, com_b, stability, origin, items;
        in the order in which the factors are drawn.
    cases : DataFrame
        One row per column: case_id, com_b_target; in drawing order.
    labels : dict
        Labels of the narratives.

    Returns
    -------
    tuple
        The chart, and its width in inches.
    """
    factors = rows.drop_duplicates("factor_id")
    width, height = len(cases), len(factors) + factors["com_b"].nunique()
    left = room(factors["factor"])
    top = room(labels[case] for case in cases["case_id"]) + 3.6 * 0.23
    inches = left + max(0.25 * width, 2.3) + 0.4
    tall = top + 0.23 * height + 0.1
    chart = style.new_chart(inches, tall)
    chart.set_layout_engine("none")
    area = (left / inches, 0.1 / tall, 0.25 * width / inches, 0.23 * height / tall)
    ax = grid(chart.add_axes(area), width, height)
    muted = style.color("muted")
    place = {case: x for x, case in enumerate(cases["case_id"])}
    y, rules = 0, [height - 0.5]
    for component, group in factors.groupby("com_b", sort=False):
        fill, ink, symbol = style.COM_B[str(component)]
        ax.add_patch(box(-0.5, y - 0.5, width, 1, fill))
        head = f"{symbol}  {component}"
        ax.text(-0.3, y, head, va="center", weight="bold", color=style.color(ink))
        here = [x for x, t in enumerate(cases["com_b_target"]) if t == component]
        if here:
            block = (here[0] - 0.5, y + 0.5, len(here), len(group))
            ax.add_patch(box(*block, fill))
        for factor in group.to_dict("records"):
            y += 1
            rules.append(y - 0.5)
            name = clip(factor["factor"], LETTERS) + style.ORIGIN[factor["origin"]]
            seen = rows[rows["factor_id"] == factor["factor_id"]]
            page = f"../{factor_address(factor['factor_id'], factor['factor'])}"
            known = clip(factor["factor"], 100)
            told = opens(page, f"{known}: {counted(len(seen), 'narrative')}")
            ax.text(-0.7, y, name, ha="right", va="center", url=told)
            ax.text(width - 0.2, y, str(len(seen)), va="center", color=muted)
            shape = "s" if factor["stability"] == "stable" else "o"
            at = [place[case] for case in seen["case_id"]]
            ax.scatter(at, [y] * len(at), s=70, marker=shape, color=style.color(ink),
                       zorder=3)  # fmt: skip
            for x, items, case in zip(at, seen["items"], seen["case_id"], strict=True):
                if items > 1:
                    inside(ax, x, y, items)
                told = f"{known}: {labels[case]}, {counted(items, 'passage')}"
                url = opens(f"{page}#cases", told, again=True)
                link_area(ax, (x - 0.5, y - 0.5, 1, 1), url)
        y += 1
    ax.hlines(rules, -0.5, width - 0.5, color=style.color("line"), lw=0.4)
    for x, (case, target) in enumerate(
        zip(cases["case_id"], cases["com_b_target"], strict=True)
    ):
        fill, ink, symbol = style.COM_B.get(target, NO_COMPONENT)
        ax.add_patch(box(x - 0.46, -3.3, 0.92, 2.6, fill))
        upright: dict[str, Any] = {"rotation": 90, "ha": "center"}
        ax.text(x, -2, symbol, va="center", color=style.color(ink), **upright)
        n = int((rows["case_id"] == case).sum())
        told = f"{clip(labels[case], 100)}: {counted(n, 'factor')}"
        ax.text(x, -3.6, clip(labels[case], LETTERS), va="bottom", **upright,
                url=opens(f"../{case_address(case)}", told))  # fmt: skip
    ax.text(-0.7, -2, "care adapted through", ha="right", va="center", style="italic")
    ax.text(width - 0.2, -2, "narratives", rotation=90, va="center", color=muted)
    return chart, inches


def inside(ax: Axes, x: float, y: float, number: int, size: float = 8) -> None:
    """Write a number inside a mark."""
    ax.text(x, y, str(number), color=style.color("paper"), ha="center", size=size,
            va="center_baseline", weight="bold", zorder=4)  # fmt: skip


def adaptations(counts: pd.DataFrame, place: Callable[[str, str], str]) -> MplFigure:
    """Draw narratives by main adaptation (rows) and COM-B target (columns).

    ``place`` returns the address of the narratives of a row and a column.
    """
    rows, columns = counts.shape
    chart = style.new_chart(5.8, 1.9 + 0.42 * rows)
    ax = grid(chart.subplots(), columns, rows)
    largest = int(counts.to_numpy().max())
    for x, target in enumerate(counts.columns):
        fill, ink, symbol = style.COM_B.get(target, NO_COMPONENT)
        ax.add_patch(box(x - 0.46, -0.5, 0.92, rows, fill))
        words = "\n".join([symbol, *textwrap.wrap(target, 14)])
        ax.text(x, -0.7, words, rotation=90, ha="center", va="bottom", size=10,
                ma="left", color=style.color(ink), linespacing=1.1)  # fmt: skip
        for y, (name, count) in enumerate(counts[target].items()):
            if count:
                told = f"{name} through {target}: {counted(count, 'narrative')}"
                url = opens(place(str(name), target), told)
                link_area(ax, (x - 0.46, y - 0.5, 0.92, 1), url)
                area = 130 + 400 * count / largest
                ax.scatter(x, y, s=area, color=style.color(ink))
                inside(ax, x, y, count, 10)
    for y, (name, total) in enumerate(counts.sum(axis=1).items()):
        ax.text(-0.65, y, str(name), ha="right", va="center", size=10)
        muted = style.color("muted")
        ax.text(columns - 0.3, y, str(total), va="center", color=muted, size=10)
    return chart


def shares(rows: pd.DataFrame) -> MplFigure:
    """Draw, per factor, its share of narratives (diamond) and of articles (ring).

    Parameters
    ----------
    rows : DataFrame
        Columns factor_id, factor, origin, case_share, article_share (of 100)
        and difference, in drawing order.
    """
    chart = style.new_chart(6.4, 1.2 + 0.235 * len(rows))
    ax = chart.subplots()
    ax.set(ylim=(len(rows) - 0.4, -0.6), yticks=range(len(rows)))
    marks = rows["origin"].map(style.ORIGIN)
    names = [clip(f, LETTERS) + m for f, m in zip(rows["factor"], marks, strict=True)]
    ax.set_yticklabels(names)
    pairs = zip(rows["case_share"], rows["article_share"], strict=True)
    said = [f"{a:.0f}% of narratives, {b:.0f}% of articles" for a, b in pairs]
    links = to_factors(rows.rename(columns={"factor": "label"}), said)
    link_names(ax.get_yticklabels(), links)
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="x", color=style.color("line"), lw=0.5)
    ax.set_xlabel("Share of narratives or articles (%)")
    y = range(len(rows))
    line, accent, ink = (style.color(c) for c in ("muted", "accent", "ink"))
    ax.hlines(y, rows["article_share"], rows["case_share"], color=line, lw=1, zorder=1)
    ax.scatter(rows["article_share"], y, s=80, facecolor=style.color("paper"),
               edgecolor=ink, lw=1.3, label="articles", zorder=2)  # fmt: skip
    ax.scatter(rows["case_share"], y, s=22, marker="D", color=accent,
               label="narratives", zorder=3)  # fmt: skip
    more = int((rows["difference"] > 0).sum())
    if 0 < more < len(rows):
        ax.axhline(more - 0.5, color=style.color("ink"), lw=0.8, ls=(0, (4, 3)))
    right = max(1.0, float(rows[["case_share", "article_share"]].to_numpy().max()))
    ax.set_xlim(-0.03 * right, 1.06 * right)
    chart.legend(*ax.get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return chart
