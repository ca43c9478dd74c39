"""Whose data is where: the tables of people, what hangs on them, and how many people that is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from data_map.model import AssetKind, DataMap, JoinState, MapAsset, MapSource, Source
from data_map.standing import Role, Standing
from data_map.subjects import standings, with_subjects
from data_map.volume import NOBODY, UNKNOWN, Bounds, People, SourceVolume, volumes
from tests.data_map.people import (
    column,
    customers,
    employees,
    join,
    mapped,
    order_lines,
    orders,
    ref,
    shop,
    table,
)


def stands(data_map: DataMap, name: str, source: str = "shop") -> Standing:
    return standings(data_map)[source, name]


def path(standing: Standing) -> list[str]:
    return [f"{step.here.asset}.{step.here.field} > {step.there.asset}.{step.there.field}" for step in standing.path]


def subject_at(data_map: DataMap, text: str) -> str | None:
    wanted = ref(text)
    [found] = [
        item.verdict.subject
        for part in with_subjects(data_map).sources
        for asset in part.assets
        for item in asset.fields
        if item.field.ref == wanted
    ]
    return found


def volume(data_map: DataMap, source: str = "shop") -> SourceVolume:
    return next(one for one in volumes(data_map) if one.source == source)


def people(data_map: DataMap, name: str, source: str = "shop") -> People:
    return next(one.people for one in volume(data_map, source).tables if one.standing.name[1] == name)


# ---- who stands where


def test_people_are_rows_of_subject_tables_and_the_rest_hangs_on_them() -> None:
    found = standings(shop())
    assert {name: (one.role, one.subject, one.key.field if one.key else None) for (_, name), one in found.items()} == {
        "customers": (Role.SUBJECT, "customer", "id"),
        "employees": (Role.SUBJECT, "employee", "id"),
        "orders": (Role.HANGING, "customer", "customer_id"),
        "order_lines": (Role.HANGING, "customer", "order_id"),
    }
    assert path(found["shop", "order_lines"]) == [
        "order_lines.order_id > orders.id",
        "orders.customer_id > customers.id",
    ]
    assert [step.here.field for step in found["shop", "orders"].others] == ["employee_id"]


def test_a_row_is_whose_it_is_about_and_a_key_is_whose_it_points_at() -> None:
    assert subject_at(shop(), "orders#ship_address") == "customer"
    assert subject_at(shop(), "orders#customer_id") == "customer"
    assert subject_at(shop(), "orders#employee_id") == "employee"
    assert subject_at(shop(), "employees#manager_id") == "employee"  # a table that points at itself
    assert subject_at(shop(), "order_lines#item") is None  # not personal


def test_the_machines_own_word_comes_first() -> None:
    notes = table(
        "notes",
        column("customer_id", to="customers#id"),
        column("patient_name", "identity.name", "patient", distinct=5),
        column("phone", "contact.phone", "person"),
    )
    data_map = mapped(customers(), notes)
    assert subject_at(data_map, "notes#patient_name") == "patient"
    assert subject_at(data_map, "notes#phone") == "patient"  # nobody's in particular: whose the rest of the table is
    assert subject_at(data_map, "customers#email") == "customer"


def test_who_did_the_work_is_named_and_the_rest_is_whose_the_row_is() -> None:
    leave = table(
        "leave",
        column("p_nr", "identity.subject_id", to="customers#id"),
        column("doctor", "identity.name", "professional", distinct=5),
        column("diagnosis", "special.health", "person"),
    )
    data_map = mapped(customers(), leave)
    assert subject_at(data_map, "leave#doctor") == "professional"
    assert subject_at(data_map, "leave#diagnosis") == "customer"


@pytest.mark.parametrize(
    ("state", "score", "role"),
    [
        (JoinState.ACCEPTED, 1.0, Role.HANGING),
        (JoinState.PROPOSED, 0.92, Role.HANGING),
        (JoinState.PROPOSED, 0.3, Role.UNLINKED),
        (JoinState.REFUSED, 0.0, Role.UNLINKED),
    ],
)
def test_a_join_counts_when_it_is_sure_enough(state: JoinState, score: float, role: Role) -> None:
    cards = table("cards", column("owner"), column("number", "financial.card"))
    data_map = mapped(customers(), cards, joins=[join("cards#owner", "customers#id", state, score)])
    assert stands(data_map, "cards").role is role
    assert subject_at(data_map, "cards#number") == ("customer" if role is Role.HANGING else None)


def test_who_had_a_hand_in_a_row_is_not_whom_it_is_about() -> None:
    shops = table(
        "branches",
        column("id", key=True),
        column("manager_id", "identity.subject_id", "employee", distinct=4, to="employees#id"),
        column("phone", "contact.phone"),
    )
    stock = table("stock", column("branch_id", to="branches#id"), column("item"))
    data_map = mapped(employees(), shops, stock)
    standing = stands(data_map, "branches")
    assert (standing.role, standing.path[0].is_mention) == (Role.HANGING, True)
    assert subject_at(data_map, "branches#phone") is None
    assert ("shop", "stock") not in standings(data_map)  # what a branch has is not its manager's


def test_a_key_is_no_mention_in_a_table_of_such_people() -> None:
    agents = table("agents", column("agent_id", key=True), column("name", "identity.name", "professional"))
    rates = table("rates", column("agent_id", to="agents#agent_id"), column("rate", "financial.income"))
    assert subject_at(mapped(agents, rates), "rates#rate") == "professional"


def test_a_supplier_is_nobody_and_its_contact_is_a_person() -> None:
    suppliers = table(
        "suppliers",
        column("id", key=True),
        column("company"),
        column("contact_name", "identity.name", "contact", distinct=28),
        column("phone", "contact.phone", None),
        rows=30,
    )
    products = table("products", column("supplier_id", to="suppliers#id"), column("note", "text.personal"))
    data_map = mapped(suppliers, products)
    assert stands(data_map, "suppliers").is_organisation
    assert subject_at(data_map, "suppliers#phone") == "contact"
    assert subject_at(data_map, "products#note") is None
    assert stands(data_map, "products").role is Role.UNLINKED
    assert people(data_map, "suppliers") == People(28, 30)


def test_a_link_table_is_of_both_and_about_whom_the_work_is_done_for() -> None:
    link = table(
        "care",
        column("employee_id", "identity.subject_id", None, to="employees#id", distinct=9),
        column("customer_id", "identity.subject_id", None, to="customers#id", distinct=70),
    )
    data_map = mapped(customers(), employees(), link)
    assert stands(data_map, "care").subject == "customer"
    assert subject_at(data_map, "care#employee_id") == "employee"
    assert people(data_map, "care") == People(70, 70, is_exact=True)


def test_an_address_is_of_those_who_live_there() -> None:
    living = table(
        "customers",
        column("id", key=True),
        column("name", "identity.name", "customer"),
        column("email", "contact.email", "customer"),
        column("address_id", filled=90, distinct=70, to="addresses#id"),
    )
    addresses = table(
        "addresses",
        column("id", key=True),
        column("street", "contact.address"),
        column("city_id", to="cities#id", distinct=20),
        rows=80,
    )
    cities = table("cities", column("id", key=True), column("city", "contact.place"), rows=40)
    colours = table("colours", column("id", key=True), column("name"))
    data_map = mapped(living, addresses, cities, colours)
    assert path(stands(data_map, "addresses")) == ["addresses.id > customers.address_id"]
    assert subject_at(data_map, "addresses#street") == "customer"
    assert subject_at(data_map, "cities#city") == "customer"
    assert people(data_map, "addresses") == People(90, 90, is_exact=True)
    assert people(data_map, "cities") == People(1, 90)
    assert ("shop", "colours") not in standings(data_map)


def test_a_table_that_repeats_the_people_of_another_hangs_on_it() -> None:
    tickets = table(
        "tickets",
        column("id", key=True),
        column("customer_id", to="customers#id", distinct=40),
        column("name", "identity.name", "customer", distinct=40),
        column("email", "contact.email", "customer"),
    )
    assert stands(mapped(customers(), tickets), "tickets").role is Role.HANGING


def test_what_people_did_is_no_table_of_people() -> None:
    visits = table(
        "visits",
        column("id", key=True),
        column("email", "contact.email", None, distinct=20),
        column("name", "identity.name", None, distinct=20),
        rows=1000,
    )
    data_map = mapped(visits)
    assert stands(data_map, "visits").role is Role.UNLINKED
    assert people(data_map, "visits") == People(20, 20, is_exact=True)


def test_circles_end() -> None:
    data_map = mapped(
        customers(),
        table("a", column("id", key=True), column("b_id", to="b#id"), column("customer_id", to="customers#id")),
        table("b", column("id", key=True), column("c_id", to="c#id"), column("note", "text.personal")),
        table("c", column("id", key=True), column("b_id", to="b#id"), column("a_id", to="a#id")),
    )
    assert path(stands(data_map, "b")) == ["b.c_id > c.id", "c.a_id > a.id", "a.customer_id > customers.id"]


def test_long_chains_are_walked() -> None:
    chain = [
        table(f"t{n}", column("id", key=True), column("up", to=f"t{n - 1}#id" if n else "customers#id"), rows=5)
        for n in range(1500)
    ]
    assert len(stands(mapped(customers(), *chain), "t1499").path) == 1500


def test_people_of_another_source() -> None:
    mails = table(
        "mails", column("customer", distinct=30), column("body_text", "text.personal"), rows=300, source="archive"
    )
    data_map = mapped(
        customers(), mails, joins=[join("archive:mails#customer", "customers#id", JoinState.ACCEPTED, 1.0)]
    )
    assert stands(data_map, "mails", "archive").root == ("shop", "customers")
    assert subject_at(data_map, "archive:mails#body_text") == "customer"
    assert volume(data_map, "archive").people == People(30, 30, is_exact=True)


# ---- how many people


def test_people_of_each_table() -> None:
    data_map = shop()
    assert people(data_map, "customers") == People(100, 100, is_exact=True)
    assert people(data_map, "employees") == People(10, 10, is_exact=True)
    assert people(data_map, "orders") == People(60, 60, is_exact=True)
    assert people(data_map, "order_lines") == People(1, 60)


def test_an_estimate_of_the_catalog_is_never_called_exact() -> None:
    huge = table(
        "customers",
        column("id", key=True),
        column("name", "identity.name", "customer", distinct=900),
        column("email", "contact.email", "customer"),
        rows=20_000_000,
        read=1000,
    )
    seen = table(
        "seen", column("customer_id", "identity.subject_id", distinct=700, to="customers#id"), rows=50, read=1000
    )
    data_map = mapped(huge, seen)
    assert volume(data_map).people == People(20_000_000, 20_000_000, is_exact=False)
    assert people(data_map, "seen") == People(50, 50)


def test_without_a_key_there_are_bounds_only() -> None:
    listed = table(
        "people.csv",
        column("Name", "identity.name", "customer", distinct=95),
        column("Geburtstag", "demographic.date_of_birth", "customer", distinct=90),
        kind=AssetKind.FILE,
    )
    assert people(mapped(listed), "people.csv") == People(95, 100)
    unknown = table("people.csv", *listed.fields, rows=None, read=50, kind=AssetKind.FILE)
    assert people(mapped(unknown), "people.csv") == People(95, None)


def test_a_number_that_was_never_the_same_is_a_key_only_where_every_row_was_read() -> None:
    columns = (
        column("nr", "identity.subject_id", "customer"),
        column("name", "identity.name", "customer", distinct=80),
    )
    whole = table("list.csv", *columns, kind=AssetKind.FILE)
    assert people(mapped(whole), "list.csv") == People(100, 100, is_exact=True)
    part = table("list.csv", *columns, rows=5000, read=100, kind=AssetKind.FILE)
    assert people(mapped(part), "list.csv") == People(100, 5000)


def test_nothing_known_is_no_number() -> None:
    document = table("minutes.pdf", column("body", "text.personal"), kind=AssetKind.FILE, rows=1)
    jobs = table("jobs", column("title", "employment.job", distinct=19))
    data_map = mapped(document, jobs)
    assert people(data_map, "minutes.pdf") == people(data_map, "jobs") == UNKNOWN
    one = volume(data_map)
    assert (one.people, one.document_count, one.uncounted_count, one.exposure) == (UNKNOWN, 1, 1, None)


def test_an_empty_table_holds_nobody() -> None:
    assert volume(mapped(customers(rows=0))).people == NOBODY


def test_nobody_is_counted_twice_for_an_old_copy() -> None:
    data_map = mapped(customers(), customers(90, "customers_bak"), table("dbo.x_old", column("a")))
    assert {one.standing.name[1]: one.copy_of for one in volume(data_map).tables} == {
        "customers": None,
        "customers_bak": "customers",
    }
    assert volume(data_map).people == People(100, 100, is_exact=True)
    assert volume(data_map).copy_count == 1
    assert volume(data_map).exposure == Bounds(200, 200)


def test_a_name_that_ends_like_a_copy_is_none_without_its_original() -> None:
    one = volume(mapped(customers(90, "customers_old")))
    assert (one.copy_count, one.people) == (0, People(90, 90, is_exact=True))


def logins(**more: str) -> MapAsset:
    return table(
        "accounts",
        column("id", key=True),
        column("customer_id", unique=True, **more),  # type: ignore[arg-type]
        column("login", "identity.username", "user"),
        column("password", "credential.password_hash", "user"),
        column("email", "contact.email", "user"),
        rows=80,
    )


def test_two_tables_of_the_same_people() -> None:
    joined = mapped(customers(), logins(to="customers#id"))
    assert stands(joined, "accounts").same_as is not None
    assert volume(joined).people == People(100, 100, is_exact=True)
    apart = mapped(customers(), logins())
    assert volume(apart).people == People(100, 180)  # users may be customers: nobody knows


def test_the_same_address_on_both_sides_is_the_same_person() -> None:
    proposed = mapped(customers(), logins(), joins=[join("accounts#email", "customers#email")])
    assert stands(proposed, "accounts").same_as is not None
    assert volume(proposed).people == People(100, 180)  # only proposed: bounds
    accepted = mapped(customers(), logins(), joins=[join("accounts#email", "customers#email", JoinState.ACCEPTED, 1.0)])
    assert volume(accepted).people == People(100, 100, is_exact=True)


def test_tables_of_one_subject_may_hold_the_same_people() -> None:
    data_map = mapped(customers(), customers(40, "clients"), employees())
    assert volume(data_map).people == People(110, 150)


# ---- exposure


def test_exposure_counts_each_person_once_for_each_category() -> None:
    # customers: name, e-mail × 100; of 60 of them the number and an address too; employees: 3 categories × 10.
    one = volume(shop())
    assert one.exposure == Bounds(350, 350)
    assert one.special_exposure == Bounds(10, 10)  # their religion
    assert one.special == ("special.religion",)


def test_a_log_of_many_people_says_how_little_is_known_of_it() -> None:
    log = table("log", column("email", "contact.email", "user", distinct=900), rows=200_000, read=1000)
    one = volume(mapped(customers(), log))
    assert one.people == People(900, 200_100)
    assert one.exposure == Bounds(1000, 200_200)  # 900 addresses and 100 names at least


def test_the_most_exposed_source_comes_first() -> None:
    small = table("t", column("id", key=True), column("email", "contact.email", "customer"), rows=20, source="a-small")
    assert [one.source for one in volumes(mapped(small, customers(), orders(), order_lines()))] == ["shop", "a-small"]


def test_not_known_is_not_nothing() -> None:
    parts = table("parts", column("weight"), source="things")
    document = table("minutes.pdf", column("body", "text.personal"), kind=AssetKind.FILE, rows=1, source="office")
    unread = MapSource(Source("closed", "sqlite", "/srv/closed.db"))
    known = mapped(parts, document, customers())
    found = volumes(replace(known, sources=(*known.sources, unread)))
    assert [(one.source, one.exposure) for one in found] == [
        ("shop", Bounds(200, 200)),
        ("office", None),
        ("closed", None),
        ("things", Bounds(0, 0)),
    ]


def test_an_empty_map() -> None:
    assert volumes(DataMap()) == ()
    assert with_subjects(DataMap()) == DataMap()


def test_tables_that_only_say_who_typed_them_in() -> None:
    people_ = table(
        "people", column("id", key=True), column("name", "identity.name", "person"), column("mail", "contact.email")
    )
    data_map = mapped(
        people_,
        table("colours", column("name"), column("last_edited_by", distinct=3, to="people#id")),
        table(
            "settings",
            column("note", "text.personal"),
            column("edited_by", distinct=3, to="people#id"),
            column("contact_id", distinct=4, to="people#id"),
        ),
    )
    assert ("shop", "colours") not in standings(data_map)
    # Whom the notes are about is not who typed them.
    assert path(stands(data_map, "settings")) == ["settings.contact_id > people.id"]
    assert people(data_map, "settings") == UNKNOWN
    assert volume(data_map).uncounted_count == 1


def test_the_people_of_another_system_are_people_here_too() -> None:
    old = table(
        "kunden",
        column("nr", key=True),
        column("vorname", "identity.name", "customer"),
        column("email", "contact.email", "customer"),
        source="old",
        rows=70,
    )
    data_map = mapped(customers(), old, joins=[join("old:kunden#email", "customers#email")])
    standing = stands(data_map, "kunden", "old")
    assert standing.role is Role.SUBJECT
    assert standing.same_as is not None
    assert volume(data_map, "old").people == People(70, 70, is_exact=True)


def test_bounds_are_in_order() -> None:
    """Employees live at the customers' addresses too, and are no customers."""
    living = table(
        "clients",
        column("id", key=True),
        column("name", "identity.name", "customer"),
        column("email", "contact.email", "customer"),
        column("home", to="addresses#id"),
        rows=20,
    )
    staff = table(
        "staff",
        column("id", key=True),
        column("name", "identity.name", "employee"),
        column("email", "contact.email", "employee"),
        column("home", to="addresses#id"),
        rows=5,
    )
    addresses = table("addresses", column("id", key=True), column("street", "contact.address"), rows=25)
    data_map = mapped(living, staff, addresses)
    assert people(data_map, "addresses") == People(25, 25, is_exact=True)
    assert volume(data_map).exposure == Bounds(70, 70)  # 25 × (name, e-mail), and the customers' addresses


def test_a_view_shows_people_who_are_counted_already() -> None:
    view = table("customer_list", *customers().fields, kind=AssetKind.VIEW)
    assert volume(mapped(customers(), view)).people == People(100, 100, is_exact=True)
    assert volume(mapped(customers(), view)).exposure == Bounds(200, 200)
    assert volume(mapped(view)).people == People(100, 100, is_exact=True)


def test_who_has_a_job_and_a_day_of_entry_is_an_employee() -> None:
    staff = table(
        "T_PERS",
        column("p_nr", "identity.subject_id", "person"),
        column("nm", "identity.name", "person"),
        column("pos", "employment.job", "person", distinct=9),
        column("eintr", "employment.date", None, distinct=80),
    )
    pay = table("T_GEH", column("p_nr", "identity.subject_id", "person"), column("btr", "financial.income", "person"))
    data_map = mapped(staff, pay, joins=[join("T_GEH#p_nr", "T_PERS#p_nr")])
    assert {subject_at(data_map, place) for place in ("T_PERS#nm", "T_PERS#eintr", "T_GEH#btr")} == {"employee"}


def test_entries_of_a_directory_are_people() -> None:
    directory = table(
        "ou=people",
        column("uid", "identity.username", "user"),
        column("cn", "identity.name", "user", distinct=95),
        column("mail", "contact.email", "user", filled=90, distinct=90),
        kind=AssetKind.COLLECTION,
    )
    assert stands(mapped(directory), "ou=people").subject == "user"
    assert people(mapped(directory), "ou=people") == People(100, 100, is_exact=True)


def test_of_two_tables_that_point_at_each_other_one_counts() -> None:
    def person(name: str, to: str, *, unique: bool) -> MapAsset:
        return table(
            name,
            column("id", key=True),
            column("name", "identity.name", "customer"),
            column("email", "contact.email", "customer"),
            column("other", to=f"{to}#id", unique=unique, distinct=50),
        )

    each = mapped(person("a", "b", unique=True), person("b", "a", unique=True))
    assert [stands(each, name).role for name in ("a", "b")] == [Role.SUBJECT, Role.SUBJECT]
    assert volume(each).people == People(100, 100, is_exact=True)
    some = mapped(person("a", "b", unique=False), person("b", "a", unique=False))
    assert [stands(some, name).role for name in ("a", "b")] == [Role.HANGING, Role.SUBJECT]
    assert volume(some).people == People(100, 100, is_exact=True)


def test_what_nobody_has_adds_nothing() -> None:
    people = table(
        "people",
        column("id", key=True),
        column("email", "contact.email", "customer"),
        column("phone", "contact.phone", "customer", filled=60),
        column("photo", "identity.photo", "customer", filled=0),
    )
    assert volume(mapped(people)).exposure == Bounds(160, 160)
    sampled = table("people", *(item for item in people.fields), rows=100, read=50)
    assert volume(mapped(sampled)).exposure is not None
    assert volume(mapped(sampled)).exposure.high == 300  # half of the rows were not read
