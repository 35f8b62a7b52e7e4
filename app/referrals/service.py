"""What teams and desks do with referrals besides answering them."""

from collections.abc import Container, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from app import errors
from app.audit.service import SERVICE, Act, append
from app.clock import uuid7
from app.db.bulk import Row
from app.db.engine import WriteSession
from app.db.portability import FOLDING, commit_position, hold
from app.directory.judging import read_by_directory
from app.directory.rules import service_day
from app.directory.service import Directory, current_directory
from app.errors import Fault, Problem
from app.http.context import Context
from app.http.envelope import Verdict, rejected
from app.identity.rules import Principal
from app.ingest.coarse import id_may_be_coarse, may_be_coarse
from app.ingest.rules import Decision, Stored, decide
from app.ingest.service import Posting, happened, to_the_hour
from app.ingest.verdicts import not_here, noting_unlinked, period_over, telling_unlinked, verdict_on
from app.keyring import Keyring, fingerprint
from app.referrals import folding, making, queries
from app.referrals.late import recognise_referrals
from app.referrals.parting import part_new
from app.referrals.records import Standing
from app.referrals.rules import allowed, expiry_id, open_to_senders
from app.referrals.schemas import LoneReferralIn, LookupIn, ReferralIn, ReferralSent
from app.referrals.sealing import Sealer, period_of, slip_digests
from app.referrals.vocabulary import Destination, Reason, State, Step

_PARIS: Final = ZoneInfo("Europe/Paris")
MOST_FAILURES: Final = 20
SWEEP_STEP: Final = 500


def referral_faults(item: ReferralIn, directory: Directory, day: date, pointer: str = "") -> Problem | None:
    """Return what is wrong with a referral in the light of the directory, or None."""
    if directory.kind(item.kind, day) is None:
        return errors.invalid(faults=[Fault(f"{pointer}/kind", "unknown_kind", "is not a kind offered on that day")])
    if item.facility_id is not None:
        facility = directory.facility(item.facility_id)
        if facility is None:
            return errors.unknown_facility(
                faults=[Fault(f"{pointer}/facility_id", "unknown", "is not a known facility")]
            )
        if facility.kind != item.kind:
            return errors.invalid(faults=[Fault(f"{pointer}/facility_id", "other_kind", "is not of this kind")])
    return None


async def store_lone(session: WriteSession, postings: Sequence[Posting[LoneReferralIn]]) -> Sequence[Sequence[Verdict]]:
    """Store referrals made outside encounters; see `app.ingest.service.Storing`."""
    context, now = postings[0].context, postings[0].now
    read = await read_by_directory(
        context,
        session,
        now,
        lambda directory: [[_lone_row(posting, item, directory) for item in posting.items] for posting in postings],
    )
    org_ids = {posting.principal.org_id for posting in postings}
    ids = {item.id for posting in postings for item in posting.items}
    made = [list(listed) for listed in read]
    await _part(session, context.keyring, made)
    await _recognise(session, context.keyring, made, now)
    there = await queries.known(session, org_ids, ids | {row["id"] for row in _rows_in(made)})
    rows: list[Row] = []
    answers = [
        [
            row if isinstance(row, Verdict) else replace(_placed(row, item, there, rows), id=item.id)
            for row, item in zip(listed, posting.items, strict=True)
        ]
        for listed, posting in zip(made, postings, strict=True)
    ]
    await making.open_referrals(session, rows)
    not_there = await making.previous_not_here(session, _rows_in(made))
    return [
        [
            verdict if isinstance(row, Verdict) else telling_unlinked(verdict, _links_not_made(row, item, not_there))
            for row, item, verdict in zip(listed, posting.items, verdicts, strict=True)
        ]
        for listed, posting, verdicts in zip(made, postings, answers, strict=True)
    ]


def _links_not_made(row: Row, item: LoneReferralIn, not_there: Container[tuple[UUID, UUID]]) -> list[Fault]:
    """Return which links of a referral are not made, when these are not there."""
    found = [period_over("/slip")] if item.slip is not None and row["slip_digest"] is None else []
    if _is_parted(row, item):
        found.append(period_over("/previous_referral_id"))
    if (row["org_id"], row["previous_referral_id"]) in not_there:
        found.append(not_here("/previous_referral_id"))
    return found


def _is_parted(row: Row, item: LoneReferralIn) -> bool:
    """Say whether it is stored without the referral it takes up: one of the two is of a closed year."""
    return item.previous_referral_id is not None and row["previous_referral_id"] is None


def _rows_in(read: Sequence[Sequence[Row | Verdict]]) -> list[Row]:
    return [row for listed in read for row in listed if not isinstance(row, Verdict)]


async def _part(session: WriteSession, keyring: Keyring, read: Sequence[list[Row | Verdict]]) -> None:
    """Let referrals of closed years take up none and be taken up by none, in place."""
    rows = [_rows_in([listed]) for listed in read]
    if await part_new(session, keyring, rows):
        for listed, parted in zip(read, rows, strict=True):
            left = iter(parted)
            listed[:] = [one if isinstance(one, Verdict) else next(left) for one in listed]


async def _recognise(
    session: WriteSession, keyring: Keyring, read: Sequence[list[Row | Verdict]], now: datetime
) -> None:
    """Let referrals of months ago be what they are stored as, in place."""
    places = [
        (listed, number, row)
        for listed in read
        for number, row in enumerate(listed)
        if not isinstance(row, Verdict) and _may_be_coarse(row, now)
    ]
    if not places:
        return
    rows = [row for _, _, row in places]
    await hold(await session.connection(), FOLDING, {row["org_id"] for row in rows})
    await recognise_referrals(session, keyring, [rows])
    for (listed, number, _), row in zip(places, rows, strict=True):
        listed[number] = row


def _may_be_coarse(row: Row, now: datetime) -> bool:
    """Say whether it, or the one that it takes up, may be stored coarse."""
    previous = row["previous_referral_id"]
    return may_be_coarse(row["id"], row["cohort_day"], now) or (
        previous is not None and id_may_be_coarse(previous, now)
    )


def _placed(
    row: Row, item: LoneReferralIn, there: dict[tuple[UUID, UUID], tuple[bytes, UUID]], rows: list[Row]
) -> Verdict:
    """Decide about one row, and put it on the list when it is new; a slip of a closed period is not kept."""
    sealless = item.slip is not None and row["slip_digest"] is None
    key = (row["org_id"], row["id"])
    found = there.get(key)
    stored = Stored(found[0], own=found[1] == row["team_id"]) if found else None
    decision = decide(stored, row["digest"], comparable=not sealless)
    if decision is Decision.create:
        rows.append(row)
        there[key] = (row["digest"], row["team_id"])
    verdict = verdict_on(decision, row["id"], row["digest"], stored)
    return noting_unlinked(verdict, unlinked=sealless or _is_parted(row, item))


def _lone_row(posting: Posting[LoneReferralIn], item: LoneReferralIn, directory: Directory) -> Row | Verdict:
    principal, keyring = posting.principal, posting.context.keyring
    occurred = happened(posting, item.occurred_at, "/occurred_at")
    if isinstance(occurred, Problem):
        return rejected(item.id, occurred)
    if item.territory not in directory.territories:
        fault = Fault("/territory", "unknown", "is not a known territory")
        return rejected(item.id, errors.unknown_territory(faults=[fault]))
    day = service_day(occurred, night=principal.night)
    problem = referral_faults(item, directory, day)
    if problem is not None or principal.team_id is None:
        return rejected(item.id, problem or errors.forbidden())
    period = period_of(item.occurred_at)
    sealer = Sealer(keyring, period)
    made = making.Making(
        principal.org_id,
        principal.team_id,
        None,
        item.territory,
        directory.outside(item.territory),
        day,
        occurred,
        to_the_hour(posting.now),
        None,
    )
    return making.referral_row(
        item,
        made,
        directory,
        keyring,
        slip_digest=sealer.digest(item.slip),
        digest=sealer.fingerprint(item, "slip", item.slip),
    )


def sent(standing: Standing) -> ReferralSent:
    """Return a referral as its team or a desk sees it."""
    state = State(standing.state)
    return ReferralSent(
        id=standing.id,
        kind=standing.kind,
        facility_id=standing.facility_id,
        accompanied=standing.accompanied,
        territory=standing.territory,
        cohort_day=standing.cohort_day,
        previous_referral_id=standing.previous_referral_id,
        state=state,
        reason=Reason(standing.reason) if standing.reason else None,
        state_at=standing.state_at,
        due_at=standing.due_at,
        exited_at=standing.exited_at,
        exit_destination=Destination(standing.exit_destination) if standing.exit_destination else None,
        allowed=open_to_senders(allowed(state, standing.terms())),
    )


async def look_up(context: Context, principal: Principal, asked: LookupIn, now: datetime) -> list[Standing]:
    """Return the referrals behind a slip or card, or raise not_found; twenty failures a day and device are borne."""
    today = now.astimezone(_PARIS).replace(hour=0, minute=0, second=0, microsecond=0)
    async with context.database.writing() as session:
        if await queries.failures_since(session, principal.org_id, principal.subject_id, today) >= MOST_FAILURES:
            raise errors.too_many_attempts()
        found = await _behind(context, session, principal, asked, now)
        if not found:
            failure = {"org_id": principal.org_id, "id": uuid7(now), "device_id": principal.subject_id, "at": now}
            await queries.add_failure(session, failure, today)
        detail = {"found": len(found), "by": "slip" if asked.slip else "card"}
        await append(
            session, context.keyring, [Act(principal.org_id, principal.subject_id, "referral.lookup", now, detail)]
        )
    if not found:  # raised only now: the failure must be committed to count
        raise errors.not_found()
    return found


async def _behind(
    context: Context, session: WriteSession, principal: Principal, asked: LookupIn, now: datetime
) -> list[Standing]:
    digests = [d for d in slip_digests(context.keyring, now, asked.slip or asked.card) if d is not None]
    if asked.slip is not None:
        return [standing for _, standing in await queries.by_slips(session, digests)]
    if principal.facility_id is None:
        return await queries.open_by_card(session, digests, queries.of_organisation(principal.org_id))
    directory = await current_directory(context.database, session, now)
    if principal.facility_id not in directory.facilities:  # it may have been entered a second ago
        directory = await current_directory(context.database, session, now, fresh=True)
    facility = directory.facility(principal.facility_id)
    condition = queries.answerable_by_facility(principal.facility_id, facility.kind if facility else None)
    return await queries.open_by_card(session, digests, condition)


async def sweep(context: Context, now: datetime) -> tuple[int, int]:
    """Expire what was silent too long and attach what waited; return (expired, attached).

    Idempotent and safe with several workers: the expiry's id follows from the referral and the instant, and the
    referrals of an organisation are folded by one worker at a time.
    """
    expired = 0
    while True:
        async with context.database.writing() as session:
            done = await _expire_some(session, context, now)
        expired += done
        if done < SWEEP_STEP:
            break
    attached, last = 0, None
    while True:  # past those that stay: what a sender may not answer waits for ever and must not hide the rest
        async with context.database.writing() as session:
            held = await queries.held_with_referral(session, last, SWEEP_STEP)
            attached += await making.attach(session, held)
        if len(held) < SWEEP_STEP:
            return expired, attached
        last = held[-1].org_id, held[-1].id


async def _expire_some(session: WriteSession, context: Context, now: datetime) -> int:
    found = await queries.due(session, now, SWEEP_STEP)
    if not found:
        return 0
    connection = await session.connection()
    await hold(connection, FOLDING, {standing.org_id for standing in found})
    keys = {(standing.org_id, standing.id) for standing in found}
    again = await queries.by_ids(session, {key for _, key in keys})
    still = [s for s in again if (s.org_id, s.id) in keys and s.due_at is not None and s.due_at <= now]
    await queries.add_events(session, [_expiry_row(standing, now) for standing in still])
    await folding.refold(session, still, await commit_position(connection))
    counts: dict[UUID, int] = {}
    for standing in still:
        counts[standing.org_id] = counts.get(standing.org_id, 0) + 1
    acts = [Act(org_id, SERVICE, "referral.expire", now, {"expired": count}) for org_id, count in counts.items()]
    await append(session, context.keyring, acts)
    return len(found)


def _expiry_row(standing: Standing, now: datetime) -> dict[str, Any]:
    due_at = standing.due_at or now
    event_id = expiry_id(standing.id, due_at)
    return {
        "org_id": standing.org_id,
        "id": event_id,
        "referral_id": standing.id,
        "step": Step.expired.value,
        "reason": Reason.outcome_not_reported.value,
        "destination": None,
        "occurred_at": due_at,
        "recorded_at": due_at,
        "received_at": to_the_hour(now),
        "sender_id": SERVICE,
        "channel": None,
        "digest": fingerprint(event_id.bytes),
        "not_applied": None,
    }
