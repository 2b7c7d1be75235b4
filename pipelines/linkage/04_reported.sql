-- What organisations counted themselves, without addresses.
-- reads: count_delivery (organisation, area, service, count)
-- makes: reported (organisation, area, service, number), one row each
-- may see: counts; nothing here is linked to a household
create table reported as
select
    organisation,
    area,
    service,
    cast(sum("count") as bigint) as number
from count_delivery
group by organisation, area, service;
