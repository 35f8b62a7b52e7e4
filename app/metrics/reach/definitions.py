"""What the figures of reach mean, as data. Pure Python."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from app.directory.vocabulary import Label
from app.metrics.indicator import Indicator, Split, Unit

REACH_VERSION: Final = 1
MOST_PERIODS: Final = 400
MOST_GROUPED_PERIODS: Final = 60
"""With a figure for each group, fewer periods: an answer stays readable, and bounded."""


class ReachGroupBy(StrEnum):
    """How reach may be split."""

    territory = "territory"
    team = "team"


REACH_RULE: Final = Label(
    "Rencontres dont le jour de service est dans la période, hors saisies par erreur. Contacts, personnes porteuses"
    " d'une carte et premières rencontres sans carte sont trois mesures distinctes, jamais additionnées.",
    "Encounters whose service day lies in the period, without those entered in error. Contacts, persons carrying a card"
    " and first contacts without a card are three separate measures, never added up.",
)
_FIELD: Final = Label("Vocabulaire des maraudes (docs, domaine)", "Vocabulary of street outreach (docs, domain)")
_CARDS: Final = Label(
    "Une carte change de numéro au Nouvel An : sur une période qui le traverse, une personne compte une fois par année"
    " civile. Les personnes sans carte n'y sont pas : lire avec la part anonyme. Les personnes de plusieurs périodes ou"
    " territoires ne s'additionnent pas.",
    "A card gets another number at New Year: over a period across it a person counts once a calendar year. Persons"
    " without a card are not in it: read it beside the anonymous share. Persons of several periods or territories do"
    " not add up.",
)
_CONTACTS: Final = Label(
    "personnes présentes à chaque rencontre, additionnées", "people present, summed over encounters"
)
_SAID: Final = Label(
    "Selon ce que l'équipe sait de l'année civile ; les rencontres de groupe ne le disent jamais et comptent comme"
    " inconnues.",
    "As far as the team knows of the calendar year; group encounters never say it and count as unknown.",
)


def _indicator(code: str, label: Label, unit: Unit, above: Label, below: Label | None, pitfalls: Label) -> Indicator:
    return Indicator(
        code=code,
        label=label,
        unit=unit,
        numerator=above,
        denominator=below,
        rule=REACH_RULE,
        source=_FIELD,
        pitfalls=pitfalls,
        version=REACH_VERSION,
        splits=frozenset({Split.territory, Split.team}),
    )


_LISTED: Final = (
    _indicator(
        "contacts",
        Label("Contacts", "Contacts"),
        Unit.contacts,
        _CONTACTS,
        None,
        Label(
            "Une personne rencontrée dix fois fait dix contacts : ce n'est pas un nombre de personnes.",
            "A person met ten times makes ten contacts: it is no number of persons.",
        ),
    ),
    _indicator(
        "encounters",
        Label("Rencontres", "Encounters"),
        Unit.encounters,
        Label("rencontres, avec une personne ou un groupe", "encounters, with one person or a group"),
        None,
        Label("Un groupe de vingt personnes est une rencontre.", "A group of twenty people is one encounter."),
    ),
    _indicator(
        "file_active",
        Label("File active (porteurs d'une carte)", "File active (card carriers)"),
        Unit.persons,
        Label("cartes distinctes vues au moins une fois", "distinct cards seen at least once"),
        None,
        _CARDS,
    ),
    _indicator(
        "first_contacts_without_card",
        Label(
            "Personnes sans carte, à leur première rencontre de l'année", "Persons without a card, first met this year"
        ),
        Unit.persons,
        Label(
            "rencontres d'une personne sans carte dites premières de l'année",
            "encounters with one person without a card, said to be the first this year",
        ),
        None,
        Label(
            f"Compte ceux rencontrés pour la première fois pendant la période, non tous ceux vus. {_SAID.fr}",
            f"Counts those first met in the period, not all who were seen. {_SAID.en}",
        ),
    ),
    _indicator(
        "anonymous_share",
        Label("Part anonyme", "Anonymous share"),
        Unit.ratio,
        Label("contacts sans carte", "contacts without a card"),
        Label("contacts", "contacts"),
        Label(
            "Les personnes d'un groupe sont toujours anonymes ; une carte oubliée aussi.",
            "The people of a group are always anonymous; so is a forgotten card.",
        ),
    ),
    _indicator(
        "contacts_per_person",
        Label("Contacts par personne", "Contacts per person"),
        Unit.contacts_per_person,
        Label("contacts avec carte", "contacts with a card"),
        Label("cartes distinctes", "distinct cards"),
        _CARDS,
    ),
    _indicator(
        "new_contacts",
        Label("Contacts avec de nouvelles personnes", "Contacts with new persons"),
        Unit.contacts,
        Label("contacts dits premiers de l'année", "contacts said to be the first this year"),
        None,
        _SAID,
    ),
    _indicator(
        "returning_contacts",
        Label("Contacts avec des personnes déjà connues", "Contacts with persons already known"),
        Unit.contacts,
        Label("contacts dits suivants", "contacts said not to be the first this year"),
        None,
        _SAID,
    ),
)
INDICATORS: Final[Mapping[str, Indicator]] = {indicator.code: indicator for indicator in _LISTED}
