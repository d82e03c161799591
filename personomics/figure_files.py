"""Files of a figure: a chart as SVG and PNG, rows as CSV, and the mark they carry.

The mark says what a picture is: its title, the version of the data, the digest of the
CSV file with the rows behind it (as ``sha256sum`` prints it), and the function that
drew it. In an SVG it stands in ``metadata``, in a PNG in chunks of text.
"""

from __future__ import annotations

import csv
import io
import struct
import warnings
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

from personomics.figure_links import with_names
from personomics.html import escape
from personomics.words import clean, inert, missing

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.backend_bases import RendererBase
    from matplotlib.figure import Figure as MplFigure

#: What a mark says, in this order; in a PNG "data-digest" is called "Data digest".
MARK = ("title", "data-version", "data-digest", "drawn-by")
NAMESPACE, SVG = "urn:personomics:figure", "http://www.w3.org/2000/svg"
PNG = b"\x89PNG\r\n\x1a\n"
#: After the name of a text in a PNG: not compressed, of no language.
PLAIN = b"\0\0\0\0"
SVG_DPI, BITMAP_DPI = 72, 200
#: of compression; without filters the second is as small as the sixth with them.
LEVEL = 2
#: Bytes of a file that is read.
LARGEST = 32 * 2**20
SVG_METADATA = ("Date", "Creator", "Format", "Type")


def chart_svg(chart: MplFigure) -> str:
    """Lay out a chart, once and for all, and return it as SVG.

    ``savefig`` would draw the whole chart to lay it out, and again for each format.
    """
    from matplotlib.backends.backend_svg import FigureCanvasSVG, RendererSVG

    chart.set_dpi(SVG_DPI)
    file, size = io.StringIO(), chart.get_size_inches() * SVG_DPI
    pen = RendererSVG(*size, file, metadata=dict.fromkeys(SVG_METADATA))

    # The layout measures with the renderer that draws, so nothing twice.
    FigureCanvasSVG(chart).get_renderer = lambda: pen
    draw(chart, pen)
    pen.finalize()
    chart.set_layout_engine("none")
    svg = file.getvalue()
    return with_names(svg[svg.index("<svg") :])


def chart_png(chart: MplFigure) -> bytes:
    """Return a chart that :func:`chart_svg` laid out as a bitmap on white."""
    import numpy as np
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    chart.set_dpi(BITMAP_DPI)
    chart.set_facecolor("white")
    canvas = FigureCanvasAgg(chart)
    draw(chart, canvas.get_renderer())
    pixels = np.asarray(canvas.buffer_rgba())
    height, width, _ = pixels.shape
    # Each row begins with the number of its filter: none.
    rows = np.zeros((height, 1 + 3 * width), np.uint8)
    for part in range(3):
        rows[:, 1 + part :: 3] = pixels[:, :, part]
    return to_png(rows.data, width, height, BITMAP_DPI)


def draw(chart: MplFigure, pen: RendererBase) -> None:
    """Draw a chart, whether or not the typeface has every letter of the data."""
    with warnings.catch_warnings():
        # An emoji in the data is drawn as a box in the bitmap; the SVG has the text.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        chart.draw(pen)


def to_png(rows: memoryview, width: int, height: int, dpi: int) -> bytes:
    """Return rows of pixels, a zero and three bytes for each pixel, as a PNG.

    Pillow tries five filters on each row, which takes four times as long and makes
    charts larger, for they are mostly one colour.
    """
    size = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    metre = round(dpi / 0.0254)
    scale = struct.pack(">IIB", metre, metre, 1)
    parts = [(b"IHDR", size), (b"pHYs", scale), (b"IDAT", zlib.compress(rows, LEVEL))]
    return PNG + b"".join(chunk(*part) for part in [*parts, (b"IEND", b"")])


def chunk(kind: bytes, data: bytes) -> bytes:
    """Return one chunk of a PNG with its length and its checksum."""
    return struct.pack(">I", len(data)) + kind + data + check(kind, data)


def check(kind: bytes, data: bytes) -> bytes:
    """Return the checksum of a chunk."""
    return struct.pack(">I", zlib.crc32(kind + data))


def with_alt(svg: str, name: str, alt: str) -> str:
    """Return an SVG file's text that names itself to assistive technology."""
    opening, rest = svg.split(">", 1)
    role = "" if " role=" in opening else ' role="img"'
    return (
        f'{opening}{role} aria-labelledby="{name}-alt"><title id="{name}-alt">'
        f"{escape(alt)}</title>{rest}"
    )


def to_csv(frame: pd.DataFrame) -> bytes:
    r"""Return a table as CSV that is always the same: UTF-8, line feeds, no index.

    Missing cells are empty, numbers as short as they can be read back, and a text that
    a spreadsheet would run as a formula begins with an apostrophe.

    >>> import pandas as pd
    >>> to_csv(pd.DataFrame({"what": ["=1+1", None], "share": [0.1, 2.0]}))
    b"what,share\n'=1+1,0.1\n,2.0\n"
    """
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([cell(str(name)) for name in frame.columns])
    columns = [map(cell, column) for _, column in frame.items()]
    writer.writerows(zip(*columns, strict=True))
    return file.getvalue().encode("utf-8", "replace")


def cell(value: object) -> str:
    """Return one cell of a CSV file.

    >>> cell(True), cell("+16"), cell("-12%"), cell("-x"), cell(float("nan"))
    ('true', '+16', '-12%', "'-x", '')
    """
    if isinstance(value, str):
        return inert(value.replace("\r\n", "\n").replace("\r", "\n"))
    if missing(value):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(float(value)) if isinstance(value, float) else cell(str(value))


def mark_svg(svg: str, mark: Mapping[str, str]) -> str:
    """Return an SVG file that carries a mark, behind its title."""
    said = "".join(f' {key}="{escape(clean(mark[key]))}"' for key in MARK)
    mark_element = f'<metadata><pc:figure xmlns:pc="{NAMESPACE}"{said}/></metadata>'
    return svg.replace("</title>", f"</title>{mark_element}", 1)


def mark_png(png: bytes, mark: Mapping[str, str]) -> bytes:
    """Return a PNG that carries a mark, behind its header; no pixel is touched."""
    end = len(PNG) + 25
    texts = (
        chunk(b"iTXt", keyword(key) + b"\0" + PLAIN + clean(mark[key]).encode())
        for key in MARK
    )
    return png[:end] + b"".join(texts) + png[end:]


def keyword(key: str) -> bytes:
    """Return what a part of a mark is called in a PNG.

    >>> keyword("data-digest")
    b'Data digest'
    """
    return key.capitalize().replace("-", " ").encode()


def read_mark(file: Path | str | bytes) -> dict[str, str]:
    """Return the mark that an SVG or a PNG carries.

    Parameters
    ----------
    file : Path, str or bytes
        The file, or what it holds.

    Returns
    -------
    dict of str to str
        title, data-version, data-digest ("sha256:" and the digest of the CSV file),
        drawn-by ("module:function").

    Raises
    ------
    ValueError
        If the file is neither SVG nor PNG, is damaged or has no mark.
    """
    name = "the file" if isinstance(file, bytes) else Path(file).name
    if isinstance(file, bytes):
        data = file
    else:
        with Path(file).open("rb") as opened:
            data = opened.read(LARGEST + 1)
    try:
        if len(data) > LARGEST:
            msg = f"is larger than {LARGEST // 2**20} MB"
            raise ValueError(msg)
        return png_mark(data) if data.startswith(PNG) else svg_mark(data)
    except ValueError as error:
        msg = f"{name} {error}; allowed: an SVG or PNG that 'personomics figures' drew"
        raise ValueError(msg) from None


def complete(found: dict[str, str]) -> dict[str, str]:
    """Return a mark, or refuse one of which something is missing."""
    if missing := [key for key in MARK if key not in found]:
        msg = f"does not say its {' and '.join(missing)}"
        raise ValueError(msg)
    return {key: found[key] for key in MARK}


def png_mark(data: bytes) -> dict[str, str]:
    """Return what the texts of a PNG say before its picture begins."""
    names, found = {keyword(key): key for key in MARK}, {}
    for kind, content in chunks(data):
        if kind == b"IDAT":
            break
        word, _, rest = content.partition(b"\0")
        if kind == b"iTXt" and word in names and rest.startswith(PLAIN):
            found[names[word]] = rest.removeprefix(PLAIN).decode("utf-8", "replace")
    return complete(found)


def chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and content of each chunk of a PNG.

    Raises
    ------
    ValueError
        If a chunk is cut off or differs from its checksum.
    """
    at = len(PNG)
    while at < len(data):
        length = int.from_bytes(data[at : at + 4])
        kind, content = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        if check(kind, content) != data[at + 8 + length : at + 12 + length]:
            msg = "is damaged: a part of it differs from its checksum"
            raise ValueError(msg)
        yield kind, content
        at += 12 + length


def svg_mark(data: bytes) -> dict[str, str]:
    """Return what the metadata of an SVG say.

    A document type is refused, and with it every entity that could be expanded.
    """
    parser = expat.ParserCreate(namespace_separator=" ")
    path: list[str] = []
    found: dict[str, str] = {}

    def start(name: str, attributes: dict[str, str]) -> None:
        path.append(name)
        if path == [f"{SVG} svg", f"{SVG} metadata", f"{NAMESPACE} figure"]:
            found.update(attributes)

    def refuse(*_: Any) -> None:
        msg = "has a document type, as no figure of this book has"
        raise ValueError(msg)

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: path.pop()
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        msg = f"is neither a PNG nor a whole SVG ({error})"
        raise ValueError(msg) from None
    return complete(found)
