"""The PRISMA flow is counted from record states, and nothing gets lost on the way."""

from dataclasses import replace
from types import MappingProxyType

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personomics import prisma
from personomics.prisma import DATABASES, JUDGEMENT, OTHER

VERDICTS = ("include", "awaiting full text", "exclude", None)
SEEN = ("abstract", "title and record", "full text", "abstract + table")


def with_tables(ds, **frames):
    """Return a dataset with some tables replaced."""
    return replace(ds, tables=MappingProxyType({**ds.tables, **frames}))


def screened(ds, records):
    """Return a dataset of records given as (arm, text seen, consensus or None)."""
    articles = ds["articles"].iloc[[0] * len(records)].reset_index(drop=True)
    articles["article_id"] = [f"x-{n}" for n in range(len(records))]
    articles["identified_by"] = [arm for arm, _, _ in records]
    articles["text_seen"] = [seen for _, seen, _ in records]
    rows = [(f"x-{n}", ds.consensus, *[None] * 4, verdict, None, None)
            for n, (_, _, verdict) in enumerate(records) if verdict]  # fmt: skip
    old = ds["screening"]
    screening = pd.DataFrame(rows, columns=list(old.columns)).astype(old.dtypes)
    articles = articles.astype(ds["articles"].dtypes)
    return with_tables(ds, articles=articles, screening=screening)


def sets(ds):
    """Return the records of each box as a set."""
    boxes = prisma.flow(ds)[["box", "article_ids"]]
    return {key: set(ids) for key, ids in boxes.to_numpy()}


def parts(whole, *pieces):
    """Say whether the pieces are disjoint and together the whole."""
    return whole == set().union(*pieces) and len(whole) == sum(map(len, pieces))


def conserved(ds):
    """Assert that what enters each step of the diagram leaves it, record by record."""
    box = sets(ds)
    included = {
        arm: box["new_studies"] & box[start]
        for arm, start in ((DATABASES, "database_results"), (OTHER, "other_results"))
    }
    assert parts(box["new_studies"], *included.values())
    assert parts(box["database_results"], box["dbr_unsettled"], box["records_screened"])
    assert parts(
        box["records_screened"], box["records_excluded"], box["dbr_sought_reports"]
    )
    assert parts(
        box["dbr_sought_reports"], box["dbr_notretrieved_reports"], box["dbr_assessed"]
    )
    assert parts(box["dbr_assessed"], box["dbr_excluded"], included[DATABASES])
    assert parts(
        box["other_results"], box["other_unsettled"], box["other_sought_reports"]
    )
    assert parts(
        box["other_sought_reports"],
        box["other_notretrieved_reports"],
        box["other_assessed"],
    )
    assert parts(box["other_assessed"], box["other_excluded"], included[OTHER])
    ids = set(ds["articles"]["article_id"])
    assert parts(ids, box["database_results"], box["other_results"])


def test_shipped_flow_is_conserved(ds):
    """Every shipped record is in exactly the boxes on its path."""
    conserved(ds)


def test_mini_flow_by_hand(mini):
    """The toy diagram, counted by hand from its eight records."""
    box = sets(mini)
    assert box["records_excluded"] == {"a-6"}
    assert box["dbr_sought_reports"] == set()
    assert box["other_notretrieved_reports"] == {"a-5"}
    assert box["other_excluded"] == {"a-7", "a-8"}
    assert box["new_studies"] == {"a-1", "a-2", "a-3", "a-4"}
    assert len(box["other_results"]) == 7
    conserved(mini)


records = st.lists(
    st.tuples(
        st.sampled_from((DATABASES, OTHER)), st.sampled_from(SEEN),
        st.sampled_from(VERDICTS),
    ),
    max_size=12,
)  # fmt: skip


@given(rows=records)
@settings(max_examples=25, deadline=None)
def test_any_flow_is_conserved(mini, rows):
    """Whatever the states, arms and texts seen, no record is lost or doubled."""
    made = screened(mini, rows)
    conserved(made)
    boxes = prisma.flow(made)
    assert (boxes["n"] == boxes["article_ids"].map(len)).all()
    twin = prisma.twin(made)
    whole = twin.loc[twin["label"] == "Reports excluded", "n"].sum()
    reasons = twin.loc[twin["label"].str.startswith("of these"), "n"].sum()
    assert whole == reasons


def test_where_each_end_leads(mini):
    """One record of each kind, each in the box where it should end."""
    made = screened(
        mini,
        [
            (DATABASES, "abstract", "exclude"),
            (DATABASES, "full text", "exclude"),
            (DATABASES, "abstract", "awaiting full text"),
            (DATABASES, "abstract", "include"),
            (DATABASES, "abstract", None),
            (OTHER, "abstract", "exclude"),
            (OTHER, "abstract", None),
        ],
    )
    box = sets(made)
    assert box["records_excluded"] == {"x-0"}
    assert box["dbr_excluded"] == {"x-1"}
    assert box["dbr_notretrieved_reports"] == {"x-2"}
    assert box["new_studies"] == {"x-3"}
    assert box["dbr_unsettled"] == {"x-4"}
    assert box["other_excluded"] == {"x-5"}
    assert box["other_unsettled"] == {"x-6"}


@pytest.mark.parametrize(
    ("seen", "only"),
    [
        ("abstract", True),
        ("Abstract (cut in results)", True),
        ("title and record", True),
        ("record only", True),
        ("abstract + table", False),
        ("full text beginning", False),
        ("text beginning", False),
        ("table (adapted, in an abstract)", False),
    ],
)
def test_only_record_seen(seen, only):
    """Title, record and abstract are the record; anything more is the report."""
    assert prisma.only_record_seen(seen) is only


def test_reasons_are_the_first_unmet_criterion(mini):
    """By hand: a-6 fails E2 and E3, a-7 and a-8 fail E1 first."""
    rows = prisma.exclusion_reasons(mini).set_index("article_id")
    assert rows["reason"].to_dict() == {"a-6": "E2", "a-7": "E1", "a-8": "E1"}
    assert rows["unmet"].to_dict() == {
        "a-6": ("E2", "E3"), "a-7": ("E1", "E2"), "a-8": ("E1", "E2", "E3"),
    }  # fmt: skip


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
    found = prisma.exclusion_reasons(with_tables(mini, screening=rows))
    assert found.set_index("article_id").loc["a-4", "reason"] == reason


def test_reasons_add_up_to_the_exclusions(ds):
    """Each excluded record of the shipped data has one first reason."""
    table = prisma.reasons_table(ds).frame
    box = sets(ds)
    excluded = box["records_excluded"] | box["dbr_excluded"] | box["other_excluded"]
    assert table["first"].sum() == len(excluded)
    assert (table["any"] >= table["first"]).all()


def test_figure_shows_the_numbers_of_its_table(ds, mini):
    """Each number of the diagram's table is drawn, and an empty arm says why."""
    for data in (ds, mini):
        figure = prisma.flow_figure(data)
        for n in prisma.flow(data)["n"]:
            assert f"(n = {n})" in figure.svg or n == 0
        assert "Studies included: " in figure.alt
        assert figure.min_width > 390
    assert "has not been run" not in prisma.flow_figure(mini).svg
    made = screened(mini, [(OTHER, "abstract", "include")])
    assert "The Medline search" in prisma.flow_figure(made).svg


def test_no_record_at_all(mini):
    """An empty table of records still gives a diagram, all zero."""
    made = screened(mini, [])
    assert prisma.flow(made)["n"].sum() == 0
    assert prisma.flow_figure(made).png
    assert prisma.numbers(made)["assessed"] == 0


def test_numbers_of_the_toy_data(mini):
    """By hand: six reports assessed, of which four on the abstract alone."""
    numbers = prisma.numbers(mini)
    assert (numbers["assessed"], numbers["record-only"]) == (6, 4)
    assert (numbers["reasons-by-criterion"], numbers["judgement"]) == (3, 0)
