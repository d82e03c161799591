"""Exports of databases and reference managers."""

import gzip
import re
import string
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personomics import imports, records
from personomics import record_fields as fields
from personomics.imports.reading import LONGEST

FILES = Path(__file__).parent / "data" / "imports"


def read(name):
    """Return what an export in the folder of tests holds."""
    return imports.read(FILES / name)


def write(folder, name, text, encoding="utf-8"):
    """Write a file and return what is read from it."""
    path = folder / name
    path.write_bytes(text.encode(encoding) if isinstance(text, str) else text)
    return imports.read(path)


def one(name, number=1):
    """Return a record of an export."""
    return read(name).records[number - 1]


# --- the exports of each tool --------------------------------------------------------

#: File: format, records, lost. Counted by hand.
HELD = {
    "embase.ris": ("RIS", 2, 0),
    "endnote.ris": ("RIS", 1, 0),
    "scopus.ris": ("RIS", 1, 0),
    "zotero.ris": ("RIS", 2, 0),
    "broken.ris": ("RIS", 4, 1),
    "pubmed.nbib": ("NBIB", 2, 0),
    "pubmed.xml": ("PubMed XML", 1, 0),
    "library.bib": ("BibTeX", 4, 0),
    "pubmed.csv": ("table", 2, 0),
    "scopus.csv": ("table", 1, 0),
    "embase.csv": ("table", 1, 0),
    "ovid.csv": ("table", 1, 0),
    "zotero.csv": ("table", 1, 0),
    "eppi.csv": ("table", 3, 2),
    "wos.txt": ("table", 1, 0),
    "wos-plain.txt": ("Web of Science", 2, 0),
}


def test_every_file_is_expected():
    """The table above holds each file of the folder."""
    assert {path.name for path in FILES.iterdir()} == set(HELD)


@pytest.mark.parametrize("name", HELD)
def test_no_record_is_dropped_silently(name):
    """Each is read, or is a problem of its own; identifiers are unique."""
    kind, held, lost = HELD[name]
    found = read(name)
    assert (found.format, len(found.records), found.lost) == (kind, held, lost)
    names = [record.record_id for record in found.records]
    assert len(set(names)) == len(names)
    for problem in found.problems:
        assert str(problem).startswith(f"{name}:")


#: The same invented article as eight tools export it.
SLEEP = [
    "endnote.ris",
    "pubmed.xml",
    "ovid.csv",
    "zotero.csv",
    "eppi.csv",
    "wos.txt",
    "wos-plain.txt",
]


@pytest.mark.parametrize("name", SLEEP)
def test_one_article_is_read_alike_from_every_tool(name):
    """Year, volume, issue, page and DOI have one form, whatever the tool."""
    record = one(name)
    found = (record.year, record.volume, record.issue, record.pages, record.doi)
    assert found == ("2020", "9", "2", "e13", "10.5555/abc.13")
    assert record.authors.startswith("Eksempel ")
    if name != "eppi.csv":
        assert record.title.replace('"', "") == "Sleep and the self: an invented trial"
        assert record.pmid == "90000013"


def test_embase_ris():
    """BOM, CRLF, mark-up, an abstract over lines and Embase's own tags are read."""
    record = one("embase.ris")
    assert record.title == (
        "Personalised rehabilitation and the person: a survey of views"
    )
    assert record.authors == "Testori M; Núñez-Ejemplo AM"
    assert (record.year, record.pages) == ("2020", "201-209")
    assert (record.pmid, record.doi) == ("90000012", "10.5555/jim.2020.0012")
    assert record.record_id == "L9000000001"
    assert record.abstract == "Background: nothing was known. Methods: we asked."


def test_endnote_ris():
    """Keywords over several lines, suffixes and PMCIDs are read."""
    record = one("endnote.ris")
    assert record.keywords == "Adult; *Precision Medicine; Sleep"
    assert record.authors == "Eksempel ÅM; Doe J Jr"
    assert record.pmcid == "PMC9000013"


def test_references_lend_no_identifier():
    """Scopus lists references in notes; their DOIs and PMIDs are not the record's."""
    record = one("scopus.ris")
    assert (record.doi, record.pmid) == ("10.5555/jig.2018.104", "90000014")
    without = (FILES / "scopus.ris").read_text("utf-8-sig")
    without = re.sub(r"(?m)^(?:DO|C2)  - .*\n", "", without)
    found = imports.tagged.read_ris(without).records[0]
    assert (found.doi, found.pmid) == ("", "")


def test_zotero_ris():
    """Identifiers in notes and addresses are the record's own, and are read."""
    chapter, article = read("zotero.ris").records
    assert (chapter.pmid, chapter.pmcid) == ("90000015", "PMC9000015")
    assert (chapter.journal, chapter.year) == ("The invented handbook", "2015")
    assert article.doi == "10.5555/zot.16"
    assert article.authors == "The Invented Study Group"


def test_broken_ris_is_mended_and_says_so():
    """Missing TY and ER lines cost nothing; what is unread is named with its line."""
    found = read("broken.ris")
    titles = [record.title for record in found.records]
    assert titles == [
        "The first has no end",
        "The second continues here",
        "The third has no beginning",
        "The last is cut off",
    ]
    told = "\n".join(map(str, found.problems))
    for expected in (
        "broken.ris:4: record 1: has no ER line; ended before the next TY line",
        "broken.ris:4: record 1: no year can be read from 'in press'; left empty",
        "broken.ris:4: record 1: no DOI can be read from 'none'; left empty",
        "broken.ris:18: record 3: has no TY line",
        "broken.ris:21: record 4: has no title, no author and no identifier; "
        "the record is left out",
        "broken.ris:23: record 5: has no ER line; ended with the file",
        "broken.ris:1: 3 lines stand outside any record",
        "XQ (1)",
    ):
        assert expected in told


def test_nbib():
    """Folded lines, groups, all languages, notices and records without full names."""
    first, second = read("pubmed.nbib").records
    assert first.title.endswith("a survey of views that goes on over the line.")
    assert first.authors.endswith("Invented Study Group; Second Invented Group")
    assert first.languages == "eng; spa"
    assert first.notices == (
        "RetractionIn 90000099; ErratumIn J Invented Med. 2020 Jun;12(6):400"
    )
    assert first.mesh == "Humans; Precision Medicine/*methods"
    assert first.doi == "10.5555/jim.2020.0012"
    assert (second.authors, second.year) == ("Beispiel J; Muster P", "1998")
    assert second.doi == "10.5555/ez.7"


def test_nbib_agrees_with_the_library():
    """What the nbib library reads of a sound record is what is read here."""
    nbib = pytest.importorskip("nbib")
    text = (FILES / "pubmed.nbib").read_bytes().decode().replace("\r\n", "\n").strip()
    for theirs, ours in zip(
        nbib.read(text + "\n"), read("pubmed.nbib").records, strict=True
    ):
        assert ours.pmid == str(theirs["pubmed_id"])
        assert ours.title == theirs["title"]
        assert ours.journal == theirs["journal"]
        assert ours.pages == theirs["pages"]
        assert ours.year == theirs["publication_date"][:4]
        assert ours.types.split("; ") == theirs["publication_types"]
        for name in theirs.get("authors", ()):
            assert name["author_abbreviated"] in ours.authors
        assert theirs.get("doi", ours.doi) == ours.doi


def test_bibtex():
    """Accents, macros, per cents, formulae, groups and suffixes become text."""
    first, second, third, fourth = read("library.bib").records
    assert first.title == (
        "The DNA of 50% of people & Über-choices: β-blockers for $5 or $9"
    )
    assert first.authors == "Testori M; Núñez-Ejemplo AM; World Invented Group"
    assert first.journal == "Journal of Invented Medicine"
    assert (first.doi, first.pages) == ("10.5555/jim.2020.0012", "201-209")
    assert (second.title, second.authors) == (
        "Two entries of one key",
        "van Beispiel L; Doe J Jr",
    )
    assert (third.title, third.year) == ("An entry that is never closed", "2018")
    assert (fourth.title, fourth.pmid) == ("A field given twice", "90000017")
    told = "\n".join(map(str, read("library.bib").problems))
    assert "the identifier 'testori2020' is that of record 1 too" in told
    assert "library.bib:26: record 3: is not closed" in told
    assert "record 4: has more than one field title; the first is read" in told


def test_pubmed_csv():
    """Volume, issue and pages come out of PubMed's citation."""
    first, second = read("pubmed.csv").records
    assert (first.volume, first.issue, first.pages) == ("12", "3", "201-209")
    assert (second.volume, second.issue, second.pages) == ("7", "", "e44")
    assert first.authors == "Testori M; Núñez-Ejemplo AM"
    assert second.record_id == "90000018"


def test_a_bad_row_costs_itself_only():
    """Too many cells and an open quotation mark lose one row each, with its line."""
    found = read("eppi.csv")
    lost = [str(problem) for problem in found.problems if problem.lost]
    assert lost == [
        "eppi.csv:3: record 2: has 12 cells where the header has 10; "
        "the record is left out",
        "eppi.csv:4: record 3: has a quotation mark that is not closed; "
        "the record is left out",
    ]
    assert found.records[1].title == "Sound again"


def test_a_formula_stays_the_text_it_is():
    """A cell that a spreadsheet would run is kept, unchanged."""
    title = '=HYPERLINK("https://example.org","A title like a formula")'
    assert one("eppi.csv").title == title


def test_own_records_files_are_read(tmp_path):
    """A records file of a snapshot can be imported again, without loss."""
    before = [replace(r, abstract="") for r in read("pubmed.nbib").records]
    after = write(tmp_path, "records.csv", records.to_csv(before)).records
    assert after == before


# --- what a file is ------------------------------------------------------------------


@pytest.mark.parametrize("name", HELD)
def test_content_tells_the_format_not_the_name(tmp_path, name):
    """An export saved under another name is read all the same."""
    (tmp_path / "export.dat").write_bytes((FILES / name).read_bytes())
    found = imports.read(tmp_path / "export.dat")
    assert (found.format, len(found.records)) == HELD[name][:2]


REFUSED = {
    "nothing": (b" \n", "is empty"),
    "workbook": (b"PK\x03\x04zip", "save its sheet as CSV"),
    "old workbook": (b"\xd0\xcf\x11\xe0", "save its sheet as CSV"),
    "PDF": (b"%PDF-1.7", "is a PDF"),
    "web page": (b"<!DOCTYPE html><html>TY  - JOUR", "is a web page"),
    "other XML": (b"<?xml version='1.0'?><xml><records/></xml>", "not PubMed's"),
    "packed text": (gzip.compress(b"TY  - JOUR\n"), "unpack it first"),
    "prose": (b"Dear colleague, see attached.", "allowed are RIS, NBIB"),
    "unknown columns": (b"a,b,c\n1,2,3\n", "allowed are RIS, NBIB"),
    "a search": (b"<?xml version='1.0'?><eSearchResult/>", "not PubMed's"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_export_is_refused_in_a_sentence(tmp_path, name):
    """The error names the file and what to do."""
    data, expected = REFUSED[name]
    with pytest.raises(ValueError, match=expected) as error:
        write(tmp_path, "x.dat", data)
    assert str(error.value).startswith(str(tmp_path / "x.dat"))
    assert "\n" not in str(error.value)


def test_entities_are_refused(tmp_path):
    """A file that would grow without end is not read."""
    bomb = (
        '<?xml version="1.0"?><!DOCTYPE PubmedArticleSet [<!ENTITY a "aaaa">'
        '<!ENTITY b "&a;&a;&a;">]><PubmedArticleSet>&b;</PubmedArticleSet>'
    )
    with pytest.raises(ValueError, match=r"x\.xml"):
        write(tmp_path, "x.xml", bomb)


def test_xml_that_breaks_off_is_an_error(tmp_path):
    """It is not a shorter list; a gzipped file is read like a plain one."""
    whole = (FILES / "pubmed.xml").read_bytes()
    assert len(write(tmp_path, "x.xml.gz", gzip.compress(whole)).records) == 1
    with pytest.raises(ValueError, match=r"x\.xml"):
        write(tmp_path, "x.xml", whole[: whole.index(b"<DeleteCitation>")])
    packed = gzip.compress(whole)[:-20]
    with pytest.raises((ValueError, OSError)):
        write(tmp_path, "y.xml.gz", packed)


def test_a_later_version_of_a_citation_replaces_the_earlier(tmp_path):
    """A PMID is one record; that it came twice, or is taken back, is said."""
    whole = (FILES / "pubmed.xml").read_text()
    again = re.search("(?s)<PubmedArticle>.*</PubmedArticle>", whole)[0]
    again = again.replace("an invented trial", "the second version")
    found = write(tmp_path, "x.xml", whole.replace("<DeleteC", f"{again}<DeleteC"))
    assert [r.title for r in found.records] == [
        "Sleep and the self: the second version"
    ]
    assert found.lost == 1
    assert "PMID 90000013 comes again" in str(found.problems[0])
    gone = whole.replace("90000098", "90000013").replace("</PubmedArticleSet>", "")
    other = again.replace("90000013", "90000014")
    found = write(tmp_path, "y.xml", f"{gone}{other}</PubmedArticleSet>")
    assert [record.pmid for record in found.records] == ["90000014"]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(tmp_path, encoding, newline):
    """The same record is read from each, without a remark."""
    text = newline.join(
        ["TY  - JOUR", "TI  - Ærlig søvn “ja”", "AU  - Åse, Ø", "ER  - "]
    )
    found = write(tmp_path, "x.ris", text, encoding)
    assert [(r.title, r.authors) for r in found.records] == [
        ("Ærlig søvn “ja”", "Åse Ø")
    ]
    assert not found.problems


def test_windows_1252_is_read_with_a_remark(tmp_path):
    """Typographic quotes and accents survive; the line is named."""
    text = "TY  - JOUR\nTI  - “Søvn” – é\nER  - "
    found = write(tmp_path, "x.ris", text, "cp1252")
    assert found.records[0].title == "“Søvn” – é"
    told = "x.ris: is not UTF-8 (line 2); read as Windows-1252"
    assert str(found.problems[0]) == told


# --- hostile input -------------------------------------------------------------------


def test_a_huge_field_is_cut(tmp_path):
    """A field of megabytes does not travel further, and that is said."""
    text = f"TY  - JOUR\nTI  - {'x' * (LONGEST + 9)}\nER  - "
    found = write(tmp_path, "x.ris", text)
    assert len(found.records[0].title) == LONGEST
    assert "title is longer than 1,000,000 characters" in str(found.problems[0])
    table = f'title,doi,year\n"{"y" * 300_000}",10.5555/a,2020\n'
    assert len(write(tmp_path, "x.csv", table).records[0].title) == 300_000


def test_control_characters_become_blanks(tmp_path):
    """NUL, escape sequences and the like never reach a terminal or a table."""
    text = "TY  - JOUR\nTI  - a\x00b\x1b[2Jc\x9b\nER  - "
    found = write(tmp_path, "x.ris", text)
    assert found.records[0].title == "a b [2Jc"
    assert "3 control characters" in str(found.problems[0])


def test_one_open_quotation_mark_does_not_swallow_a_table(tmp_path):
    """Of a thousand rows, the one with the mark is lost, and is named."""
    rows = [f"{n},Title {n},10.5555/{n}" for n in range(1, 1001)]
    rows[499] = '500,"Title 500,10.5555/500'
    found = write(tmp_path, "x.csv", "\n".join(["pmid,title,doi", *rows]))
    assert (len(found.records), found.lost) == (999, 1)
    assert "x.csv:501: record 500" in str(found.problems[0])
    for stray in ('800,"Title 800,10.5555/800', '800,Title 800",10.5555/800'):
        rows[799] = stray
        found = write(tmp_path, "x.csv", "\n".join(["pmid,title,doi", *rows]))
        assert len(found.records) + found.lost == 1000
        assert len(found.records) >= 998


def test_a_table_of_two_columns(tmp_path):
    """Two columns with known names are enough; one is refused with what is needed."""
    [record] = write(tmp_path, "x.csv", "PMID,Title\n12,Age\n").records
    assert (record.pmid, record.title) == ("12", "Age")
    with pytest.raises(ValueError, match="must name two or more"):
        write(tmp_path, "x.csv", "Title\nAge\n")


def test_a_table_of_thousands_of_columns(tmp_path):
    """Columns that mean nothing to us cost no time."""
    head = ",".join(["title", "doi", *(f"c{n}" for n in range(5000))])
    begun = time.monotonic()
    [record] = write(tmp_path, "x.csv", f"{head}\nAge,10.5555/a{',x' * 5000}\n").records
    assert record.title == "Age"
    assert time.monotonic() - begun < 120  # it hung


def test_one_bad_record_in_a_thousand_costs_itself_only(tmp_path):
    """An entry of BibTeX without an end, in the middle, loses nothing."""
    entries = [f"@article{{k{n},\n title = {{T{n}}}, year = 2001}}" for n in range(300)]
    entries[150] = "@article{k150,\n title = {T150, year = 2001"
    found = write(tmp_path, "x.bib", "\n".join(entries))
    assert len(found.records) == 300
    assert [problem.record for problem in found.problems] == [151]


RIS_LINE = st.one_of(
    st.sampled_from(
        "TY  - JOUR|ER  - |TI  - A|UK  - x|XX  - y|AU  - Doe, J||DO  - 10.5555/a|"
        "PMID- 12|@article{a,|}| TY - JOUR|ER  -|PT J|UT WOS:1|      more|"
        'title={x},|1,"a'.split("|")
    ),
    st.text(alphabet=string.printable + "é\x00\u2028", max_size=20),
)


@settings(max_examples=300, deadline=None)
@given(
    lines=st.lists(RIS_LINE, max_size=14),
    kind=st.sampled_from(["RIS", "NBIB", "BibTeX", "Web of Science"]),
)
def test_no_text_breaks_a_reader(lines, kind):
    """Whatever a file holds, all records met are read or lost, and counted."""
    text, _ = imports.decode("\n".join(lines).encode())
    found = imports._READERS[kind](text)
    assert found.number == len(found.records) + sum(p.lost for p in found.problems)
    names = [record.record_id for record in found.records]
    assert len(set(names)) == len(names)
    for record in found.records:
        assert "\n" not in record.title + record.authors + record.doi
        assert record.doi == fields.doi(record.doi)
        assert record.pmid == fields.pmid(record.pmid)


@settings(max_examples=200, deadline=None)
@given(
    cells=st.lists(
        st.lists(st.text(alphabet='ab ",;\n=@', max_size=8), min_size=3, max_size=3),
        max_size=6,
    )
)
def test_rows_are_conserved(cells):
    """Rows that Python's csv module writes are all met again."""
    import csv
    import io

    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerows([["title", "doi", "year"], *cells])
    found = imports.tabular.read_table(file.getvalue())
    expected = [row for row in cells if any(cell.strip() for cell in row)]
    assert found.number == len(expected)
    lost = sum(problem.lost for problem in found.problems)
    assert len(found.records) + lost == len(expected)
    titles = [" ".join(row[0].split()) for row in expected if row[0].strip()]
    assert [r.title for r in found.records if r.title] == titles


# --- fields --------------------------------------------------------------------------

DOIS = {
    "https://doi.org/10.5555/ABC": "10.5555/abc",
    "http://dx.doi.org/10.5555/abc.": "10.5555/abc",
    "doi:10.5555/abc [doi]": "10.5555/abc",
    "10.5555%2Fabc(1)": "10.5555/abc(1)",
    "(10.5555/abc)": "10.5555/abc",
    "10.1002/(SICI)1097-0258(19980815/30)17:15/16&lt;1661::AID-SIM968&gt;3.0.CO;2-2": (
        "10.1002/(sici)1097-0258(19980815/30)17:15/16<1661::aid-sim968>3.0.co;2-2"
    ),
    "S0000-0000(20)00012-X": "",
    "10.5555": "",
}


@pytest.mark.parametrize("text", DOIS)
def test_dois(text):
    """A DOI has one form."""
    assert fields.doi(text) == DOIS[text]


NAMES = {
    "Smith, John Peter": "Smith JP",
    "Smith, J.-P.": "Smith JP",
    "Smith JP": "Smith JP",
    "Smith J. P.": "Smith JP",
    "O'Neil, Mary": "O'Neil M",
    "García Márquez, Ana": "García Márquez A",
    "Smith, Jr., John": "Smith J Jr",
    "王, 小明": "王 小",
    "Plato": "Plato",
    "World Health Organization": "World Health Organization",
    "European Society of Dreams; Committee": "European Society of Dreams, Committee",
    "": "",
}


@pytest.mark.parametrize("name", NAMES)
def test_names(name):
    """A name is "Family Initials"; a group's is left as it is."""
    assert fields.author(name) == NAMES[name]


@given(text=st.text(max_size=60))
def test_reading_a_field_twice_changes_nothing(text):
    """What was made uniform is uniform."""
    for read_field in (
        fields.doi,
        fields.pmid,
        fields.pmcid,
        fields.year,
        fields.author,
    ):
        once = read_field(text)
        assert read_field(once) == once


def test_what_is_said_of_a_file_is_short_and_visible(tmp_path):
    """Names of fields with marks of direction, or without end, reach no terminal."""
    long = "x" * 5000
    text = f"@article{{a, ti\u202etle = {{A}}, ti\u202etle = {{B}}, {long} = {{1}}, "
    found = write(tmp_path, "x.bib", f"{text}{long} = {{2}}, title = {{Age}}}}\n")
    lines = [str(problem) for problem in found.problems]
    assert lines
    assert all(line.isprintable() and len(line) < 700 for line in lines)
