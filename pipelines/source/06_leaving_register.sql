-- What will leave of the register: the area of each household, and its group unless too few share area and group.
-- reads: judged, the variable least_threshold
-- makes: leaving (canonical, area, household_group), one row per household; canonical becomes a pseudonym
-- may see: addresses
create table leaving as
with household as (
    select
        judged.canonical,
        judged.area,
        judged.household_group
    from judged
    where judged.reason = ''
    qualify row_number() over (partition by judged.canonical order by judged.row) = 1
),
sized as (
    select
        household.area,
        household.household_group,
        count(*) as households
    from household
    group by
        household.area,
        household.household_group
),
-- Those without a group first, then the smallest: what has lost its group so far must be enough too, else the next
-- group joins it. "Everyone who isn't in one of the others" would be a small group otherwise.
ranked as (
    select
        sized.area,
        sized.household_group,
        sized.households,
        coalesce(
            sum(sized.households) over (
                partition by sized.area
                order by sized.household_group <> '', sized.households, sized.household_group
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as without_group
    from sized
)
select
    household.canonical,
    household.area,
    case
        when ranked.households < getvariable('least_threshold') then ''
        when ranked.without_group between 1 and getvariable('least_threshold') - 1 then ''
        else household.household_group
    end as household_group
from household
inner join ranked
    on household.area = ranked.area and household.household_group = ranked.household_group;
