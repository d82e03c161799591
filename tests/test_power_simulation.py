"""Trials made up and analysed find interactions as often as the formulas say."""

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm

from personomics.power import Design, evaluate, simulate
from personomics.power.simulation import least_squares, likelihood, planned

RATIO = {"baseline_risk": 0.3, "n": 900}
CATEGORY = {"moderator": "categorical", "shares": (0.2, 0.3, 0.5)}
CLUSTERS = {"cluster_size": 15, "icc": 0.1, "n": 600}
OWN = {"treatment": 0.7, "prognosis": 1.5}
CONTINUOUS = [
    {"effect": 0.4, "n": 300, "prevalence": 0.2, "allocation": 0.4, "dropout": 0.1},
    {"effect": 0.9, "n": 31, "sd": 0.8},
    {"effect": 0.6, "n": 300, "reliability": 0.6, "prevalence": 0.3},
    {"effect": 0.8, "n": 300, "sensitivity": 0.8, "specificity": 0.9},
    {"effect": 0.8, "n": 200, "r2": 0.4, "moderators": 3, "correction": "sidak"},
    {"effect": 1, "n": 120, **CATEGORY},
    {"effect": 0.9, "n": 300, "reliability": 0.6, "r2": 0.3, **CATEGORY},
    {"effect": 0.45, "n": 250, "moderator": "continuous", "reliability": 0.6},
    {"effect": 0.45, "n": 250, "moderator": "continuous", "r2": 0.4},
    {"effect": 0.4, "moderator_icc": 0.2, **CLUSTERS},
    {"effect": 0.6, "moderator_icc": 1, **CLUSTERS},
    {"effect": 0.25, "moderator": "continuous", "moderator_icc": 0.3, **CLUSTERS},
    {"effect": 0.6, "moderator_icc": 0.2, **CATEGORY, **CLUSTERS},
]
RATIOS = [
    {"effect": 2, "allocation": 0.4},
    {"effect": 2, "prevalence": 0.3, "reliability": 0.6, **OWN},
    {"effect": 0.4, "sensitivity": 0.8, "specificity": 0.9, **OWN},
    {"effect": 2.5, **CATEGORY, **OWN},
    {"effect": 2.5, "reliability": 0.6, **CATEGORY},
    {"effect": 1.4, "moderator": "continuous", **OWN},
    {"effect": 1.5, "moderator": "continuous", "reliability": 0.6, **OWN},
    {"effect": 2, "r2": 0.3},
]


def close(trial, runs, seed):
    """Say whether formula and simulation agree within 4 standard errors."""
    found = simulate(Design(**trial), runs, seed)
    assert found.formula == evaluate(Design(**trial))["power"]
    assert 0.1 < found.formula < 0.95  # where the two could differ
    assert found.power == pytest.approx(found.formula, abs=4 * found.error)


@pytest.mark.parametrize("trial", CONTINUOUS, ids=str)
def test_continuous_outcome(trial):
    """Differences of means: 2,000 trials agree with the formula."""
    close(trial, 2000, 6)


@pytest.mark.parametrize("outcome", ["binary", "time-to-event"])
@pytest.mark.parametrize("trial", RATIOS, ids=str)
def test_ratio_outcome(outcome, trial):
    """Ratios of odds and of hazards: 800 trials agree with the formula."""
    close({"outcome": outcome, **RATIO, **trial}, 800, 6)


@pytest.mark.parametrize(
    "trial",
    [{"n": 60}, {"n": 400, "outcome": "binary", "baseline_risk": 0.4}],
    ids=str,
)
def test_no_effect(trial):
    """Without an effect, one trial in twenty is significant."""
    found = simulate(Design(effect=1 + 1e-6 if "outcome" in trial else 1e-6, **trial))
    assert found.power == pytest.approx(0.05, abs=4 * found.error)


def test_ignoring_error_would_be_seen():
    """The check can fail: the formula for a perfect instrument misses by far."""
    trial = Design(effect=0.6, n=400, reliability=0.5)
    found = simulate(trial, 1000, 2)
    perfect = evaluate(replace(trial, reliability=1))["power"]
    assert perfect - found.power > 10 * found.error


def test_seed_decides():
    """The same seed gives the same result, another one another."""
    trial = Design(effect=0.4, n=200)
    one, same, other = (simulate(trial, 500, seed) for seed in (3, 3, 4))
    assert one == same
    assert one.power != other.power


def test_solved_trials_are_simulated():
    """What the trial leaves open is worked out and then checked."""
    found = simulate(Design(effect=0.5, power=0.8, dropout=0.2), 1000, 1)
    assert found.n == evaluate(Design(effect=0.5, power=0.8, dropout=0.2))["n"]
    assert found.power == pytest.approx(0.8, abs=0.05)


@pytest.mark.parametrize(
    ("changes", "runs", "seed", "words"),
    [
        ({}, 99, 1, "runs must be a whole number from 100 to 1,000,000, not 99"),
        ({}, 100, -1, "seed must be a whole number from 0"),
        ({"outcome": "binary", "baseline_risk": 0.2, "cluster_size": 5}, 100, 1,
         "cluster_size must be 1 to simulate"),
        ({"n": 5, "r2": 0.9}, 100, 1, "n must be larger than 5 to simulate: the 6 "),
        ({"n": 40, "cluster_size": 10, "icc": 0.05}, 100, 1,
         "n must be larger than 40 to simulate: the 4 coefficients"),
    ],
)  # fmt: skip
def test_impossible_simulations(changes, runs, seed, words):
    """What cannot be simulated is refused with the argument and its range."""
    with pytest.raises(ValueError, match=words):
        simulate(Design(**{"effect": 2, "n": 500, **changes}), runs, seed)


def test_error_alone_in_hazards():
    """At a ratio of 1, error alone finds about what the formula says, not 87%."""
    trial = {"treatment": 3, "prognosis": 5, "reliability": 0.5, "effect": 1 + 1e-9}
    design = Design(outcome="time-to-event", baseline_risk=0.5, n=2000, **trial)
    found = simulate(design, 200, 1)
    assert 0.05 < found.formula < 0.1
    assert found.power == pytest.approx(found.formula, abs=4 * found.error)


def made_up(outcome):
    """Return one trial with its model: interaction, intercept, arm, moderator."""
    rng = np.random.default_rng(1)
    arm, score = np.repeat([0.0, 1.0], 80), rng.standard_normal(160)
    model = np.column_stack([arm * score, np.ones(160), arm, score])
    value = model @ [0.4, -0.5, 0.2, 0.3]
    if outcome == "continuous":
        return model, value + rng.standard_normal(160), np.zeros(160)
    if outcome == "binary":
        events = rng.random(160) < 1 / (1 + np.exp(-value))
        return model, events.astype(float), np.zeros(160)
    time = rng.exponential(size=160) / np.exp(value)
    return model, (time < 1).astype(float), np.log(np.minimum(time, 1))


def test_least_squares_as_statsmodels():
    """F of the interaction is that of statsmodels."""
    model, outcome, _ = made_up("continuous")
    theirs = float(sm.OLS(outcome, model).fit().tvalues[0] ** 2)
    assert least_squares(model[None], outcome[None], 1)[0] == pytest.approx(theirs)


@pytest.mark.parametrize("outcome", ["binary", "time-to-event"])
def test_likelihood_as_statsmodels(outcome):
    """Wald's chi-squared is that of statsmodels' logistic and Poisson regression."""
    model, events, time = made_up(outcome)
    family = sm.families.Binomial() if outcome == "binary" else sm.families.Poisson()
    more = {} if outcome == "binary" else {"offset": time}
    theirs = sm.GLM(events, model, family, **more).fit().tvalues[0] ** 2
    ours = likelihood(model[None], events[None], time[None], 1, outcome)[0]
    assert ours == pytest.approx(theirs, rel=1e-5)


def test_planned_sizes():
    """Largest remainders: 10 people in shares of 0.25, 0.3 and 0.45 are 3, 3 and 4."""
    sizes = np.bincount(planned(np.array([0.25, 0.3, 0.45]), 10))
    assert list(sizes) == [3, 3, 4]
