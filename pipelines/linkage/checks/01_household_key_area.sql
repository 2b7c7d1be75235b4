-- Every household lies in an area that the round knows.
select household_key.area
from household_key
left join known_area on household_key.area = known_area.code
where known_area.code is null;
