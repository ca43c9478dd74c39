"""Sets of values: genders, faiths, blood groups, jobs, diagnoses, languages. Rows of data.

``sets.toml`` has the closed sets and the ends of words, by hand; ``sets.txt``, built by ``scripts/lexicon``, has words
of jobs and diagnoses with what they weigh, codes of ICD-10, names of languages and nationalities.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from scanners.detect.base import Rule
from scanners.detect.folding import word_fold
from scanners.detect.negatives import rules as _negatives
from scanners.detect.places import is_country, is_country_code

#: A word or a few, or a blood group.
_WORD = re.compile(r"(?=[a90])[a90][-a90+*?_ '’/.,()&]{0,45}")
_PHRASE = re.compile(r"(?=.*a)[-a9+?_ '/.,()&#%:;]{2,80}")
_ANY = re.compile(r"(?=.*[a9?])[-a9+?_ '/.,()&#%:;]{1,60}")
_CODE = re.compile(r"a9[a9](?:\.?[a9]{1,4})?")
_CODE_9 = re.compile(r"(?:[ve]?9{3}|v99|e9{3})(?:\.9{1,2})?|a99(?:\.9{1,2})?")

_GAPS = re.compile(r"[\s_]+")
_SLASH = re.compile(r"-*([/&])-*")
_SEVERAL = re.compile(r"\s*(?:[,;:/|()&–—+]|\s-\s|\band\b|\bund\b|\bet\b|\by\b)\s*")
_SPLIT = re.compile(r"[\s,;:/()\"]+")


@dataclass(frozen=True, slots=True)
class ValueSet:
    """A closed set of folded values of one category."""

    name: str
    category: str
    #: Values that are told by themselves, unless ``needs_name``.
    values: frozenset[str]
    #: Values that count only where the column's name says the same.
    weak: frozenset[str]
    needs_name: bool
    #: Whether one of its words in a longer value is enough.
    loose: bool
    chance: float
    most: float


@dataclass(frozen=True, slots=True)
class Words:
    """All that is known of single words."""

    sets: tuple[ValueSet, ...]
    #: Word → what it weighs for being of a job's title.
    jobs: Mapping[str, int]
    #: Words that a title of a job ends or begins with.
    job_heads: frozenset[str]
    job_ends: tuple[str, ...]
    job_levels: frozenset[str]
    links: frozenset[str]
    diagnoses: frozenset[str]
    diagnosis_ends: tuple[str, ...]
    diagnosis_not_ends: tuple[str, ...]
    medication: frozenset[str]
    medication_ends: tuple[str, ...]
    #: Words that end like diseases or medicines and are none.
    not_health: frozenset[str]
    #: Category of ICD-10 → the characters that follow it.
    icd: Mapping[str, str]


@lru_cache(maxsize=1)
def lexicon() -> Words:
    """The shipped words."""
    folder = resources.files("scanners.detect")
    with folder.joinpath("sets.toml").open("rb") as stream:
        data = tomllib.load(stream)
    found: dict[str, str] = {}
    for line in folder.joinpath("sets.txt").read_text(encoding="utf-8").splitlines():
        key, _, rest = line.partition(";")
        found[key] = rest
    jobs: dict[str, int] = {}
    heads = set(data["jobs"]["heads"].split())
    for key, rest in found.items():
        if key.startswith("job "):
            weight, *head = key.split()[1:]
            words_ = rest.split()
            jobs.update(dict.fromkeys(words_, int(weight)))
            if head:
                heads.update(words_)
    jobs.update(dict.fromkeys(data["jobs"]["heads"].split(), 4))
    jobs.update(dict.fromkeys(data["jobs"]["levels"].split(), 2))
    jobs.update(dict.fromkeys(data["jobs"]["links"].split(), 0))
    health, medication = data["health"], data["medication"]
    return Words(
        (*(_value_set(entry, found) for entry in data["sets"]), _languages(found["language"])),
        jobs,
        frozenset(heads),
        tuple(data["jobs"]["ends"].split()),
        frozenset(data["jobs"]["levels"].split()),
        frozenset(data["jobs"]["links"].split()),
        frozenset((*health["words"].split(), *found["diagnosis"].split())),
        tuple(health["ends"].split()),
        tuple(health["not_ends"].split()),
        frozenset(medication["words"].split()),
        tuple(medication["ends"].split()),
        frozenset((*health["not_words"].split(), *medication["not_words"].split())),
        dict(entry.split(":") for entry in found["icd"].split()),
    )


def _value_set(entry: Mapping[str, Any], built: Mapping[str, str]) -> ValueSet:
    more = map(_joined, built[entry["name"]].split(";")) if entry["name"] in built else ()
    return ValueSet(
        entry["name"],
        entry["category"],
        frozenset((*map(_joined, entry["values"].split()), *more)),
        frozenset(map(_joined, entry["weak"].split())),
        entry["needs_name"],
        entry.get("loose", False),
        entry["chance"],
        entry["most"],
    )


def _languages(names: str) -> ValueSet:
    values = frozenset(map(_joined, names.split(";")))
    return ValueSet("language", "demographic.language", values, frozenset(), False, False, 0.05, 4.0)


@lru_cache(maxsize=1)
def _by_category() -> Mapping[str, frozenset[str]]:
    known = lexicon()
    found: dict[str, set[str]] = {
        "special.health": {*known.diagnoses, *known.medication},
        "employment.job": set(known.job_heads),
    }
    for one in known.sets:
        if not one.needs_name:
            found.setdefault(one.category, set()).update(one.values)
    return {category: frozenset(values) for category, values in found.items()}


def words(category: str) -> frozenset[str]:
    """Folded values of a category that are told by themselves; words of one value are joined by hyphens."""
    return _by_category().get(category, frozenset())


@lru_cache(maxsize=50_000)
def _joined(value: str) -> str:
    return _SLASH.sub(r"\1", _GAPS.sub("-", word_fold(value).strip(" .")))


def _in(one: ValueSet) -> Callable[[str], bool]:
    if not one.loose:
        return lambda value: _joined(value) in one.values
    single = frozenset(value for value in one.values if len(value) > 2 and "-" not in value)
    return lambda value: (
        _joined(value) in one.values or (len(parts := _parts(value)) <= 6 and not single.isdisjoint(parts))
    )


def _named(one: ValueSet) -> Callable[[str], bool]:
    """Where the name says the same: one of several values, or a value with something behind it, is enough."""
    known = one.values | one.weak

    def accepts(value: str) -> bool:
        if _joined(value) in known:
            return True
        return any(_joined(part) in known for part in (*_SEVERAL.split(value), *value.split()[:1]) if part)

    return accepts


@lru_cache(maxsize=20_000)
def _parts(value: str) -> tuple[str, ...]:
    """The folded words of a value, without points and hyphens around them."""
    stripped = (part.strip(".-'") for part in _SPLIT.split(word_fold(value)))
    return tuple(part for part in stripped if part)


#: With ``of`` behind them these are titles: ``Head of Sales``.
_OF = frozenset(("head", "chief", "vp", "svp", "evp", "director", "manager", "dean", "master", "minister"))


#: What a word beside the head says at most against its being a job: ``Police Officer``, ``Yard Manager``.
_LEAST_BESIDE = -1.5


@lru_cache(maxsize=20_000)
def is_job(value: str) -> bool:
    """Whether a value is a title of a job: a word that such titles end or begin with, and no words against it."""
    known = lexicon()
    parts = _parts(value)
    if not 1 <= len(parts) <= 10 or any(part.isdigit() for part in parts):
        return False
    total, has_head = 0.0, False
    for index, part in enumerate(parts):
        weight = known.jobs.get(part)
        is_compound = (len(part) > 6 or not part.isascii()) and part.endswith(known.job_ends)
        if weight is None:
            weight = 4 if is_compound else -1
        if part in _OF and parts[index + 1 : index + 2] == ("of",):
            weight, has_head = 5, True
        total += max(weight, _LEAST_BESIDE)
        at_end = index in (0, len(parts) - 1) or parts[index + 1] in known.links or parts[index + 1] in known.job_levels
        has_head = has_head or (at_end and (is_compound or (part in known.job_heads and weight >= 2)))
    return has_head and total >= (2 if len(parts) > 1 else 3)


@lru_cache(maxsize=20_000)
def is_medical_word(word: str) -> bool:
    """Whether a folded word names a disease or a complaint."""
    known = lexicon()
    if word in known.not_health:
        return False
    if word in known.diagnoses or (word[-1:] == "s" and word[:-1] in known.diagnoses):
        return True
    return len(word) > 6 and word.endswith(known.diagnosis_ends) and not word.endswith(known.diagnosis_not_ends)


@lru_cache(maxsize=20_000)
def is_drug(word: str) -> bool:
    """Whether a folded word names a medicine, by the list or by its international stem, in whatever language."""
    known = lexicon()
    if word in known.medication:
        return True
    if len(word) < 7 or word in known.not_health or word in words("demographic.nationality") or not word.isalpha():
        return False
    stem = word.removesuffix("um")
    ends = (stem, stem[:-1]) if stem[-1] in "aeoy" else (stem,)
    return any(one.endswith(known.medication_ends) for one in ends)


def is_diagnosis(value: str) -> bool:
    """Whether a value has a word of diseases and is no title of a job: ``Type 2 diabetes``, ``akute Bronchitis``."""
    parts = _parts(value)
    if not 1 <= len(parts) <= 14:
        return False
    if len(parts) > 1 and is_icd10(parts[0]) and len(parts[1]) > 3:
        return True
    return any(map(is_medical_word, parts)) and not is_job(value)


def is_medication(value: str) -> bool:
    """Whether a value begins with a medicine, perhaps with its strength: ``Metformin 500 mg``."""
    parts = _parts(value)
    return 1 <= len(parts) <= 8 and any(map(is_drug, parts[:3]))


def is_icd10(value: str) -> bool:
    """Whether a value is a code of ICD-10, of three characters or more, as ICD-10-CM has them."""
    code = value.strip().upper().replace(".", "")
    following = lexicon().icd.get(code[:3])
    if following is None:
        return False
    return len(code) == 3 or code[3] in following or code[3] == "X"


def is_icd10_with_point(value: str) -> bool:
    """The same with its point, as no part number is written."""
    return "." in value and is_icd10(value)


#: A number with a currency, as pay is written.
_AMOUNT = re.compile(
    r"(?:[$€£¥₹]|USD|EUR|GBP|CHF|PLN|SEK|NOK|DKK|CZK|BRL|MXN|INR|JPY|CAD|AUD|kr\.?|zł|R\$|Fr\.?)?\s?"
    r"-?\d{1,3}(?:[.,'’ ]?\d{3})*(?:[.,]\d{1,2})?\s?"
    r"(?:[$€£¥₹]|USD|EUR|GBP|CHF|PLN|SEK|NOK|DKK|CZK|BRL|MXN|INR|JPY|CAD|AUD|kr\.?|zł|k|K|p\.?a\.?|brutto|netto)?"
)
_LANGUAGE_CODE = re.compile(r"[a-z]{2,3}(?:[-_][A-Za-z]{2,4})?")


@lru_cache(maxsize=1)
def _language_codes() -> frozenset[str]:
    """Codes of ISO 639-1, as the word list of Unicode has them."""
    data = resources.files("scanners.detect").joinpath("sets.txt").read_text(encoding="utf-8")
    line = next(line for line in data.splitlines() if line.startswith("language code;"))
    return frozenset(line.partition(";")[2].split())


def is_language_code(value: str) -> bool:
    """Whether a value is a code of a language, perhaps with its country: ``de``, ``pt-BR``."""
    text = value.strip()
    return _LANGUAGE_CODE.fullmatch(text) is not None and re.split("[-_]", text)[0] in _language_codes()


@lru_cache(maxsize=1)
def _set_rules() -> tuple[Rule, ...]:
    found = []
    for one in lexicon().sets:
        shape = _PHRASE if one.loose else _WORD
        accepts = _named(one) if one.needs_name else _in(one)
        found.append(
            Rule(f"lexicon:{one.name}", one.category, shape, accepts, one.chance, one.most, needs_name=one.needs_name)
        )
        if one.weak:
            found.append(
                Rule(f"lexicon:{one.name}_named", one.category, _ANY, _named(one), 0.1, one.most, needs_name=True)
            )
    return tuple(found)


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """Rules for whole values.

    The chance rates of words are what ``benchmarks/lexicon_chance.py`` found in lists of other things.
    """
    by_words = (
        Rule(
            "lexicon:job",
            "employment.job",
            _PHRASE,
            is_job,
            0.03,
            most=5.0,
            examples=("Sales Manager", "Directeur commercial", "Krankenpflegerin", "VP of Engineering", "kierownik"),
            counter_examples=("Sales", "Management", "Human Resources", "Red Chair", "Manager 5"),
        ),
        Rule(
            "lexicon:diagnosis",
            "special.health",
            _PHRASE,
            is_diagnosis,
            0.02,
            most=5.0,
            examples=("Type 2 diabetes", "akute Bronchitis", "Arthrose", "hipertensión", "Depressive Störung"),
            counter_examples=("Glucose", "Diagnosis", "Cardiologist", "Red Rose"),
        ),
        Rule(
            "lexicon:medication",
            "special.health",
            _PHRASE,
            is_medication,
            0.01,
            most=5.0,
            examples=("Metformin 500 mg", "omeprazolo", "Atorvastatina 20mg", "Adalimumab"),
            counter_examples=("April", "Control", "Magazine", "Cheap"),
        ),
        Rule(
            "lexicon:icd10",
            "special.health",
            _CODE,
            is_icd10_with_point,
            0.4,
            most=4.0,
            examples=("E11.9", "J45.909"),
            counter_examples=("E11", "X99.Z", "U99.9"),
        ),
        Rule("lexicon:icd10_named", "special.health", _CODE, is_icd10, 0.6, needs_name=True, examples=("E11", "F32")),
        Rule(
            "format:icd9_named", "special.health", _CODE_9, lambda _: True, 0.6, needs_name=True, examples=("250.00",)
        ),
        Rule(
            "lexicon:nationality_named",
            "demographic.nationality",
            _PHRASE,
            lambda value: is_country(value) or is_country_code(value),
            0.05,
            needs_name=True,
            examples=("Germany", "DEU"),
        ),
        Rule(
            "lexicon:nationality_code",
            "demographic.nationality",
            re.compile(r"a{2,3}"),
            is_country_code,
            0.4,
            needs_name=True,
            examples=("DE",),
        ),
        Rule(
            "lexicon:language_code",
            "demographic.language",
            re.compile(r"a{2,3}(?:[-_]a{2,4})?"),
            is_language_code,
            0.4,
            needs_name=True,
            examples=("de", "pt-BR"),
        ),
        Rule(
            "format:amount",
            "financial.income",
            re.compile(r"[-a9.,'$?+ ]{2,20}"),
            lambda value: _AMOUNT.fullmatch(value) is not None,
            0.5,
            needs_name=True,
            examples=("52,000", "€ 3.450,00", "55000 USD", "48k"),
            counter_examples=("abc",),
        ),
    )
    return _set_rules() + by_words


def negatives() -> tuple[Rule, ...]:
    """Rules for what is not personal; their categories begin with ``not.``."""
    return _negatives()
