from __future__ import annotations

import codecs
import io
import os
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanners.extract.decode import SAMPLE_BYTES, encoding_of, is_text, text_of

GERMAN = "Name;Straße;Ort\nJörg Müller;Königstraße 5;Köln\nÄnne Groß;Schloßallee;Düsseldorf\n"
CHINESE = "姓名,地址\n王小明,北京市朝阳区\n李华,上海市\n"
TEXTS = [
    (GERMAN, "cp1252"),
    ("name;city\nJosé Nuñez;Málaga\n", "cp1252"),
    ("namn,ort\nÅsa Öberg,Ängelholm\nPär Sjöström,Malmö\n", "latin-1"),
    ("prénom,nom\nHélène,Lefèvre\nFrançois,Gérard\n", "cp1252"),
    ("id,name\n1,Müller\n" + "".join(f"{i},Smith\n" for i in range(50)), "cp1252"),
    ("imię;nazwisko;miasto\nŁukasz;Wiśniewski;Łódź\nGrażyna;Dąbrowska;Kraków\n", "cp1250"),
    ("jméno;příjmení;město\nJiří;Dvořák;Plzeň\nLukáš;Černý;Třebíč\n", "cp1250"),
    ("имя;фамилия\nИван;Иванов\nЕкатерина;Петрова\n", "cp1251"),
    ("ad;şehir\nGökçe Yıldız;İstanbul\nŞükrü;Ağrı\n", "cp1254"),
    ("名前,住所\n山田太郎,東京都千代田区\n鈴木花子,大阪市北区\n", "cp932"),
    (CHINESE, "gb18030"),
    *[(GERMAN, name) for name in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32")],
    *[(CHINESE, name) for name in ("utf-8", "utf-16", "utf-32")],
]


def decoded(data: bytes) -> str:
    with text_of(io.BytesIO(data)) as text:
        return text.read()


@pytest.mark.parametrize(("text", "encoding"), TEXTS, ids=lambda value: value if value.isascii() else value[:4])
def test_the_encodings_that_files_come_in(text: str, encoding: str) -> None:
    data = text.encode(encoding)
    assert is_text(data)
    assert decoded(data) == text


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t"), max_size=300))
def test_utf8_round_trip(text: str) -> None:
    assert decoded(text.encode()) == text.removeprefix("\ufeff")


@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=300),
    st.sampled_from(
        [
            (codecs.BOM_UTF8, "utf-8"),
            (codecs.BOM_UTF16_LE, "utf-16-le"),
            (codecs.BOM_UTF16_BE, "utf-16-be"),
            (codecs.BOM_UTF32_LE, "utf-32-le"),
            (codecs.BOM_UTF32_BE, "utf-32-be"),
        ]
    ),
)
def test_a_mark_is_believed(text: str, marked: tuple[bytes, str]) -> None:
    mark, encoding = marked
    if encoding == "utf-16-le" and text.startswith("\0"):
        return  # the same bytes as the mark of UTF-32
    assert decoded(mark + text.encode(encoding)) == text


@given(st.binary(max_size=2000))
def test_anything_is_decoded(data: bytes) -> None:
    decoded(data)
    is_text(data)


def test_a_latin1_name_far_behind_the_sample_is_kept() -> None:
    data = b"x" * (2 * SAMPLE_BYTES) + "Müller".encode("latin-1")
    assert decoded(data).endswith("Müller")


def test_both_encodings_in_one_file() -> None:
    data = "Jörg, Änne, Groß, Köln, Düren\n".encode() + "Müller\n".encode("latin-1")
    assert decoded(data) == "Jörg, Änne, Groß, Köln, Düren\nMüller\n"


@pytest.mark.parametrize("place", range(SAMPLE_BYTES - 3, SAMPLE_BYTES + 1))
def test_a_character_across_the_end_of_the_sample(place: int) -> None:
    text = "x" * place + "€ Köln"
    assert decoded(text.encode()) == text


def test_what_is_no_text() -> None:
    assert not is_text(random.Random(1).randbytes(4096))
    assert not is_text(b"\0" * 4096)
    assert is_text(b"")
    assert is_text(b"id,name\n1\x00,Jane\n")


def test_the_stream_stays_open() -> None:
    stream = io.BytesIO(b"abc")
    with text_of(stream):
        pass
    assert not stream.closed
    assert os.SEEK_SET == 0
    assert encoding_of(b"abc").name == "utf-8"
