r"""Read what ASReview and Rayyan export: who decided what, and which labels they set.

**ASReview LAB** 2 and 3 give back every column of the file they were given, plus
``asreview_label`` (1, 0 or empty), ``asreview_time``, ``asreview_note``, one column
``asreview_tag_GROUP_TAG`` (0 or 1) for each tag and, on a server,
``asreview_user_name`` and ``asreview_user_email``. In RIS the same stand as notes
(N1), their values as JSON, and the decision as ``ASReview_relevant``,
``ASReview_irrelevant`` or ``ASReview_not_seen``. Version 1 wrote ``included`` in place
of ``asreview_label``.

**Rayyan** gives a zip with ``articles.csv`` (or RIS) and ``customizations_log.csv``.
All decisions stand in the notes, after whatever was there before::

    RAYYAN-INCLUSION: {"Ada"=>"Included", "Ben"=>"Maybe"} | RAYYAN-LABELS: a,b |
    RAYYAN-EXCLUSION-REASONS: E3,wrong population | USER-NOTES: {"Ada"=>["text"]}

Labels and reasons are not told apart by person there; the log names them by e-mail.
"""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from personomics import record_fields as fields
from personomics.screening_tools.files import LOG, Cells, contents, csv_rows, ris_rows
from personomics.screening_tools.outgoing import ID_COLUMN
from personomics.tables import shown

#: Columns in which ASReview states decisions, the surest first.
INCLUDED = tuple(
    "asreview_label included label final_included label_included included_label "
    "included_final included_flag include".split()
)
WORDS = {"1": "include", "1.0": "include", "true": "include", "0": "exclude",
         "0.0": "exclude", "false": "exclude", "included": "include",
         "excluded": "exclude", "maybe": "awaiting full text"}  # fmt: skip
UNDECIDED = ("", "-1", "-1.0", "nan", "none")
NOTED = re.compile(r"\bASReview_(relevant|irrelevant|not_seen)\b")
RAYYAN_PART = re.compile(
    r"(RAYYAN-INCLUSION|RAYYAN-LABELS|RAYYAN-EXCLUSION-REASONS|USER-NOTES):\s*"
)
OWN_ID = re.compile(r"personomics-id: ([A-Za-z][A-Za-z0-9_.-]*)")
#: Letters of one part of Rayyan's notes at most.
LONGEST = 20_000
QUOTED = r'"((?:[^"\\]|\\.)*)"'
PAIR = re.compile(
    QUOTED + r'\s*(?:=>|:)\s*(?:"((?:[^"\\]|\\.)*)"|\[(.*?)\](?=\s*[,}]))'
)


@dataclass(frozen=True)
class Judgement:
    """What one person said of a record: a verdict, labels and a remark."""

    verdict: str
    labels: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Decision:
    """One record of a file, and what was decided.

    Attributes
    ----------
    place : str
        Where it stands: "row 5", "record 3".
    keys : tuple of str
        What may be the identifier of our article.
    pmid, doi, title : str
        What else tells which article it is.
    abstract : bool
        Whether the file shows an abstract.
    said : mapping of str to Judgement
        By the name of the person; the name is empty where the file gives none.
    labels, reasons : tuple of str
        Labels and reasons of exclusion that the file does not ascribe to a person.
    logged : mapping of str to tuple of str
        Labels and reasons by the e-mail address of the person.
    odd : tuple of str
        What could not be understood.
    """

    place: str
    keys: tuple[str, ...] = ()
    pmid: str = ""
    doi: str = ""
    title: str = ""
    abstract: bool = False
    said: Mapping[str, Judgement] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    logged: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    odd: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decisions:
    """A file of a screening tool.

    Attributes
    ----------
    tool, file : str
        Which tool wrote it, and its name.
    rows : tuple of Decision
        Its records, decided or not.
    """

    tool: str
    file: str
    rows: tuple[Decision, ...]

    @property
    def people(self) -> list[str]:
        """Names of those who decided something, in the order they come up."""
        return list(dict.fromkeys(name for row in self.rows for name in row.said))


def read(path: str | Path, tool: str = "") -> Decisions:
    """Read a file that ASReview or Rayyan exported.

    Parameters
    ----------
    path : str or Path
        A CSV, TSV or RIS file, or Rayyan's zip.
    tool : {"", "asreview", "rayyan"}
        Which tool wrote it; by default what the file looks like.

    Returns
    -------
    Decisions
        Every record of the file.

    Raises
    ------
    ValueError
        If it is no such file, or not all of it can be read.
    OSError
        If it cannot be opened.
    """
    path = Path(path)
    text, log = contents(path)
    if re.match(r"\s*([0-9]+\.\s*)?TY {1,2}-", text):
        rows = list(ris_rows(text, path.name))
    else:
        rows = list(csv_rows(text, path.name))
    tool = tool or recognised(rows)
    if tool not in ("asreview", "rayyan"):
        msg = f"{path.name}: holds decisions neither of ASReview (a column "
        msg += "asreview_label or included, a note ASReview_relevant) nor of Rayyan "
        msg += "(RAYYAN-INCLUSION in the notes); export them with the records"
        raise ValueError(msg)
    make = asreview_row if tool == "asreview" else rayyan_row
    events = rayyan_log(log) if log else {}
    return Decisions(tool, path.name, tuple(make(*row, events) for row in rows))


def recognised(rows: Iterable[tuple[str, Cells, list[str]]]) -> str:
    """Return which tool wrote a file."""
    for _, row, notes in rows:
        if any(RAYYAN_PART.search(note) for note in notes):
            return "rayyan"
        if "asreview_label" in row or any(NOTED.search(note) for note in notes):
            return "asreview"
        if row.get("key", "").startswith("rayyan-"):
            return "rayyan"
    labelled = any(column in row for _, row, _ in rows for column in INCLUDED)
    return "asreview" if labelled else ""


def identity(place: str, row: Cells, notes: list[str]) -> Decision:
    """Return a record of a file without its decisions."""
    keys = [row.get(c, "") for c in (ID_COLUMN, "id", "key", "accession_number")]
    keys += [found[1] for note in notes for found in OWN_ID.finditer(note)]
    doi = row.get("doi") or " ".join(
        u for u in row.get("url", "").split() if "doi.org/" in u
    )
    return Decision(
        place, tuple(dict.fromkeys(filter(None, map(str.strip, keys)))),
        fields.pmid(row.get("pmid") or row.get("pubmed_id", "")),
        fields.doi(doi), row.get("title") or row.get("primary_title", ""),
        bool((row.get("abstract") or row.get("abstract note", "")).strip()),
    )  # fmt: skip


def asreview_row(
    place: str, row: Cells, notes: list[str], _: Mapping[str, object]
) -> Decision:
    """Return a record as ASReview exports it."""
    cells = dict(row)
    for note in notes:
        name, mark, value = note.partition(": ")
        if mark and name.startswith("asreview_"):
            cells[name.lower()] = json_text(value)
        elif found := NOTED.search(note):
            words = {"relevant": "1", "irrelevant": "0", "not_seen": ""}
            cells["asreview_label"] = words[found[1]]
    column = next((c for c in INCLUDED if c in cells), "")
    label = cells.get(column, "").strip().lower()
    tags = [
        name.removeprefix("asreview_tag_")
        for name, value in cells.items()
        if name.startswith("asreview_tag_") and WORDS.get(value.strip()) == "include"
    ]
    tags += split(cells.get("asreview_tags") or cells.get("tags", ""), "[;,|]")
    who = cells.get("asreview_user_name") or cells.get("asreview_user_email", "")
    record = identity(place, row, notes)
    if label in UNDECIDED:
        return record
    if label not in WORDS:
        return add(record, odd=(f"{column} {label!r} is neither 1 nor 0",))
    remark = cells.get("asreview_note", "")
    return add(record, said={who: Judgement(WORDS[label], tuple(tags), remark)})


def json_text(value: str) -> str:
    """Return a JSON value as text; what is no JSON stays as it is."""
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return value
    return "" if found is None else str(found)


def rayyan_row(
    place: str, row: Cells, notes: list[str],
    events: Mapping[str, Mapping[str, tuple[str, ...]]],
) -> Decision:  # fmt: skip
    """Return a record as Rayyan exports it."""
    text = " | ".join(notes)
    text = html.unescape(text) if "=&gt;" in text else text
    parts = dict.fromkeys(("RAYYAN-LABELS", "RAYYAN-EXCLUSION-REASONS"), "")
    said: dict[str, str] = {}
    remarks: dict[str, str] = {}
    odd = []
    found = list(RAYYAN_PART.finditer(text))
    for n, match in enumerate(found):
        end = found[n + 1].start() if n + 1 < len(found) else len(text)
        value = text[match.end() : end].strip().removesuffix("|").strip()
        if len(value) > LONGEST:
            odd.append(f"{match[1]} is longer than {LONGEST:,} letters; cut there")
            value = value[:LONGEST]
        pairs = {unescaped(a): unescaped(b or c) for a, b, c in PAIR.findall(value)}
        if match[1] == "RAYYAN-INCLUSION":
            if said:
                odd.append("decisions stand there twice; the later ones count")
            said = pairs
        elif match[1] == "USER-NOTES":
            remarks = {name: "; ".join(re.split(r'"\s*,\s*"', remark.strip('"')))
                       for name, remark in pairs.items()}  # fmt: skip
        else:
            parts[match[1]] = value
    judged = {}
    for name, word in said.items():
        if word.lower() in WORDS:
            judged[name] = Judgement(WORDS[word.lower()], (), remarks.get(name, ""))
        else:
            what = f"{shown(name)} said {shown(word)}, which is none of Rayyan's"
            odd.append(f"{what} decisions")
    return add(
        identity(place, row, notes),
        said=judged, odd=tuple(dict.fromkeys(odd)),
        labels=tuple(split(parts["RAYYAN-LABELS"], ",")),
        reasons=tuple(split(parts["RAYYAN-EXCLUSION-REASONS"], ",")),
        logged=events.get(row.get("key", "").removeprefix("rayyan-"), {}),
    )  # fmt: skip


def rayyan_log(text: str) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return labels and reasons by Rayyan's article and the e-mail of the person."""
    before = csv.field_size_limit(max(len(text), 1))
    try:
        events = list(csv.DictReader(io.StringIO(text)))
    except csv.Error as error:
        msg = f"{LOG}: is no CSV ({error}); export it again"
        raise ValueError(msg) from error
    finally:
        csv.field_size_limit(before)
    if events and not {"article_id", "key", "value"} <= set(events[0]):
        msg = f"{LOG}:1: has not the columns article_id, key, value"
        raise ValueError(msg)
    last: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for event in sorted(events, key=lambda e: e.get("created_at") or ""):
        key = (event.get("key") or "").strip('"')
        who = event.get("user_email") or event.get("user_id") or ""
        if key != "included":
            last[event.get("article_id") or "", who][key] = event.get("value") or ""
    result: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
    for (article, who), values in last.items():
        names = [k.removeprefix("__EXR__") for k, v in values.items() if v == "1"]
        result[article][who] = tuple(names)
    return result


def add(record: Decision, **values: object) -> Decision:
    """Return a record with what was decided."""
    return Decision(**{**vars(record), **values})  # type: ignore[arg-type]


def split(text: str, mark: str) -> list[str]:
    """Return the parts of a list in one cell."""
    return [part.strip() for part in re.split(mark, text) if part.strip()]


def unescaped(text: str) -> str:
    r"""Return a text without the backslashes of a quoted one.

    >>> unescaped(r"the \"best\"")
    'the "best"'
    """
    return re.sub(r"\\(.)", lambda m: " " if m[1] in "nrt" else m[1], text)
