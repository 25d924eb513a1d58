-- Every measure of the firm, of each entity, segment and customer at each month end, by currency.
--
-- grain: scope, entity_id, currency, segment, customer_id, month_end, measure
-- kind:  view
-- units: days, percent or times, rounded to six decimals
-- rule:  segment is of scope `segment` alone, customer_id of scope `customer`; scope `firm` is all
--        entities of a currency, entity_id `*`
-- rule:  where value is null, note says why there is none; else what to know of it (a lower bound, a
--        legal maximum verified before, how many debtors); the last month_end is the snapshot's day
select
    series.scope,
    series.entity_id,
    series.currency,
    series.segment,
    series.customer_id,
    figures.month_end,
    figures.measure,
    figures.value,
    figures.is_lower_bound,
    figures.note
from measures.figures as figures
join measures.series as series on series.series = figures.series
