-- E-mail, and links by which who is told acknowledges (docs/adr/0027-mail-goes-by-libcurl-and-links-acknowledge-once.md).

-- Of several addresses of one channel, those that have the message already: the others alone are tried again.
alter table delivery add column reached text[] not null default '{}';

-- Messages whose link was used: each lets somebody acknowledge once.
create table acknowledge_link_used (
    delivery_id bigint primary key,
    used_at     timestamptz not null default now(),
    expires_at  timestamptz not null          -- then no link of this message is good for anything
);
create index acknowledge_link_used_by_expiry on acknowledge_link_used (expires_at);
