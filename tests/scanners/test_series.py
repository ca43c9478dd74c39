"""Tables and files of like names are one asset on request, and nothing of them is lost by that."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_map.model import Asset, AssetKind, AssetScan, Field, FieldRef, Reason, Skipped, Source
from scanners.detect.engine import Engine
from scanners.detect.ner import NameReader
from scanners.series import Grouping, Series, chosen, grouped, pattern_of, read
from scanners.sources.base import Checkable, Joinable, Listed
from scanners.sources.files import FileSource
from scanners.sources.sql.connector import SqlSource
from scanners.values import Take, UnreadableError
from tests.conftest import Cli
from tests.scanners import databases
from tests.scanners.databases import opened, run, values

T, F = AssetKind.TABLE, AssetKind.FILE


def listed(name: str, columns: str = "id INTEGER, email TEXT", kind: AssetKind = T, **more: object) -> Listed:
    """A table as a connector lists it: ``columns`` are names and types."""
    fields = tuple(
        Field(FieldRef("s", name, column.split()[0]), column.split()[1], position)
        for position, column in enumerate(columns.split(", ") if columns else [])
    )
    return Listed(Asset("s", name, kind, **more), fields)  # type: ignore[arg-type]


def names(items: list[Listed]) -> list[str]:
    return [item.asset.name for item in items]


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("main.events_2024_01", "main.events_*"),
        ("main.log_20240131", "main.log_*"),
        ("main.sales_p1", "main.sales_p*"),
        ("main.t_0", "main.t_*"),
        ("main.Kunden_2019", "main.Kunden_*"),
        ("main.sales_2024_q1", "main.sales_*"),
        ("main.events_jan_2024", "main.events_*"),
        ("public.measurement_y2006m02", "public.measurement_y*"),
        ("public.s3_events_2024_01", "public.s3_events_*"),
        ("public.events_2024_01_p3", "public.events_*_p*"),
        ("tenant_1.users", "tenant_*.users"),
        ("tenant_1.events_2024_01", "tenant_1.events_*"),
        ("main.orders_v2_2024", "main.orders_v2_*"),
        ("main.orders_v2", None),
        ("main.may_users", None),
        ("main.users", None),
        ("main.users_٣", None),
    ],
)
def test_the_part_of_a_table_s_name_that_changes(name: str, pattern: str | None) -> None:
    assert pattern_of(name, T) == pattern


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("export-2024-01.csv", "export-*.csv"),
        ("a/2024/01/31/part-0001.parquet", "a/*/*/*/part-*.parquet"),
        ("clients7/export-2024-01.csv", "clients7/export-*.csv"),
        ("client_7/export.csv", "client_*/export.csv"),
        ("year=2024/month=1/x-0.csv.gz", "year=*/month=*/x-*.csv.gz"),
        ("app.log.1", "app.log.*"),
        ("app.log.2.gz", "app.log.*.gz"),
        ("e-2024-01-01T10-00-00.csv", "e-*.csv"),
        ("export.csv", None),
        ("letter_1.docx", None),
        ("note_1.txt", None),
        ("7.pdf", None),
    ],
)
def test_the_part_of_a_file_s_name_that_changes(name: str, pattern: str | None) -> None:
    assert pattern_of(name, F) == pattern


@given(st.text(max_size=40), st.sampled_from([T, F]))
def test_any_name_has_a_pattern_or_none(name: str, kind: AssetKind) -> None:
    pattern = pattern_of(name, kind)
    assert pattern is None or ("*" in pattern and pattern != name)


def test_a_name_of_very_many_digits() -> None:
    many = [listed(f"main.t_{digit * 6_000}") for digit in "123"]
    assert names(grouped(many)) == ["main.t_*"]


def test_a_series_stands_where_its_first_member_was() -> None:
    items = [
        listed("main.aaa"),
        *(listed(f"main.t_{n}", row_count=n, size_bytes=10, change_marker=f"m{n}") for n in (0, 1, 10, 2)),
        listed("main.zzz"),
    ]
    found = grouped(items)
    assert names(found) == ["main.aaa", "main.t_*", "main.zzz"]
    asset = found[1].asset
    assert (asset.member_count, asset.row_count, asset.size_bytes, asset.kind) == (4, 13, 40, T)
    assert isinstance(found[1].handle, Series)
    assert names(list(found[1].handle.members)) == ["main.t_0", "main.t_1", "main.t_2", "main.t_10"]
    assert [field.ref for field in found[1].fields] == [
        FieldRef("s", "main.t_*", "id"),
        FieldRef("s", "main.t_*", "email"),
    ]
    assert pickle.loads(pickle.dumps(found[1])) == found[1]


def test_two_are_no_series_and_nothing_else_is_touched() -> None:
    items = [listed("main.t_1"), listed("main.t_2"), listed("main.u")]
    assert grouped(items) == items


def test_other_columns_other_asset() -> None:
    items = [
        *(listed(f"main.t_{n}") for n in range(3)),
        listed("main.t_3", "sku TEXT, price REAL"),
        *(listed(f"main.t_{n}", "a TEXT, b REAL") for n in range(4, 7)),
    ]
    assert names(grouped(items)) == ["main.t_*", "main.t_3", "main.t_*~2"]


def test_other_types_other_asset_but_lengths_do_not_count() -> None:
    same = [listed(f"main.t_{n}", f"a VARCHAR({n}), b INT") for n in range(1, 4)]
    other = [*same[:2], listed("main.t_3", "a INT, b INT")]
    assert names(grouped(same)) == ["main.t_*"]
    assert names(grouped(other)) == ["main.t_1", "main.t_2", "main.t_3"]


def test_a_column_that_came_later_is_a_field_of_the_series() -> None:
    old = "a INT, b INT, c INT, d INT"
    items = [*(listed(f"main.t_{n}", old) for n in range(3)), listed("main.t_3", old + ", email TEXT")]
    (series,) = grouped(items)
    assert [field.ref.field for field in series.fields] == ["a", "b", "c", "d", "email"]
    assert [field.position for field in series.fields] == [0, 1, 2, 3, 4]


def test_tables_and_views_are_not_mixed() -> None:
    items = [listed("main.t_1"), listed("main.t_2", kind=AssetKind.VIEW), listed("main.t_3")]
    assert grouped(items) == items


def test_a_name_that_is_taken() -> None:
    items = [listed("main.t_*", "x INT"), *(listed(f"main.t_{n}") for n in range(3))]
    assert names(grouped(items)) == ["main.t_*", "main.t_*~2"]


def test_what_is_not_known_of_one_member_is_not_known_of_the_series() -> None:
    items = [
        listed("main.t_1", row_count=1, size_bytes=1, change_marker="a"),
        listed("main.t_2", row_count=2),
        listed("main.t_3", row_count=None, size_bytes=1, change_marker="a"),
    ]
    (series,) = grouped(items)
    assert (series.asset.row_count, series.asset.size_bytes, series.asset.change_marker) == (None, None, None)


def test_the_change_marker_is_that_of_all_members() -> None:
    def marker(*markers: str) -> str | None:
        items = [listed(f"main.t_{n}", change_marker=each) for n, each in enumerate(markers)]
        return grouped(items)[0].asset.change_marker

    assert marker("a", "b", "c") == marker("a", "b", "c") is not None
    assert len({marker("a", "b", "c"), marker("a", "b", "d"), marker("a", "b", "c", "d"), marker("b", "a", "c")}) == 4


def test_keys_that_point_at_a_member_point_at_the_series() -> None:
    target = FieldRef("s", "main.t_2", "id")
    pointing = Listed(
        Asset("s", "main.notes", T), (Field(FieldRef("s", "main.notes", "t_id"), "INT", references=target),)
    )
    _, notes = grouped([*(listed(f"main.t_{n}") for n in range(3)), pointing])
    assert notes.fields[0].references == FieldRef("s", "main.t_*", "id")


def test_members_that_each_point_at_their_neighbour_point_at_the_same_series() -> None:
    items = [listed(f"tenant_{n}.users") for n in range(3)]
    for number in range(3):
        name = f"tenant_{number}.orders"
        target = FieldRef("s", f"tenant_{number}.users", "id")
        items.append(Listed(Asset("s", name, T), (Field(FieldRef("s", name, "user_id"), "INT", references=target),)))
    users, orders = grouped(items)
    assert orders.fields[0].references == FieldRef("s", users.asset.name, "id")


def test_two_thousand_tables_are_grouped_at_once() -> None:
    import time

    wide = ", ".join(f"c{n} TEXT" for n in range(30))
    items = [listed(f"main.t_{n}", wide) for n in range(1_000)]
    items += [
        listed(f"main.u_{n}", ", ".join(f"{chr(97 + n % 26)}{n}_{m} TEXT" for m in range(30))) for n in range(1_000)
    ]
    started = time.process_time()
    assert len(grouped(items)) == 1_001
    assert time.process_time() - started < 10


# Reading


DIALECTS = ["sqlite", "postgresql", "mariadb"]


@pytest.fixture
def url_of(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], str]:
    def find(dialect: str) -> str:
        if dialect == "sqlite":
            return f"sqlite:///{tmp_path / 'd.db'}"
        url: str = request.getfixturevalue(f"{dialect}_url")
        return url

    return find


def months(url: str, count: int = 20, rows: int = 300) -> None:
    """Tables ``events_2024_01`` …, whose numbers say which month they are from: month × 1000 + row."""
    for month in range(1, count + 1):
        databases.fill(
            url,
            f"events_{2024 + (month - 1) // 12}_{(month - 1) % 12 + 1:02d}",
            "id int PRIMARY KEY, email varchar(60)",
            [(month * 1_000 + row, f"p{month}.{row}@example.org") for row in range(rows)],
        )


def series_of(source: SqlSource | FileSource) -> Listed:
    (found,) = grouped([item for item in source.list_assets() if isinstance(item, Listed)])
    return found


def members_in(content_values: list[str]) -> set[int]:
    return {int(value) // 1_000 for value in content_values}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_some_members_are_read_within_the_rows_of_one_asset(dialect: str, url_of: Callable[[str], str]) -> None:
    url = url_of(dialect)
    months(url)
    with opened(url) as source:
        series = series_of(source)
        content = read(source, series, Take(1_000, seed=1))
        again = read(source, series, Take(1_000, seed=1))
        other = read(source, series, Take(1_000, seed=2))

    assert series.asset.name.endswith(".events_*")
    assert content.asset == series.asset
    assert 900 <= content.rows_read <= 1_000
    found = members_in(values(content)["id"])
    assert {1, 20} < found
    assert len(found) == 10
    assert values(again) == values(content)
    assert members_in(values(other)["id"]) != found
    assert (content.is_whole, content.sampling) == (False, "members")
    assert {column.field.ref for column in content.columns} == {
        FieldRef("db", series.asset.name, "id"),
        FieldRef("db", series.asset.name, "email"),
    }


def test_a_small_series_is_read_whole(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'd.db'}"
    months(url, count=4, rows=20)
    with opened(url) as source:
        content = read(source, series_of(source), Take(1_000))
    assert (content.is_whole, content.sampling, content.rows_read, content.asset.row_count) == (True, "all", 80, 80)


def test_all_rows_of_all_members(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'd.db'}"
    months(url, count=14)
    with opened(url) as source:
        content = read(source, series_of(source), Take(None))
    assert (content.is_whole, content.rows_read, content.asset.row_count) == (True, 14 * 300, 14 * 300)


def test_many_tiny_members(tmp_path: Path) -> None:
    """Ten of them hold too few rows to say much: more are read."""
    url = f"sqlite:///{tmp_path / 'd.db'}"
    for number in range(60):
        databases.fill(url, f"t_{number}", "id int", [(number * 1_000 + row,) for row in range(20)])
    with opened(url) as source:
        content = read(source, series_of(source), Take(1_000))
    assert content.rows_read == 500
    assert not content.is_whole


def test_only_the_wanted_fields(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'd.db'}"
    months(url, count=3)
    with opened(url) as source:
        content = read(source, series_of(source), Take(100, fields=frozenset({"email"})))
    assert list(values(content)) == ["email"]


def test_a_column_of_few_members_is_read(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'd.db'}"
    columns = "a int, b int, c int, d int"
    for number in range(40):
        more = ", phone text" if number == 17 else ""
        row = (number, 1, 2, 3, *(["+49 30 1234567"] if more else []))
        databases.fill(url, f"t_{number}", columns + more, [row] * 200)
    with opened(url) as source:
        for seed in range(5):
            content = read(source, series_of(source), Take(1_000, seed=seed))
            assert values(content)["phone"] == ["+49 30 1234567"]


@pytest.mark.parametrize("dialect", ["postgresql", "mariadb"])
def test_a_member_that_is_gone_is_skipped_by_its_own_name(dialect: str, url_of: Callable[[str], str]) -> None:
    url = url_of(dialect)
    months(url, count=5)
    with opened(url) as source:
        series = series_of(source)
        run(url, "DROP TABLE events_2024_01")
        content = read(source, series, Take(1_000))
        for month in range(2, 6):
            run(url, f"DROP TABLE events_2024_{month:02d}")
        with pytest.raises(UnreadableError) as failed:
            read(source, series, Take(1_000))

    (skip,) = content.skipped
    assert (skip.reason, skip.asset) == (Reason.NOT_FOUND, series.asset.name.replace("*", "2024_01"))
    assert members_in(values(content)["id"]) == {2, 3, 4, 5}
    assert not content.is_whole
    assert failed.value.reason is Reason.NOT_FOUND


def test_a_column_that_one_member_keeps_to_itself(postgresql_url: str, postgresql_server: object) -> None:
    months(postgresql_url, count=3)
    run(
        postgresql_url,
        "CREATE ROLE sampler LOGIN",
        "GRANT SELECT ON events_2024_01, events_2024_02 TO sampler",
        "GRANT SELECT (id) ON events_2024_03 TO sampler",
    )
    try:
        with opened(postgresql_url.replace("postgres@", "sampler@")) as source:
            one = read(source, series_of(source), Take(1_000))
            run(
                postgresql_url,
                *(f"REVOKE SELECT ON events_2024_0{n} FROM sampler" for n in (1, 2)),
                *(f"GRANT SELECT (id) ON events_2024_0{n} TO sampler" for n in (1, 2)),
            )
            all_ = read(source, series_of(source), Take(1_000))
    finally:
        run(postgresql_url, "DROP OWNED BY sampler", "DROP ROLE sampler")
    assert one.skipped == [Skipped("db", Reason.NO_PERMISSION, "public.events_2024_03", "email", "42501")]
    assert len(values(one)["email"]) == 600
    assert all_.skipped == [Skipped("db", Reason.NO_PERMISSION, "public.events_*", "email", "42501")]


def test_globs_choose_members_before_they_are_a_series() -> None:
    (series,) = grouped([listed(f"main.t_2024_{n:02d}") for n in range(1, 13)])

    def left(include: tuple[str, ...] = (), exclude: tuple[str, ...] = ()) -> list[str]:
        return [f"{item.asset.name} {item.asset.member_count}" for item in chosen(series, include, exclude)]

    assert left() == ["main.t_* 12"]
    assert left(include=("main.t_*",)) == ["main.t_* 12"]
    assert left(include=("main.t_2024_0*",)) == ["main.t_* 9"]
    assert left(exclude=("main.t_2024_01",)) == ["main.t_* 11"]
    assert left(include=("main.t_2024_1[12]",)) == ["main.t_2024_11 None", "main.t_2024_12 None"]
    assert left(exclude=("main.*",)) == []
    assert left(include=("main.u",)) == []
    assert chosen(listed("main.u"), ("main.u",), ()) == [listed("main.u")]


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_a_connector_that_groups_can_do_what_it_could(dialect: str, url_of: Callable[[str], str]) -> None:
    url = url_of(dialect)
    months(url, count=4)
    databases.fill(url, "pages", "id int PRIMARY KEY, path text", [(n, f"/{n}") for n in range(9)])
    with opened(url) as inner:
        source = Grouping(inner)
        assert isinstance(source, Checkable)
        assert isinstance(source, Joinable)
        assert source.rights() == inner.rights()
        series, pages = [item for item in source.list_assets() if isinstance(item, Listed)]
        assert (series.asset.member_count, pages.asset.name.split(".")[1]) == (4, "pages")
        assert source.read(series, Take(100)).rows_read == 100
        rows = source.key_rows(series, ["id"], whole=10_000, sample=100, seed=1)
        assert (len(rows.rows), rows.is_whole) == (1_200, True)
        some = source.key_rows(series, ["id"], whole=100, sample=100, seed=1)
        assert not some.is_whole
        assert 40 <= len(some.rows) <= 200
        assert source.count_found(pages, "id", [1, 2, 99]) == 2
        with pytest.raises(UnreadableError):
            source.count_found(series, "id", [1])
        source.close()


def test_a_connector_that_groups_can_do_no_more_than_it_could(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id\n1\n")
    source = Grouping(FileSource(Source("s", "files", str(tmp_path)), str(tmp_path)))
    assert not isinstance(source, Checkable)
    assert not isinstance(source, Joinable)


def test_a_listing_that_breaks_off_is_grouped_as_far_as_it_came(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for name in ("a/t_1.csv", "a/t_2.csv", "a/t_3.csv"):
        (tmp_path / name).write_text("id\n1\n")

    class Breaking(FileSource):
        def list_assets(self) -> Iterator[Listed | Skipped]:
            yield from super().list_assets()
            raise UnreadableError(Reason.CONNECTION_LOST)

    found: list[Listed | Skipped] = []
    with pytest.raises(UnreadableError):
        found.extend(Grouping(Breaking(Source("s", "files", str(tmp_path)), str(tmp_path))).list_assets())
    assert [item.asset.name for item in found if isinstance(item, Listed)] == ["a/t_*.csv"]


def test_a_series_on_request_from_the_command_line(inside: Cli, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    months(url, count=14)
    databases.fill(url, "pages", "id int PRIMARY KEY, path text", [(n, f"/{n}") for n in range(9)])

    def assets(*options: str) -> list[str]:
        assert inside("scan", "shop.db", "--quiet", *options).exit_code == 0
        return [each["asset"] for each in inside("map", "fields", "--format", "json").json() if each["field"] == "id"]

    assert len(assets()) == 15
    assert assets("--series") == ["main.events_*", "main.pages"]
    # Nothing has changed; then one member has.
    again = inside("scan", "shop.db", "--series", "--changed-only", "--format", "json").json()
    run(url, "DELETE FROM events_2024_03")
    after = inside("scan", "shop.db", "--series", "--changed-only", "--format", "json").json()
    assert [(one["rows_read"], one["unchanged"]) for one in again] == [(0, 2)]
    assert after[0]["rows_read"] > 0
    planned = inside("scan", "shop.db", "--series", "--dry-run", "--include", "main.events_2024_0*", "--format", "json")
    assert [each["asset"] for each in planned.json()] == ["main.events_*"]
    # Switched off again, each table stands for itself.
    assert len(assets()) == 15


def test_a_series_with_a_gap_is_read_again(inside: Cli, tmp_path: Path) -> None:
    for month in range(1, 5):
        rows = "".join(f"{row},p{row}@example.org\n" for row in range(50))
        (tmp_path / "exports").mkdir(exist_ok=True)
        (tmp_path / "exports" / f"e-2024-{month:02d}.csv").write_text(f"id,email\n{rows}")
    (tmp_path / "exports" / "e-2024-03.csv").write_bytes(b"\x00\x01\x02\xff" * 500)
    for options in ((), ("--changed-only",)):
        assert inside("scan", "exports", "--series", "--quiet", *options).exit_code == 5
        (skip,) = inside("map", "coverage", "--skipped", "--format", "json").json()
        assert skip["asset"] == "e-2024-03.csv"


def test_a_series_in_the_configuration(inside: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    for month in range(1, 7):
        rows = "".join(f"{month},p{row}@example.org\n" for row in range(50))
        (folder / f"export-2024-{month:02d}.csv").write_text(f"id,email\n{rows}")
    (tmp_path / "config.toml").write_text('[[sources]]\nname = "share"\npath = "exports"\nseries = true\n')
    assert inside("scan", "--quiet").exit_code == 0
    found = inside("map", "fields", "--personal", "--format", "json").json()
    assert [(each["asset"], each["field"]) for each in found] == [("export-*.csv", "email")]


def test_files_of_like_names(tmp_path: Path) -> None:
    for month in range(1, 13):
        rows = "".join(f"{month * 1_000 + row},p{row}@example.org\n" for row in range(50))
        (tmp_path / f"export-2024-{month:02d}.csv").write_text(f"id,email\n{rows}")
    (tmp_path / "export-2024-12.csv").write_bytes(b"\x00\x01\x02\xff" * 500)
    (tmp_path / "notes.txt").write_text("nothing")
    source = FileSource(Source("s", "files", str(tmp_path)), str(tmp_path))
    series, other = grouped([item for item in source.list_assets() if isinstance(item, Listed)])
    content = read(source, series, Take(300, seed=3))

    assert (series.asset.name, series.asset.member_count, other.asset.name) == ("export-*.csv", 12, "notes.txt")
    assert [skip.asset for skip in content.skipped] == ["export-2024-12.csv"]
    assert 1 in members_in(values(content)["id"])
    assert len(members_in(values(content)["id"])) == 9
    assert [column.field.ref for column in content.columns] == [
        FieldRef("s", "export-*.csv", "id"),
        FieldRef("s", "export-*.csv", "email"),
    ]


def test_an_asset_that_is_no_series_is_read_as_ever(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'd.db'}"
    databases.fill(url, "t", "id int", [(1,)])
    with opened(url) as source:
        (item,) = grouped([each for each in source.list_assets() if isinstance(each, Listed)])
        assert read(source, item, Take(10)).rows_read == 1


def test_the_verdicts_of_a_series(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'd.db'}"
    months(url, count=12)
    with opened(url) as source:
        content = read(source, series_of(source), Take(1_000))
    fields, verdicts = Engine(NameReader(None)).look(content)
    look = AssetScan(content.asset, fields, verdicts, 0, 0, is_whole=False, sampling=content.sampling)
    assert [(v.ref.asset, v.ref.field, v.category) for v in look.verdicts if v.state.is_personal] == [
        ("main.events_*", "email", "contact.email")
    ]
