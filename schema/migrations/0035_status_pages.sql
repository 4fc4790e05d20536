-- Status pages: what the public sees, and who of it (docs/adr/0031-status-pages-are-snapshots.md).

-- An identifier as the API writes it (lib/base/id.h).
create function id_text(prefix text, number bigint) returns text language sql immutable parallel safe as $$
select prefix || '_' || string_agg(substr('0123456789abcdefghjkmnpqrstvwxyz', ((number >> (5 * (12 - place))) & 31)::integer + 1, 1), '' order by place)
from generate_series(0, 12) as place $$;

create table status_page (
    id            bigint primary key,
    slug          text not null constraint status_page_slug unique,
    host          text constraint status_page_host unique,    -- small letters; null: none of its own
    title         text not null,
    description   text not null,
    language      text not null,
    time_zone     text not null,
    logo          text not null,                 -- a data URL; empty: none
    favicon       text not null,
    accent        text not null,
    css           text not null,
    home_url      text not null,
    support_url   text not null,
    indexed       boolean not null,
    shows_uptime  boolean not null,
    shows_history boolean not null,
    access        text not null check (access in ('public', 'password', 'token')),
    password_hash text,                          -- Argon2id, of access by password
    token_digest  bytea,                         -- SHA-256, of access by token; the token has 256 random bits
    generation    integer not null default 1,    -- of what opens it: rises when that changes
    days          integer not null check (days between 1 and 90),
    accounting    jsonb not null,                -- what counts otherwise than it is configured
    groups        jsonb not null,                -- as in the API
    monitors      bigint[] not null,             -- all that `groups` names
    sites         bigint[] not null,
    version       integer not null default 1,
    created_at    timestamptz not null default now(),
    updated_at    timestamptz not null default now(),
    check ((access = 'password') = (password_hash is not null) and (access = 'token') = (token_digest is not null))
);
create index status_page_by_monitor on status_page using gin (monitors);
create index status_page_by_site on status_page using gin (sites);

-- What is deleted is on no page any more, and a component that was nothing else goes with it. All that one statement deletes goes at once.
create function forget_status_pages() returns trigger language plpgsql as $$
declare
    of_sites boolean := tg_argv[0] = 'site';
    gone     bigint[];
    named    text[];
begin
    select array_agg(n.id) into gone
    from new_rows n join old_rows o on o.id = n.id
    where n.deleted_at is not null and o.deleted_at is null
          and n.id = any(array(select unnest(case when of_sites then p.sites else p.monitors end) from status_page p));
    if gone is null then
        return null;
    end if;
    named := array(select id_text(case when of_sites then 'sit' else 'mon' end, id) from unnest(gone) as id);
    update status_page p
    set groups = (select coalesce(jsonb_agg(jsonb_set(g, '{components}', (
                             select coalesce(jsonb_agg(left_over order by place), '[]')
                             from (select c || jsonb_build_object('monitors', (c -> 'monitors') - named, 'sites', (c -> 'sites') - named) as left_over, place
                                   from jsonb_array_elements(g -> 'components') with ordinality as of_group (c, place)) of_group
                             where left_over -> 'monitors' <> '[]' or left_over -> 'sites' <> '[]')) order by at), '[]')
                  from jsonb_array_elements(p.groups) with ordinality as of_page (g, at)),
        monitors = case when of_sites then monitors else array(select id from unnest(monitors) as id where id <> all(gone)) end,
        sites = case when of_sites then array(select id from unnest(sites) as id where id <> all(gone)) else sites end,
        version = version + 1, updated_at = now()
    where case when of_sites then p.sites && gone else p.monitors && gone end;
    return null;
end $$;
-- A deletion is carried on also where the caller may not see.
alter function forget_status_pages() set search_path from current;
create trigger forget_status_pages after update on site referencing old table as old_rows new table as new_rows for each statement execute function forget_status_pages('site');
create trigger forget_status_pages after update on monitor referencing old table as old_rows new table as new_rows for each statement execute function forget_status_pages('monitor');

-- States are read as `change` is, by transaction: not every one has an event. Nobody asks for those from before.
alter table state_edge add column xid xid8;
alter table state_edge alter column xid set default pg_current_xact_id();
create index state_edge_by_xid on state_edge (xid) where xid is not null;
create or replace function note_state() returns trigger language plpgsql as $$
begin
    insert into state_edge (monitor_id, since, state)
    select coalesce(new.monitor_id, old.monitor_id),
           greatest(case when tg_op = 'DELETE' then now() else new.since end,
                    (select max(since) from state_edge where monitor_id = coalesce(new.monitor_id, old.monitor_id))),
           case when tg_op = 'DELETE' then 'gone' else new.state end
    on conflict (monitor_id, since) do update set state = excluded.state, xid = excluded.xid;
    return null;
end $$;

create trigger note_change after insert or update or delete on status_page for each row execute function note_change();

alter table managed drop constraint managed_kind_check;
alter table managed add constraint managed_kind_check
    check (kind in ('site', 'monitor', 'group', 'dependency', 'maintenance', 'channel', 'region', 'route', 'route_override', 'escalation', 'schedule', 'status_page'));

select audit_writes('status_page', 'page', 'id', '{logo,favicon,password_hash,token_digest}');
