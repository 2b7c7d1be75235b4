-- Nothing leaves that doesn't count: no unusable, excluded or communal address, no row without a service.
select leaving.canonical
from leaving
left join door on leaving.canonical = door.canonical
where door.canonical is null or door.excluded or door.communal or leaving.service is null;
