-- Time-based codes (RFC 6238) of those who want more than a password.
create table totp (
    person_id    bigint primary key references person on delete cascade,
    secret       bytea not null,              -- sealed: controlplane/login/factor_store.h
    confirmed_at timestamptz,                 -- null: not asked for yet
    last_step    bigint not null default 0,   -- of the last code that was taken: none counts twice
    created_at   timestamptz not null default now()
);

-- For who has lost what makes the codes; each once.
create table recovery_code (
    person_id bigint not null references person on delete cascade,
    hash      bytea not null,                 -- SHA-256
    primary key (person_id, hash)
);
