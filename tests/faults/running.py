"""The service as it runs in earnest: processes of its own on loopback ports, over a database that syncs to disk."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import httpx

from app.clock import utc_now
from app.db.engine import Database
from app.db.writer import Writer
from app.http.context import Context
from app.keyring import Keyring
from app.settings import Settings

_READY_WITHIN_S = 30


class Service:
    """One process of the service; it can be killed and started again on the same port."""

    def __init__(self, settings: Settings, log: Path, more: Mapping[str, str] | None = None) -> None:
        self._settings = settings
        self._more = more or {}
        self._log = log
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port: int = probe.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", self._port

    def start(self) -> None:
        """Start and wait until it answers."""
        environment = {
            **os.environ,
            "MARAUDE_DATABASE_URL": self._settings.database_url,
            "MARAUDE_KEYS_DIR": str(self._settings.keys_dir),
            "MARAUDE_ANCHORS_DIR": str(self._settings.anchors_dir),
            "MARAUDE_PUBLIC_URL": self._settings.public_url,
            "MARAUDE_SWEEP_INTERVAL_S": str(self._settings.sweep_interval_s),
            "MARAUDE_REFRESH_INTERVAL_S": str(self._settings.refresh_interval_s),
            "MARAUDE_QUEUE_LIMIT": str(self._settings.queue_limit),
            "MARAUDE_RATE_SCALE": "1000",
            **self._more,
        }
        command = [sys.executable, "-m", "app.cli", "serve", "--port", str(self._port)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        until = time.monotonic() + _READY_WITHIN_S
        while time.monotonic() < until:
            assert self._process.poll() is None, self._log.read_text()
            with contextlib.suppress(httpx.TransportError):
                httpx.get(f"{self.url}/healthz", timeout=2)
                return
            time.sleep(0.05)
        raise TimeoutError(self._log.read_text())

    def kill(self) -> None:
        """End it as a power cut would: at once, in the middle of whatever it does."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to end."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait(30)


def beside(settings: Settings) -> Context:
    """Return what an administrator works with beside the running service: the database and the keys."""
    database = Database(settings, pooled=False)
    return Context(settings, utc_now, Keyring(settings.keys_dir), database, Writer(database, settings.queue_limit))
