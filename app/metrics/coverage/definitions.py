"""What the figures of coverage mean, as data. Pure Python."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from app.directory.vocabulary import Label
from app.metrics.indicator import Granularity, Indicator, Period, Unit

COVERAGE_VERSION: Final = 1
FEWEST_WEEKS: Final = 4
MOST_WEEKS: Final = 8
USUAL_WEEKS: Final = 6
FEWEST_PERSONS: Final = 50
FEWEST_TWICE: Final = 10
FEWEST_RECAPTURED: Final = 7
"""Below 7 persons in both captures Chapman's estimator is biased (Robson and Regier 1964, in Seber 1982, 3.1)."""
PUBLISHED: Final = (700, 800)
"""Precarious users wandering in the street, as the audit of December 2021 prints them."""
PLAN_TARGET: Final[int | None] = None
"""Persons the plan means to reach; there is nowhere to record one yet."""


class Refusal(StrEnum):
    """Why there is no estimate; the first that applies is given."""

    straddles_new_year = "straddles_new_year"
    cards_gone = "cards_gone"
    days_gone = "days_gone"
    nobody_with_a_card = "nobody_with_a_card"
    too_few_persons = "too_few_persons"
    too_few_seen_twice = "too_few_seen_twice"
    too_few_seen_once = "too_few_seen_once"
    nobody_seen_three_times = "nobody_seen_three_times"
    too_few_recaptured = "too_few_recaptured"
    no_target = "no_target"


REASONS: Final[Mapping[Refusal, str]] = {
    Refusal.straddles_new_year: "the window straddles New Year, when cards get other numbers",
    Refusal.cards_gone: "the key of the period was closed: its cards are gone",
    Refusal.days_gone: "these days are kept in less detail: on which of them a card was shown is not known any more",
    Refusal.nobody_with_a_card: "nobody with a card was met in the window",
    Refusal.too_few_persons: "fewer than 50 persons with a card were met in the window",
    Refusal.too_few_seen_twice: "fewer than 10 persons were met on exactly two days",
    Refusal.too_few_seen_once: "too few persons were met on exactly one day",
    Refusal.nobody_seen_three_times: "nobody was met on exactly three days",
    Refusal.too_few_recaptured: "fewer than 7 persons were met in both halves of the window",
    Refusal.no_target: "no target recorded",
}


@dataclass(frozen=True, slots=True)
class Window:
    """The service days in which meetings are counted, in two halves."""

    period: Period
    middle: date
    """First service day of the second half, which has the odd day."""

    @property
    def key_period(self) -> int | None:
        """The calendar year whose key the cards are stored under; None when there are two."""
        last = self.period.until - timedelta(days=1)
        return last.year if self.period.since.year == last.year else None

    @classmethod
    def ending(cls, until: date, weeks: int) -> "Window":
        """Return the window of so many weeks before a service day; it starts before a shorter period does."""
        days = 7 * weeks
        since = until - timedelta(days=min(days, until.toordinal() - 1))
        return cls(Period(since, until), since + timedelta(days=days // 2))


COVERAGE_RULE: Final = Label(
    "Personnes porteuses d'une carte rencontrées pendant les dernières semaines de la période, comptées une fois par"
    " jour de service, rapportées côte à côte à la fourchette publiée, à l'estimation de la population cachée et à la"
    " cible du plan. Les personnes sans carte n'y sont pas.",
    "Persons carrying a card met in the last weeks of the period, counted once a service day, beside the published"
    " range, the estimate of the hidden population and the plan's target. Persons without a card are not in it.",
)
CODE_QUALITY_RULE: Final = Label(
    "Personnes vues un seul jour, comparées à 2 f2² / (3 f3), leur nombre attendu d'après celles vues deux et trois"
    " jours. Un excès vient de cartes mal lues (chacune est une fausse personne vue une fois) ou de personnes très"
    " inégalement faciles à rencontrer : avec 10 % de codes faux et 750 personnes, Chao donne environ 1040 et la"
    " variante environ 780 ; avec des chances très inégales, la variante tombe vers 420.",
    "Persons seen on one day only, compared with 2 f2² / (3 f3), the number that those seen on two and three days lead"
    " one to expect. An excess comes of misread cards (each a false person seen once) or of persons very unequally easy"
    " to meet: with 10 % wrong codes and 750 persons, Chao reads about 1040 and the variant about 780; under strong"
    " heterogeneity the variant falls to about 420.",
)
_PERSONS_WITH_CARD: Final = Label("personnes porteuses d'une carte vues dans la fenêtre", "card carriers met")
_WINDOW_RULE: Final = Label(
    "Fenêtre de 6 semaines s'achevant avec la période, dans une seule année civile ; cartes seules ; une personne"
    " compte une fois par jour de service. Refusé si moins de 50 personnes, ou moins de 10 vues exactement deux jours.",
    "Window of 6 weeks ending with the period, within one calendar year; cards only; a person counts once a service"
    " day. Refused with fewer than 50 persons, or fewer than 10 met on exactly two days.",
)
_CARDS_ONLY: Final = Label(
    "Ne compte que les porteurs d'une carte ; suppose une population stable pendant la fenêtre. À lire avec la part"
    " des rencontres sans carte et l'alerte sur la qualité des codes.",
    "Counts card carriers only; supposes that nobody comes or goes during the window. Read it beside the share of"
    " encounters without a card and the warning about code quality.",
)
_LONG_ENOUGH: Final = frozenset({Granularity.month, Granularity.quarter, Granularity.year})


class Estimator(StrEnum):
    """The ways of estimating the hidden population, the bracket's two first."""

    chao = "population_chao"
    one_inflation = "population_one_inflation"
    zelterman = "population_zelterman"
    chapman = "population_chapman"


class Reference(StrEnum):
    """What the persons met are read against."""

    published = "coverage_published"
    estimated = "coverage_estimated"
    target = "coverage_target"


def _population(code: Estimator, label: Label, formula: str, source: str, pitfall: Label) -> Indicator:
    return Indicator(
        code=code.value,
        label=label,
        unit=Unit.persons,
        numerator=Label(formula, formula),
        denominator=None,
        rule=_WINDOW_RULE,
        source=Label(source, source),
        pitfalls=Label(f"{pitfall.fr} {_CARDS_ONLY.fr}", f"{pitfall.en} {_CARDS_ONLY.en}"),
        version=COVERAGE_VERSION,
        granularities=_LONG_ENOUGH,
        targets=("700-800",),
    )


def _coverage(code: Reference, label: Label, denominator: Label, source: Label, pitfall: Label) -> Indicator:
    return Indicator(
        code=code.value,
        label=label,
        unit=Unit.ratio,
        numerator=_PERSONS_WITH_CARD,
        denominator=denominator,
        rule=COVERAGE_RULE,
        source=source,
        pitfalls=Label(f"{pitfall.fr} {_CARDS_ONLY.fr}", f"{pitfall.en} {_CARDS_ONLY.en}"),
        version=COVERAGE_VERSION,
        granularities=_LONG_ENOUGH,
        targets=("700-800",),
    )


_AUDIT: Final = Label("Audit de décembre 2021 du plan crack parisien", "Audit of December 2021 of the Paris crack plan")
_LISTED: Final = (
    _population(
        Estimator.chao,
        Label("Population estimée (borne de Chao)", "Estimated population (Chao's bound)"),
        "n + f1 (f1 - 1) / (2 (f2 + 1))",
        "Chao A (1987), Biometrics 43, 783-791",
        Label(
            "Borne inférieure si les chances de rencontre sont inégales, très surestimée par les codes faux.",
            "A lower bound when persons differ in how easily they are met, far too high with wrong codes.",
        ),
    ),
    _population(
        Estimator.one_inflation,
        Label("Population estimée (sans les personnes vues une fois)", "Estimated population (without those met once)"),
        "n + (2/9) f2^3 / f3^2",
        "Böhning D, Kaskasamkul P, van der Heijden PGM (2019), Metrika 82, 361-384",
        Label(
            "Résiste aux codes faux, mais bien trop basse si les chances de rencontre sont très inégales ; les codes"
            " faux eux-mêmes restent comptés : si chacun est vu deux fois ou plus, elle aussi est trop haute.",
            "Resists wrong codes, but far too low when persons are very unequally easy to meet; the wrong codes"
            " themselves stay counted: when everybody is met twice or more, it is too high as well.",
        ),
    ),
    _population(
        Estimator.zelterman,
        Label("Population estimée (Zelterman)", "Estimated population (Zelterman)"),
        "n / (1 - exp(-2 f2 / f1))",
        "Zelterman D (1988), J Stat Plan Inference 18, 225-237; Böhning D (2008), Stat Methodol 5, 410-423",
        Label(
            "Souvent au-dessus de la vérité si les chances de rencontre sont inégales.",
            "Often above the truth when persons differ in how easily they are met.",
        ),
    ),
    _population(
        Estimator.chapman,
        Label("Population estimée (Chapman, deux moitiés)", "Estimated population (Chapman, two halves)"),
        "(n1 + 1)(n2 + 1) / (m + 1) - 1",
        "Chapman DG (1951), Univ Calif Publ Stat 1, 131-160; Seber GAF (1982), 3.1",
        Label(
            "Suppose les mêmes personnes dans les deux moitiés ; surestimée par les départs et les codes faux.",
            "Supposes the same persons in both halves; too high when some leave, and with wrong codes.",
        ),
    ),
    _coverage(
        Reference.published,
        Label("Couverture de la fourchette publiée", "Coverage of the published range"),
        Label("700 à 800 personnes ; valeur pour 750", "700 to 800 persons; the value is for 750"),
        _AUDIT,
        Label("Fourchette de 2021, sans méthode publiée.", "A range of 2021, published without its method."),
    ),
    _coverage(
        Reference.estimated,
        Label("Couverture de la population estimée", "Coverage of the estimated population"),
        Label(
            "population estimée ; valeur pour la borne de Chao, intervalle des deux estimations",
            "estimated population; the value is for Chao's bound, the interval that of both estimates",
        ),
        Label("Chao 1987 ; Böhning et al. 2019", "Chao 1987; Böhning et al. 2019"),
        Label(
            "Chao étant une borne inférieure, la valeur est plutôt trop haute.",
            "As Chao's is a lower bound, the value is rather too high.",
        ),
    ),
    _coverage(
        Reference.target,
        Label("Couverture de la cible du plan", "Coverage of the plan's target"),
        Label("cible du plan", "the plan's target"),
        _AUDIT,
        Label("Le plan n'a pas enregistré de cible.", "The plan has recorded no target."),
    ),
)
INDICATORS: Final[Mapping[str, Indicator]] = {indicator.code: indicator for indicator in _LISTED}
