-- Callers who are restricted to some sites. For them the schema `<schema>_restricted` comes first in the search path, whose views have the names of
-- tables and show of each only what is theirs; what they would write elsewhere, the views refuse. So every statement of the API
-- holds to it, whoever wrote it (docs/adr/0020-restricted-callers-see-views.md).

-- `sonde.sites` and `sonde.tags` are set for the transaction, as text of arrays.
create function may_see(site_id bigint, site_tags text[]) returns boolean language sql stable as $$
select site_id = any (nullif(current_setting('sonde.sites', true), '')::bigint[])
    or site_tags && nullif(current_setting('sonde.tags', true), '')::text[] $$;

-- Makes the views anew, as the tables are now. `sonde migrate` drops them before each migration and calls this after it: a migration that adds a
-- table of things that belong to sites replaces this function by one that knows it.
create function make_restricted_views() returns void language plpgsql as $$
declare
    home   text := current_schema();
    hidden text := home || '_restricted';
    shown  record;
    wanted text;
begin
    execute format('drop schema if exists %I cascade', hidden);
    execute format('create schema %I', hidden);
    for shown in select * from (values
        (1, 'site', 'may_see(t.id, t.tags)'),
        (2, 'monitor', 'exists (select from [site] s where s.id = t.site_id)'),
        -- Wholly theirs: with all its members, targets, ends.
        (3, 'monitor_group', 'exists (select from [site] s where s.id = t.site_id)
            and not exists (select from unnest(t.members) as x (id) where not exists (select from [monitor] m where m.id = x.id))'),
        (4, 'dependency', 'case t.child_kind when ''site'' then exists (select from [site] c where c.id = t.child_id)
                                             else exists (select from [monitor] c where c.id = t.child_id) end
            and case t.parent_kind when ''site'' then exists (select from [site] p where p.id = t.parent_id)
                                   when ''group'' then exists (select from [monitor_group] p where p.id = t.parent_id)
                                   else exists (select from [monitor] p where p.id = t.parent_id) end'),
        (5, 'maintenance', 't.tags = ''{}'' and (t.sites <> ''{}'' or t.monitors <> ''{}'')
            and not exists (select from unnest(t.sites) as x (id) where not exists (select from [site] s where s.id = x.id))
            and not exists (select from unnest(t.monitors) as x (id) where not exists (select from [monitor] m where m.id = x.id))'),
        (6, 'incident', 'exists (select from [site] s where s.id = t.site_id)'),
        (7, 'advisory', 'exists (select from [site] s where s.id = t.site_id)'),
        (8, 'suppression', 'exists (select from [site] s where s.id = t.site_id)'),
        (9, 'outbox', 'exists (select from [site] s where s.id = t.site_id)')) as v (place, name, condition) order by place loop
        wanted := regexp_replace(shown.condition, '\[(\w+)\]', quote_ident(hidden) || '.\1', 'g');
        execute format('create view %I.%I as select t.* from %I.%I t where %s with cascaded check option', hidden, shown.name, home, shown.name, wanted);
    end loop;
    -- Regions are everybody's, but which monitors are their anchors is not.
    select string_agg(case when attname = 'anchors' then format('array(select a from unnest(r.anchors) a where exists (select from %I.monitor m where m.id = a)) as anchors', hidden)
                           else format('r.%I', attname) end, ', ' order by attnum) into wanted
    from pg_attribute where attrelid = format('%I.region', home)::regclass and attnum > 0 and not attisdropped;
    execute format('create view %I.region as select %s from %I.region r', hidden, wanted, home);
end $$;

-- What a deletion entails is not the caller's to see, and happens all the same.
alter function forget_relations() set search_path from current;

-- For whoever must know of all relations, so that no circle is closed by way of what he cannot see.
create view every_dependency as select id, child_kind, child_id, parent_kind, parent_id from dependency;
create view every_group as select id, site_id, needed, members from monitor_group where deleted_at is null;
create view every_place as select id, site_id from monitor where deleted_at is null;
