"""The walk of docs/monitors.md, asked as it stands there of the Paris plan and of six weeks of the demo city."""

import csv
import io
import json
import re
import subprocess
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from shutil import which
from typing import Any, Final

import httpx
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pytest

from app.demo.credentials import Credentials, issue_credentials
from app.demo.loading import load
from app.demo.model import City
from app.demo.planning import load_plan
from app.demo.vocabulary import PublishedPlan
from app.http.context import Context
from app.plan.entries.columns import EUROS
from app.settings import Settings
from tests.clock import NIGHT

_PAGE: Final = (Path(__file__).parents[2] / "docs" / "monitors.md").read_text()
_SECTIONS: Final = _PAGE.split("\n## ")[1:]
_ASKED: Final = r"""-H "Authorization: Bearer \$MONITOR" "\$MARAUDE(/[^"]+)"$"""
_REQUEST: Final = re.compile(rf"^    curl -s {_ASKED}", re.MULTILINE)
_SHOWN: Final = re.compile(rf"^    curl -s {_ASKED}\n\n```json\n(.+?)\n```$", re.MULTILINE | re.DOTALL)
_FILE: Final = re.compile(
    rf"^    curl -s --etag-compare (\w+)\.etag --etag-save \1\.etag -o \1\.csv {_ASKED}", re.MULTILINE
)
_DAY: Final = re.compile(r"^    ([A-Z]+)=\$\(date -d '([a-z0-9 ]+)' (\+[-%Ymd0-9]+)\)", re.MULTILINE)
_NAMED: Final = re.compile(r"\$\{?([A-Z]+)\}?")


def _days() -> Mapping[str, str]:
    """Return the days that the shell would set, on the day of the tests."""
    found = {}
    for name, ago, pattern in _DAY.findall(_PAGE):
        words = [which("date") or "date", "-d", f"{NIGHT.date()} {ago}", pattern]
        found[name] = subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    return found


def _filled(request: str) -> str:
    days = _days()
    return _NAMED.sub(lambda named: days[named[1]], request)


@pytest.fixture(scope="module")
async def ways(settings: Settings, context: Context) -> Credentials:
    """The demo city of six weeks with its own plan, and the Paris plan beside it."""
    await load(settings, City(1, NIGHT.date() - timedelta(weeks=6), NIGHT))
    await load_plan(settings, PublishedPlan.crack_2019)
    async with context.database.writing() as session:
        return await issue_credentials(session, context.keyring, context.settings, NIGHT)


async def _asked(client: httpx.AsyncClient, ways: Credentials, request: str, **headers: str) -> httpx.Response:
    """Ask as the page does, on the days that a shell would set."""
    return await client.get(_filled(request), headers={"Authorization": f"Bearer {ways.monitor_token}", **headers})


def _lacks(shown: Any, answer: Any, where: str = "") -> list[str]:
    """Return where an answer does not hold what the page shows: each member of an object, some item of a list."""
    if isinstance(shown, dict):
        if not isinstance(answer, dict):
            return [where]
        return [fault for name, one in shown.items() for fault in _lacks(one, answer.get(name, ...), f"{where}/{name}")]
    if isinstance(shown, list):
        if not isinstance(answer, list) or (not shown and answer):
            return [where]
        return [
            f"{where}/{number}"
            for number, one in enumerate(shown)
            if all(_lacks(one, candidate) for candidate in answer)
        ]
    return [] if shown == answer and isinstance(answer, type(shown)) else [where]


def test_a_look_alike_lacks_what_is_shown() -> None:
    answer = {"a": [{"b": 1, "c": None}, {"b": 2, "c": 3}]}
    assert _lacks({"a": [{"b": 2, "c": 3}]}, answer) == []
    assert _lacks({"a": [{"b": 1, "c": 3}]}, answer) == ["/a/0"]
    assert _lacks({"a": []}, answer) == ["/a"]
    assert _lacks({"d": None}, answer) == ["/d"]


def test_every_question_is_asked_and_shows_what_comes_back() -> None:
    questions = [one for one in _SECTIONS if one[0].isdigit()]
    assert [int(one.partition(".")[0]) for one in questions] == list(range(1, 10))
    for question in questions:
        assert question.partition("\n")[0].endswith("?")
        assert _REQUEST.findall(question)
        assert "```" in question
    assert len(_FILE.findall(_PAGE)) == 5
    every = len(_REQUEST.findall(_PAGE)) + len(_FILE.findall(_PAGE))
    assert _PAGE.count("curl -s ") == every, "a request is written in another way, and not tried"


def test_every_day_a_request_names_is_set_at_the_top() -> None:
    used = set(_NAMED.findall(" ".join(_REQUEST.findall(_PAGE))))
    assert used == set(_days()), "a day is used and not set, or set and not used"


@pytest.mark.parametrize("request_", _REQUEST.findall(_PAGE))
async def test_a_request_is_answered(client: httpx.AsyncClient, ways: Credentials, request_: str) -> None:
    answer = await _asked(client, ways, request_)
    assert answer.status_code == 200, answer.text
    assert len(answer.content) > 100


@pytest.mark.parametrize(("request_", "shown"), _SHOWN.findall(_PAGE))
async def test_what_comes_back_is_what_the_page_shows(
    client: httpx.AsyncClient, ways: Credentials, request_: str, shown: str
) -> None:
    answer = (await _asked(client, ways, request_)).json()
    assert _lacks(json.loads(shown), answer) == []


async def test_what_was_known_then_is_less_than_what_is_known_now(client: httpx.AsyncClient, ways: Credentials) -> None:
    [request] = [one for one in _REQUEST.findall(_PAGE) if "known_at" in one]
    then = (await _asked(client, ways, request)).json()
    now = (await _asked(client, ways, request.partition("&known_at")[0])).json()
    assert [one["number"] for one in then["actions"]] == [one["number"] for one in now["actions"]]
    said = [sum(len(one["found"]) for one in answer["actions"]) for answer in (then, now)]
    assert 0 < said[0] < said[1]


async def test_two_months_were_frozen_and_differ(client: httpx.AsyncClient, ways: Credentials) -> None:
    [request] = [one for one in _REQUEST.findall(_PAGE) if "/changes/" in one]
    answer = (await _asked(client, ways, request)).json()
    paths = {one["path"].split("/")[1] for one in answer["items"]}
    assert paths >= {"at", "entries", "kpis"}


@pytest.mark.parametrize(("name", "request_"), _FILE.findall(_PAGE))
async def test_a_file_opens_in_a_french_spreadsheet_and_is_sent_again_only_when_it_changed(
    client: httpx.AsyncClient, ways: Credentials, name: str, request_: str
) -> None:
    answer = await _asked(client, ways, request_)
    assert f"/{name}.csv" in request_
    assert answer.content.startswith(b"\xef\xbb\xbf")
    lines = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    table = _opened(answer.content)
    assert table.num_rows == len(lines) > 0
    assert table.column_names == list(lines[0])
    assert None not in {key for line in lines for key in line}, "a cell stands beside its column"
    assert None not in {cell for line in lines for cell in line.values()}
    again = await _asked(client, ways, request_, **{"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def _opened(content: bytes) -> pa.Table:
    """Open a file with the settings of a French office, types found out by what stands in the cells."""
    return pacsv.read_csv(
        io.BytesIO(content),
        parse_options=pacsv.ParseOptions(delimiter=";"),
        convert_options=pacsv.ConvertOptions(decimal_point=",", strings_can_be_null=True),
    )


async def test_a_spreadsheet_computes_the_audit_s_figures_itself(client: httpx.AsyncClient, ways: Credentials) -> None:
    files = dict(_FILE.findall(_PAGE))
    kpis, money = [_opened((await _asked(client, ways, files[name])).content) for name in ("kpis", "money")]
    assert kpis.schema.field("value").type == pa.float64()
    [share] = kpis.filter(pc.field("key") == "crc-idf.actions-engagees")["value"].to_pylist()
    assert share == 0.5758
    spent = pc.sum(money.filter(pc.field("kind") == "payment_credit")["spent_cents"]).as_py()
    promised = pc.sum(money.filter(pc.field("kind") == "commitment_authorisation")["committed_cents"]).as_py()
    assert round(spent / promised, 2) == 2.67


async def test_the_plan_s_secretary_enters_what_the_monitor_then_reads(
    client: httpx.AsyncClient, ways: Credentials
) -> None:
    secretary = {"Authorization": f"Bearer {ways.secretary_token}", "Content-Type": "text/csv"}
    header = f"code;on;year;funder;nature;kind;{EUROS};source.title"
    table = f"{header}\nsolde;2026-02-27;2026;ville;expenditure;payment_credit;1234,50;Mandat 12\n"
    asked = {"plan": "demo"}
    before = (await client.get("/v1/plan/money", params=asked, headers=secretary)).json()["totals"]["credits"]
    done = await client.post("/v1/plan/imports/amount", params=asked, content=table.encode(), headers=secretary)
    assert (done.status_code, done.json()["created"]) == (200, 1)
    after = (await client.get("/v1/plan/money", params=asked, headers=secretary)).json()["totals"]["credits"]
    assert after["spent_cents"] - before["spent_cents"] == 123_450


async def test_figures_about_people_come_from_a_release_that_fell_due_meanwhile(
    client: httpx.AsyncClient, ways: Credentials
) -> None:
    items = (await _asked(client, ways, "/v1/kpis?plan=demo")).json()["items"]
    [met] = [one for one in items if one["code"] == "published_encounters"]
    assert (met["period_from"], met["source"]) == ("2026-01-01", "2026-01")
    assert met["value"] > 100


async def test_without_a_plan_named_the_demo_city_s_own_is_meant(client: httpx.AsyncClient, ways: Credentials) -> None:
    listed = (await _asked(client, ways, "/v1/plans")).json()["items"]
    assert {one["code"]: one["by_default"] for one in listed} == {"crack-2019": False, "demo": True}
    assert (await _asked(client, ways, "/v1/plan")).json()["plan"] == "demo"
