"""Presidio's pattern recognisers, result for result, at a thousand times their speed.

Those of its default English registry whose results reach the score that counts (``MIN_SCORE``). They are written anew,
over one byte a character (``multipattern.folded``): one pass over a buffer says where one could match, and an exact
expression is tried on the stretch around that place only. A test holds the results equal to Presidio's own.

Presidio itself is loaded for texts with digits of other scripts only.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from importlib.util import find_spec
from ipaddress import ip_interface
from pathlib import Path
from typing import Any, NamedTuple

from scanners.detect.multipattern import ODD, Hit, MultiPattern, folded, joined

#: Presidio's own threshold for what counts, after its validators and without context words.
MIN_SCORE = 0.3


class Found(NamedTuple):
    """A result of a recogniser. Offsets in characters; the text itself is not kept."""

    start: int
    stop: int
    #: Presidio's name of what it is.
    entity: str
    #: 0–1.
    score: float


#: A stretch of the buffer with the score that its pattern gives it.
Stretch = tuple[int, int, float]
#: Two offsets of a buffer between which a match may begin; what stands before and behind it is no part of one.
Window = tuple[int, int]
#: Finds the stretches of a recogniser in windows, which are in order.
Finder = Callable[[bytes, Sequence[Window]], Iterable[Stretch]]


@dataclass(frozen=True, slots=True)
class Recogniser:
    """One of Presidio's, or those of its patterns that are made of the same characters."""

    #: The class in ``presidio_analyzer.predefined_recognizers``.
    name: str
    entity: str
    #: What a match contains: cheap to look for, with a few hits for each match; as ``MultiPattern`` takes it.
    factor: str
    #: The characters that a match consists of.
    inside: re.Pattern[bytes]
    find: Finder
    #: The score of a stretch that the pattern matched, by its text; 0 drops it. None: the pattern's.
    validate: Callable[[str], float] | None = None


def run(characters: str) -> re.Pattern[bytes]:
    """What matches as many of some characters as there are, none included."""
    return re.compile(rf"[{characters}]*".encode())


def _matches(*patterns: tuple[str, float]) -> Finder:
    """A finder by regular expressions, each with its score."""
    compiled = [(re.compile(pattern.encode(), re.IGNORECASE), score) for pattern, score in patterns]

    def find(buffer: bytes, windows: Sequence[Window]) -> Iterator[Stretch]:
        for start, stop in windows:
            for pattern, score in compiled:
                # What looks ahead sees two characters behind the window.
                for match in pattern.finditer(buffer, start, stop + 2):
                    if match.start() >= stop:
                        break
                    yield match.start(), match.end(), score

    return find


@lru_cache(maxsize=1)
def _facts() -> dict[str, str]:
    with resources.files("scanners.detect").joinpath("recognisers.toml").open("rb") as stream:
        return tomllib.load(stream)


_SEPARATORS = str.maketrans("", "", "- ")


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1: whether the last of so many decimal digits is the check digit of the others."""
    total = sum(map(int, digits[-1::-2]))
    return (total + sum(_DOUBLED[digit] for digit in digits[-2::-2])) % 10 == 0


#: Twice a digit, its own digits added.
_DOUBLED = {str(digit): sum(map(int, str(2 * digit))) for digit in range(10)}


def _card(text: str) -> float:
    return float(luhn(text.translate(_SEPARATORS)))


def _nhs(text: str) -> float:
    digits = text.translate(_SEPARATORS)
    return float(sum(weight * int(digit) for weight, digit in zip(range(10, 0, -1), digits, strict=True)) % 11 == 0)


def _medical_licence(text: str) -> float:
    """The check digit of a number of the US drug enforcement agency."""
    digits = [int(digit) for digit in text[2:]]
    return float((sum(digits[0:6:2]) + 2 * sum(digits[1:6:2]) - digits[6]) % 10 == 0)


def _ssn(text: str) -> float:
    """A number of US social security whose groups may have been given out; 0.5 is its pattern's score."""
    if text[3] != text[6]:
        return 0.0
    area, group, serial = text[:3], text[4:6], text[7:]
    if area in ("000", "666") or group == "00" or serial == "0000" or len(set(area + group + serial)) == 1:
        return 0.0
    return 0.0 if area + group + serial in ("123456789", "987654320", "078051120") else 0.5


def _mac(text: str) -> float:
    digits = {char for char in text.upper() if char not in ":-."}
    return 0.0 if digits in ({"F"}, {"0"}) else 0.6


def _uuid(text: str) -> float:
    is_known = text[14] in "12345678" and text[19] in "89abAB"
    return 0.5 if is_known else 0.0


def _ip(text: str) -> float:
    if ":" not in text:  # whose pattern lets through what is no address for a zero in front only
        return 0.0 if any(len(octet) > 1 and octet[0] == "0" for octet in text.partition("/")[0].split(".")) else 0.6
    try:
        ip_interface(text)
    except ValueError:
        return 0.0
    return 0.6


_BASE58 = {char: value for value, char in enumerate("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")}
_BECH32 = {char: value for value, char in enumerate("qpzry9x8gf2tvdw0s3jn54khce6mua7l")}
#: BIP 173 and BIP 350.
_BECH32_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_BECH32_ENDS = (1, 0x2BC830A3)


def _bitcoin(text: str) -> float:
    """Addresses by Base58Check (begin with 1 or 3) and by Bech32 (begin with bc1)."""
    return float(_base58check(text) if text[0] in "13" else text.startswith("bc1") and _bech32(text))


def _base58check(text: str) -> bool:
    from hashlib import sha256

    number = 0
    for char in text:
        if char not in _BASE58:
            return False
        number = number * 58 + _BASE58[char]
    zeros = len(text) - len(text.lstrip("1"))
    # As Presidio counts the bytes of the number: the zeros are counted among them.
    data = number.to_bytes(zeros + (number.bit_length() + 7) // 8, "big")
    return sha256(sha256(data[:-4]).digest()).digest()[:4] == data[-4:]


def _bech32(text: str) -> bool:
    if text not in (text.lower(), text.upper()):
        return False
    head, _, data = text.lower().rpartition("1")
    if not head or len(data) < 6 or any(char not in _BECH32 for char in data):
        return False
    total = 1
    for value in (
        *(ord(char) >> 5 for char in head),
        0,
        *(ord(char) & 31 for char in head),
        *(_BECH32[char] for char in data),
    ):
        top = total >> 25
        total = (total & 0x1FFFFFF) << 5 ^ value
        for bit, term in enumerate(_BECH32_GENERATOR):
            total ^= term if top >> bit & 1 else 0
    return total in _BECH32_ENDS


_IBAN = re.compile(
    rb"(?<![A-Z0-9])[A-Z]{2}\d\d(?:[ -]?[A-Z0-9]{4}){2,6}()(?:[ -]?[A-Z0-9]{4})?()(?:[ -]?[A-Z0-9]{1,3})?()(?![A-Z0-9])"
)
_PART = re.compile(r"(\d+)([nacz])")
_KINDS = {"n": r"\d", "a": "[A-Z]", "c": "[A-Z0-9]", "z": "0"}
_NUMBERS = {ord(char): str(value) for value, char in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")}


@lru_cache(maxsize=1)
def _iban_forms() -> dict[str, re.Pattern[str]]:
    return {
        entry[:2]: re.compile("".join(f"{_KINDS[kind]}{{{count}}}" for count, kind in _PART.findall(entry[2:])))
        for entry in _facts()["iban"].split()
    }


def is_iban(text: str) -> bool:
    """ISO 13616: check digits, and a national part that its country knows. Capitals; spaces and hyphens are no part."""
    number = text.translate(_SEPARATORS)
    form = _iban_forms().get(number[:2])
    if form is None or form.match(number, 4) is None:
        return False
    rest = int((number[4:] + number[:2] + "00").translate(_NUMBERS)) % 97
    return f"{98 - rest:02}" == number[2:4]


def _ibans(buffer: bytes, windows: Sequence[Window]) -> Iterator[Stretch]:
    """Of what follows an IBAN in a sentence a part may look like more of it: the longest that passes is taken."""
    for start, stop in windows:
        for match in _IBAN.finditer(buffer, start, stop + 2):
            if match.start() >= stop:
                break
            for end in (match.end(3), match.end(2), match.end(1)):
                if is_iban(buffer[match.start() : end].decode()):
                    yield match.start(), end, 1.0
                    break


_EDGE = re.compile(rb"\b(?!\.)")
_HOST = re.compile(rb"\w+(?:-+\w+)*(?:\.\w+(?:-+\w+)*)+\b")
_DOT = ord(".")
#: The characters of an e-mail address, as Presidio sees it.
ADDRESS = r"\w.@!#$%&'*+\-/=?^`{|}~"


def _emails(buffer: bytes, windows: Sequence[Window]) -> Iterator[Stretch]:
    """Each has one @: from it to the left as far as a name goes, and to the right as far as a host goes."""
    for start, stop in windows:
        least = start
        at = buffer.find(b"@", start, stop)
        while at >= 0:
            first = _EDGE.search(buffer, least, at)
            host = _HOST.match(buffer, at + 1)
            least = at + 1
            if first and first.start() < at and buffer[at - 1] != _DOT and host:
                least = host.end()
                yield first.start(), least, 0.5
            at = buffer.find(b"@", least, stop)


def _email(text: str) -> float:
    """Whether what stands for a host ends in a public suffix and has a name before it."""
    host = _PATH.split(text.removeprefix("//"), maxsplit=1)[0].rpartition("@")[2]
    return float(is_host(host))


_PATH = re.compile("[/?#]")


@lru_cache(maxsize=1)
def _public_suffixes() -> Any:
    """By the list that tldextract ships.

    Left alone, it asks the network for a newer one at its first use and keeps that in the home directory.
    """
    import tldextract

    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


@lru_cache(maxsize=1)
def _suffix_rules() -> tuple[frozenset[str], frozenset[str]]:
    """The rules of that list for names in ASCII, and what they end with, label by label.

    The file is read beside the package, which itself loads a client for the web.
    """
    spec = find_spec("tldextract")
    folder = Path(spec.origin).parent if spec is not None and spec.origin else Path()
    text = (folder / ".tld_set_snapshot").read_text(encoding="utf-8").partition("// ===BEGIN PRIVATE DOMAINS===")[0]
    rules = frozenset(re.findall(r"(?m)^[.*!]*\w\S*", text))
    ends = {rule[dot.end() :] for rule in rules for dot in re.finditer(r"\.", rule)}
    return rules, frozenset(ends | rules)


@lru_cache(maxsize=50_000)
def is_host(host: str) -> bool:
    """Whether a name of a host ends in a public suffix that is not all of it (https://publicsuffix.org/list/)."""
    name = host.strip().rstrip(".").lower()
    if not name.isascii() or name[:4] == "xn--" or ".xn--" in name or "[" in name:
        return bool(_public_suffixes()(host).fqdn)
    rules, ends = _suffix_rules()
    labels = name.split(".")
    first = len(labels)
    end = ""
    for index in range(len(labels) - 1, -1, -1):
        longer = f"{labels[index]}.{end}" if end else labels[index]
        if labels[index] in ("*", "") or longer not in ends:
            if f"*.{end}" in rules:
                first = index + (f"!{longer}" in rules)
            break
        end = longer
        first = index if end in rules else first
    return 0 < first < len(labels) and bool(labels[first - 1])


_NAME = run(r"a-zA-Z0-9.\-")
_REST = re.compile(rb"/[^\s()<>\"']*")
_QUOTED = re.compile(
    rb"""(?i)["'](https?://)?(?:www\d{0,3}\.)?[a-z0-9.\-]{1,253}\.([a-z]+)(?:/[^\s()<>"']*)?["']""",
)
#: A longer name of a host is cut by Presidio's pattern.
_HOST_CHARS = 250


@lru_cache(maxsize=1)
def _ends() -> tuple[frozenset[str], dict[bytes, tuple[bytes, ...]]]:
    """All ends of web addresses; and by two letters those that no earlier one hides by being their beginning."""
    ends = list(dict.fromkeys(_facts()["top_level_domains"].split()))
    place = {end: number for number, end in enumerate(ends)}
    found: dict[bytes, list[bytes]] = {}
    for number, end in enumerate(ends):
        if all(place.get(end[:length], number) >= number for length in range(2, len(end))):
            found.setdefault(end[:2].encode(), []).append(end.encode())
    # Where two of them fit, one begins with the other and stands before it.
    return frozenset(ends), {key: tuple(sorted(some, key=len, reverse=True)) for key, some in found.items()}


def _short_ends() -> list[str]:
    """The ends of web addresses that begin with no other one: with one of them each of them begins."""
    ends, _ = _ends()
    return sorted(end for end in ends if not any(end[:length] in ends for length in range(2, len(end))))


def _name_ends(buffer: bytes, start: int, stop: int) -> int:
    """Where the name of a host ends that begins at ``start``: with the last dot before an end; 0 without one."""
    _, ends = _ends()
    dot = buffer.rfind(b".", start + 1, stop)
    while dot > 0:
        label = buffer[dot + 1 : dot + 20].lower()
        for end in ends.get(label[:2], ()):
            if label.startswith(end):
                return dot + 1 + len(end)
        dot = buffer.rfind(b".", start + 1, dot)
    return 0


def _urls(buffer: bytes, windows: Sequence[Window]) -> Iterator[Stretch]:
    """Four patterns: with a scheme or without, each also between quotation marks. A path may hold more windows."""
    plain = schemed = quoted = quoted_schemed = 0
    for start, stop in windows:
        before = buffer[max(0, start - 9) : start].lower()
        scheme = 8 if before.endswith(b"https://") else 7 if before.endswith(b"http://") else 0
        begin = start - scheme
        end = _name_ends(buffer, start, stop)
        if end:
            path = _REST.match(buffer, end)
            end = path.end() if path else end
            if start >= plain:
                plain = end
                yield start, end, 0.5
            if scheme and begin >= schemed:
                schemed = end
                yield begin, end, 0.6
        if buffer[begin - 1] in b"\"'" and (match := _QUOTED.match(buffer, begin - 1)):
            if match[2].decode().lower() not in _ends()[0]:
                continue
            if scheme and begin - 1 >= quoted_schemed:
                quoted_schemed = match.end()
                yield *match.span(), 0.6
            elif not scheme and begin - 1 >= quoted:
                quoted = match.end()
                yield *match.span(), 0.5


_MONTH = "(?:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)"
_M, _D = "(?:0?[1-9]|1[0-2])", "(?:0?[1-9]|[12][0-9]|3[01])"
_OCTET = "(?:25[0-5]|2[0-4][0-9]|[01][0-9]{2}|[0-9]{1,2})"
_IPV4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}"
_HEX, _PREFIX = "[0-9a-f]{1,4}", r"(?:/(?:12[0-8]|1[01][0-9]|[1-9]?[0-9]))?"
_IPV6 = "|".join(
    (
        f"(?:{_HEX}:){{7}}{_HEX}",
        f"(?:{_HEX}:){{1,7}}:",
        f":(?::{_HEX}){{1,7}}",
        *(f"(?:{_HEX}:){{1,{7 - right}}}(?::{_HEX}){{{right}}}" for right in range(1, 7)),
    )
)
_ITIN = "9[0-9]{2}", "(?:5[0-9]|6[0-5]|7[0-9]|8[0-8]|9[0-24-9])", "[0-9]{4}"
_LICENCE = "|".join(
    (
        "[A-Z](?:[0-9]{1,14}|[0-9]{18}|[0-9]{6}R|[0-9][A-Z][0-9][A-Z])",
        "[A-Z]{2}(?:[0-9]{3,7}|[0-9]{6}[A-Z])",
        "[0-9]{2}[A-Z]{3}[0-9]{5,6}",
        "[0-9]{3}[A-Z]{2}[0-9]{4}",
        "[0-9]{7,9}[A-Z]",
        "[0-9]{8}[A-Z]{2}",
        # A bracket is missing in Presidio's pattern.
        r"A-Z\]{2}[0-9]{2,5}",
    )
)


@lru_cache(maxsize=1)
def recognisers() -> tuple[Recogniser, ...]:
    """All of them. Where a factor has no side conditions it is the pattern itself."""
    numbers = run("0-9 .-")
    words = run(r"\w.:/+-")
    return (
        Recogniser(
            "CreditCardRecognizer",
            "CREDIT_CARD",
            r"\b[13456][0-9]{3}[- ]?[0-9]{3,4}[- ]?[0-9]{3,4}[- ]?[0-9]{3,5}\b",
            numbers,
            _matches(
                (
                    r"\b(?!1[0-9]{12}(?![0-9]))(?:[1346][0-9]{3}|5[0-5][0-9]{2})"
                    r"[- ]?[0-9]{3,4}[- ]?[0-9]{3,4}[- ]?[0-9]{3,5}\b",
                    0.3,
                )
            ),
            _card,
        ),
        Recogniser(
            "UsLicenseRecognizer",
            "US_DRIVER_LICENSE",
            rf"(?i)\b(?:{_LICENCE})\b",
            run(r"\w\]-"),
            _matches((rf"\b(?:{_LICENCE})\b", 0.3)),
        ),
        Recogniser(
            "UsItinRecognizer",
            "US_ITIN",
            r"\b9[0-9]{2}(?:[- ][0-9]{2}[- ]|[0-9]{2})[0-9]{4}\b",
            numbers,
            _matches((rf"\b{''.join(_ITIN)}\b", 0.3), (rf"\b{'[- ]'.join(_ITIN)}\b", 0.5)),
        ),
        Recogniser(
            "UsSsnRecognizer",
            "US_SSN",
            r"\b[0-9]{3}[- .][0-9]{2}[- .][0-9]{4}\b",
            numbers,
            _matches((r"\b[0-9]{3}[- .][0-9]{2}[- .][0-9]{4}\b", 0.5)),
            _ssn,
        ),
        Recogniser(
            "NhsRecognizer",
            "UK_NHS",
            r"\b[0-9]{3}[- ]?[0-9]{3}[- ]?[0-9]{4}\b",
            numbers,
            _matches((r"\b[0-9]{3}[- ]?[0-9]{3}[- ]?[0-9]{4}\b", 0.5)),
            _nhs,
        ),
        Recogniser(
            "MedicalLicenseRecognizer",
            "MEDICAL_LICENSE",
            "(?i)[abcdefghjklmprstux][a-z9][0-9]{7}",
            run("a-zA-Z0-9"),
            _matches(("[abcdefghjklmprstux][a-z9][0-9]{7}", 0.4)),
            _medical_licence,
        ),
        Recogniser(
            "CryptoRecognizer",
            "CRYPTO",
            "(?i)(?:bc1|[13])[a-z0-9]{25}",
            run("a-zA-Z0-9"),
            _matches(("(?:bc1|[13])[a-z0-9]{25,59}", 0.5)),
            _bitcoin,
        ),
        Recogniser("EmailRecognizer", "EMAIL_ADDRESS", r"[\w!#$%&'*+\-/=?^`{|}~]@\w", run(ADDRESS), _emails, _email),
        Recogniser(
            "IbanRecognizer",
            "IBAN_CODE",
            "[^A-Z0-9][A-Z]{2}[0-9]{2}[ -]?[A-Z0-9]{4}[ -]?[A-Z0-9]{4}",
            run("A-Z0-9 -"),
            _ibans,
        ),
        Recogniser(
            "IpRecognizer",
            "IP_ADDRESS",
            r"\b[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]",
            run("0-9a-zA-Z:./"),
            _matches(
                (rf"(?<![\w:])::(?:ffff(?::0{{1,4}})?:)?{_IPV4}{_PREFIX}\b", 0.6),
                (rf"(?<![\w:])(?:(?:{_HEX}:){{1,5}}:(?:{_HEX}:){{0,4}}|(?:{_HEX}:){{6}}){_IPV4}{_PREFIX}\b", 0.6),
                (rf"\b{_IPV4}(?:/(?:[0-2]?[0-9]|3[0-2]))?\b", 0.6),
            ),
            _ip,
        ),
        Recogniser(
            "IpRecognizer",
            "IP_ADDRESS",
            rf"(?i)[^\w:](?:(?:{_HEX}:){{1,7}}:|::[0-9a-f]|(?:{_HEX}:){{7}}[0-9a-f])",
            run("0-9a-zA-Z:./%"),
            _matches((rf"(?<![\w:])(?:{_IPV6})(?:%[0-9a-z]+)?{_PREFIX}(?![\w:]|\.[0-9])", 0.6)),
            _ip,
        ),
        Recogniser(
            "MacAddressRecognizer",
            "MAC_ADDRESS",
            r"(?i)\b(?:[0-9a-f]{2}:[0-9a-f]{2}:[0-9a-f]{2}:[0-9a-f]{2}:[0-9a-f]{2}:[0-9a-f]{2}"
            r"|[0-9a-f]{2}-[0-9a-f]{2}-[0-9a-f]{2}-[0-9a-f]{2}-[0-9a-f]{2}-[0-9a-f]{2}"
            r"|[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4})\b",
            words,
            _matches(
                (r"\b[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}\b", 0.6),
                (r"\b[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}\b", 0.6),
            ),
            _mac,
        ),
        Recogniser(
            "UuidRecognizer",
            "UUID",
            "(?i)-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
            run("0-9a-fA-F-"),
            _matches((r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", 0.5)),
            _uuid,
        ),
        Recogniser(
            "UrlRecognizer",
            "URL",
            rf"(?i)[a-z0-9.\-]\.(?:{'|'.join(_short_ends())})",
            run(r"a-zA-Z0-9.\-"),
            _urls,
        ),
        *(
            Recogniser("DateRecognizer", "DATE_TIME", f"(?i){factor}", words, _matches(*patterns))
            for factor, patterns in (
                (
                    r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:[+-]|Z\b)",
                    (
                        (
                            r"\b[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T[0-2][0-9]:[0-5][0-9]"
                            r"(?::[0-5][0-9](?:\.[0-9]+)?)?(?:[+-][0-2][0-9]:[0-5][0-9]|Z)\b",
                            0.8,
                        ),
                    ),
                ),
                (
                    rf"\b{_M}/{_D}/[0-9]{{2}}|\b{_D}/{_M}/[0-9]{{2}}|\b[0-9]{{4}}/{_M}/{_D}\b",
                    (
                        (rf"\b{_M}/{_D}/(?:[0-9]{{4}}|[0-9]{{2}})\b", 0.6),
                        (rf"\b{_D}/{_M}/(?:[0-9]{{4}}|[0-9]{{2}})\b", 0.6),
                        (rf"\b[0-9]{{4}}/{_M}/{_D}\b", 0.6),
                    ),
                ),
                (
                    rf"\b{_M}-{_D}-[0-9]{{4}}\b|\b{_D}-{_M}-[0-9]{{4}}\b|\b[0-9]{{4}}-{_M}-{_D}\b",
                    (
                        (rf"\b{_M}-{_D}-[0-9]{{4}}\b", 0.6),
                        (rf"\b{_D}-{_M}-[0-9]{{4}}\b", 0.6),
                        (rf"\b[0-9]{{4}}-{_M}-{_D}\b", 0.6),
                    ),
                ),
                (
                    rf"\b{_D}\.{_M}\.(?:[0-9]{{4}}|[0-9]{{2}})\b",
                    ((rf"\b{_D}\.{_M}\.(?:[0-9]{{4}}|[0-9]{{2}})\b", 0.6),),
                ),
                (
                    rf"\b{_MONTH}-(?:[0-9]{{4}}|[0-9]{{2}})\b|\b{_D}-{_MONTH}\b",
                    (
                        (rf"\b{_D}-{_MONTH}-(?:[0-9]{{4}}|[0-9]{{2}})\b", 0.6),
                        (rf"\b{_MONTH}-(?:[0-9]{{4}}|[0-9]{{2}})\b", 0.6),
                        (rf"\b{_D}-{_MONTH}\b", 0.6),
                    ),
                ),
            )
        ),
    )


#: Characters of one pass.
_PASS = 1_000_000


class Reader:
    """The recognisers, or some of them, ready to read."""

    def __init__(self, rows: Sequence[Recogniser], engine: str | None = None) -> None:
        """``engine``: as of ``MultiPattern``."""
        self._rows = tuple(rows)
        self._together = MultiPattern([row.factor for row in rows], engine)

    def read(self, texts: Sequence[str]) -> list[list[Found]]:
        """For each text what the recognisers find in it, as running each on each text would, in order."""
        results: list[list[Found]] = []
        start = size = 0
        for number, text in enumerate(texts):
            size += len(text)
            if size >= _PASS:
                results += self._pass(texts[start : number + 1])
                start, size = number + 1, 0
        return results + self._pass(texts[start:])

    def _pass(self, texts: Sequence[str]) -> list[list[Found]]:
        whole = joined(texts)
        buffer = folded(whole)
        starts = [1]
        for text in texts:
            starts.append(starts[-1] + len(text) + 1)
        found: list[list[Found]] = [[] for _ in texts]
        slow: set[int] = set()
        for row, windows in zip(self._rows, windows_of(buffer, self._together.hits(buffer), self._rows), strict=True):
            if row.entity == "URL":
                slow.update(bisect_right(starts, begin) - 1 for begin, end in windows if end - begin > _HOST_CHARS)
            for begin, end, score in row.find(buffer, windows):
                if row.validate is not None:
                    score = row.validate(whole[begin:end])
                    if not score:
                        continue
                number = bisect_right(starts, begin) - 1
                found[number].append(Found(begin - starts[number], end - starts[number], row.entity, score))
        at = buffer.find(ODD)
        while at >= 0:
            number = bisect_right(starts, at) - 1
            slow.add(number)
            at = buffer.find(ODD, starts[number + 1])
        for number in slow:
            found[number] = list(by_presidio(texts[number], {row.name for row in self._rows}))
        return [_without_contained(some) for some in found]


def windows_of(buffer: bytes, hits: Iterable[Hit], rows: Sequence[Recogniser]) -> list[list[Window]]:
    """For each recogniser the stretches of its own characters that hold its factor, in order.

    ``hits``: in order, with the recognisers' factors first among the expressions.
    """
    windows: list[list[Window]] = [[] for _ in rows]
    done = [0] * len(rows)
    for stop, number in hits:
        if number < len(rows) and stop > done[number]:
            inside = rows[number].inside
            begin = _begin(buffer, stop, inside)
            end = _end(buffer, stop, inside)
            windows[number].append((begin, end))
            done[number] = end
    return windows


_BACK = 48


def _begin(buffer: bytes, stop: int, inside: re.Pattern[bytes]) -> int:
    """Where the stretch of such characters begins that ends at ``stop``."""
    while stop > 0:
        back = buffer[stop - 1 : stop - _BACK - 1 if stop > _BACK else None : -1]
        found = inside.match(back)
        length = found.end() if found else 0
        stop -= length
        if length < len(back):
            break
    return stop


def _end(buffer: bytes, start: int, inside: re.Pattern[bytes]) -> int:
    found = inside.match(buffer, start)
    return found.end() if found else start


def _without_contained(found: list[Found]) -> list[Found]:
    """As Presidio thins out the results of one recogniser: what lies in another with no lower score is dropped."""
    if len(found) < 2:
        return found
    kept: list[Found] = []
    around: list[Found] = []
    for item in sorted(set(found), key=lambda one: (one.entity, one.start, -one.stop, -one.score)):
        around = [one for one in around if one.entity == item.entity and one.stop >= item.start]
        if not any(item.stop <= one.stop and item.score <= one.score for one in around):
            kept.append(item)
            around.append(item)
    return sorted(kept)


@lru_cache(maxsize=1)
def presidio() -> Any:
    """Presidio's recognisers, with its e-mail check tied to the public suffix list that tldextract ships."""
    import tldextract.tldextract as module
    from presidio_analyzer import predefined_recognizers

    module.TLD_EXTRACTOR = _public_suffixes()
    return predefined_recognizers


@lru_cache(maxsize=32)
def _presidio_one(name: str) -> Any:
    return getattr(presidio(), name)()


def by_presidio(text: str, names: Iterable[str]) -> set[Found]:
    """What Presidio's own recognisers find in a text, of results that reach the score that counts."""
    return {
        Found(item.start, item.end, item.entity_type, item.score)
        for name in names
        for item in _presidio_one(name).analyze(text, _presidio_one(name).supported_entities, None)
        if item.score >= MIN_SCORE
    }


@lru_cache(maxsize=4)
def _reader(engine: str | None) -> Reader:
    return Reader(recognisers(), engine)


def presidio_spans(texts: Sequence[str], engine: str | None = None) -> list[list[Found]]:
    """For each text the results of Presidio's pattern recognisers, in order of their starts."""
    return _reader(engine).read(texts)
