"""The monthly measures of books: made, and asked of a day."""

from datetime import date

from pipelines.measures import make_figures
from pipelines.settings import Settings
from pipelines.sql_tables import SQL, SqlTable
from tests.pipelines.books import Fec, build


def measured(*fecs, settings=None, **given):
    """Return a database with the monthly measures of these books, made as `build` makes books."""
    con = build(*fecs, settings=settings, **given)
    make_figures(con, settings or Settings())
    SqlTable.read(SQL / "measures" / "monthly.sql").create(con)
    return con


def rows(con, day, *, scope="entity", **of):
    """Return (value with two decimals, is_lower_bound, note) by measure."""
    where = "".join(f" and {column} = ${column}" for column in of)
    found = con.execute(
        "select measure, round(value, 2), is_lower_bound, note from measures.monthly "
        f"where scope = $scope and month_end = $day {where}",
        {"scope": scope, "day": date.fromisoformat(day), **of},
    ).fetchall()
    assert len(found) == len({measure for measure, *_ in found}), "more than one answer"
    return {measure: rest for measure, *rest in found}


def values(con, day, **of):
    """Return the value with two decimals, as text, by measure."""
    found = rows(con, day, **of)
    return {name: None if value is None else str(value) for name, (value, *_) in found.items()}


def inputs(con, day, customer="C1"):
    """Return what the measures of a customer are made of, by column."""
    found = con.execute(
        "from measures.inputs where month_end = ? and customer_id = ?",
        [date.fromisoformat(day), customer],
    )
    return dict(zip([column[0] for column in found.description], found.fetchone(), strict=True))


def quarter():
    """Three invoices, the first paid 35 days late; on 31 March the second is 20 days late."""
    return (
        Fec()
        .sale("2024-01-15", "C1", "1200.00", "F1", lettering="A")
        .sale("2024-02-10", "C1", "800.00", "F2")
        .sale("2024-03-05", "C2", "600.00", "F3")
        .receipt("2024-03-20", "C1", "1200.00", lettering="A")
    )
