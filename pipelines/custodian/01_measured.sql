-- What can be measured of a delivery without knowing what it means.
-- reads: submitted (pseudonym, code)
-- makes: measured (code, households), one row per opaque code
-- may see: pseudonyms with opaque codes
create table measured as
select
    submitted.code,
    count(distinct submitted.pseudonym) as households
from submitted
group by submitted.code;
