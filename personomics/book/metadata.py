"""What a page says of itself to search engines, previews and other programs.

Descriptions after schema.org stand in the page as JSON-LD. Addresses are whole only
where the configuration says where the book is published; without that there is no
canonical address and no site map, because both would have to be invented.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from html import unescape
from html.parser import HTMLParser
from typing import Any

from personomics.html import Markup, join
from personomics.words import clean, clip

#: Characters of a description; search engines show about as many.
LETTERS = 160
#: A first paragraph shorter than this says too little.
SHORT = 40
PIECE = 4096
SITE = "Personomics companion"
WEB = re.compile(r"https?://[^\s\"'<>]+")
#: Elements whose words are no running text of the page.
ASIDE = frozenset(
    "aside details dialog figure footer h1 h2 h3 h4 nav pre script style svg table "
    "template".split()
)
INDEX = "index"
LANGUAGE = {"inLanguage": "en"}


class Paragraphs(HTMLParser):
    """Collects the words of the paragraphs of a page's running text."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inside = False
        self.aside = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note where a paragraph begins; a title of an admonition is none."""
        if tag in ASIDE:
            self.aside += 1
        elif tag == "p" and not self.aside:
            named = dict(attrs).get("class") or ""
            self.inside = "title" not in named and "pc-meta" not in named
            if self.inside:
                self.found.append("")

    def handle_endtag(self, tag: str) -> None:
        """Note where a paragraph ends."""
        if tag in ASIDE:
            self.aside = max(0, self.aside - 1)
        elif tag == "p":
            self.inside = False

    def handle_data(self, data: str) -> None:
        """Collect words."""
        if self.inside and not self.aside:
            self.found[-1] += data


def description(content: str, letters: int = LETTERS) -> str:
    """Return one plain sentence or two about a page, cut between words.

    Parameters
    ----------
    content : str
        The body of a page, or plain text.
    letters : int
        Characters at most.

    Examples
    --------
    >>> description("<h1>Age</h1><p>Old &amp; young.</p>")
    'Old & young.'
    >>> description("a < b: plain words")
    'a < b: plain words'
    """
    if not re.search(r"<\w+[^>]*>", content):
        return clip(content, letters)
    reader, best = Paragraphs(), ""
    for start in range(0, len(content), PIECE):  # the opening is enough
        reader.feed(content[start : start + PIECE])
        whole = reader.found[: len(reader.found) - reader.inside]
        found = [words for words in map(clean, whole) if words]
        if best := next((words for words in found if len(words) >= SHORT), ""):
            break
    return clip(best or " ".join(found[:2]), letters)


def plain(markup: str) -> str:
    """Return the words of a piece of HTML, such as a title.

    >>> plain("Terms &amp; <em>factors</em>")
    'Terms & factors'
    """
    return clean(unescape(re.sub(r"<[^>]*>", "", markup)))


def address(page: str) -> str:
    """Return the address of a page below the top of the site.

    >>> address("index"), address("map"), address("factors/F1-age.html")
    ('', 'map.html', 'factors/F1-age.html')
    """
    if page == INDEX:
        return ""
    return page if page.endswith(".html") else f"{page}.html"


def published(base: str) -> str:
    """Return the address of the top of the site, or nothing if it has none.

    >>> published("https://example.org/book"), published("book/"), published("")
    ('https://example.org/book/', '', '')
    """
    return f"{base.rstrip('/')}/" if WEB.fullmatch(base or "") else ""


def void(element: str, **attributes: object) -> Markup:
    """Return an element of the head that has no content.

    >>> void("link", rel="canonical", href='"')
    Markup('<link rel="canonical" href="&#34;">')
    """
    parts = [Markup('{}="{}"').format(key, value) for key, value in attributes.items()]
    return Markup("<{} {}>").format(Markup(element), join(parts, " "))


def head(
    page: str, title: str, words: str,
    *, base: str = "", about: Mapping[str, Any] | None = None, image: str = "",
) -> Markup:  # fmt: skip
    """Return what a page says of itself, for its ``<head>``.

    Parameters
    ----------
    page : str
        Its name or its address below the top of the site.
    title, words : str
        Title and description, in plain text.
    base : str
        Where the site is published, or nothing.
    about : mapping
        Its description after schema.org, see :mod:`.schema_org`; by default a web page.
    image : str
        Address of the picture for previews, below the top of the site.
    """
    top, here = published(base), address(page)
    title, words = clean(title), clean(words)
    root = top or "../" * here.count("/")
    kind = "website" if page == INDEX else "article"
    shared = {
        "og:title": title or SITE,
        "og:description": words,
        "og:type": kind,
        "og:site_name": SITE,
        "og:url": top and top + here,
        "og:image": image and root + image,
        "og:image:alt": image and picture_words(title),
    }
    card = "summary_large_image" if image else "summary"
    named = {"description": words, "twitter:card": card}
    lines = [void("meta", name=k, content=v) for k, v in named.items() if v]
    lines += [void("meta", property=k, content=v) for k, v in shared.items() if v]
    if top:
        lines.append(void("link", rel="canonical", href=top + here))
    lines.append(script(described(about or {}, title, words, top and top + here)))
    return join(lines, "\n")


def picture_words(title: str) -> str:
    """Return the text alternative of the picture for previews."""
    words = f"{SITE}: factors of the concept map by capability, opportunity, motivation"
    return f"{words}. Page: {title}" if title and title != SITE else f"{words}."


def described(
    about: Mapping[str, Any], title: str, words: str, url: str
) -> dict[str, Any]:
    """Complete a description after schema.org with what the page is called."""
    given = dict(about) or {"@type": "WebPage", "isPartOf": site(), **LANGUAGE}
    opening = {"@context": "https://schema.org", "@type": given.pop("@type")}
    usual = {"name": title, "description": words, "url": url}
    if opening["@type"] == "Article":
        usual["headline"] = title
    return {**opening, **{k: v for k, v in usual.items() if v}, **given}


def script(data: Mapping[str, Any]) -> Markup:
    r"""Return a description as a script of data that nothing in it can close.

    >>> script({"name": "</script>"})
    Markup('<script type="application/ld+json">{"name":"\\u003c/script>"}</script>')
    """
    inner = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    inner = inner.replace("<", "\\u003c")
    return Markup(f'<script type="application/ld+json">{inner}</script>')


def site() -> dict[str, Any]:
    """Return the site, for what is part of it."""
    return {"@type": "WebSite", "name": SITE}


def sitemap(pages: Iterable[str], base: str) -> str | None:
    """Return the site map, or nothing where the site has no address.

    >>> print(sitemap(["index", "map"], "https://example.org"))
    <?xml version="1.0" encoding="UTF-8"?>
    <urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
    <url><loc>https://example.org/</loc></url>
    <url><loc>https://example.org/map.html</loc></url>
    </urlset>
    """
    if not (top := published(base)):
        return None
    rows = [
        Markup("<url><loc>{}</loc></url>").format(top + address(page)) for page in pages
    ]
    opening = '<?xml version="1.0" encoding="UTF-8"?>'
    scheme = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return "\n".join([opening, f'<urlset xmlns="{scheme}">', *rows, "</urlset>"])


def robots(base: str) -> str | None:
    r"""Return the rules for crawlers, which name the site map, or nothing without one.

    >>> robots("https://example.org")
    'User-agent: *\nAllow: /\nSitemap: https://example.org/sitemap.xml\n'
    """
    if not (top := published(base)):
        return None
    return f"User-agent: *\nAllow: /\nSitemap: {top}sitemap.xml\n"
