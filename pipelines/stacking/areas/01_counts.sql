-- The counts of every table at every level that it is wanted at: the lowest areas added up.
-- reads: lowest (table_name, area, category, households), place (area, level, code: where each lowest area lies),
--        wanted (table_name, level), unmatched (organisation, addresses)
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
inner join wanted on wanted.table_name = 'unmatched';
