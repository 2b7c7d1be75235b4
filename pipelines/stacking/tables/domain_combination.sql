-- Households by exactly the domains that they use.
-- reads: stack, place (area, level, code: where each area lies), wanted (table_name, level)
-- makes: rows of counts
-- may see: households by a running number, no key
insert into counts
select
    wanted.table_name,
    place.level,
    place.code,
    stack.combination as category,
    count(*) as households
from stack
inner join place on stack.area = place.area
inner join wanted on place.level = wanted.level and wanted.table_name = 'domain_combination'
group by wanted.table_name, place.level, place.code, category;
