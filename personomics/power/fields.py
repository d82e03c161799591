"""What may be said of a trial: every field, its range, its words; one table for all.

The command line, Python and the page refuse the same values with the same sentence,
because all three read :func:`limits`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sized
from dataclasses import dataclass
from numbers import Real
from typing import Any

from personomics.words import clean

OUTCOMES = ("continuous", "binary", "time-to-event")
MODERATORS = ("binary", "categorical", "continuous")
CORRECTIONS = ("none", "bonferroni", "sidak")
LARGEST = 1_000_000
#: Shares that miss a sum of 1 by rounding only are scaled to it.
ROUNDING = 0.001
MOST_LEVELS = 8


@dataclass(frozen=True)
class Limit:
    """What one field may hold, in numbers and in words.

    Attributes
    ----------
    kind : {"choice", "number", "whole", "size", "ratio", "shares"}
        A size is a number other than 0 of either sign; a ratio is not 1.
    label, help : str
        What the page and the command line call it, and what to enter.
    low, high : float, optional
        The range; ``low_open`` and ``high_open`` say whether its ends are left out.
    default : object
        The value of a field that is not given; None where it must be.
    outcomes, moderators : tuple of str
        Where the field means something; empty for everywhere.
    """

    kind: str
    label: str
    help: str
    default: Any = None
    low: float | None = None
    high: float | None = None
    low_open: bool = False
    high_open: bool = False
    choices: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    moderators: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The range in words, as in "must be a number above 0 and at most 1"."""
        low, high = number_words(self.low or 0), number_words(self.high or 0)
        over = f"above {low}" if self.low_open else f"of at least {low}"
        under = f"{'below' if self.high_open else 'at most'} {high}"
        closed = not self.low_open and not self.high_open
        words = {
            "choice": "one of " + ", ".join(self.choices),
            "shares": f"2 to {MOST_LEVELS} numbers above 0 that add up to 1",
            "size": f"a number other than 0, of a size from {low} to {high}",
            "ratio": f"a ratio from {low} to {high} other than 1",
            "whole": f"a whole number from {low} to {high}",
            "number": f"a number from {low} to {high}"
            if closed
            else f"a number {over} and {under}",
        }
        return words[self.kind]

    def holds(self, value: float) -> bool:
        """Say whether a number lies in the range."""
        size = abs(value) if self.kind == "size" else value
        low, high = self.low, self.high
        assert low is not None
        assert high is not None
        over = size > low if self.low_open else size >= low
        under = size < high if self.high_open else size <= high
        fits = self.kind != "whole" or float(value).is_integer()
        return over and under and fits and not (self.kind == "ratio" and value == 1)

    def where(self) -> str:
        """Return where the field means something: "a binary moderator"."""
        named = self.moderators or self.outcomes
        return f"a {' or '.join(named)} {'moderator' if self.moderators else 'outcome'}"

    def applies(self, outcome: str, moderator: str) -> bool:
        """Say whether the field means something for this outcome and moderator."""
        return (not self.outcomes or outcome in self.outcomes) and (
            not self.moderators or moderator in self.moderators
        )


def share(label: str, help_: str, default: float | None = None, **more: Any) -> Limit:
    """Return a share of something, both ends left out."""
    return Limit("number", label, help_, default, 0, 1, True, True, **more)


RATIO_OUTCOMES = OUTCOMES[1:]
FIELDS: dict[str, Limit] = {
    "outcome": Limit(
        "choice", "Outcome", "what the trial measures in the end", OUTCOMES[0],
        choices=OUTCOMES,
    ),
    "moderator": Limit(
        "choice", "Moderator",
        "the factor that changes the effect: two groups, several, or a score",
        MODERATORS[0], choices=MODERATORS,
    ),
    "effect": Limit(
        "size", "Interaction",
        "difference between the treatment effects: of the last and the first group, "
        "or for each standard deviation of a score; in the units of the outcome",
        low=1e-6, high=1e6,
    ),
    "n": Limit(
        "whole", "Participants", "participants randomised, in all arms together",
        low=1, high=LARGEST,
    ),
    "power": share("Power", "chance to find the interaction if it is there"),
    "alpha": Limit(
        "number", "Significance level", "two-sided, before any correction", 0.05,
        1e-6, 0.5,
    ),
    "allocation": share(
        "Share in the intervention arm", "0.5: as many in either arm", 0.5
    ),
    "prevalence": share(
        "Share who have the factor", "share of participants in the second group, "
        "those with low health literacy, say", 0.5, moderators=("binary",),
    ),
    "shares": Limit(
        "shares", "Shares of the groups", "such as 0.2,0.3,0.5", (),
        moderators=("categorical",),
    ),
    "reliability": Limit(
        "number", "Reliability of the instrument",
        "share of the variance of its score that is not error (retest or alpha)",
        1, 0, 1, True,
    ),
    "sensitivity": Limit(
        "number", "Sensitivity of the instrument",
        "share of those with the factor whom it finds", 1, 0, 1, True,
        moderators=("binary",),
    ),
    "specificity": Limit(
        "number", "Specificity of the instrument",
        "share of those without the factor whom it clears", 1, 0, 1, True,
        moderators=("binary",),
    ),
    "r2": Limit(
        "number", "Variance shared with other moderators",
        "share of its variance that covariates explain whose interactions with the "
        "treatment are in the same model", 0, 0, 1, high_open=True,
    ),
    "sd": Limit(
        "number", "Residual standard deviation",
        "of the outcome in an arm, given what was measured", 1, 1e-6, 1e6,
        outcomes=("continuous",),
    ),
    "baseline_risk": share(
        "Risk without treatment",
        "probability of the event in the control arm, in the first group or at the "
        "mean of the score", outcomes=RATIO_OUTCOMES,
    ),
    "treatment": Limit(
        "number", "Treatment effect in the first group",
        "odds ratio or hazard ratio", 1, 0.01, 100, outcomes=RATIO_OUTCOMES,
    ),
    "prognosis": Limit(
        "number", "Effect of the factor itself",
        "odds ratio or hazard ratio in the control arm, of the last against the first "
        "group or for each standard deviation", 1, 0.01, 100, outcomes=RATIO_OUTCOMES,
    ),
    "cluster_size": Limit(
        "whole", "Participants of a cluster", "1: persons are randomised, not clusters",
        1, 1, 10_000,
    ),
    "icc": Limit(
        "number", "Intracluster correlation of the outcome",
        "0: those of one cluster are no more alike than others", 0, 0, 1,
        high_open=True,
    ),
    "moderator_icc": Limit(
        "number", "Intracluster correlation of the moderator",
        "1: the same for all of a cluster, the safest assumption", 1, 0, 1,
    ),
    "moderators": Limit(
        "whole", "Moderators tested", "counting this one", 1, 1, 1000
    ),
    "correction": Limit(
        "choice", "Correction for several tests", "of the significance level",
        CORRECTIONS[0], choices=CORRECTIONS,
    ),
    "dropout": Limit(
        "number", "Drop-out", "share of participants without an outcome", 0, 0, 1,
        high_open=True,
    ),
}  # fmt: skip
EFFECT_RATIO = Limit(
    "ratio", "Interaction",
    "ratio of the treatment's odds ratios or hazard ratios: of the last against the "
    "first group, or for each standard deviation of a score",
    low=0.01, high=100,
)  # fmt: skip


def number_words(value: float) -> str:
    """Return a limit as people write it.

    >>> number_words(1e6), number_words(1e-6), number_words(0.01)
    ('1,000,000', '0.000001', '0.01')
    """
    if float(value).is_integer():
        return f"{int(value):,}"
    return f"{value:.10f}".rstrip("0")


def empty(value: object) -> bool:
    """Say whether nothing was given: None, no words, or no numbers."""
    return value is None or (isinstance(value, Sized) and len(value) == 0)


def found(value: object) -> str:
    """Return what was given, for an error.

    >>> found(None), found(1.5), found("many"), found((0.5, 0.4))
    ('missing', '1.5', 'many', '0.5, 0.4')
    """
    if empty(value):
        return "missing"
    if isinstance(value, str):
        return clean(value)[:40]
    if isinstance(value, Real) and not isinstance(value, bool):
        number = as_number(value)
        return "a number too large" if math.isinf(number) else f"{number:.10g}"
    if isinstance(value, Iterable):
        return ", ".join(found(one) for one in value)
    return str(value)[:40]


def refusal(name: str, limit: Limit, value: object) -> str:
    """Return the sentence that refuses a value."""
    return f"{name} must be {limit.words}, not {found(value)}"


def as_number(value: object) -> float:
    """Return a number; what is none becomes NaN, or infinite, which no range holds."""
    if not isinstance(value, Real) or isinstance(value, bool):
        return math.nan
    try:
        return float(value)
    except OverflowError:  # a whole number of more than 308 digits
        return math.inf


def checked(name: str, limit: Limit, value: Any) -> Any:
    """Return a value in the form in which it is used, or raise the refusal."""
    if limit.kind == "choice":
        if not isinstance(value, str) or value not in limit.choices:
            raise ValueError(refusal(name, limit, value))
        return value
    if limit.kind == "shares":
        return checked_shares(value, refusal(name, limit, value))
    number = as_number(value)
    if not math.isfinite(number) or not limit.holds(number):
        raise ValueError(refusal(name, limit, value))
    return int(number) if limit.kind == "whole" else number


def checked_shares(value: object, msg: str) -> tuple[float, ...]:
    """Return shares that add up to 1, or raise the refusal."""
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise ValueError(msg)
    shares = tuple(as_number(one) for one in value)
    total = sum(shares)
    right = all(one > 0 for one in shares) and abs(total - 1) <= ROUNDING
    if not right or not 2 <= len(shares) <= MOST_LEVELS:
        raise ValueError(msg)
    return tuple(one / total for one in shares)


def limits() -> dict[str, dict[str, Any]]:
    """Return what each field may hold, ready for JSON.

    Returns
    -------
    dict
        By field: kind, label, help, default, low, high, low_open, high_open, choices,
        outcomes and moderators (None for all) and words. ``effect_ratio`` is the range
        of ``effect`` where the outcome is not continuous.
    """
    return {
        name: {
            "kind": one.kind, "label": one.label, "help": one.help,
            "default": list(one.default) if one.kind == "shares" else one.default,
            "low": one.low, "high": one.high,
            "low_open": one.low_open, "high_open": one.high_open,
            "choices": list(one.choices) or None,
            "outcomes": list(one.outcomes) or None,
            "moderators": list(one.moderators) or None,
            "words": one.words,
            "where": one.where() if one.outcomes or one.moderators else None,
        }
        for name, one in {**FIELDS, "effect_ratio": EFFECT_RATIO}.items()
    }  # fmt: skip
