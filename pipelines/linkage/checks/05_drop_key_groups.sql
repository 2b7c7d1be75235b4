-- Household groups are a few plain words, so that nothing else travels in them.
select household_group
from household
group by household_group
having not regexp_full_match(household_group, '[a-z0-9_]{0,24}')
union all
select 'too many groups'
from household
having count(distinct household_group) > 40;
