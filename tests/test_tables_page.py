"""Tables sort, filter and download in Chromium, and stay whole without the script."""

from __future__ import annotations

import contextlib
import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from site_server import CHROMIUM, pause

from personomics import style
from personomics.html import Markup, Table, tag
from personomics.screening_tools.files import uninert

ASSETS = Path(__file__).resolve().parent.parent / "assets"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]

#: Names, numbers, shares and ranges; None and dashes are empty. Ties in every column.
ROWS = [
    ("Örtlich", 10, "12%", "0.10 to 0.45", "=1+1"),
    ("apple", 2, "9%", "0.10 to 0.20", "+16"),
    ("Zebra", None, "100%", "–", "@SUM(A1)"),
    ("Banana", 1200, "–", "-0.50 to 0.10", "-2+3"),
    ("apple 10", 2, "12%", "0.02 to 0.03", '"quoted", and more'),
    ("apple 9", -3, "50%", "0.10 to 0.30", "<script>window.hurt = 1</script>"),
    ("cherry", 7, "0%", "0.09 to 0.99", "two words"),
    ("Ärzte", 7, "–", "1 to 2", "\u202eturned 🧸"),
    ("מילה", 8, "33%", "0.30 to 0.31", "x" * 4000),
    ("date", 2, "1%", "0.70 to 0.80", "javascript:alert(1)"),
]
COLUMNS = ["name", "n", "share", "range", "free"]
CAPTION = "Things of 2024: <b>10</b> rows"
#: The place of the table's state in an address.
KEY = "t.things-of-b-b-rows"
BY_NAME = ["apple", "apple 9", "apple 10", "Ärzte", "Banana", "cherry", "date",
           "Örtlich", "Zebra", "מילה"]  # fmt: skip


def listed(words: str) -> Markup:
    """Return words as a list of two entries."""
    return tag("ul", tag("li", words) + tag("li", "second"))


def page(*parts: object, version: str = "9.9") -> str:
    """Return a page with some content, the book's style and the script."""
    css = style.css_variables() + "".join(
        path.read_text(encoding="utf-8") for path in sorted(ASSETS.glob("css/*.css"))
    )
    script = (ASSETS / "js" / "tables.js").read_text(encoding="utf-8")
    return (
        f'<!doctype html><html lang="en" data-theme="light" data-data="{version}">'
        f'<meta charset="utf-8"><title>Tables</title><style>{css}</style>'
        f'<body><main class="bd-article">{"".join(map(str, parts))}</main>'
        f"<script>{script}</script></body></html>"
    )


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the address of a page with all kinds of tables."""
    frame = pd.DataFrame(ROWS, columns=COLUMNS)
    frame["n"] = frame["n"].astype("Int64")
    frame["id"] = [f"row-{n}" for n in range(len(frame))]
    small = pd.DataFrame({"word": list("dbca"), "entries": list("wxyz")})
    merged = (
        '<div class="pc-table"><table><thead><tr><th>a</th><th>b</th></tr></thead>'
        '<tbody><tr><td rowspan="2">1</td><td>2</td></tr><tr><td>3</td></tr>'
        + "<tr><td>4</td><td>5</td></tr>" * 9
        + "</tbody></table></div>"
    )
    own = tag("div", Table(frame, "The map’s own").html(), id="pc-map")
    file = tmp_path_factory.mktemp("tables") / "page.html"
    parts = (
        Table(frame, CAPTION, {"n": "Number (n)"}, anchor="id").html(),
        tag("details", tag("summary", "More") + Table(
            small, "Small", render={"entries": listed}).html()),
        Table(small.head(3), "Tiny").html(),
        merged,
        str(own).replace('id="row-', 'id="own-'),
    )  # fmt: skip
    file.write_text(page(*parts), encoding="utf-8")
    return file.as_uri()


@contextlib.contextmanager
def opened(browser: Any, address: str, **options: Any) -> Iterator[Any]:
    """Open a page; no error may come up and nothing may be asked of another place."""
    context = browser.new_context(**options)
    shown, wrong = context.new_page(), []
    shown.on("console", lambda m: m.type == "error" and wrong.append(m.text))
    shown.on("pageerror", lambda error: wrong.append(str(error)))
    shown.on("request", lambda r: r.url.startswith("http") and wrong.append(r.url))
    shown.goto(address)
    yield shown
    assert wrong == []
    context.close()


def column(shown: Any, number: int = 0) -> list[str]:
    """Return the cells of a column that are seen, in their order."""
    rows = shown.locator(".pc-table").first.locator("tbody tr:visible")
    return [row.locator("th, td").nth(number).inner_text() for row in rows.all()]


def head(shown: Any, name: str) -> Any:
    """Return the button of a heading of the first table."""
    table = shown.locator(".pc-table").first
    return table.get_by_role("button", name=name, exact=True)


def sorted_as(shown: Any, name: str) -> str | None:
    """Return what a heading says of the order."""
    return shown.locator(".pc-table").first.locator(
        "thead th", has_text=name
    ).first.get_attribute("aria-sort")  # fmt: skip


def original() -> list[str]:
    """Return the names in the order of the data."""
    return [row[0] for row in ROWS]


@pytest.mark.parametrize(
    ("heading", "number", "key"),
    [
        ("Number (n)", 1, lambda cell: cell),
        ("Share", 2, lambda cell: int(cell.rstrip("%"))),
        ("Range", 3, lambda cell: tuple(map(float, cell.split(" to ")))),
    ],
)
def test_numbers_sort_by_size(
    browser: Any, address: str, heading: str, number: int, key: Any
) -> None:
    """Numbers, shares and ranges are as Python sorts them, empty last, both ways."""
    full = [row for row in ROWS if row[number] not in (None, "–")]
    empty = [row[0] for row in ROWS if row[number] in (None, "–")]
    with opened(browser, address) as shown:
        for reverse, said in ((False, "ascending"), (True, "descending")):
            head(shown, heading).click()
            rows = sorted(full, key=lambda row: key(row[number]), reverse=reverse)
            if reverse:  # Python keeps equals in their order as well
                assert sorted_as(shown, heading) == "descending"
            assert column(shown) == [row[0] for row in rows] + empty
            assert sorted_as(shown, heading) == said
        head(shown, heading).click()
        assert column(shown) == original()
        assert sorted_as(shown, heading) is None


def test_words_sort_as_readers_do(browser: Any, address: str) -> None:
    """Words sort without regard to case and accents, numbers in them by size."""
    with opened(browser, address) as shown:
        head(shown, "Name").click()
        assert column(shown) == BY_NAME
        head(shown, "Number (n)").click()
        assert sorted_as(shown, "Name") is None
        assert sorted_as(shown, "Number") == "ascending"


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("APPLE", ["apple", "apple 10", "apple 9"]),
        ("  12%   apple ", ["apple 10"]),
        ("ortlich", ["Örtlich"]),
        ("<script>", ["apple 9"]),
        ("מילה", ["מילה"]),
        (".*", []),
        ("", [row[0] for row in ROWS]),
    ],
)
def test_filter_finds_rows_with_all_words(
    browser: Any, address: str, words: str, names: list[str]
) -> None:
    """Rows that hold every word are left, in their order, and counted aloud."""
    with opened(browser, address) as shown:
        shown.get_by_role("searchbox", name="Filter").fill(words)
        assert column(shown) == names
        many = f"{len(names)} of {len(ROWS)} rows" if words else f"{len(ROWS)} rows"
        status = shown.get_by_role("status").filter(has_text="rows").first
        assert status.inner_text() == many
        assert status.evaluate("e => e.tagName") == "OUTPUT"


def downloaded(shown: Any, place: int = 0) -> tuple[str, list[list[str]]]:
    """Download a table; return the name of the file and its cells."""
    with shown.expect_download() as waiting:
        shown.get_by_role("button", name="Download as CSV").nth(place).click()
    content = Path(waiting.value.path()).read_bytes()
    assert content.count(b"\r\n") == content.count(b"\n") > 0
    reader = csv.reader(io.StringIO(content.decode("utf-8"), newline=""))
    return waiting.value.suggested_filename, list(reader)


def test_download_is_what_is_seen(browser: Any, address: str) -> None:
    """The file holds the rows that are seen, in their order, and runs no formula."""
    with opened(browser, address) as shown:
        head(shown, "Number (n)").click()
        shown.get_by_role("searchbox", name="Filter").fill("a")
        seen = [column(shown, n) for n in range(len(COLUMNS))]
        name, (heads, *rows) = downloaded(shown)
        assert name == f"{KEY[2:]}-data-9.9.csv"
        assert heads == ["Name", "Number (n)", "Share", "Range", "Free"]
        assert len(rows) == len(seen[0]) > 3
        assert [[uninert(cell) for cell in row] for row in rows] == [
            list(row) for row in zip(*seen, strict=True)
        ]
        shown.get_by_role("searchbox", name="Filter").fill("")
        head(shown, "Number (n)").click()
        head(shown, "Number (n)").click()
        free = [row[-1] for row in downloaded(shown)[1][1:]]
        assert free[:4] == ["'=1+1", "+16", "'@SUM(A1)", "'-2+3"]
        assert shown.evaluate("window.hurt") is None
        shown.locator("summary").click()
        name, rows = downloaded(shown, 1)
        assert name == "small-data-9.9.csv"
        assert rows[:2] == [["Word", "Entries"], ["d", "w; second"]]


def test_small_and_merged_tables(browser: Any, address: str) -> None:
    """Few rows get no filter; three rows, merged cells and the map stay untouched."""
    with opened(browser, address) as shown:
        shown.locator("summary").click()
        assert shown.get_by_role("searchbox").count() == 1
        buttons = shown.locator(".pc-table").evaluate_all(
            "all => all.map(e => e.querySelectorAll('thead button').length)"
        )
        assert buttons == [5, 2, 0, 0, 0]


def test_state_goes_round(browser: Any, address: str) -> None:
    """The address keeps order and words, names the data, and shows the same again."""
    with opened(browser, address) as shown:
        head(shown, "Share").click()
        head(shown, "Share").click()
        words = "a, b:c & d=e #1 + 50%"
        box = shown.get_by_role("searchbox", name="Filter")
        box.fill(words)
        shown.wait_for_url(lambda url: "q:" in url)
        link = shown.url
        assert link.startswith(f"{address}#{KEY}=sort:share:desc,q:")
        assert link.endswith("&data=9.9")
        box.fill("apple")
        shown.wait_for_url(lambda url: url.endswith("q:apple&data=9.9"))
        seen, simple = column(shown), shown.url
        assert seen == ["apple 9", "apple 10", "apple"]
    with opened(browser, link) as shown:
        box = shown.get_by_role("searchbox", name="Filter")
        assert box.input_value() == words
        assert sorted_as(shown, "Share") == "descending"
    with opened(browser, simple) as shown:
        assert column(shown) == seen
        assert shown.locator(".pc-table-notice").inner_text() == ""
        head(shown, "Share").click()
        shown.get_by_role("searchbox", name="Filter").fill("")
        shown.wait_for_url(address)
        assert column(shown) == original()
        shown.evaluate("h => location.hash = h", f"{KEY}=sort:name:asc")
        shown.wait_for_function("document.querySelector('[aria-sort]')")
        assert column(shown) == BY_NAME


@pytest.mark.parametrize(
    "state",
    [
        f"{KEY}=sort:nothing:asc", f"{KEY}=sort:name:up", f"{KEY}=%ff%", f"{KEY}=sort",
        "t.gone=sort:name:asc", f"{KEY}=sort:__proto__:asc", "t.=", f"{KEY}=,,,",
    ],
)  # fmt: skip
def test_malformed_state_is_told(browser: Any, address: str, state: str) -> None:
    """What an address asks for in vain is said in words; all rows are there."""
    with opened(browser, f"{address}#{state}") as shown:
        assert sorted(column(shown)) == sorted(original())
        assert "not known here" in shown.locator(".pc-table-notice").inner_text()


def test_foreign_states_are_left_alone(browser: Any, address: str) -> None:
    """Other parts of the address stay, and are no reason for a notice."""
    with opened(browser, f"{address}#level=individual&x=1") as shown:
        assert shown.locator(".pc-table-notice").inner_text() == ""
        head(shown, "Name").click()
        shown.wait_for_url(lambda url: "sort" in url)
        assert shown.url.endswith(f"#level=individual&x=1&{KEY}=sort:name:asc&data=9.9")
    with opened(browser, f"{address}#{KEY}=q:apple&data=0.1") as shown:
        notice = shown.locator(".pc-table-notice").inner_text()
        assert "version 0.1 of the data" in notice


def test_target_is_never_hidden(browser: Any, address: str) -> None:
    """A row that the address names is never filtered away; odd anchors do no harm."""
    with opened(browser, f"{address}#row-2") as shown:
        assert shown.url.endswith("#row-2")
        shown.get_by_role("searchbox", name="Filter").fill("cherry")
        assert column(shown) == ["Zebra", "cherry"]
        shown.evaluate("location.hash = 'row-3'")
        pause(shown, 100)
        assert column(shown) == ["Banana", "cherry"]
    for odd in ("%E0%A4%A", "a'b\"c", "&&", "100%", "../x", "none"):
        with opened(browser, f"{address}#{odd}") as shown:
            assert column(shown) == original()


def test_keyboard_alone(browser: Any, address: str) -> None:
    """Headings, filter and download are reached with Tab and work with keys."""
    with opened(browser, address) as shown:
        shown.keyboard.press("Tab")
        assert shown.evaluate("document.activeElement.type") == "search"
        shown.keyboard.type("apple")
        assert len(column(shown)) == 3
        shown.keyboard.press("Escape")
        assert len(column(shown)) == len(ROWS)
        names = []
        for _ in range(3):
            shown.keyboard.press("Tab")
            names.append(shown.evaluate("document.activeElement.innerText"))
        assert names[0] == "Download as CSV"
        assert names[2] == "Name"
        outline = "getComputedStyle(document.activeElement).outlineStyle"
        assert shown.evaluate(outline) == "solid"
        shown.keyboard.press("Enter")
        assert column(shown) == BY_NAME
        shown.keyboard.press("Space")
        assert column(shown) == BY_NAME[::-1]
        assert shown.evaluate("document.activeElement.innerText") == "Name"


def test_without_script(browser: Any, address: str) -> None:
    """Without JavaScript every table is whole and has no tools that do nothing."""
    with opened(browser, address, java_script_enabled=False) as shown:
        assert shown.locator(".pc-table tbody tr").count() > 3 * len(ROWS)
        assert shown.locator("button, input").count() == 0
        assert shown.locator(".pc-table th:visible").first.inner_text() == "Name"


def test_large_table_is_quick(browser: Any, tmp_path: Path) -> None:
    """With 3,000 rows a keystroke takes the script less than 100 ms."""
    frame = pd.DataFrame({
        f"column {c}": [f"word{(n * 7919 + c) % 997} row {n}" for n in range(3000)]
        for c in range(6)
    })  # fmt: skip
    file = tmp_path / "large.html"
    file.write_text(page(Table(frame, "Large").html()), encoding="utf-8")
    strokes = """() => ["w", "word9", "word98", "word987", "", "w"].map((q) => {
      const box = document.querySelector("input"), start = performance.now();
      box.value = q;
      box.dispatchEvent(new Event("input", { bubbles: true }));
      const taken = performance.now() - start;
      document.body.getBoundingClientRect();
      return taken;
    })"""
    with opened(browser, file.as_uri()) as shown:
        shown.get_by_role("searchbox").focus()  # reads the words of all cells, once
        rounds = [shown.evaluate(strokes) for _ in range(5)]
        # The best of five, as other work of the machine is not the table's.
        best = [min(times) for times in zip(*rounds, strict=True)]
        assert max(best) < 100
        found = sum("word987" in " ".join(row) for row in frame.to_numpy())
        shown.get_by_role("searchbox").fill("word987")
        assert len(shown.locator("tbody tr:visible").all()) == found > 0
