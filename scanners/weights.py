"""The weights of evidence: measured by ``benchmarks/calibrate.py``, kept as data with their date and source."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Weights:
    """What each stands for is said beside its number, in ``detect/weights.toml``."""

    prior: float
    described: float
    name: float
    values: float
    fits: float
    fits_loosely: float
    misfits: float
    names: float
    person: float
    only_people: float


@lru_cache(maxsize=1)
def weights() -> Weights:
    """The shipped weights."""
    with resources.files("scanners.detect").joinpath("weights.toml").open("rb") as stream:
        return Weights(**tomllib.load(stream)["weights"])
