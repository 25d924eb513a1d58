-- Receipts: the money that came in from customers, by day. What a cash forecast is held against.
--
-- grain: entity_id, customer_id, currency, received_on
-- units: the item's own currency; positive is money in
-- rule:  payments on the receivable accounts, whatever they settle, on the day of their entry: that of
--        the bank journal; a cheque or bill on 511 counts when it is handed in, money out of a
--        suspense account (471) when somebody tells whose it is
-- rule:  a payment counts with the whole of its line on the customer's account: a discount (665) or a
--        charge that its entry books beside it is in the amount
-- rule:  a returned payment is taken off on the day it comes back, never before
-- rule:  what lists of open items show settled is taken for money, on the later of its two days; a
--        credit that an invoice uses in between takes its own amount off again
-- rule:  a refund is money that we pay out: it is no receipt, and takes nothing off
select
    entity_id,
    customer_id,
    currency,
    booked_on as received_on,
    cast(-sum(amount) as decimal(18, 2)) as amount
from ledger.items
where kind in ('payment', 'returned_payment', 'settlement', 'reopening')
group by entity_id, customer_id, currency, booked_on
