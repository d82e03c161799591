"""What the paper calls for and what stands in the way: can the factors be measured."""

from __future__ import annotations

import pandas as pd

from personomics import power, trials
from personomics.dataset import Dataset
from personomics.evidence import factor_labels, factor_link, page_link
from personomics.figure_links import link_area, on_map, opens
from personomics.gaps import STATUS, gap_data, gaps, instruments_by_factor
from personomics.html import Block, Markup, Table, escape, join, said, slug, tag, text
from personomics.style import COM_B, Figure, color, from_chart, new_chart
from personomics.words import counted, listed, percent

__all__ = [
    "LOOKS", "SHOWN", "STATUS", "as_table", "gap_counts", "gap_data", "gap_figure",
    "gaps", "instrument_links", "instruments_by_factor", "numbers",
    "paper_call", "priority_table", "status_table",
]  # fmt: skip

#: Palette name and hatch of each status, in the order of :data:`STATUS`.
LOOKS = {
    "direct and brief": ("yes", ""),
    "direct, not brief": ("yes", "////"),
    "partial only": ("partly", ""),
    "proxy only": ("no", "----"),
    "none found": ("paper", "xxxx"),
}
SHOWN = 3


def gap_counts(ds: Dataset) -> pd.DataFrame:
    """Return the number of factors by COM-B component and status, all combinations."""
    rows = gaps(ds)
    return pd.crosstab(rows["com_b"], rows["status"]).reindex(
        index=list(COM_B), columns=list(STATUS), fill_value=0
    )


def status_table(ds: Dataset) -> Table:
    """Return what each status means and how many factors have it."""
    counts = gap_counts(ds).sum()
    rows = [
        {"status": name, "meaning": meaning, "factors": int(counts[name])}
        for name, meaning in STATUS.items()
    ]
    return Table(
        pd.DataFrame(rows),
        "How well each factor can be measured: the status of its closest instrument.",
        {"status": "Closest instrument"},
    )


def instrument_links(ds: Dataset, ids: str) -> Markup:
    """Return the first few instruments of a list of ids, linked, with their items."""
    rows = ds["instruments"].set_index("instrument_id")
    found = ids.split()
    parts = []
    for instrument_id in found[:SHOWN]:
        row = rows.loc[instrument_id]
        name = text(row["abbreviation"]) or text(row["name"])
        items = text(row["n_items"])
        length = counted(int(items), "item") if items else "length not seen"
        link = page_link("instruments", instrument_id, name)
        parts.append(link + escape(f" ({length})"))
    if len(found) > SHOWN:
        parts.append(escape(f"and {len(found) - SHOWN} more"))
    return join(parts, "; ") if parts else escape("none found")


def as_table(ds: Dataset, rows: pd.DataFrame, caption: str) -> Table:
    """Return rows of :func:`gaps` as a table for reading."""
    return Table(
        rows[["rank", "factor_id", "articles", "cases", "status", "best"]],
        caption,
        {
            "factor_id": "Factor",
            "status": "Closest instrument is",
            "best": "Which (items)",
        },
        {
            "factor_id": lambda factor_id: factor_link(ds, factor_id),
            "best": lambda ids: instrument_links(ds, ids),
        },
        row_header="factor_id",
    )


def priority_table(ds: Dataset, first: int = 10) -> Table | Block:
    """Return the factors many articles name and no direct, brief instrument measures.

    Parameters
    ----------
    ds : Dataset
        The data.
    first : int
        How many factors at most.
    """
    rows = gaps(ds).dropna(subset=["rank"])
    if rows.empty:
        return said("Every factor of this dataset has a direct and brief instrument.")
    caption = (
        "Factors without a direct and brief instrument, those named in most articles "
        f"(then most cases) first; {min(first, len(rows))} of {len(rows)} shown."
    )
    return as_table(ds, rows.head(first), caption)


def gap_figure(ds: Dataset) -> Figure:
    """Return the factors of each COM-B component by the status of their instruments."""
    counts = gap_counts(ds)
    chart = new_chart(6.4, 4.3)
    axes = chart.subplots()
    for y, component in enumerate(counts.index):
        start = 0
        for name in STATUS:
            count = int(counts.loc[component, name])
            if not count:
                continue
            fill, hatch = LOOKS[name]
            axes.barh(y, count, left=start, height=0.62, color=color(fill), hatch=hatch,
                      edgecolor=color("ink"), linewidth=0.8)  # fmt: skip
            axes.text(start + count / 2, y, str(count), ha="center", va="center",
                      size=10, bbox={"facecolor": color("paper"), "edgecolor": "none",
                                     "boxstyle": "round,pad=0.15"})  # fmt: skip
            view = on_map(com_b=component, tool=slug(name))
            words = f"{component.capitalize()}, {name}: {counted(count, 'factor')}"
            link_area(axes, (start, y - 0.31, count, 0.62), opens(view, words))
            start += count
        if not start:
            axes.text(0, y, " no factors", va="center", size=10, color=color("muted"))
    labels = [f"{name}\n{COM_B[name][2]}" for name in COM_B]
    axes.set_yticks(range(len(counts)), labels, size=10)
    axes.invert_yaxis()
    axes.set_xlim(0, 1.01 * max(1, int(counts.sum(axis=1).max())))
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(length=0)
    add_legend(chart, counts)
    totals = counts.sum()
    alt = (
        "Stacked bars: number of factors of each COM-B component by their best "
        "instrument. In all: "
        + "; ".join(f"{name} {int(totals[name])}" for name in STATUS)
        + "."
    )
    table = counts.reset_index().rename(columns={"com_b": "component"})
    table.columns.name = None
    return from_chart(
        chart, "instrument-gaps", "Can the factors be measured?", alt, table,
        headings={"component": "COM-B component"},
        note="Numbers are factors. 'None found' does not mean that none exists.",
    )  # fmt: skip


def add_legend(chart: object, counts: pd.DataFrame) -> None:
    """Put a legend of the statuses, with their totals, above a chart."""
    from matplotlib.patches import Patch

    totals = counts.sum()
    marks = [
        Patch(facecolor=color(fill), hatch=hatch, edgecolor=color("ink"), linewidth=0.8,
              label=f"{name} ({int(totals[name])})")
        for name, (fill, hatch) in LOOKS.items()
    ]  # fmt: skip
    chart.legend(  # type: ignore[attr-defined]
        handles=marks, loc="outside upper left", ncols=2, fontsize=10,
        title="closest instrument (factors in all)", alignment="left",
    )  # fmt: skip


def paper_call(ds: Dataset) -> Block:
    """Return what the paper says trials lack and what it calls for, as claims."""
    claims = ds["claims"]
    rows = claims[claims["check"].isin(["trial data", "agenda"])]
    if rows.empty:
        return said("The claims of this dataset hold no call for research.")
    items = [
        tag("p", tag("span", claim, class_="pc-paper")
            + Markup(" ") + page_link("claims", claim_id, claim_id))
        for claim_id, claim in zip(rows["claim_id"], rows["claim"], strict=True)
    ]  # fmt: skip
    return Block(tag("blockquote", join(items)), "\n".join(rows["claim"]))


def numbers(ds: Dataset) -> dict[str, object]:
    """Return every number and sentence from the data that the chapter's prose uses."""
    rows, totals = gaps(ds), gap_counts(ds).sum()
    labels = factor_labels(ds)
    ranked = [labels[i] for i in rows.dropna(subset=["rank"])["factor_id"][:SHOWN]]
    facts = ds["trial_facts"]
    figures = power.published(ds).dropna(subset=["recomputed", "number"])
    agree = figures["recomputed"].astype(float).round(0) == figures["number"]
    effects = trials.values(ds, "effect modification", trials.RATIOS)
    size, effect = power.sample_size, power.EXAMPLE_EFFECT
    return {
        "factors": len(rows),
        "instruments": ds["instrument_factors"]["instrument_id"].nunique(),
        "direct-brief": int(totals["direct and brief"]),
        "direct-long": int(totals["direct, not brief"]),
        "partial": int(totals["partial only"]),
        "proxy": int(totals["proxy only"]),
        "none-found": int(totals["none found"]),
        "without-direct-brief": int(rows["rank"].notna().sum()),
        "most-wanted": listed(ranked, quoted=True),
        "statement-instruments": ds.statement("instruments"),
        "statement-facts": ds.statement("facts"),
        "reporting-figures": len(trials.values(ds, "reporting", ("percent",))),
        "effect-facts": int((facts["topic"] == "effect modification").sum()),
        "effect-trials": effects["fact_id"].nunique(),
        "target-power": percent(power.TARGET),
        "ratio-equal": f"{power.sample_size_ratio(1):g}",
        "ratio-half": f"{power.sample_size_ratio(0.5):g}",
        "power-equal": percent(power.power_at(1, 1)),
        "example-effect": f"{effect:g}",
        "example-main": f"{size(effect, contrast='main'):,}",
        "example-equal": f"{size(effect):,}",
        "example-half": f"{size(effect / 2):,}",
        "published-figures": len(figures),
        "published-agree": int(agree.sum()),
    }
