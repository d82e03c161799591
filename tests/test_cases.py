"""Narratives: joins and counts by hand on a toy, safety with hostile and empty data."""

import dataclasses
import re
from types import MappingProxyType

import pandas as pd
import pytest
from statsmodels.stats.inter_rater import cohens_kappa

from personomics import case_codes, case_story, cases, load
from personomics import evidence as ev
from personomics.html import Block, Table
from personomics.style import PALETTE, Figure

FIGURES = [cases.matrix_figure, cases.adaptation_figure, cases.cases_vs_articles_figure]
TABLES = [
    cases.narratives_table,
    cases.eligibility_table,
    cases.case_only_table,
    cases.case_only_passages,
    cases.unseen_table,
    cases.agreement_table,
]


@pytest.fixture(scope="module")
def ds():
    """Return the data in use."""
    return load()


def changed(ds, **tables):
    """Return the dataset with some tables replaced."""
    return dataclasses.replace(ds, tables=MappingProxyType({**ds.tables, **tables}))


#: Items of the toy: id, case, then the answers of coder one, coder two, consensus.
ITEMS = [
    ("i1", "a", "L1", "L1", "L1"),
    ("i2", "a", "N1", "N1", "N1"),
    ("i3", "b", "L1", "L2", "L1"),
    ("i4", "b", "L1", "L1", "L1"),
    ("i5", "b", None, "N1", None),
    ("i6", "c", "N2", "N2", "N2"),
    ("i7", "d", "L2", "L2", "L2"),
    ("i8", "d", None, None, None),
]
#: Cases: id, eligible, kind of copy, outcome seen, main adaptation and COM-B target
#: by coder one, coder two, consensus.
CASES = [
    ("a", True, "original", False, ("education", "SO"), ("education", "SO"), ...),
    ("b", True, "original", True, ("other", "PC"), ("education", "PC"), ...),
    ("c", False, "original", True, (None, None), (None, None), ...),
    ("d", True, "original", True, ("education", None), ("education", None), ...),
]
COMPONENTS = {"SO": "social opportunity", "PC": "physical capability", None: None}


def text_frame(rows, columns):
    """Return rows as a frame of text with missing values."""
    return pd.DataFrame(rows, columns=columns, dtype="str")


@pytest.fixture(scope="module")
def toy(ds):
    """Return four narratives and eight passages, small enough to count by hand."""
    one, two = ev.rater_ids(ds, "case_codes")[:2]
    raters = [one, two, ds.consensus]
    base = ds["factors"].iloc[[0, 0, 0, 0]].reset_index(drop=True)
    factors = base.assign(
        factor_id=["L1", "L2", "N1", "N2"],
        label=["Lit one", "Lit two", "New one", "New <b>two</b>"],
        origin=["literature", "literature", "case narratives", "case narratives"],
        com_b=["physical capability", *["social opportunity"] * 3],
        status="active",
    )
    narratives = ds["cases"].iloc[[0] * len(CASES)].reset_index(drop=True)
    narratives = narratives.assign(
        case_id=[c[0] for c in CASES],
        title=["Story & one", "<script>alert(1)</script>", "Three", "Four"],
        eligible=[c[1] for c in CASES],
        read_in=[c[2] for c in CASES],
        outcome_seen=[c[3] for c in CASES],
    )
    codes = [
        (item, rater, factor, None if factor else "not a patient factor", None)
        for item, _, *given in ITEMS
        for rater, factor in zip(raters, given, strict=True)
    ]
    ratings = [
        (case, rater, adaptation, COMPONENTS[target], None)
        for case, _, _, _, first, second, _ in CASES
        for rater, (adaptation, target) in zip(
            raters, (first, second, first), strict=True
        )
    ]
    items = [(i, c, f"item {i}", f"words <i>of</i> {i}") for i, c, *_ in ITEMS]
    code_columns = ["item_id", "rater_id", "factor_id", "reason", "resolution"]
    return changed(
        ds,
        factors=factors,
        factor_ratings=ds["factor_ratings"].iloc[:0],
        term_codes=ds["term_codes"].iloc[:0],
        instrument_factors=ds["instrument_factors"].iloc[:0],
        cases=narratives,
        case_adaptations=ds["case_adaptations"].iloc[:0],
        case_items=text_frame(items, ["item_id", "case_id", "item", "evidence"]),
        case_codes=text_frame(codes, code_columns),
        case_ratings=text_frame(ratings, list(ds["case_ratings"].columns)),
    )


@pytest.fixture(scope="module")
def bare(ds):
    """Return the data without any narrative."""
    names = ("cases", "case_items", "case_codes", "case_ratings", "case_adaptations")
    return changed(ds, **{name: ds[name].iloc[:0] for name in names})


def test_matrix_holds_each_eligible_narrative_and_factor_once(toy):
    """Items of a pair are counted together; ineligible and non-factors are left out."""
    rows = cases.matrix(toy)
    found = list(zip(rows["case_id"], rows["factor_id"], rows["items"], strict=True))
    assert found == [("b", "L1", 2), ("a", "L1", 1), ("d", "L2", 1), ("a", "N1", 1)]
    assert rows["evidence"].iloc[0] == "words <i>of</i> i3 / words <i>of</i> i4"


def test_same_component_is_that_of_the_adaptation(toy):
    """A factor matches where care was adapted through its own COM-B component."""
    rows = cases.matrix(toy).set_index(["case_id", "factor_id"])["same"]
    assert rows.to_dict() == {
        ("b", "L1"): True,
        ("a", "L1"): False,
        ("d", "L2"): False,
        ("a", "N1"): True,
    }
    assert cases.numbers(toy)["same-component"] == 2


def test_adaptation_grid_counts_every_eligible_narrative_once(toy, ds):
    """Narratives without a nameable component are counted as such, none is lost."""
    counts = cases.adaptation_matrix(toy)
    assert counts.loc["education", "social opportunity"] == 1
    assert counts.loc["other", "physical capability"] == 1
    assert counts.loc["education", cases.UNNAMED] == 1
    assert counts.to_numpy().sum() == 3
    shipped = cases.adaptation_matrix(ds)
    assert shipped.to_numpy().sum() == len(ev.eligible_cases(ds))


def test_worked_case_prefers_agreement_then_completeness(toy):
    """Full agreement counts first, a readable outcome next, then the most factors."""
    ranked = case_codes.ranked_cases(toy)
    assert list(ranked["case_id"]) == ["d", "a", "b"]
    assert list(ranked["agreed"]) == [True, True, False]


def test_worked_case_breaks_ties_by_id(toy):
    """Of narratives alike in everything the first id is taken."""
    rows = toy["cases"].assign(outcome_seen=False)
    codes = toy["case_codes"]
    codes = codes[codes["item_id"] != "i2"]
    items = toy["case_items"]
    items = items[items["item_id"] != "i2"]
    tied = changed(toy, cases=rows, case_codes=codes, case_items=items)
    assert list(case_codes.ranked_cases(tied)["case_id"])[:2] == ["a", "d"]


def test_worked_case_shows_every_passage_and_every_coder(ds):
    """The story, each phrase, both coders and the consensus are in the block."""
    case = case_codes.ranked_cases(ds).iloc[0]
    block = case_story.worked_case(ds)
    items = ds["case_items"]
    assert case["summary"] in block.plain
    for phrase in items.loc[items["case_id"] == case["case_id"], "evidence"]:
        assert phrase in block.plain
    for rater in [*ev.first_two(ds, "case_codes"), ds.consensus]:
        assert ev.rater_name(ds, rater) in block.plain


def test_worked_case_tells_coders_apart_where_they_differ(toy):
    """Where coders gave different answers, each stands with its own."""
    only_b = toy["cases"][toy["cases"]["case_id"] == "b"]
    block = case_story.worked_case(changed(toy, cases=only_b))
    one, two = (ev.rater_name(toy, r) for r in ev.first_two(toy, "case_codes"))
    agreed = ev.rater_name(toy, toy.consensus)
    assert f"{one} and {agreed}: Lit one · {two}: Lit two" in block.plain


def test_case_only_counts_independent_proposals(toy):
    """Passages both coders gave, and passages a single coder gave, are told apart."""
    frame = cases.case_only_table(toy).frame.set_index("factor_id")
    counts = frame[["eligible", "other", "both", "one"]]
    assert counts.loc["N1"].tolist() == [1, 0, 1, 1]
    assert counts.loc["N2"].tolist() == [0, 1, 1, 0]
    kept = cases.case_only(toy).set_index("evidence")["consensus"]
    assert kept["words <i>of</i> i5"] == "no"


def test_unseen_factors_have_an_article_and_no_eligible_narrative(ds):
    """The list is the set difference of the two joins."""
    named = set(ev.article_factor_pairs(ds)["factor_id"])
    shown = set(ev.case_factor_pairs(ds)["factor_id"])
    active = set(ev.active_factors(ds)["factor_id"])
    assert set(cases.unseen(ds)["factor_id"]) == (named - shown) & active


def test_agreement_on_passages_by_hand(toy):
    """Both coders coded 8 passages and gave 6 the same answer; eligible: 5 of 7."""
    every, eligible, adaptation, target = cases.agreements(toy).values()
    assert (every.n, every.agreed) == (8, 6)
    assert (eligible.n, eligible.agreed) == (7, 5)
    assert (adaptation.n, adaptation.agreed) == (3, 2)
    assert (target.n, target.agreed) == (3, 3)


def test_kappa_equals_that_of_statsmodels(ds):
    """Kappa of main adaptation on the shipped data is that of another program."""
    one, two = ev.first_two(ds, "case_codes")
    rows = ds["case_ratings"]
    rows = rows[rows["case_id"].isin(ev.eligible_cases(ds)["case_id"])]
    wide = rows.pivot(index="case_id", columns="rater_id", values="primary_adaptation")
    wide = wide.fillna("none")
    codes = sorted(set(wide[one]) | set(wide[two]))
    square = pd.crosstab(wide[one], wide[two]).reindex(
        index=codes, columns=codes, fill_value=0
    )
    result = list(cases.agreements(ds).values())[2]
    assert result.kappa == pytest.approx(cohens_kappa(square.to_numpy()).kappa)


def test_shares_are_of_eligible_narratives_and_included_articles(toy):
    """A factor in 2 of 3 eligible narratives has a share of two thirds."""
    rows = cases.cases_vs_articles(toy).set_index("factor_id")
    assert rows.loc["L1", "case_share"] == pytest.approx(200 / 3)
    assert rows.loc["L1", "article_share"] == 0
    assert "N2" not in rows.index


def test_figures_carry_words_and_numbers_in_palette_colours(ds):
    """Each figure has its own name, words, a table, and no colour of its own."""
    light = {value[0] for value in PALETTE.values()}
    figures = [make(ds) for make in FIGURES]
    assert len({figure.name for figure in figures}) == len(FIGURES)
    for figure in figures:
        assert isinstance(figure, Figure)
        assert len(figure.alt) > 60
        assert len(figure.table)
        used = set(re.findall(r"#[0-9a-f]{6}\b", figure.svg))
        assert used <= light | {"#000000"}, figure.name


@pytest.mark.parametrize("make", FIGURES + TABLES)
def test_chapter_survives_without_narratives(bare, make):
    """With no narrative every result is still shown."""
    assert make(bare)._repr_mimebundle_()["text/html"]


def test_words_survive_without_narratives(bare):
    """Worked case and numbers say that there is nothing."""
    assert "no eligible narrative" in case_story.worked_case(bare).plain
    assert cases.numbers(bare)["eligible"] == 0


def test_a_single_coder_is_enough_to_build(toy):
    """Without a second coder there is no agreement, and the chapter still builds."""
    second = ev.first_two(toy, "case_codes")[1]
    codes, ratings = toy["case_codes"], toy["case_ratings"]
    alone = changed(
        toy,
        case_codes=codes[codes["rater_id"] != second],
        case_ratings=ratings[ratings["rater_id"] != second],
    )
    assert cases.agreements(alone) == {}
    assert "Fewer than two" in cases.agreement_table(alone).plain
    assert isinstance(case_story.worked_case(alone), Block)
    assert cases.numbers(alone)["items-kappa"] == "–"


@pytest.mark.parametrize("make", [*FIGURES, *TABLES, case_story.worked_case])
def test_hostile_text_is_escaped(toy, make):
    """Markup in titles, labels and phrases comes out as text."""
    html = make(toy)._repr_mimebundle_()["text/html"]
    assert "<script" not in html
    assert "<b>two" not in html
    assert "<i>of" not in html


def test_long_labels_do_not_widen_the_chart(toy):
    """A label of 4,000 letters is cut in the picture and whole in the table."""
    factors = toy["factors"].assign(label=[x + "x" * 4000 for x in "abcd"])
    figure = cases.matrix_figure(changed(toy, factors=factors))
    assert figure.min_width < 1000
    assert "x" * 100 not in figure.svg
    assert figure.table["factor"].str.len().min() == 4001


def test_every_number_is_a_word_or_a_count(ds):
    """What the prose uses is text or a whole number, under a kebab-case name."""
    for name, value in cases.numbers(ds).items():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
        assert isinstance(value, str | int), name


def test_tables_name_what_they_show(ds):
    """Each table has a caption and a heading for each column."""
    for make in TABLES:
        table = make(ds)
        assert isinstance(table, Table)
        assert table.caption
        assert table.html().count("<th ") >= len(table.columns())
