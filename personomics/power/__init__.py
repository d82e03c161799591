"""How large a trial must be to find that a factor changes an effect.

:class:`Design` describes a trial, :func:`evaluate` works out its sample size, its power
or the interaction that it can detect, :func:`simulate` checks the formula. The rule of
thumb behind it, with the main effect, is in :mod:`personomics.power.cells`.

>>> from personomics.power import Design, evaluate
>>> evaluate(Design(effect=0.4, power=0.8, reliability=0.7))["n"]
1974
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from personomics.power.cells import (
        CONTRASTS,
        EXAMPLE_EFFECT,
        TARGET,
        cell_sizes,
        contrast_variance,
        contrast_weights,
        effect_variance,
        interaction_variance_ratio,
        power,
        power_at,
        required_n,
        required_signal,
        sample_size,
        sample_size_ratio,
        wald_power,
    )
    from personomics.power.charts import reliability_figure
    from personomics.power.design import Design
    from personomics.power.fields import limits
    from personomics.power.known import published, published_check, reference_links
    from personomics.power.page import grid, page_data
    from personomics.power.simulation import Simulation, simulate
    from personomics.power.solving import evaluate
    from personomics.power.worked import example_numbers, example_table, examples

__all__ = [
    "CONTRASTS", "EXAMPLE_EFFECT", "TARGET", "Design", "Simulation", "cell_sizes",
    "contrast_variance", "contrast_weights", "effect_variance", "evaluate",
    "example_numbers", "example_table", "examples", "grid",
    "interaction_variance_ratio", "limits", "page_data", "power", "power_at",
    "published", "published_check", "reference_links", "reliability_figure",
    "required_n", "required_signal", "sample_size", "sample_size_ratio", "simulate",
    "wald_power",
]  # fmt: skip
#: Where each name is, besides those in :mod:`personomics.power.cells`.
PLACES = {
    "charts": ("reliability_figure",),
    "design": ("Design",),
    "fields": ("limits",),
    "known": ("published", "published_check", "reference_links"),
    "page": ("grid", "page_data"),
    "simulation": ("Simulation", "simulate"),
    "solving": ("evaluate",),
    "worked": ("example_numbers", "example_table", "examples"),
}


def __getattr__(name: str) -> Any:
    """Import what is asked for, so that the command line needs no pandas for help."""
    if name not in __all__:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    place = next((one for one, names in PLACES.items() if name in names), "cells")
    return getattr(import_module(f"{__name__}.{place}"), name)
