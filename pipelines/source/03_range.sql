-- Addresses that may mean several houses: 12-14 reads as number 12 with addition 14, and only a list of doors can tell.
-- reads: address_reading (address_number, canonical), extract_address (address_number, addition), the variable doors_listed (a list of doors has judged the addresses)
-- makes: possible_range (address_number): the suffix is a number further on at the same side of the street, at most 20 more
-- may see: addresses
create table possible_range as
with split as (
    select
        address_reading.address_number,
        try_cast(split_part(address_reading.canonical, '|', 2) as integer) as house_number,
        try_cast(split_part(address_reading.canonical, '|', 3) as integer) as addition
    from address_reading
    inner join extract_address on address_reading.address_number = extract_address.address_number
    -- A number in the addition's own column was meant as an addition.
    where not regexp_matches(extract_address.addition, '[0-9]')
)
select split.address_number
from split
where
    not getvariable('doors_listed')
    and split.addition > split.house_number
    and split.addition <= split.house_number + 20
    and (split.addition - split.house_number) % 2 = 0;
