"""Tables of places. All but the reports are shared: every organisation refers to the same ones."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Float, Index, SmallInteger
from sqlmodel import Boolean

from app.db.table import Base, column, placed
from app.db.types import Big, Bytes32, Day, Instant, Key, Name, Small, TerritoryCode, Word, between, one_of
from app.directory.rules import MOST_REPORTED
from app.directory.vocabulary import AnnotationKind, ReportReason, Rung, SuccessState, TerritoryLevel, Weekday

DIRECTORY = "directory"
_PERIOD = "valid_until IS NULL OR valid_until >= valid_from"


class Territory(Base, table=True):
    """A node of the territory tree."""

    __tablename__ = "territory"
    __table_args__ = (
        one_of("level", TerritoryLevel),
        placed("reference", "The territory tree: region > departement > commune or arrondissement > quarter."),
    )

    code: str = column(TerritoryCode, "Official code.", key=True)
    name: str = column(Name, "Official name, accents included.")
    level: TerritoryLevel = column(Word, "Level in the tree.")
    parent: str | None = column(
        TerritoryCode, "Territory it lies in; null for a region.", null=True, refers="territory.code"
    )
    area_km2: float | None = column(Float, "Area in square kilometres.", null=True)
    east_km: float | None = column(Float, "Centre, in km east of the centre of Paris, for a schematic map.", null=True)
    north_km: float | None = column(Float, "Centre, in km north of the centre of Paris.", null=True)
    source: str = column(Name, "Where these facts come from.")


class TerritoryBorder(Base, table=True):
    """Two territories that touch."""

    __tablename__ = "territory_border"
    __table_args__ = (
        CheckConstraint("code_a < code_b", name="ordered"),
        placed("reference", "Pairs of territories that share a border, each pair once."),
    )

    code_a: str = column(TerritoryCode, "The lower code.", key=True, refers="territory.code")
    code_b: str = column(TerritoryCode, "The higher code.", key=True, refers="territory.code")
    shared_border_m: int = column(Big, "Approximate length of the shared border in metres.")


class Perimeter(Base, table=True):
    """The territories a plan covers."""

    __tablename__ = "perimeter"
    __table_args__ = (CheckConstraint(_PERIOD, name="period"), placed("reference", "Perimeters of plans."))

    code: str = column(Word, "Code.", key=True)
    label_fr: str = column(Name, "Label in French.")
    label_en: str = column(Name, "Label in English.")
    valid_from: date = column(Day, "First day it holds.")
    valid_until: date | None = column(Day, "First day it no longer holds.", null=True)


class PerimeterTerritory(Base, table=True):
    """A territory of a perimeter, with everything below it."""

    __tablename__ = "perimeter_territory"
    __table_args__ = (placed("reference", "Territories of the perimeters, each with everything below it."),)

    perimeter_code: str = column(Word, "Perimeter.", key=True, refers="perimeter.code")
    territory_code: str = column(TerritoryCode, "Territory.", key=True, refers="territory.code")


class FacilityKind(Base, table=True):
    """What holds for one kind of facility during a period."""

    __tablename__ = "facility_kind"
    __table_args__ = (
        one_of("rung", Rung),
        one_of("success", SuccessState),
        CheckConstraint("expires_after_s > 0", name="expires_after_s"),
        CheckConstraint(_PERIOD, name="period"),
        placed("reference", "Kinds of facility: rung of the pathway, what counts as success, when silence expires."),
    )

    code: str = column(Word, "Code of the kind.", key=True)
    valid_from: date = column(Day, "First day this holds.", key=True)
    valid_until: date | None = column(Day, "First day this no longer holds.", null=True)
    rung: Rung = column(Word, "Rung of the pathway.")
    success: SuccessState = column(Word, "Referral state that counts as success.")
    expires_after_s: int = column(Big, "Seconds of silence after which a referral's outcome is unknown.")
    label_fr: str = column(Name, "Label in French.")
    label_en: str = column(Name, "Label in English.")


class Facility(Base, table=True):
    """A place people are referred to, with its present state as last reported."""

    __tablename__ = "facility"
    __table_args__ = (
        CheckConstraint("closed_on IS NULL OR closed_on >= opened_on", name="open_period"),
        between("places_free", 0, MOST_REPORTED, null=True),
        between("waiting", 0, MOST_REPORTED, null=True),
        one_of("reason", ReportReason, null=True),
        CheckConstraint(
            "(reported_at IS NULL) = (open IS NULL) AND (reported_at IS NULL) = (report_id IS NULL)",
            name="reported_whole",
        ),
        Index(None, "position"),
        placed("reference", "Places people are referred to, with their present state as last reported."),
    )

    id: UUID = column(Key, "Identifier.", key=True)
    org_id: UUID = column(Key, "Organisation that operates it.", refers="organisation.id")
    kind: str = column(Word, "Code of its kind.")
    name: str = column(Name, "Name, as it is known in the field.")
    territory_code: str = column(TerritoryCode, "Where it is.", refers="territory.code")
    opened_on: date = column(Day, "First day it is open at all.")
    closed_on: date | None = column(Day, "First day it no longer is.", null=True)
    position: int = column(Big, "Commit position of its last change, reports included: what the feeds go by.")
    report_id: UUID | None = column(Key, "The report its present state comes from.", null=True)
    reported_at: datetime | None = column(Instant, "When that was observed, in ms since 1970 UTC.", null=True)
    open: bool | None = column(Boolean, "Whether it was open.", null=True)
    places_free: int | None = column(Small, "Places free; null when not said.", null=True)
    waiting: int | None = column(Small, "People waiting; null when not said.", null=True)
    reason: ReportReason | None = column(Word, "Why it was closed or full.", null=True)


class OpeningHours(Base, table=True):
    """One weekly opening of a facility during a period."""

    __tablename__ = "opening_hours"
    __table_args__ = (
        one_of("weekday", Weekday),
        CheckConstraint("opens BETWEEN 0 AND 1439 AND closes > opens AND closes <= opens + 1440", name="opening"),
        CheckConstraint(_PERIOD, name="period"),
        placed("reference", "Planned weekly openings of the facilities, in minutes of the Paris clock."),
    )

    facility_id: UUID = column(Key, "Facility.", key=True, refers="facility.id")
    valid_from: date = column(Day, "First day it holds for.", key=True)
    weekday: Weekday = column(Word, "Day of the week on which the opening begins.", key=True)
    opens: int = column(SmallInteger, "Minute of that day at which it begins.", key=True)
    closes: int = column(SmallInteger, "Minute of that day at which it ends; above 1440 when past midnight.")
    valid_until: date | None = column(Day, "First day it no longer holds for.", null=True)


class FacilityReport(Base, table=True):
    """What a facility said of itself at an instant."""

    __tablename__ = "facility_report"
    __table_args__ = (
        between("places_free", 0, MOST_REPORTED, null=True),
        between("waiting", 0, MOST_REPORTED, null=True),
        one_of("reason", ReportReason, null=True),
        Index(None, "org_id", "facility_id", "observed_at"),
        placed("organisation", "Time series of what facilities reported of themselves."),
    )

    org_id: UUID = column(Key, "Organisation that operates the facility.", key=True, refers="organisation.id")
    id: UUID = column(Key, "UUID made by the sender.", key=True)
    facility_id: UUID = column(Key, "Facility.", refers="facility.id")
    observed_at: datetime = column(Instant, "When it was so, in ms since 1970 UTC.")
    open: bool = column(Boolean, "Whether it was open.")
    places_free: int | None = column(Small, "Places free; null when not said.", null=True)
    waiting: int | None = column(Small, "People waiting; null when not said.", null=True)
    reason: ReportReason | None = column(Word, "Why it was closed or full.", null=True)
    received_at: datetime = column(Instant, "Hour it was received in, in ms since 1970 UTC.")
    digest: bytes = column(Bytes32, "SHA-256 of the canonical content.")


class DirectoryVersion(Base, table=True):
    """The one row that counts the changes of the directory, reports excepted."""

    __tablename__ = "directory_version"
    __table_args__ = (
        CheckConstraint(f"name = '{DIRECTORY}'", name="one_row"),
        placed("reference", "Counts changes of territories, perimeters, kinds, facilities and hours; one row."),
    )

    name: str = column(Word, "Always the same: there is one row.", key=True)
    version: int = column(Big, "Number of transactions that changed the directory.")
    changed_at: datetime = column(Instant, "When the last of them did, in ms since 1970 UTC.")


class Annotation(Base, table=True):
    """Something that happened on a day and that figures are read beside."""

    __tablename__ = "annotation"
    __table_args__ = (
        one_of("kind", AnnotationKind),
        Index(None, "day"),
        placed("reference", "Dated events that figures are read beside: evictions, openings, closures, laws."),
    )

    id: UUID = column(Key, "Identifier.", key=True)
    day: date = column(Day, "Day it happened on or took effect.")
    territory_code: str | None = column(
        TerritoryCode, "Where; null when it concerns them all.", null=True, refers="territory.code"
    )
    kind: AnnotationKind = column(Word, "What kind of event.")
    label_fr: str = column(Name, "What happened, in French; no person's name.")
    label_en: str = column(Name, "What happened, in English.")
    source: str = column(Name, "Where this is known from.")
