-- Households by their number of distinct services; the top class is open.
-- reads: stack
-- makes: rows of lowest (table_name, area, category, households)
-- may see: households by a running number, no key
insert into lowest
select
    'services' as table_name,
    stack.area,
    if(
        stack.services >= getvariable('top'),
        getvariable('top') || '+',
        cast(stack.services as varchar)
    ) as category,
    count(*) as households
from stack
group by stack.area, category;
