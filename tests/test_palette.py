"""The palette: contrast by the formula of WCAG 2.2, and eyes that see fewer colours."""

from __future__ import annotations

import itertools
import re

import pytest

from personomics import Dataset, conceptmap, mapdraw, style
from personomics.book.record import ROOT
from personomics.html import Markup

SCHEMES = {"light": 0, "dark": 1}
TEXT, SIGN = 4.5, 3.0  # success criteria 1.4.3 and 1.4.11
FAMILIES = tuple(mapdraw.FAMILIES)
FILLS = {
    family: [fill for fill, *_ in style.COM_B.values() if fill.startswith(family)]
    for family in FAMILIES
}
#: Colour of text, and all grounds on which it stands.
WORDS = {
    "ink": ["paper", "faint", "accent-faint", *itertools.chain(*FILLS.values())],
    "muted": ["paper", "faint", "accent-faint"],
    "accent": ["paper", "faint", "accent-faint"],
    **{f"{family}-ink": ["paper", "faint", *FILLS[family]] for family in FAMILIES},
}
#: Colour of what must be seen without being text (focus, fields, marks), and grounds.
SIGNS = {
    "accent": ["paper", "faint", *itertools.chain(*FILLS.values())],
    "muted": ["paper", "faint"],
    "yes": ["paper", "faint"],
}
RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
#: What people see without the cones for red or for green, in linear light (Machado,
#: Oliveira and Fernandes 2009, severity 1.0). The rare ones without the cones for blue
#: tell pale blue from pale green by the symbols alone.
SEEN = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
}
#: Difference in CIELAB from which two patches side by side are plainly two colours.
PLAIN = 6.0


def linear(colour: str) -> list[float]:
    """Return the linear light of #rrggbb."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour."""
    red, green, blue = linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def lab(light: list[float]) -> list[float]:
    """Return linear light (sRGB, D65) in CIELAB."""
    red, green, blue = (min(1.0, max(0.0, part)) for part in light)
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883

    def f(t: float) -> float:
        return t ** (1 / 3) if t > (6 / 29) ** 3 else t / (3 * (6 / 29) ** 2) + 4 / 29

    return [116 * f(y) - 16, 500 * (f(x) - f(y)), 200 * (f(y) - f(z))]


def difference(one: str, other: str, kind: str) -> float:
    """Return how far apart two colours look to a kind of eyes (CIE 1976)."""
    rows = SEEN[kind]
    seen = [
        [sum(a * b for a, b in zip(row, linear(c), strict=True)) for row in rows]
        for c in (one, other)
    ]
    pairs = zip(lab(seen[0]), lab(seen[1]), strict=True)
    return float(sum((a - b) ** 2 for a, b in pairs) ** 0.5)


def rules() -> list[tuple[str, dict[str, str]]]:
    """Return the rules of our style sheets: selector and palette names by property."""
    found = []
    for file in sorted((ROOT / "assets" / "css").glob("*.css")):
        sheet = re.sub(r"/\*.*?\*/", "", file.read_text(encoding="utf-8"), flags=re.S)
        for selector, body in RULE.findall(sheet):
            named = re.findall(r"([\w-]+):[^;]*?var\(--pc-([a-z-]+)[,)]", body)
            found.append((" ".join(selector.split()), dict(named)))
    return found


def test_formula() -> None:
    """The formula gives the contrasts that are known: 21, 1 and 4.48 for #777."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#ffffff", "#ffffff") == 1
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert lab([1, 1, 1]) == pytest.approx([100, 0, 0], abs=0.02)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_words_stand_out(scheme: str) -> None:
    """Every colour of text is readable on every ground that it stands on."""
    n = SCHEMES[scheme]
    poor = {
        (word, ground): round(found, 2)
        for word, grounds in WORDS.items()
        for ground in grounds
        if (found := contrast(style.PALETTE[word][n], style.PALETTE[ground][n])) < TEXT
    }
    assert poor == {}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_signs_stand_out(scheme: str) -> None:
    """Focus, borders of fields and marks are seen on every ground."""
    n = SCHEMES[scheme]
    poor = {
        (sign, ground): round(found, 2)
        for sign, grounds in SIGNS.items()
        for ground in grounds
        if (found := contrast(style.PALETTE[sign][n], style.PALETTE[ground][n])) < SIGN
    }
    assert poor == {}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_style_sheets_pair_readable_colours(scheme: str) -> None:
    """Where a rule names text and ground, or text alone on paper, it is readable."""
    n = SCHEMES[scheme]
    checked, poor = 0, []
    for selector, named in rules():
        if "color" not in named or "var(" in named.get("color", ""):
            continue
        ground = named.get("background", named.get("background-color", "paper"))
        pair = style.PALETTE[named["color"]][n], style.PALETTE[ground][n]
        checked += 1
        if contrast(*pair) < TEXT:
            poor.append((selector, named["color"], ground, round(contrast(*pair), 2)))
    assert checked > 30
    assert poor == []


def test_style_sheets_name_only_the_palette() -> None:
    """No colour but a shadow is written out; every name is one of the palette."""
    written = re.compile(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgba?\((?!0 0 0 / )|hsla?\()")
    files = sorted((ROOT / "assets" / "css").glob("*.css"))
    sheets = {file.name: file.read_text(encoding="utf-8") for file in files}
    sheets = {n: re.sub(r"/\*.*?\*/", "", s, flags=re.S) for n, s in sheets.items()}
    # Lengths and typefaces are variables of the sheets, or of an element's style.
    own = {"min"}.union(*(re.findall(r"--pc-([\w-]+)\s*:", s) for s in sheets.values()))
    for name, sheet in sheets.items():
        values = [v for _, body in RULE.findall(sheet) for v in body.split(";")]
        assert [v for v in values if written.search(v)] == [], name
        assert set(re.findall(r"var\(--pc-([\w-]+)", sheet)) - own <= set(
            style.PALETTE
        ), name


@pytest.mark.parametrize("kind", SEEN)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_families_differ_for_all_eyes(scheme: str, kind: str) -> None:
    """The three families look different to the red-green blind, like with like."""
    n = SCHEMES[scheme]
    alike = {}
    for one, other in itertools.combinations(FAMILIES, 2):
        for mine, theirs in zip(FILLS[one], FILLS[other], strict=True):
            colours = style.PALETTE[mine][n], style.PALETTE[theirs][n]
            if (found := difference(*colours, kind)) < PLAIN:
                alike[mine, theirs] = round(found, 1)
    assert alike == {}


def test_a_symbol_goes_with_every_colour(ds: Dataset) -> None:
    """Each component has a symbol of its own, in its mark and on the map."""
    symbols = [symbol for *_, symbol in style.COM_B.values()]
    assert len(set(symbols)) == len(symbols)
    assert len(set(style.STABILITY.values())) == len(style.STABILITY)
    for code, (_, _, symbol) in style.COM_B.items():
        words = Markup(style.badge("com_b", code)).striptags()
        assert symbol in words
        assert code in words
    svg = conceptmap.map_figure(ds).svg
    drawn = Markup(re.sub(r"</text>", " ", svg)).striptags()
    used = conceptmap.matrix(ds).sum()
    for code, number in used.items():
        assert (style.COM_B[str(code)][2] in drawn) == bool(number), code
