"""Say what differs between the files of one figure: its rows and its pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator

from personomics.book import grids
from personomics.book.compare import DRAWING
from personomics.book.grids import Difference, digest, digests
from personomics.figure_files import read_mark

PNG = b"\x89PNG\r\n\x1a\n"


def apart(
    name: str, kept: dict[str, bytes], here: dict[str, bytes]
) -> Iterator[Difference]:
    """Yield what differs between the files of a figure: its rows, then the pictures."""
    rows = kept.get(f"{name}.csv")
    same_rows = rows == here[f"{name}.csv"]
    for file in sorted(here):
        place = f"figures/{file}"
        if file not in kept:
            yield Difference(place, "", "", None, "")
        elif file.endswith(".csv") and rows is not None and not same_rows:
            yield from rows_apart(place, rows, here[file])
        elif not file.endswith(".csv"):
            yield from picture_apart(place, kept[file], here[file], rows, same_rows)


def rows_apart(place: str, kept: bytes, here: bytes) -> list[Difference]:
    """Return what differs between two CSV files that are not the same."""
    try:
        found = grids.tables(place, grids.read_csv(kept), grids.read_csv(here))
    except ValueError as error:
        return [Difference(place, "", f"cannot be read as CSV: {error}")]
    what = "its cells are the same, its bytes differ (quotation marks, line ends), "
    return found or [Difference(place, "", f"{what}SHA-256", **digests(kept, here))]


def picture_apart(
    place: str, kept: bytes, here: bytes, rows: bytes | None, same_rows: bool
) -> Iterator[Difference]:
    """Yield what differs between two pictures, and between one and its rows."""
    try:
        mark, ours = read_mark(kept), read_mark(here)
        redrawn = unmarked(kept) != unmarked(here)
    except ValueError as error:
        reason = str(error).removeprefix("the file ").partition("; allowed")[0]
        what = f"its mark cannot be read ({reason}), SHA-256"
        yield Difference(place, "", what, **digests(kept, here))
        return
    own = f"sha256:{digest(rows)}" if rows is not None else mark["data-digest"]
    if mark["data-digest"] != own:
        what = "its mark names other rows than the CSV file beside it"
        yield Difference(place, "", f"{what}: {mark['data-digest']}, not {own}")
    for key, value in mark.items():
        if value != ours[key] and key != "data-digest":
            yield Difference(place, f"mark {key}", "", value, ours[key])
    if redrawn or (kept != here and mark == ours):
        what = DRAWING if same_rows else "is drawn from other rows"
        yield Difference(place, "", f"{what}, SHA-256", **digests(kept, here))


def unmarked(picture: bytes) -> bytes:
    """Return a picture without its mark: a PNG's chunks of text, an SVG's metadata."""
    if not picture.startswith(PNG):
        return re.sub(rb"<metadata>.*?</metadata>", b"", picture, count=1, flags=re.S)
    kept, at = [], len(PNG)
    while at < len(picture):
        end = at + 12 + int.from_bytes(picture[at : at + 4])
        if picture[at + 4 : at + 8] != b"iTXt":
            kept.append(picture[at:end])
        at = end
    return b"".join(kept)
