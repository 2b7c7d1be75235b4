-- How services stack up in each household: one row per household, also for those that use nothing.
-- reads: household (household, area, household_group), household_use (household, organisation, service),
--        catalogue (service, domain)
-- makes: stack (household, area, services, organisations, domains, combination)
-- may see: households by a running number, no key
create table stack as
with used as (
    select
        household_use.household,
        count(distinct household_use.service) as services,
        count(distinct household_use.organisation) as organisations,
        count(distinct catalogue.domain) as domains,
        string_agg(distinct catalogue.domain, '+' order by catalogue.domain) as combination
    from household_use
    inner join catalogue on household_use.service = catalogue.service
    group by household_use.household
)
select
    household.household,
    household.area,
    coalesce(used.services, 0) as services,
    coalesce(used.organisations, 0) as organisations,
    coalesce(used.domains, 0) as domains,
    coalesce(used.combination, 'none') as combination
from household
left join used on household.household = used.household;
