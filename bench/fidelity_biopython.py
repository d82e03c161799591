"""What Biopython's tree of a citation holds, path by path, and the same from ours."""

import gzip
import io
from collections.abc import Iterable, Iterator
from itertools import chain, groupby, islice, zip_longest
from pathlib import Path
from xml.etree import ElementTree

from Bio import Entrez

from personomics import medline

Values = dict[str, list[str]]

#: Citations that Biopython reads at a time: it holds a whole file in memory.
BLOCK = 2_000
_START, _END = b"<PubmedArticle>", b"</PubmedArticle>"
_DATES = {"DateCompleted", "DateRevised", "ArticleDate", "PubMedPubDate"}
_MML = 'xmlns:mml="http://www.w3.org/1998/Math/MathML"'


def pairs(path: Path) -> Iterator[tuple[medline.Citation, Values, Values]]:
    """Yield our citation, and ours and theirs as values by path."""
    kept = (c for c in medline.read(path) if not c.deleted)
    for citation, tree in zip_longest(kept, _trees(path)):
        theirs: Values = {}
        _walk(tree, "", theirs)
        if citation is None or [citation.pmid] != theirs["MedlineCitation/PMID"]:
            msg = f"{path.name}: the readers do not give the same citations"
            raise SystemExit(msg)
        yield citation, _ours(citation), theirs


def _trees(path: Path) -> Iterator[dict]:
    """Yield Biopython's tree of each citation, from pieces cut out of the file."""
    with gzip.open(path) as file:
        head = b""
        for line in file:
            if line.strip() == _START:
                break
            # Biopython refuses NLM's address of the document type without the s.
            head += line.replace(b'"http://', b'"https://')
        records = _records(chain([line], file))
        while block := list(islice(records, BLOCK)):
            xml = head + b"".join(block) + b"</PubmedArticleSet>"
            yield from Entrez.read(io.BytesIO(xml), escape=True)["PubmedArticle"]


def _records(file: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the bytes of each citation; in these files its tags fill their lines."""
    lines = []
    for line in file:
        lines.append(line)
        if line.strip() == _END:
            yield b"".join(lines)
            lines = []


def _walk(node: object, path: str, values: Values) -> None:
    """Add the values under a node of Biopython's tree; lists add nothing to a path."""
    for name, value in getattr(node, "attributes", {}).items():
        values.setdefault(f"{path}@{name}", []).append(str(value))
    tag = getattr(node, "tag", "")
    if isinstance(node, dict) and tag in _DATES:
        parts = [f"{int(value):02}" for value in node.values()]
        date = f"{'-'.join(parts[:3])} {':'.join(parts[3:])}".strip()
        values.setdefault(path, []).append(date)
    elif isinstance(node, dict) and tag == "PubDate":
        values.setdefault(path, []).append(" ".join(map(str, node.values())))
    elif isinstance(node, dict):
        for name, value in node.items():
            # A list of references may hold another.
            inner = path if name == tag == "ReferenceList" else f"{path}/{name}"
            _walk(value, inner.lstrip("/"), values)
    elif isinstance(node, list):
        for value in node:
            _walk(value, path, values)
    else:
        values.setdefault(path, []).append(_plain(str(node)))


def _plain(text: str) -> str:
    """Return the text of what Biopython gives as a piece of XML."""
    if "<" not in text and "&" not in text:
        return text
    root = ElementTree.fromstring(f"<x {_MML}>{text}</x>")
    return "".join(root.itertext())


def _ours(c: medline.Citation) -> Values:
    """Return our citation as values by the paths of Biopython's tree."""
    top, article, data = "MedlineCitation", "MedlineCitation/Article", "PubmedData"
    journal, info = f"{article}/Journal", f"{top}/MedlineJournalInfo"
    corrections, mesh = f"{top}/CommentsCorrectionsList", f"{top}/MeshHeadingList"
    other, references = f"{top}/OtherAbstract", f"{data}/ReferenceList"
    subjects = f"{top}/PersonalNameSubjectList"
    sections = [section for parts in c.other_abstract_sections for section in parts]
    qualifiers = [q for heading in c.mesh for q in heading.qualifiers]
    return {
        f"{top}@Status": [c.status],
        f"{top}@Owner": [c.owner],
        f"{top}@IndexingMethod": [c.indexing_method],
        f"{top}@VersionID": [c.version_id],
        f"{top}@VersionDate": [c.version_date],
        f"{top}/PMID": [c.pmid],
        f"{top}/PMID@Version": [c.version],
        f"{top}/DateCompleted": [c.completed],
        f"{top}/DateRevised": [c.revised],
        f"{article}@PubModel": [c.pub_model],
        f"{article}/ArticleDate": [
            c.electronic_date,
            *(text for name, text in c.others if name == "ArticleDate"),
        ],
        f"{article}/ArticleDate@DateType": ["Electronic"] if c.electronic_date else [],
        f"{article}/ArticleTitle": [c.title],
        f"{article}/VernacularTitle": [c.vernacular_title],
        f"{journal}/ISSN": [c.issn],
        f"{journal}/ISSN@IssnType": [c.issn_type],
        f"{journal}/Title": [c.journal],
        f"{journal}/ISOAbbreviation": [c.journal_abbreviation],
        f"{journal}/JournalIssue@CitedMedium": [c.medium],
        f"{journal}/JournalIssue/Volume": [c.volume],
        f"{journal}/JournalIssue/Issue": [c.issue],
        f"{journal}/JournalIssue/PubDate": [c.pub_date],
        f"{article}/Pagination/MedlinePgn": [c.pages],
        f"{article}/Pagination/StartPage": [c.start_page],
        f"{article}/Pagination/EndPage": [c.end_page],
        **_listed(f"{article}/ELocationID", c.elocations, "@EIdType", "", "@ValidYN"),
        **_listed(
            f"{article}/Abstract/AbstractText",
            c.abstract_sections,
            "@Label",
            "@NlmCategory",
            "",
        ),
        f"{article}/Abstract/CopyrightInformation": [c.copyright],
        f"{article}/AuthorList@CompleteYN": _complete(c.authors, c.authors_complete),
        **_people(f"{article}/AuthorList", c.authors),
        f"{article}/Language": c.languages,
        f"{article}/DataBankList@CompleteYN": _complete(
            c.databanks, c.databanks_complete
        ),
        f"{article}/DataBankList/DataBankName": [name for name, _ in c.databanks],
        f"{article}/DataBankList/AccessionNumberList": [
            number for _, numbers in c.databanks for number in numbers
        ],
        f"{article}/GrantList@CompleteYN": _complete(c.grants, c.grants_complete),
        **_listed(
            f"{article}/GrantList",
            c.grants,
            *("/GrantID", "/Acronym", "/Agency", "/Country"),
        ),
        **_listed(f"{article}/PublicationTypeList", c.publication_types, "@UI", ""),
        f"{info}/Country": [c.country],
        f"{info}/MedlineTA": [c.medline_ta],
        f"{info}/NlmUniqueID": [c.nlm_id],
        f"{info}/ISSNLinking": [c.issn_linking],
        **_listed(
            f"{top}/ChemicalList",
            c.chemicals,
            *("/RegistryNumber", "/NameOfSubstance@UI", "/NameOfSubstance"),
        ),
        **_listed(f"{top}/SupplMeshList", c.supplementary_mesh, "@Type", "@UI", ""),
        f"{top}/CitationSubset": c.citation_subsets,
        **_listed(
            corrections,
            c.corrections,
            *("@RefType", "/RefSource", "/PMID", "/Note", "/PMID@Version"),
        ),
        f"{top}/GeneSymbolList": c.genes,
        **_listed(
            f"{mesh}/DescriptorName",
            [(h.name, h.ui, h.major, h.kind) for h in c.mesh],
            *("", "@UI", "@MajorTopicYN", "@Type"),
        ),
        **_listed(f"{mesh}/QualifierName", qualifiers, "", "@UI", "@MajorTopicYN"),
        f"{top}/NumberOfReferences": [c.reference_count],
        **_people(subjects, c.personal_subjects) | {f"{subjects}@ValidYN": []},
        **_listed(f"{top}/OtherID", c.other_ids, "@Source", ""),
        **_listed(other, c.other_abstracts, "@Type", "@Language"),
        **_listed(f"{other}/AbstractText", sections, "@Label", "@NlmCategory", ""),
        f"{other}/CopyrightInformation": c.other_copyrights,
        **_listed(f"{top}/KeywordList", c.keywords, "", "@MajorTopicYN"),
        f"{top}/KeywordList@Owner": [owner for owner, _ in groupby(c.keyword_owners)],
        f"{top}/CoiStatement": [c.coi],
        f"{top}/SpaceFlightMission": c.space_flights,
        **_people(f"{top}/InvestigatorList", c.investigators),
        **_listed(f"{top}/GeneralNote", c.notes, "@Owner", ""),
        **_listed(f"{data}/History", c.history, "@PubStatus", ""),
        f"{data}/PublicationStatus": [c.publication_status],
        **_listed(f"{data}/ArticleIdList", c.ids, "@IdType", ""),
        f"{references}/Title": c.reference_titles,
        f"{references}/Reference/Citation": [r.citation for r in c.references],
        **_listed(
            f"{references}/Reference/ArticleIdList",
            [pair for r in c.references for pair in r.ids],
            *("@IdType", ""),
        ),
    }


def _listed(path: str, rows: Iterable[tuple], *names: str) -> Values:
    """Return the columns of rows, each with its path; Y and N for yes and no."""
    columns = [[row[at] for row in rows] for at in range(len(names))]
    return {
        f"{path}{name}": ["NY"[v] if isinstance(v, bool) else v for v in column]
        for name, column in zip(names, columns, strict=True)
    }


def _complete(things: list, complete: bool) -> list[str]:
    """Return what a list says of itself, if there is one."""
    return ["NY"[complete]] if things else []


def _people(path: str, people: list[medline.Author]) -> Values:
    """Return the people of a list."""
    return {
        f"{path}@ValidYN": ["NY"[person.valid] for person in people],
        f"{path}@EqualContrib": [
            "NY"[person.equal] for person in people if person.equal is not None
        ],
        f"{path}/LastName": [person.family for person in people],
        f"{path}/ForeName": [person.given for person in people],
        f"{path}/Initials": [person.initials for person in people],
        f"{path}/Suffix": [person.suffix for person in people],
        f"{path}/CollectiveName": [person.collective for person in people],
        **_listed(
            f"{path}/Identifier",
            [pair for person in people for pair in person.identifiers],
            *("@Source", ""),
        ),
        f"{path}/AffiliationInfo/Affiliation": [
            text for person in people for text in person.affiliations
        ],
        **_listed(
            f"{path}/AffiliationInfo/Identifier",
            [(s, v) for person in people for _, s, v in person.affiliation_ids],
            *("@Source", ""),
        ),
    }


#: Why ours is not the same.
NOTES = (
    "blanks: between the symbols of a formula, which MathML calls layout",
    "ReferenceList: Biopython puts what is in inner lists before or after the rest",
)


def explain(*_: object) -> str:
    """Return in words why theirs is no value that we lost: there is no such case."""
    return ""
