import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest

from app import codes, errors
from app.demo.device import Device, RefusedError
from app.http.context import Context
from app.identity import service
from app.keyring import Keyring
from tests.clock import SetClock
from tests.members import House, enrolled, found, open_code, revoke
from tests.places import desk, opened, seeded

REFUSED = {
    "type": "/problems/enrolment-refused",
    "title": "The enrolment code was refused",
    "status": 401,
    "detail": "The enrolment code was refused.",
}


@pytest.fixture(scope="module")
async def house(context: Context) -> House:
    return await found(context)


@pytest.fixture
def phone(client: httpx.AsyncClient, context: Context) -> Device:
    return Device(client, context.settings.public_url, context.clock)


async def refusal(phone: Device, code: str) -> httpx.Response:
    with pytest.raises(RefusedError) as refused:
        await phone.enrol(code)
    return refused.value.response


def wrong(code: str) -> str:
    """The same code with another last character."""
    return code[:-1] + codes.ALPHABET[(codes.ALPHABET.index(code[-1]) + 1) % 32]


async def test_a_code_lets_a_phone_in_and_its_token_works(phone: Device, context: Context, house: House) -> None:
    answer = await phone.enrol(await open_code(context, house))
    assert answer["organisation"] == {"id": str(house.org_id), "name": house.name}
    assert answer["team"] == {"id": str(house.team_id), "name": "Maraude", "night": True}
    assert answer["facility_id"] is None
    assert datetime.fromisoformat(answer["expires_at"]) == context.clock() + timedelta(hours=24)
    me = await phone.get("/v1/me")
    assert me.json()["subject_id"] == answer["device_id"]


async def test_a_code_is_shown_in_groups_people_can_read(context: Context, house: House) -> None:
    code = await open_code(context, house)
    assert [len(group) for group in code.split("-")] == [4, 5, 5]
    assert set(code) <= set(codes.ALPHABET) | {"-"}


@pytest.mark.parametrize("typed", [str.lower, lambda c: c.replace("-", " "), lambda c: c.replace("1", "l")])
async def test_a_code_may_be_typed_as_people_type(
    phone: Device, context: Context, house: House, typed: Callable[[str], str]
) -> None:
    await phone.enrol(typed(await open_code(context, house)))
    assert phone.token


async def test_unknown_wrong_expired_used_and_dead_codes_are_refused_alike(
    client: httpx.AsyncClient, phone: Device, context: Context, house: House, clock: SetClock
) -> None:
    used = await open_code(context, house)
    await phone.enrol(used)
    dead = await open_code(context, house)
    other = Device(client, context.settings.public_url, context.clock)
    answers = [await refusal(other, wrong(dead)) for _ in range(5)]
    answers += [
        await refusal(other, code) for code in (dead, used, "ZZZZ-ZZZZZ-ZZZZZ", "????-?????-?????", "é" * 14, "\0" * 14)
    ]
    late = await open_code(context, house)
    clock.advance(timedelta(minutes=15))
    answers.append(await refusal(other, late))
    assert {answer.status_code for answer in answers} == {401}
    assert all(answer.json() == REFUSED for answer in answers)


async def test_a_code_lasts_until_just_before_its_fifteen_minutes(
    phone: Device, context: Context, house: House, clock: SetClock
) -> None:
    code = await open_code(context, house)
    clock.advance(timedelta(minutes=15) - timedelta(milliseconds=1))
    await phone.enrol(code)


async def test_four_wrong_tries_are_forgiven(phone: Device, context: Context, house: House) -> None:
    code = await open_code(context, house)
    for _ in range(4):
        await refusal(phone, wrong(code))
    await phone.enrol(code)


async def test_guesses_made_at_once_are_counted_one_by_one(
    client: httpx.AsyncClient, context: Context, house: House
) -> None:
    code = await open_code(context, house)
    phones = [Device(client, context.settings.public_url, context.clock) for _ in range(20)]
    await asyncio.gather(*(refusal(phone, wrong(code)) for phone in phones))
    assert (await refusal(phones[0], code)).status_code == 401


async def test_a_lost_answer_is_given_again_for_the_same_device(phone: Device, context: Context, house: House) -> None:
    code = await open_code(context, house)
    first = dict(await phone.enrol(code))
    again = await phone.enrol(code)
    assert again["device_id"] == first["device_id"]
    assert again["token"] != first["token"]
    assert (await phone.get("/v1/me")).status_code == 200


async def test_a_code_used_by_two_phones_at_once_lets_one_in(
    client: httpx.AsyncClient, context: Context, house: House
) -> None:
    code = await open_code(context, house)
    phones = [Device(client, context.settings.public_url, context.clock) for _ in range(6)]
    answers = await asyncio.gather(*(phone.enrol(code) for phone in phones), return_exceptions=True)
    assert sum(isinstance(answer, dict) for answer in answers) == 1


async def test_the_same_phone_asking_several_times_at_once_is_one_device(
    phone: Device, context: Context, house: House
) -> None:
    code = await open_code(context, house)
    answers = await asyncio.gather(*(phone.enrol(code) for _ in range(6)))
    assert len({answer["device_id"] for answer in answers}) == 1


async def test_a_revoked_device_is_not_let_in_again_by_its_code(phone: Device, context: Context, house: House) -> None:
    code = await open_code(context, house)
    await phone.enrol(code)
    await revoke(context, house, phone)
    assert (await refusal(phone, code)).json() == REFUSED


async def test_a_key_belongs_to_one_device_also_after_its_revocation(
    phone: Device, context: Context, house: House
) -> None:
    await phone.enrol(await open_code(context, house))
    second = await open_code(context, house)
    assert (await refusal(phone, second)).status_code == 409
    await revoke(context, house, phone)
    assert (await refusal(phone, second)).status_code == 409


@pytest.mark.parametrize(
    ("key", "pointer"),
    [
        ({"x": "A" * 43, "y": "A" * 43}, "/public_key"),
        ({"x": "_" * 43}, "/public_key"),
        ({"x": "short"}, "/public_key/x"),
        ({"y": "é" * 43}, "/public_key/y"),
        ({"kty": "RSA"}, "/public_key/kty"),
        ({"crv": "P-384"}, "/public_key/crv"),
        ({"d": "A" * 43}, "/public_key"),
    ],
    ids=str,
)
async def test_what_is_no_public_key_is_pointed_at(
    client: httpx.AsyncClient, phone: Device, context: Context, house: House, key: dict[str, str], pointer: str
) -> None:
    code = await open_code(context, house)
    answer = await client.post("/v1/enrolments", json={"code": code, "public_key": phone.public_key | key})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert code not in answer.text
    await phone.enrol(code)


async def test_a_tablet_of_a_facility_works_for_the_facility(
    client: httpx.AsyncClient, context: Context, house: House
) -> None:
    await seeded(context)
    facility_id = await opened(context, house)
    tablet = await desk(client, context, house, facility_id)
    assert tablet.enrolled["team"] is None
    assert tablet.enrolled["facility_id"] == str(facility_id)
    me = (await tablet.get("/v1/me")).json()
    assert (me["role"], me["facility_id"]) == ("facility_device", str(facility_id))


async def test_a_tablet_of_a_facility_needs_the_facility(context: Context, house: House) -> None:
    with pytest.raises(errors.Problem, match="facility"):
        async with context.database.writing() as session:
            await service.open_enrolment(
                session,
                context.keyring,
                context.clock(),
                timedelta(minutes=15),
                org_id=house.org_id,
                facility_id=uuid4(),
                label="tablette",
            )


async def test_a_closed_team_takes_no_new_phone_and_keeps_the_old(client: httpx.AsyncClient, context: Context) -> None:
    house = await found(context)
    phone = await enrolled(client, context, house)
    async with context.database.writing() as session:
        await service.close_team(session, context.keyring, context.clock(), org_id=house.org_id, team_id=house.team_id)
    with pytest.raises(errors.Problem, match="open team"):
        await open_code(context, house)
    assert (await phone.get("/v1/me")).status_code == 200


async def test_a_team_of_another_organisation_takes_no_phone(context: Context, house: House) -> None:
    other = await found(context)
    with pytest.raises(errors.Problem, match="not-found"):
        await open_code(context, House(house.org_id, other.team_id, house.name))


async def test_codes_are_opened_again_after_they_expired(context: Context, house: House, clock: SetClock) -> None:
    for _ in range(3):
        await open_code(context, house)
        clock.advance(timedelta(hours=1))


async def test_a_code_made_with_another_key_is_refused(
    phone: Device, context: Context, house: House, tmp_path: Path
) -> None:
    code = await open_code(replace(context, keyring=Keyring(tmp_path)), house)
    assert (await refusal(phone, code)).json() == REFUSED


async def test_device_ids_are_in_order_of_enrolment(
    client: httpx.AsyncClient, context: Context, clock: SetClock
) -> None:
    house = await found(context)
    ids = []
    for _ in range(3):
        ids.append(UUID((await enrolled(client, context, house)).enrolled["device_id"]))
        clock.advance(timedelta(seconds=1))
    async with context.database.reading() as session:
        assert [device.id for device in await service.list_devices(session, house.org_id)] == ids
