"""The vocabulary of the inventory: what a scan says about a source, and what people said about it.

Every type here is frozen and none has a field that could hold a value read from a source. Words: GDPR, SQL and
``docs/architecture.md``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

_ESCAPED = {":": "%3A", "#": "%23", "%": "%25"}


class AssetKind(StrEnum):
    """What an asset is in its source."""

    TABLE = "table"
    VIEW = "view"
    MATERIALIZED_VIEW = "materialized_view"
    FILE = "file"
    #: Documents of a document database, or entries of a directory: fields are found by reading.
    COLLECTION = "collection"


class State(StrEnum):
    """How sure a verdict is."""

    CONFIRMED = "confirmed"
    LIKELY = "likely"
    NAME_ONLY = "name_only"
    UNDECIDED = "undecided"
    CLEAN = "clean"

    @property
    def is_personal(self) -> bool:
        """Whether a field in this state counts as personal data."""
        return self in (State.CONFIRMED, State.LIKELY, State.NAME_ONLY)


class EvidenceKind(StrEnum):
    """Where a piece of evidence comes from."""

    NAME = "NAME"
    VALUE = "VALUE"


class Reason(StrEnum):
    """Why something was not read. The code is stored and shown; a driver's message never is."""

    NO_PERMISSION = "no_permission"
    NOT_FOUND = "not_found"
    CONNECTION_FAILED = "connection_failed"
    CONNECTION_LOST = "connection_lost"
    TIMED_OUT = "timed_out"
    LOCKED = "locked"
    TOO_LARGE = "too_large"
    UNSUPPORTED_FORMAT = "unsupported_format"
    UNSUPPORTED_TYPE = "unsupported_type"
    ENCRYPTED = "encrypted"
    DAMAGED = "damaged"
    MISSING_EXTRA = "missing_extra"
    NOT_A_FILE = "not_a_file"
    OUTSIDE_ROOT = "outside_root"
    TOO_MANY_PARTS = "too_many_parts"
    QUERY_FAILED = "query_failed"
    NO_DISK_SPACE = "no_disk_space"
    READER_FAILED = "reader_failed"
    INTERRUPTED = "interrupted"
    OUTSIDE_HOURS = "outside_hours"


#: What each reason means, in the words of the reports.
REASON_TEXT = {
    Reason.NO_PERMISSION: "the account is refused, or may not read it",
    Reason.NOT_FOUND: "it is not there (any more)",
    Reason.CONNECTION_FAILED: "no connection could be opened",
    Reason.CONNECTION_LOST: "the connection broke off",
    Reason.TIMED_OUT: "reading it took longer than the time-out",
    Reason.LOCKED: "it was locked by somebody else",
    Reason.TOO_LARGE: "it is larger than the limit",
    Reason.UNSUPPORTED_FORMAT: "no reader for this format yet",
    Reason.UNSUPPORTED_TYPE: "no reader for this column type",
    Reason.ENCRYPTED: "it is protected by a password",
    Reason.DAMAGED: "it is damaged or not what its name says",
    Reason.MISSING_EXTRA: "its reader is an extra that is not installed",
    Reason.NOT_A_FILE: "it is a socket, a pipe or a device",
    Reason.OUTSIDE_ROOT: "it is a link that leads out of the folder",
    Reason.TOO_MANY_PARTS: "it has more parts than the limit",
    Reason.QUERY_FAILED: "the database refused the query",
    Reason.NO_DISK_SPACE: "there was no room for the private copy it needs",
    Reason.READER_FAILED: "its reader failed",
    Reason.INTERRUPTED: "the scan was interrupted before it",
    Reason.OUTSIDE_HOURS: "it may not be read at this hour",
}


def _escape(part: str) -> str:
    return re.sub("[:#%]", lambda found: _ESCAPED[found.group()], part)


def _unescape(part: str) -> str:
    for char, code in (*((c, k) for c, k in _ESCAPED.items() if c != "%"), ("%", "%25")):
        part = part.replace(code, char).replace(code.lower(), char)
    return part


@dataclass(frozen=True, slots=True, order=True)
class FieldRef:
    """Address of a column, or of a place inside a document."""

    source: str
    asset: str
    field: str

    def __str__(self) -> str:
        """``source:asset#field`` with ``: # %`` inside the parts written as %XX."""
        return f"{_escape(self.source)}:{_escape(self.asset)}#{_escape(self.field)}"

    @classmethod
    def parse(cls, text: str) -> FieldRef:
        """Read back what ``str`` wrote.

        Raises:
            ValueError: the text is not of the form ``source:asset#field``.
        """
        source, colon, rest = text.partition(":")
        asset, hash_sign, name = rest.partition("#")
        if not (colon and hash_sign and source and asset and name):
            msg = "a reference is written source:asset#field"
            raise ValueError(msg)
        return cls(_unescape(source), _unescape(asset), _unescape(name))


@dataclass(frozen=True, slots=True)
class Source:
    """A system that can be looked into."""

    name: str
    #: ``sqlite``, ``postgresql``, ``mysql``, ``mariadb``, ``files``, …
    kind: str
    #: Where it is, for people: never credentials.
    location: str
    #: The person or team that answers for it.
    owner: str | None = None
    #: ISO 3166-1 alpha-2 code of where the data lies.
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Asset:
    """A table or file in a source."""

    source: str
    #: ``schema.table``, or the POSIX path relative to the scanned root, verbatim.
    name: str
    kind: AssetKind
    #: An estimate from the catalog before the asset is read, exact when it was read whole; None when unknown.
    row_count: int | None = None
    size_bytes: int | None = None
    #: Changes when the content may have changed (mtime and size, table statistics); None when the source has none.
    change_marker: str | None = None
    #: How many tables are sampled as this one asset (partitions, a series); None for one table or file.
    member_count: int | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a table, or a place inside a document."""

    ref: FieldRef
    #: The type as the source declares it; None where there is none (files).
    declared_type: str | None = None
    #: 0-based place in the asset.
    position: int = 0
    is_nullable: bool = True
    is_primary_key: bool = False
    is_unique: bool = False
    #: The field that a declared foreign key points at.
    references: FieldRef | None = None
    #: The source's own comment, only when detection found nothing personal in it.
    comment: str | None = None
    #: What a standard means by the field's name, in words, where the name is its abbreviation. For detection: not kept.
    meaning: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One piece of evidence that a field holds a category."""

    ref: FieldRef
    category: str
    #: ``name:…``, ``presidio:…``, ``stdnum:…``, ``ner:…``, …
    detector: str
    kind: EvidenceKind
    #: Values looked at, null and empty ones left out.
    sampled: int
    #: Distinct values looked at.
    distinct: int
    #: Distinct values that passed; 0 for NAME evidence.
    matched: int
    #: The detector's own strength, 0–1.
    score: float


@dataclass(frozen=True, slots=True)
class Contained:
    """What else occurs in a field, or in a document's body."""

    category: str
    #: Occurrences, and different values among them.
    count: int
    distinct: int


@dataclass(frozen=True, slots=True)
class Alternate:
    """A category that also explains the field, less well."""

    category: str
    score: float


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a verdict, in words, with its weight (natural log of a likelihood ratio)."""

    text: str
    weight: float


@dataclass(frozen=True, slots=True)
class FieldVerdict:
    """All evidence of one field folded into one answer."""

    ref: FieldRef
    state: State
    #: Non-null exactly for the states confirmed, likely and name_only.
    category: str | None = None
    #: 0–1: how sure the answer is.
    score: float = 0.0
    #: Share of distinct values that fit the category, with its 95 % Wilson interval; None without value evidence.
    prevalence: float | None = None
    prevalence_low: float | None = None
    prevalence_high: float | None = None
    #: Non-null values looked at, and how many different ones.
    sampled: int = 0
    distinct: int = 0
    #: Whose data it is (``customer``, ``employee``, …), when the table says so.
    subject: str | None = None
    contains: tuple[Contained, ...] = ()
    alternates: tuple[Alternate, ...] = ()
    #: Shapes of the values with counts, most frequent first; a shape seen fewer than three times is left out.
    shapes: tuple[tuple[str, int], ...] = ()
    evidence: tuple[Finding, ...] = ()
    terms: tuple[Term, ...] = ()
    #: For clean and undecided: the most that could be hidden, as a share of the field (rule of three: 3/n).
    bound: float | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that was not read. It is never counted as clean."""

    source: str
    reason: Reason
    #: None when the whole source could not be read.
    asset: str | None = None
    #: None when the whole asset could not be read.
    field: str | None = None
    #: SQLSTATE, errno or the extra to install: never a driver's message.
    code: str | None = None


@dataclass(frozen=True, slots=True)
class AssetScan:
    """An asset that was looked at: how much of it, how, and the verdict on each of its fields."""

    asset: Asset
    fields: tuple[Field, ...]
    verdicts: tuple[FieldVerdict, ...]
    rows_read: int
    bytes_read: int
    #: Whether every row was read; a sample says nothing sure about the rest.
    is_whole: bool
    #: How rows were chosen: ``all``, ``head``, ``blocks``, ``key_ranges``, ``none`` (empty).
    sampling: str
    #: Digest of all that the look depends on: schema, change marker, settings, detectors; None where it cannot be told.
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True)
class Connected:
    """What is known of a connection to a source; None where nobody can say."""

    #: Whether what went over the wire was encrypted; true where nothing left the machine.
    is_encrypted: bool | None = None
    #: Whether the account that scanned may do everything.
    is_superuser: bool | None = None


@dataclass(frozen=True, slots=True)
class SourceScan:
    """How the scan of one source ended."""

    source: Source
    #: Assets seen in the listing, whether read or not.
    asset_count: int
    #: Whether the listing was complete and nothing was filtered out: only then is an asset that is missing gone.
    is_complete: bool
    connected: Connected = Connected()


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's verdict on a field. Kept apart from scans, so a re-scan never loses it."""

    ref: FieldRef
    #: None means "not personal data".
    category: str | None
    #: As claimed by the login name or ``$PRIVACY_ACTOR``: a claim, not an authentication.
    author: str
    reason: str
    decided_at: datetime
    #: The day after which the decision no longer holds; None for no end.
    until_on: date | None = None


@dataclass(frozen=True, slots=True)
class Suppression:
    """A person's verdict on every field, or hygiene finding, whose address fits a pattern."""

    #: A glob over ``source:asset#field``.
    pattern: str
    #: A category, a branch of categories or a kind of hygiene finding; empty for every category.
    what: str
    author: str
    reason: str
    decided_at: datetime
    until_on: date | None = None


class JoinState(StrEnum):
    """Who says that two fields join."""

    DECLARED = "declared"
    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class JoinDecision:
    """A person's verdict on a join. Kept apart from scans, so a re-scan never loses it."""

    child: FieldRef
    parent: FieldRef
    is_accepted: bool
    author: str
    reason: str
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class JoinMeasure:
    """How many of one field's values another field has, and what that and the names make of it."""

    child: FieldRef
    parent: FieldRef
    #: Distinct values of the child that were looked for in the parent, and those of them that it has.
    tested: int
    found: int
    #: ``probe``: the parent was asked for the child's values; ``sketch``: keyed hashes of both were compared.
    method: str
    #: 0–1: how sure it is that rows of the child point at rows of the parent.
    score: float
    terms: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Join:
    """Rows of the child point at rows of the parent by these two fields."""

    child: FieldRef
    parent: FieldRef
    state: JoinState
    #: 1 for declared and accepted joins.
    score: float
    #: None for a declared join that was not measured.
    measure: JoinMeasure | None = None
    decision: JoinDecision | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """One run of the scanner over one or more sources."""

    id: int
    started_at: datetime
    ended_at: datetime | None
    #: ``running``, ``complete``, ``interrupted``.
    outcome: str
    seed: int
    tool_version: str
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MapField:
    """A field of the map: the machine's verdict, the person's, and the one that counts."""

    field: Field
    #: What counts: the machine's verdict, or what a decision made of it.
    verdict: FieldVerdict
    machine: FieldVerdict
    decision: Decision | None = None
    #: The suppression that made it not personal; a decision on the field itself comes first.
    suppression: Suppression | None = None


@dataclass(frozen=True, slots=True)
class MapAsset:
    """An asset of the map with the scan it was last looked at in."""

    asset: Asset
    fields: tuple[MapField, ...]
    scan_id: int
    scanned_at: datetime
    rows_read: int
    bytes_read: int
    is_whole: bool
    sampling: str
    #: The last scan that found it unchanged since that look, and when; None when none did.
    unchanged_scan_id: int | None = None
    unchanged_at: datetime | None = None

    @property
    def checked_scan_id(self) -> int:
        """The last scan that read it or found it unchanged."""
        return max(self.scan_id, self.unchanged_scan_id or 0)

    @property
    def checked_at(self) -> datetime:
        """When it was last read or found unchanged."""
        return max(self.scanned_at, self.unchanged_at or self.scanned_at)


@dataclass(frozen=True, slots=True)
class MapSource:
    """A source of the map: its assets, what was skipped at its last look, and when that was."""

    source: Source
    assets: tuple[MapAsset, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    #: None when it is known but was never scanned.
    scanned_at: datetime | None = None
    #: Assets in the last listing, read or not.
    asset_count: int = 0
    connected: Connected = Connected()


@dataclass(frozen=True, slots=True)
class DataMap:
    """The inventory: what is known of every source, as of its last look."""

    sources: tuple[MapSource, ...] = field(default=())
    #: Every join that somebody declared, measured or decided, refused ones among them, by child and parent.
    joins: tuple[Join, ...] = field(default=())
    #: Every suppression that was not withdrawn, those that have ended among them, by pattern.
    suppressions: tuple[Suppression, ...] = field(default=())
