"""The R package's template: written as R reads it, read as people fill it in."""

import csv
import io
import re

import pytest
from flow_tables import dataset, tables, with_tables
from hypothesis import given, settings

from personomics import prisma, prisma_template
from personomics.flow import Counts
from personomics.prisma_sums import problems

#: Key, node and box of each row of inst/extdata/PRISMA.csv, and of the two rows that
#: later versions of the package add.
ROWS = """
NA node4 prevstud|previous_studies node5 box1|previous_reports NA box1|NA node6 newstud
database_results node7 box2|database_specific_results NA box2|register_results NA box2
register_specific_results NA box2|NA node16 othstud|website_results node17 box11
organisation_results - box11|citations_results NA box11|duplicates node8 box3
excluded_automatic NA box3|excluded_other NA box3|records_screened node9 box4
records_excluded node10 box5|dbr_sought_reports node11 box6
dbr_notretrieved_reports node12 box7|other_sought_reports node18 box12
other_notretrieved_reports node19 box13|dbr_assessed node13 box8
dbr_excluded node14 box9
other_assessed node20 box14|other_excluded node21 box15|new_studies node15 box10
new_reports NA box10|total_studies node22 box16|total_reports NA box16
identification node1 identification|screening node2 screening|included node3 included
total_studies_ma node23 box17|total_reports_ma NA box17
"""
NUMBERS = (
    "previous_studies", "previous_reports", "register_results", "database_results",
    "website_results", "organisation_results", "citations_results", "duplicates",
    "excluded_automatic", "excluded_other", "records_screened", "records_excluded",
    "dbr_sought_reports", "dbr_notretrieved_reports", "other_sought_reports",
    "other_notretrieved_reports", "dbr_assessed", "other_assessed", "new_studies",
    "new_reports", "total_studies$", "total_reports$", "total_studies_ma",
    "total_reports_ma",
)  # fmt: skip
REASONS = {
    "database_specific_results": "database_results",
    "register_specific_results": "register_results",
    "dbr_excluded": "dbr_excluded",
    "other_excluded": "other_excluded",
}
GOOD = {
    "database_results": "1,500", "register_results": "NA", "duplicates": "400",
    "excluded_automatic": "", "excluded_other": "100", "records_screened": "1000",
    "records_excluded": "900", "dbr_sought_reports": "100",
    "dbr_notretrieved_reports": "10", "dbr_assessed": "90",
    "dbr_excluded": "Wrong age, 40; No data, 20", "new_studies": "25",
    "new_reports": "30", "website_results": "NA", "previous_studies": "NA",
    "other_excluded": "Reason1, xxx; Reason2, xxx; Reason3, xxx",
}  # fmt: skip


def as_r_reads(source):
    """Read a template as PRISMA_data of the R package 1.1.3 does.

    Rows are found by a regular expression in the first column, separators of
    thousands are dropped, and lists are split at semicolons; a reason ends at its
    first comma.
    """
    rows = list(csv.DictReader(io.StringIO(source)))

    def cell(pattern):
        found = [r["n"] for r in rows if re.search(pattern, r["data"])]
        assert len(found) == 1, pattern
        return found[0]

    numbers = {}
    for pattern in NUMBERS:
        said = cell(pattern)
        if said != "NA":
            bare = re.sub(r"[^0-9.]", "", said.replace(",", ""))
            numbers[pattern.rstrip("$")] = int(bare)
    reasons = {}
    for pattern in REASONS:
        said = cell(pattern)
        if not re.search("[^0-9,]", said):
            reasons[pattern] = [("", int(said))]
            continue
        reasons[pattern] = []
        for part in re.split(r"; ?", said):
            n = re.sub(r".*?,([ 0-9,]*)|.*()", r"\1", part, count=1)
            reasons[pattern].append(
                (re.sub(r",.*$", "", part), int(n.replace(",", "")))
            )
    return numbers, reasons


def write(path, changes=None, **options):
    """Write a filled-in template: key and n of each row."""
    cells = {**GOOD, **(changes or {})}
    rows = [{"data": key, "box": "x", "boxtext": "NA", "n": n} for key, n in
            cells.items() if n is not None]  # fmt: skip
    out = io.StringIO()
    sheet = csv.DictWriter(out, ["data", "box", "boxtext", "n"], **options)
    sheet.writeheader()
    sheet.writerows(rows)
    path.write_text(out.getvalue(), encoding=("utf-8-sig"), newline="")
    return path


def test_export_has_the_rows_of_the_package(ds, mini):
    """34 rows: key, node and box stand as in the package's own template."""
    expected = [
        row.split() for line in ROWS.split("\n") for row in line.split("|") if row
    ]
    for data in (ds, mini):
        rows = list(csv.reader(io.StringIO(prisma_template.export(data))))
        assert ",".join(rows[0]) == "data,node,box,description,boxtext,tooltips,url,n"
        assert len(rows) == 35
        found = [[cell or "-" for cell in row[:3]] for row in rows[1:]]
        assert found == expected


def test_links_of_the_template_lead_to_the_page(mini):
    """Rows of a box that is drawn lead to it, below the address of the book."""
    source = prisma_template.export(mini, "https://example.org/book/")
    rows = {r["data"]: r["url"] for r in csv.DictReader(io.StringIO(source))}
    page = "https://example.org/book/reference/flow.html"
    assert rows["duplicates"] == f"{page}#box-dbr_removed"
    assert rows["records_screened"] == f"{page}#box-records_screened"
    assert rows["total_studies"] == page


@given(made=tables)
@settings(max_examples=150, deadline=None)
def test_round_trip_and_r_agree(mini, tmp_path_factory, made):
    """What is written is read back the same, and R reads the same numbers."""
    ds = dataset(mini, *made)
    source = prisma_template.export(ds)
    path = tmp_path_factory.getbasetemp() / "round.csv"
    path.write_text(source, encoding="utf-8")
    written, again = prisma_template.from_flow(ds), prisma_template.read(path)
    assert (dict(again.n), dict(again.lists)) == (dict(written.n), dict(written.lists))
    assert dict(again.labels) == dict(written.labels)
    assert again.remarks == problems(again) == ()
    numbers, reasons = as_r_reads(source)
    totals = {"dbr_excluded", "other_excluded"}
    assert numbers == {k: n for k, n in written.n.items() if k not in totals}
    for key, box in REASONS.items():
        assert reasons[key] == list(written.lists.get(box, [("", 0)]))


def test_names_that_would_break_the_template_are_mended(mini):
    """Commas and semicolons part lists, and quotes end labels: R sees none of them."""
    made = [("database", "include", "full text", None, [])]
    rows = dataset(mini, made)
    records = rows["records"].assign(source="=O'Neil's \"list\"; old, and\nnew \\N @@1")
    source = prisma_template.export(with_tables(rows, records=records))
    _, reasons = as_r_reads(source)
    [(name, n)] = reasons["database_specific_results"]
    assert n == 1
    assert name == "O’Neil’s ”list” / old / and new /N @1"


@pytest.mark.parametrize(
    "options",
    [{}, {"quoting": csv.QUOTE_ALL}, {"delimiter": ";"}, {"delimiter": "\t"}],
)
def test_templates_as_people_save_them_are_read(tmp_path, options):
    """BOM, quotes, other separators, missing rows, NA: the numbers come out."""
    found = prisma_template.read(write(tmp_path / "mine.csv", **options))
    assert found["database_results"] == 1500
    assert found["excluded_automatic"] == 0
    assert "register_results" not in found.n
    assert found.lists["dbr_excluded"] == (("Wrong age", 40), ("No data", 20))
    assert found["dbr_excluded"] == 60
    assert found.typed
    assert problems(found) == ()
    assert found.remarks == ("other_excluded still holds the example of the template",)
    assert "they add up" in prisma.template_figure(found).note


def test_row_names_extra_rows_and_another_order_do_not_matter(tmp_path):
    """R's row names, rows of one's own and any order: same numbers, and a remark."""
    rows = [["", "n", "data", "box", "boxtext"]]
    rows += [["9", n, key, "b", "Texto"] for key, n in reversed(GOOD.items())]
    rows.append(["10", "7", "my_row", "b", ""])
    path = tmp_path / "mine.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    found = prisma_template.read(path)
    plain = prisma_template.read(write(tmp_path / "plain.csv"))
    assert (found.n, found.lists) == (plain.n, plain.lists)
    assert found.remarks[-1] == "rows that were ignored: my_row"
    assert found.label("duplicates") == "Texto"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"records_screened": "120"}, "records screened 120, but 1,500 identified "
         "minus 500 removed is 1,000"),
        ({"dbr_sought_reports": "99"}, "reports sought for retrieval 99, but 1,000 "
         "screened minus 900 excluded is 100"),
        ({"dbr_assessed": "80"}, "reports assessed for eligibility 80, but 100 sought "
         "minus 10 not retrieved is 90"),
        ({"new_reports": "29"}, "29 reports of new studies, but 90 assessed minus 60 "
         "excluded is 30"),
        ({"new_reports": "NA"}, "25 new studies without a number of reports, but 90 "
         "assessed minus 60 excluded is 30"),
        ({"website_results": "3"}, "reports sought for retrieval (other methods): no "
         "number"),
        ({"website_results": "3", "other_sought_reports": "2",
          "other_notretrieved_reports": "2", "other_assessed": "0",
          "other_excluded": "0"}, "reports sought for retrieval (other methods) 2, but "
         "3 identified"),
        ({"previous_studies": "5", "total_studies": "31"}, "31 studies in total, but 5 "
         "previous and 25 new are 30"),
        ({"total_studies_ma": "26"}, "26 studies in the meta-analysis, but only 25 "
         "included"),
        ({"database_specific_results": "PubMed, 900; Embase, 500"}, "1,500 records "
         "from databases, but those named add up to 1,400"),
        ({"records_excluded": None}, "records excluded on title or abstract: no "
         "number"),
    ],
)  # fmt: skip
def test_sums_that_do_not_hold_are_said_in_words(tmp_path, changes, said):
    """Each equation of the diagram, broken by hand, is named with its numbers."""
    found = prisma_template.read(write(tmp_path / "mine.csv", changes))
    assert said in problems(found)
    assert said in prisma.template_figure(found).note


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"duplicates": "many"}, ":4: n of duplicates is “many”; write a whole number"),
        ({"duplicates": "-3"}, "is “-3”"),
        ({"duplicates": "3.5"}, "is “3.5”"),
        ({"dbr_excluded": "Wrong age; No data, 20"}, "“Wrong age” without a number"),
        ({"dbr_excluded": f"A, {'9' * 5000}"}, "without a number"),
        ({"dbr_excluded": "A, 1" + " 1" * 9000}, "without a number"),
        ({"dbr_excluded": "A, １２"}, "without a number"),
    ],
)
def test_a_number_that_is_none_is_refused(tmp_path, changes, said):
    """The message names file, row and box, and says what to write."""
    path = write(tmp_path / "mine.csv", changes)
    with pytest.raises(ValueError, match=re.escape(said)) as error:
        prisma_template.read(path)
    assert str(path) in str(error.value)
    assert len(str(error.value)) < 300


def test_thousands_of_rows_of_ones_own_are_a_short_remark(tmp_path):
    """A few of the rows that were ignored are named, the others counted."""
    path = write(tmp_path / "mine.csv", {})
    more = "".join(f"mine{n},box\n" for n in range(3000))
    path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")
    remark = prisma_template.read(path).remarks[-1]
    assert remark.endswith("mine0, mine1, mine2, mine3, mine4 and 2995 more")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"a,b\n1,2\n", "is no template"),
        (b"", "is no template"),
        ("data,box,n\nduplicates,b,ü\n".encode("latin-1"), "is not UTF-8"),
        (b"data,box,n\nduplicates,b,1\nduplicates,b,2\n", "stands in row 2 as well"),
        (b'data,box,n\nduplicates,b,"' + b"1" * 200_000, "save it again|whole number"),
    ],
)
def test_a_file_that_is_no_template_is_refused(tmp_path, data, said):
    """Another table, other bytes, a row twice: one sentence, no traceback."""
    path = tmp_path / "mine.csv"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=said):
        prisma_template.read(path)


def test_a_reason_may_hold_commas(tmp_path):
    """The number is what stands behind the last comma that is followed by digits."""
    changes = {"dbr_excluded": "Wrong age, adults, 1,040 ; No data,20"}
    found = prisma_template.read(write(tmp_path / "mine.csv", changes))
    assert found.lists["dbr_excluded"] == (("Wrong age, adults", 1040), ("No data", 20))


def test_typed_words_are_drawn(tmp_path):
    """A translated template keeps its words, and its reports stand with the studies."""
    found = prisma_template.read(write(tmp_path / "mine.csv"))
    named = Counts(
        found.n, found.lists, {**found.labels, "records_screened": "Gelesen"}
    )
    svg = prisma.template_figure(named).svg
    assert "Gelesen" in svg
    assert "(n = 30)" in svg
