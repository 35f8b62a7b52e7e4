"""The `maraude` command, assembled from one module a subject; a command imports what it needs when it runs."""

import typer

from app.cli import accounts, demo, directory, identity, indicators, metrics, service


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
    demo.add_to(command)
    indicators.add_to(command)
    for subject in (identity, accounts, directory, metrics, service):
        for name, group in subject.GROUPS.items():
            command.add_typer(group, name=name)
    return command


def main() -> None:
    """Run it: exit code 0 when all went well, 1 with a sentence on stderr for a problem, 2 for a wrong use."""
    build()()
