"""Lighthouse on every page of the built book, as a phone and as a desktop see it.

The book is served on this machine with compression, and opened by an installed
Chromium. Lighthouse is no part of the project: name the folder where
``npm install --prefix FOLDER lighthouse`` has put it, or have ``npx`` find it. It
prints a table, writes it to ``_build/lighthouse.csv``, and ends with exit code 1 if a
page misses a bar.
"""

from __future__ import annotations

import argparse
import csv
import fnmatch
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import site_server  # noqa: E402

CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
FORMS = ("mobile", "desktop")
#: What a page must reach, of 100: performance by form, the other categories.
FAST = {"mobile": 95, "desktop": 99}
FULL = 100
SECONDS = 120

Row = dict[str, Any]


def scores(report: Mapping[str, Any]) -> Row:
    """Return the scores of a report, and the audits that cost any.

    >>> audits = {"a": {"score": 0.5}, "b": {"score": 1}}
    >>> parts = [{"id": "a", "weight": 1}, {"id": "b", "weight": 1}]
    >>> category = {"score": 0.75, "auditRefs": parts}
    >>> scores({"audits": audits, "categories": {"seo": category}})
    {'seo': 75, 'costs': 'a'}
    """
    found: Row = {}
    costs = []
    for name in CATEGORIES:
        if not (category := report["categories"].get(name)):
            continue
        found[name] = round(100 * (category["score"] or 0))
        for part in category["auditRefs"]:
            score = report["audits"][part["id"]]["score"]
            if part["weight"] and score is not None and score < 0.9:
                costs.append(part["id"])
    return {**found, "costs": " ".join(costs)}


def missed(row: Mapping[str, Any]) -> list[str]:
    """Return the categories in which a page misses its bar.

    >>> missed({"form": "desktop", "performance": 98, "seo": 100})
    ['performance']
    >>> missed({"form": "mobile", "performance": 98, "seo": 99})
    ['seo']
    """
    bars = dict.fromkeys(CATEGORIES, FULL) | {"performance": FAST[row["form"]]}
    return [name for name, bar in bars.items() if row.get(name, bar) < bar]


def lines(rows: Iterable[Row]) -> list[str]:
    """Return the table as lines of text.

    >>> row = {"page": "map.html", "form": "mobile", "performance": 94, "seo": 100}
    >>> for line in lines([row]): print(line)
    page      form        P    A   BP  SEO
    map.html  mobile    94!    –    –  100
    """
    rows = list(rows)
    wide = max([len("page"), *(len(row["page"]) for row in rows)])
    found = [f"{'page':{wide}}  {'form':8}" + "".join(f"{c:>5}" for c in heads())]
    for row in rows:
        low = missed(row)
        cells = [f"{row.get(c, '–')}{'!' * (c in low)}" for c in CATEGORIES]
        words = "".join(f"{cell:>5}" for cell in cells)
        costs = f"  {row['costs']}" if row.get("costs") else ""
        found.append(f"{row['page']:{wide}}  {row['form']:8}{words}{costs}")
    return found


def heads() -> list[str]:
    """Return the headings of the categories."""
    return ["P", "A", "BP", "SEO"]


def program(folder: Path | None) -> list[str]:
    """Return the command that starts Lighthouse, or end and say what is missing."""
    if not shutil.which("node"):
        sys.exit("Lighthouse needs node, which is not found on this machine")
    if folder:
        script = folder / "node_modules" / "lighthouse" / "cli" / "index.js"
        if not script.is_file():
            sys.exit(
                f"no Lighthouse in {folder}: npm install --prefix {folder} lighthouse"
            )
        return ["node", str(script)]
    found = ["npx", "--no-install", "lighthouse"]
    if (
        not shutil.which("npx")
        or subprocess.run(
            [*found, "--version"], capture_output=True, check=False
        ).returncode
    ):
        sys.exit("Lighthouse is not found; name its folder with --tool FOLDER")
    return found


def measure(command: list[str], url: str, form: str) -> Row:
    """Return the scores of one page in one form."""
    with tempfile.TemporaryDirectory(prefix="pc-lh-") as folder:
        place = {"CHROME_PATH": str(site_server.CHROMIUM), "TMPDIR": folder}
        out = Path(folder) / "report.json"
        flags = " ".join(["--headless=new", *site_server.FLAGS])
        more = ["--preset=desktop"] if form == "desktop" else []
        done = subprocess.run(
            [*command, url, "--quiet", "--output=json", f"--output-path={out}",
             f"--only-categories={','.join(CATEGORIES)}", f"--chrome-flags={flags}",
             *more],
            env={**os.environ, **place}, timeout=SECONDS,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if not out.is_file():
            sys.exit(f"Lighthouse failed on {url}:\n{done.stderr[-2000:]}")
        return scores(json.loads(out.read_text(encoding="utf-8")))


def best(command: list[str], url: str, page: str, form: str, tries: int) -> Row:
    """Return the scores of a page; where one is missed, the best of some tries.

    A busy machine slows a page down; nothing makes it faster than it is.
    """
    found: list[Row] = []
    while len(found) < tries and (not found or missed(found[-1])):
        found.append({"page": page, "form": form, **measure(command, url, form)})
    return max(found, key=lambda row: [row.get(name, 0) for name in CATEGORIES])


def chosen(site: Path, number: int, pattern: str) -> list[str]:
    """Return the pages to look at; of each collection, some from short to long."""
    found = site_server.top_pages(site)
    for folder in site_server.COLLECTIONS:
        found += (
            site_server.sample(folder, site, number)
            if number
            else site_server.single_pages(folder, site)
        )
    return [page for page in found if fnmatch.fnmatch(page, pattern)]


def options() -> argparse.Namespace:
    """Read the command line."""
    reader = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    reader.add_argument("--tool", type=Path, metavar="FOLDER", help="of Lighthouse")
    reader.add_argument("--site", type=Path, default=site_server.SITE, metavar="FOLDER")
    reader.add_argument("--out", type=Path, default=ROOT / "_build" / "lighthouse.csv")
    reader.add_argument("--form", choices=FORMS, action="append", help="default: both")
    reader.add_argument(
        "--only", default="*", metavar="PATTERN", help="such as map.html"
    )
    reader.add_argument("--tries", type=int, default=3, help="where a bar is missed")
    reader.add_argument(
        "--sample", type=int, default=3, metavar="N",
        help="pages of each collection, from the shortest to the longest; 0: all",
    )  # fmt: skip
    return reader.parse_args()


def main() -> int:
    """Measure, print and write."""
    args = options()
    command = program(args.tool)
    if not site_server.CHROMIUM:
        sys.exit("Lighthouse needs Chromium, which is not found on this machine")
    pages = chosen(args.site, args.sample, args.only)
    if not pages:
        sys.exit(f"no page {args.only} in {args.site}: build the book first")
    rows = []
    with site_server.served(args.site) as address:
        for page in pages:
            for form in args.form or FORMS:
                url = f"{address}/{page}"
                rows.append(best(command, url, page, form, args.tries))
                print(lines(rows[-1:])[1], file=sys.stderr, flush=True)
    print("\n".join(lines(rows)))
    args.out.parent.mkdir(parents=True, exist_ok=True)
    with args.out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(
            file, ["page", "form", *CATEGORIES, "costs"], lineterminator="\n"
        )
        writer.writeheader()
        writer.writerows(rows)
    low = sum(bool(missed(row)) for row in rows)
    print(f"{len(rows)} measured, {low} below a bar (marked !); table: {args.out}")
    return int(low > 0)


if __name__ == "__main__":
    sys.exit(main())
