"""A measurement plan as text for a trial protocol, under the items of SPIRIT.

The headings name the items of SPIRIT 2025 (Chan 2025, doi 10.1136/bmj-2024-081477) that
the text serves, and those of SPIRIT 2013 (Chan 2013, doi 10.1136/bmj.e7586) in
brackets: 25a (18a) data collection, 18 (13) participant timeline, 27d (20b) additional
analyses, 19 (14) sample size, 27c (20c) missing data, 25b (18b) retention. What only
the trial team can say stands in square brackets and begins with FILL IN. The text says
how each factor is to be measured; it never says that an instrument is valid.

The script of the page (``plan-files.js``) writes the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from personomics.plans.citations import reference
from personomics.plans.files import plain, say

Plan = Mapping[str, Any]
Entry = Mapping[str, Any]
WORDS = {
    "title": "Measurement of psychosocial and contextual factors: text for the "
    "protocol",
    "from": "Made from {0}, data {1}, rule {2}. This selection: {3}",
    "guide": "Headings name items of SPIRIT 2025 [1], in brackets those of SPIRIT 2013 "
    "[2]. Complete or delete whatever says FILL IN, and check every statement against "
    "the sources before use.",
    # Data collection
    "collection": "Data collection methods: SPIRIT 2025 item 25a (2013: 18a)",
    "what": "These factors will be measured as possible modifiers of the treatment "
    "effect; they are not outcomes of the trial: {0}.",
    "how": "They will be measured with the following instruments, chosen from those on "
    "record by a fixed rule. {0}",
    "none": "No instrument on record can be used by this rule.",
    "instrument": "{0} [{1}], for {2}: {3}; {4}; {5}. {6}",
    "named": "{0} ({1})",
    "direct": "{0}",
    "partial": "{0} (measures a part of it)",
    "proxy": "{0} (measures something near it, not the factor itself)",
    "recall": "looks back on {0}",
    "no recall": "period looked back on not seen",
    "self": "Reported by the participant.",
    "loinc": "LOINC as seen: {0}.",
    "quality": "[FILL IN: reliability and validity of each instrument in people like "
    "those of this trial, with sources; the data behind this text do not judge them.] "
    "[FILL IN: language versions, how those who ask or test are trained, and where the "
    "forms can be accessed.]",
    "gaps": "What the instruments leave open:",
    "gap": "{0}: {1}",
    "item": "[FILL IN: an item of our own on {0}, its answers, and how it was tried "
    "out.]",
    "warnings": "To be settled before the trial:",
    # Timeline
    "timeline": "Participant timeline: SPIRIT 2025 item 18 (2013: 13)",
    "measure": "Measure",
    "baseline": "Before randomisation",
    "repeated": "[FILL IN: later visits]",
    "own": "Item of our own: {0}",
    "burden": "Burden before randomisation: {0} At each later visit: {1}",
    "once": "Before randomisation only.",
    "again": "Before randomisation and at later visits.",
    "stable": "Measured once, as they are not expected to change over the trial: {0}.",
    "dynamic": "Measured again at later visits, as they may change during it: {0}.",
    # Analyses
    "analysis": "Additional analyses: SPIRIT 2025 item 27d (2013: 20b)",
    "test": "Whether the effect of treatment on [FILL IN: outcome and scale] differs "
    "with a factor will be tested by the interaction of treatment and factor, one "
    "factor at a time, in [FILL IN: model, with its covariates]. Scores will be used "
    "as they are measured, without cut-points chosen from the data. Only values from "
    "before randomisation count as modifiers: later values may themselves be changed "
    "by the treatment, and will be used for [FILL IN: description, mediation, or "
    "nothing].",
    "count": "Number of prespecified interaction tests with an instrument: {0}. "
    "[FILL IN: whether items of our own are tested as well, and how multiple tests are "
    "allowed for.] Every interaction will be reported with its confidence "
    "interval, whatever it shows; a difference between significant and not significant "
    "subgroup effects will not be taken as evidence. The credibility of any claimed "
    "modification will be rated with ICEMAN [3], and effects will be shown on the "
    "absolute scale as well, as PATH [4] advises.",
    "factor": "Factor",
    "measured": "Measured with",
    "direction": "Expected direction, fixed beforehand",
    "expected": "[FILL IN: larger or smaller effect where higher, and why]",
    "only near": "{0} (near the factor only: exploratory)",
    "own item": "item of our own",
    # Sample size
    "size": "Sample size: SPIRIT 2025 item 19 (2013: 14)",
    "power": "With [FILL IN: number] participants, the trial has [FILL IN: %] power to "
    "find an interaction of [FILL IN: size and scale] between treatment and [FILL IN: "
    "one of {0}], assuming [FILL IN: share or spread of the factor, reliability of its "
    "instrument, allocation, loss to follow-up, number of tests]. An interaction needs "
    "far more participants than a main effect of the same size. Worked out with: {1}",
    "no power": "If the trial is not powered for an interaction: [FILL IN: say so; the "
    "tests are then exploratory, and their purpose is the estimate and later pooling].",
    # Missing
    "missing": "Retention and missing data: SPIRIT 2025 items 25b and 27c (2013: 18b "
    "and 20c)",
    "not given": "Whether each measure was completed, when, and if not why, will be "
    "recorded at every visit. [FILL IN: how completion is helped, such as reading "
    "aloud, a proxy, another language.] [FILL IN: how missing factors are handled in "
    "the analyses.]",
    # PROGRESS-Plus
    "progress": "PROGRESS-Plus characteristics (no SPIRIT item of their own)",
    "whole": "{0} ({1})",
    "part": "{0}, in part ({1})",
    "covered": "Of the PROGRESS-Plus characteristics [5], this selection covers: {0}.",
    "nothing covered": "This selection covers none of the PROGRESS-Plus "
    "characteristics [5].",
    "not covered": "It does not cover: {0}. [FILL IN: how these will be recorded, or "
    "why not.]",
    "references": "References",
    "1": "Chan A-W, Boutron I, Hopewell S, et al. SPIRIT 2025 statement: updated "
    "guideline for protocols of randomised trials. BMJ, 2025. "
    "doi:10.1136/bmj-2024-081477",
    "2": "Chan A-W, Tetzlaff JM, Gøtzsche PC, et al. SPIRIT 2013 explanation and "
    "elaboration: guidance for protocols of clinical trials. BMJ 2013;346:e7586",
    "3": "Schandelmaier S, Briel M, Varadhan R, et al. Development of the Instrument "
    "to assess the Credibility of Effect Modification Analyses (ICEMAN) in randomized "
    "controlled trials and meta-analyses. CMAJ 2020;192(32):E901-E906. "
    "doi:10.1503/cmaj.200077",
    "4": "Kent DM, Paulus JK, van Klaveren D, et al. The Predictive Approaches to "
    "Treatment effect Heterogeneity (PATH) Statement. Ann Intern Med "
    "2020;172(1):35-45. doi:10.7326/M18-3667",
    "5": "O'Neill J, Tabish H, Welch V, et al. Applying an equity lens to "
    "interventions: using PROGRESS ensures consideration of socially stratifying "
    "factors to illuminate inequities in health. J Clin Epidemiol 2014;67(1):56-64. "
    "doi:10.1016/j.jclinepi.2013.08.005",
}
#: References on method that come before those of the instruments.
METHODS = ("1", "2", "3", "4", "5")
PLAN_PAGE = re.compile(r"plan\.html(#.*)?\Z")


def protocol(plan: Plan) -> str:
    """Return the text for a protocol as Markdown.

    Parameters
    ----------
    plan : mapping
        What :func:`personomics.plans.choose` returns.

    Returns
    -------
    str
        A heading for each item of SPIRIT that is served, numbered references at the
        end. Text from the data is escaped.
    """
    w = WORDS
    made = say(w["from"], plan["title"], plan["version"], plan["rule"], "")
    labels = join([f["label"] for f in plan["factors"]])
    power = link(PLAN_PAGE.sub("power.html", plan["link"]))
    blocks = [
        f"# {w['title']}",
        plain(made) + link(plan["link"]),
        f"{w['guide']} {plain(plan['notice'])}",
        f"## {w['collection']}",
        plain(say(w["what"], labels)),
        *instruments(plan),
        *gaps(plan),
        f"## {w['timeline']}",
        plain(" ".join([*timing(plan), burden(plan)])),
        timeline(plan),
        f"## {w['analysis']}",
        w["test"],
        say(w["count"], len(plan["instruments"])),
        interactions(plan),
        f"## {w['size']}",
        f"{say(w['power'], plain(labels), power)}",
        w["no power"],
        f"## {w['missing']}",
        w["not given"],
        f"## {w['progress']}",
        progress(plan),
        f"## {w['references']}",
        references(plan),
    ]
    return "\n\n".join(blocks) + "\n"


def join(texts: Sequence[str]) -> str:
    """Return texts one after the other, which may hold commas."""
    return "; ".join(texts)


def link(address: str) -> str:
    """Return an address as a link, or as code where it leads to no web page.

    >>> print(link("https://example.org/plan.html#pick=F1"), link("plan.html#x"))
    <https://example.org/plan.html#pick=F1> `plan.html#x`
    """
    web = re.fullmatch(r"https?://[^\s<>\\]+", address)
    return f"<{address}>" if web else f"`{address.replace('`', '')}`"


def bullets(texts: Sequence[str]) -> str:
    """Return a list."""
    return "\n".join(f"- {text}" for text in texts)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return a table; the first row is the head."""
    ruled = [rows[0], ["---"] * len(rows[0]), *rows[1:]]
    return "\n".join(f"| {' | '.join(row)} |" for row in ruled)


def named(tool: Entry) -> str:
    """Return the name of an instrument, with its abbreviation."""
    return (
        say(WORDS["named"], tool["name"], tool["abbreviation"])
        if tool["abbreviation"]
        else str(tool["name"])
    )


def instruments(plan: Plan) -> list[str]:
    """Return with what the factors are measured, and what there is to be said of it."""
    if not plan["instruments"]:
        return [WORDS["none"]]
    first = len(METHODS) + 1
    told = [described(tool, n) for n, tool in enumerate(plan["instruments"], first)]
    how = say(WORDS["how"], plain(plan["rule_text"]))
    return [how, bullets(told), WORDS["quality"]]


def described(tool: Entry, number: int) -> str:
    """Return how an instrument will be used, with the number of its reference."""
    w = WORDS
    serves = [say(w[f["directness"]], f["label"]) for f in tool["factors"]]
    recall = tool["recall_period"]
    more = (
        tool["reporter_text"] or w["self"],
        w["once" if tool["timing"] == "baseline" else "again"],
        say(w["loinc"], tool["loinc"]) if tool["loinc"] else "",
    )
    return say(
        w["instrument"],
        plain(named(tool)),
        number,
        plain(join(serves)),
        plain(tool["length_text"]),
        plain(tool["minutes_text"]),
        plain(say(w["recall"], recall) if recall else w["no recall"]),
        plain(" ".join(filter(None, more))),
    )


def gaps(plan: Plan) -> list[str]:
    """Return what no instrument measures, and what to settle beforehand."""
    told = []
    for factor in plan["factors"]:
        if factor["gap"] or factor["needs_custom_item"]:
            what = plain(say(WORDS["gap"], factor["label"], factor["gap_text"]))
            own = say(WORDS["item"], plain(factor["label"]))
            told.append(f"{what} {own}" if factor["needs_custom_item"] else what)
    warned = [plain(w["text"]) for w in plan["warnings"] if w["about"] != "gap"]
    return [
        *([WORDS["gaps"], bullets(told)] if told else []),
        *([WORDS["warnings"], bullets(warned)] if warned else []),
    ]


def timing(plan: Plan) -> list[str]:
    """Return which factors are measured once and which again, with the reason."""
    told = []
    for name in ("stable", "dynamic"):
        labels = [f["label"] for f in plan["factors"] if f["stability"] == name]
        told += [say(WORDS[name], join(labels))] if labels else []
    return told


def burden(plan: Plan) -> str:
    """Return the items and minutes of the plan, as far as they are known."""
    numbers = plan["totals"]
    return say(
        WORDS["burden"], numbers["baseline"]["text"], numbers["repeated"]["text"]
    )


def timeline(plan: Plan) -> str:
    """Return what is measured when, as a table."""
    w = WORDS
    rows = [(tool["short"], tool["timing"]) for tool in plan["instruments"]]
    rows += [
        (say(w["own"], factor["label"]), factor["timing"])
        for factor in plan["factors"]
        if factor["needs_custom_item"]
    ]
    body = [
        [plain(name), "X", "" if timing == "baseline" else "X"] for name, timing in rows
    ]
    return table([[w["measure"], w["baseline"], w["repeated"]], *body])


def interactions(plan: Plan) -> str:
    """Return the prespecified tests, as a table."""
    w = WORDS
    tools = {tool["id"]: tool["short"] for tool in plan["instruments"]}
    rows = [[w["factor"], w["measured"], w["direction"]]]
    for factor in plan["factors"]:
        short = tools.get(factor["instrument"], w["own item"])
        near = factor["directness"] == "proxy"
        rows.append([
            plain(factor["label"]),
            plain(say(w["only near"], short) if near else short),
            w["expected"],
        ])  # fmt: skip
    return table(rows)


def progress(plan: Plan) -> str:
    """Return which PROGRESS-Plus characteristics the factors cover."""
    w, found = WORDS, plan["progress_plus"]
    labels = {factor["id"]: factor["label"] for factor in plan["factors"]}
    covered = [
        say(w[c["cover"]], c["characteristic"], join([labels[f] for f in c["factors"]]))
        for c in found["covered"]
    ]
    missed = join(found["not_covered"])
    told = say(w["covered"], plain(join(covered))) if covered else w["nothing covered"]
    return f"{told} {say(w['not covered'], plain(missed))}" if missed else told


def references(plan: Plan) -> str:
    """Return the numbered references: on method, then of the instruments in order."""
    texts = [WORDS[name] for name in METHODS]
    texts += [reference(tool) for tool in plan["instruments"]]
    return "\n".join(f"{n}. {plain(text)}" for n, text in enumerate(texts, 1))
