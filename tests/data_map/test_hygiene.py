"""What is amiss: the labelled set with its precision and recall, and each rule with its near misses."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from data_map.copies import mark_of
from data_map.hygiene import findings
from data_map.hygiene_finding import Certainty, HygieneFinding, HygieneKind, Severity, address, title, words
from data_map.model import Connected, DataMap, Decision, FieldRef, Reason, Skipped, State, Suppression
from data_map.suppression import HYGIENE_KINDS
from scanners.detect.secrets import hashes, secrets
from tests.data_map.hygiene_cases import (
    CARDS,
    COMMON,
    IDS,
    MAILS,
    PASSWORDS,
    PEOPLE,
    SALTS,
    Case,
    _digest,
    cases,
    map_of,
)

TODAY = date(2026, 11, 24)
AT = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)


def found_in(*some: Case) -> list[HygieneFinding]:
    return list(findings(map_of(*some), TODAY))


def table(name: str = "main.users", **columns: list[str]) -> Case:
    return Case(name, {"id": IDS, "email": MAILS, **columns})


def test_the_labelled_set(capsys: pytest.CaptureFixture[str]) -> None:
    """Precision and recall of each kind over the labelled set; every mistake is named."""
    every = list(cases())
    wanted = {(case.source, case.name, name, kind) for case in every for name, kind in case.amiss}
    got = {
        (one.source, one.asset, one.field, one.kind.value)
        for one in findings(map_of(*every), TODAY)
        if one.severity is not Severity.INFO
    }
    kinds = sorted({row[3] for row in wanted | got}, key=str)
    lines, scores = [], {}
    for kind in kinds:
        right = {row for row in wanted if row[3] == kind}
        said = {row for row in got if row[3] == kind}
        scores[kind] = (len(right & said) / max(1, len(said)), len(right & said) / max(1, len(right)))
        lines.append(f"{kind:20} precision {scores[kind][0]:.2f} recall {scores[kind][1]:.2f} of {len(right)}")
    with capsys.disabled():
        print("\n" + "\n".join(lines))
    mistakes = sorted(map(str, wanted ^ got))
    assert set(scores) >= {"cleartext_password", "unsalted_hash", "cardholder_data", "secret", "stale_copy"}
    assert all(min(pair) == 1 for pair in scores.values()), mistakes
    assert len(every) > 90
    near_misses = sum(not case.amiss for case in every)
    assert near_misses > 35


def test_words_for_everything_that_can_be_found() -> None:
    assert {one.name.removeprefix("hash:") for one in hashes()} == words()["hash"].keys()
    assert {one.name.removeprefix("secret:") for one in secrets()} <= words()["secret"].keys()
    assert {kind.value for kind in HygieneKind} == set(HYGIENE_KINDS) == words()["kind"].keys()
    assert all(title(kind) for kind in HygieneKind)


@pytest.mark.parametrize(
    ("values", "columns", "severity", "certainty"),
    [
        (_digest("md5", COMMON), {}, Severity.HIGH, Certainty.SURE),  # equal passwords have equal hashes
        (_digest("sha256", PASSWORDS), {}, Severity.HIGH, Certainty.LIKELY),
        (_digest("sha256", PASSWORDS, SALTS), {"salt": SALTS}, Severity.LOW, Certainty.LIKELY),
        (_digest("sha256", COMMON), {"salt": SALTS}, Severity.HIGH, Certainty.SURE),  # which is not used
        (
            [f"{one}:{salt}" for one, salt in zip(_digest("md5", PASSWORDS), SALTS, strict=True)],
            {},
            Severity.LOW,
            Certainty.SURE,
        ),
    ],
)
def test_how_bad_a_hash_is(
    values: list[str], columns: dict[str, list[str]], severity: Severity, certainty: Certainty
) -> None:
    (one,) = found_in(Case("main.users", {"id": IDS, "email": MAILS, "password_hash": values, **columns}))
    assert (one.kind, one.severity, one.certainty) == (HygieneKind.UNSALTED_HASH, severity, certainty)


def test_some_clear_passwords_among_hashes() -> None:
    mixed = [*PASSWORDS[:8], *("$2b$12$" + "a" * 51 + f"{number:02}" for number in range(52))]
    (one,) = found_in(table(password=mixed))
    assert (one.kind, one.severity) == (HygieneKind.CLEARTEXT_PASSWORD, Severity.HIGH)


def test_a_security_code_is_worse_than_a_number() -> None:
    codes = [f"{number * 37 % 1000:03}" for number in range(60)]
    found = found_in(table(card_number=CARDS, cvv=codes))
    assert [(one.field, one.severity) for one in found] == [("cvv", Severity.CRITICAL), ("card_number", Severity.HIGH)]


def test_codes_beside_cards_whose_name_says_nothing() -> None:
    codes = [f"{number * 37 % 1000:03}" for number in range(60)]
    found = {one.field: one for one in found_in(table(card_number=CARDS, pz=codes))}
    assert found["pz"].certainty is Certainty.LIKELY
    assert "pz" not in {one.field for one in found_in(table(pz=codes))}


def test_published_numbers_are_told_and_nothing_more() -> None:
    (one,) = found_in(table(card_number=["4111111111111111", "5555555555554444", "378282246310005"] * 20))
    assert (one.severity, one.seen) == (Severity.INFO, "only published test numbers of cards (3 different)")


@pytest.mark.parametrize(
    ("connected", "kinds"),
    [
        (Connected(), []),
        (Connected(True, False), []),
        (Connected(False, False), [("no_tls", "high")]),
        (Connected(True, True), [("superuser", "medium")]),
    ],
)
def test_connections(connected: Connected, kinds: list[tuple[str, str]]) -> None:
    found = findings(map_of(table(), connected=connected), TODAY)
    assert [(one.kind.value, one.severity.value) for one in found] == kinds
    assert {one.ref for one in found} <= {"shop"}


def test_a_connection_over_which_nothing_personal_went_is_less_bad() -> None:
    (one,) = findings(map_of(Case("main.stock", {"id": IDS}), connected=Connected(False)), TODAY)
    assert one.severity is Severity.MEDIUM


@pytest.mark.parametrize(
    ("name", "base", "strength"),
    [
        ("customers_bak", "customers", "strong"),
        ("customers_backup_20240131", "customers", "strong"),
        ("customersBackup", "customers", "strong"),
        ("customers_copy2", "customers", "strong"),
        ("customers_bak_3", "customers", "strong"),
        ("Kopie von Kunden", "kunden", "strong"),
        ("clients_sauvegarde", "clients", "strong"),
        ("tmp_customers", "customers", "strong"),
        ("zz_customers", "customers", "strong"),
        ("kunden_alt", "kunden", "weak"),
        ("customers_2024-01-31", "customers", "weak"),
        ("backup_codes", "codes", "weak"),
        ("customers_final_v2", "customers", "either"),
    ],
)
def test_names_of_copies(name: str, base: str, strength: str) -> None:
    mark = mark_of(name)
    assert mark is not None
    assert (mark.base, mark.strength) == (base, strength)


@pytest.mark.parametrize(
    "name", ["threshold", "household", "gold", "old", "snapshot", "photocopy", "events_2024_01", "", "20240131"]
)
def test_other_names(name: str) -> None:
    assert mark_of(name) is None


def test_a_copy_names_its_original_rows_and_age() -> None:
    original, copy = Case("hr/staff.csv", PEOPLE, source="share"), Case("hr/staff_old.csv", PEOPLE, source="share")
    data_map = map_of(original, copy)
    part = data_map.sources[0]
    marked = replace(part.assets[1], asset=replace(part.assets[1].asset, change_marker="1706659200000000000-77"))
    data_map = DataMap((replace(part, assets=(part.assets[0], marked)),))
    (one,) = findings(data_map, TODAY)
    assert (one.certainty, one.original) == (Certainty.SURE, "share:hr/staff.csv")
    assert "60 rows" in one.seen
    assert "last changed 2024-01-31" in one.seen


def test_a_name_alone_is_only_likely() -> None:
    (alone,) = found_in(Case("main.members_bak", PEOPLE))
    assert (alone.certainty, alone.original) == (Certainty.LIKELY, None)
    changed = {"id": IDS, "name": PEOPLE["name"], "email": MAILS, "iban": IDS, "vip": IDS}
    (other,) = found_in(Case("main.members", changed), Case("main.members_bak", PEOPLE))
    assert (other.certainty, other.original) == (Certainty.LIKELY, "shop:main.members")


def test_a_copy_in_another_source() -> None:
    (one,) = found_in(Case("main.customers", PEOPLE), Case("export/customers_bak.csv", PEOPLE, source="share"))
    assert (one.source, one.original, one.certainty) == ("share", "shop:main.customers", Certainty.SURE)


def test_a_copy_that_no_reader_takes() -> None:
    data_map = map_of(Case("hr/staff.csv", PEOPLE, source="share"))
    skips = tuple(
        Skipped("share", Reason.UNSUPPORTED_FORMAT, name)
        for name in ("hr/staff.csv.bak", "hr/other.csv.bak", "hr/staff.csv")
    )
    (one,) = findings(DataMap((replace(data_map.sources[0], skipped=skips),)), TODAY)
    assert (one.asset, one.certainty) == ("hr/staff.csv.bak", Certainty.LIKELY)


def test_a_series_that_was_sampled_as_one_is_no_copy() -> None:
    data_map = map_of(Case("main.visits_bak", PEOPLE))
    part = data_map.sources[0]
    series = replace(part.assets[0], asset=replace(part.assets[0].asset, member_count=12))
    assert findings(DataMap((replace(part, assets=(series,)),)), TODAY) == ()


# ---- what people said


def suppression(pattern: str, what: str, until_on: date | None = None) -> Suppression:
    return Suppression(pattern, what, "anna", "it is a demo", AT, until_on)


@pytest.mark.parametrize(
    ("said", "is_aside"),
    [
        (suppression("shop:main.users", "cleartext_password"), True),
        (suppression("shop*", "cleartext_password"), True),
        (suppression("shop:main.users", "secret"), False),
        (suppression("shop:main.users", ""), False),  # meant for personal data
        (suppression("shop:main.users", "cleartext_password", date(2026, 11, 23)), False),
        (suppression("other", "cleartext_password"), False),
    ],
)
def test_suppressed_findings_stay_with_their_reason(said: Suppression, is_aside: bool) -> None:
    data_map = replace(map_of(table(password=PASSWORDS)), suppressions=(said,))
    (one,) = findings(data_map, TODAY)
    assert (one.aside is not None) is is_aside
    if one.aside:
        assert "anna" in one.aside
        assert "it is a demo" in one.aside


def test_a_decision_on_the_field_sets_its_findings_aside() -> None:
    data_map = map_of(table(password=PASSWORDS))
    part = data_map.sources[0]
    item = part.assets[0].fields[2]
    said = Decision(item.field.ref, None, "anna", "words of a game", AT)
    decided = replace(item, verdict=replace(item.verdict, state=State.CLEAN, category=None), decision=said)
    asset = replace(part.assets[0], fields=(*part.assets[0].fields[:2], decided))
    (one,) = findings(DataMap((replace(part, assets=(asset,)),)), TODAY)
    assert one.aside == "decided not personal by anna on 2026-11-01: words of a game"


def test_the_worst_stands_first_and_what_is_set_aside_last() -> None:
    found = findings(map_of(*cases(), connected=Connected(False, True)), TODAY)
    ranks = [list(Severity).index(one.severity) for one in found]
    assert ranks == sorted(ranks)
    data_map = replace(map_of(*cases()), suppressions=(suppression("*", "cleartext_password"),))
    kinds = [one.kind for one in findings(data_map, TODAY)]
    count = Counter(kinds)[HygieneKind.CLEARTEXT_PASSWORD]
    assert set(kinds[-count:]) == {HygieneKind.CLEARTEXT_PASSWORD}


def test_no_value_is_in_a_finding() -> None:
    told = " ".join(f"{one.seen} {one.aside} {one.ref}" for one in findings(map_of(*cases()), TODAY))
    for value in (*PASSWORDS, *CARDS, *MAILS, "Tr0ub4dor", "hunter", "ghp_", "AKIA"):
        assert value not in told


def test_hostile_names() -> None:
    odd = "main.a:b#c%<b>\n\0_bak"
    found = found_in(Case(odd, {"e#mail": MAILS, "pass:word": PASSWORDS}))
    assert address("s:1", odd).startswith("s%3A1:main.a%3Ab%23c%25")
    for one in found:
        if one.field is not None:
            assert FieldRef.parse(one.ref) == FieldRef("shop", odd, one.field)


def test_an_empty_map_and_one_of_an_older_scan() -> None:
    assert findings(DataMap(), TODAY) == ()
    data_map = map_of(table(password=PASSWORDS))
    part = data_map.sources[0]
    fields = tuple(
        replace(item, verdict=replace(item.verdict, evidence=()), machine=replace(item.machine, evidence=()))
        for item in part.assets[0].fields
    )
    older = DataMap((replace(part, assets=(replace(part.assets[0], fields=fields),)),))
    (one,) = findings(older, TODAY)
    assert one.certainty is Certainty.LIKELY
    assert "scan again" in one.seen
