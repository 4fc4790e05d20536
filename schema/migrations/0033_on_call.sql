-- What time brings to an incident that nobody takes care of (docs/adr/0028-time-makes-events.md).

-- How a person is reached, in order.
alter table person add column channels bigint[] not null default '{}';

-- Who is on call, turn by turn (lib/oncall).
create table schedule (
    id           bigint primary key,
    name         text not null,
    time_zone    text not null,                  -- IANA
    layers       jsonb not null,                 -- canonical; members as numbers
    people       bigint[] not null,              -- that any layer names
    version      integer not null default 1,
    created_at   timestamptz not null default now(),
    updated_at   timestamptz not null default now()
);
create index schedule_by_person on schedule using gin (people);

create table schedule_override (
    id           bigint primary key,
    schedule_id  bigint not null references schedule on delete cascade,
    person_id    bigint not null references person on delete cascade,
    starts_at    timestamptz not null,
    ends_at      timestamptz not null check (ends_at > starts_at),  -- exclusive
    version      integer not null default 1,
    created_at   timestamptz not null default now(),
    updated_at   timestamptz not null default now()
);
create index schedule_override_by_time on schedule_override (schedule_id, ends_at);
create index schedule_override_by_person on schedule_override (person_id);

create table escalation (
    id           bigint primary key,
    name         text not null,
    steps        jsonb not null,                 -- canonical, in order: [{"after_ms": …, "channels": [numbers], "users": [numbers], "schedules": [numbers]}]
    repeat       jsonb not null,                 -- {"times": …, "after_ms": …}
    channels     bigint[] not null,              -- that any step names; likewise the others
    users        bigint[] not null default '{}',
    schedules    bigint[] not null default '{}',
    version      integer not null default 1,
    created_at   timestamptz not null default now(),
    updated_at   timestamptz not null default now()
);
create index escalation_by_channel on escalation using gin (channels);

alter table route add column escalation_id bigint references escalation,
                  add column reminders jsonb;    -- {"every_ms": …, "at_most": …, "while_acknowledged": …}; null: none
alter table route_override add column escalation_id bigint references escalation,   -- null: what the routes say
                           add column reminders jsonb;
create index route_by_escalation on route (escalation_id) where escalation_id is not null;
create index route_override_by_escalation on route_override (escalation_id) where escalation_id is not null;

-- The escalations and reminders of incidents: written by the notifier alone, with the events that they follow.
create table incident_course (
    incident_id bigint not null,
    kind        text not null check (kind in ('escalation', 'reminder')),
    source_id   bigint not null,                 -- the escalation; of a reminder the route or the site's override that asks for it
    route_id    bigint,                          -- that led to it; null: the site's override
    state       text not null check (state in ('running', 'asked', 'acknowledged', 'exhausted', 'resolved')),
    brought     integer not null,                -- steps or reminders since it began
    first_ms    bigint not null,                 -- from its beginning to the first
    while_acknowledged boolean not null,
    begun_at    timestamptz not null,
    due_at      timestamptz,                     -- of the next; null unless running
    command_id  bigint,                          -- incident_command; if `asked`
    primary key (incident_id, kind, source_id)
);
create index incident_course_due on incident_course (due_at) where state = 'running';
create index incident_course_asked on incident_course (command_id) where state = 'asked';

alter table delivery drop constraint delivery_via_check;
alter table delivery add constraint delivery_via_check check (via in ('subscription', 'route', 'site', 'follow_up', 'fallback', 'escalation'));

-- Takes what is deleted out of each of `items`, objects that have a list of numbers in `field`.
create function without_number(items jsonb, field text, gone bigint) returns jsonb language sql immutable as $$
    select coalesce(jsonb_agg(jsonb_set(one, array[field], (select coalesce(jsonb_agg(member order by place), '[]')
                                                           from jsonb_array_elements(one -> field) with ordinality as m (member, place)
                                                           where member <> to_jsonb(gone))) order by number), '[]')
    from jsonb_array_elements(items) with ordinality as i (one, number)
$$;

create function forget_channel_in_escalations() returns trigger language plpgsql as $$
begin
    if new.deleted_at is not null and old.deleted_at is null then
        update escalation set steps = without_number(steps, 'channels', new.id), channels = array_remove(channels, new.id),
               version = version + 1, updated_at = now()
        where channels @> array[new.id];
        update person set channels = array_remove(channels, new.id), version = version + 1, updated_at = now() where channels @> array[new.id];
    end if;
    return null;
end $$;
alter function forget_channel_in_escalations() set search_path from current;
create trigger forget_in_escalations after update of deleted_at on channel for each row execute function forget_channel_in_escalations();

create function forget_person() returns trigger language plpgsql as $$
begin
    update schedule set layers = without_number(layers, 'members', old.id), people = array_remove(people, old.id), version = version + 1, updated_at = now()
    where people @> array[old.id];
    update escalation set steps = without_number(steps, 'users', old.id), users = array_remove(users, old.id), version = version + 1, updated_at = now()
    where users @> array[old.id];
    return old;
end $$;
alter function forget_person() set search_path from current;
create trigger forget_person before delete on person for each row execute function forget_person();

create function forget_schedule() returns trigger language plpgsql as $$
begin
    update escalation set steps = without_number(steps, 'schedules', old.id), schedules = array_remove(schedules, old.id), version = version + 1, updated_at = now()
    where schedules @> array[old.id];
    return old;
end $$;
alter function forget_schedule() set search_path from current;
create trigger forget_schedule before delete on schedule for each row execute function forget_schedule();

create function forget_escalation() returns trigger language plpgsql as $$
begin
    update route set escalation_id = null, version = version + 1, updated_at = now() where escalation_id = old.id;
    update route_override set escalation_id = null, version = version + 1, updated_at = now() where escalation_id = old.id;
    delete from incident_course where kind = 'escalation' and source_id = old.id;
    return old;
end $$;
alter function forget_escalation() set search_path from current;
create trigger forget_escalation before delete on escalation for each row execute function forget_escalation();

select audit_writes('escalation', 'escalation', 'id'), audit_writes('schedule', 'schedule', 'id'), audit_writes('schedule_override', 'schedule_override', 'schedule_id');

alter table managed drop constraint managed_kind_check;
alter table managed add constraint managed_kind_check
    check (kind in ('site', 'monitor', 'group', 'dependency', 'maintenance', 'channel', 'region', 'route', 'route_override', 'escalation', 'schedule'));
