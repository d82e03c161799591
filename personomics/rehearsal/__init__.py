"""What a rehearsal of a search strategy found, and its file."""

from __future__ import annotations

import json
import re
from dataclasses import MISSING, asdict, dataclass, fields, is_dataclass
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

FOLDER = "search/rehearsals"
NAME = re.compile(r"\w[\w-]*")
#: Counts are below this.
LARGEST = 10**9
LABEL = "A rehearsal on a sample of records. It is no search of Medline."


@dataclass(frozen=True)
class TermCount:
    """What one term of a block, or one limit, finds in the sample.

    Attributes
    ----------
    term : str
        In PubMed syntax.
    hits : int or None
        Records that hold it; None where it could not be evaluated.
    alone : int or None
        Records of its block that no other term of the block finds.
    lost : int or None
        Records the whole search would lose without it.
    note : str
        Why it, or a part of it, could not be evaluated.
    """

    term: str
    hits: int | None
    alone: int | None
    lost: int | None
    note: str = ""


@dataclass(frozen=True)
class BlockCount:
    """What one block finds in the sample.

    Attributes
    ----------
    name : str
        Its name in the strategy.
    hits : int or None
        Records that it finds; None where none of its terms could be evaluated.
    without : int or None
        Records that the search would find without this block; None where nothing
        would be left of the combination.
    terms : tuple of TermCount
        Its terms, in order.
    """

    name: str
    hits: int | None
    without: int | None
    terms: tuple[TermCount, ...]


@dataclass(frozen=True)
class SampleFile:
    """A file that was read: its name, the SHA-256 of its bytes, its records."""

    name: str
    sha256: str
    records: int


@dataclass(frozen=True)
class Sample:
    """The records that a strategy was rehearsed on.

    Attributes
    ----------
    records : int
        Different PMIDs, without those that the files take back.
    with_abstract, with_headings : int
        How many have an abstract, and subject headings.
    years : dict
        Records by year of publication; "" where it is not known.
    files : tuple of SampleFile
        Where they were read from.
    """

    records: int
    with_abstract: int
    with_headings: int
    years: dict[str, int]
    files: tuple[SampleFile, ...] = ()


@dataclass(frozen=True)
class Rehearsal:
    """Counts and PMIDs of a rehearsal; no words of any record.

    Attributes
    ----------
    label, title : str
        What this is, and the title of the strategy.
    fingerprint, query : str
        :func:`personomics.strategy.fingerprint` and the string evaluated.
    sample : Sample
        What it was rehearsed on.
    blocks : tuple of BlockCount
        In the order of the strategy.
    combined : int
        Records that the combined blocks find before the limits.
    limits : tuple of TermCount
        What each limit finds, and how many more records without it (``alone``).
    hits : int
        Records that the whole string finds.
    pmids : tuple of str
        Their PMIDs, in numeric order.
    known_items, known_in_sample, known_found : tuple of str
        PMIDs of the known items; those in the sample; those of them that were found.
    """

    label: str
    title: str
    fingerprint: str
    query: str
    sample: Sample
    blocks: tuple[BlockCount, ...]
    combined: int
    limits: tuple[TermCount, ...]
    hits: int
    pmids: tuple[str, ...]
    known_items: tuple[str, ...]
    known_in_sample: tuple[str, ...]
    known_found: tuple[str, ...]

    def not_evaluated(self) -> list[TermCount]:
        """Return the terms and limits that the records could not answer."""
        counts = [term for block in self.blocks for term in block.terms]
        return [count for count in (*counts, *self.limits) if count.note]


def to_json(rehearsal: Rehearsal) -> str:
    """Return a rehearsal as the text of its file, always the same for the same."""
    return json.dumps(asdict(rehearsal), ensure_ascii=False, indent=1) + "\n"


def from_json(text: str) -> Rehearsal:
    """Return the rehearsal of a file.

    Raises
    ------
    ValueError
        If it is no rehearsal.
    """
    try:
        found = built(Rehearsal, json.loads(text), "it")
    except (TypeError, json.JSONDecodeError, RecursionError) as error:
        msg = f"is no stored rehearsal ({error}); run 'personomics search rehearse'"
        raise ValueError(msg) from error
    if not isinstance(found, Rehearsal) or not found.blocks:
        msg = "is no stored rehearsal (it has no block); run it again"
        raise ValueError(msg)
    return found


def built(kind: Any, value: Any, where: str) -> object:
    """Return a value of JSON as an object of some type.

    Raises
    ------
    TypeError
        Naming the part that is missing, or of another type than it should be.
    """
    parts = get_args(kind)
    types = parts if get_origin(kind) is UnionType else (kind,)
    if is_dataclass(kind) and isinstance(value, dict):
        hints = get_type_hints(kind)
        needed = {f.name for f in fields(kind) if f.default is MISSING}
        if odd := sorted((needed - value.keys()) | (value.keys() - hints.keys())):
            msg = f"{odd[0]!r} of {where} is missing or unknown"
            raise TypeError(msg)
        given = {n: built(hints[n], v, f"{n!r} of {where}") for n, v in value.items()}
        return kind(**given)  # type: ignore[operator]
    if get_origin(kind) is tuple and isinstance(value, list):
        return tuple(built(parts[0], one, where) for one in value)
    if get_origin(kind) is dict and isinstance(value, dict):
        return {name: built(parts[1], one, where) for name, one in value.items()}
    text = str in types and isinstance(value, str)
    number = int in types and type(value) is int and 0 <= value < LARGEST
    if text or number or (type(None) in types and value is None):
        return value
    words = repr(value)
    msg = f"{where} is {words if len(words) <= 40 else words[:39] + '…'}"
    raise TypeError(msg)


def store(rehearsal: Rehearsal, folder: Path, name: str) -> Path:
    """Write a rehearsal into a data folder and return its file.

    Raises
    ------
    ValueError
        If the name is not one word.
    """
    from personomics import files

    if not NAME.fullmatch(name):
        msg = f"{name!r} cannot name a rehearsal; allowed: letters, digits, - and _"
        raise ValueError(msg)
    path = folder / FOLDER / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write(path, to_json(rehearsal))
    return path


def stored(folder: Path) -> dict[str, Rehearsal]:
    """Return the rehearsals of a data folder by name.

    Raises
    ------
    ValueError
        Naming the file that is no rehearsal.
    """
    found = {}
    for path in sorted((folder / FOLDER).glob("*.json")):
        try:
            found[path.stem] = from_json(path.read_text(encoding="utf-8"))
        except ValueError as error:
            msg = f"{path}: {error}"
            raise ValueError(msg) from error
    return found
