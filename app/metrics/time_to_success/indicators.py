"""The indicators of time to success, as data. Pure Python."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from app.directory.vocabulary import Label
from app.metrics.indicator import Granularity, Indicator, Split, Unit
from app.metrics.time_to_success.definitions import LONGEST_HORIZON_DAYS, TIME_RULE, TIME_VERSION

LONGEST_DAYS: Final = LONGEST_HORIZON_DAYS
"""How far a quantile is looked for."""
_SPLITS: Final = frozenset({Split.kind, Split.territory})
_PERIODS: Final = frozenset({Granularity.month, Granularity.quarter, Granularity.year})
"""A median of a day's referrals would say nothing."""
_COHORT: Final = Label("orientations créées pendant la période", "referrals made in the period")
_SOURCE: Final = Label(
    "Aalen O. O., Johansen S. (1978), Scandinavian Journal of Statistics 5:141-150 ; variance : Gaynor et al. (1993),"
    " JASA 88:400-409, Marubini et Valsecchi (1995), formule 10.12 ; limites à 95 % ponctuelles, transformées log-log ;"
    " limites d'un quantile : Brookmeyer et Crowley (1982), Biometrics 38:29-41.",
    "Aalen O. O., Johansen S. (1978), Scandinavian Journal of Statistics 5:141-150; variance: Gaynor et al. (1993),"
    " JASA 88:400-409, Marubini and Valsecchi (1995), formula 10.12; pointwise 95 % limits, log-log transformed; limits"
    " of a quantile: Brookmeyer and Crowley (1982), Biometrics 38:29-41.",
)
_PITFALLS: Final = Label(
    "Ce n'est pas la moyenne des délais des succès, qui oublie tous ceux qui attendent encore. Suppose que les"
    " orientations sans réponse auraient fini comme les autres : lire avec la part d'issues inconnues. À lire par type"
    " de lieu, les succès n'y étant pas les mêmes. Une orientation en attente d'une réponse compte comme en attente,"
    " puis, si le silence dure, seulement jusqu'à la dernière chose connue : les cohortes récentes en sont un"
    " peu abaissées.",
    "It is not the mean time of those who succeeded, which forgets everybody still waiting. Takes it that referrals"
    " nobody answered would have ended like the others: read with the share of unknown outcomes. Read it by kind of"
    " facility, as their successes differ. A referral waiting for an answer counts as waiting and then, if the silence"
    " lasts, only until the last thing known of it: this lowers recent cohorts a little.",
)


def _indicator(code: str, label: Label, unit: Unit, numerator: Label, read_off: Label) -> Indicator:
    rule = Label(f"{TIME_RULE.fr} {read_off.fr}", f"{TIME_RULE.en} {read_off.en}")
    return Indicator(
        code=code,
        label=label,
        unit=unit,
        numerator=numerator,
        denominator=_COHORT,
        rule=rule,
        source=_SOURCE,
        pitfalls=_PITFALLS,
        splits=_SPLITS,
        granularities=_PERIODS,
    )


_SUCCESSES: Final = Label(
    f"succès observés dans les {LONGEST_DAYS} jours", f"successes observed within {LONGEST_DAYS} days"
)
QUANTILES: Final[Mapping[str, float]] = {"time_to_success_first_quartile": 0.25, "time_to_success_median": 0.5}
"""The share of the cohort whose day is read off, by indicator."""
INCIDENCES: Final[Mapping[str, int]] = {"success_incidence_7d": 7, "success_incidence_30d": 30}
"""The day the curve is read off at, by indicator."""


def _at(code: str, days: int) -> Indicator:
    return _indicator(
        code,
        Label(f"Succès dans les {days} jours", f"Success within {days} days"),
        Unit.ratio,
        Label(f"succès observés dans les {days} jours", f"successes observed within {days} days"),
        Label(
            f"Valeur : incidence cumulée du succès à {days} jours ; elle tient compte des fins de suivi et n'est donc"
            " pas le rapport des deux comptes. Absente si aucune orientation n'a été suivie aussi longtemps.",
            f"Value: cumulative incidence of success at {days} days; it allows for ends of follow-up and is therefore"
            " not the ratio of the two counts. Absent when no referral was followed that long.",
        ),
    )


_LISTED: Final = (
    _indicator(
        "time_to_success_median",
        Label("Délai médian jusqu'au succès", "Median time to success"),
        Unit.days,
        _SUCCESSES,
        Label(
            "Valeur : premier jour où l'incidence cumulée du succès atteint 50 % de la cohorte ; absente si elle n'y"
            f" arrive pas dans les {LONGEST_DAYS} jours ou dans le suivi.",
            "Value: first day on which the cumulative incidence of success reaches 50 % of the cohort; absent when it"
            f" does not within {LONGEST_DAYS} days or within the follow-up.",
        ),
    ),
    _indicator(
        "time_to_success_first_quartile",
        Label("Délai jusqu'au succès d'un quart des orientations", "Time until a quarter of referrals succeed"),
        Unit.days,
        _SUCCESSES,
        Label(
            "Valeur : premier jour où l'incidence cumulée du succès atteint 25 % de la cohorte ; absente si elle n'y"
            f" arrive pas dans les {LONGEST_DAYS} jours ou dans le suivi.",
            "Value: first day on which the cumulative incidence of success reaches 25 % of the cohort; absent when it"
            f" does not within {LONGEST_DAYS} days or within the follow-up.",
        ),
    ),
    *(_at(code, days) for code, days in INCIDENCES.items()),
)
INDICATORS: Final[Mapping[str, Indicator]] = {found.code: replace(found, version=TIME_VERSION) for found in _LISTED}
