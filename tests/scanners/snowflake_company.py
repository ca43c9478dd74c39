"""Scans a Snowflake that is made up, and prints what was found as JSON. Runs in an environment of its own.

The emulator (fakesnow) replaces the driver inside of one process, and needs an older driver than the extra installs.
"""

from __future__ import annotations

import json
import sys
import warnings
from dataclasses import replace
from typing import Any

import fakesnow  # type: ignore[import-not-found]

from data_map.model import Skipped, Source
from scanners.sources.address import locate
from scanners.sources.base import Listed
from scanners.sources.sql.connector import SqlSource
from scanners.sources.sql.habits import Statistics
from scanners.sources.sql.snowflake import SnowflakeHabits
from scanners.values import Content, Take, UnreadableError

TABLES = [
    "CREATE DATABASE shop",
    "USE DATABASE shop",
    "CREATE SCHEMA crm",
    "USE SCHEMA crm",
    """CREATE TABLE customers (id int PRIMARY KEY, full_name varchar(80), born date, payload variant,
        made_at timestamp_ntz, credit number(10, 2), is_active boolean, long varchar)""",
    """INSERT INTO customers SELECT seq4(), 'n' || seq4(), '1980-02-03'::date, parse_json('{"a":1}'),
        '2024-01-02 03:04:05'::timestamp_ntz, 1.5, true, repeat('x', 9000) FROM table(generator(rowcount => 500))""",
    "CREATE TABLE events (id int, mail varchar)",
    "INSERT INTO events SELECT seq4(), 'a' || seq4() || '@b.example' FROM table(generator(rowcount => 20000))",
    'CREATE TABLE "odd ""name"" %s :c" ("select" varchar)',
    """INSERT INTO "odd ""name"" %s :c" VALUES ('z')""",
]


def main() -> dict[str, Any]:
    """What the connector says."""
    import snowflake.connector

    login = snowflake.connector.connect(user="f", password="s", account="fakesnow")
    for statement in TABLES:
        login.cursor().execute(statement)
    place = locate("snowflake://f:s@fakesnow/shop/crm?warehouse=w")
    assert place.url is not None
    source = SqlSource(Source("db", place.kind, place.location), place.url, SnowflakeHabits())
    listed = {item.asset.name: item for item in source.list_assets() if isinstance(item, Listed)}
    events = listed["CRM.EVENTS"]
    relation: Any = events.handle
    # The emulator has no micro-partitions: what would be asked of a few, and of very many, is asked all the same.
    few = replace(events, handle=replace(relation, statistics=Statistics(20_000, 2**27, 8)))
    many = replace(events, handle=replace(relation, statistics=Statistics(20_000, 2**30, 64)))
    rights = source.rights()
    found = {
        "location": place.location,
        "fields": {
            name: {field.ref.field: [field.declared_type, field.is_primary_key] for field in item.fields}
            for name, item in listed.items()
        },
        "customers": values(source.read(listed["CRM.CUSTOMERS"], Take(1_000))),
        "odd": values(source.read(listed['CRM.odd "name" %s :c'], Take(10))),
        "head": sampled(source.read(events, Take(1_000))),
        "few": [sampled(source.read(few, Take(1_000, seed))) for seed in (7, 7, 8)],
        "many": [sampled(source.read(many, Take(1_000, seed))) for seed in (7, 7, 8)],
        "whole": source.read(events, Take(None)).rows_read,
        "rights": [rights.is_session_read_only, rights.is_superuser, rights.is_encrypted],
    }
    gone = login.cursor()
    gone.execute("DROP TABLE events")
    try:
        source.read(events, Take(10))
    except UnreadableError as error:
        found["gone"] = [error.reason.value, error.code]
    found["skipped"] = [repr(item) for item in source.list_assets() if isinstance(item, Skipped)]
    source.close()
    return found


def values(content: Content) -> dict[str, Any]:
    """The first value of each field, long ones by their length."""
    found: dict[str, Any] = {}
    for column in content.columns:
        first = next(iter(column.counts), None)
        found[column.field.ref.field] = len(first) if first and len(first) > 100 else first
    return found | {"(rows)": content.rows_read, "(skipped)": len(content.skipped)}


def sampled(content: Content) -> list[Any]:
    """How the rows were chosen, and which."""
    return [content.sampling, sorted(map(int, content.columns[0].counts))]


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    with fakesnow.patch():
        json.dump(main(), sys.stdout)
