"""What is believed of a facility, what is left there, how near it is."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.capacity.rules import capacity, distance, has_turned, is_stale
from app.capacity.vocabulary import Distance, Obstacle, Openness, Terms, terms_of
from app.clock import uuid7
from app.directory.records import Report
from app.directory.rules import Hours, Place, Tree, is_open
from app.directory.vocabulary import ReportReason, TerritoryLevel, Weekday

_ALWAYS = date(2024, 1, 1)
_TERMS = Terms()


def hours(opens: int, closes: int) -> list[Hours]:
    """The same opening every day, in hours of the clock."""
    return [Hours(weekday, opens * 60, closes * 60, _ALWAYS) for weekday in Weekday]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def said(text: str, *, open_: bool = True, places: int | None = 3, reason: ReportReason | None = None) -> Report:
    return Report(uuid7(at(text)), at(text), open_, places, 0, reason)


EVENING = "2026-03-02T21:00+01:00"


class TestHours:
    @pytest.mark.parametrize(
        ("planned", "since", "turned"),
        [
            (hours(9, 21), "2026-03-02T20:59+01:00", True),
            (hours(9, 21), "2026-03-02T09:00+01:00", True),
            (hours(9, 22), "2026-03-02T09:00+01:00", False),
            (hours(9, 22), "2026-03-02T08:59+01:00", True),
            (hours(18, 30), "2026-03-02T18:00+01:00", False),
            (hours(18, 30), "2026-03-02T05:59+01:00", True),
            (hours(0, 24), "2026-02-28T09:00+01:00", False),
            ([], "2026-02-28T09:00+01:00", False),
        ],
    )
    def test_turn_when_they_open_or_close(self, planned: list[Hours], since: str, turned: bool) -> None:  # noqa: FBT001 - a case
        assert has_turned(planned, at(since), at(EVENING)) is turned

    def test_that_meet_at_midnight_do_not_turn(self) -> None:
        assert not has_turned(hours(0, 24), at("2026-03-28T23:30+01:00"), at("2026-03-29T00:30+01:00"))

    def test_turn_by_the_clock_on_the_wall_on_a_night_of_23_hours(self) -> None:
        planned = hours(20, 26)  # until 02:00, an hour that this night does not have
        before, after = at("2026-03-29T01:59+01:00"), at("2026-03-29T03:00+02:00")
        assert is_open(planned, before)
        assert has_turned(planned, before, after)


class TestReport:
    def test_is_stale_after_its_time(self) -> None:
        assert not is_stale(said("2026-03-02T09:00+01:00"), [], at(EVENING), _TERMS.stale_after)
        assert is_stale(said("2026-03-02T08:59+01:00"), [], at(EVENING), _TERMS.stale_after)

    def test_of_a_closure_ends_with_the_next_planned_opening(self) -> None:
        closed = said("2026-03-02T19:00+01:00", open_=False, places=None, reason=ReportReason.closed_at_time)
        assert is_stale(closed, hours(20, 30), at(EVENING), _TERMS.stale_after)

    @pytest.mark.parametrize("reason", [ReportReason.staff_shortage, ReportReason.service_suspended])
    def test_of_a_lasting_closure_is_believed_through_planned_openings(self, reason: ReportReason) -> None:
        closed = said("2026-03-02T19:00+01:00", open_=False, places=None, reason=reason)
        offer = capacity(True, hours(20, 30), closed, 0, at(EVENING), _TERMS)  # noqa: FBT003 - planned open
        assert (offer.openness, offer.stale, offer.obstacle) == (Openness.closed, False, Obstacle.closed)


class TestPlacesLeft:
    @pytest.mark.parametrize(
        ("by_hours", "report", "live", "expected"),
        [
            (True, said(EVENING), 1, (Openness.open, 2, None)),
            (None, said(EVENING), 0, (Openness.open, 3, None)),
            (False, said(EVENING), 0, (Openness.open, 3, None)),
            (True, said(EVENING), 3, (Openness.open, 0, Obstacle.no_place)),
            (True, said(EVENING, places=1), 3, (Openness.open, 0, Obstacle.no_place)),
            (True, said(EVENING, places=0), 0, (Openness.open, 0, Obstacle.no_place)),
            (True, said(EVENING, places=None), 0, (Openness.open, None, Obstacle.places_not_said)),
            (True, said(EVENING, open_=False), 0, (Openness.closed, None, Obstacle.closed)),
            (True, said("2026-03-02T07:00+01:00"), 0, (Openness.open, None, Obstacle.report_too_old)),
            (None, said("2026-03-02T07:00+01:00"), 0, (Openness.unknown, None, Obstacle.report_too_old)),
            (False, said("2026-03-02T07:00+01:00"), 0, (Openness.closed, None, Obstacle.closed)),
            (True, None, 0, (Openness.open, None, Obstacle.no_report)),
            (None, None, 0, (Openness.unknown, None, Obstacle.no_report)),
        ],
    )
    def test_are_null_unless_somebody_can_know(
        self,
        by_hours: bool | None,  # noqa: FBT001 - a case
        report: Report | None,
        live: int,
        expected: tuple[Openness, int | None, Obstacle | None],
    ) -> None:
        offer = capacity(by_hours, [], report, live, at(EVENING), _TERMS)
        assert (offer.openness, offer.left, offer.obstacle) == expected


class TestDistance:
    tree = Tree(
        [
            Place("75", TerritoryLevel.departement, None),
            Place("93", TerritoryLevel.departement, None),
            *(Place(code, TerritoryLevel.arrondissement, "75") for code in ("75118", "75119")),
            *(Place(f"75118{n:02}", TerritoryLevel.quarter, "75118") for n in (1, 2, 3)),
            Place("7511901", TerritoryLevel.quarter, "75119"),
            Place("93066", TerritoryLevel.commune, "93"),
        ]
    )

    @pytest.mark.parametrize(
        ("here", "there", "expected"),
        [
            ("7511801", "7511801", Distance.same_territory),
            ("75118", "7511801", Distance.same_territory),
            ("7511801", "75118", Distance.same_territory),
            ("7511801", "7511802", Distance.adjacent),
            ("7511801", "93066", Distance.adjacent),
            ("7511801", "75119", Distance.adjacent),
            ("7511801", "7511803", Distance.same_arrondissement),
            ("93066", "7511803", Distance.elsewhere),
        ],
    )
    def test_goes_by_territories(self, here: str, there: str, expected: Distance) -> None:
        touching = {"7511801": {"7511802", "93066", "7511901"}}.get(here, set())
        assert distance(self.tree, touching, here, there) is expected


def test_a_kind_nobody_spoke_of_has_the_default_terms() -> None:
    assert terms_of("something_new") == Terms(timedelta(hours=12), timedelta(minutes=60), timedelta(minutes=120))
