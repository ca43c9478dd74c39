"""``privacy map export`` and ``import``: the map for Git and for other tools, and what people said back from Git."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from data_map.errors import NotAllowedError, UsageError
from privacy.cli.run import Run, command, write_atomically
from privacy.reports.text import counted, printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from data_map.said import Taking
    from privacy.exchange.content import Content

#: Lines that a preview shows of each kind; the rest are counted.
_SHOWN = 20
#: A text of decisions is written by hand at most: more is no such text.
_MOST_BYTES = 64 * 2**20


class Form(StrEnum):
    """For whom the map is written."""

    GIT = "git"
    CSV = "csv"
    JSON = "json"
    DBT = "dbt"
    OPENMETADATA = "openmetadata"
    DATAHUB = "datahub"
    SARIF = "sarif"


def export(
    run: Run,
    form: Annotated[
        Form,
        typer.Option(
            "--as", help="For whom: git is the text that `import` reads; a folder as FILE gets a file a source."
        ),
    ] = Form.GIT,
    source: Annotated[
        list[str] | None, typer.Option("--source", metavar="NAME", help="Only these sources (repeat the option).")
    ] = None,
    database: Annotated[
        str | None,
        typer.Option("--database", metavar="NAME", help="What dbt, OpenMetadata or DataHub call the database."),
    ] = None,
    environment: Annotated[
        str, typer.Option("--env", metavar="NAME", help="DataHub's environment of the tables.")
    ] = "PROD",
    into: Annotated[
        Path | None,
        typer.Option("--into", metavar="FILE", help="With dbt: your own properties file, with this set in by names."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it to a file, with git also a folder.")
    ] = None,
) -> None:
    """Write the map: as text that reads well in Git, or as the files that other tools take. No values, ever."""
    from privacy.exchange import git
    from privacy.exchange.formats import write

    content = _content(run, source, database, environment)
    if form is Form.GIT and output is not None and output.is_dir():
        _write_folder(run, output, git.files(content), is_whole=not source)
        return
    if into is not None:
        from privacy.exchange.dbt_merge import merge

        if form is not Form.DBT:
            msg = "--into goes with --as dbt."
            raise UsageError(msg)
        [(name, text)] = _texts(into)
        written = merge(content, text, name)
    else:
        written = write(form.value, content)
    run.write(written.text, output)
    for note in written.notes:
        run.say(f"Not in it: {note}")


def _content(run: Run, wanted: list[str] | None, database: str | None, environment: str) -> Content:
    from dataclasses import replace

    from data_map.model import DataMap
    from data_map.said import Said
    from data_map.store.said import read
    from privacy.exchange.content import Content

    with run.app.reading_store() as store:
        data_map = store.load(today=run.app.today) if store else DataMap()
        said = read(store).said if store else Said()
    names = [part.source.name for part in data_map.sources]
    for name in wanted or ():
        if name not in names:
            msg = f"There is no source {name!r} in the map. There are: {', '.join(names) or 'none'}."
            raise UsageError(msg)
    if wanted:
        data_map = replace(data_map, sources=tuple(part for part in data_map.sources if part.source.name in wanted))
    return Content(data_map, said, run.app.today, run.app.version(), database, environment)


def _write_folder(run: Run, folder: Path, texts: dict[str, str], *, is_whole: bool) -> None:
    """A file for each source; files of sources that are gone go, but only such as an export wrote."""
    from privacy.exchange.git import HEAD

    for name, text in texts.items():
        write_atomically(folder / name, text)
    gone = [path for path in sorted(folder.glob("*.source.toml")) if path.name not in texts] if is_whole else []
    for path in gone:
        with path.open(encoding="utf-8", errors="replace") as stream:
            is_ours = stream.readline().rstrip("\n") == HEAD
        if is_ours:
            path.unlink()
            run.say(f"Removed: {path}, its source is not in the map any more")
    run.say(f"Written to {folder}: {counted(len(texts), 'file')}")


def import_(
    run: Run,
    source: Annotated[Path, typer.Argument(metavar="FILE", help="What `export --as git` wrote: a file, or a folder.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would change.")] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Where the text and the store disagree, take what the text says.")
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Also suppressions that set aside special categories or all there is.")
    ] = False,
) -> None:
    """Take over decisions, suppressions and verdicts on joins from the text of an export. Nothing else is changed."""
    from data_map.model import DataMap
    from data_map.said import Kept, Said, taking
    from data_map.store import said as kept
    from privacy.exchange import git

    theirs = git.read(_texts(source))
    with run.app.reading_store() as store:
        ours = kept.read(store) if store else Kept(Said(), frozenset())
        data_map = store.load(today=run.app.today) if store else DataMap()
    found = taking(theirs, ours, data_map, run.app.today)
    _preview(run, found, replacing=replace)
    if found.objections and not everything:
        told = "\n".join(f"  {printable(one.pattern)}: {why}" for one, why in found.objections)
        msg = f"Nothing was taken over. Look at these suppressions, and add --all if they are meant:\n{told}"
        raise NotAllowedError(msg)
    chosen = found.chosen(replacing=replace)
    if dry_run:
        run.say("Nothing was taken over: --dry-run.")
        return
    if not list(chosen):
        run.say("Nothing to take over.")
        return
    details = {
        "added": [_line(one) for one in found.added],
        "replaced": [_line(one.theirs) for one in found.conflicts] if replace else [],
    }
    with run.app.writing_store() as store:
        kept.put(store, chosen, ours, details)
    run.say(f"Taken over: {counted(len(list(chosen)), 'statement')}.")


def _line(one: object) -> str:
    from data_map.said import place_of, sense_of

    return f"{place_of(one)}: {sense_of(one)}"  # type: ignore[arg-type]


def _preview(run: Run, found: Taking, *, replacing: bool) -> None:
    from data_map.said import place_of, sense_of

    _list(run, "new", [f"{_line(one)}, by {one.author}: {one.reason}" for one in found.added])
    verb = "replaced by what the text says" if replacing else "kept as they are here (--replace takes the text's)"
    conflicts = []
    for one in found.conflicts:
        here = f"{sense_of(one.ours)} by {one.ours.author}" if one.ours is not None else "withdrawn"
        conflicts.append(
            f"{place_of(one.theirs)}: here {here}, in the text {sense_of(one.theirs)} by {one.theirs.author}"
        )
    _list(run, f"in conflict, {verb}", conflicts)
    _list(run, "over already, left out", [_line(one) for one in found.over])
    _list(run, "of fields that are not in this map (yet)", [place_of(one) for one in found.unknown])
    if found.same:
        run.say(f"{len(found.same):,} said here too")
    if found.others_count:
        run.say(f"{found.others_count:,} said here and not in the text: left as they are")


def _list(run: Run, what: str, lines: list[str]) -> None:
    if not lines:
        return
    run.say(f"{len(lines):,} {what}:")
    for line in lines[:_SHOWN]:
        run.say(f"  {printable(line)}")
    if len(lines) > _SHOWN:
        run.say(f"  … and {len(lines) - _SHOWN:,} more")


def _texts(source: Path) -> Iterable[tuple[str, str]]:
    """The texts of a file, or of all files of an export's folder, each with its name.

    Raises:
        UsageError: one cannot be read, or is no text.
    """
    if source.is_dir():
        from privacy.exchange.git import SAID

        paths = [source / SAID]
    else:
        paths = [source]
    found = []
    for path in paths:
        try:
            if path.stat().st_size > _MOST_BYTES:
                msg = f"{path} is too large for a text of decisions."
                raise UsageError(msg)
            found.append((path.name, path.read_bytes().decode("utf-8-sig")))
        except OSError as error:
            msg = f"{path} cannot be read: {error.strerror}."
            raise UsageError(msg) from None
        except UnicodeDecodeError:
            msg = f"{path} is not UTF-8 text."
            raise UsageError(msg) from None
    return found


def add_to(app: typer.Typer) -> None:
    """Make them commands of ``privacy map``."""
    command(app, "export")(export)
    command(app, "import")(import_)
