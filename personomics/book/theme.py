"""Sphinx extension: make the stock theme self-contained, light and accessible."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

#: Icons drawn by assets/icons.css instead of the theme's 1.5 MB icon script.
UNWANTED_SCRIPTS = ("thebe", "fontawesome", "togglebutton")


def wanted(script: Any) -> bool:
    """Say whether a script of a page is one the book needs."""
    name = str(getattr(script, "filename", None) or script or "")
    body = str(getattr(script, "attributes", {}).get("body", ""))
    return not any(word in name for word in UNWANTED_SCRIPTS) and (
        "THEBE" not in body and "thebe" not in body and "toggle" not in body.lower()
    )


def trim_page(
    app: Any, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Leave out scripts and style sheets that no page of the book uses."""
    del app, pagename, templatename, doctree
    context["script_files"] = [s for s in context.get("script_files", []) if wanted(s)]
    context["css_files"] = [c for c in context.get("css_files", []) if wanted(c)]


def tidy(page: str) -> str:
    """Mend what the theme writes and no option changes.

    A second viewport tag, the icon script, a label of the search button that does not
    hold its visible text, a sidebar without a role, and empty heading cells.
    """
    page = re.sub(r'\s*<script[^>]*src="[^"]*fontawesome\.js[^"]*"></script>', "", page)
    page = re.sub(r'<link rel="preload"[^>]*fontawesome[^>]*/?>\s*', "", page)
    page = re.sub(
        r'(<meta name="viewport"[^>]*>)\s*<meta name="viewport"[^>]*>', r"\1", page
    )
    page = re.sub(
        r'(<button[^>]*search-button[^>]*?) aria-label="[^"]*"',
        r'\1 aria-label="Search"',
        page,
    )
    page = page.replace(
        '<div id="pst-primary-sidebar"',
        '<div role="complementary" aria-label="Book navigation" '
        'id="pst-primary-sidebar"',
    )
    return re.sub(r"<th></th>", "<td></td>", page)


def finish(app: Any, exception: Exception | None) -> None:
    """Tidy every page once the theme has done its own last step."""
    if exception or app.builder.format != "html":
        return
    for path in sorted(Path(app.outdir).rglob("*.html")):
        if "_static" in path.parts:
            continue
        page = path.read_text(encoding="utf-8")
        if (mended := tidy(page)) != page:
            path.write_text(mended, encoding="utf-8")
    index = Path(app.outdir) / "searchindex.js"
    if index.is_file():
        words = without_gone_words(index.read_text(encoding="utf-8"))
        index.write_text(words, encoding="utf-8")


def without_gone_words(index: str) -> str:
    """Return a search index without words that no page has any more.

    Sphinx leaves them behind, with no page, when it reads only what has changed.

    >>> without_gone_words('Search.setIndex({"terms":{"ague":[],"gout":2}})')
    'Search.setIndex({"terms":{"gout":2}})'
    """
    opening, closing = "Search.setIndex(", ")"
    found = json.loads(index.removeprefix(opening).removesuffix(closing))
    for kind in ("terms", "titleterms"):
        if kind in found:
            found[kind] = {word: at for word, at in found[kind].items() if at != []}
    return opening + json.dumps(found, separators=(",", ":"), sort_keys=True) + closing


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
    app.connect("html-page-context", trim_page, priority=950)
    app.connect("doctree-resolved", plain_links)
    app.connect("build-finished", finish, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
