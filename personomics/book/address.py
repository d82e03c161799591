"""Where the book is published."""

from __future__ import annotations

import yaml

from personomics.book.record import ROOT


def base() -> str:
    """Return where the book is published, ending in a slash; empty if not known."""
    path = ROOT / "_config.yml"
    config = yaml.safe_load(path.read_text("utf-8")) if path.is_file() else {}
    address = str(config.get("html", {}).get("baseurl") or "").rstrip("/")
    return f"{address}/" if address else ""
