"""Personomics companion: versioned data, analyses and book of one review."""

from personomics.dataset import Dataset, InvalidDataError, load

__all__ = ["Dataset", "InvalidDataError", "__version__", "load"]
__version__ = "0.1.0"
