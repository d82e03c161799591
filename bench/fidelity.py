"""Is any field lost that pubmed_parser or Biopython finds? Every citation, every field.

Each value of theirs is compared with ours. A value of theirs that we have not, and that
no rule below explains in words, is a loss: it is printed and the exit code is 1.
Blanks at the ends of a text and line breaks in it are not compared.

Usage: fidelity.py, in the environment that make bench builds.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import fidelity_biopython
import fidelity_pubmed_parser
from files import paths

from personomics import medline

Values = dict[str, list[str]]
Pairs = Iterator[tuple[medline.Citation, Values, Values]]

LOST = "they have more"


def squeezed(values: list[str]) -> list[str]:
    """Return the values that are not empty, with single blanks."""
    return [text for value in values if (text := " ".join(value.split()))]


def has(ours: str, theirs: str) -> bool:
    """Return whether theirs is part of ours: its start, or, if long, in it in order.

    Others cut a text where mark-up begins, or leave out what is inside the mark-up.

    >>> has("10 CO2", "10 CO"), has("CO", "CO2"), has("21", "1")
    (True, False, False)
    """
    if ours.startswith(theirs):
        return True
    rest = iter(ours)
    return len(theirs) > 30 and all(char in rest for char in theirs.replace(" ", ""))


def verdict(ours: list[str], theirs: list[str]) -> str:
    """Return which of the columns of the table a field of a citation counts in."""
    ours, theirs = squeezed(ours), squeezed(theirs)
    if ours == theirs:
        return "equal"
    if sorted(ours) == sorted(theirs):
        return "other order"
    if "".join(ours).replace(" ", "") == "".join(theirs).replace(" ", ""):
        return "blanks"
    if not Counter(theirs) - Counter(ours):
        return "we have more"
    if len(ours) >= len(theirs):
        pool = list(ours)
        for value in theirs:
            match = next((other for other in pool if has(other, value)), None)
            if match is None:
                break
            pool.remove(match)
        else:
            return "we have more"
    return LOST


def compare(pairs: Pairs, explain: Callable[..., str], notes: tuple[str, ...]) -> bool:
    """Print a table of the fields; return whether every loss is explained."""
    counts: Counter[tuple[str, str]] = Counter()
    reasons: Counter[tuple[str, str]] = Counter()
    losses: list[str] = []
    fields: dict[str, None] = {}
    citations = 0
    for citation, ours, theirs in pairs:
        citations += 1
        for name, values in theirs.items():
            fields[name] = None
            result = verdict(ours.get(name, []), values)
            if result == LOST:
                reason = explain(name, citation, ours.get(name, []), values)
                if reason:
                    result = "explained"
                    reasons[name, reason] += 1
                else:
                    shown = f"{values!s:.200} – ours: {ours.get(name)!s:.200}"
                    losses.append(f"{citation.pmid} {name}: {shown}")
            counts[name, result] += 1
        for name in ours.keys() - theirs.keys():
            if squeezed(ours[name]):
                fields[name] = None
                counts[name, "we have more"] += 1
    columns = ("equal", "other order", "blanks", "we have more", "explained", LOST)
    print(f"{citations:,} citations")
    print(f"{'field':60}" + "".join(f"{column:>15}" for column in columns))
    for name in fields:
        cells = "".join(f"{counts[name, column]:>15,}" for column in columns)
        print(f"{name:60}{cells}")
    for note in notes:
        print(f"note: {note}")
    for (name, reason), count in sorted(reasons.items()):
        print(f"explained: {name}, {count:,} times: {reason}")
    for loss in losses[:20]:
        print(f"LOST {loss}")
    if losses:
        print(f"{len(losses):,} values lost without an explanation")
    return not losses


def main() -> int:
    """Print both comparisons."""
    kept = True
    others = {
        "pubmed_parser": fidelity_pubmed_parser,
        "Biopython": fidelity_biopython,
    }
    for name, other in others.items():
        for path in paths():
            print(f"\n# {path.name} against {name}", flush=True)
            kept &= compare(other.pairs(path), other.explain, other.NOTES)
    print("\nno field is lost" if kept else "\nfields are lost: see LOST above")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
