-- What is known of each door in the extract: on the local list of excluded addresses, or a communal address.
-- reads: extract_row_address, address_reading, exclusion (canonical), the variable communal_above
-- makes: door (canonical, excluded, communal), one row per usable address
-- may see: addresses
create table door as
with counted as (
    select
        address_reading.canonical,
        sum(rows_of.extract_rows) as extract_rows
    from (
        select
            extract_row_address.address_number,
            count(*) as extract_rows
        from extract_row_address
        group by extract_row_address.address_number
    ) as rows_of
    inner join address_reading on rows_of.address_number = address_reading.address_number
    where address_reading.canonical <> ''
    group by address_reading.canonical
)
select
    counted.canonical,
    exclusion.canonical is not null as excluded,
    counted.extract_rows > getvariable('communal_above') as communal
from counted
left join exclusion on counted.canonical = exclusion.canonical;
