"""A mix of CSV, NDJSON and logs of any length, for the benchmarks of speed; and logs that are full of hits.

Mixed as in a data folder: most of it is numbers, words and codes, a small part identifies somebody. All of it is
invented; the same seed gives the same text.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

from stdnum.iso7064 import mod_97_10
from stdnum.luhn import calc_check_digit

#: Characters of one part; parts of the three kinds follow one another.
PART = 250_000

# fmt: off
_WORDS = (
    "order", "parcel", "invoice", "window", "north", "delivery", "quantity", "returned", "stock", "paper", "green",
    "handle", "bottle", "storage", "repair", "colour", "pending", "shipped", "weekly", "counter", "market", "bridge",
    "river", "morning", "evening", "report", "figure", "margin", "engine", "filter", "pressure",
)
# fmt: on
_SYLLABLES = ("al", "be", "cor", "da", "el", "fin", "ga", "han", "is", "jo", "ka", "lu", "mar", "no", "ro", "sa", "ti")


def parts(characters: int, seed: int = 1) -> Iterator[tuple[str, str]]:
    """Kind (``csv``, ``ndjson``, ``log``) and text, until so many characters are made."""
    rng = random.Random(seed)
    makers = cycle((("csv", _csv), ("ndjson", _ndjson), ("log", _log)))
    while characters > 0:
        kind, make = next(makers)
        text = _lines(make(rng))
        characters -= len(text)
        yield kind, text


def dense_logs(characters: int, seed: int = 1) -> Iterator[str]:
    """Access logs with an address, a time and a web address in every line."""
    rng = random.Random(seed)
    while characters > 0:
        text = _lines(_access(rng))
        characters -= len(text)
        yield text


def write(folder: Path, characters: int, seed: int = 1) -> list[Path]:
    """The mix as files of about ten parts each."""
    files: list[Path] = []
    open_: dict[str, tuple[int, Path]] = {}
    for kind, text in parts(characters, seed):
        count, path = open_.get(kind, (0, folder))
        if count % 10 == 0:
            path = folder / f"{kind}_{count // 10:03}.{'jsonl' if kind == 'ndjson' else kind}"
            files.append(path)
            text = text if kind != "csv" else ",".join(HEADER) + "\n" + text
        open_[kind] = count + 1, path
        with path.open("a", encoding="utf-8") as stream:
            stream.write(text)
    return files


def _lines(made: Iterator[str]) -> str:
    lines: list[str] = []
    size = 0
    while size < PART:
        lines.append(next(made))
        size += len(lines[-1]) + 1
    return "\n".join(lines) + "\n"


HEADER = ("id", "sku", "description", "quantity", "price", "weight_kg", "state", "customer_email", "iban", "remark")


def _csv(rng: random.Random) -> Iterator[str]:
    """Orders; about one line in six names how to reach or to pay somebody."""
    while True:
        who = rng.random()
        yield ",".join(
            (
                str(rng.randrange(10**6)),
                "-".join((_word(rng)[:3].upper(), _word(rng)[:4].upper())),
                _words(rng, 6),
                str(rng.randrange(1, 200)),
                f"{rng.randrange(10**5) / 100:.2f}",
                f"{rng.randrange(10**4) / 1000:.3f}",
                rng.choice(("new", "paid", "sent", "closed")),
                _email(rng) if who < 0.11 else "",
                _iban(rng) if who < 0.04 else "",
                _words(rng, rng.randrange(4, 16)),
            )
        )


def _ndjson(rng: random.Random) -> Iterator[str]:
    """Events; about one line in five holds an address, a card or a telephone number."""
    while True:
        event: dict[str, object] = {
            "event": rng.choice(("view", "basket", "search", "pay", "leave")),
            "session": "".join(rng.choices("ghjkmnpqrstvwxyz", k=20)),
            "page": "/" + "/".join(_words(rng, 3).split()),
            "took_ms": rng.randrange(5000),
            "items": [{"name": _words(rng, 2), "count": rng.randrange(1, 9)} for _ in range(rng.randrange(1, 4))],
            "note": _words(rng, rng.randrange(3, 14)),
        }
        who = rng.random()
        if who < 0.08:
            event["ip"] = ".".join(str(rng.randrange(1, 255)) for _ in range(4))
        elif who < 0.14:
            event["mail"] = _email(rng)
        elif who < 0.17:
            event["card"] = _card(rng)
        elif who < 0.2:
            event["phone"] = f"+49 30 {rng.randrange(10**6, 10**8)}"
        yield json.dumps(event)


def _log(rng: random.Random) -> Iterator[str]:
    """Messages of services, with the time as syslog writes it."""
    second = 0
    while True:
        second += rng.randrange(3)
        time = f"Jun {1 + second // 86400 % 28:2} {second // 3600 % 24:02}:{second // 60 % 60:02}:{second % 60:02}"
        head = f"{time} host-{rng.choice('abc')} {rng.choice(('web', 'mail', 'cron'))}[{rng.randrange(99999)}]:"
        who = rng.random()
        if who < 0.1:
            yield f"{head} connection from {'.'.join(str(rng.randrange(1, 255)) for _ in range(4))} closed"
        elif who < 0.17:
            yield f"{head} delivered to <{_email(rng)}> in {rng.randrange(9000)} ms"
        else:
            yield f"{head} {_words(rng, rng.randrange(6, 16))} took {rng.randrange(9000)} ms, {rng.randrange(99)} left"


def _access(rng: random.Random) -> Iterator[str]:
    second = 0
    while True:
        second += 1
        address = ".".join(str(rng.randrange(1, 255)) for _ in range(4))
        time = (
            f"2026-06-{1 + second // 86400 % 28:02}T{second // 3600 % 24:02}:{second // 60 % 60:02}:{second % 60:02}Z"
        )
        who = _email(rng) if rng.random() < 0.3 else "-"
        yield f'{address} {who} {time} "GET /{"/".join(_words(rng, 2).split())}" 200 {rng.randrange(10**5)} "https://www.{_word(rng)}.example.com/"'


def _word(rng: random.Random) -> str:
    return "".join(rng.choices(_SYLLABLES, k=rng.randint(2, 4)))


def _words(rng: random.Random, count: int) -> str:
    return " ".join(rng.choices(_WORDS, k=count))


def _email(rng: random.Random) -> str:
    return f"{_word(rng)}.{_word(rng)}@{_word(rng)}.example.{rng.choice(('com', 'org', 'net'))}"


def _iban(rng: random.Random) -> str:
    account = f"{rng.randrange(10**18):018}"
    return f"DE{mod_97_10.calc_check_digits(account + 'DE')}{account}"


def _card(rng: random.Random) -> str:
    number = f"4{rng.randrange(10**14):014}"
    return number + calc_check_digit(number)
