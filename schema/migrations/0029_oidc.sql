-- Who people are at an OpenID provider, where issuer and subject together are given to nobody else.
create table person_identity (
    person_id  bigint primary key references person on delete cascade,
    issuer     text not null,
    subject    text not null,
    follows    boolean not null,          -- came with the first login: the role follows the provider's groups
    created_at timestamptz not null default now(),
    unique (issuer, subject)
);

-- Logins that have come back from the provider: none comes twice.
create table oidc_ticket_used (
    hash       bytea primary key,         -- SHA-256 of what the browser has
    expires_at timestamptz not null
);
create index oidc_ticket_used_by_expiry on oidc_ticket_used (expires_at);

select audit_writes('person_identity', 'user_identity', 'person_id');
