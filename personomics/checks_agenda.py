"""Rules of what the research agenda is made from: terms of use and open questions."""

from __future__ import annotations

from personomics.tables import Problem, Table, shown

#: The class of an instrument whose terms of use were not seen.
UNSEEN = "not seen"


def check_licences(instruments: Table) -> list[Problem]:
    """Report classes of terms of use that rest on no terms.

    A text without terms, such as a bare copyright notice, may well be "not seen".
    """
    return [
        Problem(
            instruments.file,
            row,
            "licence_class",
            f"{shown(record['licence_class'])} rests on no terms: licence is empty",
            f"{UNSEEN}, or the terms as seen in the column licence",
        )
        for row, record in instruments
        if record["licence_class"] not in ("", UNSEEN) and not record["licence"].strip()
    ]


def check_questions(tables: dict[str, Table]) -> list[Problem]:
    """Report questions that are named like a factor; both are places on one page."""
    factors = {record["factor_id"] for record in tables["factors"].records}
    questions = tables["questions"]
    return [
        Problem(
            questions.file,
            row,
            "question_id",
            f"{shown(record['question_id'])} is the identifier of a factor",
            "an identifier of its own",
        )
        for row, record in questions
        if record["question_id"] in factors
    ]
