from __future__ import annotations

import csv
import io
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_map.model import Reason
from scanners.extract import header
from scanners.extract.delimited import ONE_COLUMN, delimiter_of, records
from scanners.extract.header import DISTINCT_CAP, field_names, has_header, is_nameable, looks_like_person
from tests.scanners.reading import names, read, values

PEOPLE = [("Jane Doe", "jane@x.org", "Berlin"), ("Bob Roe", "bob@x.org", "Paris"), ("Mia Poe", "mia@x.org", "Rome")]


def write(tmp_path: Path, text: str, name: str = "a.csv", encoding: str = "utf-8") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(tmp_path: Path, delimiter: str) -> None:
    rows = [("id", "full name", "note"), *[(str(i), f"Doe, Jane {i}", "a;b | c") for i in range(9)]]
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    content = read(write(tmp_path, out.getvalue()))
    assert names(content) == ["id", "full name", "note"]
    assert values(content)["full name"][0] == "Doe, Jane 0"
    assert (content.rows_read, content.asset.row_count, content.is_whole, content.sampling) == (9, 9, True, "all")


def test_decimal_commas() -> None:
    assert delimiter_of("name;amount\nA;1,50\nB;2,50\nC;1.002,50\n") == ";"
    assert delimiter_of("1,5;2,5;3,5\n1,6;2,6;3,6\n") == ";"


def test_one_column(tmp_path: Path) -> None:
    assert delimiter_of("email\na@x.org\nb@x.org\n") == ONE_COLUMN
    content = read(write(tmp_path, "email\na@x.org\nb@x.org\n"))
    assert values(content) == {"email": ["a@x.org", "b@x.org"]}


def test_the_ending_and_the_first_line_may_name_the_delimiter(tmp_path: Path) -> None:
    assert names(read(write(tmp_path, "id\tfull,name\n1\ta,b\n2\tc,d\n", "a.tsv"))) == ["id", "full,name"]
    assert names(read(write(tmp_path, "sep=^\nid^name\n1^Jane\n"))) == ["id", "name"]


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(",".join(row) for row in PEOPLE),
        "\n".join(row[0] for row in PEOPLE),
        "\n".join(row[1] for row in PEOPLE),
        "Jane Doe,Berlin\nBob Roe,Paris\nMia Poe,Rome",
        "Jane,Doe,Berlin\nBob,Roe,Paris\nMia,Poe,Rome",
        "jane,doe,berlin\nbob,roe,paris\nmia,poe,rome",
        "JANE DOE,BERLIN\nBOB ROE,PARIS\nMIA POE,ROME",
        "Jane Doe,unknown\nBob Roe,555123456\nMia Poe,555123457",
        "Jane Doe\tn/a\nBob Roe\t12\nMia Poe\t13",
        "Jane,Price,London\nBob,Smith,Paris\nMia,Poe,Rome",
        "Doe; Jane;\nRoe; Bob;\nPoe; Mia;",
        "Jane Doe,London",
        "Jane,Doe,London",
        "Jane,Price",
        "Patient: Jane Doe,Ward 3\nPatient: Bob Roe,Ward 4",
        "+49 30 123456",
        "Jane Doe,1.5\nBob Roe,2.5",
    ],
    ids=lambda text: repr(text[:24]),
)
def test_people_without_a_header_never_become_names(tmp_path: Path, text: str) -> None:
    content = read(write(tmp_path, text))
    assert all(name.startswith("column_") for name in names(content))
    first = set(text.splitlines()[0].replace(";", ",").replace("\t", ",").split(","))
    seen = {value for column in values(content).values() for value in column}
    assert {cell.strip() for cell in first if cell.strip()} <= seen
    assert content.rows_read == len(text.splitlines())


@pytest.mark.parametrize(
    "header_row",
    [
        "id,name,email",
        "ID,Full Name,Email Address",
        "Nummer,Nachname,E-Mail",
        "CUST_ID,CUST_NM,CUST_EML",
        "custId,custNm,custEml",
        "a,b,c",
    ],
)
def test_headers(tmp_path: Path, header_row: str) -> None:
    rows = "".join(f"{i},{row[0]},{row[1]}\n" for i, row in enumerate(PEOPLE))
    assert names(read(write(tmp_path, f"{header_row}\n{rows}"))) == header_row.split(",")


def test_header_alone(tmp_path: Path) -> None:
    content = read(write(tmp_path, "id,first_name,email\n"))
    assert values(content) == {"id": [], "first_name": [], "email": []}
    assert (content.rows_read, content.asset.row_count) == (0, 0)


def test_few_different_values_speak_for_a_header() -> None:
    assert has_header(["colour", "animal"], [["red", "cat"], ["blue", "dog"], ["red", "dog"], ["blue", "cat"]] * 3)
    assert not has_header(["red", "cat"], [["red", "cat"], ["blue", "dog"], ["red", "dog"], ["blue", "cat"]] * 3)


def test_a_person_among_headings_is_a_value(tmp_path: Path) -> None:
    content = read(write(tmp_path, "date,Jane Doe,Bob Roe\n2024-01-01,5,6\n2024-01-02,7,8\n"))
    assert values(content) == {
        "date": ["2024-01-01", "2024-01-02"],
        "column_2": ["Jane Doe", "5", "7"],
        "column_3": ["Bob Roe", "6", "8"],
    }


def test_names_blank_and_double(tmp_path: Path) -> None:
    content = read(write(tmp_path, "id,,name,name,name~2\n1,2,a,b,c\n2,3,d,e,f\n"))
    assert names(content) == ["id", "column_2", "name", "name~2", "name~2~2"]


def test_ragged_rows(tmp_path: Path) -> None:
    content = read(write(tmp_path, "id,name\n1,Jane\n2\n3,Bob,extra,more\n4,Mia\n5,Max\n"))
    assert values(content) == {
        "id": ["1", "2", "3", "4", "5"],
        "name": ["Jane", "Bob", "Mia", "Max"],
        "column_3": ["extra"],
        "column_4": ["more"],
    }
    assert [column.missing for column in content.columns] == [0, 1, 4, 4]


def test_a_title_above_the_table_is_looked_at(tmp_path: Path) -> None:
    content = read(write(tmp_path, "Salaries by Jane Doe\n\nid,name,city\n1,Bob,Rome\n2,Mia,Bonn\n"))
    assert values(content) == {
        "id": ["Salaries by Jane Doe", "1", "2"],
        "name": ["Bob", "Mia"],
        "city": ["Rome", "Bonn"],
    }
    assert content.rows_read == 2


def test_a_sample_is_the_head(tmp_path: Path) -> None:
    path = write(tmp_path, "id\n" + "".join(f"{i}\n" for i in range(10)))
    content = read(path, rows=4)
    assert values(content) == {"id": ["0", "1", "2", "3"]}
    assert (content.rows_read, content.is_whole, content.sampling, content.asset.row_count) == (4, False, "head", None)
    assert read(path, rows=10).is_whole


def test_only_the_fields_asked_for(tmp_path: Path) -> None:
    content = read(write(tmp_path, "id,name\n1,Jane\n"), fields=frozenset({"name"}))
    assert [(column.field.ref.field, column.field.position) for column in content.columns] == [("name", 1)]


def test_more_different_values_than_are_kept_is_not_whole(tmp_path: Path) -> None:
    path = write(tmp_path, "id\n" + "".join(f"{i}\n" for i in range(DISTINCT_CAP + 5_000)) + "7\n")
    content = read(path)
    assert len(content.columns[0].counts) == DISTINCT_CAP
    assert content.columns[0].counts["7"] == 2
    assert (content.rows_read, content.is_whole) == (DISTINCT_CAP + 5_001, False)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    content = read(write(tmp_path, "Straße;Ort\nKönigstraße 5;Köln\nAm Weg 3;Düren\n", encoding=encoding))
    assert values(content) == {"Straße": ["Königstraße 5", "Am Weg 3"], "Ort": ["Köln", "Düren"]}


def test_nul_bytes(tmp_path: Path) -> None:
    assert values(read(write(tmp_path, "id,name\n1,Ja\0ne\n2,Bob\0\n"))) == {"id": ["1", "2"], "name": ["Jane", "Bob"]}


def test_a_thousand_columns(tmp_path: Path) -> None:
    line = ",".join(f"col_{i}" for i in range(1000))
    content = read(
        write(tmp_path, line + "\n" + "\n".join(",".join(str(i * j) for i in range(1000)) for j in range(50)))
    )
    assert names(content) == line.split(",")
    assert content.rows_read == 50


def test_more_columns_than_a_sheet_has(tmp_path: Path) -> None:
    content = read(write(tmp_path, "id,name\n1,Jane\n" + "2,Bob" + ",x" * 20_000 + "\n"))
    assert len(content.columns) == header.MAX_COLUMNS
    assert [(skip.field, skip.reason) for skip in content.skipped] == [("(more columns)", Reason.TOO_MANY_PARTS)]


def test_a_quote_that_is_never_closed_swallows_nothing(tmp_path: Path) -> None:
    rows = [f'{i},"in ""quotes""\nand two lines",x' for i in range(5)]
    for rest in (3, 500):
        text = "id,name,note\n" + "\n".join(rows) + '\n7,"Jane,x\n' + "".join(f"{i},Bob {i},y\n" for i in range(rest))
        content = read(write(tmp_path, text))
        assert values(content)["name"][-1] == f"Bob {rest - 1}"
        assert content.rows_read == 6 + rest


def test_a_huge_cell(tmp_path: Path) -> None:
    content = read(write(tmp_path, "id,name\n1," + "x" * 300_000 + "\n2,Jane\n"))
    assert [value[:4] for value in values(content)["name"]] == ["xxxx", "Jane"]


def test_names_with_markup_stay_verbatim(tmp_path: Path) -> None:
    content = read(write(tmp_path, "[red]id,=cmd(),\x1b[31mname,<b>\n1,2,Jane,x\n2,3,Bob,y\n"))
    assert names(content) == ["[red]id", "=cmd()", "\x1b[31mname", "<b>"]


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1, max_size=8), st.sampled_from(",;\t|"))
def test_what_the_csv_module_writes_is_read_back(rows: list[list[str]], delimiter: str) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(rows)
    assert list(records(io.StringIO(out.getvalue(), newline=""), delimiter)) == rows


@given(st.text(max_size=200), st.sampled_from(",;\t|"))
def test_every_letter_of_any_text_ends_up_in_a_cell(text: str, delimiter: str) -> None:
    text = text.replace("\0", "")
    cells = "".join(cell for record in records(io.StringIO(text, newline=""), delimiter) for cell in record)
    kept = [char for char in text if char.isalnum()]
    assert [char for char in cells if char.isalnum()] == kept


@pytest.mark.parametrize(
    "text",
    ["Jane Doe", "Doe, Jane", "José García Márquez", "JANE DOE", "Ludwig van Beethoven", "Report Jane Doe", "J. Doe"],
)
def test_written_like_a_person(text: str) -> None:
    assert looks_like_person(text)
    assert not is_nameable(text)


@pytest.mark.parametrize(
    "text",
    [
        "First Name",
        "Date Of Birth",
        "EU VAT",
        "name",
        "Religious Belief",
        "Job Title",
        "Umsatz 2023",
        "Price (€)",
        "Ort",
    ],
)
def test_written_like_a_heading(text: str) -> None:
    assert is_nameable(text)


@pytest.mark.parametrize(
    "text",
    [
        "a@x.org",
        "1980-01-02",
        "12.3.80",
        "030 1234567",
        "DE89 3704 0044",
        "€ 5",
        "12,50",
        "true",
        "x" * 100,
        "12:30",
        "",
    ],
)
def test_no_names(text: str) -> None:
    assert not is_nameable(text)


def test_field_names_count_from_one() -> None:
    assert field_names(["", "a", "a", "jane@x.org"]) == ["column_1", "a", "a~2", "column_4"]


def test_the_same_file_gives_the_same_answer(tmp_path: Path) -> None:
    shuffled = random.Random(3).sample(range(1000), 1000)
    path = write(tmp_path, "id,name\n" + "".join(f"{i},n{i}\n" for i in shuffled))
    assert values(read(path, rows=100)) == values(read(path, rows=100))
