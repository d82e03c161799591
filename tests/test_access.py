"""Access for everybody: axe finds nothing, and what no scanner sees is right too."""

from __future__ import annotations

import csv
import importlib.util
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import html
from site_server import (
    CHROMIUM,
    COLLECTIONS,
    SITE,
    every_page,
    opened,
    pause,
    sample,
    sampled_pages,
)

PAGES = sampled_pages() if SITE.is_dir() else []
#: One page of each kind, for what the frame or the kind of page decides.
KINDS = [
    "index.html", "map.html", "apply.html", "search.html",
    "chapters/03-concept-map.html", "reference/factors.html", "reference/flow.html",
    *(page for c in COLLECTIONS for page in sample(c)[-1:]),
] if SITE.is_dir() else []  # fmt: skip
VIEWS = ("map", "nested", "matrix", "table")
WIDTHS = (1280, 390)
SCHEMES = ("light", "dark")
#: Words that say nothing of where a link leads.
VAGUE = {"here", "click here", "this", "link", "more", "read more", "page", "see", "go"}
in_browser = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")

#: Contrast is the slowest rule, and the only one with another answer in the dark.
RUN = """async ([colours, rest]) => {
  const contrast = { runOnly: { type: "rule", values: ["color-contrast"] } };
  const on = { "target-size": true, "color-contrast": colours };
  const rules = Object.fromEntries(
    Object.entries(on).map(([rule, enabled]) => [rule, { enabled }]));
  const found = await axe.run(document,
    { resultTypes: ["violations"], ...(rest ? { rules } : contrast) });
  return found.violations.flatMap(v => v.nodes.slice(0, 3).map(n =>
    `${v.id}: ${n.target.join(" ")} ${n.any.concat(n.all, n.none)
      .map(c => c.message).join("; ")}`.slice(0, 300))) }"""
UNFOLD = (
    """() => { for (const e of document.querySelectorAll("details")) e.open = true }"""
)


@pytest.fixture(scope="module")
def axe() -> str:
    """Return the script of axe-core, which a package of ours for tests brings along."""
    found = importlib.util.find_spec("axe_playwright_python")
    if found is None or found.origin is None:
        pytest.skip("axe-playwright-python is not installed")
    return Path(found.origin).with_name("axe.min.js").read_text(encoding="utf-8")


def scan(page: Any, axe: str, *, dark: bool = True, colours: bool = True) -> list[str]:
    """Return what axe finds on an open page, in the light and then in the dark."""
    page.evaluate(axe)
    found = list(page.evaluate(RUN, [colours, True]))
    if dark:
        page.emulate_media(color_scheme="dark")
        page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
        found += [f"dark: {one}" for one in page.evaluate(RUN, [True, False])]
        page.emulate_media(color_scheme="light")
    return found


def both(page: Any, axe: str) -> list[str]:
    """Return what axe finds on an open page on a desktop and on a phone."""
    found = scan(page, axe)
    page.set_viewport_size({"width": 390, "height": 900})
    return found + scan(page, axe, dark=False, colours=False)


@pytest.mark.browser
@in_browser
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(browser: Any, address: str, axe: str, name: str) -> None:
    """No violation on any page, as it opens and with all folds open."""
    with opened(browser, address, name, reduced_motion="reduce") as (page, wrong):
        page.evaluate(UNFOLD)
        assert both(page, axe) == []
        assert wrong == []


@pytest.mark.browser
@in_browser
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_in_an_open_search(
    browser: Any, address: str, axe: str, width: int
) -> None:
    """No violation in the search dialog, empty, with answers and without any."""
    with opened(browser, address, "index.html", width, reduced_motion="reduce") as (
        page,
        wrong,
    ):
        page.locator(".pc-search").click()
        page.locator("dialog[open]").wait_for()
        for words in ("", "trust", "zzzz"):
            page.locator("dialog input[type=search]").fill(words)
            pause(page, 200)
            assert scan(page, axe) == []
        assert wrong == []


@pytest.mark.browser
@in_browser
def test_axe_finds_nothing_in_an_open_menu(
    browser: Any, address: str, axe: str
) -> None:
    """No violation with the contents unfolded on a phone."""
    with opened(browser, address, "index.html", 390, reduced_motion="reduce") as (
        page,
        wrong,
    ):
        page.locator(".pc-menu").click()
        assert page.locator("#contents a").first.is_visible()
        assert scan(page, axe) == []
        assert wrong == []


@pytest.mark.browser
@in_browser
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing_on_the_map(
    browser: Any, address: str, axe: str, view: str, width: int
) -> None:
    """No violation in any view, with filters set and every panel open."""
    state = f"map.html#view={view}&level=individual"
    with opened(browser, address, state, width, reduced_motion="reduce") as (
        page,
        wrong,
    ):
        page.evaluate(UNFOLD)
        assert scan(page, axe) == []
        assert wrong == []


@pytest.mark.browser
@in_browser
def test_axe_finds_nothing_on_the_worked_profile(
    browser: Any, address: str, axe: str
) -> None:
    """No violation on the page for one's own patient once factors are ticked."""
    with opened(browser, address, "apply.html", reduced_motion="reduce") as (
        page,
        wrong,
    ):
        page.evaluate(UNFOLD)
        boxes = page.locator("main input[type=checkbox]:visible")
        for place in range(min(3, boxes.count())):
            boxes.nth(place).check()
        assert both(page, axe) == []
        assert wrong == []


# What scanners miss ---------------------------------------------------------------


@pytest.fixture(scope="module")
def trees() -> dict[str, Any]:
    """Return every page of the site as a tree."""
    return {
        name: html.document_fromstring((SITE / name).read_text(encoding="utf-8"))
        for name in every_page()
    }


def name_of(element: Any) -> str:
    """Return the name that assistive technology reads of a picture."""
    titles = element.xpath("./*[local-name()='title']")
    named = element.get("alt") or element.get("aria-label") or ""
    return str(named or (titles[0].text_content() if titles else "")).strip()


def is_hidden(element: Any) -> bool:
    """Say whether an element is decoration to assistive technology."""
    return any(
        e.get("aria-hidden") == "true" or e.get("role") in ("presentation", "none")
        for e in [element, *element.iterancestors()]
    )


def test_alternatives_are_words(trees: dict[str, Any]) -> None:
    """No picture is named by a path, a hash or nothing, unless it is decoration."""
    poor = []
    for page, tree in trees.items():
        for one in tree.xpath("//img | //svg | //*[@role='img']"):
            if is_hidden(one):
                continue
            name = name_of(one)
            path = re.search(r"[\w-]+/[\w./-]+\.\w+$|\.(svg|png|jpe?g)\b", name)
            if not name or path or re.fullmatch(r"[0-9a-f_-]{8,}", name):
                poor.append((page, one.tag, name[:60]))
    assert poor == []


def test_large_pictures_say_what_they_show(trees: dict[str, Any]) -> None:
    """The alternative of a figure is more than its title: some ten words or more."""
    poor = []
    for page, tree in trees.items():
        for figure in tree.xpath("//figure[contains(@class,'pc-figure')]"):
            for picture in figure.xpath(".//*[contains(@class,'pc-picture')]//svg"):
                name = name_of(picture)
                title = figure.findtext("figcaption/strong") or ""
                if len(name) < 40 or name == title:
                    poor.append((page, figure.get("id"), name[:60]))
    assert poor == []


def test_figures_have_their_numbers_as_a_table(trees: dict[str, Any]) -> None:
    """Every figure of the book has a table, with as many rows as its CSV file.

    A graph of how the book was made has the same in words, in the section around it.
    """
    seen = set()
    for page, tree in trees.items():
        for figure in tree.xpath("//figure"):
            place = (page, figure.get("id"))
            if not (figure.get("id") or "").startswith("fig-"):
                around = next(figure.iterancestors("section"))
                assert around.xpath(".//table | .//dl"), place
                continue
            (table,) = figure.xpath(".//details//table")
            assert table.findtext("caption"), place
            (address,) = figure.xpath(".//a[contains(@href,'.csv')]/@href")
            file = (SITE / page).parent / address
            with file.open(encoding="utf-8-sig", newline="") as text:
                rows = list(csv.reader(text))[1:]
            assert len(table.xpath("./tbody/tr")) == len(rows), place
            seen.add(figure.get("id"))
    assert len(seen) > 10


def test_headings_are_in_order(trees: dict[str, Any]) -> None:
    """One first heading, and no level is left out on the way down."""
    poor = []
    for page, tree in trees.items():
        levels = [int(h.tag[1]) for h in tree.xpath("//h1|//h2|//h3|//h4|//h5|//h6")]
        jumps = [b for a, b in itertools.pairwise(levels) if b > a + 1]
        if levels[:1] != [1] or levels.count(1) != 1 or jumps:
            poor.append((page, levels[:12]))
    assert poor == []


def test_links_say_where_they_lead(trees: dict[str, Any]) -> None:
    """No link is named "here", by its address, or not at all."""
    poor = []
    for page, tree in trees.items():
        for one in tree.xpath("//a[@href]"):
            pictures = one.xpath(".//*[@alt or @aria-label]")
            words = one.get("aria-label") or one.text_content().strip()
            words = words or " ".join(name_of(p) for p in pictures)
            plain = words.strip(" .:…→").lower()
            if not plain or plain in VAGUE or re.match(r"https?://\S{60}", plain):
                poor.append((page, one.get("href"), words[:40]))
    assert poor == []


def test_landmarks_and_ids_are_told_apart(trees: dict[str, Any]) -> None:
    """Navigations and regions of a page have names of their own, as have all ids."""
    for page, tree in trees.items():
        ids = tree.xpath("//@id")
        assert sorted({i for i in ids if ids.count(i) > 1}) == [], page
        for kind in ("//nav|//*[@role='navigation']", "//aside", "//*[@role='search']"):
            found = tree.xpath(kind)
            names = [
                e.get("aria-label") or e.get("aria-labelledby") or "" for e in found
            ]
            assert len(found) < 2 or len({*names} - {""}) == len(found), (page, names)
        assert tree.get("lang") == "en", page
        assert len(tree.xpath("//main")) == 1, page


def test_tables_have_captions_and_headings(trees: dict[str, Any]) -> None:
    """Each table of the book says what it shows, and which cells are headings."""
    poor = []
    for page, tree in trees.items():
        for table in tree.xpath("//*[contains(@class,'pc-table')]//table"):
            heads = table.xpath(".//th")
            scopes = all(h.get("scope") in ("col", "row") for h in heads)
            if not (table.findtext("caption") or "").strip() or not heads or not scopes:
                poor.append((page, table.findtext("caption")))
    assert poor == []


# Eyes, hands and settings ------------------------------------------------------------

SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
MOVING = """() => [
  ...document.getAnimations().filter(a => a.playState === "running")
    .map(a => a.animationName || a.transitionProperty || "animation"),
  ...[...document.querySelectorAll("*")].filter(e => { const s = getComputedStyle(e);
    return Math.max(...s.transitionDuration.split(",").map(parseFloat)) > .01
      || Math.max(...s.animationDuration.split(",").map(parseFloat)) > .01
      || s.scrollBehavior === "smooth" })
    .map(e => e.tagName + "." + (e.getAttribute("class") || "")),
].slice(0, 5)"""
#: What shows where the focus is, of an element and of what it is drawn with.
LOOK = """e => [e, ...e.querySelectorAll("*")].slice(0, 12).map(x => {
  const s = getComputedStyle(x);
  const outline = s.outlineStyle === "none" ? "" : s.outlineWidth;
  return [outline, s.boxShadow, s.stroke, s.strokeWidth].join(" ") }).join("|")"""
FOCUSED = f"""() => {{ const look = {LOOK};
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const r = e.getBoundingClientRect(), there = look(e);
  const words = (e.getAttribute("aria-label") || e.textContent || "").trim();
  e.blur();
  const seen = there !== look(e);
  e.focus({{ focusVisible: true, preventScroll: true }});
  return {{ what: `${{e.tagName}}.${{e.getAttribute("class")}} ${{words.slice(0, 40)}}`,
    seen, inside: r.bottom > 0 && r.top < innerHeight }} }}"""


@pytest.mark.browser
@in_browser
@pytest.mark.parametrize(
    ("width", "scale"), [(640, 2), (320, 4)], ids=["200 %", "400 %"]
)
@pytest.mark.parametrize("name", PAGES)
def test_zoom(browser: Any, address: str, name: str, width: int, scale: int) -> None:
    """A window of 1280 pixels zoomed in needs no scrolling sideways, folds open too."""
    with opened(browser, address, name, width, device_scale_factor=scale) as (
        page,
        wrong,
    ):
        assert page.evaluate(SIDEWAYS) <= 0
        page.evaluate(UNFOLD)
        assert page.evaluate(SIDEWAYS) <= 0
        assert wrong == []


@pytest.mark.browser
@in_browser
@pytest.mark.parametrize("name", KINDS)
def test_nothing_moves_for_those_who_ask(browser: Any, address: str, name: str) -> None:
    """With reduced motion nothing is animated, also while search and menu open."""
    with opened(browser, address, name, 390, reduced_motion="reduce") as (page, _):
        assert page.evaluate(MOVING) == []
        page.locator(".pc-menu").click()
        assert page.evaluate(MOVING) == []
        page.keyboard.press("Escape")
        page.locator(".pc-search").click()
        assert page.evaluate(MOVING) == []


def stops(page: Any, most: int) -> Iterator[dict[str, Any]]:
    """Yield what the tab key reaches, one by one."""
    page.evaluate("document.body.tabIndex = -1; document.body.focus()")
    for _ in range(most):
        page.keyboard.press("Tab")
        if (found := page.evaluate(FOCUSED)) is None:
            return
        yield found


@pytest.mark.browser
@in_browser
@pytest.mark.parametrize("forced", ["none", "active"], ids=["usual", "forced"])
@pytest.mark.parametrize("name", KINDS)
def test_focus_is_seen(browser: Any, address: str, name: str, forced: str) -> None:
    """Every stop of the tab key has an outline, in forced colours as well."""
    with opened(
        browser, address, name, forced_colors=forced, reduced_motion="reduce"
    ) as (page, _):
        found = list(stops(page, 60))
        assert len(found) > 5
        assert "Skip" in found[0]["what"]
        assert [one["what"] for one in found if not one["seen"]] == []
        assert [one["what"] for one in found if not one["inside"]] == []


CONTRASTS = """() => {
  const parse = c => c.match(/[\\d.]+/g).map(Number);
  const light = c => { const [r, g, b] = c.slice(0, 3).map(v => { v /= 255;
    return v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4 });
    return .2126 * r + .7152 * g + .0722 * b };
  const below = e => { for (; e; e = e.parentElement) {
    const c = parse(getComputedStyle(e).backgroundColor);
    if (c.length === 3 || c[3] > .99) return c } return [255, 255, 255] };
  const beneath = e => { e.scrollIntoView({ block: "center", inline: "center" });
    const r = e.getBoundingClientRect();
    const all = document.elementsFromPoint(r.x + r.width / 2, r.y + r.height / 2);
    for (const x of all.filter(x => !["text", "tspan", "a", "g"].includes(x.tagName))) {
      if (!(x instanceof SVGGeometryElement)) return below(x);
      const fill = getComputedStyle(x).fill;
      if (fill.startsWith("rgb") && !/, 0\\)/.test(fill)) return parse(fill) }
    return below(e.closest("svg").parentElement) };
  const poor = [];
  const all = "td, th, p, li, a, button, figcaption, summary, h1, h2, h3, svg text";
  for (const e of document.querySelectorAll(all)) {
    if (!e.checkVisibility() || !e.textContent.trim()) continue;
    const svg = e.tagName === "text";
    const ink = parse(svg ? getComputedStyle(e).fill : getComputedStyle(e).color);
    const ground = svg ? beneath(e) : below(e);
    const [a, b] = [light(ink), light(ground)];
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < (svg ? 3 : 4.5))
      poor.push(`${ratio.toFixed(1)} ${e.textContent.trim().slice(0, 40)}`) }
  return poor.slice(0, 5) }"""


@pytest.mark.browser
@in_browser
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", KINDS)
def test_words_are_seen_in_forced_colours(
    browser: Any, address: str, name: str, scheme: str
) -> None:
    """With the reader's own few colours no text vanishes in its ground."""
    with opened(browser, address, name, scheme=scheme, forced_colors="active") as (
        page,
        _,
    ):
        assert page.evaluate("matchMedia('(forced-colors: active)').matches")
        assert page.evaluate(CONTRASTS) == []
