"""What a value is when it is nothing personal: organisations, wares, dates, files, versions, numbers, states of things.

Rules as those for personal data, with categories that begin with ``not.``: the more values of a column pass, the less
likely the column is one of people. A value may pass several.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from functools import lru_cache
from importlib import resources

from scanners.detect.base import Rule
from scanners.detect.folding import word_fold
from scanners.detect.people import is_full_name, lexicon, looks_like_organisation, word_weights
from scanners.detect.places import is_address_line

_ANY = re.compile(r".{1,200}", re.DOTALL)
_WORDS = re.compile(r"(?=.*a)[-a9+?_ '/.,()&#%:;!\"$*]{2,80}")
_SPLIT = re.compile(r"[\s,;:/()\"&+-]+")

_DATE = re.compile(
    r"\d{4}[-/.]\d{1,2}(?:[-/.]\d{1,2})?(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z| ?[+-]\d{2}:?\d{2})?)?"
    r"|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})(?: \d{1,2}:\d{2}(?::\d{2})?(?: ?[AaPp]\.?[Mm]\.?)?)?"
    r"|\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[AaPp]\.?[Mm]\.?)?|(?:1[89]|20)\d{2}(?:[-/](?:\d{2}|\d{4}))?"
    r"|[QHWK]\d{1,2}[ -/]?\d{4}"
)
_NUMBER = re.compile(
    r"[-+(]?(?:[$€£¥]|USD|EUR|GBP)? ?-?(?:\d{1,3}(?:[., '’]\d{3})+|\d+)?(?:[.,]\d+)?(?:[eE][+-]?\d+)?"
    r" ?(?:%|‰|[$€£¥]|USD|EUR|GBP|)\)?"
)
_VERSION = re.compile(
    r"[vV]?\d{1,4}\.\d{1,5}(?:\.\d{1,6}){0,3}(?:[-+._]?(?:alpha|beta|rc|dev|post|snapshot|final|b|a)[\w.-]*)?"
)
_LONG_VERSION = re.compile(r"[vV]\d|.*\..*\.|.*[a-zA-Z]")
_HASH = re.compile(
    r"(?=.*\d)(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})", re.IGNORECASE
)
_UUID = re.compile(r"\{?[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\}?")
_URL = re.compile(
    r"(?:[a-z][a-z0-9+.-]{1,12}://|www\.)\S+|(?:[a-z0-9-]+\.)+(?:com|org|net|io|de|fr|uk|eu|info)(?:/\S*)?",
    re.IGNORECASE,
)
_FILE = re.compile(
    r"(?:[\w .()@%+~$#-]*[/\\])*[\w .()@%+~$#-]{1,120}\.(?:jpe?g|png|gif|bmp|svg|webp|tiff?|heic|pdf|docx?|xlsx?|pptx?"
    r"|od[tsp]|csv|tsv|txt|json|xml|ya?ml|toml|ini|cfg|log|md|html?|css|s?js|ts|py|rb|java|cs?|cpp|h|go|rs|php|sql|sh|bat"
    r"|exe|dll|so|jar|zip|tar|gz|bz2|7z|rar|mp[34]|wav|flac|avi|mov|mkv|parquet|db|sqlite|bak|tmp|eml|msg|ics|key|pem)"
    r"|(?:/[\w.@%+~-]+){2,}/?|[A-Za-z]:\\[^<>|]+",
    re.IGNORECASE,
)
_MEDIA_TYPE = re.compile(
    r"(?:application|audio|font|image|message|model|multipart|text|video)/[\w.+-]+(?:; ?charset=.+)?"
)
_PART = re.compile(r"(?=[^ ]*\d)(?=[^ ]*[A-Z])[A-Z0-9]{1,10}(?:[-_/.][A-Z0-9]{1,10}){0,5}")
_MEASURE = re.compile(
    r"\d+(?:[.,]\d+)?\s?(?:mg|g|kg|lbs?|oz|ml|cl|l|mm|cm|m|km|inch|in|ft|gb|mb|tb|mah|hz|mhz|ghz|kw|watt|w|v|pcs?|pieces|pack|pkgs?"
    r"|bags?|boxes|jars?|tins?|bottles?|cans?|stk|st[uü]ck|x)\b|\b\d+\s?x\s?\d+\b|\d\s?[\"”″]",
    re.IGNORECASE,
)
_SPECIES = re.compile(
    r"[A-Z][a-z]{1,14}(?:us|a|um|is|es|as|on|os|ax|ix|er|ys) [a-z]{2,14}(?:us|a|um|is|i|ae|ens|ans|or|ix|oides|es)"
)
_TITLE = re.compile(
    r"(?:The|A|An|Der|Die|Das|Le|La|Les|Un|Une|El|Los|Las|Il|Lo|Gli|O|Os|As|De|Het) [^\W\d_].*|[^:]{2,40}: .+"
    r"|.+ (?:of|the|and|in|und|der|des|et|du|y|del|e|van|i) .+|.+[!?]"
    r"|.+(?:, (?:The|A|An)| [IVX]{2,}| \(?(?:Part|Vol\.?|Teil|Live|Remix).*)"
)


def _full(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda value: pattern.fullmatch(value.strip()) is not None


@lru_cache(maxsize=1)
def _sets() -> dict[str, frozenset[str]]:
    with resources.files("scanners.detect").joinpath("negatives.toml").open("rb") as stream:
        data = tomllib.load(stream)
    return {key: frozenset(values.split()) for key, values in data.items()}


def _joined(value: str) -> str:
    return word_fold(value).strip(" .").replace(" ", "-").replace("_", "-")


def _in(name: str) -> Callable[[str], bool]:
    return lambda value: _joined(value) in _sets()[name]


def _parts(value: str) -> list[str]:
    return [part.strip(".!?'*#") for part in _SPLIT.split(word_fold(value)) if part.strip(".!?'*#")]


def is_number(value: str) -> bool:
    """Whether a value is a plain number, an amount or a share."""
    text = value.strip()
    return any(map(str.isdigit, text)) and _NUMBER.fullmatch(text) is not None


def is_version(value: str) -> bool:
    """Whether a value is a version: more than a number with a decimal point."""
    text = value.strip()
    return _VERSION.fullmatch(text) is not None and _LONG_VERSION.match(text) is not None


def is_date(value: str) -> bool:
    """Whether a value is a date, a time, a month or a day of the week."""
    if _DATE.fullmatch(value.strip()):
        return True
    parts = [part for part in _parts(value) if not part.isdigit() and part not in ("of", "de", "th", "st", "nd", "rd")]
    return 1 <= len(parts) <= 2 and all(part in _sets()["dates"] for part in parts)


@lru_cache(maxsize=20_000)
def is_phrase(value: str) -> bool:
    """Whether a value is made of common words, with hardly one that is a name's: ``Steel Hammer``, ``in progress``."""
    known = lexicon()
    parts = [part for part in _parts(value) if not any(map(str.isdigit, part)) and len(part) > 1]
    parts = [part for part in parts if part not in known.titles]
    if not parts or len(parts) > 12 or is_full_name(value) or is_address_line(value):
        return False
    common = sum(part in known.codes and max(word_weights(part)) <= -1.5 for part in parts)
    named = sum(part in known.codes and max(word_weights(part)) >= 1.0 for part in parts)
    return common >= 0.5 * len(parts) and named <= 0.34 * len(parts)


@lru_cache(maxsize=20_000)
def is_product(value: str) -> bool:
    """Whether a value is a ware: words with a measure, a colour, or a word for wares at the end."""
    parts = _parts(value)
    if not 2 <= len(parts) <= 14 or is_full_name(value):
        return False
    sets = _sets()
    if _MEASURE.search(value) or parts[-1] in sets["wares"] or parts[0] in sets["wares"]:
        return True
    return any(part in sets["colours"] or part in sets["materials"] for part in parts) and is_phrase(value)


def is_title(value: str) -> bool:
    """Whether a value is built like a title of a film, a book or a song, and not like a name."""
    return len(value.split()) > 1 and _TITLE.fullmatch(value.strip()) is not None and not is_full_name(value)


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """Rules for what is not personal.

    ``chance`` is the share of people's names and other personal values that pass all the same.
    """
    return (
        Rule(
            "not:organisation",
            "not.organisation",
            _WORDS,
            looks_like_organisation,
            0.01,
            examples=("Kestrel Optics Ltd.", "Stadtwerke Nordheim GmbH"),
            counter_examples=("Jane Doe", "Berlin"),
        ),
        Rule(
            "not:product",
            "not.product",
            _WORDS,
            is_product,
            0.01,
            examples=("Steel Hammer 500 g", "Red Cotton Shirt", "USB Cable"),
            counter_examples=("Jane Doe", "Anna Brown"),
        ),
        Rule(
            "not:phrase",
            "not.phrase",
            _WORDS,
            is_phrase,
            0.03,
            examples=("in progress", "Customer Service", "blue"),
            counter_examples=("Jane Doe", "Schmidt"),
        ),
        Rule(
            "not:title",
            "not.title",
            _WORDS,
            is_title,
            0.02,
            examples=("The Long Night", "A Day at the Lake", "Night Moves: The Return"),
            counter_examples=("Jane Doe", "Ludwig van Beethoven"),
        ),
        Rule(
            "not:species",
            "not.species",
            _WORDS,
            lambda value: _SPECIES.fullmatch(value.strip()) is not None,
            0.005,
            examples=("Parus major", "Felis silvestris"),
            counter_examples=("Jane Doe", "Maria Anders"),
        ),
        Rule(
            "not:date", "not.date", _ANY, is_date, 0.01, examples=("2024-01-02", "12:30", "März", "Jan 2024", "Friday")
        ),
        Rule("not:file", "not.file", _ANY, _full(_FILE), 0.002, examples=("report final.pdf", "/var/log/messages")),
        Rule("not:media_type", "not.file", _ANY, _full(_MEDIA_TYPE), 0.001, examples=("image/png",)),
        Rule("not:version", "not.version", _ANY, is_version, 0.01, examples=("1.2.3", "v2.0", "3.11.0rc1")),
        Rule("not:hash", "not.hash", _ANY, _full(_HASH), 0.001, examples=("d41d8cd98f00b204e9800998ecf8427e",)),
        Rule("not:uuid", "not.uuid", _ANY, _full(_UUID), 0.001, examples=("123e4567-e89b-12d3-a456-426614174000",)),
        Rule("not:url", "not.url", _ANY, _full(_URL), 0.005, examples=("https://example.org/a", "www.example.org")),
        Rule("not:number", "not.number", _ANY, is_number, 0.05, examples=("42", "-1,234.50", "12 %", "$ 3.99", "1e-5")),
        Rule(
            "not:part_number",
            "not.part_number",
            re.compile(r"(?=.*9)a[-a9_/.]{1,30}"),
            _full(_PART),
            0.3,
            examples=("SKU-0042", "AB12-C3", "BK-M82S-38"),
            counter_examples=("jane2", "Jane Doe"),
        ),
        Rule("not:enum", "not.enum", _WORDS, _in("states"), 0.005, examples=("active", "In Progress", "storniert")),
        Rule("not:colour", "not.colour", _WORDS, _in("colours"), 0.01, examples=("dark blue", "rot")),
        Rule("not:unit", "not.unit", _WORDS, _in("units"), 0.02, examples=("kg", "pieces")),
        Rule("not:currency", "not.currency", _WORDS, _in("currencies"), 0.01, examples=("EUR", "dollar")),
    )
