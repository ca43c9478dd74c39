"""Whom a table is about: by its names, by what it hangs on, and by what its values say."""

from __future__ import annotations

import pytest

from data_map.model import Asset, AssetKind, Field, FieldRef, FieldVerdict
from scanners.columns import seen_context
from scanners.detect.engine import Engine
from scanners.detect.ner import NameReader
from scanners.subjects import Table, TableContext, context_of, contexts_of
from scanners.values import Column, Content

CITIES = ["Stockholm", "Hamburg", "Toulouse", "Valencia", "Rotterdam", "Bologna"]
PHONES = [
    "+49 30 901820",
    "+33 1 42 76 40 40",
    "+31 20 552 6000",
    "+34 91 588 10 00",
    "+39 06 67101",
    "+46 8 508 00 508",
]
STREETS = ["12 Larkspur Close", "88 Vicarage Road", "Hauptstr. 5", "12 rue de la Paix", "3 Mill Lane", "7 Elm Street"]


def tables(*definitions: tuple[str, str]) -> dict[str, TableContext]:
    found = [
        Table(Asset("s", f"main.{name}", AssetKind.TABLE), tuple(columns.split())) for name, columns in definitions
    ]
    return {name.removeprefix("main."): context for name, context in contexts_of(found).items()}


def verdicts(name: str, columns: dict[str, list[str]], about: TableContext | None = None) -> dict[str, FieldVerdict]:
    asset = Asset("s", f"main.{name}", AssetKind.TABLE)
    content = Content(asset)
    for position, (field, values) in enumerate(columns.items()):
        column = Column(Field(FieldRef("s", asset.name, field), position=position))
        column.extend(values)
        content.columns.append(column)
    return {verdict.ref.field: verdict for verdict in Engine(NameReader(None)).look(content, about=about)[1]}


def test_addresses_are_those_of_the_tables_that_point_at_them() -> None:
    people = tables(("customer", "id first_name last_name address_id"), ("address", "id street city zip"))
    assert people["address"].subject == "customer"
    sites = tables(("warehouse", "id capacity address_id"), ("address", "id street city zip"))
    assert sites["address"].is_organisation
    assert verdicts("address", {"city": CITIES}, people["address"])["city"].category == "contact.place"
    assert verdicts("address", {"city": CITIES}, sites["address"])["city"].category is None


def test_orders_are_their_customers() -> None:
    found = tables(("customers", "id first_name last_name"), ("orders", "id customer_id ship_city"))
    assert found["orders"].subject == "customer"
    assert found["orders"].person_ratio < found["customers"].person_ratio


def test_a_declared_key_is_followed_whatever_it_is_called() -> None:
    people = Asset("s", "main.staff", AssetKind.TABLE)
    history = Asset("s", "main.job_history", AssetKind.TABLE)
    found = contexts_of(
        [Table(people, ("nr", "vorname", "nachname")), Table(history, ("x", "start_date"), {"x": people.name})]
    )
    assert found[history.name].subject == "employee"


def test_customers_that_are_firms_are_no_persons_number() -> None:
    found = tables(("customers", "customer_code company_name"), ("orders", "order_id customer_id"))
    assert found["customers"].names_organisation
    found = tables(("customers", "customer_code company first_name last_name"))
    assert not found["customers"].names_organisation


@pytest.mark.parametrize("name", ["suppliers", "warehouses", "system_parameters", "Standorte"])
def test_what_organisations_have_is_nobodys(name: str) -> None:
    found = verdicts(name, {"phone": PHONES, "address": STREETS})
    assert {verdict.category for verdict in found.values()} == {None}


def test_somebody_named_at_an_organisation_makes_its_number_a_possible_one() -> None:
    alone, named = (
        seen_context(context_of("suppliers", ["phone"]), set()),
        seen_context(context_of("suppliers", ["phone"]), {"identity.name"}),
    )
    assert alone.is_organisation
    assert not named.is_organisation


def test_a_column_is_no_witness_for_itself() -> None:
    storms = {
        "name": ["Isabelle", "Gordon", "Florence", "Hanna", "Ophelia"],
        "year": ["2003", "1994", "2018", "2020", "2017"],
    }
    assert verdicts("hurricanes", storms)["name"].category is None


def test_a_survey_without_names_is_about_people() -> None:
    columns = ["sex", "age", "marital_status", "education", "q1"]
    assert context_of("responses", columns).person_ratio >= 0.85
    assert context_of("responses", ["sex", "value"]).person_ratio < 0.5


@pytest.mark.parametrize("table", ["languages", "countries", "religions", "job_titles"])
def test_a_list_of_something_is_nobodys(table: str) -> None:
    column = table.removesuffix("s")
    values = {
        "languages": ["German", "French", "Polish"],
        "countries": ["Germany", "France", "Poland"],
        "religions": ["Catholic", "Muslim", "Hindu"],
        "job_titles": ["Nurse", "Engineer", "Accountant"],
    }[table]
    assert (
        verdicts(table, {"id": ["1", "2", "3"], column.replace("countrie", "country"): values})[
            column.replace("countrie", "country")
        ].category
        is None
    )


def test_a_dot_in_a_heading_is_no_path() -> None:
    found = verdicts(
        "personalliste", {"Fam.Stand": ["verh.", "ledig", "gesch."], "Vorname": ["Wiebke", "Jörn", "Gesine"]}
    )
    assert found["Fam.Stand"].category == "demographic.marital_status"
