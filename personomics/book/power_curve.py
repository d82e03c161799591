"""Power against sample size, as the page "How large a trial" draws it at first."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from personomics.book.power_words import RELIABILITY, SAYS
from personomics.figure_files import chart_svg
from personomics.html import Markup, Table, join, tag
from personomics.power.design import Design
from personomics.power.fields import LARGEST
from personomics.power.formulas import baseline, to_risk, weight
from personomics.power.solving import (
    critical_value,
    minimum_n,
    power_of,
    solve_n,
    tail,
)
from personomics.style import color, inline_svg, new_chart
from personomics.words import DASH

if TYPE_CHECKING:
    import pandas as pd

#: Ends of an axis, times a power of ten; a tenth of each is a round number.
ENDS = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
#: Room to the right of the sample that the interaction needs.
ROOM = 1.7
POINTS, ROWS = 40, 10
LEVEL = 0.8


@dataclass(frozen=True)
class Curve:
    """One line of a picture: its name, its power at n, and the n that gives a power."""

    name: str
    power: Callable[[int], float | None]
    needs: Callable[[float], int | None]
    ink: str
    dash: Any = "-"


def axis_end(need: float) -> int:
    """Return the smallest round number that is large enough for an axis.

    >>> axis_end(2377), axis_end(9), axis_end(2e6)
    (2500, 10, 1000000)
    """
    scale: float = 10.0 ** math.floor(math.log10(max(10, need)))
    end = next(one * scale for one in ENDS if one * scale >= need * (1 - 1e-12))
    return int(min(LARGEST, round(end)))


def main_unit(design: Design, effect: float) -> float:
    """Return the noncentrality of the treatment effect for each analysed participant.

    The effect has the size of the interaction; outcome, arms and clusters are those of
    the trial, and the moderator is left out.
    """
    r = design.allocation
    inflation = 1 + (design.cluster_size - 1) * design.icc
    if design.outcome == "continuous":
        return r * (1 - r) * (effect / design.sd) ** 2 / inflation
    start = baseline(design)
    variance = sum(
        1
        / (share * float(weight(to_risk(np.array(at), design.outcome), design.outcome)))
        for share, at in ((r, start + math.log(effect)), (1 - r, start))
    )
    return math.log(effect) ** 2 / variance / inflation


def main_power(design: Design, n: int, effect: float) -> float | None:
    """Return the power to find a treatment effect, or None below three participants."""
    analysed = n * (1 - design.dropout)
    exactly = design.outcome == "continuous" and design.cluster_size == 1
    df2 = analysed - 2 if exactly else None
    if df2 is not None and df2 < 1 - 1e-9:
        return None
    critical = critical_value(design.alpha, 1, df2)
    return tail(critical, 1, df2, analysed * main_unit(design, effect))


def main_needs(design: Design, effect: float, target: float) -> int | None:
    """Return the smallest sample that finds a treatment effect with a power."""
    size = design.cluster_size

    def enough(clusters: int) -> bool:
        found = main_power(design, clusters * size, effect)
        return found is not None and found >= target - 1e-10

    low, high, most = 0, 1, LARGEST // size
    while not enough(high):
        if high >= most:
            return None
        low, high = high, min(2 * high, most)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high * size


def interaction(design: Design, effect: float, name: str, ink: str, dash: Any) -> Curve:
    """Return the curve of the interaction of a design."""
    least = minimum_n(design)

    def power(n: int) -> float | None:
        return power_of(design, n, effect) if n >= least else None

    def needs(target: float) -> int | None:
        try:
            return solve_n(design, effect, target)
        except ValueError:
            return None

    return Curve(name, power, needs, ink, dash)


def curves(design: Design, effect: float) -> list[Curve]:
    """Return the treatment effect and the interaction of the same size."""
    first = Curve(
        SAYS["main"],
        lambda n: main_power(design, n, effect),
        lambda target: main_needs(design, effect, target),
        "ink",
    )
    second = interaction(design, effect, SAYS["interaction"], "accent", (0, (6, 2)))
    return [first, second]


def costs(design: Design, effect: float) -> list[Curve]:
    """Return the interaction at different reliabilities of the instrument."""
    looks = (("accent", "-"), ("yes", (0, (6, 2))), ("muted", (0, (2, 1.6))))
    return [
        interaction(
            replace(design, reliability=one, sensitivity=1, specificity=1), effect,
            SAYS["reliability"].format(reliability=f"{one:g}"), *look,
        )
        for one, look in zip(RELIABILITY, looks, strict=True)
    ]  # fmt: skip


def rows(end: int, here: int | None) -> list[int]:
    """Return the numbers of participants of the table."""
    steps = {round(end * step / ROWS) for step in range(1, ROWS + 1)}
    return sorted(steps | ({here} if here else set()))


def share(power: float | None) -> str:
    """Return a power in percent with one decimal.

    >>> share(0.80124), share(None)
    ('80.1%', '–')
    """
    return DASH if power is None else f"{100 * power:.1f}%"


def numbers(lines: Sequence[Curve], end: int, here: int | None) -> pd.DataFrame:
    """Return the table of the curves."""
    import pandas as pd

    at = rows(end, here)
    return pd.DataFrame(
        {SAYS["x"].capitalize(): [f"{n:,}" for n in at]}
        | {line.name.capitalize(): [share(line.power(n)) for n in at] for line in lines}
    )


def picture(
    name: str, lines: Sequence[Curve], end: int, alt: str, caption: str
) -> Markup:
    """Return a picture with its table for readers without a script."""
    chart = new_chart(6.4, 3.4)
    axes = chart.subplots()
    axes.axhline(100 * LEVEL, color=color("muted"), linewidth=1)
    for number, line in enumerate(lines):
        at = [round(end * step / POINTS) for step in range(1, POINTS + 1)]
        found = [(n, power) for n in at if (power := line.power(n)) is not None]
        xs, ys = [n for n, _ in found], [100 * power for _, power in found]
        axes.plot(xs, ys, color=color(line.ink), linewidth=2.2, linestyle=line.dash)
        meets = line.needs(LEVEL)
        if meets and meets <= end:
            axes.plot([meets], [100 * LEVEL], "o", color=color(line.ink))
            words = f"{line.name}: {meets:,}"
            axes.text(
                meets + end / 60, 100 * LEVEL - 6 - 12 * number, words,
                color=color(line.ink), size=10, va="top",
            )  # fmt: skip
    axes.set_xlim(0, end)
    axes.set_ylim(0, 103)
    axes.set_yticks(range(0, 101, 20), [f"{t}%" for t in range(0, 101, 20)], size=10)
    ticks = [round(end * step / 5) for step in range(6)]
    axes.set_xticks(ticks, [f"{t:,}" for t in ticks], size=10)
    axes.set_xlabel(SAYS["x"], size=10)
    axes.set_ylabel(SAYS["y"], size=10)
    drawn = tag("div", inline_svg(chart_svg(chart), name, alt), class_="pc-picture")
    table = Table(numbers(lines, end, None), f"{caption}: the same numbers").html()
    twin = tag("details", tag("summary", "Show as a table") + table)
    return tag(
        "figure",
        join([drawn, tag("figcaption", tag("strong", caption)), twin]),
        class_="pc-figure",
    )
