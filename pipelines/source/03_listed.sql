-- Which addresses the reference list has as they are, and of which it has not even the number.
-- reads: address_reading (canonical), placed_address (canonical), reference_address (canonical, house),
--        the variable doors_listed (the list knows doors, not numbers only)
-- makes: listed_address (canonical, house, tier), one row per distinct address; tier '' where its doors must be weighed
-- may see: addresses
create table listed_address as
with said as (
    select address_reading.canonical
    from address_reading
    where address_reading.canonical <> ''
    union
    select placed_address.canonical
    from placed_address
),
split as (
    select
        said.canonical,
        split_part(said.canonical, '|', 1) || '|' || split_part(said.canonical, '|', 2) as house
    from said
),
listed_house as (
    select distinct reference_address.house
    from reference_address
),
listed_door as (
    select distinct reference_address.canonical
    from reference_address
)
select
    split.canonical,
    split.house,
    case
        when listed_house.house is null then 'unknown'
        when listed_door.canonical is not null or not getvariable('doors_listed') then 'exact'
        else ''
    end as tier
from split
left join listed_house on split.house = listed_house.house
left join listed_door on split.canonical = listed_door.canonical;
