"""From an element of PubMed's XML to a citation: one handler for each element name.

A walk looks at every child once and asks a table what to do with it, so that the many
rare elements of the document type cost nothing where they are absent. What no table
knows is kept in ``Citation.others``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml.etree import _Element

from personomics import medline_parts as parts
from personomics.medline_input import Block
from personomics.medline_model import Book, Citation
from personomics.medline_text import (
    Table,
    add,
    add_pair,
    each,
    joined,
    linked,
    links_of,
    put_date,
    text_of,
    walk,
)

_PMC = re.compile(r"PMC\d+")


def citations(block: Block) -> Iterator[Citation]:
    """Yield the citations of a block.

    Raises
    ------
    ValueError
        If the block holds something else as well, which would otherwise be lost.
    """
    root = block.root
    if root.text and root.text.strip():
        raise block.error(root, f"text between citations, {root.text.strip()[:60]!r}")
    for element in root:
        name = element.tag
        if name == "PubmedArticle":
            yield _pubmed_article(element)
        elif name == "MedlineCitation":
            citation = Citation()
            _medline_citation(element, citation)
            yield _finished(citation)
        elif name == "PubmedBookArticle":
            yield _book_article(element)
        elif name in {"DeleteCitation", "DeleteDocument"}:
            for pmid in element:
                citation = Citation(deleted=True, book=name == "DeleteDocument")
                parts.pmid(pmid, citation)
                yield citation
        else:
            raise block.error(element, f"<{name!s}> where a citation was expected")
        if element.tail and element.tail.strip():
            text = element.tail.strip()[:60]
            raise block.error(element, f"text between citations, {text!r}")


def _pubmed_article(element: _Element) -> Citation:
    """Return the citation of a PubmedArticle."""
    citation = Citation()
    for part in element:
        if part.tag == "MedlineCitation":
            _medline_citation(part, citation)
        elif part.tag == "PubmedData":
            walk(part, citation, _PUBMED_DATA)
        else:
            citation.others.append((str(part.tag), text_of(part)))
    return _finished(citation)


def _book_article(element: _Element) -> Citation:
    """Return the citation of a PubmedBookArticle."""
    citation = Citation(book=True, in_book=Book())
    for part in element:
        if part.tag == "BookDocument":
            walk(part, citation, _BOOK_DOCUMENT)
        elif part.tag == "PubmedBookData":
            walk(part, citation, _PUBMED_DATA)
        else:
            citation.others.append((str(part.tag), text_of(part)))
    if not citation.title and citation.in_book:
        citation.title = citation.in_book.title
    return _finished(citation)


def _finished(c: Citation) -> Citation:
    """Return the citation with what follows from several of its elements."""
    c.doi = _doi(c)
    if not c.pmid:
        c.pmid = next((value for kind, value in c.ids if kind == "pubmed"), "")
    for kind, value in (*c.ids, *c.other_ids) if c.other_ids else c.ids:
        if kind in {"pmc", "pmcid"} or "PMC" in value:
            found = _PMC.search(value)
            if found:
                c.pmc = found[0]
                break
    if not c.pages and c.start_page:
        c.pages = "-".join(page for page in (c.start_page, c.end_page) if page)
    c.abstract = joined(c.abstract_sections)
    return c


def _doi(c: Citation) -> str:
    """Return the DOI: of the article if valid, else PubMed's unless marked as wrong."""
    wrong = set()
    for kind, value, valid in c.elocations:
        if kind == "doi":
            if valid:
                return value
            wrong.add(value.lower())
    for kind, value in c.ids:
        if kind == "doi" and value.lower() not in wrong:
            return value
    return ""


def _medline_citation(element: _Element, c: Citation) -> None:
    """Read a MedlineCitation."""
    c.status = element.get("Status", "")
    c.owner = element.get("Owner", "NLM")
    c.indexing_method = element.get("IndexingMethod", "")
    c.version_id = element.get("VersionID", "")
    c.version_date = element.get("VersionDate", "")
    walk(element, c, _MEDLINE_CITATION)


def _article(element: _Element, c: Citation) -> None:
    """Read the Article of a MedlineCitation."""
    c.pub_model = element.get("PubModel", "")
    walk(element, c, _ARTICLE)


def _journal_issue(element: _Element, c: Citation) -> None:
    """Read the issue of a journal."""
    c.medium = element.get("CitedMedium", "")
    walk(element, c, _JOURNAL)


def _book_sections(element: _Element, c: Citation) -> None:
    """Read the table of contents of a book document."""
    waiting = [(0, child) for child in element]
    while waiting:
        depth, section = waiting.pop(0)
        label = title = ""
        inner = []
        for child in section:
            if child.tag == "LocationLabel":
                label = text_of(child)
            elif child.tag == "SectionTitle":
                title = text_of(child)
                c.links.extend(links_of(child))
            else:
                inner.append((depth + 1, child))
        c.sections.append((depth, label, title))
        waiting[:0] = inner


def _items(element: _Element, c: Citation) -> None:
    """Read a list of other things in a book document."""
    kind = element.get("ListType", "")
    c.items.extend((kind, text_of(child)) for child in element)


def _publisher(element: _Element, book: Book) -> None:
    """Read who published a book, and where."""
    texts = parts.texts_of(element)
    book.publisher = texts.get("PublisherName", "")
    book.place = texts.get("PublisherLocation", "")


def _in_book(element: _Element, c: Citation) -> None:
    """Read the book that the citation is, or is a chapter of."""
    walk(element, c.in_book, _BOOK)
    for child in element:
        if child.tag == "PubDate":
            parts.pub_date(child, c)


_ARTICLE: Table = {
    "Abstract": parts.abstract,
    "ArticleDate": parts.article_date,
    "ArticleTitle": linked("title"),
    "AuthorList": parts.authors,
    "DataBankList": parts.databanks,
    "ELocationID": parts.elocation,
    "GrantList": parts.grants,
    "InvestigatorList": parts.investigators,
    "Journal": lambda element, c: walk(element, c, _JOURNAL),
    "KeywordList": parts.keywords,
    "Language": add("languages"),
    "Pagination": lambda element, c: walk(element, c, _PAGES),
    "PublicationType": parts.publication_type,
    "PublicationTypeList": each(parts.publication_type),
    "ReferenceList": parts.references,
    "VernacularTitle": "vernacular_title",
}

_JOURNAL: Table = {
    "ISOAbbreviation": "journal_abbreviation",
    "ISSN": parts.issn,
    "Issue": "issue",
    "JournalIssue": _journal_issue,
    "PubDate": parts.pub_date,
    "Title": "journal",
    "Volume": "volume",
}

_PAGES: Table = {
    "EndPage": "end_page",
    "MedlinePgn": "pages",
    "StartPage": "start_page",
}

_JOURNAL_INFO: Table = {
    "Country": "country",
    "ISSNLinking": "issn_linking",
    "MedlineTA": "medline_ta",
    "NlmUniqueID": "nlm_id",
}

_MEDLINE_CITATION: Table = {
    "Article": _article,
    "ChemicalList": each(parts.chemical),
    "CitationSubset": add("citation_subsets"),
    "CoiStatement": "coi",
    "CommentsCorrectionsList": each(parts.correction),
    "DateCompleted": put_date("completed"),
    "DateCreated": put_date("created"),
    "DateRevised": put_date("revised"),
    "GeneSymbolList": each(add("genes")),
    "GeneralNote": add_pair("notes", "Owner", "NLM"),
    "InvestigatorList": parts.investigators,
    "KeywordList": parts.keywords,
    "MedlineJournalInfo": lambda element, c: walk(element, c, _JOURNAL_INFO),
    "MeshHeadingList": parts.headings,
    "NumberOfReferences": "reference_count",
    "OtherAbstract": parts.other_abstract,
    "OtherID": add_pair("other_ids", "Source"),
    "PMID": parts.pmid,
    "PersonalNameSubjectList": parts.personal_subjects,
    "SpaceFlightMission": add("space_flights"),
    "SupplMeshList": each(parts.supplementary),
}

_PUBMED_DATA: Table = {
    "ArticleIdList": parts.article_ids,
    "History": parts.history,
    "ObjectList": each(parts.related_object),
    "PublicationStatus": "publication_status",
    "ReferenceList": parts.references,
}

_BOOK_DOCUMENT: Table = _ARTICLE | {
    "ArticleIdList": parts.article_ids,
    "Book": _in_book,
    "ContributionDate": put_date("contribution_date"),
    "DateRevised": put_date("revised"),
    "ItemList": _items,
    "LocationLabel": add_pair("location_labels", "Type"),
    "PMID": parts.pmid,
    "Sections": _book_sections,
}

_BOOK: Table = {
    "AuthorList": parts.authors,
    "BeginningDate": put_date("beginning_date"),
    "BookTitle": linked("title"),
    "CollectionTitle": linked("collection"),
    "ELocationID": parts.elocation,
    "Edition": "edition",
    "EndingDate": put_date("ending_date"),
    "InvestigatorList": parts.investigators,
    "Isbn": add("isbns"),
    "Medium": "medium",
    "PubDate": lambda *_: None,  # it dates the citation
    "Publisher": _publisher,
    "ReportNumber": "report_number",
    "Volume": "volume",
    "VolumeTitle": "volume_title",
}
