"""Tables of records, drawn at random or given, for the tests of the flow diagram."""

from dataclasses import replace
from types import MappingProxyType

import pandas as pd
from hypothesis import strategies as st

WAYS = (
    "database", "register", "website", "organisation", "citation searching",
    "other method", "previous version",
)  # fmt: skip
VERDICTS = ("include", "awaiting full text", "exclude", None)
SEEN = ("abstract", "title and record", "full text", "abstract + table")
SOURCES = ("PubMed", "Embase", "A register, with a comma", "Ärzte; „Blätter“")
CONSENSUS = "agreed"

#: One article: how its record was found, its verdict, the text seen, which criterion
#: the rater found unmet, and how the duplicates of its record were found.
article = st.tuples(
    st.sampled_from(WAYS), st.sampled_from(VERDICTS), st.sampled_from(SEEN),
    st.sampled_from(("e1", "e2", "e3", "e4", None)),
    st.lists(st.sampled_from(WAYS), max_size=1),
)  # fmt: skip
#: One record that was removed without becoming an article.
stray = st.tuples(st.sampled_from(WAYS), st.sampled_from(("automation", "other")))
tables = st.tuples(st.lists(article, max_size=6), st.lists(stray, max_size=3))


def with_tables(ds, **frames):
    """Return a dataset with some tables replaced."""
    return replace(ds, tables=MappingProxyType({**ds.tables, **frames}))


def dataset(ds, articles, strays=()):
    """Return a dataset of invented records; sources take turns."""
    records, rows, screening, links = [], [], [], []
    for n, (way, verdict, seen, unmet, others) in enumerate(articles):
        key = f"x-{n}"
        rows.append((key, seen))
        records.append((f"r-{key}", key, way, None))
        for m, other in enumerate(others):
            records.append((f"r-{key}-{m}", key, other, "duplicate"))
            links.append((f"r-{key}-{m}", f"r-{key}", "same DOI", "10.1/x", "same"))
        answers = ["no" if unmet == e else "yes" for e in ("e1", "e2", "e3", "e4")]
        screening.append((key, "zoe", *answers, "exclude"))
        if verdict:
            screening.append((key, CONSENSUS, None, None, None, None, verdict))
    records += [(f"s-{n}", None, *removed) for n, removed in enumerate(strays)]
    frame = pd.DataFrame(
        records,
        columns=["record_id", "article_id", "found_by", "removed"],
        dtype=object,
    )
    frame["source"] = [SOURCES[n % len(SOURCES)] for n in range(len(frame))]
    frame["title"] = frame["note"] = None
    old = ds["articles"]
    seen = pd.DataFrame(rows, columns=["article_id", "text_seen"], dtype=object)
    made = seen.reindex(columns=list(old.columns))
    columns = ["article_id", "rater_id", "e1", "e2", "e3", "e4", "verdict"]
    raters = pd.DataFrame({
        "rater_id": ["zoe", CONSENSUS], "name": ["Zoë", "Consensus"],
        "role": ["rater", "consensus"],
    })  # fmt: skip
    names = ["record_id", "other_id", "rule", "evidence", "decision"]
    return with_tables(
        ds,
        records=frame,
        articles=made,
        raters=raters,
        screening=pd.DataFrame(screening, columns=columns, dtype=object),
        duplicates=pd.DataFrame(links, columns=names, dtype=object),
    )
