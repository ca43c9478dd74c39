"""What values of a category look like, where no detector can confirm them: a necessary condition, by form. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

_DATE = re.compile(
    r"(?:\d{4}[-/.]\d\d?[-/.]\d\d?|\d\d?[-/.]\d\d?[-/.](?:\d{4}|\d\d)|(?:1[89]|20)\d\d|(?:19|20)\d{6}"
    r"|\d\d?\.?[ -]?[^\W\d_]{3,10}\.?[ ,-]{0,2}\d{2,4}|[^\W\d_]{3,10}\.? \d\d?,? \d{4})(?:[T ].*)?"
)
_NUMBER = re.compile(r"[-+]?[\d.,' ]*\d[\d.,' ]*\s?(?:[€$£]|EUR|USD|GBP|%)?")
_WORDS = re.compile(r"[^\W\d_][^\d@/\\<>{}=:;*]{0,59}")
_TEXT = re.compile(r"(?s).*[^\W\d_].*")
_PLAIN = re.compile(r"[^\n]{1,120}")

#: category → what a value of it looks like, for categories that no detector can confirm and for those whose name lies;
#: besides, what logins and keys look like that stand where a name is expected.
FITS: Mapping[str, re.Pattern[str]] = {
    "identity.name": re.compile(r"[^\W\d_][^\d@\\<>{}=;*|]{0,59}"),
    "identity.photo": re.compile(r"(?s).{5,}"),
    "identity.username": re.compile(r"[^\s,;<>{}]{2,64}|[^\W\d_]\S* \S*"),
    "identity.subject_id": re.compile(r"[\w./#-]{1,36}"),
    "login": re.compile(r"[a-z]{1,20}[._-][a-z]{1,20}\d{0,4}|[a-z]{3,20}\d{1,4}"),
    "key": re.compile(r"(?=.*\d)(?:[A-Za-z][\w.-]{2,36}|\d{4,20}|[\da-fA-F-]{8,36})"),
    "contact.email": re.compile(r"\S+@\S+"),
    "contact.phone": re.compile(r"(?=(?:\D*\d){5})[+\d ().\-/x*]{5,25}(?:ext\.? ?\d+)?|\d{3,5}"),
    "contact.address": re.compile(r"(?s)(?!0x)(?=.*[^\W\d_]).{3,200}|\d{1,5}\s?[a-zA-Z]?"),
    "contact.place": re.compile(r"(?=.*[^\W\d_]|.*\d{3})[^@<>{}=;*|]{1,60}"),
    "contact.profile_url": re.compile(r"(?:https?://|www\.|@)?\S+"),
    "location.coordinates": re.compile(
        r"-?\d{1,3}(?:[.,]\d+)?|[^\d\n]{0,20}-?\d{1,3}\.\d+[^\d\n]{1,10}\d{1,3}\.\d+[^\n]{0,40}"
    ),
    "demographic.date_of_birth": _DATE,
    "demographic.age": re.compile(r"(?:1[01]\d|\d{1,2})(?:[.,]0)?|\d\d?\s?[-–+]\s?(?:\d\d)?"),
    "demographic.gender": re.compile(r"[^\W_]{1,12}(?:[-/ ]\w{1,12}){0,2}"),
    "demographic.nationality": _WORDS,
    "demographic.marital_status": re.compile(r"\w[\w ./-]{0,24}"),
    "demographic.language": re.compile(r"[^\W\d_][\w -]{1,24}"),
    "special.ethnicity": _WORDS,
    "special.religion": _PLAIN,
    "special.politics": _WORDS,
    "special.trade_union": _PLAIN,
    "special.health": _PLAIN,
    "special.sexuality": _WORDS,
    "criminal.record": _PLAIN,
    "government_id.national": re.compile(r"(?=(?:\D*\d){4})[\w .\-/+*]{6,24}"),
    "government_id.tax": re.compile(r"(?=(?:\D*\d){4})[\w .\-/*]{6,24}"),
    "government_id.passport": re.compile(r"(?=(?:\D*\d){3})[A-Z\d ]{6,14}"),
    "government_id.driving_licence": re.compile(r"(?=(?:\D*\d){3})[\w .\-/]{5,24}"),
    "government_id.vehicle": re.compile(r"(?=.*\d)[\w .\-]{4,20}"),
    "financial.card": re.compile(r"(?=(?:\D*[\d*xX]){8})[\d *xX-]{8,25}"),
    "financial.card_security": re.compile(r"\d{3,4}"),
    "financial.iban": re.compile(r"[A-Z]{2}\d\d[A-Z\d ]{10,36}"),
    "financial.bank_account": re.compile(r"(?=(?:\D*\d){4})[\w \-/]{5,36}"),
    "financial.income": _NUMBER,
    "employment.job": _TEXT,
    "employment.date": _DATE,
    "education.record": re.compile(r"(?!-?\d+[.,]\d{3,}$)[^\n]{1,120}"),
    "online.ip_address": re.compile(r"[\da-fA-F:.]{3,45}(?:/\d+)?"),
    "online.device_id": re.compile(r"[\w:.\-]{6,64}"),
    "online.cookie": re.compile(r"\S{8,}"),
    "credential.password": re.compile(r"\S{3,64}"),
    "credential.password_hash": re.compile(r"\S{16,}"),
    "credential.token": re.compile(r"\S{8,}"),
    "pseudonym.hashed": re.compile(r"[\w+/=:-]{16,}"),
    "text.personal": _TEXT,
}

#: Categories that nearly any value looks like.
LOOSE = frozenset(
    {
        "identity.subject_id",
        "identity.username",
        "employment.job",
        "special.health",
        "education.record",
        "text.personal",
    }
)
