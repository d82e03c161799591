"""When tailoring pays: nobody, everybody or only those below a cut-off supported."""

from __future__ import annotations

import math

import numpy as np

from personomics.engagement.expected import grid_of
from personomics.engagement.setting import CHOICES, Setting
from personomics.engagement.trial import share

POLICIES = CHOICES["support"]


def doses(one: Setting) -> dict[str, float]:
    """Return the mean dose under each policy, and the share that tailoring supports.

    Returns
    -------
    dict of str to float
        ``nobody``, ``everybody``, ``tailored`` and ``below``.
    """
    at = grid_of(one)
    below = at.measured < one.cut
    latent = one.a + one.b * at.true + one.noise * at.eta
    without = at.given(share(one.link, latent))
    supported = at.given(share(one.link, latent + one.c))
    return {
        "nobody": at.mean(without),
        "everybody": at.mean(supported),
        "tailored": at.mean(np.where(below, supported, without)),
        "below": at.mean(below.astype(np.float64)),
    }


def net(one: Setting, dose: dict[str, float]) -> dict[str, float]:
    """Return the gain per patient over no treatment, less what support costs.

    Parameters
    ----------
    one : Setting
        Its effect of a full dose and its costs are used.
    dose : dict of str to float
        Mean doses as :func:`doses` returns them, or simulated ones.

    Returns
    -------
    dict of str to float
        Policy to its net benefit, in units of the outcome.
    """
    spent = {
        "nobody": 0.0,
        "everybody": one.cost,
        "tailored": one.cost * dose["below"] + one.measuring,
    }
    return {name: one.tau * dose[name] - spent[name] for name in POLICIES}


def window(one: Setting, dose: dict[str, float] | None = None) -> tuple[float, float]:
    """Return the costs of supporting one patient between which tailoring is best.

    Below the first it is better to support everybody, above the second nobody. Where
    the first is the larger, tailoring is never best.

    Examples
    --------
    >>> low, high = window(Setting(reliability=1))
    >>> round(low, 3), round(high, 3)
    (0.053, 0.138)
    """
    dose = doses(one) if dose is None else dose
    chosen, others = dose["below"], 1 - dose["below"]
    rest = one.tau * (dose["everybody"] - dose["tailored"]) + one.measuring
    gain = one.tau * (dose["tailored"] - dose["nobody"]) - one.measuring
    return (
        rest / others if others > 0 else math.inf,
        gain / chosen if chosen > 0 else -math.inf,
    )


def best(one: Setting) -> str:
    """Return the policy with the largest net benefit; of equals the simplest."""
    found = net(one, doses(one))
    return max(POLICIES, key=lambda name: round(found[name], 12))


def least_reliability(one: Setting) -> float:
    """Return the reliability from which tailoring is the best policy, by bisection.

    Missing where it is not the best even with a perfect measurement.

    Examples
    --------
    >>> round(least_reliability(Setting(cost=0.08)), 2)
    0.13
    """

    def lead(reliability: float) -> float:
        found = net(one, doses(one.but(reliability=reliability)))
        return found["tailored"] - max(found["nobody"], found["everybody"])

    low, high = 1e-9, 1.0
    if lead(high) <= 0:
        return math.nan
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (low, middle) if lead(middle) > 0 else (middle, high)
    return high
