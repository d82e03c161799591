"""Let the unmodified Jupyter Book make the pages, only those that changed if it can.

Sphinx keeps what it read. It is trusted with that only where a page depends on
nothing but its own text; whenever anything that reaches across pages has changed
(configuration, theme, headings, citations), or an earlier run was cut short, it starts
from nothing, so that the result is always that of a clean build.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from personomics.book.forks import ForkError, Forks
from personomics.book.inputs import sha
from personomics.book.site import BuildError
from personomics.book.units import put

CITED = re.compile(r"\{cite:\w+\}`([^`]+)`")
HEADING = re.compile(r"^(?:\s*\")?#{1,6} (.+)$", re.MULTILINE)


class Press:
    """A folder in which Jupyter Book works from build to build.

    Parameters
    ----------
    folder : Path
        The folder; it holds the sources, what Sphinx keeps, and the site.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.source, self.out = folder / "source", folder / "out"
        self.state = folder / "state"

    @property
    def site(self) -> Path:
        """Where the finished pages are."""
        return self.out / "_build" / "html"

    def stage(self, files: Mapping[str, str | bytes], *across: str) -> None:
        """Put the sources in place; start from nothing where that is called for.

        Parameters
        ----------
        files : mapping
            Path inside the book to content; pages end in ``.md`` or ``.ipynb``.
        across : str
            Whatever else reaches across pages: versions, the code of the theme.
        """
        key = self._key(files, *across)
        if not self.state.is_file() or self.state.read_text(encoding="utf-8") != key:
            self.clear()
        self.state.unlink(missing_ok=True)  # until the run is complete
        # A style sheet that is there already gets another address than a new one.
        for sheet in (self.site / "_static").glob("mystnb.*.css"):
            sheet.unlink()
        for name, content in files.items():
            path = self.source / name
            data = content.encode() if isinstance(content, str) else content
            if not path.is_file() or path.read_bytes() != data:
                put(path, data)
        self._next = key

    def clear(self) -> None:
        """Forget earlier runs; a folder that is deleted in part is not trusted."""
        self.state.unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _key(self, files: Mapping[str, str | bytes], *across: str) -> str:
        parts = [*across, os.environ.get("SOURCE_DATE_EPOCH", "")]
        for name, content in sorted(files.items()):
            parts.append(name)
            if name.endswith((".md", ".ipynb")):
                text = content if isinstance(content, str) else content.decode()
                parts += [*HEADING.findall(text), "cites", *CITED.findall(text)]
            else:
                parts.append(sha(content))
        return sha(*parts)

    async def run(self, forks: Forks, pages: list[str]) -> None:
        """Make the pages; a warning is an error.

        Raises
        ------
        BuildError
            With what the builder printed, or naming pages that were not written.
        """
        said = self.folder / "said.txt"
        said.unlink(missing_ok=True)  # of an earlier run
        words = {"source": str(self.source), "out": str(self.out), "said": str(said)}
        try:
            await forks.call(f"{__name__}:jupyter_book", said, **words)
        except ForkError as error:
            msg = f"jupyter-book failed\n{error}"
            raise BuildError(msg) from error
        if missing := [page for page in pages if not (self.site / page).is_file()]:
            report = said.read_text(encoding="utf-8").strip() if said.is_file() else ""
            lost = f"pages that were not written: {', '.join(missing)}"
            msg = f"jupyter-book failed\n{lost}\n{report}"
            raise BuildError(msg)
        put(self.state, self._next)


def jupyter_book(source: str, out: str, said: str) -> None:
    """Run the command ``jupyter-book build`` in this process."""
    import click
    from jupyter_book.cli.main import main

    os.chdir(source)
    with open(said, "wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    command = ["build", source, "--path-output", out, "-W", "--keep-going", "-q"]
    with contextlib.suppress(click.exceptions.Exit):
        main(command, standalone_mode=False)
