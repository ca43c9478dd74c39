"""What a connector has to do. Three methods; everything it says is a value in the stream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Protocol, runtime_checkable

from data_map.model import Asset, Field, Skipped, Source
from scanners.values import Content, Take


@dataclass(frozen=True, slots=True)
class Listed:
    """An asset in a source's listing."""

    asset: Asset
    #: Known before reading for tables; empty for files, whose fields are found by reading.
    fields: tuple[Field, ...] = ()
    #: What the connector needs besides to read the asset, in this process or another: it can be pickled.
    handle: object = attribute(default=None, repr=False)


class SourceConnector(Protocol):
    """A way to look into one source, read-only."""

    source: Source

    def list_assets(self) -> Iterator[Listed | Skipped]:
        """Everything the source holds, whether it can be read or not, in a stable order.

        Raises:
            UnreadableError: the source itself cannot be opened.
        """
        ...

    def read(self, listed: Listed, take: Take) -> Content:
        """Read at most ``take`` of one asset.

        Raises:
            UnreadableError: this asset cannot be read; the others may still be.
        """
        ...

    def close(self) -> None:
        """Give back connections and private copies. May be called twice."""
        ...


@dataclass(frozen=True, slots=True)
class Rights:
    """What the connection and its account may do. None where the source has no way to say."""

    is_session_read_only: bool | None
    may_account_write: bool | None
    #: Whether the account may do everything (superuser, DBA, owner of the server).
    is_superuser: bool | None = None
    #: Whether what goes over the wire is encrypted; true where nothing leaves the machine.
    is_encrypted: bool | None = None


@runtime_checkable
class Checkable(Protocol):
    """A connector that can say whether it can only read."""

    def rights(self) -> Rights:
        """Ask the source.

        Raises:
            UnreadableError: it cannot be opened.
        """
        ...


@dataclass(frozen=True, slots=True)
class KeyRows:
    """Values of a few fields, row by row."""

    rows: list[tuple[object, ...]] = attribute(repr=False)
    #: Whether these are all rows.
    is_whole: bool


@runtime_checkable
class Joinable(Protocol):
    """A connector whose source can be asked for the keys of a table, and whether it has certain ones."""

    def key_rows(self, listed: Listed, fields: Sequence[str], *, whole: int, sample: int, seed: int) -> KeyRows:
        """The fields' values in all rows of a table that has at most ``whole``, else in about ``sample`` rows.

        Raises:
            UnreadableError: the table, or one of the fields, cannot be read.
        """
        ...

    def count_found(self, listed: Listed, field: str, values: Sequence[object]) -> int:
        """How many of these values, which come from the same source, occur in the field.

        Raises:
            UnreadableError: it cannot be asked, or takes too long.
        """
        ...
