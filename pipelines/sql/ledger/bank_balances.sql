-- What each bank account holds at the close of the day that a statement ends on, as the bank says.
--
-- grain: entity_id, bank_account, currency, balance_on
-- units: the account's currency; positive is money that we have
-- rule:  where two statements end on one day, the one received last counts
with files as (
    select
        source_sha256,
        entity_id,
        row_number() over (order by latest_on nulls last, landed_at, name, source_sha256) as recency
    from staging.files
    where refused_reason is null
)

select
    files.entity_id,
    balances.bank_account,
    balances.currency,
    balances.balance_on,
    balances.amount,
    balances.statement_id,
    balances.source_sha256
from raw.bank_balances as balances
join files on files.source_sha256 = balances.source_sha256
qualify row_number() over (
    partition by files.entity_id, balances.bank_account, balances.currency, balances.balance_on
    order by files.recency desc, balances.statement_number desc
) = 1
