-- Incidents by hand: severity that follows its monitors, assignment, reopening, public updates, postmortems; and indexes for explaining a day.

alter table incident
    add column worst_severity  text not null default 'critical' check (worst_severity in ('critical', 'major', 'minor')),
    add column severity_pinned boolean not null default false,   -- a person set it: it follows the monitors no longer
    add column opened_by       text not null default 'engine',
    add column auto_resolve    boolean not null default true,    -- when the last that was failing has recovered
    add column assigned_to     text,
    add column reopened_at     timestamptz,
    add column reopened        integer not null default 0;       -- times
update incident set worst_severity = severity;

alter table incident_monitor
    add column severity      text not null default 'critical' check (severity in ('critical', 'major', 'minor')),  -- the monitor's
    add column regions       text[] not null default '{}',       -- those that see it, as last seen
    add column named         boolean not null default false,     -- by a person; not seen failing
    add column told_cause    text not null default 'none',       -- as the timeline has it
    add column told_at       timestamptz not null default 'epoch',
    add column cause_changes integer not null default 0;         -- in the timeline: each makes the pause until the next longer
update incident_monitor set told_cause = cause, told_at = joined_at;
update incident_monitor j set severity = m.severity from monitor m where m.id = j.monitor_id;
comment on column incident_monitor.cause is 'failure class, as last seen';

-- What the public reads. Deleted ones stay; what an edited one was before is in the timeline.
create table incident_update (
    incident_id bigint not null references incident on delete cascade,
    number      integer not null,
    status      text not null check (status in ('investigating', 'identified', 'monitoring', 'resolved')),
    body        text not null,
    author      text not null,
    at          timestamptz not null,
    edited_at   timestamptz,
    deleted_at  timestamptz,
    primary key (incident_id, number)
);

-- Every version is kept; the highest counts.
create table incident_postmortem (
    incident_id bigint not null references incident on delete cascade,
    version     integer not null,
    body        text not null,
    root_cause  text not null,
    published   boolean not null,
    author      text not null,
    at          timestamptz not null,
    primary key (incident_id, version)
);

alter table incident_command
    add column refusal text,                                     -- why `conflict`, `not_found` or `forbidden`: lib/decision/incident_command.h
    drop constraint incident_command_action_check;               -- the engine answers what it does not know

-- A day of one monitor, and the incidents that it took part in, without reading what came since.
create index decision_by_monitor_time on decision (monitor_id, at, id);
drop index decision_by_monitor;

-- Who hears that an incident was opened hears that it was opened again.
update channel set events = events || '{incident.reopened}' where 'incident.opened' = any(events) and not 'incident.reopened' = any(events);
alter table channel alter column events set default '{incident.opened,incident.acknowledged,incident.resolved,incident.reopened}';
