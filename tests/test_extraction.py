"""From words to factors, on numbers worked out by hand and on hostile data."""

import dataclasses
import re
from types import MappingProxyType

import pytest

from personomics import evidence as ev
from personomics import extraction, robustness

# Chapter 2 shows what both modules make.
FIGURES = [
    extraction.matrix_figure,
    extraction.coverage_figure,
    robustness.accumulation_figure,
    robustness.sensitivity_figure,
]
TABLES = [
    extraction.mapping_table,
    extraction.example_table,
    extraction.overlap_table,
    robustness.sensitivity_table,
    robustness.agreement_table,
    robustness.resolutions_table,
    robustness.texts_table,
]


def changed(ds, **tables):
    """Return the dataset with some tables replaced."""
    return dataclasses.replace(ds, tables=MappingProxyType({**ds.tables, **tables}))


def test_matrix_counts_terms(four):
    """The matrix holds the consensus terms; an article without factor keeps zeros."""
    data = ev.article_matrix(four)
    assert list(data.index) == list("ABCD")
    assert list(data.columns) == ["Fa", "Fb", "Fc", "Fd"]
    assert data.to_numpy().tolist() == [
        [2, 1, 0, 0], [1, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0],
    ]  # fmt: skip


def test_mapping_summary(four):
    """Of eight terms six got a factor and two were too general."""
    rows = extraction.mapping_summary(four)
    assert rows[["outcome", "terms", "share"]].to_numpy().tolist() == [
        ["one factor", 6, "75%"],
        ["too general", 2, "25%"],
    ]


def test_example_spreads_over_articles(four):
    """The worked example takes the fullest factor, one term per article first."""
    rows = extraction.example(four, limit=2)
    assert set(rows["factor_id"]) == {"Fa"}
    assert list(rows["article_id"]) == ["A", "B"]


def test_coverage_follows_codebook(four):
    """Factors stand by COM-B component in codebook order, most articles first."""
    rows = ev.coverage(four)
    assert list(rows["factor_id"]) == ["Fd", "Fa", "Fc", "Fb"]
    assert list(rows["articles"]) == [1, 2, 1, 1]
    assert list(rows["share"]) == [0.25, 0.5, 0.25, 0.25]


def test_breadth(four):
    """Articles A and B name two of four factors, C one, D none."""
    rows = extraction.breadth(four)
    assert list(rows["article_id"]) == list("ABCD")
    assert list(rows["share"]) == [0.5, 0.5, 0.25, 0]


def test_overlap_by_hand(four):
    """A and B share one of three factors; C shares none; D has nothing to compare."""
    rows = extraction.overlap(four)
    assert len(rows) == 3
    best = rows.iloc[0]
    assert (best["first"], best["second"], best["shared"]) == ("A", "B", 1)
    assert best["jaccard"] == pytest.approx(1 / 3)
    assert list(rows["jaccard"][1:]) == [0, 0]


def test_mapping_adds_up(ds):
    """The outcomes count every term of an included article once."""
    total = len(ev.included_terms(ds))
    assert extraction.mapping_summary(ds)["terms"].sum() == total


def test_matrix_agrees_with_evidence(ds):
    """Terms in the matrix are the terms that evidence says support the factors."""
    terms = ev.support(ds).set_index("factor_id")["terms"]
    data = ev.article_matrix(ds)
    assert data.sum().to_dict() == terms[terms > 0][data.columns].to_dict()


def test_figures_have_unique_names_and_twins(four):
    """Each figure has its own name, an alternative text and rows behind it."""
    made = [figure(four) for figure in FIGURES]
    assert [f.name for f in made] == [
        "article-factor-matrix",
        "factor-coverage",
        "factor-accumulation",
        "inclusion-sensitivity",
    ]
    assert all(len(f.alt) > 80 and len(f.table) for f in made)
    assert made[0].table["terms"].sum() == ev.article_matrix(four).to_numpy().sum()


@pytest.mark.parametrize("empty", ["term_codes", "inclusion_rules", "screening"])
def test_empty_tables_build(four, empty):
    """Without codes, rules or verdicts everything still builds and says so."""
    poor = changed(four, **{empty: four[empty].iloc[:0]})
    for make in FIGURES + TABLES:
        assert make(poor)._repr_mimebundle_()["text/plain"]
    for module in (extraction, robustness):
        assert set(module.numbers(poor)) == set(module.numbers(four))


@pytest.mark.filterwarnings("ignore:Glyph")
def test_hostile_text_is_harmless(four):
    """Markup, quotes, emoji, dollars and endless labels neither break nor run."""
    bad = "<script>x</script> & \"'$a_1$ 😀 " + "long " * 800
    hostile = changed(
        four,
        factors=four["factors"].assign(label=[f"{n}{bad}" for n in range(4)]),
        articles=four["articles"].assign(authors=bad),
        terms=four["terms"].assign(term=bad, place=bad),
        inclusion_rules=four["inclusion_rules"].assign(label=bad),
    )
    for make in FIGURES + TABLES:
        assert "<script>" not in make(hostile)._repr_mimebundle_()["text/html"]


def test_numbers_are_named_for_glue(ds):
    """Names are kebab-case and values are text or whole numbers."""
    for name, value in (extraction.numbers(ds) | robustness.numbers(ds)).items():
        assert re.fullmatch(r"[a-z0-9-]+", name)
        assert type(value) in (str, int), name
