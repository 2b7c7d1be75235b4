-- The households, without the key: all that counting needs to know of the register.
-- reads: household_key
-- makes: household (household, area, household_group), one row per household, in the order of its number
-- may see: pseudonyms, and leaves them behind
create table household as
select
    household,
    area,
    household_group
from household_key
order by household;
