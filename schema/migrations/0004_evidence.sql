-- Evidence of failing checks, and what good ones saw.

-- All that was seen of the first failing check of a row, and of every confirmation, those that passed included.

create table evidence (
    monitor_id  bigint not null,
    slot        timestamptz not null,            -- of a confirmation: that of the failure it looks into
    region_id   smallint not null,
    attempt     smallint not null,
    at          timestamptz not null,            -- when the check began, by the agent's clock
    verdict     smallint not null,               -- lib/check/verdict.h, Verdict
    document    text not null,                   -- JSON, an object; not jsonb, since an outage of thousands of monitors should not pay for parsing
    kept_for    bigint references incident on delete set null,  -- the incident that needs it past its time, once that was looked at
    primary key (monitor_id, slot, region_id, attempt)
);
create index evidence_to_sweep on evidence (slot) where kept_for is null;
create index evidence_kept on evidence (kept_for) where kept_for is not null;

-- Where a monitor was a member: what evidence is needed.
create index incident_monitor_by_monitor on incident_monitor (monitor_id);

do $$ begin
    alter table evidence alter column document set compression lz4;
exception when feature_not_supported then
    null;  -- a server that was built without it has its own default
end $$;

-- What a good check saw besides its timings: address, HTTP version, certificate. It hardly ever changes, and is stored once.
create table sight (
    id          integer generated always as identity primary key,
    hash        uuid not null unique,            -- the first 128 bits of the document's SHA-256
    document    text not null,                   -- JSON, an object
    used_on     date not null                    -- the last day, UTC, on which an engine had a result of it
);

alter table result add column sight_id integer;  -- instead of `detail` where the verdict is up; no foreign key, which every check would pay for
