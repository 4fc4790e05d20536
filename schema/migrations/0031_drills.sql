-- Fire drills: outages on command, to see whether a page gets through (docs/drills.md).

create table drill (
    id         bigint primary key,
    name       text not null,
    monitor_id bigint not null,                  -- of the kind `drill`
    channel_id bigint not null,                  -- that must be told of its incident
    schedule   text not null,                    -- cron or OnCalendar
    time_zone  text not null,
    within_ms  integer not null,                 -- so long the checks fail, and so soon the channel must have been told
    enabled    boolean not null,
    version    integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table drill_run (
    id              bigint primary key,
    drill_id        bigint not null references drill on delete cascade,
    state           text not null check (state in ('asked', 'running', 'passed', 'failed')),
    reason          text not null default '',    -- why it failed
    asked_at        timestamptz not null default now(),
    began_at        timestamptz,                 -- null: not yet
    fails_until     timestamptz,
    failed_check_at timestamptz,                 -- the steps of the way, as far as it came: the first check that failed,
    opened_at       timestamptz,                 -- the incident, or that it joined one,
    planned_at      timestamptz,                 -- the delivery to the channel,
    told_at         timestamptz,                 -- that its receiver took it
    incident_id     bigint,
    ended_at        timestamptz
);
create index drill_run_by_drill on drill_run (drill_id, id);
create unique index drill_run_open on drill_run (drill_id) where state in ('asked', 'running');

-- With its monitor or its channel a drill goes, too.
create function forget_drills() returns trigger language plpgsql as $$
begin
    if new.deleted_at is not null and old.deleted_at is null then
        delete from drill where case tg_argv[0] when 'monitor' then monitor_id = new.id else channel_id = new.id end;
    end if;
    return null;
end $$;
alter function forget_drills() set search_path from current;
create trigger forget_drills after update of deleted_at on monitor for each row when (new.kind = 'drill') execute function forget_drills('monitor');
create trigger forget_drills after update of deleted_at on channel for each row execute function forget_drills('channel');

select audit_writes('drill', 'drill', 'id'), audit_writes('drill_run', 'drill_run', 'drill_id');
