"""Who says what became of a referral: the desk by slip or id, or the team, by its app or after calling the partner."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from app.demo.draws import Draws
from app.demo.outbox import Item, Outbox, Route
from app.demo.people import Person
from app.demo.places import Place, office_morning

_ENDED: Final = frozenset({"refused", "no_show", "declined", "cancelled"})
_CALLED_INSTEAD: Final = 0.1
_BY_SLIP: Final = 0.75
_WRITTEN_LATER: Final = 0.3
_CALLS_AFTER: Final = (timedelta(hours=2), timedelta(hours=22))
_WRITES_AFTER: Final = (timedelta(minutes=2), timedelta(minutes=50))


@dataclass(slots=True)
class Case:
    """One referral on its way."""

    id: UUID
    kind: str
    team: str
    place: Place
    made_at: datetime
    accompanied: bool
    slip: str | None
    silent: bool
    """Nobody will ever say what became of it."""
    person: Person


class Answers:
    """Puts what is learnt of referrals into the queues of those who learn it."""

    def __init__(self, draws: Draws, outbox: Outbox) -> None:
        """Use one stream of chance and the queues of the city."""
        self._draws = draws
        self._outbox = outbox

    def by_place(self, case: Case, state: str, at: datetime, reason: str | None = None) -> None:
        """Let the facility's answer be known: from its desk, or from the team that calls it."""
        if case.silent:
            return
        item = self._event(case, state, at, reason)
        if not case.place.plan.desk or self._draws.chance(_CALLED_INSTEAD):
            self._by_phone(case, Route.referral_events, item, at)
            return
        if case.slip is not None and self._draws.chance(_BY_SLIP):
            item["slip"] = case.slip
        else:
            item["referral_id"] = case.id
        if self._draws.chance(_WRITTEN_LATER):
            item["recorded_at"] = at + self._draws.between(*_WRITES_AFTER)
        ready = office_morning(at) if case.place.plan.unhurried else at
        self._outbox.say(case.place.kind, Route.referral_events, item, at, ready=ready)

    def by_team(self, case: Case, state: str, at: datetime, reason: str | None = None) -> None:
        """Let the team itself say it: it was there, or met the person again."""
        if not case.silent:
            item = self._event(case, state, at, reason) | {"referral_id": case.id}
            self._outbox.say(case.team, Route.referral_events, item, at)

    def exit(self, case: Case, at: datetime, destination: str) -> None:
        """Let the end of a stay be known."""
        item: Item = {"id": self._draws.id(at), "occurred_at": at, "destination": destination}
        if case.place.plan.desk:
            answer = item | {"referral_id": case.id}
            self._outbox.say(case.place.kind, Route.stay_exits, answer, at, ready=office_morning(at))
        else:
            self._by_phone(case, Route.stay_exits, item, at)

    def _event(self, case: Case, state: str, at: datetime, reason: str | None) -> Item:
        if state in _ENDED:
            case.person.ended[case.kind] = case.id
        item: Item = {"id": self._draws.id(at), "state": state, "occurred_at": at}
        return item if reason is None else item | {"reason": reason}

    def _by_phone(self, case: Case, route: Route, item: Item, at: datetime) -> None:
        called_at = at + self._draws.between(*_CALLS_AFTER)
        answer = item | {"referral_id": case.id, "channel": "phone", "recorded_at": called_at}
        self._outbox.say(case.team, route, answer, at, ready=called_at)
