"""Rules of the table of changes: it leads, cell by cell, to the present data."""

from __future__ import annotations

from personomics.history import KINDS, OUT_OF_USE, Row, order
from personomics.schema import SEMANTIC_VERSION
from personomics.tables import Problem, Table, guess, shown

Place = tuple[str, str, str]


def check(tables: dict[str, Table], version: str | None) -> list[Problem]:
    """Report recorded changes that cannot be, or that do not lead to what is there.

    Parameters
    ----------
    tables : dict of str to Table
        The tables of a folder; those named in the history can be read.
    version : str or None
        The version of the folder; None where it cannot be known.
    """
    history, problems = tables["history"], []
    sound: list[tuple[int, Row]] = []
    for row, record in history:
        if record["kind"] not in KINDS:
            continue  # the schema has said so
        found = version_fault(record, version) or cell_fault(record, tables)
        if found:
            problems.append(Problem(history.file, row, *found))
        else:
            sound.append((row, record))
    sound.sort(key=lambda one: order(one[1]["version"]))
    return problems + check_chain(history.file, sound) + check_present(tables, sound)


def version_fault(record: Row, version: str | None) -> tuple[str, str, str] | None:
    """Return what is wrong with the version of a change: column, what, allowed."""
    given = record["version"]
    if not SEMANTIC_VERSION.fullmatch(given):
        what = f"{shown(given)} is not a version" if given else "is empty"
        return "version", what, "three numbers such as 0.1.0"
    if version and order(given) > order(version):
        what = f"{given} is later than the data, which are {version}"
        return "version", what, f"{version} or earlier"
    return None


def cell_fault(record: Row, tables: dict[str, Table]) -> tuple[str, str, str] | None:
    """Return what is wrong with the cell that a change is about, or None."""
    table, key = KINDS[record["kind"]]
    field = record["field"]
    columns = [spec["name"] for spec in tables[table].fields]
    if field not in columns:
        what = f"{shown(field)} is no column of {tables[table].file}"
        return "field", what + guess(field, columns), ", ".join(columns)
    if record["before"] == record["after"]:
        return "after", "is the same as before", "another value than before"
    return change_fault(record, key)


def change_fault(record: Row, key: str) -> tuple[str, str, str] | None:
    """Return what is wrong with the kind of change, or None."""
    change, field = record["change"], record["field"]
    if change == "added" and (field, record["before"], record["after"]) != (
        key, "", record["id"],
    ):  # fmt: skip
        what = f"what was added is told by its identifier, not by {shown(field)}"
        return "field", what, f"{key}, with nothing before and {record['id']} after"
    if change == "removed" and record["after"]:
        return "after", "holds a value, though it was removed", "an empty cell"
    if change == OUT_OF_USE and (field, record["after"]) != ("status", OUT_OF_USE):
        what = f"{shown(field)} cannot be deprecated"
        return "field", what, f"status, with {OUT_OF_USE} after"
    if change == "changed" and field == key:
        return "field", "an identifier never changes", "added, removed"
    return None


def check_chain(file: str, rows: list[tuple[int, Row]]) -> list[Problem]:
    """Report changes of a cell that do not begin where the one before ended."""
    last: dict[Place, str] = {}
    problems = []
    for row, record in rows:
        place = (record["kind"], record["id"], record["field"])
        if place in last and record["before"] != last[place]:
            what = f"{shown(record['before'])} is not what the change before led to"
            problems.append(Problem(file, row, "before", what, shown(last[place])))
        last[place] = record["after"]
    return problems


def check_present(
    tables: dict[str, Table], rows: list[tuple[int, Row]]
) -> list[Problem]:
    """Report latest changes that do not lead to the present value."""
    file = tables["history"].file
    latest = {(r["kind"], r["id"], r["field"]): (row, r) for row, r in rows}
    present = {
        kind: {r.get(key, ""): r for r in tables[table].records}
        for kind, (table, key) in KINDS.items()
    }
    problems = []
    for (kind, one, field), (row, record) in latest.items():
        table, key = KINDS[kind]
        there, where = present[kind].get(one), tables[table].file
        gone = latest.get((kind, one, key), (0, record))[1]["change"] == "removed"
        if there is None:
            if not gone:
                what = f"{shown(one)} is not in {where}" + guess(one, [*present[kind]])
                allowed = f"what stands in {where} under {key}, or was removed"
                problems.append(Problem(file, row, "id", what, allowed))
        elif field == key and record["change"] == "removed":
            what = f"{shown(one)} was removed, but stands in {where}"
            problems.append(Problem(file, row, "change", what, "added, changed"))
        elif record["change"] != "removed" and there.get(field, "") != record["after"]:
            what = f"{shown(record['after'])} is not the present {field} of {one}"
            problems.append(
                Problem(file, row, "after", what, shown(there.get(field, "")))
            )
    return problems
