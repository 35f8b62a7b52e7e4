"""Every hostile value in every field of every kind of item, generated from the API document."""

import copy
import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from jsonschema_rs import Draft202012Validator, Registry

from app.demo.device import Device
from tests import make
from tests.clock import NIGHT
from tests.contract import document as walk
from tests.hostile.corpus import CANARY, PERSONAL, RAW_NUMBERS, VALUES, sent
from tests.hostile.positions import UNKNOWN, operations
from tests.street import ROUTES

_DOCUMENT = "urn:maraude:openapi"
_BODY = ("content", "application/json", "schema")
Path = tuple[str | int, ...]
EITHER_OR = {
    "referral-events": {"referral_id"},
    "stay-exits": {"referral_id"},
    "facility-reports": {"places_free", "waiting"},
}
"""Fields that exclude one which a full item has."""


def full(what: str, facility_id: UUID) -> make.Json:
    """Return an item of a kind with every field filled in."""
    directed = make.referral(facility_id=facility_id, slip=make.code(), previous_referral_id=make.new_id())
    directed |= {"state": "declined", "reason": "other"}
    return {
        "patrols": lambda: make.patrol(revision=1, status="recorded"),
        "encounters": lambda: make.encounter(
            patrol_id=make.new_id(),
            first_contact_this_year="no",
            gender="woman",
            age_band="25_39",
            sleeping="street",
            needs=["rest"],
            supplies=dict.fromkeys(("pipe_kit", "filters", "foil", "condoms", "naloxone", "hygiene_kit"), 1),
            acts=["listening"],
            card=make.code(),
            referrals=[directed],
            revision=1,
            status="recorded",
        ),
        "referrals": lambda: make.lone_referral(**directed | {"id": make.new_id()}),
        "referral-events": lambda: make.event(
            slip=make.code(), state="refused", reason="no_place", recorded_at=NIGHT, channel="phone"
        ),
        "stay-exits": lambda: make.stay_exit(recorded_at=NIGHT, channel="phone", slip=make.code()),
        "facility-reports": lambda: make.report(open=False, reason="no_place"),
    }[what]()


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the path of every value inside an item, the item itself excepted."""
    if path:
        yield path
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from places(inner, (*path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(inner, (*path, index))


def at(item: Any, path: Path) -> Any:
    for step in path:
        item = item[step]
    return item


def changed(what: str, facility_id: UUID) -> Iterator[tuple[Path, make.Json]]:
    """Yield (where, item) for an item with one hostile value, one field too many or one field missing."""
    for path in places(full(what, facility_id)):
        for value in VALUES:
            item = full(what, facility_id)
            at(item, path[:-1])[path[-1]] = copy.deepcopy(value)
            yield path, item
        item = full(what, facility_id)
        del at(item, path[:-1])[path[-1]]
        yield path, item
    whole = full(what, facility_id)
    objects = [(), *(path for path in places(whole) if isinstance(at(whole, path), dict))]
    for path in objects:
        for name in PERSONAL:
            item = full(what, facility_id)
            at(item, path)[name] = CANARY
            yield (*path, name), item


def pointed_at(path: Path) -> set[str]:
    """Return the pointers that may be given for a fault at a path: itself, what holds it, and what it holds."""
    return {"".join(f"/{step}" for step in path[:length]) for length in range(len(path) + 1)}


async def judged(device: Device, what: str, items: list[make.Json]) -> list[make.Json]:
    """Post items in as many batches as they need and return the verdicts."""
    verdicts: list[make.Json] = []
    while items:
        size = min(len(items), 100)
        raw = sent(make.envelope(items[:size]))
        answer = await device.post(f"/v1/{what}", content=raw, headers={"Content-Type": "application/json"})
        assert answer.status_code == 200, answer.text
        assert CANARY not in answer.text
        verdicts += answer.json()["results"]
        items = items[size:]
    return verdicts


@pytest.fixture(scope="module")
def schemas(app: FastAPI) -> dict[str, Draft202012Validator]:
    """For each route, what the API document says of its items."""
    document = app.openapi()
    registry = Registry([(_DOCUMENT, document)])
    found = {}
    for what in ROUTES:
        body = document["paths"][f"/v1/{what}"]["post"]["requestBody"]
        for step in _BODY:
            body = body[step]
        envelope = document["components"]["schemas"][body["$ref"].rpartition("/")[2]]
        item = envelope["properties"]["items"]["items"]["$ref"]
        found[what] = Draft202012Validator({"$ref": _DOCUMENT + item}, registry=registry, validate_formats=True)
    return found


@pytest.mark.parametrize("what", ROUTES)
async def test_what_the_document_forbids_is_rejected_with_a_pointer_and_never_repeated(
    posting: dict[str, Device], rest_room: UUID, schemas: dict[str, Draft202012Validator], what: str
) -> None:
    cases = list(changed(what, rest_room))
    verdicts = await judged(posting[what], what, [item for _, item in cases])
    wrongly_taken = []
    for (path, item), verdict in zip(cases, verdicts, strict=True):
        number = any(sign in json.dumps(item) for sign in RAW_NUMBERS)
        if verdict["outcome"] != "rejected":
            if number or not schemas[what].is_valid(item):
                wrongly_taken.append((path, at(item, path[:-1])))
            continue
        assert verdict["problem"]["errors"], path
        for fault in verdict["problem"]["errors"]:
            whole = pointed_at(path)
            assert fault["pointer"] in whole or any(fault["pointer"].startswith(f"{one}/") for one in whole - {""})
    assert wrongly_taken == []
    assert len(cases) > 40 * len(full(what, rest_room))


def test_every_batch_of_the_document_is_among_them_with_every_field() -> None:
    """A new kind of item, or a new field of one, is missed here until it has its line in `full`."""
    batches = {one.template: one for one in operations(walk.frozen()) if one.is_batch}
    assert batches.keys() == {f"/v1/{what}" for what in ROUTES}
    for what in ROUTES:
        named = {step for path in places(full(what, UUID(int=0))) for step in path if isinstance(step, str)}
        fields = {str(one.path[-1]) for one in batches[f"/v1/{what}"].positions if one.where == "body"}
        fields -= {UNKNOWN, "device_now", "0"}
        assert fields - named <= EITHER_OR.get(what, set()), what


@pytest.mark.parametrize("what", ROUTES)
async def test_a_full_item_is_taken(posting: dict[str, Device], rest_room: UUID, what: str) -> None:
    [verdict] = await judged(posting[what], what, [full(what, rest_room)])
    assert verdict["outcome"] == "created"


@pytest.mark.parametrize("what", ROUTES)
async def test_one_id_for_many_items_is_one_item(posting: dict[str, Device], rest_room: UUID, what: str) -> None:
    items = [full(what, rest_room) for _ in range(50)]
    for item in items:
        item["id"] = items[0]["id"]
    verdicts = await judged(posting[what], what, items)
    assert verdicts[0]["outcome"] == "created"
    assert {verdict["outcome"] for verdict in verdicts[1:]} <= {"conflict", "unchanged", "rejected"}
