"""What a measurement plan says: rules, sentences and headings, each written once.

A number in braces stands for a value. The page of the book gets the same words.
"""

from __future__ import annotations

#: How directly an instrument measures a factor, most direct first.
DIRECTNESS = ("direct", "partial", "proxy")
NOTICE = (
    "Chosen by a rule from what these data record of each instrument: how directly it "
    "measures a factor, how long it is, and its terms. This is not a judgement of "
    "validity and no recommendation for care. Check each instrument, its language "
    "version and its terms of use before the trial."
)
#: The rules; `order` names what decides, one after the other, and is what is applied.
RULES = {
    "most-direct": {
        "name": "Most direct",
        "text": "Instruments of the factor itself come before those of a part of it, "
        "these before those of something near it; then brief ones, then those with "
        "fewest items (length not seen: last), then the lower identifier.",
        "order": ["directness", "brief", "items", "id"],
        "only": "",
    },
    "shortest": {
        "name": "Shortest",
        "text": "Instruments of the factor itself or of a part of it come first, by "
        "fewest items (length not seen: last), then the more direct, then the lower "
        "identifier. Something near the factor is measured only if nothing else is on "
        "record.",
        "order": ["proxy", "items", "directness", "id"],
        "only": "",
    },
    "free-only": {
        "name": "Free only",
        "text": "As most-direct, among the instruments whose terms were seen and read "
        "as free for research. All others are set aside, also those whose terms were "
        "not seen.",
        "order": ["directness", "brief", "items", "id"],
        "only": "free",
    },
}
CUSTOM = (
    "An item of your own is one sentence in plain words about one thing, with the "
    "period that fits your visits and a few worded answers in even steps. Try it in "
    "interviews with a few patients, keep its wording unchanged during the trial, and "
    "report it as an item that has not been validated."
)
OVERLAP = (
    "An instrument that serves several factors is used and counted once. After the "
    "first choice, instruments are looked at from the longest to the shortest (length "
    "not seen: first; of equal ones the higher identifier first). One is left out if "
    "every factor that takes it is measured at least as directly by another "
    "instrument of the plan (the first of those by the rule), and if that asks no more "
    "of patients at later times (length not seen counts as the longest). The plan so "
    "gets shorter and never less direct; it need not be the shortest of all. An "
    "instrument taken only for something near a factor stands for no other."
)
#: How many factors are measured how directly.
MEASURED = {
    "direct": "{0} measured directly",
    "partial": "{0} in part",
    "proxy": "{0} only by something near",
    "none": "{0} not at all",
}
#: Terms of use: what they ask for; a class without words needs no warning.
LICENCES = {
    "permission": "A licence, a fee or permission is needed before use",
    "conditions": "Free for some uses only, or with conditions to read first",
    "not seen": "Terms of use were not seen; ask the authors or owners before use",
    "free": "",
}
WORDS = {
    # Why an instrument was not taken: what decided, in the order of the rule.
    "directness": "measures the factor less directly",
    "brief": "not counted as brief",
    "items": "has more items",
    "unknown": "its length was not seen",
    "proxy": "measures only something near the factor",
    "id": "equal by the rule; the lower identifier comes first",
    "overlap": "first by the rule; {0} serves this factor as directly and is in the "
    "plan anyway",
    "aside": "set aside: terms of use {0}",
    # Length
    "length unseen": "length not seen",
    "minutes unseen": "minutes not seen",
    "items known": "{0} in {1}",
    "items unseen for": "length not seen for {0}",
    "minutes known": "about {0} for {1}",
    "minutes unseen for": "minutes not seen for {0}",
    "no instrument": "no instrument",
    # When
    "stable": "Baseline only. Classed as stable, so not expected to change over the "
    "weeks to months of a typical course: {0}.",
    "dynamic": "Baseline and repeated. Classed as dynamic, so it may change over the "
    "course of treatment: {0}.",
    "both": " It also serves what is classed as stable: {0}.",
    # Gaps
    "none found": "No instrument is on record. That none was found does not mean that "
    "none exists.",
    "set aside": "{0} on record, all set aside by the rule. Their terms of use: {1}.",
    "part only": "{0} measures a part of the factor.",
    "proxy only": "{0} measures something near the factor, not the factor.",
    "direct at hand": " On record for the factor itself: {0}.",
    "direct aside": " Set aside by the rule, though on record for the factor itself: "
    "{0}.",
    "no direct": " No instrument on record measures the factor itself.",
    "custom": "Add an item of your own that covers the definition: {0}.",
    # Warnings
    "licence": "{0}: {1}.",
    "reporter warning": "Not simply filled in by the patient: {0}.",
    "length warning": "Length not seen: {0}. The items in total are therefore a "
    "minimum.",
    "minutes warning": "Minutes not seen: {0}. The minutes in total leave these out.",
    "own items": "{0} of the trial's own to be written",
    "of": "Of {0}: {1}.",
    "gap warning": "Not measured directly by this plan: {0}.",
    # PROGRESS-Plus
    "whole": "{0}",
    "part": "{0} (in part)",
    "covered": "Covered: {0}.",
    "covered none": "None is covered.",
    "not covered": " Not covered: {0}.",
    # Bad input
    "error none": "factors: none is given; allowed: one or more identifiers of factors "
    "of data {0}, such as {1}.",
    "error factors": "factors: {0}; allowed: identifiers of the {1} factors of data "
    "{2}, such as {3}.",
    "strange": "“{0}” is no factor",
    "strange near": "“{0}” is no factor (did you mean {1}?)",
    "deprecated": "“{0}” ({1}) is no longer in use",
    "error rule": "rule: “{0}” is no rule; allowed: one of {1}.",
    "error rules": "rule: given more than once, as {0}; allowed: one of {1}.",
    # The plan as a text
    "heading": "Measurement plan",
    "data": "{0}, data {1}, rule {2}. This selection:",
    "rule": "Rule",
    "overlap heading": "Overlap",
    "measured": "What is measured",
    "burden": "Burden",
    "at baseline": "At baseline",
    "at repeats": "At each later time",
    "instruments": "Instruments",
    "warnings": "Before you use it",
    "gaps": "Gaps",
    "alternatives": "Alternatives",
    "progress": "PROGRESS-Plus",
    "questions": "Open questions",
    "none": "None.",
    "factor": "Factor",
    "instrument": "Instrument",
    "how": "How directly",
    "length heading": "Length",
    "minutes": "Minutes",
    "when": "When",
    "terms": "Terms of use",
    "gap cell": "none: see the gaps",
    "recall": "looks back on: {0}",
    "recall unseen": "period looked back on not seen",
    "answered": "reporter: {0}",
    "terms seen": "terms of use: {0} ({1})",
    "terms class": "terms of use: {0}",
    "loinc": "LOINC: {0}",
    "reference": "reference: {0}",
    "for": "for {0}",
}


def reporter_text(reporter: str) -> str:
    """Return what a trial has to arrange where a patient does not just fill in a form.

    >>> reporter_text("self"), reporter_text("performance")[:6]
    ('', 'A test')
    """
    if reporter == "self":
        return ""
    if "caregiver" in reporter:
        return (
            "A caregiver answers, not the patient: the caregiver has to take part and "
            "to agree as well."
        )
    if reporter == "performance":
        return "A test that staff give, no questionnaire: plan a trained person."
    return f"Reporter: {reporter}. Plan who asks, who answers and the time it takes."
