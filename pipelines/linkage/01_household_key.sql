-- One row per household of the register, with a number of its own.
-- reads: register_delivery (pseudonym, area, household_group)
-- makes: household_key (pseudonym, household, area, household_group)
-- may see: pseudonyms. The numbers follow a random order: the rank of a pseudonym would be a key as well.
create table household_key as
with numbered as (
    select
        pseudonym,
        area,
        household_group,
        row_number() over (order by random()) as household
    from register_delivery
)
select
    pseudonym,
    cast(household as integer) as household,
    area,
    household_group
from numbered;
