"""The first things a reader meets: the landing page and the summaries."""

import re
from pathlib import Path

import nbformat
import pytest

from personomics.book import build, landing
from personomics.book.pages import GENERATED

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = sorted((ROOT / "chapters").glob("*.ipynb"))
GLUE = re.compile(r"\{glue:text\}`([\w-]+)`")
STORED = "application/papermill.record/text/plain"
MAX_WORDS = 20


def summary(path):
    """Return the summary of a chapter, as written."""
    cells = nbformat.read(path, as_version=4).cells
    prose = next(c.source for c in cells if c.cell_type == "markdown")
    found = re.search(r"```\{admonition\} (.+?)\n(.+?)```", prose, re.DOTALL)
    assert found, f"{path.name} does not begin with a summary"
    assert found[1] == "In short, in plain words"
    return found[2]


def numbers(path):
    """Return the numbers that a chapter computed when it was executed, by name."""
    outputs = [
        output
        for cell in nbformat.read(path, as_version=4).cells
        for output in cell.get("outputs", [])
        if STORED in output.get("data", {})
    ]
    return {
        o.metadata["scrapbook"]["name"]: o.data[STORED].strip("'\"") for o in outputs
    }


def sentences(words):
    """Return the sentences of a text without the marks of Markdown."""
    words = re.sub(r"\{\.[\w-]+\}|[*\[\]]", "", words)
    return [s for s in re.split(r"[.!?]\s+", words.strip()) if s]


def test_sentences():
    """Two sentences with marks are counted as two, of four words and one."""
    assert sentences("So *plain* are [7]{.pc-paper}. Yes.\n") == [
        "So plain are 7", "Yes.",
    ]  # fmt: skip


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda p: p.stem)
def test_summaries_are_easy_to_read(path):
    """A sentence has 20 words at most on average, and no abbreviation stands in it."""
    values = numbers(path)
    text = GLUE.sub(lambda name: values[name[1]], summary(path))
    lengths = [len(sentence.split()) for sentence in sentences(text)]
    assert sum(lengths) / len(lengths) <= MAX_WORDS, lengths
    ours = GLUE.sub("", summary(path))
    assert not re.search(r"\b[A-Z]{2,}|κ|[Kk]appa|\bhetero|\bmodif", ours)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda p: p.stem)
def test_summaries_hold_no_number_of_their_own(path):
    """Every number in a summary is one that the chapter computes."""
    words = summary(path)
    assert set(GLUE.findall(words)) <= set(numbers(path))
    assert not re.search(r"\d", GLUE.sub("", words))


def places():
    """Return the pages of the book and what they are written in."""
    names = [page.removesuffix(".html") for page in build.expected_pages()]
    written = {f"{n}{end}" for n in names for end in (".md", ".ipynb", ".html")}
    assert set(GENERATED) <= set(names)
    return written


def test_four_doors_lead_to_pages(mini):
    """There are four doors: to read, explore, plan and cite; each leads to a page."""
    shown = str(landing.doors(mini))
    addresses = re.findall(r'href="([^"]+)"', shown)
    assert shown.count("<li>") == 4
    assert {"map.html", "apply.html", "reference/cite.html"} < set(addresses)
    assert set(addresses) <= places()


def test_a_path_for_every_role():
    """Each of five roles has three or four steps, in order, each with its reason."""
    text = (ROOT / "index.md").read_text(encoding="utf-8")
    paths = re.search(r"\{container\} pc-paths\n(.+?)````", text, re.DOTALL)[1]
    roles = [part for part in paths.split("\n\n") if part.strip()]
    assert len(roles) == 5
    for role in roles:
        steps = re.findall(r"(\d)\. \[.+?\]\((.+?)\): .+\.$", role, re.MULTILINE)
        assert [int(n) for n, _ in steps] == list(range(1, len(steps) + 1))
        assert 3 <= len(steps) <= 4
        assert {page.partition("#")[0] for _, page in steps} <= places()


def test_the_landing_page_holds_no_number():
    """What the landing page says of the data comes from the data."""
    text = (ROOT / "index.md").read_text(encoding="utf-8")
    said = re.sub(r"\{\{.*?\}\}|\]\(.*?\)|^(: |  )\d\. ", "", text, flags=re.MULTILINE)
    assert not re.search(r"\d", said.replace("PRISMA 2020", ""))
