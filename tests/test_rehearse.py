"""A rehearsal counts what the string finds, as a person would by reading."""

import datetime
import json
import re
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from personomics import rehearse_chart, strategy
from personomics.medline import Author, Book, Citation, Heading
from personomics.rehearsal import FOLDER, from_json, store, stored, to_json
from personomics.rehearsal.evaluate import rehearse, rehearse_files, worked_off
from personomics.rehearsal.matching import Document, NotEvaluated, compiled, fold
from personomics.strategy import SearchBlock, Strategy
from personomics.strategy.expression import Term, read_expression


def heading(name, *qualifiers, major=False):
    """Return a subject heading."""
    return Heading(name, "D1", major, list(qualifiers))


RECORD = Citation(
    pmid="7",
    title="Self-management of Sjögren's disease: a CARE plan",
    vernacular_title="Der Versorgungsplan",
    abstract="AIMS: To tailor care.\nRESULTS: Plans for the older patient failed.",
    other_abstracts=[("Publisher", "fre", "Un résumé bref")],
    keywords=[("frailty index", False), ("ageing", True)],
    mesh=[
        heading("Aged"),
        heading("Patient Care", ("methods", "Q1", True)),
        heading("Health Literacy", ("ethics", "Q2", False), major=True),
    ],
    publication_types=[("D4", "Journal Article")],
    chemicals=[("0", "D5", "Insulin Glargine")],
    authors=[
        Author(family="O'Brien", given="Jane Ann", initials="JA"),
        Author(family="Groß", given="Öz", initials="Ö", affiliations=["Ulm, Germany"]),
        Author(collective="The KITE Group"),
    ],
    journal="The Journal of Toys",
    journal_abbreviation="J Toys",
    issn="1234-5678",
    languages=["eng", "jpn"],
    pub_date="2020 Winter",
    year="2020",
    season="Winter",
    electronic_date="2019-11-30",
)


def found(string, citation=RECORD):
    """Return whether a citation holds an expression, evaluated term by term."""
    return worked_off(
        read_expression(string), lambda term: compiled(term)(Document(citation))
    )


@pytest.mark.parametrize(
    "string",
    """self-management[ti]; "self management"[ti]; SELF*[ti]; sjogren[ti]; sjögren*[ti];
    "care plan"[ti]; care plan[ti]; "care pla*"[tiab]; tailor[tiab]; aims[tiab];
    "tailor care"[tiab]; resume[tiab]; "frailty index"[tiab]; ageing[ot]; plan[tiab];
    "health literacy"[mh]; "Health Lit*"[mh]; aged[mesh:noexp]; "patient care"[majr];
    "patient care/methods"[mh]; "patient care/methods"[majr]; ethics[sh];
    "journal article"[pt]; glargine[tw]; "insulin glargine"[nm]; ethics[tw]; literacy;
    o'brien[au]; o'brien j[au]; "o'brien ja"[au]; jane ann o'brien[au]; gross[au];
    "o'brien ja"[1au]; "kite group"[cn]; ulm[ad]; "j toys"[ta]; 1234-5678[ta];
    english[la]; eng[la]; japanese[la]; 7[pmid]; 7[uid]; versorgungsplan[tt];
    2020[dp]; 2020/01[dp]; 2020/01/01[dp]; 2019[dp]; 2019/11/30[dp]; 2019:2019[dp];
    "2018"[dp] : "2019"[dp]; 2020:3000[pdat]; 2019[epdat]; 2020[ppdat]; plan older;
    hasabstract; "care plan"; tailor[tiab] AND plan[ti]; x[ti] OR plan[ti];
    plan[ti] NOT x[ti]""".split(";"),
)
def test_found_by_hand(string):
    """The record holds the term, as one sees by reading it with PubMed's guide."""
    assert found(string.strip())


@pytest.mark.parametrize(
    "string",
    """management-self[ti]; selfmanagement[ti]; self[ot]; tailor[ti]; "care plans"[ti];
    sjo[ti]; "plan aims"[tiab]; "failed un"[tiab]; "index ageing"[ot]; older plan[tiab];
    literacy[mh]; aged[majr]; "health literacy/methods"[mh]; method[sh]; journal[pt];
    "health literacy"[tiab]; brien[au]; "o'brien j"[au]; o'brien b[au]; gross[1au];
    toys[ta]; french[la]; en[pmid]; 77[pmid]; 2021[dp]; 2020/02[dp]; 2019[ppdat];
    2020[epdat]; 2019/12/01:2019/12/31[dp]; versorgungsplan[tw]; hasabstract NOT plan;
    plan[ti] AND x[ti]; plan[ti] NOT tailor[tiab]""".split(";"),
)
def test_not_found_by_hand(string):
    """The record does not hold the term."""
    assert not found(string.strip())


def test_a_later_electronic_date_is_searched_by_ranges_only():
    """PubMed's guide: not searchable if later than print, except in a range."""
    late = Citation(pmid="1", year="2020", month="03", electronic_date="2021-02-01")
    assert not found("2021[dp]", late)
    assert found("2021:2022[dp]", late)
    assert found("2020/03[dp]", late)


def test_words_of_a_printed_month_range_count_as_the_first():
    """PubMed's guide: several months are set to the first."""
    citation = Citation(pmid="1", year="2000", pub_date="2000 Nov-Dec")
    assert found("2000/11[dp]", citation)
    assert not found("2000/12[dp]", citation)


def test_a_book_is_found_by_the_title_of_its_collection():
    """The title field of a chapter holds the titles of its book."""
    chapter = Citation(pmid="1", title="Kites", in_book=Book(title="All Toys"))
    assert found('"all toys"[ti]', chapter)


@pytest.mark.parametrize(
    "string",
    ["free full text[sb]", "2020[edat]", '"hip pain"[tiab:~2]', '"last 5 years"[dp]',
     "hasretractionin", "12345678", "neoplasms/dt[mh]", "x[gr]", "...[ti]"],
)  # fmt: skip
def test_what_records_cannot_answer_is_said(string):
    """Such a term raises and is never a term without finds."""
    with pytest.raises(NotEvaluated):
        found(string)


ALPHABET = ["care", "plan", "plans", "Café", "cafe", "self-care", "pre", "x1", "Ärzte"]
ENDS = [" ", ", ", ". ", "-", " (", ") ", "/", "'s ", "\n", "–"]
PAIRS = some.tuples(some.sampled_from(ALPHABET), some.sampled_from(ENDS)).map("".join)
TEXT = some.lists(PAIRS, max_size=8).map("".join)


def plain(text):
    """Return text as a simple reader compares it: lower case, no accents."""
    spelled = unicodedata.normalize("NFD", text.lower())
    return "".join(c for c in spelled if not unicodedata.category(c).startswith("M"))


def naive(words, text):
    """Return whether a phrase stands in a text, by one regular expression."""
    cut = words.endswith("*")
    parts = map(re.escape, re.split(r"[^a-z0-9]+", plain(words.rstrip("*"))))
    ending = "" if cut else r"(?![a-z0-9])"
    pattern = r"(?<![a-z0-9])" + r"[^a-z0-9]+".join(parts) + ending
    return bool(re.search(pattern, plain(text)))


@given(
    title=TEXT,
    abstract=TEXT,
    keyword=TEXT,
    words=some.lists(some.sampled_from(ALPHABET), min_size=1, max_size=3),
    cut=some.booleans(),
    field=some.sampled_from(["ti", "tiab", "ot", "tw", "all"]),
)
def test_phrases_agree_with_a_naive_search(title, abstract, keyword, words, cut, field):
    """Folded search and a regular expression over the raw text say the same."""
    phrase = " ".join(words) + ("*" if cut else "")
    citation = Citation(pmid="1", title=title, abstract=abstract,
                        keywords=[(keyword, False)])  # fmt: skip
    parts = {"ti": [title], "ot": [keyword]}.get(field, [title, abstract, keyword])
    test = compiled(Term(f'"{phrase}"', field))
    assert test(Document(citation)) == any(naive(phrase, part) for part in parts)


@given(text=some.text(max_size=30))
def test_folding_is_stable(text):
    """Folding twice changes nothing more, and leaves no sign of its own."""
    assert fold(fold(text)) == fold(text)
    assert "|" not in fold(text)


TERMS = [f"w{n}[ti]" for n in range(6)]


def truth(string, words):
    """Work off a string from left to right, without any library."""
    tokens = re.findall(r"[()]|[^\s()]+", string)

    def atom():
        token = tokens.pop(0)
        if token != "(":
            return token.removesuffix("[ti]") in words
        value = expression()
        tokens.pop(0)
        return value

    def expression():
        value = atom()
        while tokens and tokens[0] != ")":
            operator, right = tokens.pop(0), atom()
            value = {"AND": value and right, "OR": value or right,
                     "NOT": value and not right}[operator]  # fmt: skip
        return value

    return expression()


STRINGS = some.recursive(
    some.sampled_from(TERMS),
    lambda inner: some.lists(
        some.tuples(some.sampled_from(["AND", "OR", "NOT"]), inner),
        min_size=2, max_size=4,
    ).map(lambda parts: f"({' '.join(f'{o} {p}' for o, p in parts).split(' ', 1)[1]})"),
    max_leaves=10,
)  # fmt: skip


@given(string=STRINGS, words=some.sets(some.sampled_from([t[:2] for t in TERMS])))
def test_any_combination_is_worked_off_as_written(string, words):
    """Brackets and left to right agree with a reader of a dozen lines."""
    citation = Citation(pmid="1", title=" ".join(sorted(words)))
    assert found(string, citation) == truth(string, words)


@given(string=STRINGS)
def test_trees_agree_with_search_query_where_it_reads_the_string(string):
    """Strings with one operator at each level mean the same to search-query."""
    from search_query.pubmed.parser import PubmedParser

    levels = re.sub(r"\([^()]*\)", "", string)
    while levels != (levels := re.sub(r"\([^()]*\)", "x", levels)):
        pass
    tree = read_expression(string)

    def simple(part):
        if isinstance(part, Term):
            return True
        nested = [p for p in part.parts[:1] if not isinstance(p, Term)]
        return all(map(simple, part.parts)) and part.operator != "NOT" and not nested

    if not simple(tree):
        return
    other = PubmedParser(string, silent=True).parse()

    def value(query, words):
        if not query.operator:
            return query.value in words
        return {"AND": all, "OR": any}[query.value](
            value(child, words) for child in query.children
        )

    for bits in range(64):
        words = {f"w{n}" for n in range(6) if bits >> n & 1}
        mine = worked_off(tree, lambda term, words=words: term.words in words)
        assert mine == value(other, words)


DAY = datetime.date(2026, 1, 31)
PLAN = Strategy(
    "Toy",
    DAY,
    (
        SearchBlock("toys", "", ("kite*[ti]", "ball[ti]", "toys[sb]")),
        SearchBlock("homes", "", ("home[tiab]",)),
    ),
    "toys AND homes",
    ("english[la]",),
    known_items=("1", "4", "9"),
)


def record(pmid, title, abstract="", languages=("eng",), year="2020"):
    """Return a small citation."""
    return Citation(pmid=pmid, title=title, abstract=abstract, year=year,
                    languages=list(languages))  # fmt: skip


RECORDS = [
    record("1", "Kites and ball", "at home"),
    record("2", "Kite", "at home", year="2019"),
    record("3", "Ball at home"),
    record("4", "Ball"),
    record("10", "Kites at home", languages=["fre"]),
    record("6", "Home"),
    record("5", "Kite"),
]


def test_counts_by_hand():
    """Seven records, counted by hand: terms, blocks, what is lost without each."""
    result = rehearse(PLAN, RECORDS)
    assert result.sample.records == 7
    assert result.sample.with_abstract == 2
    assert result.sample.years == {"2019": 1, "2020": 6}
    toys, homes = result.blocks
    assert (toys.hits, toys.without) == (6, 4)
    assert (homes.hits, homes.without) == (5, 5)
    counts = [(t.term, t.hits, t.alone, t.lost) for t in toys.terms]
    assert counts == [("kite*[ti]", 4, 3, 1), ("ball[ti]", 3, 2, 1),
                      ("toys[sb]", None, None, None)]  # fmt: skip
    assert toys.terms[2].note == "the field [sb] is not searched here"
    assert [(t.hits, t.alone, t.lost) for t in homes.terms] == [(5, 5, 3)]
    assert result.combined == 4
    assert [(t.term, t.hits, t.alone) for t in result.limits] == [("english[la]", 6, 1)]
    assert (result.hits, result.pmids) == (3, ("1", "2", "3"))
    assert (result.known_in_sample, result.known_found) == (("1", "4"), ("1",))
    assert [one.term for one in result.not_evaluated()] == ["toys[sb]"]


def test_a_later_version_replaces_and_a_deletion_removes():
    """A PMID counts once, as last read, and not at all once it is taken back."""
    changed = [*RECORDS, record("4", "Kite home"), Citation(pmid="1", deleted=True)]
    result = rehearse(PLAN, changed)
    assert result.sample.records == 6
    assert result.pmids == ("2", "3", "4")


def test_what_cannot_be_evaluated_neither_widens_nor_narrows():
    """An unanswerable limit or block leaves the rest as it is; alone it is refused."""
    filtered = replace(PLAN, limits=("medline[sb]",))
    assert rehearse(filtered, RECORDS).hits == 4
    dumb = SearchBlock("homes", "", ("x[sb]",))
    result = rehearse(replace(PLAN, blocks=(PLAN.blocks[0], dumb)), RECORDS)
    assert result.hits == 5
    assert (result.blocks[1].hits, result.blocks[1].without) == (None, 5)
    excluded = replace(PLAN, combination="toys NOT homes", limits=())
    assert rehearse(excluded, RECORDS).pmids == ("4", "5")
    with pytest.raises(ValueError, match="no term can be evaluated"):
        rehearse(replace(PLAN, blocks=(dumb,), combination="homes", limits=()), RECORDS)


def test_the_string_and_the_blocks_count_the_same():
    """What is taken apart by blocks adds up to the string that would be sent."""
    for combination in ("toys AND homes", "toys OR homes", "homes NOT toys",
                        "(toys OR homes) AND homes"):  # fmt: skip
        plan = replace(PLAN, combination=combination)
        result = rehearse(plan, RECORDS)
        tree = read_expression(strategy.query(plan).replace(" OR toys[sb]", ""))
        hits = {
            citation.pmid
            for citation in RECORDS
            if worked_off(tree, lambda t, c=citation: compiled(t)(Document(c)))
        }
        assert set(result.pmids) == hits
        assert result.combined - sum(one.alone for one in result.limits) == result.hits


XML = """<?xml version="1.0"?>
<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID Version="1">{}</PMID><Article>
<ArticleTitle>{}</ArticleTitle><Language>eng</Language></Article></MedlineCitation>
</PubmedArticle></PubmedArticleSet>
"""


def test_files_and_folders_are_read_and_named(tmp_path):
    """A folder's files are read in order; each has its name, SHA-256 and number."""
    for number in (1, 2):
        (tmp_path / f"{number}.xml").write_text(XML.format(number, "Kite home"))
    seen = []
    result = rehearse_files(PLAN, [tmp_path], lambda: seen.append(1))
    assert result.pmids == ("1", "2")
    assert [(f.name, f.records) for f in result.sample.files] == [
        ("1.xml", 1),
        ("2.xml", 1),
    ]
    assert len(result.sample.files[0].sha256) == 64
    assert len(seen) == 2


def test_a_stored_rehearsal_is_read_back_as_it_was(tmp_path):
    """Writing twice gives the same bytes, reading gives the same rehearsal."""
    result = rehearse(PLAN, RECORDS)
    path = store(result, tmp_path, "toy")
    first = path.read_bytes()
    assert store(result, tmp_path, "toy").read_bytes() == first
    assert stored(tmp_path) == {"toy": result}
    assert path == tmp_path / FOLDER / "toy.json"
    assert "Kites" not in first.decode()
    with pytest.raises(ValueError, match="cannot name a rehearsal"):
        store(result, tmp_path, "../toy")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"sample": 1}'])
def test_what_is_no_rehearsal_is_named(tmp_path, text):
    """A file that is none is refused with its name."""
    (tmp_path / FOLDER).mkdir(parents=True)
    (tmp_path / FOLDER / "toy.json").write_text(text)
    with pytest.raises(ValueError, match=r"toy\.json: is no stored rehearsal"):
        stored(tmp_path)


def test_the_shipped_rehearsal_is_of_the_shipped_strategy(ds):
    """Its label says what it is, and the page need not warn of another wording."""
    [result] = stored(ds.folder).values()
    plan = strategy.read(ds.folder / strategy.FILE)
    assert result.fingerprint == strategy.fingerprint(plan)
    assert result.query == strategy.query(plan)
    assert "no search of Medline" in result.label
    assert set(json.loads(to_json(result))["sample"]) == {
        "records", "with_abstract", "with_headings", "years", "files"
    }  # fmt: skip
    assert len(result.pmids) == result.hits


def test_the_page_without_a_rehearsal_says_so(mini):
    """The toy data hold none: a sentence stands in each place."""
    assert "No rehearsal" in rehearse_chart.numbers(mini)["rehearsal"]
    assert "no counts" in rehearse_chart.steps_table(mini).plain
    assert "none was tried" in rehearse_chart.skipped_table(mini).plain
    assert "No rehearsal" in rehearse_chart.rehearsal_figure(mini).alt


def test_the_page_with_a_rehearsal_of_another_wording(folder, mini):
    """The page shows the stored counts, and says that the wording has changed."""
    store(rehearse(PLAN, RECORDS), folder.path, "toy")
    data = replace(mini, home=folder.path)
    numbers = rehearse_chart.numbers(data)
    assert "7 records" in numbers["rehearsal"]
    assert "before the strategy above got its present wording" in numbers["rehearsal"]
    assert "finds 3 of the 7 records" in numbers["rehearsal-result"]
    assert (
        "the sample holds 2, of which the string finds 1" in numbers["rehearsal-known"]
    )
    figure = rehearse_chart.rehearsal_figure(data)
    assert "toys: 6 records, most of all kite*[ti] with 4" in figure.alt
    assert list(figure.table["hits"]) == [6, 4, 3, "–", 5, 5]
    steps = rehearse_chart.steps_table(data).frame
    assert list(steps["hits"]) == ["6", "5", "4", "6", "3"]
    assert list(steps["without"]) == ["4", "5", "–", "4", "–"]
    assert "toys[sb]" in rehearse_chart.skipped_table(data).plain()


def test_a_file_that_breaks_off_is_no_smaller_sample(tmp_path):
    """A truncated file is an error and never a shorter list."""
    path = tmp_path / "cut.xml"
    path.write_text(XML.format(1, "Kite")[:200])
    with pytest.raises(ValueError, match=r"cut\.xml"):
        rehearse_files(PLAN, [path])


def test_from_json_needs_every_part():
    """A rehearsal without one of its parts is refused."""
    content = json.loads(to_json(rehearse(PLAN, RECORDS)))
    del content["blocks"][0]["hits"]
    with pytest.raises(ValueError, match="is no stored rehearsal"):
        from_json(json.dumps(content))


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (["hits"], "5"),
        (["hits"], -1),
        (["hits"], True),
        (["hits"], 10**400),
        (["sample", "years"], "abc"),
        (["sample", "years"], {"2001": "many"}),
        (["sample", "files"], [5]),
        (["blocks"], []),
        (["blocks", 0, "terms"], "abc"),
        (["blocks", 0, "name"], None),
        (["blocks", 0, "hits"], [1]),
        (["limits", 0, "alone"], "1"),
        (["pmids"], "abc"),
        (["label"], {"a": 1}),
        (["more"], 1),
    ],
)
def test_from_json_takes_no_value_of_another_type(where, value):
    """What a page could not show is refused in a line, whatever part it is of."""
    content = part = json.loads(to_json(rehearse(PLAN, RECORDS)))
    for step in where[:-1]:
        part = part[step]
    part[where[-1]] = value
    with pytest.raises(ValueError, match="is no stored rehearsal") as error:
        from_json(json.dumps(content))
    assert len(str(error.value)) < 200
    with pytest.raises(ValueError, match="is no stored rehearsal"):
        from_json("[" * 99_999)


@pytest.mark.parametrize("pmid", ["abc", "-5", "１２", "9" * 5000])
def test_a_record_whose_pmid_is_none_is_named(tmp_path, pmid):
    """The error names the file and the word that should be a PMID."""
    path = tmp_path / "odd.xml"
    path.write_text(XML.format(pmid, "Kite"), encoding="utf-8")
    with pytest.raises(ValueError, match=r"odd\.xml: '.*' is no PMID"):
        rehearse_files(PLAN, [path])
