"""The accounts, the journals, and the entry that each kind of event makes."""

from typing import NamedTuple

import numpy as np

# Accounts by what they are for: number (six figures) and name.
ACCOUNTS = {
    "capital": ("101000", "Capital"),
    "carried_forward": ("110000", "Report à nouveau"),
    "result": ("120000", "Résultat de l'exercice"),
    "suppliers": ("401000", "Fournisseurs"),
    "customers": ("411000", "Clients"),
    "bills": ("413000", "Clients - Effets à recevoir"),
    "doubtful": ("416000", "Clients douteux ou litigieux"),
    "to_issue": ("418100", "Clients - Factures à établir"),
    "advances": ("419100", "Clients - Avances et acomptes reçus"),
    "staff": ("421000", "Personnel - Rémunérations dues"),
    "vat_due": ("445510", "TVA à décaisser"),
    "vat_paid": ("445660", "TVA déductible sur biens et services"),
    "vat": ("445710", "TVA collectée"),
    "vat_to_issue": ("445870", "TVA sur factures à établir"),
    "factor": ("467000", "Société d'affacturage"),
    "suspense": ("471000", "Compte d'attente"),
    "impairment": ("491000", "Dépréciation des comptes clients"),
    "cheques": ("511200", "Chèques à encaisser"),
    "bills_at_bank": ("511300", "Effets à l'encaissement"),
    "cards": ("511500", "Cartes bancaires à encaisser"),
    "bank_0": ("512100", "Banque du Ponant EUR"),
    "bank_1": ("512200", "Banque du Ponant USD"),
    "bank_2": ("512100", "Crédit Rhodanien"),
    "bank_3": ("512300", "Crédit Rhodanien encaissements"),
    "transfers": ("580000", "Virements internes"),
    "purchases": ("607000", "Achats de marchandises"),
    "bank_charges": ("627000", "Services bancaires"),
    "wages": ("641000", "Rémunérations du personnel"),
    "bad_debts": ("654000", "Pertes sur créances irrécouvrables"),
    "small_losses": ("658000", "Charges diverses de gestion courante"),
    "discounts": ("665000", "Escomptes accordés"),
    "exchange_losses": ("666000", "Pertes de change"),
    "impairment_charge": ("681740", "Dotations aux dépréciations des créances"),
    "goods": ("707000", "Ventes de marchandises"),
    "products": ("701000", "Ventes de produits finis"),
    "services": ("706000", "Prestations de services"),
    "rebates": ("709000", "Rabais, remises et ristournes accordés"),
    "small_gains": ("758000", "Produits divers de gestion courante"),
    "exchange_gains": ("766000", "Gains de change"),
    "impairment_release": ("781740", "Reprises sur dépréciations des créances"),
}
NAMES = tuple(ACCOUNTS)
INDEX = {name: index for index, name in enumerate(NAMES)}
IS_YEARLY = np.array([number[0] in "67" for number, _ in ACCOUNTS.values()])
# The accounts kept by customer, which are lettered.
ROLES = ("customers", "bills", "doubtful", "to_issue", "advances")
ROLE_ACCOUNTS = np.array([INDEX[role] for role in ROLES])
PRODUCTS = np.array([INDEX["goods"], INDEX["products"], INDEX["services"], INDEX["rebates"]])
REBATES = 3
BANK_ACCOUNTS = np.array([INDEX[f"bank_{bank}"] for bank in range(4)])

JOURNALS = {
    "AN": "A nouveaux",
    "VE": "Ventes",
    "HA": "Achats",
    "OD": "Opérations diverses",
    "EF": "Effets à recevoir",
    "CH": "Chèques reçus",
    "CB": "Cartes bancaires",
    "BQ1": "Banque du Ponant EUR",
    "BQ2": "Banque du Ponant USD",
    "CR1": "Crédit Rhodanien",
    "CR3": "Crédit Rhodanien encaissements",
}
BANK_JOURNALS = ("BQ1", "BQ2", "CR1", "CR3")


class Leg(NamedTuple):
    """One line of an entry.

    `account` is a key of ACCOUNTS, or `sales` or `bank`, which the event itself names. `sign` is
    1 for a debit. `part` says which of the event's amounts. `slot` says which lettering, on an
    account kept by customer. A `shared` leg is one line for all events of the same batch.
    """

    account: str
    sign: int
    part: str = "gross"
    slot: int | None = None
    shared: bool = False


class Kind(NamedTuple):
    """What one kind of event is in the books. `journal` is `bank` where the event names it."""

    journal: str
    piece: str  # what kind of document its reference names
    label: str
    legs: tuple[Leg, ...]

    @property
    def is_batch(self) -> bool:
        """Whether the events of one day make one entry."""
        return any(leg.shared for leg in self.legs)

    @property
    def bank_leg(self) -> Leg | None:
        """Return the leg on a bank account: the one that a statement shows."""
        return next((leg for leg in self.legs if leg.account == "bank"), None)


D, C = 1, -1
KINDS = {
    "sale": Kind(
        "VE",
        "invoice",
        "Facture",
        (Leg("customers", D, slot=0), Leg("sales", C, "net"), Leg("vat", C, "tax")),
    ),
    "credit_note": Kind(
        "VE",
        "credit_note",
        "Avoir",
        (Leg("sales", D, "net"), Leg("vat", D, "tax"), Leg("customers", C, slot=0)),
    ),
    "purchase": Kind(
        "HA",
        "purchase",
        "Achats du mois",
        (Leg("purchases", D, "net"), Leg("vat_paid", D, "tax"), Leg("suppliers", C)),
    ),
    "wages": Kind("OD", "misc", "Salaires du mois", (Leg("wages", D), Leg("staff", C))),
    "vat_return": Kind(
        "OD",
        "misc",
        "Déclaration de TVA",
        (Leg("vat", D), Leg("vat_paid", C, "tax"), Leg("vat_due", C, "net")),
    ),
    "result": Kind(
        "OD", "misc", "Affectation du résultat", (Leg("result", D), Leg("carried_forward", C))
    ),
    "to_issue": Kind(
        "OD",
        "to_issue",
        "Facture à établir",
        (Leg("to_issue", D, slot=0), Leg("sales", C, "net"), Leg("vat_to_issue", C, "tax")),
    ),
    "to_issue_reversed": Kind(
        "OD",
        "to_issue",
        "Extourne facture à établir",
        (Leg("sales", D, "net"), Leg("vat_to_issue", D, "tax"), Leg("to_issue", C, slot=0)),
    ),
    "bill": Kind(
        "EF", "bill", "LCR acceptée", (Leg("bills", D, slot=1), Leg("customers", C, slot=0))
    ),
    "bill_remitted": Kind(
        "EF", "bill", "Remise LCR", (Leg("bills_at_bank", D), Leg("bills", C, slot=0))
    ),
    "bill_collected": Kind(
        "bank",
        "bill",
        "Encaissement LCR",
        (Leg("bank", D, shared=True), Leg("bills_at_bank", C, shared=True)),
    ),
    "transfer": Kind("bank", "payment", "Vir", (Leg("bank", D), Leg("customers", C, slot=0))),
    "transfer_less_discount": Kind(
        "bank",
        "payment",
        "Vir escompte 2 %",
        (
            Leg("bank", D, "less_discount"),
            Leg("discounts", D, "fee"),
            Leg("vat", D, "tax"),
            Leg("customers", C, slot=0),
        ),
    ),
    "direct_debit": Kind(
        "bank",
        "payment",
        "Prélèvement",
        (Leg("bank", D, shared=True), Leg("customers", C, slot=0)),
    ),
    "cheque": Kind("CH", "payment", "Chèque", (Leg("cheques", D), Leg("customers", C, slot=0))),
    "cheques_deposited": Kind(
        "bank",
        "payment",
        "Remise de chèques",
        (Leg("bank", D, shared=True), Leg("cheques", C, shared=True)),
    ),
    "card": Kind("CB", "payment", "CB", (Leg("cards", D), Leg("customers", C, slot=0))),
    "cards_settled": Kind(
        "bank",
        "payment",
        "Remise CB",
        (
            Leg("bank", D, "less_fee", shared=True),
            Leg("bank_charges", D, "fee", shared=True),
            Leg("cards", C, shared=True),
        ),
    ),
    "advance": Kind("bank", "advance", "Acompte", (Leg("bank", D), Leg("advances", C, slot=0))),
    "advance_applied": Kind(
        "OD",
        "advance",
        "Imputation acompte",
        (Leg("advances", D, slot=1), Leg("customers", C, slot=0)),
    ),
    "unknown_receipt": Kind(
        "bank", "payment", "Vir à identifier", (Leg("bank", D), Leg("suspense", C))
    ),
    "identified": Kind(
        "OD",
        "payment",
        "Affectation règlement",
        (Leg("suspense", D), Leg("customers", C, slot=0)),
    ),
    "debit_returned": Kind(
        "bank", "invoice", "Rejet prélèvement", (Leg("customers", D, slot=0), Leg("bank", C))
    ),
    "cheque_returned": Kind(
        "bank", "invoice", "Chèque impayé", (Leg("customers", D, slot=0), Leg("bank", C))
    ),
    "bill_returned": Kind(
        "bank", "invoice", "LCR impayée", (Leg("customers", D, slot=0), Leg("bank", C))
    ),
    "return_charge": Kind(
        "bank", "charge", "Frais sur impayé", (Leg("bank_charges", D), Leg("bank", C))
    ),
    "refund": Kind(
        "bank", "payment", "Remboursement", (Leg("customers", D, slot=0), Leg("bank", C))
    ),
    "sold": Kind(
        "OD", "invoice", "Cession affacturage", (Leg("factor", D), Leg("customers", C, slot=0))
    ),
    "factor_paid": Kind(
        "bank",
        "payment",
        "Financement affacturage",
        (
            Leg("bank", D, "less_fee", shared=True),
            Leg("bank_charges", D, "fee", shared=True),
            Leg("factor", C, shared=True),
        ),
    ),
    "small_loss": Kind(
        "OD", "invoice", "Ecart de règlement", (Leg("small_losses", D), Leg("customers", C, slot=0))
    ),
    "small_gain": Kind(
        "OD", "invoice", "Ecart de règlement", (Leg("customers", D, slot=0), Leg("small_gains", C))
    ),
    "exchange_loss": Kind(
        "OD", "invoice", "Ecart de change", (Leg("exchange_losses", D), Leg("customers", C, slot=0))
    ),
    "exchange_gain": Kind(
        "OD", "invoice", "Ecart de change", (Leg("customers", D, slot=0), Leg("exchange_gains", C))
    ),
    "doubtful": Kind(
        "OD",
        "invoice",
        "Client douteux",
        (Leg("doubtful", D, slot=1), Leg("customers", C, slot=0)),
    ),
    "impairment": Kind(
        "OD",
        "invoice",
        "Dépréciation",
        (Leg("impairment_charge", D, "fee"), Leg("impairment", C, "fee")),
    ),
    "bad_debt": Kind(
        "OD",
        "invoice",
        "Créance irrécouvrable",
        (Leg("bad_debts", D, "net"), Leg("vat", D, "tax"), Leg("doubtful", C, slot=0)),
    ),
    "impairment_released": Kind(
        "OD",
        "invoice",
        "Reprise dépréciation",
        (Leg("impairment", D, "fee"), Leg("impairment_release", C, "fee")),
    ),
    "suppliers_paid": Kind(
        "bank", "misc", "Vir fournisseurs", (Leg("suppliers", D), Leg("bank", C))
    ),
    "wages_paid": Kind("bank", "misc", "Vir salaires", (Leg("staff", D), Leg("bank", C))),
    "vat_settled": Kind("bank", "misc", "Prlvt DGFIP TVA", (Leg("vat_due", D), Leg("bank", C))),
    "account_fee": Kind(
        "bank", "charge", "Frais de tenue de compte", (Leg("bank_charges", D), Leg("bank", C))
    ),
    "swept_out_gaining": Kind(
        "bank",
        "misc",
        "Virement interne",
        (Leg("transfers", D), Leg("bank", C, "less_fee"), Leg("exchange_gains", C, "fee")),
    ),
    "swept_out_losing": Kind(
        "bank",
        "misc",
        "Virement interne",
        (Leg("transfers", D), Leg("exchange_losses", D, "fee"), Leg("bank", C, "plus_fee")),
    ),
    "swept_in": Kind("bank", "misc", "Virement interne", (Leg("bank", D), Leg("transfers", C))),
}
KIND_NAMES = tuple(KINDS)
CODE = {name: code for code, name in enumerate(KIND_NAMES)}
RETURNS = [CODE["debit_returned"], CODE["cheque_returned"], CODE["bill_returned"]]

PIECES = (
    "invoice",
    "credit_note",
    "payment",
    "advance",
    "bill",
    "to_issue",
    "purchase",
    "charge",
    "misc",
    "opening",
)
PIECE = {name: code for code, name in enumerate(PIECES)}
PIECE_OF_KIND = np.array([PIECE[kind.piece] for kind in KINDS.values()])
