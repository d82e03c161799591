"""Handlers of those elements of PubMed's XML that hold more than one text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lxml.etree import _Element

from personomics.medline_model import (
    Author,
    Citation,
    Correction,
    Grant,
    Heading,
    Reference,
)
from personomics.medline_text import date_of, dated, joined, month_of, text_of

#: Makes a named tuple in half the time that its class takes.
_tuple = tuple.__new__
#: The attributes that most MeSH headings have, and no others.
_USUAL = ["UI", "MajorTopicYN"]
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")


def pub_date(element: _Element, c: Citation) -> None:
    """Read when it was published: as printed, and in parts as far as they are sure."""
    printed = []
    for child in element:
        name, text = child.tag, text_of(child)
        printed.append(text)
        if name == "Year":
            c.year = text
        elif name == "Month":
            c.month = month_of(text)
        elif name == "Day":
            c.day = text.zfill(2) if text else ""
        elif name == "Season":
            c.season = text
    c.pub_date = " ".join(printed).strip()
    if not (len(c.year) == 4 and c.year.isdecimal()):
        found = _YEAR.search(c.year) or _YEAR.search(c.pub_date)
        c.year = found[0] if found else ""


def article_date(element: _Element, c: Citation) -> None:
    """Read when it was published electronically, first of all."""
    if c.electronic_date:
        c.others.append(("ArticleDate", date_of(element)))
    else:
        c.electronic_date = date_of(element)


def history(element: _Element, c: Citation) -> None:
    """Read what happened to the article when; one walk for all of the list."""
    status, date = "", ""
    for e in element.iter():
        if e.tag == "PubMedPubDate":
            if date:
                c.history.append((status, date))
            status, date = e.get("PubStatus", ""), ""
        else:
            date = dated(date, e.tag, e.text or "")
    if date:
        c.history.append((status, date))


# People

_PEOPLE = {"Author", "Investigator", "PersonalNameSubject"}
_YES_NO: dict[str | None, bool] = {"Y": True, "N": False}


def _people(element: _Element) -> list[Author]:
    """Return the people in a list of authors, investigators or personal subjects.

    One walk over everything in the list is much faster than one for each person. What
    may stand in two places is told apart by its parent, the rest by its name.
    """
    people: list[Author] = []
    person = Author()
    for e in element.iter():
        name: Any = e.tag
        if name == "LastName":
            person.family = text_of(e)
        elif name == "ForeName":
            person.given = text_of(e)
        elif name == "Initials":
            person.initials = text_of(e)
        elif name == "AffiliationInfo":
            continue
        elif name == "Affiliation":
            person.affiliations.append(text_of(e))
        elif name in _PEOPLE:
            person = Author()
            people.append(person)
            if e.get("ValidYN") == "N":
                person.valid = False
            person.equal = _YES_NO.get(e.get("EqualContrib"))
        elif name == "Identifier":
            _identifier(e, person)
        elif name == "Suffix":
            person.suffix = text_of(e)
        elif name == "CollectiveName":
            person.collective = text_of(e)
            person.group = e.get("Investigators", "")
    return people


def _identifier(element: _Element, person: Author) -> None:
    """Read the identifier of a person, or of the institution in an affiliation."""
    source, value = element.get("Source", ""), text_of(element)
    parent = element.getparent()
    if parent is not None and parent.tag == "AffiliationInfo":
        at = max(len(person.affiliations) - 1, 0)
        person.affiliation_ids.append((at, source, value))
    else:
        person.identifiers.append((source, value))


def authors(element: _Element, target: Any) -> None:
    """Read a list of authors, or of editors of a book."""
    people = target.editors if element.get("Type") == "editors" else target.authors
    people.extend(_people(element))
    if element.get("CompleteYN") == "N" and isinstance(target, Citation):
        target.authors_complete = False


def investigators(element: _Element, target: Any) -> None:
    """Read the members of a group that is an author."""
    people = _people(element)
    for person in people:
        person.group = element.get("ID", "")
    target.investigators.extend(people)


def personal_subjects(element: _Element, c: Citation) -> None:
    """Read whom the article is about."""
    c.personal_subjects.extend(_people(element))


# What the article holds


def abstract(element: _Element, c: Citation) -> None:
    """Read the abstract; text outside its sections is a section without a label."""
    c.abstract_sections.extend(_sections(element))
    for child in element:
        if child.tag == "CopyrightInformation":
            c.copyright = text_of(child)


def _sections(element: _Element) -> Iterator[tuple[str, str, str]]:
    """Yield (label, category, text) of the sections of an abstract."""
    loose = (element.text or "").strip()
    if loose:
        yield "", "", loose
    for child in element:
        if child.tag == "AbstractText":
            label, category = child.get("Label", ""), child.get("NlmCategory", "")
            yield label, category, text_of(child)
        elif child.tag != "CopyrightInformation":
            yield "", "", text_of(child)
        loose = (child.tail or "").strip()
        if loose:
            yield "", "", loose


def other_abstract(element: _Element, c: Citation) -> None:
    """Read a translation of the abstract, a summary in plain language and the like."""
    kind, language = element.get("Type", ""), element.get("Language", "eng")
    sections = list(_sections(element))
    c.other_abstracts.append((kind, language, joined(sections)))
    c.other_abstract_sections.append(sections)
    for child in element:
        if child.tag == "CopyrightInformation":
            c.other_copyrights.append(text_of(child))


def elocation(element: _Element, target: Any) -> None:
    """Read a DOI or number of the publisher, which may be marked as wrong."""
    valid = element.get("ValidYN") != "N"
    target.elocations.append((element.get("EIdType", ""), text_of(element), valid))


def _pairs(element: _Element) -> list[tuple[str, str]]:
    """Return the identifiers in a list of them; by default they are PMIDs."""
    return [(child.get("IdType", "pubmed"), text_of(child)) for child in element]


def article_ids(element: _Element, c: Citation) -> None:
    """Read the identifiers of the article itself."""
    c.ids.extend(_pairs(element))


def references(element: _Element, c: Citation) -> None:
    """Read a list of references, which may hold titled lists; one walk for all."""
    section, citation = "", ""
    ids: list[tuple[str, str]] | None = None  # of the reference begun, if any is
    for e in element.iter():
        name = e.tag
        if name == "ArticleIdList":
            continue
        if name == "Reference":
            if ids is not None:
                c.references.append(_tuple(Reference, (citation, ids, section)))
            citation, ids = "", []
        elif name == "Citation":
            citation = text_of(e)
        elif name == "ArticleId":
            if ids is not None:
                ids.append((e.get("IdType", "pubmed"), text_of(e)))
        elif name == "ReferenceList":
            if ids is not None:
                c.references.append(_tuple(Reference, (citation, ids, section)))
            section, ids = "", None
        elif name == "Title":
            section = text_of(e)
            c.reference_titles.append(section)
    if ids is not None:
        c.references.append(Reference(citation, ids, section))


def headings(element: _Element, c: Citation) -> None:
    """Read the MeSH headings with their qualifiers; one walk for all."""
    qualifiers: list[tuple[str, str, bool]] = []
    for e in element.iter():
        name = e.tag
        if name == "MeshHeading":
            continue
        if name == "QualifierName":
            starred = e.get("MajorTopicYN") == "Y"
            qualifiers.append((text_of(e), e.get("UI", ""), starred))
        elif name == "DescriptorName":
            qualifiers = []
            starred = e.get("MajorTopicYN") == "Y"
            heading = (text_of(e), e.get("UI", ""), starred, qualifiers, "")
            c.mesh.append(_tuple(Heading, heading))
        else:
            continue
        if e.keys() != _USUAL:
            if e.get("Type"):
                c.mesh[-1] = c.mesh[-1]._replace(kind=e.get("Type", ""))
            if e.get("AutoHM") == "Y":
                c.mesh_automatic.append((len(c.mesh) - 1, e.get("UI", "")))


def keywords(element: _Element, c: Citation) -> None:
    """Read the keywords of one owner, the authors ("NOTNLM") or an institution."""
    owner = element.get("Owner", "NLM")
    for child in element:
        c.keywords.append((text_of(child), child.get("MajorTopicYN") == "Y"))
        c.keyword_owners.append(owner)


def chemical(element: _Element, c: Citation) -> None:
    """Read a substance."""
    number = ui = name = ""
    for child in element:
        if child.tag == "RegistryNumber":
            number = text_of(child)
        else:
            ui, name = child.get("UI", ""), text_of(child)
    c.chemicals.append((number, ui, name))


def supplementary(element: _Element, c: Citation) -> None:
    """Read a supplementary concept."""
    kind, ui = element.get("Type", ""), element.get("UI", "")
    c.supplementary_mesh.append((kind, ui, text_of(element)))


def texts_of(element: _Element) -> dict[Any, str]:
    """Return the texts of the children by name."""
    return {child.tag: text_of(child) for child in element}


def grants(element: _Element, c: Citation) -> None:
    """Read who paid."""
    names = ("GrantID", "Acronym", "Agency", "Country")
    for child in element:
        texts = texts_of(child)
        c.grants.append(Grant(*(texts.get(name, "") for name in names)))
    c.grants_complete = element.get("CompleteYN") != "N"


def databanks(element: _Element, c: Citation) -> None:
    """Read where data or a trial are registered."""
    for bank in element:
        name = "".join(text_of(child) for child in bank if child.tag == "DataBankName")
        numbers = [text_of(number) for child in bank for number in child]
        c.databanks.append((name, numbers))
    c.databanks_complete = element.get("CompleteYN") != "N"


def correction(element: _Element, c: Citation) -> None:
    """Read a link to a retraction, an erratum, a comment and the like."""
    texts = texts_of(element)
    version = "".join(
        child.get("Version", "") for child in element if child.tag == "PMID"
    )
    c.corrections.append(
        Correction(
            element.get("RefType", ""),
            texts.get("RefSource", ""),
            texts.get("PMID", ""),
            texts.get("Note", ""),
            version,
        )
    )


def related_object(element: _Element, c: Citation) -> None:
    """Read something else at NLM that belongs to the article."""
    parameters = [(child.get("Name", ""), text_of(child)) for child in element]
    c.objects.append((element.get("Type", ""), parameters))


def publication_type(element: _Element, c: Citation) -> None:
    """Read a type of publication."""
    c.publication_types.append((element.get("UI", ""), text_of(element)))


def issn(element: _Element, c: Citation) -> None:
    """Read the number of the journal in the medium cited."""
    c.issn, c.issn_type = text_of(element), element.get("IssnType", "")


def pmid(element: _Element, c: Citation) -> None:
    """Read the PMID and its version."""
    c.pmid, c.version = text_of(element), element.get("Version", "")
