"""Answers to referrals, from teams and desks: stored once, folded in order, told back when they have no effect."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from app import errors
from app.db.bulk import Row
from app.db.engine import WriteSession
from app.db.portability import FOLDING, commit_position, hold
from app.directory.rules import local_day
from app.directory.service import Directory, current_directory
from app.errors import Problem
from app.http.envelope import Verdict, rejected
from app.ingest.coarse import LATE, coarse_digest, coarse_id, id_may_be_coarse, noon_of_week
from app.ingest.rules import Decision, Stored, decide
from app.ingest.service import Posting, happened, to_the_hour
from app.ingest.verdicts import noting_unlinked, verdict_on
from app.keyring import Keyring
from app.referrals import folding, queries
from app.referrals.records import Sender, Standing
from app.referrals.rules import Refusal, open_to_senders
from app.referrals.schemas import ReferralEventIn, StayExitIn
from app.referrals.sealing import Sealer, period_of, slip_digests
from app.referrals.vocabulary import Channel, NotApplied, State, Step

Answer = ReferralEventIn | StayExitIn


@dataclass(slots=True)
class _Case:
    """One answer on its way to a verdict."""

    item: Answer
    sender: Sender
    digest: bytes
    occurred_at: datetime
    recorded_at: datetime
    received_at: datetime
    keyring: Keyring
    slips: tuple[bytes | None, bytes | None] = (None, None)
    standing: Standing | None = None
    stored_id: UUID | None = None
    """Its keyed id, when it is settled or its referral coarse."""
    decision: Decision = Decision.create
    stored: Stored | None = field(default=None)

    @property
    def key(self) -> tuple[UUID, UUID]:
        """Where it is stored: with the referral's organisation, or with the sender's while the referral is unknown."""
        return (self.standing.org_id if self.standing else self.sender.org_id, self.stored_id or self.item.id)

    @property
    def unlinked(self) -> bool:
        """Whether it came with a slip of a closed period, which is not kept: its digest cannot be compared."""
        return self.item.slip is not None and self.slips[0] is None

    def become_settled(self, stored: Stored) -> None:
        """Take the id and digest that it is stored with since it was settled."""
        self.stored_id = coarse_id(self.keyring, self.item.id)
        self.digest = coarse_digest(self.keyring, self.digest)
        self.stored = stored

    def become_coarse(self) -> None:
        """Take the id, digest and week that an answer to a coarse referral is stored with."""
        self.stored_id = coarse_id(self.keyring, self.item.id)
        self.digest = coarse_digest(self.keyring, self.digest)
        self.occurred_at = self.recorded_at = self.received_at = noon_of_week(local_day(self.occurred_at))


async def store_answers(session: WriteSession, postings: Sequence[Posting[Any]]) -> Sequence[Sequence[Verdict]]:
    """Store events and exits of several postings; see `app.ingest.service.Storing`."""
    context, now = postings[0].context, postings[0].now
    directory = await current_directory(context.database, session, now)
    desks = {posting.principal.facility_id for posting in postings} - {None}
    if not desks <= directory.facilities.keys():  # a facility may have been entered a second ago
        directory = await current_directory(context.database, session, now, fresh=True)
    read = [[_read(posting, item, directory) for item in posting.items] for posting in postings]
    cases = [case for listed in read for case in listed if isinstance(case, _Case)]
    await _find_referrals(session, cases, now)
    owners = {case.standing.org_id for case in cases if case.standing is not None}
    if owners:
        await hold(await session.connection(), FOLDING, owners)
    if any(case.standing is not None and id_may_be_coarse(case.standing.id, now) for case in cases):
        await _find_referrals(session, cases, now)  # again: upkeep may have made it coarse before the lock was ours
    await _insert(session, cases)
    refusals = await _fold(session, cases)
    return [[_verdict(case, refusals) if isinstance(case, _Case) else case for case in listed] for listed in read]


def _read(posting: Posting[Any], item: Answer, directory: Directory) -> _Case | Verdict:
    principal = posting.principal
    occurred = happened(posting, item.occurred_at, "/occurred_at")
    if isinstance(occurred, Problem):
        return rejected(item.id, occurred)
    recorded = max(occurred, posting.skew.true(item.recorded_at)) if item.recorded_at else occurred
    facility = directory.facility(principal.facility_id) if principal.facility_id else None
    sender = Sender(
        principal.org_id,
        principal.facility_id or principal.team_id or principal.subject_id,
        principal.facility_id,
        facility.kind if facility else None,
    )
    keyring, period = posting.context.keyring, period_of(item.occurred_at)
    digest = Sealer(keyring, period).fingerprint(item, "slip", item.slip)
    slips = slip_digests(keyring, item.occurred_at, item.slip)
    return _Case(item, sender, digest, occurred, recorded, posting.now, keyring, slips)


async def _find_referrals(session: WriteSession, cases: Sequence[_Case], now: datetime) -> None:
    """Give each case the referral it names, when that is known and the sender's to answer.

    A referral of months ago is looked for by its keyed id as well; upkeep may make it coarse at any moment, and then
    the answer, too.
    """
    named = await queries.named(session, {case.item.referral_id for case in cases})
    by_slip = dict(await queries.by_slips(session, {digest for case in cases for digest in case.slips if digest}))
    for case in cases:
        slip = next((by_slip[digest] for digest in case.slips if digest and digest in by_slip), None)
        case.standing = slip or case.sender.answerable(named.get(case.item.referral_id, ()))
    await _find_coarse(session, [case for case in cases if case.standing is None], now)
    for case in cases:
        if case.standing is not None and case.standing.coarse and case.stored_id is None:
            case.become_coarse()


async def _find_coarse(session: WriteSession, cases: Sequence[_Case], now: datetime) -> None:
    renamed = {
        case.item.referral_id: coarse_id(case.keyring, case.item.referral_id)
        for case in cases
        if case.item.referral_id is not None and id_may_be_coarse(case.item.referral_id, now)
    }
    named = await queries.named(session, set(renamed.values()))
    for case in cases:
        key = renamed.get(case.item.referral_id) if case.item.referral_id else None
        case.standing = case.sender.answerable(named.get(key, ())) if key else None


async def _insert(session: WriteSession, cases: Sequence[_Case]) -> None:
    """Insert what is new and decide about what was there; the same id twice belongs to the first."""
    first: dict[tuple[UUID, UUID], _Case] = {}
    for case in cases:
        earlier = first.setdefault(case.key, case)
        if earlier is not case:
            case.stored = Stored(earlier.digest)
    # An answer that waited under the sender's organisation may since have moved to the referral's.
    held_keys = {(case.sender.org_id, case.item.id) for case in first.values()}
    settled_keys = {key: (key[0], coarse_id(case.keyring, key[1])) for key, case in first.items()}
    there = await queries.event_digests(session, held_keys | first.keys() | set(settled_keys.values()))
    new = []
    for key, case in first.items():
        digest = there.get(key) or there.get((case.sender.org_id, case.item.id))
        settled = there.get(settled_keys[key])
        if digest is not None:
            case.stored = Stored(digest)
        elif settled is not None:
            case.become_settled(Stored(settled))
        else:
            new.append(case)
    inserted = await queries.add_events(session, [_event_row(case) for case in new if case.standing])
    inserted |= await queries.add_held(session, [_held_row(case) for case in new if not case.standing])
    missed = [case for case in new if case.key not in inserted]
    if missed:  # another worker stored the same id at this very moment
        there = await queries.event_digests(session, {case.key for case in missed})
        for case in missed:
            case.stored = Stored(there[case.key])
    for case in cases:
        case.decision = decide(case.stored, case.digest, comparable=not case.unlinked)


async def _fold(session: WriteSession, cases: Sequence[_Case]) -> dict[tuple[UUID, UUID], Refusal]:
    """Fold the referrals that got something new; return {(organisation, event): why it had no effect}.

    A coarse referral has ended: an answer to it is kept and has no effect.
    """
    ended = {
        case.key: Refusal(NotApplied.terminal, State(case.standing.state), ())
        for case in cases
        if case.standing is not None and case.standing.coarse
    }
    touched = {
        (case.standing.org_id, case.standing.id)
        for case in cases
        if case.standing is not None and case.decision is Decision.create and not case.standing.coarse
    }
    if not touched:
        return ended
    # Read again: another worker may have folded the same referrals before the lock was ours.
    standings = [s for s in await queries.by_ids(session, {key for _, key in touched}) if (s.org_id, s.id) in touched]
    position = await commit_position(await session.connection())
    folds = await folding.refold(session, standings, position)
    return ended | {
        (org_id, event_id): refusal
        for (org_id, _), folded in folds.items()
        for event_id, refusal in folded.refusals.items()
    }


def _verdict(case: _Case, refusals: dict[tuple[UUID, UUID], Refusal]) -> Verdict:
    verdict = noting_unlinked(verdict_on(case.decision, case.item.id, case.digest, case.stored), unlinked=case.unlinked)
    if case.decision is not Decision.create:
        return verdict
    if case.standing is None:
        problem = errors.referral_unknown(not_applied=NotApplied.referral_unknown.value)
        return Verdict(case.item.id, verdict.outcome, problem, verdict.note)
    refusal = refusals.get(case.key)
    if refusal is None:
        return verdict
    following = open_to_senders(refusal.allowed)
    possible = ", ".join(following) or "none, it has ended"
    problem = errors.transition_not_applied(
        f"The referral is {refusal.state}; what may follow: {possible}. The event is kept.",
        not_applied=refusal.why.value,
        state=refusal.state.value,
        allowed=[state.value for state in following],
    )
    return Verdict(case.item.id, verdict.outcome, problem, verdict.note)


def _common(case: _Case) -> dict[str, Any]:
    item = case.item
    default = Channel.desk if case.sender.facility_id else Channel.app
    return {
        "org_id": case.key[0],
        "id": case.key[1],
        **_reported(item),
        "occurred_at": case.occurred_at,
        "recorded_at": case.recorded_at,
        "received_at": to_the_hour(case.received_at),
        "sender_id": case.sender.id,
        "channel": (item.channel or default).value,
        "digest": case.digest,
    }


def _reported(item: Answer) -> dict[str, str | None]:
    if isinstance(item, StayExitIn):
        return {"step": Step.exited.value, "reason": None, "destination": item.destination.value}
    return {"step": item.state.value, "reason": item.reason.value if item.reason else None, "destination": None}


def _event_row(case: _Case) -> Row:
    ended = case.standing is not None and case.standing.coarse
    return _common(case) | {
        "referral_id": case.standing.id if case.standing else None,
        "not_applied": NotApplied.terminal.value if ended else None,
        "sequence": LATE if ended else None,
    }


def _held_row(case: _Case) -> Row:
    return _common(case) | {
        "referral_id": case.item.referral_id,
        "slip_digest": case.slips[0],
        "slip_digest_beside": case.slips[1],
        "facility_id": case.sender.facility_id,
        "kind": case.sender.kind,
    }
