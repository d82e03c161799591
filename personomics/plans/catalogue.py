"""Everything that a measurement plan is made from, as one JSON-able dictionary."""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from personomics import agenda
from personomics import evidence as ev
from personomics.dataset import Dataset
from personomics.plans.wording import (
    CUSTOM,
    DIRECTNESS,
    LICENCES,
    MEASURED,
    NOTICE,
    OVERLAP,
    RULES,
    WORDS,
    reporter_text,
)
from personomics.words import clean, counted, missing

Catalogue = Mapping[str, Any]
#: How a LOINC code looks: digits, a hyphen, one check digit.
LOINC = re.compile(r"(?<![\w-])\d{1,7}-\d(?![\w-])")
#: Modules with further files of a plan, whose words go into the catalogue.
EXPORTS = ("redcap", "protocol", "citations")
#: How many factors the example selection of much-named factors holds.
MOST = 5


def catalogue(ds: Dataset, base: str = "") -> dict[str, Any]:
    """Return all that choosing instruments and writing a plan need.

    Parameters
    ----------
    ds : Dataset
        The data.
    base : str
        Where the book is published, ending in a slash; empty if not known. Links
        then lead to pages beside the plan's page.

    Returns
    -------
    dict
        ``factors`` in the order of the map, each with its ``links`` to instruments;
        ``instruments`` by id; ``deprecated`` factors by id; ``rules``, ``words`` and
        other sentences; ``questions`` that are open; ``link``, the opening and the end
        of the address of a selection. Text is in one line, missing text is empty,
        missing numbers are None.

    Examples
    --------
    >>> from personomics import load
    >>> sorted(catalogue(load())["rules"])
    ['free-only', 'most-direct', 'shortest']
    """
    rows = ds["factors"]
    gone = rows[rows["status"] != "active"]
    version = quote(ds.version, safe="!*'()")
    return {
        "title": clean(ds.title),
        "version": ds.version,
        "file": "personomics-plan-data-" + re.sub(r"[^\w.+-]+", "-", ds.version),
        "link": [f"{base}plan.html#pick=", f"&data={version}"],
        "notice": NOTICE,
        "overlap": OVERLAP,
        "measured": MEASURED,
        "custom": CUSTOM,
        "rules": RULES,
        "directness": list(DIRECTNESS),
        "levels": list(ds.codes("level")),
        "com_b": list(ds.codes("com_b")),
        "licences": LICENCES,
        "words": WORDS,
        "exports": exports(),
        "factors": factor_entries(ds, base),
        "deprecated": {r["factor_id"]: clean(r["label"]) for r in records(gone)},
        "instruments": {r["instrument_id"]: tool(r, base) for r in tools(ds)},
        "characteristics": characteristics(ds),
        "questions": question_entries(ds),
    }


def records(frame: Any) -> list[dict[str, Any]]:
    """Return the rows of a frame."""
    return list(frame.to_dict("records"))


def exports() -> dict[str, Any]:
    """Return the words of the modules that write further files, by module."""
    found = {}
    for name in EXPORTS:
        module = importlib.import_module(f"personomics.plans.{name}")
        found[name] = getattr(module, "WORDS", {})
    return found


def map_order(ds: Dataset) -> list[dict[str, Any]]:
    """Return the factors in use with their support: by system, then by COM-B."""
    levels, parts = list(ds.codes("level")), list(ds.codes("com_b"))
    return sorted(
        records(ev.support(ds)),
        key=lambda r: (levels.index(r["level"]), parts.index(r["com_b"])),
    )


def factor_entries(ds: Dataset, base: str) -> list[dict[str, Any]]:
    """Return what a plan tells of each factor, in the order of the map."""
    gaps = agenda.gaps(ds)
    status = dict(zip(gaps["factor_id"], gaps["status"], strict=True))
    links: dict[str, list[dict[str, str]]] = {}
    for row in records(ds["instrument_factors"]):
        found = {"id": row["instrument_id"], "directness": row["directness"]}
        links.setdefault(row["factor_id"], []).append(found)
    covers: dict[str, list[dict[str, str]]] = {}
    for row in records(ds["progress_plus"]):
        one = {key: clean(row[key]) for key in ("characteristic", "cover")}
        covers.setdefault(row["factor_id"], []).append(one)
    entries = []
    for row in map_order(ds):
        key = row["factor_id"]
        entries.append({
            "id": key,
            "label": clean(row["label"]),
            "definition": clean(row["definition"]),
            "level": row["level"],
            "com_b": row["com_b"],
            "stability": row["stability"],
            "articles": int(row["articles"]),
            "cases": int(row["cases"]),
            "status": status[key],
            "status_text": agenda.STATUS[status[key]],
            "page": base + ev.factor_address(key, row["label"]),
            "progress_plus": covers.get(key, []),
            "links": links.get(key, []),
        })  # fmt: skip
    return entries


def tools(ds: Dataset) -> list[dict[str, Any]]:
    """Return the instruments that are linked to a factor, in file order."""
    rows = ds["instruments"]
    linked = set(ds["instrument_factors"]["instrument_id"])
    return records(rows[rows["instrument_id"].isin(linked)])


def tool(row: Mapping[str, Any], base: str) -> dict[str, Any]:
    """Return what a plan tells of an instrument."""
    said = {name: clean(row[name]) for name in row}
    items, minutes, year = (
        None if missing(row[name]) else int(row[name])
        for name in ("n_items", "minutes", "year")
    )
    unseen = WORDS["length unseen"], WORDS["minutes unseen"]
    time = said["minutes_text"] or ("" if minutes is None else str(minutes))
    return {
        "id": said["instrument_id"],
        "short": said["abbreviation"] or said["name"],
        "name": said["name"],
        "abbreviation": said["abbreviation"],
        "n_items": items,
        "length_text": unseen[0] if items is None else counted(items, "item"),
        "minutes": minutes,
        "minutes_text": in_minutes(time) if time else unseen[1],
        "recall_period": said["recall_period"],
        "reporter": said["reporter"],
        "reporter_text": reporter_text(said["reporter"]),
        "authors": said["authors"],
        "year": year,
        "journal": said["journal"],
        "doi": said["doi"],
        "licence": said["licence"],
        "licence_class": said["licence_class"],
        "licence_text": LICENCES[said["licence_class"]],
        "loinc": said["loinc"],
        "loinc_codes": list(dict.fromkeys(LOINC.findall(said["loinc"]))),
        "brief": bool(row["brief"]),
        "source_urls": said["source_urls"].split(),
        "note": said["note"],
        "page": f"{base}reference/instruments.html#{said['instrument_id']}",
    }


def in_minutes(words: str) -> str:
    """Return a time as its source words it, with the unit where that lacks.

    >>> in_minutes("less than 5"), in_minutes("1"), in_minutes("two minutes")
    ('less than 5 minutes', '1 minute', 'two minutes')
    """
    if "minute" in words:
        return words
    if "(" in words:
        time, rest = words.split("(", 1)
        return f"{in_minutes(time.strip())} ({rest}"
    one = re.search(r"(?<!\d)1\Z", words) and "to" not in words.split()
    return f"{words} minute{'' if one else 's'}"


def characteristics(ds: Dataset) -> list[str]:
    """Return the PROGRESS-Plus characteristics (O'Neill 2014), as the schema lists."""
    tables = {table["name"]: table for table in ds.descriptor["resources"]}
    fields = tables["progress_plus"]["schema"]["fields"]
    found = next(f for f in fields if f["name"] == "characteristic")
    return list(found["constraints"]["enum"])


def question_entries(ds: Dataset) -> list[dict[str, Any]]:
    """Return the open questions about factors, with the factors."""
    pairs = ds["question_factors"]
    entries = []
    for row in records(ds["questions"]):
        about = pairs.loc[pairs["question_id"] == row["question_id"], "factor_id"]
        if len(about):
            entries.append({
                "id": row["question_id"],
                "question": clean(row["question"]),
                "factors": list(about),
            })  # fmt: skip
    return entries


def examples(found: Catalogue) -> list[dict[str, Any]]:
    """Return selections to start from: group, name and ids, each with at least one.

    The factors that most articles name (ties in the order of the map), those that
    cover a PROGRESS-Plus characteristic, and those of each COM-B component.
    """
    factors = found["factors"]
    named = sorted((f for f in factors if f["articles"]), key=lambda f: -f["articles"])[
        :MOST
    ]
    chosen = [
        ("", "Named in most articles", named),
        ("", "PROGRESS-Plus", [f for f in factors if f["progress_plus"]]),
    ] + [
        ("com_b", part, [f for f in factors if f["com_b"] == part])
        for part in found["com_b"]
    ]
    return [
        {"group": group, "name": name, "ids": [f["id"] for f in rows]}
        for group, name, rows in chosen
        if rows
    ]
