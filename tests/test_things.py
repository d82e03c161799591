"""Pages of single things: one for each, true to the tables, and safe."""

from __future__ import annotations

import csv
import json
import posixpath
import re
from collections import Counter
from dataclasses import replace
from types import MappingProxyType
from urllib.parse import parse_qsl, unquote

import pytest
from conftest import MINI
from lxml import html as parser

from personomics import load
from personomics.book import article_pages, case_pages, factor_pages, pages
from personomics.book.article_pages import people
from personomics.book.documents import dumps, loads
from personomics.book.parts import raw
from personomics.book.related import nearest
from personomics.dataset import DEFAULT

MODULES = {"factor": factor_pages, "article": article_pages, "case": case_pages}
TABLES = {"factor": "factors", "article": "articles", "case": "cases"}
#: Pages that the pages of things lead to, and that are made from tables.
MADE = ("factors", "articles", "cases", "flow", "instruments")
#: Pages that are written by hand or made elsewhere.
OTHER = ("reference/cite.html", "map.html", "plan.html")
HOSTILE = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)> & 'quotes'",
    "ab\u200fcd \u202eevil \u2028 [x](javascript:alert(1))",
    "🏡 ``` {{ 7 * 7 }} </section></table> " + "L" * 4000,
)


def rows(ds, table):
    """Return the rows of a table as the file has them, read without the package."""
    with (ds.home / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def made(ds):
    """Return all pages of single things by kind and identifier."""
    return {
        (one.kind, one.key): one for m in MODULES.values() for one in m.documents(ds)
    }


def tree(markup):
    """Return markup as a tree."""
    return parser.fragment_fromstring(str(markup), create_parent="div")


def words(element):
    """Return the text of an element in one line."""
    return " ".join(element.text_content().split())


def cells(document, section):
    """Return the cells of the table of a section, row by row."""
    found = tree(document.body).xpath(f'//section[@id="{section}"]//tbody/tr')
    return [[words(cell) for cell in row] for row in found]


@pytest.fixture(scope="module", params=[DEFAULT, MINI], ids=["shipped", "mini"])
def ds(request):
    """Return one dataset after the other."""
    return load(request.param)


@pytest.fixture(scope="module")
def things(ds):
    """Return all pages of single things by kind and identifier."""
    return made(ds)


def consensus(ds):
    """Return the rater that stands for the consensus."""
    return next(r["rater_id"] for r in rows(ds, "raters") if r["role"] == "consensus")


def included(ds):
    """Return the included articles."""
    agreed = consensus(ds)
    return {r["article_id"] for r in rows(ds, "screening")
            if r["rater_id"] == agreed and r["verdict"] == "include"}  # fmt: skip


def pairs(ds, table, key):
    """Return the consensus factor of each row of a table of codes, with its row."""
    agreed = consensus(ds)
    return [(r[key], r["factor_id"]) for r in rows(ds, table)
            if r["rater_id"] == agreed and r["factor_id"]]  # fmt: skip


def test_everything_has_exactly_one_page(ds, things):
    """Each row of the three tables is one page, at an address of its own."""
    wanted = [
        (kind, row[f"{kind}_id"])
        for kind, table in TABLES.items()
        for row in rows(ds, table)
    ]
    assert sorted(things) == sorted(wanted)
    every = [one.path for one in things.values()]
    every += [alias for one in things.values() for alias in one.aliases]
    assert len({path.lower() for path in every}) == len(every)
    for (kind, key), one in things.items():
        assert re.fullmatch(rf"{TABLES[kind]}/{key}(-[a-z0-9-]+)?\.html", one.path)
        assert len(one.path) < 150


def test_counts_of_factors_agree_with_the_tables(ds, things):
    """Articles, cases, instruments and terms are counted anew from the files."""
    terms = {r["term_id"]: r["article_id"] for r in rows(ds, "terms")}
    items = {r["item_id"]: r["case_id"] for r in rows(ds, "case_items")}
    kept = {r["case_id"] for r in rows(ds, "cases") if r["eligible"] == "true"}
    inside, articles, cases, tools = included(ds), {}, {}, Counter()
    quotes = Counter()
    for term, factor in pairs(ds, "term_codes", "term_id"):
        if terms[term] in inside:
            articles.setdefault(factor, set()).add(terms[term])
            quotes[factor] += 1
    for item, factor in pairs(ds, "case_codes", "item_id"):
        if items[item] in kept:
            cases.setdefault(factor, set()).add(items[item])
    for row in rows(ds, "instrument_factors"):
        tools[row["factor_id"]] += 1
    for row in rows(ds, "factors"):
        key = row["factor_id"]
        page, numbers = things["factor", key], (
            len(articles.get(key, ())), len(cases.get(key, ())), tools[key],
        )  # fmt: skip
        nouns = ("article", "case", "instrument")
        told = " · ".join(
            f"{n} {noun}{'s' * (n != 1)}"
            for n, noun in zip(numbers, nouns, strict=True)
        )
        assert words(tree(page.card)).endswith(told), key
        assert told in words(tree(page.body)), key
        assert len(cells(page, "instruments")) == tools[key], key
        shown = tree(page.body).xpath('//section[@id="terms"]//q')
        assert len(shown) == quotes[key], key


def test_counts_of_articles_and_cases_agree_with_the_tables(ds, things):
    """Factors named by an article, passages and factors of a case, counted anew."""
    of_term = {r["term_id"]: r["article_id"] for r in rows(ds, "terms")}
    named = {}
    for term, factor in pairs(ds, "term_codes", "term_id"):
        named.setdefault(of_term[term], set()).add(factor)
    inside = included(ds)
    for row in rows(ds, "articles"):
        page = things["article", row["article_id"]]
        section = tree(page.body).xpath('//section[@id="factors"]')
        assert bool(section) == (row["article_id"] in inside)
        if section:
            links = section[0].xpath("./ul/li/a/@href")
            keys = {re.match(r"\.\./factors/([A-Z]-?\d+)", url)[1] for url in links}
            assert keys == named.get(row["article_id"], set())
    passages = Counter(r["case_id"] for r in rows(ds, "case_items"))
    for row in rows(ds, "cases"):
        page = things["case", row["case_id"]]
        assert len(cells(page, "passages")) == passages[row["case_id"]]


def test_what_each_rater_said_is_what_the_tables_say(ds, things):
    """Every rating, verdict and code is on its page, beside the name of its rater."""
    names = {r["rater_id"]: r["name"] for r in rows(ds, "raters")}
    for row in rows(ds, "factor_ratings"):
        found = cells(things["factor", row["factor_id"]], "labels")
        mine = [c for c in found if c[0] == names[row["rater_id"]]]
        assert len(mine) == 1
        given = [row[c] for c in ("level", "com_b", "stability")]
        given += [v for v in (row["confidence"], row["rationale"]) if v]
        assert mine[0][1:4] == given[:3]
        assert set(given[3:]) <= set(mine[0][4:])
    for row in rows(ds, "screening"):
        found = cells(things["article", row["article_id"]], "verdicts")
        [mine] = [c for c in found if c[0] == names[row["rater_id"]]]
        given = [row[c] for c in ("e1", "e2", "e3", "e4", "verdict") if row[c]]
        assert [c for c in mine[1:] if c][: len(given)] == given
        assert " ".join(row["reason"].split()) in mine or not row["reason"]
    labels = {r["factor_id"]: r["label"] for r in rows(ds, "factors")}
    items = {r["item_id"]: r for r in rows(ds, "case_items")}
    for row in rows(ds, "case_codes"):
        item = items[row["item_id"]]
        page = things["case", item["case_id"]]
        heads = tree(page.body).xpath('//section[@id="passages"]//thead//th')
        place = [words(one) for one in heads].index(names[row["rater_id"]])
        said = [c[place] for c in cells(page, "passages") if c[0] == item["evidence"]]
        wanted = " ".join((labels.get(row["factor_id"]) or row["reason"]).split())
        assert any(one.startswith(wanted) for one in said), row


def known_places(ds, things):
    """Return the ids of every page that things may lead to, by address."""
    places = {one.path: set(tree(one.body).xpath("//@id")) for one in things.values()}
    for name in MADE:
        page = pages.make(f"reference/{name}", ds, {})
        ids = re.findall(r'\sid="([^"]+)"', page)
        places[f"reference/{name}.html"] = set(ids)
    return places


def test_every_link_leads_to_something(ds, things):
    """Pages and anchors exist; links into the map name what is on the map."""
    places = known_places(ds, things)
    terms = {
        "pick": {r["factor_id"] for r in rows(ds, "factors")},
        "article": included(ds),
        "case": {r["case_id"] for r in rows(ds, "cases") if r["eligible"] == "true"},
        "level": set(ds.codes("level")),
        "com_b": set(ds.codes("com_b")),
    }
    terms["vs"] = terms["article"] | terms["case"]
    followed = Counter()
    for one in things.values():
        for url in tree(one.body).xpath("//a/@href"):
            if url.startswith(("https://", "http://")):
                continue
            address, _, fragment = url.partition("#")
            target = posixpath.normpath(
                posixpath.join(posixpath.dirname(one.path), address)
            )
            followed[target.split("/")[0]] += 1
            assert target in places or target in OTHER, (one.path, url)
            if target == "map.html":
                for key, value in parse_qsl(fragment, strict_parsing=True):
                    assert set(unquote(value).split(",")) <= terms[key], url
            elif target == "plan.html":
                assert dict(parse_qsl(fragment)).keys() == {"pick", "data"}, url
            elif fragment:
                assert fragment in places[target], (one.path, url)
    assert set(followed) >= {"factors", "articles", "cases", "reference", "map.html"}


def test_old_places_on_the_lists_lead_on(ds, things):
    """Each thing is a row of its list, with its old id, and the row links its page."""
    for kind, table in TABLES.items():
        text = pages.make(f"reference/{table}", ds, {})
        for row in rows(ds, table):
            key = row[f"{kind}_id"]
            found = re.findall(rf'<tr id="{re.escape(key)}">(.*?)</tr>', text, re.S)
            assert len(found) == 1, key
            assert f'href="../{things[kind, key].path}"' in found[0], key


def test_ids_are_unique_and_headings_in_order(things):
    """A page repeats no id; its parts are headed at level two, then three."""
    for one in things.values():
        ids = tree(one.body).xpath("//@id")
        assert len(ids) == len(set(ids)), one.path
        levels = [int(e.tag[1]) for e in tree(one.body).xpath("//h1|//h2|//h3|//h4")]
        assert levels[:1] == [2]
        assert set(levels) <= {2, 3}


def test_pages_can_be_kept_as_text(things):
    """What is written down and read again is the same; descriptions are one line."""
    listed = list(things.values())
    assert loads(dumps(listed)) == listed
    for one in listed:
        assert 0 < len(one.description) <= 155
        assert "\n" not in one.description
        assert json.loads(json.dumps(one.about))["@type"] in {
            "DefinedTerm", "ScholarlyArticle", "CreativeWork",
        }  # fmt: skip
        assert "" not in one.about.values()
        assert not tree(one.card).xpath("//a")


def test_words_of_a_factor_are_those_of_the_articles(ds, things):
    """A search for any verbatim term of an included article finds its factor."""
    terms = {r["term_id"]: r for r in rows(ds, "terms")}
    inside = included(ds)
    for term, factor in pairs(ds, "term_codes", "term_id"):
        if terms[term]["article_id"] in inside:
            assert terms[term]["term"] in things["factor", factor].words


def test_hostile_text_stays_text():
    """Markup, addresses and odd characters in data make no element and no link."""
    mini = load(MINI)
    spoilt = {}
    for name, table in mini.tables.items():
        free = {}
        for column in table.columns:
            listed = name in ("codebook", "raters") and column in (
                "scheme",
                "code",
                "role",
            )
            fields = {
                f["name"]: f
                for r in mini.descriptor["resources"] if r["name"] == name
                for f in r["schema"]["fields"]
            }  # fmt: skip
            rules = fields[column].get("constraints", {})
            text = fields[column]["type"] == "string"
            bound = rules.get("enum") or rules.get("pattern") or column.endswith("_id")
            history = name == "history" and column in ("version", "id", "field")
            if text and not (bound or listed or history):
                kind = HOSTILE[len(column) % len(HOSTILE)]
                free[column] = [f"{kind} {n}" for n in range(len(table))]
            if column in ("source_urls", "source_url", "iri"):
                free[column] = "javascript:alert(1)"
        spoilt[name] = table.assign(**free)
    evil = replace(mini, tables=MappingProxyType(spoilt))
    found = made(evil)
    assert len(found) == len(made(mini))
    for one in found.values():
        page = tree(one.body + one.card)
        names = {e.tag for e in page.iter()}
        assert not names & {"script", "img", "iframe", "style"}, one.path
        assert not [a for e in page.iter() for a in e.attrib if a.startswith("on")]
        assert not [u for u in page.xpath("//@href") if "script:" in u]
        assert re.fullmatch(r"[a-z]+/[A-Za-z0-9_.-]+\.html", one.path)
        assert "\u2028" not in raw(one.body)
        assert len(one.description) <= 155
        assert not [w for w in one.words if "\u202e" in w or "\u2028" in w]
    seen = words(tree(found["factor", "P-1"].body))
    assert "<script>alert(1)</script>" in seen
    assert "L" * 4000 in seen


def test_earlier_labels_still_lead_to_the_page():
    """Addresses made of the id alone, and of labels before, lead to a factor's page."""
    page = made(load(MINI))["factor", "P-3"]
    assert page.path == "factors/P-3-trust-between-services.html"
    assert page.aliases == (
        "factors/P-3.html",
        "factors/P-3-trust-of-services.html",
        "factors/P-3-bond-of-i-services-i.html",
    )
    assert {"Trust of services", "Bond of <i>services</i> & آخر"} <= set(page.words)
    [part] = tree(page.body).xpath('//section[@id="history"]')
    first, second = (words(one) for one in part.xpath(".//li"))
    assert first == (
        "3.1.0: label changed from Trust of services to Trust between services. "
        "Clearer."
    )
    assert second.startswith("2.0.0: label changed from Bond of <i>services</i> & آخر")
    assert "first version" in words(part)


def test_what_was_added_was_not_there_from_the_first():
    """P-4 came with 3.1.0; P-1 has no recorded change."""
    found = made(load(MINI))
    [part] = tree(found["factor", "P-4"].body).xpath('//section[@id="history"]')
    assert words(part).startswith("Changes3.1.0: added.")
    assert "first version" not in words(part)
    [part] = tree(found["factor", "P-1"].body).xpath('//section[@id="history"]')
    assert "nothing recorded has changed since" in words(part)


def exchanged(mini, ids, labels):
    """Return the toy data with other factors, to which nothing belongs."""
    factors = mini["factors"].head(len(ids)).assign(factor_id=ids, label=labels)
    linked = ("factor_ratings", "term_codes", "case_codes", "instrument_factors")
    empty = {name: mini[name].head(0) for name in linked}
    tables = {**mini.tables, **empty, "factors": factors}
    return replace(mini, tables=MappingProxyType(tables))


def test_an_address_that_another_page_has_is_no_alias():
    """An identifier that reads like another page's address takes nothing away."""
    mini = load(MINI)
    first, second = factor_pages.documents(
        exchanged(mini, ["P", "P-x"], ["X", "Another"])
    )
    assert (first.path, first.aliases) == ("factors/P-x.html", ("factors/P.html",))
    assert (second.path, second.aliases) == ("factors/P-x-another.html", ())


def test_two_pages_at_one_address_are_refused():
    """Two factors whose addresses are the same are named, not written over."""
    twice = exchanged(load(MINI), ["P", "P-x"], ["X", "希望"])
    with pytest.raises(ValueError, match=r"'P' and 'P-x' .* factors/P-x\.html"):
        factor_pages.documents(twice)


def test_related_factors_worked_out_by_hand():
    """P-1 shares a-2 and a-4 of three articles with P-3, and a-1 of four with P-2."""
    page = made(load(MINI))["factor", "P-1"]
    [part] = tree(page.body).xpath('//section[@id="related"]')
    lines = [words(one) for one in part.xpath(".//li")]
    assert lines[:2] == [
        "Trust between services · 2 of 3 articles shared",
        "Bodily strength · 1 of 4 articles shared",
    ]
    assert lines[2] == "Bodily strength · 1 of 1 case shared"
    near = nearest({"a": "xyz", "b": "xy", "c": "z", "d": "w", "e": "z"})
    assert [(s.key, s.count) for s in near["a"]] == [("b", 2), ("c", 1), ("e", 1)]
    assert near["d"] == []


def test_none_found_is_not_none_exists():
    """P-4 and P-5 of the toy data have no instrument, and their pages say it right."""
    found = made(load(MINI))
    for key in ("P-4", "P-5"):
        assert "That does not mean that none exists." in found["factor", key].body


def test_a_deprecated_factor_keeps_its_page(ds):
    """A factor out of use has its page and row, which say so; it is not on the map."""
    factors = ds["factors"]
    status = ["deprecated", *["active"] * (len(factors) - 1)]
    tables = {**ds.tables, "factors": factors.assign(status=status)}
    old = replace(ds, tables=MappingProxyType(tables))
    page = factor_pages.documents(old)[0]
    assert "No longer in use" in page.body
    assert f"pick={page.key}" not in page.body
    assert f'<tr id="{page.key}">' in pages.make("reference/factors", old, {})


def test_a_factor_is_cited_as_the_citation_file_says(ds, things):
    """Authors, title, version and year are those of CITATION.cff; there is no DOI."""
    told = (DEFAULT.parent / "CITATION.cff").read_text(encoding="utf-8")
    author = re.search(r"authors:\n  - name: (.*)", told)[1]
    title, version = (
        re.search(rf"^{key}: (.*)", told, re.M)[1] for key in ("title", "version")
    )
    year = re.search(r"date-released: (\d{4})", told)[1]
    for (kind, key), one in things.items():
        if kind != "factor":
            continue
        [cited] = tree(one.body).xpath('//p[@class="pc-cite"]')
        said = words(cited)
        assert said.startswith(f"{author}. ")
        assert f"(factor {key}). In: {title}, version {version}, " in said
        assert f"data version {ds.version}. {year}. {one.path}" in said
        assert "doi" not in said.lower()


def test_empty_tables_make_no_pages_and_no_fault(ds):
    """A dataset without factors, articles or cases has no pages; few tables suffice."""
    keep = ("codebook", "raters", "provenance", "claims", "inclusion_rules")
    bare = {n: t if n in keep else t.head(0) for n, t in ds.tables.items()}
    assert made(replace(ds, tables=MappingProxyType(bare))) == {}
    lone = {n: t if n in (*keep, *TABLES.values()) else t.head(0)
            for n, t in ds.tables.items()}  # fmt: skip
    found = made(replace(ds, tables=MappingProxyType(lone)))
    assert len(found) == sum(len(ds[t]) for t in TABLES.values())
    assert "Nobody has judged this record yet." in next(
        one.body for (kind, _), one in found.items() if kind == "article"
    )


@pytest.mark.parametrize(
    ("authors", "names"),
    [
        ("May CR, Eton DT, et al.", ["May CR", "Eton DT"]),
        ("Ryan P et al", ["Ryan P"]),
        ("not shown (initials HBK, JDF)", []),
        ("(one author)", []),
        ("Muster Ä (editor), Örnek Ş", ["Muster Ä", "Örnek Ş"]),
        (None, []),
    ],
)
def test_only_authors_that_are_shown_are_named(authors, names):
    """Remarks, initials in brackets and “et al.” are no authors."""
    assert people(authors) == names
