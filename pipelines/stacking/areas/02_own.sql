-- What each organisation can count of its own clients, however well they are hidden: the attacker takes its part.
-- Every table as it would be if nobody else had delivered, and of its own clients only.
-- reads: stack, household_use (household, organisation, service), catalogue (service, domain), place, wanted, unmatched,
--        reported (organisation, area, service, number)
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

-- One row per organisation and client, as `stack` is per household.
client as (
    select
        organisation,
        household,
        area,
        count(distinct service) as services,
        count(distinct domain) as domains,
        string_agg(distinct domain, '+' order by domain) as combination
    from used
    group by organisation, household, area
),

-- A client counts once in each column, however many services put it there.
belongs as (
    select
        organisation,
        area,
        household,
        'service' as table_name,
        service as category
    from used
    union
    select
        organisation,
        area,
        household,
        'domain' as table_name,
        domain as category
    from used
    union all
    select
        organisation,
        area,
        household,
        'organisation' as table_name,
        organisation as category
    from client
    union all
    select
        organisation,
        area,
        household,
        'organisations' as table_name,
        '1' as category
    from client
    union all
    select
        organisation,
        area,
        household,
        'households' as table_name,
        'all' as category
    from client
    union all
    select
        organisation,
        area,
        household,
        'services' as table_name,
        if(services >= getvariable('top'), getvariable('top') || '+', cast(services as varchar)) as category
    from client
    union all
    select
        organisation,
        area,
        household,
        'domains' as table_name,
        cast(domains as varchar) as category
    from client
    union all
    select
        organisation,
        area,
        household,
        'domain_combination' as table_name,
        combination as category
    from client
    union all
    select
        organisation,
        area,
        household,
        'vulnerable' as table_name,
        if(
            coalesce(services >= getvariable('rule_services'), false)
            or coalesce(1 >= getvariable('rule_organisations'), false)
            or coalesce(domains >= getvariable('rule_domains'), false),
            'yes',
            'no'
        ) as category
    from client
),

told as (
    select
        organisation,
        area,
        table_name,
        category,
        count(*) as households
    from belongs
    group by organisation, area, table_name, category
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
inner join wanted on wanted.table_name = 'unmatched'
union all
select
    reported.organisation,
    wanted.table_name,
    above.level as area_level,
    above.code as area_code,
    reported.service as category,
    cast(sum(reported.number) as bigint) as households
from reported
inner join (
    select distinct
        below.code as area,
        containing.level,
        containing.code
    from place as below
    inner join place as containing on below.area = containing.area
) as above on reported.area = above.area
inner join wanted on wanted.table_name = 'informal' and above.level = wanted.level
group by reported.organisation, wanted.table_name, above.level, above.code, reported.service;
