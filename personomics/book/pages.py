"""Every generated page of the book, and the pages on instruments and claims."""

from __future__ import annotations

import pandas as pd

from personomics import claims, evidence
from personomics.book import catalogue, checklists, dictionary, flow_page
from personomics.book.parts import (
    Record,
    Sections,
    card,
    cards,
    facts,
    grouped,
    page,
    raw,
    sources,
)
from personomics.dataset import Dataset
from personomics.html import Markup, Table, escape, join, link, tag, text
from personomics.words import counted

__all__ = ["pages", "raw"]

PUBMED = "https://pubmed.ncbi.nlm.nih.gov/"
MEANING = {
    claims.AGREES: "What these data give is what the paper states. It does not follow "
    "that both found it in the same articles, cases or factors.",
    claims.DIFFERS: "What these data give is not what the paper states. Neither is "
    "thereby wrong: other material may have been read, or in another way.",
    claims.UNCHECKED: "These data hold nothing that the claim could be held to.",
    claims.DESIGN: "These data were built so that the claim holds in them. That it "
    "does is no evidence for it.",
}
RULES = {
    "A number": "The paper’s number is compared with the count in these data. Only an "
    "equal number agrees; nothing is counted as near enough.",
    "Named examples": "A claim that names examples agrees when every factor marked as "
    "such an example carries the same label in these data. Where a label was settled "
    "by referring to the abstract, the ledger says so.",
    "Data in trials": "Published figures on how many trials report such factors are "
    "set beside the claim; they bear on it without settling it.",
    "The rest": "Assumptions built into the data hold by design; calls to act, and "
    "whatever these data do not cover, cannot be checked here.",
}
CAUTIONS = (
    "Agreement on a number does not mean agreement on what was counted.",
    "A difference does not show a mistake, neither in the paper nor in these data.",
    "A label that was settled by looking at the abstract cannot confirm the abstract.",
    "Nothing here tests whether a factor changes the outcome of a treatment.",
    "Only the paper’s abstract was read; its full text may say more, or otherwise.",
)


def pages(ds: Dataset) -> dict[str, str]:
    """Return every generated page: path inside the book to Markdown text.

    Examples
    --------
    >>> from personomics import load
    >>> pages(load())["reference/claims.md"].splitlines()[0]
    '# Claims of the paper'
    """
    kinds = (
        ("factors", "Factor catalogue", catalogue.factors_intro, catalogue.factors),
        ("articles", "Articles", catalogue.articles_intro, catalogue.articles),
        ("cases", "Case narratives", catalogue.cases_intro, catalogue.cases),
        ("flow", "Records in the flow diagram", flow_page.intro, flow_page.sections),
        ("instruments", "Instruments", instruments_intro, instruments),
        ("claims", "Claims of the paper", claims_intro, ledger),
        ("data-dictionary", "Data dictionary", dictionary.intro, dictionary.sections),
        ("changes", "Changes of the data", dictionary.news, dictionary.changes),
    )
    built = {
        f"reference/{name}.md": page(title, intro(ds), sections(ds))
        for name, title, intro, sections in kinds
    }
    return built | checklists.pages(ds, built)


def instruments_intro(ds: Dataset) -> str:
    """Say how many instruments there are, and for how many factors there is none."""
    factors = evidence.active_factors(ds)["factor_id"]
    bare = int((~factors.isin(ds["instrument_factors"]["factor_id"])).sum())
    gap = f"For {bare} of {counted(len(factors), 'active factor')} none was found. "
    return (
        f"These data hold {counted(len(ds['instruments']), 'instrument')}. "
        f"{gap if bare else ''}*Not seen* means that "
        "no readable copy showed it. Check licence and length with the source before "
        "use; no wording of a questionnaire is reproduced here. "
        "[The research agenda](../chapters/05-research-agenda.ipynb) shows the gaps."
    )


def instruments(ds: Dataset) -> Sections:
    """Return the table of instruments, one anchor per row."""
    statement = tag("p", ds.statement("instruments"))
    rows = ds["instruments"]
    if rows.empty:
        return [("", statement + tag("p", "These data hold no instruments."))]
    records = {row["instrument_id"]: row for row in rows.to_dict("records")}
    fits = grouped(ds["instrument_factors"], "instrument_id")
    names = evidence.factor_labels(ds)

    def factors(key: str) -> Markup:
        shown = [
            tag(
                "li",
                evidence.page_link("factors", f["factor_id"], names[f["factor_id"]])
                + f" ({f['directness']})",
            )
            for f in fits.get(key, [])
        ]
        return tag("ul", join(shown)) if shown else escape("none")

    def name(key: str) -> Markup:
        row = records[key]
        short = text(row["abbreviation"])
        return escape(f"{row['name']} ({short})" if short else text(row["name"]))

    def source(key: str) -> Markup:
        remark = text(records[key]["note"])
        parts = [reference(records[key]), tag("p", remark) if remark else ""]
        return join(part for part in parts if part)

    keys = rows["instrument_id"]
    frame = pd.DataFrame(
        dict.fromkeys(
            ("instrument_id", "name", "measures", "use", "terms", "source"), keys
        )
    )
    table = Table(
        frame,
        f"{counted(len(rows), 'instrument')} of these data",
        {"use": "Length and use", "terms": "Licence and code", "source": "Source"},
        {
            "name": name,
            "measures": factors,
            "use": lambda key: use(records[key]),
            "terms": lambda key: terms(records[key]),
            "source": source,
        },
        row_header="name",
        anchor="instrument_id",
    )
    return [("", statement + table.html())]


def use(row: Record) -> Markup:
    """Return how long an instrument is, who answers, and how far it looks back."""
    items = text(row["n_items"])
    minutes = text(row["minutes_text"]) or text(row["minutes"])
    lines = [
        counted(int(items), "item") if items else "items not seen",
        f"minutes: {minutes}" if minutes else "minutes not seen",
        f"reporter: {row['reporter']}",
    ]
    if period := text(row["recall_period"]):
        lines.append(f"looks back on: {period}")
    return tag("ul", join(tag("li", line) for line in lines))


def terms(row: Record) -> Markup:
    """Return an instrument's licence and LOINC code as far as seen."""
    code = text(row["loinc"])
    lines = [
        text(row["licence"]) or "licence not seen",
        f"LOINC {code}" if code else "",
    ]
    return tag("ul", join(tag("li", line) for line in lines if line))


def reference(row: Record) -> Markup:
    """Return where an instrument was published and read."""
    doi = text(row["doi"])
    words = " ".join(text(row[c]) for c in ("authors", "year", "journal")).split()
    secondary = row["read_in"] == "secondary"
    parts = [
        escape(" ".join(words)),
        link(f"https://doi.org/{doi}", "DOI") if doi else "",
        sources(row["source_urls"]),
        "secondary copy: check against the reference" if secondary else "",
    ]
    return join([part for part in parts if part], " · ") or escape("not seen")


def claims_intro(_: Dataset) -> str:
    """Say what the ledger is."""
    return (
        "This page lists what the paper’s abstract states, in our words, and holds "
        "each statement against these data. Only the abstract was available to this "
        "project, so nothing here speaks about the rest of the paper."
    )


def ledger(ds: Dataset) -> Sections:
    """Return the ledger, how verdicts are reached, and what may not be concluded."""
    pmid = text(ds.paper["pmid"])
    paper = link(f"{PUBMED}{pmid}/", f"PubMed record {pmid}")
    entries = [claim_card(row) for row in claims.ledger(ds).to_dict("records")]
    counts = claims.counts_row(ds) if entries else Markup("")
    opening = tag("p", join(["The paper’s abstract: ", paper, "."])) + counts
    verdicts = [
        tag("dt", claims.mark(verdict)) + tag("dd", meaning)
        for verdict, meaning in MEANING.items()
    ]
    cautions = tag("ul", join([tag("li", caution) for caution in CAUTIONS]))
    how = tag("dl", join(verdicts), class_="pc-facts") + facts(RULES)
    return [
        ("The ledger", opening + cards(entries, "No claim is on record.")),
        ("How the verdicts are reached", how),
        ("What may not be concluded", tag("p", ds.statement("relation")) + cautions),
    ]


def claim_card(row: Record) -> Markup:
    """Return one claim: the paper's words in ours, what the data give, the verdict."""
    return card(
        row["claim_id"],
        f"{row['claim_id']}: {row['kind']}",
        *(
            tag("p", join([sign, row[column]], " "))
            for sign, column in (
                (tag("span", "paper:", class_="pc-paper"), "claim"),
                (tag("span", "these data:", class_="pc-data"), "computed"),
                (claims.mark(row["verdict"], ":"), "why"),
            )
        ),
    )
