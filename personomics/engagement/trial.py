"""Simulated trials: patients, engagement, dose, outcome; many trials at once."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtr

from personomics.engagement.setting import Setting

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
#: Patients simulated at a time; what they need stays in the processor's cache. Part of
#: what a seed means: another number would give other patients.
BLOCK = 1 << 16


@dataclass(frozen=True)
class Trials:
    """Some simulated trials; in each row those offered the treatment come first.

    Attributes
    ----------
    offered : int
        How many of the columns are offered the treatment.
    measured, outcome : array, trials × participants
        W (0 and 1, or a score of SD 1) and Y.
    dose : array, trials × offered
        What they received; the others received none.
    unsupported, supported : array, trials × offered
        What they would receive without support and with it.
    below : array of bool, trials × offered
        Whether W is below the cut-off.
    """

    offered: int
    measured: Array
    outcome: Array
    dose: Array
    unsupported: Array
    supported: Array
    below: Flags


def share(link: str, engagement: Array) -> Array:
    """Return the dose, from 0 to 1, that engagement stands for."""
    curve: Array = ndtr(engagement) if link == "probit" else expit(engagement)
    return curve


def draw(one: Setting, rows: int, chance: np.random.Generator) -> Trials:
    """Draw trials from the model of :data:`personomics.engagement.MODEL`.

    Parameters
    ----------
    one : Setting
        What is assumed.
    rows : int
        How many trials.
    chance : numpy.random.Generator
        What decides.
    """
    size, k = (rows, one.n), one.offered
    true, measured = factor(one, size, chance)
    eta = chance.standard_normal(size)
    latent = one.a + one.b * true[:, :k] + one.noise * eta[:, :k]
    unsupported = share(one.link, latent)
    supported = share(one.link, latent + one.c) if one.c else unsupported
    if one.dose == "all-or-none":
        luck = chance.random(latent.shape)
        unsupported, supported = (
            (luck < p).astype(np.float64) for p in (unsupported, supported)
        )
    below = measured[:, :k] < one.cut
    dose = {"nobody": unsupported, "everybody": supported}.get(one.support)
    if dose is None:
        dose = np.where(below, supported, unsupported)
    error = math.sqrt(1 - one.hidden**2) * chance.standard_normal(size)
    if one.hidden:
        error += one.hidden * eta
    outcome = one.gamma * true + one.sd * error
    outcome[:, :k] += one.tau * dose
    if one.direct:
        outcome[:, :k] += one.direct * true[:, :k]
    return Trials(k, measured, outcome, dose, unsupported, supported, below)


def factor(
    one: Setting, size: tuple[int, int], chance: np.random.Generator
) -> tuple[Array, Array]:
    """Return the factor, counted from its average, and what is measured of it.

    A score is measured with an independent error (classical test theory). A binary
    factor is seen with probability ``sqrt(reliability)``; otherwise the answer is that
    of somebody else. Both leave mean and variance as they are and have a correlation
    of ``sqrt(reliability)`` with the truth.
    """
    seen = math.sqrt(one.reliability)
    if one.binary:
        p = one.prevalence
        has = chance.random(size) < p
        sees = chance.random(size) < seen
        said = np.where(sees, has, chance.random(size) < p)
        return has.astype(np.float64) - p, said.astype(np.float64)
    true = chance.standard_normal(size)
    error = chance.standard_normal(size)
    return true, seen * true + math.sqrt(1 - one.reliability) * error


def blocks(one: Setting, trials: int, seed: int) -> Iterator[Trials]:
    """Yield a number of trials, some at a time.

    The random numbers follow from ``seed`` and the setting alone, so what else is
    simulated, in which order and on which machine changes nothing.
    """
    digest = hashlib.sha256(one.key().encode()).digest()
    words = [int.from_bytes(digest[at : at + 4], "big") for at in range(0, 32, 4)]
    rows = max(1, BLOCK // one.n)
    for number, start in enumerate(range(0, trials, rows)):
        own = np.random.PCG64(
            np.random.SeedSequence([seed, *words], spawn_key=(number,))
        )
        yield draw(one, min(rows, trials - start), np.random.Generator(own))
