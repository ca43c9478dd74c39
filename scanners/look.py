"""One asset, from what its connector reads of it to a verdict on each of its fields."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from data_map.model import AssetScan, Field, FieldRef, FieldVerdict, Reason, Skipped, State
from scanners.sources.base import Listed, SourceConnector
from scanners.subjects import TableContext
from scanners.values import Content, Take, UnreadableError

if TYPE_CHECKING:
    from scanners.detect.engine import Engine

#: Rows of the first look. 1,000 rows settle most columns; see ``MORE_ROWS``.
FIRST_ROWS = 1_000
#: Rows of the second look, at the columns that the first one left undecided.
MORE_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class Limits:
    """How much to read."""

    #: Rows of each asset; None reads ``FIRST_ROWS``, and ``MORE_ROWS`` where that leaves a column undecided.
    sample_rows: int | None = None
    #: Read everything.
    full: bool = False
    max_file_bytes: int = 100 * 2**20
    timeout_s: float = 30.0
    #: The run's seed; each asset has its own one from it, see ``seed_of``.
    seed: int = 0
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    #: Tables and files of like names and columns are one asset.
    series: bool = False


@dataclass(frozen=True, slots=True)
class Looked:
    """What became of one asset: nothing in it can hold a value, so it may go to another process or machine."""

    #: None when nothing of it could be read; then its last skip says why.
    scan: AssetScan | None
    skipped: tuple[Skipped, ...] = ()


def seed_of(run_seed: int, source: str, asset: str) -> int:
    """The seed by which the rows of one asset are chosen, 0 to 2³¹-1.

    It depends on the run and the asset's address alone: not on who reads it, in which order, or after which interrupt.
    """
    key = run_seed.to_bytes(16, "big", signed=True)
    place = f"{len(source)}:{source}{asset}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(place, digest_size=4, key=key).digest(), "big") & 0x7FFF_FFFF


def look_at(
    connector: SourceConnector, engine: Engine, item: Listed, limits: Limits, about: TableContext | None = None
) -> Looked:
    """Read one asset and judge it. Whatever happens is told in the result; only an interrupt is raised."""
    asset = item.asset
    try:
        content, fields, verdicts = _look(connector, engine, item, limits, about)
    except UnreadableError as error:
        return Looked(None, (Skipped(asset.source, error.reason, asset.name, code=error.code),))
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # a panic in a library written in Rust is no Exception
        return Looked(None, (Skipped(asset.source, Reason.READER_FAILED, asset.name, code=type(error).__name__),))
    seen = AssetScan(
        asset=content.asset,
        fields=fields,
        verdicts=verdicts,
        rows_read=content.rows_read,
        bytes_read=content.bytes_read,
        is_whole=content.is_whole,
        sampling=content.sampling,
    )
    return Looked(seen, tuple(content.skipped))


def is_lost(looked: Looked) -> bool:
    """Whether the asset could not be read because there was no connection."""
    reasons = {skip.reason for skip in looked.skipped}
    return looked.scan is None and not reasons.isdisjoint((Reason.CONNECTION_LOST, Reason.CONNECTION_FAILED))


def _look(
    connector: SourceConnector, engine: Engine, item: Listed, limits: Limits, about: TableContext | None
) -> tuple[Content, tuple[Field, ...], tuple[FieldVerdict, ...]]:
    from scanners.detect.engine import cut, unread

    rows = None if limits.full else limits.sample_rows or FIRST_ROWS
    seed = seed_of(limits.seed, item.asset.source, item.asset.name)
    take = Take(rows, seed, None, limits.max_file_bytes, limits.timeout_s)
    content = connector.read(item, take)
    if limits.full:
        engine = replace(engine, most=None)
    fields, verdicts = engine.look(content, about=about)
    skipped = unread(content, verdicts)
    content.skipped.extend((*skipped, *cut(content)))
    verdicts = tuple(verdict for verdict in verdicts if verdict.ref not in {_ref(skip) for skip in skipped})
    undecided = frozenset(verdict.ref.field for verdict in verdicts if verdict.state is State.UNDECIDED)
    if undecided and not content.is_whole and rows is not None and limits.sample_rows is None:
        more = connector.read(item, replace(take, rows=MORE_ROWS, fields=undecided))
        again = {verdict.ref: verdict for verdict in engine.look(more, context=content, about=about)[1]}
        verdicts = tuple(again.get(verdict.ref, verdict) for verdict in verdicts)
        content.rows_read = max(content.rows_read, more.rows_read)
        content.bytes_read += more.bytes_read
    return content, tuple(_without_personal_comment(each, engine) for each in fields), verdicts


def _ref(skipped: Skipped) -> FieldRef:
    return FieldRef(skipped.source, skipped.asset or "", skipped.field or "")


def _without_personal_comment(item: Field, engine: Engine) -> Field:
    if item.comment is None or _is_harmless(item.comment, engine):
        return item
    return replace(item, comment=None)


def _is_harmless(comment: str, engine: Engine) -> bool:
    """Whether nothing personal is in a comment. A few words that no heading has may be somebody's name."""
    from scanners.extract.header import is_heading, looks_like_person, looks_like_value

    words = comment.split()
    return (
        (len(words) > 3 or is_heading(comment))
        and not any(map(looks_like_value, words))
        and not looks_like_person(comment)
        and engine.is_nameable(comment)
    )
