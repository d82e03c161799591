"""One look for every figure: palette, matplotlib style, accessible inline SVG."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from personomics.html import Markup, Table, escape, join, tag

if TYPE_CHECKING:
    from matplotlib.figure import Figure as MplFigure

#: Colours by name: (light scheme, dark scheme). No two light colours are equal,
#: because figures are drawn in the light ones and recoloured by name on the page.
PALETTE: dict[str, tuple[str, str]] = {
    "ink": ("#1c2430", "#e8eaed"),
    "muted": ("#5b6573", "#a9b1bc"),
    "line": ("#b9c0c9", "#4a535f"),
    "faint": ("#eef0f3", "#2a3038"),
    "paper": ("#ffffff", "#14181e"),
    "accent": ("#7a1f3d", "#f0a3b8"),
    "accent-faint": ("#f7e9ee", "#3d1f2a"),
    "capability-physical": ("#dbe8f6", "#1d3550"),
    "capability-psychological": ("#b7d1ee", "#28507c"),
    "capability-ink": ("#17406b", "#b9d8f8"),
    "opportunity-physical": ("#d9eee0", "#17392a"),
    "opportunity-social": ("#b3ddc3", "#225a40"),
    "opportunity-ink": ("#145236", "#aee3c5"),
    "motivation-reflective": ("#fbe6cf", "#472c10"),
    "motivation-automatic": ("#f5cd9f", "#6b4115"),
    "motivation-ink": ("#7a3d05", "#fbd3a6"),
    "yes": ("#2f6f8f", "#7cc3e6"),
    "partly": ("#9cc4d8", "#3f7c9c"),
    "no": ("#d9a441", "#e3b562"),
}

#: COM-B component: palette name of its fill, of its text, and its symbol.
COM_B: dict[str, tuple[str, str, str]] = {
    "physical capability": ("capability-physical", "capability-ink", "C·phy"),
    "psychological capability": ("capability-psychological", "capability-ink", "C·psy"),
    "physical opportunity": ("opportunity-physical", "opportunity-ink", "O·phy"),
    "social opportunity": ("opportunity-social", "opportunity-ink", "O·soc"),
    "reflective motivation": ("motivation-reflective", "motivation-ink", "M·ref"),
    "automatic motivation": ("motivation-automatic", "motivation-ink", "M·aut"),
}
STABILITY = {"stable": "■", "dynamic": "●"}
ORIGIN = {"literature": "", "published abstract": "†", "case narratives": "‡"}
FONT = "DejaVu Sans"


def color(name: str) -> str:
    """Return a palette colour of the light scheme as #rrggbb."""
    return PALETTE[name][0]


def css_variables() -> str:
    """Return the palette as CSS custom properties for both colour schemes."""
    light = "".join(f"--pc-{k}:{v[0]};" for k, v in PALETTE.items())
    dark = "".join(f"--pc-{k}:{v[1]};" for k, v in PALETTE.items())
    return f':root{{{light}}}\nhtml[data-theme="dark"]{{{dark}}}\n'


def matplotlib_style() -> dict[str, object]:
    """Return the rc parameters every chart is drawn with."""
    ink, muted, line = color("ink"), color("muted"), color("line")
    return {
        "font.family": FONT,
        "font.size": 9,
        "text.color": ink,
        "text.parse_math": False,
        "axes.edgecolor": line,
        "axes.labelcolor": ink,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "axes.grid": False,
        "grid.color": color("faint"),
        "xtick.color": muted,
        "ytick.color": muted,
        "xtick.labelcolor": ink,
        "ytick.labelcolor": ink,
        "figure.facecolor": "none",
        "axes.facecolor": "none",
        "savefig.facecolor": "none",
        "legend.frameon": False,
        "svg.fonttype": "none",
        "svg.hashsalt": "personomics",
    }


def new_chart(width: float = 6.4, height: float = 3.6) -> MplFigure:
    """Return an empty chart of the given size in inches, in the book's style.

    Phones show it about 3.7 inches wide, so a chart of 6.4 inches needs text of 9
    points or more.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure as MplFigure

    mpl.rcParams.update(matplotlib_style())
    return MplFigure(figsize=(width, height), layout="constrained")


@dataclass(frozen=True)
class Figure:
    """A figure of the book: picture, words and numbers.

    Attributes
    ----------
    name : str
        File name without ending; unique in the book.
    title : str
        What the figure shows, as its heading.
    alt : str
        Text alternative written from the data: what it shows and what stands out.
    table : DataFrame
        The same numbers as rows.
    svg : str
        The picture, in the colours of the light scheme.
    png : bytes
        The picture as a bitmap on white.
    min_width : int
        Below this many CSS pixels the picture scrolls sideways in its own box.
    headings : dict
        Headings of the table, where they are not the column names.
    note : str
        A sentence below the picture: what to bear in mind.
    """

    name: str
    title: str
    alt: str
    table: pd.DataFrame
    svg: str
    png: bytes
    min_width: int = 0
    headings: dict[str, str] = field(default_factory=dict)
    note: str = ""

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": str(self.html()), "text/plain": f"{self.title}\n{self.alt}"}

    def html(self, root: str = "..") -> Markup:
        """Return the figure for a page; ``root`` leads to the top of the site."""
        picture = tag(
            "div",
            inline_svg(self.svg, self.name, self.alt),
            class_="pc-picture",
            style=f"--pc-min:{self.min_width}px",
            tabindex="0" if self.min_width else None,
            role="group" if self.min_width else None,
            aria_label=f"{self.title}, scrollable" if self.min_width else None,
        )
        files = join(
            [
                tag("a", kind, href=f"{root}/figures/{self.name}.{kind.lower()}")
                for kind in ("SVG", "PNG")
            ],
            " · ",
        )
        caption = tag(
            "figcaption",
            tag("strong", self.title)
            + (tag("span", " " + self.note) if self.note else Markup(""))
            + tag("span", Markup(" ") + files, class_="pc-files"),
        )
        twin = Table(self.table, f"{self.title}: the same numbers", self.headings)
        numbers = tag("details", tag("summary", "Show as a table") + twin.html())
        return tag(
            "figure",
            picture + caption + numbers,
            class_="pc-figure",
            id=f"fig-{self.name}",
        )


def from_chart(
    chart: MplFigure, name: str, title: str, alt: str, table: pd.DataFrame,
    *, min_width: int = 0, headings: dict[str, str] | None = None, note: str = "",
) -> Figure:  # fmt: skip
    """Return a :class:`Figure` from a matplotlib chart made by :func:`new_chart`."""
    vector, bitmap = io.StringIO(), io.BytesIO()
    meta = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    chart.savefig(vector, format="svg", metadata=meta)
    chart.savefig(
        bitmap, format="png", dpi=200, facecolor="white", metadata={"Software": None}
    )
    svg = vector.getvalue()
    svg = svg[svg.index("<svg") :]
    return Figure(
        name, title, alt, table, svg, bitmap.getvalue(), min_width, headings or {}, note
    )


def with_alt(svg: str, name: str, alt: str) -> str:
    """Return an SVG that names and describes itself to assistive technology."""
    svg = re.sub(r"<(title|desc)>.*?</\1>", "", svg, count=1, flags=re.S) if (
        re.match(r"<svg[^>]*>\s*<(title|desc)>", svg)
    ) else svg  # fmt: skip
    opening, rest = svg.split(">", 1)
    label = escape(alt)
    role = '' if " role=" in opening else ' role="img"'
    return (
        f'{opening}{role} aria-labelledby="{name}-alt"><title id="{name}-alt">'
        f"{label}</title>{rest}"
    )


def inline_svg(svg: str, name: str, alt: str) -> Markup:
    """Return an SVG ready to stand in a page.

    Ids get the figure's name in front, so that several figures share a page; colours
    of the palette become CSS variables, so that they follow the colour scheme; the
    size follows the page.
    """
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', svg)
    svg = re.sub(r'(xlink:href|href)="#([^"]+)"', rf'\1="#{name}-\2"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", svg)
    svg = re.sub(r"<style.*?</style>", "", svg, flags=re.S)
    svg = re.sub(r"<[a-zA-Z][^>]*>", as_style, svg)
    names = {light.lower(): key for key, (light, _) in PALETTE.items()}

    def variable(match: re.Match[str]) -> str:
        found = names.get(match[2].lower())
        value = f"var(--pc-{found}, {match[2]})" if found else match[2]
        return f"{match[1]}: {value}"

    svg = re.sub(
        r"(?<![-\w])(fill|stroke|stop-color): ?(#[0-9a-fA-F]{6})", variable, svg
    )
    svg = re.sub(r'(<svg[^>]*?) width="([\d.]+)(pt|px)?"', sized, svg, count=1)
    svg = re.sub(r'(<svg[^>]*?) height="[\d.]+(pt|px)?"', r"\1", svg, count=1)
    return Markup(with_alt(svg, name, alt))


def as_style(match: re.Match[str]) -> str:
    """Move the colours of one element into its style, where CSS variables work."""
    element = match[0]
    found = re.findall(r'\s(fill|stroke|stop-color)="(#[0-9a-fA-F]{6})"', element)
    if not found:
        return element
    colours = "; ".join(f"{name}: {value}" for name, value in found)
    element = re.sub(r'\s(fill|stroke|stop-color)="#[0-9a-fA-F]{6}"', "", element)
    if ' style="' in element:
        return element.replace(' style="', f' style="{colours}; ', 1)
    end = "/>" if element.endswith("/>") else ">"
    return f'{element[: -len(end)]} style="{colours}"{end}'


def sized(match: re.Match[str]) -> str:
    """Replace a fixed width by a greatest width in CSS pixels."""
    pixels = float(match[2]) * (4 / 3 if match[3] == "pt" else 1)
    return f'{match[1]} style="max-width:{pixels:.0f}px"'


def badge(kind: str, code: object) -> Markup:
    """Return a small mark for a COM-B component, a stability or an origin.

    ``kind`` is ``com_b``, ``stability`` or ``origin``; hue is never alone, each mark
    carries its word and its symbol.
    """
    word = str(code)
    if kind == "com_b":
        fill, _, symbol = COM_B[word]
        label = tag("span", symbol, class_="pc-symbol", aria_hidden="true")
        return tag("span", label + Markup(" ") + escape(word), class_=f"pc-badge pc-{fill}")
    symbol = STABILITY.get(word) or ORIGIN.get(word, "")
    mark = tag("span", symbol, aria_hidden="true") + Markup(" ") if symbol else Markup("")
    return tag("span", mark + escape(word), class_=f"pc-badge pc-{kind}")
