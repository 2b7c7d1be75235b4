-- Households that reach any of the numbers of the analysis' rule; a number that the rule doesn't name is null.
-- reads: stack
-- makes: rows of lowest (table_name, area, category, households)
-- may see: households by a running number, no key
insert into lowest
select
    'vulnerable' as table_name,
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
group by stack.area, category;
