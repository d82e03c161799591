"""What the chapter says of the simulation: numbers for its prose, and its tables.

Everything here comes from integration, so it does not depend on chance.
"""

from __future__ import annotations

import dataclasses
import math

import pandas as pd

from personomics.engagement.expected import expected
from personomics.engagement.policy import (
    best,
    doses,
    least_reliability,
    net,
    window,
)
from personomics.engagement.setting import CAVEAT, CHOICES, RANGES, Setting
from personomics.html import Block, Table, join, tag
from personomics.words import decimals, percent

#: The setting of the chapter, with a factor that is measured without error.
EXAMPLE = Setting(reliability=1.0)
RELIABILITIES = (1.0, 0.8, 0.5, 0.3)
COSTS = (0.02, 0.08, 0.1, 0.2)
TARGET = 0.8
ABOUT = {
    "n": "participants, both arms together",
    "allocation": "share of them offered the treatment",
    "factor": "whether patients have the factor or not, or a score of it",
    "prevalence": "share of patients who have the factor (yes or no)",
    "a": "engagement of the average patient",
    "b": "what one unit of the factor adds to engagement",
    "c": "what support adds to engagement",
    "noise": "standard deviation of what else moves engagement",
    "link": "curve from engagement to dose",
    "dose": "received in part, or all or none",
    "tau": "effect of a full dose",
    "gamma": "what one unit of the factor adds to the outcome of anybody",
    "direct": "what one unit of the factor adds to the effect, whatever the dose",
    "sd": "standard deviation of what else moves the outcome",
    "hidden": "correlation of what else moves engagement and outcome",
    "reliability": "of the measurement of the factor",
    "support": "who gets support in the arm offered the treatment",
    "cutoff": "measured score below which tailoring supports",
    "cost": "of supporting one patient, in units of the outcome",
    "measuring": "of measuring one patient, in units of the outcome",
    "alpha": "level of significance, two-sided",
}


def model() -> Block:
    """Return the model in words, with what it must not be taken for."""
    from personomics.engagement.setting import MODEL

    items = tag("ol", join(tag("li", sentence) for sentence in MODEL))
    return Block(items + tag("p", tag("strong", CAVEAT)), "\n".join([*MODEL, CAVEAT]))


def assumptions(one: Setting = EXAMPLE) -> pd.DataFrame:
    """Return every parameter: what it is, its value in a setting, what is allowed."""
    values = dataclasses.asdict(one)
    return pd.DataFrame([
        {
            "parameter": name,
            "meaning": meaning,
            "value": values[name] if isinstance(values[name], str)
            else f"{values[name]:g}",
            "allowed": ", ".join(CHOICES[name]) if name in CHOICES
            else str(RANGES[name]),
        }
        for name, meaning in ABOUT.items()
    ])  # fmt: skip


def assumptions_table() -> Table:
    """Return what is assumed in the chapter, and what may be assumed instead."""
    return Table(
        assumptions(),
        f"What is assumed; units are standard deviations. {CAVEAT}",
        {"value": "Value here", "allowed": "May be"},
    )


def explained_table() -> Table:
    """Return the difference between patients, before and after the dose is known."""
    rows = []
    for reliability in RELIABILITIES:
        found = expected(EXAMPLE.but(reliability=reliability))
        rows.append({
            "reliability": f"{reliability:g}",
            "low": decimals(found["low"]),
            "high": decimals(found["high"]),
            "interaction": decimals(found["interaction"]),
            "adjusted": decimals(found["adjusted"]),
            "iv_low": decimals(found["iv_low"]),
            "iv_high": decimals(found["iv_high"]),
        })  # fmt: skip
    return Table(
        pd.DataFrame(rows),
        "Effect of being offered the treatment by measured factor, and what is left of "
        "the difference once the dose is taken into account, in standard deviations.",
        {
            "reliability": "Reliability",
            "low": "Without the factor",
            "high": "With it",
            "interaction": "Difference",
            "adjusted": "Difference, adjusted for dose",
            "iv_low": "Full dose, without the factor",
            "iv_high": "Full dose, with it",
        },
    )


def patients(one: Setting, power: float = TARGET) -> int:
    """Return the participants with whom the interaction is found with some power.

    Examples
    --------
    >>> patients(Setting(reliability=1)) < patients(Setting(reliability=0.5))
    True
    """
    low, high = 2, 2
    top = int(RANGES["n"].high)
    while expected(one.but(n=(high := high * 2) * 20))["interaction_power"] < power:
        if high * 40 > top:
            msg = f"power {power:g} must be within reach of n up to {top:,}; it is not"
            raise ValueError(msg)
    while high - low > 1:
        middle = (low + high) // 2
        found = expected(one.but(n=middle * 20))["interaction_power"]
        low, high = (low, middle) if found >= power else (middle, high)
    return high * 20


def measured_table() -> Table:
    """Return what is lost when the factor is measured badly or not at all."""
    size = f"{EXAMPLE.n:,} patients"
    rows = []
    for reliability in RELIABILITIES:
        one = EXAMPLE.but(reliability=reliability)
        found = expected(one)
        rows.append({
            "measured": f"reliability {reliability:g}",
            "average": decimals(found["itt"]),
            "difference": decimals(found["interaction"]),
            "power": percent(found["interaction_power"]),
            "patients": f"{patients(one):,}",
        })  # fmt: skip
    rows.append({
        "measured": "not measured", "average": rows[0]["average"],
        "difference": "cannot be seen", "power": "none", "patients": "no number",
    })  # fmt: skip
    return Table(
        pd.DataFrame(rows),
        "What a trial can see of a factor that acts through engagement, by how well "
        f"it is measured. The true difference is {rows[0]['difference']}.",
        {
            "measured": "The factor is",
            "average": "Average effect seen",
            "difference": "Difference seen",
            "power": f"Power with {size}",
            "patients": f"Patients for {percent(TARGET)} power",
        },
    )


def policy_table() -> Table:
    """Return the net benefit of the three policies, by cost and reliability."""
    rows = []
    for reliability in (1.0, 0.3):
        for cost in COSTS:
            one = EXAMPLE.but(reliability=reliability, cost=cost)
            found = net(one, doses(one))
            rows.append({"cost": f"{cost:g}", "reliability": f"{reliability:g}"}
                        | {name: f"{value:.3f}" for name, value in found.items()}
                        | {"best": best(one)})  # fmt: skip
    return Table(
        pd.DataFrame(rows),
        "Gain per patient over no treatment, less what support costs, in standard "
        "deviations of the outcome; tailored: those measured without the factor.",
        {
            "cost": "Cost of supporting one patient",
            "nobody": "Nobody supported",
            "everybody": "Everybody",
            "tailored": "Tailored",
            "best": "Best supported",
        },
    )


def numbers() -> dict[str, object]:
    """Return every number of the simulation that the chapter's prose uses."""
    found, half = expected(EXAMPLE), expected(EXAMPLE.but(reliability=0.5))
    none = expected(EXAMPLE.but(b=0))
    costs = window(EXAMPLE)
    least = least_reliability(EXAMPLE.but(cost=0.08))
    return {
        "sim-n": f"{EXAMPLE.n:,}",
        "sim-dose-without": percent(found["dose_low"]),
        "sim-dose-with": percent(found["dose_high"]),
        "sim-effect-full": decimals(EXAMPLE.tau),
        "sim-effect-average": decimals(found["itt"]),
        "sim-effect-without": decimals(found["low"]),
        "sim-effect-with": decimals(found["high"]),
        "sim-difference": decimals(found["interaction"]),
        "sim-difference-no-road": decimals(none["interaction"]),
        "sim-difference-half": decimals(half["interaction"]),
        "sim-shrunk-half": percent(half["interaction"] / found["interaction"]),
        "sim-power": percent(found["interaction_power"]),
        "sim-power-half": percent(half["interaction_power"]),
        "sim-patients": f"{patients(EXAMPLE):,}",
        "sim-patients-half": f"{patients(EXAMPLE.but(reliability=0.5)):,}",
        "sim-cost-from": f"{costs[0]:.3f}",
        "sim-cost-to": f"{costs[1]:.3f}",
        "sim-cost-example": "0.08",
        "sim-least-reliability": "none" if math.isnan(least) else decimals(least),
    }
