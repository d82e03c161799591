"""Which instrument measures which factor: the rules, applied to a catalogue.

The script of the page does the same in the same order; what is changed here is to be
changed there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from personomics.plans.files import say
from personomics.plans.near import clipped, nearest
from personomics.plans.tell import STABLE, gap, reason, timing, totals, warnings

Catalogue = Mapping[str, Any]
Entry = Mapping[str, Any]
DEFAULT = "most-direct"


def choose(
    found: Catalogue, ids: Iterable[str], rule: str | Sequence[str] = DEFAULT
) -> dict[str, Any]:
    """Return the measurement plan for some factors.

    Parameters
    ----------
    found : mapping
        What :func:`personomics.plans.catalogue` returns.
    ids : iterable of str
        Identifiers of factors; repeated ones count once, their order does not matter.
    rule : {"most-direct", "shortest", "free-only"}
        What decides between instruments; ``catalogue["rules"]`` says it in words.
        Also a sequence, as it comes from a command line; two different rules are an
        error, none is "most-direct".

    Returns
    -------
    dict
        ``factors`` in the order of the map with instrument, alternatives, gap and
        timing; the chosen ``instruments``, each once; ``totals`` (items and minutes
        where known, how many are not); ``progress_plus``, ``warnings``, ``questions``,
        and ``link``, the address of the selection.

    Raises
    ------
    ValueError
        If no factor is given, factors are unknown or no longer in use, or the rule is
        unknown or not one: a sentence for each argument that names it, everything that
        is wrong with it, and what is allowed.
    """
    rules, keys = [rule] if isinstance(rule, str) else list(rule), list(ids)
    wrong = [*rule_problems(found, rules), *factor_problems(found, keys)]
    if wrong:
        raise ValueError(" ".join(wrong))
    return plan(found, known(found, keys), rules[0] if rules else DEFAULT)


def known(found: Catalogue, ids: Iterable[str]) -> list[Entry]:
    """Return the factors of the given identifiers, in the order of the map."""
    wanted = set(ids)
    return [factor for factor in found["factors"] if factor["id"] in wanted]


def rule_problems(found: Catalogue, given: Sequence[str]) -> list[str]:
    """Return what is wrong with the rules given, in at most one sentence."""
    words, allowed = found["words"], ", ".join(found["rules"])
    several = list(dict.fromkeys(given))
    if len(several) > 1:
        return [say(words["error rules"], " and ".join(map(clipped, several)), allowed)]
    if several and several[0] not in found["rules"]:
        return [say(words["error rule"], clipped(several[0]), allowed)]
    return []


def factor_problems(found: Catalogue, ids: Sequence[str]) -> list[str]:
    """Return what is wrong with the identifiers given, in at most one sentence."""
    words, factors = found["words"], found["factors"]
    labels = {factor["id"]: factor["label"] for factor in factors}
    some = ", ".join(list(labels)[:3])
    if not ids:
        return [say(words["error none"], found["version"], some)]
    strange = []
    for key in dict.fromkeys(ids):
        if key in found["deprecated"]:
            label = found["deprecated"][key]
            strange.append(say(words["deprecated"], key, label))
        elif key not in labels:
            near = [f"{one} {labels[one]}" for one in nearest(key, labels)]
            form = words["strange near"] if near else words["strange"]
            strange.append(say(form, clipped(key), "; ".join(near)))
    if not strange:
        return []
    told = "; ".join(strange)
    return [say(words["error factors"], told, len(labels), found["version"], some)]


def measures(found: Catalogue) -> dict[str, Callable[[Entry, Entry], Any]]:
    """Return what a rule can go by: name to a function of link and instrument."""
    order = found["directness"]

    def length(_: Entry, tool: Entry) -> float:
        return math.inf if tool["n_items"] is None else tool["n_items"]

    return {
        "directness": lambda link, _: order.index(link["directness"]),
        "proxy": lambda link, _: link["directness"] == order[-1],
        "brief": lambda _, tool: not tool["brief"],
        "items": length,
        "id": lambda _, tool: tool["id"],
    }


def place(found: Catalogue, rule: str, link: Entry) -> list[Any]:
    """Return where a link stands by a rule: the smaller, the better."""
    by, tool = measures(found), found["instruments"][link["id"]]
    return [by[name](link, tool) for name in found["rules"][rule]["order"]]


def ranked(found: Catalogue, rule: str, links: Iterable[Entry]) -> list[Entry]:
    """Return links to instruments, the best by the rule first."""
    return sorted(links, key=lambda link: place(found, rule, link))


def candidates(found: Catalogue, rule: str, factor: Entry) -> list[Entry]:
    """Return the links that a rule allows a factor, the best first."""
    only, tools = found["rules"][rule]["only"], found["instruments"]
    links = [
        link
        for link in factor["links"]
        if not only or tools[link["id"]]["licence_class"] == only
    ]
    return ranked(found, rule, links)


Taken = dict[str, Entry]


def first_choice(found: Catalogue, rule: str, factors: Sequence[Entry]) -> Taken:
    """Return the best link of each factor that has any, by factor."""
    best = {f["id"]: candidates(found, rule, f)[:1] for f in factors}
    return {key: links[0] for key, links in best.items() if links}


def overlapped(
    found: Catalogue, rule: str, factors: Sequence[Entry], first: Taken
) -> Taken:
    """Return the choice after instruments that others can stand for are left out.

    The rule is told in :data:`personomics.plans.wording.OVERLAP`. Leaving out is all
    it does, so items never increase; a link is replaced only by one as direct, and
    only if no more is asked at later times.
    """
    taken, order = dict(first), found["directness"]
    allowed = {f["id"]: candidates(found, rule, f) for f in factors}
    used = {link["id"] for link in taken.values()}
    by = measures(found)["items"]
    tools = [found["instruments"][key] for key in used]
    for tool in sorted(tools, key=lambda t: (by({}, t), t["id"]), reverse=True):
        others = used - {tool["id"]}
        firm = {x["id"] for x in taken.values() if x["directness"] != order[-1]}
        moved = {}
        users = [key for key, link in taken.items() if link["id"] == tool["id"]]
        for key in users:
            need = order.index(first[key]["directness"])
            fit = [
                link
                for link in allowed[key]
                if link["id"] in others
                and order.index(link["directness"]) <= need
                and (link["id"] in firm or need == len(order) - 1)
            ]
            if fit:
                moved[key] = fit[0]
        after = {**taken, **moved}
        if len(moved) == len(users) and (
            later(found, factors, after) <= later(found, factors, taken)
        ):
            taken, used = after, others
    return taken


def later(found: Catalogue, factors: Sequence[Entry], taken: Taken) -> tuple[int, int]:
    """Return what is asked at each later time: lengths not seen, and items."""
    ids = {
        taken[f["id"]]["id"]
        for f in factors
        if f["id"] in taken and f["stability"] != STABLE
    }
    items = [found["instruments"][key]["n_items"] for key in ids]
    return items.count(None), sum(n for n in items if n is not None)


def plan(found: Catalogue, factors: Sequence[Entry], rule: str) -> dict[str, Any]:
    """Return the plan for factors of the catalogue."""
    first = first_choice(found, rule, factors)
    taken = overlapped(found, rule, factors, first)
    measured = [measured_factor(found, rule, f, first, taken) for f in factors]
    tools = chosen_tools(found, measured)
    ids = [factor["id"] for factor in factors]
    opening, end = found["link"]
    return {
        "format": "personomics-plan",
        "notice": found["notice"],
        "title": found["title"],
        "version": found["version"],
        "link": f"{opening}{','.join(ids)}&rule={rule}{end}",
        "rule": rule,
        "rule_text": found["rules"][rule]["text"],
        "overlap_text": found["overlap"],
        "custom_guide": found["custom"],
        "factors": measured,
        "instruments": tools,
        "totals": totals(found, measured, tools),
        "progress_plus": progress(found, factors),
        "warnings": warnings(found, measured, tools),
        "questions": [
            {"id": q["id"], "question": q["question"]}
            for q in found["questions"]
            if any(key in q["factors"] for key in ids)
        ],
    }


def measured_factor(
    found: Catalogue, rule: str, factor: Entry, first: Taken, taken: Taken
) -> dict[str, Any]:
    """Return a factor of the plan: how it is measured, or why it is not."""
    key, allowed = factor["id"], candidates(found, rule, factor)
    link = taken.get(key)
    told = {name: factor[name] for name in factor if name not in ("links",)}
    covers = told.pop("progress_plus")
    return {
        **told,
        "instrument": link["id"] if link else None,
        "directness": link["directness"] if link else None,
        "alternatives": alternatives(found, rule, factor, first, taken),
        **gap(found, factor, link, allowed),
        "timing": timing(found, [factor])["timing"],
        "progress_plus": covers,
    }


def alternatives(
    found: Catalogue, rule: str, factor: Entry, first: Taken, taken: Taken
) -> list[dict[str, Any]]:
    """Return the instruments of a factor that were not taken, and why each was not."""
    key, allowed = factor["id"], candidates(found, rule, factor)
    aside = ranked(found, rule, [x for x in factor["links"] if x not in allowed])
    rows = []
    for link in [*allowed, *aside]:
        tool = found["instruments"][link["id"]]
        if key in taken and link["id"] == taken[key]["id"]:
            continue
        if link in aside:
            why = say(found["words"]["aside"], tool["licence_class"])
        elif link["id"] == first[key]["id"]:
            stands_in = found["instruments"][taken[key]["id"]]["short"]
            why = say(found["words"]["overlap"], stands_in)
        else:
            names = found["rules"][rule]["order"]
            places = zip(names, place(found, rule, first[key]),
                         place(found, rule, link), strict=True)  # fmt: skip
            why = reason(found, next(n for n, a, b in places if a != b), tool)
        rows.append({
            "id": tool["id"],
            "short": tool["short"],
            "directness": link["directness"],
            "n_items": tool["n_items"],
            "licence_class": tool["licence_class"],
            "set_aside": link in aside,
            "reason": why,
        })  # fmt: skip
    return rows


def chosen_tools(found: Catalogue, measured: Sequence[Entry]) -> list[dict[str, Any]]:
    """Return the chosen instruments, each once, with the factors that take it."""
    serves: dict[str, list[Entry]] = {}
    for factor in measured:
        if factor["instrument"] is not None:
            serves.setdefault(factor["instrument"], []).append(factor)
    return [
        {
            **found["instruments"][key],
            "factors": [
                {name: f[name] for name in ("id", "label", "directness")} for f in rows
            ],
            **timing(found, rows),
        }
        for key, rows in serves.items()
    ]


def progress(found: Catalogue, factors: Sequence[Entry]) -> dict[str, Any]:
    """Return which PROGRESS-Plus characteristics the factors cover, and which not."""
    words, covered, missed = found["words"], [], []
    for name in found["characteristics"]:
        by = {
            f["id"]: c["cover"]
            for f in factors
            for c in f["progress_plus"]
            if c["characteristic"] == name
        }
        if by:
            cover = "whole" if "whole" in by.values() else "part"
            entry = {"characteristic": name, "cover": cover, "factors": list(by)}
            covered.append(entry)
        else:
            missed.append(name)
    told = [say(words[c["cover"]], c["characteristic"]) for c in covered]
    text = say(words["covered"], "; ".join(told)) if told else words["covered none"]
    if missed:
        text += say(words["not covered"], "; ".join(missed))
    return {"covered": covered, "not_covered": missed, "text": text}
