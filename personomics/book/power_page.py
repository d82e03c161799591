"""The page on which a reader works out how large a trial must be."""

from __future__ import annotations

from typing import Any

from personomics import __version__, power
from personomics.book import power_words as words
from personomics.book.address import base
from personomics.book.apply_data import as_script
from personomics.book.parts import Sections
from personomics.book.power_curve import (
    LEVEL,
    ROOM,
    Curve,
    axis_end,
    costs,
    curves,
    picture,
)
from personomics.book.power_form import button, form, levers, part
from personomics.dataset import Dataset
from personomics.html import Markup, Table, join, tag
from personomics.power.design import Design
from personomics.power.worked import standard_error
from personomics.words import clip, percent

INTRO = (
    "To find that a treatment works better in some patients than in others (an "
    "*interaction*) takes about **four times** the participants that an effect of the "
    "same size in everyone takes; more if the factor is measured with error."
)
#: Ratios whose variance depends on events only.
RATES = ("hazard ratio", "incidence rate ratio")
REFUSAL = "{name} must be {words}, not {found}"
CURVE = "Power by number of participants"
COST = "What an instrument with error costs"


def intro(ds: Dataset) -> str:
    """Say what the page is for."""
    del ds
    return INTRO


def sections(ds: Dataset) -> Sections:
    """Return the page: the answer with its picture, the form, what to take away."""
    data = page_data(ds)
    script = Markup('<script type="application/json" id="pc-power-data">{}</script>')
    design = Design(effect=data["start"]["effect"], power=data["start"]["power"])
    limits, start = data["limits"], data["start"]
    first = [answer(design), curve(design), levers(limits, start)]
    panes = [
        tag("div", join(first), class_="pc-power-first"),
        form(limits, start, example(data)),
        tag("div", join([rests(), cost(design), take()]), class_="pc-power-rest"),
    ]
    body = [
        part("notice", "p", role="status"),
        tag("div", join(panes, "\n"), class_="pc-power-panes"),
        published(ds),
    ]
    made = part("x", "div", join(body, "\n"), class_="pc-wide")
    whole = Markup(str(made).replace('id="pc-power-x"', 'id="pc-power"', 1))
    return [("", whole + script.format(Markup(as_script(data))))]


def page_data(ds: Dataset) -> dict[str, Any]:
    """Return what the script needs: limits, words, nodes, a first trial."""
    data = power.page_data()
    data["words"]["errors"] = {"refusal": REFUSAL, **data["words"]["errors"]}
    return data | {
        "answers": words.ANSWERS, "findings": words.FINDINGS, "says": words.SAYS,
        "compared": words.COMPARED, "assumed": words.ASSUMED,
        "protocol": words.PROTOCOL, "reliability": words.RELIABILITY,
        "version": __version__, "example": worked(ds), "book": base(),
    }  # fmt: skip


def worked(ds: Dataset) -> dict[str, Any] | None:
    """Return the largest published trial that can be filled in, or None.

    The interval of a log ratio of ``d`` events in two arms of equal size has the
    variance ``4 / d``. So two intervals give the events of the two groups, as many as
    a trial without overdispersion had; these give the share and the risk.
    """
    for one in power.examples(ds):
        values = ds["trial_fact_values"]
        own = values["fact_id"] == one.fact_id
        rows = values[own & (values["measure"] == one.measure)].to_dict("records")
        errors = [standard_error(float(r["low"]), float(r["high"])) for r in rows]
        events = [4 / error**2 for error in errors]
        risk = sum(events) / one.participants
        if one.measure not in RATES or risk >= 1:
            continue
        facts = ds["trial_facts"].set_index("fact_id")
        treatment = float(rows[1]["value"])
        settings = {
            "outcome": "time-to-event", "moderator": "binary", "n": one.participants,
            "effect": float(f"{one.ratio:.3g}"), "treatment": treatment,
            "baseline_risk": float(f"{risk:.3g}"),
            "prevalence": float(f"{events[0] / sum(events):.3g}"),
        }  # fmt: skip
        about = words.EXAMPLE.format(
            reference=clip(facts.at[one.fact_id, "reference"], 120),
            participants=f"{one.participants:,}", treatment=f"{treatment:g}",
            ratio=f"{one.ratio:.2g}", first=clip(one.first), second=clip(one.second),
            measure=one.measure,
        )  # fmt: skip
        prefix = words.PREFIX.format(measure=one.measure)
        return {"settings": settings, "about": about, "prefix": prefix}
    return None


def example(data: dict[str, Any]) -> Markup:
    """Return the button that fills in a published trial, or nothing."""
    if not data["example"]:
        return Markup("")
    return tag("p", button("example", "Fill in a published trial"))


def published(ds: Dataset) -> Markup:
    """Return published trials worked through, or nothing."""
    if not power.examples(ds):
        return Markup("")
    table = power.example_table(ds)
    assert isinstance(table, Table)
    head = tag("summary", "Published trials, worked through")
    return tag("details", head + table.html(), class_="pc-power-more")


def answer(design: Design) -> Markup:
    """Return the answer for the first trial; the script writes it anew."""
    found = power.evaluate(design)
    finding = words.FINDINGS[design.outcome][design.moderator].format(
        effect=words.SAYS["one_sd"].format(effect=f"{design.effect:g}")
    )
    said = words.ANSWERS["n"].format(
        n=tag("strong", f"{found['n']:,}"), power=percent(found["power"]),
        finding=finding,
    )  # fmt: skip
    assert design.effect is not None
    main = curves(design, design.effect)[0].needs(design.power or LEVEL)
    assert main is not None
    compared = words.COMPARED["times"].format(
        main=f"{main:,}", times=f"{found['n'] / main:.2g}"
    )
    assumed = [
        words.ASSUMED["alpha"].format(alpha=f"{design.alpha:g}"),
        words.ASSUMED["equal"],
        words.ASSUMED["prevalence"].format(share=percent(design.prevalence)),
        words.ASSUMED["exact"],
        words.ASSUMED["stay"],
    ]
    lines = [
        part("old", "p", hidden="hidden"),
        part("said", "p", Markup(said)),
        part("compared", "p", compared),
        part("assumed", "p", words.SAYS["assumes"].format(assumed="; ".join(assumed))),
        part("live", "p", class_="pc-hidden", role="status"),
    ]
    return part("answer", "section", join(lines), aria_label="Answer")


def places(lines: list[Curve], level: float) -> list[int]:
    """Return how many participants each line needs for a power."""
    return [need for line in lines if (need := line.needs(level)) is not None]


def curve(design: Design) -> Markup:
    """Return the first picture: the interaction beside a treatment effect."""
    assert design.effect is not None
    lines = curves(design, design.effect)
    main, need = places(lines, 0.8)
    alt = words.SAYS["curve"].format(
        outcome=design.outcome, level="80%", main=f"{main:,}", n=f"{need:,}",
        n_here=f"{need:,}", power="80%",
    )  # fmt: skip
    drawn = picture("power-curve", lines, axis_end(ROOM * need), alt, CURVE)
    return part("curve", "div", drawn)


def cost(design: Design) -> Markup:
    """Return the second picture: reliability of the instrument."""
    assert design.effect is not None
    lines = costs(design, design.effect)
    needs = places(lines, 0.8)
    takes = ", ".join(f"{need:,}" for need in needs)
    alt = words.SAYS["cost"].format(level="80%", takes=takes)
    end = axis_end(1.15 * needs[-1])
    about = tag("p", words.SAYS["costs"].format(level="80%", takes=takes))
    drawn = picture("power-cost", lines, end, alt, COST)
    told = Markup(str(about).replace("<p>", '<p id="pc-power-costs">', 1))
    return part("cost", "div", drawn + told)


def rests() -> Markup:
    """Return what the answer rests on: remarks, method, source."""
    notes, method = part("notes", "ul", hidden="hidden"), part("method", "p")
    return join([tag("noscript", tag("p", words.UNSCRIPTED)), notes, method])


def take() -> Markup:
    """Return what can be taken away: a paragraph for the protocol, files, a link."""
    heading = tag("h2", "For the protocol")
    item = "SPIRIT 2025, item 19: how the sample size was determined, with all "
    label = tag(
        "label", f"{item}assumptions supporting the calculation", for_="pc-power-text"
    )
    text = part("text", "textarea", readonly="", rows="6", class_="pc-field")
    buttons = [
        button("copy", "Copy the paragraph"),
        button("json", "Save JSON"),
        button("csv", "Save CSV"),
        button("link", "Copy a link"),
    ]
    row = tag("p", join(buttons), class_="pc-power-buttons")
    said = part("done", "p", class_="pc-note", role="status")
    return tag(
        "section", join([heading, label, text, row, said]), class_="pc-power-js"
    )  # fmt: skip
