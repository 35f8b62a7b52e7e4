"""Opening hours as people type them."""

import re
from datetime import date
from typing import Final

import typer

from app.directory.rules import DAY_MINUTES, Hours
from app.directory.vocabulary import Weekday

_OPENING: Final = re.compile(r"(daily|[a-z]{3})(?:-([a-z]{3}))? ([0-9]{1,2}):([0-9]{2})-([0-9]{1,2}):([0-9]{2})")
_DAYS: Final = {weekday.value[:3]: number for number, weekday in enumerate(Weekday)}
_HOUR: Final = 60


def read_openings(typed: str, start: date) -> list[Hours]:
    """Return the openings that a text such as `mon-fri 09:00-17:00` stands for, one a day, or end the command."""
    read = _OPENING.fullmatch(typed.strip().lower())
    if read is None or not {read[1], read[2] or read[1]} <= {*_DAYS, "daily"} or (read[1] == "daily" and read[2]):
        raise typer.BadParameter("an opening is typed as 'mon-fri 09:00-17:00'")
    opens, closes = int(read[3]) * _HOUR + int(read[4]), int(read[5]) * _HOUR + int(read[6])
    if max(int(read[4]), int(read[6])) >= _HOUR or max(opens, closes) > DAY_MINUTES:
        raise typer.BadParameter("an opening lies between 00:00 and 24:00")
    first, last = (0, 6) if read[1] == "daily" else (_DAYS[read[1]], _DAYS[read[2] or read[1]])
    days = [(first + step) % 7 for step in range((last - first) % 7 + 1)]
    ends = closes if closes > opens else closes + DAY_MINUTES
    return [Hours(list(Weekday)[day], opens, ends, start) for day in days]
