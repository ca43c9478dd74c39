from __future__ import annotations

from pathlib import Path

import pytest

from data_map.model import Reason
from scanners.extract.plain import PART_CHARS, SAMPLE_CHARS
from scanners.extract.registry import ending_of, extractor_for
from scanners.values import UnreadableError
from tests.scanners.reading import read


@pytest.mark.parametrize("name", ["a.txt", "a.LOG", "README", "app.log.1", "app.log-20240131", "notes.md", ".bashrc"])
def test_a_text_is_one_body(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("call Jane\n\nsoon")
    content = read(path)
    assert [(part.field.ref.field, part.text) for part in content.texts] == [("body", "call Jane\n\nsoon")]
    assert (content.rows_read, content.asset.row_count, content.bytes_read) == (3, 3, 15)
    assert (content.is_whole, content.sampling) == (True, "all")


def test_parts_end_at_line_ends_and_lose_nothing(tmp_path: Path) -> None:
    text = "".join(f"line {number} of a long log\r\n" for number in range(20_000))
    path = tmp_path / "a.log"
    path.write_bytes(text.encode())
    content = read(path)
    assert len(content.texts) > 1
    assert all(len(part.text) <= PART_CHARS and part.text.endswith("\n") for part in content.texts)
    assert "".join(part.text for part in content.texts) == text
    assert content.rows_read == 20_000


def test_one_endless_line(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("x" * (2 * PART_CHARS + 1))
    content = read(path)
    assert [len(part.text) for part in content.texts] == [PART_CHARS, PART_CHARS, 1]
    assert content.rows_read == 1


def test_a_sample_is_not_the_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("abcdefghi\n" * (SAMPLE_CHARS // 10) + "the end")
    content = read(path, rows=5)
    assert sum(len(part.text) for part in content.texts) == SAMPLE_CHARS
    assert (content.is_whole, content.sampling, content.asset.row_count) == (False, "head", None)
    assert read(path).is_whole


@pytest.mark.parametrize(
    ("name", "data", "reason", "code"),
    [
        ("a.txt", b"PK\x03\x04" + bytes(50), Reason.DAMAGED, "zip"),
        ("a.log", b"\x89PNG\r\n\x1a\n" + bytes(50), Reason.DAMAGED, "png"),
        ("a.txt", bytes(range(256)) * 8, Reason.DAMAGED, "binary"),
        ("data", b"SQLite format 3\0" + bytes(50), Reason.UNSUPPORTED_FORMAT, "sqlite"),
        ("data", bytes(range(256)) * 8, Reason.UNSUPPORTED_FORMAT, "binary"),
        ("a.docx", b"PK\x03\x04" + bytes(50), Reason.UNSUPPORTED_FORMAT, "docx"),
        ("a.html", b"<p>Jane", Reason.UNSUPPORTED_FORMAT, "html"),
        ("a.sql", b"select 1", Reason.UNSUPPORTED_FORMAT, "sql"),
        ("a.xls", b"a\tb\n1\t2\n", Reason.DAMAGED, "text"),
        ("a.csv.gz", b"\x1f\x8b\x08" + bytes(50), Reason.UNSUPPORTED_FORMAT, "gz"),
    ],
)
def test_what_has_no_reader_or_is_not_what_it_says(
    tmp_path: Path, name: str, data: bytes, reason: Reason, code: str
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(UnreadableError) as caught:
        read(path)
    assert (caught.value.reason, caught.value.code) == (reason, code)


def test_too_large(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("x" * 100)
    with pytest.raises(UnreadableError) as caught:
        read(path, max_file_bytes=99)
    assert caught.value.reason is Reason.TOO_LARGE
    assert read(path, max_file_bytes=100).is_whole


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        (".env", "env"),
        ("a/.env.production", "env"),
        ("prod.env", "env"),
        ("env.csv", "csv"),
        ("Dockerfile", "dockerfile"),
        ("Dockerfile.web", "dockerfile"),
        (".pgpass", ""),
        ("id_rsa", ""),
        ("settings.yaml", "yaml"),
    ],
)
def test_settings_and_keys_are_read(name: str, ending: str) -> None:
    assert ending_of(name) == ending
    extractor_for(name, b"password: hunter2")


def test_what_only_shares_an_ending_with_settings_is_not_damaged() -> None:
    with pytest.raises(UnreadableError) as caught:
        extractor_for("talk.key", b"PK\x03\x04" + bytes(50))
    assert (caught.value.reason, caught.value.code) == (Reason.UNSUPPORTED_FORMAT, "key")
