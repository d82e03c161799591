"""Kappa: by hand, against the literature, against another program, at the edges."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.inter_rater import cohens_kappa

from personomics.agreement import HEADINGS, Agreement, agreement, as_row, paired

CODES = "abc"


def answers(table: list[list[int]]) -> tuple[list[str], list[str]]:
    """Return the answers of two raters whose contingency table is given."""
    pairs = [
        (CODES[i], CODES[j])
        for i, row in enumerate(table)
        for j, count in enumerate(row)
        for _ in range(count)
    ]
    return [a for a, _ in pairs], [b for _, b in pairs]


def test_two_by_two_by_hand() -> None:
    """Observed 35/50 = 0.7, by chance 0.5 * 0.6 + 0.5 * 0.4 = 0.5: kappa 0.2 / 0.5."""
    result = agreement(*answers([[20, 5], [10, 15]]))
    assert (result.n, result.agreed, result.codes) == (50, 35, 2)
    assert result.percent == pytest.approx(70)
    assert result.kappa == pytest.approx(0.4)
    assert result.adjusted == pytest.approx(2 * 0.7 - 1)


def test_three_by_three_by_hand() -> None:
    """Observed 0.7, by chance 0.5*0.6 + 0.3*0.3 + 0.2*0.1 = 0.41: kappa 0.29/0.59."""
    result = agreement(*answers([[44, 5, 1], [7, 20, 3], [9, 5, 6]]))
    assert result.kappa == pytest.approx(0.29 / 0.59)
    assert result.adjusted == pytest.approx((3 * 0.7 - 1) / 2)


def test_published_example() -> None:
    """Fleiss, Cohen and Everitt 1969: kappa 0.429 with variance 0.002885, n = 200."""
    result = agreement(*answers([[106, 10, 4], [22, 28, 10], [2, 12, 6]]))
    assert round(result.kappa, 3) == 0.429
    error = (result.high - result.low) / 2 / 1.959964
    assert round(error**2, 6) == 0.002885


@pytest.mark.parametrize(
    "table",
    [
        [[20, 5], [10, 15]],
        [[44, 5, 1], [7, 20, 3], [9, 5, 6]],
        [[106, 10, 4], [22, 28, 10], [2, 12, 6]],
        [[0, 5], [5, 0]],
        [[40, 2, 0], [1, 0, 0], [3, 0, 1]],
    ],
)
def test_another_program(table: list[list[int]]) -> None:
    """Kappa and the limits of its interval are those of statsmodels."""
    theirs = cohens_kappa(np.array(table))
    ours = agreement(*answers(table))
    assert ours.kappa == pytest.approx(theirs.kappa)
    assert ours.low == pytest.approx(max(theirs.kappa_low, -1))
    assert ours.high == pytest.approx(min(theirs.kappa_upp, 1))


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=1))
def test_what_always_holds(pairs: list[tuple[str, str]]) -> None:
    """Swapping raters changes nothing; kappa lies in its interval, which lies in ±1."""
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    one, other = agreement(first, second, CODES), agreement(second, first, CODES)
    assert one.agreed == other.agreed
    assert one.adjusted == other.adjusted
    assert -0.5 - 1e-9 <= one.adjusted <= 1
    if math.isnan(one.kappa):
        assert len({*first, *second}) == 1
    else:
        assert one.kappa == pytest.approx(other.kappa)
        assert -1 <= one.low <= one.kappa + 1e-9
        assert one.kappa - 1e-9 <= one.high <= 1
        assert (one.kappa == pytest.approx(1)) == (first == second)


def test_one_code_only() -> None:
    """Where both always gave one code, chance explains all: kappa is undefined."""
    result = agreement("aaaa", "aaaa", codes="ab")
    assert math.isnan(result.kappa)
    assert math.isnan(result.low)
    assert result.percent == 100
    assert result.adjusted == 1
    assert math.isnan(agreement("aaaa", "aaaa").adjusted)


def test_nothing_rated() -> None:
    """Without subjects nothing is known, and nothing is divided by zero."""
    result = agreement([], [], codes="ab")
    assert (result.n, result.agreed) == (0, 0)
    assert math.isnan(result.percent)
    row = as_row("x", result)
    assert [row[c] for c in ("percent", "kappa", "interval", "adjusted")] == ["–"] * 4


def test_unequal_lengths() -> None:
    """Answers that cannot be paired are refused with their numbers."""
    with pytest.raises(ValueError, match="the raters have 2 and 1 answers"):
        agreement("ab", "a")


def test_unlisted_code() -> None:
    """A code outside the list is refused by its name."""
    with pytest.raises(ValueError, match=r"codes \['c'\] are not among"):
        agreement("ab", "ac", codes="ab")


def test_unused_codes_count_for_adjusted_kappa_only() -> None:
    """A code that nobody used lowers chance in the adjusted kappa, not in Cohen's."""
    few, many = agreement("aabb", "aaba"), agreement("aabb", "aaba", codes="abcd")
    assert few.kappa == many.kappa
    assert few.adjusted == pytest.approx(0.5)
    assert many.adjusted == pytest.approx((4 * 0.75 - 1) / 3)


def test_paired_keeps_subjects_rated_by_both() -> None:
    """Only shared subjects are paired, in the order of the first rater."""
    rows = pd.DataFrame(
        {
            "item": ["x", "y", "z", "y", "x", "w"],
            "rater_id": ["r1", "r1", "r1", "r2", "r2", "r2"],
            "code": ["a", "b", "c", "b", None, "a"],
        }
    )
    assert paired(rows, "item", "code", ["r1", "r2"]) == (["a", "b"], ["none", "b"])


def test_row_for_readers() -> None:
    """Numbers are rounded once, at the end, and every column has a heading."""
    row = as_row("Verdict", Agreement(50, 35, 0.4, 0.151, 0.649, 0.4, 2))
    assert row == {
        "what": "Verdict",
        "n": 50,
        "agreed": 35,
        "percent": "70%",
        "kappa": "0.40",
        "interval": "0.15 to 0.65",
        "adjusted": "0.40",
    }
    assert list(HEADINGS) == list(row)
