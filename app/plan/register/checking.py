"""What is wrong with an entry, seen against the register it is to join. Pure Python.

Codes of indicators are checked by their form only: plans may name indicators of a later version of the service, and
those that are not known are listed where indicators are.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import date
from typing import Any, Final

from app.errors import Fault
from app.plan.records import AnyEntry, Plan, Withdrawal
from app.plan.records.entry import Source, Text
from app.plan.register.known import Register
from app.plan.register.particular import wrong_in
from app.plan.standing import in_bounds, is_line, is_slug
from app.plan.vocabulary import EntryType

_NAMES: Final[Mapping[str, EntryType]] = {
    "action": EntryType.action,
    "objective": EntryType.objective,
    "body": EntryType.body,
    "lead": EntryType.body,
    "partners": EntryType.body,
    "funder": EntryType.body,
    "members": EntryType.body,
    "expected": EntryType.body,
    "present": EntryType.body,
    "owner": EntryType.body,
    "committee": EntryType.committee,
    "meeting": EntryType.meeting,
    "milestone": EntryType.milestone,
    "decision": EntryType.decision,
    "series": EntryType.series,
}
"""Which type of entry a field names one of, whatever entry the field stands in."""
_LINES: Final = frozenset({"title", "reference", "publisher", "licence", "alert"})
_APART: Final = frozenset({"url", "territory"})
_URL: Final = re.compile(r"https://[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)+(:[0-9]{1,5})?([/?#][!-~]*)?")


def faults_of(entry: AnyEntry, register: Register) -> list[Fault]:
    """Return what is wrong with an entry, each by JSON pointer into it; an empty list lets it join the register."""
    found = [*_form(entry), *_named(entry, register), *_correction(entry, register)]
    found += [Fault(f"/{name}", "rule", what) for name, what in wrong_in(entry)]
    if not found and register.is_said(entry):
        found.append(Fault("", "repeated", "says anew what an entry that stands says: name that one in `corrects`"))
    return found


def _form(value: Any, pointer: str = "") -> Iterator[Fault]:  # noqa: ANN401 - whatever an entry is made of
    """Yield the faults of form: codes, lines of words, days, addresses, lists that repeat themselves."""
    for one in fields(value):
        held, where = getattr(value, one.name), f"{pointer}/{one.name}"
        match held:
            case Text() | Source():
                yield from _form(held, where)
            case date() if not in_bounds(held):
                yield Fault(where, "rule", "must lie between 2000 and 2099")
            case tuple():
                yield from _list(held, one.name, where)
            case str():
                yield from _text(value, one.name, held, where)
            case _:
                pass


def _list(held: tuple[str, ...], name: str, where: str) -> Iterator[Fault]:
    for number, each in enumerate(held):
        if each in held[:number]:
            yield Fault(f"{where}/{number}", "rule", "must not be repeated")
        elif name != "roles" and not is_slug(each):
            yield Fault(f"{where}/{number}", "rule", _SLUG_RULE)


_SLUG_RULE: Final = "must be lower-case letters, digits, - and _, beginning with a letter or digit"
_LINE_RULE: Final = "must be one printable line with something to read in it"


def _text(holder: object, name: str, held: str, where: str) -> Iterator[Fault]:
    if name == "url":
        if not _URL.fullmatch(held):
            yield Fault(where, "rule", "must be an address that begins with https:// and a host")
    elif isinstance(holder, Text) or name in _LINES:
        if not is_line(held):
            yield Fault(where, "rule", _LINE_RULE)
    elif name not in _APART and type(held) is str and not is_slug(held):
        yield Fault(where, "rule", _SLUG_RULE)


def _named(entry: AnyEntry, register: Register) -> Iterator[Fault]:
    """Yield a fault for each code that nothing in the register or the directory answers to."""
    if not isinstance(entry, Plan) and not register.knows(entry.plan, EntryType.plan, entry.plan):
        yield Fault("/plan", "unknown", "must be the code of a plan of the register")
    for one in fields(entry):
        held, kind = getattr(entry, one.name), _NAMES.get(one.name)
        if one.name == "territory" and held is not None and held not in register.territories:
            yield Fault("/territory", "unknown", "must be a quarter, commune or larger territory of the directory")
        elif one.name == "perimeter" and held is not None and held not in register.perimeters:
            yield Fault("/perimeter", "unknown", "must be a perimeter of the directory")
        elif kind is not None and held is not None:
            rule = f"must name an entry of type {kind.value} that stands in the register of this plan"
            many = isinstance(held, tuple)
            for number, code in enumerate(held if many else (held,)):
                if not register.knows(entry.plan, kind, code):
                    yield Fault(f"/{one.name}/{number}" if many else f"/{one.name}", "unknown", rule)


def _correction(entry: AnyEntry, register: Register) -> Iterator[Fault]:
    if entry.corrects is None:
        return
    replaced = register.entry(entry.corrects)
    if isinstance(entry, Withdrawal):
        fits = replaced is not None and replaced.plan == entry.plan and not isinstance(replaced, Withdrawal)
        rule = "must be an entry of this plan that is no withdrawal itself"
    else:
        fits = replaced is not None and (replaced.plan, replaced.type) == (entry.plan, entry.type)
        rule = "must be an entry of the same plan and type"
    if not fits:
        yield Fault("/corrects", "unknown", rule)
    elif register.is_replaced(entry.corrects):
        yield Fault("/corrects", "replaced", "was corrected or withdrawn already: name the last correction")
