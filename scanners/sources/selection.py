"""Which assets of a source are wanted."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase


def is_wanted(name: str, include: Sequence[str] = (), exclude: Sequence[str] = ()) -> bool:
    """Whether the globs let an asset through. ``*`` matches ``/`` too, case counts, and exclusion wins.

    No ``include`` lets everything in.
    """
    if any(fnmatchcase(name, glob) for glob in exclude):
        return False
    return not include or any(fnmatchcase(name, glob) for glob in include)


def is_pruned(folder: str, exclude: Sequence[str]) -> bool:
    """Whether nothing below a folder can be wanted, so that it need not be opened at all."""
    return any(glob.endswith("*") and fnmatchcase(folder + "/", glob) for glob in exclude)
