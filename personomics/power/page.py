"""What the page on sample size needs: limits, words, nodes, settings to test with."""

from __future__ import annotations

from itertools import islice, product
from typing import Any

import numpy as np

from personomics.power.cells import EXAMPLE_EFFECT, TARGET
from personomics.power.design import ERRORS, SOLVED, Design
from personomics.power.fields import (
    CORRECTIONS,
    FIELDS,
    LARGEST,
    MODERATORS,
    OUTCOMES,
    limits,
)
from personomics.power.formulas import hermite, legendre, pairs
from personomics.power.solving import evaluate

METHOD = {
    "continuous": "noncentral F distribution of the test of interaction in a linear "
    "model, given the planned sizes of the cells",
    "clusters": "Wald test of the interaction in a linear mixed model, for many "
    "clusters",
    "rough": ", here an approximation",
    "binary": "Wald test of the log ratio of odds ratios, for large samples",
    "time-to-event": "Wald test of the log ratio of hazard ratios, from the events "
    "expected in each cell, for large samples",
}
SOURCES = {
    "continuous": "Shieh 2009, Organ Res Methods 12:510; for a binary moderator as "
    "in Brookes et al. 2004, J Clin Epidemiol 57:229",
    "binary": "Demidenko 2008, Stat Med 27:36",
    "time-to-event": "Schoenfeld 1983, Biometrics 39:499; Peterson and George 1993, "
    "Control Clin Trials 14:511",
    "reliability": "Spearman 1904, Am J Psychol 15:72; Carroll et al. 2006, "
    "Measurement Error in Nonlinear Models",
    "r2": "Hsieh, Bloch and Larsen 1998, Stat Med 17:1623",
    "clusters": "Yang et al. 2020, Stat Med 39:4218",
    "sidak": "Šidák 1967, J Am Stat Assoc 62:626",
}
NOTES = {
    "few": "The smallest cell expects fewer than 5 events, or fewer than 5 without: "
    "the formula is rough there, so check it by simulation.",
    "clusters": "With fewer than 40 clusters a large-sample test finds more than it "
    "should: use a small-sample correction, and plan for more clusters.",
    "cut": "Truth and instrument are taken as normal scores cut at the same share; "
    "where sensitivity and specificity are known, give these instead.",
    "misread": "Participants are taken to be in the right group, or in one at random; "
    "reliability is the squared correlation of true and measured group.",
    "blurred": "The error of the score is taken to be unrelated to the true score, to "
    "the treatment and to the outcome.",
    "alone": "Without any interaction the error of the instrument alone would make the "
    "groups differ more often than the significance level says: part of this power is "
    "not of the interaction. The formula is rough there, so check it by simulation.",
    "borrowed": "The design effect was derived for continuous outcomes; here it is an "
    "approximation.",
    "many": "Several moderators are tested without correction, so chance findings are "
    "more likely than the significance level says.",
}
#: What the page shows first: an example, not advice.
START = {
    "effect": EXAMPLE_EFFECT, "effect_ratio": 1.5, "n": 1000, "power": TARGET,
    "baseline_risk": 0.3, "shares": [0.2, 0.3, 0.5],
}  # fmt: skip


def page_data() -> dict[str, Any]:
    """Return limits, words and numbers for the page, ready for JSON.

    Returns
    -------
    dict
        limits (as :func:`personomics.power.limits`), order (of the fields), defaults,
        start (an example for what has no default), words (errors, notes, methods,
        sources), legendre and hermite (pairs of node and weight), max_n.
    """
    known = limits()
    return {
        "limits": known,
        "order": list(FIELDS),
        "defaults": {name: known[name]["default"] for name in FIELDS},
        "start": START,
        "words": {
            "errors": ERRORS, "notes": NOTES, "methods": METHOD, "sources": SOURCES,
        },
        "legendre": pairs(legendre()),
        "hermite": pairs(hermite()),
        "max_n": LARGEST,
    }  # fmt: skip


def setting(
    outcome: str, moderator: str, solved: str, rng: np.random.Generator
) -> dict[str, Any]:
    """Return one trial drawn at random; about half of the options stay as they are."""

    def between(low: float, high: float) -> float:
        return round(float(rng.uniform(low, high)), 3)

    def one(*values: Any) -> Any:
        return values[rng.integers(len(values))]

    ratio = outcome != "continuous"
    given = {
        "effect": one(0.35, 0.6, 1.4, 2.5, between(0.3, 3)) if ratio
        else one(-0.3, 0.15, 1, between(0.05, 2)),
        "n": int(10 ** rng.uniform(2, 5.5)),
        "power": one(0.5, 0.8, 0.9, between(0.3, 0.99)),
    }  # fmt: skip
    del given[solved]
    options = {
        "alpha": one(0.01, 0.1, between(0.001, 0.2)),
        "allocation": between(0.15, 0.85), "reliability": between(0.2, 1),
        "r2": between(0, 0.8), "dropout": between(0, 0.5),
        "cluster_size": int(rng.integers(2, 40)), "icc": between(0, 0.3),
        "moderator_icc": between(0, 1), "moderators": int(rng.integers(2, 12)),
        "correction": one(*CORRECTIONS),
    }  # fmt: skip
    if ratio:
        options |= {"treatment": between(0.4, 2), "prognosis": between(0.4, 2.5)}
    else:
        options |= {"sd": between(0.3, 4)}
    if moderator == "binary":
        options["prevalence"] = between(0.05, 0.95)
    kept = {name: value for name, value in options.items() if rng.random() < 0.5}
    if moderator == "binary" and "reliability" not in kept and rng.random() < 0.6:
        kept |= {"sensitivity": between(0.6, 1), "specificity": between(0.6, 1)}
    needed: dict[str, Any] = {"baseline_risk": between(0.05, 0.8)} if ratio else {}
    if moderator == "categorical":
        parts = rng.integers(2, 20, int(rng.integers(2, 6)))
        needed["shares"] = [float(part) for part in parts / parts.sum()]
    return {"outcome": outcome, "moderator": moderator} | needed | given | kept


def grid(count: int = 600, seed: int = 6) -> list[dict[str, Any]]:
    """Return valid trials of every kind, always the same for a seed.

    Every combination of outcome, moderator and what is worked out comes in turn.
    """
    rng = np.random.default_rng(seed)

    def settings() -> Any:
        while True:
            for kind in product(OUTCOMES, MODERATORS, SOLVED):
                for _ in range(50):  # tries; a trial may be too small for its model
                    trial = setting(*kind, rng)
                    if works(trial):
                        yield trial
                        break

    return list(islice(settings(), count))


def works(trial: dict[str, Any]) -> bool:
    """Say whether a trial is possible."""
    try:
        evaluate(Design(**trial))
    except ValueError:
        return False
    return True
