"""What pubmed_parser returns of a citation, and the same said from ours."""

from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import Path

import pubmed_parser

from personomics import medline

Values = dict[str, list[str]]

#: pubmed_parser leaves this sentence out of an affiliation.
_SENTENCE = (
    "For a full list of the authors' affiliations please see the "
    "Acknowledgements section."
)


def pairs(path: Path) -> Iterator[tuple[medline.Citation, Values, Values]]:
    """Yield our citation, and ours and theirs in pubmed_parser's fields."""
    theirs = pubmed_parser.parse_medline_xml(
        str(path),
        year_info_only=False,
        author_list=True,
        reference_list=True,
        parse_downto_mesh_subterms=True,
    )
    categories = pubmed_parser.parse_medline_xml(str(path), nlm_category=True)
    kept = (c for c in medline.read(path) if not c.deleted)
    for citation, record, other in zip_longest(kept, theirs, categories):
        if citation is None or record is None or citation.pmid != record["pmid"]:
            msg = f"{path.name}: the readers do not give the same citations"
            raise SystemExit(msg)
        record["abstract by category"] = other["abstract"]
        for name in ("affiliations", "authors", "references", "pubdate"):
            record[f"{name} (text)"] = other[name]
        yield citation, _ours(citation), _theirs(record)


def _theirs(record: dict) -> Values:
    """Return their record as lists of text."""
    values: Values = {}
    for name, value in record.items():
        if isinstance(value, list):
            keys = {key for item in value for key in item}
            for key in sorted(keys):
                values[f"{name}: {key}"] = [item[key] or "" for item in value]
        elif name in {"mesh_terms", "keywords", "chemical_list", "publication_types"}:
            values[name] = [value.replace("; ", "\n")]
        else:
            values[name] = [str(value)]
    return values


def _ours(c: medline.Citation) -> Values:
    """Return our citation in their fields."""
    date = [c.year, c.month, c.day] if c.month else [c.year]
    return {
        "title": [c.title],
        "issue": [f"{c.volume}({c.issue})" if c.volume else ""],
        "pages": [c.pages],
        "abstract": [_abstract(c, 0)],
        "abstract by category": [_abstract(c, 1)],
        "journal": [c.journal],
        "pubdate": ["-".join(part for part in date if part)],
        "pubdate (text)": [c.year],
        "pmid": [c.pmid],
        "delete": [str(c.deleted)],
        "mesh_terms": [_lines(map(_heading, c.mesh))],
        "publication_types": [_lines(":".join(t) for t in c.publication_types)],
        "chemical_list": [_lines(f"{ui}:{name}" for _, ui, name in c.chemicals)],
        "keywords": [_lines(text for text, _ in c.keywords)],
        "doi": [c.doi],
        "languages": [";".join(c.languages)],
        "vernacular_title": [c.vernacular_title],
        "pmc": [c.pmc],
        "other_id": ["; ".join(v for _, v in c.other_ids if "PMC" not in v)],
        "medline_ta": [c.medline_ta],
        "nlm_unique_id": [c.nlm_id],
        "issn_linking": [c.issn_linking],
        "country": [c.country],
        "authors: lastname": [a.family for a in c.authors],
        "authors: forename": [a.given for a in c.authors],
        "authors: initials": [a.initials for a in c.authors],
        "authors: identifier": [_first(a.identifiers) for a in c.authors],
        "authors: affiliation": [(a.affiliations or [""])[0] for a in c.authors],
        "authors (text)": [
            ";".join(
                f"{a.family}|{a.given}|{a.initials}|{_first(a.identifiers)}"
                for a in c.authors
            )
        ],
        "affiliations (text)": [
            ";".join(a.affiliations[0] for a in c.authors if a.affiliations)
        ],
        "references: citation": [r.citation for r in c.references],
        "references: pmid": [r.pmid for r in c.references],
        "references (text)": [";".join(r.pmid for r in c.references if r.pmid)],
        "grant_ids: grant_id": [g.number for g in c.grants],
        "grant_ids: grant_acronym": [g.acronym for g in c.grants],
        "grant_ids: agency": [g.agency for g in c.grants],
        "grant_ids: country": [g.country for g in c.grants],
    }


def _lines(values: Iterable[str]) -> str:
    """Return the values as one text: they join with a mark that values may hold."""
    return "\n".join(values).replace("; ", "\n")


def _first(identifiers: list[tuple[str, str]]) -> str:
    return identifiers[0][1] if identifiers else ""


def _abstract(c: medline.Citation, head: int) -> str:
    """Return the abstract as they write it, headed by label (0) or category (1)."""
    if len(c.abstract_sections) < 2:
        return "".join(section[2] for section in c.abstract_sections)
    return "\n".join(
        f"{section[head] if section[head] != 'UNASSIGNED' else ''}\n{section[2]}"
        for section in c.abstract_sections
    )


def _heading(heading: medline.Heading) -> str:
    """Return a heading as they write it; they put no star on the heading itself."""
    parts = [f"{heading.ui}:{heading.name}"]
    parts += [f"{ui}:{name}{'*' * major}" for name, ui, major in heading.qualifiers]
    return " / ".join(parts)


#: Why ours is not the same.
NOTES = (
    "title, abstract: pubmed_parser drops the text of mark-up inside mark-up",
    "keywords: it reads the first of several lists, and cuts a keyword at mark-up",
    "doi: it reads the last ELocationID even where that is a publisher's number",
    "pmc: it looks among OtherID only, ours first among the article's identifiers",
    "references: it cuts a citation at mark-up and reads the first list, no list in it",
    "blanks: between the symbols of a formula, which MathML calls layout",
    "deleted citations, which ours gives: it leaves them out",
)


def explain(
    name: str, citation: medline.Citation, _: list[str], theirs: list[str]
) -> str:
    """Return in words why theirs is not a value that we lost; empty if it may be."""
    wrong = {value for _, value, valid in citation.elocations if not valid}
    if name == "doi" and set(theirs) <= wrong:
        return "the article marks this DOI as wrong; ours keeps it in elocations"
    return ""
