-- Who does what one server does at a time. Nothing depends on it but how much is done at once.
create table leases (
    name text primary key,
    -- The process that has it.
    holder uuid not null,
    -- Until when, unless it is renewed.
    held_until timestamptz not null
);
