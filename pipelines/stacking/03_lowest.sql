-- An empty place for the counts in the lowest areas, which the tables fill.
-- reads: nothing
-- makes: lowest (table_name, area, category, households)
-- may see: nothing
create table lowest (
    table_name varchar,
    area varchar,
    category varchar,
    households bigint
);
