"""The protocol text and the references of a plan, in Python and in the browser."""

from __future__ import annotations

import functools
import json
import random
import re
from pathlib import Path

import pytest
import rispy
from bibtexparser.entrypoint import parse_string
from markdown_it import MarkdownIt
from pybtex.database import parse_string as pybtex
from pylatexenc.latex2text import (
    LatexNodes2Text,
    MacroTextSpec,
    get_default_latex_context_db,
)
from site_server import CHROMIUM
from test_redcap import selections, spoiled

from personomics import imports, plans
from personomics.book import parts, plan_page
from personomics.plans import citations, protocol, redcap

ROOT = Path(__file__).resolve().parent.parent
EXPORTS = {
    "redcap": redcap.redcap,
    "protocol": protocol.protocol,
    "bibtex": citations.bibtex,
    "ris": citations.ris,
}
#: Items of SPIRIT 2025 (its explanation and elaboration, doi 10.1136/bmj-2024-081660)
#: with what they ask for and their number in SPIRIT 2013 (doi 10.1136/bmj.e7586).
SPIRIT = {
    "18": ("13", "time schedule of enrolment, interventions, assessments"),
    "19": ("14", "how sample size was determined"),
    "25a": ("18a", "plans for assessment and collection of trial data"),
    "25b": ("18b", "plans to promote participant retention"),
    "27c": ("20c", "how missing data will be handled in the analysis"),
    "27d": ("20b", "methods for any additional analyses"),
}
#: Authors as families, worked out by hand, with whether there are more.
FAMILIES = {
    "de Souza JA et al": (["de Souza"], True),
    "EuroQol Group": (["EuroQol Group"], False),
    "World Health Organization": (["World Health Organization"], False),
    "Morris and colleagues": (["Morris"], True),
    "Connor KM, Davidson JRT (25-item original)": (["Connor", "Davidson"], False),
    "Duncan P, Murphy M, Man M-S, Chaplin K, Gaunt D, Salisbury C": (
        ["Duncan", "Murphy", "Man", "Chaplin", "Gaunt", "Salisbury"], False),
    "Sandel M, Sheward R, Ettinger de Cuba S, et al": (
        ["Sandel", "Sheward", "Ettinger de Cuba"], True),
    "Muster Ä": (["Muster"], False),
}  # fmt: skip


def everything(found):
    """Return a plan with every instrument of a catalogue, whatever a rule takes."""
    plan = dict(plans.choose(found, [f["id"] for f in found["factors"]]))
    factors = {f["id"]: f for f in found["factors"]}
    serves = {}
    for key, factor in factors.items():
        for link in factor["links"]:
            one = {**link, "id": key, "label": factor["label"]}
            serves.setdefault(link["id"], []).append(one)
    when = {"timing": "baseline", "timing_text": "Baseline only."}
    plan["instruments"] = [
        {**tool, "factors": serves[key], **when}
        for key, tool in found["instruments"].items()
    ]
    return plan


#: Signs of LaTeX's core that pylatexenc does not know, or prints as another sign.
SIGNS = {"textless": "<", "textgreater": ">", "textbar": "|", "textbraceleft": "{",
         "textbraceright": "}", "textasciicircum": "^"}  # fmt: skip


@functools.cache
def decoder():
    """Return a reader of LaTeX."""
    known = get_default_latex_context_db()
    macros = [MacroTextSpec(name, sign) for name, sign in SIGNS.items()]
    known.add_context_category("signs", macros=macros, prepend=True)
    return LatexNodes2Text(latex_context=known)


def plain(latex):
    """Return what TeX prints."""
    return decoder().latex_to_text(latex)


def published(tool):
    """Say whether anything of a publication was seen."""
    return any((tool["authors"], tool["journal"], tool["doi"]))


@pytest.fixture(scope="module", params=["ds", "mini", "hostile"])
def whole(request, ds, mini):
    """Give a plan with every instrument: of the data, of the toy data, hostile."""
    if request.param == "hostile":
        bad = spoiled(plans.catalogue(ds), 3)
        for n, tool in enumerate(bad["instruments"].values()):
            if n % 3 == 0:
                tool["name"] = r"100% \alpha_{i} ~ ^ # $5 & }{ @misc{x, " + str(n)
            if n % 4 == 0:
                tool["doi"], tool["source_urls"] = (
                    "10.1/a}b{%zz\\c",
                    ["https://e.org/}{"],
                )
        return everything(bad)
    return everything(plans.catalogue(ds if request.param == "ds" else mini))


# BibTeX and RIS -------------------------------------------------------------------


def test_bibtexparser_reads_every_reference_as_it_is_in_the_data(whole):
    """No entry fails; names, years, DOIs and addresses come back as recorded."""
    library = parse_string(citations.bibtex(whole))
    assert library.failed_blocks == []
    entries = {e.key: {f.key: f.value for f in e.fields} for e in library.entries}
    tools = {f"personomics-{t['id']}": t for t in whole["instruments"]}
    assert list(entries) == ["personomics-data", *tools]
    for key, tool in tools.items():
        got = entries[key]
        title = plain(got["title"][1:-1])
        assert tool["name"] in title
        assert title.startswith("[") == published(tool) or title == tool["name"]
        assert got.get("year", "") == str(tool["year"] or "")
        assert ("doi" in got) == bool(tool["doi"])
        if not re.search(r"[{}\\%]", tool["doi"]):
            assert got.get("doi", "") == tool["doi"]
        assert ("author" in got) == bool(tool["authors"])
        assert ("url" in got) == (bool(tool["source_urls"]) and not published(tool))
        assert all(citations.address(u) in plain(got["note"]) + got.get("url", "")
                   for u in tool["source_urls"][:1])  # fmt: skip
        where = [
            plain(got.get(k, "")) for k in ("journal", "volume", "number", "pages")
        ]
        shown = "".join(c for c in "".join(where) if c.isalnum())
        assert shown == "".join(c for c in tool["journal"] if c.isalnum())
        assert tool["id"] in got["note"]


def test_pybtex_reads_the_same_entries_and_the_names(whole):
    """A second parser, stricter in names and braces, finds the same keys and titles."""
    text = citations.bibtex(whole)
    mine = {e.key: e for e in parse_string(text).entries}
    found = pybtex(text, "bibtex").entries
    assert list(found) == list(mine)
    for key, entry in found.items():
        assert entry.fields["title"] == mine[key].fields_dict["title"].value
    tools = {t["authors"]: t["id"] for t in whole["instruments"]}
    for recorded in tools.keys() & FAMILIES.keys():
        people = found[f"personomics-{tools[recorded]}"].persons["author"]
        last = [" ".join((*p.prelast_names, *p.last_names)).strip("{}") for p in people]
        families, more = FAMILIES[recorded]
        assert last == [*families, *(["others"] if more else [])]


def test_the_names_worked_out_by_hand_are_all_met(ds, mini):
    """Each form of author in the list above is in the data."""
    seen = {t["authors"] for d in (ds, mini)
            for t in plans.catalogue(d)["instruments"].values()}  # fmt: skip
    assert FAMILIES.keys() <= seen


def test_nothing_is_invented(whole):
    """Every word of an author field stands in the data; what is empty stays away."""
    for entry in parse_string(citations.bibtex(whole)).entries[1:]:
        tool = next(
            t for t in whole["instruments"] if entry.key == f"personomics-{t['id']}"
        )
        got = {f.key: f.value for f in entry.fields}
        letters = re.sub(r"\bothers\b|\band\b|[^\w]", " ", plain(got.get("author", "")))
        recorded = re.sub(r"[^\w]", "", tool["authors"])
        assert all(word in recorded for word in letters.split())
        assert entry.entry_type == ("article" if tool["journal"] else "misc")
        assert not published(tool) or "was supplied" in got["note"]
        assert published(tool) or "No publication was seen" in got["note"]


def test_rispy_reads_every_reference_as_it_is_in_the_data(whole):
    """Names, years, DOIs, journals and addresses come back as recorded."""
    first, *found = rispy.loads(citations.ris(whole))
    assert first["title"] == whole["title"]
    assert len(found) == len(whole["instruments"])
    for got, tool in zip(found, whole["instruments"], strict=True):
        assert got["id"] == f"personomics-{tool['id']}"
        assert tool["name"] in got["title"]
        assert got.get("year", "") == str(tool["year"] or "")
        assert got.get("doi", "") == tool["doi"]
        urls = [] if published(tool) else tool["source_urls"]
        assert len(got.get("urls", [])) == len(urls)
        assert bool(got.get("authors")) == bool(tool["authors"])
        assert got["type_of_reference"] == ("JOUR" if tool["journal"] else "GEN")
        keys = ("secondary_title", "volume", "number", "start_page", "end_page")
        shown = "".join(c for c in "".join(got.get(k, "") for k in keys) if c.isalnum())
        assert shown == "".join(c for c in tool["journal"] if c.isalnum())
        if tool["authors"] in FAMILIES:
            families = [name.partition(",")[0] for name in got["authors"]]
            assert families == FAMILIES[tool["authors"]][0]


@pytest.mark.parametrize("form", ["bib", "ris"])
def test_the_importer_of_this_project_reads_its_own_references(ds, tmp_path, form):
    """As records, with the years and DOIs of the data."""
    plan = everything(plans.catalogue(ds))
    text = (citations.bibtex if form == "bib" else citations.ris)(plan)
    (tmp_path / f"x.{form}").write_text(text, "utf-8")
    records = imports.read(tmp_path / f"x.{form}").records
    dois = {t["doi"].lower() for t in plan["instruments"]} - {""}
    assert {r.doi for r in records} - {""} == dois
    assert len(records) == len(plan["instruments"]) + 1


def test_keys_do_not_depend_on_the_rest_of_the_plan(ds):
    """An instrument's entry is the same, byte for byte, in every plan that takes it."""
    seen = {}
    for plan in selections(plans.catalogue(ds), 60, 1):
        for part in citations.bibtex(plan).split("\n@")[1:]:
            key = part.partition(",")[0]
            assert seen.setdefault(key, part.rstrip("\n")) == part.rstrip("\n")
    assert len(seen) > 40


# The protocol ---------------------------------------------------------------------


def read(text):
    """Return the tokens of a Markdown text, read by an independent parser."""
    return MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)


def kinds(tokens):
    """Return every kind of token, those within lines too."""
    return [t.type for token in tokens for t in (token, *(token.children or []))]


@pytest.mark.parametrize("data", ["ds", "mini"])
@pytest.mark.parametrize("kind", ["as it is", "hostile"])
def test_the_protocol_is_markdown_with_what_was_chosen(request, data, kind):
    """Headings, lists, tables; nothing from the data becomes HTML, a link or code."""
    found = plans.catalogue(request.getfixturevalue(data), "https://example.org/b/")
    for n, plan in enumerate(selections(found, 30, kind)):
        one = plan
        if kind == "hostile":
            ids = [f["id"] for f in plan["factors"]]
            one = plans.choose(spoiled(found, n), ids, plan["rule"])
        tokens = read(text := protocol.protocol(one))
        seen = kinds(tokens)
        assert not {"html_block", "html_inline", "code_inline", "code_block", "fence",
                    "image", "em_open", "strong_open"} & set(seen)  # fmt: skip
        assert seen.count("link_open") == 2
        assert seen.count("heading_open") == 8
        assert seen.count("table_open") == 2
        own = sum(f["needs_custom_item"] for f in one["factors"])
        rows = len(one["instruments"]) + own + len(one["factors"])
        assert seen.count("tr_open") == 2 + rows
        cited = {int(c) for c in re.findall(r"\[(\d+)\]", text)}
        assert cited == set(range(1, 6 + len(one["instruments"])))
        listed = text.split("## References\n\n")[1].splitlines()
        assert [line.partition(".")[0] for line in listed] == [
            str(c) for c in sorted(cited)
        ]


def test_each_heading_names_an_item_of_spirit_and_its_older_number(ds):
    """The pairs of numbers are those of the two published checklists."""
    found = plans.catalogue(ds)
    text = protocol.protocol(plans.choose(found, [found["factors"][0]["id"]]))
    pairs = {}
    for heading in re.findall(r"(?m)^## .*SPIRIT 2025.*$", text):
        new, old = re.fullmatch(r".*2025 items? (.*) \(2013: (.*)\)", heading).groups()
        pairs |= dict(zip(new.split(" and "), old.split(" and "), strict=True))
    assert pairs == {item: old for item, (old, _) in SPIRIT.items()}


def test_the_toy_protocol_says_what_is_worked_out_by_hand(mini):
    """Q1 measures P-1, which covers education in part; P-4 has no instrument."""
    text = protocol.protocol(plans.choose(plans.catalogue(mini), ["P-1", "P-4"]))
    assert "Scale, short form (TLMS-Ω) \\[6\\]" not in text
    assert "Scale, short form (TLMS-Ω) [6], for Time, money \\& " in text
    assert "4 items; two minutes; looks back on past week. Reported by the" in text
    assert "[FILL IN: an item of our own on Reputation of a treatment (سمعة)," in text
    assert "covers: education, in part (Time, money" in text
    assert "It does not cover: place of residence; " in text
    assert "interaction tests with an instrument: 1." in text
    assert "| TLMS-Ω | X | X |" in text
    assert "6. Muster Ä. \\[Reference of the instrument: Toy " in text


def test_what_is_not_known_is_said_and_nothing_is_called_valid(ds):
    """No zero items or minutes, no None; validity is only asked for, never claimed."""
    for plan in selections(plans.catalogue(ds), 90, 12):
        text = protocol.protocol(plan)
        assert not re.search(
            r"\b0 (?:items?|minutes?)\b|\b(?:None|undefined|nan|null)\b", text
        )
        rest = text.partition("## References")[0]
        for said in (plan["notice"], protocol.WORDS["quality"]):
            assert said in rest or not plan["instruments"]
            rest = rest.replace(said, "")
        names = [t["name"] for t in plan["instruments"]]
        for name in names:
            rest = rest.replace(name, "")
        assert "valid" not in rest.lower()
        for tool in plan["instruments"]:
            assert tool["length_text"] in text
            assert tool["minutes_text"].partition("(")[0] in text


def test_every_gap_and_every_licence_is_in_the_protocol(ds):
    """What needs an item of one's own is asked to be worded; terms are told."""
    for plan in selections(plans.catalogue(ds), 60, 13):
        text = protocol.protocol(plan)
        asked = text.count("[FILL IN: an item of our own on ")
        assert asked == sum(f["needs_custom_item"] for f in plan["factors"])
        for factor in plan["factors"]:
            assert factor["label"] in text
            assert not factor["gap"] or factor["gap_text"].split(".")[0] in text
        for warning in plan["warnings"]:
            told = warning["text"].partition(":")[0]
            assert (told in text) or warning["about"] == "gap"


def test_every_file_has_the_data_version_and_the_way_back(ds):
    """All four name the version of the data and the link to the selection."""
    plan = plans.choose(plans.catalogue(ds, "https://example.org/b/"), ["F19", "F34"])
    for write in EXPORTS.values():
        text = write(plan)
        assert plan["link"] in text
        assert re.search(rf"\b[Dd]ata {re.escape(ds.version)}\b", text)
        assert text.endswith("\n")
        assert "\r" not in text
    assert "<https://example.org/b/power.html>" in protocol.protocol(plan)


# The browser ----------------------------------------------------------------------


def shell(ds):
    """Return the page of the plan with its two scripts, in as little as it can have."""
    body = parts.raw(plan_page.sections(ds)[0][1]).split("\n", 1)[1].rsplit("\n", 1)[0]
    scripts = "".join(
        f"<script>{(ROOT / 'assets' / 'js' / name).read_text('utf-8')}</script>"
        for name in ("plan.js", "plan-files.js")
    )
    return f"<!doctype html><meta charset=utf-8><title>x</title>{body}{scripts}"


def cases(found, number):
    """Return plans to compare: as they are, of hostile words, and with everything."""
    yield from selections(found, number, number)
    for n in range(8):
        yield next(selections(spoiled(found, n), 1, n))
    yield everything(spoiled(found, 8))
    yield everything(found)


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
@pytest.mark.parametrize("data", ["ds", "mini"])
def test_the_browser_writes_the_same_bytes(request, browser, tmp_path, data):
    """All four files of 55 plans of each dataset, some of them hostile."""
    dataset = request.getfixturevalue(data)
    (tmp_path / "plan.html").write_text(shell(dataset), "utf-8")
    page = browser.new_page()
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    try:
        page.goto((tmp_path / "plan.html").as_uri())
        made = list(cases(plans.catalogue(dataset, "https://example.org/b/"), 45))
        got = page.evaluate(
            """([plans, names]) => {
                const data = document.getElementById("pc-plan-data").textContent;
                const words = JSON.parse(data).exports;
                return plans.map((plan) => names.map(
                    (name) => window.pcPlanFiles[name](plan, words)));
            }""",
            [json.loads(json.dumps(made)), list(EXPORTS)],
        )
    finally:
        page.close()
    assert wrong == []
    for plan, texts in zip(made, got, strict=True):
        for (name, write), text in zip(EXPORTS.items(), texts, strict=True):
            assert text == write(plan), name


def test_authors_of_any_words_are_told_apart_without_a_crash():
    """Random words: no letter is lost but commas, spaces and remarks at the end."""
    dice = random.Random(4)
    words = [
        "JA",
        "M-S",
        "Ä",
        "de",
        "Souza",
        "et al",
        "(x)",
        "-",
        "--",
        ",",
        " ",
        "ǅ",
        "ß",
    ]
    for _ in range(2000):
        text = " ".join(dice.choices(words, k=dice.randint(0, 6))).strip()
        names, _, _ = citations.authors(text)
        for family, given in names:
            assert family
            assert given.replace(".", "").replace(" ", "") in text.replace(" ", "")
