"""The ledger: every verdict follows from the data."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from types import MappingProxyType

import pandas as pd
import pytest

from personomics import claims, load
from personomics.claims import AGREES, DESIGN, DIFFERS, UNCHECKED
from personomics.dataset import DEFAULT, Dataset


@pytest.fixture(scope="module")
def ds() -> Dataset:
    """Return the shipped data."""
    return load(DEFAULT)


def change(ds: Dataset, **tables: pd.DataFrame) -> Dataset:
    """Return the data with some tables exchanged."""
    return replace(ds, tables=MappingProxyType({**ds.tables, **tables}))


def one(ds: Dataset, check: str, paper: int | None = None) -> pd.Series:
    """Return the only row of a ledger with one claim."""
    claim = {"claim_id": "X", "kind": "result", "claim": "It is so.", "check": check}
    frame = pd.DataFrame([{**claim, "paper_value": paper}])
    return claims.ledger(change(ds, claims=frame)).iloc[0]


def screened(ds: Dataset, verdicts: list[str]) -> Dataset:
    """Return data with one article per consensus verdict."""
    ids = [f"a{n}" for n in range(len(verdicts))]
    articles = ds["articles"].head(len(ids)).assign(article_id=ids)
    screening = (
        ds["screening"]
        .head(len(ids))
        .assign(article_id=ids, rater_id=ds.consensus, verdict=verdicts)
    )
    return change(
        ds,
        articles=articles,
        screening=screening,
        inclusion_sets=ds["inclusion_sets"].head(0),
    )


def test_every_check_of_the_schema_has_a_function():
    """The values allowed in the column `check` are the registered checks, no others."""
    contract = json.loads((DEFAULT / "datapackage.json").read_text("utf-8"))
    table = next(r for r in contract["resources"] if r["name"] == "claims")
    field = next(f for f in table["schema"]["fields"] if f["name"] == "check")
    assert field["constraints"]["enum"] == list(claims.CHECKS)


def test_every_claim_gets_one_sentence_and_a_known_verdict(ds):
    """Each claim has a verdict with symbol and class, and ends in one full stop."""
    table = claims.ledger(ds)
    assert list(table.columns) == list(claims.COLUMNS)
    assert list(table["claim_id"]) == list(ds["claims"]["claim_id"])
    assert set(table["verdict"]) <= set(claims.VERDICTS)
    for why in table["why"]:
        assert re.fullmatch(r"[A-Z].*[^.]\.", why)
        assert not re.search(r"\. [A-Z]", why)


def test_an_equal_number_agrees_and_any_other_differs(ds):
    """Two of three records included: 2 agrees, 3 differs, no number is unchecked."""
    small = screened(ds, ["include", "exclude", "include"])
    rows = {paper: one(small, "included", paper) for paper in (2, 3, None)}
    assert [rows[p]["verdict"] for p in (2, 3, None)] == [AGREES, DIFFERS, UNCHECKED]
    assert rows[3]["computed"] == "2 included articles"
    assert "2 of 3 records" in rows[3]["why"]
    assert "need not be" in rows[2]["why"]


def test_a_rule_that_keeps_the_papers_number_is_not_agreement(ds):
    """The verdict rests on all included articles, whatever a narrower rule keeps."""
    small = screened(ds, ["include", "include", "include"])
    rules = ds["inclusion_rules"].head(2).assign(rule_id=["r1", "r2"])
    sets = pd.DataFrame(
        {"rule_id": ["r1"] * 3 + ["r2"], "article_id": ["a0", "a1", "a2", "a0"]}
    )
    row = one(change(small, inclusion_rules=rules, inclusion_sets=sets), "included", 1)
    assert row["verdict"] == DIFFERS
    assert row["why"] == (
        "These data include 3 of 3 records screened, so they cannot be the paper's "
        "set of articles."
    )


def test_search_is_unchecked_until_a_record_comes_from_a_database(ds):
    """The claim of a Medline search can be met only by records from databases."""
    records = ds["records"].head(3)
    none = records.assign(found_by="other method")
    some = records.assign(found_by=["other method", "database", "website"])
    assert one(change(ds, records=none), "search")["verdict"] == UNCHECKED
    row = one(change(ds, records=some), "search")
    assert (row["verdict"], row["computed"]) == (
        AGREES,
        "1 of 3 records from databases",
    )


def test_framework_holds_by_design_unless_a_place_is_missing(ds):
    """A factor without a level breaks the design; no factors leave nothing to check."""
    factors = ds["factors"].head(2)
    whole = one(change(ds, factors=factors), "framework")
    broken = one(
        change(ds, factors=factors.assign(level=["individual", None])), "framework"
    )
    empty = one(change(ds, factors=factors.head(0)), "framework")
    assert whole["verdict"] == DESIGN
    assert (broken["verdict"], broken["computed"]) == (DIFFERS, "1 of 2 factors placed")
    assert empty["verdict"] == UNCHECKED


def test_cases_counts_only_eligible_narratives(ds):
    """Of three narratives one is eligible, so 1 agrees and 3 differs."""
    cases = ds["cases"].head(3).assign(eligible=pd.array([True, False, False]))
    small = change(ds, cases=cases)
    assert one(small, "cases", 1)["verdict"] == AGREES
    row = one(small, "cases", 3)
    assert (row["verdict"], row["computed"]) == (DIFFERS, "1 eligible narrative")
    assert "another sample" in row["why"]


def test_factors_counts_active_ones_and_tells_where_they_were_found(ds):
    """Three active factors of four: one from each origin."""
    factors = (
        ds["factors"]
        .head(4)
        .assign(
            status=["active", "active", "active", "deprecated"],
            origin=[
                "literature",
                "published abstract",
                "case narratives",
                "literature",
            ],
        )
    )
    row = one(change(ds, factors=factors), "factors", 3)
    assert (row["verdict"], row["computed"]) == (AGREES, "3 active factors")
    for part in ("literature (1)", "published abstract (1)", "case narratives (1)"):
        assert part in row["why"]


def test_examples_tell_independent_from_circular_agreement(ds):
    """Both raters said so for one of two; the other was settled by the abstract."""
    factors = (
        ds["factors"]
        .head(3)
        .assign(
            factor_id=["f1", "f2", "f3"],
            label=["Age", "Thinking", "Burden"],
            stability=["stable", "stable", "dynamic"],
            named_in_abstract=["stable", "stable", "dynamic"],
            resolution=[None, "named in the published abstract", None],
        )
    )
    first, second = list(ds["raters"].query("role == 'rater'")["rater_id"])[:2]
    ratings = pd.DataFrame(
        [
            ("f1", first, "stable"), ("f1", second, "stable"),
            ("f2", first, "stable"), ("f2", second, "dynamic"),
            ("f3", first, "dynamic"), ("f3", second, "dynamic"),
        ],
        columns=["factor_id", "rater_id", "stability"],
    )  # fmt: skip
    small = change(ds, factors=factors, factor_ratings=ratings)
    stable, dynamic = (one(small, f"{kind} examples") for kind in ("stable", "dynamic"))
    assert (stable["verdict"], dynamic["verdict"]) == (AGREES, AGREES)
    assert "for 1 of 2" in stable["why"]
    assert "Thinking" in stable["why"]
    assert "circular" in stable["why"]
    assert "circular" not in dynamic["why"]
    factors["stability"] = ["stable", "dynamic", "dynamic"]
    row = one(change(small, factors=factors), "stable examples")
    assert (row["verdict"], row["computed"]) == (
        DIFFERS,
        "1 of 2 examples labelled stable",
    )
    assert "labelled otherwise: Thinking" in row["why"]
    factors["named_in_abstract"] = None
    assert (
        one(change(small, factors=factors), "stable examples")["verdict"] == UNCHECKED
    )


def test_trial_data_follow_the_published_figures(ds):
    """The range of the social figures is shown, and settles nothing."""
    facts = ds["trial_facts"].head(1).assign(fact_id="t", topic="reporting")
    values = pd.DataFrame(
        {
            "fact_id": "t",
            "label": ["Income", "education or literacy", "sex"],
            "measure": "percent",
            "value": [4.0, 12.0, 99.0],
        }
    )

    def row(value: float, rows: int = 3) -> pd.Series:
        changed = values.assign(value=[4.0, value, 99.0]).head(rows)
        return one(
            change(ds, trial_facts=facts, trial_fact_values=changed), "trial data"
        )

    found = row(12)
    assert found["verdict"] == UNCHECKED
    assert found["computed"] == "4% to 12% of trials report social circumstances"
    assert "and 99% other characteristics" in found["why"]
    assert row(12, rows=1)["computed"].startswith("4% of trials")
    assert row(12, rows=0)["computed"] == "no figures"


def test_agenda_counts_factors_without_a_direct_brief_instrument(ds):
    """A proxy and a long direct instrument both leave their factor in the gap."""
    factors = ds["factors"].head(3).assign(factor_id=["f1", "f2", "f3"])
    tools = (
        ds["instruments"]
        .head(2)
        .assign(instrument_id=["brief", "long"], brief=pd.array([True, False]))
    )
    fits = pd.DataFrame(
        {
            "instrument_id": ["brief", "brief", "long"],
            "factor_id": ["f1", "f2", "f3"],
            "directness": ["direct", "proxy", "direct"],
        }
    )
    small = change(ds, factors=factors, instruments=tools, instrument_factors=fits)
    row = one(small, "agenda")
    assert row["verdict"] == UNCHECKED
    assert row["computed"].startswith("2 of 3 factors")


def test_mechanism_holds_by_design(ds):
    """That factors act through engagement is assumed, whatever the data."""
    assert one(ds, "mechanism")["verdict"] == DESIGN


def test_table_and_glance_say_the_verdict_in_words(ds):
    """Each claim's line has its verdict in words, a link to its card, and no script."""
    rows = claims.ledger(ds)
    table = claims.claims_table(ds).html()
    block = claims.glance(ds, root="..").html
    for row in rows.to_dict("records"):
        assert f'<tr id="{row["claim_id"]}">' in table
        assert f'href="../reference/claims.html#{row["claim_id"]}"' in block
    for text in (table, block):
        for verdict in set(rows["verdict"]):
            symbol, kind = claims.VERDICTS[verdict]
            mark = f'<span aria-hidden="true">{symbol}</span> {verdict}'
            assert f'<span class="pc-verdict {kind}">{mark}' in text


def test_no_claims_make_an_honest_sentence(ds):
    """A dataset without claims has an empty ledger and says so."""
    bare = change(ds, claims=ds["claims"].head(0))
    assert claims.ledger(bare).empty
    assert "No claim is on record" in claims.glance(bare).html
    assert claims.numbers(bare)["included-paper"] == "–"


def test_numbers_are_those_of_the_ledger(ds):
    """The verdict counts add up to the number of claims."""
    found = claims.numbers(ds)
    assert (
        sum(claims.verdict_counts(ds).values()) == found["claims"] == len(ds["claims"])
    )
    paper = ds["claims"].set_index("check")["paper_value"]
    assert found["factors-paper"] == str(paper["factors"])
