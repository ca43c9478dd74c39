"""The files of the IT department."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from random import Random

from privacy.demo import files, identifiers, texts
from privacy.demo.archives import zipped
from privacy.demo.files import File
from privacy.demo.people import Cast, customer_number
from privacy.demo.tables import Column, Table, Value, plain, table, things

_WORDS = ("Speiche", "Kette", "Sommer", "Kurbel", "Rahmen", "Dynamo", "Hafen", "Winter")


def documents(rng: Random, cast: Cast) -> Iterator[File]:
    """Logs, exports of the shop, a list of passwords, notes for successors."""
    for at, on in enumerate((date(2025, 6, 2), date(2025, 6, 3), date(2025, 6, 4)), 1):
        yield files.text(f"it/logs/shop-access.{at}.log", texts.access_log(rng, cast, on, 220))
        yield files.text(f"it/logs/app-{on}.log", texts.application_log(rng, cast, on, 120))
    yield files.dull("it/logs/jobs.log", texts.job_log(rng, date(2025, 6, 2), 90))
    yield files.json_array("it/exports/users.json", _users(rng, cast))
    yield files.ndjson("it/exports/ride_events.ndjson", _rides(rng, cast))
    yield files.ndjson("it/exports/clicks.ndjson", _clicks(rng, cast))
    yield files.json_array("it/config/feature_flags.json", _flags(rng))
    yield files.delimited("it/zugaenge.csv", _passwords(rng, cast))
    yield files.delimited("it/geraete.tsv", _devices(rng, cast), "\t")
    for at in (1, 2):
        yield files.text(f"it/uebergaben/handover_{at}.md", texts.handover(rng, cast))
    yield files.dull("it/README.md", _README)
    yield File(
        "it/backup/alte_seite.zip", zipped({"impressum.txt": "Tretmond\n", "kontakt.txt": cast.employees[0].email})
    )


_README = """# Folder of the IT group

- `logs/`: the last days of the shop; older logs are deleted by the nightly job.
- `exports/`: what other groups asked for. Please delete when done.
- `config/`: feature flags of the shop, version 4.12.0.

Host names follow the pattern `rad-<role><number>`; the port of the test database is 55432.
"""


def _users(rng: Random, cast: Cast) -> Table:
    return table(
        "users",
        (
            "id",
            Column("login", "identity.username"),
            Column("profile.displayName", "identity.name"),
            Column("profile.birthDate", "demographic.date_of_birth"),
            Column("contact.mail", "contact.email"),
            Column("contact.mobile", "contact.phone"),
            Column("apiToken", "credential.token"),
            plain("emailVerified"),
        ),
        (
            (
                at,
                person.username,
                person.name,
                person.born.isoformat(),
                person.email,
                person.phone,
                f"tmk_{identifiers.hexadecimal(rng, 40)}",
                rng.randrange(2),
            )
            for at, person in enumerate(cast.customers[:180], 1)
        ),
    )


def _rides(rng: Random, cast: Cast) -> Table:
    devices = [identifiers.imei(rng) for _ in range(60)]

    def row() -> tuple[Value, ...]:
        at = rng.randrange(len(devices))
        return (
            1_748_800_000 + rng.randrange(600_000),
            customer_number(at),
            devices[at],
            round(51.5 + rng.gauss(0, 0.05), 6),
            round(9.9 + rng.gauss(0, 0.08), 6),
            round(rng.uniform(4, 38), 1),
        )

    return table(
        "rides",
        (
            "t",
            Column("rider", "identity.subject_id"),
            Column("device.imei", "online.device_id"),
            Column("position.lat", "location.coordinates"),
            Column("position.lon", "location.coordinates"),
            "speed_kmh",
        ),
        (row() for _ in range(700)),
    )


def _clicks(rng: Random, cast: Cast) -> Table:
    return table(
        "clicks",
        (
            "ts",
            Column("visitor", "online.cookie"),
            Column("ip", "online.ip_address"),
            "q",
            Column("payload.a", "contact.email"),
            "payload.b",
        ),
        (
            (
                f"2025-06-{rng.randrange(1, 29):02d}T{rng.randrange(24):02d}:{rng.randrange(60):02d}:00Z",
                f"_tm.{identifiers.hexadecimal(rng, 24)}",
                identifiers.ip(rng),
                rng.choice(("helm", "sattel damen", "greta 28", "licht set", None)),
                rng.choice(cast.customers).email if rng.random() < 0.5 else None,
                rng.choice(texts.PAGES),
            )
            for _ in range(500)
        ),
    )


def _flags(rng: Random) -> Table:
    names = ("new_checkout", "email_reminder", "phone_optional", "address_lookup", "user_reviews", "name_on_frame")
    return things(
        "flags",
        ("name", "enabled", "rollout_percent"),
        ((name, rng.randrange(2), 10 * rng.randrange(11)) for name in names),
    )


def _passwords(rng: Random, cast: Cast) -> Table:
    return table(
        "zugaenge",
        ("system", Column("benutzer", "identity.username"), Column("passwort", "credential.password")),
        (
            (
                rng.choice(("wawi", "mail", "vpn", "kasse")),
                person.username,
                f"{rng.choice(_WORDS)}{rng.randrange(10, 99)}{rng.choice('!?#%')}",
            )
            for person in cast.employees[:45]
        ),
    )


def _devices(rng: Random, cast: Cast) -> Table:
    return table(
        "geraete",
        ("inventory_no", "kind", Column("assigned", "identity.name"), Column("nic", "online.device_id"), "bought"),
        (
            (
                f"INV{at:04d}",
                rng.choice(("laptop", "phone", "scanner")),
                person.name,
                ":".join(identifiers.hexadecimal(rng, 2) for _ in range(6)),
                rng.randrange(2019, 2026),
            )
            for at, person in enumerate(cast.employees[:90], 1)
        ),
    )
