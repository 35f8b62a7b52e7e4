"""The demo city day by day: pure, and the same for the same seed and days. It yields what every device posts, when."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID

from app.demo import outings
from app.demo.agenda import Agenda, Story
from app.demo.city import FACILITIES, ORGANISATIONS, TEAMS
from app.demo.draws import Draws
from app.demo.habits import LODGINGS
from app.demo.mending import Notebook
from app.demo.outbox import Outbox, Post, Route
from app.demo.outings import Outing
from app.demo.people import Crowd
from app.demo.places import Place, local
from app.demo.referring import Referring
from app.demo.stories import Stories, stories_of
from app.directory.rules import local_day

_ONE_DAY: Final = timedelta(days=1)
_SENT: Final = 8.25
"""Hour of the Paris clock at which devices send what they hold: the night teams are back, the desks open."""
_TYPED_IN: Final = 5
"""Friday, as `date.isoweekday()` counts: when notes on paper are typed in."""
_REPORTED: Final = (10.25, 18.0)
_FILLED: Final = 0.9
_JUST_NOW: Final = timedelta(minutes=3)
_NOT_BEHIND: Final = timedelta()

NIGHT_TEAMS: Final = frozenset(team.code for team in TEAMS if team.night)
DAY_TEAMS: Final = frozenset(team.code for team in TEAMS if not team.night)
DESKS: Final = frozenset(plan.kind for plan in FACILITIES if plan.desk)
"""The senders; a desk is named by the kind of its facility, for there is one of each."""


@dataclass(frozen=True, slots=True)
class Round:
    """What all devices send at one instant, in the order of the routes."""

    at: datetime
    posts: tuple[Post, ...]
    is_last: bool = False


class City:
    """Two years, or as many days as one likes, of the demo city."""

    def __init__(self, seed: int, first: date, until: datetime) -> None:
        """Prepare the days from `first` to the instant `until`, aware."""
        self.first: Final = first
        self.until: Final = until.astimezone(UTC)
        self.start: Final = local(first, 0)
        self.stories: Final[Stories] = stories_of(first, local_day(until))
        names = Draws(seed, "names")
        self.organisations: Final[Mapping[str, UUID]] = {name: names.id(self.start) for name in ORGANISATIONS}
        self.teams: Final[Mapping[str, UUID]] = {team.code: names.id(self.start) for team in TEAMS}
        self.places: Final[Mapping[str, Place]] = {
            plan.kind: Place(names.id(self.start), plan, self.stories, Draws(seed, plan.kind)) for plan in FACILITIES
        }
        self._draws = Draws(seed, "days")
        self._agenda = Agenda()
        self._crowd = Crowd(Draws(seed, "people"), first, local_day(until))
        self._outbox = Outbox(Draws(seed, "network"), self._behind)
        self._notebook = Notebook(Draws(seed, "mistakes"), self._outbox)
        self._referring = Referring(Draws(seed, "referrals"), self._agenda, self._outbox, self.places)
        self._begun = False
        self._wrong_clocks = {team.code: team.wrong_clock for team in TEAMS if team.wrong_clock is not None}

    def clock_of(self, sender: str, now: datetime) -> datetime:
        """Return what a sender's clock says at an instant."""
        return now - self._behind(sender, now)

    def rounds(self) -> Iterator[Round]:
        """Yield what is sent, once a week in the days of paper, then daily, and at the end. To be run through once."""
        if self._begun:
            msg = "the days of a city go by once"
            raise RuntimeError(msg)
        self._begun = True
        self._fill_lodgings()
        self._agenda.start(self._days(), self.start)
        day = self.first
        while local(day, 0) < self.until:
            sent = day >= self.stories.online_from or day.isoweekday() == _TYPED_IN
            if sent and (at := local(day, _SENT)) < self.until:
                self._agenda.run_until(at)
                yield Round(at, tuple(self._outbox.collect(at)))
            day += _ONE_DAY
        self._agenda.run_until(self.until)
        for place in self.places.values():
            self._report(place, self.until - _JUST_NOW)
        yield Round(self.until, tuple(self._outbox.collect(self.until, everything=True)), is_last=True)

    def _days(self) -> Story:
        """Begin every day: the outings of the teams, and what the desks report."""
        day = self.first
        while True:
            for team in TEAMS:
                if outings.goes_out(self._draws, team, self.stories, day):
                    outing = outings.plan_outing(self._draws, team, self.stories, day)
                    self._agenda.start(self._outing(outing), outing.start)
            for hour in _REPORTED:
                at = local(day, hour)
                yield at
                for place in self.places.values():
                    if place.reports_on(day):
                        self._report(place, at)
            day += _ONE_DAY
            yield local(day, 0)

    def _report(self, place: Place, at: datetime) -> None:
        if place.plan.desk:
            self._outbox.say(place.kind, Route.facility_reports, place.report(at), at)

    def _outing(self, outing: Outing) -> Story:
        already: set[int] = set()
        for at, territory in outing.contacts:
            yield at
            self._contact(outing, at, territory, already)
        yield outing.end
        self._notebook.patrol(outing.team.code, outing.item())

    def _contact(self, outing: Outing, at: datetime, territory: str, already: set[int]) -> None:
        draws, team = self._draws, outing.team.code
        if outings.is_group(draws):
            self._notebook.encounter(team, outings.group(draws, outing, at, territory))
            return
        person = self._crowd.meet(territory, local_day(at), already)
        item = outings.alone(draws, outing, at, territory, person, self._crowd)
        referrals = self._referring.in_encounter(team, person, item["needs"], at)
        self._notebook.encounter(team, item | ({"referrals": referrals} if referrals else {}))

    def _fill_lodgings(self) -> None:
        """Begin with people in most places, whose stays nobody recorded."""
        for kind, habit in LODGINGS.items():
            place = self.places[kind]
            for _ in range(int(place.plan.places * _FILLED)):
                place.taken += 1
                self._agenda.start(_leaving(place), self.start + habit.stay * self._draws.number(0, 1))

    def _behind(self, sender: str, at: datetime) -> timedelta:
        """Return how far a sender's clock is behind."""
        clock = self._wrong_clocks.get(sender)
        if clock is None:
            return _NOT_BEHIND
        passed = (at - self.start) / (self.until - self.start)
        return clock.behind if clock.since <= passed < clock.until else _NOT_BEHIND


def _leaving(place: Place) -> Story:
    place.taken -= 1
    yield from ()
