-- Events are told in the order of the transactions that wrote them (docs/adr/0005-changes-are-read-by-transaction-id.md), so that who listens over
-- HTTP and comes again misses none.
alter table outbox add column xid xid8 not null default pg_current_xact_id();
create index outbox_in_order on outbox (xid, id);
