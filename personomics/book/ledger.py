"""The page of the claims: what the paper's abstract says, and what the data give."""

from __future__ import annotations

from personomics import claims
from personomics.book.parts import Record, Sections, card, cards, facts
from personomics.dataset import Dataset
from personomics.html import Markup, join, link, tag, text

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


def intro(_: Dataset) -> str:
    """Say what the ledger is."""
    return (
        "This page lists what the paper’s abstract states, in our words, and holds "
        "each statement against these data. Only the abstract was available to this "
        "project, so nothing here speaks about the rest of the paper."
    )


def sections(ds: Dataset) -> Sections:
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
