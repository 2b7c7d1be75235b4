-- Every household of the register is there once, and every use found its service in the catalogue.
select 'households' as what
where (select count(*) from stack) <> (select count(*) from household)
union all
select 'uses' as what
where exists (
    select household_use.service
    from household_use
    left join catalogue on household_use.service = catalogue.service
    where catalogue.service is null
);
