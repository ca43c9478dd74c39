"""The servers the other tests rely on are real, private, and tell their accounts apart."""

from __future__ import annotations

import warnings
from typing import Any

import pymongo
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from tests.servers import Directory, Server


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_a_database_is_empty_and_its_reader_only_reads(kind: str, request: pytest.FixtureRequest) -> None:
    server: Server = request.getfixturevalue(f"{kind}_server")
    url: str = request.getfixturevalue(f"{kind}_url")
    server.execute("CREATE TABLE t (name varchar(20))", url)
    server.execute("INSERT INTO t VALUES ('Zoë')", url)
    engine = create_engine(server.reader_url(url), poolclass=NullPool)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT name FROM t")).scalars().all() == ["Zoë"]
        with pytest.raises(DBAPIError):
            connection.execute(text("DELETE FROM t"))
    wrong = create_engine(server.reader_url(url).replace("reader-pw", "wrong"), poolclass=NullPool)
    with pytest.raises(DBAPIError):
        wrong.connect()
    assert server.new_database() != url


def test_the_emulator_keeps_databases_apart(mongodb_server: Server) -> None:
    client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(mongodb_server.admin_url)
    with client:
        client["apart_1"].people.insert_one({"name": "Zoë"})
        found = [document["name"] for document in client["apart_1"].people.find()]
        assert (found, list(client["apart_2"].people.find())) == (["Zoë"], [])
        client.drop_database("apart_1")


def test_the_directory_knows_its_administrator(directory: Directory) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the library, in the one below it
        import ldap3

        server = ldap3.Server(directory.admin_url, get_info=ldap3.NONE)
        for password, is_right in (("admin-pw", True), ("wrong", False)):
            # Unasked, the library binds to every address of this machine.
            login = ldap3.Connection(server, "cn=admin,dc=example,dc=org", password, source_address="localhost")
            assert login.bind() is is_right
            login.unbind()
    assert directory.authority.read_bytes().startswith(b"-----BEGIN CERTIFICATE-----")
