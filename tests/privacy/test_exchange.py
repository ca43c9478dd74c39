"""The map for Git and other tools: what is written is read back, whatever the names are, and nothing in it acts."""

from __future__ import annotations

import csv
import json
import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from data_map.build import Listing, Look, SkipLook, assemble
from data_map.errors import UsageError
from data_map.model import (
    Asset,
    AssetKind,
    AssetScan,
    Connected,
    Contained,
    DataMap,
    Decision,
    Field,
    FieldRef,
    FieldVerdict,
    JoinDecision,
    Reason,
    Skipped,
    Source,
    State,
    Suppression,
)
from data_map.said import Conflict, Kept, Said, taking
from privacy.exchange import git
from privacy.exchange.content import Content
from privacy.exchange.dbt_merge import merge
from privacy.exchange.formats import FORMS, write
from privacy.exchange.quoting import quoted, told, toml_key
from privacy.exchange.quoting import yaml as yaml_text
from tests.data_map.examples import TODAY

AT = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)
CRM = Source("crm", "postgresql", "postgresql://db/crm", "Sales", "DE")
SHARE = Source("share", "files", "/srv/share")
#: Names that would act somewhere: a template, markup, a formula, a link, control codes, the syntax of each format.
HOSTILE = (
    "{{ env_var('SECRET') }}", "{% raw %}", "{#x#}", "a: [b]", "yes", "null", "\n- name: evil", "=cmd|x", "#x", "a.b",
    "\x1b[31m\x7f", "\u202egnp", '"\'`', "a,(b)", "~/x", "[click](http://evil.example)", "back\\slash", "é ☃ 😀",
    "\udcff\\u", "\ufffdx", "<script>", "]]>", "-", " ",
)  # fmt: skip


def scan_of(source: str, asset: str, *, kind: AssetKind, is_whole: bool = True, **fields: str | None) -> AssetScan:
    refs = {FieldRef(source, asset, name): category for name, category in fields.items()}
    return AssetScan(
        Asset(source, asset, kind, 10, 100),
        tuple(Field(ref, "TEXT" if kind is AssetKind.TABLE else None, place) for place, ref in enumerate(refs)),
        tuple(
            FieldVerdict(
                ref,
                State.CONFIRMED if category else State.CLEAN,
                category,
                0.987654,
                sampled=10,
                distinct=7,
                subject="customer" if category else None,
                contains=(Contained("special.health", 3, 3),) if category == "text.personal" else (),
            )
            for ref, category in refs.items()
        ),
        10,
        100,
        is_whole,
        "all",
    )


def a_map(*suppressions: Suppression, decided: tuple[Decision, ...] = ()) -> DataMap:
    looks = [
        scan_of(
            "crm", "public.customers", kind=AssetKind.TABLE, id=None, email="contact.email", note="text.personal",
            card="financial.card",
        ),
        scan_of("crm", "public.notes", kind=AssetKind.TABLE, is_whole=False, body="text.personal"),
        scan_of("share", "hr/ä b.csv", kind=AssetKind.FILE, mail="contact.email"),
    ]  # fmt: skip
    return assemble(
        [CRM, SHARE],
        looks=[Look(1, AT, one) for one in looks],
        skips=[SkipLook(1, AT, Skipped("crm", Reason.LOCKED, "public.staff"))],
        listings=[Listing(1, AT, "crm", 4, is_complete=True, connected=Connected(is_encrypted=False))],
        suppressions=suppressions,
        decisions=decided,
        today=TODAY,
    )


PATTERN = Suppression("share:*", "contact", "ann", "Role mailboxes", AT, date(2031, 1, 31))
DECISION = Decision(FieldRef("crm", "public.customers", "note"), None, "bob", 'He said "no"', AT)
JOIN = JoinDecision(
    FieldRef("crm", "public.notes", "id"), FieldRef("crm", "public.customers", "id"), True, "ann", "I know", AT
)
SAID = Said((DECISION,), (PATTERN,), (JOIN,))


def content(data_map: DataMap | None = None, said: Said = SAID) -> Content:
    return Content(data_map or a_map(PATTERN, decided=(DECISION,)), said, TODAY, "0.1.0")


def hostile_map() -> DataMap:
    looks = [
        scan_of("crm", f"public.{name}", kind=AssetKind.TABLE, **dict.fromkeys(HOSTILE, "contact.email"))
        for name in HOSTILE
    ]
    looks.append(
        scan_of("share", "x/\udcff {{ y }}.csv", kind=AssetKind.FILE, **dict.fromkeys(HOSTILE, "contact.email"))
    )
    return assemble([CRM, SHARE], looks=[Look(1, AT, one) for one in looks], today=TODAY)


# Every format


@pytest.mark.parametrize("form", FORMS)
def test_hostile_names_are_text(form: str) -> None:
    text = write(form, content(hostile_map(), Said())).text
    assert text.encode("utf-8")
    assert not [char for char in "\x1b\x7f\u202e\udcff" if char in text]
    assert text.endswith("\n")


@pytest.mark.parametrize("form", FORMS)
def test_an_empty_map_can_be_exported(form: str) -> None:
    assert write(form, Content(DataMap())).text


def test_what_a_format_cannot_say_is_told() -> None:
    for form in ("dbt", "openmetadata", "datahub"):
        notes = " ".join(write(form, content(a_map())).notes)
        assert "1 field is in files" in notes
        assert "1 thing was not looked at" in notes
        assert "1 field is set aside by pattern" in " ".join(write(form, content()).notes)


# Git


def test_the_text_reads_well_and_is_stable() -> None:
    text = git.write(content()).text
    assert '[sources.crm.assets."public.customers"]' in text
    assert 'email = { category = "contact.email", subject = "customer", type = "TEXT" }' in text
    # Read whole: what occurs in it is sure. Of a sample it is chance.
    assert 'body = { category = "text.personal", subject = "customer", type = "TEXT" }' in text
    assert 'note = { decided = true, type = "TEXT" }' in text
    assert 'mail = { set_aside_by = "share:*", found = "contact.email" }' in text
    assert '"public.staff" = "locked"' in text
    whole = git.write(content(a_map(), Said())).text
    assert (
        'note = { category = "text.personal", subject = "customer", contains = ["special.health"], type = "TEXT" }'
        in whole
    )
    raw = tomllib.loads(text)
    assert [*raw] == ["version", "sources", "decisions", "suppressions", "joins"]
    # No figure and no time of a scan: a re-scan of the same changes nothing.
    assert "0.98" not in text
    assert text.count("2026-11-01") == 3


def test_likely_or_confirmed_makes_no_difference() -> None:
    data_map = a_map()

    def likely(part: Any) -> Any:
        return replace(
            part,
            scan_id=9,
            scanned_at=datetime(2027, 1, 1, tzinfo=UTC),
            fields=tuple(
                replace(one, verdict=replace(one.verdict, state=State.LIKELY, score=0.6))
                if one.verdict.state is State.CONFIRMED
                else one
                for one in part.fields
            ),
        )

    again = DataMap(tuple(replace(one, assets=tuple(map(likely, one.assets))) for one in data_map.sources))
    assert git.write(content(again)).text == git.write(content(data_map)).text


def test_what_people_said_comes_back() -> None:
    assert git.read([("map.toml", git.write(content()).text)]) == SAID
    files = git.files(content())
    assert [*files] == ["crm.source.toml", "share.source.toml", "said.toml"]
    assert git.read([("said.toml", files["said.toml"])]) == SAID


@given(
    st.lists(
        st.builds(
            Decision,
            st.builds(FieldRef, st.text(min_size=1), st.text(min_size=1), st.text(min_size=1)),
            st.sampled_from([None, "contact.email"]),
            st.text(min_size=1).filter(str.strip),
            st.text(min_size=1).filter(str.strip),
            st.just(AT),
            st.none() | st.dates(),
        ),
        unique_by=lambda one: one.ref,
    )
)
def test_any_decision_comes_back(decisions: list[Decision]) -> None:
    said = Said(tuple(decisions))
    assert git.read([("x", git.write(Content(DataMap(), said)).text)]) == said


@given(st.text(st.characters(categories=None)))
def test_any_string_comes_back(text: str) -> None:
    assert told(tomllib.loads(f"x = {quoted(text)}")["x"]) == text
    [key] = tomllib.loads(f"{toml_key(text)} = 1")
    assert told(key) == text
    if not any("\ud800" <= char <= "\udfff" for char in text) and not text.startswith("\ufffd"):
        assert yaml.safe_load(f"a: {yaml_text(text)}") == {"a": text}


WRONG = {
    "no TOML": ("x = = 1", "not valid TOML"),
    "no version": ("x = 1", "version = 1"),
    "a later version": ("version = 2", "version = 1"),
    "no category": ('[[decisions]]\nfield = "a:b#c"\ncategory = "kontakt"', "no category 'kontakt'"),
    "both": ('[[decisions]]\nfield = "a:b#c"\ncategory = "contact.email"\nnot_personal = true', "exactly one of"),
    "neither": ('[[decisions]]\nfield = "a:b#c"', "exactly one of"),
    "no address": ('[[decisions]]\nfield = "a"\nnot_personal = true', "source:asset#field"),
    "no author": ('[[decisions]]\nfield = "a:b#c"\nnot_personal = true\nreason = "x"', "author: it has to be a text"),
    "an unknown entry": ('[[decisions]]\nfeld = "a:b#c"', "there is no such entry"),
    "no block": ("decisions = 1", "[[decisions]]"),
    "no blocks": ("decisions = [1]", "no block of entries"),
    "an unknown kind": ('[[suppressions]]\npattern = "x"\nwhat = "y"', "kind of finding 'y'"),
    "a join of nothing": ('[[joins]]\nchild = "a:b#c"\nparent = "a:b#d"', "true or false"),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG)
def test_mistakes_are_told(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        git.read([("x.toml", text if "version" in text or text.startswith("x") else f"version = 1\n{text}")])
    assert message in str(caught.value)
    assert "x.toml" in str(caught.value)


def test_said_twice() -> None:
    text = git.write(content()).text
    with pytest.raises(UsageError, match="more than one decision on crm:"):
        git.read([("a", text), ("b", text)])


# What an import would do


def kept(*said: Decision | Suppression, withdrawn: frozenset[Any] = frozenset()) -> Kept:
    return Kept(
        Said(
            tuple(one for one in said if isinstance(one, Decision)),
            tuple(one for one in said if isinstance(one, Suppression)),
        ),
        withdrawn,
    )


def test_new_same_and_conflicts() -> None:
    new = taking(SAID, kept(), a_map(), TODAY)
    assert new.added == (DECISION, PATTERN, JOIN)
    # The join's child is not in the map.
    assert new.unknown == (JOIN,)
    same = taking(SAID, kept(replace(DECISION, author="eve", reason="Other words"), PATTERN), a_map(), TODAY)
    assert (same.same, same.conflicts, same.added) == ((DECISION, PATTERN), (), (JOIN,))
    ours = replace(DECISION, category="contact.email")
    conflict = taking(SAID, kept(ours), a_map(), TODAY)
    assert conflict.conflicts == (Conflict(DECISION, ours),)
    assert DECISION not in conflict.chosen(replacing=False).decisions
    assert DECISION in conflict.chosen(replacing=True).decisions
    taken_back = taking(SAID, kept(withdrawn=frozenset({DECISION.ref})), a_map(), TODAY)
    assert taken_back.conflicts == (Conflict(DECISION, None),)


def test_what_is_over_is_left_out_and_what_is_here_stays() -> None:
    other = replace(DECISION, ref=FieldRef("crm", "public.customers", "id"))
    found = taking(SAID, kept(other), a_map(), date(2031, 2, 1))
    assert (found.over, found.others_count) == ((PATTERN,), 1)


@pytest.mark.parametrize("pattern", ["*", "crm", "crm:public.customers#card"])
def test_a_suppression_of_too_much_is_objected_to(pattern: str) -> None:
    wide = replace(PATTERN, pattern=pattern, what="")
    assert [one for one, _ in taking(Said((), (wide,)), kept(), a_map(), TODAY).objections] == [wide]


# Other tools


def test_csv() -> None:
    rows = list(csv.DictReader(write("csv", content()).text.splitlines()))
    assert len(rows) == 6
    by_ref = {row["ref"]: row for row in rows}
    assert by_ref["crm:public.customers#email"]["category"] == "contact.email"
    assert by_ref["share:hr/ä b.csv#mail"]["suppressed_by"] == "share:*"
    cells = [cell for row in csv.reader(write("csv", content(hostile_map())).text.splitlines()) for cell in row]
    assert not [cell for cell in cells if cell[:1] in "=+@\t\r" and cell[:1]]


def test_json() -> None:
    raw = json.loads(write("json", content()).text)
    assert (raw["format"], raw["version"], len(raw["sources"]), len(raw["said"])) == ("privacy-data-map", 1, 2, 3)
    assert raw["sources"][0]["skipped"][0]["reason"] == "locked"
    assert raw["sources"][0]["is_encrypted"] is False


def test_dbt() -> None:
    raw = yaml.safe_load(write("dbt", content()).text)
    [source] = raw["sources"]
    assert (source["name"], source["schema"]) == ("crm", "public")
    tables = {table["name"]: table for table in source["tables"]}
    assert [*tables] == ["customers", "notes"]
    email, card = tables["customers"]["columns"]
    assert email["config"]["meta"]["privacy"] == {
        "category": "contact.email",
        "class": "ordinary",
        "state": "confirmed",
        "subject": "customer",
    }
    assert email["config"]["tags"] == ["personal_data", "ordinary", "contact.email"]
    assert "pci" in tables["customers"]["config"]["tags"]
    assert "pci" in card["config"]["tags"]
    [note] = tables["notes"]["columns"]
    assert note["config"]["meta"]["privacy"]["contains"] == ["special.health"]
    assert "art9" in note["config"]["tags"]


def test_dbt_takes_no_name_for_a_template() -> None:
    text = write("dbt", content(hostile_map())).text
    names = [column["name"] for column in yaml.safe_load(text)["sources"][0]["tables"][0]["columns"]]
    assert "{{ '{' }}{ env_var('SECRET') }}" in names
    assert "{{ '{' }}% raw %}" in names
    assert not [line for line in text.splitlines() if "{{ env_var" in line or "{% raw" in line or "{#x" in line]


def test_dbt_has_a_source_for_each_schema() -> None:
    looks = [scan_of("crm", f"{schema}.t", kind=AssetKind.TABLE, email="contact.email") for schema in ("a", "b")]
    data_map = assemble([CRM], looks=[Look(1, AT, one) for one in looks], today=TODAY)
    raw = yaml.safe_load(write("dbt", replace(content(data_map), database="dwh")).text)
    assert [(one["name"], one["schema"], one["database"]) for one in raw["sources"]] == [
        ("crm_a", "a", "dwh"),
        ("crm_b", "b", "dwh"),
    ]


def test_openmetadata() -> None:
    raw = json.loads(write("openmetadata", replace(content(), database="sales.db")).text)
    columns = {(one["column_fqn"], one["tag_label"]["tagFQN"]): one["tag_label"] for one in raw["columns"]}
    label = columns['crm."sales.db".public.customers.email', "PrivacyInventory.contact_email"]
    assert label == {
        "tagFQN": "PrivacyInventory.contact_email",
        "source": "Classification",
        "labelType": "Automated",
        "state": "Confirmed",
    }
    tags = {f"{tag['classification']}.{tag['name']}" for tag in raw["tags"]}
    assert {one["tag_label"]["tagFQN"] for one in raw["columns"]} == tags


def test_datahub_adds_and_never_overwrites() -> None:
    raw = json.loads(write("datahub", replace(content(), database="crm")).text)
    tags = {one["entityUrn"] for one in raw if one["entityType"] == "tag"}
    customers, notes = (one for one in raw if one["entityType"] == "dataset")
    assert customers["entityUrn"] == "urn:li:dataset:(urn:li:dataPlatform:postgres,crm.public.customers,PROD)"
    assert {one["changeType"] for one in (customers, notes)} == {"PATCH"}
    changes = json.loads(customers["aspect"]["value"])
    assert changes[0] == {
        "op": "add",
        "path": "/editableSchemaFieldInfo/email/globalTags/tags/urn:li:tag:privacy.contact.email",
        "value": {"tag": "urn:li:tag:privacy.contact.email"},
    }
    assert {
        change["value"]["tag"] for one in (customers, notes) for change in json.loads(one["aspect"]["value"])
    } == tags


def test_sarif() -> None:
    raw = json.loads(write("sarif", content()).text)
    [run] = raw["runs"]
    assert (raw["version"], run["tool"]["driver"]["name"]) == ("2.1.0", "privacy-inventory")
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    results = {
        one["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] + " " + one["ruleId"]: one
        for one in run["results"]
    }
    assert all(rules[one["ruleIndex"]] == one["ruleId"] for one in run["results"])
    assert results["crm:public.customers#email contact.email"]["level"] == "note"
    assert results["crm:public.customers#card financial.card"]["level"] == "error"
    # A connection without TLS is a finding of the source.
    assert results["crm no_tls"]["level"] in ("warning", "error")
    # What people set aside is there, with who said so and why.
    [aside] = results["share:hr/ä b.csv#mail contact.email"]["suppressions"]
    assert aside["justification"] == "Role mailboxes (ann, by the pattern share:*)"
    assert results["crm:public.customers#note text.personal"]["suppressions"][0]["status"] == "accepted"
    # A file is found by its path.
    place = results["share:hr/ä b.csv#mail contact.email"]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "hr/%C3%A4%20b.csv"
    [skipped] = run["invocations"][0]["toolExecutionNotifications"]
    assert "crm:public.staff: it was locked" in skipped["message"]["text"]


def test_a_message_of_sarif_holds_no_link() -> None:
    texts = [
        one["message"]["text"] for one in json.loads(write("sarif", content(hostile_map())).text)["runs"][0]["results"]
    ]
    [link] = {text for text in texts if "click" in text and "customers" not in text and "public.-," in text}
    assert "\\[click\\](http://evil.example)" in link
    assert not [text for text in texts if "{{ env" in text and "{{{{ env" not in text]


def test_no_format_has_a_shape() -> None:
    shaped = scan_of("crm", "public.t", kind=AssetKind.TABLE, email="contact.email")
    verdicts = tuple(replace(one, shapes=(("aaaa@zzqq.aa", 9),)) for one in shaped.verdicts)
    data_map = assemble([CRM], looks=[Look(1, AT, replace(shaped, verdicts=verdicts))], today=TODAY)
    assert [form for form in FORMS if "zzqq" in write(form, content(data_map)).text] == ["json"]


PROPERTIES = """
version: 2
# A comment.
sources:
  - name: app
    schema: PUBLIC
    tables:
      - name: clients
        identifier: Customers
        description: |
          Those who buy.
          {{ doc('clients') }}
        columns:
          - name: ID
            tests: [unique, not_null]
          - name: Email
            config: {tags: [gold], meta: {owner: Ann}}
models:
  - name: notes
  - name: other
    columns: [{name: email}]
"""


def test_dbt_takes_it_into_a_file_that_is_there() -> None:
    written = merge(content(), PROPERTIES, "schema.yml")
    raw = yaml.safe_load(written.text)
    [table] = raw["sources"][0]["tables"]
    assert table["description"] == "Those who buy.\n{{ doc('clients') }}\n"
    key, email, card = table["columns"]
    assert key == {"name": "ID", "tests": ["unique", "not_null"]}
    assert email["config"]["tags"] == ["gold", "personal_data", "ordinary", "contact.email"]
    assert email["config"]["meta"]["owner"] == "Ann"
    assert email["config"]["meta"]["privacy"]["category"] == "contact.email"
    assert (card["name"], card["config"]["meta"]["privacy"]["class"]) == ("card", "pci")
    notes, other = raw["models"]
    assert notes["columns"][0]["config"]["meta"]["privacy"]["contains"] == ["special.health"]
    assert other == {"name": "other", "columns": [{"name": "email"}]}
    # A second time changes nothing.
    assert merge(content(), written.text, "schema.yml").text == written.text


def test_dbt_tells_what_the_file_does_not_have() -> None:
    written = merge(content(), "models: [{name: customers}]", "schema.yml")
    assert "1 tables that schema.yml does not have: crm:public.notes" in written.notes[0]


@pytest.mark.parametrize("text", ["", "[]", "a: [", "version: 2", "x: 1", "\x00"])
def test_what_is_no_file_of_dbt(text: str) -> None:
    with pytest.raises(UsageError, match="schema"):
        merge(content(), text, "schema.yml")


def test_names_set_into_a_file_are_no_templates() -> None:
    text = "sources: [{name: crm, schema: public, tables: [{name: 'yes'}, {name: '#x'}]}]"
    written = merge(content(hostile_map()), text, "x")
    for table in yaml.safe_load(written.text)["sources"][0]["tables"]:
        assert "{{ '{' }}{ env_var('SECRET') }}" in [column["name"] for column in table["columns"]]
    assert written.text.encode("utf-8")
