"""A group is only counted; an outing without a contact counts as effort."""

import pytest

from app.demo.device import Device
from app.encounters.models import Encounter
from app.http.context import Context
from tests import make
from tests.street import outcomes, post, referral, row, store

ABOUT_ONE = [
    ("card", "4T8KWZ20H6J"),
    ("gender", "woman"),
    ("age_band", "minor"),
    ("sleeping", "street"),
    ("first_contact_this_year", "yes"),
]


async def test_a_group_is_kept_with_its_size_and_what_it_was_given(phone: Device, context: Context) -> None:
    met = make.encounter(people_count=12, supplies={"pipe_kit": 9}, needs=["food"], acts=["mediation"])
    await store(phone, "encounters", met)
    kept = await row(context, Encounter, met["id"])
    assert (kept["people_count"], kept["supplies"], kept["link_id"]) == (12, {"pipe_kit": 9}, None)
    assert {kept["gender"], kept["age_band"], kept["sleeping"], kept["first_contact"]} == {"unknown"}


@pytest.mark.parametrize(("fact", "value"), ABOUT_ONE)
async def test_a_group_carries_nothing_about_one_person(phone: Device, fact: str, value: str) -> None:
    card = make.code() if fact == "card" else value
    alone = make.encounter(**{fact: card})
    group = make.encounter(people_count=2, **{fact: card})
    verdicts = await post(phone, "encounters", alone, group)
    assert outcomes(verdicts) == ["created", "rejected"]
    [fault] = verdicts[1]["problem"]["errors"]
    assert fact in fault["detail"]
    assert card not in str(verdicts[1]) or fact == card


@pytest.mark.parametrize("fact", ["gender", "age_band", "sleeping", "first_contact_this_year"])
async def test_a_group_may_say_that_it_does_not_know(phone: Device, fact: str) -> None:
    await store(phone, "encounters", make.encounter(people_count=2, card=None, **{fact: "unknown"}))


async def test_a_group_may_be_directed_somewhere(phone: Device) -> None:
    directed = make.referral()
    await store(phone, "encounters", make.encounter(people_count=4, referrals=[directed]))
    assert (await referral(phone, directed["id"]))["state"] == "requested"


async def test_a_night_without_a_contact_is_an_outing_all_the_same(phone: Device) -> None:
    assert outcomes(await post(phone, "patrols", make.patrol())) == ["created"]
