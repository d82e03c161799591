"""The sums of a PRISMA 2020 flow diagram, for numbers that a person typed."""

from __future__ import annotations

from personomics.evidence import DATABASES, OTHER
from personomics.flow import BOXES, Counts

OTHERS = ("website_results", "organisation_results", "citations_results")
#: Sums by arm: a box, what it is the rest of, what has left by then, words for both.
SUMS = {
    DATABASES: (
        ("records_screened", ("database_results", "register_results"),
         ("duplicates", "excluded_automatic", "excluded_other"),
         "identified", "removed"),
        ("dbr_sought_reports", ("records_screened",), ("records_excluded",),
         "screened", "excluded"),
        ("dbr_assessed", ("dbr_sought_reports",), ("dbr_notretrieved_reports",),
         "sought", "not retrieved"),
    ),
    OTHER: (
        ("other_sought_reports", OTHERS, (), "identified", ""),
        ("other_assessed", ("other_sought_reports",), ("other_notretrieved_reports",),
         "sought", "not retrieved"),
    ),
}  # fmt: skip
#: Boxes of an arm that cannot go without a number.
NEEDED = {
    DATABASES: ("records_screened", "records_excluded", "dbr_sought_reports",
                "dbr_notretrieved_reports", "dbr_assessed", "dbr_excluded"),
    OTHER: ("other_sought_reports", "other_notretrieved_reports", "other_assessed",
            "other_excluded"),
}  # fmt: skip


def problems(found: Counts) -> tuple[str, ...]:
    """Return every sum of a diagram that does not hold, in words.

    Source: the templates of Page MJ et al. BMJ 2021;372:n71, for new reviews and
    updates. Included studies are held to the reports that are left only where no
    number of reports is given, for one study may have several.

    Examples
    --------
    >>> numbers = dict.fromkeys((*NEEDED[DATABASES], "new_studies"), 0)
    >>> numbers |= {"database_results": 150, "duplicates": 20}
    >>> numbers |= {"records_screened": 120, "records_excluded": 120}
    >>> problems(Counts(numbers))
    ('records screened 120, but 150 identified minus 20 removed is 130',)
    """
    arms = [DATABASES]
    if any(found[key] for key in (*OTHERS, *NEEDED[OTHER])):
        arms.append(OTHER)
    needed = [key for arm in arms for key in NEEDED[arm]] + ["new_studies"]
    missing = {key for key in needed if key not in found.n}
    wrong = [f"{named(key)}: no number" for key in needed if key in missing]
    for arm in arms:
        for box, plus, minus, entered, left in SUMS[arm]:
            if not {box, *plus, *minus} & missing:
                wrong += difference(found, box, plus, minus, (entered, left))
    if not missing:
        wrong += included(found, arms)
    return (*wrong, *totals(found), *sources(found))


def named(key: str) -> str:
    """Return a box as it is called in a sentence."""
    arm, label = BOXES[key]
    words = label.partition(":")[0].lower()
    return f"{words} (other methods)" if arm == OTHER else words


def difference(
    found: Counts, box: str, plus: tuple[str, ...], minus: tuple[str, ...],
    words: tuple[str, str],
) -> list[str]:  # fmt: skip
    """Say where a box is not what entered less what left."""
    enter, leave = (sum(found[key] for key in keys) for keys in (plus, minus))
    if found[box] == enter - leave:
        return []
    if not minus:
        return [f"{named(box)} {found[box]:,}, but {enter:,} {words[0]}"]
    return [
        f"{named(box)} {found[box]:,}, but {enter:,} {words[0]} minus {leave:,} "
        f"{words[1]} is {enter - leave:,}"
    ]


def included(found: Counts, arms: list[str]) -> list[str]:
    """Say where what was included is not what was assessed less what was excluded."""
    assessed = sum(found[NEEDED[arm][-2]] for arm in arms)
    excluded = sum(found[NEEDED[arm][-1]] for arm in arms)
    left, reports = assessed - excluded, found.n.get("new_reports", 0)
    if left == (reports or found["new_studies"]):
        return []
    what = f"{found['new_studies']:,} new studies without a number of reports"
    if reports:
        what = f"{reports:,} reports of new studies"
    return [
        f"{what}, but {assessed:,} assessed minus {excluded:,} excluded is {left:,}"
    ]


def totals(found: Counts) -> list[str]:
    """Say where a total is not the sum of the previous and the new."""
    wrong = []
    for kind in ("studies", "reports"):
        before, new, total = (
            found.n.get(f"{part}_{kind}", 0) for part in ("previous", "new", "total")
        )
        if (before or total) and total != before + new:
            wrong.append(
                f"{total:,} {kind} in total, but {before:,} previous and {new:,} new "
                f"are {before + new:,}"
            )
        pooled = found.n.get(f"total_{kind}_ma", 0)
        if pooled > (total or new):
            wrong.append(
                f"{pooled:,} {kind} in the meta-analysis, but only {total or new:,} "
                "included"
            )
    return wrong


def sources(found: Counts) -> list[str]:
    """Say where named databases or registers do not add up to their number."""
    wrong = []
    for box in ("database_results", "register_results"):
        held = found.lists.get(box, ())
        total = sum(n for _, n in held)
        if held and total != found[box]:
            what = f"{found[box]:,} records from {BOXES[box][1].lower()}"
            wrong.append(f"{what}, but those named add up to {total:,}")
    return wrong
