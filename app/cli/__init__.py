"""The `maraude` command, assembled from one module a subject; a command imports what it needs when it runs."""

import sys

import typer

from app.cli import (
    accounts,
    audit,
    backup,
    demo,
    directory,
    identity,
    indicators,
    keys,
    metrics,
    people,
    releases,
    retention,
    service,
    snapshots,
)
from app.cli.running import sentence_of


def build() -> typer.Typer:
    """Return the whole command."""
    command = typer.Typer(
        name="maraude",
        help="Closed-loop referrals and pathway metrics for street-outreach patrols.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,  # a pretty traceback would show local values
    )
    service.add_to(command)
    backup.add_to(command)
    retention.add_to(command)
    demo.add_to(command)
    indicators.add_to(command)
    for subject in (identity, accounts, people, directory, metrics, releases, audit, keys, service, snapshots):
        for name, group in subject.GROUPS.items():
            command.add_typer(group, name=name)
    return command


def main() -> None:
    """Run it: exit code 0 when all went well, 1 with a sentence on stderr for a problem, 2 for a wrong use.

    What nobody foresaw is told by its class and place: the words of an exception may hold a row or a password.
    """
    try:
        build()()
    except Exception as error:  # noqa: BLE001 - nothing is above this
        typer.echo(sentence_of(error), err=True)
        sys.exit(1)
