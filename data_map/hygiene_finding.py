"""What a hygiene finding is, and what is said of each kind: ``hygiene.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib import resources
from typing import Any

from data_map.model import FieldRef


class HygieneKind(StrEnum):
    """What is amiss. The names are those that suppressions and exit codes go by."""

    CLEARTEXT_PASSWORD = "cleartext_password"  # noqa: S105
    UNSALTED_HASH = "unsalted_hash"
    CARDHOLDER_DATA = "cardholder_data"
    SECRET = "secret"  # noqa: S105
    NO_TLS = "no_tls"
    SUPERUSER = "superuser"
    STALE_COPY = "stale_copy"


class Severity(StrEnum):
    """How bad it is, worst first.

    Critical: whoever reads it can act as somebody else, or it may not be kept at all. High: a weak protection of the
    same, or sensitive data where it should not be. Medium: more exposed than needed. Low: weaker than it could be.
    Info: told so that nobody has to wonder.
    """

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"


class Certainty(StrEnum):
    """Whether what was seen proves it."""

    SURE = "sure"
    LIKELY = "likely"


@dataclass(frozen=True, slots=True)
class HygieneFinding:
    """One thing that is amiss at one place."""

    kind: HygieneKind
    source: str
    #: None for the source itself.
    asset: str | None
    #: None for the asset as a whole.
    field: str | None
    severity: Severity
    certainty: Certainty
    #: What was seen, in words and counts.
    seen: str
    #: ``source:asset`` of what a copy is a copy of.
    original: str | None = None
    #: Why it does not count: who set it aside, when, for what reason. None where it counts.
    aside: str | None = None

    @property
    def ref(self) -> str:
        """``source:asset#field``, ``source:asset`` or ``source``, with ``: # %`` inside the parts as %XX."""
        return address(self.source, self.asset, self.field)

    @property
    def why(self) -> str:
        """What asks for it, cited."""
        return str(words()["kind"][self.kind.value]["why"])

    @property
    def todo(self) -> str:
        """What to do."""
        return str(words()["kind"][self.kind.value]["todo"])


def title(kind: HygieneKind) -> str:
    """What a kind is called, for people."""
    return str(words()["kind"][kind.value]["title"])


def address(source: str, asset: str | None = None, field: str | None = None) -> str:
    """A place as references are written."""
    whole = str(FieldRef(source, asset or "-", field or "-"))
    if field is not None:
        return whole
    return whole.rpartition("#")[0] if asset is not None else whole.partition(":")[0]


@lru_cache(maxsize=1)
def words() -> Mapping[str, Any]:
    """The shipped words: kinds, secrets, hashes, names of copies."""
    return tomllib.loads(resources.files("data_map").joinpath("hygiene.toml").read_text(encoding="utf-8"))


#: From the worst on.
RANK = {severity: number for number, severity in enumerate(Severity)}
