-- What suppresses alerting: maintenance windows, dependencies, groups; and what is suppressed because of them.

create table maintenance (
    id           bigint primary key,
    title        text not null,
    description  text not null default '',       -- for the public
    starts_at    timestamptz not null,           -- of one that recurs: no occurrence is before
    ends_at      timestamptz,                    -- of one that is once
    rrule        text,                           -- RFC 5545; null: once
    duration_ms  bigint,                         -- of one that recurs: time that passes
    timezone     text not null default 'UTC',    -- IANA
    sites        bigint[] not null default '{}', -- targets, in any combination
    monitors     bigint[] not null default '{}',
    tags         text[] not null default '{}',   -- of a monitor or of its site
    over_at      timestamptz,                    -- when the last occurrence is over; null: never, or nobody knows
    version      integer not null default 1,
    created_at   timestamptz not null default now(),
    updated_at   timestamptz not null default now(),
    deleted_at   timestamptz,                    -- kept until an engine has told the end
    check ((rrule is null) = (ends_at is not null) and (rrule is null) = (duration_ms is null))
);
create index maintenance_not_over on maintenance (over_at) where deleted_at is null;

-- An occurrence that was told, or was given another end. Its key makes its events come exactly once.
create table maintenance_occurrence (
    window_id    bigint not null references maintenance on delete cascade,
    starts_at    timestamptz not null,
    ends_at      timestamptz not null,
    given_end    boolean not null default false, -- `ends_at` was given by people
    given_by     text,
    started_at   timestamptz,                    -- event maintenance.started
    ended_at     timestamptz,                    -- event maintenance.ended
    primary key (window_id, starts_at)
);
create index maintenance_occurrence_open on maintenance_occurrence (window_id) where started_at is not null and ended_at is null;

create table dependency (
    id          bigint primary key,
    child_kind  text not null check (child_kind in ('monitor', 'site')),
    child_id    bigint not null,
    parent_kind text not null check (parent_kind in ('monitor', 'site', 'group')),
    parent_id   bigint not null,
    note        text not null default '',
    version     integer not null default 1,
    created_at  timestamptz not null default now(),
    updated_at  timestamptz not null default now(),
    constraint dependency_once unique (child_kind, child_id, parent_kind, parent_id)
);
create index dependency_by_parent on dependency (parent_kind, parent_id);

create table monitor_group (
    id            bigint primary key,
    site_id       bigint not null references site,
    name          text not null,
    needed        integer not null check (needed >= 1),
    severity      text not null default 'critical' check (severity in ('critical', 'major', 'minor')),
    pages         boolean not null default true,   -- takes part in its site's incident
    quiet_members boolean not null default false,  -- their own outages do not page
    members       bigint[] not null,
    version       integer not null default 1,
    created_at    timestamptz not null default now(),
    updated_at    timestamptz not null default now(),
    deleted_at    timestamptz                      -- kept until the engine has taken it out of its incident
);
create index monitor_group_by_member on monitor_group using gin (members);
create index monitor_group_by_site on monitor_group (site_id) where deleted_at is null;

-- Written by the engine that owns the shard of the group's site.
create table group_state (
    group_id bigint primary key,
    state    text not null,
    since    timestamptz not null,
    core     text not null                         -- lib/decision/group.h
) with (fillfactor = 50);

-- Failures that are not told, and were not: who, because of what, from when until when. Written by the engine with the decision.
create table suppression (
    id          bigint generated always as identity primary key,
    monitor_id  bigint not null,
    site_id     bigint not null,
    scope       text not null check (scope in ('outage', 'warning')),
    cover       text not null check (cover in ('maintenance', 'dependency', 'doubt', 'quiet')),
    source_kind text,                              -- of a dependency: the nearest parent; of quiet: the group
    source_id   bigint not null,                   -- the parent, the group, or the window
    root_kind   text,                              -- of a dependency: where that comes from in the end
    root_id     bigint,
    since       timestamptz not null,
    ended_at    timestamptz,
    end_reason  text                               -- 'told' or 'over'
);
create unique index suppression_one_open on suppression (monitor_id, scope) where ended_at is null;
create index suppression_by_root on suppression (root_id, since) where root_id is not null;

alter table incident add column affected_monitors integer not null default 0;  -- suppressed because of it, when that was last told
alter table incident add column affected_sites integer not null default 0;
alter table incident_monitor add column is_group boolean not null default false;  -- monitor_id is the number of a group

-- What is deleted is no child, no parent, no member and no target any more.
create function forget_relations() returns trigger language plpgsql as $$
begin
    if new.deleted_at is null or old.deleted_at is not null then
        return null;
    end if;
    delete from dependency where (child_kind = tg_argv[0] and child_id = new.id) or (parent_kind = tg_argv[0] and parent_id = new.id);
    if tg_argv[0] = 'monitor' then
        update monitor_group set members = array_remove(members, new.id), version = version + 1, updated_at = now()
        where deleted_at is null and members @> array[new.id];
        update maintenance set monitors = array_remove(monitors, new.id), version = version + 1, updated_at = now()
        where deleted_at is null and monitors @> array[new.id];
    elsif tg_argv[0] = 'site' then
        update monitor_group set deleted_at = now(), version = version + 1, updated_at = now() where deleted_at is null and site_id = new.id;
        update maintenance set sites = array_remove(sites, new.id), version = version + 1, updated_at = now()
        where deleted_at is null and sites @> array[new.id];
    else
        delete from group_state where group_id = new.id;
    end if;
    return null;
end $$;
create trigger forget_relations after update of deleted_at on monitor for each row execute function forget_relations('monitor');
create trigger forget_relations after update of deleted_at on site for each row execute function forget_relations('site');
create trigger forget_relations after update of deleted_at on monitor_group for each row execute function forget_relations('group');

create trigger note_change after insert or update or delete on maintenance for each row execute function note_change();
create trigger note_change after insert or update or delete on dependency for each row execute function note_change();
create trigger note_change after insert or update or delete on monitor_group for each row execute function note_change();

-- The notifier keeps the order of what is told of a window or a group, too.
drop index outbox_by_subject;
create index outbox_by_subject on outbox
    ((split_part(kind, '.', 1) || ':' || coalesce(payload #>> '{advisory,id}', payload #>> '{coverage,region}', payload #>> '{maintenance,id}',
                                                  payload #>> '{group,id}', payload #>> '{monitor,id}')), id)
    where incident_id is null;
