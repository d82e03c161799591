"""The whole book as one PDF: the built pages in one document, printed by Chromium.

Figures stay vectors, as they are in the pages; the PDF is tagged, and its links and
bookmarks work. Chromium notes the time in it, so two of them are not equal in bytes.
"""

from __future__ import annotations

import posixpath
import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from personomics import files
from personomics.book.chromium import printed
from personomics.book.offline_copy import About, about, place
from personomics.book.record import ROOT
from personomics.book.site import BuildError
from personomics.html import Markup, escape, join, link, tag

NAME = "personomics-companion.pdf"
SHEET = "_static/companion.css"
#: Pages that are of no use on paper: which page stands in for one, and why.
LEFT_OUT = {
    "map": ("chapters/03-concept-map", "made to be searched and filtered"),
    "apply": ("", "a form to be filled in on the screen"),
    "plan": ("chapters/05-research-agenda", "factors to choose from; a plan prints"),
    "power": ("chapters/05-research-agenda", "a form with the curves that follow"),
    "reference/flow": ("chapters/01-search", "every screened record, box by box"),
    "reference/data-dictionary": ("", "columns of the tables, which are not here"),
    "reference/how-it-was-made": ("", "digests of inputs, for programs"),
}
#: Pages after which the pages of the single things follow.
FOLLOWED = {"reference/factors": "factors", "reference/cases": "cases"}
#: Pages of single things that are left out; links lead to the rows of the table.
ALONE = {"articles": "a page for each screened record"}
#: What serves the screen only. A folded listing of code is no content either.
ELEMENTS = "script noscript template dialog button nav form".split()
CLASSES = (
    "headerlink hide cell_input pc-files pc-doors pc-made pc-narrow-only pc-up"
).split()
DROPPED = "|".join(
    [f".//{name}" for name in ELEMENTS]
    + [".//figure//details"]  # the numbers of the figure again
    + [f".//*[contains(concat(' ', @class, ' '), ' {name} ')]" for name in CLASSES]
)
LOWER = {f"h{level}": f"h{level + 1}" for level in range(1, 6)}
#: Attributes that name ids: one, or several with blanks between.
NAMING = ("id", "for", "headers", "aria-labelledby", "aria-describedby",
          "aria-controls", "aria-owns", "aria-details", "aria-flowto")  # fmt: skip
LEADING = ("href", "xlink:href")
WITHIN = re.compile(r"url\((['\"]?)#")
#: Nothing is fetched and nothing runs while the document is printed.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


@dataclass
class Page:
    """One page of the site.

    Attributes
    ----------
    name : str
        Its address without ".html".
    article : HtmlElement
        Its content.
    below : bool
        Whether it belongs to the page before it.
    """

    name: str
    article: HtmlElement
    below: bool = False
    ids: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.ids = {str(one) for one in self.article.xpath("descendant::*/@id")}

    @property
    def key(self) -> str:
        """The id of the page in the document.

        >>> Page("reference/claims", document_fromstring("<p>x")).key
        'reference-claims'
        """
        return self.name.replace("/", "-")

    @property
    def title(self) -> str:
        """The heading of the page."""
        found = self.article.xpath("string((descendant::h1)[1])")
        return " ".join(str(found).split()) or self.name


@dataclass(frozen=True)
class Volume:
    """The pages of a site that are printed, in the order of the book.

    Attributes
    ----------
    site : Path
        The built site.
    """

    site: Path

    @cached_property
    def parts(self) -> list[tuple[str, list[str]]]:
        """Captions of the parts of the book and the names of their pages."""
        import yaml

        toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
        named = [
            (p["caption"], [c["file"] for c in p["chapters"]]) for p in toc["parts"]
        ]
        return [("", [toc["root"]]), *named]

    @cached_property
    def pages(self) -> dict[str, Page]:
        """The pages by name."""
        return {page.name: page for page in self._read()}

    def _read(self) -> Iterator[Page]:
        for name in (name for _, names in self.parts for name in names):
            if name in LEFT_OUT:
                continue
            if (content := article(self.site / f"{name}.html")) is None:
                msg = f"{self.site / name}.html: has no article; build the book anew"
                raise BuildError(msg)
            yield Page(name, content)
            folder = FOLLOWED.get(name, "")
            for path in sorted((self.site / folder).glob("*.html")) if folder else ():
                if (content := article(path)) is not None:
                    yield Page(f"{folder}/{path.stem}", content, below=True)

    def destination(self, href: str, page: Page) -> str | None:
        """Return where a link of a page leads in the document.

        Returns
        -------
        str or None
            An address on the web as it is, an anchor in the document, or nothing for
            what is not in the document.
        """
        try:
            url = urlsplit(href.strip())
        except ValueError:
            return None
        if url.scheme or url.netloc:
            return href if url.scheme in ("http", "https", "mailto") else None
        name = page.name
        if url.path:
            base = posixpath.dirname(page.name)
            name = posixpath.normpath(posixpath.join(base, unquote(url.path)))
            if not name.endswith(".html"):
                return None
            name = name.removesuffix(".html")
        return self.anchor(name, unquote(url.fragment))

    def anchor(self, name: str, fragment: str) -> str | None:
        """Return the anchor of a place on a page, or of what stands in for the page."""
        if name in self.pages:
            there = self.pages[name]
            return f"#{there.key}" + f"--{fragment}" * (fragment in there.ids)
        if name in LEFT_OUT:
            instead = LEFT_OUT[name][0]
            return self.anchor(instead, "") if instead else None
        folder, _, stem = name.partition("/")
        row = self.pages.get(f"reference/{folder}")
        if row is None:
            return None
        # A short address, "F19", has its page as "F19-self-efficacy".
        for other in self.pages:
            if other.startswith(f"{name}-") and stem in row.ids:
                return self.anchor(other, "")
        found = [i for i in row.ids if stem == i or stem.startswith(f"{i}-")]
        return f"#{row.key}--{max(found, key=len)}" if found else None


def article(path: Path) -> HtmlElement | None:
    """Return the content of a page; nothing if it only leads to another page."""
    parser = HTMLParser(encoding="utf-8", huge_tree=True)
    try:
        tree = document_fromstring(path.read_bytes(), parser=parser)
    except (OSError, etree.ParserError) as error:
        msg = f"{path}: cannot be read; build the book anew"
        raise BuildError(msg) from error
    for content in tree.iter("article"):
        # Taken out of the page, so that nothing around it is found from here.
        content.drop_tree()
        for element in content.xpath(DROPPED):
            element.drop_tree()
        return content
    return None


def printable(volume: Volume, page: Page) -> str:
    """Return a page as it stands in the document; its own ids and links fit there."""
    for element in page.article.iter(etree.Element):
        if element.tag == "details":
            element.attrib.pop("name", None)  # it would let only one of them be open
            element.set("open", "open")
        if page.below and element.tag in LOWER:
            element.tag = LOWER[element.tag]
        for name, value in list(element.attrib.items()):
            rewritten = attribute(volume, page, str(name), str(value))
            if rewritten is None:
                del element.attrib[name]
            else:
                element.set(name, rewritten)
    page.article.tag = "div"
    page.article.set("id", page.key)
    page.article.set("class", "bd-article pc-page" + " pc-below" * page.below)
    return etree.tostring(
        page.article, encoding="unicode", method="html", with_tail=False
    )


def attribute(volume: Volume, page: Page, name: str, value: str) -> str | None:
    """Return an attribute as it is in the document; nothing if it has no place."""
    if name in NAMING:
        return " ".join(f"{page.key}--{one}" for one in value.split())
    if name in LEADING:
        return volume.destination(value, page)
    if name.startswith("on") or name == "tabindex":
        return None
    if name == "src" and not value.startswith("data:"):
        return embedded(volume.site / posixpath.dirname(page.name) / unquote(value))
    return WITHIN.sub(rf"url(\1#{page.key}--", value)


def embedded(path: Path) -> str | None:
    """Return a picture as an address that holds it; nothing if it is not there."""
    kinds = {".png": "image/png", ".svg": "image/svg+xml", ".jpg": "image/jpeg"}
    if path.suffix not in kinds or not path.is_file():
        return None
    return f"data:{kinds[path.suffix]};base64,{b64encode(path.read_bytes()).decode()}"


def front(said: About, title: str, statement: str) -> Markup:
    """Return the title page."""
    digest = [tag("dt", "Digest"), tag("dd", tag("code", said.digest))]
    facts = [
        tag("dt", "Data"),
        tag("dd", f"{said.title}, version {said.version}"),
        *(digest if said.digest else ()),
        tag("dt", "Package"),
        tag("dd", f"personomics {said.code}"),
        tag("dt", "Licences"),
        tag("dd", "Code: MIT. Data, text and figures: CC BY 4.0."),
    ]
    inner = [
        tag("p", title, class_="pc-title"),
        tag("p", statement) if statement else "",
        tag("dl", join(facts)),
    ]
    return tag("section", join(inner), class_="pc-front")


def contents(volume: Volume) -> Markup:
    """Return the list of contents, and what of the site is not in it."""
    parts = []
    for caption, names in volume.parts:
        shown = [volume.pages[name] for name in names if name in volume.pages]
        items = [tag("li", link(f"#{page.key}", page.title)) for page in shown]
        if items:
            parts.append(tag("p", caption, class_="pc-part") + tag("ul", join(items)))
    absent = [f"{name}.html ({why})" for name, (_, why) in LEFT_OUT.items()]
    absent += [f"{folder}/ ({why})" for folder, why in ALONE.items()]
    note = f"Not printed, and found in the book on the screen: {'; '.join(absent)}."
    inner = tag("h1", "Contents") + join(parts) + tag("p", note, class_="pc-note")
    return tag("section", inner, class_="pc-list")


def document(site: Path, statement: str = "") -> str:
    """Return the whole book as one HTML document that needs no other file.

    Parameters
    ----------
    site : Path
        The built site.
    statement : str
        Whose numbers these are, for the title page.
    """
    import yaml

    volume, said = Volume(site), about(site)
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    title = str(config["title"])
    first = front(said, title, statement) + contents(volume)
    pages = [printable(volume, page) for page in volume.pages.values()]
    sheet = (site / SHEET).read_text(encoding="utf-8").replace("</", "<\\/")
    foot = re.sub(r'["\\\n<]', " ", f"{title} · data {said.version}")
    margin = f'@page {{ @bottom-left {{ content: "{foot}" }} }}'
    head = (
        f'<!DOCTYPE html>\n<html lang="en" data-theme="light"><head>'
        f'<meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">'
        f"<title>{escape(title)} (data {escape(said.version)})</title>"
        f"<style>{sheet}\n{margin}</style></head>"
    )
    return "\n".join([head, f'<body class="pc-pdf">{first}', *pages, "</body></html>"])


def write(site: Path, out: Path, statement: str = "") -> Path:
    """Print a site into one PDF and return where that is.

    Parameters
    ----------
    site : Path
        The built site.
    out : Path
        The PDF; what it held stays if the printing fails.
    statement : str
        Whose numbers these are, for the title page.

    Raises
    ------
    BuildError
        If there is no Chromium, the folder is no site, or the file has no place there.
    """
    whole = printed(document(site, statement))
    path = place(out, site)
    files.write(path, whole)
    return path
