-- Unsettled payments that one set of invoices of their customer adds up to, to the cent.
--
-- grain: item_id
-- units: the item's own currency; positive is owed to us
-- rule:  a set has one to four invoices, all booked on the day of the payment or before
-- rule:  where a customer has more than twenty invoices open by then, chance alone adds some up to
--        most amounts, and nothing is looked for
-- rule:  a payment that two sets add up to stays as it is; so do payments whose sets share an invoice
with invoices as (
    select
        item_id,
        entity_id,
        customer_id,
        account,
        currency,
        booked_on,
        cents(amount) as cents,
        first_value(item_id) over holder as holder,
        row_number() over holder as place
    from matching.unsettled
    where amount > 0 and kind in ('invoice', 'opening')
    window holder as (
        partition by entity_id, customer_id, account, currency order by booked_on, item_id
    )
),

-- Whoever has more than twenty invoices open on a day has the first twenty in the order of booking.
singles as (
    select holder, place, cents
    from invoices
    where place <= 20
),

payments as (
    select
        payments.item_id,
        min(invoices.holder) as holder,
        -cents(payments.amount) as cents,
        count(*) as invoice_count
    from matching.unsettled as payments
    join invoices
        on invoices.place <= 21
        and invoices.entity_id = payments.entity_id
        and invoices.customer_id = payments.customer_id
        and invoices.account is not distinct from payments.account
        and invoices.currency = payments.currency
        and invoices.booked_on <= payments.booked_on
    where payments.amount < 0 and payments.kind = 'payment'
    group by payments.item_id, payments.amount
    having count(*) <= 20
),

pairs as (
    select
        one.holder,
        one.place as place_1,
        other.place as place_2,
        one.cents + other.cents as cents
    from singles as one
    join singles as other on other.holder = one.holder and other.place > one.place
    where one.holder in (select holder from payments)
),

found as (
    select payments.item_id, payments.holder, singles.place as place_1, 0 as place_2, 0 as place_3,
        0 as place_4
    from payments
    join singles
        on singles.holder = payments.holder
        and singles.cents = payments.cents
        and singles.place <= payments.invoice_count
    union all
    select payments.item_id, payments.holder, pairs.place_1, pairs.place_2, 0, 0
    from payments
    join pairs
        on pairs.holder = payments.holder
        and pairs.cents = payments.cents
        and pairs.place_2 <= payments.invoice_count
    union all
    select payments.item_id, payments.holder, pairs.place_1, pairs.place_2, singles.place, 0
    from payments
    join pairs on pairs.holder = payments.holder and pairs.cents < payments.cents
    join singles
        on singles.holder = payments.holder
        and singles.cents = payments.cents - pairs.cents
        and singles.place > pairs.place_2
        and singles.place <= payments.invoice_count
    union all
    select payments.item_id, payments.holder, first_two.place_1, first_two.place_2,
        last_two.place_1, last_two.place_2
    from payments
    join pairs as first_two
        on first_two.holder = payments.holder and first_two.cents < payments.cents
    join pairs as last_two
        on last_two.holder = payments.holder
        and last_two.cents = payments.cents - first_two.cents
        and last_two.place_1 > first_two.place_2
        and last_two.place_2 <= payments.invoice_count
),

only_ones as (
    select
        item_id,
        min(holder) as holder,
        min(place_1) as place_1,
        min(place_2) as place_2,
        min(place_3) as place_3,
        min(place_4) as place_4
    from found
    group by item_id
    having count(*) = 1
),

chosen as (
    select item_id, holder, place_1 as place from only_ones
    union all
    select item_id, holder, place_2 from only_ones where place_2 > 0
    union all
    select item_id, holder, place_3 from only_ones where place_3 > 0
    union all
    select item_id, holder, place_4 from only_ones where place_4 > 0
),

-- Two payments cannot both have settled an invoice: neither of them is sure.
shared as (
    select distinct chosen.item_id
    from chosen
    join (
        select holder, place
        from chosen
        group by holder, place
        having count(*) > 1
    ) as twice on twice.holder = chosen.holder and twice.place = chosen.place
),

members as (
    select chosen.item_id as group_key, invoices.item_id
    from chosen
    join invoices on invoices.holder = chosen.holder and invoices.place = chosen.place
    where chosen.item_id not in (select item_id from shared)
    union all
    select item_id, item_id
    from only_ones
    where item_id not in (select item_id from shared)
)

select
    unsettled.item_id,
    members.group_key,
    unsettled.currency,
    unsettled.amount,
    unsettled.booked_on,
    unsettled.known_on,
    cast(null as date) as noted_on
from members
join matching.unsettled as unsettled on unsettled.item_id = members.item_id
