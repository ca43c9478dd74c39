"""BigQuery: queries with a limit on what they may cost, blocks by TABLESAMPLE. Never run on the service."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Connection, Engine, TableClause, cast, create_engine, func, select, text
from sqlalchemy import types as sql_types
from sqlalchemy.engine import URL, Inspector

from data_map.model import AssetKind, Reason
from scanners.sources.base import Rights
from scanners.sources.sql.dictionary import MOST_TIMES, AskedHabits, Nested, driver, words
from scanners.sources.sql.habits import BINARY_BYTES, Projection, Relation, Sampled, head, stream, thinned
from scanners.values import VALUE_CHARS, UnreadableError

#: A query that would read more than this is refused by the service before it costs anything.
MOST_BYTES = 10 * 2**30
#: Blocks from which rows come. Each is about a gigabyte that has to be paid for.
_BLOCKS = 5
_DATASET = re.compile(r"[A-Za-z0-9_-]{1,1024}")


class BigqueryHabits(AskedHabits):
    """BigQuery through Google's driver and dialect; the login is Google's own, by its environment or a key file."""

    kind = "bigquery"
    schemas_question = ""
    names_question = """
        SELECT table_name, CASE table_type WHEN 'VIEW' THEN 'view' WHEN 'MATERIALIZED VIEW' THEN 'materialized_view'
                           ELSE 'table' END
        FROM {dataset}.INFORMATION_SCHEMA.TABLES
    """
    columns_question = """
        SELECT c.table_name, c.column_name, c.data_type, c.is_nullable = 'YES', p.description
        FROM {dataset}.INFORMATION_SCHEMA.COLUMNS c
        LEFT JOIN {dataset}.INFORMATION_SCHEMA.COLUMN_FIELD_PATHS p
            ON p.table_name = c.table_name AND p.field_path = c.column_name
        ORDER BY c.table_name, c.ordinal_position
    """
    keys_question = """
        SELECT k.table_name, k.constraint_name, t.constraint_type = 'PRIMARY KEY', k.column_name
        FROM {dataset}.INFORMATION_SCHEMA.KEY_COLUMN_USAGE k
        JOIN {dataset}.INFORMATION_SCHEMA.TABLE_CONSTRAINTS t
            ON t.constraint_name = k.constraint_name AND t.table_name = k.table_name
        WHERE t.constraint_type = 'PRIMARY KEY' ORDER BY k.table_name, k.ordinal_position
    """
    #: Of keys with one column: which columns belong together is not told.
    references_question = """
        SELECT k.table_name, MAX(k.column_name), MAX(u.table_schema), MAX(u.table_name), MAX(u.column_name)
        FROM {dataset}.INFORMATION_SCHEMA.KEY_COLUMN_USAGE k
        JOIN {dataset}.INFORMATION_SCHEMA.TABLE_CONSTRAINTS t
            ON t.constraint_name = k.constraint_name AND t.table_name = k.table_name
        JOIN {dataset}.INFORMATION_SCHEMA.CONSTRAINT_COLUMN_USAGE u ON u.constraint_name = k.constraint_name
        WHERE t.constraint_type = 'FOREIGN KEY'
        GROUP BY k.table_name, k.constraint_name HAVING COUNT(*) = 1
    """
    statistics_question = "SELECT table_id, row_count, size_bytes, last_modified_time FROM {dataset}.__TABLES__"
    numbers = words("int64 numeric bignumeric float64 bool")
    texts = words("string")
    binaries = words("bytes")
    block_bytes = 2**30
    reasons: ClassVar = {
        **dict.fromkeys(("accessDenied", "401", "403"), Reason.NO_PERMISSION),
        **dict.fromkeys(("notFound", "404"), Reason.NOT_FOUND),
        **dict.fromkeys(("bytesBilledLimitExceeded", "responseTooLarge"), Reason.TOO_LARGE),
        **dict.fromkeys(("timeout", "stopped", "jobTimeout", "504"), Reason.TIMED_OUT),
        **dict.fromkeys(("backendError", "internalError", "500", "503"), Reason.CONNECTION_LOST),
    }

    def __init__(self) -> None:
        """One instance serves one project."""
        self._client: Any = None

    def open(self, url: URL, timeout_s: float) -> Engine:
        """Every query has a time-out, a label, and a limit on the bytes it may read (``?maximum_bytes_billed=``)."""
        bigquery = driver("google.cloud.bigquery", "bigquery")
        driver("sqlalchemy_bigquery", "bigquery")
        defaults = bigquery.QueryJobConfig(
            maximum_bytes_billed=int(str(url.query.get("maximum_bytes_billed", MOST_BYTES))),
            job_timeout_ms=int(timeout_s * 1000),
            labels={"tool": "privacy-scan"},
        )
        options = {"project": url.host or None, "default_query_job_config": defaults}
        if "location" in url.query:
            options["location"] = str(url.query["location"])
        try:
            if "credentials_path" in url.query:
                path = str(url.query["credentials_path"])
                self._client = bigquery.Client.from_service_account_json(path, **options)
            else:
                self._client = bigquery.Client(**options)
        except OSError:  # also the error that says that there is no login at all
            raise UnreadableError(Reason.NO_PERMISSION, "credentials") from None
        except driver("google.auth.exceptions", "bigquery").GoogleAuthError:
            raise UnreadableError(Reason.NO_PERMISSION, "credentials") from None
        return create_engine(
            URL.create("bigquery", host=self._client.project, query={"user_supplied_client": "true"}),
            connect_args={"client": self._client},
            pool_size=1,
            max_overflow=1,
            hide_parameters=True,
        )

    def schemas(self, inspector: Inspector, url: URL) -> list[str | None]:
        """The dataset that the address names, else every one of the project."""
        if url.database:
            return [url.database]
        try:
            return sorted(item.dataset_id for item in self._client.list_datasets())
        except Exception as error:  # the service's own errors, which SQLAlchemy does not see
            raise UnreadableError(*self.reason(error)) from None

    def ask(self, connection: Connection, question: str, schema: str | None) -> Sequence[Sequence[Any]]:
        """Each dataset has a catalog of its own, and its name is a part of the question."""
        if _DATASET.fullmatch(schema or "") is None:
            raise UnreadableError(Reason.NOT_FOUND, "dataset")
        return connection.execute(text(question.format(dataset=f"`{schema}`"))).all()

    def type_of(self, declared: str) -> Any:
        """Places on Earth and JSON have functions of their own to become text."""
        if declared == "GEOGRAPHY":
            return _Spatial()
        return Nested() if declared == "JSON" else super().type_of(declared)

    def project(self, column: ColumnElement[Any], sql_type: Any) -> ColumnElement[Any]:
        """Numbers as they are, bytes cut, what is nested as JSON, all else as text."""
        if isinstance(sql_type, sql_types.Numeric):
            return column
        if isinstance(sql_type, sql_types.LargeBinary):
            return func.left(column, BINARY_BYTES)
        if isinstance(sql_type, Nested):
            column = func.to_json_string(column)
        elif isinstance(sql_type, _Spatial):
            column = func.st_astext(column)
        elif not isinstance(sql_type, sql_types.String):
            column = cast(column, sql_types.String)
        return func.left(column, VALUE_CHARS)

    def sample(
        self,
        connection: Connection,
        relation: Relation,
        table: TableClause,
        project: Projection,
        rows: int,
        seed: int,
    ) -> Sampled:
        """A few blocks, and of their rows some at random. The service takes no seed: another run reads other rows."""
        known, blocks = relation.statistics.row_count, relation.statistics.block_count
        if relation.kind is not AssetKind.TABLE or not known or not blocks:
            return head(connection, table, project, rows)
        percent = min(100.0, 100 * _BLOCKS / blocks)
        share = min(1.0, 2 * rows / (known * percent / 100))
        chosen = select(*project(table)).select_from(table)
        if percent < 100:
            chosen = chosen.suffix_with(text(f"TABLESAMPLE SYSTEM ({percent:.6f} PERCENT)"))
        inner = chosen.subquery("chosen")
        statement = select(*inner.c).where(text(f"RAND() < {share:.12f}")).limit(MOST_TIMES * rows)
        found, seen = thinned(stream(connection, statement, rows), rows, seed)
        return Sampled(iter(found), "blocks") if seen else head(connection, table, project, rows)

    def rights(self, connection: Connection) -> Rights:
        """The service has no sessions, and tells an account's roles only to those who may administer them."""
        return Rights(False, None, None, is_encrypted=True)

    def code(self, error: BaseException) -> str | None:
        """The service's reason, else its status."""
        for each in _causes(error):
            reasons = [item.get("reason") for item in getattr(each, "errors", None) or () if isinstance(item, dict)]
            if reasons and reasons[0]:
                return str(reasons[0])
            status = getattr(each, "code", None)
            if isinstance(status, int):
                return str(int(status))
        return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    yield error
    yield from (each for each in error.args if isinstance(each, BaseException))
    if error.__cause__ is not None:
        yield error.__cause__


class _Spatial(sql_types.UserDefinedType[Any]):
    """A type with ``ST_ASTEXT``."""
