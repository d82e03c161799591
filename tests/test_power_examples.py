"""Published trials worked through, the cost of a worse instrument, and the figures."""

import math
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from personomics import load, power
from personomics.power import Design, evaluate
from personomics.power.worked import example

MINI = Path(__file__).parent / "data" / "mini"


@pytest.fixture(scope="module")
def ds():
    """Return the shipped data."""
    return load()


def with_values(ds, rows):
    """Return the data with one fact on effect modification and these figures."""
    facts = ds["trial_facts"]
    fact = facts[facts["topic"] == "effect modification"].head(1)
    values = pd.DataFrame(rows, columns=["label", "measure", "value", "low", "high"])
    values = values.assign(fact_id=fact["fact_id"].iloc[0], qualifier=None)
    for name in ("value", "low", "high"):
        values[name] = values[name].astype("Float64")
    tables = {**ds.tables, "trial_facts": fact, "trial_fact_values": values}
    return replace(ds, tables=MappingProxyType(tables))


LOW, HIGH = ("low", "odds ratio", 0.5, 0.25, 1), ("high", "odds ratio", 1, 0.5, 2)
PEOPLE = ("participants", "participants", 400, None, None)


def test_literacy_by_hand(ds):
    """0.75 (0.45-1.25) over 1.22 (0.99-1.50): log errors of 0.2606 and 0.1060.

    So 0.61, P from 0.4866 / 0.2813 = 1.73; 2.8016 * 0.2813 is 0.788, a ratio of 2.20.
    """
    one = power.examples(ds)[0]
    assert one.participants == 605
    assert one.ratio == pytest.approx(0.75 / 1.22)
    assert one.p == pytest.approx(2 * stats.norm.sf(0.4866 / 0.2813), abs=1e-3)
    assert one.detectable == pytest.approx(math.exp(0.788), rel=2e-3)
    assert one.same == pytest.approx(605 * (0.788 / 0.4866) ** 2, rel=5e-3)
    assert one.half == pytest.approx(4 * one.same)


def test_interval_holds_the_ratio(ds):
    """An interval excludes 1 exactly where P is below 0.05."""
    for one in power.examples(ds):
        assert one.low < one.ratio < one.high
        assert (one.low > 1 or one.high < 1) == (one.p < 0.05)


@given(st.floats(0.2, 5), st.floats(0.1, 1), st.floats(0.1, 1), st.integers(50, 5000))
def test_new_trial_has_the_power(ratio, one, other, people):
    """On the sample that is worked out, 80% of trials find the interaction seen."""
    assume(abs(math.log(ratio)) > 0.01)
    rows = pd.DataFrame({"value": [ratio, 1.0], "fact_id": "X"})
    rows = rows.assign(label="a", measure="odds ratio")
    width = np.exp(stats.norm.ppf(0.975) * np.array([one, other]))
    rows = rows.assign(low=rows["value"] / width, high=rows["value"] * width)
    found = example(rows, people)
    error = math.hypot(one, other) * math.sqrt(people / found.same)
    assert power.wald_power(abs(math.log(ratio)) / error) == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("rows", "number"),
    [
        ([LOW, HIGH, PEOPLE], 1),
        ([LOW, HIGH], 0),
        ([LOW, PEOPLE], 0),
        ([LOW, HIGH, LOW, PEOPLE], 0),
        ([LOW, ("high", "hazard ratio", 1, 0.5, 2), PEOPLE], 0),
        ([LOW, ("high", "odds ratio", 1, None, None), PEOPLE], 0),
        ([LOW, ("high", "odds ratio", 1, 0, 2), PEOPLE], 0),
        ([LOW, ("high", "odds ratio", 3, 0.5, 2), PEOPLE], 0),
        ([LOW, HIGH, PEOPLE, PEOPLE], 0),
    ],
)
def test_which_trials_qualify(ds, rows, number):
    """Two ratios of one kind with intervals around them, and one sample; or none."""
    made = with_values(ds, rows)
    assert len(power.examples(made)) == number
    assert power.example_numbers(made)["worked-trials"] == number


def test_equal_effects(ds):
    """Where both groups have the same ratio, no number of participants is enough."""
    made = with_values(ds, [LOW, ("high", *LOW[1:]), PEOPLE])
    assert "no number is enough" in power.example_table(made).plain()
    assert power.example_numbers(made)["worked-times"] == "infinite"


def test_hostile_words(ds):
    """Labels from the data cannot break the table."""
    made = with_values(ds, [("<b>x</b>", *LOW[1:]), HIGH, PEOPLE])
    assert "<b>" not in power.example_table(made).html()
    assert "&lt;b&gt;x" in power.example_table(made).html()


def test_example_table(ds):
    """The published P stands beside ours, and every trial of the list has a row."""
    table = power.example_table(ds)
    assert len(table.frame) == len(power.examples(ds))
    assert "P=0.048" in table.frame["published"].iloc[0]
    assert "P 0.08" in table.frame["interaction"].iloc[0]
    assert "https://doi.org/" in table.html()


def test_without_examples():
    """Other data hold no such trial, and say so; the numbers have the same names."""
    mini = load(MINI)
    assert "no trial" in power.example_table(mini).plain
    assert set(power.example_numbers(mini)) == set(power.example_numbers(load()))


def test_reliability_figure():
    """At 0.5 a score needs twice the sample and has the power that formulas give."""
    figure = power.reliability_figure()
    rows = figure.table.set_index("reliability")
    score = rows.loc["0.5", "used as a score"]
    n = evaluate(Design(moderator="continuous", effect=0.1, power=0.8))["n"]
    worse = Design(moderator="continuous", effect=0.1, n=n, reliability=0.5)
    assert score == f"{100 * evaluate(worse)['power']:.0f}% (2.0×)"
    assert set(rows.loc["1"]) == {"80% (1.0×)"}
    # 2 / pi * asin(root of 0.5) is 0.5, which makes it four times the sample.
    assert rows.loc["0.5", "cut into halves"].endswith("(4.0×)")
    assert "80%" in figure.alt
    assert figure.readable_width() < 640
