"""The pages people sign in with: no script, labelled fields, the headers of a page, and no way round the checks."""

import re
from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import urlencode

import httpx
import pytest
from fastapi import FastAPI

from app.http.context import Context
from app.identity.vocabulary import Role
from app.signin.words import WORDS, language_of
from tests import people
from tests.clock import SetClock
from tests.members import House
from tests.people import OURS, PASSWORD, SESSION, Browser, Person, cookies_of

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_FROM_A_FORM = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
"""What a browser says of a form that a page under `no-referrer` sends."""


@pytest.fixture
async def browser(app: FastAPI) -> httpx.AsyncClient:
    """A caller of pages, which the API document does not know."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1:8000")


@pytest.fixture
async def person(client: httpx.AsyncClient, context: Context, house: House) -> Person:
    return await people.joined(client, context, house)


async def send(browser: httpx.AsyncClient, path: str, headers: dict[str, str], **fields: str) -> httpx.Response:
    return await browser.post(path, content=urlencode(fields), headers={**_FORM, **headers})


async def enter(browser: httpx.AsyncClient, person: Person, headers: dict[str, str] | None = None) -> httpx.Response:
    said = _FROM_A_FORM if headers is None else headers
    return await send(browser, "/sign-in", said, account=person.login, password=person.password, code=person.code())


class _Fields(HTMLParser):
    """Reads which inputs a page has, and which of them have a label."""

    def __init__(self) -> None:
        super().__init__()
        self.inputs: list[str] = []
        self.labels: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        said = dict(attrs)
        if tag == "input":
            self.inputs.append(said["id"] or "")
        if tag == "label":
            self.labels.append(said["for"] or "")


@pytest.mark.parametrize("path", ["/sign-in", "/invitation"])
async def test_a_page_has_labelled_fields_and_neither_script_nor_style_of_its_own(
    browser: httpx.AsyncClient, path: str
) -> None:
    answer = await browser.get(path)
    read = _Fields()
    read.feed(answer.text)
    assert len(read.inputs) == 3
    assert read.inputs == read.labels
    assert not read.tags & {"script", "style", "iframe", "img"}
    assert not {one for one in read.attributes if one == "style" or one.startswith("on")}
    assert 'name="viewport"' in answer.text


@pytest.mark.parametrize("path", ["/sign-in", "/invitation"])
async def test_a_page_says_what_a_browser_must_not_do_with_it(browser: httpx.AsyncClient, path: str) -> None:
    headers = (await browser.get(path)).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    sources = ("script-src", "style-src", "img-src", "connect-src", "form-action")
    assert {policy[name] for name in sources} == {"'self'"}
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["strict-transport-security"].startswith("max-age=")
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"


async def test_a_person_signs_in_looks_around_and_signs_out(
    browser: httpx.AsyncClient, person: Person, clock: SetClock
) -> None:
    answer = await enter(browser, person)
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    inside = Browser(browser, cookies_of(answer))
    shown = await inside.ask("GET", "/account", {})
    assert shown.status_code == 200
    clock.advance(timedelta(minutes=1))
    links = re.findall(r'href="(/v1/[^"]+)"', shown.text)
    assert len(links) >= 3
    for link in links:
        answer = await inside.ask("GET", link.replace("&amp;", "&"), {})
        assert answer.status_code == 200, f"{link}: {answer.text}"
    assert (await inside.ask("GET", "/sign-in", {})).headers["location"] == "/account"
    left = await inside.ask("POST", "/sign-out", {**_FORM, **_FROM_A_FORM}, content="")
    assert (left.status_code, left.headers["location"]) == (303, "/sign-in")
    assert (await inside.ask("GET", "/account", {})).headers["location"] == "/sign-in"


@pytest.mark.parametrize("role", [Role.coordinator, Role.monitor, Role.administrator, Role.dpo])
async def test_every_role_is_shown_only_what_it_may_open(
    browser: httpx.AsyncClient, client: httpx.AsyncClient, context: Context, house: House, role: Role
) -> None:
    person = await people.joined(client, context, house, role)
    inside = Browser(browser, cookies_of(await enter(browser, person)))
    shown = await inside.ask("GET", "/account", {"Accept-Language": "en"})
    links = re.findall(r'href="(/v1/[^"]+)"', shown.text)
    answers = [await inside.ask("GET", link.replace("&amp;", "&"), {}) for link in links]
    assert [answer.status_code for answer in answers] == [200] * len(links)


async def test_signing_out_everywhere_is_one_button(
    browser: httpx.AsyncClient, person: Person, clock: SetClock
) -> None:
    here = Browser(browser, cookies_of(await enter(browser, person)))
    clock.advance(timedelta(minutes=1))
    there = Browser(browser, cookies_of(await enter(browser, person)))
    await here.ask("POST", "/sign-out", {**_FORM, **_FROM_A_FORM}, content="everywhere=true")
    assert (await there.ask("GET", "/account", {})).status_code == 303


async def test_a_refusal_repeats_nothing_and_is_the_same_for_everybody(
    browser: httpx.AsyncClient, person: Person
) -> None:
    known = await send(browser, "/sign-in", OURS, account=person.login, password="<b>wrong</b>", code=person.code())
    unknown = await send(browser, "/sign-in", OURS, account="<i>nobody</i>", password=PASSWORD, code="000000")
    assert known.status_code == unknown.status_code == 401
    assert known.text == unknown.text
    assert 'role="alert"' in known.text
    assert "wrong</b>" not in known.text


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://127.0.0.1:8000", "Sec-Fetch-Site": "same-site"},
    ],
)
async def test_a_form_of_another_site_does_nothing(
    browser: httpx.AsyncClient, person: Person, said: dict[str, str]
) -> None:
    assert (await enter(browser, person, said)).status_code == 403
    inside = Browser(browser, cookies_of(await enter(browser, person)))
    assert (await inside.ask("POST", "/sign-out", {**_FORM, **said}, content="")).status_code == 403
    assert (await inside.whoami()).status_code == 200


async def test_an_invitation_is_accepted_on_its_page(
    browser: httpx.AsyncClient, client: httpx.AsyncClient, context: Context, house: House
) -> None:
    person = await people.invited(client, context, house)
    fields = {"invitation": person.invited.code, "password": "mot de passe", "code": person.code()}
    weak = await send(browser, "/invitation", OURS, **{**fields, "password": "motdepasse123"})
    assert (weak.status_code, 'role="alert"' in weak.text) == (422, True)
    wrong = await send(browser, "/invitation", OURS, **{**fields, "password": PASSWORD, "invitation": "0" * 14})
    assert wrong.status_code == 401
    answer = await send(browser, "/invitation", OURS, **{**fields, "password": PASSWORD})
    assert answer.status_code == 200
    assert len(re.findall(r"<li><code>[0-9A-Z]{4}(?:-[0-9A-Z]{4}){5}</code></li>", answer.text)) == 10


@pytest.mark.parametrize(
    ("content", "media", "status"),
    [
        ("a=1&" * 9, "application/x-www-form-urlencoded", 422),
        ("a=" + "x" * 9_000, "application/x-www-form-urlencoded", 413),
        (b"a=\xff\xfe", "application/x-www-form-urlencoded", 422),
        ("a=%ff", "application/x-www-form-urlencoded", 422),
        ("{}", "application/json", 415),
        ("a=1", "", 415),
    ],
)
async def test_a_form_is_bounded_and_strict(
    browser: httpx.AsyncClient, content: str | bytes, media: str, status: int
) -> None:
    for path in ("/sign-in", "/invitation", "/sign-out"):
        answer = await browser.post(path, content=content, headers={**OURS, "Content-Type": media})
        assert answer.status_code == status, path


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        (None, "fr"),
        ("", "fr"),
        ("en-GB,en;q=0.9", "en"),
        ("de, en;q=0.5, fr;q=0.4", "en"),
        ("fr-FR,fr;q=0.9,en;q=0.8", "fr"),
        ("en;q=0", "fr"),
        ("en;q=nonsense", "fr"),
        ("en;q=-1,fr", "fr"),
        (",;=" * 300, "fr"),
    ],
)
def test_the_language_is_the_preferred_one(accepted: str | None, language: str) -> None:
    assert language_of(accepted) == language


async def test_both_languages_say_the_same_things(browser: httpx.AsyncClient) -> None:
    assert WORDS["fr"].keys() == WORDS["en"].keys()
    answer = await browser.get("/sign-in", headers={"Accept-Language": "en"})
    assert '<html lang="en">' in answer.text
    assert "Mot de passe" not in answer.text


async def test_a_cookie_of_nobody_leads_to_the_form(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/account", headers={"Cookie": f"{SESSION}={'A' * 43}"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
