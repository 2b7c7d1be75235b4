-- An empty place for the counts that the tables below add.
-- reads: nothing
-- makes: counts (table_name, area_level, area_code, category, households)
-- may see: nothing
create table counts (
    table_name varchar,
    area_level varchar,
    area_code varchar,
    category varchar,
    households bigint
);
