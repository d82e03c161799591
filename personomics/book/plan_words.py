"""What only the page of a measurement plan says; the plan's own words are elsewhere."""

from __future__ import annotations

#: Headings of the plan's table.
HEADS = [
    "Factor", "Instrument", "Directness", "Length, time", "When", "Terms of use",
]  # fmt: skip
#: Sentences that the script fills in.
SAYS = {
    "nothing": "No factor is ticked yet. Start from an example, or tick the factors "
    "that your trial should measure.",
    "status": "{0} {1}. At baseline: {2}",
    "count": "{0} of {1} factors ticked",
    "alternatives": "Not taken: {0}",
    "shared": "also serves {0}",
    "untimed": "Nothing is measured.",
    "patients": "The patient, in every instrument.",
    "others": "The patient, in all other instruments.",
    "whole": "None: every factor is measured directly.",
    "foot": "{0}, data {1}. {2}",
    "older": "The link was made with data {0}; this book holds data {1}, so the plan "
    "may differ.",
    "saved": "Saved as {0}.",
    "copied": "The protocol paragraph is copied.",
    "selected": "The browser does not let this page copy. The paragraph is selected: "
    "copy it with the keyboard.",
    "found": "Factors found: {0}.",
    "lost": "No factor is found by this. Try another word, or look through the list.",
}
