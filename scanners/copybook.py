"""COBOL copybooks: the part of the data division that says how a record is laid out.

Read are levels 01 to 49, ``PIC``, ``USAGE`` (``DISPLAY``, ``COMP`` to ``COMP-5``, ``BINARY``, ``PACKED-DECIMAL``),
``OCCURS n``, ``REDEFINES``, ``SIGN``, ``FILLER``; levels 66 and 88 say nothing of places. What would move places in a
way that only a program knows (``OCCURS … DEPENDING ON``, ``SYNC``, ``COPY``, a second 01) is refused, not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from scanners.layout import MAX_PLACES, MAX_RECORD, Layout, LayoutError, Place

_USAGES = {
    "DISPLAY": "display",
    "COMP": "binary",
    "COMP-4": "binary",
    "COMP-5": "binary",
    "BINARY": "binary",
    "COMP-3": "packed",
    "PACKED-DECIMAL": "packed",
    "COMP-1": "float4",
    "COMP-2": "float8",
    "NATIONAL": "national",
    "INDEX": "float4",
    "POINTER": "float4",
}
_IGNORED = frozenset({"JUST", "JUSTIFIED", "RIGHT", "BLANK", "WHEN", "ZERO", "ZEROS", "ZEROES", "GLOBAL", "EXTERNAL"})
_SYMBOL = re.compile(r"(CR|DB|[AX9NGSVPZB0/,.+\-$*E])(?:\((\d{1,7})\))?")
_LITERAL = re.compile(r"'[^']*'|\"[^\"]*\"")


@dataclass(slots=True)
class _Item:
    """A data description entry."""

    level: int
    name: str
    line: int
    picture: str | None = None
    usage: str | None = None
    occurs: int = 1
    redefines: str | None = None
    has_separate_sign: bool = False
    below: list[_Item] = field(default_factory=list)
    #: Bytes of one repetition.
    size: int = 0


def from_copybook(text: str) -> Layout:
    """The places of a record's fields, named by the groups that they are in: ``ADDRESS.CITY``.

    Raises:
        LayoutError: a line cannot be read, or says something that is refused.
    """
    top: _Item | None = None
    stack: list[_Item] = []
    for line, words in _sentences(text):
        item = _item(words, line)
        if item is None:
            continue
        while stack and stack[-1].level >= item.level:
            stack.pop()
        if not stack:
            if top is not None:
                raise LayoutError(f"line {line}")
            top = item
        elif stack[-1].picture is not None:  # a field has nothing below it
            raise LayoutError(f"line {line}")
        else:
            stack[-1].below.append(item)
        stack.append(item)
    if top is None:
        raise LayoutError("fields")
    _measure(top, None)
    places: list[Place] = []
    _expand(top, 0, (), None, places)
    if not places:
        raise LayoutError("fields")
    return Layout(tuple(places), length=top.size * top.occurs)


def _sentences(text: str) -> Iterator[tuple[int, list[str]]]:
    """The words up to each full stop, in capitals, with the number of the line in which they begin."""
    words: list[str] = []
    start = 0
    for number, line in enumerate(text.splitlines(), start=1):
        code = _code(line.expandtabs(), number)
        for word in _LITERAL.sub("''", code).upper().split():
            start = start if words else number
            bare = word.rstrip(".,;") if word not in (".", ",") else ""
            if bare:
                words.append(bare)
            if word.endswith(".") and words:
                yield start, words
                words = []
    if words:
        raise LayoutError(f"line {start}")


def _code(line: str, number: int) -> str:
    """What of a line is code: columns 8 to 72 where the first six are empty or number it."""
    ahead = line[:6].strip()
    if len(line) > 6 and (not ahead or (ahead.isdigit() and len(ahead) == 6)) and line[6] in " *-/":
        if line[6] == "-":
            raise LayoutError(f"line {number}")
        return "" if line[6] in "*/" else line[7:72].partition("*>")[0]
    return "" if line.lstrip().startswith("*") else line.partition("*>")[0]


def _item(words: list[str], line: int) -> _Item | None:
    wrong = LayoutError(f"line {line}")
    if not re.fullmatch(r"\d{1,2}", words[0]):
        raise wrong
    level = int(words[0])
    if level in (66, 88):
        return None
    if not 1 <= level <= 49:
        raise wrong
    rest = iter(words[1:])
    word = next(rest, None)
    item = _Item(level, "FILLER", line)
    if word is not None and not _is_clause(word):
        if not re.fullmatch(r"[A-Z0-9_-]{1,60}", word):
            raise wrong
        item.name = word
        word = next(rest, None)
    while word is not None:
        following = next(rest, None)
        if word == "REDEFINES" and following:
            item.redefines = following
        elif word == "OCCURS" and following and re.fullmatch(r"\d{1,6}", following):
            item.occurs = int(following)
        elif word in ("PIC", "PICTURE") and following:
            item.picture = next(rest, None) if following == "IS" else following
        elif word == "USAGE" and following:
            word = next(rest, None) if following == "IS" else following
            if word is None:
                raise wrong
            continue
        elif _usage(word) is not None:
            item.usage = _usage(word)
            word = following
            continue
        elif word == "SEPARATE":
            item.has_separate_sign = True
            word = following
            continue
        elif word in ("VALUE", "VALUES", "INDEXED", "ASCENDING", "DESCENDING"):
            # Literals, or names of indexes and keys, follow, up to the next clause.
            while following is not None and not _is_clause(following):
                following = next(rest, None)
            word = following
            continue
        elif word in ("SIGN", "IS", "LEADING", "TRAILING", "CHARACTER", "TIMES") or word in _IGNORED:
            word = following
            continue
        else:  # DEPENDING ON, TO, SYNC and whatever else
            raise wrong
        word = next(rest, None)
    return item


def _usage(word: str) -> str | None:
    return _USAGES.get(word.replace("COMPUTATIONAL", "COMP"))


def _is_clause(word: str) -> bool:
    return (
        word in ("REDEFINES", "OCCURS", "PIC", "PICTURE", "USAGE", "SIGN", "VALUE", "VALUES", "SYNC", "INDEXED")
        or word in _IGNORED
        or _usage(word) is not None
    )


def _measure(item: _Item, usage: str | None) -> None:
    """Fill in sizes from below; a group hands its usage down."""
    item.usage = item.usage or usage
    wrong = LayoutError(f"line {item.line}")
    if not item.below:
        item.size = _kind(item)[1]
    else:
        if item.picture is not None:
            raise wrong
        named: dict[str, int] = {}
        for each in item.below:
            _measure(each, item.usage)
            if each.redefines is None:
                item.size += each.size * each.occurs
            elif each.redefines not in named or each.size * each.occurs > named[each.redefines]:
                raise LayoutError(f"line {each.line}")
            named[each.name] = each.size * each.occurs
    if not 0 < item.size * item.occurs <= MAX_RECORD:
        raise wrong


def _kind(item: _Item) -> tuple[str, int, int, bool]:
    """Type, length in bytes, decimals, and whether there is a sign."""
    wrong = LayoutError(f"line {item.line}")
    if item.usage in ("float4", "float8"):  # of IBM or of IEEE: nothing says which
        return "opaque", int(item.usage[-1]), 0, True
    if not item.picture:
        raise wrong
    symbols: list[tuple[str, int]] = []
    at = 0
    while at < len(item.picture):
        found = _SYMBOL.match(item.picture, at)
        if found is None:
            raise wrong
        symbols.append((found[1], int(found[2] or 1)))
        at = found.end()
    letters = {letter for letter, _ in symbols}
    if "P" in letters or any(count > MAX_RECORD for _, count in symbols):
        raise wrong
    if letters <= {"9", "S", "V"}:
        digits = sum(count for letter, count in symbols if letter == "9")
        point = next((place for place, (letter, _) in enumerate(symbols) if letter == "V"), len(symbols))
        decimals = sum(count for letter, count in symbols[point:] if letter == "9")
        is_signed = "S" in letters
        if not 0 < digits <= 38:
            raise wrong
        if item.usage == "packed":
            return "packed", digits // 2 + 1, decimals, is_signed
        if item.usage == "binary":
            if digits > 18:
                raise wrong
            return "binary", 2 if digits <= 4 else 4 if digits <= 9 else 8, decimals, is_signed
        length = digits + (item.has_separate_sign and is_signed)
        return ("zoned" if is_signed else "number"), length, decimals, is_signed
    if item.usage not in (None, "display", "national"):
        raise wrong
    size = sum(count * len(letter) for letter, count in symbols if letter not in ("S", "V"))
    if letters == {"N"}:
        return "national", size * 2, 0, False
    if "G" in letters or "N" in letters:
        return "opaque", size * 2, 0, False
    return "text", size, 0, False


def _expand(item: _Item, start: int, path: tuple[str, ...], record: str | None, places: list[Place]) -> None:
    """Add the places of an item and of what is below it, each repetition by itself."""
    for number in range(item.occurs):
        at = start + number * item.size
        if not item.below:
            if item.name == "FILLER":
                continue
            if len(places) >= MAX_PLACES:
                raise LayoutError("too many fields")
            kind, length, decimals, is_signed = _kind(item)
            places.append(Place(".".join((*path, item.name)), at, length, kind, decimals, is_signed, record))
            continue
        inner = path if item.level == 1 or item.name == "FILLER" else (*path, item.name)
        starts: dict[str, int] = {}
        for each in item.below:
            place = starts[each.redefines] if each.redefines is not None else at
            _expand(each, place, inner, record, places)
            starts[each.name] = place
            if each.redefines is None:
                at += each.size * each.occurs
