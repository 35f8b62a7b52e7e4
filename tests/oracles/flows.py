"""Flows between rungs computed a second time, in plain Python over raw rows, from the rules the API sends."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Row = Mapping[str, Any]
PARIS = ZoneInfo("Europe/Paris")
RUNGS = {
    "rest_room": "first_reception",
    "emergency_housing": "emergency_housing",
    "reintegration_housing": "reintegration",
    "longer_stay_housing": "longer_stay",
    "health_care": "treatment",
    "never_heard_of": "no_rung",
}
NEEDS_ARRIVAL = {"rest_room", "health_care", "never_heard_of"}
OUTCOMES = {"expired": "no_outcome"} | {name: name for name in ("refused", "declined", "no_show", "cancelled")}
Links = Counter[tuple[str, str, str]]


def success(referral: Row) -> datetime | None:
    """Return when a referral reached what counts as success for its kind."""
    if referral["state"] == "entered_in_error":
        return None
    if referral["kind"] in NEEDS_ARRIVAL and referral["arrived_at"]:
        found: datetime | None = referral["arrived_at"]
    else:
        found = referral["admitted_at"]
    return found


def nearest(referrals: Mapping[Any, Row], target: Row) -> tuple[bool, str | None]:
    """Return whether a previous referral is known, and the rung of the nearest that succeeded."""
    passed, above = {target["id"]}, target["previous_referral_id"]
    while above in referrals and above not in passed:
        if success(referrals[above]) is not None:
            return True, RUNGS[referrals[above]["kind"]]
        passed.add(above)
        above = referrals[above]["previous_referral_id"]
    return len(passed) > 1, None


def by_card(referrals: Sequence[Row], target: Row) -> str | None:
    """Return the rung of the last success of the same card, when the target was made at the latest."""
    if target["link_id"] is None:
        return None
    earlier = [
        (when, referral["org_id"].bytes, referral["id"].bytes, referral["kind"])
        for referral in referrals
        if referral["link_id"] == target["link_id"] and referral["id"] != target["id"]
        if (when := success(referral)) is not None and when <= target["created_at"]
    ]
    return RUNGS[max(earlier)[3]] if earlier else None


def flows(referrals: Sequence[Row], since: date, until: date) -> Links:
    """Return how many referrals and exits went from where to where, by (source, target, rule)."""
    known, found = {referral["id"]: referral for referral in referrals}, Links()
    for referral in referrals:
        if referral["state"] == "entered_in_error":
            continue
        if since <= referral["cohort_day"] < until:
            target = RUNGS[referral["kind"]] if success(referral) else OUTCOMES.get(referral["state"], "open")
            linked, rung = nearest(known, referral)
            card = by_card(referrals, referral)
            rule = "chain" if rung else "card" if card else "first" if linked or referral["link_id"] else "unlinked"
            found[f"before.{rung or card or 'street'}", f"after.{target}", rule] += 1
        left = referral["exited_at"]
        if left and since <= left.astimezone(PARIS).date() < until:
            found[f"before.{RUNGS[referral['kind']]}", f"exit.{referral['exit_destination']}", "exit"] += 1
    return found


def unlinked_share(referrals: Sequence[Row], since: date, until: date) -> tuple[float | None, int, int, int, int, int]:
    """Return the share of referrals known by nothing: value, n, denominator, unknown, base, late."""
    made = [one for one in referrals if since <= one["cohort_day"] < until and one["state"] != "entered_in_error"]
    n = sum(count for (_, _, rule), count in flows(referrals, since, until).items() if rule == "unlinked")
    late = sum(one["received_at"] - one["created_at"] >= timedelta(hours=26) for one in made)
    return n / len(made) if made else None, n, len(made), 0, len(made), late
