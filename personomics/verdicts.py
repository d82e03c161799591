"""The verdicts of two raters on the same records, against each other."""

from __future__ import annotations

from typing import Any

import pandas as pd

from personomics import style
from personomics.agreement import first_of_each, paired, rater_heads, side_by_side
from personomics.dataset import Dataset
from personomics.evidence import (
    article_labels,
    articles_with_state,
    first_two,
    rater_name,
    to_article,
)
from personomics.figure_links import link_area, opens
from personomics.html import Table, slug
from personomics.words import clip, counted

#: The most lenient first.
VERDICTS = ("include", "awaiting full text", "exclude")
UNSETTLED = "no consensus yet"
#: The page where the records stand by their verdicts.
PAGE = "../chapters/01-search.html"


def states(ds: Dataset) -> pd.DataFrame:
    """Return the state of every record, derived from the consensus.

    Columns: article_id, state (a verdict, or "no consensus yet").
    """
    rows = articles_with_state(ds)[["article_id", "verdict"]]
    rows = rows.rename(columns={"verdict": "state"})
    return rows.assign(state=rows["state"].fillna(UNSETTLED))


def verdict_pairs(ds: Dataset) -> pd.DataFrame:
    """Return verdict of the first rater by verdict of the second, with counts.

    Columns: first, second, n, and direction: what the second rater's verdict is
    compared with the first's ("same", "more lenient", "stricter").
    """
    raters = first_two(ds, "screening")
    pairs: list[tuple[object, object]] = []
    if len(raters) == 2:
        answers = paired(ds["screening"], "article_id", "verdict", raters)
        pairs = list(zip(*answers, strict=True))
    words = {-1: "more lenient", 0: "same", 1: "stricter"}
    rows = []
    for row, first in enumerate(VERDICTS):
        for column, second in enumerate(VERDICTS):
            direction = words[(column > row) - (column < row)]
            rows.append((first, second, pairs.count((first, second)), direction))
    return pd.DataFrame(rows, columns=["first", "second", "n", "direction"])


def group(first: object, second: object) -> str:
    """Return the anchor of the records with some verdicts of the two raters."""
    return f"verdicts-{slug(first)}-{slug(second)}"


def records_table(ds: Dataset) -> Table:
    """Return the records that both raters judged, those that they judged apart first.

    The first record of each pair of verdicts carries the anchor of :func:`group`.
    """
    raters = first_two(ds, "screening")
    pairs = side_by_side(ds["screening"], "article_id", "verdict", raters)
    rows = pairs.rename_axis("article_id").reset_index()
    state = states(ds).set_index("article_id")["state"]
    rows["consensus"] = rows["article_id"].map(state)
    place = {verdict: n for n, verdict in enumerate(VERDICTS)}
    keys = [(a == b, place.get(a, 9), place.get(b, 9))
            for a, b in zip(rows["first"], rows["second"], strict=True)]  # fmt: skip
    rows = rows.iloc[sorted(range(len(keys)), key=keys.__getitem__)]
    anchors = [group(a, b) for a, b in zip(rows["first"], rows["second"], strict=True)]
    rows["anchor"] = first_of_each(anchors)
    labels = article_labels(ds)
    apart = sum(not same for same, *_ in keys)
    return Table(
        rows,
        f"Verdict: {apart} of {counted(len(rows), 'record')} judged differently",
        {**rater_heads(ds, "screening"), "article_id": "Record"},
        {"article_id": lambda i: to_article(i, labels[i])},
        anchor="anchor",
    )


def verdict_figure(ds: Dataset) -> style.Figure:
    """Draw the verdicts of two raters against each other, with the direction."""
    from matplotlib.patches import Rectangle

    raters, pairs = first_two(ds, "screening"), verdict_pairs(ds)
    name, title = "screening-verdicts", "Where the verdicts of two raters part"
    if len(raters) < 2:
        return style.empty_figure(name, title, lenience(ds))
    names = [rater_name(ds, r) for r in raters]
    chart = style.new_chart(5.4, 4.6)
    axes = chart.add_subplot()
    most = max(int(pairs["n"].max()), 1)
    ink, line, size = style.color("ink"), style.color("line"), len(VERDICTS)
    for i, cell in enumerate(pairs.to_dict("records")):
        y, x = divmod(i, size)
        same = cell["direction"] == "same"
        corner, side = (x - 0.47, y - 0.47), 0.94
        look: dict[str, Any] = {"alpha": 0.45 * cell["n"] / most, "lw": 0}
        axes.add_patch(Rectangle(corner, side, side, fc=style.color("yes"), **look))
        look = {"ec": ink, "lw": 2.2} if same else {"ec": line, "lw": 0.8}
        axes.add_patch(Rectangle(corner, side, side, fc="none", **look))
        axes.text(x, y - 0.16, str(cell["n"]), ha="center", va="center", fontsize=19)
        word = "same\nverdict" if same else f"second rater\n{cell['direction']}"
        axes.text(x, y + 0.22, word, ha="center", va="center", fontsize=10)
        if cell["n"]:
            told = f"{clip(names[0], 40)}: {cell['first']}, {clip(names[1], 40)}: "
            told += f"{cell['second']}, {counted(cell['n'], 'record')}"
            place = f"{PAGE}#{group(cell['first'], cell['second'])}"
            link_area(axes, (*corner, side, side), opens(place, told))
    marks = [verdict.replace(" full", "\nfull") for verdict in VERDICTS]
    axes.set_xticks(range(size), marks, fontsize=10.5)
    axes.set_yticks(range(size), marks, fontsize=10.5)
    axes.set(xlim=(-0.55, size - 0.45), ylim=(size - 0.45, -0.55), aspect="equal")
    bold: dict[str, Any] = {"fontsize": 11, "fontweight": "bold", "labelpad": 8}
    axes.set_xlabel(f"Second rater: {clip(names[1], 24)}", **bold)
    axes.set_ylabel(f"First rater: {clip(names[0], 24)}", **bold)
    axes.xaxis.set_label_position("top")
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    alt = (
        f"Three by three grid of verdicts: {names[0]} in rows, {names[1]} in columns. "
        f"{lenience(ds)} {nesting(ds)}"
    )
    heads = {"first": f"{names[0]} says", "second": f"{names[1]} says", "n": "Records"}
    heads["direction"] = "Second compared with first"
    note = "Framed cells: the same verdict. Stronger colour: more records."
    return style.from_chart(chart, name, title, alt, pairs, headings=heads, note=note)


def lenience(ds: Dataset) -> str:
    """Return a sentence on who was the more lenient where verdicts differ."""
    raters = first_two(ds, "screening")
    if len(raters) < 2:
        return "Fewer than two raters screened these data, so verdicts cannot differ."
    counts = verdict_pairs(ds).groupby("direction")["n"].sum()
    lenient, strict = int(counts["more lenient"]), int(counts["stricter"])
    if not lenient + strict:
        return "The verdicts of the two raters do not differ on any record."
    apart = counted(lenient + strict, "record")
    if lenient == strict:
        return (
            f"Their verdicts differ on {apart}, as often in one direction as in the "
            "other."
        )
    name = rater_name(ds, raters[1] if lenient > strict else raters[0])
    return (
        f"Their verdicts differ on {apart}, and on {max(lenient, strict)} of these "
        f"{name} was the more lenient."
    )


def nesting(ds: Dataset) -> str:
    """Return a sentence on how far the includes of the two raters overlap."""
    raters = first_two(ds, "screening")
    if len(raters) < 2:
        return ""
    pairs = verdict_pairs(ds)
    one_in, two_in = pairs["first"] == "include", pairs["second"] == "include"
    chosen = (one_in, two_in, one_in & two_in)
    first, second, both = (int(pairs.loc[c, "n"].sum()) for c in chosen)
    one, two = (rater_name(ds, r) for r in raters)
    return (
        f"Of the records both screened, {one} would include {first} and {two} "
        f"{second}; {both} were included by both."
    )
