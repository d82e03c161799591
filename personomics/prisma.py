"""The PRISMA 2020 flow diagram, counted from the states of the records."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from personomics import style
from personomics.dataset import Dataset
from personomics.evidence import articles_with_state, rater_ids
from personomics.html import Table, text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DATABASES, OTHER = "databases and registers", "other methods"
#: Criteria in the order in which an excluded record gets its first reason.
ORDER = ("E1", "E2", "E3", "E4")
JUDGEMENT = "overall judgement"
NOT_RETRIEVED = "Reports not retrieved: awaiting full text, undecided without it"
OF_THESE = "of these: "
NOT_RUN = "The Medline search has not been run for these data."


@dataclass(frozen=True)
class Step:
    """One step of an arm: a box, and a box to its right where records leave the arm.

    Keys are those of the PRISMA2020 R package's template (Haddaway NR et al. Campbell
    Syst Rev 2022;18:e1230), but for other_results and the unsettled boxes.
    """

    box: str
    label: str
    side: str
    side_label: str
    leaves: str
    top: float
    height: float


#: Steps of the two arms; top and height of the boxes are in inches.
STEPS = {
    DATABASES: (
        Step("database_results", "Records identified", "dbr_unsettled",
             "Records without a consensus yet", "unsettled", 0.75, 1.25),
        Step("records_screened", "Records screened", "records_excluded",
             "Records excluded on title or abstract", "screened out", 2.4, 0.75),
        Step("dbr_sought_reports", "Reports sought for retrieval",
             "dbr_notretrieved_reports", NOT_RETRIEVED, "awaiting full text", 3.5, 1.0),
        Step("dbr_assessed", "Reports assessed for eligibility", "dbr_excluded",
             "Reports excluded", "exclude", 4.85, 1.55),
    ),
    OTHER: (
        Step("other_results", "Records identified", "other_unsettled",
             "Records without a consensus yet", "unsettled", 0.75, 1.25),
        Step("other_sought_reports", "Reports sought for retrieval",
             "other_notretrieved_reports", NOT_RETRIEVED, "awaiting full text", 3.5,
             1.0),
        Step("other_assessed", "Reports assessed for eligibility", "other_excluded",
             "Reports excluded", "exclude", 4.85, 1.55),
    ),
}  # fmt: skip


def path(arm: str, end: str) -> list[str]:
    """Return the boxes that a record passes on the way to its end.

    >>> path("other methods", "exclude")
    ['other_results', 'other_sought_reports', 'other_assessed', 'other_excluded']
    """
    boxes: list[str] = []
    for step in STEPS[arm]:
        boxes.append(step.box)
        if step.leaves == end:
            return [*boxes, step.side]
    return [*boxes, "new_studies"]


def only_record_seen(seen: object) -> bool:
    """Say whether no more than title, record or abstract of a report was seen.

    >>> only_record_seen("abstract (cut short)"), only_record_seen("abstract + table")
    (True, False)
    """
    bare = re.sub(r"\(.*?\)", "", text(seen)).lower()
    parts = {part.strip() for part in re.split(r"\+|\band\b", bare)}
    return parts <= {"abstract", "title", "record", "record only"}


def ends(ds: Dataset) -> pd.DataFrame:
    """Return where each record ends in the diagram.

    Columns: article_id, arm, text_seen, end: "include", or where it leaves one of the
    :data:`STEPS`. A record from a database that was excluded on its title or abstract
    alone was screened out; one without a consensus is unsettled.
    """
    rows = articles_with_state(ds)
    rows = rows.rename(columns={"identified_by": "arm", "verdict": "end"})
    rows["end"] = rows["end"].fillna("unsettled")
    early = rows["text_seen"].map(only_record_seen).astype(bool)
    early &= (rows["arm"] == DATABASES) & (rows["end"] == "exclude")
    rows.loc[early, "end"] = "screened out"
    return rows[["article_id", "arm", "text_seen", "end"]]


def flow(ds: Dataset) -> pd.DataFrame:
    """Return every box of the diagram with the records behind it.

    Columns: box (key), arm, label, n, article_ids (tuple, in file order). Each record
    has one end, and is in every box on the path to it; so what enters a step always
    leaves it.

    Source: Page MJ et al. BMJ 2021;372:n71.

    Examples
    --------
    >>> from personomics import load
    >>> flow(load())["box"].iloc[-1]
    'new_studies'
    """
    boxes = [("new_studies", "both", "Studies included")]
    for arm, steps in reversed(STEPS.items()):
        for step in reversed(steps):
            boxes.insert(0, (step.side, arm, step.side_label))
            boxes.insert(0, (step.box, arm, step.label))
    inside: dict[str, list[str]] = {key: [] for key, _, _ in boxes}
    for article, arm, _, end in ends(ds).itertuples(index=False):
        for key in path(arm, end):
            inside[key].append(article)
    rows = [(*box, len(inside[box[0]]), tuple(inside[box[0]])) for box in boxes]
    return pd.DataFrame(rows, columns=["box", "arm", "label", "n", "article_ids"])


def exclusion_reasons(ds: Dataset) -> pd.DataFrame:
    """Return each excluded record with its reason, from the raters' own answers.

    Columns: article_id, reason, unmet. ``unmet`` holds every criterion that any rater
    found unmet (E1, E2, E3: no; E4: no or partly, for the codebook asks that it is
    met); ``reason`` is the first of them in the order E1 to E4, or "overall judgement"
    where the record was excluded although no rater found a criterion unmet.
    """
    rows = ends(ds)
    excluded = rows.loc[rows["end"].isin(["exclude", "screened out"]), "article_id"]
    failed: dict[str, set[str]] = {article: set() for article in excluded}
    for record in own_answers(ds, excluded).to_dict("records"):
        for criterion in ORDER:
            answer = text(record[criterion.lower()])
            if answer == "no" or (criterion == "E4" and answer == "partly"):
                failed[record["article_id"]].add(criterion)
    unmet = [tuple(c for c in ORDER if c in found) for found in failed.values()]
    first = [found[0] if found else JUDGEMENT for found in unmet]
    return pd.DataFrame({"article_id": list(failed), "reason": first, "unmet": unmet})


def own_answers(ds: Dataset, articles: pd.Series[str]) -> pd.DataFrame:
    """Return the raters' own rows of the screening of some articles."""
    rows = ds["screening"]
    rows = rows[rows["rater_id"].isin(rater_ids(ds, "screening"))]
    return rows[rows["article_id"].isin(articles)]


def reason_label(reason: str) -> str:
    """Return a reason as shown to readers."""
    if reason == JUDGEMENT:
        return "Overall judgement, no criterion rated no"
    return f"{reason} not met"


def reasons_table(ds: Dataset) -> Table:
    """Return how many records were excluded for which reason."""
    rows = exclusion_reasons(ds)
    criteria = ds.codes("criterion")
    lines = []
    for reason in (*ORDER, JUDGEMENT):
        meaning = criteria.get(reason) or "Excluded on the record as a whole."
        first = int((rows["reason"] == reason).sum())
        at_all = sum(reason in unmet for unmet in rows["unmet"])
        lines.append((reason_label(reason), meaning, first, max(first, at_all)))
    return Table(
        pd.DataFrame(lines, columns=["reason", "meaning", "first", "any"]),
        "Reasons for exclusion; each excluded record has one first reason",
        {"meaning": "What was asked", "first": "First reason", "any": "Reason at all"},
    )


def twin(ds: Dataset) -> pd.DataFrame:
    """Return the numbers of the diagram as rows, reasons for exclusion included."""
    reason_of = exclusion_reasons(ds).set_index("article_id")["reason"]
    rows: list[tuple[str, str, int]] = []
    for key, arm, label, n, articles in flow(ds).itertuples(index=False):
        rows.append((arm, label, n))
        if key in ("dbr_excluded", "other_excluded"):
            found = [reason_of[article] for article in articles]
            given = [r for r in (*ORDER, JUDGEMENT) if r in found]
            rows += [(arm, OF_THESE + reason_label(r), found.count(r)) for r in given]
    return pd.DataFrame(rows, columns=["arm", "label", "n"])


WIDTH, HEIGHT = 7.75, 7.65
LEFT = {DATABASES: 0.42, OTHER: 4.16}
MAIN, SIDE, BETWEEN = 1.52, 1.8, 0.22
BANDS = {"Identification": (0.75, 2.0), "Screening": (2.4, 6.4), "Included": (6.9, 7.6)}
#: Left, top, width and height of a box in inches from the top left of the page.
Box = tuple[float, float, float, float]


def flow_figure(ds: Dataset) -> style.Figure:
    """Draw the PRISMA 2020 flow diagram, its two arms side by side."""
    numbers_twin = twin(ds)
    record_only, assessed = seen_in_part(ds)
    chart = style.new_chart(WIDTH, HEIGHT)
    chart.set_layout_engine("none")
    axes = chart.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, WIDTH), ylim=(HEIGHT, 0))
    axes.axis("off")
    for name, (top, end) in BANDS.items():
        draw_box(axes, (0.05, top, 0.26, end - top), name, "band")
    boxes = flow(ds).set_index("box")
    for arm in STEPS:
        draw_arm(axes, arm, boxes, reason_lines(numbers_twin, arm))
    words = box_words(boxes, "new_studies")
    draw_box(axes, (2.3, 6.9, 3.5, 0.7), words, "result")
    return style.from_chart(
        chart,
        "prisma-flow",
        "PRISMA 2020 flow diagram of these data",
        alt_text(ds),
        numbers_twin,
        min_width=600,
        headings={"arm": "Identified via", "label": "Box", "n": "Number"},
        note="Every number is counted from the records; a dashed arm has none. Seen as "
        f"title or abstract only: {record_only} of the {assessed} reports assessed.",
    )


def draw_arm(axes: Axes, arm: str, boxes: pd.DataFrame, reasons: list[str]) -> None:
    """Draw one arm of the diagram from its heading to the arrow that leaves it."""
    left = LEFT[arm]
    right, middle = left + MAIN + BETWEEN, left + MAIN / 2
    empty = not boxes.loc[STEPS[arm][0].box, "n"]
    kind = "empty" if empty else "box"
    heading = (left, 0.12, MAIN + BETWEEN + SIDE, 0.38)
    draw_box(axes, heading, f"Identified via {arm}", "head")
    bottom = 0.0
    for step in STEPS[arm]:
        if bottom:
            draw_arrow(axes, [(middle, bottom), (middle, step.top)], kind)
        bottom = step.top + step.height
        words = box_words(boxes, step.box)
        if empty and step.box == "database_results":
            words += f"\n\n{NOT_RUN}"
        draw_box(axes, (left, step.top, MAIN, step.height), words, kind)
        if step.leaves == "unsettled" and not boxes.loc[step.side, "n"]:
            continue
        words = box_words(boxes, step.side)
        if step.leaves == "exclude":
            words = "\n".join([words, *reasons])
        draw_box(axes, (right, step.top, SIDE, step.height), words, kind)
        level = step.top + step.height / 2
        draw_arrow(axes, [(left + MAIN, level), (right, level)], kind)
    end, turn = (2.9 if arm == DATABASES else middle), bottom + 0.22
    draw_arrow(axes, [(middle, bottom), (middle, turn), (end, turn), (end, 6.9)], kind)


def box_words(boxes: pd.DataFrame, key: str) -> str:
    """Return what stands in a box: its label and its number."""
    return "{label}\n(n = {n})".format(**boxes.loc[key])


def reason_lines(rows: pd.DataFrame, arm: str) -> list[str]:
    """Return the reasons for exclusion of an arm as lines of a box."""
    own = rows[(rows["arm"] == arm) & rows["label"].str.startswith(OF_THESE)]
    short = own["label"].str.removeprefix(OF_THESE).str.split(",").str[0]
    return [f"{label}: {n}" for label, n in zip(short, own["n"], strict=True)]


def draw_box(axes: Axes, place: Box, words: str, kind: str) -> None:
    """Draw one box with its words; ``kind`` says which of its looks it takes."""
    from matplotlib.patches import Rectangle

    left, top, width, height = place
    fill = {"band": "partly", "head": "accent-faint", "result": "faint"}.get(kind)
    color = style.color("muted" if kind == "empty" else "ink")
    look: dict[str, Any] = {
        "facecolor": style.color(fill) if fill else "none",
        "edgecolor": color,
        "linestyle": (0, (4, 3)) if kind == "empty" else "-",
        "linewidth": 0 if kind in ("band", "head") else 1,
    }
    axes.add_patch(Rectangle((left, top), width, height, **look))
    if kind not in ("band", "head"):
        per_line = int((width - 0.1) / 0.077)
        words = "\n".join(textwrap.fill(line, per_line) for line in words.split("\n"))
    letter: dict[str, Any] = {"ha": "center", "va": "center", "color": color}
    letter |= {"fontweight": "normal" if kind in ("box", "empty") else "bold"}
    letter |= {"rotation": 90 if kind == "band" else 0, "linespacing": 1.25}
    axes.text(left + width / 2, top + height / 2, words, fontsize=9.5, **letter)


def draw_arrow(axes: Axes, points: list[tuple[float, float]], kind: str) -> None:
    """Draw a line through points that ends in an arrow; ``kind`` as for a box."""
    look: dict[str, Any] = {"lw": 1, "linestyle": "-", "color": style.color("ink")}
    if kind == "empty":
        look |= {"linestyle": (0, (4, 3)), "color": style.color("muted")}
    if len(points) > 2:
        axes.plot(*zip(*points[:-1], strict=True), **look)
    look |= {"arrowstyle": "-|>", "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", points[-1], points[-2], arrowprops=look)


def seen_in_part(ds: Dataset) -> tuple[int, int]:
    """Return how many assessed reports were seen only as title or abstract, of all."""
    rows = ends(ds)
    seen = rows.loc[rows["end"].isin(["exclude", "include"]), "text_seen"]
    return sum(map(only_record_seen, seen)), len(seen)


def alt_text(ds: Dataset) -> str:
    """Return the diagram in words."""
    boxes = flow(ds)
    parts = []
    for arm in STEPS:
        own = boxes[(boxes["arm"] == arm) & (boxes["n"] > 0)]
        pairs = zip(own["label"], own["n"], strict=True)
        steps = [f"{label.lower()}, {n}" for label, n in pairs]
        parts.append(f"Via {arm}: {'; '.join(steps) or 'no records'}.")
    total = boxes["n"].iloc[-1]
    return f"PRISMA 2020 flow diagram. {' '.join(parts)} Studies included: {total}."


def numbers(ds: Dataset) -> dict[str, object]:
    """Return every number the chapter's prose uses about the flow."""
    boxes = flow(ds).set_index("box")["n"]
    reasons = exclusion_reasons(ds)["reason"]
    databases = int(boxes["database_results"])
    record_only, assessed = seen_in_part(ds)
    return {
        "other-identified": int(boxes["other_results"]),
        "databases-arm": f"Records from databases and registers: {databases}. "
        + ("" if databases else NOT_RUN),
        "assessed": assessed,
        "record-only": record_only,
        "reasons-by-criterion": int((reasons != JUDGEMENT).sum()),
        "judgement": int((reasons == JUDGEMENT).sum()),
    }
