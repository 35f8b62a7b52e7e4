"""The demo city's own plan on paper: two years, six actions, partners who meet less and less. All of it is made up.

It runs over the calendar year that the city's last day lies in and the one before. Each entry has the day on which the
secretariat enters it: what nobody knows yet on the last day is not there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from app.demo.planning import named
from app.plan.records import (
    Action,
    Amount,
    AnyEntry,
    Assessment,
    Body,
    Committee,
    Decision,
    DecisionEnded,
    Meeting,
    Milestone,
    Objective,
    Observation,
    Plan,
    Series,
    Target,
)
from app.plan.records.entry import Source, Text
from app.plan.vocabulary import (
    ActionStatus,
    AmountKind,
    AmountNature,
    BodyRole,
    DecisionOutcome,
    Direction,
    OverrunCause,
)

CODE: Final = "demo"
_UNNAMED: Final = UUID(int=0)
_SOURCE: Final = Source(title="Plan de démonstration (inventé)", reference="aucun fait réel")
_THOUSAND: Final = 100_000
"""EUR, in cents."""
_WRITTEN_AFTER: Final = timedelta(days=14)
"""Reports are entered a fortnight after the day they are about."""
_CITY: Final = "ville"
_AGENCY: Final = "agence"
_STATE: Final = "prefecture"
_COORDINATION: Final = "coordination"
_MISSION: Final = "mission"
_BOARD: Final = "pilotage"
_CALLS: Final = "appels-hebergement"


@dataclass(frozen=True, slots=True)
class Known:
    """An entry, and the day on which it is entered."""

    since: date
    entry: AnyEntry


def city_plan(last: date) -> Sequence[Known]:
    """Return what is known of the plan on the city's last day, in the order in which it is entered."""
    years = _Years(last.year - 1, last.year)
    every = [
        *_framework(years),
        *_actions(years),
        *_findings(years),
        *_money(years),
        *_meetings(years),
        *_decisions(years),
        *_aims(years),
        *_calls(years),
    ]
    return sorted((one for one in every if one.since <= last), key=lambda one: one.since)


@dataclass(frozen=True, slots=True)
class _Years:
    """The two years of the plan."""

    first: int
    second: int

    @property
    def begin(self) -> date:
        return date(self.first, 1, 1)

    @property
    def end(self) -> date:
        return date(self.second + 1, 1, 1)

    def day(self, which: int, month: int, day: int) -> date:
        """Return a day of the first year (1) or the second (2)."""
        return date(self.first if which == 1 else self.second, month, day)


def _framework(years: _Years) -> Iterator[Known]:
    begin = years.begin
    yield Known(
        begin,
        Plan(
            id=_UNNAMED,
            plan=CODE,
            on=begin,
            source=_SOURCE,
            title=Text(fr="Plan de démonstration (inventé)", en="Demonstration plan (made up)"),
            valid_from=begin,
            valid_to=years.end,
        ),
    )
    for code, fr, en, roles in (
        (_CITY, "Ville (démo)", "City (demo)", (BodyRole.signatory, BodyRole.funder)),
        (_AGENCY, "Agence de santé (démo)", "Health agency (demo)", (BodyRole.signatory, BodyRole.funder)),
        (_STATE, "Préfecture (démo)", "Prefecture (demo)", (BodyRole.signatory,)),
        (_COORDINATION, "Coordination du plan (démo)", "Coordination (demo)", (BodyRole.lead, BodyRole.assessor)),
        (_MISSION, "Mission de suivi (démo)", "Monitoring mission (demo)", (BodyRole.assessor,)),
    ):
        body = Body(id=_UNNAMED, plan=CODE, on=begin, source=_SOURCE, code=code, name=Text(fr=fr, en=en), roles=roles)
        yield Known(begin, body)
    for number, fr, en in ((1, "Aller vers et accueillir", "Reach out"), (2, "Héberger et soigner", "House and treat")):
        objective = Objective(id=_UNNAMED, plan=CODE, on=begin, source=_SOURCE, number=number, title=Text(fr=fr, en=en))
        yield Known(begin, objective)


def _actions(years: _Years) -> Iterator[Known]:
    begin, day = years.begin, years.day
    for number, fr, en, objective, lead, end in (
        (1, "Maraudes de nuit", "Night patrols", 1, _COORDINATION, day(2, 12, 31)),
        (2, "Ouvrir l'espace de repos le soir", "Open the rest room at night", 1, _CITY, day(1, 9, 30)),
        (3, "Places d'hébergement d'urgence", "Places in emergency housing", 2, _STATE, day(1, 12, 31)),
        (4, "Logement de plus longue durée", "Longer-stay housing", 2, _STATE, day(2, 12, 31)),
        (5, "Former les équipes", "Train the teams", 1, _AGENCY, day(1, 6, 30)),
        (6, "Suivre les orientations jusqu'au bout", "Follow referrals to their end", 2, _COORDINATION, day(1, 12, 31)),
    ):
        yield Known(begin, _action(begin, number, Text(fr=fr, en=en), objective, lead, begin, end))
    title = Text(fr="Ouvrir l'espace de repos le soir", en="Open the rest room at night")
    moved = day(1, 8, 20)
    yield Known(moved, _action(moved, 2, title, 1, _CITY, begin, day(2, 1, 31)))
    opened = Text(fr="Premier soir d'ouverture", en="First evening open")
    for on, due in ((begin, day(1, 7, 31)), (moved, day(1, 12, 15))):
        stone = Milestone(
            id=_UNNAMED,
            plan=CODE,
            on=on,
            source=_SOURCE,
            code="premier-soir",
            title=opened,
            due_on=due,
            action=2,
        )
        yield Known(on, stone)


def _action(on: date, number: int, title: Text, objective: int, lead: str, start: date, end: date) -> Action:
    return Action(
        id=_UNNAMED,
        plan=CODE,
        on=on,
        source=_SOURCE,
        number=number,
        title=title,
        objective=objective,
        lead=lead,
        planned_start=start,
        planned_end=end,
        indicators=("patrols_held",) if number == 1 else (),
    )


def _findings(years: _Years) -> Iterator[Known]:
    """Yield what the coordination and the mission found: of two actions they do not find the same."""
    day, status = years.day, ActionStatus
    for on, body, found in (
        (day(1, 6, 30), _COORDINATION, {1: status.initiated, 3: status.initiated, 5: status.done}),
        (day(1, 7, 15), _MISSION, {1: status.initiated, 2: status.not_started, 5: status.partly_done}),
        (
            day(1, 12, 31),
            _COORDINATION,
            {2: status.initiated, 3: status.done, 4: status.initiated, 6: status.initiated},
        ),
        (day(2, 1, 15), _MISSION, {2: status.not_started, 3: status.done, 4: status.not_started, 5: status.done}),
    ):
        for number, stage in found.items():
            finding = Assessment(id=_UNNAMED, plan=CODE, on=on, source=_SOURCE, action=number, body=body, status=stage)
            yield Known(on + _WRITTEN_AFTER, finding)


def _money(years: _Years) -> Iterator[Known]:
    """Yield what was promised for each year, one revision, and what was paid in each quarter."""
    day = years.day
    promise, authorised = AmountNature.commitment, AmountKind.commitment_authorisation
    for which, funder, thousands in ((1, _CITY, 400), (1, _AGENCY, 600), (2, _CITY, 400), (2, _AGENCY, 650)):
        on = day(which, 1, 1)
        yield Known(on, _amount("engagement", on, funder, promise, authorised, thousands))
    on = day(1, 10, 1)
    more = _amount("avenant", on, _AGENCY, AmountNature.revision, authorised, 100)
    yield Known(on, replace(more, cause=OverrunCause.volume))
    for which, month, funder, thousands in (
        (1, 3, _CITY, 240),
        (1, 6, _AGENCY, 260),
        (1, 9, _CITY, 310),
        (1, 12, _AGENCY, 390),
        (2, 3, _CITY, 280),
        (2, 6, _AGENCY, 300),
        (2, 9, _AGENCY, 320),
        (2, 12, _CITY, 300),
    ):
        on = day(which, month, 28)
        paid = AmountNature.expenditure, AmountKind.payment_credit, thousands
        yield Known(on + _WRITTEN_AFTER, _amount("depense", on, funder, *paid))


def _amount(code: str, on: date, funder: str, nature: AmountNature, kind: AmountKind, thousands: int) -> Amount:
    return Amount(
        id=_UNNAMED,
        plan=CODE,
        on=on,
        source=_SOURCE,
        code=code,
        funder=funder,
        year=on.year,
        nature=nature,
        kind=kind,
        cents=thousands * _THOUSAND,
    )


def _meetings(years: _Years) -> Iterator[Known]:
    """Yield a meeting planned each quarter, and what became of it: fewer partners come, then none is held."""
    begin, day = years.begin, years.day
    signatories = (_CITY, _AGENCY, _STATE)
    board = Committee(
        id=_UNNAMED,
        plan=CODE,
        on=begin,
        source=_SOURCE,
        code=_BOARD,
        title=Text(fr="Comité de pilotage (démo)", en="Steering committee (demo)"),
        members=(*signatories, _COORDINATION),
        meetings_per_year=4,
    )
    yield Known(begin, board)
    for on, present in (
        (day(1, 2, 12), signatories),
        (day(1, 5, 14), signatories[:2]),
        (day(1, 9, 17), signatories[:1]),
        (day(1, 11, 19), None),
        (day(2, 2, 11), signatories[:2]),
        (day(2, 5, 13), None),
        (day(2, 9, 16), None),
        (day(2, 11, 18), None),
    ):
        planned = Meeting(id=_UNNAMED, plan=CODE, on=on, source=_SOURCE, code=f"{_BOARD}-{on:%Y-%m}", committee=_BOARD)
        yield Known(begin, planned)
        was_held = present is not None
        became = replace(
            planned,
            corrects=named(planned).id,
            held=was_held,
            held_on=on if was_held else None,
            present=(*present, _COORDINATION) if present is not None else None,
        )
        yield Known(on + _WRITTEN_AFTER, became)


def _decisions(years: _Years) -> Iterator[Known]:
    day = years.day
    for code, taken, fr, en, owner, due, action in (
        ("gardien", day(1, 2, 12), "Recruter un gardien de nuit", "Hire a night guard", _CITY, day(1, 6, 30), 2),
        (
            "bilans",
            day(1, 5, 14),
            "Remettre un bilan par trimestre",
            "Report each quarter",
            _STATE,
            day(1, 9, 30),
            None,
        ),
        ("bail", day(1, 9, 17), "Signer un bail de longue durée", "Sign a long lease", _STATE, day(2, 1, 31), 4),
    ):
        decision = Decision(
            id=_UNNAMED,
            plan=CODE,
            on=taken,
            source=_SOURCE,
            code=code,
            committee=_BOARD,
            meeting=f"{_BOARD}-{taken:%Y-%m}",
            title=Text(fr=fr, en=en),
            owner=owner,
            due_on=due,
            action=action,
        )
        yield Known(taken + _WRITTEN_AFTER, decision)
    on = day(1, 9, 10)
    done = DecisionEnded(id=_UNNAMED, plan=CODE, on=on, source=_SOURCE, decision="bilans", outcome=DecisionOutcome.done)
    yield Known(on + _WRITTEN_AFTER, done)


def _aims(years: _Years) -> Iterator[Known]:
    for code, indicator, direction, value, watch, alarm in (
        ("maraudes", "patrols_held", Direction.at_least, 100.0, 95.0, 70.0),
        ("execution", "money_execution", Direction.at_most, 1.0, 1.05, 1.2),
        ("reunions", "meetings_held", Direction.at_least, 1.0, 0.75, 0.5),
    ):
        target = Target(
            id=_UNNAMED,
            plan=CODE,
            on=years.begin,
            source=_SOURCE,
            code=code,
            indicator=indicator,
            valid_from=years.begin,
            valid_to=years.end,
            direction=direction,
            value=value,
            watch=watch,
            alarm=alarm,
        )
        yield Known(years.begin, target)


def _calls(years: _Years) -> Iterator[Known]:
    """Yield a series of somebody else's, of which one month was never received."""
    series = Series(
        id=_UNNAMED,
        plan=CODE,
        on=years.begin,
        source=_SOURCE,
        code=_CALLS,
        title=Text(fr="Appels à la ligne d'hébergement (inventés)", en="Calls to the shelter line (made up)"),
        unit=Text(fr="appels", en="calls"),
        publisher="Ligne d'hébergement (démo)",
        licence="CC0",
    )
    yield Known(years.begin, series)
    for month, calls in ((1, 410.0), (2, 395.0), (4, 350.0), (5, 340.0), (6, 355.0)):
        on = years.day(1, month, 1)
        value = Observation(
            id=_UNNAMED, plan=CODE, on=on, source=_SOURCE, series=_CALLS, territory="75118", value=calls
        )
        yield Known(on + timedelta(days=45), value)
