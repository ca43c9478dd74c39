"""Evidence folded into verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_map.model import Asset, AssetKind, Field, FieldRef, FieldVerdict, Reason, State
from scanners.columns import wilson
from scanners.detect.engine import Engine, cut, unread
from scanners.detect.ner import Entity, NameReader
from scanners.masking import shape, shapes, signature
from scanners.subjects import context_of
from scanners.values import Column, Content

ENGINE = Engine(NameReader(None))


def verdicts(table: str, columns: dict[str, list[object]], sampling: str = "all") -> dict[str, FieldVerdict]:
    asset = Asset("s", f"main.{table}", AssetKind.TABLE)
    content = Content(asset, sampling=sampling, is_whole=sampling == "all")
    for position, (name, values) in enumerate(columns.items()):
        column = Column(Field(FieldRef("s", asset.name, name), position=position))
        column.extend(values)
        content.columns.append(column)
    fields, found = ENGINE.look(content)
    assert [field.ref.field for field in fields] == list(columns)
    return {verdict.ref.field: verdict for verdict in found}


EMAILS = [f"person{index}@kestrel-mail.org" for index in range(50)]
PLACES = ["Ulm", "Graz", "Basel", "Kiel", "Bern", "Linz", "Trier", "Emden", "Chur", "Gera"] * 5
CARDS_AT_RANDOM = [str(4_000_000_000_000_000 + 7_919 * index) for index in range(400)]


def test_values_confirm_what_no_name_says() -> None:
    found = verdicts("t17", {"x_fld3": list(EMAILS)})["x_fld3"]
    assert (found.state, found.category, found.prevalence) == (State.CONFIRMED, "contact.email", 1.0)


def test_a_name_without_values_is_name_only() -> None:
    found = verdicts("customers", {"email": [], "last_name": [None, ""]})
    assert [one.state for one in found.values()] == [State.NAME_ONLY] * 2
    assert found["last_name"].sampled == 0


def test_a_name_that_its_values_contradict_is_not_believed() -> None:
    assert not verdicts("customers", {"email": ["Y", "N"] * 50})["email"].state.is_personal


def test_luhn_passed_by_a_tenth_of_random_numbers_is_no_card() -> None:
    assert not verdicts("orders", {"reference": list(CARDS_AT_RANDOM)})["reference"].state.is_personal


def test_one_address_in_many_values_does_not_make_the_column_but_is_told() -> None:
    values = [f"code-{index}" for index in range(900)] + EMAILS[:20]
    found = verdicts("log", {"value": list(values)})["value"]
    assert (found.state, found.category) == (State.LIKELY, "text.personal")
    assert [(one.category, one.distinct) for one in found.contains] == [("contact.email", 20)]


def test_what_passes_no_more_often_than_by_chance_is_not_told() -> None:
    found = verdicts("orders", {"reference": [*CARDS_AT_RANDOM, *(f"R-{index}" for index in range(400))]})["reference"]
    assert (found.state, found.contains) == (State.CLEAN, ())


def test_the_town_of_a_person_and_of_a_shop() -> None:
    person = verdicts("customers", {"last_name": ["Doe"] * 3, "birth_date": ["1980-01-02"], "city": list(PLACES)})
    shop = verdicts("stores", {"store_id": list(range(50)), "city": list(PLACES)})
    assert person["city"].category == "contact.place"
    assert person["city"].subject == "customer"
    assert shop["city"].category is None


def test_clean_says_how_much_could_be_hidden() -> None:
    values: list[object] = [f"AB-{index:04}" for index in range(300)]
    found = verdicts("products", {"sku": values}, sampling="key_ranges")["sku"]
    assert (found.state, found.category, found.bound) == (State.CLEAN, None, 0.01)
    assert verdicts("products", {"sku": values})["sku"].bound == 0
    assert verdicts("products", {"sku": values}, sampling="head")["sku"].bound is None


def test_category_and_state_go_together() -> None:
    found = verdicts("users", {"email": EMAILS, "note": ["x"], "id": [1, 2], "password": ["hunter2", "letmein9"]})
    for verdict in found.values():
        assert (verdict.category is not None) == verdict.state.is_personal


def test_every_verdict_can_be_explained() -> None:
    for verdict in verdicts("customers", {"email": EMAILS, "sku": ["a-1"], "city": list(PLACES)}).values():
        assert verdict.terms
        assert not any(value in term.text for term in verdict.terms for value in (*EMAILS, *PLACES))


def test_binary_columns_are_looked_at_by_their_name_and_magic_number() -> None:
    asset = Asset("s", "main.employees", AssetKind.TABLE)
    content = Content(asset)
    for name, value in (("photo", b"\x89PNG\r\n\x1a\n\0\0"), ("blob", b"\0\1\2"), ("text", b"a, b")):
        column = Column(Field(FieldRef("s", asset.name, name), position=len(content.columns)))
        column.extend([value] * 5)
        content.columns.append(column)
    found = ENGINE.look(content)[1]
    assert found[0].category == "identity.photo"
    assert [(skip.field, skip.reason) for skip in unread(content, found)] == [("blob", Reason.UNSUPPORTED_TYPE)]


def test_bytes_that_are_text_are_read_as_text() -> None:
    found = verdicts("t", {"b": [email.encode() for email in EMAILS]})["b"]
    assert found.category == "contact.email"


@pytest.mark.parametrize(
    ("columns", "low"),
    [(["first_name", "last_name", "x"], 0.8), (["email"], 0.6), (["a", "b"], 0.3)],
)
def test_columns_tell_whether_a_table_is_about_people(columns: list[str], low: float) -> None:
    assert context_of("t9", columns).person_ratio >= low


@given(st.integers(0, 500), st.integers(1, 500))
def test_wilson_holds_the_share(matched: int, more: int) -> None:
    of = matched + more
    low, high = wilson(matched, of)
    assert 0 <= low <= matched / of <= high <= 1


@given(st.text(max_size=300))
def test_a_shape_shows_no_letter_and_no_digit_of_the_value(value: str) -> None:
    assert not set(filter(str.isalnum, shape(value))) - {"a", "A", "9"}
    assert len(signature(value)) >= 0


def test_shapes() -> None:
    assert shape("jane.Doe@Mail.example") == "aaaa.Aaa@Aaaa.aaaaaaa"
    assert shape("+49 30 1234567") == "+99 99 9999999"
    assert shape("Ж" * 40 + "é") == "A" * 12 + "a"
    assert shape("a\x1b[31m\u202e") == "a?[99a?"
    assert shapes({"ab1": 2, "cd2": 1, "x": 2}) == (("aa9", 3),)


def test_of_two_schemes_that_explain_all_values_the_rarer_one_is_taken() -> None:
    # The Croatian OIB has the very check digit of the German tax number, and no other rule.
    numbers = ["36574261809", "86095742719", "47036892816", "65929970489", "57549285017", "25768131411"]
    found = verdicts("t", {"x": list(numbers)})["x"]
    assert (found.category, found.alternates[0].category) == ("government_id.tax", "government_id.national")


def test_a_check_that_almost_everything_passes_says_nothing_when_it_fails() -> None:
    found = verdicts("t", {"ssn": [f"{number:03}-12-3456" for number in range(900, 960)]})["ssn"]
    assert found.state is not State.CONFIRMED


@pytest.mark.parametrize(
    ("form", "category"),
    [
        ("Hans Meier <h{}@kestrel-mail.org>", "contact.email"),
        ("a{0}@kestrel-mail.org, b{0}@kestrel-mail.org", "contact.email"),
        ("mailto:h{}@kestrel-mail.org", "contact.email"),
        ("user=h{}@kestrel-mail.org;x=1", "contact.email"),
        ("1;h{}@kestrel-mail.org;x", "contact.email"),
        ("<email>p{}@kestrel-mail.org</email>", "contact.email"),
        ("https://shop.example/" + "q" * 80 + "?u=h{}@kestrel-mail.org", "contact.email"),
        ("tel:+4930901{:05}", "contact.phone"),
    ],
)
def test_an_identifier_inside_of_a_cell_is_found(form: str, category: str) -> None:
    found = verdicts("t", {"a2": [form.format(index) for index in range(100)]})["a2"]
    assert found.state.is_personal
    assert category in {one.category for one in found.contains} | {found.category}


def test_json_is_read_whatever_the_first_value_is() -> None:
    values: list[object] = ["null", '"x"', *(f'{{"m": "hans{index}@kestrel-mail.org"}}' for index in range(50))]
    assert verdicts("t", {"j": values})["j"].category == "text.personal"


def test_what_was_cut_is_told_and_bounds_nothing() -> None:
    asset = Asset("s", "main.t", AssetKind.TABLE)
    column = Column(Field(FieldRef("s", asset.name, "long")))
    column.extend(["x" * 5000, "y" * 3])
    content = Content(asset, columns=[column])
    assert ENGINE.look(content)[1][0].bound is None
    (skip,) = cut(content)
    assert (skip.field, skip.reason, skip.code) == ("long", Reason.TOO_LARGE, "1 values over 4096")


def test_all_values_are_tried_when_everything_is_asked_for() -> None:
    values: list[object] = [f"code-{index}" for index in range(5000)]
    values[4001:4003] = ["h1@kestrel-mail.org", "h2@kestrel-mail.org"]
    column = Column(Field(FieldRef("s", "main.t", "code")))
    column.extend(values)
    content = Content(Asset("s", "main.t", AssetKind.TABLE), columns=[column])
    whole = replace(ENGINE, most=None).look(content)[1][0]
    assert [one.category for one in whole.contains] == ["contact.email"]


def test_what_the_main_category_explains_is_not_counted_twice() -> None:
    # Valid IBANs of the Netherlands, worked out by the rule of ISO 13616; none is an account.
    def iban(number: int) -> str:
        account = f"BANK{number:010}"
        digits = int("".join(str(int(char, 36)) for char in f"{account}NL00"))
        return f"NL{98 - digits % 97:02}{account}"

    found = verdicts("t", {"x": [iban(4_000_000_000 + 7_919 * index) for index in range(200)]})["x"]
    assert (found.category, found.contains) == ("financial.iban", ())


def test_a_detector_that_does_not_know_the_values_measures_nothing() -> None:
    # Surnames that no list has: the name of the column says what they are, the lexicon says nothing.
    names: list[object] = [
        f"{start}{end}" for start in ("Zwolk", "Prymb", "Quand", "Xelm") for end in ("ath", "inde", "orp")
    ]
    found = verdicts("customers", {"last_name": names, "email": list(EMAILS)})["last_name"]
    assert (found.category, found.prevalence, found.prevalence_low) == ("identity.name", None, None)
    assert not any("only" in term.text for term in found.terms)


def test_published_test_data_is_said_to_be_such() -> None:
    cards = ["4111111111111111", "5555555555554444", "378282246310005", "4012888888881881"]
    verdict = verdicts("payments", {"card_number": cards})["card_number"]
    assert verdict.category == "financial.card"
    assert [term.weight for term in verdict.terms if "published test data" in term.text] == [0.0]
    assert "4 of 4" in next(term.text for term in verdict.terms if "published test data" in term.text)


class _Failing(NameReader):
    """A reader that fails on every text, as a library may on an odd one."""

    def entities(self, texts: Sequence[str]) -> Iterator[list[Entity]]:
        raise ValueError("odd")


def test_a_column_on_which_a_detector_fails_hides_no_other() -> None:
    asset = Asset("s", "main.t", AssetKind.TABLE)
    content = Content(asset)
    texts = ["Jane Wexler called about the parcel again", "She asked Tom Arkwright to write by e-mail only"]
    for name, values in (("email", EMAILS), ("notes", texts)):
        column = Column(Field(FieldRef("s", asset.name, name), position=len(content.columns)))
        column.extend(values)
        content.columns.append(column)
    fields, found = Engine(_Failing("none", with_lists=True)).look(content)
    assert [field.ref.field for field in fields] == ["email", "notes"]
    assert [verdict.category for verdict in found] == ["contact.email"]
    assert [(skip.field, skip.reason, skip.code) for skip in content.skipped] == [
        ("notes", Reason.READER_FAILED, "ValueError")
    ]


@pytest.mark.parametrize(
    ("column", "odd"),
    [("steuer_id", "1234567890²"), ("vin", "1M8GDM9AX\u212aP042788"), ("note", "A" * 300 + "*"), ("x", "1.1, " * 300)],
)
def test_odd_values_are_looked_at(column: str, odd: str) -> None:
    content = Content(Asset("s", "main.t", AssetKind.TABLE))
    item = Column(Field(FieldRef("s", "main.t", column)))
    item.extend([odd, "65929970489", "1M8GDM9AXKP042788"])
    content.columns.append(item)
    assert len(ENGINE.look(content)[1]) == 1
    assert not content.skipped
