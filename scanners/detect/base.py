"""What a value detector is: a row of data that says which values can fit, and a function that says which do."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from scanners.masking import signature


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One way to recognise a whole value of a column."""

    #: ``presidio:…``, ``stdnum:…``, ``lexicon:…``, ``format:…``
    name: str
    category: str
    #: Over the value's signature (letters ``a``, digits ``9``): a necessary condition, cheap to test.
    shape: re.Pattern[str]
    accepts: Callable[[str], bool]
    #: Share of values of a fitting shape that pass by accident.
    chance: float
    #: The most that passing can say, as the natural logarithm of a likelihood ratio. Check digits are independent from
    #: value to value; a rule of form alone is passed by all values of a like-built column together, or by none.
    most: float = 9.0
    #: Whether a hit counts only where the column's name says the same.
    needs_name: bool = False
    #: Categories of the column's name, beside the rule's own, that count as saying the same: a digest under a name for
    #: a password is a password's.
    named_by: frozenset[str] = frozenset()
    #: ISO 3166-1 code of the country whose scheme it is.
    country: str | None = None
    examples: tuple[str, ...] = ()
    counter_examples: tuple[str, ...] = ()

    def matches(self, value: str) -> bool:
        """Whether a single value passes, shape and all."""
        return self.shape.fullmatch(signature(value)) is not None and self.accepts(value)


@dataclass(frozen=True, slots=True)
class Passed:
    """How a value detector did on a column's distinct values."""

    detector: str
    category: str
    #: Distinct values that passed, of how many that were tried.
    matched: int
    of: int
    #: Share that passes by accident.
    chance: float
    needs_name: bool
    #: The most that passing can say; see ``Rule.most``.
    most: float = 9.0
    #: What the hits say, where a detector has weighed them itself; otherwise it follows from the numbers above.
    weight: float | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text that holds personal data. Offsets in characters; the text itself is not kept."""

    start: int
    stop: int
    category: str
    #: 0–1.
    score: float
    detector: str


@dataclass(frozen=True, slots=True)
class TextPattern:
    """One way to recognise an identifier inside of running text."""

    #: As ``Rule.name``.
    name: str
    category: str
    #: A regular expression that finds candidate stretches; without back references, so that any engine runs it.
    candidate: str
    accepts: Callable[[str], bool]
    score: float
    #: Folded words, one of which stands near the candidate where ``needs_context``; near: in the 60 characters before
    #: it, or the 30 after it.
    context: frozenset[str] = field(default_factory=frozenset)
    needs_context: bool = False
