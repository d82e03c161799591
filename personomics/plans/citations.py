"""References of the instruments of a plan, for reference managers: BibTeX and RIS.

The data name the authors, the year, the journal and the DOI of an instrument's
reference as far as they were seen, never the title of the article. The title given is
therefore the instrument's name, in square brackets, as cataloguers mark a title that
they supply, and a note says so. What was not seen is left out.

The script of the page (``plan-files.js``) writes the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from personomics.plans.files import say

Plan = Mapping[str, Any]
Entry = Mapping[str, Any]
WORDS = {
    "supplied": "[Reference of the instrument: {0}]",
    "title note": "The title in brackets was supplied: it names the instrument; the "
    "title of the publication is not in these data.",
    "no reference": "No publication was seen for this instrument.",
    "others": "There are more authors than those named here.",
    "authors note": "Authors as recorded: {0}.",
    "from": "From {0}, data {1}, instrument {2}.",
    "read at": "Read about at {0}",
    "licence": "Terms of use as seen: {0}.",
    "selection": "Measurement plan, rule {0}, selection {1}. {2}",
    "version": "Data {0}",
}
#: What TeX does not print as it stands. Braces get names, as BibTeX counts any brace.
TEX = {
    "\\": r"\textbackslash{}", "{": r"\textbraceleft{}", "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}",
    ">": r"\textgreater{}", "|": r"\textbar{}", "&": r"\&", "%": r"\%", "$": r"\$",
    "#": r"\#", "_": r"\_",
}  # fmt: skip
SPECIAL = re.compile(r"[\\{}~^<>|&%$#_]")
#: What ends a field or a link, and a percent sign that escapes nothing.
UNFIT = re.compile(r"[\\{} \"<>^`|]|%(?![0-9A-Fa-f]{2})")
#: A journal with volume, perhaps issue, and pages, as in "Cancer 123(3):476-484".
PLACE = re.compile(
    r"(.+) ([0-9]+)(?:\(([^()]+)\))?:([A-Za-z]?[0-9]+(?:-[A-Za-z]?[0-9]+)?)"
)
REMARK = re.compile(r" *\(([^()]*)\)\Z")
MORE = re.compile(r",? *(?:et al\.?|and colleagues)\Z")
#: Name, initials of given names as told by :func:`initials` (empty: a group).
Author = tuple[str, str]


def authors(text: str) -> tuple[list[Author], bool, str]:
    """Return authors as family and initials, whether there are more, and a remark.

    >>> authors("de Souza JA, Man M-S, EuroQol Group et al (25-item original)")[0]
    [('de Souza', 'J. A.'), ('Man', 'M.-S.'), ('EuroQol Group', '')]
    >>> authors("Morris and colleagues")
    ([('Morris', '')], True, '')
    """
    remark = REMARK.search(text)
    text = REMARK.sub("", text)
    names = []
    for name in filter(
        None, (part.strip(" ") for part in MORE.sub("", text).split(","))
    ):
        family, _, last = name.rpartition(" ")
        given = initials(last) if family else ""
        names.append((family, given) if given else (name, ""))
    return names, bool(MORE.search(text)), remark[1] if remark else ""


def initials(word: str) -> str:
    """Return initials with points, or nothing where a word is no initials.

    >>> initials("JA"), initials("M-S"), initials("Group"), initials("V2")
    ('J. A.', 'M.-S.', '', '')
    """
    parts = word.split("-")
    letters = "".join(parts)
    small = any(c == c.upper() == c.lower() or c != c.upper() for c in letters)
    if small or len(letters) > 4 or not all(parts):
        return ""
    return "-".join(" ".join(f"{c}." for c in part) for part in parts)


def place(journal: str) -> dict[str, str]:
    """Return journal, volume, number and pages; all in one where that is unclear.

    >>> place("Cancer 123(3):476-484")["pages"], place("BMJ 313:29")["number"]
    ('476-484', '')
    >>> place("in: Measures in health psychology")
    {'journal': 'in: Measures in health psychology'}
    """
    found = PLACE.fullmatch(journal)
    if not found:
        return {"journal": journal}
    names = ("journal", "volume", "number", "pages")
    return {n: v or "" for n, v in zip(names, found.groups(), strict=True)}


def tex(text: str) -> str:
    r"""Return text that TeX prints as it is, with every brace closed.

    >>> print(tex("50% of {A}"))
    50\% of \textbraceleft{}A\textbraceright{}
    """
    return SPECIAL.sub(lambda match: TEX[match[0]], text)


def address(url: str) -> str:
    """Return an address without what would end a field of BibTeX or a link.

    >>> address("https://example.org/a{b}%7D_c")
    'https://example.org/a%7Bb%7D%7D_c'
    """
    return UNFIT.sub(lambda match: f"%{ord(match[0]):02X}", url)


def web(urls: Sequence[str]) -> list[str]:
    """Return the addresses that lead to the web, fit for a file of references."""
    return [address(u) for u in urls if u.startswith(("https://", "http://"))]


def published(tool: Entry) -> bool:
    """Say whether anything of a publication was seen."""
    return bool(tool["authors"] or tool["journal"] or tool["doi"])


def addresses(tool: Entry) -> list[str]:
    """Return where an instrument without a publication can be read.

    Where there is one, the addresses are of pages about the instrument, some of them
    other publications: as the address of the reference they would mislead.
    """
    return [] if published(tool) else web(tool["source_urls"])


def notes(plan: Plan, tool: Entry) -> list[str]:
    """Return what a reference has to say besides its fields."""
    _, more, remark = authors(tool["authors"])
    about = " ".join(web(tool["source_urls"])) if published(tool) else ""
    return [
        WORDS["title note"] if published(tool) else WORDS["no reference"],
        WORDS["others"] if more else "",
        say(WORDS["authors note"], tool["authors"]) if remark else "",
        say(WORDS["licence"], tool["licence"].rstrip(".")) if tool["licence"] else "",
        say(WORDS["from"], plan["title"], plan["version"], tool["id"]),
        say(WORDS["read at"], about) if about else "",
    ]


def title(tool: Entry) -> str:
    """Return the name of an instrument, in brackets where it stands for a title."""
    name = str(tool["name"])
    return say(WORDS["supplied"], name) if published(tool) else name


def selection(plan: Plan) -> str:
    """Return what a plan was made by, with the link to it."""
    return say(WORDS["selection"], plan["rule"], plan["link"], plan["notice"])


def bibtex(plan: Plan) -> str:
    """Return the dataset and the chosen instruments as BibTeX.

    Parameters
    ----------
    plan : mapping
        What :func:`personomics.plans.choose` returns.

    Returns
    -------
    str
        One entry for the dataset, one for each instrument; ``@article`` where a
        journal was seen, else ``@misc``. Keys are ``personomics-`` and the identifier
        of the instrument, the same in every version of the data. UTF-8.
    """
    data = {
        "title": "{" + tex(plan["title"]) + "}",
        "version": tex(say(WORDS["version"], plan["version"])),
        "url": "".join(web([plan["link"]])),
        "note": tex(selection(plan)),
    }
    made = [entry("misc", "personomics-data", data)]
    for tool in plan["instruments"]:
        kind = "article" if tool["journal"] else "misc"
        made.append(entry(kind, f"personomics-{tool['id']}", fields(plan, tool)))
    return "\n".join(made)


def fields(plan: Plan, tool: Entry) -> dict[str, str]:
    """Return the fields of an instrument's BibTeX entry; what is empty is left out."""
    people, more, _ = authors(tool["authors"])
    names = [
        f"{tex(name)}, {tex(given)}" if given else "{" + tex(name) + "}"
        for name, given in people
    ]
    where = {key: tex(value) for key, value in place(tool["journal"]).items()}
    where["pages"] = where.get("pages", "").replace("-", "--")
    return {
        "author": " and ".join([*names, *(["others"] if more and names else [])]),
        "title": "{" + tex(title(tool)) + "}",
        **where,
        "year": "" if tool["year"] is None else str(tool["year"]),
        "doi": address(tool["doi"]),
        "url": "".join(addresses(tool)[:1]),
        "note": tex(" ".join(filter(None, notes(plan, tool)))),
    }


def entry(kind: str, key: str, found: Mapping[str, str]) -> str:
    """Return an entry of a BibTeX file."""
    lines = [f"  {name} = {{{value}}},\n" for name, value in found.items() if value]
    return f"@{kind}{{{key},\n{''.join(lines)}}}\n"


def ris(plan: Plan) -> str:
    """Return the dataset and the chosen instruments as RIS.

    Parameters
    ----------
    plan : mapping
        What :func:`personomics.plans.choose` returns.

    Returns
    -------
    str
        One record for the dataset (DATA), one for each instrument: JOUR where a
        journal was seen, else GEN. UTF-8, line feeds.
    """
    made = [record([
        ("TY", "DATA"), ("ID", "personomics-data"), ("TI", plan["title"]),
        ("ET", say(WORDS["version"], plan["version"])),
        *(("UR", url) for url in web([plan["link"]])), ("N1", selection(plan)),
    ])]  # fmt: skip
    for tool in plan["instruments"]:
        where = place(tool["journal"])
        first, _, last = where.get("pages", "").partition("-")
        made.append(record([
            ("TY", "JOUR" if tool["journal"] else "GEN"),
            ("ID", f"personomics-{tool['id']}"),
            ("TI", title(tool)),
            *(("AU", f"{name}, {given}" if given else name)
              for name, given in authors(tool["authors"])[0]),
            ("PY", "" if tool["year"] is None else str(tool["year"])),
            ("T2", where["journal"]),
            ("VL", where.get("volume", "")),
            ("IS", where.get("number", "")),
            ("SP", first),
            ("EP", last),
            ("DO", tool["doi"]),
            *(("UR", url) for url in addresses(tool)),
            *(("N1", note) for note in notes(plan, tool)),
        ]))  # fmt: skip
    return "\n".join(made)


def record(found: Sequence[tuple[str, str]]) -> str:
    """Return a record of a RIS file."""
    lines = [f"{tag}  - {value}\n" for tag, value in found if value]
    return f"{''.join(lines)}ER  - \n"


def reference(tool: Entry) -> str:
    """Return the reference of an instrument in a line, or that none was seen.

    Parameters
    ----------
    tool : mapping
        An instrument of a plan.
    """
    year = "" if tool["year"] is None else str(tool["year"])
    where = ", ".join(filter(None, (tool["journal"], year)))
    doi = f"doi:{tool['doi']}" if tool["doi"] else ""
    parts = (
        tool["authors"],
        title(tool),
        where,
        doi or "".join(addresses(tool)[:1]),
        "" if published(tool) else WORDS["no reference"],
    )
    return " ".join(f"{p}{'' if p.endswith('.') else '.'}" for p in parts if p)
