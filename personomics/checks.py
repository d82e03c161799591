"""Rules of the data that span rows and tables, beyond what a Table Schema can say."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from personomics import (
    checks_agenda,
    checks_flow,
    checks_history,
    checks_search,
    schema,
)
from personomics.history import KINDS
from personomics.tables import (
    BAD_BYTE,
    Problem,
    Table,
    bad_byte,
    read_table,
    read_text,
    shown,
)

ADAPTED = ("primary_adaptation", "com_b_target")
#: Tables in which every rater's answer and the consensus stand as rows:
#: table, columns that name what is rated, rated columns, column of the resolution.
CONSENSUS = (
    ("screening", ("article_id",), ("verdict",), "reason"),
    ("term_codes", ("term_id",), ("factor_id",), "resolution"),
    ("case_codes", ("item_id",), ("factor_id",), "resolution"),
    ("case_ratings", ("case_id",), ADAPTED, "resolution"),
)
LABELS = ("level", "com_b", "stability")
#: Schemes of the codebook, and the column whose listed values they must explain.
SCHEMES = {
    "verdict": ("screening", "verdict"),
    "level": ("factors", "level"),
    "com_b": ("factors", "com_b"),
    "stability": ("factors", "stability"),
    "adaptation": ("case_adaptations", "adaptation_type"),
}
STRATEGY = "search/strategy.toml"


def validate(folder: str | Path) -> list[Problem]:
    """Return every problem of a data folder, sorted by file, row and column.

    Parameters
    ----------
    folder : str or Path
        A folder with ``datapackage.json`` and the tables it describes.

    Returns
    -------
    list of Problem
        Empty when the folder conforms. Faults of the data are returned, never raised.
    """
    return read(folder)[2]


def read(
    folder: str | Path,
) -> tuple[dict[str, Any], dict[str, Table], list[Problem]]:
    """Read a folder once: its descriptor, its tables as text, and its problems."""
    if not os.path.isdir(folder):
        what = "is not a folder" if os.path.exists(folder) else "does not exist"
        missing = Problem(str(folder), 0, "", what, "a folder with datapackage.json")
        return schema.contract(), {}, [missing]
    folder = Path(folder)
    descriptor, problems = schema.read_descriptor(folder)
    version = None if problems else descriptor["version"]
    tables: dict[str, Table] = {}
    for resource in descriptor["resources"]:
        tables[resource["name"]], found = read_table(folder, resource)
        problems += found
    for table in tables.values():
        problems += schema.check_cells(table) + schema.check_unique(table)
        problems += schema.check_foreign(table, tables)
    problems += check_files(folder, tables)
    problems += check_codebook(tables)
    roles = check_roles(tables)
    problems += roles
    if not roles and has(tables, {"raters": ("rater_id", "role")}):
        for check in (check_consensus, check_labels, check_ground, check_inclusion):
            problems += check(tables)
    problems += check_flow(tables) + check_searches(folder, tables)
    problems += check_agenda(tables) + check_history(tables, version)
    place = {r["path"]: n for n, r in enumerate(descriptor["resources"])}
    distinct = sorted(set(problems), key=lambda p: (place.get(p.file, -1), p))
    return descriptor, tables, distinct


def has(tables: dict[str, Table], columns: Mapping[str, tuple[str, ...]]) -> bool:
    """Say whether the named tables could be read to the end and have these columns."""
    return all(
        tables[name].whole and set(wanted) <= set(tables[name].header)
        for name, wanted in columns.items()
    )


def consensus_raters(tables: dict[str, Table]) -> set[str]:
    """Return the ids of the raters that stand for the consensus."""
    return {r["rater_id"] for r in tables["raters"].records if r["role"] == "consensus"}


def check_flow(tables: dict[str, Table]) -> list[Problem]:
    """Report what keeps the flow of records from being counted."""
    columns = {"records": ("record_id", "article_id", "found_by", "snapshot",
                           "removed", "title"),
               "articles": ("article_id",)}  # fmt: skip
    problems: list[Problem] = []
    if has(tables, columns):
        problems += checks_flow.check_records(tables) + checks_flow.check_live(tables)
        links = {"duplicates": ("record_id", "other_id", "decision")}
        if has(tables, links):
            problems += checks_flow.check_duplicates(tables)
        judged = {"screening": ("article_id", "rater_id", "verdict")}
        if has(tables, {**judged, "raters": ("rater_id", "role")}):
            agreed = consensus_raters(tables)
            problems += checks_flow.check_states(tables, agreed) if agreed else []
    if has(tables, {"reporting": ("status", "places", "note")}):
        problems += checks_flow.check_reporting(tables)
    return problems


def check_agenda(tables: dict[str, Table]) -> list[Problem]:
    """Report what is wrong with the tables of the research agenda."""
    problems: list[Problem] = []
    if has(tables, {"instruments": ("licence", "licence_class")}):
        problems += checks_agenda.check_licences(tables["instruments"])
    columns = {"factors": ("factor_id",), "questions": ("question_id",)}
    if has(tables, columns):
        problems += checks_agenda.check_questions(tables)
    return problems


def check_history(tables: dict[str, Table], version: str | None) -> list[Problem]:
    """Report recorded changes that do not lead to the present data."""
    fields = [spec["name"] for spec in tables["history"].fields]
    columns = {table: (key,) for table, key in KINDS.values()}
    if not has(tables, {"history": tuple(fields), **columns}):
        return []
    return checks_history.check(tables, version)


def check_searches(folder: Path, tables: dict[str, Table]) -> list[Problem]:
    """Report what is wrong with the snapshots and rehearsals of a folder."""
    problems = checks_search.check_edit(folder)
    problems += checks_search.check_snapshots(folder)
    problems += checks_search.check_rehearsals(folder)
    if has(tables, {"records": ("snapshot",)}):
        problems += checks_search.check_sources(folder, tables["records"])
    return problems


def check_files(folder: Path, tables: dict[str, Table]) -> list[Problem]:
    """Report missing or unreadable files that are not tables."""
    problems = []
    for name in schema.contract()["personomics:files"]:
        text, found = read_text(folder, name)
        problems += found
        if text is None:
            continue
        if what := bad_byte(text):
            row = BAD_BYTE.split(text)[0].count("\n") + 1
            problems.append(Problem(name, row, "", what, "UTF-8"))
        elif name == STRATEGY:
            problems += check_strategy(text, tables)
    return problems


def check_strategy(text: str, tables: dict[str, Table]) -> list[Problem]:
    """Report what is wrong with the search strategy, and known items of other works."""
    from personomics.strategy.lint import lint, unknown_items  # not needed for tables

    return lint(text).errors + unknown_items(text, included_pmids(tables))


def included_pmids(tables: dict[str, Table]) -> set[str] | None:
    """Return the PMIDs of the included articles; None where they cannot be known."""
    columns = {
        "raters": ("rater_id", "role"),
        "screening": ("article_id", "rater_id", "verdict"),
        "articles": ("article_id", "pmid"),
    }
    if not has(tables, columns):
        return None
    agreed = consensus_raters(tables)
    included = {
        r["article_id"]
        for r in tables["screening"].records
        if r["rater_id"] in agreed and r["verdict"] == "include"
    }
    found = tables["articles"].records
    return {r["pmid"] for r in found if r["article_id"] in included and r["pmid"]}


def check_roles(tables: dict[str, Table]) -> list[Problem]:
    """Require exactly one consensus row among the raters."""
    if not has(tables, {"raters": ("rater_id", "role")}):
        return []
    rows = [row for row, r in tables["raters"] if r["role"] == "consensus"]
    if len(rows) == 1:
        return []
    what = f"{len(rows) or 'no'} raters have the role 'consensus'"
    row = rows[1] if rows else 0
    return [Problem(tables["raters"].file, row, "role", what, "exactly one")]


def check_codebook(tables: dict[str, Table]) -> list[Problem]:
    """Require the codebook to explain the listed values, all of them and no others."""
    if not has(tables, {"codebook": ("scheme", "code")}):
        return []
    book = tables["codebook"]
    criteria = [f["name"].upper() for f in tables["screening"].fields
                if re.fullmatch("e[0-9]+", f["name"])]  # fmt: skip
    wanted = {"criterion": criteria}
    for scheme, (name, column) in SCHEMES.items():
        [spec] = [f for f in tables[name].fields if f["name"] == column]
        wanted[scheme] = spec["constraints"]["enum"]
    problems = []
    for scheme, codes in wanted.items():
        found = [r["code"] for r in book.records if r["scheme"] == scheme]
        allowed = f"one row for each {scheme}: {', '.join(codes)}"
        problems += [
            Problem(book.file, 0, "code", f"the {scheme} {code!r} has no row", allowed)
            for code in codes
            if code not in found
        ]
    for row, record in book:
        known = wanted.get(record["scheme"])
        if known and record["code"] and record["code"] not in known:
            what = f"{shown(record['code'])} is no {record['scheme']} of the schema"
            problems.append(Problem(book.file, row, "code", what, ", ".join(known)))
    return problems


def no_ground(value: str, answers: set[str], resolution: str) -> tuple[str, str]:
    """Word the problem of a consensus that no rater gave and nothing explains."""
    answer = shown(value) if value else "(empty)"
    what = f"no rater gave the consensus {answer}, and {resolution!r} does not say why"
    given = ", ".join(sorted(answers - {""})) or "a rater's answer"
    return what, f"{given}, or a stated {resolution}"


def check_consensus(tables: dict[str, Table]) -> list[Problem]:
    """Report a consensus that no rater gave and that states no resolution."""
    agreed = consensus_raters(tables)
    problems = []
    for name, subject, values, resolution in CONSENSUS:
        if not has(tables, {name: (*subject, "rater_id", *values, resolution)}):
            continue
        table = tables[name]
        given: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for record in table.records:
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
                    words = no_ground(record[value], answers, resolution)
                    problems.append(Problem(table.file, row, value, *words))
    return problems


def check_labels(tables: dict[str, Table]) -> list[Problem]:
    """Report factor labels that no rater gave and that state no resolution.

    A factor that nobody rated has labels but no consensus, and is left alone.
    """
    needed = ("factor_id", *LABELS)
    columns = {"factors": (*needed, "resolution"), "factor_ratings": needed}
    if not has(tables, columns):
        return []
    given: dict[tuple[str, str], set[str]] = defaultdict(set)
    for record in tables["factor_ratings"].records:
        for label in LABELS:
            given[record["factor_id"], label].add(record[label])
    factors = tables["factors"]
    problems = []
    for row, record in factors:
        for label in LABELS:
            answers = given.get((record["factor_id"], label), set())
            resolved = record["resolution"].strip() or not record[label]
            if answers and record[label] not in answers and not resolved:
                words = no_ground(record[label], answers, "resolution")
                problems.append(Problem(factors.file, row, label, *words))
    return problems


def check_ground(tables: dict[str, Table]) -> list[Problem]:
    """Report active factors with no term, no case and no mention in the abstract."""
    codes = ("factor_id", "rater_id")
    factors = ("factor_id", "named_in_abstract", "status")
    columns = {"factors": factors, "term_codes": codes, "case_codes": codes}
    if not has(tables, columns):
        return []
    agreed = consensus_raters(tables)
    ground = {
        record["factor_id"]
        for name in ("term_codes", "case_codes")
        for record in tables[name].records
        if record["rater_id"] in agreed
    }
    allowed = (
        "a consensus row in term_codes.csv or case_codes.csv, or named_in_abstract"
    )
    return [
        Problem(tables["factors"].file, row, "factor_id",
                f"{shown(r['factor_id'])} has no ground: no term, no case, "
                "not named in the abstract", allowed)
        for row, r in tables["factors"]
        if r["factor_id"] not in ground
        and r["status"] != "deprecated" and not r["named_in_abstract"]
    ]  # fmt: skip


def check_inclusion(tables: dict[str, Table]) -> list[Problem]:
    """Report members of an inclusion set that are not included articles."""
    verdicts, members = ("article_id", "rater_id", "verdict"), ("article_id",)
    columns = {"screening": verdicts, "inclusion_sets": members, "articles": members}
    if not has(tables, columns):
        return []
    agreed = consensus_raters(tables)
    included = {
        r["article_id"]
        for r in tables["screening"].records
        if r["rater_id"] in agreed and r["verdict"] == "include"
    }
    known = {r["article_id"] for r in tables["articles"].records}
    table = tables["inclusion_sets"]
    allowed = "an article whose consensus verdict is 'include'"
    return [
        Problem(table.file, row, "article_id",
                f"{shown(r['article_id'])} is not an included article", allowed)
        for row, r in table
        if r["article_id"] in known - included
    ]  # fmt: skip
