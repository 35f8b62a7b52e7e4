"""A file of figures may travel: small counts stay behind unless a reason is given and written down."""

import csv
import io
from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.http.context import Context
from app.identity.vocabulary import Role
from app.settings import Settings
from tests import make, members, places
from tests.clock import NIGHT, SetClock
from tests.members import House
from tests.street import notes, store

_PERIOD = {"from": "2026-02-15", "to": "2026-03-15"}
_MET = {"75118": 3, "75119": 14, "75110": 12, "75111": 30}


@pytest.fixture(scope="module")
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"token_lifetime": timedelta(days=1000)})


@pytest.fixture(scope="module")
async def house(client: httpx.AsyncClient, context: Context, clock: SetClock) -> House:
    """An association that met a few people in one territory and many in others."""
    clock.now = NIGHT
    await places.seeded(context)
    house = await members.found(context)
    phone = await members.enrolled(client, context, house)
    at = (NIGHT - timedelta(hours=1)).isoformat()
    for territory, times in _MET.items():
        await store(phone, "encounters", *(make.encounter(territory=territory, occurred_at=at) for _ in range(times)))
    return house


@pytest.fixture(scope="module")
async def headers(context: Context, house: House) -> dict[str, str]:
    return {"Authorization": f"Bearer {await members.account_token(context, house, Role.coordinator)}"}


async def ask(client: httpx.AsyncClient, headers: dict[str, str], what: str, **parameters: Any) -> httpx.Response:
    return await client.get(f"/v1/indicators/{what}", params=_PERIOD | parameters, headers=headers)


def counts(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 200, answer.text
    return {row["key"]: row["n"] for row in csv.DictReader(io.StringIO(answer.text, newline=""))}


async def test_json_is_exact_and_flags_what_is_small(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    figures = (await ask(client, headers, "encounters", split="territory")).json()["figures"]
    assert {one["key"]: (one["n"], one["small"]) for one in figures} == {key: (n, n < 11) for key, n in _MET.items()}


async def test_a_file_withholds_the_small_group_and_one_more(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    answer = await ask(client, headers, "encounters.csv", split="territory")
    assert counts(answer) == {"75118": "", "75110": "", "75119": "14", "75111": "30"}
    [row] = [row for row in csv.DictReader(io.StringIO(answer.text, newline="")) if row["key"] == "75118"]
    numbers = ("value", "n", "denominator", "small", "unknown", "base", "unknown_share", "late", "low", "high")
    assert {row[name] for name in numbers} == {""}
    assert row["reason"].startswith("withheld")


async def test_parquet_withholds_the_same_and_says_so(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    import pyarrow.parquet as pq

    answer = await ask(client, headers, "encounters.parquet", split="territory")
    table = pq.read_table(io.BytesIO(answer.content))
    shown = dict(zip(table.column("key").to_pylist(), table.column("n").to_pylist(), strict=True))
    assert shown == {"75118": None, "75110": None, "75119": 14, "75111": 30}
    assert b"protection" in table.schema.metadata


async def test_a_reason_makes_the_file_exact_and_is_written_down_with_its_ticket(
    client: httpx.AsyncClient, context: Context, house: House, headers: dict[str, str]
) -> None:
    answer = await ask(client, headers, "encounters.csv", split="territory", reason="evaluation", ticket="DATA-123")
    assert counts(answer) == {key: str(n) for key, n in _MET.items()}
    [*_, written] = await notes(context, house.org_id, "metrics.indicators")
    assert (written["format"], written["reason"], written["ticket"]) == ("csv", "evaluation", "DATA-123")


@pytest.mark.parametrize(
    ("what", "parameters", "pointer"),
    [
        ("encounters.csv", {"reason": "curiosity"}, "?reason"),
        ("encounters.csv", {"reason": "audit", "ticket": "Marie Dupont"}, "?ticket"),
        ("encounters.csv", {"reason": "audit", "ticket": "0612345678"}, "?ticket"),
        ("encounters.csv", {"ticket": "DATA-123"}, "?ticket"),
        ("encounters", {"reason": "audit"}, "?reason"),
    ],
)
async def test_a_reason_is_of_a_closed_set_and_holds_no_free_text(
    client: httpx.AsyncClient, headers: dict[str, str], what: str, parameters: dict[str, str], pointer: str
) -> None:
    answer = await ask(client, headers, what, **parameters)
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]
    assert "Dupont" not in answer.text


async def test_what_is_about_no_person_is_exact_in_a_file_too(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    shown = (await ask(client, headers, "patrols_held")).json()["figures"][0]["n"]
    [n] = counts(await ask(client, headers, "patrols_held.csv")).values()
    assert n == str(shown)
