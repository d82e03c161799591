"""What a plan says of what was chosen: reasons, gaps, timing, burden, warnings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from personomics.plans.files import say
from personomics.words import counted

Catalogue = Mapping[str, Any]
Entry = Mapping[str, Any]
#: What is summed: its name, the noun to count with, and the key of an instrument.
BURDEN = (("items", "item", "n_items"), ("minutes", "minute", "minutes"))
STABLE, REPEATED = "stable", "baseline and repeated"


def named(found: Catalogue, links: Sequence[Entry]) -> str:
    """Return the names of linked instruments, one after the other."""
    return "; ".join(found["instruments"][link["id"]]["short"] for link in links)


def reason(found: Catalogue, name: str, tool: Entry) -> str:
    """Return why an instrument comes after another, by the name of what decided."""
    unseen = name == "items" and tool["n_items"] is None
    return str(found["words"]["unknown" if unseen else name])


def gap(
    found: Catalogue, factor: Entry, link: Entry | None, allowed: Sequence[Entry]
) -> dict[str, Any]:
    """Return what the plan lacks for a factor, and how to write an item of one's own.

    Parameters
    ----------
    found : mapping
        The catalogue.
    factor : mapping
        The factor.
    link : mapping or None
        The link to the instrument that it takes.
    allowed : sequence of mapping
        The links that the rule allows.

    Returns
    -------
    dict
        ``gap`` (empty, "part only", "proxy only", "set aside" or "none found"),
        ``gap_text``, ``needs_custom_item`` and ``custom_item``.
    """
    words, direct = found["words"], found["directness"][0]
    if link and link["directness"] == direct:
        kind, text = "", ""
    elif link:
        kind = "proxy only" if link["directness"] == found["directness"][-1] else (
            "part only"
        )  # fmt: skip
        text = say(words[kind], found["instruments"][link["id"]]["short"])
        text += elsewhere(found, factor, allowed)
    elif factor["links"]:
        kind = "set aside"
        tools = [found["instruments"][x["id"]] for x in factor["links"]]
        classes = [t["licence_class"] for t in tools]
        told = [f"{classes.count(c)} {c}" for c in found["licences"] if c in classes]
        number = counted(len(tools), "instrument")
        text = say(words[kind], number, ", ".join(told))
    else:
        kind, text = "none found", words["none found"]
    needs = not any(x["directness"] == direct for x in allowed)
    custom = say(words["custom"], factor["definition"].rstrip("."))
    return {
        "gap": kind,
        "gap_text": text,
        "needs_custom_item": needs,
        "custom_item": custom if needs else "",
    }


def elsewhere(found: Catalogue, factor: Entry, allowed: Sequence[Entry]) -> str:
    """Return where an instrument that measures the factor itself is on record."""
    words, direct = found["words"], found["directness"][0]
    here = [x for x in allowed if x["directness"] == direct]
    if here:
        return say(words["direct at hand"], named(found, here))
    aside = [x for x in factor["links"] if x["directness"] == direct]
    if aside:
        return say(words["direct aside"], named(found, aside))
    return str(words["no direct"])


def timing(found: Catalogue, factors: Sequence[Entry]) -> dict[str, str]:
    """Return when an instrument is given, and why, from the factors that take it."""
    words = found["words"]
    kept = [f["label"] for f in factors if f["stability"] == STABLE]
    moving = [f["label"] for f in factors if f["stability"] != STABLE]
    if not moving:
        text = say(words["stable"], "; ".join(kept))
        return {"timing": "baseline", "timing_text": text}
    text = say(words["dynamic"], "; ".join(moving))
    if kept:
        text += say(words["both"], "; ".join(kept))
    return {"timing": REPEATED, "timing_text": text}


def burden(found: Catalogue, tools: Sequence[Entry], own: int) -> dict[str, Any]:
    """Return the items and minutes of some instruments; what is not known is counted.

    Returns
    -------
    dict
        ``instruments``, ``items``, ``items_unknown`` (number of instruments),
        ``minutes``, ``minutes_unknown``, ``own_items`` (to be written, not summed) and
        ``text``. Where nothing is known of items or minutes, the sum is None, never
        zero.
    """
    words, parts, sums = found["words"], [], {}
    for name, noun, key in BURDEN:
        seen = [t[key] for t in tools if t[key] is not None]
        rest = len(tools) - len(seen)
        sums[name] = sum(seen) if seen else None
        sums[f"{name}_unknown"] = rest
        if seen:
            of = counted(len(seen), "instrument")
            parts.append(say(words[f"{name} known"], counted(sum(seen), noun), of))
        if rest:
            parts.append(say(words[f"{name} unseen for"], counted(rest, "instrument")))
    if not tools:
        parts = [words["no instrument"]]
    if own:
        parts.append(say(words["own items"], counted(own, "item")))
    text = "; ".join(parts)
    return {"instruments": len(tools), **sums, "own_items": own, "text": f"{text}."}


def how_many(found: Catalogue, factors: Sequence[Entry]) -> str:
    """Return how many factors are measured, by how directly, in words."""
    kinds = [f["directness"] or "none" for f in factors]
    told = [
        say(template, kinds.count(kind))
        for kind, template in found["measured"].items()
        if kind in kinds
    ]
    return say(found["words"]["of"], counted(len(factors), "factor"), ", ".join(told))


def totals(
    found: Catalogue, factors: Sequence[Entry], tools: Sequence[Entry]
) -> dict[str, Any]:
    """Return the numbers of a plan; every instrument is counted once."""
    own = [f for f in factors if f["needs_custom_item"]]
    again = [f for f in own if f["timing"] == REPEATED]
    repeated = [t for t in tools if t["timing"] == REPEATED]
    return {
        "factors": len(factors),
        "measured": sum(f["instrument"] is not None for f in factors),
        "text": how_many(found, factors),
        "instruments": len(tools),
        "baseline": burden(found, tools, len(own)),
        "repeated": burden(found, repeated, len(again)),
    }


def warnings(
    found: Catalogue, factors: Sequence[Entry], tools: Sequence[Entry]
) -> list[dict[str, Any]]:
    """Return what to see to before the trial: terms, reporters, lengths, gaps."""
    words, rows = found["words"], []

    def warn(about: str, concerned: Sequence[Entry], *, noted: str = "") -> None:
        if not concerned:
            return
        names = "; ".join(
            f"{t['short']} ({t['reporter']})" if about == "reporter" else t["short"]
            for t in concerned
        )
        form = words["licence"] if about == "licence" else words[f"{about} warning"]
        text = say(form, noted, names) if about == "licence" else say(form, names)
        ids = [t["id"] for t in concerned]
        rows.append({"about": about, "text": text, "instruments": ids})

    for code, told in found["licences"].items():
        if told:
            of_class = [t for t in tools if t["licence_class"] == code]
            warn("licence", of_class, noted=told)
    warn("reporter", [t for t in tools if t["reporter_text"]])
    warn("length", [t for t in tools if t["n_items"] is None])
    warn("minutes", [t for t in tools if t["minutes"] is None])
    open_gaps = [f["label"] for f in factors if f["gap"]]
    if open_gaps:
        text = say(words["gap warning"], "; ".join(open_gaps))
        rows.append({"about": "gap", "text": text, "instruments": []})
    return rows
