-- What will leave: which service is delivered at which address, each once.
-- reads: judged, address_reading
-- makes: leaving (canonical, service), one row per address and service; canonical becomes a pseudonym before it leaves
-- may see: addresses
create table leaving as
with delivered as (
    select distinct
        judged.address_number,
        judged.service
    from judged
    where judged.reason = ''
)
select distinct
    address_reading.canonical,
    delivered.service
from delivered
inner join address_reading on delivered.address_number = address_reading.address_number;
