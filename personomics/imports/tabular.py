"""Reader of tables: CSV and tab-delimited exports, their columns told by the header."""

from __future__ import annotations

import csv
import functools
import re
from collections.abc import Iterator
from typing import NamedTuple

from personomics import record_fields as fields
from personomics.imports.reading import Raw, Reading
from personomics.imports.tagged import WOS, own_identifiers

#: What databases and tools call the columns of a record; case, blanks and punctuation
#: do not matter. PubMed, Scopus, Web of Science, Embase, Ovid, Zotero, EPPI-Reviewer,
#: Covidence, Rayyan, ASReview and this package's own records files.
SYNONYMS: dict[str, str] = {
    "record_id": "record id, ut unique wos id, unique wos id, eid, "
    "embase accession id, pui, accession number, unique identifier, ui, "
    "itemid, covidence #, key, id",
    "title": "title, article title, document title, primary title, ti",
    "authors": "authors, author, author names, author s, au",
    "year": "year, publication year, published year, year of publication, "
    "pub year, date, publication date, date of publication, yr, dp",
    "journal": "journal, journal book, source title, publication title, source, "
    "journal title, parenttitle, parent title, journal name, secondary title, "
    "journal abbreviation, jn, so, jt",
    "volume": "volume, vol, vl, vo, vi",
    "issue": "issue, issue number, number, ip",
    "pages": "pages, page range, pagination, pg",
    "start": "page start, first page, start page, sp, art no, article number",
    "end": "page end, last page, end page, ep",
    "doi": "doi, digital object identifier, do, di",
    "pmid": "pmid, pubmed id, medline pmid, pubmed_id, pm",
    "pmcid": "pmcid, pmc id, pmc_id, pmc",
    "languages": "language, languages, article language, language of article, "
    "language of original document, la, lg",
    "types": "types, publication type, document type, item type, typename, pt, dt",
    "mesh": "mesh, mesh terms, mesh headings, mesh subject headings, mh",
    "keywords": "keywords, author keywords, index keywords, manual tags, de",
    "notices": "notices",
    "abstract": "abstract, abstract note, ab",
    "citation": "citation",
    "database": "db, database, source database, name of database",
    "hints": "extra, notes, url, link",
}
_LISTS = ("languages", "types", "mesh", "keywords", "notices")
#: A row of more physical lines than this has an unclosed quotation mark.
_LONGEST = 10_000


class Header(NamedTuple):
    """Where a table begins and what its columns hold."""

    line: int
    delimiter: str
    columns: list[str]
    wos: bool


def header(text: str) -> Header | None:
    r"""Return the header of a table of records, or None if there is none.

    It is looked for in the first lines: some exports begin with the search or with
    Excel's "sep=;".

    >>> header("PMID,Title,Authors\n1,Age,Doe J").columns
    ['pmid', 'title', 'authors']
    """
    for number, line in enumerate(text[:100_000].split("\n")[:6]):
        for delimiter in "\t", ",", ";":
            cells = next(csv.reader([line[:50_000]], delimiter=delimiter), [])
            wos = delimiter == "\t" and cells[:2] == ["PT", "AU"]
            columns = [_wos_column(c) if wos else _column(c) for c in cells]
            known = set(columns) - {""}
            if len(known) > 1 and known & {"title", "pmid", "doi"}:
                return Header(number, delimiter, columns, wos)
    return None


def _plain(name: str) -> str:
    """Return a column name in lower case with single blanks."""
    return " ".join(re.sub(r"[^\w#]+|_", " ", name.lower()).split())


def _column(name: str) -> str:
    """Return the column of a record that a table's column is for, or nothing."""
    return _known().get(_plain(name), "")


@functools.cache
def _known() -> dict[str, str]:
    """Return the column that each synonym names; the first that claims it."""
    known: dict[str, str] = {}
    for column, names in SYNONYMS.items():
        for synonym in names.split(","):
            known.setdefault(_plain(synonym), column)
    return known


def _wos_column(tag: str) -> str:
    """Return the column of a record that a Web of Science tag is for."""
    return next((column for column, tags in WOS.items() if tag.strip() in tags), "")


def read_table(text: str) -> Reading:
    """Read a CSV or tab-delimited export.

    Cells are kept as they are: one that looks like a formula stays the text it is and
    is dangerous only to a spreadsheet that opens it.

    Raises
    ------
    ValueError
        If no header with known columns is found.
    """
    reading = Reading("row")
    top = header(text)
    if top is None:
        msg = "its columns are not known; its header must name two or more, "
        msg += "among them a title, a PMID or a DOI"
        raise ValueError(msg)
    width = len(top.columns)
    for line, cells, complete in _rows(text, top):
        reading.begin(line)
        while len(cells) > width and not cells[-1].strip():
            cells.pop()
        if not complete:
            reading.lose("has a quotation mark that is not closed")
        elif len(cells) > width:
            reading.lose(f"has {len(cells)} cells where the header has {width}")
        else:
            if len(cells) < width:
                what = f"has {len(cells)} cells where the header has {width}"
                reading.say(what, "the others are read as empty")
            reading.add(_raw(top, cells))
    return reading


def _rows(text: str, top: Header) -> Iterator[tuple[int, list[str], bool]]:
    """Yield first line, cells and whether it is closed, of each row.

    The csv module would take a quotation mark that is never closed for a cell that
    holds the rest of the file. Here such a row ends with its line.
    """
    lines = text.split("\n")
    number = top.line + 1
    limit = csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    try:
        while number < len(lines):
            end = number + 1 if top.wos else _row_end(lines, number)
            if end and end > number + 1 and _swallowed(lines[number:end], top):
                end = None
            cells = _cells("\n".join(lines[number : end or number + 1]), top)
            if any(cell.strip() for cell in cells):
                yield number + 1, cells, end is not None
            number = end or number + 1
    finally:
        csv.field_size_limit(limit)


def _cells(row: str, top: Header, *, strict: bool = False) -> list[str]:
    """Return the cells of one row; Web of Science quotes nothing."""
    if top.wos:
        return row.split(top.delimiter)
    return next(csv.reader([row], delimiter=top.delimiter, strict=strict), [])


def _row_end(lines: list[str], start: int) -> int | None:
    """Return the line after a row's last, or None if a quotation mark stays open."""
    marks = 0
    for number in range(start, min(len(lines), start + _LONGEST)):
        marks += lines[number].count('"')
        if marks % 2 == 0:
            return number + 1
    return None


def _swallowed(lines: list[str], top: Header) -> bool:
    """Return whether a row of several lines is several rows.

    Two stray quotation marks, some rows apart, close each other. The second then stands
    where none may, or the lines of one cell are rows by themselves.
    """
    try:
        cells = _cells("\n".join(lines), top, strict=True)
    except csv.Error:
        return True
    width = len(top.columns)
    inner = max((cell.split("\n")[1:-1] for cell in cells), key=len, default=[])
    return len(inner) > 2 and all(len(_cells(line, top)) == width for line in inner)


def _raw(top: Header, cells: list[str]) -> Raw:
    """Return the fields of a row by column."""
    found: dict[str, list[str]] = {column: [] for column in SYNONYMS}
    for column, cell in zip(top.columns, cells, strict=False):
        if column and cell.strip():
            found[column].append(cell)
    for column in _LISTS:
        # A notice may hold a citation: 2020 Jun;12(6):400.
        between = "; " if column == "notices" else "[;|]"
        found[column] = [p for cell in found[column] for p in re.split(between, cell)]
    if len(found["keywords"]) == 1:  # Embase: with commas
        found["keywords"] = found["keywords"][0].split(",")
    database = " ".join(found.pop("database")).lower()
    if re.search("medline|pubmed", database) and "embase" not in database:
        found["pmid"] += [text for text in found["record_id"] if fields.pmid(text)]
    citation = "".join(found.pop("citation"))  # PubMed: 2020 Mar 5;12(3):45-50. doi: …
    place = re.search(r";([^;(:]*)(?:\(([^)]*)\))?:([^.;:]+)\.", citation)
    if place:
        for column, text in zip(
            ("volume", "issue", "pages"), place.groups(), strict=True
        ):
            found[column].append(text or "")
    authors = [
        name for cell in found["authors"][:1] for name in fields.split_authors(cell)
    ]
    hints = found["hints"]
    links = [text for text in hints if re.match(r"https?://\S+$", text)]
    return {**found, "authors": authors, "hints": links + own_identifiers(hints)}
