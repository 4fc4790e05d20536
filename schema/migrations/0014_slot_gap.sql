-- A region that misses slots is told of once, and so is the end of it: a row is a gap that is told and not over.
create table slot_gap (
    region      text primary key,
    since       timestamptz not null,            -- the first minute that missed too many
    until       timestamptz not null,            -- the end of the last one so far
    expected    bigint not null,                 -- slots between them
    missed      bigint not null
);
