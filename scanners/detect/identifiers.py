"""National identifiers with check digits, by python-stdnum. The list with its chance rates is ``identifiers.toml``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module, resources

from scanners.detect.base import Rule

#: A scheme that random digits pass more often than this says nothing without the column's name.
_WEAK = 0.2


def validator(module: str) -> Callable[[str], bool]:
    """``is_valid`` of a stdnum module, imported at its first use."""

    @lru_cache(maxsize=1)
    def load() -> Callable[[str], bool]:
        found: Callable[[str], bool] = import_module(f"stdnum.{module}").is_valid
        return found

    def accepts(value: str) -> bool:
        try:
            return load()(value)
        except Exception:  # some modules fail on numbers that they should refuse; either way it is no such number
            return False

    return accepts


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """All identifiers, on for all countries."""
    with resources.files("scanners.detect").joinpath("identifiers.toml").open("rb") as stream:
        entries = tomllib.load(stream)["identifiers"]
    return tuple(
        Rule(
            name=f"stdnum:{entry['module']}",
            category=entry["category"],
            shape=re.compile("|".join(f"(?:{shape})" for shape in entry["shapes"])),
            accepts=validator(entry["module"]),
            chance=entry["chance"],
            needs_name=entry["chance"] > _WEAK,
            country=entry.get("country"),
        )
        for entry in entries
    )
