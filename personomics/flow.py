"""The flow of records: each has one end, and is in every box on the way to it.

A box of the PRISMA 2020 diagram is the tuple of the records on it, and its number is
their count; so the boxes cannot but add up.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

import pandas as pd

from personomics.dataset import Dataset
from personomics.evidence import (
    ARMS,
    DATABASES,
    OTHER,
    PREVIOUS,
    arm,
    rater_ids,
)
from personomics.html import text

#: Criteria in the order in which an excluded record gets its first reason.
ORDER = ("E1", "E2", "E3", "E4")
JUDGEMENT = "overall judgement"
BOTH = "all"
AUTOMATION = "Records marked as ineligible by automation tools"
NOT_RETRIEVED = "Reports not retrieved: awaiting full text, undecided without it"

#: Arm and label of each box. Keys are those of the PRISMA2020 R package's template
#: (Haddaway NR et al. Campbell Syst Rev 2022;18:e1230) wherever it has one.
BOXES: Mapping[str, tuple[str, str]] = {
    "previous_studies": (PREVIOUS, "Studies included in previous version of review"),
    "previous_left": (PREVIOUS, "Not carried over"),
    "dbr_results": (DATABASES, "Records identified"),
    "database_results": (DATABASES, "Databases"),
    "register_results": (DATABASES, "Registers"),
    "dbr_removed": (DATABASES, "Records removed before screening"),
    "duplicates": (DATABASES, "Duplicate records"),
    "excluded_automatic": (DATABASES, AUTOMATION),
    "excluded_other": (DATABASES, "Records removed for other reasons"),
    "dbr_unsettled": (DATABASES, "Records without a consensus yet"),
    "records_screened": (DATABASES, "Records screened"),
    "records_excluded": (DATABASES, "Records excluded on title or abstract"),
    "dbr_sought_reports": (DATABASES, "Reports sought for retrieval"),
    "dbr_notretrieved_reports": (DATABASES, NOT_RETRIEVED),
    "dbr_assessed": (DATABASES, "Reports assessed for eligibility"),
    "dbr_excluded": (DATABASES, "Reports excluded"),
    "other_results": (OTHER, "Records identified"),
    "website_results": (OTHER, "Websites"),
    "organisation_results": (OTHER, "Organisations"),
    "citations_results": (OTHER, "Citation searching"),
    "method_results": (OTHER, "Other methods"),
    "other_removed": (OTHER, "Records removed"),
    "other_duplicates": (OTHER, "Duplicate records"),
    "other_automatic": (OTHER, AUTOMATION),
    "other_reasons": (OTHER, "Records removed for other reasons"),
    "other_unsettled": (OTHER, "Records without a consensus yet"),
    "other_sought_reports": (OTHER, "Reports sought for retrieval"),
    "other_notretrieved_reports": (OTHER, NOT_RETRIEVED),
    "other_assessed": (OTHER, "Reports assessed for eligibility"),
    "other_excluded": (OTHER, "Reports excluded"),
    "new_studies": (BOTH, "Studies included"),
    "total_studies": (BOTH, "Total studies included in review"),
}
#: Boxes that are drawn as the lines of another one.
PARTS: Mapping[str, tuple[str, ...]] = {
    "dbr_results": ("database_results", "register_results"),
    "dbr_removed": ("duplicates", "excluded_automatic", "excluded_other"),
    "other_results": ("website_results", "organisation_results", "citations_results",
                      "method_results"),
    "other_removed": ("other_duplicates", "other_automatic", "other_reasons"),
    "previous_studies": ("previous_left",),
}  # fmt: skip
WHOLE = {part: whole for whole, parts in PARTS.items() for part in parts}
FOUND = {
    **dict(zip(ARMS[DATABASES], PARTS["dbr_results"], strict=True)),
    **dict(zip(ARMS[OTHER], PARTS["other_results"], strict=True)),
}
REMOVED = ("duplicate", "automation", "other")
#: Steps of the two arms: a box, and where a record with some end leaves it.
STEPS: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    DATABASES: {
        "dbr_results": {
            **dict(zip(REMOVED, PARTS["dbr_removed"], strict=True)),
            "unsettled": "dbr_unsettled",
        },
        "records_screened": {"screened out": "records_excluded"},
        "dbr_sought_reports": {"awaiting full text": "dbr_notretrieved_reports"},
        "dbr_assessed": {"exclude": "dbr_excluded"},
    },
    OTHER: {
        "other_results": {
            **dict(zip(REMOVED, PARTS["other_removed"], strict=True)),
            "unsettled": "other_unsettled",
        },
        "other_sought_reports": {"awaiting full text": "other_notretrieved_reports"},
        "other_assessed": {"exclude": "other_excluded"},
    },
}


def path(found_by: str, end: str) -> tuple[str, ...]:
    """Return the boxes that a record passes on the way to its end.

    Parameters
    ----------
    found_by : str
        How the record was found, as in the table of records.
    end : str
        "include", or where it leaves one of the :data:`STEPS`.

    Examples
    --------
    >>> path("website", "exclude")[-2:]
    ('other_assessed', 'other_excluded')
    >>> path("register", "duplicate")
    ('dbr_results', 'register_results', 'dbr_removed', 'duplicates')
    """
    own = arm(found_by)
    if own == PREVIOUS:
        last = "total_studies" if end == "include" else "previous_left"
        return ("previous_studies", last)
    boxes: list[str] = []
    for box, leaves in STEPS[own].items():
        boxes.append(box)
        if len(boxes) == 1:
            boxes.append(FOUND[found_by])
        if end in leaves:
            side = leaves[end]
            return (*boxes, *([WHOLE[side]] if side in WHOLE else []), side)
    return (*boxes, "new_studies", "total_studies")


def only_record_seen(seen: object) -> bool:
    """Say whether no more than title, record or abstract of a report was seen.

    >>> only_record_seen("abstract (cut short)"), only_record_seen("abstract + table")
    (True, False)
    """
    bare = re.sub(r"\(.*?\)", "", text(seen)).lower()
    parts = {part.strip() for part in re.split(r"\+|\band\b", bare)}
    return parts <= {"abstract", "title", "title only", "record", "record only"}


class End(NamedTuple):
    """A record and where it ends; ``end`` is "include" or a way out of :data:`STEPS`.

    A record from a database that was excluded on its title or abstract alone was
    screened out; one without a consensus is unsettled.
    """

    record_id: str
    article_id: str
    source: str
    found_by: str
    arm: str
    text_seen: str
    end: str


def cells(ds: Dataset, table: str, *columns: str) -> Iterator[tuple[str, ...]]:
    """Yield the rows of a table as text, some columns only."""
    rows = ds[table]
    return zip(*(map(text, rows[column].tolist()) for column in columns), strict=True)


def ended(ds: Dataset) -> list[End]:
    """Return every record with its end, in file order."""
    screening = cells(ds, "screening", "rater_id", "article_id", "verdict")
    agreed = ds.consensus
    verdicts = {a: verdict for rater, a, verdict in screening if rater == agreed}
    texts = {a: t for a, t, *_ in cells(ds, "articles", "article_id", "text_seen")}
    names = ("record_id", "article_id", "source", "found_by", "removed")
    found = []
    for record, article, source, found_by, removed in cells(ds, "records", *names):
        own, seen = arm(found_by), texts.get(article, "")
        end = removed or verdicts.get(article) or "unsettled"
        if own == DATABASES and end == "exclude" and only_record_seen(seen):
            end = "screened out"
        found.append(End(record, article, source, found_by, own, seen, end))
    return found


def ends(ds: Dataset) -> pd.DataFrame:
    """Return every record with its end; columns are the fields of :class:`End`."""
    return pd.DataFrame(ended(ds), columns=list(End._fields))


def boxes(records: Iterable[End]) -> dict[str, list[End]]:
    """Return the records in each box of the diagram, in the order of :data:`BOXES`."""
    inside: dict[str, list[End]] = {key: [] for key in BOXES}
    for record in records:
        for key in path(record.found_by, record.end):
            inside[key].append(record)
    return inside


def flow(ds: Dataset) -> pd.DataFrame:
    """Return every box of the diagram with the records behind it.

    Columns: box (key), arm, label, n, article_ids and record_ids (tuples, in file
    order). ``n`` is the number of records; each has one end, and is in every box on
    the path to it, so what enters a step always leaves it.

    Source: Page MJ et al. BMJ 2021;372:n71.

    Examples
    --------
    >>> from personomics import load
    >>> flow(load())["box"].iloc[-1]
    'total_studies'
    """
    rows = []
    for key, records in boxes(ended(ds)).items():
        articles = dict.fromkeys(r.article_id for r in records if r.article_id)
        ids = tuple(r.record_id for r in records)
        rows.append((key, *BOXES[key], len(ids), tuple(articles), ids))
    columns = ["box", "arm", "label", "n", "article_ids", "record_ids"]
    return pd.DataFrame(rows, columns=columns)


def unmet(ds: Dataset, records: Iterable[End]) -> dict[str, tuple[str, ...]]:
    """Return the criteria that raters found unmet, by excluded article."""
    failed: dict[str, set[str]] = {
        r.article_id: set() for r in records if r.end in ("exclude", "screened out")
    }
    raters = rater_ids(ds, "screening")
    columns = ("rater_id", "article_id", *(c.lower() for c in ORDER))
    for rater, article, *answers in cells(ds, "screening", *columns):
        if rater in raters and article in failed:
            failed[article] |= {
                criterion
                for criterion, answer in zip(ORDER, answers, strict=True)
                if answer == "no" or (criterion == "E4" and answer == "partly")
            }
    return {a: tuple(c for c in ORDER if c in found) for a, found in failed.items()}


def exclusion_reasons(ds: Dataset) -> pd.DataFrame:
    """Return each excluded article with its reason, from the raters' own answers.

    Columns: article_id, reason, unmet. ``unmet`` holds every criterion that any rater
    found unmet (E1, E2, E3: no; E4: no or partly, for the codebook asks that it is
    met); ``reason`` is the first of them in the order E1 to E4, or "overall judgement"
    where the article was excluded although no rater found a criterion unmet.
    """
    found = unmet(ds, ended(ds))
    first = [failed[0] if failed else JUDGEMENT for failed in found.values()]
    columns = {
        "article_id": list(found),
        "reason": first,
        "unmet": list(found.values()),
    }
    return pd.DataFrame(columns)


def reason_label(reason: str) -> str:
    """Return a reason as shown to readers."""
    if reason == JUDGEMENT:
        return "Overall judgement, no criterion rated no"
    return f"{reason} not met"


@dataclass(frozen=True)
class Counts:
    """The numbers of a flow diagram.

    Attributes
    ----------
    n : mapping of str to int
        Number by key of :data:`BOXES`; a box without a number is left out.
    lists : mapping of str to sequence of pairs
        What a box consists of: names of sources, or reasons, with their numbers.
    labels, notes : mapping of str to str
        Words for a box or the head of an arm, where they are not the usual ones; a
        sentence below the words of a box.
    typed : bool
        Whether a person gave the numbers, rather than the records.
    remarks : tuple of str
        What is to know of a file that the numbers were read from.
    """

    n: Mapping[str, int]
    lists: Mapping[str, tuple[tuple[str, int], ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    notes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    typed: bool = False
    remarks: tuple[str, ...] = ()

    def __getitem__(self, key: str) -> int:
        """Return the number of a box, or of all the boxes that it is made of."""
        if key in self.n or key not in PARTS:
            return self.n.get(key, 0)
        return sum(self.n.get(part, 0) for part in PARTS[key])

    def label(self, key: str) -> str:
        """Return the words of a box."""
        return self.labels.get(key) or BOXES[key][1]

    def entries(self, key: str) -> list[tuple[str, int]]:
        """Return what a box consists of: parts, their sources, or reasons.

        Parts without a record are left out where nobody expects them.
        """
        found: list[tuple[str, int]] = []
        for part in PARTS.get(key, ()):
            names = self.lists.get(part, ())
            if len(names) == 1:
                found.append((f"{self.label(part)}: {names[0][0]}", self[part]))
            elif self[part] or key in ("dbr_results", "dbr_removed"):
                found.append((self.label(part), self[part]))
                found += [(f"· {name}", n) for name, n in names]
        return found or list(self.lists.get(key, ()))


def counts(ds: Dataset) -> Counts:
    """Return the numbers of the diagram, counted from the records.

    Examples
    --------
    >>> from personomics import load
    >>> found = counts(load())
    >>> found["dbr_results"] == found["dbr_removed"] + found["dbr_unsettled"] + found[
    ...     "records_screened"]
    True
    """
    records = ended(ds)
    inside, failed = boxes(records), unmet(ds, records)
    lists = {
        key: tuple(Counter(r.source for r in inside[key]).most_common())
        for key in FOUND.values()
    }
    for key in ("dbr_excluded", "other_excluded"):
        reasons = Counter(
            (failed[r.article_id] or (JUDGEMENT,))[0] for r in inside[key]
        )
        shown = [reason for reason in (*ORDER, JUDGEMENT) if reason in reasons]
        lists[key] = tuple((reason_label(r), reasons[r]) for r in shown)
    labels = {}
    if inside["previous_studies"]:
        labels["new_studies"] = "New studies included in review"
    return Counts({key: len(held) for key, held in inside.items()}, lists, labels)
