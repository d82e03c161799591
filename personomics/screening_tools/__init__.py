"""Screening in ASReview or Rayyan: records out, each rater's decisions back in.

Nothing that stands is overwritten and nothing is guessed: a decision that differs from
the row that stands is a conflict, a record that could be two articles is listed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from personomics.schema import CONTROL
from personomics.screening_tools.consensus import agree, conflicts, insert
from personomics.screening_tools.formats import Decision, Decisions, Judgement, read
from personomics.screening_tools.match import Index
from personomics.screening_tools.outgoing import check_rater, export
from personomics.table_edit import Row, Tables, editing
from personomics.tables import one_line, shown

__all__ = ["agree", "conflicts", "export", "import_decisions", "read"]
#: What a rater read, by whether the file showed an abstract.
BASIS = {True: "abstract read", False: "record only"}
#: Characters of a reason at most.
LONGEST = 2_000


@dataclass(frozen=True)
class Conflict:
    """A decision of a file against the row that stands, which was kept."""

    article_id: str
    rater_id: str
    column: str
    stands: str
    file: str
    place: str

    def __str__(self) -> str:
        return (f"{self.article_id}, {self.rater_id}, {self.column}: "
                f"{self.stands or 'empty'} stands, the file says {self.file} "
                f"({self.place})")  # fmt: skip


@dataclass(frozen=True)
class Imported:
    """What came of reading a file of decisions.

    Attributes
    ----------
    added, same : int
        Rows added to the screening table, and decisions that stood there already.
    undecided : int
        Our records on which the file has no decision of these raters.
    conflicts : tuple of Conflict
        Decisions that differ from the row that stands, which was kept.
    not_ours, unclear : tuple of str
        Records that are no article of ours, and that could be several.
    others : tuple of str
        People in the file whose decisions were not asked for.
    notes : tuple of str
        What could not be understood or ascribed, a sentence each.
    """

    added: int
    same: int
    undecided: int
    conflicts: tuple[Conflict, ...] = ()
    not_ours: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def import_decisions(
    folder: str | Path, decisions: Decisions, rater: str | Mapping[str, str]
) -> Imported:
    """Add the decisions of a file to the screening table.

    A verdict "Maybe" of Rayyan becomes "awaiting full text". A label, tag or reason
    of exclusion that begins with the code of a criterion (E3, "E3 not on treatment"),
    or a tag that ends with it, answers that criterion with "no" when the verdict is
    to exclude; other reasons and remarks stand in the column reason. Criteria without
    a reason stay unanswered.

    Parameters
    ----------
    folder : str or Path
        The data folder.
    decisions : Decisions
        The file, from :func:`read`.
    rater : str or mapping of str to str
        Whose decisions they are; where several people decided, the rater of each name
        (and, for Rayyan's log, of each e-mail address).

    Returns
    -------
    Imported
        What was added and what was not.

    Raises
    ------
    ValueError
        If a rater is unknown, the file has several people and one rater is named, or
        the tables would not conform. Nothing is written.
    OSError
        If the table cannot be written.
    """
    with editing(folder) as tables:
        raters = whose(tables, decisions, rater)
        work = Importing(tables, raters)
        for record in decisions.rows:
            work.take(record)
        work.write()
        people = decisions.people
        others = [name for name in people if name not in raters]
        told = (work.not_ours, work.unclear, others, work.notes)
        return Imported(
            work.added, work.same, work.undecided, tuple(work.conflicts),
            *(tuple(map(one_line, lines)) for lines in told),
        )  # fmt: skip


def whose(
    tables: Tables, decisions: Decisions, rater: str | Mapping[str, str]
) -> dict[str, str]:
    """Return the rater of each name in a file."""
    people = decisions.people
    listed = one_line(", ".join(people))
    if isinstance(rater, str):
        check_rater(tables, rater)
        if len(people) > 1:
            msg = f"{decisions.file}: holds decisions of {listed}; say for each who it "
            raise ValueError(msg + f"is, such as {one_line(people[0])}={rater}")
        return dict.fromkeys(people or [""], rater)
    emails = {who for row in decisions.rows for who in row.logged}
    for name, identifier in rater.items():
        check_rater(tables, identifier)
        if name not in people and name not in emails:
            msg = f"{decisions.file}: holds no decisions of {name!r}; "
            raise ValueError(msg + f"it has: {listed or 'nobody named'}")
    named = [identifier for name, identifier in rater.items() if name in people]
    if twice := {identifier for identifier in named if named.count(identifier) > 1}:
        msg = f"{decisions.file}: two people cannot be one rater ({', '.join(twice)})"
        raise ValueError(msg)
    return dict(rater)


class Importing:
    """One pass over the records of a file."""

    def __init__(self, tables: Tables, raters: Mapping[str, str]) -> None:
        self.tables, self.raters = tables, raters
        self.index = Index(tables["articles"])
        self.criteria = [
            c for c in tables.columns("screening") if re.fullmatch("e[0-9]+", c)
        ]
        self.standing = {
            (r["article_id"], r["rater_id"]): r for r in tables["screening"]
        }
        self.found: dict[tuple[str, str], list[tuple[Row, str]]] = defaultdict(list)
        self.added = self.same = self.undecided = 0
        self.conflicts: list[Conflict] = []
        self.not_ours: list[str] = []
        self.unclear: list[str] = []
        self.notes: list[str] = []

    def take(self, record: Decision) -> None:
        """Find the article of a record and keep what was decided on it."""
        name = f"{record.place}: {shown(clean(record.title) or 'no title')}"
        article, why = self.index.find(record)
        if not article:
            (self.unclear if why else self.not_ours).append(name + why)
            return
        self.notes += [f"{name}: {odd}" for odd in record.odd]
        judged = {n: j for n, j in record.said.items() if n in self.raters}
        self.undecided += not judged
        for person, judgement in judged.items():
            row = self.row(record, article, person, judgement, name)
            self.found[article, row["rater_id"]].append((row, record.place))

    def row(
        self, record: Decision, article: str, person: str, said: Judgement, name: str
    ) -> Row:
        """Return a decision as a row of the screening table."""
        rater = self.raters[person]
        labels, loose = ascribed(record, person, self.raters)
        if loose:
            note = f"{name}: the file does not say who gave: {', '.join(loose)}"
            if note not in self.notes:
                self.notes.append(note)
        unmet, reasons = [], []
        for label in labels:
            codes = [c for c in self.criteria if names_criterion(label, c)]
            if codes and said.verdict != "exclude":
                what = f"{name}: {rater} did not exclude it, but labelled it {label}"
                self.notes.append(what)
            elif codes:
                unmet += codes
                if label.strip().rpartition("_")[2].lower() in codes:
                    continue  # nothing but the code
            reasons.append(label)
        if loose:
            reasons.append("given by one of the raters: " + ", ".join(loose))
        reason = clean("; ".join([*reasons, *filter(None, [said.note])]))
        cells = dict.fromkeys(unmet, "no")
        return self.tables.row(
            "screening", article_id=article, rater_id=rater, verdict=said.verdict,
            basis=BASIS[record.abstract], reason=reason[:LONGEST].strip(), **cells,
        )  # fmt: skip

    def write(self) -> None:
        """Add the rows, each behind the other rows of its article."""
        new: dict[str, list[Row]] = defaultdict(list)
        for (article, rater), given in self.found.items():
            row, place = given[0]
            if any(self.answers(r) != self.answers(row) for r, _ in given[1:]):
                places = " and ".join(p for _, p in given)
                self.unclear.append(f"{places}: {rater} decided twice on {article}, "
                                    "and differently")  # fmt: skip
            elif standing := self.standing.get((article, rater)):
                self.compare(standing, row, place)
            else:
                new[article].append(row)
                self.added += 1
        insert(self.tables["screening"], new)

    def answers(self, row: Row) -> dict[str, str]:
        """Return what a row decides."""
        return {c: row[c] for c in ("verdict", *self.criteria)}

    def compare(self, standing: Row, row: Row, place: str) -> None:
        """Hold a decision of the file against the row that stands."""
        different = [
            Conflict(row["article_id"], row["rater_id"], column, standing[column],
                     value, place)
            for column, value in self.answers(row).items()
            if value and value != standing[column]
        ]  # fmt: skip
        self.conflicts += different
        self.same += not different


def ascribed(
    record: Decision, person: str, raters: Mapping[str, str]
) -> tuple[list[str], list[str]]:
    """Return the labels and reasons of a person, and those that may be another's."""
    own = list(record.said[person].labels)
    shared = [*record.reasons, *record.labels]
    logged = [
        label
        for who, labels in record.logged.items()
        if raters.get(who) == raters[person]
        for label in labels
    ]
    if logged or not shared:
        return [*own, *logged], []
    if len(record.said) == 1:
        return [*own, *shared], []
    excluders = [n for n, j in record.said.items() if j.verdict == "exclude"]
    if excluders == [person]:
        return [*own, *record.reasons], []
    return own, list(record.reasons) if person in excluders else []


def names_criterion(label: str, code: str) -> bool:
    """Say whether a label names a criterion.

    >>> [names_criterion(t, "e3") for t in ("E3", "E3: not treatment", "reasons_e3")]
    [True, True, True]
    >>> [names_criterion(t, "e3") for t in ("E30", "meets E3 partly")]
    [False, False]
    """
    start, end = rf"{code}(?![0-9A-Za-z])", rf".*_{code}"
    return bool(re.match(start, label.strip(), re.IGNORECASE)
                or re.fullmatch(end, label.strip(), re.IGNORECASE))  # fmt: skip


def clean(text: str) -> str:
    """Return text in one line without control characters."""
    return CONTROL.sub("", " ".join(text.split()))
