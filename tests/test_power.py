"""Sample size and power for effect modification."""

import math
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.power import NormalIndPower

from personomics import load, power

shares = st.floats(0.05, 0.95)
effects = st.floats(0.05, 2)


def without(ds, *tables):
    """Return the data with some tables emptied."""
    empty = {name: ds[name].iloc[:0] for name in tables}
    return replace(ds, tables=MappingProxyType({**ds.tables, **empty}))


def test_brookes_fourfold_sample():
    """An interaction as large as the main effect takes four times the sample."""
    assert power.sample_size_ratio(1) == pytest.approx(4)
    exact = [power.required_n(0.3, 0.8, contrast) for contrast in power.CONTRASTS]
    assert exact[1] / exact[0] == pytest.approx(4)


def test_brookes_29_percent():
    """80% power for the main effect is 29% for an interaction of the same size."""
    n = power.required_n(0.25, 0.8, "main")
    assert power.power(0.25, n, "main") == pytest.approx(0.8)
    assert round(100 * power.power(0.25, n)) == 29


def test_gelman_sixteenfold_sample():
    """An interaction half as large as the main effect takes 16 times the sample."""
    main, half = power.required_n(0.4, 0.8, "main"), power.required_n(0.2, 0.8)
    assert half / main == pytest.approx(16)


def test_main_effect_by_hand():
    """0.5 SD, 80% power, 5%: 4 * ((1.96 + 0.8416) / 0.5) ** 2 = 125.6 patients."""
    assert power.sample_size(0.5, 0.8, "main") == 126


def test_variance_by_hand():
    """Of 100 patients, r = 0.4, p = 0.2: cells 8, 32, 12, 48 and 1/8+1/32+1/12+1/48."""
    sizes = power.cell_sizes(100, 0.2, 0.4)
    expected = {(1, 1): 8, (1, 0): 32, (0, 1): 12, (0, 0): 48}
    assert sizes == pytest.approx(expected)
    by_hand = 1 / 8 + 1 / 32 + 1 / 12 + 1 / 48
    assert power.effect_variance(100, "interaction", 0.2, 0.4) == pytest.approx(by_hand)
    assert power.effect_variance(100, "main", 0.2, 0.4) == pytest.approx(1 / 24)


@pytest.mark.parametrize("allocation", [0.5, 0.3])
@pytest.mark.parametrize("effect", [0.2, -0.6])
def test_main_effect_as_statsmodels(effect, allocation):
    """Power and sample for the main effect are those of statsmodels."""
    other, ratio = NormalIndPower(), (1 - allocation) / allocation
    theirs = other.power(effect, 200 * allocation, 0.05, ratio=ratio)
    ours = power.power(effect, 200, "main", allocation=allocation)
    assert ours == pytest.approx(theirs, abs=1e-9)
    first = other.solve_power(effect, alpha=0.05, power=0.9, ratio=ratio)
    exact = power.required_n(effect, 0.9, "main", allocation=allocation)
    assert exact == pytest.approx(first / allocation, rel=1e-6)


def test_interaction_as_simulation():
    """A simulation by ordinary least squares finds the interaction as often."""
    rng = np.random.default_rng(5)
    n, effect, runs = 800, 0.5, 2000
    arm = np.repeat([0.0, 1.0], n // 2)
    moderator = np.tile(np.repeat([0.0, 1.0], [280, 120]), 2)
    design = np.column_stack([np.ones(n), arm, moderator, arm * moderator])
    inverse = np.linalg.inv(design.T @ design)
    outcomes = rng.standard_normal((n, runs)) + (effect * arm * moderator)[:, None]
    fitted = inverse @ design.T @ outcomes
    residual = ((outcomes - design @ fitted) ** 2).sum(axis=0) / (n - 4)
    signal = np.abs(fitted[3]) / np.sqrt(residual * inverse[3, 3])
    found = (signal > 1.959964).mean()
    assert found == pytest.approx(power.power(effect, n, prevalence=0.3), abs=0.03)


@given(effects, shares, shares)
def test_sample_size_is_smallest(effect, prevalence, allocation):
    """The sample reaches the power, and one participant fewer does not."""
    trial = {"prevalence": prevalence, "allocation": allocation}
    n = power.sample_size(effect, 0.8, **trial)
    assert power.power(effect, n, **trial) >= 0.8 - 1e-9
    assert n == 4 or power.power(effect, n - 1, **trial) < 0.8


@given(effects, st.integers(4, 5000), shares, shares)
def test_power_properties(effect, n, prevalence, allocation):
    """Power grows with n, is symmetric in both shares and in the effect's sign."""
    trial = {"prevalence": prevalence, "allocation": allocation}
    here = power.power(effect, n, **trial)
    mirrored = {"prevalence": 1 - prevalence, "allocation": 1 - allocation}
    assert 0.05 <= here + 1e-12 <= 1 + 2e-12
    assert power.power(effect, 2 * n, **trial) >= here
    assert power.power(-effect, n, **mirrored) == pytest.approx(here)


@given(shares, shares)
def test_variance_ratio(prevalence, allocation):
    """The ratio is 1 / (p (1 - p)), never below 4, whatever the allocation."""
    ratio = power.interaction_variance_ratio(prevalence, allocation)
    assert ratio == pytest.approx(1 / (prevalence * (1 - prevalence)))
    assert ratio >= 4 - 1e-9


def test_power_without_effect_is_alpha():
    """As the effect vanishes power falls to the level of significance."""
    assert power.power(1e-6, 100, alpha=0.01) == pytest.approx(0.01)


def test_tiny_trials_have_a_patient_in_each_cell():
    """However large the effect, a trial has at least four participants."""
    assert power.sample_size(1000) == 4


@pytest.mark.parametrize(
    ("name", "wrong", "allowed"),
    [
        ("effect", 0, "other than 0"),
        ("effect", math.nan, "other than 0"),
        ("effect", 1e-9, "0.000001"),
        ("power", 0, "between 0 and 1"),
        ("power", 1, "between 0 and 1"),
        ("power", 0.05, r"alpha \(0.05\)"),
        ("prevalence", 0, "between 0 and 1"),
        ("prevalence", 50, "between 0 and 1"),
        ("prevalence", math.nan, "between 0 and 1"),
        ("allocation", 1, "between 0 and 1"),
        ("alpha", 0, "between 0 and 1"),
        ("alpha", "5%", "between 0 and 1"),
        ("contrast", "both", "main, interaction"),
    ],
)
def test_errors_name_argument_and_range(name, wrong, allowed):
    """A wrong argument is named, with the range that is allowed."""
    with pytest.raises(ValueError, match=f"^{name} must be .*{allowed}"):
        power.sample_size(**{"effect": 0.3, name: wrong})


@pytest.mark.parametrize("n", [3, -1, math.inf, math.nan, "many"])
def test_error_on_sample(n):
    """A sample below one participant for each cell is an error."""
    with pytest.raises(ValueError, match=r"^n must be .* at least 4"):
        power.power(0.3, n)


def test_published_figures_are_recomputed():
    """Every figure on power that the shipped data hold is found again."""
    rows = power.published(load()).dropna(subset=["number"])
    assert len(rows) > 0
    assert list(rows["recomputed"].astype(float).round()) == list(rows["number"])


def test_published_check_without_figures():
    """Facts without a figure are said not to be recomputed; no facts, a sentence."""
    ds = load()
    bare = power.published_check(without(ds, "trial_fact_values"))
    assert set(bare.frame["recomputed"]) == {"not recomputed here"}
    none = power.published_check(without(ds, "trial_facts", "trial_fact_values"))
    assert "no published figures" in none.plain
