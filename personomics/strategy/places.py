"""Where in a TOML file a value stands, which :mod:`tomllib` does not tell."""

from __future__ import annotations

import re

TOKEN = re.compile(
    r"(?P<comment>#[^\n]*)"
    r'|(?P<text>"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}'
    r"|\"(?:\\.|[^\"\\\n])*\"|'[^'\n]*')"
    r"|(?P<mark>[\[\]{},=\n])"
    r"|(?P<bare>[^\s#\"'\[\]{},=]+)",
    re.S,
)
HEADER = re.compile(r"\[\[?([^\]\n]*)\]\]?")
#: Length of what stands for one character in a text, by the letter after \.
ESCAPES = {"x": 4, "u": 6, "U": 10}

Where = tuple[str | int, ...]


class Places:
    r"""The places of the tables, keys and values of a valid TOML file.

    Parameters
    ----------
    source : str
        The text of the file.

    Examples
    --------
    >>> places = Places('a = 1\n[[b]]\nc = ["x", "y z"]\n')
    >>> places.find(("b", 0, "c", 1), 2)
    (3, 14)
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.starts: dict[Where, int] = {}
        self.table: Where = ()
        self.key: list[str] = []
        self.counts: dict[str, int] = {}
        self.skip = 0
        self.scan()

    def find(self, where: Where, at: int = 0) -> tuple[int, int]:
        """Return line and column, from 1, of a character of a value.

        Where the value itself has no place, because it is missing or written in an
        unusual way, that of the table around it is given.
        """
        while where and where not in self.starts:
            where, at = where[:-1], 0
        start = self.starts.get(where, 0)
        offset = start + self.inside(start, at) if where else 0
        line = self.source.count("\n", 0, offset)
        return line + 1, offset - self.source.rfind("\n", 0, offset)

    def inside(self, start: int, at: int) -> int:
        """Return how far a character of a text is from the beginning of its token."""
        opening = re.match(r'"""\n?|\'\'\'\n?|"|\'', self.source[start : start + 4])
        if not opening:
            return 0
        offset = start + opening.end()
        for _ in range(at):
            letter = self.source[offset : offset + 2]
            escaped = opening[0].startswith('"') and letter.startswith("\\")
            offset += ESCAPES.get(letter[1:], 2) if escaped else 1
        return offset - start

    def scan(self) -> None:
        """Note where every table, key and value begins."""
        lists: list[int] = []
        wants_value, inline = False, 0
        for token in TOKEN.finditer(self.source):
            mark = token["mark"]
            if token.start() < self.skip or token["comment"]:
                continue
            if not wants_value:
                wants_value = mark == "="
                self.opening(token)
                continue
            inline += (mark == "{") - (mark == "}")
            if inline:
                continue  # what stands in a table on one line is found by its key
            if mark == "[":
                lists.append(0)
            elif mark == "]":
                lists.pop()
            elif mark == "," and lists:
                lists[-1] += 1
            elif mark == "\n" and not lists:
                wants_value = False
            elif not mark:
                self.starts[(*self.table, *self.key, *lists)] = token.start()

    def opening(self, token: re.Match[str]) -> None:
        """Note a table's header or a key."""
        start = token.start()
        if token["mark"] == "[" and (header := HEADER.match(self.source, start)):
            name = header[1].strip()
            self.table = tuple(name.split("."))
            if header[0].startswith("[["):
                self.counts[name] = self.counts.get(name, -1) + 1
                self.table = (*self.table, self.counts[name])
            self.starts[self.table] = start
            self.skip = header.end()
        elif not token["mark"]:
            self.key = token[0].strip("\"'").split(".")
            self.starts[(*self.table, *self.key)] = start
