"""What a batch must look like to be read at all, and how its items are judged one by one."""

import gzip
import json
import zlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.demo.device import Device
from app.encounters.models import Encounter
from app.http.context import Context
from tests import make
from tests.members import House
from tests.street import ROUTES, outcomes, pointers, post, reasons, rows, store

JSON = {"Content-Type": "application/json"}
GZIP = JSON | {"Content-Encoding": "gzip"}


def body(*items: make.Json) -> bytes:
    return json.dumps(make.envelope(items or [make.encounter()])).encode()


async def sent(
    device: Device, content: bytes | AsyncIterator[bytes], headers: dict[str, str] = JSON, what: str = "encounters"
) -> httpx.Response:
    return await device.post(f"/v1/{what}", content=content, headers=headers)


def problem(answer: httpx.Response) -> tuple[int, str]:
    """Return status and kind of a refusal."""
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


class TestVerdicts:
    async def test_come_in_the_order_of_the_items(self, phone: Device) -> None:
        good = [make.encounter() for _ in range(4)]
        bad = make.encounter(people_count=0)
        unreadable = {"gender": "woman"}
        conflict = good[0] | {"gender": "man"}
        early = make.encounter(territory="99999")
        verdicts = await post(
            phone, "encounters", good[0], bad, good[1], unreadable, good[0], early, good[2], conflict, good[3]
        )
        assert outcomes(verdicts) == [
            "created",
            "rejected",
            "created",
            "rejected",
            "unchanged",
            "rejected",
            "created",
            "conflict",
            "created",
        ]
        assert [verdict["id"] for verdict in verdicts] == [
            good[0]["id"],
            bad["id"],
            good[1]["id"],
            None,
            good[0]["id"],
            early["id"],
            good[2]["id"],
            good[0]["id"],
            good[3]["id"],
        ]
        assert reasons(verdicts) == [
            None,
            "invalid",
            None,
            "invalid",
            None,
            "unknown-territory",
            None,
            "item-conflict",
            None,
        ]

    async def test_point_into_their_own_item(self, phone: Device) -> None:
        bad = make.encounter(people_count=0, referrals=[make.referral(), make.referral(kind=1)])
        verdicts = await post(phone, "encounters", make.encounter(), bad)
        assert pointers(verdicts[1]) == ["/people_count", "/referrals/1/kind"]

    async def test_on_nothing_but_bad_items_store_nothing(self, phone: Device, context: Context, house: House) -> None:
        verdicts = await post(phone, "encounters", *({"id": make.new_id(), "x": 1} for _ in range(3)))
        assert outcomes(verdicts) == ["rejected"] * 3
        assert await rows(context, Encounter, org_id=house.org_id) == []

    @pytest.mark.parametrize("item", [None, 1, "encounter", [], [1], {}, True, 1.5], ids=repr)
    async def test_on_what_is_no_item_at_all(self, phone: Device, item: Any) -> None:
        answer = await phone.post("/v1/encounters", json=make.envelope([make.encounter(), item]))
        assert answer.status_code == 200
        first, second = answer.json()["results"]
        assert (first["outcome"], second["outcome"], second["id"]) == ("created", "rejected", None)

    async def test_say_where_and_not_everything(self, phone: Device) -> None:
        """An item with ten thousand faults must not be answered with ten thousand sentences."""
        absurd = make.encounter() | {f"field_{number}": number for number in range(10_000)}
        answer = await phone.post("/v1/encounters", json=make.envelope([make.encounter(), absurd]))
        assert outcomes(answer.json()["results"]) == ["created", "rejected"]
        assert len(answer.content) < 20_000

    async def test_on_five_hundred_items_are_given_at_once(self, phone: Device, context: Context, house: House) -> None:
        items = [make.encounter() for _ in range(500)]
        assert set(outcomes(await post(phone, "encounters", *items))) == {"created"}
        assert set(outcomes(await post(phone, "encounters", *items))) == {"unchanged"}
        assert len(await rows(context, Encounter, org_id=house.org_id)) == 500


class TestEnvelope:
    @pytest.mark.parametrize(
        ("envelope", "pointer"),
        [
            ({"items": [make.encounter()]}, "/device_now"),
            ({"device_now": "2026-03-02T21:00:00+01:00"}, "/items"),
            ({"device_now": "2026-03-02T21:00:00+01:00", "items": []}, "/items"),
            ({"device_now": "2026-03-02T21:00:00+01:00", "items": None}, "/items"),
            ({"device_now": "2026-03-02T21:00:00+01:00", "items": {}}, "/items"),
            ({"device_now": "2026-03-02T21:00:00+01:00", "items": "[]"}, "/items"),
            ({"device_now": "2026-03-02T21:00:00+01:00", "items": [make.encounter()], "team": "Nord"}, ""),
            ({"device_now": "2026-03-02T21:00:00+01:00", "items": [{"x": 1}], "team": "Nord"}, ""),
            ([], ""),
            ([make.encounter()], ""),
            (None, ""),
            (1, ""),
            ("items", ""),
        ],
        ids=repr,
    )
    @pytest.mark.parametrize("what", ["encounters", "referral-events"])
    async def test_is_strict(self, phone: Device, what: str, envelope: Any, pointer: str) -> None:
        answer = await sent(phone, json.dumps(envelope).encode(), what=what)
        assert problem(answer) == (422, "invalid")
        assert pointer in {fault["pointer"] for fault in answer.json()["errors"]}

    async def test_holds_five_hundred_items_at_most(self, phone: Device) -> None:
        items = [{"id": number} for number in range(501)]
        answer = await sent(phone, json.dumps(make.envelope(items)).encode())
        assert problem(answer) == (422, "invalid")
        assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/items"]

    async def test_is_not_read_for_who_may_not_post(self, client: httpx.AsyncClient, desk: Device) -> None:
        assert (await client.post("/v1/encounters", content=b"{", headers=JSON)).status_code == 401
        assert (await sent(desk, b"{")).status_code == 403

    @pytest.mark.parametrize("what", ROUTES)
    async def test_is_posted_and_not_put(self, phone: Device, what: str) -> None:
        for method in ("PUT", "PATCH", "DELETE"):
            assert (await phone.request(method, f"/v1/{what}", content=body(), headers=JSON)).status_code == 405


class TestJson:
    @pytest.mark.parametrize(
        "raw",
        [
            b"",
            b" ",
            b"{",
            b"{}{}",
            body() + b"x",
            body()[:-1],
            body().replace(b'"', b"'"),
            body().replace(b"}]", b"},]"),
            body() + b"\x00",
            b"\xef\xbb\xbf" + body(),
            body().decode().encode("utf-16"),
            body().decode().encode("utf-16-le"),
            body().decode().encode("utf-32"),
            body(make.encounter(gender="x")).replace(b'"x"', b'"\xe9"'),
            body(make.encounter(gender="x")).replace(b'"x"', b'"\xed\xa0\x80"'),
            body(make.encounter(gender="x")).replace(b'"x"', b'"\xc0\x80"'),
            body(make.encounter(gender="x")).replace(b'"x"', b'"\\ud800"'),
            body(make.encounter(gender="x")).replace(b'"x"', b'"a\x00b"'),
            body(make.encounter(gender="x")).replace(b'"x"', b'"a\nb"'),
            body(make.encounter(gender="x")).replace(b'"x"', b'"\\x41"'),
            body(make.encounter(people_count=7)).replace(b"7}", b"NaN}"),
            body(make.encounter(people_count=7)).replace(b"7}", b"Infinity}"),
            body(make.encounter(people_count=7)).replace(b"7}", b"-Infinity}"),
            body(make.encounter(people_count=7)).replace(b"7}", b"07}"),
            body(make.encounter(people_count=7)).replace(b"7}", b"+7}"),
            body(make.encounter(people_count=7)).replace(b"7}", b"7.}"),
            body(make.encounter(people_count=7)).replace(b"7}", b"0x7}"),
            body(make.encounter(people_count=7)).replace(b"7}", b"7_0}"),
            body(make.encounter(people_count=7)).replace(b"7}", b"9" * 5_000 + b"}"),
            body().replace(b'"items"', b'"device_now": "2026-03-02T21:00:00Z", "items"'),
            body().replace(b'"people_count"', b'"people_count": 2, "people_count"'),
            body().replace(b'"people_count"', b'"people_count": 1, "people_\\u0063ount"'),
            body(make.encounter(referrals=[make.referral()])).replace(b'"kind"', b'"kind": "rest_room", "kind"'),
            b"[" * 100_000,
            b'{"a":' * 100_000,
            body(make.encounter(needs=7)).replace(b"7}", b"[" * 250 + b"]" * 250 + b"}"),
        ],
        ids=lambda raw: repr(raw[:8] + b".." + raw[-24:]),
    )
    async def test_that_is_not_strict_is_refused_whole(self, phone: Device, raw: bytes) -> None:
        assert problem(await sent(phone, raw)) == (400, "malformed-json")

    async def test_may_be_laid_out_at_leisure(self, phone: Device) -> None:
        leisurely = json.dumps(make.envelope([make.encounter()]), indent=8).encode()
        assert (await sent(phone, b" \n\t" + leisurely + b"\r\n ")).status_code == 200

    async def test_may_escape_what_need_not_be_escaped(self, phone: Device) -> None:
        escaped = body(make.encounter(gender="woman")).replace(b'"woman"', b'"\\u0077oman"')
        assert outcomes((await sent(phone, escaped)).json()["results"]) == ["created"]

    async def test_nested_for_no_reason_spoils_its_own_item_only(self, phone: Device) -> None:
        nested: list[Any] = []
        for _ in range(150):
            nested = [nested]
        items = [make.encounter(), make.encounter(needs=nested), make.encounter(patrol_id={"a": nested})]
        assert outcomes(await post(phone, "encounters", *items)) == ["created", "rejected", "rejected"]


class TestMediaType:
    @pytest.mark.parametrize(
        "kind",
        [
            "text/plain",
            "text/json",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/problem+json",
            "application/jsonx",
            "application/xml",
            "json",
            "",
            "*/*",
        ],
    )
    async def test_other_than_json_is_refused(self, phone: Device, kind: str) -> None:
        assert problem(await sent(phone, body(), {"Content-Type": kind})) == (415, "unsupported-media-type")

    async def test_must_be_said(self, phone: Device) -> None:
        assert problem(await sent(phone, body(), {})) == (415, "unsupported-media-type")

    @pytest.mark.parametrize("kind", ["application/json", "Application/JSON", "application/json; charset=utf-8"])
    async def test_of_json_is_read(self, phone: Device, kind: str) -> None:
        assert (await sent(phone, body(), {"Content-Type": kind})).status_code == 200

    @pytest.mark.parametrize("coding", ["br", "deflate", "zstd", "gzip, gzip", "x-gzip", "compress"])
    async def test_with_another_coding_is_refused(self, phone: Device, coding: str) -> None:
        headers = JSON | {"Content-Encoding": coding}
        assert problem(await sent(phone, gzip.compress(body()), headers)) == (415, "unsupported-media-type")


class TestGzip:
    @pytest.mark.parametrize("what", ROUTES)
    async def test_is_read_like_plain(self, phone: Device, desk: Device, what: str) -> None:
        made = {
            "patrols": make.patrol,
            "encounters": make.encounter,
            "referrals": make.lone_referral,
            "referral-events": make.event,
            "stay-exits": make.stay_exit,
            "facility-reports": make.report,
        }[what]
        items = [made() for _ in range(20)]
        device = desk if what == "facility-reports" else phone
        answer = await sent(device, gzip.compress(body(*items)), GZIP, what)
        assert outcomes(answer.json()["results"]) == ["created"] * 20

    @pytest.mark.parametrize("coding", ["gzip", "GZIP", " gzip "])
    async def test_is_named_as_one_likes(self, phone: Device, coding: str) -> None:
        answer = await sent(phone, gzip.compress(body()), JSON | {"Content-Encoding": coding})
        assert answer.status_code == 200

    @pytest.mark.parametrize(
        "raw",
        [
            body(),
            b"",
            gzip.compress(body())[:-1],
            gzip.compress(body())[:20],
            gzip.compress(body()) + b"x",
            gzip.compress(body()) + gzip.compress(body()),
            zlib.compress(body()),
            gzip.compress(body())[:-8] + b"\x00" * 8,
        ],
        ids=["plain", "empty", "cut", "cut early", "more after it", "twice", "zlib", "wrong sum"],
    )
    async def test_that_does_not_inflate_is_refused(self, phone: Device, raw: bytes) -> None:
        assert problem(await sent(phone, raw, GZIP)) == (400, "malformed-encoding")

    async def test_in_gzip_is_not_json(self, phone: Device) -> None:
        assert problem(await sent(phone, gzip.compress(gzip.compress(body())), GZIP)) == (400, "malformed-json")

    async def test_a_bomb_is_not_inflated(self, phone: Device) -> None:
        bomb = gzip.compress(b'{"device_now":"' + b" " * 60_000_000)
        assert len(bomb) < 100_000
        assert problem(await sent(phone, bomb, GZIP)) == (413, "body-too-large")


class TestSize:
    async def test_is_allowed_up_to_the_limit(self, phone: Device, context: Context) -> None:
        limit = context.settings.body_limit
        assert (await sent(phone, body().ljust(limit))).status_code == 200
        assert problem(await sent(phone, body().ljust(limit + 1))) == (413, "body-too-large")
        assert (await sent(phone, gzip.compress(body().ljust(limit)), GZIP)).status_code == 200
        assert problem(await sent(phone, gzip.compress(body().ljust(limit + 1)), GZIP)) == (413, "body-too-large")

    async def test_is_bounded_while_the_body_still_comes(self, app: FastAPI, phone: Device, context: Context) -> None:
        chunks = 0

        async def endless() -> AsyncIterator[bytes]:
            nonlocal chunks
            while chunks < 10_000:
                chunks += 1
                yield b" " * 65_536

        headers = JSON | {"Authorization": f"Bearer {phone.token}"}
        transport = httpx.ASGITransport(app)  # not held against the document: that would read the body to its end
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            answer = await client.post("/v1/encounters", content=endless(), headers=headers)
        assert problem(answer) == (413, "body-too-large")
        assert chunks <= context.settings.body_limit // 65_536 + 2

    async def test_says_nothing_of_what_was_too_long(self, phone: Device) -> None:
        answer = await sent(phone, body(make.encounter(gender="durand" * 200_000)))
        assert problem(answer) == (413, "body-too-large")
        assert "durand" not in answer.text

    async def test_of_a_request_that_was_refused_blocks_nothing(self, phone: Device) -> None:
        await sent(phone, b" " * 2_000_000)
        await store(phone, "encounters", make.encounter())
