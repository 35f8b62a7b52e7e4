"""What is on its way out: announced on every answer by the headers of RFC 9745 and RFC 8594."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Final


@dataclass(frozen=True, slots=True)
class Deprecation:
    """Since when a route is deprecated, when it goes, and where its successor is described."""

    since: datetime
    sunset: datetime
    successor: str

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return the headers that say so, as ASGI sends them."""
        return [
            (b"deprecation", f"@{int(self.since.timestamp())}".encode()),
            (b"sunset", format_datetime(self.sunset, usegmt=True).encode()),
            (b"link", f'<{self.successor}>; rel="deprecation"'.encode()),
        ]


DEPRECATED: Final[Mapping[str, Deprecation]] = {}
"""By operation id; see docs/api-versioning.md."""
