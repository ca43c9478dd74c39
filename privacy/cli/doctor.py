"""``privacy doctor``: what is missing, and how to mend it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import metadata, util
from pathlib import Path

import typer

from data_map.errors import ToolError
from privacy.cli.run import FormatOption, OutputOption, Run, command
from privacy.exits import Exit
from privacy.reports.table import Column, Format, Table

_PACKAGES = ("privacy", "scanners", "data_map")
#: Extra → module that tells whether it is installed, and what is missing without it.
_EXTRAS = {
    "bigquery": ("sqlalchemy_bigquery", "BigQuery as a source"),
    "clickhouse": ("clickhouse_connect", "ClickHouse as a source"),
    "cluster": ("distributed", "scans on a Dask cluster"),
    "duckdb": ("duckdb", "DuckDB files as sources"),
    "keyring": ("keyring", "passwords from the system's keyring"),
    "ldap": ("ldap3", "LDAP directories as sources"),
    "mongodb": ("pymongo", "MongoDB as a source"),
    "mssql": ("pymssql", "SQL Server as a source"),
    "odbc": ("pyodbc", "any ODBC driver as a source"),
    "oracle": ("oracledb", "Oracle as a source"),
    "snowflake": ("snowflake", "Snowflake as a source"),
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "doctor")(doctor)


def doctor(run: Run, form: FormatOption = Format.TABLE, output: OutputOption = None) -> None:
    """Check the installation, the store, the key and each source, and say how to mend what is missing."""
    records = [
        {"check": check, "state": state, "detail": detail, "mend": mend} for check, state, detail, mend in _checks(run)
    ]
    columns = [Column("check", "check"), Column("state", "state"), Column("detail", "detail", fold=True)]
    if form is not Format.TABLE or output is not None:
        columns.append(Column("mend", "how to mend it", fold=True))
    run.emit(Table(tuple(columns), records), form, output)
    if form is Format.TABLE and output is None:
        # Below the table, where a command can be copied whole.
        for record in records:
            if record["mend"]:
                run.tell(f"{record['check']}: {record['mend']}")
    if any(record["state"] == "missing" for record in records):
        run.exit = Exit.CHECK_FAILED


_Check = tuple[str, str, str, str | None]


def _checks(run: Run) -> Iterator[_Check]:
    version = ".".join(str(part) for part in sys.version_info[:3])
    is_fitting = (3, 11) <= sys.version_info[:2] < (3, 15)
    yield "Python", "ok" if is_fitting else "missing", version, None if is_fitting else "install Python 3.11 to 3.14"
    yield _packages()
    yield from _model(run)
    for extra, (module, purpose) in _EXTRAS.items():
        is_there = util.find_spec(module) is not None
        mend = None if is_there else f"pip install 'privacy-inventory[{extra}]'"
        yield f"extra {extra}", "ok" if is_there else "optional", purpose, mend
    try:
        path = run.app.config_path
        sources = len(run.app.config.sources)
    except ToolError as error:
        yield "configuration", "missing", str(error), "correct the file"
        return
    where = str(path) if path else "none; the defaults hold"
    yield "configuration", "ok" if path else "optional", where, None if path else "privacy init"
    yield from _store(run)
    yield _key(run)
    if not sources:
        yield "sources", "optional", "none configured", "add [[sources]] to the configuration"
    yield from _sources(run)


def _packages() -> _Check:
    import data_map
    import privacy
    import scanners

    folders = {Path(str(module.__file__)).parent.parent for module in (privacy, scanners, data_map)}
    try:
        version = metadata.version("privacy-inventory")
    except metadata.PackageNotFoundError:
        return "packages", "missing", "the distribution is not installed", "pip install privacy-inventory"
    if len(folders) > 1:
        mend = "another distribution ships a package of the same name: use an environment of its own"
        return "packages", "missing", f"{', '.join(_PACKAGES)} do not come from one place", mend
    return "packages", "ok", f"privacy-inventory {version}", None


def _model(run: Run) -> Iterator[_Check]:
    from scanners.detect.ner import installed_model

    try:
        model = installed_model(run.app.config.scan.model or None)
    except ToolError as error:
        yield "language model", "missing", str(error), "pip install 'privacy-inventory[en]'"
        return
    if model is None:
        detail = "none: names of people in running text are not looked for"
        yield "language model", "optional", detail, "pip install 'privacy-inventory[en]'"
    else:
        yield "language model", "ok", model, None


def _store(run: Run) -> Iterator[_Check]:
    try:
        with run.app.reading_store() as store:
            if store is None:
                yield "store", "optional", "none yet; the first scan makes it", "privacy init"
            else:
                yield "store", "ok", f"{len(store.scans())} scans", None
    except ToolError as error:
        yield "store", "missing", str(error), None


def _key(run: Run) -> _Check:
    from privacy.vault import is_private

    path = run.app.key_path
    if not path.exists():
        return "vault key", "optional", "none yet; requests will need one", "privacy init"
    if not is_private(path):
        return "vault key", "missing", f"{path} can be read by others", f"chmod 600 {path}"
    return "vault key", "ok", str(path), None


def _sources(run: Run) -> Iterator[_Check]:
    from privacy.cli.sources import check_source

    for settings, found in run.app.configured():
        record = check_source(run, settings.name, found)
        note = str(record["note"]) if record["note"] else None
        if record["can_be_read"]:
            yield f"source {settings.name}", "ok", f"{record['assets']} tables and files", note
        else:
            yield f"source {settings.name}", "missing", note or "it cannot be read", None
