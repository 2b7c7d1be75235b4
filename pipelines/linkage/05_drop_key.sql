-- The linkage key is dropped: every table that held a pseudonym goes.
-- reads: nothing
-- makes: nothing; household, household_use, unmatched and reported remain
-- may see: nothing
drop table household_key;
drop table register_delivery;
drop table service_delivery;
drop table count_delivery;
drop table known_area;
