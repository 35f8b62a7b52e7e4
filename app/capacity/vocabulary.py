"""The closed sets of capacity, and what holds for each kind of facility."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from app.directory.vocabulary import Label
from app.referrals.vocabulary import State


class Openness(StrEnum):
    """Whether a facility takes people now."""

    open = "open"
    closed = "closed"
    unknown = "unknown"


class Distance(StrEnum):
    """How near a facility is, nearest first; by territories, as nothing finer is known of either side."""

    same_territory = "same_territory"
    adjacent = "adjacent"
    same_arrondissement = "same_arrondissement"
    elsewhere = "elsewhere"


class Obstacle(StrEnum):
    """Why no place can be held in a facility now."""

    closed = "closed"
    no_report = "no_report"
    report_too_old = "report_too_old"
    places_not_said = "places_not_said"
    no_place = "no_place"


class HoldState(StrEnum):
    """What has become of a hold: only a live one takes a place."""

    live = "live"
    released = "released"
    referral_over = "referral_over"
    expired = "expired"


TAKING: Final = frozenset({State.offered, State.requested, State.waitlisted, State.accepted})
"""The states of a referral for which a place is worth holding; every later one releases it."""


@dataclass(frozen=True, slots=True)
class Terms:
    """For how long a report is believed, and a place held, in facilities of one kind."""

    stale_after: timedelta = timedelta(hours=12)
    held_for: timedelta = timedelta(minutes=60)
    """Unless the team asks for another time."""
    held_at_most: timedelta = timedelta(minutes=120)


_DEFAULT: Final = Terms()
_BY_APPOINTMENT: Final = Terms(timedelta(days=7), timedelta(hours=24), timedelta(hours=48))
TERMS: Final[Mapping[str, Terms]] = {
    "emergency_housing": Terms(held_at_most=timedelta(minutes=180)),
    "reintegration_housing": _BY_APPOINTMENT,
    "longer_stay_housing": _BY_APPOINTMENT,
    "addiction_treatment": _BY_APPOINTMENT,
}
"""Kinds that depart from the default: a hotel may lie across the city; a stay is prepared for days, not for an hour."""
LONGEST: Final = max(terms.held_at_most for terms in (_DEFAULT, *TERMS.values()))


def terms_of(kind: str) -> Terms:
    """Return what holds for a kind, also for one that was entered later."""
    return TERMS.get(kind, _DEFAULT)


VOCABULARIES: Final[Mapping[str, Mapping[StrEnum, Label]]] = {
    "openness": {
        Openness.open: Label("ouvert", "open"),
        Openness.closed: Label("fermé", "closed"),
        Openness.unknown: Label("on ne sait pas", "not known"),
    },
    "distance": {
        Distance.same_territory: Label("sur place", "here"),
        Distance.adjacent: Label("territoire voisin", "next to here"),
        Distance.same_arrondissement: Label("même arrondissement ou commune", "same arrondissement or commune"),
        Distance.elsewhere: Label("plus loin", "further away"),
    },
    "obstacle": {
        Obstacle.closed: Label("fermé en ce moment", "closed now"),
        Obstacle.no_report: Label("aucune information du lieu", "the place never reported"),
        Obstacle.report_too_old: Label("information trop ancienne", "last report too old"),
        Obstacle.places_not_said: Label("nombre de places non indiqué", "number of places not given"),
        Obstacle.no_place: Label("plus de place", "no place left"),
    },
    "hold_state": {
        HoldState.live: Label("place réservée", "place held"),
        HoldState.released: Label("place rendue", "given up"),
        HoldState.referral_over: Label("orientation terminée ou aboutie", "referral has moved on"),
        HoldState.expired: Label("délai écoulé", "time is over"),
    },
}
"""Its vocabularies by name, with what people read."""
