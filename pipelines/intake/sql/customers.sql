-- From the parsed records of a customer file to customers: views over the table `parsed`.
--
-- grain: customers, entity_id and customer_id
-- units: limits in the customer's currency
create temp view judged as
select
    *,
    case
        when says_total and (name is null or len(problems) > 0)
            then 'This is a totals line, not a record.'
        when len(problems) > 0 then ''
        when count(*) over same > 1
            and source_line > min(source_line) over same
            then 'This customer stands on line ' || min(source_line) over same
                || ' already. Keep one of the two.'
    end as reason
from parsed
window same as (partition by entity_id, customer_id, len(problems) > 0);

create temp view customers as
select
    source_line,
    entity_id,
    customer_id,
    name,
    nullif(parent_id, customer_id) as parent_id,
    regexp_replace(siren, '[^0-9A-Za-z]', '', 'g') as siren,
    upper(regexp_replace(vat_number, '[^0-9A-Za-z]', '', 'g')) as vat_number,
    case when length(country) = 2 then upper(country) else country end as country,
    language,
    segment,
    currency,
    payment_terms,
    payment_method,
    credit_limit,
    insured_amount,
    collector,
    contact_name,
    contact_email,
    contact_phone
from judged
where reason is null;

create temp view set_aside as
select source_line, nullif(reason, '') as reason, problems
from judged
where reason is not null;
