-- How each address stands to the reference list, and which door was meant where exactly one can be.
-- reads: address_reading, placed_address (address_number, canonical, rule), listed_address (canonical, tier),
--        weighed (canonical, tier, rule, resolved) of those that tier is empty of, the variable repair
-- makes: address_reading again, with tier ('' where the address can't be read) and repair_rule
-- may see: addresses
create table weighed_reading as
with placed as (
    select
        case
            when address_reading.canonical = '' and getvariable('repair') then coalesce(placed_address.canonical, '')
            else address_reading.canonical
        end as canonical,
        address_reading.reason,
        address_reading.by_rules,
        address_reading.by_profile,
        address_reading.address_number,
        case when getvariable('repair') then coalesce(placed_address.rule, '') else '' end as rule
    from address_reading
    left join placed_address on address_reading.address_number = placed_address.address_number and address_reading.canonical = ''
)
select
    case
        when getvariable('repair') and weighed.tier = 'repaired' then weighed.resolved
        else placed.canonical
    end as canonical,
    case when placed.canonical = '' then placed.reason else '' end as reason,
    placed.by_rules,
    placed.by_profile,
    placed.address_number,
    case
        when placed.canonical = '' then ''
        when placed.rule <> '' and listed_address.tier = 'exact' then 'repaired'
        else coalesce(weighed.tier, listed_address.tier)
    end as tier,
    trim(placed.rule || ' ' || coalesce(weighed.rule, '')) as repair_rule
from placed
left join listed_address on placed.canonical = listed_address.canonical
left join weighed on placed.canonical = weighed.canonical;
drop table address_reading;
alter table weighed_reading rename to address_reading;
