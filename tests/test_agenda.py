"""Gaps in measurement, and what published trials tell."""

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pandas as pd
import pytest

from personomics import agenda, load, trials

MINI = Path(__file__).parent / "data" / "mini"
HOSTILE = "<b>x</b> & \"q\" 'a' 🏡 $x^2$ " + "long " * 800


@pytest.fixture(scope="module")
def ds():
    """Return the shipped data."""
    return load()


@pytest.fixture(scope="module")
def mini():
    """Return the invented data."""
    return load(MINI)


def changed(ds, **tables):
    """Return the data with some tables replaced."""
    return replace(ds, tables=MappingProxyType({**ds.tables, **tables}))


def emptied(ds, *names):
    """Return the data with some tables emptied."""
    return changed(ds, **{name: ds[name].iloc[:0] for name in names})


def with_links(ds, *links):
    """Return the data with one factor and instruments of (directness, brief, items)."""
    factor = ds["factors"].iloc[:1]
    instruments = ds["instruments"].iloc[: len(links)].copy()
    instruments["brief"] = pd.array([b for _, b, _ in links], dtype="boolean")
    instruments["n_items"] = pd.array([n for _, _, n in links], dtype="Int64")
    pairs = ds["instrument_factors"].iloc[: len(links)].copy()
    pairs["instrument_id"] = instruments["instrument_id"].array
    pairs["factor_id"] = factor["factor_id"].iloc[0]
    pairs["directness"] = pd.array([d for d, _, _ in links], dtype="str")
    return changed(
        ds, factors=factor, instruments=instruments, instrument_factors=pairs
    )


@pytest.mark.parametrize(
    ("links", "status"),
    [
        ([], "none found"),
        ([("proxy", True, 3)], "proxy only"),
        ([("proxy", True, 3), ("partial", False, 9)], "partial only"),
        ([("partial", True, 3), ("direct", False, 40)], "direct, not brief"),
        ([("direct", False, 40), ("direct", True, 9)], "direct and brief"),
    ],
)
def test_status_is_that_of_the_best_instrument(ds, links, status):
    """Direct beats partial beats proxy; brief beats long among direct ones only."""
    [row] = agenda.gaps(with_links(ds, *links)).to_dict("records")
    assert row["status"] == status


def test_best_instruments_shortest_first(ds):
    """The best instruments stand by length, those of unseen length last."""
    links = [("direct", True, 9), ("direct", True, None), ("direct", True, 2)]
    changed_ds = with_links(ds, *links, ("partial", True, 1))
    ids = list(changed_ds["instruments"]["instrument_id"])
    [best] = agenda.gaps(changed_ds)["best"]
    assert best.split() == [ids[2], ids[0], ids[1]]


def test_mini_gaps(mini):
    """The invented factors have the statuses and ranks worked out by hand."""
    rows = agenda.gaps(mini).set_index("factor_id")
    assert rows["status"].to_dict() == {
        "P-1": "direct and brief",
        "P-2": "partial only",
        "P-3": "direct, not brief",
        "P-4": "none found",
        "P-5": "none found",
    }
    ranks = rows["rank"].dropna().sort_values()
    assert list(ranks.index) == ["P-2", "P-3", "P-4", "P-5"]
    assert pd.isna(rows.loc["P-1", "rank"])


def test_ranked_by_articles_then_cases(ds):
    """Ranked factors lack a direct and brief instrument; most articles come first."""
    rows = agenda.gaps(ds)
    ranked = rows.dropna(subset=["rank"])
    assert "direct and brief" not in set(ranked["status"])
    support = list(zip(ranked["articles"], ranked["cases"], strict=True))
    assert support == sorted(support, reverse=True)
    assert set(rows[rows["rank"].isna()]["status"]) <= {"direct and brief"}


def test_every_factor_counted_once(ds):
    """The counts by component and status add up to the active factors."""
    active = ds["factors"]["status"] == "active"
    assert agenda.gap_counts(ds).to_numpy().sum() == active.sum()
    assert agenda.status_table(ds).frame["factors"].sum() == active.sum()


def test_deprecated_factors_are_left_out(ds):
    """A deprecated factor is no gap."""
    factors = ds["factors"].copy()
    factors.loc[0, "status"] = "deprecated"
    rows = agenda.gaps(changed(ds, factors=factors))
    assert factors.loc[0, "factor_id"] not in set(rows["factor_id"])


def test_none_found_is_not_none_exists(ds):
    """Table and figure say that none found does not mean that none exists."""
    bare = emptied(ds, "factors")
    assert "not mean that none exists" in agenda.status_table(bare).plain()
    assert "not mean that none exists" in agenda.gap_figure(bare).note


def test_priority_table_links_factor_and_instruments(mini):
    """A row links its factor and its instrument, with the number of items."""
    html = str(agenda.priority_table(mini).html())
    assert 'href="../factors/P-2-bodily-strength.html"' in html
    assert 'href="../reference/instruments.html#Q2"' in html
    assert "<b>" not in html


def test_priority_table_says_when_nothing_is_missing(ds):
    """Where every factor has a direct and brief instrument, a sentence says so."""
    block = agenda.priority_table(with_links(ds, ("direct", True, 1)))
    assert "Every factor" in block.plain


def test_paper_call_is_marked_as_the_papers(ds):
    """The call is shown as the paper's claim, linked to the ledger of claims."""
    html = str(agenda.paper_call(ds).html)
    assert 'class="pc-paper"' in html
    assert "reference/claims.html#" in html
    assert "no call" in agenda.paper_call(emptied(ds, "claims")).plain


@pytest.mark.parametrize(
    ("reference", "label"),
    [
        ("Karno MP, Longabaugh R. J Clin 2005;73(2):262", "Karno and Longabaugh 2005"),
        ("Gelman A. A post. A blog, 15 March 2018", "Gelman 2018"),
        ("Kent DM, Paulus JK, et al. PATH (year not shown)", "Kent et al."),
        ("A short title. Lancet 2022 (authors not shown)", "A short title 2022"),
        ("A short title, PMC2018141", "A short title, PMC2018141"),
        ("", ""),
    ],
)
def test_reference_label(reference, label):
    """Author and year, or title and year, are read from a reference."""
    assert trials.reference_label(reference) == label


def test_reporting_marks_limits_and_news(ds):
    """A 'fewer than' value says so, and facts from a news report are marked."""
    figure = trials.reporting_figure(ds)
    assert any(value.startswith("fewer than") for value in figure.table["value"])
    assert "a news report" in set(figure.table["news"])
    assert "Diamond" in figure.note
    assert "Open dot" in figure.note


def test_mini_figures_hold_the_invented_values(mini):
    """The one percentage and the one ratio of the invented data are shown."""
    assert list(trials.reporting_figure(mini).table["value"]) == ["fewer than 12%"]
    ratios = trials.effect_figure(mini).table["ratio"]
    assert list(ratios) == ["0.80 (0.60 to 1.10)"]


def test_effects_without_interval_or_of_zero(ds):
    """A ratio without interval is drawn as a point; a ratio of zero is left out."""
    values = ds["trial_fact_values"].copy()
    ratios = values.index[values["measure"].isin(trials.RATIOS)]
    values.loc[ratios[0], ["low", "high"]] = pd.NA
    values.loc[ratios[1], "value"] = 0.0
    table = trials.effect_figure(changed(ds, trial_fact_values=values)).table
    assert len(table) == len(ratios) - 1
    assert "no interval" in table["ratio"][0]


def test_facts_table_links_doi_and_keeps_caveats(ds):
    """A fact shows its caveat and links its DOI or the page it was read on."""
    html = str(trials.facts_table(ds, "credibility", "PATH").html())
    assert 'href="https://doi.org/' in html
    assert "Preprint." in html
    assert html.count('href="https://') > html.count('href="https://doi.org/')


FIGURES = {
    "instrument-gaps": agenda.gap_figure,
    "trial-reporting": trials.reporting_figure,
    "effect-modification": trials.effect_figure,
    "interaction-power": trials.power_figure,
}


@pytest.mark.parametrize("name", FIGURES)
def test_figures_without_data(ds, name):
    """A figure is drawn, named and described where there are no data."""
    names = ["factors", "instrument_factors", "trial_facts", "trial_fact_values"]
    bare = FIGURES[name](emptied(ds, *names))
    assert bare.name == name
    assert bare.alt
    assert bare.svg.startswith("<svg")


def test_chapter_without_data(ds):
    """Every number and table of the chapter exists where the tables are empty."""
    names = ["factors", "instruments", "instrument_factors", "trial_facts",
             "trial_fact_values", "claims", "provenance"]  # fmt: skip
    bare = emptied(ds, *names)
    assert agenda.numbers(bare).keys() == agenda.numbers(ds).keys()
    assert agenda.numbers(bare)["most-wanted"] == "none"
    assert "no published facts" in trials.facts_table(bare, "PATH").plain
    assert agenda.status_table(bare).html()


def test_hostile_text_stays_text(ds):
    """Markup, formulas and very long labels from the data do no harm."""
    values, facts = ds["trial_fact_values"].copy(), ds["trial_facts"].copy()
    values["label"] = [f"{n} {HOSTILE}" for n in range(len(values))]
    facts["reference"] = HOSTILE
    bad = changed(ds, trial_fact_values=values, trial_facts=facts)
    for figure in (trials.reporting_figure(bad), trials.effect_figure(bad)):
        assert "<b>x" not in str(figure.html())
        assert len(figure.alt) < 3000
    assert "<b>x" not in str(trials.facts_table(bad, "reporting").html())


def test_planning_table_numbers():
    """Half the patients, 0.5 SD: 126, and 503 and 2,010 for the interactions."""
    frame = trials.planning_table(0.5).frame
    assert list(frame.iloc[0]) == ["50%", "126", "503", "2,010"]
    needed = [int(n.replace(",", "")) for n in frame["equal"]]
    assert needed == sorted(needed)
