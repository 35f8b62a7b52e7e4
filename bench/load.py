"""A load generator light enough to share two cores with what it measures: prepared bytes over kept connections."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

_HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Load:
    """What a load came to. Times in seconds."""

    seconds: float
    items: int
    times: Sequence[float]

    @property
    def rate(self) -> float:
        """Items a second."""
        return self.items / self.seconds

    def quantile(self, share: float) -> float:
        """Seconds that `share` of the requests stayed under."""
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def requests(path: str, bodies: Sequence[bytes], token: str = "") -> list[bytes]:
    """Return the bodies as whole HTTP requests."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    head += f"Authorization: Bearer {token}\r\n"
    return [f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body for body in bodies]


async def run(port: int, prepared: Sequence[bytes], connections: int, items_each: int) -> Load:
    """Send every request once over some connections; every answer must be 2xx."""
    waiting = iter(prepared)
    times: list[float] = []

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in waiting:
            started = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(_HEAD_END)
            if not head.startswith(b"HTTP/1.1 2"):
                raise RuntimeError(head[:60])
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            body = await reader.readexactly(int(length.split(b":")[1]))
            if b'"rejected"' in body:
                raise RuntimeError(body[:300])
            times.append(time.perf_counter() - started)
        writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(connections)))
    return Load(time.perf_counter() - started, len(prepared) * items_each, times)
