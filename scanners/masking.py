"""Shapes of values: the only thing a reader ever sees of a column's content. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping

#: A run of one character class longer than this is shortened to it.
_RUN = 12
#: A shape seen fewer times than this could point at one person and is not kept.
_SEEN = 3
_MOST_SHAPES = 5
#: Of a longer value the shape is that of so many characters.
_CHARS = 200
_TOO_LONG = tuple(char * (_RUN + 1) for char in "aA9?")
_LONG_RUN = re.compile(rf"([aA9?])\1{{{_RUN},}}")


class _Classes(dict[int, str]):
    """Character classes by code point, worked out once for each character."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        if char.isascii():
            if char.isdigit():
                found = "9"
            elif char.isalpha():
                found = "A" if char.isupper() else "a"
            else:
                found = char if char.isprintable() else "?"
        else:
            kind = unicodedata.category(char)
            if kind[0] == "L":
                found = "A" if kind in ("Lu", "Lt") else "a"
            elif kind[0] == "N":
                found = "9"
            else:
                found = "a" if kind[0] == "M" else "?"
        self[code] = found
        return found


_CLASSES = _Classes()
_JOINED = _Classes({0: "\n"})


def shape(value: str) -> str:
    """Letters of any script as ``a`` or ``A``, digits as ``9``, ASCII punctuation as it is, other symbols ``?``.

    Runs over 12 are shortened, so that a long value's length is not told either.
    """
    return _shortened(value[:_CHARS].translate(_CLASSES))


def shapes(counts: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """The most frequent shapes of a column's values, those seen at least three times, at most five."""
    texts = _translated([value[:_CHARS] for value in counts])
    if sum(counts.values()) == len(counts):  # each once, as of keys and codes
        long = Counter(texts)
    else:
        long = Counter()
        for text, count in zip(texts, counts.values(), strict=True):
            long[text] += count
    seen: Counter[str] = Counter()
    for text, count in long.items():
        seen[_shortened(text) if len(text) > _RUN else text] += count
    frequent = [(text, count) for text, count in seen.items() if count >= _SEEN]
    return tuple(sorted(frequent, key=lambda item: (-item[1], item[0]))[:_MOST_SHAPES])


def signature(value: str) -> str:
    """The shape without case and without shortening, for detectors to route by. Never shown to anybody."""
    return value.translate(_CLASSES).lower()


def signatures(values: Iterable[str]) -> list[str]:
    """The signature of each of many values, in one go."""
    return _translated(values, is_lower=True)


def _shortened(text: str) -> str:
    if not any(run in text for run in _TOO_LONG):
        return text
    return _LONG_RUN.sub(lambda run: run.group(1) * _RUN, text)


def _translated(values: Iterable[str], *, is_lower: bool = False) -> list[str]:
    """In one go, which for many short values is four times as fast as one by one."""
    values = list(values)
    joined = "\0".join(values)
    if not values or joined.count("\0") != len(values) - 1:  # a value with a null in it
        found = [value.translate(_CLASSES) for value in values]
        return [text.lower() for text in found] if is_lower else found
    # A line feed parts them afterwards: none is left in a value, for it is no character that prints.
    text = joined.translate(_JOINED)
    return (text.lower() if is_lower else text).split("\n")
