-- What is known of each door in the extract: on the local list of excluded addresses, or a communal address.
-- reads: reading, exclusion (canonical), the variable communal_above
-- makes: door (canonical, excluded, communal), one row per usable address
-- may see: addresses
create table door as
with counted as (
    select
        reading.canonical,
        count(*) as extract_rows
    from reading
    where reading.canonical <> ''
    group by reading.canonical
)
select
    counted.canonical,
    exclusion.canonical is not null as excluded,
    counted.extract_rows > getvariable('communal_above') as communal
from counted
left join exclusion on counted.canonical = exclusion.canonical;
