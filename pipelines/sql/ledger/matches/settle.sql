-- Which credit settles which debit: within a group in date order, to the cent; the rest stays open.
--
-- grain: debit_item_id, credit_item_id
-- units: currency of the group; positive
-- rule:  a group settles in each of its currencies apart
-- rule:  lay the debits end to end in date order, and the credits beside them; each stretch that
--        both cover is one match (models.settlement.settle says the same, slowly)
-- rule:  a match takes effect on the later of the two bookings, so that open items equal the control
--        account on every day, whatever day the accountant lettered
-- rule:  noted_on is the day of that lettering, where the extract states it; else null
with sides as (
    select
        *,
        amount > 0 as is_debit,
        row_number() over side as place,
        cast(sum(abs(amount)) over side as decimal(18, 2)) as to_amount
    from matching.members
    window side as (
        partition by group_key, currency, amount > 0
        order by booked_on, item_id
        rows between unbounded preceding and current row
    )
),

-- Each end of an item is a cut; between two cuts one debit meets one credit.
cuts as (
    select
        group_key,
        currency,
        to_amount,
        count(*) filter (where is_debit) as debit_ends,
        count(*) filter (where not is_debit) as credit_ends
    from sides
    group by group_key, currency, to_amount
),

stretches as (
    select
        group_key,
        currency,
        to_amount,
        coalesce(lag(to_amount) over line, 0) as from_amount,
        1 + coalesce(sum(debit_ends) over before_line, 0) as debit_place,
        1 + coalesce(sum(credit_ends) over before_line, 0) as credit_place
    from cuts
    window
        line as (partition by group_key, currency order by to_amount),
        before_line as (
            partition by group_key, currency order by to_amount
            rows between unbounded preceding and 1 preceding
        )
)

select
    debits.item_id as debit_item_id,
    credits.item_id as credit_item_id,
    cast(stretches.to_amount - stretches.from_amount as decimal(18, 2)) as amount,
    greatest(debits.booked_on, credits.booked_on) as matched_on,
    greatest(debits.known_on, credits.known_on) as known_on,
    greatest(debits.noted_on, credits.noted_on) as noted_on
from stretches
join sides as debits
    on debits.is_debit
    and debits.group_key = stretches.group_key
    and debits.currency = stretches.currency
    and debits.place = stretches.debit_place
join sides as credits
    on not credits.is_debit
    and credits.group_key = stretches.group_key
    and credits.currency = stretches.currency
    and credits.place = stretches.credit_place
