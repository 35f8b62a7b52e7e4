"""The register of plans: what is in it, and adding to it, all of what is sent or none."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from app import errors
from app.audit.service import SERVICE, Act, append
from app.db.engine import ReadSession, WriteSession
from app.db.portability import PLANNING, hold
from app.db.types import to_instant, to_milliseconds
from app.directory.rules import local_day
from app.directory.schemas import LabelSent
from app.directory.service import read_directory
from app.errors import Fault
from app.identity.rules import Principal
from app.keyring import Keyring
from app.plan.records import AnyEntry, Plan, Recorded
from app.plan.register import queries
from app.plan.register.checking import faults_of
from app.plan.register.choosing import chosen, standing_plans, worded_then
from app.plan.register.known import Register
from app.plan.register.schemas import EntryOutcome, PlanList, PlanListed
from app.plan.standing import is_slug
from app.plan.vocabulary import EntryType

_SERVICE_ROLE: Final = "service"
_HELD: Final = UUID(int=0)
"""One register, one lock: a plan's secretariat is a person or two."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Who adds to the register, and in whose log it is remembered."""

    org_id: UUID
    subject: UUID
    role: str
    account: UUID | None

    @classmethod
    def of(cls, principal: Principal) -> "Writer":
        """Return a person with an account."""
        return cls(principal.org_id, principal.subject_id, principal.role.value, principal.subject_id)


COMMAND_LINE: Final = Writer(SERVICE, SERVICE, _SERVICE_ROLE, None)


@dataclass(frozen=True, slots=True)
class Offered:
    """An entry that wants to join the register, and where it stands in what was sent."""

    pointer: str
    entry: AnyEntry
    called: str
    """What a person calls that place."""
    own_id: bool = False
    """Whether the service itself made its id, from what the entry is about."""
    named: bool = True
    """Whether what was sent says the id."""


async def list_plans(session: ReadSession | WriteSession) -> list[Plan]:
    """Return every plan as last worded, by (first day, code)."""
    return standing_plans(await queries.plans(session))


async def described_plans(session: ReadSession | WriteSession, now: datetime) -> PlanList:
    """Return every plan as it is sent, with which one is meant by default."""
    listed = await list_plans(session)
    default = chosen(listed, None, local_day(now))
    return PlanList(
        items=[
            PlanListed(
                code=one.plan,
                title=LabelSent(fr=one.title.fr, en=one.title.en),
                adopted_on=one.on,
                valid_from=one.valid_from,
                valid_to=one.valid_to,
                perimeter=one.perimeter,
                by_default=one is default,
            )
            for one in listed
        ]
    )


async def chosen_plan(session: ReadSession | WriteSession, code: str | None, today: date) -> Plan:
    """Return the plan of a code; without one the plan valid today, else the last one to end. Raises `not_found`."""
    found = chosen(await list_plans(session), code, today)
    if found is None:
        raise errors.not_found(_NO_SUCH if code is not None else _NONE_YET)
    return found


async def plan_then(
    session: ReadSession | WriteSession, code: str | None, today: date, at: date, known_at: datetime | None
) -> Plan:
    """Return the plan that `chosen_plan` does, as it was worded at a date, as known at an instant (`worded_then`).

    One that was withdrawn since is found by its code as long as it was known. Raises `not_found`.
    """
    recorded = await queries.plans(session)
    default = chosen(standing_plans(recorded), None, today) if code is None else None
    meant = default.plan if default is not None else code
    found = worded_then(recorded, meant, at, known_at) if meant is not None else None
    if found is None:
        raise errors.not_found(_NO_SUCH if code is not None else _NONE_YET)
    return found


_NO_SUCH: Final = "There is no such plan."
_NONE_YET: Final = "No plan was entered yet."


async def record(
    session: WriteSession, writer: Writer, now: datetime, offered: Sequence[Offered]
) -> Sequence[EntryOutcome]:
    """Add entries to the register and return what became of each, in their order.

    Raises `item_conflict` when one is there with other content, else `invalid`, either with every fault of every entry;
    the caller then rolls back. Earlier entries may define what later ones name.
    """
    await hold(await session.connection(), PLANNING, [_HELD])
    there = await queries.digests(session, {one.entry.id for one in offered})
    faults = await _faults(session, offered, there, local_day(now))
    if any(one.code == _CONFLICT for one in faults):
        raise errors.item_conflict(faults=faults)
    if faults:
        raise errors.invalid(faults=faults)
    at = to_instant(to_milliseconds(now))
    new = [one for one in offered if one.entry.id not in there]
    if not await queries.add(session, [Recorded(one.entry, at, writer.role, writer.account) for one in new]):
        raise errors.conflict("Somebody else just added one of these entries: send them again.")
    return [EntryOutcome.unchanged if one.entry.id in there else EntryOutcome.created for one in offered]


_CONFLICT: Final = "item-conflict"
_OTHER: Final = "is the id of an entry with other content"
_OTHER_LINE: Final = "was imported with other content: to correct it, name the entry that stands in `corrects`"
_WITHDRAWN: Final = "was withdrawn: give the line an id of its own to enter it again"
_MADE_HERE: Final = frozenset({4, 7})


async def _faults(
    session: WriteSession, offered: Sequence[Offered], there: Mapping[UUID, bytes], today: date
) -> list[Fault]:
    """Return what is wrong with entries, in their order; each new one joins what the next one is held to.

    `there` holds the digests of those that are in the register already.
    """
    register = await _register(session, {one.entry.plan for one in offered})
    faults: list[Fault] = []
    first: dict[UUID, Offered] = {}
    for one in offered:
        before = first.setdefault(one.entry.id, one)
        if one.entry.id in there:
            faults += _held_faults(one, there[one.entry.id], register)
        elif before is not one:
            faults.append(_fault(one, "", "repeated", f"repeats {before.called}"))
        else:
            faults += _own_faults(one)
            found = faults_of(one.entry, register, today)
            faults += [_fault(one, each.pointer, each.code, each.detail) for each in found]
            register.add(one.entry)
    return faults


async def _register(session: WriteSession, plans: Collection[str]) -> Register:
    directory = await read_directory(session)
    recorded: list[Recorded] = []
    for plan in sorted(filter(is_slug, plans)):  # what is no code is nobody's, and PostgreSQL refuses some of it
        recorded += await queries.load(session, plan)
    return Register(
        [one.entry for one in recorded],
        frozenset(territory.place.code for territory in directory.all_territories),
        frozenset(perimeter.code for perimeter in directory.perimeters),
    )


def _held_faults(one: Offered, digest: bytes, register: Register) -> list[Fault]:
    """Return what is wrong with an entry whose id is there; a line that says no id is told in words of its file."""
    if not one.named and register.is_withdrawn(one.entry.id):
        return [_fault(one, "", "withdrawn", _WITHDRAWN)]
    if digest == queries.digest_of(one.entry):
        return []
    return [_fault(one, "/id", _CONFLICT, _OTHER) if one.named else _fault(one, "", _CONFLICT, _OTHER_LINE)]


def _own_faults(one: Offered) -> list[Fault]:
    """Return what is wrong with how an entry came: its id, or that its type has a route of its own."""
    found = []
    if not one.own_id and one.entry.id.version not in _MADE_HERE:
        rule = "must be a random or time-ordered UUID (version 4 or 7)"
        found.append(_fault(one, "/id", "rule", rule))
    if one.entry.type is EntryType.acknowledgement:
        rule = "is not recorded here: an alert is acknowledged where alerts are listed"
        found.append(_fault(one, "/type", "rule", rule))
    return found


def _fault(one: Offered, pointer: str, code: str, detail: str) -> Fault:
    return Fault(one.pointer + pointer, code, detail)


async def remember(
    session: WriteSession,
    keyring: Keyring,
    writer: Writer,
    action: str,
    now: datetime,
    offered: Sequence[Offered],
    outcomes: Sequence[EntryOutcome],
    **detail: object,
) -> None:
    """Put what was added on the audit log: how many of which type, and of which plans; nothing of their content."""
    told: Mapping[str, Any] = {
        "plans": sorted({one.entry.plan for one in offered}),
        "types": dict(sorted(Counter(one.entry.type.value for one in offered).items())),
        **dict(sorted(Counter(outcome.value for outcome in outcomes).items())),
        **detail,
    }
    await append(session, keyring, [Act(writer.org_id, writer.subject, action, now, told)])
