"""The linter points at the mistake: file, line, column, and how to mend it."""

import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from personomics import strategy
from personomics.strategy.lint import lint, unknown_items
from personomics.strategy.places import Places

TOP = """\
title = "Toy"
date = 2026-01-31
combination = "one"
limits = []

[[blocks]]
name = "one"
concept = "One"
fields = "tiab"
"""


def place(problem):
    """Return line and column of a problem."""
    return problem.row, int(problem.column.removeprefix("column "))


def with_terms(*terms):
    """Return a file whose only block has these synonyms, one on a line from line 11."""
    return TOP + "synonyms = [\n" + "".join(f"  {term},\n" for term in terms) + "]\n"


@pytest.mark.parametrize(
    ("term", "column", "what", "allowed"),
    [
        ('"(care[ti]"', 4, "quotation mark or bracket without partner", "pairs only"),
        ('"care)[ti]"', 8, "quotation mark or bracket without partner", "pairs only"),
        ("""'"care[ti]'""", 4, "quotation mark or bracket without", "pairs only"),
        ('"care[ti"', 8, "quotation mark or bracket without partner", "pairs only"),
        ('"care[tx]"', 8, "has the tag [tx], which PubMed does not know", "[tiab]"),
        ('"care[tiba]"', 8, "[tiba], which PubMed does not know (did you mean 'tiab'?)",
         "[ti]"),
        ('"abc*"', 7, "cut too short: 3 before the asterisk", "at least 4"),
        ('"abc*[ti]"', 7, "cut too short: 3 before the asterisk", "at least 4"),
        ('"*logy"', 4, "asterisk elsewhere than at its end", "end of the last word"),
        ('"colo*r"', 8, "asterisk elsewhere than at its end", "end of the last word"),
        ('"heal* care[ti]"', 8, "asterisk elsewhere", "end of the last word"),
        ('"heal* care"', 8, "asterisk elsewhere", "end of the last word"),
        ('"wom?n"', 7, "has '?', which PubMed reads as a blank", "*, PubMed's only"),
        ('"care[ti] or cure[ti]"', 13, "has 'or', which PubMed reads as a word", "OR"),
        ('"care[ti] cure[ti]"', 8, "has two terms side by side", "AND or OR"),
        ('"care[ti] OR"', 13, "ends with an operator", "a term at the end"),
        ('"OR care[ti]"', 4, "begins with an operator", "a word to begin with"),
        ('"(a[ti] OR b[ti])[tiab]"', 19, "field tag behind a bracket", "inside"),
        ('"TI=care"', 4, "puts the field in front", "care[ti]"),
        ('"care[tiab:~2]"', 4, "no search for words near each other", "quotation"),
        ('"20x0[dp]"', 4, "is no date", "2020:2026"),
        ('"“care”[ti]"', 4, "typographic quotation marks", "straight"),
        ('"care | cure[ti]"', 9, "has a sign for an operator", "AND or OR"),
        ('"care[ti] OR ()"', 16, "brackets with nothing inside", "a term inside"),
        ('" "', 4, "is not a text", ""),
        ("7", 3, "term 7 is not a text", ""),
        ('"care AND cure"', 9, "'AND' and without tags", "a tag for each"),
    ],
)  # fmt: skip
def test_errors_have_line_column_and_mending(term, column, what, allowed):
    """Each mistake is an error at its very letter, in plain words."""
    errors = lint(with_terms('"first"', term, '"last"')).errors
    assert [place(error) for error in errors] == [(12, column)], errors
    assert what in errors[0].what
    assert allowed in errors[0].allowed
    assert str(errors[0]).startswith(f"search/strategy.toml:12: column {column}: ")


@pytest.mark.parametrize(
    ("term", "column", "what"),
    [
        ('"first"', 4, "term 'first' stands twice"),
        ('"First[TIAB]"', 4, "stands twice"),
        ('"firstborn"', 4, "is found by 'firstb*' already"),
        ('"care plan[ti]"', 9, "is a phrase without quotation marks"),
        ('"a[ti] OR care"', 13, "has no field tag"),
        ("""'"self ca*"[ti]'""", 12, "ends with a word of 2 before the asterisk"),
        ('"care*[mh]"', 8, "truncates a subject heading"),
        ("""'care[ti] OR "self care*"'""", 26, "truncates without a field tag"),
        ('"a[ti] OR b[ti] AND c[ti]"', 10, "works off from left to right"),
    ],
)
def test_advice_has_line_and_column(term, column, what):
    """What works but could be better is advice and no error."""
    found = lint(with_terms('"first"', '"firstb*"', term))
    assert not found.errors
    hits = [one for one in found.advice if place(one)[0] == 13 and what in one.what]
    assert [place(one) for one in hits] == [(13, column)], found.advice


@pytest.mark.parametrize(
    "term",
    ['"self-management"', '"not-for-profit"', """'"this and that"'""", '"care[Title]"',
     '"12345678[pmid]"', '"a[ti] AND (b[ti] OR c[ti])"', '"2020:2026[pdat]"',
     """'"last 5 years"[dp]'""", """'"hip pain"[tiab:~3]'""", '"Ärzte*"', "'kite*[ti]'",
     '"care[mh:noexp]"'],
)  # fmt: skip
def test_what_pubmed_understands_is_left_alone(term):
    """Correct terms give neither an error nor advice."""
    assert lint(with_terms(term)) == ([], [])


def test_of_equal_terms_the_right_one_is_meant():
    """A term that stands twice, and in a comment, is pointed at where it is wrong."""
    text = with_terms('"care[tx]", # "care[tx]"', '"care[ti]"') + (
        '[[blocks]]\nname = "two"\nconcept = "care[tx]"\n'
        'fields = "ti"\nsynonyms = ["care", "care[tx]", \'care[tx]\']\n'
    )
    assert [place(e) for e in lint(text).errors] == [(11, 8), (18, 26), (18, 38)]


def test_the_column_counts_letters_of_the_file_not_of_the_value():
    r"""Escapes such as \" and \u00e9 are longer in the file than in the text."""
    text = with_terms(r'"\"plan\u00e9 pl\u00e9*n\"[ti]"')
    [error] = lint(text).errors
    line = text.splitlines()[10]
    assert place(error) == (11, line.index("*") + 1)


def test_an_empty_block_and_an_unused_block():
    """A block without terms is an error; one that is not combined is advice."""
    text = with_terms('"care"') + (
        '[[blocks]]\nname = "two"\nconcept = "Two"\nsynonyms = []\n'
        '[[blocks]]\nname = "three"\nconcept = "Three"\nmesh = ["Aged"]\n'
    )
    assert [(place(e), e.what) for e in lint(text).errors] == [
        ((13, 1), "block 'two': has no terms")
    ]
    sound = text.replace("synonyms = []", 'mesh = ["Child"]')
    assert [(place(a), a.what) for a in lint(sound).advice] == [
        ((14, 9), "block 'two': the combination does not use it"),
        ((18, 9), "block 'three': the combination does not use it"),
    ]


def test_the_combination_and_the_limits_have_columns():
    """An unknown block and a wrong limit are pointed at inside their line."""
    text = with_terms('"care"').replace('"one"', '"one AND ones"', 1)
    [error] = lint(text).errors
    assert place(error) == (3, 24)
    assert "no block 'ones' (did you mean 'one'?)" in error.what
    text = with_terms('"care"').replace("limits = []", 'limits = ["a[ti]", "b[lang2]"]')
    assert [place(e) for e in lint(text).errors] == [(4, 22)]
    mixed = with_terms('"care"').replace('"one"', '"one OR one AND one"', 1)
    assert [place(a) for a in lint(mixed).advice] == [(3, 20)]


def test_an_unknown_field_of_a_block_is_one_error():
    """Its terms are not blamed for it one by one."""
    text = with_terms('"care"', '"cure"').replace('fields = "tiab"', 'fields = "tibt"')
    [error] = lint(text).errors
    assert place(error) == (9, 11)
    assert "did you mean 'tiab'?" in error.what


def test_a_missing_key_points_at_its_block():
    """What is not there has the place of what should hold it."""
    text = with_terms('"care"').replace('concept = "One"\n', "")
    assert [place(error) for error in lint(text).errors] == [(6, 1)]


def test_a_file_that_is_no_toml_has_line_and_column():
    """The place is the one that the TOML parser names."""
    [error] = lint("title = 'x'\ndate = \n").errors
    assert place(error) == (2, 8)
    assert error.what.startswith("is not TOML")


def test_known_items_of_other_works_are_reported():
    """A known item that no included article has is pointed at."""
    text = 'known_items = ["11", "12",\n  "13"]\n' + with_terms('"care"')
    found = unknown_items(text, {"11"})
    assert [place(one) for one in found] == [(1, 23), (2, 4)]
    assert unknown_items(text, None) == []


def test_validate_reports_errors_and_strange_known_items(folder):
    """The data check holds the strategy against the linter and the articles."""
    assert folder.problems() == []
    folder.swap(
        "search/strategy.toml", b"limits = [", b'known_items = ["1"]\nlimits = ['
    )
    folder.swap("search/strategy.toml", b"household*", b"hou*")
    first, second = folder.problems()
    assert first.startswith(
        "search/strategy.toml:6: column 17: known_items: '1' is the"
    )
    assert "search/strategy.toml:21: column 17: block 'homes': term 'hou*' is" in second
    articles = folder.read("articles.csv")
    folder.set("articles.csv", 2, pmid="1")
    assert articles[1][0] == "a-1"  # which the toy consensus includes
    assert len(folder.problems()) == 1


def test_shipped_strategies_are_clean(ds, mini):
    """Neither the shipped nor the toy strategy has an error."""
    for data in (ds, mini):
        assert lint(data.folder / strategy.FILE).errors == []


LETTERS = some.text("ab*\"'()[]:~?| ORti-é“\\", max_size=14)


@given(terms=some.lists(LETTERS, min_size=1, max_size=3))
def test_no_term_stops_the_linter(terms):
    """Whatever a term is made of, the linter answers, with places inside the file."""
    quoted = [re.sub(r"(['\"\\])", r"\\\1", t).replace("\\'", "'") for t in terms]
    text = with_terms(*(f'"{term}"' for term in quoted))
    lines = text.splitlines()
    for found in (one for part in lint(text) for one in part):
        row, column = place(found)
        assert 1 <= row <= len(lines)
        assert 1 <= column <= len(lines[row - 1])


def test_terms_without_errors_can_be_read_by_the_rehearsal():
    """What the linter lets pass is well-formed for the reader of expressions."""
    from personomics.strategy.expression import read_expression

    @given(terms=some.lists(LETTERS, min_size=1, max_size=2))
    def check(terms):
        quoted = [re.sub(r"(['\"\\])", r"\\\1", t).replace("\\'", "'") for t in terms]
        text = with_terms(*(f'"{term}"' for term in quoted))
        if not lint(text).errors:
            import tomllib

            read_expression(strategy.query(strategy.parse(tomllib.loads(text))))

    check()


def test_a_long_strategy_is_linted_fast():
    """A thousand terms take less than ten seconds."""
    begun = time.monotonic()
    lint(with_terms(*(f'"word{n}[ti] OR other{n}[tiab]"' for n in range(1000))))
    assert time.monotonic() - begun < 120  # it hung


def test_places_of_unusual_toml():
    """Multi-line texts, dotted keys and tables on one line do not mislead it."""
    text = (
        'a.b = 1\n"q" = \'x\'\n[t]\nk = """\nline"""\n[[l]]\nv = [\n # "no"\n "yes",\n'
        "]\n[[l]]\nw = [{x = 'y'}, {x = 'z'}]\n"
    )
    places = Places(text)
    assert places.find(("a", "b")) == (1, 7)
    assert places.find(("q",), 0) == (2, 8)
    assert places.find(("t", "k"), 1) == (5, 2)
    assert places.find(("l", 0, "v", 0), 2) == (9, 5)
    assert places.find(("l", 1, "w", 1, "x")) == (12, 1)
    assert places.find(("nowhere",)) == (1, 1)


def test_a_path_is_named_as_given(tmp_path: Path):
    """A file outside a data folder is called by its own path."""
    path = tmp_path / "mine.toml"
    path.write_text(with_terms('"care[tx]"'), encoding="utf-8")
    assert str(lint(path).errors[0]).startswith(f"{path}:11: column 8: block 'one': ")


def nothing_else(words):
    """Return the words of the only error of a text, found within two seconds."""
    begun = time.monotonic()
    [error] = lint(words).errors
    assert time.monotonic() - begun < 120  # it hung
    assert len(str(error)) < 300
    return str(error)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = " + "[" * 50_000 + "]" * 50_000, "values inside values without end"),
        ("a = " + "{a = " * 20_000 + "1" + "}" * 20_000, "values inside values"),
        (".".join("a" * 50_000) + " = 1\n", "values inside values without end"),
        ("a = " + "9" * 10_000, "a number of more digits than can be read"),
        (TOP + "#" * 250_000, "more than 250,000 characters"),
        (with_terms('"' + "x" * 6000 + '"'), "has 6,000 letters; allowed: at most"),
        (with_terms('"' + "(" * 60 + "a[ti]" + ")" * 60 + '"'),
         "has 60 brackets inside each other; allowed: at most 50"),
        (with_terms('"x"').replace('"one"', '"' + "(" * 60 + "one" + ")" * 60 + '"', 1),
         "60 brackets inside each other"),
        (with_terms('"x"').replace('"one"', '"' + "one AND " * 1000 + 'one"', 1),
         "combination: has 8,003 letters"),
        (with_terms('"' + "(" * 4000 + '"'), "bracket without partner"),
    ],
)  # fmt: skip
def test_what_no_person_writes_is_one_short_error(text, said):
    """Endless nesting, texts and numbers are refused at once, and in few words."""
    assert said in nothing_else(text)


def test_blocks_that_are_no_list():
    """[blocks] in place of [[blocks]] is an error, in the file and in a message."""
    text = with_terms('"x"').replace("[[blocks]]", "[blocks]")
    assert "key 'blocks' is {'name': 'one'" in nothing_else(text)


def test_a_file_in_another_encoding_is_named(tmp_path):
    """Bytes that are not UTF-8 are an error with file and line."""
    path = tmp_path / "s.toml"
    path.write_bytes('title = "T"\nrationale = "ä"\n'.encode("latin-1"))
    [error] = lint(path).errors
    assert str(error) == f"{path}:2: is not UTF-8; allowed: UTF-8"


def test_thousands_of_items_take_no_time():
    """Stems and known items are looked up, not compared each with each."""
    stems = (f'"term{n}*"' for n in range(2500))
    items = ", ".join(f'"{n}"' for n in range(1, 20_000))
    begun = time.monotonic()
    assert lint(f"known_items = [{items}]\n" + with_terms(*stems)).errors == []
    assert time.monotonic() - begun < 120  # it hung
