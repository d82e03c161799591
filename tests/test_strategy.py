"""The search strategy is read with care and written as one exact string."""

import copy
import datetime
import tomllib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from personomics import strategy
from personomics.evidence import included_articles
from personomics.strategy import Strategy, fingerprint, parse, query
from personomics.strategy.expression import (
    Combination,
    Term,
    field_name,
    read_expression,
)
from personomics.strategy.form import faults

GOOD = {
    "title": "Toy",
    "date": datetime.date(2026, 1, 31),
    "combination": "who AND what",
    "limits": ["english[la]"],
    "blocks": [
        {
            "name": "who",
            "concept": "Patients",
            "fields": "ti",
            "synonyms": ["patient*", "person"],
        },
        {
            "name": "what",
            "concept": "Care",
            "fields": "tiab",
            "synonyms": ["care plan"],
        },
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


def test_terms_take_tags_and_quotation_marks_as_they_need_them():
    """Fields tag what has no tag, phrases are quoted, headings become [mh]."""
    content = with_block(
        synonyms=["care plan", '"plan"', "self-care", "map[ti] AND care[ti]", "x[tw]"],
        mesh=["Patient Care", "Aged[majr]"],
    )
    assert parse(content).blocks[1].terms == (
        '"care plan"[tiab]',
        '"plan"[tiab]',
        "self-care[tiab]",
        "map[ti] AND care[ti]",
        "x[tw]",
        '"Patient Care"[mh]',
        "Aged[majr]",
    )
    assert " OR (map[ti] AND care[ti]) OR " in query(parse(content))


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


@pytest.mark.parametrize("key", ["title", "date", "combination", "limits", "blocks"])
def test_a_missing_key_is_named(key):
    """The message names the file and the key."""
    with pytest.raises(ValueError, match=rf"strategy\.toml: key '{key}' is missing"):
        parse(spoiled(**{key: None}), "search/strategy.toml")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (with_block(synonyms=None), "f: block 'what': has no terms"),
        (with_block(concept=None), "f: block 'what': key 'concept' is missing"),
        (with_block(name=None), "f: block 2: key 'name' is missing"),
        (with_block(synonyms=[]), "f: block 'what': has no terms"),
        (with_block(synonyms=["a", " "]), "f: block 'what': term ' ' is not a text"),
        (with_block(synonyms=[7]), "f: block 'what': term 7 is not a text"),
        (with_block(synonyms=['"open']), "f: block 'what': term .* without partner"),
        (with_block(synonyms=["a)(b"]), "f: block 'what': term .* without partner"),
        (with_block(mesh=["a[ti"]), "f: block 'what': term .* without partner"),
        (with_block(synonyms=["a\nb"]), "f: block 'what': term .* line break"),
        (with_block(synonyms=["a AND b"]), "f: block 'what': .*'AND' and without tags"),
        (with_block(fields=None), "f: block 'what': term 'care plan' has no field tag"),
        (with_block(synonyms="care"), "f: block 'what': key 'synonyms' is 'care'"),
        (with_block(synonym=["x"]), r"no key 'synonym' \(did you mean 'synonyms'\?\)"),
        (with_block(terms=["x[ti]"]), "f: block 'what': there is no key 'terms'"),
        (with_block(name="who"), "f: block 'who': stands twice"),
        (with_block(name="and"), "f: block 'and': name 'and' is not one word"),
        (with_block(name="two words"), "f: block 2: name 'two words' is not one word"),
        (spoiled(blocks=[]), "f: has no blocks"),
        (spoiled(blocks=["who"]), "f: block 1: is not a table"),
        (spoiled(date="soon"), "f: key 'date' is 'soon'"),
        (spoiled(titles="x"), r"no key 'titles' \(did you mean 'title'\?\)"),
        (spoiled(combination="who AND why"), "no block 'why'.*; allowed: who, what"),
        (spoiled(combination="who and what"), "no block 'and'"),
        (spoiled(combination="who what"), "'what' is misplaced"),
        (spoiled(combination="who AND AND what"), "'AND' is misplaced"),
        (spoiled(combination="AND who"), "'AND' is misplaced"),
        (spoiled(combination="who)"), r"'\)' is misplaced"),
        (spoiled(combination="(who"), "is incomplete"),
        (spoiled(combination="who AND"), "is incomplete"),
        (spoiled(known_items=["12a"]), "f: known_items: '12a' is no PMID"),
        (spoiled(known_items=[12]), "f: known_items: 12 is no PMID"),
        (spoiled(known_items=["1", "1"]), "f: known_items: '1' stands twice"),
    ],
)
def test_what_is_wrong_is_named(content, message):
    """Every mistake is refused in words that name file, block and word."""
    with pytest.raises(ValueError, match=message):
        parse(content, "f")


def test_a_file_that_is_no_toml_is_refused_in_one_sentence(tmp_path):
    """The message names the file, the line and the column."""
    path = tmp_path / "strategy.toml"
    path.write_text("title = \n")
    with pytest.raises(ValueError, match=r"strategy\.toml: is not TOML: .*line 1"):
        strategy.read(path)


def test_the_shipped_string_holds_every_term_once(ds):
    """The shipped string consists of the file's synonyms, headings, limits in order."""
    path = ds.folder / strategy.FILE
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    words = query(strategy.read(path))
    given = [t for b in content["blocks"] for t in (*b["synonyms"], *b.get("mesh", []))]
    places = [words.index(t) for t in given]
    assert places == sorted(places)
    assert words.endswith("".join(f" AND {limit}" for limit in content["limits"]))


def test_the_shipped_known_items_are_the_included_articles(ds):
    """Known items are the PMIDs of all included articles that have one, in order."""
    pmids = [str(p) for p in included_articles(ds)["pmid"].dropna()]
    known = strategy.read(ds.folder / strategy.FILE).known_items
    assert list(known) == sorted(pmids, key=int)


def test_a_block_left_out_of_the_combination_is_not_searched():
    """A block that the combination does not use is parsed but not in the string."""
    plan = parse(spoiled(combination="who"))
    assert isinstance(plan, Strategy)
    assert "care plan" not in query(plan)


def test_the_fingerprint_follows_what_is_searched():
    """A new reason leaves the fingerprint; a new term, limit or item changes it."""
    plan = parse(GOOD)
    assert fingerprint(replace(plan, title="Other", rationale="x")) == fingerprint(plan)
    others = [
        with_block(synonyms=["care"]),
        spoiled(limits=[]),
        spoiled(combination="who"),
        spoiled(known_items=["1"]),
    ]
    assert len({fingerprint(parse(o)) for o in [GOOD, *others]}) == 5


ANYTHING = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(max_size=8),
    lambda inner: (
        some.lists(inner, max_size=3)
        | some.dictionaries(
            some.sampled_from([*GOOD, "name", "concept", "synonyms", "mesh", "fields"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(changes=some.dictionaries(some.sampled_from([*GOOD]), ANYTHING, max_size=3),
       block=some.dictionaries(some.sampled_from(["name", "concept", "synonyms", "mesh",
                                                  "fields", "x"]), ANYTHING,
                               max_size=3))  # fmt: skip
def test_whatever_the_file_holds_it_is_a_strategy_or_a_sentence(changes, block):
    """Any content is parsed or refused with a ValueError, never with a traceback."""
    content = with_block(**block) | changes
    try:
        plan = parse(content)
    except ValueError:
        assert list(faults(content))
    else:
        assert not list(faults(content))
        assert query(plan).isprintable()


@pytest.mark.parametrize(
    ("tag", "name"),
    [("[TIAB]", "tiab"), ("[Title/Abstract]", "tiab"), ("[MeSH Terms]", "mh"),
     ("[mesh:noexp]", "mh:noexp"), ("[pdat]", "dp"), ("[uid]", "pmid"),
     ("[ti:~3]", "ti:~3"), ("[tx]", ""), ("[]", "")],
)  # fmt: skip
def test_field_tags_are_known_by_any_of_their_names(tag, name):
    """Long and short names of a field in any case mean the same; others mean none."""
    assert field_name(tag) == name


def test_operators_are_worked_off_from_left_to_right():
    """As in PubMed's guide: a OR b AND c is (a OR b) AND c; brackets change that."""
    a, b, c = Term("a"), Term("b"), Term("c")
    assert read_expression("a OR b AND c") == Combination(
        "AND", (Combination("OR", (a, b)), c)
    )
    assert read_expression("a OR (b AND c)") == Combination(
        "OR", (a, Combination("AND", (b, c)))
    )
    assert read_expression("a and b") == Term("a and b")


def test_phrases_tags_and_ranges_are_one_term():
    """Quotation marks hide operators; a range may be tagged once or twice."""
    assert read_expression('"this AND that"[ti]') == Term('"this AND that"', "ti")
    assert read_expression("care plan [Title]") == Term("care plan", "ti")
    twice = read_expression('"2020/01"[dp] : "2021"[dp]')
    assert twice == Term('"2020/01" : "2021"', "dp")
    assert read_expression("2020:2021[pdat]") == Term("2020:2021", "dp")


@pytest.mark.parametrize(
    "string", ["", "a AND", "(a", "a)", "()", "a[tx]", '"a', "[ti]", "a[ti] b[ti]"]
)
def test_a_malformed_string_is_refused(string):
    """What is no expression raises an error and is never read as something else."""
    with pytest.raises(ValueError, match=r"is misplaced|no partner|has no field"):
        read_expression(string)
