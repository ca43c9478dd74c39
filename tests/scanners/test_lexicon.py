"""Values of the special categories, jobs, education and the like, told by words, and what only looks like them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_map.taxonomy import CATEGORIES
from scanners.detect import lexicon
from scanners.detect.base import Rule

RULES = {rule.name: rule for rule in lexicon.rules()}

ALONE = {
    "lexicon:gender": (["female", "Männlich", "mujer", "Non-binary"], ["m", "1", "male screw"]),
    "lexicon:marital_status": (
        ["Divorced", "verheiratet", "Casado(a)", "zamężna", "never married"],
        ["single", "open"],
    ),
    "lexicon:religion": (
        ["Roman Catholic", "römisch-katholisch", "musulmane", "judía", "Buddhist"],
        ["none", "ev", "Temple"],
    ),
    "lexicon:sexuality": (["Bisexual", "heterosexuell", "gay or lesbian"], ["straight", "other"]),
    "lexicon:ethnicity": (["Hispanic or Latino", "White British", "African-American"], ["black", "white", "mixed"]),
    "lexicon:politics": (["SPD", "left-wing", "Labour Party", "prawo i sprawiedliwość"], ["green", "left"]),
    "lexicon:trade_union": (["IG Metall", "UNISON City Branch", "CGIL", "NSZZ Solidarność"], ["unite", "yes"]),
    "lexicon:blood_group": (["AB-", "O+", "0 pos"], ["AB", "A", "C+"]),
    "lexicon:disability": (["wheelchair user", "schwerbehindert", "dyslexia"], ["yes", "none"]),
    "lexicon:education": (["Bachelor of Science", "BSc Statistics", "Abitur", "Licenciatura"], ["college", "none"]),
    "lexicon:offence": (["Theft from a shop", "Körperverletzung", "DUI"], ["speeding", "guilty", "Shoplift Bag"]),
    "lexicon:vaccine": (["Comirnaty", "MMR", "Hepatitis B"], ["first", "booster"]),
    "lexicon:nationality": (["Brazilian", "deutsch", "polskie", "Française"], ["Brazil", "DE"]),
    "lexicon:language": (["Portuguese", "Englisch", "néerlandais"], ["Portugal", "en"]),
    "lexicon:job": (
        [
            "Senior Software Engineer",
            "Vertriebsleiter",
            "Directrice commerciale",
            "enfermera",
            "HEAD OF SALES",
            "工程师",
        ],
        ["Sales", "Red Chair", "Engineering", "The Bank", "2 nurses"],
    ),
    "lexicon:diagnosis": (
        ["Type 2 diabetes", "I10 Hypertenze", "chronische Gastritis", "Asma", "Arthrose", "Lyme disease"],
        ["Prognosis", "Purpose", "Blue Rose", "Dermatologist", "inactive"],
    ),
    "lexicon:medication": (
        ["Metformin 500 mg", "omeprazolo", "Amoxicillin", "Paracetamol 1g", "Bevacizumab", "Atorvastatina"],
        ["April", "Cheap", "Control", "Mineral water"],
    ),
    "lexicon:icd10": (["E11.9", "j45.909"], ["E11", "Q99.Z", "U99.0", "1.2"]),
}
NAMED = {
    "lexicon:gender_named": ["m", "F", "ж", "女", "Woman (trans)", "she/her"],
    "lexicon:marital_status_named": ["single", "verh.", "ledig"],
    "lexicon:religion_named": ["ev.", "rk", "none"],
    "lexicon:ethnicity_named": ["Black", "Mixed: White and Asian"],
    "lexicon:allergy": ["pollen", "peanuts, latex", "lait, œufs"],
    "lexicon:nationality_named": ["Germany", "DEU"],
    "lexicon:icd10_named": ["E11", "F32"],
    "format:amount": ["52,000", "€ 3.450,00", "55000 USD", "48k"],
    "lexicon:language_code": ["de", "pt-BR"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, (values, _) in ALONE.items() for value in values])
def test_a_value_is_told_by_itself(name: str, value: str) -> None:
    assert not RULES[name].needs_name
    assert RULES[name].matches(value)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, (_, others) in ALONE.items() for value in others])
def test_what_only_looks_like_it_is_not(name: str, value: str) -> None:
    assert not RULES[name].matches(value)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in NAMED.items() for value in values])
def test_a_value_is_told_with_the_name(name: str, value: str) -> None:
    assert RULES[name].needs_name
    assert RULES[name].matches(value)


@pytest.mark.parametrize("rule", lexicon.rules(), ids=lambda rule: rule.name)
def test_a_rule_has_a_category_and_examples_that_pass(rule: Rule) -> None:
    assert rule.category in CATEGORIES
    assert 0 < rule.chance < 1
    assert all(rule.matches(value) for value in rule.examples)
    assert not any(rule.matches(value) for value in rule.counter_examples)


def test_words_of_a_category() -> None:
    assert {"diabetes", "metformin", "ab+"} <= lexicon.words("special.health")
    assert "nurse" in lexicon.words("employment.job")
    assert "roman-catholic" in lexicon.words("special.religion")
    assert "none" not in lexicon.words("special.religion")
    assert not lexicon.words("identity.photo")


def test_values_of_a_set_are_written_as_they_are_looked_up() -> None:
    for one in lexicon.lexicon().sets:
        assert all(value == value.lower().strip(".") for value in one.values | one.weak), one.name


@given(st.text(max_size=90))
def test_any_text_can_be_asked(value: str) -> None:
    for rule in lexicon.rules():
        assert rule.matches(value) in (True, False)


def test_a_nationality_is_no_medicine() -> None:
    assert lexicon.is_drug("lidocaine")
    assert not lexicon.is_drug("marocaine")
