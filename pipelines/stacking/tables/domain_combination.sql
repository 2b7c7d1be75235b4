-- Households by exactly the domains that they use.
-- reads: stack, place (area, level, code: where each area lies), wanted (table_name, level)
-- makes: rows of counts
-- may see: households by a running number, no key
insert into counts
with lowest as (
    select
        stack.area,
        stack.combination as category,
        count(*) as households
    from stack
    group by stack.area, category
)

select
    wanted.table_name,
    place.level,
    place.code,
    lowest.category,
    cast(sum(lowest.households) as bigint) as households
from lowest
inner join place on lowest.area = place.area
inner join wanted on place.level = wanted.level and wanted.table_name = 'domain_combination'
group by wanted.table_name, place.level, place.code, lowest.category;
