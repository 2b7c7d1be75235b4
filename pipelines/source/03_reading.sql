-- How each address reads, and that of each row.
-- reads: extract_row_address (row, address_number), plain_address, ruled_address (address_number, canonical, reason, rules)
-- makes: address_reading (address_number, canonical, reason, by_rules), one row per distinct address, either canonical or reason
--        is empty; reading (row, address_number, canonical, reason, by_rules), one row per row of the extract
-- may see: addresses
create table address_reading as
select
    plain_address.address_number,
    plain_address.canonical,
    '' as reason,
    false as by_rules
from plain_address
union all
select
    ruled_address.address_number,
    ruled_address.canonical,
    ruled_address.reason,
    true as by_rules
from ruled_address;
create view reading as
select
    extract_row_address.row,
    extract_row_address.address_number,
    address_reading.canonical,
    address_reading.reason,
    address_reading.by_rules
from extract_row_address
inner join address_reading on extract_row_address.address_number = address_reading.address_number;
