"""Names from hostile places as strings of TOML and YAML. Pure."""

from __future__ import annotations

import re
import unicodedata

from privacy.reports.text import printable

_BARE = re.compile(r"[A-Za-z0-9_-]+")
#: What YAML 1.1 and 1.2 take for something else than a word.
_NO_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_MARK = "\ufffd"
_TOLD = re.compile(r"\\u(d[89a-f][0-9a-f]{2})|\\\\")


def quoted(text: str) -> str:
    """A string in double quotes that TOML and YAML read alike; ``told`` takes it back.

    Half a surrogate pair, which neither can hold, is written as ``\\udcff`` in a text that begins with U+FFFD and whose
    own backslashes are doubled.
    """
    if _SURROGATE.search(text) or text.startswith(_MARK):
        text = _MARK + _SURROGATE.sub(lambda one: f"\\u{ord(one.group()):04x}", text.replace("\\", "\\\\"))
    return '"' + "".join(_char(char) for char in text) + '"'


def told(text: str) -> str:
    """What ``quoted`` was given, from what TOML read."""
    if not text.startswith(_MARK):
        return text
    return _TOLD.sub(lambda one: chr(int(one.group(1), 16)) if one.group(1) else "\\", text[1:])


def toml_key(name: str) -> str:
    """A name as a key of TOML."""
    return name if _BARE.fullmatch(name) else quoted(name)


def yaml(text: str) -> str:
    """A string as YAML: bare where nothing could be read into it."""
    return text if _WORD.fullmatch(text) and text.lower() not in _NO_WORDS else quoted(text)


def _char(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    if char.isprintable() and not unicodedata.category(char).startswith("C"):
        return char
    code = ord(char)
    if char in "\n\t\r":
        return {"\n": "\\n", "\t": "\\t", "\r": "\\r"}[char]
    return f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"


def shown(text: str) -> str:
    """A name for tools that take no escapes: everything that is not printable as ours."""
    return printable(text)
