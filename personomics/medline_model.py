"""What a Medline citation holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(slots=True)
class Author:
    """An author, editor or investigator, or a group of them.

    Attributes
    ----------
    family, given, initials, suffix : str
        Name of a person.
    collective : str
        Name of a group; the names of a person are then empty.
    identifiers : list of (source, value)
        For instance ("ORCID", "0000-0001-…").
    affiliations : list of str
        Every affiliation, in order.
    affiliation_ids : list of (int, source, value)
        Identifiers of institutions; the number is the place in `affiliations`.
    valid : bool
        False for a spelling that a correction has replaced.
    equal : bool or None
        Contributed equally with the other authors so marked; None where nothing is
        said.
    group : str
        Ties a collective author to its investigators.
    """

    family: str = ""
    given: str = ""
    initials: str = ""
    suffix: str = ""
    collective: str = ""
    identifiers: list[tuple[str, str]] = field(default_factory=list)
    affiliations: list[str] = field(default_factory=list)
    affiliation_ids: list[tuple[int, str, str]] = field(default_factory=list)
    valid: bool = True
    equal: bool | None = None
    group: str = ""

    @property
    def name(self) -> str:
        """Return "Family Initials", or the name of the group."""
        parts = (self.family, self.initials or self.given, self.suffix)
        return self.collective or " ".join(part for part in parts if part)

    @property
    def orcid(self) -> str:
        """Return the ORCID as four groups of four, or an empty text.

        >>> Author(identifiers=[("ORCID", "http://orcid.org/0000000218250097")]).orcid
        '0000-0002-1825-0097'
        """
        for source, value in self.identifiers:
            if source == "ORCID":
                end = value.rstrip("/").rpartition("/")[2].replace("-", "")
                return "-".join(end[at : at + 4] for at in range(0, len(end), 4))
        return ""


class Heading(NamedTuple):
    """A MeSH heading; its qualifiers are (name, ui, major), a place has a `kind`."""

    name: str
    ui: str
    major: bool
    qualifiers: list[tuple[str, str, bool]]
    kind: str = ""


class Correction(NamedTuple):
    """A link to a retraction, an erratum, a comment and the like."""

    ref_type: str
    source: str
    pmid: str
    note: str
    version: str


class Grant(NamedTuple):
    """Money acknowledged."""

    number: str
    acronym: str
    agency: str
    country: str


class Reference(NamedTuple):
    """An entry of the article's own list of references, which has its own identifiers.

    `section` is the title of the list it stands in.
    """

    citation: str
    ids: list[tuple[str, str]]
    section: str

    @property
    def pmid(self) -> str:
        """Return the PMID of the article referred to, or an empty text."""
        return next((value for kind, value in self.ids if kind == "pubmed"), "")


@dataclass(slots=True)
class Book:
    """The book that a book article is, or is a chapter of; every value is text."""

    title: str = ""
    publisher: str = ""
    place: str = ""
    authors: list[Author] = field(default_factory=list)
    editors: list[Author] = field(default_factory=list)
    investigators: list[Author] = field(default_factory=list)
    beginning_date: str = ""
    ending_date: str = ""
    volume: str = ""
    volume_title: str = ""
    edition: str = ""
    collection: str = ""
    isbns: list[str] = field(default_factory=list)
    elocations: list[tuple[str, str, bool]] = field(default_factory=list)
    medium: str = ""
    report_number: str = ""
    links: list[tuple[str, str, str]] = field(default_factory=list)
    others: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Citation:
    """A citation of PubMed; text is empty and a list is empty where it is silent.

    Mark-up inside a text is taken away and the text kept: ``10<sup>3</sup>`` is "103".

    Attributes
    ----------
    pmid, version, status, owner : str
        The PMID, its version, and the state of the citation at NLM ("MEDLINE", …).
    deleted : bool
        The file takes the citation back; only `pmid` and `version` are then set.
    title, vernacular_title : str
        The brackets of a translated title are kept.
    book : bool
        A book or chapter; `in_book` then says of which book.
    abstract : str
        Its sections, a line each, "LABEL: text" where they are labelled.
    abstract_sections : list of (label, category, text)
        The same in parts; the category is NLM's.
    other_abstracts : list of (type, language, text)
        Translations, plain-language summaries; `other_abstract_sections` are their
        parts, `other_copyrights` theirs as `copyright` is that of `abstract`.
    authors, editors, investigators, personal_subjects : list of Author
        People; `authors_complete` is False where the list was cut short.
    journal, journal_abbreviation, medline_ta, issn, issn_type, issn_linking : str
        The journal by its names and numbers; also nlm_id, country, medium.
    volume, issue, pages, start_page, end_page : str
        Where in the journal; `pages` is what is printed, else start and end.
    pub_date, year, month, day, season : str
        `pub_date` as printed ("2000 Feb 24", "1998 Dec-1999 Jan"); the first year in
        it, four digits; month and day, two digits, if they are certain.
    electronic_date, created, completed, revised, contribution_date : str
        "YYYY-MM-DD", as much of it as is known.
    history : list of (status, date)
        "YYYY-MM-DD", followed by " HH:MM" where the time is known.
    doi, pmc : str
        The DOI as registered: a valid one of the article first, else PubMed's, but
        never one that is marked as wrong.
    ids : list of (type, value)
        Identifiers of this article, never of its references.
    elocations : list of (type, value, valid)
        DOI and publisher's number as the article gives them.
    other_ids, notes, keywords, languages, publication_types, … : list
        Keywords are (text, major), and `keyword_owners` says of each whose it is;
        notes are (owner, text); publication types (ui, name); chemicals (registry,
        ui, name); supplementary_mesh (type, ui, name); databanks (name, numbers);
        other_ids (source, value); objects (type, [(name, value), …]); items (type,
        text); sections (depth, label, title); location_labels (type, text); links
        (element, attribute, value).
    mesh : list of Heading
        `mesh_automatic` are (place of the heading, ui) of the headings and qualifiers
        that an algorithm has assigned.
    references : list of Reference
        What the article cites; `reference_titles` are those of all its lists.
    corrections : list of Correction
        Retractions, errata, comments.
    others : list of (element, text)
        Anything that PubMed's document type did not have when this was written.
    """

    pmid: str = ""
    version: str = ""
    status: str = ""
    owner: str = ""
    deleted: bool = False
    title: str = ""
    vernacular_title: str = ""
    book: bool = False
    in_book: Book | None = None
    abstract: str = ""
    abstract_sections: list[tuple[str, str, str]] = field(default_factory=list)
    other_abstracts: list[tuple[str, str, str]] = field(default_factory=list)
    other_abstract_sections: list[list[tuple[str, str, str]]] = field(
        default_factory=list
    )
    copyright: str = ""
    other_copyrights: list[str] = field(default_factory=list)
    authors: list[Author] = field(default_factory=list)
    authors_complete: bool = True
    editors: list[Author] = field(default_factory=list)
    investigators: list[Author] = field(default_factory=list)
    personal_subjects: list[Author] = field(default_factory=list)
    journal: str = ""
    journal_abbreviation: str = ""
    medline_ta: str = ""
    issn: str = ""
    issn_type: str = ""
    issn_linking: str = ""
    nlm_id: str = ""
    country: str = ""
    medium: str = ""
    pub_model: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    start_page: str = ""
    end_page: str = ""
    pub_date: str = ""
    year: str = ""
    month: str = ""
    day: str = ""
    season: str = ""
    electronic_date: str = ""
    created: str = ""
    completed: str = ""
    revised: str = ""
    contribution_date: str = ""
    history: list[tuple[str, str]] = field(default_factory=list)
    publication_status: str = ""
    doi: str = ""
    pmc: str = ""
    ids: list[tuple[str, str]] = field(default_factory=list)
    elocations: list[tuple[str, str, bool]] = field(default_factory=list)
    other_ids: list[tuple[str, str]] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    publication_types: list[tuple[str, str]] = field(default_factory=list)
    mesh: list[Heading] = field(default_factory=list)
    mesh_automatic: list[tuple[int, str]] = field(default_factory=list)
    supplementary_mesh: list[tuple[str, str, str]] = field(default_factory=list)
    chemicals: list[tuple[str, str, str]] = field(default_factory=list)
    keywords: list[tuple[str, bool]] = field(default_factory=list)
    keyword_owners: list[str] = field(default_factory=list)
    genes: list[str] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)
    grants_complete: bool = True
    databanks: list[tuple[str, list[str]]] = field(default_factory=list)
    databanks_complete: bool = True
    references: list[Reference] = field(default_factory=list)
    reference_titles: list[str] = field(default_factory=list)
    reference_count: str = ""
    corrections: list[Correction] = field(default_factory=list)
    coi: str = ""
    citation_subsets: list[str] = field(default_factory=list)
    indexing_method: str = ""
    version_id: str = ""
    version_date: str = ""
    space_flights: list[str] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    objects: list[tuple[str, list[tuple[str, str]]]] = field(default_factory=list)
    sections: list[tuple[int, str, str]] = field(default_factory=list)
    location_labels: list[tuple[str, str]] = field(default_factory=list)
    items: list[tuple[str, str]] = field(default_factory=list)
    links: list[tuple[str, str, str]] = field(default_factory=list)
    others: list[tuple[str, str]] = field(default_factory=list)
