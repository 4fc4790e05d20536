-- Sites, monitors, results, incidents, notifications. Identifiers are time-ordered numbers made by the services
-- (lib/base/id.h); names of enums are spelled as in the API.

-- ── What is watched, and from where ──────────────────────────────────────────────────────────────────────────────────

create table region (
    id              smallint generated always as identity primary key,
    name            text not null unique check (name ~ '^[a-z][a-z0-9-]{0,31}$'),
    title           text not null default '',
    failure_domain  text not null,               -- provider, network or country; regions of one domain have one vote
    version         integer not null default 1,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now()
);

create table site (
    id          bigint primary key,
    name        text not null,
    base_url    text not null default '',
    tags        text[] not null default '{}',
    owner_note  text not null default '',
    active      boolean not null default true,   -- an inactive site is not checked and alerts nobody
    version     integer not null default 1,      -- the ETag
    created_at  timestamptz not null default now(),
    updated_at  timestamptz not null default now(),
    deleted_at  timestamptz                      -- kept until the engine has closed what was open
);

create table monitor (
    id              bigint primary key,
    site_id         bigint not null references site,
    shard           smallint not null,           -- of the site: lib/base/shard.h
    share           smallint not null,           -- of the scheduler: lib/base/shard.h
    kind            text not null,
    name            text not null,
    spec            jsonb not null,              -- canonical: every field present (lib/check/spec.h)
    interval_ms     integer not null check (interval_ms between 5000 and 86400000),
    timeout_ms      integer not null check (timeout_ms between 100 and 120000 and timeout_ms < interval_ms),
    phase_ms        integer not null,            -- slot k is at phase + k·interval since the Unix epoch
    regions         text[] not null default '{}',-- names; empty: every region there is
    placement       text not null default 'all' check (placement in ('all', 'rotate')),
    policy          jsonb not null,              -- canonical: quorum, confirmation, recovery (incident-engine/core/policy.h)
    severity        text not null default 'critical' check (severity in ('critical', 'major', 'minor')),
    tags            text[] not null default '{}',
    enabled         boolean not null default true,
    paused          boolean not null default false,
    version         integer not null default 1,  -- the ETag, and the revision that jobs and results carry
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    deleted_at      timestamptz
);
create index monitor_by_site on monitor (site_id) where deleted_at is null;
create index monitor_by_share on monitor (share) where deleted_at is null;
create index monitor_by_shard on monitor (shard);

create table agent (
    region          text not null,
    name            text not null,
    version         text not null,
    started_at      timestamptz not null,
    last_seen_at    timestamptz not null,        -- by the database's clock
    draining        boolean not null default false,
    clock_offset_ms bigint not null default 0,
    in_flight       integer not null default 0,
    queued          integer not null default 0,
    capacity        integer not null default 0,
    checks          bigint not null default 0,
    checks_per_second real not null default 0,
    spooled_bytes   bigint not null default 0,
    dropped         bigint not null default 0,
    primary key (region, name)
) with (fillfactor = 70);

-- ── Change notifications: services keep copies of these tables in memory ─────────────────────────────────────────────

-- A reader remembers `pg_snapshot_xmin(pg_current_snapshot())` and asks next time for `xid >= that`: it sees every change at
-- least once, in spite of transactions that commit out of order. Reloading an entity twice does no harm.
create table change (
    xid         xid8 not null default pg_current_xact_id(),
    entity      text not null,                   -- 'site' | 'monitor' | 'region' | 'channel'
    entity_id   bigint not null,
    at          timestamptz not null default now()
);
create index change_by_xid on change (xid);
create index change_by_time on change using brin (at);

create function note_change() returns trigger language plpgsql as $$
begin
    insert into change (entity, entity_id) values (tg_table_name, coalesce(new.id, old.id));
    perform pg_notify('sonde_change', '');       -- equal notifications of one transaction are folded into one
    return null;
end $$;

-- ── Scheduling and its ledger ────────────────────────────────────────────────────────────────────────────────────────

create table lease (
    name        text primary key,                -- 'scheduler/<share>', 'shard/<n>', 'task/<name>'
    owner       text not null,
    epoch       bigint not null,                 -- rises with every change of owner; written into whatever the owner does
    expires_at  timestamptz not null
) with (fillfactor = 50);

create table scheduler_cursor (
    share         smallint primary key,
    published_to  timestamptz not null           -- every slot of the share up to here was published, or counted as skipped
) with (fillfactor = 50);

-- What became of the slots. `expected` and `skipped` are written by the scheduler with its cursor, `executed` and `late` by the
-- engine with the results: each in the transaction that makes it true. missed = expected − executed, once the minute is over.
create table slot_ledger (
    minute      timestamptz not null,            -- of the slot
    region      text not null,
    writer      text not null,                   -- 'scheduler/<share>' or 'shard/<n>': writers never wait for each other
    expected    integer not null default 0,
    skipped     integer not null default 0,      -- expected and deliberately not published: too old after a stop, or shed
    executed    integer not null default 0,      -- first attempt at the slot reported, whatever its verdict
    late        integer not null default 0,      -- of those, started more than a second after the slot
    primary key (minute, region, writer)
) with (fillfactor = 50);

create view slot_account as
select minute, region,
       sum(expected)::bigint as expected, sum(executed)::bigint as executed, sum(late)::bigint as late,
       sum(skipped)::bigint as skipped, greatest(sum(expected) - sum(executed), 0)::bigint as missed
from slot_ledger group by minute, region;

-- ── Results ──────────────────────────────────────────────────────────────────────────────────────────────────────────

create table result (
    slot            timestamptz not null,
    monitor_id      bigint not null,
    started_at      timestamptz not null,
    received_at     timestamptz not null default clock_timestamp(),
    resolve_us      integer not null,
    connect_us      integer not null,
    tls_us          integer not null,
    first_byte_us   integer not null,
    transfer_us     integer not null,
    total_us        integer not null,
    region_id       smallint not null,
    attempt         smallint not null,           -- 0 is the scheduled check, 1 and up are confirmations
    http_status     smallint not null,           -- 0: no answer
    verdict         smallint not null,           -- lib/check/verdict.h, Verdict
    failure_class   smallint not null,           -- lib/check/verdict.h, FailureClass
    backfilled      boolean not null,
    detail          jsonb,                       -- null where the verdict is up
    primary key (monitor_id, slot, region_id, attempt)
) partition by range (slot);
create index result_by_slot on result using brin (slot);

-- Daily partitions, UTC, from two days back to two days ahead of now. Called by `sonde migrate` and hourly by a control plane.
create function create_result_partitions() returns void language plpgsql as $$
declare
    day date;
begin
    for offset_days in -2..2 loop
        day := (now() at time zone 'utc')::date + offset_days;
        if to_regclass(format('result_%s', to_char(day, 'YYYYMMDD'))) is null then
            execute format('create table result_%s partition of result for values from (%L) to (%L)', to_char(day, 'YYYYMMDD'),
                           to_char(day, 'YYYY-MM-DD') || 'T00:00:00Z', to_char(day + 1, 'YYYY-MM-DD') || 'T00:00:00Z');
        end if;
    end loop;
end $$;

-- Drops whole partitions that are older than `keep`; returns how many.
create function drop_result_partitions(keep interval) returns integer language plpgsql as $$
declare
    part record;
    dropped integer := 0;
begin
    for part in select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
                where i.inhparent = 'result'::regclass
                  and c.relname < 'result_' || to_char((now() - keep) at time zone 'utc', 'YYYYMMDD') loop
        execute format('drop table %I', part.relname);
        dropped := dropped + 1;
    end loop;
    return dropped;
end $$;

-- ── Verdicts and incidents: written by the incident engine alone ─────────────────────────────────────────────────────

create table monitor_state (
    monitor_id  bigint primary key,
    state       text not null check (state in ('up', 'degraded', 'down', 'unknown', 'pending', 'paused', 'maintenance')),
    since       timestamptz not null,
    core        text not null                    -- the core's own state as JSON (incident-engine/core/monitor_state.h)
) with (fillfactor = 50);
create index monitor_state_not_up on monitor_state (state) where state <> 'up';

-- Every edge, and every failure that did not page, with its reason and the votes it was taken by.
create table decision (
    id          bigint generated always as identity primary key,
    monitor_id  bigint not null,
    at          timestamptz not null,
    slot        timestamptz,
    kind        text not null,                   -- 'transition' | 'confirming' | 'refuted' | 'advisory' | 'suppressed'
    from_state  text not null,
    to_state    text not null,
    reason      text not null,                   -- closed: incident-engine/core/reason.h
    incident_id bigint,
    votes       jsonb not null                   -- [{region, verdict, class, slot, at, fresh, message}], and the rule
);
create index decision_by_monitor on decision (monitor_id, id);

create table incident (
    id              bigint primary key,
    site_id         bigint not null references site,
    shard           smallint not null,
    scope           text not null check (scope in ('outage', 'warning')),
    state           text not null check (state in ('open', 'acknowledged', 'resolved')),
    severity        text not null check (severity in ('critical', 'major', 'minor')),
    title           text not null,
    seq             bigint not null default 1,   -- of its last event
    failing_since   timestamptz not null,        -- start of the first failing check
    opened_at       timestamptz not null,
    acknowledged_at timestamptz,
    acknowledged_by text,
    resolved_at     timestamptz,
    resolved_by     text,                        -- 'engine', or who did
    version         integer not null default 1   -- the ETag
);
create unique index incident_one_open on incident (site_id, scope) where state <> 'resolved';
create index incident_by_time on incident (opened_at, id);

create table incident_monitor (
    incident_id bigint not null references incident on delete cascade,
    monitor_id  bigint not null,
    joined_at   timestamptz not null,
    left_at     timestamptz,                     -- recovered, paused or deleted
    cause       text not null,                   -- failure class at the time of joining
    primary key (incident_id, monitor_id)
);

create table incident_event (
    incident_id bigint not null references incident on delete cascade,
    seq         bigint not null,
    at          timestamptz not null,
    kind        text not null,                   -- 'opened' | 'monitor_joined' | 'monitor_left' | 'acknowledged' | 'unacknowledged' | 'commented' | 'resolved'
    actor       text not null,                   -- 'engine' or 'token:<name>'
    monitor_id  bigint,
    reason      text not null,
    data        jsonb not null default '{}',     -- votes, evidence, comment
    primary key (incident_id, seq)
);

create table advisory (
    id          bigint primary key,
    site_id     bigint not null references site,
    monitor_id  bigint not null,
    regions     text[] not null,
    cause       text not null,
    opened_at   timestamptz not null,
    closed_at   timestamptz
);
create unique index advisory_one_open on advisory (monitor_id) where closed_at is null;

-- Coverage of a region: whether any agent of it lives.
create table region_coverage (
    region      text primary key,
    covered     boolean not null,
    since       timestamptz not null
);

-- What people ask the engine to do; it answers by filling in the outcome. Announced on channel sonde_command.
create table incident_command (
    id          bigint generated always as identity primary key,
    incident_id bigint not null,
    shard       smallint not null,
    action      text not null check (action in ('acknowledge', 'unacknowledge', 'comment', 'resolve')),
    actor       text not null,
    body        jsonb not null default '{}',     -- {"comment": …}
    if_version  integer,                         -- from If-Match
    at          timestamptz not null default now(),
    done_at     timestamptz,
    outcome     text                             -- 'done' | 'unchanged' | 'conflict' | 'not_found' | 'stale'
);
create index incident_command_open on incident_command (shard, id) where done_at is null;

-- ── Telling: the outbox is written in the transaction of what it tells ───────────────────────────────────────────────

create table outbox (
    id          bigint primary key,              -- EventId, time-ordered for each writer
    at          timestamptz not null,
    kind        text not null,                   -- 'incident.opened', …: schema/messages/event.schema.json
    site_id     bigint,
    incident_id bigint,
    seq         bigint,
    payload     jsonb not null,                  -- the whole event as published
    relayed_at  timestamptz,                     -- set by the engine once the events stream has it
    planned_at  timestamptz                      -- set by the notifier once its deliveries are planned
) with (fillfactor = 70);
create index outbox_to_relay on outbox (id) where relayed_at is null;
create index outbox_to_plan on outbox (id) where planned_at is null;
create index outbox_by_incident on outbox (incident_id, seq) where incident_id is not null;
-- What an event that belongs to no incident is about: the notifier keeps the order of such events too.
create index outbox_by_subject on outbox
    ((split_part(kind, '.', 1) || ':' || coalesce(payload #>> '{advisory,id}', payload #>> '{coverage,region}', payload #>> '{monitor,id}')), id)
    where incident_id is null;

create table channel (
    id          bigint primary key,
    kind        text not null check (kind in ('webhook')),
    name        text not null,
    config      jsonb not null,                  -- without secrets
    secrets     bytea not null,                  -- sealed JSON object (lib/crypto), context 'channel:<id>'
    events      text[] not null default '{incident.opened,incident.acknowledged,incident.resolved}',
    enabled     boolean not null default true,
    version     integer not null default 1,
    created_at  timestamptz not null default now(),
    updated_at  timestamptz not null default now(),
    deleted_at  timestamptz
);

create table delivery (
    id              bigint primary key,
    event_id        bigint not null,             -- outbox.id
    channel_id      bigint not null references channel,
    event_kind      text not null,
    incident_id     bigint,
    seq             bigint,
    state           text not null check (state in ('planned', 'sending', 'sent', 'superseded', 'dead', 'not_sent')),
    reason          text not null default '',    -- why superseded, dead or not sent
    attempts        integer not null default 0,
    next_at         timestamptz not null,
    lease_owner     text,
    lease_until     timestamptz,
    created_at      timestamptz not null default now(),
    done_at         timestamptz,
    unique (event_id, channel_id)
);
create index delivery_due on delivery (next_at) where state in ('planned', 'sending');
create index delivery_due_by_channel on delivery (channel_id, next_at) where state in ('planned', 'sending');
create index delivery_by_incident on delivery (incident_id, channel_id, seq);

create table delivery_attempt (
    delivery_id bigint not null references delivery on delete cascade,
    number      integer not null,
    started_at  timestamptz not null,            -- written before anything is sent
    finished_at timestamptz,                     -- null: the process ended in between; the receiver may or may not have it
    http_status integer,
    error       text,
    response    text,                            -- the first 1 KiB
    primary key (delivery_id, number)
);

-- ── Access ───────────────────────────────────────────────────────────────────────────────────────────────────────────

create table api_token (
    id           bigint primary key,
    name         text not null,
    hash         bytea not null unique,          -- SHA-256 of the token, which has 256 random bits
    role         text not null check (role in ('viewer', 'operator', 'admin')),
    created_at   timestamptz not null default now(),
    last_used_at timestamptz,
    revoked_at   timestamptz
);

create trigger note_change after insert or update or delete on site for each row execute function note_change();
create trigger note_change after insert or update or delete on monitor for each row execute function note_change();
create trigger note_change after insert or update or delete on region for each row execute function note_change();
create trigger note_change after insert or update or delete on channel for each row execute function note_change();

select create_result_partitions();
