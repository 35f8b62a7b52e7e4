"""The referral funnel: worked examples, each a table of referrals beside the funnel that comes of it."""

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
from app.metrics.refreshing import refresh
from app.referrals.service import sweep
from app.settings import Settings
from tests import make, members, places
from tests.clock import NIGHT, SetClock
from tests.make import Json
from tests.members import House
from tests.street import notes, store

_MADE = NIGHT - timedelta(hours=1)
_REASONS = {
    "declined": "person_declined_service",
    "refused": "no_place",
    "waitlisted": "no_place",
    "no_show": "person_not_found",
    "cancelled": "no_transport",
}
_numbers = itertools.count(1)
Steps = Sequence[tuple[float, str]]


@dataclass(frozen=True)
class Desk:
    """An association with a phone, and a coordinator who asks."""

    client: httpx.AsyncClient
    context: Context
    clock: SetClock
    house: House
    phone: Device
    token: str

    async def make(self, kind: str, steps: Steps, **changes: Any) -> Json:
        """Make a referral in the first state of `steps`; the others follow, each so many days after the making."""
        made_at: datetime = changes.pop("occurred_at", _MADE)
        channel = changes.pop("channel", None)
        first = steps[0][1]
        facts = {"kind": kind, "state": first, "occurred_at": made_at, **_reason(first), **changes}
        referral = make.lone_referral(**facts)
        await store(self.phone, "referrals", referral)
        for days, state in steps[1:]:
            at = made_at + timedelta(days=days)
            self.clock.now = max(self.clock.now, at)
            facts = {"referral_id": referral["id"], "state": state, "occurred_at": at, **_reason(state)}
            event = make.event(**facts) | ({"channel": channel} if channel else {})
            await store(self.phone, "referral-events", event)
        return referral

    async def ask(self, token: str | None = None, **parameters: Any) -> httpx.Response:
        """Ask 40 days later, for a month around the making unless told otherwise."""
        self.clock.now = max(self.clock.now, NIGHT + timedelta(days=40))
        await sweep(self.context, self.clock())
        asked = {"from": "2026-02-15", "to": "2026-03-15", **parameters}
        headers = {"Authorization": f"Bearer {token or self.token}"}
        return await self.client.get("/v1/metrics/funnel", params=asked, headers=headers)

    async def funnel(self, token: str | None = None, **parameters: Any) -> Json:
        """Return what is answered."""
        answer = await self.ask(token, **parameters)
        assert answer.status_code == 200, answer.text
        shown: Json = answer.json()
        return shown


def _reason(state: str) -> Json:
    return {"reason": _REASONS[state]} if state in _REASONS else {}


@pytest.fixture(scope="module")
def settings(settings: Settings) -> Settings:
    """Tokens that outlive the longest follow-up: renewing them is not what this is about."""
    return settings.model_copy(update={"token_lifetime": timedelta(days=1000)})


@pytest.fixture
async def desk(client: httpx.AsyncClient, context: Context, clock: SetClock, city: None) -> Desk:  # noqa: ARG001 - seeds
    return await _desk(client, context, clock)


async def _desk(client: httpx.AsyncClient, context: Context, clock: SetClock, *, night: bool = True) -> Desk:
    house = await members.found(context, night=night)
    phone = await members.enrolled(client, context, house)
    return Desk(client, context, clock, house, phone, await _token(context, house))


async def _token(context: Context, house: House, **changes: Any) -> str:
    """Return a token of a new coordinator, good for years."""
    async with context.database.writing() as session:
        account_id = await identity.create_account(
            session, context.keyring, NIGHT, org_id=house.org_id, name=f"coordination {next(_numbers)}",
            role=Role.coordinator, **changes,
        )  # fmt: skip
    return await members.token_of(context, house, account_id)


def reached(group: Json) -> list[int]:
    """Return how many reached each stage, in order."""
    return [stage["reached"]["n"] for stage in group["stages"]]


def recorded(group: Json) -> list[int]:
    return [stage["recorded"]["n"] for stage in group["stages"]]


def outcomes(group: Json) -> dict[str, int]:
    """Return the outcomes that occurred."""
    return {one["outcome"]: one["count"]["n"] for one in group["outcomes"] if one["count"]["n"]}


def rates(group: Json) -> dict[str, tuple[int, int]]:
    return {rate["code"]: (rate["numerator"], rate["denominator"]) for rate in group["rates"]}


def by_key(funnel: Json) -> dict[str, int]:
    return {"/".join(group["key"]): group["made"]["n"] for group in funnel["groups"]}


_REST, _HOTEL = "rest_room", "emergency_housing"
_ASKED: Steps = [(0, "requested")]
_ONE: dict[str, tuple[str, Steps, list[int], list[int], str]] = {
    # what happened: (kind, steps, stages reached, stages recorded, outcome)
    "nobody answered": (_REST, _ASKED, [1, 1, 0, 0, 0], [0, 1, 0, 0, 0], "expired"),
    "an offer stays open": (_REST, [(0, "offered")], [1, 0, 0, 0, 0], [1, 0, 0, 0, 0], "open"),
    "declined on the spot": (_REST, [(0, "declined")], [1, 0, 0, 0, 0], [0, 0, 0, 0, 0], "declined"),
    "arrived at a rest room": (_REST, [*_ASKED, (0.5, "arrived")], [1, 1, 1, 1, 0], [0, 1, 0, 1, 0], "success"),
    "arrived straight from an offer": (
        _REST, [(0, "offered"), (0.1, "arrived")], [1, 1, 1, 1, 0], [1, 0, 0, 1, 0], "success"
    ),
    "admitted where arriving is enough": (
        _REST, [*_ASKED, (1, "admitted")], [1, 1, 1, 1, 1], [0, 1, 0, 0, 1], "success"
    ),
    "arrived at a hotel, then silence": (
        _HOTEL, [*_ASKED, (1, "arrived")], [1, 1, 1, 1, 0], [0, 1, 0, 1, 0], "expired"
    ),
    "arrived at a hotel and refused": (
        _HOTEL, [*_ASKED, (1, "arrived"), (2, "refused")], [1, 1, 1, 1, 0], [0, 1, 0, 1, 0], "refused"
    ),
    "the whole way": (
        _HOTEL,
        [(0, "offered"), (0.5, "requested"), (1, "waitlisted"), (2, "accepted"), (3, "arrived"), (3.5, "admitted")],
        [1, 1, 1, 1, 1], [1, 1, 1, 1, 1], "success",
    ),
    "waited for nothing": (_HOTEL, [*_ASKED, (1, "waitlisted")], [1, 1, 0, 0, 0], [0, 1, 0, 0, 0], "expired"),
    "waited from the start": (
        _HOTEL, [*_ASKED, (0.1, "waitlisted"), (2, "cancelled")], [1, 1, 0, 0, 0], [0, 1, 0, 0, 0], "cancelled"
    ),
    "refused": (_HOTEL, [*_ASKED, (1, "refused")], [1, 1, 0, 0, 0], [0, 1, 0, 0, 0], "refused"),
    "accepted, and nobody came": (
        _HOTEL, [*_ASKED, (1, "accepted"), (2, "no_show")], [1, 1, 1, 0, 0], [0, 1, 1, 0, 0], "no_show"
    ),
    "answered on the last day of the follow-up": (
        "reintegration_housing", [*_ASKED, (30, "admitted")], [1, 1, 1, 1, 1], [0, 1, 0, 0, 1], "success"
    ),
    "accepted in time, admitted after it": (
        "longer_stay_housing", [*_ASKED, (29, "accepted"), (31, "admitted")], [1, 1, 1, 0, 0], [0, 1, 1, 0, 0], "open"
    ),
    "refused after it": ("longer_stay_housing", [*_ASKED, (31, "refused")], [1, 1, 0, 0, 0], [0, 1, 0, 0, 0], "open"),
}  # fmt: skip


# First, while there is little of anybody else that the upkeep would compute with it.
async def test_facts_and_records_say_the_same(desk: Desk) -> None:
    await desk.make(_REST, [*_ASKED, (0.1, "arrived")])
    await desk.make(_HOTEL, _ASKED, territory="93066", occurred_at=_MADE - timedelta(days=9))
    counted = [await desk.funnel(group_by=one) for one in ("rung", "week", "month", ["kind", "month"])]
    await refresh(desk.context.database)
    kept = [await desk.funnel(group_by=one) for one in ("rung", "week", "month", ["kind", "month"])]
    assert [one["groups"] for one in kept] == [one["groups"] for one in counted]


@pytest.mark.parametrize("what", _ONE)
async def test_one_referral_comes_as_far_as_it_came(desk: Desk, what: str) -> None:
    kind, steps, stages, stages_recorded, outcome = _ONE[what]
    await desk.make(kind, steps, accompanied=True)
    total = (await desk.funnel())["total"]
    assert (reached(total), recorded(total), outcomes(total)) == (stages, stages_recorded, {outcome: 1})


async def test_a_small_cohort_worked_out_by_hand(desk: Desk) -> None:
    for steps in (
        [(0, "requested"), (1, "accepted"), (1.5, "arrived"), (2, "admitted")],
        [(0, "requested"), (1, "accepted"), (2, "admitted")],
        [(0, "requested"), (1, "accepted"), (2, "refused")],
        [(0, "requested"), (1, "refused")],
        [(0, "requested"), (1, "accepted"), (2, "no_show")],
        [(0, "requested"), (1, "waitlisted"), (2, "declined")],
        [(0, "requested")],
        [(0, "offered")],
    ):
        await desk.make(_HOTEL, steps)
    total = (await desk.funnel())["total"]
    assert (total["made"]["n"], total["followed"]["n"], total["waitlisted"]["n"]) == (8, 8, 1)
    assert reached(total) == [8, 7, 4, 2, 2]
    assert recorded(total) == [1, 7, 4, 1, 2]
    assert outcomes(total) == {"success": 2, "refused": 2, "declined": 1, "no_show": 1, "expired": 1, "open": 1}
    assert rates(total) == {
        "success_worst_case": (2, 8),
        "success_known_outcome": (2, 6),
        "provider_acceptance": (3, 5),
        "unknown_share": (2, 8),
    }
    assert [rate["value"] for rate in total["rates"]] == [0.25, 2 / 6, 0.6, 0.25]


async def test_an_empty_cohort_has_counts_of_nothing_and_no_rate(desk: Desk) -> None:
    shown = await desk.funnel(group_by="kind")
    assert shown["groups"] == []
    assert reached(shown["total"]) == [0] * 5
    assert {rate["value"] for rate in shown["total"]["rates"]} == {None}
    assert {rate["reason"] for rate in shown["total"]["rates"]} == {"nothing in the denominator"}
    assert shown["total"]["made"] == {"n": 0, "small": False}


async def test_counts_of_one_to_ten_are_flagged(desk: Desk) -> None:
    await desk.make(_REST, _ASKED)
    total = (await desk.funnel())["total"]
    assert total["made"] == {"n": 1, "small": True}
    assert total["waitlisted"] == {"n": 0, "small": False}


async def test_a_referral_still_being_followed_is_counted_apart(desk: Desk) -> None:
    await desk.make(_REST, [*_ASKED, (0.5, "arrived")])
    for days, followed in ((40, 1), (41, 0), (365, 0)):
        total = (await desk.funnel(horizon_days=days))["total"]
        assert (total["made"]["n"], total["followed"]["n"]) == (1, followed)
        assert total["not_yet_followed"]["n"] == 1 - followed
        assert sum(outcomes(total).values()) == followed


async def test_a_longer_follow_up_sees_more(desk: Desk) -> None:
    await desk.make("longer_stay_housing", [*_ASKED, (5, "accepted"), (20, "admitted")])
    seen = {days: reached((await desk.funnel(horizon_days=days))["total"]) for days in (4, 5, 19, 20)}
    assert seen == {4: [1, 1, 0, 0, 0], 5: [1, 1, 1, 0, 0], 19: [1, 1, 1, 0, 0], 20: [1, 1, 1, 1, 1]}


async def test_what_happens_after_the_follow_up_changes_nothing_in_it(desk: Desk) -> None:
    made = await desk.make("longer_stay_housing", [*_ASKED, (2, "accepted")], channel="phone")
    before = (await desk.funnel(horizon_days=7))["total"]
    await store(
        desk.phone, "referral-events", make.event(referral_id=made["id"], state="admitted", occurred_at=desk.clock.now)
    )
    assert (await desk.funnel(horizon_days=7))["total"] == before
    assert before["answered"] == {"app": 0, "desk": 0, "phone": 1, "nobody": 0, "small": True}


async def test_how_first_answers_were_learnt_is_counted(desk: Desk) -> None:
    for channel in ("app", "desk", "phone", "phone", None):
        steps = [*_ASKED, (0.5, "arrived")] if channel else _ASKED
        await desk.make(_REST, steps, channel=channel)
    assert (await desk.funnel())["total"]["answered"] == {"app": 1, "desk": 1, "phone": 2, "nobody": 1, "small": True}


async def test_a_referral_received_a_day_late_is_counted_as_late(desk: Desk) -> None:
    for hours in (24, 26):
        await desk.make(_REST, _ASKED, occurred_at=NIGHT - timedelta(hours=hours))
    assert (await desk.funnel())["total"]["late"]["n"] == 1


async def test_a_referral_entered_in_error_never_was(desk: Desk) -> None:
    await desk.make(_REST, _ASKED)
    await desk.make(_REST, [*_ASKED, (0.2, "entered_in_error")])
    assert (await desk.funnel())["total"]["made"]["n"] == 1


async def test_the_referrals_of_a_withdrawn_encounter_never_were_whatever_came_of_them(desk: Desk) -> None:
    arrived, declined = make.referral(), make.referral(state="declined", reason="person_unable")
    met = make.encounter(occurred_at=_MADE, referrals=[arrived, declined])
    await store(desk.phone, "encounters", met)
    early = make.event(referral_id=arrived["id"], occurred_at=_MADE - timedelta(minutes=3))
    await store(desk.phone, "referral-events", early)
    assert (await desk.funnel())["total"]["made"]["n"] == 2
    desk.clock.now = NIGHT
    await store(desk.phone, "encounters", {**met, "revision": 2, "status": "entered_in_error"})
    assert (await desk.funnel())["total"]["made"]["n"] == 0


async def test_a_correction_takes_its_referrals_along(desk: Desk) -> None:
    met = make.encounter(occurred_at=_MADE, referrals=[make.referral()])
    await store(desk.phone, "encounters", met)
    moved = {"territory": "7512004", "occurred_at": (_MADE - timedelta(days=1)).isoformat()}
    await store(desk.phone, "encounters", {**met, **moved, "revision": 2})
    assert by_key(await desk.funnel(group_by="territory")) == {"7512004": 1}
    assert by_key(await desk.funnel(group_by="week")) == {"2026-02-23": 1}


async def test_an_answer_given_after_the_silence_is_too_late_whether_or_not_a_sweep_came_by(desk: Desk) -> None:
    for swept in (True, False):
        referral = await desk.make(_REST, _ASKED)
        desk.clock.now = NIGHT + timedelta(days=3)
        if swept:
            await sweep(desk.context, desk.clock())
        event = make.event(referral_id=referral["id"], occurred_at=desk.clock.now)
        answer = await desk.phone.post("/v1/referral-events", json=make.envelope([event], desk.clock.now))
        assert answer.json()["results"][0]["problem"]["not_applied"] == "terminal"
        desk.clock.now = NIGHT
    assert outcomes((await desk.funnel())["total"]) == {"expired": 2}


_GROUPS: dict[str, dict[str, int]] = {
    "kind": {"emergency_housing": 1, "rest_room": 2},
    "territory": {"7511803": 2, "93066": 1},
    "week": {"2026-02-23": 1, "2026-03-02": 2},
    "month": {"2026-02": 1, "2026-03": 2},
}


@pytest.mark.parametrize("group_by", _GROUPS)
async def test_groups_come_by_key_and_add_up(desk: Desk, group_by: str) -> None:
    await desk.make(_REST, _ASKED)
    await desk.make(_REST, [*_ASKED, (0.1, "arrived")], occurred_at=_MADE - timedelta(days=4))
    await desk.make(_HOTEL, _ASKED, territory="93066")
    shown = await desk.funnel(group_by=group_by)
    assert by_key(shown) == _GROUPS[group_by]
    assert list(by_key(shown)) == sorted(by_key(shown))
    assert shown["total"]["made"]["n"] == 3
    assert shown["total"]["labels"] == []
    assert [sum(column) for column in zip(*map(reached, shown["groups"]), strict=True)] == reached(shown["total"])


async def test_groups_of_kinds_and_territories_have_names(desk: Desk) -> None:
    await desk.make(_REST, _ASKED)
    kinds, quarters, weeks = [(await desk.funnel(group_by=one))["groups"][0] for one in ("kind", "territory", "week")]
    assert kinds["labels"] == [{"fr": "Espace de repos", "en": "Rest room"}]
    assert quarters["labels"] == [{"fr": "Goutte-d'Or", "en": "Goutte-d'Or"}]
    assert weeks["labels"] == [None]


@pytest.mark.parametrize(
    ("territory", "made"), [("7511803", 1), ("75118", 1), ("75", 2), ("11", 3), ("93", 1), ("7511804", 0)]
)
async def test_a_territory_holds_everything_below_it(desk: Desk, territory: str, made: int) -> None:
    for place in ("7511803", "7512001", "93066"):
        await desk.make(_REST, _ASKED, territory=place)
    assert (await desk.funnel(territory=territory))["total"]["made"]["n"] == made


async def test_a_kind_is_a_filter(desk: Desk) -> None:
    await desk.make(_REST, _ASKED)
    await desk.make(_HOTEL, _ASKED)
    assert (await desk.funnel(kind=_HOTEL))["total"]["made"]["n"] == 1
    assert (await desk.funnel(kind="no_such_kind"))["total"]["made"]["n"] == 0


class TestServiceDays:
    """The cohort is of service days: noon to noon for a night team, midnight to midnight otherwise, in Paris."""

    @pytest.mark.parametrize(
        ("instant", "night_day", "plain_day"),
        [
            (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), "2026-03-28", "2026-03-29"),  # 01:59, the hour before it jumps
            (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), "2026-03-28", "2026-03-29"),  # 03:00: there is no 02:00
            (datetime(2026, 3, 29, 9, 59, tzinfo=UTC), "2026-03-28", "2026-03-29"),  # 11:59 summer time
            (datetime(2026, 3, 29, 10, 0, tzinfo=UTC), "2026-03-29", "2026-03-29"),  # noon
            (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "2026-10-24", "2026-10-25"),  # 02:30 for the first time
            (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "2026-10-24", "2026-10-25"),  # 02:30 again
            (datetime(2026, 10, 25, 11, 0, tzinfo=UTC), "2026-10-25", "2026-10-25"),  # noon
            (datetime(2026, 12, 31, 22, 59, tzinfo=UTC), "2026-12-31", "2026-12-31"),  # 23:59
            (datetime(2026, 12, 31, 23, 0, tzinfo=UTC), "2026-12-31", "2027-01-01"),  # midnight
            (datetime(2027, 1, 1, 11, 0, tzinfo=UTC), "2027-01-01", "2027-01-01"),  # noon
        ],
    )
    async def test_are_those_of_the_clock_of_paris(
        self, desk: Desk, instant: datetime, night_day: str, plain_day: str
    ) -> None:
        by_day = await _desk(desk.client, desk.context, desk.clock, night=False)
        desk.clock.now = instant
        for one, day in ((desk, night_day), (by_day, plain_day)):
            await one.make(_REST, _ASKED, occurred_at=instant)
            after = (datetime.fromisoformat(day) + timedelta(days=1)).date().isoformat()
            period: dict[str, Any] = {"from": day, "to": after, "horizon_days": 1}
            assert (await one.funnel(**period))["total"]["made"]["n"] == 1
            assert (await one.funnel(**period, group_by="month"))["groups"][0]["key"] == [day[:7]]


class TestReach:
    """A coordinator sees the own organisation, or every organisation in a perimeter, or the part common to both."""

    async def test_of_an_organisation_ends_at_its_door(self, desk: Desk) -> None:
        theirs = await _desk(desk.client, desk.context, desk.clock)
        await desk.make(_REST, _ASKED)
        await theirs.make(_REST, _ASKED)
        await theirs.make(_REST, _ASKED)
        assert (await desk.funnel())["total"]["made"]["n"] == 1
        assert (await theirs.funnel())["total"]["made"]["n"] == 2

    async def test_of_a_perimeter_holds_every_organisation_in_it(self, desk: Desk) -> None:
        """On days that no other test uses: a perimeter shows everybody's referrals."""
        theirs = await _desk(desk.client, desk.context, desk.clock)
        desk.clock.now = NIGHT + timedelta(days=200)
        for one, place in ((desk, "7511803"), (theirs, "7512001"), (theirs, "7511904"), (desk, "93066")):
            await one.make(_REST, _ASKED, territory=place, occurred_at=NIGHT + timedelta(days=200))
        everybody = await _token(desk.context, desk.house, reach=Reach.perimeter, perimeter="paris-nord-est")
        period: dict[str, Any] = {"from": "2026-09-01", "to": "2026-10-01", "horizon_days": 1}
        assert by_key(await desk.funnel(everybody, **period, group_by="territory")) == {"7511803": 1, "7512001": 1}
        confined = await _token(desk.context, desk.house, perimeter="paris-nord-est")
        assert by_key(await desk.funnel(confined, **period, group_by="territory")) == {"7511803": 1}
        assert (await desk.ask(everybody, **period, territory="93")).status_code == 404
        assert (await desk.ask(confined, **period, territory="7511904")).status_code == 404
        assert (await desk.funnel(everybody, **period, territory="75"))["total"]["made"]["n"] == 2


class TestAQuestion:
    async def test_about_an_unknown_territory_is_not_found(self, desk: Desk) -> None:
        answer = await desk.ask(territory="7519999")
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")

    @pytest.mark.parametrize(
        ("since", "until"),
        [
            ("2026-03-15", "2026-03-15"),
            ("2026-03-15", "2026-03-14"),
            ("2020-01-01", "2023-01-06"),
            ("0001-01-01", "9999-12-31"),
        ],
    )
    async def test_about_no_period_or_too_long_a_one_is_invalid(self, desk: Desk, since: str, until: str) -> None:
        answer = await desk.ask(**{"from": since, "to": until})
        assert answer.status_code == 422
        assert [fault["pointer"] for fault in answer.json()["errors"]] == ["?to"]

    @pytest.mark.parametrize(("since", "until"), [("2020-01-01", "2023-01-05"), ("9999-12-01", "9999-12-31")])
    async def test_about_1100_days_or_the_end_of_time_is_answered(self, desk: Desk, since: str, until: str) -> None:
        assert (await desk.ask(**{"from": since, "to": until})).status_code == 200

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("from", "yesterday"),
            ("horizon_days", "0"),
            ("horizon_days", "366"),
            ("horizon_days", "1e2"),
            ("group_by", "gender"),
            ("territory", "Goutte-d'Or"),
            ("kind", "Rest room"),
        ],
    )
    async def test_that_cannot_be_read_is_invalid_and_not_repeated(self, desk: Desk, name: str, value: str) -> None:
        answer = await desk.ask(**{name: value})
        assert answer.status_code == 422
        assert [fault["pointer"] for fault in answer.json()["errors"]] == [f"?{name}"]
        assert value not in answer.text or value == "0"

    async def test_is_written_down_with_who_asked(self, desk: Desk) -> None:
        before = len(await notes(desk.context, desk.house.org_id, "metrics.funnel"))
        await desk.funnel(territory="75118", kind=_REST, group_by="week", horizon_days=7)
        assert (await desk.ask(territory="7519999")).status_code == 404
        written = (await notes(desk.context, desk.house.org_id, "metrics.funnel"))[before:]
        assert written == [
            {
                "from": "2026-02-15", "to": "2026-03-15", "horizon_days": 7,
                "kind": _REST, "territory": "75118", "group_by": ["week"], "compare": None,
            }
        ]  # fmt: skip

    async def test_is_answered_with_its_terms(self, desk: Desk) -> None:
        shown = await desk.funnel(territory="75118", kind=_REST)
        assert (shown["definition"], shown["definition_version"]) == ("referral_funnel", 2)
        assert (shown["period_from"], shown["period_to"], shown["horizon_days"]) == ("2026-02-15", "2026-03-15", 30)
        assert (shown["territory"], shown["kind"], shown["group_by"]) == ("75118", _REST, [])
        assert datetime.fromisoformat(shown["as_of"]) == desk.clock.now
        assert shown["rule"]["fr"].startswith("Orientations créées")


class TestSplits:
    """By rung, team and facility; by two things at once; for people; beside another cohort."""

    async def test_kinds_of_one_rung_are_one_group(self, desk: Desk) -> None:
        for kind in (_REST, "consumption_room", _HOTEL):
            await desk.make(kind, _ASKED)
        assert by_key(await desk.funnel(group_by="rung")) == {"emergency_housing": 1, "first_reception": 2}

    async def test_two_splits_cross(self, desk: Desk) -> None:
        await desk.make(_REST, _ASKED)
        await desk.make(_HOTEL, _ASKED, territory="93066")
        shown = await desk.funnel(group_by=["kind", "territory"])
        assert by_key(shown) == {"emergency_housing/93066": 1, "rest_room/7511803": 1}
        assert [label["en"] for label in shown["groups"][1]["labels"]] == ["Rest room", "Goutte-d'Or"]

    async def test_three_splits_are_too_many(self, desk: Desk) -> None:
        answer = await desk.ask(group_by=["kind", "territory", "month"])
        assert answer.status_code == 422

    async def test_a_facility_and_a_team_go_by_their_names(self, desk: Desk) -> None:
        place = await places.opened(desk.context, desk.house, name="La Halte")
        await desk.make(_REST, _ASKED, facility_id=str(place))
        await desk.make(_REST, _ASKED)
        facilities = (await desk.funnel(group_by="facility"))["groups"]
        assert {tuple(one["key"]): one["labels"] for one in facilities} == {
            (str(place),): [{"fr": "La Halte", "en": "La Halte"}],
            ("none",): [None],
        }
        team = (await desk.funnel(group_by="team"))["groups"]
        assert [(one["key"], one["labels"][0]["fr"]) for one in team] == [([str(desk.house.team_id)], "Maraude")]

    async def test_a_person_with_two_referrals_is_one_person_who_came_furthest(self, desk: Desk) -> None:
        card = make.code()
        for arrives in (True, False):
            referral = make.referral()
            await store(desk.phone, "encounters", make.encounter(occurred_at=_MADE, card=card, referrals=[referral]))
            if arrives:
                event = make.event(referral_id=referral["id"], occurred_at=_MADE + timedelta(minutes=10))
                await store(desk.phone, "referral-events", event)
        await desk.make(_REST, _ASKED)
        people = (await desk.funnel(persons="true"))["persons"]
        assert (people["linked"]["n"], people["persons"]["n"], people["succeeded"]["n"]) == (2, 1, 1)
        assert people["linked_share"] == pytest.approx(2 / 3)
        assert [stage["persons"]["n"] for stage in people["stages"]] == [1, 1, 1, 0]

    async def test_nobody_followed_has_no_linked_share(self, desk: Desk) -> None:
        people = (await desk.funnel(persons="true"))["persons"]
        assert (people["linked_share"], people["persons"]["n"]) == (None, 0)

    async def test_another_cohort_stands_beside(self, desk: Desk) -> None:
        await desk.make(_REST, _ASKED)
        await desk.make(_REST, _ASKED, occurred_at=_MADE - timedelta(days=28))
        shown = await desk.funnel(compare="previous_period", group_by="kind")
        other = shown["compared"]
        assert (other["period_from"], other["period_to"]) == ("2026-01-18", "2026-02-15")
        assert (shown["total"]["made"]["n"], other["total"]["made"]["n"], by_key(other)) == (1, 1, {_REST: 1})
        year = (await desk.funnel(compare="year_before"))["compared"]
        assert (year["period_from"], year["total"]["made"]["n"]) == ("2025-02-15", 0)
