-- Every group of households that leaves with an area is large enough; only a whole area may be smaller.
select leaving.area
from leaving
group by
    leaving.area,
    leaving.household_group
having
    count(*) < getvariable('least_threshold')
    and (leaving.household_group <> '' or count(*) < (
        select count(*) from leaving as all_of_it
        where all_of_it.area = leaving.area
    ));
