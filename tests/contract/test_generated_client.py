"""A client generated from the frozen document works the service from enrolment to funnel: the document is enough."""

import csv
import importlib
import io
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.http.context import Context
from app.identity.vocabulary import Role
from tests import make, members, places
from tests.clock import NIGHT, SetClock
from tests.contract.document import FROZEN
from tests.make import Json

_NAME = "maraude_generated_client"
_CONFIG = """
post_hooks: []  # no formatting: nobody will read it
content_type_overrides:  # which the generator does not know
  application/openmetrics-text: text/plain
  text/csv: application/octet-stream
"""
Modules = Callable[[str], ModuleType]


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Modules]:
    """Generate the client, and import from it as an app would: `modules("models")`."""
    folder: Path = tmp_path_factory.mktemp("client")
    (folder / "config.yaml").write_text(_CONFIG)
    generate = [
        str(Path(sys.executable).with_name("openapi-python-client")), "generate", "--path", str(FROZEN),
        "--meta", "none", "--config", str(folder / "config.yaml"), "--output-path", str(folder / _NAME),
        "--fail-on-warning",
    ]  # fmt: skip
    done = subprocess.run(generate, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    sys.path.insert(0, str(folder))
    yield lambda name: importlib.import_module(f"{_NAME}.{name}" if name else _NAME)
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.partition(".")[0] == _NAME]:
        del sys.modules[name]


class Caller:
    """Somebody with a token, who calls operations of the generated client by tag and name."""

    def __init__(self, modules: Modules, client: httpx.AsyncClient, token: str) -> None:
        self._modules = modules
        self._client = modules("").AuthenticatedClient(base_url=str(client.base_url), token=token)
        inner = httpx.AsyncClient(
            transport=client._transport, base_url=client.base_url, headers={"Authorization": f"Bearer {token}"}
        )
        self._client.set_async_httpx_client(inner)

    async def call(self, operation: str, *path: Any, **arguments: Any) -> Any:
        """Call an operation and return what its 2xx answer was parsed into."""
        answer = await self._modules(f"api.{operation}").asyncio_detailed(*path, client=self._client, **arguments)
        assert answer.status_code == 200, answer.content
        return answer.parsed

    async def file(self, operation: str, *path: Any, **arguments: Any) -> list[dict[str, str]]:
        """Send what the client would send, and return the rows of the CSV: its parsers read JSON only."""
        request = self._modules(f"api.{operation}")._get_kwargs(*path, **arguments)
        answer = await self._client.get_async_httpx_client().request(**request)
        assert answer.status_code == 200, answer.content
        return list(csv.DictReader(io.StringIO(answer.text, newline="")))

    async def post(self, operation: str, envelope: str, *items: Json) -> list[Any]:
        """Post a batch, and return the outcomes."""
        body = getattr(self._modules("models"), envelope).from_dict(make.envelope(items))
        return [result.outcome.value for result in (await self.call(operation, body=body)).results]


async def test_a_night_goes_from_enrolment_to_funnel(
    modules: Modules, client: httpx.AsyncClient, context: Context, clock: SetClock
) -> None:
    await places.seeded(context)
    house = await members.found(context)
    rest_room = await places.opened(context, house)
    phone = Caller(modules, client, (await members.enrolled(client, context, house)).token)
    desk = Caller(modules, client, (await places.desk(client, context, house, rest_room)).token)

    me = await phone.call("identity.read_me")
    assert (me.role.value, me.organisation.id) == ("team_device", house.org_id)
    reference = await phone.call("directory.get_reference")
    assert {kind.code for kind in reference.kinds} >= {"rest_room"}

    await _a_night(modules, phone, desk)

    clock.advance(timedelta(days=3))
    coordinator = Caller(modules, client, await members.account_token(context, house, Role.coordinator))
    period = {"from_": date(2026, 3, 1), "to": date(2026, 4, 1), "horizon_days": 2}
    by_kind = modules("models").GroupBy.KIND
    funnel = await coordinator.call("metrics.get_funnel", **period, group_by=[by_kind])
    assert [(group.key, group.made.n) for group in funnel.groups] == [(["rest_room"], 2)]
    reached = {stage.stage.value: stage.reached.n for stage in funnel.total.stages}
    assert reached == {"offered": 2, "requested": 2, "accepted": 1, "arrived": 1, "admitted": 0}

    await _files(modules, coordinator)


async def _files(modules: Modules, coordinator: Caller) -> None:
    """Ask for a file without a reason and with one: the client's own words for both."""
    asked = {"from_": date(2026, 2, 15), "to": date(2026, 3, 15)}
    why = {"reason": modules("models").ExportReason.EVALUATION, "ticket": "DATA-123"}
    [guarded], [exact] = [
        await coordinator.file("metrics.get_indicator", "encounters.csv", **asked, **said) for said in ({}, why)
    ]
    assert (guarded["n"], exact["n"]) == ("", "2")


async def _a_night(modules: Modules, phone: Caller, desk: Caller) -> None:
    """Post a patrol and two encounters with referrals, twice; confirm one arrival at the desk; pull the feed."""
    slip, silent = make.code(), make.referral()
    referral = make.referral(slip=slip)
    assert await phone.post("patrols.post_patrols", "EnvelopePatrolIn", make.patrol()) == ["created"]
    met = [make.encounter(referrals=[one], needs=["rest"], supplies={"foil": 2}) for one in (referral, silent)]
    for outcome in ("created", "unchanged"):
        assert await phone.post("encounters.post_encounters", "EnvelopeEncounterIn", *met) == [outcome] * 2
    report = make.report(places_free=4)
    assert await desk.post("directory.post_facility_reports", "EnvelopeFacilityReportIn", report) == ["created"]

    shown = modules("models").LookupIn(slip=slip)
    found = (await desk.call("referrals.look_up_referral", body=shown)).items
    assert [(one.id, one.state.value) for one in found] == [(UUID(referral["id"]), "requested")]
    arrived = make.event(slip=slip, occurred_at=NIGHT)
    outcomes = await desk.post("referrals.post_referral_events", "EnvelopeReferralEventIn", arrived)
    assert outcomes == ["created"]
    assert (await desk.call("referrals.list_pending_events")).items == []

    states = {one.id: one.state.value for one in (await phone.call("referrals.list_referrals")).items}
    assert states == {UUID(referral["id"]): "arrived", UUID(silent["id"]): "requested"}
    one = await phone.call("referrals.get_referral", UUID(referral["id"]))
    assert (one.kind, one.allowed, one.cohort_day) == ("rest_room", [], date(2026, 3, 2))
    feed = await phone.call("changes.list_changes")
    assert {one.id for one in feed.referrals} == set(states)
    assert [facility.report.places_free for facility in feed.facilities] == [4]
