"""What is read from Medline XML, however it arrives, and what is refused."""

import codecs
import gzip
import io
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from personomics import medline, medline_fields, medline_input, medline_prologue
from personomics.medline import Author, Citation, Correction, Grant, Heading

DATA = Path(__file__).parent / "data" / "medline"
ARTICLES = DATA / "articles.xml"
XML = ARTICLES.read_bytes()


@pytest.fixture(scope="module")
def citations():
    """Return the citations of the example by PMID."""
    return {citation.pmid: citation for citation in medline.read(ARTICLES)}


def _set(*articles, root="PubmedArticleSet", prologue=""):
    return f"{prologue}<{root}>{''.join(articles)}</{root}>".encode()


def _article(pmid="1", title="T", article="", citation="", data=""):
    return (
        f"<PubmedArticle><MedlineCitation><PMID>{pmid}</PMID><Article>"
        f"<ArticleTitle>{title}</ArticleTitle>{article}</Article>{citation}"
        f"</MedlineCitation><PubmedData>{data}</PubmedData></PubmedArticle>\n"
    )


def _read(xml, chunk=None, size=medline_input.BLOCK):
    """Return the citations of XML that comes in pieces and is parsed in blocks."""
    step = chunk or len(xml) or 1
    chunks = (xml[at : at + step] for at in range(0, len(xml), step))
    blocks = medline_input.blocks(chunks, "x.xml", size)
    return [c for block in blocks for c in medline_fields.citations(block)]


def _one(**parts):
    return _read(_set(_article(**parts)))[0]


# What is in a citation


def test_every_citation_of_the_file_in_order():
    """Articles, book articles and deletions come as they stand in the file."""
    found = [(c.pmid, c.version, c.book, c.deleted) for c in medline.read(ARTICLES)]
    assert found == [
        ("90000001", "2", False, False),
        ("90000002", "1", False, False),
        ("90000003", "1", False, False),
        ("90000004", "1", True, False),
        ("60000001", "1", False, True),
        ("60000002", "3", False, True),
    ]


FIELDS = {
    "90000001": {
        "status": "MEDLINE",
        "owner": "NLM",
        "title": "Homo sapiens and CO2: 103 reasons for R2 < 1.",
        "abstract": "BACKGROUND: Age & sex (P < .05).\n"
        "WHAT WE DID: We asked twice and waited.\nNo label here.",
        "abstract_sections": [
            ("BACKGROUND", "BACKGROUND", "Age & sex (P < .05)."),
            ("WHAT WE DID", "METHODS", "We asked twice and waited."),
            ("", "", "No label here."),
        ],
        "other_abstracts": [
            ("Publisher", "fre", "CONTEXTE: L'âge.\nMÉTHODES: On a demandé."),
            ("plain-language-summary", "eng", "We asked people."),
        ],
        "other_abstract_sections": [
            [
                ("CONTEXTE", "BACKGROUND", "L'âge."),
                ("MÉTHODES", "METHODS", "On a demandé."),
            ],
            [("", "", "We asked people.")],
        ],
        "copyright": "© 2021 Invented Press.",
        "other_copyrights": ["© les autrices."],
        "authors": [
            Author(
                family="Ångström-Ødegård",
                given="Zoë Q",
                initials="ZQ",
                suffix="3rd",
                identifiers=[("ORCID", "https://orcid.org/0000-0002-1825-0097")],
                affiliations=["First Institute, Town A.", "Second Institute2, Town B."],
                affiliation_ids=[
                    (0, "ROR", "https://ror.org/0000"),
                    (1, "RINGGOLD", "42"),
                    (1, "GRID", "grid.42"),
                ],
                equal=True,
            ),
            Author(family="Angstrom", given="Zoe", initials="Z", valid=False),
            Author(collective="The INVENTED Study Group", group="G1"),
        ],
        "authors_complete": False,
        "investigators": [
            Author(
                family="One",
                given="Only",
                initials="O",
                affiliations=["Third Institute."],
                group="G1",
            )
        ],
        "personal_subjects": [
            Author(family="Nobody", given="A B", initials="AB", suffix="Jr")
        ],
        "journal": "Journal of invented medicine",
        "journal_abbreviation": "J Inv Med",
        "medline_ta": "J Inv Med",
        "issn": "1234-5678",
        "issn_type": "Electronic",
        "issn_linking": "1234-0000",
        "nlm_id": "1234567",
        "country": "England",
        "medium": "Internet",
        "pub_model": "Print-Electronic",
        "volume": "12",
        "issue": "3 Suppl",
        "pages": "187-94",
        "start_page": "187",
        "end_page": "194",
        "pub_date": "2021 Feb 4",
        "year": "2021",
        "month": "02",
        "day": "04",
        "electronic_date": "2020-12-24",
        "completed": "2021-04-05",
        "revised": "2022-01-09",
        "history": [("received", "2020-07-01"), ("pubmed", "2020-12-25 06:00")],
        "publication_status": "ppublish",
        "doi": "10.5555/Right.1",
        "pmc": "PMC1111111",
        "ids": [
            ("pubmed", "90000001"),
            ("doi", "10.5555/other"),
            ("pmc", "PMC1111111"),
        ],
        "elocations": [
            ("pii", "S1234(21)1", True),
            ("doi", "10.5555/wrong", False),
            ("doi", "10.5555/Right.1", True),
        ],
        "other_ids": [("NLM", "PMC9999999"), ("NASA", "00012345")],
        "languages": ["eng", "fre"],
        "publication_types": [
            ("D016428", "Journal Article"),
            ("D016441", "Retracted Publication"),
        ],
        "mesh": [
            Heading(
                "Dopamine",
                "D004298",
                False,
                [("metabolism", "Q000378", True), ("physiology", "Q000502", False)],
            ),
            Heading("Europe", "D005060", True, [], "Geographic"),
        ],
        "mesh_automatic": [(0, "Q000378")],
        "supplementary_mesh": [("Disease", "C000657245", "Invented disease")],
        "chemicals": [
            ("3K9958V90M", "D000431", "Ethanol"),
            ("0", "C000000", "invented-alpha"),
        ],
        "keywords": [("personomics", True), ("IL-1β", False), ("space", False)],
        "keyword_owners": ["NOTNLM", "NOTNLM", "NASA"],
        "genes": ["abc1", "xyz"],
        "grants": [
            Grant("R01 1", "GM", "NIGMS NIH HHS", "United States"),
            Grant("", "", "Invented Trust", ""),
        ],
        "grants_complete": False,
        "databanks": [
            ("ClinicalTrials.gov", ["NCT00000000", "NCT00000001"]),
            ("figshare", []),
        ],
        "databanks_complete": False,
        "reference_titles": ["Further reading"],
        "reference_count": "27",
        "corrections": [
            Correction(
                "RetractionIn", "J Inv Med. 2022;13:1", "90000009", "Data lost.", "1"
            ),
            Correction("ErratumIn", "J Inv Med. 2021;12:99", "", "", ""),
            Correction("CommentIn", "J Inv Med. 2021;12:100", "90000010", "", "1"),
        ],
        "coi": "None.",
        "citation_subsets": ["IM", "N"],
        "indexing_method": "Curated",
        "version_id": "2",
        "version_date": "2021/03/01",
        "space_flights": ["STS-1"],
        "notes": [("NASA", "Not flown.")],
        "objects": [("grant", [("id", "7"), ("grantor", "Invented Trust")])],
        "others": [],
    },
    "90000002": {
        "owner": "NOTNLM",
        "title": "[On the person].",
        "vernacular_title": "О личности.",
        "abstract": "中文摘要 with 𝛽 and e\u0301.",
        "authors": [Author(family="李", given="雷", affiliations=["旧式单位."])],
        "authors_complete": True,
        "journal": "Вестник",
        "issn": "",
        "pub_date": "1998 Dec-1999 Jan",
        "year": "1998",
        "month": "",
        "pages": "e1-e9",
        "doi": "10.5555/good",
        "pmc": "PMC3333333",
    },
    "90000003": {
        "title": "",
        "abstract": "An abstract of old without sections.",
        "pub_date": "2000 Spring",
        "year": "2000",
        "season": "Spring",
        "electronic_date": "1999-11-30",
        "doi": "",
        "elocations": [("doi", "10.5555/only.and.wrong", False)],
        "authors": [],
        "corrections": [
            Correction("RetractionOf", "J Inv Med. 1990;1:1", "70000001", "", "1")
        ],
        "others": [("NewElementOfTheFuture", "kept")],
    },
    "90000004": {
        "book": True,
        "title": "A chapter",
        "vernacular_title": "Ein Kapitel",
        "authors": [Author(family="Chapter", given="Anna", initials="A")],
        "editors": [],
        "year": "1993",
        "abstract": "SUMMARY: Short.",
        "contribution_date": "2001-01-02",
        "revised": "2013-12-03",
        "history": [("pubmed", "2013-12-04")],
        "doi": "10.5555/book",
        "ids": [
            ("bookaccession", "NBK1"),
            ("doi", "10.5555/book"),
            ("pubmed", "90000004"),
        ],
        "publication_types": [("D016454", "Review")],
        "keywords": [("genes", False)],
        "grants": [Grant("9", "", "Invented Trust", "")],
        "sections": [(0, "1", "Start"), (1, "", "Inside"), (0, "", "End")],
        "location_labels": [("chapter", "Chapter 5")],
        "items": [("Synonyms", "first"), ("Synonyms", "second")],
        "links": [
            ("ArticleTitle", "book", "inv"),
            ("ArticleTitle", "part", "ch5"),
            ("SectionTitle", "book", "inv"),
            ("SectionTitle", "part", "ch5"),
            ("SectionTitle", "sec", "s1"),
        ],
        "others": [],
    },
}


@pytest.mark.parametrize(
    ("pmid", "name"), [(pmid, name) for pmid in FIELDS for name in FIELDS[pmid]]
)
def test_each_field_of_the_example(citations, pmid, name):
    """Each field is what a person reads in the file."""
    assert getattr(citations[pmid], name) == FIELDS[pmid][name]


def test_the_example_tries_every_field():
    """No field of a citation is left without a value in the example."""
    tried = {name for values in FIELDS.values() for name, value in values.items()}
    fixed = {"pmid", "version", "deleted", "in_book", "references", "created"}
    assert tried | fixed == set(Citation.__slots__)
    assert next(medline.read(DATA / "medlineset.xml")).created == "1975-01-02"


def test_references_keep_their_own_identifiers(citations):
    """Identifiers of references are theirs, never the article's."""
    found = [
        (ref.citation, ref.pmid, ref.section, len(ref.ids))
        for ref in citations["90000001"].references
    ]
    assert found == [
        ("Nobody A. Nothing. 1999.", "80000001", "", 3),
        ("Nobody B. A book. 1998.", "", "", 0),
        ("Nobody C. 1997.", "80000003", "Further reading", 1),
    ]


def test_the_book_of_a_chapter(citations):
    """A chapter knows its book."""
    book = citations["90000004"].in_book
    assert (book.title, book.publisher, book.place) == (
        "The book of inventions",
        "Invented University",
        "Town A",
    )
    assert [person.name for person in book.editors] == ["Editor E"]
    assert (book.beginning_date, book.ending_date) == ("1993-06", "2024")
    assert (book.volume, book.volume_title, book.edition) == ("2", "Second", "3rd")
    assert (book.collection, book.medium) == ("A collection", "Internet")
    assert (book.isbns, book.report_number) == (["9780000000000", "0000000000"], "R-7")
    assert book.elocations == [("doi", "10.5555/whole", True)]
    assert book.links == [
        ("BookTitle", "book", "inv"),
        ("CollectionTitle", "book", "col"),
    ]


@pytest.mark.parametrize(
    ("xml", "year", "month", "printed"),
    [
        ("<MedlineDate>1998 Dec-1999 Jan</MedlineDate>", "1998", "", "="),
        ("<MedlineDate>Spring 2000</MedlineDate>", "2000", "", "="),
        ("<MedlineDate>2000-2001</MedlineDate>", "2000", "", "="),
        ("<MedlineDate>7-14 Jan 1976</MedlineDate>", "1976", "", "="),
        ("<MedlineDate>undated 12345</MedlineDate>", "", "", "="),
        ("<Year>2021</Year><Month>Sept.</Month>", "2021", "", "2021 Sept."),
        ("<Year>2021</Year><Month>9</Month>", "2021", "09", "2021 9"),
        ("<Year>c. 1900</Year>", "1900", "", "c. 1900"),
        ("", "", "", ""),
    ],
)
def test_dates_as_printed_and_their_year(xml, year, month, printed):
    """The year is the first of four digits; nothing is guessed about the month."""
    issue = f"<Journal><JournalIssue><PubDate>{xml}</PubDate></JournalIssue></Journal>"
    citation = _one(article=issue)
    if printed == "=":
        printed = ElementTree.fromstring(xml).text
    assert (citation.year, citation.month, citation.pub_date) == (year, month, printed)


@pytest.mark.parametrize(
    ("elocations", "ids", "doi"),
    [
        ([("doi", "Y", "a")], ["b"], "a"),
        ([("doi", "N", "a")], ["b"], "b"),
        ([("doi", "N", "A")], ["a"], ""),
        ([("doi", "N", "a"), ("doi", "Y", "c")], ["b"], "c"),
        ([("pii", "Y", "a")], ["b"], "b"),
        ([("pii", "N", "b")], ["b"], "b"),
        ([], [], ""),
    ],
)
def test_which_doi_wins(elocations, ids, doi):
    """The article's valid DOI, else PubMed's, and never one marked as wrong."""
    article = "".join(
        f'<ELocationID EIdType="{kind}" ValidYN="{valid}">{value}</ELocationID>'
        for kind, valid, value in elocations
    )
    listed = "".join(f'<ArticleId IdType="doi">{value}</ArticleId>' for value in ids)
    data = f"<ArticleIdList>{listed}</ArticleIdList>"
    data += (
        "<ReferenceList><Reference><Citation>r</Citation><ArticleIdList>"
        '<ArticleId IdType="doi">no</ArticleId>'
        "</ArticleIdList></Reference></ReferenceList>"
    )
    assert _one(article=article, data=data).doi == doi


def test_identifiers_of_references_before_those_of_the_article():
    """The order of lists in a file does not matter."""
    ids = '<ArticleIdList><ArticleId IdType="doi">mine</ArticleId></ArticleIdList>'
    other = ids.replace("mine", "theirs")
    data = f"<ReferenceList><Reference>{other}</Reference></ReferenceList>{ids}"
    citation = _one(data=data)
    assert citation.doi == "mine"
    assert citation.references[0].ids == [("doi", "theirs")]


def test_blanks_between_inline_elements_are_text():
    """Blanks between mark-up separate words; only those of a formula are layout."""
    mml = 'xmlns:mml="http://www.w3.org/1998/Math/MathML"'
    title = (
        "<i>Homo</i> <b>sapiens</b>\n  <i> x</i>"
        f"<sup>2</sup> <mml:math {mml}> <mml:mi>R</mml:mi>"
        " <mml:mn>2</mml:mn></mml:math>"
        " <u>end</u>"
    )
    assert _one(title=title).title == "Homo sapiens x2 R2 end"
    nested = "<i> <b>a</b> <em>b</em> </i> <em>c</em>"
    assert _one(title=nested).title == "a b  c"
    assert (
        _read(_set(_article(title=title)), size=1)[0].title == _one(title=title).title
    )


@pytest.mark.parametrize("element", medline_prologue._MIXED)
def test_blanks_count_wherever_mark_up_may_stand(element):
    """Every element with mark-up keeps the blank between two pieces of mark-up."""
    head, _ = medline_prologue.prologue(iter([_set()]), "x")
    xml = head.later + f"<{element}><i>a</i> <b>b</b></{element}>".encode() + head.end
    root = etree.fromstring(xml, medline_input._parser())
    assert "".join(root.itertext()) == "a b"


def test_an_undeclared_formula_is_read():
    """The prefixes that PubMed's document type declares need no declaration."""
    assert _one(title="<mml:math><mml:mi>x</mml:mi></mml:math>").title == "x"


def test_record_of_a_citation(citations):
    """The shared record leaves out replaced spellings and comments."""
    record = medline.to_record(citations["90000001"])
    assert record.authors == "Ångström-Ødegård ZQ 3rd; The INVENTED Study Group"
    assert record.mesh == "Dopamine/*metabolism/physiology; *Europe"
    assert record.notices == "RetractionIn 90000009; ErratumIn J Inv Med. 2021;12:99"
    assert (record.doi, record.pmcid) == ("10.5555/right.1", "PMC1111111")
    assert (record.year, record.languages) == ("2021", "eng; fre")
    chapter = medline.to_record(citations["90000004"])
    assert (chapter.title, chapter.journal) == ("A chapter", "The book of inventions")


# However it arrives


def test_every_way_in_gives_the_same(tmp_path):
    """A path, gzip under any name, an open file, and a pipe hold the same citations."""
    expected = list(medline.read(ARTICLES))
    odd = tmp_path / "no-suffix"
    half = XML.index(b"<PubmedArticle>", 5000)
    odd.write_bytes(gzip.compress(XML[:half]) + gzip.compress(XML[half:]) + b"\0" * 9)
    assert list(medline.read(odd)) == expected
    assert list(medline.read(str(odd))) == expected
    assert list(medline.read(io.BytesIO(XML))) == expected
    with odd.open("rb") as file:
        assert list(medline.read(file)) == expected
    code = (
        "from personomics import medline; print(*(c.pmid for c in medline.read('-')))"
    )
    for data in (XML, odd.read_bytes()):
        done = subprocess.run(
            [sys.executable, "-c", code], input=data, capture_output=True, check=True
        )
        assert done.stdout.decode().split() == [c.pmid for c in expected]


def test_a_folder_is_read_by_name(tmp_path):
    """Baseline files are read in the order of their names, other files not at all."""
    for name, pmid in (("b.xml.gz", "2"), ("a.xml", "1"), ("c.xml", "3")):
        xml = _set(_article(pmid))
        data = gzip.compress(xml) if name.endswith("gz") else xml
        (tmp_path / name).write_bytes(data)
    (tmp_path / "b.xml.gz.md5").write_text("no XML")
    assert [c.pmid for c in medline.read(tmp_path)] == ["1", "2", "3"]


def test_a_folder_without_files_is_an_error(tmp_path):
    """An empty folder is not an empty list."""
    with pytest.raises(
        ValueError, match=r"holds no Medline file; .* \.xml or \.xml\.gz"
    ):
        list(medline.read(tmp_path))


def test_a_missing_file_is_an_error(tmp_path):
    """A file that is not there is an OSError."""
    with pytest.raises(FileNotFoundError):
        list(medline.read(tmp_path / "none.xml"))


def test_a_file_in_text_mode_is_an_error():
    """A file open as text is refused by name of what is wrong."""
    with pytest.raises(TypeError, match="binary mode"):
        list(medline.read(io.StringIO("<a/>")))


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16"])
def test_byte_order_marks(codec):
    """What Windows writes is read: a byte order mark, or UTF-16 with one."""
    assert _read(XML.decode().encode(codec), chunk=7) == _read(XML)


@pytest.mark.parametrize("root", ["PubmedArticleSet", "PubmedBookArticleSet"])
@pytest.mark.parametrize(
    "form", ["<{0}></{0}>", "<{0}/>", "<?xml version='1.0'?>\n<{0} >\n</{0} >\n"]
)
def test_an_empty_set_is_an_empty_list(root, form):
    """A set of no citations, whole and well formed, is no error."""
    assert _read(form.format(root).encode()) == []


def test_the_older_root():
    """MedlineCitationSet, the root until 2015, is read as well."""
    first, deleted = medline.read(DATA / "medlineset.xml")
    assert (first.pmid, first.year, first.title) == (
        "50000001",
        "1975",
        "An old citation.",
    )
    assert (deleted.pmid, deleted.deleted) == ("50000002", True)


@given(chunk=st.integers(1, 9000), size=st.integers(1, 9000))
@settings(max_examples=60, deadline=None)
def test_where_it_is_cut_does_not_matter(chunk, size):
    """Any pieces and any size of block give the same citations."""
    assert _read(XML, chunk, size) == _read(XML)


TRAPS = [
    "<!-- </PubmedArticle> -->",
    "<![CDATA[</PubmedArticle><PubmedArticle>]]>",
    "<?x </PubmedArticle>?>",
    "<!-- <PubmedArticle> -->",
]


@given(
    traps=st.lists(st.sampled_from(TRAPS), min_size=1, max_size=4),
    size=st.integers(1, 600),
)
@settings(max_examples=80, deadline=None)
def test_words_in_comments_are_no_ends_of_citations(traps, size):
    """Ends of citations in comments, CDATA and instructions do not cut a file."""
    articles = [_article(str(at), f"a{trap}b") for at, trap in enumerate(traps)]
    xml = _set(*articles, traps[0] if "CDATA" not in traps[0] else "")
    expected = [
        "a</PubmedArticle><PubmedArticle>b" if "CDATA" in trap else "ab"
        for trap in traps
    ]
    assert [c.title for c in _read(xml, size=size)] == expected


# A second opinion

_TEXT = st.text(
    st.characters(
        blacklist_categories=("Cs", "Cc"), blacklist_characters="\ufffe\uffff"
    ),
    max_size=12,
)


@st.composite
def _marked_up(draw, depth=2):
    """Return text with inline mark-up."""
    parts = []
    for _ in range(draw(st.integers(0, 3))):
        parts.append(escape(draw(_TEXT | st.just(" "))))
        if depth and draw(st.booleans()):
            tag = draw(st.sampled_from(["i", "b", "sup", "sub", "u"]))
            parts.append(f"<{tag}>{draw(_marked_up(depth=depth - 1))}</{tag}>")
    return "".join(parts)


@st.composite
def _generated(draw):
    """Return an article with marked-up text in every place that allows it."""
    sections = "".join(
        f'<AbstractText Label="L{at}">{draw(_marked_up())}</AbstractText>'
        for at in range(draw(st.integers(0, 3)))
    )
    people = "".join(
        f"<Author><LastName>{escape(draw(_TEXT))}</LastName>"
        + "".join(
            f"<AffiliationInfo><Affiliation>{draw(_marked_up())}</Affiliation>"
            "</AffiliationInfo>"
            for _ in range(draw(st.integers(0, 2)))
        )
        + "</Author>"
        for _ in range(draw(st.integers(0, 3)))
    )
    references = "".join(
        f"<Reference><Citation>{draw(_marked_up())}</Citation><ArticleIdList>"
        f'<ArticleId IdType="doi">{escape(draw(_TEXT))}</ArticleId></ArticleIdList>'
        "</Reference>"
        for _ in range(draw(st.integers(0, 3)))
    )
    return _article(
        str(draw(st.integers(1, 10**8))),
        draw(_marked_up()),
        f"<Abstract>{sections}</Abstract><AuthorList>{people}</AuthorList>",
        f"<KeywordList><Keyword>{draw(_marked_up())}</Keyword></KeywordList>",
        f"<ReferenceList>{references}</ReferenceList>",
    )


def _naive(xml):
    """Return some fields as ElementTree and XPath find them, one find for each."""

    def flat(element):
        return "".join(element.itertext()).strip(" \t\r\n")

    return [
        (
            article.findtext("MedlineCitation/PMID"),
            flat(article.find("MedlineCitation/Article/ArticleTitle")),
            [flat(e) for e in article.iterfind(".//Abstract/AbstractText")],
            [flat(e) for e in article.iterfind(".//Author/LastName")],
            [
                [flat(e) for e in author.iterfind("AffiliationInfo/Affiliation")]
                for author in article.iterfind(".//Author")
            ],
            [flat(e) for e in article.iterfind(".//Keyword")],
            [flat(e) for e in article.iterfind(".//Reference/Citation")],
            [flat(e) for e in article.iterfind(".//Reference/ArticleIdList/ArticleId")],
        )
        for article in ElementTree.fromstring(xml)
    ]


def _same_fields(citation):
    return (
        citation.pmid,
        citation.title,
        [text for _, _, text in citation.abstract_sections],
        [author.family for author in citation.authors],
        [author.affiliations for author in citation.authors],
        [text for text, _ in citation.keywords],
        [reference.citation for reference in citation.references],
        [value for reference in citation.references for _, value in reference.ids],
    )


@given(articles=st.lists(_generated(), max_size=4), size=st.integers(1, 4000))
@settings(max_examples=150, deadline=None)
def test_agreement_with_a_naive_reading(articles, size):
    """Any text with any mark-up is what another parser and plain look-ups find."""
    xml = _set(*articles)
    assert [_same_fields(c) for c in _read(xml, size=size)] == _naive(xml)


# What is refused

LOL = (
    "<!DOCTYPE PubmedArticleSet ["
    + '<!ENTITY a "lol">'
    + "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "&a;" * 10}">' for n in range(9)
    )
    + "]>"
)
XXE = '<!DOCTYPE PubmedArticleSet [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
PARAMETER = (
    '<!DOCTYPE PubmedArticleSet [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x"> %x;]>'
)
ONE = _article()

HOSTILE = {
    "billion laughs": (
        _set(_article(title="&a8;"), prologue=LOL),
        ":1: declares entit",
    ),
    "external entity": (_set(_article(title="&x;"), prologue=XXE), "declares entities"),
    "parameter entity": (_set(ONE, prologue=PARAMETER), "declares entities"),
    "empty subset": (_set(ONE, prologue="<!DOCTYPE x []>"), "declares entities"),
    "quadratic": (
        _set(
            _article(title="&q;" * 9999),
            prologue=f'<!DOCTYPE x [<!ENTITY q "{"q" * 99999}">]>',
        ),
        "declares entities",
    ),
    "someone's DTD": (
        _set(ONE, prologue='\n<!DOCTYPE x SYSTEM "http://evil.example/x.dtd">'),
        ":2: names a document type that is not NLM's, 'http://evil.example/x.dtd'",
    ),
    "a DTD that looks like NLM's": (
        _set(
            ONE,
            prologue='<!DOCTYPE x SYSTEM "http://evil.example/dtd.nlm.nih.gov/p.dtd">',
        ),
        "not NLM's",
    ),
    "a local DTD": (
        _set(ONE, prologue='<!DOCTYPE x SYSTEM "file:///etc/pubmed_190101.dtd">'),
        "not NLM's",
    ),
    "UTF-16": (
        codecs.BOM_UTF16_BE
        + _set(_article(title="&a8;"), prologue=LOL).decode().encode("utf-16-be"),
        "declares entities",
    ),
    "UTF-16 without its mark": (
        _set(ONE, prologue=XXE).decode().encode("utf-16-le"),
        "declares entities",
    ),
    "plain UTF-16 without its mark": (
        _set(ONE).decode().encode("utf-16-be"),
        "breaks off|is no XML",
    ),
    "half of a UTF-16": (_set(ONE).decode().encode("utf-16")[:-1], "no whole UTF-16"),
    "UTF-7": (
        b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE x [ ]>' + _set(ONE),
        ":1: is in the encoding 'UTF-7'",
    ),
    "UTF-7 with a mark": ("\ufeff".encode("utf-7") + _set(ONE), "is no XML"),
    "another encoding": (
        b'<?xml version="1.0" encoding="iso-8859-1"?>' + _set(ONE),
        "'iso-8859-1': save it as UTF-8",
    ),
    "an undeclared entity": (_set(_article(title="&eacute;")), "Entity 'eacute'"),
    "a DOCTYPE between citations": (_set(ONE, XXE, ONE), "malformed"),
    "a second document": (_set(ONE) + _set(ONE), "malformed"),
    "a NUL": (_set(_article(title="a\0b")), ":1: is malformed"),
    "NULs at the end": (_set(ONE) + b"\0\0", "malformed"),
    "bytes that are no UTF-8": (_set(ONE).replace(b">T<", b">\xff<"), "malformed"),
    "nothing": (b"", "is empty"),
    "gzip of nothing": (gzip.compress(b""), "is empty"),
    "blanks": (b" \n\n", "is no XML"),
    "no XML": (b'{"error": "rate limit"}', "is no XML .* begins with '{\"error"),
    "an HTML page": (b"<!DOCTYPE html><html><body>502</body></html>", "is a web page"),
    "another HTML page": (b"<HTML><br></HTML>", "is a web page"),
    "a search": (b"<eSearchResult><Count>9</Count></eSearchResult>", "with eFetch"),
    "an error of eFetch": (b"<eFetchResult><ERROR/></eFetchResult>", "eFetch reports"),
    "another root": (b"<\xc2\x9b31m/>", r"its root is '\\x9b31m'|is no XML"),
    "an error among citations": (_set(ONE, "<ERROR>no</ERROR>"), ":2: <ERROR> where"),
    "text among citations": (_set(ONE, "Error: retry"), "text between citations"),
    "text before citations": (_set("Error: retry", ONE), "text between citations"),
    "a set in a set": (_set(_set(ONE).decode()), "where a citation|malformed"),
    "only a declaration": (b'<?xml version="1.0"?>', "is no XML"),
    "a comment without end": (_set(ONE, "<!-- "), "Comment|breaks off"),
    "deep": (_set(_article(title="<i>" * 5000 + "</i>" * 5000)), "malformed"),
    "gzip cut short": (gzip.compress(XML)[:-900], "gzip data break off"),
    "gzip without its end": (gzip.compress(XML)[:-4], "gzip data break off"),
    "gzip damaged": (
        gzip.compress(XML)[:-6] + b"xxxxxx",
        "gzip data are damaged",
    ),
    "gzip with a tail": (gzip.compress(XML) + b"<html>", "gzip data are damaged"),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("size", [64, medline_input.BLOCK])
def test_refused(name, size):
    """Hostile, damaged and mistaken files are refused in one sentence."""
    xml, what = HOSTILE[name]
    with pytest.raises(ValueError, match=what) as caught:
        _read(xml, size=size)
    message = str(caught.value)
    assert message.startswith("x.xml:")
    assert message.isprintable()


@pytest.mark.parametrize("size", [1, 700, medline_input.BLOCK])
def test_truncation_is_never_a_shorter_list(size):
    """A file cut anywhere raises an error, and gives no citation that is not whole."""
    whole = _read(XML)
    end = XML.rindex(b"</PubmedArticleSet>") + len(b"</PubmedArticleSet>")
    for cut in range(1, end, 97):
        chunks = iter([XML[:cut]])
        found = []
        blocks = medline_input.blocks(chunks, "x.xml", size)
        reader = (c for block in blocks for c in medline_fields.citations(block))
        with pytest.raises(ValueError, match=r"^x\.xml:"):
            found.extend(reader)
        assert found == whole[: len(found)]


def test_where_it_breaks_off_is_said():
    """The message of a truncated file names its line and how to mend it."""
    cut = XML.index(b"90000003")
    line = XML[:cut].count(b"\n") + 1
    for size in (64, medline_input.BLOCK):
        with pytest.raises(ValueError, match=rf"^x\.xml:{line}: .*breaks off.*fetch"):
            _read(XML[:cut], size=size)


def test_where_it_is_malformed_is_said():
    """The line of an error is the line of the file, whatever the blocks."""
    xml = XML.replace(b"<Season>Spring</Season>", b"<Season>Spring</Saison>")
    line = XML[: XML.index(b"<Season>")].count(b"\n") + 1
    for size in (64, 3000, medline_input.BLOCK):
        with pytest.raises(ValueError, match=rf"^x\.xml:{line}: is malformed"):
            _read(xml, size=size)


def test_whole_citations_come_before_the_error(tmp_path):
    """What stands before the end of a truncated file is given, then the error."""
    path = tmp_path / "cut.xml"
    article = _article(title="x" * 200_000)
    path.write_bytes(_set(*[article] * 20)[:-30])
    found = []
    with pytest.raises(ValueError, match="breaks off"):
        found.extend(citation.pmid for citation in medline.read(path))
    assert 15 <= len(found) < 20


def test_a_citation_too_large_is_refused(monkeypatch):
    """A file that never ends a citation does not fill the memory."""
    monkeypatch.setattr(medline_input, "_LARGEST", 1 << 20)
    bomb = gzip.compress(b"<PubmedArticleSet><PubmedArticle>" + b" " * (9 << 20))
    with pytest.raises(ValueError, match="a citation is larger than 1 MB"):
        _read(bomb)


MEMORY = """
import sys
from pathlib import Path
from personomics import medline

class Stream:
    def __init__(self, size):
        article = sys.stdin.read().encode()
        self.parts = [b"<PubmedArticleSet>"]
        self.left, self.article = size // len(article), article * 64
        self.left //= 64
    def read(self, _):
        if self.parts:
            return self.parts.pop()
        self.left -= 1
        if self.left > 0:
            return self.article
        return b"</PubmedArticleSet>" if self.left == 0 else b""

count = sum(1 for _ in medline.read(Stream(int(sys.argv[1]))))
status = Path("/proc/self/status").read_text()  # not rusage: it remembers the parent
print(count, int(status.partition("VmHWM:")[2].split()[0]) // 1024)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc here")
def test_memory_does_not_grow_with_the_file():
    """Fifty megabytes take no more memory than five, and less than 64 MB."""
    start = XML.index(b"<PubmedArticle>")
    end = XML.index(b"</PubmedArticle>") + len(b"</PubmedArticle>")
    peaks = []
    for size in (5_000_000, 50_000_000):
        done = subprocess.run(
            [sys.executable, "-c", MEMORY, str(size)],
            input=XML[start:end],
            capture_output=True,
            check=True,
            env=os.environ | {"LC_ALL": "C.UTF-8"},
        )
        count, peak = map(int, done.stdout.split())
        assert count > size // (end - start) - 200
        peaks.append(peak)
    assert peaks[1] < 64
    assert peaks[1] - peaks[0] < 6
