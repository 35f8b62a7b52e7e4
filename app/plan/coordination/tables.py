"""The quarters of committees as a table."""

from typing import Final

from app.http.tabular import Cell, Holds, Table
from app.plan.coordination.schemas import CadenceSent, CoordinationSent
from app.plan.sent import facts_of

_QUARTER: Final = {
    "committee": Holds.text,
    "quarter": Holds.text,
    "period_from": Holds.day,
    "period_to": Holds.day,
    "seen_on": Holds.day,
    "planned": Holds.integer,
    "held": Holds.integer,
    "not_held": Holds.integer,
    "unknown": Holds.integer,
    "took_place": Holds.integer,
    "due": Holds.number,
    "gap": Holds.number,
    "due_reason": Holds.text,
    "attendance_noted": Holds.integer,
    "signatories_present": Holds.integer,
    "signatories_expected": Holds.integer,
    "signatories_reason": Holds.text,
    "days_since_last": Holds.integer,
    "last_reason": Holds.text,
    "decisions_open": Holds.integer,
    "decisions_overdue": Holds.integer,
    "decisions_done": Holds.integer,
    "decisions_dropped": Holds.integer,
    "oldest_open_days": Holds.integer,
}
"""Named as in the JSON answer."""
COLUMNS: Final = {
    "plan": Holds.text,
    "at": Holds.day,
    "known_at": Holds.instant,
    "title_fr": Holds.text,
    "title_en": Holds.text,
    **_QUARTER,
}


def table_of_cadence(answer: CoordinationSent) -> Table:
    """Return one row a committee and quarter; the parts of the index and the rest of the answer are facts."""
    titles = {one.code: one.title for one in answer.committees}

    def row(one: CadenceSent) -> tuple[Cell, ...]:
        title = titles[one.committee]
        above = (answer.plan, answer.at, answer.known_at, title.fr, title.en)
        return (*above, *(getattr(one, name) for name in _QUARTER))

    rows = [row(one) for one in answer.quarters]
    return Table(f"maraude-{answer.plan}-coordination-{answer.at}", COLUMNS, rows, facts_of(answer, "quarters"))
