"""Read a release of the project, in a folder or an archive that may be hostile."""

from __future__ import annotations

import contextlib
import hashlib
import io
import re
import stat
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from personomics.tables import one_line, shown

#: Bytes of everything in a release, and entries of it, at most.
LARGEST, MOST = 500_000_000, 20_000
#: How many times its size on disk an entry beyond `SMALL` bytes may have.
RATIO, SMALL = 200, 5_000_000
BLOCK = 1 << 20
SUMS = "SHA256SUMS"
LINE = re.compile(r"([0-9a-fA-F]{64}) [ *](?:\./)?(.+)")
#: What is taken out of a release; of its chapters the notebooks and nothing else,
#: as their kernels start in that folder and would import what lies there.
WANTED = re.compile(
    r"chapters/[^/]+\.ipynb|figures/[^/]+|data/.+|requirements\.lock"
    r"|personomics/__init__\.py"
)
#: What a folder may hold beside a release.
BESIDE = re.compile(r"\..*|_build|__pycache__|.*\.egg-info")
KINDS = "a folder, or an archive .zip, .tar or .tar.gz"


@dataclass(frozen=True)
class Entry:
    """A file of a release: its name, its size and how to open it."""

    name: str
    size: int
    open: Callable[[], IO[bytes]]


@dataclass(frozen=True)
class Release:
    """A release, unpacked.

    Attributes
    ----------
    folder : Path
        Holds ``chapters``, ``figures`` and ``data`` while the release is open.
    faults : list of str
        Files that are not as its list of checksums says, one a line.
    """

    folder: Path
    faults: list[str]

    def version(self) -> str:
        """Return the version of the code, or nothing if the release does not say."""
        path = self.folder / "personomics" / "__init__.py"
        text = path.read_text("utf-8", "replace") if path.is_file() else ""
        found = re.search(r'^__version__ = "([^"\n]{1,40})"', text, re.MULTILINE)
        return found[1] if found else ""

    def lock(self) -> str:
        """Return what the libraries are pinned to; empty if there is no lock."""
        path = self.folder / "requirements.lock"
        return path.read_text("utf-8", "replace") if path.is_file() else ""


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Release]:
    """Unpack a release into a temporary folder, and clear it away.

    Parameters
    ----------
    path : Path
        A folder, or an archive .zip, .tar or .tar.gz, of the project; maybe below one
        folder.

    Raises
    ------
    ValueError
        If it is no release, damaged, too large or not safe to unpack; in one line,
        naming the entry.
    """
    with tempfile.TemporaryDirectory(prefix="personomics-release-") as name:
        folder = Path(name).resolve()
        with contextlib.ExitStack() as stack:
            entries = list(checked(path, found_in(path, folder, stack)))
            top = top_of(path, [entry.name for entry in entries])
            sums = unpack(path, entries, top, folder / "release")
        yield Release(folder / "release", held_against(path, folder / "release", sums))


def found_in(path: Path, aside: Path, stack: contextlib.ExitStack) -> Iterator[Entry]:
    """Yield the entries of a release, by what kind of file it is."""
    if path.is_dir():
        return in_folder(path)
    if not path.is_file():
        msg = f"{path}: does not exist; allowed: {KINDS}"
        raise ValueError(msg)
    if path.stat().st_size > LARGEST:
        msg = f"{path}: is larger than {LARGEST:,} bytes, which no release is"
        raise ValueError(msg)
    with path.open("rb") as file:
        begin = file.read(2)
    if begin == b"PK":
        return in_zip(path, stack)
    return in_tar(path, aside, stack, packed=begin == b"\x1f\x8b")


def refuse(path: Path, name: str, why: str) -> ValueError:
    """Return the error that refuses a release because of one entry."""
    return ValueError(one_line(f"{path}: {shown(name, 100)} {why}"))


def checked(path: Path, entries: Iterator[Entry]) -> Iterator[Entry]:
    """Yield entries whose names are safe and unique, and whose sizes add up to little.

    Raises
    ------
    ValueError
        Naming the first entry that is not.
    """
    seen: dict[str, str] = {}
    folders: set[str] = set()
    total = 0
    for number, entry in enumerate(entries, 1):
        total += entry.size
        why = unsafe(entry.name)
        parts = entry.name.casefold().split("/")
        key = "/".join(parts)
        above = {"/".join(parts[:n]) for n in range(1, len(parts))}
        if not why and (key in seen or key in folders or above & seen.keys()):
            why = "stands there twice, or as a file and a folder"
        if not why and total > LARGEST:
            why = f"makes it larger than {LARGEST:,} bytes in all"
        if not why and number > MOST:
            why = f"is more than the {MOST:,} files that a release may have"
        if why:
            raise refuse(path, entry.name, why)
        seen[key] = entry.name
        folders |= above
        yield entry


def unsafe(name: str) -> str:
    """Say why a name could lead out of the folder, or nothing.

    >>> unsafe("data/../../x")
    'has a name that leads elsewhere'
    """
    parts = name.split("/")
    leads = {"", ".", ".."} & set(parts) or "\\" in name or ":" in parts[0]
    if leads or not name.isprintable() or len(name.encode(errors="replace")) > 1000:
        return "has a name that leads elsewhere"
    return "has a name that is too long" if max(map(len, parts)) > 120 else ""


def in_folder(path: Path) -> Iterator[Entry]:
    """Yield the files of a folder, without what a working copy has beside them."""
    for file in sorted(path.iterdir()):
        if file.name == SUMS or not BESIDE.fullmatch(file.name):
            below = sorted(file.rglob("*")) if file.is_dir() else []
            for one in [file, *below]:
                name = one.relative_to(path).as_posix()
                kind = one.lstat().st_mode
                if "__pycache__" in one.parts or stat.S_ISDIR(kind):
                    continue
                if not stat.S_ISREG(kind):
                    raise refuse(path, name, "is a link or no ordinary file")
                yield Entry(name, one.stat().st_size, partial(io.FileIO, one))


def in_zip(path: Path, stack: contextlib.ExitStack) -> Iterator[Entry]:
    """Yield the files of a zip archive."""
    try:
        archive = stack.enter_context(zipfile.ZipFile(path))
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        msg = one_line(f"{path}: the archive is damaged: {error}")
        raise ValueError(msg) from error
    for one in archive.infolist():
        kind = stat.S_IFMT(one.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise refuse(path, one.filename, "is a link or no ordinary file")
        if one.filename.endswith("/"):
            continue
        if one.flag_bits & 1:
            raise refuse(path, one.filename, "is locked with a password")
        if one.file_size > max(SMALL, RATIO * one.compress_size):
            why = f"unpacks from {one.compress_size:,} to {one.file_size:,} bytes, "
            raise refuse(path, one.filename, why + "which no honest file does")
        yield Entry(one.filename, one.file_size, partial(member, archive, one))


def member(archive: zipfile.ZipFile, one: zipfile.ZipInfo) -> IO[bytes]:
    """Open a file of a zip archive."""
    try:
        return archive.open(one)
    except (OSError, UnicodeError) as error:  # a place or name that cannot be
        raise zipfile.BadZipFile(str(error)) from error


def in_tar(
    path: Path, aside: Path, stack: contextlib.ExitStack, *, packed: bool
) -> Iterator[Entry]:
    """Yield the files of a tar archive, unpacked from gzip into a file aside."""
    plain = aside / "archive.tar" if packed else path
    if packed:
        gunzip(path, plain)
    file = stack.enter_context(plain.open("rb"))
    try:
        archive = stack.enter_context(tarfile.TarFile(fileobj=file))
        last = "its beginning"
        for one in archive:
            if not (one.isreg() or one.isdir()) or one.issparse():
                raise refuse(path, one.name, "is a link or no ordinary file")
            last = one.name
            if one.isreg():
                yield Entry(one.name, one.size, partial(taken, archive, one))
    except (tarfile.TarError, EOFError, OverflowError) as error:
        msg = one_line(f"{path}: is no archive that can be read ({error}); allowed: ")
        raise ValueError(msg + KINDS) from error
    file.seek(archive.offset)
    rest = file.read(BLOCK)
    if len(rest) < tarfile.BLOCKSIZE or rest.strip(b"\0"):
        raise refuse(path, last, "is the last that can be read: the archive is damaged")


def taken(archive: tarfile.TarFile, one: tarfile.TarInfo) -> IO[bytes]:
    """Open a file of a tar archive."""
    return archive.extractfile(one) or io.BytesIO()


def gunzip(path: Path, target: Path) -> None:
    """Unpack a file, unless it gets far larger than it can honestly be."""
    import gzip

    limit = min(LARGEST, max(SMALL, RATIO * path.stat().st_size))
    total = 0
    try:
        with gzip.open(path) as file, target.open("wb") as out:
            while block := file.read(BLOCK):
                total += len(block)
                if total > limit:
                    msg = f"{path}: unpacks to more than {limit:,} bytes, which no "
                    raise ValueError(msg + "honest release does")
                out.write(block)
    except damage() as error:
        msg = one_line(f"{path}: the archive is damaged: {error}")
        raise ValueError(msg) from error


def damage() -> tuple[type[Exception], ...]:
    """Return what the readers of archives raise on damaged ones."""
    import gzip
    import lzma
    import zlib

    return (EOFError, gzip.BadGzipFile, zipfile.BadZipFile, tarfile.TarError,
            zlib.error, lzma.LZMAError, NotImplementedError, RuntimeError)  # fmt: skip


def top_of(path: Path, names: list[str]) -> str:
    """Return the folder that the project stands in, with its slash; often none.

    Raises
    ------
    ValueError
        If there is no project, or more than one.
    """
    found = {m[1] or "" for n in names
             if (m := re.fullmatch(r"([^/]+/)?chapters/[^/]+\.ipynb", n))}  # fmt: skip
    if len(found) != 1:
        listed = ", ".join(sorted(f or "the top" for f in found)) or "nowhere"
        msg = f"{path}: should hold chapters/*.ipynb in one place, and holds them in: "
        raise ValueError(one_line(msg + listed))
    top = found.pop()
    for need in ("data/datapackage.json", "figures/"):
        if not any(name.startswith(top + need) for name in names):
            msg = f"{path}: holds no {need}; a release has chapters, figures and data"
            raise ValueError(msg)
    return top


def unpack(path: Path, entries: list[Entry], top: str, folder: Path) -> dict[str, str]:
    """Write what is wanted of a release; return the SHA-256 of all of its files."""
    sums = {}
    for entry in entries:
        name = entry.name.removeprefix(top)
        if not entry.name.startswith(top):
            continue
        wanted = WANTED.fullmatch(name) or name == SUMS
        target = folder / PurePosixPath(name)
        total, read = hashlib.sha256(), 0
        try:
            with contextlib.ExitStack() as stack:
                file = stack.enter_context(entry.open())
                if wanted:
                    target.parent.mkdir(parents=True, exist_ok=True)
                    out = stack.enter_context(target.open("xb"))
                while block := file.read(BLOCK):
                    total.update(block)
                    read += len(block)
                    if wanted:
                        out.write(block)
        except damage() as error:
            raise refuse(path, entry.name, f"is damaged: {error}") from error
        if read != entry.size:
            raise refuse(path, entry.name, "is damaged: it is not as long as it says")
        sums[name] = total.hexdigest()
    return sums


def held_against(path: Path, folder: Path, sums: dict[str, str]) -> list[str]:
    """Return how the files differ from the list of checksums, if there is one.

    Raises
    ------
    ValueError
        If the list cannot be read.
    """
    there = dict(sums)
    if there.pop(SUMS, None) is None:
        return []
    listed = {}
    text = (folder / SUMS).read_text("utf-8", "replace")
    for number, line in enumerate(text.splitlines(), 1):
        found = LINE.fullmatch(line)
        if not found:
            msg = f"{path}: {SUMS}:{number}: is no line of sha256sum"
            raise ValueError(msg)
        listed[found[2]] = found[1].lower()
    faults = []
    for name in sorted({*listed, *there}):
        if name not in there:
            faults.append(f"{name}: is in {SUMS} but missing in the release")
        elif name not in listed:
            faults.append(f"{name}: is in the release but not in {SUMS}")
        elif listed[name] != there[name]:
            faults.append(f"{name}: is not as in {SUMS}: listed {listed[name][:12]}, "
                          f"here {there[name][:12]}")  # fmt: skip
    return [one_line(fault) for fault in faults]
