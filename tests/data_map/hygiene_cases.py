"""A small labelled set: tables and files with what is amiss in them, and near misses beside them. All made up."""

from __future__ import annotations

import base64
import hashlib
import random
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from data_map.model import Asset, AssetKind, Connected, DataMap, Field, FieldRef, MapAsset, MapField, MapSource, Source
from scanners.detect.engine import Engine
from scanners.detect.ner import NameReader
from scanners.values import Column, Content, TextPart

ROWS = 60
AT = datetime(2026, 11, 20, 8, tzinfo=UTC)
_rng = random.Random(5)
_ENGINE = Engine(NameReader(None))


@dataclass(frozen=True)
class Case:
    """One table or file with what is to be found in it: (field, None for the whole; kind)."""

    name: str
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    text: str | None = None
    amiss: frozenset[tuple[str | None, str]] = frozenset()
    source: str = "shop"
    size: int | None = None


def _word(length: int, letters: str = string.ascii_letters + string.digits) -> str:
    return "".join(_rng.choice(letters) for _ in range(length))


def _password(number: int) -> str:
    return (
        _rng.choice(["Sommer", "kestrel", "Dragon", "fluffy", "Berlin", "qwert"])
        + str(number * 7 % 100)
        + _rng.choice("!#$x")
    )


PASSWORDS = [_password(number) for number in range(ROWS)]
#: Every fifth person has the same one.
COMMON = [PASSWORDS[0] if number % 5 == 0 else PASSWORDS[number] for number in range(ROWS)]
IDS = [str(number) for number in range(1, ROWS + 1)]
MAILS = [f"{_word(6, string.ascii_lowercase)}@kestrel-mail.org" for _ in range(ROWS)]
_FIRST = ("Jane", "Anna", "Pierre", "Marta", "Jonas", "Luca")
_LAST = ("Keller", "Novak", "Dubois", "Rossi", "Fischer", "Vogel", "Moreau", "Brandt", "Almeida", "Lindqvist")
NAMES = [f"{first} {last}" for first in _FIRST for last in _LAST]
PHONES = [f"+49 30 9018{number:04}" for number in range(1000, 1000 + ROWS)]


def _digest(kind: str, values: Sequence[str], salt: Sequence[str] = ()) -> list[str]:
    salts = salt or [""] * len(values)
    return [hashlib.new(kind, (one + value).encode()).hexdigest() for one, value in zip(salts, values, strict=True)]


def _card(prefix: str, length: int = 16) -> str:
    body = prefix + _word(length - len(prefix) - 1, string.digits)
    total = sum(
        sum(divmod(int(digit) * (2 if place % 2 == 0 else 1), 10)) for place, digit in enumerate(reversed(body))
    )
    return body + str(-total % 10)


CARDS = [_card(prefix) for prefix in ("4539", "4716", "5318", "5425", "2302") for _ in range(ROWS // 5)]
BCRYPT = ["$2b$12$" + _word(53) for _ in range(ROWS)]
SALTS = [_word(12) for _ in range(ROWS)]
PEOPLE = {"id": IDS, "name": NAMES, "email": MAILS, "phone": PHONES}


def _one(name: str, kind: str, **columns: Sequence[str]) -> Case:
    """A table in which the last of the given columns is amiss."""
    amiss = frozenset({(list(columns)[-1], kind)}) if kind else frozenset()
    return Case(name, {"id": IDS, "email": MAILS, **columns}, amiss=amiss)


def cases() -> Iterator[Case]:
    """All of them."""
    # Passwords in clear
    yield _one("main.users_clear", "cleartext_password", password=PASSWORDS)
    yield _one("main.benutzer", "cleartext_password", kennwort=COMMON)
    yield _one("main.smtp", "secret", smtp_password=PASSWORDS[:3] * 20)
    yield _one("main.hash_by_name_only", "cleartext_password", password_hash=PASSWORDS)
    yield _one("main.users_masked", "", password=["********"] * ROWS)
    yield _one("main.users_redacted", "", password=["<redacted>", "NULL", "***"] * 20)
    yield _one("main.users_encrypted", "", password=["gAAAAAB" + _word(90) + "==" for _ in range(ROWS)])
    yield _one("main.users_vaulted", "", password=["vault:v1:" + _word(40) for _ in range(ROWS)])
    yield _one("main.users_dates", "", password_changed_at=[f"2024-01-{number % 28 + 1:02}" for number in range(ROWS)])
    yield _one("main.users_flags", "", has_password=["1", "0"] * 30)
    # Hashes
    yield _one("main.users_md5", "unsalted_hash", password=_digest("md5", COMMON))
    yield _one("main.users_sha1", "unsalted_hash", pwd_hash=_digest("sha1", PASSWORDS))
    yield _one("main.users_sha256", "unsalted_hash", password_hash=_digest("sha256", COMMON))
    digests = [base64.b64encode(hashlib.sha1(one.encode()).digest()).decode() for one in COMMON]
    yield _one("main.users_base64", "unsalted_hash", password_hash=digests)
    yield _one("main.accounts_mysql", "unsalted_hash", password=["*" + one.upper() for one in _digest("sha1", COMMON)])
    yield _one("main.accounts_mysql323", "unsalted_hash", password=[one[:16] for one in _digest("md5", PASSWORDS)])
    yield _one("main.accounts_ldap", "unsalted_hash", user_password=["{SHA}" + one for one in digests])
    yield _one("main.accounts_ntlm", "unsalted_hash", nt_hash=_digest("md5", COMMON))
    yield _one("main.users_bcrypt", "", password_hash=BCRYPT)
    yield _one(
        "main.users_argon2", "", password=[f"$argon2id$v=19$m=65536,t=3,p=4${_word(22)}${_word(43)}" for _ in IDS]
    )
    yield _one("main.users_django", "", password=[f"pbkdf2_sha256$600000${_word(12)}${_word(43)}=" for _ in IDS])
    yield _one(
        "main.users_scram", "", password=[f"SCRAM-SHA-256$4096:{_word(24)}${_word(43)}=:{_word(43)}=" for _ in IDS]
    )
    yield _one("main.files", "", etag=_digest("md5", PASSWORDS))
    yield _one("main.downloads", "", sha256=_digest("sha256", PASSWORDS))
    yield _one("main.mailing", "", email_hash=_digest("sha256", MAILS))
    # Cards
    yield _one("main.payment_cards", "cardholder_data", card_number=CARDS)
    yield _one(
        "main.zahlungen",
        "cardholder_data",
        kreditkarte=[f"{one[:4]} {one[4:8]} {one[8:12]} {one[12:]}" for one in CARDS],
    )
    yield _one(
        "main.orders_pan", "cardholder_data", pan=[*CARDS[:30], *(f"{one[:6]}******{one[-4:]}" for one in CARDS[30:])]
    )
    yield _one("main.cards_cvv", "cardholder_data", cvv=[f"{number * 37 % 1000:03}" for number in range(ROWS)])
    yield _one("main.cards_masked", "", card_number=[f"{one[:6]}******{one[-4:]}" for one in CARDS])
    yield _one("main.cards_truncated", "", card_last4=[one[-4:] for one in CARDS])
    yield _one("main.cards_token", "", card_token=["tok_" + _word(20) for _ in CARDS][:0] + ["visa"] * ROWS)
    yield _one("main.order_numbers", "", order_no=["90" + _word(14, string.digits) for _ in IDS])
    # Secrets in columns
    yield _one("main.integrations", "secret", note=["", "", "github: ghp_" + _word(36)] * 20)
    yield _one("main.api_clients", "secret", api_key=[_word(32) for _ in IDS])
    yield _one(
        "main.settings", "secret", value=["light", "dark", "AKIA" + _word(16, string.ascii_uppercase + "234567")] * 20
    )
    yield _one(
        "main.jobs", "secret", target=[f"postgres://app:{_word(10)}1@db{number}.internal/crm" for number in range(ROWS)]
    )
    yield _one("main.words", "", token=["NN", "VB", "JJ", "DT"] * 15)
    yield _one("main.jobs_clean", "", target=[f"postgres://app@db{number}.internal/crm" for number in range(ROWS)])
    yield _one(
        "main.hosts", "", address=[f"2001:db8:85a3:{number:x}:8a2e:370:7334:1" for number in range(16, 16 + ROWS)]
    )
    yield _one("main.commits", "", commit_id=_digest("sha1", MAILS))
    yield _one("main.keys_public", "", public_key=["ssh-rsa AAAAB3NzaC1yc2E" + _word(60) for _ in IDS])
    yield _one("main.examples", "", api_key=["your-api-key-here", "changeme", "<key>"] * 20)
    # Secrets in files
    for name, text in SECRET_FILES.items():
        yield Case(name, text=text, amiss=frozenset({("body", "secret")}), source="share")
    for name, text in HARMLESS_FILES.items():
        yield Case(name, text=text, source="share")
    dump = "jdoe:1001:" + "aad3b435b51404ee" * 2 + ":8846f7eaee8fb117ad06bdd830b7586c:::\n"
    yield Case("dump/accounts.txt", text=dump, amiss=frozenset({("body", "unsalted_hash")}), source="share")
    # Copies
    whole: frozenset[tuple[str | None, str]] = frozenset({(None, "stale_copy")})
    yield Case("main.customers", PEOPLE)
    yield Case("main.customers_bak", PEOPLE, amiss=whole)
    yield Case("main.customers_20240131", PEOPLE, amiss=whole)
    yield Case("main.tmp_customers", {**PEOPLE, "flag": ["0", "1"] * 30}, amiss=whole)
    yield Case("main.zz_members", PEOPLE, amiss=whole)
    yield Case("main.suppliers_old", {"name": NAMES, "mail": MAILS, "fax": PHONES}, amiss=whole)
    yield Case("backup.customers", PEOPLE, amiss=whole)
    yield Case("hr/staff.csv", PEOPLE, source="share")
    yield Case("hr/staff (2).csv", PEOPLE, amiss=whole, source="share")
    yield Case("hr/Kopie von staff.csv", PEOPLE, amiss=whole, source="share")
    yield Case("hr/staff_final_v2.csv", PEOPLE, amiss=whole, source="share")
    yield Case("old/staff.csv", PEOPLE, amiss=whole, source="share")
    for month in (1, 2, 3):
        yield Case(f"main.visits_2024_{month:02}", PEOPLE)
        yield Case(f"reports/visits_2024-{month:02}-01.csv", PEOPLE, source="share")
    yield Case("main.backup_codes", {"id": IDS, "email": MAILS, "used": ["0", "1"] * 30})
    yield Case("main.thresholds", {"id": IDS, "limit": IDS})
    yield Case("main.stock_old", {"id": IDS, "sku": [f"K-{number}" for number in IDS]})
    yield Case("main.leads_v2", {"id": IDS, "email": MAILS, "score": IDS})
    yield Case("main.photocopy", {"id": IDS, "email": MAILS, "pages": IDS})


_PEM = "-----BEGIN {0}-----\n" + "\n".join(_word(64) for _ in range(12)) + "\n-----END {0}-----\n"
SECRET_FILES = {
    ".env": "DEBUG=1\nDB_HOST=db\nDB_PASSWORD=hunter\n",
    "app/settings.ini": "[mail]\nserver = mail.internal\npassword = Tr0ub4dor-3\n",
    "app/values.yaml": f"replicas: 2\nredis:\n  password: {_word(14)}7\n",
    "k8s/secret.yaml": "kind: Secret\ndata:\n  db-password: " + base64.b64encode(b"Tr0ub4dor-3").decode() + "\n",
    "app/config.py": 'HOST = "db"\nAPI_KEY = "' + _word(30) + '9a"\n',
    "keys/id_rsa": _PEM.format("OPENSSH PRIVATE KEY"),
    "keys/id_ed25519": _PEM.format("OPENSSH PRIVATE KEY").replace("\n", "\nb3BlbnNz" + "A" * 17, 1),
    "wiki/portal.txt": "Hi, the new password for the portal is Kestrel-2024! Please keep it.\n",
    "keys/server.pem": _PEM.format("RSA PRIVATE KEY"),
    ".pgpass": "db.kestrel.internal:5432:crm:app:Tr0ub4dor-3\n",
    ".netrc": "machine git.kestrel.internal\nlogin jdoe\npassword Tr0ub4dor-3\n",
    ".bash_history": "ls -la\nmysql -u root -pTr0ub4dor crm\ncd ..\n",
    "Dockerfile": "FROM scratch\nENV DB_PASSWORD=Tr0ub4dor3\n",
    "wiki/onboarding.md": "# Welcome\n\nThe test shop is at https://app:Tr0ub4dor@shop.internal/ as always.\n",
    "aws/credentials": "[default]\naws_access_key_id = AKIA" + _word(16, string.ascii_uppercase + "234567")
    + "\naws_secret_access_key = " + _word(39) + "1\n",
    "web.config": '<add connectionString="Server=db;Database=crm;User Id=app;Password=Tr0ub4dor-3;" />\n',
}  # fmt: skip
HARMLESS_FILES = {
    ".env.example": "DB_PASSWORD=changeme\nAPI_KEY=<your key>\nTOKEN=${TOKEN}\nSECRET=\n",
    "app/clean.ini": "[mail]\nserver = mail.internal\npassword = ${MAIL_PASSWORD}\npassword_min_length = 12\n",
    "k8s/deploy.yaml": "env:\n  - name: DB_PASSWORD\n    valueFrom:\n      secretKeyRef:\n"
    "        name: db-secret-01\n        key: password\n",
    "app/login.py": "def login(user: str, password: str) -> bool:\n    token = make_token(user)\n"
    "    return check(password=password, token=token)\n",
    "app/form.js": 'const passwordField = "password-input";\nconst label = { password: "Passwort", token: "Jeton" };\n',
    "keys/server.crt.pem": _PEM.format("CERTIFICATE"),
    "keys/id_rsa.pub": "ssh-rsa AAAAB3NzaC1yc2E" + _word(80) + " jdoe@kestrel\n",
    "wiki/policy.md": "# Passwords\n\nA password has at least 12 characters. Never share a token.\n",
    "app/checksums.txt": "".join(f"{hashlib.sha256(bytes([n])).hexdigest()}  file{n}.bin\n" for n in range(9)),
    "docs/aws.md": "Use `AKIAIOSFODNN7EXAMPLE` as in the manual; set `password: ********`.\n",
    "logs/app.log": "10:11:12 GET /api?token=abc 200\n10:11:13 session closed, 12 tokens left\n",
}


def asset_of(case: Case) -> MapAsset:
    """A case as a scan sees it."""
    is_file = case.source == "share"
    asset = Asset(case.source, case.name, AssetKind.FILE if is_file else AssetKind.TABLE, ROWS, case.size)
    columns = []
    for place, (name, values) in enumerate(case.columns.items()):
        column = Column(Field(FieldRef(case.source, case.name, name), position=place))
        column.extend(values)
        columns.append(column)
    texts = [TextPart(Field(FieldRef(case.source, case.name, "body")), case.text)] if case.text else []
    fields, verdicts = _ENGINE.look(Content(asset, columns, texts))
    by_ref = {verdict.ref: verdict for verdict in verdicts}
    items = tuple(MapField(item, by_ref[item.ref], by_ref[item.ref]) for item in fields)
    return MapAsset(asset, items, 1, AT, ROWS, 0, True, "all")


def map_of(*some: Case, connected: Connected = Connected()) -> DataMap:  # noqa: B008 - frozen
    """The map of these cases."""
    names = sorted({case.source for case in some})
    return DataMap(
        tuple(
            MapSource(
                Source(name, "files" if name == "share" else "sqlite", name),
                tuple(asset_of(case) for case in some if case.source == name),
                scanned_at=AT,
                connected=connected,
            )
            for name in names
        )
    )
