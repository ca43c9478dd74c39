"""Processing activities: what people declare about what they do with personal data (GDPR Art. 30), as frozen data.

An activity is written down as TOML, so that it can be kept in Git and commented; ``parse`` reads it and tells every
mistake by the key it is in. Nothing here is invented: what was not declared is empty.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from typing import Any

from data_map.codes import ART9_CONDITIONS, COUNTRIES, LEGAL_BASES, MECHANISMS, MISWRITTEN
from data_map.errors import UsageError
from data_map.model import FieldRef
from data_map.taxonomy import CATEGORIES, category

KEY_PATTERN = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
KEY_CHARS = 60
#: What `category` of a retention says when it holds for every category.
EVERY_CATEGORY = "*"

_CATEGORY_KEY = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+")
_PERIOD = re.compile(r"P(?=\d)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?")
_INSTEAD_OF_LIST = "none"


class ActivityError(UsageError):
    """The text is no activity, or there is a mistake in it."""


class Role(StrEnum):
    """In which role the organisation carries an activity out."""

    CONTROLLER = "controller"
    PROCESSOR = "processor"


class RecipientKind(StrEnum):
    """What a recipient is to the controller."""

    INTERNAL = "internal"
    PROCESSOR = "processor"
    CONTROLLER = "controller"
    AUTHORITY = "authority"


class RetentionAction(StrEnum):
    """What is done when a time limit has passed."""

    ERASE = "erase"
    ANONYMISE = "anonymise"
    ARCHIVE = "archive"
    REVIEW = "review"


class RequiredBy(StrEnum):
    """Who asks for an entry."""

    ART30 = "art30"
    #: Another provision of the GDPR, or this tool.
    OTHER = "other"
    OPTIONAL = "optional"


@dataclass(frozen=True, slots=True)
class Need:
    """Why an entry is there."""

    required_by: RequiredBy
    #: ``Art. 30(1)(b)``; empty when no provision asks for it.
    article: str = ""
    #: ``always``, ``where applicable``, ``where possible``; empty when it is not of Art. 30.
    when: str = ""


def _art30(article: str, when: str = "always") -> dict[str, Need]:
    return {"need": Need(RequiredBy.ART30, f"Art. 30{article}", when)}


def _other(article: str = "") -> dict[str, Need]:
    return {"need": Need(RequiredBy.OTHER, article)}


def _optional() -> dict[str, Need]:
    return {"need": Need(RequiredBy.OPTIONAL)}


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody with a name who can be reached."""

    name: str
    #: Postal address, e-mail address, telephone number: as written.
    contact: str | None = None
    representative: str | None = None
    #: ISO 3166-1 alpha-2.
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Controller:
    """Whose record it is: GDPR Art. 30(1)(a)."""

    name: str = ""
    country: str = ""
    contact: str = ""
    representative: Party | None = None
    officer: Party | None = None


@dataclass(frozen=True, slots=True)
class LegalBasis:
    """What makes the processing lawful."""

    #: ``6.1.a`` to ``6.1.f``.
    code: str
    #: The law, where the basis rests on one.
    law: str | None = None
    #: The legitimate interest, for 6.1.f.
    interest: str | None = None


@dataclass(frozen=True, slots=True)
class Art9Condition:
    """What lifts the ban on special categories."""

    #: ``9.2.a`` to ``9.2.j``.
    code: str
    law: str | None = None


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets the data, past or future."""

    name: str
    kind: RecipientKind
    #: ISO 3166-1 alpha-2.
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Transfer:
    """A transfer to a third country or to an international organisation: one of the two is set."""

    country: str | None = None
    organisation: str | None = None
    #: A key of ``codes.MECHANISMS``; None when it was not declared.
    mechanism: str | None = None
    #: Where the safeguards are documented.
    document: str | None = None


@dataclass(frozen=True, slots=True)
class Retention:
    """A time limit for erasure: a period or a criterion."""

    #: A category as declared, or ``*`` for all.
    category: str
    #: ISO 8601 in years, months, weeks and days: ``P10Y``.
    period: str | None = None
    criterion: str | None = None
    #: The event from which the period runs.
    starts_on: str | None = None
    #: The law or policy behind it.
    basis: str | None = None
    action: RetentionAction = RetentionAction.ERASE


@dataclass(frozen=True, slots=True)
class FieldPattern:
    """Which fields of the map an activity claims: ``source:asset#field`` in which ``*`` and ``?`` stand for anything.

    Without ``#field`` it claims every field of the assets. ``*`` matches ``/`` too. As in a reference, ``: # %`` inside
    a part are written as %XX.
    """

    text: str
    source: str
    asset: str
    #: None claims every field.
    field: str | None

    def __str__(self) -> str:
        return self.text

    @classmethod
    def parse(cls, text: str) -> FieldPattern:
        """Read a pattern.

        Raises:
            ValueError: it has no source, no asset or an empty field.
        """
        has_field = "#" in text
        try:
            ref = FieldRef.parse(text if has_field else f"{text}#*")
        except ValueError:
            msg = "is written source:table or source:table#field, for example crm:public.customers*"
            raise ValueError(msg) from None
        return cls(text, ref.source, ref.asset, ref.field if has_field else None)

    @property
    def is_exact(self) -> bool:
        """Whether it can fit one asset only."""
        return not set("*?") & set(self.source + self.asset)

    def fits_source(self, source: str) -> bool:
        """Whether the pattern is about a source."""
        return _glob(self.source).fullmatch(source) is not None

    def fits_asset(self, source: str, asset: str) -> bool:
        """Whether the pattern is about an asset, whole or in part."""
        return self.fits_source(source) and _glob(self.asset).fullmatch(asset) is not None

    def fits(self, ref: FieldRef) -> bool:
        """Whether the pattern claims a field."""
        return self.fits_asset(ref.source, ref.asset) and (
            self.field is None or _glob(self.field).fullmatch(ref.field) is not None
        )


@cache
def _glob(pattern: str) -> re.Pattern[str]:
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(char) or re.escape(char) for char in pattern), re.DOTALL)


@dataclass(frozen=True, slots=True)
class ProcessingActivity:
    """One entry of the record, as declared. ``need_of`` says who asks for each field."""

    #: ``a-z 0-9 -``; never changes.
    key: str = field(metadata=_other())
    name: str = field(metadata=_other())
    role: Role = field(default=Role.CONTROLLER, metadata=_other("Art. 4(7), (8)"))
    joint_controllers: tuple[Party, ...] = field(default=(), metadata=_art30("(1)(a)", "where applicable"))
    purposes: tuple[str, ...] = field(default=(), metadata=_art30("(1)(b)"))
    data_subjects: tuple[str, ...] = field(default=(), metadata=_art30("(1)(c)"))
    #: Keys of the taxonomy, and descriptions in free words.
    categories: tuple[str, ...] = field(default=(), metadata=_art30("(1)(c)"))
    #: None: not declared. Empty: declared that there are none.
    recipients: tuple[Recipient, ...] | None = field(default=None, metadata=_art30("(1)(d)"))
    transfers: tuple[Transfer, ...] = field(default=(), metadata=_art30("(1)(e)", "where applicable"))
    retention: tuple[Retention, ...] = field(default=(), metadata=_art30("(1)(f)", "where possible"))
    security_measures: tuple[str, ...] = field(default=(), metadata=_art30("(1)(g)", "where possible"))
    #: On whose behalf a processor acts.
    controllers: tuple[Party, ...] = field(default=(), metadata=_art30("(2)(a)"))
    #: What a processor does for them.
    processing: tuple[str, ...] = field(default=(), metadata=_art30("(2)(b)"))
    legal_basis: tuple[LegalBasis, ...] = field(default=(), metadata=_other("Art. 6(1), 13(1)(c)"))
    art9: tuple[Art9Condition, ...] = field(default=(), metadata=_other("Art. 9(2)"))
    #: The law that allows data about crimes.
    art10_law: str | None = field(default=None, metadata=_other("Art. 10"))
    #: Where the data comes from when not from the people themselves.
    data_source: str | None = field(default=None, metadata=_other("Art. 14(2)(f), 15(1)(g)"))
    automated_decisions: str | None = field(default=None, metadata=_other("Art. 15(1)(h), 22"))
    #: Where the impact assessment is kept.
    dpia: str | None = field(default=None, metadata=_other("Art. 35"))
    fields: tuple[FieldPattern, ...] = field(default=(), metadata=_optional())
    systems: tuple[str, ...] = field(default=(), metadata=_optional())
    owner: str | None = field(default=None, metadata=_optional())
    reviewed_on: date | None = field(default=None, metadata=_optional())
    notes: str | None = field(default=None, metadata=_optional())


#: Every key of an activity, in the order of the template.
KEYS: tuple[str, ...] = tuple(item.name for item in fields(ProcessingActivity))


def need_of(key: str) -> Need:
    """Who asks for a field of an activity."""
    found = next(item.metadata["need"] for item in fields(ProcessingActivity) if item.name == key)
    assert isinstance(found, Need)  # noqa: S101 - see the class
    return found


def is_category_key(text: str) -> bool:
    """Whether a declared category is one of the taxonomy; a description in free words cannot be compared with scans."""
    return text in CATEGORIES


def title_of(text: str) -> str:
    """A declared category in words."""
    return CATEGORIES[text].title if is_category_key(text) else text


# Reading


def parse(text: str) -> ProcessingActivity:
    """An activity from its TOML.

    Raises:
        ActivityError: it is no TOML, or has mistakes; the message has a line for each, with its key.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        msg = f"The activity is not valid TOML: {_first_line(error)}"
        raise ActivityError(msg) from None
    activity, problems = read(raw)
    if activity is None or problems:
        raise ActivityError(told("The activity", problems))
    return activity


def told(what: str, problems: Sequence[str]) -> str:
    """Mistakes as a message."""
    noun = "a mistake" if len(problems) == 1 else "mistakes"
    return "\n".join((f"{what} has {noun}:", *(f"  {problem}" for problem in problems)))


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]


def read(raw: Mapping[str, Any]) -> tuple[ProcessingActivity | None, list[str]]:
    """An activity from data, or None, with every mistake in it."""
    reader = _Reader(raw, "", [])
    key = reader.required("key")
    if key and (len(key) > KEY_CHARS or not KEY_PATTERN.fullmatch(key)):
        reader.problem("key", f"is written with a to z, 0 to 9 and - between them, at most {KEY_CHARS}")
    activity = ProcessingActivity(
        key=key,
        name=reader.required("name"),
        role=Role(reader.choice("role", tuple(Role), Role.CONTROLLER)),
        joint_controllers=tuple(_party(part) for part in reader.tables("joint_controllers")),
        purposes=reader.texts("purposes"),
        data_subjects=reader.texts("data_subjects"),
        categories=_categories(reader),
        recipients=_recipients(reader),
        transfers=tuple(_transfer(part) for part in reader.tables("transfers")),
        retention=tuple(_retention(part) for part in reader.tables("retention")),
        security_measures=reader.texts("security_measures"),
        controllers=tuple(_party(part) for part in reader.tables("controllers")),
        processing=reader.texts("processing"),
        legal_basis=tuple(_legal_basis(part) for part in reader.tables("legal_basis")),
        art9=tuple(_art9(part) for part in reader.tables("art9")),
        art10_law=reader.text("art10_law"),
        data_source=reader.text("data_source"),
        automated_decisions=reader.text("automated_decisions"),
        dpia=reader.text("dpia"),
        fields=_patterns(reader),
        systems=reader.texts("systems"),
        owner=reader.text("owner"),
        reviewed_on=reader.day("reviewed_on"),
        notes=reader.text("notes"),
    )
    reader.end()
    for number, item in enumerate(activity.retention, 1):
        if item.category not in (EVERY_CATEGORY, "", *activity.categories):
            near = get_close_matches(item.category, activity.categories, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            reader.problem(f"retention.{number}.category", f"is neither * nor one of the categories above{hint}")
    return (None if reader.problems else activity), reader.problems


def _categories(reader: _Reader) -> tuple[str, ...]:
    found = reader.texts("categories")
    for number, text in enumerate(found, 1):
        _check_category(reader, f"categories.{number}", text)
    return found


def _check_category(reader: _Reader, place: str, text: str) -> None:
    """A word that looks like a key of the taxonomy has to be one; everything else is a description."""
    if _CATEGORY_KEY.fullmatch(text) and not is_category_key(text):
        try:
            category(text)
        except UsageError as error:
            reader.problem(place, str(error))


def _patterns(reader: _Reader) -> tuple[FieldPattern, ...]:
    found = []
    for number, text in enumerate(reader.texts("fields"), 1):
        try:
            found.append(FieldPattern.parse(text))
        except ValueError as error:
            reader.problem(f"fields.{number}", str(error))
    return tuple(found)


def _party(part: _Reader) -> Party:
    party = Party(part.required("name"), part.text("contact"), part.text("representative"), part.country("country"))
    part.end()
    return party


def _recipients(reader: _Reader) -> tuple[Recipient, ...] | None:
    given = reader.raw.get("recipients")
    if isinstance(given, str) and given.strip().lower() == _INSTEAD_OF_LIST:
        reader.known.add("recipients")
        return ()
    parts = list(reader.tables("recipients", f'a list of tables, or "{_INSTEAD_OF_LIST}"'))
    found = []
    for part in parts:
        kind = part.choice("kind", tuple(RecipientKind))
        found.append(Recipient(part.required("name"), RecipientKind(kind), part.country("country")))
        part.end()
    return tuple(found) or None


def _transfer(part: _Reader) -> Transfer:
    country, organisation = part.country("country"), part.text("organisation")
    if (part.raw.get("country") is None) == (organisation is None):
        part.problem("", "give exactly one of country and organisation")
    mechanism = part.choice("mechanism", tuple(MECHANISMS), "") or None
    transfer = Transfer(country, organisation, mechanism, part.text("document"))
    part.end()
    return transfer


def _retention(part: _Reader) -> Retention:
    period, criterion = part.text("period"), part.text("criterion")
    if period is not None and not _PERIOD.fullmatch(period):
        part.problem("period", "is written as an ISO 8601 period in years, months, weeks or days: P10Y, P6M, P90D")
    if (part.raw.get("period") is None) == (part.raw.get("criterion") is None):
        part.problem("", "give exactly one of period and criterion")
    retention = Retention(
        category=part.text("category") or EVERY_CATEGORY,
        period=period,
        criterion=criterion,
        starts_on=part.text("starts_on"),
        basis=part.text("basis"),
        action=RetentionAction(part.choice("action", tuple(RetentionAction), RetentionAction.ERASE)),
    )
    part.end()
    return retention


def _legal_basis(part: _Reader) -> LegalBasis:
    basis = LegalBasis(part.choice("code", tuple(LEGAL_BASES)), part.text("law"), part.text("interest"))
    part.end()
    return basis


def _art9(part: _Reader) -> Art9Condition:
    condition = Art9Condition(part.choice("code", tuple(ART9_CONDITIONS)), part.text("law"))
    part.end()
    return condition


class _Reader:
    """Takes the keys of a table one by one, notes mistakes, and at the end tells the keys that nobody took."""

    def __init__(self, raw: Mapping[str, Any], prefix: str, problems: list[str]) -> None:
        self.raw = raw
        self.prefix = prefix
        self.problems = problems
        self.known: set[str] = set()

    def problem(self, key: str, what: str) -> None:
        self.problems.append(f"{(self.prefix + key).strip('.')}: {what}")

    def _take(self, key: str) -> Any:
        self.known.add(key)
        return self.raw.get(key)

    def text(self, key: str) -> str | None:
        """A text; None when it is absent or blank."""
        value = self._take(key)
        if value is None:
            return None
        if not isinstance(value, str):
            self.problem(key, "has to be a text in quotation marks")
            return None
        return value.strip() or None

    def required(self, key: str) -> str:
        found = self.text(key)
        if found is None and isinstance(self.raw.get(key, ""), str):
            self.problem(key, "is missing")
        return found or ""

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, each once."""
        value = self._take(key)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.problem(key, 'has to be a list of texts: ["…", "…"]')
            return ()
        for number, item in enumerate(value, 1):
            if not item.strip():
                self.problem(f"{key}.{number}", "is empty")
        return tuple(dict.fromkeys(item.strip() for item in value if item.strip()))

    def choice(self, key: str, choices: Sequence[str], default: str | None = None) -> str:
        """One of some words; the default, or the first of them, stands in for a mistake."""
        instead = choices[0] if default is None else default
        value = self.text(key)
        if value is None:
            if default is None:
                self.problem(key, f"is missing; it is one of {', '.join(choices)}")
            return instead
        if value not in choices:
            near = get_close_matches(value, choices, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            self.problem(key, f"is not one of {', '.join(choices)}{hint}")
            return instead
        return value

    def country(self, key: str) -> str | None:
        value = self.text(key)
        if value is None or value in COUNTRIES:
            return value
        meant = MISWRITTEN.get(value.upper(), value.upper())
        hint = f"; did you mean {meant}?" if meant in COUNTRIES else ""
        self.problem(key, f'is not a two-letter country code such as "DE"{hint}')
        return None

    def day(self, key: str) -> date | None:
        value = self._take(key)
        if isinstance(value, str):
            try:
                value = date.fromisoformat(value)
            except ValueError:
                value = 0
        if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
            return value
        self.problem(key, "has to be a date, written 2026-11-24")
        return None

    def tables(self, key: str, what: str = "a list of tables") -> Iterator[_Reader]:
        value = self._take(key)
        if value is None:
            return
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.problem(key, f"has to be {what}: write each under a line [[{key}]]")
            return
        for number, item in enumerate(value, 1):
            yield _Reader(item, f"{self.prefix}{key}.{number}.", self.problems)

    def end(self) -> None:
        """Note every key that was not taken."""
        for key in self.raw:
            if key not in self.known:
                near = get_close_matches(key, self.known, 1)
                self.problem(key, "there is no such key" + (f"; did you mean {near[0]}?" if near else ""))


# Writing

_TEMPLATE = """\
# A processing activity. Lines that begin with # explain or are examples: take the # off what fits, and change it.
# A letter stands for what Art. 30(1) GDPR asks for. `privacy ropa check` says what is still missing.

# How commands name it: a to z, 0 to 9 and -. It stays as it is.
key = "KEY"
# How people name it.
name = ""
# controller: you decide why and how. processor: you do it for somebody else; the end of this text is about that.
role = "controller"
# Who in the house answers for it, and when it was last looked through.
#owner = "Customer service"
#reviewed_on = 2026-11-24

# (b) What it is done for.
purposes = [
    #"Answering questions and complaints of customers",
]

# (c) Whose data.
data_subjects = [
    #"customers",
]

# (c) Which data. Keys such as contact.email, as `privacy map show` has them, are compared with what scans find;
# descriptions in your own words are not.
categories = [
    #"identity.name",
    #"contact.email",
    #"complaints in the customers' own words",
]

# Where the data is: source:table or source:file, with #field for single fields. * and ? stand for anything.
# `privacy map fields` lists what there is.
fields = [
    #"crm:public.customers*",
    #"crm:public.orders#email",
]
#systems = ["CRM"]

# (g) How it is protected, in general words, where possible.
#security_measures = ["access by role", "encrypted backups"]

# Where the data comes from, when not from the people themselves.
#data_source = "the employer of the contact person"
# Decisions that no human takes: how they come about, and what they mean for the person.
#automated_decisions = "none"
# Where the impact assessment is kept.
#dpia = "dpia/customer-care.pdf"
# The law that allows data about crimes (Art. 10).
#art10_law = ""
#notes = ""

# (d) Who gets the data, in third countries too. Either nobody does:
#recipients = "none"

# What follows are blocks. In TOML, all lines after [[…]] belong to that block: keep them below the lines above.

# (d) Or each recipient has a block. kind is internal, processor, controller (another one) or authority.
#[[recipients]]
#name = "Parcel services"
#kind = "controller"
#country = "DE"

# (e) Where data goes outside the European Economic Area: a country or an international organisation, and what that
# rests on: 45 (adequacy), 46.2.b (binding corporate rules), 46.2.c (standard clauses), 49.1.a (consent), …
#[[transfers]]
#country = "US"
##organisation = "World Health Organization"
#mechanism = "46.2.c"
#document = "contracts/mailer.pdf"

# (f) When data is erased, where possible for each category (* stands for all): a period (P10Y, P6M, P90D) or a
# criterion. action is erase, anonymise, archive or review.
#[[retention]]
#category = "*"
#period = "P3Y"
##criterion = "as long as the customer has an account"
#starts_on = "end of the contract"
#basis = "limitation of claims"
#action = "erase"

# (a) Who decides together with you, where somebody does.
#[[joint_controllers]]
#name = "Example AG"
#contact = "Example street 1, Zurich"
#representative = "Example GmbH, Berlin"
#country = "CH"

# What makes it lawful: 6.1.a consent, 6.1.b contract, 6.1.c legal obligation (name the law), 6.1.d vital interests,
# 6.1.e public task (name the law), 6.1.f legitimate interests (name them).
#[[legal_basis]]
#code = "6.1.b"
##law = "the law, for 6.1.c and 6.1.e"
##interest = "the interest, for 6.1.f"

# For special categories of data, what allows them: 9.2.a explicit consent, 9.2.b employment and social law, …
#[[art9]]
#code = "9.2.b"
#law = "the law"

# For role = "processor" (Art. 30(2)): what you do for the controllers goes up to the single lines,
#processing = ["printing and sending invoices"]
# and each controller has a block.
#[[controllers]]
#name = "Customer GmbH"
#contact = "privacy@customer.example"
"""


def template(key: str) -> str:
    """TOML for a new activity, with every key explained."""
    return _TEMPLATE.replace("KEY", key, 1)
