-- What organisations counted themselves, without addresses, added up over organisations.
-- reads: count_delivery (area, service, count)
-- makes: reported (area, service, number), one row per area and service
-- may see: counts; nothing here is linked to a household
create table reported as
select
    area,
    service,
    cast(sum("count") as bigint) as number
from count_delivery
group by area, service;
