"""Patrols and encounters of the demo city: who goes where, whom they meet, what is asked for and handed out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from app.demo.city import BEYOND, SCENE, TeamPlan
from app.demo.draws import Draws
from app.demo.outbox import Item
from app.demo.people import Crowd, Person
from app.demo.places import local
from app.demo.stories import Stories

_NOBODY: Final = 0.03
_MOVED: Final = 0.62
_GROUP: Final = 0.08
_UNKNOWN_FIRST: Final = 0.08
_STARTS: Final = {True: 20.75, False: 9.5}
_LASTS: Final = {True: (3.0, 5.0), False: (3.5, 7.0)}

_NEEDS: Final = {
    "rest": 0.33,
    "hygiene": 0.2,
    "food": 0.3,
    "housing": 0.26,
    "care": 0.17,
    "mental_health": 0.07,
    "treatment": 0.08,
    "supplies": 0.5,
    "rights": 0.1,
    "safety": 0.04,
    "other": 0.03,
}
_SUPPLIES: Final = {
    "pipe_kit": (0.42, 2.0),
    "filters": (0.25, 2.0),
    "foil": (0.08, 1.0),
    "condoms": (0.22, 3.0),
    "naloxone": (0.02, 0.2),
    "hygiene_kit": (0.16, 0.3),
}
_ACTS: Final = {
    "listening": 0.78,
    "harm_reduction_advice": 0.34,
    "wound_care": 0.06,
    "overdose_response": 0.004,
    "accompaniment": 0.05,
    "mediation": 0.05,
}


@dataclass(frozen=True, slots=True)
class Outing:
    """One outing as planned: the encounters' instants and territories, in order."""

    team: TeamPlan
    id: UUID
    start: datetime
    end: datetime
    workers: int
    contacts: tuple[tuple[datetime, str], ...]
    territories: tuple[str, ...]

    def item(self) -> Item:
        """Return it as a phone posts it."""
        return {
            "id": self.id,
            "started_at": self.start,
            "ended_at": self.end,
            "night": self.team.night,
            "workers": self.workers,
            "territories": list(self.territories),
        }


def goes_out(draws: Draws, team: TeamPlan, stories: Stories, day: date) -> bool:
    """Say whether a team holds an outing on a day; day teams rest on Sundays."""
    if not team.night and day.isoweekday() == 7:  # noqa: PLR2004 - Sunday
        return False
    days = 7 if team.night else 6
    return draws.chance(team.outings_a_week / days * stories.outings(day))


def plan_outing(draws: Draws, team: TeamPlan, stories: Stories, day: date) -> Outing:
    """Return a team's outing of a day."""
    start = local(day, _STARTS[team.night] + draws.number(-0.4, 0.6))
    hours = draws.number(*_LASTS[team.night])
    end = start + timedelta(minutes=round(hours * 60))
    places = route(team.round, stories.displaced(day))
    visited = tuple(dict.fromkeys(draws.pick(places) for _ in range(draws.whole(2, 4))))
    met = 0 if draws.chance(_NOBODY) else draws.poisson(team.people_met * stories.people_met(day))
    instants = sorted(start + draws.between(timedelta(minutes=5), end - start) for _ in range(met))
    contacts = tuple((at, visited[index * len(visited) // met]) for index, at in enumerate(instants))
    return Outing(team, draws.id(start), start, end, draws.whole(2, 4), contacts, visited)


def route(usual: Mapping[str, float], displaced: float) -> dict[str, float]:
    """Return how a team divides its time among territories when so much of the scene has moved across the border."""
    gone = _MOVED * displaced
    followed = gone * sum(weight for territory, weight in usual.items() if territory in SCENE)
    weights = {t: weight * (1 - gone) if t in SCENE else weight for t, weight in usual.items()}
    if followed:
        for territory, share in BEYOND.items():
            weights[territory] = weights.get(territory, 0) + followed * share
    return weights


def is_group(draws: Draws) -> bool:
    """Say whether a contact is with a group, which is only counted."""
    return draws.chance(_GROUP)


def group(draws: Draws, outing: Outing, at: datetime, territory: str) -> Item:
    """Return the encounter with a group."""
    return _contact(draws, outing, at, territory, draws.whole(2, 7))


def alone(draws: Draws, outing: Outing, at: datetime, territory: str, person: Person, crowd: Crowd) -> Item:
    """Return the encounter with one person."""
    year = at.year
    known = "no" if person.met_in == year else "yes"
    person.met_in = year
    item = _contact(draws, outing, at, territory, 1)
    item |= {
        "first_contact_this_year": "unknown" if draws.chance(_UNKNOWN_FIRST) else known,
        "gender": person.gender,
        "age_band": person.age_band,
        "sleeping": "hotel" if person.stay is not None else person.sleeping,
    }
    card = crowd.shown_card(person)
    return item if card is None else item | {"card": card}


def _contact(draws: Draws, outing: Outing, at: datetime, territory: str, people: int) -> Item:
    handed = {
        name: count
        for name, (odds, mean) in _SUPPLIES.items()
        if draws.chance(odds) and (count := min(50, people * (1 + draws.poisson(mean))))
    }
    return {
        "id": draws.id(at),
        "patrol_id": outing.id,
        "occurred_at": at,
        "territory": territory,
        "people_count": people,
        "needs": draws.some(_NEEDS),
        "supplies": handed,
        "acts": draws.some(_ACTS),
    }
