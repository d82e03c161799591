"""A page for each factor."""

from __future__ import annotations

from personomics import __version__, agenda, evidence
from personomics.book import entries
from personomics.book.documents import Document
from personomics.book.entries import first, group, on_map, part, short, unique
from personomics.book.factor_ground import LABELS, Ground
from personomics.book.parts import Record, facts, fold, meta, quoted, sources
from personomics.dataset import Dataset
from personomics.evidence import page_link, to_article, to_case
from personomics.html import Markup, join, link, tag, text
from personomics.style import badge
from personomics.words import counted

MARKS = ("com_b", "level", "stability", "origin")
#: How the book is cited, as ``CITATION.cff`` says.
BOOK, AUTHOR, YEAR = "Personomics companion", "Personomics companion maintainers", 2026
BARE = (
    "No instrument was found in the readable copies. That does not mean that none "
    "exists."
)


def documents(ds: Dataset) -> list[Document]:
    """Return the pages, one for each factor, also for those out of use."""
    ground = Ground(ds)
    made = [document(ground, key) for key in ground.factors]
    return entries.without_clashes(made)


def document(ground: Ground, key: str) -> Document:
    """Return the page of one factor."""
    row = ground.factors[key]
    terms = ground.terms.get(key, [])
    path = evidence.factor_address(key, row["label"])
    old = [
        change["before"]
        for change in ground.changes.get(key, [])
        if change["field"] == "label" and change["before"]
    ]
    marks = join([badge(mark, row[mark]) for mark in MARKS if text(row[mark])], " ")
    support = counts(ground, key)
    body = join(
        [
            head(row, marks, support),
            labels_part(ground, row),
            words_part(ground, key),
            cases_part(ground, key),
            tools_part(ground, key),
            related_part(ground, row),
            ontology_part(ground, row),
            entries.changed(ground.changes.get(key, [])),
            cite_part(ground, row, path),
        ],
        "\n",
    )
    about = {
        "@type": "DefinedTerm",
        "name": text(row["label"]),
        "termCode": key,
        "description": text(row["definition"]),
        "inDefinedTermSet": {"@type": "DefinedTermSet", "name": ground.ds.title},
    }
    return Document(
        path,
        text(row["label"]),
        short(row["definition"]),
        entries.one_line(body),
        "factor",
        key,
        unique([*(term["term"] for term in terms), *old]),
        tag("p", row["definition"]) + meta(marks) + meta(support),
        about,
        (f"factors/{key}.html", *(evidence.factor_address(key, one) for one in old)),
    )


def counts(ground: Ground, key: str) -> str:
    """Return how many articles, narratives and instruments stand behind a factor."""
    articles = {row["article_id"] for row in ground.terms.get(key, [])}
    cases = {row["case_id"] for row in ground.passages.get(key, [])} & ground.eligible
    found = (
        counted(len(articles), "article"),
        counted(len(cases), "case"),
        counted(len(ground.tools.get(key, [])), "instrument"),
    )
    return " · ".join(found)


def head(row: Record, marks: Markup, support: str) -> Markup:
    """Return what opens the page: id, marks, definition, support."""
    key, note = row["factor_id"], text(row["note"])
    active = row["status"] == "active"
    gone = "No longer in use; kept so that earlier citations still lead somewhere."
    listed = page_link("factors", key, "In the table of all factors")
    links = [on_map("See it on the map", pick=key)] if active else []
    return join(
        [
            meta(tag("code", key), marks),
            "" if active else tag("p", gone, class_="pc-note"),
            tag("p", row["definition"], class_="pc-lead"),
            tag("p", note, class_="pc-note") if note else "",
            meta(support),
            entries.actions(*links, listed),
        ]
    )


def labels_part(ground: Ground, row: Record) -> Markup:
    """Return the labels with their meaning, and what every rater said."""
    meant = {
        name: join([badge(c, row[c]), ground.codes[c].get(text(row[c]), "")], " ")
        for c, name in LABELS.items()
    }
    named = text(row["named_in_abstract"])
    if named:
        meant["In the paper’s abstract"] = Markup("named as an example, as {}").format(
            named
        )
    ratings = ground.ratings.get(row["factor_id"], [])
    columns = [*LABELS, "confidence", "rationale"]
    said: list[dict[str, object]] = [
        {"rater": ground.raters[r["rater_id"]], **{c: r[c] for c in columns}}
        for r in ratings
    ]
    agreed = {c: row[c] for c in LABELS}
    apart = [
        name.lower()
        for c, name in LABELS.items()
        if any(r[c] != row[c] for r in ratings)
    ]
    if said:
        who = ground.raters[ground.ds.consensus]
        reason = text(row["resolution"])
        said.append({"rater": who, **agreed, "confidence": "", "rationale": reason})
    headings = {**LABELS, "com_b": "COM-B", "rationale": "Reason given"}
    shown = entries.table(
        said, f"What each rater said of {row['factor_id']}", headings, "rater",
        ("confidence", "rationale"),
    )  # fmt: skip
    words = (
        f"A rater departs from the consensus on: {', '.join(apart)}." if apart else ""
    )
    alike = "All raters gave the labels of the consensus." if said else ""
    none = "" if said else "No rater’s answer is on record for it."
    verdict = tag("p", words or alike or none, class_="pc-note")
    return part(
        "labels", "Labels, and what each rater said", facts(meant), verdict, shown
    )


def words_part(ground: Ground, key: str) -> Markup:
    """Return the words of the articles, by article, with their places."""
    by_article: dict[str, list[Record]] = {}
    terms = ground.terms.get(key, [])
    for row in terms:
        by_article.setdefault(row["article_id"], []).append(row)
    lines = []
    for article, mine in by_article.items():
        quotes = join(
            [quoted(t["term"], t["place"], how(t["resolution"])) for t in mine],
            "; ",
        )
        urls = " ".join(
            dict.fromkeys(filter(None, (text(t["source_url"]) for t in mine)))
        )
        source = sources(urls) or ground.identifiers[article]
        name = to_article(article, ground.articles[article])
        lines.append(join([name, ": ", quotes, *([" · ", source] if source else [])]))
    if not lines:
        none = "No term of an included article is on record for it."
        return part("terms", "Words of the articles", tag("p", none))
    told = (
        f"{counted(len(terms), 'term')} in {counted(len(lines), 'article')} of these "
        "data, copied word for word."
    )
    shown = on_map("These articles on the map", article=",".join(by_article))
    return part("terms", "Words of the articles", tag("p", told), first(lines),
                entries.actions(shown))  # fmt: skip


def how(resolution: object) -> str:
    """Return how a consensus was reached, where the raters did not agree at once."""
    return "" if text(resolution) == "agree" else text(resolution)


def cases_part(ground: Ground, key: str) -> Markup:
    """Return the passages of narratives that show the factor."""
    by_case: dict[str, list[Record]] = {}
    for row in ground.passages.get(key, []):
        by_case.setdefault(row["case_id"], []).append(row)

    def lines(cases: list[str]) -> list[Markup]:
        return [
            to_case(case, ground.cases[case]) + ": " + join(
                [quoted(p["evidence"], p["item"], how(p["resolution"]))
                 for p in by_case[case]], "; ")
            for case in cases
        ]  # fmt: skip

    kept = [case for case in by_case if case in ground.eligible]
    others = [case for case in by_case if case not in ground.eligible]
    passages = sum(len(by_case[case]) for case in kept)
    told = (
        f"{counted(passages, 'passage')} in {counted(len(kept), 'eligible case')}."
        if kept
        else "No eligible case of these data shows it."
    )
    shown = on_map("These cases on the map", case=",".join(kept)) if kept else ""
    outside = f"In {counted(len(others), 'case')} that is not eligible, not counted"
    outside = outside.replace("that is", "that are") if len(others) > 1 else outside
    return part(
        "cases", "Cases", tag("p", told), first(lines(kept)),
        entries.actions(shown) if shown else "", fold(outside, lines(others), 0),
    )  # fmt: skip


def tools_part(ground: Ground, key: str) -> Markup:
    """Return how the factor can be measured."""
    tools, heading = ground.tools.get(key, []), "Instruments"
    status = ground.status.get(key)
    if not tools:
        return part("instruments", heading, tag("p", BARE))
    rows: list[dict[str, object]] = [
        {
            "instrument": page_link("instruments", r["instrument_id"], r["name"]),
            "directness": r["directness"],
            "brief": r["brief"],
            "items": text(r["n_items"]) or "not seen",
            "licence": text(r["licence"]) or "not seen",
        }
        for r in tools
    ]
    told = join([tag("b", status), ": ", agenda.STATUS[status]]) if status else ""
    shown = entries.table(
        rows, f"{counted(len(rows), 'instrument')} found for {key}", {}, "instrument"
    )
    remark = "Directness: direct measures the factor itself, partial a part of it, "
    remark += "proxy something near it. Not seen means that no readable copy showed it."
    onward = link(
        f"../plan.html#pick={key}&data={ground.ds.version}",
        "Plan its measurement in a trial",
    )
    return part(
        "instruments", heading, tag("p", told) if told else "", shown,
        tag("p", remark, class_="pc-note"), tag("p", onward) if status else "",
    )  # fmt: skip


def related_part(ground: Ground, row: Record) -> Markup:
    """Return the factors near this one: in its cell, in its articles, in its cases."""
    key, cell = row["factor_id"], (row["level"], row["com_b"])
    same = [one for one in ground.cells.get(cell, []) if one != key]
    found = []
    if same:
        place = on_map("this cell on the map", level=cell[0], com_b=cell[1])
        where = join([f"{cell[0]} level, {cell[1]} (", place, ")"])
        found.append(group("Same cell of the map", meta(where),
                           first([ground.link(one) for one in same])))  # fmt: skip
    near = {
        "Named by the same articles": (ground.with_articles, "article"),
        "Shown by the same cases": (ground.with_cases, "case"),
    }
    for heading, (rows, noun) in near.items():
        mine = rows.get(key, [])
        lines = [entries.sharing(s, ground.link(s.key), noun) for s in mine]
        shown = ""
        if mine:
            picked = ",".join([key, *(s.key for s in mine[: entries.FIRST])])
            shown = meta(on_map("These factors on the map", pick=picked))
        found.append(group(heading, first(lines), shown))
    return part("related", "Related factors", *found)


def ontology_part(ground: Ground, row: Record) -> Markup:
    """Return the class of the factor's COM-B component in the ontology."""
    known = ground.classes.get(text(row["com_b"]))
    if not known:
        return Markup("")
    iri = text(known["iri"])
    name = link(iri, text(known.get("label")) or iri)
    told = join(
        [
            f"The data tie its COM-B component, {row['com_b']}, to the class ", name,
            " of the Behaviour Change Intervention Ontology. The factor itself is tied "
            "to no class.",
        ]
    )  # fmt: skip
    meaning = text(known.get("definition"))
    said = tag("p", tag("q", meaning), class_="pc-note") if meaning else ""
    return part("ontology", "In the ontology", tag("p", told), said)


def cite_part(ground: Ground, row: Record, path: str) -> Markup:
    """Return how to cite the factor."""
    words = (
        f"{AUTHOR}. {text(row['label']).rstrip('. ')} (factor {row['factor_id']}). In: "
        f"{BOOK}, version {__version__}, data version {ground.ds.version}. {YEAR}. "
    )
    slot = tag("span", path, class_="pc-address")
    remark = join(
        ["The identifier never changes its meaning. More: ",
         link("../reference/cite.html", "how to cite"), "."]
    )  # fmt: skip
    cited = tag("p", join([words, slot]), class_="pc-cite")
    return part("cite", "Cite this factor", cited, tag("p", remark, class_="pc-note"))
