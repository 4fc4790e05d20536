-- Who hears of what, by rules (docs/adr/0026-routes-and-what-they-add-to-subscriptions.md).

create table route (
    id         bigint primary key,
    position   integer not null,                 -- rules are asked in this order, those of one position in the order of their identifiers
    name       text not null,
    enabled    boolean not null,
    severities text[] not null,                  -- of what an event is about: one of these; empty: any, and so on
    tags       text[] not null,
    events     text[] not null,                  -- also what the channels hear by this rule; empty: what each asks for itself
    regions    text[] not null,
    sites      bigint[] not null,
    channels   bigint[] not null,
    proceed    boolean not null,                 -- `continue` of the API: later rules are asked too
    version    integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create index route_by_channel on route using gin (channels);
create index route_by_site on route using gin (sites);

-- What is otherwise for one site.
create table route_override (
    id         bigint primary key,
    site_id    bigint not null unique,
    added      bigint[] not null,
    muted      bigint[] not null,
    replaced   bigint[],                         -- null: routes and subscriptions count
    version    integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

-- By what a channel was told, or not; and whether it is the first that it hears of the incident.
alter table delivery add column via text not null default 'subscription' check (via in ('subscription', 'route', 'site', 'follow_up')),
                     add column route_id bigint,
                     add column opens boolean not null default false;

-- What is deleted is named no more. A rule of one site alone must not become one of all sites: it goes with it.
create function forget_routing() returns trigger language plpgsql as $$
begin
    if new.deleted_at is null or old.deleted_at is not null then
        return null;
    end if;
    if tg_argv[0] = 'site' then
        delete from route_override where site_id = new.id;
        delete from route where sites = array[new.id];
        update route set sites = array_remove(sites, new.id), version = version + 1, updated_at = now() where sites @> array[new.id];
    else
        update route set channels = array_remove(channels, new.id), version = version + 1, updated_at = now() where channels @> array[new.id];
        update route_override
        set added = array_remove(added, new.id), muted = array_remove(muted, new.id), replaced = array_remove(replaced, new.id),
            version = version + 1, updated_at = now()
        where new.id = any (added || muted || coalesce(replaced, '{}'));
    end if;
    return null;
end $$;
-- A deletion is carried on also where the caller may not see.
alter function forget_routing() set search_path from current;
create trigger forget_routing after update of deleted_at on site for each row execute function forget_routing('site');
create trigger forget_routing after update of deleted_at on channel for each row execute function forget_routing('channel');

select audit_writes('route', 'route', 'id'), audit_writes('route_override', 'override', 'id');

alter table managed drop constraint managed_kind_check;
alter table managed add constraint managed_kind_check
    check (kind in ('site', 'monitor', 'group', 'dependency', 'maintenance', 'channel', 'region', 'route', 'route_override'));
