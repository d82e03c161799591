"""Chapters are thin, and no claim about the data is typed into their prose."""

import ast
import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = sorted((ROOT / "chapters").glob("*.ipynb"))
WORDS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty "
    "seventy eighty ninety hundred"
).split()
THINGS = (
    "articles? factors? cases? terms? raters? coders? records? instruments? "
    "narratives? frameworks? items? trials? reports? studies facts? claims?"
).split()
NUMBER = rf"(?:\d[\d.,]*|(?:{'|'.join(WORDS[1:])})(?:-(?:{'|'.join(WORDS[:9])}))?)"
GAP = r"(?:\s+(?:[a-z-]+\s+){0,2}?)"
CLAIM = re.compile(
    rf"\b{NUMBER}{GAP}(?:{'|'.join(THINGS)})\b"
    rf"|\d\s*(?:%|per\s?cent\b)"
    rf"|(?:κ|\bkappa)\s*(?:=|of|is|was|about|≈)\s*\d"
    rf"|\d+(?:\.\d+)?\s*(?:×|times\b)",
    re.IGNORECASE,
)
#: Phrases that name a thing by how many there are by definition, not by count.
BY_DEFINITION = re.compile(
    r"\btwo (?:independent )?(?:automated )?(?:raters|coders)\b|"
    r"\bPRISMA 2020\b|95% (?:confidence )?(?:interval|CI)|95% interval|"
    r"80% power|six COM-B|\bcan range from\b",
    re.IGNORECASE,
)


def chapter_id(path):
    """Name a chapter in a test report."""
    return path.stem


def cells(path, kind):
    """Return the sources of a chapter's cells of one kind, with their numbers."""
    notebook = nbformat.read(path, as_version=4)
    return [
        (n, c.source, c) for n, c in enumerate(notebook.cells, 1) if c.cell_type == kind
    ]


def typed_claims(prose):
    """Return the phrases of a text that state a number about the data."""
    prose = re.sub(r"\{glue:text\}`[^`]*`", "GLUED", prose)
    prose = re.sub(r"\{cite[^}]*\}`[^`]*`|\]\([^)]*\)|\{[.#][^}]*\}", "", prose)
    prose = BY_DEFINITION.sub("", prose)
    return [match[0] for match in CLAIM.finditer(prose)]


@pytest.mark.parametrize(
    "sentence",
    [
        "We included 25 articles.",
        "There were seven eligible articles.",
        "It lists 41 personomic factors.",
        "Agreement was 51 %.",
        "Raters agreed in 51 per cent.",
        "with kappa of 0.30",
        "with κ = 0.30",
        "Twenty-eight cases were eligible.",
        "All 835 terms",
    ],
)
def test_the_lint_catches_typed_claims(sentence):
    """A count, percentage or kappa typed into prose is found."""
    assert typed_claims(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "These data hold {glue:text}`search-included` articles.",
        "Two raters judged each record by PRISMA 2020 {cite:p}`page2021prisma`.",
        "Cohen's κ with its 95% confidence interval",
        "one of the articles",
    ],
)
def test_the_lint_lets_method_pass(sentence):
    """Glued numbers and names of methods are no typed claims."""
    assert not typed_claims(sentence)


def test_there_are_chapters():
    """The lint below looks at something."""
    assert len(CHAPTERS) >= 5


@pytest.mark.parametrize("path", CHAPTERS, ids=chapter_id)
def test_no_claim_is_typed_into_prose(path):
    """Numbers about the data come from the data."""
    found = [
        f"cell {n}: {claim!r}"
        for n, source, _ in cells(path, "markdown")
        for claim in typed_claims(source)
    ]
    assert not found, f"{path.name}: use a glued number instead of: {found}"


@pytest.mark.parametrize("path", CHAPTERS, ids=chapter_id)
def test_chapters_are_thin(path):
    """A cell defines nothing, is short, names no file and holds no number."""
    for n, source, cell in cells(path, "code"):
        where = f"{path.name}, cell {n}"
        tree = ast.parse(source)
        kinds = (ast.FunctionDef, ast.Lambda, ast.ClassDef, ast.For, ast.While)
        assert not [x for x in ast.walk(tree) if isinstance(x, kinds)], where
        lines = [line for line in source.splitlines() if line.strip()]
        assert len(lines) <= 15, where
        literals = [
            x.value
            for x in ast.walk(tree)
            if isinstance(x, ast.Constant) and not isinstance(x.value, bool)
        ]
        assert not [x for x in literals if isinstance(x, int | float)], where
        strings = [x for x in literals if isinstance(x, str)]
        assert not [x for x in strings if "/" in x or x.endswith(".csv")], where
        tags = set(cell.metadata.get("tags", []))
        assert tags & {"hide-input", "remove-cell"}, f"{where} has no tag"
        shown = [o for o in cell.outputs if "text/html" in o.get("data", {})]
        assert len(shown) <= 1, f"{where} shows more than one result"


@pytest.mark.parametrize("path", CHAPTERS, ids=chapter_id)
def test_chapters_say_what_they_do_not_show(path):
    """Every chapter begins in short and ends with its limits."""
    prose = [source for _, source, _ in cells(path, "markdown")]
    assert "In short" in prose[0]
    headings = re.findall(r"^## (.+)$", "\n".join(prose), re.MULTILINE)
    assert headings[-1] == "What this chapter does not show"


@pytest.mark.parametrize("path", CHAPTERS, ids=chapter_id)
def test_outputs_are_committed_and_clean(path):
    """Every cell was run, none failed, and no output holds an address or a path."""
    for n, _, cell in cells(path, "code"):
        where = f"{path.name}, cell {n}"
        assert cell.outputs, f"{where} has no committed output"
        text = str(cell.outputs)
        assert not re.search(r"0x[0-9a-f]{6,}|/(home|root|tmp)/", text), where
        assert {o.output_type for o in cell.outputs} <= {
            "display_data",
            "execute_result",
        }, where
