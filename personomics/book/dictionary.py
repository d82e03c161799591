"""The data dictionary, written from the schema, and the changes of the data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from personomics.book.parts import Sections, cards, facts, fold, grouped, meta
from personomics.dataset import Dataset
from personomics.html import Markup, Table, escape, join, link, tag, text
from personomics.words import counted

CHANGES = "CHANGELOG.md"
INLINE = re.compile(r"`([^`]+)`|\[([^\]]+)\]\(([^()\s]+)\)|\*\*([^*]+)\*\*")


def intro(ds: Dataset) -> str:
    """Say what the data consist of."""
    tables = ds.descriptor["resources"]
    return (
        f"These data are {counted(len(tables), 'table')} of plain text (CSV, UTF-8) "
        "and one description of them, the Data Package `datapackage.json`, from which "
        "this page is written. Ids never change their meaning: what goes is marked "
        "deprecated and kept. An empty cell means *not seen* or *not asked*, never "
        "*does not exist*."
    )


def sections(ds: Dataset) -> Sections:
    """Return the data dictionary."""
    resources = ds.descriptor["resources"]
    found: Sections = [
        ("Tables", overview(ds) + join([table_entry(ds, r) for r in resources], "\n")),
        ("Codebook", codebook(ds)),
        ("Raters", raters(ds)),
        ("How these data came about", provenance(ds)),
        ("Licence and sources", licence(ds)),
    ]
    return found


def overview(ds: Dataset) -> Markup:
    """Return the tables with their rows, each linked to its columns."""
    resources = ds.descriptor["resources"]
    names = {r["name"]: r["title"] for r in resources}
    frame = pd.DataFrame(
        {
            "table": list(names),
            "rows": [len(ds[name]) for name in names],
            "columns": [len(r["schema"]["fields"]) for r in resources],
            "file": [r["path"] for r in resources],
        }
    )
    return Table(
        frame,
        "The tables of these data",
        render={"table": lambda name: link(f"#table-{name}", names[name])},
    ).html()


def table_entry(ds: Dataset, resource: Mapping[str, Any]) -> Markup:
    """Return title, description and columns of one table."""
    schema, name = resource["schema"], resource["name"]
    keys = {column: ["key"] for column in schema["primaryKey"]}
    for key in schema.get("foreignKeys", []):
        target = key["reference"]["resource"]
        there = link(f"#table-{target}", f"{target}.{key['reference']['fields'][0]}")
        keys.setdefault(key["fields"][0], []).append(Markup("in ") + there)
    for columns in schema.get("uniqueKeys", []):
        for column in columns:
            keys.setdefault(column, []).append(f"unique ({' + '.join(columns)})")
    fields = {field["name"]: field for field in schema["fields"]}
    frame = pd.DataFrame(
        {
            "column": list(fields),
            "type": [field["type"] for field in fields.values()],
            "required": [
                "yes" if field.get("constraints", {}).get("required") else "no"
                for field in fields.values()
            ],
            "description": [field["description"] for field in fields.values()],
            "allowed": list(fields),
            "keys": list(fields),
        }
    )
    table = Table(
        frame,
        f"Columns of {resource['path']}",
        {"allowed": "Allowed values", "keys": "Key"},
        {
            "column": lambda column: tag("code", column),
            "allowed": lambda column: allowed(fields[column]),
            "keys": lambda column: join(keys.get(column, []), ", "),
        },
    ).html()
    size = meta(tag("code", resource["path"]), f"{counted(len(ds[name]), 'row')}")
    opening = tag("h3", resource["title"]) + tag("p", resource["description"])
    return tag("section", opening + size + table, id=f"table-{name}")


def allowed(field: Mapping[str, Any]) -> str:
    """Return what a column may hold, in words.

    >>> allowed({"constraints": {"minimum": 1}})
    'at least 1'
    >>> allowed({"constraints": {"enum": ["yes", "no"]}})
    'yes · no'
    """
    rules = field.get("constraints", {})
    parts = []
    if "enum" in rules:
        parts.append(" · ".join(map(str, rules["enum"])))
    if field.get("type") == "boolean":
        parts.append("true · false")
    if "pattern" in rules:
        parts.append(f"text matching {rules['pattern']}")
    if "minimum" in rules:
        parts.append(f"at least {rules['minimum']}")
    if "maximum" in rules:
        parts.append(f"at most {rules['maximum']}")
    if "personomics:maxWords" in field:
        parts.append(f"at most {field['personomics:maxWords']} words")
    return ", ".join(parts)


def codebook(ds: Dataset) -> Markup:
    """Return the codes of every scheme with their definitions."""
    entries = []
    for scheme, rows in grouped(ds["codebook"], "scheme").items():
        iris = {text(row["code"]): text(row["iri"]) for row in rows}
        codes = ds.codes(scheme)
        linked = {code: iri for code, iri in iris.items() if iri}

        def shown(code: str, known: Mapping[str, str] = linked) -> Markup:
            return link(known[code], code) if code in known else escape(code)

        frame = pd.DataFrame({"code": list(codes), "definition": list(codes.values())})
        caption = f"Codes of the scheme {scheme}"
        table = Table(frame, caption, render={"code": shown}).html()
        heading = tag("h3", scheme.replace("_", "-").capitalize())
        entries.append(tag("section", heading + table, id=f"codes-{scheme}"))
    return cards(entries, "These data hold no codes.")


def raters(ds: Dataset) -> Markup:
    """Return who gave the ratings."""
    frame = ds["raters"][["name", "role", "description"]]
    return Table(frame, "Who gave the ratings of these data").html()


def provenance(ds: Dataset) -> Markup:
    """Return the statements on how these data came about."""
    rows = ds["provenance"]
    told = {
        text(step).capitalize(): statement
        for step, statement in zip(rows["step"], rows["statement"], strict=True)
    }
    return facts(told) or tag("p", "These data do not say how they came about.")


def licence(ds: Dataset) -> Markup:
    """Return licences and sources as the Data Package names them."""
    parts = []
    for key, title in (("licenses", "Licence"), ("sources", "Sources")):
        listed = ds.descriptor.get(key)
        entries = listed if isinstance(listed, list) else []
        named = [
            link(text(e.get("path")), text(e.get("title")) or text(e.get("name")))
            for e in entries
            if isinstance(e, dict)
        ]
        parts.append(fold(f"{title}:", named) or meta(f"{title}: none is named."))
    about = {"Title": ds.title, "Version": ds.version, "Digest": ds.digest}
    return facts(about) + join(parts)


def news(_: Dataset) -> str:
    """Say what the page on changes shows."""
    return (
        "The data have a version of their own, separate from the version of the "
        "software. This page lists what changed from one to the next, newest first."
    )


def changes(ds: Dataset) -> Sections:
    """Return the change log of the data folder."""
    path = ds.folder / CHANGES
    if not path.is_file():
        none = f"No change log came with these data (version {ds.version})."
        return [("", tag("p", none))]
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return [("", log(lines) or tag("p", "The change log is empty."))]


def log(lines: list[str]) -> Markup:
    r"""Return a change log in Markdown as HTML, one level below the page's title.

    Headings, lists of one level, paragraphs, code, links and bold are understood;
    anything else stays text. The title of the log is left out.

    >>> log(["# Log", "## 1.0.0", "- added `age`", "  and *sex*"])
    Markup('<h2>1.0.0</h2>\n<ul><li>added <code>age</code> and *sex*</li></ul>')
    """
    blocks: list[tuple[str, list[str]]] = []
    fresh = True
    for line in lines:
        words = line.strip()
        heading = re.match(r"(#{1,6})\s+(.*)", words)
        if heading:
            level = min(len(heading[1]), 6)
            blocks.append((f"h{level}", [heading[2]]))
        elif re.match(r"[-*+]\s+", words):
            blocks.append(("li", [re.sub(r"^[-*+]\s+", "", words)]))
        elif words and blocks and not fresh and blocks[-1][0] in ("li", "p"):
            blocks[-1][1].append(words)
        elif words:
            blocks.append(("p", [words]))
        fresh = not words or bool(heading)
    parts: list[Markup] = []
    items: list[Markup] = []
    for kind, found in [*blocks, ("", [])]:
        if kind == "li":
            items.append(tag("li", inline(" ".join(found))))
            continue
        if items:
            parts.append(tag("ul", join(items)))
            items = []
        if kind not in ("", "h1"):
            parts.append(tag(kind, inline(" ".join(found))))
    return join(parts, "\n")


def inline(words: str) -> Markup:
    """Return a line of Markdown with its code, links and bold words marked.

    >>> inline("**new** [x](javascript:1) <b>")
    Markup('<strong>new</strong> x &lt;b&gt;')
    """
    parts: list[object] = []
    end = 0
    for match in INLINE.finditer(words):
        code, label, url, bold = match.groups()
        parts.append(words[end : match.start()])
        if code:
            parts.append(tag("code", code))
        else:
            parts.append(link(url, label) if url else tag("strong", bold))
        end = match.end()
    return join([*parts, words[end:]])
