"""What comes before the first citation of a Medline file: judged, never obeyed.

expat reads it and lxml never sees it, so that no entity and no document type of the
file's own can be declared where it would have an effect.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

#: The most that may come before the first citation, in bytes.
_LARGEST = 1 << 20

#: Roots of the files that PubMed gives, and where their citations may end.
_ENDS = {
    "PubmedArticleSet": (b"</PubmedArticle>", b"</PubmedBookArticle>"),
    "PubmedBookArticleSet": (b"</PubmedBookArticle>",),
    "MedlineCitationSet": (b"</MedlineCitation>",),
}
_NLM_DTD = re.compile(
    r"(https?://([\w-]+\.)*nlm\.nih\.gov/[\w./-]*/|(?=pubmed|nlm|bookdoc))[\w-]+\.dtd"
)
#: Prefixes that PubMed's document type declares, so that a file need not.
_PREFIXES = {
    "xmlns:mml": "http://www.w3.org/1998/Math/MathML",
    "xmlns:xlink": "http://www.w3.org/1999/xlink",
    "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
}
#: Elements of PubMed's document type that hold text with mark-up, and the mark-up. Told
#: to lxml with each block, so that it drops the blanks of the layout and no others.
_MIXED = (
    "Abstract AbstractText Affiliation ArticleTitle BookTitle Citation CoiStatement "
    "CollectionTitle CollectiveName Keyword Param PublisherName SectionTitle Suffix "
    "VernacularTitle VolumeTitle b i sub sup u"
).split()
_HINTS = {
    "eSearchResult": "it is the answer to a search; fetch the citations with eFetch",
    "eSummaryResult": "summaries have no abstracts; fetch the citations with eFetch",
    "eFetchResult": "eFetch reports an error; fetch again",
    "html": "it is a web page, perhaps of an error; fetch the file again",
}


@dataclass(slots=True)
class Head:
    """What the prologue says: root, the line of its tag, and tags to put round blocks.

    `ends` are those of citations. `first` and `later` open the first block and the
    others, `end` closes them.
    """

    root: str
    ends: tuple[bytes, ...]
    line: int
    first: bytes
    later: bytes
    end: bytes


class _RootFound(Exception):  # noqa: N818
    """Stops expat."""


def prologue(xml: Iterator[bytes], name: str) -> tuple[Head, Iterator[bytes]]:
    """Judge all that comes before the first citation.

    Returns the head and the bytes after the name of the root.

    Raises
    ------
    ValueError
        If it is no XML, no Medline XML, or declares what it should not.
    """
    found: list[Any] = []
    parser = _judge(name, found)
    read = bytearray()
    try:
        for chunk in xml:
            read += chunk
            parser.Parse(chunk, False)
            if len(read) > _LARGEST:
                msg = f"{name}: no citation in its first MB: is no Medline XML"
                raise ValueError(msg)
        if not read:
            msg = f"{name}: is empty; fetch the file again"
            raise ValueError(msg)
        parser.Parse(b"", True)
    except _RootFound:
        pass
    except expat.ExpatError as error:
        what = expat.ErrorString(error.code)
        start = bytes(read[:30]).decode("utf-8", "replace")
        msg = f"{name}:{error.lineno}: is no XML ({what}); it begins with {start!r}"
        raise ValueError(msg) from None
    tag, attributes, at = found
    if tag not in _ENDS:
        raise _refused(tag, name)
    mixed = "".join(f"<!ELEMENT {element} ANY>" for element in _MIXED)
    subset = f"<!DOCTYPE {tag} [{mixed}]>"
    prefixes = {k: v for k, v in attributes.items() if k.startswith("xmlns:")}
    opened = f"<{tag}"
    missing = _declared({k: v for k, v in _PREFIXES.items() if k not in prefixes})
    line = read.count(b"\n", 0, at) + 1
    del read[: at + len(opened)]
    head = Head(
        root=tag,
        ends=_ENDS[tag],
        line=line,
        first=f"{subset}{opened}{missing}".encode(),
        later=f"{subset}{opened}{missing}{_declared(prefixes)}>".encode(),
        end=f"</{tag}>".encode(),
    )
    return head, chain([bytes(read)], xml)


def _judge(name: str, found: list[Any]) -> expat.XMLParserType:
    """Return a parser that stops at the root and puts name, attributes, place there."""
    parser = expat.ParserCreate("utf-8")

    def root(tag: str, attributes: dict[str, str]) -> None:
        found.extend((tag, attributes, parser.CurrentByteIndex))
        raise _RootFound

    def doctype(tag: str, system: str | None, _: str | None, internal: int) -> None:
        if tag.lower() in _HINTS:
            raise _refused(tag, name)
        if internal:
            what = "declares entities or elements of its own"
        elif system is not None and not _NLM_DTD.fullmatch(system):
            what = f"names a document type that is not NLM's, {system[:80]!r}"
        else:
            return
        msg = f"{name}:{parser.CurrentLineNumber}: {what}: refused as unsafe"
        raise ValueError(msg)

    def declaration(_: str, encoding: str | None, __: int) -> None:
        # What had a byte order mark of UTF-16 has become UTF-8 already.
        if encoding and encoding.lower() not in {"utf-8", "utf8", "us-ascii", "utf-16"}:
            msg = f"{name}:1: is in the encoding {encoding[:30]!r}: save it as UTF-8"
            raise ValueError(msg)

    parser.StartElementHandler = root
    parser.StartDoctypeDeclHandler = doctype
    parser.XmlDeclHandler = declaration
    return parser


def _declared(prefixes: dict[str, str]) -> str:
    """Return namespace declarations as attributes."""
    return "".join(f" {name}={quoteattr(uri)}" for name, uri in prefixes.items())


def _refused(root: str, name: str) -> ValueError:
    """Return the error that says what a file is instead of Medline XML."""
    hints = (hint for word, hint in _HINTS.items() if word.lower() == root.lower())
    hint = next(hints, f"allowed are {', '.join(_ENDS)}")
    return ValueError(f"{name}: is no Medline XML, its root is {root[:60]!r}: {hint}")
