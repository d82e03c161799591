"""Sphinx extension: the book's own frame for pages, without scripts it does not use.

Jupyter Book turns chapters and pages into HTML; what stands around that is one
template of ours, one style sheet, and only the scripts that a page has a use for.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from personomics.html import Markup

NAME = "personomics"
LOOK = Path(__file__).parent / "look"
SHEET = "_static/companion.css"
#: Scripts, and what a page holds that has a use for them.
SCRIPTS = {
    "companion.js": "",
    "tables.js": 'class="pc-table',
    "map.js": 'id="pc-map"',
    "apply.js": 'id="pc-apply"',
    "plan.js": 'id="pc-plan"',
    "plan-files.js": 'id="pc-plan"',
    "power.js": 'id="pc-power"',
}
#: What marks a page on which nothing that a reader does may be sent anywhere.
PRIVATE = 'id="pc-apply"'
#: A page that stands for every page of a single thing.
SHELL = "things/shell"
#: What marks a page that takes all the room there is.
WIDE = re.compile(r'id="fig-concept-map"|class="[^"]*\bpc-wide[ "]')
TITLE, BODY = "@title@", "@body@"


def onpage(toc: str) -> Markup:
    """Return the list of a page's sections, without the page's own title.

    >>> onpage('<ul><li><a href="#">T</a><ul><li>A</li></ul></li></ul>')
    Markup('<ul><li>A</li></ul>')
    """
    found = re.fullmatch(r"\s*<ul>\s*<li>\s*<a.*?</a>(.*)</li>\s*</ul>\s*", toc, re.S)
    return Markup((found[1] if found else "").strip())


def current(contents: str) -> Markup:
    """Return the contents of the book with the page that is open told to readers.

    >>> current('<a class="current reference internal" href="#">Cite</a>')
    Markup('<a aria-current="page" href="#">Cite</a>')
    """
    text = contents.replace(
        'class="current reference internal"', 'aria-current="page"'
    ).replace(' class="reference internal"', "")
    text = re.sub(r' class="(current|toctree-l1( current)?)"', "", text)
    text = re.sub(
        r'<p[^>]* class="caption" role="heading"><span class="caption-text">'
        r"(.*?)</span></p>",
        r'<p class="pc-part">\1</p>',
        text,
    )
    return Markup(text)


def tidy(body: str) -> str:
    """Mend what Sphinx writes and no option changes.

    A link to a heading without words, heading cells without content, roles that are no
    longer to be used, and a label that hides the words of the button for code.
    """
    body = re.sub(
        r'<a class="headerlink" href="(#[^"]*)" title="[^"]*">[^<]*</a>',
        r'<a class="headerlink" href="\1" aria-label="Link to this place">#</a>',
        body,
    )
    body = re.sub(r' role="(doc-biblioentry|list)"', "", body)
    body = body.replace('<summary aria-label="Toggle hidden content">', "<summary>")
    return re.sub(r"<th></th>", "<td></td>", body)


def digest(path: Path) -> str:
    """Return the opening of the SHA-256 of a file, or nothing if there is none."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:8] if path.is_file() else ""


def dress(
    app: Any, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Give the template what it shows around a page."""
    del templatename, doctree
    static = Path(app.srcdir) / "_static"
    body = tidy(context.get("body", ""))
    context["body"] = body
    held = body + SCRIPTS["tables.js"] if pagename == SHELL else body
    wanted = [name for name, mark in SCRIPTS.items() if mark in held]
    context["scripts"] = [
        f"_static/{name}?v={digest(static / name)}"
        for name in wanted
        if (static / name).is_file()
    ]
    context["sheet"] = f"{SHEET}?v={digest(Path(app.srcdir) / SHEET)}"
    context["html_title"] = app.config.html_title
    context["contents"] = current(
        context["toctree"](
            maxdepth=1, collapse=False, includehidden=True, titles_only=True
        )
    )
    context["private"] = PRIVATE in body
    context["wide"] = bool(WIDE.search(body))
    notebook = pagename.startswith("chapters/")
    context["notebook"] = f"_sources/{pagename}.ipynb" if notebook else ""
    context["onpage"] = onpage(context.get("toc", "")) if "toc" in context else ""


def more_pages(app: Any) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield the pages that have no source: the search, and the shell of things."""
    del app
    yield "search", {"title": "Search"}, "search.html"
    yield SHELL, {"title": TITLE, "body": BODY}, "page.html"


def no_index(app: Any) -> None:
    """Let Sphinx write no search index: the book has its own."""
    if app.builder.name == "html":
        app.builder.search = False


def plain_links(app: Any, doctree: Any, docname: str) -> None:
    """Replace links that are no web address, as a bibliography may hold, by text."""
    from docutils import nodes

    del app, docname
    for node in list(doctree.findall(nodes.reference)):
        scheme = re.match(r"\s*([a-zA-Z][a-zA-Z0-9+.-]*):", node.get("refuri", ""))
        if scheme and scheme[1].lower() not in ("http", "https", "mailto"):
            node.replace_self(nodes.inline("", "", *node.children))


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_config_value("comments_config", {}, "")  # Jupyter Book always sets it
    app.add_html_theme(NAME, str(LOOK))
    app.connect("builder-inited", no_index, priority=1)
    app.connect("html-page-context", dress, priority=950)
    app.connect("html-collect-pages", more_pages)
    app.connect("doctree-resolved", plain_links)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
