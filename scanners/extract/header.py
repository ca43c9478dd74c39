"""Tables without declared columns: where the header is, whether there is one, and the columns filled from the rows.

A first row taken for a header makes its cells names, and names are shown and stored. So a row is a header only when
something speaks for it, and each of its cells becomes a name only when it does not look like somebody's data.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from statistics import median

from data_map.model import Asset, Field, FieldRef, Reason, Skipped
from scanners.values import VALUE_CHARS, Column, Take, as_text

#: Rows by which header and layout are judged.
SAMPLE_ROWS = 100

#: Distinct values of a column that are kept, when not more rows were asked for.
DISTINCT_CAP = 50_000

#: As many as a spreadsheet can have.
MAX_COLUMNS = 16_384

_BATCH_ROWS = 2_000
_NAME_CHARS = 80

#: Words that headers consist of and people's names do not, in the languages exports come in. A word that is also
#: a common surname (Price, Page, Street) is left out.
_HEADINGS = """
    id ids uuid guid key ref reference code codes nr no num number numbers index idx seq row type kind class
    category group level status state flag active enabled deleted archived name names firstname lastname surname
    forename fullname nickname username login user users client clients customer customers patient patients employee
    employees staff member members contact contacts supplier vendor person people owner author account accounts
    accountid company organisation organization department dept team role roles title salutation gender sex age
    birth birthday birthdate born dob nationality citizenship ethnicity ethnic religion religious belief marital
    blood diagnosis medication allergies health insurance disability email mail mailbox phone telephone tel mobile
    fax address addr street1 street2 line line1 line2 city town zip zipcode postcode postal country countries region
    province county district location latitude longitude lat lon lng date dates time timestamp datetime created
    updated modified added start end due valid expiry expires year month week quarter quantity qty amount amounts
    total totals sum subtotal net gross tax vat fee cost costs discount currency balance salary wage income revenue
    turnover unit units iban bic swift bank card cards cvv credit debit invoice invoices order orders payment
    payments product products item items sku article description comment comments note notes remark remarks message
    text content body subject url uri link website web host hostname ip ipaddress mac device browser agent session
    token password passwd pwd secret hash salt file filename path size weight height width length color colour score
    rating rate percent percentage ratio count version lang language locale timezone passport licence license ssn
    nino nhs tin sin national identity identifier social security tag tags label labels value values data info
    details record records list sheet table report results sales summary overview master export import backup column
    field nachname vorname familienname kunde kunden kundennummer mitarbeiter benutzer firma abteilung anrede titel
    geschlecht alter geburtsdatum geburtstag geburtsort staatsangehörigkeit telefon telefonnummer handy mobil
    adresse anschrift straße strasse hausnummer plz postleitzahl ort stadt land datum uhrzeit erstellt geändert jahr
    monat betrag summe preis menge anzahl einheit währung gehalt konto kontonummer kontoinhaber rechnung
    rechnungsnummer bestellung artikel beschreibung bemerkung bemerkungen kommentar notiz nummer kennung
    steuernummer sozialversicherungsnummer tabelle blatt diagnose krankenkasse konfession übersicht nom noms prénom
    prenom prénoms nomcomplet courriel téléphone portable ville cp commune pays naissance sexe âge civilité société
    entreprise service montant quantité numéro numero référence statut remarque commentaire libellé désignation
    feuille nombre nombres apellido apellidos correo teléfono telefono móvil dirección direccion ciudad país
    provincia fecha nacimiento sexo edad empresa cantidad importe número código codigo estado comentario hoja
    cliente dni nif cognome indirizzo città cap paese nascita codice fiscale azienda importo quantità stato foglio
    cellulare naam voornaam achternaam tussenvoegsel adres straat plaats woonplaats geboortedatum geslacht leeftijd
    telefoon telefoonnummer mobiel bedrag aantal omschrijving opmerking blad klant klantnummer bsn nome sobrenome
    apelido endereço endereco cidade nascimento idade telefone celular valor quantidade descrição descricao planilha
    cpf cnpj imię imie nazwisko miasto ulica kod kraj urodzenia płeć wiek kwota ilość numer pesel arkusz jméno
    prijmeni příjmení adresa město ulice psč země narození částka počet číslo namn förnamn efternamn personnummer
    adress gata postnummer födelsedatum kön ålder belopp antal navn fornavn efternavn etternavn fødselsdato køn
    kjønn alder postnr by beløb beløp nimi etunimi sukunimi osoite postinumero kaupunki maa syntymäaika
    henkilötunnus puhelin sähköposti summa имя фамилия отчество адрес город страна дата рождения пол возраст телефон
    почта номер сумма лист όνομα επώνυμο διεύθυνση πόλη χώρα ημερομηνία τηλέφωνο ποσό φύλο ad adı soyad soyadı şehir
    ülke doğum tarihi cinsiyet yaş tutar 姓名 名字 姓 名 地址 电话 手机 邮箱 性别 年龄 出生日期 日期 城市 国家
    编号 金额 身份证 身份证号 名前 氏名 住所 電話 電話番号
    メール 性別 年齢 生年月日 日付 都市 国 番号 金額 이름 성명 주소 전화 전화번호 이메일 성별 나이 생년월일 날짜
    centre center origin risk job profession
    occupation employer school university grade course party union membership consent preference preferred emergency
    next kin spouse child children parent mother father maiden middle initial prefix suffix billing shipping
    delivery work home primary secondary alternate other general misc feedback rep territory segment campaign lead
    source channel view referral
"""
_WORDS = frozenset(_HEADINGS.split())

#: Endings of words grown together: ``kundennummer``, ``emailaddress``.
_ENDINGS = ("name", "date", "datum", "number", "nummer", "code", "mail", "address", "adresse", "strasse", "straße")

#: What stands where nothing is known: neither a name nor a value.
_BLANKS = frozenset({"-", "--", "?", ".", "n/a", "na", "null", "none", "nil", "nan", "unknown", "unbekannt", "#n/a"})

_VALUE = re.compile(
    r"""
      \S@\S                                            # an e-mail address
    | ://|\bwww\.                                      # a web address
    | \d{5}                                            # a number that counts or identifies
    | (?:\d[\s./()+-]*){7}                             # a phone number or one in groups
    | \d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}                  # a date
    | \b\d{1,2}:\d{2}\b                                # a time
    | \d[.,]\d{2}\b                                    # money
    | [€$£¥₹]\s*\d|\d\s*[€$£¥₹]
    | \b[0-9a-fA-F]{4,}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}  # a UUID
    | \b(?=[a-fA-F]*\d)[0-9a-fA-F]{16,}\b              # a hash
    | \b[A-Z]{2}\d{2}\s?[A-Z0-9]{4}                    # an IBAN
    | [\n\r]
    """,
    re.VERBOSE,
)
_NUMBER = re.compile(r"[-+(]?[\d.,'\s]*\d[\d.,'\s]*\)?\s*%?")
_TRUTHS = frozenset({"true", "false", "yes", "no", "ja", "nein", "oui", "non"})
_PARTICLES = frozenset({"van", "von", "de", "der", "den", "di", "da", "del", "la", "le", "bin", "al", "y", "zu", "ter"})
_WORD = re.compile(r"[^\W\d_]+")
_NAME = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def looks_like_value(text: str) -> bool:
    """Whether a cell holds data rather than names it: an address, a number, a date, a truth, a sentence."""
    text = text.strip()
    return bool(
        len(text) > _NAME_CHARS
        or _VALUE.search(text)
        or _NUMBER.fullmatch(text)
        or text.lower() in _TRUTHS
        or len(text.split()) > 8
        or (text.endswith((".", "!")) and len(text.split()) > 3)
    )


def looks_like_person(text: str) -> bool:
    """Whether a person's name seems to stand in a text: ``Jane Doe``, ``Doe, Jane``, ``Patient: Jane Doe``.

    Two to four words in a row that are written like names, none of them a word of headings.
    """
    run: list[str] = []
    for word in [*re.split(r"[\s,:()]+", text.strip()), ""]:
        bare = word.strip("'’.-\"")
        if run and bare.lower() in _PARTICLES:
            continue
        if bare and bare[0].isupper() and _NAME.fullmatch(bare) and not is_heading(bare):
            run.append(bare)
        elif _is_name(run):
            return True
        else:
            run = []
    return False


def _is_name(words: Sequence[str]) -> bool:
    if not 2 <= len(words) <= 4:
        return False
    # Initials pass, acronyms do not; names in capitals are long enough to tell from them.
    if all(word.isupper() for word in words):
        return all(len(word) > 2 for word in words)
    return all(len(word) == 1 or not word.isupper() for word in words)


def is_heading(text: str) -> bool:
    """Whether a text holds a word that headings are made of: ``cust_email``, ``Date Of Birth``."""
    words = [word.lower() for word in _WORD.findall(_CAMEL.sub(" ", text))]
    words += [word.lower() for word in _WORD.findall(text)]
    return any(word in _WORDS or (len(word) > 5 and word.endswith(_ENDINGS)) for word in words)


def is_nameable(text: str) -> bool:
    """Whether a text from inside a file may be used as a name, by its looks."""
    return bool(text.strip()) and not looks_like_value(text) and not looks_like_person(text)


def default_label(text: str, position: int) -> str:
    """A sheet's name, or ``sheet_N`` for the ``position``-th sheet (from 1) whose name looks like somebody's data."""
    return text if is_nameable(text) else f"sheet_{position}"


def has_header(first: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether ``first`` names the columns of the rows below it. In doubt it does not."""
    cells = [cell.strip() for cell in first]
    filled = [cell for cell in cells if cell]
    if not filled or any(looks_like_value(cell) for cell in filled):
        return False
    # A file put together from several repeats its header.
    rows = [row for row in ([cell.strip() for cell in row] for row in below) if row != cells]
    if not rows:
        certain = sum(is_heading(cell) or _style(cell) == "joined" for cell in filled)
        return certain * 2 > len(filled) and all(is_nameable(cell) for cell in filled)
    columns = ([row[place] for row in rows if place < len(row) and row[place]] for place in range(len(cells)))
    return sum(_evidence(cell, column) for cell, column in zip(cells, columns, strict=True) if cell) > 0


def table_place(rows: Sequence[Sequence[str]]) -> int:
    """Index of the row in which a table starts: titles and blank rows above it fill less than half of its width."""
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows]
    widths = [width for width in filled if width]
    need = max(2, round(median(widths) / 2)) if widths and max(widths) > 1 and median(widths) >= 1.5 else 1
    return next((place for place, width in enumerate(filled[:20]) if width >= need), 0)


def field_names(header: Sequence[str], is_name: Callable[[str], bool] = is_nameable) -> list[str]:
    """A name for each column: the header's cell, ``column_N`` where it is blank or no name, ``name~2`` the second time.

    ``N`` counts from 1.
    """
    names: list[str] = []
    for place, cell in enumerate(header, start=1):
        text = cell.strip()
        names.append(unique_name(text if text and is_name(text) else f"column_{place}", names))
    return names


def unique_name(name: str, taken: Iterable[str]) -> str:
    """``name``, or ``name~2``, ``name~3`` … when it is taken."""
    known = set(taken)
    number = 1
    unique = name
    while unique in known:
        number += 1
        unique = f"{name}~{number}"
    return unique


@dataclass(slots=True)
class Table:
    """The columns of one table and how much of it they hold."""

    columns: list[Column] = field(default_factory=list)
    rows_read: int = 0
    #: All rows were read and none of their values left out.
    is_whole: bool = True
    skipped: list[Skipped] = field(default_factory=list)


def read_table(
    rows: Iterable[Sequence[object]],
    asset: Asset,
    take: Take,
    *,
    prefix: str = "",
    first_position: int = 0,
    is_name: Callable[[str], bool] = is_nameable,
) -> Table:
    """Fill columns from rows of cells; field names get ``prefix`` in front.

    What stands above the header, and a cell of the header that is no name, is counted as a value of its column.
    """
    table = Table()
    lines = ([as_text(cell) if cell is not None else "" for cell in row] for row in rows)
    filled = (line for line in lines if any(map(str.strip, line)))
    sample = list(islice(filled, SAMPLE_ROWS))
    if not sample:
        return table
    place = table_place(sample)
    titles, first, below = sample[:place], sample[place], sample[place + 1 :]
    header = first if has_header(first, below) else []
    names = field_names(header, is_name)
    strays = [*titles, ["" if is_name(cell.strip()) else cell for cell in header]]
    builder = _Builder(asset, take, prefix, first_position, names)
    builder.widen(table, len(names))
    builder.add([line for line in strays if any(map(str.strip, line))], table)
    for column in table.columns:
        column.missing = 0
    data = chain(below if header else [first, *below], filled)
    limit = take.rows
    while batch := list(islice(data, _BATCH_ROWS if limit is None else min(_BATCH_ROWS, limit - table.rows_read))):
        builder.add(batch, table)
        table.rows_read += len(batch)
    if limit is not None and table.rows_read >= limit and next(data, None) is not None:
        table.is_whole = False
    if take.fields is not None:
        table.columns = [column for column in table.columns if column.field.ref.field in take.fields]
    return table


@dataclass(slots=True)
class _Builder:
    """Adds rows to a table's columns, and columns to the table where rows are longer."""

    asset: Asset
    take: Take
    prefix: str
    first_position: int
    names: list[str]

    def add(self, rows: Sequence[Sequence[str]], table: Table) -> None:
        self.widen(table, max(map(len, rows), default=0))
        for place, column in enumerate(table.columns):
            if self.take.fields is None or column.field.ref.field in self.take.fields:
                cells = [row[place] if place < len(row) else "" for row in rows]
                table.is_whole &= fill(column, cells, self.take)

    def widen(self, table: Table, width: int) -> None:
        if width > MAX_COLUMNS and not table.skipped:
            name = f"{self.prefix}(more columns)"
            table.skipped.append(Skipped(self.asset.source, Reason.TOO_MANY_PARTS, asset=self.asset.name, field=name))
        while len(table.columns) < min(width, MAX_COLUMNS):
            table.columns.append(self._column(len(table.columns), table.rows_read))

    def _column(self, place: int, missing: int) -> Column:
        if place == len(self.names):
            self.names.append(unique_name(f"column_{place + 1}", self.names))
        ref = FieldRef(self.asset.source, self.asset.name, self.prefix + self.names[place])
        return Column(Field(ref, position=self.first_position + place), missing=missing)


def fill(column: Column, values: Sequence[object], take: Take) -> bool:
    """Count values in a column up to its cap of distinct ones; whether all of them were."""
    cap = DISTINCT_CAP if take.rows is None else max(DISTINCT_CAP, take.rows + SAMPLE_ROWS)
    if len(column.counts) + len(values) <= cap:
        column.extend(values)
        return True
    is_all = True
    for value, count in Counter(map(as_text, (value for value in values if value is not None))).items():
        text = value[:VALUE_CHARS].strip()
        if text and text not in column.counts and len(column.counts) >= cap:
            is_all = False
        else:
            column.extend([text] * count)
    return is_all


def _evidence(cell: str, column: Sequence[str]) -> int:
    """What one cell of a first row says for its being a header, by what stands below it."""
    if not column:
        return int(is_heading(cell))
    if cell.lower() in {value.lower() for value in column}:
        return -3
    typed = sum(map(looks_like_value, column)) >= 0.8 * len(column)
    if looks_like_person(cell):
        # Over numbers it may be a heading (hours by person): it says nothing, and becomes no name.
        return 0 if typed else -3
    # ``Patient: Jane Doe`` over ``Patient: Bob Roe`` is no heading.
    is_apart = sum(map(is_heading, column)) < 0.5 * len(column)
    score = 2 * (is_heading(cell) and is_apart) + 2 * (typed and cell.lower() not in _BLANKS)
    if score or typed:
        return score
    styles = Counter(map(_style, column))
    alike = styles[_style(cell)] / len(column)
    if alike >= 0.5:
        score -= 1
    elif alike <= 0.2 and _style(cell) in ("lower", "upper", "joined"):
        score += 1
    if len(column) >= 10 and len(set(column)) * 3 <= len(column):
        # A row of data would most likely have held one of the few values that the column has.
        score += 2
    if len(column) >= 5 and len({len(value) for value in column}) == 1 and len(cell) != len(column[0]):
        score += 1
    return score


def _style(text: str) -> str:
    """How a text is written, roughly."""
    if "_" in text or _CAMEL.search(text):
        return "joined"
    letters = [char for char in text if char.isalpha()]
    if not letters or not any(char.isupper() or char.islower() for char in letters):
        return "other"
    if all(char.isupper() for char in letters):
        return "upper"
    return "mixed" if letters[0].isupper() else "lower"
