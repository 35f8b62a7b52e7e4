"""Targets as they stood, and what happened around a plan, as a monitor reads them."""

import csv
import io
import json
from datetime import UTC, date, datetime
from uuid import UUID

import httpx
import pyarrow.parquet as pq
import pytest

from app.directory.records import Annotation
from app.directory.upkeep import annotate
from app.directory.vocabulary import AnnotationKind, Label
from app.http.context import Context
from app.identity.vocabulary import Role
from tests import make, members, plans
from tests.clock import NIGHT, SetClock
from tests.contract import document as walk
from tests.make import Json
from tests.members import House

_OF = {"plan": "steering"}
_FIRST = datetime(2020, 1, 20, 9, tzinfo=UTC)
_LATER = datetime(2020, 9, 20, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
async def plan(context: Context, city: None) -> str:  # noqa: ARG001 - territories have names
    """A plan with a target that was lowered, one set by mistake, a series with a gap and four dated events."""
    wrong = plans.entry("target", code="fautive", value=1000.0, on="2020-02-01", **_OF)
    recorded = [
        plans.entry("plan", on="2019-05-27", valid_from="2020-01-01", valid_to="2021-01-01", **_OF),
        plans.entry("target", code="nuits", on="2020-01-01", valid_from="2020-01-01", valid_to="2021-01-01", **_OF),
        wrong,
        plans.entry(
            "series", on="2020-01-01", source={"title": "Données ouvertes", "url": "https://example.org/a"}, **_OF
        ),
        plans.entry("observation", on="2019-12-01", territory="75118", value=0.5, **_OF),
        plans.entry("observation", on="2020-02-01", territory="75118", value=12.0, **_OF),
        plans.entry("observation", on="2020-01-01", territory="7511804", value=-3.0, **_OF),
    ]
    lowered = plans.entry("target", code="nuits", on="2020-09-01", territory="75118", value=70.0, watch=60.0, **_OF)
    await plans.record(context, *recorded, at=_FIRST)
    await plans.record(
        context,
        lowered | {"valid_from": "2020-01-01", "valid_to": "2021-01-01", "direction": "at_most"},
        plans.entry("target", code="fautive", corrects=wrong["id"], on="2020-02-01", **_OF),
        at=_LATER,
    )
    async with context.database.writing() as session:
        for day, territory in (
            (date(2019, 11, 30), None),
            (date(2019, 12, 1), "75118"),
            (date(2020, 12, 31), None),
            (date(2021, 1, 1), None),
        ):
            event = Annotation(
                UUID(make.new_id()), day, territory, AnnotationKind.eviction, Label("Évacuation", "Clearance"), "presse"
            )
            await annotate(session, context.keyring, NIGHT, event)
    return "steering"


@pytest.fixture
async def monitor(context: Context, house: House, clock: SetClock) -> dict[str, str]:
    clock.now = datetime(2020, 10, 1, 9, tzinfo=UTC)
    return {"Authorization": f"Bearer {await members.account_token(context, house, Role.monitor)}"}


async def _get(client: httpx.AsyncClient, monitor: dict[str, str], path: str, **params: str) -> httpx.Response:
    answer = await client.get(f"/v1/plan/{path}", params=_OF | params, headers=monitor)
    assert answer.status_code == 200, answer.text
    return answer


def _targets(answer: Json) -> list[tuple[object, ...]]:
    names = ("code", "value", "first_value", "revisions", "set_on", "first_set_on", "in_force")
    return [tuple(one[name] for name in names) for one in answer["targets"]]


@pytest.mark.usefixtures("plan")
async def test_a_target_that_was_lowered_says_what_it_was_at_first(
    client: httpx.AsyncClient, monitor: dict[str, str]
) -> None:
    answer = (await _get(client, monitor, "targets")).json()
    assert _targets(answer) == [
        ("fautive", 100.0, 100.0, 0, "2020-02-01", "2020-02-01", True),
        ("nuits", 70.0, 100.0, 1, "2020-09-01", "2020-01-01", True),
    ]
    lowered = answer["targets"][1]
    assert lowered["territory_label"] == {"fr": "Paris 18e Arrondissement", "en": "Paris 18e Arrondissement"}
    assert (lowered["direction"], lowered["direction_label"]) == ("at_most", {"fr": "au plus", "en": "at most"})


@pytest.mark.usefixtures("plan")
async def test_targets_of_a_date_and_targets_known_then_are_two_questions(
    client: httpx.AsyncClient, monitor: dict[str, str]
) -> None:
    before = (await _get(client, monitor, "targets", at="2020-08-31")).json()
    assert _targets(before)[1][:4] == ("nuits", 100.0, 100.0, 0)
    unknown = (await _get(client, monitor, "targets", known_at="2020-09-20T08:00:00Z")).json()
    assert [one[:2] for one in _targets(unknown)] == [("fautive", 1000.0), ("nuits", 100.0)]
    ended = (await _get(client, monitor, "targets", at="2021-01-01")).json()
    assert [one[-1] for one in _targets(ended)] == [True, False]
    assert (await _get(client, monitor, "targets", at="2019-12-31")).json()["targets"] == []


@pytest.mark.usefixtures("plan")
async def test_targets_open_in_a_spreadsheet(client: httpx.AsyncClient, monitor: dict[str, str]) -> None:
    answer = await _get(client, monitor, "targets.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(one["code"], one["value"], one["territory"], one["in_force"]) for one in rows] == [
        ("fautive", "100.0", "", "true"),
        ("nuits", "70.0", "75118", "true"),
    ]
    assert rows[0]["source_title"] == "Rapport d'évaluation du plan"


@pytest.mark.usefixtures("plan")
async def test_a_target_says_whether_anything_is_ever_held_against_it(
    client: httpx.AsyncClient, context: Context, monitor: dict[str, str]
) -> None:
    asked = [("patrols_held", "7511803"), ("patrols_hold", None), ("published_referrals", "75118"), ("contacts", None)]
    said = [
        plans.entry("target", plan="judged", code=f"c{n}", indicator=code, territory=place)
        for n, (code, place) in enumerate([*asked, ("published_referrals", "7511803")])
    ]
    await plans.record(context, plans.entry("plan", plan="judged", on="2019-05-27"), *said, at=_FIRST)
    path = "/v1/plan/targets"
    answer = (await client.get(path, params={"plan": "judged"}, headers=monitor)).json()
    reasons = [None, "unknown_indicator", None, "about_people", "territory"]
    assert [(one["judged"], one["reason"]) for one in answer["targets"]] == [(not one, one) for one in reasons]
    table = (await client.get(f"{path}.csv", params={"plan": "judged"}, headers=monitor)).text
    assert table.splitlines()[0].endswith(",source_url,judged,reason,reason_fr,reason_en")
    assert [one["reason"] or None for one in csv.DictReader(io.StringIO(table))] == reasons


@pytest.mark.usefixtures("plan")
async def test_series_say_what_they_are_and_which_months_are_missing(
    client: httpx.AsyncClient, monitor: dict[str, str]
) -> None:
    answer = (await _get(client, monitor, "context")).json()
    (series,) = answer["series"]
    assert (series["unit"], series["publisher"], series["licence"]) == (
        {"fr": "appels", "en": "calls"},
        "Ville",
        "ODbL",
    )
    assert series["source"]["url"] == "https://example.org/a"
    assert [
        (one["territory"], [(month["month"], month["value"], month["reason"]) for month in one["months"]])
        for one in series["territories"]
    ] == [
        (
            "75118",
            [
                ("2019-12-01", 0.5, None),
                ("2020-01-01", None, "not_published"),
                ("2020-02-01", 12.0, None),
            ],
        ),
        ("7511804", [("2020-01-01", -3.0, None)]),
    ]
    assert series["territories"][1]["territory_label"] == {"fr": "La Chapelle", "en": "La Chapelle"}
    assert [one["code"] for one in answer["reasons"]] == ["not_published"]


@pytest.mark.usefixtures("plan")
async def test_events_of_the_days_shown_stand_beside(client: httpx.AsyncClient, monitor: dict[str, str]) -> None:
    answer = (await _get(client, monitor, "context")).json()
    assert (answer["period_from"], answer["period_to"]) == ("2019-12-01", "2021-01-01")
    assert [(one["day"], one["territory"], one["kind"]) for one in answer["annotations"]] == [
        ("2019-12-01", "75118", "eviction"),
        ("2020-12-31", None, "eviction"),
    ]


@pytest.mark.usefixtures("plan")
async def test_the_context_is_a_table_of_months_and_events(client: httpx.AsyncClient, monitor: dict[str, str]) -> None:
    rows = list(csv.DictReader(io.StringIO((await _get(client, monitor, "context.csv")).text)))
    assert [(one["holds"], one["code"], one["territory"], one["day"], one["value"], one["reason"]) for one in rows] == [
        ("month", "appels-115", "75118", "2019-12-01", "0.5", ""),
        ("month", "appels-115", "75118", "2020-01-01", "", "not_published"),
        ("month", "appels-115", "75118", "2020-02-01", "12.0", ""),
        ("month", "appels-115", "7511804", "2020-01-01", "-3.0", ""),
        ("event", "eviction", "75118", "2019-12-01", "", ""),
        ("event", "eviction", "", "2020-12-31", "", ""),
    ]
    assert {one["unit_fr"] for one in rows} == {"appels", ""}
    table = pq.read_table(io.BytesIO((await _get(client, monitor, "context.parquet")).content))
    assert table.column("value").to_pylist() == [0.5, None, 12.0, -3.0, None, None]
    assert table.schema.metadata[b"period_from"] == b"2019-12-01"
    assert json.loads(table.schema.metadata[b"reasons"])[0]["code"] == "not_published"


@pytest.mark.usefixtures("plan")
@pytest.mark.parametrize("path", ["targets", "targets.csv", "targets.parquet", "context", "context.csv"])
async def test_what_the_caller_holds_is_not_sent_again(
    client: httpx.AsyncClient, monitor: dict[str, str], path: str
) -> None:
    first = await _get(client, monitor, path)
    held = monitor | {"If-None-Match": f'"other", {first.headers["ETag"]}'}
    again = await client.get(f"/v1/plan/{path}", params=_OF, headers=held)
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", first.headers["ETag"])


@pytest.mark.usefixtures("plan")
async def test_a_value_entered_since_changes_the_tag(
    client: httpx.AsyncClient, monitor: dict[str, str], context: Context
) -> None:
    """A plan of this test's own, as what it enters stays."""
    of = {"plan": "tagged"}
    await plans.record(context, plans.entry("plan", **of), plans.entry("series", **of))
    first = await client.get("/v1/plan/context", params=of, headers=monitor)
    await plans.record(context, plans.entry("observation", **of))
    held = monitor | {"If-None-Match": first.headers["ETag"]}
    assert (await client.get("/v1/plan/context", params=of, headers=held)).status_code == 200


def test_the_context_takes_no_parameter_but_the_plan() -> None:
    taken = {
        parameter["name"]
        for path, _, operation in walk.operations(walk.frozen())
        if path.startswith("/v1/plan/context")
        for parameter in operation["parameters"]
        if parameter["in"] == "query"
    }
    assert taken == {"plan", "bom", "decimal"}


@pytest.mark.parametrize("path", ["coordination", "targets", "context"])
async def test_without_any_plan_there_is_nothing_to_read(
    client: httpx.AsyncClient, monitor: dict[str, str], path: str
) -> None:
    answer = await client.get(f"/v1/plan/{path}", params={"plan": "none-such"}, headers=monitor)
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
