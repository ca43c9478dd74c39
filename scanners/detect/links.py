"""Web addresses that point at a person, handles and names of users, and other marks of one person that need no words.

Pure; what is data stands in ``links.toml``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from scanners.detect.base import Span
from scanners.detect.folding import word_fold
from scanners.detect.words import Word, index_at

_URL = re.compile(
    r"(?:https?://|www\.)[^\s<>\"'“”„`|\\^{}\[\]]+|(?<![\w@./-])(?:[a-z0-9-]+\.){1,3}[a-z]{2,10}/[^\s<>\"'“”|\\^{}\[\]()]+",
    re.IGNORECASE,
)
#: Addresses of mail at hosts that the world does not know: ``jane@corp.local``.
_MAIL = re.compile(
    r"(?<![\w.+%@/&$-])[A-Za-z0-9_][\w.+%-]{0,63}@[A-Za-z][A-Za-z0-9-]{0,62}(?:\.[A-Za-z0-9-]{1,63}){0,5}\.[A-Za-z]{2,24}(?![\w@(/-]|:[\w/])"
)
_TRAILING = ".,;:!?)*»"
_HANDLE = re.compile(r"(?<![\w@./:+-])@[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*(?![\w@-]|\.\w)")
_NICK = re.compile(r"(?:(?<=^)|(?<=[\s>]))<([A-Za-z][\w.\-]{2,24})>(?=\s)", re.MULTILINE)
_SIGNED = re.compile(
    r"(?:\b(?:posted|reviewed|written|uploaded|asked|answered|submitted)\s+by|\bfrom|\bvon|\bpar|\bpor|\bda|\bdoor|\bby|\bfor"
    r"|\bnick|[-–—~])\s+([A-Za-z][A-Za-z]*(?:[_.][A-Za-z0-9]+)+|[A-Za-z]{3,}\d{1,4})(?![\w@./])",
    re.IGNORECASE,
)
_WINDOWS = re.compile(r"(?<![\w\\/:.])[A-Z][A-Z0-9-]{1,14}\\[a-z][\w.-]{2,19}(?![\w\\])")
_HOME = re.compile(r"(?:/home/|/Users/|[A-Z]:\\Users\\)([a-z][\w.-]{2,31})(?=[\\/\s])", re.IGNORECASE)
_COORDINATES = re.compile(
    r"(?<![\w.])([-+−]?\d{1,2}\.\d{3,8})°?\s?[NS]?\s?[,;/ ]\s?([-+−]?\d{1,3}\.\d{3,8})°?\s?[EWO]?(?![\d.])"
)
_BRITISH_PLATE = re.compile(r"(?<![\w-])[A-HJ-PR-Y]{2}\d{2}\s?[A-HJ-PR-Z]{3}(?![\w-])")
_TOKEN = re.compile(
    r"(?<![\w-])(?:eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*|(?:AKIA|ASIA)[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36,}"
    r"|github_pat_\w{30,}|glpat-[\w-]{20,}|xox[abpr]-[\w-]{10,}|[sr]k_(?:live|test)_[0-9A-Za-z]{16,}|AIza[\w-]{35})(?![\w-])"
)
_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
#: Up to the last @ before the path, for passwords hold some too; a port is no password.
_CREDENTIALS = re.compile(r"(?<=://)(?:[^\s/:?#<>\"]{1,64}:|:(?=[^\s@]))(?!\d{1,5}[?#])[^\s/<>\"]{1,128}(?=@[\w\[])")
_CUE_REACH = 30
#: From this length on a word of a name stands for it; within a longer one it has one letter more.
_NAME_PART = 4
#: A part of a host has no more characters than this.
_LONGEST_HOST = 63


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """``links.toml``."""

    hosts: Mapping[str, tuple[re.Pattern[str], ...]]
    people: frozenset[str]
    not_people: frozenset[str]
    cues: frozenset[tuple[str, ...]]
    marks: frozenset[str]
    tags: frozenset[str]
    file_endings: frozenset[str]


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    """The shipped hosts and words."""
    with resources.files("scanners.detect").joinpath("links.toml").open("rb") as stream:
        raw = tomllib.load(stream)
    hosts = {
        host: tuple(re.compile("/" + re.escape(form).replace(r"\*", r"([^/?#]{2,})"), re.IGNORECASE) for form in forms)
        for host, forms in raw["hosts"].items()
    }
    return Vocabulary(
        hosts,
        frozenset(raw["paths"]["people"].split()),
        frozenset(raw["paths"]["not_people"].split()),
        frozenset(tuple(cue.split()) for cue in raw["paths"]["cues"]),
        frozenset(raw["handles"]["marks"].split()),
        frozenset(raw["handles"]["tags"].split()),
        frozenset(raw["mail"]["file_endings"].split()),
    )


def links_in(text: str, words: Sequence[Word], names: Collection[str]) -> Iterator[Span]:
    """Web addresses of people. ``names``: folded words of the names and addresses of mail found in the text."""
    if "/" not in text and "www." not in text:
        return
    long = frozenset(name for name in names if len(name) >= _NAME_PART)
    for found in _URL.finditer(text):
        address = found.group().rstrip(_TRAILING)
        if address and (_points_at_person(address, long) or _is_cued(words, found.start())):
            yield Span(found.start(), found.start() + len(address), "contact.profile_url", 0.85, "link:person")


def _points_at_person(address: str, names: frozenset[str]) -> bool:
    known = vocabulary()
    host, slash, path = re.sub(r"^[a-z]+://", "", address.lower()).partition("/")
    host = host.partition("@")[2] or host
    path = slash + path
    for name, forms in known.hosts.items():
        if host == name or host.endswith("." + name):
            return any(
                (found := form.match(path)) is not None
                and not (found.groups() and found.groups()[-1].lower() in known.not_people)
                for form in forms
            )
    if path.startswith("/~"):
        return True
    parts = [part for part in re.split(r"[/?#&=]", path) if part]
    if any(part in known.people for part in parts[:-1]) or (
        parts and parts[-1] in known.people & {"about-me", "aboutme", "cv"}
    ):
        return True
    pieces = set(re.split(r"[^a-z0-9]+", word_fold(address)))
    own = word_fold(host).removeprefix("www.").split(".")[0][:_LONGEST_HOST]
    return not names.isdisjoint(pieces) or any(
        own[start:stop] in names
        for start in range(len(own) - _NAME_PART)
        for stop in range(start + _NAME_PART + 1, len(own) + 1)
    )


def _is_cued(words: Sequence[Word], start: int) -> bool:
    before = [word.folded for word in words[index_at(words, start - _CUE_REACH) : index_at(words, start)]][-5:]
    while before and before[-1] in ("is", "at", "ist", "est", "es", "e", "https", "http", "www"):
        before.pop()
    return any(tuple(before[-length:]) in vocabulary().cues for length in (1, 2, 3, 4) if len(before) >= length)


def mails_in(text: str) -> Iterator[Span]:
    """Addresses of mail by their form alone, at hosts without a public ending too; not those that name a service."""
    if "@" not in text:
        return
    for found in _MAIL.finditer(text):
        before = text[max(0, found.start() - 200) : found.start()].rpartition("://")
        is_service = bool(before[1]) and not re.search(r"\s", before[2])
        ending = found.group().rpartition(".")[2].lower()
        if not is_service and ending not in vocabulary().file_endings:
            yield Span(*found.span(), "contact.email", 0.6, "format:mail")


def handles_in(text: str) -> Iterator[Span]:
    """Names by which somebody is known to a machine, where their form or their place gives them away."""
    if "@" in text:
        for found in _HANDLE.finditer(text):
            if found.group()[1:].lower() not in vocabulary().marks and text[found.end() : found.end() + 1] != "(":
                yield Span(*found.span(), "identity.username", 0.7, "handle:at")
    if "<" in text:
        for found in _NICK.finditer(text):
            if found.group(1).lower() not in vocabulary().tags and "@" not in found.group(1):
                yield Span(*found.span(1), "identity.username", 0.65, "handle:nick")
    for pattern in (_SIGNED, _HOME):
        for found in pattern.finditer(text):
            if found.group(1).lower() not in ("public", "default", "shared"):
                yield Span(*found.span(1), "identity.username", 0.6, "handle:signed")
    if "\\" in text:
        for found in _WINDOWS.finditer(text):
            yield Span(*found.span(), "identity.username", 0.65, "handle:windows")


def credentials_in(text: str) -> list[Span]:
    """Users with their passwords in addresses of services: ``postgres://user:secret@host``."""
    if "://" not in text:
        return []
    return [
        Span(*found.span(), "credential.password", 1.0, "format:credentials") for found in _CREDENTIALS.finditer(text)
    ]


def marks_in(text: str) -> Iterator[Span]:
    """Keys, tokens, positions and plates of a form that hardly anything else has."""
    for found in _TOKEN.finditer(text):
        yield Span(*found.span(), "credential.token", 0.95, "format:token")
    if "PRIVATE KEY" in text:
        for found in _KEY.finditer(text):
            yield Span(*found.span(), "credential.token", 1.0, "format:private_key")
    for found in _COORDINATES.finditer(text):
        if abs(float(found.group(1).replace("−", "-"))) <= 90 and abs(float(found.group(2).replace("−", "-"))) <= 180:
            yield Span(*found.span(), "location.coordinates", 0.75, "format:coordinates")
    for found in _BRITISH_PLATE.finditer(text):
        yield Span(*found.span(), "government_id.vehicle", 0.6, "format:plate")
