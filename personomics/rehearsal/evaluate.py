"""Rehearse a search strategy on Medline files, without the network.

The very string that would be sent to PubMed is evaluated on every record, and so are
its terms and blocks: what each brings, and what the search would lose without it.
:mod:`personomics.rehearsal.matching` says how terms are evaluated and how PubMed
differs. A term that the records cannot answer is left out of its block, and said to be.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from personomics.rehearsal import (
    LABEL,
    BlockCount,
    Rehearsal,
    Sample,
    SampleFile,
    TermCount,
)  # fmt: skip
from personomics.strategy import SearchBlock, Strategy, fingerprint, query
from personomics.strategy.expression import Expression, Term, read_expression, terms_of
from personomics.tables import shown

if TYPE_CHECKING:
    from personomics.medline import Citation
    from personomics.rehearsal.matching import Test

PMID = re.compile("[1-9][0-9]{0,8}")


class Tally:
    """Evaluates every term of a strategy on one record after the other."""

    def __init__(self, plan: Strategy) -> None:
        self.plan = plan
        self.string = read_expression(query(plan))
        self.tests: dict[Term, Test] = {}
        self.notes: dict[Term, str] = {}
        self.masks: dict[str, int] = {}
        self.seen: dict[str, tuple[str, bool, bool]] = {}
        self.compile()
        self.bits = {term: 1 << n for n, term in enumerate(self.tests)}

    def compile(self) -> None:
        """Compile the different terms of the string, and note those that cannot be."""
        from personomics.rehearsal.matching import NotEvaluated, compiled

        given = [term for block in self.plan.blocks for term in block.terms]
        for string in (*given, *self.plan.limits):
            for term in terms_of(read_expression(string)):
                try:
                    self.tests[term] = compiled(term)
                except NotEvaluated as error:
                    self.notes[term] = str(error)
        if not set(terms_of(self.string)) & self.tests.keys():
            msg = f"no term can be evaluated on records: {query(self.plan)}"
            raise ValueError(msg)

    def add(self, citation: Citation) -> None:
        """Evaluate one record; a later version replaces or deletes an earlier one."""
        from personomics.rehearsal.matching import Document

        if citation.deleted:
            self.masks.pop(citation.pmid, None)
            self.seen.pop(citation.pmid, None)
            return
        document, bits = Document(citation), self.bits
        self.masks[citation.pmid] = sum(
            bits[term] for term, test in self.tests.items() if test(document)
        )
        facts = (citation.year, bool(citation.abstract), bool(citation.mesh))
        self.seen[citation.pmid] = facts

    def value(self, tree: Expression, mask: int) -> bool | None:
        """Return whether a record holds an expression; None where nothing can say."""

        def known(term: Term) -> bool | None:
            return bool(mask & self.bits[term]) if term in self.bits else None

        return worked_off(tree, known)

    def result(self, files: Sequence[SampleFile] = ()) -> Rehearsal:
        """Return the counts of the records read so far."""
        return Counts(self).rehearsal(tuple(files))


def worked_off(tree: Expression, known: Callable[[Term], bool | None]) -> bool | None:
    """Work off an expression; parts that are None neither widen nor narrow it."""
    if isinstance(tree, Term):
        return known(tree)
    values = [worked_off(part, known) for part in tree.parts]
    if all(value is None for value in values):
        return None
    if tree.operator == "OR":
        return any(values)
    if tree.operator == "AND":
        return all(value is not False for value in values)
    return values[0] is not False and not any(values[1:])


class Counts:
    """Counts a tally: records that agree in every term are counted at once."""

    def __init__(self, tally: Tally) -> None:
        self.tally, self.plan = tally, tally.plan
        self.patterns = Counter(tally.masks.values())
        self.terms = {
            block.name: [read_expression(term) for term in block.terms]
            for block in self.plan.blocks
        }
        self.limits = [read_expression(limit) for limit in self.plan.limits]
        self.combination = read_expression(self.plan.combination)

    def count(self, holds: Callable[[int], bool | None]) -> int:
        """Count the records whose pattern holds."""
        return sum(n for mask, n in self.patterns.items() if holds(mask))

    def block(self, name: str, mask: int, leave: int | None = None) -> bool | None:
        """Return the value of a block, with one of its terms left out if asked for."""
        trees = self.terms[name]
        values = [
            self.tally.value(tree, mask)
            for number, tree in enumerate(trees)
            if number != leave
        ]
        known = [value for value in values if value is not None]
        return any(known) if known else (None if leave is None else False)

    def search(
        self, mask: int, *, block: str = "", term: int | None = None,
        limits: Sequence[int] | None = None,
    ) -> bool | None:  # fmt: skip
        """Return the value of the search without a block, a term or some limits."""

        def known(name: Term) -> bool | None:
            if name.words != block:
                return self.block(name.words, mask)
            return None if term is None else self.block(block, mask, term)

        combined = worked_off(self.combination, known)
        applied = range(len(self.limits)) if limits is None else limits
        values = [self.tally.value(self.limits[n], mask) for n in applied]
        if combined is None:
            return None
        return combined and all(value is not False for value in values)

    def note(self, tree: Expression) -> str:
        """Say which parts of a term could not be evaluated, and why."""
        whole = isinstance(tree, Term)
        notes = [
            self.tally.notes[term] if whole else f"{term}: {self.tally.notes[term]}"
            for term in terms_of(tree)
            if term in self.tally.notes
        ]
        return "; ".join(notes)

    def hits(self, tree: Expression) -> int | None:
        """Count the records that hold an expression; None where nothing can say."""
        if self.tally.value(tree, 0) is None:
            return None
        return self.count(lambda mask: self.tally.value(tree, mask))

    def term(self, block: SearchBlock, number: int) -> TermCount:
        """Count one term of a block."""
        name, written = block.name, block.terms[number]
        tree = self.terms[name][number]
        hits, note = self.hits(tree), self.note(tree)
        if hits is None:
            return TermCount(written, None, None, None, note)
        alone = self.count(
            lambda mask: self.block(name, mask) and not self.block(name, mask, number)
        )
        lost = self.count(
            lambda mask: (
                self.search(mask) and not self.search(mask, block=name, term=number)
            )
        )
        return TermCount(written, hits, alone, lost, note)

    def limit(self, number: int) -> TermCount:
        """Count one limit: what holds it, and what it takes away."""
        tree = self.limits[number]
        hits, note = self.hits(tree), self.note(tree)
        rest = [n for n in range(len(self.limits)) if n != number]
        kept = None if hits is None else self.count(
            lambda mask: self.search(mask, limits=rest) and not self.search(mask)
        )  # fmt: skip
        return TermCount(self.plan.limits[number], hits, kept, None, note)

    def block_count(self, block: SearchBlock) -> BlockCount:
        """Count one block."""
        name = block.name
        dumb = self.block(name, 0) is None
        gone = self.search(0, block=name) is None
        return BlockCount(
            name,
            None if dumb else self.count(lambda mask: self.block(name, mask)),
            None if gone else self.count(lambda mask: self.search(mask, block=name)),
            tuple(self.term(block, number) for number in range(len(block.terms))),
        )

    def rehearsal(self, files: tuple[SampleFile, ...]) -> Rehearsal:
        """Return every count."""
        tally, plan = self.tally, self.plan
        found = {mask for mask in self.patterns if tally.value(tally.string, mask)}
        pmids = {pmid for pmid, mask in tally.masks.items() if mask in found}
        facts = tally.seen.values()
        sample = Sample(
            len(tally.masks),
            sum(abstract for _, abstract, _ in facts),
            sum(headings for *_, headings in facts),
            dict(sorted(Counter(year for year, *_ in facts).items())),
            files,
        )
        return Rehearsal(
            LABEL, plan.title, fingerprint(plan), query(plan), sample,
            tuple(map(self.block_count, plan.blocks)),
            self.count(lambda mask: self.search(mask, limits=())),
            tuple(self.limit(n) for n in range(len(self.limits))),
            len(pmids),
            tuple(sorted(pmids, key=int)),
            plan.known_items,
            tuple(p for p in plan.known_items if p in tally.masks),
            tuple(p for p in plan.known_items if p in pmids),
        )  # fmt: skip


def rehearse(
    plan: Strategy, citations: Iterable[Citation], files: Sequence[SampleFile] = ()
) -> Rehearsal:
    """Evaluate a strategy on citations.

    Parameters
    ----------
    plan : Strategy
        What is looked for.
    citations : iterable of Citation
        Records as :func:`personomics.medline.read` yields them.
    files : sequence of SampleFile
        Where they come from.

    Returns
    -------
    Rehearsal
        Counts and PMIDs.

    Raises
    ------
    ValueError
        If no term of the strategy can be evaluated on records.
    """
    tally = Tally(plan)
    for citation in citations:
        tally.add(citation)
    return tally.result(files)


def rehearse_files(
    plan: Strategy, paths: Iterable[Path], seen: Callable[[], object] = lambda: None
) -> Rehearsal:
    """Evaluate a strategy on files of Medline XML, or on folders of them.

    Parameters
    ----------
    plan : Strategy
        What is looked for.
    paths : iterable of Path
        Files, plain or gzipped, or folders.
    seen : callable
        Called after each record, for a progress bar.

    Raises
    ------
    OSError, ValueError
        If a file cannot be read to its end; see :func:`personomics.medline.read`.
    """
    from personomics import medline

    tally, files = Tally(plan), []
    for path in paths:
        inside = sorted((*path.glob("*.xml"), *path.glob("*.xml.gz")))
        for file in inside if path.is_dir() else [path]:
            number = 0
            for citation in medline.read(file):
                if not PMID.fullmatch(citation.pmid):
                    msg = f"{file}: {shown(citation.pmid)} is no PMID; mend the file"
                    raise ValueError(msg)
                tally.add(citation)
                number += not citation.deleted
                seen()
            with file.open("rb") as data:
                digest = hashlib.file_digest(data, "sha256").hexdigest()
            files.append(SampleFile(file.name, digest, number))
    return tally.result(files)
