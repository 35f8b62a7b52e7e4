"""The pages people sign in with, filled with what nobody sends in good faith: nobody is let in, nothing is repeated."""

import json
from collections.abc import AsyncIterator, Callable, Iterator

import httpx
import pytest
from fastapi import FastAPI

from app.http.context import Context
from app.identity.service import SESSION_COOKIE
from app.settings import Settings
from app.signin.openid import CALLBACK
from app.signin.pages import PAGES
from tests import members
from tests.hostile.corpus import BODIES, CANARY, WORDS
from tests.hostile.pages import HEADERS, READ_HEADERS, Desk, Forms, Spot, echo, spots
from tests.people import OURS

_ROUTES = [(method, page.path) for page in PAGES for method in sorted(set(page.methods or ()) - {"HEAD"})]
_FORMS = ("/sign-in", "/invitation", "/sign-out")
_INSIDE = {"/account", "/sign-out"}
"""Pages of somebody who is signed in."""


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with echo() as found:
        yield found


@pytest.fixture(scope="module")
def settings(settings: Settings, issuer: str) -> Settings:
    return settings.model_copy(update={"oidc_issuer": issuer, "oidc_client_id": "maraude"})


@pytest.fixture(scope="module")
async def browser(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A caller of pages, which the API document does not know."""
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as caller:
        yield caller


@pytest.fixture(scope="module")
async def desk(context: Context, issuer: str, browser: httpx.AsyncClient) -> Desk:
    """Somebody who may sign in, and the fields of every form there is."""
    made = Desk(context, issuer)
    await made.open(await members.found(context))
    inside = await made.somebody()
    for path in ("/sign-in", "/invitation", "/account"):
        cookies = {"Cookie": f"{SESSION_COOKIE}={inside.session}"} if path in _INSIDE else {}
        read = Forms()
        read.feed((await browser.get(path, headers=cookies)).text)
        made.forms |= read.found
    return made


async def looked_at(browser: httpx.AsyncClient, desk: Desk, spot: Spot, value: str, **more: str) -> httpx.Response:
    """Send one request; whatever is answered is no crash, no echo, and nobody's session."""
    who = await desk.somebody() if spot.path in _INSIDE else desk.nobody()
    answer = await browser.request(**who.asks(spot, value, desk.forms.get(spot.path, ()), more))
    if spot.path != CALLBACK:
        assert answer.status_code < 500, (spot, value)
    assert answer.status_code in {200, 303, 401, 403, 405, 413, 415, 422, 503}, (spot, value)
    assert CANARY not in answer.text, spot
    assert CANARY not in str(answer.headers), spot
    given = [line for line in answer.headers.get_list("set-cookie") if line.startswith(f"{SESSION_COOKIE}=")]
    assert all(line.startswith(f'{SESSION_COOKIE}="";') for line in given), spot
    return answer


def test_every_form_that_is_taken_is_one_that_is_shown(desk: Desk) -> None:
    assert set(desk.forms) == {path for method, path in _ROUTES if method == "POST"} == set(_FORMS)
    assert desk.forms["/sign-in"] == ["account", "password", "code"]
    assert all(desk.forms.values())


@pytest.mark.parametrize(("method", "path"), _ROUTES)
async def test_what_a_page_reads_is_refused_without_being_repeated(
    browser: httpx.AsyncClient, desk: Desk, method: str, path: str, ours: Callable[[int], Iterator[bool]]
) -> None:
    tried, turn = 0, ours(5)
    for spot in spots(desk.forms):
        if (spot.method, spot.path) == (method, path) and (spot.where != "header" or spot.name in READ_HEADERS):
            for word in WORDS:
                tried += 1
                if next(turn):
                    await looked_at(browser, desk, spot, word)
    assert tried >= 16 * len(WORDS)


@pytest.mark.parametrize(("method", "path"), _ROUTES)
async def test_headers_of_every_kind_are_not_repeated(
    browser: httpx.AsyncClient, desk: Desk, method: str, path: str
) -> None:
    passive = [name for name in HEADERS if name not in READ_HEADERS]
    for word in (CANARY, CANARY * 500, f'{CANARY}="\\é', "\t"):
        spot = Spot(method, path, "header", passive[0])
        answer = await looked_at(browser, desk, spot, word, **dict.fromkeys(passive[1:], word))
        assert answer.status_code != 403


@pytest.mark.parametrize("path", _FORMS)
async def test_bodies_that_are_no_form_are_refused_without_being_repeated(
    browser: httpx.AsyncClient, desk: Desk, path: str
) -> None:
    good = json.dumps({**dict.fromkeys(desk.forms[path], CANARY), "items": [{"id": CANARY}]}).encode()
    for body in BODIES:
        headers = OURS | {"Content-Type": "application/x-www-form-urlencoded"} | body.headers
        answer = await browser.post(path, content=body.made(good), headers=headers)
        assert answer.status_code in {303 if path == "/sign-out" else 401, 413, 415, 422}, body.name
        assert CANARY not in answer.text + str(answer.headers)


@pytest.mark.usefixtures("desk")
async def test_a_page_is_logged_by_its_template(browser: httpx.AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
    for method, path in _ROUTES:
        await browser.request(method, f"{path}?{CANARY}={CANARY}", headers=OURS)
        await browser.request("PUT", path)
    lines = [json.loads(one.getMessage()) for one in caplog.records if one.name == "maraude.request"]
    said = {(line["method"], line["route"]) for line in lines}
    assert said == {*_ROUTES, *(("PUT", path) for _, path in _ROUTES)}


async def test_a_provider_that_repeats_what_it_is_told_lets_nobody_in(browser: httpx.AsyncClient, desk: Desk) -> None:
    spot = Spot("GET", CALLBACK, "query", "code")
    statuses = [(await looked_at(browser, desk, spot, CANARY)).status_code for _ in range(10)]
    assert sorted(set(statuses)) == [401, 503]
    assert statuses.count(401) == 6
