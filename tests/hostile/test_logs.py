"""What a running service writes: one JSON line for each thing, and of whoever asked, sent or configured nothing."""

import itertools
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostile.corpus import CANARY
from tests.hostile.serving import Serving, serving

REQUEST_LINE = {"route", "method", "status", "ms", "role", "request"}
MALFORMED = [
    f"{CANARY}\r\n\r\n",
    f"GET /{CANARY}?{CANARY}={CANARY} HTTP/9.9\r\n\r\n",
    f"GET /v1/me HTTP/1.1\r\nHost: {CANARY}\r\n{CANARY}\r\n\r\n",
    f"GET /v1/me HTTP/1.1\r\nHost: x\r\n{CANARY} : {CANARY}\r\n\r\n",
    f"GET /{CANARY}\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
    f"POST /v1/encounters HTTP/1.1\r\nHost: x\r\nContent-Length: {CANARY}\r\n\r\n",
    f"POST /v1/encounters HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{CANARY}\r\n",
    f"POST /v1/encounters HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 9\r\n\r\n{CANARY}",
    f"GET /v1/me HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: {CANARY}\r\n\r\n",
    f"GET /v1/me HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\nOrigin: {CANARY}\r\n\r\n",
    f"CONNECT {CANARY}:443 HTTP/1.1\r\nHost: {CANARY}\r\n\r\n",
    f"{CANARY.upper()} /v1/me HTTP/1.1\r\nHost: x\r\n\r\n",
    f"GET /v1/me HTTP/1.1\r\nHost: x\r\nX-Long: {CANARY * 20_000}\r\n\r\n",
    f"\x16\x03\x01\x02{CANARY}",
    f"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n{CANARY}",
]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    folder: Path = tmp_path_factory.mktemp("served")
    with serving(folder, None) as running:
        yield running


def exchanged(served: Serving, raw: str) -> bytes:
    with socket.create_connection(served.service.address, timeout=10) as connection:
        connection.sendall(raw.encode("latin-1"))
        connection.settimeout(0.5)
        try:
            return connection.recv(65_536)
        except (TimeoutError, ConnectionResetError):
            return b""


def lines(served: Serving) -> list[str]:
    """Return what was logged, without the sentence that a start prints."""
    return [line for line in served.log.read_text().splitlines() if not line.startswith("Maraude answers on http://")]


def _logged_since(served: Serving, before: int) -> list[str]:
    """Return the lines after so many; the line of a request is written once its answer is out."""
    for _ in range(100):
        if found := lines(served)[before:]:
            return found
        time.sleep(0.05)
    return []


def test_bytes_that_are_no_http_leave_json_lines_that_repeat_nothing(served: Serving) -> None:
    for raw in MALFORMED:
        assert CANARY.encode() not in exchanged(served, raw)
    logged = lines(served)
    assert any(json.loads(line).get("message") == "Invalid HTTP request received." for line in logged)
    for line in logged:
        assert CANARY not in line.lower()
        assert "127.0.0.1" not in line
        assert "Traceback" not in line
        json.loads(line)


def test_a_request_leaves_one_line_without_query_address_or_token(served: Serving) -> None:
    before = len(lines(served))
    exchanged(
        served,
        f"GET /v1/me?name={CANARY} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {CANARY}\r\n"
        f"X-Forwarded-For: 192.0.2.7\r\nUser-Agent: {CANARY}\r\nConnection: close\r\n\r\n",
    )
    [line] = _logged_since(served, before)
    said = json.loads(line)
    assert said.keys() == REQUEST_LINE
    assert (said["route"], said["status"], said["role"]) == ("/v1/me", 401, "nobody")
    assert "192.0.2.7" not in line


WRONG_ADDRESSES = [
    f"postgresql://u:{CANARY}@127.0.0.1:1/db",
    f"postgresql://u@127.0.0.1:{CANARY}/db",
    f"postgresql://u:x@127.0.0.1:1/db?sslmode={CANARY}",
    f"postgresql://u:x@127.0.0.1:1/db?{CANARY}={CANARY}",
    f"mysql://u:{CANARY}@127.0.0.1/db",
    f"sqlite:////proc/{CANARY}/maraude.db",
    CANARY,
]
COMMANDS = (("serve", "--port", "1"), ("org", "list"))


def ended(address: str, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "MARAUDE_DATABASE_URL": address}
    command = [sys.executable, "-m", "app.cli", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(("address", "words"), list(zip(WRONG_ADDRESSES, itertools.cycle(COMMANDS), strict=False)))
def test_a_command_that_fails_says_nothing_of_the_databases_address(address: str, words: tuple[str, ...]) -> None:
    done = ended(address, *words)
    assert done.returncode == 1
    assert CANARY not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr


def test_help_shows_no_setting() -> None:
    for words in ((), ("serve",), ("org", "create")):
        done = ended(WRONG_ADDRESSES[0], *words, "--help")
        assert done.returncode == 0
        assert CANARY not in done.stdout + done.stderr


def test_a_worker_that_cannot_start_says_so_by_class_and_place() -> None:
    code = "import app.main; app.main.from_environment()"
    environment = {**os.environ, "MARAUDE_DATABASE_URL": f"postgresql://u@h:{CANARY}/db"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("The service cannot start: ValidationError at ")
    assert CANARY not in done.stderr
