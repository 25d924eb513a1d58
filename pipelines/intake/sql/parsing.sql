-- How a text of a table becomes an amount, a date, a name: macros, one definition for every table.
--
-- Variables: mark (decimal mark: ',' or '.', or '' where nobody stated it: then only what can be
-- read in one way is read), white_space (what may stand around a text), date_pattern and
-- date_format (the stated format, as an expression and for strptime), date_format_swapped (the same
-- with day and month the other way round), date_format_shown, stated_currency (of the mapping),
-- currency (where nothing is stated), currencies (all codes).
-- Texts come in without white space around them, and null where they are empty.

create macro clean(t) as nullif(trim(t, getvariable('white_space')), '');

-- A number that a program wrote for a code: 1930438491.0 or 0000123 is the code 1930438491 or 123.
create macro bare_number(t) as
    case
        when regexp_full_match(t, '[0-9]+(\.0)?')
            then coalesce(nullif(ltrim(regexp_replace(t, '\.0$', ''), '0'), ''), '0')
        else t
    end;

-- What a header or a word says, without case, accents and punctuation. As `plain` in kinds.py.
create macro plain(t) as regexp_replace(lower(strip_accents(t)), '[^a-z0-9]', '', 'g');

create macro says_total(t) as
    regexp_matches(lower(strip_accents(t)), '^(grand[ -]|sous[ -]?|sub[ -]?)?(total|totals|totaux)\b');

-- An amount may have a sign on either side, or parentheses, and its currency at any of these places.
create macro amount_parts(t) as regexp_extract(
    t,
    '^(€|£|\$|[A-Z]{3})?[ \x{a0}\x{202f}]*(\()?([-+−])?[ \x{a0}\x{202f}]*(€|£|\$|[A-Z]{3})?[ \x{a0}\x{202f}]*([-+−])?([0-9][0-9.,''’ \x{a0}\x{202f}]*|[.,][0-9]+)(€|£|\$|[A-Z]{3})?[ \x{a0}\x{202f}]*([-+−])?(\))?[ \x{a0}\x{202f}]*(€|£|\$|[A-Z]{3})?$',
    ['unit_0', 'opening', 'sign_1', 'unit_1', 'sign_2', 'digits', 'unit_2', 'sign_3', 'closing', 'unit_3']
);

-- Digits under one decimal mark, with thousands in groups of three by one separator: '1234.5'.
create macro digits_with_comma(d) as
    case
        when regexp_full_match(
            d, '([0-9]*|[0-9]{1,3}(( [0-9]{3})+|(\x{a0}[0-9]{3})+|(\x{202f}[0-9]{3})+|(\.[0-9]{3})+|([''’][0-9]{3})+))(,[0-9]+)?'
        )
            then replace(regexp_replace(d, '[^0-9,]', '', 'g'), ',', '.')
    end;

create macro digits_with_dot(d) as
    case
        when regexp_full_match(
            d, '([0-9]*|[0-9]{1,3}(( [0-9]{3})+|(\x{a0}[0-9]{3})+|(\x{202f}[0-9]{3})+|(,[0-9]{3})+|([''’][0-9]{3})+))(\.[0-9]+)?'
        )
            then regexp_replace(d, '[^0-9.]', '', 'g')
    end;

create macro digits_read(d) as
    case getvariable('mark')
        when ',' then digits_with_comma(d)
        when '.' then digits_with_dot(d)
        else case
            when coalesce(digits_with_comma(d), digits_with_dot(d))
                = coalesce(digits_with_dot(d), digits_with_comma(d))
                then coalesce(digits_with_comma(d), digits_with_dot(d))
        end
    end;

create macro digits_of(parts) as digits_read(clean(parts.digits));

create macro signs_of(parts) as
    parts.sign_1 || parts.sign_2 || parts.sign_3 || parts.opening || parts.closing;

-- Cents beyond the second decimal are no amount, unless they are zeros. Nor is what is not below 10^13:
-- sums of a thousand amounts, and amounts times days, must still be counted in cents.
create macro cents_of(digits) as
    cast(
        try_cast(regexp_extract(digits, '^([0-9]*(\.[0-9]{1,2})?)0*$', 1) as decimal(15, 2))
        as decimal(18, 2)
    );

-- Most amounts are written plainly, and are read without looking at their parts.
create macro is_plain_amount(t) as
    case getvariable('mark')
        when '.' then regexp_full_match(t, '-?([0-9]{1,13}|[0-9]{1,3}(,[0-9]{3}){1,3})(\.[0-9]{1,2})?')
        when ',' then regexp_full_match(
            t, '-?([0-9]{1,13}|[0-9]{1,3}([ \x{a0}\x{202f}][0-9]{3}){1,3})(,[0-9]{1,2})?'
        )
        else false
    end;

create macro plain_amount(t) as
    case getvariable('mark')
        when '.' then try_cast(replace(t, ',', '') as decimal(18, 2))
        when ',' then try_cast(replace(regexp_replace(t, '[ \x{a0}\x{202f}]', '', 'g'), ',', '.') as decimal(18, 2))
    end;

create macro amount_from(t, parts) as
    case
        when t is null then null
        when parts is null then plain_amount(t)
        when signs_of(parts) in ('', '+') then cents_of(digits_of(parts))
        when signs_of(parts) in ('-', '−', '()') then -cents_of(digits_of(parts))
    end;

-- The parts of an amount that is not written plainly, else null.
create macro parts_if_needed(t) as case when not is_plain_amount(t) then amount_parts(t) end;

create macro amount_reason(parts) as
    case
        when length(ltrim(regexp_extract(digits_of(parts), '^[0-9]*'), '0')) > 13
            then 'The amount is too large: it must be below 10,000,000,000,000. Check it in the source.'
        when length(regexp_extract(digits_of(parts), '\.([0-9]*?)0*$', 1)) > 2
            then 'The amount has more than two decimals: which cents it means cannot be told. Round it in the source.'
        when getvariable('mark') = '' and digits_with_comma(clean(parts.digits)) is not null
            and digits_of(parts) is null
            then 'The amount can be read in two ways. State the decimal mark in a [[tables]] section.'
        when getvariable('mark') = ''
            then 'This is no amount. Correct it in the source.'
        else 'This is no amount with the decimal mark "' || getvariable('mark')
            || '". Correct it in the source, or state `decimal` in the mapping.'
    end;

-- The currency that stands beside an amount, as a code; a dollar sign says which only with a column.
create macro units_of(parts) as parts.unit_0 || parts.unit_1 || parts.unit_2 || parts.unit_3;

create macro unit_of(parts) as
    case units_of(parts)
        when '' then null
        when '€' then 'EUR'
        when '£' then 'GBP'
        else units_of(parts)
    end;

create macro currency_code(t) as
    case upper(t)
        when '€' then 'EUR'
        when '£' then 'GBP'
        when 'US$' then 'USD'
        else upper(t)
    end;

-- A date in the stated format, else in ISO 8601 (2026-03-31 or 20260331), which nothing else can be
-- taken for. A time of day after it is left out: the day is the day as it is written.
create macro date_of_parts(parts) as
    case when parts.y between '1900' and '2099' and length(parts.y) = 4
        then try_cast(parts.y || '-' || parts.m || '-' || parts.d as date) end;

create macro date_text(t) as
    regexp_replace(t, '([T ][0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?( ?(UTC|Z|[-+][0-9]{2}:?[0-9]{2}))?)$', '');

create macro stated_day(t, pattern, format) as
    case when regexp_full_match(t, pattern)
        then cast(try_strptime(t, format) as date) end;

create macro sane(day) as
    case when day between date '1900-01-01' and date '2099-12-31' then day end;

create macro other_day(t) as
    coalesce(
        sane(stated_day(date_text(t), getvariable('date_pattern'), getvariable('date_format'))),
        date_of_parts(regexp_extract(date_text(t), '^([0-9]{4})-([0-9]{2})-([0-9]{2})$', ['y', 'm', 'd'])),
        date_of_parts(regexp_extract(date_text(t), '^([0-9]{4})([0-9]{2})([0-9]{2})(\.0)?$', ['y', 'm', 'd']))
    );

create macro day(t) as
    case
        when t is null then null
        when regexp_full_match(t, getvariable('date_pattern'))
            then sane(cast(try_strptime(t, getvariable('date_format')) as date))
        when regexp_full_match(t, '[0-9]{4}-[0-9]{2}-[0-9]{2}') then sane(try_cast(t as date))
        else other_day(t)
    end;

-- Day and month the other way round: the sign of a date format that was assumed, and is wrong.
create macro day_swapped(t) as
    sane(stated_day(date_text(t), getvariable('date_pattern'), getvariable('date_format_swapped')));

create macro date_reason(t) as
    'This is no date in the format ' || getvariable('date_format_shown')
    || '. Correct it in the source, or state `date_format` in the mapping.';

-- A currency beside an amount must be the one of its record; a dollar sign is that of any dollar.
create macro unit_agrees(unit, code) as
    case
        when unit is null or unit = code then true
        when unit = '$'
            then coalesce(code, getvariable('currency')) in ('USD', 'CAD', 'AUD', 'NZD', 'SGD', 'HKD')
        else code is null and unit in getvariable('currencies')
    end;
