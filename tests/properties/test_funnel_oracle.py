"""The funnel the service answers is the one plain Python counts from the raw records, whatever happened and however it
arrived: late, twice, out of order, contradicted, from devices with wrong clocks."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.demo.device import Device
from app.http.context import Context
from app.identity import service as identity
from app.identity.vocabulary import Role
from app.metrics.refreshing import refresh, verify
from app.referrals.service import sweep
from tests import members, places
from tests.clock import SetClock
from tests.effort import examples
from tests.oracle import Json, Post, Question, Sender, funnel
from tests.properties import histories as told
from tests.properties.cities import ALL_AT_ONCE
from tests.properties.histories import History

_START = datetime(2025, 12, 1, 12, tzinfo=UTC)
_PATHS = {
    "encounter": "/v1/encounters",
    "referral": "/v1/referrals",
    "event": "/v1/referral-events",
    "exit": "/v1/stay-exits",
}
_TERRITORIES = frozenset({"7511803", "7511804", "7512001", "7512002", "7511904", "93001", "93066"})
Actor = tuple[Device, Sender]


@dataclass(frozen=True)
class City:
    """Two facilities with their desks, and the phone of another association: the same for every history."""

    client: httpx.AsyncClient
    context: Context
    clock: SetClock
    others: dict[str, Actor]


@dataclass(frozen=True)
class Association:
    """A night team and a day team with everybody's devices, and two coordinators' tokens."""

    org: str
    actors: dict[str, Actor]
    coordinator: str
    confined: str


@pytest.fixture(scope="module")
async def city(client: httpx.AsyncClient, context: Context, clock: SetClock) -> City:
    clock.now = _START
    await places.seeded(context)
    operator, stranger = await members.found(context, "Gestionnaire"), await members.found(context, "Autre")
    phone = await members.enrolled(client, context, stranger)
    others = {told.STRANGER: (phone, Sender(str(stranger.org_id), str(stranger.team_id), night=True))}
    await places.opened(context, operator, id=told.OTHER_REST_ROOM)
    for actor, place, kind in (
        (told.REST_DESK, told.REST_ROOM, "rest_room"),
        (told.HOTEL_DESK, told.HOTEL, "emergency_housing"),
    ):
        await places.opened(context, operator, kind=kind, name=actor, id=place)
        desk = await places.desk(client, context, operator, place)
        others[actor] = (desk, Sender(str(operator.org_id), facility=str(place), facility_kind=kind))
    return City(client, context, clock, others)


async def found(city: City) -> Association:
    """Found an association for one history."""
    city.clock.now, context = _START, city.context
    house = await members.found(context)
    async with context.database.writing() as session:
        day_team = await identity.create_team(
            session, context.keyring, _START, org_id=house.org_id, name="Jour", night=False
        )
    org = str(house.org_id)
    night_phone = await members.enrolled(city.client, context, house)
    day_phone = await members.enrolled(city.client, context, replace(house, team_id=day_team))
    phones = {
        told.NIGHT_PHONE: (night_phone, Sender(org, str(house.team_id), night=True)),
        told.DAY_PHONE: (day_phone, Sender(org, str(day_team))),
    }
    coordinator = await members.account_token(context, house, Role.coordinator)
    confined = await _confined(context, house)
    return Association(org, city.others | phones, coordinator, confined)


async def _confined(context: Context, house: members.House) -> str:
    """Return the token of a coordinator who sees the own organisation within the perimeter only."""
    async with context.database.writing() as session:
        account = await identity.create_account(
            session, context.keyring, _START, org_id=house.org_id, name="18e et 20e", role=Role.coordinator,
            perimeter="paris-nord-est",
        )  # fmt: skip
    return await members.token_of(context, house, account)


async def live(city: City, association: Association, history: History) -> list[Post]:
    """Let the history happen; return what was posted. In the end the service has swept."""
    posts = []
    for number, batch in enumerate(history.batches):
        city.clock.now = batch.at
        device, sender = association.actors[batch.actor]
        device_now = batch.at + history.clocks[batch.actor]
        body = {"device_now": device_now.isoformat(), "items": batch.items}
        response = await device.post(_PATHS[batch.what], json=body)
        assert response.status_code == 200, response.text
        posts += [Post(sender, batch.at, device_now, batch.what, item) for item in batch.items]
        if number in history.sweeps:
            await sweep(city.context, batch.at)
            await refresh(city.context.database, step_days=ALL_AT_ONCE)
    city.clock.now = history.as_of
    await sweep(city.context, history.as_of)
    return posts


async def ask(city: City, association: Association, question: Question) -> Json:
    """Return what the service answers, in the oracle's form."""
    parameters: dict[str, str | int | None] = {
        "from": question.since.isoformat(),
        "to": question.until.isoformat(),
        "horizon_days": question.horizon_days,
        "territory": question.territory,
        "kind": question.kind,
        "group_by": question.group_by,
    }
    token = association.confined if question.in_perimeter else association.coordinator
    response = await city.client.get(
        "/v1/metrics/funnel",
        params={name: value for name, value in parameters.items() if value is not None},
        headers={"Authorization": f"Bearer {token}"},
    )
    if response.status_code == 404:  # a territory outside the perimeter of who asks
        return {}
    assert response.status_code == 200, response.text
    answer = response.json()
    return {"groups": [figures(group) for group in answer["groups"]], "total": figures(answer["total"])}


def figures(group: Json) -> Json:
    """Return the figures of a group without their words."""
    rates = [{name: rate[name] for name in ("code", "value", "numerator", "denominator")} for rate in group["rates"]]
    key = group["key"][0] if group["key"] else None
    answered = {name: n for name, n in group["answered"].items() if name != "small"}
    kept = {name: value for name, value in group.items() if name != "labels"}
    return kept | {"rates": rates, "key": key, "answered": answered}


def differences(got: Any, wanted: Any, where: str = "") -> list[str]:
    """Return where two answers differ: nobody reads two funnels side by side."""
    if isinstance(got, dict) and isinstance(wanted, dict) and got.keys() == wanted.keys():
        return [one for name in got for one in differences(got[name], wanted[name], f"{where}/{name}")]
    if isinstance(got, list) and isinstance(wanted, list) and len(got) == len(wanted):
        return [
            one for n, pair in enumerate(zip(got, wanted, strict=True)) for one in differences(*pair, f"{where}/{n}")
        ]
    return [] if got == wanted else [f"{where}: {got!r}, and by the oracle {wanted!r}"]


def hidden(question: Question) -> bool:
    """Say whether a question names a territory that its asker cannot see any part of."""
    return question.in_perimeter and question.territory == "93"


@examples(5)
@given(st.data())
async def test_the_funnel_is_what_plain_python_counts(city: City, data: st.DataObject) -> None:
    association = await found(city)
    history = data.draw(told.histories(most=12), "history")
    posts = await live(city, association, history)
    questions = [data.draw(told.questions(history, association.org), "question") for _ in range(6)]
    for upkeep in (False, True):  # counted where days are stale, then all from facts
        if upkeep:
            await refresh(city.context.database, step_days=ALL_AT_ONCE)
        for question in questions:
            expected = {} if hidden(question) else funnel(posts, question, _TERRITORIES)
            assert differences(await ask(city, association, question), expected) == []
    assert set((await verify(city.context.database, UUID(association.org))).values()) == {0}


@examples(3)
@given(st.data())
async def test_batches_order_repetition_sweeps_and_ids_make_no_difference(city: City, data: st.DataObject) -> None:
    facts = told.told_at_once(data.draw(told.histories(most=4, contradicted=False), "facts"))
    answers = []
    for history in (facts, data.draw(told.retold(facts), "retold")):
        association = await found(city)
        await live(city, association, history)
        question = Question(
            facts.first_day - timedelta(days=30), facts.first_day + timedelta(days=30), 30, facts.as_of, group_by="kind"
        )
        answers.append(await ask(city, association, question))
    assert differences(answers[0], answers[1]) == []
