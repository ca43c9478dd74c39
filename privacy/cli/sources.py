"""``privacy sources``: what is configured, and whether it can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from data_map.errors import ToolError
from privacy.cli.run import FormatOption, OutputOption, Run, command
from privacy.exits import Exit
from privacy.reports.table import Column, Format, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.sources.base import Rights

app = typer.Typer(help="The configured sources.", no_args_is_help=True)


@command(app, "list")
def list_(run: Run, form: FormatOption = Format.TABLE, output: OutputOption = None) -> None:
    """What is configured, and what was scanned without configuration."""
    records: list[dict[str, object]] = []
    for settings, found in run.app.configured():
        records.append(
            {
                "name": settings.name,
                "kind": None if isinstance(found, ToolError) else found.source.kind,
                "location": None if isinstance(found, ToolError) else found.source.location,
                "owner": settings.owner,
                "country": settings.country,
                "configured": True,
                "problem": str(found) if isinstance(found, ToolError) else None,
            }
        )
    names = {record["name"] for record in records}
    with run.app.reading_store() as store:
        for source in store.sources() if store else ():
            if source.name not in names:
                records.append(
                    {
                        "name": source.name,
                        "kind": source.kind,
                        "location": source.location,
                        "owner": source.owner,
                        "country": source.country,
                        "configured": False,
                        "problem": None,
                    }
                )
    columns = (
        Column("name", "name", fold=True),
        Column("kind", "kind"),
        Column("location", "location", fold=True),
        Column("owner", "owner", fold=True, optional=True),
        Column("country", "country", optional=True),
        Column("configured", "configured"),
        Column("problem", "problem", fold=True, optional=True),
    )
    run.emit(
        Table(columns, records, empty="No source is configured. `privacy init` writes a config.toml."), form, output
    )


@command(app, "check")
def check(
    run: Run,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="All of them when none is named.")
    ] = None,
    form: FormatOption = Format.TABLE,
    output: OutputOption = None,
) -> None:
    """Whether each source can be read, and only read."""
    records = [check_source(run, settings.name, found) for settings, found in run.app.configured(names or ())]
    columns = (
        Column("name", "name", fold=True),
        Column("can_be_read", "can be read"),
        Column("assets", "assets", "right"),
        Column("session_read_only", "read-only", optional=True),
        Column("account_may_write", "may write"),
        Column("note", "note", fold=True, optional=True),
    )
    run.emit(Table(columns, records, empty="No source is configured."), form, output)
    read = sum(record["can_be_read"] is True for record in records)
    if records and not read:
        run.exit = Exit.UNAVAILABLE
    elif read < len(records) or any(record["skipped"] for record in records):
        run.exit = Exit.SKIPPED


def check_source(run: Run, name: str, found: Any) -> dict[str, object]:
    """Open one source and say what could be done with it."""
    from data_map.model import REASON_TEXT, Skipped
    from privacy.opening import connect
    from scanners.scan import listing
    from scanners.sources.base import Checkable
    from scanners.values import UnreadableError

    record: dict[str, object] = {
        "name": name,
        "can_be_read": False,
        "assets": None,
        "skipped": 0,
        "session_read_only": None,
        "account_may_write": None,
        "account_is_superuser": None,
        "connection_encrypted": None,
        "note": None,
    }
    if isinstance(found, ToolError):
        return record | {"note": str(found)}
    connector = connect(run.app, found, run.app.config.scan.timeout_s)
    notes: list[str] = []
    try:
        listed = list(listing(connector))
        skipped = [item for item in listed if isinstance(item, Skipped)]
        broken = next((item for item in skipped if item.asset is None), None)
        if broken is not None:
            code = f" ({broken.code})" if broken.code else ""
            return record | {"note": REASON_TEXT[broken.reason] + code}
        record |= {"can_be_read": True, "assets": len(listed), "skipped": len(skipped)}
        if isinstance(connector, Checkable):
            rights = connector.rights()
            record |= {
                "session_read_only": rights.is_session_read_only,
                "account_may_write": rights.may_account_write,
                "account_is_superuser": rights.is_superuser,
                "connection_encrypted": rights.is_encrypted,
            }
            notes += _notes(rights)
        if skipped:
            notes.append(f"{len(skipped)} of them cannot be opened")
        record["note"] = "; ".join(notes) or None
    except UnreadableError as error:
        record |= {"note": f"what the account may do cannot be asked: {REASON_TEXT[error.reason]}"}
    finally:
        connector.close()
    return record


def _notes(rights: Rights) -> Iterator[str]:
    """What should be otherwise before anybody scans with these rights."""
    if rights.is_superuser:
        yield "its account may do everything: scan with one that can only read"
    elif rights.may_account_write:
        yield "scan with an account that can only read"
    if rights.is_encrypted is False:
        yield "the connection is not encrypted"
