"""Rules of the data that span rows and tables, beyond what a Table Schema can say."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from personomics import schema
from personomics.schema import Problem, Table

#: Tables in which every rater's answer and the consensus stand as rows:
#: table, columns that name what is rated, rated columns, column of the resolution.
CONSENSUS = (
    ("screening", ("article_id",), ("verdict",), "reason"),
    ("term_codes", ("term_id",), ("factor_id",), "resolution"),
    ("case_codes", ("item_id",), ("factor_id",), "resolution"),
    ("case_ratings", ("case_id",), ("primary_adaptation", "com_b_target"), "resolution"),
)
LABELS = ("level", "com_b", "stability")


def validate(folder: str | Path) -> list[Problem]:
    """Return every problem of a data folder, sorted by file, row and column.

    Parameters
    ----------
    folder : str or Path
        A folder with ``datapackage.json`` and the tables it describes.

    Returns
    -------
    list of Problem
        Empty when the folder conforms.
    """
    return read(folder)[2]


def read(
    folder: str | Path,
) -> tuple[dict[str, Any], dict[str, Table], list[Problem]]:
    """Read a folder once: its descriptor, its tables as text, and its problems."""
    folder = Path(folder)
    if not folder.is_dir():
        missing = Problem(str(folder), 0, "", "is not a folder", "a data folder")
        return schema.contract(), {}, [missing]
    descriptor, problems = schema.read_descriptor(folder)
    tables: dict[str, Table] = {}
    for resource in descriptor["resources"]:
        table, found = schema.read_table(folder, resource)
        tables[resource["name"]] = table
        problems += found
    for table in tables.values():
        problems += schema.check_cells(table) + schema.check_unique(table)
        problems += schema.check_foreign(table, tables)
    problems += schema.check_files(folder, descriptor)
    problems += check_consensus(tables) + check_labels(tables) + check_ground(tables)
    problems += check_roles(tables) + check_inclusion(tables)
    order = {r["path"]: n for n, r in enumerate(descriptor["resources"])}
    problems.sort(key=lambda p: (order.get(p.file, -1), p.file, p.row, p.column, p.what))
    return descriptor, tables, list(dict.fromkeys(problems))


def has(tables: dict[str, Table], **columns: tuple[str, ...]) -> bool:
    """Say whether the named columns of the named tables were found at all."""
    return all(set(names) <= set(tables[t].header) for t, names in columns.items())


def consensus_raters(tables: dict[str, Table]) -> set[str]:
    """Return the ids of the raters that stand for the consensus."""
    return {
        r["rater_id"] for r in tables["raters"].records if r["role"] == "consensus"
    }


def check_roles(tables: dict[str, Table]) -> list[Problem]:
    """Require exactly one consensus row among the raters."""
    if not has(tables, raters=("rater_id", "role")):
        return []
    found = len(consensus_raters(tables))
    if found == 1:
        return []
    what = f"{found} rows have the role 'consensus'"
    return [Problem(tables["raters"].file, 0, "role", what, "exactly one")]


def check_consensus(tables: dict[str, Table]) -> list[Problem]:
    """Report a consensus that no rater gave and that states no resolution."""
    if not has(tables, raters=("rater_id", "role")):
        return []
    agreed = consensus_raters(tables)
    problems = []
    for name, subject, values, resolution in CONSENSUS:
        if not has(tables, **{name: (*subject, "rater_id", *values, resolution)}):
            continue
        table = tables[name]
        given: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for _, record in table:
            if record["rater_id"] not in agreed:
                for value in values:
                    key = (*(record[c] for c in subject), value)
                    given[key].add(record[value])
        for row, record in table:
            if record["rater_id"] not in agreed or record[resolution].strip():
                continue
            for value in values:
                answers = given[(*(record[c] for c in subject), value)]
                if record[value] not in answers:
                    what = (
                        f"the consensus {schema.shown(record[value])} was given by no "
                        f"rater and the column {resolution!r} is empty"
                    )
                    allowed = ", ".join(sorted(answers - {""})) or "a rater's answer"
                    allowed += f", or a stated {resolution}"
                    problems.append(Problem(table.file, row, value, what, allowed))
    return problems


def check_labels(tables: dict[str, Table]) -> list[Problem]:
    """Report factor labels that no rater gave and that state no resolution."""
    needed = ("factor_id", *LABELS)
    if not has(tables, factors=(*needed, "resolution"), factor_ratings=needed):
        return []
    given: dict[tuple[str, str], set[str]] = defaultdict(set)
    for _, record in tables["factor_ratings"]:
        for label in LABELS:
            given[record["factor_id"], label].add(record[label])
    problems = []
    for row, record in tables["factors"]:
        for label in LABELS:
            answers = given.get((record["factor_id"], label), set())
            if answers and record[label] not in answers and not record["resolution"]:
                what = (
                    f"the consensus {schema.shown(record[label])} was given by no "
                    "rater and the column 'resolution' is empty"
                )
                allowed = ", ".join(sorted(answers)) + ", or a stated resolution"
                file = tables["factors"].file
                problems.append(Problem(file, row, label, what, allowed))
    return problems


def check_ground(tables: dict[str, Table]) -> list[Problem]:
    """Report factors with no term, no case and no mention in the abstract."""
    needed = ("factor_id", "rater_id")
    if not has(
        tables,
        raters=("rater_id", "role"),
        factors=("factor_id", "named_in_abstract"),
        term_codes=needed,
        case_codes=needed,
    ):
        return []
    agreed = consensus_raters(tables)
    ground = {
        record["factor_id"]
        for name in ("term_codes", "case_codes")
        for record in tables[name].records
        if record["rater_id"] in agreed
    }
    allowed = "a consensus term, a consensus case code, or named_in_abstract"
    return [
        Problem(tables["factors"].file, row, "factor_id",
                f"{schema.shown(record['factor_id'])} has no ground", allowed)
        for row, record in tables["factors"]
        if record["factor_id"] not in ground and not record["named_in_abstract"]
    ]  # fmt: skip


def check_inclusion(tables: dict[str, Table]) -> list[Problem]:
    """Report members of an inclusion set that are not included articles."""
    if not has(
        tables,
        raters=("rater_id", "role"),
        screening=("article_id", "rater_id", "verdict"),
        inclusion_sets=("article_id",),
    ):
        return []
    agreed = consensus_raters(tables)
    included = {
        r["article_id"]
        for r in tables["screening"].records
        if r["rater_id"] in agreed and r["verdict"] == "include"
    }
    return [
        Problem(
            tables["inclusion_sets"].file,
            row,
            "article_id",
            f"{schema.shown(record['article_id'])} is not an included article",
            "an article whose consensus verdict is 'include'",
        )
        for row, record in tables["inclusion_sets"]
        if record["article_id"] and record["article_id"] not in included
    ]
