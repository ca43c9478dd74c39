"""Databases whose catalog is asked in SQL: one set of habits, into which a dialect puts its own questions."""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from math import ceil
from typing import Any, ClassVar

from sqlalchemy import Connection, Select, TableClause, select, text
from sqlalchemy import types as sql_types
from sqlalchemy.engine import URL, Inspector
from sqlalchemy.exc import NoSuchTableError, SQLAlchemyError

from data_map.model import AssetKind, Reason
from scanners.sources.base import Rights
from scanners.sources.sql.catalog import Catalog, ColumnDefinition, Definition
from scanners.sources.sql.habits import (
    Projection,
    Relation,
    Sampled,
    Statistics,
    head,
    reason_without_driver,
    stream,
    thinned,
)
from scanners.values import UnreadableError

#: Never fewer blocks than this are looked at, so that the rows come from many places.
LEAST_BLOCKS = 20
#: More rows than this many times the wanted ones are not fetched, should the catalog be wrong.
MOST_TIMES = 20


class Nested(sql_types.UserDefinedType[Any]):
    """Lists, structures, maps: fetched as JSON where the dialect can."""


class Other(sql_types.UserDefinedType[Any]):
    """Any type that is fetched as text."""


class Opaque(sql_types.UserDefinedType[Any]):
    """A type that the dialect can give no text of; it is asked for as it is."""


class Dictionary:
    """The definitions of a schema's tables and views, from rows that a catalog gave."""

    def __init__(
        self,
        columns: Iterable[Sequence[Any]],
        keys: Iterable[Sequence[Any]],
        references: Iterable[Sequence[Any]],
        type_of: Callable[[str], Any],
    ) -> None:
        """From rows.

        Of columns: (table, column, type, is nullable, comment). Of keys: (table, key, is primary, column), each key's
        columns in their order. Of references: (table, column, and the schema, table and column that it points at).
        """
        self._columns: dict[str, list[ColumnDefinition]] = defaultdict(list)
        self._keys: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        self._primary: dict[str, str] = {}
        self._references: dict[str, dict[str, tuple[str | None, str, str]]] = defaultdict(dict)
        for name, column, declared, nullable, comment in columns:
            shown = _shown_type(str(declared))
            self._columns[name].append(
                ColumnDefinition(column, type_of(str(declared)), shown, bool(nullable), comment or None)
            )
        for name, key, is_primary, column in keys:
            self._keys[name][key].append(column)
            if is_primary:
                self._primary[name] = key
        for name, column, *target in references:
            self._references[name][column] = (target[0], target[1], target[2])

    def definition(self, name: str) -> Definition:
        """One table's or view's."""
        if name not in self._columns:
            raise NoSuchTableError
        keys = dict(self._keys[name])
        primary = keys.pop(self._primary.get(name, ""), [])
        return Definition(
            tuple(self._columns[name]), tuple(primary), tuple(map(tuple, keys.values())), self._references[name]
        )


def words(listed: str) -> frozenset[str]:
    """Words with blanks between them."""
    return frozenset(listed.split())


class AskedHabits:
    """What the dialects of this kind share. Each gives its questions, its types, and its ways to open and to sample.

    A question has the parameter ``:schema``. Questions about keys, references and statistics may be refused: the
    listing goes on without their answers.
    """

    kind: ClassVar[str]
    #: Schemas, without the system's own.
    schemas_question: ClassVar[str]
    #: (name, value of ``AssetKind``).
    names_question: ClassVar[str]
    #: As ``Dictionary`` takes them; None where the dialect has no such thing.
    columns_question: ClassVar[str]
    keys_question: ClassVar[str | None] = None
    references_question: ClassVar[str | None] = None
    #: (table, rows, bytes, change marker).
    statistics_question: ClassVar[str | None] = None
    #: First words of declared types, in lower case.
    numbers: ClassVar[frozenset[str]] = frozenset()
    texts: ClassVar[frozenset[str]] = frozenset()
    binaries: ClassVar[frozenset[str]] = frozenset()
    opaque: ClassVar[frozenset[str]] = frozenset()
    #: The driver's or the server's code → reason.
    reasons: ClassVar[Mapping[str, Reason]] = {}
    #: Whether the codes are SQLSTATEs, of which a class of two or three characters may stand in ``reasons``.
    has_sqlstates: ClassVar[bool] = False
    #: Bytes of what the dialect samples by; 0 where it does not sample by blocks.
    block_bytes: ClassVar[int] = 0

    def schemas(self, inspector: Inspector, url: URL) -> list[str | None]:
        """Every schema but the system's own."""
        return [str(row[0]) for row in inspector.bind.execute(text(self.schemas_question))]  # type: ignore[union-attr]

    def names(self, connection: Connection, inspector: Inspector, schema: str | None, kind: AssetKind) -> list[str]:
        """By the catalog's own word for what each is."""
        rows = self.ask(connection, self.names_question, schema)
        return [str(name) for name, found in rows if str(found).strip() == kind.value]

    def catalog(
        self, connection: Connection, inspector: Inspector, schema: str | None, kind: AssetKind, names: list[str] | None
    ) -> Catalog:
        """From three questions about the whole schema."""
        return Dictionary(
            self.ask(connection, self.columns_question, schema),
            self._ask_if_allowed(connection, self.keys_question, schema),
            self._ask_if_allowed(connection, self.references_question, schema),
            self.type_of,
        )

    def statistics(self, connection: Connection, schema: str | None) -> dict[str, Statistics]:
        """Rows, bytes and the last change as the catalog knows them."""
        found = {}
        for name, rows, size, changed in self._ask_if_allowed(connection, self.statistics_question, schema):
            size_bytes = int(size) if size is not None else None
            blocks = ceil(size_bytes / self.block_bytes) if size_bytes and self.block_bytes else None
            marker = str(changed) if changed is not None else None
            found[str(name)] = Statistics(int(rows) if rows is not None else None, size_bytes, blocks, marker)
        return found

    def ask(self, connection: Connection, question: str, schema: str | None) -> Sequence[Sequence[Any]]:
        """The answer to one question about a schema."""
        return connection.execute(text(question), {"schema": schema} if ":schema" in question else {}).all()

    def _ask_if_allowed(
        self, connection: Connection, question: str | None, schema: str | None
    ) -> Sequence[Sequence[Any]]:
        if question is None:
            return []
        try:
            return self.ask(connection, question, schema)
        except SQLAlchemyError:  # welcome, not needed
            return []

    def type_of(self, declared: str) -> Any:
        """How a column of this declared type is fetched."""
        words = declared.lower()
        first = re.split("[(<]", words)[0].strip()
        if words.endswith("]") or first in ("struct", "map", "list", "array", "tuple", "record", "object", "variant"):
            return Nested()
        for kind, names in (
            (sql_types.Numeric, self.numbers),
            (sql_types.String, self.texts),
            (sql_types.LargeBinary, self.binaries),
            (Opaque, self.opaque),
        ):
            if first in names:
                return kind()
        return Other()

    def all_rows(self, connection: Connection, statement: Select[Any], batch_rows: int) -> Sampled:
        """As the driver gives them, a batch at a time."""
        return Sampled(stream(connection, statement, batch_rows), "all")

    def start_clock(self) -> None:
        """The server has a time-out of its own."""

    def rights(self, connection: Connection) -> Rights:
        """Nothing is known."""
        return Rights(None, None)

    def reason(self, error: BaseException) -> tuple[Reason, str | None]:
        """By the code that ``code`` finds."""
        own = reason_without_driver(error) if isinstance(error, SQLAlchemyError) else None
        if own is not None:
            return own
        code = self.code(getattr(error, "orig", None) or error)
        if code is not None:
            starts = (code, code[:3], code[:2]) if self.has_sqlstates else (code,)
            known = next((self.reasons[start] for start in starts if start in self.reasons), None)
            if known is not None:
                return known, code
        if getattr(error, "connection_invalidated", False):
            return Reason.CONNECTION_LOST, code
        return Reason.QUERY_FAILED, code

    def code(self, error: BaseException) -> str | None:
        """The code in a driver's error; nothing else of it is used."""
        return None

    def is_stale(self) -> bool:
        """The server sees to it that a statement reads one state of the database."""
        return False

    def close(self) -> None:
        """Nothing was made beside the engine."""


def driver(module: str, extra: str) -> Any:
    """A driver that is installed only when it is asked for.

    Raises:
        UnreadableError: it is not; the code is what ``pip install`` takes.
    """
    try:
        return import_module(module)
    except ImportError:
        raise UnreadableError(Reason.MISSING_EXTRA, f"privacy-inventory[{extra}]") from None


def silence(*names: str) -> None:
    """Keep what drivers log from the terminal: their messages may hold values."""
    for name in names:
        logger = logging.getLogger(name)
        logger.addHandler(logging.NullHandler())
        logger.propagate = False


def by_blocks(
    connection: Connection,
    relation: Relation,
    table: TableClause,
    project: Projection,
    rows: int,
    seed: int,
    clause: Callable[[float], str],
    rows_a_block: float = 100.0,
) -> Sampled:
    """Rows from random blocks, thinned; more blocks when the first were too empty, the head where none are known.

    ``clause`` writes what stands behind the table's name, from a percentage of its blocks. ``rows_a_block`` is taken
    where the catalog has no number of rows.
    """
    blocks = relation.statistics.block_count or 0
    if not blocks:
        return head(connection, table, project, rows)
    known = relation.statistics.row_count
    here = max(known / blocks, 1.0) if known else rows_a_block
    percent = min(100.0, 100 * max(ceil(1.2 * rows / here), LEAST_BLOCKS) / blocks)
    while True:
        chosen = select(*project(table)).select_from(table).suffix_with(text(clause(percent))).subquery("chosen")
        statement = select(*chosen.c).limit(MOST_TIMES * rows)
        sample, seen = thinned(stream(connection, statement, rows), rows, seed)
        if seen >= rows // 2 or percent >= 100:
            return Sampled(iter(sample), "blocks")
        percent = min(100.0, percent * 8)


def _shown_type(declared: str) -> str:
    """Labels of enumerations are content and are left out."""
    shown = declared.upper()
    if "ENUM" in shown or "'" in shown:
        shown = shown.split("(")[0]
    return shown[:60].strip() or "unknown"
