"""Who runs a scan: enough to tell later, from the same machine, whether that process is still there."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from contextlib import suppress
from datetime import datetime
from pathlib import Path


def me(at: datetime) -> str:
    """This process, as JSON; ``at`` sets two runs of one process apart."""
    return json.dumps(
        {"host": _host(), "pid": os.getpid(), "started": _started(os.getpid()), "at": at.isoformat()}, sort_keys=True
    )


def is_dead(holder: str) -> bool | None:
    """Whether the process that a text of ``me`` stands for has ended; None when that cannot be seen from here."""
    try:
        told = json.loads(holder)
        host, pid, started = told["host"], int(told["pid"]), told["started"]
    except (ValueError, KeyError, TypeError):
        return None
    if host != _host():
        return None
    now = _started(pid)
    if now is None:
        return not _exists(pid)
    return bool(now != started)


def _host() -> str:
    """The machine since its last start, and the part of it (a container) in which numbers of processes mean something.

    Two machines may be called the same.
    """
    parts = [platform.node()]
    with suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip())
    with suppress(OSError):
        parts.append(str(Path("/proc/self/ns/pid").readlink()))
    return " ".join(parts)


def _started(pid: int) -> str | None:
    """When a process began, in some unit: numbers of processes are used again. None when there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None if Path("/proc/self/stat").exists() else _started_by_ps(pid)
    # The name of the program stands in brackets, and may hold any character; the 20th word after it is the time. Of a
    # process that has ended and was not yet asked about by its parent only the state is left.
    words = stat.rpartition(")")[2].split()
    return None if words[0] in ("Z", "X") else words[19]


def _started_by_ps(pid: int) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603 - a number, no text of anybody's
            ["/bin/ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None


def _exists(pid: int) -> bool:
    if Path("/proc/self/stat").exists():
        return _started(pid) is not None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
