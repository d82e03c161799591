"""The page that plans a trial: it makes the plan that Python makes, byte for byte."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pandas as pd
import pytest
from playwright.sync_api import expect
from site_server import CHROMIUM, exported, served, visited

from personomics import plans, style
from personomics.book import pages, parts, plan_page
from personomics.html import Markup, tag
from personomics.plans import folder

ROOT = Path(__file__).resolve().parent.parent
needs_browser = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]
POLICY = "connect-src 'none'; form-action 'none'"
SCRIPTS = ("plan.js", "plan-files.js")
RULES = ("most-direct", "shortest", "free-only")
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "=HYPERLINK(1) `code` *star* {0}",
    "ab\u200fcd \u202eevil {1} 🪁\u2028x",
    "L" * 900,
)
#: Every file of a plan for many selections, made by the page's scripts.
FILES = """([picks, words]) => picks.map(([ids, rule]) => {
  const plan = pcPlan.choose(ids, rule), make = pcPlanFiles;
  return {
    "plan.json": pcPlan.asJson(plan), "plan.csv": pcPlan.asCsv(plan),
    "plan.md": pcPlan.asMarkdown(plan), "redcap.csv": make.redcap(plan, words),
    "protocol.md": make.protocol(plan, words),
    "references.bib": make.bibtex(plan, words), "references.ris": make.ris(plan, words),
  };
})"""


def shell(ds):
    """Return the page as a whole document, with the policy of the template."""
    inner = parts.raw(plan_page.sections(ds)[0][1]).split("\n", 1)[1]
    sheets = sorted((ROOT / "assets" / "css").glob("*.css"))
    css = style.css_variables() + "".join(s.read_text("utf-8") for s in sheets)
    scripts = "".join(f"<script defer src='{name}'></script>" for name in SCRIPTS)
    head = (
        "<head><meta charset='utf-8'><title>Plan</title>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f"<link rel='icon' href='data:,'><style>{css}</style>{scripts}</head>"
    )
    body = Markup(inner.rsplit("\n", 1)[0])
    inside = tag("h1", "Plan a trial") + tag("p", plan_page.intro(ds)) + body
    main = tag("main", tag("article", tag("section", inside), class_="bd-article"))
    return f"<!doctype html><html lang='en' data-theme='light'>{head}{main}</html>"


def spoiled(ds):
    """Return a dataset with hostile words wherever the page shows words of the data."""
    tables = dict(ds.tables)
    words = iter(HOSTILE * 99)
    for name, columns in {
        "factors": ("label", "definition"),
        "instruments": ("name", "abbreviation", "authors", "journal", "licence",
                        "reporter", "recall_period", "minutes_text"),
    }.items():  # fmt: skip
        frame = tables[name].copy()
        for column in columns:
            old = frame[column].fillna("")
            frame[column] = [f"{next(words)} {cell}" for cell in old]
        tables[name] = frame
    factors = tables["factors"]
    factors.loc[0, "status"] = "deprecated"
    return replace(ds, tables=MappingProxyType(tables))


def dense(ds):
    """Return a dataset in which a few instruments serve many factors at random."""
    draw, tables = random.Random(4), dict(ds.tables)
    tools = tables["instruments"].head(14).copy()
    tools["n_items"] = pd.array(
        draw.choices([None, 1, 2, 3, 5, 8, 13], k=len(tools)), dtype="Int64"
    )
    tools["brief"] = pd.array(draw.choices([True, False], k=len(tools)))
    tools["licence_class"] = draw.choices(["free", "not seen"], [3, 1], k=len(tools))
    ways = ("direct", "partial", "proxy")
    rows = [
        (key, factor, draw.choices(ways, [4, 2, 1])[0], False)
        for factor in tables["factors"]["factor_id"]
        for key in draw.sample(list(tools["instrument_id"]), 5)
    ]
    columns = list(tables["instrument_factors"].columns)
    tables["instruments"] = tools
    tables["instrument_factors"] = pd.DataFrame(rows, columns=columns)
    return replace(ds, tables=MappingProxyType(tables))


@pytest.fixture(scope="module")
def site(tmp_path_factory, ds, mini):
    """Serve the page of four datasets on this machine."""
    place = tmp_path_factory.mktemp("plan")
    for name in SCRIPTS:
        (place / name).write_bytes((ROOT / "assets/js" / name).read_bytes())
    for name, data in {"plan": ds, "mini": mini, "hostile": spoiled(mini),
                       "dense": dense(ds)}.items():  # fmt: skip
        (place / f"{name}.html").write_text(shell(data), "utf-8")
    with served(place) as found:
        yield found


def selections(found, seed, times):
    """Return random selections of factors, each with each rule."""
    draw, ids = random.Random(seed), [f["id"] for f in found["factors"]]
    sizes = draw.choices([1, 2, 3, 5, 8, 13, 50], k=times)
    some = [draw.sample(ids, min(len(ids), n)) for n in sizes]
    return [(ids, rule) for ids in some for rule in RULES]


def test_the_page_is_light_and_says_something_without_a_script(ds):
    """Below 260 KB, its data are well formed; without a script it names the command."""
    made = pages.make("plan", ds, {})
    assert len(made.encode()) < 260_000
    data = re.search(r'id="pc-plan-data">(.*?)</script>', made, re.S)
    assert json.loads(data[1])["version"] == ds.version
    bare = re.search(r"<noscript>(.*?)</noscript>", made, re.S)[1]
    assert "personomics plan" in bare
    for factor in plans.catalogue(ds)["factors"]:
        assert f'value="{factor["id"]}"' in made


class TestInTheBrowser:
    """Real clicks and keys, in headless Chromium."""

    pytestmark = needs_browser

    @pytest.mark.parametrize(
        ("name", "seed", "times"),
        [("plan", 1, 40), ("mini", 2, 40), ("hostile", 3, 12), ("dense", 4, 20)],
    )
    def test_every_file_is_that_of_python(
        self, browser, site, ds, mini, name, seed, times
    ):
        """Random selections, all rules, all files: the same bytes on both roads."""
        data = {"plan": ds, "mini": mini, "hostile": spoiled(mini), "dense": dense(ds)}
        found = plans.catalogue(data[name])
        picks = selections(found, seed, times)
        with visited(browser, f"{site}/{name}.html") as page:
            made = page.evaluate(FILES, [picks, found["exports"]])
        assert len(made) == 3 * times
        for (ids, rule), theirs in zip(picks, made, strict=True):
            ours = folder.every(plans.choose(found, ids, rule))
            assert set(ours) == set(theirs)
            for file, words in ours.items():
                assert theirs[file] == words, (file, ids, rule)

    def test_errors_have_the_same_words(self, browser, site, ds, mini):
        """What Python raises is what the page says, suggestions included."""
        one = plans.catalogue(ds)["factors"][7]
        bad = [
            ([], []),
            (["F99", "P-9", one["id"]], []),
            ([one["label"].lower(), "x" * 400, "\x00\x85weird"], ["shortest"]),
            ([one["id"].lower()], ["best"]),
            ([one["id"]], ["shortest", "free-only"]),
            (["P-1", "Bodily strenght"], ["shortest", "shortest"]),
        ]
        call = """bad => bad.map(([ids, rules]) => {
          try { pcPlan.choose(ids, rules); return ""; } catch (e) { return e.message; }
        })"""
        for name, data in (("plan", ds), ("mini", mini), ("hostile", spoiled(mini))):
            with visited(browser, f"{site}/{name}.html") as page:
                theirs = page.evaluate(call, bad)
            found = plans.catalogue(data)
            for (ids, rules), words in zip(bad, theirs, strict=True):
                with pytest.raises(ValueError, match=":") as error:
                    plans.choose(found, ids, rules)
                assert words == str(error.value)

    def test_two_clicks_lead_to_the_redcap_dictionary(self, browser, site, ds):
        """An example to start from, then the file; its bytes are those of Python."""
        with visited(browser, f"{site}/plan.html") as page:
            assert page.locator("#pc-plan-made").is_hidden()
            page.get_by_role("button", name="Named in most articles").click()
            name, words = exported(page, "REDCap data dictionary")
            ticked = page.locator("input[type=checkbox]:checked")
            ids = [box.get_attribute("value") for box in ticked.all()]
            said = page.locator("#pc-plan-said").inner_text()
        assert name == f"personomics-plan-data-{ds.version}-redcap.csv"
        assert name in said
        found = plans.catalogue(ds)
        assert words == folder.every(plans.choose(found, ids))["redcap.csv"]
        top = sorted((f["articles"] for f in found["factors"]), reverse=True)
        assert sorted(
            (f["articles"] for f in found["factors"] if f["id"] in ids), reverse=True
        ) == [n for n in top[:5] if n]

    def test_ticks_and_rules_change_the_plan_at_once(self, browser, site, mini):
        """Found by a word, ticked by key, planned by a rule; all files are offered."""
        found = plans.catalogue(mini)
        with visited(browser, f"{site}/mini.html") as page:
            page.get_by_label("Find a factor").fill("bodily")
            boxes = page.locator("#pc-plan-list li:visible input")
            assert boxes.count() == 1
            boxes.first.focus()
            page.keyboard.press("Space")
            page.get_by_label("Find a factor").fill("")
            status = page.locator("#pc-plan-status")
            assert status.inner_text().startswith(
                "Of 1 factor: 1 in part. 1 instrument. "
            )
            cells = page.locator("#pc-plan-rows")
            assert "Toy hand-grip test" in cells.inner_text()
            page.get_by_label("Free only").check()
            assert "TLMS-Ω" in cells.locator("tr").first.inner_text()
            cells.locator("summary").click()
            assert "set aside" in cells.inner_text()
            plan = plans.choose(found, ["P-2"], "free-only")
            assert page.url.endswith(plan["link"].split(".html")[1])
            made = folder.every(plan)
            for button, file in {
                "Plan as CSV": "plan.csv",
                "Plan as JSON": "plan.json",
                "Plan as Markdown": "plan.md",
                "Protocol paragraph": "protocol.md",
                "References (BibTeX)": "references.bib",
                "References (RIS)": "references.ris",
            }.items():
                assert exported(page, button)[1] == made[file]
            page.locator("#pc-plan-preview > summary").click()
            paragraph = page.locator("#pc-plan-paragraph")
            expect(paragraph).to_have_value(made["protocol.md"])
            page.get_by_role("button", name="Clear").click()
            assert page.locator("#pc-plan-made").is_hidden()
            assert "#" not in page.url

    def test_the_paragraph_can_be_copied(self, browser, site, mini):
        """To the clipboard, or selected where the browser does not allow that."""
        wanted = folder.every(plans.choose(plans.catalogue(mini), ["P-1"]))
        address = f"{site}/mini.html#pick=P-1"
        options = {"permissions": ["clipboard-read", "clipboard-write"]}
        with visited(browser, address, **options) as page:
            page.get_by_role("button", name="Copy the protocol").click()
            page.wait_for_function(
                "document.getElementById('pc-plan-said').textContent"
            )
            copied = page.evaluate("navigator.clipboard.readText()")
            assert copied == wanted["protocol.md"]
        with visited(browser, address) as page:
            page.evaluate(
                """() => { navigator.clipboard.writeText =
                  () => Promise.reject(Error('no')); }"""
            )
            page.get_by_role("button", name="Copy the protocol").click()
            page.wait_for_function(
                "document.getElementById('pc-plan-said').textContent"
            )
            assert page.evaluate("getSelection().toString()") == wanted["protocol.md"]

    def test_a_link_of_the_map_makes_the_plan(self, browser, site, ds):
        """The basket's link is understood; the page's own address makes it again."""
        ids = [f["id"] for f in plans.catalogue(ds)["factors"][3:7]]
        link = f"{site}/plan.html#pick={','.join(ids)}&data={ds.version}"
        with visited(browser, link) as page:
            assert page.locator("#pc-plan-rows tr").count() == 4
            page.get_by_label("Shortest").check()
            address = page.get_by_label("Address of this plan").input_value()
        assert address.endswith("&rule=shortest&data=" + ds.version)
        with visited(browser, address) as page:
            assert page.get_by_label("Shortest").is_checked()
            assert page.locator("#pc-plan-rows tr").count() == 4
            assert page.locator("#pc-plan-notice").inner_text() == ""

    @pytest.mark.parametrize(
        ("fragment", "told", "rows"),
        [
            ("pick=P-1,F99&data=0.0.1", "data 0.0.1", 1),
            ("pick=P-1,%3Cimg%20src=x%3E", "<img src=x>", 1),
            ("pick=", "factors: none is given", 0),
            ("pick=P-1&rule=best", "rule: “best” is no rule", 1),
            ("pick=P-1&rule=shortest&rule=free-only", "given more than once", 1),
            ("pick=p-1", "did you mean P-1", 0),
            ("level=individual", "factors: none is given", 0),
            ("==&&=%", "factors: none is given", 0),
            ("an-ordinary-anchor", "", 0),
            ("pick=" + "x" * 5000, "is no factor", 0),
        ],
    )
    def test_odd_links_are_explained(self, browser, site, fragment, told, rows):
        """Whatever a link says, the page plans what it knows and says the rest."""
        with visited(browser, f"{site}/mini.html#{fragment}") as page:
            assert page.locator("#pc-plan-rows tr").count() == rows
            notice = page.locator("#pc-plan-notice").inner_text()
            assert (told in notice) if told else notice == ""
            assert len(notice) < 600

    def test_nothing_is_sent_or_stored_and_no_word_becomes_markup(self, browser, site):
        """Of hostile data; the policy of the page forbids requests, too."""
        with visited(browser, f"{site}/hostile.html") as page:
            sent = []
            page.on("request", lambda r: sent.append(r.url))
            for box in page.locator("input[type=checkbox]").all():
                box.check()
            page.get_by_label("Shortest").check()
            for details in page.locator("#pc-plan details > summary").all():
                if details.is_visible():
                    details.click()
            exported(page, "Plan as Markdown")
            assert page.locator("#pc-plan img, #pc-plan script").count() == 0
            assert [url for url in sent if not url.startswith("blob:")] == []
            kept = page.evaluate(
                "() => [localStorage.length, sessionStorage.length, document.cookie]"
            )
            assert kept == [0, 0, ""]
            assert page.evaluate("document.body.scrollWidth <= innerWidth")

    def test_a_narrow_screen_needs_no_sideways_scroll(self, browser, site, ds):
        """At 390 pixels, with many factors; the bar leads to the plan and back."""
        link = f"{site}/plan.html"
        with visited(browser, link, width=390, reduced_motion="reduce") as page:
            page.get_by_role("button", name="PROGRESS-Plus").click()
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
            assert (
                page.locator("#pc-plan-count")
                .inner_text()
                .startswith(str(len(plan_page.examples(plans.catalogue(ds))[1]["ids"])))
            )
            page.locator("#pc-plan-plan").click()
            heading = page.get_by_role("heading", name="Your plan").bounding_box()
            assert 0 <= heading["y"] < 450

    def test_on_paper_the_plan_stands_alone(self, browser, site):
        """Printed are table, gaps and address; not the list, the buttons, the bar."""
        with visited(browser, f"{site}/mini.html#pick=P-1,P-2") as page:
            page.emulate_media(media="print")
            for shown in ("#pc-plan-rows", "#pc-plan-gaps", "#pc-plan-foot"):
                assert page.locator(shown).is_visible()
            for gone in ("#pc-plan-list", ".pc-plan-screen", "#pc-plan-bar"):
                assert page.locator(gone).is_hidden()
        with visited(browser, f"{site}/mini.html") as page:
            page.emulate_media(media="print")
            assert page.locator("#pc-plan-list").is_visible()
            assert page.locator("#pc-plan-result").is_hidden()

    def test_without_a_script_the_list_and_the_command_are_there(self, browser, site):
        """The factors can be read, the rules as well, and no dead button shows."""
        with visited(browser, f"{site}/mini.html", java_script_enabled=False) as page:
            assert page.locator("noscript code").is_visible()
            assert page.locator("#pc-plan-how").is_visible()
            assert page.locator("#pc-plan button:visible").count() == 0
