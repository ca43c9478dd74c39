"""An environment of its own for each peer, made once under a cache that Git ignores."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CACHE = Path(__file__).parents[1] / ".cache"
#: pip gets so long; a peer that takes longer is reported as not installed.
INSTALL_SECONDS = 900


@dataclass(frozen=True, slots=True)
class Environment:
    """An interpreter that has a peer's packages, or the reason why there is none."""

    python: Path | None
    reason: str = ""


def environment(requirements: Sequence[str]) -> Environment:
    """Make an environment with these packages, or use the one that was made from the same list before."""
    name = re.split(r"[\[=]", requirements[0])[0]
    digest = hashlib.sha256("|".join(requirements).encode()).hexdigest()[:8]
    folder = CACHE / "peers" / f"{name}-{digest}"
    python, ready = folder / "bin" / "python", folder / ".ready"
    if ready.exists():
        return Environment(python)
    shutil.rmtree(folder, ignore_errors=True)
    print(f"making an environment for {name} (once) ...", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    words = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *requirements]
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS)
    except subprocess.TimeoutExpired:
        return Environment(None, f"not installed within {INSTALL_SECONDS} s")
    if done.returncode:
        return Environment(None, f"does not install: {why(done.stderr)}")
    ready.touch()
    return Environment(python)


def why(errors: str, length: int = 160) -> str:
    """pip's reason in a few words: the interpreter that a package wants, else its last error."""
    wanted = re.findall(r"Requires-Python ([^;\n]+)", errors)
    if wanted:
        return (
            f"its versions want Python {wanted[-1].strip()}, this is {sys.version_info.major}.{sys.version_info.minor}"
        )
    lines = [line for line in errors.splitlines() if line.startswith("ERROR")] or errors.strip().splitlines()
    return short(lines[-1] if lines else "no reason given", length)


def short(message: str, length: int = 160) -> str:
    """A message on one line, cut, without paths of this machine."""
    return " ".join(Path(word).name if "/" in word else word for word in message.split())[:length]
