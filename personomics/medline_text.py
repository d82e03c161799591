"""Text and dates of elements of PubMed's XML, and handlers made of them.

A handler takes an element and what it is about (a citation, a book) and puts the
element's content into an attribute of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeAlias

from lxml.etree import _Element

Handler: TypeAlias = Callable[[_Element, Any], None]
Table: TypeAlias = dict[Any, str | Handler]

_BLANK = " \t\r\n"
_BREAK = re.compile(r" *[\t\r\n][ \t\r\n]*")
_MONTHS = {
    name: f"{number:02}"
    for number, month in enumerate(
        "jan feb mar apr may jun jul aug sep oct nov dec".split(), start=1
    )
    for name in (month, month.title(), f"{number}", f"{number:02}")
}


def walk(element: _Element, target: Any, table: Table) -> None:
    """Put each child of the element into the target as the table says.

    The table has the name of an attribute that is the child's text, or a handler.
    """
    for child in element:
        what = table.get(child.tag)
        if type(what) is str:
            setattr(target, what, text_of(child))
        elif what is not None:
            what(child, target)  # type: ignore[operator]
        else:
            target.others.append((str(child.tag), text_of(child)))


def text_of(element: _Element) -> str:
    """Return the text of an element without mark-up or breaks of the pretty-printer."""
    text = "".join(map(str, element.itertext())) if len(element) else element.text
    if not text:
        return ""
    text = text.strip(_BLANK)
    return _BREAK.sub(" ", text) if "\n" in text or "\t" in text else text


def joined(sections: list[tuple[str, str, str]]) -> str:
    """Return the sections of an abstract as lines, each with its label."""
    return "\n".join(
        f"{label}: {text}" if label else text for label, _, text in sections
    )


def add(name: str) -> Handler:
    """Return a handler that appends the text of an element to a list."""

    def handler(element: _Element, target: Any) -> None:
        getattr(target, name).append(text_of(element))

    return handler


def add_pair(name: str, attribute: str, default: str = "") -> Handler:
    """Return a handler that appends (an attribute of an element, its text)."""

    def handler(element: _Element, target: Any) -> None:
        pair = (element.get(attribute, default), text_of(element))
        getattr(target, name).append(pair)

    return handler


def each(handler: Handler) -> Handler:
    """Return a handler that lets another one handle each child."""

    def handle(element: _Element, target: Any) -> None:
        for child in element:
            handler(child, target)

    return handle


def links_of(element: _Element) -> list[tuple[str, str, str]]:
    """Return the links into a book that an element has as attributes."""
    return [
        (str(element.tag), str(name), str(value))
        for name, value in element.items()
        if name in {"book", "part", "sec"}
    ]


def linked(name: str) -> Handler:
    """Return a handler that sets an attribute to a text and keeps its links."""

    def handle(element: _Element, target: Any) -> None:
        setattr(target, name, text_of(element))
        target.links.extend(links_of(element))

    return handle


def month_of(text: str) -> str:
    """Return the number of a month, "02" for "Feb"; empty if it is not one month."""
    return _MONTHS.get(text.strip(_BLANK).rstrip(".").lower(), "")


def dated(date: str, name: Any, text: str) -> str:
    """Return a date with one more part: "2000-02" with the Day "4" is "2000-02-04"."""
    if name == "Year":
        return text.strip(_BLANK)
    if name == "Month":
        return f"{date}-{_MONTHS.get(text) or month_of(text) or text.strip(_BLANK)}"
    if name == "Day":
        return f"{date}-{text if len(text) == 2 else text.strip(_BLANK).zfill(2)}"
    if name == "Hour":
        return f"{date} {text.strip(_BLANK).zfill(2)}"
    if name in {"Minute", "Second"}:
        return f"{date}:{text.strip(_BLANK).zfill(2)}"
    return f"{date} {text.strip(_BLANK)}".strip()  # a season


def date_of(element: _Element) -> str:
    """Return "YYYY-MM-DD HH:MM", or the part of it that an element gives."""
    date = ""
    for child in element:
        date = dated(date, child.tag, child.text or "")
    return date


def put_date(name: str) -> Handler:
    """Return a handler that sets an attribute to a date."""

    def handler(element: _Element, target: Any) -> None:
        setattr(target, name, date_of(element))

    return handler
