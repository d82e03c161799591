"""How long the map takes from a filter to what is painted, beside a naive redrawing.

A dataset of 200 factors and 600 links to articles and cases is generated. Its page is
opened in headless Chromium, and filters are set as a reader sets them: boxes are
ticked, words are typed, an article and a case are chosen. The time runs from the event
to the second frame after it, which is after the picture was painted.

The peer does the same on the same page the naive way: it takes every factor out of
the drawing and writes all of the drawing anew, as ``innerHTML``, the factors that do
not answer marked. Both take turns in the same browser. The floor is what two frames
take when nothing is done.

Usage: map.py [--rounds N], with the Python of the project's environment.
"""

import argparse
import dataclasses
import random
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from personomics import load, style
from personomics.book import map_page
from personomics.dataset import DEFAULT, Dataset

ROOT = Path(__file__).resolve().parent.parent
FACTORS, LINKS, SOURCES, BAR = 200, 600, 40, 50.0
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
#: Each step sets one filter or takes it back.
STEPS = [
    *(f"[name={key}]" for key in ("level", "com_b", "stability", "origin", "tool")),
    "[name=article]", "[name=case]", "[name=q]",
]  # fmt: skip
#: Milliseconds from a change to the second frame after it.
TIMED = """async ({css, turn, how}) => {
  const page = document.getElementById('pc-map');
  const frame = () => new Promise(done => requestAnimationFrame(done));
  await frame(); await frame();
  const all = [...page.querySelectorAll(css)], one = all[turn % all.length];
  const start = performance.now();
  if (how === 'ours') {
    if (one.type === 'checkbox') one.checked = !one.checked;
    else if (one.tagName === 'SELECT')
      one.selectedIndex = one.selectedIndex ? 0 : 1 + turn % (one.length - 1);
    else one.value = one.value ? '' : 'word 1';
    one.dispatchEvent(new Event('input', {bubbles: true}));
  } else if (how === 'naive') {
    const svg = page.querySelector('.pc-map-frame svg');
    let n = 0;
    const mark = (found) => (n++ + turn) % 3
      ? found.replace(' pc-out', '') : found.replace('"pc', '"pc-out pc');
    svg.innerHTML = svg.innerHTML.replace(/class="pc-factor[^"]*"/g, mark);
  }
  await frame(); await frame();
  return performance.now() - start;
}"""


def rows_of(table: pd.DataFrame, many: int, **columns: object) -> pd.DataFrame:
    """Return as many copies of a table's first row, some columns with other values."""
    first = table.iloc[[0] * many].reset_index(drop=True)
    return first.assign(**columns)


def generated(seed: int = 1) -> Dataset:
    """Return a dataset of 200 factors with 600 links, half to articles, half to cases.

    >>> from personomics.book.map_data import factors
    >>> made = factors(generated())
    >>> len(made), int(made["articles"].sum() + made["cases"].sum())
    (200, 600)
    """
    base, chance = load(DEFAULT), random.Random(seed)
    keys = [f"F{n:03}" for n in range(FACTORS)]
    codes = {k: list(base.codes(k)) for k in ("level", "com_b", "stability")}
    factors = rows_of(
        base["factors"], FACTORS, factor_id=keys, status="active",
        label=[f"Factor {n} of the generated data" for n in range(FACTORS)],
        definition="A factor that was made to measure how long drawing takes.",
        origin=[chance.choice(list(style.ORIGIN)) for _ in keys],
        **{k: [chance.choice(v) for _ in keys] for k, v in codes.items()},
    )  # fmt: skip
    half = LINKS // 2
    owners = [f"S{n:02}" for n in range(SOURCES)]
    pairs = [(k, s) for k in keys for s in owners]
    first, second = chance.sample(pairs, half), chance.sample(pairs, half)
    ids = [f"T{n:03}" for n in range(half)]
    judged = base["screening"][base["screening"]["verdict"] == "include"]
    tables = {
        "factors": factors,
        "articles": rows_of(base["articles"], SOURCES, article_id=owners),
        "screening": rows_of(
            judged, SOURCES, article_id=owners, rater_id=base.consensus
        ),
        "terms": rows_of(
            base["terms"], half, term_id=ids, article_id=[s for _, s in first],
            term=[f"word {n} as written" for n in range(half)],
        ),
        "term_codes": rows_of(
            base["term_codes"], half, term_id=ids, rater_id=base.consensus,
            factor_id=[k for k, _ in first],
        ),
        "cases": rows_of(base["cases"], SOURCES, case_id=owners, eligible=True),
        "case_items": rows_of(
            base["case_items"], half, item_id=ids, case_id=[s for _, s in second]
        ),
        "case_codes": rows_of(
            base["case_codes"], half, item_id=ids, rater_id=base.consensus,
            factor_id=[k for k, _ in second],
        ),
        "instrument_factors": base["instrument_factors"].head(0),
    }  # fmt: skip
    changed = MappingProxyType({**base.tables, **tables})
    return dataclasses.replace(base, tables=changed)


def write_page(folder: Path, ds: Dataset) -> Path:
    """Write the page of the map with its styles and script, and return its place."""
    sheets = sorted((ROOT / "assets" / "css").glob("*.css"))
    css = style.css_variables() + "".join(s.read_text("utf-8") for s in sheets)
    body = "".join(markup for _, markup in map_page.sections(ds))
    shutil.copy(ROOT / "assets" / "js" / "map.js", folder)
    page = folder / "map.html"
    page.write_text(
        '<!doctype html><html lang="en" data-theme="light"><meta charset="utf-8">'
        f"<title>Map</title><style>{css}</style><script src='map.js' defer></script>"
        f'<main><article class="bd-article">{body}</article></main></html>',
        encoding="utf-8",
    )
    return page


def measured(page: Path, rounds: int) -> dict[str, list[float]]:
    """Return milliseconds from filter to painted, by who did it."""
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        sys.exit("bench/map.py: Chromium is not installed")
    times: dict[str, list[float]] = {"floor": [], "ours": [], "naive": []}
    with sync_playwright() as tool:
        browser = tool.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu"]
        )
        tabs = {}
        for how in times:
            tabs[how] = browser.new_page(viewport={"width": 1280, "height": 900})
            tabs[how].goto(page.as_uri())
        for turn in range(rounds):
            for css in STEPS:
                for how, tab in tabs.items():
                    tab.bring_to_front()
                    step = {"css": css, "turn": turn // 2, "how": how}
                    times[how].append(tab.evaluate(TIMED, step))
        browser.close()
    return times


def table(times: dict[str, list[float]]) -> str:
    """Return medians and 95th percentiles as a table.

    >>> print(table({"ours": [float(n) for n in range(1, 101)]}))
    what                                    filters  median ms  95th percentile ms
    the map: filter to painted                  100       50.5                96.0
    """
    names = {
        "ours": "the map: filter to painted",
        "naive": "peer: all chips anew by innerHTML",
        "floor": "floor: two frames, nothing done",
    }
    lines = ["what                                    filters  median ms  "
             "95th percentile ms"]  # fmt: skip
    for how in (h for h in names if h in times):
        found = times[how]
        high = statistics.quantiles(found, n=20)[-1]
        lines.append(
            f"{names[how]:<40}{len(found):>7}{statistics.median(found):>11.1f}"
            f"{high:>20.1f}"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=8, help="of eight filters each")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        page = write_page(Path(name), generated())
        size = page.stat().st_size // 1000
        times = measured(page, options.rounds)
    print(f"map of {FACTORS} factors with {LINKS} links, page of {size} kB")
    print(table(times))
    high = statistics.quantiles(times["ours"], n=20)[-1]
    verdict = "kept" if high <= BAR else "missed"
    print(f"bar: 95 of 100 filters painted within {BAR:.0f} ms: {verdict}")


if __name__ == "__main__":
    main()
