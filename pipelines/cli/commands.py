"""What a person or a script can ask for.

Nothing heavy is imported before it is needed, so that `encaisse --help` answers at once.
"""

import json
import os
import sys
import tempfile
import traceback
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from models.ageing import Convention
from models.errors import EncaisseError
from pipelines.cli.desk_commands import desk_app
from pipelines.cli.options import (
    As,
    AsOf,
    Basis,
    Bounds,
    Currency,
    Customer,
    Decimal,
    Engine,
    Entity,
    Extracts,
    Format,
    Out,
    bounds,
    day,
    last_day,
)

ROOT = Path(__file__).resolve().parent.parent.parent

ABOUT = """Encaisse: who owes you what, how late it is, and whether it gets better.

Put your ledger extracts (FEC, or tables of invoices) in a folder and run
**encaisse refresh --extracts FOLDER**. Then look at the figures with **encaisse
status**, take them away with **encaisse export**, or see them in a browser with
**make run**.

Exit codes: 0 done; 1 refused or blocked, with the reason on standard error; 2 wrong usage;
130 stopped with Ctrl-C.
"""

app = typer.Typer(
    name="encaisse",
    help=ABOUT,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
intake_app = typer.Typer(help="Look into an extract that is not known yet.", no_args_is_help=True)
app.add_typer(intake_app, name="intake")
app.add_typer(desk_app, name="desk")


@app.callback()
def choose_home(
    context: typer.Context,
    home: Annotated[
        Path,
        typer.Option(
            "--home",
            envvar="ENCAISSE_HOME",
            file_okay=False,
            show_default="data/ in the repository",
            help="Folder that holds everything: extracts, snapshots, settings (encaisse.toml).",
        ),
    ] = ROOT / "data",
) -> None:
    """Remember which home the command is about."""
    context.obj = home


@app.command()
def init(context: typer.Context) -> None:
    """Make a home: its folders, its settings file and its record of runs.

    What is there already is left as it is.
    """
    from pipelines.cli.starting import make_home

    for line in make_home(context.obj):
        typer.echo(line)


@app.command()
def sample(
    out: Annotated[Path, typer.Option("--out", file_okay=False, help="Folder to write to.")],
    seed: Annotated[int, typer.Option("--seed", help="The same seed, the same company.")] = 1,
    items: Annotated[
        int | None,
        typer.Option("--items", help="How many invoices, over three years. Default: 15000."),
    ] = None,
) -> None:
    """Make an imaginary firm: its FEC, customers and bank statements, to try everything on."""
    from pipelines.cli.starting import make_sample

    for line in make_sample(out, seed, items):
        typer.echo(line)


@app.command()
def refresh(
    context: typer.Context,
    extracts: Extracts = None,
    as_of: AsOf = None,
    engine: Annotated[
        Engine, typer.Option("--engine", help="What makes the heavy tables.")
    ] = Engine.duckdb,
    master: Annotated[
        str,
        typer.Option(
            "--master", metavar="URL", help="Of Spark: local[2], or spark://host:7077 of a cluster."
        ),
    ] = "local[*]",
) -> None:
    """Read the extracts, check that everything ties, and publish a new snapshot.

    Until all of it is done and every blocking check has passed, the old snapshot stays. The same
    extracts give the same figures, on either engine. A run that is killed leaves nothing to repair.
    """
    from pipelines.cli.refreshing import refresh_and_tell

    spark_master = master if engine is Engine.spark else ""
    refresh_and_tell(context.obj, extracts, as_of, spark_master=spark_master)


@app.command()
def check(context: typer.Context, extracts: Extracts = None, as_of: AsOf = None) -> None:
    """Do all of a refresh but publish it, and say what would stand in its way."""
    from pipelines.cli.refreshing import check_and_tell

    check_and_tell(context.obj, extracts, as_of)


@app.command()
def export(  # noqa: PLR0913, PLR0917  (each is an option)
    context: typer.Context,
    table: Annotated[
        str,
        typer.Argument(
            help="open_items, aged_balances, measures, customers, items, matches, quarantine; "
            "cash_forecast, payment_timing, customer_risk, priorities (the collection list), "
            "outcomes; or any other published table, docs/tables.md lists them."
        ),
    ],
    out: Out,
    format: As = Format.csv,
    as_of: Annotated[
        date | None,
        typer.Option("--as-of", parser=day, metavar="YYYY-MM-DD", help="Any past day."),
    ] = None,
    known_on: Annotated[
        date | None,
        typer.Option(
            "--known-on",
            parser=day,
            metavar="YYYY-MM-DD",
            help="Only what was known at the close of that day. Default: what is known now.",
        ),
    ] = None,
    by: Annotated[
        Basis, typer.Option("--by", help="Age by due date or by document date.")
    ] = Basis.due,
    buckets: Annotated[
        Bounds | None,
        typer.Option(
            "--buckets", parser=bounds, metavar="30,60,90,120", help="Last day late of each."
        ),
    ] = None,
    convention: Annotated[
        Convention,
        typer.Option("--convention", help="Whose boundaries to age by, to compare with theirs."),
    ] = Convention.ENCAISSE,
    entity: Entity = None,
    currency: Currency = None,
    customer: Customer = None,
) -> None:
    """Write a published table as CSV, Excel or Parquet.

    Money is exact, and positive is owed to you. Without --as-of, the day is the snapshot's own.
    With --known-on, late bookings, letterings and corrections since that day are left out.
    """
    from published import files, questions, snapshot

    with snapshot.connect(snapshot.current(context.obj)) as con:
        rows = questions.ask(
            con,
            table,
            as_of=as_of,
            known_on=known_on,
            basis=by.value,
            bounds=buckets,
            convention=convention,
            entity=entity,
            currency=currency,
            customer=customer,
        )
    files.write(rows, out, format.value)
    typer.echo(f"{rows.num_rows:,} rows written to {out}")


@app.command()
def restatements(  # noqa: PLR0913, PLR0917  (each is an option)
    context: typer.Context,
    as_of: Annotated[
        date,
        typer.Option("--as-of", parser=day, metavar="YYYY-MM-DD", help="The day looked at."),
    ],
    since: Annotated[
        date,
        typer.Option(
            "--since", parser=day, metavar="YYYY-MM-DD", help="As known at the close of that day."
        ),
    ],
    out: Out,
    until: Annotated[
        date | None,
        typer.Option(
            "--until",
            parser=day,
            metavar="YYYY-MM-DD",
            help="Against what was known at the close of that day. Default: what is known now.",
        ),
    ] = None,
    format: As = Format.csv,
    entity: Entity = None,
    currency: Currency = None,
    customer: Customer = None,
) -> None:
    """Write what changed about a past day since, item by item.

    Late entries and letterings, corrections, lines removed: each with the amounts before and after,
    and the extract that brought it. The differences add up to that of the two views.
    """
    from pipelines.cli.figures import restatement_lines
    from published import files, questions, snapshot

    with snapshot.connect(snapshot.current(context.obj)) as con:
        rows = questions.restatements(
            con,
            as_of=as_of,
            since=since,
            until=until,
            entity=entity,
            currency=currency,
            customer=customer,
        )
        told = restatement_lines(
            con, rows, as_of=as_of, since=since, until=until, customer=customer
        )
        lines = list(told)
    files.write(rows, out, format.value)
    for line in lines:
        typer.echo(line)
    typer.echo(f"{rows.num_rows:,} rows written to {out}")


@app.command()
def close(  # noqa: PLR0913, PLR0917  (each is an option)
    context: typer.Context,
    month: Annotated[
        str | None, typer.Option("--month", metavar="YYYY-MM", help="Close its last day.")
    ] = None,
    as_of: Annotated[
        date | None,
        typer.Option("--as-of", parser=day, metavar="YYYY-MM-DD", help="Close this day."),
    ] = None,
    known_on: Annotated[
        date | None,
        typer.Option(
            "--known-on",
            parser=day,
            metavar="YYYY-MM-DD",
            help="As known at the close of that day. Default: the day the snapshot was published.",
        ),
    ] = None,
    author: Annotated[str, typer.Option("--author", envvar="USER", help="Who closes it.")] = "",
    reason: Annotated[str, typer.Option("--reason", help="Why; needed to close a day again.")] = "",
) -> None:
    """Freeze what customers owed at a month end, by entity and currency, as it is known.

    It is kept in the desk and never changes. The page Restatements holds it against what is known
    now.
    """
    from pipelines.cli.closing import close_and_tell

    if (month is None) == (as_of is None):
        raise typer.BadParameter("give the month, or the day with --as-of")
    closed = as_of or last_day(month or "")
    for line in close_and_tell(context.obj, closed, known_on, author=author, reason=reason):
        typer.echo(line)


@app.command()
def status(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="For a script.")] = False,
) -> None:
    """Say what is published: which day, how old, whether it ties, what was set aside."""
    from pipelines.cli.figures import status_lines, status_values
    from published import snapshot

    pointer = snapshot.current(context.obj)
    if as_json:
        typer.echo(json.dumps(status_values(pointer), indent=2, ensure_ascii=False))
        return
    for line in status_lines(pointer, datetime.now().astimezone()):
        typer.echo(line)


@intake_app.command()
def propose(  # noqa: PLR0913, PLR0917  (each is an option)
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="A table: CSV, TSV, XLSX, Parquet.")
    ],
    kind: Annotated[
        str | None, typer.Option("--kind", help="What a row is: invoices, payments ...")
    ] = None,
    date_format: Annotated[
        str | None, typer.Option("--date-format", metavar="%d/%m/%Y", help="How dates are written.")
    ] = None,
    decimal: Annotated[Decimal | None, typer.Option("--decimal", help="The decimal mark.")] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option("--column", metavar="OURS=HEADER", help="Which column is what. Repeatable."),
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Agree: add the proposal to the settings.")
    ] = False,
) -> None:
    """Propose how to read an unknown table, with reasons and a preview, and write it once agreed.

    What the file does not tell is asked, never guessed: answer with the options.
    """
    from pipelines.cli.proposing import propose_and_tell

    pairs = [each.partition("=") for each in columns or []]
    if not all(ours and header for ours, _, header in pairs):
        raise typer.BadParameter("write --column as OURS=HEADER, such as amount=Montant")
    propose_and_tell(
        context.obj,
        file,
        kind=kind,
        date_format=date_format,
        decimal=decimal.value if decimal else None,
        columns={ours: header for ours, _, header in pairs},
        agreed=write,
    )


def main() -> None:
    """Run the command line. A person never sees a stack trace."""
    try:
        app(prog_name="encaisse")
    except EncaisseError as error:
        sys.exit(_refused(str(error)))
    except BrokenPipeError:  # `encaisse status | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        report = Path(tempfile.gettempdir()) / "encaisse-defect.txt"
        report.write_text(traceback.format_exc(), encoding="utf-8")
        sys.exit(
            _refused(
                f"{type(error).__name__}: {error}\n  where: {report}\n"
                "  fix:   this is a defect: report it, with that file"
            )
        )


def _refused(reason: str) -> int:
    typer.echo(reason, err=True)
    return 1
