"""The rule of thumb behind everything: power from the four cells of a trial.

A two-arm parallel trial is split by a binary moderator (say, limited health literacy:
yes or no), which gives four cells. Everything here follows from the variance of a
contrast between the four cell means; the outcome is continuous with a variance of 1
in every cell, so effects are in standard deviations, and the normal distribution
stands for the exact one. The general formulas are in
:mod:`personomics.power.formulas`; the main effect is only here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Real
from statistics import NormalDist

#: A cell of the trial: (arm, moderator), each 1 for yes and 0 for no.
Cell = tuple[int, int]
CONTRASTS = ("main", "interaction")
TARGET = 0.8
EXAMPLE_EFFECT = 0.3
NORMAL = NormalDist()


def real(value: object) -> float:
    """Return a number, infinite where it is too large, or NaN where there is none."""
    try:
        return float(value) if isinstance(value, Real) else math.nan
    except OverflowError:  # a whole number of more than 308 digits
        return math.inf


def shown(value: object) -> str:
    """Return what was given, for an error."""
    large = isinstance(value, int) and math.isinf(real(value))
    return "a number too large" if large else repr(value)


def check(name: str, value: object, low: float, high: float) -> float:
    """Return a number between two limits, both excluded; name it in the error."""
    number = real(value)
    if not low < number < high:
        msg = (
            f"{name} must be a number between {low:g} and {high:g}, not {shown(value)}"
        )
        raise ValueError(msg)
    return number


def check_effect(effect: object) -> float:
    """Return the size of an effect; zero, infinite and missing effects are errors."""
    size = abs(real(effect))
    if 1e-6 <= size <= 1e6:
        return size
    msg = (
        "effect must be a number other than 0, of a size from 0.000001 to 1000000 "
        f"standard deviations, not {shown(effect)}"
    )
    raise ValueError(msg)


def cell_sizes(n: float, prevalence: float, allocation: float) -> dict[Cell, float]:
    """Return the expected number of participants in each cell.

    Randomisation makes arm and moderator independent, so a cell holds the product of
    the two shares: ``n r p``, ``n r (1 - p)``, ``n (1 - r) p``, ``n (1 - r) (1 - p)``.

    Parameters
    ----------
    n : float
        Participants in all, at least 4 (one for each cell).
    prevalence : float
        Share ``p`` of participants who have the moderator, between 0 and 1.
    allocation : float
        Share ``r`` of participants in the intervention arm, between 0 and 1.

    Returns
    -------
    dict
        Cell ``(arm, moderator)`` to its expected size.
    """
    if not 4 <= real(n) < math.inf:
        msg = f"n must be a number of participants of at least 4, not {shown(n)}"
        raise ValueError(msg)
    p = check("prevalence", prevalence, 0, 1)
    r = check("allocation", allocation, 0, 1)
    return {
        (arm, moderator): float(n) * (r if arm else 1 - r) * (p if moderator else 1 - p)
        for arm in (1, 0)
        for moderator in (1, 0)
    }


def contrast_weights(contrast: str, prevalence: float) -> dict[Cell, float]:
    """Return the weights with which a contrast adds up the four cell means.

    The main effect is the difference between the arms within each level of the
    moderator, averaged with the shares ``p`` and ``1 - p``. The interaction is the
    difference between those two differences.

    >>> contrast_weights("interaction", 0.5)
    {(1, 1): 1.0, (1, 0): -1.0, (0, 1): -1.0, (0, 0): 1.0}
    """
    p = check("prevalence", prevalence, 0, 1)
    if contrast == "main":
        return {(1, 1): p, (1, 0): 1 - p, (0, 1): -p, (0, 0): -(1 - p)}
    if contrast == "interaction":
        return {(1, 1): 1.0, (1, 0): -1.0, (0, 1): -1.0, (0, 0): 1.0}
    msg = f"contrast must be one of {', '.join(CONTRASTS)}, not {contrast!r}"
    raise ValueError(msg)


def contrast_variance(
    weights: Mapping[Cell, float],
    sizes: Mapping[Cell, float],
    variances: Mapping[Cell, float] | None = None,
) -> float:
    """Return the variance of a weighted sum of independent cell means.

    The mean of a cell of size ``n`` and outcome variance ``v`` has variance ``v / n``;
    for independent cells the variances add up with the squared weights:
    ``sum(w**2 v / n)``. The outcome variance is 1 unless given by cell.
    """
    return sum(
        weight**2 * (1.0 if variances is None else variances[cell]) / sizes[cell]
        for cell, weight in weights.items()
    )


def effect_variance(
    n: float, contrast: str, prevalence: float = 0.5, allocation: float = 0.5
) -> float:
    """Return the variance of the estimated main effect or interaction.

    Put into :func:`contrast_variance`, the cell sizes give
    ``1 / (n r (1 - r))`` for the main effect and
    ``1 / (n r (1 - r) p (1 - p))`` for the interaction.

    >>> effect_variance(100, "main"), effect_variance(100, "interaction")
    (0.04, 0.16)
    """
    sizes = cell_sizes(n, prevalence, allocation)
    return contrast_variance(contrast_weights(contrast, prevalence), sizes)


def interaction_variance_ratio(
    prevalence: float = 0.5, allocation: float = 0.5
) -> float:
    """Return how many times the variance of an interaction exceeds the main effect's.

    The two variances of :func:`effect_variance` differ by the factor
    ``1 / (p (1 - p))``: 4 when half the participants have the moderator, more
    otherwise; the allocation cancels. Twice the standard error is the argument of
    Gelman (2018, blog *Statistical Modeling, Causal Inference, and Social Science*,
    15 March 2018).

    >>> interaction_variance_ratio(0.5)
    4.0
    """
    return effect_variance(4, "interaction", prevalence, allocation) / effect_variance(
        4, "main", prevalence, allocation
    )


def sample_size_ratio(relative_effect: float, prevalence: float = 0.5) -> float:
    """Return the sample for an interaction in multiples of that for the main effect.

    At equal power the effect divided by its standard error is the same, so the sample
    grows with the variance and with the inverse square of the effect:
    ``1 / (p (1 - p)) / relative_effect**2``. An interaction as large as the main
    effect takes 4 times the sample (Brookes et al. 2004, J Clin Epidemiol
    57(3):229-236), one half as large 16 times (Gelman 2018).

    >>> sample_size_ratio(1), sample_size_ratio(0.5)
    (4.0, 16.0)
    """
    return interaction_variance_ratio(prevalence) / check_effect(relative_effect) ** 2


def wald_power(signal: float, alpha: float = 0.05) -> float:
    """Return the power of a two-sided test from the effect over its standard error.

    With ``z`` the normal quantile of ``1 - alpha / 2`` the estimate lies outside
    ``-z`` to ``z`` with probability ``Phi(signal - z) + Phi(-signal - z)``.
    """
    z = NORMAL.inv_cdf(1 - check("alpha", alpha, 0, 1) / 2)
    return NORMAL.cdf(signal - z) + NORMAL.cdf(-signal - z)


def required_signal(power: float, alpha: float = 0.05) -> float:
    """Return the effect over its standard error that gives a power, by bisection."""
    if check("power", power, 0, 1) <= check("alpha", alpha, 0, 1):
        msg = f"power must be a number between alpha ({alpha:g}) and 1, not {power!r}"
        raise ValueError(msg)
    low, high = 0.0, 40.0
    while low < (middle := (low + high) / 2) < high:
        if wald_power(middle, alpha) < power:
            low = middle
        else:
            high = middle
    return high


def power(
    effect: float,
    n: float,
    contrast: str = "interaction",
    *,
    prevalence: float = 0.5,
    allocation: float = 0.5,
    alpha: float = 0.05,
) -> float:
    """Return the power of a two-sided test, by the normal approximation.

    Parameters
    ----------
    effect : float
        True main effect, or true difference between the effects in those with and
        without the moderator, in standard deviations; not 0.
    n : float
        Participants in all, at least 4.
    contrast : {"interaction", "main"}
        What is tested.
    prevalence, allocation : float
        Shares with the moderator and in the intervention arm, between 0 and 1.
    alpha : float
        Two-sided level of significance, between 0 and 1.

    Returns
    -------
    float
        Probability of a significant result.

    Raises
    ------
    ValueError
        Naming the argument that is out of range, and the range.

    Notes
    -----
    The effect over its standard error goes into :func:`wald_power`. As Brookes et al.
    (2004) found by simulation, 80% for the main effect is 29% for an interaction:

    >>> round(power(0.4, 196, "main"), 2), round(power(0.4, 196, "interaction"), 2)
    (0.8, 0.29)
    """
    size = check_effect(effect)
    variance = effect_variance(n, contrast, prevalence, allocation)
    return wald_power(size / math.sqrt(variance), alpha)


def required_n(
    effect: float,
    power: float = TARGET,
    contrast: str = "interaction",
    *,
    prevalence: float = 0.5,
    allocation: float = 0.5,
    alpha: float = 0.05,
) -> float:
    """Return the sample for a power before rounding up; see :func:`sample_size`.

    The variance of an effect is ``V / n``, so ``n = V (signal / effect)**2`` with the
    signal of :func:`required_signal`.
    """
    size = check_effect(effect)
    unit = 4 * effect_variance(4, contrast, prevalence, allocation)
    return unit * (required_signal(power, alpha) / size) ** 2


def sample_size(
    effect: float,
    power: float = TARGET,
    contrast: str = "interaction",
    *,
    prevalence: float = 0.5,
    allocation: float = 0.5,
    alpha: float = 0.05,
) -> int:
    """Return the smallest number of participants in all that gives a power.

    Parameters and errors are those of :func:`power`, except ``power``: the probability
    of a significant result, greater than ``alpha`` and less than 1. The method is
    Brookes et al. (2004); see :func:`required_n`. Dropout is not allowed for.

    >>> sample_size(0.4, 0.8, "main"), sample_size(0.4, 0.8, "interaction")
    (197, 785)
    """
    exact = required_n(
        effect, power, contrast,
        prevalence=prevalence, allocation=allocation, alpha=alpha,
    )  # fmt: skip
    return max(4, math.ceil(exact * (1 - 1e-12)))


def power_at(multiple: float, relative_effect: float | None) -> float:
    """Return the power at a multiple of the sample that the main effect needs.

    ``relative_effect`` is the size of the interaction relative to the main effect; for
    ``None`` the power is that of the main effect itself, 80% at a multiple of 1.
    """
    n = multiple * required_n(EXAMPLE_EFFECT, TARGET, "main")
    if relative_effect is None:
        return power(EXAMPLE_EFFECT, n, "main")
    return power(relative_effect * EXAMPLE_EFFECT, n)
