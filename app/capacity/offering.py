"""Telling where there is a place now, the most useful first."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from app import errors
from app.capacity import queries
from app.capacity.rules import Capacity, capacity, distance, usefulness
from app.capacity.schemas import CapacitySent, OfferSent
from app.capacity.vocabulary import Distance, terms_of
from app.db.engine import ReadSession
from app.directory import queries as directory_queries
from app.directory.records import Facility, Present, Report
from app.directory.rules import local_day
from app.directory.service import Directory, current_directory
from app.directory.states import open_by_hours, report_sent
from app.errors import Fault
from app.http.context import Context

_PAGE: Final = 500
_NEARNESS: Final = {found: place for place, found in enumerate(Distance)}
_ONE_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class _Offer:
    facility: Facility
    report: Report | None
    live: int
    by_hours: bool | None
    capacity: Capacity
    distance: Distance | None


async def capacity_now(
    context: Context, session: ReadSession, now: datetime, territory: str | None, kind: str | None, size: int
) -> CapacitySent:
    """Return up to `size` facilities that are not closed for good, the most useful first.

    Useful is, in this order: a place known to be free, nearness, a young report, many places. Raises
    `unknown_territory`.
    """
    presents = await _presents(session, now)
    directory = await current_directory(context.database, session, now, fresh=True)
    if territory is not None and territory not in directory.tree.places:
        raise errors.unknown_territory(faults=[Fault("?territory", "unknown", "is not a known territory")])
    chosen = [p for p in presents if kind is None or directory.facilities[p.facility_id].ref.kind == kind]
    live = await queries.live_by_facility(session, [present.facility_id for present in chosen], now)
    touching = await queries.neighbours(session, directory.descendants(territory)) if territory else frozenset()
    offers = [_offer(directory, present, live, now, territory, touching) for present in chosen]
    offers.sort(key=lambda offer: _rank(offer, now))
    return CapacitySent(
        as_of=now,
        territory=territory,
        kind=kind,
        found=len(offers),
        items=[_offer_sent(offer, now) for offer in offers[:size]],
    )


async def _presents(session: ReadSession, now: datetime) -> list[Present]:
    """Return every facility that is not closed for good; a city has dozens."""
    found: list[Present] = []
    after: UUID | None = None
    while True:
        page = await directory_queries.present_page(session, after, local_day(now), _PAGE)
        found += page
        if len(page) < _PAGE:
            return found
        after = page[-1].facility_id


def _offer(
    directory: Directory,
    present: Present,
    live: dict[UUID, int],
    now: datetime,
    territory: str | None,
    touching: Collection[str],
) -> _Offer:
    facility = directory.facilities[present.facility_id]
    held = live.get(facility.id, 0)
    near = distance(directory.tree, touching, territory, facility.ref.territory_code) if territory else None
    by_hours = open_by_hours(facility, now)
    offered = capacity(by_hours, facility.hours, present.report, held, now, terms_of(facility.ref.kind))
    return _Offer(facility, present.report, held, by_hours, offered, near)


def _rank(offer: _Offer, now: datetime) -> tuple[int, int, timedelta, int, str, UUID]:
    near = _NEARNESS[offer.distance] if offer.distance is not None else 0
    age = now - offer.report.observed_at if offer.report is not None else timedelta.max
    return usefulness(offer.capacity), near, age, -(offer.capacity.left or 0), offer.facility.name, offer.facility.id


def _offer_sent(offer: _Offer, now: datetime) -> OfferSent:
    facility, offered, report = offer.facility, offer.capacity, offer.report
    return OfferSent(
        id=facility.id,
        name=facility.name,
        kind=facility.ref.kind,
        territory=facility.ref.territory_code,
        operator=facility.operator,
        distance=offer.distance,
        now=offered.openness,
        open_by_hours=offer.by_hours,
        report=report_sent(report, now) if report is not None else None,
        stale=offered.stale,
        held=offer.live,
        places_left=offered.left,
        obstacle=offered.obstacle,
        hold_minutes=terms_of(facility.ref.kind).held_for // _ONE_MINUTE,
    )
