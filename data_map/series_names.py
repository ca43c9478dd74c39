"""What series are called, and which names are those of members: pure functions of names.

A series is named after its members with ``*`` for the part that changes: ``main.events_*``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from data_map.model import Asset, AssetKind

#: Endings of files whose members are parts of one thing. A text, a mail or a picture speaks for itself alone.
# fmt: off
_FILES = frozenset((
    "arrow", "avro", "csv", "dbf", "feather", "geojson", "json", "jsonl", "log", "ndjson", "ods",
    "orc", "parquet", "psv", "tab", "tsv", "xls", "xlsb", "xlsm", "xlsx",
))
# fmt: on
_PACKED = frozenset(("bz2", "gz", "lz4", "xz", "zst"))
#: ``app.log.1``, whose ending is a number.
_ROTATED = re.compile(r"\.log[-.][-0-9.]+\Z", re.IGNORECASE)
_ENDINGS = re.compile(r"(?:\.[A-Za-z][A-Za-z0-9]{0,9})*\Z")

_MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?"
)
#: Digits, but not those of a version (``orders_v2``), which is another table and no part of a series.
_DIGITS = r"(?<![0-9])(?<![^A-Za-z]v)(?<!^v)[0-9]+"
_PIECE = rf"(?:{_DIGITS}|(?<![A-Za-z])(?:q[1-4]|[hw][0-9]{{1,2}}|{_MONTHS})(?![A-Za-z]))"
#: Numbers, quarters, weeks and months with at most one sign, or letter of a date, between them.
_CHUNK = re.compile(rf"{_PIECE}(?:[-_. tymd]?{_PIECE})*", re.IGNORECASE | re.ASCII)
#: A folder that stands for a date or a number, as in ``2024/01`` and ``year=2024``.
_ALL_CHANGES = re.compile(rf"(?:[A-Za-z_]+=)?{_CHUNK.pattern}", re.IGNORECASE | re.ASCII)
_DATE = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}(?:(?:0[1-9]|1[0-2])(?:[0-3][0-9](?:[0-9]{2,6})?)?)?(?![0-9])")
#: What tells series of like names apart: ``main.events_*~2``.
_NUMBER = re.compile(r"~[0-9]+\Z")


def pattern_of(name: str, kind: AssetKind) -> str | None:
    """The name of the series that an asset of this name could belong to; None when it has no part that changes.

    In a table's or file's own name the dates change, and the last number. Schemas and folders change where the own name
    does not (``tenant_1.users``), and folders that are nothing but a date or number always.
    """
    if kind is not AssetKind.FILE:
        schema, dot, own = name.rpartition(".")
        changed = _changed(own)
        changed = f"{schema if changed != own else _changed(schema)}{dot}{changed}"
        return changed if changed != name else None
    path = _path(name)
    if path is None:
        return None
    folders, own, ending = path
    changed = _changed(own)
    inner = [_changed(each) if changed == own or _ALL_CHANGES.fullmatch(each) else each for each in folders]
    changed = "/".join((*inner, changed + ending))
    return changed if changed != name else None


def _path(name: str) -> tuple[list[str], str, str] | None:
    """Folders, name and ending of a file; None for a kind of file of which there are no series."""
    *folders, own = name.split("/")
    found = _ENDINGS.search(own)
    ending = found.group() if found else ""
    own = own.removesuffix(ending)
    known = [part for part in ending.lower().split(".") if part and part not in _PACKED]
    is_part = known[-1] in _FILES if known else _ROTATED.search(own) is not None
    return (folders, own, ending) if is_part else None


def _changed(part: str) -> str:
    chunks = [each for each in _CHUNK.finditer(part) if re.search("[0-9]", each.group())]
    for each in reversed(chunks):
        if each is chunks[-1] or _DATE.search(each.group()):
            part = f"{part[: each.start()]}*{part[each.end() :]}"
    return part


def members_among(names: Iterable[str], assets: Iterable[Asset]) -> frozenset[str]:
    """The names that are those of members of a series among the assets: what a member's skip stands under.

    By name alone: a table of like name and other columns, which is in no series, is taken for a member as well.
    """
    series = {(each.kind, _NUMBER.sub("", each.name)) for each in assets if each.member_count and "*" in each.name}
    kinds = {kind for kind, _ in series}
    return frozenset(name for name in names if any((kind, pattern_of(name, kind)) in series for kind in kinds))
