"""A plan as monitoring looks at it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from app.db.engine import ReadSession
from app.directory.service import Directory
from app.directory.vocabulary import Label
from app.http.context import Context
from app.monitoring.kpis.records import Value
from app.monitoring.kpis.targets import places_judged
from app.plan.records import Plan, Recorded
from app.plan.records.steering import Target
from app.plan.register import queries
from app.plan.standing import standing
from app.plan.steering.targets import lines
from app.plan.vocabulary import EntryType

_TYPES = frozenset(EntryType) - {EntryType.series, EntryType.observation, EntryType.acknowledgement}
"""What figures of the register are made of."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A plan as monitoring looks at it: what was recorded, and on which day one looks."""

    context: Context
    session: ReadSession
    plan: Plan
    recorded: Sequence[Recorded]
    now: datetime
    at: date
    late: bool = False
    """Whether `now` is past: then only what was recorded by then is looked at, and nothing is computed live."""

    @property
    def targets(self) -> list[Target]:
        """Its targets as they stand."""
        return [line.target for line in lines(standing(self.recorded, self.at))]

    @property
    def perimeter(self) -> str:
        """Code of its perimeter."""
        return self.plan.perimeter or self.context.settings.perimeter

    def places(self, codes: Collection[str], until: date) -> Mapping[str, Collection[str]]:
        """Return {territory: which of the codes it has a target for there, on the last of days before `until`}."""
        targets, found = self.targets, dict[str, list[str]]()
        for code in codes:
            for place in places_judged(targets, code, until):
                found.setdefault(place, []).append(code)
        return dict(sorted(found.items()))


async def see(
    context: Context, session: ReadSession, plan: Plan, now: datetime, at: date, *, late: bool = False
) -> Seen:
    """Return a plan with everything recorded of it that figures are made of; when `late`, recorded by `now`."""
    recorded = await queries.load(session, plan.plan, _TYPES)
    known = [one for one in recorded if one.recorded_at <= now] if late else recorded
    return Seen(context, session, plan, known, now, at, late)


def named(directory: Directory, place: str, values: Sequence[Value]) -> list[Value]:
    """Return values as those of a territory, under its name."""
    names = {one.place.code: one.name for one in directory.all_territories}
    label = Label(names.get(place, place), names.get(place, place))
    return [replace(one, key=place, key_label=label, territory=place) for one in values]
