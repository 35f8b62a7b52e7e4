"""`maraude territory | perimeter | kind | facility | annotation`: what there is, where, and what happened there."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import UUID

import typer

from app.cli.identity import NewName, Org, organisation_of
from app.cli.running import AsJson, Hand, fail, pick, run, show_list, show_made
from app.directory.vocabulary import AnnotationKind, TerritoryLevel

if TYPE_CHECKING:
    from app.directory.records import Facility
    from app.directory.service import Directory

territory: Final = typer.Typer(help="The territory tree.", no_args_is_help=True)
perimeter: Final = typer.Typer(help="The territories a plan covers.", no_args_is_help=True)
kind: Final = typer.Typer(help="Kinds of facility.", no_args_is_help=True)
facility: Final = typer.Typer(help="Facilities and their opening hours.", no_args_is_help=True)
annotation: Final = typer.Typer(help="Dated events that figures are read beside.", no_args_is_help=True)

GROUPS: Final[Mapping[str, typer.Typer]] = {
    "territory": territory,
    "perimeter": perimeter,
    "kind": kind,
    "facility": facility,
    "annotation": annotation,
}

FacilityMeant = Annotated[str, typer.Argument(metavar="FACILITY", help="The facility, by id or name.")]
_DAY: Final = {"parser": date.fromisoformat, "metavar": "YYYY-MM-DD"}
FromDay = Annotated[date | None, typer.Option("--from", **_DAY, help="First day it holds; today when not given.")]


async def _directory(hand: Hand) -> "Directory":
    from app.directory.service import read_directory

    return await read_directory(hand.session, hand.settings.perimeter)


async def _facility(hand: Hand, meant: str) -> "Facility":
    known = (await _directory(hand)).facilities.values()
    return pick(list(known), meant, lambda one: one.name, "facility")


def _today(hand: Hand) -> date:
    from app.directory.rules import local_day

    return local_day(hand.now)


@territory.command("import")
def import_territories(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A CSV file in UTF-8.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Enter the territories of a CSV file, or change those that are there.

    Columns: code,name,level,parent,area_km2,east_km,north_km,source.
    """
    from app.directory import upkeep

    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        fail("The file is not UTF-8.")
    done = run(lambda h: upkeep.import_territories(h.session, h.keyring, h.now, text))
    show_made({"new": done.new, "changed": done.changed}, as_json=as_json)


@territory.command("list")
def list_territories(
    level: Annotated[TerritoryLevel | None, typer.Option(help="Only this level.")] = None,
    below: Annotated[str | None, typer.Option(metavar="CODE", help="Only this territory and what lies in it.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List territories by code."""
    directory = run(_directory)
    kept = directory.descendants(below) if below else directory.tree.places.keys()
    rows = [
        {"code": one.place.code, "name": one.name, "level": one.place.level.value, "parent": one.place.parent}
        for one in directory.all_territories
        if one.place.code in kept and level in {None, one.place.level}
    ]
    show_list(rows, as_json=as_json)


@perimeter.command("create")
def create_perimeter(
    code: Annotated[str, typer.Argument(metavar="CODE", help="Its code, in lower case with hyphens.")],
    label_fr: Annotated[str, typer.Option(help="Its label in French.")],
    label_en: Annotated[str, typer.Option(help="Its label in English.")],
    territory: Annotated[list[str], typer.Option(metavar="CODE", help="A territory it covers; repeat for more.")],
    from_day: FromDay = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Enter a perimeter. `MARAUDE_PERIMETER` names the one that marks records as outside."""
    from app.directory import upkeep
    from app.directory.records import Perimeter
    from app.directory.vocabulary import Label

    async def work(h: Hand) -> None:
        new = Perimeter(code, Label(label_fr, label_en), from_day or _today(h), None, tuple(territory))
        await upkeep.create_perimeter(h.session, h.keyring, h.now, new)

    run(work)
    show_made({"code": code, "territories": " ".join(territory)}, as_json=as_json)


@perimeter.command("list")
def list_perimeters(*, as_json: AsJson = False) -> None:
    """List the perimeters; the one in use marks records as outside."""

    async def work(h: Hand) -> list[dict[str, Any]]:
        return [
            {
                "code": one.code,
                "label_fr": one.label.fr,
                "territories": " ".join(one.territories),
                "valid_from": one.valid_from,
                "valid_until": one.valid_until,
                "in_use": one.code == h.settings.perimeter,
            }
            for one in (await _directory(h)).perimeters
        ]

    show_list(run(work), as_json=as_json)


@kind.command("list")
def list_kinds(*, as_json: AsJson = False) -> None:
    """List the kinds of facility with rung, success state and timer, in every period."""
    rows = [
        {
            "code": one.rule.code,
            "label_fr": one.label.fr,
            "rung": one.rule.rung.value,
            "success": one.rule.success.value,
            "expires_after_h": int(one.rule.expires_after.total_seconds()) // 3600,
            "valid_from": one.rule.valid_from,
            "valid_until": one.rule.valid_until,
        }
        for one in run(_directory).kinds
    ]
    show_list(rows, as_json=as_json)


@facility.command("create")
def create_facility(
    name: NewName,
    org: Org,
    kind: Annotated[str, typer.Option(metavar="CODE", help="Its kind: see `maraude kind list`.")],
    territory: Annotated[str, typer.Option(metavar="CODE", help="Where it is: a commune, arrondissement or quarter.")],
    from_day: FromDay = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Enter a facility operated by an organisation and print its id."""
    from app.directory import upkeep

    async def work(h: Hand) -> UUID:
        operator = await organisation_of(h, org)
        new = upkeep.NewFacility(operator.id, kind, name, territory, from_day or _today(h))
        return await upkeep.create_facility(h.session, h.keyring, h.now, new)

    show_made({"id": run(work), "name": name, "kind": kind, "territory": territory}, as_json=as_json)


@facility.command("list")
def list_facilities(
    kind: Annotated[str | None, typer.Option(metavar="CODE", help="Only this kind.")] = None, *, as_json: AsJson = False
) -> None:
    """List the facilities, closed ones included."""
    rows = [
        {
            "id": one.id,
            "name": one.name,
            "kind": one.ref.kind,
            "territory": one.ref.territory_code,
            "operator": one.operator,
            "opened_on": one.ref.opened_on,
            "closed_on": one.ref.closed_on,
        }
        for one in run(_directory).facilities.values()
        if kind in {None, one.ref.kind}
    ]
    show_list(rows, as_json=as_json)


@facility.command("close")
def close_facility(
    facility: FacilityMeant,
    on: Annotated[date | None, typer.Option(**_DAY, help="First day it is closed; today when not given.")] = None,
) -> None:
    """Close a facility for good; its records stay."""
    from app.directory import upkeep

    async def work(h: Hand) -> None:
        found = await _facility(h, facility)
        await upkeep.close_facility(h.session, h.keyring, h.now, found.id, on or _today(h))

    run(work)


@facility.command("hours")
def plan_hours(
    facility: FacilityMeant,
    openings: Annotated[
        list[str] | None,
        typer.Argument(
            metavar='["DAYS HH:MM-HH:MM"]...', help="For instance 'mon-fri 09:00-17:00' 'daily 21:00-07:00'."
        ),
    ] = None,
    from_day: FromDay = None,
) -> None:
    """Plan a facility's weekly hours from a day on, in place of what was planned; none: no hours any more.

    An opening that ends before it begins lasts past midnight.
    """
    from app.cli.openings import read_openings
    from app.directory import upkeep

    async def work(h: Hand) -> None:
        start = from_day or _today(h)
        hours = [hours for typed in openings or [] for hours in read_openings(typed, start)]
        found = await _facility(h, facility)
        await upkeep.plan_hours(h.session, h.keyring, h.now, found.id, start, hours)

    run(work)


@annotation.command("add")
def add_annotation(
    kind: Annotated[AnnotationKind, typer.Argument(help="What kind of event.")],
    on: Annotated[date, typer.Option(**_DAY, help="Day it happened on or took effect.")],
    label_fr: Annotated[str, typer.Option(help="What happened, in French; no person's name.")],
    label_en: Annotated[str, typer.Option(help="What happened, in English.")],
    source: Annotated[str, typer.Option(help="Where this is known from.")],
    territory: Annotated[str | None, typer.Option(metavar="CODE", help="Where; everywhere when not given.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Enter a dated event, shown beside the figures of its territory, and print its id."""
    from app.clock import uuid7
    from app.directory import upkeep
    from app.directory.records import Annotation
    from app.directory.vocabulary import Label

    async def work(h: Hand) -> UUID:
        new = Annotation(uuid7(h.now), on, territory, kind, Label(label_fr, label_en), source)
        await upkeep.annotate(h.session, h.keyring, h.now, new)
        return new.id

    show_made({"id": run(work), "day": on, "kind": kind.value, "territory": territory}, as_json=as_json)


@annotation.command("list")
def list_annotations(*, as_json: AsJson = False) -> None:
    """List the dated events by day."""
    from app.directory.queries import annotations

    rows = [
        {
            "id": one.id,
            "day": one.day,
            "kind": one.kind.value,
            "territory": one.territory_code,
            "label_fr": one.label.fr,
            "label_en": one.label.en,
            "source": one.source,
        }
        for one in run(lambda h: annotations(h.session))
    ]
    show_list(rows, as_json=as_json)
