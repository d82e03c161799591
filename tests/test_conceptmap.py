"""The concept map shows each factor once, in its place, and says what is known."""

import dataclasses
import math
import re
from types import MappingProxyType
from xml.etree import ElementTree as ET

import pandas as pd
import pytest

from personomics import boxes, conceptmap, load, map_labels, mapdraw, mapsvg
from personomics.mapdraw import Chip, Plan
from personomics.style import COM_B, PALETTE, inline_svg

SVG = "{http://www.w3.org/2000/svg}"
NASTY = 'A & B <b>"bold"</b> it\'s \\N \\G {x|y} 漢字 😀 é\x07'


@pytest.fixture(scope="module")
def ds():
    """Return the shipped data."""
    return load()


def with_tables(ds, **tables):
    """Return the dataset with some tables replaced."""
    return dataclasses.replace(ds, tables=MappingProxyType({**ds.tables, **tables}))


def drawn(ds, chips, root=".."):
    """Return the parsed map of the given chips."""
    plan = dataclasses.replace(conceptmap.plan(ds), chips=chips)
    svg = mapsvg.finish(mapsvg.render(mapdraw.dot(plan), "svg"), plan, root)
    return svg, ET.fromstring(svg)


def links(top):
    """Return the links of a map by factor."""
    return {a.get("data-factor"): a for a in top.iter(f"{SVG}a")}


def extent(anchor):
    """Return left, right, top, bottom of the box of a link."""
    shape = anchor.find(f"{SVG}path")
    shape = anchor.find(f"{SVG}polygon") if shape is None else shape
    numbers = re.findall(r"-?\d+\.?\d*", shape.get("d") or shape.get("points"))
    xs, ys = [float(n) for n in numbers[::2]], [float(n) for n in numbers[1::2]]
    return min(xs), max(xs), min(ys), max(ys)


def chip(key, level, com_b, label="Label", stability="stable"):
    """Return a factor for a map."""
    words = f"Definition of {key}"
    return Chip(key, label, words, level, com_b, stability, "literature")


@pytest.fixture(scope="module")
def shipped(ds):
    """Return the map of the shipped data."""
    return drawn(ds, conceptmap.plan(ds).chips)


def test_every_factor_is_one_link_to_its_page(ds, shipped):
    """Each active factor appears once and leads to its page."""
    anchors = list(shipped[1].iter(f"{SVG}a"))
    ids = [a.get("data-factor") for a in anchors]
    active = ds["factors"].query("status == 'active'")["factor_id"]
    assert sorted(ids) == sorted(active)
    for anchor in anchors:
        key = anchor.get("data-factor")
        assert re.match(rf"\.\./factors/{key}(-[a-z0-9-]+)?\.html$", anchor.get("href"))
        assert anchor.get("id") == f"map-{key}"


def test_links_speak(ds, shipped):
    """Each link has a readable name, a tooltip with the definition and its classes."""
    factors = ds["factors"].set_index("factor_id")
    for key, anchor in links(shipped[1]).items():
        row = factors.loc[key]
        for part in (row["label"], row["com_b"], row["level"], row["stability"]):
            assert part in anchor.get("aria-label")
        assert row["definition"] in anchor.find(f"{SVG}title").text
        assert anchor.find(f"{SVG}desc") is not None
        assert f"pc-factor pc-{row['stability']}" in anchor.get("class")


def test_the_root_is_no_image(shipped):
    """The picture holds links, so its role is group, also when put into a page."""
    assert shipped[1].get("role") == "group"
    assert 'role="img"' not in inline_svg(shipped[0], "concept-map", "words")


def test_nothing_of_graphviz_shows(shipped):
    """No comment, no default title, no empty identifier is left."""
    svg, top = shipped
    assert "<!--" not in svg
    assert "%3" not in svg
    parents = {child: parent for parent in top.iter() for child in parent}
    titled = [parents[t] for t in top.iter(f"{SVG}title")]
    assert all(p.tag == f"{SVG}a" or p.get("id") == "map-engagement" for p in titled)
    ids = [e.get("id") for e in top.iter() if e.get("id")]
    assert len(ids) == len(set(ids))


def test_every_colour_follows_the_scheme(shipped):
    """Fill and stroke are colours of the palette or none, and text is never black."""
    known = {light for light, _ in PALETTE.values()} | {"none"}
    for element in shipped[1].iter():
        for name in ("fill", "stroke"):
            assert element.get(name, "none") in known
        if element.tag == f"{SVG}text":
            assert element.get("fill")


def test_boxes_keep_apart(shipped):
    """No two factors overlap."""
    places = [extent(a) for a in shipped[1].iter(f"{SVG}a")]
    for i, (left, right, top, bottom) in enumerate(places):
        for other in places[i + 1 :]:
            apart = left >= other[1] or other[0] >= right
            assert apart or top >= other[3] or other[2] >= bottom


def test_systems_are_nested_and_time_lies_beneath(ds):
    """Further out is higher on the page; the person is inside, time is below."""
    levels = ds.codes("level")
    chips = [chip(f"X{i}", k, "social opportunity") for i, k in enumerate(levels)]
    _, top = drawn(ds, chips)
    middle = {k: sum(extent(a)[2:]) / 2 for k, a in links(top).items()}
    person, micro, meso, exo, macro, time = (middle[f"X{i}"] for i in range(6))
    assert macro < exo < meso < micro < person < time


def test_shape_tells_stability(ds):
    """Stable factors are drawn with corners, dynamic ones without, each with a mark."""
    place = ("individual", "social opportunity")
    pair = [chip("A1", *place), chip("A2", *place, stability="dynamic")]
    found = links(drawn(ds, pair)[1])
    for key, tag, mark in (("A1", "polygon", "■"), ("A2", "path", "●")):
        assert found[key].find(f"{SVG}{tag}") is not None
        assert found[key].find(f"{SVG}text").text == mark


def test_hostile_text_stays_text(ds):
    """Markup, quotes, backslashes and control characters are shown, not obeyed."""
    _, top = drawn(ds, [chip("A1", "exosystem", "social opportunity", NASTY)])
    anchor = links(top)["A1"]
    shown = " ".join(t.text for t in anchor.findall(f"{SVG}text")[1:])
    assert shown == NASTY.replace("\x07", "")
    assert anchor.find(f"{SVG}b") is None


def test_a_long_label_is_cut_on_the_box_only(ds):
    """A label of 4,000 characters neither breaks the map nor is lost."""
    label = "endless " * 500
    _, top = drawn(ds, [chip("A1", "individual", "automatic motivation", label)])
    anchor = links(top)["A1"]
    shown = " ".join(t.text for t in anchor.findall(f"{SVG}text")[1:])
    assert shown.endswith("…")
    assert len(shown) <= mapdraw.LONGEST
    assert label.strip() in anchor.find(f"{SVG}title").text
    left, right, *_ = extent(anchor)
    assert math.isclose(right - left, mapdraw.CHIP, abs_tol=1.5)


@pytest.mark.parametrize("many", [0, 1, 7, 80])
def test_any_distribution_is_drawn(ds, many):
    """Empty maps, single factors and full outer systems are all laid out."""
    levels, codes = list(ds.codes("level"))[::-1], list(COM_B)
    chips = [
        chip(f"X{i}", levels[i % 6], codes[(i * 5 + i // 6) % 6]) for i in range(many)
    ]
    svg, top = drawn(ds, chips)
    assert len(links(top)) == many
    assert ("no factor found" in svg) == (many < 80)


def test_arrows_start_from_families_that_have_factors(ds):
    """An arrow to engagement is drawn for each family present, and for no other."""
    svg, _ = drawn(ds, [chip("A1", "macrosystem", "social opportunity")])
    assert re.findall(r'id="arrow-(\w+)"', svg) == ["opportunity"]


def test_columns_go_to_the_tallest_group():
    """Columns are shared so that the tallest stack is as low as it can be."""
    assert mapdraw.share([[3, 8], [1, 2], [11, 7]], 6) == [2, 1, 3]
    assert mapdraw.share([[1], [1], [1]], 6) == [1, 1, 1]
    assert mapdraw.share([[], [], [12]], 6) == [1, 1, 4]
    assert mapdraw.share([], 6) == []


def test_widths_are_those_of_helvetica():
    """Widths follow Adobe's metrics: a is 556, i is 222, W is 944 per 1,000 em."""
    assert boxes.measure("aiW", 10) == pytest.approx(17.22)
    assert boxes.measure("é", 10) == boxes.measure("e", 10)
    assert boxes.measure("漢", 10) >= 10


def test_wrapping_loses_no_character():
    """Wrapped lines hold the whole text and none is too wide."""
    text = "Neighbourhood, transport and community resources " + "x" * 60
    lines = boxes.wrap(text, 80, 10)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(boxes.measure(line, 10) <= 80 for line in lines)


def test_the_matrix_counts_each_factor_once(ds):
    """Rows and columns are all codes of the codebook; the sum is the active factors."""
    small = ds["factors"].head(4).copy()
    small["level"] = ["macrosystem", "individual", "individual", "individual"]
    small["com_b"] = ["social opportunity"] * 3 + ["automatic motivation"]
    small["status"] = ["active", "active", "active", "deprecated"]
    counts = conceptmap.matrix(with_tables(ds, factors=small))
    assert list(counts.index) == list(ds.codes("level"))
    assert list(counts.columns) == list(ds.codes("com_b"))
    assert counts.loc["macrosystem", "social opportunity"] == 1
    assert counts.loc["individual", "social opportunity"] == 2
    assert counts.to_numpy().sum() == 3


def test_outline_and_map_hold_the_same_links(ds, shipped):
    """The outline for phones links the same factors, below the root it is given."""
    html = str(conceptmap.outline(ds, ".").html)
    linked = re.findall(r'href="\.(/factors/[^"]+)"', html)
    drawn = [a.get("href").removeprefix("..") for a in links(shipped[1]).values()]
    assert sorted(linked) == sorted(drawn)


def test_disagreements_are_found_and_explained(ds):
    """Each label given differently is a row with both answers and the consensus."""
    factors = ds["factors"].head(2).copy()
    factors["status"] = "active"
    factors["resolution"] = ["because", None]
    keys = list(factors["factor_id"])
    same = {"level": "individual", "com_b": "social opportunity", "confidence": None,
            "rationale": None}  # fmt: skip
    ratings = pd.DataFrame(
        [{"factor_id": k, "rater_id": r, "stability": s, **same}
         for k, r, s in ((keys[0], "rater1", "stable"), (keys[0], "rater2", "dynamic"),
                         (keys[1], "rater1", "stable"), (keys[1], "rater2", "stable"))]
    )  # fmt: skip
    small = with_tables(ds, factors=factors, factor_ratings=ratings)
    rows = map_labels.disagreement_rows(small)
    assert rows[["factor_id", "first", "second", "resolution"]].to_numpy().tolist() == [
        [keys[0], "stable", "dynamic", "because"]
    ]
    found = map_labels.label_agreement(small)
    assert (found["level"].agreed, found["stability"].agreed) == (2, 1)
    assert found["level"].codes == 6


def test_a_reason_that_cites_the_abstract_is_circular(ds):
    """A label settled by the abstract is told apart from one the raters gave."""
    factors = ds["factors"].head(2).copy()
    factors["named_in_abstract"] = "stable"
    factors["resolution"] = ["So named in the published Abstract", "other reason"]
    rows = map_labels.abstract_rows(with_tables(ds, factors=factors))
    assert list(rows["settled"]) == [True, False]


@pytest.mark.parametrize("ratings", [0, 1])
def test_fewer_than_two_raters_are_no_error(ds, ratings):
    """Without a second rater a sentence stands in place of each table."""
    rows = ds["factor_ratings"]
    one = rows[rows["rater_id"] == rows["rater_id"].iloc[0]].head(ratings)
    small = with_tables(ds, factor_ratings=one)
    assert "No label" in conceptmap.disagreements(small).plain
    assert "Fewer than two raters" in conceptmap.agreement_table(small).plain
    assert conceptmap.numbers(small)["level-kappa"] == "–"
    assert conceptmap.abstract_table(small).plain


def test_no_factor_is_no_error(ds):
    """Without factors every figure and table of the chapter is still made."""
    empty = with_tables(ds, factors=ds["factors"].head(0))
    names = ("matrix_figure", "nested_figure", "stability_figure")
    assert all(getattr(conceptmap, name)(empty).svg for name in names)
    tables = ("matrix_table", "stability_table", "disagreements", "abstract_table")
    for name in tables:
        assert getattr(conceptmap, name)(empty)._repr_mimebundle_()["text/plain"]
    assert conceptmap.numbers(empty)["factors"] == "0 factors"


def test_components_link_to_the_ontology(ds):
    """Each COM-B component links to a class that the ontology extract holds."""
    table = conceptmap.com_b_table(ds)
    assert set(table.frame["class"]) <= set(ds["ontology"]["iri"])
    assert str(table.html()).count("<a href=") == len(table.frame)


def test_a_missing_program_is_named(monkeypatch):
    """Without Graphviz the error says what to install."""
    monkeypatch.setattr(mapsvg.sys, "executable", "/nowhere/python")
    with pytest.raises(RuntimeError, match="install the package graphviz-pure"):
        mapsvg.render("digraph {}", "svg")


def test_bad_source_is_reported():
    """A syntax error is passed on in Graphviz's words."""
    with pytest.raises(RuntimeError, match="syntax error"):
        mapsvg.render("digraph {", "svg")


def test_plan_holds_definitions(ds):
    """The plan carries the words of the codebook for systems and stability."""
    plan = conceptmap.plan(ds)
    assert isinstance(plan, Plan)
    assert plan.levels == ds.codes("level")
    assert plan.notes["stable"] == ds.codes("stability")["stable"]
