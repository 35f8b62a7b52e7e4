"""The reference as bytes: built once, kept until the directory or the day changes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from weakref import WeakKeyDictionary

from app.capacity import vocabulary as of_capacity
from app.changes.reference_schemas import (
    AppSent,
    CodeSent,
    HoursSent,
    KindSent,
    KnownFacilitySent,
    PerimeterSent,
    ReasonGroupSent,
    ReferenceSent,
    TerritorySent,
    TransitionSent,
)
from app.db.engine import Database, ReadSession
from app.directory import vocabulary as of_places
from app.directory.records import Facility, Kind, Perimeter, Territory, Version
from app.directory.rules import local_day
from app.directory.schemas import LabelSent
from app.directory.service import Directory, current_directory
from app.directory.vocabulary import Label
from app.encounters import vocabulary as of_encounters
from app.http.tags import tag_of
from app.referrals import vocabulary as of_referrals
from app.referrals.rules import REASONS, TRANSITIONS
from app.referrals.vocabulary import PERSON, PROVIDER, Reason, State
from app.settings import Settings

VOCABULARIES: Final[Mapping[str, Mapping[StrEnum, Label]]] = {
    **of_places.VOCABULARIES,
    **of_encounters.VOCABULARIES,
    **of_referrals.VOCABULARIES,
    **of_capacity.VOCABULARIES,
}


@dataclass(frozen=True, slots=True)
class Published:
    """The reference as it is sent; `tag` is the SHA-256 of the bytes as a strong entity tag."""

    version: Version
    day: date
    body: bytes
    tag: str


_HELD: Final[WeakKeyDictionary[Database, Published]] = WeakKeyDictionary()


async def current_reference(database: Database, session: ReadSession, now: datetime) -> Published:
    """Return the reference of this very moment, in one small statement while nothing changed."""
    directory = await current_directory(database, session, now, fresh=True)
    today = local_day(now)
    held = _HELD.get(database)
    if held is None or (held.version, held.day) != (directory.version, today):
        body = build(directory, database.settings, today).model_dump_json().encode()
        held = _HELD[database] = Published(directory.version, today, body, tag_of(body))
    return held


def build(directory: Directory, settings: Settings, today: date) -> ReferenceSent:
    """Return the reference as of a day."""
    return ReferenceSent(
        version=str(directory.version.number),
        changed_at=directory.version.changed_at,
        app=AppSent(minimum_version=settings.minimum_app_version),
        perimeter=settings.perimeter,
        territories=[_territory(territory) for territory in directory.all_territories],
        perimeters=[_perimeter(one) for one in directory.perimeters if _lasts(one.valid_until, today)],
        kinds=[_kind(kind) for kind in directory.kinds if _lasts(kind.rule.valid_until, today)],
        facilities=[_facility(facility, today) for facility in directory.facilities.values()],
        vocabularies={
            name: [CodeSent(code=code.value, label=LabelSent.of(label)) for code, label in members.items()]
            for name, members in VOCABULARIES.items()
        },
        transitions=[_transition(state) for state in State],
        reason_groups=_reason_groups(),
    )


def _lasts(valid_until: date | None, today: date) -> bool:
    """Say whether something still matters: a night that began yesterday is not over."""
    return valid_until is None or valid_until >= today


def _territory(territory: Territory) -> TerritorySent:
    place = territory.place
    return TerritorySent(code=place.code, name=territory.name, level=place.level, parent=place.parent)


def _perimeter(perimeter: Perimeter) -> PerimeterSent:
    return PerimeterSent(
        code=perimeter.code,
        label=LabelSent.of(perimeter.label),
        valid_from=perimeter.valid_from,
        valid_until=perimeter.valid_until,
        territories=list(perimeter.territories),
    )


def _kind(kind: Kind) -> KindSent:
    rule = kind.rule
    return KindSent(
        code=rule.code,
        label=LabelSent.of(kind.label),
        rung=rule.rung,
        success=rule.success,
        expires_after_s=int(rule.expires_after.total_seconds()),
        valid_from=rule.valid_from,
        valid_until=rule.valid_until,
    )


def _facility(facility: Facility, today: date) -> KnownFacilitySent:
    ref = facility.ref
    hours = [
        HoursSent(
            weekday=one.weekday,
            opens=one.opens,
            closes=one.closes,
            valid_from=one.valid_from,
            valid_until=one.valid_until,
        )
        for one in facility.hours
        if _lasts(one.valid_until, today)
    ]
    return KnownFacilitySent(
        id=ref.id,
        name=facility.name,
        kind=ref.kind,
        territory=ref.territory_code,
        operator=facility.operator,
        opened_on=ref.opened_on,
        closed_on=ref.closed_on,
        hours=hours,
    )


def _transition(state: State) -> TransitionSent:
    following = TRANSITIONS.get(state, frozenset())
    if following:
        following |= {State.entered_in_error}
    return TransitionSent(
        state=state,
        next=[candidate for candidate in State if candidate in following],
        reasons=_in_order(REASONS.get(state, frozenset())),
    )


def _reason_groups() -> list[ReasonGroupSent]:
    system = frozenset(Reason) - PERSON - PROVIDER
    groups = {"person": PERSON, "provider": PROVIDER, "system": system}
    return [ReasonGroupSent(group=group, reasons=_in_order(reasons)) for group, reasons in groups.items()]


def _in_order(reasons: Iterable[Reason]) -> list[Reason]:
    wanted = set(reasons)
    return [reason for reason in Reason if reason in wanted]
