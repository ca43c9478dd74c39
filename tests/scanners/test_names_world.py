"""What column names say in further languages and scripts."""

from __future__ import annotations

import re
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


#: Headings as tables of these languages have them; ``-`` where nothing is said of a person.
HEADINGS = """
sv | Personnr: government_id.national, Kundens e-postadress: contact.email, Ort: contact.place, Artikelnamn: -, Antal: -
da | CPR-nummer: government_id.national, Medarbejdernr.: identity.subject_id, Stilling: employment.job, Varenavn: -
no | Fødselsdato: demographic.date_of_birth, Poststed: contact.place, Ansatt dato: employment.date, Ordredato: -
fi | HETU: government_id.national, Asiakkaan nimi: identity.name, Postitoimipaikka: contact.place, Tuotteen nimi: -
cs | Příjmení a jméno: identity.name, Č. účtu: financial.bank_account, Rodinný stav: demographic.marital_status
cs | Název zboží: -, Počet kusů: -, jmeno_produktu: -, adresa pobočky: -
sk | Dátum narodenia: demographic.date_of_birth, Číslo OP: government_id.national, Trvalé bydlisko: contact.address
hr | OIB: government_id.national, Ime i prezime učenika: identity.name, Datum rođenja: demographic.date_of_birth
hr | Naziv proizvoda: -, Adresa tvrtke: -
hu | Anyja neve: identity.name, TAJ szám: government_id.national, Irsz.: contact.place, Termék neve: -, Cég címe: -
ro | CNP: government_id.national, Nume și prenume: identity.name, Data nașterii: demographic.date_of_birth
ro | Denumire produs: -, Adresa furnizorului: -, Telefon magazin: -
tr | T.C. Kimlik No: government_id.national, Doğum Yeri: contact.place, Maaşı: financial.income, Ürün Adı: -
tr | Şirket Adresi: -, Hasta Adı Soyadı: identity.name
lt | Asmens kodas: government_id.national, Gimimo data: demographic.date_of_birth, Prekės kaina: -
lv | Personas kods: government_id.national, Uzvārds: identity.name
et | Isikukood: government_id.national, Perekonnanimi: identity.name
ru | Дата рожд.: demographic.date_of_birth, Моб. тел.: contact.phone, Паспорт (серия, номер): government_id.passport
ru | E-mail клиента: contact.email, Табельный №: identity.subject_id, Отдел сотрудника: employment.job
ru | Наименование товара: -, Адрес магазина: -, Имя файла: -, Телефон поставщика: -, Количество: -, Дата заказа: -
uk | По батькові: identity.name, РНОКПП: government_id.national, Адреса проживання: contact.address, Назва товару: -
bg | ЕГН: government_id.national, Собствено име: identity.name, Пощенски код: contact.place, Име на фирмата: -
sr | ЈМБГ: government_id.national, Презиме: identity.name, Датум рођења: demographic.date_of_birth
el | ΑΦΜ: government_id.tax, Α.Μ.Κ.Α.: government_id.national, Ημ/νία γέννησης: demographic.date_of_birth
el | Πόλη: contact.place, Όνομα προϊόντος: -, Διεύθυνση εταιρείας: -
ar | رقم الجوال: contact.phone, تاريخ_الميلاد: demographic.date_of_birth, الراتب الأساسي: financial.income
ar | اسم العميل: identity.name, اسم المنتج: -, عنوان الشركة: -, تاريخ الطلب: -
fa | نام خانوادگی: identity.name, کد ملی: government_id.national, تاریخ تولد: demographic.date_of_birth
he | ת.ז.: government_id.national, שם פרטי: identity.name, כתובת מגורים: contact.address, שם המוצר: -
hi | पिता का नाम: identity.name, मोबाइल नंबर: contact.phone, आधार संख्या: government_id.national, उत्पाद का नाम: -
id | NIK: government_id.national, No. HP: contact.phone, Tempat Lahir: contact.place, Nama Barang: -, Alamat Toko: -
vi | Số CCCD: government_id.national, Giới tính: demographic.gender, Tên khách hàng: identity.name, Tên sản phẩm: -
vi | Địa chỉ công ty: -, Số lượng: -
th | เลขบัตรประชาชน: government_id.national, วันเกิด: demographic.date_of_birth, ชื่อสินค้า: -
zh | 身份证号码: government_id.national, 客户姓名: identity.name, 员工邮箱: contact.email, 家庭住址: contact.address
zh | 患者血型: special.health, 公司电话: -, 产品名称: -, 订单日期: -, 客户类型: -
zh | 出生日期: demographic.date_of_birth, 身分證字號: government_id.national, 聯絡電話: contact.phone, 商品價格: -
ja | 保護者氏名: identity.name, 生年月日（西暦）: demographic.date_of_birth, 自宅住所: contact.address
ja | メールアドレス２: contact.email, 会社名: -, 店舗電話番号: -, 商品コード: -, 会員種別: -
ko | 주민등록번호: government_id.national, 고객 이름: identity.name, 자택주소: contact.address, 회사명: -
ko | 직원연봉: financial.income, 매장 전화번호: -, 주문일자: -
de | Auftraggeber/Empfänger: identity.name, Verwendungszweck: text.personal, GdB: special.health
fr | Né(e) le: demographic.date_of_birth, Resp. légal: identity.name, Tél. urgence: contact.phone
fr | N° sécu: government_id.national, Sit. fam.: demographic.marital_status
es | fec_nac: demographic.date_of_birth, apellido_2: identity.name, grado_discapacidad: special.health
it | Nato a: contact.place, cod_fiscale: government_id.national, titolo_studio: education.record
pt | filiação: identity.name, dt_admissao: employment.date, raca_cor: special.ethnicity
nl | behandeld_door: identity.name, geb.dat.: demographic.date_of_birth, rekeningnr: financial.bank_account
pl | dt_ur: demographic.date_of_birth, nr_dowodu: government_id.national, opis_produktu: -
en | desig: employment.job, uan: government_id.national, caste_category: special.ethnicity, ctc: financial.income
"""


def _headings() -> list[tuple[str, str | None]]:
    rows = [row.partition(" | ")[2] for row in HEADINGS.strip().splitlines()]
    pairs = [cell.rsplit(": ", 1) for row in rows for cell in re.split(r", (?=[^()]*: )", row)]
    return [(name.strip(), None if category == "-" else category) for name, category in pairs]


@pytest.mark.parametrize(("name", "category"), _headings(), ids=str)
def test_headings_of_tables(name: str, category: str | None) -> None:
    assert read_name(name).category == category
