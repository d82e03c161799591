"""What is assumed about a simulated trial: the parameters, their ranges, the model."""

from __future__ import annotations

import dataclasses
import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

#: The model in plain words, for the chapter and for whoever reads the code.
MODEL = (
    "A patient has more or less of a factor, X, such as health literacy or support at "
    "home: yes or no, or a score. X is counted from its average.",
    "Engagement is a + b·X + c·(support given) + chance. The larger b is, the more the "
    "factor decides who can make use of what is offered.",
    "Dose is the share of the treatment that reaches the patient, from 0 to 1, and "
    "grows with engagement. Patients who are not offered the treatment get none.",
    "The outcome is tau·dose + gamma·X + chance, more is better. A full dose does the "
    "same for everybody, unless a direct effect is asked for.",
    "The trial sees W, a measurement of X with some reliability, and not X itself.",
)
#: How plainly this must be read.
CAVEAT = (
    "No number here comes from a trial. The values are invented to show how the parts "
    "hang together, and they are no evidence that any factor works this way."
)
CHOICES: dict[str, tuple[str, ...]] = {
    "factor": ("binary", "normal"),
    "link": ("probit", "logistic"),
    "dose": ("partial", "all-or-none"),
    "support": ("nobody", "everybody", "tailored"),
}
#: Fewest patients expected in an arm at a level of a factor; in an arm, of a score.
LEAST_CELL, LEAST_ARM = 5, 10
#: Trials of a cell; cells of a grid, a few kilobytes of memory each.
TOO_MANY, MOST_CELLS = 10_000_000, 100_000


@dataclass(frozen=True)
class Range:
    """The numbers that a parameter may take; ends are allowed unless named open."""

    low: float
    high: float
    open: str = ""
    whole: bool = False

    def holds(self, value: object) -> bool:
        """Say whether a value is one of them."""
        kind = Integral if self.whole else Real
        if not isinstance(value, kind) or isinstance(value, bool):
            return False
        try:
            number = float(value)  # type: ignore[arg-type]
        except OverflowError:
            return False
        above = self.low < number if "low" in self.open else self.low <= number
        return above and (number < self.high if "high" in self.open
                          else number <= self.high)  # fmt: skip

    def __str__(self) -> str:
        """Return the range in words.

        >>> str(Range(0, 1, "low")), str(Range(20, 500, whole=True))
        ('a number above 0 and at most 1', 'a whole number from 20 to 500')
        """
        kind = "a whole number" if self.whole else "a number"
        if not self.open:
            return f"{kind} from {self.low:.10g} to {self.high:.10g}"
        if self.open == "low":
            return f"{kind} above {self.low:.10g} and at most {self.high:.10g}"
        return f"{kind} above {self.low:.10g} and below {self.high:.10g}"


RANGES: dict[str, Range] = {
    "n": Range(20, 1_000_000, whole=True),
    "allocation": Range(0, 1, "low high"),
    "prevalence": Range(0, 1, "low high"),
    **dict.fromkeys("abc", Range(-5, 5)),
    "noise": Range(0, 5),
    **dict.fromkeys(("tau", "gamma", "direct"), Range(-100, 100)),
    "sd": Range(0, 100, "low"),
    "hidden": Range(-1, 1, "low high"),
    "reliability": Range(0, 1, "low"),
    "cutoff": Range(-5, 5),
    **dict.fromkeys(("cost", "measuring"), Range(0, 1000)),
    "alpha": Range(0, 1, "low high"),
}
RUNS = {"trials": Range(1, TOO_MANY, whole=True), "seed": Range(0, 2**63, whole=True)}


@dataclass(frozen=True)
class Setting:
    """What is assumed about one simulated two-arm trial; all values are invented.

    Parameters
    ----------
    n : int
        Participants in both arms together.
    allocation : float
        Share offered the treatment.
    factor : {"binary", "normal"}
        Whether patients have the factor or not, or a normal score of it (SD 1).
    prevalence : float
        Share of patients who have a binary factor.
    a, b, c : float
        Engagement of the average patient, what one unit of the factor adds, what
        support adds; in standard deviations of engagement where ``noise`` is 1.
    noise : float
        Standard deviation of what else moves engagement.
    link : {"probit", "logistic"}
        The curve that turns engagement into dose.
    dose : {"partial", "all-or-none"}
        Whether a patient receives this share of the treatment, or all of it with this
        probability.
    tau : float
        Effect of a full dose on the outcome.
    gamma : float
        What one unit of the factor adds to the outcome of anybody (prognosis).
    direct : float
        What one unit of the factor adds to the effect of being offered the treatment,
        whatever the dose; 0 leaves engagement as the only road.
    sd : float
        Standard deviation of what else moves the outcome.
    hidden : float
        Correlation between what else moves engagement and what else moves the outcome.
    reliability : float
        Squared correlation of the measured factor with the true one, which is the
        correlation of two measurements with independent errors (for a binary factor,
        their kappa). The measured factor has mean and variance of the true one.
    support : {"nobody", "everybody", "tailored"}
        Who, of those offered the treatment, gets support for engagement. Tailored:
        whoever is measured below ``cutoff`` (binary: without the factor).
    cutoff : float
        In standard deviations of a normal factor.
    cost, measuring : float
        Of supporting one patient and of measuring one, in units of the outcome.
    alpha : float
        Two-sided level of significance.

    Raises
    ------
    ValueError
        Naming the parameter that is out of range, and the range.

    Examples
    --------
    >>> Setting(reliability=0)
    Traceback (most recent call last):
    ValueError: reliability must be a number above 0 and at most 1, not 0
    """

    n: int = 400
    allocation: float = 0.5
    factor: str = "binary"
    prevalence: float = 0.5
    a: float = 0.5
    b: float = 2.0
    c: float = 1.0
    noise: float = 1.0
    link: str = "probit"
    dose: str = "partial"
    tau: float = 0.5
    gamma: float = 0.3
    direct: float = 0.0
    sd: float = 1.0
    hidden: float = 0.0
    reliability: float = 0.8
    support: str = "nobody"
    cutoff: float = 0.0
    cost: float = 0.1
    measuring: float = 0.0
    alpha: float = 0.05

    def __post_init__(self) -> None:
        for name, value in dataclasses.asdict(self).items():
            object.__setattr__(self, name, checked(name, value))
        smaller = min(self.allocation, 1 - self.allocation)
        rarer = min(self.prevalence, 1 - self.prevalence)
        need = LEAST_ARM / smaller
        words = f"{LEAST_ARM} patients in the smaller arm"
        if self.binary:
            need = LEAST_CELL / (smaller * rarer)
            words = f"{LEAST_CELL} expected in each arm at each level of the factor"
        if self.n < (least := -int(-need * (1 - 1e-9) // 1)):
            msg = (
                f"n must be a whole number from {least} for an allocation of "
                f"{self.allocation:g} and a prevalence of {self.prevalence:g} "
                f"({words}), not {self.n}"
            )
            raise ValueError(msg)

    @property
    def binary(self) -> bool:
        """Whether patients have the factor or not."""
        return self.factor == "binary"

    @property
    def offered(self) -> int:
        """Participants offered the treatment."""
        return round(self.n * self.allocation)

    @property
    def levels(self) -> tuple[float, float]:
        """The measured factor, low and high: no and yes, or one SD down and up."""
        return (0.0, 1.0) if self.binary else (-1.0, 1.0)

    @property
    def cut(self) -> float:
        """The measured factor below which a patient is supported."""
        return 0.5 if self.binary else self.cutoff

    def key(self) -> str:
        """Return all parameters as one line of text, the same for equal settings."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    def but(self, **changes: Any) -> Setting:
        """Return the setting with some parameters changed."""
        for name in changes:
            known(name)
        return dataclasses.replace(self, **changes)


NAMES = tuple(one.name for one in dataclasses.fields(Setting))


def known(name: str) -> str:
    """Return the name of a parameter, or refuse it with the nearest ones there are."""
    if name in NAMES:
        return name
    near = difflib.get_close_matches(str(name).lower(), NAMES, n=2, cutoff=0.5)
    meant = f" (did you mean {' or '.join(near)}?)" if near else ""
    msg = f"{name!r} is no parameter of the simulation{meant}; allowed: "
    raise ValueError(msg + ", ".join(NAMES))


def checked(name: str, value: Any) -> Any:
    """Return the value of a parameter or of a run, or refuse it and name the range."""
    if name in CHOICES:
        if value not in CHOICES[name]:
            msg = f"{name} must be one of {', '.join(CHOICES[name])}, not {value!r}"
            raise ValueError(msg)
        return value
    allowed = RANGES[name] if name in RANGES else RUNS[name]
    if not allowed.holds(value):
        msg = f"{name} must be {allowed}, not {value!r}"
        raise ValueError(msg)
    return int(value) if allowed.whole else float(value) + 0.0  # no minus zero


def from_text(name: str, words: str) -> Any:
    """Return the value of a parameter that was written as text.

    >>> from_text("n", "400"), from_text("b", "0.5"), from_text("factor", "normal")
    (400, 0.5, 'normal')
    """
    if known(name) in CHOICES:
        return checked(name, words)
    value: object = words
    for kind in (int, float):
        try:
            value = kind(words)
            break
        except ValueError:
            continue
    return checked(name, value)


def listed(given: Any) -> list[Any]:
    """Return one value or several as a list.

    >>> listed("normal"), listed(None), listed((0, 1))
    (['normal'], [None], [0, 1])
    """
    if isinstance(given, str):
        return [given]
    try:
        return list(given)
    except TypeError:
        return [given]


def product(values: Mapping[str, Any], base: Setting | None = None) -> list[Setting]:
    """Return every combination of parameter values, sorted, each once.

    Parameters
    ----------
    values : mapping
        Name of a parameter to its value or values.
    base : Setting, optional
        Everything else.

    Examples
    --------
    >>> [(one.b, one.n) for one in product({"b": [1, 0], "n": [400, 800]})]
    [(0.0, 400), (1.0, 400), (0.0, 800), (1.0, 800)]
    """
    cells = [dataclasses.asdict(base or Setting())]
    for name in sorted(map(known, values), key=NAMES.index):
        several = listed(values[name])
        if not several:
            msg = f"{name} must have at least one value; it has none"
            raise ValueError(msg)
        if len(cells) * len(several) > MOST_CELLS:
            msg = f"a grid must have at most {MOST_CELLS:,} cells; this has more"
            raise ValueError(msg)
        ready = sorted({checked(name, value) for value in several})
        cells = [{**one, name: value} for one in cells for value in ready]
    return [Setting(**one) for one in cells]
