"""Starting what is measured, and reading what it uses from /proc."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """Return a port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    port: int
    pid: int

    def cpu_seconds(self) -> float:
        """CPU time used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def resident_mb(self) -> float:
        """Resident memory in MB."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        return 0.0


def ours(environment: Mapping[str, str]) -> contextlib.AbstractContextManager[Server]:
    """Run the service as `maraude serve` does."""
    return _running(["-m", "app.cli", "serve"], environment)


def unaudited(environment: Mapping[str, str]) -> contextlib.AbstractContextManager[Server]:
    """Run the service without its audit chain, to see what the chain costs."""
    return _running(["-m", "bench.unaudited", "serve"], environment)


def naive(environment: Mapping[str, str]) -> contextlib.AbstractContextManager[Server]:
    """Run the naive endpoint under the same server with the same loop and parser."""
    options = [
        "--loop",
        "uvloop",
        "--http",
        "httptools",
        "--no-access-log",
        "--no-proxy-headers",
        "--log-level",
        "error",
    ]
    return _running(["-m", "uvicorn", "bench.naive:app", *options], environment)


@contextlib.contextmanager
def _running(arguments: Sequence[str], environment: Mapping[str, str]) -> Iterator[Server]:
    port = free_port()
    command = [sys.executable, *arguments, "--port", str(port)]
    process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL)
    try:
        _wait(port, process)
        yield Server(port, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(1200):
        if process.poll() is not None:
            msg = "the server ended before it answered"
            raise RuntimeError(msg)
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1).close()
            return
        time.sleep(0.05)
    msg = "the server did not answer"
    raise RuntimeError(msg)
