"""A database as a source: its catalog as the listing, a sample of each table as the content."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    FromClause,
    Select,
    TableClause,
    column,
    distinct,
    func,
    inspect,
    literal,
    literal_column,
    select,
    table,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy import types as sql_types
from sqlalchemy.engine import URL, Inspector
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.sql import quoted_name

from data_map.model import Asset, AssetKind, Field, FieldRef, Reason, Skipped, Source
from scanners.sources.base import KeyRows, Listed, Rights
from scanners.sources.selection import is_wanted
from scanners.sources.sql.catalog import Definition
from scanners.sources.sql.habits import Habits, Relation, Sampled, Statistics, head
from scanners.values import Column, Content, Take, UnreadableError

#: Rows fetched at a time.
_BATCH_ROWS = 2000
#: A table whose database changes under our eyes is read this often in all.
_TRIES = 3
#: Why a query may fail although all of its columns but one can be read.
_OF_A_COLUMN = (Reason.NO_PERMISSION, Reason.QUERY_FAILED, Reason.NOT_FOUND)


class SqlSource:
    """A database, read through SQLAlchemy with one dialect's habits."""

    def __init__(
        self,
        source: Source,
        url: URL,
        habits: Habits,
        *,
        include: tuple[str, ...] = (),
        exclude: tuple[str, ...] = (),
        views: bool = False,
        timeout_s: float = 30.0,
    ) -> None:
        """``views`` also lists plain views, which may be slow and repeat what tables hold."""
        self.source = source
        self._include = include
        self._exclude = exclude
        self._url = url
        self._habits = habits
        self._views = views
        self._timeout_s = timeout_s
        self._engine: Engine | None = None
        self._labels: set[str] = set()

    def list_assets(self) -> Iterator[Listed | Skipped]:
        """Tables and materialised views of every schema, from the catalog; no row is touched."""
        engine = self._open()
        self._labels = set()
        try:
            # Without a transaction one refused question does not spoil those after it, and nothing is held open.
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                inspector = inspect(connection)
                for schema in self._habits.schemas(inspector, self._url):
                    yield from self._list_schema(connection, inspector, schema)
        except SQLAlchemyError as error:
            raise UnreadableError(*self._habits.reason(error)) from None

    def read(self, listed: Listed, take: Take) -> Content:
        """A sample of one table, or all of it when it is small or ``take.rows`` is None.

        A column that cannot be read is skipped by itself, and the others are read.
        """
        relation = cast("Relation", listed.handle)
        wanted = [
            _Wanted(position, item, *relation.columns[position])
            for position, item in enumerate(listed.fields)
            if take.fields is None or item.ref.field in take.fields
        ]
        for _ in range(_TRIES):
            content = self._read_what_can_be(relation, listed, wanted, take)
            if not self._habits.is_stale():
                return content
            self.close()
        raise UnreadableError(Reason.LOCKED)

    def key_rows(self, listed: Listed, fields: Sequence[str], *, whole: int, sample: int, seed: int) -> KeyRows:
        """Some columns row by row: of all rows of a table that has at most ``whole``, else of a sample."""
        relation = cast("Relation", listed.handle)
        known = {
            item.ref.field: _Wanted(place, item, *relation.columns[place]) for place, item in enumerate(listed.fields)
        }
        if not all(name in known for name in fields):
            raise UnreadableError(Reason.NOT_FOUND)
        wanted = [known[name] for name in fields]
        clause = _table(relation)
        one_more: Select[Any] = select(literal_column("1")).select_from(clause).limit(1).offset(whole)
        try:
            with self._open().connect() as connection:
                self._habits.start_clock()
                is_large = connection.execute(one_more).first() is not None
                self._habits.start_clock()
                take = Take(sample if is_large else whole, seed)
                sampled = self._rows(connection, relation, wanted, take)
                rows = [tuple(row) for row in sampled.rows]
        except SQLAlchemyError as error:
            raise UnreadableError(*self._habits.reason(error)) from None
        return KeyRows(rows, sampled.sampling == "all")

    def count_found(self, listed: Listed, field: str, values: Sequence[object]) -> int:
        """One query, by bound values of the column's own type; one that cannot be of that type does not occur."""
        relation = cast("Relation", listed.handle)
        position = next((place for place, item in enumerate(listed.fields) if item.ref.field == field), None)
        if position is None:
            raise UnreadableError(Reason.NOT_FOUND)
        name, sql_type = relation.columns[position]
        asked = [value for value in (_asked(value, sql_type) for value in values) if value is not None]
        if not asked:
            return 0
        clause = _table(relation)
        statement = select(func.count(distinct(clause.c[name]))).select_from(clause).where(clause.c[name].in_(asked))
        try:
            with self._open().connect() as connection:
                self._habits.start_clock()
                return int(connection.execute(statement).scalar_one())
        except SQLAlchemyError as error:
            raise UnreadableError(*self._habits.reason(error)) from None

    def rights(self) -> Rights:
        """Whether the session refuses writes, and whether the account could make some elsewhere."""
        try:
            with self._open().connect() as connection:
                return self._habits.rights(connection)
        except SQLAlchemyError as error:
            raise UnreadableError(*self._habits.reason(error)) from None

    def close(self) -> None:
        """Close connections, remove private copies."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None
        self._habits.close()

    def _open(self) -> Engine:
        if self._engine is not None and self._habits.is_stale():
            self.close()
        if self._engine is None:
            self._engine = self._habits.open(self._url, self._timeout_s)
        return self._engine

    def _list_schema(
        self, connection: Connection, inspector: Inspector, schema: str | None
    ) -> Iterator[Listed | Skipped]:
        shown = schema or inspector.default_schema_name or "main"
        try:
            statistics = self._habits.statistics(connection, schema)
        except SQLAlchemyError:  # estimates are welcome, not needed
            statistics = {}
        kinds = [AssetKind.TABLE, AssetKind.MATERIALIZED_VIEW, *([AssetKind.VIEW] if self._views else [])]
        for kind in kinds:
            every = self._habits.names(connection, inspector, schema, kind)
            names = sorted(name for name in every if is_wanted(f"{shown}.{name}", self._include, self._exclude))
            if not names:
                continue
            some = names if len(names) < len(every) else None
            catalog = self._habits.catalog(connection, inspector, schema, kind, some)
            for name in names:
                label = self._label(f"{shown}.{name}")
                try:
                    definition = catalog.definition(name)
                except SQLAlchemyError as error:
                    reason, code = self._habits.reason(error)
                    yield Skipped(self.source.name, reason, label, code=code)
                    continue
                known = statistics.get(name, Statistics())
                relation = Relation(
                    schema,
                    name,
                    kind,
                    tuple((item.name, item.sql_type) for item in definition.columns),
                    definition.primary_key
                    or min(definition.unique_keys, default=(), key=lambda key: (len(key), key))
                    or next(iter(definition.indexes), ()),
                    known,
                )
                asset = Asset(
                    self.source.name,
                    label,
                    kind,
                    known.row_count,
                    known.size_bytes,
                    known.change_marker,
                    known.member_count,
                )
                fields = self._fields(label, definition, inspector.default_schema_name or "main")
                yield Listed(asset, fields, relation)

    def _label(self, wanted: str) -> str:
        """A dot in a schema's or a table's name can make two labels equal: the later one gets a number."""
        label, number = wanted, 1
        while label in self._labels:
            number += 1
            label = f"{wanted}~{number}"
        self._labels.add(label)
        return label

    def _fields(self, label: str, definition: Definition, default_schema: str) -> tuple[Field, ...]:
        unique = {key[0] for key in (definition.primary_key, *definition.unique_keys) if len(key) == 1}
        fields = []
        for position, item in enumerate(definition.columns):
            target = definition.references.get(item.name)
            fields.append(
                Field(
                    ref=FieldRef(self.source.name, label, _shown(item.name, position)),
                    declared_type=item.declared_type,
                    position=position,
                    is_nullable=item.is_nullable,
                    is_primary_key=item.name in definition.primary_key,
                    is_unique=item.name in unique,
                    references=FieldRef(self.source.name, f"{target[0] or default_schema}.{target[1]}", target[2])
                    if target
                    else None,
                    comment=item.comment,
                )
            )
        return tuple(fields)

    def _read_what_can_be(self, relation: Relation, listed: Listed, wanted: list[_Wanted], take: Take) -> Content:
        try:
            return self._read(relation, listed, wanted, take)
        except SQLAlchemyError as error:
            reason, code = self._habits.reason(error)
            if self._habits.is_stale():  # whatever the trouble was, it comes from that
                return Content(listed.asset)
            if reason not in _OF_A_COLUMN or len(wanted) < 2:
                raise UnreadableError(reason, code) from None
        try:
            readable, skipped = self._try_each(relation, wanted, take.rows or _BATCH_ROWS)
            if not readable or not skipped:
                raise UnreadableError(reason, code)
            content = self._read(relation, listed, readable, take)
        except SQLAlchemyError as error:
            raise UnreadableError(*self._habits.reason(error)) from None
        content.skipped.extend(skipped)
        return content

    def _read(self, relation: Relation, listed: Listed, wanted: list[_Wanted], take: Take) -> Content:
        if not wanted:
            return Content(listed.asset, sampling="none")
        columns = [Column(item.field) for item in wanted]
        count = 0
        with self._open().connect() as connection:
            self._habits.start_clock()
            sampled = self._rows(connection, relation, wanted, take)
            while batch := list(islice(sampled.rows, _BATCH_ROWS)):
                self._habits.start_clock()
                count += len(batch)
                for target, values in zip(columns, zip(*batch, strict=True), strict=True):
                    target.extend(values)
        return _content(listed.asset, columns, count, sampled.sampling)

    def _rows(self, connection: Connection, relation: Relation, wanted: list[_Wanted], take: Take) -> Sampled:
        clause = _table(relation)

        def project(origin: FromClause) -> list[ColumnElement[Any]]:
            return [
                self._habits.project(origin.c[item.column], item.sql_type).label(f"c{item.position}") for item in wanted
            ]

        if take.rows is None:
            statement = select(*project(clause)).select_from(clause)
            return self._habits.all_rows(connection, statement, _BATCH_ROWS)
        # The catalog's numbers are old or guesses: whether a table is read whole is decided by its rows.
        one_more: Select[Any] = select(literal_column("1")).select_from(clause).limit(1).offset(take.rows)
        if connection.execute(one_more).first() is None:
            return replace(head(connection, clause, project, take.rows), sampling="all")
        if relation.kind is AssetKind.VIEW:
            return head(connection, clause, project, take.rows)
        return self._habits.sample(connection, relation, clause, project, take.rows, take.seed)

    def _try_each(self, relation: Relation, wanted: list[_Wanted], rows: int) -> tuple[list[_Wanted], list[Skipped]]:
        """Which columns give their first values when asked alone."""
        clause = _table(relation)
        readable: list[_Wanted] = []
        skipped: list[Skipped] = []
        for item in wanted:
            values = self._habits.project(clause.c[item.column], item.sql_type)
            statement = select(values).select_from(clause).limit(rows)
            try:
                with self._open().connect() as connection:
                    self._habits.start_clock()
                    connection.execute(statement).all()
            except SQLAlchemyError as error:
                reason, code = self._habits.reason(error)
                if reason not in _OF_A_COLUMN:
                    raise
                ref = item.field.ref
                skipped.append(Skipped(ref.source, reason, ref.asset, ref.field, code))
            else:
                readable.append(item)
        return readable, skipped


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A column to be read."""

    position: int
    field: Field
    #: Its name in the database, which the field's may differ from.
    column: str
    sql_type: Any


def _asked(value: object, sql_type: Any) -> Any:
    """A value as a column of this type is asked for it; None when it cannot be one of that type."""
    if isinstance(sql_type, sql_types.Numeric | sql_types.Integer):
        text = str(value).strip()
        return int(text) if text.removeprefix("-").isdecimal() and len(text) < 19 else None
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    if isinstance(sql_type, sql_types.Uuid):
        return sql_cast(literal(str(value)), sql_type) if len(str(value)) in (32, 36) else None
    return str(value)


def _table(relation: Relation) -> TableClause:
    return table(
        quoted_name(relation.name, quote=True),
        # Untyped: no result processor stands between the driver and us that could refuse an odd value.
        *(column(quoted_name(name, quote=True)) for name, _ in relation.columns),
        schema=quoted_name(relation.schema, quote=True) if relation.schema else None,
    )


def _shown(name: str, position: int) -> str:
    """SQLite lets a column be called nothing at all."""
    return name if name.strip() else f"column_{position + 1}"


def _content(asset: Asset, columns: list[Column], count: int, sampling: str) -> Content:
    is_whole = sampling == "all"
    if is_whole:
        asset = replace(asset, row_count=count)
    read_bytes = sum(item.text_bytes for item in columns)
    return Content(asset, columns, rows_read=count, bytes_read=read_bytes, is_whole=is_whole, sampling=sampling)
