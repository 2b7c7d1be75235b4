-- What each organisation can count of itself, however well its clients are hidden: the attacker takes its part.
-- reads: stack, household_use (household, organisation, service), catalogue (service, domain), place, wanted, unmatched
-- makes: own (organisation, table_name, area_level, area_code, category, households)
-- may see: counts
create table own as
with used as (
    select
        household_use.organisation,
        household_use.household,
        stack.area,
        household_use.service,
        catalogue.domain
    from household_use
    inner join stack on household_use.household = stack.household
    inner join catalogue on household_use.service = catalogue.service
),

-- A household counts once in each column, however many services put it there.
told as (
    select
        organisation,
        area,
        'service' as table_name,
        service as category,
        count(distinct household) as households
    from used
    group by organisation, area, service
    union all
    select
        organisation,
        area,
        'domain' as table_name,
        domain as category,
        count(distinct household) as households
    from used
    group by organisation, area, domain
    union all
    select
        organisation,
        area,
        'organisation' as table_name,
        organisation as category,
        count(distinct household) as households
    from used
    group by organisation, area
)

select
    told.organisation,
    told.table_name,
    place.level as area_level,
    place.code as area_code,
    told.category,
    cast(sum(told.households) as bigint) as households
from told
inner join place on told.area = place.area
inner join wanted on place.level = wanted.level and told.table_name = wanted.table_name
group by told.organisation, told.table_name, place.level, place.code, told.category
union all
select
    unmatched.organisation,
    wanted.table_name,
    wanted.level as area_level,
    getvariable('municipality') as area_code,
    unmatched.organisation as category,
    unmatched.addresses as households
from unmatched
inner join wanted on wanted.table_name = 'unmatched';
