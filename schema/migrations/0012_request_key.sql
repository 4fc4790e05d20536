-- Requests with an Idempotency-Key: what they ask for is done once (controlplane/api/repeat.h).
create table request_key (
    owner       text not null,                    -- whose key it is: `token:<id>`
    key         text not null,
    fingerprint bytea not null,                   -- SHA-256 of what was asked for
    at          timestamptz not null default now(),
    command_id  bigint,                           -- of incident_command or voting_command, if the engine does it
    answer      bytea,                            -- sealed; null: not answered yet
    primary key (owner, key)
);
create index request_key_by_age on request_key (at);
