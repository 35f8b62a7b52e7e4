"""The indicators of housing, as the catalogue serves them, are what plain Python counts from the same rows, by kind."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID

from hypothesis import example, given
from hypothesis import strategies as st

from app.identity.vocabulary import Role
from app.marks.queries import mark_everything
from app.metrics.refreshing import refresh
from tests import members, places
from tests.effort import examples
from tests.oracles import housing as oracle
from tests.oracles.funnel_indicators import periods_of
from tests.oracles.housing import Records
from tests.properties import catalogued
from tests.properties.catalogued import Asked
from tests.properties.cities import ALL_AT_ONCE, City
from tests.properties.test_housing_oracle import _AS_OF, _KINDS, _records, _store

ORACLED = oracle.INDICATORS


def _many(chance: Random, facilities: Mapping[UUID, str], as_of: datetime) -> Records:
    """Make up three times the records of one example about housing: months are many, and few stays are blocked."""
    some = [_records(chance, facilities, as_of) for _ in range(3)]
    reports = [dict(one) for records in some for one in records.reports]
    return Records(
        [one for records in some for one in records.referrals],
        [one for records in some for one in records.encounters],
        facilities,
        [one | {"id": UUID(int=number)} for number, one in enumerate(reports, 1)],
    )


@examples(2)
@given(st.integers(0, 2**32))
@example(4930)  # a stay is taken up twice, first before the period and again within it
async def test_every_indicator_of_housing_is_what_plain_python_counts(city: City, seed: int) -> None:
    """Asked by the month and the quarter, with all days stale and then with all computed."""
    chance = Random(seed)  # noqa: S311 - Hypothesis' own records are too alike
    house = await members.found(city.context)
    kinds = (*_KINDS, "longer_stay_housing")
    facilities = {await places.opened(city.context, house, kind=kind): kind for kind in kinds}
    city.clock.now = as_of = chance.choice(_AS_OF)
    records = _many(chance, facilities, as_of)
    await _store(city.context, house, records, as_of)
    async with city.context.database.writing() as session:
        await mark_everything(session)
    token = await members.account_token(city.context, house, Role.coordinator)
    forms = [("month", None), ("quarter", "kind"), *chance.sample([("month", "kind"), ("quarter", None)], 1)]
    for upkeep in (False, True):
        if upkeep:
            await refresh(city.context.database, step_days=ALL_AT_ONCE)
        for granularity, split in forms:
            since = date(2026, 3, 20) + timedelta(days=chance.randint(0, 16))
            asked = Asked(since, since + timedelta(days=chance.choice((20, 60, 130))), granularity, split, {})
            for code in ORACLED:
                about = oracle.kinds_of(code)
                groups = {kind: [kind] for kind in about} if split else {None: about}
                shown = await catalogued.parts(city.client, token, code, asked)
                assert shown == {
                    (*period, key): oracle.figure(code, records, some, *period, as_of)
                    for period in periods_of(asked.since, asked.until, granularity)
                    for key, some in groups.items()
                }, (code, asked)
