"""bib-dedupe on records that no identifier tells apart or joins.

bib-dedupe (Wagner 2024, https://doi.org/10.21105/joss.06318) prepares fields, blocks
pairs and judges each pair by rules. Its own blocking and preparation take most of its
time, for reasons that have nothing to do with its rules:

- `number-parser`, which it calls for every title and journal, builds its word lists of
  five languages anew for each call, and looks each word up in all of them. They are
  kept here for the length of one run (:func:`_remembered`).
- It makes a table for each block of one record. Its list of block fields is used here,
  with dictionaries, and pairs of two different PMIDs are left out: they could only be
  "maybe", and :mod:`personomics.dedupe` looks for those by title.
- Blocks that would make more than :data:`MOST` pairs are left out: what hundreds of
  records share (a supplement, the title "Editorial") tells none of them apart, and its
  pairs grow with the square of the records. Copies of one article share other fields
  as well, and meet there.

Otherwise the pairs judged and the verdicts are the library's; tests compare them.
"""

from __future__ import annotations

import functools
import re
import unicodedata
import warnings
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import combinations, product
from typing import TYPE_CHECKING, Any

from personomics import record_fields as fields
from personomics.records import SEPARATOR, Record

if TYPE_CHECKING:
    import pandas as pd

#: Pairs of one block at most.
MOST = 5_000
#: Letters of a field and names that are compared at most: numpy gives every cell of a
#: column the room of its longest.
LETTERS, NAMES = 1_000, 20
#: Without the name of any author in its table, bib-dedupe stops.
_SOMEBODY = Record(record_id="", authors="Nobody N")


def judge(
    records: Sequence[Record], apart: Sequence[str]
) -> list[tuple[int, int, str]]:
    """Return the pairs that bib-dedupe takes for duplicates, or may be.

    Parameters
    ----------
    records : sequence of Record
        In an order of its own, not of the sources: the rules are not all symmetric.
    apart : sequence of str
        A text for each record; two records with a text are not compared.

    Returns
    -------
    list of (int, int, str)
        Positions of the two records and "duplicate" or "maybe". Of the library's many
        "maybe" those remain whose titles are alike by its own measure (above 0.8).
    """
    if len(records) < 2 or all(apart):
        return []
    import pandas as pd
    from bib_dedupe import verbose_print

    level = verbose_print.verbosity_level
    verbose_print.verbosity_level = 0  # it prints its progress
    try:
        with warnings.catch_warnings(), _remembered():
            warnings.simplefilter("ignore")
            from bib_dedupe import match, prep, sim

            prepared = prep.prep(_frame([*records, _SOMEBODY]), cpu=1)
            rows = prepared.reset_index(drop=True).to_dict("records")[:-1]
            pairs = list(block(rows, apart))
            if not pairs:
                return []
            sides = [
                pd.DataFrame([rows[pair[side]] for pair in pairs]).add_suffix(suffix)
                for side, suffix in ((0, "_1"), (1, "_2"))
            ]
            judged = match.match(pd.concat(sides, axis=1), cpu=1)
    finally:
        verbose_print.verbosity_level = level
    found = []
    for first, second, label in zip(
        judged["ID_1"].astype(int),
        judged["ID_2"].astype(int),
        judged["duplicate_label"],
        strict=True,
    ):
        titles = rows[first]["title"], rows[second]["title"]
        if label == "duplicate" or sim.sim_title(*titles) > 0.8:
            found.append((first, second, str(label)))
    return sorted(found)


def _frame(records: Sequence[Record]) -> pd.DataFrame:
    """Return records as the table bib-dedupe reads.

    Abstracts are left out: they are kept in a local cache only, and who is a duplicate
    of whom must not depend on whether it is there.
    """
    import pandas as pd

    return pd.DataFrame(
        {
            "ID": [str(number) for number in range(len(records))],
            "ENTRYTYPE": "article",
            "title": [record.title[:LETTERS] for record in records],
            "author": [_names(record.authors) for record in records],
            "year": [fields.year(record.year) for record in records],
            "journal": [record.journal[:LETTERS] for record in records],
            "volume": [_figures(record.volume) for record in records],
            "number": [_figures(record.issue) for record in records],
            "pages": [_figures(record.pages) for record in records],
            "doi": [record.doi[:LETTERS] for record in records],
        }
    )


def _figures(text: str) -> str:
    """Return a number without digits that bib-dedupe takes for digits and cannot read.

    >>> _figures("12²"), _figures("S1–9"), _figures("٣")
    ('122', 'S1 9', ' ')
    """
    return re.sub("[^ -~]", " ", unicodedata.normalize("NFKC", text[:LETTERS]))


def _names(authors: str) -> str:
    """Return authors as bib-dedupe reads them.

    >>> _names("van der Berg JP; Doe A")
    'van der Berg, JP and Doe, A'
    """
    names = []
    for name in authors[: NAMES * LETTERS].split(SEPARATOR)[:NAMES]:
        family, _, initials = name.rpartition(" ")
        names.append(f"{family}, {initials}" if family else name)
    return " and ".join(filter(None, names))[:LETTERS]


def block(
    rows: Sequence[dict[Any, Any]], apart: Sequence[str]
) -> Iterator[tuple[int, int]]:
    """Yield the pairs of prepared records that bib-dedupe would compare."""
    from bib_dedupe.block import DOI, PAGES, TITLE_SHORT, block_fields_list

    overlap: dict[tuple[int, int], bool] = {}
    for shared in block_fields_list:
        names = sorted(shared)
        needed = not shared & {TITLE_SHORT, DOI, PAGES}
        groups = defaultdict(list)
        for number, row in enumerate(rows):
            if all(row.get(name) for name in names):
                groups[tuple(row[name] for name in names)].append(number)
        for members in groups.values():
            free = [number for number in members if not apart[number]]
            held = [number for number in members if apart[number]]
            if len(free) * (len(free) - 1) // 2 + len(free) * len(held) > MOST:
                continue
            for pair in (*combinations(free, 2), *product(free, held)):
                key = (min(pair), max(pair))
                overlap[key] = overlap.get(key, True) and needed
    words = [set(str(row["title"]).split()) for row in rows]
    lengths = [len(str(row["title"]).split()) + 1 for row in rows]
    for (first, second), needed in sorted(overlap.items()):
        one, other = str(rows[first]["title"]), str(rows[second]["title"])
        shared = len(words[first] & words[second])
        alike = shared / min(lengths[first], lengths[second]) >= 0.5
        lone = one == other or " " not in one or " " not in other
        if not needed or alike or lone:
            yield first, second


@contextmanager
def _remembered() -> Iterator[None]:
    """Let number-parser remember its word lists and what each word is."""
    from number_parser import parser

    names = ("LanguageData", "_strip_accents", "_is_number_token")
    before = {name: getattr(parser, name) for name in names}
    for name, function in before.items():
        setattr(parser, name, functools.lru_cache(maxsize=1 << 18)(function))
    try:
        yield
    finally:
        for name, function in before.items():
            setattr(parser, name, function)
