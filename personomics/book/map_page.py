"""The page on which the map is explored: controls, four views, the data for both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from personomics.agenda import STATUS
from personomics.book.map_data import TOOLS, Source, articles, cases, factors, script
from personomics.book.map_views import views, void
from personomics.book.parts import Sections
from personomics.dataset import Dataset
from personomics.evidence import active_factors
from personomics.html import Markup, join, tag
from personomics.mapdraw import ORIGIN_MEANS
from personomics.style import COM_B, ORIGIN, STABILITY
from personomics.words import clip, counted

VIEWS = {"map": "Map", "nested": "Systems", "matrix": "Matrix", "table": "Table"}
#: Filters with boxes to tick: key in a link, heading.
FACETS = {
    "level": "Ecological level", "com_b": "COM-B component", "stability": "Stability",
    "origin": "First found in", "tool": "Closest instrument",
}  # fmt: skip


def intro(ds: Dataset) -> str:
    """Say what the page is for."""
    many = counted(len(active_factors(ds)), "factor")
    return (
        f"Every one of the {many} of this dataset, by ecological level and COM-B "
        "component, and what supports each: search, filter, compare, and take what "
        "you see with you. The factors are this reconstruction’s, not the paper’s."
    )


def labelled(words: object, control: Markup, **attributes: object) -> Markup:
    """Return a control within its label."""
    return tag("label", tag("span", words) + control, **attributes)


def box(name: str, value: str, words: str, sign: str, many: int) -> Markup:
    """Return one box to tick of a filter, with its number of factors."""
    tick = void("input", type="checkbox", name_=name, value=value, autocomplete="off",
                data_name=words)  # fmt: skip
    mark = tag("span", sign, aria_hidden="true", class_="pc-symbol") if sign else ""
    count = tag("span", many, class_="pc-n", data_count=f"{name}={value}")
    return tag("label", join([tick, " ", mark, " ", tag("span", words), " ", count]))


def facet(ds: Dataset, key: str) -> Markup:
    """Return the boxes of one filter: every code, also where no factor has it."""
    rows = factors(ds)
    counts = rows[key].value_counts()
    signs: Mapping[str, str] = {code: look[2] for code, look in COM_B.items()}
    signs = {**signs, **STABILITY, **ORIGIN}
    codes = {
        "tool": {slug: status for status, slug in TOOLS.items()},
        "origin": {code: code for code in ORIGIN},
    }.get(key) or {code: code for code in ds.codes(key)}
    boxes = join(
        box(key, code, word, signs.get(code, ""), int(counts.get(code, 0)))
        for code, word in codes.items()
    )
    return tag("fieldset", tag("legend", FACETS[key]) + boxes)


def option(value: str, words: object) -> Markup:
    """Return one choice of a list."""
    return tag("option", words, value=value)


def options(sources: Iterable[Source]) -> Markup:
    """Return articles or cases as choices, each with its number of factors."""
    return join(
        option(s.id, f"{clip(s.label, 60)} ({len(s.factors)})") for s in sources
    )


def chooser(name: str, words: str, content: Markup) -> Markup:
    """Return a list of which one may be chosen."""
    first = option("", "any" if name in ("article", "case") else "choose …")
    select = tag(
        "select", first + content, name_=name, class_="pc-field", autocomplete="off"
    )
    return labelled(words, select)


def fold(summary: object, content: Markup, **attributes: object) -> Markup:
    """Return a part of the controls that opens."""
    return tag("details", tag("summary", summary) + tag("div", content), **attributes)


def button(words: str, action: str, **attributes: object) -> Markup:
    """Return a button that the script knows by its action."""
    return tag(
        "button", words, type="button", class_="pc-button", data_do=action, **attributes
    )


def filters(ds: Dataset) -> Markup:
    """Return the filters."""
    lists = chooser("article", "Article", options(articles(ds)))
    lists += chooser("case", "Case narrative", options(cases(ds)))
    shown = tag("fieldset", tag("legend", "Show what one contributes") + lists)
    boxes = join(facet(ds, key) for key in FACETS)
    return fold("Filters", tag("div", boxes + shown, class_="pc-facets"))


def comparison(ds: Dataset) -> Markup:
    """Return the two lists from which what is compared is chosen."""
    both = join(
        tag("optgroup", options(sources), label=name)
        for name, sources in (("Articles", articles(ds)), ("Cases", cases(ds)))
    )
    lists = chooser("a", "A", both) + chooser("b", "B", both)
    note = tag("p", "Two articles, two cases, or one of each.", class_="pc-note")
    return fold("Compare two", lists + note)


def basket() -> Markup:
    """Return the place of the selection."""
    empty = tag("p", "Nothing yet: press S on a factor of the map, or tick it in the "
                "systems or the table.", class_="pc-note")  # fmt: skip
    ways = {"plan": "Plan their measurement", "apply": "Use in a profile of your own"}
    more = join(tag("a", words, href=f"./{page}.html", class_="pc-button", data_on="")
                for page, words in ways.items())  # fmt: skip
    acts = tag("p", button("Clear", "clear") + more, class_="pc-acts")
    summary = Markup("Selection ") + tag("span", "0", data_picked="", class_="pc-n")
    return fold(summary, tag("ul", "") + acts + empty, class_="pc-basket")


def sharing(ds: Dataset) -> Markup:
    """Return what takes the view away: its address, and files."""
    address = void("input", type="text", class_="pc-field", readonly="",
                   name_="address", autocomplete="off")  # fmt: skip
    link = labelled("This view’s address", address) + button("Copy link", "copy")
    files = [("SVG", "svg"), ("PNG", "png"), ("CSV", "csv")]
    saves = join(button(f"Save {kind}", how) for kind, how in files)
    note = (
        f"Exactly what is shown, marked with data version {ds.version}. Pictures are "
        "of the map, so they can be saved when it is shown."
    )
    acts = tag("p", saves, class_="pc-acts") + tag("p", note, class_="pc-note")
    return fold("Share and save", tag("p", link, class_="pc-acts") + acts)


def controls(ds: Dataset) -> Markup:
    """Return everything that needs the script, in one form."""
    search = labelled(
        "Search",
        void("input", type="search", class_="pc-field", name_="q", maxlength="100",
             autocomplete="off",
             placeholder="a factor, or words of an article"),
        class_="pc-map-search",
    )  # fmt: skip
    radios = join(
        tag("label", void("input", type="radio", name_="view", value=key,
                          autocomplete="off") + tag("span", words))
        for key, words in VIEWS.items()
    )  # fmt: skip
    switch = tag("fieldset", tag("legend", "View") + radios, class_="pc-map-views")
    many = len(active_factors(ds))
    count = tag("p", f"{many} of {counted(many, 'factor')} shown", id="pc-map-count",
                role="status", aria_live="polite", tabindex="-1")  # fmt: skip
    folds = tag("div", filters(ds) + comparison(ds) + basket() + sharing(ds),
                class_="pc-map-folds")  # fmt: skip
    line = tag("div", count + tag("ul", "", id="pc-map-tokens",
               aria_label="Filters in use") + button("Reset filters", "reset"),
               class_="pc-map-line")  # fmt: skip
    top = tag("div", search + switch, class_="pc-map-top")
    return tag("form", top + folds + line, class_="pc-js pc-map-controls",
               method="dialog", aria_label="Explore the map")  # fmt: skip


def key(ds: Dataset) -> Markup:
    """Return what the marks mean, where the drawing with its own key is not shown."""
    shapes = [f"{STABILITY[c]} {c}" for c in STABILITY]
    seen = set(active_factors(ds)["origin"])
    origins = [f"{ORIGIN[c]} {m}" for c, m in ORIGIN_MEANS.items() if c in seen]
    return tag("p", "; ".join([*shapes, *origins]) + ".", class_="pc-note pc-map-key")


def sections(ds: Dataset) -> Sections:
    """Return the page: what the script says, the controls, the views, the data."""
    notice = tag("div", tag("p", "") + button("Dismiss", "dismiss"),
                 id="pc-map-notice", role="alert")  # fmt: skip
    told = tag("section", "", id="pc-map-told", aria_label="What is compared")
    skip = tag("a", "Skip the map", href="#pc-map-end", class_="pc-map-skip")
    body = notice + controls(ds) + told + key(ds) + skip + views(ds)
    end = tag("div", "", id="pc-map-end", tabindex="-1")
    whole = tag("div", body + end + script(ds), id="pc-map", class_="pc-wide")
    means = tag("dl", join(tag("dt", s) + tag("dd", m) for s, m in STATUS.items()),
                class_="pc-facts")  # fmt: skip
    return [("", whole), ("What the states of instruments mean", means)]
