"""`maraude org | team | device`: who takes part, and who does not any more."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import UUID

import typer

from app.cli.running import AsJson, Hand, iso, pick, run, show_list, show_made
from app.identity.vocabulary import OrganisationKind

if TYPE_CHECKING:
    from app.identity.records import Organisation, Team

org: Final = typer.Typer(help="Organisations: associations, operators, authorities.", no_args_is_help=True)
team: Final = typer.Typer(help="Outreach teams of an organisation.", no_args_is_help=True)
device: Final = typer.Typer(help="Phones of teams and tablets of facilities.", no_args_is_help=True)

GROUPS: Final[Mapping[str, typer.Typer]] = {"org": org, "team": team, "device": device}

Org = Annotated[str, typer.Option("--org", help="The organisation, by id or name.")]
NewName = Annotated[str, typer.Argument(metavar="NAME", help="Its name.")]


async def organisation_of(hand: Hand, meant: str) -> "Organisation":
    """Return the organisation whose id or name was typed."""
    from app.identity import service

    return pick(await service.list_organisations(hand.session), meant, lambda o: o.name, "organisation")


async def _team(hand: Hand, org_id: UUID, meant: str) -> "Team":
    from app.identity import service

    return pick(await service.list_teams(hand.session, org_id), meant, lambda t: t.name, "team")


@org.command("create")
def create_organisation(
    name: NewName,
    kind: Annotated[OrganisationKind, typer.Option(help="What it is in the plan.")] = OrganisationKind.association,
    *,
    as_json: AsJson = False,
) -> None:
    """Enter an organisation and print its id."""
    from app.identity import service

    made = run(lambda h: service.create_organisation(h.session, h.keyring, h.now, name=name, kind=kind))
    show_made({"id": made, "name": name, "kind": kind.value}, as_json=as_json)


@org.command("list")
def list_organisations(*, as_json: AsJson = False) -> None:
    """List the organisations by name."""
    from app.identity import service

    found = run(lambda h: service.list_organisations(h.session))
    show_list([{"id": o.id, "name": o.name, "kind": o.kind} for o in found], as_json=as_json)


@team.command("create")
def create_team(
    name: NewName,
    org: Org,
    *,
    night: Annotated[bool, typer.Option("--night/--day", help="A night team's service day runs noon to noon.")] = False,
    as_json: AsJson = False,
) -> None:
    """Enter a team and print its id."""
    from app.identity import service

    async def work(h: Hand) -> UUID:
        found = await organisation_of(h, org)
        return await service.create_team(h.session, h.keyring, h.now, org_id=found.id, name=name, night=night)

    show_made({"id": run(work), "name": name, "night": night}, as_json=as_json)


@team.command("list")
def list_teams(org: Org, *, as_json: AsJson = False) -> None:
    """List the teams of an organisation, closed ones included."""
    from app.identity import service

    async def work(h: Hand) -> "list[Team]":
        return list(await service.list_teams(h.session, (await organisation_of(h, org)).id))

    rows = [{"id": t.id, "name": t.name, "night": t.night, "closed_at": iso(t.closed_at)} for t in run(work)]
    show_list(rows, as_json=as_json)


@team.command("close")
def close_team(team: Annotated[str, typer.Argument(metavar="TEAM", help="The team, by id or name.")], org: Org) -> None:
    """Stop a team from taking new devices; its devices work on until they are revoked."""
    from app.identity import service

    async def work(h: Hand) -> None:
        org_id = (await organisation_of(h, org)).id
        team_id = (await _team(h, org_id, team)).id
        await service.close_team(h.session, h.keyring, h.now, org_id=org_id, team_id=team_id)

    run(work)


@device.command("enrol")
def enrol_device(
    org: Org,
    label: Annotated[str, typer.Option(help="What the device is called; no person's name.")],
    team: Annotated[str | None, typer.Option(help="The team that carries it, by id or name.")] = None,
    facility: Annotated[UUID | None, typer.Option(help="The facility where it stands, by id.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Open a one-time code for a phone of a team or a tablet of a facility; print it with its QR."""
    from app.identity import service

    if (team is None) == (facility is None):
        raise typer.BadParameter("give either --team or --facility")

    async def work(h: Hand) -> dict[str, Any]:
        org_id = (await organisation_of(h, org)).id
        team_id = (await _team(h, org_id, team)).id if team else None
        lifetime = h.settings.enrolment_lifetime
        code = await service.open_enrolment(
            h.session, h.keyring, h.now, lifetime, org_id=org_id, label=label, team_id=team_id, facility_id=facility
        )
        payload = f"maraude:{h.settings.public_url}?code={code}"
        return {"code": code, "expires_at": iso(h.now + lifetime), "payload": payload}

    made = run(work)
    show_made(made, as_json=as_json)
    if not as_json:
        import segno

        segno.make(made["payload"], error="m", micro=False).terminal(compact=True)


@device.command("list")
def list_devices(org: Org, *, as_json: AsJson = False) -> None:
    """List the devices of an organisation, revoked ones included."""
    from app.identity import service

    async def work(h: Hand) -> list[dict[str, Any]]:
        org_id = (await organisation_of(h, org)).id
        teams = {team.id: team.name for team in await service.list_teams(h.session, org_id)}
        return [
            {
                "id": device.id,
                "label": device.label,
                "team": teams.get(device.team_id) if device.team_id else None,
                "facility": device.facility_id,
                "enrolled_at": iso(device.enrolled_at),
                "revoked_at": iso(device.revoked_at),
            }
            for device in await service.list_devices(h.session, org_id)
        ]

    show_list(run(work), as_json=as_json)


@device.command("revoke")
def revoke_device(
    device: Annotated[str, typer.Argument(metavar="DEVICE", help="The device, by id or label.")], org: Org
) -> None:
    """Shut a device out: every worker refuses it within a second."""
    from app.identity import service

    async def work(h: Hand) -> None:
        org_id = (await organisation_of(h, org)).id
        found = pick(await service.list_devices(h.session, org_id), device, lambda d: d.label, "device")
        await service.revoke_device(h.session, h.keyring, h.now, org_id=org_id, device_id=found.id)

    run(work)
