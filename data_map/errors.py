"""The run cannot go on: each error says what happened, why, and what to do.

The library raises these; one boundary in ``privacy.cli`` turns them into exit codes. Messages hold names and
reason codes, never values read from a source and never a driver's own text.
"""


class ToolError(Exception):
    """Base of every error that is told to the user as a sentence instead of a traceback."""


class UsageError(ToolError):
    """The command's words do not fit together."""


class ConfigurationError(ToolError):
    """The configuration, an environment variable or an installed extra is missing or wrong."""


class UnavailableError(ToolError):
    """No requested source, or not the store, could be opened."""


class CheckFailedError(ToolError):
    """A check that was asked for failed."""


class NotAllowedError(ToolError):
    """The action is not allowed in the present state."""
