"""What a worse instrument costs, as a figure with its table."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from personomics.power.cells import EXAMPLE_EFFECT, TARGET
from personomics.power.design import Design
from personomics.power.solving import evaluate
from personomics.style import Figure, color, from_chart, new_chart
from personomics.words import percent

#: Name in the table, trial, ink, dash, mark.
USES: list[tuple[str, Design, str, Any, str]] = [
    ("used as a score",
     Design(moderator="continuous", effect=EXAMPLE_EFFECT, power=TARGET),
     "ink", "-", "o"),
    ("cut into halves", Design(effect=EXAMPLE_EFFECT, power=TARGET),
     "accent", (0, (6, 2)), "s"),
    ("cut at one in ten",
     Design(effect=EXAMPLE_EFFECT, power=TARGET, prevalence=0.1),
     "yes", (0, (2, 1.6)), "^"),
]  # fmt: skip
SHOWN = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4)


def power_with(design: Design, reliability: float) -> float:
    """Return the power with a worse instrument, on the sample for a perfect one."""
    n = evaluate(design)["n"]
    same = replace(design, power=None, n=n, reliability=reliability)
    return float(evaluate(same)["power"])


def sample_with(design: Design, reliability: float) -> float:
    """Return the sample with a worse instrument, in multiples of a perfect one's."""
    worse = replace(design, reliability=reliability)
    return float(evaluate(worse)["n"] / evaluate(design)["n"])


def reliability_figure() -> Figure:
    """Return power against the reliability of the instrument, by how it is used."""
    goal = 100 * TARGET
    chart = new_chart(4.8, 3.8)
    axes = chart.subplots()
    axes.axhline(goal, color=color("muted"), linewidth=1)
    xs = [step / 100 for step in range(40, 101, 2)]
    table = pd.DataFrame({"reliability": [f"{x:g}" for x in SHOWN]})
    for name, design, ink, dash, mark in USES:
        pen: dict[str, Any] = {"color": color(ink), "linewidth": 2.2, "linestyle": dash}
        ys = [round(100 * power_with(design, x), 4) for x in xs]
        axes.plot(xs, ys, **pen, label=name)
        axes.plot(xs[::10], ys[::10], mark, color=color(ink), markersize=7)
        table[name] = [
            f"{percent(power_with(design, x))} ({sample_with(design, x):.1f}×)"
            for x in SHOWN
        ]
        axes.text(0.385, ys[0], name, color=color(ink), size=10, va="center")
    axes.set_xlim(1.01, 0.39)
    axes.set_xticks(SHOWN, [f"{x:g}" for x in SHOWN], size=10)
    axes.set_yticks(range(0, 101, 20), [f"{t}%" for t in range(0, 101, 20)], size=10)
    axes.set_ylim(0, 100)
    axes.set_xlabel("reliability of the instrument", size=10)
    axes.set_ylabel("power", size=10)
    row = table.iloc[SHOWN.index(0.7)]
    alt = (
        "Falling curves of power against the reliability of the instrument, from 1 to "
        f"0.4. All begin at {goal:g}%. At 0.7: "
        + "; ".join(f"{name} {row[name].split(' ')[0]}" for name, *_ in USES)
        + "."
    )
    note = (
        "Computed: in brackets of the table, the sample that restores the power, in "
        "multiples of the sample with a perfect instrument."
    )
    return from_chart(
        chart, "reliability-power", "What a worse instrument costs", alt, table,
        note=note, headings={"reliability": "Reliability"},
    )  # fmt: skip
