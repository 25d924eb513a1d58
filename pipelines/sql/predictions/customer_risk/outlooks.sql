-- What is expected of each open document, and how it stands: what risk and list are made of.
--
-- grain: item_id
-- units: open_amount in the document's currency; waits in thousandths of a day
-- rule:  the percentiles of the payment date each stand for the part of the chance around them:
--        175, 200, 250, 200 and 175 in a thousand
-- rule:  wait is how long payment is expected to take from the due date on, or from today where that
--        is over; more than a year late, or never, is a year
-- rule:  moved is how much of that wait a contact takes away, $days_moved at most: nothing of a
--        payment that is more than a year late or never comes
-- rule:  undecided is the chance that it is never paid times the chance that it is
-- rule:  what is doubtful waits for nobody: it is a loss
-- rule:  a standing counts from the day on which it was said
with dated as (
    select
        timing.*,
        case
            when timing.is_doubtful or standings.standing = 'doubtful' then 'doubtful'
            else standings.standing
        end as standing,
        greatest($as_of, coalesce(timing.due_on, $as_of)) as from_on
    from predictions.payment_timing as timing
    left join ledger.standings as standings
        on standings.item_id = timing.item_id and standings.said_on <= $as_of
),

waits as (
    select
        *,
        greatest(0, cast(p10_on - from_on as int)) as wait_10,
        greatest(0, cast(p25_on - from_on as int)) as wait_25,
        greatest(0, cast(p50_on - from_on as int)) as wait_50,
        greatest(0, cast(p75_on - from_on as int)) as wait_75,
        greatest(0, cast(p90_on - from_on as int)) as wait_90
    from dated
)

select
    item_id,
    entity_id,
    customer_id,
    currency,
    open_amount,
    due_on,
    days_late,
    standing,
    coalesce(standing = 'doubtful', false) as is_doubtful,
    cast(
        case
            when standing = 'doubtful' then 0
            else 175 * case when p10_on is null then 365 else wait_10 end
                + 200 * case when p25_on is null then 365 else wait_25 end
                + 250 * case when p50_on is null then 365 else wait_50 end
                + 200 * case when p75_on is null then 365 else wait_75 end
                + 175 * case when p90_on is null then 365 else wait_90 end
        end as int
    ) as wait_milli,
    cast(
        175 * case when p10_on is null then 0 else least($days_moved, wait_10) end
        + 200 * case when p25_on is null then 0 else least($days_moved, wait_25) end
        + 250 * case when p50_on is null then 0 else least($days_moved, wait_50) end
        + 200 * case when p75_on is null then 0 else least($days_moved, wait_75) end
        + 175 * case when p90_on is null then 0 else least($days_moved, wait_90) end
        as int
    ) as moved_milli,
    case when standing = 'doubtful' then 1 else coalesce(late_probability, 0) end as late_probability,
    case when standing = 'doubtful' then 1 else coalesce(never_probability, 0) end as never_probability,
    cast(
        case when standing = 'doubtful' then 0 else coalesce(never_probability * (1 - never_probability), 0) end
        as decimal(7, 6)
    ) as undecided_share,
    case when standing = 'doubtful' then null else expected_days_late end as expected_days_late
from waits
