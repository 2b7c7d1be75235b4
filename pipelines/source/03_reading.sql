-- How the address of each row reads.
-- reads: extract_address, plain_address, other_address, ruled_address (address_number, canonical, reason, rules)
-- makes: reading (row, canonical, reason, by_rules, address_number), one row per row of the extract; either canonical or reason is empty
-- may see: addresses
create table reading as
select
    plain_address.row,
    plain_address.canonical,
    '' as reason,
    false as by_rules,
    cast(null as integer) as address_number
from plain_address
union all
select
    extract_address.row,
    ruled_address.canonical,
    ruled_address.reason,
    true as by_rules,
    other_address.address_number
from extract_address
inner join other_address
    on
        extract_address.postcode = other_address.postcode
        and extract_address.number = other_address.number
        and extract_address.letter = other_address.letter
        and extract_address.addition = other_address.addition
        and extract_address.street = other_address.street
        and extract_address.place = other_address.place
        and extract_address.address = other_address.address
inner join ruled_address on other_address.address_number = ruled_address.address_number
anti join plain_address on extract_address.row = plain_address.row;
