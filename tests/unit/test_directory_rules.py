from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest

from app.directory import seeds
from app.directory.rules import (
    PARIS,
    Hours,
    KindRule,
    Observation,
    Place,
    Tree,
    hours_fault,
    is_open,
    kind_at,
    overlaps,
    place_fault,
    service_day,
    slot,
)
from app.directory.vocabulary import (
    RECORDABLE,
    VOCABULARIES,
    AnnotationKind,
    ReportReason,
    Rung,
    SuccessState,
    TerritoryLevel,
    Weekday,
)
from tests import make

ALWAYS = date(2020, 1, 1)
SHORT_NIGHT = date(2026, 3, 28)
"""The evening before the clocks go from 02:00 to 03:00."""
LONG_NIGHT = date(2026, 10, 24)
"""The evening before the clocks go from 03:00 back to 02:00."""


def paris(year: int, month: int, day: int, hour: int = 0, minute: int = 0, fold: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=PARIS, fold=fold)


def nightly(opens: int = 21 * 60, closes: int = 30 * 60) -> list[Hours]:
    return [Hours(weekday, opens, closes, ALWAYS) for weekday in Weekday]


def length(day: date, *, night: bool) -> timedelta:
    """How long a service day lasts, found by walking through it."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=1)
    quarters = [start + timedelta(minutes=15 * number) for number in range(4 * 24 * 4)]
    return timedelta(minutes=15) * sum(service_day(instant, night) == day for instant in quarters)


class TestServiceDay:
    @pytest.mark.parametrize(
        ("instant", "of_a_night_team", "of_a_day_team"),
        [
            (paris(2026, 3, 2, 21), date(2026, 3, 2), date(2026, 3, 2)),
            (paris(2026, 3, 3, 2, 30), date(2026, 3, 2), date(2026, 3, 3)),
            (paris(2026, 3, 3, 11, 59), date(2026, 3, 2), date(2026, 3, 3)),
            (paris(2026, 3, 3, 12), date(2026, 3, 3), date(2026, 3, 3)),
            (paris(2026, 3, 3, 0), date(2026, 3, 2), date(2026, 3, 3)),
            (paris(2026, 3, 2, 23, 59), date(2026, 3, 2), date(2026, 3, 2)),
            (paris(2027, 1, 1, 3), date(2026, 12, 31), date(2027, 1, 1)),
            (paris(2028, 3, 1, 1), date(2028, 2, 29), date(2028, 3, 1)),
            (datetime(2026, 7, 1, 22, 30, tzinfo=UTC), date(2026, 7, 1), date(2026, 7, 2)),
            (datetime(2026, 12, 31, 23, 30, tzinfo=UTC), date(2026, 12, 31), date(2027, 1, 1)),
        ],
    )
    def test_runs_noon_to_noon_for_a_night_team_and_midnight_to_midnight_otherwise(
        self, instant: datetime, of_a_night_team: date, of_a_day_team: date
    ) -> None:
        assert service_day(instant, night=True) == of_a_night_team
        assert service_day(instant, night=False) == of_a_day_team

    @pytest.mark.parametrize(
        ("night", "day", "hours"),
        [
            (True, SHORT_NIGHT, 23),
            (True, SHORT_NIGHT + timedelta(days=1), 24),
            (False, SHORT_NIGHT, 24),
            (False, SHORT_NIGHT + timedelta(days=1), 23),
            (True, LONG_NIGHT, 25),
            (True, LONG_NIGHT + timedelta(days=1), 24),
            (False, LONG_NIGHT, 24),
            (False, LONG_NIGHT + timedelta(days=1), 25),
        ],
    )
    def test_lasts_23_or_25_hours_when_the_clocks_change(self, *, night: bool, day: date, hours: int) -> None:
        assert length(day, night=night) == timedelta(hours=hours)

    def test_gives_every_instant_to_one_day_and_days_follow_one_another(self) -> None:
        instants = [datetime(2026, 3, 27, tzinfo=UTC) + timedelta(minutes=30 * number) for number in range(200)]
        for night in (True, False):
            days = [service_day(instant, night) for instant in instants]
            assert all(after - before in {timedelta(0), timedelta(days=1)} for before, after in pairwise(days))


class TestSlot:
    @pytest.mark.parametrize(
        ("instant", "expected"),
        [
            (paris(2026, 3, 2, 0), 0),
            (paris(2026, 3, 2, 1, 59), 0),
            (paris(2026, 3, 2, 2), 1),
            (paris(2026, 3, 2, 21), 10),
            (paris(2026, 3, 2, 23, 59), 11),
            (paris(2026, 10, 25, 2, 30, fold=0), 1),
            (paris(2026, 10, 25, 2, 30, fold=1), 1),
            (datetime(2026, 7, 1, 22, 30, tzinfo=UTC), 0),
        ],
    )
    def test_is_two_hours_of_the_paris_clock(self, instant: datetime, expected: int) -> None:
        assert slot(instant) == expected


class TestOpeningHours:
    def test_a_night_opening_lasts_past_midnight_into_the_next_day(self) -> None:
        monday = [Hours(Weekday.monday, 21 * 60, 30 * 60, ALWAYS)]
        assert not is_open(monday, paris(2026, 3, 2, 20, 59))
        assert is_open(monday, paris(2026, 3, 2, 21))
        assert is_open(monday, paris(2026, 3, 3, 5, 59))
        assert not is_open(monday, paris(2026, 3, 3, 6))
        assert not is_open(monday, paris(2026, 3, 3, 21))

    def test_sunday_night_ends_on_monday_morning(self) -> None:
        sunday = [Hours(Weekday.sunday, 22 * 60, 32 * 60, ALWAYS)]
        assert is_open(sunday, paris(2026, 3, 2, 7, 59))
        assert not is_open(sunday, paris(2026, 3, 2, 8))

    def test_the_night_of_the_year_s_end_ends_next_year(self) -> None:
        thursday = [Hours(Weekday.thursday, 22 * 60, 30 * 60, ALWAYS)]
        assert is_open(thursday, paris(2027, 1, 1, 3))

    def test_one_that_never_closes_is_open_at_every_minute(self) -> None:
        always = nightly(0, 24 * 60)
        start = datetime(2026, 10, 24, tzinfo=UTC)
        assert all(is_open(always, start + timedelta(minutes=number)) for number in range(3 * 24 * 60))

    @pytest.mark.parametrize(("evening", "hours"), [(SHORT_NIGHT, 8), (LONG_NIGHT, 10), (date(2026, 3, 2), 9)])
    def test_the_clock_on_the_wall_decides_when_clocks_change(self, evening: date, hours: int) -> None:
        noon = datetime(evening.year, evening.month, evening.day, 12, tzinfo=UTC)
        minutes = [noon + timedelta(minutes=number) for number in range(23 * 60)]
        assert sum(is_open(nightly(), minute) for minute in minutes) == hours * 60

    def test_the_hour_that_comes_twice_is_open_twice(self) -> None:
        assert is_open(nightly(), paris(2026, 10, 25, 2, 30, fold=0))
        assert is_open(nightly(), paris(2026, 10, 25, 2, 30, fold=1))
        early = nightly(2 * 60, 3 * 60)
        assert is_open(early, paris(2026, 10, 25, 2, 30, fold=0))
        assert is_open(early, paris(2026, 10, 25, 2, 30, fold=1))

    def test_a_change_of_hours_leaves_the_night_that_has_begun_alone(self) -> None:
        before = Hours(Weekday.monday, 21 * 60, 30 * 60, ALWAYS, valid_until=date(2026, 3, 3))
        assert is_open([before], paris(2026, 3, 3, 5))
        assert not is_open([before], paris(2026, 3, 9, 22))
        after = Hours(Weekday.monday, 21 * 60, 30 * 60, valid_from=date(2026, 3, 3))
        assert not is_open([after], paris(2026, 3, 3, 5))
        assert is_open([after], paris(2026, 3, 10, 5))

    def test_no_hours_are_never_open(self) -> None:
        assert not is_open([], paris(2026, 3, 2, 12))

    @pytest.mark.parametrize(
        ("opens", "closes", "possible"),
        [
            (0, 1440, True),
            (1260, 1860, True),
            (1439, 2879, True),
            (540, 540, False),
            (540, 539, False),
            (540, 1981, False),
            (1440, 1500, False),
            (-1, 60, False),
        ],
    )
    def test_begin_within_the_day_and_end_within_24_hours(self, opens: int, closes: int, *, possible: bool) -> None:
        assert (hours_fault(opens, closes) is None) == possible

    def test_may_touch_and_must_not_overlap_round_the_week(self) -> None:
        monday, sunday = Weekday.monday, Weekday.sunday
        morning = Hours(monday, 540, 720, ALWAYS)
        assert not overlaps([])
        assert not overlaps([morning])
        assert not overlaps(nightly(0, 1440))
        assert not overlaps([morning, Hours(monday, 720, 900, ALWAYS)])
        assert overlaps([morning, Hours(monday, 719, 900, ALWAYS)])
        assert overlaps([Hours(sunday, 1260, 1440 + 541, ALWAYS), morning])
        assert not overlaps([Hours(sunday, 1260, 1440 + 540, ALWAYS), morning])


class TestKinds:
    EARLY = KindRule(
        "rest_room", date(2020, 1, 1), date(2026, 1, 1), Rung.first_reception, SuccessState.arrived, timedelta(hours=24)
    )
    LATE = KindRule(
        "rest_room", date(2026, 1, 1), None, Rung.first_reception, SuccessState.arrived, timedelta(hours=48)
    )

    @pytest.mark.parametrize(
        ("day", "expected"),
        [
            (date(2019, 12, 31), None),
            (date(2020, 1, 1), EARLY),
            (date(2025, 12, 31), EARLY),
            (date(2026, 1, 1), LATE),
            (date(2030, 1, 1), LATE),
        ],
    )
    def test_hold_from_their_first_day_to_the_day_before_they_end(self, day: date, expected: KindRule | None) -> None:
        assert kind_at([self.LATE, self.EARLY], "rest_room", day) == expected

    def test_are_told_apart_by_their_code(self) -> None:
        assert kind_at([self.EARLY, self.LATE], "social_rights", date(2026, 3, 2)) is None

    def test_the_later_rule_holds_where_two_overlap(self) -> None:
        lasting = KindRule("rest_room", date(2020, 1, 1), None, Rung.support, SuccessState.arrived, timedelta(days=1))
        assert kind_at([lasting, self.LATE], "rest_room", date(2026, 3, 2)) == self.LATE


def place(code: str, level: TerritoryLevel, parent: str | None) -> Place:
    return Place(code, level, parent)


class TestTerritoryTree:
    SHIPPED = Tree(Place(row["code"], TerritoryLevel(row["level"]), row["parent"]) for row in seeds.territories())

    def test_knows_what_lies_above_nearest_first(self) -> None:
        assert self.SHIPPED.ancestors("7511803") == ("75118", "75", "11")
        assert self.SHIPPED.ancestors("93001") == ("93", "11")
        assert self.SHIPPED.ancestors("11") == ()
        assert self.SHIPPED.ancestors("99") == ()

    def test_knows_what_lies_below_itself_included(self) -> None:
        assert self.SHIPPED.descendants("75118") == {"75118", "7511801", "7511802", "7511803", "7511804"}
        assert self.SHIPPED.descendants("93001") == {"93001"}
        assert len(self.SHIPPED.descendants("75")) == 1 + 20 + 80
        assert self.SHIPPED.descendants("11") == set(self.SHIPPED.places)
        assert self.SHIPPED.descendants("99") == set()

    def test_a_perimeter_covers_its_territories_with_everything_below(self) -> None:
        covered = self.SHIPPED.covered(["75118", "75120"])
        assert {"7511803", "75120", "7512004"} < covered
        assert covered.isdisjoint({"7511901", "93001", "75"})
        assert len(covered) == 10
        assert self.SHIPPED.covered([]) == set()

    def test_ends_even_if_its_data_go_in_a_circle(self) -> None:
        circle = Tree([place("1", TerritoryLevel.region, "2"), place("2", TerritoryLevel.region, "1")])
        assert circle.ancestors("1") == ("2", "1")
        assert circle.descendants("1") == {"1", "2"}

    @pytest.mark.parametrize(
        ("candidate", "parent", "stands"),
        [
            (place("11", TerritoryLevel.region, None), None, True),
            (place("75", TerritoryLevel.departement, None), None, False),
            (place("75", TerritoryLevel.departement, "11"), place("11", TerritoryLevel.region, None), True),
            (place("75", TerritoryLevel.departement, "11"), None, False),
            (place("75", TerritoryLevel.departement, "75"), place("75", TerritoryLevel.departement, "75"), False),
            (
                place("75118", TerritoryLevel.arrondissement, "75056"),
                place("75056", TerritoryLevel.commune, "75"),
                False,
            ),
            (
                place("7511803", TerritoryLevel.quarter, "75118"),
                place("75118", TerritoryLevel.arrondissement, "75"),
                True,
            ),
        ],
    )
    def test_takes_a_place_only_below_a_higher_level(
        self, candidate: Place, parent: Place | None, *, stands: bool
    ) -> None:
        assert (place_fault(candidate, parent) is None) == stands


NAMES = {
    "7511801": "Grandes-Carrières",
    "7511802": "Clignancourt",
    "7511803": "Goutte-d'Or",
    "7511804": "La Chapelle",
    "7512001": "Belleville",
    "7512002": "Saint-Fargeau",
    "7512003": "Père-Lachaise",
    "7512004": "Charonne",
    "7511001": "Saint-Vincent-de-Paul",
    "7511002": "Porte-Saint-Denis",
    "7511003": "Porte-Saint-Martin",
    "7511004": "Hôpital-Saint-Louis",
    "7511901": "Villette",
    "7511902": "Pont-de-Flandre",
    "7511903": "Amérique",
    "7511904": "Combat",
    "93001": "Aubervilliers",
    "93006": "Bagnolet",
    "93045": "Les Lilas",
    "93048": "Montreuil",
    "93055": "Pantin",
    "93061": "Le Pré-Saint-Gervais",
    "93066": "Saint-Denis",
    "93070": "Saint-Ouen",
    "94067": "Saint-Mandé",
    "75118": "Paris 18e Arrondissement",
    "75101": "Paris 1er Arrondissement",
    "11": "Île-de-France",
}


class TestShippedPlaces:
    def test_carry_their_official_accented_names(self) -> None:
        names = {row["code"]: row["name"] for row in seeds.territories()}
        assert {code: names[code] for code in NAMES} == NAMES

    def test_are_80_quarters_20_arrondissements_and_29_communes_below_one_region(self) -> None:
        levels = [row["level"] for row in seeds.territories()]
        assert {level: levels.count(level) for level in TerritoryLevel} == {
            TerritoryLevel.region: 1,
            TerritoryLevel.departement: 4,
            TerritoryLevel.commune: 29,
            TerritoryLevel.arrondissement: 20,
            TerritoryLevel.quarter: 80,
        }

    def test_each_say_where_their_facts_come_from(self) -> None:
        assert all("Licence" in row["source"] or "ODbL" in row["source"] for row in seeds.territories())

    def test_border_only_on_places_shipped(self) -> None:
        codes = {row["code"] for row in seeds.territories()}
        assert all({row["code_a"], row["code_b"]} < codes and row["code_a"] < row["code_b"] for row in seeds.borders())

    def test_what_tests_use_as_a_quarter_is_recordable(self) -> None:
        levels = {row["code"]: row["level"] for row in seeds.territories()}
        assert levels[make.QUARTER] in RECORDABLE


def test_the_kinds_shipped_follow_the_pathway_s_table() -> None:
    day, hour = 86_400, 3_600
    assert {kind["code"]: (kind["rung"], kind["success"], kind["expires_after_s"]) for kind in seeds.kinds()} == {
        "rest_room": (Rung.first_reception, SuccessState.arrived, 48 * hour),
        "consumption_room": (Rung.first_reception, SuccessState.arrived, 48 * hour),
        "harm_reduction_centre": (Rung.first_reception, SuccessState.arrived, 7 * day),
        "emergency_housing": (Rung.emergency_housing, SuccessState.admitted, 72 * hour),
        "reintegration_housing": (Rung.reintegration, SuccessState.admitted, 30 * day),
        "longer_stay_housing": (Rung.longer_stay, SuccessState.admitted, 90 * day),
        "addiction_treatment": (Rung.treatment, SuccessState.admitted, 30 * day),
        "health_care": (Rung.treatment, SuccessState.arrived, 7 * day),
        "social_rights": (Rung.support, SuccessState.arrived, 30 * day),
    }


def test_every_code_of_a_vocabulary_has_a_label_in_both_languages() -> None:
    for enum, name in [
        (TerritoryLevel, "territory_level"),
        (Rung, "rung"),
        (SuccessState, "success_state"),
        (ReportReason, "report_reason"),
        (Weekday, "weekday"),
        (AnnotationKind, "annotation_kind"),
    ]:
        assert list(VOCABULARIES[name]) == list(enum)
        assert all(label.fr and label.en for label in VOCABULARIES[name].values())


def test_the_later_observation_counts_and_ids_break_ties() -> None:
    ids = sorted([make.new_id(), make.new_id()])
    early, late = paris(2026, 3, 2, 20), paris(2026, 3, 2, 21)
    first, second = UUID(ids[0]), UUID(ids[1])
    assert Observation(early, second) < Observation(late, first)
    assert Observation(late, first) < Observation(late, second)
