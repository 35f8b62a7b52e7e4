"""The demo city is pure: nothing here touches a database or the clock."""

import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest

from app.demo.model import City
from app.demo.outbox import Post, Route
from app.demo.service import city_until
from app.demo.stories import stories_of

UNTIL = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
FIRST = UNTIL.date() - timedelta(days=730)
INSIDE = ("75118", "75120")
_DIGEST = """
from hashlib import sha256
from datetime import UTC, date, datetime
from app.demo.model import City
city = City(5, date(2026, 2, 9), datetime(2026, 3, 2, 20, tzinfo=UTC))
print(sha256(repr(list(city.rounds())).encode()).hexdigest())
"""


def three_weeks(seed: int) -> City:
    return City(seed, date(2026, 2, 9), datetime(2026, 3, 2, 20, tzinfo=UTC))


class Heard:
    """What two years of posts said, first revisions only, each item once."""

    def __init__(self, city: City) -> None:
        self.city = city
        self.posts: list[tuple[datetime, Post]] = []
        self.items: defaultdict[Route, list[dict[str, Any]]] = defaultdict(list)
        self.revised: list[dict[str, Any]] = []
        for one in city.rounds():
            for post in one.posts:
                self.posts.append((one.at, post))
                if not post.again:
                    for item in post.items:
                        target = self.items[post.route] if item.get("revision", 1) == 1 else self.revised
                        target.append(item)

    def referrals(self) -> Iterator[dict[str, Any]]:
        yield from self.items[Route.referrals]
        for encounter in self.items[Route.encounters]:
            yield from encounter.get("referrals", [])

    def answers(self, kind: str) -> Counter[tuple[str, str | None]]:
        """Count (state, reason) of what was answered to referrals of a kind."""
        mine: set[UUID | str] = set()
        for referral in self.referrals():
            if referral["kind"] == kind:
                mine |= {referral["id"], referral.get("slip", referral["id"])}
        return Counter(
            (event["state"], event.get("reason"))
            for event in self.items[Route.referral_events]
            if event.get("referral_id", event.get("slip")) in mine
        )

    def held_a_day(self, since: date, until: date) -> float:
        days: list[date] = [patrol["started_at"].date() for patrol in self.items[Route.patrols]]
        return sum(since <= day < until for day in days) / (until - since).days

    def share_outside(self, since: date, until: date) -> float:
        where: list[bool] = [
            encounter["territory"].startswith(INSIDE)
            for encounter in self.items[Route.encounters]
            if since <= encounter["occurred_at"].date() < until
        ]
        return 1 - sum(where) / len(where)


@pytest.fixture(scope="module")
def heard() -> Heard:
    return Heard(city_until(1, 2, UNTIL))


def test_the_same_seed_and_days_make_the_same_city() -> None:
    assert list(three_weeks(3).rounds()) == list(three_weeks(3).rounds())


def test_another_seed_makes_another_city() -> None:
    assert list(three_weeks(3).rounds()) != list(three_weeks(4).rounds())


def test_another_process_makes_the_same_city() -> None:
    digests = {
        subprocess.run(
            [sys.executable, "-c", _DIGEST],
            env=os.environ | {"PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


def test_rounds_follow_each_other_and_end_at_the_end() -> None:
    rounds = list(three_weeks(3).rounds())
    assert all(before.at < after.at for before, after in pairwise(rounds))
    assert [one.is_last for one in rounds] == [False] * (len(rounds) - 1) + [True]
    assert rounds[-1].at == datetime(2026, 3, 2, 20, tzinfo=UTC)


def test_ids_are_of_version_7_and_used_once(heard: Heard) -> None:
    ids = [item["id"] for items in heard.items.values() for item in items]
    ids += [referral["id"] for item in heard.items[Route.encounters] for referral in item.get("referrals", [])]
    assert len(set(ids)) == len(ids)
    assert {identifier.version for identifier in ids} == {7}


def test_nothing_is_posted_before_it_happened(heard: Heard) -> None:
    instants = ("occurred_at", "observed_at", "ended_at", "recorded_at")
    for at, post in heard.posts:
        behind = at - post.device_now
        for item in post.items:
            assert all(item[name] + behind <= at + timedelta(hours=4) for name in instants if item.get(name))


def test_two_years_are_of_the_size_that_was_asked_for(heard: Heard) -> None:
    assert 28_000 < len(heard.items[Route.encounters]) < 45_000
    assert 12_000 < sum(1 for _ in heard.referrals()) < 19_000
    assert {referral["kind"] for referral in heard.referrals()} == set(heard.city.places)
    assert {post.sender for _, post in heard.posts} >= set(heard.city.teams)


def test_people_are_met_alone_in_groups_and_not_at_all(heard: Heard) -> None:
    encounters = heard.items[Route.encounters]
    groups = [encounter for encounter in encounters if encounter["people_count"] > 1]
    cards = {encounter["card"] for encounter in encounters if "card" in encounter}
    met = {encounter["patrol_id"] for encounter in encounters}
    assert 0.05 < len(groups) / len(encounters) < 0.12
    assert not any("card" in group or "referrals" in group for group in groups)
    assert 300 < len(cards) < 600
    assert any(patrol["id"] not in met for patrol in heard.items[Route.patrols])


def test_the_lockdown_spring_keeps_patrols_in(heard: Heard) -> None:
    lockdown = heard.city.stories.lockdown
    assert lockdown is not None
    assert lockdown.since == date(2025, 3, 17)
    before = heard.held_a_day(lockdown.since - timedelta(days=56), lockdown.since)
    assert heard.held_a_day(lockdown.since, lockdown.until) < 0.6 * before


def test_the_lockdown_suspends_the_rest_room(heard: Heard) -> None:
    assert ("refused", "service_suspended") in heard.answers("rest_room")
    suspended = [r for r in heard.items[Route.facility_reports] if r["reason"] == "service_suspended"]
    assert suspended
    assert not any(report["open"] for report in suspended)


def test_the_eviction_moves_the_scene_across_the_border(heard: Heard) -> None:
    eviction = heard.city.stories.eviction
    assert eviction == date(2025, 9, 24)
    before = heard.share_outside(eviction - timedelta(days=60), eviction)
    assert heard.share_outside(eviction, eviction + timedelta(days=60)) > before + 0.2


def test_longer_stay_places_are_lacking_and_rest_rooms_work(heard: Heard) -> None:
    longer, rest = heard.answers("longer_stay_housing"), heard.answers("rest_room")
    no_place = longer["refused", "no_place"] + longer["waitlisted", "no_place"]
    assert no_place > 10 * longer["admitted", None]
    assert rest["arrived", None] > 0.55 * sum(referral["kind"] == "rest_room" for referral in heard.referrals())


def test_stays_end_and_a_few_reach_longer_stay_housing(heard: Heard) -> None:
    destinations = Counter(end["destination"] for end in heard.items[Route.stay_exits])
    assert destinations["street"] > destinations["longer_stay_housing"] > 0


def test_people_ask_for_the_next_rung_from_where_they_stay(heard: Heard) -> None:
    kinds = {referral["id"]: referral["kind"] for referral in heard.referrals()}
    asked = Counter((kinds[one["previous_referral_id"]], one["kind"]) for one in heard.items[Route.referrals])
    assert asked.keys() == {
        ("emergency_housing", "reintegration_housing"),
        ("reintegration_housing", "longer_stay_housing"),
    }
    assert min(asked.values()) > 20


def test_stays_go_on_for_want_of_longer_stay_housing(heard: Heard) -> None:
    asked = {one["id"]: one for one in heard.items[Route.referrals] if one["kind"] == "longer_stay_housing"}
    in_vain = {
        asked[event["referral_id"]]["previous_referral_id"]
        for event in heard.items[Route.referral_events]
        if event.get("referral_id") in asked and event.get("reason") == "no_place"
    }
    left = {end["referral_id"] for end in heard.items[Route.stay_exits]}
    assert len(in_vain - left) >= 10


def test_some_outcomes_are_learnt_by_calling(heard: Heard) -> None:
    called = [event for event in heard.items[Route.referral_events] if event.get("channel") == "phone"]
    assert 0.1 < len(called) / len(heard.items[Route.referral_events]) < 0.3
    assert all(event["recorded_at"] > event["occurred_at"] for event in called)


def test_phones_send_late_twice_and_by_wrong_clocks(heard: Heard) -> None:
    assert any(post.again for _, post in heard.posts)
    assert any(abs(at - post.device_now) > timedelta(hours=3) for at, post in heard.posts)
    online = datetime.combine(heard.city.stories.online_from, datetime.min.time(), UTC) + timedelta(days=7)
    late = [
        at - item["occurred_at"]
        for at, post in heard.posts
        if at > online and post.route is Route.encounters and not post.again
        for item in post.items
        if at - item["occurred_at"] > timedelta(hours=24)
    ]
    assert late
    assert max(late) < timedelta(days=5)


def test_some_records_are_corrected_and_some_withdrawn(heard: Heard) -> None:
    assert any(item.get("status") == "entered_in_error" for item in heard.revised)
    assert any("status" not in item and "people_count" in item for item in heard.revised)
    assert any("ended_at" in item for item in heard.revised)


def test_a_short_window_has_an_eviction_and_no_paper() -> None:
    stories = stories_of(date(2026, 2, 9), date(2026, 3, 2))
    assert stories.lockdown is None
    assert stories.online_from == date(2026, 2, 9)
    assert date(2026, 2, 9) < stories.eviction < date(2026, 3, 2)
