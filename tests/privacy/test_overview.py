"""The page of the inventory says what was looked at, found, and not looked at; and never more than that."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from data_map.coverage import coverage
from data_map.model import (
    Alternate,
    Asset,
    AssetKind,
    Contained,
    DataMap,
    Decision,
    Field,
    FieldRef,
    FieldVerdict,
    MapAsset,
    MapField,
    MapSource,
    Reason,
    Skipped,
    Source,
    State,
)
from privacy.demo.company import Company
from privacy.demo.report import write_report
from privacy.reports.overview import overview
from privacy.reports.rendering import RENDERERS, render
from privacy.reports.report import Fact, Report, Section

TODAY = date(2026, 11, 24)
SCANNED = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
CRM = Source("crm", "sqlite", "/srv/crm.db", owner="Sales", country="DE")
SHARE = Source("share", "files", "/srv/share")
ARCHIVE = Source("archive", "postgresql", "db.example/archive", country="FR")


def field(asset: str, name: str, category: str | None = None, source: str = "crm", **more: object) -> MapField:
    ref = FieldRef(source, asset, name)
    state = State.LIKELY if category else State.CLEAN
    verdict = replace(FieldVerdict(ref, state, category, 0.8, sampled=100, distinct=90), **more)  # type: ignore[arg-type]
    return MapField(Field(ref, "TEXT"), verdict, verdict)


def asset(name: str, *fields: MapField, source: str = "crm", is_whole: bool = True) -> MapAsset:
    kind = AssetKind.TABLE if source == "crm" else AssetKind.FILE
    return MapAsset(Asset(source, name, kind, 1500), fields, 1, SCANNED, 1000, 5000, is_whole, "all")


def decided(item: MapField, category: str | None, reason: str) -> MapField:
    decision = Decision(item.field.ref, category, "anna", reason, SCANNED, date(2027, 6, 30))
    state = State.CONFIRMED if category else State.CLEAN
    return replace(item, verdict=replace(item.verdict, state=state, category=category), decision=decision)


MAP = DataMap(
    (
        MapSource(
            CRM,
            (
                asset(
                    "main.customers",
                    field("main.customers", "email", "contact.email", state=State.CONFIRMED, subject="customer"),
                    field("main.customers", "name", "identity.name"),
                    field("main.customers", "card", "financial.card", subject="customer"),
                    field("main.customers", "ssn", "government_id.national", state=State.NAME_ONLY),
                    field(
                        "main.customers",
                        "notes",
                        "text.personal",
                        contains=(Contained("special.health", 3, 2), Contained("contact.email", 12, 9)),
                    ),
                    field("main.customers", "id"),
                    is_whole=False,
                ),
                asset(
                    "main.codes",
                    field(
                        "main.codes",
                        "x1",
                        state=State.UNDECIDED,
                        score=0.42,
                        alternates=(Alternate("identity.username", 0.42), Alternate("contact.phone", 0.2)),
                    ),
                    decided(field("main.codes", "x2", "identity.username"), None, "names of machines"),
                    # Every value fits: the cards are the same digits read in another way.
                    field(
                        "main.codes",
                        "imei",
                        "online.device_id",
                        prevalence=1.0,
                        contains=(Contained("financial.card", 60, 60),),
                    ),
                    field(
                        "main.codes",
                        "paid_by",
                        "financial.iban",
                        prevalence=0.9,
                        contains=(Contained("financial.card", 9, 9),),
                    ),
                ),
            ),
            (Skipped("crm", Reason.NO_PERMISSION, "main.secrets", code="42501"),),
            SCANNED,
            4,
        ),
        MapSource(
            SHARE,
            (asset("list.csv", field("list.csv", "city", source="share"), source="share"),),
            (
                Skipped("share", Reason.UNSUPPORTED_FORMAT, "a/scan.pdf", code="pdf"),
                Skipped("share", Reason.DAMAGED, "list.csv", "Sheet2"),
            ),
            SCANNED,
            2,
        ),
    )
)


def page(data_map: DataMap = MAP, *configured: Source, **sections: Section) -> Report:
    return overview(
        data_map, coverage(data_map, configured, TODAY), organisation="Example Ltd", today=TODAY, **sections
    )


def facts(report: Report) -> dict[str, str]:
    return {fact.label: fact.text for fact in report.sections[0].facts}


def section(report: Report, key: str) -> Section:
    return next(one for one in report.sections if one.key == key)


def test_the_whole_page(golden: Callable[[str, str], None]) -> None:
    golden("overview.md", render(page(MAP, CRM, SHARE, ARCHIVE), "md"))
    golden("overview.txt", render(page(MAP, CRM, SHARE, ARCHIVE), "terminal"))


def test_the_numbers_are_those_of_the_map() -> None:
    said = facts(page(MAP, ARCHIVE))
    assert said["Sources looked at"] == "2 of 3"
    assert said["Tables and files looked at"] == "3 of 6: 2 whole, 1 in part"
    assert said["Fields looked at"] == "11"
    assert said["Personal data"] == "found in 7 fields of 2 tables and files"
    assert said["Special categories (GDPR Art. 9)"] == "found in 1 field of 1 table or file"
    assert said["Criminal convictions and offences (GDPR Art. 10)"] == "not found in what was scanned"
    assert said["National identification numbers (GDPR Art. 87)"] == "found in 1 field of 1 table or file"
    assert said["Cardholder data (PCI DSS)"] == "found in 2 fields of 2 tables and files"
    assert said["Undecided"] == "1 field, for a person to look at"
    assert said["Decided by people"] == "1 field"


def test_what_was_not_looked_at_is_said_on_top() -> None:
    assert section(page(MAP, ARCHIVE), "summary").warnings == (
        "The source archive was not scanned. What is in it is unknown.",
        "2 tables and files could not be read. What is in them is unknown.",
        "1 table or file was not reached by the scan. What is in it is unknown.",
        "1 part of tables and files could not be read. What is in it is unknown.",
    )
    rows = section(page(MAP, ARCHIVE), "not-scanned").tables[0].records
    assert [(row["source"], row["asset"]) for row in rows] == [
        ("crm", "main.secrets"),
        ("share", "a/scan.pdf"),
        ("share", "list.csv"),
        ("archive", None),
        ("crm", "1 table or file"),
    ]


def test_nothing_is_called_clean() -> None:
    for form in RENDERERS:
        assert "clean" not in render(page(MAP, ARCHIVE), form)


def test_a_source_that_was_not_scanned_has_no_empty_cells_that_look_like_an_answer() -> None:
    categories = section(page(MAP, ARCHIVE), "categories")
    assert "archive" not in [column.title for column in categories.tables[0].columns]
    assert categories.paragraphs[-1] == "Not scanned, and so without a column: archive."


def test_an_empty_map_says_that_nothing_was_scanned() -> None:
    for form in RENDERERS:
        written = render(page(DataMap()), form)
        assert "nothing was scanned" in written.lower() or form == "csv"
    for said in (facts(page(DataMap())), facts(page(DataMap(), ARCHIVE))):
        assert said["Personal data"] == said["Special categories (GDPR Art. 9)"] == "not scanned"
    assert "The source archive was not scanned" in section(page(DataMap(), ARCHIVE), "summary").warnings[0]


def test_the_record_and_the_requests_come_in_and_their_warnings_come_first() -> None:
    requests = Section("Requests", "requests", facts=(Fact("Open", "1"),), warnings=("R-2026-0001 is overdue.",))
    activities = Section("Record of processing", "record", warnings=("1 field is claimed by no activity.",))
    report = page(MAP, requests_section=requests, activities_section=activities)
    assert section(report, "summary").warnings[:2] == (
        "Requests: R-2026-0001 is overdue.",
        "Record of processing: 1 field is claimed by no activity.",
    )
    keys = [one.key for one in report.sections]
    assert keys.index("coverage") < keys.index("sensitive") < keys.index("requests") < keys.index("record")
    assert len(keys) == len(set(keys))


def test_what_is_left_out_is_said() -> None:
    fields = [field("main.t", f"f{number:03}", "special.health") for number in range(150)]
    many = DataMap((MapSource(CRM, (asset("main.t", *fields),), (), SCANNED, 1),))
    health = section(page(many), "sensitive-art9")
    assert len(health.tables[0].records) == 100
    assert health.paragraphs == (
        "Found in 150 fields of 1 table or file.",
        "The first 100 of 150. All of them: privacy map fields --category special",
    )


def test_many_sources_share_a_column() -> None:
    parts = []
    for number in range(12):
        name = f"s{number:02}"
        items = [field("main.t", f"f{item}", "contact.email", source=name) for item in range(number + 1)]
        parts.append(MapSource(Source(name, "sqlite", ""), (asset("main.t", *items, source=name),), (), SCANNED, 1))
    [table] = section(page(DataMap(tuple(parts))), "categories").tables
    assert [column.title for column in table.columns][2:] == [
        *(f"s{n:02}" for n in range(4, 12)),
        "other sources",
        "all",
    ]
    [record] = table.records
    assert (record["elsewhere"], record["fields"], record["in s11"]) == (10, 78, 12)
    json.dumps(record)


def test_the_demo_leaves_the_page_in_its_folder(tmp_path: Path) -> None:
    company = Company("Tretmond", tmp_path, (), tmp_path / "share", (), ())
    written = write_report(company, MAP, [CRM], TODAY, requests=Section("Requests", "requests"))
    assert written == tmp_path / "report.html"
    text = written.read_text(encoding="utf-8")
    assert "Tretmond · as of 2026-11-24" in text
    assert '<a href="#requests">Requests</a>' in text
