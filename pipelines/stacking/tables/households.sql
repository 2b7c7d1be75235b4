-- All households.
-- reads: stack
-- makes: rows of lowest (table_name, area, category, households)
-- may see: households by a running number, no key
insert into lowest
select
    'households' as table_name,
    stack.area,
    'all' as category,
    count(*) as households
from stack
group by stack.area, category;
