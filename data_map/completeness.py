"""What the record still misses of what GDPR Art. 30 asks for: pure functions.

An entry that the law wants always is missing when it is not there. One that it wants where possible, or that another
provision wants, is a hint: only the controller knows whether it applies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from data_map.activities import EVERY_CATEGORY, Controller, ProcessingActivity, Role, title_of
from data_map.codes import BASES_BY_LAW, EEA


@dataclass(frozen=True, slots=True)
class Missing:
    """One entry that is not there."""

    #: None when it is missing for the organisation.
    activity: str | None
    #: ``Art. 30(1)(b)``
    article: str
    what: str
    #: The key of the activity, or of the configuration, that takes it.
    key: str
    is_hint: bool = False


def missing(controller: Controller, activities: Iterable[ProcessingActivity]) -> tuple[Missing, ...]:
    """Everything that is missing: the organisation's first, then activity by activity."""
    declared = list(activities)
    return (
        *_of_organisation(controller, has_activities=bool(declared)),
        *(item for activity in declared for item in missing_of(activity, controller.country)),
    )


def missing_of(activity: ProcessingActivity, country: str = "") -> tuple[Missing, ...]:
    """What one activity misses. ``country``: the controller's; outside the GDPR's own, no transfer is inferred."""
    entries = _of_processor(activity) if activity.role is Role.PROCESSOR else _of_controller(activity, country)
    return (*entries, *_of_both(activity))


def _of_organisation(controller: Controller, *, has_activities: bool) -> Iterator[Missing]:
    article = "Art. 30(1)(a)"
    if not controller.name:
        yield Missing(None, article, "name of the controller", "organisation.name")
    if not controller.contact:
        yield Missing(None, article, "contact details of the controller", "organisation.address, email or phone")
    if controller.representative and not controller.representative.name:
        yield Missing(None, article, "name of the representative", "organisation.representative.name")
    if controller.representative and not controller.representative.contact:
        yield Missing(None, article, "contact details of the representative", "organisation.representative.email")
    if controller.officer and not controller.officer.name:
        yield Missing(None, article, "name of the data protection officer", "organisation.dpo.name")
    if controller.officer and not controller.officer.contact:
        yield Missing(None, article, "contact details of the data protection officer", "organisation.dpo.email")
    if controller.country and controller.country not in EEA and controller.representative is None:
        what = "representative in the Union, if Art. 27 applies"
        yield Missing(None, article, what, "organisation.representative", is_hint=True)
    if controller.officer is None:
        what = "data protection officer, if there is one (Art. 37)"
        yield Missing(None, article, what, "organisation.dpo", is_hint=True)
    if not has_activities:
        yield Missing(None, "Art. 30(1)", "any processing activity", "activities")


def _of_controller(activity: ProcessingActivity, country: str) -> Iterator[Missing]:
    key = activity.key
    if not activity.purposes:
        yield Missing(key, "Art. 30(1)(b)", "purposes", "purposes")
    if not activity.data_subjects:
        yield Missing(key, "Art. 30(1)(c)", "categories of data subjects", "data_subjects")
    if not activity.categories:
        yield Missing(key, "Art. 30(1)(c)", "categories of personal data", "categories")
    if activity.recipients is None:
        yield Missing(key, "Art. 30(1)(d)", "categories of recipients, or that there are none", "recipients")
    for party in activity.joint_controllers:
        if not party.contact:
            what = f"contact details of the joint controller {party.name}"
            yield Missing(key, "Art. 30(1)(a)", what, "joint_controllers")
    yield from _of_transfers(activity, "Art. 30(1)(e)")
    if not country or country in EEA:
        told = {transfer.country for transfer in activity.transfers}
        abroad = {one.country for one in activity.recipients or () if one.country and one.country not in EEA}
        for code in sorted(abroad - told):
            what = f"the transfer to {code}, where a recipient is"
            yield Missing(key, "Art. 30(1)(e)", what, "transfers")
    limited = {item.category for item in activity.retention}
    if not limited:
        yield Missing(key, "Art. 30(1)(f)", "time limits for erasure, where possible", "retention", is_hint=True)
    elif EVERY_CATEGORY not in limited:
        for category in activity.categories:
            if category not in limited:
                what = f"time limit for {title_of(category)}, where possible"
                yield Missing(key, "Art. 30(1)(f)", what, "retention", is_hint=True)
    if not activity.security_measures:
        what = "description of the security measures, where possible"
        yield Missing(key, "Art. 30(1)(g)", what, "security_measures", is_hint=True)


def _of_processor(activity: ProcessingActivity) -> Iterator[Missing]:
    key = activity.key
    if not activity.controllers:
        yield Missing(key, "Art. 30(2)(a)", "the controllers on whose behalf it is done", "controllers")
    for party in activity.controllers:
        if not party.contact:
            yield Missing(key, "Art. 30(2)(a)", f"contact details of the controller {party.name}", "controllers")
    if not activity.processing:
        yield Missing(key, "Art. 30(2)(b)", "categories of processing", "processing")
    yield from _of_transfers(activity, "Art. 30(2)(c)")
    if not activity.security_measures:
        what = "description of the security measures, where possible"
        yield Missing(key, "Art. 30(2)(d)", what, "security_measures", is_hint=True)


def _of_transfers(activity: ProcessingActivity, article: str) -> Iterator[Missing]:
    for transfer in activity.transfers:
        place = transfer.country or transfer.organisation
        if transfer.mechanism is None:
            yield Missing(activity.key, article, f"what the transfer to {place} rests on", "transfers")
        elif transfer.mechanism == "49.1.sub2" and not transfer.document:
            article_ = f"{article}, 49(6)"
            yield Missing(activity.key, article_, f"documentation of the safeguards for {place}", "transfers")


def _of_both(activity: ProcessingActivity) -> Iterator[Missing]:
    key = activity.key
    if activity.role is Role.CONTROLLER and not activity.legal_basis:
        yield Missing(key, "Art. 6(1)", "legal basis", "legal_basis", is_hint=True)
    for basis in activity.legal_basis:
        if basis.code in BASES_BY_LAW and not basis.law:
            yield Missing(key, "Art. 6(3)", f"the law that {basis.code} rests on", "legal_basis", is_hint=True)
        if basis.code == "6.1.f" and not basis.interest:
            yield Missing(key, "Art. 13(1)(d)", "the legitimate interests", "legal_basis", is_hint=True)
    if not activity.fields:
        what = "fields, so that it can be compared with what scans find"
        yield Missing(key, "", what, "fields", is_hint=True)
