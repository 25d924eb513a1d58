"""A firm of five customers, small enough to age by hand: who owes what, and what files told it.

As of 30 June 2024. Entity `nord` sells in EUR and USD, `sud` in EUR. What is owed, by hand:

    nord EUR  Boulangerie Martin   F-101   1,200.00 - 200.00 paid   due 31 May  30 days late
              Boulangerie Martin   F-102     500.00                 due 30 June  not late today
              Garage Lefèvre       F-103   2,000.00                 due 29 Feb 122 days late
              Garage Lefèvre       R-900    -300.00                 paid, matched to nothing
              Hostile              F-104      50.00                 no due date
         USD  Acme                 F-105     999.99                 due 15 May  46 days late
    sud  EUR  Boulangerie Martin   S-001     100.00                 due 30 Mar  92 days late

F-100 (700.00) was paid in full on 20 March, 5 days late.
"""

from datetime import date
from decimal import Decimal

AS_OF = date(2024, 6, 30)
FEC, SUD, CUSTOMERS, CUT = "a" * 64, "b" * 64, "c" * 64, "d" * 64
HOSTILE = (
    '=HYPERLINK("http://evil.example/x") ![b](http://evil.example/p.png) '
    "<img src=http://evil.example/i.png onerror=alert(1)> **fat** :red[red] $x^2$"
)

# Told by the first export of the ledger, and gone from the next, of 20 June.
TAKEN_BACK = [
    {
        "item_id": 99,
        "entity_id": "nord",
        "customer_id": "C002",
        "account": "411000",
        "currency": "EUR",
        "kind": "invoice",
        "side": "debit",
        "event_on": date(2024, 5, 10),
        "booked_on": date(2024, 5, 10),
        "document_on": date(2024, 5, 10),
        "due_on": date(2024, 6, 9),
        "amount": Decimal("150.00"),
        "known_on": date(2024, 5, 10),
        "source": "booked",
        "due_basis": "terms",
        "document_ref": "F-099",
        "item_amount": Decimal("150.00"),
        "journal_code": "VE",
        "entry_number": "9",
        "label": "invoice F-099",
        "source_sha256": FEC,
        "source_line": 9,
        "retracted_on": date(2024, 6, 20),
        "retracted_by_sha256": FEC,
    }
]

CUSTOMERS_KNOWN = [  # entity, customer, name, parent, group, group name, segment, terms, limit
    ("nord", "C001", "Boulangerie Martin", "H001", "H001", "Groupe Martin", "GMS", "30 net", 1500),
    ("nord", "H001", "Groupe Martin", None, "H001", "Groupe Martin", "GMS", "30 net", None),
    ("nord", "C002", "Garage Lefèvre", None, "C002", "Garage Lefèvre", "PME", "45 eom", 5000),
    ("nord", "C003", HOSTILE, None, "C003", HOSTILE, "PME", None, None),
    ("nord", "C004", "Acme", None, "C004", "Acme", "Export", "60 net", None),
    (
        "sud",
        "C001",
        "Boulangerie Martin",
        None,
        "C001",
        "Boulangerie Martin",
        "GMS",
        "30 net",
        None,
    ),
]

ITEMS = [  # item, entity, customer, kind, document, booked, due, basis, amount, in, file, line
    line.split()
    for line in """
    100  nord C001 invoice F-100 2024-02-14 2024-03-15 terms      700.00 EUR fec  2
    101  nord C001 invoice F-101 2024-05-01 2024-05-31 terms     1200.00 EUR fec  5
    102  nord C001 invoice F-102 2024-05-31 2024-06-30 terms      500.00 EUR fec  8
    103  nord C002 invoice F-103 2024-01-15 2024-02-29 stated    2000.00 EUR fec 11
    104  nord C003 invoice F-104 2024-06-01 -          missing     50.00 EUR fec 14
    105  nord C004 invoice F-105 2024-03-16 2024-05-15 terms      999.99 USD fec 17
    300  nord C001 payment R-100 2024-03-20 -          missing   -700.00 EUR fec 20
    301  nord C001 payment R-101 2024-06-10 -          missing   -200.00 EUR fec 23
    390  nord C002 payment R-900 2024-06-20 -          missing   -300.00 EUR fec 26
    501  sud  C001 invoice S-001 2024-02-29 2024-03-30 default    100.00 EUR sud  2
    """.strip().splitlines()
]

MATCHES = [  # id, debit, credit, amount, matched on
    (1, 100, 300, "700.00", "2024-03-20"),
    (2, 101, 301, "200.00", "2024-06-10"),
]

TERMS = "Every customer has payment terms."
CUT_REASON = "The file is cut in its last line, 10. Export it again, whole."
FILES = [  # sha, name, format, entity, basis, in, loaded, aside, refused, first, last, status
    (
        *(FEC, "111111111FEC20241231.txt", "fec", "nord", "name", 30, 28, 2, None),
        *("2024-01-15", "2024-06-20", "used"),
    ),
    (
        *(SUD, "sud/FEC-2024.txt", "fec", "sud", "settings", 3, 3, 0, None),
        *("2024-02-29", "2024-02-29", "used"),
    ),
    (CUSTOMERS, "customers.xlsx", "xlsx", "nord", "default", 6, 6, 0, None, None, None, "used"),
    (CUT, "cut.txt", "fec", "nord", "default", 9, 0, 9, CUT_REASON, None, None, "refused"),
]
