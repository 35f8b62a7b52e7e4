"""Publishing: each period once, when it is due, and never again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import orjson

from app import errors
from app.audit.service import SERVICE, Act, append
from app.db.engine import ReadSession, WriteSession
from app.db.portability import PUBLISHING, hold
from app.db.types import to_instant, to_milliseconds
from app.directory.rules import local_day
from app.directory.service import read_directory
from app.directory.vocabulary import Label
from app.http.context import Context
from app.releases import queries
from app.releases.cells import cells_of
from app.releases.counting import places_of, take
from app.releases.definitions import FINE_DAYS, Published, of_day
from app.releases.describing import dcat
from app.releases.files import files_of
from app.releases.records import File, Release
from app.releases.rules import method
from app.releases.vocabulary import Part, Span
from app.sources import code_version

_LOOKED_BACK: Final = timedelta(days=31)
"""The service publishes by itself what became due so lately; older periods are asked for by command."""


@dataclass(frozen=True, slots=True)
class Computed:
    """A release, and whether it was made just now."""

    release: Release
    new: bool


async def compute(context: Context, period: Published, now: datetime) -> Computed:
    """Freeze the release of a period, or return the one that is there. Raises `conflict` before it is due."""
    now = to_instant(to_milliseconds(now))
    if now < period.due:
        raise errors.conflict(f"{period.code} is published from {local_day(period.due)} on, not before.")
    async with context.database.writing(long=True) as session:
        await hold(await session.connection(), PUBLISHING, [SERVICE])
        there = await queries.one(session, period.code)
        if there is not None:
            return Computed(there, new=False)
        made = await _freeze(context, session, period, now)
    return Computed(made, new=True)


async def _freeze(context: Context, session: WriteSession, period: Published, now: datetime) -> Release:
    perimeter, months = context.settings.perimeter, period.months
    places = places_of(await read_directory(session), perimeter)
    await take(session, perimeter, places, months, now, local_day(now))
    counted = await queries.tallies(session, perimeter, [month.since for month in months])
    cells = cells_of(period.span, sorted(set(places.values())), counted, lambda name: context.keyring.mark("sdc", name))
    files = files_of(period, perimeter, cells, code_version(), now)
    release = Release(
        id=period.code,
        perimeter=perimeter,
        span=period.span.value,
        period_from=period.since,
        period_to=period.until,
        computed_at=now,
        code_version=code_version(),
        method=method(),
        digest=next(one.digest for one in files if one.part is Part.json),
    )
    await queries.freeze(session, release, files)
    if period.span is Span.year:
        await queries.drop_tallies(session, perimeter, [month.since for month in months])
    detail = {"release": release.id, "sha256": release.digest.hex(), "method": release.method, "cells": len(cells)}
    await append(session, context.keyring, [Act(SERVICE, SERVICE, "release.compute", now, detail)])
    return release


async def publish_what_is_due(context: Context, now: datetime) -> Sequence[Release]:
    """Count months that are still known by day, and freeze what became due lately; return what is new.

    Running it again, or in several workers, changes nothing.
    """
    async with context.database.reading() as session:
        if not await queries.has_records(session):
            return []
        there = {release.id for release in await queries.released(session)}
    await _count_months(context, now)
    due = [
        period
        for period in _periods(now - _LOOKED_BACK - timedelta(days=FINE_DAYS), now)
        if period.due <= now < period.due + _LOOKED_BACK and period.code not in there
    ]
    done = [await compute(context, period, now) for period in due]
    return [one.release for one in done if one.new]


async def _count_months(context: Context, now: datetime) -> None:
    """Count the months that are over and still known by day: what comes in late is then part of larger releases."""
    today, perimeter = local_day(now), context.settings.perimeter
    months = [
        period
        for period in _periods(now - timedelta(days=FINE_DAYS), now)
        if period.span is Span.month and period.until <= today and (today - period.since).days <= FINE_DAYS
    ]
    async with context.database.writing(long=True) as session:
        await hold(await session.connection(), PUBLISHING, [SERVICE])
        years = {release.id for release in await queries.released(session) if release.span == Span.year}
        open_months = [month for month in months if of_day(month.since, Span.year).code not in years]
        places = places_of(await read_directory(session), perimeter)
        await take(session, perimeter, places, open_months, now, today)


def _periods(since: datetime, until: datetime) -> Sequence[Published]:
    """Return the months, quarters and years that days between two instants lie in, the shortest first."""
    days = [local_day(since) + timedelta(days=n) for n in range((until - since).days + 1)]
    return list(dict.fromkeys(of_day(day, span) for span in Span for day in days))


async def listed(session: ReadSession) -> Sequence[Release]:
    """Return every release, by period."""
    return await queries.released(session)


async def fetch(session: ReadSession, release_id: str, part: Part) -> File:
    """Return the frozen bytes of a part of a release. Raises `not_found`."""
    found = await queries.file(session, release_id, part)
    if found is None:
        raise errors.not_found()
    return found


async def described(context: Context, session: ReadSession) -> bytes:
    """Return the catalogue as canonical JSON-LD."""
    settings, directory = context.settings, await read_directory(session)
    labels = {one.code: one.label for one in directory.perimeters}
    perimeter = settings.perimeter, labels.get(settings.perimeter, Label(settings.perimeter, settings.perimeter))
    releases, sizes = await queries.released(session), await queries.sizes(session)
    document = dcat(settings.public_url, settings.publisher, settings.licence_url, perimeter, releases, sizes)
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
