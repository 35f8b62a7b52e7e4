"""What frozen releases tell, read from their own bytes: the only figures about people that come here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from app.db.engine import ReadSession
from app.releases.cells import EVERYWHERE
from app.releases.records import Release
from app.releases.service import fetch, listed
from app.releases.vocabulary import WHOLE, Dimension, Measure, Missing, Part, Span

Cells = Mapping[tuple[Measure, Dimension, str], "Counted"]


@dataclass(frozen=True, slots=True)
class Counted:
    """A published count of a place, and its published share."""

    value: int | None
    value_missing: Missing | None
    share: float | None
    share_missing: Missing | None


@dataclass(frozen=True, slots=True)
class Told:
    """A release with the cells of one place of it: its perimeter, or a territory."""

    release: Release
    cells: Cells

    def cell(self, measure: Measure, dimension: Dimension = Dimension.total, category: str = WHOLE) -> Counted | None:
        """Return a cell, None for one that such a release has not."""
        return self.cells.get((measure, dimension, category))


async def told(session: ReadSession, release: Release, place: str | None = None) -> Told:
    """Return what a release tells of its perimeter, or of a territory that it publishes cells of."""
    document = orjson.loads((await fetch(session, release.id, Part.json)).body)
    own = EVERYWHERE if place is None else place
    return Told(release, {_key(cell): _counted(cell) for cell in document["cells"] if cell["place"] == own})


def _key(cell: Mapping[str, str]) -> tuple[Measure, Dimension, str]:
    return Measure(cell["measure"]), Dimension(cell["dimension"]), cell["category"]


def _counted(cell: Mapping[str, Any]) -> Counted:
    why = [Missing(cell[name]) if cell[name] else None for name in ("value_missing", "share_missing")]
    return Counted(cell["value"], why[0], cell["share"], why[1])


async def of_plan(session: ReadSession, perimeter: str, since: date, until: date) -> Sequence[Release]:
    """Return the releases of a perimeter whose whole period lies in [since, until), by period."""
    return [
        one
        for one in await listed(session)
        if one.perimeter == perimeter and since <= one.period_from and one.period_to <= until
    ]


def newest(releases: Sequence[Release], span: Span) -> Release | None:
    """Return the release of a span that ends last, or None."""
    return max((one for one in releases if one.span == span.value), key=lambda one: one.period_to, default=None)
