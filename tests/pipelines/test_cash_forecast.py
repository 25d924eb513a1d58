"""The cash forecast, from the books to what is published: it ties, and it says what it rests on."""

from datetime import date
from decimal import Decimal

import pytest

from models.timing.answering import TimingModel
from pipelines.predictions import cards, cash_refresh
from pipelines.predictions.cash_refresh import make_cash
from pipelines.predictions.cash_tables import GRAINS
from pipelines.predictions.features import keep_open_book
from pipelines.predictions.training import model_of_the_day
from pipelines.settings import Settings
from pipelines.sql_tables import duplicates
from tests.pipelines.books import Fec, build, lettered
from tests.pipelines.test_payment_timing import payers

LAST = date(2025, 12, 31)
GAPS = """
with receipts as (
    select receipts.entity_id, receipts.currency, receipts.source, periods.period,
        sum(receipts.amount) as amount
    from predictions.expected_receipts as receipts
    join predictions.periods as periods
        on receipts.expected_on between periods.first_on and periods.last_on
    group by all
),
documents as (
    select items.entity_id, items.currency, said.period, sum(said.amount) as amount
    from predictions.payment_periods as said
    join ledger.items as items on items.item_id = said.item_id
    group by all
),
totals as (
    select entity_id, currency, period, sum(amount) filter (source <> 'total') as parts,
        sum(amount) filter (source = 'total') as total
    from predictions.cash_forecast group by all
)
select 'day', count(*) from predictions.cash_forecast as forecast
    join predictions.periods as periods using (period)
    left join receipts using (entity_id, currency, source, period)
    where source <> 'total' and kind <> 'beyond'
        and forecast.amount <> coalesce(receipts.amount, 0)
union all
select 'document', count(*) from predictions.cash_forecast as forecast
    left join documents using (entity_id, currency, period)
    where source = 'open_book' and forecast.amount <> coalesce(documents.amount, 0)
union all
select 'total', count(*) from totals where parts <> total
union all
select 'item', count(*) from (from receivables.open_items($as_of) where side = 'debit') as items
    full join (select item_id, sum(amount) as amount from predictions.payment_periods group by all)
        as said using (item_id)
    where said.amount is distinct from items.open_amount
"""
UNNESTED = """
select count(*) from predictions.cash_forecast
where source = 'total' and low_80 is not null and not (
    0 <= low_95 and low_95 <= low_80 and low_80 <= low_50 and low_50 <= amount
    and amount <= high_50 and high_50 <= high_80 and high_80 <= high_95
)
"""


def forecast(con, home, as_of=LAST):
    """Make what a refresh makes of the cash forecast; tell whether the back-tests were made."""
    card, _, checks = model_of_the_day(con, home, Settings(), as_of)
    cards.make_tables(con, card, checks, as_of)
    keep_open_book(con, as_of)
    return make_cash(con, home, Settings(), as_of)


def ties(con, as_of=LAST):
    return dict(con.sql(GAPS, params={"as_of": as_of}).fetchall())


def amount(con, source="total", where="true"):
    [(found,)] = con.sql(
        f"select coalesce(sum(amount), 0) from predictions.cash_forecast "
        f"join predictions.periods using (period) where source = '{source}' and {where}"
    ).fetchall()
    return found


@pytest.mark.parametrize("invoices", [0, 1, 40])
def test_however_small_a_firm_its_forecast_ties_and_its_bounds_are_said_to_be_assumed(
    invoices, tmp_path
):
    con = build(payers(invoices) if invoices else Fec(), as_of=LAST.isoformat())
    forecast(con, tmp_path)
    assert set(ties(con).values()) == {0}
    assert con.sql(UNNESTED).fetchall() == [(0,)]
    for name, grain in GRAINS.items():
        assert duplicates(con, f"predictions.{name}", grain) == []
    based = con.sql("select distinct interval_basis from predictions.cash_forecast").fetchall()
    assert {basis for (basis,) in based} <= {None, "assumed", "backtest"}
    if invoices == 1:
        assert ("backtest",) not in based


def test_a_firm_whose_customers_all_pay_on_time_has_its_forecast(tmp_path):
    con = build(payers(300, days_late=-9, every=1), as_of=LAST.isoformat())
    forecast(con, tmp_path)
    unknown = con.sql("from staging.invoice_scores where value is null").fetchall()
    assert unknown  # how well late payers are told apart: nobody is late
    assert set(ties(con).values()) == {0}


def test_an_open_invoice_comes_in_in_the_week_its_customer_usually_pays(tmp_path):
    con = build(payers(240), as_of=LAST.isoformat())
    forecast(con, tmp_path)
    [(owed,)] = con.sql(
        "select sum(open_amount) from receivables.open_items(date '2025-12-31') "
        "where side = 'debit'"
    ).fetchall()
    assert amount(con, "open_book") == owed
    soon = amount(con, "open_book", "kind = 'week'")
    assert soon > Decimal("0.9") * owed  # they all pay within forty days
    # 120 euros every third day: about 280 a week, from old invoices first, then from new ones.
    assert Decimal(200) < amount(con, "new_invoices", "period = 13") < Decimal(360)
    assert con.sql(
        "select count(*) from predictions.expected_receipts where expected_on <= date '2025-12-31'"
    ).fetchall() == [(0,)]


def test_what_a_credit_has_paid_already_is_not_expected_again(tmp_path):
    fec = (
        payers(60).sale("2025-12-20", "C1", "999.00", ref="X").receipt("2025-12-30", "C1", "999.00")
    )
    con = build(fec, as_of=LAST.isoformat())
    forecast(con, tmp_path)
    assert set(ties(con).values()) == {0}
    [(period, found)] = con.sql(
        "select period, amount from predictions.payment_periods where item_id = "
        "(select item_id from ledger.items where document_ref = 'X' and kind = 'invoice')"
    ).fetchall()
    assert (period, found) == (
        con.sql("select max(period) from predictions.periods").fetchall()[0][0],
        Decimal("999.00"),
    )
    apart = con.sql(
        "select exceptional, amount, expected_amount from predictions.cash_exceptionals"
    )
    assert ("already_received", Decimal("999.00"), Decimal("0.00")) in apart.fetchall()


def test_nothing_is_expected_of_a_doubtful_debt(tmp_path):
    fec = payers(60).sale("2025-11-20", "C1", "500.00", ref="D")
    fec.entry(
        "2025-12-15",
        ("416000", "C1", "500.00"),
        ("411000", "C1", "-500.00", lettered("D1", "2025-12-15")),
    )
    con = build(fec, as_of=LAST.isoformat())
    forecast(con, tmp_path)
    apart = con.sql(
        "select exceptional, amount, expected_amount from predictions.cash_exceptionals"
    )
    assert ("doubtful", Decimal("500.00"), Decimal("0.00")) in apart.fetchall()


def test_back_tests_are_made_with_the_model_and_loaded_until_there_is_another(
    tmp_path, monkeypatch
):
    con = build(payers(240), as_of=LAST.isoformat())
    assert forecast(con, tmp_path)
    before = con.sql("from predictions.backtest_weeks order by all").fetchall()
    scores = con.sql("from predictions.backtest_scores order by all").fetchall()
    assert before and scores

    def never(*_):
        raise AssertionError("made again")

    monkeypatch.setattr(cash_refresh, "make_tracks", never)
    assert not forecast(con, tmp_path)
    assert con.sql("from predictions.backtest_weeks order by all").fetchall() == before
    assert con.sql("from predictions.backtest_scores order by all").fetchall() == scores


def test_a_week_of_a_back_test_knows_nothing_that_came_after_its_origin(tmp_path):
    fec = payers(240)
    con = build(fec, as_of=LAST.isoformat())
    forecast(con, tmp_path / "one")
    told = """
        select horizon_week, method, forecast_amount from predictions.backtest_weeks
        where origin_on = date '2025-06-29' and method <> 'mix' order by all
    """
    before = con.sql(told).fetchall()
    # Everything after that Sunday happens otherwise: a year's invoices of another size.
    for line in fec.lines:
        if line["entry_on"] > date(2025, 6, 29):
            for side in ("debit", "credit"):
                line[side] *= 7
    other = build(fec, as_of=LAST.isoformat())
    forecast(other, tmp_path / "two")
    assert other.sql(told).fetchall() == before


def test_the_same_books_give_the_same_forecast(tmp_path):
    first, second = (build(payers(120), as_of=LAST.isoformat()) for _ in range(2))
    forecast(first, tmp_path / "one")
    forecast(second, tmp_path / "two")
    for name in GRAINS:
        told = f"from predictions.{name} order by all"
        assert first.sql(told).fetchall() == second.sql(told).fetchall()


def test_the_model_that_answers_is_the_one_in_use(tmp_path, monkeypatch):
    asked = []
    predict = TimingModel.predict

    def watched(self, history, frame, method=None, readied=None):
        asked.append((self.as_of, method))
        return predict(self, history, frame, method, readied)

    con = build(payers(60), as_of=LAST.isoformat())
    monkeypatch.setattr(TimingModel, "predict", watched)
    forecast(con, tmp_path)
    assert ((LAST - date(1970, 1, 1)).days, None) in asked


def test_entities_of_one_currency_have_bounds_together(tmp_path):
    both = [payers(40), payers(40)]
    for number, fec in enumerate(both):
        fec.name, fec.entity_id = f"fec{number}", f"firm{number}"
    con = build(*both, as_of=LAST.isoformat())
    forecast(con, tmp_path)
    told = con.sql(
        "select period, sum(amount) filter (entity_id <> '*'), "
        "sum(amount) filter (entity_id = '*'), "
        "count(low_80) filter (entity_id = '*') from predictions.cash_forecast "
        "where source = 'total' and period <= 13 group by all order by all"
    ).fetchall()
    assert [(each, joint, bounded) for _, each, joint, bounded in told] == [
        (each, each, 1) for _, each, _, _ in told
    ]
    weeks = "select weeks from predictions.cash_sums where entity_id = '*' order by all"
    assert con.sql(weeks).fetchall() == [(4,), (8,), (13,)]
    assert set(ties(con).values()) == {0}
    for name, grain in GRAINS.items():
        assert duplicates(con, f"predictions.{name}", grain) == []
