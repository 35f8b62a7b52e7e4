"""The people of the demo city: about 750 at any time, some met every week, some once; four in ten carry a card."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import Final
from uuid import UUID

from app.demo.city import BEYOND, HOMES, SCENE
from app.demo.draws import Draws

PEOPLE: Final = 750
_STAYING: Final = 0.7
_CARRY_A_CARD: Final = 0.4
_SHOW_IT: Final = 0.85
_UNEVENNESS: Final = 0.8
_SAME_ARRONDISSEMENT: Final = 0.2
_ELSEWHERE: Final = 0.03
_HOUSED_MET: Final = 0.12
_ARRONDISSEMENT: Final = 5

_GENDERS: Final = {"man": 0.77, "woman": 0.2, "other": 0.01, "unknown": 0.02}
_AGES: Final = {"minor": 0.01, "18_24": 0.1, "25_39": 0.5, "40_plus": 0.36, "unknown": 0.03}
_SLEEPING: Final = {"street": 0.58, "squat": 0.17, "shelter": 0.1, "hotel": 0.05, "own": 0.04, "unknown": 0.06}


@dataclass(slots=True)
class Stay:
    """A stay somewhere; `moved_at` says when the person left it for the next rung."""

    kind: str
    moved_at: datetime | None = None


@dataclass(slots=True)
class Person:
    """Somebody the teams may meet between two days."""

    home: str
    often: float
    gender: str
    age_band: str
    sleeping: str
    card: str | None
    since: date
    until: date
    met_in: int | None = None
    """Year of the last contact."""
    stay: Stay | None = None
    ended: dict[str, UUID] = field(default_factory=dict)
    """The last referral to each kind that ended without success, to be taken up again."""


class Crowd:
    """Everybody, and who is met where."""

    def __init__(self, draws: Draws, first: date, last: date) -> None:
        """Draw the people of a window of days."""
        self._draws = draws
        staying = int(PEOPLE * _STAYING)
        passing = 3 * (PEOPLE - staying)  # a third of those who pass is there at any time
        self.everybody: Final = [_person(draws, first, last, lasting=n < staying) for n in range(staying + passing)]
        self._summed: dict[tuple[str, int, int], list[float]] = {}

    def meet(self, territory: str, day: date, already: set[int]) -> Person:
        """Return somebody who is in a territory on a day, if possible none of those met already (ids of objects)."""
        summed = self._weights(territory, day)
        person = self._draws.pick_summed(self.everybody, summed)
        for _ in range(4):
            housed = person.stay is not None and not self._draws.chance(_HOUSED_MET)
            if id(person) not in already and not housed:
                break
            person = self._draws.pick_summed(self.everybody, summed)
        already.add(id(person))
        return person

    def shown_card(self, person: Person) -> str | None:
        """Return the person's card, when it is at hand."""
        return person.card if person.card is not None and self._draws.chance(_SHOW_IT) else None

    def _weights(self, territory: str, day: date) -> list[float]:
        """Return the summed weights of everybody in a territory, the same for the days of a month."""
        key = (territory, day.year, day.month)
        if key not in self._summed:
            self._summed[key] = list(
                accumulate(_nearness(p, territory) * p.often if p.since <= day < p.until else 0 for p in self.everybody)
            )
        return self._summed[key]


def _person(draws: Draws, first: date, last: date, *, lasting: bool) -> Person:
    window = last - first + timedelta(days=1)
    since = first if lasting else first + window * draws.number(-0.5, 1.0)
    until = since + (window if lasting else window / 2)
    return Person(
        home=draws.pick(HOMES),
        often=draws.gamma(_UNEVENNESS),
        gender=draws.pick(_GENDERS),
        age_band=draws.pick(_AGES),
        sleeping=draws.pick(_SLEEPING),
        card=draws.code() if draws.chance(_CARRY_A_CARD) else None,
        since=since,
        until=until,
    )


def _nearness(person: Person, territory: str) -> float:
    """Return how likely a person is to be in a territory: at home, nearby, or with the scene beyond the border."""
    if person.home == territory or (territory in BEYOND and person.home in SCENE):
        return 1.0
    if person.home[:_ARRONDISSEMENT] == territory[:_ARRONDISSEMENT]:
        return _SAME_ARRONDISSEMENT
    return _ELSEWHERE
