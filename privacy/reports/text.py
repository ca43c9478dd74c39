"""Names from hostile places, made fit to print. Pure."""

from __future__ import annotations

import json
import unicodedata

#: Control, format (bidirectional overrides among them), surrogate, private and unassigned characters, and line breaks.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def printable(text: str) -> str:
    """The text with every character that could move a cursor, colour a line or hide a word written as an escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if unicodedata.category(char) not in _UNSAFE else _escape(char) for char in text)


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def json_text(value: object) -> str:
    """A JSON document, indented, in which every character that is not printable is written as its ``\\u`` escape."""
    written = json.dumps(value, ensure_ascii=False, indent=2, default=str)
    # Outside of strings JSON has none of them but the line breaks of the indentation.
    unsafe = {char for char in set(written) if char != "\n" and unicodedata.category(char) in _UNSAFE}
    return written.translate({ord(char): json.dumps(char)[1:-1] for char in unsafe}) + "\n"


def inert_cell(text: str) -> str:
    """A cell of a CSV file that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def amount(value: int) -> str:
    """A count with thousands set apart."""
    return f"{value:,}"


def counted(value: int, noun: str, plural: str | None = None) -> str:
    """A count with its noun: ``1 row``, ``2 rows``."""
    return f"{amount(value)} {noun if value == 1 else plural or noun + 's'}"


def size(value: int) -> str:
    """Bytes in the largest unit that keeps a whole digit."""
    number, unit = float(value), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if number < 1000 or unit == "TB":
            break
        number /= 1000
    return f"{number:.0f} {unit}" if unit == "B" or number >= 100 else f"{number:.1f} {unit}"
