"""The referral funnel computed a second time, in plain Python, from what devices posted: nothing of `app` is used.

Written from domain.md ("Facility kinds", "Referral states", "Vocabulary", "Indicators"), trust.md (clocks, slips, hours
of receipt) and the sentences the API sends with its figures. It is slow and short on purpose: where it and the service
disagree, one of them is wrong.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from tests.oracles import slots

Json = dict[str, Any]
PARIS = ZoneInfo("Europe/Paris")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

KINDS: Mapping[str, tuple[str, timedelta]] = {
    "rest_room": ("arrived", 48 * HOUR),
    "consumption_room": ("arrived", 48 * HOUR),
    "harm_reduction_centre": ("arrived", 7 * DAY),
    "emergency_housing": ("admitted", 72 * HOUR),
    "reintegration_housing": ("admitted", 30 * DAY),
    "longer_stay_housing": ("admitted", 90 * DAY),
    "addiction_treatment": ("admitted", 30 * DAY),
    "health_care": ("arrived", 7 * DAY),
    "social_rights": ("arrived", 30 * DAY),
}
"""Kind: (what counts as success, when silence expires)."""

MOVES: Mapping[str, str] = {
    "offered": "requested arrived admitted declined cancelled",
    "requested": "accepted waitlisted refused arrived admitted declined no_show cancelled expired",
    "waitlisted": "accepted admitted refused declined cancelled expired",
    "accepted": "arrived admitted refused declined no_show cancelled expired",
    "arrived": "admitted refused declined no_show expired",
}
STAGES = ("offered", "requested", "accepted", "arrived", "admitted")
FAILURES = ("refused", "declined", "no_show", "cancelled")
OUTCOMES = ("success", *FAILURES, "expired", "open")
PERIMETER = ("75118", "75120")


@dataclass(frozen=True)
class Sender:
    """A device: of a team (`night` or not), or at the desk of a facility."""

    org: str
    team: str | None = None
    night: bool = False
    facility: str | None = None
    facility_kind: str | None = None


@dataclass(frozen=True)
class Post:
    """One item as it reached the service: `what` is encounter, referral, event or exit."""

    sender: Sender
    received_at: datetime
    device_now: datetime
    what: str
    item: Json


@dataclass(frozen=True)
class Question:
    """What a coordinator asks; `org` None sees every organisation within the perimeter."""

    since: date
    until: date
    horizon_days: int
    as_of: datetime
    territory: str | None = None
    kind: str | None = None
    group_by: str | None = None
    org: str | None = None
    in_perimeter: bool = False


@dataclass
class _Referral:
    """A referral as made; a correction of its encounter moves `made_at`, `day` and `territory`."""

    item: Json
    org: str
    team: str | None
    encounter: str | None
    made_at: datetime
    day: date
    territory: str
    slip_year: int
    received_hour: datetime
    withdrawn: bool = False
    events: list["_Event"] = field(default_factory=list)


@dataclass(frozen=True)
class _Event:
    id: str
    state: str
    occurred_at: datetime
    recorded_at: datetime
    channel: str


@dataclass
class _Encounter:
    revision: int
    team: str | None
    received_hour: datetime
    day: date
    territory: str
    withdrawn: bool


@dataclass
class _History:
    """Where one referral was when: `reached` holds the instant each state was entered."""

    state: str
    since: datetime
    reached: dict[str, datetime]
    answered_at: datetime | None = None
    channel: str | None = None


def funnel(posts: Sequence[Post], question: Question, territories: Iterable[str]) -> Json:
    """Return {"groups": [...], "total": {...}} in the form of the API, without labels and rules."""
    followed = [_by_slots(referral, _fold(referral)) for referral in _referrals(posts, frozenset(territories)).values()]
    cohort = [
        (referral, history)
        for referral, history in followed
        if question.since <= referral.day < question.until
        and not referral.withdrawn
        and history.state != "entered_in_error"
        and question.kind in {None, referral.item["kind"]}
        and question.org in {None, referral.org}
        and (question.territory is None or question.territory in _line(referral.territory))
        and (not question.in_perimeter or set(_line(referral.territory)) & set(PERIMETER))
    ]
    by_key: dict[str, list[tuple[_Referral, _History]]] = {}
    for referral, history in cohort:
        by_key.setdefault(_key(referral, question.group_by), []).append((referral, history))
    groups = [_group(key, by_key[key], question) for key in sorted(by_key)] if question.group_by else []
    return {"groups": groups, "total": _group(None, cohort, question)}


def _line(territory: str) -> tuple[str, ...]:
    """Return a territory with everything above it; official codes begin with the code above, under the region 11."""
    return (territory, territory[:5], territory[:2], "11")


def _key(referral: _Referral, group_by: str | None) -> str:
    keys: dict[str | None, str] = {
        None: "",
        "kind": referral.item["kind"],
        "territory": referral.territory,
        "week": (referral.day - referral.day.weekday() * DAY).isoformat(),
        "month": referral.day.isoformat()[:7],
    }
    return keys[group_by]


# --- from posts to referrals with their events -----------------------------------------------------------------------


def _true(post: Post, said: str) -> datetime:
    """Return when something happened by the service's clock: the device's is put right when 2 min to 48 h off."""
    skew = post.received_at - post.device_now
    said_at = datetime.fromisoformat(said)
    return said_at + timedelta(seconds=round(skew.total_seconds())) if 2 * MINUTE < abs(skew) < 48 * HOUR else said_at


def _in_window(post: Post, at: datetime) -> bool:
    return post.received_at - 400 * DAY <= at <= post.received_at + 10 * MINUTE


def _hour(at: datetime) -> datetime:
    """Receipts are kept to the hour."""
    return at.replace(minute=0, second=0, microsecond=0)


def _service_day(at: datetime, *, night: bool) -> date:
    """Noon to noon for a night team, named by its evening; midnight to midnight otherwise; on the clock of Paris."""
    local = at.astimezone(PARIS)
    return local.date() - DAY if night and local.hour < 12 else local.date()


def _in_two_days(said: str) -> int:
    return (datetime.fromisoformat(said).astimezone(UTC) + timedelta(hours=48)).astimezone(PARIS).year


def _year(said: str) -> int:
    return datetime.fromisoformat(said).astimezone(PARIS).year


def _referrals(posts: Sequence[Post], territories: frozenset[str]) -> dict[tuple[str, str], _Referral]:
    referrals: dict[tuple[str, str], _Referral] = {}
    encounters: dict[tuple[str, str], _Encounter] = {}
    for post in posts:
        if post.what == "encounter":
            _take_encounter(post, encounters, referrals, territories)
        elif post.what == "referral":
            _take_lone(post, referrals, territories)
    heard: set[tuple[str, str]] = set()
    for post in posts:
        if post.what == "event" and (post.sender.org, post.item["id"]) not in heard:
            heard |= _take_event(post, referrals)
    return referrals


def _acceptable(post: Post, territories: frozenset[str], kinds: Iterable[str]) -> bool:
    at = _true(post, post.item["occurred_at"])
    return _in_window(post, at) and post.item["territory"] in territories and set(kinds) <= set(KINDS)


def _made(post: Post, item: Json, encounter: str | None) -> _Referral:
    sender, at = post.sender, _true(post, post.item["occurred_at"])
    return _Referral(
        item, sender.org, sender.team, encounter, at, _service_day(at, night=sender.night), post.item["territory"],
        _year(post.item["occurred_at"]), _hour(post.received_at),
    )  # fmt: skip


def _take_lone(post: Post, referrals: dict[tuple[str, str], _Referral], territories: frozenset[str]) -> None:
    key = (post.sender.org, post.item["id"])
    if _acceptable(post, territories, [post.item["kind"]]) and key not in referrals:
        referrals[key] = _made(post, post.item, None)


def _take_encounter(
    post: Post,
    encounters: dict[tuple[str, str], _Encounter],
    referrals: dict[tuple[str, str], _Referral],
    territories: frozenset[str],
) -> None:
    """Take a new encounter or a correction: by the same team, of a higher revision, within 72 hours."""
    sender, item = post.sender, post.item
    made = [_made(post, one, item["id"]) for one in item["referrals"]]
    known = [referrals.get((sender.org, one["id"])) for one in item["referrals"]]
    if not _acceptable(post, territories, [one["kind"] for one in item["referrals"]]):
        return
    if any(
        old and (old.item, old.encounter) != (new.item, new.encounter) for old, new in zip(known, made, strict=True)
    ):
        return  # a referral is never edited
    stored = encounters.get((sender.org, item["id"]))
    revision = item.get("revision", 1)
    if stored and stored.team == sender.team and revision < stored.revision:
        _bring_late(made, stored, referrals)
        return
    if stored and (
        stored.team != sender.team
        or revision == stored.revision
        or _hour(post.received_at) - stored.received_hour > 72 * HOUR
    ):
        return
    received = stored.received_hour if stored else _hour(post.received_at)
    moved = _made(post, {}, item["id"])
    withdrawn = item.get("status") == "entered_in_error"
    encounters[sender.org, item["id"]] = _Encounter(
        revision, sender.team, received, moved.day, moved.territory, withdrawn
    )
    for new in made:
        referrals.setdefault((sender.org, new.item["id"]), new)
    for referral in referrals.values():
        if (referral.org, referral.encounter) == (sender.org, item["id"]):
            referral.made_at, referral.day, referral.territory = moved.made_at, moved.day, moved.territory
            referral.withdrawn = withdrawn


def _bring_late(made: Sequence[_Referral], stored: _Encounter, referrals: dict[tuple[str, str], _Referral]) -> None:
    """Take the referrals only an older revision names: they were made, and lie where the later revision says."""
    for new in made:
        if (new.org, new.item["id"]) not in referrals:
            new.day, new.territory, new.withdrawn = stored.day, stored.territory, stored.withdrawn
            referrals[new.org, new.item["id"]] = new


def _take_event(post: Post, referrals: Mapping[tuple[str, str], _Referral]) -> set[tuple[str, str]]:
    """Give an event to the referral it names; return the keys under which the service has heard of it."""
    item, sender = post.item, post.sender
    occurred = _true(post, item["occurred_at"])
    if not _in_window(post, occurred):
        return set()
    recorded = max(occurred, _true(post, item.get("recorded_at") or item["occurred_at"]))
    channel = item.get("channel") or ("desk" if sender.facility else "app")
    event = _Event(item["id"], item["state"], occurred, recorded, channel)
    for referral in referrals.values():
        if _names(post, referral):
            if event.id not in {heard.id for heard in referral.events}:
                referral.events.append(event)
            return {(sender.org, event.id)}
    return {(sender.org, event.id)}


def _names(post: Post, referral: _Referral) -> bool:
    """Say whether an event names a referral that is the sender's to answer.

    A slip is looked for in the event's year and in its neighbour: the year before, but in the last 48 hours of a year,
    by the event's clock, the year to come.
    """
    item, sender, asked = post.item, post.sender, referral.item
    if "slip" in item:
        year, soon = _year(item["occurred_at"]), _in_two_days(item["occurred_at"])
        years = (year, soon if soon != year else year - 1)
        return item["slip"] == asked.get("slip") and referral.slip_year in years
    if item["referral_id"] != asked["id"]:
        return False
    if sender.facility is None:
        return referral.org == sender.org
    return sender.facility == asked.get("facility_id", sender.facility) and (
        "facility_id" in asked or sender.facility_kind == asked["kind"]
    )


# --- from events to a history ----------------------------------------------------------------------------------------


def _may(state: str, target: str, referral: _Referral) -> bool:
    success = KINDS[referral.item["kind"]][0]
    if state not in MOVES or (state == "arrived" and success == "arrived"):
        return False
    if target == "entered_in_error":
        return True
    if (state, target) == ("offered", "admitted") and not referral.item.get("accompanied", False):
        return False
    return target in MOVES[state].split()


def _fold(referral: _Referral) -> _History:
    """Apply the events in their order; silence ends a referral at its due instant, and what comes later is too late."""
    first = referral.item["state"]
    history = _History(first, referral.made_at, {first: referral.made_at})
    for event in sorted(referral.events, key=lambda e: (e.occurred_at, e.recorded_at, UUID(e.id))):
        _fall_silent(history, referral, event.occurred_at)
        if _may(history.state, event.state, referral):
            _enter(history, event.state, max(event.occurred_at, history.since))
            if event.state not in {"requested", "entered_in_error"} and history.answered_at is None:
                history.answered_at, history.channel = history.since, event.channel
    _fall_silent(history, referral, None)
    return history


def _fall_silent(history: _History, referral: _Referral, before: datetime | None) -> None:
    if not _may(history.state, "expired", referral):
        return
    due = history.since + KINDS[referral.item["kind"]][1]
    if before is None or due < before:
        _enter(history, "expired", due)


def _enter(history: _History, state: str, at: datetime) -> None:
    history.state, history.since = state, at
    history.reached[state] = at


def _by_slots(referral: _Referral, history: _History) -> tuple[_Referral, _History]:
    """Forget the minutes: of what happened, figures know slots of two hours."""
    reached = {state: slots.began(at) for state, at in history.reached.items()}
    answered_at = history.answered_at and slots.began(history.answered_at)
    made = replace(referral, made_at=slots.began(referral.made_at))
    return made, replace(history, reached=reached, answered_at=answered_at)


# --- from histories to figures ---------------------------------------------------------------------------------------


def _group(key: str | None, cohort: Sequence[tuple[_Referral, _History]], question: Question) -> Json:
    horizon = question.horizon_days * DAY
    followed = [(r, h) for r, h in cohort if r.made_at + horizon <= question.as_of]
    seen = [
        (referral, {state for state, at in h.reached.items() if at <= referral.made_at + horizon}, h)
        for referral, h in followed
    ]
    outcomes = dict.fromkeys(OUTCOMES, 0)
    for referral, states, _ in seen:
        outcomes[_outcome(referral, states)] += 1
    channels = [
        history.channel
        for referral, _, history in seen
        if history.answered_at and history.answered_at <= referral.made_at + horizon
    ]
    late = sum(referral.received_hour - referral.made_at >= 26 * HOUR for referral, _ in cohort)
    reached = dict.fromkeys(STAGES, 0)
    recorded = dict(reached)
    for _, states, _ in seen:
        for index, stage in enumerate(STAGES):
            later = {*STAGES[index:], *(("waitlisted",) if stage in {"offered", "requested"} else ())}
            reached[stage] += stage == "offered" or bool(states & later)
            recorded[stage] += stage in states
    return {
        "key": key,
        "made": _count(len(cohort)),
        "followed": _count(len(followed)),
        "not_yet_followed": _count(len(cohort) - len(followed)),
        "late": _count(late),
        "waitlisted": _count(sum("waitlisted" in states for _, states, _ in seen)),
        "stages": [
            {"stage": stage, "reached": _count(reached[stage]), "recorded": _count(recorded[stage])} for stage in STAGES
        ],
        "outcomes": [{"outcome": outcome, "count": _count(n)} for outcome, n in outcomes.items()],
        "answered": {c: channels.count(c) for c in ("app", "desk", "phone")} | {"nobody": len(seen) - len(channels)},
        "rates": _rates(outcomes, [states for _, states, _ in seen]),
    }


def _outcome(referral: _Referral, states: set[str]) -> str:
    success = KINDS[referral.item["kind"]][0]
    if "admitted" in states or success in states:
        return "success"
    return next((state for state in (*FAILURES, "expired") if state in states), "open")


def _rates(outcomes: Mapping[str, int], seen: Sequence[set[str]]) -> list[Json]:
    success, failed = outcomes["success"], sum(outcomes[failure] for failure in FAILURES)
    accepted = sum(bool(states & {"accepted", "arrived", "admitted"}) and "refused" not in states for states in seen)
    ratios = {
        "success_worst_case": (success, len(seen)),
        "success_known_outcome": (success, success + failed),
        "provider_acceptance": (accepted, accepted + outcomes["refused"]),
        "unknown_share": (outcomes["expired"] + outcomes["open"], len(seen)),
    }
    return [
        {"code": code, "value": n / of if of else None, "numerator": n, "denominator": of}
        for code, (n, of) in ratios.items()
    ]


def _count(n: int) -> Json:
    return {"n": n, "small": 1 <= n <= 10}
