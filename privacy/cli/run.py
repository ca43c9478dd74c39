"""What every command has in common: global options, output, and the one place where errors become exit codes."""

from __future__ import annotations

import errno
import functools
import inspect
import os
import sys
import tempfile
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from data_map.errors import ToolError, UsageError
from privacy.app import App
from privacy.app import parse_day as parse_day
from privacy.exits import Exit, exit_of
from privacy.reports.table import Format, Table, as_csv, as_json, show
from privacy.reports.text import printable

if TYPE_CHECKING:
    from rich.console import Console

_PANEL = "Everywhere"

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="PATH",
        help="Configuration file [$PRIVACY_CONFIG, else ./config.toml]",
        rich_help_panel=_PANEL,
    ),
]
StoreOption = Annotated[
    str | None,
    typer.Option(
        "--store", metavar="URL", help="Store [$PRIVACY_STORE, else sqlite:///privacy.db]", rich_help_panel=_PANEL
    ),
]
TodayOption = Annotated[
    str | None,
    typer.Option("--today", metavar="DATE", help="Count from this day [$PRIVACY_TODAY]", rich_help_panel=_PANEL),
]
VerboseOption = Annotated[int, typer.Option("--verbose", "-v", count=True, help="Say more.", rich_help_panel=_PANEL)]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but results.", rich_help_panel=_PANEL)]

FormatOption = Annotated[Format, typer.Option("--format", help="How to print it.")]
OutputOption = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it to a file instead.", dir_okay=False)
]


@dataclass(slots=True)
class Globals:
    """The global options, as given before or after the verb; what stands after it wins."""

    config: Path | None = None
    store: str | None = None
    today: str | None = None
    verbose: int = 0
    quiet: bool = False

    def over(self, other: Globals) -> Globals:
        """These options, with the other's where these were not given."""
        return Globals(
            other.config if self.config is None else self.config,
            other.store if self.store is None else self.store,
            other.today if self.today is None else self.today,
            self.verbose + other.verbose,
            self.quiet or other.quiet,
        )


@dataclass
class Run:
    """One command as it runs."""

    options: Globals
    exit: Exit = field(default=Exit.DONE)

    @cached_property
    def app(self) -> App:
        """Configuration, store, clock."""
        return App(self.options.config, self.options.store, _day(self.options.today))

    @cached_property
    def out(self) -> Console:
        """Standard output, for people."""
        return _console(is_error=False)

    @cached_property
    def err(self) -> Console:
        """Standard error: progress, chatter, complaints."""
        return _console(is_error=True)

    def say(self, text: str) -> None:
        """Chatter on standard error, unless it was asked not to."""
        if not self.options.quiet:
            typer.echo(printable_lines(text), err=True)

    def tell(self, text: str) -> None:
        """A line on standard output that is not broken: a command in it can be copied whole."""
        self.out.print(printable_lines(text), soft_wrap=True)

    def fail_on_nothing(self) -> None:
        """A check was asked for, and there is nothing to check: it does not pass."""
        self.exit = Exit.CHECK_FAILED
        self.warn("privacy: --fail-on: nothing was ever scanned into this store, and a check of nothing does not pass")

    def warn(self, text: str) -> None:
        """Something that the user has to know whatever was asked."""
        typer.echo(printable_lines(text), err=True)

    def emit(self, table: Table, form: Format, output: Path | None = None) -> None:
        """Print a listing, or write it to a file all at once."""
        if form is Format.TABLE and output is None:
            show(table, self.out)
            return
        if form is Format.TABLE:
            from io import StringIO

            from rich.console import Console

            stream = StringIO()
            show(table, Console(file=stream, width=100, highlight=False, markup=False, no_color=True))
            text = stream.getvalue()
        else:
            text = as_json(table) if form is Format.JSON else as_csv(table)
        self.write(text, output)

    def write(self, text: str, output: Path | None) -> None:
        """To standard output, or to a file that is there whole or not at all."""
        if output is None:
            sys.stdout.write(text.encode("utf-8", "backslashreplace").decode("utf-8"))
            return
        write_atomically(output, text)
        self.say(f"Written to {output}")


def _console(*, is_error: bool) -> Console:
    from rich.console import Console

    class _Console(Console):
        def on_broken_pipe(self) -> None:
            """Rich would end the process here; the boundary below does it as for all other output."""
            raise BrokenPipeError

    # Rich keeps bold and dim when colours are not wanted; whoever sets NO_COLOR gets plain text.
    system: Any = None if os.environ.get("NO_COLOR") else "auto"
    return _Console(stderr=is_error, color_system=system, highlight=False, markup=False, emoji=False)


def write_atomically(path: Path, text: str) -> None:
    """Replace a file's content in one step.

    Raises:
        UsageError: the folder does not exist or cannot be written to.
    """
    try:
        if is_special(path):
            with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as stream:
                stream.write(text)
            return
        descriptor, name = tempfile.mkstemp(dir=path.absolute().parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace", newline="") as stream:
                stream.write(text)
            Path(name).chmod(0o666 & ~umask())
            Path(name).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        msg = f"{path} cannot be written: {error.strerror}."
        raise UsageError(msg) from None


def is_special(path: Path) -> bool:
    """Whether there is a device or a pipe, which is written into and never replaced by a file."""
    return path.exists() and not path.is_file() and not path.is_dir()


def umask() -> int:
    """The permissions that new files do not get."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def printable_lines(text: str) -> str:
    """The text with its line breaks, and everything else that is not printable as escapes."""
    return "\n".join(printable(line) for line in text.split("\n"))


def _day(text: str | None) -> date | None:
    return None if text is None else parse_day(text, "--today")


def command(app: typer.Typer, name: str, **settings: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a function a command: its first parameter is the ``Run``, the others are the command's own options."""

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        hints = get_type_hints(function, include_extras=True)
        own = list(inspect.signature(function).parameters.values())[1:]

        @functools.wraps(function)
        def called(**given: Any) -> None:
            context: typer.Context = given.pop("context")
            options = Globals(*(given.pop(f"global_{key}") for key in ("config", "store", "today", "verbose", "quiet")))
            before = context.find_object(Globals) or Globals()
            run = Run(options.over(before))
            with_boundary(run, lambda: function(run, **given))

        parameters = [
            inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context),
            *(item.replace(annotation=hints[item.name], kind=inspect.Parameter.KEYWORD_ONLY) for item in own),
            _global("global_config", ConfigOption, None),
            _global("global_store", StoreOption, None),
            _global("global_today", TodayOption, None),
            _global("global_verbose", VerboseOption, 0),
            _global("global_quiet", QuietOption, False),
        ]
        called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        called.__annotations__ = {item.name: item.annotation for item in parameters}
        del called.__wrapped__
        app.command(name, **settings)(called)
        return function

    return decorate


def _global(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


def _silence() -> None:
    """Let what is still to be written to standard output go nowhere: Python would complain while closing it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def with_boundary(run: Run, work: Callable[[], None]) -> None:
    """Run a command's work; whatever it raises ends as an exit code with a sentence on standard error.

    An unexpected error shows where it happened, but neither locals nor its message: a message may quote a value.
    """
    try:
        if run.app.is_today_given:
            run.say(f"Counted from {run.app.today.isoformat()}, as given.")
        work()
        sys.stdout.flush()
    except typer.Exit:
        raise
    except ToolError as error:
        run.warn(f"privacy: {error}")
        raise typer.Exit(exit_of(error)) from None
    except KeyboardInterrupt:
        run.warn("privacy: interrupted; what was done is kept")
        raise typer.Exit(Exit.INTERRUPTED) from None
    except BrokenPipeError:
        # Whoever read our output has enough.
        _silence()
        raise typer.Exit(Exit.DONE) from None
    except Exception as error:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            _silence()
            run.warn(f"privacy: the output cannot be written: {error.strerror}.")
            raise typer.Exit(Exit.UNEXPECTED) from None
        frames = traceback.extract_tb(error.__traceback__)
        where = "".join(f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}\n' for frame in frames)
        run.warn(
            f"privacy: an unexpected error, which is a mistake in this tool: {type(error).__name__}\n{where}"
            "Its message is withheld, because it could quote a value. Please report the lines above."
        )
        raise typer.Exit(Exit.UNEXPECTED) from None
    if run.exit is not Exit.DONE:
        raise typer.Exit(run.exit)
