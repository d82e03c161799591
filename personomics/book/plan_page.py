"""The page on which a reader makes a measurement plan, for a trial."""

from __future__ import annotations

from personomics import plans
from personomics.book.address import base
from personomics.book.apply_data import as_script, everyday
from personomics.book.parts import Sections
from personomics.book.plan_words import HEADS, SAYS
from personomics.dataset import Dataset
from personomics.html import Markup, join, link, tag
from personomics.plans import Catalogue
from personomics.plans.catalogue import examples
from personomics.plans.choose import DEFAULT
from personomics.plans.files import COLUMNS
from personomics.plans.near import ALIKE, MOST, SHOWN
from personomics.style import STABILITY
from personomics.words import counted

#: Buttons that save a file, by name: the first row is what a trial imports.
FILES = {
    "redcap": "REDCap data dictionary",
    "protocol": "Protocol paragraph",
    "csv": "Plan as CSV",
    "md": "Plan as Markdown",
    "json": "Plan as JSON",
    "bib": "References (BibTeX)",
    "ris": "References (RIS)",
}


def intro(ds: Dataset) -> str:
    """Say what the page is for."""
    tools = counted(len(plans.catalogue(ds)["instruments"]), "instrument")
    return (
        "Tick what your trial should measure. You get an instrument for each factor, "
        f"chosen from {tools} on record by a rule that is written out below; what they "
        "ask of patients; what is missing; and files for REDCap, for the protocol and "
        "for the references."
    )


def sections(ds: Dataset) -> Sections:
    """Return the page: factors to tick, the plan, and by which rules it is made."""
    address = base()
    found = plans.catalogue(ds, address)
    data = {
        **found, "base": address, "default": DEFAULT, "columns": COLUMNS,
        "alike": ALIKE, "near": SHOWN, "most": MOST, "says": SAYS, "heads": HEADS,
    }  # fmt: skip
    script = Markup('<script type="application/json" id="pc-plan-data">{}</script>')
    panes = tag("div", choice(found) + result(found), class_="pc-plan-panes")
    body = [warning(found), panes, unscripted(found), rules(found), bar()]
    inner = tag("div", join(body, "\n"), id="pc-plan", class_="pc-wide")
    return [("", inner + script.format(Markup(as_script(data))))]


def part(name: str, kind: str = "p", content: object = "", **more: object) -> Markup:
    """Return an element that the script knows by its name."""
    return tag(kind, content, id=f"pc-plan-{name}", **more)


def button(name: str, words: str) -> Markup:
    """Return a button that the script knows by its name."""
    return part(name, "button", words, type="button", class_="pc-button")


def field(name: str, kind: str = "input", **more: object) -> Markup:
    """Return a field that the browser fills in by no memory."""
    made = part(name, kind, class_="pc-field", autocomplete="off", **more)
    return made if kind != "input" else Markup(str(made).removesuffix("</input>"))


def warning(found: Catalogue) -> Markup:
    """Return what a plan is not, and the place for what a link does not say well."""
    kept = (
        "Nothing is sent or stored; the selection stands in the address of the page, "
        "where it can be kept and cited."
    )
    words = [tag("strong", found["notice"]), tag("span", kept, class_="pc-plan-js")]
    notice = part("notice", role="status")
    return tag("p", join(words, " "), class_="pc-plan-warning") + notice


def choice(found: Catalogue) -> Markup:
    """Return examples to start from and every factor with a box to tick, by system."""
    starts: dict[str, list[Markup]] = {"": [], "com_b": []}
    for one in examples(found):
        words = f"{one['name']} ({len(one['ids'])})"
        made = tag("button", words, type="button", class_="pc-button",
                   data_ids=" ".join(one["ids"]))  # fmt: skip
        starts[one["group"]].append(made)
    label = tag("p", "Tick below, or start from an example:", id="pc-plan-starts")
    summary = tag("summary", "All factors of a COM-B component")
    parts = tag("details", summary + tag("div", join(starts["com_b"])))
    start = tag("div", tag("div", join(starts[""])) + parts, role="group",
                aria_labelledby="pc-plan-starts")  # fmt: skip
    box = field("search", type="search", spellcheck="false",
                aria_describedby="pc-plan-found")  # fmt: skip
    find = tag("label", "Find a factor by any word", for_="pc-plan-search") + box
    found_words = part("found", role="status", class_="pc-meta")
    top = [
        tag("h2", "1. Choose factors", id="pc-plan-list-title"),
        tag("div", label + start, class_="pc-plan-starts pc-plan-js"),
        tag("div", find + found_words, class_="pc-plan-find pc-plan-js"),
    ]
    return part("list", "section", join([*top, *systems(found)]),
                aria_labelledby="pc-plan-list-title")  # fmt: skip


def systems(found: Catalogue) -> list[Markup]:
    """Return the factors of each system in which there are any."""
    made = []
    for level in found["levels"]:
        rows = [f for f in found["factors"] if f["level"] == level]
        ticks = [tick(found["factors"].index(f), f) for f in rows]
        if rows:
            legend = tag("legend", level.capitalize())
            made.append(tag("fieldset", legend + tag("ul", join(ticks))))
    return made


def tick(number: int, factor: plans.Entry) -> Markup:
    """Return one factor with its box; definition and gap status describe it."""
    told = 'aria-labelledby="pc-plan-l{0}" aria-describedby="pc-plan-d{0}"'
    box = Markup(
        f'<input type="checkbox" value="{{}}" autocomplete="off" {told.format(number)}>'
    ).format(factor["id"])
    sign = tag("span", STABILITY[factor["stability"]], aria_hidden="true",
               title=factor["stability"])  # fmt: skip
    name = join([part(f"l{number}", "span", factor["label"]), Markup("&nbsp;"), sign])
    about = f"{factor['definition']} Closest instrument: {factor['status']}."
    label = box + tag("b", name) + part(f"d{number}", "small", about)
    return tag("li", tag("label", label), data_words=everyday(factor["label"]))


def result(found: Catalogue) -> Markup:
    """Return the plan with every place that the script fills."""
    parts = [
        tag("h2", "2. Your plan", id="pc-plan-result-title"),
        rule_choice(found),
        part("status", role="status"),
        part("made", "div", join([table(), burden(), take_away(), details()], "\n"),
             hidden=""),
    ]  # fmt: skip
    return part("result", "section", join(parts, "\n"), hidden="",
                aria_labelledby="pc-plan-result-title")  # fmt: skip


def rule_choice(found: Catalogue) -> Markup:
    """Return the choice between the rules."""
    choices = []
    for code, words in found["rules"].items():
        radio = Markup('<input type="radio" name="pc-plan-rule" value="{}"{} '
                       'autocomplete="off">')  # fmt: skip
        checked = Markup(" checked") if code == DEFAULT else ""
        choices.append(tag("label", radio.format(code, checked) + words["name"]))
    legend = tag("legend", "Which instruments come first?")
    both = tag("fieldset", legend + join(choices), class_="pc-plan-rules")
    return both + part("rule", class_="pc-note")


def table() -> Markup:
    """Return the empty table of the plan."""
    heads = [tag("th", head, scope="col", role="columnheader") for head in HEADS]
    caption = tag("caption", "How each factor is measured.")
    head = tag("thead", tag("tr", join(heads), role="row"), role="rowgroup")
    body = part("rows", "tbody", role="rowgroup")
    return tag("table", caption + head + body, role="table", class_="pc-plan-table")


def burden() -> Markup:
    """Return what is asked of a patient, at baseline and later."""
    pairs = {"At baseline": "baseline", "At each later time": "repeats"}
    rows = [tag("dt", name) + part(key, "dd") for name, key in pairs.items()]
    return tag("h3", "What it asks of a patient") + tag("dl", join(rows))


def take_away() -> Markup:
    """Return the ways to keep a plan and the way to the size of the trial."""
    saves = [button(name, words) for name, words in FILES.items()]
    keep = [button("copy", "Copy the protocol paragraph"), button("print", "Print"),
            button("clear", "Clear")]  # fmt: skip
    words = tag("label", "Paragraph for the protocol", for_="pc-plan-paragraph")
    read = tag("summary", "Read the protocol paragraph") + words
    text = field("paragraph", "textarea", rows=12, readonly="", spellcheck="false")
    cite = tag("label", "Address of this plan, to come back to and to cite",
               for_="pc-plan-link")  # fmt: skip
    on = link("power.html", "How large a trial? Sample size for effect modification")
    parts = [
        tag("h3", "3. Take it with you"),
        tag("div", join(saves[:2]), class_="pc-plan-buttons pc-plan-first"),
        tag("div", join(saves[2:]), class_="pc-plan-buttons"),
        tag("div", join(keep), class_="pc-plan-buttons"),
        part("said", role="status", class_="pc-meta"),
        part("preview", "details", read + text),
        tag("p", cite + field("link", readonly="")),
        tag("p", join(["Next: ", on, "."])),
    ]
    return tag("div", join(parts, "\n"), class_="pc-plan-screen")


def details() -> Markup:
    """Return what else a plan says: gaps, terms, times, reporters and questions."""
    lists = {
        "Before you use it": "warnings",
        "Gaps": "gaps",
        "When to measure": "timing",
        "Who answers": "reporters",
    }
    made = []
    for head, name in lists.items():
        made += [tag("h3", head), part(name, "ul")]
        made += [part("guide", class_="pc-note")] if name == "gaps" else []
    made += [tag("h3", "PROGRESS-Plus characteristics"), part("progress")]
    made += [tag("h3", "Open questions about these factors"), part("questions", "ul")]
    return join([*made, part("foot", class_="pc-meta")], "\n")


def rules(found: Catalogue) -> Markup:
    """Return the rules in full."""
    rows = [
        tag("dt", words["name"]) + tag("dd", words["text"])
        for words in found["rules"].values()
    ]
    rows.append(tag("dt", "Overlap") + tag("dd", found["overlap"]))
    rows.append(tag("dt", "Items of your own") + tag("dd", found["custom"]))
    title = tag("h2", "How instruments are chosen")
    return part("how", "section", title + tag("dl", join(rows)))


def unscripted(found: Catalogue) -> Markup:
    """Return what a reader without JavaScript gets: the command, and where to look."""
    ids = " ".join(f["id"] for f in found["factors"][:2])
    command = tag("code", f"personomics plan {ids} --out plan")
    words = [
        "With JavaScript, this page would make the plan of the ticked factors. Without "
        "it, the command ", command, " makes the same files, and ",
        link("reference/instruments.html", "the list of instruments"),
        " shows what is on record for each factor.",
    ]  # fmt: skip
    return tag("noscript", tag("p", join(words)))


def bar() -> Markup:
    """Return the bar of narrow screens: how much is ticked, and ways there and back."""
    ways = button("factors", "Factors") + button("plan", "Plan")
    return part("bar", "div", part("count", "span") + ways, hidden="")
