"""The time in tests: it stands still until a test moves it."""

from datetime import UTC, datetime, timedelta, timezone

NIGHT = datetime(2026, 3, 2, 21, 0, tzinfo=timezone(timedelta(hours=1)))
"""A Monday evening in Paris: a night team sets out."""


class SetClock:
    """A clock for `create_app(settings, clock=...)`: `now` is what it says, aware."""

    def __init__(self, now: datetime = NIGHT) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now.astimezone(UTC)

    def advance(self, by: timedelta) -> None:
        self.now += by
