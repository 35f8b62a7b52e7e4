"""`maraude indicators`: the page of the catalogue."""

import typer


def add_to(command: typer.Typer) -> None:
    """Add the command."""
    command.command()(indicators)


def indicators() -> None:
    """Print every indicator as Markdown, in French and English: this is docs/indicators.md."""
    from app.metrics.indicators.catalogue import ROOMS
    from app.metrics.indicators.markdown import catalogue_page

    typer.echo(catalogue_page(ROOMS), nl=False)
