"""The time to success: worked examples, each a table of referrals beside the curve that comes of it."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from app.demo.device import Device
from app.http.context import Context
from app.identity import service as identity
from app.identity.vocabulary import Reach, Role
from app.metrics.time_to_success.definitions import LEAST_REFERRALS, NO_REFERRALS, NOT_REACHED, TOO_SHORT
from app.referrals.service import sweep
from app.settings import Settings
from tests import make, members
from tests.clock import NIGHT, SetClock
from tests.make import Json
from tests.members import House
from tests.oracles.gray import gray
from tests.street import notes, store

_MADE = NIGHT - timedelta(hours=1)
_REASONS = {
    "declined": "person_declined_service",
    "refused": "no_place",
    "waitlisted": "no_place",
    "no_show": "person_not_found",
    "cancelled": "no_transport",
}
_HOTEL, _REST, _LONG = "emergency_housing", "rest_room", "longer_stay_housing"
_SLOT = 1 / 12
_numbers = itertools.count(1)
Steps = Sequence[tuple[float, str]]
"""(days after the making, state)."""


@dataclass(frozen=True)
class Desk:
    """An association with a phone, and a coordinator who asks."""

    client: httpx.AsyncClient
    context: Context
    clock: SetClock
    house: House
    phone: Device
    token: str

    async def make(
        self, kind: str, *all_steps: Steps, made_at: datetime = _MADE, territory: str = make.QUARTER
    ) -> None:
        """Make referrals, each through its steps, in as few batches as there are steps."""
        made = [
            make.lone_referral(
                kind=kind, occurred_at=made_at, territory=territory, accompanied=True, **_state(steps[0][1])
            )
            for steps in all_steps
        ]
        self.clock.now = max(self.clock.now, made_at)
        await store(self.phone, "referrals", *made)
        events = [
            make.event(referral_id=referral["id"], occurred_at=made_at + timedelta(days=days), **_state(state))
            for referral, steps in zip(made, all_steps, strict=True)
            for days, state in steps[1:]
        ]
        if events:
            last = max(days for steps in all_steps for days, _state_ in steps)
            self.clock.now = max(self.clock.now, made_at + timedelta(days=last))
            await store(self.phone, "referral-events", *events)

    async def ask(
        self, token: str | None = None, path: str = "metrics/time-to-success", **asked: Any
    ) -> httpx.Response:
        """Ask for a month around the making unless told otherwise."""
        await sweep(self.context, self.clock())
        parameters = {"from": "2026-02-15", "to": "2026-03-15", **asked}
        headers = {"Authorization": f"Bearer {token or self.token}"}
        return await self.client.get(f"/v1/{path}", params=parameters, headers=headers)

    async def time(self, token: str | None = None, *, later: float = 40, **asked: Any) -> Json:
        """Return what is answered so many days after the making."""
        self.clock.now = max(self.clock.now, _MADE + timedelta(days=later))
        answer = await self.ask(token, **asked)
        assert answer.status_code == 200, answer.text
        shown: Json = answer.json()
        return shown


def _state(state: str) -> Json:
    return {"state": state} | ({"reason": _REASONS[state]} if state in _REASONS else {})


@pytest.fixture(scope="module")
def settings(settings: Settings) -> Settings:
    """Tokens that outlive the longest follow-up: renewing them is not what this is about."""
    return settings.model_copy(update={"token_lifetime": timedelta(days=1000)})


@pytest.fixture
async def desk(client: httpx.AsyncClient, context: Context, clock: SetClock, city: None) -> Desk:  # noqa: ARG001 - seeds
    return await _desk(client, context, clock)


async def _desk(client: httpx.AsyncClient, context: Context, clock: SetClock) -> Desk:
    house = await members.found(context)
    phone = await members.enrolled(client, context, house)
    return Desk(client, context, clock, house, phone, await _token(context, house))


async def _token(context: Context, house: House, **changes: Any) -> str:
    async with context.database.writing() as session:
        account_id = await identity.create_account(
            session, context.keyring, NIGHT, org_id=house.org_id, name=f"coordination {next(_numbers)}",
            role=Role.coordinator, **changes,
        )  # fmt: skip
    return await members.token_of(context, house, account_id)


def endings(group: Json) -> dict[str, int]:
    """Return the endings that occurred."""
    return {one["ending"]: one["count"]["n"] for one in group["endings"] if one["count"]["n"]}


def incidences(group: Json) -> dict[int, float | None]:
    return {one["day"]: one["value"] for one in group["incidences"]}


def reasons(group: Json) -> dict[Any, str | None]:
    """Return why there is no value, by day or by share."""
    return {one.get("day", one.get("share")): one["reason"] for one in (*group["incidences"], *group["quantiles"])}


def made(shown: Json) -> dict[str, int]:
    return {group["key"]: group["made"]["n"] for group in shown["groups"]}


_ASKED = (0, "requested")


async def test_a_small_cohort_worked_out_by_hand(desk: Desk) -> None:
    await desk.make(
        _HOTEL,
        [_ASKED, (0.3, "accepted"), (0.5, "admitted")],  # day 1
        [_ASKED, (1, "admitted")],  # day 1: it is over after 24 hours
        [_ASKED, (1 + _SLOT, "admitted")],  # day 2
        [_ASKED, (0.9, "refused")],  # day 1
        [(0, "declined")],  # day 0
        [_ASKED],  # never answered: nothing known after day 0
        [(0, "offered")],  # never expires: still waiting
    )
    total = (await desk.time(horizon_days=30))["total"]
    assert endings(total) == {"success": 3, "refused": 1, "declined": 1, "expired": 1, "waiting": 1}
    assert (total["made"]["n"], total["known_until"]) == (7, 30)
    curve = total["curve"]
    assert (curve["day"], curve["at_risk"]) == ([0, 1, 2], [7, 5, 2])
    assert curve["declined"] == pytest.approx([1 / 7] * 3)
    assert curve["refused"] == pytest.approx([0, 6 / 35, 6 / 35])
    assert curve["success"] == pytest.approx([0, 12 / 35, 18 / 35])
    assert curve["waiting"] == pytest.approx([6 / 7, 12 / 35, 6 / 35])
    assert (curve["no_show"], curve["cancelled"]) == ([0, 0, 0], [0, 0, 0])
    assert curve["success_low"][0] is None
    assert 0 < curve["success_low"][2] < 18 / 35 < curve["success_high"][2] < 1
    assert incidences(total) == pytest.approx({1: 12 / 35, 7: 18 / 35, 30: 18 / 35})
    assert [(one["share"], one["value"]) for one in total["quantiles"]] == [(0.25, 1), (0.5, 2)]
    assert {rate["code"]: (rate["numerator"], rate["denominator"]) for rate in total["rates"]} == {
        "censored_share": (1, 7),
        "unknown_share": (1, 7),
    }


@pytest.mark.parametrize(
    ("kind", "steps", "ending", "day"),
    [
        (_REST, [_ASKED, (0.2, "arrived")], "success", 1),
        (_REST, [_ASKED, (1.2, "admitted")], "success", 2),  # nobody recorded the arrival
        (_HOTEL, [_ASKED, (0.2, "arrived"), (2.5, "admitted")], "success", 3),
        (_HOTEL, [_ASKED, (1.2, "arrived"), (2.5, "refused")], "refused", 3),
        (_HOTEL, [_ASKED, (0.1, "accepted"), (0.2, "no_show")], "no_show", 1),
        (_HOTEL, [_ASKED, (2, "cancelled")], "cancelled", 2),
    ],
)
async def test_a_referral_ends_in_one_way_on_one_day(
    desk: Desk, kind: str, steps: Steps, ending: str, day: int
) -> None:
    await desk.make(kind, steps)
    total = (await desk.time())["total"]
    assert endings(total) == {ending: 1}
    assert (total["curve"]["day"], total["curve"][ending]) == ([day], [1.0])


async def test_silence_counts_until_the_last_thing_known(desk: Desk) -> None:
    """Arriving at a hotel is no success; three days of silence later its outcome is unknown since the arrival."""
    await desk.make(_HOTEL, [_ASKED, (2.5, "arrived")], [_ASKED, (2, "admitted")], [_ASKED, (3, "admitted")])
    total = (await desk.time())["total"]
    assert endings(total) == {"success": 2, "expired": 1}
    assert (total["curve"]["day"], total["curve"]["at_risk"]) == ([2, 3], [3, 1])


async def test_an_outcome_counts_once_its_day_is_over(desk: Desk) -> None:
    await desk.make(_REST, [_ASKED, (0.1, "arrived")])
    early = (await desk.time(later=0.9))["total"]
    assert (endings(early), early["known_until"], early["curve"]["day"]) == ({"open": 1}, 0, [])
    assert {reasons(early)[day] for day in (1, 7, 30, 90)} == {TOO_SHORT}
    day_over = (await desk.time(later=1))["total"]
    assert (endings(day_over), incidences(day_over)[90]) == ({"success": 1}, 1.0)


async def test_open_referrals_are_followed_to_the_last_full_day(desk: Desk) -> None:
    await desk.make(_LONG, [_ASKED, (5, "waitlisted")], [_ASKED, (3, "admitted")])
    total = (await desk.time(later=20.9))["total"]
    assert (endings(total), total["known_until"]) == ({"success": 1, "open": 1}, 20)
    assert incidences(total) == {1: 0.0, 7: 0.5, 30: None, 90: None}
    assert (reasons(total)[7], reasons(total)[30], reasons(total)[0.5]) == (None, TOO_SHORT, None)


async def test_a_median_that_is_not_reached_is_null_with_its_reason(desk: Desk) -> None:
    await desk.make(_HOTEL, [_ASKED, (1, "admitted")], [_ASKED, (1, "refused")], [_ASKED, (2, "refused")])
    quarter, half = (await desk.time())["total"]["quantiles"]
    assert (quarter["value"], quarter["reason"]) == (1, None)
    assert (half["value"], half["low"], half["reason"]) == (None, 1, NOT_REACHED)


async def test_an_empty_cohort_has_no_figure_and_a_reason(desk: Desk) -> None:
    shown = await desk.time(group_by="kind")
    total = shown["total"]
    assert (shown["groups"], total["made"]["n"], total["known_until"]) == ([], 0, None)
    assert set(incidences(total).values()) == {None}
    assert set(reasons(total).values()) == {NO_REFERRALS}
    assert [(rate["value"], rate["reason"]) for rate in total["rates"]] == [(None, "nothing in the denominator")] * 2
    assert shown["comparison"]["p_value"] is None


async def test_what_comes_after_the_horizon_is_still_waiting_at_it(desk: Desk) -> None:
    await desk.make(_LONG, [_ASKED, (5, "admitted")], [_ASKED, (2, "admitted")])
    assert endings((await desk.time(horizon_days=5))["total"]) == {"success": 2}
    four = (await desk.time(horizon_days=4))["total"]
    assert (endings(four), four["known_until"]) == ({"success": 1, "waiting": 1}, 4)


async def test_a_referral_entered_in_error_never_was(desk: Desk) -> None:
    await desk.make(_REST, [_ASKED, (0.2, "entered_in_error")], [_ASKED, (0.2, "arrived")])
    assert (await desk.time())["total"]["made"]["n"] == 1


@pytest.mark.parametrize(
    "made_at", [datetime(2026, 3, 28, 20, tzinfo=UTC), datetime(2026, 10, 24, 20, tzinfo=UTC)], ids=["spring", "autumn"]
)
async def test_a_day_has_24_hours_also_when_the_clocks_change(desk: Desk, made_at: datetime) -> None:
    await desk.make(_HOTEL, [_ASKED, (0.9, "admitted")], [_ASKED, (1.2, "refused")], made_at=made_at)
    desk.clock.now = made_at + timedelta(days=9)
    asked: dict[str, Any] = {"from": made_at.date().isoformat(), "to": (made_at.date() + timedelta(days=1)).isoformat()}
    assert (await desk.time(**asked))["total"]["curve"]["day"] == [1, 2]


async def test_months_are_those_of_service_days_across_the_turn_of_the_year(desk: Desk) -> None:
    for hour in (10, 11, 12):  # noon in Paris is 11:00 UTC: the night of the 31st ends with it
        await desk.make(_REST, [_ASKED, (0.2, "arrived")], made_at=datetime(2027, 1, 1, hour, tzinfo=UTC))
    desk.clock.now = datetime(2027, 2, 1, tzinfo=UTC)
    period: dict[str, Any] = {"from": "2026-12-01", "to": "2027-02-01"}
    shown = await desk.time(**period, group_by="month")
    assert made(shown) == {"2026-12": 1, "2027-01": 2}


class TestGroups:
    async def test_come_by_key_with_their_names_and_add_up(self, desk: Desk) -> None:
        await desk.make(_REST, [_ASKED, (0.2, "arrived")], [_ASKED])
        await desk.make(_HOTEL, [_ASKED, (0.2, "admitted")], territory="93066")
        kinds, quarters = await desk.time(group_by="kind"), await desk.time(group_by="territory")
        assert (made(kinds), made(quarters)) == ({_HOTEL: 1, _REST: 2}, {"7511803": 2, "93066": 1})
        assert kinds["groups"][1]["label"] == {"fr": "Espace de repos", "en": "Rest room"}
        assert quarters["groups"][0]["label"] == {"fr": "Goutte-d'Or", "en": "Goutte-d'Or"}
        assert (kinds["total"]["made"]["n"], kinds["total"]["label"]) == (3, None)
        assert (await desk.time(kind=_HOTEL))["total"]["made"]["n"] == 1

    async def test_are_compared_by_grays_test_when_they_are_large_enough(self, desk: Desk) -> None:
        rests: list[Steps] = [
            *[[_ASKED, (0.5, "arrived")]] * 14, *[[_ASKED, (1.5, "no_show")]] * 9, *[[(0, "offered")]] * 9
        ]  # fmt: skip
        hotels: list[Steps] = [
            *[[_ASKED, (2.5, "admitted")]] * 11, *[[_ASKED, (1.5, "refused")]] * 14, *[[(0, "offered")]] * 6
        ]  # fmt: skip
        await desk.make(_REST, *rests)
        await desk.make(_HOTEL, *hotels)
        found = (await desk.time(group_by="kind"))["comparison"]
        people = [
            *[(0, 3, 1)] * 11, *[(0, 2, 2)] * 14, *[(0, 40, 0)] * 6,
            *[(1, 1, 1)] * 14, *[(1, 2, 2)] * 9, *[(1, 40, 0)] * 9,
        ]  # fmt: skip
        assert found["statistic"] == pytest.approx(gray(people)[0])
        assert (found["groups"], found["degrees_of_freedom"], found["reason"]) == (2, 1, None)
        assert 0 < found["p_value"] < 1

    async def test_are_not_compared_when_one_is_small_or_there_is_only_one(self, desk: Desk) -> None:
        await desk.make(_REST, *[[_ASKED, (0.5, "arrived")]] * LEAST_REFERRALS)
        alone = (await desk.time(group_by="kind"))["comparison"]
        assert (alone["p_value"], alone["reason"]) == (None, "2 to 12 groups are compared")
        await desk.make(_HOTEL, *[[_ASKED, (0.5, "admitted")]] * (LEAST_REFERRALS - 1))
        small = (await desk.time(group_by="kind"))["comparison"]
        assert (small["statistic"], small["p_value"], small["groups"]) == (None, None, 2)
        assert small["reason"] == "a group has fewer than 30 referrals or 10 successes"
        assert (await desk.time())["comparison"] is None


class TestReach:
    async def test_of_an_organisation_ends_at_its_door(self, desk: Desk) -> None:
        theirs = await _desk(desk.client, desk.context, desk.clock)
        await desk.make(_REST, [_ASKED])
        assert (await theirs.time())["total"]["made"]["n"] == 0
        assert (await desk.time())["total"]["made"]["n"] == 1

    async def test_of_a_perimeter_holds_every_organisation_in_it(self, desk: Desk) -> None:
        """On days that no other test uses: a perimeter shows everybody's referrals."""
        theirs = await _desk(desk.client, desk.context, desk.clock)
        made_at = NIGHT + timedelta(days=200)
        for one, place in ((desk, "7511803"), (theirs, "7512001"), (theirs, "7511904"), (desk, "93066")):
            await one.make(_REST, [_ASKED], territory=place, made_at=made_at)
        everybody = await _token(desk.context, desk.house, reach=Reach.perimeter, perimeter="paris-nord-est")
        confined = await _token(desk.context, desk.house, perimeter="paris-nord-est")
        period: dict[str, Any] = {"from": "2026-09-01", "to": "2026-10-01", "group_by": "territory"}
        assert made(await desk.time(everybody, **period)) == {"7511803": 1, "7512001": 1}
        assert made(await desk.time(confined, **period)) == {"7511803": 1}
        assert (await desk.ask(everybody, **period, territory="93")).status_code == 404


class TestAQuestion:
    @pytest.mark.parametrize(
        ("name", "value"), [("horizon_days", "0"), ("horizon_days", "366"), ("group_by", "week"), ("kind", "Rest room")]
    )
    async def test_that_cannot_be_read_is_invalid(self, desk: Desk, name: str, value: str) -> None:
        answer = await desk.ask(**{name: value})
        assert answer.status_code == 422
        assert [fault["pointer"] for fault in answer.json()["errors"]] == [f"?{name}"]

    async def test_is_written_down_with_who_asked(self, desk: Desk) -> None:
        await desk.time(territory="75118", kind=_REST, group_by="month", horizon_days=7)
        assert await notes(desk.context, desk.house.org_id, "metrics.time_to_success") == [
            {
                "from": "2026-02-15", "to": "2026-03-15", "horizon_days": 7,
                "kind": _REST, "territory": "75118", "group_by": "month",
            }
        ]  # fmt: skip


class TestIndicators:
    """The same curve, read off by the catalogue of indicators."""

    async def _figures(self, desk: Desk, code: str, **asked: Any) -> list[Json]:
        desk.clock.now = max(desk.clock.now, _MADE + timedelta(days=40))
        answer = await desk.ask(path=f"indicators/{code}", **asked)
        assert answer.status_code == 200, answer.text
        figures: list[Json] = answer.json()["figures"]
        return figures

    async def test_are_read_off_the_curve(self, desk: Desk) -> None:
        await desk.make(
            _HOTEL, [_ASKED, (1, "admitted")], [_ASKED, (2.5, "refused")], [_ASKED, (3, "admitted")], [_ASKED]
        )
        found = {}
        for code in (
            "time_to_success_median",
            "time_to_success_first_quartile",
            "success_incidence_7d",
            "success_incidence_30d",
        ):
            (figure,) = await self._figures(desk, code)
            found[code] = (figure["value"], figure["n"], figure["denominator"], figure["unknown"])
        assert found == {
            "time_to_success_median": (3.0, 2, 4, 1),
            "time_to_success_first_quartile": (1.0, 2, 4, 1),
            "success_incidence_7d": (pytest.approx(2 / 3), 2, 4, 1),
            "success_incidence_30d": (pytest.approx(2 / 3), 2, 4, 1),
        }

    async def test_are_split_by_month_and_kind_and_null_with_a_reason(self, desk: Desk) -> None:
        await desk.make(_REST, [_ASKED, (0.5, "arrived")])
        await desk.make(_HOTEL, [_ASKED, (0.5, "refused")])
        series = await self._figures(desk, "time_to_success_median", granularity="month")
        assert [(one["period_from"], one["value"], one["reason"]) for one in series] == [
            ("2026-02-15", None, NO_REFERRALS),
            ("2026-03-01", 1.0, None),
        ]
        kinds = await self._figures(desk, "time_to_success_median", split="kind")
        assert [(one["key"], one["value"], one["reason"]) for one in kinds] == [
            (_HOTEL, None, NOT_REACHED),
            (_REST, 1.0, None),
        ]
