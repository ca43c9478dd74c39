"""An environment of its own for each peer, made once under a cache that Git ignores."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CACHE = Path(__file__).parents[1] / ".cache"
#: pip gets so long; a peer that takes longer is reported as not installed.
INSTALL_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Environment:
    """An interpreter that has a peer's packages, or the reason why there is none."""

    python: Path | None
    reason: str = ""


def environment(name: str, requirements: Sequence[str]) -> Environment:
    """Make a peer's environment, or use the one that was made before from the same requirements."""
    folder = CACHE / "peers" / f"{name}-{hashlib.sha256('|'.join(requirements).encode()).hexdigest()[:8]}"
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
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        return Environment(None, f"does not install: {short_reason(errors[-1] if errors else done.stderr)}")
    ready.touch()
    return Environment(python)


def short_reason(message: str, length: int = 160) -> str:
    """An error message on one line, cut, without paths of this machine."""
    words = (word if "/" not in word else Path(word.rstrip(":,;")).name for word in message.split())
    return " ".join(words)[:length]
