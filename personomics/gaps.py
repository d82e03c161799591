"""Which factors can be measured, and how well: computed from the data, never stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import pandas as pd

from personomics.dataset import Dataset
from personomics.evidence import support
from personomics.words import counted, text

#: Status of a factor by its closest instrument, best first: what it means.
STATUS = {
    "direct and brief": "At least one brief instrument measures the factor itself.",
    "direct, not brief": "Instruments measure the factor itself, but none is brief.",
    "partial only": "The closest instruments measure a part of the factor.",
    "proxy only": "The closest instruments measure something near the factor.",
    "none found": "No instrument was found. That does not mean that none exists.",
}
#: The status of a factor that lacks nothing, and of one without any instrument.
FINE, BARE = next(iter(STATUS)), list(STATUS)[-1]
#: How the status of a factor follows from the data.
STATUS_RULE = (
    "The status is the first of these that any instrument linked to the factor "
    "reaches. How directly an instrument measures a factor, and whether it is brief, "
    "are recorded in the data; no fixed limit of items or minutes was recorded."
)
#: How the rank of a factor follows from the data.
RANK_RULE = (
    "Ranked are the factors without a direct and brief instrument: those named by "
    "most included articles first, then those shown by most eligible narratives, then "
    "by their label. The rank says how often a factor is named, not how much it "
    "matters."
)
#: What our reading of the terms of use of an instrument means.
LICENCES = {
    "free": "Free: no fee and no permission needed for research.",
    "conditions": "Free for some uses only, or on conditions: read them first.",
    "permission": "A licence, a fee or permission is needed.",
    "not seen": "No terms of use were seen, or only a copyright notice.",
}
DIRECTNESS = ("direct", "partial", "proxy")
#: Between several values in one cell; the values themselves hold commas and semicolons.
SEPARATOR = " | "
#: Columns of :func:`gap_data` and what they hold.
COLUMNS = {
    "factor_id": "Identifier of the factor.",
    "label": "Name of the factor.",
    "com_b": "COM-B component through which the factor chiefly acts.",
    "stability": "Whether the factor may change over a course of treatment.",
    "rank": "Place among the factors without a direct and brief instrument.",
    "status": "Gap status: that of the closest instrument.",
    "reason": "Why the factor stands where it stands, in one sentence.",
    "articles": "Included articles that name the factor.",
    "cases": "Eligible case narratives that show the factor.",
    "instruments": "Instruments found for the factor.",
    "best": "Instruments that reach the status, shortest first.",
    "direct": "Instruments that measure the factor itself.",
    "partial": "Instruments that measure a part of the factor.",
    "proxy": "Instruments that measure something near the factor.",
    "brief": "Instruments counted as brief.",
    "fewest_items": "Items of the shortest instrument; empty where none was seen.",
    "items_not_seen": "Instruments whose number of items was not seen.",
    "licence_free": "Instruments whose terms were read as free.",
    "licence_conditions": "Instruments that are free for some uses, or on conditions.",
    "licence_permission": "Instruments that need a licence, a fee or permission.",
    "licence_not_seen": "Instruments whose terms of use were not seen.",
    "reporters": "Who answers or measures, the commonest first.",
    "recall_seen": "Instruments whose recall period was seen.",
    "recall_periods": "The recall periods seen.",
}


def instruments_by_factor(ds: Dataset) -> pd.DataFrame:
    """Return each pair of instrument and factor with the status it gives the factor.

    A direct instrument gives ``direct and brief`` or ``direct, not brief``, a partial
    one ``partial only``, a proxy ``proxy only``. Shorter instruments come first; those
    whose length was not seen come last.
    """
    rows = ds["instrument_factors"].merge(ds["instruments"], on="instrument_id")
    names = {"partial": "partial only", "proxy": "proxy only"}
    pairs = zip(rows["directness"], rows["brief"], strict=True)
    rows["status"] = [
        names.get(kind, FINE if brief else "direct, not brief") for kind, brief in pairs
    ]
    return rows.sort_values(["n_items", "instrument_id"]).reset_index(drop=True)


def gaps(ds: Dataset) -> pd.DataFrame:
    """Return every active factor with the status of its closest instrument.

    The rules are :data:`STATUS_RULE` and :data:`RANK_RULE`.

    Returns
    -------
    DataFrame
        One row per factor: factor_id, label, com_b, articles, cases (counts), status,
        best (ids of the instruments that reach the status, shortest first, separated by
        one space), rank (1 for the factor named in most articles among those without a
        direct and brief instrument; missing for the others). Ranked factors first.

    Examples
    --------
    >>> from personomics import load
    >>> set(gaps(load())["status"]) <= set(STATUS)
    True
    """
    names = ["factor_id", "label", "com_b", "articles", "cases"]
    rows = support(ds)[names].copy()
    reached = instruments_by_factor(ds)
    status, best = [], []
    for factor_id in rows["factor_id"]:
        mine = reached[reached["factor_id"] == factor_id]
        found = [s for s in STATUS if s in set(mine["status"])]
        status.append(found[0] if found else BARE)
        ids = mine.loc[mine["status"] == status[-1], "instrument_id"]
        best.append(" ".join(ids))
    rows["status"], rows["best"] = status, best
    rows["gap"] = [s != FINE for s in status]
    rows = rows.sort_values(
        ["gap", "articles", "cases", "label"], ascending=[False, False, False, True]
    )
    ranks = [n if gap else None for n, gap in enumerate(rows["gap"], 1)]
    rows["rank"] = pd.array(ranks, dtype="Int64")
    return rows.drop(columns="gap").reset_index(drop=True)


def gap_data(ds: Dataset) -> pd.DataFrame:
    """Return what is known of every active factor and its measurement, one row each.

    Returns
    -------
    DataFrame
        The columns of :data:`COLUMNS`. Numbers are counts; ``rank`` and
        ``fewest_items`` are missing where there is none. ``best`` holds identifiers
        separated by one space, ``reporters`` and ``recall_periods`` hold texts
        separated by :data:`SEPARATOR`. In the order of :func:`gaps`.

    Examples
    --------
    >>> from personomics import load
    >>> list(gap_data(load()).columns) == list(COLUMNS)
    True
    """
    factors = ds["factors"].set_index("factor_id")
    linked = instruments_by_factor(ds)
    rows = []
    for gap in gaps(ds).to_dict("records"):
        key = gap["factor_id"]
        tools = linked[linked["factor_id"] == key]
        closest = tools[tools["status"] == gap["status"]]
        named = text(factors.loc[key, "named_in_abstract"]) != ""
        more: dict[Any, Any] = {
            "stability": factors.loc[key, "stability"],
            "reason": reason(gap, closest, named=named),
        }
        rows.append({**gap, **more, **known(tools)})
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.astype({"rank": "Int64", "fewest_items": "Int64"})


def known(tools: pd.DataFrame) -> dict[str, Any]:
    """Return the counts and lists of :data:`COLUMNS` for the instruments of a factor.

    Parameters
    ----------
    tools : DataFrame
        Rows of :func:`instruments_by_factor`.
    """
    seen = tools["n_items"].dropna()
    recall = [text(r) for r in tools["recall_period"] if text(r)]
    return {
        "instruments": len(tools),
        **{kind: int((tools["directness"] == kind).sum()) for kind in DIRECTNESS},
        "brief": int(tools["brief"].sum()),
        "fewest_items": int(seen.min()) if len(seen) else None,
        "items_not_seen": len(tools) - len(seen),
        **{
            licence_column(kind): int((tools["licence_class"] == kind).sum())
            for kind in LICENCES
        },
        "reporters": commonest(tools["reporter"]),
        "recall_seen": len(recall),
        "recall_periods": commonest(recall),
    }


def licence_column(kind: str) -> str:
    """Return the column of :data:`COLUMNS` that counts a class of terms of use.

    >>> licence_column("not seen")
    'licence_not_seen'
    """
    return f"licence_{kind.replace(' ', '_')}"


def commonest(words: Iterable[object]) -> str:
    """Return texts once each, the commonest first, in one cell.

    >>> commonest(["self", "staff", "self"])
    'self | staff'
    """
    counts = Counter(map(text, words))
    return SEPARATOR.join(sorted(counts, key=lambda word: (-counts[word], word)))


def reason(gap: dict[Any, Any], closest: pd.DataFrame, *, named: bool = False) -> str:
    """Say in one sentence who names a factor and how near one comes to measuring it.

    Parameters
    ----------
    gap : dict
        A row of :func:`gaps`.
    closest : DataFrame
        The rows of :func:`instruments_by_factor` that give the factor its status.
    named : bool
        Whether the paper's abstract names the factor.
    """
    counts = {"article": gap["articles"], "narrative": gap["cases"]}
    people = " and ".join(counted(n, noun) for noun, n in counts.items() if n)
    several = sum(counts.values()) > 1
    if people:
        who = f"{people} {'name' if several else 'names'} it"
    elif named:
        who = "the paper’s abstract names it, but no included article does"
    else:
        who = "no included article and no eligible narrative names it"
    parts = [who, *nearest(gap["status"], closest)]
    sentence = "; ".join(parts) + "."
    return sentence[:1].upper() + sentence[1:]


def nearest(status: str, closest: pd.DataFrame) -> list[str]:
    """Say what the closest instruments measure, in how many items, on what terms."""
    count = len(closest)
    if not count:
        return ["no instrument was found, which does not mean that none exists"]
    one = count == 1
    subject = "the closest instrument" if one else f"the {count} closest instruments"
    measure = "measures" if one else "measure"
    length = items(closest["n_items"].dropna().astype(int).tolist(), count)
    what = {
        "direct and brief": f"the factor itself and {'is' if one else 'are'} brief",
        "direct, not brief": "the factor itself but "
        + ("was not counted as brief" if one else "none was counted as brief"),
        "partial only": "a part of it",
        "proxy only": "something near it",
    }[status]
    terms = list(closest["licence_class"])
    free = terms.count("free")
    if set(terms) == {"not seen"}:
        said = f"{'its' if one else 'their'} terms of use were not seen"
    elif one:
        said = {
            "free": "it is known to be free",
            "conditions": "it is free for some uses only, or on conditions",
            "permission": "it needs a licence, a fee or permission",
        }[terms[0]]
    else:
        said = f"{free or 'none'} {'is' if free < 2 else 'are'} known to be free"
    return [f"{subject} {measure} {what} ({length})", said]


def items(lengths: list[int], count: int) -> str:
    """Say how long instruments are; a length that was not seen is said, not guessed.

    >>> items([4], 1), items([2, 9], 3), items([], 2)
    ('4 items', '2 to 9 items, 1 length not seen', 'length not seen')
    >>> items([1, 1], 2)
    '1 item each'
    """
    if not lengths:
        return "length not seen"
    low, high = min(lengths), max(lengths)
    span = counted(low, "item") if low == high else f"{low} to {high} items"
    span += " each" if low == high and len(lengths) > 1 else ""
    unseen = count - len(lengths)
    lost = f", {counted(unseen, 'length')} not seen" if unseen else ""
    return span + lost
