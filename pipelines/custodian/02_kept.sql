-- The rows that go on: those of which no drop list names the pseudonym.
-- reads: submitted (pseudonym, code), dropped (pseudonym)
-- makes: kept (pseudonym, code)
-- may see: pseudonyms with opaque codes
create table kept as
select
    submitted.pseudonym,
    submitted.code
from submitted
anti join dropped on submitted.pseudonym = dropped.pseudonym;
