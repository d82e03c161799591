"""What changed in the data from version to version: told, undone, found out.

The table ``history`` holds one row for each cell that a version of the data changed.
A thing that came in has one row, of its identifier; a thing that went has one row for
each cell it had, so that every earlier state can be told from the present one.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from personomics.words import text

if TYPE_CHECKING:
    from personomics.dataset import Dataset

Row = dict[str, str]
Tables = Mapping[str, Sequence[Row]]

#: Kind of a thing: the table that holds it, and the column of its identifier.
KINDS = {
    "factor": ("factors", "factor_id"),
    "article": ("articles", "article_id"),
    "case": ("cases", "case_id"),
}
OUT_OF_USE = "deprecated"


def order(version: str) -> tuple[int, ...]:
    """Return what sorts versions by age.

    >>> order("0.10.0") > order("0.9.1")
    True
    """
    return tuple(int(part) for part in version.split("."))


def read(folder: str | Path) -> dict[str, list[Row]]:
    """Return the rows of the tables whose history is kept, as text.

    Parameters
    ----------
    folder : str or Path
        A data folder of any version; it is not validated.
    """
    found = {}
    for table, _ in KINDS.values():
        with (Path(folder) / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            found[table] = list(csv.DictReader(file))
    return found


def changes(old: Tables, new: Tables, version: str) -> list[Row]:
    """Return the rows that ``history`` gets for what differs between two versions.

    Columns that only one of the two has are left out: that the tables have other
    columns is told by the change log of the data.

    Parameters
    ----------
    old, new : mapping of str to list of dict
        Rows of each table, as :func:`read` gives them.
    version : str
        The new version.

    Examples
    --------
    >>> old = {"factors": [{"factor_id": "F1", "label": "Age", "status": "active"}]}
    >>> new = {"factors": [{"factor_id": "F1", "label": "Years", "status": "active"}]}
    >>> [(r["id"], r["field"], r["before"], r["after"])
    ...  for r in changes(old, new, "0.2.0")]
    [('F1', 'label', 'Age', 'Years')]
    """
    found = []
    for kind, (table, key) in KINDS.items():
        before = {row[key]: row for row in old.get(table, ())}
        after = {row[key]: row for row in new.get(table, ())}
        for one in sorted({*before, *after}):
            was, now = before.get(one), after.get(one)
            if was is None:
                cells = [(key, "", one, "added")]
            elif now is None:
                cells = [(c, value, "", "removed") for c, value in was.items() if value]
            else:
                cells = [
                    (c, value, now[c], verb(c, now[c]))
                    for c, value in was.items()
                    if c in now and now[c] != value
                ]
            found += [
                {"version": version, "kind": kind, "id": one, "change": change,
                 "field": field, "before": from_, "after": to, "note": ""}
                for field, from_, to, change in cells
            ]  # fmt: skip
    return found


def verb(field: str, after: str) -> str:
    """Return what a change of one cell is called.

    >>> verb("status", "deprecated"), verb("label", "deprecated")
    ('deprecated', 'changed')
    """
    gone = field == "status" and after == OUT_OF_USE
    return OUT_OF_USE if gone else "changed"


def before(
    rows: Iterable[Row], history: Iterable[Row], kind: str, version: str
) -> list[Row]:
    """Return the rows of a table as they were in a version, from the present ones.

    Parameters
    ----------
    rows : iterable of dict
        The present rows.
    history : iterable of dict
        Rows of the table ``history``.
    kind : str
        What the table holds, a key of :data:`KINDS`.
    version : str
        The version to go back to.
    """
    key = KINDS[kind][1]
    state = {row[key]: dict(row) for row in rows}
    columns = list(next(iter(state.values()), {}))
    later = [r for r in history if r["kind"] == kind]
    later = [r for r in later if order(r["version"]) > order(version)]
    for row in sorted(later, key=lambda r: order(r["version"]), reverse=True):
        one = row["id"]
        if row["change"] == "added":
            state.pop(one, None)
        else:
            state.setdefault(one, dict.fromkeys(columns, ""))[row["field"]] = row[
                "before"
            ]
    return [state[one] for one in sorted(state)]


def told(ds: Dataset, kind: str) -> dict[str, list[Row]]:
    """Return the recorded changes of each thing of a kind, the newest first."""
    found: dict[str, list[Row]] = {}
    rows = ds["history"]
    for row in rows[rows["kind"] == kind].to_dict("records"):
        words = {str(name): text(cell) for name, cell in row.items()}
        found.setdefault(words["id"], []).append(words)
    for mine in found.values():
        mine.sort(key=lambda r: order(r["version"]), reverse=True)
    return found
