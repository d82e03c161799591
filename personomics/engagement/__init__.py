"""Engagement as the road: factor → engagement → dose received → outcome.

A transparent simulation of two-arm trials in which a factor does nothing to the
treatment itself, and only decides how much of it reaches the patient. It shows when
the intention-to-treat effect differs between patients for that reason alone, what is
lost when the factor is measured badly or not at all, and when tailoring pays. The model
is in :data:`MODEL`, its parameters in :class:`Setting`. All values are invented.
"""

from personomics.engagement.estimate import estimates, sums
from personomics.engagement.expected import expected
from personomics.engagement.figures import (
    measuring_figure,
    road_figure,
    tailoring_figure,
)
from personomics.engagement.grid import grid
from personomics.engagement.policy import least_reliability, window
from personomics.engagement.setting import CAVEAT, MODEL, Setting
from personomics.engagement.simulation import each_trial, simulate
from personomics.engagement.story import numbers

__all__ = [
    "CAVEAT",
    "MODEL",
    "Setting",
    "each_trial",
    "estimates",
    "expected",
    "grid",
    "least_reliability",
    "measuring_figure",
    "numbers",
    "road_figure",
    "simulate",
    "story",
    "sums",
    "tailoring_figure",
    "window",
]
