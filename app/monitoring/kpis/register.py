"""The figures of the register, folded from the entries that stand. Pure Python."""

from collections.abc import Iterator, Sequence
from datetime import date

from app.directory.vocabulary import Label
from app.monitoring.kpis.definitions import OF_PLAN
from app.monitoring.kpis.records import Value
from app.monitoring.kpis.vocabulary import Gap, Why, gap, lacking
from app.plan.actions.findings import actions
from app.plan.actions.milestones import milestones
from app.plan.actions.realisation import headline, published_share, statements, tallies
from app.plan.coordination.cadence import cadence, rhythms
from app.plan.coordination.decisions import followed, stock
from app.plan.coordination.parts import measured
from app.plan.money.sums import Execution, totals
from app.plan.records import AnyEntry, Plan, Recorded
from app.plan.records.register import Body
from app.plan.standing import latest, of_type, standing
from app.plan.vocabulary import Lacking, MilestoneState, StatementMeasure, Subject

_CENTS = 100


def register_values(recorded: Sequence[Recorded], plan: Plan, at: date) -> list[Value]:
    """Return every figure of the register as it stood at a date, by what is known now; those by body come by body."""
    then = standing(recorded, at)
    return [
        *_realisation(then),
        *_progress(then, at),
        *_money(then),
        *_coordination(standing(recorded), plan, at),
    ]


def _state(
    code: str, value: float | None, missing: Why | None, *, unknown: int | None = None, base: int | None = None
) -> Value:
    return Value(OF_PLAN[code], None, value, missing if value is None else None, unknown=unknown, base=base)


def _realisation(entries: Sequence[AnyEntry]) -> Iterator[Value]:
    names = latest(of_type(entries, Body), lambda one: one.code)
    labels = {code: Label(body.name.fr, body.name.en) for code, body in names.items()}
    for tally in tallies(entries):
        why = lacking(tally.lacking) if tally.lacking else None
        yield Value(
            OF_PLAN["actions_initiated_share"],
            None,
            tally.share(),
            why,
            tally.body,
            labels.get(tally.body),
            tally.not_assessed,
            tally.actions,
        )
    for said in statements(entries):
        one = said.statement
        if one.subject is not Subject.realisation:
            continue
        words = one.measure is StatementMeasure.qualitative
        yield Value(
            OF_PLAN["realisation_stated"],
            None,
            published_share(one),
            gap(Gap.only_words) if words else None,
            f"{one.body}.{one.code}",
            Label(one.says.fr, one.says.en),
            said_on=one.on,
            document=one.source,
        )


def _progress(entries: Sequence[AnyEntry], at: date) -> Iterator[Value]:
    lines, reached = actions(entries, at), milestones(entries, at)
    head = headline(lines, [one.state for one in reached])
    why = lacking(Lacking.never_dated) if lines else lacking(Lacking.no_action)
    undated = len(lines) - head.dated
    yield _state("actions_late", head.late if head.dated else None, why, unknown=undated, base=len(lines))
    missed = head.milestones[MilestoneState.missed] if reached else None
    yield _state("milestones_missed", missed, gap(Gap.no_milestone))


def _money(entries: Sequence[AnyEntry]) -> Iterator[Value]:
    found = totals(entries)
    nothing = gap(Gap.nothing_recorded)
    yield _state("money_committed", _euros(found.authorisations.committed), nothing)
    yield _state("money_paid", _euros(found.paid), nothing)
    for code, execution in (("money_execution", found.on_initial), ("money_execution_revised", found.on_revised)):
        yield _state(code, execution.value, _why_not(execution))
    beyond = _euros(found.overrun.cents) if found.overrun else None
    yield _state("money_overrun", beyond, _why_not(found.on_initial) or nothing)


def _euros(cents: int | None) -> float | None:
    return None if cents is None else cents / _CENTS


def _why_not(execution: Execution) -> Why | None:
    return lacking(execution.lacking) if execution.lacking else None


def _coordination(entries: Sequence[AnyEntry], plan: Plan, at: date) -> Iterator[Value]:
    rows, decided = cadence(entries, plan, at), followed(entries, at)
    parts = {one.part.code: one for one in measured(rows, decided, at)}
    open_ended, unnoted = sum(one.unknown for one in rows), sum(one.held - one.attendance.noted for one in rows)
    held, present = parts["meetings_held"], parts["signatories_present"]
    planned = sum(one.planned for one in rows)
    every = rhythms(entries, at)
    # Where no committee was entered nobody knows whether anybody met: that is not the same as never.
    nothing = None if every else gap(Gap.nothing_recorded)
    why = {part.part.code: lacking(part.reason) if part.reason else None for part in (held, present)}
    yield _state("meetings_held", held.value, nothing or why["meetings_held"], unknown=open_ended, base=planned)
    took_place = sum(one.held for one in rows)
    came = nothing or why["signatories_present"]
    yield _state("signatories_present", present.value, came, unknown=unnoted, base=took_place)
    days = [one.days_since_last for one in every if one.days_since_last is not None]
    never = nothing or lacking(Lacking.never_met)
    yield _state("days_since_last_meeting", min(days, default=None), never)
    for one in every:
        title = one.committee.title
        yield Value(
            OF_PLAN["days_since_last_meeting"],
            None,
            one.days_since_last,
            never if one.days_since_last is None else None,
            one.committee.code,
            Label(title.fr, title.en),
        )
    counts = stock(decided)
    undated = sum(one.ended_on is None and one.decision.due_on is None for one in decided)
    overdue = counts.overdue if decided else None
    yield _state("decisions_overdue", overdue, lacking(Lacking.no_decision), unknown=undated, base=counts.open)
