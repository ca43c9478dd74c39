from __future__ import annotations

import datetime as dt
import io
import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest
import xlsxwriter  # type: ignore[import-untyped]

from data_map.model import Reason
from scanners.extract.header import default_label
from scanners.values import UnreadableError
from tests.scanners.reading import names, read, values

PEOPLE = [("id", "name", "email"), (1, "Jane", "jane@x.org"), (2, "Bob", "bob@x.org"), (3, "Mia", "mia@x.org")]
Rows = Sequence[Sequence[object]]


def workbook(path: Path, sheets: dict[str, Rows], hidden: Sequence[str] = ()) -> Path:
    with xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd"}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for place, row in enumerate(rows):
                sheet.write_row(place, 0, row)
            if name in hidden:
                sheet.very_hidden()
    return path


def ods(path: Path, rows: Rows) -> Path:
    cells = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>' for cell in row
        )
        + "</table:table-row>"
        for row in rows
    )
    names = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        archive.writestr(
            "content.xml",
            f'<?xml version="1.0"?><office:document-content{names}><office:body><office:spreadsheet>'
            f'<table:table table:name="Sheet1">{cells}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
        archive.writestr(
            "META-INF/manifest.xml",
            '<?xml version="1.0"?>'
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            "</manifest:manifest>",
        )
    return path


def reason_of(path: Path, **limits: object) -> Reason:
    with pytest.raises(UnreadableError) as caught:
        read(path, **limits)  # type: ignore[arg-type]
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return caught.value.reason


def test_each_sheet_is_a_table(tmp_path: Path) -> None:
    content = read(
        workbook(tmp_path / "a.xlsx", {"Staff": PEOPLE, "Empty": [], "Plan": [("city",), ("Rome",), ("Bonn",)]})
    )
    assert values(content) == {
        "Staff.id": ["1", "2", "3"],
        "Staff.name": ["Jane", "Bob", "Mia"],
        "Staff.email": ["jane@x.org", "bob@x.org", "mia@x.org"],
        "Plan.city": ["Rome", "Bonn"],
    }
    assert names(content)
    assert (content.rows_read, content.asset.row_count, content.is_whole, content.sampling) == (5, 5, True, "all")
    assert content.bytes_read == (tmp_path / "a.xlsx").stat().st_size


@pytest.mark.parametrize("ending", ["xlsm", "xls", "xlsb", "XLSX"])
def test_the_content_counts_more_than_the_kind_of_workbook(tmp_path: Path, ending: str) -> None:
    assert values(read(workbook(tmp_path / f"a.{ending}", {"S": PEOPLE})))["S.name"] == ["Jane", "Bob", "Mia"]


def test_ods(tmp_path: Path) -> None:
    assert values(read(ods(tmp_path / "a.ods", PEOPLE)))["Sheet1.name"] == ["Jane", "Bob", "Mia"]


def test_hidden_sheets_are_read(tmp_path: Path) -> None:
    content = read(workbook(tmp_path / "a.xlsx", {"S": PEOPLE, "Secret": PEOPLE}, hidden=["Secret"]))
    assert "Secret.email" in values(content)


def test_types(tmp_path: Path) -> None:
    rows = [
        ("born", "at", "phone", "share", "active"),
        *[
            (
                dt.date(1980, 1, day),
                dt.datetime(1980, 1, day, 8, 30),  # noqa: DTZ001
                491700000000 + day,
                day / 4,
                True,
            )
            for day in (1, 2)
        ],
    ]
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd hh:mm"}) as book:
        sheet = book.add_worksheet("S")
        for place, row in enumerate(rows):
            sheet.write_row(place, 0, row)
    assert values(read(path)) == {
        "S.born": ["1980-01-01", "1980-01-02"],
        "S.at": ["1980-01-01 08:30:00", "1980-01-02 08:30:00"],
        "S.phone": ["491700000001", "491700000002"],
        "S.share": ["0.25", "0.5"],
        "S.active": ["1"],
    }


def test_blank_rows_and_a_title_above_the_table(tmp_path: Path) -> None:
    content = read(workbook(tmp_path / "a.xlsx", {"S": [(), ("Salaries by Jane Doe",), (), *PEOPLE]}))
    assert values(content)["S.id"] == ["Salaries by Jane Doe", "1", "2", "3"]
    assert content.rows_read == 3


def test_people_without_a_header_never_become_names(tmp_path: Path) -> None:
    rows = [("Jane Doe", "Rome", dt.date(1980, 1, 1)), ("Bob Roe", "Bonn", dt.date(1981, 1, 1))]
    assert names(read(workbook(tmp_path / "a.xlsx", {"S": rows}))) == ["S.column_1", "S.column_2", "S.column_3"]


@pytest.mark.parametrize("name", ["Jane Doe", "jane@x.org", "4711471", "DOE JANE", "2024-01-31"])
def test_a_sheet_called_after_somebody(tmp_path: Path, name: str) -> None:
    content = read(workbook(tmp_path / "a.xlsx", {"Staff": PEOPLE, name: PEOPLE}))
    assert [field.partition(".")[0] for field in names(content)] == ["Staff"] * 3 + ["sheet_2"] * 3 + ["(sheet names)"]
    assert values(content)["(sheet names)"] == [name]


def test_labels() -> None:
    assert [default_label(name, 3) for name in ("Sheet1", "Q1 Report", "Jane Doe")] == [
        "Sheet1",
        "Q1 Report",
        "sheet_3",
    ]


def test_comments_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("S")
        sheet.write_row(0, 0, ["id"])
        sheet.write_row(1, 0, [1])
        sheet.write_comment("A2", "call Jane & Bob", {"author": "Mia Poe"})
        sheet.insert_textbox(3, 3, "text of a box")
    text = "\n".join(part.text for part in read(path).texts)
    for expected in ("call Jane & Bob", "Mia Poe", "text of a box"):
        assert expected in text


def test_a_sample_is_the_head_of_each_sheet(tmp_path: Path) -> None:
    rows = [("id",), *[(number,) for number in range(300)]]
    path = workbook(tmp_path / "a.xlsx", {"A": rows, "B": rows})
    content = read(path, rows=4)
    assert values(content) == {"A.id": ["0", "1", "2", "3"], "B.id": ["0", "1", "2", "3"]}
    assert (content.rows_read, content.is_whole, content.sampling, content.asset.row_count) == (8, False, "head", None)
    assert read(path, rows=300).is_whole


def test_many_rows(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"A": [("id", "name"), *[(number, f"n{number}") for number in range(5000)]]})
    content = read(path)
    assert (content.rows_read, len(content.columns[1].counts)) == (5000, 5000)


def test_only_the_fields_asked_for(tmp_path: Path) -> None:
    content = read(workbook(tmp_path / "a.xlsx", {"S": PEOPLE}), fields=frozenset({"S.name"}))
    assert list(values(content)) == ["S.name"]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
@pytest.mark.parametrize("ending", ["xlsx", "xlsb", "ods"])
def test_truncated(tmp_path: Path, share: float, ending: str) -> None:
    path = workbook(tmp_path / f"a.{ending}", {"S": [(number, "x" * number) for number in range(200)]})
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    assert reason_of(path) is Reason.DAMAGED


def test_damaged_inside(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<nope")
    assert reason_of(path) is Reason.DAMAGED
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000))
    assert reason_of(path) is Reason.DAMAGED


def test_a_docx_called_xlsx(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<w:document/>")
    assert reason_of(path) is Reason.DAMAGED


def test_encrypted(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000) + "EncryptedPackage".encode("utf-16-le") + bytes(99)
    )
    assert reason_of(path) is Reason.ENCRYPTED
    protected = ods(tmp_path / "b.ods", PEOPLE)
    with zipfile.ZipFile(protected, "a") as archive:
        archive.writestr("META-INF/manifest.xml2", "")
    data = io.BytesIO()
    with zipfile.ZipFile(protected) as old, zipfile.ZipFile(data, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            new.writestr(
                name, text.replace(b"</manifest:manifest>", b"<manifest:encryption-data/></manifest:manifest>")
            )
    protected.write_bytes(data.getvalue())
    assert reason_of(protected) is Reason.ENCRYPTED


def test_a_zip_bomb(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"S": PEOPLE})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet2.xml", b"<a/>" * 2**20 * 5)
    assert path.stat().st_size < 100_000
    assert reason_of(path, max_file_bytes=2**20) is Reason.TOO_LARGE
    assert read(path).is_whole


def test_a_zip_bomb_that_lies(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"S": PEOPLE})
    data = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            padding = b"</sheetData>" + b" " * (50 * 2**20)
            new.writestr(name, old.read(name).replace(b"</sheetData>", padding))
    sizes = [part.file_size for part in zipfile.ZipFile(data).infolist() if part.filename.endswith("sheet1.xml")]
    path.write_bytes(data.getvalue().replace(struct.pack("<I", sizes[0]), struct.pack("<I", 1000)))
    assert reason_of(path) is Reason.DAMAGED


def test_a_cell_at_each_end_of_a_sheet(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("S")
        sheet.write(0, 0, "a")
        sheet.write(1_048_575, 16_383, "b")
    assert reason_of(path) is Reason.TOO_LARGE


def test_an_ods_that_repeats_itself(tmp_path: Path) -> None:
    path = ods(tmp_path / "a.ods", [("x",)])
    data = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(data, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            text = text.replace(b"<table:table-row", b'<table:table-row table:number-rows-repeated="1048576"')
            text = text.replace(b"<table:table-cell", b'<table:table-cell table:number-columns-repeated="16384"')
            new.writestr(name, text)
    path.write_bytes(data.getvalue())
    # calamine refuses it by itself; an older one ran out of memory.
    assert reason_of(path) in (Reason.DAMAGED, Reason.TOO_LARGE)


def test_it_takes_no_longer_than_it_may(tmp_path: Path) -> None:
    assert reason_of(workbook(tmp_path / "a.xlsx", {"S": PEOPLE}), timeout_s=0.0) is Reason.TIMED_OUT


def test_names_with_markup_stay_verbatim(tmp_path: Path) -> None:
    rows = [("[red]id", "=cmd", "<b>"), (1, 2, 3), (4, 5, 6)]
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("(bold)")
        for place, row in enumerate(rows):
            sheet.write_row(place, 0, row)
    assert names(read(path)) == ["(bold).[red]id", "(bold).=cmd", "(bold).<b>"]
