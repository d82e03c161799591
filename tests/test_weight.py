"""Pages load at once: few bytes, nothing from elsewhere, no library without need."""

from __future__ import annotations

import doctest
import gzip
import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from site_server import (
    CHROMIUM,
    SITE,
    asked_for,
    every_page,
    local,
    opened,
    pause,
    sampled_pages,
)

PROGRAM = Path(__file__).resolve().parent.parent / "bench" / "lighthouse.py"
#: Bytes of a page and all that it loads at first: compressed, and as they are.
SENT, WHOLE = 300_000, 700_000
UNWANTED = re.compile(r"fontawesome|font-awesome|thebe|mathjax|bootstrap|jquery", re.I)
in_browser = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


def test_every_page_asks_for_little_and_only_for_files_of_the_site() -> None:
    """What the source of any page loads is there, is ours, and is light."""
    heavy = {}
    for page in every_page():
        files = {SITE / page}
        for found in asked_for(SITE, page):
            if found.startswith("data:"):
                continue
            file = local(SITE, page, found)
            assert file is not None, f"{page} loads {found}"
            assert file.is_file(), f"{page} loads {found}, which is not there"
            assert not UNWANTED.search(found), f"{page} loads {found}"
            files.add(file)
        bodies = [file.read_bytes() for file in files]
        sent = sum(len(gzip.compress(body, 6)) for body in bodies)
        whole = sum(map(len, bodies))
        if sent > SENT or whole > WHOLE:
            heavy[page] = (sent, whole)
    assert heavy == {}


def test_the_sheet_and_the_scripts_load_nothing() -> None:
    """No style sheet imports another or asks for a font; no script names a library."""
    for file in [*SITE.glob("_static/*.css"), *SITE.glob("_static/*.js")]:
        text = file.read_text(encoding="utf-8")
        if file.suffix == ".css":
            assert not re.search(r"@import|url\(\s*['\"]?(?!data:|#)", text), file.name
        elif not file.name.startswith(("cards", "search")):
            named = r"https?://(?!www\.w3\.org/|doi\.org/)"
            assert not re.search(named, text), file.name
            assert not UNWANTED.search(text), file.name


@pytest.mark.browser
@in_browser
@pytest.mark.parametrize("name", sampled_pages() if SITE.is_dir() else [])
def test_first_view_in_a_browser(browser: Any, address: str, name: str) -> None:
    """Chromium receives no more than the bar, all of it from the site."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    finished: list[Any] = []

    def note(request: Any) -> None:
        finished.append(request)

    page.on("requestfinished", note)
    page.goto(f"{address}/{name}", wait_until="networkidle")
    urls = [r.url for r in finished if not r.url.startswith("data:")]
    sent = sum(r.sizes()["responseBodySize"] for r in finished if r.url in urls)
    whole = sum(len(r.response().body()) for r in finished if r.url in urls)
    context.close()
    assert [url for url in urls if not url.startswith(address)] == []
    assert not UNWANTED.search(" ".join(urls))
    assert sent < whole, "nothing was compressed"
    assert sent <= SENT
    assert whole <= WHOLE


@pytest.mark.browser
@in_browser
def test_a_page_is_as_light_after_it_was_read_to_the_end(
    browser: Any, address: str
) -> None:
    """Scrolling through the longest page asks for nothing more from elsewhere."""
    longest = max(sampled_pages(), key=lambda page: (SITE / page).stat().st_size)
    with opened(browser, address, longest) as (page, wrong):
        page.keyboard.press("End")
        pause(page, 300)
        assert wrong == []


@pytest.fixture(scope="module")
def lighthouse() -> ModuleType:
    """Return the program that asks Lighthouse, which is no part of the package."""
    spec = importlib.util.spec_from_file_location("lighthouse", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_examples_of_the_lighthouse_program(lighthouse: ModuleType) -> None:
    """The examples of its functions are right: scores, bars and the table."""
    result = doctest.testmod(lighthouse)
    assert result.attempted
    assert not result.failed


def test_the_lighthouse_program_says_what_is_missing(tmp_path: Path) -> None:
    """Without the tool it ends with a sentence and no traceback."""
    command = [sys.executable, str(PROGRAM), "--tool", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert re.search(r"no Lighthouse in|needs node", done.stderr)
    assert "Traceback" not in done.stderr
