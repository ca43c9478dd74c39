"""Closed sets of values: genders, faiths, blood groups. Rows of data."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from functools import lru_cache
from importlib import resources

from scanners.detect.base import Rule
from scanners.detect.names import fold


def _in(words: frozenset[str]) -> Callable[[str], bool]:
    return lambda value: _joined(value) in words


@lru_cache(maxsize=10_000)
def _joined(value: str) -> str:
    return fold(value).replace(" ", "-")


#: A word or a few, or a blood group.
_WORD = re.compile(r"[a9][-a9+ ]{0,30}")


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """Rules for whole values."""
    with resources.files("scanners.detect").joinpath("lexicon.toml").open("rb") as stream:
        entries = tomllib.load(stream)["sets"]
    return tuple(
        Rule(
            f"lexicon:{entry['category'].split('.')[1]}",
            entry["category"],
            _WORD,
            _in(frozenset(entry["values"].split())),
            0.02,
            needs_name=entry["needs_name"],
        )
        for entry in entries
    )
