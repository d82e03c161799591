"""Chapter 3: the concept map, ecological level by COM-B component."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from personomics import map_charts, mapsvg
from personomics.dataset import Dataset
from personomics.evidence import active_factors, factor_link, support
from personomics.html import Block, Markup, Table, escape, join, link, tag, text
from personomics.map_labels import (
    ATTRIBUTES,
    abstract_table,
    agreement_table,
    disagreements,
    label_numbers,
)
from personomics.mapdraw import FAMILIES, ORIGIN_MEANS, Chip, Plan
from personomics.style import COM_B, ORIGIN, STABILITY, Figure, badge, from_chart
from personomics.words import DASH, counted, listed, percent

__all__ = [
    "abstract_table", "agreement_table", "com_b_table", "disagreements", "map_block",
    "map_figure", "matrix", "matrix_figure", "matrix_table", "nested_figure", "numbers",
    "outline", "stability_counts", "stability_figure", "stability_table",
]  # fmt: skip
NONE = "no factor found"


def plan(ds: Dataset) -> Plan:
    """Return what the map shows: the active factors and the words for the codes."""
    names = ["factor_id", "label", "definition", *ATTRIBUTES, "origin"]
    rows = active_factors(ds)[names]
    chips = [Chip(*map(text, row)) for row in rows.itertuples(index=False)]
    return Plan(
        chips, ds.codes("level"), {**ds.codes("stability"), **ds.codes("construct")}
    )


def matrix(ds: Dataset) -> pd.DataFrame:
    """Return numbers of factors by level (rows) and COM-B component (columns).

    Every code of the codebook is there, in its order, also where no factor is.

    Examples
    --------
    >>> from personomics import load
    >>> matrix(load()).shape
    (6, 6)
    """
    rows = active_factors(ds)
    found = pd.crosstab(rows["level"], rows["com_b"])
    return found.reindex(
        index=list(ds.codes("level")), columns=list(ds.codes("com_b")), fill_value=0
    ).astype(int)


def families(ds: Dataset) -> pd.DataFrame:
    """Return numbers of factors by level (rows) and COM-B family (columns)."""
    cells = matrix(ds)
    return pd.DataFrame({f: cells[list(c)].sum(axis=1) for f, c in FAMILIES.items()})


def in_line(ds: Dataset, ids: Iterable[str], root: str = "..") -> Markup:
    """Return factors as links in a line, each with its marks."""
    return join((marked(ds, i, root) for i in ids), "; ")


def marked(ds: Dataset, factor_id: str, root: str = "..") -> Markup:
    """Return a link to a factor with the marks of stability and origin."""
    rows = ds["factors"].set_index("factor_id")
    stability, origin = (str(rows.loc[factor_id, c]) for c in ("stability", "origin"))
    sign = tag("span", STABILITY[stability], title=stability, role="img",
               aria_label=stability)  # fmt: skip
    more = Markup("")
    if ORIGIN[origin]:
        more = tag("span", ORIGIN[origin], title=origin, role="img", aria_label=origin)
    return sign + Markup("&nbsp;") + factor_link(ds, factor_id, root) + more


def map_figure(ds: Dataset, root: str = "..") -> Figure:
    """Return the concept map; ``root`` leads from the page to the top of the site."""
    drawn = plan(ds)
    svg, bitmap = mapsvg.draw(drawn, root)
    levels = [
        f"{level} ({told})"
        for level, row in families(ds).to_dict("index").items()
        if (told := ", ".join(f"{f} {n}" for f, n in row.items() if n))
    ]
    alt = (
        f"Concept map of {counted(len(drawn.chips), 'factor')} in nested ecological "
        f"systems around the person: {'; '.join(levels) or NONE}. Arrows lead from "
        "capability, opportunity and motivation to treatment engagement and on to "
        "treatment outcome."
    )
    table = active_factors(ds)[["label", *ATTRIBUTES, "origin"]]
    return Figure(
        "concept-map", "Concept map of personomic factors", alt, table, svg, bitmap,
        900,
        {"label": "Factor", "com_b": "COM-B component"},
        "Each box is a factor and leads to its entry; the arrows are the mechanism the "
        "paper proposes, not a result of these data.",
    )  # fmt: skip


def outline(ds: Dataset, root: str = "..") -> Block:
    """Return the map as a stacked outline: system by system, by COM-B component."""
    rows = active_factors(ds)
    parts, plain = [], []
    for number, (level, meaning) in enumerate(ds.codes("level").items()):
        here = rows[rows["level"] == level]
        told = counted(len(here), "factor") if len(here) else NONE
        title = f"{level.capitalize()}: {told}"
        plain.append(title)
        groups = [tag("p", meaning, class_="pc-note")] if meaning else []
        for code in COM_B:
            found = here[here["com_b"] == code]
            if found.empty:
                continue
            plain += [f"  {code}: " + "; ".join(found["label"])]
            chips = join(tag("li", marked(ds, i, root)) for i in found["factor_id"])
            head = tag("p", badge("com_b", code))
            groups += [head, tag("ul", chips, class_="pc-chips")]
        body = tag("summary", title) + join(groups)
        opened = "" if number == 0 else None
        parts.append(tag("details", body, class_="pc-outline-system", open=opened))
    end = "The paper proposes that these factors act on treatment engagement and so on "
    end += "treatment outcome; these data do not test it."
    signs = {sign: code for code, sign in STABILITY.items()}
    used = rows["origin"].drop_duplicates()
    signs |= {ORIGIN[code]: ORIGIN_MEANS[code] for code in used if ORIGIN[code]}
    key = ", ".join(f"{sign} {meaning}" for sign, meaning in signs.items())
    html = tag("p", f"{key}.") + join(parts) + tag("p", end)
    return Block(tag("div", html, class_="pc-outline"), "\n".join([*plain, end]))


def map_block(ds: Dataset, root: str = "..") -> Block:
    """Return the map for wide pages and the outline for narrow ones."""
    stacked = outline(ds, root)
    wide = tag("div", map_figure(ds, root).html(root), class_="pc-wide-only")
    narrow = tag("div", stacked.html, class_="pc-narrow-only")
    return Block(wide + narrow, stacked.plain)


def matrix_figure(ds: Dataset) -> Figure:
    """Return the grid of levels and COM-B components with numbers of factors."""
    counts = matrix(ds)
    empty, (most, place) = int((counts == 0).to_numpy().sum()), fullest(counts)
    alt = (
        f"Grid of ecological levels and COM-B components with the number of factors in "
        f"each of {counts.size} cells. The fullest is {place} "
        f"({counted(most, 'factor')}); empty are {counted(empty, 'cell')}."
    )
    table = counts.reset_index(names="level")
    return from_chart(
        map_charts.matrix_chart(counts), "level-comb-matrix",
        "Factors by ecological level and COM-B component", alt, table,
        min_width=520,
        note="An empty cell means that no factor was found, not that there is none.",
    )  # fmt: skip


def matrix_table(ds: Dataset) -> Table:
    """Return the factors of each cell of the matrix; empty cells of a level in one."""
    rows, lines = active_factors(ds), []
    for level in ds.codes("level"):
        empty = []
        for code in ds.codes("com_b"):
            ids = rows[(rows["level"] == level) & (rows["com_b"] == code)]["factor_id"]
            if len(ids):
                lines.append((level, code, str(len(ids)), " ".join(ids)))
            else:
                empty.append(code)
        if empty:
            lines.append((level, ", ".join(empty), DASH, ""))
    frame = pd.DataFrame(lines, columns=["level", "component", "number", "factors"])
    return Table(
        frame, "The factors in each cell of the matrix.",
        render={"factors": lambda ids: in_line(ds, ids.split()) if ids else NONE,
                "component": lambda c: badge("com_b", c) if c in COM_B else c},
    )  # fmt: skip


def nested_figure(ds: Dataset) -> Figure:
    """Return the systems as nested boxes with numbers of factors and a few labels."""
    counts, ranked = families(ds), support(ds)
    ranked = ranked.sort_values(["articles", "cases"], ascending=False, kind="stable")
    examples = {
        level: list(ranked.loc[ranked["level"] == level, "label"].head(3))
        for level in counts.index
    }
    told = "; ".join(f"{k} {v}" for k, v in counts.sum(axis=1).items())
    alt = (
        "Nested boxes of the ecological systems, the person innermost and time "
        f"beneath, with numbers of factors: {told}."
    )
    table = counts.assign(all=counts.sum(axis=1)).reset_index(names="level")
    return from_chart(
        map_charts.nested_chart(counts, examples), "nested-systems",
        "Factors in the systems around the person", alt, table,
        note="Named are the factors found in most included articles.",
    )  # fmt: skip


def stability_counts(ds: Dataset) -> pd.DataFrame:
    """Return numbers of stable and dynamic factors by COM-B component."""
    rows = active_factors(ds)
    found = pd.crosstab(rows["com_b"], rows["stability"])
    return found.reindex(
        index=list(ds.codes("com_b")), columns=list(STABILITY), fill_value=0
    ).astype(int)


def stability_figure(ds: Dataset) -> Figure:
    """Return stable against dynamic factors by COM-B component."""
    counts = stability_counts(ds)
    told = "; ".join(
        f"{code} {row['stable']} and {row['dynamic']}"
        for code, row in counts.to_dict("index").items()
    )
    alt = f"Numbers of stable and of dynamic factors by COM-B component: {told}."
    return from_chart(
        map_charts.stability_chart(counts), "stable-dynamic",
        "Stable and dynamic factors by COM-B component", alt,
        counts.reset_index(names="COM-B component"),
        note="Each mark is a factor: squares are stable, dots dynamic.",
    )  # fmt: skip


def stability_table(ds: Dataset) -> Table:
    """Return which factors are stable and which dynamic, by COM-B component."""
    rows = active_factors(ds)
    named = rows.set_index("factor_id")["named_in_abstract"].dropna().to_dict()

    def show(ids: str) -> Markup:
        every = (
            marked(ds, i) + (f" (the abstract: {named[i]})" if i in named else "")
            for i in ids.split()
        )
        return join(every, "; ") if ids else escape(NONE)

    lines = [
        {"component": code}
        | {
            kind: " ".join(
                rows[(rows["com_b"] == code) & (rows["stability"] == kind)]["factor_id"]
            )
            for kind in STABILITY
        }
        for code in ds.codes("com_b")
    ]
    return Table(
        pd.DataFrame(lines, columns=["component", *STABILITY]),
        "Stable and dynamic factors, with the examples the paper’s abstract names.",
        {kind: f"{sign} {kind.capitalize()}" for kind, sign in STABILITY.items()},
        {"component": lambda c: badge("com_b", c), **dict.fromkeys(STABILITY, show)},
    )


def com_b_table(ds: Dataset) -> Table:
    """Return the COM-B components: symbol, meaning and class of the ontology."""
    book = ds["codebook"]
    rows = book[book["scheme"] == "com_b"].sort_values("position")
    labels = dict(zip(ds["ontology"]["iri"], ds["ontology"]["label"], strict=True))
    frame = rows[["code", "definition", "iri"]].rename(columns={"iri": "class"})
    return Table(
        frame, "The components of COM-B as the raters used them.",
        {"code": "Component", "class": "Class in the Behaviour Change Intervention "
         "Ontology"},
        {"code": lambda c: badge("com_b", c),
         "class": lambda iri: link(text(iri), labels.get(iri, text(iri)))},
    )  # fmt: skip


def fullest(counts: pd.DataFrame) -> tuple[int, str]:
    """Return the largest number in the matrix and the name of its first cell."""
    cells = {
        f"{code} of the {level}": n
        for level, row in counts.to_dict("index").items()
        for code, n in row.items()
    }
    place = max(cells, key=cells.__getitem__)
    return cells[place], place if cells[place] else "none"


def numbers(ds: Dataset) -> dict[str, object]:
    """Return the numbers that the prose of the chapter uses."""
    rows, counts = active_factors(ds), matrix(ds)
    inner, by_family = str(counts.index[0]), families(ds)
    most, place = fullest(counts)
    inside = int(by_family.sum(axis=1)[inner])
    where = [
        f"{column[inner]} of {counted(sum(column.values()), f'{family} factor')}"
        for family, column in by_family.to_dict().items()
    ]
    claims = ds["claims"]
    mechanism = claims.loc[claims["check"] == "mechanism", "claim"]
    result: dict[str, object] = {
        "factors": counted(len(rows), "factor"),
        "inside": inside,
        "outside": len(rows) - inside,
        "inner": inner,
        "inside-percent": percent(inside, len(rows)),
        "where": listed(where),
        "cells": counts.size,
        "cells-empty": int((counts == 0).to_numpy().sum()),
        "fullest": place,
        "fullest-factors": counted(most, "factor"),
        "mechanism": text(mechanism.iloc[0]) if len(mechanism) else "no claim recorded",
        "statement-labels": ds.statement("labels"),
        "statement-raters": ds.statement("raters"),
        "statement-relation": ds.statement("relation"),
    }
    result |= {kind: int((rows["stability"] == kind).sum()) for kind in STABILITY}
    for origin in ("published abstract", "case narratives"):
        found = int((rows["origin"] == origin).sum())
        result[f"{origin.split()[-1]}-only"] = counted(found, "factor")
    return result | label_numbers(ds)
