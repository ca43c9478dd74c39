from __future__ import annotations

import datetime as dt
import pickle
import random
import secrets
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bson
import pymongo
import pytest
from bson.codec_options import DatetimeConversion

from data_map.errors import UsageError
from data_map.model import AssetKind, Reason, Skipped, Source
from scanners.sources.address import locate
from scanners.sources.base import Checkable, Listed, Rights
from scanners.sources.mongodb import MongoSource, Plain, between
from scanners.sources.registry import open_source
from scanners.values import VALUE_CHARS, Take, UnreadableError
from tests.conftest import Cli
from tests.scanners.reading import values
from tests.scanners.scripted_mongod import Command, Script, cursor, refusal, scripted_mongod
from tests.servers import Server


@contextmanager
def opened(address: str, **options: Any) -> Iterator[MongoSource]:
    place = locate(address)
    source = open_source(Source("shop", place.kind, place.location), place, **options)
    assert isinstance(source, MongoSource)
    try:
        yield source
    finally:
        source.close()


def client_of(server: Server) -> pymongo.MongoClient[dict[str, Any]]:
    return pymongo.MongoClient(server.admin_url)


@pytest.fixture
def database(mongodb_server: Server) -> Iterator[tuple[str, Any]]:
    """The address of an empty database, and the same as pymongo has it."""
    name = f"t{secrets.token_hex(4)}"
    with client_of(mongodb_server) as client:
        yield f"{mongodb_server.admin_url}/{name}", client[name]
        client.drop_database(name)


def only(source: MongoSource, name: str) -> Listed:
    return next(
        item for item in source.list_assets() if isinstance(item, Listed) and item.asset.name.endswith("." + name)
    )


def customer(number: int) -> dict[str, Any]:
    return {
        "name": f"Anna Keller {number}",
        "born": dt.datetime(1980, 1, 1 + number % 28),  # noqa: DTZ001 - as the driver gives them
        "address": {"city": "Graz", "lines": [{"text": f"Ring {number}"}, {"text": "2. Stock"}]},
        "logins": {f"kunde{number}@example.org": {"seen": number}},
        "photo": b"\xff\xd8\xff\xe0" + bytes(20),
    }


def test_collections_are_listed_and_documents_are_paths(database: tuple[str, Any]) -> None:
    address, shop = database
    shop.customers.insert_many([customer(number) for number in range(30)])
    shop.empty.insert_one({"_id": 1})
    shop.empty.delete_one({"_id": 1})
    with opened(address) as source:
        listed = [item for item in source.list_assets() if isinstance(item, Listed)]
        assert [item.asset.name for item in listed] == [f"{shop.name}.customers", f"{shop.name}.empty"]
        assert {item.asset.kind for item in listed} == {AssetKind.COLLECTION}
        assert listed[0].asset.row_count == 30 and listed[0].asset.size_bytes
        # No count tells that a document has been replaced by one of the same size.
        assert listed[0].asset.change_marker is None
        again = pickle.loads(pickle.dumps(listed[0]))
        content = source.read(again, Take(rows=None))
        found = values(content)
        assert set(found) == {"_id", "name", "born", "address.city", "address.lines.text", "logins.(keys)",
                              "logins.*.seen", "photo"}  # fmt: skip
        assert found["logins.(keys)"][0] == "kunde0@example.org"
        assert found["address.lines.text"][:2] == ["Ring 0", "2. Stock"]
        assert found["born"][0] == "1980-01-01" and len(found["_id"][0]) == 24
        photo = next(column for column in content.columns if column.field.ref.field == "photo")
        assert (photo.binary, photo.counts, photo.magic[0][:4]) == (30, {}, b"\xff\xd8\xff\xe0")
        key = content.columns[0].field
        assert key.is_primary_key and key.is_unique and not content.columns[1].field.is_primary_key
        assert (content.rows_read, content.is_whole, content.sampling) == (30, True, "all")
        empty = source.read(listed[1], Take(rows=10))
        assert (empty.columns, empty.sampling, empty.asset.row_count) == ([], "none", 0)


def test_all_databases_but_the_servers_own(mongodb_server: Server, database: tuple[str, Any]) -> None:
    shop = database[1]
    shop.customers.insert_one({"_id": 1})
    with client_of(mongodb_server) as client:
        client.admin.notes.insert_one({"_id": secrets.token_hex(4)})
    with opened(mongodb_server.admin_url, exclude=("*.hidden",)) as source:
        found = [item.asset.name for item in source.list_assets() if isinstance(item, Listed)]
    assert f"{shop.name}.customers" in found
    assert not [name for name in found if name.startswith(("admin.", "local.", "config."))]


@pytest.mark.parametrize(
    "keys",
    [
        [bson.ObjectId() for _ in range(2000)],
        list(range(1000, 3000)),  # the emulator sorts numbers as texts
        [f"k{number:05}" for number in range(2000)],
    ],
    ids=["object ids", "numbers", "texts"],
)
def test_a_large_collection_is_read_at_many_places(database: tuple[str, Any], keys: list[Any]) -> None:
    address, shop = database
    shop.events.insert_many([{"_id": key, "place": place} for place, key in enumerate(keys)])
    with opened(address) as source:
        item = only(source, "events")

        def read(seed: int) -> list[int]:
            content = source.read(item, Take(rows=200, seed=seed))
            assert (content.rows_read, content.is_whole, content.sampling) == (200, False, "key_ranges")
            assert content.asset.row_count == 2000  # the server's number stays an estimate
            return [int(text) for text in values(content)["place"]]

        first = read(1)
        assert len(set(first)) == 200
        assert first == read(1) != read(2)
        assert len({place // 200 for place in first}) >= 6


def test_keys_that_cannot_be_cut_are_drawn_by_the_server(database: tuple[str, Any]) -> None:
    address, shop = database
    shop.events.insert_many([{"_id": {"day": number}, "place": number} for number in range(300)])
    with opened(address) as source:
        drawn = source.read(only(source, "events"), Take(rows=10))
        assert (drawn.rows_read, drawn.sampling, drawn.is_whole) == (10, "random", False)
        # Nearly everything would have to be read and put in a random order.
        head = source.read(only(source, "events"), Take(rows=100))
        assert (head.rows_read, head.sampling, head.is_whole) == (100, "head", False)


def test_points_between_keys() -> None:
    rng = random.Random(7)
    pairs = [(1, 9), (1.5, 2.5), (1, 2.5), ("anna", "zoë"), ("a", "ab"), ("", "x"), (bson.ObjectId(), bson.ObjectId()),
             (uuid.UUID(int=1), uuid.UUID(int=2**100))]  # fmt: skip
    for low, high in pairs:
        for _ in range(50):
            point = between(low, high, rng)
            assert point is None or low < point <= high
        assert any(between(low, high, rng) is not None for _ in range(20))
    for low, high in [(1, 1), (2, 1), ("a", 1), (True, False), ({}, {}), (None, None), (bson.ObjectId(), 5)]:
        assert between(low, high, rng) is None


def test_what_is_special_to_bson_is_spelled_as_text() -> None:
    scope = bson.Code("f()", {"user": "anna"})
    document = {
        "amount": bson.Decimal128("12.50"),
        "ref": bson.DBRef("people", "p1", "crm"),
        "pattern": bson.Regex("^Keller", "i"),
        "raw": bson.Regex(b"^Keller"),
        "seen": bson.Timestamp(86_400, 1),
        "code": bson.Code("function() {}"),
        "scoped": scope,
        "id": uuid.UUID(int=5),
        "least": bson.MinKey(),
        "long": bson.Int64(7),
        "late": bson.DatetimeMS(2**60),
        "yes": True,
        "none": None,
    }
    options: bson.CodecOptions[dict[str, Any]] = bson.CodecOptions(
        uuid_representation=bson.UuidRepresentation.STANDARD, datetime_conversion=DatetimeConversion.DATETIME_AUTO
    )
    decoded = bson.decode(bson.encode(document, codec_options=options), options)
    plain = Plain().of(decoded)
    assert plain == {
        "amount": "12.50",
        "ref": {"$ref": "people", "$id": "p1", "$db": "crm"},
        "pattern": "^Keller",
        "raw": "^Keller",
        "seen": dt.datetime(1970, 1, 2),  # noqa: DTZ001 - as the driver gives them
        "code": "function() {}",
        "scoped": {"$code": "f()", "$scope": {"user": "anna"}},
        "id": str(uuid.UUID(int=5)),
        "least": "MinKey()",
        "long": 7,
        "late": str(2**60),
        "yes": True,
        "none": None,
    }


def test_documents_without_measure_are_cut() -> None:
    deep: Any = "end"
    for _ in range(150):
        deep = {"a": deep}
    for document in ({"x": deep}, {"x": list(range(200_000))}, {f"k{number}": 1 for number in range(200_000)}):
        plain = Plain()
        plain.of(document)
        assert plain.is_cut
    plain = Plain()
    found = plain.of({"text": "x" * 10**7, "bytes": b"\xff" * 10**7})
    assert not plain.is_cut and plain.size < 4 * VALUE_CHARS
    # One more than is looked at, so that the rest is told of.
    assert (len(found["text"]), len(found["bytes"])) == (VALUE_CHARS + 1, VALUE_CHARS)


def test_ten_thousand_fields(database: tuple[str, Any]) -> None:
    address, shop = database
    shop.wide.insert_many([{"_id": n, **{f"f{field}_{n}": "a" for field in range(3000)}} for n in range(4)])
    with opened(address) as source:
        content = source.read(only(source, "wide"), Take(rows=10))
    assert set(values(content)) == {"(keys)", "*"}  # so many keys are content


#: What a collection with one document says to everything that is asked of it.
def small(command: Command) -> Command:
    match next(iter(command)):
        case "listDatabases":
            return {"ok": 1, "databases": [{"name": "crm"}, {"name": "admin"}]}
        case "listCollections":
            kinds = {"people": "collection", "ts": "timeseries", "v": "view", "system.views": "collection"}
            return cursor([{"name": name, "type": kind, "options": {}} for name, kind in kinds.items()])
        case "count":
            return {"ok": 1, "n": 1}
        case "find" if command.get("skip"):
            return cursor([])
        case "connectionStatus":
            return {"ok": 1}
        case "find":
            return cursor([{"_id": 1, "name": "Anna"}])
        case _:
            return refusal(59)


def but(name: str, answer: Command | None) -> Script:
    return lambda command: answer if next(iter(command)) == name else small(command)


def test_only_commands_that_read_are_sent_politely() -> None:
    with scripted_mongod(small) as (address, commands), opened(f"{address}/crm", views=True, timeout_s=7) as source:
        items = [item for item in source.list_assets() if isinstance(item, Listed)]
        assert [(item.asset.name, item.asset.kind) for item in items] == [
            ("crm.people", AssetKind.COLLECTION),
            ("crm.ts", AssetKind.COLLECTION),
            ("crm.v", AssetKind.VIEW),
        ]
        assert [item.asset.row_count for item in items] == [1, 1, None]
        for item in items:
            assert values(source.read(item, Take(rows=5, timeout_s=7)))["name"] == ["Anna"]
        source.rights()
    sent = {next(iter(command)) for command in commands}
    assert sent == {"listCollections", "count", "aggregate", "find", "connectionStatus"}
    for command in commands:
        assert command["maxTimeMS"] == 7000, command
        # The driver itself asks for a listing where the listing is made.
        if next(iter(command)) not in ("listCollections", "connectionStatus"):
            assert command["$readPreference"]["mode"] == "secondaryPreferred"
    with scripted_mongod(small) as (address, _), opened(f"{address}/crm") as source:
        found = [item.asset.name for item in source.list_assets() if isinstance(item, Listed)]
        assert found == ["crm.people", "crm.ts"]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (13, Reason.NO_PERMISSION),
        (50, Reason.TIMED_OUT),
        (26, Reason.NOT_FOUND),
        (175, Reason.NOT_FOUND),
        (46, Reason.LOCKED),
        (43, Reason.CONNECTION_LOST),
        (2, Reason.QUERY_FAILED),
    ],
)
def test_a_refusal_is_a_reason_and_a_number(code: int, reason: Reason) -> None:
    with (
        scripted_mongod(but("find", refusal(code))) as (address, _),
        opened(f"{address}/crm") as source,
        pytest.raises(UnreadableError) as caught,
    ):
        source.read(only(source, "people"), Take(rows=5))
    assert (caught.value.reason, caught.value.code) == (reason, str(code))
    assert caught.value.__cause__ is None and "jane" not in str(caught.value)


def test_a_connection_that_breaks_and_an_answer_that_is_none() -> None:
    with (
        scripted_mongod(but("find", None)) as (address, _),
        opened(f"{address}/crm") as source,
        pytest.raises(UnreadableError) as caught,
    ):
        source.read(only(source, "people"), Take(rows=5))
    assert caught.value.reason is Reason.CONNECTION_LOST
    # A document that says it is longer than it is.
    broken = {"raw": b"\x40\0\0\0\x02abc\0"}
    with (
        scripted_mongod(but("find", broken)) as (address, _),
        opened(f"{address}/crm") as source,
        pytest.raises(UnreadableError) as caught,
    ):
        source.read(only(source, "people"), Take(rows=5))
    assert (caught.value.reason, caught.value.code) == (Reason.DAMAGED, "bson")


def test_a_database_that_may_not_be_listed_is_skipped_and_the_others_go_on() -> None:
    def script(command: Command) -> Command | None:
        if next(iter(command)) == "listDatabases":
            return {"ok": 1, "databases": [{"name": "closed"}, {"name": "crm"}]}
        if next(iter(command)) == "listCollections" and command["$db"] == "closed":
            return refusal(13)
        return small(command)

    with scripted_mongod(script) as (address, commands), opened(address) as source:
        found = list(source.list_assets())
        # Asked once more for what the account may read at least.
        assert [command.get("authorizedCollections") for command in commands if command.get("$db") == "closed"] == [
            None,
            True,
        ]
    assert found[0] == Skipped("shop", Reason.NO_PERMISSION, "closed.(collections)", code="13")
    assert [item.asset.name for item in found[1:] if isinstance(item, Listed)] == ["crm.people", "crm.ts"]
    with (
        scripted_mongod(script) as (address, _),
        opened(f"{address}/closed") as source,
        pytest.raises(UnreadableError) as caught,
    ):
        list(source.list_assets())
    assert caught.value.reason is Reason.NO_PERMISSION


def test_names_that_the_driver_refuses_cost_one_collection() -> None:
    def script(command: Command) -> Command | None:
        if next(iter(command)) == "listCollections":
            return cursor([{"name": name, "type": "collection"} for name in ("a..b", ".a", "people")])
        return small(command)

    with scripted_mongod(script) as (address, _), opened(f"{address}/crm") as source:
        odd, odder, good = (item for item in source.list_assets() if isinstance(item, Listed))
        for item in (odd, odder):
            with pytest.raises(UnreadableError) as caught:
                source.read(item, Take(rows=5))
            assert (caught.value.reason, caught.value.code) == (Reason.READER_FAILED, "InvalidName")
        assert source.read(good, Take(rows=5)).rows_read == 1


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymongo", None)
    with opened("mongodb://127.0.0.1/crm") as source, pytest.raises(UnreadableError) as caught:
        list(source.list_assets())
    assert (caught.value.reason, caught.value.code) == (Reason.MISSING_EXTRA, "privacy-inventory[mongodb]")


def test_nobody_listens(mongodb_server: Server) -> None:
    with (
        opened("mongodb://127.0.0.1:9/crm?serverSelectionTimeoutMS=200") as source,
        pytest.raises(UnreadableError) as caught,
    ):
        list(source.list_assets())
    assert (caught.value.reason, caught.value.code) == (Reason.CONNECTION_FAILED, None)
    with opened("mongodb://127.0.0.1/crm?tls=perhaps") as source, pytest.raises(UnreadableError) as caught:
        list(source.list_assets())
    assert (caught.value.reason, caught.value.code) == (Reason.CONNECTION_FAILED, "address")


def status(
    users: list[str], roles: list[tuple[str, str]], privileges: list[tuple[dict[str, Any], list[str]]]
) -> Command:
    return {
        "ok": 1,
        "authInfo": {
            "authenticatedUsers": [{"user": user, "db": "admin"} for user in users],
            "authenticatedUserRoles": [{"db": base, "role": role} for base, role in roles],
            "authenticatedUserPrivileges": [{"resource": where, "actions": what} for where, what in privileges],
        },
    }


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (status([], [], []), Rights(None, True, True, True)),
        (status(["a"], [("admin", "root")], []), Rights(None, True, True, True)),
        (status(["a"], [("crm", "root")], []), Rights(None, False, False, True)),
        (status(["a"], [("crm", "read")], [({"db": "crm", "collection": ""}, ["find", "listCollections"])]),
         Rights(None, False, False, True)),
        (status(["a"], [("crm", "readWrite")], [({"db": "crm", "collection": ""}, ["find", "update"])]),
         Rights(None, True, False, True)),
        (status(["a"], [], [({"db": "", "collection": ""}, ["remove"])]), Rights(None, True, False, True)),
        (status(["a"], [], [({"db": "config", "collection": "x"}, ["remove"])]), Rights(None, False, False, True)),
        (status(["a"], [], [({"anyResource": True}, ["anyAction"])]), Rights(None, True, False, True)),
    ],
)  # fmt: skip
def test_what_the_account_may_do(answer: Command, expected: Rights) -> None:
    with scripted_mongod(but("connectionStatus", answer)) as (address, _), opened(f"{address}/crm") as source:
        assert isinstance(source, Checkable)
        assert source.rights() == expected


def test_an_address_shows_no_login() -> None:
    place = locate("mongodb://reader:p%40ss%2Fword@DB1.internal:27017,db2.internal/crm?authSource=admin&tls=true")
    assert (place.kind, place.location) == ("mongodb", "mongodb://db1.internal:27017,db2.internal/crm")
    assert (place.name, place.has_password) == ("crm", True)
    assert place.url is not None and place.url.password == "p@ss/word"
    assert locate("mongodb+srv://cluster0.example.net").location == "mongodb+srv://cluster0.example.net/"
    assert not locate("mongodb://reader@h/crm").has_password
    assert locate("mongodb://h/?authMechanismProperties=AWS_SESSION_TOKEN:x").has_password
    for wrong in ("mongodb://u:p@ss@h/crm", "mongodb://u:pa/ss@h/crm", "mongodb://h h/crm", "mongodb://h:port/crm"):
        with pytest.raises(UsageError) as caught:
            locate(wrong)
        assert "pa" not in str(caught.value).replace("password", "")


def test_from_the_command_line(cli: Cli, tmp_path: Path, database: tuple[str, Any]) -> None:
    address, shop = database
    canary = "quetzalcoatlus"
    shop.customers.insert_many(
        {
            "full_name": f"Anna Keller-{number}",
            "email": f"{canary}.{number}@example.org",
            "logins": {f"{canary}{number}@example.org": 1},
        }
        for number in range(60)
    )
    (tmp_path / "config.toml").write_text(f"[[sources]]\nname = 'shop'\nkind = 'mongodb'\nurl = '{address}'\n")
    check = cli("sources", "check", "--format", "json").json()[0]
    assert (check["can_be_read"], check["assets"], check["session_read_only"]) == (True, 1, None)
    done = cli("scan", "shop", "--format", "json")
    assert done.exit_code == 0, done.stderr
    listed = cli("map", "fields", "--format", "json")
    found = {field["field"]: field["category"] for field in listed.json()}
    assert found["email"] == found["logins.(keys)"] == "contact.email" and found["full_name"] == "identity.name"
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("privacy.db*"))
    assert stored and canary.encode() not in stored
    assert canary not in done.stdout + done.stderr + listed.stdout + listed.stderr
