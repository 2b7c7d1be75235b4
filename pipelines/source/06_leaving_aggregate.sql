-- What will leave: the count per service and area of the agreed level. What is nobody is no row.
-- reads: judged
-- makes: leaving (area, service, count), one row per area and service
-- may see: counts per area
create table leaving as
select
    area,
    service,
    cast(sum(number) as bigint) as "count"
from judged
where reason = ''
group by area, service
having sum(number) > 0;
