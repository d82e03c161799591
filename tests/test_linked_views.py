"""Every link in a figure or a table of a chapter opens what stands behind it."""

from __future__ import annotations

import csv
import importlib
import json
import re
import xml.etree.ElementTree as ET
from collections import Counter
from functools import cache
from itertools import product
from pathlib import Path
from urllib.parse import parse_qsl, unquote

import pytest
from conftest import MINI
from site_server import CHROMIUM

from personomics import agenda, agreement, figure_links, load, style
from personomics.book import figures, pages
from personomics.dataset import Dataset
from personomics.figure_links import opens

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = sorted((ROOT / "chapters").glob("*.ipynb"))
CELL = re.compile(r"([\w.]+)\.(\w+)\(ds\)")
SVG = "{http://www.w3.org/2000/svg}"
in_browser = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]
#: Figures that count nothing one could open.
BARE = {
    "effect-modification", "engagement-measuring", "engagement-road",
    "engagement-tailoring", "factor-accumulation", "interaction-power",
    "reliability-power", "search-rehearsal", "trial-reporting",
}  # fmt: skip


@pytest.fixture(params=["shipped", "invented"])
def data(request: pytest.FixtureRequest) -> str:
    """Return the name of a folder of data."""
    return str(request.param)


@cache
def dataset(data: str) -> Dataset:
    """Return the shipped data or the invented ones."""
    return load() if data == "shipped" else load(MINI)


@cache
def drawn(data: str) -> dict[str, style.Figure]:
    """Return the figures of some data by name."""
    return {figure.name: figure for figure in figures.drawn(dataset(data))}


def links(svg: str) -> list[tuple[str, str, bool]]:
    """Return address and name of each link, and whether the Tab key reaches it."""
    return [
        (a.get("href", ""), a.get("aria-label", ""), a.get("tabindex") != "-1")
        for a in ET.fromstring(svg).iter(f"{SVG}a")
    ]


@cache
def shown(data: str, chapter: Path) -> str:
    """Return what the cells of a chapter show of some data."""
    found = []
    for cell in json.loads(chapter.read_text(encoding="utf-8"))["cells"]:
        if call := CELL.fullmatch("".join(cell["source"]).strip()):
            module = importlib.import_module(f"personomics.{call[1]}")
            output = getattr(module, call[2])(dataset(data))
            found.append(output._repr_mimebundle_()["text/html"])
    return "\n".join(found)


@cache
def places(data: str) -> dict[str, set[str]]:
    """Return the ids on each page of the site that a link may lead to."""
    ds, texts = dataset(data), {}
    for collection in pages.COLLECTIONS:
        for document in pages.module(collection).documents(ds):
            texts[document.path] = str(document.body)
    for name in ("reference/flow", "map"):
        texts[f"{name}.html"] = pages.make(name, ds, {})
    for chapter in CHAPTERS:
        texts[f"chapters/{chapter.stem}.html"] = shown(data, chapter)
    return {
        path: set(re.findall(r'\sid="([^"]+)"', text)) for path, text in texts.items()
    }


def views(ds: Dataset) -> dict[str, set[str]]:
    """Return what each part of the state of the map may hold."""
    return {
        "view": {"map", "nested", "matrix", "table"},
        "level": set(ds.codes("level")),
        "com_b": set(ds.codes("com_b")),
        "stability": {"stable", "dynamic"},
        "tool": {re.sub(r"\W+", "-", status) for status in agenda.STATUS},
    }


def test_every_link_of_a_figure_leads_somewhere(data: str) -> None:
    """Pages and anchors exist, states of the map are known, names are no addresses."""
    ds, known = dataset(data), places(data)
    for name, figure in drawn(data).items():
        for address, words, _ in links(figure.svg):
            where = f"{name}: {address}"
            assert address.startswith("../"), where
            path, _, anchor = unquote(address).removeprefix("../").partition("#")
            assert path in known, where
            if path == "map.html":
                state = dict(parse_qsl(anchor, strict_parsing=True))
                assert state, where
                for key, value in state.items():
                    assert value in views(ds)[key], where
            elif anchor:
                assert anchor in known[path], where
            if name != "concept-map":
                assert re.search(r"\w.*\d+(%| \w+)", words), (where, words)
            assert words == " ".join(words.split())
            assert len(words) < 300


def test_figures_that_count_have_links(data: str) -> None:
    """All figures but those that count nothing open something, each place once."""
    for name, figure in drawn(data).items():
        found = links(figure.svg)
        if name in BARE:
            assert found == []
            continue
        # A figure without anything to draw says so in words.
        assert found or "note" in figure.table.columns or name.startswith("inclusion")
        stops = [address for address, _, stop in found if stop]
        if name != "screening-verdicts":
            assert max(Counter(stops).values(), default=1) == 1, name
        reached = {address.partition("#")[0] for address in stops}
        assert {a.partition("#")[0] for a, _, _ in found} <= reached, name
        assert ("role=" in figure.svg.split(">", 1)[0]) == bool(found), name


def rows(data: str, table: str) -> list[dict[str, str]]:
    """Return the rows of a file of the data as the csv module reads them."""
    folder = ROOT / "data" if data == "shipped" else MINI
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_cells_of_the_matrix_say_how_many_they_open(data: str) -> None:
    """A link is there for each cell, row and column with factors, with their number."""
    active = [r for r in rows(data, "factors") if r["status"] == "active"]
    wanted = {}
    for level, part in product(views(dataset(data))["level"] | {""},
                               views(dataset(data))["com_b"] | {""}):  # fmt: skip
        state = {"level": level, "com_b": part}
        n = sum(all(r[k] == v for k, v in state.items() if v) for r in active)
        if n and (level or part):
            said = ", ".join(filter(None, (part, level))).capitalize()
            wanted[f"{said}: {n} factor{'s' * (n > 1)}"] = {
                "view": "matrix", **{k: v for k, v in state.items() if v}
            }  # fmt: skip
    found = {
        words: dict(parse_qsl(address.partition("#")[2]))
        for address, words, _ in links(drawn(data)["level-comb-matrix"].svg)
    }
    assert found == wanted


def test_heat_map_of_articles_opens_rows_columns_and_cells(data: str) -> None:
    """Each mark of article and factor has a link; the Tab key skips these."""
    figure = drawn(data)["article-factor-matrix"]
    found = links(figure.svg)
    assert sum(not stop for *_, stop in found) == len(figure.table)
    articles = {a for a, _, stop in found if stop and a.startswith("../articles/")}
    included = {r["article_id"] for r in rows(data, "screening")
                if r["rater_id"] == dataset(data).consensus
                and r["verdict"] == "include"}  # fmt: skip
    assert articles == {f"../articles/{article}.html" for article in included}


def test_boxes_with_records_are_links(data: str) -> None:
    """Every box of the flow diagram leads to its records and says how many."""
    figure = drawn(data)["prisma-flow"]
    boxes = figure.table[~figure.table["label"].str.startswith("of these")]
    found = links(figure.svg)
    assert len(found) == len(boxes)
    for (_, words, stop), n in zip(found, sorted(boxes["n"]), strict=False):
        assert stop
        assert n >= 0
        assert re.search(r", \d+ records?\b", words)


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_links_within_a_chapter_exist(data: str, chapter: Path) -> None:
    """What a table of a chapter links to on its own page is there, once."""
    page = shown(data, chapter)
    ids = Counter(re.findall(r'\sid="([^"]+)"', page))
    for anchor in re.findall(r'<a href="#([^"]+)"', page):
        assert ids[anchor] == 1, anchor
    assert [name for name, n in ids.items() if n > 1] == []


AGREEMENT = re.compile(
    r'<th scope="row">(?:<a href="#([^"]+)"[^>]*>)?([^<]+)(?:</a>)?</th>'
    r'<td class="pc-num">(\d+)</td><td class="pc-num">(\d+)</td>'
)


@pytest.mark.parametrize("chapter", CHAPTERS[:4], ids=lambda path: path.stem)
def test_agreement_opens_the_answers_that_differ(data: str, chapter: Path) -> None:
    """A row of agreement is a link where answers differ, to a list with that many."""
    page = shown(data, chapter)
    [table] = re.findall(r'<th scope="col">Rated</th>.*?</table>', page, re.S)
    found = AGREEMENT.findall(table)
    assert found
    for anchor, what, n, agreed in found:
        apart = int(n) - int(agreed)
        assert bool(anchor) == bool(apart), what
        inside = re.search(rf'<div id="{anchor}"(.*?)</details>', page, re.S)
        if anchor and inside and not what.startswith(("Verdict", "Which factor, or")):
            assert inside[1].count("<tr") - 1 == apart, what


def test_differing_answers_by_hand() -> None:
    """Only subjects that both raters answered count; no answer is an answer."""
    import pandas as pd

    given = pd.DataFrame(
        [("a", 1, "x"), ("b", 1, "x"), ("a", 2, "x"), ("b", 2, None), ("a", 3, "y")],
        columns=["rater_id", "case", "said"],
    )
    found = agreement.differing(given, "case", "said", ("a", "b"))
    assert found.to_dict("records") == [{"case": 2, "first": "x", "second": "none"}]


def test_links_are_right_at_every_depth() -> None:
    """On the landing page links lead down; in a file they lead up; words stay."""
    figure = drawn("invented")["level-comb-matrix"]
    top = str(figure.html("."))
    assert 'href="../' not in top
    assert top.count('<a href="./map.html#') == len(links(figure.svg))
    assert 'href="../map.html#' in figure.file
    words = '<text>&lt;a href="../x"></text>'
    assert figure_links.from_root(words, ".") == words


HOSTILE = "\"><script>x</script> & &amp; 'q'\n\u202e🧸" + " word" * 300


def test_hostile_names_of_links() -> None:
    """Names from the data cannot leave their attribute, nor break the address."""
    chart = style.new_chart(2, 2)
    axes = chart.add_subplot()
    url = opens(f"../articles/{HOSTILE}.html#<a>", HOSTILE, again=True)
    figure_links.link_area(axes, (0, 0, 1, 1), url)
    axes.text(0, 0, HOSTILE[:20], url=opens("../map.html", "The map"))
    svg = style.chart_svg(chart)
    (plain, said, first), (address, words, stop) = sorted(links(svg), reverse=True)
    assert (plain, said, first) == ("../map.html", "The map", True)
    assert not stop
    assert re.fullmatch(r"[\w./#=&%?~,-]+", address)
    assert words.startswith("\"><script>x</script> & &amp; 'q' 🧸 word")
    assert len(words) <= figure_links.NAME
    assert "<script" not in str(style.inline_svg(svg, "x", "y"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a figure in a page, as a file, and what they lead to."""
    folder = tmp_path_factory.mktemp("site")
    figure = drawn("shipped")["level-comb-matrix"]
    shell = '<!doctype html><html lang="en"><meta charset="utf-8"><title>x</title>'
    for name, text in {
        "index.html": shell + str(figure.html(".")),
        "chapters/a.html": shell + str(figure.html()),
        "figures/a.svg": figure.file,
        "map.html": shell + "<h1>Map</h1>",
    }.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
@pytest.mark.parametrize("name", ["index.html", "chapters/a.html", "figures/a.svg"])
@pytest.mark.parametrize("way", ["pointer", "keyboard"])
def test_cells_open_in_a_browser(browser, site, name, way) -> None:  # type: ignore[no-untyped-def]
    """A cell is a link with a name; a click beside its number or Enter opens it."""
    address, words, _ = links(drawn("shipped")["level-comb-matrix"].svg)[-1]
    page = browser.new_page()
    page.goto((site / name).as_uri())
    cell = page.get_by_role("link", name=words, exact=True)
    if way == "pointer":
        box = cell.bounding_box()
        page.mouse.click(box["x"] + 4, box["y"] + 4)
    else:
        for _ in range(60):
            page.keyboard.press("Tab")
            label = "document.activeElement.getAttribute('aria-label')"
            if page.evaluate(label) == words:
                break
        page.keyboard.press("Enter")
    page.wait_for_url("**/map.html*")
    assert page.url == f"{site.as_uri()}/{address.removeprefix('../')}"
    assert page.locator("h1").inner_text() == "Map"
    page.close()
