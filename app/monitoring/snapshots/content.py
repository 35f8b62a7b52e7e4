"""What a snapshot holds: the register as recorded, and what it comes to, under stable names.

Everything hangs under a name that lasts (an entry's id, an action's number, a KPI's code), never under a place in a
list, so two snapshots can be held against each other by path. Figures about people are not in it: releases are frozen.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import orjson

from app.monitoring.definitions import LIVE
from app.monitoring.kpis.definitions import OF_PLAN
from app.monitoring.kpis.records import Held
from app.plan.actions.findings import ActionLine, actions
from app.plan.actions.milestones import milestones
from app.plan.coordination.cadence import cadence
from app.plan.money.sums import MoneyRow, Sums, money_rows, totals
from app.plan.records import AnyEntry, Plan, Recorded
from app.plan.register.queries import written
from app.plan.standing import standing
from app.plan.steering.targets import lines
from app.plan.vocabulary import Lacking

Json = Mapping[str, Any]


def content_of(recorded: Sequence[Recorded], plan: Plan, at: date, known_at: datetime, kpis: Sequence[Held]) -> Json:
    """Return what was known of a plan at an instant as it stood on a day; `recorded` is what was recorded by then."""
    then = standing(recorded, at)
    stands = {one.id for one in then}
    return {
        "at": at,
        "known_at": known_at.isoformat(timespec="milliseconds"),
        "entries": {str(one.entry.id): _entry(one, stands=one.entry.id in stands) for one in recorded},
        "actions": {str(line.action.number): _action(line) for line in actions(then, at)},
        "milestones": {
            line.milestone.code: {
                "due_on": line.milestone.due_on,
                "state": line.state,
                "reached_on": line.reached_on,
                "slip_days": line.slip_days,
            }
            for line in milestones(then, at)
        },
        "money": _money(then),
        "coordination": _coordination(standing(recorded), plan, at),
        "targets": {
            line.target.code: {
                "indicator": line.target.indicator,
                "value": line.target.value,
                "first_value": line.first.value,
                "revisions": line.revisions,
            }
            for line in lines(then)
        },
        "kpis": _kpis(kpis),
    }


def canonical(said: Json) -> bytes:
    """Return JSON with its names in order and no space: the same content is the same bytes."""
    return orjson.dumps(said, option=orjson.OPT_SORT_KEYS)


def _entry(one: Recorded, *, stands: bool) -> Json:
    """Return an entry with what the service knows of its making; which account made it is the register's own matter."""
    made = {"recorded_at": one.recorded_at.isoformat(timespec="milliseconds"), "role": one.role, "stands": stands}
    return {"entry": written(one.entry), **made}


def _action(line: ActionLine) -> Json:
    return {
        "first_end": line.schedule.first_end,
        "end": line.schedule.end,
        "slip_days": line.schedule.slip_days,
        "late_since": line.late_since,
        "found": {one.body: {"status": one.status, "on": one.on} for one in line.found},
    }


def _money(entries: Sequence[AnyEntry]) -> Json:
    found = totals(entries)
    return {
        "rows": {_row_name(row): _sums(row.sums) for row in money_rows(entries)},
        "authorisations": _sums(found.authorisations),
        "credits": _sums(found.credits),
        "in_kind": _sums(found.in_kind),
        "execution": found.on_initial.value,
        "execution_revised": found.on_revised.value,
        "overrun_cents": found.overrun.cents if found.overrun else None,
    }


def _row_name(row: MoneyRow) -> str:
    return f"{row.action or 'plan'}.{row.funder}.{row.year or Lacking.not_spread}.{row.kind.value}"


def _sums(sums: Sums) -> Json:
    return {"committed": sums.committed, "revisions": sums.revisions, "spent": sums.spent}


def _coordination(entries: Sequence[AnyEntry], plan: Plan, at: date) -> Json:
    found: dict[str, dict[str, Json]] = {}
    for one in cadence(entries, plan, at):
        found.setdefault(one.committee, {})[one.quarter.name] = {
            "planned": one.planned,
            "held": one.held,
            "not_held": one.not_held,
            "unknown": one.unknown,
            "signatories_present": one.attendance.present,
            "signatories_expected": one.attendance.expected,
            "days_since_last": one.days_since_last,
            "decisions_open": one.decisions.open,
            "decisions_overdue": one.decisions.overdue,
        }
    return found


def _kpis(held: Sequence[Held]) -> Json:
    """Return the values that are about no person."""
    about_nobody = [one for one in held if one.value.kpi.code in OF_PLAN or one.value.kpi.code in LIVE]
    return {".".join(filter(None, (one.value.kpi.code, one.value.key))): _kpi(one) for one in about_nobody}


def _kpi(one: Held) -> Json:
    value = one.value
    return {
        "version": value.kpi.version,
        "unit": value.kpi.unit,
        "period_from": value.period.since if value.period else None,
        "period_to": value.period.until if value.period else None,
        "value": value.value,
        "missing": value.missing.code if value.missing else None,
        "unknown": value.unknown,
        "base": value.base,
        "target": one.target.value if one.target else None,
        "status": one.status,
    }
