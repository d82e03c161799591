"""The page that applies the map to a patient or a protocol, and the rules behind it."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
from site_server import CHROMIUM, exported, served, visited

from personomics import evidence, style
from personomics.book import apply_data, apply_page, pages, parts
from personomics.html import Markup, tag

ROOT = Path(__file__).resolve().parent.parent
needs_browser = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]
POLICY = "connect-src 'none'; form-action 'none'"
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "[x](javascript:alert(1)) `code` *star*",
    "ab\u200fcd \u202eevil {0} 🪁",
    "L" * 4000,
)


# The rules ------------------------------------------------------------------------


def test_similar_cases_of_the_toy_data_are_as_worked_out_by_hand(mini):
    """Case k-1 holds P-1 and P-2, k-2 holds P-4; k-3 is not eligible."""
    assert apply_data.similar(mini, ["P-1", "P-2", "P-4"]) == [
        {"case": "k-1", "shared": ["P-2", "P-1"], "factors": 2},
        {"case": "k-2", "shared": ["P-4"], "factors": 1},
    ]
    # One factor shared with each: all of k-2 is shared, but only half of k-1.
    found = apply_data.similar(mini, ["P-1", "P-4"])
    assert [row["case"] for row in found] == ["k-2", "k-1"]
    assert apply_data.similar(mini, ["P-3", "no such"]) == []


def test_overlooked_factors_of_the_toy_data_are_as_worked_out_by_hand(mini):
    """Article a-1 holds P-1 and P-2; a-2 holds P-1 and P-3; a-3 P-2; a-4 both."""
    sets = evidence.factor_sets(mini)
    found = {row["factor"]: row for row in apply_data.overlooked(mini, ["P-1"])}
    with_p1 = [s for s in sets.values() if "P-1" in s]
    expected = set().union(*with_p1) | {"P-2"}
    assert set(found) == expected - {"P-1"}
    assert found["P-2"]["cases"] == [1, 1]
    assert found["P-2"]["articles"] == [
        sum("P-2" in s for s in with_p1),
        sum("P-2" in s for s in sets.values()),
    ]
    assert apply_data.overlooked(mini, []) == []


def test_the_profile_adds_up(ds):
    """Systems, components, cells and stability each add up to the factors given."""
    ids = random.Random(5).sample(apply_data.map_order(ds), 9)
    made = apply_data.profile(ds, [*ids, "no such factor"])
    sums = [sum(made[key].values()) for key in ("levels", "com_b", "stability")]
    cells = sum(n for row in made["cells"].values() for n in row.values())
    assert [*sums, cells] == [9] * 4


def test_only_eligible_cases_are_on_the_page(mini):
    """A narrative that is not eligible is neither in the data nor on the page."""
    assert [one["id"] for one in apply_data.page_data(mini)["cases"]] == ["k-1", "k-2"]
    assert "The plan nobody saw" not in pages.make("apply", mini, {})


def test_the_page_is_light_and_its_data_are_whole(ds):
    """The page stays below 250 KB, its script below 12 KB; its JSON is well formed."""
    made = pages.make("apply", ds, {})
    assert len(made.encode()) < 250_000
    assert len((ROOT / "assets/js/apply.js").read_bytes()) <= 12 * 1024
    data = re.search(r'id="pc-apply-data">(.*?)</script>', made, re.S)
    assert json.loads(data[1])["version"] == ds.version


# The page in a browser -------------------------------------------------------------


def shell(ds):
    """Return the page as a whole document, with the policy of the template."""
    inner = parts.raw(apply_page.sections(ds)[0][1]).split("\n", 1)[1]
    sheets = sorted((ROOT / "assets" / "css").glob("*.css"))
    css = style.css_variables() + "".join(s.read_text("utf-8") for s in sheets)
    head = join_head(css)
    body = Markup(inner.rsplit("\n", 1)[0])
    inside = tag("h1", "Apply the map") + tag("p", apply_page.intro(ds)) + body
    main = tag("main", tag("article", tag("section", inside), class_="bd-article"))
    frame = tag("div", main, class_="pc-frame pc-roomy")
    return f"<!doctype html><html lang='en' data-theme='light'>{head}{frame}</html>"


def join_head(css):
    """Return the head of the document."""
    return (
        "<head><meta charset='utf-8'><title>Apply</title>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f"<link rel='icon' href='data:,'><style>{css}</style>"
        "<script defer src='apply.js'></script></head>"
    )


def spoiled(ds):
    """Return a dataset with hostile words wherever the page shows words of the data."""
    tables = dict(ds.tables)
    words = iter(HOSTILE * 99)
    for name, columns in {
        "factors": ("label", "definition"),
        "cases": ("title", "adaptation", "authors", "journal"),
        "terms": ("term",),
        "instruments": ("name", "abbreviation"),
    }.items():
        frame = tables[name].copy()
        for column in columns:
            old = frame[column].fillna("")
            frame[column] = [f"{next(words)} {cell}" for cell in old]
        tables[name] = frame
    return replace(ds, tables=MappingProxyType(tables))


@pytest.fixture(scope="module")
def site(tmp_path_factory, ds, mini):
    """Serve the page of three datasets on this machine."""
    folder = tmp_path_factory.mktemp("apply")
    (folder / "apply.js").write_bytes((ROOT / "assets/js/apply.js").read_bytes())
    for name, data in {"apply": ds, "mini": mini, "hostile": spoiled(mini)}.items():
        (folder / f"{name}.html").write_text(shell(data), "utf-8")
    with served(folder) as found:
        yield found


def report(page):
    """Return the exported JSON."""
    return json.loads(exported(page, "Save JSON")[1])


def tick(page, *labels):
    """Tick factors by their names."""
    for label in labels:
        page.get_by_role("checkbox", name=label, exact=True).check()


#: Opens a link to each selection, presses the button of the JSON, keeps its words.
REPORTS = """async picks => { const words = [], kept = Blob;
  HTMLAnchorElement.prototype.click = () => {};
  window.Blob = function (parts, kind) {
    words.push(parts[0]); return new kept(parts, kind); };
  for (const ids of picks) {
    const changed = new Promise(done =>
      addEventListener('hashchange', done, { once: true }));
    location.hash = `for=protocol&pick=${ids}&n=${words.length}`;
    await changed;
    document.getElementById('pc-apply-json').click();
  }
  return words; }"""


def three(ds, count=3):
    """Return the labels of factors of the commonest case, then of the first factors."""
    sets = apply_data.case_sets(ds)
    first = max(sets, key=lambda case: len(sets[case]))
    labels = evidence.factor_labels(ds)
    own = [f for f in apply_data.map_order(ds) if f in sets[first]]
    rest = [f for f in apply_data.map_order(ds) if f not in own]
    return [labels[f] for f in [*own, *rest][:count]]


class TestInTheBrowser:
    """Real clicks and keys, in headless Chromium."""

    pytestmark = needs_browser

    def test_the_browser_finds_what_python_finds(self, browser, site, ds, mini):
        """Sixty random selections give the same profile, cases and factors in both."""
        draw = random.Random(20)
        for name, data, times in (("apply", ds, 50), ("mini", mini, 10)):
            order = apply_data.map_order(data)
            with visited(browser, f"{site}/{name}.html") as page:
                sizes = draw.choices([0, 1, 2, 3, 5, 8, 13], k=times)
                picks = [draw.sample(order, min(len(order), n)) for n in sizes]
                reports = page.evaluate(REPORTS, picks)
                assert len(reports) == times
                for ids, made in zip(picks, map(json.loads, reports), strict=True):
                    assert {f["id"] for f in made["factors"]} == set(ids)
                    assert made["profile"] == apply_data.profile(data, ids)
                    sizes = apply_data.case_sets(data)
                    assert [
                        (c["id"], c["shared"], len(sizes[c["id"]]))
                        for c in made["similar"]["cases"]
                    ] == [
                        (c["case"], c["shared"], c["factors"])
                        for c in apply_data.similar(data, ids)
                    ]
                    assert [
                        (f["id"], f["articles"], f["cases"])
                        for f in made["overlooked"]["factors"]
                    ] == [
                        (f["factor"], f["articles"], f["cases"])
                        for f in apply_data.overlooked(data, ids)
                    ]

    def test_ticks_give_a_result_at_once(self, browser, site, ds):
        """Ticking shows grid, components, cases with citations, and a live message."""
        labels = three(ds)
        ids = [f for f, n in evidence.factor_labels(ds).items() if n in labels]
        with visited(browser, f"{site}/apply.html") as page:
            assert page.locator("#pc-apply-status").inner_text().startswith("Nothing")
            tick(page, *labels)
            said = page.locator("#pc-apply-status").inner_text()
            assert said.startswith(f"3 of {len(evidence.active_factors(ds))} factors")
            assert f"{len(apply_data.similar(ds, ids))} of" in said
            counts = page.locator("#pc-apply-grid b").all_inner_texts()
            assert sum(int(cell.split()[0]) for cell in counts) == 3
            best = apply_data.similar(ds, ids)[0]
            entry = page.locator("#pc-apply-cases li").first
            case = evidence.eligible_cases(ds).set_index("case_id").loc[best["case"]]
            assert case["adaptation"] in entry.inner_text()
            assert best["case"] in entry.locator("a").first.get_attribute("href")
            for label in labels:
                assert label in entry.inner_text()
            chips = page.locator("#pc-apply-chips > li:visible")
            assert chips.count() == 3
            picked = [f for f in apply_data.map_order(ds) if f in ids]
            for to in ("map", "plan"):
                assert page.locator(f"#pc-apply-{to}").get_attribute("href") == (
                    f"{to}.html#pick={','.join(picked)}&data={ds.version}"
                )
            page.get_by_role("button", name=f"Remove {labels[0]}").click()
            assert chips.count() == 2
            box = page.get_by_role("checkbox", name=labels[0], exact=True)
            assert not box.is_checked()

    def test_nothing_is_sent_or_stored(self, browser, site, ds):
        """No request after loading, nothing kept, address unchanged until asked."""
        with visited(browser, f"{site}/apply.html") as page:
            sent = []
            page.on("request", lambda r: sent.append(r.url))
            before = page.url
            page.fill("#pc-apply-search", "a")
            tick(page, *three(ds))
            page.fill("#pc-apply-search", "")
            page.get_by_label("A trial protocol").check()
            page.fill("#pc-apply-title", "Second visit")
            report(page)
            exported(page, "Save Markdown")
            page.evaluate("window.print = () => {}")
            page.get_by_role("button", name="Print").click()
            assert page.url == before
            page.get_by_role("button", name="Make a link").click()
            assert page.url != before
            page.get_by_role("button", name="Reset").click()
            assert page.url == before
            assert [url for url in sent if not url.startswith("blob:")] == []
            kept = page.evaluate(
                """async () => [localStorage.length, sessionStorage.length,
                   document.cookie, (await indexedDB.databases()).length,
                   (await caches.keys()).length, window.name]"""
            )
            assert kept == [0, 0, "", 0, 0, ""]
            tick(page, *three(ds))
            page.reload()
            assert page.locator("input[type=checkbox]:checked").count() == 0

    def test_a_link_restores_the_ticks(self, browser, site, ds):
        """The link that is made on demand restores ticks and the choice of protocol."""
        labels = three(ds, 5)
        with visited(browser, f"{site}/apply.html") as page:
            tick(page, *labels)
            page.get_by_label("A trial protocol").check()
            page.get_by_role("button", name="Make a link").click()
            made = page.get_by_label("Link to this selection").input_value()
            assert made == page.url
            assert f"data={ds.version}" in made
        with visited(browser, made) as page:
            ticked = page.locator("#pc-apply-chips > li:visible a").all_inner_texts()
            assert sorted(ticked) == sorted(labels)
            assert page.get_by_label("A trial protocol").is_checked()
            assert page.locator("#pc-apply-notice").inner_text() == ""

    @pytest.mark.parametrize(
        ("fragment", "told", "ticked"),
        [
            ("pick=P-1,F99&data=0.0.1", "data 0.0.1", ["P-1"]),
            ("pick=P-1,%3Cimg%20src=x%3E", "<img src=x>", ["P-1"]),
            ("pick=", "", []),
            ("pick=P-1&for=nobody", "neither patient nor protocol", ["P-1"]),
            ("level=individual", "names no factors", []),
            ("pick=%E0%A4%A&for=%", "Not among", []),
            ("==&&=%", "names no factors", []),
            ("an-ordinary-anchor", "", []),
            ("pick=" + "x" * 5000, "Not among", []),
        ],
    )
    def test_odd_links_are_explained(self, browser, site, fragment, told, ticked):
        """Whatever a link says, the page ticks what it knows and says the rest."""
        with visited(browser, f"{site}/mini.html#{fragment}") as page:
            boxes = page.locator("input[type=checkbox]:checked")
            assert [b.get_attribute("value") for b in boxes.all()] == ticked
            notice = page.locator("#pc-apply-notice").inner_text()
            assert (told in notice) if told else notice == ""
            assert len(notice) < 600

    def test_exports_hold_notice_version_and_link(self, browser, site, ds):
        """JSON and Markdown carry the warning, the data version and the same link."""
        labels = three(ds)
        with visited(browser, f"{site}/apply.html") as page:
            tick(page, *labels)
            page.fill("#pc-apply-title", "Visit #2 *again*")
            name, words = exported(page, "Save JSON")
            assert name == f"personomics-profile-data-{ds.version}.json"
            made = json.loads(words)
            assert made["title"] == "Visit #2 *again*"
            assert made["data"]["version"] == ds.version
            assert made["about"] == "a patient"
            assert "Not medical advice" in made["notice"]
            assert made["book"] == f"{site}/apply.html"
            assert {f["label"] for f in made["factors"]} == set(labels)
            assert all(c["citation"] for c in made["similar"]["cases"])
            note, text = exported(page, "Save Markdown")
            assert note == f"personomics-profile-data-{ds.version}.md"
            assert text.startswith("# Visit \\#2 \\*again\\*\n")
            for piece in (made["notice"], ds.version, f"<{made['link']}>", *labels):
                assert piece in text
            assert "Date" not in text
            page.goto("about:blank")
            page.goto(made["link"])
            assert len(report(page)["factors"]) == len(labels)

    def test_a_protocol_is_told_what_can_be_measured(self, browser, site):
        """Words change, and each ticked factor shows its best instrument and gaps."""
        with visited(browser, f"{site}/mini.html") as page:
            tick(page, "Bodily strength", "Years with the illness")
            assert not page.locator("#pc-apply-measures").is_visible()
            page.get_by_label("A trial protocol").check()
            shown = page.locator("#pc-apply-measures").inner_text()
            assert "on record for 0 of 2" in shown
            assert "Bodily strength: partial only Toy hand-grip test" in shown
            assert "Years with the illness: none found" in shown
            assert page.locator("#pc-apply-measures li:visible").count() == 2
            assert "instruments.html" in page.get_by_role(
                "link", name="All instruments"
            ).get_attribute("href")
            assert page.get_by_role("heading", name="The protocol on the map").count()

    def test_nothing_shared_and_nothing_outside_are_said_plainly(self, browser, site):
        """No similar case, or nothing beyond the innermost system: the page says so."""
        with visited(browser, f"{site}/mini.html") as page:
            tick(page, "Trust between services")
            assert "None of the 2 cases shares a factor." in page.inner_text(
                "#pc-apply-cases"
            )
            page.get_by_role("button", name="Reset").click()
            tick(page, "Bodily strength")
            assert "beyond the individual system" in page.inner_text("#pc-apply-open")

    def test_a_factor_is_found_by_everyday_and_verbatim_words(self, browser, site, ds):
        """Typing words of a source or of everyday life leaves the factors they mean."""
        with visited(browser, f"{site}/apply.html") as page:
            shown = page.locator("#pc-apply-list li:visible b > span:first-child")
            every = shown.count()
            for factor, words in list(apply_data.spoken(ds).items())[:12]:
                page.fill("#pc-apply-search", words[0].upper())
                assert evidence.factor_labels(ds)[factor] in shown.all_inner_texts()
            page.fill("#pc-apply-search", "qqqq")
            assert shown.count() == 0
            assert "No factor is found" in page.inner_text("#pc-apply-found")
            page.fill("#pc-apply-search", "")
            assert shown.count() == every
            assert page.inner_text("#pc-apply-found") == ""

    def test_the_page_works_by_keys_and_names_itself(self, browser, site):
        """Search, tick and choose by keys; every control has a name and description."""
        with visited(browser, f"{site}/mini.html") as page:
            page.get_by_label("Find a factor").focus()
            page.keyboard.type("bodily")
            page.keyboard.press("Tab")
            page.keyboard.press("Space")
            assert page.locator("input[type=checkbox]:checked").count() == 1
            nameless = page.locator(
                "#pc-apply :is(input, button):visible"
            ).evaluate_all(
                """all => all.filter(e => !(e.labels?.length || e.textContent.trim()
                     || e.hasAttribute('aria-label')
                     || e.hasAttribute('aria-labelledby'))).length"""
            )
            assert nameless == 0
            box = page.get_by_role("checkbox", name="Bodily strength", exact=True)
            told = box.get_attribute("aria-describedby")
            assert "what the body can do" in page.inner_text(f"#{told}")
            live = page.locator("#pc-apply [role=status]")
            assert live.count() == 4
            page.get_by_label("A patient").focus()
            page.keyboard.press("ArrowRight")
            assert page.get_by_label("A trial protocol").is_checked()
            tree = page.locator("#pc-apply").aria_snapshot()
            assert 'group "individual, physical capability"' in tree
            assert 'region "The protocol on the map"' in tree

    @pytest.mark.parametrize("width", [320, 390, 1280])
    def test_nothing_scrolls_sideways(self, browser, site, width):
        """The page fits phones and desks, with hostile words as well."""
        for name in ("apply", "hostile"):
            with visited(browser, f"{site}/{name}.html", width) as page:
                for box in page.locator("input[type=checkbox]").all()[:5]:
                    box.check()
                page.get_by_label("A trial protocol").check()
                assert page.evaluate("document.documentElement.scrollWidth") <= width
                small = page.locator(
                    "#pc-apply :is(button, label):visible"
                ).evaluate_all(
                    "all => all.filter(e => e.matches('button') &&"
                    " e.getBoundingClientRect().height < 24).length"
                )
                assert small == 0

    def test_hostile_words_stay_words(self, browser, site):
        """Words of the data become no element, no link and no Markdown."""
        with visited(browser, f"{site}/hostile.html") as page:
            for box in page.locator("input[type=checkbox]").all():
                box.check()
            assert page.locator("#pc-apply img").count() == 0
            assert page.locator("#pc-apply script").count() == 0
            assert page.locator("#pc-apply a[href^='javascript']").count() == 0
            assert "alert(1)" in page.inner_text("#pc-apply-result")
            assert len(report(page)["factors"]) == 5
            text = exported(page, "Save Markdown")[1]
            assert not re.search(r"(?<!\\)(<script|<img|\[x\]\(|`code`)", text)

    def test_print_gives_one_clean_sheet(self, browser, site, ds):
        """On paper stand the warning, the result, version and link, on one page."""
        for kind in ("A patient", "A trial protocol"):
            with visited(browser, f"{site}/apply.html") as page:
                tick(page, *three(ds, 7))
                page.get_by_label(kind).check()
                page.emulate_media(media="print")
                assert not page.locator("#pc-apply-list").is_visible()
                assert not page.get_by_role("button").first.is_visible()
                assert "Not medical advice" in page.inner_text("#pc-apply")
                assert ds.version in page.locator("#pc-apply-foot").inner_text()
                assert "#pick=" in page.locator("#pc-apply-foot").inner_text()
                sheet = page.pdf(prefer_css_page_size=True)
                assert len(re.findall(rb"/Type\s*/Page\b", sheet)) == 1

    def test_before_a_tick_the_list_is_printed(self, browser, site, ds):
        """With nothing ticked, paper gets the list to tick by hand and no result."""
        with visited(browser, f"{site}/apply.html") as page:
            assert not page.get_by_text("Take it with you").is_visible()
            page.emulate_media(media="print")
            boxes = page.locator("#pc-apply-list input:visible")
            assert boxes.count() == len(evidence.active_factors(ds))
            assert not page.locator("#pc-apply-result").is_visible()

    def test_the_page_is_of_use_without_javascript(self, browser, site, ds):
        """Without a script: what it would do, links, a list to tick, adaptations."""
        address = f"{site}/apply.html"
        with visited(browser, address, java_script_enabled=False) as page:
            told = page.locator("#pc-apply noscript p").first
            assert told.is_visible()
            assert told.inner_text().startswith("With JavaScript, this page would")
            factors = len(evidence.active_factors(ds))
            assert page.locator("noscript a").count() == factors
            assert page.locator("#pc-apply-list input:visible").count() == factors
            assert not page.locator("#pc-apply-result").is_visible()
            assert not page.get_by_label("Find a factor").is_visible()
            page.get_by_text("Every adaptation, by COM-B").click()
            rows = page.locator("#pc-apply-all tbody tr:visible")
            assert rows.count() == len(evidence.eligible_cases(ds))
            page.emulate_media(media="print")
            assert page.locator("#pc-apply-list input:visible").count() == factors
