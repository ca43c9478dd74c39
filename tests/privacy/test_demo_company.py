"""The company of the demo is the same every time, as large as promised, and what it says about itself is true."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from email import message_from_bytes
from pathlib import Path

import phonenumbers
import pytest
import stdnum.de.idnr
import stdnum.es.dni
import stdnum.fr.nir
import stdnum.iban
import stdnum.imei
import stdnum.luhn
import stdnum.nl.bsn
import stdnum.pl.pesel
from python_calamine import CalamineError, CalamineWorkbook

from privacy.demo.company import MANIFEST, Company, build

_PLAIN_TEXT = {".txt", ".log", ".md"}
_UNREADABLE = {".pdf", ".docx", ".png", ".zip", ".eml"}
_BROKEN = "leitung/budget_2025_kaputt.xlsx"


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    return build(tmp_path_factory.mktemp("demo") / "privacy-demo")


@pytest.fixture(scope="module")
def content(company: Company) -> dict[tuple[str, str], dict[str, list[str]]]:
    """(source, asset) → field → values that are not empty."""
    tables = {
        (path.stem, f"main.{table}"): columns
        for path in company.databases
        for table, columns in _read_database(path).items()
    }
    return tables | {("share", path): _read_file(company.share / path) for path in _files(company)}


def _files(company: Company) -> list[str]:
    return sorted(path.relative_to(company.share).as_posix() for path in company.share.rglob("*") if path.is_file())


def _read_database(path: Path) -> dict[str, dict[str, list[str]]]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        out = {}
        for name in names:
            cursor = database.execute(f'SELECT * FROM "{name}"')
            header = [column[0] for column in cursor.description]
            out[name] = _columns(header, cursor.fetchall())
        return out


def _read_file(path: Path) -> dict[str, list[str]]:
    if path.suffix in _UNREADABLE or path.as_posix().endswith(_BROKEN):
        return {}
    if path.suffix in (".xlsx", ".ods"):
        book = CalamineWorkbook.from_path(str(path))
        out = {}
        for sheet in book.sheet_names:
            header, *rows = book.get_sheet_by_name(sheet).to_python()
            out |= _columns([f"{sheet}.{name}" for name in header], rows)
        return out
    text = _text(path.read_bytes())
    if path.suffix == ".json":
        return _records(json.loads(text))
    if path.suffix == ".ndjson":
        return _records([json.loads(line) for line in text.splitlines()])
    if path.suffix in _PLAIN_TEXT:
        return {"body": [text]}
    delimiter = max(";,|\t", key=text.splitlines()[0].count)
    header, *rows = csv.reader(io.StringIO(text), delimiter=delimiter)
    if "@" in header[0]:
        header, rows = [f"column_{at}" for at in range(1, len(header) + 1)], [header, *rows]
    return _columns(header, rows)


def _text(raw: bytes) -> str:
    if raw.startswith(b"\xff\xfe"):
        return raw.decode("utf-16")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252")


def _columns(header: list[str], rows: list[tuple[object, ...]]) -> dict[str, list[str]]:
    assert len(set(header)) == len(header)
    return {name: [str(row[at]) for row in rows if row[at] not in (None, "")] for at, name in enumerate(header)}


def _records(records: list[dict[str, object]]) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    for record in records:
        for name, value in _flat(record):
            out.setdefault(name, []).extend([] if value is None else [str(value)])
    return out


def _flat(record: dict[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for key, value in record.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _bytes(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_two_builds_are_equal_byte_for_byte(company: Company, tmp_path: Path) -> None:
    again = build(tmp_path)
    assert _bytes(again.folder) == _bytes(company.folder)
    assert (again.planted, again.harmless) == (company.planted, company.harmless)


def test_another_seed_makes_other_people_in_the_same_places(company: Company, tmp_path: Path) -> None:
    other = build(tmp_path, seed=7)
    assert other.planted == company.planted
    assert _bytes(other.folder).keys() == _bytes(company.folder).keys()
    assert _bytes(other.folder)["crm.sqlite"] != _bytes(company.folder)["crm.sqlite"]


def test_a_build_replaces_its_own_files_and_spares_others(tmp_path: Path) -> None:
    build(tmp_path)
    wanted = _bytes(tmp_path)
    (tmp_path / "crm.sqlite").write_bytes(b"x")
    (tmp_path / "share/mine.txt").write_bytes(b"mine")
    build(tmp_path)
    assert _bytes(tmp_path) == wanted | {"share/mine.txt": b"mine"}


def test_a_build_writes_nothing_over_the_file_of_somebody_else(tmp_path: Path) -> None:
    (tmp_path / "crm.sqlite").write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        build(tmp_path)
    assert _bytes(tmp_path) == {"crm.sqlite": b"mine"}


def test_only_the_manifest_stands_beside_the_sources(company: Company) -> None:
    assert {path.name for path in company.folder.iterdir()} == {MANIFEST, "crm.sqlite", "legacy_hr.sqlite", "share"}


def test_one_database_has_keys_and_the_other_has_none(company: Company) -> None:
    keys = {}
    for path in company.databases:
        with closing(sqlite3.connect(path)) as database:
            names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert database.execute("PRAGMA foreign_key_check").fetchall() == []
            keys[path.stem] = (
                len(names),
                sum(len(database.execute(f'PRAGMA foreign_key_list("{name}")').fetchall()) for name in names),
                sum(any(row[5] for row in database.execute(f'PRAGMA table_info("{name}")')) for name in names),
            )
            sizes = [database.execute(f'SELECT COUNT(*) FROM "{name}"').fetchone()[0] for name in names]
            assert min(sizes) >= 7
            assert max(sizes) >= 1900
    assert keys == {"crm": (20, 16, 20), "legacy_hr": (16, 0, 0)}


def test_the_share_has_many_files_of_many_kinds(company: Company) -> None:
    files = _files(company)
    kinds = Counter(Path(path).suffix for path in files)
    assert len(files) >= 65
    assert kinds.keys() == {".csv", ".tsv", ".json", ".ndjson", ".xlsx", ".ods"} | _PLAIN_TEXT | _UNREADABLE


def test_delimited_files_come_in_four_encodings(company: Company) -> None:
    raw = [path.read_bytes() for path in company.share.rglob("*.csv")]
    assert any(one.startswith(b"\xef\xbb\xbf") for one in raw)
    assert any(one.startswith(b"\xff\xfe") for one in raw)
    assert any("ü" in one.decode("cp1252") for one in raw if not _is_utf8(one) and not one.startswith(b"\xff"))
    assert any(_is_utf8(one) and not one.isascii() for one in raw if not one.startswith(b"\xef"))


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def test_files_that_need_other_readers_are_what_they_say(company: Company) -> None:
    read = {suffix: next(company.share.rglob(f"*{suffix}")).read_bytes() for suffix in _UNREADABLE}
    assert read[".pdf"].startswith(b"%PDF-1.4")
    start = int(read[".pdf"].split()[-2])
    assert read[".pdf"][start:].startswith(b"xref")
    assert read[".png"].startswith(b"\x89PNG")
    assert read[".docx"].startswith(b"PK")
    assert read[".zip"].startswith(b"PK")
    assert not message_from_bytes(read[".eml"]).defects


def test_one_workbook_is_damaged(company: Company) -> None:
    with pytest.raises(CalamineError):
        CalamineWorkbook.from_path(str(company.share / _BROKEN))


def test_every_planted_field_exists_and_holds_something(company: Company, content) -> None:
    missing = [one for one in company.planted if len(content.get((one.source, one.asset), {}).get(one.field, [])) == 0]
    assert missing == []
    assert len(set(company.planted)) == len(company.planted)


def test_every_harmless_field_exists_and_none_is_planted(company: Company, content) -> None:
    assert [ref for ref in company.harmless if ref.field not in content[ref.source, ref.asset]] == []
    planted = {(one.source, one.asset, one.field) for one in company.planted}
    assert [ref for ref in company.harmless if (ref.source, ref.asset, ref.field) in planted] == []


def _is_phone(value: str) -> bool:
    """Numbers without a country are of the countries that write them so."""
    regions = ("DE", "FR", "NL", "AT")
    return any(phonenumbers.is_valid_number(phonenumbers.parse(value, region)) for region in regions)


def _is_national(value: str) -> bool:
    schemes = (stdnum.nl.bsn, stdnum.fr.nir, stdnum.es.dni, stdnum.pl.pesel)
    return any(scheme.is_valid(value) for scheme in schemes)


@pytest.mark.parametrize(
    ("category", "is_valid"),
    [
        ("financial.iban", stdnum.iban.is_valid),
        ("financial.card", lambda value: stdnum.luhn.is_valid(value.replace(" ", ""))),
        ("government_id.tax", stdnum.de.idnr.is_valid),
        ("government_id.national", _is_national),
        ("contact.phone", _is_phone),
        ("contact.email", lambda value: value.count("@") == 1 and value.isascii()),
    ],
)
def test_identifiers_are_valid(company: Company, content, category: str, is_valid) -> None:
    values = {
        value
        for one in company.planted
        if one.category == category
        for value in content[one.source, one.asset][one.field]
    }
    assert len(values) > 10
    assert [value for value in values if not is_valid(value)] == []


def test_device_numbers_are_valid(content) -> None:
    values = set(content["share", "it/exports/ride_events.ndjson"]["device.imei"])
    assert len(values) > 10
    assert all(stdnum.imei.is_valid(value) for value in values)


def test_each_national_scheme_occurs(content) -> None:
    countries = Counter(content["legacy_hr", "main.T_AUSL"]["ld"])
    assert countries.keys() == {"NL", "FR", "ES", "PL"}


def test_customers_occur_in_every_source(content) -> None:
    customers = set(content["crm", "main.customers"]["email"])
    assert len(customers & set(content["legacy_hr", "main.T_KD_ALT"]["cust_eml"])) > 500
    assert len(customers & set(content["share", "sales/export_kunden_2024.csv"]["E-Mail"])) > 300
    assert len(customers & set(content["legacy_hr", "main.T_PERS"]["eml_p"])) >= 30
    assert any(address in content["share", "it/logs/app-2025-06-02.log"]["body"][0] for address in customers)
