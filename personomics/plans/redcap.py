r"""A measurement plan as a REDCap data dictionary, to be imported unchanged.

One form for each instrument, as questionnaires are given and missed one by one, and as
a longitudinal project assigns whole forms to events, which a data dictionary cannot:
the end of a form's name, ``_baseline`` or ``_repeated``, says to which. The first form
holds the record identifier and where the plan came from. A factor that no instrument
measures itself has a form with an empty item for the trial team to word. No form holds
a questionnaire, and no score has a range, as these data do not hold them.

An instrument that only measures something near its factors is optional: its fields show
once the first, ``…_use``, is answered with yes.

The rules are those of REDCap's own help on the data dictionary, as told in
``tests/test_redcap.py``. Lines end in a line feed, without a byte order mark, and cells
are quoted where needed, as in the dictionaries of REDCap's validation suite
(vanderbilt-redcap/redcap_rsvc). In labels, REDCap would run ``[…]`` as piping, ``{…}``
as embedding and ``<…>`` as HTML, and in annotations ``@…`` as an action; text from the
data gets signs that look alike instead.

The script of the page (``plan-files.js``) writes the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from personomics.plans.files import csv_text, say

Plan = Mapping[str, Any]
Entry = Mapping[str, Any]
#: Headings of the columns, as REDCap names them.
COLUMNS = (
    "Variable / Field Name", "Form Name", "Section Header", "Field Type",
    "Field Label", "Choices, Calculations, OR Slider Labels", "Field Note",
    "Text Validation Type OR Show Slider Number", "Text Validation Min",
    "Text Validation Max", "Identifier?", "Branching Logic (Show field only if...)",
    "Required Field?", "Custom Alignment", "Question Number (surveys only)",
    "Matrix Group Name", "Matrix Ranking?", "Field Annotation",
)  # fmt: skip
WORDS = {
    "columns": "|".join(COLUMNS),
    "record": "Record ID",
    "plan": "Measurement plan from {0}, data {1}. Rule: {2}. Selection: {3}",
    "how": "The forms hold what was given, when, and the score; the "
    "questionnaires are not here. Obtain each under its own terms of use and put its "
    "items into the form of its name. Forms whose name ends in baseline are given "
    "once; assign those ending in repeated to the later events as well.",
    "section": "Instrument: {0}. For: {1}",
    "direct": "{0}",
    "partial": "{0} (a part of it)",
    "proxy": "{0} (something near it)",
    "use": "Optional: is {0} used for this participant?",
    "use note": "It measures something near {0}, not the factor itself.",
    "given": "Was {0} completed?",
    "date": "Date of {0}",
    "by": "Who gave the answers for {0}?",
    "by note": "Reporter on record: {0}.",
    "by choices": "1, Patient alone | 2, Patient, asked by an interviewer | "
    "3, Caregiver | 4, Clinician or other staff | 5, From the record | "
    "6, Test carried out by staff | 9, Other",
    "score": "Score of {0}",
    "code": "Code of the answer to {0}",
    "score note": "By the instructions of the instrument. No range is set here, as "
    "none is in these data. {0}",
    "loinc": "LOINC as seen: {0}",
    "reason": "Why was {0} not completed?",
    "reason choices": "1, Not offered | 2, Declined | 3, Too ill or too tired | "
    "4, Not enough time | 5, Language, reading or sight | 6, Did not attend | 9, Other",
    "own": "the trial's own item on {0}",
    "own section": "To be worded by the trial team: {0}",
    "answer": "TO BE WORDED: an item on {0}",
    "made": "Personomics data {0}; {1}",
}
#: Longest beginning of a variable; with its ending it has at most 26 characters.
STEM = 26 - len("_reason")
#: Longest words and identifier in the name of a form, and longest name.
FORM_WORDS, FORM_ID, FORM = 30, 12, 60
FIRST_FORM = "measurement_plan"
LOOKALIKE = str.maketrans("<>[]{}", "‹›()()")


def redcap(plan: Plan) -> str:
    """Return the data dictionary of a plan.

    Parameters
    ----------
    plan : mapping
        What :func:`personomics.plans.choose` returns.

    Returns
    -------
    str
        CSV with the 18 columns of REDCap, a line for each field.
    """
    about = say(WORDS["plan"], plan["title"], plan["version"], plan["rule"],
                plan["link"])  # fmt: skip
    mark = annotation(plan, plan["link"].replace("@", "%40"))
    rows = [
        field("record_id", FIRST_FORM, "text", WORDS["record"], mark=mark),
        field(
            "plan_note",
            FIRST_FORM,
            "descriptive",
            plain(f"{about}. {plan['notice']} {WORDS['how']}"),
        ),
    ]
    taken = {FIRST_FORM}
    for tool in plan["instruments"]:
        rows += instrument_form(plan, tool, taken)
    for factor in plan["factors"]:
        if factor["needs_custom_item"]:
            rows += own_form(plan, factor, taken)
    return csv_text([COLUMNS, *rows])


def instrument_form(plan: Plan, tool: Entry, taken: set[str]) -> list[list[str]]:
    """Return the fields of an instrument."""
    w = WORDS
    stem = unused(f"{slug(tool['id'])}_{slug(tool['abbreviation'])}", taken, STEM)
    form = form_name(tool["id"], tool["short"], tool["timing"], taken)
    name, mark = plain(tool["short"]), annotation(plan, tool["id"])
    optional = all(f["directness"] == "proxy" for f in tool["factors"])
    used = f"[{stem}_use] = '1'" if optional else ""
    given, missed = (
        f"{used}{' and ' if used else ''}[{stem}_given] = '{yes}'" for yes in "10"
    )
    rows = []
    if optional:
        near = plain(say(w["use note"], join([f["label"] for f in tool["factors"]])))
        asked = say(w["use"], name)
        rows.append(field(f"{stem}_use", form, "yesno", asked, note=near, mark=mark))
    facts = f"{tool['length_text']}; {tool['minutes_text']}. {tool['timing_text']}"
    rows += [
        field(f"{stem}_given", form, "yesno", say(w["given"], name), mark=mark,
              note=plain(facts), branch=used, required="y"),
        date(stem, form, name, given, mark),
    ]  # fmt: skip
    if tool["reporter_text"]:
        note, asked = plain(say(w["by note"], tool["reporter"])), say(w["by"], name)
        rows.append(field(f"{stem}_by", form, "radio", asked, mark=mark, note=note,
                          choices=w["by choices"], branch=given))  # fmt: skip
    loinc = say(w["loinc"], tool["loinc"]) if tool["loinc"] else ""
    asked = say(w["code" if tool["n_items"] == 1 else "score"], name)
    note = plain(say(w["score note"], loinc).rstrip(" "))
    codes = join(list(filter(None, (mark, harmless(loinc)))))
    rows += [
        field(f"{stem}_score", form, "text", asked, kind="number", note=note,
              branch=given, mark=codes),
        reason(stem, form, name, missed, mark),
    ]  # fmt: skip
    serves = [say(w[f["directness"]], f["label"]) for f in tool["factors"]]
    rows[0][2] = plain(say(w["section"], tool["name"], join(serves)))
    return rows


def own_form(plan: Plan, factor: Entry, taken: set[str]) -> list[list[str]]:
    """Return the fields of a factor for which the trial team words an item."""
    w = WORDS
    stem = unused(f"{slug(factor['id'])}_{slug(factor['label'])}", taken, STEM)
    form = form_name(factor["id"], factor["label"], factor["timing"], taken)
    label, mark = plain(factor["label"]), annotation(plan, factor["id"])
    name = say(w["own"], label)
    given, missed = (f"[{stem}_given] = '{yes}'" for yes in "10")
    return [
        field(f"{stem}_given", form, "yesno", say(w["given"], name), mark=mark,
              section=say(w["own section"], label), note=plain(factor["gap_text"]),
              required="y"),
        date(stem, form, name, given, mark),
        field(f"{stem}_answer", form, "notes", say(w["answer"], label), mark=mark,
              note=plain(factor["custom_item"]), branch=given),
        reason(stem, form, name, missed, mark),
    ]  # fmt: skip


def join(texts: list[str]) -> str:
    """Return texts one after the other, which may hold commas."""
    return "; ".join(texts)


def date(stem: str, form: str, name: str, branch: str, mark: str) -> list[str]:
    """Return the field that holds when something was given."""
    return field(f"{stem}_date", form, "text", say(WORDS["date"], name),
                 kind="date_ymd", branch=branch, mark=mark)  # fmt: skip


def reason(stem: str, form: str, name: str, branch: str, mark: str) -> list[str]:
    """Return the field that holds why something was not given."""
    return field(f"{stem}_reason", form, "dropdown", say(WORDS["reason"], name),
                 choices=WORDS["reason choices"], branch=branch, mark=mark)  # fmt: skip


def field(name: str, form: str, type_: str, label: str, **more: str) -> list[str]:
    """Return a line of the dictionary.

    Parameters
    ----------
    name, form, type_, label : str
        What every field has.
    **more : str
        section, choices, note, kind (how text is validated), branch, required and
        mark (the annotation).
    """
    section, choices, note, kind, branch, required, mark = (
        more.get(key, "")
        for key in ("section", "choices", "note", "kind", "branch", "required", "mark")
    )
    return [name, form, section, type_, label, choices, note, kind, "", "", "",
            branch, required, "", "", "", "", mark]  # fmt: skip


def annotation(plan: Plan, what: str) -> str:
    """Return what a field's annotation says of its origin."""
    return harmless(say(WORDS["made"], plan["version"], what))


def form_name(key: str, name: str, timing: str, taken: set[str]) -> str:
    """Return a name for a form that no other has: identifier, words, timing."""
    words = (slug(key)[:FORM_ID], slug(name)[:FORM_WORDS].strip("_"))
    end = "baseline" if timing == "baseline" else "repeated"
    return unused("_".join(filter(None, (*words, end))), taken, FORM)


def slug(text: str) -> str:
    """Return text as part of a name: lower-case letters, digits, single underscores.

    >>> slug("TLMS-Ω, short (4)"), slug("سمعة")
    ('tlms_short_4', '')
    """
    return re.sub("[^A-Za-z0-9]+", "_", text).strip("_").lower()


def unused(wanted: str, taken: set[str], size: int) -> str:
    """Return a name of at most `size` characters that is not taken, and take it.

    >>> seen = {"m1_long"}
    >>> unused("m1_long_name", seen, 8), unused("m1_long_ending", seen, 8)
    ('m1_lon_2', 'm1_lon_3')
    """
    wanted = f"pc_{wanted}" if wanted.startswith("redcap") else wanted
    name, number = wanted[:size].strip("_"), 1
    while name in taken:
        number += 1
        end = f"_{number}"
        name = wanted[: size - len(end)].strip("_") + end
    taken.add(name)
    return name


def plain(text: str) -> str:
    """Return text in which REDCap finds no HTML, piping or embedding.

    >>> plain("<b>{x}[y]")
    '‹b›(x)(y)'
    """
    return text.translate(LOOKALIKE)


def harmless(text: str) -> str:
    """Return text in which REDCap finds no action tag either."""
    return plain(text).replace("@", "(at)")
