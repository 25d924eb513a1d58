"""Two clocks and their files: what one covers, what was overwritten, what only lends due dates."""

import shutil
from datetime import UTC, date, datetime

import duckdb
import pytest

from pipelines.defs import intake
from pipelines.editions import make_editions
from pipelines.intake.land import land_folder
from pipelines.intake.reading import LANDING
from pipelines.settings import Settings, TableMapping
from pipelines.sql_tables import SQL, SqlTable
from tests.pipelines.books import Fec, build, lettered, make_tables
from tests.pipelines.extracts import write_fec
from tests.pipelines.test_two_clocks import MARCH, WANTED, D, known, later, quarter, restated


def refreshed(home, fec, settings=None):
    """Known amounts of a home in which the one export is overwritten with this one."""
    settings = settings or Settings()
    write_fec(fec, home / "extracts")
    now = datetime(2026, 1, 1, tzinfo=UTC)
    receipts = land_folder(
        home / "extracts", home / "landing", settings, now=now, progress=lambda _: None
    )
    con = duckdb.connect()
    con.execute("create schema raw; create schema staging; create schema intake")
    intake.make_files(con, receipts, home / "landing")
    for table in LANDING:
        intake.make_raw_table(con, table, receipts, home / "landing")
    con.execute("create table staging.run as select date '2025-12-31' as as_of")
    make_tables(con, settings, WANTED)
    make_editions(con, settings, home / "editions", home / "landing")
    for name in ("series", "movements", "movements_known"):
        SqlTable.read(SQL / "receivables" / f"{name}.sql").create(con)
    return con


def test_an_export_that_is_overwritten_is_remembered_while_landing_holds_it(tmp_path):
    refreshed(tmp_path, quarter().sale("2025-01-10", "A", "100", "F1")).close()
    second = later().sale("2025-01-10", "A", "110", "F1")
    with refreshed(tmp_path, second) as con:
        assert known(con, MARCH, MARCH) == {"F1": D(100)}
        assert known(con, MARCH) == {"F1": D(110)}
    for folder in ("landing", "editions"):
        shutil.rmtree(tmp_path / folder)
    with refreshed(tmp_path, second) as con:  # nobody knows any more what it said
        assert known(con, MARCH, MARCH) == {"F1": D(110)}


def test_a_restatement_names_the_extract_that_brought_it_though_it_was_overwritten(tmp_path):
    refreshed(tmp_path, quarter().sale("2025-01-10", "A", "100", "F1")).close()
    second = later().sale("2025-01-10", "A", "110", "F1")
    second.sale("2025-03-20", "A", "50", "F2", validated_on=date(2025, 4, 18))
    refreshed(tmp_path, second).close()
    third = later("2025-09-30", "third").sale("2025-01-10", "A", "110", "F1")
    third.sale("2025-03-20", "A", "50", "F2", validated_on=date(2025, 4, 18))
    third.sale("2025-03-21", "A", "7", "F3", validated_on=date(2025, 8, 20))
    with refreshed(tmp_path, third) as con:
        brought = con.sql(
            "select document_ref, difference, source_sha256, extract_name "
            f"from receivables.restatements(date '{MARCH}', date '{MARCH}') order by 1"
        ).fetchall()
        days = dict(
            con.sql(
                "select source_sha256, extracted_on from intake.extract_days "
                "union all select source_sha256, extracted_on from intake.overwritten"
            ).fetchall()
        )
        [name] = {name for *_, name in brought}
        assert name.endswith(".txt")
        assert [(ref, cents, days[sha]) for ref, cents, sha, _ in brought] == [
            ("F1", D(10), date(2025, 6, 30)),
            ("F2", D(50), date(2025, 6, 30)),
            ("F3", D(7), date(2025, 9, 30)),
        ]


@pytest.mark.parametrize("validated_on", [date(2025, 1, 1), None])
def test_an_opening_that_is_booked_in_spring_was_not_known_in_january(validated_on):
    first = quarter().sale("2025-03-10", "A", "100", "F1")
    second = Fec(name="second")
    second.opening("2025-01-01", ("B", "500", {"document_ref": "F0"}))
    for line in second.lines:
        line["validated_on"] = validated_on
    same = later().sale("2025-03-10", "A", "100", "F1")
    second.lines += [
        {**line, "source_line": len(second.lines) + n} for n, line in enumerate(same.lines, 2)
    ]
    con = build(first, second, wanted=WANTED)
    assert known(con, MARCH, "2025-06-29") == {"F1": D(100)}
    assert known(con, MARCH) == {"F0": D(500), "F1": D(100)}
    assert restated(con, MARCH, MARCH) == {"F0": ("added_late", D(500), "second")}


def test_tables_that_lend_due_dates_change_nothing_of_what_a_later_ledger_knew(tmp_path):
    codes = lettered("AA", "2025-02-20")
    ledger = later("2025-12-31", "732829320FEC20251231")
    ledger.sale("2025-01-10", "A", "100", "F1", **codes)
    ledger.receipt("2025-02-15", "A", "100", "P1", **codes).sale("2025-02-10", "B", "60", "F2")
    ledger.sale("2025-06-10", "B", "30", "F3")
    columns = {"document_ref": "ref", "customer_id": "customer", "document_on": "on"}
    columns |= {"due_on": "due", "amount": "amount"}
    mapping = TableMapping(files=["*.csv"], kind="invoices", columns=columns)
    (tmp_path / "extracts").mkdir()
    told = "ref,customer,on,due,amount\n"
    for number, row in enumerate(
        [
            "F1,A,2025-01-10,2025-02-09,100.00\nF2,B,2025-02-10,2025-03-12,60.00\n",
            "F3,B,2025-06-10,2025-07-10,30.00\n",
            "F4,B,2025-09-10,2025-10-10,5.00\n",
        ]
    ):
        told += row
        (tmp_path / "extracts" / f"invoices {number}.csv").write_text(told)
    with refreshed(tmp_path, ledger, Settings(tables=[mapping])) as con:
        assert known(con, MARCH, MARCH) == {"F2": D(60)}
        assert known(con, MARCH, "2025-08-31") == {"F2": D(60)}
        assert known(con, "2025-08-31", "2025-08-31") == {"F2": D(60), "F3": D(30)}
