from __future__ import annotations

import json
from pathlib import Path

import pytest

from data_map.model import Reason
from scanners.extract.structured import MAX_DEPTH, regular_keys
from scanners.values import UnreadableError
from tests.scanners.reading import names, read, values


def write(tmp_path: Path, document: object, name: str = "a.json") -> Path:
    path = tmp_path / name
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def test_a_list_of_objects_is_a_table(tmp_path: Path) -> None:
    content = read(write(tmp_path, [{"id": 1, "email": "a@x.org"}, {"id": 2, "email": None}]))
    assert values(content) == {"id": ["1", "2"], "email": ["a@x.org"]}
    assert (content.rows_read, content.asset.row_count, content.is_whole, content.sampling) == (2, 2, True, "all")
    assert content.columns[1].missing == 1


def test_lists_add_nothing_to_a_path(tmp_path: Path) -> None:
    document = {"orders": [{"items": [{"sku": "a"}, {"sku": "b"}], "tags": [["x"], ["y", "z"]]}]}
    assert values(read(write(tmp_path, document))) == {"orders.items.sku": ["a", "b"], "orders.tags": ["x", "y", "z"]}


@pytest.mark.parametrize("document", ['["a@x.org", "b@x.org"]', '"a@x.org"', '[["a@x.org"], []]'])
def test_without_objects(tmp_path: Path, document: str) -> None:
    assert values(read(write(tmp_path, document)))["value"][0] == "a@x.org"


@pytest.mark.parametrize("document", ["[]", "{}", '{"a": []}', "[{}, {}]"])
def test_nothing_in_it(tmp_path: Path, document: str) -> None:
    assert read(write(tmp_path, document)).columns == []


def test_numbers_keep_their_digits(tmp_path: Path) -> None:
    document = '{"number": [12345678901234567890123, 1.0, 1.50, true, NaN, 1e400], "big": ' + "9" * 5000 + "}"
    found = values(read(write(tmp_path, document)))
    assert found["number"] == ["12345678901234567890123", "1", "1.5", "nan", "inf"]
    assert found["big"][0].startswith("999")


def test_a_key_that_occurs_twice_keeps_both_values(tmp_path: Path) -> None:
    assert values(read(write(tmp_path, '{"email": "a@x.org", "email": "b@x.org"}'))) == {
        "email": ["a@x.org", "b@x.org"]
    }


@pytest.mark.parametrize(
    "keys",
    [
        ["jane@x.org", "bob@x.org"],
        ["Jane Doe", "Bob Roe"],
        ["id", "jane@x.org"],
        ["4711471147", "4711471148"],
        ["1", "2"],
        ["2024-01-01", "2024-01-02"],
        ["6f9619ff-8b86-d011-b42d-00cf4fc964ff", "x"],
        [f"user{number}" for number in range(41)],
        ["", "a"],
    ],
    ids=lambda keys: repr(keys[0]),
)
def test_keys_that_are_content(tmp_path: Path, keys: list[str]) -> None:
    content = read(write(tmp_path, {"users": {key: {"age": place} for place, key in enumerate(keys)}}))
    assert names(content) == ["users.(keys)", "users.*.age"]
    assert values(content)["users.(keys)"] == [key for key in keys if key]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (
            {"users": {"pschneider": {"mail": "a@x.org"}, "kzimmermann": {"mail": "b@x.org", "tel": "1"}}},
            ["users.(keys)", "users.*.mail", "users.*.tel"],
        ),
        ({"schneider": {"age": 1}, "zimmermann": {"age": 2}}, ["(keys)", "*.age"]),
        ({"schneider": [{"age": 1}], "zimmermann": [{"age": 2}], "meier": None}, ["(keys)", "*", "*.age"]),
        ([{"team": {"pschneider": {"age": 1}}}, {"team": {"kmeier": {"age": 2}}}], ["team.(keys)", "team.*.age"]),
        ({"user_pschneider": {"age": 1}, "user_kmeier": {"age": 2}}, ["(keys)", "*.age"]),
        (
            {"schneider": {"age": 1}, "meier": {"age": 2}, "adler": {"tel": 1}, "version": 3},
            ["version", "(keys)", "*.age", "*.tel"],
        ),
        (
            {"order": {"billing": {"city": "x"}, "shipping": {"city": "y"}}},
            ["order.billing.city", "order.shipping.city"],
        ),
        ({"billingAddress": {"zip": 1}, "sender": {"zip": 2}}, ["billingAddress.zip", "sender.zip"]),
        ({"geometry": {"x": 1}, "properties": {"name": "y"}}, ["geometry.x", "properties.name"]),
    ],
)
def test_objects_that_are_alike_are_entries_of_a_map(tmp_path: Path, document: object, expected: list[str]) -> None:
    assert names(read(write(tmp_path, document))) == expected


def test_keys_at_the_top_that_are_content(tmp_path: Path) -> None:
    assert names(read(write(tmp_path, {"jane@x.org": 1, "bob@x.org": 2}))) == ["(keys)", "*"]


def test_a_wide_table_keeps_its_names(tmp_path: Path) -> None:
    row = {f"field_{chr(97 + place // 26)}{chr(97 + place % 26)}": place for place in range(100)}
    assert names(read(write(tmp_path, [row] * 5))) == list(row)


def test_one_odd_record_does_not_take_the_names_of_all(tmp_path: Path) -> None:
    content = read(write(tmp_path, [{"id": 1, "name": "x"}] * 20 + [{"id": 2, "jane@x.org": "y"}]))
    assert values(content) == {"id": ["1", "2"], "name": ["x"], "(keys)": ["jane@x.org"], "*": ["y"]}


def test_regular_keys() -> None:
    assert regular_keys([{"a": 1}, {"b": 2}], str.isalpha) == ["a", "b"]
    assert regular_keys([{"a": 1, "1": 2}], str.isalpha) == []


def test_nesting_ends_at_the_cap_with_everything_looked_at(tmp_path: Path) -> None:
    document: object = {"deep": "jane@x.org"}
    for _ in range(MAX_DEPTH + 10):
        document = {"a": [document]}
    content = read(write(tmp_path, document))
    assert names(content) == [".".join("a" * MAX_DEPTH)]
    assert "jane@x.org" in content.columns[0].counts
    assert "deep" in content.columns[0].counts


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "[" * 100_000 + "]" * 100_000])
def test_nesting_beyond_reading(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        read(write(tmp_path, text))
    assert caught.value.reason is Reason.DAMAGED


@pytest.mark.parametrize("text", ["{", "nope", '{"a": 1', '{"name": "Jane" oops}', '{"a": 1}\noops', "\\"])
@pytest.mark.parametrize("name", ["a.json", "a.geojson"])
def test_damaged(tmp_path: Path, text: str, name: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        read(write(tmp_path, text, name))
    assert caught.value.reason is Reason.DAMAGED
    assert "Jane" not in repr(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_lines(tmp_path: Path) -> None:
    text = '{"a": {"b": [1, 2]}, "t": "x"}\n\n{"a": {"b": [3]}, "t": "y"}\n'
    for name in ("a.jsonl", "a.ndjson", "a.json"):
        content = read(write(tmp_path, text, name))
        assert values(content) == {"a.b": ["1", "2", "3"], "t": ["x", "y"]}
        assert (content.rows_read, content.asset.row_count, content.skipped) == (2, 2, [])


def test_bad_lines_are_told_of(tmp_path: Path) -> None:
    content = read(write(tmp_path, '{"a": 1}\nJane Doe\n{"a": 2}\n{"a": 3', "a.jsonl"))
    assert values(content) == {"a": ["1", "2"]}
    (skipped,) = content.skipped
    assert (skipped.reason, skipped.field, skipped.code) == (Reason.DAMAGED, "(unparsed lines)", None)
    assert content.asset.row_count is None
    with pytest.raises(UnreadableError) as caught:
        read(write(tmp_path, "Jane Doe\nBob Roe\n", "a.jsonl"))
    assert caught.value.reason is Reason.DAMAGED


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_a_sample_is_the_head(tmp_path: Path, name: str) -> None:
    rows = [{"id": number} for number in range(10)]
    text = json.dumps(rows) if name == "a.json" else "\n".join(map(json.dumps, rows))
    path = write(tmp_path, text, name)
    content = read(path, rows=4)
    assert values(content) == {"id": ["0", "1", "2", "3"]}
    assert (content.rows_read, content.is_whole, content.sampling, content.asset.row_count) == (4, False, "head", None)
    assert read(path, rows=10).is_whole


def test_rows_within_one_object(tmp_path: Path) -> None:
    content = read(write(tmp_path, {"type": "FeatureCollection", "features": [{"id": 1}, {"id": 2}]}, "a.geojson"))
    assert (content.rows_read, content.asset.row_count) == (2, 2)
    cut = read(write(tmp_path, {"rows": [{"id": number} for number in range(100)]}), rows=3)
    assert (len(cut.columns[0].counts), cut.is_whole) == (30, False)


def test_only_the_fields_asked_for(tmp_path: Path) -> None:
    assert names(read(write(tmp_path, [{"id": 1, "a": {"b": 2}}]), fields=frozenset({"a.b"}))) == ["a.b"]


def test_marks_and_other_encodings(tmp_path: Path) -> None:
    for encoding in ("utf-8-sig", "utf-16", "latin-1"):
        path = tmp_path / "a.json"
        path.write_text('[{"straße": "Königsweg, Köln"}]', encoding=encoding)
        assert values(read(path)) == {"straße": ["Königsweg, Köln"]}


def test_names_with_markup_stay_verbatim(tmp_path: Path) -> None:
    assert names(read(write(tmp_path, {"[red]x": 1, "=cmd()": 2, "\x1b[31m": 3}))) == ["[red]x", "=cmd()", "\x1b[31m"]
