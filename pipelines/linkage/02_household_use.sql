-- Which service of which organisation each household of the register uses: the join that Factlab is about.
-- reads: service_delivery (organisation, pseudonym, service), household_key
-- makes: household_use (household, organisation, service), one row each
-- may see: pseudonyms
create table household_use as
select distinct
    household_key.household,
    service_delivery.organisation,
    service_delivery.service
from service_delivery
inner join household_key on service_delivery.pseudonym = household_key.pseudonym;
