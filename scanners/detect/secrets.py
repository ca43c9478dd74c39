"""Keys, tokens and passwords that stand in clear, and the way in which passwords are hashed. Pure.

The rows are data: ``secrets.toml``. What is found is told by its kind (``secret:github_token``, ``hash:bcrypt``), as
evidence beside the verdict on a field: it changes no verdict on a column, and hygiene findings are made of it.
"""

from __future__ import annotations

import base64
import binascii
import re
import tomllib
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from math import log2
from typing import Any

from scanners.detect.base import Span
from scanners.detect.links import credentials_in
from scanners.detect.multipattern import folded, installed_engine, joined, multi_pattern
from scanners.detect.spans import resolve

_TOKEN, _PASSWORD, _HASH = "credential.token", "credential.password", "credential.password_hash"
#: Bits a character of a string that somebody drew at random; words and names lie below.
_RANDOM_BITS = 3.0
_RANDOM_CHARS = 16
#: A value is looked at up to there.
_VALUE_CHARS = 300


@dataclass(frozen=True, slots=True)
class Secret:
    """One form of secret."""

    #: ``secret:…``
    name: str
    category: str
    holds: tuple[str, ...]
    #: In place of ``holds``.
    factor: str | None
    form: re.Pattern[str]
    examples: tuple[str, ...]
    counter_examples: tuple[str, ...]

    def spans(self, text: str) -> Iterator[Span]:
        """Where such secrets stand, without what only says that they are one."""
        for found in self.form.finditer(text):
            group = found.lastindex or 0
            if not is_placeholder(found.group(group)):
                yield Span(*found.span(group), self.category, 0.97, self.name)


@dataclass(frozen=True, slots=True)
class Hash:
    """One way to hash a password."""

    #: ``hash:…``
    name: str
    form: re.Pattern[str]
    #: Stretches one of which every value has; empty where there is none, as of bare digests.
    holds: tuple[str, ...]
    #: Whether other things look the same, so that only a name for passwords tells.
    is_hex: bool
    examples: tuple[str, ...]
    counter_examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """How many of a field's different values are of one kind."""

    #: ``secret:…``, ``hash:…``, ``password:…``, ``card:…``
    detector: str
    category: str
    matched: int
    of: int


@lru_cache(maxsize=1)
def _data() -> Mapping[str, Any]:
    with resources.files("scanners.detect").joinpath("secrets.toml").open("rb") as stream:
        return tomllib.load(stream)


@lru_cache(maxsize=1)
def secrets() -> tuple[Secret, ...]:
    """The shipped forms of secrets."""
    return tuple(
        Secret(
            f"secret:{row['name']}",
            row["category"],
            tuple(row["holds"]),
            row.get("factor"),
            re.compile(row["form"] if row.get("free") else rf"(?<![\w-])(?:{row['form']})(?![\w-])"),
            tuple(row["examples"]),
            tuple(row["counter_examples"]),
        )
        for row in _data()["secret"]
    )


@lru_cache(maxsize=1)
def hashes() -> tuple[Hash, ...]:
    """The shipped forms of hashes; where two fit a value, the first counts."""
    return tuple(
        Hash(
            f"hash:{row['name']}",
            re.compile(row["form"]),
            tuple(row.get("holds", ())),
            row.get("is_hex", False),
            tuple(row["examples"]),
            tuple(row["counter_examples"]),
        )
        for row in _data()["hash"]
    )


# ---- placeholders

_MASK = re.compile(r"[*x•#.\-_?!0 ]+|\W+", re.IGNORECASE)
_REFERENCE = re.compile(
    r"\$|%[\w(]|\{|<|\[|@\w+@$|__\w+__$|(?:env|vault|ssm|secretsmanager|file|ref|op|keyring|arn|projects)[:/]|os\.|process\."
    r"|System\.|ENV\b|ENC\[?\(?|config\.|settings\.|self\.|args\.|getenv|None\b|null\b|!|&\w+$|\*\w+$",
)
_MADE_UP = re.compile(
    r"(?:your|my|the|some|insert|replace|enter|put|add|set|use|change|fill)[-_ ].*|.*[-_ ](?:here|goes.here)"
    r"|.*(?:\.\.\.|example|placeholder|changeme|xxxx|dummy|redacted).*|(?:foo|bar|test|demo|fake|sample)[-_]?(?:pass(?:word)?|secret|token|key)?\d{0,3}",
    re.IGNORECASE | re.DOTALL,
)


_RUN = re.compile(r"(.)\1{7}")
_RUN_CHARS = 100


@lru_cache(maxsize=1)
def _placeholders() -> frozenset[str]:
    return frozenset(_data()["setting"]["placeholders"].split())


def is_placeholder(value: str) -> bool:
    """Whether what stands for a secret is none: ``***``, ``changeme``, ``${VAR}``, ``<password>``, a published one."""
    text = value.strip().strip("\"'`")[:_VALUE_CHARS]
    return (
        not text
        or text.lower() in _placeholders()
        or _MASK.fullmatch(text) is not None
        or _REFERENCE.match(text) is not None
        or _MADE_UP.fullmatch(text) is not None
        # Base64 of a key has long runs too.
        or (len(text) <= _RUN_CHARS and _RUN.search(text) is not None)
    )


# ---- settings


@dataclass(frozen=True, slots=True)
class _Settings:
    words: re.Pattern[str]
    passwords: tuple[str, ...]
    #: What is in every setting, cheap to look for.
    factor: str
    about: re.Pattern[str]
    #: Before a word for a token.
    before: frozenset[str]


@lru_cache(maxsize=1)
def _settings() -> _Settings:
    raw = _data()["setting"]
    words = sorted((*raw["password"], *raw["token"]), key=lambda word: -len(word))
    forms = "|".join(re.escape(word).replace("_", "[_-]?") for word in words)
    about = "|".join(sorted(raw["about"].split(), key=lambda word: -len(word)))
    return _Settings(
        re.compile(
            rf"(?P<word>{forms})s?(?-i:(?![a-z]))(?P<tail>[\w.-]{{0,30}})[\"'`]?\s{{0,3}}"
            r"(?P<sign>=>|:=|[:=])(?![=:])(?P<gap>[ \t]{0,3})"
            r"(?:(?P<quote>[\"'`])(?P<quoted>[^\"'`\n]{4,200})(?P=quote)|(?P<plain>[^\s\"'`,;#<>()\[\]{}]{4,200}))",
            re.IGNORECASE,
        ),
        tuple(word.replace("_", "") for word in raw["password"]),
        rf"(?i)(?:{forms})s?[a-z0-9_.-]{{0,30}}[\"'`]?[ \t]{{0,3}}[:=]",
        re.compile(rf"(?:{about})", re.IGNORECASE),
        frozenset(raw["before"].split()),
    )


#: How far from a word and its value the rest of the line is looked at.
_LINE_CHARS = 200
_BEFORE = re.compile(r"\s*(?:(?:export|set|setx|ENV|ARG|-e|\w+)\s+|-\s+|--|\$env:)?[\"'`]?[\w.\-/\[\]$]*")
_BEHIND = re.compile(r"[\"'`]?\s*[,;)\\]*\s*(?:(?:#|//|;).*)?")
_CODE = re.compile(r"[A-Za-z_][\w]*(?:(?:\.|->|::)[A-Za-z_]\w*)*")
_PATH = re.compile(r"(?:[~.]{0,2}/|[A-Za-z]:\\|\w+://)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]|$)|\d{1,2}[./]\d{1,2}[./]\d{4}$")
_CAPITALS = re.compile(r"[A-Z][A-Z0-9_]*")
_WORDS = re.compile(r"[a-z0-9]+|[A-Z][a-z0-9]*|[A-Z]+(?![a-z])")


def _settings_in(text: str, lines: Iterable[tuple[int, int]]) -> Iterator[Span]:
    """Values of settings that are called after a secret, in lines of a text. A line that is nothing but a setting may
    hold any value; elsewhere the value itself has to look like a secret.
    """
    known = _settings()
    for begin, end in lines:
        for found in known.words.finditer(text, begin, end):
            if any(known.about.fullmatch(word) for word in _WORDS.findall(found["tail"])):
                continue
            value = found["quoted"] or found["plain"]
            # A longer line is no setting and nothing else.
            before = text[max(begin, found.start() - _LINE_CHARS) : found.start()]
            behind = text[found.end() : min(end, found.end() + _LINE_CHARS)]
            if before[-1:] == ":" or (found["word"].lower() == "token" and _is_mark(before)):
                continue
            is_line = _BEFORE.fullmatch(before) is not None and _BEHIND.fullmatch(behind) is not None
            is_password = found["word"].lower().replace("_", "").replace("-", "") in known.passwords
            key = re.split(r"\s", before)[-1] + found["word"] + found["tail"]
            if found["plain"] and behind[:1] in ("(", "[", "{"):  # a call
                continue
            if found["plain"] and value.isdigit() and found["gap"]:  # a constant of a programme
                continue
            if not _is_told(value, key, is_password, is_line, found["quoted"] is not None, found["sign"]):
                continue
            category = _PASSWORD if is_password else _TOKEN
            name = "secret:password_setting" if is_password else "secret:key_setting"
            yield Span(*found.span("quoted" if found["quoted"] else "plain"), category, 0.86, name)


def _is_mark(before: str) -> bool:
    """Whether what a key begins with says that its token is no secret: ``NextToken``, ``lock_token``."""
    words = _WORDS.findall(re.split(r"[^\w]", before)[-1])
    return bool(words) and words[-1].lower() in _settings().before


def _is_told(value: str, key: str, is_password: bool, is_line: bool, is_quoted: bool, sign: str) -> bool:
    if is_placeholder(value) or _PATH.match(value) or _DATE.match(value) or is_placeholder(_decoded(value)):
        return False
    has_digit = any(map(str.isdigit, value))
    has_sign = any(not char.isalnum() and char not in "_-. /:" for char in value)
    has_letter = any(map(str.isalpha, value))
    if not is_password:
        is_long = len(value) >= _RANDOM_CHARS if not is_line else len(value) >= 12
        return is_long and has_digit and has_letter and " " not in value and bits(value) >= _RANDOM_BITS
    is_env = _CAPITALS.fullmatch(key.strip("\"'`-$")) is not None and sign == "=" and not is_quoted
    if is_env and is_line:
        return _CAPITALS.fullmatch(value) is None or has_digit
    if not is_quoted and _CODE.fullmatch(value) and not has_digit:
        return False
    if not has_digit and (not has_sign or " " in value):
        return False
    # In a sentence, or as one of many things on a line, it has to have something of a password.
    return is_line or is_quoted or (len(value) >= 8 and has_digit and has_letter)


def _decoded(value: str) -> str:
    """The text behind Base64, as in the manifests of a cluster; else something that is no placeholder."""
    if len(value) % 4 == 0 and len(value) >= 8:
        try:
            text = base64.b64decode(value, validate=True).decode("ascii")
        except (binascii.Error, ValueError):
            return "-1a"
        if text.strip().isprintable():
            return text.strip() or "-1a"
    return "-1a"


def bits(value: str) -> float:
    """Shannon's entropy of the characters of a value, in bits a character."""
    counts = Counter(value)
    return -sum(count / len(value) * log2(count / len(value)) for count in counts.values()) if value else 0.0


# ---- texts


@lru_cache(maxsize=1)
def _factors() -> tuple[str, ...]:
    """Of the settings, then of the secrets that have no literal stretch."""
    return (_settings().factor, *(rule.factor for rule in secrets() if rule.factor is not None))


def secrets_in(texts: Sequence[str]) -> list[list[Span]]:
    """For each text the secrets in it, in order and apart. Hashes of passwords among them where nothing looks alike.

    One pass for many texts: hand in all that there are rather than one by one.
    """
    whole = joined(texts)
    present = _present(whole)
    found: list[list[Span]] = [[] for _ in texts]
    for rule in secrets():
        for number in _holding(texts, present, rule.holds):
            found[number] += rule.spans(texts[number])
    for one in hashes():
        for number in _holding(texts, present, () if one.is_hex else one.holds):
            found[number] += (
                Span(*hit.span(), _HASH, 0.95, one.name) for hit in _inside(one.form).finditer(texts[number])
            )
    for number in _holding(texts, present, (_ADDRESS,)):
        found[number] += credentials_in(texts[number])
    if ":" in whole or "=" in whole:
        for number, lines in _hit_lines(texts, whole).items():
            text = texts[number]
            found[number] += _settings_in(text, sorted(lines[0]))
            for place, rule in enumerate((rule for rule in secrets() if rule.factor is not None), 1):
                if lines[place]:
                    found[number] += rule.spans(text)
    return [resolve(spans) if len(spans) > 1 else spans for spans in found]


_ADDRESS = "://"
#: A shorter stretch stands in most texts: to look for it by itself ends at once.
_RARE_CHARS = 3


@lru_cache(maxsize=1)
def _parts() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """All literal stretches: those that are rare, and the others."""
    rows = (*(rule.holds for rule in secrets()), *(one.holds for one in hashes() if not one.is_hex), (_ADDRESS,))
    every = sorted({part for row in rows for part in row})
    rare = tuple(part for part in every if len(part) >= _RARE_CHARS and part != _ADDRESS and part.isascii())
    return rare, tuple(part for part in every if part not in rare)


def _present(whole: str) -> frozenset[str]:
    """The literal stretches that a text holds: most hold hardly one, and one pass for all of them tells so."""
    rare, others = _parts()
    found = {part for part in others if part in whole}
    if installed_engine() == "re":  # for which each is a pass of its own, slower than this
        return frozenset(found | {part for part in rare if part in whole})
    hits = multi_pattern(tuple(map(re.escape, rare))).hits(folded(whole))
    return frozenset(found | {rare[number] for number in {number for _, number in hits}})


def _holding(texts: Sequence[str], present: Set[str], parts: Sequence[str]) -> list[int]:
    """The numbers of the texts that hold one of the parts."""
    some = [part for part in parts if part in present]
    return [number for number, text in enumerate(texts) if any(part in text for part in some)] if some else []


def _hit_lines(texts: Sequence[str], whole: str) -> dict[int, list[set[tuple[int, int]]]]:
    """By the number of a text, for each factor the lines (begin, end) in which it matches."""
    starts = [1]
    for text in texts:
        starts.append(starts[-1] + len(text) + 1)
    lines: dict[int, list[set[tuple[int, int]]]] = {}
    for stop, factor in multi_pattern(_factors()).hits(folded(whole)):
        number = bisect_right(starts, stop - 1) - 1
        text, at = texts[number], stop - 1 - starts[number]
        end = text.find("\n", at)
        line = (text.rfind("\n", 0, at) + 1, end if end >= 0 else len(text))
        lines.setdefault(number, [set() for _ in _factors()])[factor].add(line)
    return lines


@lru_cache(maxsize=64)
def _inside(form: re.Pattern[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w$./+-])(?:{form.pattern})(?![\w$./+-])", form.flags)


def kind_of_span(text: str, span: Span) -> str | None:
    """The kind of a secret or a card in a text; None for what is none, or for a placeholder."""
    stretch = text[span.start : span.stop]
    if span.category == "financial.card":
        return card_kind(stretch)
    if span.detector == "format:credentials":
        return None if _is_example(text, span) else "secret:address_password"
    if span.detector.startswith(("secret:", "hash:")):
        return span.detector
    if span.category in (_PASSWORD, _TOKEN) and _TOLD.fullmatch(stretch) and not is_placeholder(stretch):
        return "secret:told_password" if span.category == _PASSWORD else "secret:told_token"
    return None


#: What somebody tells another in a sentence: letters and digits, and nothing of a programme.
_TOLD = re.compile(r"(?=.*\d)(?=.*[^\W\d_])[^\s()\[\]{}=;,<>\"'`\\]{6,64}")
_HOST = re.compile(r"@\[?([\w.-]*)")


def _is_example(text: str, span: Span) -> bool:
    """Whether an address with a password stands in a text to show how addresses are written."""
    user, _, password = text[span.start : span.stop].partition(":")
    host = _HOST.match(text, span.stop)
    hosts = frozenset(_data()["setting"]["example_hosts"].split())
    name = host.group(1).lower() if host is not None else ""
    return (
        len(password) < 4
        or password == user
        or is_placeholder(password)
        or name in hosts
        or name.endswith((".example", ".test", ".invalid", ".example.com", ".example.org", ".example.net"))
    )


# ---- cells


def kinds(values: Mapping[str, int], named: str | None, categories: Iterable[str]) -> list[Kind]:
    """What the different values of a column are, where its name or its values say that they are secrets or cards.

    ``named``: the category that its name says; ``categories``: those that detectors found among its values.
    """
    some = list(values)
    found = {*categories, named}
    counts: Counter[tuple[str, str]] = Counter()
    if found & {_PASSWORD, _HASH}:
        is_named = named in (_PASSWORD, _HASH)
        for value in some:
            kind = _password_kind(value, is_named=is_named)
            if kind is not None:
                counts[kind, _HASH if kind.startswith("hash:") else _PASSWORD] += 1
    if "financial.card" in found:
        counts.update((kind, "financial.card") for value in some if (kind := card_kind(value)))
    if named not in (_PASSWORD, _HASH):
        for value, spans in zip(some, secrets_in(some), strict=True):
            told = {(kind, span.category) for span in spans if (kind := kind_of_span(value, span))}
            told = {one for one in told if not one[0].startswith("hash:")}
            if not told and named == _TOKEN and _is_random(value):
                told = {("secret:random", _TOKEN)}
            counts.update(told)
    return [
        Kind(detector, category, count, len(some))
        for (detector, category), count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]


def _is_random(value: str) -> bool:
    is_one = _RANDOM_CHARS <= len(value) <= _VALUE_CHARS and not any(map(str.isspace, value))
    return is_one and bits(value) >= _RANDOM_BITS and any(map(str.isdigit, value)) and not is_placeholder(value)


_NOT_A_PASSWORD = re.compile(
    r"[01]|[tfyn]|true|false|yes|no|ja|nein|oui|non|si|null|none|nil|n/?a|unset|\(?(?:hidden|redacted|removed|masked|encrypted|leer|empty)\)?|[*!x]|\*LK\*|!!|\*NP\*"
    r"|[*•#x.\-_? ]{2,}|<.*>|\[.*\]|\$\{.*\}|\{\{.*\}\}",
    re.IGNORECASE,
)
#: Written by programs that encrypt what they keep, or keep it elsewhere.
_ENCRYPTED = re.compile(
    r"ENC[(\[].*|gAAAA[\w-]{40,}={0,2}|\$ANSIBLE_VAULT.*|\{cipher\}.*|vault:v\d:.*|AQICAH.*|-----BEGIN PGP MESSAGE.*"
    r"|arn:aws:.*|projects/.*/secrets/.*"
    r"|\{(?:AES|aes|enc|ENC|xor|DES)[\w-]*\}.*|eyJ[\w-]+\.[\w-]*\.[\w-]*\.[\w-]+\.[\w-]+",
    re.DOTALL,
)
_OPAQUE = re.compile(r"[A-Za-z0-9+/_-]{20,}={0,2}")


def _password_kind(value: str, *, is_named: bool) -> str | None:
    text = value[: _VALUE_CHARS * 2]
    for one in hashes():
        if (is_named or not one.is_hex) and one.form.fullmatch(text):
            return one.name
    if not is_named:
        return None
    if _NOT_A_PASSWORD.fullmatch(text):
        return "password:placeholder"
    if _ENCRYPTED.fullmatch(text):
        return "password:encrypted"
    if _OPAQUE.fullmatch(text) and bits(text) >= _RANDOM_BITS and any(map(str.isdigit, text)):
        return "password:opaque"  # a hash, a cipher or a long password: nobody can tell
    return "password:clear"


# ---- cards

#: First digits and lengths of the numbers that card schemes give out (ISO/IEC 7812; the schemes' own ranges).
_CARDS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720|220[0-4])\d{12}|3[47]\d{13}"
    r"|(?:6011|64[4-9]\d|65\d\d|62\d\d|35(?:2[89]|[3-8]\d))\d{12,15}|3(?:0[0-5]|[689]\d)\d{11,16}|(?:50(?:18|20|38)|5893|6304|6759|676[1-3])\d{8,15}"
)
_CARD_FORM = re.compile(r"\d(?:[ -]?\d){11,18}")
_MASKED_CARD = re.compile(r"(?i)(?=.*[*x•#.]{4})[\d*x•#. -]{12,23}")


def card_kind(value: str) -> str | None:
    """``card:full``, ``card:test`` for published test data, ``card:masked``; None for another number."""
    from scanners.detect.recognisers import luhn
    from scanners.detect.specimens import is_test

    text = value.strip()
    if _CARD_FORM.fullmatch(text):
        digits = text.replace(" ", "").replace("-", "")
        if not _CARDS.fullmatch(digits) or not luhn(digits):
            return None
        return "card:test" if is_test("financial.card", digits) else "card:full"
    return "card:masked" if _MASKED_CARD.fullmatch(text) and any(map(str.isdigit, text)) else None
