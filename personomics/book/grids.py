"""Say which cells, rows and columns differ between two tables."""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from personomics.tables import one_line, shown

#: Characters of a value in a line.
ROOM = 60
#: Rows of one name that are looked at for the likest; beyond, in their order.
MANY = 100
#: A row with its place in the table.
Row = tuple[int, list[str]]


@dataclass(frozen=True)
class Difference:
    """One thing that is not the same.

    Attributes
    ----------
    place : str
        Where: cell and table, figure or file.
    item : str
        What of it: a row and column, a number; empty where the whole is meant.
    what : str
        What is wrong; empty where the two values say it.
    kept, here : str or None
        The value that was kept, and the one made here; None where there is none.
    """

    place: str
    item: str = ""
    what: str = ""
    kept: str | None = None
    here: str | None = None

    def line(self, word: str = "committed") -> str:
        """Return the difference in one line; `word` says where the kept value is.

        >>> print(Difference("cell 3", "number 'n'", kept="5", here="6").line())
        cell 3, number 'n': committed '5', here '6'
        """
        where = f"{self.place}, {self.item}" if self.item else self.place
        one, two = apart(self.kept or "", self.here or "")
        values = ""
        if self.kept is not None:
            said = f"{word} {one}" if self.kept or self.here is not None else word
            values = (
                f"{said}, here {two}" if self.here is not None else f"{said}, not here"
            )
        elif self.here is not None:
            values = f"here {two}, not {word}" if self.here else f"here, not {word}"
        if self.what and values:
            values = f" ({values})"
        return one_line(f"{where}: {self.what}{values}")


def apart(kept: str, here: str) -> tuple[str, str]:
    """Quote two values, cut to where they part when they are long.

    >>> apart("a" * 100 + "b", "a" * 100 + "c")
    ("'…aaaaaaaaaaaaaaab'", "'…aaaaaaaaaaaaaaac'")
    """
    if max(len(kept), len(here)) <= ROOM:
        return shown(kept, ROOM), shown(here, ROOM)
    pairs = zip(kept, here, strict=False)
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    start = max(0, same - 15)
    mark = "…" if start else ""
    return shown(mark + kept[start:], ROOM), shown(mark + here[start:], ROOM)


def digest(content: str | bytes) -> str:
    """Return the SHA-256 of a text or file."""
    data = content if isinstance(content, bytes) else content.encode(errors="replace")
    return hashlib.sha256(data).hexdigest()


def digests(kept: str | bytes, here: str | bytes) -> dict[str, str]:
    """Return the short digests of both sides of a difference."""
    return {"kept": digest(kept)[:12], "here": digest(here)[:12]}


@dataclass(frozen=True)
class Grid:
    """The words of a table: its caption, headings and rows; the first cell names one.

    The serialised table is kept beside them, for what is no word.
    """

    caption: str
    headings: list[str]
    rows: list[list[str]]
    source: str = ""


def read_csv(data: bytes) -> Grid:
    """Read a CSV file.

    Raises
    ------
    ValueError
        If it is no text in UTF-8 or no CSV.
    """
    try:
        text = data.decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise ValueError(str(error)) from error
    return Grid("", rows[0] if rows else [], rows[1:])


def tables(place: str, kept: Grid, here: Grid) -> list[Difference]:
    """Return the cells, rows and columns in which two tables differ."""
    found = []
    if kept.caption != here.caption:
        found.append(Difference(place, "caption", "", kept.caption, here.caption))
    ours, theirs = numbered(kept.headings), numbered(here.headings)
    found += [Difference(place, f"column {name}", "", "", None)
              for name in ours if name not in theirs]  # fmt: skip
    found += [Difference(place, f"column {name}", "", None, "")
              for name in theirs if name not in ours]  # fmt: skip
    shared = [name for name in ours if name in theirs]
    if shared != [name for name in theirs if name in ours]:
        found.append(Difference(place, "", "its columns stand in another order"))
    columns = [(name, ours[name], theirs[name]) for name in shared]
    start = max(len(ours), len(theirs))
    width = max(map(len, [*kept.rows, *here.rows]), default=0)
    columns += [(f"number {n + 1}", n, n) for n in range(start, width)]
    found += rows_apart(place, kept, here, columns)
    if not found and kept.source != here.source:
        what = "its words are the same, its markup differs"
        found.append(Difference(place, "", what, kept.source, here.source))
    return found


def numbered(headings: Sequence[str]) -> dict[str, int]:
    """Return the position of each heading by its quoted name, told apart if equal."""
    seen: Counter[str] = Counter()
    found = {}
    for position, heading in enumerate(headings):
        seen[heading] += 1
        more = f" ({seen[heading]})" if seen[heading] > 1 else ""
        found[shown(heading, ROOM) + more] = position
    return found


def rows_apart(
    place: str, kept: Grid, here: Grid, columns: list[tuple[str, int, int]]
) -> Iterator[Difference]:
    """Yield the cells of rows that differ, and rows without a partner."""
    left = [[cell(r, a) for _, a, _ in columns] for r in kept.rows]
    right = [[cell(r, b) for _, _, b in columns] for r in here.rows]
    pairs = paired(left, right)
    if not pairs and left != right:
        yield Difference(place, "", "its rows stand in another order")
    many = Counter(first(row) for row in left) | Counter(first(row) for row in right)
    for one, two in pairs:
        number, row = one or two or (0, [])
        again = f" (row {number + 1})" if many[first(row)] > 1 else ""
        item = f"row {shown(next(filter(None, row), ''), ROOM)}{again}"
        if one and two:
            for (name, *_), a, b in zip(columns, one[1], two[1], strict=True):
                if a != b:
                    yield Difference(place, f"{item}, column {name}", "", a, b)
        elif one:
            yield Difference(place, item, "", " · ".join(row), None)
        else:
            yield Difference(place, item, "", None, " · ".join(row))


def cell(row: list[str], position: int) -> str:
    """Return a cell of a row, empty beyond its end."""
    return row[position] if position < len(row) else ""


def first(row: list[str]) -> str:
    """Return the cell that names a row."""
    return row[0] if row else ""


def paired(
    left: list[list[str]], right: list[list[str]]
) -> list[tuple[Row | None, Row | None]]:
    """Pair the rows that are not the same, by name, then likeness, then place."""
    mine, theirs = unequal(left, right), unequal(right, left)
    by_name: dict[str, list[Row]] = defaultdict(list)
    for one in theirs:
        by_name[first(one[1])].append(one)
    pairs: dict[int, Row] = {}
    for number, row in mine:
        there = by_name[first(row)]
        if there:
            best = max(there[:MANY], key=lambda o: alike(row, o[1]))
            there.remove(best)
            pairs[number] = best
    rest = {one[0]: one for group in by_name.values() for one in group}
    for number, row in mine:
        there_now = rest.get(number)
        if (
            number not in pairs
            and there_now
            and 2 * alike(row, there_now[1]) >= len(row)
        ):
            pairs[number] = rest.pop(number)
    matched: list[tuple[Row | None, Row | None]] = [
        (one, pairs.get(one[0])) for one in mine
    ]
    return matched + [(None, rest[number]) for number in sorted(rest)]


def unequal(rows: list[list[str]], others: list[list[str]]) -> list[Row]:
    """Return the rows, with their places, that the other table does not hold."""
    there = Counter(map(tuple, others))
    found = []
    for number, row in enumerate(rows):
        if there[tuple(row)]:
            there[tuple(row)] -= 1
        else:
            found.append((number, row))
    return found


def alike(row: list[str], other: list[str]) -> int:
    """Return in how many cells two rows are the same."""
    return sum(a == b for a, b in zip(row, other, strict=True))
