-- What moves the expected day of each open document most, and of each customer: the three facts.
--
-- grain: entity_id, customer_id, currency, item_id, rank
-- rule:  of very many documents the largest have reasons, and their customers by them
-- rule:  a customer's effect is the mean of its open documents' effects, weighted by open amount; its
--        facts are those of the document with the largest open amount
with effects as (
    select
        told.item_id,
        told.code,
        told.effect,
        row_number() over (partition by told.item_id order by abs(told.effect) desc, told.code)
            as rank
    from told
    where told.code <> '' and round(told.effect, 1) <> 0
),

dated as (
    select
        effects.*,
        timing.entity_id,
        timing.customer_id,
        timing.currency,
        timing.open_amount
    from effects
    join predictions.payment_timing as timing on timing.item_id = effects.item_id
),

owed as (
    select
        timing.entity_id,
        timing.customer_id,
        timing.currency,
        sum(timing.open_amount) as open_amount,
        max_by(timing.item_id, (timing.open_amount, timing.item_id)) as item_id
    from predictions.payment_timing as timing
    where timing.item_id in (select item_id from told)
    group by timing.entity_id, timing.customer_id, timing.currency
),

of_customers as (
    select
        dated.entity_id,
        dated.customer_id,
        dated.currency,
        dated.code,
        -- Exact, in tenths of a day and cents: in whatever order they are added.
        cast(
            sum(
                cast(round(dated.effect, 1) as decimal(9, 1))
                * cast(dated.open_amount as decimal(28, 2))
            )
            as double
        ) / cast(min(owed.open_amount) as double) as effect,
        min(owed.item_id) as facts_of
    from dated
    join owed
        on owed.entity_id = dated.entity_id
        and owed.customer_id = dated.customer_id
        and owed.currency = dated.currency
    group by dated.entity_id, dated.customer_id, dated.currency, dated.code
),

ranked as (
    select
        *,
        row_number() over (
            partition by entity_id, customer_id, currency order by abs(effect) desc, code
        ) as rank
    from of_customers
    where round(effect, 1) <> 0
),

everything as (
    select entity_id, customer_id, currency, item_id, rank, code, effect, item_id as facts_of
    from dated
    union all
    select entity_id, customer_id, currency, null, rank, code, effect, facts_of
    from ranked
)

select
    everything.entity_id,
    everything.customer_id,
    everything.currency,
    everything.item_id,
    cast(everything.rank as int) as rank,
    everything.code,
    cast(round(everything.effect, 1) as decimal(9, 1)) as effect_days,
    facts.facts
from everything
left join facts on facts.item_id = everything.facts_of and facts.code = everything.code
where everything.rank <= 3
