"""Which suppression fits an address: pure. What people set aside by pattern is shown with its pattern, never left out.

A pattern is a glob over what ``FieldRef`` writes: ``source:asset#field`` with ``: # %`` inside the parts as %XX. ``*``
fits any run of characters (``/`` and ``.`` among them), ``?`` one, ``[ab]`` one of these; case counts. A pattern also
fits everything inside a source or an asset whose address it fits: ``crm`` the whole source, ``crm:main.old_*`` these
tables with all their fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from fnmatch import fnmatchcase
from functools import lru_cache

from data_map.hygiene_finding import HygieneKind
from data_map.model import DataMap, Decision, Suppression
from data_map.taxonomy import CATEGORIES

#: Kinds of hygiene findings that can be suppressed, each by its own name only.
HYGIENE_KINDS = tuple(kind.value for kind in HygieneKind)

#: What a pattern may have without telling one address from another.
_NO_NAME = re.compile(r"(?:[*?:#./_-]|\[!?.\])*")


def is_in_force(said: Decision | Suppression, today: date) -> bool:
    """Whether what a person said still holds; its last day counts."""
    return said.until_on is None or today <= said.until_on


def fits(pattern: str, ref_text: str) -> bool:
    """Whether a pattern fits an address: of a field, an asset (``source:asset``) or a source (``source``)."""
    # What a pattern begins with, every address that it fits begins with.
    if not ref_text.startswith(_beginning(pattern)):
        return False
    asset = ref_text.partition("#")[0]
    source = asset.partition(":")[0]
    # The text itself first: a name may have the characters of globs in it.
    return any(pattern == text or fnmatchcase(text, pattern) for text in (ref_text, asset, source))


@lru_cache(maxsize=4096)
def _beginning(pattern: str) -> str:
    """The characters before the first that stands for others."""
    return re.split(r"[*?\[]", pattern, maxsplit=1)[0]


def covers(what: str, found: str) -> bool:
    """Whether what was suppressed is this category or kind of hygiene finding.

    Nothing named means every category and no hygiene finding: a secret that lies about is not set aside by a pattern
    that was meant for personal data.
    """
    if not what:
        return found in CATEGORIES
    return found == what or found.startswith(f"{what}.")


def suppressed(suppressions: Iterable[Suppression], ref_text: str, what: str, today: date) -> Suppression | None:
    """The suppression in force that fits an address and a category, or a kind of hygiene finding; None without one.

    Of several it is that of the longest pattern, which is as a rule the narrowest; then the first by text.
    """
    found = [
        one
        for one in suppressions
        if covers(one.what, what) and is_in_force(one, today) and fits(one.pattern, ref_text)
    ]
    return min(found, key=lambda one: (-len(one.pattern), one.pattern, one.what), default=None)


def meant(pattern: str, data_map: DataMap) -> str:
    """The pattern that a person means: the address of something in the map stands for that alone.

    A name may have the characters of globs in it: ``a[1].csv``, or the ``*`` of a series.
    """
    if not re.search(r"[*?\[]", pattern):
        return pattern
    for part in data_map.sources:
        for asset in part.assets:
            for item in asset.fields:
                text = str(item.field.ref)
                if text.startswith(_beginning(pattern)) and pattern in (text, text.partition("#")[0]):
                    return re.sub(r"([*?\[])", r"[\1]", pattern)
    return pattern


def is_universal(pattern: str) -> bool:
    """Whether a pattern names nothing at all, and so fits all there is and all that will be found."""
    return _NO_NAME.fullmatch(pattern) is not None


def is_known(what: str) -> bool:
    """Whether it is a category, a branch of categories or a kind of hygiene finding; nothing stands for all."""
    return not what or what in HYGIENE_KINDS or any(covers(what, key) for key in CATEGORIES)
