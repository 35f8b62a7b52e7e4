"""What may be live outside is decided for every indicator, and every code has its words."""

from app.metrics.indicator import Unit
from app.metrics.indicators.catalogue import CATALOGUE
from app.metrics.indicators.rules import is_about_no_person
from app.monitoring.alerts.definitions import THRESHOLDS
from app.monitoring.alerts.vocabulary import LABELS, LOOK_AT, AlertKind
from app.monitoring.costs.definitions import LACKING, OUTCOMES, STAGES, CostedOutcome, NoCost
from app.monitoring.definitions import ABOUT_PEOPLE, LIVE
from app.monitoring.kpis.definitions import OF_PLAN, PUBLISHED
from app.monitoring.kpis.service import live_kpis
from app.monitoring.kpis.vocabulary import GAPS, Gap, not_live
from app.monitoring.live import LIVE_INDICATORS

_COUNTS_PEOPLE = {
    Unit.contacts, Unit.encounters, Unit.persons, Unit.referrals, Unit.stays,
    Unit.contacts_per_hour, Unit.contacts_per_person, Unit.bits,
}  # fmt: skip
_PEOPLE = (
    "contact",
    "encounter",
    "person",
    "people",
    "referral",
    "card",
    "stay",
    "exit",
    "admission",
    "answer",
    "need",
)


def test_every_indicator_of_the_catalogue_is_classified_once() -> None:
    assert CATALOGUE.keys() == LIVE | ABOUT_PEOPLE
    assert not LIVE & ABOUT_PEOPLE


def test_nothing_live_counts_people_or_divides_by_them() -> None:
    for code in LIVE:
        indicator = CATALOGUE[code].indicator
        assert indicator.unit not in _COUNTS_PEOPLE, code
        below = indicator.denominator.en if indicator.denominator else ""
        assert not [word for word in _PEOPLE if word in f"{indicator.numerator.en} {below}"], code


def test_what_coordinators_get_exact_in_files_is_live_too() -> None:
    exact = {code for code, entry in CATALOGUE.items() if is_about_no_person(code, entry.indicator.unit)}
    assert exact <= LIVE


def test_no_code_is_used_twice() -> None:
    codes = [*OF_PLAN, *PUBLISHED, *live_kpis(), *THRESHOLDS]
    assert len(codes) == len(set(codes))
    assert live_kpis().keys() == LIVE_INDICATORS.keys() == LIVE


def test_every_code_has_words_in_both_languages() -> None:
    words = [*GAPS.values(), *LABELS.values(), *(label for _, label in LOOK_AT.values()), *OUTCOMES.values()]
    words += [*LACKING.values(), *(kpi.definition for kpi in {**OF_PLAN, **PUBLISHED}.values())]
    assert all(one.fr.strip() and one.en.strip() and one.fr != one.en for one in words)
    assert set(GAPS) == set(Gap)
    assert set(LACKING) == set(NoCost)
    assert set(OUTCOMES) == set(STAGES) == set(CostedOutcome)
    assert LABELS.keys() == LOOK_AT.keys() == set(AlertKind)


def test_a_reason_that_an_indicator_gives_is_told_in_french_too() -> None:
    from app.metrics.effort import definitions as effort
    from app.metrics.reporting import definitions as reporting

    given = (
        effort.NO_PLAN, effort.NO_PATROLS, effort.NO_HOURS, effort.NO_PLANNED_NIGHTS, effort.NOTHING_REPORTED,
        reporting.NO_PLAN, reporting.NO_RECORDS, reporting.NO_TEAM_DAYS,
    )  # fmt: skip
    assert {not_live(reason).code for reason in given}.isdisjoint({Gap.not_computable.value})
    other = not_live("something new")
    assert (other.code, "something new" in other.label.en) == ("not_computable", True)


def test_an_alarm_is_never_before_its_watch() -> None:
    assert all(one.watch <= one.alarm for one in THRESHOLDS.values())
