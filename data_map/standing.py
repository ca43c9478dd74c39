"""How a table stands to people: the words for it, and what is asked of a table and a join on the way. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from data_map.model import AssetKind, FieldRef, Join, MapAsset, MapField

#: What tells people apart; a table with several of them describes people.
NAMING = frozenset(
    {
        "identity.name",
        "identity.username",
        "contact.email",
        "government_id.national",
        "government_id.tax",
        "government_id.passport",
        "government_id.driving_licence",
        "demographic.date_of_birth",
    }
)
#: What different people hardly ever share.
UNIQUE = frozenset({"identity.username", "contact.email", "government_id.national", "government_id.passport"})
#: Whoever is not told apart any further.
PERSON = "person"
#: Those who do the work come after those for whom it is done: an order is the customer's, not the clerk's.
RANK = {"employee": 2, "professional": 2, "teacher": 2, "user": 1, "author": 1, "actor": 1, "contact": 1}
#: Words of a key for somebody who had a hand in a row without its being about them.
_HANDS = frozenset(
    {"by", "manager", "supervisor", "approver", "editor", "creator", "modifier", "rep", "representative", "contact"}
    | {"assignee", "assigned", "responsible", "handler", "clerk", "agent", "seller", "reports", "lead", "head", "chief"}
    | {"bearbeiter", "sachbearbeiter", "betreuer", "vertreter", "leiter", "responsable", "gerente"}
)
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

AssetKey = tuple[str, str]


class Role(StrEnum):
    """How a table stands to the people of the map."""

    #: Its rows are people.
    SUBJECT = "subject"
    #: Its rows belong to the people of a subject table.
    HANGING = "hanging"
    #: It holds personal data, and no join says whose.
    UNLINKED = "unlinked"


@dataclass(frozen=True, slots=True)
class Step:
    """One join on the way from a table to the table of its people."""

    join: Join
    #: The people's row points at this table's (a customer at an address), not the other way round.
    is_reversed: bool = False
    #: It only names somebody who had a hand in the row: a manager, the last editor.
    is_mention: bool = False

    @property
    def here(self) -> FieldRef:
        """The field of the table that the step starts from."""
        return self.join.parent if self.is_reversed else self.join.child

    @property
    def there(self) -> FieldRef:
        """The field of the table that the step leads to."""
        return self.join.child if self.is_reversed else self.join.parent


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a table stands, and whose its rows are."""

    asset: MapAsset
    role: Role
    #: ``customer``, ``employee``, ``person`` …; None when nothing says whose it is.
    subject: str | None
    #: What tells its people apart: one field of a subject table, or the first field of the path; None when none does.
    key: FieldRef | None = None
    #: From this table up to its subject table; empty for a subject table and an unlinked one.
    path: tuple[Step, ...] = ()
    #: Direct steps to further subject tables: the employee who took the order.
    others: tuple[Step, ...] = ()
    #: For a subject table: the step that says that its people are rows of another one too.
    same_as: Step | None = None
    #: Its rows are organisations, and the people are their contacts: what hangs on it is the organisation's.
    is_organisation: bool = False

    @property
    def name(self) -> AssetKey:
        """Source and asset."""
        return self.asset.asset.source, self.asset.asset.name

    @property
    def root(self) -> AssetKey | None:
        """The subject table at the end of the path."""
        return key_of(self.path[-1].there) if self.path else None

    @property
    def personal(self) -> Iterator[MapField]:
        """Its fields with personal data."""
        return personal_of(self.asset)

    @property
    def own(self) -> list[MapField]:
        """Its personal fields but for the keys that point at people."""
        pointing = {step.here for step in (*self.path[:1], *self.others) if not step.is_reversed}
        return [item for item in self.personal if item.field.ref not in pointing]

    @property
    def is_somebody_elses(self) -> bool:
        """Whether its path only names who had a hand in its rows, and what else is in them is other people's."""
        return bool(self.path) and self.path[0].is_mention and bool(self.own)


def personal_of(asset: MapAsset) -> Iterator[MapField]:
    """The fields with personal data."""
    return (item for item in asset.fields if item.verdict.state.is_personal)


def own_subject(asset: MapAsset, pointing: Iterable[FieldRef] = ()) -> str | None:
    """The word that most of a table's personal fields have from the machine; of two, the one for what names people.

    Keys that point elsewhere count only where there is nothing else: they are whose they point at.
    """
    left_out = set(pointing)
    votes: Counter[str] = Counter()
    for item in personal_of(asset):
        if item.verdict.subject is not None and item.field.ref not in left_out:
            votes[item.verdict.subject] += 2 if item.verdict.category in NAMING else 1
    return max(votes.items(), key=lambda vote: (vote[1], vote[0] != PERSON))[0] if votes else None


def step_of(join: Join, *, is_reversed: bool = False) -> Step:
    """A join as a step; whether it is only a mention is told by the name of the field that points."""
    # In a table of agents the key of an agent is whose the row is.
    hands = _HANDS.intersection(words_of(join.child.field)) - {
        part for word in words_of(join.parent.asset) for part in (word, word.removesuffix("s"))
    }
    return Step(join, is_reversed, bool(hands) and not is_reversed)


def words_of(name: str) -> list[str]:
    """The words of a name, in lower case: ``CustomerID`` and ``customer_id`` have the same."""
    return [word.lower() for word in _WORDS.findall(name)]


def is_document(asset: MapAsset) -> bool:
    """Whether an asset is one text, a mail or a page, and no table."""
    return asset.asset.kind is AssetKind.FILE and any(
        item.field.ref.field == "body" and item.verdict.category in (None, "text.personal") for item in asset.fields
    )


def distinct_ratio(item: MapField) -> float:
    """The share of different ones among the values that were read; 0 when there were none."""
    return item.verdict.distinct / item.verdict.sampled if item.verdict.sampled else 0.0


def field_at(assets: Mapping[AssetKey, MapAsset], ref: FieldRef) -> MapField | None:
    """The field at an address; None when it was not looked at."""
    asset = assets.get(key_of(ref))
    return None if asset is None else next((item for item in asset.fields if item.field.ref == ref), None)


def key_of(ref: FieldRef) -> AssetKey:
    """Source and asset of a field."""
    return ref.source, ref.asset
