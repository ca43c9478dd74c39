"""How often each identifier's check passes by accident: random values of its shapes through its validator.

`python benchmarks/chance.py` prints the rates; `--write` puts them into scanners/detect/identifiers.toml.
"""

from __future__ import annotations

import argparse
import random
import re
import string
import tomllib
from pathlib import Path

from scanners.detect.identifiers import validator

DATA = Path(__file__).parents[1] / "scanners" / "detect" / "identifiers.toml"
VALUES = 20_000
_TOKEN = re.compile(r"(\[[^\]]+\]|\\.|\(99\)|.)(\{\d+(?:,\d+)?\}|\?)?")


def random_value(shape: str, rng: random.Random) -> str:
    """A value of a signature's regular expression, as far as the shapes in the data file use them."""
    out = []
    for item, repeat in _TOKEN.findall(shape):
        counts = [0, 1] if repeat == "?" else [int(n) for n in repeat.strip("{}").split(",")] if repeat else [1]
        if item == "(99)":
            out.extend(rng.choice(string.digits) for _ in range(2 * rng.choice(counts)))
            continue
        choices = item[1:-1] if item.startswith("[") else item[-1]
        for _ in range(rng.choice(counts)):
            char = rng.choice(choices)
            out.append(
                rng.choice(string.digits)
                if char == "9"
                else rng.choice(string.ascii_uppercase)
                if char == "a"
                else char
            )
    return "".join(out)


def chance(entry: dict[str, object]) -> float:
    """The highest pass rate over the entry's shapes; 0.0005 where fewer passed, the resolution of the sample."""
    rng = random.Random(2026)
    accepts = validator(str(entry["module"]))
    rates = [
        sum(accepts(random_value(shape, rng)) for _ in range(VALUES)) / VALUES
        for shape in entry["shapes"]  # type: ignore[attr-defined]
    ]
    return max(0.0005, round(max(rates), 4))


def main() -> None:
    """Print or write the rates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    write = parser.parse_args().write
    text = DATA.read_text(encoding="utf-8")
    for entry in tomllib.loads(text)["identifiers"]:
        rate = chance(entry)
        print(f"{entry['module']:18} {rate:.4f}  (declared {entry['chance']})")
        if write:
            block = re.compile(rf'(module = "{re.escape(entry["module"])}"\n(?:.+\n)*?chance = )[\d.]+')
            text = block.sub(rf"\g<1>{rate}", text)
    if write:
        DATA.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
