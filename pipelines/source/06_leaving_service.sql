-- What will leave: which service is delivered at which address, each once.
-- reads: judged
-- makes: leaving (canonical, service), one row per address and service; canonical becomes a pseudonym before it leaves
-- may see: addresses
create table leaving as
select distinct
    judged.canonical,
    judged.service
from judged
where judged.reason = '';
