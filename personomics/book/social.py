"""The picture that stands for the book where a link to it is shared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personomics import style
from personomics.conceptmap import families
from personomics.figure_files import BITMAP_DPI, chart_png
from personomics.words import clip, counted

if TYPE_CHECKING:
    from personomics.dataset import Dataset

#: Width and height in pixels, as previews ask for.
SIZE = (1200, 630)
MEANS = {
    "capability": "what people can do",
    "opportunity": "what surroundings let them do",
    "motivation": "what they want to do",
}
#: Family: fill and text of its tile, by name in the palette.
TILES = {
    "capability": ("capability-psychological", "capability-ink"),
    "opportunity": ("opportunity-social", "opportunity-ink"),
    "motivation": ("motivation-automatic", "motivation-ink"),
}


def picture(ds: Dataset) -> bytes:
    """Return the picture as a PNG: what the book is, and the families of its map.

    The same data give the same bytes.
    """
    from matplotlib.patches import Rectangle

    chart = style.new_chart(SIZE[0] / BITMAP_DPI, SIZE[1] / BITMAP_DPI)
    chart.set_layout_engine("none")
    counts = families(ds).sum()
    axes = chart.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, SIZE[0]), ylim=(SIZE[1], 0))
    axes.axis("off")
    ink, muted, accent = map(style.color, ("ink", "muted", "accent"))
    axes.add_patch(Rectangle((0, 0), SIZE[0], 14, color=accent, lw=0))
    axes.text(70, 108, "Personomics companion", size=20, weight="bold", color=ink)
    said = "The life around an illness, on one map: circumstances thought to"
    axes.text(70, 182, said, size=10.5, color=muted, va="center")
    said = "change how a person takes part in treatment."
    axes.text(70, 222, said, size=10.5, color=muted, va="center")
    for place, (family, names) in enumerate(TILES.items()):
        fill, dark = map(style.color, names)
        left = 70 + place * 360
        axes.add_patch(Rectangle((left, 280), 340, 220, color=fill, lw=0))
        number = int(counts[family])
        axes.text(left + 24, 392, str(number), size=28, weight="bold", color=dark)
        noun = counted(number, "factor").split(" ", 1)[1]
        axes.text(left + 24, 440, f"{noun} of {family}", size=9.5, color=dark)
        axes.text(left + 24, 474, MEANS[family], size=6.75, color=dark)
    told = clip(f"{ds.title}, version {ds.version}. Not the paper’s numbers.", 90)
    axes.text(70, 568, told, size=8, color=muted)
    return chart_png(chart)
