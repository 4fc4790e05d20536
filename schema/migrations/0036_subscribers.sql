-- Subscribers of status pages (docs/adr/0033-subscribers-confirm-themselves.md). Who deletes a subscriber has erased him: what names him goes with the row.

-- By whose mail server a page's subscribers are told; without it nobody can subscribe by e-mail.
alter table status_page
    add column mail_channel_id bigint references channel,
    add column webhook_subscribers boolean not null default false;

-- What addresses are told apart by: the key of an HMAC, sealed as all secrets are, so that nobody can try addresses who has the database alone.
create table subscriber_key (
    id     boolean primary key default true check (id),
    sealed bytea not null
);

create table subscriber (
    id            bigint primary key,
    page_id       bigint not null references status_page on delete cascade,
    kind          text not null check (kind in ('email', 'webhook')),
    sealed        bytea not null,                 -- {"address": …, "signing_key": …}
    digest        bytea not null,                 -- of the address, under the key above
    components    text[] not null,                -- of the page; empty: all
    language      text not null,
    state         text not null default 'pending' check (state in ('pending', 'confirmed')),
    created_at    timestamptz not null default now(),
    confirmed_at  timestamptz,
    last_asked_at timestamptz not null default now(),
    asked_since   timestamptz not null default now(),  -- the day that `asked` counts in
    asked         integer not null default 1,          -- questions within it
    refusals      integer not null default 0,          -- in a row, for good
    constraint subscriber_once unique (page_id, kind, digest),
    check ((state = 'confirmed') = (confirmed_at is not null))
);
create index subscriber_by_page on subscriber (page_id, state, id);
create index subscriber_first on subscriber (page_id, confirmed_at) where state = 'confirmed';
create index subscriber_pending on subscriber (created_at) where state = 'pending';

-- What there is to tell, in public words alone: once for each page, whichever control plane saw it first.
create table page_notice (
    id         bigint generated always as identity primary key,
    page_id    bigint not null references status_page on delete cascade,
    thread     text not null,                  -- the incident or maintenance it is about
    step       text not null,                  -- `opened`, `update/3`, …
    at         timestamptz not null,           -- when it happened
    components text[] not null,
    document   jsonb not null,
    created_at timestamptz not null default now(),
    planned_at timestamptz,
    constraint page_notice_once unique (page_id, thread, step)
);
create index page_notice_unplanned on page_notice (id) where planned_at is null;
create index page_notice_by_age on page_notice (created_at);

create table subscriber_delivery (
    id            bigint generated always as identity primary key,
    subscriber_id bigint not null references subscriber on delete cascade,
    notice_id     bigint references page_notice on delete cascade,  -- null: the question whether it is he who wants this
    kind          text not null,                                    -- the subscriber's
    state         text not null default 'planned' check (state in ('planned', 'sending', 'sent', 'dead', 'superseded')),
    attempts      integer not null default 0,
    created_at    timestamptz not null default now(),
    next_at       timestamptz not null default now(),
    lease_owner   text,
    lease_until   timestamptz,
    outcome       text,                                             -- of the last attempt that ended
    error         text,                                             -- likewise, without the address
    done_at       timestamptz,
    constraint subscriber_delivery_once unique (notice_id, subscriber_id)
);
create index subscriber_delivery_due on subscriber_delivery (kind, next_at) where state in ('planned', 'sending');
create index subscriber_delivery_questions on subscriber_delivery (kind, next_at) where notice_id is null and state in ('planned', 'sending');
create index subscriber_delivery_by_subscriber on subscriber_delivery (subscriber_id);
