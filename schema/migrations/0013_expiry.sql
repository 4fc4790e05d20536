-- That a certificate or a registration of a domain ends soon is told once for each threshold: by the key, whatever happens to the engine. Written
-- in the transaction of the event (lib/decision/expiry.h); rows of what has ended are removed when others are written.
create table expiry_told (
    monitor_id     bigint not null,
    what           text not null,            -- 'certificate' | 'domain'
    identity       text not null,            -- SHA-256 of the certificate; day on which the registration ends
    threshold_days smallint not null,
    ends_at        timestamptz not null,
    told_at        timestamptz not null,
    event_id       bigint not null,          -- outbox.id
    primary key (monitor_id, what, identity, threshold_days)
);
create index expiry_told_by_end on expiry_told (ends_at);
