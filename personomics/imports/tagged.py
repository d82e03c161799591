"""Readers of files of tagged lines: RIS, Medline (NBIB), Web of Science plain text.

rispy turns the lines of one RIS or Web of Science record into fields. It drops a record
without its last line, joins it to the next, and stops at a continuation line that
follows no field; files are therefore cut into records and mended here before, and a
record it stops at costs that record only.

Medline files are unfolded here: nbib 0.3 stops at an identifier of a form it does not
know and leaves out authors without a full name, all but the last group and language,
the DOI in LID, book titles, retractions and errata.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from personomics import record_fields as fields
from personomics.imports.reading import Raw, Reading

_RIS = re.compile(r"([A-Z][A-Z0-9])  -(?: (.*)|$)")
_LOOSE = re.compile(r"\s*([A-Z][A-Z0-9])\s{0,3}-(?:\s(.*)|$)")
_LIST = ("AU", "A1", "KW", "N1", "UR", "AN", "DO", "LA", "C2", "C5", "C7", "M1", "M3")
#: Tags rispy does not know and databases write: journal, book, PMID, Embase number.
_EXTRA = ("J1", "BT", "U2", "PM")

#: Tags of a Medline file that link to a notice, as PubMed's XML calls them.
NOTICES = {
    "RIN": "RetractionIn",  # codespell:ignore
    "ROF": "RetractionOf",
    "PRIN": "PartialRetractionIn",
    "PROF": "PartialRetractionOf",
    "EIN": "ErratumIn",
    "EFR": "ErratumFor",
    "ECI": "ExpressionOfConcernIn",
    "ECF": "ExpressionOfConcernFor",
    "CRI": "CorrectedandRepublishedIn",
    "CRF": "CorrectedandRepublishedFrom",
    "RRI": "RetractedandRepublishedIn",
    "RRF": "RetractedandRepublishedFrom",
    "RPI": "RepublishedIn",
    "RPF": "RepublishedFrom",
    "UIN": "UpdateIn",
    "UOF": "UpdateOf",
}

#: Fields of Web of Science, in its plain text and its tab-delimited files.
WOS = {
    "record_id": ("UT",),
    "title": ("TI",),
    "authors": ("AU", "GP", "CA"),
    "year": ("PY", "EY", "PD"),
    "journal": ("SO", "J9", "JI"),
    "volume": ("VL",),
    "issue": ("IS",),
    "start": ("BP", "AR"),
    "end": ("EP",),
    "doi": ("DI",),
    "pmid": ("PM",),
    "languages": ("LA",),
    "types": ("DT",),
    "keywords": ("DE", "ID"),
    "abstract": ("AB",),
}


def read_ris(text: str) -> Reading:
    """Read a RIS file of any database or reference manager."""
    import rispy
    from rispy.config import TAG_KEY_MAPPING, TYPE_OF_REFERENCE_MAPPING

    reading = Reading("ris")
    tags = dict.fromkeys((*TAG_KEY_MAPPING, *_EXTRA))
    mapping = {tag: tag for tag in tags}
    unread: Counter[str] = Counter()
    for lines in _ris_records(text, reading):
        try:
            found = rispy.loads(
                "\n".join(lines),
                mapping=mapping,
                list_tags=list(_LIST),
                delimiter_tags_mapping={},
            )
            record: dict[str, Any] = {
                tag: [value] if isinstance(value, str) else value
                for tag, value in found[0].items()
            }
        except Exception as error:  # one record must not cost the others
            reading.lose(f"rispy cannot read it ({type(error).__name__})")
            continue
        unknown = record.pop("UK", None)
        if isinstance(unknown, dict):
            unread.update({tag: len(values) for tag, values in unknown.items()})
        kind = next(iter(record.get("TY", ())), "").strip()
        record["TY"] = [TYPE_OF_REFERENCE_MAPPING.get(kind, kind)]
        reading.add(_ris_raw(defaultdict(list, record)))
    if unread:
        names = ", ".join(f"{tag} ({n})" for tag, n in sorted(unread.items()))
        reading.remark(
            f"tags that RIS does not define: {names}", "their text is unread"
        )
    return reading


def _ris_records(text: str, reading: Reading) -> Iterator[list[str]]:
    """Yield the lines of each record, mended, noting what was amiss."""
    record: list[str] = []
    outside: list[int] = []
    tagged = _ris_tags(text, reading)
    for number, line in enumerate(text.split("\n"), start=1):
        match = tagged.match(line)
        tag = match[1] if match else ""
        if record and tag in ("TY", "ER"):
            if tag == "TY":
                reading.say("has no ER line", "ended before the next TY line")
            yield [*record, "ER  - "]
            record = []
        elif not record and tag not in ("TY", "ER", ""):
            reading.begin(number)
            reading.say("has no TY line", "read as of no known type")
            record = ["TY  - "]
        elif not record and tag != "TY" and line.strip():
            outside.append(number)
        if tag == "TY":
            reading.begin(number)
        if match and tag != "ER":
            record.append(f"{tag}  - {(match[2] or '').strip()}")
        elif not match and len(record) > 1 and line.strip():
            record.append(line)  # after TY there is no field that it could continue
    if record:
        reading.say("has no ER line", "ended with the file")
        yield [*record, "ER  - "]
    if outside:
        what = f"{len(outside)} lines stand outside any record"
        reading.remark(what, "they are left out", line=outside[0])


def _ris_tags(text: str, reading: Reading) -> re.Pattern[str]:
    """Return what a tagged line is in this file: by the book, or with other blanks."""
    strict = len(re.findall(r"(?m)^TY  -(?: |$)", text))
    if strict >= len(re.findall(r"(?m)^\s*TY\s{0,3}-(?:\s|$)", text)):
        return _RIS
    reading.remark("not every tag is followed by two blanks and a hyphen", "read so")
    return _LOOSE


def _ris_raw(tags: defaultdict[str, list[str]]) -> Raw:
    """Return the fields of a RIS record by column."""
    database = " ".join(tags["DB"] + tags["DP"]).lower()
    # Databases keep the PMID in different tags; elsewhere these hold other numbers.
    pmids = list(tags["PM"])
    if "scopus" in database:
        pmids += tags["C2"]
    if "embase" in database:
        pmids += tags["C5"]
    if re.search("pubmed|medline|nlm", database) and "embase" not in database:
        pmids += tags["AN"]
    pmids += [text for text in tags["AN"] if re.match(r"\s*PMID", text, re.IGNORECASE)]
    return {
        "record_id": tags["AN"] + tags["U2"] + tags["ID"],
        "title": tags["TI"] + tags["T1"] + tags["TT"] + tags["ST"],
        "authors": tags["AU"] or tags["A1"],
        "year": tags["PY"] + tags["Y1"] + tags["DA"],
        "journal": [
            text
            for tag in ("JF", "T2", "JO", "BT", "J1", "JA", "J2")
            for text in tags[tag]
        ],
        "volume": tags["VL"],
        "issue": tags["IS"],
        # C7 is the article number, but a trial's number in Cochrane's exports.
        "start": tags["SP"] or [t for t in tags["C7"] if re.match(r"[a-z]?\d", t)],
        "end": tags["EP"],
        "doi": tags["DO"],
        "pmid": [text for text in pmids if fields.pmid(text)],
        "pmcid": [text for text in tags["C2"] if text.upper().startswith("PMC")],
        "languages": tags["LA"],
        "types": tags["TY"] + [t for t in tags["M3"] if not fields.doi(t)],
        "keywords": tags["KW"],
        "abstract": tags["AB"] or tags["N2"],
        "hints": [
            *(f"doi: {text}" for text in tags["M3"] if fields.doi(text)),
            *tags["UR"],
            *own_identifiers(tags["N1"]),
        ],
    }


def own_identifiers(notes: Sequence[str]) -> list[str]:
    """Return the lines of notes that give the record's own identifier.

    Notes may list references, whose identifiers are not the record's.

    >>> own_identifiers(["PMID: 12", "References: A, doi:10.1000/x", "DOI: 10.1000/y"])
    ['PMID: 12', 'DOI: 10.1000/y']
    """
    pattern = re.compile(r"\s*(?:PMID|PMCID|DOI)\b\W", re.IGNORECASE)
    return [line for text in notes for line in text.split("\n") if pattern.match(line)]


def read_nbib(text: str) -> Reading:
    """Read PubMed's Medline format."""
    reading = Reading("nbib")
    tags: defaultdict[str, list[str]] = defaultdict(list)
    last: list[str] | None = None
    outside: list[int] = []
    for number, line in enumerate(text.split("\n"), start=1):
        match = re.match(r"([A-Z]{2,4}) *-(?: (.*)|$)", line[:4] + line[4:])
        if match and line[4:5] == "-":
            if match[1] == "PMID":
                _end_nbib(tags, reading)
                tags = defaultdict(list)
                reading.begin(number)
            elif not reading.number:
                outside.append(number)
                continue
            last = tags[match[1]]
            last.append((match[2] or "").strip())
        elif line.startswith("      ") and last:
            last[-1] = f"{last[-1]} {line.strip()}"
        elif line.strip():
            outside.append(number)
    _end_nbib(tags, reading)
    if outside:
        what = f"{len(outside)} lines have no tag and continue none"
        reading.remark(what, "they are left out", line=outside[0])
    return reading


def _end_nbib(tags: defaultdict[str, list[str]], reading: Reading) -> None:
    """Add the record whose lines have been read."""
    if not tags:
        return
    names = tags["AU"] or tags["FAU"]
    if not tags["TI"]:
        tags["TI"], tags["BTI"] = tags["BTI"], []
    reading.add(
        {
            "record_id": tags["PMID"],
            "title": tags["TI"] + tags["TT"],
            "authors": names + tags["CN"],
            "year": tags["DP"] + tags["DEP"],
            "journal": tags["JT"] + tags["TA"] + tags["BTI"],
            "volume": tags["VI"],
            "issue": tags["IP"],
            "pages": tags["PG"],
            "doi": [t for t in tags["LID"] + tags["AID"] if t.endswith("[doi]")],
            "pmid": tags["PMID"],
            "pmcid": tags["PMC"],
            "languages": tags["LA"],
            "types": tags["PT"],
            "mesh": tags["MH"],
            "keywords": [text.lstrip("*") for text in tags["OT"]],
            "notices": [
                f"{name} {_linked(text)}"
                for tag, name in NOTICES.items()
                for text in tags[tag]
            ],
            "abstract": tags["AB"],
        }
    )


def _linked(text: str) -> str:
    """Return the PMID of a linked notice, or its source where it has none."""
    found = re.search(r"PMID: (\d+)", text)
    return found[1] if found else text


def read_wos(text: str) -> Reading:
    """Read the plain text of Web of Science."""
    import rispy
    from rispy.config import WOK_TAG_KEY_MAPPING

    reading = Reading("wos")
    mapping = {tag: tag for tag in WOK_TAG_KEY_MAPPING}
    for lines in _wos_records(text, reading):
        try:
            found = rispy.loads(
                "\n".join(lines),
                implementation=rispy.WokParser,
                mapping=mapping,
                skip_unknown_tags=True,
            )
            tags = {
                tag: [value] if isinstance(value, str) else list(value)
                for tag, value in found[0].items()
            }
        except Exception as error:  # one record must not cost the others
            reading.lose(f"rispy cannot read it ({type(error).__name__})")
            continue
        for tag in ("DE", "ID", "DT", "LA"):
            tags[tag] = [part for text in tags.get(tag, ()) for part in text.split(";")]
        reading.add(
            {
                column: [text for tag in wanted for text in tags.get(tag, ())]
                for column, wanted in WOS.items()
            }
        )
    return reading


def _wos_records(text: str, reading: Reading) -> Iterator[list[str]]:
    """Yield the lines of each record from PT to ER, noting what was amiss."""
    record: list[str] = []
    for number, line in enumerate(text.split("\n"), start=1):
        tag = line[:2]
        if tag == "PT" and line[2:3] in ("", " "):
            if record:
                reading.say("has no ER line", "ended before the next PT line")
                yield [*record, "ER "]
            record = []
            reading.begin(number)
        if tag == "ER" and record and not line[2:].strip():
            yield [*record, "ER "]
            record = []
        elif line.strip() and (record or tag == "PT"):
            record.append(line)
    if record:
        reading.say("has no ER line", "ended with the file")
        yield [*record, "ER "]
