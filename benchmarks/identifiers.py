"""Numbers of people, valid ones of every scheme, against random ones: how many columns of each kind are told right.

`python benchmarks/identifiers.py` prints the table. Columns are made here, pass through the product's own engine, and
are scored by category: national number, tax number, card and so on. Valid numbers are made from random digits with a
date of birth where the scheme has one, completed to the check digits that the scheme's test accepts.
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import re
import string
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from pathlib import Path
from typing import Any

from benchmarks import results
from benchmarks.chance import random_value, with_date
from data_map.model import Asset, AssetKind, Field, FieldRef
from scanners.detect.engine import Engine
from scanners.detect.identifiers import accepts
from scanners.detect.ner import NameReader
from scanners.masking import signature
from scanners.values import Column, Content

DATA = Path(__file__).parents[1] / "scanners" / "detect" / "identifiers.toml"
SIZES = (5, 20, 100, 200)
#: Schemes that random digits pass more often than this are told by the name only.
BY_NAME = 0.2
#: What a scheme with check digits may say; others say less (`most` in the data file).
MOST = 9.0
NEUTRAL = ("id_number", "code", "value", "reference", "col_3")
#: What a scheme's numbers begin with, or are made of, where random digits hardly ever fit: ``9`` and ``a`` as in
#: shapes, other characters as they are, ``{YYMMDD}`` a date of birth.
TEMPLATES: Mapping[str, Sequence[str]] = {
    "stdnum:ch.ssn": ("7569999999999", "756.9999.9999.99"),
    "stdnum:be.eid": ("999999999999", "999-9999999-99"),
    "stdnum:it.codicefiscale": ("aaaaaa99[ABCDEHLMPRST][012]9a999a",),
    "number:cn.ric": ("[110101|310104|440106|510107|320102]19{YYMMDD}9999",),
    "stdnum:mx.curp": ("[BCDFG][AEIO]aa{YYMMDD}[HM][DF|JC|NL|OC][BCDFG][BCDFG][BCDFG]09",),
    "stdnum:mx.rfc": ("[BCDFG][AEIO]aa{YYMMDD}999",),
    "number:mx.voter": ("[BCDFG][BCDFG][BCDFG][BCDFG][BCDFG][BCDFG]{YYMMDD}99[HM]999",),
    "number:by.personal": ("[3456]{DDMMYY}[ABCEHKM]999PB9",),
    "number:gb.driving": ("aaaaa9[01][0-2]1[1-9]9aa9aa",),
    "number:ae.eid": ("78419{YY}99999999", "784-19{YY}-9999999-9"),
    "number:lu.matricule": ("19{YYMMDD}99999",),
    "number:lk.nic": ("{YY}[0-2][0-9][0-9]9999V", "19{YY}[0-2][0-9][0-9]99999"),
    "stdnum:my.nric": ("{YYMMDD}[01|02|10|14]9999", "{YYMMDD}-[01|02|10|14]-9999"),
    "stdnum:mu.nid": ("a{DDMMYY}999999a",),
    "number:rw.nid": ("119{YY}[78]9999999999", "1 19{YY} [78] 9999999 9 99"),
    "number:in.driving": ("aa99 20[01]99999999", "aa-99-20[01]9-9999999"),
    "number:ni.cedula": ("999-{DDMMYY}-9999a",),
    "number:hn.dni": ("0[1-9][01]9-19{YY}-99999",),
    "number:us.ssn": ("[1-6]99-[1-9]9-9999",),
    "number:us.ssn_digits": ("[1-5]99[1-9]99999",),
    "stdnum:id.nik": ("[11|31|32|33|34|35|51|71][01]9[01]9{DDMMYY}9999",),
    "stdnum:fr.nir": ("[12]{YY}0[1-9][0-8]999999999", "[12] {YY} 0[1-9] [0-8]9 999 999 99"),
    "stdnum:fr.nif": ("[0-3]999999999999", "[0-3]9 99 999 999 999"),
    "stdnum:gb.upn": ("a999999999999",),
    "number:eg.national": ("2{YYMMDD}[01|02|12|21|25]99999",),
    "number:ug.nin": ("CM99999999aaaa", "CF99999999aaaa"),
    "number:card": (
        "4999999999999999", "5[1-5]99999999999999", "379999999999999", "4999 9999 9999 9999", "6011999999999999",
    ),
    "number:imei": ("35999999999999[0-9]", "86999999999999[0-9]"),
    "number:iban": (
        "DE99 9999 9999 9999 9999 99", "NL99ABNA9999999999", "FR9999999999999999999999999", "GB99NWBK99999999999999",
    ),
    "stdnum:se.personnummer": ("{YYMMDD}9999", "{YYMMDD}-9999", "19{YYMMDD}9999", "19{YYMMDD}-9999"),
    "stdnum:in_.pan": ("aaaPa9999a",),
    "number:us.dea": ("[ABFM]a9999999",),
    "number:gb.nino": ("[ABCEGHJ][ABCEGHJ]999999[A-D]", "[ABCEGHJ][ABCEGHJ] 99 99 99 [A-D]"),
    "number:us.mbi": ("[1-9][C-H][0-9]9[C-H][0-9]9[C-H][C-H]99", "[1-9][C-H][C-H]9-[C-H][0-9]9-[C-H][C-H]99"),
    "number:de.rvnr": ("[1-6]9{DDMMYY}a999", "[1-6]9 {DDMMYY} a 999"),
    "number:sv.dui": ("099999999", "09999999-9"),
    "number:fr.passport": ("99aa99999",),
    "stdnum:nl.onderwijsnummer": ("10999999[0-9]",),
    "number:de.id_card": ("[LMNPRTVWXY][CFGHJKLMNPRTVWXYZ0-9]99[CFGHJK]99[CFGHJK]99",),
    "number:de.passport": ("[CFGHJK][CFGHJKLMNPRTVWXYZ0-9]99[CFGHJK]99[CFGHJK]99",),
    "stdnum:si.emso": ("{DDMM}9{YY}509999",),
    "stdnum:fi.hetu": ("{DDMMYY}-999[0-9|A-F|H|J-N|P|R-Y]",),
    "stdnum:ro.cnp": ("[125]{YYMMDD}[0-3][1-9]9999",),
    "number:it.driving": ("aa9999999a",),
    "stdnum:pe.ruc": ("10999999999",),
    "stdnum:ar.cuit": ("20999999999", "27-99999999-9"),
    "stdnum:ke.pin": ("A999999999a",),
    "number:gh.card": ("GHA-999999999-9",),
    "number:hk.id": ("[A-Z]999999[0-9]", "[A-Z]999999([0-9])"),
}  # fmt: skip


def expand(template: str, rng: random.Random) -> str:
    """A value of a template, without regard to check digits."""
    date = {
        "YY": f"{rng.randrange(35, 99):02}",
        "MM": f"{rng.randint(1, 12):02}",
        "DD": f"{rng.randint(1, 28):02}",
    }
    out, index = "", 0
    while index < len(template):
        char = template[index]
        if char == "[":
            stop = template.index("]", index)
            inner = template[index + 1 : stop]
            choices = inner.split("|") if "|" in inner else [inner]
            chosen = rng.choice(choices)
            out += rng.choice(_class(chosen)) if "|" not in inner or "-" in chosen else chosen
            index = stop + 1
        elif char == "{":
            stop = template.index("}", index)
            mask = template[index + 1 : stop]
            out += "".join(date[mask[at : at + 2]] for at in range(0, len(mask), 2))
            index = stop + 1
        else:
            out += (
                rng.choice(string.digits)
                if char == "9"
                else rng.choice(string.ascii_uppercase)
                if char == "a"
                else char
            )
            index += 1
    return out


def _class(inner: str) -> str:
    out, index = "", 0
    while index < len(inner):
        if inner[index + 1 : index + 2] == "-" and index + 2 < len(inner):
            out += "".join(map(chr, range(ord(inner[index]), ord(inner[index + 2]) + 1)))
            index += 3
        else:
            out += inner[index]
            index += 1
    return out


def completed(value: str, is_valid: Callable[[str], bool], rng: random.Random) -> str | None:
    """The value with one, two or three of its characters changed so that it is valid; None if that makes none."""
    if is_valid(value):
        return value
    places = [index for index, char in enumerate(value) if char.isalnum()]
    for pair in (places[-1:], places[-2:], [places[-1], *places[2:4]], places[3:4]):
        kinds = [
            string.digits + ("X" if place == places[-1] else "")
            if value[place].isdigit()
            else string.ascii_uppercase + (string.digits if place == places[-1] else "")
            for place in pair
        ]
        options = list(product(*kinds))
        rng.shuffle(options)
        for option in options[:400]:
            chars = list(value)
            for place, char in zip(pair, option, strict=True):
                chars[place] = char
            changed = "".join(chars)
            if is_valid(changed):
                return changed
    return None


def valid_numbers(entry: Mapping[str, Any], written: str, rng: random.Random) -> Iterator[str]:
    """Valid numbers of a scheme, written as the shape or the template says."""
    shape = re.compile("|".join(f"(?:{one})" for one in entry["shapes"])).fullmatch
    test = accepts(entry)

    def is_valid(value: str) -> bool:
        return shape(signature(value)) is not None and test(value)

    is_template = entry["name"] in TEMPLATES
    misses = 0
    while misses < 150:
        if is_template:
            value = expand(written, rng)
        else:
            value = random_value(written, rng)
            if entry.get("dated"):
                value = with_date(value, entry["dated"], rng)
        found = completed(value, is_valid, rng)
        misses = 0 if found else misses + 1
        if found:
            yield found


def like(values: Sequence[str], rng: random.Random) -> list[str]:
    """Random values written as the given ones are: the same shape, other digits and letters."""
    out = []
    for value in values:
        out.append(
            "".join(
                rng.choice(string.digits)
                if char.isdigit()
                else rng.choice(string.ascii_uppercase)
                if char.isalpha()
                else char
                for char in value
            )
        )
    return out


def look(name: str, values: Sequence[str], engine: Engine, table: str = "records") -> tuple[bool, str | None]:
    """Whether the engine says that a column is personal, and of which category."""
    asset = Asset("bench", f"main.{table}", AssetKind.TABLE)
    column = Column(Field(FieldRef("bench", asset.name, name)))
    column.extend(values)
    _, verdicts = engine.look(Content(asset, [column]))
    return verdicts[0].state.is_personal, verdicts[0].category


@dataclass(slots=True)
class Score:
    """Columns of one scheme."""

    named: int = 0
    named_right: int = 0
    neutral: int = 0
    neutral_found: int = 0
    neutral_right: int = 0
    random: int = 0
    random_wrong: int = 0
    random_named: int = 0
    random_named_wrong: int = 0


def telling(entry: Mapping[str, Any]) -> list[str]:
    """Names of columns that say the scheme."""
    words = [word for word in entry["words"] if word.isascii()]
    return [word.replace(" ", "_") for word in words[:3]]


def run(columns: int = 5, seed: int = 2026) -> dict[str, Score]:
    """Score every scheme: for each size and way of writing so many columns."""
    engine = Engine(NameReader(None))
    rng = random.Random(seed)
    scores = {}
    for entry in tomllib.loads(DATA.read_text(encoding="utf-8"))["identifiers"]:
        score = scores[entry["name"]] = Score()
        for written in TEMPLATES.get(entry["name"], entry["shapes"]):
            pool = list(islice(valid_numbers(entry, written, rng), 200))
            if not pool:
                continue
            for size, index in product(SIZES, range(columns)):
                values = rng.sample(pool, min(size, len(pool)))
                name = rng.choice(telling(entry) or ["number"])
                said, category = look(name, values, engine)
                score.named += 1
                score.named_right += said and category == entry["category"]
                neutral = NEUTRAL[index % len(NEUTRAL)]
                said, category = look(neutral, values, engine)
                score.neutral += 1
                score.neutral_found += said
                score.neutral_right += said and category == entry["category"]
                others = like(values, rng)
                said, _ = look(neutral, others, engine)
                score.random += 1
                score.random_wrong += said
                said, category = look(name, others, engine)
                score.random_named += 1
                score.random_named_wrong += said and category == entry["category"]
    return scores


def hard_negatives(rng: random.Random, size: int) -> dict[str, list[str]]:
    """Columns of digits and letters that are no numbers of people."""
    start = rng.randrange(10**8, 9 * 10**8)
    seconds = rng.randrange(1_500_000_000, 1_750_000_000)
    day = rng.randrange(0, 2000)
    dates = [dt.date(2018, 1, 1) + dt.timedelta(days=day + rng.randrange(700)) for _ in range(size)]
    return {
        "sequence 9": [str(start + index) for index in range(size)],
        "sequence 10": [str(10 * start + 7 * index) for index in range(size)],
        "sequence 11": [str(100 * start + index) for index in range(size)],
        "sequence 13": [str(10_000 * start + index) for index in range(size)],
        "epoch seconds": [str(seconds + rng.randrange(10**6)) for _ in range(size)],
        "epoch milliseconds": [str(1000 * seconds + rng.randrange(10**9)) for _ in range(size)],
        "time stamps": [f"{date:%Y%m%d}{rng.randrange(24):02}{rng.randrange(60):02}{rng.randrange(60):02}"
                        for date in dates],
        "short time stamps": [f"{date:%y%m%d}{rng.randrange(24):02}{rng.randrange(60):02}" for date in dates],
        "orders by date": [f"{date:%y%m%d}-{rng.randrange(10000):04}" for date in dates],
        "orders by date 11": [f"{date:%y%m%d}{rng.randrange(100000):05}" for date in dates],
        "orders by day 10": [f"{date:%d%m%y}{rng.randrange(10000):04}" for date in dates],
        "invoices": [f"RE-{date:%Y}-{rng.randrange(100000):05}" for date in dates],
        "products": [f"{rng.choice('ABCDEFGH')}{rng.choice('KLMN')}{rng.randrange(10000000):07}" for _ in range(size)],
        "articles": [".".join(str(rng.randrange(100, 999)) for _ in range(3)) for _ in range(size)],
        "barcodes": [_ean(rng) for _ in range(size)],
        "random 8": ["".join(rng.choices(string.digits, k=8)) for _ in range(size)],
        "random 9": ["".join(rng.choices(string.digits, k=9)) for _ in range(size)],
        "random 10": ["".join(rng.choices(string.digits, k=10)) for _ in range(size)],
        "random 11": ["".join(rng.choices(string.digits, k=11)) for _ in range(size)],
        "random 12": ["".join(rng.choices(string.digits, k=12)) for _ in range(size)],
        "random 13": ["".join(rng.choices(string.digits, k=13)) for _ in range(size)],
        "random 15": ["".join(rng.choices(string.digits, k=15)) for _ in range(size)],
        "random 16": ["".join(rng.choices(string.digits, k=16)) for _ in range(size)],
        "hexadecimal": ["".join(rng.choices("0123456789abcdef", k=16)) for _ in range(size)],
        "codes": ["".join(rng.choices(string.ascii_uppercase + string.digits, k=9)) for _ in range(size)],
    }  # fmt: skip


def _ean(rng: random.Random) -> str:
    digits = rng.choices(range(10), k=12)
    check = -sum(digit * (1, 3)[index % 2] for index, digit in enumerate(digits)) % 10
    return "".join(map(str, [*digits, check]))


def run_negatives(columns: int = 40, seed: int = 2026) -> dict[str, tuple[int, int]]:
    """Of each kind of column that is nobody's: how many were tried, how many were called personal."""
    engine = Engine(NameReader(None))
    rng = random.Random(seed)
    wrong: dict[str, tuple[int, int]] = {}
    for index in range(columns):
        for size in SIZES:
            for kind, values in hard_negatives(rng, size).items():
                name = NEUTRAL[(index + size) % len(NEUTRAL)]
                said, _ = look(name, values, engine)
                tried, found = wrong.get(kind, (0, 0))
                wrong[kind] = (tried + 1, found + said)
    return wrong


#: Kinds of schemes, in the order of the table: what tells their numbers from any others.
KINDS = ("a check digit", "the way it is written, without a check digit", "the column's name only")


def kind_of(entry: Mapping[str, Any]) -> str:
    """What tells a scheme's numbers."""
    if entry.get("needs_name") or entry["chance"] > BY_NAME:
        return KINDS[2]
    is_form = entry.get("judged") or entry.get("check") == "any_form" or entry.get("most", MOST) < MOST
    return KINDS[1] if is_form else KINDS[0]


def report(columns: int = 5) -> Iterator[str]:
    """The tables, line by line."""
    entries = {entry["name"]: entry for entry in tomllib.loads(DATA.read_text(encoding="utf-8"))["identifiers"]}
    scores = run(columns)
    for kind in KINDS:
        yield f"\ntold by {kind}"
        yield f"{'scheme':34}{'chance':>8}{'named':>8}{'neutral':>9}{'category':>9}{'random':>8}{'random, named':>15}"
        total = Score()
        countries = set()
        for name, score in scores.items():
            entry = entries[name]
            if kind_of(entry) == kind and score.named:
                countries.add(entry.get("country"))
                for key in Score.__slots__:
                    setattr(total, key, getattr(total, key) + getattr(score, key))
                yield _line(name, f"{entry['chance']:.4f}", score)
        yield _line(f"all, {len(countries - {None})} countries", "", total)
    yield "\ncolumns of nobody's numbers, called personal"
    wrong = run_negatives(columns * 4)
    wrong["all"] = (sum(tried for tried, _ in wrong.values()), sum(found for _, found in wrong.values()))
    for name, (tried, found) in wrong.items():
        yield f"{name:34}{found:6} of {tried:6}  {found / tried:.2%}"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--columns", type=int, default=5, help="for each size and way of writing")
    parser.add_argument("--write", action="store_true", help="put the tables into RESULTS.md")
    options = parser.parse_args()
    lines = []
    for line in report(options.columns):
        print(line, flush=True)
        lines.append(line)
    if options.write:
        results.write("Identifiers", ["```text", *lines, "```"])


def _line(name: str, chance: str, score: Score) -> str:
    return (
        f"{name:34}{chance:>8}{score.named_right / score.named:8.1%}{score.neutral_found / score.neutral:9.1%}"
        f"{score.neutral_right / score.neutral:9.1%}{score.random_wrong / score.random:8.1%}"
        f"{score.random_named_wrong / score.random_named:15.1%}"
    )


if __name__ == "__main__":
    main()
