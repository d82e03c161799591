"""A page for each screened record, whatever became of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from personomics import evidence, history
from personomics.book import entries
from personomics.book.documents import Document
from personomics.book.entries import first, on_map, part, short, unique
from personomics.book.parts import (
    Record,
    citation,
    facts,
    fold,
    grouped,
    meta,
    quoted,
    sources,
)  # fmt: skip
from personomics.book.related import Shared, nearest
from personomics.dataset import Dataset
from personomics.evidence import page_link, to_article, to_factor
from personomics.html import Markup, join, link, tag, text
from personomics.style import badge
from personomics.words import counted

STATES = {
    "include": "Included",
    "awaiting full text": "Awaiting full text",
    "exclude": "Excluded",
    "": "Not yet judged",
}
CRITERIA = ("e1", "e2", "e3", "e4")
PLACES = {
    "doi": "https://doi.org/",
    "pmid": "https://pubmed.ncbi.nlm.nih.gov/",
    "pmcid": "https://pmc.ncbi.nlm.nih.gov/articles/",
}


@dataclass(frozen=True)
class Ground:
    """All that is known of the articles, read and grouped once.

    Attributes
    ----------
    ds : Dataset
        The data.
    """

    ds: Dataset

    @cached_property
    def articles(self) -> dict[str, Record]:
        """Every article with its consensus verdict."""
        rows = evidence.articles_with_state(self.ds).to_dict("records")
        return {row["article_id"]: row for row in rows}

    @cached_property
    def labels(self) -> dict[str, str]:
        """Short labels of the articles."""
        return evidence.article_labels(self.ds)

    @cached_property
    def judged(self) -> dict[str, list[Record]]:
        """Verdicts on each article, in the order of raters, the consensus last."""
        return entries.by_rater(self.ds, "screening", "article_id")

    @cached_property
    def raters(self) -> dict[str, str]:
        """Names of the raters."""
        return entries.rater_names(self.ds)

    @cached_property
    def terms(self) -> dict[str, list[Record]]:
        """Words copied from each article."""
        return grouped(self.ds["terms"], "article_id")

    @cached_property
    def coded(self) -> dict[str, list[Record]]:
        """Factors of the words of each included article."""
        return grouped(evidence.term_factors(self.ds), "article_id")

    @cached_property
    def unfit(self) -> dict[str, str]:
        """Why a word has no factor, where the consensus says so."""
        rows = evidence.consensus_rows(self.ds, "term_codes")
        rows = rows[rows["factor_id"].isna()]
        return dict(zip(rows["term_id"], map(text, rows["reason"]), strict=True))

    @cached_property
    def factors(self) -> dict[str, Record]:
        """Every factor."""
        return {r["factor_id"]: r for r in self.ds["factors"].to_dict("records")}

    @cached_property
    def rules(self) -> dict[str, list[Record]]:
        """Inclusion rules that keep each article."""
        sets = self.ds["inclusion_sets"].merge(self.ds["inclusion_rules"], on="rule_id")
        return grouped(sets.sort_values("position"), "article_id")

    @cached_property
    def records(self) -> dict[str, list[Record]]:
        """Records that brought each article."""
        return grouped(self.ds["records"], "article_id")

    @cached_property
    def near(self) -> dict[str, list[Shared]]:
        """Included articles that name the same factors."""
        return nearest(evidence.factor_sets(self.ds))

    @cached_property
    def criteria(self) -> dict[str, str]:
        """The criteria of inclusion."""
        return self.ds.codes("criterion")

    @cached_property
    def changes(self) -> dict[str, list[history.Row]]:
        """Recorded changes of each article."""
        return history.told(self.ds, "article")


def documents(ds: Dataset) -> list[Document]:
    """Return the pages, one for each record that went to screening."""
    ground = Ground(ds)
    return [document(ground, key) for key in ground.articles]


def document(ground: Ground, key: str) -> Document:
    """Return the page of one article."""
    row, label = ground.articles[key], ground.labels[key]
    state = STATES[text(row["verdict"])]
    named = {term["factor_id"] for term in ground.coded.get(key, [])}
    told = f"{state} · {counted(len(named), 'factor')}" if named else state
    title = text(row["title"]) or "title not seen"
    body = join(
        [
            head(ground, row, state),
            verdicts_part(ground, key),
            factors_part(ground, key),
            words_part(ground, key),
            records_part(ground, key),
            related_part(ground, key),
            entries.changed(ground.changes.get(key, [])),
        ],
        "\n",
    )
    words = [
        row["title"],
        row["journal"],
        *(t["term"] for t in ground.terms.get(key, [])),
    ]
    verdict = f"{state} in this reconstruction"
    names = f", naming {counted(len(named), 'factor')}" if named else ""
    return Document(
        evidence.article_address(key),
        label,
        short(f"{verdict}{names}: {title.rstrip('. ')}."),
        entries.one_line(body),
        "article",
        key,
        unique(words),
        tag("p", title) + meta(told),
        described(row, "ScholarlyArticle", "Periodical"),
    )


def described(row: Record, kind: str, whole: str) -> dict[str, Any]:
    """Return what is known of a work after schema.org; the rest is left out."""
    journal = text(row["journal"])
    about: dict[str, Any] = {"@type": kind, "name": text(row["title"])}
    about["author"] = [
        {"@type": "Person", "name": name} for name in people(row["authors"])
    ]
    about["datePublished"] = text(row["year"])
    if journal and not journal.startswith("("):
        about["isPartOf"] = {"@type": whole, "name": journal}
    about["sameAs"] = [
        base + text(row[column]) for column, base in PLACES.items() if text(row[column])
    ]
    return {name: value for name, value in about.items() if value}


def people(authors: object) -> list[str]:
    """Return the authors that are shown, without remarks.

    >>> people("May CR, Eton DT, et al"), people("not shown (initials HBK)")
    (['May CR', 'Eton DT'], [])
    """
    shown = text(authors)
    if shown.startswith(("(", "not s")):
        return []
    names = (one.strip() for one in re.sub(r"\(.*?\)", "", shown).split(","))
    names = (re.sub(r"\s*\bet al\b\.?", "", one).strip() for one in names)
    return [one for one in names if one]


def copy_read(kind: object, urls: object) -> Markup:
    """Return which kind of copy was read, and where."""
    return join(filter(text, [kind, sources(urls)]), " ")


def head(ground: Ground, row: Record, state: str) -> Markup:
    """Return what opens the page: citation, verdict, what was read."""
    key = row["article_id"]
    about = {
        "Kind": row["kind"],
        "Population": row["population"],
        "Text seen": row["text_seen"],
        "Copy read": copy_read(row["read_in"], row["source_urls"]),
        "Kept by": ", ".join(text(r["label"]) for r in ground.rules.get(key, [])),
        "Note": row["note"],
    }  # fmt: skip
    links = [evidence.identifier_links(row)]
    if key in ground.near:
        links.append(on_map("See it on the map", article=key))
    links.append(page_link("articles", key, "In the table of all records"))
    return join(
        [
            citation(row),
            meta(tag("span", state, class_="pc-badge"), tag("code", key)),
            entries.actions(*filter(None, links)),
            facts(about),
        ]
    )


def verdicts_part(ground: Ground, key: str) -> Markup:
    """Return every rater's verdict with the criteria and the reason."""
    rows: list[dict[str, object]] = [
        {
            "rater": ground.raters[r["rater_id"]],
            **{criterion: r[criterion] for criterion in CRITERIA},
            "verdict": r["verdict"],
            "basis": r["basis"],
            "reason": r["reason"],
        }
        for r in ground.judged.get(key, [])
    ]
    headings = {criterion: criterion.upper() for criterion in CRITERIA}
    shown = entries.table(
        rows, "Every rater’s verdict, and the consensus", headings, "rater",
        (*CRITERIA, "basis", "reason"),
    )  # fmt: skip
    meant = tag("summary", "What the criteria ask") + facts(ground.criteria)
    return part(
        "verdicts", "Verdicts",
        shown or tag("p", "Nobody has judged this record yet."),
        tag("details", meant) if rows and ground.criteria else "",
    )  # fmt: skip


def factors_part(ground: Ground, key: str) -> Markup:
    """Return the factors that an included article names, with its own words."""
    if key not in ground.near:
        return Markup("")
    by_factor: dict[str, list[Record]] = {}
    for term in ground.coded.get(key, []):
        by_factor.setdefault(term["factor_id"], []).append(term)
    lines = []
    for factor, mine in by_factor.items():
        row = ground.factors[factor]
        quotes = join([quoted(t["term"], t["place"], how(t)) for t in mine], "; ")
        mark = badge("com_b", row["com_b"])
        lines.append(join([to_factor(factor, row["label"]), " ", mark, ": ", quotes]))
    none = "No factor of these data was found in what could be read of it."
    told = (
        f"{counted(len(lines), 'factor')} in what could be read of it. A factor that "
        "is not listed may still be in the article."
    )
    others = [
        quoted(t["term"], t["place"], ground.unfit[t["term_id"]])
        for t in ground.terms.get(key, [])
        if t["term_id"] in ground.unfit
    ]
    return part(
        "factors", "Factors named", tag("p", told if lines else none),
        tag("ul", join(tag("li", one) for one in lines)) if lines else "",
        fold(f"{counted(len(others), 'term')} without a factor", others, 0),
    )  # fmt: skip


def how(term: Record) -> str:
    """Return how a consensus was reached, where the raters did not agree at once."""
    return "" if text(term["resolution"]) == "agree" else text(term["resolution"])


def words_part(ground: Ground, key: str) -> Markup:
    """Return the words copied from an article that is not included."""
    if key in ground.near:
        return Markup("")
    lines = [quoted(t["term"], t["place"]) for t in ground.terms.get(key, [])]
    told = "Copied before the verdict; not mapped to factors, as it is not included."
    return part("words", "Words of the record", tag("p", told), first(lines)) if lines \
        else Markup("")  # fmt: skip


def records_part(ground: Ground, key: str) -> Markup:
    """Return how the article was found."""
    rows: list[dict[str, object]] = [
        {
            "record": tag("code", r["record_id"]),
            "source": r["source"],
            "found_by": r["found_by"],
            "search": r["snapshot"],
            "removed": r["removed"],
            "note": r["note"],
        }
        for r in ground.records.get(key, [])
    ]
    shown = entries.table(
        rows, "Records that brought it", {"removed": "Removed as"}, "record",
        ("search", "removed", "note"),
    )  # fmt: skip
    flow = tag("p", join([link("../reference/flow.html", "All records"),
                          " in the flow diagram."]), class_="pc-note")  # fmt: skip
    return part("found", "How it was found", shown, flow) if rows else Markup("")


def related_part(ground: Ground, key: str) -> Markup:
    """Return the included articles that share most factors with this one."""
    lines = [
        entries.sharing(
            near, to_article(near.key, ground.labels[near.key]), "factor",
            " · ", on_map("compare", vs=f"{key},{near.key}"),
        )
        for near in ground.near.get(key, [])
    ]  # fmt: skip
    return part("related", "Articles that name the same factors", first(lines))
