"""What the figures mean, as data. Pure Python."""

from collections.abc import Mapping
from typing import Final

from app.directory.vocabulary import Label
from app.metrics.indicator import Granularity, Indicator, Split, Unit

TERRITORIES_VERSION: Final = 1

TERRITORIES_RULE: Final = Label(
    "Personnes rencontrées pendant les jours de service de la période, hors saisies par erreur, par territoire saisi."
    " Le temps d'une maraude de durée connue est réparti également entre les territoires qu'elle cite ; sans territoire"
    " cité, il n'est nulle part. La période"
    " précédente est celle de même durée juste avant.",
    "People met on the period's service days, without records entered in error, by the territory recorded. The time of"
    " a patrol of known duration is shared equally among the territories it lists, and is nowhere when it"
    " lists none. The previous period is that of the"
    " same length just before.",
)
NO_CONTACTS: Final = "no contacts"
NO_HOURS: Final = "no patrol lists this territory"
NO_PATROL_HOURS: Final = "no patrol hours"
NO_PREVIOUS: Final = "no contacts in this period or the previous one"
NOTHING_OUTSIDE: Final = "nothing outside the perimeter is in view"
ONE_TERRITORY: Final = "a share is that of a territory: split by territory"
NO_TARGET: Final = "needs a target territory: ask /v1/metrics/territories with target"

_OURS: Final = Label("Maraude, docs/indicators.md", "Maraude, docs/indicators.md")
_LIN: Final = Label(
    "Lin 1991, IEEE Transactions on Information Theory 37(1)", "Lin 1991, IEEE Transactions on Information Theory 37(1)"
)
_BOWERS: Final = Label(
    "Bowers et Johnson 2003, Journal of Quantitative Criminology 19(3)",
    "Bowers and Johnson 2003, Journal of Quantitative Criminology 19(3)",
)
_BY_TERRITORY: Final = frozenset({Split.territory})
_LONG: Final = frozenset({Granularity.week, Granularity.month, Granularity.quarter, Granularity.year})


_ALL: Final = (
    Indicator(
        "territory_share",
        Label("Part des contacts par territoire", "Share of contacts by territory"),
        Unit.ratio,
        Label("personnes rencontrées dans le territoire", "people met in the territory"),
        Label("personnes rencontrées", "people met"),
        Label("contacts du territoire / contacts de la vue", "contacts in the territory / contacts in view"),
        _OURS,
        Label(
            "Dit où vont les équipes autant que où sont les personnes : lire avec les contacts par heure.",
            "Says where teams go as much as where people are: read with the contacts per hour.",
        ),
        splits=_BY_TERRITORY,
        granularities=_LONG,
    ),
    Indicator(
        "territory_contacts_per_hour",
        Label("Contacts par heure et territoire", "Contacts per hour by territory"),
        Unit.contacts_per_hour,
        Label("personnes rencontrées en maraude dans le territoire", "people met on patrols in the territory"),
        Label("heures d'équipe dans le territoire", "team hours in the territory"),
        Label(
            "personnes rencontrées lors de sorties de durée connue, du même jour de service ou d'un jour voisin"
            " / heures de ces sorties, réparties également entre les territoires cités ; inconnu : personnes"
            " rencontrées hors de ces sorties",
            "people met on outings of known duration, of the same service day or a neighbouring one / hours of those"
            " outings, shared equally among the territories they list; unknown: people met outside such outings",
        ),
        _OURS,
        Label(
            "La répartition égale est une convention : une sortie dit où elle est passée, non combien de temps.",
            "Equal shares are a convention: an outing says where it went, not for how long.",
        ),
        splits=_BY_TERRITORY,
        granularities=_LONG,
    ),
    Indicator(
        "outside_perimeter_share",
        Label("Part des contacts hors périmètre", "Share of contacts outside the perimeter"),
        Unit.ratio,
        Label("personnes rencontrées hors du périmètre du plan", "people met outside the plan's perimeter"),
        Label("personnes rencontrées", "people met"),
        Label(
            "contacts marqués hors périmètre à leur réception / contacts",
            "contacts marked as outside when received / contacts",
        ),
        _OURS,
        Label(
            "Nulle par construction dans une vue limitée au périmètre : elle n'y est pas donnée.",
            "Zero by construction in a view limited to the perimeter: it is not given there.",
        ),
        granularities=_LONG,
    ),
    Indicator(
        "territory_divergence",
        Label("Divergence de Jensen-Shannon entre périodes", "Jensen-Shannon divergence between periods"),
        Unit.bits,
        Label("contacts par territoire de la période", "the period's contacts by territory"),
        Label("contacts par territoire de la période précédente", "the previous period's contacts by territory"),
        Label(
            "H((P+Q)/2) - (H(P)+H(Q))/2 en base 2 : 0, même répartition ; 1, rien en commun",
            "H((P+Q)/2) - (H(P)+H(Q))/2 in base 2: 0 is the same distribution, 1 nothing in common",
        ),
        _LIN,
        Label(
            "Le hasard seul la rend positive sur de petits nombres ; elle ne dit pas où va le déplacement.",
            "Chance alone makes it positive on small numbers; it does not say which way things moved.",
        ),
        granularities=_LONG,
    ),
    Indicator(
        "weighted_displacement",
        Label("Quotient de déplacement pondéré", "Weighted displacement quotient"),
        Unit.ratio,
        Label("évolution de la zone tampon contre le témoin", "change in the buffer against the control"),
        Label("évolution de la cible contre le témoin", "change in the target against the control"),
        Label(
            "(B1/C1 - B0/C0) / (A1/C1 - A0/C0) : A le territoire cible, B ses voisins, C le reste du périmètre ;"
            " 0 la période précédente, 1 la période",
            "(B1/C1 - B0/C0) / (A1/C1 - A0/C0): A the target territory, B its neighbours, C the rest of the"
            " perimeter; 0 the previous period, 1 the period",
        ),
        _BOWERS,
        Label(
            "Se lit si la cible a baissé : négatif, un déplacement vers les voisins ; positif, une baisse qui"
            " s'étend. Sans intervalle : de petits nombres le font sauter.",
            "To be read when the target fell: negative is displacement to the neighbours, positive a fall that"
            " spreads. No interval: small counts make it jump.",
        ),
        granularities=_LONG,
    ),
)
INDICATORS: Final[Mapping[str, Indicator]] = {indicator.code: indicator for indicator in _ALL}
