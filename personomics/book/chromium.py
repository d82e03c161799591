"""Let an installed Chromium print an HTML document as a PDF."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from personomics.book.site import BuildError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless=new", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-pdf-header-footer", "--generate-pdf-document-outline",
)  # fmt: skip
#: A book of a few hundred pages takes about ten.
SECONDS = 300


def browser() -> str:
    """Return the path of an installed Chromium.

    Raises
    ------
    BuildError
        If there is none.
    """
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        msg = (
            "a PDF is printed by Chromium, and none was found; install it, for "
            "instance with: apt install chromium (or Chrome from google.com/chrome)"
        )
        raise BuildError(msg)
    return found


def printed(page: str, seconds: float = SECONDS) -> bytes:
    """Return an HTML document as a PDF.

    Raises
    ------
    BuildError
        If there is no Chromium, or it makes none in time.
    """
    with tempfile.TemporaryDirectory(prefix="pc-pdf-", ignore_cleanup_errors=True) as t:
        source, made = Path(t) / "book.html", Path(t) / "book.pdf"
        source.write_text(page, encoding="utf-8")
        words = [browser(), *FLAGS, f"--user-data-dir={t}/user"]
        if os.geteuid() == 0:
            words.append("--no-sandbox")  # it refuses to start for root with one
        words += [f"--print-to-pdf={made}", source.as_uri()]
        said = run(words, seconds)
        found = made.read_bytes() if made.is_file() else b""
    if not found.startswith(b"%PDF-") or b"%%EOF" not in found[-32:]:
        msg = f"Chromium made no PDF: {said or 'it did not say why'}"
        raise BuildError(msg)
    return found


def run(words: list[str], seconds: float) -> str:
    """Run a program and all that it starts to its end; return its last line."""
    with subprocess.Popen(
        words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        errors="replace", start_new_session=True,
    ) as process:  # fmt: skip
        try:
            _, said = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            return f"it was stopped after {seconds:g} seconds"
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    return ([line for line in said.splitlines() if line.strip()] or [""])[-1]
