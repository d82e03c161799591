"""A measurement plan as CSV, JSON and Markdown: the same plan, the same bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from personomics.plans.wording import RULES, WORDS
from personomics.words import inert

Plan = Mapping[str, Any]
Entry = Mapping[str, Any]
QUOTED = re.compile('[",\r\n]')
#: Characters that Markdown takes for more than themselves.
MARKS = re.compile(r"[\\`*_\[\]<>#|~&]")
COLUMNS = (
    "factor_id", "factor", "level", "com_b", "stability", "articles", "cases",
    "gap_status", "instrument_id", "instrument", "instrument_name", "directness",
    "items", "minutes", "time_as_worded", "recall_period", "reporter", "timing",
    "timing_reason", "licence_class", "licence", "loinc", "doi", "shared_with",
    "gap", "custom_item", "progress_plus", "alternatives", "rule", "data_version",
    "link",
)  # fmt: skip


def say(template: str, *values: object) -> str:
    """Return a sentence with values in place of {0}, {1} and so on.

    >>> say("{1} of {0}", 3, "{0}")
    '{0} of 3'
    """
    return re.sub(r"\{(\d)\}", lambda match: str(values[int(match[1])]), template)


def cell(text: str) -> str:
    r"""Return a cell of a CSV file that no spreadsheet runs, quoted where needed.

    >>> print(cell("=1+1"), cell('say "b", c'), cell("-x"))
    '=1+1 "say ""b"", c" '-x
    """
    safe = inert(text)
    return '"' + safe.replace('"', '""') + '"' if QUOTED.search(safe) else safe


def csv_text(rows: Iterable[Sequence[str]]) -> str:
    """Return rows of text as a CSV file with line feeds."""
    return "".join(",".join(map(cell, row)) + "\n" for row in rows)


def number(value: int | None) -> str:
    """Return a number as a cell; one that is not known is an empty cell."""
    return "" if value is None else str(value)


def plan_csv(plan: Plan) -> str:
    """Return the plan as CSV, a line for each factor."""
    tools = {tool["id"]: tool for tool in plan["instruments"]}
    rows = [csv_row(plan, f, tools.get(f["instrument"])) for f in plan["factors"]]
    return csv_text([COLUMNS, *rows])


def csv_row(plan: Plan, factor: Entry, tool: Entry | None) -> list[str]:
    """Return the line of a factor."""
    covers = [
        say(WORDS[c["cover"]], c["characteristic"]) for c in factor["progress_plus"]
    ]
    others = [f["id"] for f in tool["factors"]] if tool else []
    found = [
        factor["id"], factor["label"], factor["level"], factor["com_b"],
        factor["stability"], str(factor["articles"]), str(factor["cases"]),
        factor["status"],
    ]  # fmt: skip
    measured = [
        tool["id"], tool["short"], tool["name"], factor["directness"],
        number(tool["n_items"]), number(tool["minutes"]), tool["minutes_text"],
        tool["recall_period"], tool["reporter"], tool["timing"], tool["timing_text"],
        tool["licence_class"], tool["licence"], tool["loinc"], tool["doi"],
        " ".join(key for key in others if key != factor["id"]),
    ] if tool else [*[""] * 9, factor["timing"], *[""] * 6]  # fmt: skip
    return [
        *found, *measured, factor["gap_text"], factor["custom_item"],
        "; ".join(covers), "; ".join(map(alternative, factor["alternatives"])),
        plan["rule"], plan["version"], plan["link"],
    ]  # fmt: skip


def alternative(row: Entry) -> str:
    """Return an instrument that was not taken, with the reason."""
    return f"{row['short']} ({row['directness']}; {row['reason']})"


def plan_json(plan: Plan) -> str:
    """Return the plan as JSON."""
    return json.dumps(plan, ensure_ascii=False, indent=2) + "\n"


def plain(text: str) -> str:
    r"""Return text that Markdown takes for nothing but itself.

    >>> print(plain("<b>|*"))
    \<b\>\|\*
    """
    return MARKS.sub(lambda match: "\\" + match[0], text)


def plan_md(plan: Plan) -> str:
    """Return the plan as Markdown, to be read or printed."""
    w, numbers = WORDS, plan["totals"]
    rule = f"{RULES[plan['rule']]['name']}: {plan['rule_text']}"
    data = say(w["data"], plan["title"], plan["version"], plan["rule"])
    gaps = [f for f in plan["factors"] if f["gap"]]
    own = [plan["custom_guide"]] * any(f["custom_item"] for f in gaps)
    others = [f for f in plan["factors"] if f["alternatives"]]
    blocks = [
        f"# {w['heading']}",
        f"**{plan['notice']}**",
        f"{plain(data)} <{plan['link']}>",
        f"## {w['measured']}",
        table(plan),
        f"## {w['burden']}",
        lines([f"{w['at baseline']}: {numbers['baseline']['text']}",
               f"{w['at repeats']}: {numbers['repeated']['text']}"]),
        f"## {w['warnings']}",
        lines([one["text"] for one in plan["warnings"]]),
        f"## {w['gaps']}",
        lines([f"{f['label']}: {f['gap_text']} {f['custom_item']}".rstrip()
               for f in gaps] + own),
        f"## {w['instruments']}",
        lines(list(map(described, plan["instruments"]))),
        f"## {w['alternatives']}",
        lines([f"{f['label']}: {'; '.join(map(alternative, f['alternatives']))}"
               for f in others]),
        f"## {w['progress']}",
        plain(plan["progress_plus"]["text"]),
        f"## {w['questions']}",
        lines([f"{q['id']}: {q['question']}" for q in plan["questions"]]),
        f"## {w['rule']}",
        lines([rule, f"{w['overlap heading']}: {plan['overlap_text']}"]),
    ]  # fmt: skip
    return "\n\n".join(blocks) + "\n"


def lines(texts: Sequence[str]) -> str:
    """Return a list, or that there is nothing."""
    return "\n".join(f"- {plain(text)}" for text in texts) or WORDS["none"]


def table(plan: Plan) -> str:
    """Return how each factor is measured, as a table."""
    w = WORDS
    heads = [w["factor"], w["instrument"], w["how"], w["length heading"],
             w["minutes"], w["when"], w["terms"]]  # fmt: skip
    tools = {tool["id"]: tool for tool in plan["instruments"]}
    rows = [heads, ["---"] * len(heads)]
    for f in plan["factors"]:
        tool = tools.get(f["instrument"])
        if tool:
            length, terms = tool["length_text"], tool["licence_class"]
            cells = [tool["short"], f["directness"], length, tool["minutes_text"],
                     tool["timing"], terms]  # fmt: skip
        else:
            cells = [w["gap cell"], "", "", "", f["timing"], ""]
        rows.append([plain(c) for c in (f"{f['label']} ({f['id']})", *cells)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def described(tool: Entry) -> str:
    """Return what there is to say of an instrument, in a paragraph."""
    w = WORDS
    who, when, recall = tool["authors"], number(tool["year"]), tool["recall_period"]
    doi = f"https://doi.org/{tool['doi']}" if tool["doi"] else ""
    reference = ". ".join(part.rstrip(".") for part in (who, when, tool["journal"], doi)
                          if part)  # fmt: skip
    terms = w["terms seen" if tool["licence"] else "terms class"]
    facts = [
        say(w["for"], "; ".join(f["label"] for f in tool["factors"])),
        tool["length_text"],
        tool["minutes_text"],
        say(w["recall"], recall) if recall else w["recall unseen"],
        say(w["answered"], tool["reporter"]),
        say(terms, tool["licence_class"], tool["licence"]),
        say(w["loinc"], tool["loinc"]) if tool["loinc"] else "",
        say(w["reference"], reference) if reference else "",
    ]  # fmt: skip
    shown = "; ".join(part for part in facts if part)
    name = "" if tool["name"] == tool["short"] else f" ({tool['name']})"
    told = [f"{tool['short']}{name}: {shown}.", tool["reporter_text"],
            tool["timing_text"]]  # fmt: skip
    return " ".join(part for part in told if part)
