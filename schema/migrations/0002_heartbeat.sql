-- Heartbeats: monitors that are heard of. A ping is a result of region number 0, which is no row of `region`: identities begin at 1.

alter table monitor add column ping_token text;      -- of such kinds; 128 random bits, in the clear, for it is shown to administrators
create unique index monitor_by_ping_token on monitor (ping_token) where ping_token is not null;
alter table monitor add constraint monitor_ping_token_with_kind check ((kind = 'heartbeat') = (ping_token is not null));

alter table region add constraint region_name_not_reserved check (name <> 'push');  -- where pings come from
