"""What a selection of factors gives: profile, similar cases, what is easily overlooked.

The page works the same out in the browser, from :func:`page_data`; tests compare both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from personomics import agenda
from personomics import evidence as ev
from personomics.book.parts import Record, citation, grouped
from personomics.case_codes import adapted_cases
from personomics.dataset import Dataset
from personomics.html import SAFE_URL, text
from personomics.style import STABILITY
from personomics.words import clean, clip, counted

if TYPE_CHECKING:
    import pandas as pd

#: Characters of a label on the page; a longer one is clipped.
LETTERS = 120
#: What a label holds, and everyday words by which people look for such a factor.
EVERYDAY = {
    "animals": "pet pets dog cat",
    "burden of treatment": "pills tablets polypharmacy work",
    "caregiver": "carer husband wife partner spouse child parents",
    "clinician": "doctor nurse",
    "cognitive": "forgetful dementia concentration",
    "coping": "cope",
    "digital": "internet phone smartphone computer online",
    "discrimination": "refugee migrant racism asylum",
    "education": "school university",
    "employment": "job unemployed work",
    "energy": "tired fatigue weak frail disability",
    "ethnic": "race",
    "fears": "afraid scared anxious anxiety worried",
    "financial": "money poor poverty debt",
    "gender": "woman man male female lgbt",
    "housing": "homeless home",
    "language": "interpreter translation",
    "lifestyle": "alcohol smoking drugs exercise eating",
    "literacy": "reading illiterate numbers",
    "mental": "depression depressed anxiety sad burnout",
    "outside the formal": "herbal alternative complementary",
    "reactance": "stubborn autonomy",
    "religion": "god church belief",
    "self-efficacy": "confident",
    "support": "lonely loneliness alone friends",
    "symptom": "pain",
    "transition": "grief death divorce loss",
    "transport": "bus car travel distance",
}


def map_order(ds: Dataset) -> list[str]:
    """Return the active factors in the order of the map: by system, then by COM-B.

    Examples
    --------
    >>> from personomics import load
    >>> ds = load()
    >>> len(map_order(ds)) == len(ev.active_factors(ds))
    True
    """
    rows = ev.active_factors(ds)
    levels, parts = list(ds.codes("level")), list(ds.codes("com_b"))
    places = zip(map(levels.index, rows["level"]), map(parts.index, rows["com_b"]),
                 range(len(rows)), rows["factor_id"], strict=True)  # fmt: skip
    return [factor_id for *_, factor_id in sorted(places)]


def case_sets(ds: Dataset) -> dict[str, frozenset[str]]:
    """Return the factors of each eligible narrative, by id, in file order."""
    found = ev.case_factor_pairs(ds).groupby("case_id")["factor_id"].agg(frozenset)
    sets = dict(found)
    return {c: sets.get(c, frozenset()) for c in ev.eligible_cases(ds)["case_id"]}


def profile(ds: Dataset, ids: Collection[str]) -> dict[str, Any]:
    """Return how many of the given factors lie where on the map.

    Parameters
    ----------
    ds : Dataset
        The data.
    ids : collection of str
        Identifiers of factors; those not in use are left out.

    Returns
    -------
    dict
        ``levels``, ``com_b`` and ``stability`` (code to number of factors, all codes)
        and ``cells`` (level to COM-B component to number).
    """
    rows = ev.active_factors(ds)
    rows = rows[rows["factor_id"].isin(list(ids))]
    levels, parts = ds.codes("level"), ds.codes("com_b")
    pairs = list(zip(rows["level"], rows["com_b"], strict=True))
    return {
        "levels": {code: sum(a == code for a, _ in pairs) for code in levels},
        "com_b": {code: sum(b == code for _, b in pairs) for code in parts},
        "stability": {s: int((rows["stability"] == s).sum()) for s in STABILITY},
        "cells": {a: {b: pairs.count((a, b)) for b in parts} for a in levels},
    }


def similar(ds: Dataset, ids: Collection[str]) -> list[dict[str, Any]]:
    """Return the eligible narratives that share a factor with a selection.

    The rule: first those that share most of the chosen factors, then those of whose
    own factors the larger share is chosen, then in the order of the file.

    Returns
    -------
    list of dict
        ``case`` (id), ``shared`` (ids in the order of the map), ``factors`` (how many
        factors the narrative has).
    """
    chosen = [factor for factor in map_order(ds) if factor in ids]
    rows = [
        {"case": case, "shared": [f for f in chosen if f in own], "factors": len(own)}
        for case, own in case_sets(ds).items()
    ]
    found = [row for row in rows if row["shared"]]
    return sorted(found, key=lambda row: (-len(row["shared"]), row["factors"]))


def overlooked(ds: Dataset, ids: Collection[str]) -> list[dict[str, Any]]:
    """Return the factors that keep company with chosen ones and are not chosen.

    The rule: a factor is listed where at least one included article or eligible
    narrative holds it together with a chosen factor; those that most articles and
    narratives hold so come first, then in the order of the map.

    Returns
    -------
    list of dict
        ``factor`` (id), ``articles`` and ``cases``: each a pair of numbers, of those
        that hold it together with a chosen factor and of all that hold it.
    """
    chosen = set(ids) & set(map_order(ds))
    sets = {"articles": ev.factor_sets(ds).values(), "cases": case_sets(ds).values()}
    rows = []
    for factor in map_order(ds):
        holding = {k: [s for s in found if factor in s] for k, found in sets.items()}
        counts = {
            k: [sum(bool(s & chosen) for s in found), len(found)]
            for k, found in holding.items()
        }
        if factor not in chosen and any(together for together, _ in counts.values()):
            rows.append({"factor": factor, **counts})
    return sorted(rows, key=lambda row: -row["articles"][0] - row["cases"][0])


def page_data(ds: Dataset) -> dict[str, Any]:
    """Return what the page needs to work everything out in the browser."""
    return {
        "title": clean(ds.title),
        "version": ds.version,
        "file": "personomics-profile-data-" + re.sub(r"[^\w.+-]+", "-", ds.version),
        "fine": next(iter(agenda.STATUS)),
        "levels": list(ds.codes("level")),
        "com_b": list(ds.codes("com_b")),
        "stability": STABILITY,
        "factors": factor_entries(ds),
        "articles": [sorted(found) for found in ev.factor_sets(ds).values()],
        "cases": case_entries(ds),
    }


def factor_entries(ds: Dataset) -> list[dict[str, Any]]:
    """Return what the page tells of each factor, in the order of the map.

    The first of ``words`` holds everyday words, the others are phrases of sources.
    """
    rows = by_key(ev.active_factors(ds), "factor_id")
    gaps, words = by_key(agenda.gaps(ds), "factor_id"), spoken(ds)
    tools = by_key(ds["instruments"], "instrument_id")
    entries = []
    for factor in map_order(ds):
        row, gap = rows[factor], gaps[factor]
        entries.append({
            "id": factor,
            "label": clip(row["label"], LETTERS),
            "level": row["level"],
            "com_b": row["com_b"],
            "stability": row["stability"],
            "status": gap["status"],
            "instruments": measures(gap["best"].split(), tools),
            "words": [everyday(row["label"]), *words.get(factor, [])],
        })  # fmt: skip
    return entries


def by_key(frame: pd.DataFrame, key: str) -> dict[str, Record]:
    """Return the rows of a frame by the value of a column that identifies them."""
    return {row[key]: row for row in frame.to_dict("records")}


def measures(ids: list[str], tools: Mapping[str, Record]) -> str:
    """Return the first few instruments with their lengths, in words."""
    shown = []
    for key in ids[: agenda.SHOWN]:
        row, items = tools[key], text(tools[key]["n_items"])
        name = clip(text(row["abbreviation"]) or text(row["name"]), LETTERS)
        length = counted(int(items), "item") if items else "length not seen"
        shown.append(f"{name} ({length})")
    more = len(ids) - agenda.SHOWN
    return "; ".join([*shown, f"and {more} more"] if more > 0 else shown)


def spoken(ds: Dataset) -> dict[str, list[str]]:
    """Return the words of articles and narratives for each factor, each once."""
    found: dict[str, dict[str, None]] = {}
    for rows, column in ((ev.term_factors(ds), "term"), (ev.case_factors(ds), "item")):
        for factor, words in zip(rows["factor_id"], rows[column], strict=True):
            found.setdefault(factor, {})[clip(words, LETTERS)] = None
    return {factor: list(words) for factor, words in found.items()}


def everyday(label: str) -> str:
    """Return the everyday words by which people look for a factor.

    >>> everyday("Housing and home environment"), everyday("Environmental load")
    ('homeless home', '')
    """
    keys = [key for key in EVERYDAY if re.search(rf"\b{key}", label.lower())]
    return " ".join(EVERYDAY[key] for key in keys)


def case_entries(ds: Dataset) -> list[dict[str, Any]]:
    """Return what the page tells of each eligible narrative, in file order."""
    sets = case_sets(ds)
    labels, kinds = ev.case_labels(ds), grouped(ds["case_adaptations"], "case_id")
    rated = adapted_cases(ds).set_index("case_id")["com_b_target"]
    entries = []
    for row in ev.eligible_cases(ds).to_dict("records"):
        key = row["case_id"]
        entries.append({
            "id": key,
            "label": clip(labels[key], LETTERS),
            "factors": sorted(sets[key]),
            "adaptation": clean(row["adaptation"]) or "not readable",
            "types": [text(kind["adaptation_type"]) for kind in kinds.get(key, [])],
            "target": rated[key],
            "citation": clean(citation(row).striptags()),
            "url": source(row),
        })  # fmt: skip
    return entries


def source(row: Record) -> str:
    """Return the web address under which a narrative can be found, or nothing.

    >>> source({"doi": "10.5555/x", "pmid": None, "source_url": "javascript:x"})
    'https://doi.org/10.5555/x'
    """
    doi, pmid = text(row["doi"]), text(row["pmid"])
    known = [f"https://doi.org/{doi}" if doi else "",
             f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid else "",
             text(row["source_url"])]  # fmt: skip
    return next((url for url in known if url and SAFE_URL.fullmatch(url)), "")


def as_script(data: object) -> str:
    r"""Return data as JSON that can stand in a script element of any page.

    Characters that could end the element, a fence or a line are written by number.

    >>> as_script("</script>`")
    '"\\u003c/script>\\u0060"'
    """
    written = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    special = re.compile("[<`\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]")
    return special.sub(lambda match: f"\\u{ord(match[0]):04x}", written)
