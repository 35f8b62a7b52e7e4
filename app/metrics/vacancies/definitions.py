"""What it means to fill a place that was declared vacant, as data. Pure Python."""

from collections.abc import Mapping
from typing import Final

from app.directory.vocabulary import Label
from app.metrics.indicator import Indicator, Split, Unit

_FILLED: Final = Indicator(
    code="admissions_per_vacant_place",
    label=Label("Admissions par place déclarée vacante", "Admissions per place declared vacant"),
    unit=Unit.ratio,
    numerator=Label(
        "admissions dans un lieu, un jour où il a déclaré ses places",
        "admissions at a facility on a day it reported on",
    ),
    denominator=Label(
        "places déclarées vacantes : pour chaque lieu et chaque jour, le plus grand nombre de places libres déclaré",
        "places declared vacant: for each facility and day, the largest number of free places it reported",
    ),
    rule=Label(
        "Lieux du territoire demandé dont le type a l'admission pour issue, quel que soit leur gestionnaire. Jours"
        " civils de Paris où le lieu, ouvert, a déclaré au moins une fois ses places libres. Admissions :"
        " orientations de la vue (organisation ou périmètre), hors saisies par erreur, qui nomment ce lieu, le jour"
        " de l'admission.",
        "Facilities of the territory asked for, of the kinds whose success is an admission, whoever operates them."
        " Civil days of Paris on which the facility, open, reported its free places at least once. Admissions:"
        " referrals of the view (organisation or perimeter), without those entered in error, that name the facility,"
        " on the day of the admission.",
    ),
    source=Label(
        "Vocabulaire du projet ; rapport suivi par les services intégrés de l'accueil et de l'orientation (SIAO) :"
        " attributions / places vacantes déclarées.",
        "The project's own vocabulary; the ratio that French housing desks (SIAO) follow: attributions / places"
        " declared vacant.",
    ),
    pitfalls=Label(
        "Dépasse 1 quand une place se libère plusieurs fois par jour ou quand le lieu admet sans déclarer. Une place"
        " restée vacante trois jours compte trois fois. Une organisation seule n'y voit que ses propres admissions,"
        " face aux places de tous. Les admissions sans lieu nommé, ou un jour sans déclaration, sont comptées comme"
        " inconnues.",
        "Above 1 where a place is freed several times a day or a facility admits without reporting. A place that stays"
        " vacant for three days counts three times. A single organisation sees its own admissions only, against"
        " everybody's places. Admissions that name no facility, or on a day without a report, are counted as unknown.",
    ),
    splits=frozenset({Split.kind}),
)
INDICATORS: Final[Mapping[str, Indicator]] = {_FILLED.code: _FILLED}
