"""What share of other things' columns passes each lexicon rule, and what share of people's names does.

    python benchmarks/lexicon_chance.py FOLDER

FOLDER is where ``python scripts/lexicon --packages FOLDER`` installed its packages; two more are needed there, which
the lexicons are not built from: ``pip install pytickersymbols`` (names of listed companies) into its ``venv``, and
``npm install vega-datasets`` (titles of films, cars, airports, and film directors). Prints, for each list of other
things, the share of values that each rule accepts, and the highest of them beside the rate that the rule declares.
"""

from __future__ import annotations

import argparse
import csv
import importlib
import json
import random
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from scanners.detect.base import Rule

#: Values tried of each list.
MOST = 1500
ROOT = Path(__file__).resolve().parents[1]
_COMPANIES = """
import json, pytickersymbols
print(json.dumps([stock["name"] for stock in pytickersymbols.PyTickerSymbols().get_all_stocks()]))
"""
#: Short lists that tables are full of.
_SHORT = """
colours: AliceBlue|Amber|Aqua|Azure|Beige|Black|Blue|Bronze|Brown|Burgundy|Coral|Cream|Crimson|Cyan|Emerald|Fuchsia|Gold
colours: Gray|Green|Indigo|Ivory|Jade|Khaki|Lavender|Lilac|Lime|Magenta|Maroon|Mauve|Mint|Navy|Olive|Orange|Orchid|Peach
colours: Pink|Plum|Purple|Red|Rose|Ruby|Rust|Salmon|Sand|Scarlet|Silver|Tan|Teal|Turquoise|Violet|White|Yellow
months: January|February|March|April|May|June|July|August|September|October|November|December|Monday|Tuesday|Wednesday
months: Thursday|Friday|Saturday|Sunday|Januar|Februar|März|Mai|Juni|Juli|Oktober|Dezember|Montag|Dienstag|Mittwoch
months: janvier|février|mars|avril|mai|juin|juillet|août|lundi|mardi|enero|febrero|abril|mayo|junio|lunes|martes
states: active|inactive|pending|shipped|delivered|cancelled|open|closed|in progress|on hold|new|draft|approved|rejected
states: paid|unpaid|refunded|low|medium|high|critical|yes|no|true|false|N/A|unknown|error|warning|info|debug|success
departments: Marketing|Sales|Human Resources|Finance|IT|Research and Development|Purchasing|Shipping|Quality Assurance
departments: Legal|Production|Customer Service|Accounting|Administration|Operations|Engineering|Public Relations|Payroll
departments: Treasury|Executive|Retail|Construction|Manufacturing|Vertrieb|Einkauf|Buchhaltung|Personal|Lager|Ventes
programming: python|java|javascript|ruby|rust|swift|kotlin|perl|scala|haskell|julia|ada|pascal|lua|basic|string|integer
programming: boolean|float|class|object|function|return|import|package|module|static|public|private|void|null|list|array
programming: dict|queue|stack|thread|process|kernel|buffer|cache|index|table|column|trigger|schema|commit|branch|merge
"""


def lists(folder: Path) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Other things, and people's names, by what they are."""
    builder = _builder()
    python, npm = builder.from_python(folder), builder.from_npm(folder)
    run = subprocess.run([folder / "venv" / "bin" / "python", "-c", _COMPANIES], check=True, capture_output=True)
    vega = folder / "node_modules" / "vega-datasets" / "data"
    movies = json.loads((vega / "movies.json").read_text(encoding="utf-8"))
    airports = list(csv.DictReader((vega / "airports.csv").open(encoding="utf-8")))
    cars = json.loads((vega / "cars.json").read_text(encoding="utf-8"))
    cities = python["places"]["cities"]
    things = {f"faker.{key}": items for key, items in npm["things"].items() if len(items) >= 20}
    for country in ("US", "DE", "FR", "GB", "ES", "IT", "BR", "IN", "NL", "PL"):
        things[f"cities.{country}"] = [name for name, code, _, _ in cities if code == country]
    for name, file in (("animals", "05"), ("plants", "20"), ("foods", "13"), ("artifacts", "06"), ("groups", "14")):
        things[f"wordnet.{name}"] = [lemmas[0].replace("_", " ") for _, one, lemmas, _ in npm["nouns"] if one == file]
    things |= {
        "companies": json.loads(run.stdout),
        "films": [str(one["Title"]) for one in movies if one["Title"]],
        "film distributors": [str(one["Distributor"]) for one in movies if one["Distributor"]],
        "cars": [one["Name"] for one in cars],
        "airports": [one["name"] for one in airports],
        "airport cities": [one["city"] for one in airports],
        "codes": [f"{letter}{number:02}.{number % 10}" for letter in "BKQX" for number in range(100)],
        "SKUs": [f"{letter}{letter}-{number:04}" for letter in "ABKX" for number in range(0, 9000, 100)],
    }
    for line in _SHORT.strip().splitlines():
        name, _, values = line.partition(": ")
        things.setdefault(name, []).extend(values.split("|"))
    people = {
        "film directors": [str(one["Director"]) for one in movies if one["Director"]],
        "authors": [name for name in npm["authors"] if len(name.split()) > 1],
        "given names (census)": list(python["census"]["given"]),
        "surnames (census)": list(python["census"]["surname"])[:5000],
    }
    return {key: _some(value) for key, value in things.items()}, {key: _some(value) for key, value in people.items()}


def _builder() -> Any:
    sys.path.insert(0, str(ROOT / "scripts" / "lexicon"))
    return importlib.import_module("packages")


def _some(values: Iterable[str]) -> list[str]:
    distinct = sorted({value.strip() for value in values if value.strip()})
    return distinct if len(distinct) <= MOST else random.Random(2026).sample(distinct, MOST)


def rates(rules: Iterable[Rule], values: Mapping[str, list[str]]) -> dict[str, dict[str, float]]:
    """Share of accepted values by rule and list."""
    return {
        rule.name: {key: sum(map(rule.matches, items)) / len(items) for key, items in values.items()} for rule in rules
    }


def main() -> None:
    """Print the rates."""
    from scanners.detect import lexicon, people, places

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rule", help="print every list for this rule")
    given = parser.parse_args()
    things, persons = lists(given.folder)
    rules = [rule for module in (people, places, lexicon) for rule in module.rules()]
    others, names = rates(rules, things), rates(rules, persons)
    for rule in rules:
        found = sorted(others[rule.name].items(), key=lambda item: -item[1])
        worst = ", ".join(
            f"{key} {share:.3f}" for key, share in found[: None if given.rule == rule.name else 5] if share
        )
        mean = sum(share for _, share in found) / len(found)
        print(f"{rule.name:28} declared {rule.chance:.3f}  mean {mean:.4f}  highest: {worst or 'none'}")
        if rule.category == "identity.name":
            print(" " * 29 + ", ".join(f"{key} {share:.2f}" for key, share in names[rule.name].items()))
    print("\nRules for what is not personal: the highest share of people's names that pass")
    for name, shares in rates(lexicon.negatives(), persons).items():
        print(f"{name:28} {max(shares.values()):.3f}")


if __name__ == "__main__":
    main()
