"""A built site as readers get it: served with compression, opened in Chromium."""

from __future__ import annotations

import contextlib
import functools
import gzip
import http.server
import json
import os
import re
import shutil
import threading
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parent.parent
#: The site that is tested: the one of `make book`, or another named in the environment.
SITE = Path(os.environ.get("PERSONOMICS_SITE") or ROOT / "_build" / "html")
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))),
    None,
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
COLLECTIONS = ("factors", "articles", "cases")
PACKED = {".html", ".css", ".js", ".svg", ".json", ".csv", ".txt", ".xml"}
STUB = 'http-equiv="refresh"'


@functools.cache
def packed(path: Path, changed: int) -> bytes:
    """Return a file compressed, once for each state of it."""
    del changed
    return gzip.compress(path.read_bytes(), 6, mtime=0)


class Handler(http.server.SimpleHTTPRequestHandler):
    """A file server that compresses text and keeps silent."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Print nothing."""

    def do_GET(self) -> None:
        """Send a file, compressed if it is text and the browser takes it so."""
        place = Path(self.translate_path(self.path))
        place = place / "index.html" if place.is_dir() else place
        takes = "gzip" in self.headers.get("Accept-Encoding", "")
        if not (takes and place.suffix in PACKED and place.is_file()):
            return super().do_GET()
        body = packed(place, place.stat().st_mtime_ns)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(place)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=600")
        self.end_headers()
        self.wfile.write(body)
        return None

    def guess_type(self, path: Any) -> str:
        """Return the type of a file; text is in UTF-8."""
        kind = super().guess_type(path)
        return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


def pause(page: Any, ms: int = 250) -> None:
    """Wait on the page's own clock: what the page put off for less comes first."""
    page.evaluate("ms => new Promise(done => setTimeout(done, ms))", ms)


@contextlib.contextmanager
def served(site: Path = SITE) -> Iterator[str]:
    """Serve a site on this machine and yield its address."""
    handler = functools.partial(Handler, directory=str(site))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def chromium(*more: str) -> Iterator[Any]:
    """Start a browser and yield it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as tool:
        started = tool.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *more])
        yield started
        started.close()


@contextlib.contextmanager
def visited(
    browser: Any, address: str, width: int = 1280, height: int = 900, **options: Any
) -> Iterator[Any]:
    """Open a page of which a test serves no more; afterwards nothing has gone wrong."""
    size = {"width": width, "height": height}
    context = browser.new_context(viewport=size, **options)
    page = context.new_page()
    wrong: list[str] = []
    page.on(
        "console", lambda m: m.type in ("error", "warning") and wrong.append(m.text)
    )
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
    try:
        page.goto(address, wait_until="load")
        yield page
        assert wrong == []
    finally:
        context.close()


def exported(page: Any, name: str) -> tuple[str, str]:
    """Press a button that saves a file; return the name and words of the file."""
    with page.expect_download() as saved:
        page.get_by_role("button", name=name, exact=True).click()
    return saved.value.suggested_filename, Path(saved.value.path()).read_text("utf-8")


@contextlib.contextmanager
def opened(
    browser: Any, address: str, name: str, width: int = 1280, scheme: str = "light",
    **options: Any,
) -> Iterator[tuple[Any, list[str]]]:  # fmt: skip
    """Open a page and yield it with a list of what goes wrong.

    Parameters
    ----------
    browser : Browser
        The browser.
    address : str
        Of the top of the site.
    name : str
        The page below it.
    width : int
        Of the window in CSS pixels.
    scheme : str
        "light" or "dark".
    **options
        More of ``browser.new_context``.
    """
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, **options
    )
    page = context.new_page()
    wrong: list[str] = []
    watch(page, address, wrong)
    try:
        page.goto(f"{address}/{name}", wait_until="networkidle")
        yield page, wrong
    finally:
        context.close()


def watch(page: Any, address: str, wrong: list[str]) -> None:
    """Note errors, dialogs, failed requests and requests to elsewhere."""
    within = (address, "data:", "blob:")

    def note(bad: object, words: str) -> None:
        if bad:
            wrong.append(words)

    page.on("console", lambda m: note(m.type == "error", m.text))
    page.on("pageerror", lambda error: note(True, str(error)))
    page.on("requestfailed", lambda r: note(True, f"failed {r.url}"))
    page.on("response", lambda r: note(r.status >= 400, f"{r.status} {r.url}"))
    page.on("request", lambda r: note(not r.url.startswith(within), f"left: {r.url}"))

    def dismiss(dialog: Any) -> None:
        wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    page.on("dialog", dismiss)


def is_page(path: Path) -> bool:
    """Say whether an HTML file is a page and not a stub that leads to one."""
    return STUB not in path.read_text(encoding="utf-8")[:2000]


def top_pages(site: Path = SITE) -> list[str]:
    """Return the addresses of the pages of the book that are not of single things."""
    found = sorted(site.glob("*.html"))
    found += sorted(site.glob("chapters/*.html")) + sorted(
        site.glob("reference/*.html")
    )
    return [str(path.relative_to(site)) for path in found if is_page(path)]


def single_pages(folder: str, site: Path = SITE) -> list[str]:
    """Return the addresses of the pages of a collection, the shortest first."""
    found = [path for path in (site / folder).glob("*.html") if is_page(path)]
    found.sort(key=lambda path: (path.stat().st_size, path.name))
    return [str(path.relative_to(site)) for path in found]


def sample(folder: str, site: Path = SITE, number: int = 3) -> list[str]:
    """Return pages of a collection: the shortest, those between, the longest."""
    every = single_pages(folder, site)
    last = len(every) - 1
    places = {round(n * last / max(1, number - 1)) for n in range(number)}
    return [every[place] for place in sorted(places)] if every else []


def sampled_pages(site: Path = SITE) -> list[str]:
    """Return the pages of the book and three of each collection."""
    return [*top_pages(site), *(p for c in COLLECTIONS for p in sample(c, site))]


def every_page(site: Path = SITE) -> list[str]:
    """Return the addresses of all pages."""
    return [*top_pages(site), *(p for c in COLLECTIONS for p in single_pages(c, site))]


def asked_for(site: Path, name: str) -> list[str]:
    """Return the addresses that a page loads at once, as they stand in its source."""
    text = (site / name).read_text(encoding="utf-8")
    tags = re.findall(r"<(?:script|img|link|iframe|source|object)\b[^>]*>", text)
    found = []
    for tag in tags:
        loads = re.search(r'\s(?:src|data|href)="([^"]*)"', tag)
        rel = re.search(r'\srel="([^"]*)"', tag)
        if loads and not (
            tag.startswith("<link")
            and not {"stylesheet", "icon", "preload"}
            & set((rel or ["", ""])[1].split())
        ):
            found.append(unescape(loads[1]))
    return found


def local(site: Path, name: str, address: str) -> Path | None:
    """Return the file of the site that an address on a page means, if it is one."""
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return None
    return ((site / name).parent / unquote(parts.path)).resolve()


def graphs(site: Path, name: str) -> list[dict[str, Any]]:
    """Return the JSON-LD of a page."""
    text = (site / name).read_text(encoding="utf-8")
    mark = r'<script type="application/ld\+json">(.*?)</script>'
    return [json.loads(found) for found in re.findall(mark, text, re.S)]
