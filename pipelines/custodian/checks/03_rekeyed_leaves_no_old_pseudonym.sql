-- None of the pseudonyms that came in goes out.
select rekeyed.code
from rekeyed
inner join submitted on rekeyed.pseudonym = submitted.pseudonym;
