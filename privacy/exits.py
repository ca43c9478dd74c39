"""Exit codes. Scripts rely on them."""

from __future__ import annotations

from enum import IntEnum

from data_map.errors import (
    CheckFailedError,
    ConfigurationError,
    NotAllowedError,
    ToolError,
    UnavailableError,
    UsageError,
)


class Exit(IntEnum):
    """How a command ended."""

    DONE = 0
    UNEXPECTED = 1
    USAGE = 2
    CONFIGURATION = 3
    UNAVAILABLE = 4
    SKIPPED = 5
    CHECK_FAILED = 6
    NOT_ALLOWED = 7
    INTERRUPTED = 130


_CODES: tuple[tuple[type[ToolError], Exit], ...] = (
    (UsageError, Exit.USAGE),
    (ConfigurationError, Exit.CONFIGURATION),
    (UnavailableError, Exit.UNAVAILABLE),
    (CheckFailedError, Exit.CHECK_FAILED),
    (NotAllowedError, Exit.NOT_ALLOWED),
)


def exit_of(error: ToolError) -> Exit:
    """The code of an error; one of no known kind is unexpected."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), Exit.UNEXPECTED)
