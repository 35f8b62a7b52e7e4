"""Storing encounters with the referrals made in them."""

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final, Self
from uuid import UUID

from app import errors
from app.db.bulk import Row
from app.db.engine import NotAllNewError, WriteSession
from app.db.portability import FOLDING, hold
from app.directory.judging import read_by_directory
from app.directory.rules import service_day, slot
from app.directory.service import Directory
from app.encounters import queries
from app.encounters.late import Late, recognise
from app.encounters.schemas import EncounterIn
from app.errors import Fault, Problem
from app.http.envelope import Verdict, rejected
from app.http.wire import RecordStatus
from app.identity.rules import Principal
from app.ingest.coarse import coarse_digest, id_may_be_coarse, may_be_coarse
from app.ingest.revised import Candidate
from app.ingest.rules import Decision
from app.ingest.service import Posting, happened, to_the_hour
from app.ingest.verdicts import PERIOD_CLOSED, not_here, noting_unlinked, period_over, telling_unlinked
from app.keyring import Keyring
from app.marks.queries import mark_days
from app.referrals.correcting import EncounterChange, follow_encounters
from app.referrals.making import (
    Making,
    known_referrals,
    open_all_new,
    open_referrals,
    previous_not_here,
    record_key,
    referral_row,
)
from app.referrals.parting import part_new
from app.referrals.sealing import Sealer, period_of
from app.referrals.service import referral_faults


@dataclass(slots=True)
class _Case:
    """One encounter on its way to a verdict, with the rows of the referrals made in it."""

    item: EncounterIn
    keyring: Keyring
    candidate: Candidate
    making: Making
    withdrawn: bool
    referrals: list[Row]
    late: str | None = None
    """Its place once coarse, when it may be stored coarse."""
    refusal: Problem | None = None
    unlinked: Sequence[Fault] = ()
    """Links that were not made."""

    def verdict(self) -> Verdict:
        if self.refusal is not None:
            return rejected(self.item.id, self.refusal)
        verdict = self.candidate.verdict()
        verdict = noting_unlinked(verdict, unlinked=verdict.note is None and self._is_parted())
        return telling_unlinked(replace(verdict, id=self.item.id), self.unlinked)

    def _is_parted(self) -> bool:
        """Say whether a link was not made because its year was closed."""
        return any(fault.code == PERIOD_CLOSED for fault in self.unlinked)

    def links_not_made(self, not_there: Container[tuple[UUID, UUID]]) -> Sequence[Fault]:
        """Return which links are not made, when these referrals are not there."""
        found = [period_over("/card")] if self.item.card is not None and self.making.link_id is None else []
        for index, (sent, row) in enumerate(zip(self.item.referrals, self.referrals, strict=True)):
            if sent.slip is not None and row["slip_digest"] is None:
                found.append(period_over(f"/referrals/{index}/slip"))
            if sent.previous_referral_id is not None and row["previous_referral_id"] is None:
                found.append(period_over(f"/referrals/{index}/previous_referral_id"))
            if (row["org_id"], row["previous_referral_id"]) in not_there:
                found.append(not_here(f"/referrals/{index}/previous_referral_id"))
        return found


async def store_encounters(
    session: WriteSession, postings: Sequence[Posting[EncounterIn]]
) -> Sequence[Sequence[Verdict]]:
    """Store encounters of several postings; see `app.ingest.service.Storing`."""
    context, now = postings[0].context, postings[0].now
    read = await read_by_directory(
        context,
        session,
        now,
        lambda directory: [
            [reading.case(item) for item in posting.items]
            for posting, reading in ((posting, _Reading.of(posting, directory)) for posting in postings)
        ],
    )
    cases = [case for listed in read for case in listed if isinstance(case, _Case)]
    parted = await part_new(session, context.keyring, [case.referrals for case in cases])
    if cases and not session.careful and _may_all_be_new(cases):
        await _store_all_new(session, cases)
    elif cases:
        await _store_carefully(session, cases, now)
    not_there = await previous_not_here(session, [row for case in cases for row in case.referrals])
    for case in cases:
        if case.candidate.unlinked or not_there or parted:
            case.unlinked = case.links_not_made(not_there)
    return [[case.verdict() if isinstance(case, _Case) else case for case in listed] for listed in read]


def _may_all_be_new(cases: Sequence[_Case]) -> bool:
    referrals = [(row["org_id"], row["id"]) for case in cases for row in case.referrals]
    repeated = len({case.candidate.key for case in cases}) < len(cases) or len(set(referrals)) < len(referrals)
    return not repeated and not any(case.withdrawn or case.late for case in cases)


async def _store_all_new(session: WriteSession, cases: Sequence[_Case]) -> None:
    """Store the cases as if nobody had sent any of it before: nearly always so, and two statements instead of six.

    Raises NotAllNewError when that was wrong.
    """
    if not await queries.add_all_new(session, [case.candidate.row for case in cases]):
        raise NotAllNewError
    await open_all_new(session, [row for case in cases for row in case.referrals])
    await mark_days(session, {(case.making.org_id, case.making.cohort_day) for case in cases})


async def _store_carefully(session: WriteSession, cases: Sequence[_Case], now: datetime) -> None:
    """Decide about each case by what is there."""
    await _recognise(session, [case for case in cases if case.late])
    new_referrals = await _settle_referrals(session, cases)
    accepted = [case for case in cases if case.refusal is None]
    await queries.store(session, [case.candidate for case in accepted], now)
    taken = [case for case in accepted if case.candidate.decision in _BRINGS_REFERRALS]
    late = [case for case in taken if case.candidate.decision is Decision.superseded and id(case) in new_referrals]
    if late:
        await hold(await session.connection(), FOLDING, {case.making.org_id for case in late})
    rows = {(row["org_id"], row["id"]): row for case in taken for row in new_referrals.get(id(case), ())}
    await open_referrals(session, list(rows.values()))
    changes = [_change(case) for case in taken if _moves_referrals(case)]
    await follow_encounters(session, [*changes, *await _as_they_stand(session, late)], now)


async def _recognise(session: WriteSession, cases: Sequence[_Case]) -> None:
    """Let cases of months ago be what they are stored as."""
    if not cases:
        return
    late = [Late(case.candidate, case.referrals, case.late or case.item.territory) for case in cases]
    for number in await recognise(session, cases[0].keyring, late):
        case, row = cases[number], cases[number].candidate.row
        case.making = replace(
            case.making, encounter_id=row["id"], territory=row["territory"], cohort_day=row["service_day"]
        )


_BRINGS_REFERRALS: Final = {Decision.create, Decision.correct, Decision.superseded}


async def _as_they_stand(session: WriteSession, late: Sequence[_Case]) -> list[EncounterChange]:
    """Return what later revisions say of encounters that bring a referral only now: where, and whether it stands."""
    stand = await queries.standing(session, [case.candidate.key for case in late])
    changes = []
    for case in late:
        now = stand[case.candidate.key]
        making = replace(
            case.making,
            territory=now.territory,
            outside_perimeter=now.outside_perimeter,
            cohort_day=now.service_day,
            link_id=now.link_id,
        )
        changes.append(EncounterChange(making, withdrawn=now.withdrawn))
    return changes


def _moves_referrals(case: _Case) -> bool:
    decision = case.candidate.decision
    return decision is Decision.correct or (decision is Decision.create and case.withdrawn)


def _change(case: _Case) -> EncounterChange:
    return EncounterChange(case.making, withdrawn=case.withdrawn)


async def _settle_referrals(session: WriteSession, cases: Sequence[_Case]) -> dict[int, list[Row]]:
    """Refuse encounters that would change a known referral; return {id(case): rows of the referrals that are new}.

    A referral is never edited, neither by a correction of its encounter nor from another encounter.
    """
    there = await known_referrals(session, [row for case in cases for row in case.referrals])
    stored = frozenset(there)
    new: dict[int, list[Row]] = {}
    for case in cases:
        for index, row in enumerate(case.referrals):
            found = there.get((row["org_id"], row["id"]))
            if found is None:
                new.setdefault(id(case), []).append(row)
            elif found != (row["digest"], row["team_id"]) and not _is_the_same(case, index, found):
                fault = Fault(f"/referrals/{index}", "immutable", "is already stored with other content")
                case.refusal = errors.referral_immutable(faults=[fault])
            elif (row["org_id"], row["id"]) not in stored:  # an earlier case brings it too, and may not be stored
                new.setdefault(id(case), []).append(row)
        if case.refusal is None:
            there |= {(row["org_id"], row["id"]): (row["digest"], row["team_id"]) for row in new.get(id(case), ())}
    return new


def _is_the_same(case: _Case, index: int, found: tuple[bytes, UUID]) -> bool:
    """Say whether the stored referral is this one though its digest is another: its slip was sealed otherwise."""
    over = case.candidate.unlinked and case.item.referrals[index].slip is not None
    return (over and found[1] == case.making.team_id) or _only_over_new_year(case, index, found)


def _only_over_new_year(case: _Case, index: int, found: tuple[bytes, UUID]) -> bool:
    """Say whether the stored referral is this one, its slip sealed for another year: a correction moved the encounter.

    The slip stays good: it is answered by the year it was first sealed for.
    """
    referral, year = case.item.referrals[index], period_of(case.item.occurred_at)
    sealers = [Sealer(case.keyring, other) for other in (year - 1, year + 1)] if referral.slip else []
    digests = [one.fingerprint(referral, "slip", referral.slip, also=case.item.id.bytes) for one in sealers]
    digests += [coarse_digest(case.keyring, digest) for digest in digests]
    return found in [(digest, case.making.team_id) for digest in digests]


@dataclass(frozen=True, slots=True)
class _Reading:
    """Turns the encounters of one posting into rows. What is the same for all of them is found once."""

    posting: Posting[EncounterIn]
    directory: Directory
    principal: Principal
    keyring: Keyring
    hour: datetime

    @classmethod
    def of(cls, posting: Posting[EncounterIn], directory: Directory) -> Self:
        return cls(posting, directory, posting.principal, posting.context.keyring, to_the_hour(posting.now))

    def case(self, item: EncounterIn) -> _Case | Verdict:
        """Return the rows of an encounter, or the verdict that refuses it."""
        occurred = happened(self.posting, item.occurred_at, "/occurred_at")
        if isinstance(occurred, Problem):
            return rejected(item.id, occurred)
        directory, principal = self.directory, self.principal
        if item.territory not in directory.territories:
            fault = Fault("/territory", "unknown", "is not a known territory")
            return rejected(item.id, errors.unknown_territory(faults=[fault]))
        if principal.team_id is None:
            return rejected(item.id, errors.forbidden())
        day = service_day(occurred, night=principal.night)
        for index, referral in enumerate(item.referrals):
            problem = referral_faults(referral, directory, day, f"/referrals/{index}")
            if problem is not None:
                return rejected(item.id, problem)
        sealer = Sealer(self.keyring, period_of(item.occurred_at))
        making = Making(
            principal.org_id,
            principal.team_id,
            item.id,
            item.territory,
            directory.outside(item.territory),
            day,
            occurred,
            self.hour,
            sealer.digest(item.card),
        )
        rows = [
            referral_row(
                referral,
                making,
                directory,
                self.keyring,
                slip_digest=sealer.digest(referral.slip),
                digest=sealer.fingerprint(referral, "slip", referral.slip, also=item.id.bytes),
            )
            for referral in item.referrals
        ]
        digests = b"".join([row["digest"] for row in rows])
        digest = sealer.fingerprint(item, "card", item.card, also=digests)
        withdrawn = item.status is RecordStatus.entered_in_error
        row = self._row(item, making, digest, withdrawn=withdrawn)
        candidate = Candidate(row, item.revision, unlinked=sealer.is_over)
        return _Case(item, self.keyring, candidate, making, withdrawn, rows, self._late_place(item, day))

    def _late_place(self, item: EncounterIn, day: date) -> str | None:
        """Return the place of an encounter once coarse, if it or a referral that it names may be coarse."""
        now = self.posting.now
        named = [key for made in item.referrals for key in (made.id, made.previous_referral_id) if key is not None]
        if may_be_coarse(item.id, day, now) or any(id_may_be_coarse(key, now) for key in named):
            return self.directory.coarse_place(item.territory)
        return None

    def _row(self, item: EncounterIn, making: Making, digest: bytes, *, withdrawn: bool) -> Row:
        return {
            "org_id": making.org_id,
            "id": item.id,
            "team_id": making.team_id,
            "patrol_id": item.patrol_id,
            "service_day": making.cohort_day,
            "slot": slot(making.created_at),
            "territory": item.territory,
            "outside_perimeter": making.outside_perimeter,
            "people_count": item.people_count,
            "first_contact": item.first_contact_this_year.value,
            "gender": item.gender.value,
            "age_band": item.age_band.value,
            "sleeping": item.sleeping.value,
            "needs": item.needs,
            "supplies": item.supplies.given(),
            "acts": item.acts,
            "link_id": making.link_id,
            "withdrawn": withdrawn,
            "rk": record_key(self.keyring, item.id),
            "skew_s": self.posting.skew.seconds,
            "first_received_at": making.received_at,
            "received_at": making.received_at,
            "revision": item.revision,
            "digest": digest,
        }
