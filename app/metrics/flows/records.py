"""Counts of links as they come out of the database."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Flow:
    """Referrals that went the same way."""

    period: int
    """Place in the list of periods."""
    source: str | None
    """Rung of the success before; None when there is none."""
    rung: str
    state: str
    succeeded: bool
    rule: str
    referrals: int
    late: int


@dataclass(frozen=True, slots=True)
class ExitFlow:
    """Stays that ended the same way."""

    rung: str
    destination: str | None
    exits: int
