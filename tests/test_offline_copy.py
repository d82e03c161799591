"""The book in one archive: the same bytes for the same site, and it opens anywhere."""

import json
import os
import shutil
import zipfile

import pytest

from personomics import cli
from personomics.book import chromium, offline_copy
from personomics.book.build import default_site
from personomics.book.site import BuildError

SITE = default_site()
CHROMIUM = next(filter(None, map(shutil.which, chromium.BROWSERS)), None)
TOP = offline_copy.FOLDER
FILES = {"index.html": "<p>Hello", "a/ü.html": "<p>é", "b.svg": "<svg/>"}


def small(root):
    """Return a site of a few files, one of them hidden."""
    said = {
        "code": "9.9",
        "data": {"title": "Toy", "version": "1.2.3"},
        "pages": {"x": {"all_data": False, "digest": "no"},
                  "y": {"all_data": True, "digest": "abcdef0123456789"}},
    }  # fmt: skip
    everything = FILES | {"made-from.json": json.dumps(said), ".hidden": "secret"}
    for name, text in everything.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def test_the_same_site_gives_the_same_bytes(tmp_path, monkeypatch):
    """Neither times and rights of files nor the order on the disk change a byte."""
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    one = small(tmp_path / "one")
    two = tmp_path / "two"
    for path in sorted(one.rglob("*"), reverse=True):
        if path.is_file():
            there = two / path.relative_to(one)
            there.parent.mkdir(parents=True, exist_ok=True)
            there.write_bytes(path.read_bytes())
            there.chmod(0o600)
            os.utime(there, (1, 1))
    assert offline_copy.archive(one) == offline_copy.archive(two)
    (two / "index.html").write_text("<p>Hallo")
    assert offline_copy.archive(one) != offline_copy.archive(two)


def test_what_is_in_it(tmp_path, monkeypatch):
    """One folder holds every file as it is, in order, and a text to be read first."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000001")  # 2023-11-14 22:13:21 UTC
    path = offline_copy.write(small(tmp_path / "site"), tmp_path / "new" / "x.zip")
    with zipfile.ZipFile(path) as file:
        assert file.testzip() is None
        names = file.namelist()
        first = file.read(f"{TOP}/READ-ME-FIRST.txt").decode()
        for name, text in FILES.items():
            assert file.read(f"{TOP}/{name}").decode() == text
        # ZIP counts in steps of two seconds.
        assert {i.date_time for i in file.infolist()} == {(2023, 11, 14, 22, 13, 20)}
    assert names == sorted(names)
    assert set(names) == {
        f"{TOP}/{name}" for name in [*FILES, "made-from.json", "READ-ME-FIRST.txt"]
    }
    assert "Data: Toy, version 1.2.3, digest abcdef012345" in first
    assert "index.html" in first
    assert max(map(len, first.splitlines())) <= 90


@pytest.mark.parametrize(
    ("epoch", "year"), [(None, 1980), ("0", 1980), ("-5", 1980), ("9999999999", 2107)]
)
def test_times_that_an_archive_cannot_name(monkeypatch, epoch, year):
    """A time before 1980 or after 2107 becomes the nearest that there is."""
    if epoch is None:
        monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    else:
        monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    assert offline_copy.moment()[0] == year


def test_what_is_refused(tmp_path, monkeypatch):
    """No site, a place in it, a folder, no time: one sentence, nothing written."""
    site = small(tmp_path / "site")
    before = sorted(site.rglob("*"))
    with pytest.raises(BuildError, match="is not a built book"):
        offline_copy.write(tmp_path, tmp_path / "x.zip")
    with pytest.raises(BuildError, match="lies in the site"):
        offline_copy.write(site, site / "a" / "x.zip")
    with pytest.raises(BuildError, match="is a folder"):
        offline_copy.write(site, tmp_path)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "today")
    with pytest.raises(BuildError, match="'today' is not a number"):
        offline_copy.write(site, tmp_path / "x.zip")
    assert sorted(site.rglob("*")) == before
    assert not (tmp_path / "x.zip").exists()


def test_the_command(tmp_path, monkeypatch, capsys):
    """It builds first, then says in one line where the file is and of which data."""
    built = []
    site = small(tmp_path / "html")
    monkeypatch.setattr("personomics.book.build.build", lambda: built.append(1))
    monkeypatch.setattr("personomics.book.build.default_site", lambda: site)
    assert cli.main(["zip"]) == 0
    path = tmp_path / "personomics-companion-book.zip"
    assert built == [1]
    assert capsys.readouterr().out == f"{path}: 0.0 MB, data 1.2.3\n"
    assert zipfile.is_zipfile(path)
    assert cli.main(["zip", "--out", str(site / "x.zip")]) == 1
    assert "lies in the site" in capsys.readouterr().err


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_it_opens_by_double_click(tmp_path):
    """Unpacked, pages, search and map work from the disk; nothing else is asked for."""
    from playwright.sync_api import sync_playwright

    path = offline_copy.write(SITE, tmp_path / "x.zip")
    with zipfile.ZipFile(path) as file:
        file.extractall(tmp_path)
    top = (tmp_path / TOP).as_uri()
    wrong = []
    with sync_playwright() as tool:
        started = tool.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        page = started.new_page(viewport={"width": 1280, "height": 900})
        page.on("console", lambda m: m.type == "error" and wrong.append(m.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("requestfailed", lambda r: wrong.append(f"failed {r.url}"))
        page.on(
            "request",
            lambda r: r.url.startswith((f"{top}/", "data:")) or wrong.append(r.url),
        )
        page.goto(f"{top}/index.html")
        page.locator(".pc-doors a", has_text="Explore the map").click()
        page.wait_for_url("**/map.html")
        # The first factor of the map, whatever the data are.
        factor = page.locator("#pc-map svg a.pc-factor").first
        name = factor.get_attribute("aria-label").partition(":")[0]
        said = page.locator("#pc-map [role=status]").first
        before = said.inner_text()
        page.locator("#pc-map input[name=q]").fill(name)
        page.wait_for_url("**/map.html#*q=*")
        assert said.inner_text() != before
        page.locator(".pc-search").click()
        page.locator("dialog[open] input[type=search]").fill(name)
        page.locator("dialog[open] .pc-hits a", has_text=name).first.click()
        page.wait_for_url("**/factors/*.html")
        assert page.locator("h1").inner_text() == name
        page.locator("article a[href*='../map.html#']").first.click()
        page.wait_for_url("**/map.html#*")
        started.close()
    assert wrong == []
