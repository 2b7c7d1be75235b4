-- No row and no household is lost or merged, and no code changes hands.
select counted.code
from (
    select
        code,
        count(*) as kept_rows,
        0 as rekeyed_rows
    from kept
    group by code
    union all
    select
        code,
        0 as kept_rows,
        count(*) as rekeyed_rows
    from rekeyed
    group by code
) as counted
group by counted.code
having sum(counted.kept_rows) <> sum(counted.rekeyed_rows)
union all
select 'households' as code
from (select count(distinct pseudonym) as households from kept) as before_it
cross join (select count(distinct pseudonym) as households from rekeyed) as after_it
where before_it.households <> after_it.households;
