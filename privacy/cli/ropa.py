"""``privacy ropa``: the record of processing activities."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from data_map.errors import NotAllowedError, UsageError
from privacy.cli.run import FormatOption, OutputOption, Run, command
from privacy.exits import Exit
from privacy.reports.table import Column, Format, Table

if TYPE_CHECKING:
    from data_map.model import DataMap, Source
    from data_map.store.activities import Version
    from data_map.store.store import Store
    from privacy.ropa.record import Record

app = typer.Typer(
    help="The record of processing activities: what is declared, beside what was found.", no_args_is_help=True
)

_NO_RECORD = "There is no processing activity yet. `privacy ropa add KEY` makes one."
_STANDARD_INPUT = "-"


class Layout(StrEnum):
    """What a record is laid out like."""

    ART30 = "art30"


class RecordFormat(StrEnum):
    """How a record is written."""

    MD = "md"
    HTML = "html"
    JSON = "json"
    CSV = "csv"
    TOML = "toml"


class ShowFormat(StrEnum):
    """How an activity is shown."""

    TABLE = "table"
    JSON = "json"
    TOML = "toml"


KeyArgument = Annotated[str, typer.Argument(metavar="KEY", help="The activity: a to z, 0 to 9 and -.")]
FromOption = Annotated[
    Path | None,
    typer.Option("--from", metavar="FILE", help="Take the TOML from here instead of an editor; - is standard input."),
]


@command(app, "add")
def add(
    run: Run,
    key: Annotated[
        str | None, typer.Argument(metavar="[KEY]", help="The activity: a to z, 0 to 9 and -. [that of the file]")
    ] = None,
    source: FromOption = None,
) -> None:
    """Declare a processing activity: in your editor, on a template with every entry explained, or from a file."""
    from data_map.activities import parse, template
    from data_map.register import tidy
    from data_map.store import activities as kept

    if key is not None:
        _check_key(key)

    def save(text: str) -> None:
        with run.app.writing_store() as store:
            kept.add(store, parse(text).key, tidy(text), run.app.actor())

    if source is not None:
        text = _read(source)
        _check(text, key)
        save(text)
        run.say(f"Added: {parse(text).key}. `privacy ropa check` says what is still missing.")
        return
    if key is None:
        msg = "Name the new activity: privacy ropa add KEY. Or give its TOML with --from FILE."
        raise UsageError(msg)
    if any(version.key == key for version in _versions(run)):
        msg = f"There is an activity {key} already. `privacy ropa edit {key}` changes it."
        raise NotAllowedError(msg)
    from privacy.cli.editing import edit as edited

    if edited(run, template(key), key, lambda text: _check(text, key), save):
        run.say(f"Added: {key}. `privacy ropa check` says what is still missing.")
    else:
        run.say("The template came back as it was: nothing was added.")


@command(app, "edit")
def edit(run: Run, key: KeyArgument, source: FromOption = None) -> None:
    """Change an activity in your editor, or take its new text from a file; the versions before stay in the store."""
    from data_map.register import tidy
    from data_map.store import activities as kept
    from privacy.cli.editing import edit as edited

    version = _version(run, key)

    def save(text: str) -> None:
        with run.app.writing_store() as store:
            kept.edit(store, key, tidy(text), run.app.actor(), based_on=version.id)

    if source is not None:
        text = _read(source)
        _check(text, key)
        is_changed = tidy(text) != version.body
        if is_changed:
            save(text)
    else:
        is_changed = edited(run, version.body, key, lambda text: _check(text, key), save)
    run.say(f"Changed: {key}." if is_changed else f"{key} came back unchanged: nothing was saved.")


@command(app, "list")
def list_(run: Run, form: FormatOption = Format.TABLE, output: OutputOption = None) -> None:
    """The activities, with what each claims, misses and leaves open."""
    from privacy.ropa.art30 import LISTED, activity_record

    record = _record(run)
    columns = (
        Column("key", "activity", fold=True),
        Column("name", "name", fold=True),
        Column("owner", "owner", fold=True, optional=True),
        Column("fields", "fields", "right"),
        Column("missing", "missing", "right"),
        Column("gaps", "gaps", "right"),
        Column("reviewed_on", "reviewed", optional=True),
    )
    records = [activity_record(record, activity) for activity in record.activities]
    run.emit(Table(columns, records, empty=_NO_RECORD, csv_keys=LISTED), form, output)


@command(app, "show")
def show_(
    run: Run,
    key: KeyArgument,
    form: Annotated[ShowFormat, typer.Option("--format", help="How to print it.")] = ShowFormat.TABLE,
    output: OutputOption = None,
) -> None:
    """One activity: what is declared, what was found beside it, its gaps; as TOML just as it was written."""
    version = _version(run, key)
    if form is ShowFormat.TOML:
        run.write(version.body, output)
        return
    from privacy.reports.rendering import render
    from privacy.reports.text import json_text
    from privacy.ropa.art30 import activity_data, of_activity

    record = _record(run)
    activity = next(one for one in record.activities if one.key == key)
    if form is ShowFormat.JSON:
        written = {"recorded_at": version.recorded_at.isoformat(timespec="seconds"), "author": version.author}
        run.write(json_text(activity_data(record, activity) | written), output)
    elif output is None:
        from privacy.reports.terminal import show

        show(of_activity(record, activity), run.out)
    else:
        run.write(render(of_activity(record, activity), "terminal", 100), output)


@command(app, "remove")
def remove(
    run: Run,
    key: KeyArgument,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; kept in the journal.")],
) -> None:
    """Take an activity out of the record; its versions stay in the store, and the reason in the journal."""
    from data_map.store import activities as kept

    if not reason.strip():
        msg = "Say why with --reason: the journal keeps it."
        raise UsageError(msg)
    _version(run, key)
    with run.app.writing_store() as store:
        kept.remove(store, key, run.app.actor(), reason.strip())
    run.say(f"Removed: {key}.")


@command(app, "import")
def import_(
    run: Run,
    source: Annotated[Path, typer.Argument(metavar="FILE", help="TOML with [[activities]]; - is standard input.")],
) -> None:
    """Take over a record kept as text, comments and all: every activity in it, or none when one has a mistake."""
    from data_map.register import split
    from data_map.store import activities as kept

    bodies = _checked(split(_read(source)))
    if not bodies:
        run.say("There is no [[activities]] in it: nothing to take over.")
        return
    with run.app.writing_store() as store:
        others = len([version for version in kept.latest(store) if version.key not in bodies])
        done = kept.put_all(store, bodies, run.app.actor())
    for what, keys in (("added", done.added), ("changed", done.changed), ("unchanged", done.unchanged)):
        if keys:
            run.say(f"{len(keys):,} {what}: {', '.join(keys)}")
    if others:
        run.say(f"{others:,} in the record and not in the file: left as they are")


@command(app, "export")
def export(
    run: Run,
    layout: Annotated[Layout, typer.Option("--layout", help="What it is laid out like.")] = Layout.ART30,
    form: Annotated[
        RecordFormat, typer.Option("--format", help="How to write it; toml is the text that `import` reads.")
    ] = RecordFormat.MD,
    output: OutputOption = None,
) -> None:
    """Write the record: with the controller and what was scanned on the first page, and evidence for every line."""
    from data_map.register import join
    from privacy.reports.rendering import render
    from privacy.ropa import art30

    assert layout is Layout.ART30  # noqa: S101 - the only one so far
    if form is RecordFormat.TOML:
        run.write(join(version.body for version in _versions(run)), output)
        return
    record = _record(run)
    if form is RecordFormat.JSON:
        text = art30.as_json(record)
    elif form is RecordFormat.CSV:
        text = art30.as_spreadsheet(record)
    else:
        text = render(art30.report(record), form.value)
    run.write(text, output)


@command(app, "check")
def check(run: Run, form: FormatOption = Format.TABLE, output: OutputOption = None) -> None:
    """What the record still misses, and where it and the scans do not meet; exit code 6 when there is any."""
    from privacy.ropa.record import check_records

    columns = (
        Column("kind", "kind"),
        Column("activity", "activity", fold=True, optional=True),
        Column("what", "what", fold=True),
        Column("where", "where", fold=True),
        Column("article", "article", fold=True, optional=True),
    )
    with run.app.reading_store() as store:
        if store is None:
            run.emit(Table(columns, [], empty=_NO_RECORD), form, output)
            return
        record = _record_in(run, store)
    records = list(check_records(record))
    run.emit(Table(columns, records, empty="Nothing is missing, and no gap was found."), form, output)
    if record.is_failing:
        run.exit = Exit.CHECK_FAILED


def _check_key(key: str) -> None:
    from data_map.activities import KEY_CHARS, KEY_PATTERN

    if len(key) > KEY_CHARS or not KEY_PATTERN.fullmatch(key):
        msg = f"The key of an activity is written with a to z, 0 to 9 and - between them, at most {KEY_CHARS}."
        raise UsageError(msg)


def _check(text: str, key: str | None) -> None:
    """The text is an activity, and of this key when one was named."""
    from data_map.activities import ActivityError, parse, told

    found = parse(text).key
    if key is not None and found != key:
        raise ActivityError(told("The activity", [f'key: has to stay "{key}"']))


def _checked(texts: Iterable[str]) -> dict[str, str]:
    """Activities by key; every mistake in any of them is told at once."""
    from data_map.activities import ActivityError, parse

    bodies: dict[str, str] = {}
    problems = []
    for number, text in enumerate(texts, 1):
        try:
            key = parse(text).key
        except ActivityError as error:
            problems.append(f"activities.{number}: {error}")
            continue
        if key in bodies:
            problems.append(f"activities.{number}: there is another activity {key} in the file")
        bodies[key] = text
    if problems:
        raise ActivityError("\n".join((*problems, "Nothing was taken over.")))
    return bodies


def _read(source: Path) -> str:
    """A file's text, or with ``-`` standard input's.

    Raises:
        UsageError: it cannot be read, or is not UTF-8.
    """
    try:
        raw = sys.stdin.buffer.read() if str(source) == _STANDARD_INPUT else source.read_bytes()
        return raw.decode("utf-8-sig")
    except OSError as error:
        msg = f"{source} cannot be read: {error.strerror}."
    except UnicodeDecodeError:
        msg = f"{source} is not UTF-8 text."
    raise UsageError(msg)


def _versions(run: Run) -> list[Version]:
    from data_map.store.activities import latest

    with run.app.reading_store() as store:
        return latest(store) if store else []


def _version(run: Run, key: str) -> Version:
    """The version of an activity that counts.

    Raises:
        UsageError: there is none.
    """
    from difflib import get_close_matches

    versions = {version.key: version for version in _versions(run)}
    if key in versions:
        return versions[key]
    near = get_close_matches(key, versions, 1)
    hint = f" Did you mean {near[0]}?" if near else " `privacy ropa list` lists them." if versions else ""
    msg = f"There is no activity {key!r}.{hint}"
    raise UsageError(msg)


def _record(run: Run) -> Record:
    """The record as it is now; an absent store has none."""
    with run.app.reading_store() as store:
        return _record_in(run, store)


def _record_in(run: Run, store: Store | None) -> Record:
    from data_map.model import DataMap
    from data_map.store.activities import latest
    from privacy.ropa.record import record_of

    bodies = [(version.key, version.body) for version in latest(store)] if store else []
    data_map: DataMap = store.load(today=run.app.today) if store else DataMap()
    return record_of(run.app.config.organisation, bodies, data_map, _configured(run), run.app.today)


def _configured(run: Run) -> list[Source]:
    """The configured sources by name alone: no password is fetched for a document."""
    from data_map.model import Source

    return [Source(one.name, "unknown", "", one.owner, one.country) for one in run.app.config.sources]
