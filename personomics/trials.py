"""What trials can tell: what they report, what changed effects, what size they need."""

from __future__ import annotations

import re
from textwrap import fill
from typing import Any

import pandas as pd

from personomics import power
from personomics.dataset import Dataset
from personomics.evidence import TITLE, surname
from personomics.html import Block, Table, said, text
from personomics.style import Figure, color, empty_figure, from_chart, new_chart
from personomics.words import clip, decimals, listed, percent

RATIOS = ("incidence rate ratio", "odds ratio")
#: Height in inches of a row, of a heading, and of the axis of a list-like chart.
ROW, HEAD, AXIS = 0.27, 0.32, 0.62
WIDTH = 6.4
TICKS = (0.01, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 100, 1000)


def reference_label(reference: object) -> str:
    """Return a short label of a reference: first author and year, or title and year.

    >>> reference_label("Petkovic J, Jull J, Yoganathan M, et al. Trials 2020;21:308")
    'Petkovic et al. 2020'
    >>> reference_label("Race reporting in trials. Lancet 2022 (authors not shown)")
    'Race reporting in trials 2022'
    """
    first, _, rest = text(reference).partition(". ")
    author = re.match(r"[^\W\d_][\w'’ -]* [A-Z]{1,3}(,|$)", first)
    name = surname(first) if author else clip(first.split(" (")[0], TITLE)
    year = re.search(r"\b(?:19|20)\d\d\b", rest or first)
    if year is None or year[0] in name:
        return name
    return f"{name} {year[0]}"


def from_news(caveat: object) -> bool:
    """Say whether a caveat states that a figure was read in a news report."""
    return "news report" in text(caveat).lower()


def values(ds: Dataset, topic: str, measures: tuple[str, ...]) -> pd.DataFrame:
    """Return the figures of the facts on one topic, fact by fact, in file order.

    Columns: those of both tables (the figure is ``value``, the fact's own wording
    ``published``), source (short label of the reference) and news (boolean).
    """
    facts = ds["trial_facts"].rename(columns={"value": "published"})
    rows = facts[facts["topic"] == topic].merge(ds["trial_fact_values"], on="fact_id")
    rows = rows[rows["measure"].isin(measures)].reset_index(drop=True)
    rows["source"] = [reference_label(reference) for reference in rows["reference"]]
    rows["news"] = [from_news(caveat) for caveat in rows["caveat"]]
    return rows


def facts_table(ds: Dataset, *topics: str) -> Table | Block:
    """Return every fact on the given topics with its source and its caveat."""
    facts = ds["trial_facts"]
    rows = facts[facts["topic"].isin(topics)].reset_index(drop=True)
    words = listed(topics)
    if rows.empty:
        return said(f"These data hold no published facts on {words}.")
    names = ["fact_id", "claim", "value", "reference", "caveat"]
    return Table(
        rows[names],
        f"Published facts on {words}, with their sources.",
        {"value": "As published", "caveat": "Bear in mind"},
        {"reference": power.reference_links(rows)},
        row_header="claim",
        anchor="fact_id",
    )


def label_lines(label: object, width: int = 36) -> str:
    """Return a label from the data in at most three lines."""
    return fill(clip(label, 3 * width - 12), width)


def list_chart(
    rows: pd.DataFrame, heads: list[str], left: float, right: float
) -> tuple[Any, Any, list[float]]:
    """Return a chart laid out as a list: a heading for each fact, a row per figure.

    Returns the chart, its axes (y in inches from the top) and the y of each row. The
    axes leave ``left`` inches for the labels and ``right`` inches for numbers, so that
    nothing has to be measured after drawing.
    """
    y, places, titles = 0.0, [], []
    lines = [label_lines(label, round(13 * left)) for label in rows["label"]]
    for index, fact in enumerate(rows["fact_id"]):
        if index == 0 or fact != rows["fact_id"][index - 1]:
            titles.append((y + HEAD / 2, heads[index]))
            y += HEAD
        height = ROW + 0.15 * lines[index].count("\n")
        places.append(y + height / 2)
        y += height
    total = y + AXIS
    chart, wide = new_chart(WIDTH, total), WIDTH - left - right
    chart.set_layout_engine("none")
    axes = chart.add_axes(
        (left / WIDTH, (AXIS - 0.05) / total, wide / WIDTH, y / total)
    )
    axes.set_ylim(y, 0)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    shift = axes.get_yaxis_transform()
    edge = -(left - 0.05) / wide
    for place, words in titles:
        axes.text(edge, place, clip(words, 80), size=9.5,
                  weight="bold", va="center", transform=shift)  # fmt: skip
    for place, words in zip(places, lines, strict=True):
        axes.text(edge + 0.02, place, words, size=9.5, va="center", linespacing=1.05,
                  transform=shift)  # fmt: skip
    return chart, axes, places


def reporting_figure(ds: Dataset) -> Figure:
    """Return how many trials reported each characteristic, by published survey."""
    name, title = "trial-reporting", "How many trials report such factors"
    rows = values(ds, "reporting", ("percent",))
    if rows.empty:
        return empty_figure(name, title, "These data hold no figures on reporting.")
    below = [text(q) == "fewer than" for q in rows["qualifier"]]
    heads = [
        source + (" ◆ figures from a news report" if news else "")
        for source, news in zip(rows["source"], rows["news"], strict=True)
    ]
    chart, axes, places = list_chart(rows, heads, 2.75, 0.3)
    for row, y, less in zip(rows.to_dict("records"), places, below, strict=True):
        x = float(row["value"])
        mark = "D" if row["news"] else "o"
        axes.plot([0, 100], [y, y], color=color("line"), linewidth=0.6, linestyle=":")
        if less:
            arrow = {"arrowstyle": "->", "color": color("yes"), "linewidth": 1.4}
            axes.annotate("", (max(x - 8, 0), y), (x, y), arrowprops=arrow)
        axes.plot([x], [y], mark, markersize=7.5, markeredgewidth=1.6,
                  markerfacecolor=color("paper" if less else "yes"),
                  markeredgecolor=color("yes"), clip_on=False)  # fmt: skip
        words = f"fewer than {x:g}%" if less else f"{x:g}%"
        right = x < 70
        axes.text(x + (4 if right else -4), y, words, va="center", size=9.5,
                  ha="left" if right else "right",
                  bbox={"facecolor": color("paper"), "edgecolor": "none",
                        "pad": 1})  # fmt: skip
    axes.set_xlim(0, 100)
    axes.set_xticks([0, 25, 50, 75, 100], ["0", "25", "50", "75", "100%"], size=9.5)
    axes.set_xlabel("trials of each survey that report it", size=9.5)
    table = rows[["label", "value", "source", "news"]].assign(
        value=[
            ("fewer than " if less else "") + f"{float(x):g}%"
            for x, less in zip(rows["value"], below, strict=True)
        ],
        news=[
            "a news report" if news else "the original article" for news in rows["news"]
        ],
    )
    by_size = table.iloc[rows["value"].argsort()].to_dict("records")
    low, high = by_size[0], by_size[-1]
    alt = (
        "Dot plot of percentages of trials. Figures drawn: "
        f"{len(rows)}; surveys: {rows['fact_id'].nunique()}. The lowest is "
        f"{low['value']} ({clip(low['label'], 90)}), the highest {high['value']} "
        f"({clip(high['label'], 90)})."
    )
    note = "Filled dot: the share published."
    if any(below):
        note += " Open dot with an arrow: fewer than this."
    if rows["news"].any():
        note += " Diamond: read in a news report, not in the original article."
    return from_chart(
        chart, name, title, alt, table, note=note,
        headings={"label": "What is reported", "value": "Trials", "news": "Read in"},
    )  # fmt: skip


def effect_figure(ds: Dataset) -> Figure:
    """Return a forest plot of treatment effects by level of a factor."""
    name, title = "effect-modification", "Treatment effects by level of a factor"
    rows = values(ds, "effect modification", RATIOS)
    rows = rows[rows["value"] > 0].reset_index(drop=True)
    if rows.empty:
        sentence = "These data hold no treatment effects by level of a factor."
        return empty_figure(name, title, sentence)
    pairs = zip(rows["source"], rows["measure"], strict=True)
    heads = [f"{source}: {measure}" for source, measure in pairs]
    chart, axes, places = list_chart(rows, heads, 1.85, 1.5)
    axes.set_xscale("log")
    written = []
    for row, y in zip(rows.to_dict("records"), places, strict=True):
        x, low, high = row["value"], row["low"], row["high"]
        known = not pd.isna(low) and not pd.isna(high) and low > 0
        span = f"{decimals(low)} to {decimals(high)}" if known else "no interval"
        written.append(f"{decimals(x)} ({span})")
        axes.plot([1, 1], [y - ROW / 2, y + ROW / 2], color=color("muted"), linewidth=1)
        if known:
            axes.plot([low, high], [y, y], color=color("ink"), linewidth=1.4)
            axes.plot([low, high], [y, y], "|", color=color("ink"), markersize=7)
        axes.plot([x], [y], "o", color=color("accent"), markersize=7)
        axes.text(1.04, y, written[-1], size=9.5, va="center",
                  transform=axes.get_yaxis_transform())  # fmt: skip
    shown = rows[["value", "low", "high"]].astype(float)
    shown = shown.where(shown > 0)
    least, most = min(0.5, shown.min().min()) / 1.1, max(2, shown.max().max()) * 1.1
    ticks = [t for t in TICKS if least <= t <= most]
    axes.set_xlim(least, most)
    axes.set_xticks(ticks, [f"{t:g}" for t in ticks], size=9.5)
    axes.set_xticks([], minor=True)
    axes.set_xlabel("ratio between the arms (95% interval)", size=9.5)
    table = rows[["source", "label", "measure"]].assign(
        ratio=written, published=rows["published"]
    )
    parts = [
        f"{clip(source, 60)}, {clip(label, 60)}: {ratio}"
        for source, label, ratio in zip(
            rows["source"], rows["label"], written, strict=True
        )
    ]
    alt = (
        "Forest plot of treatment effects on a logarithmic axis; 1 means no difference "
        f"between the arms. Ratios drawn: {len(rows)}; trials: "
        f"{rows['fact_id'].nunique()}. " + "; ".join(parts[:8]) + "."
    )
    note = (
        "1: no difference between the arms. Whether more than 1 is good depends on the "
        "outcome: see the table."
    )
    return from_chart(
        chart, name, title, alt, table, note=note,
        headings={"label": "Patients", "ratio": "Ratio (95% interval)",
                  "published": "As published"},
    )  # fmt: skip


def planning_table(effect: float = power.EXAMPLE_EFFECT) -> Table:
    """Return the participants needed for 80% power, by how common the factor is.

    Rows: share of participants who have the factor. Columns: participants in all for a
    main effect of ``effect`` standard deviations, and for interactions as large and
    half as large.
    """
    rows = [
        {
            "share": percent(p),
            "main": f"{power.sample_size(effect, contrast='main', prevalence=p):,}",
            "equal": f"{power.sample_size(effect, prevalence=p):,}",
            "half": f"{power.sample_size(effect / 2, prevalence=p):,}",
        }
        for p in (0.5, 0.25, 0.1)
    ]
    return Table(
        pd.DataFrame(rows),
        f"Participants needed in all for {percent(power.TARGET)} power when the main "
        f"effect is {effect:g} standard deviations.",
        {
            "share": "Patients who have the factor",
            "main": "For the main effect",
            "equal": "For an interaction as large",
            "half": "For one half as large",
        },
    )


def power_figure(ds: Dataset) -> Figure:
    """Return power against sample size for a main effect and two interactions."""
    goal = 100 * power.TARGET
    xs = [2 ** (step / 8) for step in range(-16, 41)]
    curves: list[tuple[str, float | None, str, Any, str]] = [
        ("main effect", None, "ink", "-", "o"),
        ("interaction as large", 1.0, "accent", (0, (6, 2)), "s"),
        ("interaction half as large", 0.5, "yes", (0, (2, 1.6)), "^"),
    ]
    ticks = (0.25, 0.5, 1, 2, 4, 8, 16, 32)
    table = pd.DataFrame({"sample": [f"{t:g} times" for t in ticks]})
    chart = new_chart(6.4, 4.4)
    axes = chart.subplots()
    axes.set_xscale("log", base=2)
    axes.axhline(goal, color=color("muted"), linewidth=1)
    axes.text(0.26, goal + 1.5, f"{goal:g}% power", color=color("muted"), size=10)
    for name, relative, ink, dash, mark in curves:
        pen: dict[str, Any] = {"color": color(ink), "linewidth": 2.2, "linestyle": dash}
        axes.plot(xs, [100 * power.power_at(x, relative) for x in xs], **pen)
        meets = 1.0 if relative is None else power.sample_size_ratio(relative)
        axes.plot([meets], [goal], mark, color=color(ink), markersize=8)
        words: dict[str, Any] = {"color": color(ink), "size": 10, "va": "top"}
        axes.text(meets * 1.12, goal - 2.5, f"{meets:g}×", weight="bold", **words)
        axes.text(meets * 0.62, 50, fill(name, 13), **words)
        table[name] = [percent(power.power_at(t, relative)) for t in ticks]
    same, half = (percent(power.power_at(1, relative)) for relative in (1.0, 0.5))
    axes.plot([1], [100 * power.power_at(1, 1)], "s", color=color("accent"),
              markerfacecolor=color("paper"), markersize=8)  # fmt: skip
    axes.text(1.14, 28, same, color=color("accent"), size=10, weight="bold", va="top")
    axes.set_xticks(ticks, [f"{t:g}×" for t in ticks], size=10)
    axes.set_yticks(range(0, 101, 20), [f"{t}%" for t in range(0, 101, 20)], size=10)
    axes.set_xlim(xs[0], xs[-1])
    axes.set_ylim(0, 103)
    axes.set_xlabel(f"sample size (1×: the main effect has {goal:g}% power)", size=10)
    axes.set_ylabel("power: chance to find what is there", size=10)
    alt = (
        "Curves of power against sample size on a logarithmic axis. The sample that "
        f"gives the main effect {goal:g}% power gives an interaction as large {same}, "
        f"and one half as large {half}. They reach {goal:g}% at "
        f"{power.sample_size_ratio(1):g} and {power.sample_size_ratio(0.5):g} times it."
    )
    note = "Computed from the four cell sizes; half the patients have the factor."
    if power.published(ds)["recomputed"].notna().any():
        note += " The published figures stand beside the computed ones in a table."
    return from_chart(
        chart, "interaction-power", "Why interactions need large trials", alt, table,
        note=note,
    )  # fmt: skip
