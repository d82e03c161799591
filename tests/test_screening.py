"""Verdicts, agreement and the codebook's rule are counted from the raters' answers."""

from dataclasses import replace
from itertools import product
from types import MappingProxyType

import pandas as pd
import pytest

from personomics import screening
from personomics.evidence import article_labels, first_two
from personomics.screening import ANSWERS, CRITERIA, VERDICTS, implied_verdict


def rule(answers):
    """Return the verdict of four answers written as y, p, n or - (missing)."""
    words = {"y": "yes", "p": "partly", "n": "no", "-": None}
    return implied_verdict(dict(zip(CRITERIA, map(words.get, answers), strict=True)))


def with_screening(ds, rows):
    """Return a dataset with other rows of screening."""
    return replace(ds, tables=MappingProxyType({**ds.tables, "screening": rows}))


def made(ds, *verdicts):
    """Return the toy data screened anew: one record per pair of verdicts."""
    columns = list(ds["screening"].columns)
    rows = []
    for n, pair in enumerate(verdicts, 1):
        for rater, verdict in zip(("zoe", "okan"), pair, strict=True):
            rows.append((f"a-{n}", rater, *["yes"] * 4, VERDICTS[verdict], None, None))
    return with_screening(ds, pd.DataFrame(rows, columns=columns))


@pytest.mark.parametrize(
    ("answers", "verdict"),
    [
        ("yyyy", "include"),
        ("pyyy", "include"),
        ("ypyy", "include"),
        ("yypy", "include"),
        ("ppyy", "awaiting full text"),
        ("pypy", "awaiting full text"),
        ("pppy", "awaiting full text"),
        ("nyyy", "exclude"),
        ("ynyy", "exclude"),
        ("yyny", "exclude"),
        ("yyyn", "exclude"),
        ("yyyp", "exclude"),
        ("yyy-", "awaiting full text"),
        ("-yyy", "awaiting full text"),
        ("-nyy", "exclude"),
    ],
)
def test_the_rule_by_hand(answers, verdict):
    """The codebook's rule, applied by hand to the answers that decide."""
    assert rule(answers) == verdict


def test_the_rule_counts():
    """Of the 81 possible sets of answers the rule includes 4 and lets 4 wait.

    E4 must be yes and none of E1 to E3 no, which leaves 8 sets of yes and partly:
    yyy, ypy, pyy and yyp include; ppy, ypp, pyp and ppp wait.
    """
    given = [implied_verdict(dict(zip(CRITERIA, a, strict=True)))
             for a in product(ANSWERS, repeat=4)]  # fmt: skip
    counts = {verdict: given.count(verdict) for verdict in VERDICTS}
    assert counts == {"include": 4, "awaiting full text": 4, "exclude": 73}


def test_the_shipped_codebook_states_the_rule(ds):
    """The rule in code is the one that the shipped codebook prints."""
    assert ds.codes("verdict") == {
        "include": "E1 and E2 at least partly with one of them yes, E3 yes (or partly "
        "with E1 and E2 both yes), E4 met.",
        "awaiting full text": "Neither include nor exclude can be settled on the text "
        "that could be read.",
        "exclude": "Any of E1 to E3 no, or E4 not met.",
    }


def test_codes_are_those_of_the_schema(ds):
    """Answers and verdicts are the schema's enumerations."""
    [table] = [r for r in ds.descriptor["resources"] if r["name"] == "screening"]
    enums = {f["name"]: f.get("constraints", {}).get("enum")
             for f in table["schema"]["fields"]}  # fmt: skip
    assert all(tuple(enums[criterion]) == ANSWERS for criterion in CRITERIA)
    assert set(enums["verdict"]) == set(VERDICTS)


def test_kappa_of_the_toy_verdicts(mini):
    """Worked by hand: 6 of 7 agree; chance (4*3 + 1*2 + 2*2)/49; kappa 25/31."""
    result = screening.compare(mini, "verdict")
    assert (result.n, result.agreed) == (7, 6)
    assert result.kappa == pytest.approx((6 / 7 - 18 / 49) / (1 - 18 / 49))
    assert result.adjusted == pytest.approx((3 * 6 / 7 - 1) / 2)


def test_agreement_table_compares_with_another_program(ds):
    """Kappa and its interval equal those of statsmodels on the shipped verdicts."""
    rating = pytest.importorskip("statsmodels.stats.inter_rater")
    raters = first_two(ds, "screening")
    given = ds["screening"].pivot(index="article_id", columns="rater_id",
                                  values="verdict")[raters].dropna()  # fmt: skip
    square = pd.crosstab(given[raters[0]], given[raters[1]])
    square = square.reindex(index=VERDICTS, columns=VERDICTS, fill_value=0)
    known = rating.cohens_kappa(square.to_numpy())
    result = screening.compare(ds, "verdict")
    assert result.kappa == pytest.approx(known.kappa)
    assert result.low == pytest.approx(known.kappa_low, abs=1e-6)
    assert result.high == pytest.approx(known.kappa_upp, abs=1e-6)


def test_agreement_table_has_a_row_for_each_thing_rated(mini):
    """Four criteria, the verdict as stated and the verdict implied."""
    rows = screening.agreement_table(mini).frame["what"]
    assert list(rows) == [
        "Criterion E1", "Criterion E2", "Criterion E3", "Criterion E4",
        "Verdict", "Verdict implied by the criteria",
    ]  # fmt: skip


def test_a_criterion_left_out_by_one_rater_is_not_compared(mini):
    """A missing answer leaves the record out of that criterion only."""
    rows = mini["screening"].copy()
    rows.loc[0, "e1"] = None
    one_less = with_screening(mini, rows)
    assert screening.compare(one_less, "e1").n == 6
    assert screening.compare(one_less, "e2").n == 7


def test_direction_of_disagreement(mini):
    """Second rater more lenient below the diagonal, stricter above it."""
    pairs = screening.verdict_pairs(made(mini, (0, 0), (1, 0), (2, 1), (0, 2)))
    counts = pairs.groupby("direction")["n"].sum().to_dict()
    assert counts == {"same": 1, "more lenient": 2, "stricter": 1}
    cell = pairs[(pairs["first"] == "exclude") & (pairs["second"] == VERDICTS[1])]
    assert list(cell["direction"]) == ["more lenient"]


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        ([(1, 0), (2, 0), (0, 1)], "on 2 of these Değerlendirici Б was the more"),
        ([(0, 1), (0, 2), (1, 0)], "on 2 of these Prüferin Α was the more"),
        ([(0, 1), (1, 0)], "as often in one direction"),
        ([(0, 0), (2, 2)], "do not differ on any record"),
    ],
)
def test_lenience_names_the_right_rater(mini, pairs, words):
    """The sentence names whoever is nearer to include where verdicts differ."""
    assert words in screening.lenience(made(mini, *pairs))


def test_figure_and_table_hold_the_same_numbers(ds):
    """Every count of the grid's table is drawn, and sums to the records of both."""
    figure = screening.verdict_figure(ds)
    assert figure.table["n"].sum() == screening.compare(ds, "verdict").n
    for count in figure.table["n"]:
        assert f">{count}</text>" in figure.svg
    assert screening.lenience(ds) in figure.alt


def test_codebook_consistency_of_the_toy_data(mini):
    """By hand: zoe's a-5 has E4 partly (exclude); okan's a-3 would be included."""
    frame = screening.codebook_consistency(mini).frame
    apart = {
        (row["rater"], row["stated"]): row["follows"]
        for row in frame.to_dict("records")
    }
    assert apart == {
        ("Prüferin Α", "include"): "4 of 4",
        ("Prüferin Α", "awaiting full text"): "0 of 1",
        ("Prüferin Α", "exclude"): "3 of 3",
        ("Değerlendirici Б", "include"): "3 of 3",
        ("Değerlendirici Б", "awaiting full text"): "1 of 2",
        ("Değerlendirici Б", "exclude"): "2 of 2",
    }
    assert screening.departures(mini) == (
        "Prüferin Α departs from the rule on 1 of 8 records; Değerlendirici Б departs "
        "from the rule on 1 of 7 records, 1 of which the rule would include."
    )


def test_codebook_consistency_counts_every_rating_once(ds):
    """The implied verdicts add up to the ratings of the independent raters."""
    frame = screening.codebook_consistency(ds).frame
    assert frame[list(VERDICTS)].to_numpy().sum() == len(screening.ratings(ds))


def test_consensus_table_counts_every_record_once(ds):
    """The routes to the consensus add up to the records."""
    table = screening.consensus_table(ds)
    assert table.frame["records"].sum() == len(ds["articles"])


def test_judgement_table_lists_exclusions_without_ground(mini):
    """A record excluded on four times yes is listed with the rater's words."""
    rows = mini["screening"].copy()
    rows.loc[(rows["article_id"] == "a-4"), "verdict"] = "exclude"
    rows.loc[(rows["article_id"] == "a-4"), "reason"] = "<i>hunch</i>"
    table = screening.judgement_table(with_screening(mini, rows))
    assert list(table.frame["article"]) == [article_labels(mini)["a-4"]] * 2
    assert "&lt;i&gt;hunch" in table.html()
    assert "No record was excluded" in screening.judgement_table(mini).plain


@pytest.mark.parametrize("raters", [[], ["zoe"], ["okan", "panel"]])
def test_fewer_than_two_raters_is_said(mini, raters):
    """With one rater or none nothing fails, and the text says what is missing."""
    rows = mini["screening"]
    few = with_screening(
        mini, rows[rows["rater_id"].isin(raters)].reset_index(drop=True)
    )
    assert "no agreement to show" in screening.agreement_table(few).plain
    assert "Fewer than two raters" in screening.verdict_figure(few).alt
    assert screening.consensus_table(few).frame["records"].sum() == len(few["articles"])
    assert screening.codebook_consistency(few).html()
    assert screening.numbers(few)["verdict-kappa"] == "–"


def test_numbers_of_the_toy_data(mini):
    """Eight records: four included, one waiting, three excluded, one rated once."""
    numbers = screening.numbers(mini)
    assert [numbers[k] for k in ("identified", "included", "awaiting", "excluded")] == [
        8, 4, 1, 3,
    ]  # fmt: skip
    assert (numbers["rated-by-both"], numbers["one-rater-only"]) == (7, 1)
    assert numbers["awaiting-disputed"] == 0
