-- Every change of an item's open balance, as the extracts tell it now: booking, matches, reopening.
--
-- grain: item_id, event_on, known_on, source
-- units: the item's own currency; the sum up to a day is what is open on that day
-- rule:  known_on as the newest extracts state it; what older ones knew earlier, or not yet, is for
--        receivables.movements to say
-- rule:  what happens to a returned payment happens to the invoices it opens again, so that they
--        stand open with their own document and due date
-- rule:  a payment and its return cancel out from the day both are known, whatever day they are
--        lettered; what a payment had paid, lettered after it came back, is opened again from then on
with items as (
    select *
    from ledger.items
    where amount <> 0
),

-- The stretch of a returned payment that each reopened invoice carries; the rest it carries itself.
carried as (
    select
        returned_item_id as item_id,
        reopened_item_id as carrier_id,
        cast((sum(amount) over stretch) - amount as decimal(18, 2)) as from_amount,
        cast(sum(amount) over stretch as decimal(18, 2)) as to_amount
    from ledger.reopenings
    window stretch as (
        partition by returned_item_id order by reopened_item_id
        rows between unbounded preceding and current row
    )
),

carriers as (
    select item_id, carrier_id, from_amount, to_amount
    from carried
    union all
    select items.item_id, items.item_id, max(carried.to_amount), items.amount
    from items
    join carried on carried.item_id = items.item_id
    group by items.item_id, items.amount
    having max(carried.to_amount) < items.amount
),

came_back as (
    select
        returns.returned_item_id,
        returns.payment_item_id,
        returned.booked_on,
        returned.amount,
        greatest(returned.known_on, paid.known_on) as known_on
    from ledger.returns as returns
    join items as returned on returned.item_id = returns.returned_item_id
    join items as paid on paid.item_id = returns.payment_item_id
),

matches as (
    select
        matches.match_id,
        matches.debit_item_id,
        matches.credit_item_id,
        matches.matched_on,
        matches.amount,
        coalesce(came_back.known_on, matches.known_on) as known_on
    from ledger.matches as matches
    left join came_back
        on came_back.returned_item_id = matches.debit_item_id
        and came_back.payment_item_id = matches.credit_item_id
),

matched as (
    select debit_item_id as item_id, matched_on as event_on, -amount as amount, known_on, match_id
    from matches
    union all
    select credit_item_id, matched_on, amount, known_on, match_id
    from matches
),

-- Payments of which it was lettered only after they came back what they had paid.
lettered_late as (
    select
        came_back.returned_item_id,
        came_back.payment_item_id,
        came_back.booked_on,
        came_back.amount,
        came_back.known_on,
        max(matches.known_on) as lettered_known_on
    from came_back
    join matches
        on matches.credit_item_id = came_back.payment_item_id
        and matches.debit_item_id <> came_back.returned_item_id
    group by
        came_back.returned_item_id, came_back.payment_item_id, came_back.booked_on,
        came_back.amount, came_back.known_on
    having min(matches.known_on) > came_back.known_on
),

returned as (
    select
        items.item_id,
        items.booked_on as event_on,
        items.amount,
        coalesce(late.lettered_known_on, items.known_on) as known_on,
        'returned' as source,
        cast(null as bigint) as match_id
    from items
    left join lettered_late as late on late.returned_item_id = items.item_id
    where items.item_id in (select item_id from carried)
    union all
    select item_id, event_on, amount, known_on, 'matched', match_id
    from matched
    where item_id in (select item_id from carried)
),

-- A later payment settles the stretches of a returned one from the first on.
on_returned as (
    select
        returned.*,
        cast((sum(abs(returned.amount)) over stretch) - abs(returned.amount) as decimal(18, 2)) as from_amount,
        cast(sum(abs(returned.amount)) over stretch as decimal(18, 2)) as to_amount
    from returned
    window stretch as (
        partition by returned.item_id, returned.source order by returned.event_on, returned.match_id
        rows between unbounded preceding and current row
    )
),

moved as (
    select item_id, event_on, amount, known_on, 'matched' as source
    from matched
    where item_id not in (select item_id from carried)
    union all
    select
        carriers.carrier_id,
        on_returned.event_on,
        cast(
            sign(on_returned.amount)
            * (least(on_returned.to_amount, carriers.to_amount) - greatest(on_returned.from_amount, carriers.from_amount))
            as decimal(18, 2)
        ),
        on_returned.known_on,
        on_returned.source
    from on_returned
    join carriers
        on carriers.item_id = on_returned.item_id
        and carriers.from_amount < on_returned.to_amount
        and on_returned.from_amount < carriers.to_amount
    union all
    select payment_item_id, booked_on, amount, known_on, 'returned'
    from lettered_late
    union all
    select payment_item_id, booked_on, -amount, lettered_known_on, 'returned'
    from lettered_late
)

-- An item is booked once: only what came later need be added up.
select item_id, booked_on as event_on, known_on, 'booked' as source, amount
from items
where item_id not in (select item_id from carried)
union all
select item_id, event_on, known_on, source, cast(sum(amount) as decimal(18, 2))
from moved
group by item_id, event_on, known_on, source
