-- Every address of a reference list, as it reads, with what one can look it up by.
-- reads: reading (row, canonical), list_row (row, street, town, address_id)
-- makes: reference_address (canonical, house, suffix, street, town, house_number, address_id), one row per readable row of the list
-- may see: addresses, of the list only
create table reference_address as
select
    reading.canonical,
    split_part(reading.canonical, '|', 1) || '|' || split_part(reading.canonical, '|', 2) as house,
    split_part(reading.canonical, '|', 3) as suffix,
    list_row.street,
    list_row.town,
    split_part(reading.canonical, '|', 2) as house_number,
    list_row.address_id
from reading
inner join list_row on reading.row = list_row.row
where reading.canonical <> ''
order by reading.row;
