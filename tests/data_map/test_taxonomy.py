"""The taxonomy is complete and its names exist where they come from."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from data_map.errors import UsageError
from data_map.taxonomy import CATEGORIES, LegalClass, category, class_of, presidio_categories

#: The product's list: key, class and DPV term, in order.
LISTED = """
identity.name ordinary Name
identity.username ordinary Username
identity.photo ordinary Picture
identity.subject_id ordinary Identifier
contact.email ordinary EmailAddress
contact.phone ordinary TelephoneNumber
contact.address ordinary PhysicalAddress
contact.place ordinary Location
contact.profile_url ordinary SocialNetwork
location.coordinates ordinary GPSCoordinate
demographic.date_of_birth ordinary BirthDate
demographic.age ordinary Age
demographic.gender ordinary Gender
demographic.nationality ordinary Nationality
demographic.marital_status ordinary MaritalStatus
demographic.language ordinary Language
special.ethnicity art9 EthnicOrigin
special.religion art9 ReligiousBelief
special.politics art9 PoliticalOpinion
special.trade_union art9 TradeUnionMembership
special.health art9 Health
special.genetic art9 Genetic
special.biometric art9 Biometric
special.sexuality art9 SexualPreference
criminal.record art10 CriminalConviction
government_id.national national_id OfficialID
government_id.tax national_id OfficialID
government_id.passport national_id Passport
government_id.driving_licence national_id OfficialID
government_id.vehicle ordinary Identifier
financial.card pci PaymentCardNumber
financial.card_security pci PaymentCard
financial.iban ordinary BankAccount
financial.bank_account ordinary FinancialAccountNumber
financial.income ordinary Salary
employment.job ordinary Job
employment.date ordinary EmploymentHistory
education.record ordinary EducationQualification
online.ip_address ordinary IPAddress
online.device_id ordinary DeviceBased
online.cookie ordinary Identifier
online.behaviour ordinary BrowsingBehaviour
credential.password secret Password
credential.password_hash secret Password
credential.token secret Authenticating
text.personal ordinary Identifying
pseudonym.hashed ordinary Identifier
"""


def test_the_list_is_complete_and_in_order() -> None:
    ours = [f"{row.key} {row.legal_class.value} {row.dpv.rpartition('#')[2]}" for row in CATEGORIES.values()]
    assert ours == LISTED.split("\n")[1:-1]


@pytest.mark.parametrize("key", CATEGORIES)
def test_a_row_is_whole(key: str) -> None:
    row = CATEGORIES[key]
    assert row.key == key
    assert re.fullmatch(r"[a-z]+_?[a-z]*\.[a-z_]+", key)
    assert row.title
    assert row.title[0].isupper()
    assert isinstance(row.legal_class, LegalClass)
    assert row.dpv.startswith("https://w3id.org/dpv/pd#")
    assert re.fullmatch(r"user(\.[a-z_]+)+", row.fides)


def test_titles_differ() -> None:
    assert [title for title, count in Counter(row.title for row in CATEGORIES.values()).items() if count > 1] == []


def test_a_presidio_entity_means_one_category() -> None:
    entities = [entity for row in CATEGORIES.values() for entity in row.presidio]
    assert [entity for entity, count in Counter(entities).items() if count > 1] == []
    assert len(presidio_categories()) == len(entities)


def test_presidio_knows_every_entity() -> None:
    spec = importlib.util.find_spec("presidio_analyzer")
    assert spec is not None
    assert spec.origin is not None
    sources = "\n".join(path.read_text("utf-8") for path in Path(spec.origin).parent.rglob("*.py"))
    assert [entity for entity in presidio_categories() if f'"{entity}"' not in sources] == []


@pytest.mark.parametrize(
    ("entity", "key"),
    [
        ("PERSON", "identity.name"),
        ("EMAIL_ADDRESS", "contact.email"),
        ("PHONE_NUMBER", "contact.phone"),
        ("CREDIT_CARD", "financial.card"),
        ("IBAN_CODE", "financial.iban"),
        ("IP_ADDRESS", "online.ip_address"),
        ("US_SSN", "government_id.national"),
        ("UK_NHS", "government_id.national"),
    ],
)
def test_what_presidio_finds(entity: str, key: str) -> None:
    assert presidio_categories()[entity] == key


@pytest.mark.parametrize("entity", ["DATE_TIME", "ORGANIZATION", "UUID", "AU_ABN"])
def test_what_is_no_personal_data_in_itself(entity: str) -> None:
    assert entity not in presidio_categories()


def test_a_category_by_its_key() -> None:
    assert category("special.health").title == "Health"
    assert class_of("special.health") == "art9"
    assert class_of("financial.card") == "pci"


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("contact.emial", "contact.email"),
        ("email", "contact.email"),
        ("Contact.Email", "contact.email"),
        ("birth", "demographic.date_of_birth"),
        ("Health", "special.health"),
        ("zzzz", "documentation"),
        ("", "documentation"),
    ],
)
def test_an_unknown_category_is_a_usage_error_with_a_hint(key: str, said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)) as told:
        category(key)
    assert isinstance(told.value, KeyError)
    assert str(told.value).startswith("there is no category ")


def test_the_rows_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        CATEGORIES["x"] = CATEGORIES["contact.email"]  # type: ignore[index]


def test_importing_reads_no_file() -> None:
    code = "import sys, data_map.taxonomy as t; assert t._rows.cache_info().currsize == 0"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
