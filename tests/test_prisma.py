"""The PRISMA diagram: every number drawn once, every box a link to its records."""

import re
from xml.etree import ElementTree as ET

import pytest
from flow_tables import dataset, with_tables

from personomics import flow, flow_chart, prisma
from personomics.book import flow_page
from personomics.figure_files import chart_svg
from personomics.flow import JUDGEMENT, Counts

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = 'A "source" & <b>its</b> \x1b[31m name ' + "x" * 4000


def links(svg):
    """Return the words inside each link of a picture, by its address."""
    top = ET.fromstring(svg)
    return {
        a.get("href"): " ".join(t.text or "" for t in a.iter(f"{SVG}text"))
        for a in top.iter(f"{SVG}a")
    }


def words(svg):
    """Return all words of a picture, in the order in which they are drawn."""
    return " ".join(t.text or "" for t in ET.fromstring(svg).iter(f"{SVG}text"))


def article(way, verdict, seen="full text", unmet=None, again=()):
    """Return an article as the random tables hold it."""
    return (way, verdict, seen, unmet, list(again))


@pytest.fixture
def update(mini):
    """Return an update of a review: every arm holds records, some wait."""
    made = [
        article("previous version", "include", again=["database"]),
        article("database", "include"),
        article("register", None),
        article("website", "exclude", unmet="e2"),
        article("citation searching", "include", again=["website"]),
        article("other method", None),
    ]
    return dataset(mini, made, [("database", "automation")])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"e4": "partly"}, "E4"),
        ({"e4": "no"}, "E4"),
        ({"e3": "partly"}, JUDGEMENT),
        ({"e1": None}, JUDGEMENT),
    ],
)
def test_partly_fails_only_the_last_criterion(mini, changes, reason):
    """The codebook asks that E4 is met; of the others only a no excludes."""
    rows = mini["screening"].copy()
    rows.loc[rows["article_id"] == "a-4", "verdict"] = "exclude"
    given_by = (rows["article_id"] == "a-4") & (rows["rater_id"] == "zoe")
    for column, value in changes.items():
        rows.loc[given_by, column] = value
    found = flow.exclusion_reasons(with_tables(mini, screening=rows))
    assert found.set_index("article_id").loc["a-4", "reason"] == reason


def test_reasons_add_up_to_the_exclusions(ds):
    """Each excluded record of the shipped data has one first reason."""
    table = prisma.reasons_table(ds).frame
    found = flow.counts(ds)
    excluded = ("records_excluded", "dbr_excluded", "other_excluded")
    assert table["first"].sum() == sum(found[key] for key in excluded)
    assert (table["any"] >= table["first"]).all()


def test_figure_shows_the_numbers_of_its_table(ds, mini, update):
    """Each number of the diagram's table is drawn, with separators of thousands."""
    for data in (ds, mini, update):
        figure = prisma.flow_figure(data)
        drawn = words(figure.svg)
        for n in figure.table["n"]:
            assert f"(n = {n:,})" in drawn
        assert "included" in figure.alt


def test_every_box_is_one_link_to_its_records(ds, mini, update):
    """A drawn box is one link, names its number, and leads to a place on the page."""
    for data in (ds, mini, update):
        found = flow.counts(data)
        shown = flow_chart.boxes_shown(found)
        drawn = links(prisma.flow_figure(data).svg)
        assert set(drawn) == {f"../reference/flow.html#box-{key}" for key in shown}
        for key in shown:
            inside = drawn[f"../reference/flow.html#box-{key}"]
            assert f"(n = {found[key]:,})" in inside
        page = str(flow_page.sections(data))
        for key in shown:
            assert page.count(f'id="box-{key}"') == 1


def test_links_survive_the_page_and_have_names(update):
    """On a page the links keep their address, and each has a name of its own."""
    html = str(prisma.flow_figure(update).html())
    named = re.findall(
        r'<a href="\.\./reference/flow\.html#box-[^"]+" aria-label="([^"]+)"', html
    )
    assert len(named) == len(set(named)) == len(links(prisma.flow_figure(update).svg))
    assert "Records screened, 1 record (databases and registers)" in named
    assert 'role="group"' in html.split("<svg", 1)[1].split(">", 1)[0]
    assert "Records screened" in html, "words stay text that can be selected"


def test_the_picture_alone_draws_all_that_the_links_hold(update):
    """Making links moves groups of the picture and drops none of their words."""
    found = flow.counts(update)
    chart, keys = flow_chart.draw(found)
    plain = chart_svg(chart)
    made = prisma.linked(plain, {key: ("#x-" + key, key) for key in keys})
    assert sorted(words(plain).split()) == sorted(words(made).split())
    assert plain.count("<path") == made.count("<path")


def test_an_arm_without_records_is_left_out_but_for_the_databases(mini, update):
    """Databases not searched are shown, last and dashed; other arms only if used."""
    by_hand = dataset(mini, [article("website", "include")])
    assert flow_chart.arms_shown(flow.counts(by_hand)) == [
        "other methods", "databases and registers",
    ]  # fmt: skip
    assert "The Medline search" in words(prisma.flow_figure(by_hand).svg)
    searched = dataset(mini, [article("database", "include")])
    assert flow_chart.arms_shown(flow.counts(searched)) == ["databases and registers"]
    drawn = words(prisma.flow_figure(searched).svg)
    assert "other methods" not in drawn
    assert "not been run" not in drawn
    assert "in total" not in drawn
    assert flow_chart.arms_shown(flow.counts(update))[0] == "previous"


def test_an_update_shows_the_previous_version_and_the_total(update):
    """By hand: one study before, two new, three in all; one waits in each arm."""
    drawn = words(prisma.flow_figure(update).svg)
    for shown in (
        "Studies included in previous version of review (n = 1)",
        "New studies included in review (n = 2)",
        "Total studies included in review (n = 3)",
        "Identification of new studies via other methods",
        "Records without a consensus yet (n = 1)",
    ):
        assert shown in drawn, shown


def test_boxes_of_exceptions_appear_only_with_records(ds):
    """Nothing is said of removals from other methods or of waiting where none are."""
    drawn = words(prisma.flow_figure(ds).svg)
    found = flow.counts(ds)
    assert ("without a consensus" in drawn) is bool(
        found["dbr_unsettled"] + found["other_unsettled"]
    )
    assert ("Records removed (n" in drawn) is bool(found["other_removed"])


def test_no_record_at_all(mini):
    """An empty table of records still gives a diagram, all zero, and a page."""
    made = dataset(mini, [])
    assert flow.flow(made)["n"].sum() == 0
    assert prisma.flow_figure(made).png
    assert prisma.numbers(made)["assessed"] == 0
    assert "No record came this way" in str(flow_page.sections(made))


def test_numbers_of_the_toy_data(mini):
    """By hand: six reports assessed, of which four on the abstract alone."""
    numbers = prisma.numbers(mini)
    assert (numbers["assessed"], numbers["record-only"]) == (6, 4)
    assert (numbers["reasons-by-criterion"], numbers["judgement"]) == (3, 0)
    assert numbers["other-identified"] == 7


def test_hostile_and_many_sources_stay_in_their_box(mini):
    """A source's name is text of bounded length; of many, the rest is one line."""
    sources = tuple((f"{HOSTILE[:40]}{n}", 10) for n in range(30))
    found = Counts({"database_results": 300}, {"database_results": sources})
    lines = flow_chart.words(found, "dbr_results")
    assert len(lines) < 15
    assert (
        sum(int(n) for n in re.findall(r"^· .*\(n = (\d+)\)", "\n".join(lines), re.M))
        == 300
    )
    rows = dataset(mini, [article("database", "include")])
    records = rows["records"].assign(source=HOSTILE)
    figure = prisma.flow_figure(with_tables(rows, records=records))
    assert "<b>" not in figure.svg
    assert "\x1b" not in figure.svg
    place = figure.svg.split("viewBox=", 1)[1].split('"')[1].split()
    assert float(place[3]) < 800


def test_typed_numbers_are_marked_and_have_no_links():
    """A diagram of typed numbers says so, says what is wrong, and leads nowhere."""
    n = dict.fromkeys((*flow.BOXES,), 0)
    n |= {"database_results": 150, "duplicates": 20, "records_screened": 120}
    figure = prisma.template_figure(Counts(n, typed=True))
    assert "typed, not counted" in figure.note
    assert (
        "records screened 120, but 150 identified minus 20 removed is 130"
        in figure.note
    )
    assert links(figure.svg) == {}
    assert "(n = 150)" in words(figure.svg)


def test_the_page_says_of_each_record_where_it_went_and_why(mini):
    """By hand: the duplicate names the kept record and the rule; a-7 its reason."""
    page = str(flow_page.sections(mini))
    assert "kept: <code>r-a-6</code> from Medline, by: same DOI (The same DOI)" in page
    assert "went to: reports excluded, E1 not met" in page
    assert "A &lt;b&gt;letter&lt;/b&gt; &amp; its reply" in page
    assert "Language filter" in page
    assert "Pairs that wait" not in page


def test_no_cell_of_the_file_is_a_formula(mini):
    """A title that a spreadsheet would compute is marked as text."""
    rows = mini["records"].copy()
    rows.loc[rows["record_id"] == "r-x-1", "title"] = '=HYPERLINK("http://x","y")'
    source = flow_page.records_csv(with_tables(mini, records=rows))
    assert "'=HYPERLINK" in source
    assert flow_page.files(mini)["reference/prisma-flow-template.csv"]


def test_the_page_lists_what_waits_for_a_person(mini):
    """A pair that may be the same article is shown with rule and evidence."""
    rows = mini["duplicates"].copy()
    rows.loc[len(rows)] = [
        "r-a-8",
        "r-a-7",
        "similar",
        "titles differ",
        "maybe",
        "rule",
    ]
    made = flow_page.sections(with_tables(mini, duplicates=rows))
    heading, table = made[-1]
    assert heading == "Pairs that wait for a person"
    assert "titles differ" in table
    assert "1 pair of records" in table


def test_a_page_of_12_000_records_stays_usable(mini):
    """Lists stop at a limit and lead to the file, which holds every record once."""
    made = [article("database", "exclude", "abstract", "e1")] * 11_900
    made += [article("register", "include")] * 100
    ds = dataset(mini, made)
    page = str(flow_page.sections(ds))
    assert len(page) < 2_000_000
    assert f"The first {flow_page.LISTED} of 12,000 records" in page
    assert './records-in-boxes.csv"' in page
    lines = flow_page.records_csv(ds).splitlines()
    assert len(lines) == 12_001
    assert lines[1].startswith(
        "r-x-0,x-0,,PubMed,database,dbr_results database_results "
    )
    assert "E1 not met" in lines[1]
    assert "(n = 12,000)" in words(prisma.flow_figure(ds).svg)
