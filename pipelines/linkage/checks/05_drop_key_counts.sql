-- A reported number is a count that people make; half a pseudonym is larger.
select number
from reported
where number not between 1 and 1000000000;
