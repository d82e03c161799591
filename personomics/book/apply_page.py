"""The page on which a reader applies the map to a patient or a protocol."""

from __future__ import annotations

from personomics import evidence as ev
from personomics.book.apply_data import as_script, map_order, page_data
from personomics.book.apply_result import bar, field, part, result, target, worded
from personomics.book.apply_words import FIRST, NOTICE, OPEN, RULES, WORDS, says
from personomics.book.parts import Record, Sections, grouped
from personomics.case_codes import adapted_cases
from personomics.dataset import Dataset
from personomics.html import Markup, Table, escape, join, tag, text
from personomics.style import STABILITY, badge
from personomics.words import counted


def intro(ds: Dataset) -> str:
    """Say what the page is for."""
    factors, cases = len(ev.active_factors(ds)), len(ev.eligible_cases(ds))
    return (
        f"Tick which of the {counted(factors, 'factor')} are present in a patient, or "
        "are taken into account by a trial protocol. You see at once where they lie on "
        f"the map, how care was adapted in those of the {counted(cases, 'case')} of "
        "these data that share them, and which factors are easily overlooked."
    )


def sections(ds: Dataset) -> Sections:
    """Return the page: the list to tick, the result, and what it rests on."""
    data = page_data(ds) | {"notice": NOTICE, "rules": RULES, "words": WORDS,
                            "says": says(ds), "first": OPEN}  # fmt: skip
    script = Markup('<script type="application/json" id="pc-apply-data">{}</script>')
    right = tag("div", result(ds) + unscripted(ds))
    panes = tag("div", checklist(ds) + right, class_="pc-apply-panes")
    body = [warning(), mode(), panes, reference(ds), bar()]
    return [("", tag("div", join(body, "\n"), id="pc-apply", class_="pc-wide")
             + script.format(Markup(as_script(data))))]  # fmt: skip


def warning() -> Markup:
    """Return what the page is not, and what happens to the ticks."""
    kept = (
        "Nothing you tick or type is stored or sent: everything is worked out in this "
        "page, and reloading or closing it forgets everything. Type no names."
    )
    words = [tag("strong", NOTICE), tag("span", kept, class_="pc-apply-screen")]
    notice = part("notice", role="status")
    return tag("p", join(words, " "), class_="pc-apply-warning") + notice


def mode() -> Markup:
    """Return the choice between a patient and a protocol."""
    choices = []
    for code, words in WORDS.items():
        radio = Markup('<input type="radio" name="pc-apply-for" value="{}"{} '
                       'autocomplete="off">')  # fmt: skip
        checked = Markup(" checked") if code == FIRST else ""
        choices.append(tag("label", radio.format(code, checked) + words["choice"]))
    legend = tag("legend", "What do you have before you?")
    return tag("fieldset", legend + join(choices), class_="pc-apply-mode pc-apply-js")


def checklist(ds: Dataset) -> Markup:
    """Return every factor with a box to tick, by system and COM-B component."""
    rows = {row["factor_id"]: row for row in ev.active_factors(ds).to_dict("records")}
    lines: dict[tuple[str, str], list[Markup]] = {}
    for number, factor in enumerate(map_order(ds)):
        cell = rows[factor]["level"], rows[factor]["com_b"]
        lines.setdefault(cell, []).append(tick(number, rows[factor]))
    systems = []
    for level, meaning in ds.codes("level").items():
        groups = []
        for code in ds.codes("com_b"):
            if (level, code) in lines:
                ticks = tag("ul", join(lines[level, code]))
                body = tag("p", badge("com_b", code)) + ticks
                name = f"{level}, {code}"
                groups.append(tag("div", body, role="group", aria_label=name))
        here = sum(len(found) for (where, _), found in lines.items() if where == level)
        count = join([" ", tag("span", "0", class_="pc-apply-n"), f" of {here}"])
        title = escape(level.capitalize()) + tag("small", count)
        none = tag("p", "No factor was found in this system.", class_="pc-note")
        about = tag("p", meaning, class_="pc-note") if meaning else ""
        systems.append(
            tag("fieldset", join([tag("legend", title), about, *(groups or [none])]))
        )
    box = field("search", type="search", spellcheck="false",
                aria_describedby="pc-apply-found")  # fmt: skip
    find = tag("label", "Find a factor by any word", for_="pc-apply-search") + box
    found = part("found", role="status", class_="pc-meta")
    top = [
        worded("h2", "tick", id="pc-apply-list-title"),
        worded("p", "hint", class_="pc-note"),
        tag("div", find + found, class_="pc-apply-find pc-apply-js"),
    ]
    return part("list", "section", join([*top, *systems]),
                aria_labelledby="pc-apply-list-title")  # fmt: skip


def tick(number: int, row: Record) -> Markup:
    """Return one factor with its box; the definition describes it."""
    told = 'aria-labelledby="pc-apply-l{}" aria-describedby="pc-apply-d{}"'
    box = Markup(f'<input type="checkbox" value="{{}}" autocomplete="off" {told}>')
    sign = tag("span", STABILITY[row["stability"]], aria_hidden="true",
               title=row["stability"])  # fmt: skip
    name = join([part(f"l{number}", "span", row["label"]), Markup("&nbsp;"), sign])
    about = part(f"d{number}", "small", row["definition"])
    label = box.format(row["factor_id"], number, number) + tag("b", name) + about
    return tag("li", tag("label", label) + tag("q", "", title="Words of a source"))


def unscripted(ds: Dataset) -> Markup:
    """Return what a reader without JavaScript gets: an explanation and links."""
    rows = ev.active_factors(ds)
    lines = []
    for code in ds.codes("com_b"):
        ids = rows.loc[rows["com_b"] == code, "factor_id"]
        links = join((ev.factor_link(ds, i, ".") for i in ids), " · ")
        if len(ids):
            lines.append(tag("p", join([badge("com_b", code), links], " ")))
    told = (
        "With JavaScript, this page would show the ticked factors on the map, the "
        "COM-B components concerned, similar published cases and factors that are "
        "easily overlooked. Without it, the list can be printed and ticked on paper, "
        "and the table below shows every adaptation by COM-B component. The factors "
        "lead to what is known of each:"
    )
    return tag("noscript", tag("p", told) + join(lines))


def reference(ds: Dataset) -> Markup:
    """Return every adaptation of the eligible cases, by COM-B component."""
    cases = adapted_cases(ds)
    kinds = grouped(ds["case_adaptations"], "case_id")
    shown = grouped(ev.case_factor_pairs(ds), "case_id")
    frame = cases[["com_b_target", "adaptation", "case_id"]]
    frame.insert(2, "types", cases["case_id"])
    frame.insert(3, "factors", cases["case_id"])

    def factors(key: str) -> Markup:
        ids = [pair["factor_id"] for pair in shown.get(key, [])]
        return join((ev.factor_link(ds, i, ".") for i in ids), "; ")

    def types(key: str) -> str:
        return "; ".join(text(k["adaptation_type"]) for k in kinds.get(key, []))

    table = Table(
        frame,
        f"How care was adapted in {counted(len(frame), 'case')} of these data, by the "
        "COM-B component through which it was adapted.",
        {"com_b_target": "Through", "case_id": "Case"},
        {"com_b_target": target, "types": types, "factors": factors,
         "case_id": lambda key: ev.case_link(ds, key, ".")},
        row_header="adaptation",
    )  # fmt: skip
    head = tag("summary", "Every adaptation, by COM-B component")
    ground = tag("p", ds.statement("cases"), class_="pc-note")
    return part("all", "details", head + ground + table.html())
