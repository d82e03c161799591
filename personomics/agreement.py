"""Agreement between two raters: percent, Cohen's kappa, prevalence-adjusted kappa."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import pandas as pd

from personomics.words import DASH, decimals, percent


@dataclass(frozen=True)
class Agreement:
    """How far two raters agree on the same subjects.

    Attributes
    ----------
    n : int
        Subjects rated by both.
    agreed : int
        Subjects given the same code.
    kappa, low, high : float
        Cohen's kappa and the limits of its 95% confidence interval; NaN where
        agreement by chance is certain (both raters used one and the same code).
    adjusted : float
        Prevalence-adjusted kappa, ``(k * observed - 1) / (k - 1)`` for k codes.
    codes : int
        Number of codes that could have been chosen.
    """

    n: int
    agreed: int
    kappa: float
    low: float
    high: float
    adjusted: float
    codes: int

    @property
    def percent(self) -> float:
        """Raw agreement, of 100."""
        return 100 * self.agreed / self.n if self.n else math.nan


def agreement(
    first: Sequence[Hashable],
    second: Sequence[Hashable],
    codes: Sequence[Hashable] | None = None,
    level: float = 0.95,
) -> Agreement:
    """Return agreement of two raters on the same subjects.

    Parameters
    ----------
    first, second : sequences of equal length n
        The code each rater gave each subject, in the same order.
    codes : sequence, optional
        All codes that could be chosen; by default those that were used.
    level : float
        Level of the confidence interval.

    Raises
    ------
    ValueError
        If the sequences differ in length or use a code that is not listed.

    Notes
    -----
    Kappa: Cohen J. Educ Psychol Meas 1960;20:37-46. Standard error for a kappa that
    is not zero: Fleiss JL, Cohen J, Everitt BS. Psychol Bull 1969;72:323-327.
    Prevalence-adjusted kappa: Byrt T, Bishop J, Carlin JB. J Clin Epidemiol
    1993;46:423-429 (two codes); Brennan RL, Prediger DJ. Educ Psychol Meas
    1981;41:687-699 (more than two).

    Examples
    --------
    >>> result = agreement("yynnn", "ynnnn")
    >>> result.agreed, round(result.kappa, 3)
    (4, 0.545)
    """
    if len(first) != len(second):
        msg = f"the raters have {len(first)} and {len(second)} answers; give as many"
        raise ValueError(msg)
    used = list(dict.fromkeys([*first, *second]))
    listed = list(codes) if codes is not None else used
    if extra := [c for c in used if c not in listed]:
        msg = f"codes {extra} are not among the listed codes {listed}"
        raise ValueError(msg)
    n = len(first)
    agreed = sum(a == b for a, b in zip(first, second, strict=True))
    k = len(listed)
    if n == 0:
        return Agreement(0, 0, *(math.nan,) * 4, k)
    observed = agreed / n
    adjusted = (k * observed - 1) / (k - 1) if k > 1 else math.nan
    rows = {c: sum(a == c for a in first) / n for c in used}
    cols = {c: sum(b == c for b in second) / n for c in used}
    expected = sum(rows[c] * cols[c] for c in used)
    if math.isclose(expected, 1):
        return Agreement(n, agreed, *(math.nan,) * 3, adjusted, k)
    kappa = (observed - expected) / (1 - expected)
    diagonal = sum(
        sum(a == b == c for a, b in zip(first, second, strict=True))
        / n
        * (1 - (rows[c] + cols[c]) * (1 - kappa)) ** 2
        for c in used
    )
    off_diagonal = (1 - kappa) ** 2 * sum(
        (cols[a] + rows[b]) ** 2 / n
        for a, b in zip(first, second, strict=True)
        if a != b
    )
    chance = (kappa - expected * (1 - kappa)) ** 2
    variance = (diagonal + off_diagonal - chance) / (n * (1 - expected) ** 2)
    width = NormalDist().inv_cdf((1 + level) / 2) * math.sqrt(max(variance, 0))
    low, high = max(kappa - width, -1.0), min(kappa + width, 1.0)
    return Agreement(n, agreed, kappa, low, high, adjusted, k)


def paired(
    rows: pd.DataFrame, subject: str | list[str], value: str, raters: Sequence[str]
) -> tuple[list[Hashable], list[Hashable]]:
    """Return the answers of two raters on the subjects that both rated.

    Parameters
    ----------
    rows : DataFrame
        One row per subject and rater, with a column ``rater_id``.
    subject : str or list of str
        The column or columns that name what is rated.
    value : str
        The column with the answers; a missing answer counts as the answer "none".
    raters : sequence of two rater ids
    """
    first, second = (
        rows[rows["rater_id"] == r].set_index(subject)[value].fillna("none")
        for r in raters
    )
    both = first.index.intersection(second.index, sort=False)
    return list(first.loc[both]), list(second.loc[both])


def as_row(name: str, result: Agreement) -> dict[str, object]:
    """Return an agreement as a row of a table for readers."""
    interval = f"{decimals(result.low)} to {decimals(result.high)}"
    return {
        "what": name,
        "n": result.n,
        "agreed": result.agreed,
        "percent": percent(result.agreed, result.n),
        "kappa": decimals(result.kappa),
        "interval": DASH if math.isnan(result.low) else interval,
        "adjusted": decimals(result.adjusted),
    }


HEADINGS = {
    "what": "Rated",
    "n": "Rated by both",
    "agreed": "Same answer",
    "percent": "Agreement",
    "kappa": "Cohen’s κ",
    "interval": "95% CI of κ",
    "adjusted": "Adjusted κ",
}
