"""A trial that asks whether a factor changes the effect of a treatment."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, NoReturn

from personomics.power.fields import EFFECT_RATIO, FIELDS, checked, empty, refusal
from personomics.words import listed

SOLVED = ("effect", "n", "power")
ERRORS = {
    "where": "{name} applies only to {where}; leave it out",
    "two": "exactly two of effect, n and power must be given, and the third is "
    "worked out; given: {given}",
    "twice": "reliability must be 1 where sensitivity or specificity is below 1, as "
    "they say the same twice",
    "chance": "sensitivity and specificity must add up to more than 1, not {total}",
    "alpha": "power must be a number above alpha ({alpha}) and below 1, not {power}",
    "minimum": "n must be a whole number from {minimum} to 1,000,000 for this design, "
    "not {n}",
    "rare": "the smallest group must be larger: 1,000,000 participants leave it empty; "
    "allowed: another prevalence, shares or allocation, smaller clusters, or less "
    "dropout",
    "effect": "effect must be larger: 1,000,000 participants do not give this power",
    "alone": "power must be a number above {alone} and below 1 with {n} participants, "
    "not {power}: the error of the instrument alone gives {alone} without an "
    "interaction",
    "n": "n must be larger: no {sizes} gives this power with {n} participants",
}


def refuse(code: str, **words: object) -> NoReturn:
    """Raise an error in the words of :data:`ERRORS`, which the page has as well."""
    raise ValueError(ERRORS[code].format(**words))


@dataclass(frozen=True)
class Design:
    """A two-arm trial and the interaction that it is to find.

    Of ``effect``, ``n`` and ``power`` exactly two are given;
    :func:`personomics.power.evaluate` works out the third. The ranges are in
    :func:`personomics.power.limits`.

    Parameters
    ----------
    outcome : {"continuous", "binary", "time-to-event"}
        What the trial measures in the end.
    moderator : {"binary", "categorical", "continuous"}
        The factor: two groups, 2 to 8 groups, or a score (normal, in its own SDs).
    effect : float, optional
        The true interaction. Continuous outcome: difference between the treatment
        effects, in the units of ``sd``. Otherwise: ratio of the odds ratios or hazard
        ratios. Of the last against the first group, with those between equally spaced
        (on the log scale for ratios); for a score, for each standard deviation.
    n : int, optional
        Participants randomised, in all.
    power : float, optional
        Probability of a significant interaction.
    alpha : float
        Two-sided level of significance, before ``correction``.
    allocation : float
        Share of participants in the intervention arm.
    prevalence : float
        Share of participants in the second group of a binary moderator.
    shares : tuple of float
        Shares of the groups of a categorical moderator.
    reliability : float
        Share of the variance of the instrument's score that is not error. For a
        categorical moderator: the squared correlation of true and measured group.
    sensitivity, specificity : float
        Of the instrument for a binary moderator, in place of ``reliability``.
    r2 : float
        Share of the moderator's variance explained by covariates whose interactions
        with treatment are in the same model.
    sd : float
        Standard deviation of a continuous outcome within an arm, given what was
        measured.
    baseline_risk : float, optional
        Probability of the event in the control arm, in the first group or at the mean
        of the score; needed for binary and time-to-event outcomes.
    treatment, prognosis : float
        Odds or hazard ratio of treatment in the first group (or at the mean), and of
        the moderator in the control arm (last against first group, or for each SD).
    cluster_size : int
        Participants of each cluster randomised; 1 where persons are.
    icc, moderator_icc : float
        Intracluster correlations of the outcome and of the moderator.
    moderators : int
        Moderators tested.
    correction : {"none", "bonferroni", "sidak"}
        How the level of significance allows for them.
    dropout : float
        Share of participants without an outcome.

    Raises
    ------
    ValueError
        One sentence that names the argument and what is allowed.

    Examples
    --------
    >>> Design(effect=0.3, power=0.8).prevalence
    0.5
    >>> Design(effect=0.3, power=1)
    Traceback (most recent call last):
    ValueError: power must be a number above 0 and below 1, not 1
    """

    outcome: str = "continuous"
    moderator: str = "binary"
    effect: float | None = None
    n: int | None = None
    power: float | None = None
    alpha: float = 0.05
    allocation: float = 0.5
    prevalence: float = 0.5
    shares: tuple[float, ...] = ()
    reliability: float = 1
    sensitivity: float = 1
    specificity: float = 1
    r2: float = 0
    sd: float = 1
    baseline_risk: float | None = None
    treatment: float = 1
    prognosis: float = 1
    cluster_size: int = 1
    icc: float = 0
    moderator_icc: float = 1
    moderators: int = 1
    correction: str = "none"
    dropout: float = 0

    def __post_init__(self) -> None:
        for field in fields(self):
            object.__setattr__(self, field.name, self.checked(field.name))
        for name, limit in FIELDS.items():
            if limit.applies(self.outcome, self.moderator):
                continue
            if getattr(self, name) != limit.default:
                refuse("where", name=name, where=limit.where())
        given = [name for name in SOLVED if getattr(self, name) is not None]
        if len(given) != 2:
            refuse("two", given=listed(given, none="nothing"))
        if min(self.sensitivity, self.specificity) < 1:
            if self.reliability < 1:
                refuse("twice")
            total = self.sensitivity + self.specificity
            if total <= 1:
                refuse("chance", total=f"{total:.10g}")

    def checked(self, name: str) -> Any:
        """Return a field in the form in which it is used, or raise."""
        value, limit = getattr(self, name), FIELDS[name]
        if name == "effect" and self.outcome != "continuous":
            limit = EFFECT_RATIO
        # Choices come first, so outcome and moderator are checked by now.
        applies = limit.applies(self.outcome, self.moderator)
        if limit.default is None and value is None:
            if limit.outcomes and applies:
                raise ValueError(refusal(name, limit, value))
            return None
        if limit.kind == "shares":
            return checked(name, limit, value) if applies or not empty(value) else ()
        return checked(name, limit, value)

    @property
    def solved(self) -> str:
        """What is worked out: effect, n or power."""
        return next(name for name in SOLVED if getattr(self, name) is None)

    @property
    def levels(self) -> tuple[float, ...]:
        """True shares of the groups; none for a score."""
        if self.moderator == "continuous":
            return ()
        return self.shares or (1 - self.prevalence, self.prevalence)

    @property
    def groups(self) -> int:
        """Groups of the moderator; 2 for a score, whose line has two coefficients."""
        return len(self.levels) or 2
