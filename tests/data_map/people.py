"""Maps of invented sources with people in them, written down in few words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from data_map import joins as joining
from data_map.model import (
    Asset,
    AssetKind,
    DataMap,
    Field,
    FieldRef,
    FieldVerdict,
    Join,
    JoinState,
    MapAsset,
    MapField,
    MapSource,
    Source,
    State,
)

AT = datetime(2026, 11, 20, tzinfo=UTC)


def ref(text: str) -> FieldRef:
    """``shop:customers#id``, or ``customers#id`` of the source ``shop``."""
    return FieldRef.parse(text if ":" in text else f"shop:{text}")


def column(
    name: str,
    category: str | None = None,
    subject: str | None = None,
    *,
    distinct: int | None = None,
    filled: int | None = None,
    key: bool = False,
    unique: bool = False,
    to: str | None = None,
) -> MapField:
    """A field; ``to`` is what a declared key points at. Its address is filled in by ``table``."""
    state = State.LIKELY if category else State.CLEAN
    place = FieldRef("", "", name)
    verdict = FieldVerdict(
        place, state, category, 0.9, sampled=-1 if filled is None else filled,
        distinct=-1 if distinct is None else distinct, subject=subject,
    )  # fmt: skip
    field = Field(place, "TEXT", is_primary_key=key, is_unique=unique, references=ref(to) if to else None)
    return MapField(field, verdict, verdict)


def table(
    name: str,
    *columns: MapField,
    rows: int | None = 100,
    read: int | None = None,
    source: str = "shop",
    kind: AssetKind = AssetKind.TABLE,
) -> MapAsset:
    """A table of so many rows, all of them read unless it says how many. Where nothing is said of them, the values of
    a field are all there and all different.
    """
    looked = (rows or 0) if read is None else read
    fields = tuple(_placed(item, FieldRef(source, name, item.field.ref.field), looked) for item in columns)
    is_whole = read is None and rows is not None
    asset = Asset(source, name, kind, rows)
    return MapAsset(asset, fields, 1, AT, looked, looked * 50, is_whole, "all" if is_whole else "blocks")


def _placed(item: MapField, place: FieldRef, looked: int) -> MapField:
    told = item.verdict
    filled = looked if told.sampled < 0 else told.sampled
    verdict = FieldVerdict(
        place, told.state, told.category, told.score, sampled=filled,
        distinct=filled if told.distinct < 0 else told.distinct, subject=told.subject,
    )  # fmt: skip
    field = item.field
    field = Field(place, field.declared_type, 0, True, field.is_primary_key, field.is_unique, field.references)
    return MapField(field, verdict, verdict)


def mapped(*assets: MapAsset, joins: Sequence[Join] = ()) -> DataMap:
    """The map with these tables; declared keys are joins, and so are those given."""
    names = dict.fromkeys(asset.asset.source for asset in assets)
    sources = tuple(
        MapSource(
            Source(name, "sqlite", f"/srv/{name}.db"),
            tuple(asset for asset in assets if asset.asset.source == name),
            scanned_at=AT,
        )
        for name in names
    )
    return DataMap(sources, (*joining.assemble(sources), *joins))


def join(child: str, parent: str, state: JoinState = JoinState.PROPOSED, score: float = 0.92) -> Join:
    """A join that no catalog declares."""
    return Join(ref(child), ref(parent), state, score)


def customers(rows: int = 100, name: str = "customers") -> MapAsset:
    """A table whose rows are customers."""
    return table(
        name,
        column("id", key=True),
        column("name", "identity.name", "customer"),
        column("email", "contact.email", "customer"),
        rows=rows,
    )


def employees(rows: int = 10) -> MapAsset:
    """A table whose rows are employees, with who leads whom."""
    return table(
        "employees",
        column("id", "identity.subject_id", "employee", key=True),
        column("first_name", "identity.name", "employee"),
        column("last_name", "identity.name", "employee"),
        column("religion", "special.religion", "employee", distinct=3),
        column("manager_id", "identity.subject_id", None, distinct=2, to="employees#id"),
        rows=rows,
    )


def orders() -> MapAsset:
    """Orders of customers, taken by employees."""
    return table(
        "orders",
        column("id", key=True),
        column("employee_id", "identity.subject_id", None, distinct=8, to="employees#id"),
        column("customer_id", "identity.subject_id", None, distinct=60, to="customers#id"),
        column("ship_address", "contact.address", None),
        rows=500,
    )


def order_lines() -> MapAsset:
    """What was ordered."""
    return table("order_lines", column("order_id", distinct=500, to="orders#id"), column("item"), rows=900)


def shop() -> DataMap:
    """Customers, employees, orders and their lines."""
    return mapped(customers(), employees(), orders(), order_lines())
