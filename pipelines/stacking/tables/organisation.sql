-- Households where each organisation delivers.
-- reads: stack, household_use
-- makes: rows of lowest (table_name, area, category, households)
-- may see: households by a running number, no key
insert into lowest
select
    'organisation' as table_name,
    stack.area,
    household_use.organisation as category,
    count(distinct stack.household) as households
from stack
inner join household_use on stack.household = household_use.household
group by stack.area, category;
