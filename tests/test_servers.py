"""The servers the other tests rely on are real, private, and tell their accounts apart."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from tests.servers import Server


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
