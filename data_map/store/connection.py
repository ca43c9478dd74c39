"""How the store's database is reached: its address, its transactions, its schema revision, and the errors as sentences.

Only the store and its backup use this. A driver's own message never leaves here: it can hold values and passwords.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, NotSupportedError, ProgrammingError

from data_map.errors import ConfigurationError, UnavailableError
from data_map.store import tables

BUSY_TIMEOUT_S = 30.0
CONNECT_TIMEOUT_S = 10
#: Keys of PostgreSQL's advisory locks: any two numbers that other programs are unlikely to use.
MIGRATION_LOCK = 0x70726976_0001
NAMES_LOCK = 0x70726976_0002

#: Alembic keeps the running migration in module globals.
_alembic = threading.Lock()

#: What a driver's code means, by SQLite's error name or by SQLSTATE.
_CAUSES = {
    "SQLITE_BUSY": "another program keeps it locked",
    "SQLITE_LOCKED": "another program keeps it locked",
    "SQLITE_NOTADB": "it is not a SQLite database",
    "SQLITE_CORRUPT": "it is damaged; restore a backup",
    "SQLITE_FULL": "there is no room left on the disk",
    "SQLITE_READONLY": "it may not be written",
    "SQLITE_CANTOPEN": "the file cannot be opened",
    "SQLITE_PERM": "the file may not be opened",
    "SQLITE_IOERR": "the disk reported an error",
    "28000": "the login was refused",
    "28P01": "the login was refused",
    "3D000": "the database does not exist",
    "25006": "it may not be written",
    "42501": "the account lacks the permission",
    "53100": "there is no room left on the disk",
    "53300": "it accepts no more connections",
    "55P03": "another program keeps it locked",
}
#: Errors that mean a mistake of ours, except for the codes above.
_OURS = (IntegrityError, ProgrammingError, DataError, NotSupportedError)


class StoreAbsentError(UnavailableError):
    """There is no store yet: a reading command answers with an empty result."""


def parse(address: str) -> URL:
    """The store's address, with the driver filled in.

    Raises:
        ConfigurationError: it is not the URL of a SQLite or PostgreSQL database.
    """
    try:
        url = sa.make_url(address)
    except ArgumentError:
        # Without the address: it may hold a password.
        msg = "the store's address is not a URL; write sqlite:///privacy.db or postgresql://user@host/database"
        raise ConfigurationError(msg) from None
    backend = url.drivername.partition("+")[0]
    if backend == "sqlite" and "uri" not in url.query and not (url.database or "").startswith("file:"):
        return url.set(drivername="sqlite+pysqlite")
    if backend in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    msg = "the store is kept in SQLite (sqlite:///PATH) or PostgreSQL (postgresql://user@host/database)"
    raise ConfigurationError(msg)


def place(url: URL) -> str:
    """Where the store is, for people: without login and options."""
    if url.get_backend_name() == "sqlite":
        return url.database or "memory"
    port = f":{url.port}" if url.port else ""
    return f"postgresql://{url.host or 'localhost'}{port}/{url.database or ''}"


def sqlite_path(url: URL) -> Path | None:
    """The store's file; None for PostgreSQL and for a store in memory."""
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return None
    return Path(str(url.database))


def make_file(url: URL) -> bool:
    """Create the store's file, readable by its owner only; whether it was created just now.

    SQLite gives its side files the same mode.

    Raises:
        UnavailableError: the folder is missing or may not be written.
    """
    path = sqlite_path(url)
    if path is None or path.exists():
        return False
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        msg = f"the store {place(url)} cannot be created: {error.strerror}"
        raise UnavailableError(msg) from None
    return True


def make_engine(url: URL) -> Engine:
    """An engine whose errors and logs show no bound values."""
    if url.get_backend_name() != "sqlite":
        options = {} if "connect_timeout" in url.query else {"connect_timeout": CONNECT_TIMEOUT_S}
        return sa.create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args=options)
    engine = sa.create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_TIMEOUT_S})

    @event.listens_for(engine, "connect")
    def _(connection: Any, _record: object) -> None:
        # Transactions are begun by us: sqlite3 on its own begins none for DDL and for reading.
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def _(connection: Connection) -> None:
        # A writer takes the lock at once: two that both read first could not both go on.
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def use_wal(engine: Engine) -> None:
    """Let readers and a writer work at the same time; the setting stays in the SQLite file."""
    if engine.dialect.name != "sqlite":
        return
    until = time.monotonic() + BUSY_TIMEOUT_S
    with told(engine.url), engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        while True:
            try:
                if driver.execute("PRAGMA journal_mode").fetchone()[0] == "delete":
                    driver.execute("PRAGMA journal_mode=WAL").fetchone()
                return
            except driver.OperationalError as error:
                # SQLite does not wait for this lock by itself.
                busy = str(error.sqlite_errorname).startswith("SQLITE_BUSY")
                if not busy or time.monotonic() > until:
                    raise DBAPIError.instance(None, None, error, driver.Error) from None
            time.sleep(0.02)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees one state of the store and changes nothing."""
    with told(engine.url), engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            yield connection


@contextmanager
def writing(engine: Engine, lock: int | None = None) -> Iterator[Connection]:
    """A transaction that writes all or nothing; ``lock`` lets only one process at a time into it."""
    with told(engine.url), engine.connect().execution_options(writes=True) as connection, connection.begin():
        if lock is not None and engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(lock)))
        yield connection


@contextmanager
def told(url: URL) -> Iterator[None]:
    """Turn what a driver says about an unreachable, locked or damaged database into a sentence of ours.

    Raises:
        UnavailableError: instead of the driver's error.
    """
    try:
        yield
    except DBAPIError as error:
        code = str(getattr(error.orig, "sqlite_errorname", None) or getattr(error.orig, "sqlstate", None) or "")
        cause = next((text for known, text in _CAUSES.items() if code.startswith(known)), None)
        # Without a statement it is the address that the driver refuses: an option that it does not know.
        if cause is None and isinstance(error, _OURS) and error.statement is not None:
            raise
        cause = cause or "it cannot be reached, or the connection broke off"
        msg = f"the store {place(url)} is not available: {cause}" + (f" ({code})" if code else "")
        raise UnavailableError(msg) from None


def revision(connection: Connection) -> str | None:
    """The schema revision of the store; None when the database is empty.

    Raises:
        UnavailableError: the database holds something else.
    """
    names = set(sa.inspect(connection).get_table_names())
    if not names:
        return None
    if {"alembic_version", "meta", "asset_scan"} <= names:
        return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one_or_none()
    where = place(connection.engine.url)
    msg = f"{where} holds other tables and no store; give the store a database or file of its own"
    raise UnavailableError(msg)


def check(connection: Connection) -> str | None:
    """The schema revision of a store that this version can read or migrate; None when there is no store.

    Raises:
        UnavailableError: the store is newer than the tool, or no store.
    """
    found = revision(connection)
    if found is None or found in tables.REVISIONS:
        return found
    query = sa.select(tables.meta.c.value).where(tables.meta.c.key == "tool_version")
    raise UnavailableError(newer("the store", place(connection.engine.url), connection.scalar(query)))


def newer(what: str, where: str, tool_version: str | None) -> str:
    """The sentence for a store or a backup that a later version has written."""
    version = f"privacy-inventory {tool_version}" if tool_version else "the latest privacy-inventory"
    return f"{what} {where} was written by a newer version; install {version} or later to use it"


def upgrade(connection: Connection, target: str, *, now: datetime, tool_version: str) -> None:
    """Bring the store to a schema revision inside the transaction of the connection, and note who did it."""
    with _alembic:
        # Loaded only when there is something to do: it costs as much as the rest of a short command.
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, target)
    meta = tables.meta
    known = set(connection.scalars(sa.select(meta.c.key)))
    if "created_at" not in known:
        created_at = now.astimezone(UTC).isoformat(timespec="microseconds")
        connection.execute(sa.insert(meta).values(key="created_at", value=created_at))
    connection.execute(sa.delete(meta).where(meta.c.key == "tool_version"))
    connection.execute(sa.insert(meta).values(key="tool_version", value=tool_version))
