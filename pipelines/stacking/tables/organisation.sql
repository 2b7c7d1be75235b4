-- Households where each organisation delivers.
-- reads: stack, household_use, place (area, level, code: where each area lies), wanted (table_name, level)
-- makes: rows of counts
-- may see: households by a running number, no key
insert into counts
select
    wanted.table_name,
    place.level,
    place.code,
    household_use.organisation as category,
    count(distinct stack.household) as households
from stack
inner join household_use on stack.household = household_use.household
inner join place on stack.area = place.area
inner join wanted on place.level = wanted.level and wanted.table_name = 'organisation'
group by wanted.table_name, place.level, place.code, category;
