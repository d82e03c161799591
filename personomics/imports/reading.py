"""What every reader of an export shares: problems, and raw fields made a record."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from personomics import record_fields as fields
from personomics.records import Record
from personomics.tables import one_line

#: Texts of one record by the column of :class:`personomics.records.Record` they are
#: for, best source first. Three more columns: ``start`` and ``end`` (pages), and
#: ``hints`` (free text that may hold an identifier).
Raw = Mapping[str, Iterable[str]]

#: A field longer than this is cut: no title, name or abstract is as long.
LONGEST = 1_000_000
#: Letters of what is said of a file at most.
LONGEST_SAID = 300
_HINTS: tuple[tuple[str, Callable[[str], str], str], ...] = (
    ("doi", fields.doi, r"doi\W{0,3}\s*(10\.\S+)|doi\.org/(10\.\S+)"),
    ("pmid", fields.pmid, r"\bPMID\W{0,3}(\d+)|pubmed(?:\.ncbi[\w.]*)?/(\d+)"),
    ("pmcid", fields.pmcid, r"\b(PMC\d+)"),
)
_ONE = {
    "title": fields.clean,
    "journal": fields.clean,
    "volume": fields.clean,
    "issue": fields.clean,
    "year": fields.year,
    "doi": fields.doi,
    "pmid": fields.pmid,
    "pmcid": fields.pmcid,
}
_SEVERAL = ("languages", "types", "mesh", "keywords", "notices")


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something in a file that could not be read, and what was done.

    Attributes
    ----------
    file : str
        Name of the file, without its folder.
    line : int
        Where the record begins; 0 where the whole file is meant.
    record : int
        Number of the record in the file, from 1; 0 where none is meant.
    what, done : str
        What is wrong, and what was done with it.
    lost : bool
        The record is not among those read.
    """

    file: str = ""
    line: int = 0
    record: int = 0
    what: str
    done: str
    lost: bool = False

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}: " if self.line else f"{self.file}: "
        number = f"record {self.record}: " if self.record else ""
        return one_line(
            f"{place if self.file else ''}{number}{cut(self.what)}; {cut(self.done)}"
        )


def cut(words: str) -> str:
    """Return words that may come from a file, short enough for a message."""
    return words if len(words) <= LONGEST_SAID else f"{words[: LONGEST_SAID - 1]}…"


@dataclass
class Reading:
    """The records and problems of one file as they are met; ``prefix`` names records.

    >>> reading = Reading("ris")
    >>> reading.begin(1)
    >>> reading.add({"title": ["Age"], "doi": ["none"]})
    >>> reading.records[0].record_id, str(reading.problems[0])
    ('ris-1', "record 1: no DOI can be read from 'none'; left empty")
    """

    prefix: str
    records: list[Record] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    number: int = 0
    line: int = 0
    _ids: dict[str, int] = field(default_factory=dict)

    def begin(self, line: int) -> None:
        """Note that a record begins at a line."""
        self.number += 1
        self.line = line

    def say(self, what: str, done: str, *, lost: bool = False) -> None:
        """Keep a problem of the record at hand."""
        self.problems.append(
            Problem(line=self.line, record=self.number, what=what, done=done, lost=lost)
        )

    def lose(self, what: str) -> None:
        """Keep that the record at hand could not be read."""
        self.say(what, "the record is left out", lost=True)

    def remark(self, what: str, done: str, *, line: int = 0) -> None:
        """Keep a problem of the file, not of one record."""
        self.problems.append(Problem(line=line, what=what, done=done))

    def add(self, raw: Raw) -> None:
        """Make a record of raw fields, saying what could not be read."""
        texts = {column: self._cut(column, raw[column]) for column in raw}
        values = {column: self._one(column, texts.get(column, [])) for column in _ONE}
        for column, read, pattern in _HINTS:
            for hint in () if values[column] else texts.get("hints", ()):
                found = re.search(pattern, hint, re.IGNORECASE)
                if found and (value := read(next(filter(None, found.groups())))):
                    values[column] = value
                    break
        values |= {name: fields.several(texts.get(name, ())) for name in _SEVERAL}
        values["authors"] = fields.authors(texts.get("authors", ()))
        start, end = (next(iter(texts.get(k, ())), "") for k in ("start", "end"))
        values["pages"] = next(iter(texts.get("pages", ())), "")
        values["pages"] = fields.pages(values["pages"] or start, end)
        if not any(values[k] for k in ("title", "authors", "doi", "pmid", "pmcid")):
            self.lose("has no title, no author and no identifier")
            return
        if not values["title"]:
            self.say("has no title", "read without one")
        lines = "\n".join(texts.get("abstract", ())).splitlines()
        values["abstract"] = "\n".join(
            line for text in lines if (line := fields.clean(text))
        )
        name = " ".join(next(iter(texts.get("record_id", ())), "").split())[:200]
        name = name or values["pmid"] or values["doi"]
        self.keep(Record(record_id=name, **values))

    def _cut(self, column: str, texts: Iterable[str]) -> list[str]:
        """Return the texts that are not blank, none longer than :data:`LONGEST`."""
        kept = [text for text in texts if text.strip()]
        if any(len(text) > LONGEST for text in kept):
            what = f"{column} is longer than {LONGEST:,} characters"
            self.say(what, "the rest is left out")
        return [text[:LONGEST] for text in kept]

    def _one(self, column: str, texts: list[str]) -> str:
        """Return the first text that can be read, or say that none can."""
        for text in texts:
            if value := _ONE[column](text):
                return value
        if texts and column in ("year", "doi", "pmid", "pmcid"):
            name = column if column == "year" else column.upper()
            clipped = texts[0] if len(texts[0]) <= 40 else f"{texts[0][:39]}…"
            self.say(f"no {name} can be read from {clipped!r}", "left empty")
        return ""

    def keep(self, record: Record) -> None:
        """Keep a record under an identifier that the file has not used yet."""
        name = record.record_id or f"{self.prefix}-{self.number}"
        if name in self._ids:
            unique = f"{name} ({self.number})"
            while unique in self._ids:
                unique += "+"
            what = f"the identifier {name!r} is that of record {self._ids[name]} too"
            self.say(what, f"read as {unique!r}")
            name = unique
        self._ids[name] = self.number
        self.records.append(replace(record, record_id=name))

    def named(self, file: str) -> list[Problem]:
        """Return the problems in the order of the file, with its name."""
        return [replace(problem, file=file) for problem in self.problems]
