-- Which domains each household uses a service from: one row per household and domain.
-- reads: household_use (household, organisation, service), catalogue (service, domain)
-- makes: household_domain (household, domain)
-- may see: households by a running number, no key
create table household_domain as
select
    household_use.household,
    catalogue.domain
from household_use
inner join catalogue on household_use.service = catalogue.service
group by household_use.household, catalogue.domain;
