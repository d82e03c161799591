"""From a file to blocks of whole citations, hardened against hostile XML.

The prologue of a file is judged (``medline_prologue``) and left out: what lxml parses
are blocks of whole citations between root tags of our own, always in UTF-8. A block
parsed at once costs far less than lxml's events. Parsing ahead in a thread was tried
and gains nothing: the time goes into moving trees from one processor to the other.
"""

from __future__ import annotations

import codecs
import os
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from lxml import etree

from personomics.medline_prologue import prologue

#: Bytes of XML parsed at a time, bytes read at a time, and the most that one citation
#: may take: those of 15,000 authors, the largest known, have some 15 MB.
BLOCK = 1 << 19
_READ = 1 << 18
_LARGEST = 1 << 26

#: Errors of a block that was cut in the middle of a comment and the like.
_UNFINISHED = {
    etree.ErrorTypes.ERR_COMMENT_NOT_FINISHED,
    etree.ErrorTypes.ERR_CDATA_NOT_FINISHED,
    etree.ErrorTypes.ERR_PI_NOT_FINISHED,
}


@dataclass(slots=True)
class Block:
    """Citations parsed together: the root that holds them, and where they stand."""

    name: str
    line: int
    root: etree._Element

    def error(self, element: etree._Element, what: str) -> ValueError:
        """Return the error that says what is wrong with an element, and where."""
        line = self.line + (element.sourceline or 1) - 1
        return ValueError(f"{self.name}:{line}: {what}; fetch the file again")


def open_source(source: str | os.PathLike[str] | BinaryIO) -> Iterator[Iterator[Block]]:
    """Yield the blocks of each file of a source, as ``medline.read`` takes it."""
    if not isinstance(source, str | os.PathLike):
        yield blocks(_chunks(source), str(getattr(source, "name", "the input")))
    elif source == "-":
        with open(sys.stdin.fileno(), "rb", buffering=0, closefd=False) as file:
            yield blocks(_chunks(file), "standard input")
    else:
        path = Path(source)
        for part in _files(path) if path.is_dir() else [path]:
            with part.open("rb", buffering=0) as file:
                yield blocks(_chunks(file), str(part))


def _files(folder: Path) -> list[Path]:
    """Return the baseline files of a folder by name."""
    names = (path for path in sorted(folder.iterdir()) if path.is_file())
    found = [path for path in names if path.name.endswith((".xml", ".xml.gz"))]
    if not found:
        msg = f"{folder}: holds no Medline file; their names end in .xml or .xml.gz"
        raise ValueError(msg)
    return found


def _chunks(file: Any) -> Iterator[bytes]:
    """Yield the bytes of a binary file."""
    while chunk := file.read(_READ):
        if not isinstance(chunk, bytes):
            msg = "Medline XML is read from files open in binary mode ('rb')"
            raise TypeError(msg)
        yield chunk


def blocks(chunks: Iterator[bytes], name: str, size: int = BLOCK) -> Iterator[Block]:
    """Yield the blocks of one file.

    Parameters
    ----------
    chunks : iterator of bytes
        The file, plain or gzipped, in pieces of any size.
    name : str
        What to call it in errors.
    size : int
        Bytes of XML in a block, roughly.
    """
    head, xml = prologue(_as_utf8(_unzipped(chunks, name), name), name)
    parser = _parser()
    opening, line, waiting = head.first, head.line, b""
    for part, last in _split(xml, head.ends, size, name):
        waiting += part
        text = b"".join((opening, waiting, b"" if last else head.end))
        try:
            root = etree.fromstring(text, parser)
        except etree.XMLSyntaxError:
            # Of the parser's own log: that of the exception remembers earlier errors.
            error = parser.error_log[0]
            # The end of a citation may have been words in a comment or in CDATA.
            if error.type in _UNFINISHED and not last and len(waiting) <= _LARGEST:
                continue
            broken = last and head.end not in text
            raise _malformed(error, name, line, broken=broken) from None
        yield Block(name, line, root)
        line += waiting.count(b"\n")
        opening, waiting = head.later, b""
        del root, text


def _parser() -> etree.XMLParser:
    """Return a parser that expands, loads and fetches nothing."""
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_blank_text=True,  # but not in text: see medline_prologue
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
        encoding="utf-8",
    )


def _malformed(error: Any, name: str, line: int, *, broken: bool) -> ValueError:
    """Return the error that says where a file is malformed, or that it breaks off."""
    where = f"{name}:{line + error.line - 1}"
    if broken:
        return ValueError(f"{where}: the file breaks off here; fetch it again")
    what = " ".join(error.message.split())
    return ValueError(f"{where}: is malformed XML ({what}); fetch the file again")


def _split(
    xml: Iterator[bytes], ends: tuple[bytes, ...], size: int, name: str
) -> Iterator[tuple[bytes, bool]]:
    """Yield the bytes cut after ends of citations, and whether they are the last."""
    buffer, searched = bytearray(), 0
    for chunk in xml:
        buffer += chunk
        while len(buffer) >= size:
            cut = _end_of_citation(buffer, ends, size, searched)
            if not cut:
                searched = max(0, len(buffer) - 32)
                break
            with memoryview(buffer) as view:
                part = bytes(view[:cut])
            yield part, False
            del buffer[:cut]
            searched = 0
        if len(buffer) > _LARGEST:
            msg = f"{name}: a citation is larger than {_LARGEST >> 20} MB: refused"
            raise ValueError(msg)
    yield bytes(buffer), True


def _end_of_citation(
    buffer: bytearray, ends: tuple[bytes, ...], size: int, searched: int
) -> int:
    """Return where the last citation in a size ends, else the next; 0 if none."""
    for end in ends:
        at = buffer.rfind(end, searched, size)
        if at < 0:
            at = buffer.find(end, max(searched, size - 32))
        if at >= 0:
            return at + len(end)
    return 0


# Bytes


def _unzipped(chunks: Iterator[bytes], name: str) -> Iterator[bytes]:
    """Yield the bytes of a file, inflated if they begin as gzip does."""
    first = b""
    for chunk in chunks:
        first += chunk
        if len(first) > 1:
            break
    chunks = chain([first] if first else [], chunks)
    return _inflated(chunks, name) if first[:2] == b"\x1f\x8b" else chunks


def _inflated(chunks: Iterator[bytes], name: str) -> Iterator[bytes]:
    """Yield what gzip members hold, at most a block at a time however much it is."""
    member = None
    try:
        for chunk in chunks:
            data = chunk
            while data:
                if member is None:
                    data = data.lstrip(b"\0")  # padding
                    if not data:
                        break
                    member = zlib.decompressobj(wbits=31)
                if inflated := member.decompress(data, BLOCK):
                    yield inflated
                data = member.unconsumed_tail
                if member.eof:
                    data, member = member.unused_data, None
        if member is not None:
            yield member.flush()
    except zlib.error as error:
        msg = f"{name}: its gzip data are damaged ({error}); fetch the file again"
        raise ValueError(msg) from None
    if member is not None and not member.eof:
        msg = f"{name}: its gzip data break off; fetch the file again"
        raise ValueError(msg)


def _as_utf8(chunks: Iterator[bytes], name: str) -> Iterator[bytes]:
    """Yield the bytes as UTF-8, without a byte order mark."""
    first = b""
    for chunk in chunks:
        first += chunk
        if len(first) > 2:
            break
    if not first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        yield first.removeprefix(codecs.BOM_UTF8)
        yield from chunks
        return
    decoder = codecs.getincrementaldecoder("utf-16")()
    try:
        for chunk in chain([first], chunks):
            yield decoder.decode(chunk).encode()
        yield decoder.decode(b"", final=True).encode()
    except UnicodeDecodeError as error:
        msg = f"{name}: is no whole UTF-16 ({error.reason}); save it as UTF-8"
        raise ValueError(msg) from None
