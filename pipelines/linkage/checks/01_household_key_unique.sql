-- Every pseudonym of the register is one household.
select pseudonym
from household_key
group by pseudonym
having count(*) > 1;
