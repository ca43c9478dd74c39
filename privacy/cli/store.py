"""``privacy store``: keep the store and its key safe together."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from privacy.cli.run import Run, command

app = typer.Typer(help="The store: back it up, bring it back.", no_args_is_help=True)


@command(app, "backup")
def backup(
    run: Run,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A new ZIP file; it is never overwritten.", dir_okay=False)
    ],
) -> None:
    """Write the store and the vault key into one file that only you may read. Whoever has it has both."""
    from data_map.errors import UnavailableError
    from data_map.store.backup import backup as write

    with run.app.reading_store() as store:
        if store is None:
            msg = f"There is no store at {run.app.store_place} to back up."
            raise UnavailableError(msg)
        key = run.app.key_path
        manifest = write(store, key if key.exists() else None, file)
    rows = sum(manifest.rows.values())
    run.say(f"{file}: {rows:,} rows" + (" and the vault key." if manifest.has_key else "; there is no vault key yet."))


@command(app, "restore")
def restore(
    run: Run,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that `store backup` wrote.", dir_okay=False)],
    force: Annotated[bool, typer.Option("--force", help="Replace a store that is not empty, and another key.")] = False,
) -> None:
    """Put a backup in place of the store and its key: all of it, or nothing."""
    from data_map.store.backup import restore as read

    app_ = run.app
    manifest = read(app_.store_url, file, app_.key_path, force=force, now=app_.now, tool_version=app_.version())
    run.say(f"Restored {sum(manifest.rows.values()):,} rows" + (" and the vault key." if manifest.has_key else "."))
