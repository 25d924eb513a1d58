"""`encaisse desk`: what a person or a script can ask of the desk."""

from pathlib import Path
from typing import Annotated

import typer

desk_app = typer.Typer(help="Look after what people decided.", no_args_is_help=True)


@desk_app.command("status")
def desk_status(context: typer.Context) -> None:
    """Say where the desk is and how much it holds, and hold every row against its history."""
    from pipelines.cli.desk import status_lines

    for line in status_lines(context.obj):
        typer.echo(line)


@desk_app.command("backup")
def desk_backup(
    context: typer.Context,
    out: Annotated[Path, typer.Argument(dir_okay=False, help="File to write; a new one.")],
) -> None:
    """Write a copy of the desk, checked, while people go on working."""
    from pipelines.cli.desk import make_backup

    typer.echo(make_backup(context.obj, out))


@desk_app.command("restore")
def desk_restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(dir_okay=False, help="What `desk backup` wrote.")],
) -> None:
    """Put a backup in the place of the desk, once it is found whole. The old desk is kept."""
    from pipelines.cli.desk import restore_backup

    for line in restore_backup(context.obj, file):
        typer.echo(line)
