"""Reporting health: worked examples, silent teams, and what cannot be known."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest

from app.demo.device import Device
from app.encounters.models import Encounter
from app.http.context import Context
from app.identity import service as identity
from app.patrols.models import Patrol
from app.settings import Settings
from tests import make, members, planted
from tests.clock import NIGHT, SetClock
from tests.members import House
from tests.planted import Asker, measures, values
from tests.street import notes, post, store

_PARIS = ZoneInfo("Europe/Paris")
_PERIOD = ("2026-03-01", "2026-04-01")
_LATER = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def settings(settings: Settings) -> Settings:
    """Tokens that outlive every test."""
    return settings.model_copy(update={"token_lifetime": timedelta(days=1000)})


@pytest.fixture
async def asker(client: httpx.AsyncClient, context: Context, house: House) -> Asker:
    return await planted.asker(client, context, house)


async def test_lags_run_from_the_end_of_a_slot_and_count_the_hour_of_receipt(asker: Asker, clock: SetClock) -> None:
    met = datetime(2026, 3, 2, 22, 30, tzinfo=_PARIS)  # its slot ends at midnight
    received = [22, 24, 24, 27, 24 + 23, 24 + 24, 24 + 167, 24 + 168, 300, 300]
    rows = [
        planted.encounter(asker.house, met, first_received_at=datetime(2026, 3, 2, tzinfo=_PARIS) + timedelta(hours=h))
        for h in received
    ]
    await planted.plant(asker.context, Encounter, rows)
    clock.now = _LATER
    shown = measures(await asker.ask("reporting", *_PERIOD))
    assert shown["encounters_lag_median"]["value"] == 24  # of 0 1 1 4 24 25 168 169 277 277
    assert shown["encounters_lag_p90"]["value"] == 277
    within = shown["encounters_within_24h"]
    assert (within["value"], within["n"], within["denominator"], within["late"]) == (0.5, 5, 10, 5)
    assert shown["encounters_within_7d"]["value"] == 0.7


async def test_what_is_unknown_is_counted_among_people_met_alone(asker: Asker, clock: SetClock) -> None:
    met = datetime(2026, 3, 2, 22, tzinfo=_PARIS)
    rows = [
        planted.encounter(asker.house, met, gender="woman", age_band="minor", patrol_id=asker.house.team_id),
        planted.encounter(asker.house, met, sleeping="street", skew_s=301),
        planted.encounter(asker.house, met, people_count=3, skew_s=-300),
        planted.encounter(asker.house, met, withdrawn=True),
    ]
    await planted.plant(asker.context, Encounter, rows)
    clock.now = _LATER
    shown = values(await asker.ask("reporting", *_PERIOD))
    facts = [shown[f"{fact}_unknown"] for fact in ("gender", "age_band", "sleeping", "first_contact")]
    assert facts == [0.5, 0.5, 0.5, 1]
    assert shown["encounters_with_patrol"] == pytest.approx(1 / 3)
    assert shown["records_off_clock"] == pytest.approx(1 / 3)


async def test_a_referral_is_closed_in_time_when_its_outcome_is_known_before_its_timer_ends(
    asker: Asker, phone: Device, clock: SetClock
) -> None:
    made = NIGHT - timedelta(hours=1)
    arrived, refused, late, silent = [make.lone_referral(occurred_at=made) for _ in range(4)]
    await store(phone, "referrals", arrived, refused, late, silent)
    clock.now = made + timedelta(hours=47)
    await store(phone, "referral-events", make.event(referral_id=arrived["id"], occurred_at=clock.now))
    refusal = make.event(referral_id=refused["id"], occurred_at=clock.now, state="refused", reason="no_place")
    await store(phone, "referral-events", refusal)
    clock.now = made + timedelta(hours=49)
    await post(phone, "referral-events", make.event(referral_id=late["id"], occurred_at=clock.now))
    await post(phone, "referral-events", make.event(occurred_at=clock.now))  # of a referral nobody sent
    shown = measures(await asker.ask("reporting", *_PERIOD))
    closed = shown["referrals_closed_in_time"]
    assert (closed["value"], closed["n"], closed["denominator"]) == (0.5, 2, 4)
    effect = shown["events_without_effect"]
    assert (effect["n"], effect["denominator"]) == (1, 3)
    assert shown["events_held"]["value"] == 1
    assert shown["referrals_within_24h"]["value"] == 1
    in_a_place = measures(await asker.ask("reporting", *_PERIOD, territory="75118"))
    assert in_a_place["events_held"]["value"] is None
    assert in_a_place["events_held"]["reason"].startswith("an answer without a referral has no territory")


async def test_nothing_is_null_with_its_reason_and_never_0(asker: Asker) -> None:
    shown = measures(await asker.ask("reporting", "2026-02-01", "2026-03-01"))
    reasons = {one["reason"] for code, one in shown.items() if code != "events_held"}
    assert {one["value"] for code, one in shown.items() if code != "events_held"} == {None}
    assert reasons == {
        "no records", "no plan of patrols is recorded", "no referral's timer has run out",
        "no team was expected on a day that is over", "no answers",
    }  # fmt: skip


class TestTeams:
    """Entered on 2 March, a team is expected from that day on."""

    async def test_are_silent_on_days_without_a_patrol_whoever_was_met(
        self, asker: Asker, context: Context, clock: SetClock
    ) -> None:
        async with context.database.writing() as session:
            other = await identity.create_team(
                session, context.keyring, NIGHT, org_id=asker.house.org_id, name="Autre", night=False
            )
        evening = datetime(2026, 3, 3, 22, tzinfo=_PARIS)
        out = [planted.patrol(asker.house, evening + timedelta(days=n), None) for n in (0, 2)]
        await planted.plant(context, Patrol, out)
        await planted.plant(context, Encounter, [planted.encounter(asker.house, evening + timedelta(days=3))])
        clock.now = datetime(2026, 3, 12, 11, tzinfo=_PARIS)  # the night of the 11th is not over
        shown = await asker.ask("reporting", *_PERIOD, silent_after_days=5)
        first, second = shown["teams"]
        assert (first["team_id"], first["days_expected"], first["days_reported"]) == (str(other), 10, 0)
        assert (second["days_expected"], second["days_silent"], second["last_day"]) == (9, 7, "2026-03-05")
        assert shown["silent_teams"] == [str(other), str(asker.house.team_id)]
        assert values(shown)["silent_days"] == pytest.approx(17 / 19)
        patient = await asker.ask("reporting", *_PERIOD, silent_after_days=6)
        assert patient["silent_teams"] == [str(other)]

    async def test_of_a_perimeter_are_those_that_were_seen_in_it(
        self, client: httpx.AsyncClient, context: Context, asker: Asker, clock: SetClock
    ) -> None:
        """In a year that no other test uses: a perimeter shows everybody's teams."""
        city = await planted.asker(client, context, asker.house, everybody=True)
        inside, outside = await members.found(context), await members.found(context)
        evening = datetime(2026, 8, 3, 22, tzinfo=_PARIS)
        out = [planted.patrol(inside, evening, None), planted.patrol(outside, evening, None, territories=["93066"])]
        await planted.plant(context, Patrol, out)
        clock.now = datetime(2026, 11, 1, 12, tzinfo=UTC)
        shown = await city.ask("reporting", "2026-09-01", "2026-10-01")
        assert [team["team_id"] for team in shown["teams"]] == [str(inside.team_id)]
        assert shown["silent_teams"] == [str(inside.team_id)]

    async def test_of_other_organisations_are_not_seen(
        self, client: httpx.AsyncClient, context: Context, asker: Asker
    ) -> None:
        theirs = await planted.asker(client, context, await members.found(context))
        await planted.plant(context, Encounter, [planted.encounter(theirs.house, NIGHT)])
        shown = await asker.ask("reporting", *_PERIOD)
        assert [team["team_id"] for team in shown["teams"]] == [str(asker.house.team_id)]
        assert measures(shown)["encounters_lag_median"]["n"] == 0
        assert (await asker.get("reporting", *_PERIOD, territory="7519999")).status_code == 404
        assert len(await notes(context, asker.house.org_id, "metrics.reporting")) == 1


@pytest.mark.parametrize(("since", "until"), [("0001-01-01", "0001-02-01"), ("9999-12-01", "9999-12-31")])
async def test_the_ends_of_the_calendar_are_empty(
    client: httpx.AsyncClient, context: Context, asker: Asker, since: str, until: str
) -> None:
    everybody = await planted.asker(client, context, asker.house, everybody=True)
    for one in (asker, everybody):
        assert values(await one.ask("reporting", since, until))["encounters_lag_median"] is None
