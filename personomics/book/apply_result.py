"""The result of applying the map: every line it may need, for the script to choose."""

from __future__ import annotations

from collections.abc import Iterable

from personomics import agenda
from personomics import evidence as ev
from personomics.book.apply_data import case_entries, factor_entries, map_order
from personomics.book.apply_words import FIRST, OPEN, RULES, WORDS
from personomics.case_codes import adapted_cases
from personomics.dataset import Dataset
from personomics.html import Markup, escape, join, link, tag
from personomics.style import COM_B, STABILITY, badge
from personomics.words import DASH, counted


def worded(name: str, key: str, **attributes: object) -> Markup:
    """Return an element whose words the choice of patient or protocol changes."""
    return tag(name, WORDS[FIRST][key], data_word=key, **attributes)


def part(name: str, kind: str = "p", content: object = "", **more: object) -> Markup:
    """Return an element that the script knows by its name."""
    return tag(kind, content, id=f"pc-apply-{name}", **more)


def button(name: str, words: str) -> Markup:
    """Return a button that the script knows by its name."""
    return part(name, "button", words, type="button", class_="pc-button")


def outward(links: Markup) -> Markup:
    """Return links that open beside this page, so that its ticks stay."""
    return Markup(str(links).replace("<a ", '<a target="_blank" rel="noopener" '))


def field(name: str, **more: object) -> Markup:
    """Return a field to type in, which the browser fills in by no memory."""
    typed = part(name, "input", class_="pc-field", autocomplete="off", **more)
    return Markup(str(typed).removesuffix("</input>"))


def result(ds: Dataset) -> Markup:
    """Return the result with every line it may need; the script chooses and orders."""
    ways = {"map": "Open on the map", "plan": "Plan their measurement"}
    onward = join((part(page, "a", words, href=f"{page}.html", target="_blank",
                        rel="noopener", class_="pc-button")
                   for page, words in ways.items()), " ")  # fmt: skip
    tabs = " Links open in a new tab, so that your ticks stay here."
    parts = [
        worded("h2", "profile", id="pc-apply-result-title"),
        part("heading"),
        part("status", role="status"),
        part("chips", "ul", join(chips(ds)), aria_label="Ticked factors"),
        grid(ds),
        tag("p", onward + tabs, class_="pc-apply-screen"),
        tag("h3", "COM-B components concerned"),
        components(ds),
        worded("h3", "cases"),
        tag("p", RULES["similar"], class_="pc-note"),
        folding("cases", case_lines(ds)),
        worded("h3", "overlooked"),
        part("open"),
        tag("p", RULES["overlooked"], class_="pc-note"),
        folding("overlooked", (tag("li", outward(ev.factor_link(ds, i, "."))
                                   + tag("span", "")) for i in map_order(ds))),
        measures(ds),
        take_away(),
        part("foot", class_="pc-meta"),
    ]  # fmt: skip
    return part("result", "section", join(parts, "\n"), hidden="",
                aria_labelledby="pc-apply-result-title")  # fmt: skip


def chips(ds: Dataset) -> list[Markup]:
    """Return a chip for each factor: its sign, its page, and a way to untick it."""
    made = []
    for row in factor_entries(ds):
        gone = tag("button", "×", type="button", aria_label=f"Remove {row['label']}")
        words = [f"{STABILITY[row['stability']]} ",
                 outward(ev.factor_link(ds, row["id"], ".")), gone]  # fmt: skip
        fill = f"pc-{COM_B[row['com_b']][0]}"
        made.append(tag("li", join(words), class_=fill, hidden=""))
    return made


def folding(name: str, lines: Iterable[Markup]) -> Markup:
    """Return a list of which the script opens the first lines and folds the others."""
    more = tag("summary", "") + tag("ol", "", start=OPEN + 1)
    listed = tag("p", "") + tag("ol", join(lines)) + tag("details", more)
    return part(name, "div", listed)


def case_lines(ds: Dataset) -> list[Markup]:
    """Return an entry for each eligible case: what it shares, what was done, where."""
    rows = {row["case_id"]: row for row in ev.eligible_cases(ds).to_dict("records")}
    made = []
    for case in case_entries(ds):
        how = [" · ".join(case["types"]), " · COM-B: ", target(case["target"])]
        links = outward(ev.identifier_links(rows[case["id"]]))
        where = [case["citation"], links or outward(link(case["url"], "Read"))]
        entry = [
            tag("strong", outward(ev.case_link(ds, case["id"], "."))),
            tag("p", "", class_="pc-meta"),
            tag("p", case["adaptation"]),
            tag("p", join(how), class_="pc-meta"),
            tag("p", join(where, " "), class_="pc-meta"),
        ]
        made.append(tag("li", join(entry)))
    return made


def target(code: str) -> Markup:
    """Return the component through which care was adapted, or that it has no name."""
    return badge("com_b", code) if code in COM_B else escape(code)


def grid(ds: Dataset) -> Markup:
    """Return the level by COM-B grid; the script writes into its cells."""
    rows, codes = ev.active_factors(ds), ds.codes("com_b")
    cells = list(zip(rows["level"], rows["com_b"], strict=True))
    head = [tag("td", "")]
    for code in codes:
        fill, _, symbol = COM_B[code]
        short = tag("span", symbol, class_="pc-symbol", aria_hidden="true")
        head.append(tag("th", short + tag("span", code), scope="col",
                        class_=f"pc-{fill}"))  # fmt: skip
    empty = tag("span", DASH, aria_hidden="true") + tag(
        "span", "no factor on the map", class_="pc-hidden"
    )
    lines = [tag("tr", join(head))]
    for level in ds.codes("level"):
        line = [tag("th", level.capitalize(), scope="row")]
        for code in codes:
            full = cells.count((level, code))
            marks = tag("span", "", aria_hidden="true") + tag("b", f"0 of {full}")
            line.append(tag("td", marks, data_of=full, data_level=level,
                            data_part=code, data_fill=COM_B[code][0])
                        if full else tag("td", empty))  # fmt: skip
        lines.append(tag("tr", join(line)))
    signs = ", ".join(f"{sign} {name}" for name, sign in STABILITY.items())
    caption = f"Ticked factors by system and COM-B component: {signs}. "
    caption += f"{DASH}: the map has no factor there."
    return part("grid", "table", tag("caption", caption) + tag("tbody", join(lines)))


def components(ds: Dataset) -> Markup:
    """Return the COM-B components with their meaning; the script shows those needed."""
    targets = list(adapted_cases(ds)["com_b_target"])
    lines = []
    for code, meaning in ds.codes("com_b").items():
        done = f"Care was adapted through it in {targets.count(code)} of "
        about = f"{meaning} {done}{counted(len(targets), 'published case')}."
        words = [badge("com_b", code), " ", tag("b", ""), tag("small", about)]
        lines.append(tag("li", join(words)))
    return part("com-b", "ul", join(lines)) + part("com-b-open", class_="pc-note")


def measures(ds: Dataset) -> Markup:
    """Return the closest instruments of each factor, for a protocol."""
    lines = []
    for factor in factor_entries(ds):
        best = [tag("b", factor["status"]), " ", factor["instruments"]]
        lines.append(tag("li", join([factor["label"], ": ", *best])))
    rows = [f"{name}: {meaning}" for name, meaning in agenda.STATUS.items()]
    every = outward(link("reference/instruments.html", "All instruments"))
    words = [
        tag("h3", "Can the ticked factors be measured?"),
        part("measured"),
        tag("ul", join(lines)),
        part("brief", class_="pc-meta"),
        tag("p", join([" ".join(rows), " ", every]), class_="pc-note"),
    ]
    return part("measures", "div", join(words), hidden="")


def take_away() -> Markup:
    """Return the ways to keep a result, all of them only when asked."""
    title, address = field("title", maxlength=80), field("link", readonly="")
    asked = "Title for the exports (optional; no names; it stays in this page)"
    made = "Link to this selection; it stands in the address as well"
    names = {"json": "Save JSON", "md": "Save Markdown", "print": "Print",
             "make": "Make a link", "reset": "Reset"}  # fmt: skip
    buttons = join(button(name, words) for name, words in names.items())
    parts = [
        tag("h3", "Take it with you"),
        tag("p", tag("label", asked, for_="pc-apply-title") + title),
        tag("p", buttons, class_="pc-apply-buttons"),
        part(
            "made", "p", tag("label", made, for_="pc-apply-link") + address, hidden=""
        ),
        part("said", role="status", class_="pc-meta"),
    ]
    return tag("div", join(parts, "\n"), class_="pc-apply-screen")


def bar() -> Markup:
    """Return the bar of narrow screens: how much is ticked, and ways there and back."""
    ways = button("factors", "Factors") + button("profile", "Profile")
    return part("bar", "div", part("count", "span") + ways, hidden="")
