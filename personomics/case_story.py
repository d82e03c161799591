"""One narrative in full: the words told, the factors behind them, the care changed."""

from __future__ import annotations

import pandas as pd

from personomics import evidence as ev
from personomics import style
from personomics.case_codes import (
    UNNAMED,
    by_answer,
    coded_items,
    matrix,
    ranked_cases,
)
from personomics.dataset import Dataset
from personomics.html import Block, Markup, join, link, said, tag, text
from personomics.words import listed

READING = {"original": "an original copy", "secondary": "a secondary copy"}


def worked_case(ds: Dataset) -> Block:
    """Return one narrative in full, from the words told to the care changed.

    The narrative is the first of :func:`ranked_cases`.
    """
    ranked = ranked_cases(ds)
    if ranked.empty:
        return said("These data hold no eligible narrative to be shown in full.")
    case, labels = ranked.iloc[0], ev.factor_labels(ds)
    items = coded_items(ds)
    items = items[items["case_id"] == case["case_id"]]
    raters = [*ev.first_two(ds, "case_codes"), ds.consensus]
    title = text(case["title"]) or text(case["journal"])
    source = join(
        filter(None, [text(case["journal"]), text(case["locator"]), text(case["year"]),
                      ev.identifier_links(case), source_link(case)]), " · ",
    )  # fmt: skip
    told: list[Markup] = []
    plain: list[str] = []
    for item in items.to_dict("records"):
        given = {r: text(item[r]) or "not coded" for r in raters}
        judged = by_answer(ds, {r: labels.get(a, a) for r, a in given.items()})
        told += [tag("dt", tag("q", item["evidence"]))]
        shown = shown_as(ds, item[ds.consensus])
        told += [tag("dd", join([item["item"], " → ", shown]))]
        told += [tag("dd", judged, class_="pc-case-coders")]
        plain += [f"“{item['evidence']}” ({item['item']}). {judged}"]
    done, acts = adaptation_in_words(ds, case, raters)
    adaptation = (text(case["adaptation"]) or "Not readable").rstrip(".") + "."
    ending = ", which tells" if case["outcome_seen"] else "; it could not be read"
    how = f"Read in {READING[case['read_in']]}{ending} how it ended."
    body = [
        tag("p", tag("strong", ev.to_case(case["case_id"], title))),
        tag("p", source, class_="pc-case-source"),
        tag("p", case["summary"], class_="pc-case-story"),
        tag("p", "The words, and the person behind them", class_="pc-case-step"),
        tag("dl", join(told)),
        tag("p", "What changed in the care", class_="pc-case-step"),
        tag("p", adaptation),
        tag("p", acts),
        tag("p", done, class_="pc-case-coders"),
        tag("p", how, class_="pc-case-source"),
    ]
    section = tag("section", join(body, "\n"), class_="pc-case", aria_label=title)
    lines = [title, text(case["summary"]), *plain, adaptation, done, how]
    return Block(section, "\n".join(lines))


def source_link(case: pd.Series) -> Markup:
    """Return a link to the place where a narrative was read in an original copy."""
    url = text(case["source_url"]) if case["read_in"] == "original" else ""
    return link(url, "read the narrative") if url else Markup("")


def shown_as(ds: Dataset, answer: object) -> Markup:
    """Return a coded answer: the linked factor with its marks, or words."""
    factors = ds["factors"].set_index("factor_id")
    if answer not in factors.index:
        return tag("em", text(answer) or "not coded")
    factor = factors.loc[str(answer)]
    marks = [style.badge(kind, factor[kind]) for kind in ("com_b", "stability")]
    if factor["origin"] == "case narratives":
        marks.append(style.badge("origin", factor["origin"]))
    return join([ev.factor_link(ds, str(answer)), *marks], " ")


def adaptation_in_words(
    ds: Dataset, case: pd.Series, raters: list[str]
) -> tuple[str, Markup]:
    """Return who judged the adaptation how, and the component it acts on."""
    rated = ds["case_ratings"]
    rated = rated[rated["case_id"] == case["case_id"]].fillna(UNNAMED)
    given = rated.set_index("rater_id")[["primary_adaptation", "com_b_target"]]
    present = [r for r in raters if r in given.index]
    judged = by_answer(ds, {r: ", through ".join(given.loc[r]) for r in present})
    agreed = given.loc[ds.consensus] if ds.consensus in given.index else None
    if agreed is None or agreed["com_b_target"] == UNNAMED:
        return judged, tag("span", f"COM-B component it acts on: {UNNAMED}.")
    target = agreed["com_b_target"]
    mine = matrix(ds)
    mine = mine[(mine["case_id"] == case["case_id"]) & mine["same"]]
    shared = listed(mine["factor"], quoted=True, none="none of them")
    parts = [
        "Main adaptation: ", tag("strong", agreed["primary_adaptation"]),
        ". It acts on ", style.badge("com_b", target), ": ", ds.codes("com_b")[target],
        " Of the factors above, this component holds: ", shared, ".",
    ]  # fmt: skip
    return judged, join(parts)
