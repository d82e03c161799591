"""The check of the formulas: trials made up, analysed, and counted.

Every participant is drawn: measured group or score, what it truly is, the outcome. The
model is then fitted to all trials of a batch at once: least squares for a continuous
outcome (generalised, with the known correlation, for clusters), maximum likelihood by
Newton's method for a binary outcome (logistic) and for time to event (exponential).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
import numpy.typing as npt

from personomics.power.design import Design
from personomics.power.formulas import Floats, measured, positions, risks
from personomics.power.solving import critical_value, degrees, evaluate

#: Numbers in the largest array of a batch.
BATCH = 4_000_000
FEWEST_RUNS, MOST_RUNS = 100, 1_000_000
STEPS = 12
Whole = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Simulation:
    """What a simulation found beside the formula.

    Attributes
    ----------
    power, error : float
        Share of significant trials and its Monte Carlo standard error.
    runs, seed, n : int
        Trials made, seed of the generator, participants randomised in each.
    formula : float
        Power by the formula.
    """

    power: float
    error: float
    runs: int
    seed: int
    n: int
    formula: float


def simulate(design: Design, runs: int = 2000, seed: int = 1) -> Simulation:
    """Return the power of a trial by simulation, beside that of the formula.

    Parameters
    ----------
    design : Design
        The trial. What it leaves open is worked out first, then checked.
    runs : int
        Trials to simulate, 100 to 1,000,000.
    seed : int
        Seed of the generator, at least 0; the same seed gives the same result.

    Returns
    -------
    Simulation
        Power with its Monte Carlo standard error.

    Raises
    ------
    ValueError
        For a number of runs out of range, for clusters with an outcome that is not
        continuous, whose formula is borrowed and has no simulation here, and for a
        sample on which the model cannot be fitted.
    """
    for name, value, low, high in (
        ("runs", runs, FEWEST_RUNS, MOST_RUNS),
        ("seed", seed, 0, 2**32 - 1),
    ):
        if not isinstance(value, int) or not low <= value <= high:
            msg = f"{name} must be a whole number from {low} to {high:,}, not {value}"
            raise ValueError(msg)
    if design.cluster_size > 1 and design.outcome != "continuous":
        msg = "cluster_size must be 1 to simulate an outcome that is not continuous"
        raise ValueError(msg)
    found = evaluate(design)
    effect, rng = found["effect"] or found["effect_below"], np.random.default_rng(seed)
    # Each arm needs whole people; drop-out leaves the same share of either.
    arm = arms(design, round(found["analysed"]))
    if arm.size <= columns(design):
        few(found["n"], design)
    df1, df2 = degrees(design, 0)
    if df2 is not None:
        df2 = float(arm.size - columns(design))
    critical = critical_value(found["alpha"], df1, df2)
    try:
        hits = sum(
            int((statistic(design, effect, arm, size, rng) > critical).sum())
            for size in batches(runs, arm.size * columns(design))
        )
    except np.linalg.LinAlgError:
        few(found["n"], design)
    share = hits / runs
    error = math.sqrt(max(share * (1 - share), 1 / runs) / runs)
    return Simulation(share, error, runs, seed, found["n"], found["power"])


def few(n: int, design: Design) -> NoReturn:
    """Refuse a sample on which the model of a simulated trial cannot be fitted."""
    msg = (
        f"n must be larger than {n:,} to simulate: the {columns(design)} coefficients "
        "of the model cannot be told apart in every simulated trial"
    )
    raise ValueError(msg)


def batches(runs: int, numbers: int) -> Iterator[int]:
    """Yield how many trials fit into memory at once, until all are made."""
    size = max(1, BATCH // numbers)
    for start in range(0, runs, size):
        yield min(size, runs - start)


def columns(design: Design) -> int:
    """Return the coefficients of the model that is fitted."""
    terms = 1 if design.moderator == "continuous" else design.groups - 1
    return 2 + 2 * terms * (2 if design.r2 > 0 else 1)


def arms(design: Design, n: int) -> Whole:
    """Return the arm of each participant, cluster by cluster."""
    size = design.cluster_size
    clusters = max(n // size, 2)
    treated = min(max(round(clusters * design.allocation), 1), clusters - 1)
    return np.repeat(np.arange(clusters) < treated, size).astype(np.intp)


def planned(shares: Floats, number: int) -> Whole:
    """Return groups of the planned sizes, by the largest remainders."""
    exact = shares * number
    sizes = np.floor(exact).astype(int)
    order = np.argsort(sizes - exact, kind="stable")
    sizes[order[: number - int(sizes.sum())]] += 1
    return np.repeat(np.arange(len(shares)), sizes)


def drawn(design: Design, runs: int, count: int, rng: np.random.Generator) -> Floats:
    """Return a moderator drawn at random, alike in clusters, shape (runs, count).

    Groups are those of the cluster with a probability whose square is the intracluster
    correlation; scores are sums of a part of the cluster and a part of the person.
    """
    size, alike = design.cluster_size, design.moderator_icc

    def values(number: int) -> Floats:
        if design.moderator == "continuous":
            return rng.standard_normal((runs, number))
        shares = measured(design).shares
        return rng.choice(len(shares), (runs, number), p=shares).astype(np.float64)

    own = values(count)
    if size == 1:
        return own
    shared = np.repeat(values(count // size), size, axis=1)
    if design.moderator == "continuous":
        return math.sqrt(alike) * shared + math.sqrt(1 - alike) * own
    return np.where(rng.random(own.shape) < math.sqrt(alike), shared, own)


def moderator(
    design: Design, arm: Whole, runs: int, rng: np.random.Generator
) -> Floats:
    """Return what the instrument says, shape (runs, n): a score or a group's number."""
    if design.moderator == "continuous" or design.cluster_size > 1:
        return drawn(design, runs, arm.size, rng)
    seen = np.empty(arm.size)
    for one in (0, 1):
        seen[arm == one] = planned(measured(design).shares, int((arm == one).sum()))
    return np.broadcast_to(seen, (runs, arm.size))


def truth(design: Design, seen: Floats, rng: np.random.Generator) -> Floats:
    """Return what participants truly are, given what was measured: a position."""
    if design.moderator == "continuous":
        left = design.reliability
        noise = rng.standard_normal(seen.shape) if left < 1 else 0.0
        return math.sqrt(left) * seen + math.sqrt(1 - left) * noise
    found, groups = measured(design), seen.astype(int)
    if found.attenuation < 1:
        below = np.cumsum(found.mix, axis=1)[groups][..., :-1]
        groups = (rng.random(seen.shape)[..., None] > below).sum(axis=-1)
    return np.take(positions(design.groups), groups)


def spread_left(design: Design, effect: float, seen: Floats) -> Floats:
    """Return the variance of the effect among those who were measured alike."""
    if design.moderator == "continuous":
        return np.full(seen.shape, effect**2 * (1 - design.reliability))
    found, at = measured(design), effect * positions(design.groups)
    each = found.mix @ at**2 - (found.mix @ at) ** 2
    return np.take(each, seen.astype(int))


def difference_outcome(
    design: Design, effect: float, arm: Whole, seen: Floats, rng: np.random.Generator
) -> Floats:
    """Return a continuous outcome whose variance given what was measured is sd**2."""
    unseen = np.where(arm, spread_left(design, effect, seen), 0.0)
    total = np.maximum(design.sd**2 - unseen, 0.01 * design.sd**2)
    shared = np.zeros(1)
    if design.cluster_size > 1:
        clusters = rng.standard_normal((len(seen), arm.size // design.cluster_size))
        shared = math.sqrt(design.icc) * np.repeat(clusters, design.cluster_size, 1)
    own = math.sqrt(1 - design.icc) if design.cluster_size > 1 else 1.0
    noise = np.sqrt(total) * (shared + own * rng.standard_normal(seen.shape))
    return arm * effect * truth(design, seen, rng) + noise


def ratio_outcome(
    design: Design, effect: float, arm: Whole, seen: Floats, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return who had the event, and the logarithm of the time each was watched."""
    control, treated = risks(design, effect, truth(design, seen, rng))
    risk, rest = (np.where(arm, *both) for both in zip(treated, control, strict=True))
    if design.outcome == "binary":
        return (rng.random(risk.shape) < risk).astype(float), np.zeros(risk.shape)
    hazard = risk / rest
    time = rng.exponential(size=risk.shape) / hazard
    return (time < 1).astype(float), np.log(np.minimum(time, 1))


def terms(design: Design, seen: Floats, rng: np.random.Generator) -> Floats:
    """Return the moderator's columns, and those of covariates that share its variance.

    Each column is made of unit variance and uncorrelated with the others; a covariate
    for each then explains the share ``r2`` of it.
    """
    if design.moderator == "continuous":
        main = seen[..., None]
    else:
        groups = np.eye(design.groups)[seen.astype(int)][..., 1:]
        shares = measured(design).shares[1:]
        spread = np.diag(shares) - np.outer(shares, shares)
        main = (groups - shares) @ np.linalg.inv(np.linalg.cholesky(spread)).T
    if design.r2 == 0:
        return main
    noise = rng.standard_normal(main.shape)
    other = math.sqrt(design.r2) * main + math.sqrt(1 - design.r2) * noise
    return np.concatenate([main, other], axis=-1)


def statistic(
    design: Design, effect: float, arm: Whole, runs: int, rng: np.random.Generator
) -> Floats:
    """Return the test of interaction of each of a batch of trials, shape (runs,)."""
    seen = moderator(design, arm, runs, rng)
    main = terms(design, seen, rng)
    ones = np.ones((*seen.shape, 1))
    treated = ones * arm[:, None]
    model = np.concatenate([main * arm[:, None], ones, treated, main], axis=-1)
    tested = 1 if design.moderator == "continuous" else design.groups - 1
    if design.outcome != "continuous":
        events, log_time = ratio_outcome(design, effect, arm, seen, rng)
        return likelihood(model, events, log_time, tested, design.outcome)
    outcome = difference_outcome(design, effect, arm, seen, rng)
    if design.cluster_size == 1:
        return least_squares(model, outcome, tested)
    size, alike = design.cluster_size, design.icc
    part = 1 - math.sqrt((1 - alike) / (1 + (size - 1) * alike))
    apart = (away(one, part, size) for one in (model, outcome[..., None]))
    model, outcome = (one / (design.sd * math.sqrt(1 - alike)) for one in apart)
    return least_squares(model, outcome[..., 0], tested, known=True)


def away(values: Floats, part: float, size: int) -> Floats:
    """Take away a part of the mean of each cluster, so that members are unrelated."""
    runs, n, width = values.shape
    means = values.reshape(runs, n // size, size, width).mean(axis=2)
    return values - part * np.repeat(means, size, axis=1)


def wald(estimate: Floats, covariance: Floats) -> Floats:
    """Return the quadratic form of estimates over their covariance."""
    solved = np.linalg.solve(covariance, estimate[..., None])[..., 0]
    total: Floats = (estimate * solved).sum(axis=-1)
    return total


def least_squares(
    model: Floats, outcome: Floats, tested: int, *, known: bool = False
) -> Floats:
    """Return F of the first coefficients, or chi-squared where the variance is known.

    A known variance is 1.
    """
    gram = np.einsum("rni,rnj->rij", model, model, optimize=True)
    inverse = np.linalg.inv(gram)
    cross = np.einsum("rni,rn->ri", model, outcome, optimize=True)
    fitted = np.einsum("rij,rj->ri", inverse, cross)
    square = wald(fitted[:, :tested], inverse[:, :tested, :tested])
    if known:
        return square
    rest = (outcome**2).sum(axis=1) - (fitted * cross).sum(axis=1)
    free = model.shape[1] - model.shape[2]
    variance: Floats = rest / free
    return square / tested / variance


def likelihood(
    model: Floats, events: Floats, log_time: Floats, tested: int, outcome: str
) -> Floats:
    """Return Wald's chi-squared of the first coefficients, by Newton's method.

    A trial without a finite maximum, such as one with an arm without events, counts as
    not significant.
    """
    fitted = np.zeros((len(model), model.shape[2]))
    # The intercept stands after the interactions and their covariates.
    intercept = (model.shape[2] - 2) // 2
    share = events.mean(axis=1).clip(0.5 / events.shape[1], 1 - 0.5 / events.shape[1])
    watched = np.exp(log_time).mean(axis=1)
    fitted[:, intercept] = (
        np.log(share / (1 - share)) if outcome == "binary" else np.log(share / watched)
    )
    for _ in range(STEPS):
        value = np.einsum("rni,ri->rn", model, fitted, optimize=True).clip(-30, 30)
        if outcome == "binary":
            mean = 1 / (1 + np.exp(-value))
            mass = mean * (1 - mean)
        else:
            mean = mass = np.exp(value + log_time)
        score = np.einsum("rni,rn->ri", model, events - mean, optimize=True)
        weighted = model * mass[..., None]
        gram = np.einsum("rni,rnj->rij", weighted, model, optimize=True)
        gram += 1e-9 * np.eye(model.shape[2])
        step = np.linalg.solve(gram, score[..., None])[..., 0]
        fitted = fitted + step.clip(-4, 4)
    covariance = np.linalg.inv(gram)[:, :tested, :tested]
    found = wald(fitted[:, :tested], covariance)
    converged = np.abs(step).max(axis=1) < 1e-4
    return np.where(converged, found, 0.0)
