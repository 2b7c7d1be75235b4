-- Which rows of the register are households, and why the others aren't: the first reason in a fixed order.
-- reads: reading, door, extract_row (row, area_said, household_group), known_area (said, code)
-- makes: judged (row, canonical, area, household_group, reason, field), one row per row of the register
-- may see: addresses
create table judged as
with placed as (
    select
        reading.row,
        reading.canonical,
        known_area.code as area,
        extract_row.household_group,
        case
            when reading.canonical = '' then reading.reason
            when door.excluded then 'excluded'
            when door.communal then 'institution'
            when known_area.code is null then 'unknown area'
            else ''
        end as reason
    from reading
    inner join extract_row on reading.row = extract_row.row
    left join known_area on extract_row.area_said = known_area.said
    left join door on reading.canonical = door.canonical
),
compared as (
    select
        placed.row,
        placed.canonical,
        placed.area,
        placed.household_group,
        placed.reason,
        first_value(placed.area) over (
            partition by placed.canonical, placed.reason = ''
            order by placed.row
        ) as first_area
    from placed
)
select
    compared.row,
    compared.canonical,
    compared.area,
    compared.household_group,
    case
        when compared.reason = '' and compared.area <> compared.first_area then 'address twice'
        else compared.reason
    end as reason,
    '' as field
from compared;
