"""What the exports of accounting programs call the kinds and states of their documents."""

from pipelines.intake.kinds import plain

_WORDS = {
    "invoice": "invoice, sales invoice, customer invoice, out_invoice, accrec, inv, rv, dr, "
    "facture, facture client, facture de vente, fact, fac, fc",
    "credit_note": "credit note, credit memo, customer credit note, out_refund, accreccredit, cn, "
    "dg, avoir, avoir client, facture d'avoir, note de crédit",
    "payment": "payment, customer payment, receipt, pmt, dz, règlement, paiement, encaissement, "
    "règlement client, paiement client",
    "refund": "payment refund, customer refund, remboursement, remboursement client",
    "adjustment": "journal entry, general journal, écriture comptable, opération diverse, od",
    # Documents of suppliers, and what a document is before it counts or after it was undone.
    "not_receivable": "accpay, accpaycredit, in_invoice, in_refund, bill, vendor bill, "
    "vendor credit note, supplier invoice, facture fournisseur, avoir fournisseur, kr, kg, kz, "
    "draft, brouillon, submitted, voided, void, deleted, cancel, cancelled, canceled, annulé, "
    "annulée, supprimé, supprimée",
}

KIND_OF = {plain(word): kind for kind, words in _WORDS.items() for word in words.split(",")}
"""Kind of item by the word for it, as `plain` writes it; `not_receivable` is none of ours."""
