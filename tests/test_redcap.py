"""The REDCap data dictionary of a plan, held against REDCap's published rules.

No REDCap runs here, so the rules are written down once more, as a checker that knows
nothing of our code. They are those of

- "Creating a Data Dictionary in REDCap" (Vanderbilt University 2015), columns A to R:
  what a variable may be called, that the first one is the record identifier, the types
  of fields, how choices and branching logic are written, where validation may stand;
- REDCap's own requirements in its validation suite, vanderbilt-redcap/redcap_rsvc:
  unique names of lower-case letters, digits and underscores that begin with a letter
  (issue 638, which warns above 26 characters), and the dictionaries exported there;
- linkml-redcap, a schema of the dictionary made by others: the first field is text, and
  the fields of a form stand together.

REDCap makes a name like "form_complete" for each form, and names that begin with
"redcap_" for itself.
"""

from __future__ import annotations

import copy
import csv
import io
import random
import re

import pandas as pd
import pytest

from personomics import plans
from personomics.plans import redcap
from personomics.plans.files import say
from personomics.words import clean

HEADINGS = [
    "Variable / Field Name",
    "Form Name",
    "Section Header",
    "Field Type",
    "Field Label",
    "Choices, Calculations, OR Slider Labels",
    "Field Note",
    "Text Validation Type OR Show Slider Number",
    "Text Validation Min",
    "Text Validation Max",
    "Identifier?",
    "Branching Logic (Show field only if...)",
    "Required Field?",
    "Custom Alignment",
    "Question Number (surveys only)",
    "Matrix Group Name",
    "Matrix Ranking?",
    "Field Annotation",
]
NAME, FORM, SECTION, TYPE, LABEL, CHOICES, NOTE, VALIDATION = HEADINGS[:8]
LOW, HIGH, IDENTIFIER, BRANCH, REQUIRED, ALIGN, NUMBER, MATRIX, RANK, MARK = HEADINGS[
    8:
]
TYPES = set(
    "text notes calc dropdown radio checkbox yesno truefalse file slider "
    "descriptive sql".split()
)
CODED = {"dropdown", "radio", "checkbox"}
VALIDATIONS = set(
    "date_ymd date_mdy date_dmy datetime_ymd datetime_mdy datetime_dmy "
    "datetime_seconds_ymd datetime_seconds_mdy datetime_seconds_dmy email integer "
    "number number_1dp number_2dp number_3dp number_4dp phone time zipcode alpha_only "
    "mrn_10d ssn vmrn".split()
)
REFERENCE = re.compile(
    r"\[([^\[\]()]*)(?:\(([^()]*)\))?\] *(=|<>|!=|<=|>=|<|>) *'([^']*)'"
)
HOSTILE = (
    "=1+1",
    "@HIDDEN @DEFAULT='1'",
    "[record_id] {record_id}",
    "<script>alert(1)</script>",
    'say "that", then | 1, this',
    "redcap_event_name",
    "سمعة",
    "L" * 700,
    "4AT __ trailing__",
)


def read(text):
    """Return the lines of a dictionary as records, read by Python's csv."""
    rows = list(csv.reader(io.StringIO(text, newline="")))
    return rows[0], [dict(zip(rows[0], row, strict=False)) for row in rows[1:]], rows


def codes(field):
    """Return the values that a field can have, or None where any is possible."""
    if field[TYPE] in ("yesno", "truefalse"):
        return ["0", "1"]
    if field[TYPE] not in CODED:
        return None
    return [one.split(",", 1)[0].strip() for one in field[CHOICES].split("|")]


def faults(text):
    """Return everything in a data dictionary that REDCap's rules do not allow."""
    head, fields, rows = read(text)
    if head != HEADINGS:
        return ["columns"]
    wrong = [f"cells {n}" for n, row in enumerate(rows) if len(row) != len(HEADINGS)]
    if wrong:
        return wrong
    wrong += ["bytes"] if text.startswith("\ufeff") or "\0" in text else []
    names = [field[NAME] for field in fields]
    forms = list(dict.fromkeys(field[FORM] for field in fields))
    wrong += [f"twice {n}" for n in set(names) if names.count(n) > 1]
    first = fields[0]
    if first[TYPE] != "text" or first[BRANCH] or first[VALIDATION]:
        wrong.append("record identifier")
    runs = [
        f[FORM] for n, f in enumerate(fields) if not n or fields[n - 1][FORM] != f[FORM]
    ]
    wrong += [f"form apart {form}" for form in forms if runs.count(form) > 1]
    made = {
        f"{form}_{end}"
        for form in forms
        for end in ("complete", "timestamp", "return_code")
    }
    for place, field in enumerate(fields):
        name, before = field[NAME], fields[:place]
        if not re.fullmatch(r"[a-z](?:_?[a-z0-9])*", name) or len(name) > 26:
            wrong.append(f"name {name}")
        if name in made or name.startswith("redcap_"):
            wrong.append(f"reserved {name}")
        if (
            not re.fullmatch(r"[a-z](?:_?[a-z0-9])*", field[FORM])
            or len(field[FORM]) > 64
        ):
            wrong.append(f"form name {field[FORM]}")
        wrong += [f"{what} of {name}" for what in of_field(field)]
        wrong += [f"branching of {name}: {what}" for what in of_branch(field, before)]
    return wrong


def of_field(field):
    """Return what is wrong with a field by itself."""
    kind, found = field[TYPE], [one.split(",", 1) for one in field[CHOICES].split("|")]
    keys = [one[0].strip() for one in found]
    coded, ranged = kind in CODED, field[LOW] or field[HIGH]
    other = bool(field[CHOICES]) != (kind in ("calc", "sql")) and kind != "slider"
    columns = [SECTION, LABEL, NOTE] + [CHOICES] * (kind != "calc")
    shown = " ".join(field[key] for key in columns)
    empty = {"", "y"}
    broken = {
        "type": kind not in TYPES,
        "label": not field[LABEL].strip(),
        "choices": coded and any(len(c) != 2 or not c[1].strip() for c in found),
        "codes": coded and len(set(keys)) < len(keys),
        "letters of codes": coded and any(not re.fullmatch(r"-?\w+", k) for k in keys),
        "choices where none belong": not coded and other,
        "validation": field[VALIDATION]
        and (kind != "text" or field[VALIDATION] not in VALIDATIONS),
        "range without validation": ranged and not field[VALIDATION],
        "yes or empty": not {field[IDENTIFIER], field[REQUIRED]} <= empty,
        "required": field[REQUIRED] and kind in ("descriptive", "calc"),
        "alignment": field[ALIGN] not in ("", "LH", "LV", "RH", "RV"),
        "matrix": field[MATRIX] and kind not in ("radio", "checkbox"),
        "ranking": field[RANK] and not field[MATRIX],
        "HTML": re.search(r"<[a-z/!]", shown, re.IGNORECASE),
        "piping": re.search(r"\[[^\]]*\]|\{[^}]*\}", shown),
        "action": "@" in field[MARK],
        "formula": any(cell[:1] in set("=+-@\t\r") for cell in field.values() if cell),
    }
    return [what for what, is_so in broken.items() if is_so]


def of_branch(field, before):
    """Return what is wrong with when a field is shown."""
    logic = field[BRANCH]
    if not logic:
        return
    known = {one[NAME]: one for one in before}
    for name, code, _, value in REFERENCE.findall(logic):
        if name not in known:
            yield f"{name} is no earlier field"
        elif (allowed := codes(known[name])) is not None:
            asked = code if known[name][TYPE] == "checkbox" else value
            if asked not in allowed:
                yield f"{name} is never {asked}"
    left = REFERENCE.sub("X", logic)
    if not re.fullmatch(r"X(?: (?:and|or) X)*", left):
        yield "not understood"


def shown(fields, answers):
    """Return the names of the fields that REDCap shows for these answers."""
    names = []
    for field in fields:
        terms = REFERENCE.findall(field[BRANCH])
        if all(answers.get(name) == value for name, _, _, value in terms):
            names.append(field[NAME])
    return names


def selections(found, number, seed):
    """Return random selections of a catalogue with a rule, at least one factor each."""
    ids, rules = [f["id"] for f in found["factors"]], list(found["rules"])
    dice = random.Random(seed)
    for n in range(number):
        size = dice.randint(1, min(len(ids), 14))
        yield plans.choose(found, dice.sample(ids, size), rules[n % len(rules)])


def spoiled(found, seed):
    """Return a catalogue in which names, labels and other text are hostile."""
    bad, dice = copy.deepcopy(found), random.Random(seed)
    for factor in bad["factors"]:
        for key in ("label", "definition"):
            factor[key] = clean(dice.choice(HOSTILE))
    keys = "name abbreviation reporter reporter_text loinc licence authors journal"
    for tool in bad["instruments"].values():
        for key in [*keys.split(), "recall_period"]:
            tool[key] = clean(dice.choice(("", *HOSTILE)))
        tool["short"] = tool["abbreviation"] or tool["name"]
    return bad


def clashing(found):
    """Return a catalogue in which identifiers differ by signs that names lack."""
    bad = copy.deepcopy(found)
    old = list(bad["instruments"])
    new = {key: "Same" + "-._"[n % 3] * (1 + n // 3) for n, key in enumerate(old)}
    bad["instruments"] = {
        new[key]: {**tool, "id": new[key], "abbreviation": "Long name " * 5,
                   "short": "Long name " * 5}
        for key, tool in bad["instruments"].items()
    }  # fmt: skip
    for n, factor in enumerate(bad["factors"]):
        factor["id"] = "Same" + "_-."[n % 3] * (1 + n // 3)
        factor["links"] = [{**x, "id": new[x["id"]]} for x in factor["links"]]
    for question in bad["questions"]:
        question["factors"] = []
    return bad


GOOD = (
    ",".join(f'"{h}"' for h in HEADINGS)
    + """
study_id,start,,text,Study ID,,,,,,,,,,,,,
consent,start,Consent,yesno,Agreed?,,,,,,,,y,,,,,
weight,start,,text,Weight,,In kg,number,20,300,,[consent] = '1',,RV,,,,
sign,start,,checkbox,S,"1, Ache | 2, Heat",,,,,,[consent] = '1' or [weight] > '9',,,,,,
fever,start,,notes,Tell more,,,,,,,[sign(2)] = '1',,,,,,
bmi,later,,calc,BMI,[weight] / 4,,,,,,,,,,,,
ease,later,,slider,Ease,low | middle | high,,,,,,,,,,,,
"""
)


def test_the_checker_passes_a_dictionary_of_other_hands():
    """Types and branching that this project does not use are understood as well."""
    assert faults(GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Field Note", "Field note", "columns"),
        ("Agreed?,,,,,,,,y,,,,,", "Agreed?,,,,,,,,y,,,,", "cells 2"),
        ("study_id,start,,text", "study_id,start,,dropdown", "record identifier"),
        ("\nweight", "\nWeight", "name Weight"),
        ("\nweight", "\n2weight", "name 2weight"),
        ("\nweight", "\nweight_", "name weight_"),
        ("\nweight", "\nwei__ght", "name wei__ght"),
        ("\nweight", "\n" + "w" * 27, "name " + "w" * 27),
        ("\nweight", "\nredcap_event_name", "reserved redcap_event_name"),
        ("\nweight", "\nlater_complete", "reserved later_complete"),
        ("\nfever", "\nconsent", "twice consent"),
        ("sign,start", "sign,later", "form apart start"),
        ("bmi,later", "bmi,Later form", "form name Later form"),
        ("weight,start,,text", "weight,start,,textbox", "type of weight"),
        (",Agreed?,", ", ,", "label of consent"),
        ("1, Ache | 2, Heat", "1, Ache | 2", "choices of sign"),
        ("1, Ache | 2, Heat", "1, Ache | 1, Heat", "codes of sign"),
        ("yesno,Agreed?,", "yesno,Agreed?,1", "choices where none belong of consent"),
        ("number,20", "numeric,20", "validation of weight"),
        ("number,20", ",20", "range without validation of weight"),
        (",,y,,,,,", ",,yes,,,,,", "yes or empty of consent"),
        (",RV,", ",right,", "alignment of weight"),
        ("'9',,,,,,", "'9',,,,grid,,", None),
        ("'1',,RV,,,,", "'1',,RV,,grid,,", "matrix of weight"),
        ("'1',,RV,,,,", "'1',,RV,,,y,", "ranking of weight"),
        ("In kg", "In <b>kg</b>", "HTML of weight"),
        ("In kg", "In [consent]", "piping of weight"),
        ("In kg", "In {consent}", "piping of weight"),
        (",RV,,,,", ",RV,,,,@HIDDEN", "action of weight"),
        ("In kg", "=1+1", "formula of weight"),
        ("[consent] = '1',,RV", "[agreed] = '1',,RV", "agreed is no earlier field"),
        ("[consent] = '1',,RV", "[fever] = '1',,RV", "fever is no earlier field"),
        ("[consent] = '1',,RV", "[consent] = '2',,RV", "consent is never 2"),
        ("[consent] = '1',,RV", "[consent] == '1',,RV", "not understood"),
        ("[consent] = '1',,RV", "[consent] = 1,,RV", "not understood"),
        ("= '1' or [", "= '1' || [", "not understood"),
        ("[sign(2)]", "[sign(3)]", "sign is never 3"),
    ],
)
def test_the_checker_finds_a_seeded_fault(old, new, said):
    """Each broken rule is found, and nothing is where a rule is not broken."""
    assert GOOD.count(old) >= 1
    found = faults(GOOD.replace(old, new, 1))
    assert found == [] if said is None else any(said in one for one in found), found


@pytest.mark.parametrize("data", ["ds", "mini"])
@pytest.mark.parametrize("kind", ["as it is", "hostile", "clashing"])
def test_every_dictionary_keeps_redcaps_rules(request, data, kind):
    """Random selections by every rule, also of hostile words and clashing names."""
    found = plans.catalogue(request.getfixturevalue(data))
    number = 300 if kind == "as it is" else 30
    for n, plan in enumerate(selections(found, number, kind)):
        one = plan
        if kind == "hostile":
            bad = spoiled(found, n)
            one = plans.choose(bad, [f["id"] for f in plan["factors"]], plan["rule"])
        elif kind == "clashing":
            bad = clashing(found)
            ids = [f["id"] for f in bad["factors"]]
            one = plans.choose(bad, ids[: len(plan["factors"])], plan["rule"])
        assert faults(redcap.redcap(one)) == []


def test_the_whole_map_is_one_dictionary(ds):
    """Every factor at once: a form for each instrument and each item of one's own."""
    found = plans.catalogue(ds)
    plan = plans.choose(found, [f["id"] for f in found["factors"]])
    text = redcap.redcap(plan)
    assert faults(text) == []
    _, fields, _ = read(text)
    own = sum(f["needs_custom_item"] for f in plan["factors"])
    forms = {f[FORM] for f in fields}
    assert len(forms) == 1 + len(plan["instruments"]) + own
    numbers = [f for f in fields if f[VALIDATION] == "number"]
    assert len(numbers) == len(plan["instruments"])
    assert {f[LOW] + f[HIGH] for f in fields} == {""}


def test_another_reader_finds_the_same_cells(ds, mini):
    """What pandas reads is what Python's csv reads."""
    for data in (ds, mini):
        for plan in selections(plans.catalogue(data), 20, 8):
            text = redcap.redcap(plan)
            frame = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
            assert [list(frame.columns), *frame.to_numpy().tolist()] == read(text)[2]


def test_the_toy_dictionary_is_as_worked_out_by_hand(mini):
    """Q2 (a clinician tests) serves a part of P-2; P-5 has no instrument."""
    plan = plans.choose(plans.catalogue(mini), ["P-2", "P-5"])
    _, fields, _ = read(redcap.redcap(plan))
    assert [(f[NAME], f[FORM], f[TYPE], f[VALIDATION], f[BRANCH]) for f in fields] == [
        ("record_id", "measurement_plan", "text", "", ""),
        ("plan_note", "measurement_plan", "descriptive", "", ""),
        ("q2_given", "q2_toy_hand_grip_test_baseline", "yesno", "", ""),
        ("q2_date", "q2_toy_hand_grip_test_baseline", "text", "date_ymd",
         "[q2_given] = '1'"),
        ("q2_by", "q2_toy_hand_grip_test_baseline", "radio", "", "[q2_given] = '1'"),
        ("q2_score", "q2_toy_hand_grip_test_baseline", "text", "number",
         "[q2_given] = '1'"),
        ("q2_reason", "q2_toy_hand_grip_test_baseline", "dropdown", "",
         "[q2_given] = '0'"),
        ("p_2_bodily_strength_given", "p_2_bodily_strength_baseline", "yesno", "", ""),
        ("p_2_bodily_strength_date", "p_2_bodily_strength_baseline", "text",
         "date_ymd", "[p_2_bodily_strength_given] = '1'"),
        ("p_2_bodily_strength_answer", "p_2_bodily_strength_baseline", "notes", "",
         "[p_2_bodily_strength_given] = '1'"),
        ("p_2_bodily_strength_reason", "p_2_bodily_strength_baseline", "dropdown", "",
         "[p_2_bodily_strength_given] = '0'"),
        ("p_5_years_with_the_given", "p_5_years_with_the_illness_baseline", "yesno",
         "", ""),
        ("p_5_years_with_the_date", "p_5_years_with_the_illness_baseline", "text",
         "date_ymd", "[p_5_years_with_the_given] = '1'"),
        ("p_5_years_with_the_answer", "p_5_years_with_the_illness_baseline", "notes",
         "", "[p_5_years_with_the_given] = '1'"),
        ("p_5_years_with_the_reason", "p_5_years_with_the_illness_baseline",
         "dropdown", "", "[p_5_years_with_the_given] = '0'"),
    ]  # fmt: skip
    assert "TO BE WORDED" in fields[9][LABEL]
    assert "none exists" in fields[11][NOTE]


def test_what_was_not_given_asks_only_why(ds):
    """Given: date and score. Not given: the reason. Not answered: nothing more."""
    for plan in selections(plans.catalogue(ds), 60, 4):
        _, fields, _ = read(redcap.redcap(plan))
        for form in {f[FORM] for f in fields[2:]}:
            mine = [f for f in fields if f[FORM] == form]
            use = [f[NAME] for f in mine if f[NAME].endswith("_use")]
            given = next(f[NAME] for f in mine if f[NAME].endswith("_given"))
            asked = dict.fromkeys(use, "1")
            assert shown(mine, {}) == (use or [given])
            assert shown(mine, dict.fromkeys(use, "0")) == (use or [given])
            assert shown(mine, asked) == [*use, given]
            ends = {n.rsplit("_", 1)[1] for n in shown(mine, {**asked, given: "1"})}
            assert {"given", "date"} < ends
            assert "reason" not in ends
            assert ends & {"score", "answer"}
            no = shown(mine, {**asked, given: "0"})
            assert [n.rsplit("_", 1)[1] for n in no[len(use) :]] == ["given", "reason"]


def test_only_what_is_merely_near_a_factor_is_optional(ds):
    """A form begins with a question about use if it is near all its factors only."""
    optional = set()
    for plan in selections(plans.catalogue(ds), 90, 6):
        _, fields, _ = read(redcap.redcap(plan))
        first = {f[FORM]: f for f in reversed(fields)}
        begins = {f[MARK].split("; ")[1]: f[NAME].endswith("_use")
                  for f in list(first.values())[:-1]}  # fmt: skip
        for tool in plan["instruments"]:
            near = {f["directness"] for f in tool["factors"]} == {"proxy"}
            assert begins[tool["id"]] == near
            optional.add(near)
    assert optional == {True, False}


def test_a_form_says_when_and_a_score_its_loinc_code(ds):
    """Names of forms end with their timing; LOINC codes stand beside the score."""
    for plan in selections(plans.catalogue(ds), 60, 9):
        _, fields, _ = read(redcap.redcap(plan))
        for tool in plan["instruments"]:
            mine = [f for f in fields if f[MARK].split("; ")[1:2] == [tool["id"]]]
            end = "_repeated" if "repeated" in tool["timing"] else "_baseline"
            assert {f[FORM].endswith(end) for f in mine} == {True}
            score = next(f for f in mine if f[NAME].endswith("_score"))
            assert all(code in score[MARK] for code in tool["loinc_codes"])
            by = [f for f in mine if f[NAME].endswith("_by")]
            assert bool(by) == (tool["reporter"] != "self")
            asked = "Code of" if tool["n_items"] == 1 else "Score of"
            assert score[LABEL].startswith(asked)


def test_names_do_not_depend_on_what_else_was_chosen(ds):
    """An instrument has the same variables in every plan: trials can be pooled."""
    names = {}
    for plan in selections(plans.catalogue(ds), 120, 2):
        for field in read(redcap.redcap(plan))[1][2:]:
            key = (field[MARK].split("; ")[1], field[NAME].rsplit("_", 1)[1])
            assert names.setdefault(key, field[NAME]) == field[NAME]
    assert len(names) > 300


def test_where_the_dictionary_came_from_is_in_it(ds):
    """The version is on every field with an annotation, the selection on the first."""
    plan = plans.choose(plans.catalogue(ds, "https://example.org/b/"), ["F19", "F34"])
    _, fields, _ = read(redcap.redcap(plan))
    assert plan["link"] in fields[0][MARK]
    assert plan["link"] in fields[1][LABEL]
    assert all(f"data {ds.version};" in f[MARK] for f in fields if f[MARK])
    assert plan["notice"] in fields[1][LABEL]


def test_no_questionnaire_is_in_the_dictionary(ds):
    """Labels are our own sentences around a name; no item of a scale is in them."""
    found, w = plans.catalogue(ds), redcap.WORDS
    plan = plans.choose(found, [f["id"] for f in found["factors"]])
    asked = [
        w[key] for key in ("use", "given", "date", "by", "score", "code", "reason")
    ]
    own = [sentence.replace("{0}", w["own"]) for sentence in asked]
    names = [t["short"] for t in plan["instruments"]]
    labels = [f["label"] for f in plan["factors"]]
    allowed = {say(form, redcap.plain(n)) for form in asked for n in names}
    allowed |= {say(f, redcap.plain(x)) for f in (*own, w["answer"]) for x in labels}
    assert {f[LABEL] for f in read(redcap.redcap(plan))[1][2:]} <= allowed
