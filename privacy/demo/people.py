"""Invented people: names, homes, birthdays, ways to reach them. The names were made up for this demo."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from privacy.demo import identifiers

_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "o", "ł": "l", "ı": "i", "æ": "ae"})


@dataclass(frozen=True, slots=True)
class Culture:
    """Names that go together."""

    language: str
    #: Where half of its people live; the others live in Germany.
    home: str
    nationality: str
    women: tuple[str, ...]
    men: tuple[str, ...]
    families: tuple[str, ...]


def _culture(language: str, home: str, nationality: str, women: str, men: str, families: str) -> Culture:
    return Culture(
        language,
        home,
        nationality,
        *(tuple(part.strip() for part in names.split(",")) for names in (women, men, families)),
    )


CULTURES = (
    _culture(
        "de",
        "DE",
        "deutsch",
        "Annegret, Friederike, Hannelore, Jule, Käthe, Mareike, Sieglinde, Wiebke, Ann-Kathrin",
        "Burkhard, Detlef, Eike, Götz, Henning, Jörg, Lennart, Ulrich, Volker, Karl-Heinz",
        "Abendroth, Brückner, Dörfler, Eichelkraut, Finkbeiner, Grünwald, Hollerbach, Jäschke, Kirchhübel, Lüdemann,"
        "Möllenbrock, Niederhauser, Oberthür, Pfannkuch, Rehbein-Staudt, Schmidtke, Tannhuber, Übelacker, Voßkuhl,"
        "Wollenweber, Zwickenpflug, Ahlborn-Kreft",
    ),
    _culture(
        "fr",
        "FR",
        "französisch",
        "Agathe, Bérengère, Clémence, Éloïse, Maëlle, Solène, Anne-Laure",
        "Aurélien, Baptiste, Cédric, Gaëtan, Jean-Yves, Loïc, Tanguy",
        "Aubertin, Beaurepaire, Castelnau, Delacour, Escoffier, Fontvieille, Guérinot, Lemoigne, Maisonneuve, Quesnel,"
        "Roussillat, Saint-Brieux, Vauclair, Thévenet",
    ),
    _culture(
        "nl",
        "NL",
        "niederländisch",
        "Anouk, Femke, Geertje, Liesbeth, Marijke",
        "Bram, Diederik, Jeroen, Sjoerd, Wouter",
        "van den Akker, de Vreugd, Hoogland, Kuipers, Oosterhuis, ter Braak, Vermeulen, Zandstra, Brinkhof, Dijkgraaf,"
        "van Tuinen, Postmus",
    ),
    _culture(
        "es",
        "ES",
        "spanisch",
        "Almudena, Begoña, Itziar, Nuria, Rocío",
        "Álvaro, Gonzalo, Íñigo, Joaquín, Fermín",
        "Arizmendi, Benavente, Carrascosa, Echevarría, Gallardo, Hinojosa, Montalbán, Peñalver, Quiñones, Robledo,"
        "Zumárraga, Castaño Ibarra",
    ),
    _culture(
        "pl",
        "PL",
        "polnisch",
        "Agnieszka, Bożena, Grażyna, Małgorzata, Żaneta",
        "Bartosz, Grzegorz, Łukasz, Przemysław, Zbigniew",
        "Borkiewicz, Dąbek, Gołębiewicz, Jaśkiewicz, Kołodziej, Mazurek, Pawlak, Szczygieł, Świercz, Wrzosek, Zięba,"
        "Chmielarz",
    ),
    _culture(
        "it",
        "IT",
        "italienisch",
        "Alessia, Chiara, Fiammetta, Loredana, Ornella",
        "Corrado, Fabrizio, Giacomo, Niccolò, Tiziano",
        "Bellincioni, Cavallari, Donatelli, Ferrantini, Guastella, Lombardozzi, Marchesini, Nardelli, Pellegrinetti,"
        "Scaramuzza, Zaccarin, D'Ambra",
    ),
    _culture(
        "sv",
        "DE",
        "schwedisch",
        "Ingrid, Linnea, Siv, Solveig",
        "Anders, Björn, Håkan, Søren",
        "Bergström, Dahlqvist, Ekelund, Forsgren, Håkansson, Kjærgaard, Lindquist, Mikkelsen, Nygård, Sørensen,"
        "Åkerblom, Virtamo",
    ),
    _culture(
        "tr",
        "DE",
        "türkisch",
        "Ayşe, Elif, Gülay, Nermin",
        "Emre, Mehmet, Orhan, Tuğrul",
        "Yıldırım, Demirci, Özgür, Kılıçoğlu, Çelikbaş, Taşdemir, Karagöz, Uysal",
    ),
    _culture(
        "cs",
        "AT",
        "tschechisch",
        "Zuzana, Jitka, Ilona, Ioana",
        "Ondřej, Václav, Gábor, Mihai",
        "Dvořáček, Jelínek, Kovácsik, Nagyházi, Horvatić, Ștefănescu, Hrubeš, Popescar",
    ),
    _culture(
        "pt",
        "DE",
        "portugiesisch",
        "Beatriz, Conceição, Inês",
        "Duarte, João, Tiago",
        "Albuquerque, Cordeiro, Figueiredo, Magalhães, Nogueira, Vasconcelos, da Fonte, Rebelo",
    ),
    _culture(
        "en",
        "DE",
        "irisch",
        "Aoife, Fiona, Maeve",
        "Callum, Declan, Rhys",
        "O'Rourke, MacGillivray, Pemberton, Ashworth, Whitcombe, Llewelyn, Fitzmaurice, Hargreave",
    ),
)
#: German, then all: most of the company's people bear German names.
_WEIGHTS = (11, *(4 if culture.home != "DE" else 1.5 for culture in CULTURES[1:]))

#: Postal codes and towns.
TOWNS = {
    "AT": (("4020", "Linz"), ("8010", "Graz"), ("5020", "Salzburg"), ("6020", "Innsbruck")),
    "DE": (
        ("37073", "Göttingen"),
        ("34117", "Kassel"),
        ("99084", "Erfurt"),
        ("30159", "Hannover"),
        ("89073", "Ulm"),
        ("24103", "Kiel"),
        ("54290", "Trier"),
        ("48143", "Münster"),
        ("03046", "Cottbus"),
        ("95028", "Hof"),
    ),
    "ES": (("48001", "Bilbao"), ("37001", "Salamanca"), ("50001", "Zaragoza"), ("15001", "A Coruña")),
    "FR": (("67000", "Strasbourg"), ("35000", "Rennes"), ("21000", "Dijon"), ("63000", "Clermont-Ferrand")),
    "IT": (("38122", "Trento"), ("43121", "Parma"), ("06121", "Perugia"), ("34121", "Trieste")),
    "NL": (("3511 AB", "Utrecht"), ("9711 KC", "Groningen"), ("6211 EX", "Maastricht"), ("7411 CD", "Deventer")),
    "PL": (("50-101", "Wrocław"), ("80-831", "Gdańsk"), ("31-011", "Kraków"), ("61-772", "Poznań")),
}
#: Patterns of a street line.
_STREETS = {
    "AT": ("Almwindgasse {}", "Mostgasse {}", "Am Hafnersteig {}"),
    "DE": (
        "Holunderweg {}",
        "Am Mühlgraben {}",
        "Kastanienallee {}",
        "Alte Gerberstraße {}",
        "Speichenstr. {}",
        "Lerchenfeld {}a",
        "Hinter der Kirche {}",
    ),
    "ES": ("Calle del Molino {}", "Avenida de los Olmos {}", "Plaza del Trigo {}"),
    "FR": ("{} rue des Tilleuls", "{} chemin du Moulin", "{} allée des Lavandières"),
    "IT": ("Via dei Mulini {}", "Corso delle Acacie {}", "Vicolo del Fabbro {}"),
    "NL": ("Molenpad {}", "Wilgenlaan {}", "Oude Kade {}"),
    "PL": ("ul. Lipowa {}", "ul. Młynarska {}/4", "al. Wierzbowa {}"),
}
_MAIL_DOMAINS = {
    "AT": ("postfach-almwind-7150.at", "mailhafen-kiesel-1186.com"),
    "DE": ("postkasten-velo-4711.de", "briefschlitz-8302.de", "mailhafen-kiesel-1186.com"),
    "ES": ("buzon-arroyo-6640.es", "quillpost-meadow-9084.eu"),
    "FR": ("courrier-du-pre-5513.fr", "quillpost-meadow-9084.eu"),
    "IT": ("cassetta-ruscello-4402.it", "quillpost-meadow-9084.eu"),
    "NL": ("brievenbus-halte-2207.nl", "mailhafen-kiesel-1186.com"),
    "PL": ("skrzynka-lipa-3391.pl", "quillpost-meadow-9084.eu"),
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who does not exist."""

    given: str
    family: str
    is_woman: bool
    language: str
    nationality: str
    born: date
    email: str
    #: In E.164.
    phone: str
    street: str
    postal_code: str
    city: str
    country: str
    iban: str
    #: German.
    tax_id: str
    username: str

    @property
    def name(self) -> str:
        """Given and family name."""
        return f"{self.given} {self.family}"

    @property
    def address(self) -> str:
        """The whole postal address on one line."""
        return f"{self.street}, {self.postal_code} {self.city}"

    @property
    def title(self) -> str:
        """The German form of address."""
        return "Frau" if self.is_woman else "Herr"


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody the company has to do with. A few customers are employees as well."""

    customers: tuple[Person, ...]
    employees: tuple[Person, ...]
    applicants: tuple[Person, ...]
    #: They work for suppliers.
    contacts: tuple[Person, ...]


def cast(rng: Random) -> Cast:
    """The people of the demo."""
    everybody = tuple(_person(rng, at) for at in range(1240))
    employees = everybody[:170]
    return Cast(
        customers=employees[20:50] + everybody[170:1040],
        employees=employees,
        applicants=everybody[1040:1165],
        contacts=everybody[1165:],
    )


def customer_number(at: int) -> str:
    """The number of the customer at this place of the cast."""
    return f"K-{104_233 + 7 * at}"


def staff_number(at: int) -> str:
    """The number of the employee at this place of the cast."""
    return f"P{10_427 + 3 * at}"


def day(rng: Random, first: date, last: date) -> date:
    """A day of the period, both ends included."""
    return first + timedelta(days=rng.randrange((last - first).days + 1))


def ascii_name(name: str) -> str:
    """The name as it is spelt in addresses of mail: small ASCII letters."""
    folded = unicodedata.normalize("NFKD", name.lower().translate(_LETTERS))
    return "".join(char for char in folded if char.isascii() and char.isalpha())


def _person(rng: Random, at: int) -> Person:
    culture = rng.choices(CULTURES, _WEIGHTS)[0]
    # One in five bears names of two cultures.
    other = rng.choice(CULTURES) if rng.random() < 0.2 else culture
    country = culture.home if rng.random() < 0.5 else "DE"
    is_woman = rng.random() < 0.5
    given = rng.choice(other.women if is_woman else other.men)
    family = rng.choice(culture.families)
    postal_code, city = rng.choice(TOWNS[country])
    first, last = ascii_name(given), ascii_name(family)
    local = rng.choice((f"{first}.{last}", f"{first[0]}{last}", f"{last}.{first[:3]}", f"{first}_{last[:4]}"))
    return Person(
        given=given,
        family=family,
        is_woman=is_woman,
        language=culture.language,
        nationality=culture.nationality,
        born=day(rng, date(1948, 1, 1), date(2006, 12, 31)),
        email=f"{local}{at % 97 or ''}@{rng.choice(_MAIL_DOMAINS[country])}",
        phone=identifiers.phone(rng, country),
        street=rng.choice(_STREETS[country]).format(rng.randrange(1, 140)),
        postal_code=postal_code,
        city=city,
        country=country,
        iban=identifiers.iban(rng, country),
        tax_id=identifiers.german_tax_id(rng),
        username=f"{first[:2]}{last[:6]}{at}",
    )
