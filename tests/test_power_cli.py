"""The command that works out sample size and power."""

import json

import pytest

from personomics import cli
from personomics.power import Design, evaluate


def run(capsys, *words):
    """Run ``personomics power`` and return its code, output and messages."""
    code = cli.main(["power", *words])
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def test_sample_in_words(capsys):
    """Design, result, method and source are said, one a line."""
    code, out, _ = run(capsys, "--effect", "0.3", "--power", "0.8")
    lines = out.splitlines()
    assert code == 0
    assert [line.split(":")[0] for line in lines] == [
        "Design", "Result", "Method", "Source",
    ]  # fmt: skip
    n = evaluate(Design(effect=0.3, power=0.8))["n"]
    assert f"{n:,} participants needed" in lines[1]
    assert "approximation" not in lines[2]


def test_json_is_what_python_gives(capsys):
    """The JSON object holds the design and everything that evaluate returns."""
    words = (
        "--outcome time-to-event --moderator categorical --shares 0.2,0.3,0.5 "
        "--baseline-risk 0.3 --effect 1.8 --n 900 --dropout 0.1 --json"
    )
    code, out, _ = run(capsys, *words.split())
    found = json.loads(out)
    design = Design(
        outcome="time-to-event", moderator="categorical", shares=(0.2, 0.3, 0.5),
        baseline_risk=0.3, effect=1.8, n=900, dropout=0.1,
    )  # fmt: skip
    assert code == 0
    assert found.pop("design")["shares"] == [0.2, 0.3, 0.5]
    assert found == evaluate(design)


def test_detectable_ratios_in_words(capsys):
    """Both ratios are said, with what to bear in mind and its source."""
    words = (
        "--outcome binary --baseline-risk 0.1 --n 2000 --power 0.8 --reliability 0.7 "
        "--cluster-size 20 --icc 0.02 --r2 0.1 --moderators 4 --correction sidak"
    )
    _, out, _ = run(capsys, *words.split())
    assert "detect a ratio of ratios of" in out
    assert "in 100 clusters" in out
    for words in ("Yang et al.", "Spearman", "Hsieh", "Šidák", "Note: Truth and"):
        assert words in out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--reliability 0.8", "reliability 0.8 (that of a normal score cut at the "
         "share), which correlates with the truth by 0.70"),
        ("--reliability 0.64 --moderator continuous", "reliability 0.64, which "
         "correlates with the truth by 0.80"),
        ("--sensitivity 0.9 --specificity 0.8", "sensitivity 0.9 and specificity 0.8, "
         "which correlates"),
    ],
)  # fmt: skip
def test_the_instrument_is_told_as_it_was_given(capsys, words, told):
    """Cut at the middle, phi is 2/pi asin(root of 0.8); a score has the root itself."""
    _, out, _ = run(capsys, "--effect", "0.3", "--power", "0.8", *words.split())
    assert told in out.splitlines()[0]


def test_simulation_is_shown(capsys):
    """The simulation stands beside the formula, in words and in JSON."""
    words = "--effect 0.5 --n 200 --simulate 400 --seed 7".split()
    _, out, _ = run(capsys, *words)
    assert "Simulation: power 0." in out
    assert "400 trials, seed 7" in out
    _, out, _ = run(capsys, *words, "--json")
    found = json.loads(out)["simulation"]
    assert found["runs"] == 400
    assert found["power"] == pytest.approx(found["formula"], abs=4 * found["error"])


@pytest.mark.parametrize(
    ("words", "fields"),
    [
        ("--effect 0.3 --power 1", {"effect": 0.3, "power": 1}),
        ("--effect 0.3 --n 100 --prevalence 0",
         {"effect": 0.3, "n": 100, "prevalence": 0}),
        ("--effect 0.3 --n 100 --reliability 1.2",
         {"effect": 0.3, "n": 100, "reliability": 1.2}),
        ("--effect 0.3 --n 100 --sd -2", {"effect": 0.3, "n": 100, "sd": -2}),
        ("--effect 0 --n 100", {"effect": 0, "n": 100}),
        ("--effect 0.3 --n 4", {"effect": 0.3, "n": 4}),
        ("--effect 0.3 --n 100 --power 0.8", {"effect": 0.3, "n": 100, "power": 0.8}),
        ("--effect big --n 100", {"effect": "big", "n": 100}),
        ("--moderator categorical --shares 0.5,0.4 --effect 1 --n 100",
         {"moderator": "categorical", "shares": (0.5, 0.4), "effect": 1, "n": 100}),
        ("--outcome death --effect 1 --n 100",
         {"outcome": "death", "effect": 1, "n": 100}),
        ("--n 100", {"n": 100}),
    ],
)  # fmt: skip
def test_errors_are_those_of_python(capsys, words, fields):
    """An impossible trial: exit code 1, and the one sentence that Python raises."""
    with pytest.raises(ValueError) as error:  # noqa: PT011
        evaluate(Design(**fields))
    code, out, err = run(capsys, *words.split())
    assert (code, out, err) == (1, "", f"{error.value}\n")


def test_rare_groups_are_not_rounded_away(capsys):
    """One in a thousand is said as 0.1%, the others as 99.9%."""
    _, out, _ = run(
        capsys, "--effect", "0.5", "--power", "0.8", "--prevalence", "0.001"
    )
    assert "(groups of 99.9%, 0.1%)" in out


def test_an_error_is_one_line(capsys):
    """What was typed is told without its line breaks."""
    _, out, err = run(capsys, "--effect", "0.3\nX", "--power", "0.8")
    assert (out, err.count("\n")) == ("", 1)
    assert err.endswith("not 0.3 X\n")


def test_seed_alone(capsys):
    """A seed without a simulation is a mistake that is told."""
    code, _, err = run(capsys, "--effect", "0.3", "--n", "100", "--seed", "1")
    assert code == 1
    assert err.startswith("seed ")


def test_help_names_every_option(capsys):
    """The help names every field with its range."""
    code, out, _ = run(capsys, "--help")
    assert code == 0
    for name in Design.__dataclass_fields__:
        assert f"--{name.replace('_', '-')}" in out
    assert "above 0 and at most 1" in " ".join(out.split())
