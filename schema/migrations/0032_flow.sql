-- How a channel is sent to (docs/adr/0029-how-a-channel-is-sent-to.md): what is told together.

alter table channel add column flow jsonb not null default '{}';  -- what differs from the defaults is in it: lib/channel/flow.h

-- One message about several things, brought up to date as they go on.
create table digest (
    id          bigint primary key,
    channel_id  bigint not null references channel,
    cause       text not null check (cause in ('storm', 'window')),
    began_at    timestamptz not null,
    due_at      timestamptz,                     -- when it is to be told (again); null: there is nothing new
    event_id    bigint,                          -- outbox.id of what told it last; null: it was not told yet
    told_at     timestamptz,                     -- when that was written
    critical    boolean not null default false,  -- by then something critical was told
    closed_at   timestamptz                      -- nothing of it will be told any more
);
create index digest_open on digest (channel_id) where closed_at is null;
create index digest_due on digest (due_at) where due_at is not null and closed_at is null;
create index digest_by_age on digest (began_at);

-- What a channel has heard of openings lately, and the digest that what comes next goes into.
create table channel_flood (
    channel_id  bigint primary key references channel,
    openings_ms bigint[] not null,               -- Unix time
    storm       boolean not null,
    digest_id   bigint,
    room        integer not null                 -- how much more that digest takes; 0: it takes nothing more
);

-- What is told by a digest, and the event that told it; until there is one, it is still to be told.
alter table delivery add column digest_id bigint, add column told_by bigint;
create index delivery_by_digest on delivery (digest_id) where digest_id is not null;

-- What is told of one digest is a thread, too.
drop index outbox_by_subject;
alter table outbox drop column subject;
alter table outbox add column subject text generated always as (
    case when incident_id is null then
        split_part(kind, '.', 1) || ':' || coalesce(payload #>> '{advisory,id}', payload #>> '{coverage,region}', payload #>> '{maintenance,id}',
                                                    payload #>> '{group,id}', payload #>> '{digest,id}', payload #>> '{monitor,id}')
    end) stored;
create index outbox_by_subject on outbox (subject, id) where incident_id is null;

-- How a channel's receiver does (a breaker), and what it may be sent (a bucket). Every channel has its row.
create table channel_health (
    channel_id    bigint primary key references channel,
    failures      integer not null default 0,    -- attempts in a row
    open_since    timestamptz,                   -- null: attempts are made as they come due
    probe_at      timestamptz,                   -- else one is made then
    cool_off_ms   bigint not null default 0,
    last_error    text,
    last_error_at timestamptz,
    tokens        double precision not null default 0,
    tokens_at     timestamptz                    -- null: the bucket was never used
);
insert into channel_health (channel_id) select id from channel;
create function begin_channel_health() returns trigger language plpgsql as $$
begin
    insert into channel_health (channel_id) values (new.id);
    return null;
end $$;
create trigger begin_channel_health after insert on channel for each row execute function begin_channel_health();

-- What a channel is to hear of first: that something is wrong.
alter table delivery add column rank smallint not null generated always as (
    case when opens or event_kind in ('incident.opened', 'incident.reopened', 'incident.escalated', 'channel.digest', 'channel.test', 'delivery.dead') then 0 else 1 end) stored;
drop index delivery_due_by_channel;
create index delivery_due_by_channel on delivery (channel_id, rank, next_at) where state in ('planned', 'sending');

-- Quiet hours: until when it was not sent because of them.
alter table delivery add column held_until timestamptz;

-- Who is told of what a channel could not be told.
alter table channel add column fallback_channel_id bigint references channel check (fallback_channel_id <> id);
alter table delivery drop constraint delivery_via_check;
alter table delivery add constraint delivery_via_check check (via in ('subscription', 'route', 'site', 'follow_up', 'fallback'));
create function forget_fallback() returns trigger language plpgsql as $$
begin
    update channel set fallback_channel_id = null, version = version + 1, updated_at = now() where fallback_channel_id = new.id and deleted_at is null;
    return null;
end $$;
create trigger forget_fallback after update of deleted_at on channel for each row when (new.deleted_at is not null and old.deleted_at is null)
    execute function forget_fallback();
