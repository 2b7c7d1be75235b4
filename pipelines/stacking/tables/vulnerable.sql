-- Households that reach any of the numbers of the analysis' rule; a number that the rule doesn't name is null.
-- reads: stack, place (area, level, code: where each area lies), wanted (table_name, level)
-- makes: rows of counts
-- may see: households by a running number, no key
insert into counts
with lowest as (
    select
        stack.area,
        if(
            coalesce(stack.services >= getvariable('rule_services'), false)
            or coalesce(stack.organisations >= getvariable('rule_organisations'), false)
            or coalesce(stack.domains >= getvariable('rule_domains'), false),
            'yes',
            'no'
        ) as category,
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
inner join wanted on place.level = wanted.level and wanted.table_name = 'vulnerable'
group by wanted.table_name, place.level, place.code, lowest.category;
