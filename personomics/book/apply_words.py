"""What the page "Apply the map" says, to readers with a patient or with a protocol."""

from __future__ import annotations

from personomics import evidence as ev
from personomics.dataset import Dataset
from personomics.words import clean, counted

NOTICE = (
    "Not medical advice. A map for thinking, built from a convenience sample of "
    "published cases; not a validated score."
)
RULES = {
    "similar": "Cases that share most of the ticked factors come first; among those "
    "that share as many, the case of whose own factors the larger share is ticked.",
    "overlooked": "Listed is every factor that an article or a case holds together "
    "with a ticked one; those so held by most articles and cases come first. A factor "
    "that many articles name therefore comes up often.",
}
#: Words that differ between a patient and a protocol; the first is shown at first.
WORDS = {
    "patient": {
        "choice": "A patient",
        "about": "a patient",
        "tick": "Tick what is present",
        "hint": "What you know to be present and to matter now. A factor left open may "
        "be absent, or nobody has asked about it.",
        "profile": "The patient on the map",
        "cases": "How care was adapted in similar published cases",
        "overlooked": "Factors often overlooked",
        "inner": "Nothing is ticked beyond the {0} system. Has nobody looked, or is "
        "nothing there? Both are possible.",
        "open": "Nothing is ticked in: {0}. Has nobody looked, or is nothing there? "
        "Both are possible.",
        "beside": " with a ticked factor in articles: {0} of {1}; in cases: {2} of {3}",
    },
    "protocol": {
        "choice": "A trial protocol",
        "about": "a trial protocol",
        "tick": "Tick what the protocol takes into account",
        "hint": "What the protocol measures, or what you expect to change how "
        "participants take up and keep up the treatment.",
        "profile": "The protocol on the map",
        "cases": "How care was adapted in published cases with these factors",
        "overlooked": "Factors the protocol may overlook",
        "inner": "Nothing is ticked beyond the {0} system. Left out on purpose, or not "
        "thought of? Both are possible.",
        "open": "Nothing is ticked in: {0}. Left out on purpose, or not thought of? "
        "Both are possible.",
        "beside": " with a ticked factor in articles: {0} of {1}; in cases: {2} of {3}"
        ". Closest instrument: {4}",
    },
}
FIRST = next(iter(WORDS))
#: How many lines of a list are open; the others are folded.
OPEN = 5


def says(ds: Dataset) -> dict[str, str]:
    """Return the sentences that the script fills in, numbers of the data in place."""
    factors, cases = len(ev.active_factors(ds)), len(ev.eligible_cases(ds))
    systems, parts = len(ds.codes("level")), len(ds.codes("com_b"))
    return {
        "status": f"{{0}} of {factors} factors ticked, in {{1}} of {systems} systems "
        f"and {{2}} of {parts} COM-B components. Published cases that share one or "
        f"more: {{3}} of {cases}.",
        "count": f"{{0}} of {factors} ticked",
        "nothing": "Nothing is ticked yet.",
        "all": "Something is ticked in every system of the map.",
        "more": "Show {0} more",
        "none": "none",
        "untouched": "Nothing ticked: {0}.",
        "shared": "Shares {0} of its {1} factors: {2}",
        "unlike": f"None of the {counted(cases, 'case')} shares a factor.",
        "alone": "No article or case holds another factor together with the ticked.",
        "measured": "A direct and brief instrument is on record for {0} of {1}. "
        "Gaps: {2}. “None found” does not mean that none exists.",
        "brief": "Not ticked, though a direct and brief instrument is on record: {0}.",
        "best": "closest instrument",
        "foot": f"{clean(ds.title)}, data {ds.version}. {{0}}",
        "unread": "This link names no factors in a way the page can read, so nothing "
        "is ticked.",
        "strange": f"Not among the factors of data {ds.version}: {{0}}. All others "
        "that the link names are ticked.",
        "older": f"The link was made with data {{0}}; this book holds data "
        f"{ds.version}, so the result may differ.",
        "neither": "The link says neither patient nor protocol; a patient is shown.",
        "saved": "Saved as {0}.",
        "found": "Factors found: {0}.",
        "lost": "No factor is found by this. Try another word, or look through the "
        "list.",
        "cleared": "Everything is cleared.",
    }
