-- Households by their number of domains.
-- reads: stack
-- makes: rows of lowest (table_name, area, category, households)
-- may see: households by a running number, no key
insert into lowest
select
    'domains' as table_name,
    stack.area,
    cast(stack.domains as varchar) as category,
    count(*) as households
from stack
group by stack.area, category;
