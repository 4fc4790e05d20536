-- The audit of what is written in bulks, sites and monitors, is written once for a statement, not once for a row. Its entries are as before. Other tables
-- keep triggers of rows, which cost nothing where a statement finds none: each monitor that is deleted asks three of them.

-- As `audit_writes`. The table gets a function of its own, `note_audit_of_<table>`: which rows before and after belong together is told by its primary
-- key, which no statement changes. `offset 0` has each document made once.
create function audit_bulk_writes(of_table regclass, noun text, named text, masked text[] default '{}') returns void language plpgsql as $make$
declare
    maker text := format('%I', 'note_audit_of_' || (select relname from pg_class where oid = of_table));
    shown text;
    key   text;
    event record;
begin
    -- Most rows have nothing to hide, and a document is made anew only for those that do.
    select format($$%s - '{updated_at,job_spec,shard,share,search,last_login_at,password_set_at,last_seen_at}'::text[]$$,
                  case when count(*) = 0 then 'doc'
                       else format('(case when coalesce(%s) is null then doc else doc || jsonb_strip_nulls(jsonb_build_object(%s)) end)',
                                   string_agg(format('doc ->> %L', hidden), ', '),
                                   string_agg(format($$%1$L, case when doc ->> %1$L is not null then '***' end$$, hidden), ', ')) end) into shown
    from unnest(masked) as m (hidden);
    select string_agg(format('n.%1$I = o.%1$I', a.attname), ' and ') into key
    from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey) where i.indrelid = of_table and i.indisprimary;
    execute format($function$
create function %1$s() returns trigger language plpgsql as $$
declare
    who    text := current_setting('sonde.actor');
    who_id text := nullif(current_setting('sonde.actor_id', true), '');
    whence text := nullif(current_setting('sonde.address', true), '');
begin
    if tg_op = 'INSERT' then
        insert into audit (actor, actor_id, action, object, address, after)
        select who, who_id, %2$L, %3$L || r.named, whence, %4$s
        from (select n.%5$I as named, to_jsonb(n) as doc from written n offset 0) as r;
    elsif tg_op = 'DELETE' then
        insert into audit (actor, actor_id, action, object, address, before)
        select who, who_id, %6$L, %3$L || r.named, whence, %4$s
        from (select o.%5$I as named, to_jsonb(o) as doc from overwritten o offset 0) as r;
    else
        insert into audit (actor, actor_id, action, object, address, before, after)
        select who, who_id, %7$L || d.deed, %3$L || r.named, whence,
               (select %4$s from (select case d.deed when 'delete' then r.was else changed.was end as doc offset 0) as b),
               (select %4$s from (select changed.is_now as doc offset 0) as a)
        from (select n.%5$I as named, to_jsonb(o) as was, to_jsonb(n) as is_now from written n join overwritten o on %8$s offset 0) as r
        cross join lateral (select case when r.was ->> 'deleted_at' is null and r.is_now ->> 'deleted_at' is not null then 'delete'
                                        when r.was ->> 'revoked_at' is null and r.is_now ->> 'revoked_at' is not null then 'revoke'
                                        else 'update' end as deed offset 0) as d
        cross join lateral (select jsonb_object_agg(k.key, r.was -> k.key) as was, jsonb_object_agg(k.key, r.is_now -> k.key) as is_now
                            from (select jsonb_object_keys(r.was) as key where d.deed <> 'delete') as k
                            where r.was -> k.key is distinct from r.is_now -> k.key and k.key not in ('updated_at', 'job_spec')) as changed
        where d.deed = 'delete' or changed.was is not null;
    end if;
    return null;
end $$ $function$,
                   maker, noun || '.create', split_part(noun, '_', 1) || ':', shown, named, noun || '.delete', noun || '.', key);
    -- A session keeps the plan of its first statement, as a rule one of a single row. What was planned for one row would hold each of ten thousand to each other.
    execute format('alter function %s() set enable_nestloop = off', maker);
    -- Rows of a statement can be asked for by triggers of one event alone.
    for event in select * from (values ('insert', 'new table as written'), ('delete', 'old table as overwritten'),
                                       ('update', 'old table as overwritten new table as written')) as v (name, rows) loop
        execute format($trigger$create trigger %I after %s on %s referencing %s for each statement
                       when (coalesce(current_setting('sonde.actor', true), '') <> '') execute function %s()$trigger$,
                       'note_audit_' || event.name, event.name, of_table, event.rows, maker);
    end loop;
end $make$;

drop trigger note_audit on site;
drop trigger note_audit on monitor;
select audit_bulk_writes('site', 'site', 'id'), audit_bulk_writes('monitor', 'monitor', 'id', '{secrets,ping_token}');
