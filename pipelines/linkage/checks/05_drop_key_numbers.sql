-- Household numbers run from 1 without a gap: a running number, nothing that was computed from a key.
select count(*) as households
from household
having coalesce(min(household), 1) <> 1
    or coalesce(max(household), 0) <> count(*)
    or count(distinct household) <> count(*);
