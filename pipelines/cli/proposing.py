"""`encaisse intake propose`: how an unknown table would be read, and why; written once agreed."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import typer

from models.errors import EncaisseError
from pipelines.cli.figures import counted, lay_out
from pipelines.intake.propose import Proposal, propose, to_toml, write_mapping
from pipelines.settings import Settings


def propose_and_tell(  # noqa: PLR0913  (each is an answer)
    home: Path,
    file: Path,
    *,
    kind: str | None,
    date_format: str | None,
    decimal: Literal[",", "."] | None,
    columns: Mapping[str, str],
    agreed: bool,
) -> None:
    """Print how `file` would be read, and write it to the settings if the user agrees.

    Raises:
        EncaisseError: Something about the file has to be asked, or it is no table.
    """
    found = propose(
        file,
        kind=kind,
        date_format=date_format,
        decimal=decimal,
        columns=columns,
        currency=Settings.load(home).defaults.book_currency,
    )
    for line in proposal_lines(found):
        typer.echo(line)
    if found.questions:
        raise EncaisseError(
            "This file leaves a question open:\n" + "\n".join(found.questions),
            where=str(file),
            fix="answer with --kind, --date-format, --decimal or --column OURS=HEADER",
        )
    if found.mapping is None:
        typer.echo("\nFiles of this kind are known: they need no mapping.")
        return
    typer.echo(f"\n{to_toml(found.mapping)}")
    if agreed or (sys.stdin.isatty() and typer.confirm("Add this to the settings?")):
        home.mkdir(parents=True, exist_ok=True)
        typer.echo(f"Written to {write_mapping(found, home)}")
    else:
        typer.echo("Nothing was written. Add --write to agree.")


def proposal_lines(found: Proposal) -> Iterator[str]:
    """Tell what was guessed and why, and what would come of it."""
    yield from lay_out(("what", "is", "because"), [tuple(guess) for guess in found.guesses])
    if found.not_read:
        yield f"\nNot read: {', '.join(found.not_read)}"
    if found.reading is not None:
        reading = found.reading
        yield (
            f"\n{counted(reading.records_in, 'record')}: {reading.loaded:,} would be loaded, "
            f"{reading.quarantined:,} set aside"
        )
        if reading.refused_reason:
            yield f"refused: {reading.refused_reason}"
    yield from _preview("\nThe first of them", found.rows)
    yield from _preview("\nThe first that would be set aside", found.set_aside)


def _preview(title: str, rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Lay out some rows, without the columns that none of them has."""
    rows = list(rows)
    names = [
        name for name in (rows[0] if rows else ()) if any(row[name] is not None for row in rows)
    ]
    if names:
        yield title
        told = [tuple("" if row[n] is None else str(row[n]) for n in names) for row in rows]
        yield from lay_out(tuple(names), told)
