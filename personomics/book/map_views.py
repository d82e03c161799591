"""The four views of the map, readable without a script: drawing, nest, matrix, table.

Each mention of a factor carries its id in ``data-factor``, each box of factors is a
``data-group`` with its number in ``data-n``: by these the script keeps all views in
step.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from personomics import conceptmap
from personomics.book.map_data import factors
from personomics.dataset import Dataset
from personomics.evidence import active_factors, to_factor
from personomics.html import Markup, Table, escape, join, link, slug, tag
from personomics.mapdraw import FAMILIES, PERSON, TIME
from personomics.style import COM_B, ORIGIN, STABILITY, badge, inline_svg
from personomics.words import clip

NOT_FOUND, NOT_LOOKED = "no factor found", "not looked for"
RULE = (
    "“No factor found”: the raters used both labels, but no factor has both. "
    "“Not looked for”: at least one of the two labels stands in the codebook, but no "
    "rater gave it to any factor, so the data cannot tell whether it was considered. "
    "Neither says that no such factor exists."
)
#: Headings of the table twin by column; the keys are what a link sorts by.
COLUMNS = {
    "label": "Factor", "level": "Level", "com_b": "COM-B component",
    "stability": "Stability", "origin": "First found in", "articles": "Articles",
    "cases": "Cases", "instruments": "Instruments", "status": "Closest instrument",
}  # fmt: skip
#: How the drawing is worked, button by button: sign, words, the key that does the same.
ZOOM = {"+": ("Zoom in", "+"), "−": ("Zoom out", "-"), "⤢": ("Whole map", "0")}
Row = Mapping[Any, Any]


def void(element: str, **attributes: object) -> Markup:
    """Return an element that has no content and no end.

    >>> void("input", type="checkbox", name_="a")
    Markup('<input type="checkbox" name="a">')
    """
    return Markup(str(tag(element, "", **attributes)).removesuffix(f"</{element}>"))


def picker(row: Row) -> Markup:
    """Return the box that takes a factor into the selection."""
    name = f"Select {clip(row['label'], 80)}"
    return void("input", type="checkbox", class_="pc-js", aria_label=name,
                autocomplete="off", data_pick=row["factor_id"])  # fmt: skip


def named(row: Row, root: str) -> Markup:
    """Return a factor's label, linked to its page, with the mark of its origin."""
    mark = ORIGIN[row["origin"]]
    sign = tag("span", mark, role="img", aria_label=row["origin"], title=row["origin"])
    anchor = to_factor(row["factor_id"], row["label"], root)
    return anchor + (sign if mark else Markup(""))


def signed(row: Row, root: str) -> Markup:
    """Return a factor's link behind the sign of its stability."""
    word = row["stability"]
    sign = tag("span", STABILITY[word], role="img", aria_label=word, title=word)
    return sign + Markup("&nbsp;") + named(row, root)


def number(many: int) -> Markup:
    """Return a number of factors that the script keeps up to date."""
    return tag("span", many, data_n="") + f" factor{'' if many == 1 else 's'}"


def drawing(ds: Dataset, root: str) -> Markup:
    """Return the drawn map in its frame, with the buttons that zoom."""
    figure = conceptmap.map_figure(ds, root)
    svg = with_signs(inline_svg(figure.svg, figure.name, figure.alt))
    buttons = join(
        tag("button", sign, type="button", class_="pc-button", data_zoom=how,
            title=name, aria_label=name)
        for sign, (name, how) in ZOOM.items()
    )  # fmt: skip
    frame = tag("div", svg, class_="pc-map-frame", tabindex="0", role="group",
                id=f"fig-{figure.name}",
                aria_label="Concept map", aria_describedby="pc-map-keys")  # fmt: skip
    keys = (
        "Arrow keys move between factors, Enter opens one, S selects it. "
        "Plus and minus zoom, 0 shows the whole map; drag or use the arrow keys "
        "to move a zoomed map; pinch or Ctrl and wheel zoom as well."
    )
    files = join(
        [tag("a", kind, href=f"{root}/figures/{figure.name}.{kind.lower()}")
         for kind in ("SVG", "PNG", "CSV")], " · ",
    )  # fmt: skip
    return (
        tag("div", buttons, class_="pc-map-zoom pc-js", role="group",
            aria_label="Zoom") + frame
        + tag("p", keys, id="pc-map-keys", class_="pc-note pc-js")
        + tag("p", escape("The whole map as a file: ") + files, class_="pc-note")
    )  # fmt: skip


def with_signs(svg: Markup) -> Markup:
    """Return the drawing with room for a sign on the corner of each factor.

    >>> print(with_signs(Markup('<a data-corner="9 -4">x</a>')))
    <a data-corner="9 -4">x<text class="pc-sign" x="9" y="-4"></text></a>
    """
    sign = r'\1<text class="pc-sign" x="\2" y="\3"></text></a>'
    whole = r'(<a [^>]*data-corner="(\S+) (\S+)".*?)</a>'
    return Markup(re.sub(whole, sign, str(svg), flags=re.S))


def grouped(rows: pd.DataFrame, root: str) -> Markup:
    """Return factors as chips, by COM-B component, a column for each family."""
    return tag("div", join(
        tag("div", join(kind(rows, code, root) for code in codes),
            class_=f"pc-family pc-of-{family}")
        for family, codes in FAMILIES.items()
    ), class_="pc-families")  # fmt: skip


def kind(rows: pd.DataFrame, code: str, root: str) -> Markup:
    """Return the factors of one component as chips, or nothing."""
    here = rows[rows["com_b"] == code].to_dict("records")
    chips = join(
        tag("li", signed(r, root) + picker(r), data_factor=r["factor_id"],
            class_=f"pc-chip pc-{r['stability']} pc-{COM_B[code][0]}")
        for r in here
    )  # fmt: skip
    head = tag("p", badge("com_b", code))
    body = head + tag("ul", chips, class_="pc-chips")
    return tag("div", body, class_="pc-kind-of") if here else Markup("")


def system(ds: Dataset, rows: pd.DataFrame, level: str, root: str) -> Markup:
    """Return one system: its name, what it is, its factors."""
    here = rows[rows["level"] == level]
    empty = NOT_FOUND if level in used(ds, "level") else NOT_LOOKED
    told = number(len(here)) if len(here) else escape(empty)
    head = tag("h3", tag("span", level.capitalize()) + " "
               + tag("span", told, class_="pc-n"))  # fmt: skip
    about = tag("p", ds.codes("level")[level], class_="pc-note")
    body = head + about + grouped(here, root)
    return tag("section", body, data_group="", class_="pc-system",
               aria_label=level.capitalize())  # fmt: skip


def nest(ds: Dataset, root: str) -> Markup:
    """Return the systems as boxes around the person, time beneath them."""
    rows = factors(ds)
    boxes = Markup("")
    for level in ds.codes("level"):
        if level != TIME:
            kind = "pc-nest pc-person" if level == PERSON else "pc-nest"
            inside = boxes + system(ds, rows, level, root)
            boxes = tag("div", inside, class_=kind)
    if TIME in ds.codes("level"):
        boxes += tag("div", system(ds, rows, TIME, root), class_="pc-nest pc-time")
    return boxes


def used(ds: Dataset, scheme: str) -> set[str]:
    """Return the labels that a rater or the consensus gave to any factor."""
    given = ds.columns("factor_ratings", "factor_id", scheme)[scheme]
    return set(given.dropna()) | set(active_factors(ds)[scheme])


def placed(ds: Dataset) -> dict[tuple[str, str], list[str]]:
    """Return the factors that a single rater put into each cell of the matrix."""
    names = ("factor_id", "level", "com_b")
    rows = ds.columns("factor_ratings", *names).drop_duplicates()
    rows = rows[rows["factor_id"].isin(active_factors(ds)["factor_id"])]
    groups: dict[tuple[str, str], list[str]] = {}
    for factor, level, code in rows.itertuples(index=False):
        groups.setdefault((str(level), str(code)), []).append(str(factor))
    return groups


def cell(level: str, code: str, rows: Sequence[Row], root: str) -> Markup:
    """Return a cell of the matrix that holds factors."""
    place = f"#level={level}&com_b={code}".replace(" ", "%20")
    many = tag("a", number(len(rows)), href=place, class_="pc-cell",
               title=f"Show only these: {level}, {code}")  # fmt: skip
    items = join(tag("li", signed(r, root), data_factor=r["factor_id"]) for r in rows)
    return tag("div", many + tag("ul", items), data_group="")


def empty_cell(ds: Dataset, others: list[str], looked: bool, root: str) -> Markup:
    """Return what an empty cell of the matrix says."""
    rows = active_factors(ds).set_index("factor_id")["label"]
    told = tag("span", NOT_FOUND if looked else NOT_LOOKED,
               class_="pc-none" if looked else "pc-none pc-unasked")  # fmt: skip
    if not others:
        return told
    names = join((to_factor(i, str(rows[i]), root) for i in others), "; ")
    return told + tag("span", escape("; a rater put here: ") + names, class_="pc-note")


def matrix(ds: Dataset, root: str) -> Markup:
    """Return the level by COM-B matrix with the factors of each cell by name."""
    rows, others = factors(ds), placed(ds)
    levels, codes = used(ds, "level"), used(ds, "com_b")
    lines = []
    for level in ds.codes("level"):
        line: dict[str, object] = {"level": level.capitalize()}
        for code in ds.codes("com_b"):
            here = rows[(rows["level"] == level) & (rows["com_b"] == code)]
            looked = level in levels and code in codes
            line[code] = (
                cell(level, code, here.to_dict("records"), root)
                if len(here)
                else empty_cell(ds, others.get((level, code), []), looked, root)
            )
        lines.append(line)
    frame = pd.DataFrame(lines, columns=["level", *ds.codes("com_b")])
    heads = {code: badge("com_b", code) for code in ds.codes("com_b")}
    show = dict.fromkeys(heads, lambda content: content)
    table = Table(frame, "Factors by ecological level and COM-B component.",
                  {"level": "Level", **heads}, show)  # fmt: skip
    return table.html() + tag("p", RULE, class_="pc-note")


def twin(ds: Dataset, root: str) -> Markup:
    """Return the table twin: one row per factor, the same as the map shows."""
    rows = factors(ds)
    by_id = {r["factor_id"]: r for r in rows.to_dict("records")}
    frame = rows[["factor_id", *COLUMNS]].copy()
    frame["label"] = frame["factor_id"]
    frame["factor_id"] = [f"row-{i}" for i in frame["factor_id"]]

    def first(key: str) -> Markup:
        both = picker(by_id[key]) + link(f"{root}/{by_id[key]['href']}",
                                         by_id[key]["label"])  # fmt: skip
        return tag("span", both, data_factor=key)

    table = Table(
        frame, "Every factor with its labels and what supports it.", COLUMNS,
        {"label": first, **{c: badge_of(c) for c in ("com_b", "stability", "origin")}},
        row_header="label", anchor="factor_id",
    )  # fmt: skip
    note = (
        "Articles are included articles in which a phrase was found, cases are "
        "eligible narratives; “none found” does not mean that none exists."
    )
    return table.html() + tag("p", note, class_="pc-note")


def badge_of(kind: str) -> Any:
    """Return the function that makes the badge of a code."""
    return lambda code: badge(kind, code)


def views(ds: Dataset, root: str = ".") -> Markup:
    """Return all views, one below the other; the script shows one at a time."""
    parts = {
        "map": ("The map", drawing), "nested": ("Systems around the person", nest),
        "matrix": ("Level by COM-B", matrix), "table": ("The map as a table", twin),
    }  # fmt: skip
    return join(
        tag("section", tag("h2", title, id=slug(title)) + make(ds, root),
            class_="pc-view", data_is=name)
        for name, (title, make) in parts.items()
    )  # fmt: skip
