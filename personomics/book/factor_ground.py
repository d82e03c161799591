"""All that stands behind the factors, read and grouped once for all their pages."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from personomics import agenda, evidence, history
from personomics.book import entries
from personomics.book.parts import Record, grouped
from personomics.book.related import Shared, members, nearest
from personomics.dataset import Dataset
from personomics.html import Markup

LABELS = {"level": "Level", "com_b": "COM-B component", "stability": "Stability"}


@dataclass(frozen=True)
class Ground:
    """All that stands behind the factors, read and grouped once.

    Attributes
    ----------
    ds : Dataset
        The data.
    """

    ds: Dataset

    @cached_property
    def factors(self) -> dict[str, Record]:
        """Every factor, also those out of use."""
        return {r["factor_id"]: r for r in self.ds["factors"].to_dict("records")}

    @cached_property
    def terms(self) -> dict[str, list[Record]]:
        """Terms of included articles by factor."""
        return grouped(evidence.term_factors(self.ds), "factor_id")

    @cached_property
    def passages(self) -> dict[str, list[Record]]:
        """Coded passages of all narratives by factor."""
        return grouped(evidence.case_factors(self.ds, eligible=False), "factor_id")

    @cached_property
    def eligible(self) -> set[str]:
        """Eligible narratives."""
        return evidence.eligible_ids(self.ds)

    @cached_property
    def tools(self) -> dict[str, list[Record]]:
        """Instruments by factor, those that fit best first."""
        rows = agenda.instruments_by_factor(self.ds)
        best = {name: n for n, name in enumerate(agenda.STATUS)}
        found = grouped(rows, "factor_id")
        for mine in found.values():
            mine.sort(key=lambda row: best[row["status"]])
        return found

    @cached_property
    def status(self) -> dict[str, str]:
        """How well each factor in use can be measured."""
        rows = agenda.gaps(self.ds)
        return dict(zip(rows["factor_id"], rows["status"], strict=True))

    @cached_property
    def ratings(self) -> dict[str, list[Record]]:
        """What each rater said of a factor, in the order of raters."""
        return entries.by_rater(self.ds, "factor_ratings", "factor_id")

    @cached_property
    def raters(self) -> dict[str, str]:
        """Names of the raters."""
        return entries.rater_names(self.ds)

    @cached_property
    def articles(self) -> dict[str, str]:
        """Labels of the articles."""
        return evidence.article_labels(self.ds)

    @cached_property
    def identifiers(self) -> dict[str, Markup]:
        """Links to the records of the articles elsewhere."""
        rows = self.ds["articles"].to_dict("records")
        return {row["article_id"]: evidence.identifier_links(row) for row in rows}

    @cached_property
    def cases(self) -> dict[str, str]:
        """Labels of the narratives."""
        return evidence.case_labels(self.ds)

    @cached_property
    def with_articles(self) -> dict[str, list[Shared]]:
        """Factors that articles name together."""
        return nearest(self.sets(self.terms, "article_id"))

    @cached_property
    def with_cases(self) -> dict[str, list[Shared]]:
        """Factors that eligible narratives show together."""
        return nearest(self.sets(self.passages, "case_id"))

    def sets(self, rows: dict[str, list[Record]], key: str) -> dict[str, set[str]]:
        """Return the articles or eligible narratives of each factor."""
        pairs = [
            (one, row[key])
            for one in self.factors
            for row in rows.get(one, [])
            if key == "article_id" or row[key] in self.eligible
        ]
        return members(pairs)

    @cached_property
    def cells(self) -> dict[tuple[str, str], list[str]]:
        """Factors in use by level and COM-B component."""
        found: dict[tuple[str, str], list[str]] = {}
        for key, row in self.factors.items():
            if row["status"] == "active":
                found.setdefault((row["level"], row["com_b"]), []).append(key)
        return found

    @cached_property
    def codes(self) -> dict[str, dict[str, str]]:
        """Codes of the labels with their definitions."""
        return {scheme: self.ds.codes(scheme) for scheme in LABELS}

    @cached_property
    def classes(self) -> dict[str, Record]:
        """Class of the ontology for each COM-B component that has one."""
        book = self.ds["codebook"]
        book = book[book["scheme"] == "com_b"].dropna(subset=["iri"])
        ontology = self.ds["ontology"]
        ontology = ontology[ontology["iri"].isin(book["iri"])]
        known = {row["iri"]: row for row in ontology.to_dict("records")}
        pairs = zip(book["code"], book["iri"], strict=True)
        return {code: known.get(iri, {"iri": iri}) for code, iri in pairs}

    @cached_property
    def changes(self) -> dict[str, list[history.Row]]:
        """Recorded changes of each factor."""
        return history.told(self.ds, "factor")

    def link(self, key: str) -> Markup:
        """Return a link to a factor."""
        return evidence.to_factor(key, self.factors[key]["label"])
