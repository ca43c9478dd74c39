"""`privacy redact`: what comes out, byte for byte. The people in it are made up for this file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from io import BytesIO
from itertools import islice
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.redaction import Choice, Coding, Document, documents
from scanners.detect.base import Span
from scanners.detect.ner import NameReader
from scanners.detect.text import TextReader
from tests.conftest import Cli, clean_environment

READER = TextReader(NameReader(None))
MAIL = "Write to tuuli@kestrel-mail.org."
MASKED = "Write to <contact.email>."


def redact(home: Path, guard_log: Path, data: bytes, *args: str) -> tuple[int, bytes, str]:
    """Exit code, standard output and standard error of the command, with bytes as input."""
    done = subprocess.run(
        [sys.executable, "-m", "privacy", "redact", "--no-ner", *args],
        input=data,
        capture_output=True,
        cwd=home,
        env=clean_environment(home, guard_log),
        timeout=120,
        check=False,
    )
    assert guard_log.read_text() == ""
    return done.returncode, done.stdout, done.stderr.decode()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", b""),
        (b"\n", b"\n"),
        (MAIL.encode(), MASKED.encode()),
        (f"{MAIL}\r\n\r\n{MAIL}".encode(), f"{MASKED}\r\n\r\n{MASKED}".encode()),
        (f"\x00\x1b[31m{MAIL}\x07\x0b\x0c\x85".encode(), f"\x00\x1b[31m{MASKED}\x07\x0b\x0c\x85".encode()),
        (b"\xfa\xfe ok\xe9 " + MAIL.encode() + b" \xc3\x28", b"\xfa\xfe ok\xe9 " + MASKED.encode() + b" \xc3\x28"),
        (f"\ufeff{MAIL}\n".encode(), f"\ufeff{MASKED}\n".encode()),
        *(
            (f"\ufeff{MAIL}\n".encode(name), f"\ufeff{MASKED}\n".encode(name))
            for name in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
        ),
        (
            f"\ufeff\ud83d {MAIL}\n".encode("utf-16-le", "surrogatepass") + b"x",
            f"\ufeff\ud83d {MASKED}\n".encode("utf-16-le", "surrogatepass") + b"x",
        ),
        (f"Zürich, {MAIL}\n".encode("cp1252") * 20, f"<contact.place>, {MASKED}\n".encode("cp1252") * 20),
    ],
    ids=[
        "nothing",
        "a line end",
        "mail",
        "crlf",
        "controls",
        "broken",
        "marked",
        "utf-16",
        "utf-16-be",
        "utf-32",
        "utf-32-be",
        "half",
        "cp1252",
    ],
)
def test_all_but_what_is_masked_stays_as_it_is(tmp_path: Path, guard_log: Path, data: bytes, expected: bytes) -> None:
    for args in ((), ("--lines",)):
        code, out, err = redact(tmp_path, guard_log, data, *args)
        assert code == 0, err
        assert out == expected


def test_spans_of_lines(tmp_path: Path, guard_log: Path) -> None:
    data = f"{MAIL}\n\n{MAIL}\x0b\x0c\u2028 \x85{MAIL}\r\nlast".encode()
    code, out, _ = redact(tmp_path, guard_log, data, "--lines", "--format", "json")
    assert code == 0
    lines = [json.loads(line) for line in out.decode().splitlines()]
    one = {"start": 9, "end": 31, "category": "contact.email", "score": 1.0}
    assert lines[0] == [one]
    assert lines[1] == lines[3] == []
    assert [span["category"] for span in lines[2]] == ["contact.email"] * 2
    assert b"tuuli" not in out


def test_the_whole_as_one_document(tmp_path: Path, guard_log: Path) -> None:
    code, out, err = redact(tmp_path, guard_log, f"{MAIL}\n{MAIL}\n".encode(), "--format", "json")
    assert code == 0
    assert [span["start"] for span in json.loads(out)] == [9, 9 + len(MAIL) + 1]
    assert "without a language model (--no-ner)" in err.lower()
    assert redact(tmp_path, guard_log, b"", "--format", "json")[1] == b"[]\n"
    assert redact(tmp_path, guard_log, b"", "--format", "json", "--lines")[1] == b""


def test_from_a_file_into_a_file(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text(f"Dear Mrs Quandt-Ibe,\n{MAIL}\n")
    run = cli("redact", "letter.txt", "--no-ner", "-o", "masked.txt")
    assert (run.exit_code, run.stdout) == (0, "")
    assert (tmp_path / "masked.txt").read_text() == f"Dear Mrs <identity.name>,\n{MASKED}\n"
    assert cli("redact", "letter.txt", "--no-ner", "-q").stderr == ""


def _docx(text: str) -> bytes:
    data = BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("word/document.xml", f"<w:t>{text}</w:t>")
    return data.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("letter.docx", _docx(MAIL), "docx"),
        ("letter.txt", b"%PDF-1.7\n" + MAIL.encode(), "pdf"),
        ("letter.txt", b"\x1f\x8b\x08" + MAIL.encode(), "gzip"),
        ("photo.txt", b"\x89PNG\r\n\x1a\n" + MAIL.encode(), "png"),
        ("noise", bytes(Random(5).randbytes(5_000)), "binary"),
        ("holes", b"\0\0\0" * 50 + MAIL.encode(), "binary"),
    ],
)
def test_what_is_no_text_is_refused(cli: Cli, tmp_path: Path, name: str, data: bytes, told: str) -> None:
    (tmp_path / name).write_bytes(data)
    run = cli("redact", name, "--no-ner", "-o", "masked")
    assert (run.exit_code, run.stdout) == (4, "")
    assert run.stderr.splitlines()[-1].startswith(f"privacy: {name} is no plain text but {told},")
    assert sorted(path.name for path in tmp_path.glob("*mask*")) == []


@pytest.mark.parametrize("output", ["letter.txt", "./letter.txt", "link.txt"])
def test_a_text_is_not_replaced_by_what_is_made_of_it(cli: Cli, tmp_path: Path, output: str) -> None:
    (tmp_path / "letter.txt").write_text(MAIL)
    (tmp_path / "link.txt").symlink_to(tmp_path / "letter.txt")
    run = cli("redact", "letter.txt", "--no-ner", "-o", output)
    assert (run.exit_code, run.stdout) == (2, "")
    assert (tmp_path / "letter.txt").read_text() == MAIL


def test_some_categories_only(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text(f"Dear Mrs Quandt-Ibe,\n{MAIL}\n")
    only = cli("redact", "letter.txt", "--no-ner", "--category", "identity")
    assert only.stdout == f"Dear Mrs <identity.name>,\n{MAIL}\n"
    kept = cli("redact", "letter.txt", "--no-ner", "--keep", "identity.name")
    assert kept.stdout == f"Dear Mrs Quandt-Ibe,\n{MASKED}\n"


def test_some_categories_inside_of_others() -> None:
    text = "Send it to Mrs Tuuli Achterhof, 12 Mill Lane, Leeds LS1 4AP."

    def masked(choice: Choice) -> str:
        [document] = documents([text], READER, choice)
        return document.masked()

    assert masked(Choice()) == "Send it to <contact.address>."
    assert masked(Choice(only=("contact.place",))) == text.replace("Leeds", "<contact.place>")
    assert masked(Choice(only=("identity",))) == text.replace("Tuuli Achterhof", "<identity.name>")
    assert masked(Choice(keep=("contact.address",))) == text
    assert masked(Choice(only=("contact",), keep=("contact.address",))) == text


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("nowhere.txt",), 4),
        (("letter.txt/nowhere", "-o", "masked.txt"), 4),
        (("nowhere.txt" * 50, "-o", "masked.txt"), 4),
        ((".",), 2),
        (("-", "--category", "contact.e-mail"), 2),
        (("-", "--language", "xx"), 2),
        (("-", "--country", "Germany"), 2),
        (("-", "-o", "no/such/folder.txt"), 2),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, tuple) else str(value),
)
def test_what_cannot_be_done(cli: Cli, tmp_path: Path, args: tuple[str, ...], code: int) -> None:
    (tmp_path / "letter.txt").write_text(MAIL)
    run = cli("redact", *args, "--no-ner", stdin="x")
    assert (run.exit_code, run.stdout) == (code, "")
    assert run.stderr.splitlines()[-1].startswith("privacy: ")


@settings(deadline=None, max_examples=60)
@given(
    st.binary(max_size=200), st.sampled_from(["utf-8", "cp1252", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
)
def test_any_bytes_come_back(data: bytes, encoding: str) -> None:
    coding = Coding(encoding)
    text = "".join(coding.texts(BytesIO(data)))
    [document] = documents([text], READER, Choice())
    assert coding.encode(Document(document.text, ()).masked()) == data
    if not document.spans:
        assert coding.encode(document.masked()) == data


def test_a_document_does_not_show_its_text() -> None:
    document = Document(MAIL, (Span(9, 31, "contact.email", 1.0, "x"),))
    assert "tuuli" not in repr(document)
    assert document.masked() == MASKED


def test_an_endless_stream_of_lines_is_read_as_it_comes() -> None:
    def endless() -> Iterator[str]:
        while True:
            yield MAIL + "\n"

    for document in islice(documents(endless(), READER, Choice()), 600):
        assert document.masked() == MASKED + "\n"


def test_a_pipe_is_written_into_and_stays_one(inside: Cli, tmp_path: Path) -> None:
    source, pipe = tmp_path / "in.txt", tmp_path / "pipe"
    source.write_text("Mail jane.wexler@kestrel-mail.org today.\n")
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    run = inside("redact", source, "-o", pipe)
    reader.join(30)
    assert run.exit_code == 0, run.stderr
    assert read == [b"Mail <contact.email> today.\n"]
    assert pipe.is_fifo()
