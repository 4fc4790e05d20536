-- API clients: programs that call. One has a role or less than that, perhaps some sites only, and secrets, of which the hashes are kept.

create table api_client (
    id          bigint primary key,
    name        text not null,
    role        text not null,                   -- by name: of table `role`, or one that there always is
    scopes      text[],                          -- permission keys, of those that the role has; null: all of them
    restricted  boolean not null default false,  -- to `sites` and those that have one of `tags`
    sites       bigint[] not null default '{}',  -- deleted ones stay: an empty list must not come to mean all
    tags        text[] not null default '{}',
    expires_at  timestamptz,
    revoked_at  timestamptz,
    created_by  text not null default '',        -- as in timelines
    version     integer not null default 1,
    created_at  timestamptz not null default now(),
    updated_at  timestamptz not null default now(),
    constraint api_client_restricted_to_something check (restricted = (sites <> '{}' or tags <> '{}'))
);
create index api_client_by_role on api_client (role) where revoked_at is null;

create table client_secret (
    id           bigint generated always as identity primary key,
    client_id    bigint not null references api_client on delete cascade,
    hash         bytea not null unique,          -- SHA-256 of the secret, which has 256 random bits
    created_at   timestamptz not null default now(),
    expires_at   timestamptz,                    -- another took its place: until when this one works all the same
    last_used_at timestamptz                     -- to the minute
);
create index client_secret_by_client on client_secret (client_id);

-- A token becomes a client of the same number with one secret.
insert into api_client (id, name, role, revoked_at, created_at, updated_at)
select id, name, role, revoked_at, created_at, coalesce(revoked_at, created_at) from api_token;
insert into client_secret (client_id, hash, created_at, last_used_at) select id, hash, created_at, last_used_at from api_token order by id;
drop table api_token;

-- Who has which role. Whoever gives roles to others than clients adds them here, so that no role in use is deleted.
create view role_use as
select role, 'client:' || id as holder from api_client where revoked_at is null;

-- That somebody may do more or less than before is known to all control planes at their next look at `change`.
create function note_access() returns trigger language plpgsql as $$
begin
    insert into change (entity, entity_id) values ('access', 0);
    return null;
end $$;
create trigger note_access after insert or update or delete on role for each statement execute function note_access();
create trigger note_access after insert or update or delete on api_client for each statement execute function note_access();
create trigger note_access after insert or delete or update of hash, expires_at on client_secret for each statement execute function note_access();

-- ── Audit ────────────────────────────────────────────────────────────────────────────────────────────────────────────

-- Who writes, from where and by what operation, is set for the transaction (`sonde.actor`, `sonde.actor_id`, `sonde.address`,
-- `sonde.operation`); then every change of a row that people write has its entry, whatever statement makes it.

alter table audit add column operation text;     -- `PUT /v1/sites/{site_id}`
alter table audit alter column operation set default nullif(current_setting('sonde.operation', true), '');

-- A row as it may be read: columns that are secret are masked; left out is what repeats others, and what is no edit: when somebody
-- logged in, when an agent was seen.
create function audit_document(doc jsonb, masked text[]) returns jsonb language plpgsql immutable as $$
declare
    hidden text;
begin
    foreach hidden in array masked loop
        if doc ->> hidden is not null then
            doc := jsonb_set(doc, array[hidden], '"***"');
        end if;
    end loop;
    return doc - '{updated_at,job_spec,shard,share,search,last_login_at,password_set_at,last_seen_at}'::text[];
end $$;

create function note_audit() returns trigger language plpgsql as $$
declare
    noun   text := tg_argv[0];
    named  text := tg_argv[1];
    masked text[] := tg_argv[2];
    deed   text := lower(tg_op);
    was    jsonb := to_jsonb(old);
    is_now jsonb := to_jsonb(new);
    object text := coalesce(is_now, was) ->> named;
begin
    if deed = 'insert' then
        deed := 'create';
    elsif deed = 'update' then
        if was ->> 'deleted_at' is null and is_now ->> 'deleted_at' is not null then
            deed := 'delete';
            is_now := null;
        else
            if was ->> 'revoked_at' is null and is_now ->> 'revoked_at' is not null then
                deed := 'revoke';
            end if;
            select jsonb_object_agg(w.key, w.value), jsonb_object_agg(w.key, n.value) into was, is_now
            from jsonb_each(was) w join jsonb_each(is_now) n on n.key = w.key
            where w.value is distinct from n.value and w.key not in ('updated_at', 'job_spec');
            if was is null then
                return null;
            end if;
        end if;
    end if;
    insert into audit (actor, actor_id, action, object, address, before, after)
    values (current_setting('sonde.actor'), nullif(current_setting('sonde.actor_id', true), ''), noun || '.' || deed,
            split_part(noun, '_', 1) || ':' || object, nullif(current_setting('sonde.address', true), ''),
            audit_document(was, masked), audit_document(is_now, masked));
    return null;
end $$;

-- Has every write of a table told: as `<noun>.create`, `.update`, `.revoke` and `.delete`, about `<first word of the noun>:<column named>`.
create function audit_writes(of_table regclass, noun text, named text, masked text[] default '{}') returns void language plpgsql as $$
begin
    execute format($make$create trigger note_audit after insert or update or delete on %s for each row
                   when (coalesce(current_setting('sonde.actor', true), '') <> '') execute function note_audit(%L, %L, %L)$make$,
                   of_table, noun, named, masked);
end $$;

select audit_writes('site', 'site', 'id'), audit_writes('monitor', 'monitor', 'id', '{secrets,ping_token}'), audit_writes('monitor_group', 'group', 'id'),
       audit_writes('dependency', 'dependency', 'id'), audit_writes('maintenance', 'maintenance', 'id'),
       audit_writes('maintenance_occurrence', 'maintenance_end', 'window_id'), audit_writes('region', 'region', 'name'),
       audit_writes('channel', 'channel', 'id', '{secrets}'), audit_writes('role', 'role', 'name'), audit_writes('api_client', 'client', 'id'),
       audit_writes('client_secret', 'client_secret', 'client_id', '{hash}');

-- What people ask the engine to do.
create function note_command_audit() returns trigger language plpgsql as $$
declare
    asked   jsonb := to_jsonb(new);
    subject text := coalesce(asked ->> 'subject', 'incident');
    object  text := coalesce(asked ->> 'incident_id', asked ->> 'subject_id');
begin
    if subject = 'region' then
        object := (select name from region where id = object::smallint);
    end if;
    insert into audit (actor, actor_id, action, object, address, after)
    values (current_setting('sonde.actor'), nullif(current_setting('sonde.actor_id', true), ''), subject || '.' || (asked ->> 'action'),
            subject || ':' || object, nullif(current_setting('sonde.address', true), ''),
            coalesce(asked -> 'body', jsonb_build_object('comment', asked -> 'comment')));
    return null;
end $$;
create trigger note_audit after insert on incident_command for each row
    when (coalesce(current_setting('sonde.actor', true), '') <> '') execute function note_command_audit();
create trigger note_audit after insert on voting_command for each row
    when (coalesce(current_setting('sonde.actor', true), '') <> '') execute function note_command_audit();
