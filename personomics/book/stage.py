"""Everything that Jupyter Book reads: the pages with their footers, and around them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
import yaml

from personomics import __version__
from personomics.book import notebooks, pages
from personomics.book.fresh import Record
from personomics.book.parts import facts, raw
from personomics.book.record import PACKAGE, ROOT, WHOLE
from personomics.book.site import PROVENANCE
from personomics.html import Markup, join, link, tag
from personomics.words import counted


def source_of(name: str) -> str:
    """Return what a page is written in: a notebook, a file, or a function.

    >>> source_of("chapters/04-cases"), source_of("reference/claims")
    ('chapters/04-cases.ipynb', 'personomics.book.ledger:sections')
    """
    if name.startswith("chapters/"):
        return f"{name}.ipynb"
    if name in (*pages.GENERATED, *pages.COLLECTIONS, *pages.CHECKLISTS, pages.LINEAGE):
        return pages.maker(name)
    return f"{name}.md"


def digest(record: Record) -> str:
    """Return the SHA-256 over the data behind a page.

    It is taken of one line for each input of ``data/``, "digest  name", in the order
    of the names: what ``sha256sum`` prints for files. A page that shows the digest of
    all the data has that one.
    """
    if WHOLE in record.inputs:
        return record.inputs[WHOLE]
    lines = [f"{one}  {name}\n" for name, one in sorted(record.data.items())]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def provenance(
    data: Mapping[str, Any], records: Mapping[str, Record]
) -> dict[str, Any]:
    """Return what every page was made from, for readers and programs.

    Parameters
    ----------
    data : mapping
        Descriptor of the data.
    records : mapping
        Record of each page by its name.
    """
    return {
        "code": __version__,
        "data": {"title": data["title"], "version": data["version"]},
        "pages": {
            name: {
                "source": source_of(name),
                "digest": digest(record),
                "all_data": WHOLE in record.inputs,
                "tables": record.all_tables,
                "columns": record.columns,
                "files": other_files(record),
                "modules": [module_name(file) for file in record.modules],
                "figures": {
                    figure: {"function": by, "tables": record.tables.get(by, [])}
                    for figure, by in record.figures.items()
                },
                "inputs": record.inputs,
            }
            for name, record in sorted(records.items())
        },
    }


def other_files(record: Record) -> list[str]:
    """Return the files of the data folder that a page used and that are no tables."""
    tables = {f"{name}.csv" for name in record.all_tables}
    names = (name.removeprefix("data/") for name in record.data if ": " not in name)
    return [name for name in names if name not in tables]


def module_name(file: str) -> str:
    """Return the name of a module by its file.

    >>> module_name("personomics/book/__init__.py")
    'personomics.book'
    """
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def footer(name: str, page: Mapping[str, Any], version: str) -> str:
    """Return the foot of a page as Markdown text."""
    return raw(foot(name, page, version))


def foot(name: str, page: Mapping[str, Any], version: str) -> Markup:
    """Return the foot of a page: which data it shows, and how it was made."""
    root = "/".join([".."] * name.count("/")) or "."
    there = f"{root}/reference"
    tables = page["tables"]
    amount = counted(len(tables), "table") if tables else "no table"
    behind = f"digest of the data behind this page ({amount})"
    if page["all_data"]:
        behind = "digest of all the data"
    first = join(
        [
            tag("span", f"Data {version}"),
            tag("span", join([behind, tag("code", page["digest"][:12])], " ")),
            tag("span", f"package {__version__}"),
            link(f"{there}/reproduce.html", "Rebuild it yourself"),
            link(f"{there}/cite.html", "Cite this page"),
            link(f"{there}/claims.html", "Which numbers are the paper’s?"),
        ],
        " · ",
    )
    dictionary = f"{there}/data-dictionary.html"
    inputs = {
        "Written in": tag("code", page["source"]),
        "Tables": join([table_link(dictionary, page, t) for t in tables], ", "),
        "Other files of the data": join([tag("code", f) for f in page["files"]], ", "),
        "Figures": join(
            [
                join([figure, " by ", tag("code", made["function"])])
                for figure, made in page["figures"].items()
            ],
            ", ",
        ),
        "Modules of the package": ", ".join(
            name.removeprefix(f"{PACKAGE}.") for name in page["modules"]
        ),
        "Versions": tag("code", "requirements.lock"),
        "All pages": join(
            [
                link(f"{root}/{pages.LINEAGE}.html", "How the book hangs together"),
                link(f"{root}/{PROVENANCE}", "digests of every input"),
            ],
            ", ",
        ),
    }
    made = tag("summary", "How this page was made") + facts(inputs)
    whole = tag("p", first) + tag("details", made)
    return tag("footer", whole, class_="pc-made")


def table_link(dictionary: str, page: Mapping[str, Any], table: str) -> Markup:
    """Return a table of a page as a link, with its columns if not all were read."""
    named = link(f"{dictionary}#table-{table}", table)
    if table not in page["columns"]:
        return named
    return join([named, f" ({', '.join(page['columns'][table])})"])


def chapter(path: Path, executed: Any) -> Any:
    """Return a chapter as it is now, with the outputs of an execution of its code."""
    now = notebooks.normalise(notebooks.read(path))
    done = [c for c in executed.cells if c.cell_type == "code"]
    code = [c for c in now.cells if c.cell_type == "code"]
    for cell, other in zip(code, done, strict=True):
        cell.outputs, cell.execution_count = other.outputs, other.execution_count
    return now


def with_footer(notebook: Any, foot: str) -> str:
    """Return the text of a chapter with a last cell for its foot."""
    notebook.cells.append(notebooks.prose_cell("made-by", foot))
    return str(nbformat.writes(notebook, version=4)).rstrip("\n") + "\n"


def configuration(data: Mapping[str, Any]) -> str:
    """Return ``_config.yml`` with title and version of the data for the frame."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    shown = {"data_version": data["version"], "data_title": data["title"]}
    config["sphinx"]["config"]["html_context"] = shown
    return str(yaml.safe_dump(config, allow_unicode=True, sort_keys=False))
