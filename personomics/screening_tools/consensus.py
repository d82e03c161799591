"""Where the raters differ, and the consensus where they do not."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from personomics.table_edit import Row, Tables, editing


@dataclass(frozen=True)
class Disagreement:
    """An article on which raters differ.

    Attributes
    ----------
    article_id : str
        The article.
    said : mapping of str to mapping of str to str
        For the verdict, and each criterion on which they differ: what each rater said.
    settled : bool
        Whether there is a consensus already.
    """

    article_id: str
    said: Mapping[str, Mapping[str, str]]
    settled: bool

    def __str__(self) -> str:
        parts = [
            f"{column}: " + ", ".join(f"{who} {what}" for who, what in given.items())
            for column, given in self.said.items()
        ]
        return f"{self.article_id}: " + "; ".join(parts)


def conflicts(folder: str | Path, *, settled: bool = False) -> list[Disagreement]:
    """Return the articles on which the raters differ, with what each said.

    Parameters
    ----------
    folder : str or Path
        The data folder.
    settled : bool
        Whether to return those, too, that have a consensus already.
    """
    tables = Tables(folder)
    criteria = [c for c in tables.columns("screening") if re.fullmatch("e[0-9]+", c)]
    found = []
    for article, (rows, done) in by_article(tables).items():
        said: dict[str, Mapping[str, str]] = {}
        for column in ("verdict", *criteria):
            given = {r["rater_id"]: r[column] for r in rows if r[column]}
            if len(set(given.values())) > 1:
                said[column] = given
        if said and (settled or not done):
            found.append(Disagreement(article, said, done))
    return found


def by_article(tables: Tables) -> dict[str, tuple[list[Row], bool]]:
    """Return the raters' rows on each article, and whether there is a consensus."""
    agreed = {r["rater_id"] for r in tables["raters"] if r["role"] == "consensus"}
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in tables["screening"]:
        rows[row["article_id"]].append(row)
    return {
        article: (
            [r for r in given if r["rater_id"] not in agreed],
            any(r["rater_id"] in agreed for r in given),
        )
        for article, given in rows.items()
    }


def agree(folder: str | Path) -> list[str]:
    """Write the consensus where two or more raters gave the same verdict.

    Articles with one rater, with different verdicts or with a consensus are left.

    Parameters
    ----------
    folder : str or Path
        The data folder.

    Returns
    -------
    list of str
        The articles that have a consensus now.
    """
    with editing(folder) as tables:
        agreed, *more = [
            r["rater_id"] for r in tables["raters"] if r["role"] == "consensus"
        ] or [""]
        if more or not agreed:
            msg = "raters.csv: one rater, and no other, must have the role 'consensus'"
            raise ValueError(msg)
        new: dict[str, Row] = {}
        for article, (rows, done) in by_article(tables).items():
            if not done and len(rows) > 1 and len({r["verdict"] for r in rows}) == 1:
                reason = "both" if len(rows) == 2 else "all"
                new[article] = tables.row(
                    "screening", article_id=article, rater_id=agreed,
                    verdict=rows[0]["verdict"], reason=f"{reason} raters agree",
                )  # fmt: skip
        insert(tables["screening"], {article: [row] for article, row in new.items()})
    return list(new)


def insert(table: list[Row], new: dict[str, list[Row]]) -> None:
    """Put rows behind the last row of their article, or at the end."""
    last = {row["article_id"]: n for n, row in enumerate(table)}
    rows: list[Row] = []
    for n, row in enumerate(table):
        rows.append(row)
        if last[row["article_id"]] == n:
            rows += new.pop(row["article_id"], [])
    table[:] = rows + [row for more in new.values() for row in more]
