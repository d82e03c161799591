"""One cell of a grid: many trials of one setting, simulated and summed up."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

from personomics.engagement.estimate import estimates, sums
from personomics.engagement.expected import expected
from personomics.engagement.policy import POLICIES, doses, net, window
from personomics.engagement.setting import Setting, checked
from personomics.engagement.trial import Array, blocks

#: Effects that are averaged, and those of which the median is taken: a ratio has no
#: mean where its denominator may come close to zero.
MEANS = ("itt", "low", "high", "interaction", "adjusted")
MEDIANS = ("iv_low", "iv_high", "iv")
TESTED = ("itt", "interaction", "adjusted", "iv")


def each_trial(one: Setting, trials: int, seed: int = 1) -> dict[str, Array]:
    """Return the estimates of every single simulated trial.

    Parameters
    ----------
    one : Setting
        What is assumed.
    trials : int
        How many trials.
    seed : int
        Where the random numbers begin; the same seed gives the same trials.

    Returns
    -------
    dict of str to array
        As :func:`personomics.engagement.estimates`; and ``nobody``, ``everybody``,
        ``tailored`` and ``below`` of :mod:`personomics.engagement.policy`, among those
        offered the treatment in each trial.
    """
    trials, seed = checked("trials", trials), checked("seed", seed)
    parts, total = [], []
    for made in blocks(one, trials, seed):
        tailored = np.where(made.below, made.supported, made.unsupported)
        own = made.unsupported, made.supported, tailored, made.below
        parts.append([values.mean(1) for values in own])
        total.append(sums(made))
    names = ("nobody", "everybody", "tailored", "below")
    doses = dict(zip(names, np.concatenate(parts, axis=1), strict=True))
    return estimates(np.concatenate(total), one.levels) | doses


def simulate(one: Setting, trials: int = 2000, seed: int = 1) -> dict[str, float]:
    """Simulate trials of a setting and sum them up.

    Parameters
    ----------
    one, trials, seed
        As for :func:`each_trial`.

    Returns
    -------
    dict of str to float
        ``NAME`` for the mean (of the three ``iv`` the median) of an estimate,
        ``NAME_sd`` for its standard deviation over trials, ``NAME_se`` for the mean of
        its standard error, ``NAME_power`` for the share of trials in which it is
        significant (those that allow no estimate count as not significant);
        ``estimable``, the share of trials that allow all estimates; ``explained``, the
        share of the interaction that goes when the dose is taken into account;
        ``net_POLICY`` and the two costs between which tailoring is best;
        ``expected_NAME``, what integration gives for it.

    Examples
    --------
    >>> found = simulate(Setting(n=200, reliability=1), trials=200)
    >>> found["itt"] > 0, found["estimable"]
    (True, 1.0)
    """
    found = each_trial(one, trials, seed)
    row: dict[str, float] = {}
    whole = np.isfinite(np.stack([found[n] for n in (*MEANS, *MEDIANS)])).all(0)
    row["estimable"] = float(whole.mean())
    for name in (*MEANS, *MEDIANS):
        values = found[name][np.isfinite(found[name])]
        errors = found[f"{name}_se"][np.isfinite(found[name])]
        middle = np.mean if name in MEANS else np.median
        row[name] = float(middle(values)) if len(values) else np.nan
        if name in MEANS:
            row[f"{name}_sd"] = float(values.std(ddof=1)) if len(values) > 1 else np.nan
            row[f"{name}_se"] = float(errors.mean()) if len(values) else np.nan
        if name in TESTED:
            row[f"{name}_power"] = float((found[f"{name}_p"] < one.alpha).mean())
    row["explained"] = explained(row["interaction"], row["adjusted"])
    for name in ("dose_low", "dose_high"):
        good = found[name][np.isfinite(found[name])]
        row[name] = float(good.mean()) if len(good) else np.nan
    mean = {name: float(found[name].mean()) for name in (*POLICIES, "below")}
    row |= {f"net_{name}": value for name, value in net(one, mean).items()}
    row["supported"] = mean["below"]
    row["cost_from"], row["cost_to"] = window(one, mean)
    return row | wanted(one)


def explained(interaction: float, adjusted: float) -> float:
    """Return the share of an interaction that goes when the dose is known.

    >>> explained(0.2, 0.05), explained(0.0, 0.0)
    (0.75, nan)
    """
    return 1 - adjusted / interaction if abs(interaction) > 1e-12 else float("nan")


def wanted(one: Setting) -> dict[str, float]:
    """Return what integration gives for the quantities of a row."""
    found = {f"expected_{name}": value for name, value in expected(one).items()}
    policies = net(one, doses(one))
    return found | {f"expected_net_{name}": policies[name] for name in POLICIES}


@functools.cache
def columns() -> frozenset[str]:
    """Return the names of what is found for any cell."""
    return frozenset(simulate(Setting(), 1))


def cell(one: dict[str, object], trials: int, seed: int) -> dict[str, object]:
    """Return a row of a grid: the parameters and what was found."""
    setting = Setting(**one)  # type: ignore[arg-type]
    return dataclasses.asdict(setting) | simulate(setting, trials, seed)
