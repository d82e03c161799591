"""Articles go to ASReview and Rayyan and come back as each rater's own decisions.

The two tools are stood in for by what their public source does: ASReview reads with
``pandas.read_csv(sep=None, engine="python")`` or rispy and joins columns that begin
with ``asreview_`` to what it read; Rayyan replaces the key and appends to the notes.
"""

from __future__ import annotations

import csv
import io
import json
import re
import time
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd
import pytest
import rispy
from conftest import Folder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from personomics import schema, snapshots
from personomics import screening_tools as tools
from personomics.screening_tools.formats import Decision, Decisions, Judgement
from personomics.screening_tools.match import Index, comparable
from personomics.screening_tools.outgoing import RAYYAN, to_csv, to_ris
from personomics.table_edit import Tables

HERE = Path(__file__).parent / "data" / "screening"
PEOPLE = {'Zoë "Z" Ä': "zoe", "Окан": "okan"}
TITLE = schema.contract()["resources"]
LABEL = {"include": 1, "exclude": 0}
RELEVANT = {1: "ASReview_relevant", 0: "ASReview_irrelevant", None: "ASReview_not_seen"}


@pytest.fixture
def unread(folder: Folder) -> Folder:
    """Return the toy data without the decisions of one rater."""
    rows = folder.read("screening.csv")
    folder.write("screening.csv", [r for r in rows if r[1] != "okan"])
    assert folder.problems() == []
    return folder


def given_by(folder: Folder, rater: str) -> dict[str, dict[str, str]]:
    """Return the rows of a rater by article."""
    head, *rows = folder.read("screening.csv")
    cells = [dict(zip(head, row, strict=True)) for row in rows]
    return {row["article_id"]: row for row in cells if row["rater_id"] == rater}


def write(folder: Folder, name: str, text: str) -> Path:
    """Write a file as a person would keep it."""
    path = folder.path.parent / name
    path.write_text(text, encoding="utf-8", newline="")
    return path


def asreview_csv(text: str, labels: Iterable[int | None], **more: list[object]) -> str:
    """Return a CSV file as ASReview gives it back with labels."""
    frame = pd.read_csv(io.StringIO(text), sep=None, engine="python")
    frame.index.name = "record_id"
    results = {"label": pd.array([*labels], dtype="Int64"), **more}
    return str(frame.join(pd.DataFrame(results).add_prefix("asreview_")).to_csv())


def asreview_ris(text: str, labels: Iterable[int | None]) -> str:
    """Return a RIS file as ASReview gives it back with labels."""
    entries = rispy.loads(text, skip_unknown_tags=True)
    for entry, label in zip(entries, labels, strict=True):
        said = [f"asreview_label: {json.dumps(label)}"] if label is not None else []
        kept = [n for n in entry.get("notes", []) if n not in RELEVANT.values()]
        entry["notes"] = [RELEVANT[label], *kept, *said]
    return rispy.dumps(entries)


def rayyan_csv(text: str, words: Iterable[str]) -> str:
    """Return a CSV file as Rayyan gives it back with one person's decisions."""
    out = io.StringIO(newline="")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    writer = csv.DictWriter(out, [*RAYYAN, "doi", "keywords"], lineterminator="\n")
    writer.writeheader()
    for number, (row, word) in enumerate(zip(rows, words, strict=True), 1):
        said = f' | RAYYAN-INCLUSION: {{"Ada"=>"{word}"}}' if word else ""
        notes = {"key": f"rayyan-{number}", "notes": row["notes"] + said}
        writer.writerow({**row, **notes})
    return out.getvalue()


def rayyan_ris(text: str, words: Iterable[str]) -> str:
    """Return a RIS file as Rayyan gives it back with one person's decisions."""
    entries = rispy.loads(text)
    for number, (entry, word) in enumerate(zip(entries, words, strict=True), 1):
        if word:
            entry["notes"][-1] += f' | RAYYAN-INCLUSION: {{"Ada"=>"{word}"}}'
        entry["accession_number"] = f"rayyan-{number}"
        del entry["id"]
    return rispy.dumps(entries)


WORDS = {"include": "Included", "exclude": "Excluded",
         "awaiting full text": "Maybe", None: ""}  # fmt: skip
RETURN: dict[tuple[str, str], Callable[[str, list[str | None]], str]] = {
    ("asreview", "csv"): lambda t, v: asreview_csv(t, [LABEL.get(x or "") for x in v]),
    ("asreview", "ris"): lambda t, v: asreview_ris(t, [LABEL.get(x or "") for x in v]),
    ("rayyan", "csv"): lambda t, v: rayyan_csv(t, [WORDS[x] for x in v]),
    ("rayyan", "ris"): lambda t, v: rayyan_ris(t, [WORDS[x] for x in v]),
}


@pytest.mark.parametrize(("tool", "form"), RETURN)
def test_out_and_back_gives_every_decision(
    unread: Folder, tool: str, form: str
) -> None:
    """What a rater decides in a tool is what stands in the table afterwards."""
    text, count = tools.export(unread.path, tool, form, rater="okan")
    articles = [row[0] for row in unread.read("articles.csv")[1:]]
    assert count == len(articles) == 8
    verdicts: list[str | None] = ["include", "exclude", None, "exclude"] * 2
    if tool == "rayyan":
        verdicts[4] = "awaiting full text"
    path = write(unread, f"export.{form}", RETURN[tool, form](text, verdicts))
    found = tools.import_decisions(unread.path, tools.read(path), "okan")
    assert (found.added, found.undecided, found.not_ours) == (6, 2, ())
    assert found.notes == found.unclear == found.conflicts == ()
    rows = given_by(unread, "okan")
    assert {a: rows[a]["verdict"] if a in rows else None for a in articles} == dict(
        zip(articles, verdicts, strict=True)
    )
    assert unread.problems() == []
    # Twice adds nothing, and says that all stand already.
    before = (unread.path / "screening.csv").read_bytes()
    again = tools.import_decisions(unread.path, tools.read(path), "okan")
    assert (again.added, again.same, again.conflicts) == (0, 6, ())
    assert (unread.path / "screening.csv").read_bytes() == before


def cell(column: str) -> st.SearchStrategy[str]:
    """Return texts that the table of articles allows in a column."""
    [articles] = [r for r in TITLE if r["name"] == "articles"]
    [spec] = [f for f in articles["schema"]["fields"] if f["name"] == column]
    letters = st.sampled_from(
        list(",;\t\n\"'=+-@|{}[]<>&aAeéß漢字שלוםж🧸 \u200f\u200d")
    )
    texts = st.text(letters | st.characters(codec="utf-8"), max_size=20)
    texts |= st.sampled_from(["=1+1", "NA", "null", "ER  - ", "TY  - JOUR", "a; b",
                              "RAYYAN-LABELS: E3", "'=x", "@b", '"'])  # fmt: skip
    return texts.map(tools.clean).filter(lambda t: not schema.check_cell(spec, t))


ARTICLES = st.lists(
    st.fixed_dictionaries({"title": cell("title"), "authors": cell("authors"),
                           "journal": cell("journal"), "abstract": cell("note")}),
    min_size=1, max_size=6,
)  # fmt: skip


@pytest.mark.parametrize(("tool", "form"), RETURN)
@settings(max_examples=60, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(fields=ARTICLES, data=st.data())
def test_any_text_survives_the_way_out_and_back(
    tmp_path: Path, tool: str, form: str, fields: list[dict[str, str]],
    data: st.DataObject,
) -> None:  # fmt: skip
    """Quotes, formulas, right-to-left, emoji: each record finds its article."""
    empty = dict.fromkeys(
        "year volume issue pages doi pmid pmcid source_urls".split(), ""
    )
    rows = [{**empty, **f, "article_id": f"A.{n}"} for n, f in enumerate(fields)]
    answers = [None, "include", "exclude"]
    verdicts = data.draw(st.lists(st.sampled_from(answers), min_size=len(rows),
                                  max_size=len(rows)))  # fmt: skip
    text = to_ris(rows, {}) if form == "ris" else to_csv(rows, tool, {})
    path = tmp_path / f"export.{form}"
    back = RETURN[tool, form](text, verdicts)
    path.write_text(back, encoding="utf-8", newline="")
    found = tools.read(path, tool)
    index = Index(rows)
    assert [index.find(record) for record in found.rows] == [
        (row["article_id"], "") for row in rows
    ]
    given = [[j.verdict for j in record.said.values()] for record in found.rows]
    assert given == [[verdict] if verdict else [] for verdict in verdicts]
    # Without an identifier a title finds its article or none, never another one.
    for record, row in zip(found.rows, rows, strict=True):
        bare = Decision(record.place, title=record.title)
        assert index.find(bare)[0] in ("", row["article_id"])


def test_no_cell_of_a_spreadsheet_is_run(unread: Folder) -> None:
    """Cells that begin like a formula get an apostrophe, which goes on the way back."""
    unread.set(
        "articles.csv", 2, title='=HYPERLINK("https://example.org")', journal="@x"
    )
    for tool in ("asreview", "rayyan"):
        text, _ = tools.export(unread.path, tool, rater="okan")
        cells = [c for row in csv.reader(io.StringIO(text)) for c in row]
        assert not [c for c in cells if c.startswith(("=", "+", "-", "@"))]
        path = write(unread, "export.csv", RETURN[tool, "csv"](text, ["include"] * 8))
        assert tools.read(path).rows[0].title == '=HYPERLINK("https://example.org")'


def test_a_rater_sees_what_is_left_and_only_their_own_decisions(
    folder: Folder,
) -> None:
    """The rater of seven of eight gets one; for everybody there is none left."""
    text, count = tools.export(folder.path, "asreview", rater="okan")
    assert count == 1
    assert "a-7," in text
    assert "included" not in text.splitlines()[0]
    assert tools.export(folder.path, "rayyan", "ris") == ("", 0)
    text, count = tools.export(folder.path, "asreview", rater="okan", only="all")
    found = list(csv.DictReader(io.StringIO(text)))
    assert count == 8
    shown = {row["personomics_id"]: row["included"] for row in found}
    assert shown == {"a-1": "1", "a-2": "1", "a-3": "", "a-4": "1", "a-5": "",
                     "a-6": "0", "a-7": "", "a-8": "0"}  # fmt: skip
    path = write(folder, "mine.csv", text)
    again = tools.import_decisions(folder.path, tools.read(path), "okan")
    assert (again.added, again.same, again.conflicts) == (0, 5, ())
    text, _ = tools.export(folder.path, "asreview", "ris", rater="okan", only="all")
    assert text.count("ASReview_relevant") == 3
    for tool, form in RETURN:
        text, _ = tools.export(folder.path, tool, form, only="all")
        assert "ASReview_" not in text
        assert "included" not in text


def test_the_columns_are_those_the_tools_document(unread: Folder) -> None:
    """Rayyan's columns in Rayyan's order; title, abstract, doi and url for ASReview."""
    text, _ = tools.export(unread.path, "rayyan", rater="okan")
    assert text.splitlines()[0] == (
        "key,title,year,month,day,journal,issn,volume,issue,pages,authors,url,language,"
        "publisher,location,abstract,notes,pmc_id,pubmed_id"
    )
    assert '"Muster, Ä and Ejemplo, Ñ and Örnek, Ş"' in text
    # Rayyan looks at the first lines only: none may break inside a cell.
    assert len(text.splitlines()) == 9
    unread.set("articles.csv", 2, pmid="77")
    text, _ = tools.export(
        unread.path, "asreview", rater="okan", abstracts={"77": "One\n  two."}
    )
    first = next(csv.DictReader(io.StringIO(text)))
    assert first["abstract"] == "One two."
    assert first["url"] == "https://doi.org/10.5555/toy.a-1"
    frame = pd.read_csv(io.StringIO(text), sep=None, engine="python")
    assert {"title", "abstract", "authors", "doi", "url"} <= set(frame.columns)


def test_an_export_of_asreview_3(unread: Folder) -> None:
    """Labels, note and tags of a file as version 3 writes it, worked out by hand."""
    found = tools.import_decisions(
        unread.path, tools.read(HERE / "asreview_v3.csv"), "okan"
    )
    assert (found.added, found.undecided, found.conflicts) == (4, 1, ())
    assert found.not_ours == ("line 6: 'A record of somebody else'",)
    rows = given_by(unread, "okan")
    assert rows["a-1"] == {
        "article_id": "a-1", "rater_id": "okan", "e1": "", "e2": "", "e3": "", "e4": "",
        "verdict": "include", "basis": "abstract read",
        "reason": 'topic_adherence; Good, read "fully"',
    }  # fmt: skip
    row = rows["a-6"]
    assert (row["verdict"], row["e1"], row["e2"], row["e3"]) == (
        "exclude", "", "no", "no",
    )  # fmt: skip
    assert rows["a-8"]["reason"] == "topic_adherence; A drug trial"
    assert rows["a-8"]["basis"] == "record only"
    # Behind the other rows of the article, not at the end.
    order = [r[:2] for r in unread.read("screening.csv") if r[0] == "a-1"]
    assert order == [["a-1", "zoe"], ["a-1", "panel"], ["a-1", "okan"]]


def test_an_export_of_asreview_3_as_ris(unread: Folder) -> None:
    """The same from RIS: notes in JSON, an old label, a record not seen."""
    decisions = tools.read(HERE / "asreview_v3.ris")
    assert decisions.tool == "asreview"
    found = tools.import_decisions(unread.path, decisions, "okan")
    assert (found.added, found.undecided) == (2, 1)
    rows = given_by(unread, "okan")
    assert rows["a-1"]["reason"] == 'Good, read "fully"'
    assert (rows["a-6"]["e2"], rows["a-6"]["e3"]) == ("no", "no")
    assert rows["a-6"]["reason"] == ""


def test_an_export_of_asreview_1_from_a_spreadsheet(unread: Folder) -> None:
    """Semicolons, no identifier of ours, numbers with a decimal, a DOI in capitals."""
    decisions = tools.read(HERE / "asreview_v1.csv")
    found = tools.import_decisions(unread.path, decisions, "okan")
    assert (found.added, found.undecided) == (2, 1)
    verdicts = {a: r["verdict"] for a, r in given_by(unread, "okan").items()}
    assert verdicts == {"a-1": "include", "a-8": "exclude"}
    assert len(found.not_ours) == 1


def test_an_export_of_rayyan_with_two_people(unread: Folder) -> None:
    """Each person's decisions go to their rater; nothing is guessed."""
    decisions = tools.read(HERE / "rayyan_articles.csv")
    assert decisions.people == list(PEOPLE)
    found = tools.import_decisions(unread.path, decisions, {"Окан": "okan"})
    assert (found.added, found.undecided, found.others) == (4, 1, ('Zoë "Z" Ä',))
    assert len(found.not_ours) == 1
    rows = given_by(unread, "okan")
    assert {a: r["verdict"] for a, r in rows.items()} == {
        "a-1": "include", "a-3": "awaiting full text", "a-6": "exclude",
        "a-8": "exclude",
    }  # fmt: skip
    assert rows["a-3"]["reason"] == "see the full text; and {its} appendix, [1]"
    # Only one person excluded: the reasons are theirs.
    assert (rows["a-6"]["e3"], rows["a-6"]["reason"]) == ("no", "wrong population")
    # Two did: the reasons stand, but answer no criterion.
    assert (rows["a-8"]["e1"], rows["a-8"]["e2"]) == ("", "")
    assert rows["a-8"]["reason"].startswith("given by one of the raters: E1: no frame")
    assert any("does not say who gave" in note for note in found.notes)
    assert unread.problems() == []


def test_rayyans_log_tells_whose_reasons_they_are(unread: Folder) -> None:
    """With the zip and the e-mail addresses each rater gets their own reasons."""
    path = unread.path.parent / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(HERE / "rayyan_articles.csv", "articles.csv")
        archive.write(HERE / "rayyan_log.csv", "customizations_log.csv")
        archive.writestr("__MACOSX/._articles.csv", b"\x00")
    whose = {**PEOPLE, "okan@example.org": "okan", "zoe@example.org": "zoe"}
    found = tools.import_decisions(unread.path, tools.read(path), whose)
    row = given_by(unread, "okan")["a-8"]
    assert (row["e1"], row["e2"], row["reason"]) == ("", "no", "")
    assert found.added == 4
    # What the other rater said before stands.
    assert [str(c).split(" (")[0] for c in found.conflicts] == [
        "a-6, zoe, verdict: exclude stands, the file says include",
    ]  # fmt: skip


def test_an_export_of_rayyan_as_ris(unread: Folder) -> None:
    """Notes on a line of their own, and a title under T1."""
    decisions = tools.read(HERE / "rayyan.ris")
    assert decisions.tool == "rayyan"
    found = tools.import_decisions(unread.path, decisions, "okan")
    assert found.added == 2
    rows = given_by(unread, "okan")
    assert (rows["a-6"]["e3"], rows["a-1"]["verdict"]) == ("no", "include")


def decided(*records: tuple[str, str, str]) -> Decisions:
    """Return a file of one person's decisions: key, title, verdict."""
    rows = [Decision(f"line {n}", (key,), title=title, said={"": Judgement(verdict)})
            for n, (key, title, verdict) in enumerate(records, 2)]  # fmt: skip
    return Decisions("asreview", "file.csv", tuple(rows))


def test_a_decision_that_stands_is_never_overwritten(folder: Folder) -> None:
    """A file that says otherwise is a conflict with both values; the row stays."""
    before = (folder.path / "screening.csv").read_bytes()
    file = decided(("a-1", "", "exclude"), ("a-2", "", "include"))
    found = tools.import_decisions(folder.path, file, "okan")
    assert (found.added, found.same) == (0, 1)
    assert [str(c) for c in found.conflicts] == [
        "a-1, okan, verdict: include stands, the file says exclude (line 2)"
    ]
    assert (folder.path / "screening.csv").read_bytes() == before


@pytest.mark.parametrize(
    ("records", "unclear"),
    [
        ([("a-1", "", "include"), ("a-1", "", "exclude")],
         "line 2 and line 3: okan decided twice on a-1, and differently"),
        ([("a-6", "Invented record on a drug", "include")],
         "is a-6 by its identifier a-6, but a-8 by its title"),
        ([("x", "Invented record, twice", "include")],
         "could be a-7 or a-8, which have this title"),
    ],
    ids=["twice", "shifted", "same title"],
)  # fmt: skip
def test_what_could_be_two_things_is_listed_and_left(
    unread: Folder, records: list[tuple[str, str, str]], unclear: str
) -> None:
    """Two decisions on one record, rows that slipped, a title of two articles."""
    if "twice" in records[0][1]:
        for row in (8, 9):
            unread.set("articles.csv", row, title="Invented record: twice")
    found = tools.import_decisions(unread.path, decided(*records), "okan")
    assert found.added == 0
    [line] = found.unclear
    assert unclear in line
    assert given_by(unread, "okan") == {}


def test_identifiers_that_contradict_a_title_are_not_ours(unread: Folder) -> None:
    """An equal title with another DOI is another article."""
    title = unread.read("articles.csv")[1][3]
    for doi, expected in (
        ("10.5555/other", ""),
        ("", "a-1"),
        ("10.5555/TOY.a-1", "a-1"),
    ):
        found = Index(Tables(unread.path)["articles"]).find(
            Decision("line 2", title=title.upper(), doi=doi)
        )
        assert found == (expected, "")


def test_two_ways_to_name_an_article_must_agree(unread: Folder) -> None:
    """Our identifier of one article with the DOI of another is unclear."""
    index = Index(Tables(unread.path)["articles"])
    article, why = index.find(Decision("line 2", ("a-3",), doi="10.5555/toy.a-2"))
    assert article == ""
    assert why == " is a-3 by its identifier a-3; a-2 by its DOI"


@pytest.mark.parametrize(
    ("rater", "message"),
    [
        ("ada", r"'ada' is not in raters\.csv; .* allowed: zoe, okan"),
        ("panel", "stands for the consensus; allowed: zoe, okan"),
        ("okan", 'holds decisions of Zoë "Z" Ä, Окан; say for each who it is'),
        ({"Ada": "zoe"}, "no decisions of 'Ada'; it has: Zoë \"Z\" Ä, Окан"),
        (dict.fromkeys(PEOPLE, "zoe"), r"two people cannot be one rater \(zoe\)"),
    ],
)
def test_a_rater_that_cannot_be_is_refused(
    unread: Folder, rater: str | dict[str, str], message: str
) -> None:
    """Unknown raters, the consensus, one rater for two people: nothing is written."""
    before = (unread.path / "screening.csv").read_bytes()
    decisions = tools.read(HERE / "rayyan_articles.csv")
    with pytest.raises(ValueError, match=message):
        tools.import_decisions(unread.path, decisions, rater)
    assert (unread.path / "screening.csv").read_bytes() == before


def test_a_criterion_of_a_record_that_was_not_excluded_is_told(unread: Folder) -> None:
    """E3 on a maybe answers nothing; it stands as the reason and is reported."""
    record = Decision("line 2", ("a-1",), labels=("E3 perhaps",),
                      said={"": Judgement("awaiting full text")})  # fmt: skip
    found = tools.import_decisions(
        unread.path, Decisions("rayyan", "f", (record,)), "okan"
    )
    row = given_by(unread, "okan")["a-1"]
    assert (row["e3"], row["reason"]) == ("", "E3 perhaps")
    assert "did not exclude it, but labelled it E3 perhaps" in found.notes[0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a,b\n1,2\n", "no table with a column title, nor a RIS file"),
        (b"title,year\nA,1\n", "holds decisions neither of ASReview"),
        (b"title,included\nA,1,2\n", r"f\.csv:2: has 3 cells; allowed: 2"),
        (b'title,included\n"A,1\n', r"f\.csv:\d: is no CSV from here on"),
        (b"title,included\n\xe9,1\n", r"is not UTF-8 \(byte 15\); save it as"),
        (b"", "no table with a column title"),
        (b"TY  - JOUR\nTI  - A\nN1  - ASReview_relevant\n", "begins 1 records"),
        (b"TY  - JOUR\nTI  - A\nTY  - JOUR\nER  - \n", "begins 2 records .* only 1"),
    ],
)
def test_a_file_that_is_none_of_them_says_what_is_wrong(
    tmp_path: Path, content: bytes, message: str
) -> None:
    """Other files, cut files and wrong encodings are refused by name and place."""
    path = tmp_path / "f.csv"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        tools.read(path)


def test_a_zip_without_one_table_lists_what_it_holds(tmp_path: Path) -> None:
    """A zip with two tables, or none, is refused with their names."""
    path = tmp_path / "two.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", "title\n")
        archive.writestr("b.ris", "TY  - JOUR\n")
    with pytest.raises(ValueError, match=r"it holds: a\.csv, b\.ris; unpack it"):
        tools.read(path)


def test_a_label_that_is_none_is_told_and_left(unread: Folder) -> None:
    """What is no label of ASReview leaves the record undecided, with a note."""
    path = write(unread, "f.csv", "title,doi,included\nA,10.5555/toy.a-1,perhaps\n")
    found = tools.import_decisions(unread.path, tools.read(path), "okan")
    assert (found.added, found.undecided) == (0, 1)
    assert found.notes == ("line 2: 'A': included 'perhaps' is neither 1 nor 0",)


def test_disagreements_name_who_said_what(folder: Folder) -> None:
    """The toy data by hand: one differs on the verdict, others on criteria only."""
    found = {d.article_id: d for d in tools.conflicts(folder.path, settled=True)}
    assert found["a-3"].said["verdict"] == {
        "zoe": "include", "okan": "awaiting full text",
    }  # fmt: skip
    assert set(found["a-6"].said) == {"e1", "e3"}
    assert [a for a, d in found.items() if "verdict" in d.said] == ["a-3"]
    assert tools.conflicts(folder.path) == []
    assert str(found["a-6"]) == "a-6: e1: zoe yes, okan partly; e3: zoe partly, okan no"


def test_a_consensus_is_written_only_where_raters_agree(folder: Folder) -> None:
    """Without the panel's rows the agreed ones come back, and nothing else."""
    rows = folder.read("screening.csv")
    agreed = {r[0]: r[6] for r in rows if r[1] == "panel"}
    folder.write("screening.csv", [r for r in rows if r[1] != "panel"])
    file = write(folder, "export.ris", "An export.")
    kept = snapshots.write_import(folder.path / "search", [], source="S", file=file)
    for row, record in enumerate(folder.read("records.csv")[1:], 2):
        if not record[5]:
            folder.set("records.csv", row, snapshot=kept.name)
    for table in ("inclusion_sets.csv",):
        folder.write(table, folder.read(table)[:1])
    found = tools.agree(folder.path)
    # a-3: they differ. a-7: one rater.
    assert found == ["a-1", "a-2", "a-4", "a-5", "a-6", "a-8"]
    panel = given_by(folder, "panel")
    assert {a: r["verdict"] for a, r in panel.items()} == {a: agreed[a] for a in found}
    assert {r["reason"] for r in panel.values()} == {"both raters agree"}
    assert tools.agree(folder.path) == []


def test_titles_are_compared_by_letters_and_digits_only() -> None:
    """Case, quotes, line breaks and width do not matter; letters of any script do."""
    assert comparable("title", "“Trust”:\nＡ 1") == comparable("title", "trust a1")
    assert comparable("title", "שלום") != comparable("title", "שלו")
    assert not re.search(r"\W", comparable("title", "a-b_c (d)").replace("_", " "))


def test_what_a_file_says_cannot_drive_a_terminal(unread: Folder) -> None:
    """Escape sequences in names, labels and titles are spelled out or gone."""
    bad = "\x1b]0;x\x07"
    said = {f"Ada{bad}": Judgement("exclude", (f"E3{bad}",), bad),
            f"Ben{bad}": Judgement("include")}  # fmt: skip
    rows = (Decision("line 2", ("a-1",), said=said, odd=(bad,)),
            Decision("line 3", title=f"T{bad}", said=said))  # fmt: skip
    file = Decisions("rayyan", "f", rows)
    found = tools.import_decisions(unread.path, file, {f"Ada{bad}": "okan"})
    row = given_by(unread, "okan")["a-1"]
    assert "\x1b" not in "".join([*found.notes, *found.others, *found.not_ours])
    assert (row["e3"], row["reason"]) == ("no", "E3]0;x; ]0;x")
    with pytest.raises(ValueError, match=r"decisions of Ada\\x1b]0;x\\x07, Ben"):
        tools.import_decisions(unread.path, file, "okan")


def test_another_doi_and_title_under_our_identifier_is_unclear(unread: Folder) -> None:
    """Rows that slipped in a spreadsheet do not put a decision on another article."""
    index = Index(Tables(unread.path)["articles"])
    title = unread.read("articles.csv")[1][3]
    other = Decision("line 2", ("a-1",), doi="10.5555/other", title="A strange title")
    assert index.find(other) == (
        "", " is a-1 by its identifier a-1, but has another PMID or DOI and title"
    )  # fmt: skip
    same = Decision("line 2", ("a-1",), doi="10.5555/other", title=title)
    assert index.find(same) == ("a-1", "")


@pytest.mark.parametrize(
    "notes",
    ['RAYYAN-INCLUSION: {' + '"a"=>[' * 20_000,
     'RAYYAN-INCLUSION: {"Ada"=>"' + "x" * 100_000 + '"}',
     'RAYYAN-INCLUSION: {"Ada"=>"Included"} | ' * 9_000],
)  # fmt: skip
def test_endless_notes_of_rayyan(folder: Folder, notes: str) -> None:
    """Notes of any length and form are read in a moment, and told in a few words."""
    begun = time.monotonic()
    quoted = notes.replace('"', '""')
    path = write(folder, "f.csv", f'title,notes\nA,"{quoted}"\n')
    [record] = tools.read(path, "rayyan").rows
    assert time.monotonic() - begun < 120  # it hung
    assert len(record.odd) < 3
    assert all(len(line) < 200 for line in record.odd)
    assert record.odd


def test_a_note_of_asreview_that_is_nested_without_end(folder: Folder) -> None:
    """A value that is no JSON a computer can read is a remark like any other."""
    text = "TY  - JOUR\nTI  - A\nN1  - ASReview_irrelevant\nN1  - asreview_note: "
    path = write(folder, "f.ris", text + "[" * 99_999 + "\nER  - \n")
    assert tools.read(path).rows[0].said[""].verdict == "exclude"


def test_a_log_of_rayyan_with_a_long_cell(folder: Folder) -> None:
    """A cell longer than Python's limit for a cell is read."""
    notes = 'RAYYAN-INCLUSION: {""Ada""=>""Excluded""}'
    table = f'key,title,notes\nrayyan-5,A,"{notes}"\n'
    head = "article_id,key,value,user_email\n"
    path = folder.path.parent / "f.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("articles.csv", table)
        archive.writestr("customizations_log.csv", f"{head}5,E3,1,{'x' * 200_000}\n")
    [record] = tools.read(path).rows
    assert [*record.logged.values()] == [("E3",)]


def test_agreement_needs_one_consensus(folder: Folder) -> None:
    """Without a rater who stands for the consensus a sentence says what is lacking."""
    folder.set("raters.csv", 4, role="rater")
    with pytest.raises(ValueError, match="must have the role 'consensus'"):
        tools.agree(folder.path)
