"""Proves that every default dependency is to be had as a ready wheel for macOS, without a Mac.

Downloads the pinned wheels for both processors into a folder that is removed again. A Mac without compilers can then
install the tool; whether it runs there is another question, which the README answers.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
from importlib.metadata import distribution
from pathlib import Path

from packaging.markers import Marker, default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]

PYTHON = "3.12"
#: Processor → the oldest systems whose wheels a current Mac takes. pip asks for each tag by name.
PLATFORMS = {
    "arm64": [f"macosx_{major}_0_{cpu}" for cpu in ("arm64", "universal2") for major in (11, 12, 13, 14)],
    "x86_64": [
        *(f"macosx_10_{minor}_{cpu}" for cpu in ("x86_64", "universal2") for minor in (9, 12, 13, 15)),
        *(f"macosx_{major}_0_{cpu}" for cpu in ("x86_64", "universal2") for major in (11, 12, 13, 14)),
    ],
}


def environment_of(machine: str) -> dict[str, str]:
    """What markers are asked about on such a Mac."""
    environment = {name: str(value) for name, value in default_environment().items()}
    environment |= {"sys_platform": "darwin", "platform_system": "Darwin", "platform_machine": machine}
    return environment | {"python_version": PYTHON, "python_full_version": f"{PYTHON}.0"}


def closure(environment: dict[str, str]) -> set[str]:
    """The names that a default installation brings along on a Mac, by the markers as they hold there."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    todo = [(Requirement(text), "") for text in project["dependencies"]]
    seen: set[tuple[str, str]] = set()
    while todo:
        requirement, extra = todo.pop()
        if requirement.marker and not requirement.marker.evaluate({**environment, "extra": extra}):
            continue
        name = str(canonicalize_name(requirement.name))
        for wanted in ("", *requirement.extras):
            if (name, wanted) not in seen:
                seen.add((name, wanted))
                # The wheel for a Mac asks for what the one installed here asks for: the markers are in the text.
                todo += [(Requirement(text), wanted) for text in distribution(name).requires or ()]
    return {name for name, _ in seen}


def pinned(names: set[str], environment: dict[str, str]) -> str:
    """The lock's blocks of these packages that hold on such a Mac, hashes included and markers left off."""
    blocks = re.findall(
        r"^([\w.-]+)(==[^\s;]+)(?: ; ([^\\\n]+))? \\\n((?:    --hash=[^\n]*\n)+)",
        (ROOT / "requirements.lock").read_text(),
        re.MULTILINE,
    )
    found = {
        str(canonicalize_name(name)): f"{name}{version} \\\n{hashes}"
        for name, version, marker, hashes in blocks
        if not marker or Marker(marker.strip()).evaluate(environment)
    }
    if missing := names - found.keys():
        sys.exit(f"macOS: not in requirements.lock: {', '.join(sorted(missing))}")
    return "".join(found[name] for name in sorted(names))


def main() -> None:
    """Exit with pip's message when a wheel is missing."""
    for machine, platforms in PLATFORMS.items():
        with tempfile.TemporaryDirectory(prefix="macos-wheels-") as folder:
            environment = environment_of(machine)
            wanted = closure(environment)
            requirements = Path(folder) / "requirements.txt"
            requirements.write_text(pinned(wanted, environment))
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
            command += ["--require-hashes", "--requirement", str(requirements), "--dest", str(Path(folder) / "wheels")]
            command += ["--implementation", "cp", "--python-version", PYTHON]
            for abi in (f"cp{PYTHON.replace('.', '')}", "abi3", "none"):
                command += ["--abi", abi]
            for platform in platforms:
                command += ["--platform", platform]
            if subprocess.run(command, check=False).returncode != 0:  # noqa: S603
                sys.exit(f"macOS {machine}: a default dependency has no wheel (pip says which, above)")
            files = list((Path(folder) / "wheels").iterdir())
            megabytes = sum(file.stat().st_size for file in files) / 1e6
            sys.stdout.write(f"macOS {machine}, Python {PYTHON}: {len(files)} wheels, {megabytes:.0f} MB\n")


if __name__ == "__main__":
    main()
