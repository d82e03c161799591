"""The command that works out sample size and power."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from personomics.cli_words import DONE, Add, print_json

if TYPE_CHECKING:
    from personomics.power import Design, Simulation


def power(args: argparse.Namespace) -> int:
    """Work out how large a trial must be to find that a factor changes an effect.

    Of --effect, --n and --power give two; the third is worked out. The effect is the
    interaction: the difference between the treatment effects of two groups (or for each
    standard deviation of a score), in the units of the outcome; for binary and
    time-to-event outcomes the ratio of the odds ratios or hazard ratios.
    """
    from personomics.power import Design, evaluate, simulate
    from personomics.power.fields import FIELDS

    given = {name: getattr(args, name) for name in FIELDS}
    design = Design(**{k: v for k, v in given.items() if v is not None})
    found = evaluate(design)
    check = None
    if args.simulate is not None:
        check = simulate(design, args.simulate, 1 if args.seed is None else args.seed)
    elif args.seed is not None:
        msg = "seed applies only with --simulate; leave it out"
        raise ValueError(msg)
    if args.json:
        more = {} if check is None else {"simulation": asdict(check)}
        print_json({"design": asdict(design), **found, **more})
    else:
        print("\n".join(statement(design, found, check)))
    return DONE


def number(words: str) -> Any:
    """Return a number, a list of numbers, or the words where they are neither."""
    if "," in words:
        return tuple(number(one.strip()) for one in words.split(","))
    try:
        return float(words)
    except ValueError:
        return words


def statement(
    design: Design, found: dict[str, Any], check: Simulation | None = None
) -> list[str]:
    """Return design, result, method and sources, one sentence a line."""
    from personomics.power.page import NOTES, SOURCES

    used = [SOURCES[design.outcome]]
    used += [SOURCES["reliability"]] * (found["attenuation"] < 1)
    used += [SOURCES["r2"]] * (design.r2 > 0)
    used += [SOURCES["clusters"]] * (design.cluster_size > 1)
    used += [SOURCES["sidak"]] * (design.correction == "sidak")
    lines = [
        f"Design: {sentence(design, found)}",
        f"Result: {result(design, found)}",
        f"Method: {method(design, found)}.",
        f"Source: {'; '.join(used)}.",
    ]
    if check is not None:
        lines.append(
            f"Simulation: power {check.power:.3f} (Monte Carlo standard error "
            f"{check.error:.3f}; {check.runs:,} trials, seed {check.seed}); "
            f"formula {check.formula:.3f}."
        )
    return lines + [f"Note: {NOTES[code]}" for code in found["notes"]]


def method(design: Design, found: dict[str, Any]) -> str:
    """Return how it was worked out, and whether that is exact."""
    from personomics.power.page import METHOD

    if design.outcome == "continuous" and design.cluster_size > 1:
        return METHOD["clusters"]
    rough = design.outcome == "continuous" and not found["exact"]
    return METHOD[design.outcome] + (METHOD["rough"] if rough else "")


def sentence(design: Design, found: dict[str, Any]) -> str:
    """Return the trial in words."""
    parts = [f"{design.outcome} outcome", f"{design.moderator} moderator"]
    if design.levels:
        shares = ", ".join(f"{100 * share:.3g}%" for share in design.levels)
        parts[1] += f" (groups of {shares})"
    parts.append(f"{100 * design.allocation:.3g}% in the intervention arm")
    if design.baseline_risk is not None:
        parts.append(f"risk {design.baseline_risk:g} without treatment")
    if found["attenuation"] < 1:
        parts.append(instrument(design, found["attenuation"]))
    if design.r2:
        parts.append(f"variance inflation {found['inflation']:.2f} by covariates")
    if design.cluster_size > 1:
        parts.append(
            f"clusters of {design.cluster_size} (design effect "
            f"{found['design_effect']:.2f})"
        )
    if design.dropout:
        parts.append(f"drop-out {100 * design.dropout:.3g}%")
    return "; ".join(parts) + f"; two-sided alpha {found['alpha']:.4g}."


def instrument(design: Design, correlation: float) -> str:
    """Return the error of the instrument as it was given, and what it amounts to."""
    if min(design.sensitivity, design.specificity) < 1:
        words = (
            f"an instrument of sensitivity {design.sensitivity:g} and specificity "
            f"{design.specificity:g}"
        )
    else:
        words = f"an instrument of reliability {design.reliability:g}"
        if design.moderator == "binary":
            words += " (that of a normal score cut at the share)"
    return f"{words}, which correlates with the truth by {correlation:.2f}"


def result(design: Design, found: dict[str, Any]) -> str:
    """Return what was worked out."""
    size = f"{found['n']:,} participants"
    if found["clusters"]:
        size += f" in {found['clusters']:,} clusters"
    if design.dropout:
        size += f", {found['analysed']:,.0f} of them with an outcome,"
    kind = "ratio of ratios" if design.outcome != "continuous" else "difference"
    if found["solved"] == "effect":
        both = [found[key] for key in ("effect", "effect_below") if found[key]]
        sizes = " or ".join(f"{one:.3g}" for one in both)
        return f"{size} detect a {kind} of {sizes} with {found['power']:.1%} power."
    if found["solved"] == "n":
        size += " needed"
    return f"{size}: {found['power']:.1%} power for a {kind} of {found['effect']:g}."


def add(command: Add) -> None:
    """Add the command."""
    from personomics.power.fields import EFFECT_RATIO, FIELDS

    one = command(power)
    for name, limit in FIELDS.items():
        words = limit.words
        if name == "effect":
            words += f"; for ratios {EFFECT_RATIO.words}"
        if limit.default not in (None, ()):
            words += f"; by default {limit.default:g}" if not isinstance(
                limit.default, str) else f"; by default {limit.default}"  # fmt: skip
        one.add_argument(
            f"--{name.replace('_', '-')}", type=number, metavar=limit.kind.upper(),
            help=f"{limit.label}: {limit.help} ({words})".replace("%", "%%"),
        )  # fmt: skip
    one.add_argument(
        "--simulate", type=int, metavar="N", help="check it on N simulated trials"
    )
    one.add_argument("--seed", type=int, metavar="S", help="seed of the simulation")
    one.add_argument("--json", action="store_true", help="print one JSON object")
