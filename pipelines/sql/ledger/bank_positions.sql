-- What an entity has in the bank: the last balance of each of its accounts, added up.
--
-- grain: entity_id, currency
-- asks:  as_of
-- units: the accounts' currency; positive is money that we have
-- rule:  of each account, the last balance that a statement gives up to the day; accounts whose
--        statements end on different days are added all the same: oldest_on and balance_on say so
with last_ones as (
    select entity_id, currency, bank_account, balance_on, amount
    from ledger.bank_balances
    where balance_on <= $as_of
    qualify row_number() over (
        partition by entity_id, currency, bank_account order by balance_on desc
    ) = 1
)

select
    entity_id,
    currency,
    cast(sum(amount) as decimal(18, 2)) as amount,
    count(*) as account_count,
    min(balance_on) as oldest_on,
    max(balance_on) as balance_on
from last_ones
group by entity_id, currency
