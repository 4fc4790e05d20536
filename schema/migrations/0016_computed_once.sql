-- What follows from a document is computed when that is written, not whenever definitions are read or a row is touched.

-- By it the engine tells whether a spec is another one.
alter table monitor add column spec_hash bigint not null generated always as (hashtextextended(spec::text, 0)) stored;

-- What an event that belongs to no incident is about; null if it stands alone. The notifier keeps the order of what is told of it.
drop index outbox_by_subject;
alter table outbox add column subject text generated always as (
    case when incident_id is null then
        split_part(kind, '.', 1) || ':' || coalesce(payload #>> '{advisory,id}', payload #>> '{coverage,region}', payload #>> '{maintenance,id}',
                                                    payload #>> '{group,id}', payload #>> '{monitor,id}')
    end) stored;
create index outbox_by_subject on outbox (subject, id) where incident_id is null;
