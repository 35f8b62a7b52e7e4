"""What becomes of each referral: a little story that sleeps until the next instant at which something happens."""

from collections.abc import Callable, Generator
from datetime import datetime, timedelta
from typing import Final

from app.demo.agenda import Story
from app.demo.answers import Answers, Case
from app.demo.draws import Draws
from app.demo.habits import LODGINGS, RECEPTIONS, Lodging, Reception
from app.demo.people import Stay

_NO_SHOW_SAID: Final = 0.66
_OFFER_TAKEN: Final = 0.5
_OFFER_DECLINED: Final = 0.5
_FOUND_SHUT: Final = 0.09
_ARRIVAL_SAID: Final = 0.35
_CALLED_AHEAD: Final = 0.15
_ASKS_AGAIN: Final = (timedelta(days=3), timedelta(days=8))
_LOOKS_ROUND: Final = timedelta(days=7)
_MOVES_ON_EVERY: Final = timedelta(days=56)
_IN_TIME: Final = 0.85
_ABSENCES: Final = {"person_not_found": 0.6, "person_unable": 0.2, "person_other_solution": 0.2}
_REFUSALS: Final = {"person_declined_conditions": 0.5, "person_other_solution": 0.35, "person_declined_service": 0.15}


class Pathways:
    """Tells the stories; `apply` makes a referral out of a stay to the next rung."""

    def __init__(self, draws: Draws, answers: Answers, apply: Callable[[Case, str, datetime], None]) -> None:
        """Use one stream of chance."""
        self._draws = draws
        self._answers = answers
        self._apply = apply

    def of(self, case: Case) -> Story:
        """Return the story of a requested referral."""
        if case.kind in RECEPTIONS:
            return self._reception(case, RECEPTIONS[case.kind])
        return self._lodging(case, LODGINGS[case.kind])

    def of_offer(self, case: Case) -> Story:
        """Return the story of an offer that the person wanted to think about."""
        at = case.made_at + self._draws.between(timedelta(hours=20), timedelta(days=9))
        yield at
        if self._draws.chance(_OFFER_TAKEN):
            self._answers.by_team(case, "requested", at)
            case.made_at = at
            yield from self.of(case)
        elif self._draws.chance(_OFFER_DECLINED):
            self._answers.by_team(case, "declined", at, self._draws.pick(_REFUSALS))

    def _reception(self, case: Case, habit: Reception) -> Story:
        if case.accompanied:
            return self._taken_along(case, habit)
        return self._sent(case, habit)

    def _taken_along(self, case: Case, habit: Reception) -> Story:
        at = case.made_at + self._draws.between(timedelta(minutes=15), timedelta(minutes=45))
        yield at
        refusal = self._sent_away(case, habit, at)
        if refusal is not None:
            self._answers.by_team(case, "refused", at, refusal)
        elif self._draws.chance(0.5):
            self._answers.by_team(case, "arrived", at)
        else:
            self._answers.by_place(case, "arrived", at)

    def _sent(self, case: Case, habit: Reception) -> Story:
        draws, answers = self._draws, self._answers
        if draws.chance(_CALLED_AHEAD):
            answers.by_place(case, "accepted", case.made_at + timedelta(minutes=5))
        at = case.made_at + draws.around(habit.delay, 0.6)
        latest = case.made_at + habit.silence * _IN_TIME
        opening = case.place.next_opening(at)
        if opening is None or opening > latest or (opening > at and draws.chance(_FOUND_SHUT)):
            at = min(at, latest)
            yield at
            answers.by_team(case, "refused", at, case.place.why_shut(at) or "closed_at_time")
            return
        at = opening if opening == at else opening + draws.between(timedelta(), timedelta(hours=2))
        yield at
        if not draws.chance(habit.comes):
            if draws.chance(_NO_SHOW_SAID):
                at = min(at + draws.between(timedelta(hours=3), timedelta(hours=20)), max(at, latest))
                answers.by_place(case, "no_show", at, draws.pick(_ABSENCES))
            return
        refusal = self._sent_away(case, habit, at)
        answers.by_place(case, "refused" if refusal else "arrived", at, refusal)

    def _sent_away(self, case: Case, habit: Reception, at: datetime) -> str | None:
        shut = case.place.why_shut(at)
        if shut is not None:
            return shut
        return "no_place" if case.place.is_full(at) and self._draws.chance(habit.crowded) else None

    def _lodging(self, case: Case, habit: Lodging) -> Story:
        draws, answers, place = self._draws, self._answers, case.place
        at = case.made_at + draws.around(habit.answers, 0.4)
        yield at
        if case.silent:
            return
        refusal = next(iter(draws.some(habit.refuses)), None)
        if refusal is not None:
            answers.by_place(case, "refused", at, refusal)
            return
        if draws.chance(habit.declined):
            answers.by_team(case, "declined", at, draws.pick(_REFUSALS))
            return
        if place.free <= 0:
            if not draws.chance(habit.waits):
                answers.by_place(case, "refused", at, "no_place")
                return
            at = yield from self._wait(case, habit, at)
        if place.free > 0:
            yield from self._move_in(case, habit, at)

    def _wait(self, case: Case, habit: Lodging, at: datetime) -> Generator[datetime, None, datetime]:
        """Wait for a place; return the instant at which there is one, or at which the waiting ended."""
        self._answers.by_place(case, "waitlisted", at, "no_place")
        case.place.waiting += 1
        latest = at + habit.patience * self._draws.number(0.4, 1.0)
        while case.place.free <= 0 and at < latest:
            at = min(latest, at + self._draws.between(*_ASKS_AGAIN))
            yield at
        case.place.waiting -= 1
        if case.place.free <= 0:
            if self._draws.chance(0.75):
                self._answers.by_place(case, "refused", at, "no_place")
            elif self._draws.chance(0.5):
                self._answers.by_team(case, "cancelled", at, "person_not_found")
        return at

    def _move_in(self, case: Case, habit: Lodging, at: datetime) -> Story:
        draws, answers, place = self._draws, self._answers, case.place
        place.taken += 1
        answers.by_place(case, "accepted", at)
        at += draws.around(habit.moves_in, 0.4)
        yield at
        if draws.chance(habit.absent):
            place.taken -= 1
            answers.by_place(case, "no_show", at, draws.pick(_ABSENCES))
            return
        if draws.chance(_ARRIVAL_SAID):
            answers.by_place(case, "arrived", at)
            at += timedelta(minutes=20)
        answers.by_place(case, "admitted", at)
        yield from self._stay(case, habit, at)
        place.taken -= 1

    def _stay(self, case: Case, habit: Lodging, at: datetime) -> Story:
        """Stay until the end, or until a place on the next rung is found; ask for one now and then."""
        draws = self._draws
        if case.person.stay is not None:
            case.person.stay.moved_at = at
        stay = case.person.stay = Stay(case.kind)
        ends, asks = at + draws.around(habit.stay, 0.5), at + draws.between(_LOOKS_ROUND, _MOVES_ON_EVERY)
        while at < ends and stay.moved_at is None:
            at = min(ends, at + _LOOKS_ROUND)
            yield at
            if habit.onward and at >= asks and stay.moved_at is None:
                self._apply(case, habit.onward, at)
                asks = at + _MOVES_ON_EVERY
        if stay.moved_at is not None:
            onward = "longer_stay_housing" if habit.onward == "longer_stay_housing" else "other_temporary"
            self._answers.exit(case, stay.moved_at, onward)
            return
        case.person.stay = None
        self._answers.exit(case, at, draws.pick(habit.exits))
