"""How snapshots are bound to each other, what breaks that, and how two differ. Pure Python."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from app.monitoring.periods import month_of
from app.monitoring.snapshots.records import Link, Snapshot
from app.monitoring.snapshots.vocabulary import Change, Tampering

FIRST: Final = bytes(32)
"""What the first snapshot of a plan is bound to."""


def digest_of(previous: bytes, body: bytes) -> bytes:
    """Return SHA-256(previous digest | canonical JSON)."""
    return sha256(previous + body).digest()


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with the snapshot of one number, or with an entry of the log."""

    kind: Tampering
    number: int


def findings(stored: Sequence[Snapshot], remembered: Mapping[int, bytes]) -> list[Finding]:
    """Return what is wrong with a plan's chain, by number; nothing when it holds.

    `remembered` is what the audit log says of each number: its digest. It is the only witness of what was cut off at
    the end, and of a chain made anew from the beginning. A month left out between two that hold is told of the later.
    """
    by_number = {one.link.number: one for one in stored}
    last = max(by_number, default=0)
    found, before = [], None
    for number in range(1, max([last, *remembered]) + 1):
        kind = Tampering.truncated if number > last else _kind(number, by_number, remembered)
        own = by_number[number].link if kind is None else None
        if own and before and own.month != month_of(before.month).until:
            kind = Tampering.gap
        if kind is not None:
            found.append(Finding(kind, number))
        before = own
    return found


def _kind(number: int, by_number: Mapping[int, Snapshot], remembered: Mapping[int, bytes]) -> Tampering | None:
    one = by_number.get(number)
    if one is None:
        return Tampering.removed
    link, said = one.link, _says(one.body, one.link)
    if digest_of(link.previous, one.body) != link.digest:
        return Tampering.changed
    if link.digest == remembered.get(number):  # which holds for what stands before it, too
        return None if said else Tampering.changed
    if link.digest in remembered.values():
        return Tampering.reordered
    if not said:
        return Tampering.changed
    return Tampering.rewritten if number in remembered else Tampering.inserted


def _says(body: bytes, link: Link) -> bool:
    """Say whether the content names what stands in the columns beside it."""
    try:
        said = json.loads(body)
        named = (said["plan"], said["number"], said["month"], said["taken_at"], said["code_version"])
    except (ValueError, KeyError, TypeError):
        return False
    return named == tuple(heading_of(link).values())


def heading_of(link: Link) -> dict[str, Any]:
    """Return what a snapshot says of itself in its content."""
    return {
        "plan": link.plan,
        "number": link.number,
        "month": link.id,
        "taken_at": link.taken_at.isoformat(timespec="milliseconds"),
        "code_version": link.code_version,
    }


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that is not the same in two snapshots. A path is a JSON pointer (RFC 6901)."""

    path: str
    change: Change
    before: Any
    after: Any


_OF_ITSELF: Final = ("number", "month", "taken_at", "known_at", "code_version")


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Return how the content of one snapshot became that of another, by path.

    What one of them has not at all is told as one value. What a snapshot says of itself is no difference.
    """
    one, other = ({name: said for name, said in each.items() if name not in _OF_ITSELF} for each in (before, after))
    return list(_different("", one, other))


def _different(path: str, before: Any, after: Any) -> Iterator[Difference]:  # noqa: ANN401 - JSON
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted(before.keys() | after.keys()):
            below = f"{path}/{name.replace('~', '~0').replace('/', '~1')}"
            if name not in after:
                yield Difference(below, Change.removed, before[name], None)
            elif name not in before:
                yield Difference(below, Change.added, None, after[name])
            else:
                yield from _different(below, before[name], after[name])
    elif not _same(before, after):
        yield Difference(path, Change.changed, before, after)


def _same(one: Any, other: Any) -> bool:  # noqa: ANN401 - JSON
    """Say whether two values are the same JSON: to Python, true is 1."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
