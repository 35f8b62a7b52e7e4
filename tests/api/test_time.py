"""Clocks that are wrong, records that are old, nights that are one hour shorter or longer."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from app.demo.device import Device
from app.directory.models import FacilityReport
from app.encounters.models import Encounter
from app.http.context import Context
from app.ingest.coarse import slot_began
from app.patrols.models import Patrol
from app.referrals.models import Referral, ReferralEvent
from tests import make
from tests.clock import NIGHT, SetClock
from tests.members import enrolled, found
from tests.street import outcomes, pointers, post, reasons, row, store

SECOND, MINUTE, HOUR, DAY = (timedelta(seconds=s) for s in (1, 60, 3600, 86_400))
MET = NIGHT - 30 * MINUTE
INSTANT = {
    "patrols": ("started_at", make.patrol, Patrol),
    "encounters": ("occurred_at", make.encounter, Encounter),
    "referrals": ("occurred_at", make.lone_referral, Referral),
    "referral-events": ("occurred_at", make.event, ReferralEvent),
    "stay-exits": ("occurred_at", make.stay_exit, ReferralEvent),
    "facility-reports": ("observed_at", make.report, FacilityReport),
}
"""For each route: the field that says when, what makes an item, and where it is kept."""


async def post_by(device: Device, device_now: datetime | str, what: str, *items: make.Json) -> list[make.Json]:
    """Post as a device whose clock says `device_now`."""
    body = {"device_now": device_now if isinstance(device_now, str) else device_now.isoformat(), "items": list(items)}
    answer = await device.post(f"/v1/{what}", json=body)
    assert answer.status_code == 200, answer.text
    results: list[make.Json] = answer.json()["results"]
    return results


class TestWrongClock:
    """`behind` is how far the device's clock is behind ours."""

    @pytest.mark.parametrize(
        ("behind", "moved"),
        [
            (timedelta(0), timedelta(0)),
            (119 * SECOND, timedelta(0)),
            (2 * MINUTE, timedelta(0)),
            (-2 * MINUTE, timedelta(0)),
            (121 * SECOND, 121 * SECOND),
            (-121 * SECOND, -121 * SECOND),
            (3 * HOUR, 3 * HOUR),
            (-3 * HOUR, -3 * HOUR),
            (48 * HOUR - SECOND, 48 * HOUR - SECOND),
            (48 * HOUR, timedelta(0)),
            (-48 * HOUR, timedelta(0)),
            (300 * DAY, timedelta(0)),
        ],
        ids=str,
    )
    async def test_is_put_right_between_two_minutes_and_two_days(
        self, phone: Device, context: Context, behind: timedelta, moved: timedelta
    ) -> None:
        happened = NIGHT - 60 * HOUR
        made, met = make.lone_referral(occurred_at=happened), make.encounter(occurred_at=happened)
        assert outcomes(await post_by(phone, NIGHT - behind, "referrals", made)) == ["created"]
        assert outcomes(await post_by(phone, NIGHT - behind, "encounters", met)) == ["created"]
        assert (await row(context, Referral, made["id"]))["made_at"] == happened + moved
        assert (await row(context, Encounter, met["id"]))["skew_s"] == behind.total_seconds()

    async def test_is_put_right_on_every_route(self, phone: Device, desk: Device, context: Context) -> None:
        behind, happened = 5 * HOUR, NIGHT - 8 * HOUR
        known = make.lone_referral(kind="emergency_housing", occurred_at=NIGHT - DAY)
        await store(phone, "referrals", known)
        named = {"referral_id": known["id"]}
        sent = {
            "patrols": make.patrol(started_at=happened, ended_at=happened + HOUR),
            "referrals": make.lone_referral(occurred_at=happened),
            "referral-events": make.event(**named, state="admitted", occurred_at=happened),
            "stay-exits": make.stay_exit(**named, occurred_at=happened + MINUTE),
            "facility-reports": make.report(observed_at=happened),
        }
        for what, item in sent.items():
            device = desk if what == "facility-reports" else phone
            assert reasons(await post_by(device, NIGHT - behind, what, item)) == [None]
        patrol = await row(context, Patrol, sent["patrols"]["id"])
        assert (patrol["started_at"], patrol["ended_at"]) == (happened + behind, happened + HOUR + behind)
        assert patrol["skew_s"] == behind.total_seconds()
        assert (await row(context, Referral, sent["referrals"]["id"]))["made_at"] == happened + behind
        kept = await row(context, Referral, known["id"])
        assert {kept["admitted_at"], kept["exited_at"]} == {slot_began(happened + behind)}
        report = await row(context, FacilityReport, sent["facility-reports"]["id"])
        assert report["observed_at"] == happened + behind

    async def test_sent_again_by_a_clock_put_right_is_still_the_same_item(self, phone: Device) -> None:
        met = make.encounter(occurred_at=NIGHT - 6 * HOUR)
        assert outcomes(await post_by(phone, NIGHT - 5 * HOUR, "encounters", met)) == ["created"]
        assert outcomes(await post_by(phone, NIGHT, "encounters", met)) == ["unchanged"]

    @pytest.mark.parametrize("device_now", ["2020-01-01T00:00:00Z", "2099-12-31T23:59:59Z"])
    async def test_may_be_wrong_by_decades(
        self, phone: Device, desk: Device, context: Context, device_now: str
    ) -> None:
        for what, (_, made, table) in INSTANT.items():
            item = made()
            device = desk if what == "facility-reports" else phone
            assert outcomes(await post_by(device, device_now, what, item)) == ["created"]
            if table in {Patrol, Encounter}:
                assert abs((await row(context, table, item["id"]))["skew_s"]) > 6 * 365 * 86_400

    @pytest.mark.parametrize(
        "device_now", ["2019-12-31T23:59:59Z", "2100-01-01T00:00:00Z", "2026-03-02T21:00:00", "now", 0, None]
    )
    async def test_must_at_least_say_a_time(self, phone: Device, device_now: Any) -> None:
        body = {"device_now": device_now, "items": [make.encounter()]}
        answer = await phone.post("/v1/encounters", json=body)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/device_now")

    async def test_is_in_the_audit_log(self, phone: Device, context: Context) -> None:
        from app.audit.models import AuditEntry
        from tests.street import rows

        await post_by(phone, NIGHT - HOUR, "encounters", make.encounter())
        entries = await rows(context, AuditEntry, action="encounter.post")
        assert entries[-1]["detail"]["skew_s"] == 3600


class TestWindow:
    @pytest.mark.parametrize("what", sorted(INSTANT))
    async def test_is_four_hundred_days_back_and_ten_minutes_ahead(
        self, phone: Device, desk: Device, what: str
    ) -> None:
        field, made, _ = INSTANT[what]
        device = desk if what == "facility-reports" else phone
        instants = {
            NIGHT - 400 * DAY - SECOND: "rejected",
            NIGHT - 400 * DAY: "created",
            NIGHT + 10 * MINUTE: "created",
            NIGHT + 10 * MINUTE + SECOND: "rejected",
            NIGHT + 400 * DAY: "rejected",
        }
        ended = {"ended_at": None} if what == "patrols" else {}
        verdicts = await post(device, what, *(made(**{field: at}, **ended) for at in instants))
        assert outcomes(verdicts) == list(instants.values())
        for verdict in verdicts:
            if verdict["outcome"] == "rejected":
                assert reasons([verdict]) == ["outside-time-window"]
                assert pointers(verdict) == [f"/{field}"]

    async def test_is_for_the_end_of_an_outing_too(self, phone: Device) -> None:
        [verdict] = await post(phone, "patrols", make.patrol(ended_at=NIGHT + 11 * MINUTE))
        assert pointers(verdict) == ["/ended_at"]

    async def test_is_judged_by_our_clock(self, phone: Device) -> None:
        ahead = make.encounter(occurred_at=NIGHT + 3 * HOUR - MINUTE)
        assert outcomes(await post_by(phone, NIGHT + 3 * HOUR, "encounters", ahead)) == ["created"]
        assert outcomes(await post_by(phone, NIGHT, "encounters", make.encounter(occurred_at=NIGHT + 3 * HOUR))) == [
            "rejected"
        ]

    async def test_of_an_old_notebook_is_typed_in_a_year_later(self, phone: Device, context: Context) -> None:
        directed = make.referral()
        met = make.encounter(occurred_at=NIGHT - 399 * DAY, referrals=[directed])
        await store(phone, "encounters", met)
        kept = await row(context, Referral, directed["id"])
        assert kept["cohort_day"] == date(2025, 1, 27)
        assert kept["received_at"] == NIGHT

    async def test_lets_no_bad_neighbour_spoil_the_others(self, phone: Device) -> None:
        verdicts = await post(
            phone, "encounters", make.encounter(), make.encounter(occurred_at=NIGHT - 401 * DAY), make.encounter()
        )
        assert outcomes(verdicts) == ["created", "rejected", "created"]


BADLY: list[Any] = [
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-23:59",
    "0001-01-01T00:00:00+23:59",
    "0001-01-01T00:00:00Z",
    "10000-01-01T00:00:00Z",
    "0000-00-00T00:00:00Z",
    "2019-12-31T23:59:59Z",
    "2100-01-01T00:00:00Z",
    "2026-03-02T20:30:00",
    "2026-03-02",
    "20:30",
    "2026-02-30T20:30:00Z",
    "2026-03-02T25:30:00Z",
    "2026-03-02T20:30:60Z",
    "2026-03-02T20:30:00+25:00",
    "2026-03-02T20:30:00 Europe/Paris",
    "lundi soir",
    "",
    " ",
    "\x00",
    1_772_480_000,
    1_772_480_000.5,
    2**70,
    -1,
    True,
    None,
    [],
    {},
]


class TestWrittenDown:
    @pytest.mark.parametrize("what", sorted(INSTANT))
    async def test_badly_is_rejected_with_a_pointer(self, phone: Device, desk: Device, what: str) -> None:
        field, made, _ = INSTANT[what]
        device = desk if what == "facility-reports" else phone
        verdicts = await post(device, what, *(made() | {field: instant} for instant in BADLY))
        for instant, verdict in zip(BADLY, verdicts, strict=True):
            assert (verdict["outcome"], pointers(verdict)) == ("rejected", [f"/{field}"]), instant

    @pytest.mark.parametrize(
        "instant",
        [
            "2026-03-02T20:30:00+01:00",
            "2026-03-02T19:30:00Z",
            "2026-03-02T19:30:00.000000Z",
            "2026-03-02T19:30:00+00:00",
            "2026-03-02T07:30:00-12:00",
            "2026-03-03T09:30:00+14:00",
        ],
    )
    async def test_with_any_offset_it_is_the_same_instant(self, phone: Device, context: Context, instant: str) -> None:
        made = make.lone_referral(occurred_at=instant)
        await store(phone, "referrals", made)
        kept = await row(context, Referral, made["id"])
        assert (kept["made_at"], kept["cohort_day"]) == (MET, date(2026, 3, 2))

    async def test_earlier_than_it_happened_counts_as_written_down_at_once(
        self, phone: Device, context: Context
    ) -> None:
        made = make.lone_referral()
        await store(phone, "referrals", made)
        event = make.event(referral_id=made["id"], occurred_at=NIGHT - MINUTE, recorded_at=NIGHT - HOUR)
        await store(phone, "referral-events", event)
        assert (await row(context, ReferralEvent, event["id"]))["recorded_at"] == NIGHT - MINUTE


def paris(text: str) -> datetime:
    """Return the instant of a time with its offset."""
    return datetime.fromisoformat(text)


SPRING = [  # 2026-03-29: from 02:00 to 03:00 at once
    ("2026-03-28T12:00:00+01:00", date(2026, 3, 28), 6),
    ("2026-03-28T23:59:00+01:00", date(2026, 3, 28), 11),
    ("2026-03-29T01:59:59+01:00", date(2026, 3, 28), 0),
    ("2026-03-29T03:00:00+02:00", date(2026, 3, 28), 1),
    ("2026-03-29T11:59:59+02:00", date(2026, 3, 28), 5),
    ("2026-03-29T12:00:00+02:00", date(2026, 3, 29), 6),
]
AUTUMN = [  # 2026-10-25: 02:00 to 03:00 comes twice
    ("2026-10-24T12:00:00+02:00", date(2026, 10, 24), 6),
    ("2026-10-25T02:30:00+02:00", date(2026, 10, 24), 1),
    ("2026-10-25T02:30:00+01:00", date(2026, 10, 24), 1),
    ("2026-10-25T11:59:59+01:00", date(2026, 10, 24), 5),
    ("2026-10-25T12:00:00+01:00", date(2026, 10, 25), 6),
]
COMMON = [
    ("2026-03-02T11:59:59+01:00", date(2026, 3, 1), 5),
    ("2026-03-02T12:00:00+01:00", date(2026, 3, 2), 6),
    ("2026-03-03T00:00:00+01:00", date(2026, 3, 2), 0),
    ("2026-01-01T03:00:00+01:00", date(2025, 12, 31), 1),
    ("2026-07-14T23:30:00Z", date(2026, 7, 14), 0),
]


class TestServiceDay:
    @pytest.mark.parametrize(("instant", "day", "slot"), COMMON + SPRING + AUTUMN)
    async def test_of_a_night_team_runs_from_noon_to_noon(
        self, phone: Device, context: Context, clock: SetClock, instant: str, day: date, slot: int
    ) -> None:
        clock.now = paris(instant) + HOUR
        directed = make.referral()
        met = make.encounter(occurred_at=instant, referrals=[directed])
        outing = make.patrol(started_at=instant, ended_at=None)
        await store(phone, "encounters", met)
        await store(phone, "patrols", outing)
        kept = await row(context, Encounter, met["id"])
        assert (kept["service_day"], kept["slot"]) == (day, slot)
        assert (await row(context, Referral, directed["id"]))["cohort_day"] == day
        assert (await row(context, Patrol, outing["id"]))["service_day"] == day

    @pytest.mark.parametrize(
        ("instant", "day"),
        [
            ("2026-03-02T00:00:00+01:00", date(2026, 3, 2)),
            ("2026-03-02T11:59:59+01:00", date(2026, 3, 2)),
            ("2026-03-02T23:59:59+01:00", date(2026, 3, 2)),
            ("2026-03-28T23:30:00Z", date(2026, 3, 29)),
            ("2026-10-25T22:59:59Z", date(2026, 10, 25)),
            ("2026-10-25T23:00:00Z", date(2026, 10, 26)),
        ],
    )
    @pytest.mark.usefixtures("city")
    async def test_of_a_day_team_runs_from_midnight_to_midnight(
        self, client: httpx.AsyncClient, context: Context, clock: SetClock, instant: str, day: date
    ) -> None:
        clock.now = paris(instant) + HOUR
        day_phone = await enrolled(client, context, await found(context, night=False))
        met = make.encounter(occurred_at=instant)
        await store(day_phone, "encounters", met)
        assert (await row(context, Encounter, met["id"]))["service_day"] == day

    async def test_moves_with_a_clock_that_is_put_right(self, phone: Device, context: Context, clock: SetClock) -> None:
        clock.now = paris("2026-03-02T12:30:00+01:00")
        met = make.encounter(occurred_at="2026-03-02T11:50:00+01:00")
        await post_by(phone, clock.now - 20 * MINUTE, "encounters", met)
        kept = await row(context, Encounter, met["id"])
        assert (kept["service_day"], kept["slot"]) == (date(2026, 3, 2), 6)


class TestLongAndShortNights:
    async def test_are_worked_by_the_clock_that_never_jumps(
        self, phone: Device, context: Context, clock: SetClock
    ) -> None:
        clock.now = datetime(2026, 10, 25, 12, tzinfo=UTC)
        nights = {
            ("2026-03-28T21:00:00+01:00", "2026-03-29T06:00:00+02:00"): 8 * HOUR,
            ("2026-10-24T21:00:00+02:00", "2026-10-25T06:00:00+01:00"): 10 * HOUR,
        }
        for (started, ended), lasted in nights.items():
            outing = make.patrol(started_at=started, ended_at=ended)
            await store(phone, "patrols", outing)
            kept = await row(context, Patrol, outing["id"])
            assert kept["ended_at"] - kept["started_at"] == lasted

    async def test_let_nobody_work_more_than_twenty_four_hours(self, phone: Device, clock: SetClock) -> None:
        clock.now = datetime(2026, 10, 26, 12, tzinfo=UTC)
        day = make.patrol(started_at="2026-10-25T00:00:00+02:00", ended_at="2026-10-25T23:00:00+01:00")
        longer = make.patrol(started_at="2026-10-25T00:00:00+02:00", ended_at="2026-10-25T23:00:01+01:00")
        assert outcomes(await post(phone, "patrols", day, longer)) == ["created", "rejected"]

    async def test_expire_by_the_clock_that_never_jumps(self, phone: Device, context: Context, clock: SetClock) -> None:
        clock.now = paris("2026-03-28T21:00:00+01:00")
        made = make.lone_referral(occurred_at=clock.now)
        await store(phone, "referrals", made)
        due_at = (await row(context, Referral, made["id"]))["due_at"]
        assert due_at == paris("2026-03-30T22:00:00+02:00")
