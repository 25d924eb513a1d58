-- Entries that move a debit to another account of its customer: a bill accepted, a debt that has
-- become doubtful, an advance set off.
--
-- grain: item_id
-- rule:  the entry credits the one account and debits the other, same customer, same amount, and the
--        credit settles one debit: nothing was paid, the same debt goes on in `item_id`
-- rule:  that is known from the day on which the credit is known to settle that debit
with debits as (
    select *
    from ledger.items
    where kind = 'adjustment' and amount > 0 and entry_number is not null
),

pairs as (
    select
        debits.item_id,
        credits.item_id as credit_item_id,
        count(*) over (partition by debits.item_id) as credit_count,
        count(*) over (partition by credits.item_id) as debit_count
    from debits
    join ledger.items as credits
        on credits.kind = 'adjustment'
        and credits.source_sha256 = debits.source_sha256
        and credits.journal_code = debits.journal_code
        and credits.entry_number = debits.entry_number
        and credits.booked_on = debits.booked_on
        and credits.entity_id = debits.entity_id
        and credits.customer_id = debits.customer_id
        and credits.currency = debits.currency
        and credits.amount = -debits.amount
        and credits.account <> debits.account
),

settled as (
    select
        credit_item_id,
        min(debit_item_id) as debit_item_id,
        min(greatest(matched_on, coalesce(noted_on, matched_on))) as known_on
    from ledger.matches
    group by credit_item_id
    having count(*) = 1
)

select
    pairs.item_id,
    pairs.credit_item_id,
    settled.debit_item_id as from_item_id,
    settled.known_on
from pairs
join settled on settled.credit_item_id = pairs.credit_item_id
where pairs.credit_count = 1 and pairs.debit_count = 1
