"""Risk and the collection list, from extracts to the published snapshot, day after day."""

from datetime import date
from decimal import Decimal

import pytest

from models.risk import RiskClass
from models.worklist import Action
from pipelines.settings import Collection
from published import questions, snapshot
from tests.pipelines.books import Fec, lettered
from tests.pipelines.extracts import write_fec


@pytest.fixture(scope="module")
def sample(sample_home):
    with snapshot.connect(snapshot.current(sample_home)) as con:
        yield con


def test_risk_is_of_all_that_is_owed_and_of_nothing_else(sample):
    apart = sample.execute(
        """
        with owed as (
            select entity_id, customer_id, currency, sum(open_amount) as open_amount,
                coalesce(sum(open_amount) filter (days_late > 0), 0) as overdue_amount
            from receivables.open_items((select as_of from meta.snapshot))
            where side = 'debit'
            group by all
        )
        select * from owed full join predictions.customer_risk as risk
            using (entity_id, customer_id, currency)
        where owed.open_amount is distinct from risk.open_amount
            or owed.overdue_amount is distinct from risk.overdue_amount
        """
    ).fetchall()
    assert apart == []
    assert sample.sql("select count(*) from predictions.customer_risk").fetchall() > [(20,)]


def test_the_figures_of_a_customer_agree_with_each_other(sample):
    apart = sample.execute(
        """
        select customer_id from predictions.customer_risk
        where expected_late_amount > due_30_amount
            or abs(due_30_amount * late_probability - expected_late_amount) > 0.01 * due_30_amount
            or expected_loss_amount > open_amount
            or stake_amount < expected_loss_amount
            or doubtful_amount > expected_loss_amount
            or (due_30_amount = 0) <> (late_probability is null)
        """
    ).fetchall()
    assert apart == []


def test_ranks_have_no_gap_and_classes_have_names(sample):
    ranks = sample.sql("select rank from predictions.customer_risk order by 1").fetchall()
    assert ranks == [(rank,) for rank in range(1, len(ranks) + 1)]
    classes = sample.sql("select distinct risk_class from predictions.customer_risk").fetchall()
    assert {name for (name,) in classes} <= {str(each) for each in RiskClass}
    actions = sample.sql("select distinct action from worklist.priorities").fetchall()
    assert {name for (name,) in actions} <= {str(each) for each in Action}


def test_the_day_of_the_team_is_kept_to(sample):
    [(minutes, until, listed)] = sample.sql(
        "select sum(minutes) filter (fits_today), max(cumulated_minutes), count(*) "
        "from worklist.priorities"
    ).fetchall()
    assert minutes == until <= 60 * Collection().hours_per_day
    assert listed > 10


def test_only_what_may_be_chased_is_chased(sample):
    wrong = sample.execute(
        """
        select item_id from worklist.items as listed
        left join ledger.standings as standings using (item_id)
        where chased_amount not between 0 and open_amount
            or (set_apart is not null and chased_amount > 0)
            or (standings.standing is not null and set_apart is null)
            or (set_apart is null and coalesce(days_late, -99) < -10)
        """
    ).fetchall()
    assert wrong == []
    apart = sample.execute(
        """
        with chased as (
            select entity_id, customer_id, currency,
                sum(chased_amount) filter (days_late > 0) as late_amount,
                sum(chased_amount) filter (days_late <= 0) as due_soon_amount
            from worklist.items group by all
        )
        select customer_id from worklist.priorities as listed
        left join chased using (entity_id, customer_id, currency)
        where listed.late_amount <> coalesce(chased.late_amount, 0)
            or listed.due_soon_amount <> coalesce(chased.due_soon_amount, 0)
        """
    ).fetchall()
    assert apart == []


def test_nobody_is_chased_for_more_than_the_account_owes(sample):
    wrong = sample.execute(
        """
        with owed as (
            select entity_id, customer_id, currency, sum(open_amount) as balance
            from receivables.open_items((select as_of from meta.snapshot)) group by all
        )
        select customer_id, late_amount + due_soon_amount, balance
        from worklist.priorities join owed using (entity_id, customer_id, currency)
        where late_amount + due_soon_amount > balance
        """
    ).fetchall()
    assert wrong == []


@pytest.mark.parametrize("table", ["priorities", "customer_risk", "outcomes", "worklist.items"])
def test_the_tables_can_be_exported_by_name(sample, table):
    found = questions.ask(sample, table)
    assert found.num_rows or table == "outcomes"
    assert not [field for field in found.schema if "double" in str(field.type)]


def books(paid=False):
    fec = Fec()
    code = lettered("A", "2024-07-02") if paid else {}
    fec.sale("2024-04-01", "bolt", "9000.00", "F1", **code)
    fec.sale("2024-05-20", "acme", "4000.00", "F2")
    fec.sale("2024-05-30", "gone", "700.00", "F3")
    fec.receipt("2024-06-20", "gone", "900.00")
    if paid:
        fec.receipt("2024-07-02", "bolt", "9000.00", **code)
    return fec


def published(home, question):
    with snapshot.connect(snapshot.current(home)) as con:
        return con.sql(question).fetchall()


def test_a_list_is_kept_and_the_next_one_says_what_became_of_it(refresh, home, tmp_path):
    write_fec(books(), tmp_path / "extracts")
    refresh(tmp_path / "extracts", date(2024, 6, 30))
    first = published(home, "select customer_id, action from worklist.priorities order by rank")
    assert {customer for customer, _ in first} == {"bolt", "acme"}  # gone has paid too much
    assert published(home, "from worklist.outcomes") == []

    write_fec(books(paid=True), tmp_path / "extracts")
    refresh(tmp_path / "extracts", date(2024, 7, 3))
    outcomes = published(
        home,
        "select listed_on, customer_id, listed_amount, paid_amount, received_amount, days "
        "from worklist.outcomes order by customer_id",
    )
    day = date(2024, 6, 30)
    assert outcomes == [
        (day, "acme", Decimal(4000), Decimal(0), Decimal(0), 3),
        (day, "bolt", Decimal(9000), Decimal(9000), Decimal(9000), 3),
    ]
    before = published(
        home, "select customer_id, rank_before from predictions.customer_risk order by rank"
    )
    assert [customer for customer, _ in before] == ["acme", "gone"]
    assert all(rank is not None for _, rank in before)
    assert published(home, "select customer_id from worklist.priorities") == [("acme",)]


def test_the_same_refresh_says_the_same_again(refresh, home, tmp_path):
    write_fec(books(), tmp_path / "extracts")
    told = []
    for _ in range(2):
        refresh(tmp_path / "extracts", date(2024, 6, 30))
        told.append(
            [
                published(home, f"from {table} order by all")
                for table in ("predictions.customer_risk", "worklist.priorities", "worklist.items")
            ]
        )
    assert told[0] == told[1]


def test_a_firm_to_which_nobody_owes_anything_has_an_empty_list(refresh, home, tmp_path):
    write_fec(Fec().receipt("2024-06-20", "gone", "900.00"), tmp_path / "extracts")
    refresh(tmp_path / "extracts", date(2024, 6, 30))
    assert published(home, "from worklist.priorities") == []
    assert published(home, "from predictions.customer_risk") == []
