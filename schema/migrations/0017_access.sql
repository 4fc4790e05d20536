-- Roles that somebody put together from permission keys. `viewer`, `operator` and `admin` are always there and in no row: what they may
-- do follows the program (controlplane/api/permission.cpp).
create table role (
    name        text primary key check (name not in ('viewer', 'operator', 'admin')),
    title       text not null default '',
    permissions text[] not null,
    version     integer not null default 1,
    created_at  timestamptz not null default now(),
    updated_at  timestamptz not null default now()
);

-- Who did what, from where (controlplane/api/audit.h). Rows are added in the transaction of what they tell, and never changed.
create table audit (
    id       bigint generated always as identity primary key,
    at       timestamptz not null default now(),
    actor    text not null,        -- as in timelines: `token:<name>`, `user:<name>`; `nobody` if none was found to be
    actor_id text,                 -- `token:<id>`, `user:<id>`: names may be given again
    action   text not null,        -- `site.update`, `session.refused`
    object   text,                 -- `site:<id>`
    address  text,                 -- of the caller, as far as proxies are trusted
    before   jsonb,                -- without secrets
    after    jsonb
);
create index audit_by_time on audit (at desc, id desc);
create index audit_by_actor on audit (actor_id, id desc);
create index audit_by_object on audit (object, id desc);
