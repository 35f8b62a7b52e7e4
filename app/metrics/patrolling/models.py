"""The tables of the facts about patrols."""

from datetime import date
from uuid import UUID

from sqlalchemy import Index, Integer, String

from app.db.table import Base, column, placed
from app.db.types import Big, Day, Key, Small, TerritoryCode, Word, one_of
from app.metrics.cohorts import Span

Route = String(160)
"""At most 20 codes of 7 digits, in order, a space between two."""


class OutingFact(Base, table=True):
    """The patrols of a day, week or month that one team made in the same territories.

    A patrol that lists two territories of a view counts once in it, so facts are kept by route, not by territory. At
    ten million encounters and ten to a patrol, of three organisations with a team each and fourteen routes: 90 rows a
    day, 39,000 a year with weeks and months. At worst every patrol has a route of its own: then there are six rows
    a patrol.
    """

    __tablename__ = "outing_fact"
    __table_args__ = (
        one_of("span", Span),
        Index(None, "span", "first_day", "team_id"),
        placed("organisation", "Counts of patrols by days, route and team, computed from patrols and encounters."),
    )

    org_id: UUID = column(Key, "Organisation of the team.", key=True)
    span: str = column(Word, "Whether it covers a day, a week or a month.", key=True)
    first_day: date = column(Day, "First service day.", key=True)
    route: str = column(Route, "Territories listed, in order; * for every route.", key=True)
    team_id: UUID = column(Key, "Team that went out; the nil UUID for every team.", key=True)
    patrols: int = column(Integer, "Patrols.")
    timed: int = column(Integer, "Those of known duration.")
    open_ended: int = column(Integer, "Those without an end.")
    without_contact: int = column(Integer, "Those that no encounter of the same day or the next ones is linked to.")
    late: int = column(Integer, "Those received late.")
    ms: int = column(Big, "Duration of the timed ones, in ms.")
    night_ms: int = column(Big, "What of it passed at night, in ms.")


class RouteTerritory(Base, table=True):
    """A territory of a route; no route is ever forgotten.

    As many rows as routes have territories: 84 for three organisations with fourteen routes through two each.
    """

    __tablename__ = "route_territory"
    __table_args__ = (placed("organisation", "The territories of each route patrols took."),)

    org_id: UUID = column(Key, "Organisation of the teams.", key=True)
    route: str = column(Route, "Territories listed, in order.", key=True)
    territory: str = column(TerritoryCode, "One of them.", key=True)
    territories: int = column(Small, "How many they are.")
