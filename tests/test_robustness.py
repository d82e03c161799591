"""How firm the list of factors is: worked by hand, by all orders, on hostile data."""

import dataclasses
import itertools
from types import MappingProxyType

import pandas as pd
import pytest

from personomics import evidence as ev
from personomics import robustness


def changed(ds, **tables):
    """Return the dataset with some tables replaced."""
    return dataclasses.replace(ds, tables=MappingProxyType({**ds.tables, **tables}))


def test_expected_equals_all_orders(four):
    """The closed form is the mean over every one of the 24 orders of reading."""
    sets = list(ev.factor_sets(four).values())
    rows = robustness.accumulation(four)
    orders = list(itertools.permutations(sets))
    for k in range(1, 5):
        sizes = [len(frozenset().union(*order[:k])) for order in orders]
        row = rows.iloc[k - 1]
        assert row["mean"] == pytest.approx(sum(sizes) / len(orders))
        assert (row["low"], row["high"]) == (min(sizes), max(sizes))


def test_accumulation_is_repeatable(ds):
    """The same seed gives the same band, and the mean lies within it, rising."""
    rows = robustness.accumulation(ds)
    pd.testing.assert_frame_equal(rows, robustness.accumulation(ds))
    assert rows["mean"].between(rows["low"], rows["high"] + 1e-9).all()
    assert (rows["mean"].diff().dropna() >= 0).all()


def test_last_article_adds_the_singletons(ds):
    """The last article adds, on average, singletons over articles: an identity."""
    rows, once = robustness.accumulation(ds), ev.coverage(ds)["articles"] == 1
    gain = rows["mean"].iloc[-1] - rows["mean"].iloc[-2]
    assert gain == pytest.approx(once.sum() / len(rows))


def test_sensitivity_by_hand(four):
    """Rule AB loses Delta; rule C keeps only Delta; nothing is gained."""
    rows = robustness.sensitivity(four).set_index("rule_id")
    assert list(rows["articles"]) == [4, 2, 1]
    assert list(rows["factors"]) == [4, 3, 1]
    assert rows["lost"].to_dict() == {
        "wide": [], "narrow": ["Fd"], "odd": ["Fa", "Fc", "Fb"],
    }  # fmt: skip
    assert not any(rows["gained"])
    # One article of four holds 1/4 of each singleton and 1/2 of Alpha: 3/4 + 1/2.
    assert rows.loc["odd", "random"] == pytest.approx(1.2)


def test_rule_outside_the_first_gains(four):
    """Against a narrow first rule, what a later rule adds is called gained."""
    rules = four["inclusion_rules"].assign(position=[3, 1, 2])
    rows = robustness.sensitivity(changed(four, inclusion_rules=rules))
    assert list(rows["rule_id"]) == ["narrow", "odd", "wide"]
    assert list(rows["gained"]) == [[], ["Fd"], ["Fd"]]


def test_sensitivity_figure_lists_unsure_factors(four):
    """The twin of the dot grid holds each factor that some rule does not find."""
    twin = robustness.sensitivity_figure(four).table
    assert list(twin["factor"]) == ["Delta", "Alpha", "Gamma", "Beta"]
    assert list(twin["rule narrow"]) == ["not found", "found", "found", "found"]


def test_agreement_by_hand(four):
    """Six of eight answers agree; kappa is 2/3 by hand; seven with second choices."""
    found = robustness.mapping_agreement(four)
    exact, fit, which, loose = found.values()
    # Answers of rater one: Fa 3, Fb 2, Fd 2, none 1; of rater two: Fa 3, Fb 1,
    # Fc 1, Fd 1, none 2. Chance: (9 + 2 + 2 + 2) / 64; kappa (48 - 15) / (64 - 15).
    assert (exact.n, exact.agreed) == (8, 6)
    assert exact.kappa == pytest.approx(33 / 49)
    assert (fit.n, fit.agreed) == (8, 7)
    assert (which.n, which.agreed) == (6, 5)
    assert (loose.n, loose.agreed) == (8, 7)


def test_resolutions_cover_all_terms(four):
    """Every term of an included article counts once among the resolutions."""
    rows = robustness.resolutions(four).set_index("resolution")["terms"]
    assert rows.to_dict() == {"agree": 6, "second rater kept": 2}


def test_texts_by_hand(four):
    """Three abstracts (two, two and no factors) and one full text (one factor)."""
    rows = robustness.texts(four)
    assert rows.to_numpy().tolist() == [
        ["abstract", 3, "75%", 2],
        ["full text", 1, "25%", 1],
    ]


def test_one_rater_says_so(four):
    """With a single rater the agreement is a sentence, not a crash."""
    codes = four["term_codes"]
    one = ev.rater_ids(four, "term_codes")[0]
    alone = changed(
        four, term_codes=codes[codes["rater_id"].isin([one, four.consensus])]
    )
    assert "Fewer than two raters" in robustness.agreement_table(alone).plain
    assert robustness.numbers(alone)["kappa"] == "–"


def test_consensus_counts_every_term(ds):
    """The resolutions count every term of an included article once."""
    total = len(ev.included_terms(ds))
    assert robustness.resolutions(ds)["terms"].sum() == total
