"""Hygiene findings: what lies in the sources in a way that it should not. Pure, and derived anew from every map.

A finding says what was seen in words and counts, never a value. It rests on the evidence that a scan kept with each
verdict (``secret:…``, ``hash:…``, ``password:…``, ``card:…``: see ``scanners/detect/secrets.py``), on what the source
said of its connection, and on names and columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from data_map.copies import stale_copies
from data_map.hygiene_finding import RANK, Certainty, HygieneFinding, HygieneKind, Severity, words
from data_map.model import (
    AssetKind,
    DataMap,
    EvidenceKind,
    FieldVerdict,
    MapAsset,
    MapField,
    MapSource,
    State,
    Suppression,
)
from data_map.suppression import suppressed


def findings(data_map: DataMap, today: date) -> tuple[HygieneFinding, ...]:
    """Everything that is amiss, the worst first; what people set aside among it, with its reason.

    ``today`` decides which suppressions still hold.
    """
    found = [
        *(one for part in data_map.sources for one in _of_source(part)),
        *(
            one
            for part in data_map.sources
            for asset in part.assets
            for item in asset.fields
            for one in _of_field(asset, item)
        ),
        *stale_copies(data_map),
    ]
    return tuple(
        sorted(
            (_with_suppression(one, data_map, today) for one in found),
            key=lambda one: (
                one.aside is not None,
                RANK[one.severity],
                one.certainty is Certainty.LIKELY,
                list(HygieneKind).index(one.kind),
                one.ref,
            ),
        )
    )


def _with_suppression(one: HygieneFinding, data_map: DataMap, today: date) -> HygieneFinding:
    if one.aside is not None:
        return one
    by = suppressed(data_map.suppressions, one.ref, one.kind.value, today)
    return one if by is None else replace(one, aside=_said(by))


def _said(by: Suppression) -> str:
    until = f", until {by.until_on.isoformat()}" if by.until_on else ""
    return f"suppressed by {by.author} on {by.decided_at.date().isoformat()}{until} ({by.pattern}): {by.reason}"


# ---- connections


def _of_source(part: MapSource) -> Iterator[HygieneFinding]:
    name = part.source.name
    is_personal = any(item.machine.state.is_personal for asset in part.assets for item in asset.fields)
    if part.connected.is_encrypted is False:
        severity = Severity.HIGH if is_personal else Severity.MEDIUM
        held = "personal data" if is_personal else "what was read"
        seen = f"the scan read {held} over the network unencrypted"
        yield HygieneFinding(HygieneKind.NO_TLS, name, None, None, severity, Certainty.SURE, seen)
    if part.connected.is_superuser:
        seen = "the account that scanned may do everything on the server"
        yield HygieneFinding(HygieneKind.SUPERUSER, name, None, None, Severity.MEDIUM, Certainty.SURE, seen)


# ---- fields

#: From this share on a column is of a kind; below ``_SOME`` what is left is taken for slips.
_MOSTLY, _SOME, _AT_LEAST = 0.5, 0.05, 3
#: Words of programs before a word for a password; and so few values stand in a file of settings.
_SERVICE = re.compile(
    r"(?i)(?:^|[^a-z])(?:smtp|imap|db|database|ftp|sftp|ldap|redis|amqp|rabbitmq|proxy|wifi|wlan|bind|keystore|truststore"
    r"|server|service|connection|postgres|mysql|oracle|mongo)[^a-z]?(?:pass|pw|kennwort|secret)"
)
_FEW = 3
#: How strongly a name says that a column holds hashes of passwords.
_NAMED = 0.9
#: So many equal ones among so many values are no accident: equal passwords have equal hashes only without a salt.
_REPEATED_RATIO, _REPEATED, _MANY = 0.02, 3, 20
#: Endings of files in which a setting is a setting; "" for none, as of ``.bash_history``.
_SETTINGS = frozenset(
    {
        *("", "env", "ini", "cfg", "conf", "cnf", "config", "properties", "toml", "yaml", "yml", "tf", "tfvars", "hcl"),
        *("dockerfile", "npmrc", "netrc", "pgpass", "json", "xml"),
    }
)
_SALT = re.compile(r"(?i)(?:^|[^a-z])(?:salt|salz|pepper|nonce|sel)(?:$|[^a-z])|(?<=[a-z])Salt(?:$|[^a-z])|salt$")


def _of_field(asset: MapAsset, item: MapField) -> Iterator[HygieneFinding]:
    verdict = _counting(item)
    seen = _Kinds(verdict)
    aside = _aside(item)
    for one in (
        *_passwords(asset, item, verdict, seen),
        *_cards(verdict, seen),
        *_codes_beside_cards(asset, item),
        *_secrets(asset, verdict, seen),
    ):
        yield replace(one, aside=aside)


def _counting(item: MapField) -> FieldVerdict:
    """The verdict with the category that a person named; one that calls it not personal does not make a secret none."""
    return item.verdict if item.verdict.state.is_personal else item.machine


def _aside(item: MapField) -> str | None:
    """Who said of this very field, or of its category, that it is no such thing."""
    decision, suppression = item.decision, item.suppression
    if decision is not None and decision.category is None and not item.verdict.state.is_personal:
        day = decision.decided_at.date().isoformat()
        return f"decided not personal by {decision.author} on {day}: {decision.reason}"
    if suppression is not None and suppression.what:
        return _said(suppression)
    return None


class _Kinds:
    """How many different values of a field are of each kind, from the evidence of its verdict."""

    def __init__(self, verdict: FieldVerdict) -> None:
        self._matched = {
            one.detector: (one.matched, max(one.distinct, one.matched))
            for one in verdict.evidence
            if one.kind is EvidenceKind.VALUE
        }

    def of(self, detector: str) -> tuple[int, int]:
        """How many, of how many."""
        return self._matched.get(detector, (0, 0))

    def named(self, prefix: str) -> dict[str, int]:
        """Kind without its prefix → how many, most first."""
        found = {
            name.removeprefix(prefix): count for name, (count, _) in self._matched.items() if name.startswith(prefix)
        }
        return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))

    def total(self, prefix: str) -> int:
        """How many different values were looked at for kinds of this prefix."""
        return max((of for name, (_, of) in self._matched.items() if name.startswith(prefix)), default=0)


def _finding(
    kind: HygieneKind, verdict: FieldVerdict, severity: Severity, certainty: Certainty, seen: str
) -> HygieneFinding:
    ref = verdict.ref
    return HygieneFinding(kind, ref.source, ref.asset, ref.field, severity, certainty, seen)


def _count(count: int, of: int) -> str:
    return f"{count:,} of {of:,} different values"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _is_salt(name: str) -> bool:
    return _SALT.search(name) is not None and "hash" not in name.lower()


def _passwords(asset: MapAsset, item: MapField, verdict: FieldVerdict, seen: _Kinds) -> Iterator[HygieneFinding]:
    # Under a name for hashes other values make no verdict, and are what has to be told.
    is_column = verdict.category in ("credential.password", "credential.password_hash") or _is_named_hash(verdict)
    hashes = seen.named("hash:")
    if not is_column:
        # In a text: what a directory or a dump of accounts holds.
        hashes = {name: count for name, count in hashes.items() if not words()["hash"].get(name, {}).get("is_slow")}
        if hashes and not _is_salt(item.field.ref.field):
            yield from _weak_hashes(asset, item, verdict, hashes, sum(hashes.values()), is_text=True)
        return
    if not verdict.sampled or _is_salt(item.field.ref.field):
        return
    of = max(seen.total("hash:"), seen.total("password:"))
    clear, hashed = seen.of("password:clear")[0], sum(hashes.values())
    if not of:
        # Scanned before kinds were told apart: only that the values are no hash of any form known then.
        if verdict.category == "credential.password" and not seen.named("format:password"):
            said = f"{verdict.sampled:,} values under a name for passwords, no hash among them; scan again to be sure"
            yield _finding(HygieneKind.CLEARTEXT_PASSWORD, verdict, Severity.CRITICAL, Certainty.LIKELY, said)
        return
    if clear >= _MOSTLY * of and _is_of_a_service(asset, verdict):
        said = "Password of a service, as it is typed" + (f" ({_count(clear, of)})" if of > 1 else "")
        yield _finding(HygieneKind.SECRET, verdict, Severity.HIGH, Certainty.SURE, said)
    elif clear >= _MOSTLY * of:
        certainty = Certainty.SURE if clear >= 0.8 * of else Certainty.LIKELY
        said = f"{_count(clear, of)} are passwords as they are typed"
        yield _finding(HygieneKind.CLEARTEXT_PASSWORD, verdict, Severity.CRITICAL, certainty, said)
    elif clear >= _AT_LEAST and clear >= _SOME * of:
        said = f"{_count(clear, of)} look like passwords as they are typed, beside {hashed:,} hashes"
        yield _finding(HygieneKind.CLEARTEXT_PASSWORD, verdict, Severity.HIGH, Certainty.LIKELY, said)
    if hashed:
        yield from _weak_hashes(asset, item, verdict, hashes, of, is_text=False)


def _is_of_a_service(asset: MapAsset, verdict: FieldVerdict) -> bool:
    """Whether a password is one of programs among their settings, which cannot be hashed, and not one of people."""
    is_alone = asset.asset.kind is AssetKind.FILE and verdict.sampled <= _FEW and (asset.asset.row_count or 0) <= _FEW
    return is_alone or _SERVICE.search(verdict.ref.field) is not None


def _is_named_hash(verdict: FieldVerdict) -> bool:
    return verdict.category is None and any(
        one.kind is EvidenceKind.NAME and one.category == "credential.password_hash" and one.score >= _NAMED
        for one in verdict.evidence
    )


def _weak_hashes(
    asset: MapAsset, item: MapField, verdict: FieldVerdict, hashes: Mapping[str, int], of: int, *, is_text: bool
) -> Iterator[HygieneFinding]:
    known: Mapping[str, Any] = words()["hash"]
    fast = {name: count for name, count in hashes.items() if name in known and not known[name]["is_slow"]}
    bare = {name: count for name, count in fast.items() if not known[name]["is_salted"]}
    if sum(fast.values()) < max(1, _SOME * of):
        return
    names = ", ".join(known[name]["words"] for name in (bare or fast))
    where = "in its text" if is_text else f"{_count(sum((bare or fast).values()), of)}"
    salt = next(
        (one.field.ref.field for one in asset.fields if one is not item and _is_salt(one.field.ref.field)), None
    )
    if not bare:
        said = f"{where}: salted, but made in one quick step ({names})"
        yield _finding(HygieneKind.UNSALTED_HASH, verdict, Severity.LOW, Certainty.SURE, said)
        return
    is_formal = any(known[name].get("sure") for name in bare)
    repeats = verdict.sampled - verdict.distinct
    is_repeated = (
        not is_text and verdict.sampled >= _MANY and repeats >= max(_REPEATED, _REPEATED_RATIO * verdict.sampled)
    )
    if salt is not None and not is_formal and not is_repeated:
        said = f"{where}: {names}, with the salt in “{salt}” beside it; made in one quick step"
        yield _finding(HygieneKind.UNSALTED_HASH, verdict, Severity.LOW, Certainty.LIKELY, said)
        return
    said = f"{where}: {names}, no salt"
    if is_repeated:
        said += (
            f"; only {verdict.distinct:,} different ones among {verdict.sampled:,}: equal passwords have equal hashes"
        )
    elif not is_formal:
        said += " in the hash or beside it"
    certainty = Certainty.SURE if is_formal or is_repeated else Certainty.LIKELY
    yield _finding(HygieneKind.UNSALTED_HASH, verdict, Severity.HIGH, certainty, said)


def _cards(verdict: FieldVerdict, seen: _Kinds) -> Iterator[HygieneFinding]:
    kind = HygieneKind.CARDHOLDER_DATA
    inside = {one.category: one for one in verdict.contains}
    is_security = verdict.category == "financial.card_security" and verdict.state is not State.NAME_ONLY
    codes, of = max(seen.of("format:card_security"), seen.of("format:card_track"))
    if is_security and codes and codes >= _MOSTLY * of:
        said = f"{_count(codes, of)} are security codes or the content of a magnetic stripe, which no shop may keep"
        yield _finding(kind, verdict, Severity.CRITICAL, Certainty.SURE, said)
    elif verdict.category != "financial.card_security" and (one := inside.get("financial.card_security")) is not None:
        said = f"security codes in its text, {_times(one.count)}; no shop may keep them"
        yield _finding(kind, verdict, Severity.CRITICAL, Certainty.LIKELY, said)
    full, of = seen.of("card:full")
    test = seen.of("card:test")[0]
    is_column = verdict.category == "financial.card"
    is_text = not is_column and "financial.card" in inside
    if not (is_column or is_text or (full >= _MOSTLY * of and full)):
        return
    tests = f"; {test:,} more are published test numbers" if test else ""
    if full and is_text:
        among = ", test numbers among them" if test else ""
        said = f"whole card numbers in its text, {_times(inside['financial.card'].count)}{among}"
        yield _finding(kind, verdict, Severity.HIGH, Certainty.LIKELY, said)
    elif full:
        masked = seen.of("format:card_masked")[0]
        beside = f"; {masked:,} are masked" if masked else ""
        certainty = Certainty.SURE if full >= _MOSTLY * of or masked else Certainty.LIKELY
        said = f"{_count(full, of)} are whole card numbers{beside}{tests}"
        yield _finding(kind, verdict, Severity.HIGH, certainty, said)
    elif test:
        said = f"only published test numbers of cards ({test:,} different)"
        yield _finding(kind, verdict, Severity.INFO, Certainty.SURE, said)


#: Different values that codes have at the least, and how many of a column's have to be three or four digits.
_CODES, _ALL_DIGITS = 20, 0.95


def _codes_beside_cards(asset: MapAsset, item: MapField) -> Iterator[HygieneFinding]:
    """Three digits in every row beside a whole card number, under a name that says nothing: a person has to look."""
    verdict = item.machine
    if verdict.state.is_personal or verdict.distinct < max(_CODES, verdict.sampled / 10):
        return
    digits = sum(count for shape, count in verdict.shapes if shape in ("999", "9999") and verdict.shapes[0][0] == "999")
    if digits < _ALL_DIGITS * verdict.sampled or not any(_is_card(one) for one in asset.fields):
        return
    said = f"three digits in {verdict.distinct:,} forms beside whole card numbers: are these security codes?"
    yield _finding(HygieneKind.CARDHOLDER_DATA, verdict, Severity.HIGH, Certainty.LIKELY, said)


def _is_card(item: MapField) -> bool:
    return item.machine.category == "financial.card" and _Kinds(item.machine).of("card:full")[0] > 0


def _secrets(asset: MapAsset, verdict: FieldVerdict, seen: _Kinds) -> Iterator[HygieneFinding]:
    known: Mapping[str, Any] = words()["secret"]
    kinds = {name: count for name, count in seen.named("secret:").items() if name in known}
    if "random" in kinds and kinds["random"] < _MOSTLY * seen.total("secret:"):
        del kinds["random"]
    if not kinds:
        return
    severity = min((Severity(known[name]["severity"]) for name in kinds), key=RANK.__getitem__)
    is_sure = any(known[name]["sure"] for name in kinds) or (
        asset.asset.kind is AssetKind.FILE
        and bool(kinds.keys() & {"password_setting", "key_setting"})
        and _is_settings(asset)
    )
    said = ", ".join(sorted((known[name]["words"] for name in kinds), key=lambda text: text.lower()))
    times = {one.category: one.distinct for one in verdict.contains if one.category.startswith("credential.")}
    if sum(times.values()) > 1:
        said += f" ({sum(times.values()):,} different)"
    elif not times and verdict.distinct > 1:
        said += f" ({_count(max(kinds.values()), seen.total('secret:'))})"
    yield _finding(
        HygieneKind.SECRET,
        verdict,
        severity,
        Certainty.SURE if is_sure else Certainty.LIKELY,
        said[0].upper() + said[1:],
    )


def _is_settings(asset: MapAsset) -> bool:
    name = re.split(r"[/!]", asset.asset.name.lower())[-1].lstrip(".")
    stem, dot, ending = name.rpartition(".")
    return (ending if dot else "") in _SETTINGS or stem.partition(".")[0] in ("env", "dockerfile")
