"""Every file of a measurement plan, and a folder that holds them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from personomics import files as disk
from personomics.plans import citations, protocol, redcap
from personomics.plans.files import plan_csv, plan_json, plan_md
from personomics.words import listed

#: The file by which a folder is known to hold a plan.
MARK = "plan.json"


def every(plan: Mapping[str, Any]) -> dict[str, str]:
    """Return the content of every file of a plan, by name."""
    return {
        MARK: plan_json(plan),
        "plan.csv": plan_csv(plan),
        "plan.md": plan_md(plan),
        "redcap.csv": redcap.redcap(plan),
        "protocol.md": protocol.protocol(plan),
        "references.bib": citations.bibtex(plan),
        "references.ris": citations.ris(plan),
    }


def is_plan(path: Path) -> bool:
    """Say whether a file is a plan as JSON."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(found, dict) and found.get("format") == "personomics-plan"


def write(folder: Path, plan: Mapping[str, Any]) -> list[str]:
    """Write every file of a plan, each aside and then renamed; return their names.

    Raises
    ------
    ValueError
        If the folder holds files of these names and no plan: they are not replaced.
    """
    made = every(plan)
    there = [name for name in made if (folder / name).exists()]
    if there and not is_plan(folder / MARK):
        msg = f"--out: {folder} holds {listed(there)}, which no plan wrote; nothing is "
        msg += "replaced; allowed: a new or empty folder, or one that holds a plan"
        raise ValueError(msg)
    folders = [name for name in there if (folder / name).is_dir()]
    if folders:
        msg = f"--out: {folder} holds folders named {listed(folders)}; nothing is "
        msg += "written; move them away or name another folder"
        raise ValueError(msg)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in made.items():
        disk.write(folder / name, content)
    return list(made)
