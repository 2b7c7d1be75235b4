-- Every row of the extract is judged exactly once: what it is joined with is there once, and as many rows come out as go in.
-- (Counting each row of millions anew would take longer than the step itself.)
select 'rows' as what
where (select count(*) from judged) <> (select count(*) from extract_row)
union all
select 'address' as what
from address_reading
group by address_reading.address_number
having count(*) > 1
union all
select 'door' as what
from door
group by door.canonical
having count(*) > 1
union all
select 'service' as what
from known_service
group by known_service.number
having count(*) > 1
union all
select 'day' as what
from known_day
group by known_day.number
having count(*) > 1;
