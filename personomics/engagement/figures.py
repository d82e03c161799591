"""Three figures of the simulation; lines by integration, dots from simulated trials."""

from __future__ import annotations

from typing import Any

import pandas as pd

from personomics.engagement.expected import expected
from personomics.engagement.policy import doses, net, window
from personomics.engagement.setting import CAVEAT, Setting
from personomics.engagement.simulation import simulate
from personomics.engagement.story import EXAMPLE
from personomics.style import Figure, color, from_chart, new_chart
from personomics.words import decimals, listed, percent

SIZE = 10
ROADS = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0)
TRIALS = (400, 1000, 2500)
WELL, BADLY = 1.0, 0.3
#: Points by which names that would touch are moved apart.
UP = {"tailored, measured well": 11, "tailored, measured badly": -11}
COSTS = tuple(round(0.02 * step, 2) for step in range(11))
#: Palette name, dash and mark of the lines of a figure.
PENS: list[tuple[str, Any, str]] = [
    ("accent", "-", "o"),
    ("yes", (0, (6, 2)), "s"),
    ("ink", (0, (2, 1.6)), "^"),
    ("muted", (0, (1, 2)), "D"),
]


def steps(low: float, high: float, number: int = 40) -> list[float]:
    """Return equally spaced numbers, both ends included."""
    return [round(low + (high - low) * k / number, 6) for k in range(number + 1)]


def line(
    axes: Any, pen: int, xs: list[float], ys: list[float], words: str, up: int = 0
) -> None:
    """Draw a line and name it at its right end, some points up.

    Values are rounded, so that every processor draws the same.
    """
    ink, dash, _ = PENS[pen]
    ys = [round(y, 4) for y in ys]
    axes.plot(xs, ys, color=color(ink), linewidth=2.2, linestyle=dash)
    axes.annotate(words, (xs[-1], ys[-1]), xytext=(6, up), color=color(ink), size=SIZE,
                  textcoords="offset points", va="center")  # fmt: skip


def dots(axes: Any, pen: int, xs: list[float], ys: list[float]) -> None:
    """Draw what was simulated."""
    ink, _, mark = PENS[pen]
    axes.plot(xs, ys, mark, color=color(ink), markerfacecolor=color("paper"),
              markersize=6, linestyle="none")  # fmt: skip


def three(value: float) -> float:
    """Return a simulated number with three decimals."""
    return round(value, 3) + 0.0


def road_figure(one: Setting = EXAMPLE, trials: int = 600, seed: int = 1) -> Figure:
    """Return the effect of the offer by level of a factor, by what engagement owes it.

    Parameters
    ----------
    one : Setting
        What is assumed; its ``b`` is varied.
    trials, seed : int
        Simulated trials behind each dot, and their seed.
    """
    found = {b: expected(one.but(b=b)) for b in ROADS}
    drawn = {b: simulate(one.but(b=b), trials, seed) for b in ROADS}
    xs = steps(ROADS[0], ROADS[-1])
    lines = [expected(one.but(b=x)) for x in xs]
    chart = new_chart(4.8, 3.8)
    axes = chart.subplots()
    names = {"high": "with the factor", "low": "without it", "itt": "all patients"}
    for pen, (name, words) in enumerate(names.items()):
        line(axes, pen, xs, [point[name] for point in lines], words)
        dots(axes, pen, list(ROADS), [three(drawn[b][name]) for b in ROADS])
    axes.axhline(one.tau, color=color("muted"), linewidth=1)
    axes.text(0, one.tau + 0.01, "a full dose, whoever receives it", size=SIZE,
              color=color("muted"))  # fmt: skip
    axes.set_xlim(-0.08, ROADS[-1] + 0.05)
    axes.set_ylim(0, one.tau * 1.15)
    axes.set_xlabel("how much the factor decides engagement (b)", size=SIZE)
    axes.set_ylabel("effect of the offer (SD)", size=SIZE)
    table = pd.DataFrame([
        {"b": f"{b:g}", "dose_low": percent(found[b]["dose_low"]),
         "dose_high": percent(found[b]["dose_high"])}
        | {name: decimals(found[b][name]) for name in ("low", "high", "itt")}
        | {f"{name}_seen": f"{three(drawn[b][name]):.3f}" for name in ("low", "high")}
        for b in ROADS
    ])  # fmt: skip
    first, last = table.iloc[0], table.iloc[-1]
    alt = (
        "Lines of the effect of being offered a treatment, against how much a factor "
        f"decides engagement. Where it decides nothing, the effect is {first['low']} "
        f"without the factor and {first['high']} with it. Where it decides most, "
        f"{last['low']} without and {last['high']} with it, {last['itt']} on average. "
        f"A full dose is worth {decimals(one.tau)} to everybody throughout."
    )
    note = f"Lines: by integration. Dots: {trials:,} simulated trials each. {CAVEAT}"
    return from_chart(
        chart, "engagement-road", "A difference that comes from engagement alone", alt,
        table, note=note,
        headings={
            "b": "b", "dose_low": "Dose without the factor",
            "dose_high": "Dose with it",
            "low": "Effect without", "high": "Effect with", "itt": "Effect on average",
            "low_seen": "Simulated, without", "high_seen": "Simulated, with",
        },
    )  # fmt: skip


def measuring_figure(
    one: Setting = EXAMPLE, trials: int = 300, seed: int = 1
) -> Figure:
    """Return the power to find the difference, by how well the factor is measured.

    Parameters are those of :func:`road_figure`; ``reliability`` and ``n`` are varied.
    """
    xs = steps(0.02, 1.0, 49)
    at = (0.25, 0.5, 0.75, 1.0)
    chart = new_chart(4.8, 3.8)
    axes = chart.subplots()
    rows: list[dict[str, str]] = [{"reliability": f"{x:g}"} for x in at]
    ends = []
    for pen, n in enumerate(reversed(TRIALS)):
        some = one.but(n=n)
        ys = [100 * power(some, x) for x in xs]
        line(axes, pen, xs, ys, f"{n:,}\npatients")
        seen = [100 * three(simulate(some.but(reliability=x), trials, seed)
                            ["interaction_power"]) for x in at]  # fmt: skip
        dots(axes, pen, list(at), seen)
        for row, x, share in zip(rows, at, seen, strict=True):
            row[f"{n:,} patients"] = percent(power(some, x))
            row[f"{n:,} patients, simulated"] = percent(share / 100)
        half, full = (percent(power(some, x)) for x in (0.5, 1.0))
        ends.append(f"{n:,} patients {full}, and {half} with a reliability of 0.5")
    axes.plot([0], [0], "X", color=color("ink"), markersize=9, clip_on=False)
    axes.annotate("not measured: only the\naverage effect is seen", (0, 3),
                  xytext=(0.02, 74), size=SIZE, color=color("ink"),
                  arrowprops={"arrowstyle": "-", "color": color("line")})  # fmt: skip
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(0, 103)
    axes.set_yticks(range(0, 101, 20), [f"{t}%" for t in range(0, 101, 20)], size=SIZE)
    axes.set_xlabel("reliability of the measured factor", size=SIZE)
    axes.set_ylabel("power to find the difference", size=SIZE)
    empty = dict.fromkeys(rows[0], "none") | {"reliability": "not measured"}
    alt = (
        "Lines of the power to find that the effect differs by the factor, against the "
        "reliability with which it is measured. Measured perfectly: "
        f"{listed(ends, letters=200)}. "
        "A factor that is not measured cannot be found."
    )
    note = f"Lines: by integration. Dots: {trials:,} simulated trials each. {CAVEAT}"
    return from_chart(
        chart, "engagement-measuring", "What measuring badly costs", alt,
        pd.DataFrame([empty, *rows]), note=note,
    )  # fmt: skip


def power(one: Setting, reliability: float) -> float:
    """Return the power of the interaction at some reliability."""
    return expected(one.but(reliability=reliability))["interaction_power"]


def tailoring_figure(one: Setting = EXAMPLE) -> Figure:
    """Return the net benefit of three policies, by what supporting a patient costs.

    Parameters
    ----------
    one : Setting
        What is assumed; its ``cost`` and ``reliability`` are varied.
    """
    well, badly = (one.but(reliability=r) for r in (WELL, BADLY))
    dose = {"well": doses(well), "badly": doses(badly)}
    policies = {
        "tailored, measured well": (well, dose["well"], "tailored"),
        "everybody": (well, dose["well"], "everybody"),
        "nobody": (well, dose["well"], "nobody"),
        "tailored, measured badly": (badly, dose["badly"], "tailored"),
    }
    xs = list(COSTS)
    low, high = window(well, dose["well"])
    chart = new_chart(4.8, 3.8)
    axes = chart.subplots()
    if low < high:
        left, right = (round(min(x, xs[-1]), 4) for x in (low, high))
        axes.axvspan(left, right, color=color("accent-faint"), linewidth=0)
        axes.text((left + right) / 2, 0.98, "tailoring is best", size=SIZE, va="top",
                  ha="center", color=color("accent"),
                  transform=axes.get_xaxis_transform())  # fmt: skip
    table = pd.DataFrame({"cost": [f"{x:g}" for x in xs]})
    for pen, (words, (setting, own, name)) in enumerate(policies.items()):
        ys = [net(setting.but(cost=x), own)[name] for x in xs]
        line(axes, pen, xs, ys, words.replace(", ", ",\n"), UP.get(words, 0))
        table[words] = [f"{y:.3f}" for y in ys]
    axes.set_xlim(0, xs[-1])
    axes.set_xticks(xs[::2], [f"{x:g}" for x in xs[::2]], size=SIZE)
    axes.set_xlabel("cost of supporting one patient (SD of the outcome)", size=SIZE)
    axes.set_ylabel("gain per patient, less cost (SD)", size=SIZE)
    narrow = window(badly, dose["badly"])
    alt = (
        "Lines of the gain per patient, less the cost of support, against the cost of "
        "supporting one patient. Supporting everybody is best while it costs less than "
        f"{low:.3f}, supporting nobody when it costs more than {high:.3f}, and "
        "supporting those without the factor in between. With a reliability of "
        f"{BADLY:g}, tailoring is best between {narrow[0]:.3f} and {narrow[1]:.3f}."
    )
    note = (
        f"Measured well: reliability {WELL:g}; badly: {BADLY:g}. Lines: by "
        f"integration. {CAVEAT}"
    )
    return from_chart(
        chart, "engagement-tailoring", "When tailoring support pays", alt, table,
        note=note, headings={"cost": "Cost of supporting one patient"},
    )  # fmt: skip
