"""The tables of the store, for SQLite and PostgreSQL alike.

What a scan saw is written once per scan and asset and never changed afterwards; the current map is derived from it.
A change here needs a migration beside it: a test compares the two.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, date, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

#: Every schema revision, oldest first. Kept here so that opening a store needs no Alembic.
REVISIONS = ("0001", "0002", "0003")
#: The revision that this version of the tool reads and writes.
HEAD = REVISIONS[-1]

_UNSTORABLE = re.compile("[\\\\\x00\ud800-\udfff]")
_STORED = re.compile(r"\\(\\|0|u[0-9a-f]{4})")


def escape(text: str) -> str:
    """The text with NUL, lone surrogates and the backslash itself written as escapes, which no database refuses."""

    def code(found: re.Match[str]) -> str:
        char = found.group()
        return {"\\": "\\\\", "\x00": "\\0"}.get(char) or f"\\u{ord(char):04x}"

    return _UNSTORABLE.sub(code, text)


def unescape(text: str) -> str:
    """What ``escape`` was given."""

    def char(found: re.Match[str]) -> str:
        code = found.group(1)
        return {"\\": "\\", "0": "\x00"}.get(code) or chr(int(code[1:], 16))

    return _STORED.sub(char, text)


def asset_key(name: str) -> str:
    """A short stand-in for an asset's name in indexes: PostgreSQL's rows end at 2,704 bytes, paths do not."""
    return hashlib.sha256(escape(name).encode()).hexdigest()[:32]


class Verbatim(TypeDecorator[str]):
    """Text that may hold any character: names of hostile files among them."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Escaped, on its way in."""
        return None if value is None else escape(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """As it was, on its way out."""
        return None if value is None else unescape(value)


class Instant(TypeDecorator[datetime]):
    """An aware instant, kept as ISO 8601 in UTC with microseconds, so that text order is time order."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """In UTC, on its way in."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = "an instant needs a time zone"
            raise ValueError(msg)
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        """Aware, in UTC, on its way out."""
        return None if value is None else datetime.fromisoformat(value).astimezone(UTC)


class Day(TypeDecorator[date]):
    """A date, kept as ISO 8601."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> str | None:
        """ISO 8601, on its way in."""
        return None if value is None else value.isoformat()

    def process_result_value(self, value: str | None, dialect: Dialect) -> date | None:
        """A date, on its way out."""
        return None if value is None else date.fromisoformat(value)


#: SQLite numbers rows by itself only in a column that is declared exactly INTEGER.
_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


meta = sa.Table(
    "meta",
    metadata,
    #: ``tool_version``: the version that last migrated the store; ``created_at``.
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

source = sa.Table(
    "source",
    metadata,
    sa.Column("name", Verbatim, primary_key=True),
    sa.Column("kind", Verbatim, nullable=False),
    sa.Column("location", Verbatim, nullable=False),
    sa.Column("owner", Verbatim),
    sa.Column("country", Verbatim),
    #: Named by us and not by the configuration; its name then stands for this location only.
    sa.Column("is_adhoc", sa.Boolean, nullable=False),
)

scan = sa.Table(
    "scan",
    metadata,
    sa.Column("id", _Id, primary_key=True, autoincrement=True),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("seed", sa.BigInteger, nullable=False),
    sa.Column("tool_version", sa.Text, nullable=False),
    #: JSON object of the options of the run.
    sa.Column("options", sa.Text, nullable=False),
    #: Digest of what was to be scanned and how: a later run of the same plan goes on where this one ended.
    sa.Column("plan", sa.Text),
    #: Who runs it, as JSON (host, process, its start), while it runs: tells a scan that goes on from one that died.
    sa.Column("holder", sa.Text),
    #: The last sign of life of the run.
    sa.Column("alive_at", Instant),
    sqlite_autoincrement=True,
)

#: One listing of a source.
source_scan = sa.Table(
    "source_scan",
    metadata,
    sa.Column("scan_id", _Id, sa.ForeignKey("scan.id"), primary_key=True),
    sa.Column("source", Verbatim, sa.ForeignKey("source.name"), primary_key=True),
    sa.Column("asset_count", sa.BigInteger, nullable=False),
    sa.Column("is_complete", sa.Boolean, nullable=False),
    sa.Column("ended_at", Instant, nullable=False),
    #: Whether the connection was encrypted, and whether the account may do everything; null where nobody can say.
    sa.Column("is_encrypted", sa.Boolean),
    sa.Column("is_superuser", sa.Boolean),
)

#: One look at an asset.
asset_scan = sa.Table(
    "asset_scan",
    metadata,
    sa.Column("id", _Id, primary_key=True, autoincrement=True),
    sa.Column("scan_id", _Id, sa.ForeignKey("scan.id"), nullable=False),
    sa.Column("source", Verbatim, sa.ForeignKey("source.name"), nullable=False),
    sa.Column("asset_key", sa.Text, nullable=False),
    sa.Column("asset", Verbatim, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("row_count", sa.BigInteger),
    sa.Column("size_bytes", sa.BigInteger),
    sa.Column("change_marker", Verbatim),
    sa.Column("rows_read", sa.BigInteger, nullable=False),
    sa.Column("bytes_read", sa.BigInteger, nullable=False),
    sa.Column("is_whole", sa.Boolean, nullable=False),
    sa.Column("sampling", sa.Text, nullable=False),
    sa.Column("scanned_at", Instant, nullable=False),
    #: Digest of schema, change marker, settings and detectors: what a look depends on. Null where it cannot be told.
    sa.Column("fingerprint", sa.Text),
    #: Tables that are sampled as this one asset; null for an asset that is one table or file.
    sa.Column("member_count", sa.BigInteger),
    sa.Index(None, "source", "asset_key", "scan_id", unique=True),
    sa.Index(None, "scan_id"),
    sqlite_autoincrement=True,
)

#: An asset that was listed and left unread because it has not changed.
asset_seen = sa.Table(
    "asset_seen",
    metadata,
    sa.Column("source", Verbatim, sa.ForeignKey("source.name"), primary_key=True),
    sa.Column("asset_key", sa.Text, primary_key=True),
    sa.Column("scan_id", _Id, sa.ForeignKey("scan.id"), primary_key=True),
    sa.Column("asset", Verbatim, nullable=False),
    sa.Column("seen_at", Instant, nullable=False),
    sa.Index(None, "scan_id"),
)

#: What one look said about a field. ``state`` is null for a field that is known and was not looked at.
field_scan = sa.Table(
    "field_scan",
    metadata,
    sa.Column("asset_scan_id", _Id, sa.ForeignKey("asset_scan.id", ondelete="CASCADE"), primary_key=True),
    #: Place in the list of fields that the look gave.
    sa.Column("ordinal", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("field", Verbatim, nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("declared_type", Verbatim),
    sa.Column("is_nullable", sa.Boolean, nullable=False),
    sa.Column("is_primary_key", sa.Boolean, nullable=False),
    sa.Column("is_unique", sa.Boolean, nullable=False),
    #: JSON array: source, asset, field.
    sa.Column("refers_to", sa.Text),
    sa.Column("comment", Verbatim),
    sa.Column("state", sa.Text),
    sa.Column("category", sa.Text),
    sa.Column("score", sa.Double),
    sa.Column("prevalence", sa.Double),
    sa.Column("prevalence_low", sa.Double),
    sa.Column("prevalence_high", sa.Double),
    sa.Column("sampled", sa.BigInteger),
    sa.Column("distinct_count", sa.BigInteger),
    sa.Column("subject", Verbatim),
    sa.Column("bound", sa.Double),
    #: JSON arrays of objects, of pairs for the shapes; null without a verdict.
    sa.Column("contains", sa.Text),
    sa.Column("alternates", sa.Text),
    sa.Column("shapes", sa.Text),
    sa.Column("evidence", sa.Text),
    sa.Column("terms", sa.Text),
)

skip = sa.Table(
    "skip",
    metadata,
    sa.Column("id", _Id, primary_key=True, autoincrement=True),
    sa.Column("scan_id", _Id, sa.ForeignKey("scan.id"), nullable=False),
    sa.Column("source", Verbatim, sa.ForeignKey("source.name"), nullable=False),
    #: Empty when the whole source was skipped.
    sa.Column("asset_key", sa.Text, nullable=False),
    sa.Column("asset", Verbatim),
    sa.Column("field", Verbatim),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("code", Verbatim),
    sa.Column("skipped_at", Instant, nullable=False),
    sa.Index(None, "source", "asset_key", "scan_id"),
    sa.Index(None, "scan_id"),
    sqlite_autoincrement=True,
)

#: Append-only; the latest row of a field counts. No foreign key: a decision outlives what it is about.
decision = sa.Table(
    "decision",
    metadata,
    sa.Column("id", _Id, primary_key=True, autoincrement=True),
    sa.Column("source", Verbatim, nullable=False),
    sa.Column("asset", Verbatim, nullable=False),
    sa.Column("field", Verbatim, nullable=False),
    #: Null means "not personal data".
    sa.Column("category", sa.Text),
    sa.Column("author", Verbatim, nullable=False),
    sa.Column("reason", Verbatim, nullable=False),
    sa.Column("decided_at", Instant, nullable=False),
    sa.Column("until_on", Day),
    sa.Column("is_withdrawn", sa.Boolean, nullable=False),
    sa.Index(None, "source"),
    sqlite_autoincrement=True,
)


def _ends() -> list[sa.Column[str]]:
    """The two fields that a join is between."""
    return [
        sa.Column(f"{end}_{part}", Verbatim, nullable=False)
        for end in ("child", "parent")
        for part in ("source", "asset", "field")
    ]


#: How many of one field's values another field has, as one scan measured it; the latest row of a pair counts.
join_measure = sa.Table(
    "join_measure",
    metadata,
    sa.Column("id", _Id, primary_key=True, autoincrement=True),
    sa.Column("scan_id", _Id, sa.ForeignKey("scan.id"), nullable=False),
    *_ends(),
    #: Distinct values of the child that were looked for in the parent, and those found.
    sa.Column("tested", sa.BigInteger, nullable=False),
    sa.Column("found", sa.BigInteger, nullable=False),
    #: ``probe`` or ``sketch``.
    sa.Column("method", sa.Text, nullable=False),
    sa.Column("score", sa.Double, nullable=False),
    #: JSON array of objects: text, weight.
    sa.Column("terms", sa.Text, nullable=False),
    sa.Column("measured_at", Instant, nullable=False),
    sa.Index(None, "scan_id"),
    sqlite_autoincrement=True,
)

#: What people say of a join. Append-only; the latest row of a pair counts.
join_decision = sa.Table(
    "join_decision",
    metadata,
    sa.Column("id", _Id, primary_key=True, autoincrement=True),
    *_ends(),
    #: ``accepted``, ``refused`` or ``withdrawn``.
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("author", Verbatim, nullable=False),
    sa.Column("reason", Verbatim, nullable=False),
    sa.Column("decided_at", Instant, nullable=False),
    sqlite_autoincrement=True,
)

#: Decisions on all fields, or hygiene findings, whose address fits a pattern. Append-only; the latest row of a
#: pattern and subject counts.
suppression = sa.Table(
    "suppression",
    metadata,
    sa.Column("id", _Id, primary_key=True, autoincrement=True),
    #: A glob over ``source:asset#field``.
    sa.Column("pattern", Verbatim, nullable=False),
    #: A category, a branch of categories or a kind of hygiene finding; empty for every category.
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("author", Verbatim, nullable=False),
    sa.Column("reason", Verbatim, nullable=False),
    sa.Column("decided_at", Instant, nullable=False),
    sa.Column("until_on", Day),
    sa.Column("is_withdrawn", sa.Boolean, nullable=False),
    sqlite_autoincrement=True,
)

#: Append-only and hash-chained; see ``data_map.journal``.
journal = sa.Table(
    "journal",
    metadata,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("actor", Verbatim, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("target", Verbatim, nullable=False),
    #: JSON object.
    sa.Column("details", sa.Text, nullable=False),
    sa.Column("previous", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
)

#: Processing activities as people declared them. Append-only; the latest row of a key counts.
activity = sa.Table(
    "activity",
    metadata,
    sa.Column("id", _Id, primary_key=True, autoincrement=True),
    sa.Column("key", sa.Text, nullable=False),
    #: TOML as the author wrote it, comments and all.
    sa.Column("body", Verbatim, nullable=False),
    sa.Column("author", Verbatim, nullable=False),
    sa.Column("recorded_at", Instant, nullable=False),
    sa.Column("is_removed", sa.Boolean, nullable=False),
    sa.Index(None, "key"),
    sqlite_autoincrement=True,
)

#: Requests of data subjects: what never changes. Nothing here or in the events says who they are.
request = sa.Table(
    "request",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("regime", sa.Text, nullable=False),
    sa.Column("right", sa.Text, nullable=False),
    sa.Column("label", Verbatim),
    #: ISO 8601: a day, or an instant with its offset.
    sa.Column("received", sa.Text, nullable=False),
)

#: What happened to a request. Append-only.
request_event = sa.Table(
    "request_event",
    metadata,
    sa.Column("id", _Id, primary_key=True, autoincrement=True),
    sa.Column("request_id", sa.Text, sa.ForeignKey("request.id"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    #: When it took effect; ``recorded_at`` is when it was written down.
    sa.Column("on", Day, nullable=False),
    #: JSON object.
    sa.Column("details", sa.Text, nullable=False),
    sa.Column("actor", Verbatim, nullable=False),
    sa.Column("recorded_at", Instant, nullable=False),
    sa.Index(None, "request_id"),
    sqlite_autoincrement=True,
)

#: The person's identifiers and what belongs to the case alone: AES-GCM, base64.
vault_item = sa.Table(
    "vault_item",
    metadata,
    sa.Column("request_id", sa.Text, sa.ForeignKey("request.id"), primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("sealed", sa.Text, nullable=False),
)
