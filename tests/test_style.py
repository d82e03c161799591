"""One look: readable colours, a mark for every code, SVG that can share a page."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pandas as pd
import pytest

from personomics import schema, style
from personomics.style import COM_B, ORIGIN, PALETTE, STABILITY, badge, inline_svg


def test_palette_is_unambiguous() -> None:
    """Colours are #rrggbb, and a light colour tells its name."""
    for light, dark in PALETTE.values():
        assert re.fullmatch("#[0-9a-f]{6}", light)
        assert re.fullmatch("#[0-9a-f]{6}", dark)
    assert len({light for light, _ in PALETTE.values()}) == len(PALETTE)


def listed(column: str) -> list[str]:
    """Return the listed values of a column of the factors."""
    [table] = [r for r in schema.contract()["resources"] if r["name"] == "factors"]
    [field] = [f for f in table["schema"]["fields"] if f["name"] == column]
    return list(field["constraints"]["enum"])


def test_every_code_has_its_mark() -> None:
    """Each listed value has an entry; COM-B symbols and stability marks differ."""
    assert list(COM_B) == listed("com_b")
    assert list(STABILITY) == listed("stability")
    assert list(ORIGIN) == listed("origin")
    assert len({symbol for _, _, symbol in COM_B.values()}) == len(COM_B)
    assert len({fill for fill, _, _ in COM_B.values()}) == len(COM_B)
    assert len(set(STABILITY.values())) == len(STABILITY)
    assert len(set(ORIGIN.values())) == len(ORIGIN)
    assert {name for fill, ink, _ in COM_B.values() for name in (fill, ink)} <= set(
        PALETTE
    )


@pytest.mark.parametrize("kind", ["com_b", "stability", "origin", "level"])
def test_badges_say_their_word(kind: str) -> None:
    """A badge carries its word, never only a colour; an empty one stays empty."""
    for code in listed(kind):
        assert code in badge(kind, code)
    assert "&lt;b&gt;" in badge("level", "<b>")
    assert badge(kind, pd.NA) == ""


def test_css_variables() -> None:
    """Each colour is a variable of both schemes."""
    css = style.css_variables()
    for name, (light, dark) in PALETTE.items():
        assert f"--pc-{name}:{light};" in css
        assert f"--pc-{name}:{dark};" in css


SVG = """<svg width="144pt" height="72pt" viewBox="0 0 144 72" style="overflow: visible"
 xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">
<style>*{stroke-linejoin: round}</style>
<defs><path id="p1" d="M0 0"/><clipPath id="c1"><rect width="9" height="9"/></clipPath>
</defs>
<g id="a" data-id="F01" clip-path="url(#c1)" fill="#7a1f3d">
<use xlink:href="#p1" style="fill: #1c2430; stroke: #123456"/>
<path d="M0 0" fill="#ffffff" stroke="#b9c0c9" style="stroke-width: 2"/>
<a href="../reference/factors.html#F01"><text>id="a" fill: #7a1f3d &lt;b&gt;</text></a>
</g></svg>"""


def test_inline_svg() -> None:
    """Ids are the figure's own, colours variables, size the page's, words untouched."""
    page = inline_svg(SVG, "fig", 'Alt & "text" <b>')
    root = ET.fromstring(page)
    ids = [e.get("id") for e in root.iter() if e.get("id")]
    assert ids == ["fig-p1", "fig-c1", "fig-a"]
    assert root.get("aria-label") == 'Alt & "text" <b>'
    assert root.get("role") == "img"
    assert root.get("width") is None
    assert root.get("height") is None
    assert root.get("style") == "max-width:192px; overflow: visible"
    assert "url(#fig-c1)" in page
    assert 'xlink:href="#fig-p1"' in page
    assert 'href="../reference/factors.html#F01"' in page
    assert 'data-id="F01"' in page
    assert "<style" not in page
    assert "fill: var(--pc-accent, #7a1f3d)" in page
    assert "fill: var(--pc-ink, #1c2430); stroke: #123456" in page
    assert "fill: var(--pc-paper, #ffffff); stroke: var(--pc-line, #b9c0c9)" in page
    [words] = [e.text for e in root.iter() if e.tag.endswith("}text")]
    assert words == 'id="a" fill: #7a1f3d <b>'


def test_two_figures_share_a_page() -> None:
    """The same drawing under two names has no id in common."""
    found = [
        {e.get("id") for e in ET.fromstring(inline_svg(SVG, name, "x")).iter()} - {None}
        for name in ("one", "two")
    ]
    assert not found[0] & found[1]


@pytest.fixture(scope="module")
def figure() -> style.Figure:
    """Return a chart with hostile words and a colour of the palette."""
    chart = style.new_chart(3, 2)
    axes = chart.subplots()
    axes.bar(["a", "b"], [1, 2], color=style.color("accent"))
    axes.set_title('$x_1$ <b> & "q" 100%')
    table = pd.DataFrame({"what": ["a", "<b>"], "value": [1, 2]})
    return style.from_chart(
        chart, "toy", "A toy", "Two bars & more", table, min_width=9
    )


def test_chart_becomes_a_figure(figure: style.Figure) -> None:
    """A chart becomes valid SVG with text as text, a PNG, and a table twin."""
    root = ET.fromstring(figure.svg)
    words = [e.text for e in root.iter() if e.tag.endswith("}text")]
    assert '$x_1$ <b> & "q" 100%' in words
    assert figure.png.startswith(b"\x89PNG")
    page = str(figure.html())
    ET.fromstring(page.replace("&nbsp;", " "))
    assert "var(--pc-accent, #7a1f3d)" in page
    assert "Show as a table" in page
    for kind in ("svg", "png", "csv"):
        assert f'href="../figures/toy.{kind}"' in page
    assert figure._repr_mimebundle_()["text/plain"] == "A toy\nTwo bars & more"


def test_chart_is_drawn_the_same_again(figure: style.Figure) -> None:
    """Drawing twice gives the same bytes: no date, no random ids, no version."""

    def draw() -> style.Figure:
        chart = style.new_chart(3, 2)
        chart.subplots().plot([1, 2], [3, 4])
        return style.from_chart(chart, "x", "x", "x", figure.table)

    one, other = draw(), draw()
    assert one.svg == other.svg
    assert one.png == other.png
    assert "<metadata" not in one.svg
    assert b"Matplotlib" not in one.png
