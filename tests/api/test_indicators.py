"""The catalogue over HTTP: what every indicator means, and its figures as JSON, CSV and Parquet."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import httpx
import pytest

from app.demo.device import Device
from app.http.context import Context
from app.identity.vocabulary import Role
from app.metrics.indicator import Granularity, Split, Unit
from app.metrics.indicators.catalogue import CATALOGUE
from app.referrals.service import sweep
from app.settings import Settings
from tests import make, members, places
from tests.clock import NIGHT, SetClock
from tests.make import Json
from tests.members import House
from tests.street import notes, store

_MADE = NIGHT - timedelta(hours=1)
_PERIOD = {"from": "2026-02-15", "to": "2026-03-15"}


@dataclass(frozen=True)
class Desk:
    """An association with a phone, and a coordinator who asks forty days later."""

    client: httpx.AsyncClient
    context: Context
    house: House
    phone: Device
    headers: dict[str, str]

    async def ask(self, what: str = "", accept: str | None = None, **parameters: Any) -> httpx.Response:
        asked = _PERIOD | parameters if what else parameters
        headers = self.headers | ({"Accept": accept} if accept is not None else {})
        return await self.client.get(f"/v1/indicators{what}", params=asked, headers=headers)

    async def figures(self, code: str, **parameters: Any) -> list[Json]:
        answer = await self.ask(f"/{code}", **parameters)
        assert answer.status_code == 200, answer.text
        found: list[Json] = answer.json()["figures"]
        return found

    async def values(self, code: str, **parameters: Any) -> list[tuple[str, str | None, float | None]]:
        return [(one["period_from"], one["key"], one["value"]) for one in await self.figures(code, **parameters)]


@pytest.fixture(scope="module")
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"token_lifetime": timedelta(days=1000)})


async def _desk(client: httpx.AsyncClient, context: Context, clock: SetClock) -> Desk:
    clock.now = NIGHT
    house = await members.found(context)
    token = await members.account_token(context, house, Role.coordinator)
    phone = await members.enrolled(client, context, house)
    return Desk(client, context, house, phone, {"Authorization": f"Bearer {token}"})


@pytest.fixture(scope="module")
async def empty(client: httpx.AsyncClient, context: Context, clock: SetClock) -> Desk:
    """A coordinator of an association that recorded nothing."""
    await places.seeded(context)
    return await _desk(client, context, clock)


@pytest.fixture(scope="module")
async def filled(client: httpx.AsyncClient, context: Context, clock: SetClock) -> Desk:
    """A coordinator whose association recorded a little of everything in early March."""
    await places.seeded(context)
    desk = await _desk(client, context, clock)
    room = await places.opened(context, desk.house, opened_on=date(2024, 1, 1))
    tablet = await places.desk(client, context, desk.house, room)
    await _record(desk, tablet, clock)
    clock.now = NIGHT + timedelta(days=40)
    await sweep(context, clock())
    return desk


async def _record(desk: Desk, tablet: Device, clock: SetClock) -> None:
    """Two weeks: four referrals to rest rooms, two of which arrive; a stay; a referral nobody answers in the second."""
    card = make.code()
    asked = [make.referral() for _ in range(3)]
    hotel = make.referral(kind="emergency_housing", accompanied=True)
    await store(desk.phone, "patrols", make.patrol())
    await store(desk.phone, "encounters", make.encounter(card=card, referrals=[*asked, hotel]))
    events = [(asked[0], "arrived"), (asked[1], "arrived"), (asked[2], "refused"), (hotel, "admitted")]
    for referral, state in events:
        why = {"reason": "no_place"} if state == "refused" else {}
        await store(desk.phone, "referral-events", make.event(referral_id=referral["id"], state=state, **why))
    await store(tablet, "facility-reports", make.report())
    clock.advance(timedelta(days=3))
    left = make.stay_exit(referral_id=hotel["id"], occurred_at=clock.now)
    await store(desk.phone, "stay-exits", left)
    clock.advance(timedelta(days=4))
    again = {"occurred_at": clock.now - timedelta(hours=1)}
    await store(desk.phone, "encounters", make.encounter(card=card, **again), make.encounter(people_count=3, **again))
    await store(desk.phone, "referrals", make.lone_referral(territory="7511804", **again))


@pytest.fixture(autouse=True)
def _later(_clock_starts_over: None, clock: SetClock) -> None:
    clock.now = NIGHT + timedelta(days=40)


class TestTheCatalogue:
    async def test_holds_every_indicator_with_its_meaning(self, empty: Desk) -> None:
        shown = (await empty.ask()).json()["items"]
        assert [one["code"] for one in shown] == list(CATALOGUE)
        acceptance = next(one for one in shown if one["code"] == "provider_acceptance")
        assert (acceptance["room"], acceptance["unit"], acceptance["version"]) == ("funnel", "ratio", 2)
        assert acceptance["denominator"]["en"] == "those acceptances + refusals by the provider"
        assert (acceptance["by_kind"], acceptance["splits"]) == (True, ["territory", "kind", "team"])

    async def test_is_sent_again_only_when_it_changed(self, empty: Desk) -> None:
        first = await empty.ask()
        tag = first.headers["etag"]
        again = await empty.client.get("/v1/indicators", headers=empty.headers | {"If-None-Match": f'"old", W/{tag}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        other = await empty.client.get("/v1/indicators", headers=empty.headers | {"If-None-Match": '"old"'})
        assert (other.status_code, other.content) == (200, first.content)

    @pytest.mark.parametrize("role", [Role.monitor, Role.administrator])
    async def test_is_for_everybody_who_has_a_token_and_its_figures_are_not(self, empty: Desk, role: Role) -> None:
        token = await members.account_token(empty.context, empty.house, role)
        headers = {"Authorization": f"Bearer {token}"}
        assert (await empty.client.get("/v1/indicators", headers=headers)).status_code == 200
        refused = await empty.client.get("/v1/indicators/success_worst_case", params=_PERIOD, headers=headers)
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/forbidden")


def _unsound(figures: Sequence[Json]) -> list[Json]:
    """Return the figures without a value that do not say why, and those with a value that say why not."""
    return [one for one in figures if (one["value"] is None) != bool(one["reason"])]


_PERIODS = {
    Granularity.day: 28, Granularity.week: 5, Granularity.month: 2, Granularity.quarter: 1, Granularity.year: 1,
}  # fmt: skip
"""How many of each lie in the month asked about, the shortest first."""


@pytest.mark.parametrize("code", CATALOGUE)
class TestEveryIndicator:
    async def test_is_never_made_up_where_nothing_was_recorded(self, empty: Desk, code: str) -> None:
        """A ratio has no value over nothing, and counts are 0 but for the days of a team that keeps silent."""
        figures = await empty.figures(code)
        assert (len(figures), _unsound(figures)) == (1, [])
        if CATALOGUE[code].indicator.unit is Unit.ratio:
            assert figures[0]["value"] is None or figures[0]["denominator"] > 0
        assert figures[0]["n"] == 0 or code == "silent_days"

    async def test_has_a_figure_for_each_period_of_a_series(self, filled: Desk, code: str) -> None:
        offered = [one for one in _PERIODS if one in CATALOGUE[code].indicator.granularities]
        for length in {*offered[:1], *offered[-1:]}:  # the shortest and the longest
            figures = await filled.figures(code, granularity=length.value)
            assert (len(figures), _unsound(figures)) == (_PERIODS[length], [])
            assert [one["period_from"] for one in figures] == sorted({one["period_from"] for one in figures})

    async def test_has_figures_for_the_groups_it_offers(self, filled: Desk, code: str) -> None:
        for split in CATALOGUE[code].indicator.splits:
            figures = await filled.figures(code, split=split.value)
            assert _unsound(figures) == []
            keys = [one["key"] for one in figures]
            assert keys == sorted(set(keys))

    async def test_refuses_what_makes_no_sense_for_it(self, filled: Desk, code: str) -> None:
        indicator = CATALOGUE[code].indicator
        refused = [("granularity", one.value) for one in Granularity if one not in indicator.granularities]
        refused += [("split", one.value) for one in Split if one not in indicator.splits]
        refused += [("kind", "rest_room")] if Split.kind not in indicator.splits else []
        for name, value in refused:
            answer = await filled.ask(f"/{code}", **{name: value})
            assert answer.status_code == 422
            assert [fault["pointer"] for fault in answer.json()["errors"]] == [f"?{name}"]

    async def test_has_the_same_figures_in_every_format(self, filled: Desk, code: str) -> None:
        import pyarrow.parquet as pq

        shown = (await filled.ask(f"/{code}")).json()
        rows = list(csv.DictReader(io.StringIO((await filled.ask(f"/{code}.csv", reason="audit")).text, newline="")))
        table = pq.read_table(io.BytesIO((await filled.ask(f"/{code}.parquet", reason="audit")).content))
        values = [one["value"] for one in shown["figures"]]
        assert [float(row["value"]) if row["value"] else None for row in rows] == values
        assert table.column("value").to_pylist() == values
        assert table.schema.metadata[b"definition"].decode() == code
        assert table.schema.metadata[b"definition_version"].decode() == str(shown["definition_version"])
        assert {row["unit"] for row in rows} == {table.schema.metadata[b"unit"].decode()} == {shown["unit"]}


class TestAFigure:
    async def test_carries_all_there_is_to_know_of_it(self, filled: Desk) -> None:
        shown = (await filled.ask("/success_worst_case")).json()
        terms = {name: shown[name] for name in ("definition", "definition_version", "unit", "kind", "split")}
        assert terms == {
            "definition": "success_worst_case", "definition_version": 2, "unit": "ratio", "kind": None, "split": None,
        }  # fmt: skip
        assert datetime.fromisoformat(shown["as_of"]) == NIGHT + timedelta(days=40)
        assert shown["figures"] == [
            {
                "period_from": "2026-02-15", "period_to": "2026-03-15", "key": None, "label": None,
                "value": 0.6, "n": 3, "denominator": 5.0, "small": True,
                "unknown": 1, "base": 5, "unknown_share": 0.2, "late": 0,
                "low": None, "high": None, "reason": None,
            }
        ]  # fmt: skip

    async def test_of_a_week_counts_the_referrals_of_that_week(self, filled: Desk) -> None:
        assert await filled.values("referrals_offered", granularity="week") == [
            ("2026-02-15", None, 0), ("2026-02-16", None, 0), ("2026-02-23", None, 0),
            ("2026-03-02", None, 4), ("2026-03-09", None, 1),
        ]  # fmt: skip

    async def test_of_a_series_by_group_counts_each_group_in_each_period(self, filled: Desk) -> None:
        long = {"from": "2025-11-15", "to": "2026-04-01", "split": "kind"}
        by_month = [("2026-03-01", "emergency_housing", 1), ("2026-03-01", "rest_room", 4)]
        assert await filled.values("referrals_offered", granularity="month", **long) == by_month
        by_quarter = [("2026-01-01", "emergency_housing", 1), ("2026-01-01", "rest_room", 4)]
        assert await filled.values("referrals_offered", granularity="quarter", **long) == by_quarter
        by_week = [
            ("2026-03-02", "emergency_housing", 1),
            ("2026-03-02", "rest_room", 3),
            ("2026-03-09", "rest_room", 1),
        ]
        assert await filled.values("referrals_offered", granularity="week", **long) == by_week
        assert await filled.values("referrals_offered", granularity="day", **long) == by_week
        assert await filled.values("referrals_admitted", granularity="year", **long) == [
            ("2026-01-01", "emergency_housing", 1), ("2026-01-01", "rest_room", 0),
        ]  # fmt: skip

    async def test_of_a_group_counts_that_group(self, filled: Desk) -> None:
        assert await filled.values("referrals_offered", split="kind") == [
            ("2026-02-15", "emergency_housing", 1), ("2026-02-15", "rest_room", 4),
        ]  # fmt: skip
        assert await filled.values("success_known_outcome", split="territory") == [
            ("2026-02-15", "7511803", 0.75), ("2026-02-15", "7511804", None),
        ]  # fmt: skip
        assert await filled.values("provider_acceptance", kind="rest_room") == [("2026-02-15", None, 2 / 3)]

    async def test_of_a_team_bears_its_name(self, filled: Desk) -> None:
        figures = await filled.figures("referrals_admitted", split="team")
        assert [(one["key"], one["label"]["fr"], one["value"]) for one in figures] == [
            (str(filled.house.team_id), "Maraude", 1)
        ]

    async def test_is_null_while_nobody_of_the_cohort_has_been_followed(self, filled: Desk, clock: SetClock) -> None:
        clock.now = NIGHT + timedelta(days=8)
        for code in ("success_worst_case", "referrals_arrived"):
            figure = (await filled.figures(code))[0]
            assert (figure["value"], figure["reason"]) == (
                None, "no referral of the period has been followed for 30 days yet",
            )  # fmt: skip
        assert (await filled.figures("referrals_offered"))[0]["value"] == 5

    async def test_agrees_with_the_funnel_of_its_period(self, filled: Desk) -> None:
        for since, until in (("2026-02-15", "2026-03-15"), ("2026-03-02", "2026-03-09"), ("2026-03-09", "2026-03-15")):
            asked: dict[str, Any] = {"from": since, "to": until, "horizon_days": 30}
            funnel = await filled.client.get("/v1/metrics/funnel", params=asked, headers=filled.headers)
            total = funnel.json()["total"]
            reached = {stage["stage"]: stage["reached"]["n"] for stage in total["stages"]}
            for stage in ("requested", "accepted", "arrived", "admitted"):
                figures = await filled.figures(f"referrals_{stage}", **{"from": since, "to": until})
                assert figures[0]["value"] == reached[stage]

    async def test_of_another_organisation_is_not_there(self, filled: Desk, empty: Desk) -> None:
        assert (await filled.figures("referrals_offered"))[0]["value"] == 5
        assert (await empty.figures("referrals_offered"))[0]["value"] == 0
        assert await empty.figures("referrals_offered", split="team") == []


class TestAFormat:
    async def test_is_that_of_the_suffix_or_else_the_one_accepted(self, filled: Desk) -> None:
        for what, accept, media in (
            ("", None, "application/json"),
            ("", "text/csv", "text/csv"),
            ("", "text/csv;q=0.1, application/vnd.apache.parquet", "application/vnd.apache.parquet"),
            (".json", "text/csv", "application/json"),
            (".csv", "application/json", "text/csv"),
            (".parquet", "text/html", "application/vnd.apache.parquet"),
        ):
            answer = await filled.ask(f"/success_worst_case{what}", accept)
            assert answer.headers["content-type"].split(";")[0] == media

    async def test_nobody_offers_is_not_acceptable(self, filled: Desk) -> None:
        answer = await filled.ask("/success_worst_case", "application/pdf")
        assert (answer.status_code, answer.json()["type"]) == (406, "/problems/not-acceptable")
        assert (await filled.ask("/success_worst_case.pdf")).status_code == 422

    async def test_for_a_french_spreadsheet_opens_cleanly(self, filled: Desk) -> None:
        answer = await filled.ask("/success_worst_case.csv", bom="true", decimal="comma", split="kind", reason="audit")
        assert answer.content.startswith(b"\xef\xbb\xbfindicator;version;unit;")
        assert "maraude-success_worst_case-2026-02-15-2026-03-15.csv" in answer.headers["content-disposition"]
        rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""), delimiter=";"))
        assert [(row["key"], row["value"], row["n"], row["small"]) for row in rows] == [
            ("emergency_housing", "1,0", "1", "true"), ("rest_room", "0,5", "2", "true"),
        ]  # fmt: skip
        assert [row["reason"] for row in rows] == ["", ""]
        assert int(answer.headers["content-length"]) == len(answer.content)


class TestAQuestion:
    async def test_about_an_unknown_indicator_is_not_found(self, empty: Desk) -> None:
        for code in ("happiness", "happiness.csv"):
            answer = await empty.ask(f"/{code}")
            assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")

    @pytest.mark.parametrize(
        ("parameters", "pointer"),
        [
            ({"to": "2026-02-15"}, "?to"),
            ({"granularity": "hour"}, "?granularity"),
            ({"from": "2024-01-01", "granularity": "day"}, "?granularity"),
            ({"split": "gender"}, "?split"),
            ({"bom": "1"}, "?bom"),
            ({"decimal": ","}, "?decimal"),
        ],
    )
    async def test_that_cannot_be_answered_is_invalid(self, empty: Desk, parameters: Json, pointer: str) -> None:
        answer = await empty.ask("/referrals_offered", **parameters)
        assert answer.status_code == 422
        assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]

    async def test_about_the_end_of_time_is_answered(self, empty: Desk) -> None:
        asked = {"from": "9999-11-20", "to": "9999-12-31", "granularity": "month"}
        assert await empty.values("referrals_offered", **asked) == [("9999-11-20", None, 0)]

    async def test_is_written_down_once_with_what_was_asked(self, empty: Desk) -> None:
        before = len(await notes(empty.context, empty.house.org_id, "metrics.indicators"))
        await empty.ask(
            "/success_worst_case.csv", territory="75118", kind="rest_room", granularity="month", split="kind"
        )
        await empty.ask("/happiness")
        await empty.ask("/success_worst_case", "application/pdf")
        written = (await notes(empty.context, empty.house.org_id, "metrics.indicators"))[before:]
        assert written == [
            {
                "from": "2026-02-15", "to": "2026-03-15", "territory": "75118", "kind": "rest_room",
                "code": "success_worst_case", "granularity": "month", "split": "kind", "format": "csv",
            }
        ]  # fmt: skip
