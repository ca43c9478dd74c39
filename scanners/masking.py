"""Shapes of values: the only thing a reader ever sees of a column's content. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping

#: A run of one character class longer than this is shortened to it.
_RUN = 12
#: A shape seen fewer times than this could point at one person and is not kept.
_SEEN = 3
_MOST_SHAPES = 5
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


def shape(value: str) -> str:
    """Letters of any script as ``a`` or ``A``, digits as ``9``, ASCII punctuation as it is, other symbols ``?``.

    Runs over 12 are shortened, so that a long value's length is not told either.
    """
    return _LONG_RUN.sub(lambda run: run.group(1) * _RUN, value[:200].translate(_CLASSES))


def shapes(counts: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """The most frequent shapes of a column's values, those seen at least three times, at most five."""
    seen: Counter[str] = Counter()
    for value, count in counts.items():
        seen[shape(value)] += count
    frequent = [(text, count) for text, count in seen.items() if count >= _SEEN]
    return tuple(sorted(frequent, key=lambda item: (-item[1], item[0]))[:_MOST_SHAPES])


def signature(value: str) -> str:
    """The shape without case and without shortening, for detectors to route by. Never shown to anybody."""
    return value.translate(_CLASSES).lower()
