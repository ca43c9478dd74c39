"""Short ways to write down what a scan saw."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime

from data_map.model import (
    Alternate,
    Asset,
    AssetKind,
    AssetScan,
    Contained,
    DataMap,
    Decision,
    EvidenceKind,
    Field,
    FieldRef,
    FieldVerdict,
    Finding,
    Skipped,
    Source,
    SourceScan,
    State,
    Term,
)
from data_map.store.store import Store

TODAY = date(2026, 11, 24)
CRM = Source("crm", "sqlite", "/srv/crm.db", owner="Sales", country="DE")


def verdict(ref: FieldRef, category: str | None = None, state: State | None = None) -> FieldVerdict:
    """What the machine says: likely when there is a category, else clean."""
    return FieldVerdict(ref, state or (State.LIKELY if category else State.CLEAN), category)


def look(asset: str, *, source: str = "crm", **fields: str | None) -> AssetScan:
    """A whole table with fields of these categories."""
    refs = {FieldRef(source, asset, name): category for name, category in fields.items()}
    return AssetScan(
        asset=Asset(source, asset, AssetKind.TABLE, row_count=10, size_bytes=100, change_marker="m1"),
        fields=tuple(Field(ref, "TEXT", position) for position, ref in enumerate(refs)),
        verdicts=tuple(verdict(ref, category) for ref, category in refs.items()),
        rows_read=10,
        bytes_read=100,
        is_whole=True,
        sampling="all",
    )


def full_look(source: str, asset: str, field: str) -> AssetScan:
    """A look with something in every attribute."""
    ref = FieldRef(source, asset, field)
    other = FieldRef(source, asset, field + "2")
    return AssetScan(
        asset=Asset(source, asset, AssetKind.FILE, 10, 2**40, "2026-01-01T00:00:00/17"),
        fields=(
            Field(ref, "VARCHAR(40)", 1, False, True, True, FieldRef("other", "a:b", "c#d"), "a comment \\ \x00"),
            Field(other, None, 0),
            Field(FieldRef(source, asset, field + "3"), "BYTEA", 2),
        ),
        verdicts=(
            FieldVerdict(
                ref,
                State.CONFIRMED,
                "contact.email",
                0.99,
                0.1 + 0.2,
                0.25,
                0.35,
                1000,
                987,
                "customer",
                (Contained("contact.phone", 3, 2),),
                (Alternate("identity.username", 0.25),),
                (("aaaa\\aa@aaa.aa", 412), ("a", 3)),
                (
                    Finding(ref, "contact.email", "presidio:EMAIL_ADDRESS", EvidenceKind.VALUE, 1000, 987, 978, 0.9),
                    Finding(ref, "contact.email", "name:email", EvidenceKind.NAME, 0, 0, 0, 0.5),
                ),
                (Term("the name says so", 1.5), Term("prior", -3.25)),
                None,
            ),
            FieldVerdict(other, State.UNDECIDED, None, 0.25, bound=0.003),
        ),
        rows_read=5,
        bytes_read=2**33,
        is_whole=False,
        sampling="head",
    )


def decision(ref: FieldRef, category: str | None, until_on: date | None = None) -> Decision:
    return Decision(ref, category, "anna", "I asked the owner", datetime(2026, 11, 1, 8, 30, tzinfo=UTC), until_on)


def scan(
    store: Store,
    *looks: AssetScan,
    source: Source = CRM,
    skipped: Iterable[Skipped] = (),
    seen: Iterable[str] = (),
    is_complete: bool = True,
) -> int:
    """Run a whole scan of one source."""
    skips = list(skipped)
    store.save_source(source)
    scan_id = store.begin_scan(7, {"full": True})
    for one in looks:
        store.save_asset(scan_id, one)
    for skip in skips:
        store.save_skip(scan_id, skip)
    names = list(seen)
    store.save_seen(scan_id, source.name, names)
    assets = {one.asset.name for one in looks} | {skip.asset for skip in skips if skip.asset} | set(names)
    store.end_source(scan_id, SourceScan(source, len(assets), is_complete))
    store.end_scan(scan_id, "complete")
    return scan_id


def assets_of(data_map: DataMap, source: str = "crm") -> list[str]:
    return [asset.asset.name for part in data_map.sources if part.source.name == source for asset in part.assets]


def skips_of(data_map: DataMap, source: str = "crm") -> list[tuple[str | None, str | None, str]]:
    return [
        (skip.asset, skip.field, skip.reason.value)
        for part in data_map.sources
        if part.source.name == source
        for skip in part.skipped
    ]
