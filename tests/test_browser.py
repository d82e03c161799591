"""Every page in headless Chromium: no error, no failed request, no sideways scroll."""

import re

import pytest
from site_server import CHROMIUM, opened

from personomics.book import build

PAGES = build.expected_pages()
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_pages_open_without_a_fault(browser, address, name, scheme):
    """A page opens at desktop width with no error and no request elsewhere."""
    with opened(browser, address, name, 1280, scheme) as (page, wrong):
        assert page.evaluate("document.documentElement.dataset.theme") == scheme
        assert page.locator("article h1").count() == 1
        assert wrong == []


@pytest.mark.parametrize("width", [320, 390, 768])
@pytest.mark.parametrize("name", PAGES)
def test_pages_do_not_scroll_sideways(browser, address, name, width):
    """A page fits a narrow screen; wide tables and figures scroll in their own box."""
    with opened(browser, address, name, width) as (page, wrong):
        wide = page.evaluate(
            """() => [...document.querySelectorAll('article *')].filter(e => {
                 if (e.closest('.pc-table, .pc-picture, pre, table.docutils')) return 0;
                 return e.getBoundingClientRect().right > innerWidth + 1;
               }).slice(0, 5).map(e => e.tagName + '.' + e.className)"""
        )
        assert wide == []
        full = page.evaluate("document.documentElement.scrollWidth")
        assert full <= width
        assert wrong == []


CONTRASTS = """() => {
  const parse = c => c.match(/[\\d.]+/g).map(Number);
  const light = c => { const [r, g, b] = c.slice(0, 3).map(v => { v /= 255;
    return v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4 });
    return .2126 * r + .7152 * g + .0722 * b };
  const below = e => { for (; e; e = e.parentElement) {
    const c = parse(getComputedStyle(e).backgroundColor);
    if (c.length === 3 || c[3] > .99) return c } return [255, 255, 255] };
  const poor = [];
  const all = 'article td, article th, article p, article li, figcaption, summary, h2';
  for (const e of document.querySelectorAll(all + ', .pc-badge, .pc-verdict')) {
    if (!e.innerText || !e.innerText.trim()) continue;
    const [a, b] = [light(parse(getComputedStyle(e).color)), light(below(e))];
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) poor.push(ratio.toFixed(1) + ' ' + e.innerText.slice(0, 40)) }
  return poor.slice(0, 5) }"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_words_stand_out_from_their_ground(browser, address, name, scheme):
    """Text has a contrast of at least 4.5 in both schemes (WCAG 2.2, 1.4.3)."""
    with opened(browser, address, name, 1280, scheme) as (page, _):
        assert page.evaluate(CONTRASTS) == []


@pytest.mark.parametrize("name", PAGES)
def test_pictures_have_names(browser, address, name):
    """Each picture in the article has a name that assistive technology reads."""
    with opened(browser, address, name, 1280) as (page, _):
        nameless = page.evaluate(
            """() => [...document.querySelectorAll('article svg, article img')].filter(
                 e => !(e.getAttribute('aria-hidden') === 'true' || e.closest('button')
                   || (e.alt || e.getAttribute('aria-label') || '').length > 20)
               ).length"""
        )
        assert nameless == 0


def test_the_map_turns_into_an_outline_on_a_phone(browser, address):
    """At 390 px the outline is shown instead of the map; at 1280 px the reverse."""
    with opened(browser, address, "index.html", 390) as (page, _):
        assert page.locator(".pc-narrow-only").first.is_visible()
        assert not page.locator(".pc-wide-only").first.is_visible()
    with opened(browser, address, "index.html", 1280) as (page, _):
        assert page.locator(".pc-wide-only").first.is_visible()
        assert not page.locator(".pc-narrow-only").first.is_visible()


def test_a_factor_on_the_map_leads_to_its_page(browser, address):
    """A click on a chip of the map opens the page of that factor."""
    with opened(browser, address, "index.html", 1280) as (page, wrong):
        chip = page.locator(".pc-wide-only svg a").first
        target = chip.get_attribute("href") or chip.get_attribute("xlink:href")
        word = re.findall(
            r"\w{4,}", " ".join(chip.locator("text").all_text_contents())
        )[0]
        chip.click()
        page.wait_for_load_state()
        assert page.url == f"{address}/{target.removeprefix('./')}"
        assert word in page.locator("article h1").inner_text()
        assert wrong == []
