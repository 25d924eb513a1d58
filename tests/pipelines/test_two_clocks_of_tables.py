"""Two clocks without a FEC: lists renamed and corrected, lists of several days, allocations."""

from decimal import Decimal as D

import pytest

from pipelines.settings import Settings
from tests.pipelines.open_lists import COLUMNS, HEADER, LISTS, written
from tests.pipelines.test_named_invoices import ALLOCATIONS, INVOICES, PAYMENTS, table
from tests.pipelines.test_remembered import Home
from tests.pipelines.test_two_clocks import known, restated

JANUARY, FEBRUARY, MARCH, APRIL = "2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"


def a_list(is_open="100,00", due="31/01/2024", after=""):
    return written([f"F1;A;01/01/2024;{due};100,00;{is_open};EUR"]) + after


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path)


def test_a_list_that_gets_the_day_it_should_have_had_is_of_that_day(home):
    first = {
        f"encours {JANUARY}.csv": a_list(),
        f"encours {FEBRUARY}.csv": a_list(due="15/02/2024"),
    }
    last = a_list("60,00", "15/02/2024")
    home.refreshed({**first, f"encours {APRIL}.csv": last}).close()
    (home.extracts / f"encours {APRIL}.csv").rename(home.extracts / f"encours {MARCH}.csv")
    with home.refreshed() as con:
        assert known(con, "2024-03-30") == {"F1": D(100)}
        assert known(con, MARCH) == known(con, APRIL) == {"F1": D(60)}
        assert known(con, MARCH, "2024-03-30") == {"F1": D(100)}


def test_a_list_that_comes_late_and_says_what_a_newer_one_says_counts_from_its_day(home):
    first = {
        f"encours {JANUARY}.csv": a_list(),
        f"encours {FEBRUARY}.csv": a_list(due="15/02/2024"),
    }
    last = a_list("60,00", "15/02/2024")
    home.refreshed({**first, f"encours {APRIL}.csv": last}).close()
    with home.refreshed({f"encours {MARCH}.csv": last}) as con:
        assert known(con, MARCH) == known(con, APRIL) == {"F1": D(60)}


@pytest.mark.parametrize("after", ["", "\n", "\n\n", "\n\n\n"])  # other contents, of other SHA-256
def test_of_the_contents_of_one_list_the_newer_one_is_remembered(home, after):
    name = f"encours {MARCH}.csv"
    home.refreshed({name: a_list("70,00", after="\n\n\n\n\n")}).close()
    home.refreshed({name: a_list(after=after)}).close()
    with home.refreshed({f"encours {APRIL}.csv": a_list(due="15/02/2024")}) as con:
        assert known(con, MARCH, MARCH) == {"F1": D(100)}
        assert restated(con, MARCH, MARCH) == {
            "F1": ("due_date_changed", D(0), f"encours {APRIL}.csv")
        }


@pytest.mark.parametrize("in_files", [1, 2])
def test_a_due_date_that_moves_from_one_day_of_a_file_to_the_next_was_not_known_before(
    tmp_path, in_files
):
    stated = table("open_items", **COLUMNS, extracted_on="jour")
    home = Home(tmp_path, Settings(tables=[stated]))
    rows = [
        "F1;A;01/01/2024;31/01/2024;100,00;100,00;EUR;29/02/2024",
        "F1;A;01/01/2024;31/03/2024;100,00;100,00;EUR;31/03/2024",
    ]
    header = f"{HEADER};jour"
    files = {"open_items.csv": written(rows, header)}
    if in_files == 2:
        files = {f"open_items {n}.csv": written([row], header) for n, row in enumerate(rows)}
    with home.refreshed(files) as con:
        asked = "select due_on::varchar from receivables.open_items(?, _known_on := ?)"
        then, now = (con.execute(asked, [FEBRUARY, day]).fetchall() for day in (FEBRUARY, None))
        assert (then, now) == ([("2024-01-31",)], [("2024-03-31",)])
        [(cause, difference, _)] = restated(con, FEBRUARY, FEBRUARY).values()
        assert (cause, difference) == ("due_date_changed", D(0))


def test_terms_that_a_newer_list_says_otherwise_were_not_known_before(tmp_path):
    columns = {**COLUMNS, "terms": "conditions"}
    del columns["due_on"]
    of_terms = LISTS.model_copy(update={"columns": columns})
    header = HEADER.replace("echeance", "conditions")
    files = {
        f"encours {day}.csv": written([f"F1;A;01/01/2024;{terms};100,00;100,00;EUR"], header)
        for day, terms in ((JANUARY, "15 net"), (FEBRUARY, "60 net"))
    }
    with Home(tmp_path, Settings(tables=[of_terms])).refreshed(files) as con:
        late = "select days_late from receivables.open_items(?, _known_on := ?)"
        assert con.execute(late, [JANUARY, JANUARY]).fetchall() == [(15,)]
        assert con.execute(late, [JANUARY, FEBRUARY]).fetchall() == [(-30,)]
        assert restated(con, JANUARY, JANUARY) == {
            "F1": ("due_date_changed", D(0), f"encours {FEBRUARY}.csv")
        }


OF_TABLES = Settings(tables=[INVOICES, PAYMENTS, ALLOCATIONS])
SALES = written(["F1;A;01/01/2024;60,00"], "facture;client;date;montant")
PAID = written(["R1;A;15/02/2024;60,00;"], "numero;client;date;montant;facture")
OF = "client;facture;numero;montant;date"
PART, REST = "A;F1;R1;20,00;17/02/2024", "A;F1;R1;30,00;20/04/2024"


def test_parts_that_were_allocated_on_several_days_are_known_from_their_own(tmp_path):
    home = Home(tmp_path, OF_TABLES)
    files = {"invoices.csv": SALES, "payments.csv": PAID}
    files[f"allocations {MARCH}.csv"] = written([PART], OF)
    before, after = {"F1": D(40), "R1": D(-40)}, {"F1": D(10), "R1": D(-10)}
    with home.refreshed(files) as con:
        assert known(con, MARCH, "2024-03-01") == known(con, MARCH) == before
    files[f"allocations {APRIL}.csv"] = written([PART, REST], OF)
    with home.refreshed(files) as con:
        assert known(con, MARCH, "2024-03-01") == known(con, MARCH, "2024-04-19") == before
        assert known(con, MARCH, "2024-04-20") == known(con, MARCH) == after


@pytest.mark.parametrize("names", [("31-03-2024", "30-04-2024"), ("a", "b"), ("b", "a")])
def test_the_newer_of_two_lists_of_allocations_knows_the_later_day_whatever_its_name(
    tmp_path, names
):
    older, newer = names
    home = Home(tmp_path, OF_TABLES)
    files = {
        "invoices.csv": SALES,
        "payments.csv": PAID,
        f"allocations {older}.csv": written([PART], OF),
        f"allocations {newer}.csv": written([PART, REST], OF),
    }
    with home.refreshed(files) as con:
        assert known(con, APRIL) == {"F1": D(10), "R1": D(-10)}


def test_a_list_of_allocations_that_was_overwritten_is_remembered_for_the_past(tmp_path):
    home = Home(tmp_path, OF_TABLES)
    files = {"invoices.csv": SALES, "payments.csv": PAID, "allocations.csv": written([PART], OF)}
    home.refreshed(files).close()
    corrected = written(["A;F1;R1;10,00;17/02/2024", "A;F1;R1;5,00;20/04/2024"], OF)
    with home.refreshed({"allocations.csv": corrected}) as con:
        assert known(con, MARCH, "2024-04-19") == {"F1": D(40), "R1": D(-40)}
        assert known(con, MARCH, "2024-04-20") == known(con, MARCH) == {"F1": D(45), "R1": D(-45)}
