"""A database as a source: its catalog as the listing, a sample of each table as the content."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Engine, column, inspect, select, table
from sqlalchemy import types as sql_types
from sqlalchemy.engine import URL, Inspector
from sqlalchemy.engine.reflection import ObjectKind, ObjectScope
from sqlalchemy.exc import SAWarning, SQLAlchemyError
from sqlalchemy.sql import quoted_name

from data_map.model import Asset, AssetKind, Field, FieldRef, Skipped, Source
from scanners.sources.base import Listed, Rights
from scanners.sources.selection import is_wanted
from scanners.sources.sql.habits import Habits, Relation, Sampled, Statistics, head
from scanners.values import Column, Content, Take, UnreadableError

#: Rows fetched at a time.
_BATCH_ROWS = 2000


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
        try:
            with engine.connect() as connection, warnings.catch_warnings():
                warnings.simplefilter("ignore", SAWarning)  # types that SQLAlchemy does not know are read as text
                inspector = inspect(connection)
                for schema in self._habits.schemas(inspector, self._url):
                    yield from self._list_schema(connection, inspector, schema)
        except SQLAlchemyError as error:
            raise UnreadableError(*self._habits.reason(error)) from None

    def read(self, listed: Listed, take: Take) -> Content:
        """A sample of one table, or all of it when it is small or ``take.rows`` is None."""
        relation = self._relations[listed.asset.name]
        try:
            with self._open().connect() as connection:
                return self._read(connection, relation, listed, take)
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
        if self._engine is None:
            self._engine = self._habits.open(self._url, self._timeout_s)
        return self._engine

    def _list_schema(
        self, connection: Connection, inspector: Inspector, schema: str | None
    ) -> Iterator[Listed | Skipped]:
        statistics = self._habits.statistics(connection, schema)
        kinds = [(AssetKind.TABLE, ObjectKind.TABLE), (AssetKind.MATERIALIZED_VIEW, ObjectKind.MATERIALIZED_VIEW)]
        if self._views:
            kinds.append((AssetKind.VIEW, ObjectKind.VIEW))
        for kind, object_kind in kinds:
            names = sorted(_names(inspector, schema, kind))
            if not names:
                continue
            catalog = _Catalog(inspector, schema, object_kind)
            for name in names:
                label = f"{schema or inspector.default_schema_name or 'main'}.{name}"
                if not is_wanted(label, self._include, self._exclude):
                    continue
                try:
                    relation = Relation(
                        schema, name, kind, catalog.columns(name), catalog.key(name), statistics.get(name, Statistics())
                    )
                    fields = self._fields(label, relation, catalog, inspector)
                except SQLAlchemyError as error:
                    reason, code = self._habits.reason(error)
                    yield Skipped(self.source.name, reason, label, code=code)
                    continue
                if label in self._relations:  # a dot in a schema's or a table's name made two labels equal
                    label = f"{label}~2"
                self._relations[label] = relation
                known = relation.statistics
                asset = Asset(self.source.name, label, kind, known.row_count, known.size_bytes, known.change_marker)
                yield Listed(asset, fields)

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
                    ref=FieldRef(self.source.name, label, name),
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

    def _read(self, connection: Connection, relation: Relation, listed: Listed, take: Take) -> Content:
        wanted = [
            (item, sql_type)
            for item, (_, sql_type) in zip(listed.fields, relation.columns, strict=True)
            if take.fields is None or item.ref.field in take.fields
        ]
        clause = table(
            quoted_name(relation.name, quote=True),
            # Untyped: no result processor stands between the driver and us that could refuse an odd value.
            *(column(quoted_name(name, quote=True)) for name, _ in relation.columns),
            schema=quoted_name(relation.schema, quote=True) if relation.schema else None,
        )
        projected = [
            self._habits.project(clause.c[item.ref.field], sql_type).label(f"c{position}")
            for position, (item, sql_type) in enumerate(wanted)
        ]
        if not projected:
            return Content(listed.asset, sampling="none")
        start_clock: Callable[[], None] | None = getattr(self._habits, "start_clock", None)
        if start_clock:
            start_clock()
        sampled = self._rows(connection, relation, clause, projected, take)
        columns = [Column(item) for item, _ in wanted]
        count = 0
        for batch in _batches(sampled.rows):
            if start_clock:
                start_clock()
            if take.rows is not None and sampled.sampling == "head":
                batch = batch[: take.rows + 1 - count]
            count += len(batch)
            for target, values in zip(columns, zip(*batch, strict=True), strict=True):
                target.extend(values)
        return _content(listed.asset, columns, count, take, sampled.sampling)

    def _rows(
        self, connection: Connection, relation: Relation, clause: Any, projected: list[Any], take: Take
    ) -> Sampled:
        if take.rows is None:
            statement = select(*projected).select_from(clause)
            result = connection.execution_options(yield_per=_BATCH_ROWS).execute(statement)
            return Sampled(iter(result), "all")
        known = relation.statistics.row_count
        is_large = (known or 0) > take.rows or (known is None and (relation.statistics.block_count or 0) > 0)
        if is_large and relation.kind is not AssetKind.VIEW:
            return self._habits.sample(connection, relation, clause, projected, take.rows, take.seed)
        return head(connection, clause, projected, take.rows + 1)


def _content(asset: Asset, columns: list[Column], count: int, take: Take, sampling: str) -> Content:
    """Whole only when everything was asked for, or when one row more than wanted was asked for and did not come."""
    is_whole = sampling == "all" or (sampling == "head" and take.rows is not None and count <= take.rows)
    if sampling == "head" and is_whole:
        sampling = "all"
    if is_whole:
        asset = Asset(asset.source, asset.name, asset.kind, count, asset.size_bytes, asset.change_marker)
    read_bytes = sum(item.text_bytes for item in columns)
    return Content(asset, columns, rows_read=count, bytes_read=read_bytes, is_whole=is_whole, sampling=sampling)


def _names(inspector: Inspector, schema: str | None, kind: AssetKind) -> list[str]:
    if kind is AssetKind.TABLE:
        return inspector.get_table_names(schema=schema) + _foreign_tables(inspector, schema)
    if kind is AssetKind.VIEW:
        return inspector.get_view_names(schema=schema)
    if inspector.dialect.name != "postgresql":
        return []
    return inspector.get_materialized_view_names(schema=schema)


def _foreign_tables(inspector: Inspector, schema: str | None) -> list[str]:
    listing = getattr(inspector, "get_foreign_table_names", None)  # PostgreSQL's inspector alone has it
    return list(listing(schema=schema)) if listing else []


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


def _untyped(item: Any) -> Any:
    return item._with_binary_element_type(sql_types.NULLTYPE)


def _batches(rows: Iterator[Any]) -> Iterator[list[Any]]:
    while batch := list(islice(rows, _BATCH_ROWS)):
        yield batch


class _Catalog:
    """A schema's reflection, fetched for all tables at once and once only."""

    def __init__(self, inspector: Inspector, schema: str | None, kind: ObjectKind) -> None:
        self._inspector = inspector
        self._schema = schema
        options: dict[str, Any] = {"schema": schema, "kind": kind, "scope": ObjectScope.ANY}
        self._columns = self._all(inspector.get_multi_columns, options)
        self._keys = self._all(inspector.get_multi_pk_constraint, options)
        self._foreign = self._all(inspector.get_multi_foreign_keys, options)
        self._unique = self._all(inspector.get_multi_unique_constraints, options)

    def _all(self, fetch: Callable[..., Any], options: dict[str, Any]) -> dict[str, Any] | None:
        try:
            return {name: value for (_, name), value in fetch(**options).items()}
        except SQLAlchemyError:  # one broken table spoils the whole answer: then they are asked one by one
            return None

    def details(self, name: str) -> list[Any]:
        if self._columns is not None and name in self._columns:
            return list(self._columns[name])
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
        targets = {}
        for key in found or ():
            for own, other in zip(key["constrained_columns"], key["referred_columns"], strict=False):
                targets[own] = (key.get("referred_schema") or self._schema, key["referred_table"], other)
        return targets

    def unique(self, name: str) -> set[str]:
        found = (self._unique or {}).get(name) or ()
        return {item["column_names"][0] for item in found if len(item["column_names"]) == 1}
