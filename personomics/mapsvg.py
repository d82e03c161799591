"""Turn the concept map's DOT source into an SVG that speaks, and into a bitmap."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

from personomics.evidence import factor_address
from personomics.mapdraw import FONT, Chip, Plan, dot
from personomics.style import COM_B
from personomics.words import clean

SVG = "http://www.w3.org/2000/svg"
XLINK = "{http://www.w3.org/1999/xlink}"


def render(source: str, kind: str, *options: str) -> bytes:
    """Run graphviz-pure on DOT source.

    Raises
    ------
    RuntimeError
        If the program is missing or refuses the source.
    """
    program = Path(sys.executable).parent / "graphviz-pure"
    command = [str(program), "-q", f"-T{kind}", *options]
    try:
        done = subprocess.run(
            command, input=source.encode(), capture_output=True, check=False
        )
    except FileNotFoundError:
        msg = f"{program} not found; install the package graphviz-pure"
        raise RuntimeError(msg) from None
    if done.returncode or not done.stdout:
        msg = f"graphviz-pure: {done.stderr.decode(errors='replace').strip()}"
        raise RuntimeError(msg)
    return done.stdout


def finish(svg: bytes, plan: Plan, root: str = "..") -> str:
    """Return Graphviz's SVG with ids, classes, links and tooltips for readers."""
    ET.register_namespace("", SVG)
    top = ET.fromstring(svg)
    top.set("role", "group")
    top.set("font-family", FONT)
    chips = {f"#{chip.id}": chip for chip in plan.chips}
    for parent in list(top.iter()):
        for child in list(parent):
            if child.tag == f"{{{SVG}}}title":
                parent.remove(child)
            elif child.tag == f"{{{SVG}}}text":
                child.attrib.pop("{http://www.w3.org/XML/1998/namespace}space", None)
                child.attrib.pop("font-family", None)
        merge(parent)
    for group in top.iter(f"{{{SVG}}}g"):
        anchor = group.find(f"{{{SVG}}}a")
        if anchor is not None:
            group.attrib.pop("id", None)
            mark(anchor, chips[anchor.attrib[f"{XLINK}href"]], root)
        if re.match("(graph|node|edge|clust)[0-9]", group.get("id", "")):
            group.attrib.pop("id")
        name = group.get("id", "").removeprefix("map-")
        if name in plan.levels:
            group.set("role", "group")
            group.set("aria-label", name.capitalize())
        if name and (note := plan.notes.get(f"treatment {name}")):
            insert(group, 0, "title", note)
    return ET.tostring(top, encoding="unicode")


def mark(anchor: ET.Element, chip: Chip, root: str) -> None:
    """Give the link of one factor its address, its classes and its words."""
    classes = ("factor", chip.stability, chip.family, COM_B[chip.com_b][0])
    place = f"{chip.com_b}, {chip.level}, {chip.stability}"
    anchor.attrib.clear()
    anchor.attrib.update({
        "id": f"map-{chip.id}",
        "class": " ".join(f"pc-{c}" for c in classes),
        "href": f"{root}/{factor_address(chip.id, chip.label)}",
        "aria-label": clean(f"{chip.label}: {place}"),
        "data-factor": chip.id,
        "data-level": chip.level,
        "data-com-b": chip.com_b,
        "data-stability": chip.stability,
        "data-origin": chip.origin,
        "data-corner": corner(anchor),
    })  # fmt: skip
    insert(anchor, 0, "title", f"{chip.label}: {chip.definition}")
    insert(anchor, 1, "desc", f"{chip.definition} (origin: {chip.origin})")


def corner(anchor: ET.Element) -> str:
    """Return where a mark stands on the upper right corner of a link's box."""
    shape = next(e for e in anchor if e.get("d") or e.get("points"))
    found = re.findall(r"-?[\d.]+", shape.get("d") or shape.get("points") or "")
    right, top = max(map(float, found[::2])), min(map(float, found[1::2]))
    return f"{right - 5:.1f} {top + 4:.1f}"


def insert(parent: ET.Element, position: int, name: str, text: str) -> None:
    """Put an element with text into another."""
    element = ET.Element(f"{{{SVG}}}{name}")
    element.text = clean(text)
    parent.insert(position, element)


def merge(parent: ET.Element) -> None:
    """Join a fill and the outline drawn over it into one shape."""
    before: ET.Element | None = None
    for child in list(parent):
        shape = child.get("d") or child.get("points")
        if (
            before is not None
            and child.get("fill") == "none"
            and shape == (before.get("d") or before.get("points"))
        ):
            before.set("stroke", child.get("stroke", "none"))
            parent.remove(child)
        else:
            before = child if shape else None


def draw(plan: Plan, root: str = "..") -> tuple[str, Callable[[], bytes]]:
    """Return the map as SVG, and what draws it as PNG on white."""
    source = dot(plan)
    svg = finish(render(source, "svg"), plan, root)
    return svg, lambda: render(source, "png", "-Gdpi=144", "-Gbgcolor=white")
