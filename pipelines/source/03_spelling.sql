-- The municipality's own words for a door, where the round names a profile: the suffix in its spelling.
-- reads: reading, suffix_spelling (said, spelled), one row per distinct suffix that the profile spells otherwise
-- makes: reading again (row, canonical, reason, by_rules, by_profile, address_number), one row per row of the extract
-- may see: addresses
create table spelled_reading as
select
    reading.row,
    case
        when suffix_spelling.spelled is null then reading.canonical
        else
            split_part(reading.canonical, '|', 1) || '|' || split_part(reading.canonical, '|', 2)
            || '|' || suffix_spelling.spelled
    end as canonical,
    reading.reason,
    reading.by_rules,
    suffix_spelling.spelled is not null as by_profile,
    reading.address_number
from reading
left join suffix_spelling
    on reading.canonical <> '' and split_part(reading.canonical, '|', 3) = suffix_spelling.said;
drop table reading;
alter table spelled_reading rename to reading;
