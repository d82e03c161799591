"""The frame of every page, by real clicks and keys: search, cards, colours."""

import re

import pytest
from site_server import SITE, opened, pause, single_pages

from personomics import evidence, load
from personomics.book import finding, things
from personomics.book.documents import Document, dumps, loads
from personomics.html import Markup

PLAIN = "reference/cite.html"


def hits(page):
    """Return kind and title of every answer of the search."""
    page.wait_for_selector(".pc-said:has-text('found')")
    rows = page.locator(".pc-hits li")
    return [
        (row.locator(".pc-kind").inner_text().lower(), row.locator("a").inner_text())
        for row in rows.all()
    ]


@pytest.mark.browser
def test_a_key_opens_the_search_and_the_best_answer_is_first(browser, address):
    """A slash opens it, a factor's label finds that factor first, Enter goes there."""
    ds = load()
    row = evidence.active_factors(ds).iloc[-1]
    with opened(browser, address, PLAIN) as (page, wrong):
        page.keyboard.press("/")
        page.keyboard.type(row["label"])
        assert hits(page)[0] == ("factor", row["label"])
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/factors/{row['factor_id']}-*.html")
        assert page.locator("h1").inner_text() == row["label"]
        assert wrong == []


@pytest.mark.browser
def test_a_verbatim_term_finds_its_factor(browser, address):
    """Words of an article that are no part of any label lead to the factor."""
    ds = load()
    labels = " ".join(evidence.factor_labels(ds).values()).lower()
    terms = evidence.term_factors(ds)
    plain = terms[terms["term"].str.fullmatch(r"[a-z ]{9,30}")]
    row = next(r for r in plain.to_dict("records") if r["term"] not in labels)
    label = evidence.factor_labels(ds)[row["factor_id"]]
    with opened(browser, address, PLAIN) as (page, wrong):
        page.click(".pc-search")
        page.keyboard.type(row["term"])
        page.locator(".pc-kinds label", has_text="Factor").click()
        assert ("factor", label) in hits(page)
        assert wrong == []


@pytest.mark.browser
def test_answers_are_told_apart_and_chosen_by_kind(browser, address):
    """Choosing a kind leaves only that kind; every kind can be found."""
    with opened(browser, address, PLAIN) as (page, wrong):
        page.click(".pc-search")
        page.keyboard.type("care")
        every = {kind for kind, _ in hits(page)}
        assert {"factor", "article", "case"} <= every
        for name in ("Article", "Case", "Factor"):
            page.locator(".pc-kinds label", has_text=name).click()
            pause(page, 50)
            assert {kind for kind, _ in hits(page)} == {name.lower()}
        page.locator(".pc-find input[type=search]").fill("qqqq")
        said = page.locator("dialog .pc-said")
        said.get_by_text("Nothing found").wait_for()
        page.keyboard.press("Escape")
        assert not page.locator("dialog").is_visible()
        assert wrong == []


@pytest.mark.browser
def test_the_search_is_walked_with_arrows(browser, address):
    """Down goes to the first answer, up comes back to the field."""
    with opened(browser, address, PLAIN) as (page, _):
        page.keyboard.press("Control+k")
        page.keyboard.type("trust")
        hits(page)
        page.keyboard.press("ArrowDown")
        first = "document.activeElement === document.querySelector('.pc-hits a')"
        assert page.evaluate(first)
        page.keyboard.press("ArrowUp")
        assert page.evaluate("document.activeElement.type") == "search"


@pytest.mark.browser
def test_words_that_are_markup_or_patterns_are_only_words(browser, address):
    """Odd input finds nothing, breaks nothing and is shown as it was typed."""
    with opened(browser, address, "search.html") as (page, wrong):
        for typed in ("<img src=x onerror=alert(1)>", "(((", "\\", "\u202e", "💊"):
            page.fill("input[type=search]", typed)
            pause(page, 120)
        assert page.locator(".pc-find img").count() == 0
        assert wrong == []


@pytest.mark.browser
def test_search_works_from_a_file(browser):
    """Without a server the search page answers, from its address too."""
    with opened(browser, f"file://{SITE}", "search.html?q=trust") as (page, wrong):
        assert hits(page)
        assert wrong == []


@pytest.mark.browser
def test_without_a_script_every_page_is_reached(browser, address):
    """The search page names the lists, the contents open by their address."""
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": 390, "height": 800}
    )
    page = context.new_page()
    page.goto(f"{address}/search.html")
    assert page.locator("noscript a").count() == 4
    assert not page.locator("#contents").is_visible()
    page.click(".pc-menu")
    assert page.locator("#contents").is_visible()
    page.locator("#contents a", has_text="Cite").first.click()
    assert page.locator("h1").inner_text().startswith("Cite")
    context.close()


@pytest.mark.browser
def test_the_contents_fold_out_on_a_phone(browser, address):
    """The button says whether they are open; Escape folds them and gives focus back."""
    with opened(browser, address, PLAIN, 390) as (page, wrong):
        button = page.locator(".pc-menu")
        assert button.get_attribute("aria-expanded") == "false"
        button.click()
        assert page.locator("#contents").is_visible()
        assert button.get_attribute("aria-expanded") == "true"
        page.keyboard.press("Escape")
        assert not page.locator("#contents").is_visible()
        assert page.evaluate("document.activeElement.className") == "pc-menu"
        assert wrong == []


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_are_chosen_and_kept(browser, address, scheme):
    """The button changes the scheme and back; only a departure is stored."""
    other = "dark" if scheme == "light" else "light"
    with opened(browser, address, PLAIN, scheme=scheme) as (page, _):
        now = "document.documentElement.dataset.theme"
        kept = "localStorage.getItem('theme')"
        assert (page.evaluate(now), page.evaluate(kept)) == (scheme, None)
        page.click(".pc-theme")
        assert (page.evaluate(now), page.evaluate(kept)) == (other, other)
        page.reload()
        assert page.evaluate(now) == other
        page.click(".pc-theme")
        assert (page.evaluate(now), page.evaluate(kept)) == (scheme, None)


def mention(page):
    """Return the first mention of a factor in the running page."""
    return page.locator("article a[href*='factors/']").first


@pytest.mark.browser
def test_a_mention_of_a_factor_shows_a_card(browser, address):
    """Hover shows label and definition; the card can be entered; Escape ends it."""
    ds = load()
    with opened(browser, address, "reference/factors.html") as (page, wrong):
        link = mention(page)
        key = re.search(r"factors/([^/-]+)", link.get_attribute("href"))[1]
        row = ds["factors"].set_index("factor_id").loc[key]
        link.hover()
        card = page.locator("[role=tooltip]")
        card.wait_for()
        assert row["label"] in card.inner_text()
        assert row["definition"] in card.inner_text()
        assert link.get_attribute("aria-describedby") == card.get_attribute("id")
        card.hover()
        pause(page, 400)
        assert card.is_visible()
        page.keyboard.press("Escape")
        assert card.count() == 0
        assert link.get_attribute("aria-describedby") is None
        assert wrong == []


@pytest.mark.browser
@pytest.mark.parametrize("name", ["index.html", "map.html"])
def test_a_factor_on_the_drawn_map_shows_its_card_too(browser, address, name):
    """The card of a chip has the definition, and no second tooltip is left."""
    ds = load()
    with opened(browser, address, name) as (page, wrong):
        chip = page.locator("svg a[data-factor]").nth(3)
        row = (
            ds["factors"].set_index("factor_id").loc[chip.get_attribute("data-factor")]
        )
        chip.hover()
        page.locator("[role=tooltip]").wait_for()
        assert row["definition"] in page.locator("[role=tooltip]").inner_text()
        assert chip.locator("title").count() == 0
        assert wrong == []


@pytest.mark.browser
def test_the_built_map_speaks_in_whole_sentences(browser, address):
    """What readers get says how much is shown, and what an old link asked for."""
    state = "map.html#stability=stable&pick=F99&data=0.0.1"
    with opened(browser, address, state) as (page, wrong):
        count = page.locator("#pc-map-count").inner_text()
        assert re.fullmatch(r"\d+ of \d+ factors shown", count)
        notice = page.locator("#pc-map-notice p").inner_text()
        made = f"This link was made with data 0.0.1; you see {load().version}."
        assert notice == f"{made} F99 is no longer there."
        assert wrong == []


@pytest.mark.browser
def test_the_card_comes_with_the_keyboard_too(browser, address):
    """Focus shows the card, moving on hides it."""
    with opened(browser, address, "reference/factors.html", 390) as (page, _):
        mention(page).focus()
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Tab")
        card = page.locator("[role=tooltip]")
        card.wait_for()
        box = card.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        page.evaluate("document.activeElement.blur()")
        assert card.count() == 0


@pytest.mark.browser
def test_the_address_by_id_leads_to_the_page(browser, address):
    """An address of the id alone opens the page with the readable name."""
    where = single_pages("factors")[0]
    key = re.match(r"factors/([^-.]+)", where)[1]
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{address}/factors/{key}.html")
    page.wait_for_url(f"{address}/{where}")
    context.close()


def document(**more):
    """Return a page of a thing with a hostile title."""
    words = {
        "path": "factors/F-1-x.html", "title": '@body@ <b>"x"', "description": "It.",
        "body": Markup("<p>@title@ &lt;script&gt;</p>"), "kind": "factor", "key": "F-1",
    }  # fmt: skip
    return Document(**{**words, **more})


def test_slots_in_data_are_not_filled():
    """A title or text that looks like a slot of the frame stays as it is."""
    shell = "<title>@title@</title><article>@body@</article>"
    page = things.page(shell, document(), Markup("<footer>f</footer>"))
    assert page.startswith("<title>@body@ &lt;b&gt;&#34;x&#34;</title>")
    assert page.count("<p>@title@ &lt;script&gt;</p>") == 1
    assert page.endswith("<footer>f</footer></article>")


def test_documents_survive_being_kept():
    """What is read back is what was written, markup as markup."""
    one = document(words=("a", "b"), about={"@type": "DefinedTerm"}, card=Markup("<i>"))
    [back] = loads(dumps([one]))
    assert back == one
    assert isinstance(back.body, Markup)


def test_a_forwarding_page_escapes_its_address():
    """Nothing in a title or an address opens another element."""
    page = things.forward(document(path='factors/F"><script>.html'), "")
    assert "<script>" not in page
    assert 'rel="canonical"' not in page


def test_sections_are_found_with_their_anchors():
    """A page gives its title and every heading of the second level, with its text."""
    page = """<article class="bd-article"><section id="t"><h1>T<a class="headerlink"
      href="#t">#</a></h1><p>one</p><section id="s"><h2>S</h2><p>two <b>three</b></p>
      <section class="pc-card" id="c"><h3>C</h3><p>four</p></section></section>
      </section></article>"""
    assert finding.sections("x.html", page) == [
        ["page", "T", "x.html", "", "one "],
        ["section", "S", "x.html#s", "T", "two three "],
    ]
