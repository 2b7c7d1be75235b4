-- The counts of every table at every level that it is wanted at: the lowest areas added up.
-- reads: lowest (table_name, area, category, households), place (area, level, code: where each lowest area lies),
--        wanted (table_name, level), unmatched (organisation, addresses), reported (organisation, area, service, number)
-- makes: counts (table_name, area_level, area_code, category, households)
-- may see: counts
create table counts as
select
    lowest.table_name,
    place.level as area_level,
    place.code as area_code,
    lowest.category,
    cast(sum(lowest.households) as bigint) as households
from lowest
inner join place on lowest.area = place.area
inner join wanted on place.level = wanted.level and lowest.table_name = wanted.table_name
group by lowest.table_name, place.level, place.code, lowest.category
union all
-- Addresses that are no household of the register lie in no area: they are told for the municipality.
select
    wanted.table_name,
    wanted.level as area_level,
    getvariable('municipality') as area_code,
    unmatched.organisation as category,
    unmatched.addresses as households
from unmatched
inner join wanted on wanted.table_name = 'unmatched'
union all
-- What organisations counted themselves starts at the level that was agreed: each of those areas with all it lies in.
select
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
group by wanted.table_name, above.level, above.code, reported.service;
