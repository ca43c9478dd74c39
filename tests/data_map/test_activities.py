"""Processing activities: what is read from their TOML, what is refused and how it is told, and what Art. 30 misses."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields, replace
from datetime import date

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from data_map import register
from data_map.activities import (
    KEYS,
    ActivityError,
    Art9Condition,
    Controller,
    FieldPattern,
    LegalBasis,
    Party,
    ProcessingActivity,
    Recipient,
    RecipientKind,
    RequiredBy,
    Retention,
    RetentionAction,
    Role,
    Transfer,
    is_category_key,
    need_of,
    parse,
    template,
    title_of,
)
from data_map.codes import ART9_CONDITIONS, BASES_BY_LAW, COUNTRIES, EEA, LEGAL_BASES, MECHANISMS
from data_map.completeness import Missing, missing, missing_of
from data_map.model import FieldRef

WHOLE = """\
# Ask sales before changing this one.
key = "customer-care"
name = "Customer care"
role = "controller"
owner = "Sales"
reviewed_on = 2026-09-01
purposes = ["Answering questions"]
data_subjects = ["customers"]
categories = ["contact.email", "special.health", "complaints in their own words"]
fields = ["crm:public.customers*", "crm:public.orders#email"]
systems = ["CRM"]
security_measures = ["access by role"]
data_source = "the employer"
automated_decisions = "none"
dpia = "dpia/care.pdf"
art10_law = "§ 1"
notes = "…"
processing = ["printing"]

[[recipients]]
name = "Mailer" # since 2024
kind = "processor"
country = "US"

[[transfers]]
country = "US"
mechanism = "46.2.c"
document = "contracts/mailer.pdf"

[[transfers]]
organisation = "World Health Organization"

[[retention]]
category = "contact.email"
period = "P1Y6M"
starts_on = "end of the contract"
basis = "policy"
action = "anonymise"

[[retention]]
criterion = "as long as there is an account"

[[joint_controllers]]
name = "Example AG"
contact = "Zurich"
representative = "Example GmbH"
country = "CH"

[[legal_basis]]
code = "6.1.f"
interest = "knowing what goes wrong"

[[art9]]
code = "9.2.a"
law = "none"

[[controllers]]
name = "Nordlicht"
"""
CARE = ProcessingActivity(
    key="customer-care",
    name="Customer care",
    role=Role.CONTROLLER,
    joint_controllers=(Party("Example AG", "Zurich", "Example GmbH", "CH"),),
    purposes=("Answering questions",),
    data_subjects=("customers",),
    categories=("contact.email", "special.health", "complaints in their own words"),
    recipients=(Recipient("Mailer", RecipientKind.PROCESSOR, "US"),),
    transfers=(
        Transfer("US", None, "46.2.c", "contracts/mailer.pdf"),
        Transfer(None, "World Health Organization"),
    ),
    retention=(
        Retention("contact.email", "P1Y6M", None, "end of the contract", "policy", RetentionAction.ANONYMISE),
        Retention("*", None, "as long as there is an account"),
    ),
    security_measures=("access by role",),
    controllers=(Party("Nordlicht"),),
    processing=("printing",),
    legal_basis=(LegalBasis("6.1.f", None, "knowing what goes wrong"),),
    art9=(Art9Condition("9.2.a", "none"),),
    art10_law="§ 1",
    data_source="the employer",
    automated_decisions="none",
    dpia="dpia/care.pdf",
    fields=(
        FieldPattern("crm:public.customers*", "crm", "public.customers*", None),
        FieldPattern("crm:public.orders#email", "crm", "public.orders", "email"),
    ),
    systems=("CRM",),
    owner="Sales",
    reviewed_on=date(2026, 9, 1),
    notes="…",
)
LEAST = 'key = "a"\nname = "A"\n'


def test_a_whole_activity_is_read() -> None:
    assert parse(WHOLE) == CARE


def test_what_is_not_declared_is_empty() -> None:
    activity = parse(LEAST)
    assert activity == ProcessingActivity("a", "A")
    assert activity.recipients is None


@pytest.mark.parametrize("written", ["none", "None", " NONE "])
def test_no_recipients_is_not_the_same_as_nothing_said(written: str) -> None:
    assert parse(f'{LEAST}recipients = "{written}"').recipients == ()
    assert parse(f"{LEAST}recipients = []").recipients is None


def test_the_template_explains_every_key_and_is_an_activity_once_it_has_a_name() -> None:
    text = template("customer-care")
    activity = parse(text.replace('name = ""', 'name = "Customer care"'))
    assert (activity.key, activity.name) == ("customer-care", "Customer care")
    named = {
        *re.findall(r"(?m)^ *#*([a-z0-9_]+) = ", text),
        *re.findall(r"(?m)^#\[\[([a-z0-9_]+)\]\]", text),
    }
    assert named >= set(KEYS)
    parts = (Party, Recipient, Transfer, Retention, LegalBasis, Art9Condition)
    assert named == set(KEYS) | {item.name for part in parts for item in fields(part)}


def test_the_template_works_with_every_example_in_force() -> None:
    text = template("a").replace('#recipients = "none"\n', "")
    lines = re.sub(r"(?m)^( *)#(?=[a-z\[\"])", r"\1", text).replace('name = ""', 'name = "A"').split("\n")
    processing = next(line for line in lines if line.startswith("processing"))
    lines.remove(processing)
    activity = parse("\n".join((processing, *lines)))
    for key in KEYS:
        assert getattr(activity, key) or key in ("art10_law", "notes"), key


def test_everybody_who_asks_for_an_entry_is_named() -> None:
    needs = {key: need_of(key) for key in KEYS}
    assert {key: need.article for key, need in needs.items() if need.required_by is RequiredBy.ART30} == {
        "joint_controllers": "Art. 30(1)(a)",
        "purposes": "Art. 30(1)(b)",
        "data_subjects": "Art. 30(1)(c)",
        "categories": "Art. 30(1)(c)",
        "recipients": "Art. 30(1)(d)",
        "transfers": "Art. 30(1)(e)",
        "retention": "Art. 30(1)(f)",
        "security_measures": "Art. 30(1)(g)",
        "controllers": "Art. 30(2)(a)",
        "processing": "Art. 30(2)(b)",
    }
    assert {need.when for need in needs.values() if need.required_by is RequiredBy.ART30} == {
        "always",
        "where applicable",
        "where possible",
    }


def test_the_codes_are_those_of_the_law() -> None:
    assert list(LEGAL_BASES) == [f"6.1.{letter}" for letter in "abcdef"]
    assert list(ART9_CONDITIONS) == [f"9.2.{letter}" for letter in "abcdefghij"]
    assert {"45", "46.2.c", "49.1.g", "49.1.sub2"} < MECHANISMS.keys()
    assert len(COUNTRIES) == 249 + 1
    assert EEA < COUNTRIES
    assert BASES_BY_LAW.issubset(LEGAL_BASES)


MISTAKES = {
    "no TOML": ("key = \n", ["not valid TOML", "line 1"]),
    "no key": ('name = "A"', ["key: is missing"]),
    "no name": ('key = "a"\nname = " "', ["name: is missing"]),
    "key": ('key = "Customer care"\nname = "A"', ["key: is written with a to z"]),
    "key with a dash at the end": ('key = "a-"\nname = "A"', ["key: is written"]),
    "name": ('key = "a"\nname = 3', ["name: has to be a text in quotation marks"]),
    "unknown key": (LEAST + 'purpose = ["x"]', ["purpose: there is no such key; did you mean purposes?"]),
    "unknown key of a part": (
        LEAST + '[[recipients]]\nname = "A"\nkind = "internal"\ncontry = "DE"',
        ["recipients.1.contry: there is no such key; did you mean country?"],
    ),
    "a text for a list": (LEAST + 'purposes = "x"', ['purposes: has to be a list of texts: ["…", "…"]']),
    "an empty text in a list": (LEAST + 'purposes = ["x", " "]', ["purposes.2: is empty"]),
    "role": (LEAST + 'role = "contoller"', ["role: is not one of", "did you mean controller?"]),
    "category": (LEAST + 'categories = ["x", "contact.emial"]', ["categories.2", "contact.email"]),
    "pattern without table": (LEAST + 'fields = ["crm"]', ["fields.1: is written source:table"]),
    "pattern without field": (LEAST + 'fields = ["crm:a#"]', ["fields.1: is written source:table"]),
    "recipients": (LEAST + 'recipients = "some"', ['recipients: has to be a list of tables, or "none"']),
    "recipient without kind": (LEAST + '[[recipients]]\nname = "A"', ["recipients.1.kind: is missing", "processor"]),
    "country": (LEAST + '[[transfers]]\ncountry = "UK"', ["transfers.1.country", "did you mean GB?"]),
    "country in lower case": (LEAST + '[[transfers]]\ncountry = "us"', ["did you mean US?"]),
    "transfer to two places": (
        LEAST + '[[transfers]]\ncountry = "US"\norganisation = "WHO"',
        ["transfers.1: give exactly one of country and organisation"],
    ),
    "transfer to nowhere": (LEAST + "[[transfers]]", ["transfers.1: give exactly one"]),
    "mechanism": (LEAST + '[[transfers]]\ncountry = "US"\nmechanism = "46.2c"', ["transfers.1.mechanism", "46.2.c?"]),
    "period": (LEAST + '[[retention]]\nperiod = "10Y"', ["retention.1.period", "P10Y"]),
    "empty period": (LEAST + '[[retention]]\nperiod = "P"', ["retention.1.period"]),
    "period and criterion": (
        LEAST + '[[retention]]\nperiod = "P1Y"\ncriterion = "x"',
        ["retention.1: give exactly one of period and criterion"],
    ),
    "neither": (LEAST + "[[retention]]", ["retention.1: give exactly one"]),
    "limit for something else": (
        LEAST + 'categories = ["contact.email"]\n[[retention]]\ncategory = "contact.mail"\nperiod = "P1Y"',
        ["retention.1.category: is neither * nor", "did you mean contact.email?"],
    ),
    "action": (LEAST + '[[retention]]\nperiod = "P1Y"\naction = "shred"', ["retention.1.action", "anonymise"]),
    "legal basis": (LEAST + '[[legal_basis]]\ncode = "6.1.g"', ["legal_basis.1.code: is not one of"]),
    "condition": (LEAST + '[[art9]]\ncode = "9.1.a"', ["art9.1.code: is not one of"]),
    "a table for a list": (LEAST + '[legal_basis]\ncode = "6.1.a"', ["legal_basis: has to be", "[[legal_basis]]"]),
    "date": (LEAST + 'reviewed_on = "1.9.2026"', ["reviewed_on: has to be a date, written 2026-11-24"]),
    "an instant": (LEAST + "reviewed_on = 2026-09-01T10:00:00Z", ["reviewed_on: has to be a date"]),
    "a record": ("[[activities]]\nkey = 'a'", ["activities: there is no such key"]),
}


@pytest.mark.parametrize(("text", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_by_its_key(text: str, said: list[str]) -> None:
    with pytest.raises(ActivityError) as error:
        parse(text)
    for words in said:
        assert words in str(error.value)


def test_every_mistake_is_told_at_once() -> None:
    with pytest.raises(ActivityError, match="has mistakes") as error:
        parse('key = "A"\nfoo = 1\npurposes = 3\n[[recipients]]\n')
    assert len(str(error.value).splitlines()) == 1 + 6


def test_a_date_may_be_a_text_too() -> None:
    assert parse(LEAST + 'reviewed_on = "2026-09-01"').reviewed_on == date(2026, 9, 1)


def test_a_category_is_a_key_or_words() -> None:
    assert is_category_key("contact.email")
    assert title_of("contact.email") == "E-mail address"
    assert not is_category_key("their complaints. All of them")
    assert title_of("their complaints") == "their complaints"


@pytest.mark.parametrize(
    ("pattern", "ref", "is_claimed"),
    [
        ("crm:main.customers*", FieldRef("crm", "main.customers", "email"), True),
        ("crm:main.customers*", FieldRef("crm", "main.customers_old", "email"), True),
        ("crm:main.customers", FieldRef("crm", "main.customers_old", "email"), False),
        ("crm:main.customers#email", FieldRef("crm", "main.customers", "email"), True),
        ("crm:main.customers#email", FieldRef("crm", "main.customers", "e_mail"), False),
        ("crm:*#*mail", FieldRef("crm", "main.customers", "e_mail"), True),
        ("crm:*", FieldRef("crm2", "main.customers", "email"), False),
        ("*:*#email", FieldRef("crm2", "x", "email"), True),
        ("share:hr/*", FieldRef("share", "hr/a/b.csv", "x"), True),
        ("share:hr/?.csv", FieldRef("share", "hr/a.csv", "x"), True),
        ("share:a[1].csv", FieldRef("share", "a[1].csv", "x"), True),
        ("share:a[1].csv", FieldRef("share", "a1.csv", "x"), False),
        ("share:A.csv", FieldRef("share", "a.csv", "x"), False),
        ("share:a%23b%3Ac.csv#x%25", FieldRef("share", "a#b:c.csv", "x%"), True),
        ("share:*", FieldRef("share", "two\nlines", "x"), True),
    ],
    ids=str,
)
def test_a_pattern_claims_fields(pattern: str, ref: FieldRef, is_claimed: bool) -> None:
    assert FieldPattern.parse(pattern).fits(ref) is is_claimed


@given(st.builds(FieldRef, *[st.text(st.characters(exclude_characters="*?"), min_size=1)] * 3))
def test_a_reference_is_a_pattern_of_itself(ref: FieldRef) -> None:
    pattern = FieldPattern.parse(str(ref))
    assert pattern.fits(ref)
    assert pattern.is_exact
    assert str(pattern) == str(ref)


# The record as one text

TRICKY = [
    'purposes = ["a", # why\n  "b"]',
    'notes = """\n[[activities]]\n# no comment\n"""',
    "notes = '''\n[[recipients]]\n# no comment'''",
    'notes = "[[activities]] # \\" no"',
    'notes = """a\\\n  \\"""b" ""c"""""',
    "# [[activities]]",
    "  # indented",
    "",
    'categories = [\n  # one\n  "contact.email",\n  # [[two]]\n]',
    'recipients = [{ name = "x]", kind = "internal" }]',
    "notes = 'C:\\'",
]
BLOCKS = ['[[art9]]\ncode = "9.2.a" # [x]\n', ' [[ legal_basis ]]  # the "law\n  code = "6.1.a"\n', "# at the end", ""]


@st.composite
def bodies(draw: st.DrawFn) -> str:
    lines = draw(st.lists(st.sampled_from(TRICKY), unique_by=lambda line: line.split(" =")[0] if "=" in line else line))
    note = tomlkit.dumps({"owner": draw(st.text())})
    blocks = draw(st.lists(st.sampled_from(BLOCKS)))
    return "\n".join((*lines, note, 'key = "a"', "# above the name", 'name = "A"', *blocks))


@given(st.lists(bodies()))
def test_a_record_is_put_together_and_taken_apart_without_a_change(texts: list[str]) -> None:
    whole = register.join(texts)
    assert register.split(whole) == [register.tidy(text) for text in texts]
    assert tomllib.loads(whole).get("activities", []) == [tomllib.loads(text) for text in texts]
    assert register.join(register.split(whole)) == whole


RECORD = """\
# The record of Example.

# Ask sales.
[[activities]] # the big one
key = "a"
name = "A"
# about the mailer
[[activities.recipients]]
name = "M" # since 2024
kind = "internal"
# trailing

# Payroll: ask Anna
[[ "activities" ]]
key = "b"
name = "B"
  [[ activities . art9 ]]
  code = "9.2.a"
"""


def test_comments_go_with_what_they_are_about() -> None:
    first, second = register.split(RECORD)
    assert first == (
        '# The record of Example.\n\n# Ask sales.\n# the big one\nkey = "a"\nname = "A"\n# about the mailer\n'
        '[[recipients]]\nname = "M" # since 2024\nkind = "internal"\n# trailing\n'
    )
    assert second.startswith("# Payroll: ask Anna\n")
    assert parse(second).art9 == (Art9Condition("9.2.a"),)
    comments = sorted(re.findall("#.*", RECORD))
    assert sorted(re.findall("#.*", register.join([first, second]))) == comments


def test_line_ends_and_the_byte_order_mark_of_windows() -> None:
    text = "\ufeff" + RECORD.replace("\n", "\r\n")
    assert register.split(text) == register.split(RECORD)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x", "not valid TOML"),
        ("[[activity]]\n", "activity: there is no such key; did you mean activities?"),
        ('key = "a"', "key: there is no such key. Each activity stands under a line [[activities]]"),
        ('activities = [{ key = "a" }]', "write each activity under a line [[activities]]"),
        ('[activities]\nkey = "a"', "write each activity under a line [[activities]]"),
        ('[[activities]]\nkey = "a"\n["activit\\u0069es".x]', "write each activity under a line [[activities]]"),
    ],
)
def test_what_is_no_record(text: str, said: str) -> None:
    with pytest.raises(ActivityError) as error:
        register.split(text)
    assert said in str(error.value)


def test_a_record_without_activities() -> None:
    assert register.split("# nothing yet\n") == []


# What Art. 30 misses

GERMAN = Controller("Example GmbH", "DE", "Berlin", officer=Party("Ada", "ada@example.org"))
BARE = ProcessingActivity("a", "A")
COMPLETE = replace(CARE, transfers=CARE.transfers[:1], controllers=(), processing=())


def required(items: tuple[Missing, ...]) -> list[tuple[str | None, str]]:
    return [(item.activity, item.article) for item in items if not item.is_hint]


def hinted(items: tuple[Missing, ...]) -> list[str]:
    return [item.article for item in items if item.is_hint]


def test_a_complete_record_misses_nothing() -> None:
    assert missing(GERMAN, [COMPLETE]) == ()


def test_everything_that_is_asked_for_always_is_missing() -> None:
    assert required(missing(Controller(), [BARE])) == [
        (None, "Art. 30(1)(a)"),
        (None, "Art. 30(1)(a)"),
        ("a", "Art. 30(1)(b)"),
        ("a", "Art. 30(1)(c)"),
        ("a", "Art. 30(1)(c)"),
        ("a", "Art. 30(1)(d)"),
    ]


def test_what_is_asked_for_where_possible_is_a_hint() -> None:
    assert hinted(missing_of(BARE)) == ["Art. 30(1)(f)", "Art. 30(1)(g)", "Art. 6(1)", ""]
    one = replace(COMPLETE, retention=COMPLETE.retention[:1])
    assert [item.what for item in missing_of(one)] == [
        f"time limit for {title_of('special.health')}, where possible",
        "time limit for complaints in their own words, where possible",
    ]


def test_officer_and_representative_are_only_asked_for_where_they_apply() -> None:
    assert hinted(missing(replace(GERMAN, officer=None), [COMPLETE])) == ["Art. 30(1)(a)"]
    assert [item.key for item in missing(replace(GERMAN, country="CH"), [COMPLETE])] == ["organisation.representative"]
    half = replace(GERMAN, officer=Party("", None), representative=Party("Rep", None))
    assert [item.key for item in missing(half, [COMPLETE]) if not item.is_hint] == [
        "organisation.representative.email",
        "organisation.dpo.name",
        "organisation.dpo.email",
    ]


def test_a_record_without_activities_misses_them() -> None:
    assert required(missing(GERMAN, [])) == [(None, "Art. 30(1)")]


@pytest.mark.parametrize(
    ("changed", "articles"),
    [
        (replace(COMPLETE, recipients=()), []),
        (replace(COMPLETE, transfers=()), ["Art. 30(1)(e)"]),
        (replace(COMPLETE, transfers=(Transfer("US"),)), ["Art. 30(1)(e)"]),
        (replace(COMPLETE, transfers=(Transfer("US", None, "49.1.sub2"),)), ["Art. 30(1)(e), 49(6)"]),
        (replace(COMPLETE, transfers=(Transfer("US", None, "49.1.sub2", "x.pdf"),)), []),
        (replace(COMPLETE, joint_controllers=(Party("X"),)), ["Art. 30(1)(a)"]),
        (replace(COMPLETE, recipients=(Recipient("X", RecipientKind.INTERNAL, "NO"),)), []),
    ],
    ids=["no recipients", "abroad", "no mechanism", "undocumented", "documented", "unreachable", "in the EEA"],
)
def test_transfers_and_parties(changed: ProcessingActivity, articles: list[str]) -> None:
    assert [article for _, article in required(missing(GERMAN, [changed]))] == articles


def test_outside_of_the_gdpr_no_transfer_is_inferred() -> None:
    assert required(missing_of(replace(COMPLETE, transfers=()), "GB")) == []


@pytest.mark.parametrize(
    ("basis", "articles"),
    [
        (LegalBasis("6.1.a"), []),
        (LegalBasis("6.1.c"), ["Art. 6(3)"]),
        (LegalBasis("6.1.c", "§ 147 AO"), []),
        (LegalBasis("6.1.f"), ["Art. 13(1)(d)"]),
    ],
    ids=str,
)
def test_laws_and_interests_are_named(basis: LegalBasis, articles: list[str]) -> None:
    assert hinted(missing_of(replace(COMPLETE, legal_basis=(basis,)))) == articles


def test_a_processor_has_a_record_of_its_own() -> None:
    bare = ProcessingActivity("p", "P", Role.PROCESSOR)
    assert required(missing_of(bare)) == [("p", "Art. 30(2)(a)"), ("p", "Art. 30(2)(b)")]
    assert hinted(missing_of(bare)) == ["Art. 30(2)(d)", ""]
    told = replace(bare, controllers=(Party("N"),), processing=("x",), transfers=(Transfer("US"),))
    assert required(missing_of(told)) == [("p", "Art. 30(2)(a)"), ("p", "Art. 30(2)(c)")]
