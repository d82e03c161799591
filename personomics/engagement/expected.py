"""What the simulation must give on average, by numerical integration.

Nothing is drawn. The measured factor, the true factor given the measured one, and what
else moves engagement are laid out as a grid with weights; every population quantity is
a weighted sum over it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, stdtrit

from personomics.engagement.setting import Setting
from personomics.engagement.trial import Array, share

#: Points of a normal variable (equally spaced, which converges fastest for smooth
#: functions), of each side of the cut-off, and the place where both end.
POINTS, SIDE, END = 97, 40, 8.0


@dataclass(frozen=True)
class Grid:
    """Patients of a population: measured factor × true factor × other engagement.

    Attributes
    ----------
    measured, weight : array, w
        W and how common it is; the weights add up to 1.
    true : array, w × x × 1
        X, counted from its average.
    eta : array, e
        What else moves engagement, in standard deviations.
    inner : array, w × x × e
        How common X and the rest are, given W; adds up to 1 for each W.
    """

    measured: Array
    weight: Array
    true: Array
    eta: Array
    inner: Array

    def given(self, values: Array | float) -> Array:
        """Return the average of a quantity for each W."""
        found: Array = (self.inner * values).sum((1, 2))
        return found

    def mean(self, by_measured: Array) -> float:
        """Return the average over W."""
        return float(self.weight @ by_measured)


def normal() -> tuple[Array, Array]:
    """Return points of a standard normal variable and their weights."""
    points = np.linspace(-END, END, POINTS)
    weights = np.exp(-(points**2) / 2)
    return points, weights / weights.sum()


def grid_of(one: Setting) -> Grid:
    """Return the population of a setting."""
    seen, (points, weights) = math.sqrt(one.reliability), normal()
    if one.binary:
        p = one.prevalence
        has = np.array([p * (1 - seen), p * (1 - seen) + seen])
        inner = np.stack([1 - has, has], 1)
        true = np.broadcast_to(np.array([-p, 1 - p]), (2, 2))
        w, weight = np.array([0.0, 1.0]), np.array([1 - p, p])
    else:
        nodes, lengths = np.polynomial.legendre.leggauss(SIDE)
        halves = [((one.cut + end) / 2, abs(one.cut - end) / 2) for end in (-END, END)]
        w = np.concatenate([middle + half * nodes for middle, half in halves])
        weight = np.concatenate([half * lengths for _, half in halves])
        weight = weight * np.exp(-(w**2) / 2)
        weight /= weight.sum()
        true = seen * w[:, None] + math.sqrt(1 - one.reliability) * points
        inner = np.broadcast_to(weights, true.shape)
    return Grid(w, weight, true[:, :, None], points, inner[:, :, None] * weights)


def expected(one: Setting) -> dict[str, float]:
    """Return what the estimates of many large trials of a setting centre on.

    Parameters
    ----------
    one : Setting
        What is assumed.

    Returns
    -------
    dict of str to float
        ``itt``, ``low``, ``high``, ``interaction``, ``adjusted``, ``iv_low``,
        ``iv_high``, ``iv``, ``dose_low`` and ``dose_high`` as in
        :func:`personomics.engagement.estimates`; ``itt_power`` and
        ``interaction_power``, by the normal approximation.

    Examples
    --------
    Without a road (b = 0) there is nothing to find but what chance gives:

    >>> nothing = expected(Setting(b=0))
    >>> round(nothing["interaction"], 9), round(nothing["interaction_power"], 2)
    (0.0, 0.05)
    """
    at = grid_of(one)
    supported = {"nobody": 0.0, "everybody": 1.0}.get(
        one.support, (at.measured < one.cut)[:, None, None] * 1.0
    )
    latent = one.a + one.b * at.true + one.c * supported + one.noise * at.eta
    dose = share(one.link, latent)
    squared = dose if one.dose == "all-or-none" else dose**2
    rest = one.sd**2 * (1 - one.hidden**2)
    plain = one.gamma * at.true + one.sd * one.hidden * at.eta
    lifted = plain + one.direct * at.true
    offered = Line(at, at.given(one.tau * dose + lifted),
                   at.given(one.tau**2 * squared + 2 * one.tau * dose * lifted
                            + lifted**2) + rest)  # fmt: skip
    control = Line(at, at.given(plain), at.given(plain**2) + rest)
    doses = Line(at, at.given(dose), at.given(squared))
    together = at.given(one.tau * squared + dose * lifted)
    low, high = one.levels
    found = {
        "itt": offered.average - control.average,
        "low": offered.at(low) - control.at(low),
        "high": offered.at(high) - control.at(high),
        "interaction": offered.slope - control.slope,
        "adjusted": adjusted(offered, control, doses, at.mean(together)),
        "dose_low": doses.at(low),
        "dose_high": doses.at(high),
    }
    base, per_unit = instrumented(offered, control, doses)
    found |= {"iv_low": base + per_unit * low, "iv_high": base + per_unit * high,
              "iv": per_unit}  # fmt: skip
    return found | powers(one, found, offered, control)


class Line:
    """A quantity of an arm, and the line through its averages at each W."""

    def __init__(self, grid: Grid, mean: Array, square: Array) -> None:
        self.grid, self.mean = grid, mean
        self.center = grid.mean(grid.measured)
        self.away = grid.measured - self.center
        self.variance = grid.mean(self.away**2)
        self.average = grid.mean(mean)
        self.slope = grid.mean(self.away * mean) / self.variance
        #: Mean square of the distance from the line, for each W.
        fitted = self.average + self.slope * self.away
        self.scatter = square - 2 * fitted * mean + fitted**2

    def at(self, level: float) -> float:
        """Return the line at a level of the measured factor."""
        return self.average + self.slope * (level - self.center)


def adjusted(offered: Line, control: Line, doses: Line, together: float) -> float:
    """Return the interaction of the regression that holds the dose as well."""
    own = doses.grid.mean(doses.scatter)  # of the dose, beyond the measured factor
    line = doses.slope * offered.slope * doses.variance
    if own < 1e-15:
        return math.nan
    of_dose = (together - doses.average * offered.average - line) / own
    return offered.slope - of_dose * doses.slope - control.slope


def instrumented(offered: Line, control: Line, doses: Line) -> tuple[float, float]:
    """Return the effect of a full dose where W is 0, and what a unit of W adds."""
    grid, w = doses.grid, doses.grid.measured
    gain = offered.mean - control.at(0.0) - control.slope * w
    moments = [grid.mean(doses.mean * w**power) for power in range(3)]
    sides = np.array([grid.mean(gain), grid.mean(gain * w)])
    matrix = np.array([moments[:2], moments[1:]])
    if abs(np.linalg.det(matrix)) < 1e-15:
        return math.nan, math.nan
    base, per_unit = np.linalg.solve(matrix, sides)
    return float(base), float(per_unit)


def powers(
    one: Setting, found: dict[str, float], offered: Line, control: Line
) -> dict[str, float]:
    """Return the chance that the two main tests are significant.

    The estimate is taken as normal with its true variance (which may differ from arm
    to arm and level to level), while the test uses the pooled one.
    """
    sizes = {True: one.offered, False: one.n - one.offered}
    lines = {True: offered, False: control}
    result = {}
    for name, df in (("itt", one.n - 2), ("interaction", one.n - 4)):
        true = pooled = 0.0
        per = 1.0 if name == "itt" else 1 / offered.variance
        for arm, line in lines.items():
            spread = line.scatter
            if name == "itt":  # the slope belongs to the scatter around the mean
                spread = spread + line.slope**2 * line.variance
                own = line.grid.mean(spread)
            else:
                own = line.grid.mean(line.away**2 * spread) / line.variance**2
            true += own / sizes[arm]
            pooled += line.grid.mean(spread) * sizes[arm] / one.n
        claimed = math.sqrt(pooled * per * sum(1 / size for size in sizes.values()))
        limit = float(stdtrit(df, 1 - one.alpha / 2)) * claimed
        error = math.sqrt(true)
        result[f"{name}_power"] = float(
            ndtr((found[name] - limit) / error) + ndtr((-found[name] - limit) / error)
        )
    return result
