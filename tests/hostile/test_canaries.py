"""A thousand things that name somebody go wherever a caller may put something; afterwards they are nowhere.

Every route of the document gets them as every role, in every path, query, header and field of a body, over the wire.
So do the pages that people sign in with, and their forms. Then every byte the service could have left is searched:
database, write-ahead log, backup, audit, log, answers, others.
"""

import asyncio
import itertools
import os
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from app import codes
from app.clock import utc_now
from app.identity.vocabulary import GRANTS, Permission, Role
from app.signin.openid import CALLBACK
from tests import make, places, plans, postgres
from tests.contract import document as walk
from tests.contract.callers import CALLERS, NOBODY, Organisation, headers, organisation
from tests.effort import shared
from tests.hostile.canaries import Canary, phone_digits, thousand
from tests.hostile.finding import Finder
from tests.hostile.pages import HEADERS, READ_HEADERS, Browser, Desk, Forms, Spot, echo, spots
from tests.hostile.positions import PASSIVE_HEADERS, Operation, Position, Request, operations
from tests.hostile.serving import Serving, serving

CANARIES = thousand()
FINDER = Finder(CANARIES)
OPERATIONS = operations(walk.frozen())
ROUNDS = int(os.environ.get("CANARY_ROUNDS", "1"))
AN_ITEMS_FIELD = len(CANARIES) if ROUNDS > 1 else 25
"""So many canaries go into each field of an item; the next field gets the next."""
PAGE_ROUNDS = 2 * ROUNDS if ROUNDS > 1 else 1
"""So many canaries go into each place of a page, as somebody and as nobody."""
AT_ONCE = 8
BATCH = 250


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    cluster: postgres.Cluster | None = None
    if request.param == "postgresql":
        cluster = request.getfixturevalue("own_cluster")
    folder: Path = tmp_path_factory.mktemp("served")
    with echo() as issuer, serving(folder, cluster, issuer) as running:
        yield running


@pytest.fixture(scope="module")
async def callers(served: Serving) -> Organisation:
    await places.seeded(served.context)
    await plans.record(served.context, *plans.base())
    async with httpx.AsyncClient(base_url=served.service.url, timeout=30) as client:
        return await organisation(client, served.context)


def asked_of(served: Serving) -> Sequence[Operation]:
    """Return the routes that are tried on a database: all of them, or every other one on each in the short form."""
    return shared(OPERATIONS, sqlite=served.cluster is None, at_length=ROUNDS > 1)


@dataclass
class Campaign:
    """Sends, keeps every answer, and counts what was sent where."""

    client: httpx.AsyncClient
    served: Serving
    tokens: dict[str, str]
    next_ones: Iterator[Canary] = field(default_factory=lambda: itertools.cycle(CANARIES))
    tried: set[str] = field(default_factory=set)
    pushed: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    reached: set[tuple[str, Position, str]] = field(default_factory=set)
    pages_reached: set[tuple[Spot, bool]] = field(default_factory=set)
    forms: dict[str, list[str]] = field(default_factory=dict)

    def canary(self, where: str) -> Canary:
        """Return the next one, which is about to be sent."""
        canary = next(self.next_ones)
        self.tried.add(canary.text)
        self.pushed[where] += 1
        return canary

    async def send(self, request: Request, caller: str) -> httpx.Response:
        """Send one request as somebody, with canaries in all headers that callers send of their own accord."""
        for header in PASSIVE_HEADERS:
            request.put(Position("header", (header,)), self.canary("header").text)
        if caller != NOBODY and "Authorization" not in request.headers:
            request.headers |= headers(self.tokens[caller])
        answer = await self._answered(request.sent())
        self.statuses[answer.status_code] += 1
        return answer

    async def _answered(self, asked: dict[str, Any]) -> httpx.Response:
        answer = await self.client.request(**asked)
        with self.served.answers.open("ab") as kept:
            kept.write(str(answer.headers.raw).encode() + answer.content + b"\n")
        return answer

    async def try_position(self, operation: Operation, position: Position, caller: str) -> None:
        """Put a canary in one place of a request that is good but for it."""
        request = operation.request()
        canary = self.canary(position.where)
        request.put(position, next(_SHAPES)(canary) if position.where == "body" else canary.text)
        self.reached.add((operation.name, position, caller))
        await self.send(request, caller)

    async def try_page(self, spot: Spot, browser: Browser, fields: Sequence[str]) -> None:
        """Put a canary in one place of a page's request, and in all headers that no page reads."""
        passive = {name: self.canary("header").text for name in HEADERS if name not in READ_HEADERS}
        self.pages_reached.add((spot, browser.session is not None))
        answer = await self._answered(browser.asks(spot, self.canary(spot.where).text, fields, passive))
        assert answer.status_code < 500 or spot.path == CALLBACK, spot  # which says that the provider makes no sense

    async def fill_batches(self, operation: Operation, caller: str) -> None:
        """Put canaries in every field of an item, many items a request."""
        inside = [one.path for one in operation.positions if one.where == "body" and one.path[:2] == ("items", 0)]
        items: list[Any] = []
        for path in inside:
            for _ in range(AN_ITEMS_FIELD):
                request = operation.request()
                request.put(Position("body", path), self.canary("body").text)
                items.append(request.body["items"][0])
        for start in range(0, len(items), BATCH):
            request = operation.request()
            request.body["items"] = items[start : start + BATCH]
            answer = await self.send(request, caller)
            assert answer.status_code == 200, answer.text

    @property
    def printed(self) -> str:
        """Return the figures of the campaign."""
        return f"{len(self.tried)} canaries tried {self.pushed.total()} times in {self.statuses.total()} requests"


_SHAPES: Iterator[Callable[[Canary], Any]] = itertools.cycle(
    [
        lambda canary: canary.text,
        lambda canary: canary.number or canary.text,
        lambda canary: [canary.text],
        lambda canary: {canary.text: canary.text},
    ]
)


@pytest.fixture(scope="module")
async def campaign(
    served: Serving, callers: Organisation, permissions: dict[str, Permission | None]
) -> AsyncIterator[Campaign]:
    """All of it, once for each database."""
    limits = httpx.Limits(max_connections=AT_ONCE)
    async with httpx.AsyncClient(base_url=served.service.url, timeout=60, limits=limits) as client:
        made = Campaign(client, served, callers.tokens)
        everything = (
            made.try_position(operation, position, caller)
            for _ in range(ROUNDS)
            for operation in asked_of(served)
            for place, position in enumerate(operation.positions)
            for caller in _askers(operation, permissions, place)
        )
        await asyncio.gather(*(_one_after_another(everything) for _ in range(AT_ONCE)))
        for operation in OPERATIONS:
            if operation.is_batch:
                role = next(role for role in Role if permissions[operation.name] in GRANTS[role])
                await made.fill_batches(operation, role.value)
        await _carry_phones_as_cards(made)
        await _visit_pages(made, callers)
        yield made


def _askers(operation: Operation, permissions: Mapping[str, Permission | None], place: int) -> Sequence[str]:
    """Return who sends: everybody in the long form; in the short one who may, and now and then nobody in particular."""
    wanted = permissions[operation.name]
    if ROUNDS > 1 or wanted is None:
        return CALLERS
    return [NOBODY if place % 3 == 0 else next(role.value for role in Role if wanted in GRANTS[role])]


async def _one_after_another(work: Iterator[Any]) -> None:
    for one in work:
        await one


async def _carry_phones_as_cards(campaign: Campaign) -> None:
    """The worst that a slip or card can carry: ten digits and a right check character are a phone number."""
    digits = [found for found in map(phone_digits, CANARIES) if found]
    carried = [number + codes.check_character(number) for number in digits]
    met = [
        make.encounter(occurred_at=utc_now(), card=card, referrals=[make.referral(slip=slip)])
        for card, slip in zip(carried, reversed(carried), strict=True)
    ]
    request = Request("POST", "/v1/encounters", body=make.envelope(met, utc_now()))
    answer = await campaign.send(request, Role.team_device.value)
    assert {verdict["outcome"] for verdict in answer.json()["results"]} == {"created"}
    for code in carried:
        for name in ("card", "slip"):
            asked = Request("POST", "/v1/referrals/lookup", body={name: code})
            assert (await campaign.send(asked, Role.team_device.value)).status_code in {200, 404, 429}


async def _visit_pages(campaign: Campaign, callers: Organisation) -> None:
    """Go through the pages with and without a session; what the provider is told it repeats."""
    desk = Desk(campaign.served.context, campaign.served.issuer)
    await desk.open(callers.house)
    for path in ("/sign-in", "/invitation"):
        await _read_forms(campaign, desk, path, desk.nobody())
    await _read_forms(campaign, desk, "/account", await desk.somebody())
    for _ in range(PAGE_ROUNDS):
        for spot in _visited(campaign.served, desk.forms):
            for browser in (desk.nobody(), await desk.somebody()):
                await campaign.try_page(spot, browser, desk.forms.get(spot.path, ()))
    campaign.forms = desk.forms


def _visited(served: Serving, forms: Mapping[str, list[str]]) -> Sequence[Spot]:
    """Return the places of pages that are tried on a database, as `asked_of` does of routes."""
    return shared(spots(forms), sqlite=served.cluster is None, at_length=ROUNDS > 1)


async def _read_forms(campaign: Campaign, desk: Desk, path: str, browser: Browser) -> None:
    asked = browser.asks(Spot("GET", path, "query", "none"), "")
    read = Forms()
    read.feed((await campaign.client.request(**asked)).text)
    desk.forms |= read.found


async def test_nobody_is_found_anywhere(campaign: Campaign, served: Serving) -> None:
    found = {place: FINDER.find(look()) for place, look in served.places().items()}
    searched = {place: len(look()) for place, look in served.places().items()}
    print(f"\n{campaign.printed}, answered {dict(campaign.statuses)}; searched (bytes) {searched}")  # noqa: T201 - the figures
    print(f"found: {sum(map(len, found.values()))}")  # noqa: T201 - the figures
    assert found == {place: set() for place in found}
    assert all(searched[place] > 0 for place in searched if place != "temporary files")


async def test_every_canary_was_tried_and_every_place_of_every_route(
    campaign: Campaign, served: Serving, permissions: dict[str, Permission | None]
) -> None:
    assert len(campaign.tried) == len(CANARIES) == 1000
    wanted = {
        (one.name, position, who)
        for one in asked_of(served)
        for place, position in enumerate(one.positions)
        for who in _askers(one, permissions, place)
    }
    assert campaign.reached == wanted
    assert set(campaign.forms) == {"/sign-in", "/invitation", "/sign-out"}
    assert campaign.pages_reached == {
        (spot, inside) for spot in _visited(served, campaign.forms) for inside in (False, True)
    }
    assert not {status for status in campaign.statuses if status >= 500}
    assert campaign.statuses[200] > len(asked_of(served))


async def test_the_search_finds_one_that_was_planted_on_purpose_in_each_place(
    campaign: Campaign, served: Serving, callers: Organisation
) -> None:
    """Planted one by one where the campaign was: exactly the places where it then is are told."""
    assert campaign.tried
    with served.log.open("ab") as log:
        log.write(CANARIES[0].text.encode())
    with served.answers.open("ab") as answers:
        answers.write(CANARIES[1].text.encode("utf-16"))
    (served.temporary / "planted").write_text(CANARIES[2].text)
    (served.settings.keys_dir / "planted").write_bytes(CANARIES[3].text.encode().hex().encode())
    served.query(
        "INSERT INTO audit_entry (org_id, number, at, actor, action, detail, mac) "
        "SELECT org_id, number + 1, at, org_id, 'planted', ?, mac FROM audit_entry "
        "WHERE org_id = ? ORDER BY number DESC LIMIT 1",
        f'{{"planted": "{CANARIES[4].text}"}}',
        callers.house.org_id if served.cluster else callers.house.org_id.bytes,
    )
    told = {place: {found.text for found in FINDER.find(look())} for place, look in served.places().items()}
    assert told["log"] == {CANARIES[0].text}
    assert told["answers"] == {CANARIES[1].text}
    assert told["temporary files"] == {CANARIES[2].text}
    assert told["keys and anchors"] == {CANARIES[3].text}
    for place in ("audit", "database", "write-ahead log", "backup"):
        if place == "database" and served.cluster is None:
            continue  # SQLite keeps it in the write-ahead log until a checkpoint
        assert told[place] == {CANARIES[4].text}, place
    if served.cluster is None:
        served.query("PRAGMA wal_checkpoint(PASSIVE)")
        assert {found.text for found in FINDER.find(served.database.read_bytes())} == {CANARIES[4].text}
        return
    with pytest.raises(Exception, match="invalid input syntax"):
        served.query(f"SELECT CAST('{CANARIES[5].text}' AS uuid)")
    (served.cluster.folder / "data" / "planted").write_text(CANARIES[6].text)
    assert {found.text for found in FINDER.find(served.places()["server's log"]())} == {CANARIES[5].text}
    assert {found.text for found in FINDER.find(served.places()["server's own files"]())} == {CANARIES[6].text}
    (served.cluster.folder / "data" / "planted").unlink()
