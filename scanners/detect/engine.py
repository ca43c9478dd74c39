"""What was read of an asset, through all detectors, to a verdict on each of its fields."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from data_map.model import Field, FieldRef, FieldVerdict, Reason, Skipped, State, Term
from scanners.columns import Evidence, judge, judge_table
from scanners.detect import formats, identifiers, lexicon, patterns, people, phones, places, secrets
from scanners.detect.base import Passed, Rule
from scanners.detect.names import KEYS, NameReading, read_name, split, subject_of
from scanners.detect.ner import NameReader
from scanners.detect.origin import Origin, origin_of
from scanners.detect.text import TextReading, read_texts
from scanners.masking import signatures
from scanners.subjects import TableContext, context_of, table_name
from scanners.values import VALUE_CHARS, Column, Content

#: Distinct values that detectors try; more of them hardly change a share.
MAX_DISTINCT = 2000
#: A rule is tried on so many of the values that fit it first. When hardly more pass than by accident it is left at
#: that, unless accidents are so rare that a few hits among many values would be found.
_FIRST_TRIED, _HOPEFUL, _RARE = 100, 5, 0.001
#: When nearly all pass, some more will do. So they do for a rule that often passes by accident: it can only say what
#: the column is, not what else occurs in it.
_FEWER, _SETTLED_SHARE, _OFTEN = 300, 0.95, 0.02
#: Forms that are looked for together.
_BUNDLE = 32
#: Digests and UUIDs have as many signatures as values. Where in them the letters stand says nothing: they share one.
_DIGEST = re.compile(r"(?i)[0-9a-f]+|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_DIGESTS = {32: "a9" * 16, 36: "a9a9a9a9-a9a9-a9a9-a9a9-a9a9a9a9a9a9", 40: "a9" * 20, 64: "a9" * 32}
#: A value longer than this is running text, not an identifier.
_CELL_CHARS = 80
#: Keys, tokens and hashes of passwords may be longer: they begin so, and have at most so many characters.
_SECRETS = ("-----BEGIN", "eyJ", "$", "{", "pbkdf2", "argon2", "scrypt", "bcrypt", "sha", "md5", "SCRAM", "0x")
_SECRET_CHARS = 4096
#: A column is running text when its values have this many words on average, or are this long.
_TEXT_WORDS, _TEXT_CHARS = 4.0, 60
#: A column with so large a share of JSON objects and arrays is read as text.
_STRUCTURED = 0.1
#: What stands in a row as a thing of its own: the articles of an order, its shop.
_OWN_THINGS = frozenset({"product", "animal", "organisation"})
#: The place in a list, in a path: ``telecom[0]``.
_INDEX = re.compile(r"\[\d*\]")
#: What a cell has to have for an identifier to be looked for inside of it.
_MAY_HOLD = re.compile(r"@|\+\d|\b[A-Z]{2}\d\d ?[A-Z0-9]{4}")


@dataclass(frozen=True, slots=True)
class Engine:
    """All detectors with their settings."""

    names: NameReader
    #: ISO 3166-1 code of the source's country; its phone numbers are tried first.
    country: str | None = None
    #: Distinct values of a column that are tried; None tries all.
    most: int | None = MAX_DISTINCT

    def for_country(self, country: str | None) -> Engine:
        """The same detectors for a source in another country; the language model stays loaded."""
        return replace(self, country=country)

    def look(
        self, content: Content, context: Content | None = None, about: TableContext | None = None
    ) -> tuple[tuple[Field, ...], tuple[FieldVerdict, ...]]:
        """The fields of an asset with a verdict on each, in the order they were read.

        A column on which a detector fails has none; it is among what was skipped.

        ``context``: the whole asset, when ``content`` is a second look at some of its columns only. ``about``: what
        the source's catalog says of the table.
        """
        fields: list[Field] = [column.field for column in content.columns]
        verdicts: list[FieldVerdict] = []
        for found, table in self.gather(content, context, about):
            for evidence, verdict in zip(found, judge_table(found, table), strict=True):
                verdicts.append(replace(verdict, bound=_bound(verdict, evidence.column, content, self.most)))
        for ref, texts in _texts(content).items():
            fields.append(next(part.field for part in content.texts if part.field.ref == ref))
            verdicts.append(self._document(ref, texts, subject_of(table_name(content.asset))[1]))
        known = {verdict.ref: verdict for verdict in verdicts}
        ordered = sorted(fields, key=lambda item: item.position)
        return tuple(ordered), tuple(known[item.ref] for item in ordered if item.ref in known)

    def gather(
        self, content: Content, context: Content | None = None, about: TableContext | None = None
    ) -> list[tuple[list[Evidence], TableContext]]:
        """The evidence of each column with the context of its table; a sheet, or an object in JSON, is one by itself.

        The parameters are those of ``look``.
        """
        names = _paths([column.field.ref.field for column in (context or content).columns])
        neighbours: dict[str, list[str]] = defaultdict(list)
        for parent, last in names.values():
            neighbours[parent].append(last)
        table = table_name(content.asset)
        contexts = {
            parent: about or context_of(f"{table} {parent}" if parent else table, own)
            for parent, own in neighbours.items()
        }
        root = contexts.get("")
        if root is not None and about is None:
            contexts = {parent: _within(root, inner) for parent, inner in contexts.items()}
        origin = origin_of(
            ((names[column.field.ref.field][1], column.counts) for column in (context or content).columns), self.country
        )
        parts: dict[str, list[Evidence]] = defaultdict(list)
        for column in content.columns:
            parent, last = names[column.field.ref.field]
            try:
                parts[parent].append(self._evidence(column, parent, last, contexts[parent], origin))
            except Exception as error:  # a detector that fails on one odd value must not hide the other columns
                ref = column.field.ref
                code = type(error).__name__
                content.skipped.append(Skipped(ref.source, Reason.READER_FAILED, ref.asset, ref.field, code=code))
        return [(found, contexts[parent]) for parent, found in parts.items()]

    def is_nameable(self, label: str) -> bool:
        """Whether a sheet's name, a comment or a label may be kept: nothing personal was found in it."""
        if any(True for _ in patterns.spans(label)):
            return False
        if any(rule.matches(label.strip()) for rule in rules() if rule.chance <= 0.02 and not rule.needs_name):
            return False
        return not next(self.names.spans([label]))

    def _evidence(self, column: Column, parent: str, last: str, context: TableContext, origin: Origin) -> Evidence:
        reading = read_name(column.field.meaning) if column.field.meaning else read_path(parent, last)
        if reading.category is None and reading.denied_by is None:
            reading = in_table(reading, last, context.words)
        if column.field.references is not None:  # a key that points elsewhere is an address, not the thing itself
            reading = _as_key(reading)
        if column.binary and not column.counts:
            return Evidence(column, _of_binary(column, reading))
        values = _first(column.counts, self.most)
        words = split(last)
        is_text = reading.category == "text.personal" or is_running_text(column.counts)
        # Sentences are no identifiers; what is in them is looked for below.
        cells = _first(values, _FEWER) if is_text else values
        shapes = by_shape(cells)
        passed, taken = try_values(cells, reading.category, words, shapes)
        texts = list(cells)
        some = _evenly(texts, _FEWER)
        called, dialled = phones.column(some, origin.countries, is_named=reading.category == "contact.phone")
        is_named = reading.category is not None
        passed = identifiers.weigh(texts, passed, words, origin.countries, is_named=is_named) + called
        passed = formats.weigh(texts, passed, _said(reading, words))
        taken |= dialled if len(some) == len(texts) else _alike(shapes, dialled)
        kinds = tuple(secrets.kinds(cells, reading.category, (one.category for one in passed)))
        if is_text:
            return Evidence(column, reading, tuple(passed), self._text(values), kinds=kinds)
        # What is no identifier as a whole may hold one: ``Jane Doe <jane@…>``, ``mailto:…``, a long address of a page.
        rest = {value: count for value, count in values.items() if value not in taken and _MAY_HOLD.search(value)}
        inside = read_texts(rest, NameReader(None), self._regions()) if rest else None
        return Evidence(column, reading, tuple(passed), None, inside, identifiers.is_refuted(texts, words), kinds)

    def _text(self, values: Mapping[str, int]) -> TextReading:
        return read_texts(values, self.names, self._regions())

    def _document(self, ref: FieldRef, texts: list[str], group: str | None) -> FieldVerdict:
        joined = Counter(texts)
        reading = read_texts(joined, self.names, self._regions())
        column = Column(Field(ref), dict(joined), sampled=len(texts))
        context = TableContext(None, 0.6, "a document")
        if group in ("product", "animal"):  # a list of models that are called after people
            context = TableContext(None, 0.2, "its name says that it is about things", group=group)
        verdict = judge(Evidence(column, NameReading(), (), reading), context)
        if verdict.state is State.UNDECIDED or (verdict.state is State.CLEAN and reading.contained):
            weight = verdict.terms[0].weight if verdict.terms else 0.0
            found = sum(item.count for item in reading.contained)
            verdict = replace(
                verdict, terms=(Term(f"{found} possible names or identifiers, too few to be sure", weight),)
            )
        # Shapes of whole documents say nothing, and the bound is not over values.
        return replace(verdict, shapes=(), bound=None)

    def _regions(self) -> tuple[str, ...]:
        return (self.country, *phones.REGIONS[:6]) if self.country else ()


def unread(content: Content, verdicts: Sequence[FieldVerdict]) -> list[Skipped]:
    """Columns of bytes that are no text: their content was not looked at, and unless their name says what they hold
    there is no verdict on them.
    """
    personal = {verdict.ref for verdict in verdicts if verdict.state.is_personal}
    return [
        Skipped(ref.source, Reason.UNSUPPORTED_TYPE, ref.asset, ref.field)
        for ref in (column.field.ref for column in content.columns if column.binary and not column.counts)
        if ref not in personal
    ]


def cut(content: Content) -> list[Skipped]:
    """Columns with values that were too long to be looked at to their end. They have a verdict all the same."""
    return [
        Skipped(ref.source, Reason.TOO_LARGE, ref.asset, ref.field, code=f"{column.cut} values over {VALUE_CHARS}")
        for ref, column in ((column.field.ref, column) for column in content.columns)
        if column.cut
    ]


def _bound(verdict: FieldVerdict, column: Column, content: Content, most: int | None) -> float | None:
    """The most that could be hidden in a column in which nothing was found.

    Nothing among n different values of a random sample leaves room for 3/n of the values (rule of three, 95 %). A
    table read whole leaves none but what was not tried; of rows taken from the head alone, or from some tables of a
    series, nothing follows.
    """
    tried = len(column.counts) if most is None else min(len(column.counts), most)
    if verdict.state.is_personal or not tried or column.cut or content.sampling in ("head", "members"):
        return None
    if content.is_whole and tried == len(column.counts):
        return 0.0
    return round(min(1.0, 3 / tried), 6)


def try_values(
    values: Mapping[str, int],
    named: str | None = None,
    words: Sequence[str] = (),
    shapes: Mapping[str, list[str]] | None = None,
) -> tuple[list[Passed], set[str]]:
    """How each rule that fits at least one value did, over distinct values; and the values that are identifiers.

    ``named``: the category that the column's name says, ``words``: the name itself; rules that need a name are tried
    where one of the two is theirs. ``shapes``: the values as ``by_shape`` gives them, where it has been asked.
    """
    fitting: dict[Rule, list[str]] = defaultdict(list)
    for shape, group in (by_shape(values) if shapes is None else shapes).items():
        for rule in _fitting(shape):
            fitting[rule] += group
    found: list[Passed] = []
    taken: set[str] = set()
    for rule, fits in fitting.items():
        if rule.needs_name and not _is_named(rule, named, words):
            continue
        tried, hits = _try(rule, fits)
        if rule.chance <= _OFTEN:
            # Where nearly all pass, what was not tried is as good.
            taken.update(hits if len(hits) < _SETTLED_SHARE * len(tried) else set(fits) - (set(tried) - set(hits)))
        if hits or (rule.category == named and rule.name.startswith("lexicon:")):  # whose silence says something
            found.append(
                Passed(
                    rule.name,
                    rule.category,
                    len(hits),
                    # Those that were tried stand for as large a share of the values that do not fit.
                    round(len(values) * len(tried) / len(fits)),
                    rule.chance,
                    rule.needs_name and rule.category == named,  # named otherwise, it counts by itself
                    rule.most,
                )
            )
    return found, taken


def _is_long_secret(value: str) -> bool:
    """Whether a long value begins as keys, tokens and hashes of passwords do."""
    return len(value) <= _SECRET_CHARS and value.startswith(_SECRETS)


def by_shape(values: Mapping[str, int]) -> dict[str, list[str]]:
    """The values that may be identifiers by their signatures."""
    cells = [value for value in values if len(value) <= _CELL_CHARS or _is_long_secret(value)]
    groups: dict[str, list[str]] = defaultdict(list)
    for shape, value in zip(signatures(cells), cells, strict=True):
        if len(shape) in _DIGESTS and _DIGEST.fullmatch(value):
            shape = _DIGESTS[len(shape)]
        groups[shape].append(value)
    return groups


def _alike(shapes: Mapping[str, list[str]], some: Iterable[str]) -> set[str]:
    """The values that are written as some of them are."""
    found = set(signatures(some))
    return {value for shape, group in shapes.items() if shape in found for value in group}


def _try(rule: Rule, fits: Sequence[str]) -> tuple[Sequence[str], list[str]]:
    """Values on which a rule was tried, and those that passed: all that fit, unless a part of them settles it."""
    if len(fits) <= _FIRST_TRIED:
        return fits, [value for value in fits if rule.accepts(value)]
    tried = _evenly(fits, _FIRST_TRIED)
    hits = [value for value in tried if rule.accepts(value)]
    share = len(hits) / len(tried)
    # Nor is one number of a country's looked for among many alike that are none.
    if (rule.chance > _RARE or (rule.country and not hits)) and share < min(0.5, _HOPEFUL * rule.chance):
        return tried, hits
    tried = _evenly(fits, _FEWER) if share >= _SETTLED_SHARE or rule.chance > _OFTEN else fits
    return tried, [value for value in tried if rule.accepts(value)]


def _evenly(values: Sequence[str], most: int) -> Sequence[str]:
    if len(values) <= most:
        return values
    step = len(values) / most
    return [values[int(index * step)] for index in range(most)]


def _is_named(rule: Rule, named: str | None, words: Sequence[str]) -> bool:
    if named is not None and (rule.category == named or named in rule.named_by):
        return True
    scheme = identifiers.schemes().get(rule.name)
    return scheme is not None and identifiers.says(words, scheme)


#: Words for a day: with another word they say of what it is, and that is no birth.
_DATED = frozenset(
    {"date", "dt", "datum", "dat", "fecha", "data", "jour", "dia", "giorno", "at", "on", "from", "since"}
)


def _said(reading: NameReading, words: Sequence[str]) -> str | None:
    """What a column's name says it holds, personal or not; None where it says nothing."""
    return reading.category or reading.denied_by or next((word for word in words if word in _DATED), None)


def is_running_text(counts: Mapping[str, int]) -> bool:
    """Whether a column's values are sentences rather than cells."""
    values = list(_first(counts, 200))
    if not values:
        return False
    if sum(value[0] in "{[" and value[-1] in "}]" for value in values) >= _STRUCTURED * len(values):
        return True
    # Words of letters: the groups of an IBAN or a telephone number make no sentence.
    words = sum(word.strip(".,;:!?()\"'").isalpha() for value in values for word in value.split()) / len(values)
    letters = sum(char.isalpha() for value in values[:50] for char in value[:100])
    length = sum(len(value) for value in values) / len(values)
    spaced = sum(" " in value for value in values) / len(values)
    return letters > 0 and (words >= _TEXT_WORDS or (length >= _TEXT_CHARS and spaced > 0.5))


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """All rules for whole values."""
    return (
        patterns.rules()
        + phones.rules()
        + formats.rules()
        + lexicon.rules()
        + people.rules()
        + places.rules()
        + identifiers.rules()
    )


@dataclass(frozen=True, slots=True)
class _Bundle:
    """Some forms, with one expression that fits whatever one of them does."""

    any_of: re.Pattern[str]
    forms: tuple[tuple[re.Pattern[str], tuple[Rule, ...]], ...]


@lru_cache(maxsize=1)
def _bundles() -> tuple[_Bundle, ...]:
    """The rules by what their values look like. Telephones are not among them: a column is tried as a whole.

    There are hundreds of forms, and codes can have as many shapes as values: most are refused by a bundle at once.
    """
    forms: dict[re.Pattern[str], list[Rule]] = defaultdict(list)
    for rule in rules():
        if rule not in phones.rules():
            forms[rule.shape].append(rule)
    ordered = sorted(((form, tuple(found)) for form, found in forms.items()), key=lambda item: item[0].pattern)
    bundles = []
    for start in range(0, len(ordered), _BUNDLE):
        some = tuple(ordered[start : start + _BUNDLE])
        any_of = re.compile("|".join(f"(?:{form.pattern})" for form, _ in some), re.DOTALL)
        bundles.append(_Bundle(any_of, some))
    return tuple(bundles)


@lru_cache(maxsize=100_000)
def _fitting(shape: str) -> tuple[Rule, ...]:
    return tuple(
        rule
        for bundle in _bundles()
        if bundle.any_of.fullmatch(shape)
        for form, found in bundle.forms
        if form.fullmatch(shape)
        for rule in found
    )


def _first(counts: Mapping[str, int], most: int | None) -> dict[str, int]:
    if most is None or len(counts) <= most:
        return dict(counts)
    return {key: counts[key] for key in _evenly(list(counts), most)}


def _as_key(reading: NameReading) -> NameReading:
    return replace(reading, strength=reading.strength * 0.5) if reading.category != "identity.subject_id" else reading


def _of_binary(column: Column, reading: NameReading) -> NameReading:
    if reading.category == "identity.photo" and not any(map(_is_image, column.magic)):
        return replace(reading, strength=reading.strength * 0.8)
    return reading


def _is_image(magic: bytes) -> bool:
    return magic.startswith((b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"RIFF", b"\x15\x1c"))


def _paths(names: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Each field's name as what it stands in (the sheet, the JSON object; empty for the table itself) and its own name.

    A dot that no second field shares is a part of a heading: ``Fam.Stand``.
    """
    parents = Counter(name.rpartition(".")[0] for name in names)
    found = {}
    for name in names:
        parent, _, last = name.rpartition(".")
        is_path = bool(parent) and (parents[parent] > 1 or "*" in name.split("."))
        found[name] = (parent, last if last != "*" else parent) if is_path else ("", name)
    return found


def read_path(parent: str, last: str) -> NameReading:
    """What a field's name says; where it alone says nothing, together with the part before it.

    ``name.first`` is a first name, ``birth.date`` a date of birth.
    """
    reading = read_name(last.rpartition(".")[2] if parent else last)
    before = [_INDEX.sub("", part) for part in parent.split(".") if part not in ("*", "", last)]
    if reading.category is None and reading.denied_by is None and before:
        for joined in (f"{before[-1]}_{last}", f"{last}_{before[-1]}"):
            found = read_name(joined)
            if found.category is not None:
                return found
    return reading


def _within(root: TableContext, inner: TableContext) -> TableContext:
    """The context of an object that stands in a row, where it says nothing by itself: it is whose the row is."""
    if inner.subject is not None or inner.person_ratio >= root.person_ratio or inner.group in _OWN_THINGS:
        return inner
    return replace(inner, subject=root.subject, person_ratio=root.person_ratio, because=root.because)


def in_table(reading: NameReading, column: str, table: tuple[str, ...]) -> NameReading:
    """What a name says together with its table's: ``code`` of a ``payment_card``, ``house`` of an ``address``."""
    own = split(column)
    if not table or not own or set(own) <= KEYS - {"code", "number"}:
        return reading
    found = read_name("_".join((*table, *own)))
    if found.category is None or not {own[0], own[-1]} & set(found.words) or not set(found.words) - set(own):
        return reading
    return replace(found, strength=found.strength * 0.8, subject=reading.subject)


def _texts(content: Content) -> dict[FieldRef, list[str]]:
    texts: dict[FieldRef, list[str]] = defaultdict(list)
    for part in content.texts:
        texts[part.field.ref].append(part.text)
    return texts
