"""The catalogue is whole: every indicator of the domain has its entry, every entry its words and its computation."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from typer.testing import CliRunner

from app.cli import build
from app.directory.vocabulary import Label
from app.metrics.indicator import Granularity, Indicator, Split, Unit
from app.metrics.indicators import markdown
from app.metrics.indicators.catalogue import CATALOGUE, ROOMS, Room, entries_of

_PAGE: Final = Path(__file__).parents[2] / "docs" / "indicators.md"
_DOMAIN: Final = {
    # what the domain wants known: the entries that say it
    "contacts": {"contacts"},
    "persons (file active)": {"file_active", "first_contacts_without_card"},
    "anonymous share": {"anonymous_share"},
    "contacts per person": {"contacts_per_person"},
    "new and returning": {"new_contacts", "returning_contacts"},
    "coverage against the published figure, an estimate and a target": {
        "coverage_published", "coverage_estimated", "coverage_target",
    },
    "hidden population: Chapman": {"population_chapman"},
    "hidden population: Chao": {"population_chao"},
    "hidden population: Zelterman": {"population_zelterman"},
    "hidden population: one-inflation": {"population_one_inflation"},
    "contacts per patrol hour": {"contacts_per_patrol_hour", "patrol_hours"},
    "nights with a patrol": {"nights_with_patrol"},
    "patrol hours 21-06": {"night_patrol_hours"},
    "open hours 21-06": {"night_open_hours_planned", "night_openings_reported"},
    "patrols held / planned": {"patrols_held", "patrols_held_of_planned"},
    "funnel: stages": {
        "referrals_offered", "referrals_requested", "referrals_accepted", "referrals_arrived", "referrals_admitted",
    },
    "funnel: provider acceptance": {"provider_acceptance"},
    "funnel: success by kind, worst case and known outcome": {"success_worst_case", "success_known_outcome"},
    "funnel: unknown share": {"outcome_unknown_share"},
    "admissions / orientations": {"admissions_per_referral"},
    "admissions / places declared vacant": {"admissions_per_vacant_place"},
    "time to success: median": {"time_to_success_median"},
    "time to success: cumulative incidence": {"success_incidence_7d", "success_incidence_30d"},
    "housing: occupancy": {"housing_occupancy"},
    "housing: saturated days": {"housing_saturated_nights"},
    "housing: retention": {"housing_retention_30", "housing_retention_90", "housing_retention_180"},
    "housing: retained or positive exit": {
        "housing_retained_or_positive_30", "housing_retained_or_positive_90", "housing_retained_or_positive_180",
    },
    "housing: exits to longer stay": {"housing_exits_longer_stay"},
    "housing: blocked stays": {"housing_blocked_stays"},
    "housing: return to street": {"housing_return_to_street"},
    "unmet demand: no_place refusals and waits per requests": {"unmet_demand", "no_place_refusals"},
    "territory: share of contacts": {"territory_share"},
    "territory: contacts per hour": {"territory_contacts_per_hour"},
    "territory: outside-perimeter share": {"outside_perimeter_share"},
    "territory: Jensen-Shannon divergence": {"territory_divergence"},
    "territory: weighted displacement quotient": {"weighted_displacement"},
    "reporting: timeliness, median and p90": {
        f"{what}_lag_{how}" for what in ("encounters", "patrols", "referrals") for how in ("median", "p90")
    },
    "reporting: share within 24 h and 7 d": {
        f"{what}_within_{how}" for what in ("encounters", "patrols", "referrals") for how in ("24h", "7d")
    },
    "reporting: patrol reports received / planned": {"patrol_reports_received"},
    "reporting: referrals with a terminal state within the timer": {"referrals_closed_in_time"},
    "reporting: silent days per team": {"silent_days"},
}  # fmt: skip
_PLAN: Final = "actions, money and meetings of the plan are not recorded yet"
_MISSING: Final = {
    "plan: actions by status at a date and assessor": _PLAN,
    "plan: execution = paid / committed": _PLAN,
    "plan: cost per outcome": _PLAN,
    "plan: coordination cadence": _PLAN,
}
"""What the domain wants known and nothing says yet, each with why."""


def _words(indicator: Indicator) -> Iterator[tuple[str, Label]]:
    for name in ("label", "numerator", "rule", "source", "pitfalls"):
        yield name, getattr(indicator, name)
    if indicator.denominator is not None:
        yield "denominator", indicator.denominator


def test_every_indicator_of_the_domain_has_its_entry() -> None:
    assert {what: sorted(codes - CATALOGUE.keys()) for what, codes in _DOMAIN.items() if codes - CATALOGUE.keys()} == {}
    assert sorted(_DOMAIN.keys() & _MISSING.keys()) == []


def test_every_room_computes_what_it_describes_and_nothing_else() -> None:
    apart = {room.code: room.indicators.keys() ^ room.computed.keys() for room in ROOMS}
    assert {code: sorted(codes) for code, codes in apart.items() if codes} == {}


def test_codes_are_unique_and_plain() -> None:
    assert sum(len(room.indicators) for room in ROOMS) == len(CATALOGUE)
    assert [code for code in CATALOGUE if not re.fullmatch(r"[a-z][a-z0-9_]{2,59}", code)] == []
    assert len({room.code for room in ROOMS}) == len(ROOMS)


def test_the_catalogue_refuses_a_code_twice_a_wrong_code_and_a_missing_computation() -> None:
    room = ROOMS[0]
    code, indicator = next(iter(room.indicators.items()))
    computed = {code: room.computed[code]}
    alone = Room("alone", room.label, {code: indicator}, computed)
    assert list(entries_of([alone])) == [code]
    for wrong in (
        [alone, alone],
        [Room("wrong", room.label, {code: replace(indicator, code="other")}, computed)],
        [Room("bare", room.label, {code: indicator}, {})],
        [Room("blind", room.label, {}, computed)],
    ):
        with pytest.raises(ValueError, match=code):
            entries_of(wrong)


@pytest.mark.parametrize("code", CATALOGUE)
def test_an_entry_says_everything_in_both_languages(code: str) -> None:
    indicator = CATALOGUE[code].indicator
    silent = [(name, said) for name, said in _words(indicator) if not said.fr.strip() or not said.en.strip()]
    assert silent == []
    untranslated = [name for name, said in _words(indicator) if name in {"rule", "pitfalls"} and said.fr == said.en]
    assert untranslated == []
    assert indicator.version >= 1


@pytest.mark.parametrize("code", CATALOGUE)
def test_a_ratio_says_what_stands_below_its_line(code: str) -> None:
    indicator = CATALOGUE[code].indicator
    assert indicator.unit is not Unit.ratio or indicator.denominator is not None


def test_the_page_is_what_the_command_prints() -> None:
    printed = CliRunner().invoke(build(), ["indicators"])
    assert printed.exit_code == 0, printed.output
    assert printed.stdout == _PAGE.read_text(), "run: maraude indicators > docs/indicators.md"


def test_the_page_has_every_entry_in_both_languages_and_no_broken_table() -> None:
    page = markdown.catalogue_page(ROOMS)
    for code, entry in CATALOGUE.items():
        assert f"### {code}\n" in page
        assert f"| | {entry.indicator.label.fr} | {entry.indicator.label.en} |" in page
    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert [row for row in rows if not row.endswith("|")] == []


def test_the_page_has_words_for_every_unit_split_and_length() -> None:
    word = Label("x", "x")
    everything = Indicator(
        "x", word, Unit.ratio, word, word, word, word, word, splits=frozenset(Split),
        granularities=frozenset(Granularity), targets=("700 à 800",),
    )  # fmt: skip
    for unit in Unit:
        room = Room("x", Label("x", "x"), {"x": replace(everything, unit=unit)}, {})
        page = markdown.catalogue_page([room])
        assert "territoire, type de lieu, équipe | territory, kind of facility, team" in page
        assert "| jour, semaine, mois, trimestre, année | day, week, month, quarter, year |" in page
        assert "| 700 à 800 | 700 à 800 |" in page
