"""The company's file share, department by department."""

from __future__ import annotations

from random import Random

from privacy.demo import share_hr, share_it, share_office, share_sales
from privacy.demo.files import File
from privacy.demo.people import Cast


def documents(rng: Random, cast: Cast) -> tuple[File, ...]:
    """Every file of the share."""
    departments = (share_sales, share_hr, share_it, share_office)
    return tuple(file for department in departments for file in department.documents(rng, cast))
