-- Agents join with a token, have a key of their own, and can be cut off. What the bus is told follows from here (lib/admission/store.h).

create table join_token (
    id          bigint primary key,
    region      text not null references region (name) on delete cascade,
    hash        bytea not null,                  -- SHA-256 of its secret part
    note        text not null default '',
    max_uses    integer not null check (max_uses between 1 and 1000),
    uses        integer not null default 0 check (uses between 0 and max_uses),
    created_by  text not null,
    created_at  timestamptz not null default now(),
    expires_at  timestamptz not null,
    revoked_at  timestamptz,
    revoked_by  text
);
create index join_token_by_region on join_token (region, id);

-- A row is an agent that was heard of, by a user of the bus's own configuration, or one that joined, heard of or not.
create sequence agent_number;
alter table agent
    add column id bigint not null unique
        default (((extract(epoch from clock_timestamp()) * 1000)::bigint - 1704067200000) << 22) | (nextval('agent_number') & 4194303),
    add column public_key text unique,           -- of one that joined (`U…`)
    add column join_token bigint,                -- with which it did; none for those of `sonde up`
    add column joined_at timestamptz,
    add column joined_from text,
    add column revoked_at timestamptz,
    add column revoked_by text,
    add column edition integer not null default 1,  -- the ETag
    alter column version drop not null,
    alter column started_at drop not null,
    alter column last_seen_at drop not null;

-- Keys that are admitted no more, for ever: an agent that comes back comes with a new one.
create table agent_key_revocation (
    public_key  text primary key,
    region      text not null,
    agent       text not null,                   -- its name then
    by          text,
    at          timestamptz not null default now(),
    told_at     timestamptz                      -- a server of the bus confirmed that it knows
);

create table bus_claims (
    single      boolean primary key default true check (single),
    shape       bytea not null default '',       -- of what servers are told, but for when it was issued
    issued_at   timestamptz not null default 'epoch'
);
insert into bus_claims default values;

-- Whatever takes a key out of use revokes it.
create function agent_key_ended() returns trigger language plpgsql as $$
begin
    if old.public_key is not null and (tg_op = 'DELETE' or new.public_key is distinct from old.public_key or (new.revoked_at is not null and old.revoked_at is null)) then
        insert into agent_key_revocation (public_key, region, agent, by)
            values (old.public_key, old.region, old.name, case when tg_op = 'DELETE' then null else new.revoked_by end) on conflict do nothing;
        perform pg_notify('sonde_admission', '');
    end if;
    return null;
end $$;
create trigger agent_key_ended after update of public_key, revoked_at or delete on agent for each row execute function agent_key_ended();

create function agents_of_region_end() returns trigger language plpgsql as $$
begin
    delete from agent where region = old.name;
    return null;
end $$;
create trigger agents_of_region_end after delete on region for each row execute function agents_of_region_end();
