-- Whom a customer is held beside: the companies of its group, the customers of its country.
--
-- grain: circle, circle_code, customer_code
select 'group' as circle, group_code as circle_code, customer_code
from features.customers
where group_code is not null
union all
select 'country', country_code, customer_code
from features.customers
where country_code is not null
