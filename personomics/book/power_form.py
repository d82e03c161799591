"""The form of the page "How large a trial": every field with its range and its help."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from personomics.book.power_words import SOLVE
from personomics.html import Markup, join, tag

Limits = dict[str, dict[str, Any]]
#: Fields by the heading under which they stand; the first group is always open.
GROUPS = {
    "The factor": ("moderator", "prevalence", "shares"),
    "The outcome": ("outcome", "baseline_risk", "sd"),
}
OPTIONS = {
    "Instrument": ("reliability", "sensitivity", "specificity"),
    "Test and arms": ("alpha", "moderators", "correction", "allocation"),
    "Other effects": ("treatment", "prognosis", "r2"),
    "Clusters and drop-out": ("cluster_size", "icc", "moderator_icc", "dropout"),
}


def part(name: str, kind: str, content: object = "", **more: object) -> Markup:
    """Return an element that the script knows by its name."""
    return tag(kind, content, id=f"pc-power-{name}", **more)


def single(name: str, **more: object) -> Markup:
    """Return an input, which has no end tag."""
    made = part(name, "input", autocomplete="off", **more)
    return Markup(str(made).removesuffix("</input>"))


def button(name: str, words: str) -> Markup:
    """Return a button that the script knows by its name."""
    return part(name, "button", words, type="button", class_="pc-button")


def error(name: str) -> Markup:
    """Return the place of an error."""
    return part(f"{name}-error", "p", class_="pc-power-error", hidden="hidden")


def hint(limit: dict[str, Any]) -> str:
    """Return what to enter: the meaning and the range."""
    words, help_ = limit["words"], limit["help"]
    return f"{help_[:1].upper()}{help_[1:]}. {words[:1].upper()}{words[1:]}."


def radios(name: str, legend: str, choices: dict[str, str], chosen: str) -> Markup:
    """Return one choice among several."""
    made = []
    for value, words in choices.items():
        checked = Markup(" checked") if value == chosen else Markup("")
        radio = Markup(
            '<input type="radio" name="pc-power-{}" value="{}"{} autocomplete="off">'
        ).format(name, value, checked)
        made.append(tag("label", radio + tag("span", words)))
    inside = [tag("legend", legend), tag("div", join(made)), error(name)]
    return tag(
        "fieldset", join(inside), class_="pc-power-choice", data_field=name
    )  # fmt: skip


def choice(name: str, limit: dict[str, Any]) -> Markup:
    """Return the choice of an outcome, a moderator or a correction."""
    named = {value: value.capitalize() for value in limit["choices"]}
    return radios(name, limit["label"], named, limit["default"])


def shown(value: Any) -> str:
    """Return a value as people type it.

    >>> shown(0.5), shown([0.2, 0.8]), shown(None), shown(1)
    ('0.5', '0.2, 0.8', '', '1')
    """
    if isinstance(value, list | tuple):
        return ", ".join(map(shown, value))
    return "" if value is None else f"{value:g}"


def field(name: str, limit: dict[str, Any], value: Any) -> Markup:
    """Return a labelled field with its meaning, range and place for an error."""
    if limit["kind"] == "choice":
        return choice(name, limit)
    keys = "numeric" if limit["kind"] == "whole" else "decimal"
    inside = [
        tag("label", limit["label"], for_=f"pc-power-{name}"),
        single(
            name, type="text", class_="pc-field", value=shown(value),
            spellcheck="false",
            inputmode="text" if limit["kind"] == "shares" else keys,
            aria_describedby=f"pc-power-{name}-help pc-power-{name}-error",
        ),
        part(f"{name}-help", "small", hint(limit)),
        error(name),
    ]  # fmt: skip
    return tag("div", join(inside), class_="pc-power-field", data_field=name)


def slide(name: str, limit: dict[str, Any], value: Any) -> Markup:
    """Return a field with a slider below it."""
    made = str(field(name, limit, value)).removesuffix("</div>")
    label = f"{limit['label']}, slider"
    bar = single(f"{name}-slide", type="range", aria_label=label)
    return Markup(made) + bar + Markup("</div>")


def levers(limits: Limits, start: dict[str, Any]) -> Markup:
    """Return what is solved for, and the three numbers of which one is solved."""
    fields = [
        slide("n", limits["n"], start["n"]),
        slide("effect", limits["effect"], start["effect"]),
        field("power", limits["power"], start["power"]),
    ]
    ask = radios("solve", "What do you want to know?", SOLVE, "n")
    trio = tag("div", join(fields), class_="pc-power-trio")
    return part("levers", "div", ask + trio, class_="pc-power-js")


def group(heading: str, fields: Iterable[Markup]) -> Markup:
    """Return fields under a heading."""
    inside = tag("h3", heading) + join(fields)
    return tag("div", inside, class_="pc-power-group")


def form(limits: Limits, start: dict[str, Any], extra: Markup) -> Markup:
    """Return everything else that can be said of a trial."""
    first = start | {"sd": limits["sd"]["default"]}

    def made(names: Iterable[str]) -> list[Markup]:
        return [
            field(name, limits[name], first.get(name, limits[name]["default"]))
            for name in names
        ]

    plain = [group(heading, made(names)) for heading, names in GROUPS.items()]
    more = [group(heading, made(names)) for heading, names in OPTIONS.items()]
    folded = part(
        "options", "details", tag("summary", "More: instrument, arms, clusters, …")
        + join(more),
    )  # fmt: skip
    inside = join([tag("h2", "Your trial"), extra, *plain, folded])
    return part("form", "form", inside, class_="pc-power-js", novalidate="")
