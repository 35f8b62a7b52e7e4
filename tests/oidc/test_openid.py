"""People sign in with a real, certified OpenID provider; whatever is not what it said for this browser is refused."""

import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import orjson
import pytest
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import RSAKey

from app.clock import utc_now
from app.http.context import Context
from app.identity.vocabulary import Role
from app.main import create_app
from app.settings import Settings
from app.signin import service
from app.signin.openid import CALLBACK, Journey, OpenId, open_journey, seal_journey
from tests import members
from tests.clock import SetClock
from tests.lacking import go_without
from tests.oidc.running import NoNodeError, Provider
from tests.people import SESSION, Browser, cookies_of
from tests.street import notes

_SECRET = "a secret that only the two of us know"
_JOURNEY = "__Host-maraude-journey"
_OURS = "http://127.0.0.1:8000"
_KEY = RSAKey.generate_key(2048, {"kid": "the-providers", "use": "sig", "alg": "RS256"})
_FOREIGN = RSAKey.generate_key(2048, {"kid": "the-providers", "use": "sig", "alg": "RS256"})


def _client(name: str) -> dict[str, Any]:
    return {"client_id": name, "client_secret": _SECRET, "redirect_uris": [_OURS + CALLBACK]}


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    try:
        made = Provider({"keys": [_KEY.as_dict(private=True)]}, [_client("maraude"), _client("another")])
    except NoNodeError as error:
        go_without(str(error))
    yield made
    made.stop()


@pytest.fixture(scope="module")
def settings(settings: Settings, provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    secret: Path = tmp_path_factory.mktemp("secret") / "client"
    secret.write_text(_SECRET + "\n")
    return settings.model_copy(update={"oidc_issuer": provider.issuer, "oidc_client_secret_file": secret})


@pytest.fixture(autouse=True)
def _now(clock: SetClock) -> None:
    clock.now = utc_now()  # the provider lives in the present


class Swapping(httpx.AsyncBaseTransport):
    """The way to the provider; `token` is put in the place of the id token it gives, `away` cuts it."""

    def __init__(self) -> None:
        self.inner = httpx.AsyncHTTPTransport()
        self.token: str | None = None
        self.away = False
        self.seen = ""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.away:
            raise httpx.ConnectError("away")
        answer = await self.inner.handle_async_request(request)
        if not request.url.path.endswith("/token"):
            return answer
        found = orjson.loads(await answer.aread())
        self.seen = found.get("id_token", "")
        if self.token is not None and "id_token" in found:
            found["id_token"] = self.token
        return httpx.Response(answer.status_code, json=found)


@dataclass
class Way:
    """A browser on its way through the provider."""

    service: httpx.AsyncClient
    app: FastAPI
    context: Context
    transport: Swapping
    issuer: str
    account_id: UUID
    org_id: UUID

    async def begin(self) -> tuple[str, dict[str, str]]:
        """Return the provider's address for this sign-in, and the browser's cookies."""
        answer = await self.service.get("/sign-in/openid")
        assert answer.status_code == 303
        return answer.headers["location"], cookies_of(answer)

    async def there(self, url: str, who: str = "somebody") -> str:
        """Say who one is at the provider; return where it sends the browser."""
        async with httpx.AsyncClient(cookies={"who": who}, base_url=self.issuer) as browser:
            answer = await browser.get(url)
            while not answer.headers["location"].startswith(_OURS):
                answer = await browser.get(answer.headers["location"])
        return str(answer.headers["location"])

    async def back(self, url: str, cookies: dict[str, str]) -> httpx.Response:
        """Come back to the service."""
        parts = urlsplit(url)
        said = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        return await self.service.get(f"{parts.path}?{parts.query}", headers=said)

    async def through(self, who: str = "somebody") -> httpx.Response:
        url, cookies = await self.begin()
        return await self.back(await self.there(url, who), cookies)

    async def forged(self, *, key: RSAKey = _KEY, **changed: Any) -> httpx.Response:
        """Come back with another id token: right in everything for this sign-in but for what is said."""
        url, cookies = await self.begin()
        nonce = parse_qs(urlsplit(url).query)["nonce"][0]
        now = int(time.time())
        claims = {"iss": self.issuer, "sub": "somebody", "aud": "maraude", "exp": now + 600, "iat": now, "nonce": nonce}
        said = {name: value for name, value in (claims | changed).items() if value is not None}
        self.transport.token = jwt.encode({"alg": "RS256", "kid": "the-providers"}, said, key)
        return await self.back(await self.there(url), cookies)


@pytest.fixture
async def way(app: FastAPI, context: Context, settings: Settings) -> AsyncIterator[Way]:
    house = await members.found(context)
    account_id = await members.new_account(context, house, Role.coordinator)
    issuer = str(settings.oidc_issuer)
    async with context.database.writing() as session:
        await session.execute(_no_subject())
        await service.link_subject(
            session, context.keyring, context.clock(),
            org_id=house.org_id, account_id=account_id, issuer=issuer, subject="somebody",
        )  # fmt: skip
    transport = Swapping()
    app.state.openid = OpenId(settings, transport)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=_OURS) as client:
        yield Way(client, app, context, transport, issuer, account_id, house.org_id)
    await transport.inner.aclose()


def _no_subject() -> Any:
    from sqlalchemy import delete

    from app.db.table import table_of
    from app.signin.models import FederatedIdentity

    return delete(table_of(FederatedIdentity))


def _is_refused(answer: httpx.Response) -> bool:
    """Say whether nobody was signed in, in the one way there is."""
    assert answer.status_code == 401, answer.text
    assert 'role="alert"' in answer.text
    return SESSION not in cookies_of(answer)


class TestTheProvider:
    async def test_signs_in_the_account_its_subject_is_linked_to(self, way: Way) -> None:
        answer = await way.through()
        assert answer.status_code == 200, answer.text
        shown = (await Browser(way.service, cookies_of(answer)).whoami()).json()
        assert (shown["account_id"], shown["method"]) == (str(way.account_id), "openid")
        assert [note["method"] for note in await notes(way.context, way.org_id, "session.start")] == ["openid"]

    async def test_is_asked_with_pkce_state_and_nonce_of_this_sign_in_alone(self, way: Way) -> None:
        asked = [parse_qs(urlsplit((await way.begin())[0]).query) for _ in range(2)]
        assert asked[0]["code_challenge_method"] == ["S256"]
        assert (asked[0]["response_type"], asked[0]["scope"]) == (["code"], ["openid"])
        for name in ("state", "nonce", "code_challenge"):
            assert len(asked[0][name][0]) >= 43
            assert asked[0][name] != asked[1][name]

    async def test_signs_nobody_in_whom_nobody_linked(self, way: Way) -> None:
        assert _is_refused(await way.through("somebody-else"))

    async def test_signs_nobody_in_after_unlinking_and_ends_the_sessions(self, way: Way) -> None:
        browser = Browser(way.service, cookies_of(await way.through()))
        async with way.context.database.writing() as session:
            await service.unlink_subject(
                session, way.context.keyring, way.context.clock(), org_id=way.org_id, account_id=way.account_id
            )
        assert (await browser.whoami()).status_code == 401
        assert _is_refused(await way.through())

    async def test_that_is_away_is_a_503_problem(self, way: Way) -> None:
        way.transport.away = True
        answer = await way.service.get("/sign-in/openid")
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/provider-unavailable")
        assert answer.headers["retry-after"] == "30"

    async def test_that_goes_away_meanwhile_is_a_503_problem(self, way: Way) -> None:
        url, cookies = await way.begin()
        back = await way.there(url)
        way.transport.away = True
        answer = await way.back(back, cookies)
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/provider-unavailable")

    async def test_that_calls_itself_otherwise_is_not_believed(self, way: Way, settings: Settings) -> None:
        alias = way.issuer.replace("127.0.0.1", "localhost")
        way.app.state.openid = OpenId(settings.model_copy(update={"oidc_issuer": alias}), way.transport)
        assert (await way.service.get("/sign-in/openid")).status_code == 503

    async def test_of_which_nothing_is_set_is_not_there(self, settings: Settings, clock: SetClock) -> None:
        without = create_app(settings.model_copy(update={"oidc_issuer": None}), clock=clock)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=without), base_url=_OURS) as client:
            assert (await client.get("/sign-in/openid")).status_code == 404
            assert (await client.get(CALLBACK)).status_code == 404
        await without.state.context.database.close()


class TestTheBrowser:
    async def test_must_bring_back_the_state_it_was_given(self, way: Way) -> None:
        url, cookies = await way.begin()
        back = await way.there(url)
        state = parse_qs(urlsplit(back).query)["state"][0]
        assert _is_refused(await way.back(back.replace(state, state[::-1]), cookies))
        assert _is_refused(await way.back(back.replace(f"state={state}", "state="), cookies))

    async def test_of_somebody_else_cannot_end_what_another_began(self, way: Way) -> None:
        url, _ = await way.begin()
        _, others = await way.begin()
        back = await way.there(url)
        assert _is_refused(await way.back(back, others))
        assert _is_refused(await way.back(back, {}))
        assert _is_refused(await way.back(back, {_JOURNEY: "00" * 60}))
        assert _is_refused(await way.back(back, {_JOURNEY: "not hexadecimal"}))

    async def test_cannot_use_a_code_twice(self, way: Way) -> None:
        url, cookies = await way.begin()
        back = await way.there(url)
        assert (await way.back(back, cookies)).status_code == 200
        assert _is_refused(await way.back(back, cookies))

    async def test_cannot_take_all_day(self, way: Way, clock: SetClock) -> None:
        url, cookies = await way.begin()
        back = await way.there(url)
        clock.advance(timedelta(minutes=11))
        assert _is_refused(await way.back(back, cookies))

    async def test_must_have_the_verifier_of_its_code(self, way: Way) -> None:
        url, cookies = await way.begin()
        journey = open_journey(way.context.keyring, cookies[_JOURNEY], way.context.clock())
        other = Journey(journey.state, journey.nonce, "x" * 43, journey.began_s)
        cookies = {_JOURNEY: seal_journey(way.context.keyring, other)}
        assert _is_refused(await way.back(await way.there(url), cookies))

    async def test_that_refuses_at_the_provider_is_not_signed_in(self, way: Way) -> None:
        url, cookies = await way.begin()
        state = parse_qs(urlsplit(url).query)["state"][0]
        answer = await way.back(f"{_OURS}{CALLBACK}?error=access_denied&state={state}", cookies)
        assert _is_refused(answer)

    async def test_is_given_a_strict_cookie_on_a_page_of_ours_and_goes_on_from_there(self, way: Way) -> None:
        answer = await way.through()
        [line] = [one for one in answer.headers.get_list("set-cookie") if one.startswith(f"{SESSION}=")]
        assert "samesite=strict" in line.lower()
        assert '<meta http-equiv="refresh" content="0;url=/account">' in answer.text

    async def test_brings_no_session_along(self, way: Way) -> None:
        old = Browser(way.service, cookies_of(await way.through()))
        url, cookies = await way.begin()
        answer = await way.back(await way.there(url), cookies | {SESSION: old.cookies[SESSION]})
        assert cookies_of(answer)[SESSION] != old.cookies[SESSION]
        assert (await old.whoami()).status_code == 401


class TestTheToken:
    async def test_made_by_the_test_as_the_provider_makes_it_is_taken(self, way: Way) -> None:
        assert (await way.forged()).status_code == 200

    @pytest.mark.parametrize(
        "changed",
        [
            pytest.param({"nonce": "of another sign-in"}, id="another nonce"),
            pytest.param({"nonce": None}, id="no nonce"),
            pytest.param({"exp": int(time.time()) - 120}, id="expired"),
            pytest.param({"exp": None}, id="no end"),
            pytest.param({"iat": int(time.time()) - 7200}, id="made long before"),
            pytest.param({"iat": int(time.time()) + 7200}, id="made in the future"),
            pytest.param({"iat": None}, id="not said when made"),
            pytest.param({"aud": "another"}, id="for another client"),
            pytest.param({"aud": ["maraude", "another"]}, id="for two and not said who asked"),
            pytest.param({"aud": ["maraude", "another"], "azp": "another"}, id="asked for by another"),
            pytest.param({"azp": "another"}, id="for us, asked for by another"),
            pytest.param({"iss": "https://another.example"}, id="of another issuer"),
            pytest.param({"sub": None}, id="of nobody"),
            pytest.param({"sub": 7}, id="of a number"),
        ],
    )
    async def test_that_says_something_else_is_refused(self, way: Way, changed: dict[str, Any]) -> None:
        assert _is_refused(await way.forged(**changed))

    async def test_signed_by_another_key_is_refused(self, way: Way) -> None:
        assert _is_refused(await way.forged(key=_FOREIGN))

    async def test_really_made_for_another_client_is_refused(self, way: Way, settings: Settings) -> None:
        ours = way.app.state.openid
        way.app.state.openid = OpenId(settings.model_copy(update={"oidc_client_id": "another"}), way.transport)
        await way.through()
        way.app.state.openid, way.transport.token = ours, way.transport.seen
        assert len(way.transport.seen) > 100
        assert _is_refused(await way.through())

    async def test_of_an_earlier_sign_in_is_refused(self, way: Way) -> None:
        assert (await way.through()).status_code == 200
        way.transport.token = way.transport.seen
        assert _is_refused(await way.through())

    @pytest.mark.parametrize("algorithm", ["none", "HS256"])
    async def test_signed_by_nobody_or_by_a_public_secret_is_refused(self, way: Way, algorithm: str) -> None:
        import base64
        import hmac

        def part(content: Any) -> bytes:
            return base64.urlsafe_b64encode(orjson.dumps(content)).rstrip(b"=")

        url, cookies = await way.begin()
        now = int(time.time())
        nonce = parse_qs(urlsplit(url).query)["nonce"][0]
        claims = {"iss": way.issuer, "sub": "somebody", "aud": "maraude", "exp": now + 600, "iat": now, "nonce": nonce}
        head = part({"alg": algorithm, "kid": "the-providers"}) + b"." + part(claims)
        seal = b""
        if algorithm == "HS256":
            seal = base64.urlsafe_b64encode(hmac.digest(_KEY.as_pem(private=False), head, "sha256")).rstrip(b"=")
        way.transport.token = (head + b"." + seal).decode()
        assert _is_refused(await way.back(await way.there(url), cookies))

    @pytest.mark.parametrize("token", ["", "a.b.c", "....", "\u00e9", "eyJhbGciOiJSUzI1NiJ9"])
    async def test_that_is_none_is_refused(self, way: Way, token: str) -> None:
        way.transport.token = token
        assert _is_refused(await way.through())
