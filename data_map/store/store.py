"""The store of the inventory: the only module that writes it.

What a scan saw is added, never changed; decisions are added, never changed; the map is derived from both by
``data_map.build``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from types import TracebackType
from typing import Any, Literal, Self

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine

from data_map import build
from data_map.errors import NotAllowedError, UnavailableError, UsageError
from data_map.journal import Entry
from data_map.model import (
    Alternate,
    Asset,
    AssetKind,
    AssetScan,
    Connected,
    Contained,
    DataMap,
    Decision,
    EvidenceKind,
    Field,
    FieldRef,
    FieldVerdict,
    Finding,
    Reason,
    Scan,
    Skipped,
    Source,
    SourceScan,
    State,
    Term,
)
from data_map.store import connection as db
from data_map.store import joins, journal, suppressions
from data_map.store import tables as t
from data_map.store.connection import StoreAbsentError
from data_map.taxonomy import category

__all__ = ["Store", "StoreAbsentError"]

#: A source's name is part of indexes and of every reference.
SOURCE_NAME_CHARS = 200


class Store:
    """The inventory in a SQLite file or a PostgreSQL database. Several processes may use it at once."""

    def __init__(self, engine: Engine, *, now: Callable[[], datetime], tool_version: str, actor: str) -> None:
        """Use ``open``."""
        self._engine = engine
        self._now = now
        self._tool_version = tool_version
        self._actor = actor

    @classmethod
    def open(
        cls, url: str, *, now: Callable[[], datetime], tool_version: str, create: bool, actor: str = "unknown"
    ) -> Store:
        """The store at a URL; ``create`` makes an absent one and migrates an older one.

        ``actor`` stands in the journal beside everything that is written.

        Raises:
            ConfigurationError: the URL is not one of a store.
            StoreAbsentError: there is none, and ``create`` is off.
            UnavailableError: it cannot be reached, is damaged, is no store, is newer than the tool, or is older and
                ``create`` is off.
        """
        address = db.parse(url)
        path = db.sqlite_path(address)
        if create:
            db.make_file(address)
        elif path is not None and not path.exists():
            raise StoreAbsentError(_absent(address))
        engine = db.make_engine(address)
        try:
            with db.reading(engine) as connection:
                found = db.check(connection)
            if create:
                db.use_wal(engine)
            if create and found != t.HEAD:
                with db.writing(engine, db.MIGRATION_LOCK) as connection:
                    # Another process may have done it in the meantime.
                    if db.check(connection) != t.HEAD:
                        db.upgrade(connection, t.HEAD, now=now(), tool_version=tool_version)
            elif found is None:
                raise StoreAbsentError(_absent(address))
            elif found != t.HEAD:
                msg = f"the store {db.place(address)} is of an older version; run `privacy init` to migrate it"
                raise UnavailableError(msg)
        except BaseException:
            engine.dispose()
            raise
        return cls(engine, now=now, tool_version=tool_version, actor=actor)

    @classmethod
    def exists(cls, url: str) -> bool:
        """Whether there is a store, of whatever version.

        Raises:
            UnavailableError: it cannot be reached, is damaged, or is no store.
        """
        address = db.parse(url)
        path = db.sqlite_path(address)
        if path is not None and not path.exists():
            return False
        engine = db.make_engine(address)
        try:
            with db.reading(engine) as connection:
                return db.revision(connection) is not None
        finally:
            engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    @property
    def engine(self) -> Engine:
        """For the backup, and for what scans measure."""
        return self._engine

    @property
    def tool_version(self) -> str:
        """The version of the tool that uses the store."""
        return self._tool_version

    @property
    def actor(self) -> str:
        """Who uses the store, as claimed."""
        return self._actor

    def now(self) -> datetime:
        """The clock that the store was opened with."""
        return self._now()

    # Writing: the journal, and what other packages keep here

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the store and changes nothing."""
        with db.reading(self._engine) as connection:
            yield connection

    @contextmanager
    def writing(
        self, action: str, target: str | Callable[[], str], details: Mapping[str, object] | None = None
    ) -> Iterator[Connection]:
        """A transaction whose work is told in the journal: both come to stand, or neither.

        ``details`` may be filled while the work goes on; it is read at the end, and so is a ``target`` that the work
        itself makes.
        """
        told = {} if details is None else details
        with db.writing(self._engine) as connection:
            yield connection
            name = target if isinstance(target, str) else target()
            journal.append(connection, at=self._now(), actor=self._actor, action=action, target=name, details=told)

    def journal(self) -> list[Entry]:
        """The whole journal, in order."""
        with db.reading(self._engine) as connection:
            return journal.entries(connection)

    # Writing: scans

    def begin_scan(self, seed: int, options: Mapping[str, object]) -> int:
        """Note that a scan has begun; its id, higher than every earlier one."""
        row = {
            "started_at": self._now(),
            "outcome": "running",
            "seed": seed,
            "tool_version": self._tool_version,
            "options": json.dumps(dict(options), sort_keys=True, default=str),
        }
        details: dict[str, object] = {}
        with self.writing("scan.begun", "map", details) as connection:
            scan_id = int(connection.execute(sa.insert(t.scan).values(row).returning(t.scan.c.id)).scalar_one())
            details["scan"] = scan_id
        return scan_id

    def end_scan(self, scan_id: int, outcome: Literal["complete", "interrupted"]) -> None:
        """Note how a scan ended."""
        with self.writing("scan.ended", "map", {"scan": scan_id, "outcome": outcome}) as connection:
            connection.execute(
                sa.update(t.scan).where(t.scan.c.id == scan_id).values(ended_at=self._now(), outcome=outcome)
            )

    def save_asset(self, scan_id: int, look: AssetScan, skipped: Iterable[Skipped] = ()) -> None:
        """Keep a look at an asset, with what could not be read in it, in one transaction.

        A second look in the same scan replaces the first.
        """
        with db.writing(self._engine) as connection:
            self.put_asset(connection, scan_id, look)
            self.put_skips(connection, scan_id, skipped)

    def put_asset(self, connection: Connection, scan_id: int, look: AssetScan) -> None:
        """``save_asset`` within a transaction of the caller's; what this scan skipped of the asset is forgotten."""
        fields = _field_rows(look)
        asset = look.asset
        key = t.asset_key(asset.name)
        a, k = t.asset_scan.c, t.skip.c
        for old in (
            sa.delete(t.asset_scan).where(a.scan_id == scan_id, a.source == asset.source, a.asset_key == key),
            sa.delete(t.skip).where(k.scan_id == scan_id, k.source == asset.source, k.asset_key == key),
        ):
            connection.execute(old)
        row = {
            "scan_id": scan_id,
            "source": asset.source,
            "asset_key": key,
            "asset": asset.name,
            "kind": asset.kind.value,
            "row_count": asset.row_count,
            "size_bytes": asset.size_bytes,
            "change_marker": asset.change_marker,
            "rows_read": look.rows_read,
            "bytes_read": look.bytes_read,
            "is_whole": look.is_whole,
            "sampling": look.sampling,
            "fingerprint": look.fingerprint,
            "member_count": asset.member_count,
            "scanned_at": self._now(),
        }
        asset_scan_id = connection.execute(sa.insert(t.asset_scan).values(row).returning(a.id)).scalar_one()
        if fields:
            connection.execute(sa.insert(t.field_scan), [{"asset_scan_id": asset_scan_id, **row} for row in fields])

    def save_seen(self, scan_id: int, source: str, assets: Iterable[str]) -> None:
        """Note that assets were in the listing and were left unread because they had not changed since their last look.

        Without this a complete listing would count them as gone.
        """
        with db.writing(self._engine) as connection:
            self.put_seen(connection, scan_id, source, assets)

    def put_seen(self, connection: Connection, scan_id: int, source: str, assets: Iterable[str]) -> None:
        """``save_seen`` within a transaction of the caller's."""
        seen_at = self._now()
        s = t.asset_seen.c
        known = set(connection.scalars(sa.select(s.asset_key).where(s.scan_id == scan_id, s.source == source)))
        rows = {
            key: {"scan_id": scan_id, "source": source, "asset_key": key, "asset": name, "seen_at": seen_at}
            for name in assets
            if (key := t.asset_key(name)) not in known
        }
        if rows:
            connection.execute(sa.insert(t.asset_seen), list(rows.values()))

    def save_skip(self, scan_id: int, skipped: Skipped) -> None:
        """Keep that something could not be read."""
        with db.writing(self._engine) as connection:
            self.put_skips(connection, scan_id, (skipped,))

    def end_source(self, scan_id: int, ended: SourceScan) -> None:
        """Keep how the scan of one source ended; a second call in the same scan replaces the first."""
        with db.writing(self._engine) as connection:
            self.put_source(connection, scan_id, ended)

    def put_source(self, connection: Connection, scan_id: int, ended: SourceScan) -> None:
        """``end_source`` within a transaction of the caller's."""
        s = t.source_scan.c
        connection.execute(sa.delete(t.source_scan).where(s.scan_id == scan_id, s.source == ended.source.name))
        connection.execute(
            sa.insert(t.source_scan).values(
                scan_id=scan_id,
                source=ended.source.name,
                asset_count=ended.asset_count,
                is_complete=ended.is_complete,
                is_encrypted=ended.connected.is_encrypted,
                is_superuser=ended.connected.is_superuser,
                ended_at=self._now(),
            )
        )

    def put_skips(self, connection: Connection, scan_id: int, skipped: Iterable[Skipped]) -> None:
        """Keep what could not be read, within a transaction of the caller's."""
        rows = [
            {
                "scan_id": scan_id,
                "source": skip.source,
                "asset_key": "" if skip.asset is None else t.asset_key(skip.asset),
                "asset": skip.asset,
                "field": skip.field,
                "reason": skip.reason.value,
                "code": skip.code,
                "skipped_at": self._now(),
            }
            for skip in skipped
        ]
        if rows:
            connection.execute(sa.insert(t.skip), rows)

    # Writing: sources

    def source_name_for(self, preferred: str, location: str) -> str:
        """The name that ``add_source`` would give at this moment: a preview, nothing is reserved."""
        with db.reading(self._engine) as connection:
            return _free_name(connection, preferred, location)

    def add_source(self, source: Source) -> Source:
        """Keep a source that was named by us, not by the configuration; it comes back with the name to use.

        That is the name the location already has, else the given name, else ``name-2``, ``name-3``, …: two locations
        never share one, not even when two processes add them at once.
        """
        with db.writing(self._engine, db.NAMES_LOCK) as connection:
            name = _free_name(connection, source.name, source.location)
            row = connection.execute(sa.select(t.source).where(t.source.c.name == name)).one_or_none()
            if row is not None:
                return _source(row)
            named = Source(name, source.kind, source.location, source.owner, source.country)
            _put_source(connection, named, is_adhoc=True)
            return named

    def save_source(self, source: Source) -> None:
        """Keep a source of the configuration; one of the same name is updated, its scans and decisions stay.

        Raises:
            UsageError: the name is empty or too long.
            NotAllowedError: the name already stands for another location that was scanned without configuration.
        """
        with db.writing(self._engine, db.NAMES_LOCK) as connection:
            row = connection.execute(sa.select(t.source).where(t.source.c.name == source.name)).one_or_none()
            if row is not None and row.is_adhoc and row.location != source.location:
                msg = (
                    f"the inventory already has a source {source.name!r}, scanned from {row.location!r}; "
                    "give the configured source another name"
                )
                raise NotAllowedError(msg)
            _put_source(connection, source, is_adhoc=False)

    # Writing: decisions

    def decide(self, decision: Decision) -> None:
        """Keep a person's verdict; it replaces an earlier one on the same field, which stays in the table.

        Raises:
            UsageError: there is no such category.
        """
        if decision.category is not None:
            category(decision.category)
        self._add_decision(decision, is_withdrawn=False)

    def withdraw(self, ref: FieldRef, author: str, reason: str, at: datetime) -> None:
        """Take back the verdict on a field, so that the machine's counts again.

        Raises:
            NotAllowedError: there is none.
        """
        d = t.decision.c
        query = (
            sa.select(d.is_withdrawn)
            .where(d.source == ref.source, d.asset == ref.asset, d.field == ref.field)
            .order_by(d.id.desc())
            .limit(1)
        )
        with self.writing("map.withdrawn", str(ref)) as connection:
            if connection.scalar(query) is not False:
                msg = f"there is no decision on {ref} to withdraw"
                raise NotAllowedError(msg)
            _insert_decision(connection, Decision(ref, None, author, reason, at), is_withdrawn=True)

    def _add_decision(self, decision: Decision, *, is_withdrawn: bool) -> None:
        details = {"category": decision.category, "until_on": decision.until_on}
        with self.writing("map.decided", str(decision.ref), details) as connection:
            _insert_decision(connection, decision, is_withdrawn=is_withdrawn)

    # Reading

    def sources(self) -> list[Source]:
        """Every source that was ever kept, by name."""
        with db.reading(self._engine) as connection:
            return sorted(map(_source, connection.execute(sa.select(t.source))), key=lambda source: source.name)

    def scans(self) -> list[Scan]:
        """Every scan, oldest first, with the sources that it touched."""
        with db.reading(self._engine) as connection:
            touched: dict[int, set[str]] = {}
            for table in (t.source_scan, t.asset_scan, t.asset_seen, t.skip):
                for row in connection.execute(sa.select(table.c.scan_id, table.c.source).distinct()):
                    touched.setdefault(row.scan_id, set()).add(row.source)
            return [
                Scan(
                    id=row.id,
                    started_at=row.started_at,
                    ended_at=row.ended_at,
                    outcome=row.outcome,
                    seed=row.seed,
                    tool_version=row.tool_version,
                    sources=tuple(sorted(touched.get(row.id, ()))),
                )
                for row in connection.execute(sa.select(t.scan).order_by(t.scan.c.id))
            ]

    def decisions(self) -> list[Decision]:
        """The latest decision on each field that was not withdrawn, expired ones among them, by field."""
        with db.reading(self._engine) as connection:
            return _decisions(connection)

    def load(self, scan_id: int | None = None, *, today: date) -> DataMap:
        """The current map, or the map as it was after a scan.

        The decisions are those of now in both cases, so that two maps differ only in what the scans saw. A past map
        leaves out sources that no scan had touched yet.

        Raises:
            UsageError: there is no scan of that id.
        """
        with db.reading(self._engine) as connection:
            if scan_id is not None and connection.scalar(sa.select(t.scan.c.id).where(t.scan.c.id == scan_id)) is None:
                msg = f"there is no scan {scan_id}"
                raise UsageError(msg)
            return load(connection, scan_id, today)


def load(connection: Connection, scan_id: int | None, today: date) -> DataMap:
    """The map that a connection sees."""
    listings = [
        build.Listing(
            row.scan_id,
            row.ended_at,
            row.source,
            row.asset_count,
            row.is_complete,
            Connected(row.is_encrypted, row.is_superuser),
        )
        for row in connection.execute(_until(sa.select(t.source_scan), t.source_scan, scan_id))
    ]
    looks = _looks(connection, scan_id)
    skips = [
        build.SkipLook(
            row.scan_id,
            row.skipped_at,
            Skipped(row.source, Reason(row.reason), row.asset, row.field, row.code),
        )
        for row in connection.execute(_latest(t.skip, scan_id))
    ]
    seen = [
        build.Seen(row.scan_id, row.seen_at, row.source, row.asset)
        for row in connection.execute(_latest(t.asset_seen, scan_id))
    ]
    sources: Iterable[Source] = map(_source, connection.execute(sa.select(t.source)))
    if scan_id is not None:
        touched = {
            *(listing.source for listing in listings),
            *(look.scan.asset.source for look in looks),
            *(skip.skipped.source for skip in skips),
            *(sight.source for sight in seen),
        }
        sources = [source for source in sources if source.name in touched]
    return build.assemble(
        sources,
        looks=looks,
        skips=skips,
        seen=seen,
        listings=listings,
        decisions=_decisions(connection),
        suppressions=suppressions.read(connection),
        measures=joins.measures(connection, scan_id),
        join_decisions=joins.decisions(connection),
        today=today,
    )


def _absent(address: URL) -> str:
    return f"there is no store at {db.place(address)}; `privacy scan` or `privacy init` makes one"


def _until(query: sa.Select[Any], table: sa.Table, scan_id: int | None) -> sa.Select[Any]:
    return query if scan_id is None else query.where(table.c.scan_id <= scan_id)


def _latest_scans(table: sa.Table, scan_id: int | None) -> sa.Subquery:
    """The last scan that has a row for each asset."""
    query = sa.select(table.c.source, table.c.asset_key, sa.func.max(table.c.scan_id).label("scan_id"))
    return _until(query, table, scan_id).group_by(table.c.source, table.c.asset_key).subquery("latest")


def _latest(table: sa.Table, scan_id: int | None) -> sa.Select[Any]:
    """The rows of a table that belong to the last scan of their asset."""
    latest = _latest_scans(table, scan_id)
    return sa.select(table).join(latest, _same_look(table, latest))


def _same_look(table: sa.Table, latest: sa.Subquery) -> sa.ColumnElement[bool]:
    return sa.and_(
        table.c.source == latest.c.source,
        table.c.asset_key == latest.c.asset_key,
        table.c.scan_id == latest.c.scan_id,
    )


def _looks(connection: Connection, scan_id: int | None) -> list[build.Look]:
    latest = _latest_scans(t.asset_scan, scan_id)
    return looks_of(connection, origin=sa.join(t.asset_scan, latest, _same_look(t.asset_scan, latest)))


def looks_of(
    connection: Connection, *wanted: sa.ColumnElement[bool], origin: sa.FromClause = t.asset_scan
) -> list[build.Look]:
    """The looks at assets that conditions on ``asset_scan`` pick, or what it is joined with in ``origin``."""
    rows = connection.execute(sa.select(t.asset_scan).select_from(origin).where(*wanted)).all()
    place = {row.id: (row.source, row.asset) for row in rows}
    fields: dict[int, list[Field]] = {row.id: [] for row in rows}
    verdicts: dict[int, list[FieldVerdict]] = {row.id: [] for row in rows}
    query = (
        sa.select(t.field_scan)
        .select_from(sa.join(origin, t.field_scan, t.field_scan.c.asset_scan_id == t.asset_scan.c.id))
        .where(*wanted)
        .order_by(t.field_scan.c.asset_scan_id, t.field_scan.c.ordinal)
    )
    for row in connection.execute(query):
        source, asset = place[row.asset_scan_id]
        ref = FieldRef(source, asset, row.field)
        fields[row.asset_scan_id].append(_field(row, ref))
        if row.state is not None:
            verdicts[row.asset_scan_id].append(_verdict(row, ref))
    return [
        build.Look(
            scan_id=row.scan_id,
            scanned_at=row.scanned_at,
            scan=AssetScan(
                asset=Asset(
                    source=row.source,
                    name=row.asset,
                    kind=AssetKind(row.kind),
                    row_count=row.row_count,
                    size_bytes=row.size_bytes,
                    change_marker=row.change_marker,
                    member_count=row.member_count,
                ),
                fields=tuple(fields[row.id]),
                verdicts=tuple(verdicts[row.id]),
                rows_read=row.rows_read,
                bytes_read=row.bytes_read,
                is_whole=row.is_whole,
                sampling=row.sampling,
                fingerprint=row.fingerprint,
            ),
        )
        for row in rows
    ]


def _decisions(connection: Connection) -> list[Decision]:
    latest: dict[FieldRef, Decision] = {}
    for row in connection.execute(sa.select(t.decision).order_by(t.decision.c.id)):
        ref = FieldRef(row.source, row.asset, row.field)
        if row.is_withdrawn:
            latest.pop(ref, None)
        else:
            latest[ref] = Decision(ref, row.category, row.author, row.reason, row.decided_at, row.until_on)
    return [latest[ref] for ref in sorted(latest)]


def _insert_decision(connection: Connection, decision: Decision, *, is_withdrawn: bool) -> None:
    connection.execute(
        sa.insert(t.decision).values(
            source=decision.ref.source,
            asset=decision.ref.asset,
            field=decision.ref.field,
            category=decision.category,
            author=decision.author,
            reason=decision.reason,
            decided_at=decision.decided_at,
            until_on=decision.until_on,
            is_withdrawn=is_withdrawn,
        )
    )


def _source(row: sa.Row[Any]) -> Source:
    return Source(row.name, row.kind, row.location, row.owner, row.country)


def _put_source(connection: Connection, source: Source, *, is_adhoc: bool) -> None:
    if not 0 < len(source.name) <= SOURCE_NAME_CHARS:
        msg = f"a source's name has 1 to {SOURCE_NAME_CHARS} characters"
        raise UsageError(msg)
    row = {
        "kind": source.kind,
        "location": source.location,
        "owner": source.owner,
        "country": source.country,
        "is_adhoc": is_adhoc,
    }
    updated = connection.execute(sa.update(t.source).where(t.source.c.name == source.name).values(row))
    if updated.rowcount == 0:
        connection.execute(sa.insert(t.source).values(name=source.name, **row))


def _free_name(connection: Connection, preferred: str, location: str) -> str:
    rows = connection.execute(sa.select(t.source.c.name, t.source.c.location)).all()
    own = sorted(row.name for row in rows if row.location == location)
    if own:
        return preferred if preferred in own else str(own[0])
    taken = {row.name for row in rows}
    name, number = preferred, 2
    while name in taken:
        name, number = f"{preferred}-{number}", number + 1
    return name


def _field_rows(look: AssetScan) -> list[dict[str, object]]:
    verdicts = {verdict.ref: verdict for verdict in look.verdicts}
    refs = [field.ref for field in look.fields]
    if len(verdicts) < len(look.verdicts) or len(set(refs)) < len(refs) or not verdicts.keys() <= set(refs):
        msg = f"the fields and verdicts of {look.asset.source}:{look.asset.name} do not fit together"
        raise ValueError(msg)
    rows = []
    for ordinal, field in enumerate(look.fields):
        verdict = verdicts.get(field.ref)
        target = field.references
        row: dict[str, object] = {
            "ordinal": ordinal,
            "field": field.ref.field,
            "position": field.position,
            "declared_type": field.declared_type,
            "is_nullable": field.is_nullable,
            "is_primary_key": field.is_primary_key,
            "is_unique": field.is_unique,
            "refers_to": None if target is None else json.dumps([target.source, target.asset, target.field]),
            "comment": field.comment,
        }
        rows.append(row | _verdict_row(verdict))
    return rows


def _verdict_row(verdict: FieldVerdict | None) -> dict[str, object]:
    if verdict is None:
        # Each row of one INSERT names the same columns.
        return dict.fromkeys(_VERDICT_COLUMNS)
    return {
        "state": verdict.state.value,
        "category": verdict.category,
        "score": verdict.score,
        "prevalence": verdict.prevalence,
        "prevalence_low": verdict.prevalence_low,
        "prevalence_high": verdict.prevalence_high,
        "sampled": verdict.sampled,
        "distinct_count": verdict.distinct,
        "subject": verdict.subject,
        "bound": verdict.bound,
        "contains": json.dumps(
            [{"category": c.category, "count": c.count, "distinct": c.distinct} for c in verdict.contains]
        ),
        "alternates": json.dumps([{"category": a.category, "score": a.score} for a in verdict.alternates]),
        "shapes": json.dumps(verdict.shapes),
        "evidence": json.dumps(
            [
                {
                    "category": finding.category,
                    "detector": finding.detector,
                    "kind": finding.kind.value,
                    "sampled": finding.sampled,
                    "distinct": finding.distinct,
                    "matched": finding.matched,
                    "score": finding.score,
                }
                for finding in verdict.evidence
            ]
        ),
        "terms": json.dumps([{"text": term.text, "weight": term.weight} for term in verdict.terms]),
    }


_VERDICT_COLUMNS = tuple(
    column.name
    for column in t.field_scan.c
    if column.name in _verdict_row(FieldVerdict(FieldRef("", "", ""), State.CLEAN))
)


def _field(row: sa.Row[Any], ref: FieldRef) -> Field:
    return Field(
        ref=ref,
        declared_type=row.declared_type,
        position=row.position,
        is_nullable=row.is_nullable,
        is_primary_key=row.is_primary_key,
        is_unique=row.is_unique,
        references=None if row.refers_to is None else FieldRef(*json.loads(row.refers_to)),
        comment=row.comment,
    )


def _verdict(row: sa.Row[Any], ref: FieldRef) -> FieldVerdict:
    return FieldVerdict(
        ref=ref,
        state=State(row.state),
        category=row.category,
        score=row.score,
        prevalence=row.prevalence,
        prevalence_low=row.prevalence_low,
        prevalence_high=row.prevalence_high,
        sampled=row.sampled,
        distinct=row.distinct_count,
        subject=row.subject,
        contains=tuple(Contained(**item) for item in json.loads(row.contains)),
        alternates=tuple(Alternate(**item) for item in json.loads(row.alternates)),
        shapes=tuple((shape, count) for shape, count in json.loads(row.shapes)),
        evidence=tuple(
            Finding(ref=ref, **(item | {"kind": EvidenceKind(item["kind"])})) for item in json.loads(row.evidence)
        ),
        terms=tuple(Term(**item) for item in json.loads(row.terms)),
        bound=row.bound,
    )
