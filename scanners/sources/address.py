"""From what a person types (a URL or a path) to a place that can be opened, with a name and no credentials in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from dataclasses import field as attribute
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from data_map.errors import ConfigurationError, UnavailableError, UsageError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

#: Kinds of databases that are a file → what it holds from which byte on.
_HEADERS = {"sqlite": (0, b"SQLite format 3\x00"), "duckdb": (8, b"DUCK")}
_DIALECTS = {
    "sqlite": "sqlite",
    "duckdb": "duckdb",
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "mysql": "mysql",
    "mariadb": "mariadb",
    "mssql": "mssql",
    "oracle": "oracle",
    "snowflake": "snowflake",
    "bigquery": "bigquery",
    "redshift": "redshift",
    "clickhouse": "clickhouse",
    "odbc": "odbc",
}
#: Addresses that SQLAlchemy has no part in: scheme → kind.
_OTHERS = {"mongodb": "mongodb", "mongodb+srv": "mongodb", "ldap": "ldap", "ldaps": "ldap"}
_PASSWORD_OPTIONS = frozenset(
    {
        *("password", "passwd", "pwd", "sslpassword", "wallet_password", "passcode"),
        *("token", "access_token", "private_key", "private_key_file_pwd", "credentials_base64"),
    }
)
#: Options that name the database: Oracle's service, the data source of ODBC.
_ALIASES = {"oracle": ("service_name",), "odbc": ("dsn",)}
#: One host or several, each with or without a port.
_HOST = r"(?:\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::\d{1,5})?"
_HOSTS = re.compile(f"{_HOST}(?:,{_HOST})*")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+(?=://)")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a source is."""

    #: A key of ``registry.CONNECTORS``.
    kind: str
    #: For people and for the store: no user, no password, no query.
    location: str
    #: What an ad-hoc source would be called.
    name: str
    #: Set for databases. Its own ``repr`` hides the password, and not what else is secret among its options.
    url: URL | None = attribute(default=None, repr=False)
    #: Set for files: an absolute path or an fsspec URL.
    root: str | None = attribute(default=None, repr=False)
    has_password: bool = False


def locate(text: str, base: Path | None = None) -> Place:
    """A database URL, an fsspec URL or a path; relative paths are seen from ``base``, else from the working directory.

    Raises:
        UsageError: the text is no address.
        ConfigurationError: its scheme has no connector.
        UnavailableError: the path does not exist.
    """
    scheme = _SCHEME.match(text)
    if scheme is None:
        return _path(text, base)
    dialect = scheme.group().lower().split("+")[0]
    if dialect in _DIALECTS:
        return _database(text, _DIALECTS[dialect], base)
    if scheme.group().lower() in _OTHERS:
        return _other(text, scheme.group().lower())
    if dialect in ("file", "local"):
        return _path(text.split("://", 1)[1], base)
    if dialect == "memory":
        return Place("files", text, _name(text.rsplit("/", 1)[-1]), root=text)
    known = ", ".join(sorted({*_DIALECTS.values(), *_OTHERS.values()}))
    msg = f"There is no connector for {dialect}:// addresses yet. Databases: {known}. Files: a path, or file://."
    raise ConfigurationError(msg)


def _path(text: str, base: Path | None) -> Place:
    path = Path(text).expanduser()
    path = path if path.is_absolute() else (base or Path.cwd()) / path
    try:
        if not path.exists():
            msg = f"There is nothing at {path}. Give a folder, a file, or a database URL such as postgresql://host/db."
            raise UnavailableError(msg)
        path = path.resolve()
        kind = _kind_of_file(path) if path.is_file() else None
    except (PermissionError, OSError):
        kind = None
    if kind is not None:
        return _database_file(kind, path)
    name = path.stem if path.is_file() else path.name
    return Place("files", str(path), _name(name), root=str(path))


def _kind_of_file(path: Path) -> str | None:
    """The kind of a database file by its first bytes; None for any other file."""
    with path.open("rb") as stream:
        start = stream.read(16)
    return next((kind for kind, (place, magic) in _HEADERS.items() if start[place:].startswith(magic)), None)


def _database_file(kind: str, path: Path) -> Place:
    from sqlalchemy.engine import URL

    return Place(kind, str(path), _name(path.stem), url=URL.create(kind, database=str(path)))


def _database(text: str, kind: str, base: Path | None) -> Place:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        msg = "The database address cannot be read. It is written DIALECT://USER@HOST:PORT/DATABASE."
        raise UsageError(msg) from None
    if kind in _HEADERS:
        if not url.database or url.database == ":memory:":
            title = {"sqlite": "SQLite", "duckdb": "DuckDB"}[kind]
            msg = f"A {title} address names a file: {kind}:///relative.db or {kind}:////absolute/path.db."
            raise UsageError(msg)
        path = Path(url.database)
        path = path if path.is_absolute() else (base or Path.cwd()) / path
        if not path.exists():
            msg = f"There is no database at {path}."
            raise UnavailableError(msg)
        return _database_file(kind, path.resolve())
    if text.count("@") > 1 or "@" in f"{url.host}{url.port}{url.database}":
        # An @ that was left as it is ends the login too early, and a piece of the password would become the address.
        msg = (
            "The database address has an @ where none can be. In a user name, a password or an option, "
            "write @ as %40, / as %2F and : as %3A."
        )
        raise UsageError(msg)
    port = f":{url.port}" if url.port else ""
    has_password = bool(url.password) or any(key.lower() in _PASSWORD_OPTIONS for key in url.query)
    # What the address calls the database besides its path.
    alias = next((str(url.query[key]) for key in _ALIASES.get(kind, ()) if key in url.query), "")
    if re.search("[;=(){}]", alias):
        msg = f"The {_ALIASES[kind][0]} of the address is a name: further options stand behind & signs."
        raise UsageError(msg)
    host = url.host or ("" if kind in ("bigquery", "odbc") else "localhost")
    database = "/".join(part for part in (alias, url.database) if part)
    location = f"{kind}://{host}{port}/{database}"
    return Place(kind, location, _name(database or url.host or kind), url=url, has_password=has_password)


def _other(text: str, scheme: str) -> Place:
    """A document database or a directory: ``SCHEME://USER@HOST[:PORT][,HOST…]/NAME?OPTIONS``."""
    from urllib.parse import parse_qsl, unquote

    from sqlalchemy.engine import URL

    kind = _OTHERS[scheme]
    rest, _, options = text.split("://", 1)[1].partition("?")
    login, at, place = rest.rpartition("@")
    hosts, _, path = place.partition("/")
    if "@" in login or "@" in unquote(place) or (at and "/" in login):
        msg = (
            "The address has an @ or a / where none can be. In a user name or a password write @ as %40, "
            "/ as %2F and : as %3A."
        )
        raise UsageError(msg)
    hosts = hosts.lower() or ("" if scheme == "mongodb+srv" else "localhost")
    if _HOSTS.fullmatch(hosts) is None:
        msg = f"The address cannot be read. It is written {scheme}://USER@HOST:PORT/NAME."
        raise UsageError(msg)
    user, has_password, password = login.partition(":")
    query = dict(parse_qsl(options, keep_blank_values=True))
    url = URL.create(
        scheme,
        username=unquote(user) if at else None,
        password=unquote(password) if has_password else None,
        # More than one host can stand in an address; each keeps its port.
        host=hosts,
        database=unquote(path) or None,
        query=query,
    )
    secrets = (*_PASSWORD_OPTIONS, "tlscertificatekeyfilepassword", "authmechanismproperties")
    is_secret = bool(password) or any(key.lower() in secrets for key in query)
    shown = unquote(path)
    name = shown.partition(",")[0].partition("=")[2] or shown or hosts.partition(":")[0]
    return Place(kind, f"{scheme}://{hosts}/{shown}", _name(name), url=url, has_password=is_secret)


def _name(text: str) -> str:
    """In ``[a-z0-9_-]``, never empty."""
    cleaned = re.sub(r"[^a-z0-9_-]+", "-", PurePosixPath(text).name.lower()).strip("-")
    return cleaned[:60] or "source"
