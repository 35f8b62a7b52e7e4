"""The statement behind the map that facts do not answer."""

from collections import defaultdict

from sqlalchemy import select
from sqlmodel import col

from app.db.engine import ReadSession
from app.directory.models import TerritoryBorder


async def neighbours(session: ReadSession) -> dict[str, frozenset[str]]:
    """Return which territories touch each territory."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for one, other in await session.execute(select(col(TerritoryBorder.code_a), col(TerritoryBorder.code_b))):
        found[one].add(other)
        found[other].add(one)
    return {code: frozenset(touching) for code, touching in found.items()}
