"""Whether anything is ever held against a target, for codes of every kind, with and without a territory."""

import pytest

from app.metrics.indicators.catalogue import CATALOGUE
from app.monitoring.alerts.definitions import THRESHOLDS
from app.monitoring.definitions import LIVE
from app.monitoring.kpis.definitions import OF_PLAN, PUBLISHED, PUBLISHED_OF_PLACE
from app.monitoring.kpis.published import published_of
from app.monitoring.targets.rules import why_unjudged
from app.plan.records.steering import Target
from app.plan.standing import of_type
from app.plan.vocabulary import Unjudged
from tests import plans


def _why(indicator: str, territory: str | None = None) -> Unjudged | None:
    [target] = of_type(plans.read(plans.entry("target", indicator=indicator, territory=territory)), Target)
    return why_unjudged(target, {"75118", "75119"})


@pytest.mark.parametrize(
    ("indicator", "without", "published_there", "elsewhere"),
    [
        ("patrols_held", None, None, None),
        ("published_admitted", None, None, Unjudged.territory),
        ("published_first_contacts", None, Unjudged.territory, Unjudged.territory),
        ("money_execution", None, Unjudged.territory, Unjudged.territory),
        ("team_silence_days", None, Unjudged.territory, Unjudged.territory),
        ("file_active", Unjudged.about_people, Unjudged.about_people, Unjudged.about_people),
        ("patrol_held", Unjudged.unknown_indicator, Unjudged.unknown_indicator, Unjudged.unknown_indicator),
    ],
)
def test_a_target_says_why_nothing_is_ever_held_against_it(
    indicator: str, without: Unjudged | None, published_there: Unjudged | None, elsewhere: Unjudged | None
) -> None:
    assert (_why(indicator), _why(indicator, "75118"), _why(indicator, "7511803")) == (
        without,
        published_there,
        elsewhere,
    )


def test_every_code_there_is_is_judged_for_the_perimeter_or_about_people() -> None:
    judged = {*OF_PLAN, *PUBLISHED, *THRESHOLDS, *LIVE}
    assert {_why(code) for code in judged} == {None}
    assert {_why(code) for code in CATALOGUE.keys() - judged} == {Unjudged.about_people}


def test_what_is_published_of_a_place_has_words_of_its_own() -> None:
    assert PUBLISHED_OF_PLACE.keys() < PUBLISHED.keys()
    for code, kpi in PUBLISHED_OF_PLACE.items():
        assert published_of(code, None, "75118").kpi == kpi
        assert kpi.definition != PUBLISHED[code].definition == published_of(code, None).kpi.definition
        assert kpi.unit == PUBLISHED[code].unit
