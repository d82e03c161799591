"""Duplicates among the records of several sources, as links a person can check.

No record is ever removed: a link says that one record repeats an earlier one, by which
rule and on what evidence, and whether that is certain ("same"), for a person to judge
("maybe"), or judged to be wrong ("distinct").

Identifiers come first: the same PMID, DOI or PMCID. The rest is for bib-dedupe
(:mod:`personomics.dedupe.words`). An identifier that contradicts a match, or a title
that contradicts an identifier, makes it a "maybe"; two different PMIDs never come
together unless a person says so, not through a third record either.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from personomics import record_fields as fields
from personomics.dedupe import rules
from personomics.dedupe.groups import (
    DECISIONS,
    IDENTIFIERS,
    RULE,
    Groups,
    Item,
    Link,
    Pair,
    Union,
)
from personomics.records import Record

__all__ = ["DECISIONS", "RULE", "Item", "Link", "find", "kept"]


def find(items: Sequence[Item], *, decided: Iterable[Link] = ()) -> list[Link]:
    """Return the links between records that are, or may be, the same article.

    Parameters
    ----------
    items : sequence of Item
        All records, those to be kept first: articles already screened, then the
        sources in the order of their searches. The order decides which record of a
        group is kept, and nothing else.
    decided : iterable of Link
        Links of earlier runs. Those that a person decided hold and are returned as
        they are, also where their records are not given; the others are made anew.

    Returns
    -------
    list of Link
        A record that repeats another has one "same" link, to the kept record of its
        group or as a person decided; `kept` gives the others.

    Raises
    ------
    ValueError
        If identifiers are not unique, or decisions contradict each other.
    """
    place = {item.record_id: number for number, item in enumerate(items)}
    if len(place) < len(items):
        msg = "identifiers must be unique, but these are given twice: "
        counts = Counter(item.record_id for item in items)
        raise ValueError(msg + ", ".join(sorted(i for i in counts if counts[i] > 1)))
    persons = [link for link in decided if link.decided_by != RULE]
    # An order that depends on the records only, so that results do not on the sources'.
    groups = Groups(sorted(items, key=_canonical), persons)
    doubtful = groups.join(_exact(groups.items))
    doubtful += groups.join(_by_words(groups))
    doubtful += _same_titles(groups)
    links = [*_same(groups, place, persons), *_maybe(groups, place, doubtful)]
    links.sort(key=lambda link: (place[link.record_id], place[link.other_id]))
    return [*persons, *links]


def kept(items: Sequence[Item], links: Iterable[Link]) -> dict[str, str]:
    """Return, for every record, the record of its group that is kept: the earliest.

    >>> link = Link(
    ...     record_id="b", other_id="a", rule="", evidence="", decision="same"
    ... )
    >>> items = [Item(name, Record(record_id=name)) for name in "ab"]
    >>> kept(items, [link])
    {'a': 'a', 'b': 'a'}
    """
    first = {item.record_id: number for number, item in enumerate(items)}
    names = [item.record_id for item in items]
    union = Union(len(names))
    for link in links:
        both = link.record_id in first and link.other_id in first
        if link.decision == "same" and both:
            union.join(first[link.record_id], first[link.other_id])
    earliest: dict[int, str] = {}
    for number, name in enumerate(names):
        earliest.setdefault(union.root(number), name)
    return {name: earliest[union.root(number)] for number, name in enumerate(names)}


def _canonical(item: Item) -> tuple[str, ...]:
    """Return what puts items in an order of their own."""
    record = item.record
    content = (record.title, record.authors, record.year, record.doi, record.pmid)
    return (*content, item.record_id)


def _exact(items: Sequence[Item]) -> Iterator[Pair]:
    """Yield the pairs of records that share an identifier."""
    for name, read in IDENTIFIERS.items():
        groups = defaultdict(list)
        for number, item in enumerate(items):
            if value := read(item.record):
                groups[value].append(number)
        for members in groups.values():
            yield from _sharing(items, members, name)


def _sharing(items: Sequence[Item], members: list[int], name: str) -> Iterator[Pair]:
    """Yield the pairs of records that share one identifier.

    Each record is compared with the first of every group found so far. One that fits
    several groups of different PMIDs is doubtful: it may be either.
    """
    # Those with a PMID first: they found the groups that the others fit or do not.
    members = sorted(members, key=lambda n: (not items[n].record.pmid, n))
    heads: list[int] = []
    for number in members:
        record = items[number].record
        # A number in a hundred titles is no identifier; a few comparisons show it.
        near = heads[:50]
        doubts = {head: _doubt(record, items[head].record, name) for head in near}
        fits = [head for head in near if not doubts[head]]
        if len(fits) == 1:
            yield Pair(fits[0], number, f"same {name}", "same")
            continue
        heads.append(number)
        for head in fits or near[:20]:
            why = doubts[head] or "it fits more than one record"
            yield Pair(head, number, f"same {name}", "maybe", why)


def _doubt(one: Record, other: Record, name: str) -> str:
    """Return why two records of one identifier may be two articles, or nothing."""
    if name == "PMID":
        # NLM changes titles, and a record may hold a translated one.
        differ = rules.titles_differ(one, other)
        dois = {fields.doi(one.doi), fields.doi(other.doi)} - {""}
        apart = len(dois) > 1 or rules.same_lead(one, other) is False
        return differ if apart else ""
    if one.pmid and other.pmid and fields.pmid(one.pmid) != fields.pmid(other.pmid):
        return "the PMIDs differ"
    return rules.conflict(one, other)


def _by_words(groups: Groups) -> list[Pair]:
    """Return the pairs that bib-dedupe finds among groups, strongest first."""
    from personomics.dedupe import words

    heads = groups.heads()
    records = [groups.items[head].record for head in heads]
    pmids = ["; ".join(sorted(groups.values(head, "PMID"))) for head in heads]
    pairs = []
    for first, second, label in words.judge(records, pmids):
        one, other = records[first], records[second]
        agree, _ = rules.agreement(one, other)
        named = f"bib-dedupe: {', '.join(agree) or 'alike as a whole'}"
        why = rules.conflict(one, other) or rules.generic(one, other)
        if label != "duplicate" or not (one.title and other.title):
            if not rules.worth_a_look(one, other):
                continue
            why = why or "bib-dedupe is not certain"
        decision = "maybe" if why else "same"
        pair = Pair(heads[first], heads[second], named, decision, why)
        pairs.append((-len(agree), pair))
    return groups.unambiguous([pair for _, pair in sorted(pairs)])


def _same_titles(groups: Groups) -> Iterator[Pair]:
    """Yield pairs of different PMIDs with the same title, first author and about year.

    PubMed holds a few articles twice.
    """
    first: dict[tuple[str, str], int] = {}
    for head in groups.heads():
        record = groups.items[head].record
        title, author = rules.plain(record.title), rules.lead(record)
        if not record.pmid or not author or len(title.split()) < 4:
            continue
        number = first.setdefault((title, author), head)
        other = groups.items[number].record
        years = [int(r.year) for r in (record, other) if r.year.isdigit()]
        if number != head and len(years) == 2 and abs(years[0] - years[1]) <= 1:
            why = "the PMIDs differ"
            yield Pair(number, head, "same title and first author", "maybe", why)


def _same(
    groups: Groups, place: dict[str, int], persons: Sequence[Link]
) -> Iterator[Link]:
    """Yield the link of each record that repeats another to the one that is kept."""
    joined = {
        max((link.record_id, link.other_id), key=lambda i: place.get(i, -1))
        for link in persons
        if link.decision == "same" and {link.record_id, link.other_id} <= place.keys()
    }
    for members in groups.members():
        ids = {number: groups.items[number].record_id for number in members}
        root = min(members, key=lambda number: place[ids[number]])
        steps = groups.steps(root)
        for number in members:
            if number == root or ids[number] in joined:
                continue
            one, other = groups.items[root].record, groups.items[number].record
            came, rule = steps[number]
            for name, read in IDENTIFIERS.items():
                if read(one) and read(one) == read(other):
                    came, rule = root, f"same {name}"
                    break
            why = f"through {ids[came]}" if came != root else ""
            yield Link(
                record_id=ids[number],
                other_id=ids[root],
                rule=rule,
                evidence=rules.evidence(other, one, why),
                decision="same",
            )


def _maybe(
    groups: Groups, place: dict[str, int], pairs: Iterable[Pair]
) -> Iterator[Link]:
    """Yield a link for each two groups that a person should compare."""
    root = {
        number: min(members, key=lambda n: place[groups.items[n].record_id])
        for members in groups.members()
        for number in members
    }
    seen = set()
    for pair in pairs:
        ends = sorted(
            {root[pair.one], root[pair.other]},
            key=lambda n: place[groups.items[n].record_id],
        )
        if len(ends) < 2 or tuple(ends) in seen or groups.apart(*ends):
            continue
        seen.add(tuple(ends))
        earlier, later = (groups.items[number] for number in ends)
        yield Link(
            record_id=later.record_id,
            other_id=earlier.record_id,
            rule=pair.rule,
            evidence=rules.evidence(later.record, earlier.record, pair.why),
            decision="maybe",
        )
