"""Which reader a file gets: by its name, checked against its first bytes."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import PurePosixPath
from typing import Any, cast

from data_map.model import Reason
from scanners.extract.base import Companions, Extractor
from scanners.extract.decode import is_text
from scanners.values import UnreadableError

#: How much of a file ``extractor_for`` wants to see.
HEAD_BYTES = 4096

_DELIMITED = "scanners.extract.delimited:DelimitedReader"
_STRUCTURED = "scanners.extract.structured:StructuredReader"
_LINES = "scanners.extract.structured:LinesReader"
_SPREADSHEET = "scanners.extract.spreadsheet:SpreadsheetReader"
_PLAIN = "scanners.extract.plain:PlainReader"
_DBF = "scanners.extract.dbf:DbfReader"
_FIXED_WIDTH = "scanners.extract.fixed_width:FixedWidthReader"

#: Ending of the file name → reader. "" is a name without an ending.
READERS = {
    "": _PLAIN,
    "csv": _DELIMITED,
    "dbf": _DBF,
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
    # Settings, keys and programs: read as text, for the secrets that people leave in them.
    **dict.fromkeys(
        (
            *(
                "bat",
                "bash",
                "c",
                "cfg",
                "cmd",
                "conf",
                "config",
                "cnf",
                "cpp",
                "cs",
                "dockerfile",
                "env",
                "go",
                "gradle",
            ),
            *(
                "hcl",
                "htpasswd",
                "ini",
                "java",
                "js",
                "jsx",
                "key",
                "kt",
                "lua",
                "netrc",
                "npmrc",
                "pem",
                "pgpass",
                "php",
            ),
            *("pl", "ppk", "properties", "ps1", "py", "r", "rb", "rs", "scala", "sh", "swift", "tf", "tfvars", "toml"),
            *("ts", "tsx", "yaml", "yml", "zsh"),
        ),
        _PLAIN,
    ),
}

#: Endings that other programs use for something that is no text: a presentation, a film.
_SHARED = frozenset({"key", "ts", "config", "conf", "cfg", "r", "env", "pem"})

#: Ending → what its content may be, for the endings that are not text. (A workbook with a password is an OLE file, and
#: programs save one kind of workbook under the name of another.)
_WORKBOOK = frozenset({"zip", "ole", "biff"})
_BINARY = {
    "dbf": frozenset({"binary", "text"}),
    "ods": frozenset({"zip"}),
    "xls": _WORKBOOK,
    "xlsb": _WORKBOOK,
    "xlsm": _WORKBOOK,
    "xlsx": _WORKBOOK,
}

#: Endings of a description of records, which lies beside an export under the same name; the first one there counts.
LAYOUTS = (".layout.toml", ".layout.csv", ".cpy")
_EXPORTS = dict.fromkeys(("asc", "dat", "fwf", "txt"), LAYOUTS)

#: Ending of a file → endings of what belongs to it when it lies beside it under the same name.
_BELONGING = {"dbf": (".dbt", ".fpt", ".cpg"), **_EXPORTS}

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

_FOR = re.compile(r"(?:\.(?=env)|(?=dockerfile))(env|dockerfile)(?:\.[a-z0-9_-]+)*$")


def companion_names(name: str) -> tuple[str, ...]:
    """What files beside a file are called, in lower case, when they belong to it; the closest first.

    A layout without a date or a number in its name belongs to all exports that have one: ``customers.cpy`` to
    ``customers_20240131.dat``.
    """
    path = PurePosixPath(name)
    ending = path.suffix.lower().removeprefix(".")
    stems = [path.stem.lower()]
    if ending in _EXPORTS:
        stems.append(re.sub(r"[._-]?\d[\d._-]*$", "", stems[0]))
    return tuple(stem + each for stem in dict.fromkeys(stems) if stem for each in _BELONGING.get(ending, ()))


def extractor_for(name: str, head: bytes, beside: Companions | None = None) -> Extractor:
    """The reader of a file, by the ending of its name, its first ``HEAD_BYTES`` bytes and what lies beside it.

    Raises:
        UnreadableError: there is no reader for it, or its content is not what its name says.
    """
    ending = ending_of(name)
    kind = kind_of(head)
    if beside is not None and any(each.lower().endswith(LAYOUTS) for each in beside.names):
        return cast(Extractor, _load(_FIXED_WIDTH)(beside))
    if ending not in READERS or (not ending and kind != "text"):
        raise UnreadableError(Reason.UNSUPPORTED_FORMAT, ending or kind)
    if ending in _SHARED and kind != "text":
        raise UnreadableError(Reason.UNSUPPORTED_FORMAT, ending)
    if kind not in _BINARY.get(ending, {"text"}):
        raise UnreadableError(Reason.DAMAGED, kind)
    reader = _load(READERS[ending])
    return cast(Extractor, reader(beside) if READERS[ending] == _DBF else reader())


def _load(path: str) -> Any:
    module, _, attribute = path.partition(":")
    return getattr(import_module(module), attribute)


def ending_of(name: str) -> str:
    """The ending of a file's name in lower case without its dot, ``""`` when it has none.

    What log rotation adds is not an ending: ``app.log.1`` and ``app.log-20240131`` end in ``log``. Nor is what settings
    are for: ``.env.production`` and ``.env`` end in ``env``, ``Dockerfile.web`` in ``dockerfile``.
    """
    base = re.sub(r"[._-]\d[\d._-]*$", "", PurePosixPath(name).name.lower())
    if found := _FOR.match(base):
        return found.group(1)
    ending = PurePosixPath(base).suffix.removeprefix(".")
    return ending if re.fullmatch(r"(?=.*[a-z])[a-z0-9_+~-]{1,12}", ending) else ""


def kind_of(head: bytes) -> str:
    """What a file is by its first bytes: a known format, ``text`` or ``binary``."""
    for place, mark, kind in _MAGIC:
        if head.startswith(mark, place):
            return kind
    return "text" if is_text(head) else "binary"
