-- Sites that may be without monitors, which are shown as pending and which nothing else could find among all others. It may have one too many, where another monitor of the site stayed when one
-- went: whoever went last could not be told otherwise, if two go at the same time and neither sees the other.
create table site_vacated (
    site_id bigint primary key
);
insert into site_vacated select id from site s where deleted_at is null and not exists (select from monitor where site_id = s.id and deleted_at is null);

-- Plans are kept for as long as a session is: one that was made while the table was small would read all of it for each of thousands.
create function note_vacated() returns trigger language plpgsql set enable_seqscan = off as $$
begin
    if tg_table_name = 'site' and tg_op = 'INSERT' then
        insert into site_vacated select id from added where deleted_at is null on conflict do nothing;
    elsif tg_table_name = 'site' then
        delete from site_vacated where site_id = new.id;
    elsif tg_op = 'INSERT' then
        delete from site_vacated where site_id = any(array(select distinct site_id from added where deleted_at is null));
    else
        insert into site_vacated select id from site where id = new.site_id and deleted_at is null on conflict do nothing;
    end if;
    return null;
end $$;
create trigger note_vacant after insert on site referencing new table as added for each statement execute function note_vacated();
create trigger note_vacant_gone after update of deleted_at on site for each row when (new.deleted_at is not null) execute function note_vacated();
create trigger note_occupied after insert on monitor referencing new table as added for each statement execute function note_vacated();
create trigger note_left after update of deleted_at on monitor for each row when (new.deleted_at is not null) execute function note_vacated();

-- The same for the set of 0020_lists.sql.
create or replace function note_unjudged() returns trigger language plpgsql set enable_seqscan = off as $$
begin
    if tg_table_name = 'monitor' and tg_op = 'INSERT' then
        insert into monitor_unjudged select id from added where deleted_at is null on conflict do nothing;
    elsif tg_table_name = 'monitor' then
        delete from monitor_unjudged where monitor_id = new.id;
    elsif tg_op = 'INSERT' then
        delete from monitor_unjudged where monitor_id = any(array(select monitor_id from added));
    else
        insert into monitor_unjudged select id from monitor where id = any(array(select monitor_id from removed)) and deleted_at is null on conflict do nothing;
    end if;
    return null;
end $$;
