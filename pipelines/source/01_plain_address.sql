-- The addresses that can be read in one way only: postcode, number, letter and addition in plain characters, or a usual word for a door.
-- reads: extract_address (address_number, postcode, number, letter, addition, street, place, address), empty texts where nothing is
-- makes: plain_address (address_number, canonical), one row per plain address; the rest goes to the rules
-- may see: addresses. It must agree with the rules of docs/spec/addresses.md to the byte; a test holds them together.
create table plain_address as
with split as (
    select
        extract_address.address_number,
        upper(replace(extract_address.postcode, ' ', '')) as postcode,
        ltrim(regexp_extract(extract_address.number, '^[0-9]+'), '0') as house_number,
        upper(extract_address.letter) as letter,
        upper(
            case
                when extract_address.addition = ''
                    then regexp_extract(
                        extract_address.number,
                        '(?i)^[0-9]+[ /-]?([A-Z]|[1-9][0-9]{0,2}|BIS|BS|HS|HUIS|RD|ZW|ROOD|ZWART|I{2,3}|IV|BOVEN|BENEDEN|ACHTER|VOOR)?$',
                        1
                    )
                else extract_address.addition
            end
        ) as addition
    from extract_address
    where
        regexp_full_match(extract_address.postcode, '[1-9][0-9]{3} ?[A-Za-z]{2}')
        and upper(right(extract_address.postcode, 2)) not in ('SA', 'SD', 'SS')
        and regexp_full_match(extract_address.number || extract_address.letter || extract_address.addition, '[ -~]*')
        and (
            regexp_full_match(extract_address.number, '0{0,9}[1-9][0-9]{0,4}')
            or (
                regexp_full_match(
                    extract_address.number,
                    '(?i)0{0,9}[1-9][0-9]{0,4}([ /-]?([A-Z]|BIS|BS|HS|HUIS|RD|ZW|ROOD|ZWART|I{2,3}|IV|BOVEN|BENEDEN|ACHTER|VOOR)|[/-][1-9][0-9]{0,2})'
                )
                and extract_address.letter = ''
                and extract_address.addition = ''
            )
        )
        and regexp_full_match(extract_address.letter, '[A-Za-z]?')
        and (
            regexp_full_match(extract_address.addition, '([1-9][0-9]{0,2})?')
            or (
                regexp_full_match(
                    extract_address.addition,
                    '(?i)[A-Z]([1-9][0-9]{0,2})?|BIS|BS|HS|HUIS|RD|ZW|ROOD|ZWART|I{2,3}|IV|BOVEN|BENEDEN|ACHTER|VOOR'
                )
                and extract_address.letter = ''
            )
        )
        -- A postal box, a mooring opposite a number, or a character that only looks like another, is for the rules.
        and not regexp_matches(extract_address.street || extract_address.address, '[^ -~À-ÿ]')
        and not regexp_matches(
            extract_address.street || ' ' || extract_address.address,
            '(?i)post ?bus|antwoord|box|briefadres|\bp\.? ?b\b|\bp\.? ?b\.? ?[0-9]|\bt ?[/.] ?o|\btegenover|\btgov?\b|\b(bij|by|naast|nabij|hoek|tussen)\b'
        )
        -- A street or line that has a number too may say more of it: "Kerkstraat 12A" beside a number 12.
        and (
            extract_address.letter <> ''
            or extract_address.addition <> ''
            or regexp_matches(extract_address.number, '[^0-9]')
            or not regexp_matches(extract_address.street || extract_address.address, '[0-9]')
        )
)
select
    split.address_number,
    split.postcode || '|' || split.house_number || '|' || split.letter || split.addition as canonical
from split;
