"""Joins are found by names and by the same values on both sides, and by nothing that is no evidence."""

from __future__ import annotations

import csv
import random
import sqlite3
import uuid
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from data_map.joins import THRESHOLD
from data_map.model import (
    Asset,
    AssetKind,
    Field,
    FieldRef,
    FieldVerdict,
    JoinMeasure,
    MapAsset,
    MapField,
    MapSource,
    Reason,
    Skipped,
    Source,
    State,
)
from scanners.joins import measuring
from scanners.joins.measuring import WHOLE_ROWS, Measured
from scanners.joins.naming import deed_of, field_name, likeness, own_table, people_of, table_words
from scanners.joins.sketches import Hasher, Maker, normal
from scanners.sources.address import locate
from scanners.sources.base import Joinable, Listed, SourceConnector
from scanners.sources.registry import open_source
from scanners.values import Content, Take, UnreadableError
from tests.data_map.conftest import START

KEY = b"k" * 32
Rows = Iterable[Sequence[object]]


def source_at(place: str, name: str = "shop") -> Callable[[], SourceConnector]:
    """Opens what is at a path or URL, as often as it is asked."""
    where = locate(place)
    return lambda: open_source(Source(name, where.kind, where.location), where)


def mapped(open_: Callable[[], SourceConnector], **categories: str) -> MapSource:
    """The map of a source as a scan leaves it, but for the verdicts: a category by the name of the field."""
    connector = open_()
    assets = []
    for listed in connector.list_assets():
        assert isinstance(listed, Listed)
        content = connector.read(listed, Take(1000))
        fields = [
            MapField(column.field, verdict, verdict)
            for column in content.columns
            for verdict in [
                FieldVerdict(
                    column.field.ref,
                    State.CLEAN,
                    categories.get(column.field.ref.field),
                    sampled=column.sampled,
                    distinct=len(column.counts),
                )
            ]
        ]
        assets.append(MapAsset(content.asset, tuple(fields), 1, START, content.rows_read, 0, content.is_whole, "all"))
    connector.close()
    return MapSource(connector.source, tuple(assets))


def measured(*opens: Callable[[], SourceConnector], categories: dict[str, str] | None = None, **more: Any) -> Measured:
    by_name = {(connector := open_()).source.name: open_ for open_ in opens if open_ is not None}
    del connector
    parts = [mapped(open_, **(categories or {})) for open_ in opens]
    return measuring.measure(parts, lambda name: by_name[name](), key=KEY, seed=3, **more)


def pairs(done: Measured, least: float = THRESHOLD) -> set[tuple[str, str]]:
    """The proposals as ``table.field`` and ``table.field``."""
    return {(_short(one.child), _short(one.parent)) for one in done.measures if one.score >= least}


def _short(ref: FieldRef) -> str:
    return f"{ref.asset.removeprefix('main.').removesuffix('.csv')}.{ref.field}"


def the(done: Measured, child: str, parent: str) -> JoinMeasure:
    [found] = [one for one in done.measures if (_short(one.child), _short(one.parent)) == (child, parent)]
    return found


def database(path: Path, **tables: tuple[str, Rows]) -> Callable[[], SourceConnector]:
    """A SQLite file: table=(columns, rows)."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for name, (columns, rows) in tables.items():
            connection.execute(f'CREATE TABLE "{name}" ({columns})')
            rows = [tuple(row) for row in rows]
            if rows:
                connection.executemany(f'INSERT INTO "{name}" VALUES ({", ".join("?" * len(rows[0]))})', rows)
    return source_at(str(path), path.stem)


# Names


@pytest.mark.parametrize(
    ("child", "table", "parent", "of", "least", "most"),
    [
        ("customer_id", "orders", "id", "customers", 1.0, 1.0),
        ("CustomerID", "Orders", "CustomerID", "Customers", 1.0, 1.0),
        ("billing_customer_id", "orders", "id", "customers", 0.85, 0.95),
        ("cust_no", "orders", "number", "customers", 0.9, 1.0),
        ("cust_no", "orders", "id", "customers", 0.5, 0.85),
        ("KD_NR", "AUFTRAG", "KUNDEN_NR", "KUNDE", 0.5, 0.8),
        ("dept_id", "emp", "id", "departments", 0.8, 0.95),
        ("category_id", "product", "id", "product_categories", 0.9, 1.0),
        ("orderkey", "lineitem", "orderkey", "orders", 1.0, 1.0),
        ("kasse_ik", "patient", "ik_nr", "krankenkasse", 0.0, 0.4),
        ("SizeUnitMeasureCode", "Product", "UnitMeasureCode", "UnitMeasure", 0.8, 0.9),
        ("id", "orders", "id", "customers", 0.0, 0.0),
        ("customer_count", "regions", "id", "customers", 0.0, 0.0),
        ("order_date", "invoices", "id", "orders", 0.0, 0.0),
        ("quantity", "lines", "id", "products", 0.0, 0.0),
    ],
)
def test_what_names_say(child: str, table: str, parent: str, of: str, least: float, most: float) -> None:
    said = likeness(field_name(child), table_words(table), field_name(parent), table_words(of), is_key=True)
    assert least <= said.strength <= most, said


def test_names_of_who_did_it_and_of_rows_above() -> None:
    assert deed_of(field_name("created_by"))[:2] == ("user", "employee")
    assert deed_of(field_name("LastEditedBy"))
    assert deed_of(field_name("gestellt_von_nr"))
    assert not deed_of(field_name("created_at"))
    assert not deed_of(field_name("parent_id"))
    assert people_of("T_MITARBEITER") == "employee"
    assert people_of("People") == "person"
    assert people_of("employee_territories") is None
    for name in ("parent_id", "ReportsTo", "reply_to_id", "parent_category_id"):
        assert own_table(field_name(name), ("category",)).strength >= 0.75, name
    assert own_table(field_name("title"), ("category",)).strength == 0


@given(st.text())
def test_any_text_is_a_name(name: str) -> None:
    said = likeness(field_name(name), table_words(name), field_name("id"), ("customer",), is_key=True)
    assert 0 <= said.strength <= 1


# Values


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (7, "007"),
        (7, "7.0"),
        (7.0, " 7 "),
        ("AB 12", "ab  12"),
        ("6F9619FF-8B86-D011-B42D-00C04FC964FF", "{6f9619ff8b86d011b42d00c04fc964ff}"),
        (b"abc", "ABC"),
    ],
)
def test_two_spellings_of_one_key(one: object, other: object) -> None:
    assert normal(one) == normal(other)


@pytest.mark.parametrize(("one", "other"), [("-7", "7"), ("7.5", "75"), ("AB-1", "AB1"), ("70", "7"), ("0x7", "7")])
def test_two_keys_stay_two(one: str, other: str) -> None:
    assert normal(one) != normal(other)


@given(st.lists(st.text(min_size=1)))
def test_a_sketch_shows_no_value(values: list[str]) -> None:
    maker = Maker(Hasher(KEY))
    maker.extend([f"canary{value}" for value in values])
    sketch = maker.made(is_complete=True, is_parent=True)
    assert "canary" not in repr(maker) + repr(sketch)
    assert sketch.distinct == len({normal(f"canary{value}") for value in values})


def test_hashes_depend_on_the_key() -> None:
    assert Hasher(b"a" * 16).of("7") != Hasher(b"b" * 16).of("7")


# Joins within one source

CUSTOMERS = ("id INTEGER PRIMARY KEY, email TEXT, points INTEGER", [(n, f"u{n}@ex.org", n % 40) for n in range(1, 301)])


def orders(rows: int = 800, **more: Callable[[int], object]) -> tuple[str, Rows]:
    """Orders with whole numbers of several meanings."""
    rng = random.Random(1)
    columns = {
        "customer_id": lambda n: rng.randint(1, 300),
        "status": lambda n: rng.randint(1, 6),
        "quantity": lambda n: rng.randint(1, 90),
        "year": lambda n: rng.randint(2019, 2026),
        **more,
    }
    made = [(n, *(value(n) for value in columns.values())) for n in range(1, rows + 1)]
    return f"id INTEGER PRIMARY KEY, {', '.join(columns)}", made


def test_small_numbers_alone_join_nothing(tmp_path: Path) -> None:
    done = measured(database(tmp_path / "a.db", customers=CUSTOMERS, orders=orders()))
    assert pairs(done) == {("orders.customer_id", "customers.id")}
    found = the(done, "orders.customer_id", "customers.id")
    said = [term.text for term in found.terms]
    assert found.tested == found.found > 250
    assert f"{found.found} of {found.tested} values occur in customers.id" in said
    assert "customers.id is unique" in said


def test_values_that_do_not_occur_there_speak_against_it(tmp_path: Path) -> None:
    other = orders(customer_id=lambda n: 10_000 + n)
    done = measured(database(tmp_path / "a.db", customers=CUSTOMERS, orders=other))
    assert pairs(done) == set()


def test_a_few_orphans_and_zeros_for_none_are_forgiven(tmp_path: Path) -> None:
    other = orders(customer_id=lambda n: 0 if n % 9 == 0 else 9_999 if n == 17 else n % 300 + 1)
    done = measured(database(tmp_path / "a.db", customers=CUSTOMERS, orders=other))
    assert pairs(done) == {("orders.customer_id", "customers.id")}
    found = the(done, "orders.customer_id", "customers.id")
    assert (found.tested, found.found) == (301, 300)


def test_roles_people_and_rows_above(tmp_path: Path) -> None:
    rng = random.Random(2)
    staff = ("id INTEGER PRIMARY KEY, name TEXT, reports_to", [(n, f"n{n}", n // 3 or None) for n in range(1, 40)])
    more = orders(
        shipping_customer_id=lambda n: rng.randint(1, 300),
        approved_by=lambda n: rng.randint(1, 39),
        parent_id=lambda n: n // 2 or None,
    )
    done = measured(database(tmp_path / "a.db", customers=CUSTOMERS, orders=more, staff=staff))
    assert pairs(done) == {
        ("orders.customer_id", "customers.id"),
        ("orders.shipping_customer_id", "customers.id"),
        ("orders.approved_by", "staff.id"),
        ("orders.parent_id", "orders.id"),
        ("staff.reports_to", "staff.id"),
    }


def test_keys_that_nobody_names_are_found_by_what_is_in_them(tmp_path: Path) -> None:
    rng = random.Random(3)
    keys = [str(uuid.UUID(int=rng.getrandbits(128))) for _ in range(200)]
    things = ("thing_id TEXT, title TEXT", [(key, f"t{n}") for n, key in enumerate(keys)])
    marks = ("pk INTEGER, who TEXT, how_much INTEGER", [(n, rng.choice(keys).upper(), n % 7) for n in range(500)])
    done = measured(database(tmp_path / "a.db", things=things, marks=marks))
    assert pairs(done) == {("marks.who", "things.thing_id")}
    assert the(done, "marks.who", "things.thing_id").method == "sketch"


def test_one_to_one_and_link_tables(tmp_path: Path) -> None:
    rng = random.Random(4)
    links = sorted({(rng.randint(1, 300), rng.randint(1, 50)) for _ in range(600)})
    done = measured(
        database(
            tmp_path / "a.db",
            customers=CUSTOMERS,
            customer_profiles=("customer_id INTEGER PRIMARY KEY, age", [(n, n % 60) for n in range(1, 300)]),
            groups=("id INTEGER PRIMARY KEY, title TEXT", [(n, f"g{n}") for n in range(1, 51)]),
            customer_groups=("customer_id, group_id, PRIMARY KEY (customer_id, group_id)", links),
        )
    )
    assert pairs(done) == {
        ("customer_profiles.customer_id", "customers.id"),
        ("customer_groups.customer_id", "customers.id"),
        ("customer_groups.group_id", "groups.id"),
    }


@pytest.mark.parametrize("key", [", PRIMARY KEY (order_id, line_no)", ""], ids=["declared", "hidden"])
def test_a_combined_key(tmp_path: Path, key: str) -> None:
    lines = [(order, line) for order in range(1, 801) for line in range(1, 2 + order % 3)]
    chosen = random.Random(5).sample(lines, 500)
    done = measured(
        database(
            tmp_path / "a.db",
            orders=("id INTEGER PRIMARY KEY, note TEXT", [(n, "x") for n in range(1, 801)]),
            order_lines=(f"order_id INTEGER, line_no INTEGER, sku TEXT{key}", [(*line, "s") for line in lines]),
            returns=(
                "id INTEGER PRIMARY KEY, order_id INTEGER, line_no INTEGER",
                [(n, *c) for n, c in enumerate(chosen)],
            ),
        )
    )
    assert pairs(done) == {
        ("order_lines.order_id", "orders.id"),
        ("returns.order_id", "order_lines.order_id"),
        ("returns.line_no", "order_lines.line_no"),
    }


def test_a_declared_key_is_not_measured(tmp_path: Path) -> None:
    done = measured(
        database(
            tmp_path / "a.db",
            customers=CUSTOMERS,
            orders=(
                "id INTEGER PRIMARY KEY, customer_id REFERENCES customers(id)",
                [(n, n % 300 + 1) for n in range(900)],
            ),
        )
    )
    assert done.measures == []


def test_an_empty_table_joins_by_name_and_says_so(tmp_path: Path) -> None:
    empty = ("customer_id INTEGER, tag_no INTEGER", [])
    done = measured(database(tmp_path / "a.db", customers=CUSTOMERS, notes=empty))
    found = the(done, "notes.customer_id", "customers.id")
    assert (found.method, found.tested) == ("name", 0)
    assert THRESHOLD <= found.score < 0.85
    assert any("its name alone speaks" in term.text for term in found.terms)


# Large tables


def test_a_large_table_is_asked_for_the_very_values(tmp_path: Path) -> None:
    # Two samples of such tables would have hardly a value in common.
    rng = random.Random(6)
    keys = rng.sample(range(10**7, 10**8), WHOLE_ROWS + 1000)
    done = measured(
        database(
            tmp_path / "a.db",
            customers=("number INTEGER PRIMARY KEY, name TEXT", ((key, "n") for key in keys)),
            orders=(
                "id INTEGER PRIMARY KEY, customer_no TEXT",
                ((n, f"{rng.choice(keys)}") for n in range(WHOLE_ROWS + 1)),
            ),
            visits=("id INTEGER PRIMARY KEY, customer_no INTEGER", ((n, rng.randrange(10**8)) for n in range(900))),
        )
    )
    found = the(done, "orders.customer_no", "customers.number")
    assert (found.method, found.tested, found.found) == ("probe", 200, 200)
    assert pairs(done) == {("orders.customer_no", "customers.number")}
    assert done.failed_count == 0


def run_sql(url: str, *statements: str) -> None:
    engine = create_engine(make_url(url).set(drivername=make_url(url).drivername))
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(params=["postgresql", "mariadb"])
def server(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_url"))


def test_servers(server: str) -> None:
    is_postgresql = server.startswith("postgresql")
    series = "generate_series(1, {0}) AS s(seq)" if is_postgresql else "seq_1_to_{0} AS s"
    new_id = "md5(seq::text)::uuid" if is_postgresql else "md5(seq)"
    kind = "uuid" if is_postgresql else "char(32)"
    address = make_url(server)
    driver = "postgresql+psycopg" if is_postgresql else "mysql+pymysql"
    run_sql(
        address.set(drivername=driver).render_as_string(hide_password=False),
        f"CREATE TABLE accounts (id {kind} PRIMARY KEY, code varchar(20), n integer)",
        f"INSERT INTO accounts SELECT {new_id}, concat('AC-', seq * 7), seq FROM {series.format(WHOLE_ROWS + 2000)}",
        f"CREATE TABLE sessions (id integer PRIMARY KEY, account_id {kind}, pages integer)",
        f"INSERT INTO sessions SELECT seq, {new_id}, seq % 30 FROM {series.format(3000)}",
        "CREATE TABLE teams (id integer PRIMARY KEY, title varchar(20))",
        f"INSERT INTO teams SELECT seq, concat('t', seq) FROM {series.format(60)}",
        "CREATE TABLE members (id integer PRIMARY KEY, team_id bigint, rank_no integer)",
        f"INSERT INTO members SELECT seq, seq % 60 + 1, seq % 5 FROM {series.format(900)}",
        "ANALYZE" if is_postgresql else "ANALYZE TABLE accounts, sessions, teams, members",
    )
    done = measured(source_at(server))
    found = {(one.child.field, one.parent.field, one.method) for one in done.measures if one.score >= THRESHOLD}
    assert found == {("account_id", "id", "probe"), ("team_id", "id", "sketch")}
    probed = next(one for one in done.measures if one.method == "probe")
    assert (probed.tested, probed.found) == (200, 200)
    assert done.failed_count == 0
    assert done.rows_read["shop"] < 12_000


def test_asking_for_values_of_another_type(server: str) -> None:
    is_postgresql = server.startswith("postgresql")
    driver = "postgresql+psycopg" if is_postgresql else "mysql+pymysql"
    run_sql(
        make_url(server).set(drivername=driver).render_as_string(hide_password=False),
        "CREATE TABLE t (a integer, b varchar(20), c numeric(12,0))",
        "INSERT INTO t VALUES (1, '1', 1), (2, 'x', 2), (3, 'y''z', 3)",
    )
    connector = source_at(server)()
    [listed] = [item for item in connector.list_assets() if isinstance(item, Listed)]
    assert isinstance(connector, Joinable)
    assert connector.count_found(listed, "a", ["1", "2", "x", None, "9" * 40, 2.5]) == 2
    assert connector.count_found(listed, "b", [1, "y'z", "nobody"]) == 2
    assert connector.count_found(listed, "c", ["3", 1]) == 2
    assert connector.count_found(listed, "a", ["x"]) == 0
    with pytest.raises(UnreadableError):
        connector.count_found(listed, "absent", [1])
    with pytest.raises(UnreadableError):
        connector.key_rows(listed, ["absent"], whole=10, sample=5, seed=1)
    rows = connector.key_rows(listed, ["c", "a"], whole=10, sample=5, seed=1)
    assert sorted(map(str, (value for _, value in rows.rows))) == ["1", "2", "3"]
    assert rows.is_whole
    assert "y'z" not in repr(connector.key_rows(listed, ["b"], whole=10, sample=5, seed=1))
    connector.close()


# Files, and across sources


def write(path: Path, header: Sequence[str], rows: Rows) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([header, *rows])


def test_files_have_no_types(tmp_path: Path) -> None:
    rng = random.Random(7)
    write(tmp_path / "customers.csv", ["customer_no", "name"], [(f"{n:06}", f"n{n}") for n in range(1, 400)])
    write(
        tmp_path / "orders.csv",
        ["order_no", "customer_no", "items", "status"],
        [(n, f"{rng.randint(1, 399)}.0", rng.randint(1, 30), rng.choice(("open", "Closed "))) for n in range(1, 900)],
    )
    done = measured(source_at(str(tmp_path), "share"))
    assert pairs(done) == {("orders.customer_no", "customers.customer_no")}


def test_across_sources_by_keyed_hashes_alone(tmp_path: Path) -> None:
    rng = random.Random(8)
    people = [f"Person{n}@Example.org" for n in range(400)]
    crm = database(tmp_path / "crm.db", contacts=("id INTEGER PRIMARY KEY, email TEXT", list(enumerate(people))))
    folder = tmp_path / "share"
    folder.mkdir()
    write(folder / "newsletter.csv", ["email", "sent"], [(one.lower(), rng.randint(0, 9)) for one in people[:250]])
    done = measured(crm, source_at(str(folder), "share"), categories={"email": "contact.email"})
    assert pairs(done) == {("newsletter.email", "contacts.email")}
    found = the(done, "newsletter.email", "contacts.email")
    assert (found.child.source, found.parent.source, found.method) == ("share", "crm", "sketch")
    assert any("different systems" in term.text for term in found.terms)


def test_two_shops_are_not_one(tmp_path: Path) -> None:
    one = database(tmp_path / "one.db", customers=CUSTOMERS, orders=orders())
    two = database(tmp_path / "two.db", customers=CUSTOMERS, orders=orders())
    done = measured(one, two)
    across = [each for each in done.measures if each.child.source != each.parent.source and each.score >= THRESHOLD]
    # The same e-mail addresses are the same people; the same numbers are not.
    assert {(each.child.field, each.parent.field) for each in across} == {("email", "email")}
    assert {("orders.customer_id", "customers.id")} < pairs(done)


def test_the_same_numbers_of_people_in_two_systems(tmp_path: Path) -> None:
    numbers = random.Random(9).sample(range(10**5, 10**6), 300)
    crm = database(
        tmp_path / "crm.db", customers=("customer_no INTEGER PRIMARY KEY, x TEXT", [(n, "x") for n in numbers])
    )
    folder = tmp_path / "share"
    folder.mkdir()
    write(folder / "Kunden.csv", ["Kundennummer", "Land"], [(f"00{n}", "Ghana") for n in numbers[:200]])
    write(folder / "laender.csv", ["Land"], [("Ghana",), ("Peru",), ("Laos",)])
    done = measured(crm, source_at(str(folder), "share"))
    assert ("Kunden.Kundennummer", "customers.customer_no") in pairs(done)
    assert not {pair for pair in pairs(done) if pair[1].startswith("customers.x")}


names = st.text(max_size=30)


@given(st.lists(st.tuples(names, st.lists(names, min_size=1, max_size=4, unique=True)), min_size=1, max_size=5))
def test_any_names_of_tables_and_fields(tables: list[tuple[str, list[str]]]) -> None:
    assets = []
    for place, (name, fields) in enumerate(tables):
        asset = Asset("s", f"{place}/{name}", AssetKind.FILE)
        verdicts = [FieldVerdict(FieldRef("s", asset.name, one), State.CLEAN, sampled=3, distinct=3) for one in fields]
        items = tuple(MapField(Field(verdict.ref), verdict, verdict) for verdict in verdicts)
        assets.append(MapAsset(asset, items, 1, START, 3, 0, is_whole=True, sampling="all"))
    done = measuring.measure([MapSource(Source("s", "files", ""), tuple(assets))], lambda name: None, key=KEY, seed=1)
    assert done.measures == []  # nothing could be opened, and nothing is said of what was not


def test_no_value_comes_out(tmp_path: Path) -> None:
    secrets = [f"CANARY{n:04}" for n in range(300)]
    done = measured(
        database(
            tmp_path / "a.db",
            accounts=("code TEXT PRIMARY KEY, big INTEGER", [(one, 987_654_321 + n) for n, one in enumerate(secrets)]),
            uses=("account_code TEXT, big INTEGER", [(one, 987_654_321 + n) for n, one in enumerate(secrets)]),
        )
    )
    assert ("uses.account_code", "accounts.code") in pairs(done)
    told = repr(done)
    assert "CANARY" not in told
    assert "98765" not in told


# What was not looked at again, and what goes wrong


class Watched:
    """A connector that tells what is read, and fails where it is told to."""

    def __init__(self, inner: SourceConnector, fails: frozenset[str] = frozenset()) -> None:
        self.source = inner.source
        self.read_assets: list[str] = []
        self._inner = inner
        self._fails = fails

    def list_assets(self) -> Iterable[Listed | Skipped]:
        return self._inner.list_assets()

    def read(self, listed: Listed, take: Take) -> Content:
        self.read_assets.append(listed.asset.name)
        if listed.asset.name in self._fails:
            raise UnreadableError(Reason.TIMED_OUT)
        return self._inner.read(listed, take)

    def close(self) -> None:
        self._inner.close()


@pytest.fixture
def three(tmp_path: Path) -> Callable[[], SourceConnector]:
    return database(
        tmp_path / "a.db",
        customers=CUSTOMERS,
        orders=orders(),
        colours=("id INTEGER PRIMARY KEY, title TEXT", [(n, f"c{n}") for n in range(50)]),
        cars=("id INTEGER PRIMARY KEY, colour_id INTEGER", [(n, n % 50) for n in range(300)]),
    )


@pytest.mark.parametrize(
    ("fresh", "read", "found"),
    [
        (set(), [], set()),
        ({"orders"}, ["main.customers", "main.orders"], {("orders.customer_id", "customers.id")}),
        ({"colours"}, ["main.cars", "main.colours"], {("cars.colour_id", "colours.id")}),
    ],
)
def test_only_what_changed_is_measured_again(
    three: Callable[[], SourceConnector], fresh: set[str], read: list[str], found: set[tuple[str, str]]
) -> None:
    watched: list[Watched] = []

    def open_(name: str) -> Any:
        watched.append(Watched(three()))
        return watched[-1]

    done = measuring.measure(
        [mapped(three)], open_, key=KEY, seed=1, is_fresh=lambda source, asset: asset.removeprefix("main.") in fresh
    )
    assert [name for one in watched for name in one.read_assets] == read
    assert pairs(done) == found


def test_a_table_that_cannot_be_read_is_counted_and_stops_nothing(three: Callable[[], SourceConnector]) -> None:
    done = measuring.measure(
        [mapped(three)],
        lambda name: Watched(three(), frozenset({"main.customers"})),  # type: ignore[arg-type,return-value]
        key=KEY,
        seed=1,
    )
    assert done.failed_count == 1
    assert ("cars.colour_id", "colours.id") in pairs(done)
    assert the(done, "orders.customer_id", "customers.id").method == "name"


def test_time_that_is_up_is_told(three: Callable[[], SourceConnector]) -> None:
    done = measured(three, budget_s=-1.0)
    assert done.unfinished == ["a"]
    assert all(one.method == "name" for one in done.measures)


def test_a_source_rests_after_each_table_and_may_end_it(three: Callable[[], SourceConnector]) -> None:
    gone = JoinMeasure(FieldRef("a", "main.cars", "id"), FieldRef("a", "main.orders", "id"), 9, 9, "sketch", 0.7)
    rested: list[tuple[str, int]] = []

    def rest(source: str, rows: int) -> bool:
        rested.append((source, rows))
        return len(rested) < 2

    done = measured(three, rest=rest, known=[gone])
    assert rested == [("a", 300), ("a", 50)]
    assert done.unfinished == ["a"]
    # What was not measured to its end does not take back what was.
    assert not [one for one in done.measures if one.child == gone.child and one.parent == gone.parent]


def test_a_measure_that_no_longer_holds_is_taken_back(three: Callable[[], SourceConnector]) -> None:
    gone = JoinMeasure(FieldRef("a", "main.cars", "id"), FieldRef("a", "main.orders", "id"), 9, 9, "sketch", 0.7)
    elsewhere = JoinMeasure(FieldRef("b", "x", "id"), FieldRef("b", "y", "id"), 9, 9, "sketch", 0.7)
    done = measured(three, known=[gone, elsewhere])
    assert [one.score for one in done.measures if one.child == gone.child and one.parent == gone.parent] == [0.0]
    assert all(one.child.source == "a" for one in done.measures)


def test_the_same_again_comes_out_the_same(three: Callable[[], SourceConnector]) -> None:
    part = mapped(three)
    first, second = (
        measuring.measure([part], lambda name: three(), key=key, seed=1).measures for key in (KEY, b"other" * 8)
    )
    assert first == second
