"""Persons of a closed year are what was counted while its days were fine, although its records were coarse by then."""

from datetime import UTC, date, datetime

import httpx
import pytest

from app.closing.service import Closer
from app.encounters.models import Encounter
from app.http.context import Context
from app.identity.vocabulary import Role
from app.metrics.linking import CARDS_GONE
from app.metrics.refreshing import refresh
from app.retention.service import purge
from tests import make, members, planted
from tests.clock import SetClock
from tests.make import Json
from tests.members import House
from tests.planted import Asker
from tests.street import rows

_CARDS = 9
_NIGHTS = (date(2025, 9, 30), date(2025, 10, 1), date(2025, 12, 29), date(2026, 1, 1), date(2026, 1, 2))
"""In weeks across the end of a quarter and across New Year."""
SPANS = (("2025-09-01", "2025-10-01"), ("2025-10-01", "2025-11-01"), ("2025-10-01", "2026-01-01"),
         ("2025-01-01", "2026-01-01"))  # fmt: skip


async def _asker(context: Context, house: House, client: httpx.AsyncClient) -> Asker:
    return Asker(client, context, house, await members.account_token(context, house, Role.coordinator))


def _file_active(group: Json) -> tuple[int | None, str | None]:
    [one] = [one for one in group["measures"] if one["code"] == "file_active"]
    return one["value"], one["reason"]


async def _persons(asker: Asker) -> list[tuple[int | None, str | None]]:
    return [_file_active((await asker.ask("reach", *span))["whole"]["total"]) for span in SPANS]


@pytest.mark.usefixtures("city")
async def test_to_the_last_person_and_none_by_team(
    context: Context, house: House, clock: SetClock, client: httpx.AsyncClient
) -> None:
    clock.now = datetime(2026, 1, 20, 12, tzinfo=UTC)
    codes = [make.code() for _ in range(_CARDS)]
    shown = [(night, card) for card in range(_CARDS) for night in _NIGHTS if (night.toordinal() + card) % 3]
    met = [
        planted.encounter(
            house,
            datetime(night.year, night.month, night.day, 20, tzinfo=UTC),
            link_id=context.keyring.seal(night.year, codes[card]),
        )
        for night, card in shown
    ]
    await planted.plant(context, Encounter, met)
    await refresh(context.database)
    expected = [
        (len({card for night, card in shown if since <= night.isoformat() < until}), None) for since, until in SPANS
    ]
    assert await _persons(await _asker(context, house, client)) == expected
    clock.now = datetime(2026, 4, 25, 12, tzinfo=UTC)
    await purge(context.database, context.keyring, clock.now)
    mondays = {row["service_day"] for row in await rows(context, Encounter, org_id=house.org_id)}
    assert mondays == {date(2025, 9, 29), date(2025, 12, 29)}, "those of January are of a Monday in December"
    asker = await _asker(context, house, client)
    assert await _persons(asker) == expected
    await Closer(context.database, context.keyring, clock).close(2025)
    assert await _persons(asker) == expected
    by_team = await asker.ask("reach", *SPANS[-1], granularity="year", group_by="team")
    assert [_file_active(group) for group in by_team["whole"]["groups"]] == [(None, CARDS_GONE)]
