"""Which reader a file gets: by its name, checked against its first bytes."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import PurePosixPath
from typing import cast

from data_map.model import Reason
from scanners.extract.base import Extractor
from scanners.extract.decode import is_text
from scanners.values import UnreadableError

#: How much of a file ``extractor_for`` wants to see.
HEAD_BYTES = 4096

_DELIMITED = "scanners.extract.delimited:DelimitedReader"
_STRUCTURED = "scanners.extract.structured:StructuredReader"
_LINES = "scanners.extract.structured:LinesReader"
_SPREADSHEET = "scanners.extract.spreadsheet:SpreadsheetReader"
_PLAIN = "scanners.extract.plain:PlainReader"

#: Ending of the file name → reader. "" is a name without an ending.
READERS = {
    "": _PLAIN,
    "csv": _DELIMITED,
    "geojson": _STRUCTURED,
    "json": _STRUCTURED,
    "jsonl": _LINES,
    "log": _PLAIN,
    "markdown": _PLAIN,
    "md": _PLAIN,
    "ndjson": _LINES,
    "ods": _SPREADSHEET,
    "psv": _DELIMITED,
    "rst": _PLAIN,
    "tab": _DELIMITED,
    "text": _PLAIN,
    "tsv": _DELIMITED,
    "txt": _PLAIN,
    "xls": _SPREADSHEET,
    "xlsb": _SPREADSHEET,
    "xlsm": _SPREADSHEET,
    "xlsx": _SPREADSHEET,
}

#: Ending → what its content may be, for the endings that are not text. (A workbook with a password is an OLE file, and
#: programs save one kind of workbook under the name of another.)
_WORKBOOK = frozenset({"zip", "ole", "biff"})
_BINARY = {"ods": frozenset({"zip"}), "xls": _WORKBOOK, "xlsb": _WORKBOOK, "xlsm": _WORKBOOK, "xlsx": _WORKBOOK}

#: Place and first bytes → what it is. Two bytes alone are not enough: texts begin with BM, MZ and PK too.
_MAGIC = (
    (0, b"SQLite format 3\0", "sqlite"),
    (0, b"PK\x03\x04", "zip"),
    (0, b"PK\x05\x06", "zip"),
    (0, b"%PDF-", "pdf"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (0, b"\x09\x08\x10\x00", "biff"),
    (0, b"\x09\x08\x08\x00", "biff"),
    (0, b"\x09\x04\x06\x00", "biff"),
    (0, b"\x09\x02\x06\x00", "biff"),
    (0, b"\x89PNG\r\n\x1a\n", "png"),
    (0, b"\xff\xd8\xff", "jpeg"),
    (0, b"GIF87a", "gif"),
    (0, b"GIF89a", "gif"),
    (0, b"II*\0", "tiff"),
    (0, b"MM\0*", "tiff"),
    (8, b"WEBP", "webp"),
    (4, b"ftyp", "mp4"),
    (0, b"ID3\x03", "mp3"),
    (0, b"ID3\x04", "mp3"),
    (0, b"\x1f\x8b\x08", "gzip"),
    (0, b"\xfd7zXZ\0", "xz"),
    (0, b"(\xb5/\xfd", "zstd"),
    (4, b"1AY&SY", "bzip2"),
    (0, b"7z\xbc\xaf'\x1c", "7z"),
    (0, b"Rar!\x1a\x07", "rar"),
    (257, b"ustar", "tar"),
    (0, b"\x7fELF", "elf"),
    (0, b"PAR1", "parquet"),
    (0, b"Obj\x01", "avro"),
    (0, b"{\\rtf", "rtf"),
    (0, b"!BDN", "pst"),
)


def extractor_for(name: str, head: bytes) -> Extractor:
    """The reader of a file, by the ending of its name and its first ``HEAD_BYTES`` bytes.

    Raises:
        UnreadableError: there is no reader for it, or its content is not what its name says.
    """
    ending = ending_of(name)
    kind = kind_of(head)
    if ending not in READERS or (not ending and kind != "text"):
        raise UnreadableError(Reason.UNSUPPORTED_FORMAT, ending or kind)
    if kind not in _BINARY.get(ending, {"text"}):
        raise UnreadableError(Reason.DAMAGED, kind)
    module, _, attribute = READERS[ending].partition(":")
    return cast(Extractor, getattr(import_module(module), attribute)())


def ending_of(name: str) -> str:
    """The ending of a file's name in lower case without its dot, ``""`` when it has none.

    What log rotation adds is not an ending: ``app.log.1`` and ``app.log-20240131`` end in ``log``.
    """
    base = re.sub(r"[._-]\d[\d._-]*$", "", PurePosixPath(name).name.lower())
    ending = PurePosixPath(base).suffix.removeprefix(".")
    return ending if re.fullmatch(r"(?=.*[a-z])[a-z0-9_+~-]{1,12}", ending) else ""


def kind_of(head: bytes) -> str:
    """What a file is by its first bytes: a known format, ``text`` or ``binary``."""
    for place, mark, kind in _MAGIC:
        if head.startswith(mark, place):
            return kind
    return "text" if is_text(head) else "binary"
