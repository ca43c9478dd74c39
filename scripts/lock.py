"""Makes requirements.lock, or checks without the network that it still answers pyproject.toml.

The lock is universal: one file for every supported Python and platform, with the hash of every file that may be
installed, and without any address.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements.lock"
PROJECT = ROOT / "pyproject.toml"

PIN = re.compile(r"^(?P<name>[\w.-]+)(?:\[[\w,.-]+\])?==(?P<version>[^ \\;]+)(?: ; (?P<marker>[^\\]+?))?(?: \\)?$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}(?: \\)?$")


def pins(text: str) -> dict[str, list[str]]:
    """Name → versions of a lock's text: several where markers tell them apart."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if (pin := PIN.match(line)) is not None:
            found.setdefault(canonicalize_name(pin["name"]), []).append(pin["version"])
    return found


def faults(lock: str, project: dict[str, object]) -> list[str]:
    """What is wrong with a lock's text: a line that is no pin, hash or comment; a requirement that is not met."""
    found = []
    previous = ""
    for number, line in enumerate(lock.splitlines(), 1):
        is_comment = line.lstrip().startswith("#")
        if not (is_comment or PIN.match(line) or HASH.match(line)):
            found.append(f"line {number} is neither a pin nor a hash: {line}")
        if PIN.match(previous) and not HASH.match(line):
            found.append(f"line {number - 1} has no hash: {previous}")
        if "://" in line or line.strip("# ").startswith("/"):
            found.append(f"line {number} holds an address or a path: {line}")
        if not is_comment:
            previous = line
    pinned = pins(lock)
    own = canonicalize_name(str(project["name"]))
    for text in _requirements(project):
        requirement = Requirement(text)
        name = canonicalize_name(requirement.name)
        if name == own:
            continue
        if name not in pinned:
            found.append(f"{text}: not in the lock")
        elif not any(requirement.specifier.contains(version, prereleases=True) for version in pinned[name]):
            found.append(f"{text}: the lock has {', '.join(pinned[name])}")
    return found


def unused(lock: str) -> list[str]:
    """Pins that came from pyproject.toml by name and are asked for no longer."""
    asked = {canonicalize_name(Requirement(text).name) for text in _requirements(project())}
    name = ""
    found = []
    for line in lock.splitlines():
        if (pin := PIN.match(line)) is not None:
            name = canonicalize_name(pin["name"])
        elif line.startswith("    # via privacy-inventory") and name not in asked:
            found.append(f"{name}: in the lock, and not in pyproject.toml")
    return found


def make(*, upgrade: bool) -> None:
    """Write the lock, with the versions it already has where they still fit."""
    lowest = next(iter(spec.version for spec in SpecifierSet(_python()) if spec.operator == ">="))
    options = ["--universal", "--generate-hashes", "--python-version", lowest, "--quiet"]
    options += [f"--extra={extra}" for extra in _extras(project())]
    options += ["--no-emit-index-url", "--no-emit-find-links", "--custom-compile-command", "make lock"]
    options += ["--upgrade"] if upgrade else []
    # ``uv`` stands beside this Python.
    uv = Path(sys.executable).parent / "uv"
    command = [str(uv), "pip", "compile", PROJECT.name, *options, "--output-file", LOCK.name]
    subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603


def _requirements(project: dict[str, object]) -> list[str]:
    dependencies = project["dependencies"]
    assert isinstance(dependencies, list)  # noqa: S101
    return [*dependencies, *(text for list_ in _extras(project).values() for text in list_)]


def _extras(project: dict[str, object]) -> dict[str, list[str]]:
    extras = project["optional-dependencies"]
    assert isinstance(extras, dict)  # noqa: S101
    return extras


def project() -> dict[str, object]:
    """The project's table of pyproject.toml, with those extras only that are locked."""
    whole = tomllib.loads(PROJECT.read_text())
    found: dict[str, object] = whole["project"]
    unlocked = whole["tool"]["privacy-inventory"]["unlocked"]
    return found | {
        "optional-dependencies": {name: list_ for name, list_ in _extras(found).items() if name not in unlocked}
    }


def _python() -> str:
    return str(project()["requires-python"])


def main() -> None:
    """Make the lock, or with ``--check`` exit with a message when it is out of step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only look, and fail when the lock is out of step")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions that fit")
    arguments = parser.parse_args()
    if not arguments.check:
        make(upgrade=arguments.upgrade)
    text = LOCK.read_text()
    wrong = faults(text, project()) + unused(text)
    if wrong:
        sys.exit("requirements.lock is out of step; run `make lock`:\n  " + "\n  ".join(wrong))
    sys.stdout.write(f"requirements.lock: {len(pins(text))} packages, in step with pyproject.toml\n")


if __name__ == "__main__":
    main()
