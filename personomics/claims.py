"""The ledger: what the paper's abstract states, what these data give, the verdict."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pandas as pd

from personomics import evidence, style
from personomics.dataset import Dataset
from personomics.html import Block, Markup, Table, join, slug, tag, text
from personomics.words import DASH, clip, counted, listed

AGREES = "agrees"
DIFFERS = "differs"
UNCHECKED = "cannot be checked here"
DESIGN = "holds by design"

#: Verdict: its symbol and its class.
VERDICTS = {
    AGREES: ("✓", "pc-agrees"),
    DIFFERS: ("≠", "pc-differs"),
    UNCHECKED: ("?", "pc-unchecked"),
    DESIGN: ("◇", "pc-design"),
}
COLUMNS = ("claim_id", "kind", "claim", "paper_value", "computed", "verdict", "why")
SOCIAL = r"socio-?economic|income|education|literacy|employ|occupation"


class Finding(NamedTuple):
    """What the data say to a claim: the figure in words, the verdict, and why."""

    computed: str
    verdict: str
    why: str


def compare(found: int, paper: int | None) -> str:
    """Return the verdict on a number."""
    if paper is None:
        return UNCHECKED
    return AGREES if found == paper else DIFFERS


def check_search(ds: Dataset, _: int | None) -> Finding:
    """Say whether any record came out of a search of databases."""
    ways = ds["records"]["found_by"]
    found = int(ways.isin(["database", "register"]).sum())
    computed = f"{found} of {counted(len(ways), 'record')} from databases"
    if found:
        why = (
            f"{counted(found, 'record')} came from databases and registers; that the "
            "search was the paper's own cannot be seen, as its string is not published."
        )
        return Finding(computed, AGREES, why)
    why = "No record came from databases or registers: the search was not repeated."
    return Finding(computed, UNCHECKED, why)


def check_included(ds: Dataset, paper: int | None) -> Finding:
    """Compare the number of included articles."""
    found = len(evidence.included_ids(ds))
    screened = len(ds.columns("articles", "article_id"))
    verdict = compare(found, paper)
    why = f"These data include {found} of {counted(screened, 'record')} screened"
    if verdict == AGREES:
        why += "; the number is the paper's, the articles need not be"
    elif verdict == DIFFERS:
        why += ", so they cannot be the paper's set of articles"
    else:
        why += "; the claim states no number"
    return Finding(counted(found, "included article"), verdict, why + ".")


def check_framework(ds: Dataset, _: int | None) -> Finding:
    """Say whether every factor has its place on the map."""
    rows = evidence.active_factors(ds)
    if rows.empty:
        return Finding("no factors", UNCHECKED, "These data hold no active factor.")
    placed = len(rows.dropna(subset=["level", "com_b"]))
    computed = f"{placed} of {counted(len(rows), 'factor')} placed"
    if placed < len(rows):
        return Finding(computed, DIFFERS, "Some lack a level or a COM-B component.")
    why = (
        "The data format asks for an ecological level and a COM-B component for every "
        "factor, so the organisation is built in and not a finding."
    )
    return Finding(computed, DESIGN, why)


def check_cases(ds: Dataset, paper: int | None) -> Finding:
    """Compare the number of eligible case narratives."""
    found = len(evidence.eligible_ids(ds))
    verdict = compare(found, paper)
    factors = evidence.active_factors(ds)
    new = int((factors["origin"] == "case narratives").sum())
    start = {
        AGREES: "The number is the paper's, the narratives need not be",
        DIFFERS: "These narratives are another sample than the paper's case examples",
        UNCHECKED: "The claim states no number",
    }[verdict]
    why = f"{start}; {counted(new, 'factor')} here came first from narratives."
    return Finding(counted(found, "eligible narrative"), verdict, why)


def check_factors(ds: Dataset, paper: int | None) -> Finding:
    """Compare the number of active factors."""
    rows = evidence.active_factors(ds)
    verdict = compare(len(rows), paper)
    count = rows["origin"].value_counts()
    parts = [f"{origin} ({count.get(origin, 0)})" for origin in style.ORIGIN]
    why = f"By where they were first found: {listed(parts)}"
    if verdict == AGREES:
        why += "; the number is the paper's, the factors need not be"
    return Finding(counted(len(rows), "active factor"), verdict, why + ".")


def check_examples(ds: Dataset, kind: str) -> Finding:
    """Hold the factors the abstract names as stable or dynamic against the labels."""
    rows = evidence.active_factors(ds)
    rows = rows[rows["named_in_abstract"] == kind]
    total = len(rows)
    if not total:
        why = f"No factor of these data is marked as named {kind} in the abstract."
        return Finding("no example found", UNCHECKED, why)
    same = rows["stability"] == kind
    computed = f"{int(same.sum())} of {counted(total, 'example')} labelled {kind}"
    raters = evidence.first_two(ds, "factor_ratings")
    given = ds["factor_ratings"]
    given = given[given["rater_id"].isin(raters) & (given["stability"] == kind)]
    votes = rows["factor_id"].map(given.groupby("factor_id").size()).fillna(0)
    if len(raters) == 2:
        both = int((votes == 2).sum())
        why = f"Both raters said {kind} independently for {both} of {total}"
    else:
        why = "The labels were not given by two independent raters"
    settled = rows["resolution"].fillna("").str.contains(r"\babstract\b", case=False)
    if settled.any():
        names = listed(rows.loc[settled, "label"])
        why += f"; for {names} the abstract itself settled the label, which is circular"
    if not same.all():
        why += f"; labelled otherwise: {listed(rows.loc[~same, 'label'])}"
    return Finding(computed, AGREES if same.all() else DIFFERS, why + ".")


def check_mechanism(_ds: Dataset, _: int | None) -> Finding:
    """Say that the mechanism is assumed by the map."""
    why = "The map assumes it; nothing in these data tests it."
    return Finding("assumed, not tested", DESIGN, why)


def check_trials(ds: Dataset, _: int | None) -> Finding:
    """Set published figures on reporting beside the claim on trial data."""
    facts = ds["trial_facts"]
    facts = facts[facts["topic"] == "reporting"]
    values = ds["trial_fact_values"]
    values = values[
        values["fact_id"].isin(facts["fact_id"]) & (values["measure"] == "percent")
    ]
    social = values[values["label"].str.contains(SOCIAL, case=False)]
    if social.empty:
        why = "These data hold no published figure on the reporting of such factors."
        return Finding("no figures", UNCHECKED, why)
    computed = f"{span(social['value'])} of trials report social circumstances"
    why = (
        f"By {counted(values['fact_id'].nunique(), 'published source')}, "
        f"{span(social['value'])} of trials report or analyse education, work or income"
    )
    other = values.drop(social.index)
    if len(other):
        why += f", and {span(other['value'])} other characteristics"
    why += (
        "; reporting a factor is less than data on how it changes the effect, and what "
        "clinicians do intuitively was not measured."
    )
    return Finding(computed, UNCHECKED, why)


def span(values: pd.Series) -> str:
    """Return the range of some percentages."""
    low, high = (text(float(v)) for v in (values.min(), values.max()))
    return f"{low}% to {high}%" if low != high else f"{low}%"


def check_agenda(ds: Dataset, _: int | None) -> Finding:
    """Count the factors that no brief instrument measures directly."""
    factors, tools = evidence.active_factors(ds), ds["instruments"]
    brief = tools.loc[tools["brief"].astype(bool), "instrument_id"]
    fits = ds["instrument_factors"]
    fits = fits[(fits["directness"] == "direct") & fits["instrument_id"].isin(brief)]
    gaps = int((~factors["factor_id"].isin(fits["factor_id"])).sum())
    computed = (
        f"{gaps} of {counted(len(factors), 'factor')} without a direct brief tool"
    )
    why = (
        "A call to act is neither true nor false; the figure counts the factors for "
        "which these data hold no brief instrument that measures them directly."
    )
    return Finding(computed, UNCHECKED, why)


#: The checks by the names that the column ``check`` of the claims table allows.
CHECKS: dict[str, Callable[[Dataset, int | None], Finding]] = {
    "search": check_search,
    "included": check_included,
    "framework": check_framework,
    "cases": check_cases,
    "factors": check_factors,
    "stable examples": lambda ds, _: check_examples(ds, "stable"),
    "dynamic examples": lambda ds, _: check_examples(ds, "dynamic"),
    "mechanism": check_mechanism,
    "trial data": check_trials,
    "agenda": check_agenda,
}


def ledger(ds: Dataset) -> pd.DataFrame:
    """Return every claim of the paper with what these data give and the verdict.

    Returns
    -------
    DataFrame
        One row per claim, in file order: claim_id, kind, claim, paper_value (integer or
        missing), computed (words), verdict (a key of ``VERDICTS``), why (a sentence).

    Examples
    --------
    >>> from personomics import load
    >>> set(ledger(load())["verdict"]) <= set(VERDICTS)
    True
    """
    rows: list[dict[Any, object]] = []
    for claim in ds["claims"].to_dict("records"):
        paper = None if pd.isna(claim["paper_value"]) else int(claim["paper_value"])
        finding = CHECKS[claim["check"]](ds, paper)
        rows.append({**claim, "paper_value": paper, **finding._asdict()})
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.astype({"paper_value": "Int64"})


def mark(verdict: str, more: str = "") -> Markup:
    """Return a verdict as symbol and word, with more words after it."""
    symbol, kind = VERDICTS[verdict]
    sign = tag("span", symbol, aria_hidden="true")
    return tag("span", join([sign, f" {verdict}{more}"]), class_=f"pc-verdict {kind}")


def paper_mark(value: object) -> Markup:
    """Return a number of the paper, marked as such, or a dash."""
    shown = text(value)
    return tag("span", f"paper: {shown}", class_="pc-paper") if shown else Markup(DASH)


def data_mark(computed: object) -> Markup:
    """Return what these data give, marked as such."""
    return tag("span", f"these data: {text(computed)}", class_="pc-data")


def claims_table(ds: Dataset) -> Table:
    """Return the ledger as a table for reading; the ids of the rows are the claims'."""
    return Table(
        ledger(ds),
        "What the paper’s abstract states, held against these data",
        {"claim_id": "Claim", "claim": "The paper states", "paper_value": "Paper",
         "computed": "These data", "why": "Why"},
        {"verdict": mark, "paper_value": paper_mark},
        anchor="claim_id",
    )  # fmt: skip


def verdict_counts(ds: Dataset) -> dict[str, int]:
    """Return how many claims got each verdict, in the order of ``VERDICTS``."""
    given = list(ledger(ds)["verdict"])
    return {verdict: given.count(verdict) for verdict in VERDICTS}


def counts_row(ds: Dataset) -> Markup:
    """Return the verdicts with their counts as one row of marks."""
    marks = [mark(v, f": {n}") for v, n in verdict_counts(ds).items() if n]
    return tag("p", join(marks, " "), class_="pc-counts")


def glance(ds: Dataset, root: str = ".") -> Block:
    """Return the ledger as a compact block; ``root`` leads to the top of the site."""
    items, lines = [], []
    for row in ledger(ds).to_dict("records"):
        short = clip(row["claim"].rstrip("."), 80)
        claim = evidence.page_link("claims", row["claim_id"], row["claim_id"], root)
        parts: list[object] = [claim, short]
        if text(row["paper_value"]):
            parts.append(paper_mark(row["paper_value"]))
        parts += [data_mark(row["computed"]), mark(row["verdict"])]
        line = join([parts[0], join(parts[1:], " · ")], " ")
        items.append(tag("li", line, class_="pc-claim"))
        lines.append(f"{row['claim_id']} {row['verdict']}: {row['computed']}")
    body = tag("ul", join(items)) if items else tag("p", "No claim is on record.")
    counts = counts_row(ds) if items else Markup("")
    block = tag("div", counts + body, class_="pc-glance")
    return Block(block, "\n".join(lines) or "No claim is on record.")


def numbers(ds: Dataset) -> dict[str, object]:
    """Return what prose says of the claims: verdict counts and each check's figures.

    A check such as ``included`` gives ``included-paper`` and ``included-here``; a dash
    stands where no claim has the check or states no number.
    """
    result: dict[str, object] = {"claims": len(ds["claims"])}
    result |= {slug(verdict): n for verdict, n in verdict_counts(ds).items()}
    found = ledger(ds).assign(check=list(ds["claims"]["check"]))
    for check in CHECKS:
        rows = found[found["check"] == check].to_dict("records")
        first = rows[0] if rows else {"paper_value": None, "computed": DASH}
        result[f"{slug(check)}-paper"] = text(first["paper_value"]) or DASH
        result[f"{slug(check)}-here"] = first["computed"]
    return result
