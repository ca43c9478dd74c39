"""Databases that there is no server of here: every statement that they would be asked is one in their language."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
import sqlglot
from sqlalchemy.dialects.mssql import pymssql
from sqlalchemy.dialects.oracle import oracledb

from data_map.model import AssetKind, Reason
from scanners.sources.sql import bigquery, mssql, oracle, redshift, snowflake
from scanners.sources.sql.connector import _table
from scanners.sources.sql.dictionary import AskedHabits, Dictionary
from scanners.sources.sql.habits import Relation, Statistics, head

ROWS, SIZE = 100_000_000, 10**12


def mssql_dialect() -> Any:
    dialect = pymssql.dialect()
    dialect._supports_offset_fetch = True  # as of SQL Server 2012
    return dialect


def oracle_dialect() -> Any:
    dialect = oracledb.dialect()  # type: ignore[no-untyped-call]
    dialect.server_version_info = (19,)
    return dialect


def snowflake_dialect() -> Any:
    dialect = pytest.importorskip("snowflake.sqlalchemy.snowdialect", reason="needs the extra snowflake")
    made = dialect.SnowflakeDialect()
    snowflake.take_names_as_they_are(made)
    return made


def bigquery_dialect() -> Any:
    return pytest.importorskip("sqlalchemy_bigquery.base", reason="needs the extra bigquery").BigQueryDialect()


HABITS: dict[str, tuple[type[AskedHabits], Callable[[], Any], str, list[str]]] = {
    "mssql": (
        mssql.MssqlHabits,
        mssql_dialect,
        "tsql",
        ["int", "nvarchar", "varbinary", "date", "xml", "timestamp", "uniqueidentifier", "geography", "ntext"],
    ),
    "oracle": (
        oracle.OracleHabits,
        oracle_dialect,
        "oracle",
        ["NUMBER", "VARCHAR2", "CLOB", "BLOB", "DATE", "TIMESTAMP(6) WITH TIME ZONE", "JSON", "ROWID", "RAW"],
    ),
    "snowflake": (
        snowflake.SnowflakeHabits,
        snowflake_dialect,
        "snowflake",
        ["NUMBER", "TEXT", "BINARY", "VARIANT", "ARRAY", "TIMESTAMP_TZ", "GEOGRAPHY"],
    ),
    "bigquery": (
        bigquery.BigqueryHabits,
        bigquery_dialect,
        "bigquery",
        ["INT64", "STRING", "BYTES", "STRUCT<a INT64>", "ARRAY<STRING>", "JSON", "DATE", "GEOGRAPHY"],
    ),
}
QUESTIONS = ["schemas", "names", "columns", "keys", "references", "statistics"]


class Nothing:
    """An answer without rows."""

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __next__(self) -> Any:
        raise StopIteration

    def close(self) -> None:
        """Nothing is held."""


class Recorder:
    """A connection that writes down what it is asked, and answers that there is nothing."""

    def __init__(self, dialect: Any) -> None:
        self.dialect = dialect
        self.statements: list[str] = []

    def execution_options(self, **options: Any) -> Recorder:
        return self

    def execute(self, statement: Any, parameters: Any = None) -> Nothing:
        compiled = mssql.ordered(statement).compile(dialect=self.dialect, compile_kwargs={"literal_binds": True})
        self.statements.append(str(compiled))
        return Nothing()


def asked(kind: str, statistics: Statistics, asset_kind: AssetKind = AssetKind.TABLE) -> tuple[list[str], Any]:
    """The question for one row more, the head, and the sample."""
    habits, dialect, _, types = HABITS[kind]
    ways: Any = habits()
    columns = tuple((f"{declared} c", ways.type_of(declared)) for declared in types)
    relation = Relation("Sales 1" if kind != "bigquery" else "sales-1", "Order", asset_kind, columns, (), statistics)
    relation = pickle.loads(pickle.dumps(relation))
    clause = _table(relation)
    connection: Any = Recorder(dialect())

    def project(origin: sa.FromClause) -> list[sa.ColumnElement[Any]]:
        return [
            ways.project(origin.c[name], sql_type).label(f"c{place}")
            for place, (name, sql_type) in enumerate(relation.columns)
        ]

    connection.execute(sa.select(sa.literal_column("1")).select_from(clause).limit(1).offset(1_000))
    head(connection, clause, project, 1_000)
    sampled = ways.sample(connection, relation, clause, project, 1_000, 7)
    return connection.statements, sampled


@pytest.mark.parametrize("kind", HABITS)
@pytest.mark.parametrize("size", [SIZE, 10**8], ids=["large", "small"])
def test_what_is_asked_of_a_table_is_in_the_dialect_s_language(kind: str, size: int) -> None:
    block_bytes = HABITS[kind][0].block_bytes
    statements, _ = asked(kind, Statistics(ROWS, size, -(-size // block_bytes)))
    assert len(statements) >= 3
    for statement in statements:
        parsed = sqlglot.parse_one(statement, read=HABITS[kind][2], error_level=sqlglot.ErrorLevel.RAISE)
        assert isinstance(parsed, sqlglot.exp.Select)
        assert not list(parsed.find_all(sqlglot.exp.Insert, sqlglot.exp.Update, sqlglot.exp.Delete))


@pytest.mark.parametrize("kind", HABITS)
def test_the_questions_about_the_catalog_are_in_the_dialect_s_language(kind: str) -> None:
    habits, dialect, language, _ = HABITS[kind]
    used = dialect()
    for name in QUESTIONS:
        question = getattr(habits, f"{name}_question")
        if question:
            text = str(sa.text(question.replace("{dataset}", "`sales`")).compile(dialect=used))
            for mark in ("%(schema)s", ":schema"):
                text = text.replace(mark, "'x'")
            assert sqlglot.parse_one(text, read=language, error_level=sqlglot.ErrorLevel.RAISE)


@pytest.mark.parametrize(
    ("kind", "clause"),
    [
        ("mssql", "FROM [Sales 1].[Order] TABLESAMPLE SYSTEM (0.000983 PERCENT) REPEATABLE (8)"),
        ("oracle", 'FROM "Sales 1"."Order" SAMPLE BLOCK (0.000983) SEED (7)'),
        ("snowflake", 'FROM "Sales 1"."Order" SAMPLE SYSTEM (0.033554) SEED (7)'),
        ("bigquery", "FROM `sales-1`.`Order` TABLESAMPLE SYSTEM (0.536481 PERCENT)"),
    ],
)
def test_a_large_table_is_sampled_by_blocks(kind: str, clause: str) -> None:
    statements, _ = asked(kind, Statistics(ROWS, SIZE, -(-SIZE // HABITS[kind][0].block_bytes)))
    assert clause in " ".join(statements[2].split())
    # Nothing is fetched without a limit, whatever the catalog says.
    assert all(any(word in statement for word in ("LIMIT", "TOP", "FETCH FIRST")) for statement in statements)


@pytest.mark.parametrize("kind", HABITS)
def test_too_few_rows_are_answered_with_more_blocks(kind: str) -> None:
    statements, _ = asked(kind, Statistics(ROWS, SIZE, -(-SIZE // HABITS[kind][0].block_bytes)))
    assert len(statements) > 3


@pytest.mark.parametrize("kind", HABITS)
def test_what_has_no_blocks_is_read_from_its_head_and_says_so(kind: str) -> None:
    statements, sampled = asked(kind, Statistics())
    assert sampled.sampling == "head"
    assert statements[2] == statements[1]


@pytest.mark.parametrize("kind", ["mssql", "snowflake", "bigquery"])
def test_a_materialised_view_is_read_from_its_head(kind: str) -> None:
    _, sampled = asked(kind, Statistics(ROWS, SIZE, 1_000), AssetKind.MATERIALIZED_VIEW)
    assert sampled.sampling == "head"


def test_sql_server_gets_an_order_where_it_wants_one() -> None:
    statements, _ = asked("mssql", Statistics())
    assert " ".join(statements[0].split()) == (
        "SELECT 1 FROM [Sales 1].[Order] ORDER BY (SELECT NULL AS anon_1) OFFSET 1000 ROWS FETCH FIRST 1 ROWS ONLY"
    )


@pytest.mark.parametrize(
    ("given", "database", "query"),
    [
        ("oracle://u@h:1521/SALES", None, {"service_name": "SALES"}),
        ("oracle://u@h/?service_name=SALES", "", {"service_name": "SALES"}),
        ("oracle://u@h/?sid=ORCL", "ORCL", {}),
    ],
)
def test_an_oracle_address_names_a_service(given: str, database: str | None, query: dict[str, str]) -> None:
    url = oracle.address(sa.make_url(given))
    assert (url.drivername, url.database or None, dict(url.query)) == ("oracle+oracledb", database or None, query)


# Errors. The drivers' own classes are not installed here: what is looked at is their codes.


class FailedError(Exception):
    def __init__(self, *args: Any, **attributes: Any) -> None:
        super().__init__(*args)
        self.__dict__.update(attributes)


def wrapped(error: Exception) -> sa.exc.DBAPIError:
    return sa.exc.OperationalError("SELECT 'canary'", None, error)


@pytest.mark.parametrize(
    ("habits", "error", "reason", "code"),
    [
        (mssql.MssqlHabits, FailedError((229, b"canary")), Reason.NO_PERMISSION, "229"),
        (mssql.MssqlHabits, FailedError(208, b"canary"), Reason.NOT_FOUND, "208"),
        (mssql.MssqlHabits, FailedError((1222, b"canary")), Reason.LOCKED, "1222"),
        (mssql.MssqlHabits, FailedError((20003, b"canary")), Reason.TIMED_OUT, "20003"),
        (mssql.MssqlHabits, FailedError((22900, b"canary")), Reason.QUERY_FAILED, "22900"),
        (mssql.MssqlHabits, FailedError("canary"), Reason.QUERY_FAILED, None),
        (oracle.OracleHabits, FailedError(FailedError(full_code="ORA-00942")), Reason.NOT_FOUND, "ORA-00942"),
        (oracle.OracleHabits, FailedError(FailedError(full_code="ORA-01017")), Reason.NO_PERMISSION, "ORA-01017"),
        (oracle.OracleHabits, FailedError(FailedError(full_code="DPY-4024")), Reason.TIMED_OUT, "DPY-4024"),
        (oracle.OracleHabits, FailedError(FailedError(full_code="DPY-4011")), Reason.CONNECTION_LOST, "DPY-4011"),
        (snowflake.SnowflakeHabits, FailedError("canary", errno=2003), Reason.NOT_FOUND, "2003"),
        (snowflake.SnowflakeHabits, FailedError("canary", errno=630), Reason.TIMED_OUT, "630"),
        (snowflake.SnowflakeHabits, FailedError("canary", errno=14, sqlstate="HYT00"), Reason.CONNECTION_FAILED, "14"),
        (snowflake.SnowflakeHabits, FailedError("canary", errno=9, sqlstate="28000"), Reason.NO_PERMISSION, "9"),
        (snowflake.SnowflakeHabits, FailedError("canary", errno=-1), Reason.QUERY_FAILED, None),
        (
            bigquery.BigqueryHabits,
            FailedError(FailedError("canary", errors=[{"reason": "bytesBilledLimitExceeded"}], code=400)),
            Reason.TOO_LARGE,
            "bytesBilledLimitExceeded",
        ),
        (bigquery.BigqueryHabits, FailedError(FailedError("canary", code=403)), Reason.NO_PERMISSION, "403"),
        (redshift.RedshiftHabits, FailedError("canary", sqlstate="42501"), Reason.NO_PERMISSION, "42501"),
        (redshift.RedshiftHabits, FailedError("canary", sqlstate="08006"), Reason.CONNECTION_LOST, "08006"),
    ],
)
def test_a_driver_s_code_becomes_a_reason(
    habits: type[AskedHabits], error: Exception, reason: Reason, code: str | None
) -> None:
    assert habits().reason(wrapped(error)) == (reason, code)


def test_labels_of_enumerations_are_no_part_of_a_type() -> None:
    rows = [("t", "a", "Enum8('canary' = 1)", 0, None), ("t", "b", "Tuple(x Enum8('canary' = 1))", 0, None)]
    found = Dictionary(rows, [], [], lambda declared: sa.types.NullType()).definition("t")
    assert [column.declared_type for column in found.columns] == ["ENUM8", "TUPLE"]
    with pytest.raises(sa.exc.NoSuchTableError):
        Dictionary(rows, [], [], lambda declared: sa.types.NullType()).definition("u")
