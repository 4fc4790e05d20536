-- What files say: which resource a key stands for, and what was set of it last (ADR 19).
create table managed (
    owner      text not null,                        -- whose files: several may live in one Sonde
    kind       text not null check (kind in ('site', 'monitor', 'group', 'dependency', 'maintenance', 'channel', 'region')),
    key        text not null,                        -- the files' name of it: `shop`, `shop/home`
    resource   text not null,                        -- its identifier, of a region the name
    made       boolean not null,                     -- by the files; else it was there before, and is never deleted for them
    applied    text not null,                        -- JSON: the fields that were set last; secrets by their names alone
    version    integer not null,                     -- of the resource, when they were
    applied_at timestamptz not null default now(),
    primary key (owner, kind, key),
    unique (kind, resource, owner)
);
