"""Agreement between two raters: percent, Cohen's kappa, prevalence-adjusted kappa."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Any

import pandas as pd

from personomics.dataset import Dataset
from personomics.evidence import (
    consensus_rows,
    factor_labels,
    first_two,
    rater_name,
    to_factor,
)
from personomics.html import Markup, Table, join, link, slug, tag
from personomics.words import DASH, counted, decimals, percent


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
    both = side_by_side(rows, subject, value, raters)
    return list(both["first"]), list(both["second"])


def side_by_side(
    rows: pd.DataFrame, subject: str | list[str], value: str, raters: Sequence[str]
) -> pd.DataFrame:
    """Return the answers of :func:`paired` by subject: columns first, second."""
    first, second = (
        rows[rows["rater_id"] == r].set_index(subject)[value].fillna("none")
        for r in raters
    )
    both = first.index.intersection(second.index, sort=False)
    return pd.DataFrame({"first": first.loc[both], "second": second.loc[both]})


def differing(
    rows: pd.DataFrame, subject: str, value: str, raters: Sequence[str]
) -> pd.DataFrame:
    """Return the subjects that two raters answered differently.

    Columns: the subject, first, second.

    >>> rows = pd.DataFrame({"rater_id": ["a", "a", "b", "b"], "case": [1, 2, 1, 2],
    ...                      "said": ["x", "y", "x", None]})
    >>> differing(rows, "case", "said", ("a", "b")).to_dict("records")
    [{'case': 2, 'first': 'y', 'second': 'none'}]
    """
    both = side_by_side(rows, subject, value, raters)
    return both[both["first"] != both["second"]].rename_axis(subject).reset_index()


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


@dataclass(frozen=True)
class Opening(Table):
    """A table of agreement with the lists that its rows open folded up below it."""

    below: Markup = field(default_factory=Markup)

    def html(self) -> Markup:
        """Return the table and the lists as HTML."""
        return super().html() + self.below


def rater_heads(ds: Dataset, table: str) -> dict[str, str]:
    """Return the names of the two raters of a table, as headings of their answers."""
    names = (rater_name(ds, rater) for rater in first_two(ds, table))
    return dict(zip(("first", "second"), names, strict=False))


def factor_answer(ds: Dataset) -> Callable[[Any], object]:
    """Return what shows a factor that was chosen as a link, and none in words."""
    labels = factor_labels(ds)

    def show(key: Any) -> object:
        if key in labels:
            return to_factor(key, labels[key])
        return "no factor" if key == "none" else key

    return show


def settled(ds: Dataset, table: str, key: str, wanted: pd.Series) -> pd.Series:
    """Return the factor of the consensus on each subject, "none" and all."""
    rows = consensus_rows(ds, table).drop_duplicates(key)
    agreed = rows.set_index(key)["factor_id"].astype("object").fillna("none")
    return wanted.map(agreed).fillna("no consensus yet")


def differ(what: str) -> str:
    """Return the anchor of the answers that differ.

    >>> differ("Criterion E1")
    'differ-criterion-e1'
    """
    return f"differ-{slug(what)}"


def first_of_each(names: Iterable[str]) -> list[str | None]:
    """Return names with nothing in place of those that came before.

    >>> first_of_each(["a", "a", "b"])
    ['a', None, 'b']
    """
    all_names = list(names)
    return [None if name in all_names[:n] else name for n, name in enumerate(all_names)]


def opening_table(
    results: Mapping[str, Agreement], caption: str, lists: Mapping[str, Table],
    places: Mapping[str, str] | None = None,
) -> Opening:  # fmt: skip
    """Return a table of agreement whose rows open the answers that differ.

    Parameters
    ----------
    results : mapping of str to Agreement
        What was rated, and how far the raters agree on it.
    caption : str
        What the table shows.
    lists : mapping of str to Table
        Answers by what was rated, to be folded up below.
    places : mapping of str to str, optional
        Anchors of the rows that open no list of their own.
    """
    anchors = {what: differ(what) for what in lists} | dict(places or {})

    def name(what: str) -> Markup:
        apart = results[what].n - results[what].agreed
        if not apart or what not in anchors:
            return Markup.escape(what)
        words = f"{what}: {counted(apart, 'answer')} that differ"
        return link(f"#{anchors[what]}", what, aria_label=words)

    folds = (
        tag("details", tag("summary", table.caption)
            + tag("div", table.html(), id=differ(what)))
        for what, table in lists.items() if len(table.frame)
    )  # fmt: skip
    frame = pd.DataFrame([as_row(what, found) for what, found in results.items()])
    if anchors:
        caption = f"{caption}. Each row opens the answers that differ."
    return Opening(frame, caption, HEADINGS, {"what": name}, below=join(folds))
