"""The record as a document: what is declared and what was found stand apart, and nothing is invented."""

from __future__ import annotations

import csv
import json
import re
import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path

import pytest

from data_map.activities import ActivityError
from data_map.build import Look, SkipLook, assemble
from data_map.model import (
    AssetScan,
    Contained,
    DataMap,
    Decision,
    EvidenceKind,
    FieldRef,
    FieldVerdict,
    Finding,
    Reason,
    Skipped,
    Source,
    State,
)
from privacy.config import Contact, Organisation
from privacy.reports.rendering import RENDERERS, render
from privacy.ropa import art30
from privacy.ropa.record import (
    NOTHING_CLAIMED,
    OWN_WORDS,
    Record,
    category_lines,
    check_records,
    period_words,
    record_of,
)
from tests.data_map.examples import CRM, TODAY, look

ROOT = Path(__file__).resolve().parents[2]
AT = datetime(2026, 11, 21, 23, 0, tzinfo=UTC)
HR = Source("hr", "files", "/srv/hr", country="FR")
ORGANISATION = Organisation(
    name="Example GmbH",
    country="DE",
    address="Hafenstraße 1, Hamburg",
    email="privacy@example.org",
    dpo=Contact(name="Ada Beispiel", email="dpo@example.org"),
)

CARE = """
key = "care"
name = "Customer care"
owner = "Sales"
purposes = ["Answering questions", "Delivering"]
data_subjects = ["customers"]
categories = ["contact.email", "identity.name", "contact.phone", "their own words"]
recipients = "none"
fields = ["crm:main.customers", "crm:main.notes", "crm:main.locked"]
security_measures = ["access by role"]
[[retention]]
period = "P3Y6M"
starts_on = "the end of the contract"
[[legal_basis]]
code = "6.1.b"
"""
PAYROLL = """
key = "payroll"
name = "Payroll"
categories = ["special.health"]
fields = ["hr:*"]
[[recipients]]
name = "Tax office"
kind = "authority"
country = "DE"
[[transfers]]
country = "US"
"""
PRINTING = """
key = "printing"
name = "Printing"
role = "processor"
processing = ["printing letters"]
controllers = [{ name = "Nordlicht", contact = "Kiel" }]
"""


def customers() -> AssetScan:
    seen = look("main.customers", email="contact.email", name="identity.name", ip="online.ip_address", age=None)
    email, *others = seen.verdicts
    finding = Finding(email.ref, "contact.email", "presidio:EMAIL", EvidenceKind.VALUE, 1000, 987, 978, 0.9)
    name = Finding(email.ref, "contact.email", "name:email", EvidenceKind.NAME, 0, 0, 0, 0.99)
    told = replace(email, state=State.CONFIRMED, sampled=1000, distinct=987, evidence=(name, finding))
    return replace(seen, verdicts=(told, *others))


def notes() -> AssetScan:
    ref = FieldRef("crm", "main.notes", "body")
    verdict = FieldVerdict(ref, State.LIKELY, "text.personal", sampled=20, contains=(Contained("identity.name", 7, 5),))
    return replace(look("main.notes", body="text.personal"), verdicts=(verdict,))


def a_map(*more: AssetScan) -> DataMap:
    return assemble(
        [CRM],
        looks=[Look(1, AT, one) for one in (customers(), notes(), look("main.log", ip="online.ip_address"), *more)],
        skips=[SkipLook(1, AT, Skipped("crm", Reason.LOCKED, "main.locked"))],
        decisions=[
            Decision(FieldRef("crm", "main.customers", "name"), "identity.name", "anna", "I looked", AT),
        ],
        today=TODAY,
    )


def a_record(*bodies: str, organisation: Organisation = ORGANISATION, data_map: DataMap | None = None) -> Record:
    keyed = [(tomllib.loads(body)["key"], body) for body in bodies]
    return record_of(organisation, keyed, data_map or a_map(), [CRM, HR], TODAY)


@pytest.fixture(scope="module")
def record() -> Record:
    return a_record(CARE, PAYROLL, PRINTING)


def section(record: Record, key: str) -> str:
    """A section as plain text, on lines of any length."""
    report = art30.report(record)
    (found,) = [one for one in report.sections if one.key == key]
    return render(replace(report, title="", subtitle="", sections=(found,)), "terminal", 400)


def test_declared_and_found_stand_apart(record: Record) -> None:
    lines = {line.category: line for line in category_lines(record, record.activities[0])}
    assert {key: (line.is_declared, line.found, len(line.evidence)) for key, line in lines.items()} == {
        "contact.email": (True, "found", 1),
        "identity.name": (True, "found", 2),
        "contact.phone": (True, "not found in what was scanned", 0),
        "their own words": (True, OWN_WORDS, 0),
        "online.ip_address": (False, "found", 1),
    }
    (email,) = lines["contact.email"].evidence
    assert (str(email.ref), email.state, email.sampled, email.detector, email.fits) == (
        "crm:main.customers#email",
        "confirmed",
        1000,
        "presidio:EMAIL",
        "978 of 987",
    )
    assert email.scanned_on.isoformat() == "2026-11-21"
    decided, in_text = lines["identity.name"].evidence
    assert (decided.state, decided.detector) == ("decided", None)
    assert (in_text.state, in_text.occurs, in_text.sampled) == ("in text", 7, 20)


def test_what_was_not_scanned_is_not_called_absent(record: Record) -> None:
    (line,) = category_lines(record, record.activities[1])
    assert line.found == "not scanned"
    nothing = a_record(CARE.replace("fields = ", "systems = "))
    assert category_lines(nothing, nothing.activities[0])[0].found == NOTHING_CLAIMED


def test_the_first_page_has_the_controller_and_the_coverage(record: Record) -> None:
    keys = [one.key for one in art30.report(record).sections]
    assert keys == [
        "controller",
        "coverage",
        "activities",
        "activity-care",
        "activity-payroll",
        "for-others",
        "activity-printing",
        "gaps",
        "missing",
        "evidence",
        "about",
    ]
    first = section(record, "controller")
    for words in (
        "Example GmbH",
        "Hafenstraße 1, Hamburg, privacy@example.org",
        "Ada Beispiel, dpo@example.org",
        "none declared",
    ):
        assert words in first
    coverage = section(record, "coverage")
    assert "hr was not scanned. Nothing is known of what is in it." in coverage
    assert "1 table or file of crm not looked at." in coverage
    assert "never" in coverage


def test_an_activity_has_every_letter(record: Record) -> None:
    care = section(record, "activity-care")
    for words in (
        "Purposes, (b)",
        "Answering questions; Delivering",
        "Name of a person",
        "Recipients, (d)",
        "Transfers, (e)",
        "none declared",
        "Time limit for erasure, (f): all categories",
        "3 years, 6 months from the end of the contract, then erase",
        "6.1.b contract",
        "crm:main.customers#email (confirmed, 978 of 987)",
        "decided by a person",
    ):
        assert words in care, words
    printing = section(record, "activity-printing")
    assert "Nordlicht, Kiel" in printing
    assert "printing letters" in printing


def test_what_is_missing_is_said_to_be_missing() -> None:
    payroll = section(a_record(PAYROLL), "activity-payroll")
    for article in ("(b)", "(c)", "(e)"):
        assert f"missing (Art. 30(1){article})" in payroll
    assert "not stated (Art. 30(1)(f), where possible)" in payroll
    bare = section(a_record(organisation=Organisation()), "controller")
    assert bare.count("missing (Art. 30(1)(a))") == 2
    half = section(a_record(organisation=Organisation(dpo=Contact(email="x@example.org"))), "controller")
    assert "name missing (Art. 30(1)(a)), x@example.org" in half


def test_both_gaps_are_shown(record: Record) -> None:
    gaps = section(record, "gaps")
    assert "found, claimed by no activity: IP address" in gaps
    assert "crm:main.log (1 field)" in gaps
    assert "declared, not found in what was scanned: Phone number" in gaps
    assert "1 claimed place not scanned" in gaps
    assert "crm:main.locked: it was locked by somebody else" in gaps
    assert "hr: never scanned" in gaps


def test_the_document_says_what_it_is_and_no_more(record: Record) -> None:
    for form in RENDERERS:
        text = render(art30.report(record), form)
        assert "complian" not in text.lower()
    assert art30.NOTE in " ".join(section(record, "about").split())


def test_check_puts_what_is_required_first(record: Record) -> None:
    found = list(check_records(record))
    assert record.is_failing
    kinds = [str(item["kind"]) for item in found]
    assert kinds == sorted(kinds, key=["missing", "gap", "hint"].index)
    assert {"missing", "gap", "hint"} == set(kinds)
    assert all(item["required"] is (item["kind"] != "hint") for item in found)


def test_a_record_with_hints_alone_does_not_fail() -> None:
    care = CARE.replace(', "contact.phone"', ', "online.ip_address"').replace(', "crm:main.locked"', ', "crm:main.log"')
    record = a_record(care.replace('security_measures = ["access by role"]', ""))
    assert record.gaps == ()
    assert [item["kind"] for item in check_records(record)] == ["hint"]
    assert not record.is_failing


def test_the_json_has_a_structure_of_its_own(record: Record) -> None:
    data = json.loads(art30.as_json(record))
    assert data.keys() == {
        "title",
        "as_of",
        "note",
        "organisation",
        "activities",
        "coverage",
        "gaps",
        "missing",
    }
    assert data["organisation"]["dpo"] == {"name": "Ada Beispiel", "contact": "dpo@example.org"}
    care = data["activities"][0]
    assert care["declared"]["fields"] == ["crm:main.customers", "crm:main.notes", "crm:main.locked"]
    assert care["declared"]["recipients"] == []
    assert data["activities"][1]["declared"]["purposes"] == []
    assert care["categories"][0]["evidence"][0] == {
        "category": "contact.email",
        "ref": "crm:main.customers#email",
        "state": "confirmed",
        "sampled": 1000,
        "occurs": None,
        "fits": "978 of 987",
        "detector": "presidio:EMAIL",
        "scanned_on": "2026-11-21",
    }
    assert [one["source"] for one in data["coverage"]] == ["crm", "hr"]
    assert data["gaps"][0]["fields"] == ["crm:main.log#ip"]


def test_the_csv_has_a_row_for_each_activity(record: Record) -> None:
    rows = list(csv.DictReader(StringIO(art30.as_spreadsheet(record))))
    assert [row["key"] for row in rows] == ["care", "payroll", "printing"]
    assert tuple(rows[0]) == art30.SPREADSHEET
    assert rows[0]["recipients"] == "none"
    assert rows[0]["not_declared"] == "IP address"
    assert rows[1]["recipients"] == "Tax office (authority, DE)"
    assert "purposes (Art. 30(1)(b))" in rows[1]["missing"]


BAD = "=cmd|'/C calc'!A1 <script>alert(1)</script> | [x](http://evil) `a` \x1b[31m\u202e"


class Tags(HTMLParser):
    """The names of the elements of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def hostile() -> Record:
    import tomlkit

    ref = FieldRef("crm", BAD, BAD)
    bad = replace(
        look(BAD, **{BAD: "contact.email"}),
        verdicts=(FieldVerdict(ref, State.LIKELY, "contact.email"),),
    )
    body = tomlkit.dumps(
        {
            "key": "bad",
            "name": BAD,
            "owner": BAD,
            "purposes": [BAD],
            "data_subjects": [BAD],
            "categories": [BAD, "contact.email", "contact.phone"],
            "fields": ["crm:=*", "crm:" + BAD.replace(":", "%3A").replace("#", "%23") + "2"],
            "recipients": [{"name": BAD, "kind": "processor"}],
            "transfers": [{"organisation": BAD, "mechanism": "45", "document": BAD}],
            "retention": [{"criterion": BAD, "starts_on": BAD, "basis": BAD}],
            "legal_basis": [{"code": "6.1.c", "law": BAD}],
            "notes": BAD,
        }
    )
    organisation = Organisation(name=BAD, address=BAD, dpo=Contact(name=BAD, phone=BAD))
    return a_record(body, organisation=organisation, data_map=a_map(bad))


def test_hostile_names_are_inert() -> None:
    record = hostile()
    report = art30.report(record)
    page = Tags(render(report, "html"))
    assert "script" not in page.names
    assert "<script>alert(1)</script>" in page.text
    markdown = render(report, "md")
    assert not re.search(r"(?<!\\)[\]<`|]", re.sub(r"(?m)^[|>] | \|(?= |$)", "", markdown))
    rows = list(csv.reader(StringIO(art30.as_spreadsheet(record))))
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]
    for text in (*(render(report, form) for form in RENDERERS), art30.as_json(record), art30.as_spreadsheet(record)):
        assert "\x1b" not in text
        assert "\u202e" not in text


def test_one_activity_and_the_record_in_one_section(record: Record) -> None:
    for activity in record.activities:
        text = render(art30.of_activity(record, activity), "terminal", 200)
        assert activity.name in text
    summary = art30.summary(record)
    assert any("no activity claims" in warning for warning in summary.warnings)
    assert art30.summary(a_record()).paragraphs == ("No processing activity is declared.",)


def test_an_activity_that_this_version_cannot_read_is_named() -> None:
    with pytest.raises(ActivityError, match="`privacy ropa edit a` opens it") as error:
        record_of(ORGANISATION, [("a", 'key = "a"\nname = "A"\nfuture = 1')], DataMap(), [], TODAY)
    assert "future: there is no such key" in str(error.value)


@pytest.mark.parametrize(
    ("period", "words"), [("P10Y", "10 years"), ("P1Y6M", "1 year, 6 months"), ("P2W", "2 weeks"), ("P90D", "90 days")]
)
def test_periods_in_words(period: str, words: str) -> None:
    assert period_words(period) == words


def test_the_example_configuration_names_every_contact() -> None:
    raw = tomllib.loads((ROOT / "config.example.toml").read_text())
    for part in ("representative", "dpo"):
        assert raw["organisation"][part].keys() == Contact.model_fields.keys()
