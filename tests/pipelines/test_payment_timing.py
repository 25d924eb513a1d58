"""When each open document will be paid: from the ledger to what is published, day after day."""

import json
from datetime import date, timedelta
from decimal import Decimal

import pytest

from models.timing.features import GROUPS
from pipelines.predictions import cards, registry, scoring
from pipelines.predictions.features import keep_open_book
from pipelines.predictions.retraining import DRIFTED, NEVER_TRAINED, OLD
from pipelines.predictions.training import model_in_use, model_of_the_day
from pipelines.settings import Settings
from tests.pipelines.books import Fec, build, lettered

LAST = date(2025, 12, 31)


def payers(count, *, days_late=5, last=LAST, every=3):
    """Return a firm's books: an invoice every few days, paid so many days late in turn."""
    fec = Fec()
    first = last - timedelta(days=every * count)
    for number in range(count):
        issued = first + timedelta(days=every * number)
        paid = issued + timedelta(days=30 + days_late + number % 4)
        code = lettered(f"L{number}", paid.isoformat()) if paid <= last else {}
        customer = f"C{number % 5}"
        fec.sale(issued.isoformat(), customer, "120.00", ref=f"F{number}", **code)
        if paid <= last:
            fec.receipt(paid.isoformat(), customer, "120.00", **code)
    return fec


def publish(con, home, as_of=LAST):
    """Make what a refresh makes of payment timing; return the card of the model it used."""
    card, _, checks = model_of_the_day(con, home, Settings(), as_of)
    cards.make_tables(con, card, checks, as_of)
    model = model_in_use(con, home)
    keep_open_book(con, as_of)
    scoring.make_payment_timing(con, model, as_of)
    return card


def timing(con):
    relation = con.sql("from predictions.payment_timing order by item_id")
    return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]


@pytest.fixture(scope="module")
def published(sample_home):
    from published import snapshot

    with snapshot.connect(snapshot.current(sample_home)) as con:
        yield con


def test_every_open_debit_of_the_day_has_its_timing_and_the_amounts_tie(published):
    [(missing, extra)] = published.sql(
        """
        select
            count(*) filter (timing.item_id is null),
            count(*) filter (items.item_id is null or items.open_amount <> timing.open_amount)
        from (from receivables.open_items(date '2025-12-31') where side = 'debit') as items
        full join predictions.payment_timing as timing on timing.item_id = items.item_id
        """
    ).fetchall()
    assert (missing, extra) == (0, 0)


def test_the_days_of_a_document_come_in_order_and_none_is_over(published):
    rows = timing(published)
    assert len(rows) > 50
    for row in rows:
        days = [row[f"p{each}_on"] or date.max for each in (10, 25, 50, 75, 90)]
        assert days == sorted(days) and days[0] > LAST
        likely = [row[f"{name}_probability"] for name in ("late", "late_30", "unpaid_90", "never")]
        assert likely == sorted(likely, reverse=True), row
        assert all(0 <= each <= 1 for each in likely)
        if row["days_late"] > 0:
            assert row["late_probability"] == 1


def test_reasons_are_the_strongest_groups_of_facts_each_with_what_is_known(published):
    rows = published.sql(
        "select item_id, customer_id, rank, code, effect_days, facts from predictions.reasons "
        "order by entity_id, customer_id, currency, item_id, rank"
    ).fetchall()
    assert any(item is None for item, *_ in rows)
    previous = None
    for item, customer, rank, code, days, facts in rows:
        assert code in GROUPS and days != 0 and rank <= 3
        assert all(isinstance(value, (int, float)) for value in json.loads(facts).values())
        if rank > 1:
            assert previous[:3] == (item, customer, rank - 1)
            assert abs(previous[3]) >= abs(days)
        previous = (item, customer, rank, days)


def test_the_card_names_the_file_that_answers(published, sample_home):
    [(model_id,)] = published.sql("select distinct model_id from predictions.model_card").fetchall()
    card = registry.named(sample_home, model_id)
    assert card.as_of == LAST and card.reason == NEVER_TRAINED
    assert card.features and card.versions["scikit-learn"]
    told = dict(
        published.sql(
            "select name, value from predictions.model_card where section = 'model'"
        ).fetchall()
    )
    assert told["in use"] == "yes" and told["sha256"] == card.sha256


@pytest.mark.parametrize("invoices", [0, 1, 20, 150])
def test_a_small_firm_has_its_answers_too(invoices, tmp_path):
    con = build(payers(invoices), as_of="2025-12-31") if invoices else build(as_of="2025-12-31")
    publish(con, tmp_path)
    rows = timing(con)
    [(open_debits,)] = con.sql(
        "select count(*) from receivables.open_items(date '2025-12-31') where side = 'debit'"
    ).fetchall()
    assert len(rows) == open_debits
    assert {row["method"] for row in rows} <= {"terms_curve"}


@pytest.mark.parametrize(
    ("books", "said"),
    [
        ((), "Nothing was learnt yet: the extracts hold no document of a customer."),
        ((Fec().sale("2025-12-01", "C1", "120.00"),), "none of the documents is settled."),
    ],
)
def test_the_card_of_a_model_that_learnt_nothing_says_so_and_why(books, said, tmp_path):
    con = build(*books, as_of="2025-12-31")
    publish(con, tmp_path)
    card = dict(con.sql("select name, value from predictions.model_card").fetchall())
    assert said in card["learnt"]
    assert not [value for value in card.values() if value.startswith("1970")]


def test_the_card_of_a_model_that_learnt_does_not_say_that_it_did_not(published):
    names = published.sql("select name from predictions.model_card").fetchall()
    assert ("learnt",) not in names and ("first_issued_on",) in names


def test_customers_who_pay_forty_days_late_are_expected_so(tmp_path):
    slow = build(payers(400, days_late=40), as_of="2025-12-31")
    publish(slow, tmp_path / "slow")
    quick = build(payers(400, days_late=0), as_of="2025-12-31")
    publish(quick, tmp_path / "quick")
    not_due = [row for row in timing(slow) if row["days_late"] < 0]
    assert all(Decimal(30) < row["expected_days_late"] < Decimal(60) for row in not_due)
    assert all(row["expected_days_late"] < Decimal(15) for row in timing(quick))
    assert {row["rests_on"] for row in not_due} == {"customer"}


def test_the_model_goes_on_for_four_weeks_and_is_then_trained_again(tmp_path):
    first = publish(build(payers(300), as_of="2025-12-31"), tmp_path)
    again = publish(build(payers(300), as_of="2025-12-31"), tmp_path)
    assert again.model_id == first.model_id
    later = LAST + timedelta(days=20)
    assert publish(build(payers(300), as_of=str(later)), tmp_path, later).model_id == first.model_id
    old = LAST + timedelta(days=28)
    assert publish(build(payers(300), as_of=str(old)), tmp_path, old).reason == OLD


def test_a_past_day_is_never_answered_by_a_model_that_knew_more(tmp_path):
    con = build(payers(300), as_of="2025-12-31")
    publish(con, tmp_path)
    past = LAST - timedelta(days=40)
    card, model, _ = model_of_the_day(con, tmp_path, Settings(), past)
    assert card.as_of == past and model.as_of == (past - date(1970, 1, 1)).days


def test_the_same_books_give_the_same_answers(tmp_path):
    one, other = (build(payers(300), as_of="2025-12-31") for _ in range(2))
    cards_of = [publish(con, tmp_path / name) for con, name in ((one, "a"), (other, "b"))]
    assert cards_of[0].model_id == cards_of[1].model_id
    assert timing(one) == timing(other)
    reasons = "from predictions.reasons order by all"
    assert one.sql(reasons).fetchall() == other.sql(reasons).fetchall()


def test_a_file_that_is_not_the_one_that_was_kept_is_not_asked(tmp_path):
    con = build(payers(300), as_of="2025-12-31")
    card = publish(con, tmp_path)
    file = tmp_path / "models" / card.model_id / "model.skops"
    kept = file.read_bytes()
    file.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
    publish(con, tmp_path)
    assert registry.load(tmp_path, registry.named(tmp_path, card.model_id)).method


def test_other_books_in_the_same_home_are_learnt_at_once(tmp_path):
    publish(build(payers(300), as_of="2025-12-31"), tmp_path)
    others = build(payers(310, days_late=20), as_of="2025-12-31")
    card = publish(others, tmp_path)
    assert card.reason == "the books are others than it learnt from"
    assert all(row["expected_days_late"] > 10 for row in timing(others) if row["days_late"] < 0)


def test_of_two_models_of_one_day_the_one_that_was_trained_last_goes_on(tmp_path):
    slow, quick = (build(payers(300, days_late=days), as_of="2025-12-31") for days in (20, 0))
    for books in (slow, quick, slow):
        trained = publish(books, tmp_path)
        assert publish(books, tmp_path).nth == trained.nth


def test_customers_who_stop_paying_are_told_as_drift_and_trained_on_after_two_checks(tmp_path):
    before = LAST - timedelta(days=27)

    def stopped(as_of):
        """The same books, but nothing is paid after the model's last day."""
        fec = payers(500, every=1)
        fec.lines = [
            {**line, "lettering": None, "lettered_on": None}
            if line["entry_on"] <= before and (line.get("lettered_on") or before) > before
            else line
            for line in fec.lines
            if line["entry_on"] <= before or line["journal_code"] == "VE"
        ]
        return build(fec, as_of=str(as_of))

    trained = publish(build(payers(500, every=1), as_of=str(before)), tmp_path, before)
    reasons = []
    for days in (10, 18):
        card = publish(
            stopped(before + timedelta(days=days)), tmp_path, before + timedelta(days=days)
        )
        reasons.append(card.reason if card.model_id != trained.model_id else None)
    assert reasons[0] is None
    assert reasons[1] == DRIFTED
