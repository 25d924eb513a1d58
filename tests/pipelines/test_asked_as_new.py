"""Which documents are asked about as new, where lists of open items lie beside a ledger."""

import pytest

from pipelines.sql_tables import SQL, SqlTable
from tests.pipelines.books import Fec, build


@pytest.mark.parametrize("format_of_ledger", ["fec", "fec_xml"])
def test_beside_a_ledger_of_either_form_a_list_hides_no_document_from_what_is_asked_as_new(
    format_of_ledger,
):
    con = build(Fec().sale("2024-01-10", "C1", "100", "F1"))
    con.execute("update intake.files set format = $format", {"format": format_of_ledger})
    con.execute(
        "insert into intake.open_lists by name "
        "select 'main' as entity_id, date '2024-02-28' as listed_on"
    )
    SqlTable.read(SQL / "features" / "documents.sql").create(con)
    assert con.sql("select is_asked_new from features.documents").fetchall() == [(True,)]
