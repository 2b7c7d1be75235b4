-- Which rows of an extract of services count, and why the others don't: the first reason in a fixed order.
-- reads: reading, door, extract_row (row, service, start_said, end_said), known_service (said, code),
--        known_day (said, day, readable), the variables count_by, reference_date, period_start, period_end
-- makes: judged (row, canonical, service, reason, field), one row per row of the extract; reason is empty where it counts
-- may see: addresses and dates. No date goes further than this step.
create table judged as
with dated as (
    select
        extract_row.row,
        known_service.code as service,
        starts.day as start_day,
        ends.day as end_day,
        starts.readable as start_readable,
        ends.readable as end_readable
    from extract_row
    left join known_service on extract_row.service = known_service.said
    inner join known_day as starts on extract_row.start_said = starts.said
    inner join known_day as ends on extract_row.end_said = ends.said
),
judgement as (
    select
        reading.row,
        reading.canonical,
        dated.service,
        case
            when reading.canonical = '' then reading.reason
            when door.excluded then 'excluded'
            when door.communal then 'institution'
            when dated.service is null then 'unknown service'
            when not dated.start_readable or not dated.end_readable then 'unreadable date'
            when dated.end_day < dated.start_day then 'end before start'
            when
                getvariable('count_by') = 'reference'
                and (dated.start_day > getvariable('reference_date') or dated.end_day < getvariable('reference_date'))
                then 'outside the period'
            when
                getvariable('count_by') = 'period'
                and (dated.start_day > getvariable('period_end') or dated.end_day < getvariable('period_start'))
                then 'outside the period'
            else ''
        end as reason,
        dated.start_readable
    from reading
    inner join dated on reading.row = dated.row
    left join door on reading.canonical = door.canonical
)
select
    judgement.row,
    judgement.canonical,
    judgement.service,
    judgement.reason,
    case
        when judgement.reason <> 'unreadable date' then ''
        when judgement.start_readable then 'end'
        else 'start'
    end as field
from judgement;
