"""The file that a grid is written to, and what is said beside it."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from personomics import files
from personomics.engagement.backends import versions
from personomics.engagement.setting import CAVEAT, MODEL, NAMES, Setting
from personomics.figure_files import to_csv

#: Significant digits and places: more than chance leaves certain, and few enough that
#: processors which round differently write the same.
DIGITS, PLACES = 6, 9


def rounded(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose decimal numbers have six significant digits.

    >>> rounded(pd.DataFrame({"x": [1 / 3], "n": [1234567]})).values.tolist()
    [[0.333333, 1234567.0]]
    """
    decimals = rows.select_dtypes("float").columns
    return rows.assign(**{c: [short(x) for x in rows[c]] for c in decimals})


def short(value: float) -> float:
    """Return a number as it is written; what is zero but for rounding is zero.

    What is not finite is missing: neither CSV nor JSON has a word for it.

    >>> short(1 / 3), short(-1e-17), short(12345678.9)
    (0.333333, 0.0, 12345700.0)
    """
    if not math.isfinite(value):
        return math.nan
    return float(f"{round(value, PLACES):.{DIGITS}g}") + 0.0


def description(cells: Sequence[Setting], trials: int, seed: int) -> dict[str, Any]:
    """Return what a run computes, and a digest of that."""
    said: dict[str, Any] = {
        name: sorted({getattr(one, name) for one in cells}) for name in NAMES
    }
    said |= {"trials": trials, "seed": seed, "versions": versions()}
    text = json.dumps(said, sort_keys=True)
    return said | {"digest": hashlib.sha256(text.encode()).hexdigest()}


def notes(out: Path) -> Path:
    """Return where the settings of an output are written."""
    return out.with_suffix(".json")


def checked(out: str | Path) -> Path:
    """Return the name of an output, or refuse one that cannot hold it."""
    path = Path(out) if isinstance(out, str | Path) else None
    if path is None or path.suffix != ".csv" or path.is_dir():
        msg = f"out must be the name of a file that ends in .csv, not {str(out)!r}"
        raise ValueError(msg)
    return path


def finished(out: Path, about: dict[str, Any]) -> bool:
    """Say whether an output is there and complete; refuse to overwrite another one."""
    if not out.exists() and not notes(out).exists():
        return False
    try:
        held = json.loads(notes(out).read_bytes())
        same = held["settings"]["digest"] == about["digest"]
        if same and (not out.exists() or held["csv"] == digest(out.read_bytes())):
            return out.exists()
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        pass
    msg = (
        f"out must be a new file or one made with the same settings and versions; "
        f"{out} or {notes(out).name} beside it holds something else"
    )
    raise ValueError(msg)


def digest(data: bytes) -> str:
    """Return a digest as ``sha256sum`` prints it."""
    return hashlib.sha256(data).hexdigest()


def write(out: Path, rows: pd.DataFrame, about: dict[str, Any]) -> None:
    """Write a table as CSV, and what it was made from as JSON, each in one step."""
    data = to_csv(rows)
    said = {
        "what": "Simulated trials in which a factor acts through engagement.",
        "caveat": CAVEAT,
        "model": MODEL,
        "rows": len(rows),
        "csv": digest(data),
        "settings": about,
    }
    files.write(notes(out), json.dumps(said, indent=1, ensure_ascii=False) + "\n")
    files.write(out, data)


def read(out: Path) -> pd.DataFrame:
    """Return the table that :func:`write` wrote."""
    return pd.read_csv(out)
