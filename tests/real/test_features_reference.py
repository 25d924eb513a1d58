"""IBM's late-payment file asked about: one question per invoice, and no answer before its time."""

from datetime import date

import numpy as np
import pytest

from models.timing.frame import PAID
from pipelines.predictions import features
from tests.pipelines.books import build
from tests.pipelines.table_files import land

pytestmark = pytest.mark.reference


@pytest.fixture(scope="module")
def con(reference_data, tmp_path_factory):
    name = "ibm/WA_Fn-UseC_-Accounts-Receivable.csv"
    landed = land(tmp_path_factory.mktemp("ibm"), (reference_data / name).read_bytes())
    return build(items=landed.items, allocations=landed.allocations, as_of="2014-01-31")


def test_every_invoice_of_ibms_file_is_one_question_and_one_slice(con):
    last = date(2014, 1, 31)
    told = features.history_at(con, last)
    assert len(told) == len(set(told.item.tolist())) == 2466
    assert (told.kind == PAID).all() and (told.share == 1).all()
    frame = features.ask_training(con, last).frame
    new = frame.asked == frame.issued
    assert new.sum() == 2466 == len(set(frame.item[new].tolist()))


def test_the_history_of_a_cut_off_is_what_was_settled_by_then(con):
    cut_off = date(2012, 12, 30)
    [(issued, settled)] = con.execute(
        "select count(*), count(*) filter (matches.matched_on <= $day) from ledger.items "
        "left join ledger.matches on matches.debit_item_id = items.item_id "
        "where items.kind = 'invoice' and items.booked_on <= $day",
        {"day": cut_off},
    ).fetchall()
    told = features.history_at(con, cut_off)
    assert (len(told), int((told.kind == PAID).sum())) == (issued, settled)
    book = features.ask_book_as_known(con, cut_off).frame
    assert len(book) == issued - settled
    assert np.all(book.asked == told.as_of + 1)
