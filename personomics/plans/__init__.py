"""Measurement plans: from chosen factors to instruments, and the files to take away.

Everything that choosing and writing need is in one catalogue, from which the page of
the book works the same plan out in the browser; tests compare the files byte by byte.

Examples
--------
>>> from personomics import load, plans
>>> catalogue = plans.catalogue(load())
>>> first = catalogue["factors"][0]["id"]
>>> plans.choose(catalogue, [first])["totals"]["factors"]
1
"""

from personomics.plans.catalogue import Catalogue, catalogue
from personomics.plans.choose import Entry, choose

from personomics.plans import story  # isort: skip

__all__ = ["Catalogue", "Entry", "catalogue", "choose", "story"]
