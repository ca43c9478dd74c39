"""A database as a source: its catalog as the listing, a sample of each table as the content."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    FromClause,
    Select,
    TableClause,
    column,
    inspect,
    literal_column,
    select,
    table,
)
from sqlalchemy import types as sql_types
from sqlalchemy.engine import URL, Inspector
from sqlalchemy.engine.reflection import ObjectKind, ObjectScope
from sqlalchemy.exc import SAWarning, SQLAlchemyError
from sqlalchemy.sql import quoted_name

from data_map.model import Asset, AssetKind, Field, FieldRef, Reason, Skipped, Source
from scanners.sources.base import Listed, Rights
from scanners.sources.selection import is_wanted
from scanners.sources.sql.habits import Habits, Relation, Sampled, Statistics, head
from scanners.values import Column, Content, Take, UnreadableError

#: Rows fetched at a time.
_BATCH_ROWS = 2000
#: Why a query may fail although all of its columns but one can be read.
_OF_A_COLUMN = (Reason.NO_PERMISSION, Reason.QUERY_FAILED)


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
        self._relations: dict[str, Relation] = {}

    def list_assets(self) -> Iterator[Listed | Skipped]:
        """Tables and materialised views of every schema, from the catalog; no row is touched."""
        engine = self._open()
        self._relations = {}
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
        relation = self._relations[listed.asset.name]
        wanted = [
            _Wanted(position, item, *relation.columns[position])
            for position, item in enumerate(listed.fields)
            if take.fields is None or item.ref.field in take.fields
        ]
        try:
            return self._read(relation, listed, wanted, take)
        except SQLAlchemyError as error:
            reason, code = self._habits.reason(error)
            if reason not in _OF_A_COLUMN or len(wanted) < 2:
                raise UnreadableError(reason, code) from None
        try:
            readable, skipped = self._try_each(relation, wanted)
            if not readable or not skipped:
                raise UnreadableError(reason, code)
            content = self._read(relation, listed, readable, take)
        except SQLAlchemyError as error:
            raise UnreadableError(*self._habits.reason(error)) from None
        content.skipped.extend(skipped)
        return content

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
        kinds = [(AssetKind.TABLE, ObjectKind.TABLE), (AssetKind.MATERIALIZED_VIEW, ObjectKind.MATERIALIZED_VIEW)]
        if self._views:
            kinds.append((AssetKind.VIEW, ObjectKind.VIEW))
        for kind, object_kind in kinds:
            every = self._habits.names(connection, inspector, schema, kind)
            names = sorted(name for name in every if is_wanted(f"{shown}.{name}", self._include, self._exclude))
            if not names:
                continue
            catalog = _Catalog(inspector, schema, object_kind, names if len(names) < len(every) else None)
            for name in names:
                label = self._label(f"{shown}.{name}")
                try:
                    relation = Relation(
                        schema,
                        name,
                        kind,
                        catalog.columns(name),
                        catalog.key(name),
                        catalog.key(name) or catalog.unique_key(name),
                        statistics.get(name, Statistics()),
                    )
                    fields = self._fields(label, relation, catalog, inspector)
                except SQLAlchemyError as error:
                    reason, code = self._habits.reason(error)
                    yield Skipped(self.source.name, reason, label, code=code)
                    continue
                self._relations[label] = relation
                known = relation.statistics
                asset = Asset(self.source.name, label, kind, known.row_count, known.size_bytes, known.change_marker)
                yield Listed(asset, fields)

    def _label(self, wanted: str) -> str:
        """A dot in a schema's or a table's name can make two labels equal: the later one gets a number."""
        label, number = wanted, 1
        while label in self._relations:
            number += 1
            label = f"{wanted}~{number}"
        return label

    def _fields(self, label: str, relation: Relation, catalog: _Catalog, inspector: Inspector) -> tuple[Field, ...]:
        references = catalog.references(relation.name)
        unique = catalog.unique(relation.name)
        default = inspector.default_schema_name or "main"
        fields = []
        for position, details in enumerate(catalog.details(relation.name)):
            name = details["name"]
            target = references.get(name)
            fields.append(
                Field(
                    ref=FieldRef(self.source.name, label, _shown(name, position)),
                    declared_type=type_name(details["type"], inspector),
                    position=position,
                    is_nullable=bool(details.get("nullable", True)),
                    is_primary_key=name in relation.primary_key,
                    is_unique=name in unique or relation.primary_key == (name,),
                    references=FieldRef(self.source.name, f"{target[0] or default}.{target[1]}", target[2])
                    if target
                    else None,
                    comment=details.get("comment") or None,
                )
            )
        return tuple(fields)

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

    def _try_each(self, relation: Relation, wanted: list[_Wanted]) -> tuple[list[_Wanted], list[Skipped]]:
        """Which columns give a value when asked alone."""
        clause = _table(relation)
        readable: list[_Wanted] = []
        skipped: list[Skipped] = []
        for item in wanted:
            statement = select(self._habits.project(clause.c[item.column], item.sql_type)).select_from(clause).limit(1)
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


def type_name(sql_type: Any, inspector: Inspector) -> str:
    """The declared type as SQL writes it. Enum labels are content and are left out."""
    if isinstance(sql_type, sql_types.Enum) or type(sql_type).__name__ in {"ENUM", "SET"}:
        return type(sql_type).__name__.upper()
    if isinstance(sql_type, sql_types.NullType):
        return "unknown"
    try:
        text = str(sql_type.compile(dialect=inspector.dialect))
    except SQLAlchemyError:
        text = type(sql_type).__name__.upper()
    return text.split(" COLLATE ")[0].split(" CHARACTER SET ")[0][:60]


class _Catalog:
    """A schema's reflection, fetched for all tables at once and once only."""

    def __init__(
        self, inspector: Inspector, schema: str | None, kind: ObjectKind, names: list[str] | None = None
    ) -> None:
        """``names``: the only tables that will be asked for; None for all."""
        self._inspector = inspector
        self._schema = schema
        options: dict[str, Any] = {"schema": schema, "kind": kind, "scope": ObjectScope.ANY, "filter_names": names}
        self._columns = self._all(inspector.get_multi_columns, options)
        self._keys = self._all(inspector.get_multi_pk_constraint, options)
        self._foreign = self._all(inspector.get_multi_foreign_keys, options)
        self._unique = self._all(inspector.get_multi_unique_constraints, options)

    def _all(self, fetch: Callable[..., Any], options: dict[str, Any]) -> dict[str, Any] | None:
        try:
            with _quiet():
                return {name: value for (_, name), value in fetch(**options).items()}
        except SQLAlchemyError:  # one broken table spoils the whole answer: then they are asked one by one
            return None

    def details(self, name: str) -> list[Any]:
        if self._columns is not None and name in self._columns:
            return list(self._columns[name])
        with _quiet():
            return list(self._inspector.get_columns(name, schema=self._schema))

    def columns(self, name: str) -> tuple[tuple[str, Any], ...]:
        return tuple((details["name"], details["type"]) for details in self.details(name))

    def key(self, name: str) -> tuple[str, ...]:
        found = (self._keys or {}).get(name)
        if found is None:
            found = self._inspector.get_pk_constraint(name, schema=self._schema)
        return tuple((found or {}).get("constrained_columns") or ())

    def references(self, name: str) -> dict[str, tuple[str | None, str, str]]:
        found = (self._foreign or {}).get(name)
        if found is None:
            found = self._inspector.get_foreign_keys(name, schema=self._schema)
        # PostgreSQL's reflection leaves out the schema that the session would find without being told.
        is_default = self._inspector.dialect.name == "postgresql"
        unsaid = self._inspector.default_schema_name if is_default else self._schema
        targets = {}
        for key in found or ():
            for own, other in zip(key["constrained_columns"], key["referred_columns"], strict=False):
                targets[own] = (key.get("referred_schema") or unsaid, key["referred_table"], other)
        return targets

    def unique(self, name: str) -> set[str]:
        return {key[0] for key in self._unique_keys(name) if len(key) == 1}

    def unique_key(self, name: str) -> tuple[str, ...]:
        return min(self._unique_keys(name), default=(), key=lambda key: (len(key), key))

    def _unique_keys(self, name: str) -> list[tuple[str, ...]]:
        return [tuple(item["column_names"]) for item in (self._unique or {}).get(name) or ()]


@contextmanager
def _quiet() -> Iterator[None]:
    """Types that SQLAlchemy does not know are read as text: no warning is needed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)
        yield
