"""Exports of databases and reference managers, read into records.

RIS, PubMed's Medline format (NBIB) and XML, BibTeX, Web of Science plain text, and
tables (CSV or tab-delimited). What a file is, is told by its content first and by its
name second. Nothing is dropped silently: every record of a file is read or is a problem
that says where it is, and the records are counted a second time, independently.
"""

from __future__ import annotations

import codecs
import gzip
import re
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from personomics.imports import bibtex, tabular, tagged
from personomics.imports.reading import Problem, Reading
from personomics.records import Record

_GZIP = b"\x1f\x8b"
_TAGGED = {
    "RIS": re.compile(r"(?m)^\s*TY\s{0,3}-\s"),
    "NBIB": re.compile(r"(?m)^PMID *- "),
    "Web of Science": re.compile(
        r"(?m)\A\s*FN .*\n(?:.*\n)?PT [A-Z]|\A\s*PT [A-Z]\s*\n"
    ),
    "BibTeX": re.compile(r"(?m)^[ \t]*@[ \t]*[A-Za-z]+[ \t]*[{(]"),
}
_SUFFIXES = {
    ".ris": "RIS",
    ".nbib": "NBIB",
    ".bib": "BibTeX",
    ".bibtex": "BibTeX",
    ".ciw": "Web of Science",
    ".csv": "table",
    ".tsv": "table",
}
_READERS: dict[str, Callable[[str], Reading]] = {
    "RIS": tagged.read_ris,
    "NBIB": tagged.read_nbib,
    "Web of Science": tagged.read_wos,
    "BibTeX": bibtex.read_bibtex,
    "table": tabular.read_table,
}
_KINDS = "RIS, NBIB, PubMed XML, BibTeX, Web of Science text, or a table with a header"


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What an export holds.

    Attributes
    ----------
    records : list of Record
        What could be read, in the order of the file; identifiers are unique in it.
    problems : list of Problem
        What could not, as sentences (``str(problem)``).
    format : str
        What the file was taken for.
    """

    records: list[Record]
    problems: list[Problem]
    format: str

    @property
    def lost(self) -> int:
        """How many records of the file are not among those read."""
        return sum(problem.lost for problem in self.problems)


def read(path: Path) -> Imported:
    """Read an export of a database or a reference manager.

    Parameters
    ----------
    path : Path
        The file; PubMed's XML may be gzipped.

    Returns
    -------
    Imported
        Records and problems. One bad record never costs the others.

    Raises
    ------
    ValueError
        If the file is empty, of no known format, or holds no record.
    OSError
        If it cannot be read.
    """
    with path.open("rb") as file:
        start = file.read(100_000)
    if start.startswith(_GZIP):
        with suppress(zlib.error):  # a damaged file is the reader's to refuse
            start = zlib.decompressobj(wbits=31).decompress(start, 100_000)
    elif not start.strip():
        msg = f"{path}: is empty; export the records again"
        raise ValueError(msg)
    markup = start.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"<")
    if markup and re.search(rb"<(?:!DOCTYPE )?(?:Pubmed\w*Article|Medline)", start):
        found, kind = _read_xml(path), "PubMed XML"
    else:
        found, kind = _read_text(path)
    if not found.records:
        first = f"; first: {found.problems[0]}" if found.problems else ""
        msg = f"{path}: holds no record that can be read as {kind}{first}"
        raise ValueError(msg)
    return Imported(records=found.records, problems=found.named(path.name), format=kind)


def _read_text(path: Path) -> tuple[Reading, str]:
    """Return the records of a file of text, and what it was taken for."""
    data = path.read_bytes()
    refused = {
        b"PK\x03\x04": "is a workbook or a zip archive; save its sheet as CSV in UTF-8",
        b"%PDF": "is a PDF; export the records in one of these formats",
        b"\xd0\xcf\x11\xe0": "is an Excel workbook; save its sheet as CSV in UTF-8",
        _GZIP: "is compressed and no PubMed XML; unpack it first",
    }
    for magic, what in refused.items():
        if data.startswith(magic):
            msg = f"{path}: {what} ({_KINDS})"
            raise ValueError(msg)
    text, notes = decode(data)
    if text.lstrip().startswith("<"):
        msg = f"{path}: is a web page or XML, but not PubMed's; allowed are {_KINDS}"
        raise ValueError(msg)
    kind = tell(text) or _SUFFIXES.get(path.suffix.lower(), "")
    if not kind:
        msg = f"{path}: is of no format that can be read; allowed are {_KINDS}"
        raise ValueError(msg)
    try:
        found = _READERS[kind](text)
    except ValueError as error:
        msg = f"{path}: {error}"
        raise ValueError(msg) from None
    found.problems[:0] = [Problem(what=what, done=done) for what, done in notes]
    _compare(found, count(text, kind))
    return found, kind


def decode(data: bytes) -> tuple[str, list[tuple[str, str]]]:
    r"""Return bytes as text with LF line ends, and what had to be done for it.

    UTF-8 and UTF-16 are told by their byte order mark or by being valid; anything else
    is taken for Windows-1252. Control characters become blanks.

    >>> decode("Núñez\r\n".encode("cp1252"))[0]
    'Núñez\n'
    """
    notes = []
    marks = {
        codecs.BOM_UTF8: "utf-8-sig",
        codecs.BOM_UTF32_LE: "utf-32",  # begins like UTF-16's
        codecs.BOM_UTF16_LE: "utf-16",
        codecs.BOM_UTF16_BE: "utf-16",
    }
    encoding = next((e for mark, e in marks.items() if data.startswith(mark)), "")
    if not encoding:
        zeros = data[:1000:2].count(0), data[1:1000:2].count(0)
        half = max(1, len(data[:1000]) // 4)
        encoding = ("utf-16-be" if zeros[0] > half else "") or (
            "utf-16-le" if zeros[1] > half else "utf-8"
        )
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding.startswith("utf-8"):
            text = data.decode("cp1252", errors="replace").removeprefix("ï»¿")
            line = data.count(b"\n", 0, error.start) + 1
            notes.append((f"is not UTF-8 (line {line})", "read as Windows-1252"))
        else:
            text = data.decode(encoding, errors="replace")
            notes.append((f"is not sound {encoding.upper()}", "read as far as it is"))
    if "�" in text and "�" not in data.decode("utf-8", errors="ignore"):
        notes.append(("some letters are damaged", "they are read as �"))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text, controls = re.subn(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f]", " ", text)
    if controls:
        notes.append((f"holds {controls} control characters", "read as blanks"))
    return text, notes


def tell(text: str) -> str:
    r"""Return what a text is, or nothing: the format whose mark comes first.

    >>> tell("TY  - JOUR\n"), tell("PMID- 1\n"), tell("@article{a,"), tell("Hello")
    ('RIS', 'NBIB', 'BibTeX', '')
    """
    if tabular.header(text):
        return "table"
    start = text[:1_000_000]
    found = {
        kind: match.start()
        for kind, pattern in _TAGGED.items()
        if (match := pattern.search(start))
    }
    return min(found, key=found.__getitem__) if found else ""


def count(text: str, kind: str) -> int | None:
    r"""Return how many records a text holds, counted without reading them.

    None for tables, whose rows are counted as they are read.

    >>> count("TY  - JOUR\nTI  - A\nTY  - JOUR\nER  - \n", "RIS")
    2
    """
    patterns = {
        "RIS": (r"(?m)^\s*TY\s{0,3}-(?:\s|$)", r"(?m)^\s*ER\s{0,3}-\s*$"),
        "NBIB": (r"(?m)^PMID *-",),
        "Web of Science": (r"(?m)^PT(?: |$)", r"(?m)^ER\s*$"),
        "BibTeX": (r"(?im)^[ \t]*@(?!\s*(?:comment|string|preamble)\b)\s*\w+\s*[{(]",),
    }
    if kind not in patterns:
        return None
    return max(len(re.findall(pattern, text)) for pattern in patterns[kind])


def _compare(found: Reading, counted: int | None) -> None:
    """Note a difference between the records counted and those accounted for."""
    seen = len(found.records) + sum(problem.lost for problem in found.problems)
    if counted is not None and counted != seen:
        what = f"a second count finds {counted} records, {seen} were met"
        found.remark(what, "look at the file")


def _read_xml(path: Path) -> Reading:
    """Return the records of PubMed's XML; one that breaks off is an error.

    A later version of a citation replaces the earlier one, a deletion takes it out.
    """
    from personomics import medline

    reading = Reading("xml")
    found: dict[str, Record] = {}
    for citation in medline.read(path):
        pmid = citation.pmid
        if citation.deleted:
            reading.remark(f"PMID {pmid} is deleted from PubMed", "it is left out")
            if found.pop(pmid, None):
                reading.lose(f"PMID {pmid} is deleted further down")
            continue
        reading.begin(0)
        if found.pop(pmid, None):
            what = f"PMID {pmid} comes again"
            reading.say(what, "the later version is read", lost=True)
        found[pmid or f"xml-{reading.number}"] = medline.to_record(citation)
    reading.records.extend(replace(r, record_id=name) for name, r in found.items())
    _compare(reading, _count_xml(path))
    return reading


def _count_xml(path: Path) -> int:
    """Return how many citations an XML file holds, counted as text."""
    pattern = re.compile(rb"<(?:MedlineCitation|PubmedBookArticle)[\s>]")
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP
    total, rest = 0, b""
    with gzip.open(path) if packed else path.open("rb") as file:
        while block := file.read(1 << 20):
            text = rest + block
            total += len(pattern.findall(text))
            # A tag may lie across two blocks; one that is whole is counted already.
            rest = text[-19:] if not pattern.search(text[-19:]) else b""
    return total
