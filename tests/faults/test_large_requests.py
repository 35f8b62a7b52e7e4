"""Requests without end, against a process of the service: what it holds in memory stays what it was.

`LARGE_BODY_MB=1000` sends a gigabyte; 200 MB show the same.
"""

import contextlib
import gzip
import os
import shutil
import socket
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import httpx
import pytest

from app.http.context import Context
from app.http.protocol import HEAD_TIMEOUT_S, LONGEST_HEAD
from app.settings import Settings
from tests import members, places
from tests.faults.running import Service, beside

MEGABYTE = 1_000_000
LARGE = int(os.environ.get("LARGE_BODY_MB", "200")) * MEGABYTE
GROWTH = 24 * MEGABYTE
"""What may be held beside what was: some buffers of sockets, a body at its limit, twice while it is joined."""
_PIECE = b"x" * 65_536
_CHUNK = b"10000\r\n" + _PIECE + b"\r\n"
_EMPTY_BLOCK = b"\x00\x00\x00\xff\xff"
"""A deflate block, stored, that holds nothing: gzip may repeat it for ever."""


@pytest.fixture(scope="module")
def large_settings(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("large")
    shutil.copyfile(sqlite_template, folder / "maraude.db")
    return Settings(database_url=f"sqlite:///{folder}/maraude.db", keys_dir=folder / "keys", sweep_interval_s=86_400)


@pytest.fixture(scope="module")
def service(large_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    running = Service(large_settings, tmp_path_factory.mktemp("log") / "service.log")
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
async def token(service: Service, large_settings: Settings) -> str:
    """The token of a phone, so that a body is read at all."""
    made: Context = beside(large_settings)
    await places.seeded(made)
    async with httpx.AsyncClient(base_url=service.url) as client:
        phone = await members.enrolled(client, made, await members.found(made))
    await made.database.close()
    return str(phone.token)


def rss(service: Service, what: str = "VmRSS") -> int:
    """Return the bytes of memory a process holds, or has held at most (`VmHWM`)."""
    for line in Path(f"/proc/{service.pid}/status").read_text().splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(what)


def peak_grown_from_here(service: Service) -> int:
    """Forget the process's highest memory, and return what it holds now."""
    Path(f"/proc/{service.pid}/clear_refs").write_text("5")
    return rss(service)


def send(service: Service, head: bytes, pieces: Iterator[bytes], most: int) -> tuple[bytes, int]:
    """Send a head and pieces until `most` bytes are gone or the service hangs up; return the answer, and bytes sent."""
    sent = 0
    answer = b""
    with socket.create_connection(service.address, timeout=20) as line:
        with contextlib.suppress(ConnectionError):
            line.sendall(head)
            for piece in pieces:
                if sent >= most:
                    break
                line.sendall(piece)
                sent += len(piece)
        with contextlib.suppress(ConnectionError, TimeoutError):
            line.settimeout(0.5)
            while more := line.recv(65_536):
                answer += more
    return answer, sent


def repeated(piece: bytes) -> Iterator[bytes]:
    while True:
        yield piece


def post(token: str, path: str = "/v1/encounters", *more: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: x", f"Authorization: Bearer {token}", "Content-Type: application/json"]
    return "\r\n".join([*lines, "Transfer-Encoding: chunked", *more, "", ""]).encode()


def seconds_until_given_up(service: Service, start: bytes) -> float:
    """Begin a head and never end it; return how long the service waits before it says so and hangs up."""
    began = time.monotonic()
    with socket.create_connection(service.address, timeout=HEAD_TIMEOUT_S + 5) as line:
        line.sendall(start)
        assert line.recv(1000).startswith(b"HTTP/1.1 408 ")
        assert line.recv(1000) == b""
    return time.monotonic() - began


def answers_still(service: Service) -> bool:
    return httpx.get(f"{service.url}/healthz").status_code == 200


class TestMemoryStaysFlat:
    @pytest.mark.parametrize("path", ["/v1/encounters", "/v1/tokens", "/v1/enrolments", "/nowhere"])
    async def test_under_a_chunked_body_without_end(self, service: Service, token: str, path: str) -> None:
        held = peak_grown_from_here(service)
        answer, sent = send(service, post(token, path), repeated(_CHUNK), LARGE)
        assert answer[:9] in {b"", b"HTTP/1.1 "}
        assert sent < LARGE
        grown = rss(service, "VmHWM") - held
        print(f"{path}: {sent / MEGABYTE:.0f} MB taken, memory grew by {grown / MEGABYTE:.1f} MB")  # noqa: T201 - measured
        assert grown < GROWTH
        assert answers_still(service)

    async def test_under_a_body_of_a_read(self, service: Service, token: str) -> None:
        held = peak_grown_from_here(service)
        send(service, post(token, "/v1/me").replace(b"POST", b"GET", 1), repeated(_CHUNK), LARGE)
        assert rss(service, "VmHWM") - held < GROWTH

    async def test_under_a_bomb_that_inflates_without_end(self, service: Service, token: str) -> None:
        bomb = gzip.compress(bytes(LARGE), 9)
        held = peak_grown_from_here(service)
        chunk = f"{len(bomb):x}\r\n".encode() + bomb + b"\r\n0\r\n\r\n"
        answer, _ = send(service, post(token, "/v1/encounters", "Content-Encoding: gzip"), iter([chunk]), LARGE)
        assert b" 413 " in answer[:20]
        assert rss(service, "VmHWM") - held < GROWTH

    async def test_under_gzip_that_never_inflates_to_anything(self, service: Service, token: str) -> None:
        start = gzip.compress(b"")[:10]
        blocks = _EMPTY_BLOCK * 13_000
        assert zlib.decompressobj(31).decompress(start + blocks) == b""
        held = peak_grown_from_here(service)
        head = post(token, "/v1/encounters", "Content-Encoding: gzip") + b"a\r\n" + start + b"\r\n"
        chunk = f"{len(blocks):x}\r\n".encode() + blocks + b"\r\n"
        answer, _ = send(service, head, repeated(chunk), 4 * MEGABYTE)
        assert b" 413 " in answer[:20]
        assert rss(service, "VmHWM") - held < GROWTH

    @pytest.mark.parametrize(
        ("start", "piece"),
        [
            pytest.param(b"GET /" + b"a" * 1000, _PIECE, id="url"),
            pytest.param(b"GET / HTTP/1.1\r\nX: ", _PIECE, id="header"),
            pytest.param(b"GET / HTTP/1.1\r\n", b"X-Y: 1\r\n" * 5_000, id="headers"),
            pytest.param(b"", b"\r\n" * 30_000, id="blank lines"),
        ],
    )
    def test_under_a_head_without_end(self, service: Service, start: bytes, piece: bytes) -> None:
        held = peak_grown_from_here(service)
        answer, sent = send(service, start, repeated(piece), LARGE)
        assert sent < LARGE
        assert answer[:20] in {b"", b"HTTP/1.1 431 Request"}
        assert rss(service, "VmHWM") - held < GROWTH
        assert answers_still(service)

    @pytest.mark.parametrize("piece", [b"X-Y: 1\r\n" * 8_000, _PIECE], ids=["trailers", "one trailer"])
    async def test_under_trailers_without_end(self, service: Service, token: str, piece: bytes) -> None:
        held = peak_grown_from_here(service)
        _, sent = send(service, post(token) + b"2\r\n{}\r\n0\r\nX: ", repeated(piece), LARGE)
        assert sent < LARGE
        assert rss(service, "VmHWM") - held < GROWTH


class TestAHead:
    @pytest.mark.parametrize(("length", "status"), [(LONGEST_HEAD // 2, b"404"), (LONGEST_HEAD + 1_000, b"431")])
    def test_is_read_up_to_its_bound(self, service: Service, length: int, status: bytes) -> None:
        head = b"GET /" + b"a" * length + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        answer, _ = send(service, head, iter([]), 0)
        assert answer.split(b" ")[1] == status

    def test_may_follow_another_on_the_same_connection(self, service: Service) -> None:
        with httpx.Client(base_url=service.url) as client:
            for _ in range(3):
                assert client.get("/healthz").status_code == 200
                assert client.post("/v1/encounters", content=b"{}" * 1_000).status_code == 401

    def test_that_does_not_come_ends_the_connection(self, service: Service) -> None:
        """Not begun, begun, and a blank line: each on a line of its own, all at once."""
        starts = (b"", b"GET /healthz HTT", b"\r\n")
        with ThreadPoolExecutor(len(starts)) as callers:
            given_up = list(callers.map(partial(seconds_until_given_up, service), starts))
        assert [HEAD_TIMEOUT_S - 0.5 < seconds < HEAD_TIMEOUT_S + 3 for seconds in given_up] == [True] * 3, given_up


def test_a_body_that_does_not_come_is_given_up(
    large_settings: Settings, token: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARAUDE_BODY_TIMEOUT_S", "1")
    monkeypatch.setenv("MARAUDE_MOST_CONNECTIONS", "3")
    impatient = Service(large_settings, tmp_path / "service.log")
    impatient.start()
    try:
        with socket.create_connection(impatient.address, timeout=10) as line:
            line.sendall(post(token) + b"1\r\n{\r\n")
            answer = b""
            while b"body-too-slow" not in answer and (more := line.recv(4000)):
                answer += more
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"body-too-slow" in answer
        with contextlib.ExitStack() as lines:
            for _ in range(3):
                lines.enter_context(socket.create_connection(impatient.address, timeout=10))
            time.sleep(0.2)
            assert httpx.get(f"{impatient.url}/healthz").status_code == 503
        time.sleep(0.2)
        assert answers_still(impatient)
    finally:
        impatient.stop()
