from __future__ import annotations

import base64
import pickle
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from data_map.errors import UsageError
from data_map.model import AssetKind, Reason, Skipped, Source
from scanners.sources.address import locate
from scanners.sources.base import Checkable, Listed, Rights
from scanners.sources.ldap import LdapSource
from scanners.sources.registry import open_source
from scanners.values import Content, Take, UnreadableError
from tests.conftest import Cli
from tests.scanners.databases import FIRST, LAST
from tests.scanners.reading import values
from tests.servers import Directory

BASE = "dc=example,dc=org"
PEOPLE = 130
PASSWORD = "{SSHA}" + base64.b64encode(bytes(range(28))).decode()


def entries() -> Iterator[tuple[str, list[str], dict[str, Any]]]:
    """What the tests' directory holds: name, classes, attributes."""
    yield BASE, ["dcObject", "organization"], {"dc": "example", "o": "Example"}
    for account in ("reader", "small"):
        person = {"cn": account, "sn": account, "userPassword": f"{account}-pw"}
        yield f"cn={account},{BASE}", ["person"], person
    for unit in ("people", "groups", "closed", "sales,ou=people"):
        yield f"ou={unit},{BASE}", ["organizationalUnit"], {"ou": unit.split(",")[0]}
    for number in range(PEOPLE):
        unit = "ou=sales,ou=people" if number < 10 else "ou=people"
        first, last = FIRST[number % len(FIRST)], LAST[number // len(FIRST) % len(LAST)]
        yield (
            f"uid=u{number},{unit},{BASE}",
            ["inetOrgPerson"],
            {
                "uid": f"u{number}",
                "cn": [f"{first} {last}", f"{last}, {first}"],
                "sn": last,
                "cn;lang-de": f"{first} {last}",
                "mail": f"u{number}@example.org",
                "userPassword": PASSWORD,
                "jpegPhoto": b"\xff\xd8\xff\xe0" + bytes(12),
                "postalAddress": f"Ring {number}$8010 Graz",
                "description": "x" * 5000 if number == 0 else "nobody",
            },
        )
    yield f"cn=only person,ou=people,{BASE}", ["person"], {"cn": "only person", "sn": "Novak"}
    members = [f"uid=u{number},ou=people,{BASE}" for number in range(1200)]
    yield f"cn=all,ou=groups,{BASE}", ["groupOfNames"], {"cn": "all", "member": members}
    yield f"cn=secret,ou=closed,{BASE}", ["device"], {"cn": "secret"}
    # Somebody right below the base, with something below: no branch may be called after a person.
    yield f"cn=Jane Doe,{BASE}", ["person"], {"cn": "Jane Doe", "sn": "Doe"}
    yield f"cn=phone,cn=Jane Doe,{BASE}", ["device"], {"cn": "phone", "serialNumber": "4711"}
    yield f"ou=Jane Doe,{BASE}", ["organizationalUnit"], {"ou": "Jane Doe"}
    yield f"ou=elsewhere,{BASE}", ["referral", "extensibleObject"], {"ou": "elsewhere", "ref": "ldap://other.invalid/x"}


@pytest.fixture(scope="module")
def address(directory: Directory) -> str:
    """The address of a filled directory, without a login."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import ldap3

        server = ldap3.Server(directory.admin_url, get_info=ldap3.NONE)
        who = (f"cn=admin,{BASE}", "admin-pw")
        admin = ldap3.Connection(server, *who, auto_bind=True, source_address="localhost")
        for name, classes, attributes in entries():
            # A referral is an entry only for those who ask for it as such.
            as_entry = [("2.16.840.1.113730.3.4.2", True, None)]
            assert admin.add(name, classes, attributes, controls=as_entry), admin.result["description"]
        admin.unbind()
    return directory.admin_url


@contextmanager
def opened(address: str, password: str | None = None, **options: Any) -> Iterator[LdapSource]:
    place = locate(address)
    assert place.url is not None
    url = place.url.set(password=password) if password else place.url
    source = open_source(Source("hr", place.kind, place.location), _with(place, url), **options)
    assert isinstance(source, LdapSource)
    try:
        yield source
    finally:
        source.close()


def _with(place: Any, url: Any) -> Any:
    from dataclasses import replace

    return replace(place, url=url)


def as_reader(address: str, base: str = BASE, account: str = "reader") -> str:
    return address.replace("ldap://", f"ldap://cn={account},{BASE}@") + f"/{base}"


def listing(source: LdapSource) -> dict[str, Listed | Skipped]:
    found = list(source.list_assets())
    named = {item.asset if isinstance(item, Skipped) else item.asset.name: item for item in found}
    assert len(named) == len(found) and None not in named
    return {str(name): item for name, item in named.items()}


def read(source: LdapSource, name: str, rows: int | None = None) -> Content:
    item = listing(source)[name]
    assert isinstance(item, Listed)
    return source.read(pickle.loads(pickle.dumps(item)), Take(rows=rows))


def test_branches_and_classes_are_assets(address: str) -> None:
    with opened(as_reader(address), "reader-pw") as source:
        found = listing(source)
        counts = {name: item.asset.row_count for name, item in found.items() if isinstance(item, Listed)}
        assert counts == {
            "dc=example/organization": 1,
            "dc=example/person": 3,
            "dc=example/device": 1,
            "ou=branch_2/organizationalUnit": 1,
            "ou=groups/groupOfNames": 1,
            "ou=groups/organizationalUnit": 1,
            "ou=people/inetOrgPerson": PEOPLE,
            "ou=people/organizationalUnit": 2,
            "ou=people/person": 1,
        }
        assert found["dc=example/(referrals)"] == Skipped("hr", Reason.OUTSIDE_ROOT, "dc=example/(referrals)", code="1")
        people = found["ou=people/inetOrgPerson"]
        assert isinstance(people, Listed) and people.asset.kind is AssetKind.COLLECTION
        assert people.asset.change_marker and people.asset.change_marker.startswith(f"{PEOPLE}-20")
        assert people.asset.change_marker == listing(source)["ou=people/inetOrgPerson"].asset.change_marker  # type: ignore[union-attr]
    assert "Jane" not in repr(list(found.values()))


def test_attributes_are_fields(address: str) -> None:
    with opened(as_reader(address), "reader-pw") as source:
        content = read(source, "ou=people/inetOrgPerson")
        found = values(content)
        assert (content.rows_read, content.is_whole, content.sampling) == (PEOPLE, True, "all")
        assert set(found) == {"uid", "cn", "cn;lang-de", "sn", "mail", "userPassword", "jpegPhoto", "postalAddress",
                              "description"}  # fmt: skip
        columns = {column.field.ref.field: column for column in content.columns}
        assert columns["cn"].sampled == 2 * PEOPLE and "Zoë Keller" in found["cn"]
        assert found["userPassword"] == [PASSWORD]
        assert (columns["jpegPhoto"].binary, columns["jpegPhoto"].counts) == (PEOPLE, {})
        assert found["postalAddress"][-1].endswith(", 8010 Graz")
        assert columns["description"].cut == 1
        declared = {name: column.field.declared_type for name, column in columns.items()}
        # ``cn`` has its syntax from ``name``, which it is derived from.
        assert (declared["cn"], declared["mail"], declared["jpegPhoto"]) == ("Directory String", "IA5 String", "JPEG")
        assert declared["cn;lang-de"] == "Directory String"
        group = read(source, "ou=groups/groupOfNames")
        assert not group.is_whole  # more members than are looked at
        # Entries of a class that is derived from it belong to that one.
        assert values(read(source, "ou=people/person"))["sn"] == ["Novak"]
        assert values(read(source, "dc=example/device"))["serialNumber"] == ["4711"]


def test_the_first_entries_are_a_sample_that_says_so(address: str) -> None:
    with opened(as_reader(address), "reader-pw") as source:
        content = read(source, "ou=people/inetOrgPerson", rows=20)
        assert (content.rows_read, content.sampling, content.is_whole) == (20, "head", False)
        again = source.read(
            listing(source)["ou=people/inetOrgPerson"],  # type: ignore[arg-type]
            Take(rows=20, fields=frozenset({"mail"})),
        )
        assert list(values(again)) == ["mail"]


def test_without_a_login_and_with_a_limit(address: str) -> None:
    with opened(f"{address}/{BASE}") as source:
        assert "userPassword" not in values(read(source, "ou=people/inetOrgPerson", rows=5))
    with opened(as_reader(address, account="small"), "small-pw") as source:
        found = listing(source)
        more = found["ou=people/(more entries)"]
        assert more == Skipped("hr", Reason.TOO_MANY_PARTS, "ou=people/(more entries)", code="4")
        people = found["ou=people/inetOrgPerson"]
        assert isinstance(people, Listed) and people.asset.row_count is None and people.asset.change_marker is None
        content = read(source, "ou=people/inetOrgPerson", rows=100)
        assert 0 < content.rows_read <= 50 and not content.is_whole and content.sampling == "head"


def test_naming_contexts_are_found_when_no_base_is_named(address: str) -> None:
    with opened(address) as source:
        assert "ou=people/inetOrgPerson" in listing(source)


@pytest.mark.parametrize(
    ("place", "password", "reason", "code"),
    [
        (f"cn=reader,{BASE}@", "wrong-pw", Reason.NO_PERMISSION, "49"),
        (f"cn=nobody,{BASE}@", "reader-pw", Reason.NO_PERMISSION, "49"),
        (f"cn=reader,{BASE}@", None, Reason.NO_PERMISSION, "password"),
        ("", None, Reason.NOT_FOUND, "32"),
    ],
)
def test_refusals(address: str, place: str, password: str | None, reason: Reason, code: str) -> None:
    base = BASE if place else "dc=nosuch,dc=org"
    with (
        opened(address.replace("ldap://", f"ldap://{place}") + f"/{base}", password) as source,
        pytest.raises(UnreadableError) as caught,
    ):
        list(source.list_assets())
    assert (caught.value.reason, caught.value.code) == (reason, code)


def test_a_branch_that_is_closed_is_not_found(address: str) -> None:
    with (
        opened(as_reader(address, f"ou=closed,{BASE}"), "reader-pw") as source,
        pytest.raises(UnreadableError) as caught,
    ):
        list(source.list_assets())
    assert caught.value.reason is Reason.NOT_FOUND


def test_encryption(address: str, directory: Directory) -> None:
    plain = address.replace("127.0.0.1", "localhost")
    secure = f"ldaps://localhost:{directory.tls_port}"
    for good in (f"{plain}/{BASE}?StartTLS=true&ca={directory.authority}", f"{secure}/{BASE}?ca={directory.authority}"):
        with opened(good) as source:
            assert "ou=people/inetOrgPerson" in listing(source)
            assert isinstance(source, Checkable)
            assert source.rights() == Rights(True, None, None, True)
    # A certificate that nobody vouches for, and one for another host.
    for bad in (f"{plain}/{BASE}?starttls=true", f"{secure}/{BASE}",
                f"ldaps://127.0.0.1:{directory.tls_port}/{BASE}?ca={directory.authority}"):  # fmt: skip
        with opened(bad) as source, pytest.raises(UnreadableError) as caught:
            list(source.list_assets())
        assert caught.value.reason is Reason.CONNECTION_FAILED
    with opened(f"{secure}/{BASE}?ca=/nosuch") as source, pytest.raises(UnreadableError) as caught:
        list(source.list_assets())
    assert (caught.value.reason, caught.value.code) == (Reason.NOT_FOUND, "ca")
    with opened(f"{secure}/{BASE}?verify=no") as source, pytest.raises(UnreadableError) as caught:
        list(source.list_assets())
    assert caught.value.code == "address"


def test_a_session_that_breaks_is_lost_for_one_asset(address: str) -> None:
    with opened(as_reader(address), "reader-pw") as source:
        item = listing(source)["ou=people/inetOrgPerson"]
        assert isinstance(item, Listed)
        source._open().socket.shutdown(socket.SHUT_RDWR)
        with pytest.raises(UnreadableError) as caught:
            source.read(item, Take(rows=5))
        assert caught.value.reason is Reason.CONNECTION_LOST
        assert source.read(item, Take(rows=5)).rows_read == 5


def test_nothing_is_written(address: str) -> None:
    with opened(as_reader(address), "reader-pw") as source:
        listing(source)
        connection = source._open()
        assert connection.read_only and not connection.auto_referrals


@contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """A server that says one thing, whatever it is asked, and then nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def talk() -> None:
            try:
                talking, _ = server.accept()
                with talking:
                    talking.recv(4096)
                    talking.sendall(answer)
                    talking.settimeout(8)
                    talking.recv(4096)
            except OSError:
                pass

        thread = threading.Thread(target=talk)
        thread.start()
        yield f"ldap://127.0.0.1:{server.getsockname()[1]}"
        socket.create_connection(server.getsockname()).close()
        thread.join()


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"0\x84\xff\xff\xff\xff\x02\x01\x01", b"0\x03\x02\x01"]
)
def test_something_else_listens(answer: bytes) -> None:
    with (
        answering(answer) as address,
        opened(f"{address}/{BASE}", timeout_s=1) as source,
        pytest.raises(UnreadableError) as caught,
    ):
        list(source.list_assets())
    assert caught.value.reason in (
        Reason.TIMED_OUT,
        Reason.CONNECTION_LOST,
        Reason.READER_FAILED,
        Reason.CONNECTION_FAILED,
    )


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ldap3", None)
    with opened("ldap://127.0.0.1/dc=x") as source, pytest.raises(UnreadableError) as caught:
        list(source.list_assets())
    assert (caught.value.reason, caught.value.code) == (Reason.MISSING_EXTRA, "privacy-inventory[ldap]")


def test_nobody_listens() -> None:
    with opened(f"ldap://127.0.0.1:9/{BASE}") as source, pytest.raises(UnreadableError) as caught:
        list(source.list_assets())
    assert caught.value.reason is Reason.CONNECTION_FAILED


def test_an_address_shows_no_login() -> None:
    place = locate("ldaps://cn=reader,dc=example,dc=org:pa%40ss@dir.internal/ou=people,dc=example,dc=org")
    assert (place.kind, place.location) == ("ldap", "ldaps://dir.internal/ou=people,dc=example,dc=org")
    assert (place.name, place.has_password) == ("people", True)
    assert locate("ldap://reader%40corp.example@dir.internal").url.username == "reader@corp.example"  # type: ignore[union-attr]
    with pytest.raises(UsageError):
        locate("ldap://reader@corp.example@dir.internal/dc=example")


def test_from_the_command_line(cli: Cli, tmp_path: Path, address: str) -> None:
    (tmp_path / "config.toml").write_text(
        f"[[sources]]\nname = 'hr'\nkind = 'ldap'\nurl = '{as_reader(address)}'\npassword_env = 'HR_PASSWORD'\n"
    )
    env = {"HR_PASSWORD": "reader-pw"}
    (check,) = cli("sources", "check", "--format", "json", env=env).json()
    assert (check["can_be_read"], check["session_read_only"], check["account_may_write"]) == (True, True, None)
    done = cli("scan", "hr", "--format", "json", env=env)
    assert done.exit_code == 5, done.stderr  # the photos, the long text and the other server
    listed = cli("map", "fields", "--format", "json")
    found = {(field["asset"], field["field"]): field["category"] for field in listed.json()}
    people = "ou=people/inetOrgPerson"
    assert found[people, "mail"] == "contact.email"
    assert found[people, "cn"] == "identity.name"
    assert found[people, "uid"] == "identity.username"
    assert found[people, "userPassword"] == "credential.password"
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("privacy.db*"))
    for value in (PASSWORD, "Zoë Keller", "Brandt", "Jane Doe", "reader-pw", "@example.org"):
        assert value.encode() not in stored
        assert value not in done.stdout + done.stderr + listed.stdout + listed.stderr
