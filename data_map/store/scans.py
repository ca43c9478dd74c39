"""Scans that are done in pieces: begun or continued, committed unit by unit, and told apart from those that died."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from data_map.errors import NotAllowedError
from data_map.model import AssetScan, Reason, Skipped, SourceScan
from data_map.store import connection as db
from data_map.store import journal
from data_map.store import tables as t
from data_map.store.store import Store, looks_of

#: A scan whose run is on another machine is taken for dead after so long without a sign of life.
SILENT = timedelta(minutes=10)
#: A scan that was begun longer ago is not continued: most of what it saw would be old.
STALE = timedelta(days=14)
#: What may be otherwise when the scan is continued.
_TRIED_AGAIN = frozenset(
    {
        Reason.INTERRUPTED,
        Reason.OUTSIDE_HOURS,
        Reason.CONNECTION_LOST,
        Reason.CONNECTION_FAILED,
        Reason.NO_DISK_SPACE,
        Reason.LOCKED,
    }
)
_LOCK = 0x70726976_0003
#: Values that one statement names at a time: SQLite takes 999 in old versions.
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Begun:
    """A scan that this run works on."""

    id: int
    seed: int
    #: Whether an earlier run began it.
    is_continued: bool
    #: Who holds it, as it was stored.
    holder: str


@dataclass(frozen=True, slots=True)
class Committed:
    """What a scan that is continued has of one source."""

    looks: tuple[AssetScan, ...] = ()
    #: Found unchanged, and not read in this scan.
    unchanged: tuple[str, ...] = ()
    #: Skips that stay as they are.
    skipped: tuple[Skipped, ...] = ()

    @property
    def assets(self) -> frozenset[str]:
        """What need not be looked at again."""
        whole = (skip.asset for skip in self.skipped if skip.asset is not None and skip.field is None)
        return frozenset((*(look.asset.name for look in self.looks), *self.unchanged, *whole))

    @property
    def fingerprints(self) -> dict[str, str | None]:
        """asset → fingerprint of its look in this scan; None where the source cannot say whether it has changed."""
        return {look.asset.name: look.fingerprint for look in self.looks}


class TakenOverError(NotAllowedError):
    """Another run has taken this scan for dead, and goes on with it."""


def begin(
    store: Store,
    plan: str,
    seed: int,
    options: Mapping[str, object],
    holder: str,
    *,
    is_dead: Callable[[str], bool | None],
    is_anew: bool = False,
    sources: Collection[str] = (),
) -> Begun:
    """Go on with the last scan of the same plan when it was left unfinished, else begin one.

    A scan is not continued when a later one has listed one of its ``sources``: of two looks at an asset that of the
    later scan counts, so that what is read now would stand behind what was read then.

    ``is_dead``: whether the run that a holder stands for has ended; None when that cannot be seen from here: then it
    has when it gave no sign of life for ``SILENT``. ``is_anew`` begins one in any case.
    """
    s = t.scan.c
    with db.writing(store.engine, _LOCK) as connection:
        at = store.now()
        last = connection.execute(sa.select(t.scan).where(s.plan == plan).order_by(s.id.desc()).limit(1)).one_or_none()
        values = {"outcome": "running", "holder": holder, "alive_at": at, "ended_at": None}
        if (
            last is not None
            and not is_anew
            and _may_continue(last, at, is_dead)
            and not _is_overtaken(connection, last.id, sources)
        ):
            connection.execute(sa.update(t.scan).where(s.id == last.id).values(values))
            begun = Begun(int(last.id), int(last.seed), True, holder)
        else:
            row = values | {
                "started_at": at,
                "seed": seed,
                "tool_version": store.tool_version,
                "options": json.dumps(dict(options), sort_keys=True, default=str),
                "plan": plan,
            }
            made = connection.execute(sa.insert(t.scan).values(row).returning(s.id)).scalar_one()
            begun = Begun(int(made), seed, False, holder)
        action = "scan.continued" if begun.is_continued else "scan.begun"
        journal.append(connection, at=at, actor=store.actor, action=action, target="map", details={"scan": begun.id})
    return begun


def _may_continue(row: sa.Row[tuple[object, ...]], at: datetime, is_dead: Callable[[str], bool | None]) -> bool:
    if row.outcome == "complete" or at - row.started_at > STALE:
        return False
    if row.outcome == "interrupted" or row.holder is None:
        return True
    dead = is_dead(row.holder)
    return (row.alive_at is None or at - row.alive_at > SILENT) if dead is None else dead


def _is_overtaken(connection: Connection, scan_id: int, sources: Collection[str]) -> bool:
    later = connection.scalars(sa.select(t.source_scan.c.source).where(t.source_scan.c.scan_id > scan_id).distinct())
    return not set(sources).isdisjoint(later)


def try_joins(store: Store, begun: Begun) -> int:
    """Note that the joins of a scan are about to be measured; how often that was tried, this time included."""
    s = t.scan.c
    with db.writing(store.engine) as connection:
        _hold(connection, store, begun)
        options = json.loads(connection.execute(sa.select(s.options).where(s.id == begun.id)).scalar_one())
        options["join_tries"] = int(options.get("join_tries", 0)) + 1
        connection.execute(
            sa.update(t.scan).where(s.id == begun.id).values(options=json.dumps(options, sort_keys=True))
        )
    return int(options["join_tries"])


def before(store: Store, scan_id: int) -> int | None:
    """The scan before this one; None when it is the first."""
    with db.reading(store.engine) as connection:
        found: int | None = connection.scalar(sa.select(sa.func.max(t.scan.c.id)).where(t.scan.c.id < scan_id))
        return found


def stay_alive(store: Store, begun: Begun) -> None:
    """Give a sign of life.

    Raises:
        TakenOverError: another run goes on with the scan.
    """
    with db.writing(store.engine) as connection:
        _hold(connection, store, begun)


def committed(store: Store, scan_id: int, source: str) -> Committed:
    """What a scan has of a source already."""
    with db.reading(store.engine) as connection:
        seen = t.asset_seen.c
        query = sa.select(seen.asset).where(seen.scan_id == scan_id, seen.source == source)
        looks = looks_of(connection, t.asset_scan.c.scan_id == scan_id, t.asset_scan.c.source == source)
        read = {look.scan.asset.name for look in looks}
        rows = connection.execute(sa.select(t.skip).where(t.skip.c.scan_id == scan_id, t.skip.c.source == source))
        skipped = [Skipped(row.source, Reason(row.reason), row.asset, row.field, row.code) for row in rows]
        final = [
            skip
            for skip in skipped
            if skip.asset is not None and (skip.asset in read or skip.reason not in _TRIED_AGAIN)
        ]
        unchanged = tuple(name for name in connection.scalars(query) if name not in read)
        return Committed(tuple(look.scan for look in looks), unchanged, tuple(final))


def begin_source(
    store: Store,
    begun: Begun,
    listed: SourceScan,
    *,
    skipped: Sequence[Skipped] = (),
    unchanged: Iterable[str] = (),
    done: Collection[str] = (),
) -> None:
    """Keep a source's listing at once, so that whatever ends the run, what was not read shows in the coverage.

    ``done``: assets whose rows of an earlier part of this scan stay. All other skips of it are forgotten, but those of
    an asset that was read: they belong to its look, and go when that is replaced.
    """
    source = listed.source.name
    with db.writing(store.engine) as connection:
        _hold(connection, store, begun)
        if begun.is_continued:
            _forget_skips(connection, begun.id, source, {t.asset_key(name) for name in done})
        store.put_skips(connection, begun.id, skipped)
        store.put_seen(connection, begun.id, source, unchanged)
        store.put_source(connection, begun.id, listed)


def skip_source(store: Store, begun: Begun, skipped: Skipped) -> None:
    """Keep why a whole source was not read; it replaces an earlier reason of the same scan."""
    k = t.skip.c
    with db.writing(store.engine) as connection:
        _hold(connection, store, begun)
        connection.execute(
            sa.delete(t.skip).where(k.scan_id == begun.id, k.source == skipped.source, k.asset_key == "")
        )
        store.put_skips(connection, begun.id, (skipped,))


def save_unit(store: Store, begun: Begun, looked: Iterable[tuple[AssetScan | None, Sequence[Skipped]]]) -> None:
    """Keep what became of the assets of one unit, all or nothing. What this scan had of them before is replaced.

    Raises:
        TakenOverError: another run goes on with the scan.
    """
    with db.writing(store.engine) as connection:
        _hold(connection, store, begun)
        again: dict[str, set[str]] = {}
        rows: list[Skipped] = []
        for look, skipped in looked:
            if look is not None:
                store.put_asset(connection, begun.id, look)
            elif skipped and begun.is_continued and skipped[0].asset is not None:
                again.setdefault(skipped[0].source, set()).add(t.asset_key(skipped[0].asset))
            rows.extend(skipped)
        for source, keys in again.items():
            _delete_skips(connection, begun.id, source, keys)
        store.put_skips(connection, begun.id, rows)


def end_source(store: Store, begun: Begun, ended: SourceScan) -> None:
    """Keep how the scan of a source ended."""
    with db.writing(store.engine) as connection:
        _hold(connection, store, begun)
        store.put_source(connection, begun.id, ended)


def last_fingerprints(store: Store, source: str) -> dict[str, str]:
    """asset → fingerprint of its last look, unless a later scan tried to read it and could not."""
    a, k = t.asset_scan.c, t.skip.c
    latest = sa.select(a.asset_key, sa.func.max(a.scan_id).label("scan_id")).where(a.source == source)
    looked = latest.group_by(a.asset_key).subquery("looked")
    failed = sa.select(k.asset_key, sa.func.max(k.scan_id).label("scan_id"))
    failed_at = failed.where(k.source == source, k.field.is_(None)).group_by(k.asset_key).subquery("failed")
    query = (
        sa.select(a.asset, a.fingerprint)
        .join(looked, sa.and_(a.asset_key == looked.c.asset_key, a.scan_id == looked.c.scan_id))
        .outerjoin(failed_at, failed_at.c.asset_key == a.asset_key)
        .where(
            a.source == source,
            a.fingerprint.is_not(None),
            sa.or_(failed_at.c.scan_id.is_(None), failed_at.c.scan_id < a.scan_id),
        )
    )
    with db.reading(store.engine) as connection:
        return {row.asset: row.fingerprint for row in connection.execute(query)}


def _hold(connection: Connection, store: Store, begun: Begun) -> None:
    """Stay the one who works on the scan, for this transaction at least."""
    s = t.scan.c
    mine = sa.update(t.scan).where(s.id == begun.id, s.holder == begun.holder)
    if connection.execute(mine.values(alive_at=store.now())).rowcount == 0:
        msg = f"another run has taken over scan {begun.id}; this one stops, and what it did is kept"
        raise TakenOverError(msg)


def _forget_skips(connection: Connection, scan_id: int, source: str, kept: Collection[str]) -> None:
    a, k = t.asset_scan.c, t.skip.c
    keys = set(connection.scalars(sa.select(k.asset_key).where(k.scan_id == scan_id, k.source == source).distinct()))
    read = set(connection.scalars(sa.select(a.asset_key).where(a.scan_id == scan_id, a.source == source)))
    _delete_skips(connection, scan_id, source, keys - read - set(kept))


def _delete_skips(connection: Connection, scan_id: int, source: str, keys: Collection[str]) -> None:
    k = t.skip.c
    ordered = sorted(keys)
    for start in range(0, len(ordered), _AT_ONCE):
        some = ordered[start : start + _AT_ONCE]
        connection.execute(sa.delete(t.skip).where(k.scan_id == scan_id, k.source == source, k.asset_key.in_(some)))
