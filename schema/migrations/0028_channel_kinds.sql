-- Kinds of channels are data (schema/channels): which there are, and what they ask for, is no longer the database's to say.
alter table channel drop constraint channel_kind_check;

-- Which secrets are set; a list of channels opens none.
alter table channel add column secret_names text[] not null default '{signing_key}';
alter table channel alter column secret_names set default '{}';

-- What the receiver's answers said of the messages about one thing, so that later ones follow them: a message's identifier, a thread's.
create table channel_thread (
    channel_id  bigint not null references channel,
    thread      text not null,                   -- 'incident:<id>' or outbox.subject
    remembered  jsonb not null,
    place       text not null,                   -- of what settings and secrets of the channel it is true
    updated_at  timestamptz not null default now(),
    primary key (channel_id, thread)
);
create index channel_thread_by_age on channel_thread (updated_at);
