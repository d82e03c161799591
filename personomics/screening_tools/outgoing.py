"""Articles as files for screening tools: ASReview and Rayyan, CSV and RIS.

ASReview LAB reads title, abstract, authors, doi, url and, as decisions already made,
included; further columns come back unchanged, so ``personomics_id`` carries the
article's identifier (asreview/asreview, ``asreview/data/base_reader.py`` and
``asreview/webapp/_api/projects.py``). Rayyan gives its own value to ``key`` but keeps
the notes of a record and appends to them (Rayyan help centre, "Understanding Your
Rayyan Export Files"), so the identifier also stands there, in both formats of both
tools.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from personomics.table_edit import Row, Tables
from personomics.words import inert

TOOLS, FORMS = ("asreview", "rayyan"), ("csv", "ris")
ID_COLUMN, ID_NOTE = "personomics_id", "personomics-id: "
ASREVIEW = (
    ID_COLUMN,
    *"title abstract authors year journal doi pmid url notes".split(),
)
RAYYAN = tuple(
    "key title year month day journal issn volume issue pages authors url language "
    "publisher location abstract notes pmc_id pubmed_id".split()
)
#: ASReview's label for a verdict, in a column and in a note.
LABELS = {
    "include": ("1", "ASReview_relevant"),
    "exclude": ("0", "ASReview_irrelevant"),
}


def export(
    folder: str | Path,
    tool: str,
    form: str = "csv",
    *,
    rater: str = "",
    only: str = "unscreened",
    abstracts: Mapping[str, str] | None = None,
) -> tuple[str, int]:
    """Return a file for a screening tool, and how many articles are in it.

    Parameters
    ----------
    folder : str or Path
        The data folder.
    tool : {"asreview", "rayyan"}
        Who will read the file.
    form : {"csv", "ris"}
        Its format.
    rater : str
        Who will screen. Leave empty for a file for everybody.
    only : {"unscreened", "all"}
        "unscreened": what this rater, or without one anybody, has not judged yet.
        "all": every article; for ASReview with the rater's own decisions so far, which
        it learns from. Nobody's decisions are shown to anybody else.
    abstracts : mapping of str to str
        Abstracts by PMID, where they are at hand.

    Returns
    -------
    str
        The text of the file, to be written as UTF-8 with line feeds.
    int
        Number of articles.

    Raises
    ------
    ValueError
        If the tool, the format or the rater is unknown.
    """
    for value, allowed in ((tool, TOOLS), (form, FORMS), (only, ("unscreened", "all"))):
        if value not in allowed:
            msg = f"{value!r} is not among the choices; allowed: {', '.join(allowed)}"
            raise ValueError(msg)
    tables = Tables(folder)
    if rater:
        check_rater(tables, rater)
    given = {
        row["article_id"]: row["verdict"]
        for row in tables["screening"]
        if rater in ("", row["rater_id"])
    }
    rows = [
        {**row, "abstract": " ".join((abstracts or {}).get(row["pmid"], "").split())}
        for row in tables["articles"]
        if only == "all" or row["article_id"] not in given
    ]
    shown = given if rater and tool == "asreview" and only == "all" else {}
    text = to_ris(rows, shown) if form == "ris" else to_csv(rows, tool, shown)
    return text, len(rows)


def check_rater(tables: Tables, rater: str) -> None:
    """Refuse a rater that is not in the table of raters, or is the consensus."""
    known = [r["rater_id"] for r in tables["raters"] if r["role"] == "rater"]
    if rater not in known:
        what = "stands for the consensus"
        if rater not in {r["rater_id"] for r in tables["raters"]}:
            what = "is not in raters.csv; add a row there first"
        msg = f"rater {rater!r} {what}; allowed: {', '.join(known) or 'none yet'}"
        raise ValueError(msg)


def to_csv(rows: Iterable[Row], tool: str, shown: Mapping[str, str]) -> str:
    """Return articles as a CSV file; nothing in it is run by a spreadsheet."""
    columns = list(RAYYAN if tool == "rayyan" else ASREVIEW)
    columns += ["included"] if shown else []
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        cells = {**row, ID_COLUMN: row["article_id"], "key": row["article_id"],
                 "title": title(row), "url": address(row), "pmc_id": row["pmcid"],
                 "pubmed_id": row["pmid"], "notes": ID_NOTE + row["article_id"],
                 "authors": " and ".join(authors(row))}  # fmt: skip
        if tool == "asreview":
            cells["authors"] = "; ".join(authors(row))
            cells["included"] = LABELS.get(shown.get(row["article_id"], ""), [""])[0]
        writer.writerow([inert(cells.get(column, "")) for column in columns])
    return file.getvalue()


def to_ris(rows: Iterable[Row], shown: Mapping[str, str]) -> str:
    """Return articles as a RIS file."""
    import rispy

    entries = []
    for row in rows:
        label = LABELS.get(shown.get(row["article_id"], ""))
        first, _, last = row["pages"].partition("-")
        fields = {
            "type_of_reference": "JOUR", "id": row["article_id"], "title": title(row),
            "authors": authors(row), "year": row["year"],
            "secondary_title": row["journal"], "volume": row["volume"],
            "number": row["issue"], "start_page": first, "end_page": last,
            "doi": row["doi"], "urls": list(filter(None, [address(row)])),
            "abstract": row["abstract"],
            "notes": [*(label or ())[1:], ID_NOTE + row["article_id"]],
            "accession_number": row["article_id"],
        }  # fmt: skip
        entries.append({tag: value for tag, value in fields.items() if value})
    # Not the numbers that rispy writes between records: Rayyan looks for TY first.
    return re.sub(r"(?m)^[0-9]+\.\n", "", rispy.dumps(entries)) if entries else ""


def title(row: Row) -> str:
    """Return the title of an article; tools skip records that have none."""
    return row["title"] or f"[No title shown] {row['journal'] or row['article_id']}"


def address(row: Row) -> str:
    """Return where an article can be read, or nothing."""
    known = row["source_urls"].split(" ")[0]
    return f"https://doi.org/{row['doi']}" if row["doi"] else known


def authors(row: Row) -> list[str]:
    """Return authors one by one, "Family, Initials" where the name is so built.

    >>> authors({"authors": "van Dulmen S, Study Group"})
    ['van Dulmen, S', 'Study Group']
    """
    names = []
    for name in filter(None, map(str.strip, row["authors"].split(","))):
        family, _, initials = name.rpartition(" ")
        built = family and len(initials) < 5 and initials.isalpha()
        names.append(f"{family}, {initials}" if built and initials.isupper() else name)
    return names
