"""An alert: plain values. Pure Python."""

from dataclasses import dataclass
from datetime import date, datetime

from app.directory.rules import Hours
from app.directory.vocabulary import Label
from app.monitoring.alerts.vocabulary import AlertKind, Severity


@dataclass(frozen=True, slots=True)
class Alert:
    """Something to look at. Its id says what it is about and stays the same while it lasts and when it comes back."""

    kind: AlertKind
    subject: str
    """Code, number or identifier of what it is about."""
    name: Label
    """What people call that."""
    since: date
    severity: Severity
    value: float | None = None
    """What was held against the threshold."""
    threshold: float | None = None
    """What it is beyond."""

    @property
    def id(self) -> str:
        """Its identifier: kind:subject."""
        return f"{self.kind.value}:{self.subject}"


@dataclass(frozen=True, slots=True)
class Noted:
    """Somebody took note of an alert."""

    alert: str
    on: date
    until: date | None
    role: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """An alert with who took note of it since it began."""

    alert: Alert
    noted: tuple[Noted, ...]
    acknowledged: bool
    """Whether a note holds today."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """A team that is expected: the first day of which nothing came, and the last one that is over."""

    team: str
    organisation: str
    """Name of whose team it is."""
    name: str
    since: date
    until: date
    """First day that is not over."""


@dataclass(frozen=True, slots=True)
class Reported:
    """When a facility last said something of itself."""

    facility: str
    organisation: str
    """Name of whoever operates it."""
    name: str
    at: datetime
    believed_s: float
    """For how long its kind's reports are believed, in seconds."""
    hours: tuple[Hours, ...] = ()
    """The hours it was ever planned to open."""


@dataclass(frozen=True, slots=True)
class Unheard:
    """A facility in use that never said anything of itself, with the hours it was ever planned to open."""

    facility: str
    organisation: str
    """Name of whoever operates it."""
    name: str
    opened_on: date
    hours: tuple[Hours, ...]
