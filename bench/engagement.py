"""Estimates from simulated trials: all at once, beside one trial after the other.

Trials of three settings are simulated. Ours finds every estimate of all trials from
sums of products; the peer fits the same regressions with statsmodels, trial by trial,
as one would write it down: three by ordinary least squares and one by two-stage least
squares. Both get the same data and must find the same effects, standard errors and p
values; a difference is an error. A second line counts what it takes to draw the trials
in, for both. statsmodels is also timed with the one regression that finds the
interaction, against all of ours.

Usage: engagement.py [--trials N] [--rounds N], with the Python of the project's
environment. It prints and never fails on time.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import statsmodels.api as sm
from scipy.special import stdtr
from statsmodels.sandbox.regression.gmm import IV2SLS

from personomics.engagement.estimate import estimates, sums
from personomics.engagement.setting import Setting
from personomics.engagement.trial import Trials, blocks

LARGEST, BAR, WIDTH = 1e-9, 50, 46
SETTINGS = {
    "binary factor": Setting(),
    "score, tailored support": Setting(factor="normal", support="tailored"),
    "all or none, hidden cause": Setting(dose="all-or-none", hidden=0.4, n=1000),
}
Found = dict[str, np.ndarray]


def columns(trials: Trials, row: int) -> tuple[np.ndarray, ...]:
    """Return arm, measured factor, dose and outcome of one trial."""
    n = trials.outcome.shape[1]
    arm = (np.arange(n) < trials.offered) * 1.0
    dose = np.zeros(n)
    dose[: trials.offered] = trials.dose[row]
    return arm, trials.measured[row], dose, trials.outcome[row]


def contrast(fit: object, *weights: float) -> tuple[float, float, float]:
    """Return a weighted sum of coefficients, its standard error and its p value.

    The method ``t_test`` of the fit does the same and takes most of a millisecond.
    """
    w = np.array(weights)
    value, error = w @ fit.params, np.sqrt(w @ fit.cov_params() @ w)
    return value, error, 2 * stdtr(fit.df_resid, -abs(value / error))


def one_trial(trials: Trials, row: int, levels: tuple[float, float]) -> dict:
    """Return the estimates of one trial by statsmodels.

    >>> trials = next(blocks(Setting(), 3, 1))
    >>> ours, levels = estimates(sums(trials), (0.0, 1.0)), (0.0, 1.0)
    >>> theirs = one_trial(trials, 2, levels)
    >>> bool(abs(theirs["iv"][0] - ours["iv"][2]) < 1e-9)
    True
    """
    arm, w, dose, y = columns(trials, row)
    one, (low, high) = np.ones(len(y)), levels
    crossed = np.column_stack([one, arm, w, arm * w])
    fit = sm.OLS(y, crossed).fit()
    with_dose = sm.OLS(y, np.column_stack([crossed, dose])).fit()
    dosed = np.column_stack([one, dose, w, dose * w])
    full = IV2SLS(y, dosed, crossed).fit()
    return {
        "itt": contrast(sm.OLS(y, crossed[:, :2]).fit(), 0, 1),
        "low": contrast(fit, 0, 1, 0, low),
        "high": contrast(fit, 0, 1, 0, high),
        "interaction": contrast(fit, 0, 0, 0, 1),
        "adjusted": contrast(with_dose, 0, 0, 0, 1, 0),
        "iv_low": contrast(full, 0, 1, 0, low),
        "iv_high": contrast(full, 0, 1, 0, high),
        "iv": contrast(full, 0, 0, 0, 1),
    }


def loop(trials: Trials, levels: tuple[float, float]) -> Found:
    """Return the estimates of all trials by statsmodels, one after the other."""
    rows = [one_trial(trials, r, levels) for r in range(len(trials.outcome))]
    found: Found = {}
    for name in rows[0]:
        for place, kind in enumerate(("", "_se", "_p")):
            found[name + kind] = np.array([row[name][place] for row in rows])
    return found


def interactions(trials: Trials) -> np.ndarray:
    """Return p of the interaction of all trials, the least that one could compute."""
    found = []
    for row in range(len(trials.outcome)):
        arm, w, _, y = columns(trials, row)
        fit = sm.OLS(y, np.column_stack([np.ones(len(y)), arm, w, arm * w])).fit()
        found.append(fit.pvalues[3])
    return np.array(found)


def difference(ours: Found, theirs: Found) -> float:
    """Return the largest difference, in units of 1 or of the number itself."""
    return max(
        float((np.abs(ours[k] - v) / np.maximum(1, np.abs(v))).max())
        for k, v in theirs.items()
    )


def joined(parts: list[Found]) -> Found:
    """Return the estimates of several blocks in one."""
    return {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}


def timed(work: Callable[[], object], rounds: int = 1) -> tuple[float, object]:
    """Return the median seconds that work takes, and what it returns."""
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        found = work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds), found


def measure(name: str, one: Setting, trials: int, rounds: int) -> float:
    """Measure one setting, print it, and return how many times as fast it is."""
    levels = one.levels
    drawing, made = timed(lambda: list(blocks(one, trials, 1)), rounds)
    ours, found = timed(
        lambda: estimates(np.concatenate([sums(p) for p in made]), levels), rounds
    )
    theirs, peer = timed(lambda: joined([loop(part, levels) for part in made]))
    least, _ = timed(lambda: [interactions(part) for part in made])
    apart = difference(found, peer)
    print(f"\n{name}: {trials:,} trials of {one.n:,} patients")
    rows = [
        ("every estimate", ours, theirs),
        ("the same, and drawing the trials", ours + drawing, theirs + drawing),
        ("statsmodels finds the interaction only", ours, least),
    ]
    for what, mine, peers in rows:
        print(f"{what:{WIDTH}}{mine:9.3f}{peers:13.3f}{peers / mine:8.0f} ×")
    print(f"largest difference: {apart:.1e} (at most {LARGEST:.0e})")
    if not apart <= LARGEST:
        sys.exit(f"bench/engagement.py: {name}: the estimates differ by {apart:.1e}")
    return theirs / ours


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=1000, help="of each setting")
    parser.add_argument("--rounds", type=int, default=5, help="of ours; medians")
    options = parser.parse_args()
    if min(options.trials, options.rounds) < 1:
        parser.error("--trials, --rounds: at least 1")
    print(f"{'':{WIDTH}}{'ours, s':>9}{'statsmodels':>13}{'ratio':>8}")
    ratios = [
        measure(name, one, options.trials, options.rounds)
        for name, one in SETTINGS.items()
    ]
    verdict = "kept" if min(ratios) >= BAR else "missed"
    print(f"\nbar: {BAR} times as fast as a loop over trials: {verdict}")


if __name__ == "__main__":
    main()
