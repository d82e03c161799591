"""The template CSV of the PRISMA2020 R package: written, read, and checked.

Source: Haddaway NR, Page MJ, Pritchard CC, McGuinness LA. PRISMA2020: an R package and
Shiny app for producing PRISMA 2020-compliant flow diagrams. Campbell Systematic Reviews
2022;18:e1230.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from personomics.dataset import Dataset
from personomics.evidence import DATABASES, OTHER, PREVIOUS
from personomics.flow import FOUND, REMOVED, Counts, counts, ended
from personomics.flow_chart import boxes_shown
from personomics.prisma_sums import OTHERS
from personomics.words import clean, clip, counted, listed

COLUMNS = ("data", "node", "box", "description", "boxtext", "tooltips", "url", "n")
NA = "NA"
#: Digits of a number at most.
DIGITS = 12
#: Rows of the template in its order: key, node, box and words. Rows without a key are
#: headings.
ROWS = (
    (NA, "node4", "prevstud", "Previous studies"),
    ("previous_studies", "node5", "box1",
     "Studies included in previous version of review"),
    ("previous_reports", NA, "box1",
     "Reports of studies included in previous version of review"),
    (NA, "node6", "newstud",
     "Identification of new studies via databases and registers"),
    ("database_results", "node7", "box2", "Databases"),
    ("database_specific_results", NA, "box2", "Specific Databases"),
    ("register_results", NA, "box2", "Registers"),
    ("register_specific_results", NA, "box2", "Specific Registers"),
    (NA, "node16", "othstud", "Identification of new studies via other methods"),
    ("website_results", "node17", "box11", "Websites"),
    ("organisation_results", "", "box11", "Organisations"),
    ("citations_results", NA, "box11", "Citation searching"),
    ("duplicates", "node8", "box3", "Duplicate records"),
    ("excluded_automatic", NA, "box3",
     "Records marked as ineligible by automation tools"),
    ("excluded_other", NA, "box3", "Records removed for other reasons"),
    ("records_screened", "node9", "box4", "Records screened"),
    ("records_excluded", "node10", "box5", "Records excluded"),
    ("dbr_sought_reports", "node11", "box6", "Reports sought for retrieval"),
    ("dbr_notretrieved_reports", "node12", "box7", "Reports not retrieved"),
    ("other_sought_reports", "node18", "box12", "Reports sought for retrieval"),
    ("other_notretrieved_reports", "node19", "box13", "Reports not retrieved"),
    ("dbr_assessed", "node13", "box8", "Reports assessed for eligibility"),
    ("dbr_excluded", "node14", "box9", "Reports excluded"),
    ("other_assessed", "node20", "box14", "Reports assessed for eligibility"),
    ("other_excluded", "node21", "box15", "Reports excluded"),
    ("new_studies", "node15", "box10", "New studies included in review"),
    ("new_reports", NA, "box10", "Reports of new included studies"),
    ("total_studies", "node22", "box16", "Total studies included in review"),
    ("total_reports", NA, "box16", "Reports of total included studies"),
    ("identification", "node1", "identification", "Identification"),
    ("screening", "node2", "screening", "Screening"),
    ("included", "node3", "included", "Included"),
    ("total_studies_ma", "node23", "box17", "Total studies included in meta-analysis"),
    ("total_reports_ma", NA, "box17",
     "Reports of total included studies in meta-analysis"),
)  # fmt: skip
HEADS = {"prevstud": PREVIOUS, "newstud": DATABASES, "othstud": OTHER}
BANDS = ("identification", "screening", "included")
#: Rows whose number is a list, with the box that the list belongs to.
LISTS = {
    "database_specific_results": "database_results",
    "register_specific_results": "register_results",
    "dbr_excluded": "dbr_excluded",
    "other_excluded": "other_excluded",
}
KEYS = tuple(key for key, *_ in ROWS if key not in (NA, *BANDS))
#: Words of the template, by key or by the arm that a heading belongs to.
WORDS = {HEADS.get(box, key): words for key, _, box, words in ROWS}
#: What stands in the template before anybody has filled it in.
PLACEHOLDER = re.compile(r"\bxxx\b", re.IGNORECASE)
#: Where the records of a box are listed, from the top of the site.
PAGE = "reference/flow.html"
PLACES = {
    **dict.fromkeys(("database_results", "database_specific_results",
                     "register_results", "register_specific_results"), "dbr_results"),
    **dict.fromkeys(("duplicates", "excluded_automatic", "excluded_other"),
                    "dbr_removed"),
    **dict.fromkeys(OTHERS, "other_results"),
    **{f"{part}_reports": f"{part}_studies" for part in ("previous", "new", "total")},
}  # fmt: skip


def plain(words: object) -> str:
    r"""Return words that neither the template's lists nor Graphviz's labels trip over.

    >>> plain("Clinicians' notes, letters; \"grey\" literature")
    'Clinicians’ notes / letters / ”grey” literature'
    """
    swap = {"'": "’", '"': "”", "\\": "/", "@@": "@", "`": "’"}
    line = re.sub(r"\s*[,;]\s*", " / ", clean(words)).strip(" /=+@-")
    for old, new in swap.items():
        line = line.replace(old, new)
    return clip(line, 200) or "not named"


def from_flow(ds: Dataset) -> Counts:
    """Return the numbers of the diagram in the terms of the template.

    The template has no box for records found by methods that it does not name, for
    records that wait for a consensus, or for records removed from the other methods.
    The first join the organisations; those that wait, the records removed for other
    reasons or the reports not retrieved; the last are left out. The words of the boxes
    say so. Each included article is taken for one study with one report.
    """
    found = counts(ds)
    n = {key: found[key] for key in KEYS if key in found.n}
    more: dict[str, str] = {}
    gone = [r for r in ended(ds) if r.arm == OTHER and r.end in REMOVED]
    for record in gone:
        key = FOUND[record.found_by]
        n[key if key in OTHERS else "organisation_results"] -= 1
    if gone:
        more[OTHER] = f" ({counted(len(gone), 'removed record')} not counted)"
    if found["method_results"]:
        n["organisation_results"] += found["method_results"]
        more["organisation_results"] = " and other methods"
    if found["dbr_unsettled"]:
        n["excluded_other"] += found["dbr_unsettled"]
        more["excluded_other"] = " or not judged yet"
    if found["other_unsettled"]:
        n["other_sought_reports"] += found["other_unsettled"]
        n["other_notretrieved_reports"] += found["other_unsettled"]
        more["other_notretrieved_reports"] = " or not judged yet"
    if found["previous_left"]:
        n["previous_studies"] -= found["previous_left"]
        more["previous_studies"] = " and carried over"
    for part in ("previous", "new", "total"):
        n[f"{part}_reports"] = n[f"{part}_studies"]
    if not found["previous_studies"]:
        n = {key: n[key] for key in n if not key.startswith(("previous_", "total_"))}
    if not found["other_results"]:
        n = {key: n[key] for key in n if key not in OTHERS}
    lists = {
        box: tuple((plain(name), number) for name, number in found.lists.get(box, ()))
        for box in LISTS.values()
    }
    labels = {key: words + more.get(key, "") for key, words in WORDS.items()}
    return Counts(n, {box: held for box, held in lists.items() if held}, labels)


def export(ds: Dataset, site: str = "") -> str:
    """Return the template of the PRISMA2020 R package, filled in from the records.

    Parameters
    ----------
    ds : Dataset
        The data.
    site : str
        Address of the book, for the links of the boxes; by default they are relative
        to its landing page.

    Examples
    --------
    >>> from personomics import load
    >>> export(load()).splitlines()[0]
    'data,node,box,description,boxtext,tooltips,url,n'
    """
    found, shown = from_flow(ds), boxes_shown(counts(ds))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for key, node, box, words in ROWS:
        label = found.labels[HEADS.get(box, key)]
        number = cell(found, key)
        tip = f"{label}: {found[key]}" if key in found.n else label
        place = PLACES.get(key, key)
        url = site + PAGE + (f"#box-{place}" if place in shown else "")
        writer.writerow(
            [key, node, box, words, label, NA if node in ("", NA) else tip, url, number]
        )
    return out.getvalue()


def cell(found: Counts, key: str) -> str:
    """Return what stands in the column n of a row."""
    if key in (NA, *BANDS):
        return "0"
    if key in LISTS:
        held = found.lists.get(LISTS[key], ())
        return "; ".join(f"{name}, {n}" for name, n in held) or str(found[key])
    return str(found.n.get(key, NA))


def read(path: str | Path) -> Counts:
    """Read the template of the PRISMA2020 R package as people have filled it in.

    Rows may be missing, added or in another order, cells quoted, empty or NA, numbers
    written with separators of thousands.

    Raises
    ------
    ValueError
        If the file is no such template, or a number is no number; the message says
        where and how to mend it.
    """
    n: dict[str, int] = {}
    lists: dict[str, tuple[tuple[str, int], ...]] = {}
    labels, remarks, unknown = dict(WORDS), [], []
    seen: dict[str, int] = {}
    for row, record in template_rows(Path(path)):
        key, where = record["data"], f"{path}:{row}"
        arm = HEADS.get(record["box"]) if key in ("", NA) else None
        words = record.get("boxtext", "")
        if words not in ("", NA) and (arm or key in labels):
            labels[arm or key] = clean(words)
        if key in ("", NA, *BANDS):
            continue
        if key not in KEYS:
            unknown.append(key)
            continue
        if key in seen:
            msg = f"{where}: {key} stands in row {seen[key]} as well; keep one of them"
            raise ValueError(msg)
        seen[key] = row
        if PLACEHOLDER.search(record["n"]):
            remarks.append(f"{key} still holds the example of the template")
            continue
        number, held = value(key, record["n"], f"{where}: n of {key}")
        if held:
            lists[LISTS[key]] = held
        if number is not None and LISTS.get(key, key) == key:
            n[key] = number
    if unknown:
        more = len(unknown) - 5
        some = [*unknown[:5], *([f"{more} more"] if more > 0 else [])]
        remarks.append(f"rows that were ignored: {listed(some, letters=40)}")
    return Counts(n, lists, labels, typed=True, remarks=tuple(remarks))


def template_rows(path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield the rows of a template with their numbers; cells without outer blanks."""
    try:
        source = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        msg = f"{path}: is not UTF-8; save it as “CSV UTF-8”"
        raise ValueError(msg) from None
    first = source.partition("\n")[0]
    mark = max(",;\t", key=first.count)
    reader = csv.DictReader(io.StringIO(source, newline=""), delimiter=mark)
    try:
        names = [clean(name).lower() for name in reader.fieldnames or ()]
        if not {"data", "box", "n"} <= set(names):
            msg = (
                f"{path}:1: is no template of the PRISMA2020 package; its columns are: "
                f"{','.join(COLUMNS)}"
            )
            raise ValueError(msg)
        reader.fieldnames = names
        for record in reader:
            cells = {k: text.strip() for k, text in record.items() if text and k}
            yield reader.line_num, {"data": "", "box": "", "n": "", **cells}
    except csv.Error as error:
        msg = f"{path}:{reader.line_num}: {error}; save it again as CSV"
        raise ValueError(msg) from None


def value(
    key: str, said: str, where: str
) -> tuple[int | None, tuple[tuple[str, int], ...]]:
    """Read the number of a row, and what it consists of where it is a list."""
    if key not in LISTS or said == NA or re.fullmatch(r"[\d,. ]*", said):
        return whole(said, where), ()
    held = parts(said, where)
    return sum(number for _, number in held), held


def whole(said: str, where: str) -> int | None:
    """Read a number that R would read; NA and nothing are none.

    >>> whole("1,234", "n"), whole("12.0", "n"), whole("NA", "n")
    (1234, 12, None)
    """
    if said in ("", NA):
        return None
    bare = re.sub(r"(?<=\d)[, \u00a0\u202f](?=\d)", "", said)
    found = re.fullmatch(rf"(\d{{1,{DIGITS}}})(\.0*)?", bare, re.ASCII)
    if not found:
        msg = f"{where} is “{clip(said, 40)}”; write a whole number, or NA"
        raise ValueError(msg)
    return int(found[1])


def parts(said: str, where: str) -> tuple[tuple[str, int], ...]:
    """Read a list such as "Reason1, 12; Reason2, 3".

    >>> parts("Wrong age; adults, 1,200; No data, 3", "n")
    Traceback (most recent call last):
    ValueError: n has “Wrong age” without a number; write: Reason1, 12; Reason2, 3
    """
    held = []
    for part in filter(None, (p.strip() for p in said.split(";"))):
        found = re.fullmatch(r"(.*?),\s*(\d[\d, ]*)", part, re.ASCII)
        digits = re.sub(r"\D", "", found[2]) if found else ""
        if not found or len(digits) > DIGITS:
            msg = (
                f"{where} has “{clip(part, 40)}” without a number; "
                "write: Reason1, 12; Reason2, 3"
            )
            raise ValueError(msg)
        held.append((clean(found[1]), int(digits)))
    return tuple(held)
