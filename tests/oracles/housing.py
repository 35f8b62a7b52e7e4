"""Housing computed a second time, in plain Python over raw rows: written from the rules the API sends with its figures.

Rows are dictionaries of the columns of the tables, with aware instants. Slow on purpose: every night of every facility
looks at every stay.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Row = Mapping[str, Any]
PARIS = ZoneInfo("Europe/Paris")
DAY = timedelta(days=1)
DESTINATIONS = (
    "longer_stay_housing", "other_temporary", "treatment_residential", "hospital_or_institution", "street",
    "lost_contact", "other", "unknown",
)  # fmt: skip
RUNGS = {
    "emergency_housing": "emergency",
    "reintegration_housing": "reintegration",
    "longer_stay_housing": "longer_stay",
    "addiction_treatment": "treatment",
}
LATER = {"emergency": ("reintegration", "longer_stay", "treatment"), "reintegration": ("longer_stay", "treatment")}
Counts = dict[str, Any]


@dataclass(frozen=True)
class Records:
    """Everything of one organisation: its referrals and encounters, its facilities (id -> kind) and their reports."""

    referrals: Sequence[Row]
    encounters: Sequence[Row]
    facilities: Mapping[Any, str]
    reports: Sequence[Row]


def at(day: date, hour: int) -> datetime:
    """Return an hour of a day by the clock in Paris."""
    return datetime.combine(day, time(hour), PARIS).astimezone(UTC)


def stays_of(records: Records) -> list[Row]:
    """Return the referrals that opened a stay."""
    return [r for r in records.referrals if r["admitted_at"] and r["state"] != "entered_in_error"]


def lasts(stay: Row, instant: datetime) -> bool:
    """Say whether somebody is there at an instant."""
    return bool(stay["admitted_at"] <= instant and (stay["exited_at"] is None or stay["exited_at"] > instant))


def nights(records: Records, kind: str, since: date, until: date, as_of: datetime) -> Counts:
    """Return occupancy of the facilities of a kind, night by night."""
    found = dict.fromkeys(("nights", "reported", "occupied", "above", "below", "full", "over"), 0)
    stays = stays_of(records)
    for facility, of in records.facilities.items():
        day = since
        while of == kind and day < until and at(day + DAY, 4) <= as_of:
            there = [stay for stay in stays if stay["facility_id"] == facility]
            occupied = sum(lasts(stay, at(day + DAY, 4)) for stay in there)
            report = report_for(records, facility, day) or report_for(records, facility, day - DAY)
            found["nights"] += 1
            found["occupied"] += occupied
            if report is not None:
                offered = report["places_free"] + sum(lasts(stay, report["observed_at"]) for stay in there)
                found["reported"] += 1
                found["above"] += occupied
                found["below"] += offered
                found["full"] += report["places_free"] == 0
                found["over"] += occupied > offered
            day += DAY
    return found


def report_for(records: Records, facility: object, day: date) -> Row | None:
    """Return the latest report of a night, from 04:00 to 04:00, that says how many places are free."""
    of = [
        report
        for report in records.reports
        if report["facility_id"] == facility
        and report["places_free"] is not None
        and at(day, 4) < report["observed_at"] <= at(day + DAY, 4)
    ]
    return max(of, key=lambda report: (report["observed_at"], report["id"].bytes), default=None)


def unplaced(records: Records, kind: str, since: date, until: date, as_of: datetime) -> int:
    """Return the nights of stays at no named facility."""
    found, day = 0, since
    while day < until and at(day + DAY, 4) <= as_of:
        found += sum(
            stay["kind"] == kind and stay["facility_id"] is None and lasts(stay, at(day + DAY, 4))
            for stay in stays_of(records)
        )
        day += DAY
    return found


def next_of(records: Records, stay: Row, known_until: datetime) -> Row | None:
    """Return the referral that continues a stay after a move between emergency housings."""
    if stay["kind"] != "emergency_housing" or stay["exited_at"] is None:
        return None
    nexts = [
        other
        for other in stays_of(records)
        if other["kind"] == "emergency_housing"
        and other["previous_referral_id"] == stay["id"]
        and stay["admitted_at"] < other["admitted_at"] <= known_until
        and abs(other["admitted_at"] - stay["exited_at"]) <= DAY
    ]
    return min(nexts, key=lambda other: (other["admitted_at"], other["id"].bytes), default=None)


def whole_stays(records: Records, known_until: datetime) -> list[list[Row]]:
    """Return every stay as the referrals it is made of, in order."""
    stays = stays_of(records)
    after = {stay["id"]: next_of(records, stay, known_until) for stay in stays}
    continued = {following["id"] for following in after.values() if following}
    found = []
    for stay in stays:
        if stay["id"] not in continued:
            parts, following = [stay], after[stay["id"]]
            while following is not None:
                parts.append(following)
                following = after[following["id"]]
            found.append(parts)
    return found


def retention(records: Records, kind: str, since: date, until: date, as_of: datetime) -> Counts:
    """Return the stays opened in the period, the moves within them, and (old, retained, positive) by days."""
    opened = [
        parts
        for parts in whole_stays(records, as_of)
        if parts[0]["kind"] == kind and at(since, 0) <= parts[0]["admitted_at"] < at(until, 0)
    ]
    found: Counts = {"stays": len(opened), "transfers": sum(len(parts) - 1 for parts in opened), "seen": []}
    for parts in opened:
        left = parts[-1]["exited_at"]
        found["seen"].append((((left or as_of) - parts[0]["admitted_at"]) // DAY, left is not None))
    for days in (30, 90, 180):
        old = [parts for parts in opened if local(parts[0]["admitted_at"]) + days * DAY < local(as_of)]
        kept = [
            parts for parts in old
            if parts[-1]["exited_at"] is None or parts[-1]["exited_at"] - parts[0]["admitted_at"] >= days * DAY
        ]  # fmt: skip
        better = [
            parts for parts in old
            if parts not in kept and parts[-1]["exit_destination"] in {"longer_stay_housing", "treatment_residential"}
        ]  # fmt: skip
        found[str(days)] = (len(old), len(kept), len(kept) + len(better))
    return found


def exits(records: Records, kind: str, since: date, until: date, as_of: datetime) -> Counts:
    """Return exits by destination, and how many could be followed by card, and were seen in the street."""
    ends = [parts[-1] for parts in whole_stays(records, as_of) if parts[-1]["exited_at"] is not None]
    ends = [end for end in ends if end["kind"] == kind and at(since, 0) <= end["exited_at"] < at(until, 0)]
    carded = [end for end in ends if end["link_id"]]
    followed = [end for end in carded if followable(end, as_of)]
    to = {name: sum(end["exit_destination"] == name for end in ends) for name in DESTINATIONS}
    returned = sum(any(came_back(end, met) for met in records.encounters) for end in followed)
    return {"to": to, "carded": len(carded), "followed": len(followed), "returned": returned}


def local(instant: datetime) -> date:
    """Return the day in Paris."""
    return instant.astimezone(PARIS).date()


def followable(end: Row, as_of: datetime) -> bool:
    """Say whether the 180 days after an exit lie in the card's year and before today."""
    last = local(end["exited_at"]) + 180 * DAY
    return last < local(as_of) and last.year == local(end["created_at"]).year


def came_back(end: Row, met: Row) -> bool:
    """Say whether an encounter is one in the street, of the same card, 30 to 180 days after an exit."""
    days = (met["service_day"] - local(end["exited_at"])).days
    street = met["sleeping"] in {"street", "squat"} and not met["withdrawn"]
    return bool(street and met["link_id"] == end["link_id"] and 30 <= days <= 180)


def blocked(records: Records, kind: str, days: int, instant: datetime) -> Counts:
    """Return the stays open for long at an instant, and which later rungs they wait for."""
    found = dict.fromkeys(("open_long", "with_card", "blocked", "reintegration", "longer_stay", "treatment"), 0)
    for parts in whole_stays(records, instant):
        if parts[-1]["kind"] != kind or not lasts(parts[-1], instant):
            continue
        if instant - parts[0]["admitted_at"] <= days * DAY:
            continue
        rungs = {RUNGS[other["kind"]] for other in records.referrals if blocks(records, other, parts, instant)}
        rungs &= set(LATER[RUNGS[kind]])
        found["open_long"] += 1
        found["with_card"] += any(part["link_id"] for part in parts)
        found["blocked"] += bool(rungs)
        for rung in rungs:
            found[rung] += 1
    return found


def blocks(records: Records, other: Row, parts: Sequence[Row], instant: datetime) -> bool:
    """Say whether a referral waits, or was refused for want of a place during a stay, and is of the same person."""
    if other["state"] == "entered_in_error" or not same_person(records, other, parts):
        return False
    if other["state"] == "refused" and other["reason"] == "no_place" and other["state_at"] <= instant:
        return bool(other["state_at"] >= parts[0]["admitted_at"])
    if other["waitlisted_at"] is None or other["waitlisted_at"] > instant:
        return False
    left = [other[name] for name in ("accepted_at", "arrived_at", "admitted_at") if other[name]]
    left += [] if other["state"] == "waitlisted" else [other["state_at"]]
    return not left or min(left) > instant


def same_person(records: Records, other: Row, parts: Sequence[Row]) -> bool:
    """Say whether a referral carries the card of a stay, or takes up one of its referrals, however far back."""
    if other["link_id"] and other["link_id"] in {part["link_id"] for part in parts}:
        return True
    known = {referral["id"]: referral for referral in records.referrals}
    above, passed = other["previous_referral_id"], set()
    while above is not None and above not in passed:
        if above in {part["id"] for part in parts}:
            return True
        passed.add(above)
        above = known[above]["previous_referral_id"] if above in known else None
    return False


INDICATORS = (
    "housing_occupancy", "housing_saturated_nights",
    *(f"housing_{what}_{days}" for what in ("retention", "retained_or_positive") for days in (30, 90, 180)),
    "housing_exits_longer_stay", "housing_blocked_stays", "housing_return_to_street",
)  # fmt: skip
BLOCKED_AFTER_DAYS = 30


def kinds_of(code: str) -> list[str]:
    """Return the kinds an indicator is about: those that admit people, and for blocked stays those with a next rung."""
    return [kind for kind in RUNGS if code != "housing_blocked_stays" or RUNGS[kind] in LATER]


def figure(
    code: str, records: Records, kinds: Sequence[str], since: date, until: date, as_of: datetime
) -> tuple[float | None, int, int, int, int, None]:
    """Return an indicator of kinds taken together: value, n, denominator, unknown, base, and nothing that is late."""
    parts = [_part(code, records, kind, since, until, as_of) for kind in kinds]
    n, below, unknown, base = (sum(part[place] for part in parts) for place in range(4))
    return n / below if below else None, n, below, unknown, base, None


def _part(
    code: str, records: Records, kind: str, since: date, until: date, as_of: datetime
) -> tuple[int, int, int, int]:
    """Return (n, denominator, unknown, base) of one kind."""
    if code in {"housing_occupancy", "housing_saturated_nights"}:
        counted = nights(records, kind, since, until, as_of)
        names = ("above", "below") if code == "housing_occupancy" else ("full", "reported")
        above, below = (counted[name] for name in names)
        return above, below, counted["nights"] - counted["reported"], counted["nights"]
    if code == "housing_blocked_stays":
        if at(since, 0) > as_of:  # nobody is there at the end of what has not begun
            return 0, 0, 0, 0
        stuck = blocked(records, kind, BLOCKED_AFTER_DAYS, min(at(until, 0), as_of))
        return stuck["blocked"], stuck["open_long"], stuck["open_long"] - stuck["with_card"], stuck["open_long"]
    if code in {"housing_exits_longer_stay", "housing_return_to_street"}:
        left = exits(records, kind, since, until, as_of)
        total = sum(left["to"].values())
        if code == "housing_return_to_street":
            return left["returned"], left["followed"], total - left["followed"], total
        return left["to"]["longer_stay_housing"], total, left["to"]["unknown"], total
    stays = retention(records, kind, since, until, as_of)
    old, kept, better = stays[code.rpartition("_")[2]]
    return better if "positive" in code else kept, old, stays["stays"] - old, stays["stays"]
