-- How many addresses of each organisation are no household of the register.
-- reads: service_delivery, household_key
-- makes: unmatched (organisation, addresses), one row per organisation that delivered
-- may see: pseudonyms
create table unmatched as
select
    service_delivery.organisation,
    count(distinct service_delivery.pseudonym) filter (where household_key.pseudonym is null) as addresses
from service_delivery
left join household_key on service_delivery.pseudonym = household_key.pseudonym
group by service_delivery.organisation;
