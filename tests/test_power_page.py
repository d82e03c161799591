"""The page that works out how large a trial must be, beside Python and SciPy."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest
from scipy import special, stats
from site_server import CHROMIUM, exported, served, visited

from personomics import __version__, cli_power, power, style
from personomics.book import pages, parts, power_curve, power_page, power_words
from personomics.html import Markup, tag

ROOT = Path(__file__).resolve().parent.parent
POLICY = "connect-src 'none'; form-action 'none'"


# The page as it is made -------------------------------------------------------------


def test_the_page_is_light_and_its_data_are_whole(ds):
    """The page stays below 120 KB, its script below 48 KB; its JSON is well formed."""
    made = pages.make("power", ds, {})
    assert len(made.encode()) < 120_000
    assert len((ROOT / "assets/js/power.js").read_bytes()) <= 48 * 1024
    data = re.search(r'id="pc-power-data">(.*?)</script>', made, re.S)
    assert json.loads(data[1])["version"] == __version__


def test_every_setting_has_a_field_with_its_label_and_range(ds):
    """All settings of Python are on the page, each with its words and its range."""
    made = str(power_page.sections(ds)[0][1])
    for name, limit in power.limits().items():
        if name == "effect_ratio":
            continue
        assert f'data-field="{name}"' in made
        assert limit["label"] in made
        assert limit["words"][1:] in made or limit["choices"]


def test_the_treatment_effect_is_that_of_a_two_sample_t_test():
    """0.3 SD: statsmodels' two-sample t test has the same power and sample."""
    from statsmodels.stats.power import TTestIndPower

    design, peer = power.Design(effect=0.3, power=0.8), TTestIndPower()
    for n in (50, 350, 900):
        assert power_curve.main_power(design, n, 0.3) == pytest.approx(
            peer.power(0.3, n / 2, 0.05), abs=1e-9
        )
    pair = peer.solve_power(0.3, power=0.8, alpha=0.05)
    assert power_curve.main_needs(design, 0.3, 0.8) == -(-2 * pair // 1)


def test_a_binary_treatment_effect_is_the_wald_test_worked_by_hand():
    """Odds ratio 2 at a risk of 0.5, n = 400: log 2 over sqrt(1/50 + 1/44.4…)."""
    design = power.Design(outcome="binary", effect=2, power=0.8, baseline_risk=0.5)
    risk = 2 / 3
    error = (1 / (200 * 0.25) + 1 / (200 * risk * (1 - risk))) ** 0.5
    signal = 0.6931471805599453 / error
    expected = special.ndtr(signal - 1.959963984540054) + special.ndtr(
        -signal - 1.959963984540054
    )
    assert power_curve.main_power(design, 400, 2) == pytest.approx(expected, abs=1e-12)


def test_the_published_trial_has_about_its_published_uncertainty(ds):
    """Filled in, the largest trial needs the sample that its intervals amount to."""
    made = power_page.worked(ds)
    assert made is not None
    settings = {k: v for k, v in made["settings"].items() if k != "n"}
    found = power.evaluate(power.Design(**settings, power=0.8))
    one = next(e for e in power.examples(ds) if e.measure in power_page.RATES)
    assert found["n"] == pytest.approx(one.same, rel=0.1)


def test_data_without_a_published_trial_have_no_button_for_it(mini):
    """The toy data hold none: no button, no table, and the page is whole."""
    made = str(power_page.sections(mini)[0][1])
    assert "pc-power-example" not in made
    assert "worked through" not in made
    assert "pc-power-said" in made


# The page in a browser ---------------------------------------------------------------


@pytest.fixture(scope="module")
def site(tmp_path_factory, ds):
    """Serve the page on this machine, in a document with the policy of the template."""
    folder = tmp_path_factory.mktemp("power")
    (folder / "power.js").write_bytes((ROOT / "assets/js/power.js").read_bytes())
    inner = parts.raw(power_page.sections(ds)[0][1]).split("\n", 1)[1]
    sheets = sorted((ROOT / "assets" / "css").glob("*.css"))
    css = style.css_variables() + "".join(s.read_text("utf-8") for s in sheets)
    head = (
        "<head><meta charset='utf-8'><title>Power</title>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f"<link rel='icon' href='data:,'><style>{css}</style>"
        "<script defer src='power.js'></script></head>"
    )
    body = Markup(inner.rsplit("\n", 1)[0])
    inside = tag("h1", "How large a trial") + tag("p", power_page.intro(ds)) + body
    main = tag("main", tag("article", tag("section", inside), class_="bd-article"))
    frame = tag("div", main, class_="pc-frame-narrow")
    whole = f"<!doctype html><html lang='en' data-theme='light'>{head}{frame}</html>"
    (folder / "power.html").write_text(whole, "utf-8")
    with served(folder) as found:
        yield f"{found}/power.html"


def said(page):
    """Return the answer."""
    return page.inner_text("#pc-power-said")


def drawn(page, host):
    """Return the lines of a picture as lists of (n, power), from its coordinates."""
    return page.evaluate(
        """host => {
        const svg = document.querySelector(`#pc-power-${host} svg`);
        const grid = [...svg.querySelectorAll('.pc-power-grid')];
        const at = (e, key) => Number(e.getAttribute(key));
        const [low, high] = [at(grid[0], 'y1'), at(grid[5], 'y1')];
        const [left, right] = [at(grid[0], 'x1'), at(grid[0], 'x2')];
        const n = (x) => (x - left) / (right - left) * Number(svg.dataset.end);
        return [...svg.querySelectorAll('polyline')].map(line =>
          line.getAttribute('points').split(' ').map(p => p.split(',').map(Number))
          .map(([x, y]) => [n(x), (low - y) / (low - high)])); }""",
        host,
    )  # fmt: skip


def table(page, host):
    """Return the rows of a picture's table: n and the powers."""
    return page.evaluate(
        """host => [...document.querySelectorAll(`#pc-power-${host} tbody tr`)]
        .map(row => [...row.children].map(cell =>
          parseFloat(cell.firstChild.textContent.replace(/,/g, ''))))""",
        host,
    )


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
class TestPage:
    """What a reader meets."""

    def test_the_script_equals_python_on_a_grid_of_trials(self, browser, site):
        """Sample sizes and words are equal; every other number agrees to 1e-9."""
        grid = power.grid(1200)
        sure = {"outcome": "time-to-event", "baseline_risk": 0.999, "treatment": 5}
        grid += [
            {**sure, "effect": 1.5, "n": 1000},
            {**sure, "effect": 1.5, "n": 1000, "reliability": 0.5, "prognosis": 5},
        ]
        assert len(grid) >= 1000
        with visited(browser, site) as page:
            made = page.evaluate("all => all.map(s => pcPower.evaluate(s))", grid)
        for settings, ours in zip(grid, made, strict=True):
            expected = power.evaluate(power.Design(**settings))
            assert ours.keys() == expected.keys()
            for key, value in expected.items():
                if isinstance(value, float) or key == "measured_shares":
                    assert ours[key] == pytest.approx(value, rel=1e-9, abs=1e-12), (
                        key,
                        settings,
                    )
                else:
                    assert ours[key] == value, (key, settings)

    def test_distributions_equal_scipy_on_a_grid(self, browser, site):
        """Normal, beta, F and chi-squared, central and not, up to df 1e6, ncp 1600."""
        js = """([zs, betas, crits, tails]) => { const N = pcPower.numbers;
          const of = (a, b) => (b === null ? N.ofChi(a) : N.ofF(a, b));
          return [zs.map(N.upper), betas.map(([a, b, x]) => N.beta(a, b, x, 1 - x)),
            crits.map(([p, a, b]) => N.critical(p, a, of(a, b))),
            tails.map(([f, a, b, l]) => N.beyond(f, a, of(a, b), l))]; }"""
        zs = [-8, -3, -1, -0.1, 0, 0.5, 2, 2.99, 3.01, 8, 20, 37]
        betas = [
            (a, b, x)
            for a, b in ((0.5, 0.5), (0.5, 5e5), (5e5, 0.5), (30, 400), (801, 2e5))
            for x in (1e-6, 0.01, 0.3, 0.7, 0.99)
        ]
        crits = [
            (p, a, b)
            for p in (1e-4, 0.01, 0.05, 0.5)
            for a in (1, 2, 7)
            for b in (1, 3, 30, 1537, 1e6, None)
        ]
        tails = [
            (f, a, b, ncp)
            for f in (0.5, 3.84, 6.6, 40)
            for a in (1, 2, 7)
            for b in (1, 3, 30, 1537, 1e6, None)
            for ncp in (1e-6, 1, 7.85, 40, 400, 1600)
        ]
        with visited(browser, site) as page:
            made = page.evaluate(js, [zs, betas, crits, tails])
        assert made[0] == pytest.approx([special.ndtr(-z) for z in zs], rel=1e-12)
        expected = [special.betainc(*one) for one in betas]
        assert made[1] == pytest.approx(expected, rel=1e-11, abs=1e-13)
        for (p, a, b), ours in zip(crits, made[2], strict=True):
            law = stats.chi2(a) if b is None else stats.f(a, b)
            assert law.sf(ours) == pytest.approx(p, rel=1e-10)
        for (f, a, b, ncp), ours in zip(tails, made[3], strict=True):
            law = stats.ncx2(a, ncp) if b is None else stats.ncf(a, b, ncp)
            assert ours == pytest.approx(law.sf(f), abs=5e-12)

    def test_errors_are_pythons_words(self, browser, site):
        """Impossible trials are refused with the very sentence of Python."""
        two = {"effect": 0.3, "power": 0.8}
        ratio = {"outcome": "binary", "effect": 2, "power": 0.8}
        wrong = [
            two | {"prevalence": 0}, two | {"power": 1}, two | {"power": 0.01},
            two | {"reliability": 1.2}, two | {"reliability": 0}, two | {"sd": -1},
            two | {"alpha": "lots"}, two | {"dropout": 1}, two | {"shares": [0.5, 0.5]},
            two | {"n": 100}, {"effect": 0.3}, {}, two | {"effect": 0},
            two | {"effect": 1e-6}, {"effect": 0.3, "n": 3}, {"n": 1.5, "power": 0.8},
            {"n": 2e6, "power": 0.8}, two | {"reliability": 0.5, "sensitivity": 0.9},
            two | {"sensitivity": 0.5, "specificity": 0.4}, two | {"outcome": "happy"},
            two | {"moderator": "categorical"}, two | {"baseline_risk": 0.2}, ratio,
            two | {"moderator": "categorical", "shares": [0.5, 0.6]},
            two | {"moderator": "categorical", "shares": ["a", 0.6]},
            ratio | {"baseline_risk": 0.3, "effect": 1}, two | {"cluster_size": 2.5},
            ratio | {"baseline_risk": 0.3, "sd": 2}, two | {"correction": "holm"},
            {"n": 20, "power": 0.99, "outcome": "binary", "baseline_risk": 0.001},
            two | {"prevalence": 1e-7}, {"n": 10, "power": 0.8, "sd": 1e6},
            {"n": 5, "power": 0.5, "alpha": 1e-6},
            two | {"prevalence": 0.9999999999999999, "specificity": 0.2},
            two | {"cluster_size": 10_000, "icc": 0.9999999999999999},
            {"n": 100_000, "power": 0.8, "outcome": "binary", "baseline_risk": 0.05,
             "reliability": 0.5, "treatment": 5, "prognosis": 10},
        ]  # fmt: skip
        js = """all => all.map(s => { try { pcPower.evaluate(s); return 'fine'; }
                catch (error) { return error.message; } })"""
        with visited(browser, site) as page:
            made = page.evaluate(js, wrong)
        for settings, ours in zip(wrong, made, strict=True):
            try:
                power.evaluate(power.Design(**settings))
                expected = "fine"
            except ValueError as error:
                expected = str(error)
            assert ours == expected, settings
        assert made.count("fine") <= 1

    def test_the_first_answer_is_the_one_without_a_script(self, browser, site):
        """Script and Python write the same answer, comparison and assumptions."""
        with visited(browser, site, java_script_enabled=False) as page:
            names = ("said", "compared", "assumed")
            still = [page.inner_text(f"#pc-power-{name}") for name in names]
            assert page.locator("#pc-power svg:visible").count() == 2
            assert page.locator("#pc-power tbody tr").count() >= 20
            assert not page.locator("#pc-power-form").is_visible()
            assert not page.get_by_role("slider").first.is_visible()
            assert "personomics power" in page.locator("noscript").inner_text()
            rows = [table(page, host) for host in ("curve", "cost")]
        with visited(browser, site) as page:
            assert still == [page.inner_text(f"#pc-power-{name}") for name in names]
            here = [[r for r in table(page, "curve") if r[0] != 1398]]
            assert [*here, table(page, "cost")] == rows
        assert "1,398" in still[0]
        assert "4 times" in still[1]

    def test_sliders_and_keys_change_answer_picture_and_table(self, browser, site):
        """An arrow key moves the interaction, then n; everything follows."""
        with visited(browser, site) as page:
            first, line = said(page), drawn(page, "curve")
            page.locator("#pc-power-effect-slide").focus()
            page.keyboard.press("ArrowRight")
            expected = power.evaluate(power.Design(effect=0.31, power=0.8))
            assert f"{expected['n']:,} participants" in said(page) != first
            assert drawn(page, "curve") != line
            marked = page.locator(".pc-power-row th").text_content()
            assert marked.startswith(f"{expected['n']:,}")
            page.locator("#pc-power-n-slide").focus()
            page.keyboard.press("ArrowLeft")
            n = int(page.input_value("#pc-power-n").replace(",", ""))
            assert n < expected["n"]
            assert page.get_by_label("How much power?").is_checked()
            found = power.evaluate(power.Design(effect=0.31, n=n))["power"]
            assert float(page.input_value("#pc-power-power")) == pytest.approx(
                found, abs=1e-4
            )
            told = page.locator("#pc-power-n-slide").get_attribute("aria-valuetext")
            assert told == f"{n:,} participants"
            live = page.locator("#pc-power-live")
            live.filter(has_text=f"{n:,}").wait_for(state="attached")

    def test_the_tables_are_the_lines_and_both_are_python(self, browser, site):
        """Each row of a table lies on its drawn line, and equals Python's power."""
        design = power.Design(effect=0.4, power=0.9, reliability=0.7, prevalence=0.3)
        lines = {
            "curve": power_curve.curves(design, 0.4),
            "cost": power_curve.costs(design, 0.4),
        }
        link = f"{site}#effect=0.4&power=0.9&reliability=0.7&prevalence=0.3"
        with visited(browser, link) as page:
            for host, expected in lines.items():
                rows, points = table(page, host), drawn(page, host)
                assert len(rows) >= 10
                met = 0
                for n, *powers in rows:
                    for line, curve, shown in zip(
                        expected, points, powers, strict=True
                    ):
                        assert shown == pytest.approx(100 * line.power(n), abs=0.051)
                        near = min(curve, key=lambda at: abs(at[0] - n))
                        if abs(near[0] - n) < 1:
                            assert near[1] == pytest.approx(shown / 100, abs=2e-3)
                            met += 1
                assert met >= 10 * len(expected)

    def test_each_kind_of_trial_is_worked_out_in_words(self, browser, site):
        """Nine kinds by clicks: fields come and go, and the answer is Python's n."""
        given = {
            "continuous": {"effect": 0.3},
            "binary": {"effect": 1.5, "baseline_risk": 0.3},
            "time-to-event": {"effect": 1.5, "baseline_risk": 0.3},
        }
        more = {"binary": {}, "categorical": {"shares": (0.2, 0.3, 0.5)}}
        with visited(browser, site) as page:
            for outcome, settings in given.items():
                page.locator(f"input[name=pc-power-outcome][value={outcome}]").check()
                for moderator in power_words.FINDINGS[outcome]:
                    page.locator(
                        f"input[name=pc-power-moderator][value={moderator}]"
                    ).check()
                    found = power.evaluate(
                        power.Design(
                            outcome=outcome, moderator=moderator, power=0.8,
                            **settings, **more.get(moderator, {}),
                        )
                    )  # fmt: skip
                    assert f"About {found['n']:,} participants" in said(page)
                    shown = page.locator("#pc-power-prevalence").is_visible()
                    assert shown == (moderator == "binary")
            assert page.locator(".pc-power-error:visible").count() == 0
            assert "NaN" not in page.inner_text("#pc-power")

    def test_an_error_stands_at_its_field_and_keeps_the_last_answer(
        self, browser, site
    ):
        """The sentence is at the field and live; the old answer is grey, never NaN."""
        with visited(browser, site) as page:
            before = said(page)
            page.fill("#pc-power-prevalence", "0")
            place = page.locator("#pc-power-prevalence-error")
            words = "prevalence must be a number above 0 and below 1, not 0"
            assert place.inner_text() == words
            box = page.locator("#pc-power-prevalence")
            assert box.get_attribute("aria-invalid") == "true"
            assert "pc-power-prevalence-error" in box.get_attribute("aria-describedby")
            page.locator("#pc-power-live").filter(has_text=words).wait_for(
                state="attached"
            )
            assert said(page) == before
            faint = "e => Number(getComputedStyle(e).opacity)"
            assert page.locator("#pc-power-said").evaluate(faint) < 1
            assert "NaN" not in page.locator("#pc-power").inner_html()
            page.fill("#pc-power-prevalence", "0.25")
            assert not place.is_visible()
            assert said(page) != before
            assert page.locator("#pc-power-said").evaluate(faint) == 1
            page.fill("#pc-power-effect", "")
            assert "exactly two of effect, n and power" in page.inner_text(
                "#pc-power-effect-error"
            )

    def test_a_link_holds_the_state(self, browser, site):
        """Settings go into the fragment and come back from it, options unfolded."""
        with visited(browser, site) as page:
            page.locator("input[name=pc-power-moderator][value=categorical]").check()
            page.fill("#pc-power-shares", "0.2, 0.3, 0.5")
            page.locator("#pc-power-options summary").click()
            page.fill("#pc-power-reliability", "0.8")
            page.fill("#pc-power-n", "2,500")
            page.wait_for_function("location.hash.includes('n=2500')")
            answer, link = said(page), page.url
        with visited(browser, link) as page:
            assert said(page) == answer
            assert page.get_by_label("How much power?").is_checked()
            assert page.input_value("#pc-power-reliability") == "0.8"
            assert page.locator("#pc-power-options").get_attribute("open") is not None

    @pytest.mark.parametrize(
        ("fragment", "told"),
        [
            ("foo=1&effect=0.5", "foo"),
            ("foo=1", "no settings"),
            ("baseline_risk=0.2", "baseline_risk applies only to a binary or time"),
            ("outcome=happy", "outcome must be one of"),
            ("effect=0.3&n=100&power=0.8", "exactly two of effect"),
            ("%3Cimg%20src=x%3E", ""),
            ("an-anchor", ""),
            ("effect=%E0%A4%A&power=%", ""),
        ],
    )
    def test_odd_links_are_explained(self, browser, site, fragment, told):
        """Whatever a link says, the page keeps a valid answer and says the rest."""
        with visited(browser, f"{site}#{fragment}") as page:
            notice = page.inner_text("#pc-power-notice")
            assert (told in notice) if told else "img" not in notice or "left" in notice
            assert "participants give 80% power" in said(page)
            assert page.locator("#pc-power img").count() == 0

    def test_what_was_worked_out_is_never_taken_for_what_was_asked(self, browser, site):
        """Change what is worked out: typed numbers come back, or 0.8 for the power."""
        with visited(browser, site) as page:
            page.fill("#pc-power-n", "100")
            assert page.get_by_label("How much power?").is_checked()
            weak = power.evaluate(power.Design(effect=0.3, n=100))["power"]
            assert float(page.input_value("#pc-power-power")) == pytest.approx(
                weak, abs=1e-4
            )
            page.get_by_label("How many participants?").check()
            need = power.evaluate(power.Design(effect=0.3, power=0.8))["n"]
            assert f"About {need:,} participants give 80% power" in said(page)
            page.get_by_label("How small an interaction?").check()
            least = power.evaluate(power.Design(n=100, power=0.8))["effect"]
            assert "With 100 participants" in said(page)
            assert f"{least:.3g} standard deviations" in said(page)
            page.fill("#pc-power-power", "0.9")
            page.get_by_label("How much power?").check()
            assert page.input_value("#pc-power-effect") == "0.3"
            page.get_by_label("How many participants?").check()
            assert page.input_value("#pc-power-power") == "0.9"
            page.locator("[data-field=outcome]").get_by_label("Binary").check()
            page.get_by_label("How small an interaction?").check()
            page.get_by_label("How many participants?").check()
            assert page.input_value("#pc-power-effect") == "1.5"

    def test_nothing_old_is_copied_while_an_entry_is_wrong(self, browser, site):
        """Power 80 is refused, and so are copy, files and link until it is mended."""
        names = ("Copy the paragraph", "Save JSON", "Save CSV", "Copy a link")
        with visited(browser, site) as page:
            page.evaluate(
                """() => Object.defineProperty(navigator, 'clipboard',
                { value: { writeText: async (text) => { window.copied = text; } } })"""
            )
            page.fill("#pc-power-power", "80")
            for name in names:
                assert page.get_by_role("button", name=name).is_disabled()
            page.fill("#pc-power-power", "0.9")
            for name in names:
                assert page.get_by_role("button", name=name).is_enabled()
            page.get_by_role("button", name="Copy a link").click()
            page.locator("#pc-power-done:not(:empty)").wait_for()
            assert page.evaluate("copied") == page.url
            assert "power=0.9" in page.url
            page.fill("#pc-power-power", "80")
            assert page.locator("#pc-power-done").text_content() == ""

    @pytest.mark.parametrize(
        "settings",
        [
            {"effect": 0.3, "power": 0.8},
            {"effect": 0.3, "power": 0.8, "reliability": 0.8},
            {"effect": 0.3, "power": 0.8, "cluster_size": 20, "icc": 0.02, "r2": 0.1},
            {"outcome": "binary", "effect": 2, "power": 0.8, "baseline_risk": 0.3,
             "cluster_size": 10, "moderators": 3, "correction": "sidak"},
        ],
    )  # fmt: skip
    def test_method_and_sources_are_those_of_the_command(self, browser, site, settings):
        """The page names method and sources in the words of the command."""
        design = power.Design(**settings)
        lines = cli_power.statement(design, power.evaluate(design))
        method, source = (line.split(": ", 1)[1].rstrip(".") for line in lines[2:4])
        fragment = "&".join(f"{name}={value}" for name, value in settings.items())
        with visited(browser, f"{site}#{fragment}") as page:
            shown = page.locator("#pc-power-method").text_content()
            unlike = "with the error" in page.inner_text("#pc-power-compared")
        assert shown.startswith(f"{method[0].upper()}{method[1:]} ({source}). ")
        assert unlike == bool({"reliability", "r2", "correction"} & settings.keys())

    def test_the_paragraph_says_who_is_analysed_and_what_is_uncorrected(
        self, browser, site
    ):
        """Drop-out of 15% of 1,001 leaves 851; whole degrees of freedom; four tests."""
        link = f"{site}#effect=0.3&n=1001&dropout=0.15&moderators=4"
        with visited(browser, link) as page:
            text = page.input_value("#pc-power-text")
        assert "1,001 participants and expect to analyse 851 of them." in text
        assert "with 1 and 847 degrees of freedom" in text
        assert "4 moderators are tested, and none of these tests is corrected" in text

    @pytest.mark.parametrize("width", [390, 1280])
    @pytest.mark.parametrize("moderator", ["binary", "continuous"])
    def test_each_reliability_stands_nearest_to_its_own_line(
        self, browser, site, width, moderator
    ):
        """A name is nearest to the line of its own look, or to its dash in a key."""
        link = f"{site}#effect=0.3&power=0.8&moderator={moderator}"
        with visited(browser, link, width, 844) as page:
            met = page.evaluate(
                """() => {
                const svg = document.querySelector('#pc-power-cost svg');
                const names = [...svg.querySelectorAll('text.pc-power-label')];
                const paths = [...svg.querySelectorAll('.pc-power-line')];
                return names.map(name => {
                  const box = name.getBBox();
                  const far = paths.map(path => {
                    let least = 1e9;
                    for (let at = 0; at <= path.getTotalLength(); at += 1) {
                      const { x, y } = path.getPointAtLength(at);
                      least = Math.min(least, Math.hypot(
                        Math.max(box.x - x, 0, x - box.x - box.width),
                        Math.max(box.y - y, 0, y - box.y - box.height)));
                    }
                    return least;
                  });
                  const own = name.getAttribute('class').split(' ')[0];
                  const best = paths[far.indexOf(Math.min(...far))];
                  return [name.textContent, best.classList.contains(own),
                    Math.min(...far)];
                }); }"""
            )
        assert [name for name, _, _ in met] == [
            "reliability 1", "reliability 0.8", "reliability 0.6",
        ]  # fmt: skip
        assert all(own for _, own, _ in met), met

    def test_files_hold_the_answer_the_version_and_the_link(self, browser, site):
        """JSON opens the same answer; CSV holds the numbers of both tables."""
        with visited(browser, site) as page:
            page.fill("#pc-power-effect", "0.5")
            name, words = exported(page, "Save JSON")
            assert name == "personomics-power.json"
            made = json.loads(words)
            expected = power.evaluate(power.Design(effect=0.5, power=0.8))
            assert made["result"]["n"] == expected["n"]
            assert made["version"] == __version__
            assert made["settings"]["effect"] == 0.5
            rows = list(csv.DictReader(io.StringIO(exported(page, "Save CSV")[1])))
            at = {(r["line"], int(r["n"])): r["power"] for r in rows}
            shown = table(page, "curve")
            for n, _, both in shown:
                found = 100 * float(at["interaction", n])
                assert found == pytest.approx(both, abs=0.051)
            text = page.input_value("#pc-power-text")
            for piece in (f"{expected['n']:,} participants", __version__, made["link"]):
                assert piece in text
            assert "80% power" in text
        with visited(browser, made["link"]) as page:
            assert said(page) == made["answer"]

    def test_the_published_trial_fills_the_form_and_says_what_is_assumed(
        self, browser, site, ds
    ):
        """One press fills it in, and says that share and risk are derived."""
        made = power_page.worked(ds)
        with visited(browser, site) as page:
            page.get_by_role("button", name="Fill in a published trial").click()
            assert page.inner_text("#pc-power-notice") == made["about"]
            assert page.input_value("#pc-power-n") == str(made["settings"]["n"])
            found = power.evaluate(power.Design(**made["settings"]))
            shown = float(page.input_value("#pc-power-power"))
            assert shown == pytest.approx(found["power"], abs=1e-4)
            text = page.input_value("#pc-power-text")
            assert text.startswith("Example from a published trial; its ")
            assert "derived from its intervals, not reported" in text
            page.fill("#pc-power-prevalence", "0.3")
            page.fill("#pc-power-baseline_risk", "0.5")
            text = page.input_value("#pc-power-text")
            assert text.startswith("We will randomise")

    def test_nothing_is_sent_or_stored(self, browser, site):
        """No request after loading; nothing is kept in the browser."""
        with visited(browser, site) as page:
            sent = []
            page.on("request", lambda r: sent.append(r.url))
            page.fill("#pc-power-n", "900")
            page.get_by_label("Time-to-event").check()
            exported(page, "Save JSON")
            page.get_by_role("button", name="Copy the paragraph").click()
            page.locator("#pc-power-done:not(:empty)").wait_for()
            assert [url for url in sent if not url.startswith("blob:")] == []
            assert page.evaluate(
                "[localStorage.length, sessionStorage.length, document.cookie]"
            ) == [0, 0, ""]

    def test_controls_are_named_and_lines_are_told_apart_without_colour(
        self, browser, site
    ):
        """Every control has a name; lines differ in dashes and carry their names."""
        with visited(browser, site) as page:
            page.locator("#pc-power-options summary").click()
            nameless = page.locator(
                "#pc-power :is(input, button, textarea):visible"
            ).evaluate_all(
                """all => all.filter(e => !(e.labels?.length || e.textContent.trim()
                     || e.hasAttribute('aria-label'))).length"""
            )
            assert nameless == 0
            for host, count in (("curve", 2), ("cost", 3)):
                dashes = page.locator(f"#pc-power-{host} polyline").evaluate_all(
                    "all => all.map(e => getComputedStyle(e).strokeDasharray)"
                )
                assert len(set(dashes)) == len(dashes) == count
            words = page.locator("#pc-power svg").all_text_contents()
            assert "interaction" in words[0]
            assert "treatment effect in everyone" in words[0]
            assert "reliability 1" in words[1]
            picture = page.locator("#pc-power-curve svg")
            assert "1,398 participants" in picture.get_attribute("aria-label")

    @pytest.mark.parametrize("width", [320, 390, 768, 1280])
    def test_nothing_scrolls_sideways(self, browser, site, width):
        """Phones and desks; at 390 pixels answer and picture are in the first view."""
        with visited(browser, site, width, 844) as page:
            if width == 390:
                box = page.locator("#pc-power-curve svg").bounding_box()
                assert box["y"] + box["height"] < 844
            for outcome in ("Binary", "Time-to-event"):
                page.locator("[data-field=outcome]").get_by_label(outcome).check()
            page.locator("#pc-power-options summary").click()
            for summary in page.locator("#pc-power figure summary").all():
                summary.click()
            assert page.evaluate("document.documentElement.scrollWidth") <= width
