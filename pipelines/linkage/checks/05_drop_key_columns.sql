-- What remains are these twelve columns with these types and no other: a key could not be stored in them unseen.
select
    table_name,
    column_name,
    data_type
from information_schema.columns
where (table_name, column_name, data_type) not in (
    ('household', 'household', 'INTEGER'),
    ('household', 'area', 'VARCHAR'),
    ('household', 'household_group', 'VARCHAR'),
    ('household_use', 'household', 'INTEGER'),
    ('household_use', 'organisation', 'VARCHAR'),
    ('household_use', 'service', 'VARCHAR'),
    ('unmatched', 'organisation', 'VARCHAR'),
    ('unmatched', 'addresses', 'BIGINT'),
    ('reported', 'organisation', 'VARCHAR'),
    ('reported', 'area', 'VARCHAR'),
    ('reported', 'service', 'VARCHAR'),
    ('reported', 'number', 'BIGINT')
);
