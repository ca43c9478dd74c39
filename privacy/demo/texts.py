"""What people at the company write: notes, letters, minutes, logs. Personal data hides in most of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random

from privacy.demo import identifiers
from privacy.demo.identifiers import spoken
from privacy.demo.people import Cast, Person

COMPANY = "Tretmond Fahrradwerk GmbH"
DOMAIN = "tretmond-raeder-4711.de"

_TICKETS_ABOUT_PEOPLE = (
    "Called {name} back under {phone}: the rear hub still makes a noise. Please send the replacement to {address}.",
    "Customer's wife rang, wants the invoice at {email} instead. Spoke to {name}, will call again on Monday.",
    "{title} {family} ist sehr verärgert, bittet um Rückruf unter {phone} nach 17 Uhr.",
    "Kundin möchte, dass wir an {email} schreiben; {name} holt das Rad am Freitag ab.",
    "Refund agreed with {name}. Account: {iban}. Confirmation to {email}.",
    "{name} fell off the bike, broke a collarbone and asks for our insurance. Phone {phone}, lives at {address}.",
    "Spoke to neighbour {name} ({phone}), who took in the parcel on Thursday.",
    "Rücksendung von {name}, {address}. Gutschrift auf {iban} veranlasst.",
    "Mail von {email}: Bremse quietscht weiterhin. {colleague} übernimmt.",
    "{name} a appelé du {phone}, la selle est arrivée cassée. Rappeler demain, {colleague} est au courant.",
)
_TICKETS_ABOUT_THINGS = (
    "Rear light flickers after rain. Replaced the cable, works.",
    "Tyre 28 x 1.75 out of stock until week 31, offered 28 x 1.60 instead.",
    "Kette springt auf dem kleinsten Ritzel, Schaltauge gerichtet.",
    "Asked for the torque of the stem bolts: 6 Nm, see manual page 14.",
    "Lieferung doppelt berechnet, Gutschrift erstellt.",
    "Which lock fits frame size 54? Answered with the size table.",
    "Display shows E012 when cold. Firmware 2.4.1 solves it.",
)
_DELIVERY = (
    "Please leave with the neighbour, {name}, tel. {phone}",
    "Bitte bei {name} klingeln, Hinterhaus",
    "Call {phone} before delivery",
    "Abstellgenehmigung: Garage, {address}",
    "Geschenk! Nicht vorher bei {name} anrufen",
)
_REVIEWS = (
    "Runs smoothly, the brakes bite well. Would buy again.",
    "Sattel ist hart, nach 200 km geht es besser.",
    "Der Gepäckträger klappert. Sonst ein schönes Rad.",
    "Très bon vélo, livraison rapide.",
    "Farbe weicht vom Foto ab, Qualität stimmt.",
    "Great for commuting, a bit heavy on hills.",
    "Licht ist hell genug für Waldwege.",
    "Schutzbleche sind aus Plastik, für den Preis schade.",
)
_APPLICANT_NOTES = (
    "Interview with {name} on {day}: friendly, knows hydraulic brakes well. Can start in {month}. Reach under {phone}.",
    "{title} {family} sucht wegen der Pflege der Mutter eine Teilzeitstelle. Rückmeldung an {email}.",
    "Absage an {email} verschickt, Unterlagen bis Jahresende aufheben.",
    "Trial day went well, {colleague} recommends {name}. Two children, prefers mornings.",
    "Zeugnisse fehlen noch, bei {name} nachfragen ({phone}).",
)
_AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile/15E148",
    "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/125.0 Mobile Safari/537.36",
)
PAGES = ("/", "/cart", "/checkout", "/models/greta", "/models/anton-trekking", "/service", "/stores", "/login")
_SHORT_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS = ("January", "March", "May", "July", "September", "November")


def ticket(rng: Random, cast: Cast) -> str:
    """A note on a support ticket; two in three mention people."""
    if rng.random() < 1 / 3:
        return rng.choice(_TICKETS_ABOUT_THINGS)
    return _filled(rng, rng.choice(_TICKETS_ABOUT_PEOPLE), cast, rng.choice(cast.customers))


def delivery_note(rng: Random, cast: Cast) -> str | None:
    """What a customer tells the carrier; most say nothing."""
    if rng.random() < 0.7:
        return None
    return _filled(rng, rng.choice(_DELIVERY), cast, rng.choice(cast.customers))


def review(rng: Random) -> str:
    """A customer's opinion of a product: about the product only."""
    return rng.choice(_REVIEWS)


def applicant_note(rng: Random, cast: Cast, person: Person) -> str:
    """What was noted about an applicant."""
    return _filled(rng, rng.choice(_APPLICANT_NOTES), cast, person)


def agent(rng: Random) -> str:
    """The name that a browser gives itself."""
    return rng.choice(_AGENTS)


def moment(rng: Random, on: date) -> datetime:
    """A second of that day."""
    return datetime(on.year, on.month, on.day, tzinfo=UTC) + timedelta(seconds=rng.randrange(86_400))


def complaint(rng: Random, person: Person, on: date) -> str:
    """A letter of complaint."""
    if person.language == "de":
        return (
            f"{person.name}\n{person.street}\n{person.postal_code} {person.city}\nTel. {spoken(person.phone)}\n"
            f"E-Mail: {person.email}\n\nAn {COMPANY}, Kundendienst\n\n{person.city}, {on:%d.%m.%Y}\n\n"
            f"Reklamation zur Bestellung {rng.randrange(20_000, 23_000)}\n\nSehr geehrte Damen und Herren,\n\n"
            "das Rad, das ich vor drei Wochen bei Ihnen gekauft habe, verliert Luft, und die Gabel ist verzogen. Da "
            "ich seit meiner Knieoperation auf das Rad angewiesen bin, bitte ich um rasche Abhilfe.\n"
            f"Die Anzahlung überweisen Sie bitte zurück auf mein Konto {identifiers.grouped(person.iban)}.\n\n"
            f"Mit freundlichen Grüßen\n{person.name}\n"
        )
    return (
        f"{person.name}\n{person.street}\n{person.postal_code} {person.city}\n\n{COMPANY}, customer service\n\n"
        f"{on:%d/%m/%Y}\n\nDear Sir or Madam,\n\nmy order {rng.randrange(20_000, 23_000)} arrived with a bent wheel. I "
        f"wrote to you twice from {person.email} and nobody answered. Please call me on {person.phone} before the end "
        f"of the week.\nThe refund can go to {person.iban}.\n\nYours faithfully,\n{person.name}\n"
    )


def minutes(rng: Random, cast: Cast, on: date) -> str:
    """The minutes of a meeting, in Markdown."""
    lead, clerk, *others = rng.sample(cast.employees, 5)
    customer = rng.choice(cast.customers)
    return (
        f"# Jour fixe {on:%d.%m.%Y}\n\nTeilnehmende: {lead.name} (Leitung), "
        f"{', '.join(person.name for person in others)}; Protokoll: {clerk.name}\n\n"
        "## Umsatz\n\nDas Quartal liegt 4 % über Plan, Zubehör besser als Räder.\n\n"
        f"## Personal\n\n- {others[0].name} war vier Wochen krankgeschrieben (Bandscheibenvorfall), "
        f"{others[1].given} hat vertreten.\n- {clerk.title} {clerk.family} geht im Sommer in Elternzeit.\n\n"
        f"## Reklamationen\n\n- {customer.name} droht mit dem Anwalt; {lead.given} ruft an ({spoken(customer.phone)}) "
        f"und schreibt an <{customer.email}>.\n\n## Nächster Termin\n\nIn zwei Wochen, Raum Speiche.\n"
    )


def handover(rng: Random, cast: Cast) -> str:
    """A note for whoever takes over, in Markdown."""
    leaver, heir, admin = rng.sample(cast.employees, 3)
    return (
        f"# Hand-over {leaver.name} → {heir.name}\n\n"
        f"- Nightly export: cron on `rad-db2`, errors go to {work_mail(leaver)}; change that to {work_mail(heir)}.\n"
        f"- Root login: ask {admin.name}, mobile {spoken(admin.phone)}.\n"
        f"- The key to the server room is with {admin.title} {admin.family}.\n"
        f"- Private contact for questions until spring: {leaver.email}, {leaver.phone}.\n\n"
        "## Open\n\n- Certificate of the shop runs out in May.\n- Backup of the stock table takes 40 minutes.\n"
    )


def visit_report(rng: Random, cast: Cast, contact: Person) -> str:
    """A report on a visit to a supplier, in Markdown."""
    colleague = rng.choice(cast.employees)
    return (
        f"# Visit to {contact.city}\n\nBy {colleague.name}. Met {contact.name} ({contact.email}, "
        f"{spoken(contact.phone)}), who now lives in {contact.city} and runs sales alone since the divorce.\n\n"
        "- Rims: 600 pieces by autumn, price as last year.\n- Spokes: stainless only from 5,000 pieces.\n"
    )


def interview(rng: Random, cast: Cast, person: Person, on: date) -> str:
    """Notes of an interview with an applicant."""
    colleague = rng.choice(cast.employees)
    return (
        f"Vorstellungsgespräch am {on:%d.%m.%Y}, geführt von {colleague.name}\n\n"
        f"Bewerbung: {person.name}, geboren am {person.born:%d.%m.%Y}, {person.nationality}\n"
        f"Erreichbar: {person.email}, {spoken(person.phone)}\nWohnort: {person.address}\n\n"
        f"Gehaltswunsch {rng.randrange(28, 52)} 000 Euro. {person.title} {person.family} erwähnt eine Epilepsie, fährt "
        "deshalb kein Auto.\nEindruck: sorgfältig, ruhig. Zweites Gespräch vereinbart.\n"
    )


def council_minutes(rng: Random, cast: Cast, on: date) -> str:
    """The minutes of the works council, in Markdown."""
    chair, member, case = rng.sample(cast.employees, 3)
    return (
        f"# Betriebsrat, Sitzung vom {on:%d.%m.%Y}\n\nAnwesend: {chair.name} (Vorsitz), {member.name}\n\n"
        f"1. Abmahnung von {case.name}: der Betriebsrat widerspricht.\n"
        f"2. {member.given} {member.family} berichtet aus der IG Metall; {case.title} {case.family} ist eingetreten.\n"
        f"3. Wiedereingliederung nach Burn-out: {chair.name} spricht mit der Leitung.\n"
    )


def access_log(rng: Random, cast: Cast, on: date, lines: int) -> str:
    """A web server's log in the combined format."""
    seconds = sorted(rng.randrange(86_400) for _ in range(lines))
    return "".join(
        _hit(rng, cast, datetime(on.year, on.month, on.day, tzinfo=UTC) + timedelta(seconds=s)) for s in seconds
    )


def application_log(rng: Random, cast: Cast, on: date, lines: int) -> str:
    """The shop's own log: mail addresses and client addresses between technical lines."""
    at = datetime(on.year, on.month, on.day, 5, tzinfo=UTC)
    out = []
    for _ in range(lines):
        at += timedelta(seconds=rng.randrange(1, 300))
        person = rng.choice(cast.customers)
        message = rng.choice(
            (
                f"INFO  login ok user={person.email} ip={identifiers.ip(rng)}",
                f"WARN  login failed user={person.username} ip={identifiers.ip(rng)} attempt={rng.randrange(2, 6)}",
                f"INFO  order {rng.randrange(20_000, 23_000)} paid",
                f"ERROR mail to <{person.email}> bounced: 550 mailbox unavailable",
                f"DEBUG cache hit ratio 0.{rng.randrange(60, 99)}",
                f"INFO  address changed for {person.name}: {person.address}",
            )
        )
        out.append(f"{at:%Y-%m-%dT%H:%M:%SZ} {message}\n")
    return "".join(out)


def job_log(rng: Random, on: date, lines: int) -> str:
    """The log of nightly jobs: nobody is in it."""
    jobs = ("rotate-logs", "reindex-products", "export-stock", "vacuum", "renew-certificate")
    at = datetime(on.year, on.month, on.day, 1, tzinfo=UTC)
    return "".join(
        f"{at + timedelta(minutes=7 * line):%Y-%m-%d %H:%M:%S} {rng.choice(jobs)} took {rng.randrange(2, 900)} s\n"
        for line in range(lines)
    )


def work_mail(person: Person) -> str:
    """The address that the company gave an employee."""
    return f"{person.username}@{DOMAIN}"


def _hit(rng: Random, cast: Cast, at: datetime) -> str:
    page = rng.choice(PAGES)
    if page == "/login" and rng.random() < 0.5:
        page = f"/login?user={rng.choice(cast.customers).email.replace('@', '%40')}"
    # Not %b, which follows the locale.
    month = _SHORT_MONTHS[at.month - 1]
    code, size = rng.choice((200, 200, 200, 302, 404)), rng.randrange(400, 90_000)
    return (
        f"{identifiers.ip(rng)} - - [{at:%d}/{month}/{at:%Y:%H:%M:%S} +0000] "
        f'"GET {page} HTTP/1.1" {code} {size} "-" "{agent(rng)}"\n'
    )


def _filled(rng: Random, template: str, cast: Cast, person: Person) -> str:
    return template.format(
        name=person.name,
        family=person.family,
        title=person.title,
        phone=spoken(person.phone),
        email=person.email,
        address=person.address,
        iban=person.iban,
        colleague=rng.choice(cast.employees).given,
        day=f"{rng.randrange(1, 29)} June",
        month=rng.choice(_MONTHS),
    )
