"""Personal data in running text. The people and places in it are made up for this file."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_map.taxonomy import CATEGORIES
from privacy.redaction import Document
from scanners.detect.base import Span
from scanners.detect.ner import NameReader, installed_model
from scanners.detect.spans import resolve
from scanners.detect.text import SOFT, TextReader, read_texts

#: Without a language model: lists of words, and what stands around them.
LISTS = TextReader(NameReader(None))

#: Text → what is found in it, by category, without a model.
FOUND = [
    ("Dear Ms Quandt-Ibe, thank you.", {("identity.name", "Quandt-Ibe")}),
    ("my name is tamara ruskin and i need help", {("identity.name", "tamara ruskin")}),
    (
        "Dear Sir or Madam. My name is deirdre pocklington. It was sent on Monday and I did not get it.",
        {("identity.name", "deirdre pocklington")},
    ),
    (
        "From: Deirdre Pocklington. The parcel of deirdre pocklington is lost. DEIRDRE POCKLINGTON is angry.",
        {("identity.name", name) for name in ("Deirdre Pocklington", "deirdre pocklington", "DEIRDRE POCKLINGTON")},
    ),
    (
        "Write to jane@corp.local, mailto:marit@oosterveld.example or tuuli@kestrel-mail.org.",
        {("contact.email", mail) for mail in ("jane@corp.local", "marit@oosterveld.example", "tuuli@kestrel-mail.org")},
    ),
    ("Signed: R. Kettleby", {("identity.name", "R. Kettleby")}),
    ("Sehr geehrter Herr Dr. Wüllner, anbei die Rechnung.", {("identity.name", "Wüllner")}),
    ("Die Krankmeldung von Herrn Thilo Baumgarten liegt vor.", {("identity.name", "Thilo Baumgarten")}),
    ("Die Beschwerde des Herrn Krug ist da.", {("identity.name", "Krug")}),
    ("Das Zeugnis der Schülerin Mia Zabel ist für die Eltern.", {("identity.name", "Mia Zabel")}),
    (
        "Das ist der Antrag der Eheleute Mia und Thilo Zabel.",
        {("identity.name", "Mia"), ("identity.name", "Thilo Zabel")},
    ),
    ("Nach der Aussage der Zeugin Ilka Tietgen ist es wahr.", {("identity.name", "Ilka Tietgen")}),
    ("i. A. Wiebke Tietgen", {("identity.name", "Wiebke Tietgen")}),
    ("Mit freundlichen Grüßen\ni.V. Wiebke Tietgen", {("identity.name", "Wiebke Tietgen")}),
    (
        "From: Deirdre Pocklington\nTo: A Patel",
        {("identity.name", "Deirdre Pocklington"), ("identity.name", "A Patel")},
    ),
    ("Elle est de nationalité marocaine.", {("demographic.nationality", "marocaine")}),
    ("Courriel : tuuli@kestrel-mail.org", {("contact.email", "tuuli@kestrel-mail.org")}),
    ("Personalausweis: L01X00T47", {("government_id.national", "L01X00T47")}),
    ("Kita Regenbogen, Frau Zabel", {("identity.name", "Zabel")}),
    ("Name, Vorname: Nowottny, Silke", {("identity.name", "Nowottny, Silke")}),
    (
        "Please send it to Flat 2, 61 Marsh Street, Durham DH1 4LF by Friday.",
        {("contact.address", "Flat 2, 61 Marsh Street, Durham DH1 4LF")},
    ),
    (
        "Meine Anschrift: Lindenallee 14\n04279 Leipzig",
        {("contact.address", "Lindenallee 14\n04279 Leipzig")},
    ),
    ("Il habite 8 bis, rue des Tanneurs, 37000 Tours.", {("contact.address", "8 bis, rue des Tanneurs, 37000 Tours")}),
    ("P.O. Box 101, Boulder, CO 80301", {("contact.address", "P.O. Box 101, Boulder, CO 80301")}),
    (
        "Contact: Bjørn-Åge Sæther, +47 22 12 34 56, Karl Johans gate 5, 0154 Oslo",
        {
            ("identity.name", "Bjørn-Åge Sæther"),
            ("contact.phone", "+47 22 12 34 56"),
            ("contact.address", "Karl Johans gate 5, 0154 Oslo"),
        },
    ),
    (
        "Frau Zabel wohnt im Eichenweg 5 in 24103 Kiel.",
        {("identity.name", "Zabel"), ("contact.address", "Eichenweg 5 in 24103 Kiel")},
    ),
    (
        "Sie ist bei der Firma Zabel in der Hauptstraße 5 in 24103 Kiel.",
        {("contact.address", "Hauptstraße 5 in 24103 Kiel")},
    ),
    ("I live in Lisbon and visit Oslo.", {("contact.place", "Lisbon"), ("contact.place", "Oslo")}),
    ("Born on 3 May 1980; the contract ends on 4 June 2025.", {("demographic.date_of_birth", "3 May 1980")}),
    ("geb. am 17.02.1951, Termin am 11.03.2025", {("demographic.date_of_birth", "17.02.1951")}),
    ("Née le 5 août 1980.", {("demographic.date_of_birth", "5 août 1980")}),
    ("Customer no. KD-448102", {("identity.subject_id", "KD-448102")}),
    ("Passnummer: C01X00T47", {("government_id.passport", "C01X00T47")}),
    ("username: saltmarsh_walker", {("identity.username", "saltmarsh_walker")}),
    ("password: Fjord#2024!blue", {("credential.password", "Fjord#2024!blue")}),
    ("My salary is £27,300 a year.", {("financial.income", "£27,300 a year")}),
    ("She works as a drilling engineer.", {("employment.job", "drilling engineer")}),
    ("Ich bin gelernter Tischler.", {("employment.job", "Tischler")}),
    ("He was diagnosed with asthma.", {("special.health", "asthma")}),
    (
        "She takes metformin and suffers from type 2 diabetes.",
        {("special.health", "metformin"), ("special.health", "type 2 diabetes")},
    ),
    ("He is gay, and his cousin is a lesbian.", {("special.sexuality", "gay"), ("special.sexuality", "lesbian")}),
    ("My colleague came out as trans.", {("special.sexuality", "trans")}),
    ("She is pregnant and has ADHD.", {("special.health", "pregnant"), ("special.health", "ADHD")}),
    ("Er hat ADHS und ist schwerbehindert.", {("special.health", "ADHS"), ("special.health", "schwerbehindert")}),
    ("She is HIV positive; he is an alcoholic.", {("special.health", "HIV positive"), ("special.health", "alcoholic")}),
    ("Diagnose meiner Frau: Multiple Sklerose.", {("special.health", "Multiple Sklerose")}),
    ("He was convicted of theft in spring.", {("criminal.record", "convicted of theft")}),
    ("Er ist vorbestraft wegen Diebstahls.", {("criminal.record", "vorbestraft wegen Diebstahls")}),
    ("Sie ist ledig, er ist verwitwet.", {("demographic.marital_status", word) for word in ("ledig", "verwitwet")}),
    ("He is divorced.", {("demographic.marital_status", "divorced")}),
    ("He is a Norwegian national.", {("demographic.nationality", "Norwegian")}),
    ("My neighbour is Buddhist.", {("special.religion", "Buddhist")}),
    (
        "See https://www.xing.com/profile/Torben_Wiechert.",
        {("contact.profile_url", "https://www.xing.com/profile/Torben_Wiechert")},
    ),
    ("My position: 51.4163, -1.5182", {("location.coordinates", "51.4163, -1.5182")}),
    ("They're not answering at 9320 7126", {("contact.phone", "9320 7126")}),
]

#: Texts about nobody.
NOTHING = [
    "",
    "\n\n\n",
    "The tent weighs 1.9 kg, has two doors and room for three.",
    "Beat 225 g butter with 225 g sugar, add four eggs, bake at 180 degrees for 25 minutes.",
    "See https://docs.kestrel-mail.org/guide/start?page=2 and https://github.com/features.",
    "The agreement of 4 June 2025 was signed on 7 July 2025.",
    "Order no. 1199-20417 has been sent.",
    "Der Wasserkocher fasst 1,7 Liter und schaltet sich selbst ab.",
    "The password is too short.",
    "Dear <identity.name>, call <contact.phone>, write to <contact.email> or to <contact.address>.",
    "He says that this is trans fat, and that the gay village and the blind spot are near.",
    "She said that the divorce papers and the widowed line are in the file.",
    "My name is wrong on the letter, and my name is not on the list of the Council.",
    "See icon@2x.png, logo@big.png and the service at ssh://deploy@web.internal/start.",
    "Fetch it from git@code.internal:team/tool.git today.",
    "Ask your doctor; the manager is looking for a gardener.",
]


def found(text: str, reader: TextReader = LISTS) -> set[tuple[str, str]]:
    [spans] = reader.spans([text])
    return {(span.category, text[span.start : span.stop]) for span in spans}


@pytest.mark.parametrize(("text", "expected"), FOUND, ids=[text[:40] for text, _ in FOUND])
def test_what_is_found(text: str, expected: set[tuple[str, str]]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize("text", NOTHING, ids=[text[:40] for text in NOTHING])
def test_what_is_not(text: str) -> None:
    assert found(text) == set()


def test_the_same_on_one_line_and_on_several() -> None:
    text = "Meet me at 77 Halkoaho Street\n Apt. 977\n Assen\n Japan 00436"
    for one in (text, text.replace("\n", " "), text.replace("\n", "\r\n")):
        assert {category for category, _ in found(one)} == {"contact.address"}


@pytest.mark.parametrize("text", [text for text, _ in FOUND])
def test_what_is_masked_stays_masked(text: str) -> None:
    for _ in range(2):
        [spans] = LISTS.spans([text])
        masked = Document(text, tuple(spans)).masked()
        [spans] = LISTS.spans([masked])
        again = Document(masked, tuple(spans)).masked()
        assert all(placeholder in again for placeholder in re.findall("<[a-z_.]+>", masked))
        assert "<<" not in again
        text = again


def test_a_name_used_again_is_found_again() -> None:
    text = "Patient: Tuuli Achterhof. Quiet week for Achterhof."
    assert [value for _, value in sorted(found(text))] == ["Achterhof", "Tuuli Achterhof"]


def test_an_address_of_mail_vouches_for_a_name() -> None:
    assert ("identity.name", "Zsuzsa Quill") in found("Zsuzsa Quill, zsuzsa.quill@kestrel-mail.org")


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=300))
def test_spans_lie_in_any_text_and_do_not_overlap(text: str) -> None:
    [spans] = LISTS.spans([text])
    assert all(0 <= span.start < span.stop <= len(text) and span.category in CATEGORIES for span in spans)
    assert all(0 < span.score <= 1 for span in spans)
    assert all(left.stop <= right.start for left, right in pairwise(spans))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from([text for text, _ in FOUND] + NOTHING), max_size=6))
def test_a_text_is_read_alike_in_any_company(texts: list[str]) -> None:
    assert LISTS.spans(texts) == [LISTS.spans([text])[0] for text in texts]


@pytest.mark.parametrize("part", ["suffers from asthma ", "Diagnoses: asthma, "])
def test_a_long_text_without_an_end_of_a_sentence_is_read_to_its_end(part: str) -> None:
    [spans] = LISTS.spans(["The patient " + part * 20_000])
    assert sum(span.category == "special.health" for span in spans) == 20_000


@pytest.mark.parametrize(
    "address", ["https://halkoaho.org/plans", "https://kestrel.org/~t", "kestrel.org/team/halkoaho"]
)
def test_web_addresses_of_people_in_the_text(address: str) -> None:
    assert ("contact.profile_url", address) in found(f"Mrs Tuuli Halkoaho, see {address} for more.")
    assert ("contact.profile_url", "https://kestrel.org/plans") not in found(
        "Mrs Tuuli Halkoaho, https://kestrel.org/plans"
    )


def test_of_findings_that_overlap_the_surer_and_then_the_longer_holds() -> None:
    long, sure, near = Span(0, 9, "a", 0.5, "x"), Span(2, 4, "b", 0.9, "x"), Span(5, 8, "c", 0.5, "x")
    assert resolve([long, sure, near]) == [sure, near]
    assert resolve([near, long]) == [long]
    assert resolve([]) == []


@pytest.mark.skipif(installed_model() is None, reason="no language model is installed")
def test_with_a_model() -> None:
    reader = TextReader(NameReader(installed_model()))
    text = "We spoke to Olwethu Ndzamela in Kistarcsa about the invoice."
    assert ("identity.name", "Olwethu Ndzamela") in found(text, reader)


def test_towns_and_jobs_alone_make_no_text_personal() -> None:
    names = NameReader(None, with_lists=True)
    about_nobody = {"Fly from Lisbon to Oslo in 2 hours.": 1, "The mayor of Leipzig opens the fair.": 1}
    assert read_texts(about_nobody, names).contained == ()
    about_people = {**about_nobody, "Ring Mrs Quandt-Ibe in Leipzig, jane@kestrel-mail.org": 2}
    contained = {item.category: item.count for item in read_texts(about_people, names).contained}
    assert contained["identity.name"] == 2
    assert contained["contact.email"] == 2
    assert SOFT & contained.keys()


def test_a_scan_without_lists_counts_patterns_only() -> None:
    reading = read_texts({"Dear Mrs Quandt-Ibe, jane@kestrel-mail.org": 1}, NameReader(None))
    assert [item.category for item in reading.contained] == ["contact.email"]


def test_a_text_with_several_names_counts_once() -> None:
    letter = "Dear Mrs Quandt-Ibe,\nplease ring Mr Kettleby.\nYours, Tuuli Achterhof\na@kestrel.org\nb@kestrel.org"
    reading = read_texts(
        {letter: 1, "Dear Mr Kettleby, we wrote.": 3, "Nothing.": 1}, NameReader(None, with_lists=True)
    )
    assert reading.texts_with["identity.name"] == 2
    assert reading.texts_with["contact.email"] == 1


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("ftp://tuuli.a:hunter22@files.kestrel.org/x", "tuuli.a:hunter22"),
        ("postgres://app:pw@[::1]:5432/db", "app:pw"),
        ("DSN=mysql://tuuli@kestrel:p@ss,w@10.0.0.7:3306", "tuuli@kestrel:p@ss,w"),
        ("redis://:s3cret@cache.kestrel.org:6379", ":s3cret"),
        ("http://kestrel.org:8080?mail=tuuli@kestrel.org", None),
        ("http://kestrel.org/a:b@c", None),
    ],
)
def test_a_password_in_an_address_is_no_mail(text: str, secret: str | None) -> None:
    secrets = [value for category, value in found(text) if category == "credential.password"]
    assert secrets == ([] if secret is None else [secret])
    contained = {item.category: item.count for item in read_texts({text: 2}, NameReader(None)).contained}
    assert contained.get("credential.password", 0) == 2 * len(secrets)
    assert not (secret and "contact.email" in contained)
