"""What column names say in further languages and scripts."""

from __future__ import annotations

import tomllib
from importlib import resources

import pytest

from data_map.taxonomy import CATEGORIES
from scanners.detect.names import build_vocabulary, cut, fold, listed, read_name, split, subject_of, vocabulary

DATA = tomllib.loads(resources.files("scanners.detect").joinpath("names_world.toml").read_text(encoding="utf-8"))
EXAMPLES = [(name, block["category"]) for block in DATA["phrases"] for name in block["examples"]]
COUNTER_EXAMPLES = [(name, block["category"]) for block in DATA["phrases"] for name in block["counter_examples"]]


@pytest.mark.parametrize(("name", "category"), EXAMPLES, ids=lambda text: text)
def test_the_examples_of_the_vocabulary(name: str, category: str) -> None:
    assert read_name(name).category == category


@pytest.mark.parametrize(("name", "category"), COUNTER_EXAMPLES, ids=lambda text: text)
def test_the_counter_examples_of_the_vocabulary(name: str, category: str) -> None:
    assert read_name(name).category != category


def test_every_rule_has_a_known_category_and_examples_of_both_kinds() -> None:
    for block in DATA["phrases"]:
        assert block["category"] in CATEGORIES
        assert block["examples"]
        assert block["counter_examples"]


def _entries() -> list[str]:
    """Every entry of the file as it stands there."""
    tables = [DATA[table].values() for table in ("things", "people", "neutral", "negative", "addressee", "keys")]
    texts = [*(block["words"] for block in DATA["phrases"]), *(text for table in tables for text in table)]
    return [entry for text in texts for entry in listed(text)]


def test_words_are_written_as_the_splitter_gives_them() -> None:
    entries = _entries()
    assert [entry for entry in entries if entry != " ".join(entry.split()) or not entry] == []
    assert [entry for entry in entries if fold(entry) != entry] == []
    # What is written without spaces may be cut further, so that it is compared without them.
    wrong = [entry for entry in entries if "".join(split(entry)) != entry.replace(" ", "")]
    assert wrong == []


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("ДатаРождения", ("дата", "рождения")),
        ("ΗμερομηνίαΓέννησης", ("ημερομηνια", "γεννησης")),
        ("№ паспорта", ("no", "паспорта")),
        ("Фёдор_Йод", ("федор", "иод")),
        ("客户ID", ("客户", "id")),
        ("电话2", ("电话", "2")),
        ("客户姓名", ("客户", "姓名")),
        ("本社電話番号", ("本社", "電話番号")),
        ("ﾌﾘｶﾞﾅ", ("フリカナ",)),
        ("고객 이름", ("고객", "이름")),
        ("رقم_الهاتف", ("رقم", "هاتف")),
        ("الجهة", ("جهه",)),
        ("जन्म तिथि", ("जनम", "तिथि")),
        ("ชื่อสินค้า", ("ชือ", "สินคา")),
        ("Ünvan-Adı", ("unvan", "adi")),
        ("Địa chỉ", ("dia", "chi")),
        ("山田川", ("山田川",)),
    ],
)
def test_names_of_all_scripts_are_split_into_words(name: str, parts: tuple[str, ...]) -> None:
    assert split(name) == parts


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("甲乙丙", ("甲乙", "丙")),
        ("甲乙甲", ("甲乙", "甲")),
        ("丁甲乙丁", ("丁", "甲乙", "丁")),
        ("丁丙", ("丁丙",)),
        ("丁", ("丁",)),
    ],
)
def test_known_words_are_cut_out_and_single_signs_only_where_all_is_known(text: str, parts: tuple[str, ...]) -> None:
    assert tuple(cut(text, frozenset({"甲乙", "甲", "丙"}))) == parts


def test_what_the_first_file_says_of_a_word_holds() -> None:
    block = {"category": "identity.name", "strength": 0.5, "needs_person": True, "words": ["abc"]}
    empty: dict[str, dict[str, str]] = {"things": {}, "people": {}, "abbreviations": {}}
    second = {"phrases": [block | {"category": "contact.email", "strength": 0.9, "words": "xx: abc, def"}], **empty}
    words = build_vocabulary(
        {"phrases": [block], **empty, "things": {"place": "abc"}}, {**second, "people": {"user": "ghi"}}
    )
    assert words.rules["abc"].category == "identity.name"
    assert words.rules["def"].category == "contact.email"
    assert (words.things, words.people) == ({"abc": "place"}, {"ghi": "user"})


def test_words_come_from_lists_and_from_texts() -> None:
    assert list(listed(["a b", "c"])) == list(listed("xx: a b, c")) == list(listed("xx: a b\nyy: c")) == ["a b", "c"]


def test_a_phrase_written_together_says_which_words_it_is() -> None:
    phrase = vocabulary().phrase(["датарождения"])
    assert phrase is not None
    assert phrase.words == ("дата", "рождения")


@pytest.mark.parametrize(
    ("table", "subject", "group"),
    [
        ("müşteriler", "customer", None),
        ("сотрудники", "employee", None),
        ("员工表", "employee", None),
        ("会員名簿", "member", None),
        ("고객목록", "customer", None),
        ("khách hàng", "customer", None),
        ("العملاء", "customer", None),
        ("товары", None, "product"),
        ("商品一覧", None, "product"),
        ("заказы", None, "transaction"),
        ("sản phẩm", None, "product"),
        ("butiker", None, "place"),
    ],
)
def test_whom_a_table_is_about(table: str, subject: str | None, group: str | None) -> None:
    assert subject_of(table) == (subject, group)


@pytest.mark.parametrize("name", ["номер клиента", "id_pelanggan", "kod zákazníka", "رقم العميل", "客户代号"])
def test_a_key_of_a_person_may_stand_on_either_side(name: str) -> None:
    assert read_name(name).category == "identity.subject_id"
    assert read_name(name).subject == "customer"
