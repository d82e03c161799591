"""Which article a record of somebody else's file is, or why that is unclear."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable

from personomics.screening_tools.formats import Decision
from personomics.table_edit import Row


class Index:
    """The articles, by everything a file may name them with."""

    def __init__(self, articles: Iterable[Row]) -> None:
        self.rows = {a["article_id"]: a for a in articles}
        self.by: dict[str, dict[str, list[str]]] = {
            name: defaultdict(list) for name in ("pmid", "doi", "title")
        }
        for key, article in self.rows.items():
            for name, place in self.by.items():
                if value := comparable(name, article[name]):
                    place[value].append(key)

    def find(self, record: Decision) -> tuple[str, str]:
        """Return the article of a record, or nothing and why it is unclear."""
        hits = {f"its identifier {key}": [key] for key in record.keys
                if key in self.rows}  # fmt: skip
        for name in ("pmid", "doi"):
            value = comparable(name, getattr(record, name))
            if same := self.by[name].get(value, []) if value else []:
                hits[f"its {name.upper()}"] = same
        title = comparable("title", record.title)
        titled = self.by["title"].get(title, []) if title else []
        if not hits:
            titled = [key for key in titled if not self.contradicts(record, key)]
            if len(titled) > 1:
                return "", f" could be {' or '.join(titled)}, which have this title"
            return (titled[0] if titled else ""), ""
        # Two articles may share a DOI: what all identifiers agree on is the article.
        found = set.intersection(*map(set, hits.values()))
        if len(found) != 1:
            said = "; ".join(f"{' or '.join(k)} by {n}" for n, k in hits.items())
            return "", f" is {said}"
        [article], how = found, next(iter(hits))
        if titled and article not in titled:
            return "", f" is {article} by {how}, but {titled[0]} by its title"
        if not titled and self.contradicts(record, article):
            return "", f" is {article} by {how}, but has another PMID or DOI and title"
        return article, ""

    def contradicts(self, record: Decision, key: str) -> bool:
        """Say whether a record and an article have other identifiers or years."""
        row = self.rows[key]
        pairs = [(comparable(n, getattr(record, n)), comparable(n, row[n]))
                 for n in ("pmid", "doi")]  # fmt: skip
        return any(one and other and one != other for one, other in pairs)


def comparable(name: str, value: str) -> str:
    """Return an identifier or a title in the form in which it is compared.

    >>> comparable("title", "Trust, “again”: 1"), comparable("doi", "10.1000/X")
    ('trustagain1', '10.1000/x')
    """
    if name != "title":
        return value.strip().lower()
    folded = unicodedata.normalize("NFKC", value).casefold()
    return "".join(c for c in folded if c.isalnum())
