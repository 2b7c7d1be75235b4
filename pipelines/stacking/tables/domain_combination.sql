-- Households by exactly the domains that they use.
-- reads: stack
-- makes: rows of lowest (table_name, area, category, households)
-- may see: households by a running number, no key
insert into lowest
select
    'domain_combination' as table_name,
    stack.area,
    stack.combination as category,
    count(*) as households
from stack
group by stack.area, category;
