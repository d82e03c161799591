"""The joins, worked out by hand on the toy dataset."""

from __future__ import annotations

import dataclasses
from types import MappingProxyType

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personomics import Dataset, evidence
from personomics.labels import number_repeats


def changed(ds: Dataset, **tables: pd.DataFrame) -> Dataset:
    """Return a dataset with some tables replaced."""
    return dataclasses.replace(ds, tables=MappingProxyType({**ds.tables, **tables}))


def test_raters(mini: Dataset) -> None:
    """Raters come in the order of their table, without the consensus."""
    assert evidence.rater_ids(mini, "screening") == ["zoe", "okan"]
    assert evidence.rater_name(mini, "zoe") == "Prüferin Α"
    few = changed(mini, case_codes=mini["case_codes"].head(0))
    assert evidence.rater_ids(few, "case_codes") == []


def test_included_articles(mini: Dataset) -> None:
    """Consensus includes, oldest first: a-1 and a-3 of 1999, a-2, then a-4."""
    found = evidence.included_articles(mini)
    assert found["article_id"].tolist() == ["a-1", "a-3", "a-2", "a-4"]
    states = evidence.articles_with_state(mini)["verdict"].value_counts()
    assert states.to_dict() == {"include": 4, "exclude": 3, "awaiting full text": 1}


def test_term_factors(mini: Dataset) -> None:
    """Eight coded terms, one of them too general, t4 with two factors: 8 rows."""
    found = evidence.term_factors(mini)
    assert list(zip(found["term_id"], found["factor_id"], strict=True)) == [
        ("t1", "P-1"), ("t2", "P-2"), ("t3", "P-1"), ("t4", "P-3"), ("t4", "P-1"),
        ("t5", "P-2"), ("t7", "P-3"), ("t8", "P-1"),
    ]  # fmt: skip


def test_case_factors(mini: Dataset) -> None:
    """Items of eligible cases with a factor; k-3 is not eligible, i4 is no factor."""
    found = evidence.case_factors(mini)
    assert list(zip(found["item_id"], found["factor_id"], strict=True)) == [
        ("i1", "P-1"), ("i2", "P-2"), ("i3", "P-4"),
    ]  # fmt: skip
    every = evidence.case_factors(mini, eligible=False)
    assert every["item_id"].tolist() == ["i1", "i2", "i3", "i5"]


def test_pairs(mini: Dataset) -> None:
    """a-2 and a-4 name two factors each, a-1 two and a-3 one; a pair counts once."""
    pairs = evidence.article_factor_pairs(mini)
    assert pairs.to_dict("split")["data"] == [
        ["a-1", "P-1", 1], ["a-1", "P-2", 1], ["a-2", "P-1", 2], ["a-2", "P-3", 1],
        ["a-3", "P-2", 1], ["a-4", "P-1", 1], ["a-4", "P-3", 1],
    ]  # fmt: skip
    cases = evidence.case_factor_pairs(mini)
    assert cases.to_dict("split")["data"] == [
        ["k-1", "P-1", 1], ["k-1", "P-2", 1], ["k-2", "P-4", 1],
    ]  # fmt: skip


def test_support(mini: Dataset) -> None:
    """Each factor with its articles, terms, cases and instruments; none is dropped."""
    found = evidence.support(mini).set_index("factor_id")
    counts = found[["articles", "terms", "cases", "instruments"]]
    assert counts.T.to_dict("list") == {
        "P-1": [3, 4, 1, 1],
        "P-2": [2, 2, 1, 2],
        "P-3": [2, 2, 0, 1],
        "P-4": [0, 0, 1, 0],
        "P-5": [0, 0, 0, 0],
    }


def test_factor_out_of_use_is_left_out(mini: Dataset) -> None:
    """A deprecated factor keeps its label but supports nothing and is in no join."""
    factors = mini["factors"]
    factors.loc[factors["factor_id"] == "P-1", "status"] = "deprecated"
    ds = changed(mini, factors=factors)
    assert "P-1" in evidence.factor_labels(ds)
    joins = [evidence.support, evidence.term_factors, evidence.case_factors]
    joins += [evidence.article_factor_pairs, evidence.case_factor_pairs]
    for rows in joins:
        assert "P-1" not in set(rows(ds)["factor_id"])


def test_joins_of_nothing(mini: Dataset) -> None:
    """Tables without rows give joins without rows, with their columns."""
    empty = changed(mini, **{name: table.head(0) for name, table in mini.tables.items()
                             if name not in ("raters", "codebook")})  # fmt: skip
    assert evidence.support(empty).empty
    assert "articles" in evidence.support(empty)
    assert list(evidence.article_factor_pairs(empty)) == [
        "article_id", "factor_id", "terms",
    ]  # fmt: skip
    assert list(evidence.case_factor_pairs(empty)) == ["case_id", "factor_id", "items"]
    assert evidence.article_labels(empty) == {}
    assert evidence.case_labels(empty) == {}


@pytest.mark.parametrize("which", ["ds", "mini"])
def test_labels_are_unique(which: str, request: pytest.FixtureRequest) -> None:
    """No two articles, cases or factors share a label, and none is without one."""
    ds: Dataset = request.getfixturevalue(which)
    for labels, table in (
        (evidence.article_labels(ds), "articles"),
        (evidence.case_labels(ds), "cases"),
        (evidence.factor_labels(ds), "factors"),
    ):
        assert len(set(labels.values())) == len(labels) == len(ds[table])
        assert all(label.strip() for label in labels.values())
        assert all(len(label) <= 120 for label in labels.values())


def test_article_labels(mini: Dataset) -> None:
    """Authors and year, else the title, else the journal; repeats get a letter."""
    assert evidence.article_labels(mini) == {
        "a-1": "Muster et al. 1999a",
        "a-2": "Invented taxonomy without authors, long … 2003",
        "a-3": "Muster et al. 1999b",
        "a-4": "Пример 2020",
        "a-5": "Toy Letters",
        "a-6": "Ejemplo and Örnek 2011",
        "a-7": "Örnek 2015",
        "a-8": "Invented record on a drug 2018",
    }


def test_record_without_anything_is_called_by_its_id(mini: Dataset) -> None:
    """An article without author, title, year and journal is called by its id."""
    articles = mini["articles"]
    articles.loc[4, "journal"] = None
    assert evidence.article_labels(changed(mini, articles=articles))["a-5"] == "a-5"


def test_very_long_title_is_cut(mini: Dataset) -> None:
    """A title of one word of 4,000 letters does not fill the page."""
    articles = mini["articles"].assign(authors=None, title="x" * 4000)
    labels = evidence.article_labels(changed(mini, articles=articles))
    assert all(len(label) < 60 for label in labels.values())


@given(st.lists(st.sampled_from(["A 1", "A 1a", "A 1b", "B", "B a", "(1)", "(1a)"])))
def test_repeated_labels_become_unique(labels: list[str]) -> None:
    """Whatever the labels, they come out distinct and in order; single ones stay."""
    given_labels = dict(enumerate(labels))
    found = number_repeats(given_labels)  # type: ignore[arg-type]
    assert list(found) == list(given_labels)
    assert len(set(found.values())) == len(labels)
    for key, label in given_labels.items():
        if labels.count(label) == 1:
            assert found[key] == label  # type: ignore[index]


def test_letter_stands_behind_the_year() -> None:
    """A year in brackets takes the letter inside; other brackets do not."""
    found = number_repeats({"x": "Diary (2001)", "y": "Diary (2001)"})
    assert list(found.values()) == ["Diary (2001a)", "Diary (2001b)"]
    found = number_repeats({"x": "JAMA (blog)", "y": "JAMA (blog)"})
    assert list(found.values()) == ["JAMA (blog) a", "JAMA (blog) b"]


def test_many_repeats() -> None:
    """After z comes aa."""
    found = number_repeats({str(n): "May 2014" for n in range(28)})
    assert list(found.values())[25:] == ["May 2014z", "May 2014aa", "May 2014ab"]


@pytest.mark.parametrize(
    ("authors", "name"),
    [
        ("May CR, Eton DT, Boehmer K", "May et al."),
        ("Schulman-Green D, Jaser SS", "Schulman-Green and Jaser"),
        ("Пример Б", "Пример"),
        ("Örnek Ş, Ångström Å", "Örnek and Ångström"),
        ("van der Berg J", "van der Berg"),
        ("Karliner LS et al", "Karliner LS et al."),
        ("WHO", "WHO"),
        ("not shown", ""),
        ("(author not shown)", ""),
        (None, ""),
    ],
)
def test_surname(authors: object, name: str) -> None:
    """The first author stands for all, in any script; nothing is invented."""
    assert evidence.surname(authors) == name


def test_identifier_links(mini: Dataset) -> None:
    """Known identifiers are linked to their registries, unknown ones leave no trace."""
    record = {"doi": "10.5555/a&b", "pmid": "1", "pmcid": pd.NA}
    assert evidence.identifier_links(record) == (
        '<a href="https://doi.org/10.5555/a&amp;b">DOI</a> · '
        '<a href="https://pubmed.ncbi.nlm.nih.gov/1">PubMed</a>'
    )
    assert evidence.identifier_links(mini["articles"].loc[4]) == ""


def test_links_lead_to_the_pages_of_things(mini: Dataset) -> None:
    """Factors, articles and cases are linked to their pages, with labels escaped."""
    assert evidence.factor_link(mini, "P-1") == (
        '<a href="../factors/P-1-time-money-daily-load-b-at-home-b.html">'
        "Time, money &amp; "
        "&#34;daily load&#34; &lt;b&gt;at home&lt;/b&gt; 🏡</a>"
    )
    page = evidence.article_link(mini, "a-7", ".")
    assert page == '<a href="./articles/a-7.html">Örnek 2015</a>'
    assert "../cases/k-1.html" in evidence.case_link(mini, "k-1")


@pytest.mark.parametrize(
    ("label", "address"),
    [
        ("Health literacy & numeracy", "F1-health-literacy-numeracy"),
        ("Überforderung, ḱ", "F1-uberforderung-k"),
        ("希望 🏡", "F1"),
        ("../../x\\y%2f", "F1-x-y-2f"),
        ("ab " * 2000, "F1-" + "-".join(["ab"] * 20)),
        ("L" * 4000, "F1-" + "l" * 60),
    ],
)
def test_addresses_of_factors(label: str, address: str) -> None:
    """The id, then at most 60 plain letters of the label, cut between words."""
    assert evidence.factor_address("F1", label) == f"factors/{address}.html"
