"""Figures as the catalogue answers them, whole: what every oracle of an indicator is held against.

A module of oracles names the codes it compares in ORACLED, and its tests go through them by that name:
tests/properties/test_every_indicator_has_an_oracle.py sees that they do, and that no code is left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import httpx

Part = tuple[float | None, int, float | None, int | None, int | None, int | None]
"""value, n, denominator, unknown, base, late."""
Place = tuple[date, date, str | None]
"""First day, first day after, group."""


@dataclass(frozen=True)
class Asked:
    """One way to ask for an indicator; `beside` holds further limits, None where there is none."""

    since: date
    until: date
    granularity: str | None
    split: str | None
    beside: Mapping[str, str | None]


def share(above: int, below: float) -> float | None:
    """Return a ratio, or nothing where there is nothing below the line."""
    return above / below if below else None


def part(figure: Mapping[str, Any]) -> Part:
    """Return the numbers of a figure; a value that is missing has a reason, and no other has one."""
    assert (figure["value"] is None) == (figure["reason"] is not None), figure
    names = ("value", "n", "denominator", "unknown", "base", "late")
    value, n, denominator, unknown, base, late = (figure[name] for name in names)
    return value, n, denominator, unknown, base, late


async def figures(client: httpx.AsyncClient, token: str, code: str, asked: Asked) -> dict[Place, Mapping[str, Any]]:
    """Return the figures of an indicator by place, no place twice."""
    limits = {"from": str(asked.since), "to": str(asked.until), "granularity": asked.granularity, "split": asked.split}
    said = {name: value for name, value in (limits | dict(asked.beside)).items() if value is not None}
    answer = await client.get(f"/v1/indicators/{code}", params=said, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    shown: Sequence[Mapping[str, Any]] = answer.json()["figures"]
    found = {
        (date.fromisoformat(one["period_from"]), date.fromisoformat(one["period_to"]), one["key"]): one for one in shown
    }
    assert len(found) == len(shown), shown
    return found


async def parts(client: httpx.AsyncClient, token: str, code: str, asked: Asked) -> dict[Place, Part]:
    """Return the numbers of an indicator by place."""
    return {place: part(figure) for place, figure in (await figures(client, token, code, asked)).items()}
