"""Tables of documents that do not say whose they are, beside ledgers and bank statements."""

from decimal import Decimal as D

import duckdb
import pytest

from pipelines.defs.checks import RULES, find
from pipelines.defs.intake import make_files, make_raw_table
from pipelines.entities import tell_entities
from pipelines.intake.land import land_folder
from pipelines.intake.reading import LANDING
from pipelines.settings import Settings
from pipelines.sql_tables import SQL, SqlTable
from tests.pipelines.books import PREVIOUS, Fec
from tests.pipelines.extracts import write_fec
from tests.pipelines.open_lists import LISTS, is_open, make_tables, written
from tests.pipelines.table_files import NOW, quiet
from tests.pipelines.test_entities import STATEMENT

PARIS = Fec().sale("2024-01-10", "A", "120.00", "F1").sale("2024-02-01", "A", "60.00", "F2")
LYON = Fec().sale("2024-01-10", "B", "240.00", "G1").sale("2024-01-11", "B", "12.00", "G2")
ROWS = ("F1;A;10/01/2024;20/02/2024;;120,00;EUR", "F2;A;01/02/2024;02/04/2024;;60,00;EUR")


def firms(tmp_path, *rows, fecs=(), **files):
    """Every table made of these ledgers, and of one list that does not say whose it is."""
    folder = tmp_path / "extracts"
    folder.mkdir()
    for siren, fec in fecs:
        write_fec(fec, folder, f"{siren}FEC20241231.txt")
    for name, text in {"encours 2024-02-15.csv": written(rows), **files}.items():
        (folder / name).write_text(text, encoding="utf-8")
    settings = Settings(tables=(LISTS,))
    receipts = land_folder(folder, tmp_path / "landing", settings, now=NOW, progress=quiet)
    con = duckdb.connect()
    con.execute("create schema raw; create schema staging; create schema intake")
    make_files(con, receipts, tmp_path / "landing")
    for table in LANDING:
        make_raw_table(con, table, receipts, tmp_path / "landing")
    con.execute("create table staging.run as select date '2024-12-31' as as_of")
    con.execute(PREVIOUS)
    tell_entities(con, settings)
    make_tables(con, settings)
    return con


def told(con):
    """Whose the list is, and how that was told."""
    [row] = con.sql(
        "select entity_id, entity_basis from staging.files where format = 'open_items'"
    ).fetchall()
    return row


def check(con):
    [rule] = [rule for rule in RULES if rule.name == "tables_say_whose_they_are"]
    return find(con, rule)


TWO = (("732829320", PARIS), ("552100554", LYON))


def test_a_list_is_of_the_firm_whose_ledger_has_its_documents_and_counts_once(tmp_path):
    con = firms(tmp_path, *ROWS, fecs=TWO)
    assert told(con) == ("732829320", "documents")
    assert is_open(con, "2024-02-15") == {"F1": D(120), "F2": D(60), "G1": D(240), "G2": D(12)}
    rows = con.sql("select due_on::varchar from ledger.items where document_ref = 'F2'").fetchall()
    assert rows == [("2024-04-02",)]
    assert check(con)[0] == 0


@pytest.mark.parametrize(
    "rows",
    [
        ("Z1;Z;10/01/2024;20/02/2024;;120,00;EUR", "Z2;Z;01/02/2024;02/04/2024;;60,00;EUR"),
        (ROWS[0], "G1;B;10/01/2024;20/02/2024;;240,00;EUR"),  # as much of the one as of the other
    ],
)
def test_a_list_of_which_no_ledger_tells_is_of_a_firm_of_its_own_and_is_named(tmp_path, rows):
    con = firms(tmp_path, *rows, fecs=TWO)
    assert told(con) == ("main", "default")
    assert check(con) == (
        1,
        "encours 2024-02-15.csv: nothing says whose it is, so that it counts as of a firm of its "
        "own, main; if it is of another firm, name its entity in encaisse.toml",
    )


def test_a_list_beside_bank_statements_of_one_firm_is_that_firms(tmp_path):
    con = firms(tmp_path, *ROWS, **{"january.xml": STATEMENT})
    assert told(con) == ("732829320", "only_entity")
    SqlTable.read(SQL / "ledger" / "bank_balances.sql").create(con)
    rows = con.sql("select distinct entity_id from ledger.bank_balances").fetchall()
    assert rows == [("732829320",)]
    assert check(con)[0] == 0
