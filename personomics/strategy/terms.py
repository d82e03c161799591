"""What PubMed would not understand of one term of a search.

Fields, truncation and operators are held against PubMed's user guide, the grammar is
left to the PubMed linter of ``search-query``.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any

from personomics.strategy.expression import OPERATORS, SHORT, field_name
from personomics.tables import guess

#: A phrase, a field tag, or a word of a term.
PIECE = re.compile(r'"[^"]*"|\[[^\[\]]*\]|[^\s()\[\]"]+')
HYPHENATED = re.compile(r"\b(?:and|or|not)(?=-)|(?<=-)(?:and|or|not)\b", re.I)
HEADINGS = ("mh", "mh:noexp", "majr", "majr:noexp")
SHORTEST = 4  # letters that PubMed wants before an asterisk
COMMON = "[ti], [tiab], [tw], [mh], [majr], [la], [dp], [pt]"
#: What the codes of search-query mean, how to mend it, and whether it is advice.
#: Codes that are not listed are found by this module itself or are matters of taste.
MEANING: dict[str, tuple[str, str, bool]] = {
    "PARSE_0004": ("does not read as an expression", "", False),
    "PARSE_0006": ("puts the field in front", "the tag behind: care[ti]", False),
    "FIELD_0004": (
        "has no field tag: PubMed translates it and searches all fields",
        "a tag, such as [tiab]",
        True,
    ),
    "STRUCT_0001": (
        "mixes operators, which PubMed works off from left to right",
        "round brackets around what belongs together",
        True,
    ),
    "STRUCT_0003": ("has a sign for an operator", "AND or OR", False),
    "STRUCT_0004": (
        "is no search for words near each other",
        'two or more words in quotation marks and [ti:~N], [tiab:~N] or [ad:~N]',
        False,
    ),
    "TERM_0001": ("has typographic quotation marks", '"straight" ones', False),
    "TERM_0002": ("is no date", "2020, 2020/01, 2020/01/31 or 2020:2026", False),
}  # fmt: skip
#: Parts of PARSE_0004 in plain words.
GRAMMAR = {
    "Missing operator": ("has two terms side by side", "AND or OR between them"),
    "Nested queries": (
        "has a field tag behind a bracket",
        "a tag for each term inside",
    ),
    "Empty parenthesis": ("has brackets with nothing inside", "a term inside"),
    "Cannot start": ("begins with an operator or tag", "a word to begin with"),
    "Cannot end": ("ends with an operator", "a term at the end"),
    "Invalid operator": (
        "has an operator without a term",
        "an operator between two terms",
    ),
    "Invalid search field": (
        "has a field tag without a term",
        "a tag right behind a term",
    ),
}


#: Character, what is wrong, what is allowed, whether it is advice.
Note = tuple[int, str, str, bool]


def term_notes(term: str) -> Iterator[Note]:
    """Yield what PubMed would not understand of a term, as it will be sent."""
    clear = True
    for note in (*tag_notes(term), *word_notes(term)):
        clear = clear and note[3]
        yield note
    if clear:
        yield from grammar_notes(term)


def tag_notes(term: str) -> Iterator[Note]:
    """Yield the field tags that PubMed does not have."""
    for piece in PIECE.finditer(term):
        tag = piece[0]
        if tag.startswith("[") and not field_name(tag):
            hint = guess(tag.strip("[]"), list(SHORT))
            what = f"has the tag {tag}, which PubMed does not know{hint}"
            yield piece.start(), what, COMMON, False


def word_notes(term: str) -> Iterator[Note]:
    """Yield truncation and operators that PubMed would not read as they are meant."""
    pieces = list(PIECE.finditer(term))
    for piece, after in zip(pieces, [*pieces[1:], None], strict=True):
        words, at = piece[0], piece.start()
        tag = after[0] if after and after[0].startswith("[") else ""
        follows = after[0] if after else ""
        quoted = words.startswith('"')
        if words.startswith("["):
            continue
        if not quoted and words != words.upper() in OPERATORS:
            what = f"has {words!r}, which PubMed reads as a word and not as an operator"
            allowed = f"{words.upper()}, or quotation marks around the phrase"
            yield at, what, allowed, False
        if found := re.search(r"[?$#](?=\w)|(?<=\w)[?$]", words):
            what = f"has {found[0]!r}, which PubMed reads as a blank"
            yield at + found.start(), what, "*, PubMed's only wildcard", False
        if "*" in words:
            inside = not quoted and follows and not tag and follows not in OPERATORS
            many = " " in words or before_word(pieces, piece)
            yield from star_notes(words, at, tag, last=not inside, alone=not many)
        if not quoted and tag and before_word(pieces, piece):
            what = "is a phrase without quotation marks: words are searched one by one "
            what += "where PubMed does not know the phrase"
            yield at, what, "quotation marks around it", True


def before_word(pieces: list[re.Match[str]], piece: re.Match[str]) -> bool:
    """Say whether a plain word stands right before a piece."""
    number = pieces.index(piece)
    before = pieces[number - 1][0] if number else "["
    return before not in OPERATORS and before[0] not in '["'


def star_notes(
    words: str, at: int, tag: str, *, last: bool, alone: bool
) -> Iterator[Note]:
    """Yield what PubMed does not allow of an asterisk in a word or phrase.

    ``last`` says whether nothing follows it, ``alone`` whether no word stands before.
    """
    inside = words.strip('"')
    star = at + words.index("*")
    stem = inside.split()[-1].split("*")[0]
    if inside.index("*") != len(inside) - 1 or not last:
        what = "has an asterisk elsewhere than at its end"
        yield star, what, "an asterisk at the end of the last word", False
    elif alone and len(stem) < SHORTEST:
        what = f"is cut too short: {len(stem)} before the asterisk"
        yield star, what, f"at least {SHORTEST} letters, or whole words", False
    elif len(stem) < SHORTEST:
        what = f"ends with a word of {len(stem)} before the asterisk"
        yield star, what, f"at least {SHORTEST} letters are safe", True
    if field_name(tag) in HEADINGS:
        what = "truncates a subject heading, which turns off its narrower headings"
        yield star, what, "the whole heading", True
    elif not tag and last:
        yield star, "truncates without a field tag", "a tag, such as [tiab]", True


def grammar_notes(term: str) -> Iterator[Note]:
    """Yield what the linter of search-query finds wrong with the grammar of a term."""
    for message in messages(term):
        code, details = message["code"], message["details"]
        spots = [start for start, _ in message["position"] if start >= 0] or [0]
        if code == "TERM_0002" and re.search(r'"last \d+ (day|month|year)s?"', term):
            continue
        if code in MEANING:
            what, allowed, advice = MEANING[code]
            for beginning, words in GRAMMAR.items():
                if code == "PARSE_0004" and details.startswith(beginning):
                    what, allowed = words
            yield spots[0], what, allowed, advice
        elif message["is_fatal"] and not code.startswith("FIELD"):
            yield spots[0], f"cannot be read ({message['label']})", details, False


def messages(string: str) -> list[dict[str, Any]]:
    """Return the messages of search-query's PubMed linter about a string."""
    from search_query.pubmed.parser import (
        PubmedParser,
    )

    # A word such as not-for-profit has no operator in it.
    string = HYPHENATED.sub(lambda found: "x" * len(found[0]), string)
    parser = PubmedParser(string, silent=True)
    with contextlib.suppress(Exception):  # it stops at what it reports, and at more
        parser.parse()
    return list(parser.linter.messages)
