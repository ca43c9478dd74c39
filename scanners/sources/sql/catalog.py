"""What a database's catalog says about its tables, as SQLAlchemy's reflection reads it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import types as sql_types
from sqlalchemy.engine import Inspector
from sqlalchemy.engine.reflection import ObjectKind, ObjectScope
from sqlalchemy.exc import SAWarning, SQLAlchemyError

from data_map.model import AssetKind


@dataclass(frozen=True, slots=True)
class ColumnDefinition:
    """A column as it was declared."""

    name: str
    #: A SQLAlchemy type: how the column is fetched depends on it.
    sql_type: Any
    #: The type as the database writes it, without labels of enumerations.
    declared_type: str
    is_nullable: bool = True
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    """A table or view as it was declared."""

    columns: tuple[ColumnDefinition, ...]
    primary_key: tuple[str, ...] = ()
    unique_keys: tuple[tuple[str, ...], ...] = ()
    #: column → schema, table and column that a foreign key points at.
    references: Mapping[str, tuple[str | None, str, str]] = field(default_factory=dict)
    #: Other indexes along which rows can be chosen, best first, where the dialect samples so.
    indexes: tuple[tuple[str, ...], ...] = ()


class Catalog(Protocol):
    """The definitions of a schema."""

    def definition(self, name: str) -> Definition:
        """One table's or view's.

        Raises:
            SQLAlchemyError: the database cannot say.
        """
        ...


_KINDS = {
    AssetKind.TABLE: ObjectKind.TABLE,
    AssetKind.VIEW: ObjectKind.VIEW,
    AssetKind.MATERIALIZED_VIEW: ObjectKind.MATERIALIZED_VIEW,
}


class Reflection:
    """By SQLAlchemy's reflection, of all tables at once and once only."""

    def __init__(self, inspector: Inspector, schema: str | None, kind: AssetKind, names: list[str] | None) -> None:
        """``names``: the only tables that will be asked for; None for all."""
        self._inspector = inspector
        self._schema = schema
        options: dict[str, Any] = {"schema": schema, "kind": _KINDS[kind], "scope": ObjectScope.ANY}
        options["filter_names"] = names
        self._columns = self._all(inspector.get_multi_columns, options)
        self._keys = self._all(inspector.get_multi_pk_constraint, options)
        self._foreign = self._all(inspector.get_multi_foreign_keys, options)
        self._unique = self._all(inspector.get_multi_unique_constraints, options)

    def definition(self, name: str) -> Definition:
        """One table's or view's."""
        inspector = self._inspector
        key = self._one(self._keys, inspector.get_pk_constraint, name) or {}
        return Definition(
            columns=tuple(map(self._column, self._one(self._columns, inspector.get_columns, name))),
            primary_key=tuple(key.get("constrained_columns") or ()),
            unique_keys=tuple(
                tuple(each["column_names"])
                for each in self._one(self._unique, inspector.get_unique_constraints, name) or ()
            ),
            references=self._references(self._one(self._foreign, inspector.get_foreign_keys, name) or ()),
        )

    def _all(self, fetch: Callable[..., Any], options: dict[str, Any]) -> dict[str, Any]:
        try:
            with _quiet():
                return {name: value for (_, name), value in fetch(**options).items()}
        except SQLAlchemyError:  # one broken table spoils the whole answer: then they are asked one by one
            return {}

    def _one(self, known: dict[str, Any], fetch: Callable[..., Any], name: str) -> Any:
        if name in known:
            return known[name]
        with _quiet():
            return fetch(name, schema=self._schema)

    def _column(self, details: Any) -> ColumnDefinition:
        return ColumnDefinition(
            details["name"],
            details["type"],
            self._type_name(details["type"]),
            bool(details.get("nullable", True)),
            details.get("comment") or None,
        )

    def _references(self, keys: Any) -> dict[str, tuple[str | None, str, str]]:
        # PostgreSQL's reflection leaves out the schema that the session would find without being told.
        is_postgresql = self._inspector.dialect.name == "postgresql"
        unsaid = self._inspector.default_schema_name if is_postgresql else self._schema
        return {
            own: (key.get("referred_schema") or unsaid, key["referred_table"], other)
            for key in keys
            for own, other in zip(key["constrained_columns"], key["referred_columns"], strict=False)
        }

    def _type_name(self, sql_type: Any) -> str:
        if isinstance(sql_type, sql_types.Enum):
            return "ENUM"
        if isinstance(sql_type, sql_types.NullType):
            return "unknown"
        try:
            text = str(sql_type.compile(dialect=self._inspector.dialect))
        except SQLAlchemyError:
            text = type(sql_type).__name__.upper()
        return text.split(" COLLATE ")[0][:60]


@contextmanager
def _quiet() -> Iterator[None]:
    """Types that SQLAlchemy does not know are read as text: no warning is needed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)
        yield
