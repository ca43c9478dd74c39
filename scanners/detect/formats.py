"""Fixed formats: hashes of passwords, keys and tokens, coordinates, addresses of profiles, vehicle numbers."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from scanners.detect.base import Rule

_HASH = re.compile(
    r"\$2[abxy]?\$\d\d\$[./A-Za-z0-9]{53}|\$argon2(?:id|i|d)\$\S{20,}|\$[156]\$\S{8,}|\$pbkdf2\S{20,}"
    r"|pbkdf2_sha\d+\$\d+\$\S{20,}|\{S?SHA\d*\}\S{20,}|\*[0-9A-F]{40}"
)
_TOKEN = re.compile(
    r"eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*|(?:AKIA|ASIA)[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36,}"
    r"|github_pat_\w{30,}|glpat-[\w-]{20,}|xox[abpr]-[\w-]{10,}|sk_(?:live|test)_[0-9A-Za-z]{16,}|AIza[\w-]{35}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*",
    re.DOTALL,
)
_HEX_DIGEST = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64}|[0-9a-fA-F]{128}")
_COORDINATES = re.compile(r"-?\d{1,3}\.\d{3,}\s*[,; ]\s*-?\d{1,3}\.\d{3,}|(?i:POINT)\s?\(.{5,40}\)")
_PROFILE = re.compile(
    r"(?:https?://)?(?:www\.|[a-z]{2}\.)?(?:linkedin\.com/in|facebook\.com|twitter\.com|x\.com|instagram\.com|github\.com"
    r"|xing\.com/profile|tiktok\.com/@)/?[\w.%@-]{2,}/?",
    re.IGNORECASE,
)
_VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}")
_USERNAME_PATH = re.compile(r"[A-Za-z][\w.-]*\\[\w.-]+")


def _vin(value: str) -> bool:
    """ISO 3779 with the North American check digit (49 CFR 565.15)."""
    text = value.upper()
    if not _VIN.fullmatch(text) or text.isdigit() or text.isalpha():
        return False
    letters = dict(
        zip(
            "ABCDEFGHJKLMNPRSTUVWXYZ",
            (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9),
            strict=True,
        )
    )
    weights = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
    total = sum(
        weight * (int(char) if char.isdigit() else letters[char]) for weight, char in zip(weights, text, strict=True)
    )
    return "0123456789X"[total % 11] == text[8]


def _full(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda value: pattern.fullmatch(value) is not None


_ANY = re.compile(r".{1,60}", re.DOTALL)
_LONG = re.compile(r".{12,}", re.DOTALL)


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """Rules for whole values."""
    return (
        Rule("format:password_hash", "credential.password_hash", _LONG, _full(_HASH), 0.0005),
        Rule("format:token", "credential.token", _LONG, _full(_TOKEN), 0.0005),
        Rule("format:coordinates", "location.coordinates", _LONG, _full(_COORDINATES), 0.01, needs_name=True),
        Rule("format:profile_url", "contact.profile_url", _LONG, _full(_PROFILE), 0.01),
        Rule("format:vin", "government_id.vehicle", re.compile(r"[a9]{17}"), _vin, 0.09),
        Rule(
            "format:digest", "pseudonym.hashed", re.compile(r"[a9]{32,128}"), _full(_HEX_DIGEST), 0.5, needs_name=True
        ),
        Rule("format:windows_account", "identity.username", _ANY, _full(_USERNAME_PATH), 0.01),
    )
