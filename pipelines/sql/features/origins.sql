-- Which document every debit goes back to: itself, or what was moved to it (a bill, a doubtful debt).
--
-- grain: item_id
-- rule:  a debit that others were moved to in turn goes back to the first; ten steps are enough
-- rule:  before `known_on` nobody knew, and the debit stands for itself; null where it always does
with recursive climbed as (
    select item_id, from_item_id as document_id, known_on, 1 as height
    from features.transfers
    union all
    select
        climbed.item_id,
        transfers.from_item_id,
        greatest(climbed.known_on, transfers.known_on),
        climbed.height + 1
    from climbed
    join features.transfers as transfers on transfers.item_id = climbed.document_id
    where climbed.height < 10
),

tops as (
    select item_id, max_by(document_id, height) as document_id, max(known_on) as known_on
    from climbed
    group by item_id
)

select items.item_id, coalesce(tops.document_id, items.item_id) as document_id, tops.known_on
from ledger.items as items
left join tops on tops.item_id = items.item_id
where items.amount > 0
