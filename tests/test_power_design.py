"""The formulas for power, beside other programs, hand-worked values and properties."""

import math
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats
from statsmodels.stats.power import FTestPowerF2, NormalIndPower

from personomics import power
from personomics.power import Design, evaluate
from personomics.power.formulas import (
    cut_correlation,
    hermite,
    measured,
    positions,
    to_risk,
)

SHARES = (0.2, 0.3, 0.5)
KINDS = {
    "binary": {"prevalence": 0.3},
    "categorical": {"shares": SHARES},
    "continuous": {},
}
TRIAL = {"baseline_risk": 0.3, "treatment": 0.7, "prognosis": 1.6}


def test_brookes_29_percent_exact():
    """With the t test, too, 80% for the main effect is 29% for an equal interaction."""
    n = power.sample_size(0.3, 0.8, "main")
    assert round(100 * evaluate(Design(effect=0.3, n=n))["power"]) == 29


def test_fourfold_and_sixteenfold():
    """An interaction half as large takes four times as many as one as large."""
    main = power.sample_size(0.4, 0.8, "main")
    equal = evaluate(Design(effect=0.4, power=0.8))["n"]
    half = evaluate(Design(effect=0.2, power=0.8))["n"]
    assert equal / main == pytest.approx(4, rel=0.01)
    assert half / main == pytest.approx(16, rel=0.01)


@pytest.mark.parametrize("n", [9, 40, 731])
def test_noncentral_t(n):
    """Two groups: scipy's noncentral t with n - 4 degrees of freedom."""
    design = Design(effect=0.7, n=n, prevalence=0.3, allocation=0.4, sd=1.3)
    signal = 0.7 / 1.3 * math.sqrt(n * 0.3 * 0.7 * 0.4 * 0.6)
    edge = stats.t.isf(0.025, n - 4)
    theirs = stats.nct.sf(edge, n - 4, signal) + stats.nct.cdf(-edge, n - 4, signal)
    assert evaluate(design)["power"] == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize("shares", [SHARES, (0.5, 0.5), (0.1, 0.2, 0.3, 0.4)])
def test_f_as_statsmodels(shares):
    """Several groups: FTestPowerF2 of statsmodels."""
    design = Design(moderator="categorical", shares=shares, effect=0.5, n=400)
    found, groups = evaluate(design), len(shares)
    theirs = FTestPowerF2().power(
        found["noncentrality"] / 400, groups - 1, 400 - 2 * groups, 0.05, ncc=groups + 1
    )
    assert found["power"] == pytest.approx(theirs, abs=1e-9)


def test_z_as_statsmodels():
    """Clusters without correlation: the normal approximation of NormalIndPower."""
    design = Design(
        effect=0.5, n=400, prevalence=0.3, allocation=0.4, cluster_size=5, alpha=0.01
    )
    size = 0.5 * math.sqrt(0.3 * 0.7)
    theirs = NormalIndPower().power(size, 160, 0.01, ratio=1.5)
    assert evaluate(design)["power"] == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize("reliability", [1, 0.6])
def test_noncentrality_as_least_squares(reliability):
    """Groups: the sum of squares that statsmodels loses without the interaction."""
    design = Design(
        moderator="categorical", shares=SHARES, effect=0.8, n=200, sd=1.5,
        allocation=0.4, reliability=reliability,
    )  # fmt: skip
    seen = measured(design)
    means = seen.mix @ (0.8 * positions(3))
    rows = [
        (arm, group, means[group] * arm, part * seen.shares[group])
        for (arm, part), group in product([(0, 0.6), (1, 0.4)], range(3))
    ]
    arm, group, outcome, share = np.array(rows).T
    dummies = np.column_stack([group == 1, group == 2]).astype(float)
    small = sm.add_constant(np.column_stack([arm, dummies]))
    full = np.column_stack([small, dummies * arm[:, None]])
    lost = (
        sm.WLS(outcome, small, 200 * share).fit().ssr
        - sm.WLS(outcome, full, 200 * share).fit().ssr
    )
    assert evaluate(design)["noncentrality"] == pytest.approx(lost / 1.5**2)


def expected(design):
    """Yield cells: arm, columns of the moderator, risk, time at risk, share."""
    r = design.allocation
    link = {
        "binary": lambda odds: 1 / (1 + np.exp(-odds)),
        "time-to-event": lambda log: 1 - np.exp(-np.exp(log)),
    }[design.outcome]
    p = design.baseline_risk
    start = math.log(p / (1 - p) if design.outcome == "binary" else -math.log(1 - p))

    def risk(arm, at):
        slope = math.log(design.prognosis) + arm * math.log(design.effect)
        odds = start + arm * math.log(design.treatment) + at * slope
        events = np.minimum(link(odds), 1 - 1e-12)
        return events, events / np.exp(odds)  # time at risk, for a hazard

    for arm, part in ((0, 1 - r), (1, r)):
        if design.moderator == "continuous":
            nodes = [one for one in zip(*hermite(), strict=True) if one[1] > 1e-12]
            yield from ((arm, [x], *risk(arm, x), part * w) for x, w in nodes)
            continue
        seen, last = measured(design), design.groups - 1
        true = np.array([risk(arm, i / last) for i in range(last + 1)]).T
        for j, share in enumerate(seen.shares):
            columns = [float(j == i) for i in range(1, last + 1)]
            yield arm, columns, *(true @ seen.mix[j]), part * share


@pytest.mark.parametrize("outcome", ["binary", "time-to-event"])
@pytest.mark.parametrize(
    ("moderator", "more"),
    [
        ("binary", {}), ("binary", {"reliability": 0.6}),
        ("binary", {"sensitivity": 0.9, "specificity": 0.8}),
        ("categorical", {"allocation": 0.3}), ("categorical", {"reliability": 0.6}),
        ("continuous", {}), ("continuous", {"allocation": 0.3}),
    ],
)  # fmt: skip
def test_noncentrality_as_glm(outcome, moderator, more):
    """Ratios: Wald's chi-squared of statsmodels, fitted to the expected data.

    Logistic regression, and Poisson regression on time at risk. A score with error has
    no such data; the simulation checks that.
    """
    design = Design(
        outcome=outcome, moderator=moderator, effect=1.4, n=900, dropout=0.1,
        **KINDS[moderator], **TRIAL, **more,
    )  # fmt: skip
    cells = list(expected(design))
    arm = np.array([cell[0] for cell in cells], dtype=float)
    columns = np.array([cell[1] for cell in cells])
    risk, time, size = (np.array([cell[i] for cell in cells]) for i in (2, 3, 4))
    size = 810 * size
    model = np.column_stack([columns * arm[:, None], np.ones(len(arm)), arm, columns])
    if outcome == "binary":
        fit = sm.GLM(risk, model, sm.families.Binomial(), var_weights=size).fit()
    else:
        fit = sm.GLM(
            size * risk, model, sm.families.Poisson(), offset=np.log(size * time)
        ).fit()
    tested = columns.shape[1]
    slopes = np.asarray(fit.params)[:tested]
    spread = np.asarray(fit.cov_params())[:tested, :tested]
    wald = slopes @ np.linalg.solve(spread, slopes)
    assert evaluate(design)["noncentrality"] == pytest.approx(wald, rel=1e-5)


def test_odds_by_hand():
    """Risks 0.3, 0.3, 0.3 and 6/13: n from 4 * (3 / 0.21 + 169 / 42)."""
    design = Design(outcome="binary", baseline_risk=0.3, effect=2, power=0.8)
    variance = 4 * (3 / 0.21 + 169 / 42)
    exact = variance * ((1.959964 + 0.841621) / math.log(2)) ** 2
    assert evaluate(design)["n"] == math.ceil(exact)


def test_hazards_by_hand():
    """Events of 30%, 30%, 30% and 51% in four cells (Peterson and George 1993)."""
    design = Design(outcome="time-to-event", baseline_risk=0.3, effect=2, power=0.8)
    variance = 4 * (3 / 0.3 + 1 / 0.51)
    exact = variance * ((1.959964 + 0.841621) / math.log(2)) ** 2
    found = evaluate(design)
    assert found["n"] == math.ceil(exact)
    assert found["smallest_cell"] == pytest.approx(found["n"] / 4 * 0.3)


def test_hazards_need_four_times_the_events():
    """A small interaction takes four times Schoenfeld's events for a main effect."""
    ratio = 1.02
    trial = Design(outcome="time-to-event", baseline_risk=0.9, effect=ratio, n=999_999)
    events = 4 * evaluate(trial)["smallest_cell"]
    signal = evaluate(trial)["noncentrality"]
    needed = events * power.required_signal(0.8) ** 2 / signal
    main = 4 * (1.959964 + 0.841621) ** 2 / math.log(ratio) ** 2
    assert needed / main == pytest.approx(4, rel=0.01)


def test_as_interactionpower():
    """R InteractionPoweR's README: r 0.15, 0.2, 0.1, 0.2 and N = 350 give 0.8055776.

    In that version the product explains r**2 / sqrt(1 + 0.2**2), over what the main
    effects leave, with 347 degrees of freedom: those of a trial of 351 here.
    """
    main = (0.2**2 + 0.1**2 - 2 * 0.2 * 0.1 * 0.2) / (1 - 0.2**2)
    signal = 347 * 0.15**2 / math.sqrt(1 + 0.2**2) / (1 - main)
    effect = math.sqrt(4 * signal / 351)
    found = evaluate(Design(moderator="continuous", effect=effect, n=351))
    assert found["df2"] == 347
    assert found["power"] == pytest.approx(0.8055776, abs=5e-8)


def test_yang_by_hand():
    """40 clusters of 27, as in R powertools, by the formula of Yang et al. 2020.

    The sum of powertools leaves out the far tail.
    """
    variance = (
        71**2 * (1 - 0.04) * (1 + 26 * 0.04)
        / (40 * 27 * 0.25 * 12.7**2 * (1 + 25 * 0.04 - 26 * 0.08 * 0.04))
    )  # fmt: skip
    theirs = stats.norm.cdf(stats.norm.ppf(0.025) + 1 / math.sqrt(variance))
    design = Design(
        moderator="continuous", effect=12.7, sd=71, n=1080, cluster_size=27, icc=0.04,
        moderator_icc=0.08,
    )  # fmt: skip
    assert evaluate(design)["power"] == pytest.approx(theirs, abs=1e-5)


def test_clusters_in_special_cases():
    """A moderator alike in clusters gives 1 + (m - 1) icc; no correlation gives 1."""
    trial = Design(effect=1, n=600, cluster_size=20, icc=0.05)
    assert evaluate(trial)["design_effect"] == pytest.approx(1 + 19 * 0.05)
    assert evaluate(replace(trial, icc=0))["design_effect"] == 1
    apart = evaluate(replace(trial, moderator_icc=0))["design_effect"]
    assert apart < 1


@pytest.mark.parametrize("prevalence", [0.5, 0.2, 0.03])
@pytest.mark.parametrize("reliability", [0.95, 0.7, 0.2])
def test_cut_scores(prevalence, reliability):
    """The correlation of two cut scores: scipy's bivariate normal distribution."""
    edge, r = stats.norm.ppf(prevalence), math.sqrt(reliability)
    both = stats.multivariate_normal.cdf([edge, edge], cov=[[1, r], [r, 1]])
    theirs = (both - prevalence**2) / (prevalence * (1 - prevalence))
    assert cut_correlation(reliability, prevalence) == pytest.approx(theirs, abs=1e-6)


def test_median_split():
    """Cut at the median: 2 / pi * asin(root of the reliability) is left."""
    left = evaluate(Design(effect=1, n=200, reliability=0.49))["attenuation"]
    assert left == pytest.approx(2 / math.pi * math.asin(0.7), abs=1e-12)


def test_score_needs_one_over_reliability():
    """A score with a reliability of 0.5 takes twice the sample."""
    perfect = Design(moderator="continuous", effect=0.1, power=0.9)
    worse = replace(perfect, reliability=0.5)
    assert evaluate(worse)["n"] / evaluate(perfect)["n"] == pytest.approx(2, rel=1e-3)


def phi(table):
    """Return the correlation of two binary variables from their table."""
    (a, b), (c, d) = table
    return (a * d - b * c) / math.sqrt((a + b) * (c + d) * (a + c) * (b + d))


def test_sensitivity_by_hand():
    """80% and 90% at a prevalence of 30%: 24 of 31 and 63 of 69 are rightly placed."""
    trial = Design(effect=1, n=400, prevalence=0.3, sensitivity=0.8, specificity=0.9)
    found = evaluate(trial)
    left = 24 / 31 + 63 / 69 - 1
    table = np.array([[63, 6], [7, 24]])  # measured group by true group, of 100
    assert found["attenuation"] == pytest.approx(phi(table))
    assert found["measured_shares"] == pytest.approx([0.69, 0.31])
    assert found["noncentrality"] == pytest.approx(400 / 4 * 0.31 * 0.69 * left**2)


def test_corrections_and_inflation_by_hand():
    """5 moderators: 0.01 or 1 - 0.95 ** 0.2; r2 of 0.5 halves the noncentrality."""
    trial = Design(effect=0.5, n=400, moderators=5, correction="bonferroni", r2=0.5)
    found = evaluate(trial)
    assert found["alpha"] == pytest.approx(0.01)
    assert found["noncentrality"] == pytest.approx(400 / 16 * 0.25 / 2)
    sidak = evaluate(replace(trial, correction="sidak"))
    assert sidak["alpha"] == pytest.approx(1 - 0.95**0.2)


def test_dropout_is_made_up_for():
    """With 20% lost, those left are enough, and one recruit fewer is not."""
    found = evaluate(Design(effect=0.5, power=0.8, dropout=0.2))
    assert 0.8 * found["n"] == pytest.approx(found["analysed"])
    fewer = evaluate(Design(effect=0.5, n=found["n"] - 1, dropout=0.2))
    assert found["power"] >= 0.8 > fewer["power"]


def test_whole_clusters():
    """A sample of clusters is a whole number of them."""
    found = evaluate(Design(effect=0.5, power=0.8, cluster_size=7, icc=0.02))
    assert found["n"] == 7 * found["clusters"]


def test_notes():
    """What to bear in mind is said where it applies, and only there."""
    assert evaluate(Design(effect=0.5, n=100))["notes"] == []
    trial = Design(
        outcome="binary", baseline_risk=0.01, effect=2, n=200, moderators=3,
        cluster_size=10, reliability=0.7,
    )  # fmt: skip
    codes = evaluate(trial)["notes"]
    assert codes == ["few", "clusters", "cut", "borrowed", "many"]
    assert "many" not in evaluate(replace(trial, correction="sidak"))["notes"]
    assert set(codes) <= set(power.page_data()["words"]["notes"])


def test_both_detectable_ratios():
    """Both detectable ratios have the power, and one nearer to 1 has less."""
    trial = Design(outcome="binary", baseline_risk=0.2, n=1500, power=0.8)
    found = evaluate(trial)
    for ratio in (found["effect"], found["effect_below"]):
        at, nearer = (
            evaluate(replace(trial, power=None, effect=one))["power"]
            for one in (ratio, ratio**0.99)
        )
        assert at == pytest.approx(0.8, abs=1e-9)
        assert nearer < 0.8
    assert found["effect"] > 1 > found["effect_below"]


def test_rare_events_can_have_one_side_only():
    """Where hardly anyone has the event, fewer events may never be detectable."""
    trial = Design(outcome="binary", baseline_risk=0.02, n=600, power=0.8)
    found = evaluate(trial)
    assert found["effect"] > 1
    assert found["effect_below"] is None


trials = st.builds(
    Design,
    effect=st.floats(0.2, 1.5),
    n=st.integers(200, 20_000),
    prevalence=st.floats(0.1, 0.9),
    allocation=st.floats(0.2, 0.8),
    reliability=st.floats(0.3, 1),
    r2=st.floats(0, 0.8),
    dropout=st.floats(0, 0.4),
    moderators=st.integers(1, 9),
    correction=st.sampled_from(["none", "bonferroni", "sidak"]),
)
TINY = 1e-12


def chance(design, **changes):
    """Return the power of a changed trial."""
    return evaluate(replace(design, **changes))["power"]


@settings(deadline=None, max_examples=40)
@given(trials)
def test_power_rises_and_falls(design):
    """Power rises with n, effect and reliability; it falls with r2 and drop-out."""
    here = chance(design)
    assert chance(design, n=2 * design.n) >= here - TINY
    assert chance(design, effect=1.5 * design.effect) >= here - TINY
    assert chance(design, reliability=(1 + design.reliability) / 2) >= here - TINY
    assert chance(design, r2=(1 + design.r2) / 2) <= here + TINY
    assert chance(design, dropout=design.dropout / 2) >= here - TINY
    assert evaluate(design)["alpha"] - 1e-9 <= here <= 1


@settings(deadline=None, max_examples=40)
@given(trials)
def test_power_is_symmetric(design):
    """Arms, groups and the sign of the effect may be exchanged."""
    here = chance(design)
    assert chance(design, allocation=1 - design.allocation) == pytest.approx(here)
    assert chance(design, prevalence=1 - design.prevalence) == pytest.approx(here)
    assert chance(design, effect=-design.effect) == pytest.approx(here)


@settings(deadline=None, max_examples=40)
@given(trials, st.floats(0.2, 0.95))
def test_round_trips(design, target):
    """The sample solved for has the power, one fewer has not; so has the effect."""
    solved = evaluate(replace(design, n=None, power=target))
    assert solved["power"] >= target - 1e-9
    if solved["n"] > solved["minimum_n"]:
        assert chance(design, n=solved["n"] - 1) < target
    effect = evaluate(replace(design, effect=None, power=target))["effect"]
    assert chance(design, effect=effect) == pytest.approx(target, abs=1e-9)


@settings(deadline=None, max_examples=40)
@given(st.integers(2, 60), st.floats(0, 0.5), st.floats(0, 0.5))
def test_power_falls_with_icc(size, one, other):
    """The more alike those of a cluster with one moderator are, the less power."""
    trial = Design(effect=0.3, n=40 * size, cluster_size=size)
    low, high = sorted((one, other))
    assert chance(trial, icc=low) >= chance(trial, icc=high) - TINY


@settings(deadline=None, max_examples=40)
@given(st.floats(0.1, 0.9), st.sampled_from(["continuous", "binary", "time-to-event"]))
def test_two_groups_are_a_category(share, outcome):
    """A binary moderator and a categorical one of two groups are the same."""
    more = TRIAL if outcome != "continuous" else {}
    trial = {"outcome": outcome, "effect": 1.5, "n": 900, **more}
    two = evaluate(Design(prevalence=share, **trial))
    category = Design(moderator="categorical", shares=(1 - share, share), **trial)
    assert evaluate(category)["power"] == pytest.approx(two["power"], abs=1e-12)


def test_no_effect_is_alpha():
    """As the ratio goes to 1, power goes to the level of significance."""
    trial = Design(outcome="binary", baseline_risk=0.2, effect=1 + 1e-9, n=500)
    assert evaluate(trial)["power"] == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"power": 1}, "power must be a number above 0 and below 1, not 1"),
        ({"power": 0.04}, "power must be a number above alpha (0.05) and below 1, "
         "not 0.04"),
        ({"prevalence": 0}, "prevalence must be a number above 0 and below 1, not 0"),
        ({"reliability": 0}, "reliability must be a number above 0 and at most 1, "
         "not 0"),
        ({"reliability": 1.1}, "reliability must be a number above 0 and at most 1, "
         "not 1.1"),
        ({"sd": -1}, "sd must be a number from 0.000001 to 1,000,000, not -1"),
        ({"sd": math.nan}, "sd must be a number from 0.000001 to 1,000,000, not nan"),
        ({"effect": 0}, "effect must be a number other than 0, of a size from 0.000001 "
         "to 1,000,000, not 0"),
        ({"effect": "big"}, "effect must be a number other than 0, of a size from "
         "0.000001 to 1,000,000, not big"),
        ({"effect": True}, "effect must be a number other than 0, of a size from "
         "0.000001 to 1,000,000, not True"),
        ({"n": 100}, "exactly two of effect, n and power must be given, and the third "
         "is worked out; given: effect, n and power"),
        ({"effect": None}, "exactly two of effect, n and power must be given, and the "
         "third is worked out; given: power"),
        ({"effect": None, "power": None}, "exactly two of effect, n and power must be "
         "given, and the third is worked out; given: nothing"),
        ({"power": None, "n": 4}, "n must be a whole number from 5 to 1,000,000 for "
         "this design, not 4"),
        ({"power": None, "n": 10.5}, "n must be a whole number from 1 to 1,000,000, "
         "not 10.5"),
        ({"power": None, "n": 39, "prevalence": 0.05}, "n must be a whole number from "
         "40 to 1,000,000 for this design, not 39"),
        ({"power": None, "n": 30, "cluster_size": 10}, "n must be a whole number from "
         "40 to 1,000,000 for this design, not 30"),
        ({"power": None, "n": 41, "prevalence": 0.05, "cluster_size": 7}, "n must be a "
         "whole number from 42 to 1,000,000 for this design, not 41"),
        ({"moderator": "categorical", "shares": (0.2, 0.3)}, "shares must be 2 to 8 "
         "numbers above 0 that add up to 1, not 0.2, 0.3"),
        ({"moderator": "categorical"}, "shares must be 2 to 8 numbers above 0 that add "
         "up to 1, not missing"),
        ({"shares": (0.5, 0.5)}, "shares applies only to a categorical moderator; "
         "leave it out"),
        ({"baseline_risk": 0.2}, "baseline_risk applies only to a binary or "
         "time-to-event outcome; leave it out"),
        ({"outcome": "binary"}, "baseline_risk must be a number above 0 and below 1, "
         "not missing"),
        ({"outcome": "binary", "baseline_risk": 0.1, "effect": 1}, "effect must be a "
         "ratio from 0.01 to 100 other than 1, not 1"),
        ({"outcome": "time-to-event", "baseline_risk": 0.1, "sd": 2, "effect": 2},
         "sd applies only to a continuous outcome; leave it out"),
        ({"sensitivity": 0.9, "reliability": 0.9}, "reliability must be 1 where "
         "sensitivity or specificity is below 1, as they say the same twice"),
        ({"sensitivity": 0.4, "specificity": 0.6}, "sensitivity and specificity must "
         "add up to more than 1, not 1"),
        ({"effect": 1e-5}, "effect must be larger: 1,000,000 participants do not give "
         "this power"),
        ({"prevalence": 1e-9}, "the smallest group must be larger: 1,000,000 "
         "participants leave it empty; allowed: another prevalence, shares or "
         "allocation, smaller clusters, or less dropout"),
        ({"outcome": "binary", "baseline_risk": 0.1, "effect": None, "n": 20}, "n must "
         "be larger: no ratio from 0.01 to 100 gives this power with 20 participants"),
        ({"effect": None, "n": 5, "sd": 1e6}, "n must be larger: no difference up to "
         "1,000,000 gives this power with 5 participants"),
        ({"alpha": 0}, "alpha must be a number from 0.000001 to 0.5, not 0"),
        ({"outcome": "death"}, "outcome must be one of continuous, binary, "
         "time-to-event, not death"),
        ({"dropout": 1}, "dropout must be a number of at least 0 and below 1, not 1"),
        ({"icc": 1}, "icc must be a number of at least 0 and below 1, not 1"),
        ({"cluster_size": 0}, "cluster_size must be a whole number from 1 to 10,000, "
         "not 0"),
        ({"correction": "holm"}, "correction must be one of none, bonferroni, sidak, "
         "not holm"),
    ],
)  # fmt: skip
def test_impossible_trials(changes, sentence):
    """What cannot be is refused in one sentence that names argument and range."""
    with pytest.raises(ValueError) as error:  # noqa: PT011
        evaluate(Design(**{"effect": 0.5, "power": 0.8, **changes}))
    assert str(error.value) == sentence


EDGES = {
    "prevalence": (1e-300, 1 - 1e-16), "allocation": (5e-324, 1 - 1e-16),
    "reliability": (5e-324, 1e-9), "sd": (1e-6, 1e6), "dropout": (1 - 1e-16,),
    "r2": (1 - 1e-16,), "power": (1e-300, 1 - 1e-16), "n": (5, 10**6),
    "effect": (1e-6, 1e6, 100, 0.01, 1 + 1e-15), "baseline_risk": (5e-324, 1 - 1e-16),
    "prognosis": (0.01, 100), "sensitivity": (5e-324,), "cluster_size": (2, 10_000),
}  # fmt: skip


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("outcome", ["continuous", "binary", "time-to-event"])
@pytest.mark.parametrize("moderator", list(KINDS))
def test_edges_of_what_is_allowed(outcome, moderator):
    """The ends of every range give finite numbers, or a sentence; never a traceback."""
    more = {"baseline_risk": 0.2} if outcome != "continuous" else {}
    more |= {"shares": SHARES} if moderator == "categorical" else {}
    pairs = [{"effect": 0.5, "n": 500}, {"effect": 0.5, "power": 0.8}]
    pairs.append({"n": 500, "power": 0.8})
    edges = [(name, value) for name, values in EDGES.items() for value in values]
    for given_, (name, value) in product(pairs, edges):
        fields = {"outcome": outcome, "moderator": moderator, **more, **given_}
        try:
            found = evaluate(Design(**{**fields, "icc": 0.3, name: value}))
        except ValueError as error:
            words = str(error)
            assert "must be" in words or "applies only" in words or "must add" in words
            continue
        numbers = (found["power"], found["effect"] or 0, found["noncentrality"])
        assert all(math.isfinite(one) for one in numbers)
        assert 0 <= found["power"] <= 1


def test_limits_are_those_of_the_design():
    """Every field has a limit with words, and its default is the design's."""
    known = power.limits()
    design = Design(effect=0.5, power=0.8)
    for name in Design.__dataclass_fields__:
        default = known[name]["default"]
        assert known[name]["words"]
        if name not in ("effect", "power"):
            assert getattr(design, name) == (() if default == [] else default)


def test_grid():
    """The settings for the page are many, valid, of every kind, and always the same."""
    rows = power.grid(81)
    assert rows[:27] == power.grid(27)
    kinds = {(row["outcome"], row["moderator"], Design(**row).solved) for row in rows}
    assert len(kinds) == 27
    assert len({str(row) for row in rows}) == 81


def test_where_scipy_finds_no_number():
    """A trial far larger than needed has a power of 1; scipy 1.17 gives NaN there."""
    design = Design(effect=1.5, n=18_988, allocation=0.75, r2=0.21875, dropout=0.046875)
    assert evaluate(design)["power"] == 1


BLURRED = {"reliability": 0.5, "treatment": 5, "prognosis": 10, "baseline_risk": 0.05}


def test_error_alone_is_told_and_is_no_detectable_ratio():
    """A power that error alone gives is refused; one that it adds to is told."""
    trial = Design(outcome="binary", n=100_000, power=0.8, **BLURRED)
    null = replace(trial, power=None, effect=1 + 1e-9)
    alone = evaluate(null)["power"]
    assert alone > 0.8
    assert "alone" in evaluate(null)["notes"]
    with pytest.raises(ValueError, match=f"a number above {alone:.3g} and below 1"):
        evaluate(trial)
    assert "alone" not in evaluate(replace(null, reliability=1))["notes"]
    assert chance(null, reliability=1) == pytest.approx(0.05)


def test_the_hazard_of_a_mixed_group_is_events_over_time():
    """Half at hazard 1, half at 3, watched for 1: events over the mean time at risk."""
    hazards = np.array([1.0, 3.0])
    events, time = (one.mean() for one in to_risk(np.log(hazards), "time-to-event"))
    alive = integrate.quad(lambda t: float(np.exp(-hazards * t).mean()), 0, 1)[0]
    assert time == pytest.approx(alive)
    assert events == pytest.approx(1 - (math.exp(-1) + math.exp(-3)) / 2)


def test_nearly_everyone_has_the_event():
    """Hazard ratios hold where nobody is left: all are events, 1 / variance is n/16."""
    trial = Design(
        outcome="time-to-event", baseline_risk=0.999, treatment=5, effect=1.5, n=1000
    )
    signal = 1000 / 16 * math.log(1.5) ** 2
    assert evaluate(trial)["noncentrality"] == pytest.approx(signal, rel=1e-3)


def test_nothing_gives_this_power():
    """A search that ends without the power is a refusal, not an answer."""
    with pytest.raises(ValueError, match="no difference up to 1,000,000 gives"):
        evaluate(Design(n=5, power=0.5, alpha=1e-6))


@pytest.mark.parametrize("field", ["effect", "n", "power", "sd", "cluster_size"])
@pytest.mark.parametrize("digits", [400, 5000])
def test_numbers_too_large_for_a_computer(field, digits):
    """A whole number of 400 digits is refused with the range."""
    fields = {"effect": 0.5, "power": 0.8, field: 10**digits}
    with pytest.raises(ValueError, match=f"^{field} must be .* not a number too large"):
        Design(**fields)
    with pytest.raises(ValueError, match=r"effect must be .* not a number too large"):
        power.power(10**digits, 100)
    with pytest.raises(ValueError, match=r"prevalence must be .* a number too large"):
        power.power(0.3, 100, prevalence=10**digits)
    with pytest.raises(ValueError, match=r"n must be .* not a number too large"):
        power.power(0.3, 10**digits)


def test_shares_that_round_to_one():
    """No division by zero: clusters quite alike, and a group that hardly is one."""
    nearly = 1 - 2**-53
    trial = Design(effect=0.5, n=60_000, cluster_size=10_000, icc=nearly)
    assert evaluate(trial)["design_effect"] == pytest.approx(10_000)
    with pytest.raises(ValueError, match="the smallest group must be larger"):
        evaluate(Design(effect=0.3, n=100, prevalence=nearly, specificity=0.2))


def test_numpy_scalars():
    """NumPy's numbers and arrays are numbers; refusals name them in the same words."""
    plain = evaluate(Design(effect=0.3, power=0.8, cluster_size=5))
    made = Design(
        effect=np.float64(0.3), power=np.float32(0.8), cluster_size=np.int64(5)
    )
    assert made.cluster_size == 5
    assert evaluate(made)["n"] == pytest.approx(plain["n"], abs=5)
    category = Design(moderator="categorical", shares=np.array(SHARES), effect=1, n=99)
    assert category.shares == pytest.approx(SHARES)
    with pytest.raises(ValueError, match=r"at most 1, not 2$"):
        Design(effect=0.3, power=0.8, reliability=np.float64(2))
    with pytest.raises(ValueError, match="shares applies only to"):
        Design(effect=0.3, power=0.8, shares=np.array(SHARES))
