"""The interactive map, by real clicks and keys in Chromium, for both datasets."""

import contextlib
import csv
import dataclasses
import gzip
import io
import json
import re
import shutil
from pathlib import Path
from types import MappingProxyType
from xml.etree import ElementTree as ET

import pytest
from site_server import CHROMIUM, pause, served

from personomics import style
from personomics.book import map_data, map_page, map_views
from personomics.book.parts import raw
from personomics.html import escape

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = [ROOT / "assets" / "js" / name for name in ("map.js", "map-files.js")]
SVG = "{http://www.w3.org/2000/svg}"
NASTY = (
    '=1+1 </script><script>window.bad=1</script><img src=x onerror="window.bad=1">'
    " `tick` javascript:alert(1) \u202e right to left 🏡 " + "long " * 800
)
SHOWN = """() => [...document.querySelectorAll('.pc-map-frame a[data-factor]')]
    .filter(a => !a.classList.contains('pc-out')).map(a => a.dataset.factor)"""
ROWS = """() => [...document.querySelectorAll('[data-is=table] tbody tr')]
    .filter(r => !r.hidden).map(r => r.id.replace('row-', ''))"""
needs_browser = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]


def shell(ds):
    """Return the page of the map in as little around it as it can have."""
    sheets = sorted((ROOT / "assets" / "css").glob("*.css"))
    css = style.css_variables() + "".join(s.read_text("utf-8") for s in sheets)
    body = "".join(
        raw(markup).removeprefix("```{raw} html\n").removesuffix("\n```")
        for _, markup in map_page.sections(ds)
    )
    theme = "matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Map</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="icon" href="data:,"><style>{css}</style>'
        f"<script>document.documentElement.dataset.theme = {theme}</script>"
        '<script src="map.js" defer></script></head><body><main>'
        f'<article class="bd-article"><h1>Map</h1><p>{escape(map_page.intro(ds))}</p>'
        f"{body}</article></main></body></html>"
    )


def active(ds):
    """Return the rows of the factors in use, as the file has them."""
    return [r for r in ds["factors"].to_dict("records") if r["status"] == "active"]


def found_in(ds, kind):
    """Return the factors of each article or case, from the consensus codes alone."""
    unit, codes, key = {
        "article": ("terms", "term_codes", "term_id"),
        "case": ("case_items", "case_codes", "item_id"),
    }[kind]
    owner = dict(zip(ds[unit][key], ds[unit][f"{kind}_id"], strict=True))
    rows = ds[codes][ds[codes]["rater_id"] == ds.consensus].dropna(subset=["factor_id"])
    sets = {}
    for row in rows.to_dict("records"):
        sets.setdefault(owner[row[key]], set()).add(row["factor_id"])
    if kind == "article":
        said = ds["screening"]
        said = said[(said["rater_id"] == ds.consensus) & (said["verdict"] == "include")]
        keep = set(said["article_id"])
    else:
        keep = set(ds["cases"].loc[ds["cases"]["eligible"].astype(bool), "case_id"])
    live = {r["factor_id"] for r in active(ds)}
    return {k: s & live for k, s in sets.items() if k in keep and s & live}


@pytest.fixture(scope="module")
def sets(ds, mini):
    """Return both datasets and a spoilt copy by name."""
    rows = mini["factors"].copy()
    rows.loc[0, ["label", "definition"]] = NASTY
    spoilt = MappingProxyType({**mini.tables, "factors": rows})
    bad = dataclasses.replace(mini, tables=spoilt)
    return {"shipped": ds, "mini": mini, "nasty": bad}


@pytest.fixture(scope="module")
def site(sets, tmp_path_factory):
    """Return a folder with a page of the map for each dataset."""
    folder = tmp_path_factory.mktemp("site")
    for name, data in sets.items():
        (folder / name).mkdir()
        for script in SCRIPTS:
            shutil.copy(script, folder / name)
        (folder / name / "map.html").write_text(shell(data), encoding="utf-8")
    return folder


#: Resolves once the page has not scrolled for a quarter of a second.
STILL = """() => new Promise(done => { let at = scrollY, since = performance.now();
  const look = now => { if (scrollY !== at) [at, since] = [scrollY, now];
    if (now - since > 250) done(true); else requestAnimationFrame(look) };
  requestAnimationFrame(look) })"""


@pytest.fixture(scope="module")
def address(site):
    """Serve the pages on this machine."""
    with served(site) as found:
        yield found


@pytest.fixture
def visit(browser, address):
    """Return a function that opens the map; nothing may go wrong while it is open."""
    wrong, contexts = [], []

    def opened(name="shipped", fragment="", width=1280, base=address, **more):
        more = {"viewport": {"width": width, "height": 900}, **more}
        context = browser.new_context(**more)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(5000)
        page.on("console", lambda m: m.type == "error" and wrong.append(m.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(f"{base}/{name}/map.html{fragment}")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


def seen(page):
    """Return the factors that the map and the table show, which must be the same."""
    on_map = sorted(page.evaluate(SHOWN))
    assert sorted(page.evaluate(ROWS)) == on_map
    return set(on_map)


def live(page):
    """Return the words of the live region."""
    return page.locator("#pc-map-count").inner_text()


def unfold(page, name):
    """Open a part of the controls."""
    page.locator(".pc-map-folds summary", has_text=name).click()


def settled(page):
    """Wait until the state is in the address."""
    pause(page, 250)
    return page.url


# Made without a browser ---------------------------------------------------------


def test_the_script_is_small_and_keeps_to_the_rules():
    """The script has at most 15 KB, writes no HTML, stores and fetches nothing."""
    assert SCRIPTS[0].stat().st_size <= 15 * 1024
    for script in SCRIPTS:
        words = script.read_text(encoding="utf-8")
        assert "use strict" in words
        banned = r"innerHTML|outerHTML|insertAdjacent|localStorage|cookie|fetch\(|eval"
        assert not re.search(banned, words)


@pytest.mark.parametrize("name", ["shipped", "mini"])
def test_the_page_is_light(sets, name):
    """All that the map's page loads is within 700 KB, and 300 KB compressed."""
    whole = (shell(sets[name]) + SCRIPTS[0].read_text("utf-8")).encode()
    assert len(whole) < 700_000
    assert len(gzip.compress(whole)) < 300_000


def test_the_data_cannot_close_their_script(sets):
    """Hostile text stays inside the JSON and is read back unchanged."""
    made = str(map_data.script(sets["nasty"]))
    inside = made[made.index(">") + 1 : made.rindex("<")]
    assert "<" not in inside
    assert "`" not in inside
    label = json.loads(inside)["factors"][0]["label"]
    assert label.startswith("=1+1 </script><script>")


def test_empty_cells_tell_not_found_from_not_looked_for(mini):
    """A label that no rater gave is not looked for; a rater's lone answer is named."""
    ratings = mini["factor_ratings"].copy()
    one = active(mini)[0]
    lone = ratings[ratings["factor_id"] == one["factor_id"]].index[0]
    ratings.loc[lone, "level"] = "macrosystem"
    tables = MappingProxyType({**mini.tables, "factor_ratings": ratings})
    made = map_views.matrix(dataclasses.replace(mini, tables=tables), ".")
    rows = ET.fromstring(f"<r>{made}</r>".replace("&nbsp;", " ")).findall(".//tbody/tr")
    cells = {
        row.find("th").text: ["".join(td.itertext()) for td in row.findall("td")]
        for row in rows
    }
    # The toy data have no microsystem and no psychological capability in any table.
    assert set(cells["Microsystem"]) == {"not looked for"}
    assert {row[1] for row in cells.values()} == {"not looked for"}
    assert cells["Individual"][3] == "no factor found"
    place = list(mini.codes("com_b")).index(one["com_b"])
    assert cells["Macrosystem"][place] == (
        f"no factor found; a rater put here: {one['label']}"
    )


# In the browser --------------------------------------------------------------------


class TestInBrowser:
    """What a reader does and gets."""

    pytestmark = needs_browser

    @pytest.mark.parametrize("width", [390, 1280])
    @pytest.mark.parametrize("name", ["shipped", "mini"])
    def test_without_a_script_everything_is_there(self, sets, visit, name, width):
        """Without JavaScript every view links every factor; no dead control shows."""
        page = visit(name, width=width, java_script_enabled=False)
        labels = {r["factor_id"]: r for r in active(sets[name])}
        for view in ("map", "nested", "matrix", "table"):
            place = page.locator(f".pc-view[data-is={view}]")
            assert place.is_visible() == (view != "map" or width > 960)
            links = place.locator("a[data-factor], [data-factor] > a")
            paths = [a.get_attribute("href") for a in links.all()]
            ids = [re.match(r"\./factors/(.+?)(-[a-z0-9-]*)?\.html", p) for p in paths]
            assert all(ids)
            assert len(paths) == len(labels) == len(set(paths))
        assert not page.locator(".pc-map-controls").is_visible()
        assert page.locator("[data-pick]:visible, [data-zoom]:visible").count() == 0

    @pytest.mark.parametrize("key", ["level", "com_b", "stability", "origin"])
    @pytest.mark.parametrize("name", ["shipped", "mini"])
    def test_each_filter(self, sets, visit, name, key):
        """Ticking a code shows its factors in every view; numbers and words follow."""
        rows = active(sets[name])
        code = rows[0][key]
        expected = {r["factor_id"] for r in rows if r[key] == code}
        page = visit(name)
        unfold(page, "Filters")
        page.locator(f'[name={key}][value="{code}"]').check()
        assert seen(page) == expected
        noun = "factor" if len(rows) == 1 else "factors"
        assert live(page) == f"{len(expected)} of {len(rows)} {noun} shown"
        out = page.locator(".pc-map-frame a.pc-out")
        assert {a.get_attribute("tabindex") for a in out.all()} <= {"-1"}
        assert page.locator(f'[data-count="{key}={code}"]').inner_text() == str(
            len(expected)
        )
        page.get_by_role("button", name=f"Remove {code}").click()
        assert len(seen(page)) == len(rows)

    def test_filters_by_instrument(self, ds, visit):
        """Without any instrument in the data every factor is "none found"."""
        linked = set(ds["instrument_factors"]["factor_id"])
        page = visit(fragment="#tool=none-found")
        rows = active(ds)
        assert seen(page) == {r["factor_id"] for r in rows} - linked

    def test_two_codes_of_a_filter_widen_and_two_filters_narrow(self, ds, visit):
        """Codes of one filter are joined by or, filters by and."""
        page = visit(fragment="#level=exosystem,macrosystem&stability=stable")
        assert seen(page) == {
            r["factor_id"] for r in active(ds)
            if r["level"] in ("exosystem", "macrosystem") and r["stability"] == "stable"
        }  # fmt: skip

    @pytest.mark.parametrize("name", ["shipped", "mini"])
    def test_search_as_you_type(self, sets, visit, name):
        """Words of a verbatim phrase find the factor, whatever their case."""
        data = sets[name]
        terms = ds_terms(data)
        factor, phrase = next(iter(terms.items()))
        page = visit(name)
        page.locator("[name=q]").press_sequentially(phrase.upper()[:60])
        assert factor in seen(page)
        page.locator("[name=q]").fill("zzz no such words zzz")
        assert seen(page) == set()
        assert live(page).endswith("nothing answers all of these filters")
        page.get_by_role("button", name="Reset filters").click()
        assert len(seen(page)) == len(active(data))
        assert page.locator("[name=q]").input_value() == ""

    def test_search_ignores_accents(self, visit):
        """A label in Arabic letters is found, and so is a word without its accents."""
        page = visit("mini")
        page.locator("[name=q]").fill("سمعة")
        assert seen(page) == {"P-4"}

    @pytest.mark.parametrize("kind", ["article", "case"])
    @pytest.mark.parametrize("name", ["shipped", "mini"])
    def test_what_one_contributes(self, sets, visit, name, kind):
        """The factors of an article or case are shown with their number."""
        found = found_in(sets[name], kind)
        key = max(found, key=lambda k: len(found[k]))
        page = visit(name)
        unfold(page, "Filters")
        page.locator(f"[name={kind}]").select_option(key)
        assert seen(page) == found[key]
        others = set().union(*(s for k, s in found.items() if k != key))
        told = page.locator("#pc-map-told").inner_text()
        many, alone = len(found[key]), len(found[key] - others)
        noun = "factor" if many == 1 else "factors"
        assert f"{many} {noun}; {alone} of them in no other {kind}" in told
        link = page.locator("#pc-map-told a").first.get_attribute("href")
        assert link == f"./{kind}s/{key}.html"

    @pytest.mark.parametrize("kind", ["article", "case"])
    def test_compare_two(self, ds, visit, kind):
        """Only A, only B and both are told apart by sign, by words and by outline."""
        found = found_in(ds, kind)
        a, b = sorted(found, key=lambda k: -len(found[k]))[:2]
        page = visit()
        unfold(page, "Compare two")
        page.locator("[name=a]").select_option(a)
        assert len(seen(page)) == len(active(ds))
        page.locator("[name=b]").select_option(b)
        assert seen(page) == found[a] | found[b]
        kinds = {"A": found[a] - found[b], "B": found[b] - found[a],
                 "A+B": found[a] & found[b]}  # fmt: skip
        words = {"A": "only in A", "B": "only in B", "A+B": "in both"}
        looks = set()
        for sign, ids in kinds.items():
            assert f"{words[sign]} {len(ids)}" in live(page)
            for key in ids:
                chip = page.locator(f".pc-map-frame [data-factor={key}]")
                assert chip.locator(".pc-sign").text_content() == sign
                assert chip.get_attribute("aria-label").endswith(words[sign])
                row = page.locator(f"#row-{key} .pc-sign")
                assert row.text_content() == words[sign]
                looks.add((sign, *chip.locator("path, polygon").first.evaluate(
                    "e => [getComputedStyle(e).strokeDasharray,"
                    " getComputedStyle(e).strokeWidth]")))  # fmt: skip
        shown = [s for s, ids in kinds.items() if ids]
        assert len(looks) == len({look[1:] for look in looks}) == len(shown)
        assert "vs=" in settled(page)

    def test_the_selection(self, sets, visit):
        """S on a chip, a box in a row and a box in the systems pick the same way."""
        first, second, third = [r["factor_id"] for r in active(sets["mini"])][:3]
        page = visit("mini")
        page.locator(f"#concept-map-map-{first}").focus()
        page.keyboard.press("s")
        page.get_by_label("Table", exact=True).check(force=True)
        page.locator(f"#row-{second} [data-pick]").check()
        page.get_by_label("Systems", exact=True).check(force=True)
        page.locator(f"[data-is=nested] [data-pick={third}]").check()
        assert f"pick={first},{second},{third}&" in settled(page)
        assert page.locator("[data-picked]").inner_text() == "3"
        assert page.locator(f"#row-{first} [data-pick]").is_checked()
        chip = page.locator(f"#concept-map-map-{third}")
        assert chip.get_attribute("aria-label").endswith(", selected")
        assert chip.locator(".pc-sign").text_content().strip() == "✓"
        unfold(page, "Selection")
        items = page.locator(".pc-basket li")
        assert items.count() == 3
        items.nth(1).get_by_role("button").click()
        assert items.count() == 2
        assert not page.locator(f"#row-{second} [data-pick]").is_checked()
        ways = [way.get_attribute("href") for way in page.locator("[data-on]").all()]
        for way, to in zip(ways, ("plan", "apply"), strict=True):
            assert way.endswith(f"/{to}.html#pick={first},{third}&data=3.1.4")
        page.get_by_role("button", name="Clear").click()
        assert "pick" not in settled(page)

    @pytest.mark.parametrize("name", ["shipped", "mini"])
    def test_the_whole_state_is_in_the_address(self, sets, visit, name):
        """A view opened from its address is the same view and says its version."""
        data = sets[name]
        rows, found = active(data), found_in(data, "article")
        key = next(iter(found))
        page = visit(name)
        page.get_by_label("Table", exact=True).check(force=True)
        page.locator("[data-is=table] thead button").nth(5).click()
        page.locator(f"#row-{rows[0]['factor_id']} [data-pick]").check()
        unfold(page, "Filters")
        page.locator(f"[name=article] option[value={key}]").wait_for(state="attached")
        page.locator("[name=article]").select_option(key)
        page.locator(f'[name=stability][value="{rows[0]["stability"]}"]').check()
        page.locator("[name=q]").fill("a, é&b=c#d")
        url = settled(page)
        assert url.endswith(f"&data={data.version}")
        page.locator("[name=q]").fill("a")
        url = settled(page)
        again = visit(name, f"#{url.split('#')[1]}")
        for here in (page, again):
            assert here.locator("#pc-map").get_attribute("data-view") == "table"
        assert again.evaluate(ROWS) == page.evaluate(ROWS)
        assert live(again) == live(page)
        assert not again.locator("#pc-map-notice").is_visible()
        for state in ("[name=article]", "[name=q]", "[name=address]"):
            assert again.locator(state).input_value() == (
                page.locator(state).input_value()
            )
        heads = "[...document.querySelectorAll('th')].map(e => e.ariaSort)"
        assert again.evaluate(heads) == page.evaluate(heads)

    def test_a_search_with_any_sign_survives_the_address(self, visit):
        """Commas, ampersands and hashes in a search come back as they were."""
        page = visit()
        page.locator("[name=q]").fill("a, é&b=c#d%")
        again = visit(fragment=f"#{settled(page).split('#', 1)[1]}")
        assert again.locator("[name=q]").input_value() == "a, é&b=c#d%"

    def test_a_link_of_other_data(self, ds, visit):
        """A link of another version is shown as far as it can be, and says so."""
        one = active(ds)[0]["factor_id"]
        page = visit(fragment=f"#pick={one},F99999&data=0.0.1")
        notice = page.get_by_role("alert")
        assert notice.locator("p").inner_text() == (
            f"This link was made with data 0.0.1; you see {ds.version}. "
            "F99999 is no longer there."
        )
        assert page.locator(f"#row-{one} [data-pick]").is_checked()
        notice.get_by_role("button").click()
        assert not notice.is_visible()

    @pytest.mark.parametrize(
        ("fragment", "named"),
        [
            ("#level=upstairs", "upstairs"),
            ("#nonsense=1", "nonsense"),
            ("#vs=one", "one"),
            ("#view=globe&sort=beauty", "globe, beauty"),
            ("#pick=%E0%A4%A&level=%", "%"),
            ("#level=<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
            ("#__proto__=1&constructor=2&pick=toString", "toString"),
            ("#com_b=" + "x" * 9000, "xxx…"),
            ("#" + "&".join(f"k{n}=1" for n in range(99)), "k4 …"),
        ],
    )
    def test_malformed_states(self, ds, visit, fragment, named):
        """Whatever stands in the address, the map is shown and the fault is named."""
        page = visit(fragment=fragment)
        assert named in page.locator("#pc-map-notice p").inner_text()
        assert len(seen(page)) == len(active(ds))
        assert page.locator("svg").first.is_visible()

    @pytest.mark.parametrize("fragment", ["", "#", "#the-map", "#level=", "#=&&="])
    def test_ordinary_anchors_are_no_state(self, ds, visit, fragment):
        """An anchor, an empty fragment or an empty list shows everything, silently."""
        page = visit(fragment=fragment)
        assert len(seen(page)) == len(active(ds))

    def test_a_new_fragment_is_followed(self, ds, visit):
        """A link to another state of the open page is followed; the selection stays."""
        one = active(ds)[0]["factor_id"]
        page = visit(fragment=f"#pick={one}")
        page.evaluate("location.hash = 'level=mesosystem'")
        page.wait_for_function(
            "document.querySelectorAll('.pc-map-frame .pc-out').length"
        )
        assert seen(page) == {
            r["factor_id"] for r in active(ds) if r["level"] == "mesosystem"
        }
        assert f"pick={one}" in settled(page)

    def test_a_cell_of_the_matrix_opens_its_factors(self, ds, visit):
        """The number in a cell leads to exactly its factors."""
        row = active(ds)[0]
        page = visit(fragment="#view=matrix")
        page.locator(
            f'.pc-cell[title="Show only these: {row["level"]}, {row["com_b"]}"]'
        ).click()
        expected = {
            r["factor_id"] for r in active(ds)
            if (r["level"], r["com_b"]) == (row["level"], row["com_b"])
        }  # fmt: skip
        page.wait_for_function("document.querySelector('#pc-map').dataset.view=='map'")
        assert seen(page) == expected
        settled(page)
        assert page.evaluate("document.activeElement.id") == "pc-map-count"

    def test_the_table_sorts(self, ds, visit):
        """A click on a heading sorts, a second turns, a third returns."""
        page = visit(fragment="#view=table")
        given = page.evaluate(ROWS)
        level = page.locator("[data-is=table] thead button").nth(1)
        order = list(ds.codes("level"))
        levels = {r["factor_id"]: order.index(r["level"]) for r in active(ds)}
        level.click()
        found = [levels[k] for k in page.evaluate(ROWS)]
        assert found == sorted(found)
        level.click()
        found = [levels[k] for k in page.evaluate(ROWS)]
        assert found == sorted(found, reverse=True)
        assert level.locator("..").get_attribute("aria-sort") == "descending"
        level.click()
        assert page.evaluate(ROWS) == given

    def test_by_keyboard_alone(self, ds, visit):
        """Search, walk, select, open: no pointer is needed and focus is seen."""
        page = visit()
        for _ in range(4):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.name") == "q":
                break
        page.keyboard.type("a")
        shown = seen(page)
        for _ in range(40):
            page.keyboard.press("Tab")
            here = page.evaluate("document.activeElement.dataset?.factor")
            if here:
                break
        walked = [here]
        for key in ("ArrowDown",) * 6 + ("ArrowRight", "ArrowLeft"):
            page.keyboard.press(key)
            walked.append(page.evaluate("document.activeElement.dataset.factor"))
        assert set(walked) <= shown
        assert len(set(walked)) >= 6
        ring = page.evaluate(
            "getComputedStyle(document.activeElement.querySelector('path, polygon'))"
            ".strokeWidth"
        )
        assert ring == "3.5px"
        page.keyboard.press("s")
        assert f"pick={walked[-1]}" in settled(page)
        label = next(r for r in active(ds) if r["factor_id"] == walked[-1])["label"]
        there = re.compile("/factors/|/favicon")
        page.route(there, lambda route: route.fulfill(body="A page of its own."))
        with page.expect_request(there) as asked:
            page.keyboard.press("Enter")
        assert f"/factors/{walked[-1]}-{label.split()[0].lower()}" in asked.value.url

    def test_every_chip_is_reached_by_tab(self, ds, visit):
        """Tab goes through all that is shown, once each, and past the map."""
        page = visit(fragment="#level=microsystem")
        page.locator(".pc-map-frame").focus()
        walked = []
        for _ in range(100):
            page.keyboard.press("Tab")
            here = page.evaluate("document.activeElement.dataset?.factor")
            if not here:
                break
            walked.append(here)
        assert sorted(walked) == sorted(
            r["factor_id"] for r in active(ds) if r["level"] == "microsystem"
        )

    def test_zoom_and_pan(self, visit):
        """Buttons, keys, wheel with Ctrl and dragging move the view box, 0 resets."""
        page = visit()
        box = "document.querySelector('.pc-map-frame svg').getAttribute('viewBox')"
        whole = [float(n) for n in page.evaluate(box).split()]

        def now():
            return [float(n) for n in page.evaluate(box).split()]

        page.get_by_role("button", name="Zoom in").click()
        assert now()[2] == pytest.approx(whole[2] / 1.4, rel=1e-3)
        assert now()[0] + now()[2] / 2 == pytest.approx(whole[0] + whole[2] / 2, abs=1)
        page.locator(".pc-map-frame").focus()
        page.keyboard.press("+")
        before = now()
        page.keyboard.press("ArrowRight")
        assert now()[0] > before[0]
        place = page.locator(".pc-map-frame").bounding_box()
        x, y = place["x"] + 300, place["y"] + 300
        before = now()
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x - 80, y - 40, steps=4)
        page.mouse.up()
        scale = before[2] / place["width"]
        assert now()[0] - before[0] == pytest.approx(80 * scale, abs=1)
        assert now()[1] - before[1] == pytest.approx(40 * scale, abs=1)
        assert page.url.endswith("map.html"), "a drag opens no factor"
        before = now()
        page.mouse.wheel(0, 100)
        assert now() == before, "the wheel alone scrolls the page"
        page.keyboard.down("Control")
        page.mouse.wheel(0, -100)
        page.keyboard.up("Control")
        page.wait_for_function(f"{box} != '{' '.join(map(str, before))}'")
        assert now()[2] < before[2]
        page.keyboard.press("0")
        assert now() == pytest.approx(whole, abs=0.1)

    def test_a_chip_out_of_sight_comes_into_view(self, visit):
        """In a zoomed map the focus is never outside of what is seen."""
        page = visit()
        page.locator(".pc-map-frame").focus()
        for _ in range(5):
            page.keyboard.press("+")
        for _ in range(12):
            page.keyboard.press("Tab")
            inside = page.evaluate("""() => {
              const r = document.activeElement.getBoundingClientRect();
              const f = document.querySelector('.pc-map-frame').getBoundingClientRect();
              const [x, y] = [r.left + r.width / 2, r.top + r.height / 2];
              return x > f.left && x < f.right && y > f.top && y < f.bottom; }""")
            assert inside

    def test_touch_scrolls_the_page_until_zoomed(self, visit):
        """One finger scrolls the page, two fingers zoom the map."""
        page = visit(fragment="#view=map", width=390, has_touch=True, is_mobile=True)
        cdp = page.context.new_cdp_session(page)
        page.locator(".pc-map-frame").scroll_into_view_if_needed()
        box = "document.querySelector('.pc-map-frame svg').getAttribute('viewBox')"
        whole = page.evaluate(box)
        place = page.locator(".pc-map-frame").bounding_box()
        x, y = place["x"] + 180, place["y"] + 150

        def touch(kind, *points):
            places = [{"x": p, "y": q} for p, q in points]
            told = {"type": kind, "touchPoints": places}
            cdp.send("Input.dispatchTouchEvent", told)

        style_of = (
            "getComputedStyle(document.querySelector('.pc-map-frame')).touchAction"
        )
        assert page.evaluate(style_of) == "pan-x pan-y"
        touch("touchStart", (x, y))
        touch("touchMove", (x, y - 60))
        touch("touchEnd")
        assert page.evaluate(box) == whole
        page.wait_for_function(STILL)  # while a page scrolls, it keeps the fingers
        page.locator(".pc-map-frame").scroll_into_view_if_needed()
        place = page.locator(".pc-map-frame").bounding_box()  # it may have gone far
        x, y = place["x"] + 180, place["y"] + 150
        touch("touchStart", (x - 20, y), (x + 20, y))
        for step in (30, 45, 60):
            touch("touchMove", (x - step, y), (x + step, y))
        touch("touchEnd")
        wide = float(page.evaluate(box).split()[2])
        assert wide == pytest.approx(float(whole.split()[2]) / 3, rel=0.02)
        assert page.evaluate(style_of) == "none"

    def test_the_csv_is_what_is_shown(self, ds, visit):
        """The CSV holds the rows shown, in their order, with the data version."""
        page = visit(fragment="#level=microsystem&sort=-articles&pick=F99999")
        unfold(page, "Share and save")
        with page.expect_download() as got:
            page.get_by_role("button", name="Save CSV").click()
        assert got.value.suggested_filename == f"personomics-map-data-{ds.version}.csv"
        rows = list(csv.DictReader(io.StringIO(saved(got.value).decode())))
        assert [r["factor_id"] for r in rows] == page.evaluate(ROWS)
        assert {r["data_version"] for r in rows} == {ds.version}
        articles = [int(r["articles"]) for r in rows]
        assert articles == sorted(articles, reverse=True)
        counts = {k: sum(k in s for s in found_in(ds, "article").values())
                  for k in (r["factor_id"] for r in rows)}  # fmt: skip
        assert {r["factor_id"]: int(r["articles"]) for r in rows} == counts

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_the_pictures_are_what_is_seen(self, ds, visit, scheme):
        """SVG and PNG stand alone, in the colours and the part that are seen."""
        page = visit(fragment="#level=exosystem", color_scheme=scheme)
        page.locator(".pc-map-frame").focus()
        page.keyboard.press("+")
        unfold(page, "Share and save")
        with page.expect_download() as got:
            page.get_by_role("button", name="Save SVG").click()
        words = saved(got.value).decode()
        top = ET.fromstring(words)
        assert "var(" not in words
        assert "class=" not in words
        assert any(ds.version in (t.text or "") for t in top.iter(f"{SVG}text"))
        seen_box = page.locator(".pc-map-frame svg").get_attribute("viewBox").split()
        assert top.get("viewBox").split()[:3] == seen_box[:3]
        fills = {}
        for anchor in top.iter(f"{SVG}a"):
            shape = next(e for e in anchor if e.tag in (f"{SVG}path", f"{SVG}polygon"))
            fills[anchor.get("data-factor")] = shape.get("fill")
        paper = style.PALETTE["paper"][scheme == "dark"]
        paper = f"rgb({', '.join(str(int(paper[i : i + 2], 16)) for i in (1, 3, 5))})"
        rows = active(ds)
        dim = {r["factor_id"] for r in rows if r["level"] != "exosystem"}
        assert {k for k, fill in fills.items() if fill == paper} == dim
        with page.expect_download() as got:
            page.get_by_role("button", name="Save PNG").click()
        picture = saved(got.value)
        assert picture.startswith(b"\x89PNG")
        assert int.from_bytes(picture[16:20], "big") == 2400
        assert len(picture) > 20_000

    def test_hostile_text_stays_text(self, visit):
        """Markup in a label is shown as text in every view and file, harmlessly."""
        page = visit("nasty", width=390)
        for view in ("Map", "Systems", "Matrix", "Table"):
            page.get_by_label(view, exact=True).check(force=True)
            full = page.evaluate("document.documentElement.scrollWidth")
            assert full <= 390, view
        page.locator("#row-P-1 [data-pick]").check()
        unfold(page, "Selection")
        unfold(page, "Share and save")
        with page.expect_download() as got:
            page.get_by_role("button", name="Save CSV").click()
        rows = list(csv.DictReader(io.StringIO(saved(got.value).decode())))
        assert rows[0]["label"].startswith("'=1+1 </script>")
        assert not any(re.match("[=+@\t-]", v) for r in rows for v in r.values())
        assert page.evaluate("window.bad") is None
        assert page.locator("#row-P-1 a").inner_text().startswith("=1+1 </script>")

    def test_the_accessibility_tree(self, ds, visit):
        """Chips are links with name and description; controls have names."""
        page = visit(fragment="#view=map")
        cdp = page.context.new_cdp_session(page)
        nodes = cdp.send("Accessibility.getFullAXTree")["nodes"]
        said = [
            {k: n.get(k, {}).get("value", "") for k in ("role", "name", "description")}
            for n in nodes if not n["ignored"]
        ]  # fmt: skip
        links = {n["name"]: n["description"] for n in said if n["role"] == "link"}
        for row in active(ds):
            name = f"{row['label']}: {row['com_b']}, {row['level']}, {row['stability']}"
            assert row["definition"] in links[name]
        named = {(n["role"], n["name"]) for n in said}
        assert ("group", "Concept map") in named
        assert ("searchbox", "Search") in named
        assert ("group", "View") in named
        assert any(n["role"] == "status" for n in said)
        for n in said:
            if n["role"] in ("button", "checkbox", "radio", "combobox", "textbox"):
                assert n["name"], n

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize("width", [320, 390, 768, 1280])
    def test_every_view_fits(self, visit, width, scheme):
        """Nothing sticks out of the page, with every part of the controls open."""
        page = visit(width=width, color_scheme=scheme)
        for name in ("Filters", "Compare two", "Selection", "Share and save"):
            unfold(page, name)
        for view in ("Map", "Systems", "Matrix", "Table"):
            page.get_by_label(view, exact=True).check(force=True)
            full = page.evaluate("document.documentElement.scrollWidth")
            assert full <= width, view

    def test_a_phone_gets_the_systems_first(self, visit):
        """Below 960 pixels the stacked systems stand in for the drawing."""
        page = visit(width=390)
        assert page.locator(".pc-view[data-is=nested]").is_visible()
        assert not page.locator(".pc-map-frame").is_visible()
        page.set_viewport_size({"width": 1280, "height": 900})
        page.wait_for_function("document.querySelector('#pc-map').dataset.view=='map'")

    def test_forced_colours(self, visit):
        """With forced colours the chips take the system's colours."""
        page = visit(fragment="#level=exosystem", forced_colors="active")
        fills = page.evaluate(
            "[...document.querySelectorAll('.pc-map-frame a > :is(path, polygon)')]"
            ".map(e => getComputedStyle(e).fill)"
        )
        assert len(set(fills)) == 1

    def test_from_a_folder(self, site, visit):
        """Opened by double click the map works, and files tell no path."""
        page = visit(fragment="#level=exosystem", base=f"file://{site}")
        page.locator("[name=q]").fill("access")
        assert "q=access" in settled(page)
        unfold(page, "Share and save")
        with page.expect_download() as got:
            page.get_by_role("button", name="Save SVG").click()
        assert str(site) not in saved(got.value).decode()
        page.get_by_role("button", name="Copy link").click()
        assert live(page) in ("Link copied", "Copy the address from its field")


def ds_terms(data):
    """Return a verbatim phrase for each factor, from the tables alone."""
    words = dict(zip(data["terms"]["term_id"], data["terms"]["term"], strict=True))
    codes = data["term_codes"]
    codes = codes[codes["rater_id"] == data.consensus].dropna(subset=["factor_id"])
    keep = set()
    with contextlib.suppress(KeyError):
        said = data["screening"]
        said = said[said["rater_id"] == data.consensus]
        keep = set(said.loc[said["verdict"] == "include", "article_id"])
    owner = dict(
        zip(data["terms"]["term_id"], data["terms"]["article_id"], strict=True)
    )
    found = {}
    for row in codes.to_dict("records"):
        if owner[row["term_id"]] in keep:
            found.setdefault(row["factor_id"], words[row["term_id"]])
    return found


def saved(download):
    """Return the bytes of a download."""
    return Path(download.path()).read_bytes()
