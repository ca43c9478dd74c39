"""Checks the licences of what an installation brings along against an allow-list.

Looks at the runtime closure: the dependencies and the extras for users, not those for developers, as installed in the
running environment. A licence that is not on the list stops the check and names the package: a person decides, and
writes the decision here and in NOTICE.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]

#: Extras that only developers install.
DEVELOPERS_EXTRAS = {"dev"}

#: Licences that ask for no more than keeping their notice.
PERMISSIVE = {
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "CNRI-Python", "ISC", "MIT", "MIT-0", "PSF-2.0",
    "Zlib",
}  # fmt: skip

#: Packages under a licence that asks for more, used as they are and never copied into this tree.
AS_DEPENDENCY_ONLY = {
    "certifi": {"MPL-2.0"},
    "ldap3": {"LGPL-3.0-or-later"},
    "psycopg": {"LGPL-3.0-only"},
    "psycopg-binary": {"LGPL-3.0-only"},
    "python-stdnum": {"LGPL-2.1-or-later"},
    "tqdm": {"MPL-2.0"},
}

#: What older packages write, and what it means. A bare "BSD" is one of the two below; both are allowed.
SPELLINGS = {
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "Dual License": "Apache-2.0 OR BSD-3-Clause",  # python-dateutil, as its classifiers say
    "GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.1-or-later",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-or-later",  # ldap3, as its sources say
    "ISC License": "ISC",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}


def runtime_closure() -> dict[str, Distribution]:
    """Every distribution that a user's installation with all locked extras holds, by name."""
    whole = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project, left_out = whole["project"], DEVELOPERS_EXTRAS | set(whole["tool"]["privacy-inventory"]["unlocked"])
    own = canonicalize_name(project["name"])
    lists = [project["dependencies"]]
    lists += [list_ for extra, list_ in project["optional-dependencies"].items() if extra not in left_out]
    todo = [(Requirement(text), "") for list_ in lists for text in list_]
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, str]] = set()
    while todo:
        requirement, extra = todo.pop()
        name = canonicalize_name(requirement.name)
        if name == own or (requirement.marker and not requirement.marker.evaluate({"extra": extra})):
            continue
        found[name] = distribution(name)
        for wanted in {"", *requirement.extras}:
            if (name, wanted) not in seen:
                seen.add((name, wanted))
                todo += [(Requirement(text), wanted) for text in found[name].requires or ()]
    return dict(sorted(found.items()))


def licence(dist: Distribution) -> str:
    """The licence as an SPDX expression where the metadata has one or means one, else what it says, else empty."""
    fields: dict[str, list[str]] = {
        name: dist.metadata.get_all(name) or [] for name in ("License-Expression", "Classifier", "License")
    }
    osi = "License :: OSI Approved :: "
    named = [text.removeprefix(osi) for text in fields["Classifier"] if text.startswith(osi)]
    # Some put their whole licence text into the old field; a classifier says it shorter, and more exactly than "LGPL".
    said = [*fields["License-Expression"], *(named if len(named) == 1 else []), *fields["License"], ""][0].strip()
    return SPELLINGS.get(said, said)


def is_allowed(name: str, expression: str) -> bool:
    """Whether one choice that the expression offers is on the lists, whole."""
    allowed = PERMISSIVE | AS_DEPENDENCY_ONLY.get(name, set())
    choices = re.split(r"\s+OR\s+", expression)
    return any(set(re.split(r"\s+AND\s+", choice)) <= allowed for choice in choices)


def main() -> None:
    """Exit with a message when a licence is unknown or a decision is out of date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true", help="print every package with its licence")
    arguments = parser.parse_args()
    try:
        closure = runtime_closure()
    except PackageNotFoundError as absent:
        sys.exit(f"licences: {absent.name} is not installed here; run this with the Python of .venv")
    licences = {name: licence(dist) for name, dist in closure.items()}
    if arguments.list:
        sys.stdout.writelines(f"{name:28} {text}\n" for name, text in licences.items())
    notice = (ROOT / "NOTICE").read_text()
    wrong = [
        f"{name}: {text or 'says nothing'} is not on the allow-list"
        for name, text in licences.items()
        if not is_allowed(name, text)
    ]
    wrong += [f"{name}: on the list in this script, but not installed" for name in AS_DEPENDENCY_ONLY.keys() - closure]
    wrong += [f"{name}: not named in NOTICE" for name in sorted(AS_DEPENDENCY_ONLY) if name not in notice]
    if wrong:
        sys.exit("licences:\n  " + "\n  ".join(wrong))
    sys.stdout.write(f"licences: {len(licences)} packages, all on the allow-list\n")


if __name__ == "__main__":
    main()
