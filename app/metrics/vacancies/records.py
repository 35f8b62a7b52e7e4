"""Counts as they come out of the database."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DayOfKind:
    """What the facilities of one kind declared on one day, and how many were admitted there; or admissions in all."""

    day: int
    """Civil day of Paris, in days since 1970-01-01."""
    kind: str
    vacant: int = 0
    filled: int = 0
    admitted: int = 0
    """Admissions of referrals to this kind, attributable or not."""
    late: int = 0
    """Those of them whose referral was received late."""

    def plus(self, other: "DayOfKind") -> "DayOfKind":
        """Return both together, under this day and kind."""
        return DayOfKind(
            self.day,
            self.kind,
            self.vacant + other.vacant,
            self.filled + other.filled,
            self.admitted + other.admitted,
            self.late + other.late,
        )
