"""The vault key: made once, readable by its owner alone. What it encrypts comes with the requests."""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path

KEY_BYTES = 32


def make_key(path: Path) -> bool:
    """Write a new random key unless there is one; whether it was written.

    Raises:
        OSError: the file cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
    return True


def is_private(path: Path) -> bool:
    """Whether nobody but the owner may read the key."""
    return path.stat().st_mode & 0o077 == 0
