"""Worked examples: published trials that gave an effect for each of two groups.

From two published ratios with their intervals follow the interaction, what that trial
could have found, and how many participants a new one of the same make would need. No
share of groups or risk has to be assumed: the published intervals hold the variance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from personomics.dataset import Dataset
from personomics.html import Block, Table, said, text
from personomics.power.cells import NORMAL, TARGET, required_signal
from personomics.power.known import reference_links
from personomics.words import decimals, percent

RATIOS = ("incidence rate ratio", "odds ratio", "hazard ratio", "risk ratio")
#: The intervals in the data are 95% intervals.
QUANTILE = NORMAL.inv_cdf(0.975)


@dataclass(frozen=True)
class Example:
    """A trial with the effect of treatment in two groups.

    Attributes
    ----------
    fact_id, measure, first, second : str
        The published fact, what the ratios are, and the two groups.
    participants : int
        Participants of the trial.
    ratio, low, high : float
        Ratio of the first group's ratio to the second's, with its 95% interval.
    p : float
        Two-sided P of this interaction, without adjustment.
    detectable : float
        The ratio of ratios above 1 that the trial could detect with 80% power; its
        inverse is the one below 1.
    same, half : float
        Participants that a trial of the same make needs for 80% power to detect the
        ratio seen, and one half as far from 1 on the log scale; infinite for a ratio
        of 1.
    """

    fact_id: str
    measure: str
    first: str
    second: str
    participants: int
    ratio: float
    low: float
    high: float
    p: float
    detectable: float
    same: float
    half: float


def standard_error(low: float, high: float) -> float:
    """Return the standard error of a log ratio from its 95% interval.

    The width of the interval on the log scale is ``2 * 1.96`` standard errors (Altman
    and Bland 2003, BMJ 326:219).

    >>> round(standard_error(0.45, 1.25), 3)
    0.261
    """
    return math.log(high / low) / (2 * QUANTILE)


def example(rows: pd.DataFrame, participants: int) -> Example:
    """Return the interaction of a trial from the rows of its two groups.

    The difference of two independent log ratios has the sum of their variances (Altman
    and Bland 2003). Its detectable size is ``2.80`` standard errors, and the sample
    grows with the inverse square of the size.
    """
    first, second = rows.to_dict("records")
    errors = (standard_error(row["low"], row["high"]) for row in (first, second))
    error = math.hypot(*errors)
    log = math.log(first["value"] / second["value"])
    signal = required_signal(TARGET)
    same = participants * (signal * error / log) ** 2 if log else math.inf
    return Example(
        text(first["fact_id"]), text(first["measure"]),
        text(first["label"]), text(second["label"]), participants,
        math.exp(log), math.exp(log - QUANTILE * error),
        math.exp(log + QUANTILE * error), 2 * NORMAL.cdf(-abs(log) / error),
        math.exp(signal * error), same, 4 * same,
    )  # fmt: skip


def examples(ds: Dataset) -> list[Example]:
    """Return every published trial that can be worked through, largest first.

    A fact on effect modification qualifies with exactly two ratios of one kind, each
    inside a positive interval, and one number of participants.
    """
    facts = ds["trial_facts"]
    ids = facts.loc[facts["topic"] == "effect modification", "fact_id"]
    values = ds["trial_fact_values"]
    numbers = ["value", "low", "high"]
    values = values.assign(**{name: values[name].astype(float) for name in numbers})
    found = []
    for fact_id in ids:
        own = values[values["fact_id"] == fact_id]
        ratios = own[own["measure"].isin(RATIOS)]
        people = own.loc[own["measure"] == "participants", "value"]
        inside = (
            (ratios["low"] > 0)
            & (ratios["low"] < ratios["value"])
            & (ratios["value"] < ratios["high"])
        )
        alike = ratios["measure"].nunique() == 1
        if len(ratios) == 2 and alike and inside.all() and len(people) == 1:
            found.append(example(ratios, int(people.iloc[0])))
    return sorted(found, key=lambda one: -one.participants)


def people(number: float) -> str:
    """Return a sample size in whole participants."""
    return f"{math.ceil(number):,}" if math.isfinite(number) else "no number is enough"


def p_words(p: float) -> str:
    """Return a P value.

    >>> p_words(0.0836), p_words(0.0002)
    ('0.08', 'below 0.001')
    """
    if p < 0.001:
        return "below 0.001"
    return f"{p:.3f}" if p < 0.01 else f"{p:.2f}"


def outside(one: Example) -> str:
    """Return the ratios that a trial could detect."""
    return f"below {decimals(1 / one.detectable)} or above {decimals(one.detectable)}"


def example_table(ds: Dataset) -> Table | Block:
    """Return what published trials by group could find, and what a new one needs."""
    found = examples(ds)
    if not found:
        return said(
            "These data hold no trial with effects and intervals in two groups."
        )
    facts = ds["trial_facts"].set_index("fact_id", drop=False)
    frame = pd.DataFrame(
        {
            "trial": facts.loc[one.fact_id, "reference"],
            "participants": f"{one.participants:,}",
            "published": text(facts.loc[one.fact_id, "value"]),
            "interaction": f"{decimals(one.ratio)} ({decimals(one.low)} to "
            f"{decimals(one.high)}), P {p_words(one.p)}",
            "detectable": outside(one),
            "same": people(one.same),
            "half": people(one.half),
        }
        for one in found
    )
    goal = percent(TARGET)
    groups = {
        text(facts.loc[one.fact_id, "reference"]): f"{one.first} against {one.second}"
        for one in found
    }
    return Table(
        frame,
        "Published trials with an effect in each of two groups: the interaction "
        "computed here from the published intervals, without the adjustments that the "
        "authors could make, and the sample that a trial of the same make needs for "
        f"{goal} power.",
        {
            "published": "As published",
            "interaction": "Ratio of ratios, computed",
            "detectable": f"Could be found ({goal})",
            "same": "To find the same",
            "half": "To find half",
        },
        {"trial": reference_links(facts, groups)},
        row_header="trial",
    )


def example_numbers(ds: Dataset) -> dict[str, object]:
    """Return the numbers and words of the largest example, for the chapter's prose.

    Returns
    -------
    dict
        worked-trials (how many there are), worked-groups, worked-participants,
        worked-published, worked-ratio, worked-p, worked-detectable, worked-same,
        worked-half and worked-times; words that say so where there is none.
    """
    found = examples(ds)
    names = "groups participants published ratio p detectable same half times"
    if not found:
        nothing = dict.fromkeys((f"worked-{name}" for name in names.split()), "none")
        return {"worked-trials": 0, **nothing}
    one = found[0]
    facts = ds["trial_facts"].set_index("fact_id")
    times = one.same / one.participants
    return {
        "worked-trials": len(found),
        "worked-groups": f"{one.first} against {one.second}",
        "worked-participants": f"{one.participants:,}",
        "worked-published": text(facts.loc[one.fact_id, "value"]),
        "worked-ratio": f"{decimals(one.ratio)} ({decimals(one.low)} to "
        f"{decimals(one.high)})",
        "worked-p": p_words(one.p),
        "worked-detectable": outside(one),
        "worked-same": people(one.same),
        "worked-half": people(one.half),
        "worked-times": f"{times:.1f}" if math.isfinite(times) else "infinite",
    }
