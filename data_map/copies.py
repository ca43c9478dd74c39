"""Copies of whole tables and files that somebody made and forgot: by their names, and by their columns. Pure.

A name alone (``customers_bak``) makes a copy likely. A name together with nearly the columns of another asset, and
nearly its verdicts, makes it sure. Tables that follow one another by date (``events_2024_01``, ``events_2024_02``) are
one series, and no copies.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import pairwise
from typing import Any

from data_map.hygiene_finding import Certainty, HygieneFinding, HygieneKind, Severity, address, words
from data_map.model import AssetKind, DataMap, MapAsset
from data_map.taxonomy import CATEGORIES, LegalClass

#: How much of the columns of two assets have the same names, and of those the same verdicts, where one is a copy.
_NEAR, _AGREE = 0.75, 0.75
#: The same where the names of the two have nothing in common, and how many columns there have to be.
_NEARER, _COLUMNS = 0.9, 4
#: Below this the like-named asset is another thing, whose columns had to change a lot since the copy.
_RELATED = 0.4
_MARKED_FILE = re.compile(r"(?i)(.+\.\w+)(?:\.(?:bak|backup|old|orig|save|sav|copy)|~)$")
_NUMBERED = re.compile(r"(.+?)\s*\(\d{1,2}\)$")
_DAY = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_. ]?(0[1-9]|1[0-2])[-_. ]?(0[1-9]|[12]\d|3[01])(?:[-_T ]?\d{4,6})?$")
_SPLIT = re.compile(r"[\s._\-()\[\]]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_GLUED = re.compile(r"(?i)(.{3,}?)(?:bak|backup|bkp|kopie)\d*$")
#: Of files, what their reader's change marker tells: nanoseconds and size.
_CHANGED = re.compile(r"(\d{16,20})-\d+")
_GRAVE = frozenset((LegalClass.ART9, LegalClass.ART10, LegalClass.NATIONAL_ID, LegalClass.PCI, LegalClass.SECRET))


@dataclass(frozen=True, slots=True)
class Mark:
    """What a name says of being a copy."""

    #: The name of the original, folded, letters and digits only.
    base: str
    #: ``strong``, ``weak``, ``either``.
    strength: str
    #: The words that say it, for people.
    words: str
    #: The day that is a part of the name.
    day: date | None = None


@dataclass(frozen=True, slots=True)
class _One:
    """An asset with what its name says."""

    asset: MapAsset
    folder: str
    key: str
    mark: Mark | None
    #: Folded name of a field → its category.
    fields: Mapping[str, str | None]

    @property
    def is_text(self) -> bool:
        """Whether it is a document without columns."""
        return list(self.fields) == ["body"]


@lru_cache(maxsize=1)
def _words() -> Mapping[str, Any]:
    raw = words()["copy"]
    phrases = sorted((tuple(phrase.split()) for phrase in raw["phrases"]), key=lambda words: -len(words))
    return {
        "anywhere": frozenset(raw["anywhere"].split()),
        "strong": frozenset((*raw["strong"].split(), *raw["anywhere"].split())),
        "weak": frozenset(raw["weak"].split()),
        "either": frozenset(raw["either"].split()),
        "phrases": phrases,
    }


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    return "".join(char for char in plain if not unicodedata.combining(char)).lower()


def _tokens(stem: str) -> list[str]:
    return [token for token in _SPLIT.split(_fold(_CAMEL.sub("_", stem))) if token]


def key_of(stem: str) -> str:
    """A name without what parts its words."""
    return "".join(_tokens(stem))


def mark_of(stem: str, *, is_file: bool = False) -> Mark | None:
    """What the name of a table, or of a file without its ending, says of being a copy; None when nothing."""
    if is_file and (found := _NUMBERED.match(stem)):
        inner = mark_of(found.group(1), is_file=True)
        return inner or Mark(key_of(found.group(1)), "strong", "(2)")
    tokens = _tokens(stem)
    for phrase in _words()["phrases"]:
        if len(phrase) > 1 and tuple(tokens[: len(phrase)]) == phrase and len(tokens) > len(phrase):
            return Mark("".join(tokens[len(phrase) :]), "strong", " ".join(phrase))
    day = None
    rest = stem
    if found := _DAY.search(stem):
        try:
            day = date(int(found[1]), int(found[2]), int(found[3]))
            rest = stem[: found.start()]
        except ValueError:
            day = None
    tokens = _tokens(rest)
    said: list[tuple[str, str]] = [("weak", day.isoformat())] if day else []
    while len(tokens) > 1 and (strength := _strength(tokens[-1])):
        said.append((strength, tokens.pop()))
    # A number behind the word: ``customers_bak2``, ``customers_copy_3``.
    if len(tokens) > 2 and tokens[-1].isdigit() and len(tokens[-1]) < 4 and _strength(tokens[-2]) == "strong":
        said += [("strong", tokens[-2])]
        tokens = tokens[:-2]
    elif (
        len(tokens) > 1 and (found := re.fullmatch(r"([a-z]+)\d{1,2}", tokens[-1])) and _strength(found[1]) == "strong"
    ):
        said += [("strong", found[1])]
        tokens = tokens[:-1]
    # At the beginning it is more often what the table is about: ``backup_codes``, ``old_age_pension``.
    while len(tokens) > 1 and (strength := _strength(tokens[0])):
        is_sure = strength != "strong" or tokens[0] in _words()["anywhere"]
        said.append((strength if is_sure else "weak", tokens.pop(0)))
    base = "".join(tokens)
    if not said:
        glued = _GLUED.fullmatch(stem)
        return Mark(key_of(glued.group(1)), "weak", "bak") if glued else None
    strength = next(each for each in ("strong", "either", "weak") if any(one == each for one, _ in said))
    return Mark(base, strength, " ".join(word for _, word in reversed(said)), day) if base else None


def _strength(token: str) -> str | None:
    known = _words()
    return next((strength for strength in ("strong", "weak", "either") if token in known[strength]), None)


def stale_copies(data_map: DataMap) -> Iterator[HygieneFinding]:
    """The copies among the assets that hold personal data, and among files that could not be read beside such ones."""
    known = [_one(asset) for part in data_map.sources for asset in part.assets]
    series = _series(known)
    by_key: dict[str, list[_One]] = defaultdict(list)
    by_fields: dict[frozenset[str], list[_One]] = defaultdict(list)
    for one in known:
        by_key[one.key].append(one)
        if one.mark is None and len(one.fields) >= _COLUMNS:
            by_fields[frozenset(one.fields)].append(one)
    for one in known:
        if not _personal(one.asset) or id(one) in series or (one.asset.asset.member_count or 0) > 1:
            continue
        found = _copy(one, one.mark, by_key, by_fields) if one.mark is not None else _in_folder(one, by_key)
        if found is not None:
            yield found
    yield from _unread(data_map)


def _one(asset: MapAsset) -> _One:
    is_file = asset.asset.kind is AssetKind.FILE
    folder, stem = _parts(asset.asset.name, is_file=is_file)
    fields = {_fold(item.field.ref.field): item.machine.category for item in asset.fields}
    return _One(asset, folder, key_of(stem), mark_of(stem, is_file=is_file), fields)


def _parts(name: str, *, is_file: bool) -> tuple[str, str]:
    """The folder or schema, and the name in it without an ending."""
    if not is_file:
        folder, _, stem = name.rpartition(".")
        return folder, stem
    folder, _, last = name.replace("!", "/").rpartition("/")
    stem, dot, ending = last.rpartition(".")
    return folder, stem if dot and stem and len(ending) <= 8 else last


def _personal(asset: MapAsset) -> bool:
    return any(item.machine.state.is_personal for item in asset.fields)


def _series(known: Sequence[_One]) -> set[int]:
    """Those that follow one another by date: partitions, and reports that are made every day or month."""
    groups: dict[tuple[str, str, str], list[_One]] = defaultdict(list)
    for one in known:
        if one.mark is not None and one.mark.day is not None and one.mark.strength == "weak":
            groups[one.asset.asset.source, one.folder, one.mark.base].append(one)
    keys = {(one.asset.asset.source, one.folder, one.key) for one in known}
    found: set[int] = set()
    for place, group in groups.items():
        days = sorted({one.mark.day for one in group if one.mark and one.mark.day})
        gaps = {(right - left).days for left, right in pairwise(days)}
        is_monthly = len({day.day for day in days}) == 1 or all(day.day >= 28 for day in days)
        is_regular = len(days) >= 3 and (len(gaps) == 1 or is_monthly)
        is_next = len(days) == 2 and gaps == {1}
        if is_regular or is_next or (len(days) >= 2 and place not in keys):
            found |= {id(one) for one in group}
    return found


def _likeness(one: _One, other: _One) -> tuple[float, float]:
    """The share of names that both have, and the share of those with the same category."""
    names = one.fields.keys() | other.fields.keys()
    shared = one.fields.keys() & other.fields.keys()
    if not shared:
        return 0.0, 0.0
    return len(shared) / len(names), sum(one.fields[name] == other.fields[name] for name in shared) / len(shared)


def _is_near(one: _One, other: _One) -> bool:
    if one.is_text or other.is_text:
        left, right = one.asset.asset, other.asset.asset
        return one.is_text and other.is_text and left.size_bytes == right.size_bytes is not None
    share, agree = _likeness(one, other)
    return share >= _NEAR and agree >= _AGREE and (len(one.fields) > 1 or share == 1)


def _copy(
    one: _One, mark: Mark, by_key: Mapping[str, list[_One]], by_fields: Mapping[frozenset[str], list[_One]]
) -> HygieneFinding | None:
    like_named = [
        other
        for other in by_key.get(mark.base, ())
        if other is not one and (other.asset.asset.kind is AssetKind.FILE or one.asset.asset.kind is not AssetKind.FILE)
    ] or [other for other in by_key.get(mark.base, ()) if other is not one]
    near = [other for other in like_named if _is_near(one, other)]
    if near:
        certainty = Certainty.LIKELY if mark.strength == "either" else Certainty.SURE
        return _finding(one, mark, _closest(one, near), certainty, "has the same columns")
    if mark.strength != "strong":
        return None
    if not one.is_text and len(one.fields) >= _COLUMNS:
        twins = list(_twins(one, by_fields))
        if twins:
            return _finding(one, mark, _closest(one, twins), Certainty.SURE, "has the same columns")
    related = [other for other in like_named if _likeness(one, other)[0] >= _RELATED]
    if related:
        what = "is a text of the same name" if one.is_text else "has many of the same columns"
        return _finding(one, mark, _closest(one, related), Certainty.LIKELY, what)
    return _finding(one, mark, None, Certainty.LIKELY, "")


def _twins(one: _One, by_fields: Mapping[frozenset[str], list[_One]]) -> Iterator[_One]:
    """Assets of any name with nearly the same columns; of many that are alike the first of each source."""
    for names, others in by_fields.items():
        # A look at the numbers first: there may be thousands of tables.
        if not _NEARER <= len(names) / len(one.fields) <= 1 / _NEARER:
            continue
        if len(names & one.fields.keys()) < _NEARER * len(names | one.fields.keys()):
            continue
        firsts = {other.asset.asset.source: other for other in reversed(others) if other is not one}
        yield from (other for other in firsts.values() if _likeness(one, other)[1] >= _AGREE)


def _closest(one: _One, others: Sequence[_One]) -> _One:
    return min(
        others,
        key=lambda other: (
            other.asset.asset.source != one.asset.asset.source,
            other.folder != one.folder,
            -_likeness(one, other)[0],
            other.asset.asset.source,
            other.asset.asset.name,
        ),
    )


def _in_folder(one: _One, by_key: Mapping[str, list[_One]]) -> HygieneFinding | None:
    """``backup/customers.csv``, ``old.customers``: the folder or the schema says it."""
    said = _folder_word(one.folder)
    if said is None or one.is_text:
        return None
    near = [
        other
        for other in by_key[one.key]
        if other is not one and _folder_word(other.folder) is None and other.mark is None and _is_near(one, other)
    ]
    if not near:
        return None
    return _finding(one, Mark(one.key, "strong", said), _closest(one, near), Certainty.SURE, "has the same columns")


def _folder_word(folder: str) -> str | None:
    tokens = [token for part in re.split(r"[/!]", folder) for token in _tokens(part)]
    return next((token for token in tokens if token in _words()["strong"] or token in ("archive", "archiv")), None)


def _finding(one: _One, mark: Mark, original: _One | None, certainty: Certainty, what: str) -> HygieneFinding:
    asset = one.asset.asset
    parts = []
    if original is None:
        parts.append(f"its name says so (“{mark.words}”); no original was found in the map")
    else:
        parts.append(f"a copy of {address(original.asset.asset.source, original.asset.asset.name)}, which {what}")
        parts.append(f"its name says so (“{mark.words}”)")
    if asset.row_count is not None:
        about = "" if one.asset.is_whole else "about "
        parts.append(f"{about}{asset.row_count:,} row{'' if asset.row_count == 1 else 's'}")
    changed = _changed(asset.change_marker) if asset.kind is AssetKind.FILE else None
    if changed is not None:
        parts.append(f"last changed {changed.isoformat()}")
    if mark.day is not None:
        parts.append(f"dated {mark.day.isoformat()}")
    classes = {
        CATEGORIES[category].legal_class
        for item in one.asset.fields
        if (category := item.machine.category) is not None and category in CATEGORIES
    }
    return HygieneFinding(
        HygieneKind.STALE_COPY,
        asset.source,
        asset.name,
        None,
        Severity.HIGH if classes & _GRAVE else Severity.MEDIUM,
        certainty,
        "; ".join(parts),
        original=None if original is None else address(original.asset.asset.source, original.asset.asset.name),
    )


def _changed(marker: str | None) -> date | None:
    found = _CHANGED.fullmatch(marker or "")
    if found is None:
        return None
    try:
        return datetime.fromtimestamp(int(found[1]) / 1e9, UTC).date()
    except (ValueError, OverflowError, OSError):
        return None


def _unread(data_map: DataMap) -> Iterator[HygieneFinding]:
    """``customers.csv.bak``: no reader takes it, and its name says of what it is a copy."""
    for part in data_map.sources:
        personal = {asset.asset.name for asset in part.assets if _personal(asset)}
        for skip in part.skipped:
            found = _MARKED_FILE.fullmatch(skip.asset or "") if skip.field is None else None
            if found is not None and found.group(1) in personal:
                original = address(part.source.name, found.group(1))
                yield HygieneFinding(
                    HygieneKind.STALE_COPY,
                    part.source.name,
                    skip.asset,
                    None,
                    Severity.MEDIUM,
                    Certainty.LIKELY,
                    f"by its name a copy of {original}, which holds personal data; it was not read",
                    original=original,
                )
