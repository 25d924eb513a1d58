"""Lists and ledgers that are overwritten under one name count as if each had kept a name."""

import shutil
from datetime import UTC, datetime, timedelta
from decimal import Decimal as D

import duckdb
import pytest

from pipelines.checks import Rule
from pipelines.defs import intake
from pipelines.defs.checks import find
from pipelines.editions import make_editions
from pipelines.file_rules import FILE_RULES
from pipelines.intake import land
from pipelines.intake.land import land_folder
from pipelines.intake.reading import LANDING
from pipelines.overwritten import find_overwritten
from pipelines.remembered import with_remembered
from pipelines.settings import Settings
from pipelines.sql_tables import SQL, SqlTable
from tests.pipelines.books import PREVIOUS, Fec, lettered
from tests.pipelines.extracts import write_fec
from tests.pipelines.open_lists import LISTS, is_open, make_tables, settlements, written
from tests.pipelines.table_files import quiet

MONDAY = datetime(2026, 1, 5, 6, tzinfo=UTC)
SETTINGS = Settings(tables=[LISTS])


class Home:
    """A home whose extracts are changed and refreshed, each time a day later."""

    def __init__(self, folder, settings=SETTINGS):
        self.folder, self.settings, self.now = folder, settings, MONDAY
        self.extracts, self.landing = folder / "extracts", folder / "landing"
        self.extracts.mkdir(parents=True)

    def refreshed(self, files=None):
        """Every table up to the open items; `files` are written first, as texts by name."""
        for name, text in (files or {}).items():
            (self.extracts / name).write_text(text, encoding="utf-8")
        self.now += timedelta(days=1)
        receipts = with_remembered(
            land_folder(self.extracts, self.landing, self.settings, now=self.now, progress=quiet),
            self.landing,
            self.settings,
        )
        con = duckdb.connect()
        con.execute("create schema raw; create schema staging; create schema intake")
        intake.make_files(con, receipts, self.landing)
        for table in LANDING:
            intake.make_raw_table(con, table, receipts, self.landing)
        intake.tell_entities(con, self.settings)
        con.execute("create table staging.run as select date '2026-03-31' as as_of")
        con.execute(PREVIOUS)
        make_tables(con, self.settings)
        make_editions(con, self.settings, self.folder / "editions", self.landing)
        for name in ("series", "movements", "movements_known"):
            SqlTable.read(SQL / "receivables" / f"{name}.sql").create(con)
        return con

    def overwritten(self, *texts, name="encours.csv"):
        """Refresh with each text in turn under one name, and return the last tables."""
        for text in texts[:-1]:
            self.refreshed({name: text}).close()
        return self.refreshed({name: texts[-1]})


def tables(con):
    """All rows of all tables, apart from names and from what is about an earlier state."""
    apart = {"name", "once_in", "status", "landed_at", "facts", "recency", "replaced_by"}
    apart |= {"entity_basis"}
    found = {}
    for schema, table in con.sql(
        "select schema_name, table_name from duckdb_tables() "
        "where schema_name in ('ledger', 'receivables', 'intake', 'staging') order by all"
    ).fetchall():
        columns = con.execute(
            "select column_name from duckdb_columns() where schema_name = ? and table_name = ?",
            [schema, table],
        ).fetchall()
        kept = ", ".join(f'"{column}"' for (column,) in columns if column not in apart)
        found[f"{schema}.{table}"] = con.sql(
            f"select {kept} from {schema}.{table} order by all"
        ).fetchall()
    return found


def files(con):
    return con.sql("select name, status, once_in from intake.files order by name").fetchall()


def told(con):
    [rule] = [each for each in FILE_RULES if each.name == "extracts_keep_a_name_of_their_own"]
    assert isinstance(rule, Rule) and not rule.blocking
    count, says = find(con, rule)
    return says if count else None


def row(ref, amount, on="01/01/2026", customer="A"):
    return f"{ref};{customer};{on};30/01/2026;;{amount};EUR"


MORNINGS = [
    written([row("F1", "100,00"), row("F2", "50,00", "02/01/2026")]),
    written([row("F1", "60,00"), row("F3", "20,00", "03/01/2026")]),
    written([row("F2", "50,00", "02/01/2026"), row("F4", "70,00", "04/01/2026", "B")]),
    written([row("F4", "70,00", "04/01/2026", "B"), row("F5", "9,00", "05/01/2026")]),
]


def test_a_list_overwritten_each_morning_is_a_succession_of_lists(tmp_path):
    with Home(tmp_path / "one").overwritten(*MORNINGS) as con:
        assert settlements(con) == [
            ("F1", "settlement", D(-40), "2026-01-02", "2026-01-03"),
            ("F2", "settlement", D(-50), "2026-01-02", "2026-01-03"),
            ("F1", "settlement", D(-60), "2026-01-03", "2026-01-04"),
            ("F2", "reopening", D(50), None, "2026-01-04"),
            ("F3", "settlement", D(-20), "2026-01-03", "2026-01-04"),
            ("F2", "settlement", D(-50), "2026-01-04", "2026-01-05"),
        ]
        assert is_open(con, "2026-01-03") == {"F1": D(60), "F3": D(20)}
        assert files(con) == [
            ("encours.csv", "used", None),
            ("encours.csv (2026-01-02)", "remembered", "encours.csv"),
            ("encours.csv (2026-01-03)", "remembered", "encours.csv"),
            ("encours.csv (2026-01-04)", "remembered", "encours.csv"),
        ]
        assert told(con) == (
            "encours.csv: 3 earlier contents still count, of 2026-01-02 to 2026-01-04; only the "
            "landing folder has them; give each export a name of its own, with its day"
        )


def test_one_name_gives_the_same_tables_as_a_name_for_each_list(tmp_path):
    one, each = Home(tmp_path / "one"), Home(tmp_path / "each")
    for number, text in enumerate(MORNINGS):
        overwritten = one.refreshed({"encours.csv": text})
        kept = each.refreshed({f"encours {'abcd'[number]}.csv": text})
        assert tables(overwritten) == tables(kept)
        assert told(kept) is None


def test_a_correction_of_a_list_that_was_overwritten_since_is_one_edition_of_it(tmp_path):
    wrong = written([row("F1", "10,00"), row("F2", "50,00", "02/01/2026")])
    one, each = Home(tmp_path / "one"), Home(tmp_path / "each")
    overwritten = one.overwritten(wrong, *MORNINGS[:2])
    each.refreshed({"a.csv": wrong}).close()
    each.refreshed({"a.csv": MORNINGS[0]}).close()
    kept = each.refreshed({"b.csv": MORNINGS[1]})
    assert [len(found) for found in (files(overwritten), files(kept))] == [2, 2]
    assert tables(overwritten) == tables(kept)
    [edition] = find_overwritten(overwritten, one.landing)
    [(by,)] = overwritten.sql(
        "select source_sha256 from intake.files where once_in is not null"
    ).fetchall()
    assert edition.by == by  # and not what the file has now, which is of another day


def test_a_list_of_a_day_that_a_later_one_took_back_does_not_count(tmp_path):
    far = written([row("F9", "1,00", "31/12/2029")])
    with Home(tmp_path).overwritten(MORNINGS[0], far, MORNINGS[1]) as con:
        assert [name for name, *_ in files(con)] == ["encours.csv", "encours.csv (2026-01-02)"]


def test_a_list_of_a_day_that_its_name_says_is_corrected_and_not_followed(tmp_path):
    with Home(tmp_path).overwritten(*MORNINGS, name="encours 2026-01-31.csv") as con:
        assert files(con) == [("encours 2026-01-31.csv", "used", None)]
        assert told(con) is None


def test_lists_whose_rows_say_their_day_are_told_apart_by_it(tmp_path):
    mapping = LISTS.model_copy(update={"columns": LISTS.columns | {"extracted_on": "etat"}})
    header = "facture;client;date;echeance;montant;reste;devise;etat"
    days = ("07/01/2026", "08/01/2026", "08/01/2026", "09/01/2026")
    texts = [
        written([f"{row('F1', amount)};{day}"], header)
        for day, amount in zip(days, ("10,00", "8,00", "7,00", "6,00"), strict=True)
    ]
    with Home(tmp_path, Settings(tables=[mapping])).overwritten(*texts) as con:
        assert [name for name, *_ in files(con)] == [
            "encours.csv", "encours.csv (2026-01-07)", "encours.csv (2026-01-08)",
        ]  # fmt: skip
        assert is_open(con, "2026-01-08") == {"F1": D(7)}


def test_a_file_that_is_deleted_takes_what_it_overwrote_with_it(tmp_path):
    home = Home(tmp_path)
    home.overwritten(*MORNINGS).close()
    (home.extracts / "encours.csv").unlink()
    with home.refreshed({"autre.csv": MORNINGS[3]}) as con:
        assert [name for name, *_ in files(con)] == ["autre.csv"]


def test_what_was_deleted_from_landing_is_forgotten(tmp_path):
    home = Home(tmp_path)
    with home.overwritten(*MORNINGS) as con:
        [(sha256,)] = con.sql(
            "select source_sha256 from intake.files where name like '%2026-01-03%'"
        ).fetchall()
    [folder] = home.landing.glob(f"{sha256}.*")
    shutil.rmtree(folder)
    with home.refreshed() as con:
        assert [name for name, *_ in files(con)] == [
            "encours.csv", "encours.csv (2026-01-02)", "encours.csv (2026-01-04)",
        ]  # fmt: skip


def test_a_list_that_cannot_be_used_takes_the_place_of_none(tmp_path):
    with Home(tmp_path).overwritten(*MORNINGS, "\x00nothing") as con:
        assert [(name, status) for name, status, _ in files(con)] == [
            ("encours.csv", "refused"),
            ("encours.csv (2026-01-02)", "remembered"),
            ("encours.csv (2026-01-03)", "remembered"),
            ("encours.csv (2026-01-04)", "remembered"),
            ("encours.csv (2026-01-05)", "remembered"),
        ]
    with Home(tmp_path / "empty").overwritten(*MORNINGS, written([])) as con:
        assert len(files(con)) == 5


def test_a_list_that_is_in_the_folder_under_another_name_counts_once(tmp_path):
    home = Home(tmp_path)
    home.overwritten(*MORNINGS[:3]).close()
    with home.refreshed({"encours.csv": MORNINGS[3], "garde.csv": MORNINGS[1]}) as con:
        assert [name for name, *_ in files(con)] == [
            "encours.csv", "encours.csv (2026-01-02)", "encours.csv (2026-01-04)", "garde.csv",
        ]  # fmt: skip


def test_older_lists_are_read_as_the_settings_say_now(tmp_path):
    one, each = Home(tmp_path / "one"), Home(tmp_path / "each")
    one.overwritten(*MORNINGS).close()
    for number, text in enumerate(MORNINGS):
        each.refreshed({f"encours {'abcd'[number]}.csv": text}).close()
    columns = {**LISTS.columns, "label": "client", "customer_id": "devise"}
    for home in (one, each):
        home.settings = Settings(tables=[LISTS.model_copy(update={"columns": columns})])
    overwritten, kept = one.refreshed(), each.refreshed()
    assert overwritten.sql("select distinct customer_id from ledger.items").fetchall() == [("EUR",)]
    assert tables(overwritten) == tables(kept)


def test_a_list_that_nobody_can_read_again_is_named_and_not_held_against_others(
    tmp_path, monkeypatch
):
    home = Home(tmp_path)
    home.overwritten(*MORNINGS[:3]).close()
    for kept in home.landing.glob("*/original.gz"):
        kept.unlink()
    monkeypatch.setattr(land, "RECIPE", "another")
    with home.refreshed({"encours.csv": MORNINGS[3]}) as con:
        assert len(files(con)) == 4  # the older program named documents as this one does
    monkeypatch.setattr(land, "LISTS_ALIKE", frozenset())
    with home.refreshed() as con:
        assert files(con) == [("encours.csv", "used", None)]
        assert told(con) == (
            "encours.csv: earlier lists cannot be read again and count no more, those of "
            "2026-01-02, 2026-01-03, 2026-01-04"
        )


def test_a_list_that_landed_before_originals_were_kept_is_kept_by_the_next_refresh(tmp_path):
    home = Home(tmp_path)
    home.refreshed({"encours.csv": MORNINGS[0]}).close()
    [kept] = home.landing.glob("*/original.gz")
    before = kept.read_bytes()
    kept.unlink()
    home.refreshed().close()
    assert kept.read_bytes() == before


def test_lists_of_no_common_customer_are_of_two_firms(tmp_path):
    trial = written([row(f"T{n}", "5,00", customer=f"T{n}") for n in range(5)])
    own = written([row(f"F{n}", "5,00", "02/01/2026", customer=f"C{n}") for n in range(5)])
    with Home(tmp_path).overwritten(trial, own) as con:
        assert files(con) == [("encours.csv", "used", None)]


def year(number, *, customer="A"):
    """The FEC of a year, with one invoice that stays open into the next."""
    fec = Fec()
    if number > 2023:
        fec.entry(f"{number}-01-01", ("411000", customer, "70"), ("101000", None, "-70"),
                  journal="AN", journal_label="A nouveaux")  # fmt: skip
    code = lettered("AA", f"{number}-03-01")
    fec.sale(f"{number}-01-10", customer, "100", f"F{number}", **code)
    fec.receipt(f"{number}-02-20", customer, "100", f"P{number}", **code)
    if number == 2023:
        fec.sale("2023-12-20", customer, "70", "G2023")
    return fec.entry(f"{number}-12-31", ("401000", "S", "-1"), ("601000", None, "1"))


def test_a_fec_overwritten_by_that_of_the_next_year_still_counts(tmp_path):
    one, each = Home(tmp_path / "one", Settings()), Home(tmp_path / "each", Settings())
    part = Fec(lines=year(2023).lines[:-2])  # the year up to some day: an edition of the whole
    write_fec(part, one.extracts, "fec.txt")
    one.refreshed().close()
    write_fec(part, each.extracts, "fec2023.txt")
    each.refreshed().close()
    for number in (2023, 2024, 2025):
        write_fec(year(number), one.extracts, "fec.txt")
        write_fec(year(number), each.extracts, f"fec{number}.txt")
        overwritten, kept = one.refreshed(), each.refreshed()
        assert tables(overwritten) == tables(kept)
    assert files(overwritten) == [
        ("fec.txt", "used", None),
        ("fec.txt (2023-12-31)", "remembered", "fec.txt"),
        ("fec.txt (2024-12-31)", "remembered", "fec.txt"),
    ]
    [(count,)] = overwritten.sql(
        "select count(*) from ledger.items where kind = 'invoice'"
    ).fetchall()
    assert count == 4


def test_a_fec_of_another_firm_that_had_the_name_does_not_count(tmp_path):
    other = Fec()
    other.entry("2022-05-05", ("4110", "Z", "9"), ("7060", None, "-9"), journal="XX")
    home = Home(tmp_path, Settings())
    write_fec(other, home.extracts, "fec.txt")
    home.refreshed().close()
    write_fec(year(2023), home.extracts, "fec.txt")
    with home.refreshed() as con:
        assert files(con) == [("fec.txt", "used", None)]


def test_a_fec_that_an_older_program_read_counts_while_its_tables_fit(tmp_path, monkeypatch):
    home = Home(tmp_path, Settings())
    write_fec(year(2023), home.extracts, "fec.txt")
    home.refreshed().close()
    monkeypatch.setattr(land, "RECIPE", "another")
    write_fec(year(2024), home.extracts, "fec.txt")
    with home.refreshed() as con:
        assert [name for name, *_ in files(con)] == ["fec.txt", "fec.txt (2023-12-31)"]
    monkeypatch.setitem(LANDING, "fec_lines", LANDING["fec_lines"].remove(0))
    assert len(with_remembered(_landed(home), home.landing, home.settings)) == 1


def _landed(home):
    return [
        receipt
        for receipt in land_folder(
            home.extracts, home.landing, home.settings, now=home.now, progress=quiet
        )
        if receipt.name == "fec.txt"
    ]


@pytest.mark.parametrize("others", [{}, {"encours b.csv": MORNINGS[0]}])
def test_an_unchanged_folder_gives_the_same_tables(tmp_path, others):
    home = Home(tmp_path)
    before = tables(home.overwritten(*MORNINGS))
    landed = sorted(home.landing.rglob("*"))
    assert tables(home.refreshed()) == before
    assert sorted(home.landing.rglob("*")) == landed
