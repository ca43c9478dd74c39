"""Which connector opens which kind of source. Literal and lazy: nothing is imported before it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any, cast

from data_map.model import Source
from scanners.sources.address import Place
from scanners.sources.base import SourceConnector

_SQL = "scanners.sources.sql.connector:SqlSource"

#: kind → (class that connects, class of the dialect's habits, arguments of the habits).
CONNECTORS: dict[str, tuple[str, str | None, tuple[str, ...]]] = {
    "files": ("scanners.sources.files:FileSource", None, ()),
    "ldap": ("scanners.sources.ldap:LdapSource", None, ()),
    "mongodb": ("scanners.sources.mongodb:MongoSource", None, ()),
    "sqlite": (_SQL, "scanners.sources.sql.sqlite:SqliteHabits", ()),
    "postgresql": (_SQL, "scanners.sources.sql.postgresql:PostgresqlHabits", ()),
    "mysql": (_SQL, "scanners.sources.sql.mysql:MysqlHabits", ("mysql",)),
    "mariadb": (_SQL, "scanners.sources.sql.mysql:MysqlHabits", ("mariadb",)),
    "duckdb": (_SQL, "scanners.sources.sql.duckdb:DuckdbHabits", ()),
    "mssql": (_SQL, "scanners.sources.sql.mssql:MssqlHabits", ()),
    "oracle": (_SQL, "scanners.sources.sql.oracle:OracleHabits", ()),
    "snowflake": (_SQL, "scanners.sources.sql.snowflake:SnowflakeHabits", ()),
    "bigquery": (_SQL, "scanners.sources.sql.bigquery:BigqueryHabits", ()),
    "redshift": (_SQL, "scanners.sources.sql.redshift:RedshiftHabits", ()),
    "clickhouse": (_SQL, "scanners.sources.sql.clickhouse:ClickhouseHabits", ()),
    "odbc": (_SQL, "scanners.sources.sql.odbc:OdbcHabits", ()),
}


def open_source(
    source: Source,
    place: Place,
    *,
    include: tuple[str, ...] = (),
    exclude: tuple[str, ...] = (),
    views: bool = False,
    timeout_s: float = 30.0,
) -> SourceConnector:
    """The connector of a place. Nothing is opened before its first method is called."""
    connector, habits, arguments = CONNECTORS[place.kind]
    if place.url is None:
        opened = _load(connector)(source, place.root, include, exclude)
    elif habits is None:
        opened = _load(connector)(source, place.url, include=include, exclude=exclude, views=views, timeout_s=timeout_s)
    else:
        opened = _load(connector)(
            source,
            place.url,
            _load(habits)(*arguments),
            include=include,
            exclude=exclude,
            views=views,
            timeout_s=timeout_s,
        )
    return cast("SourceConnector", opened)


def _load(path: str) -> Any:
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)
