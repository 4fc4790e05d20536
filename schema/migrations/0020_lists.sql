-- Lists at a size where nobody reads them whole: searching, sorting and filtering sites and monitors by indexes.

create extension if not exists pg_trgm;  -- in whatever schema: one database may have several of ours

-- Text as it is searched: without accents, in small letters. Small letters beyond ASCII are a matter of the database's locale.
create function searchable(plain text) returns text language sql immutable strict parallel safe as $$
select lower(regexp_replace(normalize(plain, NFKD), '[\u0300-\u036f]', '', 'g')) $$;

alter table site add column search text not null
    generated always as (searchable(name || ' ' || base_url)) stored;
-- The name, and whatever in a spec says what is checked.
alter table monitor add column search text not null
    generated always as (searchable(name || ' ' || coalesce(spec ->> 'url', '') || ' ' || coalesce(spec ->> 'host', '') || ' ' || coalesce(spec ->> 'name', '')
                                    || ' ' || coalesce(spec ->> 'domain', '') || ' ' || coalesce(spec ->> 'server', ''))) stored;

-- What was written lately waits in a list that every search reads: a short one.
do $$
declare
    home text := (select n.nspname from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_trgm');
begin
    execute format('create index site_search on site using gin (search %I.gin_trgm_ops) with (gin_pending_list_limit = 512) where deleted_at is null', home);
    execute format('create index monitor_search on monitor using gin (search %I.gin_trgm_ops) with (gin_pending_list_limit = 512) where deleted_at is null', home);
end $$;

create index site_by_name on site (lower(name), id) where deleted_at is null;
create index site_by_creation on site (created_at, id) where deleted_at is null;
create index site_by_update on site (updated_at, id) where deleted_at is null;
create index site_by_tag on site using gin (tags) where deleted_at is null;
create index site_inactive on site (id) where deleted_at is null and not active;

create index monitor_by_name on monitor (lower(name), id) where deleted_at is null;
create index monitor_by_creation on monitor (created_at, id) where deleted_at is null;
create index monitor_by_update on monitor (updated_at, id) where deleted_at is null;
create index monitor_by_kind on monitor (kind, id) where deleted_at is null;
create index monitor_by_kind_and_name on monitor (kind, lower(name), id) where deleted_at is null;
create index monitor_by_tag on monitor using gin (tags) where deleted_at is null;
create index monitor_by_region on monitor using gin (regions) where deleted_at is null;
create index monitor_everywhere on monitor (id) where deleted_at is null and regions = '{}';
create index monitor_paused on monitor (id) where deleted_at is null and (paused or not enabled);
-- All that the state which is shown depends on, to be counted without the wide rows.
create index monitor_standing on monitor (id, site_id, paused, enabled) where deleted_at is null;

-- Monitors that no engine has decided on yet: the few without a row in `monitor_state`, which nothing else could find among all others.
create table monitor_unjudged (
    monitor_id bigint primary key
);
insert into monitor_unjudged select id from monitor m where deleted_at is null and not exists (select from monitor_state where monitor_id = m.id);

create function note_unjudged() returns trigger language plpgsql as $$
begin
    if tg_table_name = 'monitor' and tg_op = 'INSERT' then
        insert into monitor_unjudged select id from added where deleted_at is null on conflict do nothing;
    elsif tg_table_name = 'monitor' then
        delete from monitor_unjudged where monitor_id = new.id;
    elsif tg_op = 'INSERT' then
        delete from monitor_unjudged where monitor_id in (select monitor_id from added);
    else
        insert into monitor_unjudged select id from monitor where id in (select monitor_id from removed) and deleted_at is null on conflict do nothing;
    end if;
    return null;
end $$;
create trigger note_new after insert on monitor referencing new table as added for each statement execute function note_unjudged();
create trigger note_gone after update of deleted_at on monitor for each row when (new.deleted_at is not null) execute function note_unjudged();
create trigger note_judged after insert on monitor_state referencing new table as added for each statement execute function note_unjudged();
create trigger note_forgotten after delete on monitor_state referencing old table as removed for each statement execute function note_unjudged();

create index incident_open on incident (id) where state <> 'resolved';
create index incident_monitor_present on incident_monitor (monitor_id) where left_at is null;
create index delivery_dead on delivery (done_at) where state = 'dead';
