"""The built site in one file that opens without a server: unpack, double click."""

from __future__ import annotations

import io
import json
import os
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

from personomics import files
from personomics.book.build import files_below
from personomics.book.site import PROVENANCE, BuildError

#: The one folder at the top of the archive, and the name of the archive.
FOLDER = "personomics-companion-book"
NAME = f"{FOLDER}.zip"
FIRST = "READ-ME-FIRST.txt"
#: The years that a ZIP archive can name.
EARLIEST = (1980, 1, 1, 0, 0, 0)
LATEST = (2107, 12, 31, 23, 59, 58)


@dataclass(frozen=True)
class About:
    """What a site says of itself.

    Attributes
    ----------
    title, version : str
        Title and version of the data.
    digest : str
        SHA-256 of all the data; empty if no page shows all of them.
    code : str
        Version of the package that made the site.
    """

    title: str
    version: str
    digest: str
    code: str

    def line(self) -> str:
        """Return in one line which data the site was made from."""
        digest = f", digest {self.digest[:12]}" if self.digest else ""
        return f"Data: {self.title}, version {self.version}{digest}"


def about(site: Path) -> About:
    """Return what a site says of itself.

    Raises
    ------
    BuildError
        If the folder is no site of ours.
    """
    try:
        found = json.loads((site / PROVENANCE).read_bytes())
        data, pages = found["data"], found["pages"]
        digests = [p["digest"] for p in pages.values() if p["all_data"]]
        digest = digests[0] if digests else ""
        return About(data["title"], data["version"], digest, found["code"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        msg = f"{site} is not a built book; see: personomics book"
        raise BuildError(msg) from error


def place(out: Path, site: Path) -> Path:
    """Return where a file made from a site goes; its folder is there afterwards.

    Raises
    ------
    BuildError
        If the file would be part of the site, or is a folder.
    """
    out = out.resolve()
    if site.resolve() in out.parents:
        msg = f"{out}: lies in the site that it is made from; name another place"
        raise BuildError(msg)
    if out.is_dir():
        msg = f"{out}: is a folder; name a file"
        raise BuildError(msg)
    out.parent.mkdir(parents=True, exist_ok=True)
    return out


def instructions(said: About) -> str:
    """Return the text that tells how to open the book.

    >>> instructions(About("Toy", "1.0.0", "", "0.1")).splitlines()[0]
    'Personomics companion: the whole book, to be read without the network'
    """
    lines = [
        "Personomics companion: the whole book, to be read without the network",
        "",
        "1. Unpack this archive: inside it, pages would not find each other.",
        f"2. In the folder {FOLDER}, open index.html with a double click.",
        "",
        "Nothing needs to be installed. Search and map work; nothing is sent.",
        "",
        said.line(),
        f"Package: personomics {said.code}",
        f"What each page was made from, with digests: {PROVENANCE}",
        "Licences: code MIT; data, text and figures CC BY 4.0 (page “Cite”)",
        "",
    ]
    return "\n".join(lines)


def moment() -> tuple[int, int, int, int, int, int]:
    """Return the time that every file in the archive bears.

    It is that of ``SOURCE_DATE_EPOCH``, or the earliest that there is.
    """
    words = os.environ.get("SOURCE_DATE_EPOCH", "0")
    try:
        then = time.gmtime(int(words))[:6]
    except (ValueError, OverflowError, OSError) as error:
        msg = f"SOURCE_DATE_EPOCH: {words!r} is not a number of seconds"
        raise BuildError(msg) from error
    year, month, day, hour, minute, second = then
    return min(max((year, month, day, hour, minute, second), EARLIEST), LATEST)


def archive(site: Path) -> bytes:
    """Return a site as a ZIP archive; the same site always gives the same bytes.

    "The same" is meant on one machine: another release of zlib may pack otherwise.
    """
    when, packed = moment(), io.BytesIO()
    content = {FIRST: instructions(about(site)).encode()}
    for path in files_below(site):
        content[path.relative_to(site).as_posix()] = path.read_bytes()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        for name in sorted(content):
            entry = zipfile.ZipInfo(f"{FOLDER}/{name}", when)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # a UNIX, whatever this is
            entry.external_attr = 0o100644 << 16
            file.writestr(entry, content[name])
    return packed.getvalue()


def write(site: Path, out: Path) -> Path:
    """Write a site into an archive and return where that is.

    Parameters
    ----------
    site : Path
        The built site.
    out : Path
        The archive; what it held stays if the writing fails.

    Raises
    ------
    BuildError
        If the folder is no site, or the file has no place there.
    """
    whole = archive(site)
    path = place(out, site)
    files.write(path, whole)
    return path
