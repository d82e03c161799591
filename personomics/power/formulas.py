"""From a trial to the noncentrality of its test of interaction.

Every formula is per participant with an outcome; cells have their expected sizes.

Sources
-------
Continuous outcome: the general linear model (Shieh 2009, Organ Res Methods 12:510;
Cohen 1988, chapter 9). Binary outcome: Wald test of the log odds ratio, from the
expected information (Demidenko 2008, Stat Med 27:36). Time to event: the variance of a
log hazard ratio is the sum of 1 / events over the cells (Schoenfeld 1983, Biometrics
39:499; Peterson and George 1993, Control Clin Trials 14:511). Reliability: correction
for attenuation (Spearman 1904, Am J Psychol 15:72; Carroll et al. 2006, Measurement
Error in Nonlinear Models). Covariates: variance inflation (Hsieh, Bloch and Larsen
1998, Stat Med 17:1623). Clusters: Yang et al. 2020, Stat Med 39:4218.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from personomics.power.design import Design

Floats = npt.NDArray[np.float64]
NORMAL = NormalDist()
#: No risk and no hazard comes nearer to 0 (no risk to 1), where logarithms end.
NEAREST = 1e-12
LEGENDRE, HERMITE = 64, 40

#: A risk with what its ratio is taken to: what it leaves to 1 (odds), or the time at
#: risk that is expected until the event or the end (hazard).
Risk = tuple[Floats, Floats]


@dataclass(frozen=True)
class Measured:
    """A moderator as the instrument gives it.

    Attributes
    ----------
    shares : ndarray, shape (K,)
        Share of participants measured to be in each group.
    mix : ndarray, shape (K, K)
        Probability of each true group (column) in each measured group (row).
    attenuation : float
        Correlation of the true and the measured moderator; what is left of a
        standardised interaction.
    """

    shares: Floats
    mix: Floats
    attenuation: float


@functools.cache
def legendre() -> tuple[Floats, Floats]:
    """Return nodes on -1 to 1 and weights of Gauss-Legendre quadrature."""
    nodes, weights = np.polynomial.legendre.leggauss(LEGENDRE)
    return nodes, weights


@functools.cache
def hermite() -> tuple[Floats, Floats]:
    """Return nodes and weights, of sum 1, for a mean over the normal distribution."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(HERMITE)
    return nodes, weights / weights.sum()


def cut_correlation(reliability: float, prevalence: float) -> float:
    """Return the correlation of a true and a measured group, both cut from scores.

    The true score is normal; the instrument adds normal error, so that the scores
    correlate with ``sqrt(reliability)``. Both are cut so that the share
    ``prevalence`` lies above. The probability to be above both is
    ``p**2 + integral of exp(-h**2 / (1 + sin t)) / (2 pi)`` for ``t`` from 0 to
    ``asin(sqrt(reliability))``, with ``h`` the cut (Drezner and Wesolowsky 1990,
    J Stat Comput Simul 35:101). At a median split this is
    ``2 / pi * asin(sqrt(reliability))``:

    >>> round(cut_correlation(0.5, 0.5), 6), cut_correlation(1, 0.2)
    (0.5, 1.0)
    """
    if reliability == 1:
        return 1.0
    cut = NORMAL.inv_cdf(prevalence)  # its sign does not matter
    top = math.asin(math.sqrt(reliability))
    nodes, weights = legendre()
    at = top * (nodes + 1) / 2
    area = top / 2 * float(weights @ np.exp(-(cut**2) / (1 + np.sin(at))))
    return area / (2 * math.pi) / (prevalence * (1 - prevalence))


@functools.lru_cache(256)
def measured(design: Design) -> Measured:
    """Return the groups of a binary or categorical moderator as they are measured.

    With sensitivity and specificity by Bayes' rule. With reliability a participant is
    in the right group with probability ``c`` and in one at random otherwise, so that
    the shares stay and true and measured group correlate with ``c``: the root of the
    reliability for a categorical, :func:`cut_correlation` for a binary moderator.
    """
    true = np.array(design.levels)
    found, cleared = design.sensitivity, design.specificity
    if min(found, cleared) < 1:
        p = design.prevalence
        q = max(p * found + (1 - p) * (1 - cleared), 1e-300)
        rest = p * (1 - found) + (1 - p) * cleared  # 1 - q, also where q rounds to 1
        right, missed = p * found / q, p * (1 - found) / rest
        mix = np.array([[1 - missed, missed], [1 - right, right]])
        spread = math.sqrt(q * rest / (p * (1 - p)))
        return Measured(np.array([rest, q]), mix, (right - missed) * spread)
    if design.moderator == "binary":
        c = cut_correlation(design.reliability, design.prevalence)
    else:
        c = math.sqrt(design.reliability)
    mix = c * np.eye(len(true)) + (1 - c) * true[None, :]
    return Measured(true, mix, c)


def attenuation(design: Design) -> float:
    """Return what is left of a standardised interaction."""
    if design.moderator == "continuous":
        return math.sqrt(design.reliability)
    return measured(design).attenuation


def design_effect(design: Design) -> float:
    """Return by how much clusters multiply the variance (Yang et al. 2020).

    ``(1 - i)(1 + (m - 1) i) / (1 + (m - 2) i - (m - 1) i x)`` with ``i`` and ``x`` the
    intracluster correlations of outcome and moderator. A moderator that is the same
    for all of a cluster (``x = 1``) gives the well-known ``1 + (m - 1) i``.
    """
    m, i, x = design.cluster_size, design.icc, design.moderator_icc
    if m == 1:
        return 1.0
    return (1 - i) * (1 + (m - 1) * i) / ((1 - i) + (m - 1) * i * (1 - x))


def to_scale(risk: Risk) -> Floats:
    """Return the log odds, or the log of the events for each unit of time at risk."""
    return np.log(risk[0]) - np.log(risk[1])


def to_risk(value: Floats, outcome: str) -> Risk:
    """Return the risk of people alike from what :func:`to_scale` gives.

    Both parts can be averaged over unlike people. The average hazard is then their
    events over their time at risk, which is what a model of measured groups estimates.
    """
    from scipy.special import expit

    if outcome == "binary":
        return np.maximum(expit(value), NEAREST), np.maximum(expit(-value), NEAREST)
    hazard = np.maximum(np.exp(value), NEAREST)
    events = -np.expm1(-hazard)
    return events, events / hazard


def baseline(design: Design) -> float:
    """Return the baseline risk of a design on the scale of its ratio."""
    assert design.baseline_risk is not None
    none = math.log1p(-design.baseline_risk)
    if design.outcome == "binary":
        return math.log(design.baseline_risk) - none
    return math.log(-none)


def weight(risk: Risk, outcome: str) -> Floats:
    """Return the information of one participant: p (1 - p), or expected events."""
    return risk[0] * risk[1] if outcome == "binary" else risk[0]


def heterogeneity(differences: Floats, weights: Floats) -> float:
    """Return the weighted sum of squares around the weighted mean."""
    mean = float(weights @ differences) / float(weights.sum())
    return float(weights @ (differences - mean) ** 2)


def positions(groups: int) -> Floats:
    """Return where the groups lie between the first (0) and the last (1)."""
    return np.arange(groups) / (groups - 1)


def risks(design: Design, effect: float, at: Floats) -> tuple[Risk, Risk]:
    """Return the risks in the control and the intervention arm at points."""
    slope = math.log(design.prognosis) * at
    change = math.log(design.treatment) + math.log(effect) * at
    start = baseline(design)
    control, treated = start + slope, start + slope + change
    return to_risk(control, design.outcome), to_risk(treated, design.outcome)


def unit(design: Design, effect: float) -> tuple[float, float]:
    """Return the noncentrality, and the smallest cell, for each analysed participant.

    Parameters
    ----------
    design : Design
        The trial.
    effect : float
        The interaction, in the place of the one in the design.

    Returns
    -------
    tuple of float
        Noncentrality of the Wald or F test, and expected number in the smallest cell
        (of events or of non-events, whichever is fewer, for a binary outcome; of
        events for time to event), both divided by the participants with an outcome.
    """
    score = design.moderator == "continuous"
    if design.outcome == "continuous":
        found = linear_score(design, effect) if score else linear_groups(design, effect)
    else:
        found = ratio_score(design, effect) if score else ratio_groups(design, effect)
    signal, smallest = found
    return signal * (1 - design.r2) / design_effect(design), smallest


def linear_groups(design: Design, effect: float) -> tuple[float, float]:
    """Continuous outcome, groups: differences of means, weighted by cell sizes."""
    r, seen = design.allocation, measured(design)
    differences = seen.mix @ (effect * positions(design.groups))
    weights = r * (1 - r) * seen.shares / design.sd**2
    return heterogeneity(differences, weights), min(r, 1 - r) * float(seen.shares.min())


def linear_score(design: Design, effect: float) -> tuple[float, float]:
    """Continuous outcome, score: the slopes of two lines."""
    r = design.allocation
    size = math.sqrt(design.reliability) * effect / design.sd
    return r * (1 - r) * size**2, min(r, 1 - r)


def fewest(risk: Risk, outcome: str) -> Floats:
    """Return the share of a cell that carries its information."""
    return np.minimum(*risk) if outcome == "binary" else risk[0]


def ratio_groups(design: Design, effect: float) -> tuple[float, float]:
    """Binary or time-to-event outcome, groups: log ratios with their variances."""
    r, seen, outcome = design.allocation, measured(design), design.outcome
    true = risks(design, effect, positions(design.groups))
    control, treated = ((seen.mix @ one, seen.mix @ two) for one, two in true)
    differences = to_scale(treated) - to_scale(control)
    variances = 1 / (r * seen.shares * weight(treated, outcome)) + 1 / (
        (1 - r) * seen.shares * weight(control, outcome)
    )
    cells = (r, treated), (1 - r, control)
    smallest = min(
        float((part * seen.shares * fewest(risk, outcome)).min())
        for part, risk in cells
    )
    return heterogeneity(differences, 1 / variances), smallest


def ratio_score(design: Design, effect: float) -> tuple[float, float]:
    """Binary or time-to-event outcome, score: slopes from the expected information.

    What a score with error leaves of a risk is its mean over the true scores behind
    the measured one; the slope is that of the weighted line through these.
    """
    r, outcome, left = design.allocation, design.outcome, design.reliability
    at, shares = hermite()
    true = math.sqrt(left) * at[:, None] + math.sqrt(1 - left) * at[None, :]
    if left == 1:
        true = at[:, None]
    variance, smallest, slopes = 0.0, math.inf, []
    for part, risk in zip((1 - r, r), risks(design, effect, true), strict=True):
        over = shares if left < 1 else np.ones(1)
        seen = risk[0] @ over, risk[1] @ over
        mass = shares * weight(seen, outcome)
        zero, one, two = (float(mass @ at**power) for power in range(3))
        spread = two - one**2 / zero
        slopes.append(float(mass * (at - one / zero) @ to_scale(seen)) / spread)
        variance += 1 / (part * spread)
        mean = seen[0] @ shares, seen[1] @ shares
        smallest = min(smallest, part * float(fewest(mean, outcome)))
    return (slopes[1] - slopes[0]) ** 2 / variance, smallest


def smallest_share(design: Design) -> float:
    """Return the share of participants in the smallest measured cell."""
    arm = min(design.allocation, 1 - design.allocation)
    if design.moderator == "continuous":
        return arm / 2  # two participants of an arm make a line
    return arm * float(measured(design).shares.min())


def pairs(nodes: tuple[Floats, Floats]) -> list[list[float]]:
    """Return quadrature nodes with their weights, for the page."""
    return [list(map(float, pair)) for pair in zip(*nodes, strict=True)]
