"""Personomics companion: versioned data, analyses and book of one review."""

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from personomics.dataset import Dataset, InvalidDataError, load

__all__ = ["Dataset", "InvalidDataError", "__version__", "load"]
__version__ = "0.5.0"

if os.environ.get("PERSONOMICS_OFFLINE"):  # set by personomics.offline.refuse
    from personomics import offline

    offline.refuse()


def __getattr__(name: str) -> Any:
    """Import the data tables only when they are asked for.

    Readers of Medline files and the search client do without them, and pandas alone
    would take more memory than all they need.
    """
    if name in __all__:
        from personomics import dataset

        return getattr(dataset, name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
