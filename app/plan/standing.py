"""What stands in the register at a date, as it was known at an instant; what an entry must fulfil. Pure Python."""

import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Final, TypeVar

from app.plan.records import AnyEntry, Recorded
from app.plan.records.entry import Entry

Kind = TypeVar("Kind", bound=Entry)
_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
_FIRST_YEAR: Final = 2000
_AFTER_LAST_YEAR: Final = 2100


def is_slug(code: str) -> bool:
    """Say whether a code is lower-case letters, digits, hyphens and underscores, 60 at most."""
    return _SLUG.fullmatch(code) is not None


def is_line(words: str) -> bool:
    """Say whether words are one printable line with something to read in it."""
    return bool(words.strip()) and words.isprintable()


def in_bounds(day: date) -> bool:
    """Say whether a day lies from 2000 to 2099: others are typing errors."""
    return _FIRST_YEAR <= day.year < _AFTER_LAST_YEAR


def standing(recorded: Iterable[Recorded], at: date | None = None, known_at: datetime | None = None) -> list[AnyEntry]:
    """Return the entries about days up to `at` that stood at `known_at`, in the order of (on, recorded_at, id).

    An entry stands unless a later one, itself recorded by then, corrects or withdraws it. A corrected entry stays
    corrected when its correction is corrected in turn; withdrawing a correction brings nothing back: whoever wants the
    first entry again enters it again. Withdrawals themselves are not returned. None means without end.
    """
    known = [one for one in recorded if known_at is None or one.recorded_at <= known_at]
    replaced = {one.entry.corrects for one in known if one.entry.corrects is not None}
    stood = [
        one
        for one in known
        if one.entry.id not in replaced and one.entry.type.value != "withdrawal" and (at is None or one.entry.on <= at)
    ]
    stood.sort(key=lambda one: (one.entry.on, one.recorded_at, one.entry.id.bytes))
    return [one.entry for one in stood]


def of_type(entries: Iterable[AnyEntry], kind: type[Kind]) -> list[Kind]:
    """Return the entries of one type, in their order."""
    return [one for one in entries if isinstance(one, kind)]


def latest(entries: Sequence[Kind], key: Callable[[Kind], Hashable]) -> Mapping[Hashable, Kind]:
    """Return the last entry for each key: of entries in the order of `standing`, what holds now."""
    return {key(one): one for one in entries}
