"""The catalogues of factors, articles and case narratives, as sections of pages."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from personomics import evidence
from personomics.book.parts import (
    Record,
    Sections,
    card,
    cards,
    citation,
    facts,
    fold,
    grouped,
    meta,
    quoted,
    sources,
)  # fmt: skip
from personomics.dataset import Dataset
from personomics.evidence import page_link
from personomics.html import Markup, Table, join, link, tag, text
from personomics.style import badge
from personomics.words import counted

LABELS = {"level": "Level", "com_b": "COM-B", "stability": "Stability"}
STATES = {
    "include": "Included",
    "awaiting full text": "Awaiting full text",
    "exclude": "Excluded",
    "": "Not yet judged",
}
CRITERIA = ("e1", "e2", "e3", "e4")
Groups = Mapping[str, list[Record]]
Names = Mapping[str, str]


def factors_intro(ds: Dataset) -> str:
    """Say what the factor catalogue holds."""
    rows = evidence.support(ds)
    bare = int((rows["terms"] == 0).sum())
    gap = f"For {bare} of them no term of an included article is on record."
    return (
        f"These data hold {counted(len(rows), 'active factor')}, grouped by the COM-B "
        "component through which each chiefly acts. Every entry shows what stands "
        "behind the factor: words of the articles, passages of case narratives and "
        f"the instruments that measure it. {gap if bare else ''}\n\n"
        "Signs: ■ stable, ● dynamic; † first found in the paper’s abstract, ‡ first "
        "found in case narratives. How it came about: "
        "[the terms](../chapters/02-extraction.ipynb), "
        "[the map](../chapters/03-concept-map.ipynb)."
    )


def factors(ds: Dataset) -> Sections:
    """Return the factor catalogue, one section per COM-B component."""
    tools = ds["instrument_factors"].merge(ds["instruments"], on="instrument_id")
    ground = {
        "terms": grouped(evidence.term_factors(ds), "factor_id"),
        "cases": grouped(evidence.case_factors(ds), "factor_id"),
        "tools": grouped(tools, "factor_id"),
        "ratings": grouped(ds["factor_ratings"], "factor_id"),
    }
    names = {"articles": evidence.article_labels(ds), "cases": evidence.case_labels(ds)}
    by_part = grouped(evidence.active_factors(ds), "com_b")
    sections: Sections = [("", jump_list(ds, by_part))]
    for part, definition in ds.codes("com_b").items():
        entries = [factor_card(ds, r, ground, names) for r in by_part.get(part, [])]
        about = meta(badge("com_b", part), definition)
        none = "No factor of these data acts chiefly through this component."
        sections.append((part.capitalize(), about + cards(entries, none)))
    old = ds["factors"][ds["factors"]["status"] != "active"].to_dict("records")
    if old:
        gone = "No longer in use; kept so that earlier citations still lead somewhere."
        entries = [factor_card(ds, r, ground, names) for r in old]
        sections.append(("Deprecated factors", meta(gone) + cards(entries, "")))
    return sections


def jump_list(ds: Dataset, by_part: Groups) -> Markup:
    """Return links to all active factors, by COM-B component in codebook order."""
    lines = []
    for part in ds.codes("com_b"):
        rows = by_part.get(part, [])
        links = join([link(f"#{r['factor_id']}", r["label"]) for r in rows], " · ")
        lines.append(tag("p", join([badge("com_b", part), links], " ")))
    return tag("nav", join(lines), class_="pc-jump", aria_label="Factors")


def factor_card(
    ds: Dataset, row: Record, ground: Mapping[str, Groups], names: Mapping[str, Names]
) -> Markup:
    """Return the entry of one factor: labels, definition, and what supports it."""
    key = row["factor_id"]
    terms, cases, tools, ratings = (ground[g].get(key, []) for g in ground)
    marks = [badge(c, row[c]) for c in ("com_b", "level", "stability", "origin")]
    by_article: dict[str, list[Markup]] = {}
    for t in terms:
        how = "" if t["resolution"] == "agree" else t["resolution"]
        quote = quoted(t["term"], t["place"], how)
        by_article.setdefault(t["article_id"], []).append(quote)
    words = [
        page_link("articles", a, names["articles"][a]) + ": " + join(found, "; ")
        for a, found in by_article.items()
    ]
    passages = [
        page_link("cases", c["case_id"], names["cases"][c["case_id"]])
        + ": "
        + quoted(c["evidence"], c["item"])
        for c in cases
    ]
    measures = [
        page_link("instruments", i["instrument_id"], i["name"])
        + f" ({i['directness']}{', brief' if i['brief'] else ''})"
        for i in tools
    ]
    n_terms = counted(len(terms), "term")
    n_articles = counted(len(by_article), "article")
    n_cases = counted(len({c["case_id"] for c in cases}), "narrative")
    return card(
        key,
        row["label"],
        meta(key, *marks),
        tag("p", row["definition"]),
        tag("p", row["note"], class_="pc-note") if text(row["note"]) else "",
        rater_labels(ds, row, ratings),
        "" if terms else meta("No term of an included article is on record for it."),
        fold(f"{n_terms} in {n_articles} of these data", words),
        fold(f"{counted(len(cases), 'passage')} in {n_cases} of these data", passages),
        "" if tools else meta("No instrument was found for it in readable copies."),
        fold(f"{counted(len(tools), 'instrument')} found", measures),
    )


def rater_labels(ds: Dataset, row: Record, ratings: list[Record]) -> Markup:
    """Return what the raters said where one of them departs from the consensus."""
    lines = []
    for column, name in LABELS.items():
        given = [(evidence.rater_name(ds, r["rater_id"]), r[column]) for r in ratings]
        if any(label != row[column] for _, label in given):
            said = ", ".join(f"{who} {label}" for who, label in given)
            lines.append(f"{name}: {said}; consensus {row[column]}")
    if lines and text(row["resolution"]):
        lines.append(f"Reason given for the consensus: {row['resolution']}")
    return fold("The raters did not all label it so:", lines)


def articles_intro(ds: Dataset) -> str:
    """Say how many records these data hold and how they were judged."""
    given = list(evidence.articles_with_state(ds)["verdict"].fillna(""))
    counts = [f"{given.count(s)} {n.lower()}" for s, n in STATES.items() if s in given]
    return (
        f"These data hold {counted(len(given), 'screened record')}"
        f"{': ' if counts else ''}{', '.join(counts)}. Whether the paper’s articles "
        "are among them cannot be said, because their list is not available. Every "
        "rater’s judgement is shown. [The search chapter](../chapters/01-search.ipynb) "
        "tells how records were found and how far the raters agreed."
    )


def articles(ds: Dataset) -> Sections:
    """Return all records: the included in full, the others as tables."""
    rows, labels = evidence.articles_with_state(ds), evidence.article_labels(ds)
    judged, names = grouped(ds["screening"], "article_id"), evidence.factor_labels(ds)
    pairs = grouped(evidence.article_factor_pairs(ds), "article_id")
    sets = ds["inclusion_sets"].merge(ds["inclusion_rules"], on="rule_id")
    rules = grouped(sets.sort_values("position"), "article_id")
    criteria = facts(ds.codes("criterion"))
    entries = []
    for row in evidence.included_articles(ds).to_dict("records"):
        key = row["article_id"]
        named = [
            page_link("factors", pair["factor_id"], names[pair["factor_id"]])
            + f" ({pair['terms']})"
            for pair in pairs.get(key, [])
        ]
        about = {
            "Kind": row["kind"],
            "Population": row["population"],
            "Text seen": row["text_seen"],
            "Copy read": join([row["read_in"], sources(row["source_urls"])], " "),
            "Kept by": ", ".join(text(r["label"]) for r in rules.get(key, [])),
            "Note": row["note"],
        }
        entries.append(
            card(
                key,
                labels[key],
                citation(row),
                meta(evidence.identifier_links(row)),
                facts(about),
                fold("Verdicts", verdicts(ds, judged.get(key, []))),
                fold(f"{counted(len(named), 'factor')} named (number of terms)", named),
            )
        )
    none = "No article is included."
    opening = tag("p", ds.statement("screening")) + criteria
    sections = [(STATES["include"], opening + cards(entries, none))]
    for state in list(STATES)[1:]:
        part = rows[rows["verdict"].fillna("") == state]
        if len(part):
            table = article_table(ds, part, labels, judged, STATES[state])
            sections.append((STATES[state], table))
    return sections


def verdicts(ds: Dataset, rows: list[Record], *, criteria: bool = True) -> list[Markup]:
    """Return one line per rater: the verdict, the criteria if wanted, the reason."""
    lines = []
    for row in rows:
        marks = [f"{e.upper()} {row[e]}" for e in CRITERIA if text(row[e])]
        shown = f" ({', '.join(marks)})" if criteria and marks else ""
        reason = f": {row['reason']}" if text(row["reason"]) else ""
        who = tag("b", evidence.rater_name(ds, row["rater_id"]))
        lines.append(join([who, f" {row['verdict']}{shown}{reason}"]))
    return lines


def article_table(
    ds: Dataset, part: pd.DataFrame, labels: Names, judged: Groups, name: str
) -> Markup:
    """Return records that are not included as a table with one anchor per row."""
    records = {row["article_id"]: row for row in part.to_dict("records")}
    frame = part[["article_id", "title", "year", "journal"]].assign(
        label=part["article_id"],
        identifiers=part["article_id"],
        verdicts=part["article_id"],
    )[["article_id", "label", "title", "year", "journal", "identifiers", "verdicts"]]

    def identifiers(key: str) -> Markup:
        row = records[key]
        known = [evidence.identifier_links(row), sources(row["source_urls"])]
        return join([k for k in known if k], " · ")

    def judgements(key: str) -> Markup:
        lines = verdicts(ds, judged.get(key, []), criteria=False)
        return tag("ul", join([tag("li", line) for line in lines]))

    return Table(
        frame,
        f"{name}: {counted(len(part), 'record')} of these data",
        {"label": "Record", "verdicts": "Verdicts and reasons"},
        {
            "label": lambda key: labels[key],
            "title": lambda title: text(title) or "not seen",
            "identifiers": identifiers,
            "verdicts": judgements,
        },
        row_header="label",
        anchor="article_id",
    ).html()


def cases_intro(ds: Dataset) -> str:
    """Say how many narratives these data hold."""
    found, kept = len(ds["cases"]), len(evidence.eligible_cases(ds))
    return (
        f"These data hold {counted(found, 'narrative')}, {kept} of them eligible. "
        "Summaries are in our words; short phrases are quoted as evidence. "
        "[The chapter on cases](../chapters/04-cases.ipynb) tells what they add."
    )


def cases(ds: Dataset) -> Sections:
    """Return the eligible narratives in full and the others as a table."""
    labels, names = evidence.case_labels(ds), evidence.factor_labels(ds)
    coded = grouped(evidence.case_factors(ds), "case_id")
    kinds = grouped(ds["case_adaptations"], "case_id")
    agreed = grouped(evidence.consensus_rows(ds, "case_ratings"), "case_id")
    entries = []
    for row in evidence.eligible_cases(ds).to_dict("records"):
        key = row["case_id"]
        passages = [
            page_link("factors", c["factor_id"], names[c["factor_id"]])
            + ": "
            + quoted(c["evidence"], "" if c["resolution"] == "agree" else "adjudicated")
            for c in coded.get(key, [])
        ]
        types = [text(kind["adaptation_type"]) for kind in kinds.get(key, [])]
        main = agreed[key][0] if key in agreed else {}
        about = {
            "Adaptation": row["adaptation"],
            "Types of adaptation": ", ".join(types),
            "Main type": main.get("primary_adaptation"),
            "Acts on": main.get("com_b_target"),
            "Patient": row["patient_kind"],
            "Text seen": join(filter(text, [row["text_seen"], row["text_note"]]), "; "),
            "Licence": row["licence"],
            "Copy read": join([row["read_in"], sources(row["source_url"])], " "),
        }
        entries.append(
            card(
                key,
                labels[key],
                tag("p", row["summary"]),
                facts(about),
                fold(f"{counted(len(passages), 'passage')} coded", passages, 12),
                citation(row),
                meta(evidence.identifier_links(row)),
            )
        )
    opening = tag("p", ds.statement("cases"))
    sections = [("Eligible", opening + cards(entries, "No narrative is eligible."))]
    others = ds["cases"][~ds["cases"]["eligible"].astype(bool)]
    if len(others):
        frame = others.assign(label=others["case_id"])
        columns = "case_id label journal year summary eligibility_reason source_url"
        table = Table(
            frame[columns.split()],
            f"Not eligible: {counted(len(others), 'narrative')} of these data",
            {
                "label": "Narrative",
                "eligibility_reason": "Why not",
                "source_url": "Read",
            },
            {"label": lambda key: labels[key], "source_url": sources},
            row_header="label",
            anchor="case_id",
        )
        sections.append(("Not eligible", table.html()))
    return sections
