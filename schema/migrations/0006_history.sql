-- What is kept of the past: packed results, roll-ups, states over time, and the closed account of slots (docs/history.md).

-- ── Partitions ───────────────────────────────────────────────────────────────────────────────────────────────────────

-- Makes a partition and attaches it. Unlike `create table … partition of`, which waits for everybody and has everybody wait, that
-- goes on beside readers and writers. Whether it had to be made.
create function make_partition(parent regclass, name text, lower_bound text, upper_bound text) returns boolean language plpgsql as $$
begin
    if to_regclass(name) is not null then return false; end if;
    execute format('create table %I (like %s including all)', name, parent);
    execute format('alter table %s attach partition %I for values from (%L) to (%L)', parent, name, lower_bound, upper_bound);
    return true;
exception when duplicate_table or unique_violation then
    return false;  -- somebody else was faster
end $$;

-- ── Results, packed ──────────────────────────────────────────────────────────────────────────────────────────────────

-- A day of one monitor in one region, column by column: a tenth of the size of rows, for neighbours in a column are alike. The control plane
-- packs a day once no result of it can come any more, and puts the whole day in the place of its partition of `result` in one transaction.
create table result_packed (
    day         date not null,                   -- UTC, of the slots
    monitor_id  bigint not null,
    region_id   smallint not null,
    part        smallint not null,               -- 0, and up where there are more results than one row should have: 4000; of pings, which bring text, 200
    results     integer not null,
    first_slot  timestamptz not null,
    steps       integer[] not null,              -- ms from the slot before, in the order of slot and attempt; the first is 0
    started     smallint[] not null,             -- ms since the slot, short_number; so are all that follow
    received    smallint[] not null,             -- ms since the start
    resolve     smallint[],                      -- µs; null, as below: all are 0
    connect     smallint[],
    tls         smallint[],
    first_byte  smallint[],
    transfer    smallint[],
    total       smallint[],
    attempts    smallint[],
    statuses    smallint[],
    verdicts    smallint[],
    classes     smallint[],
    backfilled  boolean[],
    sights      integer[],                       -- 0: none
    details     jsonb[],
    primary key (monitor_id, day, region_id, part)
) partition by range (day);

do $$
declare
    wide text;
begin
    foreach wide in array array['steps', 'started', 'received', 'resolve', 'connect', 'tls', 'first_byte', 'transfer', 'total', 'attempts',
                                'statuses', 'verdicts', 'classes', 'backfilled', 'sights', 'details'] loop
        execute format('alter table result_packed alter column %I set compression lz4', wide);
    end loop;
exception when feature_not_supported then
    null;  -- a server that was built without it has its own default
end $$;

-- A whole number in 16 bits: exact to 2047, beyond with eleven binary digits, that is within 0.05 %.
create function short_number(value integer) returns smallint language sql immutable parallel safe as $$
select case when value between -2047 and 2047 then value::smallint
            else (sign(value) * ((floor(ln(abs(value::bigint)) / ln(2.0::float8))::integer - 10) * 1024
                  + ((abs(value::bigint) + (1::bigint << (floor(ln(abs(value::bigint)) / ln(2.0::float8))::integer - 11)))
                     >> (floor(ln(abs(value::bigint)) / ln(2.0::float8))::integer - 10))))::smallint end $$;

create function long_number(short smallint) returns integer language sql immutable parallel safe as $$
select case when short between -2047 and 2047 then short::integer
            else least(2147483647, (abs(short::integer) - ((abs(short::integer) >> 10) - 1) * 1024)::bigint << ((abs(short::integer) >> 10) - 1))::integer
                 * sign(short)::integer end $$;

create view result_unpacked as
select p.day, p.first_slot + r.since * interval '1 ms' as slot, p.monitor_id,
       p.first_slot + (r.since + long_number(r.started)) * interval '1 ms' as started_at,
       p.first_slot + (r.since + long_number(r.started)::bigint + long_number(r.received)) * interval '1 ms' as received_at,
       long_number(coalesce(r.resolve, 0::smallint)) as resolve_us, long_number(coalesce(r.connect, 0::smallint)) as connect_us,
       long_number(coalesce(r.tls, 0::smallint)) as tls_us, long_number(coalesce(r.first_byte, 0::smallint)) as first_byte_us,
       long_number(coalesce(r.transfer, 0::smallint)) as transfer_us, long_number(coalesce(r.total, 0::smallint)) as total_us,
       p.region_id, coalesce(r.attempt, 0::smallint) as attempt, coalesce(r.status, 0::smallint) as http_status,
       coalesce(r.verdict, 0::smallint) as verdict, coalesce(r.class, 0::smallint) as failure_class, coalesce(r.backfilled, false) as backfilled,
       r.detail, nullif(r.sight, 0) as sight_id
from result_packed p cross join lateral (
    select sum(u.step) over (order by u.place rows unbounded preceding) as since, u.* from unnest(
        p.steps, p.started, p.received, p.resolve, p.connect, p.tls, p.first_byte, p.transfer, p.total, p.attempts, p.statuses, p.verdicts,
        p.classes, p.backfilled, p.sights, p.details)
        with ordinality as u (step, started, received, resolve, connect, tls, first_byte, transfer, total, attempt, status, verdict, class,
                              backfilled, sight, detail, place)) r;

-- Packs what monitors in (above, upto] had on a day into `target`, and compares. How many results those were.
create function pack_results(packed_day date, target text, above bigint, upto bigint) returns bigint language plpgsql as $$
declare
    source text := 'result_' || to_char(packed_day, 'YYYYMMDD');
    had record;
    has record;
begin
    execute format($pack$
        insert into %I (day, monitor_id, region_id, part, results, first_slot, steps, started, received, resolve, connect, tls, first_byte, transfer,
                        total, attempts, statuses, verdicts, classes, backfilled, sights, details)
        select $1, monitor_id, region_id, part, count(*), min(slot), array_agg(step), array_agg(short_number(started)), array_agg(short_number(received)),
               case when max(resolve_us) > 0 then array_agg(short_number(resolve_us)) end,
               case when max(connect_us) > 0 then array_agg(short_number(connect_us)) end,
               case when max(tls_us) > 0 then array_agg(short_number(tls_us)) end,
               case when max(first_byte_us) > 0 then array_agg(short_number(first_byte_us)) end,
               case when max(transfer_us) > 0 then array_agg(short_number(transfer_us)) end,
               case when max(total_us) > 0 then array_agg(short_number(total_us)) end,
               case when max(attempt) > 0 then array_agg(attempt) end,
               case when max(http_status) > 0 then array_agg(http_status) end,
               case when max(verdict) > 0 then array_agg(verdict) end,
               case when max(failure_class) > 0 then array_agg(failure_class) end,
               case when bool_or(backfilled) then array_agg(backfilled) end,
               case when max(sight_id) > 0 then array_agg(coalesce(sight_id, 0)) end,
               case when count(detail) > 0 then array_agg(detail) end
        from (
            select numbered.*, case when (place - 1) %% most = 0 then 0 else (date_part('epoch', slot - before) * 1000)::integer end as step,
                   ((place - 1) / most)::smallint as part,
                   greatest(-2147483647, least(2147483647, date_part('epoch', started_at - slot) * 1000))::integer as started,
                   greatest(-2147483647, least(2147483647, date_part('epoch', received_at - started_at) * 1000))::integer as received
            from (select r.*, case when region_id = 0 then 200 else 4000 end as most, row_number() over monitors as place, lag(slot) over monitors as before
                  from %I r where monitor_id > $2 and monitor_id <= $3
                  window monitors as (partition by monitor_id, region_id order by slot, attempt)) numbered
            order by monitor_id, region_id, slot, attempt) ordered
        group by monitor_id, region_id, part
        order by monitor_id, region_id, part $pack$, target, source) using packed_day, above, upto;
    -- What is to be dropped is compared with what was kept of it.
    execute format($check$
        select count(*) as n, coalesce(sum(round(date_part('epoch', slot) * 1000)::bigint %% 1000003 * (1 + attempt + 7 * verdict + 31 * failure_class)), 0) as mix
        from %I where monitor_id > $1 and monitor_id <= $2 $check$, source) into had using above, upto;
    execute format($check$
        select count(*) as n, coalesce(sum((since_ms + r.since) %% 1000003 * (1 + coalesce(attempt, 0) + 7 * coalesce(verdict, 0) + 31 * coalesce(class, 0))), 0) as mix
        from (select p.*, round(date_part('epoch', first_slot) * 1000)::bigint as since_ms from %I p where monitor_id > $1 and monitor_id <= $2) p
        cross join lateral (select sum(step) over (order by place rows unbounded preceding) as since, u.*
                            from unnest(p.steps, p.attempts, p.verdicts, p.classes) with ordinality as u (step, attempt, verdict, class, place)) r
        $check$, target) into has using above, upto;
    if had is distinct from has then
        raise exception 'packing % of monitors above % came to % results (%), not % (%)', packed_day, above, has.n, has.mix, had.n, had.mix;
    end if;
    return had.n;
end $$;

-- Results of one monitor in [since, before), wherever they are: rows of the last days, and packed ones.
create function results_of(of_monitor bigint, since timestamptz, before timestamptz)
returns table (slot timestamptz, started_at timestamptz, received_at timestamptz, resolve_us integer, connect_us integer, tls_us integer,
               first_byte_us integer, transfer_us integer, total_us integer, region_id smallint, attempt smallint, http_status smallint,
               verdict smallint, failure_class smallint, backfilled boolean, detail jsonb, sight_id integer)
language sql stable as $$
select r.slot, r.started_at, r.received_at, r.resolve_us, r.connect_us, r.tls_us, r.first_byte_us, r.transfer_us, r.total_us, r.region_id,
       r.attempt, r.http_status, r.verdict, r.failure_class, r.backfilled, r.detail, r.sight_id
from result r where r.monitor_id = of_monitor and r.slot >= since and r.slot < before
union all
select u.slot, u.started_at, u.received_at, u.resolve_us, u.connect_us, u.tls_us, u.first_byte_us, u.transfer_us, u.total_us, u.region_id,
       u.attempt, u.http_status, u.verdict, u.failure_class, u.backfilled, u.detail, u.sight_id
from result_unpacked u
where u.monitor_id = of_monitor and u.day >= (since at time zone 'utc')::date and u.day <= (before at time zone 'utc')::date
  and u.slot >= since and u.slot < before $$;

-- Daily partitions, UTC, from two days back to two days ahead of now, but for days that are packed. Called by `sonde migrate`, hourly by a
-- control plane, and by an engine that finds one missing.
create or replace function create_result_partitions() returns void language plpgsql as $$
declare
    day date;
begin
    for offset_days in -2..2 loop
        day := (now() at time zone 'utc')::date + offset_days;
        if to_regclass('result_packed_' || to_char(day, 'YYYYMMDD')) is null then
            perform make_partition('result', 'result_' || to_char(day, 'YYYYMMDD'), to_char(day, 'YYYY-MM-DD') || 'T00:00:00Z',
                                   to_char(day + 1, 'YYYY-MM-DD') || 'T00:00:00Z');
        end if;
    end loop;
end $$;

drop function drop_result_partitions(interval);

-- ── Roll-ups ─────────────────────────────────────────────────────────────────────────────────────────────────────────

-- Latencies are counted in steps of 2 %: bucket b has (1.0202^(b-1), 1.0202^b] µs, so that its middle is within 1 % of each
-- (lib/history/sketch.h). A sketch is a list of bucket · 2^20 + count, by bucket; two of them are added by adding the counts.
create function latency_bucket(us integer) returns integer language sql immutable parallel safe as $$
select ceil(ln(greatest(us, 1)::float8) / 0.020000666706669543)::integer $$;

create aggregate array_join (anycompatiblearray) (sfunc = array_cat, stype = anycompatiblearray);

-- Of checks by slots; confirmations, which come when something is wrong, would make it look worse. Latencies are those of checks that
-- were answered: up and degraded.
create table rollup_hour (
    hour          timestamptz not null,          -- of the slots
    monitor_id    bigint not null,
    region_id     smallint not null,
    up            integer not null,
    degraded      integer not null,
    down          integer not null,
    unknown       integer not null,
    confirmations integer not null,
    min_us        integer,                       -- null, as below: none was answered
    max_us        integer,
    sum_us        bigint,
    latencies     integer[],
    primary key (monitor_id, hour, region_id)
) partition by range (hour);                     -- by months

create table rollup_day (
    day           date not null,                 -- UTC
    monitor_id    bigint not null,
    region_id     smallint not null,
    up            integer not null,
    degraded      integer not null,
    down          integer not null,
    unknown       integer not null,
    confirmations integer not null,
    min_us        integer,
    max_us        integer,
    sum_us        bigint,
    latencies     integer[],
    primary key (monitor_id, day, region_id)
);

-- Hours that were perhaps rolled up before a result of theirs came. Written by the engine with such results.
create table rollup_again (
    hour        timestamptz not null,
    monitor_id  bigint not null,
    primary key (hour, monitor_id)
);

-- How far the control plane's work on the past has come. Moves in the transaction of what was done.
create table history_cursor (
    name        text primary key,                -- 'hours', 'days', 'pack', 'ledger'
    upto        timestamptz not null,            -- all before this is done
    monitor_id  bigint not null default 0        -- and what begins here, of the monitors up to this one
) with (fillfactor = 50);

-- The first day of which there may be results as rows; null if there are none.
create function oldest_result_day() returns date language plpgsql as $$
declare
    part text;
    found_one boolean;
begin
    for part in select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
                where i.inhparent = 'result'::regclass order by c.relname loop
        execute format('select exists (select from %I)', part) into found_one;
        if found_one then return to_date(right(part, 8), 'YYYYMMDD'); end if;
    end loop;
    return null;
end $$;

-- ── States over time ─────────────────────────────────────────────────────────────────────────────────────────────────

-- Each time that what is shown of a monitor changed. A state lasts until the next row of the monitor: there is no gap and no overlap.
create table state_edge (
    monitor_id  bigint not null,
    since       timestamptz not null,
    state       text not null,                   -- of monitor_state; 'gone': deleted
    primary key (monitor_id, since)
);

create view state_span as
select monitor_id, since, lead(since) over (partition by monitor_id order by since) as until, state from state_edge;

-- In the transaction of the change, whoever makes it. What clocks that disagree would put before the edge before comes at it.
create function note_state() returns trigger language plpgsql as $$
begin
    insert into state_edge (monitor_id, since, state)
    select coalesce(new.monitor_id, old.monitor_id),
           greatest(case when tg_op = 'DELETE' then now() else new.since end,
                    (select max(since) from state_edge where monitor_id = coalesce(new.monitor_id, old.monitor_id))),
           case when tg_op = 'DELETE' then 'gone' else new.state end
    on conflict (monitor_id, since) do update set state = excluded.state;
    return null;
end $$;

create trigger note_first_state after insert or delete on monitor_state for each row execute function note_state();
create trigger note_state after update on monitor_state for each row when (old.state is distinct from new.state) execute function note_state();

-- What is known of the time before.
insert into state_edge (monitor_id, since, state)
select distinct on (monitor_id, at) monitor_id, at, to_state from decision where kind = 'transition' order by monitor_id, at, id desc;
insert into state_edge (monitor_id, since, state)
select monitor_id, greatest(since, (select max(e.since) from state_edge e where e.monitor_id = s.monitor_id)), state from monitor_state s
where (select state from state_edge e where e.monitor_id = s.monitor_id order by since desc limit 1) is distinct from state
on conflict (monitor_id, since) do update set state = excluded.state;

create index if not exists incident_by_site on incident (site_id, opened_at);
create index if not exists monitor_of_site on monitor (site_id);  -- deleted ones too: reports tell what was

-- ── The account of slots, closed ─────────────────────────────────────────────────────────────────────────────────────

-- A minute whose results had their time. `missed` does not change any more; what comes afterwards, from agents that had lost the bus, is
-- `recovered`. The rows of `slot_ledger` are folded into this one after a day, when nothing can come any more, and whole hours into
-- `slot_hour` after a week.
create table slot_minute (
    minute      timestamptz not null,
    region      text not null,
    expected    integer not null,
    executed    integer not null,                -- in time
    late        integer not null,
    skipped     integer not null,
    missed      integer not null,
    recovered   integer not null default 0,      -- once folded
    folded      boolean not null default false,
    primary key (minute, region)
) with (fillfactor = 80);
create index slot_minute_to_fold on slot_minute (minute) where not folded;

create table slot_hour (
    hour        timestamptz not null,
    region      text not null,
    expected    integer not null,
    executed    integer not null,
    late        integer not null,
    skipped     integer not null,
    missed      integer not null,
    recovered   integer not null,
    primary key (hour, region)
);

-- As it is known now, by minute.
create or replace view slot_account as
select minute, region, expected, executed, late, skipped, missed from (
    select minute, region, sum(expected)::bigint as expected, sum(executed)::bigint as executed, sum(late)::bigint as late,
           sum(skipped)::bigint as skipped, greatest(sum(expected) - sum(executed), 0)::bigint as missed
    from slot_ledger group by minute, region) open
union all
select minute, region, expected::bigint, (executed + recovered)::bigint, late::bigint, skipped::bigint, greatest(missed - recovered, 0)::bigint
from slot_minute where folded;
