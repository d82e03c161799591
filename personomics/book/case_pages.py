"""A page for each case narrative, eligible or not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from personomics import evidence, history
from personomics.book import entries
from personomics.book.article_pages import copy_read, described
from personomics.book.documents import Document
from personomics.book.entries import first, on_map, part, short, unique
from personomics.book.parts import Record, citation, facts, grouped, meta
from personomics.book.related import Shared, members, nearest
from personomics.case_codes import NO_FACTOR, UNNAMED
from personomics.dataset import Dataset
from personomics.evidence import page_link, to_case, to_factor
from personomics.html import Markup, join, tag, text
from personomics.style import badge
from personomics.words import counted

RIGHTS = (
    "The summary is in our words; the phrases are short quotations and belong to the "
    "author."
)


@dataclass(frozen=True)
class Ground:
    """All that is known of the narratives, read and grouped once.

    Attributes
    ----------
    ds : Dataset
        The data.
    """

    ds: Dataset

    @cached_property
    def cases(self) -> dict[str, Record]:
        """Every narrative."""
        return {row["case_id"]: row for row in self.ds["cases"].to_dict("records")}

    @cached_property
    def labels(self) -> dict[str, str]:
        """Short labels of the narratives."""
        return evidence.case_labels(self.ds)

    @cached_property
    def eligible(self) -> set[str]:
        """The eligible ones."""
        return evidence.eligible_ids(self.ds)

    @cached_property
    def items(self) -> dict[str, list[Record]]:
        """Passages of each narrative."""
        return grouped(self.ds["case_items"], "case_id")

    @cached_property
    def codes(self) -> dict[str, dict[str, Record]]:
        """Answers to each passage by rater."""
        found = grouped(self.ds["case_codes"], "item_id")
        return {item: {r["rater_id"]: r for r in rows} for item, rows in found.items()}

    @cached_property
    def coders(self) -> list[str]:
        """Who coded, the consensus last."""
        return list(entries.in_order(self.ds, "case_codes"))

    @cached_property
    def ratings(self) -> dict[str, list[Record]]:
        """Ratings of each narrative, in the order of raters, the consensus last."""
        return entries.by_rater(self.ds, "case_ratings", "case_id")

    @cached_property
    def types(self) -> dict[str, list[Record]]:
        """Types of adaptation of each narrative."""
        return grouped(self.ds["case_adaptations"], "case_id")

    @cached_property
    def raters(self) -> dict[str, str]:
        """Names of the raters."""
        return entries.rater_names(self.ds)

    @cached_property
    def factors(self) -> dict[str, str]:
        """Labels of the factors."""
        return evidence.factor_labels(self.ds)

    @cached_property
    def sets(self) -> dict[str, set[str]]:
        """Factors of each eligible narrative."""
        rows = evidence.case_factors(self.ds)
        pairs = zip(rows["case_id"], rows["factor_id"], strict=True)
        return members(list(pairs))

    @cached_property
    def near(self) -> dict[str, list[Shared]]:
        """Eligible narratives that show the same factors."""
        return nearest(self.sets)

    @cached_property
    def changes(self) -> dict[str, list[history.Row]]:
        """Recorded changes of each narrative."""
        return history.told(self.ds, "case")


def documents(ds: Dataset) -> list[Document]:
    """Return the pages, one for each narrative."""
    ground = Ground(ds)
    return [document(ground, key) for key in ground.cases]


def document(ground: Ground, key: str) -> Document:
    """Return the page of one narrative."""
    row, items = ground.cases[key], ground.items.get(key, [])
    state = "Eligible" if key in ground.eligible else "Not eligible"
    shown = counted(len(ground.sets.get(key, ())), "factor")
    told = f"{state} · {shown}" if key in ground.eligible else state
    body = join(
        [
            head(row, state, key in ground.eligible),
            adaptation_part(ground, key),
            passages_part(ground, key),
            source_part(row),
            related_part(ground, key),
            entries.changed(ground.changes.get(key, [])),
        ],
        "\n",
    )
    words = [row["title"], row["journal"], *(i["item"] for i in items)]
    return Document(
        evidence.case_address(key),
        ground.labels[key],
        short(row["summary"]),
        entries.one_line(body),
        "case",
        key,
        unique([*words, *(i["evidence"] for i in items)]),
        tag("p", entries.short(row["summary"])) + meta(told),
        described(row, "CreativeWork", "CreativeWork"),
    )


def head(row: Record, state: str, eligible: bool) -> Markup:
    """Return what opens the page: the summary and whether it is eligible."""
    key = row["case_id"]
    links = [page_link("cases", key, "In the table of all cases")]
    if eligible:
        links.insert(0, on_map("See it on the map", case=key))
    mark = tag("span", state, class_="pc-badge")
    return join(
        [
            meta(mark, tag("code", key)),
            tag("p", row["summary"], class_="pc-lead"),
            entries.actions(*links),
            facts({"Why" if eligible else "Why not": row["eligibility_reason"],
                   "Patient": row["patient_kind"]}),
        ]
    )  # fmt: skip


def adaptation_part(ground: Ground, key: str) -> Markup:
    """Return how care was adapted, and what each coder said of it."""
    row = ground.cases[key]
    types = ", ".join(text(one["adaptation_type"]) for one in ground.types.get(key, []))
    ending = "could be read" if row["outcome_seen"] else "could not be read"
    about = {
        "Adaptation": text(row["adaptation"]) or "could not be read",
        "Types": types,
        "How it ended": ending,
    }
    rows: list[dict[str, object]] = [
        {
            "coder": ground.raters[r["rater_id"]],
            "main": text(r["primary_adaptation"]) or UNNAMED,
            "acts_on": badge("com_b", r["com_b_target"]) or UNNAMED,
            "remark": r["resolution"],
        }
        for r in ground.ratings.get(key, [])
    ]
    shown = entries.table(
        rows, "What each coder said of the adaptation, and the consensus",
        {"main": "Main adaptation", "acts_on": "Acts on"}, "coder", ("remark",),
    )  # fmt: skip
    return part("adaptation", "How care was adapted", facts(about), shown)


def passages_part(ground: Ground, key: str) -> Markup:
    """Return the coded passages with what each coder said and the consensus."""
    rows: list[dict[str, object]] = []
    for item in ground.items.get(key, []):
        given = ground.codes.get(item["item_id"], {})
        cells: dict[str, object] = {"words": tag("q", item["evidence"]),
                                    "shows": item["item"]}  # fmt: skip
        for who in ground.coders:
            cells[f"by {who}"] = answer(ground, given.get(who))
        rows.append(cells)
    headings = {f"by {who}": ground.raters[who] for who in ground.coders}
    shown = entries.table(
        rows, f"{counted(len(rows), 'passage')}, and the factor that each coder saw",
        {"words": "Words of the narrative", "shows": "What they show", **headings},
    )  # fmt: skip
    none = "No passage of it is coded."
    return part("passages", "The words, and the factors behind them",
                shown or tag("p", none))  # fmt: skip


def answer(ground: Ground, code: Record | None) -> object:
    """Return what one coder said of a passage."""
    if code is None:
        return "not coded"
    factor, resolution = text(code["factor_id"]), text(code["resolution"])
    shown: object = text(code["reason"]) or NO_FACTOR
    if factor:
        shown = to_factor(factor, ground.factors[factor])
    return (
        join([shown, f" ({resolution})"]) if resolution not in ("", "agree") else shown
    )


def source_part(row: Record) -> Markup:
    """Return where the narrative was published and read, and its licence."""
    seen = join(filter(text, [row["text_seen"], row["text_note"]]), "; ")
    about = {
        "Series": row["series"],
        "Text seen": seen,
        "Copy read": copy_read(row["read_in"], row["source_url"]),
        "Licence": row["licence"],
        "About the title": row["title_note"],
    }
    return part("source", "Source", citation(row), meta(evidence.identifier_links(row)),
                facts(about), tag("p", RIGHTS, class_="pc-note"))  # fmt: skip


def related_part(ground: Ground, key: str) -> Markup:
    """Return the eligible narratives that share most factors with this one."""
    lines = [
        entries.sharing(
            near, to_case(near.key, ground.labels[near.key]), "factor",
            " · ", on_map("compare", vs=f"{key},{near.key}"),
        )
        for near in ground.near.get(key, [])
    ]  # fmt: skip
    return part("related", "Cases that show the same factors", first(lines))
