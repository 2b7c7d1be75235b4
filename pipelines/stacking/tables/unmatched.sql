-- Addresses of each organisation that are no household of the register.
-- reads: unmatched (organisation, addresses), wanted (table_name, level)
-- makes: rows of counts
-- may see: a number per organisation
insert into counts
select
    wanted.table_name,
    wanted.level,
    getvariable('municipality') as area_code,
    unmatched.organisation as category,
    unmatched.addresses as households
from unmatched
inner join wanted on wanted.table_name = 'unmatched';
