-- The addresses that are left for the rules.
-- reads: extract_address, plain_address
-- makes: other_address (address_number, postcode, number, letter, addition, street, place, address), one row per address
-- may see: addresses
create table other_address as
select
    extract_address.address_number,
    extract_address.postcode,
    extract_address.number,
    extract_address.letter,
    extract_address.addition,
    extract_address.street,
    extract_address.place,
    extract_address.address
from extract_address
anti join plain_address on extract_address.address_number = plain_address.address_number;
