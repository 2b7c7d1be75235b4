-- The distinct addresses that are left for the rules, numbered.
-- reads: extract_address, plain_address
-- makes: other_address (address_number, postcode, number, letter, addition, street, place, address), one row per address
-- may see: addresses
create table other_address as
with left_over as (
    select distinct
        extract_address.postcode,
        extract_address.number,
        extract_address.letter,
        extract_address.addition,
        extract_address.street,
        extract_address.place,
        extract_address.address
    from extract_address
    anti join plain_address on extract_address.row = plain_address.row
)
select
    cast(row_number() over () as integer) as address_number,
    left_over.postcode,
    left_over.number,
    left_over.letter,
    left_over.addition,
    left_over.street,
    left_over.place,
    left_over.address
from left_over;
