"""Engagement as the road: the simulation against integrals, statsmodels and hand."""

import dataclasses
import doctest
import importlib
import json
import math
from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import integrate, stats
from statsmodels.sandbox.regression.gmm import IV2SLS
from statsmodels.stats.inter_rater import cohens_kappa

from personomics import cli, engagement
from personomics.engagement import Setting, expected, simulate, story
from personomics.engagement.estimate import estimates, sums
from personomics.engagement.policy import best, doses, net
from personomics.engagement.setting import NAMES, product
from personomics.engagement.trial import Trials, blocks, factor

SETTINGS = {
    "plain": Setting(reliability=1),
    "measured badly": Setting(reliability=0.4, prevalence=0.3, allocation=0.6),
    "score": Setting(factor="normal", reliability=0.7),
    "everything at once": Setting(
        factor="normal", link="logistic", dose="all-or-none", support="tailored",
        hidden=0.5, direct=0.2, reliability=0.6, cutoff=0.4, allocation=0.4, n=600,
    ),
    "binary, everything": Setting(
        dose="all-or-none", support="tailored", hidden=-0.4, direct=-0.1,
        reliability=0.5, n=600, sd=2, measuring=0.01,
    ),
    "unequal arms, unequal variances": Setting(
        allocation=0.2, dose="all-or-none", tau=2, sd=0.5, n=240, b=1, reliability=1,
    ),
}  # fmt: skip
TRIALS = 3000


@pytest.fixture(scope="module", params=SETTINGS)
def simulated(request):
    """Return a setting, what was simulated and what integration gives."""
    one = SETTINGS[request.param]
    return one, simulate(one, TRIALS, seed=7), expected(one)


def peer(trials, row):
    """Return (estimate, standard error, p) of one trial by statsmodels."""
    n = trials.outcome.shape[1]
    arm = (np.arange(n) < trials.offered) * 1.0
    dose, w, y = np.zeros(n), trials.measured[row], trials.outcome[row]
    dose[: trials.offered] = trials.dose[row]
    crossed = np.column_stack([np.ones(n), arm, w, arm * w])
    plain = sm.OLS(y, crossed).fit()
    held = sm.OLS(y, np.column_stack([crossed, dose])).fit()
    both = np.column_stack([np.ones(n), dose, w, dose * w])
    tests = {
        "itt": sm.OLS(y, crossed[:, :2]).fit().t_test([0, 1]),
        "low": plain.t_test([0, 1, 0, -1]),
        "high": plain.t_test([0, 1, 0, 1]),
        "interaction": plain.t_test([0, 0, 0, 1]),
        "adjusted": held.t_test([0, 0, 0, 1, 0]),
        "iv_low": IV2SLS(y, both, crossed).fit().t_test([0, 1, 0, -1]),
        "iv": IV2SLS(y, both, crossed).fit().t_test([0, 0, 0, 1]),
    }
    return {k: (t.effect.item(), t.sd.item(), t.pvalue.item())
            for k, t in tests.items()}  # fmt: skip


@pytest.mark.parametrize("name", SETTINGS)
def test_estimates_are_those_of_statsmodels(name):
    """Each trial's estimates, errors and p values equal statsmodels' to 1e-9."""
    trials = next(blocks(SETTINGS[name], 20, 3))
    found = estimates(sums(trials), (-1.0, 1.0))
    for row in range(20):
        for key, (value, error, p) in peer(trials, row).items():
            ours = [found[key + kind][row] for kind in ("", "_se", "_p")]
            assert ours == pytest.approx([value, error, p], rel=1e-9, abs=1e-9), key


def test_simulation_centres_on_the_integrals(simulated):
    """Simulated means lie within 4.5 Monte Carlo errors of the integrals."""
    one, found, wanted = simulated
    for name in ("itt", "low", "high", "interaction", "adjusted"):
        error = found[f"{name}_sd"] / math.sqrt(TRIALS)
        assert abs(found[name] - wanted[name]) < 4.5 * error, name
    # No dose has a standard deviation of more than a half.
    error = 0.5 / math.sqrt(one.offered * TRIALS)
    for name in ("dose_low", "dose_high"):
        assert abs(found[name] - wanted[name]) < 4.5 * 2 * error, name
    for name, value in net(one, doses(one)).items():
        assert abs(found[f"net_{name}"] - value) < 4.5 * one.tau * error, name


def test_power_by_integration_is_that_simulated(simulated):
    """The approximate power is within 4.5 Monte Carlo errors and 1% of it."""
    _, found, wanted = simulated
    for name in ("itt_power", "interaction_power"):
        error = math.sqrt(wanted[name] * (1 - wanted[name]) / TRIALS)
        assert abs(found[name] - wanted[name]) < 4.5 * error + 0.01, name


@pytest.mark.parametrize("kind", ["binary", "normal"])
def test_no_road_no_heterogeneity(kind):
    """With b = 0 the three tests of a difference find one in 5% of trials."""
    found = simulate(Setting(b=0, factor=kind), 4000, seed=11)
    error = math.sqrt(0.05 * 0.95 / 4000)
    for name in ("interaction", "adjusted", "iv"):
        assert abs(found[f"{name}_power"] - 0.05) < 4 * error, name


def test_binary_effect_by_hand():
    """With the probit curve the dose is Phi((a + b x) / sqrt(1 + noise²))."""
    found = expected(Setting(a=0.5, b=2, noise=1, tau=0.5, reliability=1))
    low, high = (stats.norm.cdf((0.5 + 2 * x) / math.sqrt(2)) for x in (-0.5, 0.5))
    assert found["dose_low"] == pytest.approx(low, abs=1e-12)
    assert found["low"] == pytest.approx(0.5 * low, abs=1e-12)
    assert found["interaction"] == pytest.approx(0.5 * (high - low), abs=1e-12)
    assert found["iv_low"] == pytest.approx(0.5) == found["iv_high"]
    assert found["adjusted"] == pytest.approx(0, abs=1e-12)


def test_score_effect_by_quadrature():
    """For a score and the logistic curve, the slope is that of adaptive quadrature."""
    one = Setting(factor="normal", link="logistic", reliability=0.6, noise=0.7, b=1.5)

    def slope_times(x, e):
        dose = 1 / (1 + math.exp(-(one.a + one.b * x + one.noise * e)))
        return x * dose * stats.norm.pdf(x) * stats.norm.pdf(e)

    covariance, _ = integrate.dblquad(slope_times, -8, 8, -8, 8, epsabs=1e-7)
    found = expected(one)
    by_hand = one.tau * covariance * math.sqrt(0.6)
    assert found["interaction"] == pytest.approx(by_hand, abs=1e-6)


@pytest.mark.parametrize("kind", ["binary", "normal"])
def test_attenuation(kind):
    """Measuring badly shrinks the difference by the square root of the reliability."""
    whole, part = (
        expected(Setting(factor=kind, reliability=r))["interaction"] for r in (1, 0.49)
    )
    assert part == pytest.approx(0.7 * whole, abs=1e-6)


def test_reliability_is_agreement_of_two_measurements():
    """Two measurements of a binary factor have a kappa equal to the reliability."""
    one, size = Setting(reliability=0.6, prevalence=0.3), (1, 200_000)
    true, first = factor(one, size, np.random.default_rng(1))
    p, seen = 0.3, math.sqrt(0.6)
    has = true[0] > 0
    assert first[0][has].mean() == pytest.approx(seen + (1 - seen) * p, abs=0.01)
    assert first[0][~has].mean() == pytest.approx((1 - seen) * p, abs=0.01)
    assert first.mean() == pytest.approx(p, abs=0.01)
    # Given the truth the errors are independent, so the table of two follows.
    yes, no = seen + (1 - seen) * p, (1 - seen) * p
    both = p * yes**2 + (1 - p) * no**2
    table = np.array([[both, p - both], [p - both, 1 - 2 * p + both]]) * 1e6
    assert cohens_kappa(table).kappa == pytest.approx(0.6, abs=1e-6)


def test_reliability_of_a_score():
    """A measured score has SD 1 and a squared correlation of the reliability."""
    one = Setting(factor="normal", reliability=0.36)
    true, measured = factor(one, (1, 200_000), np.random.default_rng(1))
    assert measured.std() == pytest.approx(1, abs=0.01)
    assert np.corrcoef(true[0], measured[0])[0, 1] == pytest.approx(0.6, abs=0.01)


def test_hidden_cause_spoils_adjusting_and_not_the_instrument():
    """A hidden common cause spoils adjusting for dose, and not the instrument."""
    one = Setting(reliability=1, hidden=0.6)
    found, plain = expected(one), expected(one.but(hidden=0))
    assert abs(found["adjusted"]) > 0.1
    assert found["iv"] == pytest.approx(0, abs=1e-12)
    assert found["interaction"] == pytest.approx(plain["interaction"])


def test_direct_effect_stays_when_the_dose_is_known():
    """A direct effect of 0.2 is what is left of the difference, given the dose."""
    found = expected(Setting(reliability=1, direct=0.2))
    assert found["adjusted"] == pytest.approx(0.2, abs=1e-12)


def test_windows_by_hand():
    """Support is worth tau × (dose with - dose without): in each level, the window."""
    phi = stats.norm.cdf
    gain = {x: 0.5 * (phi((1.5 + x) / 2**0.5) - phi((0.5 + x) / 2**0.5))
            for x in (-1, 1)}  # fmt: skip
    low, high = engagement.window(Setting(reliability=1))
    assert (low, high) == pytest.approx((gain[1], gain[-1]), abs=1e-12)
    policy = {c: best(Setting(reliability=1, cost=c)) for c in (0.05, 0.06, 0.13, 0.14)}
    assert list(policy.values()) == ["everybody", "tailored", "tailored", "nobody"]


def test_least_reliability():
    """Below the least reliability tailoring is not best, above it is."""
    one = Setting(cost=0.08)
    least = engagement.least_reliability(one)
    assert best(one.but(reliability=least - 0.01)) != "tailored"
    assert best(one.but(reliability=least + 0.01)) == "tailored"
    # Those measured without gain what all gain on average, and sqrt(reliability) of
    # half the difference between the levels more; those measured with it, less.
    low, high = engagement.window(one.but(reliability=1))
    middle, half = (low + high) / 2, (high - low) / 2
    assert math.sqrt(least) == pytest.approx(abs(0.08 - middle) / half, abs=1e-4)
    assert math.isnan(engagement.least_reliability(one.but(cost=0.5)))


def test_measuring_has_a_price():
    """What measuring costs is taken from tailoring alone."""
    free, paid = (Setting(measuring=m) for m in (0, 0.02))
    was, now = (net(one, doses(one)) for one in (free, paid))
    assert now["tailored"] == pytest.approx(was["tailored"] - 0.02)
    assert now["everybody"] == was["everybody"]


def test_trials_without_an_answer():
    """Where a level is empty or nobody received a dose, estimates are missing."""
    chance = np.random.default_rng(1)
    outcome, measured = chance.normal(size=(3, 40)), np.zeros((3, 40))
    measured[0, ::2] = measured[1, ::2] = 1
    dose = np.vstack([chance.random(20), np.zeros(20), chance.random(20)])
    trials = Trials(20, measured, outcome, dose, dose, dose, measured[:, :20] > 2)
    found = estimates(sums(trials), (0.0, 1.0))
    missing = {k: np.isnan(found[k]).tolist() for k in ("itt", "interaction", "iv")}
    assert missing == {
        "itt": [False, False, False],
        "interaction": [False, False, True],
        "iv": [False, True, True],
    }
    assert np.isnan(found["high_p"]).tolist() == [False, False, True]


def test_small_trials_count_what_they_cannot_say():
    """A trial that allows no estimate counts as one that found nothing."""
    found = simulate(Setting(n=20, a=-1.5, dose="all-or-none"), 400)
    assert 0 < found["estimable"] < 1
    assert math.isfinite(found["interaction"])
    assert 0 <= found["iv_power"] < 0.2


def test_seeds():
    """The same seed gives the same trials, another seed or setting gives others."""
    one = Setting()
    first, again = (engagement.each_trial(one, 400, 5)["itt"] for _ in range(2))
    assert np.array_equal(first, again)
    assert not np.isin(first, engagement.each_trial(one, 300, 6)["itt"]).any()
    other = engagement.each_trial(one.but(cost=0.2), 300, 5)["itt"]
    assert not np.isin(first, other).any()
    assert len(set(first)) == 400  # whatever they are simulated in


BAD = [
    ({"sd": -1}, "sd must be a number above 0 and at most 100, not -1"),
    ({"noise": -0.1}, "noise must be a number from 0 to 5, not -0.1"),
    ({"reliability": 0}, "reliability must be a number above 0 and at most 1, not 0"),
    ({"reliability": 1.2}, "above 0 and at most 1, not 1.2"),
    ({"prevalence": 0}, "prevalence must be a number above 0 and below 1, not 0"),
    ({"prevalence": 1.0}, "prevalence must be a number above 0 and below 1, not 1.0"),
    ({"allocation": True}, "allocation must be a number above 0 and below 1, not True"),
    ({"tau": math.nan}, "tau must be a number from -100 to 100, not nan"),
    ({"n": 19}, "n must be a whole number from 20 to 1000000, not 19"),
    ({"n": 99.5}, "n must be a whole number from 20"),
    ({"n": 99, "prevalence": 0.1}, "n must be a whole number from 100 for"),
    ({"n": 30, "allocation": 0.1, "factor": "normal"}, "n must be a whole number from"),
    ({"link": "cloglog"}, "link must be one of probit, logistic, not 'cloglog'"),
    ({"relability": 1}, r"'relability' is no parameter .*did you mean reliability\?"),
    ({"b": []}, "b must have at least one value"),
]


@pytest.mark.parametrize(("values", "said"), BAD)
def test_bad_values(values, said):
    """A value out of range is refused in one sentence with its name and the range."""
    with pytest.raises(ValueError, match=said):
        engagement.grid(values, trials=1)


@pytest.mark.parametrize("run", [{"trials": 0}, {"seed": -1}, {"trials": 1.5}])
def test_bad_runs(run):
    """Trials and seed are named when they are out of range."""
    with pytest.raises(ValueError, match=f"^{next(iter(run))} must be a whole number"):
        engagement.grid({}, **run)


def test_combinations_are_sorted_and_single():
    """Every combination is there once, sorted, whatever the order it was asked in."""
    given = {"reliability": [1, 0.5, 1.0], "b": [2, 0]}
    pairs = [(one.b, one.reliability) for one in product(given)]
    assert pairs == [(0, 0.5), (0, 1), (2, 0.5), (2, 1)]
    assert product(dict(reversed(given.items()))) == product(given)


def test_numbers_for_prose():
    """The numbers of the prose are those worked out by hand for the example."""
    found = engagement.numbers()
    phi = stats.norm.cdf
    assert found["sim-dose-without"] == f"{phi(-0.5 / 2**0.5):.0%}" == "36%"
    assert found["sim-effect-with"] == f"{0.5 * phi(1.5 / 2**0.5):.2f}" == "0.43"
    assert found["sim-shrunk-half"] == "71%"  # the square root of a half
    assert found["sim-difference-no-road"] == "0.00"
    need = [int(str(found[k]).replace(",", "")) for k in
            ("sim-patients", "sim-patients-half")]  # fmt: skip
    assert need[1] / need[0] == pytest.approx(2, rel=0.05)


def test_patients_have_the_power():
    """The patients that are said to be needed have 80% power, 20 fewer have not."""
    one = story.EXAMPLE
    need = story.patients(one)
    powers = [expected(one.but(n=n))["interaction_power"] for n in (need, need - 20)]
    assert powers[0] >= 0.8 > powers[1]


def test_every_parameter_is_explained():
    """The table of assumptions holds each parameter, and says it is no evidence."""
    table = story.assumptions_table()
    assert table.frame["parameter"].tolist() == list(NAMES)
    assert "No number here comes from a trial." in table.caption
    assert "No number here comes from a trial." in story.model().plain


def test_the_command_shows_the_defaults_of_a_run(capsys):
    """Each value printed with --parameters is that of a run without --set."""
    assert cli.main(["simulate", "--parameters", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    run = dataclasses.asdict(Setting())
    for row in rows:
        value = run[row["parameter"]]
        assert row["value"] == (value if isinstance(value, str) else f"{value:g}")
    frame = story.assumptions_table().frame.set_index("parameter")
    assert frame.at["reliability", "value"] == f"{story.EXAMPLE.reliability:g}" == "1"


@pytest.mark.parametrize("make", ["road", "measuring", "tailoring"])
def test_figures(make):
    """A figure is drawn twice in the same bytes, with the caveat and its numbers."""
    figure, again = (getattr(engagement, f"{make}_figure")() for _ in range(2))
    assert (figure.svg, figure.csv) == (again.svg, again.csv)
    assert "No number here comes from a trial." in figure.note
    assert len(figure.alt) > 150
    assert len(figure.table) > 4
    assert "e-" not in figure.csv.decode()


def test_benchmark(capsys, monkeypatch):
    """The benchmark finds equal results and prints how many times as fast ours is."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent.parent / "bench"))
    bench = importlib.import_module("engagement")
    assert doctest.testmod(bench).failed == 0
    for name, one in bench.SETTINGS.items():
        assert bench.measure(name, one, 5, 1) > 0
    assert capsys.readouterr().out.count("largest difference") == len(bench.SETTINGS)
    ours = {"itt": np.array([1.0, 2.0])}
    assert bench.difference(ours, {"itt": np.array([1.0, 2.1])}) > bench.LARGEST


def test_figure_shows_what_is_expected():
    """The road's table holds the effects that integration gives."""
    rows = engagement.road_figure(trials=20).table
    at = rows[rows["b"] == "2"].iloc[0]
    found = expected(story.EXAMPLE)
    assert (at["low"], at["high"]) == (f"{found['low']:.2f}", f"{found['high']:.2f}")
