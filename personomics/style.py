"""One look for every figure: palette, matplotlib style, accessible inline SVG."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from textwrap import fill
from typing import TYPE_CHECKING

from personomics.figure_files import chart_png, chart_svg, to_csv, with_alt
from personomics.figure_links import from_root
from personomics.html import Markup, Table, escape, join, tag, text
from personomics.words import clip

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
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
SMALLEST = 0.78  # of its natural size a picture stays readable
WIDE = 700  # CSS pixels from which a figure takes the room of the page's contents
ELEMENT = re.compile(r"<[a-zA-Z](?:[^>\"]|\"[^\"]*\")*>")


def color(name: str) -> str:
    """Return a palette colour of the light scheme as #rrggbb."""
    return PALETTE[name][0]


def css_variables() -> str:
    """Return the palette as CSS custom properties for both colour schemes."""
    light = "".join(f"--pc-{k}:{v[0]};" for k, v in PALETTE.items())
    dark = "".join(f"--pc-{k}:{v[1]};" for k, v in PALETTE.items())
    unsaid = f"(prefers-color-scheme:dark){{html:not([data-theme]){{{dark}}}}}"
    chosen = f'html[data-theme="dark"]{{{dark}}}'
    return (  # on paper it is always light
        f":root{{{light}}}\n@media screen and {unsaid}\n@media screen{{{chosen}}}\n"
    )


def matplotlib_style() -> dict[str, object]:
    """Return the rc parameters every chart is drawn with."""
    ink, muted, line = color("ink"), color("muted"), color("line")
    return {
        "font.family": FONT,
        "font.size": 9,
        "text.color": ink,
        "text.parse_math": False,
        "text.hinting": "none",  # text is as wide in the bitmap as in the SVG
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
    bitmap : callable
        Draws the picture as a PNG on white, when it is asked for.
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
    bitmap: Callable[[], bytes]
    min_width: int = 0
    headings: dict[str, str] = field(default_factory=dict)
    note: str = ""

    def __post_init__(self) -> None:
        # Whoever watches a page being made notes which function made which figure.
        sys.audit("personomics.figure", self)

    @property
    def png(self) -> bytes:
        """The picture as a bitmap on white."""
        return self.bitmap()

    @property
    def csv(self) -> bytes:
        """The numbers as a CSV file, the same bytes for the same table."""
        return to_csv(self.table)

    @property
    def file(self) -> str:
        """The picture as an SVG file that names itself to assistive technology."""
        return with_alt(self.svg, self.name, self.alt).rstrip() + "\n"

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {
            "text/html": str(self.html()),
            "text/plain": f"{self.title}\n{self.alt}",
        }

    def readable_width(self) -> int:
        """Return the width in CSS pixels below which 9 point text gets too small."""
        found = re.search(r'<svg[^>]* width="([\d.]+)pt"', self.svg)
        return round(float(found[1]) * 4 / 3 * SMALLEST) if found else 0

    def html(self, root: str = "..") -> Markup:
        """Return the figure for a page; ``root`` leads to the top of the site."""
        picture = tag(
            "div",
            inline_svg(from_root(self.svg, root), self.name, self.alt),
            class_="pc-picture",
            style=f"--pc-min:{max(self.min_width, self.readable_width())}px",
            tabindex="0",
            role="group",
            aria_label=f"{self.title}, scrollable",
        )
        files = join(
            [
                tag("a", kind, href=f"{root}/figures/{self.name}.{kind.lower()}")
                for kind in ("SVG", "PNG", "CSV")
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
            class_="pc-figure pc-wide" if self.min_width >= WIDE else "pc-figure",
            id=f"fig-{self.name}",
        )


def from_chart(
    chart: MplFigure, name: str, title: str, alt: str, table: pd.DataFrame,
    *, min_width: int = 0, headings: dict[str, str] | None = None, note: str = "",
) -> Figure:  # fmt: skip
    """Return a :class:`Figure` from a matplotlib chart made by :func:`new_chart`."""
    svg = chart_svg(chart)
    return Figure(
        name, title, alt, table, svg, lambda: chart_png(chart), min_width,
        headings or {}, note,
    )  # fmt: skip


def empty_figure(name: str, title: str, sentence: str) -> Figure:
    """Return a figure that says in words that there is nothing to draw."""
    import pandas as pd

    chart = new_chart(6.4, 0.9)
    words = fill(sentence, 70)
    chart.text(0.02, 0.5, words, va="center", size=10, color=color("muted"))
    return from_chart(chart, name, title, sentence, pd.DataFrame({"note": [sentence]}))


def name_rows(axes: Axes, rows: pd.DataFrame) -> None:
    """Name the rows of a chart by factor and COM-B symbol, the first row on top.

    Parameters
    ----------
    axes : Axes
        Where one row is drawn at each whole number from 0.
    rows : DataFrame
        One row per row of the chart: label, com_b.
    """
    pairs = zip(rows["label"], rows["com_b"], strict=True)
    words = [f"{clip(label)}  {COM_B[component][2]}" for label, component in pairs]
    axes.set_yticks(range(len(rows)), words)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.tick_params(axis="both", length=0)
    for mark, component in zip(axes.get_yticklabels(), rows["com_b"], strict=True):
        mark.set_color(color(COM_B[component][1]))


def inline_svg(svg: str, name: str, alt: str) -> Markup:
    """Return an SVG ready to stand in a page.

    Ids get the figure's name in front, so that several figures share a page; colours
    of the palette become CSS variables, so that they follow the colour scheme; the
    size follows the page. Only elements are changed, never the words between them.
    """
    svg = re.sub(r"<style.*?</style>", "", svg, flags=re.S)
    svg = ELEMENT.sub(lambda match: as_style(own_ids(match[0], name)), svg)
    svg = ELEMENT.sub(lambda match: sized(match[0]), svg, count=1)
    # A label and not a title, which browsers would show as a tooltip everywhere.
    role = "" if re.match(r"<svg[^>]* role=", svg) else ' role="img"'
    return Markup(svg.replace("<svg", f'<svg{role} aria-label="{escape(alt)}"', 1))


def own_ids(element: str, name: str) -> str:
    """Put a figure's name in front of an element's id and of every reference to one."""
    element = re.sub(r'(\sid)="([^"]+)"', rf'\1="{name}-\2"', element)
    element = re.sub(r'(\s(?:xlink:)?href)="#([^"]+)"', rf'\1="#{name}-\2"', element)
    return re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", element)


def as_style(element: str) -> str:
    """Move the colours of one element into its style, where CSS variables work."""
    colour = r'\s(fill|stroke|stop-color)="(#[0-9a-fA-F]{6})"'
    found = "; ".join(f"{key}: {value}" for key, value in re.findall(colour, element))
    element = with_style(re.sub(colour, "", element), found)
    names = {light.lower(): key for key, (light, _) in PALETTE.items()}

    def variable(match: re.Match[str]) -> str:
        key = names.get(match[2].lower())
        value = f"var(--pc-{key}, {match[2]})" if key else match[2]
        return f"{match[1]}: {value}"

    colour = r"(?<![-\w])(fill|stroke|stop-color): ?(#[0-9a-fA-F]{6})"
    return re.sub(
        r' style="[^"]*"', lambda style: re.sub(colour, variable, style[0]), element
    )


def with_style(element: str, rules: str) -> str:
    """Return an element with CSS rules put before those that it has."""
    if not rules:
        return element
    if ' style="' in element:
        return element.replace(' style="', f' style="{rules}; ', 1)
    end = "/>" if element.endswith("/>") else ">"
    return f'{element[: -len(end)].rstrip()} style="{rules}"{end}'


def sized(opening: str) -> str:
    """Replace the fixed size of a picture by a greatest width in CSS pixels."""
    found = re.search(r'\swidth="([\d.]+)(pt|px)?"', opening)
    if not found:
        return opening
    pixels = float(found[1]) * (4 / 3 if found[2] == "pt" else 1)
    opening = re.sub(r'\s(width|height)="[\d.]+(pt|px)?"', "", opening)
    return with_style(opening, f"max-width:{pixels:.0f}px")


def badge(kind: str, code: object) -> Markup:
    """Return a small mark for a COM-B component, a stability or an origin.

    ``kind`` is ``com_b``, ``stability`` or ``origin``; hue is never alone, each mark
    carries its word and its symbol. A missing code has no mark.
    """
    word = text(code)
    if not word:
        return Markup("")
    if kind == "com_b":
        fill, _, symbol = COM_B[word]
        label = tag("span", symbol, class_="pc-symbol", aria_hidden="true")
        return tag(
            "span", label + Markup(" ") + escape(word), class_=f"pc-badge pc-{fill}"
        )
    symbol = STABILITY.get(word) or ORIGIN.get(word, "")
    mark = (
        tag("span", symbol, aria_hidden="true") + Markup(" ") if symbol else Markup("")
    )
    return tag("span", mark + escape(word), class_=f"pc-badge pc-{kind}")
