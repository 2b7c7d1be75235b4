-- Households that use each domain.
-- reads: stack, household_domain (household, domain)
-- makes: rows of lowest (table_name, area, category, households)
-- may see: households by a running number, no key
insert into lowest
select
    'domain' as table_name,
    stack.area,
    household_domain.domain as category,
    count(*) as households
from stack
inner join household_domain on stack.household = household_domain.household
group by stack.area, category;
