"""The search strategy is read with care and printed exactly."""

import copy
import datetime
import tomllib
from dataclasses import replace
from html import unescape
from types import MappingProxyType

import pytest

from personomics import search
from personomics.search import Strategy, parse, query

GOOD = {
    "title": "Toy",
    "date": datetime.date(2026, 1, 31),
    "combination": "who AND what",
    "limits": ["english[la]"],
    "blocks": [
        {"name": "who", "concept": "Patients", "terms": ["patient*[ti]", "person[ti]"]},
        {"name": "what", "concept": "Care", "terms": ['"care plan"[tiab]']},
    ],
}


def spoiled(**changes):
    """Return the good content with some keys changed; None deletes a key."""
    content = copy.deepcopy(GOOD) | changes
    return {key: value for key, value in content.items() if value is not None}


def with_block(**changes):
    """Return the good content with its second block changed; None deletes a key."""
    content = copy.deepcopy(GOOD)
    content["blocks"][1] |= changes
    kept = {k: v for k, v in content["blocks"][1].items() if v is not None}
    content["blocks"][1] = kept
    return content


def test_query_is_the_string_a_searcher_would_type():
    """Blocks are bracketed lists of alternatives, combined, with limits added."""
    assert query(parse(GOOD)) == (
        '(patient*[ti] OR person[ti]) AND ("care plan"[tiab]) AND english[la]'
    )


@pytest.mark.parametrize(
    ("combination", "limits", "expected"),
    [
        ("who", [], "(patient*[ti] OR person[ti])"),
        (
            "who OR what",
            ["english[la]"],
            '((patient*[ti] OR person[ti]) OR ("care plan"[tiab])) AND english[la]',
        ),
        (
            "(who  OR\nwhat) NOT what",
            [],
            '((patient*[ti] OR person[ti]) OR ("care plan"[tiab])) NOT '
            '("care plan"[tiab])',
        ),
        (
            "what",
            ["english[la] OR french[la]", "2020:2026[dp]"],
            '("care plan"[tiab]) AND (english[la] OR french[la]) AND 2020:2026[dp]',
        ),
    ],
)
def test_query_keeps_the_combination(combination, limits, expected):
    """Operators and brackets stand as written; limits bind the whole."""
    assert query(parse(spoiled(combination=combination, limits=limits))) == expected


def test_mini_query(mini):
    """The toy folder's string, written out by hand."""
    assert query(search.strategy(mini)) == (
        '(kite*[ti] OR "toy framework"[tiab]) AND '
        '(household*[tiab] OR "Family Characteristics"[mh]) AND english[la]'
    )


@pytest.mark.parametrize("key", ["title", "date", "combination", "limits", "blocks"])
def test_a_missing_key_is_named(key):
    """The message names the file and the key."""
    with pytest.raises(ValueError, match=rf"strategy\.toml: key '{key}' is missing"):
        parse(spoiled(**{key: None}), "search/strategy.toml")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (with_block(terms=None), "f: block 'what': key 'terms' is missing"),
        (with_block(concept=None), "f: block 'what': key 'concept' is missing"),
        (with_block(name=None), "f: block 2: key 'name' is missing"),
        (with_block(terms=[]), "f: block 'what': has no terms"),
        (with_block(terms=["a", " "]), "f: block 'what': term ' ' is not a text"),
        (with_block(terms=[7]), "f: block 'what': term 7 is not a text"),
        (with_block(terms=['"open']), "f: block 'what': term .* without partner"),
        (with_block(terms=["a)(b"]), "f: block 'what': term .* without partner"),
        (with_block(terms=["a[ti"]), "f: block 'what': term .* without partner"),
        (with_block(terms="care"), "f: block 'what': key 'terms' is 'care'"),
        (with_block(name="who"), "f: block 'who': stands twice"),
        (with_block(name="and"), "f: block 2: name 'and' is not one word"),
        (with_block(name="two words"), "f: block 2: name 'two words' is not one word"),
        (spoiled(blocks=[]), "f: has no blocks"),
        (spoiled(blocks=["who"]), "f: block 1: is not a table"),
        (spoiled(date="soon"), "f: key 'date' is 'soon'"),
        (spoiled(combination="who AND why"), "no block 'why'; blocks are: who, what"),
        (spoiled(combination="who and what"), "no block 'and'"),
        (spoiled(combination="who what"), "'what' is misplaced"),
        (spoiled(combination="who AND AND what"), "'AND' is misplaced"),
        (spoiled(combination="AND who"), "'AND' is misplaced"),
        (spoiled(combination="who)"), r"'\)' is misplaced"),
        (spoiled(combination="(who"), "is incomplete"),
        (spoiled(combination="who AND"), "is incomplete"),
    ],
)
def test_what_is_wrong_is_named(content, message):
    """Every mistake is refused in words that name file, block and word."""
    with pytest.raises(ValueError, match=message):
        parse(content, "f")


def test_a_folder_with_a_broken_strategy_names_the_file(folder, mini):
    """The message of a real file begins with its path."""
    folder.swap("search/strategy.toml", b"toys AND homes", b"toys AND gardens")
    with pytest.raises(ValueError, match=r"mini/search/strategy\.toml: .*'gardens'"):
        search.strategy(replace(mini, folder=folder.path))


def test_the_shipped_string_holds_every_term_once(ds):
    """The shipped string consists of the file's terms and limits, in order."""
    content = tomllib.loads((ds.folder / search.FILE).read_text(encoding="utf-8"))
    words = query(search.strategy(ds))
    places = [words.index(t) for b in content["blocks"] for t in b["terms"]]
    assert places == sorted(places)
    assert words.endswith("".join(f" AND {limit}" for limit in content["limits"]))


def test_the_shown_string_is_the_string(mini):
    """The page shows the exact string, escaped, on a line the page may wrap."""
    block = search.query_block(mini)
    assert block.plain == query(search.strategy(mini))
    assert block.plain in unescape(str(block.html))
    assert "pre-wrap" in block.html


def test_a_block_left_out_of_the_combination_is_marked():
    """A block that the combination does not use is parsed but not searched."""
    plan = parse(spoiled(combination="who"))
    assert isinstance(plan, Strategy)
    assert "care plan" not in query(plan)


def test_text_from_data_cannot_become_markup(mini):
    """Concepts and titles from data are escaped in the tables."""
    assert "<b>" not in search.strategy_table(mini).html()
    assert "<b>" not in search.included_table(mini).html()


def test_included_articles_are_the_consensus(mini):
    """The toy consensus includes a-1 to a-4, oldest first, without a-2's authors."""
    frame = search.included_table(mini).frame
    assert list(frame["year"]) == ["1999", "1999", "2003", "2020"]
    assert frame["ids"].iloc[0] == "10.5555/toy.a-1"


def test_no_included_article_is_said(mini):
    """Without an included article a sentence stands in place of the table."""
    rows = mini["screening"].replace({"verdict": {"include": "exclude"}})
    none = replace(mini, tables=MappingProxyType({**mini.tables, "screening": rows}))
    assert search.included_table(none).plain == "These data include no article."


def test_numbers(mini):
    """The prose of the toy folder: two blocks, four terms, its date in words."""
    numbers = search.numbers(mini)
    assert numbers["strategy-blocks"] == 2
    assert numbers["strategy-terms"] == 4
    assert numbers["strategy-date"] == "3 February 2001"
