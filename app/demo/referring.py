"""Making referrals: in an encounter, or from a stay to the next rung of the pathway."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from app.demo.agenda import Agenda
from app.demo.answers import Answers, Case
from app.demo.draws import Draws
from app.demo.habits import ACCOMPANIED, LODGINGS, WANTED
from app.demo.outbox import Item, Outbox, Route
from app.demo.pathways import Pathways
from app.demo.people import Person
from app.demo.places import Place, office_morning

_SILENT: Final = 0.08
_NAMES_NO_FACILITY: Final = 0.15
_SLIP: Final = 0.85
_TAKEN_UP_AGAIN: Final = 0.5
_MOST: Final = 2
_ON_THE_WAY: Final = timedelta(minutes=30)
_STATES: Final = {"requested": 0.9, "declined": 0.06, "offered": 0.04}
_DECLINED: Final = {"person_declined_service": 0.6, "person_unable": 0.2, "person_other_solution": 0.2}


class Referring:
    """Makes referrals and starts their stories."""

    def __init__(self, draws: Draws, agenda: Agenda, outbox: Outbox, places: Mapping[str, Place]) -> None:
        """Use one stream of chance, the agenda, the queues and the facilities, one of each kind."""
        self._draws = draws
        self._agenda = agenda
        self._outbox = outbox
        self._places = places
        self._pathways = Pathways(draws, Answers(draws, outbox), self._apply)

    def in_encounter(self, team: str, person: Person, needs: list[str], at: datetime) -> list[Item]:
        """Return the referrals made for what a person asked for."""
        wanted = dict.fromkeys(kind for need in needs for kind in self._draws.some(WANTED.get(need, {})))
        kinds = [kind for kind in wanted if person.stay is None or kind not in LODGINGS]
        return [self._refer(team, person, kind, at) for kind in kinds[:_MOST]]

    def _refer(self, team: str, person: Person, kind: str, at: datetime) -> Item:
        case = self._case(team, person, kind, at)
        state = self._draws.pick(_STATES)
        if state == "offered":
            self._agenda.start(self._pathways.of_offer(case), at)
        elif state == "requested":
            self._agenda.start(self._pathways.of(case), at)
        reason = {"reason": self._draws.pick(_DECLINED)} if state == "declined" else {}
        return self._item(case, state) | reason

    def _apply(self, case: Case, kind: str, at: datetime) -> None:
        """Let the team ask for a place on the next rung for somebody who stays somewhere: by phone, in no encounter.

        The application takes up the referral of the stay, so that a stay that waits for it can be told.
        """
        at = office_morning(at)
        asked = self._case(case.team, case.person, kind, at)
        asked.accompanied, asked.slip = False, None
        item = self._item(asked, "requested") | {
            "occurred_at": at,
            "territory": case.place.plan.territory,
            "previous_referral_id": case.id,
        }
        self._outbox.say(asked.team, Route.referrals, item, at)
        self._agenda.start(self._pathways.of(asked), at)

    def _case(self, team: str, person: Person, kind: str, at: datetime) -> Case:
        draws, place = self._draws, self._places[kind]
        goes_along = draws.chance(ACCOMPANIED.get(kind, 0)) and place.why_shut(at + _ON_THE_WAY) is None
        return Case(
            id=draws.id(at),
            kind=kind,
            team=team,
            place=place,
            made_at=at,
            accompanied=goes_along,
            slip=draws.code() if draws.chance(_SLIP) else None,
            silent=draws.chance(_SILENT),
            person=person,
        )

    def _item(self, case: Case, state: str) -> Item:
        item: Item = {"id": case.id, "kind": case.kind, "accompanied": case.accompanied, "state": state}
        if not self._draws.chance(_NAMES_NO_FACILITY):
            item["facility_id"] = case.place.id
        if case.slip is not None and state != "declined":
            item["slip"] = case.slip
        ended = case.person.ended.pop(case.kind, None)
        if ended is not None and self._draws.chance(_TAKEN_UP_AGAIN):
            item["previous_referral_id"] = ended
        return item
