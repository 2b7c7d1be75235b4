-- How services stack up in each household: one row per household, also for those that use nothing.
-- reads: household (household, area, household_group), household_use (household, organisation, service),
--        household_domain (household, domain)
-- makes: stack (household, area, services, organisations, domains, combination)
-- may see: households by a running number, no key
create table stack as
with used as (
    select
        household,
        count(distinct service) as services,
        count(distinct organisation) as organisations
    from household_use
    group by household
),

combined as (
    select
        household,
        count(*) as domains,
        string_agg(domain, '+' order by domain) as combination
    from household_domain
    group by household
)

select
    household.household,
    household.area,
    coalesce(used.services, 0) as services,
    coalesce(used.organisations, 0) as organisations,
    coalesce(combined.domains, 0) as domains,
    coalesce(combined.combination, 'none') as combination
from household
left join used on household.household = used.household
left join combined on household.household = combined.household;
