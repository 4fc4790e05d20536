-- People who log in. What they may do is their role's: one of those that there always are, or a row of `role`.
create table person (
    id              bigint primary key,
    name            text not null,               -- has no @, so that it is no e-mail address of another
    email           text,
    role            text not null,
    disabled        boolean not null default false,
    password        text,                        -- Argon2id, as libsodium writes it; null: logs in by other means, or not yet
    password_set_at timestamptz,
    last_login_at   timestamptz,
    version         integer not null default 1,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now()
);
create unique index person_name on person (lower(name));
create unique index person_email on person (lower(email));

-- Who has the token may set the person's password, once. One is valid at a time.
create table password_token (
    person_id  bigint primary key references person on delete cascade,
    hash       bytea not null unique,            -- SHA-256
    expires_at timestamptz not null,
    created_by text not null
);

create table session (
    id         bigint primary key,
    person_id  bigint not null references person on delete cascade,
    hash       bytea not null unique,            -- SHA-256 of what is in the cookie
    method     text not null check (method in ('password', 'totp', 'recovery_code', 'oidc')),
    address    text not null,                    -- of whoever logged in
    user_agent text not null,
    created_at timestamptz not null default now(),
    seen_at    timestamptz not null default now(),  -- to a twentieth of the idle time
    expires_at timestamptz not null              -- at the latest
);
create index session_by_person on session (person_id, id desc);
create index session_by_expiry on session (expires_at);

-- Attempts to log in that failed or are under way, by account tried and by address (controlplane/login/attempts.h).
create table login_attempt (
    subject       bytea primary key,             -- SHA-256 of the account as it was typed, or of the address
    failures      integer not null,
    last_at       timestamptz not null,
    blocked_until timestamptz not null
);
create index login_attempt_by_time on login_attempt (last_at);
