-- Every pseudonym gets another: the first 16 bytes of HMAC-SHA256 under the custodian's key, written out by RFC 2104.
-- reads: kept (pseudonym, code), the variables inner_pad and outer_pad (the key, XORed with 0x36 and 0x5c)
-- makes: rekeyed (pseudonym, code), with the new pseudonyms; each distinct one is hashed once
-- may see: pseudonyms with opaque codes, and the custodian's key
create table rekeyed as
with known as (
    select distinct kept.pseudonym
    from kept
),
hashed as (
    select
        known.pseudonym,
        unhex(
            sha256(getvariable('inner_pad') || unhex(replace(cast(known.pseudonym as varchar), '-', '')))
        ) as inner_hash
    from known
),
renamed as (
    select
        hashed.pseudonym,
        cast(left(sha256(getvariable('outer_pad') || hashed.inner_hash), 32) as uuid) as new_pseudonym
    from hashed
)
select
    renamed.new_pseudonym as pseudonym,
    kept.code
from kept
inner join renamed on kept.pseudonym = renamed.pseudonym;
