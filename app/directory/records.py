"""What the directory holds, as it comes out of the database: plain values, no table."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from app.directory.rules import Hours, KindRule, Place
from app.directory.vocabulary import AnnotationKind, Label, ReportReason


@dataclass(frozen=True, slots=True)
class Version:
    """How often the directory changed, and when it last did."""

    number: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Territory:
    """A node of the territory tree. `area_km2` in square kilometres, the centre in km from the centre of Paris."""

    place: Place
    name: str
    area_km2: float | None
    east_km: float | None
    north_km: float | None
    source: str


@dataclass(frozen=True, slots=True)
class Perimeter:
    """The territories a plan covers, each with everything below it."""

    code: str
    label: Label
    valid_from: date
    valid_until: date | None
    territories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """A rule for one kind of facility, with its label."""

    rule: KindRule
    label: Label


@dataclass(frozen=True, slots=True)
class FacilityRef:
    """What a record needs to know of a facility it names."""

    id: UUID
    org_id: UUID
    kind: str
    territory_code: str
    opened_on: date
    closed_on: date | None


@dataclass(frozen=True, slots=True)
class Facility:
    """A facility as people know it: what changes rarely."""

    ref: FacilityRef
    name: str
    operator: str
    hours: tuple[Hours, ...]

    @property
    def id(self) -> UUID:
        """Its identifier."""
        return self.ref.id


@dataclass(frozen=True, slots=True)
class Report:
    """What a facility last said of itself."""

    id: UUID
    observed_at: datetime
    open: bool
    places_free: int | None
    waiting: int | None
    reason: ReportReason | None


@dataclass(frozen=True, slots=True)
class Present:
    """The present state of a facility; `position` is where the feeds have it."""

    facility_id: UUID
    position: int
    report: Report | None


@dataclass(frozen=True, slots=True)
class Annotation:
    """Something that happened on a day and that figures are read beside; everywhere without a territory."""

    id: UUID
    day: date
    territory_code: str | None
    kind: AnnotationKind
    label: Label
    source: str
