-- Which counts are used, and why the others aren't: the first reason in a fixed order.
-- reads: extract_row (row, area_said, service_said, counted), known_service (said, code, total),
--        known_area (said, place, code, total: the area that is meant, and the one of the agreed level that it lies in),
--        lies_in (area, place: every area above an area)
-- makes: judged (row, area, service, number, reason, field), one row per row of the table
-- may see: counts per area; a table without addresses
create table judged as
with plain as (
    select
        extract_row.row,
        known_area.place,
        known_area.code as area,
        known_service.code as service,
        trim(extract_row.service_said) = '' and known_service.code is null as no_service,
        known_area.total or known_service.total as total,
        trim(extract_row.counted) as counted,
        if(
            regexp_full_match(trim(extract_row.counted), '[0-9]{1,7}([.,]0{1,2})?'),
            cast(regexp_extract(trim(extract_row.counted), '^[0-9]+') as bigint),
            null
        ) as number
    from extract_row
    inner join known_area on extract_row.area_said = known_area.said
    inner join known_service on extract_row.service_said = known_service.said
),
-- A row for an area, and rows for areas in it: the first should be their total.
containing as (
    select
        whole.row,
        part.row as part_row,
        part.number
    from plain as whole
    inner join lies_in on whole.place = lies_in.place
    inner join plain as part on lies_in.area = part.place and whole.service = part.service
),
summed as (
    select
        row,
        sum(number) filter (where part_row not in (select containing.row from containing)) as number
    from containing
    group by row
),
reasoned as (
    select
        plain.row,
        plain.place,
        plain.area,
        plain.service,
        plain.number,
        case
            when plain.total or summed.number = plain.number then 'total'
            when summed.row is not null then 'other total'
            when plain.area is null then 'unknown area'
            when plain.no_service then 'service missing'
            when plain.service is null then 'unknown service'
            when regexp_matches(plain.counted, '^[-−–] ?[0-9]') then 'negative count'
            when plain.number <= getvariable('most_counted') then ''
            when plain.number is not null then 'unreadable count'
            when regexp_full_match(plain.counted, '[0-9]{1,3}([., ][0-9]{3})+') then 'unreadable count'
            when regexp_full_match(plain.counted, '[0-9]+[.,][0-9]+') then 'fractional count'
            else 'unreadable count'
        end as reason
    from plain
    left join summed on plain.row = summed.row
)

select
    row,
    area,
    service,
    number,
    if(
        reason = '' and count(*) over (partition by place, service, reason) > 1,
        'counted twice',
        reason
    ) as reason,
    '' as field
from reasoned;
