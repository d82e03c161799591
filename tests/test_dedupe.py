"""Links between duplicates."""

import zlib
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from personomics import dedupe
from personomics.dedupe import Item, Link, words
from personomics.records import Record

TITLE = "Personal values and adherence to invented treatment in older people"
BASE = {
    "title": TITLE,
    "authors": "Testori M; Núñez-Ejemplo AM; van der Voorbeeld P",
    "year": "2019",
    "journal": "Journal of Invented Medicine",
    "volume": "12",
    "issue": "3",
    "pages": "201-209",
}


def item(name, **changes):
    """Return an item: the article above, with changes."""
    return Item(name, Record(record_id=name, **{**BASE, **changes}))


def decision(first, second):
    """Return how the second of two records is linked to the first, or None."""
    links = dedupe.find([first, second])
    assert len(links) < 2
    for link in links:
        assert (link.record_id, link.other_id) == (second[0], first[0])
        assert link.rule
        assert "\n" not in link.evidence
    return links[0].decision if links else None


# --- pairs a person would have an opinion on -----------------------------------------

PAIRS = {
    "one PMID, title cut short": (
        {"pmid": "1"},
        {"pmid": "1", "title": TITLE[:40], "journal": ""},
        "same",
    ),
    "one PMID, renamed after a retraction": (
        {"pmid": "1"},
        {"pmid": "1", "title": f"Retracted: {TITLE}"},
        "same",
    ),
    "one PMID, another article by DOI and title": (
        {"pmid": "1", "doi": "10.5555/a"},
        {
            "pmid": "1",
            "doi": "10.5555/b",
            "title": "Bone density of imaginary animals",
            "authors": "Beispiel J",
            "pages": "7",
            "volume": "3",
        },
        "maybe",
    ),
    "one DOI written in two ways": (
        {"doi": "10.5555/JIM.19"},
        {"doi": "https://doi.org/10.5555/jim.19", "authors": "", "pages": ""},
        "same",
    ),
    "one DOI, the title translated": (
        {"doi": "10.5555/jim.19"},
        {"doi": "10.5555/jim.19", "title": "Persönliche Werte und erfundene Therapie"},
        "same",
    ),
    "one DOI, two PMIDs": (
        {"doi": "10.5555/a", "pmid": "1"},
        {"doi": "10.5555/a", "pmid": "2"},
        "maybe",
    ),
    "one DOI for the article and its correction": (
        {"doi": "10.5555/a"},
        {"doi": "10.5555/a", "title": f"Correction to: {TITLE}"},
        "maybe",
    ),
    "one DOI for two parts": (
        {"doi": "10.5555/a", "title": f"{TITLE}. Part 1: theory"},
        {"doi": "10.5555/a", "title": f"{TITLE}. Part 2: practice"},
        "maybe",
    ),
    "one DOI for all abstracts of a congress": (
        {"doi": "10.5555/a"},
        {
            "doi": "10.5555/a",
            "title": "Bone density of imaginary animals",
            "authors": "Beispiel J",
            "pages": "S7",
        },
        "maybe",
    ),
    "one PMCID": (
        {"pmcid": "PMC5"},
        {"pmcid": "PMC5", "authors": "", "volume": "", "pages": ""},
        "same",
    ),
    "no identifier, other case and journal abbreviated": (
        {"pmid": "1", "doi": "10.5555/a"},
        {"title": TITLE.upper(), "journal": "J Invented Med", "issue": ""},
        "same",
    ),
    "no identifier, names turned round": (
        {"pmid": "1"},
        {"authors": "M Testori; AM Núñez-Ejemplo; P van der Voorbeeld"},
        "same",
    ),
    "no identifier, misspelt title": (
        {"pmid": "1"},
        {"title": TITLE.replace("herence", "hernce").replace("older", "oldr")},
        "same",
    ),
    "two PMIDs, everything else equal": ({"pmid": "1"}, {"pmid": "2"}, "maybe"),
    "two DOIs, everything else equal": (
        {"doi": "10.5555/a"},
        {"doi": "10.5555/preprint.7"},
        "maybe",
    ),
    "the article and its retraction notice": (
        {"pmid": "1"},
        {"title": f"Retraction notice to: {TITLE}", "pages": "410"},
        (None, "maybe"),
    ),
    "two parts on following pages": (
        {"pmid": "1", "title": f"{TITLE}: part 1", "pages": "201-209"},
        {"title": f"{TITLE}: part 2", "pages": "210-219"},
        None,
    ),
    "the same question in women and in men": (
        {"pmid": "1", "title": TITLE.replace("people", "women")},
        {"title": TITLE.replace("people", "men"), "pages": "301-309"},
        (None, "maybe"),
    ),
    "editorials of one issue by two people": (
        {"pmid": "1", "title": "Editorial", "pages": "1"},
        {"title": "Editorial", "authors": "Beispiel J", "pages": ""},
        (None, "maybe"),
    ),
    "a title of another script": (
        {"doi": "10.5555/a", "title": "Личные ценности и выдуманное лечение"},
        {"doi": "10.5555/a", "title": "Личные ценности и выдуманное лечение."},
        "same",
    ),
    "two articles with no title": (
        {"pmid": "1", "title": "", "pages": "5"},
        {"title": "", "authors": "Beispiel J", "pages": "9"},
        None,
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_a_pair_is_judged_as_a_person_would(name):
    """Identifiers decide, and what contradicts them makes a pair doubtful."""
    first, second, expected = PAIRS[name]
    allowed = expected if isinstance(expected, tuple) else (expected,)
    assert decision(item("a", **first), item("b", **second)) in allowed


def test_a_link_says_why():
    """Rule and evidence name the fields that agree and the values that differ."""
    second = item("b", year="2020", issue="", title=f"{TITLE}.\x1b[2J")
    (link,) = dedupe.find([item("a", pmid="1"), second])
    assert link.rule.startswith("bib-dedupe: title, authors")
    assert "differ: year 2020 / 2019" in link.evidence
    assert TITLE[:60] in link.evidence
    assert link.evidence.isprintable()
    assert link.decided_by == dedupe.RULE


# --- groups --------------------------------------------------------------------------


def test_the_earliest_record_of_a_group_is_kept():
    """All others link to it, whichever of them share an identifier."""
    items = [
        item("x", doi="10.5555/a"),
        item("y", doi="10.5555/a", pmid="1"),
        item("z", pmid="1", title=TITLE[:50]),
    ]
    for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0]):
        links = dedupe.find([items[n] for n in order])
        assert {link.other_id for link in links} == {items[order[0]].record_id}
        assert {link.decision for link in links} == {"same"}
    (through,) = [k for k in dedupe.find(items) if k.record_id == "z"]
    assert "through y" in through.evidence
    assert through.rule == "same PMID"


def test_a_third_record_does_not_join_two_pmids():
    """A copy without identifiers that fits both is doubtful, and nothing is joined."""
    items = [item("a", pmid="1"), item("b", pmid="2"), item("c")]
    links = dedupe.find(items)
    assert {link.decision for link in links} == {"maybe"}
    pairs = {(link.record_id, link.other_id) for link in links}
    assert pairs == {("b", "a"), ("c", "a"), ("c", "b")}
    fits = [link for link in links if link.record_id == "c"]
    assert all("fits more than one record" in link.evidence for link in fits)


def test_a_shared_doi_does_not_join_two_pmids():
    """Nor does a third record that shares a DOI with one and a PMCID with another."""
    items = [
        item("a", pmid="1", pmcid="PMC1"),
        item("b", pmid="2", doi="10.5555/a"),
        item("c", doi="10.5555/a", pmcid="PMC1"),
    ]
    groups = dedupe.kept(items, dedupe.find(items))
    assert groups["a"] != groups["b"]
    assert any(link.decision == "maybe" for link in dedupe.find(items))


def test_an_undecided_copy_of_one_doi_goes_where_its_title_fits():
    """A correction with its own PMID does not make the article's copy doubtful."""
    items = [
        item("article", pmid="1", doi="10.5555/a"),
        item("erratum", pmid="2", doi="10.5555/a", title=f"Erratum: {TITLE}"),
        item("copy", doi="10.5555/a"),
    ]
    found = {(k.record_id, k.other_id): k.decision for k in dedupe.find(items)}
    assert found[("copy", "article")] == "same"
    assert found[("erratum", "article")] == "maybe"


# --- a person's word -----------------------------------------------------------------


def person(one, other, verdict):
    """Return a link that a person decided."""
    return Link(
        record_id=one,
        other_id=other,
        rule="read both",
        evidence="",
        decision=verdict,
        decided_by="a reader",
    )


def test_a_decision_is_never_overwritten():
    """What a person told apart stays apart, what a person joined stays joined."""
    items = [item("a", pmid="1"), item("b", pmid="1"), item("c", pmid="2")]
    word = [person("b", "a", "distinct"), person("c", "a", "same")]
    links = dedupe.find(items, decided=word)
    assert links[:2] == word
    assert len(links) == 2
    groups = dedupe.kept(items, links)
    assert groups == {"a": "a", "b": "b", "c": "a"}


def test_a_decision_holds_when_an_earlier_record_appears():
    """Two records told apart are not joined through a new first one."""
    items = [item("new", doi="10.5555/a"), item("a", pmid="1"), item("b", pmid="1")]
    links = dedupe.find(items, decided=[person("b", "a", "distinct")])
    groups = dedupe.kept(items, links)
    assert groups["a"] != groups["b"]


def test_a_decision_on_absent_records_is_kept():
    """A run without some source does not lose what was decided about it."""
    word = person("gone", "away", "same")
    assert dedupe.find([item("a")], decided=[word]) == [word]


def test_contradicting_decisions_are_an_error():
    """It names the two records and what to do."""
    word = [
        person("b", "a", "same"),
        person("c", "b", "same"),
        person("c", "a", "distinct"),
    ]
    with pytest.raises(ValueError, match=r"c - a: .*'distinct'.*change one"):
        dedupe.find([item("a"), item("b"), item("c")], decided=word)
    with pytest.raises(ValueError, match="none of same, maybe, distinct"):
        dedupe.find([item("a"), item("b")], decided=[person("b", "a", "yes")])


def test_identifiers_must_be_unique():
    """The error names the one that is not."""
    with pytest.raises(ValueError, match="given twice: a"):
        dedupe.find([item("a"), item("a")])


# --- what holds whatever the records and whatever bib-dedupe says --------------------


def verdict(one, other):
    """Return an arbitrary verdict of two records that depends on nothing else."""
    text = "|".join(sorted((one.record_id, other.record_id)))
    return (None, None, "duplicate", "maybe")[zlib.crc32(text.encode()) % 4]


def arbitrary(records, apart):
    """Stand in for bib-dedupe."""
    return [
        (i, j, label)
        for i, j in combinations(range(len(records)), 2)
        if (label := verdict(records[i], records[j])) and not (apart[i] and apart[j])
    ]


@pytest.fixture
def any_verdict(monkeypatch):
    """Let bib-dedupe say anything."""
    monkeypatch.setattr(words, "judge", arbitrary)


def tables(size):
    """Return a strategy of items that often share identifiers and titles."""
    record = st.builds(
        Record,
        record_id=st.just(""),
        title=st.sampled_from(["", TITLE, f"Erratum: {TITLE}", "Editorial", "Bones"]),
        authors=st.sampled_from(["", "Testori M", "Beispiel J"]),
        year=st.sampled_from(["", "2019", "2020"]),
        pages=st.sampled_from(["", "1-9"]),
        pmid=st.sampled_from(["", "", "1", "2", "3"]),
        doi=st.sampled_from(["", "", "10.5555/a", "10.5555/B", "10.5555/c"]),
        pmcid=st.sampled_from(["", "", "PMC1", "PMC2"]),
    )
    return st.lists(record, max_size=size).map(
        lambda rows: [
            Item(f"r{n}", replace(r, record_id=f"r{n}")) for n, r in enumerate(rows)
        ]
    )


PROPERTY = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def partition(items, links):
    """Return the groups of records as sets."""
    groups = {}
    for name, first in dedupe.kept(items, links).items():
        groups.setdefault(first, set()).add(name)
    return {frozenset(group) for group in groups.values()}


@pytest.mark.usefixtures("any_verdict")
@PROPERTY
@given(items=tables(9))
def test_links_conserve_records(items):
    """Every record is kept or has one link to an earlier, kept one; none is lost."""
    links = dedupe.find(items)
    place = {name: number for number, (name, _) in enumerate(items)}
    same = [link for link in links if link.decision == "same"]
    repeated = [link.record_id for link in same]
    groups = dedupe.kept(items, links)
    kept = {name for name, first in groups.items() if name == first}
    assert len(set(repeated)) == len(repeated)
    assert kept | set(repeated) == set(place)
    assert not kept & set(repeated)
    assert {link.other_id for link in same} <= kept
    for link in links:
        assert place[link.other_id] < place[link.record_id]
        if link.decision == "maybe":
            assert {link.record_id, link.other_id} <= kept


@pytest.mark.usefixtures("any_verdict")
@PROPERTY
@given(items=tables(9))
def test_distinct_pmids_are_never_the_same(items):
    """No group holds two PMIDs unless a person decided."""
    records = dict(items)
    for group in partition(items, dedupe.find(items)):
        assert len({records[name].pmid for name in group} - {""}) < 2


@pytest.mark.usefixtures("any_verdict")
@PROPERTY
@given(items=tables(8), data=st.data())
def test_order_decides_only_who_is_kept(items, data):
    """A permutation gives the same groups, and the same groups to look at."""
    other = data.draw(st.permutations(items))
    views = []
    for order in (items, other):
        links = dedupe.find(order)
        groups = {n: g for g in partition(order, links) for n in g}
        looks = {
            frozenset((groups[k.record_id], groups[k.other_id]))
            for k in links
            if k.decision == "maybe"
        }
        views.append((set(groups.values()), looks))
    assert views[0] == views[1]


@pytest.mark.usefixtures("any_verdict")
@PROPERTY
@given(items=tables(7), data=st.data())
def test_decisions_hold_and_a_second_run_changes_nothing(items, data):
    """A person's links come back as they are, and hold in the groups."""
    names = [name for name, _ in items]
    pairs = list(combinations(names, 2))
    chosen = (
        data.draw(st.lists(st.sampled_from(pairs), max_size=3, unique=True))
        if pairs
        else []
    )
    word = [
        person(b, a, data.draw(st.sampled_from(dedupe.DECISIONS))) for a, b in chosen
    ]
    try:
        links = dedupe.find(items, decided=word)
    except ValueError:
        return  # the decisions contradict each other
    assert links[: len(word)] == word
    groups = dedupe.kept(items, links)
    for link in word:
        together = groups[link.record_id] == groups[link.other_id]
        assert together == (link.decision == "same")
    assert dedupe.find(items, decided=links) == links
    records = dict(items)
    joined = {
        n
        for link in word
        if link.decision == "same"
        for n in (link.record_id, link.other_id)
    }
    for group in partition(items, links):
        if not group & joined:
            assert len({records[name].pmid for name in group} - {""}) < 2


def test_a_doi_of_a_thousand_records_is_no_identifier(monkeypatch):
    """A number that a whole congress shares costs no time and joins nothing."""
    monkeypatch.setattr(words, "judge", lambda *_: [])
    items = [
        item(
            f"r{n}",
            doi="10.5555/a",
            title=f"{zlib.crc32(b'%d' % n):x} " * 5,
            pages=f"{n}",
        )
        for n in range(1000)
    ]
    links = dedupe.find(items)
    assert not [link for link in links if link.decision == "same"]


# --- bib-dedupe, quicker -------------------------------------------------------------


def many():
    """Return records that share fields in all the ways bib-dedupe blocks by."""
    words = "sleep bone value trial care lung twenty-two first part II heart".split()
    records = [
        Record(
            record_id=f"{n}",
            title=" ".join(
                words[(n * k + k) % len(words)] for k in range(1, 4 + n % 9)
            ),
            authors=f"{'ABCDE'[n % 5]}son X; Doe J",
            year=str(2015 + n % 3),
            journal=("J Test", "Journal of Tests", "Lancet")[n % 3],
            volume=str(n % 4),
            issue=str(n % 5),
            pages=f"{n % 7}-{n % 7 + 4}",
            doi=f"10.5555/{n % 40}",
        )
        for n in range(60)
    ]
    copies = [replace(r, title=r.title.upper(), issue="", doi="") for r in records[::3]]
    return records + copies


def test_the_same_pairs_are_compared_as_by_the_library():
    """Our blocking with dictionaries gives bib-dedupe's pairs."""
    from bib_dedupe import block, prep, verbose_print

    verbose_print.verbosity_level = 0
    prepared = prep.prep(words._frame(many()), cpu=1).reset_index(drop=True)
    theirs = block.block(prepared, cpu=1)
    expected = {
        tuple(sorted(map(int, pair)))
        for pair in zip(theirs["ID_1"], theirs["ID_2"], strict=True)
    }
    ours = words.block(prepared.to_dict("records"), [""] * len(prepared))
    assert set(ours) == expected
    assert len(expected) > 50


def test_verdicts_are_those_of_the_library():
    """The duplicates are bib-dedupe's own, and of its doubts those with like titles."""
    from bib_dedupe import bib_dedupe

    frame = words._frame(many())
    blocked = bib_dedupe.block(bib_dedupe.prep(frame, cpu=1, verbosity_level=0), cpu=1)
    matched = bib_dedupe.match(blocked, cpu=1)
    theirs = {"duplicate": set(), "maybe": set()}
    for one, other, label in zip(
        matched["ID_1"], matched["ID_2"], matched["duplicate_label"], strict=True
    ):
        theirs[label].add(tuple(sorted((int(one), int(other)))))
    ours = {"duplicate": set(), "maybe": set()}
    for one, other, label in words.judge(many(), [""] * len(many())):
        ours[label].add((one, other))
    assert ours["duplicate"] == theirs["duplicate"]
    assert ours["duplicate"]
    assert ours["maybe"] <= theirs["maybe"]


def test_two_pmids_are_not_compared_by_words():
    """Records that are told apart already cost no time."""
    apart = [str(n) for n in range(len(many()))]
    assert words.judge(many(), apart) == []
    held = words.judge(many(), ["", *apart[1:]])
    assert held
    assert all(0 in pair[:2] for pair in held)


def test_bib_dedupe_is_silent_and_left_as_it_was(capfd):
    """Nothing is printed, and number-parser has its own functions again."""
    from bib_dedupe import verbose_print
    from number_parser import parser

    verbose_print.verbosity_level = 1
    before = parser.LanguageData
    words.judge(many()[:10], [""] * 10)
    assert capfd.readouterr() == ("", "")
    assert verbose_print.verbosity_level == 1
    assert parser.LanguageData is before


@pytest.mark.parametrize("gone", [*BASE, "all but the title"])
def test_records_without_a_field_are_compared(gone):
    """A source that gives no authors, or nothing but titles, is no crash."""
    empty = [gone] if gone in BASE else [name for name in BASE if name != "title"]
    changes = dict.fromkeys(empty, "")
    dedupe.find([item("a", **changes), item("b", **changes)])


@pytest.mark.parametrize("odd", ["²", "½", "①", "፩", "٣", "1e999", "9" * 400])
def test_digits_of_any_script_are_read_past(odd):
    """Digits that Python cannot make a number of cost no record its comparison."""
    changes = dict.fromkeys(("year", "volume", "issue", "pages"), odd)
    dedupe.find([item("a"), item("b", **changes), item("c", **changes, authors="")])


def test_one_endless_field_does_not_swell_the_others():
    """A title of a million letters is compared by its first thousand."""
    long = replace(many()[0], title="x " * 500_000, authors="Doe J; " * 100_000)
    frame = words._frame([long, *many()])
    cells = [cell for column in frame for cell in frame[column]]
    assert max(map(len, cells)) <= words.LETTERS


def test_what_hundreds_share_costs_no_time():
    """Pairs of a supplement of a thousand abstracts grow no more with their number."""
    rows = [
        {"title": "editorial", "title_short": "editorial", "author_first": "",
         "year": "2020", "volume": "1", "number": "1", "pages": "", "doi": "",
         "abstract": "", "container_title_short": "j", "search_set": ""}
        for _ in range(1000)
    ]  # fmt: skip
    assert list(words.block(rows, [""] * 1000)) == []
    assert len(list(words.block(rows[:90], [""] * 90))) == 90 * 89 / 2
