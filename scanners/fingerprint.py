"""What a look at an asset depends on, as one digest: when it is the same again, so would be what is found."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields as parts_of
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from scanners.look import Limits
from scanners.sources.base import Listed
from scanners.subjects import TableContext
from scanners.units import Detection

#: Libraries whose data and models decide what is found.
_LIBRARIES = ("phonenumbers", "presidio-analyzer", "python-stdnum", "spacy")
_SUFFIXES = frozenset({".py", ".toml", ".txt"})


@lru_cache(maxsize=1)
def detectors_digest() -> str:
    """The scanners that are installed here, code and data: 32 hexadecimal digits."""
    root = Path(__file__).parent
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(root.rglob("*")):
        if path.suffix in _SUFFIXES:
            content = path.read_bytes()
            digest.update(f"{path.relative_to(root).as_posix()}:{len(content)}\n".encode())
            digest.update(content)
    for name in _LIBRARIES:
        digest.update(f"{name}={version_of(name)}\n".encode())
    return digest.hexdigest()


def version_of(distribution: str) -> str:
    """The installed version; empty when it is not installed."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


def fingerprint(
    item: Listed, about: TableContext | None, limits: Limits, detection: Detection, country: str | None
) -> str | None:
    """The digest for one asset, 32 hexadecimal digits; None where the source cannot say whether it has changed.

    A comment is left out: it may be about somebody.
    """
    asset = item.asset
    if asset.change_marker is None:
        return None
    columns = [
        (
            each.ref.field,
            each.declared_type,
            each.is_nullable,
            each.is_primary_key,
            each.is_unique,
            str(each.references) if each.references else None,
        )
        for each in item.fields
    ]
    model = None if detection.model is None else (detection.model, version_of(detection.model.replace("_", "-")))
    depends = {
        "asset": (asset.kind.value, asset.change_marker, asset.member_count),
        "fields": columns,
        "table": None if about is None else _spelled(about),
        "settings": (limits.sample_rows, limits.full, limits.max_file_bytes, model, detection.with_lists, country),
        "detectors": detectors_digest(),
    }
    text = json.dumps(depends, sort_keys=True)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _spelled(about: TableContext) -> dict[str, object]:
    """The same in every process, which the order of a set is not."""
    found = {part.name: getattr(about, part.name) for part in parts_of(about)}
    return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in found.items()}
