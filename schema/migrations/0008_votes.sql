-- Whether regions are to be believed, and what people do about advisories.

alter table region add column anchors bigint[] not null default '{}';  -- monitors whose failure from there means that the region is ill

-- What is decided on a region (lib/decision/arbitration.h); a region without a row votes. Written by the engine that holds task/arbiter.
create table region_health (
    region_id       smallint primary key references region on delete cascade,
    health          text not null check (health in ('voting', 'quarantined')),
    ground          text not null,               -- 'none' | 'sites_failing_alone' | 'anchors_failing' | 'well_again' | 'by_request'
    actor           text not null default 'engine',
    comment         text not null default '',
    since           timestamptz not null,
    doubtful_since  timestamptz not null,        -- quarantined: failures that began since are put down to the region
    well_since      timestamptz,                 -- quarantined, and well since
    spared_until    timestamptz,                 -- released by hand: not quarantined again before
    evidence        jsonb not null default '{}'  -- the numbers that it was decided by
);

-- What each engine's shards say of regions that are in doubt or quarantined: rewritten every second or so while that lasts, and worth nothing
-- some seconds later.
create table region_report (
    region_id       smallint not null references region on delete cascade,
    engine          text not null,
    at              timestamptz not null,
    shards          smallint not null,           -- that the engine speaks for
    alone           integer[] not null,          -- by look back
    well            integer[] not null,
    ill             integer not null,
    healthy         integer not null,
    anchors         integer not null,
    anchors_failing integer not null,
    primary key (region_id, engine)
) with (fillfactor = 50);

-- What people ask the holder of task/arbiter to do. Announced on channel sonde_command.
create table voting_command (
    id          bigint generated always as identity primary key,
    subject     text not null check (subject in ('region', 'advisory')),
    subject_id  bigint not null,
    action      text not null check (action in ('quarantine', 'release', 'acknowledge', 'mute')),
    actor       text not null,
    comment     text not null default '',
    at          timestamptz not null default now(),
    done_at     timestamptz,
    outcome     text                             -- 'done' | 'unchanged' | 'conflict' | 'not_found'
);
create index voting_command_open on voting_command (id) where done_at is null;

alter table advisory
    add column reason text not null default '',          -- why it was closed, or changed last: lib/decision/reason.h
    add column acknowledged_at timestamptz,
    add column acknowledged_by text,
    add column muted_at timestamptz,                     -- nothing more is told of it, until it is closed
    add column muted_by text,
    add column comment text not null default '';         -- of who acknowledged or muted it last

create function note_region_health() returns trigger language plpgsql as $$
begin
    insert into change (entity, entity_id) values ('region_health', coalesce(new.region_id, old.region_id));
    perform pg_notify('sonde_change', '');
    return null;
end $$;
create trigger note_region_health_edge after update on region_health for each row
    when (old.health is distinct from new.health or old.doubtful_since is distinct from new.doubtful_since) execute function note_region_health();
create trigger note_region_health_row after insert or delete on region_health for each row execute function note_region_health();
