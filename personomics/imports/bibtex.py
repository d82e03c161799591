"""Reader of BibTeX: bibtexparser 2, with entries that are not closed mended before."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from personomics.imports.reading import Raw, Reading
from personomics.imports.tagged import own_identifiers

if TYPE_CHECKING:
    from bibtexparser.model import Block, Entry

_COLUMNS = {
    "title": ("title",),
    "year": ("year", "date", "issue_date"),
    "journal": ("journal", "journaltitle", "booktitle", "series", "journal-iso"),
    "volume": ("volume",),
    "issue": ("number", "issue"),
    "pages": ("pages", "article-number", "eid"),
    "doi": ("doi",),
    "pmid": ("pmid", "pubmedid", "pubmed_id"),
    "pmcid": ("pmcid", "pmc"),
    "languages": ("language", "langid"),
    "keywords": ("keywords", "author_keywords", "keywords-plus"),
    "abstract": ("abstract",),
    "url": ("url",),
    "note": ("note", "annote", "extra"),  # codespell:ignore
}
#: What makes a value LaTeX; the rest is left alone, which is much faster.
_LATEX = re.compile(r"[\\{}$~]|--")


def read_bibtex(text: str) -> Reading:
    """Read a BibTeX file."""
    from bibtexparser.entrypoint import parse_string
    from bibtexparser.model import String

    reading = Reading("bibtex")
    # The parser writes a warning for each entry it cannot read; they are told here.
    with _quiet("bibtexparser", "pylatexenc"):
        try:
            blocks = [(1, block) for block in parse_string(text).blocks]
        except Exception:  # it stops at one entry: the others are read one by one
            blocks = list(_one_by_one(text))
        macros = {
            block.key.lower(): str(block.value)
            for _, block in blocks
            if isinstance(block, String)
        }
        for first, block in blocks:
            _add(block, first + (block.start_line or 0), macros, reading)
    return reading


@contextmanager
def _quiet(*names: str) -> Iterator[None]:
    """Hold back the warnings of libraries."""
    loggers = [logging.getLogger(name) for name in names]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _one_by_one(text: str) -> Iterator[tuple[int, Block]]:
    """Yield the blocks of a file and their first line, each parsed alone.

    Macros are then not replaced.
    """
    from bibtexparser.entrypoint import parse_string
    from bibtexparser.model import ParsingFailedBlock

    line = 1
    for part in re.split(r"(?m)^(?=[ \t]*@)", text):
        try:
            for block in parse_string(part).blocks:
                yield line, block
        except Exception as error:  # whatever it is, it is this entry's
            yield line, ParsingFailedBlock(error=error, start_line=0, raw=part)
        line += part.count("\n")


def _add(block: Block, line: int, macros: dict[str, str], reading: Reading) -> None:
    """Add the record of a block, if it is one."""
    from bibtexparser import model

    failed = isinstance(block, model.ParsingFailedBlock)
    if not failed and not isinstance(block, model.Entry):
        return
    kind = re.match(r"\s*@\s*(\w*)", block.raw or "")
    if failed and kind and kind[1].lower() in ("comment", "string", "preamble"):
        reading.remark(f"an unclosed @{kind[1]}", "it is left out", line=line)
        return
    reading.begin(line)
    entry: Block | None = block
    if isinstance(block, model.DuplicateFieldKeyBlock):
        fields = ", ".join(sorted(block.duplicate_keys))
        reading.say(f"has more than one field {fields}", "the first is read")
        entry = block.ignore_error_block
    elif isinstance(block, model.ParsingFailedBlock):
        # Two entries of one key are both kept; Reading tells their names apart.
        entry = block.ignore_error_block or _mended(block.raw or "", reading)
    if not isinstance(entry, model.Entry):
        reading.lose("is not closed or not BibTeX")
        return
    reading.add(_raw(entry, macros, reading))


def _mended(raw: str, reading: Reading) -> Entry | None:
    """Return an entry whose closing braces are missing, or None."""
    from bibtexparser.entrypoint import parse_string

    missing = raw.count("{") - raw.count("}")
    for ending in ("}" * max(missing, 1), '"}', "\n}"):
        try:
            entries = parse_string(f"{raw.rstrip()}{ending}").entries
        except Exception:  # as broken as before
            continue
        if len(entries) == 1 and entries[0].fields:
            reading.say("is not closed", "closed where the next one begins")
            return entries[0]
    return None


def _raw(entry: Entry, macros: dict[str, str], reading: Reading) -> Raw:
    """Return the fields of an entry by column."""
    from bibtexparser.middlewares.names import split_multiple_persons_names

    values: dict[str, str] = {}
    for field in entry.fields:
        # The parser leaves the values of entries with a repeated key as they are.
        value = str(field.value).strip()
        value = macros.get(value.lower(), value)
        if re.fullmatch(r'"[^"]*"|\{[^{}]*\}', value):
            value = value[1:-1]
        elif field.enclosing == "no-enclosing" and re.match(r'\{.*[}"]', value, re.S):
            reading.say(f"a comma is missing after {field.key}", "read as one field")
        values.setdefault(field.key.lower(), value)
    people = values.get("author", "") or values.get("editor", "")
    names = split_multiple_persons_names(people) if people else []
    wanted = {key for keys in _COLUMNS.values() for key in keys}
    plain = _decoded(
        {
            **{key: text for key, text in values.items() if key in wanted},
            **{f"name {n}": _name(name) for n, name in enumerate(names)},
        },
        reading,
    )
    raw = {
        column: [plain[key] for key in keys if key in plain]
        for column, keys in _COLUMNS.items()
    }
    if "pubmed" in values.get("eprinttype", values.get("archiveprefix", "")).lower():
        raw["pmid"].append(values.get("eprint", ""))
    raw["keywords"] = re.split("[;,]", ";".join(raw["keywords"]))
    raw["hints"] = raw.pop("url") + own_identifiers(raw.pop("note"))
    return {
        **raw,
        "record_id": [entry.key],
        "types": [entry.entry_type],
        "authors": [plain[f"name {n}"] for n in range(len(names))],
    }


def _name(name: str) -> str:
    """Return a name family first, as its parts are in BibTeX; groups unchanged."""
    from bibtexparser.middlewares.names import parse_single_name_into_parts

    if re.fullmatch(r"\{.*\}", name.strip(), re.DOTALL):
        return name
    parts = parse_single_name_into_parts(name, strict=False)
    family = " ".join([*parts.von, *parts.last])
    # The suffix last, as elsewhere.
    return ", ".join(filter(None, (family, " ".join(parts.first), " ".join(parts.jr))))


def _decoded(values: dict[str, str], reading: Reading) -> dict[str, str]:
    """Return values with LaTeX accents, commands and braces turned into text."""
    from bibtexparser.library import Library
    from bibtexparser.middlewares import LatexDecodingMiddleware
    from bibtexparser.model import Entry, Field, ParsingFailedBlock

    marked = {key: text for key, text in values.items() if _LATEX.search(text)}
    # A bare % would hide the rest of the line, and "$5 to $9" is no formula.
    escaped = [
        Field(key, re.sub(r"(?<!\\)([%&#])", r"\\\1", _money(text)))
        for key, text in marked.items()
    ]
    entry = Entry(entry_type="x", key="x", fields=escaped)
    decoder = LatexDecodingMiddleware(keep_math_mode=False)
    block = decoder.transform_entry(entry, Library())
    if isinstance(block, ParsingFailedBlock):
        reading.say("has LaTeX that cannot be read", "its commands stay in the text")
        return values
    return values | {field.key: str(field.value) for field in entry.fields}


def _money(text: str) -> str:
    """Return a text whose dollar signs are escaped where they mark no formula."""
    return re.sub(
        r"(?<!\\)\$([^$]*)\$|(?<!\\)\$",
        lambda m: (
            m[0] if re.search(r"[\\^_]", m[1] or "") else m[0].replace("$", r"\$")
        ),
        text,
    )
