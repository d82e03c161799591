"""The ranked agenda: counted anew from the files, worded by hand, safe to download."""

import csv
import io
import json
import re
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pandas as pd
import pytest

from personomics import agenda, gaps
from personomics.book import agenda_page, instruments, pages

MINI = Path(__file__).parent / "data" / "mini"
HOSTILE = "=1+1 <script>alert(1)</script> & \"q\" 'a' ``` {{ x }} 🏡"


def changed(ds, **tables):
    """Return the data with some tables replaced."""
    return replace(ds, tables=MappingProxyType({**ds.tables, **tables}))


def table(ds, name):
    """Return the rows of a file, read by the csv module alone."""
    with (ds.folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def shown(ds):
    """Return the page as Markdown text."""
    return pages.make("reference/agenda", ds, {})


def saved(ds):
    """Return the rows of the CSV file and the content of the JSON file."""
    files = agenda_page.files(ds)
    text = files["reference/agenda.csv"].decode("utf-8")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    return rows, json.loads(files["reference/agenda.json"])


@pytest.fixture(params=["ds", "mini"])
def any_ds(request):
    """Return the shipped data, then the invented ones."""
    return request.getfixturevalue(request.param)


def test_counts_are_those_of_the_files(any_ds):
    """Every count of a factor is found again by going through the files row by row."""
    tools = {r["instrument_id"]: r for r in table(any_ds, "instruments")}
    mine = defaultdict(list)
    for row in table(any_ds, "instrument_factors"):
        mine[row["factor_id"]].append((row["directness"], tools[row["instrument_id"]]))
    rows = agenda.gap_data(any_ds).set_index("factor_id")
    active = [r for r in table(any_ds, "factors") if r["status"] == "active"]
    assert set(rows.index) == {r["factor_id"] for r in active}
    for key, row in rows.iterrows():
        found = mine[key]
        lengths = [int(t["n_items"]) for _, t in found if t["n_items"]]
        assert row["instruments"] == len(found), key
        for kind in ("direct", "partial", "proxy"):
            assert row[kind] == sum(d == kind for d, _ in found), key
        assert row["brief"] == sum(t["brief"] == "true" for _, t in found), key
        assert row["items_not_seen"] == len(found) - len(lengths), key
        if lengths:
            assert row["fewest_items"] == min(lengths), key
        else:
            assert pd.isna(row["fewest_items"]), key
        for kind in ("free", "conditions", "permission", "not seen"):
            count = sum(t["licence_class"] == kind for _, t in found)
            assert row[f"licence_{kind.replace(' ', '_')}"] == count, key
        assert row["recall_seen"] == sum(bool(t["recall_period"]) for _, t in found)
        people = set(filter(None, row["reporters"].split(" | ")))
        assert people == {t["reporter"] for _, t in found}, key


def test_mini_row_by_hand(mini):
    """The grip test is a part, the toy scale something near: worked out by hand."""
    [row] = [r for r in saved(mini)[0] if r["factor_id"] == "P-2"]
    assert row == {
        "factor_id": "P-2", "label": "Bodily strength",
        "com_b": "physical capability", "stability": "stable", "rank": "1",
        "status": "partial only",
        "reason": "2 articles and 1 narrative name it; the closest instrument measures "
        "a part of it (length not seen); it needs a licence, a fee or permission.",
        "articles": "2", "cases": "1", "instruments": "2", "best": "Q2",
        "direct": "0", "partial": "1", "proxy": "1", "brief": "1",
        "fewest_items": "4", "items_not_seen": "1", "licence_free": "1",
        "licence_conditions": "0", "licence_permission": "1", "licence_not_seen": "0",
        "reporters": "clinician | self", "recall_seen": "1",
        "recall_periods": "past week", "data_version": "3.1.4",
    }  # fmt: skip


def tools_of(*rows):
    """Return instruments of (items, class of the terms of use)."""
    return pd.DataFrame(rows, columns=["n_items", "licence_class"])


@pytest.mark.parametrize(
    ("gap", "closest", "named", "sentence"),
    [
        (
            ("partial only", 6, 6), [(5, "free")], False,
            "6 articles and 6 narratives name it; the closest instrument measures a "
            "part of it (5 items); it is known to be free.",
        ),
        (
            ("proxy only", 1, 0), [(4, "not seen"), (13, "not seen")], False,
            "1 article names it; the 2 closest instruments measure something near it "
            "(4 to 13 items); their terms of use were not seen.",
        ),
        (
            ("direct, not brief", 0, 1), [(60, "conditions"), (None, "free")], False,
            "1 narrative names it; the 2 closest instruments measure the factor itself "
            "but none was counted as brief (60 items, 1 length not seen); 1 is known "
            "to be free.",
        ),
        (
            ("direct and brief", 2, 0), [(1, "free"), (1, "free")], False,
            "2 articles name it; the 2 closest instruments measure the factor itself "
            "and are brief (1 item each); 2 are known to be free.",
        ),
        (
            ("partial only", 1, 1), [(3, "permission"), (3, "not seen")], True,
            "1 article and 1 narrative name it; the 2 closest instruments measure a "
            "part of it (3 items each); none is known to be free.",
        ),
        (
            ("none found", 0, 0), [], True,
            "The paper’s abstract names it, but no included article does; no "
            "instrument was found, which does not mean that none exists.",
        ),
        (
            ("none found", 0, 0), [], False,
            "No included article and no eligible narrative names it; no instrument "
            "was found, which does not mean that none exists.",
        ),
    ],
)  # fmt: skip
def test_reasons(gap, closest, named, sentence):
    """The reason is the sentence that a person would write from the same counts."""
    row = dict(zip(("status", "articles", "cases"), gap, strict=True))
    assert gaps.reason(row, tools_of(*closest), named=named) == sentence


def test_ranked_list_is_the_ranking(any_ds):
    """The list holds the ranked factors in order, with reason, factor, instruments."""
    page = shown(any_ds)
    items = re.findall(r'<li value="(\d+)">(.*?)</li>', page, re.S)
    ranked = agenda.gaps(any_ds).dropna(subset=["rank"])
    assert [int(n) for n, _ in items] == list(range(1, len(ranked) + 1))
    for (_, item), row in zip(items, ranked.to_dict("records"), strict=True):
        assert f'href="../factors/{row["factor_id"]}-' in item
        for tool in row["best"].split()[:3]:
            assert f'href="../reference/instruments.html#{tool}"' in item
    assert gaps.RANK_RULE in page
    assert gaps.STATUS_RULE in page


def test_every_factor_and_question_has_its_place(any_ds):
    """Each factor in use and each question is one anchor of the page."""
    ids = re.findall(r' id="([^"]*)"', shown(any_ds))
    assert len(ids) == len(set(ids))
    active = {
        r["factor_id"] for r in table(any_ds, "factors") if r["status"] == "active"
    }
    asked = {r["question_id"] for r in table(any_ds, "questions")}
    assert active | asked <= set(ids)


def test_questions_say_why_and_what_would_answer(mini):
    """A question shows its reason and study as text, and links its factors."""
    page = shown(mini)
    card = page[page.index('id="OQ-1"') :]
    assert "&lt;script&gt;" in card
    assert "+Because" in card
    assert "@none" in card
    assert 'href="../factors/P-2-bodily-strength.html"' in card


def test_none_found_is_told_from_none_exists(mini, ds):
    """The page says so, with the statement of the data; no length is a guess."""
    for data in (mini, ds):
        page = shown(data)
        assert "does not mean “none exists”" in page
        assert str(gaps.STATUS["none found"]) in page
        assert data.statement("instruments").split("'")[0] in page
    rows = re.findall(r'<tr id="P-[45]">(.*?)</tr>', shown(mini), re.S)
    assert len(rows) == 2
    assert all("–" in row and "none found" in row for row in rows)


def test_files_agree_and_carry_the_version(any_ds):
    """CSV and JSON hold the same factors in the same order, with the data version."""
    rows, data = saved(any_ds)
    assert {r["data_version"] for r in rows} == {any_ds.version, data["data_version"]}
    assert [r["factor_id"] for r in rows] == [f["factor_id"] for f in data["factors"]]
    for row, factor in zip(rows, data["factors"], strict=True):
        assert row["rank"] == ("" if factor["rank"] is None else str(factor["rank"]))
        assert row["best"].split() == factor["best"]
        assert isinstance(factor["articles"], int)
        assert list(factor) == list(data["columns"])
    asked = {q["question_id"]: q["factors"] for q in data["questions"]}
    for row in table(any_ds, "question_factors"):
        assert row["factor_id"] in asked[row["question_id"]]
    assert data["none_found"] == any_ds.statement("instruments")


def test_files_are_found_where_the_page_links_them(mini):
    """The page links the files by names that the site gives them."""
    links = re.findall(r'href="\./(agenda[^"]*)"', shown(mini))
    extras = pages.extras("reference/agenda", mini)
    assert {f"reference/{one}" for one in links} == set(extras)


def test_hostile_words_are_words(ds):
    """Markup and formulas from the data do no harm on the page or in a spreadsheet."""
    factors, tools = ds["factors"], ds["instruments"]
    factors["label"] = [f"{HOSTILE} {n}" for n in range(len(factors))]
    for column in ("reporter", "recall_period", "licence"):
        tools[column] = HOSTILE
    asked = ds["questions"].assign(question=HOSTILE, reason=HOSTILE, study=HOSTILE)
    bad = changed(ds, factors=factors, instruments=tools, questions=asked)
    assert "<script" not in shown(bad)
    assert "<script" not in pages.make("reference/instruments", bad, {})
    rows, data = saved(bad)
    assert rows
    for row in rows:
        assert not [c for c in row.values() if c.startswith(("=", "+", "-", "@"))]
        assert row["label"].startswith("'=1+1")
    assert data["factors"][0]["label"].startswith("=1+1")


def test_without_factors_or_questions(ds):
    """Empty tables give a page and files that say so."""
    names = ["factors", "instrument_factors", "questions", "question_factors"]
    bare = changed(ds, **{name: ds[name].iloc[:0] for name in names})
    page = shown(bare)
    assert "Of 0 factors" in page
    assert "no open questions" in page
    rows, data = saved(bare)
    assert (rows, data["factors"], data["questions"]) == ([], [], [])
    lonely = changed(ds, instrument_factors=ds["instrument_factors"].iloc[:0])
    assert "no instrument of any factor" in shown(lonely)
    assert set(agenda.gap_data(lonely)["status"]) == {"none found"}


def test_instruments_say_what_their_licence_means(any_ds):
    """The row of an instrument says our reading in plain words, and the words seen."""
    html = "".join(str(markup) for _, markup in instruments.sections(any_ds))
    for row in table(any_ds, "instruments"):
        [cells] = re.findall(
            rf'<tr id="{re.escape(row["instrument_id"])}">(.*?)</tr>', html, re.S
        )
        assert f"<b>{gaps.LICENCES[row['licence_class']]}</b>" in cells
    assert set(gaps.LICENCES) == {"free", "conditions", "permission", "not seen"}
