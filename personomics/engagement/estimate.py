"""What an analyst would find in each of many trials, all at once.

Four regressions of the outcome, each by ordinary least squares unless said otherwise,
with the usual standard errors and t tests:

- ``itt``: on the arm. The intention-to-treat effect.
- ``low``, ``high``, ``interaction``: on arm, measured factor and their product. The
  effect at the low and the high level of the factor, and the difference that one unit
  of the factor makes to it.
- ``adjusted``: the same with the dose as well. What is left of the interaction once
  the dose is taken into account. It is wrong where something hidden moves dose and
  outcome both.
- ``iv_low``, ``iv_high``, ``iv``: on dose, factor and their product, with the arm and
  its product with the factor as instruments (two-stage least squares; Angrist, Imbens
  & Rubin 1996, J Am Stat Assoc 91(434):444-455). The effect of a full dose at each
  level (for an all-or-none dose, the effect in those who take it when offered, known
  as CACE), and what one unit of the factor makes to it.

All follow from the sums of products of seven columns, which are all that is computed
from the patients.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr

from personomics.engagement.trial import Array, Trials

#: The columns of which the sums of products are taken.
ONE, ARM, FACTOR, BOTH, DOSE, DOSED, OUTCOME = range(7)
#: Of the columns (1, W, dose, dose × W, outcome) of an arm, those that stand there.
OFFERED = [0, 0, 1, 1, 2, 3, 4]
#: Those of the seven that are not zero in the other arm.
CONTROL = [ONE, FACTOR, OUTCOME]
#: Below this, relative to the sizes of the columns, a determinant counts as zero.
SINGULAR = 1e-10


@dataclass(frozen=True)
class Fit:
    """Estimates and their covariances, for each trial.

    Attributes
    ----------
    found : array, trials × coefficients
        Missing where the trial does not allow the fit.
    covariance : array, trials × coefficients × coefficients
        Of the estimates.
    df : int
        Degrees of freedom of the residuals.
    """

    found: Array
    covariance: Array
    df: int

    def at(self, *weights: float) -> tuple[Array, Array, Array]:
        """Return a weighted sum of the estimates, its standard error and its p."""
        w = np.array(weights, dtype=np.float64)
        value: Array = self.found @ w
        error: Array = np.sqrt(np.maximum((self.covariance @ w) @ w, 0))
        with np.errstate(invalid="ignore", divide="ignore"):
            p: Array = 2 * stdtr(self.df, -np.abs(value / error))
        return value, error, p


def sums(trials: Trials) -> Array:
    """Return the sums of products of the seven columns: trials × 7 × 7."""
    k = trials.offered
    w, y, d = trials.measured, trials.outcome, trials.dose
    own = products([w[:, :k], d, d * w[:, :k], y[:, :k]])
    others = products([w[:, k:], y[:, k:]])
    total: Array = own[:, OFFERED][:, :, OFFERED]
    for place, row in enumerate(CONTROL):
        for other, column in enumerate(CONTROL):
            total[:, row, column] += others[:, place, other]
    return total


def products(columns: list[Array]) -> Array:
    """Return the sums of products of a column of ones and others, for each trial."""
    rows, n = columns[0].shape
    found = np.empty((rows, len(columns) + 1, len(columns) + 1))
    found[:, 0, 0] = n
    for i, one in enumerate(columns, 1):
        found[:, 0, i] = found[:, i, 0] = one.sum(1)
        for j, other in enumerate(columns[:i], 1):
            found[:, i, j] = found[:, j, i] = np.einsum("tn,tn->t", one, other)
    return found


def turned(matrices: Array) -> Array:
    """Return the transposes of matrices."""
    return matrices.transpose(0, 2, 1)


def inverse(matrices: Array, size: Array) -> Array:
    """Return the inverses of matrices; of those without one, missing values."""
    sized = matrices / size
    with np.errstate(invalid="ignore"):
        good = np.abs(np.linalg.det(sized)) > SINGULAR  # not for missing ones either
    sized[~good] = np.eye(matrices.shape[1])
    found: Array = np.linalg.inv(sized) / turned(size)
    found[~good] = np.nan
    return found


def part(total: Array, rows: list[int], columns: list[int]) -> Array:
    """Return the sums of products of some columns with others."""
    return total[:, rows][:, :, columns]


def roots(total: Array, columns: list[int]) -> Array:
    """Return the lengths of columns, 1 for an empty one."""
    squares = total[:, columns, columns]
    lengths: Array = np.sqrt(np.where(squares > 0, squares, 1))
    return lengths


def fit(total: Array, columns: list[int], by: list[int] | None = None) -> Fit:
    """Regress the outcome on columns of :func:`sums`.

    Parameters
    ----------
    total : array, trials × 7 × 7
        The sums of products.
    columns : list of int
        The regressors.
    by : list of int, optional
        As many instruments; by default the regressors are their own.
    """
    by = by or columns
    size = roots(total, by)[:, :, None] * roots(total, columns)[:, None, :]
    back = inverse(part(total, by, columns), size)
    found = (back @ total[:, by, OUTCOME, None])[..., 0]
    with_outcome = total[:, columns, OUTCOME]
    spread = (part(total, columns, columns) @ found[..., None])[..., 0]
    rest = total[:, OUTCOME, OUTCOME] + (found * (spread - 2 * with_outcome)).sum(1)
    df = round(float(total[0, ONE, ONE])) - len(columns)
    spread_of = back if by == columns else back @ part(total, by, by) @ turned(back)
    return Fit(found, spread_of * (np.maximum(rest, 0) / df)[:, None, None], df)


def estimates(total: Array, levels: tuple[float, float]) -> dict[str, Array]:
    """Return every estimate of this module, for each trial.

    Parameters
    ----------
    total : array, trials × 7 × 7
        What :func:`sums` returns.
    levels : tuple of float
        The measured factor at its low and its high level.

    Returns
    -------
    dict of str to array
        Name to one number for each trial; ``NAME_se`` and ``NAME_p`` go with each
        effect; ``dose_low`` and ``dose_high`` are mean doses of those offered.
        Missing where a trial does not allow an estimate.
    """
    low, high = levels
    crossed = fit(total, [ONE, ARM, FACTOR, BOTH])
    dosed = fit(total, [ONE, DOSE, FACTOR, DOSED], [ONE, ARM, FACTOR, BOTH])
    terms = {
        "itt": fit(total, [ONE, ARM]).at(0, 1),
        "low": crossed.at(0, 1, 0, low),
        "high": crossed.at(0, 1, 0, high),
        "interaction": crossed.at(0, 0, 0, 1),
        "adjusted": fit(total, [ONE, ARM, FACTOR, BOTH, DOSE]).at(0, 0, 0, 1, 0),
        "iv_low": dosed.at(0, 1, 0, low),
        "iv_high": dosed.at(0, 1, 0, high),
        "iv": dosed.at(0, 0, 0, 1),
    }
    found: dict[str, Array] = {}
    for name, (value, error, p) in terms.items():
        found |= {name: value, f"{name}_se": error, f"{name}_p": p}
    for name, level in (("dose_low", low), ("dose_high", high)):
        found[name] = dose_at(total, level)
    return found


def dose_at(total: Array, level: float) -> Array:
    """Return the mean dose of those offered, fitted at a level of the factor."""
    count, w, ww = total[:, ARM, ARM], total[:, ARM, BOTH], total[:, BOTH, BOTH]
    d, dw = total[:, ARM, DOSE], total[:, BOTH, DOSE]
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = (dw - w * d / count) / (ww - w * w / count)
        found: Array = d / count + slope * (level - w / count)
    return np.where(np.isfinite(found), found, np.nan)
