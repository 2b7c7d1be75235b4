-- Households by their number of distinct organisations; the top class is open.
-- reads: stack
-- makes: rows of lowest (table_name, area, category, households)
-- may see: households by a running number, no key
insert into lowest
select
    'organisations' as table_name,
    stack.area,
    if(
        stack.organisations >= getvariable('top'),
        getvariable('top') || '+',
        cast(stack.organisations as varchar)
    ) as category,
    count(*) as households
from stack
group by stack.area, category;
