-- What leaves adds up to what is used, and no row of it is more than a delivery can hold.
select 'other total' as wrong
where
    (select coalesce(sum("count"), 0) from leaving)
    <> (select coalesce(sum(number), 0) from judged where reason = '')
union all
select 'too many' as wrong
from leaving
where "count" > getvariable('most_counted');
