-- One row per household of the register, with a number of its own.
-- reads: register_delivery (pseudonym, area, household_group)
-- makes: household_key (pseudonym, household, area, household_group)
-- may see: pseudonyms. The numbers follow a random order: the rank of a pseudonym would be a key as well.
create table household_key as
with drawn as materialized (
    select
        pseudonym,
        area,
        household_group,
        random() as draw
    from register_delivery
),

numbered as (
    select
        pseudonym,
        area,
        household_group,
        row_number() over (order by draw) as household
    from drawn
)

select
    pseudonym,
    cast(household as integer) as household,
    area,
    household_group
from numbered;
