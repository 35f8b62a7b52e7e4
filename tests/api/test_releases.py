"""Releases: due once, frozen for ever, protected, the same bytes for everybody who may read them."""

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pyarrow.parquet as pq
import pytest
from fastapi import FastAPI
from sqlalchemy import delete, update

from app.audit.service import SERVICE
from app.db.table import table_of
from app.directory.rules import PARIS
from app.encounters.models import Encounter
from app.errors import Problem
from app.http.context import Context
from app.identity.vocabulary import GRANTS, Permission, Role
from app.referrals.models import Referral
from app.releases import rules
from app.releases.definitions import read_period
from app.releases.models import Release as ReleaseRow
from app.releases.models import ReleaseTally
from app.releases.service import Computed, compute, publish_what_is_due
from tests import make, members, planted
from tests.contract import document as walk
from tests.contract.guards import guards
from tests.make import Json
from tests.members import House
from tests.street import notes, rows

JULY = datetime(2026, 7, 8, 14, tzinfo=PARIS)
AUGUST_DUE = datetime(2026, 8, 16, tzinfo=PARIS)
OCTOBER_DUE = datetime(2026, 10, 16, tzinfo=PARIS)
YEAR_DUE = datetime(2027, 1, 16, tzinfo=PARIS)


@pytest.fixture(autouse=True)
async def _nothing_left(context: Context, city: None) -> None:  # noqa: ARG001 - places are those of a city
    """Every test has a database without releases and records of its own."""
    async with context.database.writing() as session:
        for name in ("release_file", "release", "release_tally", "referral", "encounter"):
            await session.execute(delete(_table(name)))


def _table(name: str) -> Any:
    from app.db.catalogue import all_tables

    return all_tables().tables[name]


_MANDATORY = {
    "dcat:Catalog": ("dct:title", "dct:description", "dct:publisher", "dcat:dataset"),
    "dcat:DatasetSeries": ("dct:title", "dct:description"),
    "dcat:Dataset": ("dct:title", "dct:description", "dct:publisher", "dcat:distribution"),
    "dcat:Distribution": ("dcat:accessURL", "dct:format", "dct:license"),
    "foaf:Agent": ("foaf:name",),
    "spdx:Checksum": ("spdx:algorithm", "spdx:checksumValue"),
}
"""What DCAT-AP 3.0 demands, and what it recommends of publisher, datasets, format and licence."""


def _nodes(value: Any) -> Iterator[Json]:
    """Yield every node of a JSON-LD document that says its class; literals say a datatype only."""
    if isinstance(value, dict):
        if "@type" in value and "@value" not in value:
            yield value
        for below in value.values():
            yield from _nodes(below)
    elif isinstance(value, list):
        for below in value:
            yield from _nodes(below)


async def _meet(
    context: Context, house: House, count: int, at: datetime = JULY, **changes: Any
) -> Sequence[planted.Row]:
    made = [
        planted.encounter(house, at + timedelta(minutes=n % 600), rk=(n + 1) * 1_000_003 % 2**32, **changes)
        for n in range(count)
    ]
    await planted.plant(context, Encounter, made)
    return made


async def _freeze(context: Context, code: str, at: datetime) -> Computed:
    period = read_period(code)
    assert period is not None
    return await compute(context, period, at)


async def _monitor(context: Context, house: House) -> dict[str, str]:
    return {"Authorization": f"Bearer {await members.account_token(context, house, Role.monitor)}"}


async def _read(client: httpx.AsyncClient, path: str, headers: dict[str, str]) -> httpx.Response:
    answer = await client.get(f"/v1/{path}", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer


def _cell(document: Json, measure: str, dimension: str = "total", category: str = "all", place: str = "*") -> Json:
    wanted = (measure, dimension, category, place)
    found = [
        cell
        for cell in document["cells"]
        if (cell["measure"], cell["dimension"], cell["category"], cell["place"]) == wanted
    ]
    assert len(found) == 1
    only: Json = found[0]
    return only


async def _document(client: httpx.AsyncClient, context: Context, house: House, code: str) -> Json:
    answer = await _read(client, f"releases/{code}", await _monitor(context, house))
    shown: Json = answer.json()
    return shown


async def test_a_period_is_not_published_before_it_ended_15_days_ago(context: Context, house: House) -> None:
    await _meet(context, house, 40)
    with pytest.raises(Problem, match="published from 2026-08-16"):
        await _freeze(context, "2026-07", AUGUST_DUE - timedelta(seconds=1))
    assert (await _freeze(context, "2026-07", AUGUST_DUE)).new


async def test_a_second_computation_changes_nothing_whatever_happened_to_the_records(
    client: httpx.AsyncClient, context: Context, house: House
) -> None:
    await _meet(context, house, 40)
    first = await _freeze(context, "2026-07", AUGUST_DUE)
    reader = await _monitor(context, house)
    before = (await _read(client, "releases/2026-07", reader)).content
    await _meet(context, house, 100)
    async with context.database.writing() as session:
        await session.execute(update(table_of(Encounter)).values(withdrawn=True))
    again = await _freeze(context, "2026-07", AUGUST_DUE + timedelta(days=40))
    assert (again.new, again.release) == (False, first.release)
    assert (await _read(client, "releases/2026-07", reader)).content == before


async def test_a_published_count_is_the_rules_value_of_the_records_and_their_keys(
    client: httpx.AsyncClient, context: Context, house: House
) -> None:
    made = await _meet(context, house, 137)
    await _meet(context, house, 50, outside_perimeter=True, territory="7510101")
    await _meet(context, house, 50, withdrawn=True)
    await _freeze(context, "2026-07", AUGUST_DUE)
    keys = sum(row["rk"] for row in made) % 2**32
    expected = rules.protect(lambda name: context.keyring.mark("sdc", name), "encounters", 137, keys, 30)
    document = await _document(client, context, house, "2026-07")
    assert _cell(document, "encounters")["value"] == expected
    assert document["method"] == rules.method()


async def test_referrals_are_counted_once_by_the_furthest_stage_they_reached(
    client: httpx.AsyncClient, context: Context, house: House
) -> None:
    reached: dict[str, Json] = {
        "offered": {"requested_at": None},
        "requested": {},
        "accepted": {"accepted_at": JULY},
        "arrived": {"arrived_at": JULY, "accepted_at": JULY},
        "admitted": {"admitted_at": JULY, "arrived_at": JULY},
    }
    made = {
        stage: [planted.referral(house, JULY, rk=1000 * place + n, **facts) for n in range(100 * (place + 1))]
        for place, (stage, facts) in enumerate(reached.items())
    }
    wrong = [planted.referral(house, JULY, state="entered_in_error") for _ in range(60)]
    await planted.plant(context, Referral, [*(row for rows_ in made.values() for row in rows_), *wrong])
    await _freeze(context, "2026-Q3", OCTOBER_DUE)
    document = await _document(client, context, house, "2026-Q3")
    total = _cell(document, "referrals")["value"]
    assert abs(total - 1500) <= 12
    for place, stage in enumerate(reached):
        cell = _cell(document, "referrals", "stage", stage)
        assert abs(cell["value"] - 100 * (place + 1)) <= 12
        assert cell["share"] == round(cell["value"] / total, 3)


async def test_persons_are_first_contacts_by_gender_and_age_band_of_the_year_only(
    client: httpx.AsyncClient, context: Context, house: House
) -> None:
    facts: Json = {"first_contact": "yes", "gender": "woman", "age_band": "40_plus"}
    await _meet(context, house, 200, **facts)
    await _meet(context, house, 200, gender="man")
    for code, due in (("2026-07", AUGUST_DUE), ("2026-Q3", OCTOBER_DUE), ("2026", YEAR_DUE)):
        await _freeze(context, code, due)
    year = await _document(client, context, house, "2026")
    for dimension, category in (("total", "all"), ("gender", "woman"), ("age_band", "40_plus")):
        assert abs(_cell(year, "first_contacts", dimension, category)["value"] - 200) <= 12
    assert _cell(year, "first_contacts", "gender", "man")["value"] is None
    for code in ("2026-07", "2026-Q3"):
        shorter = await _document(client, context, house, code)
        assert {cell["measure"] for cell in shorter["cells"]}.isdisjoint({"first_contacts"})


async def test_late_data_enter_the_next_larger_release_with_their_protected_count(
    client: httpx.AsyncClient, context: Context, house: House
) -> None:
    await _meet(context, house, 100)
    await _meet(context, house, 60, first_received_at=AUGUST_DUE + timedelta(hours=1))
    await _meet(context, house, 50, first_received_at=YEAR_DUE + timedelta(hours=1))
    for code, due in (("2026-07", AUGUST_DUE), ("2026-Q3", OCTOBER_DUE), ("2026", YEAR_DUE)):
        await _freeze(context, code, due)
    month, quarter, year = [await _document(client, context, house, code) for code in ("2026-07", "2026-Q3", "2026")]
    assert abs(_cell(month, "encounters")["value"] - 100) <= 12
    assert abs(_cell(quarter, "encounters")["value"] - 160) <= 12
    assert abs(_cell(quarter, "late_encounters")["value"] - 60) <= 12
    assert _cell(year, "encounters")["value"] == _cell(quarter, "encounters")["value"], (
        "the same records, the same noise"
    )
    assert _cell(year, "late_encounters")["value"] is None


async def test_small_counts_and_those_of_one_patrol_are_null_with_their_reason(
    client: httpx.AsyncClient, context: Context, house: House
) -> None:
    await _meet(context, house, 200, patrol_id=UUID(make.new_id()))
    await planted.plant(context, Referral, [planted.referral(house, JULY) for _ in range(5)])
    await _freeze(context, "2026-Q3", OCTOBER_DUE)
    document = await _document(client, context, house, "2026-Q3")
    alone = _cell(document, "encounters")
    assert (alone["value"], alone["value_missing"]) == (None, "suppressed")
    small = _cell(document, "referrals", "stage", "requested")
    assert (small["value"], small["value_missing"], small["share_missing"]) == (None, "suppressed", "suppressed")
    assert [cell["value"] for cell in document["cells"] if cell["value"] in range(1, 10)] == []


async def test_every_release_of_a_span_has_the_same_cells_whatever_happened(
    client: httpx.AsyncClient, context: Context, house: House
) -> None:
    await _meet(context, house, 90)
    for code in ("2026-07", "2026-06"):
        await _freeze(context, code, AUGUST_DUE)
    shapes = [
        [(cell["scope"], cell["place"], cell["measure"], cell["category"]) for cell in document["cells"]]
        for document in [await _document(client, context, house, code) for code in ("2026-07", "2026-06")]
    ]
    assert shapes[0] == shapes[1]


async def test_months_counted_while_records_were_exact_outlive_their_coarsening(
    client: httpx.AsyncClient, context: Context, house: House
) -> None:
    """What a purge does to old records does not reach a larger release: its months are already counted."""
    await _meet(context, house, 300, datetime(2026, 7, 1, 14, tzinfo=PARIS))
    await publish_what_is_due(context, datetime(2026, 8, 1, 4, tzinfo=PARIS))
    async with context.database.writing() as session:
        monday = {"service_day": datetime(2026, 6, 29, tzinfo=PARIS).date(), "territory": "75118"}
        await session.execute(update(table_of(Encounter)).values(first_received_at=None, slot=None, **monday))
    await _freeze(context, "2026-Q3", OCTOBER_DUE)
    document = await _document(client, context, house, "2026-Q3")
    assert abs(_cell(document, "encounters", place="75118")["value"] - 300) <= 12


async def test_exact_counts_go_when_the_year_is_published(context: Context, house: House) -> None:
    await _meet(context, house, 40)
    await _freeze(context, "2026-Q3", OCTOBER_DUE)
    assert await rows(context, ReleaseTally) != []
    await _freeze(context, "2026", YEAR_DUE)
    assert await rows(context, ReleaseTally) == []


async def test_the_service_publishes_by_itself_what_became_due_and_does_it_once(context: Context, house: House) -> None:
    await _meet(context, house, 40)
    before, at_once, later, october = [
        [one.id for one in await publish_what_is_due(context, now)]
        for now in (AUGUST_DUE - timedelta(days=1), AUGUST_DUE, AUGUST_DUE + timedelta(hours=1), OCTOBER_DUE)
    ]
    assert (before, at_once, later) == (["2026-06", "2026-Q2"], ["2026-07"], [])
    assert october == ["2026-08", "2026-09", "2026-Q3"]


async def test_an_empty_database_publishes_nothing_by_itself(context: Context) -> None:
    assert await publish_what_is_due(context, AUGUST_DUE) == []
    assert await rows(context, ReleaseRow) == []


async def test_publishing_is_remembered_with_the_digest_of_the_bytes(context: Context, house: House) -> None:
    await _meet(context, house, 40)
    done = await _freeze(context, "2026-07", AUGUST_DUE)
    last = (await notes(context, SERVICE, "release.compute"))[-1]
    assert (last["release"], last["sha256"]) == ("2026-07", done.release.digest.hex())


async def test_json_csv_and_parquet_say_the_same_and_carry_their_digest_as_tag(
    client: httpx.AsyncClient, context: Context, house: House
) -> None:
    await _meet(context, house, 140)
    await _freeze(context, "2026-Q3", OCTOBER_DUE)
    reader = await _monitor(context, house)
    parts = {end: await _read(client, f"releases/2026-Q3{end}", reader) for end in ("", ".json", ".csv", ".parquet")}
    for answer in parts.values():
        assert answer.headers["etag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    document = parts[".json"].json()
    assert parts[""].content == parts[".json"].content
    table = list(csv.DictReader(io.StringIO(parts[".csv"].text)))
    columns = pq.read_table(io.BytesIO(parts[".parquet"].content)).to_pylist()
    for cell, line, row in zip(document["cells"], table, columns, strict=True):
        assert {name: "" if value is None else str(value) for name, value in cell.items()}.items() <= line.items()
        assert cell.items() <= row.items()
    accepted = await client.get("/v1/releases/2026-Q3", headers=reader | {"Accept": "text/csv"})
    assert accepted.content == parts[".csv"].content


async def test_a_thousand_fetches_give_one_byte_string(
    client: httpx.AsyncClient, context: Context, house: House
) -> None:
    await _meet(context, house, 140)
    await _freeze(context, "2026-07", AUGUST_DUE)
    readers = [await _monitor(context, await members.found(context)) for _ in range(10)]
    seen = {(await _read(client, "releases/2026-07", readers[n % 10])).content for n in range(1000)}
    assert len(seen) == 1


async def test_who_holds_the_bytes_is_told_so(client: httpx.AsyncClient, context: Context, house: House) -> None:
    await _meet(context, house, 40)
    await _freeze(context, "2026-07", AUGUST_DUE)
    reader = await _monitor(context, house)
    for path in ("releases/2026-07", "releases/2026-07/dictionary", "releases", "catalog"):
        tag = (await _read(client, path, reader)).headers["etag"]
        assert not tag.startswith("W/")
        again = await client.get(f"/v1/{path}", headers=reader | {"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")


async def test_what_checks_an_address_without_its_body_is_told_what_it_holds(
    client: httpx.AsyncClient, context: Context, house: House
) -> None:
    await _meet(context, house, 40)
    await _freeze(context, "2026-07", AUGUST_DUE)
    reader = await _monitor(context, house)
    for name in ("2026-07", "2026-07.csv", "2026-07.parquet"):
        whole = await _read(client, f"releases/{name}", reader)
        told = await client.head(f"/v1/releases/{name}", headers=reader)
        assert (told.status_code, told.content) == (200, b"")
        kept = ("content-length", "content-type", "etag", "cache-control", "content-disposition")
        assert [told.headers.get(one) for one in kept] == [whole.headers.get(one) for one in kept]
        held = {"If-None-Match": told.headers["etag"]}
        assert (await client.head(f"/v1/releases/{name}", headers=reader | held)).status_code == 304
    assert (await client.head("/v1/releases/2031", headers=reader)).status_code == 404
    assert (await client.head("/v1/releases/2026-07")).status_code == 401


async def test_the_dictionary_explains_every_column_and_code_of_the_release(
    client: httpx.AsyncClient, context: Context, house: House
) -> None:
    await _meet(context, house, 40)
    await _freeze(context, "2026-Q3", OCTOBER_DUE)
    reader = await _monitor(context, house)
    words = (await _read(client, "releases/2026-Q3/dictionary", reader)).json()
    table = list(csv.DictReader(io.StringIO((await _read(client, "releases/2026-Q3.csv", reader)).text)))
    assert [column["name"] for column in words["columns"]] == list(table[0])
    known = {(code["column"], code["of"], code["code"]) for code in words["codes"]}
    for row in table:
        for column in ("measure", "dimension", "value_missing", "share_missing"):
            assert not row[column] or (column, None, row[column]) in known
        assert ("category", row["dimension"], row["category"]) in known


async def test_the_catalogue_names_every_file_with_its_checksum(
    client: httpx.AsyncClient, context: Context, house: House
) -> None:
    await _meet(context, house, 40)
    await _freeze(context, "2026-07", AUGUST_DUE)
    reader = await _monitor(context, house)
    catalogue = (await _read(client, "catalog", reader)).json()
    datasets = [one for one in catalogue["dcat:dataset"] if one["@type"] == "dcat:Dataset"]
    assert [one["dct:identifier"] for one in datasets] == ["2026-07"]
    assert datasets[0]["dct:temporal"]["dcat:endDate"]["@value"] == "2026-07-31"
    assert datasets[0]["dct:accessRights"]["@id"].endswith("/access-right/RESTRICTED")  # a token is needed
    for file in datasets[0]["dcat:distribution"]:
        path = file["dcat:downloadURL"]["@id"].removeprefix(f"{context.settings.public_url}/v1/")
        body = (await _read(client, path, reader)).content
        assert file["spdx:checksum"]["spdx:checksumValue"]["@value"] == hashlib.sha256(body).hexdigest()
        assert file["dcat:byteSize"]["@value"] == str(len(body))
        assert file["dct:license"]["@id"] == context.settings.licence_url


async def test_the_list_is_the_same_in_json_csv_and_parquet(
    client: httpx.AsyncClient, context: Context, house: House
) -> None:
    await _meet(context, house, 40)
    done = await _freeze(context, "2026-07", AUGUST_DUE)
    reader = await _monitor(context, house)
    asked = {media: reader | {"Accept": media} for media in ("text/csv", "application/vnd.apache.parquet")}
    shown, table, columns = [await client.get("/v1/releases", headers=said) for said in (reader, *asked.values())]
    [item] = shown.json()["items"]
    assert (item["id"], item["sha256"]) == ("2026-07", done.release.digest.hex())
    [line] = csv.DictReader(io.StringIO(table.text))
    same = ("id", "perimeter", "span", "period_from", "period_to", "code_version", "method", "sha256")
    assert list(line) == list(item)
    assert [line[name] for name in same] == [item[name] for name in same]
    assert datetime.fromisoformat(line["computed_at"]) == datetime.fromisoformat(item["computed_at"])
    [row] = pq.read_table(io.BytesIO(columns.content)).to_pylist()
    assert row["sha256"] == item["sha256"]
    for answer in (shown, table, columns):
        assert answer.headers["etag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'
        assert answer.headers["vary"] == "Accept"


@pytest.mark.parametrize(
    ("accepted", "media"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("application/ld+json", "application/ld+json"),
        ("application/ld+json, application/json;q=0.9, */*;q=0.1", "application/ld+json"),
        ("application/ld+json;q=0.5, application/json", "application/json"),
    ],
)
async def test_the_catalogue_is_called_linked_data_for_who_accepts_it(
    client: httpx.AsyncClient, context: Context, house: House, accepted: str | None, media: str
) -> None:
    reader = await _monitor(context, house)
    answer = await client.get("/v1/catalog", headers=reader | ({"Accept": accepted} if accepted else {}))
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == media
    assert answer.content == (await _read(client, "catalog", reader)).content
    assert answer.headers["vary"] == "Accept"


async def test_a_format_that_is_not_offered_is_refused(
    client: httpx.AsyncClient, context: Context, house: House
) -> None:
    reader = await _monitor(context, house) | {"Accept": "text/turtle"}
    for path in ("releases", "catalog"):
        answer = await client.get(f"/v1/{path}", headers=reader)
        assert (answer.status_code, answer.json()["type"]) == (406, "/problems/not-acceptable")


async def test_the_catalogue_has_what_dcat_ap_demands_of_each_class(
    client: httpx.AsyncClient, context: Context, house: House
) -> None:
    await _meet(context, house, 40)
    await _freeze(context, "2026-07", AUGUST_DUE)
    catalogue = (await _read(client, "catalog", await _monitor(context, house))).json()
    found = list(_nodes(catalogue))
    assert {one["@type"] for one in found} >= set(_MANDATORY)
    for one in found:
        for name in _MANDATORY.get(one["@type"], ()):
            assert one[name], (one["@type"], name)
        prefixes = {name.partition(":")[0] for name in (*one, one["@type"]) if not name.startswith("@")}
        assert prefixes <= catalogue["@context"].keys()
    titled = [one["dct:title"] for one in found if "dct:title" in one]
    assert {word["@language"] for title in titled for word in title} == {"fr", "en"}


async def test_what_was_never_published_is_not_found(client: httpx.AsyncClient, context: Context, house: House) -> None:
    reader = await _monitor(context, house)
    for path, status in (
        ("releases/2026-01", 404),
        ("releases/2026-01/dictionary", 404),
        ("releases/2026-13", 422),
        ("releases/2026-07.xml", 422),
    ):
        assert (await client.get(f"/v1/{path}", headers=reader)).status_code == status


def test_monitor_routes_take_nothing_that_could_choose_days_places_or_records(app: FastAPI) -> None:
    document: Json = json.loads(json.dumps(app.openapi()))
    open_to_monitors = {name for name, permission in guards(app).items() if permission is Permission.release_read}
    assert len(open_to_monitors) == 5
    taken = {
        (operation["operationId"], parameter["in"], parameter["name"])
        for _, _, operation in walk.operations(document)
        if operation["operationId"] in open_to_monitors
        for parameter in operation.get("parameters", ())
    }
    assert {name for _, place, name in taken if place == "query"} == set()
    assert {name for _, place, name in taken if place == "path"} == {"release_id"}
    assert {name for _, place, name in taken if place == "header"} == {"if-none-match"}


def test_monitors_reach_releases_plan_figures_and_what_everybody_reaches() -> None:
    everybody = {Permission.self_read, Permission.reference_read}
    assert GRANTS[Role.monitor] - everybody == {Permission.release_read, Permission.plan_read}
