"""Measurement plans: the rules on hand-worked cases, the files, the command."""

from __future__ import annotations

import csv
import io
import itertools
import json
import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personomics import cli, plans
from personomics.plans import files, folder, near
from personomics.plans.catalogue import LOINC
from personomics.plans.choose import candidates, first_choice, later, overlapped

RULES = ("most-direct", "shortest", "free-only")


def tool(key, items, *, brief=True, licence="free", minutes=None, reporter="self"):
    """Return an instrument of a worked case."""
    return {
        "id": key, "short": key, "name": f"Scale {key}", "abbreviation": key,
        "n_items": items, "length_text": "length not seen" if items is None
        else f"{items} items", "minutes": minutes, "minutes_text": "minutes not seen",
        "recall_period": "", "reporter": reporter,
        "reporter_text": "" if reporter == "self" else "Plan who asks.",
        "authors": "", "year": None, "journal": "", "doi": "", "licence": "",
        "licence_class": licence, "licence_text": "", "loinc": "", "loinc_codes": [],
        "brief": brief, "source_urls": [], "note": "", "page": f"i.html#{key}",
    }  # fmt: skip


def factor(key, links, *, stability="stable", covers=()):
    """Return a factor of a worked case; links are like ``{"A": "direct"}``."""
    return {
        "id": key, "label": f"Factor {key}", "definition": f"All of {key}.",
        "level": "individual", "com_b": "physical capability", "stability": stability,
        "articles": 1, "cases": 0, "status": "direct and brief", "status_text": "",
        "page": f"factors/{key}.html",
        "progress_plus": [{"characteristic": c, "cover": w} for c, w in covers],
        "links": [{"id": i, "directness": d} for i, d in links.items()],
    }  # fmt: skip


@pytest.fixture(scope="module")
def bare(mini):
    """Return a catalogue with the sentences, and neither factors nor instruments."""
    return plans.catalogue(mini)


@pytest.fixture
def worked(bare):
    """Return a function that makes a catalogue of given factors and instruments."""

    def make(factors, tools):
        found = {t["id"]: t for t in tools}
        return {**bare, "factors": factors, "instruments": found, "questions": []}

    return make


def taken(plan):
    """Return the instrument of each factor."""
    return {f["id"]: f["instrument"] for f in plan["factors"]}


def reasons(plan, key="F1"):
    """Return why each alternative of a factor was not taken, in order."""
    rows = next(f for f in plan["factors"] if f["id"] == key)["alternatives"]
    return {row["id"]: row["reason"] for row in rows}


TOOLS = [
    tool("A", 30, brief=False, licence="permission"),
    tool("B", 12, licence="conditions"),
    tool("C", 12, licence="not seen"),
    tool("D", None, licence="not seen"),
    tool("E", 3),
    tool("G", 1),
]
LINKS = {"A": "direct", "C": "direct", "B": "direct", "D": "direct",
         "E": "partial", "G": "proxy"}  # fmt: skip


class TestTheRules:
    """What is chosen, worked out by hand."""

    def test_most_direct_goes_by_directness_brevity_items_and_identifier(self, worked):
        """B and C are direct and brief with 12 items: the lower identifier is taken."""
        plan = plans.choose(worked([factor("F1", LINKS)], TOOLS), ["F1"])
        assert taken(plan) == {"F1": "B"}
        assert reasons(plan) == {
            "C": "equal by the rule; the lower identifier comes first",
            "D": "its length was not seen",
            "A": "not counted as brief",
            "E": "measures the factor less directly",
            "G": "measures the factor less directly",
        }
        assert list(reasons(plan)) == ["C", "D", "A", "E", "G"]

    def test_shortest_goes_by_items_and_takes_a_proxy_only_for_want_of_better(
        self, worked
    ):
        """E has 3 items and measures a part; G has one item, but is only near."""
        found = worked([factor("F1", LINKS)], TOOLS)
        plan = plans.choose(found, ["F1"], "shortest")
        assert taken(plan) == {"F1": "E"}
        assert list(reasons(plan)) == ["B", "C", "A", "D", "G"]
        assert reasons(plan)["G"] == "measures only something near the factor"
        assert reasons(plan)["D"] == "its length was not seen"
        [one] = plan["factors"]
        assert one["gap"] == "part only"
        assert "On record for the factor itself: B; C; A; D." in one["gap_text"]
        assert not one["needs_custom_item"]
        alone = worked([factor("F1", {"G": "proxy"})], TOOLS)
        plan = plans.choose(alone, ["F1"], "shortest")
        assert taken(plan) == {"F1": "G"}
        assert plan["factors"][0]["gap"] == "proxy only"
        assert plan["factors"][0]["needs_custom_item"]

    def test_free_only_sets_the_others_aside_and_says_how_many_and_why(self, worked):
        """E is the only free one that is linked more than near; then none is free."""
        found = worked([factor("F1", LINKS)], TOOLS)
        plan = plans.choose(found, ["F1"], "free-only")
        assert taken(plan) == {"F1": "E"}
        aside = {a["id"] for a in plan["factors"][0]["alternatives"] if a["set_aside"]}
        assert aside == {"A", "B", "C", "D"}
        assert "Set aside by the rule" in plan["factors"][0]["gap_text"]
        assert plan["factors"][0]["needs_custom_item"]
        links = {k: LINKS[k] for k in "ABCD"}
        plan = plans.choose(worked([factor("F1", links)], TOOLS), ["F1"], "free-only")
        [one] = plan["factors"]
        assert (one["instrument"], one["gap"]) == (None, "set aside")
        assert one["gap_text"].startswith("4 instruments on record, all set aside")
        assert "1 permission, 1 conditions, 2 not seen" in one["gap_text"]
        assert plan["totals"]["baseline"]["items"] is None
        assert plan["totals"]["baseline"]["text"] == (
            "no instrument; 1 item of the trial's own to be written."
        )

    def test_none_found_is_not_none_exists(self, worked):
        """A factor without instruments needs an item of one's own, and says why."""
        [one] = plans.choose(worked([factor("F1", {})], []), ["F1"])["factors"]
        assert (one["gap"], one["needs_custom_item"]) == ("none found", True)
        assert "does not mean that none exists" in one["gap_text"]
        assert "All of F1" in one["custom_item"]


class TestOverlap:
    """One instrument for several factors."""

    def test_an_instrument_of_two_factors_is_counted_once(self, worked):
        """A serves both as directly: 10 items, not 20."""
        both = [factor("F1", {"A": "direct"}), factor("F2", {"A": "direct"})]
        plan = plans.choose(worked(both, [tool("A", 10)]), ["F2", "F1", "F2"])
        assert plan["totals"]["baseline"]["items"] == 10
        [one] = plan["instruments"]
        assert [f["id"] for f in one["factors"]] == ["F1", "F2"]

    def test_a_longer_own_choice_gives_way_to_one_that_is_there_anyway(self, worked):
        """F2 would take B (5 items); A (12) is there for F1 and as direct: B goes."""
        both = [
            factor("F1", {"A": "direct"}),
            factor("F2", {"A": "direct", "B": "direct"}),
        ]
        plan = plans.choose(worked(both, [tool("A", 12), tool("B", 5)]), ["F1", "F2"])
        assert taken(plan) == {"F1": "A", "F2": "A"}
        assert plan["totals"]["baseline"]["items"] == 12
        assert reasons(plan, "F2")["B"].startswith("first by the rule; A serves")

    def test_a_less_direct_one_does_not_stand_in(self, worked):
        """A measures only a part of F2: B stays."""
        both = [
            factor("F1", {"A": "direct"}),
            factor("F2", {"A": "partial", "B": "direct"}),
        ]
        plan = plans.choose(worked(both, [tool("A", 12), tool("B", 5)]), ["F1", "F2"])
        assert taken(plan) == {"F1": "A", "F2": "B"}

    def test_overlap_does_not_lengthen_what_is_repeated(self, worked):
        """A (12 items, once) does not stand in for B (5), which is given again."""
        both = [
            factor("F1", {"A": "direct"}),
            factor("F2", {"A": "direct", "B": "direct"}, stability="dynamic"),
        ]
        plan = plans.choose(worked(both, [tool("A", 12), tool("B", 5)]), ["F1", "F2"])
        assert taken(plan) == {"F1": "A", "F2": "B"}
        assert plan["totals"]["repeated"]["items"] == 5
        both[0]["stability"] = "dynamic"
        plan = plans.choose(worked(both, [tool("A", 12), tool("B", 5)]), ["F1", "F2"])
        assert taken(plan) == {"F1": "A", "F2": "A"}

    def test_the_longest_is_left_out_first(self, worked):
        """What is there anyway stands in; of two that could go, the longer goes."""
        both = [
            factor("F1", {"A": "direct", "B": "partial"}),
            factor("F2", {"B": "partial", "A": "partial"}),
        ]
        tools = [tool("A", 20), tool("B", 4)]
        assert taken(plans.choose(worked(both, tools), ["F1", "F2"])) == {
            "F1": "A",
            "F2": "A",
        }
        three = [
            factor("F1", {"A": "direct", "C": "direct"}),
            factor("F2", {"B": "direct", "C": "direct"}),
            factor("F3", {"C": "direct"}),
        ]
        tools = [tool("A", 3), tool("B", 4), tool("C", 9)]
        made = plans.choose(worked(three, tools), ["F1", "F2", "F3"])
        assert taken(made) == dict.fromkeys(["F1", "F2", "F3"], "C")
        # Unknown length counts as the longest: it is what is left out.
        pair = [
            factor("F1", {"A": "direct", "B": "direct"}),
            factor("F2", {"B": "direct"}),
            factor("F3", {"A": "direct"}),
            factor("F4", {"D": "direct", "A": "direct"}),
        ]
        tools = [tool("A", 3), tool("B", 4), tool("D", None)]
        made = plans.choose(worked(pair, tools), ["F1", "F2", "F3", "F4"])
        assert set(taken(made).values()) == {"A", "B"}

    @settings(max_examples=250, deadline=None)
    @given(data=st.data())
    def test_the_pass_adds_no_item_and_no_distance(self, bare, data):
        """In any catalogue items and instruments never grow, directness never falls."""
        n = data.draw(st.integers(1, 6))
        lengths = st.one_of(st.none(), st.integers(1, 20))
        classes = st.sampled_from(["free", "conditions", "not seen"])
        tools = [
            tool(f"M{i}", data.draw(lengths), brief=data.draw(st.booleans()),
                 licence=data.draw(classes))
            for i in range(n)
        ]  # fmt: skip
        link = st.dictionaries(
            st.sampled_from([t["id"] for t in tools]),
            st.sampled_from(["direct", "partial", "proxy"]),
        )
        kinds = data.draw(st.lists(st.booleans(), min_size=5, max_size=5))
        factors = [
            factor(f"F{i}", data.draw(link), stability="stable" if kept else "dynamic")
            for i, kept in enumerate(kinds)
        ]
        found = {
            **bare, "factors": factors, "instruments": {t["id"]: t for t in tools},
            "questions": [],
        }  # fmt: skip
        rule = data.draw(st.sampled_from(RULES))
        first = first_choice(found, rule, factors)
        after = overlapped(found, rule, factors, first)
        assert set(after) == set(first)
        rank = found["directness"].index
        for key, own in first.items():
            assert rank(after[key]["directness"]) <= rank(own["directness"])
        before_ids = {x["id"] for x in first.values()}
        after_ids = {x["id"] for x in after.values()}
        assert after_ids <= before_ids
        assert later(found, factors, after) <= later(found, factors, first)
        # Where nothing is repeated, no chosen instrument can be spared any more.
        for spare in after_ids if all(kinds) else ():
            users = [k for k, x in after.items() if x["id"] == spare]
            assert any(
                not any(
                    x["id"] in after_ids - {spare}
                    and rank(x["directness"]) <= rank(first[k]["directness"])
                    for x in candidates(found, rule, by_id(factors, k))
                )
                for k in users
            )


def by_id(factors, key):
    """Return the factor with an identifier."""
    return next(f for f in factors if f["id"] == key)


class TestWhatThePlanSays:
    """Burden, timing, warnings, PROGRESS-Plus."""

    def test_what_is_not_known_is_said_and_never_summed_as_nothing(self, worked):
        """Two instruments of 4 and unknown items, one of 5 minutes."""
        two = [factor("F1", {"A": "direct"}), factor("F2", {"B": "direct"})]
        tools = [tool("A", 4), tool("B", None, minutes=5)]
        sums = plans.choose(worked(two, tools), ["F1", "F2"])["totals"]["baseline"]
        assert sums == {
            "instruments": 2,
            "items": 4,
            "items_unknown": 1,
            "minutes": 5,
            "minutes_unknown": 1,
            "own_items": 0,
            "text": "4 items in 1 instrument; length not seen for 1 instrument; about "
            "5 minutes for 1 instrument; minutes not seen for 1 instrument.",
        }
        sums = plans.choose(worked(two, tools), ["F1"])["totals"]["baseline"]
        assert (sums["minutes"], sums["minutes_unknown"]) == (None, 1)

    def test_stable_factors_are_measured_once_and_dynamic_ones_again(self, worked):
        """An instrument that serves both is repeated, and both reasons are said."""
        rows = [
            factor("F1", {"A": "direct", "B": "direct"}),
            factor("F2", {"B": "direct"}, stability="dynamic"),
            factor("F3", {"C": "direct"}),
        ]
        tools = [tool("A", 30), tool("B", 2), tool("C", 7)]
        plan = plans.choose(worked(rows, tools), ["F1", "F2", "F3"])
        both, once = plan["instruments"]
        assert (both["id"], both["timing"]) == ("B", "baseline and repeated")
        assert "dynamic" in both["timing_text"]
        assert "also serves what is classed as stable: Factor F1" in both["timing_text"]
        assert (once["id"], once["timing"]) == ("C", "baseline")
        assert "not expected to change" in once["timing_text"]
        assert plan["totals"]["baseline"]["items"] == 9
        assert plan["totals"]["repeated"]["items"] == 2

    def test_terms_and_reporters_are_warned_of(self, worked):
        """One warning for each class of terms but the free, one for reporters."""
        kinds = ["free", "conditions", "permission", "not seen"]
        rows = [factor(f"F{n}", {f"M{n}": "direct"}) for n in range(4)]
        tools = [
            tool(f"M{n}", 3, licence=kind, minutes=1,
                 reporter="caregiver" if n == 1 else "self")
            for n, kind in enumerate(kinds)
        ]  # fmt: skip
        plan = plans.choose(worked(rows, tools), [f["id"] for f in rows])
        assert [(w["about"], w["instruments"]) for w in plan["warnings"]] == [
            ("licence", ["M2"]),
            ("licence", ["M1"]),
            ("licence", ["M3"]),
            ("reporter", ["M1"]),
        ]
        assert "M1 (caregiver)" in plan["warnings"][3]["text"]

    def test_characteristics_are_covered_in_whole_or_in_part(self, worked):
        """Two parts stay a part; a whole and a part are a whole."""
        rows = [
            factor("F1", {}, covers=[("age", "part"), ("religion", "part")]),
            factor("F2", {}, covers=[("age", "whole"), ("religion", "part")]),
        ]
        told = plans.choose(worked(rows, []), ["F1", "F2"])["progress_plus"]
        covers = {c["characteristic"]: c["cover"] for c in told["covered"]}
        assert covers == {"age": "whole", "religion": "part"}
        assert "religion (in part)" in told["text"]
        assert "education" in told["not_covered"]


class TestBadInput:
    """One clear error that names the argument and what is allowed."""

    def test_all_unknown_factors_are_named_with_suggestions(self, ds):
        """An identifier that is none and a label are told at once, by likeness."""
        found = plans.catalogue(ds)
        one = found["factors"][4]
        with pytest.raises(ValueError, match="factors: ") as error:
            plans.choose(found, ["ZZZ-99", one["label"].upper(), one["id"]])
        words = str(error.value)
        assert "“ZZZ-99” is no factor" in words
        assert f"did you mean {one['id']} {one['label']}?" in words
        assert f"the {len(found['factors'])} factors of data {ds.version}" in words

    def test_factors_no_longer_in_use_are_named(self, worked):
        """A deprecated identifier is told as such, with its label."""
        found = {**worked([factor("F1", {})], []), "deprecated": {"F0": "Old one"}}
        with pytest.raises(ValueError, match=r"“F0” \(Old one\) is no longer in use"):
            plans.choose(found, ["F1", "F0"])

    def test_no_factor_and_no_such_rule(self, worked):
        """Both arguments are named, each with what is allowed."""
        found = worked([factor("F1", {})], [])
        with pytest.raises(ValueError, match="rule: “cheap” is no rule") as error:
            plans.choose(found, [], "cheap")
        assert "factors: none is given" in str(error.value)
        assert "most-direct, shortest, free-only" in str(error.value)
        with pytest.raises(ValueError, match="as shortest and free-only"):
            plans.choose(found, ["F1"], ["shortest", "free-only"])
        assert plans.choose(found, ["F1"], ["shortest"] * 2)["rule"] == "shortest"

    def test_likeness_is_that_of_dice(self):
        """Of "context" and "contact", five of each eight pairs are the same."""
        # _c co on nt te ex xt t_   and   _c co on nt ta ac ct t_
        assert near.likeness("context", "contact") == 2 * 5 / 16
        assert near.likeness("aaaa", "aa") == 2 * 3 / 8
        assert near.nearest("x" * 9999, {"F1": "Age"}) == []


class TestFiles:
    """What is written."""

    def test_every_selection_of_the_toy_data_can_be_written(self, mini):
        """CSV, JSON and Markdown of all selections are read back by other readers."""
        found = plans.catalogue(mini)
        ids = [f["id"] for f in found["factors"]]
        for size in range(1, len(ids) + 1):
            for some, rule in itertools.product(
                itertools.combinations(ids, size), RULES
            ):
                plan = plans.choose(found, some, rule)
                assert json.loads(files.plan_json(plan)) == plan
                rows = list(csv.DictReader(io.StringIO(files.plan_csv(plan))))
                assert [row["factor_id"] for row in rows] == [
                    f["id"] for f in plan["factors"]
                ]
                for row in rows:
                    assert not any(v and v[0] in "=+-@\t\r" for v in row.values())
                text = files.plan_md(plan)
                assert plan["link"] in text
                assert "<b>" not in text.replace("\\<b\\>", "")

    def test_cells_that_a_spreadsheet_would_run_are_neutralised(self, worked):
        """Whatever a label begins with, its cell begins with an apostrophe."""
        rows = [factor(f"F{n}", {}) for n in range(4)]
        for row, sign in zip(rows, "=+-@", strict=True):
            row["label"] = f'{sign}cmd|"x",y'
        found = worked(rows, [])
        made = files.plan_csv(plans.choose(found, [r["id"] for r in rows]))
        for line in csv.DictReader(io.StringIO(made)):
            assert re.match("'[=+@-]cmd", line["factor"])

    def test_order_and_repetition_of_the_factors_do_not_matter(self, ds):
        """The same set of factors gives the same bytes."""
        found = plans.catalogue(ds)
        ids = [f["id"] for f in found["factors"]]
        draw = random.Random(6)
        for _ in range(10):
            some = draw.sample(ids, 7)
            mixed = [*some, *some[:3]]
            draw.shuffle(mixed)
            one, other = (plans.choose(found, x) for x in (some, mixed))
            assert files.plan_json(one) == files.plan_json(other)

    def test_the_link_leads_back_and_begins_where_the_book_is(self, ds):
        """The selection, its rule and the data version stand in the address."""
        found = plans.catalogue(ds, "https://example.org/book/")
        ids = [f["id"] for f in found["factors"][:2]]
        plan = plans.choose(found, ids, "shortest")
        assert plan["link"] == (
            f"https://example.org/book/plan.html#pick={','.join(ids)}"
            f"&rule=shortest&data={ds.version}"
        )
        assert plan["factors"][0]["page"].startswith("https://example.org/book/factors")

    def test_codes_of_loinc_are_found_in_what_was_noted(self, ds):
        """Every code looks like one, none is lost, and words stay apart."""
        found = plans.catalogue(ds)["instruments"].values()
        for one in found:
            assert all(re.fullmatch(r"\d{1,7}-\d", c) for c in one["loinc_codes"])
            assert bool(one["loinc"]) == bool(one["loinc_codes"])
            assert all(code in one["loinc"] for code in one["loinc_codes"])
        told = "30525-0 (age); 21112-8 (birth date, 2019-10-01), LL3323-4"
        assert LOINC.findall(told) == ["30525-0", "21112-8"]


class TestTheCommand:
    """``personomics plan``."""

    def ids(self, ds, count=3):
        """Return the first identifiers of the map."""
        return [f["id"] for f in plans.catalogue(ds)["factors"][:count]]

    def test_without_a_folder_the_plan_is_printed(self, capsys, ds):
        """As Markdown, or with --json as one object that Python reads back."""
        ids = self.ids(ds)
        plan = plans.choose(plans.catalogue(ds), ids, "shortest")
        assert cli.main(["plan", ",".join(ids), "--rule", "shortest"]) == 0
        assert capsys.readouterr().out == files.plan_md(plan)
        assert cli.main(["plan", *ids, "--rule", "shortest", "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == plan

    def test_files_are_written_and_the_same_again(self, capsys, ds, tmp_path):
        """Every file is named on stderr; a second run replaces them, byte for byte."""
        out = tmp_path / "new" / "plan"
        assert cli.main(["plan", *self.ids(ds), "--out", str(out)]) == 0
        told = capsys.readouterr()
        assert told.out == ""
        first = {p.name: p.read_bytes() for p in out.iterdir()}
        assert {"plan.csv", "plan.json", "plan.md", "redcap.csv"} < set(first)
        assert all(name in told.err for name in first)
        assert cli.main(["plan", *self.ids(ds), "--out", str(out)]) == 0
        assert {p.name: p.read_bytes() for p in out.iterdir()} == first
        plan = json.loads(first["plan.json"])
        assert {n: t.encode() for n, t in folder.every(plan).items()} == first

    def test_files_that_no_plan_wrote_are_left_alone(self, capsys, ds, tmp_path):
        """A folder with references of one's own is refused, and nothing is written."""
        mine = tmp_path / "references.bib"
        mine.write_text("@article{mine}")
        assert cli.main(["plan", *self.ids(ds), "--out", str(tmp_path)]) == 1
        told = capsys.readouterr().err
        assert "references.bib" in told
        assert "allowed: " in told
        assert [p.name for p in tmp_path.iterdir()] == ["references.bib"]
        assert mine.read_text() == "@article{mine}"

    @pytest.mark.parametrize(
        ("words", "told"),
        [
            ([], "factors: none is given"),
            (["F19x"], "“F19x” is no factor"),
            (["--rule", "shortest", "--rule", "free-only"], "given more than once"),
            (["--rule", "best"], "rule: “best” is no rule"),
        ],
    )
    def test_bad_input_ends_with_one_line_and_code_1(self, capsys, words, told):
        """The same sentence as in Python, nothing on stdout."""
        assert cli.main(["plan", *words]) == 1
        said = capsys.readouterr()
        assert told in said.err
        assert said.out == ""
        assert len(said.err.splitlines()) == 1

    def test_wrong_usage_ends_with_code_2(self, capsys):
        """An option that does not exist."""
        assert cli.main(["plan", "--fast"]) == 2
        assert "usage" in capsys.readouterr().err
