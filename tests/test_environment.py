"""The environment is locked, without addresses, and the same everywhere."""

import re
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")


def names(text):
    """Return the normalised package names of a requirements file."""
    found = re.findall(r"^([A-Za-z0-9][\w.-]*)", text, re.MULTILINE)
    return {re.sub(r"[-_.]+", "-", name).lower() for name in found}


def test_lock_has_hashes_and_no_address():
    """Every package of the lock is pinned and hashed, and no host is named."""
    assert not re.search(r"https?:|file:|--index|--find-links", LOCK)
    entries = re.split(r"\n(?=\S)", LOCK.strip())
    assert len(entries) > 100
    for entry in entries:
        assert re.match(r"[\w.-]+(\[[\w,]+\])?==\S+", entry), entry[:60]
        assert "--hash=sha256:" in entry, entry[:60]


def test_lock_covers_every_direct_requirement():
    """What requirements.in asks for is locked, and CONTRIBUTING says what it is for."""
    direct = (ROOT / "requirements.in").read_text(encoding="utf-8")
    direct = "\n".join(x for x in direct.splitlines() if not x.startswith("#"))
    assert names(direct) <= names(LOCK)
    reasons = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert not [name for name in names(direct) if name not in reasons]


def test_conda_environment_is_the_lock():
    """environment.yml adds no version of its own: it installs the lock."""
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    wanted = yaml.safe_load(text)["dependencies"]
    assert wanted == [
        "python=3.11",
        "pip",
        {"pip": ["--require-hashes", "-r requirements.lock"]},
    ]
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert 'requires-python = ">=3.11"' in project


@pytest.mark.parametrize("package", ["jupyter-book", "matplotlib", "graphviz-pure"])
def test_installed_versions_are_the_locked_ones(package):
    """What renders the book here is what the lock names."""
    assert re.search(rf"^{package}=={re.escape(version(package))} ", LOCK, re.MULTILINE)


def test_versions_agree():
    """Package, citation file and changelogs name one code and one data version."""
    from personomics import __version__, load

    for name, mark in (
        ("pyproject.toml", f'version = "{__version__}"'),
        ("CITATION.cff", f"version: {__version__}"),
        ("CHANGELOG.md", f"## {__version__}"),
        ("data/CHANGELOG.md", f"## {load().version}"),
    ):
        assert mark in (ROOT / name).read_text(encoding="utf-8"), name


def test_no_machine_path_or_host_is_committed():
    """No tracked file names a package host or a folder of a development machine."""
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if tracked.returncode:
        pytest.skip("not a git checkout")
    hosts = ["pythonhosted" + ".org", "pypi" + ".org", "registry.npmjs" + ".org"]
    places = re.compile("|".join([*map(re.escape, hosts), r"/(work|farm|root)/\w"]))
    for name in filter(None, tracked.stdout.split("\0")):
        path = ROOT / name
        if path.suffix in (".png",) or not path.is_file():
            continue
        match = places.search(path.read_text(encoding="utf-8", errors="replace"))
        assert not match, f"{name}: {match[0]}"
