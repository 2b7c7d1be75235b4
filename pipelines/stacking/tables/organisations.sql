-- Households by their number of distinct organisations; the top class is open.
-- reads: stack, place (area, level, code: where each area lies), wanted (table_name, level)
-- makes: rows of counts
-- may see: households by a running number, no key
insert into counts
select
    wanted.table_name,
    place.level,
    place.code,
    if(stack.organisations >= getvariable('top'), getvariable('top') || '+', cast(stack.organisations as varchar)) as category,
    count(*) as households
from stack
inner join place on stack.area = place.area
inner join wanted on place.level = wanted.level and wanted.table_name = 'organisations'
group by wanted.table_name, place.level, place.code, category;
