"""Many regular expressions over one buffer in one pass: by hyperscan where it installs, else RE2, else the library's.

The engines differ in which of several overlapping matches they tell, so a hit only says *where to look*: whoever asks
confirms it with an exact expression on the stretch of text around it. With that the results are the same for all three.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

#: In order of preference: 50, 10 and 2 MB a second over the expressions of this package.
ENGINES = ("hyperscan", "re2", "re")

#: What stands in a buffer for a character that is folded to an ASCII digit or letter by regular expressions.
ODD = 0x02
_WORD, _SPACE, _OTHER = b"_", b"\x0b", b"\x01"
#: Outside of ASCII these match a letter when case is ignored: İ, ı, ſ, and the sign of Kelvin.
_LETTERS = frozenset("\u0130\u0131\u017f\u212a")
_ERRORS = "scanners.detect.multipattern"

#: A hit: where it ends in the buffer, and the expression's number.
Hit = tuple[int, int]


def joined(texts: Sequence[str]) -> str:
    """Texts one after the other, each between line feeds, so that an expression may ask for what stands around."""
    inside = "\n".join(texts)
    return f"\n{inside}\n\n"


def folded(text: str) -> bytes:
    """One byte for each character of a text, so that offsets are the same.

    ASCII stays as it is. Of what is beyond it only that is kept which an expression over ASCII can tell: letters become
    ``_``, which is a part of a word too, spaces a vertical tab, others a control character. Digits of other scripts and
    four letters that equal ASCII ones when case is ignored become ``ODD``: a line with one is for the slow way.
    """
    return text.encode("ascii", _ERRORS)


class _Bytes(dict[str, bytes]):
    """What stands for a character, worked out once for each."""

    def __missing__(self, char: str) -> bytes:
        import regex

        if char in _LETTERS or regex.match(r"\d", char):
            found = bytes((ODD,))
        elif regex.match(r"\w", char):
            found = _WORD
        else:
            found = _SPACE if char.isspace() else _OTHER
        self[char] = found
        return found


_BYTES = _Bytes()


def _fold(error: UnicodeError) -> tuple[bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return b"".join(map(_BYTES.__getitem__, error.object[error.start : error.end])), error.end


codecs.register_error(_ERRORS, _fold)


class MultiPattern:
    """Expressions that are looked for together.

    They are written in what all engines know: no look-around, no back references; word boundaries, digits and word
    characters are those of ASCII; ``(?i)`` stands at the start.
    """

    def __init__(self, expressions: Sequence[str], engine: str | None = None) -> None:
        """``engine``: one of ``ENGINES``; None takes the first that is installed."""
        self.engine = engine or installed_engine()
        self._hits = _MAKERS[self.engine]([expression.encode("ascii") for expression in expressions])

    def hits(self, buffer: bytes) -> list[Hit]:
        """Where the expressions match, in order of the ends. Of overlapping matches of one expression at least one is
        told.
        """
        return self._hits(buffer)


@lru_cache(maxsize=8)
def multi_pattern(expressions: tuple[str, ...], engine: str | None = None) -> MultiPattern:
    """As the class, compiled once: that takes from a tenth of a second to half a one."""
    return MultiPattern(expressions, engine)


@lru_cache(maxsize=1)
def installed_engine() -> str:
    """The fastest engine that works here."""
    return next(name for name in ENGINES if _works(name))


def _works(engine: str) -> bool:
    if find_spec(engine) is None:
        return False
    try:
        return bool(MultiPattern(["a"], engine).hits(b"a"))
    except Exception:  # built for another processor, or an extension that does not load: whatever it raises
        return False


def _hyperscan(expressions: Sequence[bytes]) -> Callable[[bytes], list[Hit]]:
    import hyperscan

    database = hyperscan.Database()
    database.compile(expressions=list(expressions), ids=list(range(len(expressions))))

    def hits(buffer: bytes) -> list[Hit]:
        found: list[Hit] = []
        add = found.append

        def on_match(number: int, start: int, stop: int, flags: int, context: object) -> None:
            add((stop, number))

        database.scan(buffer, match_event_handler=on_match)
        return found

    return hits


def _re2(expressions: Sequence[bytes]) -> Callable[[bytes], list[Hit]]:
    import re2

    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    together: Any = re2.Set.SearchSet(options)
    for expression in expressions:
        together.Add(expression)
    together.Compile()
    compiled = [re2.compile(expression, options) for expression in expressions]

    def hits(buffer: bytes) -> list[Hit]:
        present = together.Match(buffer) or ()
        return sorted((match.end(), number) for number in present for match in compiled[number].finditer(buffer))

    return hits


def _re(expressions: Sequence[bytes]) -> Callable[[bytes], list[Hit]]:
    compiled = [re.compile(expression) for expression in expressions]

    def hits(buffer: bytes) -> list[Hit]:
        return sorted((match.end(), number) for number, one in enumerate(compiled) for match in one.finditer(buffer))

    return hits


_MAKERS: dict[str, Callable[[Sequence[bytes]], Callable[[bytes], list[Hit]]]] = {
    "hyperscan": _hyperscan,
    "re2": _re2,
    "re": _re,
}
