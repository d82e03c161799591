"""Words for readers: clean and clipped text, lists, counts, shares, safe cells."""

from __future__ import annotations

import math
import re
import sys
import unicodedata
from collections.abc import Iterable

#: Stands where there is nothing to count, to share or to estimate.
DASH = "–"
#: Stands where the data hold no statement.
UNAVAILABLE = "These data do not say."
#: How a cell begins that spreadsheets run, unless it is a number with its sign.
FORMULA = re.compile(r"(?![+-][0-9.,]+%?\Z)[=+\-@\t\r\n]")


def missing(value: object) -> bool:
    """Say whether a cell holds nothing; commands that show no table need no pandas.

    >>> missing(None), missing(float("nan")), missing("")
    (True, True, False)
    """
    if isinstance(value, float):
        return math.isnan(value)
    # No value can be the missing one of pandas where pandas has not been imported.
    return value is None or value is getattr(sys.modules.get("pandas"), "NA", None)


def text(value: object) -> str:
    """Return a cell as plain text: missing is empty, whole numbers have no point."""
    if missing(value):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else f"{value:g}"
    return str(value)


def clean(words: object) -> str:
    """Return text in one line, without control characters and other invisible ones."""
    joined = " ".join(text(words).split())
    keep = "\u200d"  # holds emoji together
    return "".join(c for c in joined if c == keep or unicodedata.category(c)[0] != "C")


def clip(words: object, letters: int = 42) -> str:
    """Return text in one line, cut between words where it is too long.

    Parameters
    ----------
    words : object
        The text; missing is empty.
    letters : int
        Characters at most, the mark of omission included.

    Examples
    --------
    >>> clip("Neighbourhood, transport and more", 20)
    'Neighbourhood …'
    >>> clip("Neighbourhood", 8)
    'Neighbo…'
    """
    line = clean(words)
    if len(line) <= letters:
        return line
    head, gap, _ = line[: letters - 1].rpartition(" ")
    return head.rstrip(" ,;:…") + " …" if gap else line[: letters - 1] + "…"


def listed(
    names: Iterable[object], *, quoted: bool = False, none: str = "none",
    letters: int = 80,
) -> str:  # fmt: skip
    """Return names as a list in prose, each clipped.

    Parameters
    ----------
    names : iterable
        What is listed.
    quoted : bool
        Whether each name stands in quotation marks.
    none : str
        What stands for an empty list.
    letters : int
        Characters of a name at most.

    Examples
    --------
    >>> listed(["age", "sex", "pain"]), listed([])
    ('age, sex and pain', 'none')
    >>> listed(["Trust", "Time, money"], quoted=True)
    '“Trust” and “Time, money”'
    """
    shown = [clip(name, letters) for name in names]
    if quoted:
        shown = [f"“{name}”" for name in shown]
    return " and ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]])) or none


def counted(number: int, noun: str) -> str:
    """Return a number with its noun.

    >>> counted(1, "article"), counted(0, "article")
    ('1 article', '0 articles')
    """
    return f"{number} {noun}{'' if number == 1 else 's'}"


def percent(part: float, whole: float = 1) -> str:
    """Return a share in percent, or a dash where there is nothing to share.

    >>> percent(2, 7), percent(0.8), percent(0, 0)
    ('29%', '80%', '–')
    """
    return f"{100 * part / whole:.0f}%" if whole else DASH


def decimals(value: float) -> str:
    """Return a number with two decimals, or a dash where there is none.

    >>> decimals(0.3), decimals(-0.001), decimals(float("nan"))
    ('0.30', '0.00', '–')
    """
    return DASH if math.isnan(value) else f"{value:.2f}".replace("-0.00", "0.00")


def inert(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula.

    A cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or the end of a line gets
    an apostrophe before it; a number with its sign stays a number. Every CSV file for
    people goes through here. Exempt, because programs read them back byte by byte, are
    the tables of a data folder (:mod:`personomics.table_edit`) and the records of a
    snapshot (:func:`personomics.records.to_csv`). The template for the PRISMA2020
    package does without the apostrophe, which would end a label in R: names lose such
    signs there (:func:`personomics.prisma_template.plain`). What is saved from a page
    in the browser follows the same rule, in ``assets/js``.

    Source: OWASP, "CSV Injection".

    >>> inert("=1+1"), inert("-x"), inert("-0.5"), inert("+16%"), inert("Trust")
    ("'=1+1", "'-x", '-0.5', '+16%', 'Trust')
    """
    return f"'{cell}" if FORMULA.match(cell) else cell


def uninert(cell: str) -> str:
    """Take away the apostrophe that :func:`inert` put before a cell.

    >>> uninert("'=1+1"), uninert("'Tis")
    ('=1+1', "'Tis")
    """
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell[1:]) else cell
