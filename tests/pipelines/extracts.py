"""Books written as the FEC file that a firm would export."""

from decimal import Decimal

from tests.pipelines.books import Fec

HEADER = (
    "JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib",
    "CompAuxNum", "CompAuxLib", "PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit",
    "EcritureLet", "DateLet", "ValidDate", "Montantdevise", "Idevise",
)  # fmt: skip


def write_fec(fec: Fec, folder, name="732829320FEC20241231.txt"):
    """Write the lines of `fec` as a FEC file, and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["\t".join(HEADER), *("\t".join(_fields(line)) for line in fec.lines)]
    path = folder / name
    path.write_text("\r\n".join(lines) + "\r\n", encoding="utf-8")
    return path


def write_three_invoices(folder):
    """Write a ledger in which two customers owe 480.00, and return the path of its file."""
    fec = Fec()
    fec.sale("2024-01-05", "bolt", "120.00", "F1")
    fec.sale("2024-03-01", "acme", "240.00", "F2")
    fec.sale("2024-05-20", "bolt", "120.00", "F3")
    return write_fec(fec, folder)


def _fields(line):
    def day(value):
        return value.strftime("%Y%m%d") if value else ""

    def money(value):
        return f"{Decimal(value):.2f}".replace(".", ",")

    return [
        line["journal_code"],
        line["journal_label"],
        line["entry_number"],
        day(line["entry_on"]),
        line["account"],
        line["account_label"],
        line["auxiliary"] or "",
        line["auxiliary_label"] or "",
        line.get("document_ref") or "none",
        day(line["document_on"]),
        line.get("label") or "entry",
        money(line["debit"]),
        money(line["credit"]),
        line.get("lettering") or "",
        day(line.get("lettered_on")),
        day(line["validated_on"]),
        "",
        "",
    ]
