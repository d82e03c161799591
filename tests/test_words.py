"""Words for readers: cut, listed and counted in one way, whatever the data hold."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personomics.words import clean, clip, counted, decimals, listed, percent


@given(st.text(max_size=90), st.integers(min_value=2, max_value=60))
def test_clip_never_exceeds_its_length(words: str, letters: int) -> None:
    """A clipped text fits, is one line, and is whole where it was short enough."""
    cut = clip(words, letters)
    assert len(cut) <= letters
    assert "\n" not in cut
    if len(clean(words)) <= letters:
        assert cut == clean(words)
    else:
        assert cut.endswith("…")


@pytest.mark.parametrize(
    ("words", "letters", "cut"),
    [
        ("care in the home", 16, "care in the home"),
        ("care in the home", 15, "care in the …"),
        ("care, in the home", 8, "care …"),
        ("care in the … 2012", 16, "care in the …"),
        ("x" * 4000, 10, "x" * 9 + "…"),
        (" two\n lines\x00 ", 20, "two lines"),
        (None, 20, ""),
    ],
)
def test_clip(words: object, letters: int, cut: str) -> None:
    """Cut between words with a blank before the mark, within a word without."""
    assert clip(words, letters) == cut


def test_listed() -> None:
    """Commas, then "and"; quotation marks around each; a word for nothing."""
    assert listed(["age"]) == "age"
    assert listed(["age", "sex"]) == "age and sex"
    assert listed(["age", "sex", "pain"], quoted=True) == "“age”, “sex” and “pain”"
    assert listed([], none="none of them") == "none of them"
    assert len(listed(["x" * 4000])) == 80


def test_counted() -> None:
    """One stands alone, everything else takes an s."""
    assert [counted(n, "record") for n in (0, 1, 2)] == [
        "0 records", "1 record", "2 records",
    ]  # fmt: skip


def test_percent() -> None:
    """Whole percent without a blank; a dash where nothing can be shared."""
    assert percent(2, 7) == "29%"
    assert percent(0.291) == "29%"
    assert percent(0, 0) == "–"


def test_decimals() -> None:
    """Two decimals always, no minus before zero, a dash for no number."""
    assert decimals(0.3) == "0.30"
    assert decimals(-0.004) == "0.00"
    assert decimals(-0.3) == "-0.30"
    assert decimals(math.nan) == "–"
