"""Changing the directory: each change is checked, counted, fed to the phones and written to the audit log at once."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from app import errors
from app.audit.service import SERVICE, Act, append
from app.clock import uuid7
from app.db.engine import WriteSession
from app.db.portability import commit_position
from app.directory import queries, seeds
from app.directory.records import Annotation, FacilityRef, Perimeter, Territory
from app.directory.rules import Hours, hours_fault, overlaps
from app.directory.vocabulary import RECORDABLE
from app.errors import Fault, Problem
from app.keyring import Keyring

_NAME_LENGTH: Final = 120
_CODE: Final = re.compile(r"[a-z][a-z0-9-]{2,39}")


@dataclass(frozen=True, slots=True)
class Imported:
    """How many territories of a file were new, and how many were there and changed."""

    new: int
    changed: int


@dataclass(frozen=True, slots=True)
class NewFacility:
    """A facility to enter; `id` is made when not given."""

    org_id: UUID
    kind: str
    name: str
    territory_code: str
    opened_on: date
    id: UUID | None = None


async def import_territories(session: WriteSession, keyring: Keyring, now: datetime, text: str) -> Imported:
    """Enter the territories of a CSV text, or change those that are there. Raises `invalid`."""
    known = {territory.place.code: territory for territory in await queries.territories(session)}
    rows = seeds.read_territories(text, {code: territory.place for code, territory in known.items()})
    new = [row for row in rows if row["code"] not in known]
    changed = [row for row in rows if row["code"] in known and row != _row_of(known[row["code"]])]
    await queries.add(session, queries.TERRITORY, new)
    await queries.change_territories(session, changed)
    if new or changed:
        await _done(session, keyring, _act(SERVICE, "territory.import", now, new=len(new), changed=len(changed)))
    return Imported(len(new), len(changed))


async def create_perimeter(session: WriteSession, keyring: Keyring, now: datetime, perimeter: Perimeter) -> None:
    """Enter a perimeter. Raises `invalid` for a territory that is not there, `conflict` for a code that is."""
    if not _CODE.fullmatch(perimeter.code):
        raise _refused("/code", "must be 3 to 40 lower-case letters, digits and hyphens")
    if not all(0 < len(label) <= _NAME_LENGTH for label in perimeter.label):
        raise _refused("/label", f"must have 1 to {_NAME_LENGTH} characters")
    known = {territory.place.code for territory in await queries.territories(session)}
    if not perimeter.territories or not known.issuperset(perimeter.territories):
        raise _refused("/territories", "must name territories of the directory")
    row = {
        "code": perimeter.code,
        "label_fr": perimeter.label.fr,
        "label_en": perimeter.label.en,
        "valid_from": perimeter.valid_from,
        "valid_until": perimeter.valid_until,
    }
    if not await queries.add(session, queries.PERIMETER, [row]):
        raise errors.conflict("There is a perimeter with this code.")
    members = [{"perimeter_code": perimeter.code, "territory_code": code} for code in sorted({*perimeter.territories})]
    await queries.add(session, queries.PERIMETER_TERRITORY, members)
    await _done(session, keyring, _act(SERVICE, "perimeter.create", now, code=perimeter.code))


async def create_facility(session: WriteSession, keyring: Keyring, now: datetime, new: NewFacility) -> UUID:
    """Enter a facility and return its identifier. Raises `invalid`."""
    if not 0 < len(new.name) <= _NAME_LENGTH:
        raise _refused("/name", f"must have 1 to {_NAME_LENGTH} characters")
    if new.kind not in {kind.rule.code for kind in await queries.kinds(session)}:
        raise _refused("/kind", "must be a kind of the directory")
    levels = {territory.place.code: territory.place.level for territory in await queries.territories(session)}
    if levels.get(new.territory_code) not in RECORDABLE:
        raise _refused("/territory", "must be a commune, arrondissement or quarter of the directory")
    if not await queries.is_operator(session, new.org_id):
        raise _refused("/organisation", "must be an organisation of the service")
    facility_id = new.id or uuid7(now)
    row = {
        "id": facility_id,
        "org_id": new.org_id,
        "kind": new.kind,
        "name": new.name,
        "territory_code": new.territory_code,
        "opened_on": new.opened_on,
        "position": await commit_position(await session.connection()),
    }
    await queries.add_facility(session, row)
    await _done(session, keyring, _act(new.org_id, "facility.create", now, facility=str(facility_id), kind=new.kind))
    return facility_id


async def close_facility(
    session: WriteSession, keyring: Keyring, now: datetime, facility_id: UUID, closed_on: date
) -> None:
    """Let a facility be closed for good from a day on. Raises `not_found`, or `invalid` for a day before it opened."""
    facility = await _held(session, facility_id)
    if closed_on < facility.opened_on:
        raise _refused("/closed_on", "must not be before the facility opened")
    await _move(session, facility_id, closed_on=closed_on)
    detail = {"facility": str(facility_id), "closed_on": closed_on.isoformat()}
    await _done(session, keyring, _act(facility.org_id, "facility.close", now, **detail))


async def plan_hours(
    session: WriteSession, keyring: Keyring, now: datetime, facility_id: UUID, start: date, hours: Sequence[Hours]
) -> None:
    """Let a facility's weekly hours be these from `start` on, none when empty; earlier plans stay for the days before.

    Raises `not_found`, or `invalid` for openings that are impossible or overlap.
    """
    facility = await _held(session, facility_id)
    for number, one in enumerate(hours):
        if fault := hours_fault(one.opens, one.closes):
            raise _refused(f"/hours/{number}", fault)
    if overlaps(hours):
        raise _refused("/hours", "must not overlap")
    rows = [
        {
            "facility_id": facility_id,
            "valid_from": start,
            "weekday": one.weekday.value,
            "opens": one.opens,
            "closes": one.closes,
            "valid_until": None,
        }
        for one in hours
    ]
    await queries.replace_hours(session, facility_id, start, rows)
    await _move(session, facility_id)
    detail = {"facility": str(facility_id), "from": start.isoformat(), "openings": len(rows)}
    await _done(session, keyring, _act(facility.org_id, "facility.hours", now, **detail))


async def annotate(session: WriteSession, keyring: Keyring, now: datetime, annotation: Annotation) -> None:
    """Enter something that figures are read beside. Raises `invalid`.

    It is none of what phones know of the directory: no change is counted and nothing is fed to them.
    """
    for name, text in (*zip(("label_fr", "label_en"), annotation.label, strict=True), ("source", annotation.source)):
        if not 0 < len(text) <= _NAME_LENGTH:
            raise _refused(f"/{name}", f"must have 1 to {_NAME_LENGTH} characters")
    known = {territory.place.code for territory in await queries.territories(session)}
    if annotation.territory_code is not None and annotation.territory_code not in known:
        raise _refused("/territory", "must be a territory of the directory")
    row = {
        "id": annotation.id,
        "day": annotation.day,
        "territory_code": annotation.territory_code,
        "kind": annotation.kind,
        "label_fr": annotation.label.fr,
        "label_en": annotation.label.en,
        "source": annotation.source,
    }
    await queries.add(session, queries.ANNOTATION, [row])
    detail = {"annotation": str(annotation.id), "kind": annotation.kind.value, "day": annotation.day.isoformat()}
    await append(session, keyring, [_act(SERVICE, "annotation.add", now, **detail)])


async def _held(session: WriteSession, facility_id: UUID) -> FacilityRef:
    facility = await queries.held_facility(session, facility_id)
    if facility is None:
        raise errors.not_found()
    return facility


async def _move(session: WriteSession, facility_id: UUID, **changes: Any) -> None:  # noqa: ANN401 - column values
    """Change a facility and put it at the end of the feed."""
    position = await commit_position(await session.connection())
    await queries.change_facilities(session, [{"id": facility_id, "position": position, **changes}])


async def _done(session: WriteSession, keyring: Keyring, act: Act) -> None:
    await queries.count_change(session, act.at)
    await append(session, keyring, [act])


def _act(org_id: UUID, action: str, now: datetime, **detail: Any) -> Act:  # noqa: ANN401 - counts and ids
    return Act(org_id, SERVICE, action, now, detail)


def _row_of(territory: Territory) -> dict[str, Any]:
    place = territory.place
    return {
        "code": place.code,
        "name": territory.name,
        "level": place.level,
        "parent": place.parent,
        "area_km2": territory.area_km2,
        "east_km": territory.east_km,
        "north_km": territory.north_km,
        "source": territory.source,
    }


def _refused(pointer: str, rule: str) -> Problem:
    return errors.invalid(faults=[Fault(pointer, "rule", rule)])
