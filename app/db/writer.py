"""Group commit: concurrent requests share one transaction, so one sync of the disk acknowledges them all.

There is no timer: a lone request starts at once, and whatever arrives while a transaction commits forms the next one.
If a group fails, its requests are tried one by one, so that a poisoned one hurts nobody else.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from app import errors
from app.db.engine import ContentionError, Database, NotAllNewError, WriteSession

Request = TypeVar("Request")
Answer = TypeVar("Answer")
Store = Callable[[WriteSession, Sequence[Request]], Awaitable[Sequence[Answer]]]
"""Stores several requests in the transaction given and returns one answer each, in order."""

_GROUP_ITEMS: Final = 500
_TASKS: Final = 2
_WORTH_ANOTHER: Final = 100
"""From so many items on it is worth beginning a transaction beside one that runs; fewer had better share the next."""
_TRIES: Final = 4


@dataclass(slots=True)
class _Job(Generic[Request, Answer]):
    store: Store[Request, Answer]
    request: Request
    items: int
    answer: asyncio.Future[Answer] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Writer:
    """What stores the posts of devices: one task on SQLite, two on PostgreSQL, where one prepares while one waits."""

    def __init__(self, database: Database, queue_limit: int) -> None:
        """Wait for work; `queue_limit` counts items."""
        self._database = database
        self._queue_limit = queue_limit
        self._queue: deque[_Job[Any, Any]] = deque()
        self._queued_items = 0
        self._work = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._storing = 0
        self._stopping = False

    def start(self) -> None:
        """Begin storing."""
        tasks = 1 if self._database.is_sqlite else _TASKS
        self._tasks = [asyncio.create_task(self._run(), name=f"writer-{number}") for number in range(tasks)]

    async def stop(self) -> None:
        """Store what is queued, then end."""
        self._stopping = True
        self._work.set()
        await asyncio.gather(*self._tasks)

    async def store(self, store: Store[Request, Answer], request: Request, items: int) -> Answer:
        """Return the answer once the transaction that holds the request is committed.

        Raises `unavailable` when more than the queue's limit is already waiting. A caller who goes away does not undo
        the storing: the resent request will then find it done.
        """
        if self._stopping or self._queued_items + items > self._queue_limit:
            raise errors.unavailable("Too much is waiting to be stored; try again.")
        job: _Job[Request, Answer] = _Job(store, request, items)
        self._queue.append(job)
        self._queued_items += items
        self._work.set()
        return await asyncio.shield(job.answer)

    async def _run(self) -> None:
        while True:
            while self._queue and (self._storing == 0 or self._queued_items >= _WORTH_ANOTHER):
                self._storing += 1
                await self._gather_ready()
                if self._queue:
                    await self._commit(self._next_group())
                self._storing -= 1
            if self._stopping:  # whoever still stores takes what is left
                return
            self._work.clear()
            await self._work.wait()

    async def _gather_ready(self) -> None:
        """Let the requests that are already here be read, as long as each turn brings more: they share the commit."""
        queued = 0
        while queued < self._queued_items < _WORTH_ANOTHER:
            queued = self._queued_items
            await asyncio.sleep(0)

    def _next_group(self) -> list[_Job[Any, Any]]:
        """Take jobs in order of arrival while they share one way of storing and fit into one transaction."""
        first = self._queue.popleft()
        group, items = [first], first.items
        while self._queue and self._queue[0].store == first.store and items + self._queue[0].items <= _GROUP_ITEMS:
            job = self._queue.popleft()
            group.append(job)
            items += job.items
        self._queued_items -= items
        return group

    async def _commit(self, group: Sequence[_Job[Any, Any]]) -> None:
        try:
            answers = await self._store_together(group)
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to the requests, not to this task
            if len(group) > 1 and not _is_outage(error):
                for job in group:
                    await self._commit([job])
                return
            for job in group:
                if not job.answer.done():
                    job.answer.set_exception(error)
            return
        for job, answer in zip(group, answers, strict=True):
            if not job.answer.done():
                job.answer.set_result(answer)

    async def _store_together(self, group: Sequence[_Job[Any, Any]]) -> Sequence[Any]:
        careful = False
        for _ in range(_TRIES):
            try:
                async with self._database.writing(careful=careful) as session:
                    return await group[0].store(session, [job.request for job in group])
            except NotAllNewError:
                careful = True
            except ContentionError:
                pass
        raise errors.unavailable()


def _is_outage(error: Exception) -> bool:
    return isinstance(error, errors.Problem) and error.kind.status in {503, 507}
