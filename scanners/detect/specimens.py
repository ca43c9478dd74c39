"""Published test data: card numbers of payment services, documentation's addresses, telephones kept for films. Pure.

Such values have the form of their category and belong to nobody. They do not make a column harmless, since real ones
may stand beside them; how many there are is said with the verdict.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib import resources
from typing import Any

_SEPARATORS = str.maketrans("", "", " .-/()")


@lru_cache(maxsize=1)
def _data() -> Mapping[str, Mapping[str, Any]]:
    with resources.files("scanners.detect").joinpath("specimens.toml").open("rb") as stream:
        return tomllib.load(stream)


@lru_cache(maxsize=64)
def _of(category: str) -> tuple[frozenset[str], tuple[re.Pattern[str], ...]]:
    data = _data()
    forms = tuple(re.compile(form) for form in data["forms"].get(category, ()))
    return frozenset(data["values"].get(category, ())), forms


def is_test(category: str, value: str) -> bool:
    """Whether a value of a category is known to be nobody's."""
    known, forms = _of(category)
    if value.upper().translate(_SEPARATORS) in known:
        return True
    text = value.strip().lower().removeprefix("mailto:").removeprefix("tel:")
    return any(form.fullmatch(text) is not None for form in forms)


def known_among(category: str, values: Iterable[str]) -> int:
    """How many of a column's different values are published test data."""
    known, forms = _of(category)
    return sum(is_test(category, value) for value in values) if known or forms else 0
