from __future__ import annotations

import datetime as dt
import os
import pickle
import random
import struct
from decimal import Decimal
from pathlib import Path
from typing import Any

import dbf
import pytest

from data_map.model import Reason, Skipped, Source
from scanners.sources.base import Listed
from scanners.sources.files import FileSource
from scanners.values import Content, Take, UnreadableError
from tests.conftest import Cli
from tests.scanners.reading import read, values

NAMES = ["Jürgen Müller", "Anna Weiß", "Peter Schmidt", "Maria Weber", "Karl Fischer"]


def note(number: int) -> str:
    return f"Rückruf für {NAMES[number % 5]}, Tel. +49 30 {100000 + number}"


def table(path: Path, kind: str, encoding: str, count: int = 50) -> Path:
    """A table as a library that writes them makes it; record 3 is marked as deleted."""
    specs = "NAME C(30); BORN D; SALARY N(10,2); ACTIVE L; NOTE M"
    if kind == "vfp":
        specs = "NAME C(30); BORN D; SALARY Y; ACTIVE L; NOTE M; SEEN T; NUMBER I; RATIO B; OPT C(10) NULL"
    made = dbf.Table(str(path), specs, dbf_type=kind, codepage=encoding)
    made.open(dbf.READ_WRITE)
    for number in range(count):
        born = dt.date(1960 + number % 40, 1 + number % 12, 1 + number % 28)
        row: tuple[Any, ...] = (NAMES[number % 5], born, Decimal("1234.50"), number % 2 == 0, note(number))
        if kind == "vfp":
            seen = dt.datetime(2020, 1, 1, 10, 30)  # noqa: DTZ001 - the format has no zones
            row += (seen, number - 5, 1.5 * number, None if number % 2 else "x")
        made.append(row)
    dbf.delete(made[3])
    made.close()
    return path


def field(name: bytes, kind: bytes, length: int, decimals: int = 0, flags: int = 0) -> bytes:
    return name.ljust(11, b"\0") + kind + bytes(4) + bytes([length, decimals, flags]) + bytes(13)


def raw(
    fields: list[bytes], records: list[bytes], version: int = 3, language: int = 0, count: int | None = None
) -> bytes:
    """A table byte by byte; ``records`` with the mark of deletion in front."""
    width = 1 + sum(each[16] for each in fields)
    declared = b"".join(fields) + b"\r" + (bytes(263) if version in (0x30, 0x31, 0x32) else b"")
    head = struct.pack("<B3sIHH16xBB2x", version, b"\x7c\x01\x01", len(records) if count is None else count,
                       32 + len(declared), width, 0, language)  # fmt: skip
    return head + declared + b"".join(records) + b"\x1a"


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def only(path: Path, rows: int | None = None, **limits: Any) -> Content:
    """The table of a folder, or a file by itself; nothing else may be listed."""
    return read(path, rows, **limits)


@pytest.mark.parametrize(
    ("kind", "encoding"), [("db3", "cp850"), ("fp", "cp1252"), ("vfp", "cp1252"), ("db3", "cp437")]
)
def test_tables_that_another_program_wrote(tmp_path: Path, kind: str, encoding: str) -> None:
    table(tmp_path / "people.dbf", kind, encoding)
    content = only(tmp_path)  # the memo file is no file of its own
    found = values(content)
    assert (content.rows_read, content.asset.row_count, content.is_whole, content.sampling) == (50, 50, True, "all")
    assert content.skipped == []
    assert found["NAME"] == NAMES
    # The deleted one too.
    assert found["NOTE"] == [note(number) for number in range(50)]
    assert found["BORN"][:2] == ["1960-01-01", "1961-02-02"] and found["ACTIVE"] == ["1", "0"]
    assert found["SALARY"] == (["1234.5000"] if kind == "vfp" else ["1234.50"])
    declared = {column.field.ref.field: column.field.declared_type for column in content.columns}
    assert (declared["NAME"], declared["NOTE"]) == ("C(30)", "M")
    if kind == "vfp":
        assert found["SEEN"] == ["2020-01-01 10:30:00"]
        assert (found["NUMBER"][:2], found["RATIO"][:2]) == (["-5", "-4"], ["0", "1.5"])
        assert (found["OPT"], content.columns[8].missing) == (["x"], 25)
    else:
        assert declared["SALARY"] == "N(10,2)"


def test_what_reading_needs_goes_along_to_another_process(tmp_path: Path) -> None:
    table(tmp_path / "PEOPLE.DBF", "db3", "cp850")
    (tmp_path / "PEOPLE.dbt").rename(tmp_path / "People.DBT") if (tmp_path / "PEOPLE.dbt").exists() else None
    source = FileSource(Source("s", "files", ""), str(tmp_path))
    (item,) = source.list_assets()
    assert isinstance(item, Listed)
    again = pickle.loads(pickle.dumps(item))
    other = FileSource(Source("s", "files", ""), str(tmp_path))
    assert len(values(other.read(again, Take(rows=None)))["NOTE"]) == 50
    memo = next(path for path in tmp_path.iterdir() if path.suffix.lower() == ".dbt")
    os.utime(memo, (1, 1))
    (changed,) = source.list_assets()
    assert isinstance(changed, Listed) and changed.asset.change_marker != item.asset.change_marker


def test_a_file_by_itself_has_its_memos_too(tmp_path: Path) -> None:
    table(tmp_path / "people.dbf", "db3", "cp850")
    assert values(only(tmp_path / "people.dbf"))["NOTE"][0] == note(0)


def test_without_its_memos(tmp_path: Path) -> None:
    memo = table(tmp_path / "people.dbf", "db3", "cp850").with_suffix(".dbt")
    kept = memo.read_bytes()
    memo.unlink()
    content = only(tmp_path)
    assert content.skipped == [Skipped("s", Reason.NOT_FOUND, "people.dbf", "NOTE", "memo")]
    assert "NOTE" not in values(content) and values(content)["NAME"] == NAMES
    outside = tmp_path.parent / "elsewhere.dbt"
    outside.write_bytes(kept)
    memo.symlink_to(outside)
    source = FileSource(Source("s", "files", ""), str(tmp_path))
    tables = [item for item in source.list_assets() if isinstance(item, Listed)]
    refused = source.read(tables[0], Take(rows=None))
    assert [(skip.field, skip.code) for skip in refused.skipped] == [("NOTE", "memo")]
    memo.unlink()
    memo.write_bytes(kept)
    small = only(tmp_path, max_file_bytes=len(kept) - 1)
    assert small.skipped == [Skipped("s", Reason.TOO_LARGE, "people.dbf", "NOTE")]
    memo.write_bytes(b"xx")
    assert only(tmp_path).skipped == [Skipped("s", Reason.DAMAGED, "people.dbf", "NOTE", "memo")]


def test_a_memo_file_alone_is_not_looked_at_and_says_so(tmp_path: Path) -> None:
    table(tmp_path / "people.dbf", "db3", "cp850").unlink()
    source = FileSource(Source("s", "files", ""), str(tmp_path))
    (item,) = source.list_assets()
    assert isinstance(item, Listed)
    with pytest.raises(UnreadableError) as caught:
        source.read(item, Take(rows=1))
    assert (caught.value.reason, caught.value.code) == (Reason.UNSUPPORTED_FORMAT, "dbt")


def test_a_large_table_is_read_at_many_places(tmp_path: Path) -> None:
    records = [b" %06d" % number for number in range(20_000)]
    path = written(tmp_path / "a.dbf", raw([field(b"NO", b"C", 6)], records))
    content = only(path, rows=1000)
    numbers = [int(text) for text in values(content)["NO"]]
    assert (content.rows_read, content.asset.row_count, content.is_whole, content.sampling) == (
        1000,
        20_000,
        False,
        "blocks",
    )
    assert len(numbers) == 1000 and {number // 1000 for number in numbers} == set(range(20))
    assert numbers == [int(text) for text in values(only(path, rows=1000))["NO"]]
    assert numbers != [int(text) for text in values(only(path, rows=1000, seed=1))["NO"]]
    assert only(path, rows=20_000).is_whole


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        (0x03, b"M\xfcller", "Müller"),
        (0x02, b"M\x81ller", "Müller"),
        (0x65, b"\x88\xa2\xa0\xad", "Иван"),
        (0xC9, b"\xc8\xe2\xe0\xed", "Иван"),
        # Nobody says which: as it looks.
        (0x00, b"M\xfcller, Wei\xdf", "Müller, Weiß"),
        (0x00, b"M\x81ller, K\x94nig", "Müller, König"),
        (0x00, "Müller".encode(), "Müller"),
        (0x00, b"Doe", "Doe"),
    ],
)
def test_code_pages(tmp_path: Path, language: int, text: bytes, expected: str) -> None:
    data = raw([field(b"NAME", b"C", 20)], [b" " + text.ljust(20)], language=language)
    assert values(only(written(tmp_path / "a.dbf", data)))["NAME"] == [expected]


@pytest.mark.parametrize(("named", "encoding"), [("UTF-8", "utf-8"), ("1251", "cp1251"), ("ISO 88595", "iso8859-5")])
def test_the_encoding_in_a_file_beside(tmp_path: Path, named: str, encoding: str) -> None:
    written(tmp_path / "a.dbf", raw([field(b"NAME", b"C", 20)], [b" " + "Иван".encode(encoding).ljust(20)]))
    (tmp_path / "a.cpg").write_text(named)
    assert values(only(tmp_path))["NAME"] == ["Иван"]


def test_values_of_every_type(tmp_path: Path) -> None:
    fields = [
        field(b"TEXT", b"C", 5), field(b"DAY", b"D", 8), field(b"YES", b"L", 1), field(b"WHOLE", b"N", 6),
        field(b"FLAG", b"I", 4), field(b"MONEY", b"Y", 8), field(b"DOUBLE", b"B", 8), field(b"MOMENT", b"T", 8),
        field(b"SHORT", b"V", 6), field(b"BYTES", b"Q", 6), field(b"ODD", b"X", 4),
        field(b"NULLED", b"C", 3, flags=2), field(b"_NullFlags", b"0", 1, flags=5),
    ]  # fmt: skip
    moment = struct.pack("<II", 2459217, 37_800_000)
    one = (b" ab\0\0 " + b"20210102" + b"T" + b"  -007" + struct.pack("<i", -9) + struct.pack("<q", -15_000)
           + struct.pack("<d", 2.5) + moment + b"anna\0\x04" + b"\xff\xfe\0\0\0\x02" + b"\x01\x02\x03\x04" + b"xyz"
           + b"\x07")  # fmt: skip
    two = (b"*" + b"     " + b"00000000" + b"?" + b"******" + bytes(4) + bytes(8) + bytes(8) + bytes(8) + b"brandt"
           + bytes(6) + bytes(4) + b"xyz" + b"\x00")  # fmt: skip
    content = only(written(tmp_path / "a.dbf", raw(fields, [one, two], version=0x32)))
    found = values(content)
    assert found == {
        "TEXT": ["ab"], "DAY": ["2021-01-02"], "YES": ["1"], "WHOLE": ["-007"], "FLAG": ["-9", "0"],
        "MONEY": ["-1.5000", "0.0000"], "DOUBLE": ["2.5", "0"], "MOMENT": ["2021-01-02 10:30:00"],
        "SHORT": ["anna", "brandt"], "BYTES": [], "ODD": [], "NULLED": ["xyz"],
    }  # fmt: skip
    binary = {column.field.ref.field: column.binary for column in content.columns if column.binary}
    # What nobody knows is told of as bytes. The last column is null in the first record.
    assert binary["BYTES"] == 2 and binary["ODD"] == 1 and content.skipped == []


def test_names_that_are_content_and_names_twice(tmp_path: Path) -> None:
    fields = [field(b"Jane Doe", b"C", 2), field(b"A", b"C", 2), field(b"A", b"C", 2), field(b"\xff", b"C", 2)]
    found = values(only(written(tmp_path / "a.dbf", raw(fields, [b" aabbccdd"]))))
    assert list(found)[:3] == ["column_1", "A", "A~2"]


def test_records_that_are_missing_and_records_too_many(tmp_path: Path) -> None:
    fields = [field(b"NO", b"C", 4)]
    records = [b" %04d" % number for number in range(10)]
    path = written(tmp_path / "a.dbf", raw(fields, records, count=2**32 - 1))
    content = only(path)
    assert content.skipped == [Skipped("s", Reason.DAMAGED, "a.dbf", "(missing records)")]
    assert (content.rows_read, len(values(content)["NO"])) == (10, 10)
    # The header was not brought up to date.
    assert only(written(path, raw(fields, records, count=3))).rows_read == 10
    # What follows is no record.
    data = raw(fields, records[:3])
    assert only(written(path, data + b"\x1a" * 50)).rows_read == 3
    assert only(written(path, raw(fields, []))).sampling == "none"


@pytest.mark.parametrize("at", [0, 1, 31, 32, 40, 64, 65, 100])
def test_truncated(tmp_path: Path, at: int) -> None:
    data = raw([field(b"NO", b"C", 4), field(b"B", b"C", 9)], [b" 0001abcdefghi"] * 5)[:at]
    try:
        content = only(written(tmp_path / "a.dbf", data))
    except UnreadableError as error:
        assert (error.reason, error.code) == (Reason.DAMAGED, "header")
    else:
        assert content.skipped or not data


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"PK\x03\x04" + bytes(100), Reason.DAMAGED),
        (b"name;mail\n" * 20, Reason.DAMAGED),
        (b"\x02" + bytes(600), Reason.UNSUPPORTED_FORMAT),
        (b"\x03" + bytes(600), Reason.DAMAGED),
        (raw([field(b"NO", b"C", 4)], [])[:15] + b"\x01" + bytes(100), Reason.ENCRYPTED),
        (raw([field(b"NO", b"N", 0)], [b" "]), Reason.DAMAGED),
        (raw([], []), Reason.DAMAGED),
    ],
)
def test_what_is_no_table(tmp_path: Path, data: bytes, reason: Reason) -> None:
    with pytest.raises(UnreadableError) as caught:
        only(written(tmp_path / "a.dbf", data))
    assert caught.value.reason is reason


def test_fields_up_to_what_a_header_can_say(tmp_path: Path) -> None:
    fields = [field(b"F%d" % number, b"C", 1) for number in range(2000)]
    content = only(written(tmp_path / "a.dbf", raw(fields, [b" " + b"x" * 2000])))
    assert len(content.columns) == 2000
    too_wide = [field(b"NO", b"C", 200), field(b"B", b"C", 200)]
    data = bytearray(raw(too_wide, [b" " * 401]))
    data[10:12] = struct.pack("<H", 100)  # records shorter than their fields
    with pytest.raises(UnreadableError):
        only(written(tmp_path / "a.dbf", bytes(data)))


@pytest.mark.parametrize("pointer", [b"9999999999", b"-000000001", b"      12x4", b"\xff" * 10, b"         7"])
def test_memo_pointers_that_lead_nowhere(tmp_path: Path, pointer: bytes) -> None:
    records = [b" " + b"1".rjust(10), b" " + pointer, b" " + b" " * 10, b" " + b"1".rjust(10)]
    written(tmp_path / "a.dbf", raw([field(b"NOTE", b"M", 10)], records, version=0x83))
    written(tmp_path / "a.dbt", bytes(512) + b"first memo\x1a\x1a" + bytes(500))
    content = only(tmp_path)
    assert values(content)["NOTE"] == ["first memo"]
    assert content.skipped == [Skipped("s", Reason.DAMAGED, "a.dbf", "NOTE", "1 values")] and not content.is_whole


def test_memos_of_dbase_4_and_of_foxpro_with_absurd_lengths(tmp_path: Path) -> None:
    block = b"\xff\xff\x08\x00" + struct.pack("<I", 18) + b"first memo"
    endless = b"\xff\xff\x08\x00" + struct.pack("<I", 2**32 - 1) + b"x"
    records = [b" " + b"%10d" % number for number in (1, 2, 3)]
    head = bytearray(512)
    head[20:22] = struct.pack("<H", 512)
    memos = bytes(head) + block.ljust(512, b"\0") + endless.ljust(512, b"\0") + b"old kind\x1a".ljust(512, b"\0")
    written(tmp_path / "a.dbf", raw([field(b"NOTE", b"M", 10)], records, version=0x8B))
    written(tmp_path / "a.dbt", memos)
    content = only(tmp_path)
    assert values(content)["NOTE"] == ["first memo", "old kind"]
    assert [skip.code for skip in content.skipped] == ["1 values"]
    (tmp_path / "a.dbt").unlink()
    long = struct.pack(">II", 1, 100_000) + b"y" * 100_000
    picture = struct.pack(">II", 0, 6) + b"\xff\xd8\xff\xe0\0\0"
    blocks = struct.pack(">I2xH", 1, 1).ljust(512, b"\0")  # blocks of one byte
    fpt = blocks + long + picture
    fields = [field(b"NOTE", b"M", 4), field(b"PHOTO", b"G", 4)]
    row = b" " + struct.pack("<II", 512, 512 + len(long))
    written(tmp_path / "a.dbf", raw(fields, [row], version=0x30))
    written(tmp_path / "a.fpt", fpt)
    content = only(tmp_path)
    note_column, photo = content.columns
    assert (note_column.cut, len(next(iter(note_column.counts)))) == (1, 4096)
    assert (photo.binary, photo.magic[0][:3]) == (1, b"\xff\xd8\xff")


def test_no_damage_makes_the_reader_fail(tmp_path: Path) -> None:
    """Bytes turned at random end in values, in something skipped or in a refusal: nothing else."""
    table(tmp_path / "people.dbf", "vfp", "cp1252", count=20)
    data, memo = (tmp_path / "people.dbf").read_bytes(), (tmp_path / "people.fpt").read_bytes()
    rng = random.Random(3)
    for _ in range(300):
        turned, notes = bytearray(data), bytearray(memo)
        for _ in range(rng.randint(1, 8)):
            turned[rng.randrange(len(turned) if rng.random() < 0.3 else 400)] = rng.randrange(256)
            notes[rng.randrange(min(len(notes), 700))] = rng.randrange(256)
        (tmp_path / "people.dbf").write_bytes(bytes(turned[: rng.choice((len(turned), rng.randrange(len(turned))))]))
        (tmp_path / "people.fpt").write_bytes(bytes(notes))
        try:
            content = only(tmp_path)
        except UnreadableError as error:
            assert error.reason in (Reason.DAMAGED, Reason.ENCRYPTED, Reason.UNSUPPORTED_FORMAT)
        else:
            assert all(len(value) <= 4096 for column in content.columns for value in column.counts)


def test_from_the_command_line(cli: Cli, tmp_path: Path) -> None:
    share = tmp_path / "share"
    share.mkdir()
    table(share / "people.dbf", "db3", "cp850")
    done = cli("scan", share, "--format", "json")
    assert done.exit_code == 0, done.stdout + done.stderr
    listed = cli("map", "fields", "--format", "json")
    found = {item["field"]: item for item in listed.json()}
    assert found["NAME"]["category"] == "identity.name"
    assert "contact.phone" in [each["category"] for each in found["NOTE"]["contains"]]
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("privacy.db*"))
    for value in ("Müller", "Weiß", "+49 30", "1234.50"):
        assert value.encode() not in stored and value not in done.stdout + done.stderr + listed.stdout
