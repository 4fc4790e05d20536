-- What a channel says of events in words of its own (lib/channel/templates.h).
alter table channel add column templates jsonb not null default '{}';
