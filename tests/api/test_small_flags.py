"""Every answer for figures, on a city that recorded little: what is small says so, what is not does not."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.audit.models import AuditEntry
from app.http.context import Context
from app.identity.vocabulary import Role
from app.metrics.indicators.catalogue import CATALOGUE
from app.settings import Settings
from tests import make, members, places
from tests.clock import NIGHT, SetClock
from tests.contract import document as walk
from tests.street import rows, store

_PERIOD = {"from": "2026-02-15", "to": "2026-03-15"}
_ROUTES = sorted(path for path, _, _ in walk.operations(walk.frozen()) if path.startswith("/v1/metrics/"))
_COUNTS = {
    "n", "denominator", "numerator", "unknown", "base", "late", "at_risk", "exits", "censored", "once",
    "app", "desk", "phone", "nobody",
}  # fmt: skip


@pytest.fixture(scope="module")
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"token_lifetime": timedelta(days=1000)})


@pytest.fixture(scope="module")
async def house(client: httpx.AsyncClient, context: Context, clock: SetClock) -> members.House:
    """An association with 14 encounters and as many referrals, 3 of them to an emergency shelter."""
    clock.now = NIGHT
    await places.seeded(context)
    house = await members.found(context)
    phone = await members.enrolled(client, context, house)
    at = (NIGHT - timedelta(hours=1)).isoformat()
    kinds = ["rest_room"] * 11 + ["emergency_housing"] * 3
    met = [make.encounter(occurred_at=at, card=make.code(), referrals=[make.referral(kind=kind)]) for kind in kinds]
    await store(phone, "encounters", *met)
    clock.now = NIGHT + timedelta(days=40)
    return house


@pytest.fixture(scope="module")
async def headers(context: Context, house: members.House) -> dict[str, str]:
    return {"Authorization": f"Bearer {await members.account_token(context, house, Role.coordinator)}"}


@pytest.fixture(autouse=True)
def _forty_days_later(clock: SetClock, _clock_starts_over: None) -> None:
    clock.now = NIGHT + timedelta(days=40)


def objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for below in value.values():
            yield from objects(below)
    elif isinstance(value, list):
        for below in value:
            yield from objects(below)


def wrongly_flagged(answer: Any) -> list[dict[str, Any]]:
    """Return the objects whose flag is not what their counts say."""
    wrong = []
    for one in objects(answer):
        counts = [one[name] for name in _COUNTS & one.keys() if not isinstance(one[name], dict | str)]
        counts = [n for count in counts for n in (count if isinstance(count, list) else [count])]
        small = any(isinstance(n, int | float) and 1 <= n <= 10 for n in counts)
        whole = all(n is None or float(n).is_integer() for n in counts)
        if counts and whole and one.get("small") is not small:
            wrong.append(one)
    return wrong


@pytest.mark.parametrize("path", _ROUTES)
async def test_every_count_of_an_answer_has_its_flag(
    client: httpx.AsyncClient, context: Context, house: members.House, headers: dict[str, str], path: str
) -> None:
    before = len(await rows(context, AuditEntry, org_id=house.org_id))
    answer = await client.get(path, params=_PERIOD, headers=headers)
    assert answer.status_code == 200, answer.text
    assert wrongly_flagged(answer.json()) == []
    assert any("small" in one for one in objects(answer.json()))
    assert len(await rows(context, AuditEntry, org_id=house.org_id)) == before + 1


@pytest.mark.parametrize("code", CATALOGUE)
async def test_every_indicator_has_its_flags(client: httpx.AsyncClient, headers: dict[str, str], code: str) -> None:
    splits = [None, *sorted(CATALOGUE[code].indicator.splits)]
    for split in splits:
        asked = _PERIOD | ({"split": split} if split else {})
        answer = await client.get(f"/v1/indicators/{code}", params=asked, headers=headers)
        assert answer.status_code == 200, answer.text
        assert wrongly_flagged(answer.json()["figures"]) == []


async def test_a_kind_beside_two_splits_would_be_a_third_dimension(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    asked: list[tuple[str, Any]] = [
        *_PERIOD.items(), ("group_by", "territory"), ("group_by", "facility"), ("kind", "rest_room")
    ]  # fmt: skip
    refused = await client.get("/v1/metrics/funnel", params=asked, headers=headers)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "crossing")
    assert (await client.get("/v1/metrics/funnel", params=asked[:-1], headers=headers)).status_code == 200


@pytest.mark.parametrize("what", ["funnel", "unmet-demand"])
async def test_when_it_was_is_no_dimension_of_people(
    client: httpx.AsyncClient, headers: dict[str, str], what: str
) -> None:
    for by in ("week", "month"):
        asked: list[tuple[str, Any]] = [
            *_PERIOD.items(), ("group_by", "territory"), ("group_by", by), ("kind", "rest_room")
        ]  # fmt: skip
        assert (await client.get(f"/v1/metrics/{what}", params=asked, headers=headers)).status_code == 200
