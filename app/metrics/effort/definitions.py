"""What the figures mean, as data. Pure Python."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from app.directory.vocabulary import Label
from app.metrics.indicator import Granularity, Indicator, Split, Unit

EFFORT_VERSION: Final = 1


class EffortBy(StrEnum):
    """How the effort may be split."""

    team = "team"
    day = "day"
    week = "week"
    month = "month"
    quarter = "quarter"
    year = "year"

    @property
    def granularity(self) -> Granularity | None:
        """The length of the periods; None for a split by team."""
        return None if self is EffortBy.team else Granularity(self.value)


EFFORT_RULE: Final = Label(
    "Maraudes des jours de service de la période, hors saisies par erreur. Le temps d'équipe va du début à la fin de la"
    " sortie ; les sorties sans fin, ou de plus de 24 heures, sont comptées à part et n'ont pas de durée. La nuit va"
    " de 21 h à 6 h à l'horloge de Paris. Vue limitée à des territoires : une maraude compte si elle en cite un, et"
    " son temps est réparti également entre les territoires cités.",
    "Patrols of the period's service days, without those entered in error. Team time runs from start to end of the"
    " outing; outings without an end, or of more than 24 hours, are counted apart and have no duration. The night runs"
    " from 21:00 to 06:00 of the clock of Paris. In a view limited to territories, a patrol counts when it lists one of"
    " them, and its time is shared equally among the territories listed.",
)
NO_PLAN: Final = "no plan of patrols is recorded"
NO_HOURS: Final = "no patrol hours"
NO_PATROLS: Final = "no patrols"
NOT_OF_A_TEAM: Final = "opening hours belong to facilities, not to teams"
NO_PLANNED_NIGHTS: Final = "no facility planned to be open on a night that is over"
NOTHING_REPORTED: Final = "no report at night by a facility planned to be open"

_OURS: Final = Label("Maraude, docs/indicators.md", "Maraude, docs/indicators.md")
_BY_TEAM: Final = frozenset({Split.team})


_ALL: Final = (
    Indicator(
        "patrols_held",
        Label("Maraudes tenues", "Patrols held"),
        Unit.patrols,
        Label("maraudes", "patrols"),
        None,
        Label(
            "sorties de la période, y compris sans rencontre et sans fin ; inconnu : sans durée utilisable",
            "outings of the period, also without contact or end; unknown: without a usable duration",
        ),
        _OURS,
        Label(
            "Une sortie qui n'a pas été saisie n'est pas comptée : voir les jours de silence.",
            "An outing that was not recorded is not counted: see the silent days.",
        ),
        splits=_BY_TEAM,
    ),
    Indicator(
        "patrols_held_of_planned",
        Label("Maraudes tenues / prévues", "Patrols held / planned"),
        Unit.ratio,
        Label("maraudes tenues", "patrols held"),
        Label("maraudes prévues", "patrols planned"),
        Label("sorties tenues / sorties prévues", "outings held / outings planned"),
        _OURS,
        Label(
            "Sans programme des sorties, ce rapport n'existe pas : il n'est pas nul.",
            "Without a plan of outings this ratio does not exist: it is not zero.",
        ),
    ),
    Indicator(
        "patrols_open_ended",
        Label("Maraudes sans fin", "Open-ended patrols"),
        Unit.patrols,
        Label("maraudes sans heure de fin", "patrols without an end"),
        None,
        Label("sorties dont la fin n'a pas été reçue", "outings whose end was not received"),
        _OURS,
        Label("Une équipe encore dehors en est une.", "A team that is still out is one."),
        splits=_BY_TEAM,
    ),
    Indicator(
        "patrols_absurd",
        Label("Maraudes de durée invraisemblable", "Patrols of absurd length"),
        Unit.patrols,
        Label("maraudes de plus de 24 h", "patrols of more than 24 h"),
        None,
        Label("sorties de plus de 24 heures, ou finies avant leur début", "outings over 24 hours, or ended early"),
        _OURS,
        Label("Une horloge fausse en est la cause ordinaire.", "A wrong clock is the usual cause."),
        splits=_BY_TEAM,
    ),
    Indicator(
        "patrols_without_contact",
        Label("Part des maraudes sans rencontre", "Share of patrols without contact"),
        Unit.ratio,
        Label("maraudes sans rencontre", "patrols without contact"),
        Label("maraudes tenues", "patrols held"),
        Label(
            "sorties auxquelles aucune rencontre du même jour de service ou d'un jour voisin n'est rattachée / sorties"
            " tenues",
            "outings to which no encounter of the same service day or a neighbouring one is linked / outings held",
        ),
        _OURS,
        Label(
            "Une rencontre non rattachée, ou qui arrive plus tard, fait paraître la sortie vide.",
            "An encounter that is not linked, or arrives later, leaves the outing looking empty.",
        ),
        splits=_BY_TEAM,
    ),
    Indicator(
        "patrol_hours",
        Label("Heures de maraude", "Patrol hours"),
        Unit.hours,
        Label("heures d'équipe", "team hours"),
        None,
        Label("somme des durées des sorties (temps d'équipe)", "sum of the outings' durations (team time)"),
        _OURS,
        Label(
            "Heures d'équipe, non de travail : une sortie de trois personnes compte une fois.",
            "Team hours, not working hours: an outing of three people counts once.",
        ),
        splits=_BY_TEAM,
    ),
    Indicator(
        "contacts_per_patrol_hour",
        Label("Contacts par heure de maraude", "Contacts per patrol hour"),
        Unit.contacts_per_hour,
        Label("personnes rencontrées en maraude", "people met on patrols"),
        Label("heures d'équipe", "team hours"),
        Label(
            "personnes rencontrées lors de sorties de durée connue, du même jour de service ou d'un jour voisin"
            " / heures d'équipe ; inconnu : personnes rencontrées hors de ces sorties",
            "people met on outings of known duration, of the same service day or a neighbouring one / team hours;"
            " unknown: people met outside such outings",
        ),
        _OURS,
        Label(
            "Un groupe compte autant de fois que de personnes ; ce n'est pas une mesure de qualité du travail.",
            "A group counts as many times as it has people; this does not measure the quality of the work.",
        ),
        splits=_BY_TEAM,
    ),
    Indicator(
        "nights_with_patrol",
        Label("Nuits avec maraude", "Nights with a patrol"),
        Unit.nights,
        Label("nuits avec maraude", "nights with a patrol"),
        Label("nuits passées", "nights that are over"),
        Label(
            "jours de service passés où une sortie de durée connue a duré entre 21 h et 6 h ; dénominateur : jours"
            " de service passés de la période",
            "service days that are over on which an outing of known duration lasted between 21:00 and 06:00;"
            " denominator: service days of the period that are over",
        ),
        _OURS,
        Label("Une minute après 21 h suffit : lire avec les heures.", "One minute suffices: read with the hours."),
        splits=_BY_TEAM,
    ),
    Indicator(
        "night_patrol_hours",
        Label("Heures de maraude de nuit", "Patrol hours at night"),
        Unit.hours,
        Label("heures d'équipe de 21 h à 6 h", "team hours from 21:00 to 06:00"),
        Label("heures d'équipe", "team hours"),
        Label(
            "temps d'équipe écoulé entre 21 h et 6 h à l'horloge de Paris (8 ou 10 heures au changement d'heure)",
            "team time that passed between 21:00 and 06:00 of the clock of Paris (8 or 10 hours when it changes)",
        ),
        _OURS,
        Label("Deux équipes dehors ensemble comptent deux fois.", "Two teams out together count twice."),
        splits=_BY_TEAM,
    ),
    Indicator(
        "night_open_hours_planned",
        Label("Heures d'ouverture de nuit prévues", "Planned opening hours at night"),
        Unit.hours,
        Label("heures d'ouverture prévues de 21 h à 6 h", "planned opening hours from 21:00 to 06:00"),
        Label("heures de nuit", "hours of night"),
        Label(
            "horaires prévus des lieux, entre 21 h et 6 h, additionnés ; dénominateur : heures de nuit de la période",
            "planned hours of the facilities between 21:00 and 06:00, added up; denominator: the period's hours of"
            " night",
        ),
        _OURS,
        Label(
            "Prévu n'est pas tenu : voir la part signalée ouverte. Les lieux s'additionnent.",
            "Planned is not held: see the share reported open. Facilities add up.",
        ),
    ),
    Indicator(
        "night_openings_reported",
        Label("Ouvertures de nuit signalées", "Night openings reported"),
        Unit.ratio,
        Label("nuits de lieu signalées ouvertes", "facility nights reported open"),
        Label("nuits de lieu prévues et signalées", "facility nights planned and reported"),
        Label(
            "nuits où un lieu prévu ouvert s'est dit ouvert au moins une fois entre 21 h et 6 h / celles où il a"
            " dit quelque chose ; inconnu : aucune déclaration cette nuit-là",
            "nights on which a facility planned to be open said so at least once between 21:00 and 06:00 / those"
            " on which it said anything; unknown: no report that night",
        ),
        _OURS,
        Label(
            "Un lieu qui ne dit rien n'est ni ouvert ni fermé : lire la part inconnue d'abord.",
            "A facility that says nothing is neither open nor closed: read the unknown share first.",
        ),
    ),
)
INDICATORS: Final[Mapping[str, Indicator]] = {indicator.code: indicator for indicator in _ALL}
