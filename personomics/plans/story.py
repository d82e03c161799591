"""One measurement plan worked from end to end, for the chapter on the agenda."""

from __future__ import annotations

from typing import Any

import pandas as pd

from personomics.dataset import Dataset
from personomics.evidence import factor_link, page_link, support
from personomics.html import Block, Markup, Table, join, link, said, tag
from personomics.plans.catalogue import catalogue
from personomics.plans.choose import choose
from personomics.words import counted, listed

#: How many factors the worked plan has.
FACTORS = 5


def example(ds: Dataset, rule: str = "most-direct") -> dict[str, Any]:
    """Return the plan for the factors that most articles name, then most cases.

    Examples
    --------
    >>> from personomics import load
    >>> len(example(load())["factors"]) <= FACTORS
    True
    """
    rows = support(ds).sort_values(
        ["articles", "cases", "factor_id"], ascending=[False, False, True]
    )
    return choose(catalogue(ds), rows["factor_id"].head(FACTORS), rule)


def plan_table(ds: Dataset) -> Table | Block:
    """Return the worked plan: what measures each factor, how long it is, and when."""
    plan = example(ds)
    tools = {tool["id"]: tool for tool in plan["instruments"]}
    rows = []
    for factor in plan["factors"]:
        tool = tools.get(factor["instrument"], {})
        rows.append({
            "factor": factor["id"],
            "tool": factor["instrument"] or "",
            "directness": factor["directness"] or "",
            "length": tool.get("length_text", ""),
            "terms": tool.get("licence_class", ""),
            "timing": factor["timing"],
            "others": len(factor["alternatives"]),
        })  # fmt: skip
    if not tools:
        return said("These data hold no instrument for the factors most often named.")
    return Table(
        pd.DataFrame(rows),
        f"A measurement plan for the {counted(len(rows), 'factor')} that most articles "
        "name, by the rule “most direct”.",
        {
            "tool": "Instrument",
            "directness": "Measures it",
            "terms": "Terms of use",
            "timing": "When",
            "others": "Alternatives",
        },
        {
            "factor": lambda key: factor_link(ds, key),
            "tool": lambda key: (
                page_link("instruments", key, tools[key]["short"])
                if key
                else Markup("none found")
            ),
        },
        row_header="factor",
    )


def plan_remarks(ds: Dataset) -> Block:
    """Return what the worked plan costs a patient, and what it leaves open."""
    plan = example(ds)
    totals = plan["totals"]
    words = [
        f"At baseline: {totals['baseline']['text']}",
        f"At each later visit: {totals['repeated']['text']}",
        *(warning["text"] for warning in plan["warnings"]),
        f"PROGRESS-Plus. {plan['progress_plus']['text']}",
    ]
    onward = link(f"../{plan['link']}", "Open this plan, change it, and save its files")
    items = join(tag("li", sentence) for sentence in words)
    return Block(tag("ul", items) + tag("p", onward), "\n".join(words))


def numbers(ds: Dataset) -> dict[str, object]:
    """Return what the chapter's prose says of the worked plan."""
    plan = example(ds)
    found = plan["factors"]
    direct = [factor for factor in found if factor["directness"] == "direct"]
    custom = [f["label"] for f in found if f["needs_custom_item"]]
    dynamic = [f for f in found if f["timing"] != "baseline"]
    return {
        "factors": len(found),
        "instruments": plan["totals"]["instruments"],
        "direct": len(direct),
        "custom": listed(custom, quoted=True) if custom else "none",
        "dynamic": len(dynamic),
        "notice": plan["notice"],
    }
