"""Read one baseline file with one program and print what it took, as JSON.

Called by medline.py, each time in a process of its own: reader.py PROGRAM FILE
"""

import gzip
import json
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path


def ours(path: str) -> Iterator[object]:
    """Yield every citation with every field."""
    from personomics import medline

    return (c for c in medline.read(path) if not c.deleted)


def pubmed_parser(path: str) -> Iterator[object]:
    """Yield what pubmed_parser gives with its default options."""
    import pubmed_parser

    yield from pubmed_parser.parse_medline_xml(path)


def biopython(path: str) -> Iterator[object]:
    """Yield what Biopython's reader gives, which holds the whole file in memory."""
    from Bio import Entrez

    with gzip.open(path) as file:
        yield from Entrez.read(file)["PubmedArticle"]


def lxml(path: str) -> Iterator[object]:
    """Yield every article, and look at nothing in it: the floor of the usual way."""
    from lxml import etree

    with gzip.open(path) as file:
        for _, element in etree.iterparse(file, tag="PubmedArticle"):
            yield element
            element.clear()


def main() -> None:
    """Read the file and print one line."""
    program, path = sys.argv[1:]
    start, cpu = time.perf_counter(), time.process_time()
    count = sum(1 for _ in globals()[program](path))
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    status = Path("/proc/self/status")
    if status.exists():  # unlike rusage, it has no memory of the parent process
        peak = int(status.read_text().partition("VmHWM:")[2].split()[0]) / 1024
    print(json.dumps({"count": count, "seconds": seconds, "cpu": cpu, "peak": peak}))


if __name__ == "__main__":
    main()
