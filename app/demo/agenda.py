"""What is to happen next: stories that sleep until an instant of their own choice."""

import heapq
from collections.abc import Iterator
from datetime import datetime
from itertools import count
from typing import Final, TypeAlias

Story: TypeAlias = Iterator[datetime]
"""Goes on at each instant it yields, until it ends."""


class Agenda:
    """The stories that are under way, woken in the order of time."""

    def __init__(self) -> None:
        """Begin with none."""
        self._sleeping: Final[list[tuple[datetime, int, Story]]] = []
        self._numbers: Final = count()

    def start(self, story: Story, at: datetime) -> None:
        """Let a story begin, or go on, at an instant."""
        heapq.heappush(self._sleeping, (at, next(self._numbers), story))

    def run_until(self, at: datetime) -> None:
        """Let everything happen that happens up to an instant."""
        while self._sleeping and self._sleeping[0][0] <= at:
            _, _, story = heapq.heappop(self._sleeping)
            following = next(story, None)
            if following is not None:
                self.start(story, following)
