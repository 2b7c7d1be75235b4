-- The municipality's own words for a door, where the round names a profile: the suffix in its spelling.
-- reads: address_reading, suffix_spelling (said, spelled), one row per distinct suffix that the profile spells otherwise
-- makes: address_reading again (address_number, canonical, reason, by_rules, by_profile)
-- may see: addresses
create table spelled_reading as
select
    address_reading.address_number,
    case
        when suffix_spelling.spelled is null then address_reading.canonical
        else
            split_part(address_reading.canonical, '|', 1) || '|' || split_part(address_reading.canonical, '|', 2)
            || '|' || suffix_spelling.spelled
    end as canonical,
    address_reading.reason,
    address_reading.by_rules,
    suffix_spelling.spelled is not null as by_profile
from address_reading
left join suffix_spelling
    on address_reading.canonical <> '' and split_part(address_reading.canonical, '|', 3) = suffix_spelling.said;
drop table address_reading;
alter table spelled_reading rename to address_reading;
