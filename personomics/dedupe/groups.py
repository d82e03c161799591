"""Groups of records that are one article, and what keeps two groups apart."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

from personomics import record_fields as fields
from personomics.records import Record

DECISIONS = ("same", "maybe", "distinct")

#: Who decided a link that a rule made.
RULE = "rule"

#: Identifiers of an article and how they are read from a record.
IDENTIFIERS: dict[str, Callable[[Record], str]] = {
    "PMID": lambda record: fields.pmid(record.pmid),
    "DOI": lambda record: fields.doi(record.doi),
    "PMCID": lambda record: fields.pmcid(record.pmcid),
}


class Item(NamedTuple):
    """A record and its identifier, unique across sources."""

    record_id: str
    record: Record


@dataclass(frozen=True, kw_only=True)
class Link:
    """What one record is to an earlier one.

    Attributes
    ----------
    record_id, other_id : str
        The later record and the earlier one that it repeats.
    rule, evidence : str
        Why: the rule in words, and what agrees and differs.
    decision : str
        One of :data:`DECISIONS`.
    decided_by : str
        :data:`RULE`, or a person's word; the latter is never changed.
    """

    record_id: str
    other_id: str
    rule: str
    evidence: str
    decision: str
    decided_by: str = RULE


class Pair(NamedTuple):
    """Two items, by their numbers in :class:`Groups`, that may be one article."""

    one: int
    other: int
    rule: str
    decision: str
    why: str = ""


class Union:
    """Disjoint sets of the numbers below a size."""

    def __init__(self, size: int) -> None:
        self._parent = list(range(size))

    def root(self, number: int) -> int:
        """Return the number that stands for a set."""
        while self._parent[number] != number:
            self._parent[number] = self._parent[self._parent[number]]
            number = self._parent[number]
        return number

    def join(self, one: int, other: int) -> int:
        """Make two sets one and return the number that stands for it."""
        low, high = sorted((self.root(one), self.root(other)))
        self._parent[high] = low
        return low


class Groups:
    """Items joined into groups, one for each article.

    Two groups that hold different PMIDs, or that a person told apart, are never joined.
    Different DOIs forbid it only where nothing but words speaks for it.

    Parameters
    ----------
    items : sequence of Item
        In an order that does not depend on the sources.
    persons : iterable of Link
        Decisions; those on records that are not given change nothing.

    Raises
    ------
    ValueError
        If decisions contradict each other.
    """

    def __init__(self, items: Sequence[Item], persons: Iterable[Link]) -> None:
        self.items = items
        self._union = Union(len(items))
        self._steps: dict[int, list[tuple[int, str]]] = defaultdict(list)
        self._apart: dict[int, set[int]] = defaultdict(set)
        self._values = {
            name: {n: {v} for n, item in enumerate(items) if (v := read(item.record))}
            for name, read in IDENTIFIERS.items()
        }
        self._decide(list(persons))

    def _decide(self, persons: Sequence[Link]) -> None:
        """Join and tell apart what a person joined and told apart."""
        number = {item.record_id: n for n, item in enumerate(self.items)}
        told: list[tuple[int, int, Link]] = []
        for link in persons:
            if link.decision not in DECISIONS:
                allowed = ", ".join(DECISIONS)
                msg = (
                    f"link {link.record_id} - {link.other_id}: the decision "
                    f"{link.decision!r} is none of {allowed}"
                )
                raise ValueError(msg)
            if link.record_id not in number or link.other_id not in number:
                continue
            one, other = number[link.record_id], number[link.other_id]
            if link.decision == "same":
                self._unite(one, other, f"decided by {link.decided_by}")
            else:
                told.append((one, other, link))
        for one, other, link in told:
            if self._union.root(one) == self._union.root(other):
                msg = (
                    f"link {link.record_id} - {link.other_id}: is decided to be "
                    f"{link.decision!r}, but other decisions make the two the same; "
                    "change one of them"
                )
                raise ValueError(msg)
            self._apart[self._union.root(one)].add(self._union.root(other))
            self._apart[self._union.root(other)].add(self._union.root(one))

    def join(self, pairs: Iterable[Pair]) -> list[Pair]:
        """Join the pairs that are the same; return those that a person should see."""
        doubtful = []
        for pair in pairs:
            one, other = self._union.root(pair.one), self._union.root(pair.other)
            why = self._against(one, other, pair.rule)
            if one == other or self.apart(one, other):
                continue
            if pair.decision == "same" and not why:
                self._unite(pair.one, pair.other, pair.rule)
            else:
                doubtful.append(pair._replace(decision="maybe", why=pair.why or why))
        return doubtful

    def _against(self, one: int, other: int, rule: str) -> str:
        """Return why two groups must not be joined, or nothing."""
        for name in ("PMID", "DOI"):
            first, second = self.values(one, name), self.values(other, name)
            # A person, or a shared PMID, may have joined several values already.
            if first <= second or second <= first:
                continue
            if name == "PMID" or not rule.startswith("same "):
                return f"the {name}s differ"
        return ""

    def contradict(self, one: int, other: int) -> bool:
        """Return whether identifiers say that two groups are two articles."""
        return bool(self._against(self._union.root(one), self._union.root(other), ""))

    def apart(self, one: int, other: int) -> bool:
        """Return whether a person told two groups apart."""
        return self._union.root(other) in self._apart[self._union.root(one)]

    def _unite(self, one: int, other: int, rule: str) -> None:
        """Join two groups."""
        self._steps[one].append((other, rule))
        self._steps[other].append((one, rule))
        roots = {self._union.root(one), self._union.root(other)}
        low = self._union.join(one, other)
        for high in roots - {low}:
            for values in self._values.values():
                if high in values:
                    values[low] = values.get(low, set()) | values[high]
            for third in self._apart.pop(high, set()):
                self._apart[third].discard(high)
                self._apart[third].add(low)
                self._apart[low].add(third)

    def values(self, number: int, name: str) -> set[str]:
        """Return the values of an identifier that a group holds."""
        return self._values[name].get(self._union.root(number), set())

    def members(self) -> Iterator[list[int]]:
        """Yield the numbers of the items of each group."""
        groups = defaultdict(list)
        for number in range(len(self.items)):
            groups[self._union.root(number)].append(number)
        yield from groups.values()

    def heads(self) -> list[int]:
        """Return the item of each group that says the most, to stand for it."""

        def full(number: int) -> int:
            record = self.items[number].record
            names = ("title", "authors", "year", "journal", "volume", "issue", "pages")
            return sum(bool(getattr(record, name)) for name in (*names, "doi", "pmid"))

        return sorted(max(m, key=lambda n: (full(n), -n)) for m in self.members())

    def steps(self, root: int) -> dict[int, tuple[int, str]]:
        """Return from which item, and by which rule, each of a group was reached."""
        found: dict[int, tuple[int, str]] = {root: (root, "")}
        queue = deque([root])
        while queue:
            number = queue.popleft()
            for other, rule in self._steps[number]:
                if other not in found:
                    found[other] = (number, rule)
                    queue.append(other)
        return found

    def unambiguous(self, pairs: Sequence[Pair]) -> list[Pair]:
        """Return pairs in which none fits two articles; the others become "maybe"."""
        near: dict[int, set[int]] = defaultdict(set)
        for pair in pairs:
            if pair.decision == "same" and not self.contradict(pair.one, pair.other):
                near[pair.one].add(pair.other)
                near[pair.other].add(pair.one)
        torn = {
            number
            for number, others in near.items()
            if any(self.contradict(a, b) for a, b in combinations(sorted(others), 2))
        }
        return [
            pair._replace(decision="maybe", why="it fits more than one record")
            if pair.decision == "same"
            and torn & {pair.one, pair.other}
            and not self.contradict(pair.one, pair.other)
            else pair
            for pair in pairs
        ]
