"""What the figures mean, as data. Pure Python."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

from app.directory.vocabulary import Label

TIME_VERSION: Final = 2
DEFAULT_HORIZON_DAYS: Final = 90
LONGEST_HORIZON_DAYS: Final = 365
MARKS: Final = (1, 7, 30, 90, 180, 365)
"""Days whose cumulative incidence is read off the curve, as far as the horizon goes; the horizon is read off always."""
SHARES: Final = (0.25, 0.5)
"""Shares of the cohort whose day is read off the curve: the first quartile and the median."""
LEAST_REFERRALS: Final = 30
"""Groups are compared when each has so many referrals ..."""
LEAST_SUCCESSES: Final = 10
"""... and so many successes within the horizon: below, the chi-square distribution is too rough."""
MOST_GROUPS: Final = 12
"""More groups are not compared at once: "they are not all alike" would say nothing."""


class Ending(StrEnum):
    """What became of a referral within the horizon; exactly one holds."""

    success = "success"
    refused = "refused"
    declined = "declined"
    no_show = "no_show"
    cancelled = "cancelled"
    expired = "expired"
    """Nothing was heard any more: censored at the last thing known."""
    open = "open"
    """Not followed to the horizon yet: censored at the last full day."""
    waiting = "waiting"
    """Followed to the horizon without an outcome."""


CAUSES: Final = (Ending.success, Ending.refused, Ending.declined, Ending.no_show, Ending.cancelled)
"""The outcomes that compete, the one of interest first."""
COMPETING: Final = CAUSES[1:]
CENSORED: Final = (Ending.expired, Ending.open)


class TimeGroupBy(StrEnum):
    """How the cohort may be split."""

    kind = "kind"
    territory = "territory"
    month = "month"


TIME_RULE: Final = Label(
    "Orientations créées pendant la période (jour de service), hors saisies par erreur. Délai de la création au"
    " succès (arrivée ou admission selon le type de lieu ; une admission sans arrivée saisie est un succès), en jours"
    " commencés de 24 heures : le jour 1 est celui des 24 premières heures, le jour 0 le créneau de deux heures où"
    " elle fut créée. Refus, renoncement, absence et annulation sont des issues concurrentes. Une orientation sans"
    " issue est suivie jusqu'au dernier jour complet avant la date des données ; une orientation restée sans réponse,"
    " jusqu'à la dernière chose connue d'elle (entrée dans l'état moins le délai de silence), en jours complets. Une"
    " issue compte à la fin du jour où elle tombe. Le même jour, les issues précèdent les fins de suivi. Incidence"
    " cumulée d'Aalen et Johansen.",
    "Referrals made in the period (service day), without those entered in error. Time from the making to the success"
    " (arrival or admission, by kind of facility; an admission without a recorded arrival is a success), in started"
    " days of 24 hours: day 1 is the first 24 hours, day 0 the two-hour slot it was made in. Refused, declined, no"
    " show and cancelled are competing outcomes. A referral without an outcome is followed to the last full day"
    " before the data's date; one that expired in silence, to the last thing known of it (when it expired less its"
    " timer), in full days. An outcome counts once the day it falls on is over. On one day, outcomes come before ends"
    " of follow-up. Cumulative incidence of Aalen and Johansen.",
)
TEST_RULE: Final = Label(
    "Test de Gray (1988, rho = 0) d'égalité des incidences cumulées du succès entre groupes ; donné pour 2 à"
    f" {MOST_GROUPS} groupes d'au moins {LEAST_REFERRALS} orientations et {LEAST_SUCCESSES} succès chacun.",
    "Gray's test (1988, rho = 0) of equal cumulative incidences of success between groups; given for 2 to"
    f" {MOST_GROUPS} groups with at least {LEAST_REFERRALS} referrals and {LEAST_SUCCESSES} successes each.",
)
RATE_RULES: Final[Mapping[str, Label]] = {
    "censored_share": Label(
        "orientations dont le suivi s'arrête avant l'horizon sans issue (sans réponse ou trop récentes) / orientations",
        "referrals whose follow-up ends before the horizon without an outcome (expired or too recent) / referrals",
    ),
    "unknown_share": Label(
        "orientations restées sans réponse (issue inconnue) / orientations",
        "referrals that expired in silence (outcome unknown) / referrals",
    ),
}
NO_REFERRALS: Final = "no referral in the cohort"
TOO_SHORT: Final = "nobody was followed that long"
NOT_REACHED: Final = "not reached within the horizon and the follow-up"


def why_not_compared(groups: Sequence[tuple[int, int]]) -> str | None:
    """Return why groups are not compared, given (referrals, successes) of each; None when they are."""
    if not 1 < len(groups) <= MOST_GROUPS:
        return f"2 to {MOST_GROUPS} groups are compared"
    if any(made < LEAST_REFERRALS or successes < LEAST_SUCCESSES for made, successes in groups):
        return f"a group has fewer than {LEAST_REFERRALS} referrals or {LEAST_SUCCESSES} successes"
    return None
