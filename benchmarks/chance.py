"""How often each identifier's check passes by accident: random values of its shapes through its test.

`python benchmarks/chance.py` prints the rates; `--write` puts them into scanners/detect/identifiers.toml. A scheme
that holds a date of birth is tried on numbers with dates in them too, as orders and time stamps have: the higher rate
counts, unless such numbers pass as a rule, where the spread of the dates has to tell.
"""

from __future__ import annotations

import argparse
import random
import re
import string
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scanners.detect import phones
from scanners.detect.identifiers import accepts

DATA = Path(__file__).parents[1] / "scanners" / "detect" / "identifiers.toml"
PHONES = DATA.with_name("phones.toml")
VALUES = 20_000
#: The resolution of the sample.
LEAST = 0.0005
#: A scheme that numbers with dates pass more often than this has no check beside the date.
ONLY_DATE = 0.2
PHONE_VALUES = 4_000


def random_value(shape: str, rng: random.Random) -> str:
    """A value of a signature's regular expression, as far as the shapes in the data file use them."""
    text, rest = _choice(shape, rng)
    if rest:
        raise ValueError(f"not understood in {shape}: {rest}")
    return text


def _choice(shape: str, rng: random.Random) -> tuple[str, str]:
    """One of the alternatives up to a closing parenthesis, and what follows."""
    found, shape = _sequence(shape, rng)
    alternatives = [found]
    while shape.startswith("|"):
        found, shape = _sequence(shape[1:], rng)
        alternatives.append(found)
    return rng.choice(alternatives), shape


def _sequence(shape: str, rng: random.Random) -> tuple[str, str]:
    out = []
    while shape and shape[0] not in "|)":
        if shape[0] == "(":
            start = 3 if shape.startswith("(?:") else 1
            _, rest = _choice(shape[start:], rng)
            inner = shape[start : len(shape) - len(rest)]
            counts, shape = _counts(rest[1:])
            out.extend(_choice(inner, rng)[0] for _ in range(rng.choice(counts)))
            continue
        if shape[0] == "[":
            stop = shape.index("]")
            choices, shape = shape[1:stop], shape[stop + 1 :]
        elif shape[0] == "\\":
            choices, shape = shape[1], shape[2:]
        else:
            choices, shape = shape[0], shape[1:]
        counts, shape = _counts(shape)
        out.extend(_char(rng.choice(choices), rng) for _ in range(rng.choice(counts)))
    return "".join(out), shape


def _counts(shape: str) -> tuple[list[int], str]:
    if shape.startswith("?"):
        return [0, 1], shape[1:]
    if shape.startswith("{"):
        inner, _, rest = shape[1:].partition("}")
        low, _, high = inner.partition(",")
        return list(range(int(low), int(high or low) + 1)), rest
    return [1], shape


def _char(kind: str, rng: random.Random) -> str:
    return rng.choice(string.digits) if kind == "9" else rng.choice(string.ascii_uppercase) if kind == "a" else kind


def with_date(value: str, mask: str, rng: random.Random) -> str:
    """The value with a date among its digits where the mask says so: day, month and year of the last fifty."""
    places = [index for index, char in enumerate(value) if char.isdigit()]
    if mask.startswith("-"):
        places, mask = places[-10:], mask[1:]
    parts = {"Y": f"{rng.randrange(100):02}", "M": f"{rng.randint(1, 12):02}", "D": f"{rng.randint(1, 28):02}"}
    parts["X"] = parts["M"]
    out = list(value)
    for place, kind in zip(places, mask, strict=False):
        if kind in parts:
            out[place], parts[kind] = parts[kind][0], parts[kind][1:]
    return "".join(out)


def chance(entry: dict[str, Any]) -> float:
    """The highest pass rate over the entry's shapes."""
    rng = random.Random(2026)
    is_valid = accepts(entry)
    rates = []
    # Where a digit or a letter may stand, all values of a column may have digits.
    for shape in dict.fromkeys([*entry["shapes"], *(shape.replace("[9a]", "9") for shape in entry["shapes"])]):
        values = [random_value(shape, rng) for _ in range(VALUES)]
        rates.append(_rate(values, is_valid))
        if entry.get("dated"):
            dated = _rate([with_date(value, entry["dated"], rng) for value in values], is_valid)
            if dated < ONLY_DATE:
                rates.append(dated)
    return max(LEAST, round(max(rates), 4))


def _rate(values: list[str], is_valid: Callable[[str], bool]) -> float:
    return sum(map(is_valid, values)) / len(values)


def phone_chances() -> dict[str, list[float]]:
    """For each region the share of random digits, by their number, that are a valid number in it."""
    rng = random.Random(2026)
    return {
        region: [
            round(
                _rate(
                    ["".join(rng.choices(string.digits, k=length)) for _ in range(PHONE_VALUES)],
                    lambda value, region=region: phones.is_national(value, region),  # type: ignore[misc]
                ),
                3,
            )
            for length in phones.LENGTHS
        ]
        for region in phones.regions()
    }


def main() -> None:
    """Print or write the rates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--phones", action="store_true", help="those of telephone numbers")
    args = parser.parse_args()
    if args.phones:
        lines = [f"{region} = {rates}" for region, rates in phone_chances().items()]
        print("\n".join(lines))
        if args.write:
            head, _, _ = PHONES.read_text(encoding="utf-8").partition("[chance]\n")
            PHONES.write_text(head + "[chance]\n" + "\n".join(lines) + "\n", encoding="utf-8")
        return
    text = DATA.read_text(encoding="utf-8")
    blocks = tomllib.loads(text)
    for entry in blocks["identifiers"] + blocks["organisations"]:
        if entry.get("judged"):
            continue
        rate = chance(entry)
        print(f"{entry['name']:30} {rate:.4f}  (declared {entry['chance']})")
        if args.write:
            block = re.compile(rf'(name = "{re.escape(entry["name"])}"\n(?:.+\n)*?chance = )[\d.]+')
            text = block.sub(rf"\g<1>{rate}", text, count=1)
    if args.write:
        DATA.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
