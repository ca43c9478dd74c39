"""A text in the user's editor. Whatever goes wrong, what was typed is kept in a file whose path is told."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import typer

from data_map.errors import ConfigurationError, ToolError, UsageError
from privacy.cli.run import Run

#: What is tried when neither $VISUAL nor $EDITOR is set.
_EDITORS = ("sensible-editor", "nano", "vi")


def edit(run: Run, text: str, name: str, check: Callable[[str], None], save: Callable[[str], None]) -> bool:
    """Open a text in the editor until it passes ``check`` or its author gives up, then save it.

    False: it came back as it was, and nothing was saved.

    Raises:
        UsageError: there is no terminal.
        ConfigurationError: the editor cannot be started, or ended with an error.
        ToolError: what ``check`` said last, when the author gave up; or what ``save`` said.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        msg = "There is no terminal to edit in. Give the text with --from FILE, or --from - for standard input."
        raise UsageError(msg)
    descriptor, place = tempfile.mkstemp(prefix=f"privacy-{name}-", suffix=".toml")
    path = Path(place)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
        stream.write(text)
    run.say(f"While you edit, the text is in {path}")
    try:
        is_changed = _until_good(run, path, text, check, save)
    except BaseException:
        # An interruption and our own mistakes included.
        if _read(path) == text:
            path.unlink()
        else:
            run.warn(f"Nothing was saved. Your text is kept in {path}")
        raise
    path.unlink()
    return is_changed


def _until_good(run: Run, path: Path, text: str, check: Callable[[str], None], save: Callable[[str], None]) -> bool:
    while True:
        _open(path)
        new = _read(path)
        if new is None:
            msg = f"What the editor left in {path} is not UTF-8 text."
            raise UsageError(msg)
        if new == text:
            return False
        try:
            check(new)
        except ToolError as error:
            run.warn(str(error))
            if not _again():
                raise
        else:
            save(new)
            return True


def _open(path: Path) -> None:
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not command:
        command = next((name for name in _EDITORS if shutil.which(name)), None)
    if not command:
        msg = "No editor was found. Set $EDITOR to the command of one."
        raise ConfigurationError(msg)
    try:
        words = [*shlex.split(command), str(path)]
        done = subprocess.run(words, check=False)  # noqa: S603 - the user's own editor, without a shell
    except (OSError, ValueError):
        msg = "The editor cannot be started. Is the command in $VISUAL or $EDITOR right?"
        raise ConfigurationError(msg) from None
    if done.returncode:
        msg = f"The editor ended with the code {done.returncode}."
        raise ConfigurationError(msg)


def _read(path: Path) -> str | None:
    """The text; None when it is not UTF-8 or not there."""
    with suppress(OSError, UnicodeDecodeError):
        return path.read_bytes().decode("utf-8")
    return None


def _again() -> bool:
    try:
        return typer.confirm("Edit it again?", default=True, err=True)
    except typer.Abort:
        return False
