"""Zip files that are the same every time."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

_MADE = (2026, 1, 5, 8, 0, 0)


def zipped(members: Mapping[str, str | bytes]) -> bytes:
    """An uncompressed archive of the members, in their order."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, _MADE), content)
    return out.getvalue()
