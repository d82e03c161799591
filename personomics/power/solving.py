"""Power, sample size and detectable interaction of a trial."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

from personomics.power.design import Design, refuse
from personomics.power.fields import EFFECT_RATIO, FIELDS, LARGEST, number_words
from personomics.power.formulas import (
    attenuation,
    design_effect,
    measured,
    smallest_share,
    unit,
)

#: A sample whose power misses the target by rounding only will do.
SLACK = 1e-10
#: Steps, on the log scale, in which the detectable ratio is looked for.
STEP = 0.05
#: No noncentrality above this changes a power.
HIGHEST = 1e6
#: In multiples of alpha: a power at a ratio of 1 above this is told.
EXCESS = 1.1
#: A share of participants that no trial allowed here can fill.
NOBODY = 1e-9
FEW_EVENTS, FEW_CLUSTERS = 5, 40
METHODS = {True: "noncentral F", False: "Wald chi-squared"}


def corrected_alpha(design: Design) -> float:
    """Return the level of significance of one test.

    Bonferroni: ``alpha / m``. Šidák (1967, J Am Stat Assoc 62:626):
    ``1 - (1 - alpha) ** (1 / m)``.
    """
    if design.correction == "bonferroni":
        return design.alpha / design.moderators
    if design.correction == "sidak":
        return -math.expm1(math.log1p(-design.alpha) / design.moderators)
    return design.alpha


def degrees(design: Design, n: float) -> tuple[int, float | None]:
    """Return the degrees of freedom; the second is None for a large-sample test."""
    groups = design.groups
    if design.outcome == "continuous" and design.cluster_size == 1:
        return groups - 1, n * (1 - design.dropout) - 2 * groups
    return groups - 1, None


@functools.lru_cache(256)
def critical_value(alpha: float, df1: int, df2: float | None) -> float:
    """Return the value that F or chi-squared exceeds by chance with probability alpha.

    The F quantile is made of two beta quantiles, each exact where the other rounds.
    """
    from scipy import special

    if df2 is None:
        return float(special.chdtri(df1, alpha))
    above = special.betainccinv(df1 / 2, df2 / 2, alpha)
    below = special.betaincinv(df2 / 2, df1 / 2, alpha)
    return float(df2 * above / (df1 * below))


def tail(critical: float, df1: int, df2: float | None, noncentrality: float) -> float:
    """Return the probability that noncentral F or chi-squared exceeds a value.

    With one degree of freedom this is the power of the two-sided t or z test.
    """
    from scipy import special

    signal = min(noncentrality, HIGHEST)
    if df2 is None:
        return float(1 - special.chndtr(critical, df1, signal))
    below = float(special.ncfdtr(df1, df2, signal, critical))
    # scipy finds no number now and then where next to nothing is left below.
    return 1.0 if math.isnan(below) else 1 - below


def power_of(design: Design, n: int, effect: float) -> float:
    """Return the power with n participants randomised."""
    return power_from(design, n, unit(design, effect)[0])


def power_from(design: Design, n: int, each: float) -> float:
    """Return the power with n participants who each add ``each`` to noncentrality."""
    df1, df2 = degrees(design, n)
    signal = n * (1 - design.dropout) * each
    return tail(critical_value(corrected_alpha(design), df1, df2), df1, df2, signal)


def minimum_n(design: Design) -> int:
    """Return the smallest sample on which the model can be fitted.

    One degree of freedom must be left, each measured cell must expect one participant
    (each arm two, for a score), and there must be as many clusters as coefficients.
    """
    coefficients, size = 2 * design.groups, design.cluster_size
    analysed = max(coefficients + 1, 1 / max(smallest_share(design), NOBODY))
    least = whole(analysed / (1 - design.dropout))
    if size > 1:
        least = size * whole(max(least, coefficients * size) / size)
    if least > LARGEST:
        refuse("rare")
    return least


def whole(number: float) -> int:
    """Round up, but not for what only rounding has added."""
    return math.ceil(number - 1e-9)


def solve_n(design: Design, effect: float, target: float) -> int:
    """Return the smallest sample, in whole clusters, that reaches a power."""
    size = design.cluster_size
    least, (each, _) = minimum_n(design) // size, unit(design, effect)

    def enough(clusters: int) -> bool:
        return power_from(design, clusters * size, each) >= target - SLACK

    if enough(least):
        return least * size
    low, high, most = least, 2 * least, LARGEST // size
    while high < most and not enough(high):
        low, high = high, 2 * high
    high = min(high, most)
    if not enough(high):
        refuse("effect")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high * size


def bisect(reached: Callable[[float], bool], low: float, high: float) -> float:
    """Return the smallest number at which something is reached."""
    while low < (middle := (low + high) / 2) < high:
        low, high = (low, middle) if reached(middle) else (middle, high)
    return high


def solve_difference(design: Design, n: int, target: float) -> float:
    """Return the interaction of a continuous outcome that has the power."""
    df1, df2 = degrees(design, n)
    critical = critical_value(corrected_alpha(design), df1, df2)

    def reached(signal: float) -> bool:
        return tail(critical, df1, df2, signal) >= target

    high = 1.0
    while not reached(high) and high < HIGHEST:
        high *= 2
    signal, each = bisect(reached, 0, high), n * (1 - design.dropout)
    found = reached(signal)
    limit = FIELDS["effect"].high
    assert limit is not None
    if not found or signal > each * unit(design, limit)[0]:
        refuse("n", sizes=f"difference up to {number_words(limit)}", n=f"{n:,}")
    return math.sqrt(signal / (each * unit(design, 1)[0]))


def solve_ratio(design: Design, n: int, target: float, sign: int) -> float | None:
    """Return the ratio nearest to 1 that has the power, above (+1) or below (-1) it.

    A ratio far from 1 leaves hardly any events, or nothing but events, in one cell,
    so power can fall again; therefore the first crossing is looked for in small steps.
    """
    assert EFFECT_RATIO.high is not None
    most = math.log(EFFECT_RATIO.high)

    def reached(size: float) -> bool:
        return power_of(design, n, math.exp(sign * size)) >= target

    for step in range(1, math.ceil(most / STEP)):
        if reached(STEP * step):
            return math.exp(sign * bisect(reached, STEP * (step - 1), STEP * step))
    return None


def solve_effect(design: Design) -> tuple[float | None, float | None]:
    """Return the detectable interaction, and for ratios also the one below 1."""
    assert design.n is not None
    assert design.power is not None
    if design.outcome == "continuous":
        return solve_difference(design, design.n, design.power), None
    alone = power_of(design, design.n, 1)
    if alone >= design.power:
        refuse("alone", alone=f"{alone:.3g}", n=f"{design.n:,}",
               power=f"{design.power:.10g}")  # fmt: skip
    above, below = (
        solve_ratio(design, design.n, design.power, sign) for sign in (1, -1)
    )
    if above is None and below is None:
        refuse("n", sizes="ratio from 0.01 to 100", n=f"{design.n:,}")
    return above, below


def notes(design: Design, n: int, smallest: float) -> list[str]:
    """Return the codes of what to bear in mind."""
    clustered, imperfect = design.cluster_size > 1, design.reliability < 1
    ratio = design.outcome != "continuous"
    words = {"binary": "cut", "categorical": "misread", "continuous": "blurred"}
    found = {
        "few": ratio and smallest < FEW_EVENTS,
        "clusters": clustered and n / design.cluster_size < FEW_CLUSTERS,
        words[design.moderator]: imperfect,
        "alone": ratio
        and attenuation(design) < 1
        and power_of(design, n, 1) > EXCESS * corrected_alpha(design),
        "borrowed": clustered and ratio,
        "many": design.moderators > 1 and design.correction == "none",
    }
    return [code for code, yes in found.items() if yes]


def evaluate(design: Design) -> dict[str, Any]:
    """Return what is asked of a trial, and everything that leads to it.

    Parameters
    ----------
    design : Design
        The trial; of effect, n and power one is missing.

    Returns
    -------
    dict
        solved ("n", "power" or "effect"); n; power (reached); effect, and effect_below
        for the detectable ratio below 1; analysed (participants with an outcome);
        clusters; alpha (corrected); df1, df2, critical, noncentrality; attenuation,
        measured_shares, design_effect, inflation; smallest_cell (expected number,
        events or non-events where the outcome is one); minimum_n; method; exact
        (whether the formula is, for the planned cell sizes); notes (codes).

    Raises
    ------
    ValueError
        Where no trial of the kind can have the power.

    Examples
    --------
    >>> evaluate(Design(effect=0.4, power=0.8))["n"]
    787
    >>> round(evaluate(Design(effect=0.4, n=198))["power"], 2)
    0.29
    """
    alpha, least = corrected_alpha(design), minimum_n(design)
    if design.power is not None and design.power <= alpha:
        refuse("alpha", alpha=f"{alpha:.10g}", power=f"{design.power:.10g}")
    if design.n is not None and design.n < least:
        refuse("minimum", minimum=f"{least:,}", n=f"{design.n:,}")
    n, effect, below = design.n, design.effect, None
    if n is None:
        assert effect is not None
        assert design.power is not None
        n = solve_n(design, effect, design.power)
    if effect is None:
        effect, below = solve_effect(design)
    at = effect or below
    assert at is not None
    analysed = n * (1 - design.dropout)
    (df1, df2), (signal, smallest) = degrees(design, n), unit(design, at)
    critical = critical_value(alpha, df1, df2)
    size, left = design.cluster_size, attenuation(design)
    score = design.moderator == "continuous"
    return {
        "solved": design.solved,
        "n": n,
        "power": design.power
        if design.solved == "effect"
        else tail(critical, df1, df2, analysed * signal),
        "effect": effect,
        "effect_below": below,
        "analysed": analysed,
        "clusters": math.ceil(n / size) if size > 1 else None,
        "alpha": alpha,
        "df1": df1,
        "df2": df2,
        "critical": critical,
        "noncentrality": analysed * signal,
        "attenuation": left,
        "measured_shares": [] if score else measured(design).shares.tolist(),
        "design_effect": design_effect(design),
        "inflation": 1 / (1 - design.r2),
        "smallest_cell": analysed * smallest,
        "minimum_n": least,
        "method": METHODS[df2 is not None],
        "exact": df2 is not None and not score and left == 1 and design.r2 == 0,
        "notes": notes(design, n, analysed * smallest),
    }
