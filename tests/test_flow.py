"""The flow is counted from records, nothing gets lost, and another program agrees."""

from collections import Counter

import pytest
from flow_tables import WAYS, dataset, tables
from hypothesis import given, settings
from hypothesis import strategies as st
from prismaflow import PrismaFlow
from prismaflow.validation import validate_flow

from personomics import evidence, flow, prisma_template
from personomics.prisma_sums import problems

DATABASES = ("database", "register")
OTHERS = ("website", "organisation", "citation searching", "other method")
NAMES = {
    "database_results": "records_identified_databases",
    "register_results": "records_identified_registers",
    "duplicates": "records_removed_duplicates",
    "excluded_automatic": "records_removed_automation",
    "excluded_other": "records_removed_other",
    "records_screened": "records_screened",
    "records_excluded": "records_excluded",
    "dbr_sought_reports": "reports_sought",
    "dbr_notretrieved_reports": "reports_not_retrieved",
    "dbr_assessed": "reports_assessed",
    "new_studies": "studies_included",
    "website_results": "website_results",
    "organisation_results": "organisation_results",
    "citations_results": "citations_results",
    "other_sought_reports": "other_sought_reports",
    "other_notretrieved_reports": "other_notretrieved_reports",
    "other_assessed": "other_assessed",
}
EXCLUDED = {"dbr_excluded": "reports_excluded", "other_excluded": "other_excluded"}


def verdict_of_prisma_flow(n):
    """Return what the package prisma-flow says about the numbers of a diagram."""
    numbers = {name: n.get(key, 0) for key, name in NAMES.items()}
    numbers |= {name: {"reason": n[key]} if n.get(key) else {}
                for key, name in EXCLUDED.items()}  # fmt: skip
    return validate_flow(PrismaFlow.new_review(**numbers), strict_included=True)


def sets(boxes):
    """Return the records of each box as a set."""
    return dict(zip(boxes["box"], map(set, boxes["record_ids"]), strict=True))


def parts(whole, *pieces):
    """Say whether the pieces are disjoint and together the whole."""
    return whole == set().union(*pieces) and len(whole) == sum(map(len, pieces))


def conserved(ds, boxes):
    """Assert that what enters each step of the diagram leaves it, record by record."""
    box = sets(boxes)
    assert parts(
        {*ds["records"]["record_id"]},
        box["dbr_results"], box["other_results"], box["previous_studies"],
    )  # fmt: skip
    assert parts(box["dbr_results"], box["database_results"], box["register_results"])
    assert parts(
        box["dbr_removed"],
        box["duplicates"], box["excluded_automatic"], box["excluded_other"],
    )  # fmt: skip
    assert parts(
        box["dbr_results"],
        box["dbr_removed"], box["dbr_unsettled"], box["records_screened"],
    )  # fmt: skip
    assert parts(
        box["records_screened"], box["records_excluded"], box["dbr_sought_reports"]
    )
    assert parts(
        box["other_results"],
        box["website_results"], box["organisation_results"],
        box["citations_results"], box["method_results"],
    )  # fmt: skip
    assert parts(
        box["other_removed"],
        box["other_duplicates"], box["other_automatic"], box["other_reasons"],
    )  # fmt: skip
    assert parts(
        box["other_results"],
        box["other_removed"], box["other_unsettled"], box["other_sought_reports"],
    )  # fmt: skip
    new = {}
    for arm, start in (("dbr", "dbr_results"), ("other", "other_results")):
        new[arm] = box["new_studies"] & box[start]
        sought, assessed = box[f"{arm}_sought_reports"], box[f"{arm}_assessed"]
        assert parts(sought, box[f"{arm}_notretrieved_reports"], assessed)
        assert parts(assessed, box[f"{arm}_excluded"], new[arm])
    assert parts(box["new_studies"], *new.values())
    before = box["previous_studies"] & box["total_studies"]
    assert parts(box["previous_studies"], before, box["previous_left"])
    assert parts(box["total_studies"], before, box["new_studies"])


def recounted(ds):
    """Count some boxes from the rows of the tables, without any path."""
    rows = ds["records"][["found_by", "removed"]].fillna("").to_numpy().tolist()
    seen = Counter((way, removed) for way, removed in rows)

    def count(ways, *removed):
        return sum(n for (w, r), n in seen.items() if w in ways and r in removed)

    gone = ("duplicate", "automation", "other")
    return {
        "database_results": count(["database"], "", *gone),
        "register_results": count(["register"], "", *gone),
        "duplicates": count(DATABASES, "duplicate"),
        "excluded_automatic": count(DATABASES, "automation"),
        "excluded_other": count(DATABASES, "other"),
        "citations_results": count(["citation searching"], "", *gone),
        "other_removed": count(OTHERS, *gone),
        "previous_studies": count(["previous version"], "", *gone),
    }


@given(made=tables)
@settings(max_examples=1000, deadline=None)
def test_any_table_of_records_is_conserved_and_prisma_flow_agrees(mini, made):
    """Whatever the records, no box loses or doubles one; an independent check agrees.

    The included studies are the included articles, whichever arm they came by.
    """
    ds = dataset(mini, *made)
    boxes = flow.flow(ds)
    conserved(ds, boxes)
    assert [*boxes["n"]] == [*map(len, boxes["record_ids"])]
    n = dict(zip(boxes["box"], boxes["n"], strict=True))
    again = recounted(ds)
    assert {key: n[key] for key in again} == again
    articles = dict(zip(boxes["box"], boxes["article_ids"], strict=True))
    included = {f"x-{i}" for i, (_, verdict, *_) in enumerate(made[0]) if
                verdict == "include"}  # fmt: skip
    assert set(articles["total_studies"]) == included
    assert len(articles["total_studies"]) == n["total_studies"]
    found = flow.counts(ds)
    for key in ("dbr_excluded", "other_excluded"):
        assert sum(number for _, number in found.lists[key]) == n[key]
    for key in flow.FOUND.values():
        assert sum(number for _, number in found.lists[key]) == n[key]
    typed = prisma_template.from_flow(ds)
    assert problems(typed) == ()
    said = verdict_of_prisma_flow(typed.n)
    assert (said.errors, said.warnings) == ([], [])


@st.composite
def totals(draw):
    """Draw the numbers of a diagram that adds up, from the ends of its records."""
    new, out, absent, early, twice, tool, why, other, bad, missing, split, web = draw(
        st.lists(st.integers(0, 4), min_size=12, max_size=12)
    )
    n = {"dbr_assessed": new + out, "dbr_excluded": out, "new_studies": new + other}
    n |= {"dbr_notretrieved_reports": absent, "records_excluded": early}
    n["dbr_sought_reports"] = n["dbr_assessed"] + absent
    n["records_screened"] = n["dbr_sought_reports"] + early
    n |= {"duplicates": twice, "excluded_automatic": tool, "excluded_other": why}
    found = n["records_screened"] + twice + tool + why
    n["register_results"] = min(split, found)
    n["database_results"] = found - n["register_results"]
    n |= {"other_assessed": other + bad, "other_excluded": bad}
    n["other_notretrieved_reports"] = missing
    found = n["other_sought_reports"] = other + bad + missing
    n["website_results"] = min(web, found)
    n["organisation_results"] = min(split, found - n["website_results"])
    n["citations_results"] = found - n["website_results"] - n["organisation_results"]
    return n


@given(n=totals(), key=st.sampled_from([*NAMES, *EXCLUDED]))
@settings(max_examples=1000, deadline=None)
def test_a_total_that_is_one_too_high_is_caught_by_both(n, key):
    """A single wrong number is found by prisma-flow, so its silence means something."""
    assert verdict_of_prisma_flow(n).ok
    assert problems(flow.Counts(n)) == ()
    broken = {**n, key: n[key] + 1}
    assert not verdict_of_prisma_flow(broken).ok
    assert problems(flow.Counts(broken))


@given(
    n=totals(),
    moved=st.dictionaries(
        st.sampled_from([*NAMES, *EXCLUDED]), st.integers(0, 2), max_size=3
    ),
)
@settings(max_examples=1000, deadline=None)
def test_both_checks_give_the_same_verdict_on_typed_numbers(n, moved):
    """Numbers changed in up to three places: ours objects exactly when theirs does."""
    n = {key: number + moved.get(key, 0) for key, number in n.items()}
    assert bool(problems(flow.Counts(n))) is not verdict_of_prisma_flow(n).ok


def test_shipped_flow_is_conserved(ds):
    """Every shipped record is in exactly the boxes on its path."""
    conserved(ds, flow.flow(ds))


def test_mini_flow_by_hand(mini):
    """The toy diagram, counted by hand from its ten records."""
    box = sets(flow.flow(mini))
    assert box["database_results"] == {"r-a-6", "r-a-6-again", "r-x-1"}
    assert box["duplicates"] == {"r-a-6-again"}
    assert box["excluded_automatic"] == {"r-x-1"}
    assert box["records_screened"] == box["records_excluded"] == {"r-a-6"}
    assert box["dbr_sought_reports"] == set()
    assert box["other_notretrieved_reports"] == {"r-a-5"}
    assert box["other_excluded"] == {"r-a-7", "r-a-8"}
    assert box["new_studies"] == {"r-a-1", "r-a-2", "r-a-3", "r-a-4"}
    assert len(box["other_results"]) == 7
    conserved(mini, flow.flow(mini))
    held = flow.counts(mini).lists
    assert held["database_results"] == (("Embase", 2), ("Medline", 1))


def test_where_each_end_leads(mini):
    """One record of each kind, each in the box where it should end."""
    kinds = [
        ("database", "exclude", "abstract"),
        ("register", "exclude", "full text"),
        ("database", "awaiting full text", "abstract"),
        ("database", "include", "abstract"),
        ("database", None, "abstract"),
        ("website", "exclude", "abstract"),
        ("organisation", None, "abstract"),
        ("previous version", "include", "full text"),
    ]
    made = [(*kind, None, []) for kind in kinds]
    made[-1] = (*kinds[-1], None, ["database", "website", "previous version"])
    strays = [("register", "automation"), ("database", "other"), ("website", "other")]
    box = sets(flow.flow(dataset(mini, made, strays)))
    assert box["records_excluded"] == {"r-x-0"}
    assert box["dbr_excluded"] == {"r-x-1"}
    assert box["dbr_notretrieved_reports"] == {"r-x-2"}
    assert box["new_studies"] == {"r-x-3"}
    assert box["dbr_unsettled"] == {"r-x-4"}
    assert box["other_excluded"] == {"r-x-5"}
    assert box["other_unsettled"] == {"r-x-6"}
    assert box["total_studies"] == {"r-x-3", "r-x-7"}
    assert box["duplicates"] == {"r-x-7-0"}
    assert box["other_duplicates"] == {"r-x-7-1"}
    assert box["previous_left"] == {"r-x-7-2"}
    assert box["excluded_automatic"] == {"s-0"}
    assert box["excluded_other"] == {"s-1"}
    assert box["other_reasons"] == {"s-2"}


def test_every_way_of_finding_has_one_arm(mini):
    """The ways in the schema are those that the arms share among them."""
    fields = next(r for r in mini.descriptor["resources"] if r["name"] == "records")
    ways = next(f for f in fields["schema"]["fields"] if f["name"] == "found_by")
    assert set(ways["constraints"]["enum"]) == set(WAYS)
    assert [evidence.arm(way) for way in WAYS].count(evidence.DATABASES) == 2


def test_live_records_are_one_per_article(ds, mini):
    """What goes on to screening is each article once, with the arm it came by."""
    for data in (ds, mini):
        rows = evidence.live_records(data)
        assert sorted(rows["article_id"]) == sorted(data["articles"]["article_id"])
    arms = evidence.live_records(mini).set_index("article_id")["arm"]
    assert arms["a-6"] == "databases and registers"
    assert arms["a-1"] == "other methods"


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
    assert flow.only_record_seen(seen) is only


def test_reasons_are_the_first_unmet_criterion(mini):
    """By hand: a-6 fails E2 and E3, a-7 and a-8 fail E1 first."""
    rows = flow.exclusion_reasons(mini).set_index("article_id")
    assert rows["reason"].to_dict() == {"a-6": "E2", "a-7": "E1", "a-8": "E1"}
    assert rows["unmet"].to_dict() == {
        "a-6": ("E2", "E3"), "a-7": ("E1", "E2"), "a-8": ("E1", "E2", "E3"),
    }  # fmt: skip
