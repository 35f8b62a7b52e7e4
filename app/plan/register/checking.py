"""What is wrong with an entry, seen against the register it is to join. Pure Python.

Codes of indicators are checked by their form only: plans may name indicators of a later version of the service, and
those that are not known are listed where indicators are.
"""

import re
from collections.abc import Iterator
from dataclasses import fields
from datetime import date
from typing import Any, Final

from app.errors import Fault
from app.plan.records import AnyEntry, Assessment, DecisionEnded, MilestoneReached, Statement, Withdrawal
from app.plan.records.entry import Source, Text
from app.plan.register.known import Register, references
from app.plan.register.particular import ahead_in, wrong_in
from app.plan.standing import in_bounds, is_line, is_slug
from app.plan.vocabulary import EntryType

_LINES: Final = frozenset({"title", "reference", "publisher", "licence", "alert"})
_APART: Final = frozenset({"url", "territory"})
_URL: Final = re.compile(r"https://[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)+(:[0-9]{1,5})?([/?#][!-~]*)?")


def faults_of(entry: AnyEntry, register: Register, today: date) -> list[Fault]:
    """Return what is wrong with an entry, each by JSON pointer into it; an empty list lets it join the register.

    `today` is the day in Paris on which it is entered.
    """
    found = [*_form(entry), *_named(entry, register), *_dated(entry, register), *_correction(entry, register)]
    found += [Fault(f"/{name}", "rule", what) for name, what in (*wrong_in(entry), *ahead_in(entry, today))]
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
    for pointer, kind, code in references(entry):
        if not register.knows(entry.plan, kind, code):
            yield Fault(pointer, "unknown", _PLAN_RULE if kind is EntryType.plan else _NAMED_RULE.format(kind.value))
    territory, perimeter = getattr(entry, "territory", None), getattr(entry, "perimeter", None)
    if territory is not None and territory not in register.territories:
        yield Fault("/territory", "unknown", "must be a quarter, commune or larger territory of the directory")
    if perimeter is not None and perimeter not in register.perimeters:
        yield Fault("/perimeter", "unknown", "must be a perimeter of the directory")


_PLAN_RULE: Final = "must be the code of a plan of the register"
_NAMED_RULE: Final = "must name an entry of type {} that stands in the register of this plan"


def _dated(entry: AnyEntry, register: Register) -> Iterator[Fault]:
    """Yield a fault for what is said to have ended before it began."""
    if isinstance(entry, DecisionEnded):
        taken = register.first_day(entry.plan, EntryType.decision, entry.decision)
        if taken is not None and entry.on < taken:
            yield Fault("/on", "rule", "must not lie before the day of its decision")


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
    elif naming := register.left_unnamed(entry):
        yield Fault("/corrects", "named", _STILL_NAMED.format(naming))
    elif isinstance(entry, _SAID_BY) and entry.body != getattr(replaced, "body", None):
        yield Fault("/body", "rule", "must stay who said it: withdraw that entry, and enter this one anew")


_SAID_BY: Final = (Assessment, Statement, MilestoneReached)
_STILL_NAMED: Final = (
    "is named by entries that stand ({} of them), and nothing else defines its code: withdraw or correct those first"
)
