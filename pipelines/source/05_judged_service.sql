-- Which rows of an extract of services count, and why the others don't: the first reason in a fixed order.
-- reads: address_reading, door, extract_row (row, address_number, service_number, start_number, end_number), known_service
--        (number, code), known_day (number, day, readable), the variables count_by, reference_date, period_start, period_end
-- makes: judged (row, address_number, service, reason, field), one row per row of the extract; reason is empty where it counts
-- may see: addresses and dates. No date goes further than this step.
create table judged as
with standing as (
    select
        address_reading.address_number,
        case
            when address_reading.canonical = '' then address_reading.reason
            when door.excluded then 'excluded'
            when door.communal then 'institution'
            else ''
        end as reason
    from address_reading
    left join door on address_reading.canonical = door.canonical
),
judgement as (
    select
        extract_row.row,
        extract_row.address_number,
        known_service.code as service,
        case
            when standing.reason <> '' then standing.reason
            when known_service.code is null then 'unknown service'
            when not starts.readable or not ends.readable then 'unreadable date'
            when ends.day < starts.day then 'end before start'
            when
                getvariable('count_by') = 'reference'
                and (starts.day > getvariable('reference_date') or ends.day < getvariable('reference_date'))
                then 'outside the period'
            when
                getvariable('count_by') = 'period'
                and (starts.day > getvariable('period_end') or ends.day < getvariable('period_start'))
                then 'outside the period'
            else ''
        end as reason,
        starts.readable as start_readable
    from extract_row
    inner join standing on extract_row.address_number = standing.address_number
    inner join known_service on extract_row.service_number = known_service.number
    inner join known_day as starts on extract_row.start_number = starts.number
    inner join known_day as ends on extract_row.end_number = ends.number
)
select
    judgement.row,
    judgement.address_number,
    judgement.service,
    judgement.reason,
    case
        when judgement.reason <> 'unreadable date' then ''
        when judgement.start_readable then 'end'
        else 'start'
    end as field
from judgement;
